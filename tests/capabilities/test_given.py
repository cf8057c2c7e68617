"""What a fit found, given on to what is computed with its parameters."""

from __future__ import annotations

import numpy as np
import pytest

import gradcli


def test_python_takes_a_fit_as_it_is() -> None:
    rows = {"x": np.arange(8.0), "y": 2 * np.arange(8.0) + np.array([1.1, 0.9, 1.05, 1, 1.1, 0.95, 1, 1.02])}
    fit = gradcli.fit("y = a*x + b", rows)
    found = gradcli.budget("3*a + b", given=fit)
    expected = np.array([3, 1]) @ np.asarray(fit.covariance) @ np.array([3, 1])
    assert found.uncertainty == pytest.approx(np.sqrt(expected), rel=1e-12)
    assert found.to_dict()["degrees_of_freedom"] == pytest.approx(6)
    assert gradcli.budget("a", given=fit).to_dict()["expanded_uncertainty"] == pytest.approx(
        fit.parameters["a"].interval[1] - fit.parameters["a"].value
    )
    table = gradcli.table("a*x + b", {"x": "0:2:1"}, given=fit)
    assert len(table.rows) == 3
    with pytest.raises(gradcli.GradcliError, match="a is given twice"):
        gradcli.budget("3*a + b", {"a": 1}, given=fit)
    with pytest.raises(gradcli.GradcliError, match="neither a fit nor the file"):
        gradcli.budget("3*a + b", given=3)  # type: ignore[arg-type]


def test_errors_that_are_known_have_no_degrees_of_freedom() -> None:
    rows = {"x": np.arange(5.0), "y": np.array([0.1, 1.1, 1.9, 3.2, 3.9])}
    fit = gradcli.fit("y = a*x + b", rows, errors="0.1", absolute=True)
    assert "degrees_of_freedom" not in gradcli.budget("3*a + b", given=fit).to_dict()
