"""`export`: a formula and its derivatives as code of another language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

import numpy as np

from gradcli.capabilities.formula import Formula
from gradcli.capabilities.found import Found, Request
from gradcli.engine import derive
from gradcli.engine.graph import Input, Node, constant, substitute, zeros_like
from gradcli.engine.primitives.entry import as_number
from gradcli.language.builder import normal_name
from gradcli.text.errors import EvaluationError, InputError, Notice
from gradcli.writing.code.program import Function, Writing, function
from gradcli.writing.code.scalars import Elements, scalars

ENDINGS = {
    ".c": "c",
    ".h": "c",
    ".cc": "c",
    ".cpp": "c",
    ".f90": "fortran",
    ".js": "javascript",
    ".mjs": "javascript",
    ".py": "python",
    ".awk": "awk",
    ".sql": "sql",
}
"""The language of a file, by the end of its name."""


class Exported(Found):
    """Source code: `code`, the `language` that it is in, the `name` of what it defines, its `arguments`.

    `titles` are what the formula calls the arguments.
    """

    def __init__(
        self,
        formula: Formula,
        language: str,
        code: str,
        written: Function,
        notices: Sequence[Notice] = (),
    ) -> None:
        super().__init__(formula.text, formula.given(), notices)
        self.language = language
        self.code = code
        self.name = written.name
        self.arguments = tuple(each.name for each in written.arguments)
        self.titles = tuple(each.title for each in written.arguments)

    def members(self) -> dict[str, Any]:
        return {
            "language": self.language,
            "name": self.name,
            "arguments": list(self.arguments),
            "code": self.code,
        }

    def text(self, digits: int | None = None) -> str:
        return self.code


def answer(request: Request) -> Exported:
    """The code that is asked for; raises `GradcliError`."""
    formula, settings = request.formula, request.settings
    output = formula.output
    target = settings["to"] or "python"
    if output.node.boolean or output.node.shape != ():
        what = "a truth value" if output.node.boolean else f"an array of shape {list(output.node.shape)}"
        raise InputError(
            f"code is written for a single number, and this is {what}",
            (output.mark,),
            "sum(…) makes one, and where(…) makes a number of a condition",
        )
    wrt = _chosen(formula, settings["wrt"])
    arguments = _arguments(formula, settings["arguments"], wrt)
    elements: dict[Node, Elements] = {each: _elements(each) for each in arguments.values()}
    try:
        writing = _writing(formula, settings, arguments, wrt, elements)
        module = import_module(f"gradcli.writing.code.{target}")
        if target == "sql":
            dialect = module.DIALECTS[settings["dialect"]]
            written = function(writing, module.language(dialect))
            code = module.write(written, dialect, settings["table"], total=settings["sum"])
        else:
            written = function(writing, module.LANGUAGE)
            code = module.write(written)
    except EvaluationError as error:
        error.marks = error.marks or (output.mark,)
        raise
    return Exported(formula, target, code, written)


def _chosen(formula: Formula, names: str | None) -> dict[str, Input]:
    """What is differentiated in: what is named, else every variable that has no value."""
    if names is not None:
        return formula.chosen(_listed(names))
    given = formula.given()
    return {name: each for name, each in formula.variables.items() if name not in given}


def _arguments(formula: Formula, names: str | None, wrt: Mapping[str, Input]) -> dict[str, Input]:
    """The arguments, in order: the variables that have no value; raises `InputError`."""
    given = formula.given()
    free = {name: each for name, each in formula.variables.items() if name not in given}
    if names is None:
        return free
    found = formula.chosen(_listed(names))
    missing = next((name for name in free if name not in found), None)
    if missing is not None:
        raise InputError(
            f"{missing} is a variable, and no argument",
            formula.places(missing),
            f"add it to --arguments, or give it a value: {missing}=1",
        )
    return found


def _listed(names: str) -> list[str]:
    return [normal_name(each.strip().strip("`")) for each in names.split(",") if each.strip()]


def _elements(variable: Input) -> Elements:
    """The elements of a variable, as inputs of their own; a single number is its own."""
    if variable.shape == ():
        return (variable,)
    return tuple(Input(f"{variable.name}{list(place)}", ()) for place in np.ndindex(variable.shape))


def _writing(
    formula: Formula,
    settings: Mapping[str, Any],
    arguments: Mapping[str, Input],
    wrt: Mapping[str, Input],
    elements: Mapping[Node, Elements],
) -> Writing:
    """The function as nodes over single numbers, with what has a value as constants."""
    value = as_number(formula.output.node)
    parts = settings["parts"]
    gradient: list[Node] = []
    hessian: list[Node] = []
    if parts != "value":
        found = derive.gradients(value, list(wrt.values()))
        gradient = [
            zeros_like(variable) if each is None else each
            for each, variable in zip(found, wrt.values(), strict=True)
        ]
        if settings["hessian"]:
            hessian = [_second(first, variable) for first in gradient for variable in wrt.values()]
    fixed: dict[Node, Node] = {
        each: constant(np.asarray(formula.values[each], np.float64))
        for each in formula.values
        if each not in elements
    }
    wanted = substitute([value, *gradient, *hessian], fixed)
    texts = scalars(wanted, elements)
    of_first = iter(texts[1 : 1 + len(gradient)])
    of_each = {name: next(of_first) for name in wrt} if gradient else {}
    # The derivatives stand in the order of the arguments; a number that is differentiated in comes last.
    order = [*(name for name in arguments if name in of_each), *(n for n in of_each if n not in arguments)]
    rows = _rows(texts[1 + len(gradient) :], list(of_each), of_each, order) if hessian else ()
    inputs = tuple((name, each.shape, elements[each]) for name, each in arguments.items())
    return Writing(
        settings["name"],
        inputs,
        None if parts == "gradients" else texts[0][0],
        tuple((name, wrt[name].shape, of_each[name]) for name in order),
        rows,
        formula.text,
    )


def _second(first: Node, variable: Input) -> Node:
    """The derivatives of a gradient in a variable: its shape, then that of the variable."""
    found = derive.jacobian(first, variable)
    return constant(np.zeros(first.shape + variable.shape)) if found is None else found


def _rows(
    blocks: Sequence[Elements],
    names: Sequence[str],
    sizes: Mapping[str, Elements],
    order: Sequence[str],
) -> tuple[tuple[Node, ...], ...]:
    """The Hessian row by row, in the order of the gradient, from the blocks of two variables each."""
    of_two = {
        (first, second): blocks[i * len(names) + j]
        for i, first in enumerate(names)
        for j, second in enumerate(names)
    }
    rows: list[tuple[Node, ...]] = []
    for first in order:
        for k in range(len(sizes[first])):
            row: list[Node] = []
            for second in order:
                width = len(sizes[second])
                row += of_two[first, second][k * width : (k + 1) * width]
            rows.append(tuple(row))
    return tuple(rows)
