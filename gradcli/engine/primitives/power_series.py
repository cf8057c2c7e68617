"""Hypergeometric series and their derivatives in the parameters, in doubles or in numbers of two doubles.

Where so much of the terms cancels that two doubles do not hold what is left, they are summed again in decimal
numbers, of as many digits as it takes.
"""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable, Sequence
from functools import cache
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


class Quotient(NamedTuple):
    """An argument that is a quotient of two pairs, each of them exact."""

    above: two.Pair
    below: two.Pair


class _Arithmetic(NamedTuple):
    """How the numbers of a series are made, added, multiplied and divided, and what leads in them."""

    number: Callable[[Any], Any]
    plus: Callable[[Any, Any], Any]
    times: Callable[[Any, Any], Any]
    over: Callable[[Any, Any], Any]
    leading: Callable[[Any], Any]


_DOUBLES = _Arithmetic(lambda x: x, operator.add, operator.mul, operator.truediv, lambda x: x)


def _pair_of(x: Any) -> Any:
    if isinstance(x, Quotient):
        return two.divided(x.above, x.below)
    return x if isinstance(x, tuple) else (x, 0.0)


_PAIRS = _Arithmetic(
    _pair_of,
    lambda x, y: two.sum_(x, y),
    two.times,
    two.divided,
    lambda x: x[0],
)


@cache
def _decimals() -> _Arithmetic:
    from decimal import Decimal

    def number(x: Any) -> Any:
        if isinstance(x, Quotient):
            return number(x.above) / number(x.below)
        if isinstance(x, tuple):
            return Decimal(float(x[0])) + Decimal(float(x[1]))
        return x if isinstance(x, Decimal) else Decimal(float(x))

    return _Arithmetic(number, lambda x, y: x + number(y), operator.mul, operator.truediv, lambda x: x)


_MOST_TERMS = 4000

_LOST = 1e14
"""How many times the sum a term may be in two doubles, for the sum to be right to the last digit of one."""

_MOST_DIGITS = 1200


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
    x: Array | two.Pair | Quotient,
    order: Order = (),
    settled: float = 1e-33,
) -> dict[Order, two.Pair]:
    """The same in two doubles, and in decimal numbers where more cancels; terms of a share end it."""
    return _sums(above, below, x, order, _PAIRS, settled)


def _sums(
    above: Sequence[Factor],
    below: Sequence[Factor],
    argument: Any,
    order: Order,
    of: _Arithmetic,
    settled: float,
) -> dict[Order, Any]:
    """The sums of arrays, of few elements one by one: operations with Python's own numbers take far less."""
    size = of.leading(of.number(argument)).size

    def at(value: Any, place: int) -> Any:
        if isinstance(value, Quotient):
            return Quotient(at(value.above, place), at(value.below, place))
        if isinstance(value, tuple):
            return tuple(at(each, place) for each in value)
        return float(np.broadcast_to(value, (size,))[place])

    def factors_at(factors: Sequence[Factor], place: int) -> list[Factor]:
        return [Factor(at(each.parameter, place), each.moves) for each in factors]

    def alone_at(place: int) -> tuple[list[Factor], list[Factor], Any]:
        return factors_at(above, place), factors_at(below, place), at(argument, place)

    if size > _FEW_ELEMENTS:
        found, largest = _summed(above, below, argument, order, of, settled)
        if of is _PAIRS:
            lost = np.zeros(size, bool)
            for each, total in found.items():
                lost |= largest[each] > _LOST * abs(total[0])
            for place in np.flatnonzero(lost):
                for each, total in _in_decimals(*alone_at(int(place)), order).items():
                    found[each][0][place], found[each][1][place] = total
        return found

    def alone_of(place: int) -> dict[Order, Any]:
        found, largest = _summed(*alone_at(place), order, of, settled)
        if of is _PAIRS and any(largest[each] > _LOST * abs(total[0]) for each, total in found.items()):
            return _in_decimals(*alone_at(place), order)
        return found

    alone = [alone_of(place) for place in range(size)]

    def joined(values: Sequence[Any]) -> Any:
        if isinstance(values[0], tuple):
            return tuple(np.array(each) for each in zip(*values, strict=True))
        return np.array(values)

    return {each: joined([found[each] for found in alone]) for each in alone[0]}


