"""Hypergeometric functions of real arguments: 0F1, 1F1, 2F1 and U.

A derivative in x is the function of parameters that are greater by 1 (DLMF 13.3.15, 15.5.1). One in a
parameter is that of each term of the series, in two doubles where terms cancel; and for U that of the
integral that it is (DLMF 13.4.4).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from gradcli.arrays import Array
from gradcli.engine.graph import Node
from gradcli.engine.primitives import two_doubles as two
from gradcli.engine.primitives.entry import Accuracy, Elementwise, Unknown, differentiated
from gradcli.engine.primitives.power_series import Factor, Order, Quotient, in_doubles, in_pairs
from gradcli.engine.primitives.quadrature import half_line
from gradcli.engine.primitives.scipy_door import function
from gradcli.engine.primitives.two_doubles import on_elements, piecewise

INF = float("inf")

family = "hypergeometric functions"

# Kernels

_FAR = 1e6
"""Beyond it SciPy counts as far as an argument or a parameter of 1F1, and would not come to an end."""

_GREAT = 20.0
"""Parameters from which on SciPy's 0F1 and 2F1 lose digits, or all, by what they take gamma functions of."""

_FEW_PARAMETERS = 1000.0
"""With parameters up to here SciPy has 1F1 of any argument below 0, and polynomials, without counting."""


def _no_pole(b: Array) -> Array:
    """Whether no factor b + k of a series is 0."""
    found: Array = (b > 0) | ((b != np.floor(b)) & (b > -1000))
    return found


def _hyp0f1(order: Order) -> Callable[[Array, Array], Array]:
    def of_one_sign(b: Array, x: Array) -> Array:
        return in_doubles([], [Factor(b, (1,))], x, order)[order]

    def series(b: Array, x: Array) -> Array:
        return two.joined(*in_pairs([], [Factor(b, (1,))], x, order)[order])

    def bessel(b: Array, x: Array) -> Array:  # DLMF 10.16.9, where SciPy divides by b - 1
        size = 2.0 * np.sqrt(np.abs(x))
        return np.where(x > 0, function("i0")(size), function("j0")(size))

    def kernel(b: Array, x: Array) -> Array:
        pieces: list[Any] = [
            ((b > 0) & (x >= (0.0 if sum(order) else -b / 2.0)) & (x < 1e5), of_one_sign),
            (_no_pole(b) & (x > (-1e5 if sum(order) else -250.0)) & (x < 1e5), series),
        ]
        if not sum(order):
            great = _no_pole(b) & (np.abs(b) > _GREAT) & (x > -1e5) & (x < 0)
            pieces += [(great, series), (b == 1, bessel), (_no_pole(b), function("hyp0f1"))]
        return piecewise(pieces, b, x)

    return kernel


