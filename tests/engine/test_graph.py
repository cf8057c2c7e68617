"""Nodes are what they compute: shared, weakly held, shaped when built, and simplified without loss."""

from __future__ import annotations

import gc
import math
from weakref import ref

import numpy as np
import pytest

from gradcli.engine.evaluate import static_number, static_value
from gradcli.engine.graph import (
    Constant,
    Input,
    Node,
    alias,
    constant,
    expand,
    nodes_alive,
    number_in,
    substitute,
    topological,
    unexpand,
)
from gradcli.engine.plan import Plan
from gradcli.engine.primitives import TABLE
from gradcli.engine.primitives.arithmetic import add, divide, multiply, negative, power, subtract, where
from gradcli.engine.primitives.elementwise import exp, sin, sqrt
from gradcli.engine.primitives.linalg import matmul
from gradcli.engine.primitives.reductions import total
from gradcli.engine.shapes import ShapeError, broadcast_shape

INF, NAN = math.inf, math.nan


def number(name: str = "x") -> Input:
    return Input(name, ())


# -- the same operation on the same nodes is the same node -------------------------------------------


def test_equal_expressions_are_one_node() -> None:
    x, y = number("x"), number("y")
    assert sin(x) * y is sin(x) * y
    assert sin(x) is not sin(y)
    assert x - y is not y - x
    assert total(expand(x, (3,)), (-1,)) is total(expand(x, (3,)), (-1,))


def test_inputs_are_themselves_only() -> None:
    assert number() is not number()
    assert sin(number()) is not sin(number())


def test_params_are_part_of_what_a_node_is() -> None:
    x = Input("x", (2, 3))
    assert total(x, (-1,)) is not total(x, (-2,))


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (0.0, -0.0),
        (1.0, True),
        (0.0, False),
        (1.0, [1.0]),
        ([1.0], [[1.0]]),
        ([0.0, 1.0], [-0.0, 1.0]),
        (np.zeros((0, 2)), np.zeros((2, 0))),
        (np.zeros(8, dtype=bool), 0.0),
        (np.zeros((0, 2), dtype=bool), np.zeros((0, 2))),
    ],
    ids=repr,
)
def test_constants_that_differ(a: object, b: object) -> None:
    first, second = constant(a), constant(b)
    assert first is not second


@pytest.mark.parametrize("value", [NAN, -0.0, INF, 3, True, [1.0, NAN], np.float64(2)], ids=repr)
def test_constants_that_are_equal(value: object) -> None:
    assert constant(value) is constant(value)


def test_a_constant_does_not_change_with_the_array_it_was_made_from() -> None:
    array = np.array([1.0, 2.0])
    node = constant(array)
    array[0] = 9
    assert node.value.tolist() == [1, 2]
    with pytest.raises(ValueError):
        node.value[0] = 9


def test_constants_are_doubles_or_truth_values() -> None:
    assert constant(3).value.dtype == np.float64
    assert constant(np.arange(3)).value.dtype == np.float64
    assert constant(True).boolean
    assert not constant(1.0).boolean


def test_nodes_live_as_long_as_something_needs_them() -> None:
    x = number()
    node = exp(sin(x))
    inner, outer = ref(node.inputs[0]), ref(node)
    kept = node.inputs[0]
    del node
    gc.collect()
    assert outer() is None
    assert inner() is kept
    del kept
    assert inner() is None


def test_a_long_loop_leaves_nothing_behind() -> None:
    x = number()
    gc.collect()
    before = nodes_alive()
    for step in range(1000):
        sin(x * (step + 0.123))
    gc.collect()
    assert nodes_alive() <= before


def test_a_long_chain_is_freed_without_recursion() -> None:
    x = number()
    node: Node = x
    for _ in range(100_000):
        node = sin.apply(node)
    gone = ref(node)
    del node
    assert gone() is None


# -- what a node knows -------------------------------------------------------------------------------


