"""Roots: against what is known of them, to the last digit where they are simple; what is no root."""

from __future__ import annotations

import math
from typing import Any

import pytest
from kept import Kept

import gradcli

SIMPLE: list[tuple[str, dict[str, Any], float]] = [
    ("x**3 - 2x - 5", {"x": 2}, 2.0945514815423265),
    ("cos(x) - x", {"x": "0:1"}, 0.7390851332151607),
    ("exp(x) = 3", {"x": 0}, math.log(3)),
    ("x**2 = 2", {"x": "0:2"}, math.sqrt(2)),
    ("sin(x) = 0.5", {"x": 1}, math.pi / 6),
    ("x**9 - 1e-9", {"x": "0:1"}, 0.1),
    ("1/x = 1e-6", {"x": 1e5}, 1e6),
    ("tan(x) - x", {"x": 4.5}, 4.493409457909064),
]


@pytest.mark.parametrize(("text", "start", "root"), SIMPLE, ids=[text for text, _, _ in SIMPLE])
def test_simple_roots_have_all_their_digits(text: str, start: dict[str, Any], root: float) -> None:
    found = gradcli.solve(text, start)
    assert found.converged, found.reason
    assert found.multiplicity == 1
    assert abs(found.place["x"] - root) <= 2 * math.ulp(root)


@pytest.mark.parametrize(("text", "times"), [("(x-1)**2", 2), ("(x-1)**3", 3), ("(x-1)**4*(x+2)", 4)])
def test_roots_that_count_several_times_are_found_exactly(text: str, times: int) -> None:
    found = gradcli.solve(text, {"x": 1.7})
    assert found.converged
    assert (found.multiplicity, found.place["x"]) == (times, 1)


def test_systems_of_numbers_and_arrays() -> None:
    found = gradcli.solve(
        "3x - cos(y*z) - 1/2; x**2 - 81*(y + 0.1)**2 + sin(z) + 1.06; exp(-x*y) + 20z + (10pi - 3)/3",
        {"x": 0.1, "y": 0.1, "z": -0.1},
    )
    assert found.converged
    assert found.place["x"] == pytest.approx(0.5, abs=1e-15)
    assert found.place["z"] == pytest.approx(-math.pi / 6, rel=1e-14)
    linear = gradcli.solve("A@v = b", {"A": [[2, 1], [1, 3]], "b": [1, 2], "v": [0, 0]}, fix=["A", "b"])
    assert linear.place["v"].tolist() == pytest.approx([0.2, 0.6], rel=1e-14)
    assert linear.sensitivities["v"]["b"].ravel().tolist() == pytest.approx([0.6, -0.2, -0.2, 0.4])


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("x**2 + 1", {"x": 1}),
        ("x**2 + y**2 + 1; x - y", {"x": 1, "y": 2}),
        ("x - 1", {"x": "2:3"}),
        ("log(x)", {"x": -1}),
    ],
)
def test_what_is_no_root_is_not_called_one(text: str, start: dict[str, Any]) -> None:
    found = gradcli.solve(text, start)
    assert not found.converged
    assert found.reason
    assert found.status == 1


def test_sensitivities_agree_with_differences() -> None:
    def at(a: float) -> Any:
        return gradcli.solve("x**2 + a*y = 3; y - sin(a*x) = 0.2", {"x": 1, "y": 1, "a": a}, fix="a")

    found, width = at(0.7), 1e-6
    for name in ("x", "y"):
        slope = (at(0.7 + width).place[name] - at(0.7 - width).place[name]) / (2 * width)
        assert found.sensitivities[name]["a"] == pytest.approx(slope, rel=1e-7)


def test_a_statement_sets_the_leaves_that_it_solved_for() -> None:
    kept = Kept("x = 2; solve x**2 - 9")
    assert kept.value("x") == 3
    kept.run("y = 1; solve y**2 + 1")
    assert kept.value("y") == 1


def test_json_has_the_unknowns_among_the_variables() -> None:
    found = gradcli.solve("x**2 = a", {"x": 1, "a": 4}, fix="a").to_dict()
    assert found["variables"] == {"x": 2, "a": 4}
    assert found["sensitivities"] == {"x": {"a": 0.25}}
    assert found.keys() >= {"residual", "converged", "reason", "multiplicity", "evaluations", "warnings"}
