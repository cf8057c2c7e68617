"""Rows divided among workers: what is written, added up and told is as one process does it."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fsspec
import numpy as np
import pytest
from workers import Here

from gradcli.cli import rows
from gradcli.cli.commands import main
from gradcli.cli.commands import run as run_here
from gradcli.pipelines.manifest import NAME
from gradcli.pipelines.spread import Hiring

MIB = 1 << 20
Told = tuple[int, str, str]


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Here:
    """Workers in this process, which `--scheduler` finds; the folder is an empty one."""
    here = Here()
    monkeypatch.chdir(tmp_path)
    use(here, monkeypatch)
    return here


def use(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets `--scheduler` find these workers."""
    hire = rows._hire

    def found(where: str | None, size: float | None) -> Hiring | None:
        return hire(where, size) if where is None else lambda: here

    monkeypatch.setattr(rows, "_hire", found)


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Callable[..., Told]:
    """The status and the output of a command."""

    def run(*words: str) -> Told:
        status = main(list(words))
        return status, *capfd.readouterr()

    return run


def spread(size: int, *words: str) -> list[str]:
    """The words that divide rows into parts of so many bytes."""
    return [*words, "--scheduler", "local", "--part-size", repr(size / MIB)]


def lines(count: int, *, seed: int = 1, quoted: float = 0.0, end: str = "\n") -> str:
    """A CSV of so many rows, of which some have cells in quotes, with line ends and doubled quotes."""
    chance = random.Random(seed)
    texts = [f"name,x,y{end}"]
    for row in range(count):
        name = f"r{row}"
        if chance.random() < quoted:
            name = chance.choice(['"a, b"', '"two\nlines"', '""', '"1,2\n3,4\n"', '"say ""so"""', 'in"side'])
        texts.append(f"{name},{chance.gauss(0, 1)},{chance.randrange(-9, 10)}{end}")
    return "".join(texts)


# One process and many


FILES: dict[str, dict[str, str]] = {
    "plain": {"a.csv": lines(300)},
    "no line end at the end": {"a.csv": lines(50).rstrip("\n")},
    "returns": {"a.csv": lines(60, end="\r\n")},
    "quotes": {"a.csv": lines(300, quoted=0.3)},
    "all in quotes": {"a.csv": lines(100, quoted=1.0, seed=4)},
    "blank lines and comments": {"a.csv": "\n# to begin with\nx,y\n1,2\n\n# more\n3,4\n" + "5,6\n" * 30},
    "a header alone": {"a.csv": "x,y\n"},
    "nothing": {"a.csv": ""},
    "several": {"e.csv": "", "a.csv": lines(70), "b.csv": lines(3, seed=2), "c.csv": lines(40, quoted=0.5)},
    "other columns": {"a.csv": lines(9), "b.csv": "y,x\n1,2\n"},
    "semicolons": {"a.csv": lines(50).replace(",", ";")},
    "blanks": {"a.txt": "x y\n" + "1 2\n3  4\n" * 20},
    "tabs": {"a.tsv": "x\ty\n" + "1\t2\n3\t4\n" * 20},
    "json lines": {"a.jsonl": "".join(f'{{"x": {k}.5, "n": "r{k}", "y": 2}}\n' for k in range(60))},
    "vectors": {"a.jsonl": "".join(f'{{"y": 1, "x": {[1.5] * (1 + k % 3)}}}\n' for k in range(60))},
    "a long row": {"a.csv": f"n,x,y\na,1,2\n{'b' * 999},3,4\nc,5,6\n"},
    "a bad cell": {"a.csv": lines(80) + "r,odd,2\n" + lines(20).partition("\n")[2]},
    "two bad cells": {"a.csv": lines(40) + "r,1,odd\n" * 9 + "s,worse,1\n" + lines(40).partition("\n")[2]},
    "a bad cell behind quotes": {"a.csv": lines(80, quoted=1.0) + "r,odd,2\n"},
    "never closed": {"a.csv": lines(40) + 'r,"1,2\n' + lines(9).partition("\n")[2]},
    "too few cells": {"a.csv": lines(40) + "r,1\n"},
    "zeros": {"a.csv": "x,y\n" + "1,2\n" * 30 + "0,1\n" * 9},
    "missing": {"a.csv": "x,y\n" + "1,2\nNA,3\n" * 30},
}
ASKED = [
    ["log(x)*y"],
    ["sum(x*y)", "--on-error", "skip"],
    ["x*y", "--on-error", "nan", "--na", "NA", "--to", "jsonl"],
    ["u = abs(x); u*y", "--only", "--wrt", "x"],
]


