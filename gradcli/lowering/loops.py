"""What loops run over, what is assigned to several names, and lists that are built by loops."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from gradcli.engine.graph import as_node
from gradcli.language.tree import Call, Comprehension, Expression, Name, Spread, Vector
from gradcli.language.tree import Sequence as Tuple
from gradcli.lowering.context import Context, Whole
from gradcli.lowering.hosts import List, items_of, spread_out, truth
from gradcli.lowering.kinds import COUNT, Host, Lowered, Several
from gradcli.lowering.names import called_name
from gradcli.text.errors import EvaluationError, InputError
from gradcli.text.source import Span
from gradcli.trampoline import Rule


def given_to(
    context: Context, target: Expression, found: Lowered, span: Span
) -> Iterator[tuple[Expression, Lowered]]:
    """What is assigned to (a name or a part, or several), each with its share of what `span` gives.

    Raises `InputError` where there are more or fewer of these than names.
    """
    if not isinstance(target, Tuple | Vector):
        yield target, found
        return
    parts: Sequence[Lowered] = [found]
    if isinstance(found, Several | Host) or found[0].shape or len(target.items) == 1:
        parts = items_of(context, found, span)
    star = next((place for place, item in enumerate(target.items) if isinstance(item, Spread)), None)
    if star is not None and len(parts) >= len(target.items) - 1:
        end = len(parts) - (len(target.items) - star - 1)
        rest = List(context.keep(each, span) for each in parts[star:end])
        parts = [*parts[:star], rest, *parts[end:]]
    if len(parts) != len(target.items):
        names, there = len(target.items), len(parts)
        raise InputError(
            f"{there} value{'' if there == 1 else 's'} for {names} name{'' if names == 1 else 's'}",
            (context.mark(target.span), context.mark(span)),
            "give each of the values a name" if there > 1 else None,
        )
    for item, part in zip(target.items, parts, strict=True):
        yield from given_to(context, item.value if isinstance(item, Spread) else item, part, span)


def names_given_to(
    context: Context, target: Expression, found: Lowered, span: Span
) -> Iterator[tuple[Name, Lowered]]:
    """As `given_to`, where all that stands side by side are names."""
    for each, share in given_to(context, target, found, span):
        assert isinstance(each, Name)
        yield each, share


def iteration(context: Context, iterable: Expression) -> Rule:
    """What a `for` runs over: a range, or the items of an array or a tuple, as nodes with their kinds.

    `zip(a, b)` runs over several at once, and `enumerate(a)` counts along.
    """
    name = called_name(iterable.function, context) if isinstance(iterable, Call) else None
    if isinstance(iterable, Call) and name in ("zip", "enumerate", "range"):
        iterable = yield spread_out(context, iterable)
    if (
        isinstance(iterable, Call)
        and name in ("zip", "enumerate")
        and not context.calls_user(iterable.function)
    ):
        return (yield _along(context, name, iterable))
    if isinstance(iterable, Call) and name == "range":
        limits = []
        for argument in iterable.arguments:
            limit, _ = yield argument.value
            limits.append(context.settled_integer(limit, argument.span))
        if not 1 <= len(limits) <= 3 or (len(limits) == 3 and limits[2] == 0):
            raise context.wrong(
                "range takes an end, or a start and an end (and a step that is not 0)", iterable.span
            )
        return range(*limits)
    if isinstance(iterable, Vector | Tuple) and not any(isinstance(item, Spread) for item in iterable.items):
        items = []
        for item in iterable.items:
            items.append((yield Whole(item)))
        return items
    if isinstance(iterable, Comprehension):
        return (yield comprehension(context, iterable))
    found = yield Whole(iterable)
    if isinstance(found, tuple) and not isinstance(found, Several) and not found[0].shape:
        raise context.wrong(
            "a for needs a range or an array to run over", iterable.span, "for i in range(10):"
        )
    given = items_of(context, found, iterable.span)
    return given if isinstance(given, list) else list(given)  # those of an iterator are taken one by one


def _along(context: Context, name: str, call: Call) -> Rule:
    """A rule: the tuples that `zip(a, b)` and `enumerate(a)` run over."""
    given, first = list(call.arguments), 0
    if name == "enumerate" and len(given) == 2 and given[1].name in (None, "start"):
        start, _ = yield given.pop().value
        first = context.settled_integer(start, call.arguments[1].span)
    most = 1 if name == "enumerate" else len(given)
    if not 1 <= len(given) <= most or any(each.name for each in given):
        takes = "one array" if name == "enumerate" else "the arrays to run over"
        raise context.wrong(f"{name} takes {takes}", call.span, f"for … in {name}(…):")
    columns = []
    for argument in given:
        items = yield iteration(context, argument.value)
        columns.append([(as_node(each), COUNT) if isinstance(each, int) else each for each in items])
    if name == "enumerate":
        columns.insert(0, [(as_node(each), COUNT) for each in range(first, first + len(columns[0]))])
    return [Several(row) for row in zip(*columns, strict=False)]


def comprehension(context: Context, expression: Any) -> Rule:
    """A rule: the items of `[f(x) for x in xs if …]`, as a list."""
    items: list[Lowered] = []
    yield _clause(context, expression, 0, items)
    return items


def _clause(context: Context, expression: Any, place: int, items: list[Lowered]) -> Rule:
    """A rule: what the clauses of a comprehension from some place on add to its items."""
    if place == len(expression.clauses):
        items.append((yield Whole(expression.element)))
        return None
    clause = expression.clauses[place]
    for item in (yield iteration(context, clause.iterable)):
        found: Lowered = (as_node(item), COUNT) if isinstance(item, int) else item
        names = {
            name.name: each
            for name, each in names_given_to(context, clause.target, found, clause.iterable.span)
        }
        with context.names_of_its_own(names):
            taken = True
            for condition in clause.conditions:
                if taken:
                    taken = yield settled_truth(context, condition)
            if taken:
                yield _clause(context, expression, place + 1, items)
    return None


def settled_truth(context: Context, condition: Expression) -> Rule:
    """A rule: whether a condition holds; raises `EvaluationError` where that is not known yet."""
    found = yield Whole(condition)
    if isinstance(found, Host):
        found = truth(context, found, condition.span)
    node, _ = context.one(found, condition.span)
    known: bool | None = None
    if all(size == 1 for size in node.shape):
        known = context.truth(node, decides=True)
        if known is None:
            known = context.truth(node, leaves=True)
    if known is None:
        raise EvaluationError(
            "a condition here is one truth value that is known", (context.mark(condition.span),)
        )
    return known
