"""Kernels of Bessel functions of real order, and of all their derivatives in it.

For positive arguments they are integrals: of J, Y and I along contours (`contours`), of K over the real line
(DLMF 10.32.9). Negative orders follow by reflection (DLMF 10.4.6, 10.4.7, 10.27.2).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from gradcli.arrays import Array
from gradcli.engine.graph import Kernel
from gradcli.engine.primitives import contours
from gradcli.engine.primitives import two_doubles as two
from gradcli.engine.primitives.kernels import _sin_cos_pi as sin_cos_pi
from gradcli.engine.primitives.scipy_door import function
from gradcli.engine.primitives.two_doubles import on_elements, piecewise

INF = float("inf")

# Near 0


_NOTHING = 1e-9
"""The square of a smaller argument changes nothing."""


def _power(n: int, v: Array, x: Array) -> Array:
    """(x/2)ᵛ/Γ(v+1), n times differentiated in v.

    The logarithm of the power and of Γ is in two doubles, and nothing underflows before its time.
    """
    none = np.zeros_like(v)
    half = two.sum_(two.log((x, none)), (none - two.LN2[0], none - two.LN2[1]))
    above = two.add(v, 1.0 + none)
    lead = two.exp(two.sum_(two.times((v, none), half), two.negative(two.log_gamma(above))))
    if n == 0:
        return lead
    slopes = [two.joined(*two.sum_(half, two.negative(two.digamma(above))))]
    slopes += [-function("polygamma")(k, v + 1.0) for k in range(1, n)]
    factors = [np.ones_like(v)]  # what each derivative is of the power itself
    for m in range(n):
        terms = [math.comb(m, k) * factors[m - k] * slopes[k] for k in range(m + 1)]
        factors.append(np.sum(terms, axis=0))
    return np.where(lead == 0, 0.0, lead * factors[n])


def _power_series(sign_of: float, v: Array, x: Array) -> Array:
    """(x/2)ᵛ/Γ(v+1) Σ (±x²/4)ᵏ/(k! (v+1)ₖ) (DLMF 10.2.2, 10.25.2), for x² ≤ v+1: little cancels in it."""
    lead = _power(0, v, np.abs(x))
    z = sign_of * x * x / 4
    total, term = np.ones_like(x), np.ones_like(x)
    for k in range(1, 16):
        term = term * z / (k * (v + k))
        total += term
    return np.where((x < 0) & (v % 2 == 1), -lead, lead) * total


def _near_zero(v: Array, x: Array) -> Array:
    """Where the power series serves."""
    real = (x > 0) | ((x < 0) & (v == np.floor(v)))
    found: Array = real & (v >= 0) & (v < 1e6) & (x * x <= v + 1)
    return found


# J and Y


def _turned(n: int, v: Array, with_cosine: Sequence[Array], with_sine: Sequence[Array]) -> Array:
    """The derivative of order n of cos(πv) f(v) + sin(πv) g(v), from all those of f and g."""
    sine, cosine = sin_cos_pi(v)
    waves = (cosine, -sine, -cosine, sine)  # of the cosine; those of the sine are one place behind
    total = np.zeros_like(v)
    for k in range(n + 1):
        many = math.comb(n, k) * math.pi ** (n - k)
        for factor, each in ((waves[(n - k) % 4], with_cosine[k]), (waves[(n - k - 1) % 4], with_sine[k])):
            total = total + np.where(factor == 0, 0.0, many * factor * each)  # also where it is infinite
    return total


def _first_kind(n: int, v: Array, x: Array) -> Array:
    return piecewise(
        [
            (_near_zero(v, x) & (n == 0), lambda v, x: _power_series(-1.0, v, x)),
            (x < _NOTHING, lambda v, x: _power(n, v, x)),
            (v >= x, lambda v, x: contours.first_kind(n, v, x)),
            (True, lambda v, x: contours.hankel(n, v, x)[0]),
        ],
        v,
        x,
    )


def _second_kind(n: int, v: Array, x: Array) -> Array:
    return contours.hankel(n, v, x)[1]


def _all(kind: Callable[[int, Array, Array], Array], n: int, v: Array, x: Array) -> list[Array]:
    return [kind(k, v, x) for k in range(n + 1)]


def of_first_kind(n: int) -> Kernel:
    """The derivative of J of order n in v; real for x < 0 where v is whole, but for the derivatives."""

    def below(v: Array, x: Array) -> Array:
        order = -v
        second = [-each for each in _all(_second_kind, n, order, x)]
        return (-1.0) ** n * _turned(n, order, _all(_first_kind, n, order, x), second)

    def at_zero(v: Array, x: Array) -> Array:
        if n == 0:
            found: Array = function("jv")(v, x)
            return found
        return np.where(v > 0, 0.0, np.where(v == 0, (-1.0) ** n * INF, math.nan))

    def kernel(v: Array, x: Array) -> Array:
        whole = v == np.floor(v)
        size = piecewise(
            [
                (x == 0, at_zero),
                (np.isinf(x), lambda v, x: np.zeros_like(x)),
                (v >= 0, lambda v, x: _first_kind(n, v, x)),
                (v < 0, below),
            ],
            v,
            np.abs(x),
        )
        if n:
            return np.where(x < 0, math.nan, size)
        return np.where(x < 0, np.where(whole, np.where(v % 2 == 0, size, -size), math.nan), size)

    return on_elements(kernel)


def of_second_kind(n: int) -> Kernel:
    """The derivative of Y of order n in v, for x ≥ 0."""

    def below(v: Array, x: Array) -> Array:
        order = -v
        seconds, firsts = _all(_second_kind, n, order, x), _all(_first_kind, n, order, x)
        return (-1.0) ** n * _turned(n, order, seconds, firsts)

    def at_zero(v: Array, x: Array) -> Array:
        if n == 0:  # Y₋ᵥ = cos(πv) Yᵥ + sin(πv) Jᵥ
            cosine = sin_cos_pi(np.minimum(v, 0.0))[1]
            return np.where(np.isnan(v), v, np.where(cosine == 0, 0.0, np.where(cosine > 0, -INF, INF)))
        return np.where(v > 0, -INF, np.where((v == 0) & (n == 1), -math.pi / 2, math.nan))

    def kernel(v: Array, x: Array) -> Array:
        return piecewise(
            [
                (x == 0, at_zero),
                (x == INF, lambda v, x: np.zeros_like(x)),
                ((x > 0) & (v >= 0), lambda v, x: _second_kind(n, v, x)),
                ((x > 0) & (v < 0), below),
            ],
            v,
            x,
        )

    return on_elements(kernel)


# I


def modified(n: int, j: int = 0, *, scaled: bool = False) -> Kernel:
    """The derivative of order n in v and j in x of I, or of exp(-abs(x)) I."""

    def reflected(n: int, j: int, order: Array, x: Array) -> Array:
        """That of the odd part, 2/π sin(πv) K, in an order that is not negative."""
        total, rate = np.zeros_like(x), 2.0 if scaled else 1.0
        for i in range(j + 1):  # the product of exp(-rate x) and exp(x) K
            shares = [np.asarray(k_integral(k, i)(order, x)) for k in range(n + 1)]
            nothing = [np.zeros_like(x)] * (n + 1)
            total = total + math.comb(j, i) * rate ** (j - i) * _turned(n, order, nothing, shares)
        return 2.0 / math.pi * (-1.0) ** j * np.exp(-rate * x) * total

    def positive(n: int, j: int, v: Array, x: Array) -> Array:
        def power(v: Array, x: Array) -> Array:
            return _power(n, v, x) * (np.exp(-x) if scaled else 1.0)

        def integral(v: Array, x: Array) -> Array:
            return contours.modified(n, j, np.maximum(v, _LEAST), x, scaled=scaled)

        if n == j == 0 and not scaled:
            near = _near_zero(v, x)
            return piecewise([(near, lambda v, x: _power_series(1.0, v, x)), (True, function("iv"))], v, x)
        return piecewise([((x < _NOTHING) & (j == 0), power), (True, integral)], v, x)

    def at_zero(v: Array, x: Array) -> Array:
        if n == 0:
            found: Array = function("iv")(v, x)
            return found
        return np.where(v > 0, 0.0, np.where(v == 0, (-1.0) ** n * INF, math.nan))

    def near(n: int, j: int, v: Array, x: Array) -> Array:
        """The derivatives of v/x I_v + I_(v+1), or for v ≥ 1 of its neighbours (DLMF 10.29.1, 10.29.2).

        Both are that of I_v; the first is right where v - 1 is rounded, the other where I_v underflows.
        """
        less = whole(n, j - 1, v, x) if scaled else np.zeros_like(x)
        ahead = whole(n, j - 1, v + 1.0, x)
        total = np.zeros_like(x)
        for i in range(j):
            own = v * whole(n, i, v, x) + (n * whole(n - 1, i, v, x) if n else 0.0)
            total = total + (-1.0) ** (j - 1 - i) * math.perm(j - 1, j - 1 - i) * own / x ** (j - i)
        beside = (ahead + whole(n, j - 1, v - 1.0, x)) / 2.0
        return np.where((x == 0) | (v >= 1), beside, total + ahead) - np.where(x == 0, 0.0, less)

    def whole(n: int, j: int, v: Array, x: Array) -> Array:
        end = 0.0 if scaled else (-1.0) ** n * INF
        near_zero = [((x <= 1) & (x >= 0), lambda v, x: near(n, j, v, x))] if j else [(x == 0, at_zero)]
        is_odd = n % 2 == 1
        return piecewise(
            [
                *near_zero,
                (x == INF, lambda v, x: np.where((v == 0) & is_odd, 0.0, np.full_like(x, end))),
                ((np.abs(v) < _LEAST) & is_odd, lambda v, x: -reflected(n, j, np.zeros_like(v), x) / 2.0),
                (v >= 0, lambda v, x: positive(n, j, v, x)),
                (v < 0, lambda v, x: (-1.0) ** n * (positive(n, j, -v, x) + reflected(n, j, -v, x))),
            ],
            v,
            x,
        )

    def kernel(v: Array, x: Array) -> Array:
        size = whole(n, j, v, np.abs(x))
        if n:
            return np.where(x < 0, math.nan, size)
        turned = np.where((v + j) % 2 == 0, size, -size)
        return np.where(x < 0, np.where(v == np.floor(v), turned, math.nan), size)

    return on_elements(kernel)


_LEAST = 1e-290
"""Stands for smaller orders on the path that positive ones have: what is even in v is the same there."""

# K


_NEGLIGIBLE = 42.0  # exp(-42) of the whole

_MOST_PLACES = 20_000
"""The most places at which the integrand of K is computed: enough for orders and arguments up to 1e8."""


def k_integral(n: int, j: int) -> Kernel:
    """∫₀^∞ tⁿ (cosh t - 1)ʲ f(vt) exp(-x (cosh t - 1)) dt for x > 0, f = cosh for even n and sinh for odd.

    It is the derivative of exp(x) K_v(x), n times in v and j times in x but for the sign. By the trapezoidal
    rule, for which t = 0 is no end, as the integrand is even.
    """

    def inside(v: Array, x: Array) -> Array:
        order = np.abs(v)
        top = np.hypot(x, order + j)
        middle = np.arcsinh((order + j) / x)
        ahead = np.arccosh(1.0 + _NEGLIGIBLE / top) + n / 4.0
        behind = _NEGLIGIBLE / top + 1.0 + np.sqrt(2.0 * _NEGLIGIBLE / top)
        # The transform of the integrand, which decays as Γ does beside the real line, is exp(-40) at 2π/step.
        step = (2.0 * math.pi / np.sqrt(680.0 + 120.0 * top)).astype(np.float32).astype(np.float64)
        first = np.maximum(np.floor((middle - behind) / step), 0.0)
        last = np.ceil((middle + ahead) / step)
        near = last - first <= _MOST_PLACES
        first, last = np.where(near, first, 0.0), np.where(near, last, 0.0)
        total, rest = np.zeros_like(x), np.zeros_like(x)
        for k in range(int((last - first).max(initial=0.0)) + 1):
            place = first + k
            t = place * step
            lost = 2.0 * np.sinh(t / 2.0) ** 2
            back = np.expm1(-2.0 * order * t)
            side = -back if n % 2 else 2.0 + back
            term = t**n * lost**j * side * np.exp(order * t - x * lost)
            inside = place <= last  # of its own: what others need changes nothing
            total, small = two.add(total, np.where(inside, np.where(place == 0, term / 2.0, term), 0.0))
            rest += small
        size: Array = np.where(near, two.joined(total, rest) * step / 2.0, math.nan)
        return np.where(v < 0, -size, size) if n % 2 else size

    def kernel(v: Array, x: Array) -> Array:
        ends = [(x == 0, lambda v, x: np.full_like(x, INF)), (x == INF, lambda v, x: np.zeros_like(x))]
        return piecewise([((x > 0) & (x < INF), inside), *ends], v, x)

    return on_elements(kernel)


def second_modified(name: str, factor: Kernel) -> Kernel:
    """K by SciPy, and by its integral where that has less."""
    by_integral = k_integral(0, 0)

    def kernel(v: Array, x: Array) -> Array:
        near = (np.abs(v) < 2) & (x > 1e-3) & (x < 2)
        return piecewise(
            [
                (near, lambda v, x: by_integral(v, x) * factor(x)),
                (x == INF, lambda v, x: np.zeros_like(x)),
                (True, function(name)),
            ],
            v,
            x,
        )

    return on_elements(kernel)
