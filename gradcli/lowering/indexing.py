"""What stands in square brackets: indices, slices, lists of indices, masks."""

from __future__ import annotations

from collections.abc import Collection, Generator, Sequence
from functools import partial
from typing import Any, TypeGuard

import numpy as np

from gradcli.engine.graph import Input, Node, constant, expand, topological
from gradcli.engine.primitives import TABLE, shaping
from gradcli.engine.primitives.entry import as_number
from gradcli.engine.shapes import shape_text
from gradcli.language.tree import Attribute, Call, Expression, Name, Number, Rest, Slice, Subscript
from gradcli.language.tree import Sequence as Tuple
from gradcli.lowering.context import Context, Whole, done
from gradcli.lowering.dictionaries import key_of, no_entry
from gradcli.lowering.hosts import Kept, List, as_rule, items_of
from gradcli.lowering.kinds import (
    TENSOR,
    Host,
    Key,
    Kind,
    Lowered,
    Several,
    Typed,
    changed_kind,
    named,
    tracked_kind,
)
from gradcli.lowering.names import member_of
from gradcli.records import NamedTuple
from gradcli.text.errors import EvaluationError, RaisedError
from gradcli.text.source import Span


def part(context: Context, expression: Subscript, found: Several | Host) -> Generator[Any, Any, Lowered]:
    """A rule: `t[…]` of a tuple, a list or text: one of its items, or several.

    What is no place is an index of its value. Raises `EvaluationError` for what is out of range.
    """
    if isinstance(found, Host):
        own = found.item(context, expression)
        if own is not None:
            given: Lowered = yield as_rule(own)
            return given
        if found.keyed:
            entry: Lowered = yield _entry(context, expression, found)
            return entry
        is_list = isinstance(found, List)
        if isinstance(expression.value, Name) and not is_list and found.items(context) is None:
            from gradcli.lowering.unknown import called_in_squares

            called = called_in_squares(context, expression.value.name, expression.value.span)
            if called is not None:
                raise called
    if isinstance(found, List):
        items: Sequence[Lowered] = Kept(context, found.kept)
    else:
        items = items_of(context, found, expression.value.span)
    (item, *more), count = expression.items, len(items)
    if isinstance(item, Slice) and not more:
        places: slice = yield slice_of(context, item, count)
        if isinstance(found, Several):
            return Several(found.parts[places], alone="stacked" if found.alone == "stacked" else "")
        span = expression.value.span
        taken = found.part(places)
        return List([context.keep(each, span) for each in items[places]]) if taken is None else taken
    known = None
    if not more and not isinstance(item, Slice | Rest) and not _is_new_axis(item):
        node, _ = yield item
        known = None if node.shape or node.boolean else context.known(node, leaves=context.scope.reads_leaves)
    if known is None:
        one = context.one(found, expression.value.span)
        typed: Typed = yield subscript(context, expression, one)
        return typed
    names = found.names if isinstance(found, Several) else ()
    whole = " and ".join(names) or f"{count} value{'' if count == 1 else 's'}"
    place = int(known) if float(known).is_integer() else None
    if place is None:
        raise context.wrong("an index must be a whole number", item.span)
    if not -count <= place < count:
        text = context.text(expression.value.span)
        inner = f"; an element of the {names[0]} is {text}.{names[0]}[{place}]" if names else ""
        title = "a tuple" if isinstance(found, Several) else found.title
        hint = f"the first one is [0], and the last one is [-1]{inner}" if count else "it is empty"
        said = f"{title.rpartition(' ')[2]} index out of range"
        told = f"there is no [{place}] in {title} of {whole}"
        raise RaisedError("IndexError", said, (context.mark(item.span),), told, hint)
    return items[place]


def _entry(context: Context, expression: Subscript, found: Host) -> Generator[Any, Any, Lowered]:
    """A rule: what stands under a key in what has entries, as `group["lr"]`."""
    key: Key = yield key_in(context, expression)
    entry: Lowered | None = yield as_rule(found.entry(context, key, expression.span))
    if entry is None:
        raise no_entry(context, found, key, expression.items[0].span)
    return entry


