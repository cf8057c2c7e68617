"""What stands after a dot: attributes and methods of a value, in PyTorch's spelling."""

from __future__ import annotations

import math

from gradcli.engine.graph import Input, Node, as_node, constant, shape_text
from gradcli.engine.primitives import TABLE, shaping
from gradcli.language.mistakes.hints import function_of_others
from gradcli.language.tree import Attribute, Call, Expression, Name, Text
from gradcli.lowering.arguments import builtin
from gradcli.lowering.context import Context
from gradcli.lowering.conversions import converted, requested
from gradcli.lowering.kinds import COUNT, REAL, SIZE, TENSOR, array_kind, changed_kind, list_kind, number_kind
from gradcli.lowering.names import (
    CASTS,
    CONSTANTS,
    DTYPES,
    MODULES,
    STATEMENT_CALLS,
    called_name,
    is_module_path,
)
from gradcli.lowering.unknown import format_method
from gradcli.text.errors import EvaluationError, GradcliError
from gradcli.text.suggest import did_you_mean
from gradcli.trampoline import Rule

ATTRIBUTES = ("T", "grad", "data", "shape", "ndim", "requires_grad", "is_leaf", "values", "indices")
"""What may follow a value and a dot without brackets."""


def attribute(context: Context, expression: Attribute) -> Rule:
    name, value = expression.name, expression.value
    if is_module_path(value, context):
        if name in CONSTANTS:
            return constant(CONSTANTS[name]), REAL
        near = did_you_mean(name, CONSTANTS)
        hint = f"did you mean {near}?" if near else None
        raise context.wrong(f"unknown name {name}", expression.name_span, hint)
    if name == "grad":
        return _grad_of(context, expression), TENSOR
    if name in ("values", "indices") and isinstance(value, Call):
        return (yield _of_extreme(context, expression, value))
    node, kind = yield value
    operands = ((value.span, node),)
    if name in ("T", "mT"):
        dims = () if name == "T" else (-2, -1)
        turned = context.build(lambda: shaping.transpose(node, *dims), expression.span, operands)
        return turned, changed_kind(kind, kind.whole)
    if name == "data":
        return context.apply(TABLE["detach"], expression.span, operands), changed_kind(kind, kind.whole)
    if name == "shape":
        return constant([float(size) for size in node.shape]), SIZE
    if name == "ndim":
        return as_node(len(node.shape)), COUNT
    if name in ("requires_grad", "is_leaf"):
        recording = context.recording and context.scope.recording
        kept = recording or isinstance(value, Name) or isinstance(node, Input)
        tracked = node.tracked and kept
        return constant(tracked if name == "requires_grad" else not (tracked and node.inputs)), COUNT
    near = did_you_mean(name, ATTRIBUTES)
    hint = f"did you mean .{near}?" if near else None
    if name in TABLE or name in STATEMENT_CALLS:
        hint = f"call it: .{name}()"
    raise context.wrong(f"a value has no attribute {name}", expression.name_span, hint)


def _grad_of(context: Context, expression: Attribute) -> Node:
    """The node of `x.grad`."""
    if not isinstance(expression.value, Name):
        raise context.wrong("only a named leaf has a grad", expression.value.span)
    try:
        return context.scope.grad(expression.value.name)
    except GradcliError as error:
        known = context.bound(expression.value.name)
        error.marks = (context.mark(expression.span if known else expression.value.span),)
        raise


def _of_extreme(context: Context, expression: Attribute, call: Call) -> Rule:
    function = call.function
    name = called_name(function, context)
    receiver = None
    if name is None and isinstance(function, Attribute):
        name, receiver = function.name, function.value
    if expression.name == "values":
        return (yield call)
    if name not in ("max", "min"):
        raise context.wrong("only max and min along a dim have indices", expression.name_span)
    return (yield builtin(context, TABLE[f"arg{name}"], call, receiver))


SAME = ("contiguous", "cpu", *CASTS, *DTYPES)
"""Methods that give the value itself, as the sort of number that they name; all floats here are doubles."""

_INSTEAD = {
    "zero_grad": "zero clears every grad, and x.grad.zero_() that of x",
    "step": "a step is an update in place: x -= 0.1*x.grad",
    "print": "write print(…)",
    "retain_grad": "only leaves keep grads; grad(z, y) is the derivative of z in a value y",
}
"""What to type for methods that are not there."""


def _check_root(context: Context, function: Attribute) -> None:
    """Refuses a method of something that has no value; raises `InputError`."""
    root: Expression = function
    while isinstance(root, Attribute):
        root = root.value
    if not isinstance(root, Name) or context.bound(root.name):
        return
    part = function.value
    if isinstance(part, Attribute) and part.name not in CONSTANTS and is_module_path(part.value, context):
        hint = "a step of gradient descent is w -= 0.1*w.grad" if part.name == "optim" else None
        raise context.wrong(f"there is no {context.text(part.span)} here", part.span, hint)
    if root.name in CONSTANTS or root.name in MODULES or context.calls_user(root):
        return
    near = did_you_mean(root.name, context.scope.names())
    hint = _INSTEAD.get(function.name) or function_of_others(function.name)
    hint = f"did you mean {near}?" if near else hint
    unbound = "there are no objects but values; functions are called as in torch.sin(x)"
    raise context.wrong(f"unknown name {root.name}", root.span, hint or unbound)


def method(context: Context, function: Attribute, call: Call) -> Rule:
    name = function.name
    _check_root(context, function)
    if name in _INSTEAD:
        raise context.wrong(f"a value has no method {name}", function.name_span, _INSTEAD[name])
    if name == "format" and isinstance(function.value, Text):
        raise format_method(context, function.value, call)
    if name in STATEMENT_CALLS:
        raise context.wrong(f"{name} is a statement, not a value", call.span, "write it on a line of its own")
    if name in SAME:
        dtype = requested(context, name, call.arguments)
        return converted(context, (yield function.value), dtype, function.value.span)
    if name in _PLAIN_METHODS:
        return (yield _plain_method(context, function, call))
    entry = TABLE.get(name)
    if entry is None:
        hint = function_of_others(name)
        near = None if hint else did_you_mean(name, [*TABLE, *STATEMENT_CALLS])
        hint = f"did you mean .{near}()?" if near else hint
        raise context.wrong(f"unknown method {name}", function.name_span, hint)
    return (yield builtin(context, entry, call, function.value))


_PLAIN_METHODS = ("item", "tolist", "numpy", "size", "dim")
"""Methods that change a value's kind, if anything."""


def _plain_method(context: Context, function: Attribute, call: Call) -> Rule:
    node, kind = yield function.value
    name = function.name
    if name == "dim":
        return as_node(len(node.shape)), COUNT
    if name == "size":
        sizes = constant([float(size) for size in node.shape])
        if not call.arguments:
            return sizes, SIZE
        place, _ = yield call.arguments[0].value
        at = context.settled_integer(place, call.arguments[0].span)
        return as_node(node.shape[shaping.axis_of(node, at)]), COUNT
    if name == "item" and math.prod(node.shape) != 1:
        raise EvaluationError(
            f"item() needs a single number, and this has shape {list(node.shape)}",
            (context.mark(function.value.span, shape_text(node.shape)),),
        )
    one = shaping.reshape(node, ()) if name == "item" else node
    detached = context.apply(TABLE["detach"], call.span, ((function.value.span, one),))
    if name == "numpy":
        return detached, array_kind(kind.whole)
    plain = number_kind(kind.whole)
    return detached, plain if name == "item" or not node.shape else list_kind((plain,))
