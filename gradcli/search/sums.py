"""Exact sums over any number of rows, rounded once: the same bits however the rows arrive, or are divided.

Each double is parted into a high and a low piece at a place that a whole window has in common, so that plain
addition makes no error in either (Rump, Ogita and Oishi, Accurate floating-point summation, 2008). What a
window comes to is added up as a whole number of the smallest doubles, which has no end of digits.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Sequence

import numpy as np

from gradcli.arrays import Array
from gradcli.records import NamedTuple

_WINDOW = 1 << 14
"""Numbers that are parted at one place: few enough to stay in the cache, and enough to need few calls."""

_BITS = 10
"""Of so many bits is the count of numbers that are added by plain addition."""

_ONES = np.ones(1 << _BITS)

_FEW = 64
"""So many numbers are held one by one sooner than parted."""

_MOST_HELD = 1 << 12

SMALLEST = 1074
"""Each double is a whole number of 2**-1074."""


class Total(NamedTuple):
    """The exact sums of some rows: how many rows they are, and for each column the finite numbers' sum.

    `units` count 2**-1074. `beyond` are the sums of what is not finite: 0 where all numbers were.
    """

    rows: int
    units: tuple[int, ...]
    beyond: tuple[float, ...]


class Sums:
    """The sums of `count` columns."""

    def __init__(self, count: int) -> None:
        self._held: list[list[float]] = [[] for _ in range(count)]
        self._scratch: Array = np.empty((0, 0))
        self.clear()

    def clear(self) -> None:
        """Makes them the sums of no rows."""
        self.rows = 0
        self._units = [0] * len(self._held)
        self._beyond = [0.0] * len(self._held)
        for held in self._held:
            held.clear()

    def add(self, columns: Sequence[Array], rows: int) -> None:
        """Adds some rows: for each column, an array of as many numbers."""
        self.rows += rows
        for place, column in enumerate(columns):
            for first in range(0, rows, _WINDOW):
                self._add(place, column[first : first + _WINDOW])
                if len(self._held[place]) > _MOST_HELD:
                    self._count(place)

    def merge(self, other: Total) -> None:
        """Adds the rows of other sums."""
        self.rows += other.rows
        self._units = [mine + more for mine, more in zip(self._units, other.units, strict=True)]
        self._beyond = [mine + more for mine, more in zip(self._beyond, other.beyond, strict=True)]

    def total(self) -> Total:
        """The sums so far, exactly."""
        for place in range(len(self._held)):
            self._count(place)
        return Total(self.rows, tuple(self._units), tuple(self._beyond))

    def totals(self, *, mean: bool = False) -> list[float]:
        """The sums so far, or the means of all rows (nan of none), correctly rounded.

        nan and the infinities are as addition has them, and a sum beyond the doubles is infinite.
        """
        total = self.total()
        if mean and not self.rows:
            return [math.nan for _ in self._held]
        parts = self.rows if mean else 1
        pairs = zip(total.units, total.beyond, strict=True)
        return [beyond or _rounded(units, parts) for units, beyond in pairs]

    def _add(self, place: int, numbers: Array) -> None:
        """Adds a window of a column."""
        if not len(self._scratch):
            self._scratch = np.empty((3, _WINDOW))
        held = self._held[place]
        while len(numbers) >= _FEW:
            sizes, high, low = self._scratch[:, : len(numbers)]
            largest = float(np.maximum.reduce(np.absolute(numbers, out=sizes)))
            if not math.isfinite(largest):
                break
            exponent = math.frexp(largest)[1]
            if exponent + _BITS >= sys.float_info.max_exp:
                break
            # What lies below has digits that the low pieces have no room for: it is the next window.
            least = math.ldexp(1.0, exponent + 2 * _BITS - 54)
            places = np.flatnonzero((sizes < least) & (sizes > 0)) if np.minimum.reduce(sizes) < least else ()
            rest = numbers[:0]
            if len(places):
                rest = numbers[places]
                np.copyto(sizes, numbers)
                sizes[places] = 0
                numbers = sizes
            edge = math.ldexp(1.0, exponent + _BITS)
            np.subtract(np.add(numbers, edge, out=high), edge, out=high)
            np.subtract(numbers, high, out=low)
            # Nothing is rounded, so any order is right: a product with ones is the quickest.
            whole = len(numbers) >> _BITS << _BITS
            held += (self._scratch[1:, :whole].reshape(-1, 1 << _BITS) @ _ONES).tolist()
            if whole < len(numbers):
                held += self._scratch[1:, whole : len(numbers)].sum(axis=1).tolist()
            numbers = rest
        if not len(numbers):
            return
        finite = np.isfinite(numbers)
        if not finite.all():
            for each in np.unique(numbers[~finite]).tolist():
                self._beyond[place] += each
            numbers = numbers[finite]
            if len(numbers) >= _FEW:
                self._add(place, numbers)
                return
        held += numbers.tolist()

    def _count(self, place: int) -> None:
        """Makes whole numbers of what is held of a column."""
        held = self._held[place]
        try:
            while (part := math.fsum(held)) != 0:  # the sum is some doubles, each what the last one left
                self._units[place] += _units(part)
                held.append(-part)
        except OverflowError:  # beyond the doubles on the way
            self._units[place] += sum(map(_units, held))
        held.clear()


def total_of(blocks: Iterable[Array]) -> Total:
    """The exact sums of the columns of blocks (rows, columns); no columns where there is none."""
    sums: Sums | None = None
    for each in blocks:
        sums = sums or Sums(each.shape[1])
        sums.add([np.ascontiguousarray(column) for column in each.T], len(each))
    return Total(0, (), ()) if sums is None else sums.total()


def joint(totals: Iterable[Total]) -> Sums:
    """The sums of all rows of which parts have these; a part without rows has no columns."""
    sums: Sums | None = None
    for each in totals:
        if each.units:
            sums = sums or Sums(len(each.units))
            sums.merge(each)
    return sums or Sums(0)


def _units(number: float) -> int:
    """How many 2**-1074 a finite number is."""
    above, below = number.as_integer_ratio()
    return (above << SMALLEST) // below


def _rounded(units: int, parts: int) -> float:
    """A number of 2**-1074 over some parts, correctly rounded."""
    try:
        return units / (parts << SMALLEST)
    except OverflowError:
        return math.inf if units > 0 else -math.inf
