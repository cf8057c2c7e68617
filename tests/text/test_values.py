"""Numbers, values, JSON, carets and suggestions as text."""

from __future__ import annotations

import json
import re
import struct
import subprocess
import sys
from math import inf, nan
from typing import Any
from unicodedata import category, east_asian_width

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcli.text.errors import EvaluationError, GradcliError, InputError, Notice
from gradcli.text.source import Mark, Source, Span
from gradcli.text.suggest import did_you_mean
from gradcli.text.values import error_text, json_text, json_value, notice_text, number, numbers, plain

# Numbers

NUMBERS = [
    (4.0, "4"),
    (0.0, "0"),
    (-0.0, "-0"),
    (-4.5, "-4.5"),
    (0.1, "0.1"),
    (1 / 3, "0.3333333333333333"),
    (100000.0, "100000"),
    (1e15, "1000000000000000"),
    (9007199254740993.0, "9007199254740992"),
    (1e16, "1e16"),
    (1.5e300, "1.5e300"),
    (-1e-5, "-1e-5"),
    (1e-10, "1e-10"),
    (1.25e-7, "1.25e-7"),
    (1e100, "1e100"),
    (0.0001, "0.0001"),
    (5e-324, "5e-324"),
    (nan, "nan"),
    (-nan, "nan"),
    (inf, "inf"),
    (-inf, "-inf"),
    (np.float64(0.1), "0.1"),
    (np.float64("inf"), "inf"),
    (np.int64(3), "3"),
    (7, "7"),
]

ROUNDED = [
    (0.1, 3, "0.1"),
    (1 / 3, 5, "0.33333"),
    (2 / 3, 3, "0.667"),
    (2.0, 5, "2"),
    (1234567.0, 3, "1230000"),
    (-1.99999, 3, "-2"),
    (1.23456e-7, 3, "1.23e-7"),
    (1.23456e20, 2, "1.2e20"),
    (1.7976931348623157e308, 2, "1.8e308"),
    (1 / 3, 17, "0.3333333333333333"),
    (-0.0, 3, "-0"),
    (nan, 3, "nan"),
    (-inf, 1, "-inf"),
    (0.15, 0, "0.1"),
]


@pytest.mark.parametrize(("x", "text"), NUMBERS)
def test_number(x: float, text: str) -> None:
    assert number(x) == text


@pytest.mark.parametrize(("x", "digits", "text"), ROUNDED)
def test_number_to_some_digits(x: float, digits: int, text: str) -> None:
    assert number(x, digits) == text


@given(st.floats(allow_nan=False))
def test_a_number_reads_back_to_the_same_double(x: float) -> None:
    assert struct.pack("d", float(number(x))) == struct.pack("d", x)
    assert len(number(x)) <= len(repr(x))


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(1, 17))
def test_rounding_keeps_so_many_digits(x: float, digits: int) -> None:
    text = number(x, digits)
    assert float(text) == float(f"{x:.{digits - 1}e}")
    mantissa = text.partition("e")[0].lstrip("-").replace(".", "").strip("0")
    assert len(mantissa) <= digits


@given(st.lists(st.floats()), st.none() | st.integers(1, 17))
def test_a_column_is_written_like_its_cells(column: list[float], digits: int | None) -> None:
    expected = [number(x, digits) for x in column]
    assert numbers(column, digits) == expected
    assert numbers(np.array(column), digits) == expected
    assert numbers((np.float64(x) for x in column), digits) == expected


# Values

VALUES = [
    (None, "none"),
    (True, "True"),
    (np.bool_(False), "False"),
    (4.0, "4"),
    (np.array(0.5), "0.5"),
    (np.array(True), "True"),
    (np.array([1.0, 2.5, -3.0]), "[1, 2.5, -3]"),
    (np.array([True, False]), "[True, False]"),
    (np.array([nan, inf, -0.0]), "[nan, inf, -0]"),
    (np.zeros(0), "[]"),
    (np.zeros((2, 0)), "[[],\n []]"),
    (np.zeros((0, 3)), "[]"),
    (np.array([[1.0, 2.0], [3.0, 4.0]]), "[[1, 2],\n [3, 4]]"),
    (np.array([[1.0, 20.0], [-300.0, 0.5]]), "[[   1,  20],\n [-300, 0.5]]"),
    (np.array([[True, False]]), "[[True, False]]"),
    (
        np.array([[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 10.0]]]),
        "[[[1,  2],\n  [3,  4]],\n [[5,  6],\n  [7, 10]]]",
    ),
]


