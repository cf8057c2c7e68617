"""NumPy's functions that only move elements: what NumPy does to their places, done to the elements.

The functions of NumPy itself are given the places of the elements, in arrays of the shapes that there are, so
that every argument means what it means there; the elements are then taken from where these went. So all of
them can be differentiated. `np.split` and its like give lists, and `np.c_` and `np.r_` stand before brackets.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any
from warnings import catch_warnings, simplefilter

import numpy as np

from gradcli.arrays import Array
from gradcli.engine.graph import Node, constant
from gradcli.engine.primitives import TABLE
from gradcli.engine.primitives.arranging import laid_out
from gradcli.engine.primitives.shaping import reshaped, same_kind
from gradcli.engine.shapes import check_size
from gradcli.language.tree import Call, Slice, Subscript
from gradcli.lowering.arguments import builtin
from gradcli.lowering.context import Context, Whole
from gradcli.lowering.hosts import List
from gradcli.lowering.kinds import (
    Host,
    Kind,
    Lowered,
    Several,
    Typed,
    array_kind,
    combined,
    promoted,
)
from gradcli.session.objects.settings import Settings, asked, plain
from gradcli.text.errors import EvaluationError, Notice
from gradcli.text.source import Span
from gradcli.trampoline import Rule


def moved(
    context: Context, typed: Sequence[Typed], arrange: Callable[..., Any], span: Span, *, name: str
) -> Typed:
    """The elements of some arrays where `arrange` moves their places, which it is given array by array.

    Raises `EvaluationError` where NumPy refuses.
    """
    nodes = same_kind([node for node, _ in typed])
    counts = [math.prod(node.shape) for node in nodes]
    starts = np.cumsum([0, *counts])
    places = [
        np.arange(start, start + count, dtype=np.int64).reshape(node.shape)
        for node, start, count in zip(nodes, starts, counts, strict=False)
    ]
    found = np.asarray(by_numpy(context, span, name, arrange, *places))

    def make() -> Node:
        rows = [reshaped(node, (count,)) for node, count in zip(nodes, counts, strict=True)]
        whole = rows[0] if len(rows) == 1 else TABLE["cat"].build(rows, (0,))
        return laid_out(whole, found.shape, lambda _: found)

    node = context.build(make, span, ())
    return node, _kind_of(typed, node)


def _kind_of(typed: Sequence[Typed], node: Node) -> Kind:
    """The kind of an array of the elements of some values."""
    if node.tracked:
        return promoted(combined([kind for _, kind in typed])._replace(whole=False, form="tensor"), typed)
    whole = all(kind.whole for _, kind in typed)
    return promoted(array_kind(whole), typed)


def by_numpy(
    context: Context, span: Span, name: str, function: Callable[..., Any], *given: Any, **named: Any
) -> Any:
    """What a function of NumPy gives; raises `EvaluationError` with NumPy's words where it refuses.

    What NumPy warns of is told as a note, as of a fit of more coefficients than there are points.
    """
    try:
        with np.errstate(all="ignore"), catch_warnings(record=True) as told_of:
            simplefilter("always")
            found = function(*given, **named)
    except (ValueError, TypeError, IndexError, np.linalg.LinAlgError) as error:
        told = str(error).partition("\n")[0]
        known = getattr(np, name, None)
        hint = None
        if isinstance(error, TypeError) and "argument" in told and known is function:
            hint = _call_of(name, function)
        raise EvaluationError(f"numpy.{name}: {told}", (context.mark(span),), hint) from None
    for each in told_of:
        notice = Notice("warning", f"numpy.{name}: {each.message}", (context.mark(span),))
        context.acting(span).run.note(notice)
    return found


def _call_of(name: str, function: Callable[..., Any]) -> str | None:
    """How a function of NumPy is called, where it says so: not all in C do."""
    try:
        return f"np.{name}{inspect.signature(function)}"
    except ValueError:
        return None


def _fits(context: Context, shape: tuple[int, ...], span: Span) -> None:
    """Refuses an array that would be too large; raises `SizeError`."""

    def make() -> Node:
        check_size(shape)
        return constant(0.0)

    context.build(make, span, ())


def _count(part: slice) -> int:
    """How many numbers a slice of numbers runs through, as far as that can be told."""
    start, stop, step = (0 if part.start is None else part.start), part.stop, part.step or 1
    found = (stop - start) / step if isinstance(stop, int | float) else 0.0
    return math.ceil(found) if math.isfinite(found) else 0


def _axis(given: Settings) -> int | None:
    return None if given.is_left_out("axis") else given.integer("axis")


def _array(context: Context, given: Settings, key: str) -> Typed:
    return context.one(given.given[key], given.span(key))


def _append(context: Context, call: Call, given: Settings) -> Typed:
    both = [_array(context, given, key) for key in ("arr", "values")]
    return moved(context, both, partial(np.append, axis=_axis(given)), call.span, name="append")


def _insert(context: Context, call: Call, given: Settings) -> Typed:
    both = [_array(context, given, key) for key in ("arr", "values")]
    at, axis = plain(context, given.given["obj"], given.span("obj")), _axis(given)

    def arrange(places: Array, values: Array) -> Array:
        return np.insert(places, at, values, axis=axis)

    return moved(context, both, arrange, call.span, name="insert")


def _delete(context: Context, call: Call, given: Settings) -> Typed:
    at, axis = plain(context, given.given["obj"], given.span("obj")), _axis(given)

    def arrange(places: Array) -> Array:
        return np.delete(places, at, axis=axis)

    return moved(context, [_array(context, given, "arr")], arrange, call.span, name="delete")


def _resize(context: Context, call: Call, given: Settings) -> Typed:
    shape = plain(context, given.given["new_shape"], given.span("new_shape"))
    sides = [shape] if isinstance(shape, int) else shape
    _fits(context, tuple([side for side in np.ravel(sides).tolist() if isinstance(side, int)]), call.span)

    def arrange(places: Array) -> Array:
        if not places.size:
            raise ValueError("there is nothing to repeat")
        laid: Array = np.resize(places, shape)
        return laid

    return moved(context, [_array(context, given, "a")], arrange, call.span, name="resize")


def _rollaxis(context: Context, call: Call, given: Settings) -> Typed:
    arrange = partial(np.rollaxis, axis=given.integer("axis"), start=given.integer("start"))
    return moved(context, [_array(context, given, "a")], arrange, call.span, name="rollaxis")


def _block(context: Context, call: Call, given: Settings) -> Typed:
    typed: list[Typed] = []

    def nested(found: Lowered) -> Any:
        """The nested list, with the place in `typed` of each of its arrays."""
        if isinstance(found, List):
            return [nested(each) for each in found.items(context)]
        typed.append(context.one(found, given.span("arrays")))
        return len(typed) - 1

    tree = nested(given.given["arrays"])

    def filled(tree: Any, places: Sequence[Array]) -> Any:
        return [filled(each, places) for each in tree] if isinstance(tree, list) else places[tree]

    return moved(context, typed, lambda *places: np.block(filled(tree, places)), call.span, name="block")


# Lists of parts


def _split(name: str) -> Callable[[Context, Call], Rule]:
    """`np.split` and its like, whose parts are in a list."""

    def answer(context: Context, call: Call) -> Rule:
        found: Lowered = yield from builtin(context, TABLE[name], call, None)
        parts = found.parts if isinstance(found, Several) else [found]
        return List([context.keep(each, call.span) for each in parts])

    return answer


# Brackets


class Joined(Host):
    """`np.r_` and `np.c_`, which join what stands in the brackets behind them."""

    title = "what joins arrays"
    settled = True

    def __init__(self, name: str) -> None:
        self.name = name

    def item(self, context: Context, expression: Subscript) -> Rule:
        """The array of what stands in the brackets."""
        typed: list[Typed] = []
        for each in expression.items:
            if isinstance(each, Slice):
                typed.append((yield from _range(context, each)))
            else:
                found = yield Whole(each)  # type: ignore[arg-type]
                typed.append(context.one(found, expression.span))
        joins = np.c_ if self.name == "c_" else np.r_
        return moved(context, typed, lambda *places: joins[places], expression.span, name=self.name)

    def text(self) -> str:
        """As NumPy is asked for it."""
        return f"np.{self.name}"


def _range(context: Context, part: Slice) -> Rule:
    """A rule: the numbers that a slice runs through, as `0:1:0.1`."""
    bounds = yield from _slice(context, part)
    _fits(context, (_count(bounds),), part.span)
    return _constant(by_numpy(context, part.span, "r_", lambda: np.r_[bounds]))


def _slice(context: Context, part: Slice) -> Rule:
    """A rule: Python's slice of the numbers that stand in one."""
    numbers: list[Any] = []
    for bound in (part.start, part.stop, part.step):
        found: Lowered | None = None if bound is None else (yield Whole(bound))
        numbers.append(None if found is None else plain(context, found, part.span))
    return slice(*numbers)


