"""Derivatives as graphs: nothing else in gradcli differentiates.

Reverse mode walks the graph backwards and builds cotangent nodes, forward mode walks it forwards and
builds tangent nodes. The results are ordinary graphs, so they can be differentiated again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Sequence
from functools import partial

from gradcli.arrays import Shape
from gradcli.collecting import uncollected
from gradcli.engine.graph import (
    Around,
    Constant,
    Node,
    Stale,
    alias,
    as_node,
    constant,
    expand,
    intern,
    substitute,
    topological,
)
from gradcli.engine.primitives.shaping import embed_primitive, reshape, subscript
from gradcli.engine.shapes import ShapeError
from gradcli.records import NamedTuple
from gradcli.text.errors import EvaluationError

Step = Callable[[Node, Node, int, Node], None]
"""Told of each step of a sweep: the node, its cotangent, and what it hands on to which of its inputs."""


class StaleError(EvaluationError):
    """A sweep reached a value that was computed before one of its leaves changed."""

    def __init__(self, stale: Stale, then: str) -> None:
        super().__init__(
            f"{stale.name} was computed before {stale.changed or 'a value that it depends on'} was changed",
            hint=f"compute {stale.name} again, then {then}",
        )
        if stale.place is not None:
            self.further = (stale.place._replace(label=f"{stale.changed} was changed here"),)


def check_current(output: Node, wrt: Sequence[Node], then: str) -> None:
    """Raises `StaleError` where a sweep from `output` to `wrt` would reach a value that is out of date."""
    targets = set(wrt)
    for node in topological((output,), lambda each: not each.tracked or each in targets):
        if isinstance(node, Stale) and node.tracked and node not in targets:
            raise StaleError(node, then)


Below = tuple[list[Node], set[Node]]


def dependents(outputs: Sequence[Node], wrt: Sequence[Node]) -> Below:
    """The nodes below `outputs` in topological order, and those that depend on `wrt`.

    Each of `wrt` is a variable of its own: what is below it does not matter, and is not visited.
    """
    found = set(wrt)
    order = topological(outputs, frozenset(wrt).__contains__)
    for node in order:
        for index, each in enumerate(node.inputs):
            if each in found and node.primitive.tracks(index):
                found.add(node)
                break
    return order, found


class Apart(NamedTuple):
    """A graph in which every variable is a node without inputs, or a stand-in that nothing looks through.

    A rule may simplify what it builds, and so pass over a node, as `-(-x)` is `x`. It must not pass over
    one that a derivative is taken in; so in its place stands an alias, until `back` puts it in again.
    """

    outputs: list[Node]
    variables: list[Node]
    back: dict[Node, Node]

    def whole(self, found: Sequence[Node | None]) -> list[Node | None]:
        """Derivatives, with the variables themselves in the places of their stand-ins."""
        if not self.back:
            return list(found)
        rest = iter(substitute([each for each in found if each is not None], self.back))
        return [None if each is None else next(rest) for each in found]


def apart(outputs: Sequence[Node], wrt: Sequence[Node]) -> Apart:
    """`outputs` as functions of `wrt`, none of which a simplification can pass over."""
    stand_ins = {each: alias(each) for each in wrt if each.inputs and not each.static}
    return Apart(
        substitute(outputs, stand_ins) if stand_ins else list(outputs),
        [stand_ins.get(each, each) for each in wrt],
        {stand_in: each for each, stand_in in stand_ins.items()},
    )


def _defined(node: Node, definition: Callable[[Node], Node], flows: Sequence[Node]) -> Apart:
    """A node's definition, in terms of stand-ins for its inputs and for what flows into it."""
    taken = apart((), (*node.inputs, *flows))
    inputs = tuple(taken.variables[: len(node.inputs)])
    return taken._replace(outputs=[definition(intern(node.primitive, inputs, node.params))])


@uncollected
def pullback(output: Node, seed: Node, wrt: Sequence[Node], told: Step | None = None) -> list[Node | None]:
    """Reverse mode: the cotangents of `wrt`, given the cotangent `seed` of `output`.

    `None` stands for a node that `output` is not connected to.
    """
    taken = apart((output,), wrt)
    return taken.whole(_pullback(taken.outputs[0], seed, taken.variables, told))


def _pullback(
    output: Node, seed: Node, wrt: Sequence[Node], told: Step | None = None, below: Below | None = None
) -> list[Node | None]:
    """The sweep itself; `below` is what `dependents` finds, for sweeps of one output with many seeds."""
    order, connected = below or dependents((output,), wrt)
    cotangents: dict[Node, list[Node]] = {output: [seed]}
    targets = set(wrt)
    for node in reversed(order):
        if node in targets or node not in connected or node not in cotangents:
            continue
        ct = _total(cotangents.pop(node))
        primitive = node.primitive
        handed: Sequence[Node | None]
        if primitive.definition is not None:
            taken = _defined(node, primitive.definition, (ct,))
            *inputs, flow = taken.variables
            handed = taken.whole(_pullback(taken.outputs[0], flow, inputs))
        elif primitive.around is not None and (past := around(node, targets)) is not None:
            inner, weight = past.inner, ct * past.factor
            if told is not None:
                ct = _told_past(node, ct, inner, told)
            radial = inner.primitive.radial
            assert radial is not None
            node = inner
            handed = list(map(partial(radial.pull, inner, weight), range(len(inner.inputs))))
        else:
            handed = [
                primitive.pullback(node, ct, index) if each in connected else None
                for index, each in enumerate(node.inputs)
            ]
        for index, share in enumerate(handed):
            each = node.inputs[index]
            if share is None or each not in connected:
                continue
            if told is not None:
                told(node, ct, index, share)
            if each in cotangents:
                cotangents[each].append(share)
            else:
                cotangents[each] = [share]
    return [_total(cotangents[node]) if node in cotangents else None for node in wrt]


