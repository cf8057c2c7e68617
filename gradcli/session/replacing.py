"""Another tensor in the place of one, for all who hold it: names, lists, objects.

A tensor of PyTorch's that is told to require grad is the same for whoever holds it; here a leaf takes the
place of the constant that it was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.graph import Input, Node
from gradcli.lowering.kinds import Host
from gradcli.session.names import CallNames
from gradcli.session.values import Group, Names, Value

if TYPE_CHECKING:
    from gradcli.session.state import Session


def replace(session: Session, node: Input, value: Value) -> None:
    """Lets every name and every host value that holds an input, or the same elements, hold another value."""
    nodes = same(session, node)
    hosts: list[Host] = []
    seen: set[int] = set()

    def changed(held: Any) -> Any:
        """What is held, with the value in it; the same object where the input is not in it."""
        if isinstance(held, Value):
            return value if held.node in nodes else held
        if isinstance(held, Host):
            if not held.settled and id(held) not in seen:
                seen.add(id(held))
                hosts.append(held)
            return held
        if isinstance(held, tuple):
            parts = [changed(part) for part in held]
            if all(new is part for new, part in zip(parts, held, strict=True)):
                return held
            return type(held)(parts) if type(held) is tuple else type(held)(*parts)
        if isinstance(held, dict):
            found = {key: changed(part) for key, part in held.items()}
            return held if all(found[key] is part for key, part in held.items()) else found
        return held

    names: Names | None = session.bound
    while names is not None:
        own = names.own if isinstance(names, CallNames) else (names.values, names.groups)
        for name, held in own[0].items():
            if held.node in nodes:
                session.put(own[0], name, value)
        for name, group in own[1].items():
            other = changed(group)
            if isinstance(other, Group) and other is not group:
                session.put(own[1], name, other)
        names = names.outer
    while hosts:
        host = hosts.pop()
        before = host.held()
        after = changed(before)
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
