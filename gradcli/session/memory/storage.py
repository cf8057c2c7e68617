"""Elements that several tensors have: where they lie, and which of them each tensor has.

Tensors that are views of one another have one `History`: they get their graph together. What is detached
from them begins another, of the same elements.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, WeakSet, ref

import numpy as np

from gradcli.engine.graph import Input, Node, substitute

if TYPE_CHECKING:
    from gradcli.arrays import Array


class Storage:
    """Elements in a row, and who has some of them: cells, and tensors that are computed."""

    def __init__(self, data: Any) -> None:
        self.data: Array = np.ravel(data)
        self.cells: WeakKeyDictionary[Any, ref[Input]] = WeakKeyDictionary()
        """The cells of a session that have some of them, with their inputs."""
        self.roots: WeakSet[Node] = WeakSet()
        """The computed tensors that have some of them."""

    @property
    def is_shared(self) -> bool:
        """Whether more than one tensor has some of them."""
        return len(self.cells) + len(self.roots) > 1

    def copy(self) -> Storage:
        """The same elements, which nobody has yet."""
        return Storage(self.data)

    def held(self) -> Any:
        """The elements, and the computed tensors that have them."""
        return self.data, tuple(self.roots)

    def hold(self, held: Any) -> None:
        """Lets it hold again what it held."""
        self.data, roots = held
        self.roots = WeakSet(roots)


class History:
    """Some places of a storage, whose tensors have one graph, if any: `stand` is in its place in a `View`."""

    __slots__ = ("__weakref__", "places", "stand", "storage", "versions")

    def __init__(self, storage: Storage, places: Array, versions: Any = None) -> None:
        self.storage = storage
        self.places = places
        self.stand = Input("", places.shape, role="stand-in", tracked=False)
        self.versions = versions
        """Those of the computed tensor: what is computed alike later has others, and is another tensor."""

    def moved_to(self, storage: Storage) -> History:
        """The same of another storage."""
        history = History(storage, self.places, self.versions)
        history.stand = self.stand
        return history

    def data(self) -> Any:
        """Its elements now."""
        return self.storage.data[self.places]


class View:
    """Which elements of a history a tensor has: those that its node, which is computed from `stand`, has."""

    __slots__ = ("_places", "history", "node")

    def __init__(self, history: History, node: Node) -> None:
        self.history = history
        self.node = node
        self._places: Array | None = None

    @property
    def storage(self) -> Storage:
        """Where its elements are."""
        return self.history.storage

    @property
    def places(self) -> Array:
        """The places of its elements in the storage, in its shape."""
        if self._places is None:
            self._places = self.within(self.history.places)
        return self._places

    @property
    def is_whole(self) -> bool:
        """Whether it is the tensor of which the others are views."""
        return self.node is self.history.stand

    def within(self, array: Array) -> Array:
        """What it has of an array in the shape of its history."""
        return np.asarray(looked_at(array, _steps(self.node, self.history.stand)))

    def moved_to(self, history: History) -> View:
        """The same of a copy of its history."""
        view = View(history, self.node)
        view._places = self._places
        return view

    def data(self) -> Any:
        """Its elements now."""
        return self.storage.data[self.places]

    def of(self, whole: Node) -> Node:
        """The node of a tensor that has these elements of one which has all elements of the history."""
        return substitute((self.node,), {self.history.stand: whole})[0]

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


def _steps(node: Node, below: Node) -> list[Node]:
    steps: list[Node] = []
    while node is not below:
        steps.append(node)
        node = node.inputs[0]
    return steps[::-1]
