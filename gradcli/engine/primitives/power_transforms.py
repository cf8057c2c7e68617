"""The power transforms of Box and Cox, of x and of 1 + x, with their inverses, and powers less 1."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

import numpy as np

from gradcli.arrays import Array
from gradcli.engine.graph import Kernel, Node
from gradcli.engine.primitives import two_doubles as two
from gradcli.engine.primitives.elementwise import log, log1p
from gradcli.engine.primitives.entry import Elementwise, differentiated
from gradcli.engine.primitives.odds import exprel_derivative, fma
from gradcli.engine.primitives.scipy_door import function, of_scipy
from gradcli.engine.primitives.two_doubles import on_elements, piecewise

INF = float("inf")

family = "power transforms"

# Kernels


def _power(shift: float, x: Array, y: Array) -> Array:
    """(shift + x)**y: what rounding takes from the sum comes in as a factor."""
    base, lost = two.add(shift, x)
    found = np.power(base, y)
    return np.where(np.isfinite(found) & (base > 0), found + found * (y * (lost / base)), found)


def _log(shift: float, x: Array) -> Array:
    found: Array = np.log1p(x) if shift else np.log(x)
    return found


def _in_power(n: int, shift: float) -> Kernel:
    """The nth derivative of a transform in its power: L^(n+1) ∫₀¹ tⁿ exp(tyL) dt, L the logarithm.

    With A₀ = exp(yL) - 1 and Aₖ = (yL)ᵏ exp(yL) - k Aₖ₋₁ it is Aₙ/y^(n+1), where little cancels.
    """

    def near(x: Array, y: Array) -> Array:
        lead = _log(shift, x)
        found: Array = lead ** (n + 1) * exprel_derivative(n, y * lead)
        return found

    def far(x: Array, y: Array) -> Array:
        power, t = _power(shift, x, y), y * _log(shift, x)
        total = power - 1.0
        for k in range(1, n + 1):
            total = np.where(power == 0, 0.0, t**k * power) - k * total
        found: Array = total / y ** (n + 1)
        return found

    def kernel(x: Array, y: Array) -> Array:
        lead = _log(shift, x)
        none = y == 0
        t = np.where(none, 0.0, y * lead)
        limit = [(none, lambda x, y: _log(shift, x) ** (n + 1) / (n + 1))]
        return piecewise([*limit, (np.abs(t) < n + 1, near), (np.abs(t) >= n + 1, far)], x, y)

    return on_elements(kernel)


def _slope_kernel(shift: float) -> Kernel:
    """(shift + x)**(y - 1); y - 1 is rounded only where it must be."""

    def kernel(x: Array, y: Array) -> Array:
        base = shift + x
        return piecewise(
            [
                (base > 0, lambda x, y: _power(shift, x, y) / (shift + x)),
                (base == 0, lambda x, y: np.power(shift + x, y - 1.0)),
            ],
            x,
            y,
        )

    return on_elements(kernel)


_NEAR_ONE = 1e-3


def _exponent(x: Array, y: Array) -> two.Pair:
    """log(1 + xy)/y as a pair; x where y is 0."""
    product = two.multiply(x, y)
    none = np.zeros_like(x)
    base = two.sum_((none + 1.0, none), product)
    near = np.abs(product[0]) < _NEAR_ONE
    far = two.divided(two.log((np.where(near, 1.0, base[0]), np.where(near, 0.0, base[1]))), (y, none))
    u = product[0]
    series = np.zeros_like(x)
    for k in range(7, 0, -1):
        series = -u * (1.0 / (k + 1) + series)
    close = two.quick_add(x, x * series)
    return np.where(near, close[0], far[0]), np.where(near, close[1], far[1])


def _inverse(name: str, apply: Callable[[two.Pair], Array]) -> Kernel:
    """By the exponent in two doubles where its logarithm is one; else SciPy's."""

    def kernel(x: Array, y: Array) -> Array:
        plain = (np.abs(x) < 1e290) & (np.abs(y) < 1e290) & (np.abs(x * y) < 1e290) & (x * y > -1)
        return piecewise([(plain, lambda x, y: apply(_exponent(x, y))), (True, function(name))], x, y)

    return on_elements(kernel)


def _less_one(exponent: two.Pair) -> Array:
    """exp(h + l) - 1."""
    h, low = exponent
    e = np.exp(h)
    found: Array = np.expm1(h) + np.where(np.isfinite(e), e * low, 0.0)
    return found


def _log1p_over(n: int) -> Kernel:
    """The nth derivative of log(1 + u)/u, (-1)ⁿ n! ∫₀¹ tⁿ/(1 + tu)^(n+1) dt, by terms of one sign near 0."""
    sign = (-1.0) ** n * math.factorial(n)

    def below(u: Array) -> Array:
        total = np.zeros_like(u)
        for k in range(120, -1, -1):
            total = total * -u + math.comb(n + k, k) / (n + 1 + k)
        return sign * total

    def above(u: Array) -> Array:
        w = u / (1.0 + u)
        total = np.zeros_like(u)
        for k in range(120, -1, -1):
            total = total * w + 1.0 / (n + 1 + k)
        found: Array = sign * total / (1.0 + u) ** (n + 1)
        return found

    def far(u: Array) -> Array:
        value = np.log1p(u) / u
        for k in range(1, n + 1):
            value = ((-1.0) ** (k - 1) * math.factorial(k - 1) / (1.0 + u) ** k - k * value) / u
        return value

    return on_elements(
        lambda u: piecewise([((u > -0.6) & (u <= 0), below), ((u > 0) & (u < 2), above), (True, far)], u)
    )


