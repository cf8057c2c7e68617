"""The memory that tensors share in programs of PyTorch and NumPy: views, `detach()`, `.numpy()`, more names.

A tensor without a graph is an input with a cell of its own; one that is computed is a node, the same for
whoever holds it. What only looks at the elements of another says so by its node: the steps from there to
it. What is detached has no such node, and lies in one `Storage` with the other: what a change in place does
to the elements of one, it does to those of all, and whoever holds one holds what it is then.
"""

from __future__ import annotations

from collections.abc import Callable, Container, MutableMapping, Sequence
from typing import TYPE_CHECKING, Any
from weakref import ref

import numpy as np
from numpy.lib.stride_tricks import as_strided

from gradcli.engine.graph import Input, Node, Stale, intern, topological
from gradcli.engine.primitives import grad_fn_name
from gradcli.engine.primitives.shaping import (
    LOOKING,
    detach,
    moving_subscript,
    reshape_primitive,
    revalued,
    with_places,
)
from gradcli.lowering.kinds import Kind, is_memory, named, tracked_kind
from gradcli.records import NamedTuple, Protocol
from gradcli.session.memory.holders import Holders, change_held
from gradcli.session.memory.storage import History, Storage, View, looked_at
from gradcli.session.values import Value

if TYPE_CHECKING:
    from gradcli.arrays import Array
    from gradcli.text.source import Mark

_HELD = ("leaf", "constant", "grad")
"""The roles of inputs whose cells may lie in a storage."""


class Holding(Holders, Protocol):
    """What is asked of a session."""

    state: int
    meanings: int
    histories: MutableMapping[Node, History]

    @property
    def drawn(self) -> Container[Input]:
        """The inputs that hold drawn numbers."""

    def next_version(self) -> int:
        """A number that no version has had."""

    def evaluate(self, nodes: Sequence[Node]) -> list[Any]:
        """The data of nodes now."""

    def data_at_hand(self, node: Node) -> Any:
        """The data of a computed tensor, as whoever holds it has it."""

    def new_input(self, name: str, data: Any, *, role: str, tracked: bool) -> Input:
        """A new input with its cell."""

    def part(self, cell: Any) -> None:
        """Lets a cell have elements of its own."""

    def hold_kept(self, value: Value) -> None:
        """Notes that a host value, or another, holds a computed value."""

    def hold_history(self, node: Node, history: History) -> None:
        """Says which history a computed tensor has now."""

    def step(self, cell: Any, data: Any, place: Mark | None = None) -> None:
        """Gives a cell another value in place."""

    def value_of(self, node: Node, kind: Kind) -> Value:
        """A node with its data now."""

    def computed(self) -> Sequence[Value]:
        """The last value of each computed node that something holds."""

    def behind(self, node: Node) -> Node:
        """What a stand-in took the place of."""

    def is_stale(self, value: Value) -> bool:
        """Whether something has changed in place since a value was computed from it."""

    def versions_of(self, node: Node) -> Any:
        """What tells a computed tensor from those that were computed alike, before and after."""

    def as_held(self, node: Node) -> Node:
        """What stands for a computed tensor: its node, or where that is out of date its data."""

    def becomes(self, before: Node, made: Node) -> None:
        """Says that a tensor, which was one node, is another now."""


class Looking(NamedTuple):
    """A node that only looks at elements of a tensor: which, the steps from there, whether it is detached."""

    root: Node
    steps: Sequence[Node]
    detached: bool

    def of(self, root: Node) -> Node:
        """The same of another tensor of that shape, and not detached."""
        for step in self.steps:
            root = intern(step.primitive, (root,), step.params)
        return root


def looks_at(node: Node, known: Callable[[Node], Any]) -> Looking | None:
    """The tensor whose elements a node has, which is an input or requires grad; `None` for what has its own.

    `known` gives the places that are values. As in NumPy, a reshape of what does not lie in a row is a copy.
    """
    steps: list[Node] = []
    detached = False
    root = node
    while root.inputs:
        if root.primitive is moving_subscript:
            return looks_at(with_places(node, known), known)
        if root.primitive in LOOKING:
            steps.append(root)
        elif root.primitive is detach:
            detached = True
        else:
            break
        root = root.inputs[0]
    steps.reverse()
    if any(step.primitive is reshape_primitive for step in steps[1:]):
        root, steps = _behind_copies(root, steps)
    is_there = root.role in (*_HELD, "stale") if isinstance(root, Input) else root.tracked
    return Looking(root, steps, detached) if is_there else None


