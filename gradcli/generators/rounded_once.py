"""Products and sums rounded once, and the single-precision logarithm, sine and cosine that are made of them.

Compilers fuse a product with the sum that it feeds, so what PyTorch draws has one rounding there. Python has
such an operation from 3.13 on, and NumPy none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gradcli.arrays import Array


def _sum(a: Any, b: Any) -> tuple[Any, Any]:
    """a + b and what its rounding left out, which is exact (Knuth)."""
    total = a + b
    rest = total - a
    return total, (a - (total - rest)) + (b - rest)


def _product(a: Any, b: Any) -> tuple[Any, Any]:
    """a * b and what its rounding left out, which is exact where nothing overflows (Dekker)."""
    product = a * b
    halves = []
    for each in (a, b):
        wide = each * 134217729.0  # 2**27 + 1
        high = wide - (wide - each)
        halves.append((high, each - high))
    (a1, a2), (b1, b2) = halves
    return product, ((a1 * b1 - product) + a1 * b2 + a2 * b1) + a2 * b2


def _to_odd(total: Any, rest: Any) -> Array:
    """A sum with an odd last bit where it is not exact: to round it again is then to round once."""
    total, rest = np.asarray(total), np.asarray(rest)
    is_even = (np.ascontiguousarray(total).view(np.int64) & 1).reshape(total.shape) == 0
    towards = np.where(rest > 0, np.inf, -np.inf)
    found: Array = np.where((rest != 0) & is_even, np.nextafter(total, towards), total)
    return found


def fused(a: Any, b: Any, c: Any) -> Array:
    """a*b + c in doubles, rounded once (Boldo and Melquiond, 2008)."""
    a, b, c = np.broadcast_arrays(*(np.asarray(each, np.float64) for each in (a, b, c)))
    high, low = _product(a, b)
    first, first_rest = _sum(c, low)
    second, second_rest = _sum(high, first)
    return np.asarray(second + _to_odd(*_sum(second_rest, first_rest)))


def fused_single(a: Any, b: Any, c: Any) -> Array:
    """a*b + c of single-precision numbers, rounded once to single precision."""
    a, b, c = (np.asarray(each, np.float64) for each in (a, b, c))
    return _to_odd(*_sum(a * b, c)).astype(np.float32)  # a product of two singles is exact in doubles


def _polynomial(coefficients: Sequence[float], x: Array) -> Array:
    """A polynomial by Horner's rule, the highest coefficient first; each step is rounded once."""
    found = np.full_like(x, np.float32(coefficients[0]))
    for each in coefficients[1:]:
        found = fused_single(found, x, np.float32(each))
    return found


# Coefficients of Cephes (S. L. Moshier), in single precision.
_LOG = (
    *(7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1),
    *(-1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1),
)
_LOG_2 = (0.693359375, -2.12194440e-4)  # their sum is log(2), and the first has few bits
_SINE = (-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1)
_COSINE = (2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2)
_QUARTER_PI = (0.78515625, 2.4187564849853515625e-4, 3.77489497744594108e-8)


def log_single(x: Array) -> Array:
    """The logarithm of positive single-precision numbers, as PyTorch's fill of normal numbers takes it."""
    mantissa, exponent = np.frexp(x)
    exponent = exponent.astype(np.float32)
    is_low = mantissa < np.float32(0.707106781186547524)
    exponent = np.where(is_low, exponent - np.float32(1), exponent)
    near = np.where(is_low, (mantissa - np.float32(1)) + mantissa, mantissa - np.float32(1))
    square = near * near
    found = _polynomial(_LOG, near) * near
    found = fused_single(found, square, exponent * np.float32(_LOG_2[1]))
    found = fused_single(-square, np.float32(0.5), found)
    return fused_single(exponent, np.float32(_LOG_2[0]), near + found)


def sine_and_cosine_single(x: Array) -> tuple[Array, Array]:
    """Sine and cosine of single-precision numbers from 0 on, as for `log_single`."""
    octant = (x * np.float32(1.27323954473516)).astype(np.int32)  # 4/pi
    octant = (octant + 1) & ~1
    turns = octant.astype(np.float32)
    for each in _QUARTER_PI:
        x = fused_single(turns, np.float32(-each), x)
    square = x * x
    cosine = _polynomial(_COSINE, square) * square
    cosine = fused_single(cosine, square, -(square * np.float32(0.5))) + np.float32(1)
    sine = fused_single(_polynomial(_SINE, square) * square, x, x)
    swapped = (octant & 2) != 0
    of_sine, of_cosine = np.where(swapped, cosine, sine), np.where(swapped, sine, cosine)
    return (
        np.where((octant & 4) != 0, -of_sine, of_sine),
        np.where(((octant - 2) & 4) == 0, -of_cosine, of_cosine),
    )
