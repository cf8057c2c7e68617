"""Hypergeometric functions of real arguments: 0F1, 1F1, 2F1 and U.

A derivative in x is the function of parameters that are greater by 1 (DLMF 13.3.15, 15.5.1). Only one of the
parameters has a formula here that keeps its digits: the second of U, by the integral that U is (DLMF 13.4.4).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from gradcli.arrays import Array
from gradcli.engine.graph import Node
from gradcli.engine.primitives.entry import Accuracy, Elementwise, Unknown, differentiated
from gradcli.engine.primitives.quadrature import half_line
from gradcli.engine.primitives.scipy_door import function
from gradcli.engine.primitives.two_doubles import on_elements, piecewise

INF = float("inf")

family = "hypergeometric functions"

# Kernels


def _series(above: tuple[Array, ...], below: tuple[Array, ...], x: Array) -> Array:
    """The sum of Π (above)ₖ / Π (below)ₖ xᵏ/k!, of which all terms are positive or fall at once."""
    total, term = np.ones_like(x), np.ones_like(x)
    for k in range(4000):
        factor = x / (k + 1.0)
        for each in above:
            factor = factor * (each + k)
        for each in below:
            factor = factor / (each + k)
        term = term * factor
        total += term
        if not (np.abs(term) > 1e-18 * np.abs(total)).any():
            break
    return total


def _hyp0f1(b: Array, x: Array) -> Array:
    near = (b > 0) & (x >= -b / 2.0) & (x < 1e5)
    return piecewise([(near, lambda b, x: _series((), (b,), x)), (True, function("hyp0f1"))], b, x)


def _hyp1f1(a: Array, b: Array, x: Array) -> Array:
    def turned(a: Array, b: Array, x: Array) -> Array:  # Kummer's transformation, DLMF 13.2.39
        found: Array = np.exp(x) * _series((b - a,), (b,), -x)
        return found

    return piecewise(
        [
            (
                (a > 0) & (b > 0) & (x >= -0.5 * b / np.maximum(a, b)) & (x < 700),
                lambda a, b, x: _series((a,), (b,), x),
            ),
            ((b > a) & (b > 0) & (x < 0) & (x > -700), turned),
            (True, function("hyp1f1")),
        ],
        a,
        b,
        x,
    )


def _hyp2f1(a: Array, b: Array, c: Array, x: Array) -> Array:
    def turned(a: Array, b: Array, c: Array, x: Array) -> Array:  # Pfaff's transformation, DLMF 15.8.1
        found: Array = (1.0 - x) ** -a * function("hyp2f1")(a, c - b, c, x / (x - 1.0))
        return found

    def elsewhere(a: Array, b: Array, c: Array, x: Array) -> Array:
        found: Array = function("hyp2f1")(a, b, c, x)
        return np.where((x > 1) & np.isinf(found), np.nan, found)  # it is not real there

    low, high = np.minimum(a, b), np.maximum(a, b)
    near = (x < 0) & (x > -9) & (low > 0)
    return piecewise(
        [(near & (c > low), turned), (True, elsewhere)],
        high,
        low,
        c,
        x,
    )


def _hyperu(n: int) -> Callable[[Array, Array, Array], Array]:
    """1/Γ(a) ∫₀^∞ exp(-xt) t^(a-1) (1+t)^(b-a-1) log(1+t)ⁿ dt, and what SciPy has where that diverges."""

    def by_integral(a: Array, b: Array, x: Array) -> Array:
        scale = np.maximum(a, 1.0) / x

        def integrand(t: Array) -> Array:
            found: Array = np.power(t, a - 1.0) * np.power(1.0 + t, b - a - 1.0) * np.exp(-x * t)
            return found * np.log1p(t) ** n if n else found

        found: Array = half_line(integrand, scale, fine=True) * function("rgamma")(a)
        return found

    def kernel(a: Array, b: Array, x: Array) -> Array:
        pieces = [
            ((a >= 0.1) & (x > 0) & (x < INF), by_integral),
            ((a > 0) & (x == INF), lambda a, b, x: np.zeros_like(x)),
        ]
        if n == 0:
            pieces.append((x >= 0, function("hyperu")))
        return piecewise(pieces, a, b, x)

    return kernel


# Entries

_PARAMETER = "no formula that keeps its digits is known"
_OF_SCIPY = "SciPy's own digits where terms cancel"

hyp0f1: Elementwise = Elementwise(
    "hyp0f1",
    on_elements(_hyp0f1),
    (Unknown("hyp0f1", "b", _PARAMETER), lambda b, x: hyp0f1(b + 1, x) / b),
    "b, x",
    "Confluent hypergeometric limit function 0F1(; b; x), the sum of x**k/(k!*poch(b, k)).",
    ("hyp0f1(1, 0)", "1"),
    tested=((0.1, 20), (-50, 50)),
    reference="hyp0f1(b, x)",
    accuracy=(
        Accuracy("value", 1e4, "x < 0", _OF_SCIPY),
        Accuracy("first", 40, "x < 0", _OF_SCIPY),
        Accuracy("second", 40, "x < 0", _OF_SCIPY),
    ),
    family=family,
)
hyp1f1: Elementwise = Elementwise(
    "hyp1f1",
    on_elements(_hyp1f1),
    (
        Unknown("hyp1f1", "a", _PARAMETER),
        Unknown("hyp1f1", "b", _PARAMETER),
        lambda a, b, x: a / b * hyp1f1(a + 1, b + 1, x),
    ),
    "a, b, x",
    "Kummer's confluent hypergeometric function 1F1(a; b; x), of poch(a, k)/poch(b, k)*x**k/k!.",
    ("hyp1f1(1, 1, 0)", "1"),
    aliases=("kummer_m",),
    tested=((0.1, 10), (0.1, 10), (-30, 30)),
    reference="hyp1f1(a, b, x)",
    accuracy=(
        Accuracy("value", 60, "x < 0", _OF_SCIPY),
        Accuracy("first", 60, "x < 0", _OF_SCIPY),
        Accuracy("second", 60, "x < 0", _OF_SCIPY),
    ),
    family=family,
)
hyp2f1: Elementwise = Elementwise(
    "hyp2f1",
    on_elements(_hyp2f1),
    (
        *(Unknown("hyp2f1", each, _PARAMETER) for each in "abc"),
        lambda a, b, c, x: a * b / c * hyp2f1(a + 1, b + 1, c + 1, x),
    ),
    "a, b, c, x",
    "Gauss's hypergeometric function 2F1(a, b; c; x); nan for x > 1.",
    ("hyp2f1(1, 1, 2, 0)", "1"),
    domain=((-INF, INF), (-INF, INF), (-INF, INF), (-INF, 1)),
    tested=((0.1, 5), (0.1, 5), (0.1, 10), (-8, 0.9)),
    reference="hyp2f1(a, b, c, x)",
    accuracy=(
        Accuracy("value", 60, "", _OF_SCIPY),
        Accuracy("first", 60, "", _OF_SCIPY),
        Accuracy("second", 100, "", _OF_SCIPY),
    ),
    family=family,
)


@cache
def _in_b(n: int) -> Elementwise:
    return Elementwise(
        f"hyperu_derivative_{n}",
        on_elements(_hyperu(n)),
        (
            Unknown("hyperu", "a", _PARAMETER),
            lambda a, b, x: _in_b(n + 1)(a, b, x),
            lambda a, b, x: -a * _in_b(n)(a + 1, b + 1, x),
        ),
        "a, b, x",
        written=f"{differentiated('hyperu', *[1] * n)}(a, b, x)",
        public=False,
    )


def _slope(a: Node, b: Node, x: Node) -> Node:
    return -a * hyperu(a + 1, b + 1, x)


hyperu: Elementwise = Elementwise(
    "hyperu",
    on_elements(_hyperu(0)),
    (Unknown("hyperu", "a", _PARAMETER), lambda a, b, x: _in_b(1)(a, b, x), _slope),
    "a, b, x",
    "Tricomi's confluent hypergeometric function U(a, b, x), which is about x**-a for large x.",
    ("hyperu(1, 1, inf)", "0"),
    aliases=("kummer_u",),
    domain=((0, INF), (-INF, INF), (0, INF)),
    tested=((0.1, 10), (0.1, 0.9), (0.01, 50)),
    reference="hyperu(a, b, x)",
    family=family,
)