def _hyp1f1(order: Order) -> Callable[[Array, Array, Array], Array]:
    def of_one_sign(a: Array, b: Array, x: Array) -> Array:
        return in_doubles([Factor(a, (1, 0))], [Factor(b, (0, 1))], x, order)[order]

    def series(a: Array, b: Array, x: Array) -> Array:
        return two.joined(*in_pairs([Factor(a, (1, 0))], [Factor(b, (0, 1))], x, order)[order])

    def turned(a: Array, b: Array, x: Array) -> Array:  # Kummer's transformation, DLMF 13.2.39
        found: Array = np.exp(x) * in_doubles([Factor(b - a, ())], [Factor(b, ())], -x)[()]
        return found

    def turned_in_pairs(a: Array, b: Array, x: Array) -> Array:
        sums = in_pairs([Factor(two.add(b, -a), (-1, 1))], [Factor(b, (0, 1))], -x, order)
        found: Array = np.exp(x) * two.joined(*sums[order])
        return found

    def far(a: Array, b: Array, x: Array) -> Array:
        near = (np.clip(each, -_FAR, _FAR) for each in (a, b, x))
        found: Array = function("hyp1f1")(*near)
        return np.where(np.isinf(found) | (found == 0), found, np.nan)

    def counts(a: Array, b: Array, x: Array) -> Array:
        largest = np.maximum(np.abs(a), np.abs(b))
        falls = (b > a) & (b > 0) & (x < 0)
        is_polynomial = (a <= 0) & (a == np.floor(a))
        short = (largest <= _FEW_PARAMETERS) & (falls | is_polynomial)
        found: Array = (np.maximum(largest, np.abs(x)) > _FAR) & ~short
        return found

    def kernel(a: Array, b: Array, x: Array) -> Array:
        fine = _no_pole(b) & (np.abs(a) < 1000) & (np.abs(b) < 1000) & (np.abs(x) < 700)
        rises = (a > 0) & (b > 0) & (x < 700)
        pieces: list[Any] = []
        if not sum(order):
            pieces = [
                (rises & (x >= -0.5 * b / np.maximum(a, b)), of_one_sign),
                ((b > a) & (b > 0) & (x < 0) & (x > -700), turned),
            ]
        pieces += [
            (rises & (x >= 0), of_one_sign),
            (fine & (x > -1), series),
            (fine, turned_in_pairs),
        ]
        if not sum(order):
            pieces += [(counts(a, b, x), far), (True, function("hyp1f1"))]
        return piecewise(pieces, a, b, x)

    return kernel


def _hyp2f1(a: Array, b: Array, c: Array, x: Array) -> Array:
    def turned(a: Array, b: Array, c: Array, x: Array) -> Array:  # Pfaff's transformation, DLMF 15.8.1
        found: Array = (1.0 - x) ** -a * function("hyp2f1")(a, c - b, c, x / (x - 1.0))
        return found

    def elsewhere(a: Array, b: Array, c: Array, x: Array) -> Array:
        found: Array = function("hyp2f1")(a, b, c, x)
        return np.where((x > 1) & np.isinf(found), np.nan, found)  # it is not real there

    low, high = np.minimum(a, b), np.maximum(a, b)
    largest = np.maximum(np.maximum(np.abs(low), np.abs(high)), np.abs(c))
    inside = (x > -_CIRCLE / (1.0 - _CIRCLE)) & (x <= _CIRCLE) & _no_pole(c) & (largest < 1000)
    cancels = (x < 0) & (low > 0) & (c <= low)
    return piecewise(
        [
            (inside & (cancels | (largest > _GREAT) | (c < 0)), _hyp2f1_in_parameters((0, 0, 0))),
            ((x < 0) & (x > -9) & (low > 0) & (c > low), turned),
            (True, elsewhere),
        ],
        high,
        low,
        c,
        x,
    )


_FEW = 1e-22
"""Terms of 2F1 that are this share of their sum change nothing, as few digits cancel."""

_CIRCLE = 0.98
"""Up to here the series of 2F1 has as many terms as are summed at most."""

_MOST_RISING = 1500.0
"""Up to how many terms those of Pfaff's transformation may rise, where the other one is there as well."""


