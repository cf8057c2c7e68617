"""Readers, writers, numbers and sums: the fast ways equal the slow ones, byte for byte."""

from __future__ import annotations

import io
import json
import math
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcli.streams.chunk import Policy, Reading, RowError
from gradcli.streams.delimited import DelimitedChunk, DelimitedReader
from gradcli.streams.files import ByteSource, Output
from gradcli.streams.formats import format_of, sniffed
from gradcli.streams.jsonlines import JsonChunk, JsonReader
from gradcli.streams.numbers import is_number, json_texts, no_numbers, read_cells, row_lines, row_texts
from gradcli.streams.opening import make_writer, open_reader
from gradcli.streams.text_out import Column
from gradcli.text.errors import GradcliError
from gradcli.text.json import json_text
from gradcli.text.values import number

EDGES = [
    *(0.0, -0.0, 1.0, -1.0, 0.1, 1e-4, 9.999e-5, 1e-5, 9.9e-6, 1e-10, 1e15, 1e16, 123456789012345680.0),
    *(1e22, 1.5e300, 1.7976931348623157e308, 5e-324, 2.2250738585072014e-308, math.nan, math.inf, -math.inf),
    *(4.0, 1e-7, -3e-5, 0.00012345, 99999.5, 2.0**53, 2.0**63, 1e-9),
]
doubles = st.floats(width=64) | st.sampled_from(EDGES)


# Numbers


@given(st.lists(doubles, min_size=1, max_size=40), st.integers(1, 4), st.none() | st.integers(1, 17))
def test_every_number_prints_as_render_prints_it(values: list[float], width: int, digits: int | None) -> None:
    table = np.resize(np.array(values), (len(values), width))
    expected = [",".join(number(x, digits) for x in row).encode() for row in table.tolist()]
    assert row_texts(table, b",", digits) == expected
    assert row_texts(table, b"\t", digits) == [each.replace(b",", b"\t") for each in expected]
    column = table[:, 0]
    assert json_texts(column, digits) == [json_text(x, digits).encode() for x in column.tolist()]
    assert json_texts(table, digits) == [
        json_text(row, digits).replace(" ", "").encode() for row in table.tolist()
    ]


