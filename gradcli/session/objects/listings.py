"""What modules list: their parameters and modules in order, and their state by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from gradcli.engine.primitives.shaping import detach
from gradcli.lowering.context import Context
from gradcli.lowering.dictionaries import VIEWS, View
from gradcli.lowering.hosts import Method, Text
from gradcli.lowering.kinds import Host, Key, Lowered, Several, Typed, tensor_kind
from gradcli.session.results import Shown, Words
from gradcli.session.values import Value
from gradcli.text.source import Span


class Listing(Host):
    """What `parameters()` and its like give: things that are kept, or tuples of them."""

    title = "a generator"
    settled = True

    def __init__(self, name: str, kept: Sequence[Any]) -> None:
        self.name = name
        self.kept = kept

    def items(self, context: Context) -> Sequence[Lowered]:
        """What there is, as it is now."""
        return [
            Several(tuple(context.now(part) for part in each))
            if each.__class__ is tuple
            else context.now(each)
            for each in self.kept
        ]

    def text(self) -> str:
        """As Python has it, without the address."""
        return f"<generator object Module.{self.name}>"


class StateDict(Host):
    """Parameters by their names, as they are when they are looked at."""

    title = "a state_dict"
    settled = True
    keyed = True

    def __init__(self, kept: Mapping[str, Value]) -> None:
        self.kept = kept

    def keys(self, context: Context) -> list[Lowered]:
        """The names."""
        return [Text((name,)) for name in self.kept]

    def values(self, context: Context) -> list[Lowered]:
        """The numbers of what stands under them."""
        return [self._numbers(context, each) for each in self.kept.values()]

    def items(self, context: Context) -> Sequence[Lowered]:
        """The names."""
        return self.keys(context)

    def entry(self, context: Context, key: Key, span: Span) -> Lowered | None:
        """The numbers of a parameter, or of a buffer."""
        kept = self.kept.get(key.plain)
        return None if kept is None else self._numbers(context, kept)

    def _numbers(self, context: Context, kept: Value) -> Lowered:
        node, kind = cast("Typed", context.now(kept))
        return (node, kind) if not node.tracked else (detach.build(node), tensor_kind(False))

    def names(self) -> Iterable[str]:
        """What it can do."""
        return VIEWS

    def attribute(self, context: Context, name: str) -> Lowered | None:
        """Its names, its numbers, or pairs of them."""
        return Method(name, lambda context, call: View(self, name, "odict")) if name in VIEWS else None

    def shown(self, run: Any) -> Words:
        """As PyTorch prints it."""
        parts: list[Any] = ["OrderedDict(["]
        for place, (name, kept) in enumerate(self.kept.items()):
            parts += [f"{', ' if place else ''}('{name}', ", Shown(run.session.data_of(kept)), ")"]
        return Words((*parts, "])"), bare=True)