def test_tracked_static_and_boolean() -> None:
    leaf, untracked = number(), Input("c", (), tracked=False)
    assert sin(leaf).tracked
    assert not sin(untracked).tracked
    assert (sin(untracked) + leaf).tracked
    assert not (leaf > 0).tracked
    assert (leaf > 0).boolean
    assert not where(leaf > 0, leaf, 0).boolean
    assert exp.apply(constant(1.0)).static
    assert not (exp.apply(constant(1.0)) + leaf).static


def test_nodes_come_in_topological_order_once() -> None:
    x = number()
    a = sin(x)
    b = a * a
    c = b + a
    assert list(topological((c, b))) == [x, a, b, c]
    assert list(topological((c,), lambda node: node is b)) == [b, x, a, c]


def test_static_values() -> None:
    node = exp.apply(constant([0.0, 1.0]))
    assert static_value(node).tolist() == [1, math.e]
    assert static_number(sqrt.apply(constant(16.0))) == 4
    assert static_number(expand(constant(3.0), (2, 2))) == 3
    assert static_number(number()) is None
    assert number_in(expand(constant(3.0), (2, 2))) == 3
    assert number_in(constant(True)) is None
    assert number_in(constant([3.0])) is None


def test_an_alias_is_a_variable_of_its_own_until_it_is_taken_out() -> None:
    x = number()
    stand_in = alias(x)
    assert stand_in is not alias(x)
    node = sin(stand_in) * x
    assert substitute((node, x), {stand_in: x}) == [sin(x) * x, x]
    for array in (np.array([-0.0, NAN]), np.array([True, False])):
        v = Input("v", (2,), boolean=array.dtype == bool)
        (same,) = Plan((alias(v),)).run({v: array})
        assert same.dtype == array.dtype
        assert same.tobytes() == array.tobytes()


# -- shapes ------------------------------------------------------------------------------------------

SHAPES = [(), (1,), (3,), (2, 3), (2, 1), (1, 3), (1, 1), (4, 2, 3), (0,), (2, 0), (1, 0)]


@pytest.mark.parametrize("a", SHAPES, ids=repr)
@pytest.mark.parametrize("b", SHAPES, ids=repr)
def test_shapes_broadcast_as_in_numpy(a: tuple[int, ...], b: tuple[int, ...]) -> None:
    x, y = Input("x", a), Input("y", b)
    try:
        expected = np.broadcast_shapes(a, b)
    except ValueError:
        with pytest.raises(ShapeError):
            x + y
        return
    assert broadcast_shape((a, b)) == expected
    assert (x + y).shape == expected
    assert all(each.shape == expected for each in add.apply(x, y).inputs)


def test_a_shape_error_is_raised_before_any_arithmetic() -> None:
    with pytest.raises(ShapeError, match="do not fit together"):
        Input("x", (3,)) * Input("y", (4,))
    with pytest.raises(ShapeError, match="does not expand"):
        expand(Input("x", (3,)), (1,))
    with pytest.raises(ShapeError, match="cannot be multiplied"):
        matmul.build(Input("x", (2, 3)), Input("y", (2, 3)))
    with pytest.raises(ShapeError, match="not single numbers"):
        matmul.build(number(), number())


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("sum", (Input("x", (2, 3)), (2,), False)),
        ("sum", (Input("x", (2, 3)), (0, 0), False)),
        ("sum", (Input("x", (2, 3)), (0, -2), False)),
        ("amax", (Input("x", (0,)), None, False)),
        ("argmax", (Input("x", (2, 0)), (1,), False)),
        ("reshape", (Input("x", (2, 3)), (5,))),
        ("reshape", (Input("x", (2, 3)), (-1, 4))),
        ("permute", (Input("x", (2, 3)), (0, 0))),
        ("cat", ((Input("x", (2, 3)), Input("y", (3, 2))), (0,))),
        ("cat", ((Input("x", ()), Input("y", ())), (0,))),
        ("stack", ((Input("x", (2,)), Input("y", (3,))), (0,))),
        ("trace", (Input("x", (2, 3, 1)),)),
        ("softmax", (Input("x", (2, 3)), (5,))),
        ("zeros", ((-1,),)),
        ("zeros", ((10**6, 10**6),)),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_arguments_that_do_not_fit(name: str, arguments: tuple[object, ...]) -> None:
    with pytest.raises(ShapeError):
        TABLE[name].build(*arguments)


