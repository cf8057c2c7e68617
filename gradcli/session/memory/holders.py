"""Who holds a tensor: names, lists, objects. Another in its place, for all of them.

A tensor of PyTorch's that is changed in place, or told to require grad, is the same for whoever holds it;
here another value takes the place of the one that it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableMapping
from typing import Any

import numpy as np

from gradcli.engine.graph import Input, Node
from gradcli.lowering.callables import Function
from gradcli.lowering.kinds import Host
from gradcli.records import Protocol
from gradcli.session.names import CallNames
from gradcli.session.values import Names, Value, rebuilt


class Holders(Protocol):
    """What is asked of a session."""

    cells: MutableMapping[Input, Any]
    bound: Names
    callers: list[Names]

    def put(self, mapping: MutableMapping[str, Any], name: str, held: Any) -> None:
        """Lets a name of some names hold something else that is the same to it."""

    def change(self, holder: Any) -> None:
        """Says that what a holder holds is about to be changed."""


def replace(session: Holders, node: Input, value: Value) -> None:
    """Lets every name and every host value that holds an input, or the same elements, hold another value."""
    nodes = same(session, node)
    change_held(session, lambda held: value if held.node in nodes else held)


def is_held(session: Holders, node: Input) -> bool:
    """Whether a name, a list or an object holds an input."""
    found = False

    def look(held: Value) -> Value:
        nonlocal found
        found = found or held.node is node
        return held

    change_held(session, look)
    return found


def change_held(session: Holders, change: Callable[[Value], Value]) -> None:
    """Changes every value that names and host values hold, each host once."""
    hosts: list[Host] = []
    scopes: list[Names] = [session.bound, *session.callers]
    seen: set[int] = set()

    def changed(held: Value | Host) -> Value | Host:
        if isinstance(held, Value):
            return change(held)
        if id(held) not in seen:
            seen.add(id(held))
            if not held.settled:
                hosts.append(held)
            elif isinstance(held, Function) and held.around is not None and held.around.names is not None:
                scopes.append(held.around.names)
        return held

    while scopes or hosts:
        if scopes:
            for mapping in _names(scopes.pop(), seen):
                for name, held in list(mapping.items()):
                    other = rebuilt(held, changed)
                    if other is not held:
                        session.put(mapping, name, other)
            continue
        host = hosts.pop()
        before = host.held()
        after = rebuilt(before, changed)
        if after is not before:
            session.change(host)
            host.hold(after)


def _names(names: Names | None, seen: set[int]) -> Iterator[MutableMapping[str, Any]]:
    """What names, and those around them, are bound to, as far as it was not seen."""
    while names is not None and id(names) not in seen:
        seen.add(id(names))
        yield from names.own if isinstance(names, CallNames) else (names.values, names.groups)
        names = names.outer


def same(session: Holders, node: Input) -> set[Node]:
    """The inputs that have just the elements of one: what other names and lists hold of the same tensor."""
    view = session.cells[node].view
    found: set[Node] = {node}
    if view is None:
        return found
    for cell, of in view.storage.cells.items():
        other = of()
        if other is not None and cell.view is not None and np.array_equal(cell.view.places, view.places):
            found.add(other)
    return found