@given(
    st.dictionaries(st.integers(0, 199), doubles, max_size=8),
    st.integers(1, 4),
    st.sampled_from([b",", b"\t"]),
    st.booleans(),
)
def test_rows_of_numbers_stand_behind_their_lines(
    some: dict[int, float], width: int, separator: bytes, bare: bool
) -> None:
    values = np.random.default_rng(3).normal(size=200)
    values[list(some)] = list(some.values())
    table = values[: 200 // width * width].reshape(-1, width)
    lines = None if bare else [b"100%%b %d" % row for row in range(len(table))]
    expected = []
    for row, cells in enumerate(table.tolist()):
        line = [] if lines is None else [lines[row]]
        expected.append(separator.join([*line, *(number(x).encode() for x in cells)]))
    assert bytes(row_lines(lines, table, separator)).split(b"\n") == [*expected, b""]


@given(st.lists(doubles, min_size=1, max_size=30))
def test_numbers_come_back_bit_for_bit(values: list[float]) -> None:
    cells = row_texts(np.array(values)[:, None], b",")
    found = read_cells(cells)
    assert found is not None
    assert found.view(np.uint64).tolist() == np.array([float(c) for c in cells]).view(np.uint64).tolist()


@pytest.mark.parametrize(
    "cell", ["1", "-1", "+1", "007", ".5", "1.", "1e5", " 1\t", "NaN", "-inf", "Infinity"]
)
def test_what_a_number_is(cell: str) -> None:
    found = read_cells([cell.encode(), b"2"])
    assert is_number(cell.encode())
    assert found is not None
    np.testing.assert_array_equal(found, [float(cell), 2])


@pytest.mark.parametrize(
    "cell",
    ["", " ", "abc", "1_000", "1,5", "0x10", "1 2", "٣", "true", "null", "1e", "5m", "--1", "1\n2", "[1]"],
)
def test_what_no_number_is(cell: str) -> None:
    assert not is_number(cell.encode())
    assert read_cells([b"1", cell.encode()]) is None


@given(st.lists(st.sampled_from([b"1", b"-2.5e3", b" 3", b"", b"abc", b"nan", b"+1", b"1 2", b"5\n6"])))
def test_what_is_no_number_is_found_among_others(cells: list[bytes]) -> None:
    assert no_numbers(cells) == [place for place, each in enumerate(cells) if not is_number(each)]


# Delimited text


class Pieces(ByteSource):
    """A source that gives its bytes in pieces of some sizes."""

    def __init__(self, data: bytes, size: int = 1 << 18) -> None:
        super().__init__("data.csv")
        self._pieces = [data[k : k + size] for k in range(0, len(data), size)][::-1]

    def _more(self, size: int) -> bytes:
        return self._pieces.pop() if self._pieces else b""


def everything(
    data: bytes, wanted: list[int], size: int = 1 << 18, *, slow: bool = False, **options: Any
) -> Any:
    """All that a reader says about some bytes."""
    found: list[Any] = []
    try:
        reader = DelimitedReader(Pieces(data, size), options.pop("form", "csv"), Reading(**options))
        reader._slow = slow
        wanted = [each for each in wanted if each < len(reader.columns)]
        for chunk in reader.chunks(wanted):
            columns = [chunk.values(column) for column in range(len(reader.columns))]
            cells = [[values[row] for values in columns] for row in range(chunk.rows)]
            for row in range(chunk.rows):
                numbers = [float(each[row]).hex() for each in chunk.data]
                void = chunk.void is not None and bool(chunk.void[row])
                found.append((chunk.place(row), chunk.records()[row], cells[row], numbers, void))
            if chunk.failure:
                found.append(chunk.failure.message)
        found.append((reader.columns, reader.tally.bad, reader.tally.missing))
    except GradcliError as error:
        found.append(error.message)
    return found


NASTY = [
    b"x,y\n1,2\n3,4\n",
    b"x,y\r\n1,2\r\n3,4",
    b"\xef\xbb\xbfx,y\n1,2\n",
    b'x,y\n1,"a\nb"\n2,"c""d"\n3,e\n',
    b'x,y\n1,"a\r\nb"\r\n2,"c,d"\r\n',
    b'x,y\n"1",2\n" 2 ",3\n',
    b'x,y\n1,5" pipe\n2,6" pipe\n',
    b'x,y\n1,"open\n2,3\n',
    b'x,y\n1,"a"b\n2,3\n',
    b"x,y\n1,2\n\n  \n3,4\n",
    b"x,y\n1,2,3\n",
    b"x,y\n1\n3,4\n",
    b"x,y\n1,abc\nabc,1\n",
    b"x,y\n-0,+1\n007,.5\n1.,1e400\n",
    b"x,y\nnan,inf\n-Infinity,NaN\n",
    b"x,y\n1_0,2\n",
    b"x,y\n,2\n3,\n",
    b"x,y\n1;5,2\n",
    "x,y\n١,2\n".encode(),
    b"x\n1\n\n2\n \n3\n",
    b"x\n",
    b"x",
    b"",
    b"\n\n",
    b"x,y,z\n" + b"1,a b,2\n" * 50 + b'3,"q",4\n' + b"5,6\n",
    b'"x\ny",y\n1,2\n3,"4"\n',
    b'x,y\n"",2\n',
    b"x,y\n1,2\n3,4\r",
    b'x,y\n1,"2"\r\n3,"4"\r',
]


@pytest.mark.parametrize("data", NASTY)
@pytest.mark.parametrize("on_error", ["fail", "nan", "skip"])
@pytest.mark.parametrize("na", [(), ("", "abc", "1")])
def test_no_path_and_no_piece_changes_anything(data: bytes, on_error: str, na: tuple[str, ...]) -> None:
    policy = Policy(on_error, frozenset(na))
    for wanted in ([], [0], [1], [1, 0]):
        slow = everything(data, wanted, slow=True, policy=policy)
        assert everything(data, wanted, policy=policy) == slow
        for size in (1, 3, 7):
            assert everything(data, wanted, size, policy=policy) == slow, size


@pytest.mark.parametrize(
    "data",
    [
        b"x;y\n0,5;1\n2;,5e1\n-0,0;nan\n",
        b'x;y\n"0,5";1.5\n1,5;2\n',
        b"x;y\n1.234,5;1\n1'5;-0\n",
        b'x,y\n"0,5",1\n"1,5",2\n',
        b"x\ty\n0,5\t1\n2\t3,25\n",
        b"0,5;1\n2;3\n",
        b'x,y\n0.5,1.5\n0.5,"1,5"\n',
        b"x\n0,5\n1\n",
        b"0,5\n1,5\n",
    ],
)
@pytest.mark.parametrize("on_error", ["fail", "nan"])
def test_decimal_commas_are_read_alike_on_every_path(data: bytes, on_error: str) -> None:
    form = "tsv" if b"\t" in data else "csv"
    options: dict[str, Any] = {
        "policy": Policy(on_error),
        "decimal_comma": True,
        "form": form,
        "header": b"x" in data,
    }
    for wanted in ([0], [1], [0, 1]):
        slow = everything(data, wanted, slow=True, **options)
        assert everything(data, wanted, **options) == slow
        assert everything(data, wanted, 5, **options) == slow


PLAIN_ROWS = b"".join(b"%d,%d.5,name %d\n" % (k, k, k) for k in range(400))
ODD_ROWS = [
    b"",
    b"\n",
    b"  \n",
    b'1,2,5" pipe\n',
    b'1,2,"a\nb"\n',
    b'"1",2,"q"\r\n',
    b"x,2,n\n",
    b"NA,2,n\n",
    b"1,2\n",
    b'1,2,"a"b\n',
    b'1,2,"open\n',
]


@pytest.mark.parametrize("odd", ODD_ROWS)
@pytest.mark.parametrize("on_error", ["fail", "nan", "skip"])
def test_what_is_odd_in_a_block_changes_nothing_else(odd: bytes, on_error: str) -> None:
    policy = Policy(on_error, frozenset(["NA"]))
    for other in (b"", b'8,9,6" pipe\n', b'8,9,"c, d"\n'):
        data = b"x,y,s\n" + PLAIN_ROWS + odd + PLAIN_ROWS[:3000] + other + PLAIN_ROWS + odd
        slow = everything(data, [0, 1], slow=True, policy=policy)
        assert everything(data, [0, 1], policy=policy) == slow
        assert everything(data, [0, 1], 5000, policy=policy) == slow


def test_blocks_hold_no_more_rows_than_they_may() -> None:
    reader = DelimitedReader(Pieces(b"x\n" + b"1\n" * 100_000), "csv")
    reader.most_rows = 1000
    blocks = list(reader.blocks())
    assert max(block.lines for block in blocks) <= 1000
    assert [block.line for block in blocks] == [
        2 + sum(block.lines for block in blocks[:place]) for place in range(len(blocks))
    ]


@pytest.mark.parametrize("form", ["csv", "npy"])
def test_how_much_of_a_piece_is_read_is_told(tmp_path: Path, form: str) -> None:
    file, rows = tmp_path / f"t.{form}", 400_000
    if form == "csv":
        file.write_bytes(b"x\n" + b"1\n" * rows)
    else:
        np.save(file, np.ones(rows))
    for place in range(2):
        reader = open_reader(str(file), form, Reading())
        reader.narrow(reader.pieces(file.stat().st_size // 2 + 100)[place])
        read, shares = 0, []
        for chunk in reader.chunks([0]):
            read += chunk.rows
            shares.append(reader.share(read) or 0)
        assert shares == sorted(shares)
        assert len(shares) > 1
        assert shares[0] < 0.7
        assert shares[-1] == pytest.approx(1, abs=0.01)
        reader.close()


def test_an_open_quote_is_an_error_whatever_else_may_be_left_out() -> None:
    data = b'x,y\n1,2\n"3,4\n' + b"5,6\n" * 1000
    *_, message, _ = everything(data, [0], policy=Policy("skip"))
    assert message == "data.csv:3: a quote that is never closed"


cells = st.sampled_from(
    [
        "1",
        "-2.5",
        "1e-5",
        "",
        " 3",
        "abc",
        '"1"',
        '"a,b"',
        '"a\nb"',
        '"q""q"',
        "-0",
        "nan",
        '5"',
        "\r",
        "+1",
        "é",
    ]
)


@given(
    st.lists(st.lists(cells, min_size=2, max_size=3), max_size=8),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
    st.sampled_from(["fail", "nan", "skip"]),
    st.integers(1, 30),
)
def test_random_tables_read_alike_on_every_path(
    rows: list[list[str]], ending: str, last: bool, on_error: str, size: int
) -> None:
    text = ending.join([",".join(row) for row in [["x", "y"], *rows]]) + (ending if last else "")
    policy = Policy(on_error)
    for wanted in ([0], [0, 1]):
        slow = everything(text.encode(), wanted, slow=True, policy=policy)
        assert everything(text.encode(), wanted, policy=policy) == slow
        assert everything(text.encode(), wanted, size, policy=policy) == slow


@given(st.lists(st.tuples(doubles, doubles), min_size=1, max_size=50), st.integers(1, 100))
def test_tables_of_numbers_come_back(rows: list[tuple[float, float]], size: int) -> None:
    text = "x,y\n" + "".join(f"{number(x)},{number(y)}\n" for x, y in rows)
    found = [each[3] for each in everything(text.encode(), [0, 1], size) if len(each) == 5]
    assert found == [[float(number(x)).hex(), float(number(y)).hex()] for x, y in rows]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"x,y\n1,2\n3\n", "data.csv:3: 1 cell, and the header has 2"),
        (b'x,y\n1,"2\n3,4\n', "data.csv:2: a quote that is never closed"),
        (b'x,y\n"a\nb",1\nc,2\n', 'data.csv:2: column x: not a number: "a\nb"'),
        (b'x,y\n1,"a\nb"\n\nc,2\n', 'data.csv:5: column x: not a number: "c"'),
        (b"x,y\n,2\n", "data.csv:2: column x: an empty cell"),
        (b"\xff\xfex\x00", "data.csv is in UTF-16, and not in UTF-8"),
        (b"\xe9,y\n", "data.csv:1: the header is not text in UTF-8"),
    ],
)
def test_errors_say_where(data: bytes, message: str) -> None:
    assert message in everything(data, [0])


