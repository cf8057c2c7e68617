"""Statements of a loop that are done again: what they came to is kept with what was asked to find it out.

A statement that was done once is lowered, derived and planned. In the next pass of its loop it comes to the
same, unless something that it depends on is another: then it is done as at first. So all that a kept action
does is to feed values to a plan, and to put the results where they belong.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gradcli.engine.graph import Input
from gradcli.language.tree import Assert, Call, Expression, ExpressionStatement, If, NoGrad
from gradcli.session.repeating.actions import Action, Decides
from gradcli.session.repeating.asked import Asked
from gradcli.session.repeating.passes import Rounds, Step
from gradcli.session.scope import SessionScope

MOST_WAYS = 4
"""How many ways of doing one statement are kept: for the inputs to which a loop binds a name in turn."""

MOST_MISSES = 8
"""After how many passes, one after the other, that come to something else, no more is kept of a statement."""


class _Kept:
    """What is kept of one statement. It holds the statement too, so that its `id` stays its own."""

    __slots__ = ("decides", "inputs", "misses", "rounds", "statement", "ways")

    def __init__(self, statement: Any) -> None:
        self.statement = statement
        self.ways: list[Step] = []
        self.misses = 0
        self.decides = False
        """Whether nothing is kept of what it reads but data."""
        self.inputs: list[Input] = []
        self.rounds: Rounds | None = None


class _Doing:
    """A statement that is being done, what it asks, and how it could be done again."""

    __slots__ = ("action", "asked", "kept")

    def __init__(self, kept: _Kept, scope: SessionScope) -> None:
        self.kept = kept
        self.asked = Asked(scope, decides=kept.decides)
        self.action: Action | None = None


class Repeats:
    """What is kept while a loop runs, with all loops in it."""

    def __init__(self, scope: SessionScope) -> None:
        self._scope = scope
        self._kept: dict[int, _Kept] = {}
        self._doing: _Doing | None = None
        self._steps: list[Step] = []
        self._is_whole = False

    def again(self, statement: Any) -> Action | None:
        """Does a statement as before, if it comes to the same: what was done."""
        kept = self._kept.get(id(statement))
        if kept is None:
            kept = self._kept[id(statement)] = _Kept(statement)
        for step in kept.ways:
            answers, action = step
            if answers.hold() and answers.done(action):
                kept.misses = 0
                self._steps.append(step)
                return action
        kept.misses += 1
        return None

    def first(self, statement: Any, do: Callable[[], None]) -> None:
        """Does a statement, and keeps the action that it gives to `keep`."""
        kept = self._kept[id(statement)]
        outer, doing = self._doing, _Doing(kept, self._scope)
        self._doing = doing
        try:
            do()
        finally:
            self._doing = outer
        if not isinstance(statement, If | NoGrad | Assert):  # what these do is what is done in them
            self._is_whole = False
        if doing.action is not None and doing.asked.certain:
            kept.ways.insert(0, (doing.asked.answers(), doing.action))
            del kept.ways[MOST_WAYS if kept.misses < MOST_MISSES else 0 :]

    def decided(self, condition: Expression, decide: Callable[[], bool]) -> bool:
        """Whether a condition holds, as it was found out before or by `decide`, which may `keep` how."""
        action = self.again(condition)
        if isinstance(action, Decides):
            return action.truth
        found: list[bool] = []
        self._kept[id(condition)].decides = True
        self.first(condition, lambda: found.append(decide()))
        return found[0]

    # Whole passes

    def rounds(self, loop: Any) -> Rounds:
        """The passes of a loop."""
        kept = self._kept.setdefault(id(loop), _Kept(loop))
        if kept.rounds is None:
            kept.rounds = Rounds(self._scope.session)
        return kept.rounds

    def begin(self) -> None:
        """Says that a pass begins."""
        self._steps, self._is_whole = [], True

    def steps(self) -> list[Step] | None:
        """All that was done in the pass that ends here; `None` if any of it was not done as before."""
        steps, is_whole = self._steps, self._is_whole
        self._steps, self._is_whole = [], False  # nor is a pass around it
        return steps if is_whole else None

    @property
    def scope(self) -> SessionScope | Asked:
        """What lowering asks: it notes what the statement that is being done asks."""
        return self._scope if self._doing is None else self._doing.asked

    def keep(self, make: Callable[[], Action]) -> None:
        """Says how the statement that is being done is done again, while all that it asked stays as it is.

        Not in its first pass, which binds names that were not there before.
        """
        if self._doing is not None and 1 < self._doing.kept.misses <= MOST_MISSES:
            self._doing.action = make()

    def does(self, call: Call, make: Callable[[], Action], *, decides: bool = False) -> None:
        """As `keep` for what a call does, if the statement is that alone; else it is another each time.

        With `decides` nothing is kept of what it reads but data.
        """
        if self._doing is not None:
            statement = self._doing.kept.statement
            if isinstance(statement, ExpressionStatement) and statement.value is call:
                self._doing.kept.decides = decides
                self.keep(make)
            else:
                self._doing.asked.acts()

    def inputs(self, statement: Any = None) -> list[Input]:
        """The inputs to which a statement (or that which is being done) binds its name in turn."""
        if statement is None and self._doing is not None:
            return self._doing.kept.inputs
        return self._kept.setdefault(id(statement), _Kept(statement)).inputs
