"""Who holds a tensor: names, lists, objects. Another in its place, for all of them.

A tensor of PyTorch's that is told to require grad is the same for whoever holds it; here a leaf takes the
place of the constant that it was.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gradcli.engine.graph import Input, Node
from gradcli.lowering.kinds import Host
from gradcli.session.names import CallNames
from gradcli.session.state import Session
from gradcli.session.values import Names, Value, rebuilt


def replace(session: Session, node: Input, value: Value) -> None:
    """Lets every name and every host value that holds an input, or the same elements, hold another value."""
    nodes = same(session, node)
    _change(session, lambda held: value if held.node in nodes else held)


def is_held(session: Session, node: Input) -> bool:
    """Whether a name, a list or an object holds an input."""
    found = False

    def look(held: Value) -> Value:
        nonlocal found
        found = found or held.node is node
        return held

    _change(session, look)
    return found


def _change(session: Session, change: Callable[[Value], Value]) -> None:
    """Changes every value that names and host values hold, each host once."""
    hosts: list[Host] = []
    seen: set[int] = set()

    def changed(held: Value | Host) -> Value | Host:
        if isinstance(held, Value):
            return change(held)
        if not held.settled and id(held) not in seen:
            seen.add(id(held))
            hosts.append(held)
        return held

    names: Names | None = session.bound
    while names is not None:
        for mapping in names.own if isinstance(names, CallNames) else (names.values, names.groups):
            for name, held in list(mapping.items()):
                other = rebuilt(held, changed)
                if other is not held:
                    session.put(mapping, name, other)
        names = names.outer
    while hosts:
        host = hosts.pop()
        before = host.held()
        after = rebuilt(before, changed)
        if after is not before:
            session.change(host)
            host.hold(after)


def same(session: Session, node: Input) -> set[Node]:
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