def _total(shares: Sequence[Node]) -> Node:
    """The sum of what has arrived at a node, from left to right.

    Numbers are added as `+` adds them, but only their last sum becomes a node.
    """
    total = shares[0]
    if len(shares) == 1:
        return total
    held: float | None = None  # the sum so far, where it is a number that has no node yet
    for share in shares[1:]:
        left, right = _number(total) if held is None else held, _number(share)
        if left is None or right is None or not math.isfinite(left + right):
            total = (total if held is None else constant(held)) + share
            held = None
        elif not left:
            total, held = share, None
        elif right:
            held = left + right
    return total if held is None else constant(held)


def _number(node: Node) -> float | None:
    if isinstance(node, Constant) and node.shape == () and not node.boolean:
        return float(node.value)
    return None


def around(node: Node, stops: Container[Node] = ()) -> Around | None:
    """What of a node is differentiated around a length below it, unless that is itself a variable."""
    past = None if node.primitive.around is None else node.primitive.around(node)
    return None if past is None or past.inner in stops else past


def _told_past(node: Node, ct: Node, inner: Node, told: Step) -> Node:
    """Tells of the step to the length that a sweep goes around; the cotangent that arrives there."""
    arrived: Node | None = None
    for index, each in enumerate(node.inputs):
        if each is inner:
            share = node.primitive.pullback(node, ct, index)
            assert share is not None
            told(node, ct, index, share)
            arrived = share if arrived is None else arrived + share
    assert arrived is not None
    return arrived


@uncollected
def pushforward(outputs: Sequence[Node], wrt: Sequence[Node], tangents: Sequence[Node]) -> list[Node | None]:
    """Forward mode: the tangents of `outputs`, given those of `wrt`."""
    taken = apart(outputs, wrt)
    return taken.whole(_pushforward(taken.outputs, taken.variables, tangents))


def _pushforward(
    outputs: Sequence[Node], wrt: Sequence[Node], tangents: Sequence[Node], below: Below | None = None
) -> list[Node | None]:
    order, connected = below or dependents(outputs, wrt)
    known: dict[Node, Node] = dict(zip(wrt, tangents, strict=True))
    targets = set(known)
    for node in order:
        if node in known or node not in connected:
            continue
        primitive = node.primitive
        if primitive.definition is not None:
            places = [place for place, each in enumerate(node.inputs) if each in known]
            flows = [known[node.inputs[place]] for place in places]
            taken = _defined(node, primitive.definition, flows)
            ready = [taken.variables[place] for place in places]
            (tangent,) = taken.whole(_pushforward(taken.outputs, ready, taken.variables[len(node.inputs) :]))
        else:
            past = around(node, targets)
            if past is not None:
                radial = past.inner.primitive.radial
                assert radial is not None
                flow = [known.get(each) for each in past.inner.inputs]
                tangent = past.factor * radial.push(past.inner, flow)
            else:
                tangent = primitive.pushforward(node, [known.get(each) for each in node.inputs])
        if tangent is not None:
            known[node] = tangent
    return [known.get(node) for node in outputs]


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


def slopes(output: Node, wrt: Sequence[Node]) -> list[Node | None]:
    """The gradients of a single number in shape `output.shape + its own` of each of `wrt`."""
    found = gradient(output, wrt)
    return [
        None if each is None else reshape(each, output.shape + variable.shape)
        for each, variable in zip(found, wrt, strict=True)
    ]


def unit(shape: Shape, place: int) -> Node:
    """The array of this shape that is 1 in one place (counted row by row), and structurally 0 elsewhere."""
    if math.prod(shape) == 1:
        return expand(as_node(1.0), shape)
    picked = intern(embed_primitive, (as_node(1.0),), ((place,), (math.prod(shape),)))
    return reshape(picked, shape)


def element(node: Node, place: int) -> Node:
    """One element of a node (counted row by row), as a single number."""
    flat = node if len(node.shape) == 1 else reshape(node, (math.prod(node.shape),))
    return subscript(flat, (place,)) if node.shape else node


def is_elementwise(output: Node, wrt: Node) -> bool:
    """Whether each element of `output` depends on that element of `wrt` alone, which has its shape."""
    if output.shape != wrt.shape:
        return False
    order, connected = dependents((output,), (wrt,))
    return all(node.primitive.elementwise or node is wrt for node in order if node in connected)
