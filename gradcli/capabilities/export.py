"""`export`: a formula and its derivatives as code of another language."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from itertools import chain
from typing import Any

import numpy as np

from gradcli.capabilities.formula import Formula
from gradcli.capabilities.found import Found, Request
from gradcli.engine import jacobians
from gradcli.engine.graph import Input, Node, constant, substitute, zeros_like
from gradcli.engine.primitives.entry import as_number
from gradcli.engine.primitives.shaping import reshape, stack, subscript
from gradcli.language.layout import normal_name
from gradcli.text.errors import EvaluationError, InputError, Notice
from gradcli.writing.code import language
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
    if output.node.boolean:
        raise InputError(
            "code is written for numbers, and this is a truth value",
            (output.mark,),
            "where(…) makes a number of a condition",
        )
    if 0 in output.node.shape:
        raise InputError("this has no elements, and nothing is left to write", (output.mark,))
    wrt = _chosen(formula, settings["wrt"])
    arguments = _arguments(formula, settings["arguments"], wrt)
    elements: dict[Node, Elements] = {each: _elements(each) for each in arguments.values()}
    module = import_module(f"gradcli.writing.code.{target}")
    dialect = settings["dialect"] if target == "sql" else ""
    spoken = language(target, dialect, arguments)

    def written(parts: str) -> Function:
        how = {**settings, "parts": parts}
        return function(_writing(formula, how, arguments, wrt, elements), spoken)

    try:
        found = written(settings["parts"])
        if dialect:
            named = module.DIALECTS[dialect]
            code = module.write(found, named, settings["table"], total=settings["sum"])
        else:
            code = module.write(found)
    except EvaluationError as error:
        error.marks = error.marks or (output.mark,)
        if error.hint is None and settings["parts"] != "value" and _is_written(lambda: written("value")):
            error.hint = "--parts value writes the value, which needs nothing of that"
        raise
    return Exported(formula, target, code, found)


def _is_written(write: Callable[[], Function]) -> bool:
    try:
        write()
    except EvaluationError:
        return False
    return True


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
            f"add it to --arguments, or give it a value: {formula.how(missing, '1')}",
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
    # By the elements of the value: the derivatives in each variable, and those of each of these.
    gradients: list[list[Node]] = []
    hessians: list[list[Node]] = []
    if parts != "value":
        gradients = [_gradient(each, wrt) for each in _parts(value)]
        if settings["hessian"]:
            hessians = [_blocks(gradient, wrt) for gradient in gradients]
    fixed: dict[Node, Node] = {
        each: constant(np.asarray(formula.values[each], np.float64))
        for each in formula.values
        if each not in elements
    }
    flat = substitute([value, *chain(*gradients), *chain(*hessians)], fixed)
    found = iter(scalars(flat, elements))
    values = next(found)
    of_values = [{name: next(found) for name in wrt} for _ in gradients]
    blocks = [{(a, b): next(found) for a in wrt for b in wrt} for _ in hessians]
    # The derivatives stand in the order of the arguments; a number that is differentiated in comes last.
    order = [name for name in arguments if name in wrt] + [name for name in wrt if name not in arguments]
    inputs = tuple((name, each.shape, elements[each]) for name, each in arguments.items())
    partials = tuple(
        (name, value.shape + wrt[name].shape, tuple(chain(*(each[name] for each in of_values))))
        for name in order
        if of_values
    )
    rows = chain(*(_rows(each, {name: math.prod(wrt[name].shape) for name in order}) for each in blocks))
    return Writing(
        settings["name"],
        inputs,
        () if parts == "gradients" else values,
        value.shape,
        partials,
        tuple(rows),
        formula.text,
    )


def _parts(node: Node) -> Iterator[Node]:
    """The elements of an array, each as a single number; a single number is its own."""
    for place in np.ndindex(node.shape):
        yield subscript(node, place)


def _gradient(value: Node, wrt: Mapping[str, Input]) -> list[Node]:
    """The derivatives of a single number in each variable, 0 where it does not depend on it."""
    found = jacobians.gradients(value, list(wrt.values()))
    return [
        zeros_like(variable) if each is None else each
        for each, variable in zip(found, wrt.values(), strict=True)
    ]


def _blocks(gradient: Sequence[Node], wrt: Mapping[str, Input]) -> list[Node]:
    """The derivatives of a gradient: for each two variables, in shape `first + second`."""
    found = []
    for first in gradient:
        rows = [_gradient(each, wrt) for each in _parts(first)]
        for k, variable in enumerate(wrt.values()):
            block = stack([row[k] for row in rows]) if rows else zeros_like(variable)
            found.append(reshape(block, first.shape + variable.shape) if rows else block)
    return found


def _rows(blocks: Mapping[tuple[str, str], Elements], sizes: Mapping[str, int]) -> list[tuple[Node, ...]]:
    """A Hessian row by row, from the blocks of two variables each; `sizes` are theirs, in order."""
    rows: list[tuple[Node, ...]] = []
    for first, height in sizes.items():
        for k in range(height):
            row: list[Node] = []
            for second, width in sizes.items():
                row += blocks[first, second][k * width : (k + 1) * width]
            rows.append(tuple(row))
    return rows