def key_in(context: Context, expression: Subscript) -> Generator[Any, Any, Key]:
    """A rule: the key in the brackets of `group["lr"]`, where several values are a tuple."""
    parts = []
    for item in expression.items:
        if isinstance(item, Slice | Rest):
            raise context.wrong("what has entries is not cut in slices", item.span, 'as in d["lr"]')
        parts.append((yield Whole(item)))
    found = parts[0] if len(parts) == 1 else Several(tuple(parts))
    return key_of(context, found, expression.items[0].span)


def subscript(context: Context, expression: Subscript, typed: Typed) -> Generator[Any, Any, Typed]:
    """A rule: the node of `x[…]`, by NumPy's rules, where x is what is `typed`.

    Raises `EvaluationError` for what is out of range.

    An index that is only known when the plan runs (a loop variable, a leaf) is taken then; lists and
    masks must be settled before.
    """
    expression = yield _taken_apart(context, expression)
    expression = _spelled_out(context, expression, len(typed[0].shape))
    if any(map(_is_new_axis, expression.items)):
        widened: Typed = yield _with_new_axes(context, expression, typed)
        return widened
    value, kind = typed
    if len(expression.items) > len(value.shape):
        whole, first = expression.value, expression.items[0]
        if isinstance(whole, Name) and not value.shape and not isinstance(first, Number):
            from gradcli.lowering.unknown import called_in_squares

            called = called_in_squares(context, whole.name, whole.span)
            if called is not None:
                raise called
        raise EvaluationError(
            f"there are {len(expression.items)} indices, and only "
            f"{len(value.shape)} dimension{'' if len(value.shape) == 1 else 's'}"
            if value.shape
            else "a single number cannot be indexed",
            (
                context.mark(Span(expression.items[0].span.start, expression.items[-1].span.end)),
                context.mark(expression.value.span, shape_text(value.shape)),
            ),
        )
    moves = context.scope.moves and not value.boolean and not kind.mixed
    index: list[Any] = []
    waiting: list[tuple[int, Node, Span]] = []
    for place, item in enumerate(expression.items):
        size = value.shape[len(index)] if len(index) < len(value.shape) else 0
        assert not isinstance(item, Rest)
        if isinstance(item, Slice):
            index.append((yield slice_of(context, item, size, moves=moves)))
            continue
        node, _ = yield item
        if moves and _is_moving((node,)) and context.answer((node,), partial(_is_place, size)):
            index.append(_Moving(node, item.span))
            continue
        known = context.known(node, leaves=node.boolean or bool(node.shape), decides=node.boolean)
        if node.boolean and not node.shape:
            hint = "where(condition, a, b) chooses between two values"
            raise context.wrong("an index is a whole number, and not a truth value", item.span, hint)
        if node.boolean:
            if known is None:
                raise context.wrong(
                    "a mask must be known before arithmetic", item.span, "use where(…) instead"
                )
            mask = np.asarray(known)
            if mask.shape != value.shape[place : place + mask.ndim]:
                raise EvaluationError(
                    f"a mask of shape {list(mask.shape)} does not fit shape {list(value.shape)}",
                    (context.mark(item.span), context.mark(expression.value.span)),
                )
            index.extend(np.nonzero(mask))
        elif known is None:
            if node.shape:
                raise context.wrong("a list of indices must be known before arithmetic", item.span)
            waiting.append((len(index), node, item.span))
            index.append(slice(None))
        else:
            index.append(_whole(context, known, size, item.span))
    if waiting or any(isinstance(each, np.ndarray) for each in index):
        index = [
            each.settled(context, size) if isinstance(each, _Moving) else each
            for each, size in zip(index, value.shape, strict=False)
        ]
    if kind.form in ("list", "size"):
        unknown = {dim for dim, each in enumerate(index) if isinstance(each, _Moving) and not each.shape}
        kind = _kind_of(kind, index, unknown | {dim for dim, _, _ in waiting})
    for dim, node, span in reversed(waiting):
        operands = ((expression.value.span, value), (span, node))
        taken = partial(shaping.take, value, node, dim)
        value = context.build(taken, expression.span, operands)
        del index[dim]
    picked = context.build(lambda: _picked(value, index), expression.span, ((expression.value.span, value),))
    if picked.tracked:
        return picked, named(tracked_kind(kind), shaping.taken_overload(picked, len(index)))
    return picked, kind


