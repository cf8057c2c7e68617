"""PyTorch's generator of random numbers on the processor, as x86-64 has it: the Mersenne Twister.

Every call draws as many words as PyTorch's does, so numbers agree across calls, sizes and dtypes. They are
made in the dtype that is asked for and returned as doubles, or as integers.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gradcli.arrays import Array, Shape
from gradcli.generators.rounded_once import fused, fused_single, log_single, sine_and_cosine_single

UNSEEDED = 67280421310721
"""The seed of a generator of its own that is given none, as in PyTorch."""

BLOCK = 16
"""From so many normal numbers on, they are made in blocks of so many."""

_WIDE = 1 << 28
"""From so many integers on, one takes 64 bits."""


class Mersenne:
    """A generator: `seed` is from -2**63 to 2**64-1; `single` in its methods means float32, else float64."""

    name = "torch"

    def __init__(self, seed: int = UNSEEDED) -> None:
        self.manual_seed(seed)

    def manual_seed(self, seed: int) -> None:
        """Begins anew; raises `ValueError` for a seed that is out of range."""
        if not -(2**63) <= seed < 2**64:
            raise ValueError("Overflow when unpacking long long")
        self.seed = seed % 2**64
        self._state = np.random.RandomState(self.seed % 2**32)
        self._words = self._state._bit_generator.random_raw
        self._next_normal: float | None = None
        """The second of a pair of normal numbers, for the next that is drawn alone."""

    def held(self) -> Any:
        """All that it holds."""
        return self.seed, self._state.get_state(), self._next_normal

    def hold(self, held: Any) -> None:
        """Lets it hold again what it held."""
        self.seed, state, self._next_normal = held
        self._state.set_state(state)

    def copy(self) -> Mersenne:
        """Another that draws the same from here on."""
        other = Mersenne(self.seed)
        other.hold(self.held())
        return other

    # Bits

    def _longs(self, count: int) -> Array:
        """Numbers of 64 bits, the high word drawn first."""
        words = self._words(2 * count)
        return (words[0::2] << np.uint64(32)) | words[1::2]

    def _unit(self, count: int, single: bool) -> Array:
        """Uniform numbers from 0 up to 1 of the dtype."""
        if single:
            bits = (self._words(count) & np.uint64((1 << 24) - 1)).astype(np.float32)
            return bits * np.float32(2.0**-24)
        return (self._longs(count) & np.uint64((1 << 53) - 1)).astype(np.float64) * 2.0**-53

    # Numbers

    def rand(self, shape: Shape, single: bool) -> Array:
        """Uniform numbers from 0 up to 1."""
        return self._unit(math.prod(shape), single).astype(np.float64).reshape(shape)

    def uniform(self, shape: Shape, single: bool, low: float, high: float) -> Array:
        """Uniform numbers from `low` up to `high`."""
        unit = self._unit(math.prod(shape), single)
        if single:
            first, last = np.float32(low), np.float32(high)
            return fused_single(unit, last - first, first).astype(np.float64).reshape(shape)
        return fused(unit, high - low, low).reshape(shape)

    def normal(self, shape: Shape, single: bool, mean: float = 0.0, std: float = 1.0) -> Array:
        """Normal numbers."""
        count = math.prod(shape)
        if count < BLOCK:
            alone = np.array([self._one_normal() for _ in range(count)])
            found = fused(alone, std, mean)
            return (found.astype(np.float32) if single else found).astype(np.float64).reshape(shape)
        make = _blocks_single if single else _blocks
        unit = self._unit(count, single)
        whole = count // BLOCK * BLOCK
        found = np.empty(count)
        found[:whole] = make(unit[:whole].reshape(-1, BLOCK), mean, std).ravel()
        if whole < count:  # the last ones are made anew, over some of those before
            found[count - BLOCK :] = make(self._unit(BLOCK, single).reshape(1, BLOCK), mean, std).ravel()
        return found.reshape(shape)

    def _one_normal(self) -> float:
        """One normal number by Box and Muller, in doubles whatever the dtype is."""
        if self._next_normal is not None:
            found, self._next_normal = self._next_normal, None
            return found
        first, second = self._unit(2, single=False).tolist()
        radius = math.sqrt(-2.0 * math.log1p(-second))
        angle = 2.0 * math.pi * first
        self._next_normal = radius * math.sin(angle)
        return radius * math.cos(angle)

    def normal_of(self, mean: Any, std: Any, shape: Shape, single: bool) -> Array:
        """Normal numbers with a mean or a standard deviation each."""
        dtype = np.float32 if single else np.float64
        drawn = self.normal(shape, single).astype(dtype)
        found: Array = (drawn * np.asarray(std, dtype) + np.asarray(mean, dtype)).astype(np.float64)
        return found

    def randint(self, low: int, high: int, shape: Shape) -> Array:
        """Integers from `low` up to, and without, `high`."""
        count, span = math.prod(shape), high - low
        drawn = self._longs(count) if span >= _WIDE else self._words(count)
        return ((drawn % np.uint64(span)).astype(np.int64) + low).reshape(shape)

    def seeds(self, count: int) -> Array:
        """Whole numbers of 63 bits, as PyTorch seeds what a loader uses."""
        return self._longs(count) & np.uint64((1 << 63) - 1)

    def randperm(self, count: int) -> Array:
        """The numbers from 0 to `count` - 1 in random order."""
        order = list(range(count))
        for place, word in enumerate(self._words(max(count - 1, 0)).tolist()):
            other = place + word % (count - place)
            order[place], order[other] = order[other], order[place]
        return np.array(order, np.int64)

    def bernoulli(self, p: Array, single: bool) -> Array:
        """1 with each probability, else 0."""
        dtype = np.float32 if single else np.float64
        unit = self._unit(p.size, single).reshape(p.shape)
        return (unit < p.astype(dtype)).astype(np.float64)

    def trials(self, shape: Shape, p: float) -> Array:
        """1 with one probability for all, else 0: `bernoulli_`, and what dropout keeps."""
        return (self._unit(math.prod(shape), single=False) < p).astype(np.float64).reshape(shape)

    def exponential(self, shape: Shape, single: bool, rate: float) -> Array:
        """Exponential numbers."""
        unit = self._unit(math.prod(shape), single=False)
        found = -1.0 / rate * _each(math.log1p, -unit)
        return (found.astype(np.float32) if single else found).astype(np.float64).reshape(shape)

    def multinomial(self, weights: Array, count: int, replacement: bool, single: bool) -> Array:
        """Places drawn by their weights, of one row (n,) or of several (m, n)."""
        dtype = np.float32 if single else np.float64
        rows: Any = weights.astype(dtype).reshape(-1, weights.shape[-1])
        if replacement and count > 1:
            sums: Any = np.cumsum(rows, axis=1, dtype=dtype)
            sums = sums / sums[:, -1:]
            unit = self._unit(len(rows) * count, single=False).reshape(len(rows), count)
            found = np.array(
                [np.searchsorted(each.astype(np.float64), one) for each, one in zip(sums, unit, strict=True)]
            )
        else:
            waits = self.exponential(rows.shape, single, 1.0).astype(dtype)
            found = np.argsort(-(rows / waits), axis=1, kind="stable")[:, :count]
        return found.astype(np.int64).reshape((*weights.shape[:-1], count))


def _each(function: Callable[[float], float], values: Array) -> Array:
    """A function of the mathematical library, value by value: NumPy's own differ in last places."""
    return np.array([function(each) for each in values.ravel().tolist()]).reshape(values.shape)


def _blocks(unit: Array, mean: float, std: float) -> Array:
    """Normal numbers in doubles from blocks (n, 16) of uniform ones."""
    radius = np.sqrt(-2.0 * _each(math.log, 1.0 - unit[:, :8]))
    angle = 2.0 * math.pi * unit[:, 8:]
    parts = [fused(radius * _each(each, angle), std, mean) for each in (math.cos, math.sin)]
    return np.concatenate(parts, axis=1)


def _blocks_single(unit: Array, mean: float, std: float) -> Array:
    """As `_blocks`, in single precision."""
    radius = np.sqrt(np.float32(-2) * log_single(np.float32(1) - unit[:, :8]))
    sine, cosine = sine_and_cosine_single(np.float32(2 * math.pi) * unit[:, 8:])
    parts = [fused_single(radius * each, np.float32(std), np.float32(mean)) for each in (cosine, sine)]
    return np.concatenate(parts, axis=1)
