"""Lines of source with places underlined, laid out in the columns of a terminal.

Characters are not columns: a tab is several, `中` is two, a combining accent is none, and an escape
sequence in a pasted formula must not reach the terminal at all. Everything here is counted in columns
once a line has been measured.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from gradcli.records import NamedTuple
from gradcli.text.source import Mark, Source, Span

_TAB = 4
_LEAST = 16  # columns of source that are shown however narrow the terminal is


class Measured(NamedTuple):
    """Text as it may be shown: what each character becomes, and in which column each begins.

    `columns` has one entry more than `cells`, the column where the text ends.
    """

    cells: list[str]
    columns: list[int]

    @property
    def text(self) -> str:
        return "".join(self.cells)

    @property
    def width(self) -> int:
        return self.columns[-1]

    def between(self, left: int, right: int) -> str:
        """Exactly the columns `left <= c < right`; a character cut in half leaves a space."""
        columns = self.columns
        first = bisect_right(columns, left) - 1  # past the accents of the character before
        if columns[first] < left:
            first += 1
        last = bisect_right(columns, right) - 1
        if last < first:
            return " " * (right - left)
        tail = right - columns[last] if last < len(self.cells) else 0
        return " " * (columns[first] - left) + "".join(self.cells[first:last]) + " " * tail


def measure(text: str) -> Measured:
    """What a line of text looks like on a terminal. Nothing in it can move the cursor or hide."""
    if text.isascii() and text.isprintable():
        return Measured(list(text), list(range(len(text) + 1)))
    cells, columns = [], [0]
    for character in text:
        cell, width = _cell(character, columns[-1])
        cells.append(cell)
        columns.append(columns[-1] + width)
    return Measured(cells, columns)


def _cell(character: str, column: int) -> tuple[str, int]:
    """What to print for a character, and its width."""
    if " " <= character <= "~":
        return character, 1
    if character == "\t":
        width = _TAB - column % _TAB
        return " " * width, width
    if character < " ":
        return chr(0x2400 + ord(character)), 1  # ␛ for an escape, ␍ for a carriage return
    if character == "\x7f":
        return "␡", 1
    from unicodedata import category, east_asian_width

    kind = category(character)
    # Controls, invisible marks and those that reorder a line, halves of surrogate pairs, line ends.
    if kind in ("Cc", "Cf", "Cs", "Zl", "Zp"):
        return "�", 1
    if kind in ("Mn", "Me"):
        return character, 0
    return character, 2 if east_asian_width(character) in ("W", "F") else 1


def printable(text: str) -> str:
    """Text on one line that a terminal shows and does not obey."""
    return measure(text).text


class Excerpt:
    """One line of source, or as much of it as fits, and the marks that are shown under it."""

    __slots__ = ("_ends", "_left", "_right", "_room", "blank_margin", "full", "margin", "marks", "source")

    def __init__(self, mark: Mark, full: Measured, number: str, width: int) -> None:
        self.source = mark.source
        self.margin = f"  {number} | " if number else "  "
        self.blank_margin = f"  {' ' * len(number)} | " if number else "  "
        self.marks: list[Mark] = []
        self.full = full
        self._room = max(width - len(self.margin), _LEAST)
        self._ends: list[tuple[int, int]] = []
        self._add(mark, self._columns(mark))

    def _columns(self, mark: Mark) -> tuple[int, int]:
        """The columns to underline: at least one, and none past the end of the line."""
        source, span = mark.source, _clamped(mark)
        line = source.line_span(span.start)
        last = len(self.full.cells)
        start = self.full.columns[min(span.start - line.start, last)]
        return start, max(self.full.columns[min(span.end - line.start, last)], start + 1)

    def _add(self, mark: Mark, ends: tuple[int, int]) -> None:
        self.marks.append(mark)
        self._ends.append(ends)
        first, last = min(self._ends)[0], max(end for _, end in self._ends)
        # A caret may stand just behind the line.
        total = max(self.full.width, last)
        left = first - (self._room - (last - first)) // 2
        if last - first > self._room - 2:  # too long to see whole: show how it begins
            left = first - self._room // 4
        self._left = max(0, min(left, total - self._room))
        self._right = min(total, self._left + self._room)

    def take(self, mark: Mark) -> bool:
        """Show another mark of the same line here too, if both can be seen at once and apart."""
        start, end = self._columns(mark)
        if any(start < other_end and other_start < end for other_start, other_end in self._ends):
            return False
        first = min(start, min(self._ends)[0])
        last = max(end, max(other for _, other in self._ends))
        if max(self.full.width, last) > self._room and last - first > self._room - 2:
            return False
        self._add(mark, (start, end))
        return True

    def line(self) -> str:
        """The line of source, with `…` where it was cut."""
        before, after = self._cuts()
        visible = self.full.between(self._left + before, min(self._right, self.full.width) - after)
        return "…" * before + visible + "…" * after

    def _cuts(self) -> tuple[bool, bool]:
        return self._left > 0, self._right < self.full.width

    def rows(self) -> list[list[tuple[int, Piece]]]:
        """The carets, and the labels: beside a lone underline, else each below its own."""
        before, after = self._cuts()
        carets: list[tuple[int, Piece]] = []
        labels: list[tuple[int, Piece]] = []
        for (start, end), mark in sorted(zip(self._ends, self.marks, strict=True), key=lambda pair: pair[0]):
            start = max(start - self._left, int(before))
            length = max(1, min(end - self._left, self._right - self._left - after) - start)
            carets.append((start, Piece("^" * length, length)))
            if mark.label:
                label = Piece.of(mark.label, self._room)
                labels.append((max(0, min(start, self._room - label.width)), label))
        if len(carets) == 1 and labels:
            start = carets[0][0] + carets[0][1].width + 1
            if start + labels[0][1].width <= self._room:
                return [[*carets, (start, labels[0][1])]]
        rows = [carets]
        below: list[list[tuple[int, Piece]]] = []
        for start, label in labels:
            for row in below:
                if row[-1][0] + row[-1][1].width < start:
                    row.append((start, label))
                    break
            else:
                below.append([(start, label)])
        return rows + below


class Piece(NamedTuple):
    """Text and the columns that it fills."""

    text: str
    width: int

    @classmethod
    def of(cls, text: str, room: int) -> Piece:
        """Text made safe to print, and cut to `room` columns."""
        measured = measure(text)
        if measured.width <= room:
            return cls(measured.text, measured.width)
        return cls(measured.between(0, room - 1) + "…", room)


def excerpts(marks: Sequence[Mark], width: int) -> list[Excerpt]:
    """The lines that `marks` point into, in the order of the marks, in at most `width` columns.

    Marks of one line share an excerpt where they fit and do not overlap. Lines are numbered where
    one cannot tell them apart otherwise.
    """
    marks = [mark for mark in dict.fromkeys(marks) if _line(mark).strip()]
    numbers = {mark: mark.source.line_column(_clamped(mark).start)[0] for mark in marks}
    digits = len(str(max(numbers.values(), default=0)))
    lines_of: dict[Source, set[int]] = {}
    for mark, number in numbers.items():
        lines_of.setdefault(mark.source, set()).add(number)

    shown: list[Excerpt] = []
    on_line: dict[tuple[Source, int], list[Excerpt]] = {}
    for mark, number in numbers.items():
        several = "\n" in mark.source.text.strip()
        numbered = several and (not mark.source.name or len(lines_of[mark.source]) > 1)
        neighbours = on_line.setdefault((mark.source, number), [])
        if not any(excerpt.take(mark) for excerpt in neighbours):
            full = neighbours[0].full if neighbours else measure(_line(mark))
            excerpt = Excerpt(mark, full, f"{number:>{digits}}" if numbered else "", width)
            neighbours.append(excerpt)
            shown.append(excerpt)
    return shown


def _clamped(mark: Mark) -> Span:
    """The span of a mark, within its source."""
    size = len(mark.source.text)
    start = max(0, min(mark.span.start, size))
    return Span(start, max(start, min(mark.span.end, size)))


def _line(mark: Mark) -> str:
    """The line where a mark begins, without its line end."""
    line = mark.source.line_span(_clamped(mark).start)
    return mark.source.text[line.start : line.end].rstrip("\r")
