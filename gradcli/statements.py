"""Statements: what each does to a session, and what it has to show.

A statement happens whole or not at all. What it shows goes to `show`, as data; styles make text of it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from gradcli.calls import CONSTANTS, called_name, is_module_path
from gradcli.diagnose import explain_gradient, explain_value, kinks
from gradcli.errors import EvaluationError, GradcliError, InputError, Notice
from gradcli.functions import iteration
from gradcli.graph import Input, Node, shape_text
from gradcli.lower import Lowering
from gradcli.primitives import OPERATORS, TABLE, grad_fn_name
from gradcli.primitives.entry import as_number
from gradcli.session import GradChange, Session, Value
from gradcli.source import Mark, Span
from gradcli.syntax import (
    Assign,
    Attribute,
    Backward,
    Call,
    Define,
    Delete,
    Expression,
    ExpressionStatement,
    For,
    Import,
    Name,
    NoGrad,
    Program,
    Return,
    Sequence,
    Statement,
    Text,
    Update,
    Zero,
)


class Shown(NamedTuple):
    """A value to show. `plain_number` marks what is a Python number in PyTorch (`item()`)."""

    data: Any
    requires_grad: bool = False
    grad_fn: str | None = None
    plain_number: bool = False


class Nothing(NamedTuple):
    """A grad that is none."""


class Printed(NamedTuple):
    """One line of `print`: values, and text as it stands."""

    parts: tuple[Shown | Nothing | str, ...]


class GradsChanged(NamedTuple):
    """What a backward pass changed."""

    changes: tuple[GradChange, ...]


Result = Shown | Nothing | Printed | GradsChanged
Show = Callable[[Result], None]
Tell = Callable[[Notice], None]


class Runner:
    """Runs the statements of one program in a session.

    Notices (warnings and notes) go to `tell`, each once.
    """

    def __init__(self, session: Session, program: Program, show: Show, tell: Tell) -> None:
        self.session = session
        self.program = program
        self.show = show
        self.tell = tell
        self.depth = 0
        """How many `for` loops we are in."""
        self._told: set[Any] = set()

    def run(self) -> None:
        """Runs all statements; raises `GradcliError` at the first that fails, which then changed nothing."""
        self.tell_disputed()
        for statement in self.program.statements:
            self.step(statement)

    def tell_disputed(self) -> None:
        """Says how readings that people dispute were taken."""
        for disputed in self.program.disputed:
            self.note(Notice("note", f"read as {disputed.reading}", (self.mark(disputed.span),)))

    def step(self, statement: Statement) -> None:
        """Runs one statement, whole or not at all."""
        self.session.commit()
        try:
            self.execute(statement)
        except BaseException:
            self.session.roll_back()
            raise

    def execute(self, statement: Statement) -> None:
        """Does what a statement says; the caller takes it back if this raises."""
        _EXECUTE[type(statement)](self, statement)

    # Notices and errors

    def note(self, notice: Notice) -> None:
        """Adds a notice that has not been given in this program before."""
        key = (notice.kind, notice.message, tuple((id(mark.source), mark.span) for mark in notice.marks))
        if key not in self._told:
            self._told.add(key)
            self.tell(notice)

    def mark(self, span: Span, label: str = "") -> Mark:
        """A place in the program."""
        return Mark(self.program.source, span, label)

    def placed(self, span: Span, action: Callable[[], Any]) -> Any:
        """The result of `action`; an error without a place gets this one."""
        try:
            return action()
        except GradcliError as error:
            error.marks = error.marks or (self.mark(span),)
            raise

    # Values

    def lower(self, expression: Expression) -> Node:
        """The node of an expression."""
        return self.lowering().lower(expression)

    def lowering(self) -> Lowering:
        """What lowers the expressions of this program."""
        return Lowering(self.program.source, self.session)

    def value(self, expression: Expression) -> Value:
        """An expression with its data now."""
        node = self.lower(expression)
        value: Value = self.placed(expression.span, lambda: self.session.value_of(node))
        if not self.depth and not np.all(np.isfinite(value.data)):
            self.explain(value.node)
        return value

    def explain(self, node: Node) -> None:
        """Says where the nan or infinity in the value of a node came from."""
        notice = explain_value(node, self.session)
        if notice is not None:
            self.note(notice)

    def bind(self, name: str, value: Value) -> None:
        """Binds a name to a value: tracked ones keep their graph, others are constants from now on."""
        if value.node.tracked and self.session.recording:
            self.session.bind(name, value)
        else:
            self.session.bind_constant(name, value.data)

    def shown(self, value: Value) -> Shown:
        """A value as something to show."""
        node = value.node
        if isinstance(node, Input):
            return Shown(value.data, requires_grad=node.role == "leaf")
        tracked = node.tracked and self.session.recording
        return Shown(value.data, grad_fn=grad_fn_name(node) if tracked else None)

    # Expressions on a line of their own

    def _expression(self, statement: ExpressionStatement) -> None:
        action = self._action(statement.value)
        if action is not None:
            action(statement)
            return
        if self._is_absent_grad(statement.value):
            if not statement.quiet:
                self.show(Nothing())
            return
        value = self.value(statement.value)
        self.bind("ans", value)
        if not statement.quiet:
            self.show(self._described(statement.value, value))

    def _described(self, expression: Expression, value: Value) -> Shown:
        """A value to show, as PyTorch would: `item()` and attributes are plain Python values there."""
        method = expression.function if isinstance(expression, Call) else None
        if isinstance(method, Attribute) and method.name in ("item", "dim", "size"):
            return Shown(value.data, plain_number=True)
        if isinstance(expression, Attribute) and expression.name in ("requires_grad", "is_leaf", "ndim"):
            return Shown(value.data, plain_number=True)
        return self.shown(value)

    def _is_absent_grad(self, expression: Expression) -> bool:
        if not isinstance(expression, Attribute) or expression.name != "grad":
            return False
        if not isinstance(expression.value, Name) or is_module_path(expression.value, self._bound):
            return False
        name = expression.value
        value = self.session.values.get(name.name)
        if value is None or not isinstance(value.node, Input) or value.node.role != "leaf":
            return value is not None and self._no_grad_of(name)
        return value.node not in self.session.grads

    def _no_grad_of(self, name: Name) -> bool:
        """A grad that can never be there shows as none, with a note, as in PyTorch."""
        self.note(
            Notice(
                "note",
                f"{name.name} is not a leaf, so backward leaves it no grad",
                (self.mark(name.span),),
                f"for the derivative of z in it write grad(z, {name.name})",
            )
        )
        return True

    def _bound(self, name: str) -> bool:
        return self.session.variable(name) is not None

    def _action(self, expression: Expression) -> Callable[[ExpressionStatement], None] | None:
        """What a call that does something does, or `None` if the expression is a value."""
        if not isinstance(expression, Call):
            return None
        function = expression.function
        if isinstance(function, Name) and self.session.function(function.name) is None:
            return self._print if function.name == "print" else None
        if isinstance(function, Attribute) and not is_module_path(function.value, self._bound):
            return {
                "backward": self._backward_method,
                "zero_": self._zero_method,
                "requires_grad_": self._requires_grad,
            }.get(function.name)
        return None

    def is_action(self, expression: Expression) -> bool:
        """Whether an expression on a line of its own does something, and so has no value."""
        return self._action(expression) is not None

    def _print(self, statement: ExpressionStatement) -> None:
        call = statement.value
        assert isinstance(call, Call)
        parts: list[Shown | Nothing | str] = []
        for argument in call.arguments:
            if argument.name is not None:
                raise InputError("print takes values and text only", (self.mark(argument.span),))
            if isinstance(argument.value, Text):
                parts.append(argument.value.value)
            elif self._is_absent_grad(argument.value):
                parts.append(Nothing())
            else:
                parts.append(self._described(argument.value, self.value(argument.value)))
        self.show(Printed(tuple(parts)))

    # Leaves and grads

    def _backward_method(self, statement: ExpressionStatement) -> None:
        call = statement.value
        assert isinstance(call, Call)
        assert isinstance(call.function, Attribute)
        seed: Expression | None = None
        for argument in call.arguments:
            if argument.name in (None, "gradient"):
                seed = argument.value
            elif argument.name not in ("retain_graph", "create_graph"):
                raise InputError(f"backward has no parameter {argument.name}", (self.mark(argument.span),))
        self._sweep(call.function.value, seed, statement)

    def _backward(self, statement: Backward) -> None:
        if isinstance(statement.value, Sequence):
            raise InputError(
                "backward takes a value, and perhaps a seed", (self.mark(statement.value.span),), "backward y"
            )
        self._sweep(statement.value, statement.seed, None)

    def _sweep(
        self, target: Expression, seed: Expression | None, statement: ExpressionStatement | None
    ) -> None:
        if isinstance(target, Attribute) and target.name == "grad" and self._is_absent_grad(target):
            raise EvaluationError("there is no grad here to run backward from", (self.mark(target.span),))
        node = as_number(self.lower(target))
        start = None if seed is None else self._seed(seed, target, node)
        if start is None and any(size != 1 for size in node.shape):
            ones = (
                "[" + ", ".join("1" for _ in range(node.shape[0])) + "]"
                if len(node.shape) == 1
                else "ones(…)"
            )
            raise EvaluationError(
                f"backward needs a single number to start from, and this has shape {list(node.shape)}",
                (self.mark(target.span, str(list(node.shape))),),
                f"reduce it, as with sum(…) or mean(…), or give a seed: backward y, {ones}",
            )
        sweep = self.placed(target.span, lambda: self.session.sweep(node, start))
        if not self.depth:
            for notice in (*kinks(node, self.session), *explain_gradient(node, sweep, start, self.session)):
                self.note(notice)
        changes = self.session.accumulate(sweep)
        if not self.depth and not (statement is not None and statement.quiet):
            self.show(GradsChanged(tuple(changes)))

    def _seed(self, seed: Expression, target: Expression, node: Node) -> Any:
        data = self.value(seed).data
        if np.shape(data) != node.shape:
            raise EvaluationError(
                "the seed must have the shape of the value",
                (
                    self.mark(seed.span, shape_text(np.shape(data))),
                    self.mark(target.span, shape_text(node.shape)),
                ),
            )
        return np.asarray(data, dtype=np.float64)[()]

    def _zero(self, statement: Zero) -> None:
        if statement.names:
            leaves = [self._leaf(name) for name in statement.names]
        else:
            leaves = list(self.session.leaves().values())
        self.session.zero(leaves)

    def _zero_method(self, statement: ExpressionStatement) -> None:
        call = statement.value
        assert isinstance(call, Call)
        assert isinstance(call.function, Attribute)
        target = call.function.value
        if isinstance(target, Name) and not call.arguments:
            leaf = self._leaf(target)
            self.session.update(leaf, np.zeros(leaf.shape))
            zeroed = self.session.value_of(leaf)
        else:
            owner = self._grad_owner(target)
            if owner not in self.session.grads:
                raise EvaluationError(
                    f"{owner.name}.grad is none, so there is nothing to clear",
                    (self.mark(target.span),),
                    "run backward first; zero leaves a grad that is none as it is",
                )
            self.session.zero([owner])
            zeroed = self.session.value_of(self.session.grads[owner].node)
        if not statement.quiet and not self.depth:
            self.show(self.shown(zeroed))

    def _grad_owner(self, target: Expression) -> Input:
        """The leaf `x` of `x.grad` as a target; raises `InputError`."""
        if not isinstance(target, Attribute) or target.name != "grad" or not isinstance(target.value, Name):
            raise InputError(
                "this cannot be changed in place", (self.mark(target.span),), "zero_() clears x.grad"
            )
        return self._leaf(target.value)

    def _leaf(self, name: Name) -> Input:
        leaf: Input = self.placed(name.span, lambda: self.session.leaf(name.name))
        return leaf

    def _requires_grad(self, statement: ExpressionStatement) -> None:
        call = statement.value
        assert isinstance(call, Call)
        assert isinstance(call.function, Attribute)
        target = call.function.value
        if not isinstance(target, Name):
            raise InputError("only a name can become a leaf", (self.mark(target.span),))
        wanted = not call.arguments or self.value(call.arguments[0].value).data
        value = self.value(target)
        if value.node.tracked and not isinstance(value.node, Input):
            raise EvaluationError(
                f"{target.name} is computed from leaves, so it cannot become one",
                (self.mark(target.span),),
                f"take its value alone: {target.name} = {target.name}.detach()",
            )
        if wanted and not value.node.tracked:
            self.session.bind_leaf(target.name, value.data)
        elif not wanted:
            self.session.bind_constant(target.name, value.data)
        if not statement.quiet and not self.depth:
            self.show(self.shown(self.value(target)))

    # Assignments

    def _assign(self, statement: Assign) -> None:
        target = statement.target
        if isinstance(target, Attribute):
            self._assign_attribute(target, statement.value)
            return
        assert isinstance(target, Name)
        if target.name in ("True", "False", "None"):
            raise InputError(f"{target.name} cannot be bound", (self.mark(target.span),))
        wanted = self._requested_leaf(statement.value)
        value = self.value(_before_requiring(statement.value))
        if target.name in CONSTANTS and target.name not in self.session.values and not self.depth:
            self.note(
                Notice(
                    "note",
                    f"{target.name} now means this value, not the constant {target.name}",
                    (self.mark(target.span),),
                )
            )
        if statement.constant or wanted is False:
            self.session.bind_constant(target.name, value.data)
        elif wanted or (value.node.static and not value.node.boolean):
            self.session.bind_leaf(target.name, value.data)
        else:
            self.bind(target.name, value)

    def _requested_leaf(self, expression: Expression) -> bool | None:
        """What PyTorch's spelling asks for: a leaf, a constant, or neither.

        `torch.tensor(3.0)` and `torch.zeros(3)` are constants there, unless `requires_grad=True`.
        """
        if not isinstance(expression, Call):
            return None
        if isinstance(expression.function, Attribute) and expression.function.name == "requires_grad_":
            return True
        name = called_name(expression.function, self._bound)
        family = TABLE[name].family if name in TABLE else ""
        factory = name in ("tensor", "Tensor") or family == "making arrays"
        if not factory or (isinstance(expression.function, Name) and name not in ("tensor", "Tensor")):
            return None
        for argument in expression.arguments:
            if argument.name == "requires_grad":
                return bool(self.value(argument.value).data)
        return False

    def _assign_attribute(self, target: Attribute, expression: Expression) -> None:
        if target.name == "grad":
            leaf = self._grad_owner(target)
            if isinstance(expression, Name) and expression.name == "None":
                self.session.set_grad(leaf, None, 0)
                return
            data = self.value(expression).data
            self.placed(expression.span, lambda: self.session.set_grad(leaf, data, 0))
        elif target.name == "data" and isinstance(target.value, Name):
            leaf = self._leaf(target.value)
            data = self.value(expression).data
            self.placed(expression.span, lambda: self.session.update(leaf, data))
        else:
            raise InputError(
                f"{target.name} cannot be assigned",
                (self.mark(target.name_span),),
                "x = …, x.grad = … and x.data = … can",
            )

    def _update(self, statement: Update) -> None:
        target = statement.target
        if isinstance(target, Attribute) and target.name in ("grad", "data"):
            node = self._operated(statement)
            data = self.session.evaluate((node,))[0]
            if target.name == "grad":
                leaf = self._grad_owner(target)
                passes = self.session.grads[leaf].passes
                self.placed(statement.span, lambda: self.session.set_grad(leaf, data, passes))
            else:
                if not isinstance(target.value, Name):
                    raise InputError("only a name can be updated", (self.mark(target.span),), "x.data -= 0.1")
                leaf = self._leaf(target.value)
                self.placed(statement.span, lambda: self.session.update(leaf, data))
            return
        if not isinstance(target, Name):
            raise InputError("only a name can be updated", (self.mark(target.span),), "x -= 0.1")
        node = self._operated(statement)
        value: Value = self.placed(statement.span, lambda: self.session.value_of(node))
        bound = self.session.values.get(target.name)
        if bound is not None and isinstance(bound.node, Input) and bound.node.role == "leaf":
            leaf = bound.node
            self.placed(statement.span, lambda: self.session.update(leaf, value.data))
            if self.session.recording and self._operand(statement).tracked:
                name, operator = target.name, statement.operator
                self.note(
                    Notice(
                        "warning",
                        f"{name} is a leaf, so {operator}= changed its value outside the graph",
                        (self.mark(statement.span),),
                        f"{name} = {name} {operator} … keeps the graph; const {name} = 0 starts a plain sum",
                    )
                )
        else:
            self.bind(target.name, value)

    def _operand(self, statement: Update) -> Node:
        """The node of what an update adds, subtracts and so on."""
        return self.lower(statement.value)

    def _operated(self, statement: Update) -> Node:
        """The node of `target operator value`."""
        lowering = self.lowering()
        target, value = lowering.lower(statement.target), lowering.lower(statement.value)
        operands = ((statement.target.span, target), (statement.value.span, value))
        return lowering.apply(OPERATORS[statement.operator, 2], statement.span, operands)

    # The rest

    def _define(self, statement: Define) -> None:
        self.session.bind_function(statement)

    def _for(self, statement: For) -> None:
        lowering = self.lowering()
        items = lowering.run(iteration(lowering, statement.iterable))
        self.depth += 1
        try:
            for item in items:
                if isinstance(item, Node):
                    self.bind(statement.variable, self.session.value_of(item))
                else:
                    self.session.bind_constant(statement.variable, float(item))
                for each in statement.body:
                    self.execute(each)
        finally:
            self.depth -= 1

    def _no_grad(self, statement: NoGrad) -> None:
        before, self.session.recording = self.session.recording, False
        try:
            for each in statement.body:
                self.execute(each)
        finally:
            self.session.recording = before

    def _delete(self, statement: Delete) -> None:
        for name in statement.names:
            self.placed(name.span, partial(self.session.delete, name.name))

    def _import(self, statement: Import) -> None:
        """Accepted, so that a pasted tutorial runs."""

    def _return(self, statement: Return) -> None:
        raise InputError("return stands in the body of a function only", (self.mark(statement.span),))


def _before_requiring(expression: Expression) -> Expression:
    """`x` of `x.requires_grad_()`, and every other expression as it is."""
    if not isinstance(expression, Call) or not isinstance(expression.function, Attribute):
        return expression
    return expression.function.value if expression.function.name == "requires_grad_" else expression


_EXECUTE: dict[type, Callable[[Runner, Any], None]] = {
    ExpressionStatement: Runner._expression,
    Assign: Runner._assign,
    Update: Runner._update,
    Define: Runner._define,
    Return: Runner._return,
    For: Runner._for,
    NoGrad: Runner._no_grad,
    Backward: Runner._backward,
    Zero: Runner._zero,
    Delete: Runner._delete,
    Import: Runner._import,
}


def run(session: Session, program: Program, show: Show, tell: Tell) -> None:
    """Runs a program in a session; what it has to show goes to `show`, notices to `tell`."""
    Runner(session, program, show, tell).run()
