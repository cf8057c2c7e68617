"""An expression compiled for many rows: one graph, one plan, any number of calls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from gradcli.arrays import Shape
from gradcli.engine import derive
from gradcli.engine.graph import Input, Node, as_node, expand
from gradcli.engine.plan import Plan
from gradcli.engine.primitives.entry import as_number
from gradcli.evaluation import Evaluation, by_name, checked, plain_data
from gradcli.language.parser import parse
from gradcli.language.tree import (
    Assign,
    Define,
    ExpressionStatement,
    Import,
    Imported,
    Name,
    Program,
    Return,
    Statement,
    zero_as_name,
)
from gradcli.lowering.functions import invoke
from gradcli.lowering.lower import Lowering
from gradcli.lowering.names import CONSTANTS, MODULES, TRUTHS
from gradcli.text.errors import EvaluationError, GradcliError, InputError
from gradcli.text.source import Mark, Source, Span
from gradcli.text.suggest import did_you_mean


class RowScope:
    """What names mean where values arrive later: every unbound name is a variable, one for each row."""

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

    def variable(self, name: str) -> Node | None:
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
        return self.inputs[name]

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

    def names(self) -> Iterable[str]:
        """Every bound name."""
        return [*self.inputs, *self.functions]

    def unknown(self, name: str) -> str | None:
        """No hint: every name can be a variable."""
        return None


class Compiled:
    """An expression with its gradients, ready to run over rows. Picklable.

    `variables` are the names that a call must give, in order of appearance.
    """

    def __init__(self, expression: str, wrt: tuple[str, ...] | None, shapes: dict[str, Shape]) -> None:
        self.expression = expression
        self.shapes = shapes
        self._wrt = wrt
        self._build()

    def _build(self) -> None:
        source = Source(self.expression)
        scope = RowScope({**dict.fromkeys(self._wrt or (), ()), **self.shapes}, {})
        self._node = lower_program(zero_as_name(parse(source)), scope)
        for name in (*(self._wrt or ()), *self.shapes):
            if name not in scope.asked:
                raise _not_there(name, scope.asked)
        self._inputs = {name: scope.inputs[name] for name in scope.asked}
        self._constants = scope.constants
        self.wrt = tuple(self._inputs) if self._wrt is None else self._wrt
        self.variables = tuple(self._inputs)
        targets = [self._inputs[name] for name in self.wrt]
        self._gradients = gradients_of(self._node, targets)
        self._plans: dict[frozenset[str], Plan] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        return Compiled, (self.expression, self._wrt, self.shapes)

    def __repr__(self) -> str:
        return f"Compiled({self.expression!r}, wrt={self.wrt!r})"

    def __call__(self, values: Mapping[str, Any] | None = None, /, **named: Any) -> Evaluation:
        """Values and gradients, as an `Evaluation`, for numbers or rows.

        A value that has one axis more than the variable's shape holds rows (all such have equally
        many); then so do the results. Raises `EvaluationError` for shapes that do not fit and
        `InputError` for names that are missing or too many.
        """
        given = {**by_name("variables", values, '{"x": 3}'), **named}
        data = self._data(given)
        rows = self._rows(data)
        batched = frozenset(name for name, each in data.items() if each.ndim > len(self._inputs[name].shape))
        plan = self._plans.get(batched)
        outputs = [self._node, *(each for each in self._gradients if each is not None)]
        if plan is None:
            plan = self._plans[batched] = Plan(outputs, batched=[self._inputs[name] for name in batched])
        feed: dict[Node, Any] = {self._inputs[name]: each[()] for name, each in data.items()}
        results = iter(plan.run(feed) if rows is None else plan.run_rows(feed, rows))
        value = next(results)
        gradients = {
            name: None if node is None else plain_data(next(results))
            for name, node in zip(self.wrt, self._gradients, strict=True)
        }
        return Evaluation(self.expression, given, plain_data(value), gradients)

    def _data(self, given: Mapping[str, Any]) -> dict[str, Any]:
        for name in given:
            if name in self._constants:
                hint = f'compile(…, shapes={{"{name}": ()}}) makes it a variable'
                raise InputError(f"{name} is the constant {name} here", hint=hint)
            if name not in self._inputs:
                raise _not_there(name, self._inputs)
        missing = [name for name in self._inputs if name not in given]
        if missing:
            raise InputError(f"{missing[0]} needs a value")
        data = {name: np.asarray(checked(name, each, copy=False)) for name, each in given.items()}
        return {name: np.ascontiguousarray(each).reshape(each.shape) for name, each in data.items()}

    def _rows(self, data: Mapping[str, Any]) -> int | None:
        rows: int | None = None
        for name, each in data.items():
            shape = self._inputs[name].shape
            if each.shape == shape:
                continue
            if each.shape[1:] != shape or not each.ndim:
                raise EvaluationError(
                    f"{name} has shape {list(each.shape)}, which is not rows of shape {list(shape)}",
                    hint=self._other_shape(name, each.shape),
                )
            if rows is not None and rows != len(each):
                raise EvaluationError(f"{name} has {len(each)} rows, and the others have {rows}")
            rows = len(each)
        return rows

    def _other_shape(self, name: str, shape: Shape) -> str | None:
        """How to compile the expression for rows (or the whole) of a shape, if it can be for such."""
        for other in (shape[1:], shape):
            try:
                Compiled(self.expression, self._wrt, {**self.shapes, name: other})
            except GradcliError:
                continue
            return f'say what one row holds: compile(…, shapes={{"{name}": {other}}})'
        return None


def _not_there(name: str, variables: Iterable[str]) -> InputError:
    """The error for a name that is no variable of the expression."""
    near, known = did_you_mean(name, variables), ", ".join(variables)
    hint = f"did you mean {near}?" if near else f"the variables are {known}" if known else None
    return InputError(f"{name} does not occur in the expression", hint=hint)


def gradients_of(node: Node, targets: Iterable[Node]) -> list[Node | None]:
    """The gradients (of a single number) or Jacobians of a node as nodes."""
    wanted = list(targets)
    if node.boolean:
        return [None for _ in wanted]
    if node.shape == ():
        return derive.pullback(node, expand(as_node(1.0), ()), wanted)
    return [derive.jacobian(node, target) for target in wanted]


def lower_program(program: Program, scope: RowScope) -> Node:
    """The node of a program's last statement; those before it define functions and names.

    Raises `InputError` for statements that need a session.
    """
    node, _ = _lower_body(program, scope)
    return node


def lower_results(program: Program, scope: RowScope) -> list[tuple[str | None, Node]]:
    """What a program computes, by name: its last expression, or else everything that it gives a name.

    Constants (`const t = …`, and right sides made of numbers alone) are no results. Raises
    `InputError` for statements that need a session.
    """
    node, named = _lower_body(program, scope)
    last = program.statements[-1]
    if not isinstance(last, Assign) or not isinstance(last.target, Name):
        return [(None, node)]
    named[last.target.name] = node
    names = dict.fromkeys(
        each.target.name
        for each in program.statements
        if isinstance(each, Assign) and isinstance(each.target, Name) and not each.constant
    )
    results = [(name, named[name]) for name in names if name == last.target.name or not named[name].static]
    return [(name, each if each.boolean else as_number(each)) for name, each in results]


def _lower_body(program: Program, scope: RowScope) -> tuple[Node, dict[str, Node]]:
    """The node of the last statement, and those of all names that the statements before it gave."""
    source = program.source
    if not program.statements:
        place = (Mark(source, source.line_span(0)),)
        raise InputError("there is no expression", place, 'such as "sin(x**2)"')
    body: list[Statement] = []
    for statement in program.statements:
        if isinstance(statement, Define):
            scope.functions[statement.name] = statement
        elif isinstance(statement, Import):
            scope.imports.update((each.name, each) for each in statement.names)
        else:
            body.append(statement)
    last = body.pop() if body else None
    if not isinstance(last, ExpressionStatement | Assign) or not isinstance(
        last.target if isinstance(last, Assign) else Name(last.span, ""), Name
    ):
        span = last.span if last is not None else Span(0, len(source.text))
        raise InputError(
            "the last statement must be an expression, or give a name to one", (Mark(source, span),)
        )
    body.append(Return(last.span, last.value))
    whole = Define(Span(0, 0), "expression", Span(0, 0), (), tuple(body), source)
    lowering = Lowering(source, scope)
    named: dict[str, Node] = {}
    try:
        node: Node = lowering.run(invoke(lowering, whole, named, Span(0, 0)))
    except GradcliError as error:
        # The program itself was not called by anybody.
        error.marks = tuple(each for each in error.marks if each.span != whole.span or len(error.marks) == 1)
        raise
    return node if node.boolean else as_number(node), named
