"""Minima: places against what is known of them, verdicts, constraints, sensitivities against differences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from kept import Kept

import gradcli
from gradcli.capabilities.record import capability
from gradcli.search import minimize as search
from gradcli.search.minimize import METHODS

# The formula, its start, and the least value that is known (More, Garbow and Hillstrom; Andrei).
KNOWN: list[tuple[str, dict[str, Any], float | None]] = [
    ("(1-x)**2 + 100*(y-x**2)**2", {"x": -1.2, "y": 1}, 0.0),
    ("(x**2 + y - 11)**2 + (x + y**2 - 7)**2", {"x": 1, "y": 1}, 0.0),
    ("(1.5 - x*(1-y))**2 + (2.25 - x*(1-y**2))**2 + (2.625 - x*(1-y**3))**2", {"x": 1, "y": 1}, 0.0),
    ("(x + 10y)**2 + 5*(z - w)**2 + (y - 2z)**4 + 10*(x - w)**4", {"x": 3, "y": -1, "z": 0, "w": 1}, 0.0),
    ("(x - 1e6)**2 + (y - 2e-6)**2 + (x*y - 2)**2", {"x": 1, "y": 1}, 0.0),
    ("(-13 + x + ((5-y)*y - 2)*y)**2 + (-29 + x + ((y+1)*y - 14)*y)**2", {"x": 0.5, "y": -2}, 48.98425367924),
    ("sum(100*(v[1:] - v[:-1]**2)**2 + (1 - v[:-1])**2)", {"v": np.full(12, -1.0)}, None),
    ("sum((v - arange(300)/300)**2) + sum(v**4)/300", {"v": np.zeros(300)}, None),
    ("exp(x) - 2x", {"x": 0}, 2 - 2 * np.log(2)),
    ("x**4", {"x": 1}, 0.0),
    ("1e300*x**2", {"x": 1}, 0.0),
    ("1e307*(x - 2)**2", {"x": 1}, 0.0),
    ("exp(x) - x - 1", {"x": 1e-8}, 0.0),
]


@pytest.mark.parametrize(("text", "start", "least"), KNOWN, ids=[text for text, _, _ in KNOWN])
def test_known_minima_are_found(text: str, start: dict[str, Any], least: float | None) -> None:
    found = gradcli.minimize(text, start)
    assert found.converged, found.reason
    assert found.kind in ("minimum", "flat")
    if least is not None:
        assert found.value == pytest.approx(least, rel=1e-11, abs=1e-15)
    assert found.gradient_norm < 1e-6


@pytest.mark.parametrize(
    ("text", "start", "kind"),
    [
        ("(x+y)**2", {"x": 1, "y": 2}, "flat"),
        ("x**2 - y**2", {"x": 1, "y": 0}, "unfinished"),
        ("x", {"x": 1}, "unfinished"),
        ("log(x)", {"x": -1}, "unfinished"),
        ("x**3", {"x": 0}, "saddle"),
        ("x**4", {"x": 1}, "minimum"),
        ("abs(x - 2) + abs(y)", {"x": 0, "y": 1}, "minimum"),
        ("0*x + 3", {"x": 1}, "flat"),
        ("exp(-x)", {"x": 0}, "unfinished"),
    ],
)
def test_verdicts(text: str, start: dict[str, Any], kind: str) -> None:
    found = gradcli.minimize(text, start)
    assert found.kind == kind
    assert found.status == (kind in ("unfinished", "saddle"))


def test_constraints_may_be_written_with_one_equals_sign() -> None:
    found = gradcli.minimize("x**2 + y**2", {"x": 0, "y": 0}, subject_to=["x + y = 2"])
    assert (found.kind, found.place["x"]) == ("minimum", pytest.approx(1))


def test_a_linear_program_ends_in_a_corner() -> None:
    found = gradcli.minimize(
        "2x + 3y", {"x": 0, "y": 0}, subject_to=["x + y >= 1"], bounds={"x": (0, None), "y": (0, None)}
    )
    assert (found.converged, found.place["y"]) == (True, 0)


def test_a_start_at_a_saddle_is_left() -> None:
    found = gradcli.minimize("x**4 - x**2 + y**2", {"x": 0, "y": 0})
    assert found.kind == "minimum"
    assert abs(found.place["x"]) == pytest.approx(np.sqrt(0.5), rel=1e-12)


def test_a_saddle_in_which_a_search_ends_is_left() -> None:
    # The search moves along y = 0 at first, where the function is least at a saddle point.
    found = gradcli.minimize("(x-1)**2 + y**4 - y**2", {"x": 5, "y": 0})
    assert found.kind == "minimum"
    assert found.value == pytest.approx(-0.25, rel=1e-12)


def test_constraints_and_bounds_hold() -> None:
    found = gradcli.minimize(
        "(x-1)**2 + (y-2.5)**2",
        {"x": 2, "y": 0},
        subject_to=["x - 2y + 2 >= 0", "6 >= x + 2y", "x + 2 >= 2y"],
        bounds={"x": (0, None), "y": (0, None)},
    )
    assert (found.place["x"], found.place["y"]) == (
        pytest.approx(1.4, rel=1e-9),
        pytest.approx(1.7, rel=1e-9),
    )
    assert found.kind == "minimum"
    equal = gradcli.minimize("x**2 + 2y**2 + 3z**2", {"x": 1, "y": 1, "z": 1}, subject_to="x + y + z == 11")
    assert equal.place["x"] == pytest.approx(6, rel=1e-12)
    bounded = gradcli.minimize("(x-3)**2", {"x": 0}, bounds={"x": (0, 1)})
    assert bounded.on_bound == ("x",)


@pytest.mark.parametrize(
    ("text", "start", "options"),
    [
        ("(x - a)**2 + a*x**4", {"x": 1, "a": 0.7}, {}),
        ("exp(a*x) - 3x + y**2*a + x*y", {"x": 0, "y": 1, "a": 1.3}, {}),
        ("(x-a)**2 + (y-2)**2", {"x": 3, "y": 1, "a": 1.0}, {"subject_to": "x + a*y <= a"}),
        ("x**2 + a*y**2", {"x": 1, "y": 1, "a": 2.0}, {"subject_to": "x*y == a"}),
    ],
)
def test_sensitivities_agree_with_differences(
    text: str, start: dict[str, Any], options: dict[str, Any]
) -> None:
    found = gradcli.minimize(text, start, fix="a", **options)
    width = 1e-4
    sides = [
        gradcli.minimize(text, {**found.place, "a": start["a"] + side * width}, fix="a", **options)
        for side in (-1, 1)
    ]
    for name in found.place:
        slope = (sides[1].place[name] - sides[0].place[name]) / (2 * width)
        assert found.sensitivities[name]["a"] == pytest.approx(slope, rel=1e-5, abs=1e-7)
    slope = (sides[1].value - sides[0].value) / (2 * width)
    assert found.value_sensitivities["a"] == pytest.approx(slope, rel=1e-5, abs=1e-7)


def test_random_starts_follow_from_the_seed() -> None:
    first, again = (gradcli.minimize("x**4 - x**2 + 0.1x", {"x": 2}, start_from=5, seed=3) for _ in range(2))
    assert [each.variables for each in first.minima] == [each.variables for each in again.minima]
    assert len(first.minima) == 2
    assert first.value == min(each.value for each in first.minima)
    starts = [start["x"] for each in first.minima for start in each.starts]
    assert len(set(starts)) == len(starts)
    for each in first.minima:
        for start in each.starts:
            found = gradcli.minimize("x**4 - x**2 + 0.1x", start)
            assert found.place["x"] == pytest.approx(each.variables["x"], rel=1e-5)


def test_a_statement_sets_the_leaves_that_it_searched_in() -> None:
    kept = Kept("x = 3; y = (x-1)**2; minimize y")
    assert kept.value("x") == 1
    kept.run("z = 5; minimize z")  # which has no minimum
    assert kept.value("z") == 5


DATA = {"u": np.array([1.0, 2, 6, 3, 5]), "v": np.array([0.0, 1, 1, 0, 1])}


@pytest.mark.parametrize("mean", [False, True])
@pytest.mark.parametrize("rows", [2, 16_384])
def test_rows_are_summed(mean: bool, rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gradcli.capabilities.rows.CHUNK", rows)
    text = "softplus(a + b*u) - v*(a + b*u) + k*(a**2 + b**2)"
    start = {"a": 0, "b": 0, "k": 0.3}
    found = gradcli.minimize(text, start, data=DATA, mean=mean, fix="k")
    whole = gradcli.minimize(
        f"{'mean' if mean else 'sum'}({text})", {**start, **DATA}, fix=["k", "u", "v"], method="trust-exact"
    )
    assert found.value == pytest.approx(whole.value, rel=1e-13)
    for name in "ab":
        assert found.place[name] == pytest.approx(whole.place[name], rel=1e-11)
        assert found.sensitivities[name]["k"] == pytest.approx(whole.sensitivities[name]["k"], rel=1e-9)
    assert found.value_sensitivities["k"] == pytest.approx(whole.value_sensitivities["k"], rel=1e-11)


@pytest.mark.parametrize("unit", [1e-9, 1e-21, 1e-40])
@pytest.mark.parametrize(
    "limits", [{"bounds": {"x": (None, 2)}}, {"subject_to": "x + y >= 1"}, {"subject_to": ["x <= 2"]}]
)
def test_small_values_are_minimized_as_others_are(unit: float, limits: dict[str, Any]) -> None:
    text = "u*((1-x)**2 + 100*(y-x**2)**2)"
    usual = gradcli.minimize(text, {"x": -1.2, "y": 1, "u": 1}, fix="u", **limits)
    found = gradcli.minimize(text, {"x": -1.2, "y": 1, "u": unit}, fix="u", **limits)
    assert found.converged, found.reason
    for name in ("x", "y"):
        assert found.place[name] == pytest.approx(usual.place[name], rel=1e-9)


def test_values_of_usual_size_are_minimized_as_they_are() -> None:
    """A unit would lengthen the first step, and another minimum be found than that beside the limit."""
    found = gradcli.minimize("sin(x)", {"x": 0.5}, subject_to="x >= 2")
    assert found.place["x"] == pytest.approx(1.5 * np.pi)


@pytest.mark.parametrize("impossible", ["x**2 + y**2 = -1", "x*y = 0; x + y = 1e200", "sqrt(x - 2) >= 0"])
def test_constraints_that_cannot_be_held_are_told(impossible: str) -> None:
    found = gradcli.minimize("x**2 + y**2", {"x": 1, "y": 1}, subject_to=impossible.split("; "))
    assert not found.converged
    assert found.reason == "no place was found that holds all constraints"
    assert np.isfinite([found.place["x"], found.place["y"]]).all()


def test_constraints_count_once_beside_rows() -> None:
    found = gradcli.minimize("(u - m*k)**2", {"m": 0, "k": 3}, data=DATA, subject_to="m >= k", fix="k")
    assert found.place["m"] == pytest.approx(3)
    assert found.sensitivities["m"]["k"] == pytest.approx(1)
    # d/dk of the sum of (u - k**2)**2
    assert found.value_sensitivities["k"] == pytest.approx(-4 * 3 * np.sum(DATA["u"] - 9), rel=1e-9)


def test_methods_are_those_of_the_record() -> None:
    (option,) = (each for each in capability("minimize").declared.options if each.parameter == "method")
    assert option.choices == tuple(METHODS)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_finds_a_plain_minimum(method: str) -> None:
    found = gradcli.minimize("(1-x)**2 + 10*(y-x**2)**2", {"x": -1, "y": 1}, method=method)
    assert found.converged
    assert (found.place["x"], found.place["y"]) == (pytest.approx(1, abs=1e-7), pytest.approx(1, abs=1e-7))


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"method": "bfgs", "bounds": {"x": (0, 1)}}, "bfgs takes no bounds"),
        ({"method": "l-bfgs-b", "subject_to": "x >= 1"}, "l-bfgs-b takes no constraints"),
        ({"mean": True}, "mean=True is over the rows"),
        ({"data": {"y": [1.0]}}, "no variable is left|does not occur"),
    ],
)
def test_what_does_not_go_together_is_refused(options: dict[str, Any], told: str) -> None:
    start = {} if "data" in options else {"x": 3}
    text = "y**2" if "data" in options else "x**2"
    with pytest.raises(gradcli.GradcliError, match=told):
        gradcli.minimize(text, start, **options)


def test_ctrl_c_keeps_the_best_place_so_far() -> None:
    calls = 0

    def value(x: Any) -> tuple[float, Any]:
        nonlocal calls
        calls += 1
        if calls == 4:
            raise KeyboardInterrupt
        return float(np.sum(x**4)), 4 * x**3

    found = search.minimize(search.Objective(value, lambda x: np.diag(12 * x**2)), np.array([3.0]))
    assert not found.converged
    assert found.reason == "the search was stopped"
    assert 0 < found.place[0] < 3


def test_json_has_the_place_among_the_variables() -> None:
    found = gradcli.minimize("(x - a)**2", {"x": 0, "a": 2}, fix="a").to_dict()
    assert found["variables"] == {"x": 2, "a": 2}
    assert found["sensitivities"] == {"x": {"a": 1}}
    assert found.keys() >= {"value", "gradient_norm", "kind", "converged", "evaluations", "warnings"}
