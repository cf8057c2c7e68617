"""The derivatives of a graph at one point, of any order, and the matrices that they make."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from gradcli.arrays import Array
from gradcli.engine.graph import Input, Node, as_node, expand, topological
from gradcli.engine.jacobians import gradients
from gradcli.engine.shapes import check_size
from gradcli.text.errors import EvaluationError

Evaluate = Callable[[Sequence[Node]], list[Any]]
"""Gives the data of nodes."""

Datum = Callable[[Input], Any]
"""Gives the data of an input."""


MOST_DERIVATIVES = 1_000
"""More derivatives of one order than this are not computed one by one."""


def higher_derivatives(
    node: Node, leaves: Sequence[Input], order: int, evaluate: Evaluate
) -> dict[tuple[int, ...], Any]:
    """The derivatives of each order from the second to `order`, by the places of their leaves, ascending.

    Each has shape `node.shape`, then those of its leaves; `None` where nothing connects `node` to one of
    them.
    """
    if math.comb(len(leaves) + order - 1, order) > MOST_DERIVATIVES:
        raise EvaluationError(f"there are more than {MOST_DERIVATIVES} derivatives of order {order}")
    found: dict[tuple[int, ...], Node | None] = {}
    level: dict[tuple[int, ...], Node | None] = {(): None if node.boolean else node}
    below = set(topological((node,)))
    for depth in range(1, order + 1):
        further: dict[tuple[int, ...], Node | None] = {}
        for places, each in level.items():
            for place in range(places[-1] if places else 0, len(leaves)):
                key = (*places, place)
                further[key] = None if each is None else gradients(each, (leaves[place],))[0]
                if depth > 1:
                    wrt = [leaves[at] for at in key]
                    connected = not node.boolean and all(leaf in below for leaf in wrt)
                    found[key] = _next(node, further[key], wrt) if connected else None
        level = further
    data = iter(evaluate([each for each in found.values() if each is not None]))
    return {key: None if each is None else next(data) for key, each in found.items()}


def _next(node: Node, derivative: Node | None, wrt: Sequence[Input]) -> Node:
    """A derivative in all of `wrt`, which `node` depends on; 0 where one before is flat in the next."""
    shape = node.shape + tuple(size for leaf in wrt for size in leaf.shape)
    check_size(shape)
    return expand(as_node(0.0), shape) if derivative is None else derivative


def as_matrix(blocks: Sequence[Any], leaves: Sequence[Input], rows: int) -> Array:
    """Derivatives of `rows` numbers in each of the leaves as one matrix, the elements side by side."""
    parts = [np.zeros((rows, 0))]
    for block, leaf in zip(blocks, leaves, strict=True):
        shape = rows, math.prod(leaf.shape)
        parts.append(np.zeros(shape) if block is None else np.reshape(block, shape))
    return np.concatenate(parts, axis=1)


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
