"""Programs over rows: every unbound name is a variable whose values arrive later."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from gradcli.arrays import Shape
from gradcli.engine.graph import Input, Node, intern
from gradcli.engine.primitives.entry import as_number
from gradcli.engine.primitives.shaping import stepped
from gradcli.language.tree import (
    Assign,
    Call,
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
from gradcli.language.walk import bound_by
from gradcli.lowering.bodies import body
from gradcli.lowering.context import Frame
from gradcli.lowering.kinds import TENSOR, Host, Lowered, Several, Typed
from gradcli.lowering.lower import Lowering
from gradcli.lowering.origins import Origins
from gradcli.lowering.transforms import definition
from gradcli.records import NamedTuple
from gradcli.text.errors import InputError
from gradcli.text.source import Mark, Span
from gradcli.trampoline import Rule


class Quantity(NamedTuple):
    """A constant of nature that has an uncertainty, as an input."""

    node: Input
    value: float
    uncertainty: float


class RowScope:
    """What names mean where values arrive later: every unbound name is a variable, one for each row."""

    open = True
    reads_leaves = False
    moves = False
    recording = True
    keeps_lists = False
    single = False

    def __init__(
        self,
        shapes: Mapping[str, Shape],
        functions: Mapping[str, Define],
        *,
        steps: bool = False,
        measured: bool = False,
    ) -> None:
        self.measured = measured
        """Whether it counts how uncertain constants of nature are."""
        self.quantities: dict[str, Quantity] = {}
        self.steps = steps
        """Whether a step in place of a variable, as `x -= 0.1*x`, is outside the graph, as that of a leaf."""
        self.inputs: dict[str, Input] = {name: Input(name, tuple(shape)) for name, shape in shapes.items()}
        self.functions = dict(functions)
        self.imports: dict[str, Imported] = {}
        self.asked: dict[str, None] = {}
        """The variables that were asked for, in order of appearance."""
        self.targets: dict[str, Node] = {}
        """What variables are since steps in place have changed them: gradients are those in this."""
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

    def origins(self, name: str) -> Sequence[Origins | None]:
        """Variables were not computed."""
        return (None,)

    def function(self, name: str) -> Define | None:
        """The user's function of that name."""
        return self.functions.get(name)

    def imported(self, name: str) -> Imported | None:
        """What an import line said that a name is."""
        return self.imports.get(name)

    def here(self) -> None:
        """There are no other names than those of the program."""

    def among(self, names: None) -> RowScope:
        """The same."""
        return self

    def host(self, name: str) -> Host | None:
        """None: every name that is not bound is a variable, which is numbers."""
        return None

    def acts(self) -> None:
        """Nothing is done here."""

    def keep(self, found: Lowered, origins: Origins) -> Lowered:
        """The same: nothing changes here before it is used."""
        return found

    def now(self, held: Lowered, name: str = "") -> Lowered:
        """The same."""
        return held

    def changing(self, host: Host, *, unseen: bool = False) -> None:
        """Nothing is taken back here."""

    def grad(self, name: str) -> Node:
        """There are no accumulated grads here; raises `InputError`."""
        raise InputError(f"{name}.grad accumulates in a session, and this is one expression")

    def grad_of(self, leaf: Node, title: str) -> Node:
        """As for `grad`."""
        return self.grad(title)

    def known(self, node: Node, *, leaves: bool = False) -> Any:
        """Nothing is known before the rows arrive."""
        return None

    def answer(self, nodes: Sequence[Node], find: Callable[[], Any], of: Callable[..., Any]) -> Any:
        """What `find` gives."""
        return find()

    def leaf_of(self, name: str, bound: Node | None) -> Node | None:
        """The variable that a name means, where steps in place are outside the graph."""
        if not self.steps:
            return None
        given = self.variable(name) if bound is None else None
        node = given[0] if given is not None else bound
        return node if node is not None and self._name_of(node) is not None else None

    def stepped(self, leaf: Node, node: Node) -> tuple[str, Node]:
        """The name of a variable, and what it is now: outside the graph of what that was computed from."""
        name = self._name_of(leaf)
        assert name is not None
        self.targets[name] = intern(stepped, (node,))
        return name, self.targets[name]

    def _name_of(self, node: Node) -> str | None:
        return next((name for name in self.inputs if self.target(name) is node), None)

    def target(self, name: str) -> Node:
        """What a gradient in a variable is taken in."""
        return self.targets.get(name) or self.inputs[name]

    def new_leaf(self, node: Node) -> Node:
        """The node itself: only variables have gradients here."""
        return node

    def uncertain(self, value: Node, uncertainty: Node, text: str) -> None:
        """Values are given elsewhere, and their uncertainties with them."""

    def quantity(self, key: str, name: str, value: float, uncertainty: float) -> Node | None:
        """A further input where uncertainties are asked about, and no variable; else its value alone."""
        if not self.measured:
            return None
        if key not in self.quantities:
            self.quantities[key] = Quantity(Input(name, (), role="constant"), value, uncertainty)
        return self.quantities[key].node

    def draw(self, drawn: Any) -> None:
        """Nothing is drawn: every row is computed alike."""

    def names(self) -> Iterable[str]:
        """Every bound name."""
        return [*self.inputs, *self.functions]

    def unknown(self, name: str) -> str | None:
        """No hint: every name can be a variable."""
        return None


