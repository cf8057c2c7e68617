"""What lowering asked, and what it was told: while the answers are the same, it would give the same nodes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from gradcli.engine.graph import Input, Node
from gradcli.language.tree import Define, Imported
from gradcli.lowering.kinds import Kind, Lowered, Several, Typed
from gradcli.lowering.origins import Origins
from gradcli.session.computation import Computation
from gradcli.session.scope import SessionScope
from gradcli.session.state import Session
from gradcli.session.values import Cell
from gradcli.text.errors import GradcliError


class Asked:
    """A scope that hands on every question to another, and remembers the answers.

    A question that is not told apart here has an answer that nobody can compare (`certain` is false then).
    """

    def __init__(self, scope: SessionScope) -> None:
        self._scope = scope
        self._state = scope.session.meanings
        self.open = scope.open
        self.reads_leaves = scope.reads_leaves
        self.certain = True
        self._names: dict[str, tuple[Node, Kind, Origins | None]] = {}
        self._grads: dict[str, tuple[Cell, Node]] = {}
        self._data: list[tuple[Node, Any]] = []

    @property
    def recording(self) -> bool:
        """Compared whoever asks, as bindings depend on it."""
        return self._scope.recording

    def variable(self, name: str) -> Lowered | None:
        """Remembers the node, its kind and where it was written.

        What is out of date is no answer to keep, and nor is a tuple.
        """
        lowered = self._scope.variable(name)
        bound = self._scope.bound_name(name)
        value = self._scope.session.values.get(bound)
        if value is not None and not isinstance(lowered, Several) and lowered is not None:
            self.certain = self.certain and lowered[0] is value.node
            self._names.setdefault(bound, (*lowered, value.origins))
        elif lowered is not None:
            self.certain = False
        return lowered

    def new_variable(self, name: str) -> Typed | None:
        """There are none."""
        return self._scope.new_variable(name)

    def origins(self, name: str) -> Sequence[Origins | None]:
        """Compared with the name's node."""
        return self._scope.origins(name)

    def function(self, name: str) -> Define | None:
        """Compared as one number, `Session.meanings`, for all names."""
        return self._scope.function(name)

    def imported(self, name: str) -> Imported | None:
        """Compared as functions are."""
        return self._scope.imported(name)

    def grad(self, name: str) -> Node:
        """Remembers the node of the grad, and the leaf that the name means."""
        node = self._scope.grad(name)
        self.variable(name)
        session = self._scope.session
        cell = session.cells[session.leaf(name)]
        self.certain = self.certain and cell.grad is not None and cell.grad.graph is None
        self._grads.setdefault(name, (cell, node))
        return node

    def known(self, node: Node, *, leaves: bool = False) -> Any:
        """Remembers the data. What is not known follows from the node, which the names tell."""
        data = self._scope.known(node, leaves=leaves)
        if data is not None:
            self._data.append((node, data))
        return data

    def leaf_of(self, name: str, bound: Node | None) -> Node | None:
        """There are none."""
        return self._scope.leaf_of(name, bound)

    def stepped(self, leaf: Node, node: Node) -> tuple[str, Node]:
        """There are no such steps."""
        return self._scope.stepped(leaf, node)

    def new_leaf(self, node: Node) -> Node:
        """Another leaf each time."""
        self.certain = False
        return self._scope.new_leaf(node)

    def uncertain(self, value: Node, uncertainty: Node, text: str) -> Node:
        """Another leaf each time."""
        self.certain = False
        return self._scope.uncertain(value, uncertainty, text)

    def quantity(self, key: str, name: str, value: float, uncertainty: float) -> Node | None:
        """The same each time."""
        return self._scope.quantity(key, name, value, uncertainty)

    def names(self) -> Iterable[str]:
        """Compared as functions are."""
        return self._scope.names()

    def unknown(self, name: str) -> str | None:
        """Asked for a hint."""
        self.certain = False
        return self._scope.unknown(name)

    def answers(self) -> Answers:
        """What was asked, to be asked again."""
        grads = list(self._grads.values())
        return Answers(self._scope.session, self._state, self._names, grads, self._data)


class Answers:
    """Answers to questions about a session, with which those of later are compared."""

    __slots__ = ("_computed", "_data", "_grads", "_names", "_recording", "_session", "_state")

    def __init__(
        self,
        session: Session,
        state: int,
        names: dict[str, tuple[Node, Kind, Origins | None]],
        grads: list[tuple[Cell, Node]],
        data: list[tuple[Node, Any]],
    ) -> None:
        self._session = session
        self._names = [(name, *answer) for name, answer in names.items()]
        self._computed = [name for name, (node, _, _) in names.items() if node.inputs]
        self._grads = grads
        self._data = [
            (session.cells[node] if isinstance(node, Input) else session.computation(node), answer)
            for node, answer in data
        ]
        self._state = state
        self._recording = session.recording

    def hold(self) -> bool:
        """Whether the session gives the same answers now."""
        session = self._session
        if session.meanings != self._state or session.recording is not self._recording:
            return False
        values = session.values
        for name, node, kind, origins in self._names:
            value = values[name]
            if value.node is not node or value.origins is not origins or value.kind != kind:
                return False
        for name in self._computed:
            if session.is_stale(values[name]):
                return False
        for cell, node in self._grads:
            grad = cell.grad
            if grad is None or grad.node is not node or grad.graph is not None:
                return False
        return not self._data or all(_same(_now(source), answer) for source, answer in self._data)


def _now(source: Cell | Computation) -> Any:
    if isinstance(source, Cell):
        return source.data
    try:
        value = source.value()
    except GradcliError:  # the ordinary way will say it, at its place
        return None
    return None if value is None else value.data


def _same(data: Any, answer: Any) -> bool:
    """Whether two answers are the same bit by bit."""
    if data is answer:
        return True
    found, kept = np.asarray(data), np.asarray(answer)
    return found.dtype == kept.dtype and found.shape == kept.shape and found.tobytes() == kept.tobytes()