def _taken_apart(context: Context, expression: Subscript) -> Generator[Any, Any, Subscript]:
    """A rule: a subscript in which a tuple stands for its parts, as in `x[np.where(x > 0)]`."""
    (item, *more) = expression.items
    if more or not isinstance(item, Call | Name | Tuple):
        return expression
    if isinstance(item, Name) and not isinstance(context.variable(item.name), Several):
        return expression
    found: Lowered = yield Whole(item)
    if isinstance(found, Several) and found.parts and not found.alone:
        return expression._replace(items=tuple([done(item.span, each) for each in found.parts]))
    return expression._replace(items=(done(item.span, found),))


def _kind_of(kind: Kind, index: Sequence[Any], waiting: Collection[int]) -> Kind:
    """The kind of `value[index]`: what Python's lists hold in places that are not waited for."""
    for dim, item in enumerate(index):
        if kind.form not in ("list", "size"):
            break
        if isinstance(item, np.ndarray):
            return changed_kind(kind, kind.whole)
        if isinstance(item, int) or dim in waiting:
            kind = kind.item(None if dim in waiting else item)
        elif dim == len(index) - 1:
            return kind.part(item)
        else:
            return changed_kind(kind, kind.whole)
    return kind


def _spelled_out(context: Context, expression: Subscript, rank: int) -> Subscript:
    """A subscript in which `:` stands for every dimension that `...` is about, and None for np.newaxis."""
    if any(map(_names_new_axis, expression.items)):
        items = [
            Name(item.span, "None") if _names_new_axis(item) and member_of(item, context) else item
            for item in expression.items
        ]
        expression = expression._replace(items=tuple(items))
    places = [place for place, item in enumerate(expression.items) if isinstance(item, Rest)]
    if not places:
        return expression
    if len(places) > 1:
        item = expression.items[places[1]]
        raise context.wrong("... can stand once in brackets", item.span, "write : for a single dimension")
    before, (rest, *behind) = expression.items[: places[0]], expression.items[places[0] :]
    others = sum(not _is_new_axis(item) for item in (*before, *behind))
    whole = [Slice(rest.span, None, None, None)] * max(0, rank - others)
    return expression._replace(items=(*before, *whole, *behind))


def _names_new_axis(item: Expression | Slice | Rest) -> TypeGuard[Attribute | Name]:
    return isinstance(item, Attribute | Name) and item.name == "newaxis"


def _is_new_axis(item: Expression | Slice | Rest) -> bool:
    return isinstance(item, Name) and item.name == "None"


def _with_new_axes(context: Context, expression: Subscript, typed: Typed) -> Generator[Any, Any, Typed]:
    """A rule: `A[:, None]`, which puts a dimension of size 1 where each None is."""
    rest = expression._replace(items=tuple(each for each in expression.items if not _is_new_axis(each)))
    value, kind = typed
    node = value
    if rest.items:
        node, kind = yield subscript(context, rest, typed)
    kept = sum(isinstance(each, Slice) for each in rest.items) + len(value.shape) - len(rest.items)
    if len(node.shape) != kept:
        place = next(each for each in expression.items if _is_new_axis(each))
        raise context.wrong(
            "None stands beside numbers and slices only",
            place.span,
            "take the elements first, and put None in brackets of their own",
        )
    sizes = list(node.shape)
    at = 0
    for item in expression.items:
        if _is_new_axis(item):
            sizes.insert(at, 1)
        at += _is_new_axis(item) or isinstance(item, Slice)
    operands = ((expression.value.span, value),)
    widened = context.build(lambda: shaping.reshape(node, tuple(sizes)), expression.span, operands)
    if widened.tracked:
        return widened, named(tracked_kind(kind), _last_step(expression))
    return widened, changed_kind(kind, kind.whole)


