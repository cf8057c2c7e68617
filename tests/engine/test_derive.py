"""Reverse and forward mode: what is connected, what it costs, how deep it goes, and what it broadcasts."""

from __future__ import annotations

import itertools
import math
from typing import Any

import mpmath as mp
import numpy as np
import pytest

from gradcli.engine.derive import dependents, gradient, pullback, pushforward, unit
from gradcli.engine.graph import Input, Node, as_node, constant, expand, number_in, topological, zeros_like
from gradcli.engine.jacobians import hessian, jacobian
from gradcli.engine.plan import Plan
from gradcli.engine.primitives import TABLE
from gradcli.engine.primitives.arithmetic import add, divide, maximum, multiply, power, subtract, where
from gradcli.engine.primitives.elementwise import cos, exp, floor, hypot, log, sign, sin, sqrt
from gradcli.engine.primitives.linalg import matmul
from gradcli.engine.primitives.reductions import total
from gradcli.engine.primitives.shaping import gather, reshape, stack, subscript
from gradcli.engine.shapes import ShapeError

x, y = Input("x", ()), Input("y", ())
v, w = Input("v", (3,)), Input("w", (3,))
A = Input("A", (2, 3))


def run(nodes: Any, values: dict[Node, Any]) -> list[Any]:
    return Plan(nodes).run({node: np.array(value, dtype=float)[()] for node, value in values.items()})


def slope(node: Node, wrt: Node) -> Node:
    (found,) = gradient(node, (wrt,))
    assert found is not None
    return found


def size(*nodes: Node) -> int:
    """How many operations compute the nodes."""
    return sum(1 for node in topological(nodes) if node.inputs)


def summed(node: Node) -> Node:
    return total(node, tuple(range(-len(node.shape), 0)))


# -- connected, flat, unconnected ----------------------------------------------------------------------


def test_what_is_not_connected_has_no_gradient() -> None:
    assert gradient(sin(x), (x, y))[1] is None
    assert gradient(constant(2.0), (x,)) == [None]
    assert pushforward((sin(x),), (y,), (as_node(1.0),)) == [None]
    assert jacobian(sin(v), w) is None
    assert hessian(sin(x), y) is None


@pytest.mark.parametrize(
    "flat",
    [floor(x), sign(x), x - floor(x) - x, floor(x) * sin(floor(x)), add.apply(floor(x), as_node(1.0))],
    ids=str,
)
def test_what_is_connected_and_flat_has_a_gradient_of_zero(flat: Node) -> None:
    assert run((slope(flat, x),), {x: 1.5}) == [0]
    (tangent,) = pushforward((flat,), (x,), (as_node(1.0),))
    assert tangent is not None
    assert run((tangent,), {x: 1.5}) == [0]


def test_nothing_is_differentiated_through_truth() -> None:
    assert gradient(where(x > 0, 1, 2), (x,)) == [None]
    assert gradient(x > y, (x, y)) == [None, None]
    assert run((slope(where(x > 0, x, 2 * y), y),), {x: -1, y: 1}) == [2]
    argmax = TABLE["argmax"].build(v, None, False)
    assert gradient(argmax, (v,)) == [None]
    assert not argmax.tracked


def test_detach_lets_nothing_through() -> None:
    detached = TABLE["detach"].build(x * x)
    assert gradient(detached, (x,)) == [None]
    assert run((slope(detached * x, x),), {x: 3}) == [9]
    assert pushforward((detached,), (x,), (as_node(1.0),)) == [None]


def test_a_value_may_be_a_variable() -> None:
    inner = x * x
    outer = sin(inner) * x
    by_inner, by_x = gradient(outer, (inner, x))
    assert by_inner is not None
    assert by_x is not None
    got = run((by_inner, by_x), {x: 2})
    np.testing.assert_allclose(got, [2 * math.cos(4), math.sin(4)])
    assert dependents((outer,), (inner,))[0][0] is not x


def test_an_output_is_its_own_variable() -> None:
    assert number_in(slope(x, x)) == 1
    assert run((jacobian(v, v),), {v: [1, 2, 3]})[0].tolist() == np.eye(3).tolist()


def test_only_a_single_number_has_a_gradient() -> None:
    with pytest.raises(ShapeError, match="single number"):
        gradient(sin(v), (v,))
    one = Input("one", (1, 1))
    assert run((slope(one * 2, one),), {one: [[5]]})[0].tolist() == [[2]]


