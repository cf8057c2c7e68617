"""What a value would be in Python and PyTorch: a tensor, a number, a list; and whether of whole numbers.

All arithmetic is float64. PyTorch prints `tensor(3)` and `tensor(3.)` for the same number, and Python `3`
and `3.0`, by where it comes from. So a rule of lowering gives the kind of its result with the node, and
states it from the kinds of its operands. It is no part of the node: equal nodes may be of several kinds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gradcli.engine.graph import Node
from gradcli.engine.primitives import Entry
from gradcli.records import NamedTuple


class Kind(NamedTuple):
    """`form` is "tensor", "number" (Python's own), "list" or "size"; `whole`: of integers or truth values.

    `items` are the kinds of a list's items: one for each, or a single one for all of them.
    """

    form: str
    whole: bool
    items: tuple[Kind, ...] = ()

    @property
    def plain(self) -> bool:
        """Whether there is no tensor in it, so that what Python computes of it is Python's own."""
        return self.form != "tensor" and all(item.plain for item in self.items)

    @property
    def mixed(self) -> bool:
        """Whether a list's items must be told apart to be shown: tensors, or numbers of both kinds."""
        return len(self.items) > 1 or any(item.form == "tensor" or item.mixed for item in self.items)

    def item(self, place: int | None = None) -> Kind:
        """The kind of the item in a place (from 0), or of any where that is not known."""
        if self.form == "size":
            return COUNT
        if self.form != "list":
            return self
        if len(self.items) > 1 and place is None:
            return combined(self.items)
        return self.items[0 if len(self.items) == 1 or place is None else place] if self.items else REAL

    def part(self, places: slice) -> Kind:
        """The kind of some items in a row."""
        return list_kind(self.items[places]) if len(self.items) > 1 else self


Typed = tuple[Node, Kind]
"""What a rule of lowering gives: a node, and what its value would be."""

TENSOR = Kind("tensor", False)
"""The kind of all that requires grad: PyTorch has no gradients of integers."""
INTEGERS = Kind("tensor", True)
COUNT = Kind("number", True)
REAL = Kind("number", False)
SIZE = Kind("size", True)


def number_kind(whole: bool) -> Kind:
    """The kind of a number of Python's."""
    return COUNT if whole else REAL


def tensor_kind(whole: bool) -> Kind:
    """The kind of a tensor."""
    return INTEGERS if whole else TENSOR


def list_kind(kinds: Sequence[Kind]) -> Kind:
    """The kind of a list of such items."""
    different = set(kinds)
    items = tuple(kinds) if len(different) > 1 else tuple(different)
    return Kind("list", bool(items) and all(kind.whole for kind in items), items)


def combined(kinds: Iterable[Kind], keeps_whole: bool = True) -> Kind:
    """The kind of an operation's result: a number of numbers, else a tensor; whole if all operands are."""
    plain, whole = True, keeps_whole
    for kind in kinds:
        if kind.form != "number":
            plain = plain and kind.plain
        whole = whole and kind.whole
    return number_kind(whole) if plain else tensor_kind(whole)


def truth_kind(kinds: Iterable[Kind]) -> Kind:
    """The kind of a comparison or a logical operation, whose result is a truth value."""
    return COUNT if combined(kinds).form == "number" else INTEGERS


def call_kind(entry: Entry, node: Node, kinds: Sequence[Kind], *, alone: bool, python: bool = False) -> Kind:
    """The kind of what an entry of the table gives that requires no grad, by what its `whole` says.

    `alone`: nothing but the first argument is given. `python`: the function is Python's own, and gives
    numbers whatever it takes.
    """
    if entry.whole == "counted":
        return COUNT
    kept = entry.whole in ("kept", "rounded")
    found = combined(kinds, kept)
    plain = python or found.form == "number"
    whole = found.whole or node.boolean or entry.whole == "always"
    return number_kind(whole or (alone and entry.whole == "rounded")) if plain else tensor_kind(whole)
