"""The value of a graph at one point, and its derivatives there."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradcli.engine import derive
from gradcli.engine.graph import Input, Node
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
