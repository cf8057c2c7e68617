"""Numbers and arrays as text."""

from __future__ import annotations

import math
import struct
from math import inf, nan
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcli.text.json import json_text, json_value
from gradcli.text.values import labelled, number, numbers, plain, uncertain

# Numbers

NUMBERS = [
    (4.0, "4"),
    (0.0, "0"),
    (-0.0, "-0"),
    (-4.5, "-4.5"),
    (0.1, "0.1"),
    (1 / 3, "0.3333333333333333"),
    (100000.0, "100000"),
    (1e15, "1000000000000000"),
    (9007199254740993.0, "9007199254740992"),
    (1e16, "1e16"),
    (1.5e300, "1.5e300"),
    (-1e-5, "-1e-5"),
    (1e-10, "1e-10"),
    (1.25e-7, "1.25e-7"),
    (1e100, "1e100"),
    (0.0001, "0.0001"),
    (5e-324, "5e-324"),
    (nan, "nan"),
    (-nan, "nan"),
    (inf, "inf"),
    (-inf, "-inf"),
    (np.float64(0.1), "0.1"),
    (np.float64("inf"), "inf"),
    (np.int64(3), "3"),
    (7, "7"),
]

ROUNDED = [
    (0.1, 3, "0.1"),
    (1 / 3, 5, "0.33333"),
    (2 / 3, 3, "0.667"),
    (2.0, 5, "2"),
    (1234567.0, 3, "1230000"),
    (-1.99999, 3, "-2"),
    (1.23456e-7, 3, "1.23e-7"),
    (1.23456e20, 2, "1.2e20"),
    (1.7976931348623157e308, 2, "1.8e308"),
    (1 / 3, 17, "0.3333333333333333"),
    (-0.0, 3, "-0"),
    (nan, 3, "nan"),
    (-inf, 1, "-inf"),
    (0.15, 0, "0.1"),
]


@pytest.mark.parametrize(("x", "text"), NUMBERS)
def test_number(x: float, text: str) -> None:
    assert number(x) == text


@pytest.mark.parametrize(("x", "digits", "text"), ROUNDED)
def test_number_to_some_digits(x: float, digits: int, text: str) -> None:
    assert number(x, digits) == text


@given(st.floats(allow_nan=False))
def test_a_number_reads_back_to_the_same_double(x: float) -> None:
    assert struct.pack("d", float(number(x))) == struct.pack("d", x)
    assert len(number(x)) <= len(repr(x))


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(1, 17))
def test_rounding_keeps_so_many_digits(x: float, digits: int) -> None:
    text = number(x, digits)
    assert float(text) == float(f"{x:.{digits - 1}e}")
    mantissa = text.partition("e")[0].lstrip("-").replace(".", "").strip("0")
    assert len(mantissa) <= digits


@given(st.lists(st.floats()), st.none() | st.integers(1, 17))
def test_a_column_is_written_like_its_cells(column: list[float], digits: int | None) -> None:
    expected = [number(x, digits) for x in column]
    assert numbers(column, digits) == expected
    assert numbers(np.array(column), digits) == expected
    assert numbers((np.float64(x) for x in column), digits) == expected


# Values

VALUES = [
    (None, "none"),
    (True, "True"),
    (np.bool_(False), "False"),
    (4.0, "4"),
    (np.array(0.5), "0.5"),
    (np.array(True), "True"),
    (np.array([1.0, 2.5, -3.0]), "[1, 2.5, -3]"),
    (np.array([True, False]), "[True, False]"),
    (np.array([nan, inf, -0.0]), "[nan, inf, -0]"),
    (np.zeros(0), "[]"),
    (np.zeros((2, 0)), "[[],\n []]"),
    (np.zeros((0, 3)), "[]"),
    (np.array([[1.0, 2.0], [3.0, 4.0]]), "[[1, 2],\n [3, 4]]"),
    (np.array([[1.0, 20.0], [-300.0, 0.5]]), "[[   1,  20],\n [-300, 0.5]]"),
    (np.array([[True, False]]), "[[True, False]]"),
    (
        np.array([[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 10.0]]]),
        "[[[1,  2],\n  [3,  4]],\n [[5,  6],\n  [7, 10]]]",
    ),
]


@pytest.mark.parametrize(("value", "text"), VALUES)
def test_plain(value: Any, text: str) -> None:
    assert plain(value) == text


def test_plain_on_one_line() -> None:
    assert plain(np.array([[1.0, 20.0], [3.0, 4.0]]), multiline=False) == "[[1, 20], [3, 4]]"


def test_plain_to_some_digits() -> None:
    assert plain(np.array([[1 / 3, 1.0], [2 / 3, 10.0]]), 2) == "[[0.33,  1],\n [0.67, 10]]"
    assert plain(1 / 3, 2) == "0.33"