_FEW_ELEMENTS = 8


def _in_decimals(
    above: Sequence[Factor], below: Sequence[Factor], argument: Any, order: Order
) -> dict[Order, Any]:
    """The sums of one element as pairs, in decimal numbers of ever more digits until what is left has 20."""
    import decimal

    digits = 64
    while True:
        of = decimal.Context(prec=digits, Emin=decimal.MIN_EMIN, Emax=decimal.MAX_EMAX, traps=[])
        with decimal.localcontext(of):
            settled = decimal.Decimal(10) ** -24
            found, largest = _summed(above, below, argument, order, _decimals(), settled)
            lost = decimal.Decimal(10) ** (digits - 24)
            if digits > _MOST_DIGITS or not any(largest[each] > lost * abs(found[each]) for each in found):
                pairs = {}
                for each, total in found.items():
                    high = float(total)
                    rest = float(total - decimal.Decimal(high)) if abs(high) < float("inf") else 0.0
                    pairs[each] = high, rest
                return pairs
        digits *= 2


def _chosen(condition: Any, yes: Any, no: Any) -> Any:
    """`np.where`, for numbers too."""
    if isinstance(condition, np.ndarray):
        return np.where(condition, yes, no)
    return yes if condition else no


def _summed(
    above: Sequence[Factor],
    below: Sequence[Factor],
    argument: Any,
    order: Order,
    of: _Arithmetic,
    settled: Any,
) -> tuple[dict[Order, Any], dict[Order, Any]]:
    """The sums, and the largest term of each, unless in doubles.

    The derivatives of each term follow from those of the one before, without any quotient by a factor.
    """
    argument = of.number(argument)
    nothing = of.leading(argument) - of.leading(argument)
    orders = list(itertools.product(*(range(each + 1) for each in order)))
    terms = dict.fromkeys(orders, of.number(nothing))
    terms[orders[0]] = of.number(nothing + 1)
    totals = dict(terms)
    largest = {each: abs(of.leading(term)) for each, term in terms.items()}
    small: Any = 0  # terms in a row that change nothing

    def moved(each: Order, factor: Factor) -> Any:
        """The product rule: what the terms of one order less give."""
        found = None
        for place, move in enumerate(factor.moves):
            if move and each[place]:
                lower = terms[(*each[:place], each[place] - 1, *each[place + 1 :])]
                share = of.times(lower, of.number(float(move * each[place])))
                found = share if found is None else of.plus(found, share)
        return found

    for k in range(_MOST_TERMS):
        for factor in above:
            at = of.plus(of.number(factor.parameter), of.number(float(k)))
            for each in reversed(orders):  # the lower ones are still those before
                more = moved(each, factor)
                found = of.times(terms[each], at)
                terms[each] = found if more is None else of.plus(found, more)
        for factor in below:
            at = of.plus(of.number(factor.parameter), of.number(float(k)))
            for each in orders:  # the lower ones are divided already
                more = moved(each, factor)
                found = terms[each]
                if more is not None:
                    found = of.plus(found, of.times(more, of.number(-1.0)))
                terms[each] = of.over(found, at)
        share = of.over(argument, of.number(k + 1.0))
        is_small: Any = True
        for each in orders:
            terms[each] = of.times(terms[each], share)
            size, new = abs(of.leading(totals[each])), abs(of.leading(terms[each]))
            if of is not _DOUBLES:
                largest[each] = _chosen(new > largest[each], new, largest[each])
            # what has overflown stays so
            is_small = is_small & ((new <= settled * size) | (size != size))
        small = _chosen((small > 1) | (is_small & (k > sum(order))), small + 1, 0)
        going = small < 2  # each element ends with its own terms, whatever else is summed
        for each in orders:
            more = terms[each]
            if isinstance(more, tuple):
                more = (_chosen(going, more[0], 0.0), _chosen(going, more[1], 0.0))
            else:
                more = _chosen(going, more, 0.0)
            totals[each] = of.plus(totals[each], more)
        if not np.any(going):
            return totals, largest
    lost = _chosen(going, np.nan, 0.0)
    return {each: of.plus(total, of.number(lost)) for each, total in totals.items()}, largest
