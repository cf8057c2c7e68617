"""Every function of arrays: values against NumPy's, derivatives against differences; rows, views."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from entries import SAMPLES, Sample, in_forward_mode, is_differentiated, numbers_for, sum_of, value_of

from gradcli.engine.derive import gradient, pullback, unit
from gradcli.engine.graph import Input, Node, constant, zeros_like
from gradcli.engine.jacobians import hessian
from gradcli.engine.plan import Plan
from gradcli.engine.primitives import TABLE
from gradcli.engine.primitives.shaping import reshape, stack, subscript
from gradcli.text.errors import EvaluationError


def differences(f: Callable[[Any], Any], x: Any) -> Any:
    """The Jacobian by central differences, twice extrapolated: to about ten digits."""
    x = np.asarray(x, dtype=float)
    columns = []
    for place in np.ndindex(x.shape):
        estimates = []
        for step in (2.0**-8, 2.0**-9, 2.0**-10):
            there, back = x.copy(), x.copy()
            there[place] += step
            back[place] -= step
            estimates.append((np.asarray(f(there[()])) - np.asarray(f(back[()]))) / (2 * step))
        once = [(4 * fine - coarse) / 3 for coarse, fine in itertools.pairwise(estimates)]
        columns.append((16 * once[1] - once[0]) / 15)
    stacked = np.stack(columns, axis=-1)
    return stacked.reshape(stacked.shape[:-1] + x.shape)


@pytest.mark.parametrize("sample", SAMPLES, ids=repr)
def test_an_array_function_and_its_derivatives(sample: Sample) -> None:
    inputs = sample.inputs()
    node = sample.build(inputs)
    given = numbers_for(inputs, 1)
    (value,) = value_of((node,), inputs, given)
    expected = sample.in_numpy(given)
    assert np.shape(value) == np.shape(expected) == node.shape
    np.testing.assert_allclose(value, expected, rtol=1e-13)
    if not is_differentiated(sample):
        return
    weights = constant(np.random.default_rng(2).uniform(1, 2, node.shape))
    for k, wrt in enumerate(inputs):

        def moved(nodes: Sequence[Node], k: int = k) -> Callable[[Any], Any]:
            plan = Plan(nodes)

            def run(x: Any) -> Any:
                return plan.run(dict(zip(inputs, [*given[:k], x, *given[k + 1 :]], strict=True)))[0]

            return run

        by_row = jacobian_by_rows(node, wrt)
        slopes = differences(moved((node,)), given[k])
        for got in value_of((by_row, in_forward_mode(node, wrt)), inputs, given):
            np.testing.assert_allclose(got, slopes, rtol=1e-7, atol=1e-8)
        (first,) = gradient(sum_of(node * weights), (wrt,))
        if first is None:
            assert not slopes.any()
            continue
        second = hessian(sum_of(node * weights), wrt)
        assert second is not None
        bends = differences(moved((first,)), given[k])
        for got in value_of((second, in_forward_mode(first, wrt)), inputs, given):
            np.testing.assert_allclose(got, bends, rtol=1e-6, atol=1e-7)


def jacobian_by_rows(node: Node, wrt: Input) -> Node:
    rows = [pullback(node, unit(node.shape, k), (wrt,))[0] for k in range(math.prod(node.shape))]
    return reshape(stack([each or zeros_like(wrt) for each in rows]), node.shape + wrt.shape)


@pytest.mark.parametrize("sample", [each for each in SAMPLES if each.shapes], ids=repr)
def test_an_array_function_of_rows(sample: Sample) -> None:
    """Every choice of inputs that change from row to row; values, first and second derivatives."""
    inputs = sample.inputs()
    node = sample.build(inputs)
    outputs = [node]
    if not node.boolean:
        firsts = gradient(sum_of(node * node), inputs)
        outputs += [each for each in firsts if each is not None]
        seconds = [gradient(sum_of(each * each), inputs) for each in outputs[1:]]
        outputs += [each for row in seconds for each in row if each is not None]
    alone, rows = numbers_for(inputs, 3), numbers_for(inputs, 4, rows=(3,))
    one = Plan(outputs)
    for mask in itertools.product([False, True], repeat=len(inputs)):
        if not any(mask):
            continue
        values: dict[Node, Any] = dict(
            zip(inputs, [rows[k] if m else alone[k] for k, m in enumerate(mask)], strict=True)
        )
        batched = [each for each, m in zip(inputs, mask, strict=True) if m]
        whole = Plan(outputs, batched=batched).run_rows(values, 3)
        for row in range(3):
            each_alone = one.run({key: x[row] if key in batched else x for key, x in values.items()})
            for got, expected in zip(whole, each_alone, strict=True):
                np.testing.assert_allclose(got[row], expected, rtol=1e-10, atol=1e-10)


# What is not a leaf

# A node of the shape asked for, made from a leaf by something that a rule could look through, with the leaf.
VIEWS: dict[str, Callable[[tuple[int, ...]], tuple[Node, Input]]] = {}


def view(make: Callable[[tuple[int, ...]], tuple[Node, Input]]) -> None:
    VIEWS[make.__name__.lstrip("_")] = make


@view
def _reshape(shape: tuple[int, ...]) -> tuple[Node, Input]:
    leaf = Input("leaf", (1, math.prod(shape), 1))
    return TABLE["reshape"].build(leaf, shape), leaf


@view
def _permute(shape: tuple[int, ...]) -> tuple[Node, Input]:
    leaf = Input("leaf", shape[::-1])
    return TABLE["transpose"].build(leaf), leaf


@view
def _expand(shape: tuple[int, ...]) -> tuple[Node, Input]:
    leaf = Input("leaf", (1,) * len(shape))
    return TABLE["expand"].build(leaf, shape), leaf


@view
def _subscript(shape: tuple[int, ...]) -> tuple[Node, Input]:
    leaf = Input("leaf", (2, *shape))
    return subscript(leaf, (1, *((0, size, 1) for size in shape))), leaf


@view
def _negative(shape: tuple[int, ...]) -> tuple[Node, Input]:
    leaf = Input("leaf", shape)
    return TABLE["negative"].build(leaf), leaf


def _scored(node: Node) -> Node:
    weights = constant(np.random.default_rng(2).uniform(1, 2, node.shape))
    return sum_of(node * weights)


@pytest.mark.parametrize("kind", VIEWS)
@pytest.mark.parametrize("sample", [each for each in SAMPLES if is_differentiated(each)], ids=repr)
def test_a_function_of_what_is_not_a_leaf(sample: Sample, kind: str) -> None:
    """Derivatives in a node, and in the leaf below it, are those in an input that holds its value."""
    inputs = sample.inputs()
    made, leaves = zip(*(VIEWS[kind](shape) for shape in sample.shapes), strict=True)
    given = numbers_for(leaves, 5)
    values = value_of(made, leaves, given)
    plain, viewed = (_scored(sample.build(each)) for each in (inputs, made))
    try:
        value_of([viewed, *(each for each in gradient(viewed, leaves) if each is not None)], leaves, given)
    except EvaluationError:
        pytest.skip("of equal elements it has no value")  # as the inverse of a matrix
    for k, (wrt, node, leaf) in enumerate(zip(inputs, made, leaves, strict=True)):
        (expected,) = gradient(plain, (wrt,))
        (found,) = gradient(viewed, (node,))
        assert (expected is None) == (found is None)
        if expected is None or found is None:
            continue
        outputs = [found, hessian(viewed, node), gradient(viewed, (leaf,))[0]]
        others = [expected, hessian(plain, wrt)]
        assert None not in outputs
        got = value_of([each for each in outputs if each is not None], leaves, given)
        wanted = value_of([each for each in others if each is not None], inputs, values)
        seed = Input("seed", wrt.shape)
        (below,) = pullback(node, seed, (leaf,))
        assert below is not None
        wanted += value_of((below,), (seed, leaf), (wanted[0], given[k]))
        for one, other in zip(got, wanted, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12)
