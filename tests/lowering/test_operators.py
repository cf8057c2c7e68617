"""Products with derivatives and the operators of vector calculus, as expressions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from kept import shown

import gradcli

LEAVES = "x = 2; y = 3; z = 5; v = [1, 2]; f(t) = t**3"


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("jvp(x**2*y, x, 5)", "60"),
        ("jvp(v**2, v, [1, 10])", "[2, 40]"),
        ("jvp([x, x**2, x**3], x, 1)", "[1, 4, 12]"),
        ("vjp(v**2, v, [1, 10])", "[2, 40]"),
        ("vjp(v**2, v, 1)", "[2, 4]"),
        ("hvp(sum(v**3), v, [1, 1])", "[6, 12]"),
        ("hvp(x**3, x, 2)", "24"),
        ("directional(sum(v**2), v, [3, 4])", "4.4"),
        ("directional(x**2, x, -5)", "-4"),
        ("laplacian(x**2*y**3, [x, y])", "126"),
        ("laplacian(sum(v**3), v)", "18"),
        ("laplacian(x*y, x)", "0"),
        ("divergence([x*y, y**2], [x, y])", "9"),
        ("divergence(v**2, v)", "6"),
        ("curl([-y, x], [x, y])", "2"),
        ("curl([y*z, x*z**2, x*y], [x, y, z])", "[-18, 0, 20]"),
        ("taylor(x**3, x, 1, 2)", "7"),
        ("taylor(y*x, x, 7, 5)", "6"),
        ("taylor(y, x, 0, 3)", "3"),
        # Functions in the place of values, as PyTorch and JAX have them.
        ("hvp(f, x, 1)", "12"),
        ("jvp(sin, x, 0)", "-0"),
        # What is not connected, and what is flat.
        ("jvp(y, x, 1)", "0"),
        ("hvp(sum(v), v, [1, 1])", "[0, 0]"),
        # Differentiated again.
        ("grad(jvp(x**3, x, y), x)", "36"),
        ("grad(jvp(x**3, x, y), y)", "12"),
        ("grad(taylor(exp(x), x, 0, 3), x)", "5"),
        ("grad(laplacian(x**4, x), x)", "48"),
        ("jvp(jvp(x**3, x, 1), x, 1)", "12"),
    ],
)
def test_values(expression: str, wanted: str) -> None:
    assert shown(f"{LEAVES}\n{expression}") == wanted


def test_no_perturbation_is_confused_with_another() -> None:
    """The derivative inside is taken in another variable than that outside, at every nesting."""
    assert shown("x = 1\ngrad(x*grad(x + y, y), x)").startswith("error")
    assert shown("x = 1; y = 1\ngrad(x*grad(x + y, y), x)") == "1"
    assert shown("x = 1; y = 2\njvp(x*jvp(x*y, y, 1), x, 1)") == "2"
    assert shown("x = 2\njvp(x*jvp(x**2, x, x), x, 1)") == "24"


def test_products_agree_with_the_matrices() -> None:
    values = {"v": [0.3, 1.2, 0.7], "u": [0.5, -1.0, 2.0]}
    text = "v**2*sum(sin(v))"
    matrix = gradcli.evaluate(f"jacobian({text}, v)", values).value
    np.testing.assert_allclose(gradcli.evaluate(f"jvp({text}, v, u)", values).value, matrix @ values["u"])
    np.testing.assert_allclose(gradcli.evaluate(f"vjp({text}, v, u)", values).value, values["u"] @ matrix)
    trace = gradcli.evaluate(f"divergence({text}, v)", values).value
    assert trace == pytest.approx(np.trace(matrix))
    hessian = gradcli.evaluate("hessian(sum(v)**2*sum(exp(v)), v)", values).value
    product = gradcli.evaluate("hvp(sum(v)**2*sum(exp(v)), v, u)", values).value
    np.testing.assert_allclose(product, hessian @ values["u"])
    laplacian = gradcli.evaluate("laplacian(sum(v)**2*sum(exp(v)), v)", values).value
    assert laplacian == pytest.approx(np.trace(hessian))


def test_identities_of_vector_calculus() -> None:
    point = {"x": 0.3, "y": 1.1, "z": 0.7}
    field = "[x*y*z, sin(x*z), exp(y)*x]"
    for text in (f"divergence(curl({field}, [x, y, z]), [x, y, z])",):
        assert gradcli.evaluate(text, point).value == pytest.approx(0, abs=1e-14)
    gradient = "grad(x**2*sin(y*z), [x, y, z])"
    np.testing.assert_allclose(gradcli.evaluate(f"curl({gradient}, [x, y, z])", point).value, 0, atol=1e-14)
    second = gradcli.evaluate(f"divergence({gradient}, [x, y, z])", point).value
    assert second == pytest.approx(gradcli.evaluate("laplacian(x**2*sin(y*z), [x, y, z])", point).value)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("taylor(sin(t), t, 0, 6)", "t**4/24 - t**2/2 + 1"),
        ("jvp(t**2, t, s)", "2*s"),
        ("laplacian(1/sqrt(t**2 + s**2), [t, s])", "-3*t/(s**2 + t**2)**(5/2)"),
        ("hvp(t**3, t, s)", "6*s"),
    ],
)
def test_they_are_formulas_like_any_other(text: str, wanted: str) -> None:
    assert gradcli.diff(text, "t").derivatives["t"] == wanted


def test_a_polynomial_comes_close() -> None:
    for degree in range(1, 12):
        found = gradcli.evaluate(f"taylor(sin(x)*exp(x), x, 1, {degree})", {"x": 1.1}).value
        assert abs(found - math.sin(1.1) * math.exp(1.1)) < 4 * 0.1 ** (degree + 1)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("jvp(x, y)", "jvp takes three arguments"),
        ("taylor(sum(v), v, 0, 2)", "a Taylor polynomial is one in a single number, about a number"),
        ("taylor(x, x, v, 2)", "a Taylor polynomial is one in a single number, about a number"),
        ("taylor(x, x, 0, 99)", "the degree is between 0 and 20"),
        ("taylor(x, x, 0, y)", None),
        ("divergence(x, x)", "divergence needs a vector of 1 component, one for each coordinate"),
        ("curl([x, x, x, x], [x, x, x, x])", "a curl has 2 or 3 coordinates, and these are 4"),
        ("jvp(v**2, v, [1, 2, 3])", "shapes [3] and [2] do not fit together"),
        ("jvp(3, 4, 5)", "a derivative needs a variable, and this is a number"),
        ("hvp(v**2, v, 1)", "the gradient needs a single number to start from, and this has shape [2]"),
        ("jvp(x**2, x, v=1)", "jvp has no parameter v"),
        ("jvp(x**2, [x, y], 1)", "jvp takes one variable"),
        ("hvp(x**2, x + 0, 1)", "the value does not use this, which is computed anew here"),
    ],
)
def test_what_cannot_be_asked(expression: str, message: str | None) -> None:
    text = shown(f"{LEAVES}\n{expression}")
    if message is None:
        assert not text.startswith("Traceback")
    else:
        assert text.startswith(f"error: {message}")