@pytest.mark.parametrize("block", [1, 3, 4, 5])
@pytest.mark.parametrize("shape", [(11,), (2, 4), (3, 1), (2, 3, 2), (0, 3), (2, 0)])
def test_an_array_is_the_same_by_blocks(
    block: int, shape: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    array = np.resize([1.0, -2.5, np.nan, 1e20, -0.0, np.inf, 3], shape)
    whole = plain(array), plain(array, multiline=False), json_text(array)
    assert whole[2] == json_text(json_value(array))
    monkeypatch.setattr("gradcli.text.values._BLOCK", block)
    assert (plain(array), plain(array, multiline=False), json_text(array)) == whole


def test_plain_is_complete_unless_it_is_told_a_limit() -> None:
    long = np.arange(5000.0)
    assert plain(long).count(",") == 4999
    assert plain(long, limit=5000).count(",") == 4999
    assert plain(long, limit=1000) == "[0, 1, 2, …, 4997, 4998, 4999]  # shape [5000]"
    assert plain(np.arange(20.0).reshape(10, 2), limit=10) == (
        "[[ 0,  1],\n [ 2,  3],\n [ 4,  5],\n …,\n [14, 15],\n [16, 17],\n [18, 19]]  # shape [10, 2]"
    )
    assert plain(np.zeros((2, 9)), limit=10, multiline=False) == (
        "[[0, 0, 0, …, 0, 0, 0], [0, 0, 0, …, 0, 0, 0]]  # shape [2, 9]"
    )
    assert plain(np.zeros((9, 9, 9)), limit=10).count("…") == 6 * 6 + 6 + 1


@given(st.lists(st.tuples(st.floats(), st.floats(), st.floats()), min_size=1), st.booleans())
def test_a_matrix_reads_back(rows: list[tuple[float, ...]], multiline: bool) -> None:
    text = plain(np.array(rows), multiline=multiline)
    back = eval(text, {"nan": nan, "inf": inf})
    np.testing.assert_array_equal(np.array(back, dtype=float), np.array(rows))
    if multiline:
        assert len({len(line.removesuffix(",").rstrip("]")) for line in text.splitlines()}) == 1


# Values with an uncertainty

UNCERTAIN = [
    ((9.81, 0.02), "9.810 ± 0.020"),
    ((0.0123, 0.0996), "0.01 ± 0.10"),  # it carries
    ((9.81, 0.0), "9.81 ± 0"),
    ((123456.0, 3400.0), "123500 ± 3400"),
    ((2.95e6, 1.2e5), "2.95e6 ± 0.12e6"),
    ((5.67037e-8, 2.05e-13), "5.670370e-8 ± 0.000021e-8"),
    ((0.0, 1.0), "0.0 ± 1.0"),
    ((-0.001, 0.5), "0.00 ± 0.50"),
    ((2.5, 10.0), "2 ± 10"),
    ((1.0, 1e-30), "1 ± 1e-30"),
    ((1e-320, 1e-321), "1.00e-320 ± 0.10e-320"),
    ((1.7e308, 1e300), "1.700000000e308 ± 0.000000010e308"),
    ((nan, 1.0), "nan ± 1"),
    ((1.0, inf), "1 ± inf"),
]


@pytest.mark.parametrize(("pair", "text"), UNCERTAIN, ids=[text for _, text in UNCERTAIN])
def test_uncertain(pair: tuple[float, float], text: str) -> None:
    assert uncertain(*pair) == text


@given(
    st.floats(-1e12, 1e12),
    st.floats(1e-12, 1e12),
    st.integers(1, 6),
)
def test_an_uncertain_number_reads_back_to_its_last_digit(x: float, spread: float, digits: int) -> None:
    texts = uncertain(x, spread, digits).split(" ± ")
    last = math.floor(math.log10(spread)) - digits + 2  # one place coarser, as rounding may carry
    assert abs(float(texts[0]) - x) <= 0.51 * 10.0**last
    assert abs(float(texts[1]) - spread) <= 0.051 * 10.0**last


def test_arrays_of_uncertain_numbers() -> None:
    pairs = np.rec.fromarrays([np.array([[1.0, 22.0], [3.0, 4.0]]), np.array([[0.1, 0.2], [0.3, 0.04]])])
    assert plain(pairs) == "[[1.00 ± 0.10,  22.00 ± 0.20],\n [3.00 ± 0.30, 4.000 ± 0.040]]"
    assert plain(pairs[0, 0], 1) == "1.0 ± 0.1"


def test_a_label_is_shown_and_not_obeyed() -> None:
    assert labelled("d/d\x1b[31mx", np.array([[1.0], [2.0]])) == "d/d␛[31mx = [[1],\n" + " " * 13 + "[2]]"
