"""Functions made of functions, as in JAX and `torch.func`: `jax.grad(f)(x)`, `jax.value_and_grad(f)(x)`.

Also PyTorch's `torch.autograd.functional`, and the other calls of these libraries that take a function and
where it is differentiated. What they give is a tuple where theirs is one. Each function stands in the graph
as what it computes at variables of its own, in whose places stands what it was called with, once all is
derived.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from collections.abc import Sequence as Items
from functools import partial
from typing import Any

from gradcli.engine import derive, jacobians
from gradcli.engine.graph import Input, Node, as_node, expand, substituted
from gradcli.engine.primitives import TABLE
from gradcli.engine.primitives.entry import as_number
from gradcli.engine.primitives.shaping import detach
from gradcli.engine.shapes import shape_text
from gradcli.language.tree import (
    Argument,
    Assign,
    Attribute,
    Call,
    Define,
    Expression,
    Lambda,
    Name,
    Number,
    Parameter,
    Return,
    Sequence,
    Subscript,
    Unary,
    Vector,
)
from gradcli.language.vocabulary import DERIVATIVES, GRADS
from gradcli.lowering.arguments import bind, meant_by
from gradcli.lowering.context import Context, Whole, done, own
from gradcli.lowering.derivatives import named_function, tied_to, zeros
from gradcli.lowering.functions import invoke, user_call
from gradcli.lowering.hosts import called, items_of_array, stacked
from gradcli.lowering.kinds import TENSOR, Host, Lowered, Several, each_of, over_each
from gradcli.lowering.names import KINDS, TRANSFORMING, called_name, library_of
from gradcli.lowering.trees import leaves, refilled
from gradcli.records import NamedTuple
from gradcli.text.errors import EvaluationError, InputError
from gradcli.text.source import Span
from gradcli.trampoline import Rule

PRODUCTS = ("jvp", "vjp", "hvp", "vhp")
"""What of these libraries takes a function, where it is differentiated, and a vector."""

_SETTINGS = (
    *("create_graph", "strict", "vectorize", "strategy", "outer_jacobian_strategy", "static_argnums"),
    *("holomorphic", "allow_int", "chunk_size", "has_aux"),
)
"""Keywords that change nothing here."""


class Function(NamedTuple):
    """A function: one with a name, or a value, or what a transformation (of that kind) makes of another.

    `places` are those of the arguments that it differentiates in; `listed` where they were given as a tuple.
    """

    span: Span
    name: Name | None = None
    host: Host | None = None
    kind: str = ""
    inner: Function | None = None
    places: tuple[int, ...] = (0,)
    listed: bool = False
    axes: int | tuple[int | None, ...] = 0
    """The axis of each argument, or of all, along which it is called again and again (`None`: with all)."""

    def given(self) -> Function:
        """The function that it is made of, which no transformation made."""
        found = self
        while found.inner is not None:
            found = found.inner
        return found


class Transform(Host):
    """What a transformation makes of a function, as a value: `g = jax.grad(lambda x: x**2)`."""

    title = "a function"
    hint = "call it with its arguments in round brackets"
    settled = True

    def __init__(self, function: Function) -> None:
        self.function = function

    def call(self, context: Context, call: Call) -> Rule:
        """What it gives for the arguments of a call."""
        return _of_call(context, self.function, call)

    def text(self) -> str:
        """As Python has it, but for its address."""
        return f"<function {self.function.kind}>"


def is_transform(context: Context, call: Call) -> bool:
    """Whether a call gives a function: a transformation, of a function and of nothing else but settings."""
    name = called_name(call.function, context)
    if name not in KINDS or context.calls_user(call.function) or not call.arguments:
        return False
    first = call.arguments[0]
    if first.name not in (None, "func", "fun") or _is_of_autograd(call.function):
        return False
    if len(call.arguments) > 1 and not _places(call, KINDS[name]):
        return False
    value = first.value
    while isinstance(value, Call) and called_name(value.function, context) in KINDS and value.arguments:
        value = value.arguments[0].value
    return _given(context, value) is not None


def _given(context: Context, expression: Expression) -> Function | None:
    """The function that an expression is which no transformation makes; `None` for a value."""
    host: Host | None
    if isinstance(expression, Lambda):
        host = context.function_value(expression.function)
    elif isinstance(expression, Name):
        host = context.host(expression.name)
    else:
        found = getattr(expression, "found", None)  # of what was lowered before
        host = found if isinstance(found, Host) else None
    if isinstance(host, Transform):
        return host.function
    if host is not None:
        can_be_called = type(host).call is not Host.call
        return Function(expression.span, host=host) if can_be_called else None
    name = named_function(context, expression)
    return None if name is None else Function(expression.span, name)


def _places(call: Call, kind: str) -> bool:
    """Whether what stands behind the function are settings, or the places of arguments.

    A list of numbers is that for `vmap` only: else it is a vector, where to derive.
    """
    second = call.arguments[1]
    if isinstance(second.value, Vector) and second.name is None and kind != "vmap":
        return False
    items = second.value.items if isinstance(second.value, Sequence | Vector) else (second.value,)
    are_axes = all(_axis(each) != _NO_AXIS for each in items)  # those of vmap
    numbers = second.name is None and (are_axes or _numbers(second.value) is not None)
    return len(call.arguments) == 1 + numbers or all(
        argument.name is not None for argument in call.arguments[1 + numbers :]
    )


def function_of(context: Context, expression: Expression) -> Function | None:
    """The function that an expression is; `None` for a value. Raises `InputError` for a wrong setting."""
    made: list[Call] = []
    while isinstance(expression, Call) and is_transform(context, expression):
        made.append(expression)
        expression = expression.arguments[0].value
    found = _given(context, expression)
    if found is None:
        return None
    for call in reversed(made):
        kind = KINDS[called_name(call.function, context) or ""]
        if kind == "vmap":
            found = Function(call.span, kind=kind, inner=found, axes=_axes(context, call))
            continue
        places, listed = _argnums(context, call)
        found = Function(call.span, None, None, kind, found, places, listed)
    return found


def made_of(context: Context, call: Call) -> Rule:
    """A rule: the function that a call makes, as a value (`Transform`); `None` where it makes none."""
    name = called_name(call.function, context)
    if name not in KINDS or (name in GRADS and name != "grad") or context.calls_user(call.function):
        return None
    first = call.arguments[0] if call.arguments else None
    is_word = name in DERIVATIVES and any(each.name is None for each in call.arguments[1:])
    if first is None or is_word or (len(call.arguments) > 1 and not _places(call, KINDS[name])):
        return None  # `grad(f, 2)` is the derivative at 2
    may_be_one = context.actor is not None and isinstance(first.value, Call | Subscript | Attribute)
    if may_be_one and not is_transform(context, call):
        found = yield Whole(first.value)
        given = first._replace(value=done(first.value.span, found))
        call = call._replace(arguments=(given, *call.arguments[1:]))
    function = function_of(context, call) if is_transform(context, call) else None
    return None if function is None or not function.kind else Transform(function)


class Pullback(Host):
    """The function that `jax.vjp(f, x)` gives: from a cotangent of the value to those of the arguments."""

    title = "a function"
    hint = "call it with a cotangent in round brackets"
    settled = True

    def __init__(self, function: Function, taken: _Taken, kept: Items[Any]) -> None:
        self.function = function
        self.taken = taken
        self.kept = kept
        """What the function was called with."""

    def call(self, context: Context, call: Call) -> Rule:
        """A tuple: the product in each argument."""
        if len(call.arguments) != 1:
            raise context.wrong("this takes a cotangent of the value", call.span)
        node, _ = yield call.arguments[0].value
        given = [context.one(context.now(each), call.span)[0] for each in self.kept]
        taken = self.taken._replace(at=dict(zip(self.taken.variables, given, strict=True)))
        _, product = _product(context, "vjp", self.function, taken, [as_number(node)], call)
        return Several(tuple([(each, TENSOR) for each in taken.back(context, product, call.span)]))

    def text(self) -> str:
        """As Python has it, but for its address."""
        return "<function vjp>"


def _pulled(context: Context, function: Function, call: Call) -> Rule:
    """A rule: what `jax.vjp(f, x)` gives: the value of a function, and the function that pulls back to it."""
    arguments = []
    for argument in call.arguments[1:]:
        node, _ = yield argument.value
        arguments.append(as_number(node))
    given: list[Lowered] = [(each, TENSOR) for each in arguments]
    taken = yield _taken(context, function, given, range(len(given)), call)
    (value,) = taken.back(context, [taken.value], call.span)
    kept = [context.keep(each, call.span) for each in given]
    return Several(((value, TENSOR), Pullback(function, taken, kept)))


def definition(context: Context, statement: Assign) -> Define | None:
    """The function that an assignment gives a name, as `g = jax.grad(f)`; `None` where it is a value."""
    target, value = statement.target, statement.value
    if not isinstance(target, Name) or not isinstance(value, Call) or not is_transform(context, value):
        return None
    function = function_of(context, value)
    given = None if function is None else function.given().name
    if given is None:  # a value: what is made of it is one too
        return None
    name = given.name
    user = context.scope.function(name)
    names = [each.name for each in (TABLE[name] if user is None else user).parameters if each.default is None]
    parameters = tuple(Parameter(target.span, each, None) for each in names)
    arguments = tuple(Argument(target.span, None, Name(target.span, each)) for each in names)
    body = (Return(value.span, Call(value.span, value, arguments)),)
    return Define(statement.span, target.name, target.span, parameters, body, context.here)


def _argnums(context: Context, call: Call) -> tuple[tuple[int, ...], bool]:
    """The places that a transformation differentiates in, and whether they are a tuple."""
    for argument in call.arguments[1:]:
        if argument.name in (None, "argnums", "argnum"):
            numbers = _numbers(argument.value)
            if numbers is None:
                raise context.wrong(
                    "the places of arguments are whole numbers", argument.span, "as in argnums=0 or (0, 1)"
                )
            return numbers, isinstance(argument.value, Sequence | Vector)
        if argument.name not in _SETTINGS:
            raise context.wrong(f"a derivative has no parameter {argument.name}", argument.span, "argnums=0")
    return (0,), False


def _axes(context: Context, call: Call) -> int | tuple[int | None, ...]:
    """The axes of arguments along which `vmap` goes, or that of all; `None` for one that stays whole."""
    axes: int | tuple[int | None, ...] = 0
    for argument in call.arguments[1:]:
        value = argument.value
        items = value.items if isinstance(value, Sequence | Vector) else (value,)
        found = tuple([_axis(each) for each in items])
        if argument.name in ("out_axes", "out_dims") and found == (0,):
            continue
        if argument.name not in (None, "in_axes", "in_dims") or _NO_AXIS in found or {*found} == {None}:
            raise context.wrong(
                "vmap takes the axes of its arguments, and gives rows", argument.span, "in_axes=(0, None)"
            )
        axes = found if isinstance(value, Sequence | Vector) else found[0] or 0
    return axes


_NO_AXIS = -1000


def _axis(expression: Expression) -> int | None:
    """A whole number or `None` as they are written; `_NO_AXIS` for anything else."""
    if isinstance(expression, Name) and expression.name == "None":
        return None
    numbers = None if isinstance(expression, Sequence | Vector) else _numbers(expression)
    return numbers[0] if numbers else _NO_AXIS


def _numbers(expression: Expression) -> tuple[int, ...] | None:
    """The whole numbers that an expression is, alone or in brackets."""
    items = expression.items if isinstance(expression, Sequence | Vector) else (expression,)
    found = []
    for item in items:
        sign = -1 if isinstance(item, Unary) and item.operator == "-" else 1
        item = item.operand if isinstance(item, Unary) else item
        if not isinstance(item, Number) or not item.value.is_integer():
            return None
        found.append(sign * int(item.value))
    return tuple(found)


def transformed(context: Context, call: Call) -> Rule:
    """A rule: a call of what a transformation makes: `jax.grad(f)(x)`."""
    function = function_of(context, call.function)
    if function is None and isinstance(call.function, Call):
        made = yield made_of(context, call.function)
        function = None if made is None else made.function
    if function is None or not function.kind:
        raise no_function(context, call)
    return (yield _of_call(context, function, call))


def _of_call(context: Context, function: Function, call: Call) -> Rule:
    """A rule: what a function gives for the arguments of a call."""
    arguments: list[Lowered] = []
    for argument in call.arguments:
        if argument.name is not None:
            raise context.wrong("a function that is made of another takes no keywords", argument.span)
        arguments.append((yield Whole(argument.value)))
    context.origins.look_below()
    return (yield _applied(context, function, arguments, call))


def no_function(context: Context, call: Call) -> InputError:
    """The error for a call of something that is no function."""
    made = call.function
    text, inside = context.text(made.span), ", ".join(context.text(each.span) for each in call.arguments)
    hint = f"a product needs its sign: {text}*({inside})"
    if isinstance(made, Call) and called_name(made.function, context) in KINDS and made.arguments:
        name, first = called_name(made.function, context), made.arguments[0].value
        value = context.text(first.span)
        if isinstance(first, Name) and not context.has(first.name):
            from gradcli.lowering.unknown import unknown_function

            return unknown_function(context, first.name, first.span)
        hint = f"write {name if name in ('jacobian', 'hessian') else 'grad'}({value}, {inside or 'x'})"
    return context.wrong("only a function can be called", made.span, hint)


def _applied(context: Context, function: Function, arguments: Items[Lowered], call: Call) -> Rule:
    """A rule: what a function gives for arguments."""
    if function.host is not None:
        given = tuple([Argument(call.span, None, done(call.span, each)) for each in arguments])
        return (yield called(function.host, context, call._replace(arguments=given)))
    if function.name is not None:
        return (yield _called(context, function.name, arguments, call))
    assert function.inner is not None
    if function.kind == "jit":
        return (yield _applied(context, function.inner, arguments, call))
    if function.kind == "vmap":
        return (yield _mapped(context, function, arguments, call))
    places = [place + len(arguments) if place < 0 else place for place in function.places]
    for place in places:
        if not 0 <= place < len(arguments):
            count = f"{len(arguments)} argument{'' if len(arguments) == 1 else 's'}"
            raise context.wrong(f"there is no argument {place} of {count} to differentiate in", function.span)
    taken = yield _taken(context, function.inner, arguments, places, call)
    parts = [_derivative(context, function, taken.value, variable, call) for variable in taken.variables]
    value, *nodes = taken.back(context, [taken.value, *parts], call.span)
    left = iter(nodes)
    found = [refilled(context, arguments[place], _tensors(left)) for place in places]
    made: Lowered = Several(tuple(found)) if function.listed else found[0]
    if function.kind == "value_and_grad":
        return Several(((value, TENSOR), made), depth=1 + isinstance(made, Several))
    if function.kind == "grad_and_value":
        return Several((made, (value, TENSOR)), depth=1 + isinstance(made, Several))
    return made


MOST_ROWS = 10_000
"""How many rows `vmap` takes: each has nodes of its own."""


def _mapped(context: Context, function: Function, given: Items[Lowered], call: Call) -> Rule:
    """A rule: what a function gives for each row of its arguments, as arrays of these."""
    assert function.inner is not None
    from gradcli.engine.primitives.arranging import movedim  # which few programs need

    arguments = _numbers_of(context, given, call)
    axes = (function.axes,) * len(arguments) if isinstance(function.axes, int) else function.axes
    size = _rows(context, function, arguments, axes, call)
    taken: list[list[Lowered]] = [
        [(each, TENSOR)] * size
        if axis is None
        else items_of_array(context, (movedim(each, (axis,), (0,)), TENSOR), call.span)
        for each, axis in zip(arguments, axes, strict=True)
    ]
    found: list[Lowered] = []
    for row in zip(*taken, strict=True):
        found.append((yield _applied(context, function.inner, row, call)))
    columns = zip(*([*leaves(context, each)] for each in found), strict=True)
    whole = iter([stacked(context, column, call.span)[0] for column in columns])
    return refilled(context, found[0], _tensors(whole))


def _rows(
    context: Context, function: Function, arguments: Items[Node], axes: Items[int | None], call: Call
) -> int:
    """How many rows the arguments of a function have; raises `GradcliError` where that is not one number."""
    if len(axes) != len(arguments):
        told = f"in_axes is for {len(axes)} arguments, and there are {len(arguments)}"
        raise context.wrong(told, function.span)
    sizes = {
        each.shape[axis] if -len(each.shape) <= axis < len(each.shape) else None
        for each, axis in zip(arguments, axes, strict=True)
        if axis is not None
    }
    if len(sizes) != 1 or None in sizes:
        shapes = ", ".join(shape_text(each.shape) for each in arguments)
        raise EvaluationError(
            "vmap goes along an axis of arrays that are equally long",
            (context.mark(call.span, shapes),),
        )
    size = sizes.pop() or 0
    if not 0 < size <= MOST_ROWS:
        raise EvaluationError(
            f"vmap takes 1 to {MOST_ROWS} rows here, and these are {size}",
            (context.mark(call.span),),
            "a function of arrays computes all of them at once",
        )
    return size


def _tensors(nodes: Iterator[Node]) -> Iterator[Lowered]:
    """Nodes as values that require grad, or could."""
    return ((node, TENSOR) for node in nodes)


def _numbers_of(context: Context, arguments: Items[Lowered], call: Call) -> list[Node]:
    """The arguments of a call, each of which is one node; raises `InputError` for a tuple and the like."""
    return [
        as_number(context.one(each, argument.span)[0])
        for each, argument in zip(arguments, call.arguments, strict=True)
    ]


class _Taken(NamedTuple):
    """The value of a function at variables of its own, which stand for what it was called with."""

    value: Node
    variables: list[Node]
    at: dict[Node, Node]

    def back(self, context: Context, nodes: Items[Node], span: Span) -> list[Node]:
        """Nodes with what the function was called with in the places of its variables."""
        changed = substituted(nodes, self.at)
        context.origins.follow(changed)
        return [context.build(partial(own, changed.get(each, each)), span, ()) for each in nodes]


def _taken(
    context: Context, function: Function, arguments: Items[Lowered], places: Items[int], call: Call
) -> Rule:
    """A rule: the value of a function, as `_Taken`, with variables in some places of its arguments.

    A tuple has a variable for each of its parts.
    """
    given = [as_number(node) for place in places for node, _ in leaves(context, arguments[place])]
    variables = [Input("", each.shape, role="stand-in") for each in given]
    at: dict[Node, Node] = dict(zip(variables, given, strict=True))
    context.stand_ins.update(at)
    inside = list(arguments)
    left: Iterator[Node] = iter(variables)
    for place in places:
        inside[place] = refilled(context, arguments[place], _tensors(left))
    found = yield _applied(context, function, inside, call)
    value, _ = context.one(found, function.span)
    for each in at:
        del context.stand_ins[each]
    return _Taken(as_number(value), list(variables), at)


def _called(context: Context, name: Name, given: Items[Lowered], call: Call) -> Rule:
    """A rule: what a function with a name gives for arguments."""
    user = context.scope.function(name.name)
    if user is None:
        arguments = [as_number(context.one(each, call.span)[0]) for each in given]
        placeholders = tuple(Argument(call.span, None, name) for _ in arguments)
        asked = Call(call.span, name, placeholders)
        entry = TABLE[name.name]
        parameters = meant_by(context, entry, asked).parameters
        bound = yield bind(context, entry, asked, None, parameters, given=dict(enumerate(arguments)))
        operands = tuple((call.span, each) for each in arguments)
        return context.build(lambda: entry.build(*bound.values), call.span, operands), TENSOR
    if any(each.rest for each in user.parameters):
        arguments_ = tuple([Argument(call.span, None, done(call.span, each)) for each in given])
        return (yield user_call(context, user, call._replace(arguments=arguments_)))
    needed = [each for each in user.parameters if each.default is None]
    if not len(needed) <= len(given) <= len(user.parameters):
        count = len(given)
        raise context.wrong(
            f"{name.name} does not take {count} argument{'' if count == 1 else 's'}",
            call.span,
            f"its parameters are {name.name}({', '.join(each.name for each in user.parameters)})",
        )
    named = {parameter.name: each for parameter, each in zip(user.parameters, given, strict=False)}
    return (yield invoke(context, user, named, call.span))


def _derivative(context: Context, function: Function, value: Node, variable: Node, call: Call) -> Node:
    """The derivative of a value in a variable that a transformation asks for."""
    if function.kind == "elementwise_grad":
        (found,) = derive.pullback(value, expand(as_node(1.0), value.shape), (variable,))
        shape = variable.shape
    elif function.kind == "jacobian":
        found = jacobians.jacobian(value, variable)
        shape = value.shape + variable.shape
    else:
        if math.prod(value.shape) != 1:
            raise EvaluationError(
                f"a {'Hessian' if function.kind == 'hessian' else 'gradient'} is that of a single number",
                (context.mark(function.given().span, shape_text(value.shape)),),
                "jax.jacobian is for arrays",
            )
        if function.kind == "hessian":
            found = jacobians.hessian(value, variable)
            shape = variable.shape + variable.shape
        else:
            (found,) = derive.gradient(value, (variable,))
            shape = variable.shape
    return zeros(expand(as_node(0.0), shape), variable) if found is None else tied_to(variable, found)


# Calls that take a function and where it is differentiated


def is_functional(context: Context, call: Call) -> bool:
    """Whether a call is one of `torch.autograd.functional`, or its like: of a function, at arguments."""
    name = called_name(call.function, context)
    if library_of(call.function, context) not in TRANSFORMING or len(call.arguments) < 2:
        return False
    if name not in PRODUCTS and not (name in ("jacobian", "hessian") and not is_transform(context, call)):
        return False
    return function_of(context, call.arguments[0].value) is not None


def functional(context: Context, call: Call) -> Rule:
    """A rule: what a call gives that takes a function; in PyTorch's own, numbers without a graph."""
    found: Lowered = yield _functional(context, call)
    settings = {each.name: getattr(each.value, "name", "") for each in call.arguments}
    keeps = settings.get("create_graph", "False") != "False"
    if keeps or not context.scope.keeps_lists or not _is_of_autograd(call.function):
        return found
    return over_each(lambda node, kind: (detach.build(node), kind) if node.tracked else (node, kind), found)


