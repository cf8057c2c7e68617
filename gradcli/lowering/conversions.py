"""Calls that make numbers of what is given: PyTorch's tensors, and Python's float and int."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from gradcli.engine.graph import Node, constant
from gradcli.engine.primitives import TABLE, shaping
from gradcli.engine.primitives.arithmetic import as_truth
from gradcli.engine.primitives.entry import as_number, as_single
from gradcli.language.tree import Argument, Call, Expression, Number, Unary, Vector
from gradcli.language.tree import Sequence as Tuple
from gradcli.language.vocabulary import DTYPES, IGNORED_KEYWORDS, WIDTHS
from gradcli.lowering.context import Context, Whole
from gradcli.lowering.hosts import List, Text, stacked
from gradcli.lowering.kinds import (
    Host,
    Kind,
    Lowered,
    Several,
    Typed,
    array_kind,
    changed_kind,
    list_kind,
    named,
    number_kind,
    tensor_kind,
    tracked_kind,
    widened,
    width_of,
)
from gradcli.lowering.names import Dtype, called_name, dtype_named, dtype_of, library_of
from gradcli.text.errors import EvaluationError, RaisedError
from gradcli.text.source import Span
from gradcli.trampoline import Rule


def tensor(context: Context, call: Call) -> Rule:
    """A rule: `torch.tensor(…)` and its like; the array itself."""
    if not call.arguments or call.arguments[0].name not in (None, "data"):
        raise context.wrong("tensor takes a number or an array", call.span, "torch.tensor([1., 2.])")
    given, rest = call.arguments[0].value, call.arguments[1:]
    name = called_name(call.function, context)
    made = yield _data(context, given, numbers=name == "tensor")
    if name in CLASSES and _is_size(made):
        return (yield _of_sizes(context, call, made)), tensor_kind(CLASSES[name] == "integer")
    for argument in rest:
        if argument.name not in IGNORED_KEYWORDS:
            raise context.wrong(
                "tensor takes one value", argument.span, "an array has [ ]: torch.tensor([1., 2.])"
            )
    return (yield factory(context, made, call, given.span, rest, _dtype_of_class(name)))


def _dtype_of_class(name: str | None) -> Dtype | None:
    """The dtype of what one of PyTorch's classes of tensors makes."""
    return Dtype(CLASSES[name], WIDTHS.get(name, "single")) if name in CLASSES else None


def typed_as(context: Context, call: Call) -> Rule:
    """A rule: `np.float32(3)`, `jnp.int32(x)`: an array of that sort of number."""
    given = call.arguments[0].value
    made = yield _data(context, given)
    node, kind = converted(context, made, dtype_of(call.function, context), given.span)
    return node, tracked_kind(kind) if node.tracked else array_kind(kind.whole)


def _data(context: Context, expression: Expression, *, numbers: bool = False) -> Rule:
    """A rule: the array that is made of data, in which tuples are as good as lists.

    `numbers`: tensors of one element in a list are numbers, whatever their shape, as PyTorch takes them.
    """
    if isinstance(expression, Vector) and not any(
        isinstance(item, Tuple) or (numbers and not isinstance(item, Number | Unary | Vector))
        for item in expression.items
    ):
        return (yield expression)
    return _array_of(context, (yield Whole(expression)), expression.span, numbers)


def _array_of(context: Context, found: Lowered, span: Span, numbers: bool) -> Typed:
    """What is given as one array, with the tuples in it (which are nested `DEEPEST_TUPLE` deep at most)."""
    items = found.items(context) if isinstance(found, List) else None
    items = found.parts if isinstance(found, Several) else items
    if isinstance(found, Several) and not items:
        return constant([]), list_kind(())
    if items and numbers:
        items = [_as_number(each) for each in items]
        found = List(items) if isinstance(found, List) else found
    if items and (isinstance(found, Several) or any(isinstance(each, Several) for each in items)):
        return stacked(context, [_array_of(context, each, span, numbers) for each in items], span)
    return context.one(found, span)


def _as_number(found: Lowered) -> Lowered:
    """A tensor of one element as the number that it holds; all else as it is."""
    if isinstance(found, Several | Host) or found[1].form != "tensor" or not found[0].shape:
        return found
    node, kind = found
    return (shaping.reshape(node, ()), kind) if math.prod(node.shape) == 1 else found


def _is_size(typed: Typed) -> bool:
    node, kind = typed
    return not node.shape and kind.form == "number" and kind.whole


def _of_sizes(context: Context, call: Call, first: Typed) -> Rule:
    """A rule: what a class of tensors makes of sizes: of this shape, with anything in it, and zeros here."""
    sizes = [context.settled_integer(first[0], call.arguments[0].span)]
    for argument in call.arguments[1:]:
        typed: Typed = yield argument.value
        if not _is_size(typed):
            raise context.wrong("a size is a whole number", argument.span, "torch.Tensor(2, 3)")
        sizes.append(context.settled_integer(typed[0], argument.span))
    return context.build(lambda: constant(np.zeros(shaping.sized(tuple(sizes)))), call.span, ())


def factory(
    context: Context,
    made: Typed,
    call: Call,
    span: Span,
    arguments: Sequence[Argument],
    dtype: Dtype | None = None,
) -> Rule:
    """A rule: what a call made, as the array that its arguments ask for; perhaps a leaf of its own.

    `dtype` is what it is of where no argument says so.
    """
    dtype = requested(context, "", arguments) or dtype
    node, kind = converted(context, made, dtype, span)
    is_array = library_of(call.function, context) == "numpy"
    kind = array_kind(kind.whole) if is_array else tensor_kind(kind.whole)
    kind = _in_width(context, kind, dtype, made[1])
    for argument in arguments:
        if argument.name == "requires_grad":
            asked, _ = yield argument.value
            wanted = context.known(asked)
            if wanted is not None and np.all(wanted):
                leaf = context.scope.new_leaf(as_number(context.where_taken(node)))
                return leaf, tracked_kind(kind)
    if made[1].form == "number" or called_name(call.function, context) not in SHARING:
        node = copied(context, node)
    return node, kind


