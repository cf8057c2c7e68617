"""Bessel functions of real order and all their derivatives in it, as integrals over contours.

J, Y and I are integrals of exp(x sinh t - vt) and exp(x cosh t - vt) (DLMF 10.9.17, 10.9.18, 10.32.12),
and each derivative in v brings a factor -t. Along a contour of steepest descent, or one close to it, the
integrand does not oscillate, so that sums of it keep their digits; it falls off as exp(-exp u) does, for
which the trapezoidal rule is as good as any (Trefethen and Weideman, SIAM Review 56, 2014).

The functions take positive arguments of one axis, and orders that are not negative.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from gradcli.arrays import Array

Parts = tuple[Array, Array]
"""A complex number, as its real and its imaginary part."""

_NEGLIGIBLE = 44.0  # exp(-44) of the whole
_MOST = 2**16
_AT_ONCE = 2**17


def _times(a: Parts, b: Parts) -> Parts:
    return a[0] * b[0] - a[1] * b[1], a[0] * b[1] + a[1] * b[0]


def _power(base: Parts, n: int) -> Parts:
    found = np.ones_like(base[0]), np.zeros_like(base[0])
    for _ in range(n):
        found = _times(found, base)
    return found


def _sum(terms: Array) -> Array:
    """The sums over the last axis, of so many terms as are a power of two, in one order for any number."""
    while terms.shape[-1] > 1:
        half = terms.shape[-1] // 2
        terms = terms[..., :half] + terms[..., half:]
    return terms[..., 0]


def _summed(
    results: int, least: int, needed: Array, integrand: Callable[..., tuple[Array, ...]], *inputs: Array
) -> tuple[Array, ...]:
    """Sums of an integrand at places 0 to 1 for each element; `needed` of them, rounded up.

    The integrand has the elements as columns, and the places as a row; an element has its own number of
    places, whatever others need, and is nan where that is absurd.
    """
    places = np.exp2(np.ceil(np.log2(np.clip(needed, least, None))))
    found = tuple(np.full(needed.shape, np.nan) for _ in range(results))
    for size in np.unique(places[places <= _MOST]).astype(int).tolist():
        (here,) = np.nonzero(places == size)
        row = np.arange(size) / (size - 1)
        for start in range(0, len(here), max(1, _AT_ONCE // size)):
            part = here[start : start + max(1, _AT_ONCE // size)]
            sums = integrand(row, *(each[part][:, np.newaxis] for each in inputs))
            for whole, each in zip(found, sums, strict=True):
                whole[part] = _sum(each) / (size - 1)
    return found


def _cubic(z: Array, sign_of: float) -> Array:
    """The series of sinh s - s (1) and of φ - sin φ (-1) by their squares, without s³/6."""
    total = np.ones_like(z)
    for k in range(9, 1, -1):
        total = 1.0 + sign_of * z / (2 * k * (2 * k + 1)) * total
    return total


def _sinh_less(s: Array) -> Array:
    """sinh s - s."""
    z = s * s
    return np.where(z < 2.0, z * s / 6.0 * _cubic(np.minimum(z, 2.0), 1.0), np.sinh(s) - s)


def _sin_less(angle: Array) -> Array:
    """φ - sin φ."""
    z = angle * angle
    return np.where(z < 2.0, z * angle / 6.0 * _cubic(np.minimum(z, 2.0), -1.0), angle - np.sin(angle))


def hankel(n: int, v: Array, x: Array) -> Parts:
    """The derivatives of order n in v of J and Y, which are the parts of Hankel's function H⁽¹⁾.

    The contour t = s + iφ with tan(φ/2) = tan(β/2) exp(s/sin β) passes the saddle iβ, cos β = v/x, as the
    path of steepest descent does. For v > x, Y comes from the saddle on the real axis, to which it is as
    close, and J is lost beside it. Where order and argument are close, β is kept away from 0.
    """
    size = _NEGLIGIBLE + 2.0 * n
    large = np.maximum(x, v)
    beyond = x > v
    curve = np.sqrt(np.abs(x - v)) * np.sqrt(x + v)
    turn = np.maximum(
        np.where(beyond, np.arctan2(curve, v), 0.0), np.minimum(1.5 / np.cbrt(large), math.pi / 2)
    )
    saddle = np.where(beyond, 0.0, np.arcsinh(curve / x))
    lead = np.where(beyond, 0.0, (v - x) * saddle - x * _sinh_less(saddle))
    phase = np.where(beyond, (x - v) * turn - x * _sin_less(turn), 0.0)
    # How far the integrand reaches: as a Gaussian, as exp(-s³), or as exp(-exp s).
    gaussian = np.sqrt(2.0 * size / curve)
    cubic = np.cbrt(6.0 * size / large)
    ahead = np.where(cubic < 1.0, cubic, 1.0 + np.minimum(np.arcsinh(size / x), size / v))
    behind = np.where(cubic < 1.0, cubic, 1.0 + np.arcsinh(size / large))
    wide, sine = 1.3 * gaussian, np.sin(turn)
    left = np.where(beyond, np.where(wide < sine / 2.0, wide, behind), saddle + np.minimum(gaussian, behind))
    fallen = np.where(gaussian < 0.6, 1.5 * gaussian, 2.0 + size / curve)
    far = np.where(fallen < saddle, fallen - saddle, ahead)
    right = np.where(beyond, np.minimum(gaussian, ahead), far)

    def integrand(
        place: Array, v: Array, x: Array, turn: Array, lead: Array, phase: Array, left: Array, right: Array
    ) -> Parts:
        s = place * (left + right) - left
        sine = np.sin(turn)
        u = np.log(np.tan(turn / 2.0)) + s / sine
        angle, cos, sin = 2.0 * np.arctan(np.exp(u)), -np.tanh(u), 1.0 / np.cosh(u)
        height = x * (_sinh_less(s) * cos - 2.0 * s * np.sin(angle / 2.0) ** 2) + (x - v) * s - lead
        around = x * (2.0 * np.sinh(s / 2.0) ** 2 * sin - _sin_less(angle)) + (x - v) * angle - phase
        term = np.where(height < 0.5 * size, np.exp(height), 0.0)  # not so where both are infinite
        around = np.where(term > 0, around, 0.0)
        value = _times((term * np.cos(around), term * np.sin(around)), _power((-s, -angle), n))
        real, imaginary = _times(value, (np.ones_like(sin), sin / sine))
        length = left + right
        return np.where(term > 0, real, 0.0) * length, np.where(term > 0, imaginary, 0.0) * length

    real, imaginary = _summed(2, 256, 10.0 * (left + right), integrand, v, x, turn, lead, phase, left, right)
    grown = np.exp(lead) / math.pi
    real, imaginary = _times((real, imaginary), (np.cos(phase), np.sin(phase)))
    return imaginary * grown, -real * grown


def _angles(u: Array) -> tuple[Array, Array, Array, Array]:
    """φ = π tanh u, sin φ (1 where φ = 0), cos φ, and 1 - φ cot φ, the slope of φ/sin φ times sin φ."""
    angle = math.pi * np.tanh(u)
    rest = 2.0 * math.pi / (np.exp(2.0 * u) + 1.0)  # π - φ
    cos = np.where(u < 0.5, np.cos(angle), -np.cos(rest))
    sin = np.where(u == 0, 1.0, np.where(u < 0.5, np.sin(angle), np.sin(rest)))
    less = 2.0 * angle * np.sin(angle / 2.0) ** 2 - _sin_less(angle)  # sin φ - φ cos φ
    return angle, sin, cos, np.where(u < 0.5, less, sin - angle * cos) / sin


def _reach(curve: Array, size: float, least: Array, alone: Array) -> Array:
    """Up to which u an integrand reaches that is a Gaussian in φ, or else ends `least` before φ = π."""
    wide = 1.15 * np.sqrt(2.0 * size / curve)
    far = 0.5 * np.log(2.0 * math.pi / least)
    found: Array = np.where(alone & (wide < 2.0), np.arctanh(np.minimum(wide, 2.0) / math.pi), far)
    return found


def first_kind(n: int, v: Array, x: Array) -> Array:
    """The derivative of order n in v of J for v ≥ x, by the path through the saddle on the real axis.

    It is cosh s = cosh α · φ/sin φ with cosh α = v/x; α is kept away from 0.
    """
    size = _NEGLIGIBLE + 2.0 * n
    curve = np.sqrt(v - x) * np.sqrt(v + x)
    saddle = np.maximum(np.arcsinh(curve / x), np.minimum(1.0 / np.cbrt(v), 1.0))
    lead = x * _sinh_less(saddle) + (x - v) * saddle
    around = 2.0 * x * np.sinh(saddle / 2.0) ** 2 + (x - v)
    end = _reach(x * np.sinh(saddle), size, math.pi * v / (v + size), np.full(v.shape, True))

    def integrand(
        place: Array, v: Array, x: Array, saddle: Array, lead: Array, around: Array, end: Array
    ) -> tuple[Array]:
        u = place * end
        angle, sin, cos, slope = _angles(u)
        less = _sin_less(angle) / sin
        more = 2.0 * np.sinh(saddle / 2.0) ** 2 * (1.0 + less) + less
        sinh = np.sqrt(more) * np.sqrt(more + 2.0)
        s = np.log1p(more + sinh)
        height = x * (_sinh_less(s) * cos - 2.0 * s * np.sin(angle / 2.0) ** 2) + (x - v) * s - lead
        term = np.exp(height) / np.cosh(u) ** 2
        steep = -np.cosh(saddle) / sinh / sin * slope
        value = _times(_power((-s, -angle), n), (np.ones_like(steep), steep))
        real = term * (value[0] * np.cos(around * angle) - value[1] * np.sin(around * angle))
        return (np.where(place == 0, real / 2.0, real) * end,)

    (total,) = _summed(1, 128, np.zeros_like(end), integrand, v, x, saddle, lead, around, end)
    found: Array = total * np.exp(lead)
    return found


def modified(n: int, j: int, v: Array, x: Array, *, scaled: bool) -> Array:
    """The derivative of order n in v and j in x of exp(-x) I, or of I, for v > 0.

    The path is sinh s = sinh α · φ/sin φ with sinh α = v/x.
    """
    size = _NEGLIGIBLE + 2.0 * (n + j)
    saddle = np.arcsinh(v / x)
    lead = v * (v / (np.hypot(v, x) + x) - saddle)
    # What lies around φ = π is exp(-2x) of the whole, which counts where odd slopes are else as small as v.
    alone = 2.0 * x + (np.log(v) if n % 2 else 0.0) > size + 10.0
    end = _reach(np.hypot(v, x), size, math.pi * v / (v + size), alone)

    def integrand(place: Array, v: Array, x: Array, lead: Array, end: Array) -> tuple[Array]:
        u = place * end
        angle, sin, cos, slope = _angles(u)
        tilt = v / x / sin
        sinh = np.where(u == 0, v / x, tilt * angle)
        s = np.arcsinh(sinh)
        grown = 2.0 * np.sinh(s / 2.0) ** 2
        less = grown * cos - 2.0 * np.sin(angle / 2.0) ** 2
        term = np.exp(x * less - v * s - lead) / np.cosh(u) ** 2
        steep = -tilt / np.hypot(1.0, sinh) * slope
        value = _times(_power((-s, -angle), n), (np.ones_like(steep), steep))
        factor = (less if scaled else (1.0 + grown) * cos), v / x * angle
        real = term * _times(value, _power(factor, j))[0]
        return (np.where(place == 0, real / 2.0, real) * end,)

    needed = end * np.sqrt(40.0 * np.hypot(v, x) + 400.0)
    (found,) = _summed(1, 64, needed, integrand, v, x, lead, end)
    grown = np.exp(lead if scaled else lead + x)
    return np.where(grown == 0, 0.0, found * grown)