# Entries


def _slopes(shift: float) -> tuple[Elementwise, Callable[[int], Elementwise]]:
    """The slope of a transform in x, and its derivatives of any order in the power."""
    base = "(1 + x)" if shift else "x"

    def logarithm(x: Node) -> Node:
        return log1p(x) if shift else log(x)

    in_x: Elementwise = Elementwise(
        "slope_of_boxcox1p" if shift else "slope_of_boxcox",
        _slope_kernel(shift),
        (
            lambda x, y: (y - 1) * in_x(x, y) / (x + shift if shift else x),
            lambda x, y: in_x(x, y) * logarithm(x),
        ),
        "x, y",
        written=f"{base}**(y - 1)",
        public=False,
    )

    @cache
    def in_power(n: int) -> Elementwise:
        name = "boxcox1p" if shift else "boxcox"
        return Elementwise(
            f"{name}_in_y_{n}",
            _in_power(n, shift),
            (lambda x, y: in_x(x, y) * logarithm(x) ** n, lambda x, y: in_power(n + 1)(x, y)),
            "x, y",
            written=f"{differentiated(name, *(1,) * n)}(x, y)",
            public=False,
        )

    return in_x, in_power


_boxcox_slope, _boxcox_in_power = _slopes(0.0)
_boxcox1p_slope, _boxcox1p_in_power = _slopes(1.0)

boxcox: Elementwise = Elementwise(
    "boxcox",
    _in_power(0, 0.0),
    (lambda x, y: _boxcox_slope(x, y), lambda x, y: _boxcox_in_power(1)(x, y)),
    "x, y",
    "The power transform of Box and Cox: (x**y - 1)/y, and log(x) where y is 0.",
    ("boxcox(2, 0)", "0.6931471805599453"),
    domain=((0, INF), (-INF, INF)),
    tested=((1e-3, 1e3), (-20, 20)),
    reference="expm1(y*log(x))/y",
    reads=(lambda x, y: x ** (y - 1), lambda x, y: (x**y * log(x) - boxcox(x, y)) / y),
    family=family,
)
boxcox1p: Elementwise = Elementwise(
    "boxcox1p",
    _in_power(0, 1.0),
    (lambda x, y: _boxcox1p_slope(x, y), lambda x, y: _boxcox1p_in_power(1)(x, y)),
    "x, y",
    "The power transform of Box and Cox of 1 + x: ((1 + x)**y - 1)/y, and log(1 + x) where y is 0.",
    ("boxcox1p(1, 0)", "0.6931471805599453"),
    domain=((-1, INF), (-INF, INF)),
    tested=((-0.999, 1e3), (-20, 20)),
    reference="expm1(y*log1p(x))/y",
    reads=(
        lambda x, y: (1 + x) ** (y - 1),
        lambda x, y: ((1 + x) ** y * log1p(x) - boxcox1p(x, y)) / y,
    ),
    family=family,
)


@cache
def log1p_over(n: int) -> Elementwise:
    """The derivatives of log(1 + u)/u."""
    return Elementwise(
        f"log1p_over_{n}",
        _log1p_over(n),
        (lambda u: log1p_over(n + 1)(u),),
        "u",
        written="" if n else "(log1p(u)/u)",
        public=False,
    )


def _inverse_in_power(x: Node, y: Node) -> Node:
    return inv_boxcox(x, y) * (x * x * log1p_over(1)(x * y))


def _reads_in_power(x: Node, y: Node) -> Node:
    return inv_boxcox(x, y) * (x / (1 + x * y) - log(1 + x * y) / y) / y


inv_boxcox: Elementwise = Elementwise(
    "inv_boxcox",
    _inverse("inv_boxcox", two.exp),
    (lambda x, y: inv_boxcox(x, y) / fma(x, y, 1.0), _inverse_in_power),
    "x, y",
    "The inverse of boxcox in x: (x*y + 1)**(1/y), and exp(x) where y is 0.",
    ("inv_boxcox(2, 0.5)", "4"),
    tested=((-10, 10), (-10, 10)),
    reference="exp(log1p(x*y)/y)",
    reads=(lambda x, y: inv_boxcox(x, y) / (1 + x * y), _reads_in_power),
    family=family,
)
inv_boxcox1p: Elementwise = Elementwise(
    "inv_boxcox1p",
    _inverse("inv_boxcox1p", _less_one),
    (lambda x, y: inv_boxcox(x, y) / fma(x, y, 1.0), _inverse_in_power),
    "x, y",
    "The inverse of boxcox1p in x: (x*y + 1)**(1/y) - 1, and exp(x) - 1 where y is 0.",
    ("inv_boxcox1p(2, 0.5)", "3"),
    tested=((-10, 10), (-10, 10)),
    reference="expm1(log1p(x*y)/y)",
    reads=(lambda x, y: inv_boxcox(x, y) / (1 + x * y), _reads_in_power),
    family=family,
)
powm1: Elementwise = Elementwise(
    "powm1",
    of_scipy("powm1"),
    (lambda x, y: y * x ** (y - 1), lambda x, y: x**y * log(x)),
    "x, y",
    "x**y - 1, with its digits where x**y is close to 1.",
    ("powm1(2, 3)", "7"),
    domain=((0, INF), (-INF, INF)),
    tested=((1e-3, 1e3), (-20, 20)),
    reference="expm1(y*log(x))",
    family=family,
)
