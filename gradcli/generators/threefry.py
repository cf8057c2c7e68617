"""JAX's random numbers: keys, how they are split, and what is drawn from them, in single precision.

A key is two words, an array of shape (2,). The counter-based cipher is Threefry-2x32 with 20 rounds (Salmon,
Moraes, Dror and Shaw, 2011); an element's bits are those of its own place, as JAX has it since 0.5.
"""

from __future__ import annotations

import math

import numpy as np

from gradcli.arrays import Array, Shape
from gradcli.generators.rounded_once import fused_single

_ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
_PARITY = 0x1BD11BDA


def _cipher(key: Array, high: Array, low: Array) -> tuple[Array, Array]:
    """Two words for each pair of words (`high`, `low`)."""
    first, second = (np.uint32(each) for each in key)
    keys = (first, second, first ^ second ^ np.uint32(_PARITY))
    high, low = high + keys[0], low + keys[1]
    for turn in range(5):
        for rotation in _ROTATIONS[turn % 2]:
            high = high + low
            low = (low << np.uint32(rotation)) | (low >> np.uint32(32 - rotation))
            low = low ^ high
        high = high + keys[(turn + 1) % 3]
        low = low + keys[(turn + 2) % 3] + np.uint32(turn + 1)
    return high, low


def _places(count: int) -> tuple[Array, Array]:
    """The words of the numbers 0, 1, …."""
    return np.zeros(count, np.uint32), np.arange(count, dtype=np.uint32)


def key(seed: int) -> Array:
    """The key of a seed."""
    return np.array([0, seed % 2**32], np.uint32)


def split(given: Array, count: int = 2) -> Array:
    """Keys (count, 2) that follow from one."""
    return np.stack(_cipher(given, *_places(count)), axis=1)


def fold_in(given: Array, data: int) -> Array:
    """The key that follows from one and a number."""
    high, low = _cipher(given, np.zeros(1, np.uint32), np.array([data % 2**32], np.uint32))
    return np.concatenate([high, low])


def bits(given: Array, shape: Shape) -> Array:
    """Words of 32 random bits."""
    first, second = _cipher(given, *_places(math.prod(shape)))
    return (first ^ second).reshape(shape)


def _uniform(given: Array, shape: Shape, low: np.float32, high: np.float32) -> Array:
    drawn = (bits(given, shape) >> np.uint32(9)) | np.uint32(0x3F800000)  # from 1 up to 2
    unit = drawn.view(np.float32) - np.float32(1)
    return np.maximum(low, fused_single(unit, high - low, low))


def uniform(given: Array, shape: Shape, low: float = 0.0, high: float = 1.0) -> Array:
    """Uniform numbers from `low` up to `high`."""
    return _uniform(given, shape, np.float32(low), np.float32(high)).astype(np.float64)


def integers(given: Array, shape: Shape, low: int, high: int) -> Array:
    """Whole numbers from `low` up to `high`, which is not among them: two words each, modulo the span.

    As JAX has it, the arithmetic is that of 32 bits: of a span above 65,536 only the second word counts.
    """
    first, second = (bits(each, shape).astype(np.uint64) for each in split(given))
    span = np.uint64(max(high - low, 1))
    radix = np.uint64((2**16 % int(span)) ** 2 % 2**32 % int(span))
    words = (first % span * radix % np.uint64(2**32) + second % span) % np.uint64(2**32)
    return low + (words % span).astype(np.int64)


def permutation(given: Array, count: int) -> Array:
    """The numbers 0, 1, …, count-1, sorted by random words, in as many rounds as their count asks."""
    places = np.arange(count)
    for _ in range(math.ceil(3 * math.log(max(1, count)) / math.log(2**32 - 1))):
        given, other = split(given)
        places = places[np.argsort(bits(other, (count,)), kind="stable")]
    return places


_TINY = np.finfo(np.float32).tiny


def gumbel(given: Array, shape: Shape) -> Array:
    """Numbers of Gumbel's distribution: -log(-log(u)) of uniform u."""
    inner = -np.log(_uniform(given, shape, _TINY, np.float32(1)))
    return -np.log(inner).astype(np.float64)


def exponential(given: Array, shape: Shape) -> Array:
    """Exponential numbers of rate 1: -log(1-u) of uniform u."""
    return -np.log1p(-_uniform(given, shape, np.float32(0), np.float32(1))).astype(np.float64)


def laplace(given: Array, shape: Shape) -> Array:
    """Numbers of Laplace's distribution of scale 1: sign(u) log(1-|u|) of u between -1 and 1."""
    unit = _uniform(given, shape, np.float32(-1) + np.finfo(np.float32).epsneg, np.float32(1))
    return (np.sign(unit) * np.log1p(-np.abs(unit))).astype(np.float64)


def logistic(given: Array, shape: Shape) -> Array:
    """Numbers of the logistic distribution of scale 1: log(u/(1-u)) of uniform u."""
    unit = _uniform(given, shape, _TINY, np.float32(1))
    return (np.log(unit) - np.log1p(-unit)).astype(np.float64)


# The inverse error function in single precision, for w = -log((1-x)(1+x)) below 5 and from there on
# (M. Giles, "Approximating the erfinv function", 2011).
_NEAR = (
    *(2.81022636e-08, 3.43273939e-07, -3.5233877e-06, -4.39150654e-06, 0.00021858087),
    *(-0.00125372503, -0.00417768164, 0.246640727, 1.50140941),
)
_FAR = (
    *(-0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773),
    *(-0.0076224613, 0.00943887047, 1.00167406, 2.83297682),
)


def normal(given: Array, shape: Shape) -> Array:
    """Normal numbers; one of a hundred may differ from JAX's in its last places, as compilers differ."""
    least = np.nextafter(np.float32(-1), np.float32(0))
    unit = _uniform(given, shape, least, np.float32(1))
    w = -np.log1p(-unit.astype(np.float64) * unit).astype(np.float32)
    is_near = w < np.float32(5)
    w = np.where(is_near, w - np.float32(2.5), np.sqrt(w) - np.float32(3))
    found = np.where(is_near, np.float32(_NEAR[0]), np.float32(_FAR[0]))
    for near, far in zip(_NEAR[1:], _FAR[1:], strict=True):
        found = fused_single(found, w, np.where(is_near, np.float32(near), np.float32(far)))
    return (np.float32(math.sqrt(2)) * (found * unit)).astype(np.float64)
