"""Copies of host values, for a session that shares nothing that changes with another."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Any

from gradcli.engine.graph import Input, Node
from gradcli.lowering.kinds import Host
from gradcli.records import Protocol
from gradcli.session.values import Cell, Value, rebuilt

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from gradcli.session.memory.storage import History


class Session(Protocol):
    """What is asked of a session."""

    cells: MutableMapping[Input, Cell]
    histories: MutableMapping[Node, History]


class Copies:
    """Copies of host values that share nothing that changes; what is one before is one in the copies."""

    def __init__(self) -> None:
        self._made: dict[int, Host] = {}

    def of(self, held: Any) -> Any:
        """The copy of a host value, or of what has some in tuples and dictionaries; all else as it is."""
        return rebuilt(held, self._of)

    def views(self, before: Session, copied: Session) -> None:
        """Lets copies of cells, and computed tensors, share elements as those before do."""
        storages: dict[int, Any] = {}
        histories: dict[int, History] = {}

        def of(history: History) -> History:
            there = history.storage
            storage = storages.setdefault(id(there), there.copy())
            return histories.setdefault(id(history), history.moved_to(storage))

        for node, cell in before.cells.items():
            if cell.view is not None:
                view = copied.cells[node].view = cell.view.moved_to(of(cell.view.history))
                view.storage.cells[copied.cells[node]] = cell.view.storage.cells[cell]
        for root, history in before.histories.items():
            copied.histories[root] = of(history)
            copied.histories[root].storage.roots.add(root)

    def _of(self, held: Value | Host) -> Value | Host:
        return self._host(held) if isinstance(held, Host) and not held.settled else held

    def _host(self, host: Host) -> Host:
        made = self._made.get(id(host))
        if made is None:
            made = self._made[id(host)] = copy(host)
            made.hold(self.of(host.held()))
        return made
