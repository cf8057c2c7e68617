"""Python's door to a session: statements that bind names, and grads that accumulate, kept between calls."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any

import numpy as np

from gradcli.api import text_of
from gradcli.arrays import Array
from gradcli.capabilities.behaviours import behaviours
from gradcli.engine.graph import Input
from gradcli.engine.primitives import is_function
from gradcli.language.parser import parse
from gradcli.language.vocabulary import UNBINDABLE
from gradcli.lowering.dictionaries import Dictionary
from gradcli.lowering.hosts import NONE, List, Text
from gradcli.lowering.kinds import Host
from gradcli.render.chosen import make_style
from gradcli.render.variables import about, kind_of, variables_text
from gradcli.session import state
from gradcli.session.context import users_notice
from gradcli.session.evaluation import by_name, own_data
from gradcli.session.journal import Changes, joined
from gradcli.session.results import GradsChanged, Report, Result, Shown, is_aside
from gradcli.session.runner import begin, step
from gradcli.session.uncertainty.uncertain import Uncertain, given
from gradcli.session.values import Group, Held
from gradcli.text.errors import InputError, Notice
from gradcli.text.report import rendering
from gradcli.text.source import Source


class Outcome:
    """What one call of `Session.run` showed.

    `results` has in order what its statements showed: numbers and arrays (`Uncertain` where a value has an
    uncertainty), the grads of leaves by name for a backward pass, the answer of `diff`, `table` and the like,
    lines of `print` as text. `notices` are its warnings and notes, `text` is what a terminal would show.
    """

    __slots__ = ("notices", "results", "text")

    def __init__(self, results: tuple[Any, ...], notices: tuple[Notice, ...], text: str) -> None:
        self.results = results
        self.notices = notices
        self.text = text

    @property
    def value(self) -> Any:
        """The last of the results; `None` where nothing was shown."""
        return self.results[-1] if self.results else None

    @property
    def warnings(self) -> tuple[str, ...]:
        """The messages of the warnings."""
        return tuple(each.message for each in self.notices if each.kind == "warning")

    @property
    def notes(self) -> tuple[str, ...]:
        """The messages of the notes."""
        return tuple(each.message for each in self.notices if each.kind == "note")

    def __repr__(self) -> str:
        return self.text


class Variable:
    """A name of a session: what it is bound to now. Converts to a float or a NumPy array."""

    __slots__ = ("_name", "_session")

    def __init__(self, session: state.Session, name: str) -> None:
        self._session = session
        self._name = name

    @property
    def name(self) -> str:
        """What it is called."""
        return self._name

    @property
    def value(self) -> Any:
        """Its value: a float, a bool or a NumPy array, and of a tuple those of its parts."""
        return self._data(self._held())

    @property
    def uncertainty(self) -> Any:
        """The standard uncertainty of its value, of the same shape; `None` where it is exact."""
        if not self._session.spreads:
            return None
        from gradcli.session.uncertainty.measured import uncertainty_of

        held = self._held()
        if isinstance(held, Group | Host) or self._session.is_stale(held):
            return None
        found = uncertainty_of(self._session, held.node)
        return None if found is None else own_data(found)

    @property
    def kind(self) -> str:
        """What it is: `leaf`, `constant`, `value`, `stale value`, `tuple`, `list`, `text`, `function`, …."""
        held = self._held()
        return kind_of(self._session, held)

    @property
    def grad(self) -> Any:
        """What backward passes have added up, of the shape of the value; `None` before the first one."""
        leaf = self._leaf()
        data = None if leaf is None else self._session.grad_data(leaf)
        return None if data is None else own_data(data)

    @property
    def passes(self) -> int:
        """How many backward passes are in its grad."""
        leaf = self._leaf()
        held = None if leaf is None else self._session.grad(leaf)
        return 0 if held is None else held.passes

    def _held(self) -> Held:
        """What the name is bound to; raises `KeyError` where it is not any more."""
        held = self._session.bound_to(self._name)
        if held is None:
            raise KeyError(self._name)
        return held

    def _data(self, held: Held) -> Any:
        if isinstance(held, Group):
            return tuple(self._data(part) for part in held.parts)
        if isinstance(held, Text):
            return held.text()
        if isinstance(held, List):
            return [self._data(each) for each in held.kept]
        if isinstance(held, Dictionary):
            return {plain: self._data(value) for plain, (_, value) in held.entries.items()}
        if isinstance(held, Host):
            return None if held is NONE else held
        return own_data(self._session.data_of(held))

    def _leaf(self) -> Input | None:
        node = getattr(self._held(), "node", None)
        return node if isinstance(node, Input) and node.role == "leaf" else None

    def __float__(self) -> float:
        return float(self.value)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.array(self.value, dtype=dtype)

    def __repr__(self) -> str:
        return about(self._session, self._name)


class Session(MutableMapping[str, Any]):
    """A calculator that keeps names, and the grads that backward passes add up.

    `s.run("x = 3; y = x**2; backward y")` runs statements, `s["x"].grad` is what has been added, and
    `s.zero("x")` clears it. It is a mapping of the names: `s["x"]` is a `Variable`, `s["x"] = 4` binds a new
    leaf to numbers, an array or an `Uncertain`, and `del s["x"]` unbinds it. Warnings are given as Python
    warnings, too (`RuntimeWarning`); notes are in the outcome only.
    """

    def __init__(self, variables: Mapping[str, Any] | None = None) -> None:
        self._session = state.Session()
        self._steps: list[Changes] = []
        self._told_users: set[str] = set()
        for name, data in by_name("variables", variables, '{"x": 3}').items():
            self[name] = data

    def run(self, text: str) -> Outcome:
        """Runs statements, and returns what they showed.

        Raises `GradcliError`, with `span` and `rendered`, at the first statement that fails: that one changed
        nothing, and those before it stay.
        """
        results: list[Any] = []
        lines: list[str] = []
        notices: list[Notice] = []
        style = make_style("plain")

        def show(result: Result) -> None:
            line = style.text(result)
            if is_aside(result):
                sys.stderr.write(f"{line}\n")
            elif line is not None:
                lines.append(line)
                results.append(_data(result, line))

        changes: list[Changes] = []
        session, told = self._session, self._told_users
        try:
            with rendering():
                program = parse(Source(text_of(text)), is_function=is_function)
                run = begin(session, program, show, notices.append, behaviours, told_users=told)
                for statement in program.statements:
                    step(run, statement)
                    changes.append(session.commit())
                for leaf, name, mark in run.replaced:
                    notice = users_notice(session, told, leaf, name, mark)
                    if notice is not None:
                        notices.append(notice)
        finally:
            self._keep(changes)
        outcome = Outcome(tuple(results), tuple(notices), "\n".join(lines))
        for message in outcome.warnings:
            warnings.warn(message, RuntimeWarning, stacklevel=2)
        return outcome

    def zero(self, *names: str) -> None:
        """Clears the grads of leaves, or of every leaf; one that is none stays so. Raises `GradcliError`."""
        session = self._session
        with rendering():
            leaves = [session.leaf(name) for name in names] if names else list(session.leaves().values())
        session.zero(leaves)
        self._keep([session.commit()])

    def undo(self) -> None:
        """Takes back the last call that changed something. Raises `GradcliError` where there is none."""
        with rendering():
            if not self._steps:
                raise InputError("there is nothing to undo")
        self._session.take_back(self._steps.pop())

    def copy(self) -> Session:
        """A session with the same names and grads, which changes on its own, and has nothing to undo."""
        other = Session()
        self._session.copy(other._session)
        return other

    def _keep(self, changes: list[Changes]) -> None:
        """Keeps the changes of one call, to be undone together; to show something is none."""
        whole = joined([change for each in changes for change in each])
        if any(change.key != "ans" for change in whole):
            self._steps.append(whole)

    def __getitem__(self, name: str) -> Variable:
        if name not in self:
            raise KeyError(name)
        return Variable(self._session, name)

    def __setitem__(self, name: str, data: Any) -> None:
        with rendering():
            if not isinstance(name, str) or not name.isidentifier() or name in UNBINDABLE:
                raise InputError(f"{name} is no name of a variable", hint='as in s["x"] = 3')
            self._session.give(name, given(name, data))
        self._keep([self._session.commit()])

    def __delitem__(self, name: str) -> None:
        if name not in self:
            raise KeyError(name)
        self._session.delete(name)
        self._keep([self._session.commit()])

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._session.bound_to(name) is not None

    def __iter__(self) -> Iterator[str]:
        return iter([*self._session.values, *self._session.groups])

    def __len__(self) -> int:
        return len(self._session.values) + len(self._session.groups)

    def __repr__(self) -> str:
        return variables_text(self._session, None) or "Session()"


def _data(result: Result, line: str) -> Any:
    """A result as data for Python; what has none is text."""
    if isinstance(result, Shown):
        data = own_data(result.data)
        return data if result.uncertainty is None else Uncertain(data, result.uncertainty)
    if isinstance(result, Report):
        return result.found
    if isinstance(result, GradsChanged):
        return {change.name or change.earlier: own_data(change.grad) for change in result.changes}
    return line