@pytest.mark.parametrize("shape", SHAPES, ids=repr)
@pytest.mark.parametrize("larger", SHAPES, ids=repr)
def test_unexpand_is_the_transpose_of_expand(shape: tuple[int, ...], larger: tuple[int, ...]) -> None:
    try:
        fits = np.broadcast_shapes(shape, larger) == larger
    except ValueError:
        fits = False
    if not fits:
        return
    x, y = Input("x", shape), Input("y", larger)
    there, back = expand(x, larger), unexpand(y, shape)
    assert there.shape == larger
    assert back.shape == shape
    rng = np.random.default_rng(1)
    a, b = rng.integers(-9, 9, shape).astype(float), rng.integers(-9, 9, larger).astype(float)
    out = Plan((there, back)).run({x: a[()], y: b[()]})
    assert np.sum(out[0] * b) == np.sum(a * out[1])


# -- simplification keeps every value ------------------------------------------------------------------

SPECIAL = [0.0, -0.0, 1.0, -2.5, 5e-324, 1e308, INF, -INF, NAN]


def test_a_written_operation_is_never_simplified() -> None:
    x = number()
    zero, one = constant(0.0), constant(1.0)
    for node, primitive in [
        (add.apply(x, zero), add),
        (multiply.apply(x, one), multiply),
        (multiply.apply(x, zero), multiply),
        (subtract.apply(x, x), subtract),
        (divide.apply(x, one), divide),
        (power.apply(x, one), power),
        (negative.apply(negative.apply(x)), negative),
        (add.apply(one, one), add),
    ]:
        assert node.primitive is primitive


def test_rules_are_simplified() -> None:
    x = number()
    for node in (x + 0, 0 + x, x - 0, x * 1, 1 * x, x / 1, x**1, negative(negative(x))):
        assert node is x
    for node in (0 - x, x * -1, -1 * x):
        assert node is -x
    assert number_in(x**0) == 1
    total_of_numbers = constant(2.0) + 3
    assert isinstance(total_of_numbers, Constant)
    assert total_of_numbers.value == 5


def test_nothing_simplifies_that_a_nan_or_an_infinity_would_show_in() -> None:
    x = number()
    assert (x * 0).primitive is multiply
    assert (0 * x).primitive is multiply
    assert (x - x).primitive is subtract
    assert (x / x).primitive is divide
    assert (0 / x).primitive is divide
    product, difference, quotient = Plan((x * 0, x - x, x / x)).run({x: np.float64(INF)})
    assert math.isnan(product)
    assert math.isnan(difference)
    assert math.isnan(quotient)


@pytest.mark.parametrize("value", SPECIAL, ids=repr)
def test_what_is_simplified_has_the_value_of_what_is_not(value: float) -> None:
    x = number()
    pairs = [
        (x + 0, add.apply(x, constant(0.0))),
        (0 + x, add.apply(constant(0.0), x)),
        (x - 0, subtract.apply(x, constant(0.0))),
        (0 - x, subtract.apply(constant(0.0), x)),
        (x * 1, multiply.apply(x, constant(1.0))),
        (x * -1, multiply.apply(x, constant(-1.0))),
        (x / 1, divide.apply(x, constant(1.0))),
        (x**1, power.apply(x, constant(1.0))),
        (x**0, power.apply(x, constant(0.0))),
        (negative(negative(x)), negative.apply(negative.apply(x))),
    ]
    for short, long in pairs:
        got, expected = Plan((short, long)).run({x: np.float64(value)})
        np.testing.assert_array_equal(got, expected)