def test_a_variable_used_in_many_ways_gets_all_of_them() -> None:
    node = x * x + sin(x) * x - x / (x + 1) + x
    expected = 2 * 2 + math.cos(2) * 2 + math.sin(2) - 1 / 9 + 1
    np.testing.assert_allclose(run((slope(node, x),), {x: 2}), [expected], rtol=1e-15)
    assert run((slope(x + x, x),), {x: 1}) == [2]
    assert run((slope(x * x, x),), {x: 3}) == [6]


# -- second order of what is linear ----------------------------------------------------------------------


@pytest.mark.parametrize("linear", [3 * x, x + 2, x / 4, -x, x**1, x**0 * 5 + x], ids=str)
def test_a_linear_function_has_a_second_derivative_of_zero(linear: Node) -> None:
    second = hessian(linear, x)
    assert second is not None
    assert run((second,), {x: 2}) == [0]
    again = hessian(summed(linear * v), v)
    assert again is not None
    assert run((again,), {x: 2, v: [1, 2, 3]})[0].tolist() == np.zeros((3, 3)).tolist()


def test_powers_are_exact_at_every_order() -> None:
    node: Node = power.apply(x, as_node(2.0))
    found = []
    for _ in range(4):
        found.append(node)
        (derived,) = gradient(node, (x,))
        node = zeros_like(node) if derived is None else derived
    found.append(node)
    assert run(found, {x: 0}) == [0, 0, 2, 0, 0]


# -- cost and depth --------------------------------------------------------------------------------------


def test_sixty_squarings_are_a_line_and_not_a_tree() -> None:
    node: Node = x
    for _ in range(60):
        node = multiply.apply(node, node)
    assert size(node) == 60
    assert size(node, slope(node, x)) <= 4 * 60
    assert size(*(each for each in pushforward((node,), (x,), (as_node(1.0),)) if each)) <= 4 * 60
    assert run((slope(node, x),), {x: 1}) == [2.0**60]


def test_a_chain_of_a_hundred_thousand_terms_does_not_recurse() -> None:
    node: Node = x
    for _ in range(100_000):
        node = add.apply(node, x)
    derivative = slope(node, x)
    assert run((node, derivative), {x: 2}) == [200_002, 100_001]
    (tangent,) = pushforward((node,), (x,), (as_node(1.0),))
    assert tangent is not None
    assert run((tangent,), {x: 2}) == [100_001]
    product: Node = x
    for _ in range(20_000):
        product = sin.apply(product)
    assert math.isfinite(run((slope(product, x),), {x: 1})[0])


@pytest.mark.parametrize("seed", range(20))
def test_a_gradient_costs_a_few_times_its_function(seed: int) -> None:
    rng = np.random.default_rng(seed)
    pool: list[Node] = [x, y, v, w]
    makers = [add, subtract, multiply, divide, power, maximum, sin, cos, exp, log, sqrt]
    for _ in range(60):
        make = makers[int(rng.integers(len(makers)))]
        pool.append(make.apply(*(pool[-1 - int(rng.integers(4))] for _ in range(make.arity))))
    node = summed(pool[-1] + pool[-2])
    alone = size(node)
    grads = [each for each in gradient(node, (x, y, v, w)) if each is not None]
    assert len(Plan((node, *grads))) <= 7 * alone


def nested_forward(node: Node, order: int) -> Node:
    for _ in range(order):
        (tangent,) = pushforward((node,), (x,), (as_node(1.0),))
        assert tangent is not None
        node = tangent
    return node


def test_the_eighth_derivative_stays_small() -> None:
    assert size(nested_forward(exp(sin(x)), 8)) < 200


@pytest.mark.parametrize("order", range(9))
@pytest.mark.parametrize("at", [0.0, 0.7, -2.5])
def test_derivatives_of_high_order(order: int, at: float) -> None:
    node: Node = exp(sin(x))
    backwards = node
    for _ in range(order):
        backwards = slope(backwards, x)
    got = run((nested_forward(node, order), backwards), {x: at})
    with mp.workdps(60):
        exact = float(mp.diff(lambda t: mp.exp(mp.sin(t)), at, order))
    np.testing.assert_allclose(got, [exact, exact], rtol=1e-12, atol=1e-12)


