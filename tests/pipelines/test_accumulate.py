"""`gradcli accumulate`: sums of values and gradients, as PyTorch's `.grad` over batches."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from gradcli.cli.commands import main
from gradcli.pipelines import accumulate, second_process

Run = Callable[..., tuple[int, str, str]]
DATA = "x,y\n1,2\n2,4.5\n3,6\n"
LINE = ["(w*x + b - y)**2", "--w", "1", "--b", "0"]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs `gradcli accumulate` in a folder with `t.csv`."""
    monkeypatch.chdir(tmp_path)

    def run(*words: str, text: str = DATA) -> tuple[int, str, str]:
        Path("t.csv").write_text(text, encoding="utf-8")
        status = main(["accumulate", *words, "t.csv"])
        return status, *capfd.readouterr()

    return run


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (LINE, "value = 16.25\nrows = 3\nw.grad = -30\nb.grad = -13\n"),
        (
            [*LINE, "--mean"],
            "value = 5.416666666666667\nrows = 3\nw.grad = -10\nb.grad = -4.333333333333333\n",
        ),
        ([*LINE, "--mean", "--digits", "3"], "value = 5.42\nrows = 3\nw.grad = -10\nb.grad = -4.33\n"),
        ([*LINE, "--wrt", "w"], "value = 16.25\nrows = 3\nw.grad = -30\n"),
        (
            [*LINE, "--every", "2"],
            (
                "value = 7.25\nrows = 2\nw.grad = -12\nb.grad = -7\n\n"
                "value = 9\nrows = 1\nw.grad = -18\nb.grad = -6\n"
            ),
        ),
        ([*LINE, "--every", "3"], "value = 16.25\nrows = 3\nw.grad = -30\nb.grad = -13\n"),
        ([*LINE, "--json"], '{"value": 16.25, "rows": 3, "gradients": {"w": -30, "b": -13}}\n'),
        (["r = w*x - y; loss = r*r", "--w", "2"], "loss = 0.25\nrows = 3\nw.grad = -2\n"),
        (["dot(w, [x, 1])", "--w", "1,2"], "value = 12\nrows = 3\nw.grad = [6, 3]\n"),
        (["x*y"], "value = 29\nrows = 3\n"),
        (["where(x > 9, w, x)", "--w", "1"], "value = 6\nrows = 3\nw.grad = 0\n"),
    ],
)
def test_sums_over_all_rows(run: Run, words: list[str], expected: str) -> None:
    assert run(*words) == (0, expected, "")


@pytest.mark.parametrize(
    ("words", "text", "status", "told"),
    [
        (LINE, "x,y\n1,2\n3,q\n", 1, 't.csv:3: column y: not a number: "q"'),
        ([*LINE, "--wrt", "x"], DATA, 2, "x is not a parameter"),
        (["[x, w]", "--w", "1"], DATA, 1, "the value of a row must be a number"),
        (["x > w", "--w", "1"], DATA, 1, "a truth value"),
        (
            ["w*log(x)", "--w", "1"],
            "x\n1\n0\n",
            0,
            "1 row with nan or infinite results, the first at t.csv:3",
        ),
        ([*LINE, "--on-error", "skip"], "x,y\n1,2\n3,q\n", 0, "1 row left out"),
    ],
)
def test_what_is_wrong_is_told(run: Run, words: list[str], text: str, status: int, told: str) -> None:
    found = run(*words, text=text)
    assert found[0] == status
    assert told in found[2]


def test_no_rows_sum_to_nothing(run: Run) -> None:
    assert run(*LINE, text="x,y\n")[1] == "value = 0\nrows = 0\nw.grad = 0\nb.grad = 0\n"
    assert run(*LINE, "--mean", text="x,y\n")[1].startswith("value = nan\nrows = 0\n")


