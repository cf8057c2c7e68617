"""How uncertain a value is that was computed from uncertain inputs: the law of propagation.

It is that of JCGM 100:2008, 5.
An input is a number or an array whose elements have standard uncertainties, and correlations where something
says so. Sensitivities are exact derivatives, so that what two paths through one input do to each other is
right: x - x has no uncertainty.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gradcli.arrays import Array, Shape
from gradcli.engine.derive import pushforward
from gradcli.engine.graph import Input, Node, as_node, constant, expand, substitute, zeros_like
from gradcli.engine.jacobians import gradients
from gradcli.engine.primitives import OPERATORS, TABLE, Elementwise
from gradcli.engine.primitives.reductions import total
from gradcli.engine.primitives.shaping import reshape
from gradcli.records import NamedTuple
from gradcli.search.spreads import Spread, Spreads
from gradcli.text.errors import EvaluationError


def _possible(u: Any, out: Any = None) -> Any:
    found = np.where(np.less(u, 0), np.nan, u)
    if out is None:
        return found
    np.copyto(out, found)
    return out


standard_uncertainty = Elementwise(
    "standard_uncertainty",
    _possible,
    None,
    "uncertainty",
    written="uncertainty",
    demands="0 or more",
    public=False,
)
"""A number of a row as a standard uncertainty; one that is negative is none, and nan."""


class Contribution(NamedTuple):
    """What one input does to the uncertainty of a value.

    `value` and `uncertainty` are its own, `sensitivity` is the derivative of the result in it, of shape
    `result.shape + input.shape`; `contribution`, of the shape of the result, is the uncertainty that it alone
    would give it, and `share` its part of the variance, which correlations can make negative or more than 1.
    """

    value: Any
    uncertainty: Any
    sensitivity: Any
    contribution: Any
    share: Any


def combined(shape: Shape, jacobians: Mapping[Input, Any], spreads: Spreads) -> Any:
    """The standard uncertainty of a result of some shape, from its derivatives in inputs.

    That in an input which is not in it is `None`.
    """
    size, moves = _moves(_count(shape), jacobians, spreads)
    return _root(sum(_covariances(moves, spreads).values(), np.zeros(_count(shape))), size).reshape(shape)[()]


def uncertainty_node(
    value: Node,
    uncertainties: Mapping[Input, Node],
    correlations: Mapping[tuple[Input, Input], Array],
) -> Node | None:
    """The standard uncertainty of a node as a node of its shape; `None` where no uncertain input is in it.

    An uncertainty has the shape of its input. `correlations` are matrices (n, m) for the elements of two
    inputs, or of one with itself.
    """
    size = math.prod(value.shape)
    moves: dict[Input, Node] = {}
    slopes = gradients(value, list(uncertainties))
    for (each, uncertainty), slope in zip(uncertainties.items(), slopes, strict=True):
        if slope is not None:
            spread = expand(uncertainty, slope.shape)
            is_exact = OPERATORS["==", 2].build(spread, as_node(0.0))
            # What is exact moves nothing, however steep the value is in it.
            move = TABLE["where"].build(is_exact, as_node(0.0), slope * spread)
            moves[each] = reshape(move, (size, math.prod(each.shape)))
    if not moves:
        return None
    linked = {pair: matrix for pair, matrix in correlations.items() if moves.keys() >= {*pair}}
    together = {each for pair in linked for each in pair}
    alone = [move for each, move in moves.items() if each not in together]
    parts = [TABLE["norm"].build(move, 2.0, (-1,), False) for move in alone]
    if together:
        variance: Node = constant(np.zeros(size))
        for each in together:
            if (each, each) not in linked:
                variance = variance + total(moves[each] * moves[each], (-1,))
        for (one, other), matrix in linked.items():
            single = matrix.size == 1
            move = moves[one]
            towards = move * matrix.item() if single else TABLE["matmul"].build(move, constant(matrix))
            twice = 1.0 if one is other else 2.0
            variance = variance + total(towards * moves[other], (-1,)) * twice
        # Rounding can leave a variance that is 0 below it.
        parts.append(TABLE["sqrt"].build(TABLE["maximum"].build(variance, as_node(0.0))))
    found = zeros_like(value)
    for part in parts:
        found = TABLE["hypot"].build(found, reshape(part, value.shape))
    return found


def second_order(
    value: Node,
    uncertainties: Mapping[Input, Node],
    correlations: Mapping[tuple[Input, Input], Array],
) -> tuple[Node, Node] | None:
    """A number and its standard uncertainty to second order, as nodes; `None` where nothing is uncertain.

    As `curvature` has them, in graphs for rows: along directions in which the inputs vary independently, each
    by one standard uncertainty. Raises `EvaluationError` for arrays.
    """
    first = uncertainty_node(value, uncertainties, correlations)
    if first is None:
        return None
    inputs = list(uncertainties)
    if value.shape or any(each.shape for each in inputs):
        raise EvaluationError("the second order is that of single numbers", hint="leave out --second-order")
    matrix = np.eye(len(inputs))
    for (one, other), number in correlations.items():
        if one in uncertainties and other in uncertainties:
            i, j = inputs.index(one), inputs.index(other)
            matrix[i, j] = matrix[j, i] = number.item()
    sizes, vectors = np.linalg.eigh(matrix)
    steps = (vectors * np.sqrt(np.maximum(sizes, 0.0))).T
    steps = np.eye(len(inputs)) if np.array_equal(matrix, np.eye(len(inputs))) else steps
    # An uncertainty that is computed from the inputs is a number here, and does not vary with them.
    held = {each: Input("u", (), role="unit", tracked=False) for each in inputs}

    def along(node: Node | None, step: Array) -> Node | None:
        moving = [each for each, size in zip(inputs, step, strict=True) if size]
        tangents = [held[each] * float(size) for each, size in zip(inputs, step, strict=True) if size]
        return None if node is None else pushforward((node,), moving, tangents)[0]

    shift: Node = as_node(0.0)
    more: Node = as_node(0.0)
    for place, row in enumerate(steps):
        slope = along(value, row)
        for column, step in enumerate(steps):
            bent = along(slope, step)
            if bent is None or slope is None:
                continue
            turned = along(bent, step)
            shift = shift + 0.5 * bent if place == column else shift
            more = more + 0.5 * bent * bent + (0.0 if turned is None else slope * turned)
    given: dict[Node, Node] = {held[each]: uncertainties[each] for each in inputs}
    shift, more = substitute((shift, more), given)
    root = TABLE["sqrt"].build(TABLE["abs"].build(more))
    least = TABLE["maximum"].build(first - root, as_node(0.0))
    less = TABLE["sqrt"].build(least) * TABLE["sqrt"].build(first + root)
    total = TABLE["where"].build(more >= 0, TABLE["hypot"].build(first, root), less)
    return value + shift, total


def contributions(
    shape: Shape, values: Mapping[Input, Any], jacobians: Mapping[Input, Any], spreads: Spreads
) -> tuple[Any, dict[Input, Contribution]]:
    """The standard uncertainty of a result, and what each input contributes to it.

    Correlated inputs share what they give together: the share of one is its covariance with the result.
    """
    size, moves = _moves(_count(shape), jacobians, spreads)
    covariances = _covariances(moves, spreads)
    total = sum(covariances.values(), np.zeros(_count(shape)))
    found = {}
    for each, jacobian in jacobians.items():
        covariance = covariances.get(each, np.zeros_like(total))
        alone = _own(moves[each], spreads[each]) if each in moves else np.zeros_like(total)
        with np.errstate(all="ignore"):
            share = np.where(total > 0, covariance / total, 0.0 * total)
        sensitivity = np.zeros(shape + each.shape)[()] if jacobian is None else jacobian
        uncertainty = spreads[each].uncertainty
        contribution = _root(alone, size).reshape(shape)[()]
        found[each] = Contribution(
            values[each], uncertainty, sensitivity, contribution, share.reshape(shape)[()]
        )
    return _root(total, size).reshape(shape)[()], found


def effective_freedom(shape: Shape, jacobians: Mapping[Input, Any], spreads: Spreads) -> Any:
    """The effective degrees of freedom of a result's uncertainty, of its shape, by Welch and Satterthwaite.

    JCGM 100:2008, G.4.1. Inputs that vary together count as one, with the degrees of freedom that all of them
    have; where they have different ones, the result is nan. `inf` where all are known well.
    """
    count = _count(shape)
    _, moves = _moves(count, jacobians, spreads)
    total, weighed = np.zeros(count), np.zeros(count)
    with np.errstate(all="ignore"):
        for group in _linked(list(moves), spreads):
            freedoms = {spreads[each].dof for each in group}
            of_group = {each: moves[each] for each in group}
            variance = sum(_covariances(of_group, spreads).values(), np.zeros(count))
            fourth = variance**2
            if len(group) == 1 and spreads[group[0]].within is None:  # its elements are independent
                fourth = (of_group[group[0]] ** 4).sum(axis=1)
            known = freedoms.pop() if len(freedoms) == 1 else np.nan
            total, weighed = total + variance, weighed + fourth / known
        found = np.where(weighed == 0, np.inf, total**2 / weighed)
    return found.reshape(shape)[()]


def _linked(inputs: Sequence[Input], spreads: Spreads) -> list[list[Input]]:
    """Inputs in groups, between which nothing varies together."""
    groups: list[list[Input]] = []
    for each in inputs:
        touching = [
            group
            for group in groups
            if any(each in spreads[other].others or other in spreads[each].others for other in group)
        ]
        groups = [group for group in groups if group not in touching]
        groups.append([each, *(other for group in touching for other in group)])
    return groups


def _count(shape: Shape) -> int:
    return math.prod(shape)


def _moves(count: int, jacobians: Mapping[Input, Any], spreads: Spreads) -> tuple[Any, dict[Input, Array]]:
    """How far one standard uncertainty of each element of each input moves each element of the result.

    A matrix for each input, divided by a power of two for each element of the result, lest squares overflow.
    """
    moves = {}
    for each, jacobian in jacobians.items():
        if jacobian is None:
            continue
        uncertainty = np.ravel(spreads[each].uncertainty)
        matrix = np.reshape(jacobian, (count, uncertainty.size))
        with np.errstate(all="ignore"):
            # What is exact moves nothing, however steep the result is in it.
            moves[each] = np.where(uncertainty == 0, 0.0, matrix * uncertainty)
    greatest = [np.abs(each).max(axis=1, initial=0.0) for each in moves.values()]
    size: Any = np.max(greatest, axis=0) if greatest else 1.0
    size = np.where(np.isfinite(size) & (size > 0), np.exp2(np.frexp(size)[1] - 1.0), 1.0)
    return size, {each: matrix / np.reshape(size, (-1, 1)) for each, matrix in moves.items()}


def _root(variance: Array, size: Any) -> Array:
    """The standard uncertainty of a scaled variance; rounding can leave one that is 0 below it."""
    with np.errstate(all="ignore"):
        root: Array = np.sqrt(np.maximum(variance, 0.0)) * size
        return root


def _own(move: Array, spread: Spread) -> Array:
    """The variance that an input alone gives."""
    with np.errstate(all="ignore"):
        towards = move if spread.within is None else move @ spread.within
        found: Array = (move * towards).sum(axis=1)
        return found


def _covariances(moves: Mapping[Input, Array], spreads: Spreads) -> dict[Input, Array]:
    """The covariance of each input's part with the whole result: together they are its variance."""
    found = {each: _own(move, spreads[each]) for each, move in moves.items()}
    with np.errstate(all="ignore"):
        for each, move in moves.items():
            for other, correlation in spreads[each].others.items():
                if other in moves:
                    both = ((move @ correlation) * moves[other]).sum(axis=1)
                    found[each] = found[each] + both
                    found[other] = found[other] + both
    return found
