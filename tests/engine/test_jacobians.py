"""Jacobians as one node: its size, its run over an identity, its derivatives, against its rows in full."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import gradcli
from gradcli.engine import jacobians, plan
from gradcli.engine.derive import gradient, pushforward
from gradcli.engine.graph import Input, Node, as_node, constant, topological
from gradcli.engine.jacobians import EachRow, gradients, hessian, in_full, jacobian
from gradcli.engine.plan import Plan
from gradcli.engine.plan_cache import form_of
from gradcli.engine.primitives import TABLE
from gradcli.engine.primitives.arithmetic import where
from gradcli.engine.primitives.elementwise import exp, sin, sqrt, tanh
from gradcli.engine.primitives.linalg import matmul
from gradcli.engine.primitives.reductions import total
from gradcli.engine.primitives.shaping import reshape, subscript

v, w, A = Input("v", (4,)), Input("w", (4,)), Input("A", (3, 4))
x = Input("x", ())


def summed(node: Node) -> Node:
    return total(node, tuple(range(-len(node.shape), 0)))


def product(a: Node, b: Node) -> Node:
    return matmul.build(a, b)


def parts(node: Node, start: int, stop: int) -> Node:
    return subscript(node, ((start, stop, 1),))


def valley(v: Node) -> Node:
    before, after = parts(v, 0, v.shape[0] - 1), parts(v, 1, v.shape[0])
    return summed(100 * (after - before**2) ** 2 + (1 - before) ** 2)


MATRICES: dict[str, Callable[[], Node | None]] = {
    "a layer": lambda: jacobian(tanh(product(A, v)), v),
    "a layer in its matrix": lambda: jacobian(tanh(product(A, v)), A),
    "valleys": lambda: hessian(valley(v), v),
    "a loss": lambda: hessian(summed(TABLE["softplus"].build(product(A, v), as_node(1), as_node(20))), v),
    "a softmax": lambda: jacobian(TABLE["softmax"].build(v * x, (-1,)), v),
    "columns": lambda: jacobian(product(reshape(v * v, (4, 1)), reshape(w, (1, 4))), v),
    "roots": lambda: jacobian(sqrt(v), v),
    "a choice": lambda: jacobian(where(v > 0, exp(v) * x, sin(v)), v),
    "the whole": lambda: jacobian(v, v),
    "what is linear": lambda: jacobian(product(A, v), v),
    "three deep": lambda: jacobian(hessian(summed(v**4 * w) * x, v) or v, v),
    "a length": lambda: hessian(TABLE["norm"].build(v * w, 2, None, False) ** 3, v),
}
POINTS = {
    "inside": [0.5, 1.25, 2.0, 0.75],
    "with zeros": [0.0, -1.5, 0.0, 2.0],
    "beyond": [np.inf, 1.0, np.nan, -2.0],
}


def data(at: list[float]) -> dict[Node, Any]:
    rng = np.random.default_rng(4)
    return {v: np.array(at), w: rng.normal(size=4), A: rng.normal(size=(3, 4)), x: np.float64(0.75)}


def run(nodes: list[Node], values: dict[Node, Any]) -> list[Any]:
    made = Plan(nodes)
    return made.run({each: values[each] for each in made.inputs})


def close(found: Any, wanted: Any) -> None:
    """Equal but for rounding, which may be another for arrays of other shapes; nan and inf stand alike."""
    np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("at", POINTS)
@pytest.mark.parametrize("name", MATRICES)
def test_a_matrix_is_what_its_rows_are(name: str, at: str) -> None:
    whole = MATRICES[name]()
    assert whole is not None
    (full,) = in_full([whole])
    assert not any(isinstance(each.primitive, EachRow) for each in topological((full,)))
    close(*run([whole, full], data(POINTS[at])))


@pytest.mark.parametrize("at", POINTS)
@pytest.mark.parametrize("name", MATRICES)
def test_derivatives_of_a_matrix_are_those_of_its_rows(name: str, at: str) -> None:
    whole = MATRICES[name]()
    assert whole is not None
    (full,) = in_full([whole])
    rng = np.random.default_rng(5)
    seed, wrt = constant(rng.normal(size=whole.shape)), [v, w, A, x]
    tangents = [constant(rng.normal(size=each.shape)) for each in wrt]
    mine, others = (
        [*gradient(summed(seed * each), wrt), *pushforward((each,), wrt, tangents)] for each in (whole, full)
    )
    assert [each is None for each in mine] == [each is None for each in others]
    for nodes in zip(mine, others, strict=True):
        if nodes[0] is not None:
            close(*run([each for each in nodes if each is not None], data(POINTS[at])))


def test_a_plan_is_as_long_for_any_size() -> None:
    lengths = set()
    for size in (3, 50, 400):
        u = Input("u", (size,))
        whole = hessian(valley(u), u)
        assert whole is not None
        inner = [each.primitive for each in topological((whole,)) if isinstance(each.primitive, EachRow)]
        lengths.add((len(Plan((whole,))), *(len(topological((each.body,))) for each in inner)))
    assert len(lengths) == 1


def test_equal_matrices_have_one_plan() -> None:
    first, other = (hessian(valley(u), u) for u in (Input("a", (5,)), Input("b", (5,))))
    assert first is not None
    assert other is not None
    assert first is not other
    assert form_of((first,)).key == form_of((other,)).key


@pytest.mark.parametrize("name", MATRICES)
def test_bits_do_not_hang_on_chunks(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = MATRICES[name]()
    assert whole is not None
    values = data(POINTS["inside"])
    columns = np.random.default_rng(6).normal(size=(7, 4))
    columns[3] = np.nan
    columns[4, :2] = np.inf
    found = []
    for elements in (1, 50, 10**6):
        monkeypatch.setattr(plan, "CHUNK", elements)
        monkeypatch.setattr(jacobians, "CHUNK", elements)
        (alone,) = run([whole], values)
        made = Plan((whole,), batched=(v,))
        feed = {each: columns if each is v else values[each] for each in made.inputs}
        found.append((alone, made.run_rows(feed, len(columns))[0]))
    one_by_one = np.array([run([whole], {**values, v: row})[0] for row in columns])
    for alone, many in found:
        np.testing.assert_array_equal(alone, found[0][0])
        np.testing.assert_array_equal(many, found[0][1])
        close(many, np.broadcast_to(one_by_one, many.shape))


def test_several_variables_are_one_run() -> None:
    output = tanh(product(A, v) * x)
    found = gradients(output, [v, A, x])
    nodes = [each for each in found if each is not None]
    runs = [each for each in topological(nodes) if isinstance(each.primitive, EachRow)]
    assert len(nodes) == 3
    assert len(runs) == 1  # of x there is one column, which is a sweep forwards
    values = data(POINTS["inside"])
    for each, variable in zip(run(nodes, values), (v, A, x), strict=True):
        (alone,) = gradients(output, [variable])
        assert alone is not None
        close(each, run([alone], values)[0])


def test_a_matrix_in_a_loop_is_planned_once(plans_made: Callable[[], int]) -> None:
    loop = "for i in range({}):\n  v -= 0.1*(hessian(sum(v**4 + v[0]*v), v) @ v)\n"
    gradcli.Session().run("v = [1.5, 2.5, 3.5]\n" + loop.format(3))
    few = plans_made()
    gradcli.Session().run("v = [1.5, 2.5, 3.5]\n" + loop.format(30))
    assert plans_made() == few + 1  # that of a whole pass
