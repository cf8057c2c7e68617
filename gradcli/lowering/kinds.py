"""What a value would be in Python: a tensor, an array, a number, a list; and whether of whole numbers.

All arithmetic is float64. PyTorch prints `tensor(3)` and `tensor(3.)` for the same number, and Python `3`
and `3.0`, by where it comes from. So a rule of lowering gives the kind of its result with the node, and
states it from the kinds of its operands. It is no part of the node: equal nodes may be of several kinds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from gradcli.engine.graph import Node
from gradcli.records import NamedTuple


class Kind(NamedTuple):
    """`form` is "tensor", "array" (NumPy's), "number" (Python's own), "list" or "size".

    `whole`: of integers or truth values.

    `items` are the kinds of a list's items: one for each, or a single one for all of them. `overload` is
    PyTorch's name of the operation that gave it, where several of its operations are one node. `width` is
    "double" for a tensor and "single" for an array that is of another width than those are by themselves, in
    a page whose tensors are float32 (`Scope.single`).
    """

    form: str
    whole: bool
    items: tuple[Kind, ...] = ()
    overload: str = ""
    width: str = ""

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


OWN = "__main__."
"""What stands before the name of a class of the page's own."""

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


class Host:
    """A value that is no numbers: text, a list, a function, an optimizer.

    By itself it has no attributes and no items, and cannot be called.

    A host value stands beside the nodes of the graph and is none itself: it is no operand, and nothing is
    differentiated in it. What it is made of (leaves, computed values, other host values) it keeps
    by `Context.keep`, and gives back by `Context.now`, so that what is out of date is told. Before it
    changes, it calls `Context.changing`: then a statement that fails, and `undo`, give it back what it held,
    and what loops have kept is asked anew.

    `context` is always the lowering that asks (`gradcli.lowering.context.Context`), and what is given back is
    `Lowered`, or a rule that comes to it.
    """

    title = "an object"
    """What messages call it."""
    hint: str | None = None
    """What to do where it stands in the place of numbers."""
    settled = False
    """Whether it never changes, so that who holds the same one holds the same."""
    keyed = False
    """Whether it has entries under keys (`entry`), as `group["lr"]`, and its items are these keys."""
    shows = True
    """Whether it is shown where it stands on a line of its own."""
    python_type = ""
    """What Python calls its type, where that is another than the last word of its title."""
    of_class: Host | None = None
    """The class of the program that has made it."""
    version = 0
    """Another number after each change (`Context.changing`)."""
    is_settled = False
    """Whether nothing in it, nor in what it holds, is kept as it was lowered: not since it was changed."""

    def attribute(self, context: Any, name: str) -> Any:
        """What stands behind `.name`, a method too; `None` where there is no such thing."""
        return None

    def names(self) -> Iterable[str]:
        """The names of its attributes, for completion and suggestions."""
        return ()

    def call(self, context: Any, call: Any) -> Any:
        """What a call of it gives; `call` is the syntax, whose arguments `hosts.arguments` lowers."""
        raise context.wrong(f"{self.title} cannot be called", call.function.span)

    def assign(self, context: Any, name: str, found: Any, span: Any) -> bool:
        """Does `.name = …`; false where there is no such attribute to assign to."""
        return False

    def items(self, context: Any) -> Sequence[Any] | None:
        """What a loop runs over; `None` where it has no items."""
        return None

    def length(self, context: Any) -> int | None:
        """How many items it has, where that can be told without them."""
        return None

    def item(self, context: Any, expression: Any) -> Any:
        """What brackets behind it give in a way of its own; `None` where that is one of its items."""
        return None

    def operation(self, context: Any, operator: str, expression: Any, other: Any, turned: bool) -> Any:
        """What an operator gives of it and another value (on its left, if `turned`); `None` for nothing."""
        return None

    def negated(self, context: Any, span: Any) -> Any:
        """What a minus before it gives; `None` where it has none."""
        return None

    def kinds_of_class(self) -> tuple[str, ...]:
        """The names of the classes from which it inherits, and its own, if it is a class of the program."""
        return ()

    def compared(self, context: Any, sign: str, other: Any, span: Any) -> bool | None:
        """Whether `==` or an order holds of it and another value; `None` where it has no say in that."""
        return None

    def is_instance(self, of: Any) -> bool:
        """Whether it was made by a class of the program."""
        return False

    def contains(self, context: Any, item: Any, span: Any) -> bool | None:
        """Whether an item is in it; `None` where its items are compared one by one."""
        return None

    def part(self, places: slice) -> Host | None:
        """Some of its items in a row, as `[1:3]` gives them; `None` where they are a list."""
        return None

    def entry(self, context: Any, key: Key, span: Any) -> Any:
        """What stands under a key in what is `keyed`; `None` where there is nothing."""
        return None

    def assign_entry(self, context: Any, key: Key, found: Any, span: Any) -> bool:
        """Does `[key] = …` in what is `keyed`; false where nothing can stand under that key."""
        return False

    def typed(self, context: Any, span: Any) -> Any:
        """The node that it is, with its kind, where numbers are needed; `None` where it is none."""
        return None

    def truth(self) -> bool | None:
        """What it counts as in a condition; `None` where it cannot stand in one."""
        return True

    def equals(self, other: Any) -> bool:
        """Whether `==` holds between it and another host value."""
        return self is other

    def settle(self, keep: Callable[[Any], Any]) -> None:
        """Keeps what it was made of in a function, by `keep`, now that a name is about to hold it."""

    def text(self) -> str:
        """What Python prints of it."""
        return f"<{self.title.partition(' ')[2] or self.title}>"

    def shown(self, run: Any) -> Any:
        """What it shows, as a result of the session; `None` where that is its text."""
        return None

    def held(self) -> Any:
        """All that changes in it, and every host value in it, in tuples and dictionaries that stay."""
        return None

    def hold(self, held: Any) -> None:
        """Lets it hold again what it held."""


