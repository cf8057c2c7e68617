"""Tables of values: points, derivatives, Python's door, statements."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from hostile import HOSTILE
from kept import shown

import gradcli


def test_points_are_the_doubles_nearest_to_the_decimals() -> None:
    (points, *_) = gradcli.table("x", {"x": "0:1:0.1"}).columns
    assert points.data is not None
    assert points.data.tolist() == [float(f"0.{k}") for k in range(10)] + [1.0]


@pytest.mark.parametrize(
    ("given", "count", "last"),
    [
        ("0:pi:pi/4", 5, math.pi),
        ("-pi:pi:pi/2", 5, math.pi),
        ("0:1:1/3", 4, 1.0),
        ("1:0:-1/7", 8, 0.0),
        ("0:0.95:0.1", 10, 0.9),
        ("0:1:0.3333", 4, 0.9999),
    ],
)
def test_a_step_that_was_worked_out_leads_to_the_end(given: str, count: int, last: float) -> None:
    rows = gradcli.table("x", {"x": given}).rows
    assert (len(rows), rows[-1]["x"]) == (count, last)


def test_rows_have_values_and_derivatives_of_every_order() -> None:
    found = gradcli.table("sin(a*x)", {"x": "0:2:0.5", "a": 3}, order=3)
    for row in found.rows:
        x = row["x"]
        assert row["value"] == pytest.approx(math.sin(3 * x), rel=1e-15)
        assert row["dvalue_dx"] == pytest.approx(3 * math.cos(3 * x), rel=1e-14)
        assert row["d2value_dx2"] == pytest.approx(-9 * math.sin(3 * x), rel=1e-14)
        assert row["d3value_dx3"] == pytest.approx(-27 * math.cos(3 * x), rel=1e-14)


def test_a_range_without_a_step_has_eleven_points() -> None:
    assert len(gradcli.table("x", {"x": "0:1"})) == 11


def test_arrays_may_be_parameters() -> None:
    found = gradcli.table("sum(v)*x", {"x": "0:1:1", "v": np.array([1.0, 2.0])})
    assert [row["value"] for row in found.rows] == [0, 3]


def test_a_statement_asks_the_same() -> None:
    assert shown("table x**2, x=0:1:1") == gradcli.table("x**2", {"x": "0:1:1"}).text()


def test_a_statement_varies_a_leaf_and_leaves_it_as_it_was() -> None:
    text = "x = 5; y = x**2; table y, x=1:2:1; x"
    assert shown(text).splitlines() == ["x  y  dy/dx", "1  1      2", "2  4      4", "5"]


def test_a_quiet_statement_shows_nothing() -> None:
    assert shown("table x, x=0:1;") == ""


def test_a_word_that_asks_is_a_name_elsewhere() -> None:
    assert shown("table = [3, 4]; table[0]; table - 1; solve = 2; solve*2") == "3\n[2, 3]\n4"


def test_a_mistake_says_what_to_type() -> None:
    with pytest.raises(gradcli.GradcliError, match="y needs a value") as caught:
        gradcli.table("x*y", {"x": "0:1"})
    assert caught.value.hint == 'gradcli.table(…, {"y": 4})'


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_text_in_markdown(name: str) -> None:
    heading = str(gradcli.table(f"`{name}`**2", {name: "0:1:1"}).written("markdown")).splitlines()[0]
    bare = re.sub(r"\\[^a-zA-Z0-9\s]", "", heading)
    assert bare.count("|") == 4  # three columns
    assert not set(bare) & set("<>&[]*_`")


def test_derivatives_that_are_0_by_rounding_are_told() -> None:
    (told,) = gradcli.table("exp(-x**2)", {"x": "0:60:15"}).warnings
    assert told.startswith("at x = 30 the gradient in x is 0 only by rounding")
    assert gradcli.table("x**2*exp(x)", {"x": "-1:1:0.5"}).warnings == ()