class Grid(Host):
    """`np.mgrid` and `np.ogrid`, which give the coordinates of a grid for the slices in brackets."""

    title = "a grid"
    settled = True

    def __init__(self, name: str) -> None:
        self.name = name

    def item(self, context: Context, expression: Subscript) -> Rule:
        """The coordinates along each slice."""
        slices: list[slice] = []
        for each in expression.items:
            if not isinstance(each, Slice):
                raise context.wrong("a grid is made of slices", expression.span, f"np.{self.name}[0:3, 0:2]")
            slices.append((yield from _slice(context, each)))
        grid = np.mgrid if self.name == "mgrid" else np.ogrid
        counts = [_count(each) for each in slices]
        for shape in [(len(counts), *counts)] if self.name == "mgrid" else [(each,) for each in counts]:
            _fits(context, shape, expression.span)
        asked_for = slices[0] if len(slices) == 1 else tuple(slices)
        found_grid = by_numpy(context, expression.span, self.name, lambda: grid[asked_for])
        if isinstance(found_grid, tuple):
            return Several(tuple([_constant(each) for each in found_grid]))
        return _constant(found_grid)


def _constant(numbers: Any) -> Typed:
    return constant(np.asarray(numbers, np.float64)), array_kind(np.asarray(numbers).dtype.kind == "i")


BRACKETS: Mapping[str, Host] = {
    **{name: Joined(name) for name in ("r_", "c_")},
    **{name: Grid(name) for name in ("mgrid", "ogrid")},
}
"""What stands before brackets, by its name."""

_FUNCTIONS: Mapping[str, tuple[str, Callable[[Context, Call, Settings], Any]]] = {
    "append": ("arr, values, axis=None", _append),
    "insert": ("arr, obj, values, axis=None", _insert),
    "delete": ("arr, obj, axis=None", _delete),
    "resize": ("a, new_shape", _resize),
    "rollaxis": ("a, axis, start=0", _rollaxis),
    "block": ("arrays", _block),
}


def _makers() -> Iterator[tuple[str, Callable[[Context, Call], Any]]]:
    for module in ("numpy", "jax.numpy"):
        for name, (signature, make) in _FUNCTIONS.items():
            yield f"{module}.{name}", asked(signature, make, prefix="np.")
        for name in ("split", "array_split", "hsplit", "vsplit", "dsplit"):
            yield f"{module}.{name}", _split(name)


MAKERS: Mapping[str, Callable[[Context, Call], Any]] = dict(_makers())
"""What moves elements, by its full path."""
