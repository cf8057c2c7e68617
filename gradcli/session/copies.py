"""Copies of host values, for a session that shares nothing that changes with another."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import Any

from gradcli.engine.graph import Input
from gradcli.lowering.kinds import Host
from gradcli.session.values import Cell, Value, rebuilt


class Copies:
    """Copies of host values that share nothing that changes; what is one before is one in the copies."""

    def __init__(self) -> None:
        self._made: dict[int, Host] = {}

    def of(self, held: Any) -> Any:
        """The copy of a host value, or of what has some in tuples and dictionaries; all else as it is."""
        return rebuilt(held, self._of)

    def views(self, before: Mapping[Input, Cell], copied: Mapping[Input, Cell]) -> None:
        """Lets copies of cells share elements as those before do."""
        storages: dict[int, Any] = {}
        for node, cell in before.items():
            if cell.view is not None:
                of = cell.view.storage
                storage = storages.setdefault(id(of), of.copy())
                copied[node].view = cell.view.moved_to(storage)
                storage.cells[copied[node]] = of.cells[cell]

    def _of(self, held: Value | Host) -> Value | Host:
        return self._host(held) if isinstance(held, Host) and not held.settled else held

    def _host(self, host: Host) -> Host:
        made = self._made.get(id(host))
        if made is None:
            made = self._made[id(host)] = copy(host)
            made.hold(self.of(host.held()))
        return made
