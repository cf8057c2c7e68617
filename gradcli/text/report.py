"""Errors, warnings and notes as text, with the guilty text underlined: the one voice in which gradcli speaks.

An error must be as quick to show as it was to make, so nothing here imports NumPy.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TextIO

from gradcli.text.errors import GradcliError, Notice
from gradcli.text.excerpt import excerpts, printable
from gradcli.text.source import Mark

_WIDTH = 100  # columns of an error message where nobody knows better
_PLACES = 6  # an error shows this many lines of source; a deep recursion would otherwise show hundreds
_STYLES = {"error": "1;31", "warning": "1;33", "note": "1;36", "hint": "1;32", "place": "1", "margin": "2"}


def error_text(error: GradcliError, *, width: int | None = None, colour: bool = False) -> str:
    """An error as a terminal shows it: what is wrong, the guilty text underlined, what to type instead.

    Lines of source are cut to `width` columns (100 unless told) around what they are shown for; message
    and hint are whole, and broken between words where a `width` is told. No line end follows the last
    line. Control characters never reach the terminal.
    """
    return _report("error", error.message, error.marks, error.hint, width, colour)


def notice_text(notice: Notice, *, width: int | None = None, colour: bool = False) -> str:
    """A warning or a note, laid out as `error_text` lays out an error."""
    return _report(notice.kind, notice.message, notice.marks, notice.hint, width, colour)


def places_text(notice: Notice) -> str:
    """A notice with a line for each of its marks: the file and the line, and what stands there."""
    rows = [(_place(mark).rstrip(":").rpartition(":")[0], _line_at(mark)) for mark in notice.marks]
    width = max((len(place) for place, _ in rows), default=0)
    lines = [f"{notice.kind}: {printable(notice.message)}"]
    return "\n".join([*lines, *(f"  {place:<{width}}  {printable(line)}".rstrip() for place, line in rows)])


def _line_at(mark: Mark) -> str:
    """The line where a mark begins, without its margin."""
    line = mark.source.line_span(mark.span.start)
    return mark.source.text[line.start : line.end].strip()


def _report(
    kind: str, message: str, marks: Sequence[Mark], hint: str | None, width: int | None, colour: bool
) -> str:
    def paint(text: str, style: str) -> str:
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if colour and text.strip() else text

    place = _place(marks[0]) if marks else ""
    margin = len(place) + bool(place) + len(kind) + 2
    told = _broken(printable(message), margin, width)
    lines = [f"{paint(place, 'place')}{' ' if place else ''}{paint(f'{kind}:', kind)} {told}"]
    source = marks[0].source if marks else None
    shown = excerpts(marks, width or _WIDTH)
    for excerpt in shown[:_PLACES]:
        if excerpt.source is not source and (place := _place(excerpt.marks[0])):
            lines.append(paint(place, "place"))
        source = excerpt.source
        lines.append(paint(excerpt.margin, "margin") + excerpt.line())
        for row in excerpt.rows():
            text, column = paint(excerpt.blank_margin, "margin"), 0
            for start, piece in row:
                text += " " * (start - column) + paint(piece.text, kind)
                column = start + piece.width
            lines.append(text)
    if len(shown) > _PLACES:
        lines.append(f"  … and {len(shown) - _PLACES} more")
    if hint:
        lines.append(f"{paint('hint:', 'hint')} {_broken(printable(hint), len('hint: '), width)}")
    return "\n".join(line.rstrip() for line in lines)


@contextmanager
def rendering() -> Iterator[None]:
    """Fills in the whole text of an error on its way out, for Python."""
    try:
        yield
    except GradcliError as error:
        error.rendered = error_text(error)
        raise


def _broken(text: str, margin: int, width: int | None) -> str:
    """Text that begins `margin` columns into a line, on as many lines of `width` columns as it needs."""
    if width is None or margin + len(text) <= width:
        return text
    import textwrap

    return textwrap.fill(
        text,
        width,
        initial_indent=" " * margin,
        subsequent_indent="  ",
        break_long_words=False,
        break_on_hyphens=False,
    ).lstrip()


def _place(mark: Mark) -> str:
    """`file:line:column:`, or nothing for text without a name."""
    if not mark.source.name:
        return ""
    line, column = mark.source.line_column(max(0, min(mark.span.start, len(mark.source.text))))
    return f"{printable(mark.source.name)}:{line}:{column}:"


def colour_wanted(stream: TextIO) -> bool:
    """Whether a stream is a terminal that wants colour."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
