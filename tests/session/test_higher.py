"""Higher derivatives of one answer: `--order`, `--jacobian` and `--hessian`, against closed forms."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import gradcli

X, Y = 0.7, 1.3


@pytest.mark.parametrize(
    ("names", "value"),
    [
        (("x", "x"), -math.sin(X * Y) * Y**2),
        (("x", "y"), math.cos(X * Y) - X * Y * math.sin(X * Y)),
        (("y", "y"), -math.sin(X * Y) * X**2),
        (("x", "x", "x"), -math.cos(X * Y) * Y**3),
        (("x", "x", "y"), -2 * Y * math.sin(X * Y) - X * Y**2 * math.cos(X * Y)),
        (("y", "y", "y"), -math.cos(X * Y) * X**3),
    ],
)
def test_mixed_derivatives_of_third_order(names: tuple[str, ...], value: float) -> None:
    found = gradcli.evaluate("sin(x*y)", {"x": X, "y": Y}, order=3)
    assert len(found.derivatives) == 7
    assert found.derivatives[names] == pytest.approx(value, rel=1e-14)


def test_a_hessian_is_the_matrix_of_all_elements() -> None:
    v = np.array([1.0, 2.0])
    found = gradcli.evaluate("sum(v**3)*x + y", {"v": v, "x": 3, "y": 1}, hessian=True)
    assert found.hessian.tolist() == [[18, 0, 3, 0], [0, 36, 12, 0], [3, 12, 0, 0], [0, 0, 0, 0]]
    assert found.derivatives == {}
    assert found.to_dict()["hessian"] == found.hessian.tolist()


def test_a_jacobian_has_a_row_for_each_element_of_the_value() -> None:
    found = gradcli.evaluate("A @ v", {"A": [[1, 2], [3, 4]], "v": [5, 6]}, jacobian=True)
    assert found.jacobian.tolist() == [[5, 6, 0, 0, 1, 2], [0, 0, 5, 6, 3, 4]]
    assert gradcli.evaluate("x*y", {"x": 2, "y": 3}, jacobian=True).jacobian.tolist() == [[3, 2]]


def test_arrays_have_derivatives_of_their_own_shapes() -> None:
    found = gradcli.evaluate("v**3", {"v": [1.0, 2.0]}, order=2).derivatives["v", "v"]
    assert found.shape == (2, 2, 2)
    assert found[1, 1, 1] == 12
    assert np.count_nonzero(found) == 2


def test_what_is_flat_is_0_and_what_is_not_connected_is_none() -> None:
    found = gradcli.evaluate("3x", {"x": 1.0}, order=2)
    assert found.derivatives["x", "x"] == 0
    found = gradcli.evaluate("x**2; y", {"x": 1, "y": 2}, order=2)
    assert found.derivatives["x", "x"] is None
    assert found.derivatives["y", "y"] == 0


@pytest.mark.parametrize("options", [{"order": 0}, {"order": "2"}, {"hessian": True}])
def test_what_cannot_be_asked_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(gradcli.GradcliError):
        gradcli.evaluate("v**2", {"v": [1, 2]}, **options)
