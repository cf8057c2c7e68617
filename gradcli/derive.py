"""Derivatives as graphs: nothing else in gradcli differentiates.

Reverse mode walks the graph backwards and builds cotangent nodes, forward mode walks it forwards and
builds tangent nodes. The results are ordinary graphs, so they can be differentiated again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from gradcli.errors import EvaluationError
from gradcli.graph import (
    Input,
    Node,
    Shape,
    ShapeError,
    as_node,
    check_size,
    expand,
    intern,
    topological,
    zeros_like,
)
from gradcli.primitives.entry import Structural
from gradcli.primitives.shaping import embed_primitive, reshape, stack

Step = Callable[[Node, Node, Node], None]
"""Told of each step of a sweep: the node, its cotangent, and the cotangent that it hands on."""


class StaleError(EvaluationError):
    """A sweep reached a value that was computed before one of its leaves changed."""

    def __init__(self, stale: Input, then: str) -> None:
        super().__init__(
            f"{stale.name} was computed before a value that it depends on was changed",
            hint=f"compute {stale.name} again, then {then}",
        )
        self.stale = stale


def check_current(output: Node, wrt: Sequence[Node], then: str) -> None:
    """Raises `StaleError` where a sweep from `output` to `wrt` would reach a value that is out of date."""
    targets = {id(node) for node in wrt}
    for node in topological((output,), lambda each: not each.tracked or id(each) in targets):
        if isinstance(node, Input) and node.role == "stale" and node.tracked and id(node) not in targets:
            raise StaleError(node, then)


def dependents(outputs: Sequence[Node], wrt: Sequence[Node]) -> tuple[list[Node], set[int]]:
    """The nodes below `outputs` in topological order, and the ids of those that depend on `wrt`.

    Each of `wrt` is a variable of its own: what is below it does not matter, and is not visited.
    """
    targets = {id(node) for node in wrt}
    order = topological(outputs, lambda node: id(node) in targets)
    found = set(targets)
    for node in order:
        if id(node) not in found and any(
            id(each) in found and node.primitive.tracks(index) for index, each in enumerate(node.inputs)
        ):
            found.add(id(node))
    return order, found


def pullback(output: Node, seed: Node, wrt: Sequence[Node], told: Step | None = None) -> list[Node | None]:
    """Reverse mode: the cotangents of `wrt`, given the cotangent `seed` of `output`.

    `None` stands for a node that `output` is not connected to.
    """
    order, connected = dependents((output,), wrt)
    cotangents: dict[int, Node] = {id(output): seed}
    targets = {id(node) for node in wrt}
    for node in reversed(order):
        key = id(node)
        if key in targets or key not in connected or key not in cotangents:
            continue
        ct = cotangents.pop(key)
        primitive = node.primitive
        definition = primitive.definition if isinstance(primitive, Structural) else None
        if definition is not None:
            handed: Sequence[Node | None] = pullback(definition(node), ct, node.inputs)
        else:
            handed = [
                primitive.pullback(node, ct, index) if id(each) in connected else None
                for index, each in enumerate(node.inputs)
            ]
        for each, share in zip(node.inputs, handed, strict=True):
            if share is None or id(each) not in connected:
                continue
            if told is not None:
                told(node, ct, share)
            before = cotangents.get(id(each))
            cotangents[id(each)] = share if before is None else before + share
    return [cotangents.get(id(node)) for node in wrt]


def pushforward(outputs: Sequence[Node], wrt: Sequence[Node], tangents: Sequence[Node]) -> list[Node | None]:
    """Forward mode: the tangents of `outputs`, given those of `wrt`."""
    order, connected = dependents(outputs, wrt)
    known: dict[int, Node] = {id(node): tangent for node, tangent in zip(wrt, tangents, strict=True)}
    for node in order:
        if id(node) in known or id(node) not in connected:
            continue
        primitive = node.primitive
        definition = primitive.definition if isinstance(primitive, Structural) else None
        if definition is not None:
            ready = [each for each in dict.fromkeys(node.inputs) if id(each) in known]
            (tangent,) = pushforward((definition(node),), ready, [known[id(each)] for each in ready])
        else:
            tangent = primitive.pushforward(node, [known.get(id(each)) for each in node.inputs])
        if tangent is not None:
            known[id(node)] = tangent
    return [known.get(id(node)) for node in outputs]


def gradient(output: Node, wrt: Sequence[Node], told: Step | None = None) -> list[Node | None]:
    """The gradients of a single number with respect to each of `wrt`; raises `ShapeError`."""
    if any(size != 1 for size in output.shape):
        raise ShapeError(
            f"the gradient needs a single number to start from, and this has shape {list(output.shape)}",
            hint="reduce it, as with sum(…) or mean(…), or ask for its jacobian",
        )
    if output.boolean:
        return [None for _ in wrt]
    return pullback(output, expand(as_node(1.0), output.shape), wrt, told)


def unit(shape: Shape, place: int) -> Node:
    """The array of this shape that is 1 in one place (counted row by row), and structurally 0 elsewhere."""
    if math.prod(shape) == 1:
        return expand(as_node(1.0), shape)
    picked = intern(embed_primitive, (as_node(1.0),), ((place,), (math.prod(shape),)))
    return reshape(picked, shape)


def jacobian(output: Node, wrt: Node) -> Node | None:
    """All first derivatives, in shape `output.shape + wrt.shape`; `None` where nothing connects them.

    One row for each element of `output` in reverse, or one column for each element of `wrt`
    forwards, whichever are fewer.
    """
    check_size(output.shape + wrt.shape)
    outputs, inputs = math.prod(output.shape), math.prod(wrt.shape)
    if outputs == 1:
        (row,) = pullback(output, expand(as_node(1.0), output.shape), (wrt,))
        return None if row is None else reshape(row, output.shape + wrt.shape)
    if inputs < outputs:
        columns = [pushforward((output,), (wrt,), (unit(wrt.shape, k),))[0] for k in range(inputs)]
        if any(column is None for column in columns):
            return None
        dense = [column if column is not None else zeros_like(output) for column in columns]
        return reshape(stack(dense, dim=-1), output.shape + wrt.shape)
    rows = [pullback(output, unit(output.shape, k), (wrt,))[0] for k in range(outputs)]
    if any(row is None for row in rows):
        return None
    return reshape(stack([row for row in rows if row is not None]), output.shape + wrt.shape)


def hessian(output: Node, wrt: Node) -> Node | None:
    """All second derivatives of a single number, in shape `wrt.shape + wrt.shape`; raises `ShapeError`."""
    check_size(wrt.shape + wrt.shape)
    (first,) = gradient(output, (wrt,))
    if first is None:
        return None
    second = jacobian(first, wrt)
    return expand(as_node(0.0), wrt.shape + wrt.shape) if second is None else second
