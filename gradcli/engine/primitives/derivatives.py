"""Numbers with their derivatives, by which a recurrence gives those in all that it is made of.

What is computed with such numbers by the rules of arithmetic has the derivatives of the result (Griewank and
Walther, Evaluating Derivatives, 2nd edition, chapter 13): here those of one order, and all that it needs.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np

from gradcli.arrays import Array

Order: TypeAlias = tuple[int, ...]
"""How often is differentiated in each variable."""


class Derivatives:
    """A value and its derivatives, up to an order in each variable; orders that are missing are 0."""

    __slots__ = ("most", "of")

    def __init__(self, of: Mapping[Order, Any], most: Order) -> None:
        self.of = of
        self.most = most

    @classmethod
    def variable(cls, value: Array, place: int, most: Order) -> Derivatives:
        """The variable of this place."""
        none = (0,) * len(most)
        of: dict[Order, Any] = {none: value}
        if most[place]:
            of[(*none[:place], 1, *none[place + 1 :])] = np.ones_like(value)
        return cls(of, most)

    def _constant(self, other: Any) -> Derivatives:
        return (
            other
            if isinstance(other, Derivatives)
            else Derivatives({(0,) * len(self.most): other}, self.most)
        )

    def __add__(self, other: Any) -> Derivatives:
        more = self._constant(other).of
        orders = dict.fromkeys((*self.of, *more))
        return Derivatives({each: self.of.get(each, 0.0) + more.get(each, 0.0) for each in orders}, self.most)

    def __mul__(self, other: Any) -> Derivatives:
        if not isinstance(other, Derivatives):
            return Derivatives({order: each * other for order, each in self.of.items()}, self.most)
        found: dict[Order, Any] = {}
        for (left, one), (right, two) in itertools.product(self.of.items(), other.of.items()):
            order = tuple(i + j for i, j in zip(left, right, strict=True))
            if all(i <= most for i, most in zip(order, self.most, strict=True)):
                ways = math.prod(math.comb(i, j) for i, j in zip(order, left, strict=True))
                found[order] = found.get(order, 0.0) + ways * one * two
        return Derivatives(found, self.most)

    def __truediv__(self, other: Any) -> Derivatives:
        """By the product rule: what the quotient times the divisor is, solved for the highest order."""
        below = self._constant(other).of
        none = (0,) * len(self.most)
        found: dict[Order, Any] = {}
        for order in itertools.product(*(range(most + 1) for most in self.most)):
            rest = self.of.get(order, 0.0)
            for lower, each in found.items():
                step = tuple(i - j for i, j in zip(order, lower, strict=True))
                if step in below:
                    ways = math.prod(math.comb(i, j) for i, j in zip(order, lower, strict=True))
                    rest = rest - ways * each * below[step]
            found[order] = rest / below[none]
        return Derivatives(found, self.most)

    __radd__ = __add__
    __rmul__ = __mul__

    def __neg__(self) -> Derivatives:
        return self * -1.0

    def __sub__(self, other: Any) -> Derivatives:
        return self + -self._constant(other)

    def __rsub__(self, other: Any) -> Derivatives:
        return -self + self._constant(other)
