"""What Python's module `itertools` makes of items: `itertools.chain(xs, ys)`, `itertools.product(xs, ys)`."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from gradcli.language.tree import Call
from gradcli.lowering.context import Context
from gradcli.lowering.hosts import NONE, Arguments, arguments, items_of
from gradcli.lowering.kinds import Lowered, Several
from gradcli.lowering.pythonic import Iterator
from gradcli.text.errors import EvaluationError
from gradcli.text.source import Span
from gradcli.trampoline import Rule

MOST = 100_000
"""The most items that may be made here at a time: all are made when it is called."""


def _given(context: Context, call: Call, name: str, settings: Sequence[str] = ()) -> Rule:
    """A rule: what a call is given; raises `InputError` for a setting that it has not."""
    given: Arguments = yield arguments(context, call)
    for key, span in given.named_spans.items():
        if key not in settings:
            raise context.wrong(f"{name} has no setting {key}", span, _EXAMPLES[name])
    return given


def _of(context: Context, call: Call, count: int, found: Iterable[Lowered]) -> Iterator:
    """The items, of which there are so many; raises `EvaluationError` for too many."""
    if count > MOST:
        told = f"these are {count:,} items, and at most {MOST:,} are made here"
        raise EvaluationError(told, (context.mark(call.span),))
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


def _rows(context: Context, given: Arguments) -> list[list[Lowered]]:
    return [list(items_of(context, *each)) for each in zip(given.positional, given.spans, strict=True)]


def _chained(context: Context, call: Call) -> Rule:
    rows = _rows(context, (yield _given(context, call, "chain")))
    return _of(context, call, sum(map(len, rows)), itertools.chain(*rows))


def _chained_from(context: Context, call: Call) -> Rule:
    given: Arguments = yield _given(context, call, "chain.from_iterable")
    if len(given.positional) != 1:
        told = "chain.from_iterable takes what holds other items"
        raise context.wrong(told, call.span, _EXAMPLES["chain.from_iterable"])
    holder, span = given.positional[0], given.spans[0]
    rows = [list(items_of(context, row, span)) for row in items_of(context, holder, span)]
    return _of(context, call, sum(map(len, rows)), itertools.chain(*rows))


def _multiplied(context: Context, call: Call) -> Rule:
    given: Arguments = yield _given(context, call, "product", ("repeat",))
    rows = _rows(context, given)
    repeat = _whole(context, given, "repeat", len(rows))
    times = 1 if repeat is None else max(repeat, 0)
    if times > MOST:
        return _of(context, call, times, ())
    count: int = math.prod(map(len, rows)) ** times
    return _of(context, call, count, map(Several, itertools.product(*rows * times)))


def _chosen(name: str, context: Context, call: Call) -> Rule:
    given: Arguments = yield _given(context, call, name, ("r",))
    length = _whole(context, given, "r", 1)
    if len(given.positional) not in (1, 2) or (length is None and name != "permutations"):
        raise context.wrong(f"{name} takes items and how many", call.span, _EXAMPLES[name])
    items = list(items_of(context, given.positional[0], given.spans[0]))
    length = len(items) if length is None else length
    if length < 0:
        raise context.wrong("that many cannot be taken", call.span, _EXAMPLES[name])
    make, count = _CHOOSING[name]
    return _of(context, call, count(len(items), length), map(Several, make(items, length)))


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
    given: Arguments = yield _given(context, call, "islice")
    if not 2 <= len(given.positional) <= 4:
        raise context.wrong("islice takes items and where to stop", call.span, _EXAMPLES["islice"])
    items = items_of(context, given.positional[0], given.spans[0])
    limits = [_whole(context, given, "", place) for place in range(1, len(given.positional))]
    if any(each is not None and each < 0 for each in limits) or limits[2:] == [0]:
        raise context.wrong("islice counts from the start, in steps from 1", call.span, _EXAMPLES["islice"])
    found = list(itertools.islice(iter(items), *limits))  # an iterator gives what is asked for, and no more
    return _of(context, call, len(found), found)


_EXAMPLES: Mapping[str, str] = {
    "chain": "itertools.chain(xs, ys)",
    "chain.from_iterable": "itertools.chain.from_iterable(rows)",
    "product": "itertools.product(xs, ys, repeat=2)",
    "islice": "itertools.islice(xs, 3)",
    **{name: f"itertools.{name}(xs, 2)" for name in _CHOOSING},
}
"""How each is written."""

MAKERS: Mapping[str, Callable[[Context, Call], Any]] = {
    "itertools.chain": _chained,
    "itertools.chain.from_iterable": _chained_from,
    "itertools.product": _multiplied,
    "itertools.islice": _cut,
    **{f"itertools.{name}": partial(_chosen, name) for name in _CHOOSING},
}
"""What makes iterators, by its full path."""
