"""Derivatives as expressions: of several variables, in PyTorch's spelling, and those that have no answer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from kept import shown

import gradcli
from gradcli.engine.primitives import is_function
from gradcli.language.parser import parse
from gradcli.session.runner import run
from gradcli.session.state import Session
from gradcli.text.source import Source


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("grad(x*y, [x, y])", "[3, 2]"),
        ("grad(x*y, (x, y))", "[3, 2]"),
        ("grad(x**2, [x, y])", "[4, 0]"),
        ("grad(x*y, [x, y])[1]", "2"),
        ("torch.autograd.grad(x*y, [x])", "(3,)"),
        ("torch.autograd.grad(x**3, x, create_graph=True)[0]", "12"),
        ("torch.autograd.grad(outputs=x*y, inputs=(x, y), retain_graph=True, allow_unused=True)[-1]", "2"),
        ("torch.autograd.grad(sum(v*x), (x, v))[0]", "3"),
        ("torch.autograd.grad(sum(v*x), (x, v))[1]", "[2, 2]"),
        ("torch.autograd.grad(sum(v**2), v)[0]", "[2, 4]"),
        ("torch.autograd.grad(sum(v**2), v)[0][1]", "4"),
        ("grad(sum(v**2), v)[1]", "4"),
        ("grad(grad(x**3, x), x)", "12"),
        ("torch.autograd.grad(torch.autograd.grad(x**3, x, create_graph=True)[0], x)[0]", "12"),
        ("grad(y**2, x)", "0"),
        ("f(x + 1)", "27"),
    ],
)
def test_gradients(expression: str, wanted: str) -> None:
    assert shown(f"x = 2; y = 3; v = [1, 2]; f(t) = grad(t**3, t)\n{expression}") == wanted


@pytest.mark.parametrize("target", ["x + 1", "x.clone()", "v[0]", "v[:]", "v.T", "x.detach()"])
def test_what_the_value_does_not_use_has_no_derivative(target: str) -> None:
    text = shown(f"x = 2; v = [1, 2]\ngrad(x*sum(v), {target})")
    assert text.startswith("error: the value does not use this")


def test_a_part_of_the_graph_may_be_the_variable() -> None:
    assert shown("v = [1, 2]\nt = v[0]\ngrad(t**2, t)") == "2"
    assert shown("x = 3\ngrad((x + 1)**2, x + 1)") == "8"


def test_gradients_of_gradients_in_several_variables() -> None:
    assert gradcli.evaluate("grad(x*y, [x, y])", {"x": 2, "y": 3}).gradients["x"].tolist() == [0, 1]


WORDS = """
    dy/dx = 12 | 2*dy/dx = 24 | -dy/dx = -12 | 2dy/dx = 24 | x*2dy/dx = 48 | dy/dx*2 = 24
    dy/dx**1 = unknown name dy
    dy/dx + dw/dx = 16 | (dy/dx) = 12 | dw/dy = 0 | dy/dw = 0
    d(y)/dx = 12 | 2*d(y)/d(x) = 24 | d(x**2)/dx = 4 | d(y)/d(2) = unknown function d
    df/dx = 12 | 3df/dx = 36 | d2y/dx2 = 12 | d2f/dx2 = 12 | d3y/dx3 = 6 | d2y/dx = unknown name d2y
    d/dx(x**3) = 12 | d/dx (x**3) = 12 | 2*d/dx(x**3) + 1 = 25 | d2/dx2(x**3) = 12
    d/dx(sin(x), 2) = unknown name d
    dy/dt = unknown name dy | dt/dx = unknown name dt | a/dy/dx = unknown name a
    diff(y, x) = 12 | derivative(y, x) = 12 | gradient(y, x) = 12 | gradients(y, x) = 12 | D(y, x) = 12
    diff(y, [x, w]) = [12, 0] | derivative(f, 2) = 12 | D(f, x + 1) = 27 | diff(x**2, x) = 4
    grad(f, x) = 12 | grad(sin, x - 2) = 1 | grad(torch.sin, x - 2) = 1 | grad(math.sin, 0) = 1
    grad(g, v) = [4, 8]
    grad(h, x) = h' is a derivative in one argument | grad(h, [x, w]) = [3, 2]
    jacobian(g, v) = [4, 8] | hessian(g, v)[1] = [0, 4] | hessian(f, x) = 12
    np.gradient(y, x) = y requires grad | np.diff(y, x) =
    torch.diff(y, x) = | torch.gradient(y, x) = unknown function gradient
