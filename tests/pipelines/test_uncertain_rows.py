"""Rows with uncertainties: what `uncertainties` says of random formulas, row by row."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradcli.pipelines.formula import Choice, RowFormula
from gradcli.session.uncertain import Uncertain
from gradcli.text.errors import InputError
from gradcli.text.source import Source

SAMPLES = json.loads(
    (Path(__file__).parent.parent / "data" / "uncertain_formulas.json").read_text(encoding="utf-8")
)[::5]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample["formula"][:40])
def test_random_formulas_as_uncertainties_has_them(sample: dict[str, Any]) -> None:
    names = list(sample["values"])
    given = {name: Source(f"{name}_err") for name in names}
    pair = (names[0], names[-1]) if len(names) < 3 else (names[0], names[1])
    correlations = {pair: sample["correlation"]} if sample["correlation"] else {}
    formula = RowFormula(Source(sample["formula"]), {}, given, correlations)
    columns = dict.fromkeys((*names, *(f"{name}_err" for name in names)), ())
    plan = formula.plan(columns, Choice(gradients=False), columns)
    cells = {name: value for name, (value, _) in sample["values"].items()}
    cells |= {f"{name}_err": spread for name, (_, spread) in sample["values"].items()}
    value, spread = plan.run([np.full(3, cells[name]) for name in plan.variables], 3)
    assert value is not None
    assert spread is not None
    assert value == pytest.approx([sample["value"]] * 3, rel=1e-13)
    assert spread == pytest.approx([sample["uncertainty"]] * 3, rel=1e-12 + 4 * sample["noise"])


def test_elements_of_a_parameter_that_vary_together_are_refused() -> None:
    formula = RowFormula(Source("sum(v)*x"))
    with pytest.raises(InputError, match="vary together"):
        formula.give({"v": Uncertain([1, 2], 0.1, correlation=[[1, 0.5], [0.5, 1]])})
