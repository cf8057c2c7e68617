"""Operators, comparisons and conditions where an operand is no numbers: texts, lists, None, functions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gradcli.engine.graph import as_node, constant
from gradcli.language.tree import Binary, Comparison
from gradcli.language.tree import Sequence as Tuple
from gradcli.lowering.context import Context, Done, Whole
from gradcli.lowering.dictionaries import Dictionary, View
from gradcli.lowering.hosts import List, Nothing, Text, as_rule, items_of
from gradcli.lowering.kinds import COUNT, Host, Lowered, Several
from gradcli.text.errors import EvaluationError
from gradcli.text.source import Span
from gradcli.trampoline import Rule

WORDS = ("in", "not in", "is", "is not")
"""The comparisons that are words."""

MOST_ITEMS = 1_000_000
"""How long a list or a text that is repeated may become."""


def binary(context: Context, expression: Binary, left: Lowered, right: Lowered) -> Rule:
    """A rule: an operation of which an operand is no numbers: `"-"*20`, `"x = %d" % x`, `xs + [3]`."""
    operator = expression.operator
    if isinstance(left, Text) and operator == "%":
        from gradcli.lowering.texts import old_format

        return (yield old_format(context, expression, left, right))
    if isinstance(left, Text) and isinstance(right, Text) and operator == "+":
        return Text((*left.parts, *right.parts))
    if isinstance(left, List) and isinstance(right, List) and operator == "+":
        return List((*left.kept, *right.kept))
    for repeated, times, span in (
        (left, right, expression.right.span),
        (right, left, expression.left.span),
    ):
        if operator == "*" and isinstance(repeated, Text | List) and _is_count(times):
            return _repeated(context, repeated, _count(context, times, span), expression.span)
    for one, other, turned in ((left, right, False), (right, left, True)):
        own = one.operation(context, operator, expression, other, turned) if isinstance(one, Host) else None
        if own is not None:
            return (yield as_rule(own))
    for found, each in ((left, expression.left), (right, expression.right)):
        if isinstance(found, Text) or (isinstance(found, Host) and not isinstance(found, List)):
            context.one(found, each.span)  # raises what is said of such a value
    both = [
        Done(each.span, context.one(found, each.span))
        for found, each in ((left, expression.left), (right, expression.right))
    ]
    return (yield expression._replace(left=both[0], right=both[1]))  # type: ignore[arg-type]


def tuples(context: Context, expression: Binary) -> Rule:
    """A rule: `(n,) + x.shape`, the tuple of the items of both; raises `InputError` where one is none."""
    parts: list[Lowered] = []
    for each in (expression.left, expression.right):
        found = yield Whole(each)
        is_size = not isinstance(found, Several | Host) and found[1].form == "size"
        if not isinstance(found, Several) and not is_size:
            sides = (expression.left, expression.right)
            yield next(side for side in sides if isinstance(side, Tuple))  # raises that it is no value
        parts += items_of(context, found, each.span)
    return Several(tuple(parts))


def _is_count(found: Lowered) -> bool:
    """Whether a value is a whole number of Python's."""
    return not isinstance(found, Several | Host) and found[1] == COUNT and not found[0].shape


def _count(context: Context, found: Lowered, span: Span) -> int:
    node, _ = context.one(found, span)
    return max(0, context.settled_integer(node, span))


def _repeated(context: Context, found: Text | List, times: int, span: Span) -> Lowered:
    if isinstance(found, Text):
        if (
            times * max(1, sum(len(part) if isinstance(part, str) else 1 for part in found.parts))
            > MOST_ITEMS
        ):
            raise context.wrong(f"this text has more than {MOST_ITEMS} characters", span)
        return Text(found.parts * times) if found.plain is None else Text((found.plain * times,))
    if times * max(1, len(found.kept)) > MOST_ITEMS:
        raise context.wrong(f"this list has more than {MOST_ITEMS} items", span)
    return List(found.kept * times)


# Comparisons


def compare(context: Context, expression: Comparison, found: Sequence[Lowered]) -> Rule:
    """A rule: a comparison of which an operand is no numbers, or a sign is a word."""
    holds = True
    spans = [each.span for each in expression.operands]
    for place, sign in enumerate(expression.operators):
        left, right = found[place], found[place + 1]
        if sign in ("is", "is not"):
            holds = holds and _is(left, right) == (sign == "is")
        elif sign in ("in", "not in"):
            inside = yield _contains(context, right, left, spans[place + 1], spans[place])
            holds = holds and inside == (sign == "in")
        elif isinstance(left, Host) or isinstance(right, Host) or (_is_tuple(left) and _is_tuple(right)):
            holds = holds and _ordered(context, sign, left, right, spans[place : place + 2])
        else:
            for side in expression.operands[place : place + 2]:
                if isinstance(side, Tuple):
                    yield side  # raises that it is no value
            pair = tuple(
                Done(span, context.one(each, span))
                for each, span in zip((left, right), spans[place : place + 2], strict=True)
            )
            node, _ = yield Comparison(expression.span, (sign,), pair)  # type: ignore[arg-type]
            if len(expression.operators) == 1:
                return node, COUNT
            known = context.known(node, leaves=True)
            holds = holds and known is not None and bool(np.all(known))
    return constant(holds), COUNT


