"""What Python's module `itertools` makes of items: `itertools.chain(xs, ys)`, `itertools.product(xs, ys)`."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from gradcli.engine.primitives.shaping import sized
from gradcli.language.tree import Call
from gradcli.lowering.context import Context
from gradcli.lowering.hosts import NONE, Arguments, arguments, items_of
from gradcli.lowering.kinds import Lowered, Several
from gradcli.lowering.pythonic import Iterator
from gradcli.text.source import Span
from gradcli.trampoline import Rule


def _of(context: Context, call: Call, found: Iterable[Lowered]) -> Iterator:
    return Iterator([context.keep(each, call.span) for each in found])


def _whole(context: Context, given: Arguments, name: str, place: int) -> int | None:
    """A whole number that is given at a place or under a name; `None` where it is None, or left out."""
    found: Lowered = given.named.get(name, NONE)
    span: Span | None = given.named_spans.get(name)
    if place < len(given.positional):
        found, span = given.positional[place], given.spans[place]
    if found is NONE or span is None:
        return None
    node, _ = context.one(found, span)
    return context.settled_integer(node, span)


def _chained(context: Context, call: Call) -> Rule:
    given: Arguments = yield arguments(context, call)
    rows = [items_of(context, *each) for each in zip(given.positional, given.spans, strict=True)]
    return _of(context, call, itertools.chain(*rows))


def _chained_from(context: Context, call: Call) -> Rule:
    given: Arguments = yield arguments(context, call)
    if len(given.positional) != 1:
        told = "chain.from_iterable takes what holds other items"
        raise context.wrong(told, call.span, "itertools.chain.from_iterable(rows)")
    rows = items_of(context, given.positional[0], given.spans[0])
    return _of(context, call, itertools.chain(*[items_of(context, row, given.spans[0]) for row in rows]))


def _multiplied(context: Context, call: Call) -> Rule:
    given: Arguments = yield arguments(context, call)
    rows = [items_of(context, *each) for each in zip(given.positional, given.spans, strict=True)]
    repeat = _whole(context, given, "repeat", len(rows))
    rows *= 1 if repeat is None else max(repeat, 0)
    count = 1
    for row in rows:
        count *= len(row)
    sized((count,))
    return _of(context, call, map(Several, itertools.product(*rows)))


def _chosen(name: str, context: Context, call: Call) -> Rule:
    given: Arguments = yield arguments(context, call)
    if not given.positional:
        raise context.wrong(f"{name} takes items", call.span, f"itertools.{name}(xs, 2)")
    items = items_of(context, given.positional[0], given.spans[0])
    length = _whole(context, given, "r", 1)
    if length is None and name != "permutations":
        raise context.wrong(f"{name} takes items and how many", call.span, f"itertools.{name}(xs, 2)")
    if length is not None and length < 0:
        raise context.wrong("that many cannot be taken", call.span, f"itertools.{name}(xs, 2)")
    length = len(items) if length is None else length
    make, count = _CHOOSING[name]
    sized((count(len(items), length),))
    return _of(context, call, map(Several, make(items, length)))


_CHOOSING: Mapping[str, tuple[Callable[..., Iterable[tuple[Any, ...]]], Callable[[int, int], int]]] = {
    "combinations": (itertools.combinations, math.comb),
    "combinations_with_replacement": (
        itertools.combinations_with_replacement,
        lambda items, length: math.comb(max(items + length - 1, 0), length),
    ),
    "permutations": (itertools.permutations, math.perm),
}
"""What chooses among items, and how many choices there are."""


def _cut(context: Context, call: Call) -> Rule:
    given: Arguments = yield arguments(context, call)
    if not 2 <= len(given.positional) <= 4:
        raise context.wrong("islice takes items and where to stop", call.span, "itertools.islice(xs, 3)")
    items = items_of(context, given.positional[0], given.spans[0])
    limits = [_whole(context, given, "", place) for place in range(1, len(given.positional))]
    if any(each is not None and each < 0 for each in limits):
        raise context.wrong("islice counts from the start", call.span, "itertools.islice(xs, 3)")
    return _of(context, call, itertools.islice(list(items), *limits))


MAKERS: Mapping[str, Callable[[Context, Call], Any]] = {
    "itertools.chain": _chained,
    "itertools.chain.from_iterable": _chained_from,
    "itertools.product": _multiplied,
    "itertools.islice": _cut,
    **{f"itertools.{name}": partial(_chosen, name) for name in _CHOOSING},
}
"""What makes iterators, by its full path."""