class LoweredProgram(NamedTuple):
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
    statements, last = _last_of(program, scope)
    lowering = _lowering(program, scope)
    if isinstance(last, ExpressionStatement):
        node = _as_result(lowering.run(_value_behind(lowering, statements, last.value)))
        return [(None, node)], lowering.origins
    lowering.run(body(lowering, (*statements, last)))
    lasting = {name.name for name in bound_by(last)}
    results: list[tuple[str | None, Node]] = []
    given = [name for each in (*statements, last) if not _is_constant(each) for name in bound_by(each)]
    for name in {each.name: each for each in given}.values():
        found = lowering.frames[-1].variables[name.name]
        if name.name not in lasting and isinstance(found, Several) and not found.alone:
            continue
        one = lowering.one(found, name.span)
        if name.name in lasting or not one[0].static:
            results.append((name.name, _as_result(one)))
    return results, lowering.origins


def lower_whole(
    program: Program, scope: RowScope, names: Mapping[str, Node] = MappingProxyType({})
) -> LoweredProgram:
    """Like `lower_program`, with what stands beside the node; `names` are bound before it."""
    statements, last = _last_of(program, scope)
    if isinstance(last, Assign) and not isinstance(last.target, Name):
        raise _no_result(program, last.span)
    lowering = _lowering(program, scope, names)
    node = _as_result(lowering.run(_value_behind(lowering, statements, last.value)))
    variables = lowering.frames[-1].variables
    named = {
        name: found[0]
        for name, found in variables.items()
        if isinstance(found, tuple) and not isinstance(found, Several)
    }
    return LoweredProgram(node, named, lowering.origins)


def _last_of(program: Program, scope: RowScope) -> tuple[list[Statement], ExpressionStatement | Assign]:
    """The statements of a program but its last one, and that; functions and imports go to the scope."""
    statements: list[Statement] = []
    lowering = _lowering(program, scope)
    for statement in program.not_empty().statements:
        made = definition(lowering, statement) if isinstance(statement, Assign) else None
        if isinstance(statement, Define) or made is not None:
            function = made or statement
            assert isinstance(function, Define)
            scope.functions[function.name] = function
        elif isinstance(statement, Import):
            scope.imports.update((each.name, each) for each in statement.names)
        else:
            statements.append(statement)
    last = statements.pop() if statements else None
    for each in statements:
        if isinstance(each, ExpressionStatement) and not isinstance(each.value, Call):
            text = program.source.text[each.value.span.start : each.value.span.end]
            told, place = (
                "one expression stands last, and this one leads to nothing",
                (Mark(program.source, each.span),),
            )
            raise InputError(told, place, f"leave it out, or give it a name: a = {text}")
    if isinstance(last, ExpressionStatement) or (isinstance(last, Assign) and bound_by(last)):
        return statements, last
    whole = Span(0, len(program.source.text))
    raise _no_result(program, last.span if last is not None else whole, scope if last is None else None)


def _no_result(program: Program, span: Span, scope: RowScope | None = None) -> InputError:
    """The error for a program that gives nothing; where `scope` has its functions, that it calls none."""
    if scope is None or not scope.functions:
        return no_result(Mark(program.source, span))
    function = list(scope.functions.values())[-1]
    hint = f"call it behind: ; {function.name}({', '.join(each.name for each in function.parameters)})"
    return no_result(Mark(program.source, span), hint)


def no_result(mark: Mark, hint: str = 'as in "y = x**2; sin(y)"') -> InputError:
    """The error for a program whose last statement gives nothing."""
    return InputError("the last statement must be an expression, or give a name to one", (mark,), hint)


def _lowering(
    program: Program, scope: RowScope, names: Mapping[str, Node] = MappingProxyType({})
) -> Lowering:
    lowering = Lowering(program.source, scope)
    lowering.frames.append(Frame(program.source, {name: (each, TENSOR) for name, each in names.items()}))
    return lowering


def _value_behind(lowering: Lowering, statements: Sequence[Statement], expression: Expression) -> Rule:
    """A rule: the value of an expression behind some statements."""
    yield body(lowering, statements)
    return (yield expression)


def _as_result(typed: Typed) -> Node:
    return typed[0] if typed[0].boolean else as_number(typed[0])


def _is_constant(statement: Statement) -> bool:
    return isinstance(statement, Assign) and statement.constant
