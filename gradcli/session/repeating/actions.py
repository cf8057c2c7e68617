"""What a statement of a loop comes to, as it is done again while all that it depends on is the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from gradcli.engine.graph import Input, Node
from gradcli.lowering.hosts import List
from gradcli.lowering.kinds import Host, Kind
from gradcli.records import Protocol
from gradcli.session.computation import Backpropagation, Computation
from gradcli.session.state import Session
from gradcli.session.values import Cell
from gradcli.text.source import Mark


class Action(Protocol):
    """Does a statement again."""

    def done(self) -> bool:
        """False, with nothing done, where a value that it goes on from is out of date."""


class Binds:
    """Binds a name to a computed value, with its graph."""

    def __init__(self, session: Session, name: str, computation: Computation) -> None:
        self.session = session
        self.name = name
        self.computation = computation

    def done(self) -> bool:
        """Binds it to the value of now."""
        found = self.computation.value(quietly=True)
        if found is not None:
            self.session.bind_again(self.name, found)
        return found is not None


class Moves:
    """Binds a name to a constant that was computed: to one of some inputs in turn."""

    def __init__(
        self, session: Session, name: str, inputs: list[Input], changes: bool, computation: Computation
    ) -> None:
        self.session = session
        self.name = name
        self.inputs = inputs
        self.changes = changes
        """Whether the tensor that the name means is changed by that, at which others may look."""
        self.computation = computation
        self.input: Input | None = None
        """The one that it was bound to last."""

    def done(self) -> bool:
        """Gives an input that is free the data of now."""
        if self.changes and self.session.is_shared(self.session.values[self.name].node):
            return False
        found = self.computation.value(quietly=True)
        if found is not None:
            self.input = self.session.bind_moving(self.name, found.data, found.kind, self.inputs)
        return found is not None


class Steps:
    """Gives a leaf another value in place."""

    def __init__(self, session: Session, leaf: Input, place: Mark, computation: Computation) -> None:
        self.session = session
        self.leaf = leaf
        self.cell = session.cells[leaf]
        self.place = place
        self.computation = computation

    def done(self) -> bool:
        """Gives it that of now."""
        found = self.computation.value(quietly=True)
        if found is not None:
            self.session.step(self.cell, found.data, self.place)
        return found is not None


class Sweeps:
    """Adds the gradients of a value into the grads of its leaves."""

    def __init__(self, session: Session, node: Node) -> None:
        self.session = session
        self.node = node
        self.found = Backpropagation(session, node)

    def done(self) -> bool:
        """Adds those of now."""
        sweep = self.found.run(quietly=True)
        return sweep is not None and bool(self.session.add(sweep))


class Clears:
    """Lets the grads of leaves be zero, or none."""

    def __init__(self, session: Session, leaves: Sequence[Input], *, to_none: bool = False) -> None:
        self.leaves = leaves
        self.to_none = to_none
        self.session = session

    def done(self) -> bool:
        """Does so."""
        if self.to_none:
            for leaf in self.leaves:
                self.session.forget_grad(leaf)
        else:
            self.session.zero(self.leaves)
        return True


class Decides:
    """Finds out whether a condition holds: one truth value or number, of a node."""

    def __init__(self, session: Session, node: Node) -> None:
        self.node = node
        self.truth = False
        """Whether it held when it was asked last."""
        self._cell: Cell | None = session.cells[node] if isinstance(node, Input) else None
        self._computation = None if self._cell is not None else session.computation(node)

    def done(self) -> bool:
        """Finds it out now."""
        data: Any = None
        if self._cell is not None:
            data = self._cell.data
        elif self._computation is not None:
            value = self._computation.value(quietly=True)
            data = None if value is None else value.data
        if data is not None:
            self.truth = bool(np.asarray(data).item())
        return data is not None


class Appends:
    """Appends a computed value to a list."""

    def __init__(self, session: Session, to: List, computation: Computation) -> None:
        self.session = session
        self.to = to
        self.computation = computation

    def done(self) -> bool:
        """Appends that of now."""
        found = self.computation.value(quietly=True)
        if found is not None:
            self.append(self.session, self.to, found.data, found.kind)
        return found is not None

    @staticmethod
    def append(session: Session, to: List, data: Any, kind: Kind) -> None:
        """Appends a constant."""
        session.changing(to)
        to.kept.append(session.new_constant("", data, kind))


class Stepper(Host):
    """What steps leaves by their grads, and may remember something of them."""

    def moves(self) -> Iterator[tuple[Input, Callable[[Any, Any], Any]]]:
        """Each leaf, with what makes its next value of the one before and of its grad."""
        raise NotImplementedError


class Optimizes:
    """Steps all leaves of an optimizer that have a grad."""

    def __init__(self, session: Session, stepper: Stepper, place: Mark) -> None:
        self.session = session
        self.stepper = stepper
        self.place = place

    def done(self) -> bool:
        """Does so."""
        session = self.session
        session.changing(self.stepper, unseen=True)
        for leaf, move in self.stepper.moves():
            grad = session.grad_data(leaf)
            if grad is not None:
                session.update(leaf, move(session.datum(leaf), grad), self.place)
        return True


Made = Callable[[Computation], Action]
"""Makes an action of how its value is computed."""
