"""What was typed or pasted, cut into what a prompt takes one after another.

An entry that begins with an operator goes on with `ans`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from gradcli.language.layout import first, goes_on_with, scan
from gradcli.language.table import INFIX, PREFIX
from gradcli.text.errors import ParseError
from gradcli.text.source import Mark, Source, Span

if TYPE_CHECKING:
    from gradcli.language.tree import Program, Statement

PROMPT = ">>> "
CONTINUATION = "... "
"""What stands before the first line of an entry, and before the others."""

_CONTINUES_ANS = frozenset(
    sign for sign, (binding, *_) in INFIX.items() if binding > INFIX["COMPARE"][0] and sign not in PREFIX
)
_BARE_BACKWARD = re.compile(r"\s*(backward)\s*(?:[;#].*)?$")
_STARRED = r"\s*\*\s*\w[\w.]*\s*,[^=<>!()\n]*=(?!=)"
"""What gives values to names of which the first takes all that are left: `*a, b = xs`."""
_DECORATED = re.compile(r"\s*@[^\n]*\n(?:\s*(?:@|#)[^\n]*\n)*\s*(?:@|def\b|class\b)")
"""What stands above a function: an `@`, which is no operator there."""
_NO_OPERATOR = re.compile(f"{_DECORATED.pattern}|{_STARRED}")
"""What begins with the sign of an operator that is none there."""
_PROMPT = re.compile(r">>>|In \[\d*\]:")
_PROMPTED = re.compile(r"(?:>>>|\.\.\.:?|In \[\d*\]:)(?: |$)(.*)")
_FENCE = "```"


class Entry:
    """A text as it was typed, and the `source` that is run: with the `ans` that it goes on with put in."""

    def __init__(self, typed: str, *, ans: bool = True, backward: bool = True) -> None:
        self.typed = Source(typed)
        begin = first(typed)
        goes_on = begin.kind in _CONTINUES_ANS and not _NO_OPERATOR.match(typed)
        self.continues = begin if goes_on else None
        """The operator that the text begins with, if that must stand between two values."""
        place = self.continues if ans else None
        bare = _BARE_BACKWARD.match(typed) if backward else None
        self._inserted = Span(0, 0)
        self._onto = Span(0, 0)
        text = typed
        if place is not None:
            self._onto = place.span
            text = self._insert("ans ", self._onto.start)
        elif bare is not None:
            self._onto = Span(*bare.span(1))
            text = self._insert(" ans", self._onto.end)
        self.source = Source(text)

    def _insert(self, text: str, at: int) -> str:
        self._inserted = Span(at, at + len(text))
        return self.typed.text[:at] + text + self.typed.text[at:]

    def typed_marks(self, marks: tuple[Mark, ...]) -> tuple[Mark, ...]:
        """Marks in the source that is run as marks in the text that was typed."""
        return tuple(
            mark._replace(source=self.typed, span=self._typed(mark.span))
            if mark.source is self.source
            else mark
            for mark in marks
        )

    def _typed(self, span: Span) -> Span:
        left, right = self._inserted
        if left <= span.start and span.end <= right and left < right:
            return self._onto
        return Span(*(min(place, max(left, place - (right - left))) for place in span))


def without_prompts(text: str) -> str:
    """What was typed in a transcript: the lines behind its prompts, or between the fences of Markdown."""
    if _FENCE in text:
        text = "\n".join(_between_fences(text.split("\n")))
    if not _PROMPT.match(text.lstrip()):
        return text
    found = (_PROMPTED.match(line.strip(" \t\r")) for line in text.lstrip().split("\n"))
    return "\n".join(match[1] for match in found if match)


def _between_fences(lines: list[str]) -> Iterator[str]:
    inside = not any(line.lstrip().startswith(_FENCE) for line in lines)
    for line in lines:
        if line.lstrip().startswith(_FENCE):
            inside = not inside
        elif inside:
            yield line


def cut(text: str) -> list[str]:
    """What a prompt would have taken one after another: whole statements and commands."""
    if "\n" not in text.strip():
        return [text]
    entries: list[str] = []
    lines: list[str] = []
    for line in text.split("\n"):
        begins = line[:1].strip() and not goes_on_with(scan(line), 0)
        begins = begins and not _DECORATED.match("\n".join([*lines, line]))
        if lines and begins and not _is_open("\n".join(lines)):
            entries.append("\n".join(lines))
            lines = []
        lines.append(line)
    entries.append("\n".join(lines))
    return [entry for entry in entries if entry.strip()]


def aligned(text: str) -> str:
    """A text whose last line, if it goes on with a branch, stands right under the nearest `if` above it.

    A terminal indents the lines of a body, and so an `else:` that follows one is typed too deep.
    """
    *above, line = text.split("\n")
    if not above or not goes_on_with(scan(line), 0):
        return text
    margin = line[: len(line) - len(line.lstrip())]
    for each in reversed(above):
        outer = each[: len(each) - len(each.lstrip())]
        if scan(each)[0].kind in ("IF", "_ELIF") and margin.startswith(outer):
            return "\n".join([*above, outer + line.lstrip()])
    return text


def _is_open(text: str) -> bool:
    """Whether the lines that follow a text must belong to it."""
    from gradcli.language.parser import parse

    try:
        parse(Source(text))
    except ParseError as error:
        return error.incomplete
    return False


def parses(text: str) -> bool:
    """Whether a text is in the language."""
    from gradcli.language.parser import parse

    try:
        parse(Source(text))
    except ParseError:
        return False
    return True


def pieces(program: Program) -> Iterator[tuple[Statement, str]]:
    """The statements of a program, each with its own text (and the comments beside it)."""
    text = program.source.text
    starts = [0, *(statement.span.start for statement in program.statements[1:]), len(text)]
    for place, statement in enumerate(program.statements):
        piece = text[starts[place] : starts[place + 1]].strip("; \t\r\n")
        quiet = getattr(statement, "quiet", False)
        yield statement, piece + ";" if quiet and "#" not in piece else piece