def held_behind(session: Holding, node: Node) -> Looking | None:
    """As `looks_at`, where elements lie as they do; of what is out of date, what that is of."""
    found = looks_at(node, lambda each: session.evaluate((each,))[0])
    if found is None or _copies(session, found):
        return None
    if not isinstance(found.root, Stale):
        return found
    below = looks_at(session.behind(found.root), lambda each: session.evaluate((each,))[0])
    if below is None or isinstance(below.root, Stale):
        return None
    return Looking(below.root, [*below.steps, *found.steps], below.detached or found.detached)


def _copies(session: Holding, found: Looking) -> bool:
    """Whether steps from a view of another tensor copy it, as `d.reshape(-1)` does where `d` is `x.T`."""
    root = found.root
    view: View | None = (
        session.cells[root].view if isinstance(root, Input) and root in session.cells else None
    )
    if view is None or not any(step.primitive is reshape_primitive for step in found.steps):
        return False
    places = view.places
    if not places.size:
        return False
    first = int(places.flat[0])
    # Places along each axis are as far apart as a stride; where there is only one, any stride will do.
    strides = [int(np.take(places, size > 1, k).flat[0]) - first for k, size in enumerate(places.shape)]
    memory = np.empty(view.storage.data.size, np.bool_)
    laid = as_strided(memory[first:], places.shape, strides)
    return not np.may_share_memory(looked_at(laid[None], found.steps), memory)


def _behind_copies(root: Node, steps: list[Node]) -> tuple[Node, list[Node]]:
    """The last tensor among some steps that is a copy, and the steps behind it."""
    behind: list[Node] = []
    array = np.empty((1, *root.shape), np.bool_)  # a batch, as what NumPy gives of a single element is a copy
    for step in steps:
        seen = looked_at(array, (step,))
        behind.append(step)
        if not np.may_share_memory(seen, array) and seen.size:
            root, seen = step, np.empty((1, *step.shape), np.bool_)
            behind.clear()
        array = seen
    return root, behind


def view_of(session: Holding, root: Node) -> View:
    """Which elements a tensor has in its storage, which is made where it has none."""
    if not isinstance(root, Input):
        history = _history_of(session, root)
        if history is None:
            history = _new_history(session.data_at_hand(root), session.versions_of(root))
            history.storage.roots.add(root)
            session.hold_history(root, history)
        return View(history, history.stand)
    cell = session.cells[root]
    if cell.view is None:
        session.change(cell)
        history = _new_history(cell.data)
        cell.view = View(history, history.stand)
        history.storage.cells[cell] = ref(root)
    view: View = cell.view
    return view


def _new_history(data: Any, versions: Any = None) -> History:
    return History(Storage(data), np.arange(np.size(data)).reshape(np.shape(data)), versions)


def share(session: Holding, made: Input, node: Node, kind: Kind) -> None:
    """Lets a new constant have the elements that a node looks at in another tensor, if it does."""
    if not is_memory(kind, node):
        return
    found = held_behind(session, node)
    if found is None or found.root is made or found.root in session.drawn:  # which has no other holder
        return
    seen = view_of(session, found.root)
    view = View(seen.history, found.of(seen.node))
    if found.detached or kind.form != "tensor" or found.root.tracked:
        history = History(seen.storage, view.places)
        view = View(history, history.stand)
    own = session.cells[made]
    own.view = view
    view.storage.cells[own] = ref(made)


def change(session: Holding, node: Input, data: Any, place: Mark | None) -> None:
    """Gives a constant, or a grad, other elements in place, with all who look at them."""
    cell = session.cells[node]
    if cell.version == 0:
        _begin_to_change(session, node)
    session.step(cell, data, place)


def change_computed(session: Holding, root: Node, data: Any, place: Mark | None) -> None:
    """Gives a computed tensor, which keeps its graph, other elements, with all who look at them."""
    history = _history_of(session, root)
    if history is None:
        _revalue(session, root, None, data)
    else:
        _let_see(session, history.storage, View(history, history.stand).place_in(data), None, place)


def spread(session: Holding, changed: Any, place: Mark | None) -> None:
    """Lets all who look at the elements of a cell, which has been changed in place, see them as they are."""
    view: View = changed.view
    _let_see(session, view.storage, view.place_in(changed.data), changed, place)


