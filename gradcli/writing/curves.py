"""Curves as numbers, ready to be drawn: which pieces hang together, and which part of the plane to show.

Knows no library of pictures: `chart.py` draws for a terminal, `figure.py` for a page.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from gradcli.arrays import Array
from gradcli.records import NamedTuple

_WILD = 3.0
"""A curve whose values reach so many times further than nine tenths of them has a pole, or the like."""

_MARGIN = 0.5
_JUMP = 0.02
_TURN = 0.1


class Curve(NamedTuple):
    """One curve: what it is called, its points, and which of them are joined (`pieces`: first and last).

    `family` counts the expressions, and `order` says which derivative it is; both tell it from the others.
    """

    label: str
    xs: Array
    ys: Array
    pieces: tuple[tuple[int, int], ...]
    family: int = 0
    order: int = 0


class Picture(NamedTuple):
    """Curves in a part of the plane, with points from elsewhere and marks: kinks, or what `marked` says.

    `bands` are pairs of curves, below and above one of the others, between which it is uncertain.
    """

    curves: tuple[Curve, ...]
    marks: tuple[tuple[float, float], ...]
    points: tuple[tuple[float, float], ...]
    variable: str
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    marked: str = "kink"
    bands: tuple[tuple[Curve, Curve], ...] = ()

    def colour(self, curve: Curve) -> int:
        """Which colour a curve has, from 0: that of its expression; alone, each derivative its own."""
        return curve.family if any(each.family for each in self.curves) else curve.order


def pieces(xs: Array, ys: Array, slopes: Array, breaks: Array) -> tuple[tuple[int, int], ...]:
    """The stretches in which a curve hangs together, by its values and its slopes.

    It is cut where it has no value, at `breaks`, where it moves further than its slopes on both sides allow,
    as at a jump, and where it moves far against both of them, as at a pole.
    """
    finite = np.isfinite(ys)
    joined = finite[1:] & finite[:-1]
    for each in breaks:
        joined &= ~((xs[:-1] < each) & (each < xs[1:]))
    if len(xs) > 1:
        with np.errstate(all="ignore"):
            low, high = _central(ys[finite]) if finite.any() else (0.0, 0.0)
            scale = (high - low) or 1.0
            step, moved = np.diff(xs), np.diff(ys)
            known = np.where(np.isfinite(slopes), slopes, 0.0)
            steepest = np.maximum(np.abs(known[1:]), np.abs(known[:-1])) * step
            leaps = (np.abs(moved) > 4 * steepest + _JUMP * scale) & np.isfinite(slopes[1:] + slopes[:-1])
            against = (np.sign(known[1:]) == np.sign(known[:-1])) & (moved * known[1:] < 0)
            joined &= ~leaps & ~(against & (np.abs(moved) > _TURN * scale))
    found: list[tuple[int, int]] = []
    start: int | None = None
    for place, whole in enumerate(finite.tolist()):
        if start is None:
            start = place if whole else None
        if start is not None and (place == len(joined) or not joined[place]):
            found.append((start, place))
            start = None
    return tuple(found)


def _central(values: Array) -> tuple[float, float]:
    """Between which numbers nine tenths of some are."""
    low, high = np.quantile(values, (0.05, 0.95))
    return float(low), float(high)


def y_range(
    curves: Iterable[Curve], points: Sequence[tuple[float, float]] = ()
) -> tuple[float, float] | None:
    """The values to show: all, or where a curve has a pole, those that the rest of it reaches.

    The expressions come first: a derivative with a pole is shown as far as they reach. `None` where there is
    no finite value.
    """
    tame: list[tuple[float, float]] = []
    wild: list[tuple[int, float, float]] = []
    for curve in curves:
        values = curve.ys[np.isfinite(curve.ys)]
        if not len(values):
            continue
        low, high = _central(values)
        least, greatest = float(values.min()), float(values.max())
        if greatest - least > _WILD * (high - low):
            wide = _MARGIN * (high - low)
            wild.append((curve.order, max(low - wide, least), min(high + wide, greatest)))
        else:
            tame.append((least, greatest))
    lowest = min((order for order, _, _ in wild), default=0)
    shown = tame + [(low, high) for order, low, high in wild if order == lowest and (order == 0 or not tame)]
    shown += [(y, y) for _, y in points]
    if not shown:
        return None
    low, high = min(low for low, _ in shown), max(high for _, high in shown)
    if low == high:
        return low - (abs(low) or 1.0), high + (abs(high) or 1.0)
    return low, high


def ticks(low: float, high: float, most: int) -> list[float]:
    """Round numbers between two, at most so many (and two where there is room for them)."""
    span = high - low
    if span <= 0 or most < 1 or not math.isfinite(span):
        return []
    power = 10.0 ** math.floor(math.log10(span / most))
    step = next(each * power for each in (1.0, 2.0, 5.0, 10.0, 20.0) if span / (each * power) <= most)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(place * step, 12 - math.floor(math.log10(step))) + 0.0 for place in range(first, last + 1)]
