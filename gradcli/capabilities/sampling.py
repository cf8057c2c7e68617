"""Random points of the domain of a formula, that follow from a seed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any

import numpy as np

from gradcli.arrays import Array
from gradcli.engine.graph import Constant, Input, Node, as_node, constant, topological
from gradcli.engine.plan import Plan
from gradcli.engine.primitives.arithmetic import logical_and
from gradcli.engine.primitives.entry import as_number
from gradcli.engine.primitives.reductions import total
from gradcli.text.errors import GradcliError

POINTS = 24
"""At so many points something is tried, if there are as many."""

_OUTSIDE = 8
"""So many of them, if there are any, are outside of where the entries say that functions are smooth."""

_TRIED = 600
_ROUNDS = 12
_MOST_ELEMENTS = 200_000
_DIGITS = 3
_LARGEST_NUMBERS = 8

Points = dict[Input, Array]
"""A value of each variable in each point, a point a row."""


def rows_of(nodes: Sequence[Node], points: Points, values: Mapping[Input, Any]) -> list[Array]:
    """The data of nodes at points; `values` holds those of all other inputs."""
    rows = len(next(iter(points.values())))
    plan = Plan(nodes, batched=points)
    feed: dict[Node, Any] = {
        each: values[each] for each in plan.inputs if isinstance(each, Input) and each not in points
    }
    feed.update(points.items())
    return plan.run_rows(feed, rows)


def sampled(
    nodes: Sequence[Node],
    variables: Sequence[Input],
    values: Mapping[Input, Any],
    rng: np.random.Generator,
) -> Points:
    """Points at which all of `nodes` are finite and smooth, and of each sign that variables can have.

    `values` holds those of other inputs, and of a variable the one that is of interest. They are decimals of
    a few digits, of many magnitudes, and so of those of the numbers in the formula. Points where every
    function is within the domain that its entry states are preferred, and those where the last node is not 0.
    """
    elements = sum(math.prod(each.shape) for each in variables)
    rows = max(40, min(_TRIED, _MOST_ELEMENTS // max(elements, 1)))
    magnitudes = _magnitudes(nodes[0])
    within, smooth = _domain(nodes)
    near: dict[Input, Any] = {each: values.get(each) for each in variables}
    found: list[tuple[Points, Array, Array]] = []
    count = 0
    for round_ in range(_ROUNDS):
        drawn = {each: _drawn(each, rows, magnitudes, near[each], rng, far=round_ > 0) for each in variables}
        *data, inside, usable = rows_of([*nodes, within, smooth], drawn, values)
        for each in data:
            usable = usable & np.isfinite(each.reshape(rows, -1)).all(axis=1)
        moves = (data[-1].reshape(rows, -1) != 0).any(axis=1)
        kept = np.flatnonzero(usable)
        found.append(({each: column[kept] for each, column in drawn.items()}, inside[kept], moves[kept]))
        count += len(kept)
        if count >= POINTS:
            break
        if len(kept):  # a narrow domain: the next ones are beside what was found in it
            near = {each: column[kept[0]] for each, column in drawn.items()}
    points = {each: np.concatenate([part[each] for part, _, _ in found]) for each in variables}
    if not count:
        return points
    inside, moves = (np.concatenate([part[place] for part in found]) for place in (1, 2))
    signs = np.concatenate([np.sign(points[each]).reshape(count, -1)[:, :2] for each in variables], axis=1)
    keys = list(map(tuple, signs.tolist()))
    inner, outer, still = (
        list(_in_turn(np.flatnonzero(each).tolist(), keys))
        for each in (moves & inside, moves & ~inside, ~moves)
    )
    first = POINTS - _OUTSIDE
    chosen = [*inner[:first], *outer[:_OUTSIDE], *inner[first:], *outer[_OUTSIDE:], *still][:POINTS]
    return {each: column[chosen] for each, column in points.items()}


def _in_turn(rows: Sequence[int], keys: Sequence[Any]) -> Iterator[int]:
    """The rows, those of different keys in turn."""
    groups: dict[Any, list[int]] = {}
    for row in rows:
        groups.setdefault(keys[row], []).append(row)
    for turn in zip_longest(*groups.values()):
        yield from (row for row in turn if row is not None)


def _magnitudes(output: Node) -> list[float]:
    """The numbers in a formula that say of which magnitude its variables may be."""
    found = [
        abs(float(node.value))
        for node in topological((output,))
        if isinstance(node, Constant) and node.shape == () and not node.boolean
    ]
    odd = [each for each in found if math.isfinite(each) and each and not 0.1 < each <= 3]
    return list(dict.fromkeys(odd))[:_LARGEST_NUMBERS]


def _drawn(
    variable: Input, rows: int, magnitudes: Sequence[float], near: Any, rng: np.random.Generator, *, far: bool
) -> Array:
    """Values for a variable: near 1, near 0, of other magnitudes (`far`: any), and near one of interest."""
    shape = (rows, *variable.shape)
    sign = rng.choice((-1.0, 1.0), shape)
    kinds: list[tuple[float, Array]] = [
        (0.4, sign * rng.uniform(0.1, 3, shape)),
        (0.15, rng.uniform(-1, 1, shape)),
        (0.2, sign * 10 ** rng.uniform(-2, 2, shape)),
        (2.0 if far else 0.05, sign * 10 ** rng.uniform(-6, 6, shape)),
    ]
    if magnitudes:
        scale = rng.choice(magnitudes, (rows, *(1 for _ in variable.shape)))
        kinds.append((0.25, scale * rng.uniform(-1.5, 1.5, shape)))
        if far:
            kinds.append((1.0, sign / scale * 10 ** rng.uniform(-1, 1, shape)))
    if near is not None and np.all(np.isfinite(near)):
        kinds.append((1.0 if far else 0.25, near * rng.uniform(0.5, 1.5, shape)))
    weights = np.array([weight for weight, _ in kinds])
    which = rng.choice(len(kinds), rows, p=weights / weights.sum())
    values = np.stack([each for _, each in kinds])[which, np.arange(rows)]
    if values.size > _MOST_ELEMENTS // 10:
        return np.asarray(values)
    rounded = [float(f"{each:.{_DIGITS}g}") for each in values.ravel().tolist()]
    return np.array(rounded).reshape(shape)


def _domain(nodes: Sequence[Node]) -> tuple[Node, Node]:
    """Whether every function is within the domain of its entry; and whether none stands at a kink."""
    within: Node = constant(True)
    smooth: Node = constant(True)
    for node in topological(nodes):
        primitive = node.primitive
        if node.static:
            continue
        for each, (low, high) in zip(node.inputs, getattr(primitive, "domain", ()), strict=False):
            if math.isfinite(low):
                within = logical_and(within, _everywhere(each >= low))
            if math.isfinite(high):
                within = logical_and(within, _everywhere(each <= high))
        kink = getattr(primitive, "kink", None)
        if kink is not None:
            try:
                smooth = logical_and(smooth, ~_anywhere(kink.where(*node.inputs)))
            except GradcliError:
                continue
    return within, smooth


def _everywhere(truth: Node) -> Node:
    return ~_anywhere(~truth)


def _anywhere(truth: Node) -> Node:
    if not truth.shape:
        return truth
    return total(as_number(truth), tuple(range(-len(truth.shape), 0))) > as_node(0)
