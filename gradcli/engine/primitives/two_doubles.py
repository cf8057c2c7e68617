"""Numbers of two doubles, of about 31 digits, where the digits of one double do not last.

A number is a pair (h, l) of arrays with h + l its value and |l| at most half an ulp of h. The sum and the
product of two doubles are such pairs exactly (Knuth; Dekker, Numer. Math. 18, 1971); what is made of pairs
is right to some 30 digits. A power or a quotient of gamma functions is then exp(h)(1 + l), whose error is
that of one exp, however large the logarithms are that went into h.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeAlias

import numpy as np

from gradcli.arrays import Array
from gradcli.engine.graph import Kernel

Pair: TypeAlias = tuple[Array, Array]


def on_elements(function: Callable[..., Array]) -> Kernel:
    """A kernel from a function of arrays that all have the same one axis, and are its own to write to."""

    @wraps(function)
    def kernel(*inputs: Any, out: Any = None) -> Any:
        arrays = np.broadcast_arrays(*(np.asarray(each, dtype=np.float64) for each in inputs))
        shape = arrays[0].shape
        result = function(*(each.flatten() for each in arrays)).reshape(shape)
        if out is None:
            return result if shape else result[()]
        np.copyto(out, result)
        return out

    return kernel


def on_array(function: Callable[[Array], Array]) -> Kernel:
    """A kernel from a function of one array with axes."""

    @wraps(function)
    def kernel(x: Any, out: Any = None) -> Any:
        given = np.asarray(x, dtype=np.float64)
        result = function(given) if given.ndim else function(given[np.newaxis])[0]
        if out is None:
            return result
        np.copyto(out, result)
        return out

    return kernel


def piecewise(pieces: list[tuple[Any, Callable[..., Array]]], *inputs: Array) -> Array:
    """The result of the first function whose condition holds, each computed only there; else nan."""
    result = np.full(inputs[0].shape, np.nan)
    open_ = np.ones(inputs[0].shape, dtype=bool)
    for condition, function in pieces:
        here = open_ & condition
        if here.any():
            result[here] = function(*(each[here] for each in inputs))
        open_ &= ~here
    return result


def add(a: Any, b: Any) -> Pair:
    """The sum of two doubles, exactly."""
    h = a + b
    back = h - a
    return h, (a - (h - back)) + (b - back)


def joined(h: Array, low: Array) -> Array:
    """A sum and what its roundings lost as one double; of an infinite sum nothing is lost."""
    found: Array = np.where(np.isfinite(h), h + low, h)
    return found


def quick_add(a: Any, b: Any) -> Pair:
    """The sum of two doubles of which the first is the larger, exactly."""
    h = a + b
    return h, b - (h - a)


_SPLIT = 2.0**27 + 1


def multiply(a: Any, b: Any) -> Pair:
    """The product of two doubles, exactly, unless it overflows or its low part underflows."""
    h = a * b
    t = _SPLIT * a
    a_high = t - (t - a)
    t = _SPLIT * b
    b_high = t - (t - b)
    a_low, b_low = a - a_high, b - b_high
    l = ((a_high * b_high - h) + a_high * b_low + a_low * b_high) + a_low * b_low  # noqa: E741
    low: Any = (l if math.isfinite(l) else 0.0) if isinstance(l, float) else np.where(np.isfinite(l), l, 0.0)
    return h, low


def sum_(*pairs: Pair) -> Pair:
    """The sum of pairs."""
    h, l = pairs[0]  # noqa: E741
    for more, rest in pairs[1:]:
        h, lost = add(h, more)
        h, l = quick_add(h, l + rest + lost)  # noqa: E741
    return h, l


def negative(x: Pair) -> Pair:
    """The negative of a pair."""
    return -x[0], -x[1]


def times(x: Pair, y: Pair) -> Pair:
    """The product of two pairs."""
    h, l = multiply(x[0], y[0])  # noqa: E741
    return quick_add(h, l + (x[0] * y[1] + x[1] * y[0]))


def divided(x: Pair, y: Pair) -> Pair:
    """The quotient of two pairs."""
    q = x[0] / y[0]
    h, l = multiply(q, y[0])  # noqa: E741
    return quick_add(q, ((x[0] - h) - l + x[1] - q * y[1]) / y[0])


def _reciprocal(k: int) -> tuple[float, float]:
    from fractions import Fraction

    high = 1 / k
    return high, float(Fraction(1, k) - Fraction(high))


_RECIPROCALS = tuple(_reciprocal(k) for k in range(3, 19, 2))
LN2 = (0.6931471805599453, 2.3190468138462996e-17)
_REST = (1 / 31, 1 / 29, 1 / 27, 1 / 25, 1 / 23, 1 / 21, 1 / 19)


def log(x: Pair) -> Pair:
    """The logarithm of a positive pair: 2 atanh s with s = (m-1)/(m+1), and x = m 2ᵉ."""
    m, e = np.frexp(x[0])
    low = m < 0.7071067811865476
    m = np.where(low, 2 * m, m)
    e = np.where(low, e - 1, e).astype(np.float64)
    s = divided((m - 1.0, np.zeros_like(m)), add(m, 1.0))
    z = times(s, s)
    tail = np.full_like(m, _REST[0])
    for c in _REST[1:]:
        tail = tail * z[0] + c
    p: Pair = (tail, np.zeros_like(m))
    for high, rest in reversed(_RECIPROCALS):
        p = sum_((np.full_like(m, high), np.full_like(m, rest)), times(z, p))
    twice = (2 * s[0], 2 * s[1])
    mantissa = sum_(twice, times(twice, times(z, p)))
    whole = multiply(e, LN2[0])
    t = x[1] / x[0]
    return sum_((whole[0], whole[1] + e * LN2[1]), mantissa, (t, -0.5 * t * t))


def exp(x: Pair) -> Array:
    """The exponential of a pair, as one double."""
    e: Array = np.exp(x[0])
    fine = np.isfinite(x[1]) & np.isfinite(e)
    return np.where(fine, e + e * np.where(fine, x[1], 0.0), e)


# B₂ₖ/(2k(2k-1)), the coefficients of Stirling's series.
_STIRLING = (
    1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156, -3617 / 122400, 43867 / 244188
)  # fmt: skip
_HALF_LOG_2PI = (0.9189385332046728, -3.878294158067242e-17)
_LARGE = 20.0


def stirling_rest(x: Array) -> Array:
    """What Stirling's series adds to (x-1/2) log x - x + log(2π)/2, for x ≥ 10 or so."""
    r = 1.0 / x
    z = r * r
    y = np.full_like(x, _STIRLING[-1])
    for c in reversed(_STIRLING[:-1]):
        y = y * z + c
    return y * r


