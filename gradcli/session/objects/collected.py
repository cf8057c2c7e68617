"""What programs ask of Python's `collections` and `copy`: dictionaries of other classes, deques, copies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from functools import partial
from typing import Any

from gradcli.engine.graph import Input, Node
from gradcli.engine.primitives.shaping import clone
from gradcli.language.tree import Call
from gradcli.lowering.context import Context
from gradcli.lowering.dictionaries import Dictionary, make, make_with_default, of_names
from gradcli.lowering.hosts import Arguments, Text, arguments, items_of
from gradcli.lowering.kinds import OWN, Host, Kind, Several, Typed, over_each
from gradcli.lowering.pythonic import make_deque
from gradcli.session.objects.listings import StateDict
from gradcli.session.values import Group, Value
from gradcli.text.source import Span
from gradcli.trampoline import Rule


def copied(context: Context, call: Call) -> Rule:
    """A rule: `copy.deepcopy(model)`: a copy that shares nothing that changes, leaves included."""
    given: Arguments = yield arguments(context, call)
    if len(given.positional) != 1:
        raise context.wrong("one thing is copied", call.span, "copy.deepcopy(model)")
    return copy_of(context, given.positional[0], call.span)


def copy_of(context: Context, found: Any, span: Span) -> Any:
    """A copy of a value that shares nothing that changes, leaves included."""
    made: dict[Any, Any] = {}

    def of(kept: Any) -> Any:
        if isinstance(kept, Value):
            node = kept.node
            if not isinstance(node, Input):
                return kept
            if node not in made:
                if node.role == "leaf":
                    made[node] = Value(context.scope.new_leaf(node), None, {}, kept.kind)
                else:
                    made[node] = context.keep((clone.build(node), kept.kind), span)
            return made[node]
        if isinstance(kept, Several | Group):
            return kept._replace(parts=tuple([of(each) for each in kept.parts]))
        if kept.__class__ is tuple and kept and isinstance(kept[0], Node):
            copied = of(Value(kept[0], None, {}, kept[1]))
            return (copied.node, kept[1]) if isinstance(copied, Value) else copied
        if kept.__class__ is tuple:
            return tuple([of(each) for each in kept])
        if isinstance(kept, dict):
            return {name: of(each) for name, each in kept.items()}
        if isinstance(kept, StateDict):
            return alone(kept)
        if isinstance(kept, Host) and not kept.settled:
            if kept not in made:
                made[kept] = copy(kept)
                made[kept].hold(of(kept.held()))
            return made[kept]
        return kept

    def alone(state: StateDict) -> Dictionary:
        values = [over_each(_clone, each) for each in state.values(context)]
        return of_names(context, dict(zip(state.kept, values, strict=True)), span)

    return of(found)


def _clone(node: Node, kind: Kind) -> Typed:
    return clone.build(node), kind


class NamedTuples(Host):
    """A class of tuples whose parts have names: `Point = namedtuple("Point", ["x", "y"])`."""

    title = "a class"
    hint = "call it with the values of its parts"
    settled = True
    python_type = "type"

    def __init__(self, name: str, parts: tuple[str, ...], defaults: Mapping[str, Any] | None = None) -> None:
        self.name = name
        self.parts = parts
        self.defaults = defaults or {}
        """Values (as `Context.keep` keeps them) of parts that need not be given."""

    def call(self, context: Context, call: Call) -> Rule:
        """A tuple of that class."""
        given: Arguments = yield arguments(context, call)
        placed = dict(zip(self.parts, given.positional, strict=False)) | given.named
        found = {name: context.now(kept) for name, kept in self.defaults.items()} | placed
        count = len(given.positional) + len(given.named)
        if count != len(placed) or {*found} != {*self.parts}:
            raise context.wrong(
                f"{self.name} takes {len(self.parts)} values",
                call.span,
                f"{self.name}({', '.join(self.parts)})",
            )
        return Several(tuple([found[name] for name in self.parts]), self.parts, f"{OWN}{self.name}")

    def text(self) -> str:
        """As Python has it."""
        return f"<class '{OWN}{self.name}'>"


def _namedtuple(context: Context, call: Call) -> Rule:
    given: Arguments = yield arguments(context, call)
    usage = 'Point = namedtuple("Point", ["x", "y"])'
    if len(given.positional) != 2 or given.named:
        raise context.wrong("namedtuple takes a name and those of its parts", call.span, usage)
    name, listed = given.positional
    parts = listed.plain.replace(",", " ").split() if isinstance(listed, Text) and listed.plain else None
    if parts is None and isinstance(listed, Several | Host):
        items = items_of(context, listed, given.spans[1])
        parts = [each.plain or "" for each in items if isinstance(each, Text)]
    if not isinstance(name, Text) or not parts or not all(each.isidentifier() for each in parts):
        raise context.wrong("the names of a namedtuple are texts", call.span, usage)
    return NamedTuples(name.text(), tuple(parts))


MAKERS: Mapping[str, Callable[[Context, Call], Any]] = {
    "collections.namedtuple": _namedtuple,
    "collections.OrderedDict": partial(make, name="OrderedDict"),
    "collections.defaultdict": make_with_default,
    "collections.deque": make_deque,
    "copy.deepcopy": copied,
}
"""What makes dictionaries of other classes, deques and copies, by its full path."""
