"""What a session holds: the present values of inputs, grads, and what names are bound to.

Arrays in here are never written into, so whoever holds one may hand it on without a copy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableMapping
from typing import TYPE_CHECKING, Any

from gradcli.engine.graph import Input, Node
from gradcli.language.tree import Define
from gradcli.lowering.kinds import TENSOR, Host, Kind
from gradcli.lowering.origins import Origins
from gradcli.records import NamedTuple
from gradcli.text.source import Mark

if TYPE_CHECKING:
    from gradcli.session.memory.storage import View


class Cell:
    """The present value of an input, the number and the place of its last change in place, and its grad.

    The number is 0 where it was never changed. `view` says which elements it has, if others look at them.
    """

    __slots__ = ("__weakref__", "changed", "data", "grad", "version", "view")

    def __init__(self, data: Any, version: int = 0, changed: Mark | None = None) -> None:
        self.data = data
        self.version = version
        self.changed = changed
        self.grad: Grad | None = None
        self.view: View | None = None

    def held(self) -> Any:
        return self.data, self.version, self.changed, self.grad, self.view

    def hold(self, held: Any) -> None:
        self.data, self.version, self.changed, self.grad, self.view = held


class Grad:
    """What a leaf has accumulated: an input of the graph for it, with its cell, and the passes in it.

    `graph` is its value with the graph that it was computed by, where that was asked for.
    """

    __slots__ = ("cell", "graph", "node", "passes")

    def __init__(self, node: Input, cell: Cell, passes: int, graph: Value | None = None) -> None:
        self.node = node
        self.cell = cell
        self.passes = passes
        self.graph = graph

    def held(self) -> Any:
        return self.cell.data, self.passes, self.graph

    def hold(self, held: Any) -> None:
        self.cell.data, self.passes, self.graph = held


class Value:
    """What a name is bound to: a node, its data when it was computed, and what that depended on.

    `versions` has those of the inputs that may change in place. `kind` is what it would be in Python and
    PyTorch, and `origins` says where its nodes were written. Of several values of one node the `first` was
    computed, and the others share what it found.
    """

    __slots__ = (
        *("__weakref__", "checked", "data", "first", "kind", "node"),
        *("origins", "stand_in", "versions"),
    )

    def __init__(
        self,
        node: Node,
        data: Any,
        versions: dict[Input, int] | None = None,
        kind: Kind = TENSOR,
        origins: Origins | None = None,
        first: Value | None = None,
    ) -> None:
        self.node = node
        self.data = data
        self.versions = versions or {}
        self.kind = kind
        self.origins = origins
        self.first = first
        self.stand_in: Input | None = None
        """Takes the node's place once the value is stale."""
        self.checked = -1
        """The state of the leaves (`Session.state`) in which the value was last found not to be stale."""


class Group(NamedTuple):
    """The values of a tuple; `names`, `title` and `alone` are those of what gave it (`Several`)."""

    parts: tuple[Held, ...]
    names: tuple[str, ...] = ()
    title: str = ""
    alone: str = ""
    depth: int = 1

    def over_each(self, change: Callable[[Value], Value]) -> Group:
        """The tuple with every value in it changed."""
        parts: list[Held] = []
        for part in self.parts:
            if isinstance(part, Group):
                parts.append(part.over_each(change))
            else:
                parts.append(part if isinstance(part, Host) else change(part))
        return self._replace(parts=tuple(parts))

    def values(self) -> Iterator[Value]:
        """Every value in it, in order; what is no numbers is left out."""
        for part in self.parts:
            if isinstance(part, Group):
                yield from part.values()
            elif not isinstance(part, Host):
                yield part


Held = Value | Group | Host
"""What an expression holds, and a name is bound to."""


def values_in(held: Held) -> Iterator[Value]:
    """Every value in what is held; what is no numbers is left out."""
    if isinstance(held, Group):
        yield from held.values()
    elif not isinstance(held, Host):
        yield held


def rebuilt(held: Any, change: Callable[[Value | Host], Value | Host]) -> Any:
    """What is held, or kept of a host, with each value and host in its tuples and dictionaries changed.

    It is the same object where nothing in it is another.
    """
    if isinstance(held, Value | Host):
        return change(held)
    if isinstance(held, tuple):
        parts = [rebuilt(part, change) for part in held]
        if all(new is part for new, part in zip(parts, held, strict=True)):
            return held
        return type(held)(parts) if type(held) is tuple else type(held)(*parts)
    if isinstance(held, dict):
        found = {key: rebuilt(part, change) for key, part in held.items()}
        return held if all(found[key] is part for key, part in held.items()) else found
    return held


class GradChange(NamedTuple):
    """What one sweep did to one leaf: its grad now, what was added, and the passes in it.

    `name` is `None` for a leaf that no name means any more, which was called `earlier`.
    """

    name: str | None
    earlier: str
    grad: Any
    added: Any
    passes: int


class Sweep(NamedTuple):
    """A backward pass that has been computed but changed nothing yet."""

    leaves: list[Input]
    added: list[Any]


def hosts_in(held: Held) -> Iterator[Host]:
    """What is no numbers in what is held."""
    if isinstance(held, Group):
        for part in held.parts:
            yield from hosts_in(part)
    elif isinstance(held, Host):
        yield held


class Names:
    """What the names of a program are bound to; around those of a call are others (`outer`).

    A name is bound in one of `values` and `groups`: to one value, or to a tuple or what is no numbers.
    `functions` are those of the program, which stand beside its values.
    """

    outer: Names | None = None

    def __init__(self) -> None:
        self.values: MutableMapping[str, Value] = {}
        self.groups: MutableMapping[str, Group | Host] = {}
        self.functions: dict[str, Define] = {}

    @property
    def outermost(self) -> Names:
        """Those of the program."""
        names = self
        while names.outer is not None:
            names = names.outer
        return names

    def reach(self, name: str) -> None:
        """Lets a name that is bound around these be bound there: what it means changes in place."""

    def bound_to(self, name: str) -> Held | None:
        """What a name is bound to."""
        found = self.values.get(name)
        return self.groups.get(name) if found is None else found
