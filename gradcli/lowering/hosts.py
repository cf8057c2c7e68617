"""The host values of the language itself: text, None, lists, and functions and methods as values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from types import GeneratorType
from typing import Any

import numpy as np

from gradcli.engine.graph import Node, as_node, constant
from gradcli.engine.primitives import shaping
from gradcli.engine.shapes import shape_text
from gradcli.language.tree import Argument, Call, Comparison, Name, Spread
from gradcli.lowering.context import Context, Whole, done
from gradcli.lowering.kinds import (
    COUNT,
    Host,
    Key,
    Lowered,
    Several,
    Typed,
    list_kind,
    tracked_kind,
)
from gradcli.lowering.names import dtype_of
from gradcli.records import NamedTuple
from gradcli.text.errors import EvaluationError, GradcliError, RaisedError
from gradcli.text.source import Span
from gradcli.trampoline import Rule


class Arguments(NamedTuple):
    """The arguments of a call: those without a name, those with one, and where each is written."""

    positional: list[Lowered]
    named: dict[str, Lowered]
    spans: list[Span]
    named_spans: dict[str, Span]


def arguments(context: Context, call: Call) -> Rule:
    """A rule: what a call is given, as `Arguments`."""
    found = Arguments([], {}, [], {})
    for argument in call.arguments:
        if dtype_of(argument.value, context) is not None:
            given: Lowered = Text((context.text(argument.value.span),))  # a dtype is no value
        else:
            given = yield Whole(argument.value)
        if argument.name is None:
            found.positional.append(given)
            found.spans.append(argument.value.span)
        else:
            found.named[argument.name] = given
            found.named_spans[argument.name] = argument.value.span
    return found


def spreads(call: Call) -> bool:
    """Whether an argument of a call stands for several."""
    return any(isinstance(argument.value, Spread) for argument in call.arguments)


def spread_out(context: Context, call: Call) -> Rule:
    """A rule: a call with the items of each `*xs` and `**options` as arguments of their own."""
    if not spreads(call):
        return call
    values: list[Argument] = []
    names: dict[str, Argument] = {}
    for argument in call.arguments:
        spread = argument.value
        if isinstance(spread, Spread):
            whole = yield Whole(spread.value)
            if not spread.named:
                items = items_of(context, whole, spread.value.span)
                values += [Argument(spread.span, None, done(spread.span, each)) for each in items]
                continue
            given = [
                Argument(spread.span, name, done(spread.span, each))
                for name, each in _named_entries(context, whole, spread.value.span)
            ]
        elif argument.name is None:
            values.append(argument)
            continue
        else:
            given = [argument]
        for each in given:
            assert each.name is not None
            if each.name in names:
                raise context.wrong(f"{each.name} is given twice", each.span)
            names[each.name] = each
    return call._replace(arguments=(*values, *names.values()))


def _named_entries(context: Context, found: Lowered, span: Span) -> Iterable[tuple[str, Lowered]]:
    """The entries of a dictionary whose keys are names; raises `InputError` for anything else."""
    if not isinstance(found, Host) or not found.keyed:
        raise context.wrong("only a dictionary gives arguments with names", span, 'f(**{"x": 3})')
    for key in found.items(context) or ():
        name = key.plain if isinstance(key, Text) else None
        if name is None:
            raise context.wrong("the keys of these arguments are no names", span)
        yield name, found.entry(context, Key(name, key), span)


def called(host: Host, context: Context, call: Call) -> Rule:
    """A rule: what a call of a host value gives."""
    return (yield as_rule(host.call(context, call)))


def called_with(host: Host, context: Context, passed: Iterable[Lowered], call: Call) -> Rule:
    """A rule: what a host value gives for arguments that have been lowered, called where `call` is."""
    given = tuple([Argument(call.span, None, done(call.span, each)) for each in passed])
    return called(host, context, call._replace(arguments=given))


def folded(host: Host, context: Context, values: Sequence[Lowered], call: Call) -> Rule:
    """A rule: what a function of two makes of the first and the second value, of that and the third, …"""
    total = values[0]
    for each in values[1:]:
        total = yield called_with(host, context, (total, each), call)
    return total


def as_rule(found: Rule | Lowered) -> Rule:
    """A rule that comes to what is given: what another rule comes to, or at once what is no rule."""
    return (yield found) if isinstance(found, GeneratorType) else found


class Text(Host):
    """Text. `parts` are strings and what `print` would show between them: numbers look as the style says."""

    title = "text"
    hint = "text is printed, joined and compared, and is no number"
    settled = True

    def __init__(self, parts: Sequence[Any]) -> None:
        self.parts = tuple(parts)

    @property
    def plain(self) -> str | None:
        """The text where it holds no numbers, whose look depends on the style."""
        if all(isinstance(part, str) for part in self.parts):
            return "".join(self.parts)
        return None

    def truth(self) -> bool:
        """Whether it is not empty."""
        return self.plain != ""

    def equals(self, other: Any) -> bool:
        """Whether it is the same text."""
        return isinstance(other, Text) and (
            self.parts is other.parts if self.plain is None else self.plain == other.plain
        )

    def items(self, context: Context) -> Sequence[Lowered] | None:
        """Its characters."""
        return None if self.plain is None else [Text((letter,)) for letter in self.plain]

    def part(self, places: slice) -> Text:
        """Some of its characters."""
        return Text(((self.plain or "")[places],))

    def names(self) -> Iterable[str]:
        """What texts can do; what takes values stands in `texts.METHODS`."""
        return ("format", "join", "split", "replace", "startswith", "endswith", "count", "find", *_OF_TEXTS)

    def attribute(self, context: Context, name: str) -> Lowered | None:
        """One of its methods."""
        does = _OF_TEXTS.get(name)
        return None if does is None else Method(name, lambda context, call: Text((does(self.plain or ""),)))

    def text(self) -> str:
        """The text itself."""
        return self.plain or ""


class Nothing(Host):
    """None: what a function returns that returns nothing; and a grad that is none, with why it is so."""

    title = "None"
    settled = True

    def __init__(self, why: GradcliError | None = None) -> None:
        self.why = why

    def typed(self, context: Context, span: Span) -> Typed:
        """It is no value; raises `GradcliError`."""
        if self.why is not None:
            raise self.why
        raise context.wrong(
            "None is not a value", span, "leave it out, as what it stands for elsewhere is the default here"
        )

    def truth(self) -> bool:
        """It counts as false."""
        return False

    def text(self) -> str:
        """As Python has it."""
        return "None"


NONE = Nothing()


class Method(Host):
    """What stands behind the dot of a host value, and is called."""

    title = "a method"
    settled = True

    def __init__(self, name: str, function: Callable[[Context, Call], Rule | Lowered]) -> None:
        self.name = name
        self.function = function

    def call(self, context: Context, call: Call) -> Rule | Lowered:
        """What the method gives."""
        return self.function(context, call)

    def text(self) -> str:
        """As Python has it."""
        return f"<built-in method {self.name}>"


class Holder(Host):
    """What holds other things: a list, a dictionary, an object of a program's own class."""

    def inside(self) -> Iterable[Any]:
        """What it holds, as it is kept."""
        raise NotImplementedError

    def change(self, change: Callable[[Any], Any]) -> None:
        """Changes each thing that it holds."""
        raise NotImplementedError

    def settle(self, keep: Callable[[Any], Any]) -> None:
        """Keeps what it holds; what it holds that holds others is settled too, each once."""
        stack: list[Holder] = [self]
        seen: dict[int, Holder] = {}
        while stack:
            each = stack.pop()
            if id(each) in seen or each.is_settled:
                continue
            seen[id(each)] = each
            items = list(each.inside())
            if any(map(is_lowered, items)):
                each.change(lambda item: keep(item) if is_lowered(item) else item)
            stack += [item for item in items if isinstance(item, Holder) and not item.is_settled]
        for each in seen.values():
            each.is_settled = True


