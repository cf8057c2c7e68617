"""Statements: what each does to a session, and what it has to show.

A statement happens whole or not at all. What it shows goes to `show`, as data; styles make text of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from gradcli.engine.graph import Input, Node
from gradcli.engine.primitives import TABLE, grad_fn_name
from gradcli.engine.trace import explain_value
from gradcli.language.tree import (
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
    Imported,
    Name,
    NoGrad,
    Program,
    Return,
    Statement,
    Text,
    Update,
    Vector,
    Zero,
)
from gradcli.lowering.arguments import DTYPES, SETTINGS, extreme_of, is_module_path
from gradcli.lowering.functions import iteration
from gradcli.lowering.kinds import COUNT, TENSOR, Kind, is_mixed, kind_of, kind_of_node
from gradcli.lowering.lower import Lowering
from gradcli.session.assignments import IN_PLACE, assign, in_place, update
from gradcli.session.printing import print_call
from gradcli.session.results import Described, Extreme, Nothing, Printed, Result, Show, Shown, Tell, Word
from gradcli.session.state import Session, Value
from gradcli.session.sweeps import (
    backward,
    backward_function,
    backward_method,
    requires_grad,
    zero,
    zero_method,
)
from gradcli.text.errors import EvaluationError, GradcliError, InputError, Notice
from gradcli.text.source import Mark, Span


class Runner:
    """Runs the statements of one program in a session.

    Notices (warnings and notes) go to `tell`, each once.
    """

    def __init__(self, session: Session, program: Program, show: Show, tell: Tell) -> None:
        self.session = session
        self.program = program
        self.tell = tell
        self._show = show
        self._begun: list[Any] = []
        """What `print` has put on a line that has not ended."""
        self.depth = 0
        """How many `for` loops we are in."""
        self.replaced: list[tuple[Input, str, Mark]] = []
        """The leaves from which statements have taken a name, with that name and where."""
        """Whether somebody watches: then it is told at once that a value uses what a name meant before.

        A script may be about to compute it again, so there it is told when `backward` goes through it.
        """
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
        except RecursionError:
            self.session.roll_back()
            raise EvaluationError(
                "these blocks are nested too deeply",
                (self.mark(Span(statement.span.start, statement.span.start + 1)),),
                "give the inner ones to a function: def f(x): …",
            ) from None
        except BaseException:
            self.session.roll_back()
            self.end_line()
            raise
        if statement is self.program.statements[-1]:
            self.end_line()

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

    def tell_users(self, name: str, leaf: Input, span: Span) -> None:
        """Says, once for each name, that values still use the leaf that it no longer means."""
        notice = None if self.depth else users_notice(self.session, leaf, name, self.mark(span))
        if notice is not None:
            self.note(notice)

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

    # Results

    def show(self, result: Result) -> None:
        """Shows a result, on a line of its own."""
        self.end_line()
        self._show(result)

    def print(self, parts: Sequence[Any], end: str) -> None:
        """Goes on with the line that `print` writes, and ends it where `end` does."""
        self._begun += (*parts, end.removesuffix("\n"))
        if end[-1:] == "\n":
            self.end_line()

    def end_line(self) -> None:
        """Shows the line that `print` has begun, if any."""
        if self._begun:
            line, self._begun = Printed(tuple(self._begun)), []
            self._show(line)

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

    def bind(self, name: str, value: Value, expression: Expression, kind: Kind | None = None) -> None:
        """Binds a name to a value: tracked ones keep their graph, others are constants from now on."""
        if value.node.tracked and self.session.recording:
            self.session.bind(name, value)
        else:
            self.bind_constant(name, value, expression, kind)

    def bind_constant(
        self, name: str, value: Value, expression: Expression, kind: Kind | None = None
    ) -> None:
        """Binds a name to the data of a value, which `expression` gave; its `kind`, if that is known."""
        kind = kind or self.kind(value, expression)
        self.session.bind_constant(name, value.data).kind = kind

    def kind(self, value: Value, expression: Expression) -> Kind:
        """What the value of an expression would be in Python and PyTorch."""
        if isinstance(value.node, Input):
            return kind_of_node(value.node)
        found = kind_of(expression, self.session)
        return TENSOR if value.node.tracked and found.form != "list" else found

    def shown(self, value: Value, expression: Expression | None = None) -> Shown:
        """A value, which an expression perhaps gave, as something to show."""
        node = value.node
        kind = kind_of_node(node) if expression is None else self.kind(value, expression)
        if isinstance(node, Input) and node.role == "stale":
            node = self.session.behind(node)
        if isinstance(node, Input):
            return Shown(value.data, node.role == "leaf", None, kind)
        tracked = node.tracked and (self.session.recording or isinstance(expression, Name))
        return Shown(value.data, False, grad_fn_name(node) if tracked else None, kind)

    # Expressions on a line of their own

    def _expression(self, statement: ExpressionStatement) -> None:
        several = len(self.program.statements) > 1 or self.depth
        if isinstance(statement.value, Text) and several:
            return  # a docstring, or a comment in quotes
        action = self._action(statement.value)
        if action is not None:
            action(statement)
            return
        described: Described | None = self._without_value(statement.value)
        if described is None:
            value = self.value(statement.value)
            # Described first: what is typed may use the ans from before.
            described = None if statement.quiet else self._described(statement.value, value)
            kind = described.kind if isinstance(described, Shown) else None
            self.bind("ans", self._answer(value), statement.value, kind)
        if described is not None and not statement.quiet:
            self.show(described)

    def _answer(self, value: Value) -> Value:
        """What `ans` keeps of a value shown: of a leaf its value now, as the leaf may change."""
        node = value.node
        if isinstance(node, Input) and node.role == "leaf":
            return self.session.value_of(TABLE["clone"].build(node))
        return value

    def _without_value(self, expression: Expression) -> Nothing | Word | None:
        """What an expression shows that is no value of the language: a grad that is none, `x.dtype`."""
        if isinstance(expression, Name) and expression.name == "None":
            return Nothing()
        if isinstance(expression, Name):
            return self._setting(expression.name)
        if not isinstance(expression, Attribute):
            return None
        if self.is_absent_grad(expression):
            return Nothing()
        if expression.name not in ("dtype", "device", "grad_fn") or is_module_path(expression.value, self):
            return None
        shown = self.shown(self.value(expression.value), expression.value)
        if expression.name == "device":
            return Word("cpu", "cpu")
        if expression.name == "grad_fn":
            return Nothing() if shown.grad_fn is None else Word(shown.grad_fn, f"<{shown.grad_fn}>")
        if np.asarray(shown.data).dtype == bool:
            return Word("bool", "torch.bool")
        return Word("float64", "torch.int64" if shown.kind.whole else "torch.float64")

    def _setting(self, name: str) -> Word | None:
        """What a name for a dtype or a device shows."""
        imported = None if self.bound(name) else self.imported(name)
        if imported is None or imported.member is None:
            return None
        if imported.member == "device":
            return Word("cpu", "cpu")
        dtype = {"float": "float64", "integer": "int64", "truth": "bool"}.get(DTYPES.get(imported.member, ""))
        return None if dtype is None else Word(dtype, f"torch.{dtype}")

    def described(self, expression: Expression) -> Described:
        """What an expression shows."""
        found = self._without_value(expression)
        return self._described(expression, self.value(expression)) if found is None else found

    def _described(self, expression: Expression, value: Value) -> Shown | Extreme:
        shown = self.shown(value, expression)
        if isinstance(expression, Vector) and is_mixed(expression, self.session):
            items = [self._described(item, self.value(item)) for item in expression.items]
            return shown._replace(items=tuple(items))
        if isinstance(expression, Call) and (extreme := extreme_of(self, expression)):
            places = Attribute(expression.span, expression, "indices", expression.span)
            return Extreme(extreme[0], shown, self.shown(self.value(places), places))
        return shown

    def is_absent_grad(self, expression: Expression) -> bool:
        if not isinstance(expression, Attribute) or expression.name != "grad":
            return False
        if not isinstance(expression.value, Name) or is_module_path(expression.value, self):
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

    def bound(self, name: str) -> bool:
        return self.session.variable(name) is not None

    def imported(self, name: str) -> Imported | None:
        return self.session.imported(name)

    def calls_user(self, function: Expression) -> bool:
        return isinstance(function, Name) and self.session.function(function.name) is not None

    def _action(self, expression: Expression) -> Callable[[ExpressionStatement], None] | None:
        """What a call that does something does, or `None` if the expression is a value."""
        if not isinstance(expression, Call):
            return None
        function = expression.function
        if isinstance(function, Name) and self.session.function(function.name) is None:
            return partial(print_call, self) if function.name == "print" else None
        if isinstance(function, Attribute) and is_module_path(function.value, self):
            if function.name == "set_printoptions":
                return self._ignored
            if function.name in SETTINGS:
                return self._nothing
            return partial(backward_function, self) if function.name == "backward" else None
        if isinstance(function, Attribute):
            if function.name == "retain_grad" and self._is_leaf(function.value):
                return self._nothing  # a leaf keeps its grad anyway
            return {
                "backward": partial(backward_method, self),
                "zero_": partial(zero_method, self),
                "requires_grad_": partial(requires_grad, self),
                **dict.fromkeys((*IN_PLACE, "copy_", "fill_"), partial(in_place, self)),
            }.get(function.name)
        return None

    def _is_leaf(self, expression: Expression) -> bool:
        value = self.session.values.get(expression.name) if isinstance(expression, Name) else None
        return value is not None and isinstance(value.node, Input) and value.node.role == "leaf"

    def _nothing(self, statement: ExpressionStatement) -> None:
        """What PyTorch needs, and what is so here without it."""

    def _ignored(self, statement: ExpressionStatement) -> None:
        marks = (self.mark(statement.span),)
        self.note(Notice("note", "numbers print as before: this changes nothing", marks))

    def is_action(self, expression: Expression) -> bool:
        """Whether an expression on a line of its own does something, and so has no value."""
        return self._action(expression) is not None

    # Leaves and grads

    def grad_owner(self, target: Expression) -> Input:
        """The leaf `x` of `x.grad` as a target; raises `InputError`."""
        if not isinstance(target, Attribute) or target.name != "grad" or not isinstance(target.value, Name):
            raise InputError(
                "this cannot be changed in place", (self.mark(target.span),), "zero_() clears x.grad"
            )
        return self.leaf(target.value)

    def leaf(self, name: Name) -> Input:
        leaf: Input = self.placed(name.span, lambda: self.session.leaf(name.name))
        return leaf

    # The rest

    def _define(self, statement: Define) -> None:
        self.session.bind_function(statement)

    def _for(self, statement: For) -> None:
        lowering = self.lowering()
        items = lowering.run(iteration(lowering, statement.iterable))
        kind = self._item_kind(statement.iterable, items)
        self.depth += 1
        try:
            for item in items:
                if not isinstance(item, Node):
                    self.session.bind_constant(statement.variable, float(item)).kind = kind
                elif item.tracked and self.session.recording:
                    self.session.bind(statement.variable, self.session.value_of(item))
                else:
                    data = self.session.value_of(item).data
                    self.session.bind_constant(statement.variable, data).kind = kind
                for each in statement.body:
                    self.execute(each)
        finally:
            self.depth -= 1

    def _item_kind(self, iterable: Expression, items: Any) -> Kind:
        """What each item that a `for` runs over would be."""
        if isinstance(items, range):
            return COUNT
        found = kind_of(iterable, self.session)
        return Kind("number" if found.form in ("list", "size") else "tensor", found.whole)

    def _no_grad(self, statement: NoGrad) -> None:
        before, self.session.recording = self.session.recording, statement.recording
        try:
            for each in statement.body:
                self.execute(each)
        finally:
            self.session.recording = before

    def _delete(self, statement: Delete) -> None:
        for name in statement.names:
            self.placed(name.span, partial(self.session.delete, name.name))

    def _import(self, statement: Import) -> None:
        """Nothing is run or read: the names are looked through from now on."""
        for imported in statement.names:
            self.session.bind_import(imported)

    def _return(self, statement: Return) -> None:
        raise InputError("return stands in the body of a function only", (self.mark(statement.span),))


_EXECUTE: dict[type, Callable[[Runner, Any], None]] = {
    ExpressionStatement: Runner._expression,
    Assign: assign,
    Update: update,
    Define: Runner._define,
    Return: Runner._return,
    For: Runner._for,
    NoGrad: Runner._no_grad,
    Backward: backward,
    Zero: zero,
    Delete: Runner._delete,
    Import: Runner._import,
}


def users_notice(session: Session, leaf: Input, name: str, mark: Mark) -> Notice | None:
    """The note that values still use a leaf that its name no longer means, once for each name."""
    users = session.users(leaf)
    if not users or name in session.told_users or session.name_of(leaf) is not None:
        return None
    session.told_users.add(name)
    listed = ", ".join(users[:3]) + (", …" if len(users) > 3 else "")
    message = f"{listed} still {'uses' if len(users) == 1 else 'use'} the {name} from before"
    hint = f"compute {users[0]} again to use this one; {name} -= … changes a leaf in place"
    if name in users:
        message = f"{name} is now computed from the {name} from before, which keeps the grad"
        hint = f"a step in place keeps the leaf: {name} -= …"
    return Notice("note", message, (mark,), hint)


def run(session: Session, program: Program, show: Show, tell: Tell) -> None:
    """Runs a program in a session; what it has to show goes to `show`, notices to `tell`."""
    Runner(session, program, show, tell).run()