# JSON lines


def objects(data: bytes, wanted: list[str], size: int = 1 << 18, **policy: Any) -> Iterator[Any]:
    reader = JsonReader(Pieces(data, size), Policy(**policy))
    for chunk in reader.chunks([reader.columns.index(each) for each in wanted]):
        for row in range(chunk.rows):
            yield chunk.records()[row], [each[row].tolist() for each in chunk.data]
        if chunk.failure:
            yield chunk.failure.message


def test_rows_of_json_may_differ_in_shape() -> None:
    data = b'{"v":[1,2]}\n{"v":[3,4]}\n\n{"v":[[5]]}\n{"v":6}\n{"v":[]}\n'
    assert [each[1] for each in objects(data, ["v"])] == [[[1, 2]], [[3, 4]], [[[5]]], [6], [[]]]
    assert list(objects(data, ["v"], 5)) == list(objects(data, ["v"]))


@pytest.mark.parametrize("text", ["1" * 401, "1" * 5000, "1e400", "1" * 309, "9" * 310, "1" + "0" * 308])
@pytest.mark.parametrize("sign", ["", "-"])
def test_large_numbers_of_json_are_those_of_csv(sign: str, text: str) -> None:
    text = sign + text
    expected = read_cells([text.encode()])
    assert expected is not None
    assert [each[1] for each in objects(b'{"x":%b}\n' % text.encode(), ["x"])] == [expected.tolist()]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"x":"abc"}', 'data.csv:2: column x: not a number: "abc"'),
        ('{"x":true}', "data.csv:2: column x: not a number: true"),
        ('{"x":null}', "data.csv:2: column x: not a number: null"),
        ('{"x":[1,[2]]}', "data.csv:2: column x: not a number: [1, [2]]"),
        ('{"y":1}', "data.csv:2: there is no field x"),
        ('{"x":1},{"x":2}', 'data.csv:2: not JSON: {"x":1},{"x":2}'),
        ('{"x":NaN}', 'data.csv:2: not JSON: {"x":NaN}'),
        ("[1]", "data.csv:2: not an object: [1]"),
        ("{", "data.csv:2: not JSON: {"),
    ],
)
def test_json_errors_say_where(line: str, message: str) -> None:
    found = list(objects(f'{{"x":1}}\n{line}\n{{"x":3}}\n'.encode(), ["x"]))
    assert found[0][1] == [1]
    assert found[1:] == [message]
    if "not JSON" not in message and "object" not in message:
        skipped = list(objects(f'{{"x":1}}\n{line}\n{{"x":3}}\n'.encode(), ["x"], on_error="skip"))
        assert [each[1] for each in skipped] == [[1], [3]]


