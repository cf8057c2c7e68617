"""Calls of NumPy that are ready to be made, and the loop that makes them one after the other."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from gradcli.arrays import Array, Shape
from gradcli.engine.graph import Kernel
from gradcli.records import NamedTuple

UFUNC = np.ufunc

ON_NUMBERS: dict[Any, Kernel] = {
    np.add: operator.add,
    np.subtract: operator.sub,
    np.multiply: operator.mul,
    np.divide: operator.truediv,
    np.negative: operator.neg,
}
"""Ufuncs with operators that do the same to two doubles of NumPy's, in a tenth of the time."""

Call = tuple[int, Kernel, Any, int, int]
"""One call, ready to be made: how, the kernel, two registers (or all of them), and that of the result."""

ONE, TWO, ONE_INTO, TWO_INTO, ANY, ANY_INTO = range(6)
"""How a call is made: of one input or two, perhaps into the array that the result's register holds. Of any
number of inputs there is a tuple of registers, and the second register holds the array."""


def execute(calls: Sequence[Call], registers: list[Any]) -> None:
    """Makes calls, one after the other."""
    for how, kernel, first, second, result in calls:
        if how == TWO_INTO:
            kernel(registers[first], registers[second], out=registers[result])
        elif how == TWO:
            registers[result] = kernel(registers[first], registers[second])
        elif how == ONE_INTO:
            kernel(registers[first], out=registers[result])
        elif how == ONE:
            registers[result] = kernel(registers[first])
        elif how == ANY_INTO:
            registers[result] = kernel(*[registers[each] for each in first], out=registers[second])
        else:
            registers[result] = kernel(*[registers[each] for each in first])


class Slot(NamedTuple):
    """A buffer of a plan: its shape (per row, if `batched`), and whether it holds truth values."""

    shape: Shape
    batched: bool
    truth: bool

    def buffer(self, rows: int) -> Array:
        """The memory, for as many rows."""
        shape = (rows, *self.shape) if self.batched else self.shape
        return np.empty(shape, bool if self.truth else np.float64)