def test_hessian_vector_products_in_all_four_ways() -> None:
    node = summed(exp(sin(v) * w) + v * v * v / w)
    (first,) = gradient(node, (v,))
    assert first is not None
    direction = Input("d", (3,), tracked=False)
    (over_reverse,) = pushforward((first,), (v,), (direction,))
    (reverse_of_reverse,) = pullback(first, direction, (v,))
    (tangent,) = pushforward((node,), (v,), (direction,))
    assert tangent is not None
    (reverse_of_forward,) = gradient(tangent, (v,))
    whole = hessian(node, v)
    assert None not in (over_reverse, reverse_of_reverse, reverse_of_forward, whole)
    values: dict[Node, Any] = {v: [0.3, -1.2, 2.0], w: [1.0, 2.0, -0.7], direction: [1.0, -2.0, 0.5]}
    nodes = [
        each for each in (over_reverse, reverse_of_reverse, reverse_of_forward, whole) if each is not None
    ]
    *products, matrix = run(nodes, values)
    for product in products:
        np.testing.assert_allclose(product, matrix @ np.array(values[direction]), rtol=1e-13)


# -- jacobians and hessians ------------------------------------------------------------------------------

WIDE = stack([total(v * v, (-1,)), total(sin(v) * w, (-1,))])
TALL = stack([sin(x), x * x, exp(x), x * y, y])
SQUARE = sin(v) * total(v, (-1,)) + w


def columns(node: Node, wrt: Node) -> Node:
    """The Jacobian by forward mode."""
    found = []
    for k in range(math.prod(wrt.shape)):
        (tangent,) = pushforward((node,), (wrt,), (unit(wrt.shape, k),))
        found.append(zeros_like(node) if tangent is None else tangent)
    return reshape(stack(found, dim=-1), node.shape + wrt.shape)


def rows(node: Node, wrt: Node) -> Node:
    """The Jacobian by reverse mode."""
    found = []
    for k in range(math.prod(node.shape)):
        (ct,) = pullback(node, unit(node.shape, k), (wrt,))
        found.append(zeros_like(wrt) if ct is None else ct)
    return reshape(stack(found), node.shape + wrt.shape)


@pytest.mark.parametrize(
    "node", [WIDE, TALL, SQUARE, A * v, matmul.build(A, v), reshape(A * 2, (3, 2))], ids=str
)
@pytest.mark.parametrize("wrt", [x, v, w, A], ids=str)
def test_a_jacobian_is_the_same_both_ways(node: Node, wrt: Node) -> None:
    whole = jacobian(node, wrt)
    values: dict[Node, Any] = {x: 0.3, y: -1.5, v: [0.1, -0.7, 2], w: [1, 2, 3], A: [[1, 2, 3], [4, 5, 6.5]]}
    by_row, by_column = run((rows(node, wrt), columns(node, wrt)), values)
    np.testing.assert_allclose(by_row, by_column, rtol=1e-14, atol=1e-15)
    assert by_row.shape == node.shape + wrt.shape
    if whole is None:
        assert not np.any(by_row)
        return
    assert whole.shape == node.shape + wrt.shape
    np.testing.assert_allclose(run((whole,), values)[0], by_row, rtol=1e-14, atol=1e-15)


def test_a_jacobian_takes_the_shorter_way() -> None:
    many = Input("many", (30,))
    assert size(jacobian(exp(many * many) * x, x) or x) < 10
    assert size(jacobian(stack([summed(sin(many)), summed(many * many)]), many) or x) < 30


def test_a_jacobian_of_a_root_has_zeros_beside_its_poles() -> None:
    whole = jacobian(sqrt(v), v)
    assert whole is not None
    got = run((whole, columns(sqrt(v), v)), {v: [0, 4, 0]})
    for each in got:
        np.testing.assert_array_equal(each, np.diag([math.inf, 0.25, math.inf]))


