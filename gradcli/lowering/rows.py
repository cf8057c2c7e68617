"""Programs over rows: every unbound name is a variable whose values arrive later."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from gradcli.arrays import Shape
from gradcli.engine.graph import Input, Node
from gradcli.engine.primitives.entry import as_number
from gradcli.language.tree import (
    Assign,
    Define,
    Expression,
    ExpressionStatement,
    Import,
    Imported,
    Name,
    Program,
    Statement,
)
from gradcli.language.vocabulary import CONSTANTS, MODULES, TRUTHS
from gradcli.lowering.context import Frame
from gradcli.lowering.functions import body
from gradcli.lowering.kinds import TENSOR, Typed
from gradcli.lowering.lower import Lowering
from gradcli.lowering.origins import Origins
from gradcli.records import NamedTuple
from gradcli.text.errors import InputError
from gradcli.text.source import Mark, Span
from gradcli.trampoline import Rule


class RowScope:
    """What names mean where values arrive later: every unbound name is a variable, one for each row."""

    open = True
    reads_leaves = False
    recording = True

    def __init__(self, shapes: Mapping[str, Shape], functions: Mapping[str, Define]) -> None:
        self.inputs: dict[str, Input] = {name: Input(name, tuple(shape)) for name, shape in shapes.items()}
        self.functions = dict(functions)
        self.imports: dict[str, Imported] = {}
        self.asked: dict[str, None] = {}
        """The variables that were asked for, in order of appearance."""
        self.constants: set[str] = set()
        """The names that were asked for and mean built-in constants."""

    def variable(self, name: str) -> Typed | None:
        """The input of that name, made when it is first met; built-in constants stay what they are."""
        if name not in self.inputs:
            if name in CONSTANTS:
                self.constants.add(name)
                return None
            if name in TRUTHS or name in MODULES or name in ("None", "ans", "_"):
                return None
            if name in self.functions or name in self.imports:
                return None
            self.inputs[name] = Input(name, ())
        self.asked.setdefault(name)
        return self.inputs[name], TENSOR

    def new_variable(self, name: str) -> Typed | None:
        """A variable that is called as a library is: before no dot, that is what its name means."""
        if name not in MODULES or name in self.imports:
            return None
        self.inputs[name] = Input(name, ())
        return self.variable(name)

    def origins(self, name: str) -> None:
        """Variables were not computed."""

    def function(self, name: str) -> Define | None:
        """The user's function of that name."""
        return self.functions.get(name)

    def imported(self, name: str) -> Imported | None:
        """What an import line said that a name is."""
        return self.imports.get(name)

    def grad(self, name: str) -> Node:
        """There are no accumulated grads here; raises `InputError`."""
        raise InputError(f"{name}.grad accumulates in a session, and this is one expression")

    def known(self, node: Node, *, leaves: bool = False) -> Any:
        """Nothing is known before the rows arrive."""
        return None

    def new_leaf(self, node: Node) -> Node:
        """The node itself: only variables have gradients here."""
        return node

    def uncertain(self, value: Node, uncertainty: Node, text: str) -> None:
        """Values are given elsewhere, and their uncertainties with them."""

    def names(self) -> Iterable[str]:
        """Every bound name."""
        return [*self.inputs, *self.functions]

    def unknown(self, name: str) -> str | None:
        """No hint: every name can be a variable."""
        return None


class Lowered(NamedTuple):
    """The node of a program's last statement, those of the names that were given before, and origins."""

    node: Node
    named: dict[str, Node]
    origins: Origins


def lower_program(program: Program, scope: RowScope) -> Node:
    """The node of a program's last statement; those before it define functions and names.

    Raises `InputError` for statements that need a session.
    """
    return lower_whole(program, scope).node


def lower_results(program: Program, scope: RowScope) -> tuple[list[tuple[str | None, Node]], Origins]:
    """What a program computes, by name, and where it was written.

    That is its last expression, or else everything that it gives a name. Constants (`const t = …`, and
    right sides made of numbers alone) are no results. Raises `InputError` for statements that need a
    session.
    """
    node, named, origins = lower_whole(program, scope)
    last = program.statements[-1]
    if not isinstance(last, Assign) or not isinstance(last.target, Name):
        return [(None, node)], origins
    named[last.target.name] = node
    names = dict.fromkeys(
        each.target.name
        for each in program.statements
        if isinstance(each, Assign) and isinstance(each.target, Name) and not each.constant
    )
    results = [(name, named[name]) for name in names if name == last.target.name or not named[name].static]
    return [(name, each if each.boolean else as_number(each)) for name, each in results], origins


def lower_whole(
    program: Program, scope: RowScope, names: Mapping[str, Node] = MappingProxyType({})
) -> Lowered:
    """Like `lower_program`, with what stands beside the node; `names` are bound before it."""
    source = program.source
    statements: list[Statement] = []
    for statement in program.not_empty().statements:
        if isinstance(statement, Define):
            scope.functions[statement.name] = statement
        elif isinstance(statement, Import):
            scope.imports.update((each.name, each) for each in statement.names)
        else:
            statements.append(statement)
    last = statements.pop() if statements else None
    if not isinstance(last, ExpressionStatement | Assign) or not isinstance(
        last.target if isinstance(last, Assign) else Name(last.span, ""), Name
    ):
        span = last.span if last is not None else Span(0, len(source.text))
        raise InputError(
            "the last statement must be an expression, or give a name to one", (Mark(source, span),)
        )
    lowering = Lowering(source, scope)
    lowering.frames.append(Frame(source, {name: (each, TENSOR) for name, each in names.items()}))
    node, _ = lowering.run(_last(lowering, statements, last.value))
    named = {name: each for name, (each, _) in lowering.frames[-1].variables.items()}
    return Lowered(node if node.boolean else as_number(node), named, lowering.origins)


def _last(lowering: Lowering, statements: Sequence[Statement], expression: Expression) -> Rule:
    """A rule: the value of an expression behind some statements."""
    yield body(lowering, statements)
    return (yield expression)