def _is_tuple(found: Lowered) -> bool:
    """Whether a value is a tuple of Python's, which is compared item by item: a size of PyTorch's is one."""
    return isinstance(found, Several) or (not isinstance(found, Host) and found[1].form == "size")


def _is(left: Lowered, right: Lowered) -> bool:
    """Whether two values are one: the same object, leaf or number."""
    if isinstance(left, Host) and isinstance(right, Host):
        return (
            left is right
            or (isinstance(left, Nothing) and isinstance(right, Nothing))
            or (left.settled and right.settled and left.equals(right))
        )
    if isinstance(left, Several | Host) or isinstance(right, Several | Host):
        return left is right
    return left[0] is right[0]


def _ordered(context: Context, sign: str, left: Lowered, right: Lowered, spans: Sequence[Span]) -> bool:
    """Whether `==`, `!=` or, between texts and what compares itself, an order holds."""
    said = _said(context, sign, left, right, spans)
    if said is not None:
        return said
    if sign in ("==", "!="):
        return _equal(context, left, right, spans) == (sign == "==")
    if isinstance(left, Text) and isinstance(right, Text) and None not in (left.plain, right.plain):
        first, second = left.plain or "", right.plain or ""
        return {"<": first < second, "<=": first <= second, ">": first > second, ">=": first >= second}[sign]
    for found, span in zip((left, right), spans, strict=True):
        if isinstance(found, Host) or _is_tuple(found):
            title = found.title if isinstance(found, Host) else "a tuple"
            raise context.wrong(f"{title} is not compared by {sign}", span)
    raise AssertionError


_TURNED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
"""What holds of two values the other way around."""


def _said(context: Context, sign: str, left: Lowered, right: Lowered, spans: Sequence[Span]) -> bool | None:
    """What one of two values says itself of how it compares with the other; `None` if neither does."""
    said = left.compared(context, sign, right, spans[0]) if isinstance(left, Host) else None
    if said is None and isinstance(right, Host):
        return right.compared(context, _TURNED[sign], left, spans[1])
    return said


def _equal(context: Context, left: Lowered, right: Lowered, spans: Sequence[Span]) -> bool:
    said = _said(context, "==", left, right, spans)
    if said is not None:
        return said
    if isinstance(left, Nothing) or isinstance(right, Nothing):
        return isinstance(left, Nothing) and isinstance(right, Nothing)
    if (_is_tuple(left) and _is_tuple(right)) or (
        isinstance(left, List | View) and isinstance(right, List | View)
    ):
        firsts, seconds = (
            items_of(context, each, span) for each, span in zip((left, right), spans, strict=True)
        )
        return len(firsts) == len(seconds) and all(
            _equal(context, first, second, spans) for first, second in zip(firsts, seconds, strict=True)
        )
    if isinstance(left, Dictionary) and isinstance(right, Dictionary):
        return left.entries.keys() == right.entries.keys() and all(
            _equal(context, context.now(value), context.now(right.entries[key][1]), spans)
            for key, (_, value) in left.entries.items()
        )
    if isinstance(left, Host | Several) or isinstance(right, Host | Several):
        return isinstance(left, Host) and isinstance(right, Host) and left.equals(right)
    values = [
        context.known(context.one(each, span)[0], leaves=True)
        for each, span in zip((left, right), spans, strict=True)
    ]
    if any(value is None for value in values):
        raise EvaluationError("whether these are equal depends on values", tuple(map(context.mark, spans)))
    return np.shape(values[0]) == np.shape(values[1]) and bool(np.all(values[0] == values[1]))


def _contains(context: Context, whole: Lowered, item: Lowered, span: Span, item_span: Span) -> Rule:
    """A rule: whether something is in a list, a tuple, an array or a text."""
    if isinstance(whole, Text):
        piece, text = (each.plain if isinstance(each, Text) else None for each in (item, whole))
        if piece is None or text is None:
            raise context.wrong("only text is in text", item_span)
        return piece in text
    yield from ()
    inside = whole.contains(context, item, item_span) if isinstance(whole, Host) else None
    if inside is not None:
        return inside
    if not isinstance(whole, Several | Host) and whole[0].shape and not isinstance(item, Several | Host):
        node = as_node(0.0)
        for sign in ("==",):
            pair = (Done(item_span, item), Done(span, whole))
            node, _ = yield Comparison(span, (sign,), pair)  # type: ignore[arg-type]
        known = context.known(node, leaves=True)
        return known is not None and bool(np.any(known))
    items = items_of(context, whole, span)
    return any(_is(each, item) or _equal(context, each, item, (span, item_span)) for each in items)