@pytest.mark.parametrize(
    "node",
    [
        summed(exp(sin(v) * w)),
        TABLE["logsumexp"].build(v * w, None, False),
        TABLE["prod"].build(v, None, False),
        TABLE["norm"].build(v * w + 1, 2, None, False),
        TABLE["var"].build(v * v, None, 1.0, False, None),
        summed(v**3) / summed(w * v),
        matmul.build(v, gather(v * w, ([2, 0, 0],))),
        TABLE["amax"].build(v * v, None, False),
    ],
    ids=str,
)
def test_a_hessian_is_symmetric_and_the_jacobian_of_the_gradient(node: Node) -> None:
    whole = hessian(node, v)
    assert whole is not None
    values: dict[Node, Any] = {v: [0.4, -1.1, 2.3], w: [1.0, 0.5, -2.0]}
    (got, forwards) = run((whole, columns(slope(node, v), v)), values)
    np.testing.assert_allclose(got, got.T, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(got, forwards, rtol=1e-12, atol=1e-13)
    gradient_plan, step, differences = Plan((slope(node, v),)), 1e-5, []
    for k in range(3):
        moved = []
        for sign_ in (1, -1):
            there = np.array(values[v])
            there[k] += sign_ * step
            moved.append(
                gradient_plan.run(
                    {v: there, w: np.array(values[w])} if w in gradient_plan.inputs else {v: there}
                )[0]
            )
        differences.append((moved[0] - moved[1]) / (2 * step))
    np.testing.assert_allclose(got, np.transpose(differences), rtol=1e-6, atol=1e-7)


# -- broadcasting is summed back ---------------------------------------------------------------------------

SHAPES = [(), (1,), (3,), (2, 3), (2, 1), (1, 3), (1, 1), (2, 1, 3), (0, 3)]
PAIRS = [
    (a, b)
    for a, b in itertools.product(SHAPES, SHAPES)
    if all(m == n or 1 in (m, n) for m, n in zip(a[::-1], b[::-1], strict=False))
]


@pytest.mark.parametrize(("left", "right"), PAIRS, ids=str)
@pytest.mark.parametrize("operation", [add, multiply, divide, hypot], ids=str)
def test_gradients_have_the_shape_of_their_inputs(
    operation: Any, left: tuple[int, ...], right: tuple[int, ...]
) -> None:
    a, b = Input("a", left), Input("b", right)
    node = operation.apply(a, b)
    weights = np.random.default_rng(1).integers(1, 9, node.shape).astype(float)
    grads = gradient(summed(node * constant(weights)), (a, b))
    assert None not in grads
    by_a, by_b = (each for each in grads if each is not None)
    assert by_a.shape == left
    assert by_b.shape == right
    rng = np.random.default_rng(2)
    values: dict[Node, Any] = {a: rng.uniform(1, 2, left), b: rng.uniform(1, 2, right)}
    got_a, got_b = run((by_a, by_b), values)
    numpy_a, numpy_b = np.broadcast_arrays(values[a], values[b])
    partials = {
        add: (np.ones(node.shape), np.ones(node.shape)),
        multiply: (numpy_b, numpy_a),
        divide: (1 / numpy_b, -numpy_a / numpy_b**2),
        hypot: (numpy_a / np.hypot(numpy_a, numpy_b), numpy_b / np.hypot(numpy_a, numpy_b)),
    }[operation]
    for got, partial, shape in ((got_a, partials[0], left), (got_b, partials[1], right)):
        full = weights * partial
        lead = full.ndim - len(shape)
        kept = full.sum(axis=tuple(range(lead)))
        axes = tuple(k for k, n in enumerate(shape) if n == 1)
        np.testing.assert_allclose(got, kept.sum(axis=axes, keepdims=True), rtol=1e-13)


def test_repeated_indices_add_up() -> None:
    node = summed(gather(v, ([0, 0, 2, 0],)) * constant([1.0, 2.0, 3.0, 4.0]))
    assert run((slope(node, v),), {v: [1, 1, 1]})[0].tolist() == [7, 0, 3]
    part = subscript(v, ((2, -1, -1),)) * constant([1.0, 2.0, 3.0])
    assert run((slope(summed(part), v),), {v: [1, 1, 1]})[0].tolist() == [3, 2, 1]


def test_each_step_of_a_sweep_is_told() -> None:
    told: list[tuple[Node, Node, int, Node]] = []
    node = exp(sin(x))
    (got,) = gradient(node, (x,), lambda *step: told.append(step))
    assert [step[0] for step in told] == [node, sin(x)]
    assert told[-1][3] is got


def test_a_seed_scales_the_gradient() -> None:
    (scaled,) = pullback(sin(v), expand(as_node(3.0), (3,)), (v,))
    assert scaled is not None
    np.testing.assert_allclose(run((scaled,), {v: [0, 1, 2]})[0], 3 * np.cos([0, 1, 2]), rtol=1e-15)
