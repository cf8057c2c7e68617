"""One run of a program in a session: what every statement's behaviour is handed.

A `Run` knows no statement. Behaviours stand in modules of their own and are given to it as a table, so
that a `for` can execute its body, and a floor above can add statements.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from gradcli.arrays import is_finite
from gradcli.engine.evaluate import compute
from gradcli.engine.graph import Input, Node
from gradcli.language.tree import Call, Expression, Imported, Name, Program, Statement
from gradcli.lowering.context import Actor
from gradcli.lowering.kinds import Host, Lowered, Several, Typed
from gradcli.lowering.lower import Lowering
from gradcli.lowering.origins import Origins
from gradcli.session.explain import Explainer
from gradcli.session.scope import SessionScope
from gradcli.session.state import Session
from gradcli.session.values import Group, Held, Sweep, Value
from gradcli.text.errors import EvaluationError, GradcliError, InputError, Notice
from gradcli.text.source import Mark, Span

if TYPE_CHECKING:
    from gradcli.session.repeating.actions import Action, Made
    from gradcli.session.repeating.statements import Repeats
    from gradcli.session.results import Result, Show, Tell

Behaviour: TypeAlias = "Callable[[Run, Any], None]"
"""What a statement does to a session; raises `GradcliError` where it cannot."""

Behaviours: TypeAlias = Mapping[type, Behaviour]
"""What each kind of statement does, by its class."""


class Run:
    """A program that is being run in a session.

    What statements show goes to `show`, as data; notices (warnings and notes) go to `tell`, each once. With
    `explains` false nothing is worked out for notices alone: the value counts, and not where it came from.
    `behaviours` is asked before the first statement, and not for a program that is one expression. `check` is
    called again and again, and raises what should end the run (a deadline that has passed).
    """

    def __init__(
        self,
        session: Session,
        program: Program,
        show: Show,
        tell: Tell,
        behaviours: Callable[[], Behaviours],
        *,
        scope: SessionScope | None = None,
        told_users: set[str] | None = None,
        explains: bool = True,
        check: Callable[[], None] | None = None,
    ) -> None:
        self.session = session
        self.scope = scope or SessionScope(session)
        """What names mean here."""
        self.told_users = set() if told_users is None else told_users
        """The names of which a note has said that other values still use what they meant before."""
        self.program = program
        self.tell = tell
        self.explains = explains
        self.check = check
        self._find_behaviours = behaviours
        self.caller: Run | None = None
        """The run that called the function that is being run."""
        self.yielded: list[Held] | None = None
        """What the function that is being run has given so far, if it gives one item after another."""
        self.caught: EvaluationError | None = None
        """The error that is being handled."""
        self.calls = 0
        """How many calls we are in of functions whose statements are run."""
        self.depth = 0
        """How many `for` loops we are in."""
        self.repeats: Repeats | None = None
        """What is kept of the statements of the loop that we are in."""
        self.replaced: list[tuple[Input, str, Mark]] = []
        """The leaves from which statements have taken a name, with that name and where."""
        self._make_actor: Callable[[Run], Actor] | None = None
        self._show = show
        self._begun: dict[bool, list[Any]] = {}
        """What `print` has put on lines that have not ended: of stdout, and (under True) of stderr."""
        self._told: set[Any] = set()

    @cached_property
    def _written(self) -> Collection[str]:
        from gradcli.lowering.deeds import written  # which only programs of libraries ask

        return written(self.program.statements)

    @property
    def writes(self) -> bool:
        """Whether the program, or a function that is being run, changes anything in place."""
        run: Run | None = self
        while run is not None:
            if run._written:
                return True
            run = run.caller
        return False

    def is_written(self, *names: str) -> bool:
        """Whether the program, or a function that is being run, may change what one of some names means."""
        run: Run | None = self
        while run is not None:
            if any(name in run._written for name in names):
                return True
            run = run.caller
        return False

    @cached_property
    def behaviours(self) -> Behaviours:
        """What each kind of statement does."""
        return self._find_behaviours()

    def inside(self, program: Program) -> Run:
        """A run of a function's statements, which shows and tells where this one does."""
        run = Run.__new__(Run)
        run.__dict__.update(self.__dict__)
        run.__dict__.pop("_written", None)
        run.scope = SessionScope(self.session)
        run.program = program
        run.caller = self
        run.calls = self.calls + 1
        run.depth = self.depth + 1
        run.repeats = None
        return run

    def acts_by(self, make: Callable[[Run], Actor]) -> None:
        """Says what makes what acts while expressions are lowered; it is made where it is first needed.

        A run does not keep it, as it keeps the run: in a circle, all that a program held would have to wait
        for the garbage collector.
        """
        self._make_actor = make

    def _new_actor(self) -> Actor | None:
        return None if self._make_actor is None else self._make_actor(self)

    def execute(self, statements: Iterable[Statement]) -> None:
        """Does what statements say; the caller takes it back if this raises."""
        repeats, end_part = self.repeats, self.session.end_part
        for statement in statements:
            if self.check is not None:
                self.check()
            if repeats is None:
                self.behaviours[type(statement)](self, statement)
            elif repeats.again(statement) is None:
                repeats.first(statement, partial(self.behaviours[type(statement)], self, statement))
            end_part()

    # Notices and errors

    def note(self, notice: Notice) -> None:
        """Adds a notice that has not been given in this program before."""
        key = (notice.kind, notice.message, tuple((id(mark.source), mark.span) for mark in notice.marks))
        if key not in self._told:
            self._told.add(key)
            self.tell(notice)

    def tell_users(self, name: str, leaf: Input, span: Span) -> None:
        """Says, once for each name, that values still use the leaf that it no longer means."""
        notice = (
            None if self.depth else users_notice(self.session, self.told_users, leaf, name, self.mark(span))
        )
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
            if not error.marks:
                error.blame(self.mark(span))
            raise

    # What is shown

    def show(self, result: Result) -> None:
        """Shows a result, on a line of its own."""
        self.end_line()
        self._show(result)

    def print(self, parts: Sequence[Any], end: str, *, aside: bool = False) -> None:
        """Goes on with the line that `print` writes, and ends it where what it writes does.

        What goes `aside`, to stderr, is on a line of its own.
        """
        written = [*parts, end]
        while written and written[-1] == "":
            written.pop()
        last = written[-1] if written else ""
        if not isinstance(last, str) or last[-1:] != "\n":
            if written:
                self._begun.setdefault(aside, []).extend(written)
            return
        self._begun.setdefault(aside, []).extend((*written[:-1], last[:-1]))
        self._end_line(aside)

    def end_line(self) -> None:
        """Shows the lines that `print` has begun, if any."""
        for aside in tuple(self._begun):
            self._end_line(aside)

    def _end_line(self, aside: bool) -> None:
        from gradcli.session.results import Printed

        self._show(Printed(tuple(self._begun.pop(aside)), aside))

    # Values

    def lower(self, expression: Expression) -> Node:
        """The node of an expression."""
        return self.lowering().lower(expression)

    def lowering(self) -> Lowering:
        """What lowers the expressions of this program."""
        scope = self.scope if self.repeats is None else self.repeats.scope
        return Lowering(self.program.source, scope, check=self.check, actor=self._new_actor)

    def value(self, expression: Expression) -> Value:
        """An expression with its data now."""
        lowering = self.lowering()
        return self.valued(lowering, expression.span, lowering.typed(expression))

    def whole(self, expression: Expression) -> Held:
        """An expression with its data now: a value, a tuple, or what is no numbers."""
        lowering = self.lowering()
        return self.held(lowering, expression.span, lowering.whole(expression))

    def settled(self, expression: Expression) -> Held:
        """What an expression holds where it is handed on: without its graph where nothing is recorded."""
        held = self.whole(expression)
        if self.session.recording or isinstance(expression, Name) or isinstance(held, Host):
            return held

        def alone(value: Value) -> Value:
            if not value.node.inputs:
                return value
            return self.session.new_constant("", value.data, value.kind, value.node)

        return held.over_each(alone) if isinstance(held, Group) else alone(held)

    def held(self, lowering: Lowering, span: Span, found: Lowered) -> Held:
        """What the expression at `span` gives, with its data now; what is no numbers is as it is."""
        if isinstance(found, Host):
            self._settle(lowering, span, found)
            return found
        if not isinstance(found, Several):
            return self.valued(lowering, span, found)
        return Group(tuple([self.held(lowering, span, part) for part in found.parts]), *found[1:])

    def _settle(self, lowering: Lowering, span: Span, host: Host) -> None:
        """Gives what a host value holds its data now, and what holds others and has changed since."""

        def keep(each: Lowered) -> Held:
            return self.held(lowering, span, each)

        if not lowering.stand_ins:  # what is made of these has no data yet
            for each in self.session.unsettled():
                each.settle(keep)
        host.settle(keep)

    def valued(self, lowering: Lowering, span: Span, typed: Typed) -> Value:
        """The one value that the expression at `span` gives, with its data now."""
        node, kind = typed
        origins = lowering.origins
        value: Value = self.placed(span, lambda: self.session.value_of(node, kind, origins))
        self.explain(node, origins, value.data)
        self.explain_conventions(origins)
        return value

    def explain(self, node: Node, origins: Origins, data: Any) -> None:
        """Says where the nan or infinity in the value of a node came from, if there is one."""
        if not self.explains or self.depth or is_finite(data):
            return
        notice = self.explainer(node, origins).value()
        if notice is not None:
            self.note(notice)

    def explain_conventions(self, origins: Origins) -> None:
        """Says which conventions at kinks the derivatives in an expression used."""
        conventions = origins.conventions
        if not self.explains or self.depth or not conventions:
            return
        datum: Any = self.session.datum
        values = compute([each.test for each in conventions], datum)
        for each in conventions:
            if np.any(values[each.test]):
                self.note(Notice("note", each.told, (each.mark,)))

    def explain_sweep(self, node: Node, origins: Origins, sweep: Sweep, seed: Any) -> None:
        """Says where the nan or infinity in a gradient came from, and which conventions at kinks it used."""
        if not self.explains or self.depth:
            return
        explainer = self.explainer(node, origins)
        for notice in (*explainer.kinks(), *explainer.gradient(sweep, seed)):
            self.note(notice)
        if seed is None:
            for notice in explainer.underflows(sweep.leaves, sweep.added):
                self.note(notice)

    def explainer(self, node: Node, origins: Origins) -> Explainer:
        """What explains a value and its gradients, with the present data."""
        return Explainer(node, origins, self.session.datum, self.session.title)

    def bind(
        self,
        name: str,
        held: Held,
        *,
        constant: bool = False,
        recording: bool | None = None,
        again: bool = False,
        changes: bool = False,
        moving: list[Input] | None = None,
    ) -> None:
        """Binds a name: what is tracked keeps its graph, others are constants, as all are if `constant`.

        `again`: that is all that the present statement does, so in a loop it can be done again. `changes`: it
        changes the tensor that the name means, at which nobody else looks now. `moving` are the inputs to
        which a loop binds the name in turn.
        """
        session = self.session
        recorded = session.recording if recording is None else recording

        def kept(value: Value) -> bool:
            is_leaf = isinstance(value.node, Input)  # which is there, whether it is recorded or not
            return value.node.tracked and (recorded or is_leaf) and not constant

        if isinstance(held, Host):
            session.bind(name, held)
            return
        if isinstance(held, Group):
            settled = held.over_each(
                lambda each: (
                    each if kept(each) else session.new_constant(name, each.data, each.kind, each.node)
                )
            )
            session.bind(name, settled)
            return
        repeats = self.repeats if again else None
        if repeats is not None:
            from gradcli.session.repeating.actions import Binds, Moves

            # Before the name is bound, for it may be computed from what the name holds until now.
            moving = repeats.inputs()
            binds: Made = partial(Binds, session, name)
            moves: Made = partial(Moves, session, name, moving, changes)
            self.compute_again(held, binds if kept(held) else moves)
        if kept(held):
            session.bind(name, held)
        elif moving is None:
            session.bind_constant(name, held.data, held.kind, held.node)
        else:
            session.bind_moving(name, held.data, held.kind, moving, held.node)

    def leaf(self, expression: Expression) -> Input:
        """The leaf that a name means, or a part of a module; raises `InputError` or `EvaluationError`."""
        if isinstance(expression, Name):
            name = expression.name
            leaf: Input = self.placed(expression.span, lambda: self.session.leaf(name))
            if self.repeats is not None:
                self.repeats.scope.variable(name)  # noted, as another pass may mean another leaf by it
            return leaf
        node = self.lower(expression)
        if isinstance(node, Input) and node.role == "leaf":
            return node
        raise InputError("only a leaf has a grad", (self.mark(expression.span),), "give it a name: x = 3")

    def step(self, leaf: Input, data: Any, span: Span) -> None:
        """Gives a leaf another value in place; says so where that had an uncertainty."""
        spread = self.session.spreads.get(leaf)
        self.placed(span, lambda: self.session.update(leaf, data, self.mark(span)))
        if spread is not None:
            self.tell_dropped(leaf, span, f"a step in place gives {self.session.title(leaf)} another value")

    def tell_dropped(self, leaf: Input, span: Span, why: str) -> None:
        """Says that a leaf has no uncertainty any more."""
        name = self.session.title(leaf)
        message = f"{name} has no uncertainty from here on: {why}"
        hint = f"bind it anew with one: {name} = … ± …"
        self.note(Notice("note", message, (self.mark(span),), hint))

    # The next pass of a loop

    def compute_again(self, value: Value, made: Made) -> None:
        """Says that the present statement computes a value, and what is made of that."""
        session = self.session
        if self.repeats is not None and (value.node.inputs or value.node in session.drawn):
            self.repeats.keep(lambda: made(session.computation(value.node, value.kind, value.origins)))

    def sweep_again(self, node: Node) -> None:
        """Says that the present statement is a backward pass from a node."""
        if self.repeats is not None:
            from gradcli.session.repeating.actions import Sweeps

            self.repeats.keep(lambda: Sweeps(self.session, node))

    def clear_again(self, leaves: Sequence[Input], *, to_none: bool = False) -> None:
        """Says that the present statement lets the grads of leaves be zero, or none."""
        if self.repeats is not None:
            from gradcli.session.repeating.actions import Clears

            self.repeats.keep(lambda: Clears(self.session, leaves, to_none=to_none))

    def call_again(self, call: Call, make: Callable[[], Action], *, decides: bool = False) -> None:
        """Says how what a call does is done again, if it is a statement (see `Repeats.does`)."""
        if self.repeats is not None:
            self.repeats.does(call, make, decides=decides)

    def decide_again(self, node: Node) -> None:
        """Says that what is being done finds out whether a condition holds."""
        if self.repeats is not None:
            from gradcli.session.repeating.actions import Decides

            self.repeats.keep(lambda: Decides(self.session, node))

    # What names mean

    def bound(self, name: str) -> bool:
        """Whether the user has bound a name to a value."""
        return self.scope.variable(name) is not None

    def imported(self, name: str) -> Imported | None:
        """What an import line said that a name is."""
        return self.scope.imported(name)

    def calls_user(self, function: Expression) -> bool:
        """Whether what is called is the user's own function."""
        return isinstance(function, Name) and self.scope.function(function.name) is not None


def users_notice(session: Session, told: set[str], leaf: Input, name: str, mark: Mark) -> Notice | None:
    """The note that values still use a leaf that its name no longer means, once for each name (`told`)."""
    if name in told or not session.is_used(leaf) or session.name_of(leaf) is not None:
        return None
    users = session.users(leaf)  # which looks at every name, and is asked for last
    if not users:
        return None
    from gradcli.session.memory.holders import is_held

    if is_held(session, leaf):
        return None
    told.add(name)
    listed = ", ".join(users[:3]) + (", …" if len(users) > 3 else "")
    message = f"{listed} still {'uses' if len(users) == 1 else 'use'} the {name} from before"
    hint = f"compute {users[0]} again to use this one; {name} -= … changes a leaf in place"
    if name in users:
        message = f"{name} is now computed from the {name} from before, which keeps the grad"
        hint = f"a step in place keeps the leaf: {name} -= …"
    return Notice("note", message, (mark,), hint)