def log_gamma(x: Pair) -> Pair:
    """log Γ of a positive pair, by Stirling's series (DLMF 5.11.1), which x is first moved up to."""
    h, l = x  # noqa: E741
    product: Pair = (np.ones_like(h), np.zeros_like(h))
    for _ in range(int(_LARGE)):
        low = h < _LARGE
        if not low.any():
            break
        further = times(product, (h, l))
        product = np.where(low, further[0], product[0]), np.where(low, further[1], product[1])
        moved = sum_((h, l), (np.ones_like(h), np.zeros_like(h)))
        h, l = np.where(low, moved[0], h), np.where(low, moved[1], l)  # noqa: E741
    half_less = sum_((h, l), (np.full_like(h, -0.5), np.zeros_like(h)))
    constant = (np.full_like(h, _HALF_LOG_2PI[0]), stirling_rest(h) + _HALF_LOG_2PI[1])
    return sum_(times(half_less, log((h, l))), (-h, -l), constant, negative(log(product)))


# B₂ₖ/(2k) as quotients, the coefficients of the series of the digamma function.
_OF_DIGAMMA = (
    (1, 12), (-1, 120), (1, 252), (-1, 240), (1, 132), (-691, 32760), (1, 12), (-3617, 8160), (43867, 14364),
    (-174611, 6600), (77683, 276),
)  # fmt: skip
_FAR = 40


def digamma(x: Pair) -> Pair:
    """ψ of a positive pair, by its series for large x (DLMF 5.11.2), to which x is first moved up."""
    none = np.zeros_like(x[0])
    total: Pair = (none, none)
    for _ in range(_FAR):
        low = x[0] < _FAR
        if not low.any():
            break
        share = divided((none - 1.0, none), x)
        total = sum_(total, (np.where(low, share[0], 0.0), np.where(low, share[1], 0.0)))
        further = sum_(x, (none + 1.0, none))
        x = np.where(low, further[0], x[0]), np.where(low, further[1], x[1])
    r = divided((none + 1.0, none), x)
    z = times(r, r)
    series: Pair = (none, none)
    for above, below in reversed(_OF_DIGAMMA):
        series = times(sum_(series, divided((none + above, none), (none + below, none))), z)
    return sum_(total, log(x), (-0.5 * r[0], -0.5 * r[1]), negative(series))