def _hyp2f1_in_parameters(order: Order) -> Callable[[Array, Array, Array, Array], Array]:
    def factors(a: Array, b: Array, c: Array) -> tuple[list[Factor], list[Factor]]:
        return [Factor(a, (1, 0, 0)), Factor(b, (0, 1, 0))], [Factor(c, (0, 0, 1))]

    def of_one_sign(a: Array, b: Array, c: Array, x: Array) -> Array:
        return in_doubles(*factors(a, b, c), x, order)[order]

    def series(a: Array, b: Array, c: Array, x: Array) -> Array:
        return two.joined(*in_pairs(*factors(a, b, c), x, order, _FEW)[order])

    def turned_of_one_sign(order: Order, a: Array, b: Array, c: Array, x: Array) -> Array:
        """The same where nothing is differentiated but b, for positive c - b."""
        factors_of_b = [Factor(a, (0,)), Factor(c - b, (-1,))]
        sums = in_doubles(factors_of_b, [Factor(c, (0,))], x / (x - 1.0), order[1:2])
        return (
            two.exp(two.times(two.negative(two.log(two.add(1.0, -x))), (a, np.zeros_like(a))))
            * sums[order[1:2]]
        )

    def turned(order: Order, a: Array, b: Array, c: Array, x: Array) -> Array:
        """By Pfaff's transformation, (1-x)^(-a) F(a, c-b; c; z) with z = x/(x-1), DLMF 15.8.1."""
        none = np.zeros_like(x)
        distance = two.add(1.0 + none, -x)
        lg = two.negative(two.log(distance))
        z = Quotient((x, none), two.negative(distance))
        above = [Factor(a, (1, 0, 0)), Factor(two.add(c, -b), (0, -1, 1))]
        sums = in_pairs(above, [Factor(c, (0, 0, 1))], z, order, _FEW)
        total: two.Pair = (none, none)
        for k in range(order[0] + 1):  # of the power, k times in a
            term = sums[(order[0] - k, *order[1:])]
            for _ in range(k):
                term = two.times(term, lg)
            total = two.sum_(total, two.times(term, (none + math.comb(order[0], k), none)))
        return two.exp(two.times(lg, (a, none))) * two.joined(*total)

    swapped = (order[1], order[0], order[2])

    def exchanged(a: Array, b: Array, c: Array, x: Array) -> Array:
        return turned(swapped, b, a, c, x)

    def kernel(a: Array, b: Array, c: Array, x: Array) -> Array:
        fine = _no_pole(c) & (np.maximum(np.abs(a), np.abs(b)) < 1000)
        beyond = fine & (x < -0.5) & (x > -_CIRCLE / (1.0 - _CIRCLE))
        positive = (a > 0) & (b > 0) & (c > 0)
        quick = (a - b) * (1.0 - x) < _MOST_RISING
        quick_exchanged = (b - a) * (1.0 - x) < _MOST_RISING
        return piecewise(
            [
                (positive & (x >= 0) & (x <= _CIRCLE), of_one_sign),
                (
                    beyond & quick & positive & (c > b) & (order == (0, order[1], 0)),
                    lambda *each: turned_of_one_sign(order, *each),
                ),
                (
                    beyond & quick_exchanged & positive & (c > a) & (order == (order[0], 0, 0)),
                    lambda a, b, c, x: turned_of_one_sign(swapped, b, a, c, x),
                ),
                (fine & (x >= -0.5) & (x <= _CIRCLE), series),
                (beyond & quick & ((c > b) | ~quick_exchanged), lambda *each: turned(order, *each)),
                (beyond, exchanged),
            ],
            a,
            b,
            c,
            x,
        )

    return kernel


def _hyperu(order: Order) -> Callable[[Array, Array, Array], Array]:
    """1/Γ(a) ∫₀^∞ exp(-xt) t^(a-1) (1+t)^(b-a-1) dt differentiated in a and b; SciPy's where it diverges.

    In a the weight is log(t/(1+t)) - ψ(a), or its square less ψ₁(a); in b it is log(1+t).
    """
    in_a, in_b = order

    def by_integral(a: Array, b: Array, x: Array) -> Array:
        # Far out the integrand is about t^(b-2) exp(-xt).
        scale = np.maximum(np.maximum(a, 1.0), np.where(b > 10, b - 1.0, 0.0)) / x
        psi = function("psi")(a) if in_a else np.zeros_like(a)
        spread = function("polygamma")(1, a) if in_a == 2 else np.zeros_like(a)

        def integrand(t: Array) -> Array:
            found: Array = np.power(t, a - 1.0) * np.power(1.0 + t, b - a - 1.0) * np.exp(-x * t)
            root = np.power(t, (a - 1.0) / 2) * np.power(1.0 + t, (b - a - 1.0) / 2) * np.exp(-x * t / 2)
            found = np.where(np.isfinite(found), found, root * root)  # no factor of it is as large
            if in_a:
                distance = np.where(t < 1, np.log(t), 0.0) - np.log1p(np.where(t < 1, t, 1.0 / t)) - psi
                found = found * (distance if in_a == 1 else distance * distance - spread)
            return found * np.log1p(t) ** in_b if in_b else found

        found: Array = half_line(integrand, scale, fine=True) * function("rgamma")(a)
        return found

    def kernel(a: Array, b: Array, x: Array) -> Array:
        pieces = [
            ((a >= 0.1) & (x > 0) & (x < INF), by_integral),
            ((a > 0) & (x == INF), lambda a, b, x: np.zeros_like(x)),
        ]
        if not in_a + in_b:
            pieces.append((x >= 0, function("hyperu")))
        return piecewise(pieces, a, b, x)

    return kernel