def test_json_keeps_the_sign_of_zero_and_reads_the_words() -> None:
    found = [each[1][0] for each in objects(b'{"x":-0}\n{"x":"inf"}\n{"x":"nan"}\n{"x":-0.5}\n', ["x"])]
    assert [number(each) for each in found] == ["-0", "inf", "nan", "-0.5"]


# Formats


@pytest.mark.parametrize(
    ("file", "form"),
    [
        ("a.csv", "csv"),
        ("a.TSV", "tsv"),
        ("a.jsonl.gz", "jsonl"),
        ("a.npy", "npy"),
        ("a.csv.zst", "csv"),
        ("a", None),
    ],
)
def test_extensions_say_the_format(file: str, form: str | None) -> None:
    assert format_of(file) == form


def test_only_sure_starts_are_recognised() -> None:
    buffer = io.BytesIO()
    np.save(buffer, np.zeros(3))
    assert sniffed(buffer.getvalue()) == "npy"
    assert sniffed(b' \n{"x":1}') == "jsonl"
    assert sniffed(b"x\ty\n") is None


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", ["<f8", ">f4", "i2", "?"])
def test_matrices_are_read_in_any_layout(tmp_path: Path, order: Any, dtype: str) -> None:
    table = np.arange(60_000).reshape(-1, 3).astype(dtype, order=order)
    np.save(tmp_path / "a.npy", table)
    reader = open_reader(str(tmp_path / "a.npy"), None, Reading())
    data = np.concatenate([np.stack(chunk.data, 1) for chunk in reader.chunks([0, 2])])
    np.testing.assert_array_equal(data, table[:, [0, 2]].astype(float))