def _in_width(context: Context, kind: Kind, dtype: Dtype | None, of: Kind) -> Kind:
    """The kind of what was made of a value `of` some kind, in the width of that or of a dtype."""
    if not context.scope.single or (dtype is not None and not dtype.width):
        return kind
    if dtype is not None:
        return widened(kind, dtype.width)
    return widened(kind, width_of(of)) if of.form in ("tensor", "array") else kind


def leaving(context: Context, typed: Typed, form: str, span: Span) -> Typed:
    """What is no tensor any more, but numbers of Python's or an array (`form`), which looks at nothing.

    In a page whose tensors are float32 it is the float32 that PyTorch gives. An array keeps the doubles
    behind that, as it looks at the elements of the tensor.
    """
    node, kind = typed
    found = context.apply(TABLE["detach"], span, ((span, node),))
    if form == "array":
        return found, _in_width(context, array_kind(kind.whole), None, kind)
    if is_single(context, typed):
        found = context.build(lambda: as_single(found), span, ((span, found),))
    return found, number_kind(kind.whole)


def is_single(context: Context, typed: Typed) -> bool:
    """Whether a value is of float32, in a page that has such."""
    node, kind = typed
    if not context.scope.single or kind.form not in ("tensor", "array") or kind.whole or node.boolean:
        return False
    return width_of(kind) == "single"


CLASSES = {"Tensor": "float", "FloatTensor": "float", "DoubleTensor": "float", "LongTensor": "integer"}
"""What PyTorch's classes of tensors hold (of `DTYPES`); whole numbers in a row are sizes to them."""

SHARING = ("as_tensor", "from_numpy", "asarray", "Variable", "Parameter")
"""What makes a tensor or an array that looks at the elements of another."""


def copied(context: Context, node: Node) -> Node:
    """A tensor of its own, where a program of a library takes the elements of another that may change."""
    if node.tracked or node.static or not context.scope.keeps_lists:
        return node
    return TABLE["clone"].build(node)


def requested(context: Context, name: str, arguments: Sequence[Argument]) -> Dtype | None:
    """The dtype of the values that a call of `name` gives, by its name or one among its arguments."""
    if name in DTYPES:
        return dtype_named(name)
    found = (dtype_of(each.value, context) for each in arguments if each.name in (None, "dtype"))
    return next((dtype for dtype in found if dtype is not None), None)


def converted(context: Context, typed: Typed, dtype: Dtype | None, span: Span) -> Typed:
    """A value as the sort of number that a dtype says, if there is one; `span` is its place."""
    node, kind = typed

    def make() -> Node:
        assert dtype is not None
        if dtype.holds == "truth":
            return as_truth(node)
        if dtype.holds == "integer":
            return TABLE["detach"].build(TABLE["trunc"].build(node))
        if dtype.width == "double" and is_single(context, typed) and not node.tracked:
            return as_single(node)
        return as_number(node)

    found = node if dtype is None else context.made(make, span, ((span, node),))
    if found is node and dtype is not None:
        found = copied(context, node)
    whole = kind.whole if dtype is None else dtype.holds != "float"
    made = _in_width(context, changed_kind(kind, whole), dtype, kind)
    return found, named(made, kind.overload if found is node else None)


def plain_number(context: Context, call: Call) -> Rule:
    """A rule: `float(x)` and `int(x)`: the number alone, as `x.item()`."""
    name = called_name(call.function, context)
    if len(call.arguments) != 1 or call.arguments[0].name is not None:
        raise context.wrong(f"{name} takes one number", call.span, f"{name}(x)")
    given, span = call.arguments[0].value, call.arguments[0].span
    found: Lowered = yield Whole(given)
    if isinstance(found, Text) and found.plain is not None:
        text = found.plain.strip().casefold().replace("infinity", "inf").removeprefix("+")
        if not reads_as_number(text) or (name == "int" and not text.lstrip("-").isdecimal()):
            said = f"could not convert string to float: {found.plain!r}"
            if name == "int":
                said = f"invalid literal for int() with base 10: {found.plain!r}"
            raise RaisedError("ValueError", said, (context.mark(span),), "text is not a number")
        return constant(float(text)), number_kind(name == "int")
    node, kind = context.one(found, span)
    node = as_number(node)
    if math.prod(node.shape) != 1:
        raise EvaluationError(
            f"{name} needs a single number, and this has shape {list(node.shape)}", (context.mark(span),)
        )
    node, _ = leaving(context, (shaping.reshape(node, ()), kind), "number", span)
    if name == "int":
        node = context.apply(TABLE["trunc"], call.span, ((span, node),))
    return node, number_kind(name == "int")


def reads_as_number(text: str) -> bool:
    """Whether Python's float reads a text."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def range_(context: Context, call: Call) -> Rule:
    """A rule: a range as a value, as Python has it; elsewhere it is none, and an `InputError`."""
    if context.scope.keeps_lists:
        from gradcli.lowering.loops import iteration
        from gradcli.lowering.pythonic import Range

        return Range((yield iteration(context, call)))
    raise context.wrong(
        "a range is not a value", call.span, "arange(…) makes an array; for i in range(…): loops"
    )