@pytest.mark.parametrize(("value", "text"), VALUES)
def test_plain(value: Any, text: str) -> None:
    assert plain(value) == text


def test_plain_on_one_line() -> None:
    assert plain(np.array([[1.0, 20.0], [3.0, 4.0]]), multiline=False) == "[[1, 20], [3, 4]]"


def test_plain_to_some_digits() -> None:
    assert plain(np.array([[1 / 3, 1.0], [2 / 3, 10.0]]), 2) == "[[0.33,  1],\n [0.67, 10]]"
    assert plain(1 / 3, 2) == "0.33"


@pytest.mark.parametrize("block", [1, 3, 4, 5])
@pytest.mark.parametrize("shape", [(11,), (2, 4), (3, 1), (2, 3, 2), (0, 3), (2, 0)])
def test_an_array_is_the_same_by_blocks(
    block: int, shape: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    array = np.resize([1.0, -2.5, np.nan, 1e20, -0.0, np.inf, 3], shape)
    whole = plain(array), plain(array, multiline=False), json_text(array)  # type: ignore[arg-type]
    assert whole[2] == json_text(json_value(array))
    monkeypatch.setattr("gradcli.text.values._BLOCK", block)
    assert (plain(array), plain(array, multiline=False), json_text(array)) == whole  # type: ignore[arg-type]


def test_plain_is_complete_unless_it_is_told_a_limit() -> None:
    long = np.arange(5000.0)
    assert plain(long).count(",") == 4999
    assert plain(long, limit=5000).count(",") == 4999
    assert plain(long, limit=1000) == "[0, 1, 2, …, 4997, 4998, 4999]  # shape [5000]"
    assert plain(np.arange(20.0).reshape(10, 2), limit=10) == (
        "[[ 0,  1],\n [ 2,  3],\n [ 4,  5],\n …,\n [14, 15],\n [16, 17],\n [18, 19]]  # shape [10, 2]"
    )
    assert plain(np.zeros((2, 9)), limit=10, multiline=False) == (
        "[[0, 0, 0, …, 0, 0, 0], [0, 0, 0, …, 0, 0, 0]]  # shape [2, 9]"
    )
    assert plain(np.zeros((9, 9, 9)), limit=10).count("…") == 6 * 6 + 6 + 1


@given(st.lists(st.tuples(st.floats(), st.floats(), st.floats()), min_size=1), st.booleans())
def test_a_matrix_reads_back(rows: list[tuple[float, ...]], multiline: bool) -> None:
    text = plain(np.array(rows), multiline=multiline)
    back = eval(text, {"nan": nan, "inf": inf})
    np.testing.assert_array_equal(np.array(back, dtype=float), np.array(rows))
    if multiline:
        assert len({len(line.removesuffix(",").rstrip("]")) for line in text.splitlines()}) == 1


# JSON

JSON = [
    (4.0, "4"),
    (0.5, "0.5"),
    (-0.0, "-0.0"),
    (1e16, "1e16"),
    (1e-5, "1e-5"),
    (nan, '"nan"'),
    (-inf, '"-inf"'),
    (True, "true"),
    (None, "null"),
    (np.array([1.0, nan, -0.0]), '[1, "nan", -0.0]'),
    (np.array([[1.0], [inf]]), '[[1], ["inf"]]'),
    (np.array([True, False]), "[true, false]"),
    (np.array(2.0), "2"),
    (np.float64(0.1), "0.1"),
]


@pytest.mark.parametrize(("value", "text"), JSON)
def test_json(value: Any, text: str) -> None:
    assert json_text(json_value(value)) == text


def test_json_objects() -> None:
    written = json_text({"value": 1 / 3, "größe π": [1.0, 2], "text": 'a"\n\x1b\\ü', "n": 10**20}, digits=3)
    assert written == (
        '{"value": 0.333, "größe π": [1, 2], "text": "a\\"\\n\\u001b\\\\ü", "n": 100000000000000000000}'
    )
    assert "\n" not in written
    assert json_text({"bad": "\udcff"}) == '{"bad": "\\udcff"}'
    assert json_text([nan]) == '["nan"]'


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text()
        | st.integers(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_json_reads_back(obj: Any) -> None:
    assert json.loads(json_text(obj)) == obj


# Errors: `«»` holds what is marked, in order; a label may follow as `«text|label»`


def marked(text: str, name: str = "") -> tuple[Mark, ...]:
    """The marks that are drawn into a text."""
    bare, spans, labels, start = "", [], [], 0
    label: str | None = None
    for character in text:
        if character == "«":
            start, label = len(bare), None
        elif character == "»":
            spans.append(Span(start, len(bare)))
            labels.append(label or "")
            label = None
        elif character == "|":
            label = ""
        elif label is not None:
            label += character
        else:
            bare += character
    source = Source(bare, name)
    return tuple(Mark(source, *both) for both in zip(spans, labels, strict=True))


LAYOUTS = [
    ("one", "sin(«foo») + 1", "", "error: wrong\n  sin(foo) + 1\n      ^^^"),
    ("named", "x = 1\ny = «foo»", "f.grad", "f.grad:2:5: error: wrong\n  y = foo\n      ^^^"),
    ("labels", "«a|[3]» + «b|[4]»", "", "error: wrong\n  a + b\n  ^   ^\n  [3] [4]"),
    ("staggered", "«a|[3, 4]» + «b|[4]»", "", "error: wrong\n  a + b\n  ^   ^\n  [3, 4]\n      [4]"),
    ("order", "«b|[4]» + «a|[3]»", "", "error: wrong\n  b + a\n  ^   ^\n  [4] [3]"),
    ("beside", "1 + «f(2)|called here»", "", "error: wrong\n  1 + f(2)\n      ^^^^ called here"),
    ("at the end", "sin(«»", "", "error: wrong\n  sin(\n      ^"),
    ("inside", "2 «»3", "", "error: wrong\n  2 3\n    ^"),
    ("several lines", "«f(1,\n  2)» + 1", "f", "f:1:1: error: wrong\n  f(1,\n  ^^^^"),
    ("numbered", "x = 1\n«y»", "", "error: wrong\n  2 | y\n    | ^"),
    ("final line end", "«y»\n", "", "error: wrong\n  y\n  ^"),
    (
        "two lines",
        "\n" * 8 + "«a|[3]» +\n  «b|[4]»",
        "f",
        "f:9:1: error: wrong\n   9 | a +\n     | ^ [3]\n  10 |   b\n     |   ^ [4]",
    ),
    ("tab", "\ta\t«b»", "", "error: wrong\n      a   b\n          ^"),
    ("wide", "中 + «文字» + a", "", "error: wrong\n  中 + 文字 + a\n       ^^^^"),
    ("combining", "x\u0301 + «y\u0302z»", "", "error: wrong\n  x\u0301 + y\u0302z\n      ^^"),
    ("only combining", "x«\u0301»", "", "error: wrong\n  x\u0301\n   ^"),
    ("escape", "\x1b[31m«x»", "", "error: wrong\n  ␛[31mx\n       ^"),
    ("delete, control, reordering", "\x7f\x9b\u202e«x»", "", "error: wrong\n  ␡��x\n     ^"),
    ("carriage return", "«x»\r\ny", "f", "f:1:1: error: wrong\n  x\n  ^"),
    ("nothing to show", "«»", "", "error: wrong"),
    ("label with an escape", "«x|a\x1bb»", "", "error: wrong\n  x\n  ^ a␛b"),
]


@pytest.mark.parametrize(
    ("drawn", "name", "text"), [case[1:] for case in LAYOUTS], ids=[c[0] for c in LAYOUTS]
)
def test_layout(drawn: str, name: str, text: str) -> None:
    assert error_text(GradcliError("wrong", marked(drawn, name))) == text


def test_overlapping_marks_show_the_line_again() -> None:
    source = Source("a + b")
    error = GradcliError("wrong", (Mark(source, Span(4, 5), "[4]"), Mark(source, Span(0, 5), "sum")))
    assert error_text(error) == "error: wrong\n  a + b\n      ^ [4]\n  a + b\n  ^^^^^ sum"


def test_message_hint_and_nothing_else() -> None:
    assert error_text(InputError("no such file 'a'")) == "error: no such file 'a'"
    assert error_text(InputError("x\x1b[2J\ny", hint="a\x07b")) == "error: x␛[2J␊y\nhint: a␇b"


def test_hint_comes_last() -> None:
    error = InputError("unknown name 'foo'", marked("sin(«foo») + 1"), "did you mean 'fo'?")
    assert error_text(error).splitlines()[-1] == "hint: did you mean 'fo'?"


@pytest.mark.parametrize("kind", ["warning", "note"])
def test_notices(kind: Any) -> None:
    notice = Notice(kind, "the result is nan", marked("1 + «log(-1)»"), "use abs")
    assert notice_text(notice) == f"{kind}: the result is nan\n  1 + log(-1)\n      ^^^^^^^\nhint: use abs"


def test_marks_in_several_sources() -> None:
    (guilty,) = marked("f(x) = «log(x)»", "lib.grad")
    (caller,) = marked("# main\n2*«f(-1)|called here»", "main.grad")
    (typed,) = marked("1 + «g(2)|called here»")
    assert error_text(EvaluationError("wrong", (guilty, caller, typed))) == (
        "lib.grad:1:8: error: wrong\n  f(x) = log(x)\n         ^^^^^^\n"
        "main.grad:2:3:\n  2*f(-1)\n    ^^^^^ called here\n"
        "  1 + g(2)\n      ^^^^ called here"
    )


def test_repeated_marks_are_shown_once_and_many_are_cut() -> None:
    (mark,) = marked("f(x) = «f(x)|called here»")
    assert error_text(GradcliError("too deep", (mark,) * 1000)).count("called here") == 1
    source = Source("\n".join("f(x)" for _ in range(50)))
    text = error_text(
        GradcliError("too deep", tuple(Mark(source, Span(5 * i, 5 * i + 1)) for i in range(50)))
    )
    assert text.count("f(x)") == 6
    assert text.endswith("\n  … and 44 more")


def test_long_lines_are_windowed() -> None:
    source = Source("x+" * 5000 + "foo" + "+y" * 5000)
    error = GradcliError("wrong", (Mark(source, Span(10000, 10003)),))
    _, line, carets = error_text(error, width=60).splitlines()
    assert len(line) == 60
    assert line[2] == line[-1] == "…"
    assert line[carets.index("^") : len(carets)] == "foo"
    assert len(error_text(error).splitlines()[1]) == 100


def test_marks_that_are_far_apart_are_each_shown() -> None:
    source = Source("a" * 3 + " + 1" * 4000 + " + bb")
    end = len(source.text)
    marks = (Mark(source, Span(0, 3), "[3]"), Mark(source, Span(end - 2, end), "[4]"))
    _, first, carets, again, more_carets, label = error_text(GradcliError("wrong", marks)).splitlines()
    assert first.startswith("  aaa + 1")
    assert first.endswith("…")
    assert carets == "  ^^^ [3]"
    assert again.startswith("  …")
    assert again.endswith("+ bb")
    # There is no room beside the last carets, so their label goes below and a little to the left.
    assert more_carets == " " * 98 + "^^"
    assert label == " " * 97 + "[4]"


def test_a_long_span_shows_how_it_begins() -> None:
    source = Source("z" * 500 + "(" + "x" * 5000)
    line, carets = error_text(GradcliError("wrong", (Mark(source, Span(500, 5501)),)), width=80).splitlines()[
        1:
    ]
    assert line[carets.index("^")] == "("
    assert len(carets) == len(line) - 1 == 79


def test_colour_only_when_asked() -> None:
    error = InputError("wrong", marked("«a|[3]» + «b|[4]»", "f"), "right")
    plain_text, coloured = error_text(error), error_text(error, colour=True)
    assert "\x1b" not in plain_text
    assert coloured.startswith("\x1b[1mf:1:1:\x1b[0m \x1b[1;31merror:\x1b[0m wrong\n")
    assert "\x1b[1;31m[4]\x1b[0m" in coloured
    assert "\x1b[1;32mhint:\x1b[0m right" in coloured
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == plain_text


def columns(text: str) -> int:
    """An independent count of the columns that text fills, for text without tabs."""
    return sum(0 if category(c) in ("Mn", "Me") else 2 if east_asian_width(c) in "WF" else 1 for c in text)


TEXTS = st.text() | st.text(alphabet="ab +(\t中é\u0301\n\x1b", max_size=400)
MARKS = st.lists(st.tuples(st.integers(-2, 420), st.integers(-2, 60), st.text(max_size=60)), max_size=5)


@given(TEXTS, MARKS, st.integers(30, 120), st.sampled_from(["", "f.grad"]))
def test_any_error_stays_within_the_width(
    text: str, places: list[tuple[int, int, str]], width: int, name: str
) -> None:
    source = Source(text, name)
    marks = tuple(Mark(source, Span(start, start + length), label) for start, length, label in places)
    for line in error_text(GradcliError("wrong", marks), width=width).split("\n"):
        assert columns(line) <= width
        assert not any(category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") for c in line)
    error_text(GradcliError(text, marks, text), width=width, colour=True)


@given(
    st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=400),
    st.data(),
    st.integers(30, 120),
)
def test_carets_stand_under_the_guilty_text(text: str, data: st.DataObject, width: int) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    error = GradcliError("wrong", (Mark(Source(text), Span(start, end)),))
    _, line, carets = error_text(error, width=width).split("\n")
    under = line[carets.index("^") : len(carets)]
    assert set(carets[2:]) <= {" ", "^"}
    assert text[start:end].startswith(under)
    assert len(under) == end - start or line.endswith("…")


@given(st.lists(st.sampled_from(["a", "中", "x\u0301", "\x00", "ﬀ"]), max_size=60), st.data())
def test_carets_are_as_wide_as_what_they_mark(parts: list[str], data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(parts)))
    end = data.draw(st.integers(start, len(parts)))
    before, guilty = "".join(parts[:start]), "".join(parts[start:end])
    error = GradcliError("wrong", (Mark(Source(before + guilty), Span(len(before), len(before + guilty))),))
    if parts[:end]:
        carets = error_text(error, width=400).split("\n")[2]
        assert carets == " " * (2 + columns(before)) + "^" * max(1, columns(guilty))


# Suggestions

NAMES = [
    "sin",
    "sinh",
    "asin",
    "cos",
    "log",
    "log1p",
    "logsumexp",
    "softplus",
    "sum",
    "x",
    "Y",
    "alpha",
    "beta",
]

SUGGESTIONS = [
    ("sni", "sin"),
    ("sine", "sin"),
    ("snh", "sinh"),
    ("lgo", "log"),
    ("logsumep", "logsumexp"),
    ("softpuls", "softplus"),
    ("aplha", "alpha"),
    ("SIN", "sin"),
    ("Beta", "beta"),
    ("X", "x"),
    ("y", "Y"),
    ("sxx", None),
    ("z", None),
    ("xx", None),
    ("ab", None),
    ("quux", None),
    ("alhpabet", None),
    ("", None),
    ("q" * 20000, None),
]


@pytest.mark.parametrize(("word", "expected"), SUGGESTIONS, ids=[case[0][:20] for case in SUGGESTIONS])
def test_suggestions(word: str, expected: str | None) -> None:
    assert did_you_mean(word, NAMES) == expected
    assert did_you_mean(word, reversed(NAMES)) == expected


def test_a_word_is_never_suggested_for_itself() -> None:
    assert did_you_mean("sin", ["sin", "cos"]) is None
    assert did_you_mean("foo", ["foo", "fo"]) == "fo"


def test_case_decides_between_equals() -> None:
    assert did_you_mean("Alhpa", ["alpha", "ALPHA", "Alpha"]) == "Alpha"
    assert did_you_mean("alhpa", ["alpha", "ALPHA", "Alpha"]) == "alpha"


def test_ties_go_to_the_longest_common_beginning_then_the_alphabet() -> None:
    assert did_you_mean("cat", ["bat", "car", "cab", "hat"]) == "cab"


# Start-up


def test_an_error_is_rendered_without_numpy_or_json() -> None:
    program = (
        "import sys\n"
        "from gradcli.text.values import *; from gradcli.text.errors import *\n"
        "from gradcli.text.source import *\n"
        "error_text(InputError('x', (Mark(Source('a\\x1bé'), Span(0, 1)),), 'y')); number(0.5)\n"
        "assert not {'numpy', 'json', 'difflib'} & set(sys.modules), sorted(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
