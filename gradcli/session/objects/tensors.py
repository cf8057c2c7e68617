"""What is asked of tensors beside their numbers, and made in their likeness: `x.stride()`, `x.new_ones(3)`.

A method and the function of its name are one: the tensor is the first argument of both. What counts, as
`bincount` and `unique` with `return_counts`, is a constant of what its argument holds now.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from gradcli.engine.graph import Node, as_node, constant
from gradcli.engine.primitives import TABLE
from gradcli.engine.primitives.entry import as_number
from gradcli.engine.primitives.reductions import all_true, along
from gradcli.engine.primitives.shaping import axis_of, sized
from gradcli.language.tree import Argument, Attribute, Call, ExpressionStatement, Name
from gradcli.lowering.arguments import builtin
from gradcli.lowering.context import Context, done
from gradcli.lowering.conversions import factory
from gradcli.lowering.hosts import NONE
from gradcli.lowering.kinds import (
    COUNT,
    SIZE,
    TENSOR,
    Host,
    Lowered,
    Several,
    Typed,
    changed_kind,
    tensor_kind,
)
from gradcli.lowering.names import is_module_path
from gradcli.session.memory.sharing import looks_at
from gradcli.session.memory.storage import looked_at
from gradcli.session.objects.settings import Settings, asked
from gradcli.session.sweeps import backward_method
from gradcli.text.errors import EvaluationError, GradcliError
from gradcli.trampoline import Rule

Made = Callable[[Context, Call, Settings], Any]


def _asked(signature: str, make: Made) -> Callable[[Context, Call], Rule]:
    """What answers a method, or the function of its name, with the settings of a signature."""
    answer = asked(signature, make, prefix="torch.")
    return lambda context, call: answer(context, with_receiver(context, call))


def with_receiver(context: Context, call: Call) -> Call:
    """A call of a method with what stands before its dot as the first argument."""
    function = call.function
    if not isinstance(function, Attribute) or is_module_path(function.value, context):
        return call
    receiver = Argument(function.value.span, None, function.value)
    return call._replace(arguments=(receiver, *call.arguments))


def _tensor(context: Context, given: Settings, key: str = "input") -> Typed:
    return context.one(given.given[key], given.span(key))


def _data(context: Context, given: Settings, key: str) -> Any:
    """The numbers of an argument now; raises `EvaluationError` where they are not known."""
    return context.numbers(_tensor(context, given, key)[0], given.span(key))


def _dim(context: Context, given: Settings, node: Node) -> int:
    """The dimension of a node that `dim` means; raises `ShapeError` for one that it has not."""
    span, dim = given.span("dim"), given.integer("dim")
    try:
        return axis_of(node, dim)
    except GradcliError as error:
        context.blame(error, span, ())
        raise


def _counts(context: Context, numbers: Any) -> Typed:
    return constant(np.asarray(numbers, np.float64)), tensor_kind(True)


# In the likeness of a tensor


def _new(name: str) -> Callable[[Context, Call], Rule]:
    """What makes another tensor as `x.new_ones(2, 3)` does, of the sort of numbers that x has."""

    def answer(context: Context, call: Call) -> Rule:
        function = call.function
        assert isinstance(function, Attribute)
        _, kind = yield function.value
        if name == "tensor":
            made = yield builtin(context, TABLE["clone"], call, None)
        else:
            made = yield builtin(context, TABLE[name], call, None)
        node, own = yield factory(context, made, call, call.span, call.arguments)
        asked = any(argument.name == "dtype" for argument in call.arguments)
        return node, own if asked or node.tracked else tensor_kind(kind.whole)

    return answer


# Questions


def _is_tensor(context: Context, call: Call, given: Settings) -> Lowered:
    found = given.given["input"]
    return constant(not isinstance(found, Several | Host) and found[1].form == "tensor"), COUNT


def _strides(context: Context, node: Node) -> tuple[int, ...]:
    """How many elements lie between two that are neighbours along each dimension."""
    found = looks_at(node, context.known)
    memory = np.empty(node.shape) if found is None else looked_at(np.empty(found.root.shape), found.steps)
    return tuple(step // memory.itemsize for step in memory.strides)


def _stride(context: Context, call: Call, given: Settings) -> Lowered:
    node, _ = _tensor(context, given)
    strides = _strides(context, node)
    if not given.is_left_out("dim"):
        return as_node(strides[_dim(context, given, node)]), COUNT
    return Several(tuple([(as_node(each), COUNT) for each in strides]))


def _storage_offset(context: Context, call: Call, given: Settings) -> Typed:
    """The place of the first element in the tensor that it looks at."""
    node, _ = _tensor(context, given)
    found = looks_at(node, context.known)
    if found is None:
        return as_node(0), COUNT
    memory = np.empty(found.root.shape)
    first, seen = (each.__array_interface__["data"][0] for each in (memory, looked_at(memory, found.steps)))
    return as_node((seen - first) // memory.itemsize), COUNT


def _is_contiguous(context: Context, call: Call, given: Settings) -> Typed:
    node, _ = _tensor(context, given)
    if looks_at(node, context.known) is None:
        return constant(True), COUNT
    in_a_row = tuple(step // 8 for step in np.empty(node.shape).strides)
    pairs = zip(_strides(context, node), in_a_row, node.shape, strict=True)
    return constant(all(own == plain or size == 1 for own, plain, size in pairs)), COUNT


def _contiguous(context: Context, call: Call, given: Settings) -> Any:
    node, kind = _tensor(context, given)
    whole, _ = _is_contiguous(context, call, given)
    return (node, kind) if context.known(whole) else (TABLE["clone"].build(node), kind)


def _is_floating(context: Context, call: Call, given: Settings) -> Lowered:
    node, kind = _tensor(context, given)
    return constant(not kind.whole and not node.boolean), COUNT


def _equal(context: Context, call: Call, given: Settings) -> Any:
    """Whether two tensors have one shape and the same numbers."""
    pair = [context.one(given.given[key], given.span(key))[0] for key in ("input", "other")]
    left, right = (as_number(each) for each in pair)
    if left.shape != right.shape:
        return constant(False), COUNT
    return along(all_true, left.equals(right)), COUNT


# What counts


def _bincount(context: Context, call: Call, given: Settings) -> Lowered:
    places = _data(context, given, "input")
    if places.ndim != 1 or not (np.isfinite(places) & (places >= 0) & (places == places.round())).all():
        raise EvaluationError(
            "bincount only supports 1-d non-negative integral inputs.", (context.mark(given.span("input")),)
        )
    weights = None if given.is_left_out("weights") else _data(context, given, "weights")
    if weights is not None and weights.shape != places.shape:
        raise EvaluationError(
            "weights should be 1-d and have the same length as input", (context.mark(given.span("weights")),)
        )
    least = given.count("minlength")

    def make() -> Node:
        sized((max(places.max(initial=-1) + 1, least),))
        return constant(np.bincount(places.astype(np.intp), weights, least).astype(np.float64))

    return context.build(make, call.span, ()), tensor_kind(weights is None)


def _unique(context: Context, call: Call, given: Settings) -> Any:
    names = ("return_inverse", "return_counts")
    node, kind = _tensor(context, given)
    axis = None if given.is_left_out("dim") else _dim(context, given, node)
    if axis is None and not any(given.flag(name) for name in names):
        plain = call._replace(arguments=(Argument(call.span, None, done(call.span, (node, kind))),))
        return builtin(context, TABLE["unique"], plain, None)
    values, places, counts = np.unique(
        _data(context, given, "input"), return_inverse=True, return_counts=True, axis=axis
    )
    found: list[Typed] = [(constant(values.astype(np.float64)), kind)]
    shape = node.shape if axis is None else (node.shape[axis],)
    for name, numbers in zip(names, (np.reshape(places, shape), counts), strict=True):
        if given.flag(name):
            found.append(_counts(context, numbers))
    return found[0] if len(found) == 1 else Several(tuple(found))


def _nonzero(context: Context, call: Call, given: Settings) -> Any:
    node, kind = _tensor(context, given)
    if not given.flag("as_tuple"):
        plain = call._replace(arguments=(Argument(call.span, None, done(call.span, (node, kind))),))
        return builtin(context, TABLE["nonzero"], plain, None)
    places = np.nonzero(np.atleast_1d(_data(context, given, "input")))
    found = [_counts(context, each)[0] for each in places]
    return Several(tuple([(each, changed_kind(kind, whole=True)) for each in found]))


def _logspace(context: Context, call: Call, given: Settings) -> Rule:
    start, end, base = (given.number(key) for key in ("start", "end", "base"))

    def make() -> Node:
        (count,) = sized((given.count("steps"),))
        with np.errstate(all="ignore"):
            return constant(np.float64(base) ** np.linspace(start, end, count))

    made = context.build(make, call.span, ()), TENSOR
    return (yield factory(context, made, call, call.span, call.arguments))


_FUNCTIONS: Mapping[str, tuple[str, Made]] = {
    "is_tensor": ("input", _is_tensor),
    "is_floating_point": ("input", _is_floating),
    "equal": ("input, other", _equal),
    "bincount": ("input, weights=None, minlength=0", _bincount),
    "unique": ("input, sorted=True, return_inverse=False, return_counts=False, dim=None", _unique),
    "nonzero": ("input, as_tuple=False", _nonzero),
}
"""What is a method, too: its signature, and what answers."""


def _is_recording(context: Context, call: Call, given: Settings) -> Lowered:
    return constant(context.recording and context.scope.recording), COUNT


def _size(context: Context, call: Call, given: Settings) -> Lowered:
    return constant(np.asarray(given.shape("sizes"), np.float64)), SIZE


def _default_dtype(context: Context, call: Call, given: Settings) -> Lowered:
    assert context.actor is not None
    found: Host = context.actor.dtype("float32" if context.actor.session.single else "float64")
    return found


_OTHERS: Mapping[str, tuple[str, Made]] = {
    "torch.get_default_dtype": ("", _default_dtype),
    "torch.Size": ("sizes=()", _size),
    "torch.logspace": ("start, end, steps, base=10.0, requires_grad=False", _logspace),
    "torch.is_grad_enabled": ("", _is_recording),
    "torch.Tensor.stride": ("input, dim=None", _stride),
    "torch.Tensor.storage_offset": ("input", _storage_offset),
    "torch.Tensor.is_contiguous": ("input", _is_contiguous),
    "torch.Tensor.contiguous": ("input, memory_format=None", _contiguous),
}


def _backward(context: Context, call: Call) -> Rule:
    """A rule: `print(y.backward())`: what the statement does, which gives None."""
    function = call.function
    assert isinstance(function, Attribute)
    run = context.acting(call.span).run
    context.scope.acts()
    if not isinstance(function.value, Name) or context.is_local(function.value.name):
        node, kind = yield function.value
        held = done(function.value.span, (context.where_taken(node), kind))
        call = call._replace(function=function._replace(value=held))
    backward_method(run, ExpressionStatement(call.span, call, quiet=True))
    return NONE


MAKERS: Mapping[str, Callable[[Context, Call], Any]] = {
    **{f"torch.{name}": _asked(*each) for name, each in _FUNCTIONS.items()},
    **{f"torch.Tensor.{name}": _asked(*each) for name, each in _FUNCTIONS.items() if name != "is_tensor"},
    **{path: _asked(*each) for path, each in _OTHERS.items()},
    "torch.Tensor.backward": _backward,
    **{f"torch.Tensor.new_{name}": _new(name) for name in ("ones", "zeros", "full", "empty", "tensor")},
}
"""What is asked of tensors and made in their likeness, by its full path."""
