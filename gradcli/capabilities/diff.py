"""`diff`: derivatives as formulas, with their values where the variables have some."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from gradcli.arrays import Array
from gradcli.capabilities.formula import Formula, OpenScope
from gradcli.capabilities.found import Found, Request
from gradcli.engine import derive, jacobians
from gradcli.engine.graph import Input, Node, as_node, topological, zeros_like
from gradcli.engine.plan import Plan
from gradcli.engine.primitives.entry import as_number
from gradcli.engine.trace import underflows
from gradcli.language.parser import parse, parse_expression
from gradcli.language.tree import Define
from gradcli.lowering.lower import Lowering
from gradcli.lowering.rows import RowScope, lower_program
from gradcli.records import NamedTuple
from gradcli.session.explain import rounded_away
from gradcli.session.state import Session
from gradcli.text.errors import EvaluationError, GradcliError, InputError, Notice
from gradcli.text.json import json_value
from gradcli.text.source import Source
from gradcli.text.values import derivative_label, plain
from gradcli.writing.derivative import Formulas, conventions, derived, left_out, written
from gradcli.writing.formula import formula as as_computed

MOST_ELEMENTS = 64
"""Matrices of derivatives with more elements are not written element by element."""

SAMPLES = 24
"""At so many points it is tried whether a formula, typed back, keeps its digits."""

_LOST = 1e-10
_LONGEST_NOTE = 200


class Derivative(NamedTuple):
    """One derivative: the variables in which it is taken, its graph for reading, and the one that computes.

    No graph is 0 everywhere.
    """

    variables: tuple[str, ...]
    reads: Node | None
    computes: Node | None

    @property
    def key(self) -> str:
        """Its name in JSON and Python: `x`, or `x,y`."""
        return ",".join(self.variables)

    def heading(self) -> str:
        """The operator in front of it: `d/dx`, `d2/dxdy`, `d2/dx2`."""
        return derivative_label(self.variables)


class Derivatives(Found):
    """Derivatives as formulas.

    `derivatives` are their texts by name (`x`, `x,y`), `values` what they are at the point given, `value` is
    that of the expression there, `shared` are the names of parts that are repeated, and `matrix` is the whole
    Jacobian or Hessian, where that was asked for.
    """

    notebook = "latex"

    def __init__(
        self,
        expression: str,
        variables: Mapping[str, Any],
        found: Sequence[Derivative],
        values: Mapping[str, Any],
        settings: Mapping[str, Any],
        shape: tuple[int, int] | None,
        one: bool,
        notices: Sequence[Notice],
    ) -> None:
        super().__init__(expression, variables, notices)
        self.found = tuple(found)
        self.values = dict(values)
        self._settings = settings
        self._shape = shape
        self._one = one
        self._written: dict[str, Formulas] = {}
        self.formulas("text")  # what cannot be written is known at once

    def formulas(self, notation: str) -> Formulas:
        """The formulas in a notation: `text`, `latex` or `unicode`."""
        if notation not in self._written:
            nodes = [each.reads for each in self.found]
            self._written[notation] = written(nodes, notation, cse=self._settings["cse"])
        return self._written[notation]

    @property
    def derivatives(self) -> dict[str, str]:
        """The formulas by name."""
        texts = self.formulas("text").texts
        return {each.key: text for each, text in zip(self.found, texts, strict=True)}

    @property
    def shared(self) -> dict[str, str]:
        """The parts that have a name of their own, inner ones first."""
        return self.formulas("text").shared

    @property
    def matrix(self) -> str | None:
        """The Jacobian or Hessian as one matrix."""
        texts = self.formulas("text").texts
        if self._shape is not None:
            return self._as_matrix(texts, "text")
        return texts[0] if self._settings["jacobian"] or self._settings["hessian"] else None

    def members(self) -> dict[str, Any]:
        found: dict[str, Any] = {"derivatives": self.derivatives}
        if self._settings["cse"]:
            found["shared"] = self.shared
        if self.matrix is not None:
            found["hessian" if self._settings["hessian"] else "jacobian"] = self.matrix
        if self.values:
            found["values"] = {name: json_value(value) for name, value in self.values.items()}
        return found | {"notes": [each.message for each in self.notices if each.kind == "note"]}

    def text(self, digits: int | None = None) -> str:
        return "\n".join(self._lines("text", digits))

    def written(self, form: str, digits: int | None = None) -> str:
        self._check(form)
        return "\n".join(self._lines(form, digits))

    def _lines(self, notation: str, digits: int | None) -> Iterator[str]:
        formulas = self.formulas(notation)
        yield from (f"{name} = {text}" for name, text in formulas.shared.items())
        if self._shape is not None:
            matrix = self._as_matrix(formulas.texts, notation)
            values = [plain(value, digits, multiline=False) for value in self.values.values()]
            yield matrix + (f" = {self._as_matrix(values, notation)}" if values else "")
            return
        for each, text in zip(self.found, formulas.texts, strict=True):
            line = text if self._one else f"{_heading(each, notation)} = {text}"
            if each.key in self.values:
                line += f" = {plain(self.values[each.key], digits, multiline=False)}"
            yield line

    def _as_matrix(self, texts: Sequence[str], notation: str) -> str:
        """Texts of all elements, column by column of a Jacobian, as one matrix."""
        assert self._shape is not None
        rows, columns = self._shape
        grid = [[texts[row * columns + column] for column in range(columns)] for row in range(rows)]
        if notation == "latex":
            lines = r" \\ ".join(" & ".join(row) for row in grid)
            return f"\\begin{{pmatrix}} {lines} \\end{{pmatrix}}"
        lists = [f"[{', '.join(row)}]" for row in grid]
        return lists[0] if self._is_gradient else f"[{', '.join(lists)}]"

    @property
    def _is_gradient(self) -> bool:
        return self._shape is not None and self._shape[0] == 1 and not self._settings["hessian"]


def _heading(each: Derivative, notation: str) -> str:
    if notation != "latex":
        return each.heading()
    from gradcli.writing.latex import name_in_latex

    powers: dict[str, int] = {}
    for name in each.variables:
        powers[name] = powers.get(name, 0) + 1
    below = r"\,".join(
        f"\\partial {name_in_latex(name)}{'' if power == 1 else f'^{{{power}}}'}"
        for name, power in powers.items()
    )
    count = len(each.variables)
    return f"\\frac{{\\partial{'' if count == 1 else f'^{{{count}}}'}}}{{{below}}}"


def answer(request: Request) -> Derivatives:
    """The derivatives that are asked for; raises `GradcliError`."""
    formula, settings = request.formula, request.settings
    node = formula.output.node
    formula.require_number()
    wanted = _wanted(formula, request.words, settings)
    shape: tuple[int, int] | None = None
    if settings["hessian"] or settings["jacobian"]:
        shape, found = _matrix(formula, wanted, hessian=settings["hessian"])
    else:
        found = [_derivative(formula, node, names) for names in wanted]
    notices = [Notice("note", told) for told in _told(formula, found)]
    values = {}
    if formula.variables and all(name in formula.given() for name in formula.variables):
        values = _values(formula, found)
        notices += _rounded_away(formula, found, list(values.values()))
    one = len(found) == 1
    answered = Derivatives(formula.text, formula.given(), found, values, settings, shape, one, ())
    names = {name for each in found for name in each.variables}
    notices += [Notice("note", told) for told in left_out(answered.formulas("text"), node, names)]
    notices += [Notice("note", told) for told in _digits_lost(answered)]
    answered.notices = tuple(notices)
    return answered


def _wanted(formula: Formula, words: Sequence[str], settings: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """The variables of each derivative; raises `InputError` for a name that is none."""
    asked = [tuple(filter(None, (name.strip() for name in word.split(",")))) for word in words]
    names = list(dict.fromkeys(name for each in asked for name in each))
    formula.chosen(names)
    if settings["hessian"] or settings["jacobian"]:
        if settings["order"] != 1 or (settings["hessian"] and settings["jacobian"]):
            raise InputError("one of --order, --jacobian and --hessian at a time")
        return [(name,) for name in names or formula.variables]
    if not formula.variables:
        raise InputError(
            "there is no variable to differentiate in", (formula.output.mark,), "such as x in sin(x**2)"
        )
    each = asked or [(name,) for name in formula.variables]
    if settings["order"] > 1 and any(len(names) > 1 for names in each):
        raise InputError("x,y says the order itself, and --order another one", hint="leave out --order")
    return [names * settings["order"] if len(names) == 1 else names for names in each]


def _derivative(formula: Formula, node: Node, names: tuple[str, ...]) -> Derivative:
    """One derivative, of any order."""
    inputs = [formula.variables[name] for name in names]
    return Derivative(names, _reading(formula, node, inputs), _computing(formula, node, inputs))


def _reading(formula: Formula, node: Node, inputs: Sequence[Input]) -> Node | None:
    found: Node | None = node
    for each in inputs:
        if found is None:
            return None
        if each.shape and math.prod(found.shape) != 1:
            _check_size(formula, found, each)
        found = derived(found, [each])
    return found


def _check_size(formula: Formula, node: Node, wrt: Input) -> None:
    """Refuses a matrix of derivatives that would be written element by element, and is large."""
    count = math.prod(node.shape) * math.prod(wrt.shape)
    if count > MOST_ELEMENTS and not derive.is_elementwise(node, wrt):
        raise EvaluationError(
            f"the derivative in {wrt.name} has {count} elements, of which each would be a formula",
            (formula.output.mark,),
            f"reduce it, as with sum(…), or make {wrt.name} smaller by --shape",
        )


def _computing(formula: Formula, node: Node, inputs: Sequence[Input]) -> Node | None:
    found: Node | None = node
    for each in inputs:
        if found is None:
            return None
        if not each.shape:
            (found,) = derive.pushforward((found,), (each,), (as_node(1.0),))
        else:
            found = jacobians.jacobian(found, each)
    return found


def _matrix(
    formula: Formula, wanted: Sequence[tuple[str, ...]], *, hessian: bool
) -> tuple[tuple[int, int] | None, list[Derivative]]:
    """All derivatives of a Jacobian or a Hessian, row by row, and how many rows and columns there are.

    That in an array is one derivative, which is a matrix already.
    """
    output = formula.output
    node, names = output.node, [name for (name,) in wanted]
    arrays = [name for name in names if formula.variables[name].shape]
    if arrays and len(names) > 1:
        raise InputError(
            f"one matrix has room for {arrays[0]} alone",
            formula.places(arrays[0]),
            f"ask for one: {arrays[0]}, or the numbers among {', '.join(names)}",
        )
    if hessian:
        if math.prod(node.shape) != 1:
            raise EvaluationError(
                f"a Hessian is that of a single number, and this has shape {list(node.shape)}",
                (output.mark,),
                "reduce it, as with sum(…)",
            )
        if arrays:
            return None, [_derivative(formula, node, (names[0], names[0]))]
        size = len(names)
        pairs = [(first, second) for first in names for second in names]
        return (size, size), [_derivative(formula, node, pair) for pair in pairs]
    if arrays:
        return None, [_derivative(formula, node, (names[0],))]
    rows = math.prod(node.shape)
    if rows * len(names) > MOST_ELEMENTS or len(node.shape) > 1:
        raise EvaluationError(
            f"a matrix of {rows} by {len(names)} formulas is too large to be written", (output.mark,)
        )
    elements = [derive.element(node, row) for row in range(rows)]
    return (rows, len(names)), [_derivative(formula, each, (name,)) for each in elements for name in names]


def _values(formula: Formula, found: Sequence[Derivative]) -> dict[str, Any]:
    """What the derivatives are at the point given, by name (by row and name in a matrix)."""
    nodes = [zeros_like(formula.output.node) if each.computes is None else each.computes for each in found]
    data = formula.run(nodes)
    keys = [each.key for each in found]
    if len(set(keys)) < len(keys):
        keys = [f"{place}:{key}" for place, key in enumerate(keys)]
    return {key: value if np.shape(value) else float(value) for key, value in zip(keys, data, strict=True)}


def _rounded_away(formula: Formula, found: Sequence[Derivative], values: Sequence[Any]) -> Iterator[Notice]:
    """A warning for each derivative that is a single number, and 0 by rounding alone."""
    zero = {
        each.heading(): each.computes
        for each, value in zip(found, values, strict=True)
        if each.computes is not None and not np.shape(value) and value == 0
    }
    causes = underflows(list(zero.values()), formula.values.__getitem__) if zero else ()
    for heading, cause in zip(zero, causes, strict=True):
        if cause is not None:
            yield Notice("warning", rounded_away(heading), (formula.output.mark,))


def of_function(session: Session, function: Define, order: int = 1) -> list[tuple[str, str]]:
    """The derivatives of a user's function, each with what it is called: `f'(t)`, or `d/dx` of several.

    Its parameters are numbers. Raises `GradcliError` where it takes none, or cannot be written.
    """
    parameters = {each.name: Input(each.name, ()) for each in function.parameters}
    source = Source(f"{function.name}({', '.join(parameters)})")
    node = Lowering(source, OpenScope(session, parameters)).lower(parse_expression(source))
    node = as_number(node)
    texts = written([derived(node, [each] * order) for each in parameters.values()]).texts
    if len(parameters) == 1:
        (name,) = parameters
        return [(f"{function.name}{chr(39) * order}({name})", texts[0])]
    headings = (Derivative((name,) * order, None, None).heading() for name in parameters)
    return list(zip(headings, texts, strict=True))


# Notes


def _told(formula: Formula, found: Sequence[Derivative]) -> list[str]:
    """Conventions, and a name without a shape where a vector was likely."""
    told: dict[str, None] = {}
    for each in found:
        inputs = [formula.variables[name] for name in each.variables]
        told.update(dict.fromkeys(conventions(formula.output.node, inputs[:1])))
    return list(told)


def _digits_lost(found: Derivatives) -> Iterator[str]:
    """What is computed, where the formula that is shown loses digits when it is typed back."""
    texts = found.formulas("text")
    if found._settings["cse"]:
        return
    for place, (each, text) in enumerate(zip(found.found, texts.texts, strict=True)):
        if each.computes is None or not texts.is_delicate(place):
            continue
        where = _where_lost(each.computes, text)
        form = None if where is None else as_computed(each.computes, _LONGEST_NOTE)
        if where is not None:
            at = ", ".join(f"{name} = {number:.2g}" for name, number in where.items())
            shown = f"; computed is {form}" if form is not None else ""
            yield f"typed back, this loses digits near {at}{shown}"


def _where_lost(node: Node, text: str) -> dict[str, float] | None:
    """A point at which a text typed back is not, to 10 digits, what a graph gives; only for numbers."""
    inputs = {each.name: each for each in topological((node,)) if isinstance(each, Input)}
    if node.shape or not inputs or any(each.shape for each in inputs.values()):
        return None
    scope = RowScope(dict.fromkeys(inputs, ()), {})
    try:
        again = lower_program(parse(Source(text)), scope)
    except GradcliError:
        return None
    rng = np.random.default_rng(0)
    names = [*inputs, *(name for name in scope.inputs if name not in inputs)]  # what cancels may be written
    columns = {name: rng.uniform(0.1, 3, SAMPLES) * rng.choice((-1, 1), SAMPLES) for name in names}
    near_by = 1 + 4 * np.finfo(float).eps
    both = {each: np.concatenate((columns[name], columns[name] * near_by)) for name, each in inputs.items()}
    wanted, near = np.split(_rows(node, both), 2)
    got = _rows(again, {each: columns[name] for name, each in scope.inputs.items()})
    with np.errstate(all="ignore"):
        far = np.abs(got - wanted) > _LOST * np.abs(wanted) + 30 * np.abs(near - wanted)
    places = np.flatnonzero(far & np.isfinite(wanted))
    if not len(places):
        return None
    return {name: float(column[places[0]]) for name, column in columns.items()}


def _rows(node: Node, columns: Mapping[Input, Array]) -> Array:
    plan = Plan((node,), batched=columns)
    feed: dict[Node, Any] = dict(columns.items())
    rows = max(map(len, columns.values()))
    return np.broadcast_to(plan.run_rows(feed, rows)[0], (rows,))
