"""Dask's own workers: what is asked of them, and, with `--cluster`, that they do it.

`test_spread.py` has all that is not Dask's, with workers in this process.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gradcli.cli.commands import main
from gradcli.pipelines.dask_door import DaskWorkers, check_scheduler
from gradcli.pipelines.part import Outcome
from gradcli.pipelines.table import Summary
from gradcli.text.errors import EvaluationError, InputError


@pytest.mark.parametrize("where", ["local", "local:3", "tcp://head:8786", "tls://10.0.0.1:8786"])
def test_what_a_scheduler_is_called(where: str) -> None:
    check_scheduler(where)


@pytest.mark.parametrize(
    ("where", "told", "hint"),
    [
        ("local:0", "does not say how many processes", "--scheduler local:4"),
        ("local:many", "does not say how many processes", "--scheduler local:4"),
        ("head:8786", "is neither local nor an address", "--scheduler tcp://head:8786"),
        ("head", "is neither local nor an address", "--scheduler tcp://head:8786"),
        ("", "is neither local nor an address", "--scheduler local"),
    ],
)
def test_what_is_no_scheduler(where: str, told: str, hint: str) -> None:
    with pytest.raises(InputError, match=told) as raised:
        check_scheduler(where)
    assert raised.value.hint == hint


def test_a_part_has_a_size(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["map", "x", "a.csv", "--scheduler", "local", "--part-size", "0"]) == 2
    assert "--part-size 0 leaves nothing to a part" in capsys.readouterr().err


def test_without_dask_the_extra_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert main(["map", "x", "a.csv", "--scheduler", "local"]) == 2
    assert capsys.readouterr().err == ('error: --scheduler needs Dask\nhint: pip install "gradcli[dask]"\n')


class Done:
    """Tasks of Dask in the order in which they are done, and what becomes of each, as it is asked."""

    def __init__(self, *tasks: Any) -> None:
        self.tasks = list(tasks)

    async def __anext__(self) -> Any:
        return self.tasks.pop(0)

    def add(self, future: Any) -> None:
        future.status = "finished"
        self.tasks.append(future)

    def is_empty(self) -> bool:
        return not self.tasks


class Client:
    """Gives what tasks have found, as Dask does, and counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def sync(self, asked: Callable[..., Any], *arguments: Any) -> Any:
        return asyncio.run(asked(*arguments))

    async def gather(self, tasks: dict[int, Any], errors: str, asynchronous: bool) -> dict[int, Any]:
        assert errors == "skip"
        assert asynchronous
        self.asked += 1
        return {
            number: ("there", OUTCOME) if task.status == "finished" else None
            for number, task in tasks.items()
        }


OUTCOME = Outcome(0, 1, 1, Summary())


def with_tasks(*statuses: str) -> tuple[DaskWorkers, Client]:
    """Workers to which tasks were given that have come to this, in order."""
    workers, client = DaskWorkers("tcp://head:8786"), Client()
    tasks = [SimpleNamespace(key=place, status=status) for place, status in enumerate(statuses)]
    vars(workers).update(_done=Done(*tasks), _numbers={task.key: task.key for task in tasks}, _client=client)
    return workers, client


def test_what_was_lost_with_its_worker_is_waited_for_again() -> None:
    workers, _ = with_tasks("lost", "finished")
    assert workers.finished(1) == [(1, OUTCOME)]
    assert workers.finished(1) == [(0, OUTCOME)]


def test_several_outcomes_are_fetched_at_once() -> None:
    workers, client = with_tasks(*5 * ["finished"])
    assert [number for number, _ in workers.finished(3)] == [0, 1, 2]
    assert [number for number, _ in workers.finished(3)] == [3, 4], "there are no more"
    assert client.asked == 2


def test_a_task_that_is_let_go_by_nobody_was_the_schedulers() -> None:
    workers, _ = with_tasks("finished", "cancelled")
    with pytest.raises(EvaluationError, match="the scheduler at tcp://head:8786 is gone"):
        workers.finished(2)


# With workers


@pytest.fixture
def folder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a table, if workers may be started."""
    if not request.config.getoption("--cluster"):
        pytest.skip("no workers are started without --cluster")
    rows = "".join(f'"row {k}\n",{k / 7!r},{k % 5}\n' for k in range(20_000))
    (tmp_path / "a.csv").write_text(f"name,x,y\n{rows}", encoding="utf-8", newline="")
    (tmp_path / "odd.csv").write_text(f"name,x,y\n{rows}r,odd,1\n{rows}", encoding="utf-8", newline="")
    monkeypatch.chdir(tmp_path)
    return tmp_path


SPREAD = ["--scheduler", "local:2", "--part-size", "0.02"]


def gradcli(*words: str) -> tuple[int, str, str]:
    """The status and the output of a command in a process of its own."""
    done = subprocess.run([sys.executable, "-m", "gradcli", *words], capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


def begun(*words: str) -> tuple[subprocess.Popen[str], list[int]]:
    """A command that has done its first parts, and its workers."""
    process = subprocess.Popen(
        [sys.executable, "-m", "gradcli", *words, "--progress"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stderr is not None
    assert "rows" in process.stderr.readline()
    return process, list(children(process.pid))


def children(parent: int) -> Iterator[int]:
    """The processes that a process has started and that compute."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                status, line = (entry / "stat").read_text(), (entry / "cmdline").read_text()
            except OSError:
                continue
            if int(status.rpartition(")")[2].split()[1]) == parent and "spawn_main" in line:
                yield int(entry.name)


def test_workers_give_what_one_process_gives(folder: Path) -> None:
    for words in (
        ["map", "sin(x)*y", "a.csv"],
        ["accumulate", "w*x*y", "--w", "3", "a.csv"],
        ["accumulate", "w*x*y", "--w", "3", "a.csv", "--every", "999"],
    ):
        assert gradcli(*words, *SPREAD) == gradcli(*words)
    for place, words in enumerate(([], SPREAD)):
        assert gradcli("map", "sin(x)*y", "a.csv", "--only", "-o", f"{place}.npy", *words)[0] == 0
    assert (folder / "0.npy").read_bytes() == (folder / "1.npy").read_bytes()
    words = ["map", "x", "odd.csv", "--only"]
    assert gradcli(*words, *SPREAD) == gradcli(*words)


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_a_killed_worker_costs_no_row(folder: Path) -> None:
    process, workers = begun("map", "sin(x)*y", "a.csv", *SPREAD, "-o", "out")
    os.kill(workers[0], signal.SIGKILL)
    _, told = process.communicate()
    assert process.returncode == 0, told
    found = b"".join(each.read_bytes().partition(b"\n")[2] for each in sorted(folder.glob("out/part-*.csv")))
    assert found.decode() == gradcli("map", "sin(x)*y", "a.csv")[1].partition("\n")[2]
    assert not list(folder.glob("out/.*"))


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_is_quiet(folder: Path, number: int) -> None:
    process, workers = begun("map", "sin(x)*y", "a.csv", *SPREAD, "-o", "out")
    os.kill(process.pid, number)
    _, told = process.communicate()
    assert process.returncode in (-number, 0)
    assert not [line for line in told.splitlines() if "rows" not in line]
    assert not [each for each in workers if Path(f"/proc/{each}").exists()]
    assert gradcli("map", "sin(x)*y", "a.csv", *SPREAD, "-o", "out", "--resume") == (0, "", "")
    assert len(list(folder.glob("out/part-*.csv"))) == -(-(folder / "a.csv").stat().st_size // 20971)
