"""Ranges of numbers: `0:3` and `0:2:0.25`, the end included."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.arrays import Array
from gradcli.engine.shapes import check_size
from gradcli.language.tree import Expression, Range
from gradcli.records import NamedTuple
from gradcli.text.errors import InputError
from gradcli.text.source import Mark, Span
from gradcli.text.values import number

if TYPE_CHECKING:
    from fractions import Fraction


_ROUNDING = 2**-53
"""By how much a double that was worked out may be off, relatively."""


class Points(NamedTuple):
    """A range as it was given: its ends, and its step where it has one."""

    start: float
    stop: float
    step: float | None = None

    def __str__(self) -> str:
        return ":".join(number(each) for each in self if each is not None)

    def array(self, points: int) -> Array:
        """Its points in order; `points` of them, evenly spaced, where it has no step.

        Each is the double nearest to the decimal that the texts of start and step give, so that 0:1:0.1 has
        the point 0.3, and not 0.30000000000000004. A step that leads to the end but for its rounding, as in
        0:pi:pi/4, leads there. Raises `InputError` for a range without points.
        """
        for end in (self.start, self.stop, self.step or 0.0):
            if not math.isfinite(end):
                raise InputError(f"a range has finite ends, and {self} has not", hint="as in 0:3 or 0:2:0.25")
        start, stop = _decimal(self.start), _decimal(self.stop)
        if self.step is None:
            step, count = (stop - start) / max(points - 1, 1), points if stop != start else 1
        else:
            step = _decimal(self.step)
            if not step or (stop - start) / step < 0:
                raise InputError(f"the range {self} has no points", hint=_steps(self))
            whole = round((stop - start) / step)
            rounding = _ROUNDING * (abs(start) + abs(stop) + abs(whole * step))
            if whole and abs(stop - start - whole * step) <= rounding:
                step = (stop - start) / whole
            count = math.floor((stop - start) / step) + 1
        check_size((count,))
        return np.array([float(start + step * place) for place in range(count)])


def points_of(given: Range, data: Callable[[Expression], Any], mark: Callable[[Span], Mark]) -> Points:
    """A range that was typed; `data` gives the value of an expression. Raises `InputError`."""
    ends: list[float | None] = []
    for each in (given.start, given.stop, given.step):
        if each is None:
            ends.append(None)
            continue
        found = data(each)
        if np.shape(found):
            raise InputError("the ends and the step of a range are numbers", (mark(each.span),))
        ends.append(float(found))
    start, stop, step = ends
    assert start is not None
    assert stop is not None
    return Points(start, stop, step)


def _decimal(value: float) -> Fraction:
    from fractions import Fraction  # which takes as long to import as all else here

    return Fraction(repr(float(value)))


def _steps(points: Points) -> str:
    step = (points.stop - points.start) / 10
    return (
        f"its step has to lead from {number(points.start)} to {number(points.stop)}, as {number(step)} does"
    )