def _functional(context: Context, call: Call) -> Rule:
    """A rule: `torch.autograd.functional.hvp(f, x, v)`, which is a tuple of the value and the product.

    Several arguments of the function stand in a tuple, and then so do the derivatives in them.
    """
    kind = called_name(call.function, context)
    given = [argument for argument in call.arguments if argument.name not in _SETTINGS]
    for argument in given:
        if argument.name not in (None, "func", "fun", "inputs", "primals", "v", "tangents"):
            raise context.wrong(f"{kind} has no parameter {argument.name}", argument.span)
    function = function_of(context, given[0].value)
    assert function is not None
    if kind == "vjp" and context.actor is not None and not _is_of_autograd(call.function):
        return (yield _pulled(context, function, call._replace(arguments=tuple(given))))
    if kind == "vjp" and len(given) == 2 and not _is_of_autograd(call.function):
        of, at = (context.text(argument.value.span) for argument in given)
        raise context.wrong(
            "this gives a function, which a formula does not have",
            call.span,
            f"write vjp({of}, {at}, u) for its value at u",
        )
    listed, arguments = yield _list(context, given[1].value)
    places = list(range(len(arguments)))
    taken = yield _taken(context, function, [(each, TENSOR) for each in arguments], places, call)
    if kind in ("jacobian", "hessian"):
        if len(given) > 2:
            raise context.wrong(f"{kind} takes a function and its arguments", given[2].span)
        return _matrices(context, str(kind), function, taken, listed, call)
    seeds = (yield _list(context, given[2].value))[1] if len(given) > 2 else []
    value, product = _product(context, str(kind), function, taken, seeds, call)
    whole = taken.back(context, [value, *product], call.span)
    typed = [(each, TENSOR) for each in whole]
    is_listed = listed and kind != "jvp"
    return Several((typed[0], Several(tuple(typed[1:])) if is_listed else typed[1]), depth=1 + is_listed)


