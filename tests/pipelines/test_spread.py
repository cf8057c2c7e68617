"""Rows divided among workers: what is written, added up and told is as one process does it."""

from __future__ import annotations

import json
import random
import re
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
from gradcli.streams.arrow import ArrowWriter

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
    hire = rows.hired

    def found(where: str | None, size: float | None) -> Hiring | None:
        return hire(where, size) if where is None else lambda: here

    monkeypatch.setattr(rows, "hired", found)


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


def test_an_empty_file_leaves_what_one_process_leaves(workers: Here, run: Callable[..., Told]) -> None:
    Path("a.csv").write_text("", encoding="utf-8")
    told = (0, "", "note: a.csv is empty\n")
    assert run("map", *spread(2000, "x*y", "a.csv", "-o", "one.csv")) == told
    assert Path("one.csv").read_bytes() == b""
    assert run("map", *spread(2000, "x*y", "a.csv", "-o", "out/")) == told
    assert [each.name for each in Path("out").iterdir()] == [NAME]


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


def test_a_file_that_is_not_there_is_told_alike(
    workers: Here, run: Callable[..., Told], fresh_memory: None
) -> None:
    told = "error: cannot read memory://there/a.csv: no such file or directory\n"
    assert run("map", *spread(500, "x", "memory://there/a.csv")) == (2, "", told)


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


# One file


def test_all_rows_in_one_file(workers: Here, run: Callable[..., Told]) -> None:
    Path("a.csv").write_text(lines(200, quoted=0.2), encoding="utf-8", newline="")
    _, alone, _ = run("map", "x*y", "a.csv")
    for words in ([], spread(900)):
        assert run("map", "x*y", "a.csv", "-o", "b.csv", *words) == (0, "", "")
        assert Path("b.csv").read_bytes().decode() == alone
        assert run("map", "x*y", "a.csv", "-o", "b.jsonl", *words) == (0, "", "")
        assert Path("b.jsonl").read_bytes() == run("map", "x*y", "a.csv", "--to", "jsonl")[1].encode()
    assert run("map", "x*y", "a.csv", "-o", "a.csv", "--only", "--prefix", "p_")[0] == 0
    assert len(Path("a.csv").read_text(encoding="utf-8").splitlines()) == 201
    assert sorted(each.name for each in Path().iterdir()) == ["a.csv", "b.csv", "b.jsonl"]


TABLES = {
    "npy": {"words": ["log(c1)*c2", "a.npy"]},
    "npz": {"words": ["log(c1)*c2", "a.npz"]},
    "parquet": {"words": ["log(c1)*c2", "a.parquet"]},
    "several": {"words": ["c1*c2", "a.npy", "b.npy", "--only"]},
    "text": {"words": ["x*y", "a.csv"]},
    "skip": {"words": ["x*y", "odd.csv", "--on-error", "skip"]},
    "nan": {"words": ["x*y", "odd.csv", "--on-error", "nan", "--only"]},
    "error": {"words": ["x*y", "odd.csv"]},
    "vectors": {"words": ["v*[y, 2]", "a.jsonl", "--value"]},
    "truths": {"words": ["x > y", "a.csv", "--only"]},
    "no rows": {"words": ["x*y", "none.csv"]},
}


@pytest.mark.parametrize("form", ["npy", "npz", "parquet"])
@pytest.mark.parametrize("name", TABLES)
def test_one_table_of_any_format_is_that_of_one_process(
    name: str, form: str, workers: Here, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: Any
) -> None:
    monkeypatch.setattr(ArrowWriter, "GROUP", 130)
    for each in ("npy", "npz", "parquet"):
        _arrays(each)
    np.save("b.npy", np.arange(200.0).reshape(100, 2))
    table = lines(300, seed=5).replace("name", "id").replace("r", "")
    Path("a.csv").write_text(table, encoding="utf-8")
    Path("odd.csv").write_text(table.replace("\n29,", "\n29,odd"), encoding="utf-8")
    Path("none.csv").write_text("x,y\n", encoding="utf-8")
    rows = "".join(f'{{"v": [{k}.5, 1], "y": {k}}}\n' for k in range(200))
    Path("a.jsonl").write_text(rows, encoding="utf-8")

    def told(*words: str) -> tuple[int, bytes, bytes, bytes]:
        """What a command gives on standard output, and in a file."""
        status = main(list(words))
        piped = capfdbinary.readouterr()
        assert main([*words, "-o", f"out.{form}"]) == status
        assert capfdbinary.readouterr() == (b"", piped.err)
        written = Path(f"out.{form}")
        found = written.read_bytes() if written.exists() else b""
        written.unlink(missing_ok=True)
        return status, piped.out, piped.err, found

    words = ["map", *TABLES[name]["words"], "--to", form]
    alone = told(*words)
    assert told(*spread(1500, *words)) == alone


