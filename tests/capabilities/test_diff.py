"""Derivatives as formulas: Python's door, data, and what is told beside them."""

from __future__ import annotations

import json
import math
import re

import numpy as np
import pytest
from kept import shown

import gradcli
from gradcli.engine.primitives import ENTRIES, Elementwise
from gradcli.text.errors import GradcliError


def test_it_prints_as_its_text() -> None:
    assert repr(gradcli.diff("sin(x**2)")) == "2*x*cos(x**2)"
    assert gradcli.diff("x*y", "x", "y,x").derivatives == {"x": "y", "y,x": "1"}


def test_options_of_python_are_those_of_the_command_line() -> None:
    found = gradcli.diff("x**3", order=2, variables={"x": 2})
    assert found.derivatives == {"x,x": "6*x"}
    assert found.values == {"x,x": 12}
    assert gradcli.diff("[x*y, x]", jacobian=True).matrix == "[[y, x], [1, 0]]"
    assert gradcli.diff("x*y", hessian=True).matrix == "[[0, 1], [1, 0]]"
    assert gradcli.diff("A @ x", "x", shapes={"A": (4, 3), "x": (3,)}, jacobian=True).matrix == "A"
    shared = gradcli.diff("exp(-y)*sin(x*y)", cse=True).shared
    assert sorted(shared.values()) == ["cos(x*y)", "exp(-y)"]


def test_other_notations() -> None:
    found = gradcli.diff("x*sin(y)", "y")
    assert found.written("latex") == r"x\,\cos\left(y\right)"
    assert found.written("unicode") == "x·cos(y)"


def test_json_has_the_keys_that_are_documented() -> None:
    found = gradcli.diff("x**2*y", "x", "x,y", variables={"x": 2, "y": 3})
    assert found.to_dict() == {
        "expression": "x**2*y",
        "variables": {"x": 2, "y": 3},
        "derivatives": {"x": "2*x*y", "x,y": "2*x"},
        "values": {"x": 12, "x,y": 4},
        "notes": [],
        "warnings": [],
    }
    assert json.loads(found.rendered("json")) == found.to_dict()


def test_values_are_computed_and_not_read_off_the_text() -> None:
    assert gradcli.diff("tanh(x)", variables={"x": 20}).values["x"] == 1 / math.cosh(20) ** 2


def test_values_of_arrays_have_the_shape_of_the_gradient() -> None:
    values = {"v": [1.0, 2.0], "w": [3.0, 4.0]}
    found = gradcli.diff("sum(v**2*w)", variables=values)
    for name, value in gradcli.evaluate("sum(v**2*w)", values).gradients.items():
        assert found.values[name].tolist() == value.tolist()


def test_lost_digits_are_told_with_what_is_computed() -> None:
    found = gradcli.diff("tanh(x*1000)", "x")
    (note,) = found.notices
    assert note.kind == "note"
    assert note.message.startswith("typed back, this loses digits near x = ")
    assert "sech" in note.message


def test_most_formulas_have_no_note() -> None:
    for text in ("sigmoid(x)", "tanh(x)", "x/(1 + x**2)", "exp(-x**2/2)", "log(x)/x", "x**x", "erf(x)"):
        assert gradcli.diff(text).notices == ()


def test_a_statement_asks_the_same() -> None:
    assert shown("diff sin(t)*s, t") == "s*cos(t)"
    assert shown("x = 4\ndiff sin(x**2)") == "2*x*cos(x**2) = -7.661275842587077"
    assert shown("x = 4; y = x**3\ndiff y, x, x") == "6*x = 24"


def test_diff_is_still_a_name() -> None:
    assert shown("diff = 3\ndiff + 1") == "4"


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("x > 1", {}, "a truth value has no derivative"),
        ("2", {}, "there is no variable to differentiate in"),
        ("x", {"order": 2, "hessian": True}, "one of order, jacobian=True and hessian=True at a time"),
        ("v", {"hessian": True, "shapes": {"v": (2,)}}, "a Hessian is that of a single number"),
    ],
)
def test_what_cannot_be_asked(text: str, options: dict[str, object], message: str) -> None:
    with pytest.raises(gradcli.GradcliError, match=message.replace("-", "[-]")) as caught:
        gradcli.diff(text, **options)  # type: ignore[arg-type]
    assert caught.value.rendered


MATRICES = (
    *("logdet(A)", "det(A)", "log(abs(det(A)))", "slogdet(A)[1]", "sum(inv(A))", "trace(inv(A) @ B)"),
    *("x @ solve(A, x)", "sum(solve(A, B))", "sum(2*solve(A, 3*x))", "norm(solve(A, x))", "solve(A, x)"),
    *("inv(A) @ x", "sum(pinv(A) @ B)", "sum(exp(A) @ B)", "sum((1 - A) @ B)", "sum(matrix_exp(A))"),
    *("det(A)*x[0]", "sum(matrix_power(A, -1))", "sum(cat([A, B], 0) @ x)", "sum(A @ outer(x, x))"),
)


@pytest.mark.parametrize("expression", MATRICES)
def test_derivatives_of_inverses_and_determinants_are_what_can_be_typed(expression: str) -> None:
    rng = np.random.default_rng(0)
    values = {
        "A": rng.normal(size=(3, 3)) + 3 * np.eye(3),
        "B": rng.normal(size=(3, 3)),
        "x": rng.normal(size=3),
    }
    known = {name: each for name, each in values.items() if re.search(rf"\b{name}\b", expression)}
    found = gradcli.diff(expression, shapes={name: each.shape for name, each in known.items()})
    gradients = gradcli.evaluate(expression, known).gradients
    for name, text in found.to_dict()["derivatives"].items():
        used = {each: value for each, value in known.items() if re.search(rf"\b{each}\b", text)}
        np.testing.assert_allclose(gradcli.evaluate(text, used).value, gradients[name], rtol=1e-9, atol=1e-9)


def test_inverses_as_textbooks_print_them() -> None:
    assert gradcli.diff("logdet(A)", shapes={"A": (3, 3)}).text() == "inv(A).T"
    assert gradcli.diff("logdet(A)", shapes={"A": (3, 3)}).written("latex") == r"\mathbf{A}^{-\top}"
    assert gradcli.diff("sum(inv(A))", shapes={"A": (2, 2)}).text() == (
        "-outer(sum(inv(A), dim=0), sum(inv(A), dim=1))"
    )


def test_a_value_that_is_0_by_rounding_is_told() -> None:
    (told,) = gradcli.diff("exp(-x**2)", variables={"x": 30}).warnings
    assert told.startswith("d/dx is 0 only by rounding")
    assert gradcli.diff("x**2*exp(x)", variables={"x": 0}).warnings == ()


@pytest.mark.parametrize("entry", [each for each in ENTRIES if isinstance(each, Elementwise)], ids=str)
def test_every_derivative_has_words(entry: Elementwise) -> None:
    names = [f"x{place}" for place in range(entry.arity)]
    told = []
    for name in names:
        try:
            gradcli.diff(f"{entry}({', '.join(names)})", name)
        except GradcliError as error:
            told.append(error.message)
    assert not [each for each in told if "no words" in each]