Lowered = Typed | Several | Host
"""What an expression gives: one value, a tuple, or what is no numbers."""


class Key(NamedTuple):
    """A key of an entry: what tells it from others, which is a text, a number or a tuple, and the value."""

    plain: Any
    found: Lowered


def each_of(found: Lowered) -> Iterator[Typed]:
    """Every single value in what an expression gives, in order; what is no numbers is left out."""
    stack = [found]
    while stack:
        each = stack.pop()
        if isinstance(each, Several):
            stack.extend(reversed(each.parts))
        elif not isinstance(each, Host):
            yield each


def over_each(change: Callable[[Node, Kind], Typed], found: Lowered) -> Lowered:
    """What an expression gives, with every single value in it changed."""
    if isinstance(found, Several):
        return found._replace(parts=tuple(over_each(change, each) for each in found.parts))
    return found if isinstance(found, Host) else change(*found)


_HOLDERS = ("number", "array", "tensor")
"""Of two operands the later one decides what the result is."""

_KINDS = {(form, whole): Kind(form, whole) for form in _HOLDERS for whole in (False, True)}

TENSOR = _KINDS["tensor", False]
"""The kind of all that requires grad: PyTorch has no gradients of integers."""
COUNT = _KINDS["number", True]
REAL = _KINDS["number", False]
SIZE = Kind("size", True)
PARAMETER = Kind("tensor", False, (), "Parameter")
"""The kind of a leaf that is a module's parameter."""


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
    found = _KINDS["array" if kind.holder == "array" else "tensor", whole]
    return found._replace(width=kind.width) if kind.width and not whole else found


def tracked_kind(kind: Kind) -> Kind:
    """The kind of what requires grad and is made of the numbers in a value of some kind."""
    return TENSOR._replace(width=kind.width) if kind.width == "double" else TENSOR


def is_memory(kind: Kind, node: Node) -> bool:
    """Whether a value has elements that others may look at: a tensor, or an array with dimensions."""
    return kind.form == "tensor" or (kind.form == "array" and bool(node.shape))


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


# Widths: PyTorch's tensors are float32 in most pages, and NumPy's arrays float64


def widened(kind: Kind, width: str) -> Kind:
    """The kind of the same real numbers in a width, "single" or "double", in a page with float32."""
    if kind.whole or kind.form not in _OTHER_WIDTHS:
        return kind
    return kind._replace(width=width if width == _OTHER_WIDTHS[kind.form] else "")


def width_of(kind: Kind) -> str:
    """The width of the real numbers in a value, in a page with float32: "single" or "double"."""
    return kind.width or ("single" if kind.form == "tensor" else "double")


def promoted(kind: Kind, operands: Iterable[Typed]) -> Kind:
    """The kind of an operation's result, in the width that PyTorch (or NumPy) promotes its operands to.

    Python's numbers do not count, nor do PyTorch's tensors without dimensions beside those that have some.
    """
    there = [(node, each) for node, each in operands if each.form in _OTHER_WIDTHS]
    if kind.whole or not any(each.width for _, each in there):
        return kind
    reals = [(node, each) for node, each in there if not each.whole]
    if kind.form == "tensor":
        decide = [each for node, each in reals if node.shape] or [each for _, each in reals]
        return widened(kind, "double" if any(each.width == "double" for each in decide) else "single")
    return widened(kind, "single" if all(each.width == "single" for _, each in there) else "double")


_OTHER_WIDTHS = {"tensor": "double", "array": "single"}
"""The widths that a kind must name, as they are not those of its form."""


def truth_kind(kinds: Iterable[Kind]) -> Kind:
    """The kind of a comparison or a logical operation, whose result is a truth value."""
    return _KINDS[combined(kinds).form, True]


def named(kind: Kind, overload: str | None) -> Kind:
    """The kind with PyTorch's name of the operation, where the node does not tell it."""
    return Kind(kind.form, kind.whole, kind.items, overload, kind.width) if overload else kind


def call_kind(says: str, node: Node, kinds: Sequence[Kind], *, alone: bool, library: str | None) -> Kind:
    """The kind of what a function of the table gives that requires no grad, by what `whole` in it `says`.

    `alone`: nothing but the first argument is given. `library`: whose function it is; those of `math` give
    numbers whatever they take, and NumPy's make arrays of lists and numbers.
    """
    if says == "counted":
        return COUNT
    form, whole, *_ = combined(kinds, says in ("kept", "rounded"))
    if library == "math":
        form = "number"
    elif library == "numpy" and form == "number":
        form = "array"
    rounds = says == "rounded" and alone and form == "number" and library != "numpy"
    return _KINDS[form, whole or node.boolean or rounds or says == "always"]
