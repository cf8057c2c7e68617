"""One reader for a table: `map` and `--A @FILE` read the same numbers from a file, or the same error."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from transcripts import Place

from gradcli.engine.shapes import check_size
from gradcli.streams.chunk import LEFT_OUT, Reading
from gradcli.streams.delimited import DelimitedReader
from gradcli.streams.files import ByteSource
from gradcli.streams.opening import open_reader
from gradcli.streams.whole import read_array
from gradcli.text.errors import EvaluationError, GradcliError, InputError

TABLE = [[1.0, 2.0], [3.0, -4.5]]


def as_rows(path: Path) -> list[list[float]]:
    """The cells of a file with a header, as `map` reads them."""
    reader = open_reader(str(path), None, Reading())
    rows: list[list[float]] = []
    for chunk in reader.chunks(range(len(reader.columns))):
        if chunk.failure is not None:
            raise chunk.failure
        rows += np.stack(chunk.data, 1).tolist()
    reader.close()
    return rows


PACK: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("plain.csv", "x,y\n1,2\n3,-4.5\n"),
        ("quotes.csv", '"x","y"\n"1","2"\n"3","-4.5"\n'),
        ("semicolons.csv", "x;y\n1;2\n3;-4.5\n"),
        ("quoted.csv", '"x, in m";y\n1;2\n3;-4.5\n'),
        ("comments.csv", "# made by hand\n#\n\nx,y\n1,2\n  # a, b\n## two\n3,-4.5\n# end\n"),
        ("windows.csv", "\ufeff# made\r\nx,y\r\n1,2\r\n#\r\n3,-4.5\r\n"),
        ("tabs.tsv", "x\ty\n1\t2\n3\t-4.5\n"),
        ("tabs.txt", "x\ty\n1\t2\n3\t-4.5\n"),
        ("commas.txt", "x,y\n1,2\n3,-4.5\n"),
        ("blanks.txt", "# x y\nx y\n  1   2\n3 \t-4.5  \n"),
        ("blanks.dat", "x y\r\n1 2\r\n# and, so \r\n3 -4.5\r\n"),
        ("no-end.txt", "x  y\n1 2\n3 -4.5"),
        ("lines.jsonl", '{"x": 1, "y": 2}\n{"y": -4.5, "x": 3}\n'),
    ],
)
@pytest.mark.parametrize("packed", ["", ".gz", ".bz2", ".xz"])
def test_both_read_the_same_text(tmp_path: Path, name: str, text: str, packed: str) -> None:
    path = tmp_path / (name + packed)
    path.write_bytes(PACK[packed](text.encode()))
    assert as_rows(path) == TABLE
    assert read_array(str(path), check_size).tolist() == TABLE


@pytest.mark.parametrize("form", ["npz", "parquet", "arrow"])
def test_both_read_the_same_arrays(tmp_path: Path, form: str) -> None:
    pytest.importorskip("pyarrow")
    path = tmp_path / f"a.{form}"
    (x, y) = np.transpose(TABLE)
    if form == "npz":
        np.savez(path, x=x, y=y)
    else:
        import pyarrow
        import pyarrow.feather
        import pyarrow.parquet

        write: Any = pyarrow.parquet.write_table if form == "parquet" else pyarrow.feather.write_feather
        write(pyarrow.table({"x": x, "y": y}), path)
    assert as_rows(path) == TABLE
    assert read_array(str(path), check_size).tolist() == TABLE


@pytest.mark.parametrize("shape", [(), (1,), (5,), (1, 4), (4, 1), (2, 3), (2, 3, 2)])
@pytest.mark.parametrize("order", ["C", "F"])
def test_an_array_keeps_its_shape(tmp_path: Path, shape: tuple[int, ...], order: Any) -> None:
    array = np.arange(float(np.prod(shape))).reshape(shape).copy(order=order)
    np.save(tmp_path / "a.npy", array)
    found = read_array(str(tmp_path / "a.npy"), check_size)
    assert (found.shape, found.tolist()) == (shape, array.tolist())


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.csv", "x,y\n1,2\n3\n", "a.csv:3: 1 cell, and the header has 2"),
        ("a.csv", "x,y\n1,2\n3,b\n", 'a.csv:3: column y: not a number: "b"'),
        ("a.csv", "x,y\n1,2\n#1,3\n", 'a.csv:3: column x: not a number: "#1"'),
        ("a.csv", "x;y\n1;2\n3;4,5\n", 'a.csv:3: column y: not a number: "4,5"'),
        ("a.csv", "x\ty\n1\t2\n", 'a.csv:2: column x\ty: not a number: "1\t2"'),
        ("a.txt", "x y\n1 2\n3 4 5\n", "a.txt:3: 3 cells, and the header has 2"),
        ("a.jsonl", '{"x": null}\n', "a.jsonl:1: column x: not a number: null"),
    ],
)
def test_both_refuse_the_same(tmp_path: Path, name: str, text: str, told: str) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(GradcliError) as rows:
        as_rows(path)
    with pytest.raises(GradcliError) as whole:
        read_array(str(path), check_size)
    assert rows.value.message == whole.value.message == f"{tmp_path}/{told}"
    assert "--" not in (whole.value.hint or "")


def test_blanks_in_quotes_are_text(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text('name x\n"a b"  1\n# "c\n"d ""e"" f" 2 \n', encoding="utf-8")
    reader = open_reader(str(tmp_path / "a.txt"), None, Reading())
    chunks = list(reader.chunks([1]))
    assert [value for chunk in chunks for value in chunk.values(0)] == ["a b", 'd "e" f']
    assert [value for chunk in chunks for value in chunk.data[0].tolist()] == [1, 2]


class Pieces(ByteSource):
    """A source that gives its bytes in pieces."""

    def __init__(self, data: bytes, size: int) -> None:
        super().__init__("data.txt")
        self._pieces = [data[k : k + size] for k in range(0, len(data), size)][::-1]

    def _more(self, size: int) -> bytes:
        return self._pieces.pop() if self._pieces else b""


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_blanks_may_come_in_any_pieces(tmp_path: Path, size: int) -> None:
    text = b"x  y\n 1 \t 2 \r\n# n o \n3 -4.5"
    reader = DelimitedReader(Pieces(text, size), "txt")
    rows = [row for chunk in reader.chunks([0, 1]) for row in np.stack(chunk.data, 1).tolist()]
    assert rows == TABLE


def test_comments_between_rows_are_counted(tmp_path: Path) -> None:
    place = Place(tmp_path)
    (place.folder / "c.csv").write_text("# head\nx\n1\n# one\n2\n## two\n", encoding="utf-8")
    told = "note: 2 lines that begin with # left out\n"
    assert place.in_process(["map", "x", "c.csv", "--value"]) == (f"x,value\n1,1\n2,2\n{told}", 0)
    assert place.in_process(["accumulate", "x", "c.csv"]) == (f"value = 3\nrows = 2\n{told}", 0)


def test_excel_s_errors_are_no_comments(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x,y\n1,2\n#N/A,3\n#DIV/0!,4\n", encoding="utf-8")
    with pytest.raises(EvaluationError, match=r'a\.csv:3: column x: not a number: "#N/A"'):
        as_rows(tmp_path / "a.csv")


def test_rows_keep_their_separator(tmp_path: Path) -> None:
    place = Place(tmp_path)
    (place.folder / "s.csv").write_text('x;y\n1;"a, b"\n2.50;c\n', encoding="utf-8")
    (place.folder / "t.csv").write_text('x,y\n3,"d;e"\n', encoding="utf-8")
    shown = 'x;y;value\n1;"a, b";2\n2.50;c;5\n3;"d;e";6\n'
    assert place.in_process(["map", "2x", "s.csv", "t.csv", "--value"]) == (shown, 0)
    shown = 'x,y,value\n3,"d;e",6\n1,"a, b",2\n2.50,c,5\n'
    assert place.in_process(["map", "2x", "t.csv", "s.csv", "--value"]) == (shown, 0)


def test_a_row_that_a_file_cannot_hold_takes_no_memory(tmp_path: Path) -> None:
    header = {"descr": "<f8", "fortran_order": False, "shape": (2, 10**9)}
    with (tmp_path / "a.npy").open("wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
    for read in (as_rows, lambda path: read_array(str(path), check_size)):
        with pytest.raises(EvaluationError, match=r"a\.npy ends before the end of its first row"):
            read(tmp_path / "a.npy")


def test_a_device_without_lines_is_no_text() -> None:
    with pytest.raises(EvaluationError, match="/dev/zero is not text"):
        read_array("/dev/zero", check_size)


def test_parameters_come_from_any_file(tmp_path: Path) -> None:
    place = Place(tmp_path)
    (place.folder / "w.jsonl").write_text('{"a": 1}\n{"a": 2}\n', encoding="utf-8")
    words = ["eval", "sum(w*x)", "x=@w.jsonl", "--w", "@w.jsonl", "--json"]
    assert json.loads(place.in_process(words)[0])["value"] == 5


@pytest.mark.parametrize(
    ("cell", "hint"),
    [
        ("NA", "--na NA reads it as nan"),
        ("#N/A", "--na '#N/A' reads it as nan"),
        ('"1,000"', "digits have no commas between them: 1000; --decimal-comma reads 1.000"),
        ('"12,5"', "--decimal-comma reads it as 12.5"),
        ('"1,234.5"', "digits stand without commas between them: 1234.5"),
        ("1 000", "digits stand with nothing between them: 1000"),
        ('"1\u202f234\u00a0567,5"', "digits stand with nothing between them: 1234567,5"),
        ("1'000.25", "digits stand with nothing between them: 1000.25"),
        ("\u22125", "a minus is the sign on keyboards: -5"),
        ("0x10", "numbers are decimal: 16"),
        ("1d5", "an exponent stands behind e: 1e5"),
        ("(5)", "has a minus: -5"),
        ("12:30", "a time is no number"),
        ("2020-01-01", "a date is no number"),
        ("5 %", "no sign or unit beside it: 5"),
        ("€-1.5", "no sign or unit beside it: -1.5"),
        ('"$1,234.50"', "no sign or unit beside it: 1234.50"),
        ("USD 12", "no sign or unit beside it: 12"),
        ("1.5 kg/m^3", "no sign or unit beside it: 1.5"),
        ("3/4", "a quotient is written out: 0.75"),
        ("3/0", LEFT_OUT),
        ("3/1/2024", "a date is no number"),
        ("1.5×10^-3", "a power of ten stands behind e: 1.5e-3"),
        ("2 x 10**4", "a power of ten stands behind e: 2e4"),
        ("10^4", LEFT_OUT),
        ("\u00a01.5", "a blank of another kind than that of keyboards stands beside it: 1.5"),
        ("\u0661", "digits are 0 to 9"),
        ("yes", "truth values are written 1 and 0"),
        ("#DIV/0!", "--na '#DIV/0!' reads it as nan"),
        ("-1.#IND", "--na '-1.#IND' reads it as nan"),
        ("#1", "a comment begins with # and a blank"),
        ('"[1,2]"', "rows with arrays are read from JSON lines"),
        ("x", "the header stands there again"),
        ("1e+", LEFT_OUT),
        ("--1", LEFT_OUT),
        ("total", LEFT_OUT),
    ],
)
def test_a_cell_that_is_no_number_says_what_to_write(tmp_path: Path, cell: str, hint: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"x\n{cell}\n", encoding="utf-8")
    with pytest.raises(EvaluationError) as raised:
        as_rows(path)
    assert hint in (raised.value.hint or "")


def test_where_there_are_no_options_no_hint_names_one(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("x\ntotal\n")
    with pytest.raises(EvaluationError) as raised:
        read_array(str(path), check_size)
    assert raised.value.hint is None


@pytest.mark.parametrize(
    ("text", "words", "hint"),
    [
        ("Report of May,\n,\nx,y\n1,2\n", ["map", "x*y"], "in line 3: tail -n +3 FILE | gradcli …"),
        ("#made\n#today\nx;y\n1;2\n", ["map", "x*y"], "in line 3: tail -n +3 FILE | gradcli …"),
        ("#x,y\n1,2\n", ["map", "x*y"], "behind a #: sed '1s/#//' FILE | gradcli …"),
        ("'x','y'\n1,2\n", ["map", "x*y"], """quotes are double: tr "'" '"' < FILE | gradcli …"""),
        ("a-b,c\n1,2\n", ["map", "a-b"], "did you mean `a-b`?"),
        ("a.b,c\n1,2\n", ["map", "a.b"], "did you mean `a.b`?"),
        ("v [m/s],c\n1,2\n", ["map", "v [m/s]*2"], "did you mean `v [m/s]`?"),
        ("T °C,c\n1,2\n", ["fit", "T °C = k*c"], "did you mean `T °C`?"),
        ("x,in %\n1,2\n", ["map", "in %*2"], "did you mean `in %`?"),
        ("x,2nd\n1,2\n", ["map", "2nd*3"], "did you mean `2nd`?"),
        ("x,2\n1,2\n", ["map", "2+"], "type a value after `+`"),
        ("x,a b\n1,2\n", ["map", "`a b`+"], "type a value after `+`"),
        ("x,y\n1,NA\n", ["map", "y", "--na", "-,null"], f"--na -,NA,null reads it as nan; {LEFT_OUT}"),
        ("x,y\n1,\n", ["map", "y", "--na", "NA"], f'--na ",NA" reads it as nan; {LEFT_OUT}'),
        ("x,y\n1,2,\n", ["map", "x"], r"sed 's/,\r*$//' FILE | gradcli … takes what ends the row away"),
        ("x,y\n1\n", ["map", "x"], LEFT_OUT),
    ],
)
def test_a_header_that_is_none_says_how_to_read_it(
    tmp_path: Path, text: str, words: list[str], hint: str
) -> None:
    place = Place(tmp_path)
    (place.folder / "a.csv").write_text(text, encoding="utf-8")
    told = place.in_process([*words, "a.csv"])[0]
    assert told.splitlines()[-1].removeprefix("hint: ").removeprefix("these names stand ").endswith(hint)


def test_a_pipe_in_a_hint_says_the_format_that_a_name_said(tmp_path: Path) -> None:
    place = Place(tmp_path)
    (place.folder / "a.dat").write_text("#x y\n1 2\n")
    told = "the names stand behind a #: sed '1s/#//' FILE | gradcli … --from txt"
    assert told in place.in_process(["map", "x*y", "a.dat"])[0]


def test_fields_of_fields_say_how_they_are_read(tmp_path: Path) -> None:
    place = Place(tmp_path)
    (place.folder / "a.jsonl").write_text('{"p":{"x":1}}\n')
    told = "hint: jq -c '. + .p' FILE | gradcli … has its fields beside the others"
    assert told in place.in_process(["map", "p.x*2", "a.jsonl"])[0]


@pytest.mark.parametrize("ending", [".gz", ".bz2", ".xz", ".zst"])
def test_a_file_that_is_not_compressed_says_so(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.csv{ending}"
    path.write_bytes(b"x,y\n1,2\n")
    with pytest.raises(InputError, match=r"is not compressed by \w+, as its name says") as raised:
        as_rows(path)
    assert raised.value.hint == f"gradcli … < {path} reads it as it is"


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ('{"x":1} {"x":2}', "on a line of its own"),
        ('{"x":1},', "no comma stands between objects"),
        ('{"x":NaN}', 'JSON has no NaN: write it as a text, "nan"'),
        ('{"x":-Infinity}', 'as a text, "-inf"'),
        ("{'x':1}", "double quotes"),
        ('{"x":true}', "truth values are written 1 and 0"),
        ('{"x":{"y":1}}', "jq -c '. + .x' FILE | gradcli … has its fields beside the others"),
    ],
)
def test_a_line_that_is_not_json_says_what_to_write(tmp_path: Path, line: str, hint: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"x":1}\n' + line + "\n")
    with pytest.raises(EvaluationError) as raised:
        as_rows(path)
    assert hint in (raised.value.hint or "")


def _archive(name: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, "x\n1\n")
    return file.getvalue()


@pytest.mark.parametrize(
    ("start", "hint"),
    [
        (gzip.compress(b"x\n1\n", mtime=0), "zcat "),
        (bz2.compress(b"x\n1\n" * 9), "bzcat "),
        (lzma.compress(b"x\n1\n"), "xzcat "),
        (_archive("[Content_Types].xml"), "a spreadsheet is saved as CSV first"),
        (_archive("a.csv"), "unzip -p "),
        ("x\n1\n".encode("utf-16-le"), "iconv -f UTF-16LE"),
        (b"x,y\n1,\0\n", "it has zero bytes in it: tr -d '\\0' < "),
        (b"\0\0", None),
        (b"\x01\x02\0", None),
    ],
    ids=["gz", "bz2", "xz", "spreadsheet", "zip", "utf-16", "zeros", "nothing", "other"],
)
def test_what_is_not_text_says_how_it_becomes_text(tmp_path: Path, start: bytes, hint: str | None) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(start + b"\0")
    with pytest.raises(EvaluationError, match="is not text") as raised:
        as_rows(path)
    assert (hint is None and raised.value.hint is None) or (hint or "?") in (raised.value.hint or "")
