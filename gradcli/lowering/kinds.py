"""What a value would be in Python: a tensor, an array, a number, a list; and whether of whole numbers.

All arithmetic is float64. PyTorch prints `tensor(3)` and `tensor(3.)` for the same number, and Python `3`
and `3.0`, by where it comes from. So a rule of lowering gives the kind of its result with the node, and
states it from the kinds of its operands. It is no part of the node: equal nodes may be of several kinds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from gradcli.engine.graph import Node
from gradcli.records import NamedTuple


class Kind(NamedTuple):
    """`form` is "tensor", "array" (NumPy's), "number" (Python's own), "list" or "size".

    `whole`: of integers or truth values.

    `items` are the kinds of a list's items: one for each, or a single one for all of them. `overload` is
    PyTorch's name of the operation that gave it, where several of its operations are one node.
    """

    form: str
    whole: bool
    items: tuple[Kind, ...] = ()
    overload: str = ""

    @property
    def holder(self) -> str:
        """The form of what is computed of it: of a tensor, or of a list with one, a tensor."""
        if self.form in ("list", "size"):
            return max((item.holder for item in self.items), key=_HOLDERS.index, default="number")
        return self.form

    @property
    def mixed(self) -> bool:
        """Whether a list's items must be told apart to be shown: tensors, or numbers of both kinds."""
        return len(self.items) > 1 or any(item.holder != "number" or item.mixed for item in self.items)

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


class Several(NamedTuple):
    """Several values that stand together: a tuple of Python's, which is no node.

    `names` are those of its parts, if they have any, and `title` is what PyTorch calls such a tuple then.
    `alone` says what it is where one value is needed: its "first", all of them "stacked", or nothing.
    """

    parts: tuple[Lowered, ...]
    names: tuple[str, ...] = ()
    title: str = ""
    alone: str = ""
    depth: int = 1
    """How deep tuples are nested in it."""


Lowered = Typed | Several
"""What an expression gives: one value, or a tuple of them."""


def each_of(found: Lowered) -> Iterator[Typed]:
    """Every single value in what an expression gives, in order."""
    stack = [found]
    while stack:
        each = stack.pop()
        if isinstance(each, Several):
            stack.extend(reversed(each.parts))
        else:
            yield each


def over_each(change: Callable[[Node, Kind], Typed], found: Lowered) -> Lowered:
    """What an expression gives, with every single value in it changed."""
    if isinstance(found, Several):
        return found._replace(parts=tuple(over_each(change, each) for each in found.parts))
    return change(*found)


_HOLDERS = ("number", "array", "tensor")
"""Of two operands the later one decides what the result is."""

_KINDS = {(form, whole): Kind(form, whole) for form in _HOLDERS for whole in (False, True)}

TENSOR = _KINDS["tensor", False]
"""The kind of all that requires grad: PyTorch has no gradients of integers."""
COUNT = _KINDS["number", True]
REAL = _KINDS["number", False]
SIZE = Kind("size", True)


def number_kind(whole: bool) -> Kind:
    """The kind of a number of Python's."""
    return COUNT if whole else REAL


def tensor_kind(whole: bool) -> Kind:
    """The kind of a tensor."""
    return _KINDS["tensor", whole]


def array_kind(whole: bool) -> Kind:
    """The kind of an array of NumPy's."""
    return _KINDS["array", whole]


def changed_kind(kind: Kind, whole: bool) -> Kind:
    """The kind of what is made of the numbers in a value: an array of an array, and else a tensor."""
    return _KINDS["array" if kind.holder == "array" else "tensor", whole]


def list_kind(kinds: Sequence[Kind]) -> Kind:
    """The kind of a list of such items."""
    different = set(kinds)
    items = tuple(kinds) if len(different) > 1 else tuple(different)
    return Kind("list", bool(items) and all(kind.whole for kind in items), items)


def combined(kinds: Iterable[Kind], keeps_whole: bool = True) -> Kind:
    """The kind of an operation's result: a tensor if there is one; whole if all operands are."""
    form, whole = "number", keeps_whole
    for kind in kinds:
        if kind.form != "number":
            form = max(form, kind.holder, key=_HOLDERS.index)
        whole = whole and kind.whole
    return _KINDS[form, whole]


def truth_kind(kinds: Iterable[Kind]) -> Kind:
    """The kind of a comparison or a logical operation, whose result is a truth value."""
    return _KINDS[combined(kinds).form, True]


def named(kind: Kind, overload: str | None) -> Kind:
    """The kind with PyTorch's name of the operation, where the node does not tell it."""
    return Kind(kind.form, kind.whole, kind.items, overload) if overload else kind


def call_kind(says: str, node: Node, kinds: Sequence[Kind], *, alone: bool, library: str | None) -> Kind:
    """The kind of what a function of the table gives that requires no grad, by what `whole` in it `says`.

    `alone`: nothing but the first argument is given. `library`: whose function it is; those of `math` give
    numbers whatever they take, and NumPy's make arrays of lists.
    """
    if says == "counted":
        return COUNT
    form, whole, *_ = combined(kinds, says in ("kept", "rounded"))
    if library == "math":
        form = "number"
    elif library == "numpy" and form == "number" and node.shape:
        form = "array"
    rounds = says == "rounded" and alone and form == "number" and library != "numpy"
    return _KINDS[form, whole or node.boolean or rounds or says == "always"]
