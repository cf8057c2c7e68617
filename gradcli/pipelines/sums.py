"""Sums over any number of rows that keep their digits, and do not depend on how the rows arrived.

Rows are added pairwise within windows of a fixed size, which are counted from the first row; the sums
of the windows are added exactly and rounded once. So the error grows with the logarithm of a window.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from gradcli.arrays import Array

WINDOW = 8192
"""Rows that are added pairwise."""

_MOST_HELD = 1 << 16


class Sums:
    """The sums of `count` columns."""

    def __init__(self, count: int) -> None:
        self.rows = 0
        self._held: list[list[float]] = [[] for _ in range(count)]
        self._pending: list[Array] = []
        self._waiting = 0

    def add(self, columns: Array) -> None:
        """Adds some rows: an array `(count, rows)`."""
        rows = columns.shape[1]
        self.rows += rows
        if self._waiting:
            head = columns[:, : WINDOW - self._waiting]
            self._pending.append(np.array(head))
            self._waiting += head.shape[1]
            columns = columns[:, head.shape[1] :]
            if self._waiting < WINDOW:
                return
            self._fold()
        whole = columns.shape[1] // WINDOW * WINDOW
        if whole:
            windows = columns[:, :whole].reshape(len(columns), -1, WINDOW)
            with np.errstate(all="ignore"):
                self._hold(windows.sum(axis=2), windows)
        if columns.shape[1] > whole:
            self._pending.append(np.array(columns[:, whole:]))
            self._waiting = columns.shape[1] - whole

    def _fold(self) -> None:
        """The rows that wait, as a window."""
        if self._pending:
            window = np.ascontiguousarray(np.concatenate(self._pending, axis=1))
            self._pending, self._waiting = [], 0
            with np.errstate(all="ignore"):
                self._hold(np.add.reduce(window, axis=1, keepdims=True), window[:, None])

    def _hold(self, sums: Array, windows: Array) -> None:
        """Takes the sums of windows, but the numbers themselves where a sum leaves the doubles."""
        for held, more, numbers in zip(self._held, sums, windows, strict=True):
            beyond = ~np.isfinite(more) & np.isfinite(numbers).all(axis=-1)
            held += more[~beyond].tolist()
            for window in numbers[beyond]:
                held += window.tolist()
            if len(held) > _MOST_HELD:
                total = exact_sum(held)
                held[:] = [total] if math.isfinite(total) or not np.isfinite(held).all() else held

    def totals(self, *, mean: bool = False) -> list[float]:
        """The sums so far, or the means of all rows (nan of none)."""
        self._fold()
        if mean and not self.rows:
            return [math.nan for _ in self._held]
        return [exact_sum(each, self.rows if mean else 1) for each in self._held]


def exact_sum(values: list[float], parts: int = 1) -> float:
    """The correctly rounded sum, over `parts`; nan and the infinities as addition has them."""
    try:
        return math.fsum(values) / parts
    except ValueError:  # inf - inf
        return float(sum(values))
    except OverflowError:  # beyond the doubles on the way
        if not np.isfinite(values).all():
            return float(sum(values))
        whole = sum(map(Fraction, values), Fraction(0)) / parts
    try:
        return float(whole)
    except OverflowError:
        return math.inf if whole > 0 else -math.inf
