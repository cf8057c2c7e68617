"""`plot`: formulas and their derivatives as curves, in a terminal or in a file."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from gradcli.arrays import Array
from gradcli.capabilities.formula import Formula, Output
from gradcli.capabilities.found import Request
from gradcli.capabilities.pictures import in_terminal
from gradcli.capabilities.ranges import Points
from gradcli.capabilities.table import Column, Table, columns_of, derivatives, measured, varied
from gradcli.engine.graph import Input, Node, topological
from gradcli.engine.plan import Plan
from gradcli.engine.primitives.arithmetic import equal, greater, greater_equal, less, less_equal, subtract
from gradcli.engine.primitives.entry import as_number
from gradcli.engine.shapes import check_size
from gradcli.search.spreads import Spreads
from gradcli.session.uncertainty.measurement import tell_spreads
from gradcli.text.errors import EvaluationError, GradcliError, InputError
from gradcli.writing.curves import Curve, Picture, pieces, y_range

POINTS = 101
"""How many points a range without a step has."""

_FINER = 8
_BESIDE = 1e-6
_NEARER = 0.1
_BENDS = 1e-6
_HALVINGS = 50


class Plot(Table):
    """Curves; `columns` and `rows` are those of a table at the points of the range.

    `text()` draws them for a terminal, `written("png")` (or `svg`, `pdf`) for a page.
    """

    notebook = "png"

    def __init__(
        self,
        formula: Formula,
        columns: Sequence[Column],
        picture: Picture | None,
        labels: Sequence[str],
    ) -> None:
        super().__init__(formula.text, formula.given(), columns)
        self._picture = picture
        self._labels = tuple(labels)

    def text(self, digits: int | None = None) -> str:
        if self._picture is None:
            raise InputError("a contour map is drawn into a file", hint="-o contour.png")
        return in_terminal(self._picture)

    def written(self, form: str, digits: int | None = None) -> bytes:
        self._check(form)
        from gradcli.writing.figure import contour, figure

        if self._picture is not None:
            return figure(self._picture, form)
        first, second, values = (column.data for column in self.columns[:3])
        assert first is not None
        assert second is not None
        assert values is not None
        xs, ys = np.unique(first), np.unique(second)
        return contour(xs, ys, values.reshape(len(xs), len(ys)).T, self._labels, form)


def answer(request: Request) -> Plot:
    """The picture that is asked for; raises `GradcliError`."""
    formula, order = request.formula, request.settings["order"]
    axes = varied(formula, POINTS)
    spreads = dict(formula.spreads)
    asked = request.settings.get("asked")
    if asked is not None:
        tell_spreads(formula.variables, spreads, asked)
    second = asked is not None and asked.second_order
    for output in formula.outputs:
        if output.node.shape:
            raise EvaluationError(
                "curves are of single numbers", (output.mark,), "draw an element, as in v[0], or norm(…)"
            )
    if len(axes) > 2:
        raise InputError("one range draws curves, two a contour map", formula.places(list(axes)[2].name))
    if len(axes) == 2:
        return _map(formula, axes, request.settings["data"], spreads, second=second)
    (variable,) = axes
    if order is None:
        order = 1 if len(formula.outputs) == 1 else 0
    columns = columns_of(formula, axes, order, spreads, second=second)
    shown = [measured(as_number(each.node), spreads, second=second) for each in formula.outputs]
    points = _points(request.settings["data"], variable.name, formula.output)
    kinks = [list(_kinks(formula, output, variable, axes[variable])) for output in formula.outputs]
    marks = [mark for each in kinks for mark in each]
    values = [value for value, _ in shown]
    curves = list(_curves(formula, values, variable, axes[variable], order, kinks))
    drawn = zip((curve for curve in curves if curve.order == 0), shown, strict=True)
    bands = [band for curve, (_, bar) in drawn for band in _bands(formula, variable, curve, bar)]
    heights = y_range([*curves, *(edge for band in bands for edge in band)], points)
    if heights is None:
        raise EvaluationError("there is nothing to draw: no value is finite", (formula.output.mark,))
    xs = np.concatenate([axes[variable], [x for x, _ in points]])
    ends = (float(xs.min()), float(xs.max()))
    if ends[0] == ends[1]:
        raise InputError("a range of one point draws no curve", formula.places(variable.name))
    parts = tuple(curves), tuple(marks), tuple(points)
    picture = Picture(*parts, variable.name, ends, heights, bands=tuple(bands))
    return Plot(formula, columns, picture, ())


def _map(
    formula: Formula, axes: Mapping[Input, Array], data: str | None, spreads: Spreads, *, second: bool
) -> Plot:
    if len(formula.outputs) > 1 or data is not None:
        raise InputError("a contour map is of one formula alone", (formula.outputs[-1].mark,))
    labels = [*(each.name for each in axes), _title(formula.output)]
    return Plot(formula, columns_of(formula, axes, 1, spreads, second=second), None, labels)


def _title(output: Output) -> str:
    return output.name or output.text


def _curves(
    formula: Formula,
    values: Sequence[Node],
    variable: Input,
    points: Array,
    order: int,
    kinks: Sequence[Sequence[tuple[float, float]]],
) -> Iterator[Curve]:
    """The curves of every formula, at points that are closer where the range says no step.

    `values` are what is drawn of each beside its derivatives. A derivative is there where its formula is, and
    is cut at kinks.
    """
    given = formula.values[variable]
    xs = points
    if isinstance(given, Points) and given.step is None and len(points) > 1:
        count = len(points) - 1
        xs = np.interp(np.linspace(0, count, _FINER * count + 1), np.arange(count + 1), points)
    if len(xs) > 1 and xs[0] > xs[-1]:
        xs = xs[::-1]
    several = len(formula.outputs) > 1
    for family, output in enumerate(formula.outputs):
        node = as_number(output.node)
        chain: list[Node | None] = [node, *derivatives(node, variable, order + 1)]
        chain[0] = values[family]
        data = _data(formula, chain, variable, xs)
        for each in range(order + 1):
            label = _title(output)
            if each:
                nth = "" if each == 1 else str(each)
                above = f"({label})" if several else ""
                label = f"d{nth}{above}/d{variable.name}{nth}"
            breaks = np.array([x for x, _ in kinks[family]]) if each else np.empty(0)
            shown = np.isfinite(data[0]) & ~np.isin(xs, breaks)
            ys = np.where(shown, data[each], np.nan)
            yield Curve(label, xs, ys, pieces(xs, ys, data[each + 1], breaks), family, each)


def _bands(
    formula: Formula, variable: Input, curve: Curve, bar: Node | None
) -> Iterator[tuple[Curve, Curve]]:
    """One standard uncertainty on either side of the curve of a formula, where it is uncertain."""
    output = formula.outputs[curve.family]
    if bar is not None:
        (spread,) = _rows(formula, [bar], variable, curve.xs)
        label = f"{_title(output)} ± u" if len(formula.outputs) > 1 else "± u"
        level = np.full(len(curve.xs), np.nan)
        edges = (curve.ys - spread, curve.ys + spread)
        below, above = (
            Curve(label, curve.xs, ys, pieces(curve.xs, ys, level, np.empty(0)), curve.family) for ys in edges
        )
        yield below, above


def _data(formula: Formula, chain: Sequence[Node | None], variable: Input, xs: Array) -> list[Array]:
    """The data of nodes at points; 0 where there is no node."""
    nodes = [each for each in chain if each is not None]
    found = iter(_rows(formula, nodes, variable, xs))
    return [np.zeros(len(xs)) if each is None else np.asarray(next(found), dtype=float) for each in chain]


def _rows(formula: Formula, nodes: Sequence[Node], variable: Input, xs: Array) -> list[Array]:
    plan = Plan(nodes, batched=(variable,))
    feed: dict[Node, Any] = {
        each: formula.values[each] for each in plan.inputs if isinstance(each, Input) and each is not variable
    }
    feed[variable] = xs
    return plan.run_rows(feed, len(xs))


# Kinks


def _kinks(formula: Formula, output: Output, variable: Input, points: Array) -> Iterator[tuple[float, float]]:
    """Where a formula has a kink: its slope is another on either side, and it has no jump there."""
    node = as_number(output.node)
    differences = list(dict.fromkeys(_crossings(node)))
    slope = next(derivatives(node, variable, 1), None)
    if not differences or slope is None or len(points) < 2:
        return
    xs = np.sort(points)
    found: set[float] = set()
    for difference, data in zip(differences, _rows(formula, differences, variable, xs), strict=True):
        with np.errstate(all="ignore"):
            signs = np.sign(data)
            crosses = np.flatnonzero(signs[1:] * signs[:-1] < 0)
        found.update(xs[signs == 0].tolist())
        if len(crosses):
            found.update(_between(formula, difference, variable, xs[crosses], xs[crosses + 1]).tolist())
    if not found or len(found) > len(xs):
        return
    at = np.array(sorted(found))
    beside = _BESIDE * max(float(xs[-1] - xs[0]), 1e-300)
    left, here, right = (_rows(formula, (node, slope), variable, at + side * beside) for side in (-1, 0, 1))
    near = [_rows(formula, (slope,), variable, at + side * _NEARER * beside)[0] for side in (-1, 1)]
    with np.errstate(all="ignore"):
        size = np.maximum(np.abs(left[1]), np.abs(right[1]))
        apart, closer = np.abs(left[1] - right[1]), np.abs(near[0] - near[1])
        # Of a smooth curve the slopes on both sides come together, as one comes nearer.
        bends = (closer > apart / 2) & (apart > _BENDS * size)
        whole = np.abs(left[0] - right[0]) <= 10 * beside * np.maximum(size, 1.0)
    for x, y in zip(at[bends & whole].tolist(), here[0][bends & whole].tolist(), strict=True):
        if math.isfinite(y):
            yield x, y


def _crossings(node: Node) -> Iterator[Node]:
    """The differences of which a change of sign may be a kink: what is compared, there or in a choice."""
    order = (less, less_equal, greater, greater_equal, equal)
    for each in topological((node,)):
        kink = getattr(each.primitive, "kink", None)
        tests = [each] if each.primitive in order else []
        if kink is not None and kink.is_corner and not each.static:
            try:
                where = kink.where(*each.inputs)
            except GradcliError:
                continue
            tests += [test for test in topological((where,)) if test.primitive in order]
        for test in tests:
            left, right = test.inputs
            if not (left.shape or right.shape or left.boolean or right.boolean):
                yield subtract.apply(left, right)


def _between(formula: Formula, node: Node, variable: Input, low: Array, high: Array) -> Array:
    """Where a node changes its sign, between points where it has another one, by halving."""
    (first,) = _rows(formula, (node,), variable, low)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        (value,) = _rows(formula, (node,), variable, middle)
        same = np.sign(value) == np.sign(first)
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    return low


# Points from a file


def _points(data: Any, variable: str, output: Output) -> list[tuple[float, float]]:
    """Points to draw: of a file (or of rows), the columns of the variable and of the formula's name.

    Without these names, the first two columns. Raises `InputError`.
    """
    if data is None:
        return []
    if not isinstance(data, str | os.PathLike):
        columns: tuple[str, ...] = ()
        table = np.asarray(data, dtype=float)
    else:
        from gradcli.streams.whole import read_table

        columns, table = read_table(os.path.expanduser(data), check_size)  # noqa: PTH111
    if table.ndim != 2 or table.shape[1] < 2:
        raise InputError("points have two columns, x and y", hint=f"{variable},y")
    across = columns.index(variable) if variable in columns else 0
    others = [place for place in range(table.shape[1]) if place != across]
    up = columns.index(output.name) if output.name in columns else others[0]
    finite = table[np.isfinite(table[:, [across, up]]).all(axis=1)]
    return [(float(x), float(y)) for x, y in finite[:, [across, up]]]
