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
    table = gradcli.table("a*x + b", {"x": "0:2:1"}, given=fit)
    assert len(table.rows) == 3
    with pytest.raises(gradcli.GradcliError, match="a is given twice"):
        gradcli.budget("3*a + b", {"a": 1}, given=fit)
    with pytest.raises(gradcli.GradcliError, match="neither a fit nor the file"):
        gradcli.budget("3*a + b", given=3)  # type: ignore[arg-type]