"""
"""Words for derivatives, each with what it answers, or with how its error begins."""


@pytest.mark.parametrize("case", [each for line in WORDS.strip().splitlines() for each in line.split(" | ")])
def test_words_for_derivatives(case: str) -> None:
    given = "x = 2; w = 3; v = [1, 2]; y = x**3; z = y; f(t) = t**3; g(u) = 2*sum(u**2); h(x, w) = x*w"
    expression, _, wanted = case.strip().partition(" =")
    found = shown(f"{given}\n{expression.replace('dw/dx', 'dz/dx/3')}")
    wanted = wanted.strip()
    if not wanted:
        assert found.startswith("error: ")
    elif wanted[0] in "[-" or wanted[0].isdigit():
        assert found == wanted
    else:
        assert found.startswith(f"error: {wanted}")


@pytest.mark.parametrize("bound", ["dy = 8", "dx = 4", "dy = 8; dx = 4"])
def test_a_quotient_of_what_is_bound_is_one(bound: str) -> None:
    text = shown(f"x = 2; y = x**3; {bound}\ndy/dx")
    assert text == "2" if "dy" in bound and "dx" in bound else text.startswith("error: unknown name d")


def test_a_quotient_of_what_may_be_given_is_one() -> None:
    assert gradcli.compile("y = x**2; dy/dx")(x=1, dy=6, dx=3).value == 2
    with pytest.raises(gradcli.GradcliError, match="no fraction where d may be a variable") as caught:
        gradcli.compile("d/dx(x**2)")
    assert caught.value.hint == "write grad(x**2, x)"


def test_a_derivative_in_a_body_takes_the_names_there() -> None:
    assert shown("x = 2\ndef f(t):\n    u = t**3\n    return du/dt\n\nf(3*x)") == "108"
    assert shown("x = 2; y = 0\nfor k in range(2): y = x**3; y = dy/dx*x\ny") == "24"


def test_own_functions_and_names_come_first() -> None:
    assert shown("D(t) = t + 1; diff(a, b) = a - b; x = 3; y = x**2\n[D(x), diff(y, x)]") == "[4, 6]"
    assert shown("x = 3; sin = x**2\ngrad(sin, x)") == "6"
    assert shown("D = 2; x = 3\nD(x - 1)").startswith("error: D is a value, not a function")


@pytest.mark.parametrize(
    ("expression", "hint"),
    [
        ("grad(y)", "grad(y, x)"),
        ("gradient(y**2)", "grad(y**2, x)"),
        ("hessian(y)", "hessian(y, x)"),
        ("D(f)", "the derivative of a function is f'(x)"),
        ("diff(y, x, 2)", "grad(grad(y, x), x)"),
        ("diff(y, x, x)", "grad(grad(y, x), x)"),
        ("y'(x)", "write grad(y, x)"),
        ("dg/dx", "of several, take grad(g(x, b), x)"),
        ("∂y/∂x", "write `grad(y, x)`"),
        ("y''(x)", "write grad(grad(y, x), x)"),
        ("d²y/dx²", "write `grad(grad(y, x), x)`"),
        ("d^2y/dx^2", "write grad(grad(y, x), x)"),
        ("d/dx x**3", "write `grad(x**3, x)`"),
        ("y'", "a derivative is written `grad(y, x)`; `.T` transposes"),
    ],
)
def test_how_else_a_derivative_is_written(expression: str, hint: str) -> None:
    session = Session()
    given = "x = 2; y = x**3; f(t) = t**3; g(a, b) = a*b\n"
    text = Source(given + expression)
    with pytest.raises(gradcli.GradcliError) as caught:
        run(session, parse(text, is_function=is_function), lambda result: None, lambda notice: None)
    assert caught.value.hint == hint


POLES = """
    [3, x]/0 | [1, x]/v | [x, 1]*v/0 | sqrt([x - x, x]) | [x, 0*x/0] | [sqrt(x*x), x, x] | [0*sqrt(x), x]
    [where(x > 0, sqrt(x), 0), x] | cat([sqrt(x)*v, v]) | v/x*[1, 0] | [log(x), x, v[0]] | sqrt(abs([x, 2]*v))
    [sqrt(trace([[x, 1], [2, -x]])), x] | norm([x, x])*v | stack(1/x, v[0], 2) | [1, x][0]/v | [x**v[0], 1]
    [[1, x], [v[0], 2]] @ [1/x, 0] | prod([[x, 1/x], [v[0], 2]], 0) | maximum([1/x, 1], v) | x**v | v**x
    softmax([1/x, v[0]]) | outer(v, [x, 1/x])[0] | amax([[1/x, x], v], 1) | linspace(sqrt(x), 1, 3)
    [floor(1/x), x] | where(v > 0, v/x, [x, x]) | [sqrt(sum(v*v)), 1, 2, 3] | [0*sqrt(v[0]), v[1], sqrt(v[1])]
    [sqrt(v[0] - v[0]), prod(v), v[0]/v[1]] | cat([sqrt(x)*v, sum(v)*v/v])
