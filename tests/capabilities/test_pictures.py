"""Pictures of what was found: curves with data, roots and minima on them, and paths over contour maps."""

from __future__ import annotations

import pytest

import gradcli
from gradcli.capabilities.found import Found

DATA = {"x": [1.0, 2, 3, 4], "y": [2.1, 3.9, 6.2, 7.8]}


@pytest.mark.parametrize(
    ("found", "legend"),
    [
        (gradcli.fit("y = a*x + b", DATA, plot=True), "━━━ y   × data"),
        (gradcli.solve("sin(x)", {"x": "1:10"}, all_roots=True, plot=True), "━━━ sin(x)   ◆ root"),
        (gradcli.solve("x**3 - 5", {"x": 1}, plot=True), "━━━ x**3 - 5   ◆ root"),
        (gradcli.minimize("exp(x) - 2x", {"x": 3}, plot=True), "━━━ exp(x) - 2x   ◆ minimum"),
    ],
)
def test_a_curve_is_drawn_below_the_answer(found: Found, legend: str) -> None:
    answer, _, picture = found.text().partition("\n\n━━━")
    assert answer
    assert f"━━━{picture}".splitlines()[0] == legend
    assert len(picture.splitlines()) > 10


def test_a_path_over_a_contour_map_is_a_file() -> None:
    found = gradcli.minimize("(1-x)**2 + (y-x**2)**2", {"x": -1.2, "y": 1}, plot=True)
    assert b"<svg" in found.written("svg")
    with pytest.raises(gradcli.GradcliError, match="into a file"):
        found.text()


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (lambda: gradcli.fit("y = a*x + b*x*z", {**DATA, "z": [1, 2, 2, 1]}, plot=True), "reads 2: x, z"),
        (lambda: gradcli.minimize("x**2+y**2+z**2", {"x": 1, "y": 1, "z": 1}, plot=True), "3 variables"),
        (lambda: gradcli.solve("x + y; x - y", {"x": 1, "y": 2}, plot=True), "one equation in one unknown"),
        (lambda: gradcli.fit("y = a*x", DATA).written("png"), "no picture was asked for"),
    ],
)
def test_what_cannot_be_drawn_is_told(asked: object, told: str) -> None:
    assert callable(asked)
    with pytest.raises(gradcli.GradcliError, match=told):
        asked()
