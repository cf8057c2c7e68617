"""Steps of variables that are given values, and sums that begin with them: the same on every surface."""

from __future__ import annotations

import pytest

import gradcli


@pytest.mark.parametrize(
    ("text", "value", "slopes"),
    [
        ("x -= 0.1*x; x*x", 0.9 * 3 * (0.9 * 3), {"x": 5.4}),
        ("x -= (x**2 - 2)/(2*x); x", 11 / 6, {"x": 1}),
        ("y = x**2; x -= 0.1*y; y + x", 11.1, {"x": 1}),
        ("x -= 0.1*x; x -= 0.1*x; x", 2.43, {"x": 1}),
        ("x += u**2; x*u", 14, {"x": 2, "u": 15}),
        ("x -= 1; x**2", 4, {"x": 4}),
        ("x -= 0.1*u*x; x*x", 5.76, {"x": 4.8, "u": None}),
        ("s = x; s -= 0.5*s; s*x", 2.25, {"x": 3}),
        ("y = 0; y += x**2; y", 9, {"x": 6}),
        ("y = 0; y += x**2; y -= 0.1*y; y", 8.1, {"x": 5.4}),
    ],
)
def test_steps_and_sums(text: str, value: float, slopes: dict[str, float | None]) -> None:
    given = {name: {"x": 3.0, "u": 2.0}[name] for name in slopes}
    for found in (gradcli.evaluate(text, given), gradcli.compile(text)(given)):
        assert found.value == pytest.approx(value, rel=1e-15)
        for name, slope in slopes.items():
            assert found.gradients[name] == (slope and pytest.approx(slope, rel=1e-15))


def test_steps_in_rows() -> None:
    found = gradcli.compile("x -= 0.5*x; x**2")(x=[2.0, 4.0])
    assert (found.value.tolist(), found.gradients["x"].tolist()) == ([1, 4], [2, 4])
