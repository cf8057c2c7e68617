"""Fits: certified values, the same digits from rows of any number, errors against SciPy and simulations."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from kept import Kept

import gradcli
from gradcli.capabilities.record import capability
from gradcli.search import fit as search

NIST = json.loads((Path(__file__).parent.parent / "data" / "nist_strd.json").read_text(encoding="utf-8"))
"""Problems of NIST StRD (https://www.itl.nist.gov/div898/strd/, in the public domain)."""

UNHOLDABLE = ("Lanczos1",)
"""Whose residuals, 1e-13 of values near 1, no doubles can hold."""

X = np.array([1.0, 2, 3, 4, 5, 6])
Y = np.array([2.1, 3.9, 6.2, 7.8, 10.1, 11.9])


def problem(name: str) -> tuple[str, dict[str, Any], dict[str, float]]:
    (found,) = (each for each in NIST if each["name"] == name)
    data = dict(zip(found["columns"], np.array(found["data"]).T, strict=True))
    start = {each["name"]: each["start2"] for each in found["params"]}
    return f"{found['response']} ~ {found['model']}", data, start


@pytest.mark.parametrize("start", ["start1", "start2"])
@pytest.mark.parametrize("certified", NIST, ids=[each["name"] for each in NIST])
def test_certified_values_are_found_to_eight_digits(certified: dict[str, Any], start: str) -> None:
    model, data, _ = problem(certified["name"])
    starts = {each["name"]: each[start] for each in certified["params"]}
    found = gradcli.fit(model, data, starts)
    assert found.converged, found.reason
    holdable = certified["name"] not in UNHOLDABLE
    for each in certified["params"]:
        parameter = found.parameters[each["name"]]
        assert parameter.value == pytest.approx(each["certified"], rel=1e-8)
        if holdable:
            assert parameter.standard_error == pytest.approx(each["stddev"], rel=1e-8)
    if holdable:
        assert found.residual_sum_of_squares == pytest.approx(certified["rss"], rel=1e-8)
    else:
        assert any("good to about 2 digits" in each.message for each in found.notices)


@pytest.mark.parametrize("name", ["MGH09", "Thurber", "Nelson"])
def test_rows_in_small_chunks_give_the_same_digits(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    model, data, start = problem(name)
    whole = gradcli.fit(model, data, start)
    monkeypatch.setattr("gradcli.capabilities.rows.CHUNK", 7)
    parts = gradcli.fit(model, data, start)
    for each, other in zip(whole.parameters.values(), parts.parameters.values(), strict=True):
        assert each.value == pytest.approx(other.value, rel=1e-10)
        assert each.standard_error == pytest.approx(other.standard_error, rel=1e-10)
    assert whole.residual_sum_of_squares == pytest.approx(parts.residual_sum_of_squares, rel=1e-10)


@pytest.mark.parametrize("name", ["Misra1a", "Eckerle4"])
def test_the_covariance_agrees_with_differences_of_the_residuals(name: str) -> None:
    model, data, start = problem(name)
    found = gradcli.fit(model, data, start)
    place, columns = found.place(), []
    for k, value in enumerate(place):
        width = 1e-5 * abs(value)
        sides = []
        for side in (-1, 1):
            moved = place.copy()
            moved[k] += side * width
            given = dict(zip(found.names, moved, strict=True))
            sides.append(gradcli.compile(model.partition("~")[2].strip())(**given, x=data["x"]).value)
        columns.append((sides[1] - sides[0]) / (2 * width))
    slopes = np.array(columns).T
    expected = np.linalg.inv(slopes.T @ slopes) * found.reduced_chi_squared
    assert found.covariance == pytest.approx(expected, rel=1e-6)


def test_errors_weigh_and_are_scaled_unless_absolute() -> None:
    spread = np.array([0.1, 0.1, 0.2, 0.2, 0.3, 0.3])
    data = {"x": X, "y": Y, "s": spread}
    found = gradcli.fit("y = a*x + b", data, errors="s")
    design = np.stack([X, np.ones_like(X)], axis=1) / spread[:, None]
    inverse = np.linalg.inv(design.T @ design)
    values = inverse @ design.T @ (Y / spread)
    assert [each.value for each in found.parameters.values()] == pytest.approx(values, rel=1e-13)
    misses = (Y - values[0] * X - values[1]) / spread
    assert found.reduced_chi_squared == pytest.approx(misses @ misses / 4, rel=1e-11)
    assert found.covariance == pytest.approx(inverse * (misses @ misses / 4), rel=1e-11)
    absolute = gradcli.fit("y = a*x + b", data, errors="2*s/2", absolute=True)
    assert absolute.covariance == pytest.approx(inverse, rel=1e-11)
    low, high = absolute.parameters["a"].interval
    assert high - low == pytest.approx(2 * 1.959963984540054 * np.sqrt(inverse[0, 0]), rel=1e-11)


def test_a_bound_holds_and_so_does_what_is_fixed() -> None:
    model, data, start = problem("Misra1a")
    held = gradcli.fit(model, data, {**start, "b1": 200}, fix="b1")
    bounded = gradcli.fit(model, data, start, bounds={"b1": (0, 200)})
    assert bounded.on_bound == ("b1",)
    assert bounded.parameters["b1"].value == 200
    assert bounded.parameters["b2"].value == pytest.approx(held.parameters["b2"].value, rel=1e-12)
    assert bounded.parameters["b2"].standard_error == pytest.approx(
        held.parameters["b2"].standard_error, rel=1e-9
    )
    assert held.degrees_of_freedom == bounded.degrees_of_freedom == 13
    inside = gradcli.fit(model, data, start, bounds={"b1": (0, 300)})
    assert inside.parameters["b1"].value == pytest.approx(238.94212918, rel=1e-9)


def test_formulas_share_parameters() -> None:
    t = np.arange(6.0)
    u, v = 2 * np.exp(-0.3 * t), 2 * (1 - np.exp(-0.3 * t))
    found = gradcli.fit(
        "u = a*exp(-k*t); v = a*(1 - exp(-k*t))", {"t": t, "u": u, "v": v}, {"a": 1, "k": 0.1}
    )
    assert found.parameters["a"].value == pytest.approx(2, rel=1e-14)
    assert found.parameters["k"].value == pytest.approx(0.3, rel=1e-14)
    assert (found.rows, found.degrees_of_freedom) == (6, 10)
    assert any("made of rounding errors" in each.message for each in found.notices)


def test_definitions_and_arrays_of_parameters() -> None:
    data = {"P": np.stack([np.ones_like(X), X, X**2], axis=1), "y": Y}
    found = gradcli.fit("f(p) = sum(p*P); y = f(w)", data, {"w": [0, 0, 0]})
    assert found.names == ("w[0]", "w[1]", "w[2]")
    assert found.parameters["w"].value == pytest.approx(np.polyfit(X, Y, 2)[::-1], rel=1e-9)


@pytest.mark.parametrize("loss", ["soft_l1", "huber", "cauchy", "arctan"])
def test_robust_losses_end_where_scipys_do(loss: str) -> None:
    from scipy.optimize import least_squares

    y = Y.copy()
    y[3] += 5
    found = gradcli.fit("y = a*x + b", {"x": X, "y": y}, {"a": 1, "b": 0}, loss=loss, loss_scale=0.3)
    there = [each.value for each in found.parameters.values()]
    known = least_squares(
        lambda p: p[0] * X + p[1] - y, [1.9, 0.2], loss=loss, f_scale=0.3, xtol=1e-15, ftol=1e-15, gtol=1e-15
    )
    assert found.converged
    assert there == pytest.approx(known.x, rel=1e-6)


def test_robust_errors_are_about_those_of_repeated_experiments() -> None:
    random = np.random.default_rng(7)
    x = np.linspace(0, 10, 60)
    places, errors = [], []
    for _ in range(120):
        noise = random.standard_normal(60) * np.where(random.random(60) < 0.1, 8, 1)
        data = {"x": x, "y": 2 * x + 1 + noise}
        found = gradcli.fit("y = a*x + b", data, {"a": 1, "b": 0}, loss="huber", loss_scale=1.3)
        places.append(found.parameters["a"].value)
        errors.append(found.parameters["a"].standard_error)
    assert np.mean(errors) / np.std(places) == pytest.approx(1, abs=0.2)


@pytest.mark.parametrize(
    ("model", "start", "named", "alone"),
    [
        ("y = a*b*x", {"a": 1, "b": 2}, ("a", "b"), "y = a*x"),
        ("y = a*x + b*x + c", {}, ("a", "b"), "y = a*x + c"),
        ("y = a*exp(b + c*x)", {"a": 1, "b": 0, "c": 0.1}, ("a", "b"), "y = a*exp(c*x)"),
    ],
)
def test_what_the_data_do_not_determine_is_named(
    model: str, start: dict[str, float], named: tuple[str, ...], alone: str
) -> None:
    least = gradcli.fit(alone, {"x": X, "y": Y}, {"c": 0.1} if "exp" in alone else {}).residual_sum_of_squares
    found = gradcli.fit(model, {"x": X, "y": Y}, start)
    assert found.undetermined == (named,)
    assert found.residual_sum_of_squares == pytest.approx(least, rel=1e-9)
    assert all(np.isnan(found.parameters[name].standard_error) for name in named)
    assert any(f"do not determine {named[0]} and {named[1]}" in each for each in found.warnings)


def test_what_is_hardly_determined_is_told() -> None:
    flat = {"x": np.linspace(0, 1, 20), "y": 3 + 1e-9 * np.cos(np.arange(20.0))}
    found = gradcli.fit("y = a + b*exp(-c*x)", flat, {"a": 3, "b": 1e-8, "c": 1})
    assert any("hardly determine" in each for each in found.warnings) or found.undetermined


def test_a_saddle_is_no_fit() -> None:
    found = gradcli.fit("y = a*a*x", {"x": X, "y": Y}, {"a": 0})
    assert not found.converged
    assert found.status == 1
    assert "saddle" in found.reason


LINES = [("a*x + b", {}), ("a*x + b", {"a": 1, "b": 1}), ("a*x", {}), ("a*x**2 + b*x + c", {})]


@pytest.mark.parametrize(("model", "start"), LINES)
@pytest.mark.parametrize("response", [2 * X, 0 * X, 0 * X + 2, 0.1 * X - 0.3, 1e-9 * X, 7 - 1e6 * X])
@pytest.mark.parametrize("loss", ["linear", "huber"])
def test_exact_data_are_fitted(model: str, start: dict[str, float], response: Any, loss: str) -> None:
    through = "b" in model or np.all(response == response[0] * X)
    found = gradcli.fit(f"y = {model}", {"x": X, "y": response}, start, loss=loss)
    assert found.converged, found.reason
    if through:
        assert found.residual_standard_deviation <= 1e-14 * np.max(np.abs(response), initial=1.0)


def test_no_more_values_of_x_than_parameters_are_no_failure_either() -> None:
    found = gradcli.fit("y = a + b*x + c*x**2", {"x": [1, 1, 2, 2, 2], "y": [3, 3, 0.1, 0.1, 0.1]})
    assert found.converged, found.reason
    assert found.undetermined


DECAY = 2 * np.exp(-0.7 * X) + 0.02 * np.cos(5 * X) + np.where(X == 3, 1.0, 0)


@pytest.mark.parametrize("unit", [1e-9, 1e-15, 1e-60, 1e12])
@pytest.mark.parametrize("time", [1, 1e-12, 1e9])
@pytest.mark.parametrize(
    "options", [{}, {"loss": "cauchy"}, {"loss": "soft_l1"}, {"bounds": {"k": (0.0, 0.5)}}], ids=str
)
@pytest.mark.parametrize("starts", [["k"], ["k", "a"]], ids=str)
def test_units_do_not_count(unit: float, time: float, options: dict[str, Any], starts: list[str]) -> None:
    def fitted(unit: float, time: float) -> gradcli.Fitted:
        start = {"k": 0.3 / time, "a": unit}
        more = dict(options)
        if "loss" in more:
            more["loss_scale"] = 0.05 * unit
        if "bounds" in more:
            more["bounds"] = {"k": (0.0, 0.5 / time)}
        data = {"x": X * time, "y": DECAY * unit}
        return gradcli.fit("y = a*exp(-k*x)", data, {name: start[name] for name in starts}, **more)

    plain, found = fitted(1.0, 1.0), fitted(unit, time)
    assert plain.converged
    assert found.converged, found.reason
    for name, size in (("a", unit), ("k", 1 / time)):
        value, other = plain.parameters[name], found.parameters[name]
        assert other.value / size == pytest.approx(value.value, rel=1e-9)
        assert other.standard_error / size == pytest.approx(value.standard_error, rel=1e-9)


def test_starts_that_are_not_needed_are_made_and_others_asked_for() -> None:
    found = gradcli.fit("y = a*exp(-k*x) + b", {"x": X, "y": 3 - np.sqrt(X)}, {"k": 0.1})
    assert found.converged
    assert any("linear in a and b" in each.message for each in found.notices)
    with pytest.raises(gradcli.GradcliError, match="k is no column, and as a parameter it needs a start"):
        gradcli.fit("y = a*exp(-k*x)", {"x": X, "y": Y}, {"a": 1})


@pytest.mark.parametrize(
    ("model", "data", "options", "told"),
    [
        ("y = a*x", {"x": X, "z": Y}, {}, "there is no model"),
        ("a*x", {"x": X, "y": Y}, {}, "fitted to nothing"),
        ("1 ~ a*x", {"x": X, "y": Y}, {}, "no column"),
        ("y = 2*x", {"x": X, "y": Y}, {}, "no parameter"),
        ("y = a*x", {"x": X, "y": Y}, {"errors": "x - 3"}, "an error is more than 0"),
        ("y = a*x", {"x": X, "y": Y}, {"errors": "a*x"}, "a is a parameter"),
        ("y = a*x", {"x": X, "y": Y}, {"errors": ["x", "x"]}, "2 formulas"),
        ("y = a*x", {"x": X, "y": Y}, {"absolute": True}, "absolute=True"),
        ("y = a*x", {"x": X, "y": Y}, {"errors": "x", "absolute": True, "loss": "huber"}, "robust"),
        ("y = a*x", {"x": X, "y": Y}, {"bounds": {"a": (1, 1)}}, "no room"),
        ("y = log(a - x)", {"x": X, "y": Y}, {"variables": {"a": 1}}, "no finite value at the start"),
        ("y = a*x", {"x": X, "y": Y[:3]}, {}, "not of one length"),
        ("y = a*x", {"x": X, "y": ["u"] * 6}, {}, "no numbers"),
        ("y = a*x", {"x": X * np.nan, "y": Y}, {}, "no rows"),
        ("y = a*x > 1", {"x": X, "y": Y}, {}, "truth value"),
        ("y = [a*x, 1]", {"x": X, "y": Y}, {}, "shape"),
        ("y = a*x", {"x": X, "y": Y}, {"fix": "x"}, "is a column"),
    ],
)
def test_mistakes_are_told(model: str, data: dict[str, Any], options: dict[str, Any], told: str) -> None:
    with pytest.raises(gradcli.GradcliError, match=told):
        gradcli.fit(model, data, **options)


def test_rows_that_are_not_finite_are_passed_by() -> None:
    holes = {"x": [*X, np.nan, 7], "y": [*Y, 3, np.inf]}
    assert gradcli.fit("y = a*x", holes).rows == 6


def test_more_parameters_than_rows_have_no_errors() -> None:
    found = gradcli.fit("y = a*x + b", {"x": [1, 2], "y": [3, 5]})
    assert found.degrees_of_freedom == 0
    assert np.isnan(found.parameters["a"].standard_error)
    assert found.parameters["a"].value == pytest.approx(2, rel=1e-14)
    assert any("nothing says how exact" in each for each in found.warnings)


def test_predictions_carry_errors() -> None:
    found = gradcli.fit("y = a*x + b", {"x": X, "y": Y})
    told = found.predict({"x": [0, 3.5], "y": [0, 7]})
    design = np.stack([X, np.ones_like(X)], axis=1)
    inverse = np.linalg.inv(design.T @ design) * found.reduced_chi_squared
    at = np.array([[0, 1], [3.5, 1]])
    assert told["fitted_error"] == pytest.approx(np.sqrt(np.diag(at @ inverse @ at.T)), rel=1e-11)
    rest = found.reduced_chi_squared - told["fitted_error"] ** 2
    assert told["residual_error"] == pytest.approx(np.sqrt(np.maximum(rest, 0)), rel=1e-11)
    assert set(found.predict({"x": [1]})) == {"fitted", "fitted_error"}


def test_ctrl_c_keeps_the_best_place_so_far() -> None:
    class Stopped:
        calls = 0

        def factor(self, place: Any) -> Any:
            self.calls += 1
            if self.calls >= 4:
                raise KeyboardInterrupt
            block = np.stack([np.exp(place[0] * X) * X, np.exp(place[0] * X) - Y], axis=1)
            return search.factor_of(iter([block]), 2)

        def weighed(self, place: Any, loss: Any, scale: Any) -> Any:
            raise AssertionError

        def spread(self, place: Any, loss: Any) -> Any:
            raise AssertionError

        def curvature(self, place: Any, loss: Any) -> Any:
            raise AssertionError

    found = search.fit(Stopped(), np.array([0.1]))
    assert not found.converged
    assert found.reason == "the search was stopped"
    assert found.place[0] != 0.1


def test_a_statement_fits_arrays_and_sets_leaves_in_one_step() -> None:
    kept = Kept("x = [1,2,3,4]; y = [2,4,6,8]; a = 1; b = 5; fit y = a*x + b")
    assert kept.value("a") == pytest.approx(2)
    assert kept.value("b") == pytest.approx(0, abs=1e-12)
    assert list(kept.value("x")) == [1, 2, 3, 4]
    kept.run("k = 0.3; s = 0.5*y; fit log(y) ~ p + k*x, p=1")
    assert kept.value("k") == pytest.approx(np.polyfit([1, 2, 3, 4], np.log([2, 4, 6, 8]), 1)[0], rel=1e-12)


def test_losses_are_those_of_the_record() -> None:
    (option,) = (each for each in capability("fit").declared.options if each.parameter == "loss")
    assert option.choices == tuple(search.LOSSES)


def test_json_has_the_fixed_keys() -> None:
    found = gradcli.fit("y = a*x + b", {"x": X, "y": Y}, {"b": 0}, fix="b").to_dict()
    assert found["parameters"]["a"].keys() >= {"value", "standard_error"}
    assert found["fixed"] == {"b": 0}
    assert found["covariance"] == [[found["parameters"]["a"]["standard_error"] ** 2]] or found["names"] == [
        "a"
    ]
    keys = "residual_sum_of_squares residual_standard_deviation degrees_of_freedom rows converged evaluations"
    assert found.keys() >= {*keys.split(), "covariance", "warnings", "expression"}
    assert json.loads(json.dumps(found)) == found


@pytest.mark.parametrize("size", [1e200, 1e-200])
def test_what_has_no_squares_is_refused(size: float) -> None:
    rows = {"x": X, "y": size * (X + 1)}
    with pytest.raises(gradcli.GradcliError, match="that doubles do not hold its squares"):
        gradcli.fit("y = a*x + b", rows)
    assert gradcli.fit(f"y/{size} ~ a*x + b", rows).parameters["a"].value == pytest.approx(1)
