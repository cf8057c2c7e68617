"""Curves in a terminal: the only door to plotille, which is imported when something is first drawn."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

from gradcli.text.errors import InputError
from gradcli.text.excerpt import measure, printable
from gradcli.text.values import number
from gradcli.writing.curves import Curve, Picture, ticks

COLOURS = ("bright_blue", "yellow", "green", "magenta", "cyan", "red")
"""What tells expressions apart where there is colour."""

DASHES: tuple[tuple[str, float, float], ...] = (
    ("━━━", 1, 0),
    ("╍╍╍", 5, 3),
    ("┈┈┈", 1, 3),
    ("━ ━", 9, 5),
    ("┄┄┄", 2, 2),
)
"""How lines are told apart without: a sample of each, and how many dots are drawn, and how many left out."""

EDGE = ("╌╌╌", 1, 5)
"""The same for the edges of a band."""

_MARK, _POINT = "◆", "×"
_LEAST = (30, 8)
_EMPTY = "⠀"
_CELL = re.compile("(?:\x1b\\[[\\d;]*m)?(.)((?:\x1b\\[[\\d;]*m)?)")


def chart(picture: Picture, width: int, height: int, *, coloured: bool) -> str:
    """A picture of so many columns and lines, with a legend, axes and numbers on them."""
    plotille: Any = _library()
    (left, right), (low, high) = picture.x_range, picture.y_range
    rows = max(height - 3, _LEAST[1])
    heights = ticks(low, high, rows // 3)
    marks = {_cell(each, low, high, rows, 4): number(each, 6) for each in heights}
    margin = max(map(len, marks.values()), default=0)
    columns = max(width - margin - 2, _LEAST[0])
    wide, tall = 2 * columns, 4 * rows
    canvas = plotille.Canvas(columns, rows, 0.0, 0.0, wide / (wide - 1), tall / (tall - 1))
    edges = [edge for band in picture.bands for edge in band]
    for curve in (*edges, *sorted(picture.curves, key=lambda each: -each.order)):
        for x, y in _dots(curve, picture, wide, tall):
            canvas.point(x, y, color=_colour(curve, picture) if coloured else None)
    for glyph, places in ((_POINT, picture.points), (_MARK, picture.marks)):
        for x, y in places:
            if left <= x <= right and low <= y <= high:
                across, up = _share(x, left, right), _share(y, low, high)
                canvas.text(across, up, glyph, color="white" if coloured else None)
    drawn = canvas.plot().split("\n")
    zero_row = _cell(0.0, low, high, rows, 4) if low < 0 < high else None
    zero_column = _cell(0.0, left, right, columns, 2) if left < 0 < right else None
    lines = [_legend(picture, coloured, width)]
    for place, line in enumerate(drawn):
        row = rows - 1 - place
        label = marks.get(row, "").rjust(margin)
        axis = "┤" if row in marks else "│"
        lines.append(f"{label} {axis}{_with_zero(line, row == zero_row, zero_column)}".rstrip())
    lines += _x_axis(picture, margin, columns)
    return "\n".join(lines)


def _library() -> Any:
    try:
        import plotille
    except ImportError:
        raise InputError(
            "drawing in a terminal needs plotille, which is not there", hint="pip install plotille"
        ) from None
    return plotille


def _share(value: Any, low: float, high: float) -> Any:
    """Where numbers are between two, from 0 to 1. The halves of doubles differ by a double."""
    return (value / 2 - low / 2) / (high / 2 - low / 2)


def _cell(value: float, low: float, high: float, cells: int, dots: int) -> int:
    """The cell that a value falls into, counted from the lower end."""
    dot: int = round(_share(value, low, high) * (cells * dots - 1))
    return dot // dots


def _colour(curve: Curve, picture: Picture) -> str:
    return COLOURS[picture.colour(curve) % len(COLOURS)]


def _place(curve: Curve, picture: Picture) -> int | None:
    return next((place for place, each in enumerate(picture.curves) if each is curve), None)


def _dash(curve: Curve, picture: Picture) -> tuple[str, float, float]:
    """The line of a curve: by its place among all, as colours may be missing; edges of bands have theirs."""
    place = _place(curve, picture)
    return EDGE if place is None else DASHES[place % len(DASHES)]


def _dots(curve: Curve, picture: Picture, wide: int, tall: int) -> Iterator[tuple[float, float]]:
    """The dots of a curve, one for each step along it that is as long as a dot, as shares of both ranges."""
    _, on, off = _dash(curve, picture)
    across, up = _share(curve.xs, *picture.x_range), _share(curve.ys, *picture.y_range)
    along = 0.0
    for first, last in curve.pieces:
        xs, ys = across[first : last + 1].tolist(), up[first : last + 1].tolist()
        if first == last:
            xs, ys = xs * 2, ys * 2
        for x0, y0, x1, y1 in zip(xs, ys, xs[1:], ys[1:], strict=False):
            ends = _clipped(y0, y1)
            if ends is None:
                continue
            a, b = ends
            columns, rows = (x1 - x0) * (b - a) * wide, (y1 - y0) * (b - a) * tall
            steps = max(math.ceil(abs(columns)), math.ceil(abs(rows)), 1)
            length = math.hypot(columns, rows) / steps
            for place in range(steps):
                at = a + (b - a) * place / steps
                drawn = along % (on + off) < on
                along += length
                if drawn:
                    yield x0 + (x1 - x0) * at, min(max(y0 + (y1 - y0) * at, 0.0), 1.0)


def _clipped(y0: float, y1: float) -> tuple[float, float] | None:
    """The part (as shares of it) of a stroke that is between 0 and 1; `None` where none of it is."""
    if max(y0, y1) < 0 or min(y0, y1) > 1:
        return None
    if y0 == y1:
        return 0.0, 1.0
    at = sorted((-y0 / (y1 - y0), (1 - y0) / (y1 - y0)))
    return max(at[0], 0.0), min(at[1], 1.0)


def _with_zero(line: str, is_zero: bool, column: int | None) -> str:
    """A line of the canvas, with the axes through 0 where it is empty."""
    cells = []
    for place, match in enumerate(_CELL.finditer(line)):
        if match[1] != _EMPTY:
            cells.append(match[0])
        elif is_zero:
            cells.append("┼" if place == column else "┄")
        else:
            cells.append("┆" if place == column else " ")
    return "".join(cells)


def _legend(picture: Picture, coloured: bool, width: int) -> str:
    parts: list[str] = []
    used = 0
    for curve in picture.curves:
        sample = _dash(curve, picture)[0]
        label = printable(curve.label)
        used += measure(f"{sample} {label}   ").width
        if parts and used > width:
            parts.append("…")
            break
        parts.append(f"{_painted(sample, _colour(curve, picture)) if coloured else sample} {label}")
    for below in {below.label: below for below, _ in picture.bands}.values():
        sample = _painted(EDGE[0], _colour(below, picture)) if coloured else EDGE[0]
        parts.append(f"{sample} {printable(below.label)}")
    parts += [f"{_MARK} {picture.marked}"] * bool(picture.marks) + [f"{_POINT} data"] * bool(picture.points)
    return "   ".join(parts)


def _painted(text: str, colour: str) -> str:
    plotille: Any = _library()
    return str(plotille.color(text, fg=colour))


def _x_axis(picture: Picture, margin: int, columns: int) -> list[str]:
    """The axis below, with numbers where there is room for them."""
    left, right = picture.x_range
    values = ticks(left, right, max(columns // 10, 1))
    places = {_cell(each, left, right, columns, 2): number(each, 6) for each in values}
    axis = "".join("┬" if place in places else "─" for place in range(columns))
    labels = [" "] * (margin + 2 + columns)
    free = 0
    for place, text in places.items():
        start = max(margin + 2 + place - len(text) // 2, free)
        if start + len(text) <= len(labels):
            labels[start : start + len(text)] = text
            free = start + len(text) + 1
    name = printable(picture.variable)
    if free + len(name) <= len(labels):
        labels[-len(name) :] = name
    return [f"{' ' * margin} └{axis}", "".join(labels).rstrip()]