class Container(Holder):
    """A list or a dictionary, which is what it holds, and so no key of another."""


class List(Container):
    """A list of Python's: whoever holds it sees what is appended to it."""

    title = "a list"

    def __init__(self, kept: Iterable[Any]) -> None:
        self.kept = list(kept)

    def inside(self) -> Iterable[Any]:
        """Its items."""
        return self.kept

    def change(self, change: Callable[[Any], Any]) -> None:
        """Changes each item."""
        self.kept[:] = [change(item) for item in self.kept]

    def held(self) -> Any:
        """What is in it."""
        return tuple(self.kept)

    def hold(self, held: Any) -> None:
        """Lets it hold again what it held."""
        self.kept = list(held)

    def truth(self) -> bool:
        """Whether it has items."""
        return bool(self.kept)

    def items(self, context: Context) -> Sequence[Lowered]:
        """Its items, as they are now."""
        return [context.now(each) for each in self.kept]

    def length(self, context: Context) -> int:
        """How many there are."""
        return len(self.kept)

    def part(self, places: slice) -> List:
        """A list of some of its items."""
        return List(self.kept[places])

    def typed(self, context: Context, span: Span) -> Typed:
        """The array of its items, where they make one."""
        items = [context.one(each, span) for each in self.items(context)]
        if not items:
            return constant([]), list_kind(())
        return stacked(context, items, span)

    def names(self) -> Iterable[str]:
        """What lists can do."""
        return _OF_LISTS

    def attribute(self, context: Context, name: str) -> Lowered | None:
        """One of its methods."""
        does = _OF_LISTS.get(name)
        if does is None:
            return None
        return Method(name, lambda context, call: does(self, context, call))


