"""Numbers with an uncertainty: what is computed from them, against `uncertainties` and the GUM's examples."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gradcli
from gradcli import Uncertain

SAMPLES = json.loads(
    (Path(__file__).parents[2] / "data" / "uncertain_formulas.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample["formula"][:40])
def test_random_formulas_as_uncertainties_has_them(sample: dict[str, Any]) -> None:
    given = {name: Uncertain(*pair) for name, pair in sample["values"].items()}
    correlation = {tuple(given)[:2]: sample["correlation"]} if sample["correlation"] else None
    found = gradcli.budget(sample["formula"], given, correlation=correlation)
    assert found.value == pytest.approx(sample["value"], rel=1e-13)
    assert found.uncertainty == pytest.approx(sample["uncertainty"], rel=1e-12 + 4 * sample["noise"])
    assert sum(each.share for each in found.budget.values()) == pytest.approx(1, abs=1e-12)
    if not correlation:
        alone = gradcli.evaluate(sample["formula"], given)
        assert alone.uncertainty == pytest.approx(found.uncertainty, rel=1e-14)
        assert list(alone.budget) == list(found.budget)


def test_what_varies_together_is_counted_once() -> None:
    x = {"x": Uncertain(3, 0.1)}
    assert gradcli.evaluate("x - x", x).uncertainty == 0
    assert gradcli.evaluate("(3x)/x", x).uncertainty == pytest.approx(0, abs=1e-16)
    assert gradcli.evaluate("x*x", x).uncertainty == pytest.approx(0.6, rel=1e-15)
    both = gradcli.evaluate("(3 ± 0.1) - (3 ± 0.1)")
    assert both.uncertainty == pytest.approx(0.1 * math.sqrt(2), rel=1e-15)
    assert list(both.budget) == ["3 ± 0.1", "3 ± 0.1 (2)"]
    twice = gradcli.evaluate("v = 2*(1 ± 0.1)*[1, 2]; v[0] - v[1]/2")
    assert twice.uncertainty == pytest.approx(0, abs=1e-16)


@pytest.mark.parametrize(
    ("expression", "uncertainty"),
    [
        ("x**2", 0.0),  # at 0
        ("0*x + abs(y)", math.nan),
        ("1e200*(1e150*y)", math.inf),
        ("1e200*(1 + x)", 1e199),
        ("1e-300*x", 1e-301),
        ("sqrt(z)", 0.0),  # infinitely steep, in what is exact
        ("floor(x)", 0.0),
    ],
)
def test_edges(expression: str, uncertainty: float) -> None:
    given = {"x": Uncertain(0, 0.1), "y": Uncertain(math.nan, 1), "z": Uncertain(0, 0)}
    used = {name: each for name, each in given.items() if name in expression.replace("sqrt", "")}
    if "1e150" in expression:
        used["y"] = Uncertain(1, 1)
    found = gradcli.evaluate(expression, used)
    assert found.uncertainty == pytest.approx(uncertainty, rel=1e-14, nan_ok=True)


def test_arrays_have_an_uncertainty_for_each_element() -> None:
    found = gradcli.evaluate("A@v", {"A": Uncertain(np.eye(2), 0.1), "v": Uncertain([3, 4], [0.3, 0.4])})
    assert found.uncertainty == pytest.approx([math.hypot(0.3, 0.5), math.hypot(0.4, 0.5)], rel=1e-14)
    assert found.budget["A"].sensitivity.shape == (2, 2, 2)
    assert found.budget["v"].contribution == pytest.approx([0.3, 0.4], rel=1e-14)
    assert found.budget["A"].share + found.budget["v"].share == pytest.approx([1, 1])
    json.dumps(found.to_dict())
    whole = gradcli.evaluate("sum(v)", {"v": Uncertain([1, 2], 0.1, correlation=[[1, -1], [-1, 1]])})
    assert whole.uncertainty == pytest.approx(0, abs=1e-16)


def test_truth_values_and_exact_ones_have_none() -> None:
    assert gradcli.evaluate("x > 1", {"x": Uncertain(1, 0.1)}).uncertainty is None
    assert "uncertainty" not in gradcli.evaluate("x", {"x": 1}).to_dict()


@pytest.mark.parametrize(
    ("value", "uncertainty"), [(1, -0.1), (1, math.nan), ([1, 2], [1, 2, 3]), (1, "a"), ("a", 1), (1, [0.1])]
)
def test_what_is_no_uncertainty(value: Any, uncertainty: Any) -> None:
    with pytest.raises(gradcli.GradcliError):
        Uncertain(value, uncertainty)


def test_capabilities_that_take_exact_values_say_so() -> None:
    for ask in (gradcli.minimize, gradcli.solve):
        with pytest.raises(gradcli.GradcliError, match="has an uncertainty"):
            ask("x**2", {"x": Uncertain(1, 0.1)})
    with pytest.raises(gradcli.GradcliError, match="has an uncertainty"):
        gradcli.compile("x**2")(x=Uncertain(1, 0.1))


@pytest.mark.parametrize("x", [9.81, -0.00123, 5.67037e-8, 1.2e20, 0.0, 123456.0])
@pytest.mark.parametrize("relative", [1e-8, 0.003, 0.0996, 1, 30])
def test_what_is_shown_can_be_typed_again(x: float, relative: float) -> None:
    spread = relative * abs(x) or relative
    text = str(Uncertain(x, spread))
    found = gradcli.evaluate(text)
    assert str(Uncertain(found.value, found.uncertainty)) == text
    assert found.uncertainty == pytest.approx(spread, rel=0.06)
    assert abs(found.value - x) <= 0.06 * spread


def test_many_elements_need_no_matrix_of_derivatives() -> None:
    s = gradcli.Session({"x": Uncertain(np.linspace(0, 1, 30_000), 0.1), "a": Uncertain(2, 0.1)})
    value = s.run("a*x**2").value
    x = np.linspace(0, 1, 30_000)
    assert value.uncertainty == pytest.approx(np.hypot(4 * x * 0.1, x**2 * 0.1), rel=1e-14)
    assert s.run("y = (linspace(0, 1, 30000) ± 0.1)*2; y[0:2]").value.uncertainty.tolist() == [0.2, 0.2]
    outcome = s.run("cumsum(x)")
    assert outcome.value.shape == (30_000,)
    assert outcome.notes == ("so many numbers are shown without their uncertainties",)


@pytest.mark.parametrize(
    "correlation", [[[1, 2], [2, 1]], [1, 2], [[1, 0.5], [0.4, 1]], "a", [[1, math.nan], [math.nan, 1]]]
)
def test_what_is_no_correlation_of_elements(correlation: Any) -> None:
    with pytest.raises(gradcli.GradcliError) as caught:
        Uncertain([1, 2], 0.1, correlation=correlation)
    assert caught.value.rendered.startswith("error: ")