def _last_step(expression: Subscript) -> str:
    """What PyTorch does last for an index with None in it: the items are taken from left to right."""
    for item in reversed(expression.items):
        if not isinstance(item, Slice):
            return "UnsqueezeBackward0" if _is_new_axis(item) else "SelectBackward0"
        if (item.start, item.stop, item.step) != (None, None, None):
            return "SliceBackward0"
    return ""


def _picked(value: Node, index: list[Any]) -> Node:
    """`value[index]` for a settled index of integers, slices and arrays of integers."""
    if any(isinstance(item, np.ndarray) for item in index):
        return shaping.gather(value, tuple(index))
    items = [
        item.indices(size)
        if isinstance(item, slice)
        else item + size
        if isinstance(item, int) and item < 0
        else item
        for item, size in zip(index, value.shape, strict=False)
    ]
    given = len(items)
    items += [(0, size, 1) for size in value.shape[given:]]
    starts = [each.start for each in index if isinstance(each, _Moving)]
    if starts:
        places = iter(range(len(starts)))
        moved = [(None, next(places), *each.shape) if isinstance(each, _Moving) else each for each in items]
        return shaping.moving_part(value, tuple(moved), starts)
    return shaping.taken(value, tuple(items), given)


class _Moving(NamedTuple):
    """A place in a loop that may be another in the next pass, or a slice of `shape` from there on.

    `shape` is the size and the step of a slice, and nothing of a place.
    """

    start: Node
    span: Span
    shape: tuple[int, ...] = ()

    def settled(self, context: Context, size: int) -> int | slice:
        """What it is now, in a dimension of `size`, where it cannot move."""
        place = context.settled_integer(self.start, self.span)
        if not self.shape:
            return place
        count, step = self.shape
        first = slice(place, None, step).indices(size)[0]
        return slice(first, first + count * step, step)


def _is_moving(nodes: Sequence[Node]) -> bool:
    """Whether nodes are numbers of which some constant may be another in the next pass, and that alone."""
    below = [each for each in topological(nodes) if isinstance(each, Input)]
    return (
        bool(below)
        and all(each.role == "constant" for each in below)
        and not any(each.shape or each.boolean or each.tracked for each in nodes)
    )


def _is_place(size: int, value: Any) -> bool:
    """Whether a number is a place in a dimension of `size`."""
    return float(value).is_integer() and -size <= value < size


def _count(size: int, step: int, start: Any, *stop: Any) -> int:
    """How many places a slice of a dimension of `size` has; -1 where it is none."""
    if not all(float(each).is_integer() for each in (start, *stop)):
        return -1
    end = int(stop[0]) if stop else None
    return len(range(*slice(int(start), end, step).indices(size)))


def _whole(context: Context, known: Any, size: int, span: Span) -> Any:
    """An index, or an array of them, as integers within a dimension of `size`."""
    places = np.asarray(known)
    with np.errstate(invalid="ignore"):
        whole = places.astype(np.int64)
    if np.any(whole != places):
        raise context.wrong("an index must be a whole number", span)
    beyond = whole[(whole < -size) | (whole >= size)]
    if beyond.size:
        raise EvaluationError(
            f"index {int(beyond.flat[0])} is out of range for a dimension of size {size}",
            (context.mark(span),),
            f"indices go from 0 to {size - 1}, or from {-size} to -1" if size else "it is empty",
        )
    return int(whole) if whole.ndim == 0 else whole