def _is_of_autograd(function: Expression) -> bool:
    """Whether a path is PyTorch's `autograd.functional`."""
    return isinstance(function, Attribute) and getattr(function.value, "name", "") == "functional"


def _list(context: Context, expression: Expression) -> Rule:
    """A rule: whether values stand in a tuple, and their nodes."""
    if isinstance(expression, Sequence):
        found = []
        for item in expression.items:
            node, _ = yield item
            found.append(as_number(node))
        return True, found
    given = yield Whole(expression)
    return isinstance(given, Several), [as_number(node) for node, _ in each_of(given)]


def _matrices(
    context: Context, kind: str, function: Function, taken: _Taken, listed: bool, call: Call
) -> Lowered:
    """The Jacobian or Hessian, in each variable where they stand in a tuple."""
    asked = Function(function.span, kind=kind, inner=function)
    if kind == "jacobian":
        rows = [[_derivative(context, asked, taken.value, each, call)] for each in taken.variables]
    else:
        firsts = [
            _derivative(context, asked._replace(kind="grad"), taken.value, each, call)
            for each in taken.variables
        ]
        inner = asked._replace(kind="jacobian")
        rows = [
            [_derivative(context, inner, first, each, call) for each in taken.variables] for first in firsts
        ]
    flat = iter(taken.back(context, [each for row in rows for each in row], call.span))
    whole = [[(next(flat), TENSOR) for _ in row] for row in rows]
    if not listed:
        return whole[0][0]
    if kind == "jacobian":
        return Several(tuple(row[0] for row in whole))
    return Several(tuple(Several(tuple(row)) for row in whole), depth=2)


