"""Jacobians and Hessians: the graph of one row, and one run of it over the rows of an identity.

What `derive` makes of a seed is the same graph for every seed. So a Jacobian is one node, whatever its size,
which holds the graph of a row; it runs over all rows at once, and has derivatives like any other.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from typing import Any
from weakref import WeakValueDictionary

import numpy as np

from gradcli.arrays import Array, Shape
from gradcli.engine import derive
from gradcli.engine.evaluate import static_value
from gradcli.engine.graph import (
    RULES,
    Input,
    Kernel,
    Node,
    Primitive,
    as_node,
    constant,
    expand,
    expand_primitive,
    intern,
    substitute,
    topological,
)
from gradcli.engine.plan import CHUNK, Plan
from gradcli.engine.primitives.arithmetic import nonzero, support
from gradcli.engine.primitives.shaping import cat_primitive, permute, reshape, stack, subscript
from gradcli.engine.shapes import check_size

# The graph of a row


class EachRow(Primitive):
    """What a graph computes for each row: `count` results, one behind the other.

    `body` is the graph of a row, in inputs of its own. `unit` (which it may not use) is the next row of an
    identity, of any shape with `count` elements. `places` stand for the inputs of a node: all rows have the
    first `shared` of them in common, and each of the others holds something for each row.
    """

    mixes_batches = True

    def __init__(self, body: Node, unit: Input, places: Sequence[Input], shared: int, count: int) -> None:
        super().__init__("each_row")
        self.body = body
        self.unit = unit
        self.places = tuple(places)
        self.shared = shared
        self.count = count
        self.guards = body.guarded
        self.boolean = body.boolean
        self._plans: dict[tuple[bool, ...], Plan] = {}

    def shape(self, inputs: Sequence[Node], params: tuple[Any, ...]) -> Shape:
        return (self.count, *self.body.shape)

    @cached_property
    def _tracked(self) -> frozenset[int]:
        """The places in which the body has a derivative."""
        body, places = self.body, enumerate(self.places)
        return frozenset(index for index, each in places if body in derive.dependents((body,), (each,))[1])

    def tracks(self, index: int) -> bool:
        return index in self._tracked

    # Running it

    def kernel(self, node: Node) -> Kernel:
        ranks = [len(each.shape) for each in node.inputs]
        widest = max(math.prod(each.shape) for each in topological((self.body,)))
        together = self.count * widest <= CHUNK

        def run(*arrays: Any) -> Array:
            batched = tuple(np.ndim(each) > rank for each, rank in zip(arrays, ranks, strict=True))
            if not any(batched):
                return self._run(arrays)
            rows = next(len(each) for each, more in zip(arrays, batched, strict=True) if more)
            if together:
                return self._run_many(arrays, batched, rows)
            result = np.empty((rows, *node.shape), bool if node.boolean else np.float64)
            for row in range(rows):
                result[row] = self._run(
                    [each[row] if more else each for each, more in zip(arrays, batched, strict=True)]
                )
            return result

        return run

    def _run(self, arrays: Sequence[Any]) -> Array:
        """The results for one array in each place."""
        plan = self._plan((False,) * self.shared + (True,) * (len(self.places) - self.shared))
        values: dict[Node, Any] = dict(zip(self.places, arrays, strict=True))
        values[self.unit] = np.eye(self.count).reshape(self.count, *self.unit.shape)
        (found,) = plan.run_rows(values, self.count)
        return np.asarray(found)

    def _run_many(self, arrays: Sequence[Any], batched: Sequence[bool], rows: int) -> Array:
        """The results for as many `rows` of arrays in the places that are `batched`, in one run over all."""
        count, values = self.count, dict[Node, Any]()
        varying = (*batched[: self.shared], *[True] * (len(batched) - self.shared))
        places = zip(self.places, arrays, batched, strict=True)
        for index, (place, array, more) in enumerate(places):
            if index >= self.shared:
                whole = array if more else np.broadcast_to(array, (rows, *array.shape))
                values[place] = whole.reshape(rows * count, *place.shape)
            else:
                values[place] = np.repeat(array, count, axis=0) if more else array
        identity = np.broadcast_to(np.eye(count), (rows, count, count))
        values[self.unit] = identity.reshape(rows * count, *self.unit.shape)
        (found,) = self._plan(varying).run_rows(values, rows * count)
        return np.reshape(found, (rows, count, *self.body.shape))

    def _plan(self, varying: tuple[bool, ...]) -> Plan:
        found = self._plans.get(varying)
        if found is None:
            batched = [each for each, varies in zip(self.places, varying, strict=True) if varies]
            found = self._plans[varying] = Plan((self.body,), batched=(self.unit, *batched))
        return found

    # Differentiating it

    def pullback(self, node: Node, cotangent: Node, index: int) -> Node | None:
        place = self.places[index]
        flow = _like(cotangent, self.body.shape)
        (found,) = derive.pullback(self.body, flow, (place,))
        if found is None:
            return None
        rows = self._outside(node, found, {flow: cotangent}, {})
        return RULES["sum"](rows, (-1 - len(place.shape),)) if index < self.shared else rows

    def pushforward(self, node: Node, tangents: Sequence[Node | None]) -> Node | None:
        by_row: dict[Input, Node] = {}
        whole: dict[Node, Node] = {}
        places, flows = [], []
        for index, (place, tangent) in enumerate(zip(self.places, tangents, strict=True)):
            if tangent is None:
                continue
            flow = _like(tangent, place.shape)
            if index < self.shared:
                whole[flow] = tangent
            else:
                by_row[flow] = tangent
            places.append(place)
            flows.append(flow)
        (found,) = derive.pushforward((self.body,), places, flows)
        return None if found is None else self._outside(node, found, by_row, whole)

    def support(self, node: Node) -> Node | None:
        by_row: dict[Input, Node] = {}
        whole: dict[Node, Node] = {}
        for index, (place, each) in enumerate(zip(self.places, node.inputs, strict=True)):
            if each.guarded and index < self.shared:
                whole[nonzero(place)] = support(each)
            elif each.guarded:
                reached = support(each)
                whole[nonzero(place)] = flow = _like(reached, place.shape)
                by_row[flow] = reached
        return self._outside(node, support(self.body), by_row, whole)

    def _outside(
        self, node: Node, row: Node, by_row: Mapping[Input, Node], whole: Mapping[Node, Node]
    ) -> Node:
        """What a graph that goes on from the body computes for each row, at the inputs of a node.

        `by_row` and `whole` say what further inputs stand for. All bodies have the same inputs, so those that
        vary become inputs that are found in no other.
        """
        new: dict[Node, Node] = {**whole, **dict(zip(self.places, node.inputs, strict=True))}
        varying: dict[Input, Node] = dict(by_row)
        for place, rows in zip(self.places[self.shared :], node.inputs[self.shared :], strict=True):
            new[place] = own = _like(place, place.shape)
            varying[own] = rows
        new[self.unit] = unit = _unit(self.unit.shape)
        return _each_row(substitute((row,), new)[0], unit, varying, self.count)

    def in_full(self, inputs: Sequence[Node]) -> Node:
        """An equal graph, in which the nodes of every row stand."""
        rows = []
        for row in range(self.count):
            new: dict[Node, Node] = dict(zip(self.places, inputs, strict=True))
            for place, each in zip(self.places[self.shared :], inputs[self.shared :], strict=True):
                new[place] = subscript(each, (row, *[(0, size, 1) for size in place.shape]))
            new[self.unit] = derive.unit(self.unit.shape, row)
            rows += _settled(substitute((self.body,), new)[0])
        return stack(rows)


def _settled(node: Node) -> list[Node]:
    """The node, with the truth values that are known below it as constants, as rules make them."""
    truths = [each for each in topological((node,), _is_truth) if _is_truth(each) and each.inputs]
    return substitute((node,), {each: constant(static_value(each)) for each in truths})


def _is_truth(node: Node) -> bool:
    return node.boolean and node.static


def in_full(outputs: Sequence[Node]) -> list[Node]:
    """The nodes `outputs` with those of every row of a Jacobian below them, for who reads graphs."""
    changed: dict[Node, Node] = {}
    waiting = list(outputs)
    while any(isinstance(each.primitive, EachRow) for each in topological(waiting)):
        changed.clear()
        for node in topological(waiting):
            inputs = tuple(changed.get(each, each) for each in node.inputs)
            if isinstance(node.primitive, EachRow):
                changed[node] = node.primitive.in_full(inputs)
            elif inputs != node.inputs:
                changed[node] = intern(node.primitive, inputs, node.params)
        waiting = [changed.get(each, each) for each in waiting]
    return waiting


_places: WeakValueDictionary[Any, Input] = WeakValueDictionary()
_bodies: WeakValueDictionary[Any, EachRow] = WeakValueDictionary()


def _like(node: Node, shape: Shape) -> Input:
    """An input that a rule takes for the node, in another shape perhaps."""
    found = Input("", shape, role="row", tracked=node.tracked, boolean=node.boolean)
    found.guarded = node.guarded
    return found


def _unit(shape: Shape) -> Input:
    return Input("", shape, role="unit", tracked=False)


def _place(number: int, like: Node, shape: Shape) -> Input:
    """The input with this number of all bodies, so that equal computations have equal bodies."""
    key = (number, shape, like.boolean, like.tracked, like.guarded)
    found = _places.get(key)
    if found is None:
        found = _places[key] = _like(like, shape)
    return found


def _unit_place(shape: Shape) -> Input:
    found = _places.get(shape)
    if found is None:
        found = _places[shape] = _unit(shape)
    return found


def _each_row(row: Node, unit: Input, varying: Mapping[Input, Node], count: int) -> Node:
    """What `row` is for each row of an identity, whose place `unit` takes in it.

    In the place of each input that is `varying` stands a row of a node. What does not depend on any of these
    is computed once, outside.
    """
    own = _unit_place(unit.shape)
    new: dict[Node, Node] = {unit: own}
    outside: dict[Node, Input] = {}
    rows: dict[Input, Input] = {}

    def taken_in(node: Node) -> Node:
        """What stands in the body for a node that is computed outside; an array is repeated inside."""
        if node.static:
            return node
        repeats = []
        while node.primitive is expand_primitive:
            repeats.append(node.params)
            node = node.inputs[0]
        if node not in outside:
            outside[node] = _place(len(outside), node, node.shape)
        found: Node = outside[node]
        for params in reversed(repeats):
            found = intern(expand_primitive, (found,), params)
        return found

    for node in topological((row,)):
        if isinstance(node, Input) and node in varying:
            new[node] = rows[node] = _place(-1 - len(rows), node, node.shape)
        elif any(each in new for each in node.inputs):
            taken = [new[each] if each in new else taken_in(each) for each in node.inputs]
            new[node] = intern(node.primitive, tuple(taken), node.params)
    if row not in new:
        return expand(row, (count, *row.shape))
    if not (outside or rows):  # a node without inputs would be a variable
        one = as_node(1.0)
        outside[one] = _place(0, one, ())
    inputs = (*outside, *[varying[each] for each in rows])
    places = (*outside.values(), *rows.values())
    key = (new[row], own, places, len(outside), count)
    primitive = _bodies.get(key)
    if primitive is None:
        primitive = _bodies[key] = EachRow(*key)
    return intern(primitive, inputs)


# Jacobians


def forwards(output: Node, wrt: Node) -> bool:
    """Whether a Jacobian has fewer columns, each of them a sweep forwards, than rows, in reverse."""
    return math.prod(wrt.shape) < math.prod(output.shape)


def jacobian(output: Node, wrt: Node) -> Node | None:
    """All first derivatives, in shape `output.shape + wrt.shape`; `None` where nothing connects them.

    One row for each element of `output` in reverse, or one column for each element of `wrt`
    forwards, whichever are fewer.
    """
    return jacobians(output, (wrt,))[0]


def jacobians(output: Node, wrt: Sequence[Node]) -> list[Node | None]:
    """The Jacobian in each of `wrt`. Those in reverse are one run."""
    for each in wrt:
        check_size(output.shape + each.shape)
    in_reverse = [each for each in wrt if not forwards(output, each) and 0 not in each.shape]
    found: dict[Node, Node | None] = {}
    if in_reverse and 0 not in output.shape:
        found = dict(zip(in_reverse, _in_reverse(output, in_reverse), strict=True))
    for each in wrt:
        if each not in found:
            empty = 0 in output.shape + each.shape
            zeros = np.zeros(output.shape + each.shape) if empty else None
            found[each] = _forwards(output, each) if zeros is None else constant(zeros)
    return [found[each] for each in wrt]


def _in_reverse(output: Node, wrt: Sequence[Node]) -> list[Node | None]:
    count = math.prod(output.shape)
    if count == 1:
        return derive.slopes(output, wrt)
    seed = _unit(output.shape)
    rows = _together(derive.pullback(output, seed, wrt), seed, count)
    return [
        None if each is None else reshape(each, output.shape + variable.shape)
        for each, variable in zip(rows, wrt, strict=True)
    ]


def _together(rows: Sequence[Node | None], seed: Input, count: int) -> list[Node | None]:
    """What each of some graphs of a row is for all rows, in runs of as many as can be joined.

    A joined array has structural zeros or has none, and so have all of its parts.
    """
    found: dict[Node, Node] = {}
    for guarded in (False, True):
        alike = list(dict.fromkeys(each for each in rows if each is not None and each.guarded is guarded))
        if len(alike) < 2:
            found.update((each, _each_row(each, seed, {}, count)) for each in alike)
            continue
        flat = tuple(reshape(each, (math.prod(each.shape),)) for each in alike)
        whole = _each_row(intern(cat_primitive, flat, (-1,)), seed, {}, count)
        edges = np.cumsum([0, *(each.shape[0] for each in flat)]).tolist()
        for each, (start, stop) in zip(alike, pairwise(edges), strict=True):
            part = subscript(whole, ((0, count, 1), (start, stop, 1)))
            found[each] = reshape(part, (count, *each.shape))
    return [None if each is None else found[each] for each in rows]


def _forwards(output: Node, wrt: Node) -> Node | None:
    count = math.prod(wrt.shape)
    tangent = expand(as_node(1.0), wrt.shape) if count == 1 else _unit(wrt.shape)
    (column,) = derive.pushforward((output,), (wrt,), (tangent,))
    if column is None:
        return None
    if isinstance(tangent, Input):
        rank = len(output.shape)
        columns = _each_row(column, tangent, {}, count)
        column = permute(columns, (*range(-rank, 0), -rank - 1))
    return reshape(column, output.shape + wrt.shape)


def gradients(output: Node, wrt: Sequence[Node]) -> list[Node | None]:
    """All first derivatives in each of `wrt`: the gradients of a single number, the Jacobians of an array.

    Each has shape `output.shape + its own`; `None` where nothing connects them.
    """
    if output.boolean:
        return [None for _ in wrt]
    return derive.slopes(output, wrt) if math.prod(output.shape) == 1 else jacobians(output, wrt)


def gradients_in_full(output: Node, wrt: Sequence[Node]) -> list[Node | None]:
    """The same with the nodes of every row."""
    found = gradients(output, wrt)
    rest = iter(in_full([each for each in found if each is not None]))
    return [None if each is None else next(rest) for each in found]


def hessian(output: Node, wrt: Node) -> Node | None:
    """All second derivatives of a single number, in shape `wrt.shape + wrt.shape`; raises `ShapeError`."""
    check_size(wrt.shape + wrt.shape)
    (first,) = derive.gradient(output, (wrt,))
    if first is None:
        return None
    second = jacobian(first, wrt)
    return expand(as_node(0.0), wrt.shape + wrt.shape) if second is None else second
