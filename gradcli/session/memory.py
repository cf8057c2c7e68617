"""The memory that tensors share in programs of PyTorch and NumPy: views, `detach()`, `.numpy()`, more names.

A tensor without a graph is an input with a cell of its own. Where one looks at the elements of another, the
cells of both lie in one `Storage`, each with a `View` that says which elements it has, and a change of one
cell in place is one of all. Where names have values with a graph, a `Look` says the same of each name.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, MutableMapping, Sequence
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, ref

import numpy as np

from gradcli.engine.graph import Input, Node, topological
from gradcli.engine.primitives.shaping import (
    detach,
    moving_subscript,
    permute_primitive,
    reshape_primitive,
    subscript_primitive,
    with_places,
)
from gradcli.lowering.kinds import Kind
from gradcli.records import NamedTuple, Protocol

if TYPE_CHECKING:
    from gradcli.arrays import Array
    from gradcli.text.source import Mark

_LOOKING = (reshape_primitive, permute_primitive, subscript_primitive)
"""What gives other looks at the same elements."""

_HELD = ("leaf", "constant", "grad")
"""The roles of inputs whose cells may lie in a storage."""


class Holding(Protocol):
    """What is asked of a session."""

    state: int
    meanings: int
    cells: MutableMapping[Input, Any]
    values: MutableMapping[str, Any]
    looks: MutableMapping[str, Look]

    @property
    def drawn(self) -> Container[Input]:
        """The inputs that hold drawn numbers."""

    def change(self, holder: Any) -> None:
        """Says that what a holder holds is about to be changed."""

    def next_version(self) -> int:
        """A number that no version has had."""

    def evaluate(self, nodes: Sequence[Node]) -> list[Any]:
        """The data of nodes now."""

    def look(self, name: str, look: Look) -> None:
        """Notes which elements the computed value of a name has."""

    def step(self, cell: Any, data: Any, place: Mark | None = None) -> None:
        """Gives a cell another value in place."""

    def computed(self) -> Iterable[Any]:
        """The last value of each computed node that something holds."""


class Storage:
    """Elements in a row, and the cells that hold some of them."""

    def __init__(self, data: Any) -> None:
        self.data: Array = np.ravel(data)
        self.cells: WeakKeyDictionary[Any, ref[Input]] = WeakKeyDictionary()
        """The cells of a session that have some of them, with their inputs."""

    def copy(self) -> Storage:
        """The same elements, with no cells yet."""
        return Storage(self.data)

    def held(self) -> Any:
        """The elements."""
        return self.data

    def hold(self, held: Any) -> None:
        """Lets it hold again what it held."""
        self.data = held


class View:
    """Which elements of a storage a tensor has: all of them, or what some `steps` leave of another view."""

    __slots__ = ("_base", "_places", "_shape", "_steps", "storage")

    def __init__(
        self, storage: Storage, shape: Sequence[int], base: View | None = None, steps: Sequence[Node] = ()
    ) -> None:
        self.storage = storage
        self._shape = shape
        self._base = base
        self._steps = steps
        self._places: Array | None = None

    def seen(self, steps: Sequence[Node]) -> View:
        """What some steps leave of it."""
        return View(self.storage, steps[-1].shape, self, steps) if steps else self

    def moved_to(self, storage: Storage) -> View:
        """The same places of another storage."""
        view = View(storage, self._shape)
        view._places = self.places
        return view

    @property
    def places(self) -> Array:
        """The places of its elements, in its shape."""
        if self._places is None:
            if self._base is None:
                self._places = np.arange(self.storage.data.size).reshape(self._shape)
            else:
                self._places = looked_at(self._base.places, self._steps)
                self._base, self._steps = None, ()
        return self._places

    def data(self) -> Any:
        """Its elements now."""
        return self.storage.data[self.places]

    def place_in(self, data: Any) -> Array:
        """All elements of the storage, with others in its places."""
        whole = self.storage.data.copy()
        whole[self.places] = data
        return whole


def looked_at(array: Array, steps: Sequence[Node]) -> Array:
    """What some steps leave of an array."""
    for step in steps:
        array = step.primitive.make_kernel(step)(array)  # type: ignore[attr-defined]
    return array


def looks_at(node: Node, known: Callable[[Node], Any]) -> tuple[Input, list[Node]] | None:
    """The input whose elements a node has, and the steps from there to it; `None` for what is computed.

    `known` gives the places that are values. As in NumPy, a reshape of what does not lie in a row is a copy.
    """
    steps: list[Node] = []
    below = node
    while not isinstance(below, Input):
        if below.primitive is moving_subscript:
            return looks_at(with_places(node, known), known)
        if below.primitive in _LOOKING:
            steps.append(below)
        elif below.primitive is not detach:
            return None
        below = below.inputs[0]
    if below.role not in _HELD:
        return None
    steps.reverse()
    if len(steps) > 1 and any(step.primitive is reshape_primitive for step in steps[1:]):
        memory = np.empty(below.shape, np.bool_)
        if not np.may_share_memory(looked_at(memory, steps), memory):
            return None
    return below, steps


def is_memory(kind: Kind, node: Node) -> bool:
    """Whether a value has elements that others may look at: a tensor, or an array with dimensions."""
    return kind.form == "tensor" or (kind.form == "array" and bool(node.shape))


def share(session: Holding, made: Input, node: Node, kind: Kind) -> None:
    """Lets a new constant have the elements that a node looks at in another tensor, if it does."""
    if not is_memory(kind, node):
        return
    found = looks_at(node, lambda each: session.evaluate((each,))[0])
    if found is None or found[0] is made or found[0] in session.drawn:  # what was drawn has no other holder
        return
    root, steps = found
    cell = session.cells[root]
    if cell.view is None:
        session.change(cell)
        cell.view = View(Storage(cell.data), root.shape)
    storage = cell.view.storage
    storage.cells[cell] = ref(root)
    own = session.cells[made]
    own.view = cell.view.seen(steps)
    storage.cells[own] = ref(made)


class Look(NamedTuple):
    """Which elements the computed value of a name has, as long as its node is that."""

    view: View
    node: Node


def view_of(session: Holding, name: str) -> View | None:
    """Which elements the tensor of a name has that others have, too; `None` where it has its own."""
    value = session.values.get(name)
    if value is None:
        return None
    if isinstance(value.node, Input):
        view: View | None = session.cells[value.node].view
        return view if value.node.role == "constant" else None
    look = session.looks.get(name)
    return look.view if look is not None and look.node is value.node else None


def look(session: Holding, name: str, owner: str) -> None:
    """Notes that the computed value of a name has the elements of another's, if it only looks at these."""
    node, below = session.values[name].node, session.values[owner].node
    steps: list[Node] = []
    at = node
    while at is not below:
        if at.primitive not in _LOOKING:
            return
        steps.append(at)
        at = at.inputs[0]
    view = view_of(session, owner)
    if view is None:
        view = View(Storage(np.empty(below.shape, np.bool_)), below.shape)
        session.look(owner, Look(view, below))
    session.look(name, Look(view.seen(steps[::-1]), node))


