"""Plots: where curves are cut and marked, how high the picture is, and what it looks like in every form."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hostile import HOSTILE

import gradcli
from gradcli.capabilities.plot import Plot
from gradcli.text.errors import GradcliError
from gradcli.text.excerpt import measure
from gradcli.writing.curves import Picture, ticks

FORMULAS = (
    *("sin(x**2)", "1/x", "tan(x)", "abs(x)", "exp(x)", "exp(-1/x**2)", "floor(x)", "sqrt(x)", "log(abs(x))"),
    *(
        "x",
        "3",
        "0*x",
        "1e300*x",
        "1e-300*x",
        "x > 1",
        "gamma(x)",
        "where(x > 1, x**2, x)",
        "sin(50x)",
        "1/(x - 1)**2",
    ),
)


def pictured(
    expression: str | list[str], variables: dict[str, Any] | None = None, **settings: Any
) -> Picture:
    found = gradcli.plot(expression, variables or {"x": "-3:3"}, **settings)
    picture = found._picture
    assert isinstance(picture, Picture)
    return picture


@pytest.mark.parametrize(
    ("expression", "breaks"),
    [
        ("1/x", [0]),
        ("tan(x)", [-math.pi / 2, math.pi / 2]),
        ("1/(x - 0.3)", [0.3]),
        ("1/(x**2 - 1)", [-1, 1]),
        ("floor(x/2)", [-2, 0, 2]),
        ("x % 2", [-2, 0, 2]),
        ("sign(x - 0.1)", [0.1]),
        ("where(x > 1, x**2, x + 5)", [1]),
        ("sin(x**2)", []),
        ("abs(x)", []),
        ("exp(3x)", []),
        ("tanh(20x)", []),
        ("max(x, x**3)", []),
        ("x**5 - 30x", []),
    ],
)
def test_a_curve_is_open_at_poles_and_jumps_and_nowhere_else(expression: str, breaks: list[float]) -> None:
    (curve,) = pictured(expression, order=0).curves
    long = [piece for piece in curve.pieces if piece[1] > piece[0]]
    ends = [(curve.xs[a[1]], curve.xs[b[0]]) for a, b in pairwise(long)]
    assert len(ends) == len(breaks), ends
    for (left, right), wanted in zip(ends, breaks, strict=True):
        assert left - 0.03 <= wanted <= right + 0.03


@pytest.mark.parametrize(
    ("expression", "kinks"),
    [
        ("abs(x)", [0]),
        ("abs(x - 0.123)", [0.123]),
        ("max(x, x**2)", [0, 1]),
        ("relu(x - 1) + relu(-x)", [0, 1]),
        ("clamp(x, -1, 2)", [-1, 2]),
        ("where(x > 1, 2x - 1, x)", [1]),
        ("abs(sin(x))", [0]),
        ("min(x, 1 - x, 0.2)", [0.2, 0.8]),
        ("x*abs(x)", []),
        ("abs(x)**3", []),
        ("floor(x)", []),
        ("x**2", []),
        ("where(x > 1, x**2, x + 5)", []),
    ],
)
def test_kinks_are_marked_where_they_are(expression: str, kinks: list[float]) -> None:
    picture = pictured(expression, {"x": "-3:3.1"})
    assert [x for x, _ in picture.marks] == pytest.approx(kinks, abs=1e-12)
    derivative = picture.curves[1]
    for kink in kinks:
        across = [
            a
            for a, b in derivative.pieces
            if derivative.xs[a] < kink - 1e-9 and derivative.xs[b] > kink + 1e-9
        ]
        assert not across


def test_a_pole_does_not_ruin_the_height() -> None:
    low, high = pictured("1/x").y_range
    assert -20 < low < -1
    assert 1 < high < 20
    assert pictured("sin(x)", order=0).y_range == pytest.approx((-1, 1), abs=1e-3)
    assert pictured("exp(x)", order=0).y_range == pytest.approx((math.exp(-3), math.exp(3)))
    low, high = pictured("log(x)", {"x": "0:3"}).y_range
    assert low > -20
    assert high < 20


def test_rows_are_those_of_a_table() -> None:
    found = gradcli.plot("a*x**2", {"x": "0:1:0.25", "a": 3})
    assert found.rows == gradcli.table("a*x**2", {"x": "0:1:0.25", "a": 3}).rows
    assert len(gradcli.plot("x", {"x": "0:1"})) == 101
    assert found.to_dict()["rows"][1] == {"x": 0.25, "value": 0.1875, "dvalue_dx": 1.5}


def test_curves_are_exact_derivatives() -> None:
    picture = pictured("sin(x)", order=2)
    orders: list[Callable[[Any], Any]] = [np.sin, np.cos, lambda x: -np.sin(x)]
    for curve, wanted in zip(picture.curves, orders, strict=True):
        assert curve.ys == pytest.approx(wanted(curve.xs), abs=1e-15)


def test_a_derivative_is_drawn_where_its_formula_is() -> None:
    _, slope = pictured("log(x)").curves
    assert np.isnan(slope.ys[slope.xs < 0]).all()


@pytest.mark.parametrize("expression", FORMULAS)
def test_a_chart_fits_a_terminal_without_colour(expression: str) -> None:
    pytest.importorskip("plotille")
    lines = gradcli.plot([expression, "x"], {"x": "-3:3"}).text().split("\n")
    assert len(lines) <= 21
    assert all(measure(line).width <= 80 for line in lines)
    assert "\x1b" not in "".join(lines)
    assert lines[0].startswith("━━━ ")
    assert re.search(r"[⠁-⣿]", "".join(lines))


def test_curves_are_told_apart_without_colour() -> None:
    pytest.importorskip("plotille")
    (legend, *_) = gradcli.plot(["x", "x**2", "x**3"], {"x": "0:1"}).text().split("\n")
    samples = re.findall(r"(\S+(?: \S)?) x", legend)
    assert len(set(samples)) == 3


@pytest.mark.parametrize(("form", "start"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_files_are_pictures_and_the_same_each_time(form: str, start: bytes) -> None:
    pytest.importorskip("matplotlib")
    found = gradcli.plot("abs(sin(x)) + 1/x", {"x": "-3:3"}, data=[[0, 1], [1, 2]])
    written = found.written(form)
    assert written.startswith(start)
    assert written == found.written(form)
    assert gradcli.plot("x*y", {"x": "0:1", "y": "0:2"}).written(form).startswith(start)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_text(name: str) -> None:
    found = gradcli.plot(f"`{name}`**2", {name: "0:1"})
    assert found.rows[1][name] == 0.01
    pytest.importorskip("plotille")
    pytest.importorskip("matplotlib")
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", found.text())
    written = found.written("svg")
    assert isinstance(written, bytes)
    assert not set(re.findall(rb"<(\w+)", written)) & {b"script", b"img", b"a", b"text"}


def test_points_are_columns_by_their_names_or_the_first_two(tmp_path: Path) -> None:
    file = tmp_path / "m.csv"
    file.write_text("t,y,x\n9,1,0\n9,nan,1\n9,3,2\n", encoding="utf-8")
    assert pictured("y = x**2", {"x": "0:1"}, data=str(file)).points == ((0, 1), (2, 3))
    assert pictured("q**2", {"q": "0:1"}, data=str(file)).points == ((9, 1), (9, 3))
    assert pictured("x", {"x": "0:1"}, data=[[0, 5], [1, 7]]).points == ((0, 5), (1, 7))


@pytest.mark.parametrize(
    ("expression", "variables", "message"),
    [
        ("x**2", {"x": 3}, "no variable has a range"),
        ("[x, 1]", {"x": "0:1"}, "curves are of single numbers"),
        ("log(x)", {"x": "-2:-1"}, "there is nothing to draw"),
        ("x", {"x": "0:0"}, "a range of one point"),
        ("x*y*z", {"x": "0:1", "y": "0:1", "z": "0:1"}, "one range draws curves, two a contour map"),
        (["x", "y"], {"x": "0:1", "y": "0:1"}, "a contour map is of one formula"),
    ],
)
def test_mistakes(expression: str, variables: dict[str, Any], message: str) -> None:
    with pytest.raises(GradcliError, match=message):
        gradcli.plot(expression, variables)


def test_a_contour_map_is_no_text() -> None:
    found = gradcli.plot("x*y", {"x": "0:1:1", "y": "0:1:1"})
    assert isinstance(found, Plot)
    assert len(found.rows) == 4
    with pytest.raises(GradcliError, match="drawn into a file"):
        found.text()


@pytest.mark.parametrize(
    ("low", "high", "most", "found"),
    [
        (-3, 3, 7, [-3, -2, -1, 0, 1, 2, 3]),
        (0, 1, 5, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (0.001, 0.0015, 3, [0.001, 0.0012, 0.0014]),
        (1e300, 3e300, 4, [1e300, 1.5e300, 2e300, 2.5e300, 3e300]),
        (1, 1, 4, []),
    ],
)
def test_ticks_are_round_numbers(low: float, high: float, most: int, found: list[float]) -> None:
    assert ticks(low, high, most) == pytest.approx(found)


def test_an_uncertain_curve_has_a_band_of_one_standard_uncertainty() -> None:
    variables = {"a": gradcli.Uncertain(2, 0.1), "x": "0:3"}
    picture = pictured(["a*x", "x**2"], variables, order=0)
    ((below, above),) = picture.bands
    assert (below.label, below.family) == ("a*x ± u", 0)
    assert above.ys - below.ys == pytest.approx(2 * 0.1 * above.xs, abs=1e-14)
    assert picture.y_range[1] == 9
    assert not pictured("a*x", {"a": 2, "x": "0:3"}).bands
    assert gradcli.plot("a*x", variables).rows[-1]["value_uncertainty"] == pytest.approx(0.3)


def test_second_order_is_that_of_a_table() -> None:
    variables = {"x": "0:2:0.5", "a": gradcli.Uncertain(1, 0.2)}
    drawn = gradcli.plot("exp(a*x)", variables, second_order=True)
    assert drawn.rows == gradcli.table("exp(a*x)", variables, second_order=True).rows
    (curve, _), ((below, above),) = drawn._picture.curves, drawn._picture.bands
    for row, y, low, high in zip(drawn.rows, curve.ys, below.ys, above.ys, strict=True):
        assert y == row["value"]
        assert high - y == pytest.approx(row["value_uncertainty"])
        assert y - low == pytest.approx(row["value_uncertainty"])
    plain = gradcli.plot("exp(a*x)", variables)
    assert plain.rows[-1]["value"] < drawn.rows[-1]["value"]


@pytest.mark.parametrize(
    ("text", "given"), [("x**3", "-1e100:1e100"), ("x", "0:1e308"), ("x", "-1e308:1e308"), ("x", "0:1e-300")]
)
def test_ends_of_the_doubles_are_drawn(text: str, given: str) -> None:
    """A straight line, or a cubic, goes through every row, and from end to end."""
    drawn = gradcli.plot(text, {"x": given}, order=0).text().splitlines()[1:-2]
    assert all(re.search("[\u2801-\u28ff]", line) for line in drawn[:: 1 if text == "x" else len(drawn)])
    assert re.search("[\u2801-\u28ff]$", drawn[0])
