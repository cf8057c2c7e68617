"""Kernels for complex arguments next to the real line, where NumPy's own functions do not serve.

They are what a complex step needs (`engine/slopes.py`): the real part is the value, and the imaginary part,
far too small to touch it, carries the derivative. Where there is a choice to make, real parts make it. No
digit of the tiny imaginary part may come from a cancellation.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np


def power(x: Any, n: Any) -> Any:
    """x to the power n. Of a negative base only whole powers are real; their sign is taken out first."""
    below = (np.real(x) < 0) & (np.imag(n) == 0) & (np.real(n) == np.rint(np.real(n)))
    odd = below & (np.fmod(np.real(n), 2.0) != 0)
    return np.where(odd, -1.0, 1.0) * np.power(np.where(below, -x, x), n)


def lowered_power(x: Any, n: Any, k: Any) -> Any:
    """x to the power n - k."""
    return power(x, n - k)


def absolute(x: Any) -> Any:
    """x or -x, whichever has a real part that is not negative."""
    return np.where(np.real(x) < 0, -x, x)


def maximum(x: Any, y: Any) -> Any:
    """The one with the greater real part."""
    return np.where(np.real(x) >= np.real(y), x, y)


def minimum(x: Any, y: Any) -> Any:
    """The one with the lesser real part."""
    return np.where(np.real(x) <= np.real(y), x, y)


def cbrt(x: Any) -> Any:
    """The cube root whose real part has the sign of that of x."""
    sign = np.where(np.real(x) < 0, -1.0, 1.0)
    return sign * np.power(sign * x, 1 / 3)


def hypot(x: Any, y: Any) -> Any:
    """sqrt(x**2 + y**2), scaled so that nothing overflows."""
    scale = np.maximum(np.abs(np.real(x)), np.abs(np.real(y)))
    scale = np.where(scale == 0, 1.0, scale)
    return scale * np.sqrt((x / scale) ** 2 + (y / scale) ** 2)


def quotient(x: Any, h: Any) -> Any:
    """x/h, and 0 where h is 0."""
    return np.where(np.real(h) == 0, 0.0, x / h)


def atan2(y: Any, x: Any) -> Any:
    """The angle of the real point, and how it moves: (x*dy - y*dx)/(x**2 + y**2)."""
    a, b = np.real(x), np.real(y)
    scale = np.hypot(a, b)
    moved = (a / scale) * (np.imag(y) / scale) - (b / scale) * (np.imag(x) / scale)
    return np.arctan2(b, a) + 1j * moved


def softplus(x: Any) -> Any:
    """log(1 + exp(x)), without overflow."""
    return maximum(x, 0.0) + np.log(1.0 + np.exp(-absolute(x)))


def sigmoid(x: Any) -> Any:
    """1/(1 + exp(-x)), without overflow."""
    small = np.exp(-absolute(x))
    return np.where(np.real(x) < 0, small, 1.0) / (1.0 + small)


def logaddexp(x: Any, y: Any) -> Any:
    """log(exp(x) + exp(y)), without overflow."""
    return maximum(x, y) + np.log(1.0 + np.exp(-absolute(x - y)))


def running_logaddexp(x: Any, axis: int) -> Any:
    """log(exp(x₀) + … + exp(xᵢ)) along an axis, from one element to the next."""
    rows = np.moveaxis(np.asarray(x), axis, 0)
    found = np.array(rows)
    for place in range(1, len(rows)):
        found[place] = logaddexp(found[place - 1], rows[place])
    return np.moveaxis(found, 0, axis)


def in_parts(kernel: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A kernel from one that is linear and takes real numbers only."""
    return lambda x: kernel(np.real(x)) + 1j * kernel(np.imag(x))


def select(condition: Any, yes: Any, no: Any) -> Any:
    """`yes` where the condition holds, `no` elsewhere."""
    return np.where(condition, yes, no)


def fraction(x: Any) -> Any:
    """x without its whole part."""
    return x - np.trunc(np.real(x))


def remainder(x: Any, y: Any) -> Any:
    """x less whole steps of y, rounded down."""
    return x - y * np.floor_divide(np.real(x), np.real(y))


def fmod(x: Any, y: Any) -> Any:
    """x less whole steps of y, without the fraction."""
    return x - y * np.trunc(np.real(x) / np.real(y))


def of_inverse(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of 1/x."""
    return lambda x: function(1.0 / x)


def inverse_of(function: Callable[..., Any]) -> Callable[..., Any]:
    """1 divided by a function."""
    return lambda x: 1.0 / function(x)


def scaled(function: Callable[..., Any], factor: float) -> Callable[..., Any]:
    """A function of `factor*x`."""
    return lambda x: function(factor * x)


def times(factor: float) -> Callable[..., Any]:
    """`factor*x`."""
    return lambda x: factor * x


def acot(x: Any) -> Any:
    """atan(1/x), and its limit from the right at 0."""
    return np.where(np.real(x) == 0, math.pi / 2 - x, np.arctan(1.0 / np.where(np.real(x) == 0, 1.0, x)))


# Reductions: `axes` are negative, so that what stands in front does not matter.


def softmax(x: Any, axes: Any) -> Any:
    """exp(x)/sum(exp(x)) along axes."""
    shares = np.exp(x - np.real(x).max(axis=axes, keepdims=True))
    return shares / shares.sum(axis=axes, keepdims=True)


def logsumexp(x: Any, axes: Any, keepdim: bool) -> Any:
    """log(sum(exp(x))) along axes."""
    top = np.real(x).max(axis=axes, keepdims=True)
    whole = top + np.log(np.exp(x - top).sum(axis=axes, keepdims=True))
    return whole if keepdim else np.squeeze(whole, axis=axes)


def variance(x: Any, axes: Any, keepdim: bool, correction: float) -> Any:
    """The squares about the mean along axes, summed and divided by the degrees of freedom."""
    centred = x - x.mean(axis=axes, keepdims=True)
    count = math.prod(x.shape[axis] for axis in axes)
    return (centred * centred).sum(axis=axes, keepdims=keepdim) / max(0.0, count - correction)


def norm(x: Any, axes: Any, keepdim: bool, p: float) -> Any:
    """(sum |x|**p)**(1/p) along axes."""
    size = absolute(x)
    if p == 0:
        return (np.real(x) != 0).sum(axis=axes, keepdims=keepdim) + 0j
    top = np.real(size).max(axis=axes, keepdims=True)
    if math.isinf(p):
        chosen = np.real(size) == top
        whole = np.where(chosen, size, 0.0).sum(axis=axes, keepdims=True) / chosen.sum(
            axis=axes, keepdims=True
        )
    else:
        top = np.where(top == 0, 1.0, top)
        whole = top * power(power(size / top, p).sum(axis=axes, keepdims=True), 1 / p)
    return whole if keepdim else np.squeeze(whole, axis=axes)


def extreme(x: Any, axes: Any, keepdim: bool, *, greatest: bool) -> Any:
    """The element with the greatest or least real part along axes; of several, their mean."""
    real = np.real(x)
    top = (real.max if greatest else real.min)(axis=axes, keepdims=True)
    chosen: Any = real == top
    total: Any = np.where(chosen, x, 0.0)
    return total.sum(axis=axes, keepdims=keepdim) / chosen.sum(axis=axes, keepdims=keepdim)