def become(session: Holding, of: Node, made: Node, by: str, place: Mark | None) -> None:
    """Lets a tensor have a graph, or another one, with all that are views of it.

    `of` is its input or what it was computed as, `made` the tensor with all elements of its history, and
    `by` PyTorch's name of what has changed it.
    """
    history = _history_of(session, of)
    _replace(session, of, made, history, by)
    if history is not None:
        data = View(history, history.stand).place_in(session.data_at_hand(made))
        _let_see(session, history.storage, data, made, place)


def _history_of(session: Holding, node: Node) -> History | None:
    if not isinstance(node, Input):
        history = session.histories.get(node)
        is_its_own = history is not None and history.versions is session.versions_of(node)
        return history if is_its_own else None
    view: View | None = session.cells[node].view
    return None if view is None else view.history


def _revalue(session: Holding, root: Node, history: History | None, data: Any) -> None:
    """Gives a computed tensor other elements, through which it is differentiated as before."""
    given = session.new_input("", data, role="constant", tracked=False)
    made = intern(revalued, (given, session.as_held(root)))
    _replace(session, root, made, history)


def _replace(session: Holding, of: Node, made: Node, history: History | None, by: str | None = None) -> None:
    """Lets whoever holds a tensor, or a view of it, hold what it is now; `by` as for `become`."""
    parted: list[Any] = []
    stands = session.as_held(of)

    def found(value: Value) -> Node | None:
        node = value.node
        if isinstance(node, Input) and history is not None:
            view: View | None = session.cells[node].view
            if view is not None and view.history is history:
                parted.append(session.cells[node])
                return view.of(made)
        if session.behind(node) is of:
            # What was computed alike from what has changed since is another tensor.
            is_stale = isinstance(node, Stale) or session.is_stale(value)
            return made if is_stale == (stands is not of) else None
        looking = None if isinstance(node, Input) else held_behind(session, node)
        return None if looking is None or looking.root is not of else looking.of(made)

    def changed(value: Value) -> Value:
        node = found(value)
        if node is None:
            return value
        session.becomes(value.node, node)
        own = "AsStridedBackward0"
        if node is made:
            own = by or value.kind.overload or grad_fn_name(value.node)
        other = session.value_of(node, named(tracked_kind(value.kind), own))
        session.hold_kept(other)
        return other

    session.becomes(of, made)
    change_held(session, changed)
    if history is None:
        return
    session.change(history.storage)
    if isinstance(of, Input):
        parted.append(session.cells[of])
    for cell in parted:
        if cell.view is not None:
            session.part(cell)
    history.storage.roots.discard(of)
    history.storage.roots.add(made)
    session.hold_history(made, History(history.storage, history.places, session.versions_of(made)))


def moved(session: Holding, node: Node, moves: Sequence[tuple[Node, Node]]) -> Node:
    """What a node is, that is a tensor or a view of one, after changes of tensors one after another."""
    for before, made in moves:
        if node is before:
            node = made
        elif not isinstance(before, Input):
            looking = held_behind(session, node)
            if looking is not None and looking.root is before:
                node = looking.of(made)
                node = detach.build(node) if looking.detached else node
    return node


def _let_see(session: Holding, storage: Storage, data: Array, by: Any, place: Mark | None) -> None:
    """Lets the elements of a storage be others, for all but the cell or tensor that has changed them."""
    session.change(storage)
    storage.data = data
    for cell, of in list(storage.cells.items()):
        node = of()
        if cell is by or node is None or cell.view is None:
            continue
        session.change(cell)
        if cell.version == 0:
            _begin_to_change(session, node)
        seen = cell.view.data()
        cell.data = seen != 0 if node.boolean else seen
        cell.changed = place
        session.state = cell.version = session.next_version()
    for root in list(storage.roots):
        history = _history_of(session, root)
        if root is not by and history is not None and history.storage is storage:
            _revalue(session, root, history, history.data())


def _begin_to_change(session: Holding, node: Input) -> None:
    """Lets what has been computed from a constant know that it changes in place, which it had not done."""
    session.meanings = session.next_version()  # what loops have kept takes it for settled
    for value in session.computed():
        if node not in value.versions and any(each is node for each in topological((value.node,))):
            value.versions[node] = 0
            value.checked = -1
