"""`gradcli map`: what comes out for what goes in, and that it behaves as every filter does."""

from __future__ import annotations

import gzip
import importlib.util
import io
import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from transcripts import ROOT

from gradcli.cli.commands import main
from gradcli.pipelines import second_process as twin
from gradcli.pipelines.order import Order
from gradcli.pipelines.progress import Progress
from gradcli.pipelines.table import open_table
from gradcli.streams.files import FileSource
from gradcli.streams.formats import FORMATS

COMMAND = [sys.executable, "-m", "gradcli"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs `gradcli` here, in a folder with the files that are given; status, stdout and stderr."""
    monkeypatch.chdir(tmp_path)

    def run(*words: str, **files: str | bytes) -> tuple[int, str, str]:
        for name, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            (tmp_path / name.replace("__", ".")).write_bytes(data)
        status = main(list(words))
        return status, *capfd.readouterr()

    return run


def pipe(*words: str, data: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Runs `gradcli` behind a pipe."""
    return subprocess.run([*COMMAND, *words], input=data, capture_output=True, env=ENVIRONMENT, check=False)


# Rows in, rows out


COMMA = ("--decimal-comma", "--value")


@pytest.mark.parametrize(
    ("words", "text", "expected"),
    [
        (["y = x**2"], "x\n3\n", "x,y,dy_dx\n3,9,6\n"),
        (["x**2"], "x\n3\n", "x,value,dvalue_dx\n3,9,6\n"),
        (["y = x**2; z = x*3"], "x\n3\n", "x,y,dy_dx,z,dz_dx\n3,9,6,9,3\n"),
        (["y = a*2; z = b*3"], "a,b\n1,2\n", "a,b,y,dy_da,z,dz_db\n1,2,2,2,6,3\n"),
        (["r = x + 1; r**2"], "x\n3\n", "x,value,dvalue_dx\n3,16,8\n"),
        (["w*x", "--w", "0.5"], "x\n3\n", "x,value,dvalue_dw,dvalue_dx\n3,1.5,3,0.5\n"),
        (["w*x", "--w", "0.5", "--wrt", "x"], "x\n3\n", "x,value,dvalue_dx\n3,1.5,0.5\n"),
        (["y = a*2", "--wrt", "a,b", "--only"], "a,b\n1,2\n", None),
        (["x**2", "--only"], "x\n3\n", "value,dvalue_dx\n9,6\n"),
        (["x**2", "--value"], "x\n3\n", "x,value\n3,9\n"),
        (["x**2", "--gradient"], "x\n3\n", "x,dvalue_dx\n3,6\n"),
        (["x**2", "--prefix", "q_"], "x,value\n3,7\n", "x,value,q_value,q_dvalue_dx\n3,7,9,6\n"),
        (["x/3", "--digits", "3"], "x\n1\n", "x,value,dvalue_dx\n1,0.333,0.333\n"),
        (["x > 2"], "x\n3\n1\n", "x,value\n3,True\n1,False\n"),
        (["norm([x,y])"], "x,y\n3,4\n", "x,y,value,dvalue_dx,dvalue_dy\n3,4,5,0.6,0.8\n"),
        (["[x,2x]", "--value"], "x\n3\n", "x,value[0],value[1]\n3,3,6\n"),
        (["f(t) = t**2; f(x)"], "x\n3\n", "x,value,dvalue_dx\n3,9,6\n"),
        (["k = 3; y = k*x"], "x\n2\n", "x,y,dy_dx\n2,6,3\n"),
        (["a", "--bind", "a=x coord"], "x coord\n2\n", "x coord,value,dvalue_da\n2,2,1\n"),
        (["a", "--bind", "a=#2"], "x,x\n1,2\n", "x,x,value,dvalue_da\n1,2,2,1\n"),
        (["`x coord`*2", "--value"], "x coord\n2\n", "x coord,value\n2,4\n"),
        (["θ*2", "--value"], "θ\n2\n", "θ,value\n2,4\n"),
        (["x", "--value"], "x,y\r\n1,\"a\nb\"\r\n", 'x,y,value\n1,"a\nb",1\n'),
        (["x", "--value"], "\ufeffx\n1\n", "x,value\n1,1\n"),
        (["x", "--value"], "x\n1", "x,value\n1,1\n"),
        (["x", "--value"], "x,n\n0.10,1e5\n1E5,+007\n", "x,n,value\n0.10,1e5,0.1\n1E5,+007,100000\n"),
        (["x"], "x\n", "x,value,dvalue_dx\n"),
        (["x"], "", ""),
        (["sin(x)*0+x"], "1\n2\n", "1,1,1\n2,2,1\n"),
        (["x+y", "--no-header", "--names", "x,y", "--value"], "1,2\n", "1,2,3\n"),
        (["c1*c2", "--no-header", "--value"], "3,2\n", "3,2,6\n"),
        (["x", "--value", "--tsv"], "x\ty z\n1\ta,b\n", "x\ty z\tvalue\n1\ta,b\t1\n"),
        (["x", "--to", "jsonl"], 'x,s\n1,"a,b"\n', '{"x":1,"s":"a,b","value":1,"dvalue_dx":1}\n'),
        (["x", "--to", "jsonl", "--value"], "x,s\n007,é\n", '{"x":7,"s":"é","value":7}\n'),
        (["x", "--to", "tsv", "--value"], 'x,s\n1,"a,b"\n', "x\ts\tvalue\n1\ta,b\t1\n"),
        (["1/x", "--value"], "x\n-0\n0\n", "x,value\n-0,-inf\n0,inf\n"),
        (["x", "--on-error", "skip", "--value"], "x\n1\nabc\n3,4\n5\n", "x,value\n1,1\n5,5\n"),
        (["where(x>0,x,1)", "--on-error", "nan"], "x\n1\nabc\n", "x,value,dvalue_dx\n1,1,1\nabc,nan,nan\n"),
        (["x", "--na", "NA,", "--value"], "x,y\n1,\n NA,2\n,3\n", "x,y,value\n1,,1\n NA,2,nan\n,3,nan\n"),
        (["x", "--na=-999", "--value"], "x\n1\n-999\n", "x,value\n1,1\n-999,nan\n"),
        (["c1*c2", "--no-header", "--value"], "3;2\n", "3;2;6\n"),
        (["x/y", *COMMA], "x;y\n0,5;2\n,5e1;-4\n", "x;y;value\n0,5;2;0,25\n,5e1;-4;-1,25\n"),
        (["x/y", *COMMA, "--digits", "2"], 'x,y\n"1,0",3\n', 'x,y,value\n"1,0",3,"0,33"\n'),
        (["x", *COMMA, "--to", "jsonl"], "x;s\n0,5;1,a\n", '{"x":0.5,"s":"1,a","value":0.5}\n'),
        (["x", *COMMA], "x\n0,5\n", "x;value\n0,5;0,5\n"),
        (["c1*c2", *COMMA, "--no-header", "--from", "txt"], "0,5 3\n1 1,5\n", "0,5;3;1,5\n1;1,5;1,5\n"),
        (["c1>1", *COMMA, "--no-header"], "0,5;a.b\n1,5;c\n", "0,5;a.b;False\n1,5;c;True\n"),
    ],
)  # fmt: skip
def test_rows_come_out_with_results(run: Run, words: list[str], text: str, expected: str | None) -> None:
    status, out, err = run("map", *words, "t.csv", t__csv=text)
    if expected is None:
        assert (status, out) == (2, "")
    else:
        assert (status, out) == (0, expected), err


@pytest.mark.parametrize(
    ("words", "text", "status", "out", "told"),
    [
        (["x"], "x\n1\nabc\n2\n", 1, "x,value,dvalue_dx\n1,1,1\n", 't.csv:3: column x: not a number: "abc"'),
        (["x"], "x\n1_0\n", 1, "x,value,dvalue_dx\n", 't.csv:2: column x: not a number: "1_0"'),
        (["x"], "x\n5m\n", 1, "x,value,dvalue_dx\n", 'not a number: "5m"'),
        (["x"], 'x\n"1,5"\n', 1, "x,value,dvalue_dx\n", "--decimal-comma reads it as 1.5"),
        (["x"], "x,y\n1,2\n3\n", 1, "x,y,value,dvalue_dx\n1,2,1,1\n", "t.csv:3: 1 cell, and the header"),
        (["x"], "x,y\n1,2,3\n", 1, "x,y,value,dvalue_dx\n", "t.csv:2: 3 cells, and the header has 2"),
        (["z"], "x,y\n1,2\n", 2, "", "there is no column z"),
        (["speed"], "sped,y\n1,2\n", 2, "", "did you mean sped?"),
        (["x_coord"], "x coord,y\n1,2\n", 2, "", "did you mean `x coord`?"),
        (["volt"], "Time [s],Volt (V)\n1,2\n", 2, "", "did you mean `Volt (V)`?"),
        (["x"], "x,x\n1,2\n", 2, "", "there are 2 columns x"),
        (["x"], "x\ty\n1\t2\n", 2, "", "--tsv"),
        (["x+y"], "1,2\n3,4\n", 2, "", "--no-header --names x,y"),
        (["x"], "1,2\n3,4\n", 2, "", "--no-header --names x,c2"),
        (["c2"], "1,2\n3,4\n", 2, "", "without a header: --no-header\n"),
        (["2*if"], "x,if\n1,2\n", 2, "", "did you mean `if`?"),
        (["x"], "x,value\n1,2\n", 2, "", "there is a column value already"),
        (["x", "--wrt", "q"], "x\n1\n", 2, "", "q is not a variable"),
        (["x", "--w", "3"], "x\n1\n", 2, "", "w is neither an option nor a variable"),
        (["x", "--progres"], "x\n1\n", 2, "", "did you mean --progress?"),
        (["x +"], "x\n1\n", 2, "", "has nothing on its right"),
        (["x", "--bind", "x"], "x\n1\n", 2, "", "binds nothing"),
        (["x", "--bind", "x=#7"], "x\n1\n", 2, "", "the columns are #1 to #1"),
        (["log(x)"], "x\n1\n-1\n0\n", 0, "x,value,dvalue_dx\n1,0,1\n-1,nan,-1\n0,-inf,inf\n",
         "2 rows with nan or infinite results, the first at t.csv:3: log(-1) is nan"),
        (["sqrt(x)"], "x\n0\n", 0, "x,value,dvalue_dx\n0,0,inf\n", "the derivative of sqrt(0) is infinite"),
        (["x", "--on-error", "skip"], "x\nabc\n", 0, "x,value,dvalue_dx\n", "1 row left out, the first: t"),
        (["x", "--na", ""], "x,y\n,1\n", 0, "x,y,value,dvalue_dx\n,1,nan,1\n", "1 missing value read as nan"),
        (["e*x"], "e,x\n2,3\n", 0, "e,x,value,dvalue_de,dvalue_dx\n2,3,6,3,2\n", "e is the column here"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told(
    run: Run, words: list[str], text: str, status: int, out: str, told: str
) -> None:
    found = run("map", *words, "t.csv", t__csv=text)
    assert found[:2] == (status, out)
    assert told in found[2]


def test_json_keeps_each_object_as_it_is(run: Run) -> None:
    text = '{"x": 1.50, "v":[1,2], "s":"é"}\n\n{"v":[3,4,5],"x":-0}  \n'
    status, out, _ = run("map", "y = x + sum(v)", "t.jsonl", t__jsonl=text)
    assert status == 0
    assert out == (
        '{"x": 1.50, "v":[1,2], "s":"é","y":4.5,"dy_dx":1,"dy_dv":[1,1]}\n'
        '{"v":[3,4,5],"x":-0,"y":12,"dy_dx":1,"dy_dv":[1,1,1]}\n'
    )
    for line in out.splitlines():
        json.loads(line)
    assert (
        run("map", "log(x)", "--only", "t.jsonl")[1].splitlines()[1] == '{"value":"-inf","dvalue_dx":"-inf"}'
    )
    assert run("map", "x", "t.jsonl", "--to", "csv", "--value")[1] == (
        'x,v,s,value\n1.50,"[1,2]",é,1.5\n-0,"[3,4,5]",,-0\n'
    )


@pytest.mark.parametrize("field", ['"value"', '"\\u0076alue"'])
def test_no_object_gets_a_name_twice(run: Run, field: str) -> None:
    text = '{"x":1,"s":"value\\ud83d"}\n{"x":2,"u":"\\u00e9","big":1e400}\n{"x":3,' + field + ":3}\n"
    status, out, err = run("map", "x", "t.jsonl", t__jsonl=text)
    assert status == 1
    assert [line.rpartition("big")[2] for line in out.splitlines()] == [
        '{"x":1,"s":"value\\ud83d","value":1,"dvalue_dx":1}',
        '":1e400,"value":2,"dvalue_dx":1}',
    ]
    assert "t.jsonl:3: there is a field value already" in err


def test_files_with_one_header_are_one_table(run: Run) -> None:
    words = ("map", "x", "--value", "a.csv", "b.csv.gz")
    assert run(*words, a__csv="x\n1\n", b__csv__gz=gzip.compress(b"x\n2\nq\n"))[:2] == (
        1,
        "x,value\n1,1\n2,2\n",
    )
    status, _, err = run(*words, b__csv__gz=gzip.compress(b"y\n2\n"))
    assert status == 1
    assert "b.csv.gz has other columns than a.csv: y" in err
    assert run("map", "x", "nowhere.csv")[0] == 2
    assert run("map", "x", "b.csv.gz", b__csv__gz=gzip.compress(b"x\n2\n")[:-5])[0] == 1


def test_a_zst_file_that_was_cut_off_is_an_error(run: Run) -> None:
    zstandard = pytest.importorskip("zstandard")
    rows = b"".join(b"%d\n" % (k * k % 99991) for k in range(50_000))
    frames = zstandard.compress(b"x\n" + rows) + zstandard.compress(rows)
    status, out, _ = run("accumulate", "x", "a.csv.zst", a__csv__zst=frames)
    assert (status, "rows = 100000" in out) == (0, True)
    for end in (-1, len(frames) // 3, 100):
        status, _, err = run("accumulate", "x", "a.csv.zst", a__csv__zst=frames[:end])
        assert (status, "has no end" in err) == (1, True)


@pytest.mark.parametrize(
    ("files", "on_error", "expected"),
    [
        ("a b", "skip", "x,y,value\n2,3,5\n5,6,11\n"),
        ("b a", "nan", "x,y,value\n4,,nan\n5,6,11\n1,,nan\n2,3,5\n"),
        ("c a", "skip", "y,x,value\n8,7,15\n3,2,5\n"),
    ],
)
def test_fields_may_come_later_in_every_file(run: Run, files: str, on_error: str, expected: str) -> None:
    texts = {
        "a": '{"x":1}\n{"x":2,"y":3}\n',
        "b": '{"x":4}\n{"y":6,"x":5}\n',
        "c": '{"y":8,"x":7}\n',
    }
    words = ["map", "x + y", "--value", "--from", "jsonl", "--to", "csv", "--on-error", on_error]
    assert run(*words, *files.split(), **texts)[:2] == (0, expected)


def test_files_of_text_may_have_different_formats(run: Run) -> None:
    files = {"a__csv": "x,y\n1,2\n", "b__tsv": "x\ty\n3\t4\n", "c__jsonl": '{"y":6,"x":5}\n'}
    names = ["a.csv", "b.tsv", "c.jsonl"]
    status, out, _ = run("map", "x*y", "--value", *names[:2], **files)
    assert (status, out) == (0, "x,y,value\n1,2,2\n3,4,12\n")
    assert run("map", "x*y", "--value", "c.jsonl", "d.jsonl", d__jsonl='{"x":7,"y":8}\n')[1] == (
        '{"y":6,"x":5,"value":30}\n{"x":7,"y":8,"value":56}\n'
    )
    status, _, err = run("map", "x*y", *names)
    assert status == 1
    assert "c.jsonl has other columns than a.csv" in err
    assert run("map", "x", "e.csv", "a.csv", "--value", e__csv="")[1] == "x,y,value\n1,2,1\n"


def test_many_files_are_closed_again(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[str] = []
    close = FileSource.close

    def noted(self: FileSource) -> None:
        closed.append(self.name)
        close(self)

    monkeypatch.setattr(FileSource, "close", noted)
    run("map", "x", "a.csv", "b.csv", a__csv="x\n1\n", b__csv="x\n2\n")
    assert closed == ["a.csv", "b.csv"]


@pytest.mark.parametrize(
    ("words", "text", "expected"),
    [
        (["3"], '{}\n{"a":1}\n{ }\n', '{"value":3}\n{"a":1,"value":3}\n{"value":3}\n'),
        (
            ["x", "--on-error", "skip", "--value"],
            'garbage\n{"x":1}\n{"y":2}\n{"x":"3"}\n{"x":4}\n',
            '{"x":1,"value":1}\n{"x":4,"value":4}\n',
        ),
        (
            ["dot(v, [1, 1])", "--on-error", "skip", "--value"],
            '{"v":[1,2]}\n{"v":[1,2,3]}\n{"v":[4,5]}\n',
            '{"v":[1,2],"value":3}\n{"v":[4,5],"value":9}\n',
        ),
        (
            ["dot(v, [1, 1])", "--on-error", "nan", "--value"],
            '{"v":[1,2]}\n{"v":[1,2,3]}\n',
            '{"v":[1,2],"value":3}\n{"v":[1,2,3],"value":"nan"}\n',
        ),
        (["x", "--to", "csv", "--value"], '{"x":1}\n{"x":2,"z":5}\n', "x,value\n1,1\n2,2\n"),
        (
            ["x", "--to", "csv", "--value", "--on-error", "skip"],
            '\ufeff\nnope\n[1]\n{"x":2,"s":1}\nno\n{"x":3,"s":4}',
            "x,s,value\n2,1,2\n3,4,3\n",
        ),
        (
            ["2v", "--to", "csv", "--value", "--on-error", "nan"],
            '{"v":[1,2]}\n{"v":"a"}\n{"v":[3,4]}\n',
            'v,value[0],value[1]\n"[1,2]",2,4\na,nan,nan\n"[3,4]",6,8\n',
        ),
        (["a = 2v; b = t > 1", "--to", "csv", "--value"], '{"v":[],"t":2}\n', "v,t,b\n[],2,True\n"),
        (["a = 2v; b = v > 1", "--to", "csv", "--only", "--value"], '{"v":[]}\n', "\n\n"),
        (["x > 1", "--gradient"], '{"x":1}\r\n{"x":2}\r\n', '{"x":1}\n{"x":2}\n'),
    ],
)
def test_objects_that_differ(run: Run, words: list[str], text: str, expected: str) -> None:
    status, out, _ = run("map", *words, "t.jsonl", t__jsonl=text)
    assert (status, out) == (0, expected)


def test_rows_before_one_that_cannot_be_computed_are_written(run: Run) -> None:
    text = '{"v":[1,2]}\n' * 9 + '{"v":[1]}\n' + '{"v":[1,2]}\n'
    status, out, err = run("map", "v[1]", "t.jsonl", "--value", t__jsonl=text)
    assert (status, out.count("\n")) == (1, 9)
    assert "t.jsonl:10: " in err
    status, _, err = run("map", "3", "--to", "csv", "u.jsonl", u__jsonl='{"a":1}\n{"b":2}\n')
    assert status == 0
    assert "1 row with fields that the first has not" in err


def test_functions_come_from_files(run: Run) -> None:
    found = run("map", "--def", "f.grad", "f(x)", "t.csv", f__grad="f(t) = t**3\n", t__csv="x\n2\n")
    assert found[1] == "x,value,dvalue_dx\n2,8,12\n"
    assert run("map", "--def", "f.grad", "f(x)", "t.csv", f__grad="y = 3\n")[0] == 2


def array(data: Any) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, data)
    return buffer.getvalue()


def test_arrays_come_out_as_arrays(run: Run, tmp_path: Path) -> None:
    table = np.random.default_rng(0).normal(size=(50_000, 2))
    done = pipe("map", "sin(x)*y", "--names", "x,y", data=array(table))
    found = np.load(io.BytesIO(done.stdout))
    x, y = table.T
    np.testing.assert_array_equal(found, np.stack([x, y, np.sin(x) * y, np.cos(x) * y, np.sin(x)], 1))
    (tmp_path / "a.npy").write_bytes(array(table))
    with (tmp_path / "b.npy").open("wb") as out:
        subprocess.run(
            [*COMMAND, "map", "sin(c1)*c2", "a.npy"], stdout=out, env=ENVIRONMENT, cwd=tmp_path, check=True
        )
    np.testing.assert_array_equal(np.load(tmp_path / "b.npy"), found)
    rows = np.zeros(3, dtype=[("x", "f4"), ("s", "U3"), ("v", "f8", (2,))])
    rows["s"], rows["x"] = "abc", [1, 2, 3]
    out = np.load(io.BytesIO(pipe("map", "x + sum(v)", data=array(rows)).stdout))
    assert out.dtype.names == ("x", "s", "v", "value", "dvalue_dx", "dvalue_dv")
    np.testing.assert_array_equal(out[["x", "s", "v"]], rows)
    np.testing.assert_array_equal(out["value"], [1, 2, 3])
    csv = pipe("map", "x", "--to", "npy", "--value", data=b"x\n1\n2\n").stdout
    assert np.load(io.BytesIO(csv)).tolist() == [(1, 1), (2, 2)]


@pytest.mark.parametrize("form", ["npy", "csv"])
def test_threads_change_nothing(run: Run, tmp_path: Path, form: str) -> None:
    x = np.random.default_rng(1).normal(size=150_000 if form == "npy" else 20_000)
    text = "c1\n" + "\n".join(map(repr, x.tolist()))
    (tmp_path / f"x.{form}").write_bytes(array(x) if form == "npy" else text.encode())
    words = ("map", "sin(c1)*c1", str(tmp_path / f"x.{form}"))
    found = [pipe(*words, *more) for more in ([], ["--threads", "1"], ["--threads", "3"])]
    assert {(each.returncode, each.stderr) for each in found} == {(0, b"")}
    assert len({each.stdout for each in found}) == 1
    status, _, told = run(*words, "--threads", "0")
    assert (status, "--threads" in told) == (2, True)


@pytest.mark.parametrize(
    ("words", "text", "told"),
    [
        (["x"], "x,z\n1,1_000\n", "t.csv:2: column z holds text"),
        (["x"], "x,,\n1,2,3\n", "a column has no name"),
        (["x < 5", "--only", "--on-error", "nan"], "x\n1\nq\n", "there is none for a bad row"),
    ],
)
def test_arrays_hold_no_text(run: Run, words: list[str], text: str, told: str) -> None:
    status, _, err = run("map", *words, "t.csv", "--to", "npy", t__csv=text)
    assert status == 1
    assert told in err


def table_of(data: bytes, form: str) -> list[list[Any]]:
    """The rows of a table in any format with types."""
    if form in ("npy", "npz"):
        found = np.load(io.BytesIO(data))
        names = list(found.dtype.names if form == "npy" else found)
        return [list(row) for row in zip(*(found[name].tolist() for name in names), strict=True)]
    pyarrow = pytest.importorskip("pyarrow")
    source = io.BytesIO(data)
    if form == "parquet":
        table = pytest.importorskip("pyarrow.parquet").read_table(source)
    else:
        table = pyarrow.ipc.open_stream(source).read_all()
    return [list(row.values()) for row in table.to_pylist()]


@pytest.mark.parametrize("form", ["npy", "npz", "parquet", "arrow"])
def test_columns_keep_their_shape(form: str) -> None:
    data = b'{"v":[1,2]}\n{"v":[7,8]}\n{"v":[7]}\n{"v":[3,4]}\n'
    done = pipe("map", "sum(v)", "--value", "--to", form, data=data)
    assert done.returncode == 1
    assert b"<stdin>:3: the columns have other shapes than in the rows before" in done.stderr
    assert table_of(done.stdout, form) == [[[1, 2], 3], [[7, 8], 15]]
    done = pipe("map", "sum(v)", "--value", "--only", "--to", form, data=data)
    assert table_of(done.stdout, form) == [[3], [15], [7], [7]]


@pytest.mark.parametrize("form", ["npy", "npz"])
def test_rows_before_text_in_a_column_are_written(form: str) -> None:
    data = b"x,s,t\n1,2,3\n4,5,6\n7,8,q\n9,abc,9\n"
    done = pipe("map", "2x", "--value", "--to", form, data=data)
    assert done.returncode == 1
    assert b"<stdin>:4: column t holds text" in done.stderr
    assert table_of(done.stdout, form) == [[1, 2, 3, 2], [4, 5, 6, 8]]


@pytest.mark.parametrize("form", ["parquet", "arrow"])
def test_results_of_bad_rows_are_null(form: str) -> None:
    data = b'{"x":1}\n{"x":"a"}\n'
    words = ["y = x; v = where(x > 0, [1, 2], [3, 4]); t = [x, 2] > 0", "--value", "--only"]
    done = pipe("map", *words, "--on-error", "nan", "--to", form, data=data)
    assert table_of(done.stdout, form) == [[1, [1, 2], [True, True]], [None, [None, None], [None, None]]]


@pytest.mark.parametrize("form", ["jsonl", "npy", "npz", "parquet", "arrow"])
def test_columns_with_one_name_are_kept_in_csv_only(form: str) -> None:
    if form in ("parquet", "arrow"):
        pytest.importorskip("pyarrow")
    words = ["map", "2x", "--value", "--to"]
    done = pipe(*words, form, data=b"a,a,x\n1,2,3\n")
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"two columns are called a" in done.stderr
    assert pipe(*words, form, "--only", data=b"a,a,x\n1,2,3\n").returncode == 0
    assert pipe(*words, "csv", data=b"a,a,x\n1,2,3\n").stdout == b"a,a,x,value\n1,2,3,6\n"


def test_arrays_of_other_types_are_refused(run: Run) -> None:
    files = {"a__npy": array(np.array([1, 2])), "b__npy": array(np.array([1.5, 2.75]))}
    status, _, err = run("map", "x", "--names", "x", "a.npy", "b.npy", "--to", "csv", **files)
    assert status == 1
    assert "b.npy has other types than a.npy" in err
    file = str(Path("b.npy").resolve())
    done = pipe("map", "x", "--names", "x", "--value", file, file)
    assert np.load(io.BytesIO(done.stdout)).shape == (4, 2)


def test_archives_hold_columns(run: Run) -> None:
    buffer = io.BytesIO()
    np.savez(buffer, x=np.arange(4.0), v=np.ones((4, 3)))
    out = np.load(io.BytesIO(pipe("map", "sum(v*x)", data=buffer.getvalue()).stdout))
    assert {name: out[name].shape for name in out} == {
        "x": (4,), "v": (4, 3), "value": (4,), "dvalue_dv": (4, 3), "dvalue_dx": (4,),
    }  # fmt: skip


def test_tables_of_arrow_need_no_pandas(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    (tmp_path / "t.csv").write_text('x,name\n1,a\n2,"b, é"\n3,\n', encoding="utf-8")

    code = (
        "import sys\nfrom gradcli.cli.commands import main\n"
        "status = main(sys.argv[1:])\nprint(status, 'pandas' in sys.modules, file=sys.stderr)"
    )

    def mapped(*words: str) -> bytes:
        command = [sys.executable, "-c", code, "map", *words]
        done = subprocess.run(command, cwd=tmp_path, env=ENVIRONMENT, capture_output=True, check=False)
        assert done.stderr == b"0 False\n"
        return done.stdout

    for form in ("parquet", "arrow"):
        (tmp_path / f"t.{form}").write_bytes(
            mapped("big = x > 1; pair = [x, 2*x]", "t.csv", "--value", "--to", form)
        )
        back = mapped("x**2", f"t.{form}", "--to", "csv", "--prefix", "q").decode().splitlines()
        assert [line.split(",")[0] for line in back] == ["x", "1", "2", "3"]
        assert back[2].startswith('2,"b, é",')


def test_parquet_needs_its_extra_or_works(run: Run) -> None:
    found = pipe("map", "x*2", "--to", "parquet", data=b"x,s\n1,a\n2,b\n")
    if importlib.util.find_spec("pyarrow") is None:
        assert found.returncode == 2
        assert b"gradcli[parquet]" in found.stderr
        return
    again = pipe("map", "value + x", "--prefix", "q_", "--to", "arrow", data=found.stdout)
    text = pipe("map", "x", "--to", "csv", "--prefix", "r_", "--value", data=again.stdout)
    assert text.stdout.startswith(b"x,s,value,dvalue_dx,q_value,")
    assert text.stdout.splitlines()[1] == b"1,a,2,2,3,1,1,1"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], (1, b"value\n2\n4\n", b"row 3: column x: null")),
        (["--on-error", "skip"], (0, b"value\n2\n4\n8\n", b"1 row left out")),
        (["--on-error", "nan"], (0, b"value\n2\n4\nnan\n8\n", b"1 row answered with nan")),
        (["--na", "null"], (0, b"value\n2\n4\nnan\n8\n", b"1 missing value read as nan")),
    ],
)
def test_nulls_are_bad_rows(tmp_path: Path, words: list[str], expected: tuple[int, bytes, bytes]) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    file = tmp_path / "t.parquet"
    parquet.write_table(pytest.importorskip("pyarrow").table({"x": [1.0, 2.0, None, 4.0]}), file)
    done = pipe("map", "2x", str(file), "--to", "csv", "--only", "--value", *words)
    assert (done.returncode, done.stdout) == expected[:2]
    assert expected[2] in done.stderr


@pytest.mark.parametrize("form", ["parquet", "arrow"])
def test_a_column_of_texts_takes_what_is_no_text(form: str) -> None:
    pytest.importorskip("pyarrow")
    data = b'{"x":1,"t":true,"u":[1,2.50]}\n{"x":2,"t":null,"u":"q"}\n{"x":3,"t":5,"u":{"a":1}}\n'
    typed = pipe("map", "2x", "--value", "--to", form, data=data)
    back = pipe("map", "x", "--value", "--prefix", "q_", "--to", "jsonl", data=typed.stdout)
    assert [json.loads(line)["t"] for line in back.stdout.splitlines()] == ["true", None, "5"]
    assert [json.loads(line)["u"] for line in back.stdout.splitlines()] == ["[1,2.50]", "q", '{"a":1}']


# Many rows


def many(rows: int) -> bytes:
    data = np.random.default_rng(5).normal(size=(rows, 2))
    return b"x,y\n" + "".join(f"{x!r},{y!r}\n" for x, y in data.tolist()).encode()


def refused() -> int:
    raise BlockingIOError("too many processes")


def test_a_second_process_changes_nothing(
    run: Run, monkeypatch: pytest.MonkeyPatch, plans_made: Callable[[], int]
) -> None:
    data = many(150_000)
    lines = data.splitlines(keepends=True)
    lines[90_000] = b"nan,1\n"
    lines[100_000] = b'"1",2\n'
    odd = b"".join(lines)
    monkeypatch.setattr(twin, "cores", lambda: 1)
    alone = [run("map", "sin(x**2)*y", "t.csv", t__csv=each) for each in (data, odd)]
    monkeypatch.setattr(twin, "cores", lambda: 2)
    made = plans_made()
    assert run("map", "sin(x**2)*y", "t.csv", t__csv=odd) == alone[1]
    assert plans_made() - made <= 1
    assert run("map", "sin(x**2)*y", "t.csv", t__csv=data) == alone[0]
    monkeypatch.setattr("os.fork", refused)
    assert run("map", "sin(x**2)*y", "t.csv", t__csv=odd) == alone[1]
    lines[140_000] = b"abc,1\n"
    status, out, err = run("map", "x", "t.csv", t__csv=b"".join(lines))
    assert (status, out.count("\n")) == (1, 140_000)
    assert "t.csv:140001" in err


@pytest.mark.parametrize("at_once", [1, 2, 3])
def test_a_second_process_that_is_never_of_use_loses_no_rows(
    run: Run, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    rows = many(200_000).splitlines(keepends=True)
    rows[1::2] = [b"NA" + row[row.index(b",") :] for row in rows[1::2]]
    words = ["map", "sin(x**2)*y", "t.csv", "--na", "NA"]
    monkeypatch.setattr(twin, "cores", lambda: 1)
    alone = run(*words, t__csv=b"".join(rows))
    asked = 0

    def has_answer(_: twin.Twin) -> bool:
        nonlocal asked
        asked += 1
        return asked % (at_once + 1) != 0

    monkeypatch.setattr(twin, "cores", lambda: 2)
    monkeypatch.setattr(twin.Twin, "has_answer", has_answer)
    assert run(*words, t__csv=b"".join(rows)) == alone
    assert asked


def test_all_rows_before_what_cannot_be_read_are_written(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = gzip.compress(many(200_000), 1)
    cut = packed[: len(packed) * 2 // 3]
    monkeypatch.setattr(twin, "cores", lambda: 1)
    status, out, err = alone = run("map", "x*y", "t.csv.gz", t__csv__gz=cut)
    assert (status, out.count("\n") > 100_000) == (1, True)
    assert "cannot read t.csv.gz: " in err
    monkeypatch.setattr(twin, "cores", lambda: 2)
    monkeypatch.setattr(twin.Twin, "has_answer", lambda _: False)
    assert run("map", "x*y", "t.csv.gz", t__csv__gz=cut) == alone


@pytest.mark.parametrize("form", ["parquet", "arrow"])
def test_a_second_process_makes_the_same_columns(tmp_path: Path, form: str) -> None:
    pytest.importorskip("pyarrow")
    rows = many(20_000).splitlines()
    lines = [b"s,%b" % rows[0], *(b"text %d,%b" % (k, row) for k, row in enumerate(rows[1:]))]
    lines[15_000] = b'"a, b",nan,1'
    lines[17_000] = b"c,abc,1"
    (tmp_path / "t.csv").write_bytes(b"\n".join(lines))
    words = ["map", "sin(x**2)*y", str(tmp_path / "t.csv"), "--on-error", "nan", "--to", form]
    found = [pipe(*words, *more) for more in ([], ["--threads", "1"])]
    assert [each.returncode for each in found] == [0, 0]
    assert found[0].stdout == found[1].stdout
    table = table_of(found[0].stdout, form)
    assert len(table) == 20_000
    assert table[14_999][0] == "a, b"
    assert table[16_999][3:] == [None, None, None]


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak from /proc")
def test_memory_does_not_grow_with_the_rows() -> None:
    process = subprocess.Popen(
        [*COMMAND, "map", "sin(x**2)*y"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=ENVIRONMENT
    )
    assert process.stdin is not None
    assert process.stdout is not None
    data = many(100_000)
    rows = data.partition(b"\n")[2]
    peaks = []
    for piece in (data, rows, rows, rows):
        writer = threading.Thread(target=process.stdin.write, args=(piece + b"0,1\n",))
        writer.start()
        while process.stdout.readline() != b"0,1,0,0,0\n":
            pass
        writer.join()
        process.stdin.flush()
        status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
        peaks.append(int(status.partition("VmHWM:")[2].split()[0]) / 1024)
    process.communicate()
    assert process.returncode == 0
    assert max(peaks) < 64
    assert peaks[-1] - peaks[1] < 6  # a block more or less may wait; the rows of a piece are 4 MiB and more


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc for the second process")
def test_the_end_of_the_second_process_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(many(200_000))
    words = [*COMMAND, "map", "sin(x**2)*y", "t.csv"]
    whole = subprocess.run(words, capture_output=True, env=ENVIRONMENT, cwd=tmp_path, check=True).stdout
    with subprocess.Popen(words, stdout=subprocess.PIPE, env=ENVIRONMENT, cwd=tmp_path) as process:
        assert process.stdout is not None
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        found = process.stdout.read(len(whole) // 4)  # it waits for the rest to be read
        for child in children.read_text(encoding="ascii").split():
            os.kill(int(child), signal.SIGKILL)
        found += process.stdout.read()
    assert process.returncode == 0
    assert found == whole


# As every filter


def test_rows_leave_as_soon_as_they_come() -> None:
    process = subprocess.Popen(
        [*COMMAND, "map", "x**2"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=ENVIRONMENT
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(b"x\n3\n")
    process.stdin.flush()
    assert process.stdout.readline() == b"x,value,dvalue_dx\n"
    assert process.stdout.readline() == b"3,9,6\n"
    process.stdin.write(b"4\n5")
    process.stdin.flush()
    assert process.stdout.readline() == b"4,16,8\n"
    rest, _ = process.communicate()
    assert rest == b"5,25,10\n"
    assert process.returncode == 0


def test_a_closed_pipe_ends_it_quietly(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(many(100_000))
    process = subprocess.Popen(
        [*COMMAND, "map", "x**2", str(tmp_path / "t.csv")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=ENVIRONMENT,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(30) == -signal.SIGPIPE
    assert process.stderr.read() == b""
    process.stderr.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interruption_leaves_whole_rows_once(number: signal.Signals) -> None:
    process = subprocess.Popen(
        [*COMMAND, "map", "x**2", "--value"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=ENVIRONMENT,
    )
    assert process.stdin is not None
    process.stdin.write(b"x\n" + b"".join(b"%d\n" % k for k in range(5000)))
    process.stdin.flush()
    assert process.stdout is not None
    wanted = b"x,value\n" + b"".join(b"%d,%d\n" % (k, k * k) for k in range(5000))
    assert process.stdout.read(len(wanted)) == wanted
    process.send_signal(number)
    assert process.communicate() == (b"", b"")
    assert process.returncode == -number


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("form", ["npy", "npz", "parquet", "arrow"])
def test_what_was_terminated_can_be_read(tmp_path: Path, number: signal.Signals, form: str) -> None:
    if form in ("parquet", "arrow"):
        pytest.importorskip("pyarrow")
    target = tmp_path / f"out.{form}"
    with target.open("wb") as out:
        process = subprocess.Popen(
            [*COMMAND, "map", "x**2", "--to", form],
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=subprocess.PIPE,
            env=ENVIRONMENT,
        )
        assert process.stdin is not None
        # More than a pipe and a block can hold: when it is gone, the first rows are done.
        process.stdin.write(b"x\n" + b"".join(b"%d\n" % k for k in range(400_000)))
        process.stdin.flush()
        process.send_signal(number)
        process.communicate()
    assert process.returncode == -number
    done = subprocess.run(
        [*COMMAND, "map", "x", "--value", "--only", "--to", "csv", str(target)],
        capture_output=True,
        env=ENVIRONMENT,
        check=True,
    )
    name, *values = done.stdout.split()
    assert name == b"value"
    assert values == [b"%d" % k for k in range(len(values))]
    assert values


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("form", ["csv", "npy"])
def test_a_full_disk_is_an_error(form: str) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*COMMAND, "map", "x", "--to", form],
            input=b"x\n1\n",
            stdout=full,
            stderr=subprocess.PIPE,
            env=ENVIRONMENT,
            check=False,
        )
    assert done.returncode == 1
    assert b"cannot write the output: no space left on device" in done.stderr


@pytest.mark.parametrize("form", FORMATS)
def test_a_disk_that_fills_is_one_error(form: str, tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    if form in ("parquet", "arrow"):
        pytest.importorskip("pyarrow")
    rows = 300_000  # more than one row group
    source, target = tmp_path / "in.npy", tmp_path / "out"
    np.save(source, np.arange(2.0 * rows).reshape(rows, 2))
    with target.open("wb") as output:
        done = subprocess.run(
            [*COMMAND, "map", "c1*c2", str(source), "--to", form],
            stdout=output,
            stderr=subprocess.PIPE,
            env=ENVIRONMENT,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000)),
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == b"error: cannot write the output: file too large\n"


def test_a_table_of_thousands_of_columns_has_a_longer_header(tmp_path: Path) -> None:
    names = [f"column_{k}" for k in range(5000)]
    done = pipe(
        "map", "2*column_0", "--to", "npy", data=f"{','.join(names)}\n{','.join('1' * 5000)}\n".encode()
    )
    path = tmp_path / "wide.npy"
    path.write_bytes(done.stdout)
    table = np.load(path, max_header_size=1_000_000)
    assert table.dtype.names == (*names, "value", "dvalue_dcolumn_0")
    again = pipe("map", "3*column_1", str(path), "--only", "--value", "--to", "csv", data=b"")
    assert again.stdout == b"value\n3\n"


def test_progress_is_told_on_request() -> None:
    done = pipe("map", "x", "--progress", "--value", data=b"x\n1\n2\n")
    assert done.stdout == b"x,value\n1,1\n2,2\n"
    assert b"2 rows" in done.stderr
    assert pipe("map", "x", "--value", data=b"x\n1\n").stderr == b""


@pytest.mark.parametrize(
    ("wanted", "terminals", "prints", "on"),
    [
        (False, "stderr", True, True),
        (False, "stdout stderr", True, False),  # the rows are seen
        (False, "stdout stderr", False, True),
        (False, "stdout", False, False),
        (True, "", True, True),
        (None, "stderr", False, False),
    ],
)
def test_who_sees_no_rows_sees_how_many_they_are(
    monkeypatch: pytest.MonkeyPatch, wanted: bool | None, terminals: str, prints: bool, on: bool
) -> None:
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(getattr(sys, name), "isatty", lambda name=name: name in terminals)
    assert bool(Progress(wanted, prints=prints).on) is on


def test_progress_tells_what_is_left_where_that_is_known(tmp_path: Path) -> None:
    text, array = tmp_path / "x.csv", tmp_path / "x.npy"
    text.write_bytes(b"x\n" + b"1\n" * 400_000)
    np.save(array, np.ones(400_000))
    for words in (
        ("accumulate", "x", str(text)),
        ("map", "x", str(array), "--to", "npy"),
    ):
        first, *_, last = pipe(*words, "--progress", data=b"").stderr.splitlines()
        assert re.fullmatch(rb"[\d,]+ rows, [\d,]+ a second, \d+ %, [\d:]+( s)? left", first), first
        assert re.fullmatch(rb"400,000 rows, [\d,]+ a second", last), last
    assert b"left" not in pipe("map", "x", "--progress", data=text.read_bytes()).stderr


def test_conventions_that_rows_used_are_told_once() -> None:
    data = b"x\n" + b"".join(b"%d\n" % (k % 7) for k in range(300_000))
    done = pipe("map", "relu(x) + abs(x - 3.5)", data=data)
    assert done.stderr.count(b"note:") == 1
    assert b"note: in some rows: relu has a corner at 0" in done.stderr
    assert not pipe("map", "relu(x) + abs(x)", "--value", data=data).stderr
    assert b"relu has a corner" in pipe("map", "s = grad(relu(x), x)", "--value", data=data).stderr
    told = pipe("accumulate", "w*abs(x) + abs(w)", "--w", "0", data=b"x\n0\n1\n").stderr
    assert told.count(b"abs has a corner") == 1


@pytest.mark.parametrize("form", ["csv", "jsonl", "npy", "parquet", "arrow"])
@pytest.mark.parametrize("count", [1, 3])
def test_how_much_is_done_is_known_of_all_formats(form: str, count: int, tmp_path: Path) -> None:
    pyarrow, parquet = (pytest.importorskip(name) for name in ("pyarrow", "pyarrow.parquet"))
    numbers = np.arange(60_000.0)
    files = [str(tmp_path / f"{k}.{form}") for k in range(count)]
    for file in files:
        if form == "npy":
            np.save(file, np.array(list(zip(numbers, strict=True)), [("x", "f8")]))
        elif form == "csv":
            Path(file).write_text("x\n" + "".join(f"{each}\n" for each in numbers), encoding="utf-8")
        elif form == "jsonl":
            Path(file).write_text("".join(f'{{"x": {each}}}\n' for each in numbers), encoding="utf-8")
        else:
            table = pyarrow.table({"x": numbers})
            if form == "parquet":
                parquet.write_table(table, file)
            else:
                with pyarrow.OSFile(file, "wb") as sink, pyarrow.ipc.new_file(sink, table.schema) as writer:
                    writer.write_table(table, 10_000)
    table = open_table(Order("x", files=tuple(files)).request(), lambda notice: None)
    shares = [share for _ in table.batches() if (share := table.share(0)) is not None]
    assert len(shares) >= count
    assert shares == sorted(shares)
    assert 0 <= shares[0] <= 1.1 / count
    assert 1 - 0.5 / count < shares[-1] <= 1


def test_gradients_that_are_0_by_rounding_are_told_once(run: Run) -> None:
    rows = "x\n" + "0\n" * 5 + "10\n30\n" * 3
    status, out, told = run("map", "exp(-x**2)", "a.csv", **{"a.csv": rows})
    assert (status, out.count("\n")) == (0, 12)
    assert told.count("in some rows: the gradient in x is 0 only by rounding") == 1
    assert run("map", "x**2*exp(x)", "a.csv", **{"a.csv": "x\n0\n0\n"})[2] == ""
    assert run("accumulate", "exp(-a*x**2)", "--a", "2", "a.csv", **{"a.csv": rows})[2] == ""


def test_no_rows_leave_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "none.csv").write_text("")
    (tmp_path / "out.csv").write_text("of before")
    assert main(["map", "x**2", str(tmp_path / "none.csv"), "-o", str(tmp_path / "out.csv")]) == 0
    assert (tmp_path / "out.csv").read_text() == ""