def _product(
    context: Context, kind: str, function: Function, taken: _Taken, seeds: list[Node], call: Call
) -> tuple[Node, list[Node]]:
    """The value, and the derivative times a vector: one for each variable, but of `jvp` one of the value."""
    value, variables = taken.value, taken.variables
    like: list[Node] = [value] if kind == "vjp" else variables
    if not seeds and all(math.prod(each.shape) == 1 for each in like):
        seeds = [expand(as_node(1.0), each.shape) for each in like]
    if [each.shape for each in seeds] != [each.shape for each in like]:
        wanted, given = (", ".join(shape_text(each.shape) for each in nodes) for nodes in (like, seeds))
        raise EvaluationError(
            f"the vector of {kind} has the shape of what it multiplies: {wanted}, not {given or 'nothing'}",
            (context.mark(call.span),),
        )
    if kind == "jvp":
        (moved,) = derive.pushforward((value,), variables, seeds)
        return value, [_dense(moved, value, variables[0])]
    if kind == "vjp":
        found = derive.pullback(value, seeds[0], variables)
    else:
        asked = Function(function.span, kind="grad", inner=function)
        firsts = [_derivative(context, asked, value, each, call) for each in variables]
        found = derive.pushforward(firsts, variables, seeds)
    return value, [_dense(each, variable, variable) for each, variable in zip(found, variables, strict=True)]


def _dense(found: Node | None, like: Node, variable: Node) -> Node:
    """A derivative that depends on its variable, if only in name; zeros where nothing connects them."""
    return zeros(like, variable) if found is None else tied_to(variable, found)
