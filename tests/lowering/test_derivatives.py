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
        ("torch.autograd.grad(x*y, [x])", "[3]"),
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
    return session.cells[session.grads[session.leaf(name)].node].data


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
