"""The value of a graph at one point, and its derivatives there."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from gradcli.arrays import Array
from gradcli.engine import derive
from gradcli.engine.graph import Input, Node, topological
from gradcli.engine.plan import Plan
from gradcli.engine.shapes import check_size
from gradcli.text.errors import EvaluationError

Evaluate = Callable[[Sequence[Node]], list[Any]]
"""Gives the data of nodes."""

Datum = Callable[[Input], Any]
"""Gives the data of an input."""


def value_and_gradients(
    node: Node, leaves: Sequence[Input], evaluate: Evaluate, datum: Datum
) -> tuple[Any, list[Any]]:
    """The value of `node`, and its gradient or Jacobian in each leaf (`None` where nothing connects them).

    What `derive.jacobian` says as a graph, row by row, is here one run over the rows of an identity.
    """
    if node.boolean or not leaves:
        return evaluate((node,))[0], [None for _ in leaves]
    for leaf in leaves:
        check_size(node.shape + leaf.shape)
    if math.prod(node.shape) == 1:
        nodes = derive.gradients(node, leaves)
        value, *data = evaluate([node, *(each for each in nodes if each is not None)])
        rest = iter(data)
        return value, [None if each is None else next(rest) for each in nodes]
    (value,) = evaluate((node,))
    in_reverse = [leaf for leaf in leaves if not derive.forwards(node, leaf)]
    found = {}
    if in_reverse:
        found = dict(zip(in_reverse, _jacobians_in_reverse(node, in_reverse, datum), strict=True))
    return value, [found[leaf] if leaf in found else _jacobian_forwards(node, leaf, datum) for leaf in leaves]


MOST_DERIVATIVES = 1_000
"""More derivatives of one order than this are not computed one by one."""


def higher_derivatives(
    node: Node, leaves: Sequence[Input], order: int, evaluate: Evaluate, datum: Datum
) -> dict[tuple[int, ...], Any]:
    """The derivatives of each order from the second to `order`, by the places of their leaves, ascending.

    Each has shape `node.shape`, then those of its leaves; `None` where nothing connects `node` to one of
    them.
    """
    if math.comb(len(leaves) + order - 1, order) > MOST_DERIVATIVES:
        raise EvaluationError(f"there are more than {MOST_DERIVATIVES} derivatives of order {order}")
    found: dict[tuple[int, ...], Any] = {}
    level: dict[tuple[int, ...], Node | None] = {(): None if node.boolean else node}
    below = set(topological((node,)))
    for depth in range(1, order + 1):
        further: dict[tuple[int, ...], Node | None] = {}
        for places, each in level.items():
            for place in range(places[-1] if places else 0, len(leaves)):
                key = (*places, place)
                if depth > 1:
                    found[key] = _next_data(node, each, [leaves[at] for at in key], below, evaluate, datum)
                if depth < order:
                    further[key] = None if each is None else derive.gradients(each, (leaves[place],))[0]
        level = further
    return found


def _next_data(
    node: Node, last: Node | None, wrt: Sequence[Input], below: set[Node], evaluate: Evaluate, datum: Datum
) -> Any:
    """The data of one more derivative, in the last of `wrt`; 0 where the one before does not depend on it."""
    if node.boolean or any(leaf not in below for leaf in wrt):
        return None
    shape = node.shape + tuple(size for leaf in wrt for size in leaf.shape)
    check_size(shape)
    data = None if last is None else value_and_gradients(last, wrt[-1:], evaluate, datum)[1][0]
    return np.zeros(shape)[()] if data is None else data


def as_matrix(blocks: Sequence[Any], leaves: Sequence[Input], rows: int) -> Array:
    """Derivatives of `rows` numbers in each of the leaves as one matrix, the elements side by side."""
    parts = [
        np.zeros((rows, math.prod(leaf.shape))) if block is None else np.reshape(block, (rows, -1))
        for block, leaf in zip(blocks, leaves, strict=True)
    ]
    return np.concatenate([np.zeros((rows, 0)), *parts], axis=1)


def hessian_matrix(second: Mapping[tuple[int, ...], Any], leaves: Sequence[Input]) -> Array:
    """The second derivatives of a single number as one matrix, symmetric as it is."""
    sizes = [math.prod(leaf.shape) for leaf in leaves]
    ends = np.cumsum([0, *sizes])
    whole = np.zeros((ends[-1], ends[-1]))
    for (first, other), block in second.items():
        rows, columns = slice(ends[first], ends[first + 1]), slice(ends[other], ends[other + 1])
        part = 0.0 if block is None else np.reshape(block, (sizes[first], sizes[other]))
        whole[rows, columns] = part
        whole[columns, rows] = np.transpose(part)
    return whole


def _jacobians_in_reverse(node: Node, leaves: Sequence[Input], datum: Datum) -> list[Any]:
    """All rows of the Jacobians in one run over the rows of an identity, as seeds."""
    seed = Input("seed", node.shape, role="unit", tracked=False)
    found = derive.pullback(node, seed, leaves)
    data = iter(_over_identity([each for each in found if each is not None], seed, datum))
    return [
        None if each is None else next(data).reshape(node.shape + leaf.shape)
        for each, leaf in zip(found, leaves, strict=True)
    ]


def _jacobian_forwards(node: Node, leaf: Input, datum: Datum) -> Any:
    """All columns of the Jacobian in one run over the rows of an identity, as tangents."""
    tangent = Input("tangent", leaf.shape, role="unit", tracked=False)
    (found,) = derive.pushforward((node,), (leaf,), (tangent,))
    if found is None:
        return None
    (data,) = _over_identity([found], tangent, datum)
    return np.moveaxis(data, 0, -1).reshape(node.shape + leaf.shape)


def _over_identity(nodes: Sequence[Node], unit: Input, datum: Datum) -> list[Any]:
    rows = math.prod(unit.shape)
    if rows * rows > 2**27:
        raise EvaluationError(f"a Jacobian with {rows} rows and as many seeds does not fit in memory")
    plan = Plan(nodes, batched=(unit,))
    inputs = [each for each in plan.inputs if isinstance(each, Input) and each is not unit]
    values: dict[Node, Any] = {each: datum(each) for each in inputs}
    values[unit] = np.eye(rows).reshape(rows, *unit.shape)
    return plan.run_rows(values, rows)
