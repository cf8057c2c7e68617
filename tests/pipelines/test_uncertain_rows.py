"""Rows with uncertainties: what `uncertainties` says of random formulas, row by row."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gradcli
from gradcli.pipelines.formula import Choice, RowFormula
from gradcli.session.uncertainty.uncertain import Uncertain
from gradcli.text.source import Source

SAMPLES = json.loads(
    (Path(__file__).parent.parent / "data" / "uncertain_formulas.json").read_text(encoding="utf-8")
)[::5]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample["formula"][:40])
def test_random_formulas_as_uncertainties_has_them(sample: dict[str, Any]) -> None:
    names = list(sample["values"])
    given = {name: Source(f"{name}_err") for name in names}
    correlations = [(tuple(names[:2]), sample["correlation"])] if sample["correlation"] else []
    formula = RowFormula(Source(sample["formula"]), {}, given)
    formula.give({}, correlations)
    columns = dict.fromkeys((*names, *(f"{name}_err" for name in names)), ())
    plan = formula.plan(columns, Choice(gradients=False), columns)
    cells = {name: value for name, (value, _) in sample["values"].items()}
    cells |= {f"{name}_err": spread for name, (_, spread) in sample["values"].items()}
    value, spread = plan.run([np.full(3, cells[name]) for name in plan.variables], 3)
    assert value is not None
    assert spread is not None
    assert value == pytest.approx([sample["value"]] * 3, rel=1e-13)
    assert spread == pytest.approx([sample["uncertainty"]] * 3, rel=1e-12 + 4 * sample["noise"])


@pytest.mark.parametrize("sample", SAMPLES[::4], ids=lambda sample: sample["formula"][:40])
def test_the_second_order_of_rows_is_that_of_one_value(sample: dict[str, Any]) -> None:
    names = list(sample["values"])
    given = {name: Source(f"{name}_err") for name in names}
    together = {tuple(names[:2]): sample["correlation"]} if sample["correlation"] else {}
    formula = RowFormula(Source(sample["formula"]), {}, given, second_order=True)
    formula.give({}, list(together.items()))
    columns = dict.fromkeys((*names, *(f"{name}_err" for name in names)), ())
    plan = formula.plan(columns, Choice(gradients=False), columns)
    cells = {name: value for name, (value, _) in sample["values"].items()}
    cells |= {f"{name}_err": spread for name, (_, spread) in sample["values"].items()}
    value, spread = plan.run([np.full(2, cells[name]) for name in plan.variables], 2)
    alone = {name: Uncertain(*each) for name, each in sample["values"].items()}
    wanted = gradcli.budget(sample["formula"], alone, correlation=together, second_order=True)
    noise = 1e-9 + 1e3 * sample["noise"]
    assert value == pytest.approx([wanted.value] * 2, rel=noise, abs=noise * wanted.uncertainty)
    assert spread == pytest.approx([wanted.uncertainty] * 2, rel=noise)


def test_an_uncertainty_that_is_computed_does_not_vary() -> None:
    formula = RowFormula(Source("exp(x)"), {}, {"x": Source("0.1x")}, second_order=True)
    plan = formula.plan({"x": ()}, Choice(gradients=False), {"x": ()})
    value, spread = plan.run([np.array([2.0])], 1)
    wanted = gradcli.budget("exp(x)", {"x": Uncertain(2, 0.2)}, second_order=True)
    assert value == pytest.approx([wanted.value], rel=1e-12)
    assert spread == pytest.approx([wanted.uncertainty], rel=1e-12)


def test_the_second_order_is_that_of_numbers() -> None:
    formula = RowFormula(Source("sum(v**2)"), {}, {"v": Source("0.1")}, second_order=True)
    with pytest.raises(gradcli.GradcliError, match="single numbers"):
        formula.plan({"v": (2,)}, Choice(gradients=False), {"v": (2,)})


def test_elements_of_a_parameter_may_vary_together() -> None:
    v = Uncertain([1, 2], [0.1, 0.2], correlation=[[1, 0.5], [0.5, 1]])
    formula = RowFormula(Source("sum(v)*x"), {}, {"x": Source("0.1")})
    formula.give({"v": v}, [(("v", "x"), MATRIX)])
    plan = formula.plan({"x": ()}, Choice(gradients=False), ["x"])
    value, spread = plan.run([np.array([1.0, 2.0])], 2)
    assert value is not None
    assert value.tolist() == [3, 6]
    for row, x in enumerate((1.0, 2.0)):
        moves = np.array([0.1 * x, 0.2 * x, 3 * 0.1])
        assert spread is not None
        assert spread[row] == pytest.approx(np.sqrt(moves @ np.array(MATRIX) @ moves), rel=1e-14)


MATRIX = [[1, 0.5, 0.2], [0.5, 1, -0.3], [0.2, -0.3, 1]]


def test_arrays_of_results() -> None:
    formula = RowFormula(Source("v*x"), {}, {"v": Source("u"), "x": Source("0.1")})
    plan = formula.plan({"v": (2,), "u": (2,), "x": ()}, Choice(gradients=False), ["v", "u", "x"])
    columns = {"v": np.array([[3.0, 4.0]]), "u": np.array([[0.3, 0.4]]), "x": np.array([2.0])}
    _, spread = plan.run([columns[name] for name in plan.variables], 1)
    assert spread is not None
    assert spread[0] == pytest.approx([np.hypot(0.6, 0.3), np.hypot(0.8, 0.4)], rel=1e-15)
