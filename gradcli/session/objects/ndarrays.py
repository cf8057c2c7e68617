"""NumPy's functions that say something of arrays, apply functions along them, or change them in place."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from gradcli.engine.graph import constant
from gradcli.engine.primitives import TABLE
from gradcli.engine.primitives.shaping import reshaped
from gradcli.language.tree import Attribute, Call, Name
from gradcli.lowering.context import Context, Whole
from gradcli.lowering.hosts import NONE, Text, called_with, counted, items_of_array, stacked
from gradcli.lowering.kinds import COUNT, Host, Lowered, Several, Typed, array_kind, tracked_kind
from gradcli.session.objects.moving import by_numpy
from gradcli.session.objects.settings import Settings, asked, plain
from gradcli.text.errors import EvaluationError
from gradcli.trampoline import Rule


def _array(context: Context, given: Settings, key: str) -> Typed:
    return context.one(given.given[key], given.span(key))


def _also(name: str) -> Callable[[Context, Call], Rule]:
    """What is called by another name: the same call by this one."""

    def answer(context: Context, call: Call) -> Rule:
        function = call.function
        if isinstance(function, Attribute):
            function = function._replace(name=name)
        else:
            function = Attribute(function.span, Name(function.span, "numpy"), name, function.span)
        return (yield Whole(call._replace(function=function)))

    return answer


# What is said of arrays


def _shape(context: Context, call: Call, given: Settings) -> Lowered:
    node, _ = _array(context, given, "a")
    return Several(tuple([counted(size) for size in node.shape]))


def _ndim(context: Context, call: Call, given: Settings) -> Lowered:
    return counted(len(_array(context, given, "a")[0].shape))


def _size(context: Context, call: Call, given: Settings) -> Lowered:
    shape = _array(context, given, "a")[0].shape
    if given.is_left_out("axis"):
        return counted(math.prod(shape))
    return counted(by_numpy(context, call.span, "size", lambda: shape[given.integer("axis")]))


def _isscalar(context: Context, call: Call, given: Settings) -> Lowered:
    found = given.given["element"]
    is_number = not isinstance(found, Several | Host) and not found[0].shape and found[1].form != "tensor"
    return constant(is_number or isinstance(found, Text)), COUNT


def _printed(name: str) -> Callable[[Context, Call, Settings], Lowered]:
    def make(context: Context, call: Call, given: Settings) -> Lowered:
        options = {
            key: plain(context, given.given[key], given.span(key)) for key in given.given if key != "a"
        }
        numbers = plain(context, given.given["a"], given.span("a"), counts=True)
        found = by_numpy(context, call.span, name, getattr(np, name), np.asarray(numbers), **options)
        return Text((str(found),))

    return make


def _nothing(context: Context, call: Call, given: Settings) -> Lowered:
    return NONE


# Functions along arrays


def _function(context: Context, found: Lowered, given: Settings, key: str) -> Host:
    if not isinstance(found, Host) or type(found).call is Host.call:
        raise context.wrong("this is no function", given.span(key), f"np.{given.name}(f, …)")
    return found


class Vectorized(Host):
    """`np.vectorize(f)`: a function of the elements of arrays."""

    title = "a function"
    settled = True

    def __init__(self, function: Any) -> None:
        self.function = function

    def call(self, context: Context, call: Call) -> Rule:
        """The array of what it gives for each element."""
        typed: list[Typed] = []
        for argument in call.arguments:
            if argument.name is not None:
                raise context.wrong("what is made by vectorize takes its arguments in turn", argument.span)
            found = yield Whole(argument.value)
            typed.append(context.one(found, argument.value.span))
        shapes = [node.shape for node, _ in typed]
        shape = by_numpy(context, call.span, "vectorize", np.broadcast_shapes, *shapes)
        spread = [TABLE["broadcast_to"].build(node, shape) for node, _ in typed]
        count = math.prod(shape)
        kinds = [array_kind(kind.whole) for _, kind in typed]
        if not count:
            raise EvaluationError("cannot call `vectorize` on size 0 inputs", (context.mark(call.span),))
        columns = [
            items_of_array(context, (reshaped(node, (count,)), kind), call.span)
            for node, kind in zip(spread, kinds, strict=True)
        ]
        function = context.now(self.function)
        results = []
        for row in zip(*columns, strict=True):
            found = yield called_with(function, context, row, call)  # type: ignore[arg-type]
            results.append(context.one(found, call.span))
        return _joined(context, results, shape, call)

    def text(self) -> str:
        """As NumPy has it, but for its address."""
        return "<numpy.vectorize object>"


def _joined(context: Context, results: Sequence[Typed], shape: tuple[int, ...], call: Call) -> Typed:
    """The array of results, of which there is one for each place of a shape."""
    node, kind = stacked(context, results, call.span)
    inner = node.shape[1:]
    node = context.build(lambda: reshaped(node, (*shape, *inner)), call.span, ())
    return node, tracked_kind(array_kind(False)) if node.tracked else array_kind(kind.whole)


def _vectorize(context: Context, call: Call, given: Settings) -> Lowered:
    function = _function(context, given.given["pyfunc"], given, "pyfunc")
    return Vectorized(context.keep(function, call.span))


def _along_axis(context: Context, call: Call, given: Settings) -> Rule:
    function = _function(context, given.given["func1d"], given, "func1d")
    node, kind = _array(context, given, "arr")
    rank = len(node.shape)
    axis = given.integer("axis")
    if not -rank <= axis < rank:
        raise context.wrong(f"axis {axis} is out of bounds for array of dimension {rank}", given.span("axis"))
    axis %= rank
    others = [each for each in range(rank) if each != axis]
    turned = TABLE["permute"].build(node, (*others, axis))
    shape = tuple(node.shape[each] for each in others)
    lanes = reshaped(turned, (math.prod(shape), node.shape[axis]))
    results = []
    for lane in items_of_array(context, (lanes, array_kind(kind.whole)), call.span):
        found = yield called_with(function, context, [lane], call)
        results.append(context.one(found, call.span))
    if not results:
        raise EvaluationError(
            "Cannot apply_along_axis when any iteration dimensions are 0", (context.mark(call.span),)
        )
    found, kind = _joined(context, results, shape, call)
    inner = len(found.shape) - len(shape)
    if inner:  # what a function gives stands where the lane has been
        order = (*range(axis), *range(len(shape), len(found.shape)), *range(axis, len(shape)))
        found = TABLE["permute"].build(found, order)
    return found, kind


def _from_function(context: Context, call: Call, given: Settings) -> Rule:
    function = _function(context, given.given["function"], given, "function")
    shape = given.shape("shape")

    def places() -> Any:
        return constant(np.indices(shape, dtype=np.float64))

    node = context.build(places, call.span, ())
    axes = items_of_array(context, (node, array_kind(False)), call.span)
    return (yield called_with(function, context, axes, call))


_QUESTIONS: Mapping[str, tuple[str, Callable[[Context, Call, Settings], Any]]] = {
    "shape": ("a", _shape),
    "ndim": ("a", _ndim),
    "size": ("a, axis=None", _size),
    "isscalar": ("element", _isscalar),
    "array2string": (
        "a, max_line_width=None, precision=None, suppress_small=None, separator=' '",
        _printed("array2string"),
    ),
    "array_str": ("a, max_line_width=None, precision=None, suppress_small=None", _printed("array_str")),
    "array_repr": ("a, max_line_width=None, precision=None, suppress_small=None", _printed("array_repr")),
    "vectorize": ("pyfunc", _vectorize),
    "apply_along_axis": ("func1d, axis, arr", _along_axis),
    "fromfunction": ("function, shape", _from_function),
    "seterr": ("all=None, divide=None, over=None, under=None, invalid=None", _nothing),
}

_OTHER_NAMES = {
    "around": "round",
    "round_": "round",
    "copy": "array",
    "fix": "trunc",
    "identity": "eye",
    "product": "prod",
    "cumproduct": "cumprod",
    "ascontiguousarray": "asarray",
    "asfortranarray": "asarray",
    "asanyarray": "asarray",
    "trapz": "trapezoid",
}
"""What NumPy has under two names, or had under another one."""


def _makers() -> Iterator[tuple[str, Callable[[Context, Call], Any]]]:
    for module in ("numpy", "jax.numpy"):
        for name, (signature, make) in _QUESTIONS.items():
            yield f"{module}.{name}", asked(signature, make, prefix="np.")
        for name, other in _OTHER_NAMES.items():
            yield f"{module}.{name}", _also(other)


MAKERS: Mapping[str, Callable[[Context, Call], Any]] = dict(_makers())
"""What is asked of arrays, by its full path."""