def test_a_stream_of_batches_has_the_same_rows(workers: Here, run: Callable[..., Told]) -> None:
    Path("a.csv").write_text(lines(300), encoding="utf-8")
    for file, words in (("one", []), ("many", spread(1500))):
        assert run("map", "x*y", "a.csv", "-o", f"{file}.arrow", *words)[0] == 0
    one, many = (
        run("map", "x + y", f"{file}.arrow", "--to", "csv", "--prefix", "p_") for file in ("one", "many")
    )
    assert many == one


@pytest.mark.parametrize("name", FILES)
def test_mini_batches_are_those_of_one_process(name: str, workers: Here, run: Callable[..., Told]) -> None:
    for file, text in FILES[name].items():
        Path(file).write_text(text, encoding="utf-8", newline="")
    for words in (["--every", "7"], ["--every", "1", "--on-error", "nan", "--mean"], ["--every", "1000"]):
        asked = ["accumulate", "sum(w*x*y)", "--w", "0.1", *FILES[name], *words]
        alone = run(*asked)
        for size in sizes(FILES[name]):
            assert run(*spread(size, *asked)) == alone, size


@pytest.mark.parametrize("form", ["npy", "parquet"])
def test_residuals_are_rows_of_any_format(
    form: str, workers: Here, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    words = ["fit", "c2 = a*c1 + b", _arrays(form), "--residuals"]
    found = []
    for size in (3000, 9000, MIB):
        assert main(spread(size, *words)) == 0
        found.append(capfdbinary.readouterr())
    assert found[0] == found[1] == found[2]
    assert main(words) == 0
    alone = capfdbinary.readouterr()
    assert len(found[0].out) == len(alone.out)
    written, told = Path(f"found.{form}"), Path(f"alone.{form}")
    written.write_bytes(found[0].out)
    told.write_bytes(alone.out)
    ours, theirs = (_table(each) for each in (written, told))
    assert ours.keys() == theirs.keys()
    for each in ours:  # but for the rounding of one process
        np.testing.assert_allclose(ours[each], theirs[each], rtol=1e-9, atol=1e-12)


def _table(file: Path) -> dict[str, Any]:
    """The columns of a file, by name."""
    if file.suffix == ".npy":
        found = np.load(file)
        return {str(k): found[:, k] for k in range(found.shape[1])}
    import pyarrow.parquet

    return {name: np.array(column) for name, column in pyarrow.parquet.read_table(file).to_pydict().items()}


def test_a_file_is_whole_or_as_it_was(workers: Here, run: Callable[..., Told]) -> None:
    Path("a.csv").write_text(lines(100) + "r,odd,2\n", encoding="utf-8")
    Path("b.csv").write_text("before\n", encoding="utf-8")
    for words in ([], spread(300)):
        assert run("map", "x*y", "a.csv", "-o", "b.csv", *words)[0] == 1
        assert Path("b.csv").read_text(encoding="utf-8") == "before\n"
    assert sorted(each.name for each in Path().iterdir()) == ["a.csv", "b.csv"]


# Searches


SEARCHES = {
    "linear": ["fit", "y ~ a + b*x + c*x**2"],
    "bent": ["fit", "exp(0.5*x) + y/50 ~ a*exp(b*x) + c", "a=1", "b=0.1", "--bounds", "b=-1:1"],
    "errors": ["fit", "f(x) = a*x + b; y ~ f(x); x*y ~ c", "--errors", "1 + abs(x)", "--absolute"],
    "robust": ["fit", "y ~ a*x + b*sin(x)", "--loss", "soft_l1", "--loss-scale", "2"],
    "undetermined": ["fit", "y ~ (a + b)*x"],
    "sum": ["minimize", "log(1 + exp(-(x*a + b)*y)) + 0.1*a**2", "a=0", "b=0"],
    "mean": ["minimize", "(y - a*x - b*z)**2", "a=1", "b=1", "z=2", "--fix", "z", "--mean"],
    "held": ["minimize", "(y - a*x)**2", "a=0", "--subject-to", "a >= 0.5"],
}


@pytest.mark.parametrize("name", SEARCHES)
def test_a_search_finds_the_same_however_rows_are_divided(
    name: str, workers: Here, run: Callable[..., Told]
) -> None:
    names = ["a.csv", "b.csv"]
    for place, file in enumerate(names):
        text = lines(60, seed=place, quoted=0.3) + "r,nan,1\n"
        Path(file).write_text(text, encoding="utf-8", newline="")
    words = [*SEARCHES[name], *names, "--json"]
    status, out, said = run(*words)
    alone = json.loads(out)
    found = [run(*spread(size, *words)) for size in (700, 10**6)]
    assert len(set(found)) == 1, "the same bits"
    assert (found[0][0], found[0][2]) == (status, said)
    _check_alike(json.loads(found[0][1]), alone)
    assert workers.most > 2
    assert all(b"gradcli.engine" not in sent for sent in workers.sent), "what travels is text"


def _check_alike(found: Any, alone: Any) -> None:
    """Checks that what was found is the same but for rounding, and for how many passes were made."""
    if isinstance(alone, dict):
        assert found.keys() == alone.keys()
        for key in alone.keys() - {"evaluations", "gradient_norm"}:
            _check_alike(found[key], alone[key])
    elif isinstance(alone, list):
        for mine, other in zip(found, alone, strict=True):
            _check_alike(mine, other)
    elif isinstance(alone, float):
        assert found == pytest.approx(alone, rel=1e-9, abs=1e-12)
    else:
        assert found == alone


def test_residuals_are_the_same_however_rows_are_divided(workers: Here, run: Callable[..., Told]) -> None:
    odd = '# a note\n"r\n2",,2\n'
    Path("a.csv").write_text(lines(300, quoted=0.3) + odd, encoding="utf-8")
    Path("b.csv").write_text(lines(40, seed=2), encoding="utf-8")
    words = ["fit", "y ~ a*x**2 + b*x", "a.csv", "b.csv", "--residuals"]
    assert run(*spread(1000, *words)) == run(*words)  # the empty cell
    words += ["--na", ""]
    for form in ([], ["--digits", "6"]):
        found = [run(*spread(size, *words, *form)) for size in (150, 1000, MIB)]
        assert found[0] == found[1] == found[2]
    assert found[0] == run(*words, *form)  # but for the rounding of one process


def test_a_picture_has_the_same_points(workers: Here, run: Callable[..., Told]) -> None:
    Path("a.csv").write_text(lines(900), encoding="utf-8")
    words = ["fit", "y ~ a + b*x", "a.csv", "--plot"]
    (_, found, _), (_, alone, _) = run(*spread(1000, *words)), run(*words)
    pictures = [re.sub("after [0-9]+ eval", "after some eval", each) for each in (found, alone)]
    assert pictures[0] == pictures[1]


def test_each_part_is_read_once(workers: Here, run: Callable[..., Told]) -> None:
    Path("a.csv").write_text(lines(300), encoding="utf-8")
    assert run(*spread(2000, "fit", "y ~ a*exp(b*x)", "b=0.1", "a.csv"))[0] == 0
    first = len(workers.sent)
    assert len(set(workers.given.values())) == 1, "a pass asks every part once"
    assert len(workers.sent) == first


def test_the_error_of_the_lowest_row_ends_a_search(workers: Here, run: Callable[..., Told]) -> None:
    text = lines(100) + "r,odd,2\n" + "s,1,worse\n" * 50
    Path("a.csv").write_text(text, encoding="utf-8")
    words = ["fit", "y ~ a*x", "a.csv"]
    assert run(*spread(300, *words)) == run(*words)
    Path("a.csv").write_text(lines(100) + "r,0,2\n" * 9, encoding="utf-8")
    words = ["fit", "y ~ a/x + b*x", "a.csv"]
    assert run(*spread(300, *words)) == run(*words)


def test_rows_that_went_with_their_workers_are_read_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, run: Callable[..., Told]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.csv").write_text(lines(300), encoding="utf-8")
    for words in (["fit", "y ~ a*x + b", "a.csv", "--json"], ["fit", "y ~ a*x + b", "a.csv", "--residuals"]):
        use(Here(), monkeypatch)
        right = run(*spread(900, *words))
        use(Here(lost=lambda number, tries: tries == number % 3), monkeypatch)
        assert run(*spread(900, *words)) == right


# What is refused


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["map", "x", "--scheduler", "local"], "standard input cannot be divided among workers"),
        (["map", "x", "a.csv", "-o", "out"], "the name out does not say a format"),
        (["map", "x", "a.csv", "-o", "out/"], "out/ is a folder"),
        (["map", "x", "a.csv", "-o", "b.csv.gz"], "b.csv.gz would be compressed"),
        (["map", "x", "a.csv", "--scheduler", "local", "-o", "b.csv", "--resume"], "--resume goes on with"),
        (["fit", "y = a*x", "--scheduler", "local"], "standard input cannot be divided among workers"),
        (["fit", "y = a*x", "a.csv", "--part-size", "3"], "--part-size is for the parts that --scheduler"),
        (["fit", "y = exp(q*x)", "a.csv", "--scheduler", "local"], "q is no column"),
        (["minimize", "x**2", "--x", "1", "--scheduler", "local"], "--scheduler is for the rows of files"),
        (["map", "x", "a.csv", "--scheduler", "local", "--resume"], "--resume goes on with a folder"),
        (["map", "x", "a.csv", "--part-size", "3"], "--part-size is for the parts that --scheduler makes"),
        (["map", "x", "s3://b/a.csv"], "cannot read s3://b/a.csv"),
        (["map", "x", "a.csv", "--scheduler", "local", "--part-size", "-1"], "of 0 or more"),
        (["map", "x", "none.csv", "--scheduler", "local"], "cannot read none.csv"),
        (["map", "x + z", "a.csv", "--scheduler", "local"], "there is no column z"),
        (["map", "x", "a.csv", "--scheduler", "local", "-o", "full", "--resume"], "nothing to resume"),
    ],
)
def test_what_cannot_be_divided_is_told(
    words: list[str], told: str, workers: Here, run: Callable[..., Told]
) -> None:
    Path("a.csv").write_text(lines(3), encoding="utf-8")
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
