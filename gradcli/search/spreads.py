"""How uncertain inputs are, and how they vary together."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from gradcli.arrays import Array
from gradcli.engine.graph import Input
from gradcli.engine.shapes import shape_text
from gradcli.records import NamedTuple
from gradcli.text.errors import InputError


class Spread(NamedTuple):
    """How uncertain an input is.

    `uncertainty` is its standard uncertainty, an array of its shape. `within` are the correlations of its
    elements with each other, (n, n) for n elements, and `others` those with elements of other inputs, (n, m);
    each pair of inputs is in one of the two. `text` is what was typed for an input that has no name.
    `distribution` is one of `DISTRIBUTIONS`, that of t with degrees of `freedom`. `dof` are the degrees of
    freedom of the uncertainty itself, as it was estimated.
    """

    uncertainty: Any
    text: str = ""
    within: Array | None = None
    others: Mapping[Input, Array] = MappingProxyType({})
    distribution: str = "normal"
    freedom: float = math.inf
    dof: float = math.inf


Spreads = Mapping[Input, Spread]
"""The spreads of inputs; one that is missing is exact."""


def with_freedom(
    spreads: Spreads, inputs: Sequence[Input], data: Any, title: Callable[[Input], str]
) -> dict[Input, Spread]:
    """The spreads of uncertain inputs with so many degrees of freedom; raises `InputError`."""
    if np.shape(data) or not float(data) > 0:
        raise InputError("degrees of freedom are one number above 0", hint="dof x = 4")
    for each in inputs:
        if each not in spreads:
            name = title(each)
            raise InputError(
                f"{name} has no uncertainty, so it has no degrees of freedom", hint=f"{name} = … ± …"
            )
    return {each: spreads[each]._replace(dof=float(data)) for each in inputs}


DISTRIBUTIONS = ("normal", "uniform", "triangular", "t")
"""What inputs can be drawn from; the standard uncertainty is the standard deviation of each."""


def together(inputs: Sequence[Input], spreads: Spreads) -> Array:
    """The correlation matrix of all elements of some inputs."""
    starts = np.cumsum([0, *(math.prod(each.shape) for each in inputs)])
    places = {each: slice(*starts[at : at + 2]) for at, each in enumerate(inputs)}
    matrix = np.eye(starts[-1])
    for each in inputs:
        spread = spreads[each]
        if spread.within is not None:
            matrix[places[each], places[each]] = spread.within
        for other, block in spread.others.items():
            if other in places:
                matrix[places[each], places[other]] = block
                matrix[places[other], places[each]] = block.T
    return matrix


def matrices(spreads: Spreads) -> dict[tuple[Input, Input], Array]:
    """The correlations of pairs of inputs, and of the elements of one, where there are any."""
    found = {(each, each): spread.within for each, spread in spreads.items() if spread.within is not None}
    for each, spread in spreads.items():
        found.update(((each, other), block) for other, block in spread.others.items() if other in spreads)
    return found


def are_independent(inputs: Sequence[Input], spreads: Spreads) -> bool:
    """Whether no two elements of these inputs vary together."""
    known = set(inputs)
    return all(spreads[each].within is None and not known & spreads[each].others.keys() for each in inputs)


def directions(inputs: Sequence[Input], spreads: Spreads) -> Array:
    """Steps in which all elements vary independently, each of one standard deviation, one a row.

    Their outer products add up to the covariance matrix. What is exact moves in none of them.
    """
    uncertainty = np.concatenate([np.ravel(spreads[each].uncertainty) for each in inputs])
    if are_independent(inputs, spreads):
        found: Array = np.diag(uncertainty)
        return found[uncertainty > 0]
    values, vectors = np.linalg.eigh(together(inputs, spreads))
    factor: Array = np.sqrt(np.maximum(values, 0.0))[:, None] * vectors.T * uncertainty
    moving: Array = factor[values > values.max() * 1e-15]
    return moving


def correlated(
    spreads: Spreads, inputs: Sequence[Input], given: Any, title: Callable[[Input], str]
) -> dict[Input, Spread]:
    """The spreads of inputs once they vary together: what changes. Raises `InputError`.

    `given` is one number, for every pair (of arrays: for elements in the same place), or the whole matrix of
    correlations of all elements of the inputs, one after another. `title` says what an input is called.
    """
    sizes = [math.prod(each.shape) for each in inputs]
    count, data = sum(sizes), np.asarray(given, np.float64)
    for each in inputs:
        if each not in spreads:
            name = title(each)
            raise InputError(f"{name} has no uncertainty, so nothing varies with it", hint=f"{name} = … ± …")
    if len(set(inputs)) < len(inputs):
        raise InputError("a correlation is one of different variables", hint="correlation x, y = 0.3")
    if not data.shape:
        if len(inputs) < 2:
            raise InputError("one number is the correlation of two variables", hint="correlation x, y = 0.3")
        if len({each.shape for each in inputs}) > 1:
            shapes = " and ".join(shape_text(each.shape) for each in inputs)
            raise InputError(
                f"one number is the correlation of variables of equal shapes, and these are {shapes}",
                hint=f"a matrix of all correlations is {count} by {count}",
            )
        block = float(data) * np.eye(sizes[0])
        data = together(inputs, {each: spreads[each]._replace(others={}) for each in inputs})
        for row in range(len(inputs)):
            for column in range(len(inputs)):
                if row != column:
                    rows, columns = (slice(at * sizes[0], (at + 1) * sizes[0]) for at in (row, column))
                    data[rows, columns] = block
    check_correlations(data, count)
    starts = np.cumsum([0, *sizes])
    changed = {}
    for at, each in enumerate(inputs):
        own = data[starts[at] : starts[at + 1], starts[at] : starts[at + 1]]
        rest = {other: block for other, block in spreads[each].others.items() if other not in inputs}
        for place in range(at + 1, len(inputs)):
            rest[inputs[place]] = data[starts[at] : starts[at + 1], starts[place] : starts[place + 1]]
        within = own if np.any(own != np.eye(sizes[at])) else None
        changed[each] = spreads[each]._replace(within=within, others=rest)
    return changed


def check_correlations(data: Array, count: int) -> None:
    """Raises `InputError` for what is no matrix of the correlations of so many numbers."""
    if data.shape != (count, count):
        raise InputError(
            f"the correlations of {count} numbers are one number or a matrix of {count} by {count}, "
            f"and this is {shape_text(data.shape)}"
        )
    if not np.all(np.isfinite(data)) or np.any(np.abs(data) > 1 + 1e-12):
        raise InputError("a correlation is a number from -1 to 1")
    if np.any(np.abs(np.diag(data) - 1) > 1e-12) or np.any(np.abs(data - data.T) > 1e-12):
        raise InputError("a matrix of correlations is symmetric, with 1 on its diagonal")


def are_possible(matrix: Array) -> bool:
    """Whether there are quantities with these correlations."""
    return not len(matrix) or bool(np.linalg.eigvalsh(matrix)[0] >= -1e-10 * len(matrix))


def check_together(spreads: Spreads, inputs: Sequence[Input], title: Callable[[Input], str]) -> None:
    """Raises `InputError` where no quantities can vary together as these, and what hangs with them, do."""
    found = dict.fromkeys(inputs)
    grown = True
    while grown:
        before = len(found)
        for each, spread in spreads.items():
            linked = [other for other in spread.others if other in spreads]
            if each in found or any(other in found for other in linked):
                found.update(dict.fromkeys((each, *linked)))
        grown = len(found) > before
    matrix = together(list(found), spreads)
    if not are_possible(matrix):
        names = ", ".join(title(each) for each in found)
        raise InputError(
            "no quantities have these correlations: what two have with a third binds them, too",
            hint=f"say those of all at once, as one number or as a matrix: correlation {names} = …",
        )
