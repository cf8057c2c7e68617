"""Exact sums: correctly rounded, and the same however the rows are divided."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from gradcli.arrays import Array
from gradcli.search.sums import Sums

_RNG = np.random.default_rng(1)
_MANY = 40_000


def _bits() -> Array:
    """Finite doubles of every exponent."""
    bits = _RNG.integers(0, 2**64, _MANY, dtype=np.uint64).view(np.float64)
    return np.where(np.isfinite(bits), bits, 1.0)


_LARGEST = np.finfo(np.float64).max
_NORMAL = _RNG.normal(size=_MANY)
DATA = {
    "normal": _NORMAL,
    "squares": _NORMAL**2,
    "decades": _NORMAL * 10.0 ** _RNG.uniform(-8, 8, _MANY),
    "wide": _NORMAL * np.exp(100 * _RNG.normal(size=_MANY)),
    "any bits": _bits(),
    "cancelling": np.concatenate([_NORMAL, [1e-20], -_NORMAL]),
    "mostly zero": np.where(_RNG.random(_MANY) < 0.99, 0, _NORMAL),
    "all zero": np.zeros(_MANY),
    "whole": _RNG.integers(-100, 100, _MANY).astype(float),
    "tenths": np.full(_MANY, 0.1),
    "equal powers": np.full(_MANY, 2.0**-30),
    "just below powers": np.full(_MANY, 1 - 2.0**-53),
    "subnormal": _RNG.integers(-(2**40), 2**40, _MANY) * 5e-324,
    "beyond on the way": np.concatenate([np.full(100, _LARGEST), [1.5], np.full(100, -_LARGEST), [2.0**-60]]),
    "beyond": np.full(3, -_LARGEST),
    "near the largest": np.full(_MANY, _LARGEST / _MANY),
    "few": np.array([1e16, 1, 1]),
    "none": np.array([]),
}


def exact(data: Array, parts: int = 1) -> float:
    """The correctly rounded sum over some parts, by fractions."""
    whole = sum(map(Fraction, data.tolist()), Fraction(0)) / parts
    try:
        return float(whole)
    except OverflowError:
        return math.inf if whole > 0 else -math.inf


def summed(*pieces: Array) -> Sums:
    """The sums of some pieces, one after the other."""
    sums = Sums(1)
    for piece in pieces:
        sums.add([piece], len(piece))
    return sums


@pytest.mark.parametrize("name", DATA)
def test_a_sum_is_correctly_rounded(name: str) -> None:
    sums = summed(DATA[name])
    assert sums.totals() == [exact(DATA[name])]
    assert sums.totals() == [exact(DATA[name])], "asked twice"
    if len(DATA[name]):
        assert sums.totals(mean=True) == [exact(DATA[name], len(DATA[name]))]


@pytest.mark.parametrize("name", ["decades", "cancelling", "any bits"])
@pytest.mark.parametrize("pieces", [2, 37, 4000])
def test_a_sum_does_not_depend_on_how_the_rows_are_divided(name: str, pieces: int) -> None:
    data = DATA[name]
    whole = summed(data).total()
    parts = np.array_split(data, pieces)
    assert summed(*parts).total() == whole
    merged = Sums(1)
    for place in np.random.default_rng(pieces).permutation(pieces):
        merged.merge(summed(parts[place]).total())
    assert merged.total() == whole


def test_columns_stand_alone() -> None:
    sums = Sums(2)
    sums.add([DATA["normal"], DATA["wide"]], _MANY)
    assert sums.totals() == [exact(DATA["normal"]), exact(DATA["wide"])]
    sums.clear()
    assert sums.rows == 0
    assert sums.totals() == [0, 0]


@pytest.mark.parametrize("many", [1, 100, 20_000])
@pytest.mark.parametrize(
    ("odd", "total"),
    [
        ([math.inf], math.inf),
        ([-math.inf, -math.inf], -math.inf),
        ([math.inf, -math.inf], math.nan),
        ([math.nan, math.inf], math.nan),
    ],
)
def test_what_is_not_finite_is_added_as_it_is(odd: list[float], total: float, many: int) -> None:
    data = np.concatenate([_NORMAL[:many], odd, _NORMAL[:many]])
    np.testing.assert_equal(summed(data).totals(), [total])
    merged = Sums(1)
    for part in reversed(np.array_split(data, 3)):
        merged.merge(summed(part).total())
    np.testing.assert_equal(merged.totals(), [total])


def test_a_mean_of_no_rows_is_no_number() -> None:
    assert math.isnan(Sums(1).totals(mean=True)[0])