@pytest.mark.parametrize(
    "array",
    [np.array(["a"], dtype=object), np.array([1 + 2j])],
    ids=["object", "complex"],
)
def test_arrays_without_rows_of_numbers_are_refused(tmp_path: Path, array: Any) -> None:
    np.save(tmp_path / "a.npy", array)
    with pytest.raises(GradcliError):
        list(open_reader(str(tmp_path / "a.npy"), None, Reading()).chunks([0]))


def test_a_cut_file_is_an_error(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.arange(100.0))
    (tmp_path / "b.npy").write_bytes((tmp_path / "a.npy").read_bytes()[:-80])
    with pytest.raises(GradcliError, match="ends after 90 of its 100 rows"):
        list(open_reader(str(tmp_path / "b.npy"), None, Reading()).chunks([0]))


def test_orjson_is_as_exact_as_python() -> None:
    bits = np.random.default_rng(3).integers(0, 2**64, 20_000, dtype=np.uint64).view(float)
    bits = bits[np.isfinite(bits)]
    assert orjson.loads(orjson.dumps(bits.tolist())) == bits.tolist() == json.loads(json.dumps(bits.tolist()))


def test_an_interruption_waits_for_what_is_going_on() -> None:
    done = []

    def work(output: Output) -> None:
        with output.undisturbed():
            with output.undisturbed():
                signal.raise_signal(signal.SIGINT)
            done.append("the inner part")
        done.append("nothing more")

    with Output() as output, pytest.raises(KeyboardInterrupt):
        work(output)
    assert done == ["the inner part"]


