"""Elements by their places along a dimension, where the places may change from run to run.

Everything that chooses elements is defined by two linear primitives, each the transpose of the other, of the
array and of places in its shape: `take_along` reads them, and `put_along` adds up what is put into each.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from gradcli.arrays import Array, Shape
from gradcli.engine.graph import Kernel, Node, intern, nothing_like
from gradcli.engine.primitives.entry import Structural, as_number
from gradcli.engine.primitives.shaping import checked_index

family = "selecting elements"

Params = tuple[Any, ...]


def _take_kernel(node: Node) -> Kernel:
    axis, size = node.params[0], node.inputs[0].shape[node.params[0]]

    def kernel(x: Array, index: Any) -> Array:
        return np.take_along_axis(x, checked_index(index, size), axis)

    return kernel


def _put_kernel(node: Node) -> Kernel:
    axis, size = node.params

    def kernel(x: Array, index: Any) -> Array:
        places = np.moveaxis(checked_index(index, size), axis, -1)
        values = np.moveaxis(np.asarray(x), axis, -1)
        lead = values.shape[:-1]
        rows = math.prod(lead)
        at = places.reshape(rows, places.shape[-1]) + size * np.arange(rows)[:, None]
        whole = np.bincount(at.ravel(), values.ravel(), rows * size).reshape(*lead, size)
        return np.moveaxis(whole, -1, axis)

    return kernel


def _take_shape(params: Params, shape: Shape, index: Shape) -> Shape:
    return index


def _put_shape(params: Params, shape: Shape, index: Shape) -> Shape:
    axis, size = params
    place = axis + len(shape)
    return (*shape[:place], size, *shape[place + 1 :])


def _take_transpose(node: Node, ct: Node, index: int) -> Node:
    if index == 1:
        return nothing_like(node.inputs[1])
    axis: Any = node.params[0]
    return put_along(ct, node.inputs[1], axis, node.inputs[0].shape[axis])


def _put_transpose(node: Node, ct: Node, index: int) -> Node:
    if index == 1:
        return nothing_like(node.inputs[1])
    axis: Any = node.params[0]
    return take_along(ct, node.inputs[1], axis)


def _indexed_jvp(node: Node, tangents: Sequence[Node | None]) -> Node | None:
    if tangents[0] is None:
        return nothing_like(node)
    return intern(node.primitive, (tangents[0], node.inputs[1]), node.params)


take_along_primitive: Structural = Structural(
    "take_along",
    "x, index",
    _take_shape,
    _take_kernel,
    transpose=_take_transpose,
    jvp=_indexed_jvp,
    indexed=True,
    keeps_zeros=True,
    grad_fn="GatherBackward0",
    public=False,
)
put_along_primitive: Structural = Structural(
    "put_along",
    "x, index",
    _put_shape,
    _put_kernel,
    transpose=_put_transpose,
    jvp=_indexed_jvp,
    guards=True,
    indexed=True,
    grad_fn="ScatterAddBackward0",
    public=False,
)


def take_along(x: Node, index: Node, axis: int) -> Node:
    """The elements of `x` whose places along a negative axis are in `index`, of x's shape elsewhere."""
    return intern(take_along_primitive, (as_number(x), as_number(index)), (axis,))


def put_along(x: Node, index: Node, axis: int, size: int) -> Node:
    """An array with `size` places along a negative axis, into which the elements of `x` are added."""
    return intern(put_along_primitive, (as_number(x), as_number(index)), (axis, size))