"""


@pytest.mark.parametrize("at", [0.0, 1.0])
@pytest.mark.parametrize(
    "expression", [each.strip() for line in POLES.strip().splitlines() for each in line.split("|")]
)
def test_every_path_has_one_jacobian(expression: str, at: float) -> None:
    """In reverse and forwards, row by row, as an expression, over rows, and by seeds."""
    given: dict[str, Any] = {"x": at, "v": np.array([0.0, -1.0])}
    given = {name: data for name, data in given.items() if name in expression}
    whole = gradcli.evaluate(expression, given)
    shapes = {name: np.shape(data) for name, data in given.items()}
    rows = {name: np.array([data]) for name, data in given.items()}
    compiled = gradcli.compile(expression, shapes=shapes)(rows)
    # With more inputs than outputs the sweep is in reverse.
    padded = gradcli.evaluate(expression, {**given, "pad": np.ones(50)})
    count = len(whole.value)
    single = [gradcli.evaluate(f"({expression})[{row}]", given).gradients for row in range(count)]
    for name in given:
        wanted = whole.gradients[name]
        np.testing.assert_array_equal(compiled.gradients[name][0], wanted)
        np.testing.assert_array_equal(padded.gradients[name], wanted)
        np.testing.assert_array_equal(np.array([each[name] for each in single]), wanted)
        np.testing.assert_array_equal(
            gradcli.evaluate(f"jacobian({expression}, {name})", given).value, wanted
        )
        for row in range(count):
            np.testing.assert_array_equal(seeded(expression, given, row, count, name), wanted[row])


def seeded(expression: str, given: dict[str, Any], row: int, count: int, name: str) -> Any:
    """The grad of a variable after `backward` with a seed that asks for one row."""
    session = Session()
    for each, data in given.items():
        session.bind_leaf(each, data)
    seed = [float(k == row) for k in range(count)]
    program = parse(Source(f"backward {expression}, {seed}"), is_function=is_function)
    run(session, program, lambda result: None, lambda notice: None)
    return session.grad_data(session.leaf(name))


def test_a_derivative_that_is_nan_says_why() -> None:
    told = [each.message for each in gradcli.evaluate("grad(0*x/0, x)", {"x": 3}).notices]
    assert told == ["the result is nan: inf * 0 is nan"]


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("amax(v)", [0, 1, 0]),
        ("max(v)", [0, 1, 0]),
        ("amin(v)", [0, 1, 0]),
        ("maximum(v[0], v[1])", [1, 1, 0]),
        ("minimum(v[0], v[1])", [1, 1, 0]),
        ("max(v[0], v[2])", [0, 0, 1]),
    ],
)
def test_a_nan_that_is_the_extreme_gets_the_gradient(expression: str, wanted: list[float]) -> None:
    """As `max`, `maximum` and `minimum` of PyTorch 2.13."""
    assert gradcli.evaluate(expression, {"v": [1, np.nan, 3]}).gradients["v"].tolist() == wanted


@pytest.mark.parametrize(
    "expression",
    ["grad(3x, x)", "f(t) = 2t; f'(x)", "f(t) = t**2; f'''(x)", "hessian(x**2, x)", "grad(grad(3x, x), x)"],
)
def test_the_derivative_of_a_linear_function_is_flat_and_no_number_alone(expression: str) -> None:
    assert gradcli.evaluate(expression, {"x": 2}).gradients == {"x": 0}


def test_a_flat_derivative_is_no_leaf() -> None:
    text = "x = 3\ny = grad(2x, x)\ny.is_leaf\nbackward y"
    assert shown(text) == "False\nx.grad = 0  # 1 pass"


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("jacobian([x*y, x + y], [x, y])", [[3, 2], [1, 1]]),
        ("jacobian(x**2*y, [x, y])", [12, 4]),
        ("hessian(x**2*y, [x, y])", [[6, 4], [4, 0]]),
        ("hessian(x**3, [x, y])", [[12, 0], [0, 0]]),
        ("hessian(x*sum(v**2), [v, x])[0][0]", [[4, 0], [0, 4]]),
        ("hessian(x*sum(v**2), [v, x])[0][1]", [2, 4]),
        ("a, b = jacobian(x*v, [v, x]); a + b", [[3, 2], [1, 4]]),
        ("grad(det(hessian(x**2*y**2, [x, y])), x)", [-12 * 2 * 2 * 9 / 2 * 2]),
    ],
)
def test_jacobians_and_hessians_in_several_variables(expression: str, expected: Any) -> None:
    given = {"x": 2.0, "y": 3.0, "v": np.array([1.0, 2.0])}
    used = {name: data for name, data in given.items() if name in expression}
    found = np.asarray(gradcli.evaluate(expression, used).value)
    assert found.tolist() == (expected if found.shape else expected[0])
