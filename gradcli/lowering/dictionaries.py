"""Dictionaries of Python's: `{"lr": 0.1}`, `dict(w=w)`, what stands under their keys, and their methods."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from gradcli.language.tree import Call, Comprehension, Expression, Name
from gradcli.language.tree import Dictionary as Written
from gradcli.language.vocabulary import CONSTANTS, TRUTHS
from gradcli.lowering.context import Context, Whole
from gradcli.lowering.hosts import (
    NONE,
    Arguments,
    Container,
    List,
    Method,
    Nothing,
    Text,
    arguments,
    as_rule,
    called,
    items_of,
)
from gradcli.lowering.kinds import Host, Key, Lowered, Several, Typed
from gradcli.records import Protocol
from gradcli.text.errors import EvaluationError, RaisedError
from gradcli.text.source import Span
from gradcli.text.suggest import did_you_mean
from gradcli.trampoline import Rule


class Dictionary(Container):
    """A dictionary of Python's: whoever holds it sees what is put into it.

    `entries` has for each key what tells it from others, with the key and its value as they are kept. `name`
    is that of another class of dictionaries, and `missing` makes the value of a key that is not there.
    """

    title = "a dictionary"
    hint = 'a value in it is taken by its key: d["lr"]'
    keyed = True

    def __init__(
        self, entries: dict[Any, tuple[Any, Any]], name: str = "dict", missing: Host | None = None
    ) -> None:
        self.entries = entries
        self.name = name
        self.missing = missing

    def held(self) -> Any:
        """What is in it."""
        return dict(self.entries)

    def hold(self, held: Any) -> None:
        """Lets it hold again what it held."""
        self.entries = dict(held)

    def inside(self) -> Iterable[Any]:
        """Its keys and values."""
        return [each for entry in self.entries.values() for each in entry]

    def change(self, change: Callable[[Any], Any]) -> None:
        """Changes each key and each value."""
        self.entries = {plain: (change(key), change(value)) for plain, (key, value) in self.entries.items()}

    def truth(self) -> bool:
        """Whether it has entries."""
        return bool(self.entries)

    def contains(self, context: Context, item: Lowered, span: Span) -> bool:
        """Whether it has an entry under a key."""
        return key_of(context, item, span).plain in self.entries

    def by_names(self, context: Context) -> dict[str, Lowered]:
        """Its values, by their keys."""
        return {str(key): context.now(value) for key, (_, value) in self.entries.items()}

    def keys(self, context: Context) -> list[Lowered]:
        """Its keys."""
        return [context.now(key) for key, _ in self.entries.values()]

    def values(self, context: Context) -> list[Lowered]:
        """Its values, as they are now."""
        return [context.now(value) for _, value in self.entries.values()]

    def items(self, context: Context) -> Sequence[Lowered]:
        """Its keys."""
        return self.keys(context)

    def entry(self, context: Context, key: Key, span: Span) -> Any:
        """The value of a key."""
        if key.plain in self.entries:
            return context.now(self.entries[key.plain][1])
        return None if self.missing is None else self._new(context, self.missing, key, span)

    def _new(self, context: Context, missing: Host, key: Key, span: Span) -> Rule:
        made = yield called(missing, context, Call(span, Name(span, ""), ()))
        self.assign_entry(context, key, made, span)
        return context.now(self.entries[key.plain][1])

    def assign_entry(self, context: Context, key: Key, found: Lowered, span: Span) -> bool:
        """Gives a key another value."""
        self.put(context, [(key, found)], span)
        return True

    def put(self, context: Context, given: Iterable[tuple[Key, Lowered]], span: Span) -> None:
        """Gives keys other values."""
        entries = _kept(context, given, span)
        context.changing(self, span)
        for plain, (key, value) in entries.items():
            before = self.entries.get(plain)
            self.entries[plain] = (key if before is None else before[0], value)

    def names(self) -> Iterable[str]:
        """What dictionaries can do."""
        return _METHODS

    def attribute(self, context: Context, name: str) -> Lowered | None:
        """One of its methods."""
        does = _METHODS.get(name)
        return None if does is None else Method(name, lambda context, call: does(self, context, call))


class Keyed(Protocol):
    """What has keys and values."""

    def keys(self, context: Context) -> list[Lowered]:
        """The keys."""

    def values(self, context: Context) -> list[Lowered]:
        """The values, as they are now."""

    def truth(self) -> bool | None:
        """Whether there are entries."""


VIEWS = ("keys", "values", "items")
"""The names of what shows the entries of a dictionary."""


class View(Host):
    """What `keys`, `values` and `items` give: they show the dictionary as it is when they are looked at."""

    title = "a view of a dictionary"
    settled = True

    def __init__(self, of: Keyed, name: str, of_class: str = "dict") -> None:
        self.of = of
        self.name = name
        self.python_type = f"{of_class}_{name}"

    def items(self, context: Context) -> Sequence[Lowered]:
        """The keys, the values, or pairs of them."""
        if isinstance(self.of, Host):
            context.now(self.of)  # noted, as what a loop keeps depends on it
        if self.name == "keys":
            return self.of.keys(context)
        values = self.of.values(context)
        if self.name == "values":
            return values
        return [Several(pair) for pair in zip(self.of.keys(context), values, strict=True)]

    def typed(self, context: Context, span: Span) -> Typed | None:
        """The array of the values, where they make one."""
        return List(self.items(context)).typed(context, span) if self.name == "values" else None

    def truth(self) -> bool:
        """Whether there are entries."""
        return self.of.truth() is not False


# Keys


def key_of(context: Context, found: Lowered, span: Span) -> Key:
    """What stands in brackets, or before a colon, as a key; raises `GradcliError` for what is none.

    A number of Python's, and wherever bare numbers are leaves any single number, is a key by its value. A
    tensor is one by itself, as an optimizer's state has it.
    """
    return Key(_plain(context, found, span), found)


def _plain(context: Context, found: Lowered, span: Span) -> Any:
    if isinstance(found, Several):
        return tuple(_plain(context, each, span) for each in found.parts)
    if isinstance(found, Text):
        if found.plain is None:
            raise context.wrong("text that holds numbers is no key", span, 'str(x) + "…" is put together')
        return found.plain
    if isinstance(found, Nothing):
        return None
    if isinstance(found, Container):
        hint = "a tuple can: (1, 2)" if isinstance(found, List) else None
        raise EvaluationError(f"{found.title} cannot be a key, as it can change", (context.mark(span),), hint)
    if isinstance(found, Host):
        return getattr(found, "define", found)
    node, kind = found
    if kind.form == "list":
        raise EvaluationError("a list cannot be a key", (context.mark(span),), "a tuple can: (1, 2)")
    if kind.form in ("tensor", "array") and (node.shape or context.scope.keeps_lists):
        return node
    known = context.known(node, leaves=context.scope.reads_leaves)
    if known is None or np.shape(known):
        raise EvaluationError("a key is a text or a number that is known", (context.mark(span),))
    return float(known)


def key_text(plain: Any) -> str:
    """What tells a key from others, as a message has it."""
    if isinstance(plain, tuple):
        return f"({', '.join(map(key_text, plain))})"
    if isinstance(plain, float):
        return repr(int(plain) if plain.is_integer() else plain)
    return repr(plain) if plain is None or isinstance(plain, str) else "a value"


def no_entry(context: Context, found: Host, key: Key, span: Span) -> RaisedError:
    """What is told where nothing stands under a key."""
    keys = [key_of(context, each, span).plain for each in found.items(context) or ()]
    names = [each for each in keys if isinstance(each, str) and each]
    near = did_you_mean(key.plain, names) if isinstance(key.plain, str) else None
    listed = ", ".join([key_text(each) for each in keys[:MOST_KEYS]]) + ", …" * (len(keys) > MOST_KEYS)
    hint = f"did you mean '{near}'?" if near else f"there is {listed}" if keys else "it is empty"
    told = f"{found.title} has no such entry"
    return RaisedError("KeyError", key_text(key.plain), (context.mark(span),), told, hint)


MOST_KEYS = 12
"""How many keys a hint lists."""


def _kept(context: Context, given: Iterable[tuple[Key, Lowered]], span: Span) -> dict[Any, tuple[Any, Any]]:
    """Entries with their data now."""
    return {key.plain: (context.keep(key.found, span), context.keep(value, span)) for key, value in given}


# What makes them


def written(context: Context, expression: Written) -> Rule:
    """A rule: `{"lr": 0.1, **others}` and `{k: v for k, v in pairs}`."""
    entries: dict[Any, tuple[Any, Any]] = {}
    if isinstance(expression.entries, Comprehension):
        from gradcli.lowering.loops import comprehension

        pairs = yield comprehension(context, expression.entries)
        return Dictionary(_kept(context, _pairs(context, pairs, expression.span), expression.span))
    for each in expression.entries:
        if each.key is None:
            merged = yield Whole(each.value)
            if not isinstance(merged, Host) or not merged.keyed:
                raise context.wrong("only a dictionary is spread in another", each.value.span)
            given = yield _entries_of(context, merged, each.value.span)
        else:
            key = key_of(context, (yield Whole(_named(context, each.key))), each.key.span)
            given = [(key, (yield Whole(each.value)))]
        for plain, entry in _kept(context, given, each.span).items():
            before = entries.get(plain)
            entries[plain] = entry if before is None else (before[0], entry[1])
    return Dictionary(entries)


def _named(context: Context, key: Expression) -> Expression:
    """A key; raises `InputError` for a name without a value, which other languages have there."""
    if (
        isinstance(key, Name)
        and not context.bound(key.name)
        and key.name not in (*CONSTANTS, *TRUTHS, "None")
    ):
        known = context.scope.function(key.name) is not None or context.imported(key.name) is not None
        if not known and not context.scope.open:
            raise context.wrong(f"unknown name {key.name}", key.span, f'a text has quotes: "{key.name}"')
    return key


def _entries_of(context: Context, found: Host, span: Span) -> Rule:
    """A rule: the entries of what has some under keys."""
    given: list[tuple[Key, Lowered]] = []
    for each in found.items(context) or ():
        key = key_of(context, each, span)
        given.append((key, (yield as_rule(found.entry(context, key, span)))))
    return given


def _pairs(context: Context, pairs: Iterable[Lowered], span: Span) -> list[tuple[Key, Lowered]]:
    """Keys and values of pairs; raises `InputError` where something is no pair."""
    given = []
    for pair in pairs:
        parts = pair.parts if isinstance(pair, Several) else items_of(context, pair, span)
        if len(parts) != 2:
            raise context.wrong(
                "a dictionary is made of pairs of a key and a value", span, 'dict([("lr", 0.1)])'
            )
        given.append((key_of(context, parts[0], span), parts[1]))
    return given


def _given(context: Context, call: Call, name: str) -> Rule:
    """A rule: the keys and values that `dict` or `update` is given: of a dictionary, of pairs, and named."""
    given: Arguments = yield arguments(context, call)
    if len(given.positional) > 1:
        raise context.wrong(f"{name} takes one dictionary, or one list of pairs", call.span, f"{name}(w=1)")
    found: list[tuple[Key, Lowered]] = []
    for each, span in zip(given.positional, given.spans, strict=True):
        if isinstance(each, Host) and each.keyed:
            found += yield _entries_of(context, each, span)
        else:
            found += _pairs(context, items_of(context, each, span), span)
    found += [(Key(key, Text((key,))), value) for key, value in given.named.items()]
    return found


def make(context: Context, call: Call, name: str = "dict") -> Rule:
    """A rule: `dict(a=1)`, `dict(pairs)`, `dict(other)`."""
    return Dictionary(_kept(context, (yield _given(context, call, name)), call.span), name)


def of_names(context: Context, given: Mapping[str, Lowered], span: Span) -> Dictionary:
    """The dictionary of what a call gives by names, as `**kwargs` takes it."""
    entries = [(Key(name, Text((name,))), found) for name, found in given.items()]
    return Dictionary(_kept(context, entries, span))


def of_pairs(context: Context, given: Sequence[tuple[Lowered, Lowered]], span: Span) -> Dictionary:
    """The dictionary of some keys and values."""
    entries = [(key_of(context, key, span), value) for key, value in given]
    return Dictionary(_kept(context, entries, span))


def make_with_default(context: Context, call: Call) -> Rule:
    """A rule: `defaultdict(list)`, which makes the value of a key that is not there."""
    first = call.arguments[0].value if call.arguments else None
    missing = NONE if first is None else (yield Whole(first))
    if not isinstance(missing, Host) or isinstance(missing, Text):
        raise context.wrong("defaultdict takes what makes a value", call.span, "defaultdict(list)")
    rest = yield _given(context, call._replace(arguments=call.arguments[1:]), "dict")
    return Dictionary(_kept(context, rest, call.span), "defaultdict", None if missing is NONE else missing)


# What they can do


def _view(name: str) -> Callable[[Dictionary, Context, Call], Lowered]:
    def does(found: Dictionary, context: Context, call: Call) -> Lowered:
        if call.arguments:
            raise context.wrong(f"{name} takes nothing", call.arguments[0].span, f"d.{name}()")
        return View(found, name)

    return does


def _of_key(context: Context, call: Call, name: str) -> Rule:
    """A rule: the key that a method is given, and what it is given for one that is not there."""
    given: Arguments = yield arguments(context, call)
    values = [*given.positional, *(given.named[key] for key in given.named if key == "default")]
    if not 1 <= len(values) <= 2 or len(values) != len(given.positional) + len(given.named):
        raise context.wrong(f"{name} takes a key and a value", call.span, f'd.{name}("lr", 0.1)')
    return key_of(context, values[0], given.spans[0] if given.spans else call.span), values[1:]


def _get(found: Dictionary, context: Context, call: Call) -> Rule:
    key, others = yield _of_key(context, call, "get")
    if key.plain in found.entries:
        return found.entry(context, key, call.span)
    return others[0] if others else NONE


def _set_default(found: Dictionary, context: Context, call: Call) -> Rule:
    key, others = yield _of_key(context, call, "setdefault")
    if key.plain not in found.entries:
        found.put(context, [(key, others[0] if others else NONE)], call.span)
    return found.entry(context, key, call.span)


def _pop(found: Dictionary, context: Context, call: Call) -> Rule:
    key, others = yield _of_key(context, call, "pop")
    if key.plain not in found.entries:
        if others:
            return others[0]
        raise no_entry(context, found, key, call.span)
    context.changing(found, call.span)
    return context.now(found.entries.pop(key.plain)[1])


def _update(found: Dictionary, context: Context, call: Call) -> Rule:
    found.put(context, (yield _given(context, call, "update")), call.span)
    return NONE


def _clear(found: Dictionary, context: Context, call: Call) -> Lowered:
    context.changing(found, call.span)
    found.entries.clear()
    return NONE


def _copy(found: Dictionary, context: Context, call: Call) -> Lowered:
    return Dictionary(dict(found.entries), found.name, found.missing)


_METHODS: dict[str, Callable[[Dictionary, Context, Call], Rule | Lowered]] = {
    "keys": _view("keys"),
    "values": _view("values"),
    "items": _view("items"),
    "get": _get,
    "setdefault": _set_default,
    "pop": _pop,
    "update": _update,
    "clear": _clear,
    "copy": _copy,
}