def slice_of(
    context: Context, item: Slice, size: int, *, moves: bool = False
) -> Generator[Any, Any, slice | _Moving]:
    """A rule: a slice of a dimension of `size`; a moving one, where its start alone may be another."""
    parts = (item.start, item.stop, item.step)
    nodes: list[Node | None] = []
    limits: list[int | None] = []
    for part in parts:
        node: Node | None = None
        limit: int | None = None
        if part is not None:
            node, _ = yield part
            assert node is not None
            if not moves or part is item.step or not _is_moving((node,)):
                limit = context.settled_integer(node, part.span)
        nodes.append(node)
        limits.append(limit)
    if limits[2] == 0:
        raise context.wrong("the step of a slice cannot be 0", item.span)
    start, stop, _ = nodes
    step = limits[2] or 1
    if start is not None and item.start is not None and limits[0] is None and step > 0:
        both = (start,) if stop is None else (start, stop)
        count = context.answer(both, partial(_count, size, step))
        if count is not None and 0 <= count < size:
            return _Moving(start, item.start.span, (count, step))
    for place, (part, node) in enumerate(zip(parts, nodes, strict=True)):
        if node is not None and part is not None and limits[place] is None:
            limits[place] = context.settled_integer(node, part.span)
    return slice(*limits)


# What is assigned to


def placed(base: Node, part: Node, places: Any) -> Node:
    """The array `base` with `part`, which is repeated where it must be, in some of its flat places."""
    shape = np.shape(places)
    flat = np.full(int(np.prod(base.shape, dtype=int)), -1)
    flat[np.ravel(places)] = np.arange(int(np.prod(shape, dtype=int)))
    mask = constant((flat >= 0).reshape(base.shape))
    whole = shaping.reshape(expand(part, shape), (int(np.prod(shape, dtype=int)),))
    spread = shaping.gather(whole, (np.maximum(flat, 0),)) if flat.size and whole.shape != (0,) else whole
    if whole.shape == (0,):
        return shaping.clone.build(base)
    return TABLE["where"].build(mask, shaping.reshape(spread, base.shape), as_number(base))


def as_assigned(part: Node, rank: int) -> Node:
    """What is assigned to a place with some number of dimensions: without further ones before, of size 1."""
    further = max(0, len(part.shape) - rank)
    return (
        shaping.reshape(part, part.shape[further:]) if further and set(part.shape[:further]) == {1} else part
    )


def check_fits(context: Context, part: Node, span: Span, wanted: tuple[int, ...], place: Span) -> None:
    """Raises `EvaluationError` where what is assigned does not fit the shape of its place."""
    if part.shape != wanted and not _spreads(part.shape, wanted):
        raise EvaluationError(
            "what is assigned has another shape than its place",
            (context.mark(span, shape_text(part.shape)), context.mark(place, shape_text(wanted))),
        )


def _spreads(shape: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    """Whether an array of one shape is repeated to another."""
    try:
        return np.broadcast_shapes(shape, wanted) == wanted
    except ValueError:
        return False


def assigned(
    context: Context, target: Subscript, base: Node, part: Node, span: Span
) -> Generator[Any, Any, Node]:
    """A rule: the array `base` with what `span` gives in the place that a target says.

    A mask of its shape may wait for values; all other places must be settled. Raises `GradcliError`.
    """
    only = target.items[0]
    if len(target.items) == 1 and not isinstance(only, Slice | Rest) and not _is_new_axis(only):
        index, _ = yield only
        if index.boolean and index.shape == base.shape and not part.shape:
            return TABLE["where"].build(index, as_number(part), as_number(base))
    size = int(np.prod(base.shape, dtype=int))
    numbered = constant(np.arange(size, dtype=np.float64).reshape(base.shape))
    node, _ = yield subscript(context, target, (numbered, TENSOR))
    places = context.known(node, leaves=context.scope.reads_leaves)
    if places is None:
        raise context.wrong("the places that are assigned to must be known before arithmetic", target.span)
    places = np.asarray(places).astype(int)
    part = as_assigned(part, places.ndim)
    check_fits(context, part, span, places.shape, target.span)
    return placed(base, as_number(part), places)