@pytest.mark.parametrize("columns", [1, 40])
def test_row_groups_are_the_same_in_any_number_of_threads(
    tmp_path: Path, columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    from gradcli.streams.arrow import ArrowWriter

    monkeypatch.setattr(ArrowWriter, "GROUP", 1000)
    monkeypatch.setattr(ArrowWriter, "MOST_CELLS", 4000)
    np.save(tmp_path / "a.npy", np.random.default_rng(1).normal(size=(3500, columns)))
    found = []
    for threads in (1, 2):
        target = tmp_path / f"{threads}.parquet"
        reader = open_reader(str(tmp_path / "a.npy"), None, Reading())
        with target.open("wb") as file:
            output = Output(file.fileno())
            writer = make_writer("parquet", output, only=False, digits=None, length=None, threads=threads)
            output.hold(writer.start(reader, [], [0]))
            for chunk in reader.chunks([0]):
                for start in range(0, chunk.rows, 700):
                    output.write(writer.rows(chunk.part(slice(start, start + 700)), [], []))
            output.write(writer.finish())
        found.append(target.read_bytes())
    assert found[0] == found[1]
    metadata = parquet.ParquetFile(tmp_path / "2.parquet").metadata
    assert metadata.num_rows == 3500
    assert metadata.row_group(0).num_rows == (1000 if columns == 1 else 100)


def test_truth_values_and_repeated_values_are_numbers(tmp_path: Path) -> None:
    pyarrow, parquet = (pytest.importorskip(name) for name in ("pyarrow", "pyarrow.parquet"))
    repeated = pyarrow.array([1.5, None, 1.5]).dictionary_encode()
    parquet.write_table(
        pyarrow.table({"b": [True, False, None], "d": repeated, "s": repeated.cast("string")}),
        tmp_path / "a.parquet",
    )
    reader = open_reader(str(tmp_path / "a.parquet"), None, Reading(policy=Policy(na=frozenset(["null"]))))
    (chunk,) = reader.chunks([0, 1])
    np.testing.assert_array_equal(chunk.data, [[1, 0, np.nan], [1.5, np.nan, 1.5]])
    with pytest.raises(GradcliError, match="column s holds string, and no numbers"):
        reader.check([2])
    reader.close()


# From one format to another


TABLES = {
    "csv": [
        b"x,t\n1,a\n2.50,b c\n",
        b"x,t\n1,5\n2,-0\n",
        b"x,t\n1,5\n2,b\n",
        b"x,t\n1,0x\n2,-\n",
        b"x,t\n1,-a\n2,7\n",
        b"x,t\n1,1e400\n2,1.\n",
        b"x,t\n1, 5\n2,5 \n",
        b"x,t\n1,\n2,\n",
        b'x,t\n1,"a,b"\n2,c""d\n',
        b'x,t\n1,"a\nb"\n2,"c ""d"" """\n',
        b'x,t\n1,""\n2,"""q"""\n3,e\n',
        b'x,t\r\n1,"\xc3\xbc, b"\r\n2,\r\n',
        b"x,t\n1,\xc3\n2,\xbc\n",
        b"x,t\n1,\xc3\xbc%b\n2,\xff\n",
        b"x,t\n1,[1\n2,2]\n",
        b"x,t\n1,true\n2,null\n",
        b"x,t\n+1,\\\n007,\ta\n",
    ],
    "tsv": [b"x\tt\n1\t,\n2\tz\n", b"x\tt\n1\t,\n2\t,\n", b"x\tt\n1\ta,b\n2\tc\n", b"x\tt\n1\t1,2\n2\t3\n"],
    "jsonl": [
        b'{"x":1,"t":"a"}\n{"x":2.50,"t":"b,c"}\n',
        b'{"x": 1, "t": "5"}\n{"x": 2, "t": ""}\n',
        b'{"x":1,"t":null}\n{"x":2,"t":true}\n',
        b'{"x":1,"t":12345678901234567890}\n{"x":2,"t":1.50}\n',
        b'{"x":1,"t":"a"}\n{"t":"a","x":2}\n',
        b'{"x":1,"t":"\\u00fc"}\n{"x":2,"t":"\xc3\xbc"}\n',
        b'{"x":1,"t":"\\ud83d"}\n{"x":2,"t":["\\udc80"]}\n',
        b'{"x":1,"t":[1,2]}\n{"x":2,"t":{"a":1.0}}\n',
        b'{"x":1,"t":"}"}\n{"x":2,"t":",\\"x\\":5"}\n',
        b'{"x":1}\n{"x":2}\n',
        b'{"x":1,"t":"a"}\r\n{"x":2,"t":"b"}\r\n',
    ],
}


@pytest.mark.parametrize("target", ["csv", "tsv", "jsonl", "arrow"])
@pytest.mark.parametrize(("form", "data"), [(form, data) for form in TABLES for data in TABLES[form]])
def test_a_column_at_once_is_written_as_value_by_value(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, form: str, data: bytes, target: str
) -> None:
    def written() -> bytes:
        source = Pieces(data)
        reader: Any = JsonReader(source, Policy()) if form == "jsonl" else DelimitedReader(source, form)
        with (tmp_path / "out").open("wb") as out:
            output = Output(out.fileno())
            writer = make_writer(target, output, only=False, digits=None, length=None)
            columns = [Column("value", ())]
            output.write(writer.start(reader, columns, [0]))
            for chunk in reader.chunks([0]):
                output.write(writer.rows(chunk, [chunk.data[0] / 3], columns))
            output.write(writer.finish())
        return (tmp_path / "out").read_bytes()

    if target in ("jsonl", "arrow") and (b"\xff" in data or b"\xc3\n" in data):
        row = 3 if b"\xff" in data else 2
        with pytest.raises(RowError, match=f"{row}: column t holds bytes that are no text in UTF-8"):
            written()
        return
    at_once = written()
    for kind in (DelimitedChunk, JsonChunk):
        monkeypatch.setattr(kind, "cells", lambda *_: None)
    monkeypatch.setattr(DelimitedChunk, "texts", lambda *_: None)
    monkeypatch.setattr(JsonChunk, "_plain_fields", lambda _: {})
    assert at_once == written()
    assert len(at_once) > len(data)
