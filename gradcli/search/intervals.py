"""Graphs over intervals: what a node can be, for all values of its inputs in a box, rounded outward.

An entry says by `encloses` which rule here it follows; what has none may be anything. So an answer can always
be trusted: it may be too wide, never too narrow (Moore, Interval Analysis, 1966).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from gradcli.arrays import Array
from gradcli.engine.evaluate import static_value
from gradcli.engine.graph import Node, topological
from gradcli.engine.primitives.entry import Elementwise
from gradcli.engine.primitives.kernels import gauss
from gradcli.records import NamedTuple

_ULPS = 8
"""Kernels are held to so many units in the last place, or fewer."""

_SLACK = 1e-12
"""How near to a crest or a pole, in periods, the end of an interval may lie and still be taken for that."""


class Box(NamedTuple):
    """Closed intervals as arrays of their ends; where there is no value at all, the lower end is the greater.

    `certain` says where the values in them are those of a continuous function that is defined everywhere.
    """

    low: Array
    high: Array
    certain: Array

    @property
    def empty(self) -> Array:
        """Which intervals hold no value."""
        return self.low > self.high

    def holds(self, number: float) -> Array:
        """Which intervals a number may be in."""
        return (self.low <= number) & (self.high >= number)


def box(low: Any, high: Any) -> Box:
    """Intervals with these ends."""
    low, high = np.broadcast_arrays(np.asarray(low, np.float64), np.asarray(high, np.float64))
    return Box(low, high, np.ones(low.shape, bool))


def enclosed(node: Node, inputs: Mapping[Node, Box], count: int) -> Box:
    """What a node, a single number, can be over `count` boxes."""
    found: dict[Node, Box] = {}
    with np.errstate(all="ignore"):
        for each in topological((node,)):
            found[each] = _of(each, inputs, found, count)
    return found[node]


def _of(node: Node, inputs: Mapping[Node, Box], found: Mapping[Node, Box], count: int) -> Box:
    if node in inputs:
        return inputs[node]
    if not _has_rule(node):
        number = float(static_value(node)) if node.static and not node.shape else np.nan
        if not np.isfinite(number):
            return _anything(count)
        # A constant that was computed is near the one that was meant.
        width = _ULPS * float(np.spacing(abs(number))) if node.inputs else 0.0
        return box(np.full(count, number - width), np.full(count, number + width))
    entry: Any = node.primitive
    operands = [found[each] for each in node.inputs]
    value = RULES[entry.encloses](entry, *operands)
    certain = value.certain & np.isfinite(value.low) & np.isfinite(value.high)
    low = np.where(np.isnan(value.low), -np.inf, value.low)
    high = np.where(np.isnan(value.high), np.inf, value.high)
    for each in operands:
        low, high = np.where(each.empty, np.inf, low), np.where(each.empty, -np.inf, high)
        certain = certain & each.certain
    return Box(low, high, certain & (low <= high))


def _has_rule(node: Node) -> bool:
    entry = node.primitive
    single = not node.shape and not any(each.shape for each in node.inputs)
    return single and bool(node.inputs) and isinstance(entry, Elementwise) and bool(entry.encloses)


def without_rule(node: Node) -> list[str]:
    """The names of the operations in a node of which nothing is known over intervals."""
    below = topological((node,))
    names = (each.primitive.name for each in below if each.inputs and not each.static and not _has_rule(each))
    return list(dict.fromkeys(names))


def _anything(count: int) -> Box:
    return Box(np.full(count, -np.inf), np.full(count, np.inf), np.zeros(count, bool))


def _outward(low: Array, high: Array, certain: Any, ulps: int = _ULPS) -> Box:
    """An interval with its ends moved out by some units in the last place."""
    below = np.where(np.isfinite(low), low - ulps * np.spacing(np.abs(low)), low)
    above = np.where(np.isfinite(high), high + ulps * np.spacing(np.abs(high)), high)
    return Box(below, above, np.broadcast_to(np.asarray(certain, bool), below.shape))


Rule = Callable[..., Box]


def _add(entry: Elementwise, x: Box, y: Box) -> Box:
    return _outward(x.low + y.low, x.high + y.high, True, 1)


def _subtract(entry: Elementwise, x: Box, y: Box) -> Box:
    return _outward(x.low - y.high, x.high - y.low, True, 1)


def _negative(entry: Elementwise, x: Box) -> Box:
    return Box(-x.high, -x.low, np.ones(x.low.shape, bool))


def _corners(function: Callable[[Array, Array], Array], x: Box, y: Box, ulps: int) -> Box:
    """What a function that is monotone in each argument is between its values at the corners."""
    all_of = [function(a, b) for a in (x.low, x.high) for b in (y.low, y.high)]
    return _outward(np.min(all_of, axis=0), np.max(all_of, axis=0), True, ulps)


def _product(a: Array, b: Array) -> Array:
    found: Array = np.where((a == 0) | (b == 0), 0.0, a * b)  # 0 times an end that is only a bound
    return found


def _multiply(entry: Elementwise, x: Box, y: Box) -> Box:
    return _corners(_product, x, y, 1)


def _strong(entry: Elementwise, x: Box, y: Box, support: Box) -> Box:
    """The product; where the support does not hold one factor is 0, whatever the other may be."""
    found, holds = _multiply(entry, x, y), support.low > 0
    low, high = np.minimum(found.low, 0.0), np.maximum(found.high, 0.0)
    return Box(np.where(holds, found.low, low), np.where(holds, found.high, high), found.certain)


def _masked(entry: Elementwise, x: Box, support: Box) -> Box:
    return _or_zero(x, support)


def _or_zero(x: Box, support: Box) -> Box:
    """x where the support is true, and 0 elsewhere."""
    return _choice(support, x, box(np.zeros_like(x.low), np.zeros_like(x.low)))


def _choice(condition: Box, x: Box, y: Box) -> Box:
    true, false = condition.low > 0, condition.high <= 0
    low = np.where(true, x.low, np.where(false, y.low, np.minimum(x.low, y.low)))
    high = np.where(true, x.high, np.where(false, y.high, np.maximum(x.high, y.high)))
    return Box(low, high, np.where(true, x.certain, np.where(false, y.certain, False)))


def _divide(entry: Elementwise, x: Box, y: Box) -> Box:
    pole = y.holds(0.0)
    found = _multiply(entry, x, _outward(1 / y.high, 1 / y.low, True, 1))
    low, high = np.where(pole, -np.inf, found.low), np.where(pole, np.inf, found.high)
    return Box(low, high, ~pole)


def _values(entry: Elementwise, at: Array) -> Array:
    return np.asarray(entry.ufunc(at), np.float64)


def _rising(entry: Elementwise, x: Box) -> Box:
    return _outward(_values(entry, x.low), _values(entry, x.high), True)


def _falling(entry: Elementwise, x: Box) -> Box:
    return _outward(_values(entry, x.high), _values(entry, x.low), True)


def _where_real(rule: Rule) -> Rule:
    """The rule inside the domain of an entry."""

    def enclose(entry: Elementwise, x: Box) -> Box:
        ((low, high),) = entry.domain
        inside = (x.low >= low) & (x.high <= high)
        found = rule(entry, Box(np.clip(x.low, low, high), np.clip(x.high, low, high), x.certain))
        outside = (x.high < low) | (x.low > high)
        least = np.where(outside, np.inf, found.low)
        return Box(least, np.where(outside, -np.inf, found.high), found.certain & inside)

    return enclose


def _steps(entry: Elementwise, x: Box) -> Box:
    low, high = _values(entry, x.low), _values(entry, x.high)
    return Box(low, high, low == high)


def _valley(entry: Elementwise, x: Box) -> Box:
    """Even, and least at 0."""
    ends = _values(entry, x.low), _values(entry, x.high)
    low = np.where(x.holds(0.0), _values(entry, np.zeros_like(x.low)), np.minimum(*ends))
    return _outward(low, np.maximum(*ends), True)


def _hill(entry: Elementwise, x: Box) -> Box:
    """Even, and greatest at 0."""
    ends = _values(entry, x.low), _values(entry, x.high)
    high = np.where(x.holds(0.0), _values(entry, np.zeros_like(x.low)), np.maximum(*ends))
    return _outward(np.minimum(*ends), high, True)


def _meets(x: Box, place: float, period: float) -> Array:
    """Which intervals may hold a place that comes again with a period."""
    low, high = (x.low - place) / period, (x.high - place) / period
    slack = _SLACK * np.maximum(1.0, np.maximum(np.abs(low), np.abs(high)))
    found: Array = np.floor(high + slack) >= np.ceil(low - slack)
    return found | ~np.isfinite(x.low) | ~np.isfinite(x.high)


def _wave(crest: float) -> Rule:
    def enclose(entry: Elementwise, x: Box) -> Box:
        ends = _values(entry, x.low), _values(entry, x.high)
        found = _outward(np.fmin(*ends), np.fmax(*ends), True)
        low = np.where(_meets(x, crest + np.pi, 2 * np.pi), -1.0, found.low)
        high = np.where(_meets(x, crest, 2 * np.pi), 1.0, found.high)
        return Box(np.maximum(low, -1.0), np.minimum(high, 1.0), found.certain)

    return enclose


def _tangent(entry: Elementwise, x: Box) -> Box:
    found = _rising(entry, x)
    pole = _meets(x, np.pi / 2, np.pi)
    return Box(np.where(pole, -np.inf, found.low), np.where(pole, np.inf, found.high), ~pole)


def _power(entry: Elementwise, x: Box, n: Box) -> Box:
    whole = (n.low == n.high) & (n.low == np.floor(n.low)) & (np.abs(n.low) < 2**53)
    exponent = np.where(whole, n.low, 1.0)
    ends = np.power(x.low, exponent), np.power(x.high, exponent)
    zero = x.holds(0.0)
    even = whole & (exponent % 2 == 0) & (exponent != 0)
    low, high = np.fmin(*ends), np.fmax(*ends)
    low = np.where(even & zero & (exponent > 0), 0.0, low)
    pole = zero & (exponent < 0)
    low, high = np.where(pole, np.where(even, low, -np.inf), low), np.where(pole, np.inf, high)
    whole_power = _outward(low, high, ~pole)
    whole_power = whole_power._replace(low=np.where(even, np.maximum(whole_power.low, 0.0), whole_power.low))
    # Any other power of what is not negative is monotone in the base and in the exponent; that of what is
    # negative is there for the whole numbers among the exponents.
    inside = Box(np.maximum(x.low, 0.0), np.maximum(x.high, 0.0), x.certain)
    other = _corners(np.power, inside, n, _ULPS)
    far = np.maximum(np.abs(x.low), np.abs(x.high))
    near = np.where(x.holds(0.0), 0.0, np.minimum(np.abs(x.low), np.abs(x.high)))
    most = _corners(np.power, Box(near, far, x.certain), n, _ULPS).high
    among = (x.low < 0) & (n.low < n.high)
    other = Box(np.where(among, -most, other.low), np.where(among, most, other.high), other.certain)
    certain = (x.low > 0) | ((x.low >= 0) & (n.low > 0))
    outside = (x.high < 0) & ~among
    return Box(
        np.where(whole, whole_power.low, np.where(outside, np.inf, other.low)),
        np.where(whole, whole_power.high, np.where(outside, -np.inf, other.high)),
        np.where(whole, whole_power.certain, certain),
    )


def _lowered_power(entry: Elementwise, x: Box, n: Box, k: Box) -> Box:
    exact = n.low - k.low
    same = (n.low == n.high) & (k.low == k.high) & (exact + k.low == n.low)
    less = _subtract(entry, n, k)
    return _power(entry, x, Box(np.where(same, exact, less.low), np.where(same, exact, less.high), n.certain))


def _hypot(entry: Elementwise, x: Box, y: Box) -> Box:
    sizes = [
        (
            np.where(each.holds(0.0), 0.0, np.minimum(np.abs(each.low), np.abs(each.high))),
            np.maximum(np.abs(each.low), np.abs(each.high)),
        )
        for each in (x, y)
    ]
    return _outward(np.hypot(sizes[0][0], sizes[1][0]), np.hypot(sizes[0][1], sizes[1][1]), True)


def _pair(function: Callable[[Array, Array], Array]) -> Rule:
    return lambda entry, x, y: Box(
        function(x.low, y.low), function(x.high, y.high), np.ones(x.low.shape, bool)
    )


def _truth(true: Array, false: Array) -> Box:
    """1 where something is sure to hold, 0 where it is sure not to, and both where neither is."""
    return Box(np.where(true, 1.0, 0.0), np.where(false, 0.0, 1.0), true | false)


def _less(entry: Elementwise, x: Box, y: Box) -> Box:
    return _truth(x.high < y.low, x.low >= y.high)


def _less_equal(entry: Elementwise, x: Box, y: Box) -> Box:
    return _truth(x.high <= y.low, x.low > y.high)


def _equal(entry: Elementwise, x: Box, y: Box) -> Box:
    apart = (x.high < y.low) | (y.high < x.low)
    return _truth((x.low == x.high) & (y.low == y.high) & (x.low == y.low), apart)


def _not(rule: Rule) -> Rule:
    def enclose(entry: Elementwise, *operands: Box) -> Box:
        found = rule(entry, *operands)
        return Box(1 - found.high, 1 - found.low, found.certain)

    return enclose


def _rising_then_falling(entry: Elementwise, x: Box, y: Box) -> Box:
    low, high = np.asarray(entry.ufunc(x.low, y.high)), np.asarray(entry.ufunc(x.high, y.low))
    return _outward(low, high, True)


def _slope_of_gauss(entry: Elementwise, x: Box) -> Box:
    """-2x times exp(-x**2), which is even, and 1 at 0."""
    ends = np.asarray(gauss(x.low)), np.asarray(gauss(x.high))
    high = np.where(x.holds(0.0), 1.0, np.maximum(*ends))
    return _multiply(entry, box(-2 * x.high, -2 * x.low), _outward(np.minimum(*ends), high, True))


def _slope_of_exp2(entry: Elementwise, x: Box, y: Box) -> Box:
    return _outward(y.low * np.log(2), y.high * np.log(2), True)


RULES: dict[str, Rule] = {
    "rising, then falling": _rising_then_falling,
    "slope of gauss": _slope_of_gauss,
    "slope of exp2": _slope_of_exp2,
    "sum": _add,
    "difference": _subtract,
    "negative": _negative,
    "product": _multiply,
    "strong product": _strong,
    "masked": _masked,
    "quotient": _divide,
    "choice": lambda entry, condition, x, y: _choice(condition, x, y),
    "rising": _rising,
    "falling": _falling,
    "rising where real": _where_real(_rising),
    "falling where real": _where_real(_falling),
    "steps": _steps,
    "valley": _valley,
    "hill": _hill,
    "sine": _wave(np.pi / 2),
    "cosine": _wave(0.0),
    "tangent": _tangent,
    "power": _power,
    "lowered power": _lowered_power,
    "hypotenuse": _hypot,
    "greatest": _pair(np.maximum),
    "least": _pair(np.minimum),
    "less": _less,
    "less_equal": _less_equal,
    "greater": lambda entry, x, y: _less(entry, y, x),
    "greater_equal": lambda entry, x, y: _less_equal(entry, y, x),
    "equal": _equal,
    "not_equal": _not(_equal),
    "not_less": _not(_less),
    "not": _not(lambda entry, x: x),
    "and": lambda entry, x, y: _truth((x.low > 0) & (y.low > 0), (x.high <= 0) | (y.high <= 0)),
    "or": lambda entry, x, y: _truth((x.low > 0) | (y.low > 0), (x.high <= 0) & (y.high <= 0)),
}
"""What an entry may say of itself."""
