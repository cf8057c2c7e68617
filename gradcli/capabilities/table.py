"""`table`: a formula and its derivatives at the points of a range, one line for each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from gradcli.arrays import Array
from gradcli.capabilities.formula import Formula
from gradcli.capabilities.found import Found, Request
from gradcli.capabilities.ranges import Points
from gradcli.engine import derive, jacobians
from gradcli.engine.graph import Input, Node, as_node, constant
from gradcli.engine.trace import underflows
from gradcli.records import NamedTuple
from gradcli.search.spreads import Spreads, matrices
from gradcli.search.uncertainty import second_order, uncertainty_node
from gradcli.session.evaluation import paired
from gradcli.session.explain import Explainer, rounded_away
from gradcli.session.uncertainty.measurement import tell_spreads
from gradcli.session.values import Sweep
from gradcli.text.errors import InputError, Notice
from gradcli.text.json import json_text, json_value
from gradcli.text.values import number, plain
from gradcli.writing.markdown import in_markdown

POINTS = 11
"""How many points a range without a step has."""


class Column(NamedTuple):
    """One column: its key in JSON and CSV, its heading for people, and its data, a row for each point.

    The data are `None` where nothing connects a formula to what it is differentiated in. Where variables are
    uncertain, `uncertainty` is that of the data.
    """

    key: str
    heading: str
    data: Array | None
    uncertainty: Array | None = None

    def cell(self, row: int) -> Any:
        """What stands in a row: a number, a truth value, an array, or `None`."""
        return None if self.data is None else self.data[row]

    def measured(self, row: int) -> Any:
        """What stands in a row, with its uncertainty where it has one."""
        if self.data is None or self.uncertainty is None:
            return self.cell(row)
        return paired(self.data[row], self.uncertainty[row])

    def parted(self) -> list[Column]:
        """Itself, with its uncertainty as a column of its own."""
        if self.uncertainty is None:
            return [self]
        key, heading = f"{self.key}_uncertainty", f"{self.heading} (uncertainty)"
        return [self._replace(uncertainty=None), Column(key, heading, self.uncertainty)]


class Table(Found):
    """Points with the values and derivatives there; `columns` are those of the variables that vary first."""

    notebook = "markdown"

    def __init__(self, expression: str, variables: Mapping[str, Any], columns: Sequence[Column]) -> None:
        super().__init__(expression, variables)
        self.columns = tuple(part for column in columns for part in column.parted())
        self._shown = tuple(columns)

    def __len__(self) -> int:
        return 0 if self.columns[0].data is None else len(self.columns[0].data)

    @property
    def rows(self) -> list[dict[str, Any]]:
        """One dict for each point, by the keys `x`, `value`, `dvalue_dx`."""
        rows = range(len(self))
        return [{column.key: json_value(column.cell(row)) for column in self.columns} for row in rows]

    def members(self) -> dict[str, Any]:
        return {"rows": self.rows}

    def text(self, digits: int | None = None) -> str:
        lines = [[column.heading for column in self._shown], *self._cells(self._shown, digits)]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        aligned = ([cell.rjust(width) for cell, width in zip(line, widths, strict=True)] for line in lines)
        return "\n".join(map("  ".join, aligned))

    def _cells(self, columns: Sequence[Column], digits: int | None) -> Iterator[list[str]]:
        for row in range(len(self)):
            yield [plain(column.measured(row), digits, multiline=False) for column in columns]

    def written(self, form: str, digits: int | None = None) -> str | bytes:
        self._check(form)
        if form == "jsonl":
            return "\n".join(json_text(row, digits) for row in self.rows)
        cells = list(self._cells(self.columns, digits))
        if form == "csv":
            return "\n".join(map(_csv, ([column.key for column in self.columns], *cells)))
        headings = [column.heading for column in self.columns]
        return _markdown(headings, cells) if form == "markdown" else _latex(headings, cells)


def _csv(cells: Sequence[str]) -> str:
    quoted = ['"' + cell.replace('"', '""') + '"' if set(cell) & set(',"\n') else cell for cell in cells]
    return ",".join(quoted)


def _markdown(headings: Sequence[str], cells: Sequence[Sequence[str]]) -> str:
    escaped = map(in_markdown, headings)
    return "\n".join(f"| {' | '.join(row)} |" for row in (escaped, ["---:"] * len(headings), *cells))


def _latex(headings: Sequence[str], cells: Sequence[Sequence[str]]) -> str:
    rows = [[f"\\texttt{{{_escaped(heading)}}}" for heading in headings]]
    rows += [[f"${_power_of_ten(cell)}$" for cell in row] for row in cells]
    lines = [" & ".join(row) + " \\\\" for row in rows]
    columns = "r" * len(headings)
    return "\n".join([f"\\begin{{tabular}}{{{columns}}}", lines[0], "\\hline", *lines[1:], "\\end{tabular}"])


def _escaped(text: str) -> str:
    special = {"\\": "\\textbackslash{}", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}"}
    return "".join(special.get(each, f"\\{each}" if each in "_%&#${}" else each) for each in text)


def _power_of_ten(text: str) -> str:
    """A number as a formula has it: `1e-05` is 1 times a power of 10."""
    return re.sub(r"e([-+]?\d+)", lambda match: rf" \times 10^{{{int(match[1])}}}", text)


def varied(formula: Formula, points: int) -> dict[Input, Array]:
    """The columns of the variables that have a range: every combination of points once, the last fastest.

    Raises `InputError` where there is no range, or where another variable has no value.
    """
    ranges = {name: each for name, each in formula.given().items() if isinstance(each, Points)}
    if not ranges:
        missing = next((name for name in formula.variables if name not in formula.given()), None)
        name = missing or next(iter(formula.variables), "x")
        raise InputError("no variable has a range", formula.places(name), formula.how(name, "0:2:0.25"))
    formula.require_values()
    inputs = {formula.variables[name]: each.array(points) for name, each in ranges.items()}
    grid = np.meshgrid(*inputs.values(), indexing="ij")
    return {each: axis.ravel() for each, axis in zip(inputs, grid, strict=True)}


_LOOKS = 16
"""At so many points with a derivative of 0 it is looked why."""


def not_finite(formula: Formula, axes: Mapping[Input, Array]) -> Iterator[Notice]:
    """A warning for each formula that is not finite somewhere, or whose derivative is not: where, and why.

    And for each derivative that is 0 by rounding alone.
    """
    titles = {each: name for name, each in formula.variables.items()}
    for output in formula.outputs:
        node = output.node
        single = not (node.boolean or node.shape)
        slopes = dict(zip(axes, jacobians.gradients(node, list(axes)), strict=True)) if single else {}
        reached = {each: slope for each, slope in slopes.items() if slope is not None}
        value, *data = formula.run_rows([node, *reached.values()], axes)
        values = value.reshape(len(value), -1)
        undefined = np.isnan(values).any(axis=1)
        infinite = ~np.isfinite(values).all(axis=1)
        steep = (
            np.any([~np.isfinite(each) for each in data], axis=0) & ~infinite if data else infinite & False
        )
        for rows in (undefined, infinite & ~undefined, steep):
            if not rows.any():
                continue
            row = int(np.argmax(rows))
            at: dict[Input, Any] = {**formula.values, **{each: axis[row] for each, axis in axes.items()}}
            explainer = Explainer(node, output.origins, at.__getitem__, titles.__getitem__)
            sweep = Sweep(list(reached), [each[row] for each in data])
            told = next(explainer.gradient(sweep), None) if rows is steep else explainer.value()
            if told is not None:
                where = ", ".join(f"{each.name} = {number(axis[row])}" for each, axis in axes.items())
                more = int(rows.sum()) - 1
                if more:
                    where += f" and at {more} other point{'' if more == 1 else 's'}"
                yield told._replace(message=f"at {where} {told.message}")
        for (axis, slope), column in zip(reached.items(), data, strict=True):
            for row in np.flatnonzero((column == 0) & ~infinite)[:_LOOKS].tolist():
                at = {**formula.values, **{each: points[row] for each, points in axes.items()}}
                (cause,) = underflows([slope], at.__getitem__)
                if cause is not None:
                    where = ", ".join(f"{each.name} = {number(points[row])}" for each, points in axes.items())
                    what = rounded_away(f"the gradient in {titles[axis]}")
                    place = output.origins.all_marks().get(cause, output.mark)
                    yield Notice("warning", f"at {where} {what}", (place,))
                    break


def derivatives(node: Node, wrt: Input, order: int) -> Iterator[Node | None]:
    """The derivatives of a node in a single number, from the first to that of `order`."""
    found: Node | None = node
    for _ in range(order):
        if found is not None:
            (found,) = (None,) if found.boolean else derive.pushforward((found,), (wrt,), (as_node(1.0),))
        yield found


def answer(request: Request) -> Table:
    """The table that is asked for; raises `GradcliError`."""
    formula = request.formula
    axes = varied(formula, POINTS)
    spreads = dict(formula.spreads)
    if request.settings.get("asked"):
        tell_spreads(formula.variables, spreads, request.settings["asked"])
    asked = request.settings.get("asked")
    second = asked is not None and asked.second_order
    columns = columns_of(formula, axes, request.settings["order"], spreads, second=second)
    table = Table(formula.text, formula.given(), columns)
    table.notices = tuple(not_finite(formula, axes))
    return table


def measured(node: Node, spreads: Spreads, *, second: bool = False) -> tuple[Node, Node | None]:
    """A value and its standard uncertainty, if it has one; to second order, the value is shifted, too."""
    uncertain = {each: constant(spread.uncertainty) for each, spread in spreads.items()}
    if not uncertain or node.boolean:
        return node, None
    bent = second_order(node, uncertain, matrices(spreads)) if second else None
    return bent or (node, uncertainty_node(node, uncertain, matrices(spreads)))


def columns_of(
    formula: Formula,
    axes: Mapping[Input, Array],
    order: int,
    spreads: Spreads = MappingProxyType({}),
    *,
    second: bool = False,
) -> list[Column]:
    """The variables at the points of a grid, and the values and derivatives of every formula there.

    `spreads` are the uncertainties of variables, from which those of the values follow; to second order, the
    values are shifted, too.
    """
    columns = [Column(axis.name, axis.name, points) for axis, points in axes.items()]
    wanted: list[tuple[str, str, Node | None]] = []
    bars: dict[str, Node] = {}
    for place, output in enumerate(formula.outputs, 1):
        several = len(formula.outputs) > 1
        key = output.name or ("value" if place == 1 else f"value_{place}")
        heading = output.name or (output.text if several else "value")
        shown, bar = measured(output.node, spreads, second=second)
        if bar is not None:
            bars[key] = bar
        wanted.append((key, heading, shown))
        for axis in axes:
            for power, found in enumerate(derivatives(output.node, axis, order), 1):
                nth = "" if power == 1 else str(power)
                wanted.append((f"d{nth}{key}_d{axis.name}{nth}", _quotient(heading, axis.name, power), found))
    nodes = [node for _, _, node in wanted if node is not None]
    data = iter(formula.run_rows([*nodes, *bars.values()], axes))
    values = [None if node is None else next(data) for _, _, node in wanted]
    spread = dict(zip(bars, data, strict=True))
    for (key, heading, _), each in zip(wanted, values, strict=True):
        columns.append(Column(key, heading, each, spread.get(key)))
    return columns


def _quotient(heading: str, variable: str, order: int) -> str:
    top = heading if heading.isidentifier() else f"({heading})"
    return f"d{top}/d{variable}" if order == 1 else f"d{order}{top}/d{variable}{order}"
