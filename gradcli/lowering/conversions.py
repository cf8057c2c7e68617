"""Calls that make numbers of what is given: PyTorch's tensors, and Python's float and int."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from gradcli.engine.graph import Node, constant
from gradcli.engine.primitives import TABLE, shaping
from gradcli.engine.primitives.arithmetic import as_truth
from gradcli.engine.primitives.entry import as_number
from gradcli.language.tree import Argument, Call, Expression, Text, Vector
from gradcli.language.tree import Sequence as Tuple
from gradcli.language.vocabulary import DTYPES, IGNORED_KEYWORDS
from gradcli.lowering.context import Context, Whole
from gradcli.lowering.hosts import List, stacked
from gradcli.lowering.kinds import (
    TENSOR,
    Lowered,
    Several,
    Typed,
    array_kind,
    changed_kind,
    list_kind,
    named,
    number_kind,
    tensor_kind,
)
from gradcli.lowering.names import called_name, dtype_of, library_of
from gradcli.text.errors import EvaluationError
from gradcli.text.source import Span
from gradcli.trampoline import Rule


def tensor(context: Context, call: Call) -> Rule:
    """A rule: `torch.tensor(…)` and its like; the array itself."""
    if not call.arguments or call.arguments[0].name not in (None, "data"):
        raise context.wrong("tensor takes a number or an array", call.span, "torch.tensor([1., 2.])")
    given, rest = call.arguments[0].value, call.arguments[1:]
    made = yield _data(context, given)
    name = called_name(call.function, context)
    if name in CLASSES and _is_size(made):
        return (yield _of_sizes(context, call, made)), tensor_kind(CLASSES[name] == "integer")
    for argument in rest:
        if argument.name not in IGNORED_KEYWORDS:
            raise context.wrong(
                "tensor takes one value", argument.span, "an array has [ ]: torch.tensor([1., 2.])"
            )
    if name in CLASSES:
        made = converted(context, made, CLASSES[name], given.span)
    return (yield factory(context, made, call, given.span, rest))


def _data(context: Context, expression: Expression) -> Rule:
    """A rule: the array that is made of data, in which tuples are as good as lists."""
    if isinstance(expression, Vector) and not any(isinstance(item, Tuple) for item in expression.items):
        return (yield expression)
    return _array_of(context, (yield Whole(expression)), expression.span)


def _array_of(context: Context, found: Lowered, span: Span) -> Typed:
    """What is given as one array, with the tuples in it (which are nested `DEEPEST_TUPLE` deep at most)."""
    items = found.items(context) if isinstance(found, List) else getattr(found, "parts", None)
    if isinstance(found, Several) and not items:
        return constant([]), list_kind(())
    if items and (isinstance(found, Several) or any(isinstance(each, Several) for each in items)):
        return stacked(context, [_array_of(context, each, span) for each in items], span)
    return context.one(found, span)


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


def factory(context: Context, made: Typed, call: Call, span: Span, arguments: Sequence[Argument]) -> Rule:
    """A rule: what a call made, as the array that its arguments ask for; perhaps a leaf of its own."""
    node, kind = converted(context, made, requested(context, "", arguments), span)
    for argument in arguments:
        if argument.name == "requires_grad":
            asked, _ = yield argument.value
            wanted = context.known(asked)
            if wanted is not None and np.all(wanted):
                return context.scope.new_leaf(as_number(context.where_taken(node))), TENSOR
    is_array = library_of(call.function, context) == "numpy"
    if made[1].form == "number" or called_name(call.function, context) not in SHARING:
        node = copied(context, node)
    return node, array_kind(kind.whole) if is_array else tensor_kind(kind.whole)


CLASSES = {"Tensor": "float", "FloatTensor": "float", "DoubleTensor": "float", "LongTensor": "integer"}
"""What PyTorch's classes of tensors hold (of `DTYPES`); whole numbers in a row are sizes to them."""

SHARING = ("as_tensor", "from_numpy", "asarray", "Variable", "Parameter")
"""What makes a tensor or an array that looks at the elements of another."""


def copied(context: Context, node: Node) -> Node:
    """A tensor of its own, where a program of a library takes the elements of another that may change."""
    if node.tracked or node.static or not context.scope.keeps_lists:
        return node
    return TABLE["clone"].build(node)


def requested(context: Context, name: str, arguments: Sequence[Argument]) -> str | None:
    """What the values shall be that a call of `name` gives, by its name or a dtype in it: one of `DTYPES`."""
    if name in DTYPES:
        return DTYPES[name]
    found = (dtype_of(each.value, context) for each in arguments if each.name in (None, "dtype"))
    return next((dtype for dtype in found if dtype is not None), None)


def converted(context: Context, typed: Typed, dtype: str | None, span: Span) -> Typed:
    """A value as the sort of number that `dtype` (of `DTYPES`, or `None`) says; `span` is its place."""
    node, kind = typed

    def make() -> Node:
        if dtype == "truth":
            return as_truth(node)
        if dtype == "integer":
            return TABLE["detach"].build(TABLE["trunc"].build(node))
        return as_number(node)

    found = node if dtype is None else context.made(make, span, ((span, node),))
    if found is node and dtype is not None:
        found = copied(context, node)
    whole = kind.whole if dtype is None else dtype != "float"
    return found, named(changed_kind(kind, whole), kind.overload if found is node else None)


def plain_number(context: Context, call: Call) -> Rule:
    """A rule: `float(x)` and `int(x)`: the number alone, as `x.item()`."""
    name = called_name(call.function, context)
    if len(call.arguments) != 1 or call.arguments[0].name is not None:
        raise context.wrong(f"{name} takes one number", call.span, f"{name}(x)")
    given, span = call.arguments[0].value, call.arguments[0].span
    if isinstance(given, Text):
        text = given.value.strip().casefold().replace("infinity", "inf").removeprefix("+")
        if not reads_as_number(text) or (name == "int" and not text.lstrip("-").isdecimal()):
            raise context.wrong("text is not a number", span)
        return constant(float(text)), number_kind(name == "int")
    node, _ = yield given
    node = as_number(node)
    if math.prod(node.shape) != 1:
        raise EvaluationError(
            f"{name} needs a single number, and this has shape {list(node.shape)}", (context.mark(span),)
        )
    node = shaping.reshape(node, ())
    if name == "int":
        node = context.apply(TABLE["trunc"], call.span, ((span, node),))
    return context.apply(TABLE["detach"], call.span, ((span, node),)), number_kind(name == "int")


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
