"""Hypergeometric series and their derivatives in the parameters, in doubles or in numbers of two doubles."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradcli.arrays import Array
from gradcli.engine.primitives import two_doubles as two
from gradcli.records import NamedTuple

Order = tuple[int, ...]
"""How often is differentiated in each variable."""


class Factor(NamedTuple):
    """A parameter of a series, and how it moves with each variable: a number for each, as (0, 1).

    One that is a sum may be a pair, and so may the argument of a series.
    """

    parameter: Any
    moves: Order


class _Arithmetic(NamedTuple):
    """How the numbers of a series are made, added, multiplied and divided, and what leads in them."""

    number: Callable[[Any], Any]
    plus: Callable[[Any, Any], Any]
    times: Callable[[Any, Any], Any]
    over: Callable[[Any, Any], Any]
    leading: Callable[[Any], Array]


_DOUBLES = _Arithmetic(lambda x: x, operator.add, operator.mul, operator.truediv, lambda x: x)
_PAIRS = _Arithmetic(
    lambda x: (x, np.zeros_like(x)) if isinstance(x, np.ndarray) else x,
    lambda x, y: two.sum_(x, y),
    two.times,
    two.divided,
    lambda x: x[0],
)

_MOST_TERMS = 4000


def in_doubles(
    above: Sequence[Factor], below: Sequence[Factor], x: Array, order: Order = ()
) -> dict[Order, Array]:
    """The sum of Π (above)ₖ / Π (below)ₖ xᵏ/k! where its terms have one sign or fall at once, differentiated.

    The result has the derivatives of `order` and of all lower ones; nan where too many terms are needed.
    """
    return _sums(above, below, x, order, _DOUBLES, 1e-19)


def in_pairs(
    above: Sequence[Factor],
    below: Sequence[Factor],
    x: Array | two.Pair,
    order: Order = (),
    settled: float = 1e-33,
) -> dict[Order, two.Pair]:
    """The same in two doubles, which cancellation up to 1e14 leaves right; terms of a share end it."""
    return _sums(above, below, x, order, _PAIRS, settled)


def _sums(
    above: Sequence[Factor],
    below: Sequence[Factor],
    argument: Any,
    order: Order,
    of: _Arithmetic,
    settled: float,
) -> dict[Order, Any]:
    """The derivatives of each term follow from those of the one before, without any quotient by a factor."""
    argument = of.number(argument)
    x = of.leading(argument)
    orders = list(itertools.product(*(range(each + 1) for each in order)))
    nothing = of.number(np.zeros_like(x))
    terms = dict.fromkeys(orders, nothing)
    terms[orders[0]] = of.number(np.ones_like(x))
    totals = dict(terms)
    small = np.zeros(x.shape, dtype=np.intp)  # terms in a row that change nothing

    def moved(each: Order, factor: Factor) -> Any:
        """The product rule: what the terms of one order less give."""
        found = None
        for place, move in enumerate(factor.moves):
            if move and each[place]:
                lower = terms[(*each[:place], each[place] - 1, *each[place + 1 :])]
                share = of.times(lower, of.number(np.full_like(x, float(move * each[place]))))
                found = share if found is None else of.plus(found, share)
        return found

    for k in range(_MOST_TERMS):
        step = np.full_like(x, float(k))
        for factor in above:
            at = of.plus(of.number(factor.parameter), of.number(step))
            for each in reversed(orders):  # the lower ones are still those before
                more = moved(each, factor)
                found = of.times(terms[each], at)
                terms[each] = found if more is None else of.plus(found, more)
        for factor in below:
            at = of.plus(of.number(factor.parameter), of.number(step))
            for each in orders:  # the lower ones are divided already
                more = moved(each, factor)
                found = terms[each]
                if more is not None:
                    found = of.plus(found, of.times(more, of.number(np.full_like(x, -1.0))))
                terms[each] = of.over(found, at)
        share = of.over(argument, of.number(step + 1.0))
        is_small = np.ones(x.shape, dtype=bool)
        for each in orders:
            terms[each] = of.times(terms[each], share)
            is_small &= np.abs(of.leading(terms[each])) <= settled * np.abs(of.leading(totals[each]))
        small = np.where((small > 1) | (is_small & (k > sum(order))), small + 1, 0)
        going = small < 2  # each element ends with its own terms, whatever else is summed
        for each in orders:
            more = terms[each]
            if of is _PAIRS:
                more = (np.where(going, more[0], 0.0), np.where(going, more[1], 0.0))
            else:
                more = np.where(going, more, 0.0)
            totals[each] = of.plus(totals[each], more)
        if not going.any():
            return totals
    lost = np.where(going, np.nan, 0.0)
    return {each: of.plus(total, of.number(lost)) for each, total in totals.items()}