class Kept(Sequence[Lowered]):
    """Items of a list, of which only those that are asked for are looked at."""

    def __init__(self, context: Context, kept: Sequence[Any]) -> None:
        self._context = context
        self._kept = kept

    def __len__(self) -> int:
        return len(self._kept)

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return [self._context.now(each) for each in self._kept[place]]
        return self._context.now(self._kept[place])


def is_lowered(kept: Any) -> bool:
    """Whether something is kept as it was lowered, in a function, and has no data yet."""
    return kept.__class__ is tuple or isinstance(kept, Several)


def stacked(context: Context, items: Sequence[Typed], span: Span) -> Typed:
    """The array of the items of a list; raises `EvaluationError` where their shapes differ."""
    nodes: list[Node] = [node for node, _ in items]
    odd = next((node for node in nodes if node.shape != nodes[0].shape), None)
    if odd is not None:
        shapes = f"{shape_text(nodes[0].shape)} and {shape_text(odd.shape)}"
        raise EvaluationError(
            f"the items of this list have different shapes, and make no one array: {shapes}",
            (context.mark(span),),
        )
    return context.build(lambda: shaping.stack(nodes), span, ()), list_kind([kind for _, kind in items])


# What lists can do


def _one_argument(context: Context, call: Call, name: str) -> Rule:
    """A rule: the one argument of a method of lists."""
    given: Arguments = yield arguments(context, call)
    if len(given.positional) != 1 or given.named:
        raise context.wrong(f"{name} takes one value", call.span, f"as in xs.{name}(3)")
    return given.positional[0]


def _append(found: List, context: Context, call: Call) -> Rule:
    item = yield _one_argument(context, call, "append")
    actor = context.actor
    if actor is not None and not context.in_function and actor.append(context, found, item, call):
        return NONE
    kept = context.kept_from(call.arguments[0].value, item, call.span)
    context.changing(found, call.span)
    found.kept.append(kept)
    return NONE


def _extend(found: List, context: Context, call: Call) -> Rule:
    given = yield _one_argument(context, call, "extend")
    items = [context.keep(each, call.span) for each in items_of(context, given, call.arguments[0].span)]
    context.changing(found, call.span)
    found.kept.extend(items)
    return NONE


def _pop(found: List, context: Context, call: Call) -> Rule:
    given: Arguments = yield arguments(context, call)
    if len(given.positional) > 1 or given.named:
        raise context.wrong("pop takes a place, or nothing", call.span, "as in xs.pop() and xs.pop(0)")
    at = -1
    if given.positional:
        node, _ = context.one(given.positional[0], given.spans[0])
        at = context.settled_integer(node, given.spans[0])
    if not -len(found.kept) <= at < len(found.kept):
        told = "there is nothing to pop from an empty list" if not found.kept else f"there is no [{at}]"
        said = "pop index out of range" if found.kept else "pop from empty list"
        raise RaisedError("IndexError", said, (context.mark(call.span),), told)
    context.changing(found, call.span)
    return context.now(found.kept.pop(at))


def _clear(found: List, context: Context, call: Call) -> Lowered:
    context.changing(found, call.span)
    found.kept.clear()
    return NONE