def sizes(texts: dict[str, str]) -> list[int]:
    """Bytes of parts: a few, of which there are not too many, and more."""
    whole = sum(map(len, texts.values()))
    return [max(7, whole // 40), max(100, whole // 7)]


@pytest.mark.parametrize("words", ASKED, ids=" ".join)
@pytest.mark.parametrize("name", FILES)
def test_all_rows_in_order_are_the_bytes_of_one_process(
    name: str, words: list[str], workers: Here, run: Callable[..., Told]
) -> None:
    for file, text in FILES[name].items():
        Path(file).write_text(text, encoding="utf-8", newline="")
    alone = run("map", *words, *FILES[name])
    for size in sizes(FILES[name]):
        assert run("map", *spread(size, *words), *FILES[name]) == alone, size
    assert all(b"gradcli.engine" not in sent for sent in workers.sent), "what travels is text"


@pytest.mark.parametrize("name", FILES)
def test_sums_are_those_of_one_process(name: str, workers: Here, run: Callable[..., Told]) -> None:
    for file, text in FILES[name].items():
        Path(file).write_text(text, encoding="utf-8", newline="")
    words = ["accumulate", "sum(w*x*y)", "--w", "0.1", *FILES[name], "--mean"]
    alone = run(*words)
    for size in sizes(FILES[name]):
        assert run(*spread(size, *words)) == alone, size


def _arrays(form: str) -> str:
    """A table in a format with types, of 1000 rows."""
    x = np.random.default_rng(1).normal(size=(1000, 2))
    name = f"a.{form}"
    if form == "npy":
        np.save(name, x)
    elif form == "npz":
        np.savez(name, c1=x[:, 0], c2=x[:, 1])
    else:
        import pyarrow
        import pyarrow.parquet

        table = pyarrow.table({"c1": x[:, 0], "c2": x[:, 1]})
        pyarrow.parquet.write_table(table, name, row_group_size=90)
    return name


@pytest.mark.parametrize("form", ["npy", "npz", "parquet", "fortran"])
def test_arrays_are_divided_by_rows(form: str, workers: Here, run: Callable[..., Told]) -> None:
    if form == "fortran":
        np.save("a.npy", np.asfortranarray(np.random.default_rng(1).normal(size=(1000, 2))))
    name = "a.npy" if form == "fortran" else _arrays(form)
    alone = run("map", "log(c1)*c2", name, "--to", "csv")
    assert run("map", *spread(3000, "log(c1)*c2", name, "--to", "csv")) == alone
    words = ["accumulate", "c1*c2", name]
    assert run(*spread(3000, *words)) == run(*words)
    assert max(workers.given) == {"npz": 0, "parquet": 10}.get(form, 5)


@pytest.mark.parametrize("seed", range(20))
def test_any_text_can_be_cut_anywhere(seed: int, workers: Here, run: Callable[..., Told]) -> None:
    chance = random.Random(seed)
    text = "x,y\n" + "".join(chance.choice([*'",\n12', '"', "\n", "1,2\n", '"1\n",2\n']) for _ in range(200))
    Path("a.csv").write_text(text, encoding="utf-8")
    words = ["map", "x*y", "a.csv", "--on-error", chance.choice(["fail", "skip", "nan"])]
    assert run(*spread(chance.randrange(1, 60), *words)) == run(*words)


# Files of parts


def rows_of(folder: str) -> str:
    """The rows of all parts of CSV, with one header."""
    texts = [each.read_text(encoding="utf-8") for each in sorted(Path(folder).glob("part-*.csv"))]
    headers = {text.partition("\n")[0] for text in texts}
    assert len(headers) == 1
    return f"{headers.pop()}\n" + "".join(text.partition("\n")[2] for text in texts)


def test_parts_are_files_with_stable_names(workers: Here, run: Callable[..., Told]) -> None:
    Path("a.csv").write_text(lines(300, quoted=0.3), encoding="utf-8", newline="")
    alone = run("map", "x*y", "a.csv")
    assert run("map", *spread(2000, "x*y", "a.csv", "-o", "out/")) == (0, "", alone[2])
    assert rows_of("out") == alone[1]
    names = sorted(each.name for each in Path("out").iterdir())
    assert names == [NAME, *(f"part-{number:05d}.csv" for number in range(len(names) - 1))]
    told = "error: out/ is not empty\nhint: --resume goes on with what was interrupted\n"
    assert run("map", *spread(2000, "x*y", "a.csv", "-o", "out/")) == (2, "", told)


@pytest.mark.parametrize("form", ["npy", "parquet", "jsonl", "npz"])
def test_parts_of_any_format_are_whole_tables(form: str, workers: Here, run: Callable[..., Told]) -> None:
    _arrays("npy")
    assert run("map", *spread(3000, "c1*c2", "a.npy", "-o", "out", "--to", form))[0] == 0
    parts = sorted(map(str, Path("out").glob(f"part-*.{form}")))
    assert len(parts) == 6
    alone = run("map", "c1*c2", "a.npy", "--to", "csv", "--only")
    assert run("map", "c1*c2", *parts, "--to", "csv", "--only") == alone


@pytest.mark.parametrize("stop", [0, 3, 10])
def test_what_is_done_stays_done(
    stop: int, workers: Here, run: Callable[..., Told], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("a.csv").write_text("x,y\n" + "1,0\n" * 500 + "0,0\n" * 500, encoding="utf-8")
    words = spread(300, "map", "log(x)", "a.csv", "-o", "out", "--resume")
    alone = run("map", "log(x)", "a.csv")

    def lost(number: int, tries: int) -> bool:
        if number == stop and tries == 1:
            raise KeyboardInterrupt
        return number == stop and tries == 0

    use(Here(lost=lost), monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        run_here(words)
    assert not list(Path("out").glob(".*.tmp"))
    before = {each.name: each.stat().st_mtime_ns for each in Path("out").glob("part-*")}
    again = Here(seed=1)
    use(again, monkeypatch)
    assert run(*words) == (0, "", alone[2])
    assert rows_of("out") == alone[1]
    assert len(before) >= stop
    for name, written in before.items():
        assert (Path("out") / name).stat().st_mtime_ns == written
        assert int(name[5:10]) not in again.given


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["x*y*y", "a.csv"], "another expression"),
        (["x*y", "a.csv", "--only"], "other options"),
        (["x*y", "b.csv"], "other files"),
        (["x*y", "a.csv", "--part-size", "0.001"], "parts of another size"),
    ],
)
def test_another_request_is_not_resumed(
    words: list[str], told: str, workers: Here, run: Callable[..., Told]
) -> None:
    for name in ("a.csv", "b.csv"):
        Path(name).write_text(lines(30), encoding="utf-8")
    size = [] if "--part-size" in words else ["--part-size", "0.0005"]
    begun = ["map", "x*y", "a.csv", "--part-size", "0.0005", "--scheduler", "local", "-o", "out"]
    assert run(*begun)[0] == 0
    status, _, said = run("map", *words, *size, "--scheduler", "local", "-o", "out", "--resume")
    assert status == 2
    assert said == f"error: out was begun with {told}\nhint: name another folder, or ask as then\n"
    Path("a.csv").write_text(lines(31), encoding="utf-8")
    assert "other files" in run(*begun, "--resume")[2]


def test_an_error_leaves_whole_parts(workers: Here, run: Callable[..., Told]) -> None:
    Path("a.csv").write_text(FILES["two bad cells"]["a.csv"], encoding="utf-8")
    alone = run("map", "x*y", "a.csv")
    assert alone[0] == 1
    assert run("map", *spread(300, "x*y", "a.csv", "-o", "out")) == (1, "", alone[2])
    done = rows_of("out")
    assert alone[1].startswith(done)
    assert workers.dropped


@pytest.mark.parametrize("place", ["memory://there", "file://{}/there"])
def test_addresses_are_read_and_written(
    place: str, workers: Here, run: Callable[..., Told], tmp_path: Path, fresh_memory: None
) -> None:
    place = place.format(tmp_path)
    text = lines(100, quoted=0.3) + "r,odd,1\n"
    system, folder = fsspec.core.url_to_fs(place)
    system.makedirs(folder, exist_ok=True)
    system.pipe_file(f"{folder}/a.csv", text.encode())
    Path("a.csv").write_text(text, encoding="utf-8", newline="")
    alone = run("map", "x*y", "a.csv", "--on-error", "skip")
    words = spread(500, "map", "x*y", f"{place}/a.csv", "--on-error", "skip")
    status, out, told = run(*words)
    assert (status, out, told) == (0, alone[1], alone[2].replace("a.csv", f"{place}/a.csv"))
    assert run(*words, "-o", f"{place}/out")[0] == 0
    parts = sorted(each for each in system.ls(f"{folder}/out", detail=False) if ".csv" in each)
    rest = b"".join(system.cat_file(each).partition(b"\n")[2] for each in parts)
    assert rest.decode() == alone[1].partition("\n")[2]
    assert sorted(each.rpartition("/")[2] for each in system.ls(f"{folder}/out", detail=False))[0] == NAME
    assert run(*words, "-o", f"{place}/out", "--resume") == (0, "", told)


@pytest.fixture
def fresh_memory() -> Iterator[None]:
    """The storage in memory, empty before and after."""
    system: Any = fsspec.filesystem("memory")
    system.store.clear()
    yield
    system.store.clear()


# Workers that are lost, or differ


def test_workers_that_die_cost_no_row(
    run: Callable[..., Told], workers: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("a.csv").write_text(lines(300, quoted=0.2), encoding="utf-8", newline="")
    alone = run("map", "x*y", "a.csv")
    here = Here(lost=lambda number, tries: number % 3 == 0 and tries == 0)
    use(here, monkeypatch)
    assert run("map", *spread(1000, "x*y", "a.csv")) == alone


def test_a_part_that_kills_is_named(
    run: Callable[..., Told], workers: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("a.csv").write_text(lines(300), encoding="utf-8")
    here = Here(lost=lambda number, tries: number == 2)
    use(here, monkeypatch)
    status, _, told = run("map", *spread(1000, "x*y", "a.csv"))
    assert status == 1
    assert told.startswith("error: part 2 (a.csv from 2009 to 3009) ends every worker that it is given to\n")
    assert here.given[2] == 2
    assert here.dropped


def test_workers_must_be_equal(workers: Here, run: Callable[..., Told]) -> None:
    Path("a.csv").write_text(lines(3), encoding="utf-8")
    workers.others = {"there": {**workers.machines()["here"], "NumPy": "1.0"}}
    status, _, told = run("map", *spread(1000, "x*y", "a.csv"))
    assert status == 2
    assert "the workers differ in NumPy" in told
    assert not workers.sent


def test_few_tasks_are_in_hand(workers: Here, run: Callable[..., Told]) -> None:
    Path("a.csv").write_text(lines(2000), encoding="utf-8")
    assert run("map", *spread(500, "x*y", "a.csv"))[0] == 0
    assert max(workers.given) > 50
    assert workers.most <= 2 * workers.threads + 2


# What is refused


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["map", "x", "--scheduler", "local"], "standard input cannot be divided among workers"),
        (["map", "c1", "a.npy", "--scheduler", "local"], "parts of npy do not make one file"),
        (["map", "x", "a.csv", "-o", "out"], "-o is the folder of the parts that --scheduler makes"),
        (["map", "x", "a.csv", "--scheduler", "local", "-o", "b.csv"], "has the name of a file"),
        (["map", "x", "a.csv", "--scheduler", "local", "--resume"], "--resume goes on with a folder"),
        (["map", "x", "a.csv", "--part-size", "3"], "--part-size is for the parts that --scheduler makes"),
        (["map", "x", "s3://b/a.csv"], "cannot read s3://b/a.csv"),
        (["map", "x", "a.csv", "--scheduler", "local", "--part-size", "-1"], "of 0 or more"),
        (["accumulate", "x", "a.csv", "--scheduler", "local", "--every", "3"], "--every counts rows"),
        (["map", "x", "none.csv", "--scheduler", "local"], "cannot read none.csv"),
        (["map", "x + z", "a.csv", "--scheduler", "local"], "there is no column z"),
        (["map", "x", "a.csv", "--scheduler", "local", "-o", "full", "--resume"], "nothing to resume"),
    ],
)
def test_what_cannot_be_divided_is_told(
    words: list[str], told: str, workers: Here, run: Callable[..., Told]
) -> None:
    Path("a.csv").write_text(lines(3), encoding="utf-8")
    np.save("a.npy", np.ones((3, 1)))
    Path("full").mkdir()
    Path("full/else").touch()
    status, out, said = run(*words)
    assert (status, out) == (2, "")
    assert told in said


def test_a_damaged_manifest_is_refused(workers: Here, run: Callable[..., Told]) -> None:
    Path("a.csv").write_text(lines(3), encoding="utf-8")
    Path("out").mkdir()
    for text in ("", "[]", json.dumps({"request": {}, "parts": {"0": {}}})):
        (Path("out") / NAME).write_text(text, encoding="utf-8")
        status, _, told = run("map", "x", "a.csv", "--scheduler", "local", "-o", "out", "--resume")
        assert (status, told) == (2, f"error: out/{NAME} is damaged\nhint: name another folder\n")