# Entries

_OF_SCIPY = "SciPy's own digits where terms cancel"


def _in_parameters(
    name: str,
    parameters: str,
    make: Callable[[Order], Callable[..., Array]],
    slope: Callable[[Order], Callable[..., Node]],
) -> Callable[[Order], Elementwise]:
    """The derivatives of a function in its parameters, by their order; of third order none is known.

    `slope(order)` is the rule of such a derivative in x.
    """
    names = parameters.split(", ")

    def rule(order: Order, place: int) -> Callable[..., Node]:
        if sum(order) == 2:
            return Unknown(name, names[place], "of third order")
        return lambda *inputs: made((*order[:place], order[place] + 1, *order[place + 1 :]))(*inputs)

    @cache
    def made(order: Order) -> Elementwise:
        in_x = Unknown(name, "x", "of third order") if sum(order) == 2 else slope(order)
        places = [place for place, often in enumerate(order) for _ in range(often)]
        return Elementwise(
            f"{name}_in_{'_'.join(map(str, order))}",
            on_elements(make(order)),
            (*(rule(order, place) for place in range(len(order))), in_x),
            parameters,
            written=f"{differentiated(name, *places)}({parameters})",
            public=False,
        )

    return made


def _slope_of_0f1(order: Order) -> Callable[..., Node]:
    return lambda b, x: _in_0f1(order)(b + 1, x) / b - hyp0f1(b + 1, x) / b**2


_in_0f1 = _in_parameters("hyp0f1", "b, x", _hyp0f1, _slope_of_0f1)
hyp0f1: Elementwise = Elementwise(
    "hyp0f1",
    on_elements(_hyp0f1((0,))),
    (lambda b, x: _in_0f1((1,))(b, x), lambda b, x: hyp0f1(b + 1, x) / b),
    "b, x",
    "Confluent hypergeometric limit function 0F1(; b; x), the sum of x**k/(k!*poch(b, k)); its derivative in "
    "b is nan below x = -1e5.",
    ("hyp0f1(1, 0)", "1"),
    tested=((0.1, 20), (-50, 50)),
    reference="hyp0f1(b, x)",
    family=family,
)


def _slope_of_1f1(order: Order) -> Callable[..., Node]:
    def slope(a: Node, b: Node, x: Node) -> Node:
        moved = a / b * _in_1f1(order)(a + 1, b + 1, x)
        next_one = hyp1f1(a + 1, b + 1, x)
        return moved + (next_one / b if order == (1, 0) else -a / b**2 * next_one)

    return slope