def _copy(found: List, context: Context, call: Call) -> Lowered:
    return List(found.kept)


def _insert(found: List, context: Context, call: Call) -> Rule:
    given: Arguments = yield arguments(context, call)
    if len(given.positional) != 2 or given.named:
        raise context.wrong("insert takes a place and a value", call.span, "as in xs.insert(0, 3)")
    node, _ = context.one(given.positional[0], given.spans[0])
    at = context.settled_integer(node, given.spans[0])
    kept = context.keep(given.positional[1], call.span)
    context.changing(found, call.span)
    found.kept.insert(at, kept)
    return NONE


def _reverse(found: List, context: Context, call: Call) -> Lowered:
    context.changing(found, call.span)
    found.kept.reverse()
    return NONE


def _places_of(found: List, context: Context, call: Call, name: str) -> Rule:
    """A rule: where an item stands in a list."""
    item = yield _one_argument(context, call, name)
    span, places = call.arguments[0].span, []
    for place, each in enumerate(found.items(context)):
        node, _ = yield Comparison(call.span, ("==",), (done(call.function.span, each), done(span, item)))
        known = context.known(node, leaves=True)
        if known is not None and np.all(known):
            places.append(place)
    return places


def _place_of(found: List, context: Context, call: Call, name: str) -> Rule:
    places = yield from _places_of(found, context, call, name)
    if not places:
        told = f"{context.text(call.arguments[0].span)} is not in the list"
        raise EvaluationError(told, (context.mark(call.arguments[0].span),))
    return places[0]


def _index(found: List, context: Context, call: Call) -> Rule:
    return counted((yield from _place_of(found, context, call, "index")))


def _count(found: List, context: Context, call: Call) -> Rule:
    return counted(len((yield from _places_of(found, context, call, "count"))))


def _remove(found: List, context: Context, call: Call) -> Rule:
    place = yield from _place_of(found, context, call, "remove")
    context.changing(found, call.span)
    del found.kept[place]
    return NONE


def _sort(found: List, context: Context, call: Call) -> Rule:
    first = Argument(call.span, None, done(call.function.span, found))
    asked = call._replace(function=Name(call.function.span, "sorted"), arguments=(first, *call.arguments))
    made = yield Whole(asked)
    context.changing(found, call.span)
    found.kept[:] = made.kept
    return NONE


_OF_LISTS: dict[str, Callable[[List, Context, Call], Rule | Lowered]] = {
    "append": _append,
    "extend": _extend,
    "pop": _pop,
    "clear": _clear,
    "copy": _copy,
    "insert": _insert,
    "reverse": _reverse,
    "index": _index,
    "count": _count,
    "remove": _remove,
    "sort": _sort,
}


_OF_TEXTS: dict[str, Callable[[str], str]] = {
    "lower": str.lower,
    "upper": str.upper,
    "title": str.title,
    "capitalize": str.capitalize,
    "swapcase": str.swapcase,
}


# What has items


def items_of(context: Context, found: Lowered, span: Span) -> Sequence[Lowered]:
    """The items of a tuple, a list or an array along its first dimension; raises `InputError`."""
    if isinstance(found, Several):
        return found.parts
    if isinstance(found, Host):
        items = found.items(context)
        if items is None:
            raise context.wrong(f"{found.title} has no items", span)
        return items
    return items_of_array(context, found, span)


def items_of_array(context: Context, typed: Typed, span: Span) -> list[Lowered]:
    """The items of an array along its first dimension, as a loop takes them; raises `InputError`."""
    node, kind = typed
    if not node.shape:
        raise context.wrong("a single number has no items", span)
    whole = tuple((0, size, 1) for size in node.shape[1:])
    parts = [shaping.subscript(node, (k, *whole)) for k in range(node.shape[0])]
    tracked = tracked_kind(kind)._replace(overload="UnbindBackward0")
    return [(part, tracked if part.tracked else kind.item(k)) for k, part in enumerate(parts)]


def truth(context: Context, host: Host, span: Span) -> Typed:
    """What a host value counts as in a condition."""
    found = host.truth()
    if found is None:
        raise context.wrong(f"{host.title} is neither true nor false", span)
    return constant(found), COUNT


def counted(number: int) -> Typed:
    """A number of things, as a value."""
    return as_node(number), COUNT