def others(session: Holding, name: str) -> list[tuple[str, View]]:
    """The other names whose tensors have elements that the tensor of a name has, too."""
    own = view_of(session, name)
    if own is None:
        return []
    found = [(each, view_of(session, each)) for each in session.values if each != name]
    return [(each, view) for each, view in found if view is not None and view.storage is own.storage]


def change(session: Holding, node: Input, data: Any, place: Mark | None) -> None:
    """Gives a constant, or a grad, other elements in place, with all who look at them."""
    cell = session.cells[node]
    if cell.version == 0:
        _begin_to_change(session, node)
    session.step(cell, data, place)


def spread(session: Holding, changed: Any, place: Mark | None) -> None:
    """Lets all who look at the elements of a cell, which has been changed in place, see them as they are."""
    view: View = changed.view
    storage = view.storage
    session.change(storage)
    storage.data = view.place_in(changed.data)
    for cell, of in list(storage.cells.items()):
        node = of()
        if cell is changed or node is None or cell.view is None:
            continue
        session.change(cell)
        if cell.version == 0:
            _begin_to_change(session, node)
        data = cell.view.data()
        cell.data = data != 0 if node.boolean else data
        cell.changed = place
        session.state = cell.version = session.next_version()


def _begin_to_change(session: Holding, node: Input) -> None:
    """Lets what has been computed from a constant know that it changes in place, which it had not done."""
    session.meanings = session.next_version()  # what loops have kept takes it for settled
    for value in session.computed():
        if node not in value.versions and any(each is node for each in topological((value.node,))):
            value.versions[node] = 0
            value.checked = -1
