"""Errors and notices as text: carets, hints, widths, colours."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any
from unicodedata import category, east_asian_width

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcli.text.errors import EvaluationError, GradcliError, InputError, Notice
from gradcli.text.report import error_text, notice_text
from gradcli.text.source import Mark, Source, Span

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


def test_an_error_is_rendered_without_numpy_or_json() -> None:
    program = (
        "import sys\n"
        "from gradcli.text.report import *; from gradcli.text.values import *\n"
        "from gradcli.text.errors import *\n"
        "from gradcli.text.source import *\n"
        "error_text(InputError('x', (Mark(Source('a\\x1bé'), Span(0, 1)),), 'y')); number(0.5)\n"
        "assert not {'numpy', 'json', 'difflib'} & set(sys.modules), sorted(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