@pytest.mark.parametrize("every", [None, 1, 999, 8192, 10_000])
def test_mini_batches_are_exact(run: Run, every: int | None) -> None:
    rng = np.random.default_rng(4)
    x = rng.normal(size=20_000 if every != 1 else 50)
    text = "x\n" + "".join(f"{each!r}\n" for each in x.tolist())
    words = [] if every is None else ["--every", str(every)]
    status, out, _ = run("sin(w*x)", "--w", "0.5", "--json", *words, text=text)
    assert status == 0
    size = every or len(x)
    batches = [x[k : k + size] for k in range(0, len(x), size)]
    found = [json.loads(line) for line in out.splitlines()]
    assert [each["rows"] for each in found] == [len(each) for each in batches]
    for each, batch in zip(found, batches, strict=True):
        scale = math.fsum(np.abs(batch))
        assert abs(each["value"] - math.fsum(np.sin(0.5 * batch))) <= 1e-15 * scale
        assert abs(each["gradients"]["w"] - math.fsum(np.cos(0.5 * batch) * batch)) <= 1e-15 * scale


def lines(count: int) -> list[str]:
    data = np.random.default_rng(2).normal(size=(count, 2))
    return ["x,y", *(f"{x!r},{y!r}" for x, y in data.tolist())]


def refused() -> int:
    raise BlockingIOError("too many processes")


ODD = {
    "nothing odd": {},
    "a bad row in the first half": {300: "abc,1"},
    "a bad row in the second half": {1700: "abc,1"},
    "bad rows in both": {300: "abc,1", 1700: "1"},
    "nan in the second half": {1800: "nan,1"},
    "a comment in the second half": {1900: "# that is none"},
    "line ends in quotes all over the middle": dict.fromkeys(range(950, 1250), '"1\n",2'),
    "a text with line ends in the middle": {1000: '1,"' + "3,4\n" * 400 + '"'},
}


@pytest.mark.parametrize("odd", ODD)
def test_a_second_process_changes_nothing(run: Run, monkeypatch: pytest.MonkeyPatch, odd: str) -> None:
    rows = lines(2000)
    for place, row in ODD[odd].items():
        rows[place] = row
    text = "\n".join(rows)
    monkeypatch.setattr(accumulate, "_LEAST_SHARED", 0)
    begun: list[None] = []
    fork = second_process._fork

    def counted() -> int:
        begun.append(None)
        return fork()

    monkeypatch.setattr(second_process, "_fork", counted)
    for more in ([], ["--on-error", "skip"], ["--on-error", "nan"], ["--mean", "--json"]):
        monkeypatch.setattr(second_process, "cores", lambda: 1)
        alone = run(*LINE, *more, text=text)
        monkeypatch.setattr(second_process, "cores", lambda: 2)
        assert run(*LINE, *more, text=text) == alone
    assert len(begun) == 4 * second_process.can_fork()
    with monkeypatch.context() as patch:
        patch.setattr("os.fork", refused)
        assert run(*LINE, *more, text=text) == alone
    monkeypatch.setattr(second_process.Errand, "result", lambda errand: b"")  # as if it had been ended
    assert run(*LINE, *more, text=text) == alone


@pytest.mark.parametrize("count", [1, 2, 3, 20_001])
@pytest.mark.parametrize("width", [1, 2, 40])
def test_halves_of_arrays_are_the_whole(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, count: int, width: int
) -> None:
    np.save(tmp_path / "a.npy", np.random.default_rng(3).normal(size=(count, width)))
    monkeypatch.setattr(accumulate, "_LEAST_SHARED", 0)
    monkeypatch.setattr(second_process, "cores", lambda: 1)
    words = ["accumulate", "(w*c1)**2", "--w", "3", str(tmp_path / "a.npy")]
    alone = main(words), capfd.readouterr()
    monkeypatch.setattr(second_process, "cores", lambda: 2)
    assert (main(words), capfd.readouterr()) == alone
    assert f"rows = {count}\n" in alone[1].out