_in_1f1 = _in_parameters("hyp1f1", "a, b, x", _hyp1f1, _slope_of_1f1)
hyp1f1: Elementwise = Elementwise(
    "hyp1f1",
    on_elements(_hyp1f1((0, 0))),
    (
        lambda a, b, x: _in_1f1((1, 0))(a, b, x),
        lambda a, b, x: _in_1f1((0, 1))(a, b, x),
        lambda a, b, x: a / b * hyp1f1(a + 1, b + 1, x),
    ),
    "a, b, x",
    "Kummer's confluent hypergeometric function 1F1(a; b; x), of poch(a, k)/poch(b, k)*x**k/k!; its "
    "derivatives in a and b are those of its terms, for abs(x) < 700.",
    ("hyp1f1(1, 1, 0)", "1"),
    aliases=("kummer_m",),
    tested=((0.1, 10), (0.1, 10), (-30, 30)),
    reference="hyp1f1(a, b, x)",
    accuracy=(
        Accuracy("value", 12, "", "as many roundings as terms"),
        Accuracy("first", 12, "", "as many roundings as terms"),
        Accuracy("second", 60, "", "two terms of opposite signs"),
    ),
    family=family,
)


def _slope_of_2f1(order: Order) -> Callable[..., Node]:
    def slope(a: Node, b: Node, c: Node, x: Node) -> Node:
        moved = a * b / c * _in_2f1(order)(a + 1, b + 1, c + 1, x)
        factors = (b / c, a / c, -a * b / c**2)
        return moved + factors[order.index(1)] * hyp2f1(a + 1, b + 1, c + 1, x)

    return slope


_in_2f1 = _in_parameters("hyp2f1", "a, b, c, x", _hyp2f1_in_parameters, _slope_of_2f1)
hyp2f1: Elementwise = Elementwise(
    "hyp2f1",
    on_elements(_hyp2f1),
    (
        lambda a, b, c, x: _in_2f1((1, 0, 0))(a, b, c, x),
        lambda a, b, c, x: _in_2f1((0, 1, 0))(a, b, c, x),
        lambda a, b, c, x: _in_2f1((0, 0, 1))(a, b, c, x),
        lambda a, b, c, x: a * b / c * hyp2f1(a + 1, b + 1, c + 1, x),
    ),
    "a, b, c, x",
    "Gauss's hypergeometric function 2F1(a, b; c; x); nan for x > 1. Its derivatives in the parameters are "
    "sums of its series, for parameters below 1000 and -49 < x <= 0.98, and nan elsewhere.",
    ("hyp2f1(1, 1, 2, 0)", "1"),
    domain=((-INF, INF), (-INF, INF), (-INF, INF), (-INF, 1)),
    tested=((0.1, 5), (0.1, 5), (0.1, 10), (-8, 0.9)),
    reference="hyp2f1(a, b, c, x)",
    accuracy=(
        Accuracy("value", 60, "", _OF_SCIPY),
        Accuracy("first", 60, "", _OF_SCIPY),
        Accuracy("second", 200, "", _OF_SCIPY),
    ),
    family=family,
)


def _slope_of_u(order: Order) -> Callable[..., Node]:
    def slope(a: Node, b: Node, x: Node) -> Node:
        moved = -a * _in_u(order)(a + 1, b + 1, x)
        return moved - hyperu(a + 1, b + 1, x) if order == (1, 0) else moved

    return slope


_in_u = _in_parameters("hyperu", "a, b, x", _hyperu, _slope_of_u)
hyperu: Elementwise = Elementwise(
    "hyperu",
    on_elements(_hyperu((0, 0))),
    (
        lambda a, b, x: _in_u((1, 0))(a, b, x),
        lambda a, b, x: _in_u((0, 1))(a, b, x),
        lambda a, b, x: -a * hyperu(a + 1, b + 1, x),
    ),
    "a, b, x",
    "Tricomi's confluent hypergeometric function U(a, b, x), which is about x**-a for large x.",
    ("hyperu(1, 1, inf)", "0"),
    aliases=("kummer_u",),
    domain=((0, INF), (-INF, INF), (0, INF)),
    tested=((0.1, 10), (0.1, 0.9), (0.01, 50)),
    reference="hyperu(a, b, x)",
    accuracy=(
        Accuracy("first", 100, "", "in a: what is left of an integrand of two signs"),
        Accuracy("second", 2000, "", "in a twice: what is left of an integrand of two signs"),
    ),
    family=family,
)
