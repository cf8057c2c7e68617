"""Pictures of what was found, beside the numbers: curves over one variable, with points and marks on them."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradcli.arrays import Array
from gradcli.records import NamedTuple
from gradcli.text.errors import InputError
from gradcli.text.report import colour_wanted
from gradcli.writing.curves import Curve, Picture, pieces, y_range

SIZE = (80, 24)
"""Columns and lines of a picture where no terminal says how many there are."""

FORMATS = ("png", "svg", "pdf")
"""What a picture can be written as."""

_LARGEST = (160, 50)
_BELOW = 3  # lines that a prompt needs
_POINTS = 801

Line = tuple[str, Callable[[Array], tuple[Array, Array]]]
"""What a curve is called, and its values and slopes at points."""


def in_terminal(picture: Picture, *, coloured: bool = False) -> str:
    """A picture as lines of text, as large as the terminal is."""
    from gradcli.writing.chart import chart

    terminal = sys.stdout.isatty()
    columns, lines = shutil.get_terminal_size(SIZE) if terminal else SIZE
    width, height = min(columns, _LARGEST[0]), min(lines, _LARGEST[1])
    return chart(picture, width, height - _BELOW, coloured=coloured)


def in_colour(text: str, picture: Any) -> str:
    """A text with a picture in it, which is in colour where stdout is a terminal that wants it."""
    if not isinstance(picture, Picture) or not colour_wanted(sys.stdout):
        return text
    return text.replace(in_terminal(picture), in_terminal(picture, coloured=True))


class Contour(NamedTuple):
    """A function of two variables over a grid (a row for each y), with a path: drawn into a file."""

    xs: Array
    ys: Array
    values: Array
    labels: tuple[str, str, str]
    path: tuple[tuple[float, float], ...]


def as_text(picture: Picture | Contour | None) -> list[str]:
    """What stands below an answer in a terminal: nothing, or an empty line and a picture."""
    if picture is None:
        return []
    if isinstance(picture, Contour):
        raise InputError("a contour map is drawn into a file", hint="-o contour.png")
    return ["", in_terminal(picture)]


def as_file(picture: Picture | Contour | None, form: str) -> bytes:
    """A picture as a file of a format; raises `InputError` where none was asked for."""
    from gradcli.writing.figure import contour, figure

    if picture is None:
        raise InputError("no picture was asked for", hint="plot=True asks for one")
    if isinstance(picture, Contour):
        return contour(picture.xs, picture.ys, picture.values, picture.labels, form, picture.path)
    return figure(picture, form)


def sketch(
    lines: Sequence[Line],
    variable: str,
    ends: tuple[float, float],
    points: Sequence[tuple[float, float]] = (),
    marks: Sequence[tuple[float, float]] = (),
    marked: str = "kink",
) -> Picture | None:
    """Curves between two numbers, with points and marks; `None` where nothing is finite."""
    low, high = ends
    if low == high:
        low, high = low - (abs(low) or 1.0), high + (abs(high) or 1.0)
    xs = np.linspace(low, high, _POINTS)
    curves = []
    for family, (label, data) in enumerate(lines):
        ys, slopes = data(xs)
        curves.append(Curve(label, xs, ys, pieces(xs, ys, slopes, np.empty(0)), family))
    heights = y_range(curves, [*points, *marks])
    if heights is None:
        return None
    return Picture(tuple(curves), tuple(marks), tuple(points), variable, (low, high), heights, marked)
