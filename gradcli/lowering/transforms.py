"""Functions made of functions, as in JAX and `torch.func`: `jax.grad(f)(x)`, `jax.value_and_grad(f)(x)`.

What they give is a tuple where theirs is one. Each function stands in the graph as what it computes at
variables of its own, in whose places stands what it was called with, once all is derived.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Sequence as Items
from functools import partial

from gradcli.engine import derive, jacobians
from gradcli.engine.graph import Input, Node, as_node, expand, substituted
from gradcli.engine.primitives import TABLE
from gradcli.engine.primitives.entry import as_number
from gradcli.engine.shapes import shape_text
from gradcli.language.tree import (
    Argument,
    Assign,
    Attribute,
    Call,
    Define,
    Dictionary,
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
from gradcli.lowering.arguments import meant_by
from gradcli.lowering.binding import bind
from gradcli.lowering.callables import Function as Defined
from gradcli.lowering.context import Around, Context, Whole, done, own
from gradcli.lowering.derivatives import named_function, tied_to, zeros
from gradcli.lowering.functions import user_call
from gradcli.lowering.hosts import called, items_of_array, stacked
from gradcli.lowering.kinds import TENSOR, Host, Lowered, Several, Typed, changed_kind
from gradcli.lowering.names import KINDS, called_name
from gradcli.lowering.trees import as_arrays, branches, leaves, refilled
from gradcli.records import NamedTuple
from gradcli.text.errors import EvaluationError, InputError
from gradcli.text.source import Span
from gradcli.trampoline import Rule

SETTINGS = (
    *("create_graph", "strict", "vectorize", "strategy", "outer_jacobian_strategy", "chunk_size"),
    *("static_argnums", "static_argnames", "donate_argnums", "donate_argnames", "inline", "keep_unused"),
    *("holomorphic", "allow_int", "has_aux", "axis_name", "axis_size", "randomness", "backend", "device"),
)
"""Keywords that say how a function is run, and truth values that `flag` reads."""

Axes = int | None | tuple["Axes", ...]
"""Along which axis of an argument `vmap` goes, or of each part of it (`None`: it stays whole)."""


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
    axes: Axes = 0
    """The axis of each argument, or of all, along which it is called again and again (`None`: with all)."""
    out: Axes = 0
    """The axes along which the rows of what it gives stand then."""
    has_aux: bool = False
    """Whether the function gives a second value, which is handed on and not differentiated."""

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
    if first.name not in (None, "func", "fun") or is_of_autograd(call.function):
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
            axes, out = _axes(context, call)
            found = Function(call.span, kind=kind, inner=found, axes=axes, out=out)
            continue
        places, listed = _argnums(context, call)
        has_aux = any(flag(context, each) for each in call.arguments if each.name == "has_aux")
        found = Function(call.span, None, None, kind, found, places, listed, has_aux=has_aux)
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
    return None if function is None or not function.kind else Transform(_as_it_is(context, function))


def _as_it_is(context: Context, function: Function) -> Function:
    """A function made of one with a name, which is then what that name means now, as in Python."""
    if function.inner is not None:
        return function._replace(inner=_as_it_is(context, function.inner))
    user = None if function.name is None else context.scope.function(function.name.name)
    if user is None:
        return function
    around = Around() if context.scope.here() is not None else None
    return Function(function.span, host=Defined(user, around))


def definition(context: Context, statement: Assign) -> Define | None:
    """The function that an assignment gives a name, as `g = jax.grad(f)`; `None` where it is a value."""
    target, value = statement.target, statement.value
    if not isinstance(target, Name) or not isinstance(value, Call) or not is_transform(context, value):
        return None
    function = function_of(context, value)
    given = None if function is None else function.given().name
    if given is None or given.name == target.name:  # a value: what is made of it is one too
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
        if argument.name == "holomorphic" and flag(context, argument):
            raise context.wrong(
                "complex numbers are not differentiated here, as holomorphic=True asks",
                argument.span,
                "write the real and the imaginary part as two numbers",
            )
        if argument.name not in SETTINGS:
            raise context.wrong(f"a derivative has no parameter {argument.name}", argument.span, "argnums=0")
    return (0,), False


def flag(context: Context, argument: Argument) -> bool:
    """A setting that is True or False, as it is written; raises `InputError` for anything else."""
    value = argument.value
    if not isinstance(value, Name) or value.name not in ("True", "False"):
        raise context.wrong(f"{argument.name} is True or False", value.span, f"{argument.name}=True")
    return value.name == "True"


def _axes(context: Context, call: Call) -> tuple[Axes, Axes]:
    """The axes along which `vmap` goes, and those along which the rows of its result stand."""
    found: dict[str, Axes] = {"in": 0, "out": 0}
    places = iter(found)
    for argument in call.arguments[1:]:
        if argument.name in SETTINGS:
            continue
        name = next(places, "") if argument.name is None else _OF_AXES.get(argument.name, "")
        axes = _axis(argument.value)
        wrong = not name or _NO_AXIS in _flat(axes)
        if wrong or (name == "in" and {*_flat(axes)} == {None}):
            raise context.wrong(
                "vmap takes the axes of its arguments, and gives rows", argument.span, "in_axes=(0, None)"
            )
        found[name] = axes
    return found["in"], found["out"]


_OF_AXES = {"in_axes": "in", "in_dims": "in", "out_axes": "out", "out_dims": "out"}

_NO_AXIS = -1000


def _axis(expression: Expression) -> Axes:
    """Whole numbers and `None` as they are written, in brackets too; `_NO_AXIS` for anything else."""
    if isinstance(expression, Sequence | Vector):
        return tuple([_axis(each) for each in expression.items])
    if isinstance(expression, Dictionary) and isinstance(expression.entries, tuple):
        entries = sorted(expression.entries, key=lambda each: str(getattr(each.key, "value", "")))
        return tuple([_axis(each.value) for each in entries])  # as trees have them: in the order of the keys
    if isinstance(expression, Name) and expression.name == "None":
        return None
    numbers = _numbers(expression)
    return numbers[0] if numbers else _NO_AXIS


def _flat(axes: Axes) -> Iterator[int | None]:
    if isinstance(axes, tuple):
        for each in axes:
            yield from _flat(each)
    else:
        yield axes


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
    named: dict[str, Lowered] = {}
    for argument in call.arguments:
        found = yield Whole(argument.value)
        if argument.name is None:
            arguments.append(found)
        else:
            named[argument.name] = found
    context.origins.look_below()
    return (yield applied(context, function, arguments, call, named))


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


_NO_NAMES: Mapping[str, Lowered] = {}


def applied(
    context: Context,
    function: Function,
    arguments: Items[Lowered],
    call: Call,
    named: Mapping[str, Lowered] = _NO_NAMES,
) -> Rule:
    """A rule: what a function gives for arguments, some of which have names."""
    if function.host is not None:
        return (yield called(function.host, context, _with(call, arguments, named)))
    if function.name is not None:
        return (yield _called(context, function.name, arguments, call, named))
    assert function.inner is not None
    if function.kind == "jit":
        found = yield applied(context, function.inner, arguments, call, named)
        return as_arrays(context, found) if context.scope.keeps_lists else found
    if function.kind == "vmap":
        return (yield _mapped(context, function, arguments, call, named))
    places = [place + len(arguments) if place < 0 else place for place in function.places]
    for place in places:
        if not 0 <= place < len(arguments):
            count = f"{len(arguments)} argument{'' if len(arguments) == 1 else 's'}"
            told = f"there is no argument {place} of {count} to differentiate in"
            hint = f"give it without its name: {next(iter(named))}" if named else None
            raise context.wrong(told, function.span, hint)
    taken = yield taken_at(context, function.inner, arguments, places, call, named, function.has_aux)
    trees = [arguments[place] for place in places]
    made = _derivatives(context, function, taken, trees, call)
    value = taken.back(context, taken.found, call.span)
    aux = None if taken.aux is None else taken.back(context, taken.aux, call.span)
    if function.kind in ("value_and_grad", "grad_and_value"):
        value = value if aux is None else several(value, aux)
        return several(value, made) if function.kind == "value_and_grad" else several(made, value)
    return made if aux is None else several(made, aux)


def _with(call: Call, arguments: Items[Lowered], named: Mapping[str, Lowered]) -> Call:
    """A call with arguments that have been lowered."""
    given = [Argument(call.span, None, done(call.span, each)) for each in arguments]
    given += [Argument(call.span, name, done(call.span, each)) for name, each in named.items()]
    return call._replace(arguments=tuple(given))


def several(*parts: Lowered) -> Several:
    """A tuple of values, some of which may be tuples."""
    return Several(
        parts, depth=1 + max((each.depth for each in parts if isinstance(each, Several)), default=0)
    )


def _derivatives(
    context: Context, function: Function, taken: Taken, trees: Items[Lowered], call: Call
) -> Lowered:
    """The derivatives that a transformation asks for, of each part of a value in each part of the arguments.

    They stand as these parts do; in a tuple, where the places of the arguments were given as one.
    """

    def in_all(found: Iterator[Lowered]) -> Lowered:
        parts = [refilled(context, each, found) for each in trees]
        return several(*parts) if function.listed else parts[0]

    of_arrays = function.kind in ("jacobian", "hessian")
    if not of_arrays:
        value = taken.value(context, function.span)
        parts = [derivative_in(context, function, value, each, call) for each in taken.variables]
        return in_all(taken.back_of(context, parts, call.span))
    made: list[Lowered] = []
    for output, _ in leaves(context, taken.found):
        value = as_number(output)
        if function.kind == "jacobian":
            parts = [derivative_in(context, function, value, each, call) for each in taken.variables]
            made.append(in_all(taken.back_of(context, parts, call.span)))
            continue
        rows: list[Lowered] = []
        for variable in taken.variables:
            parts = [_second(context, function, value, (variable, each), call) for each in taken.variables]
            rows.append(in_all(taken.back_of(context, parts, call.span)))
        made.append(in_all(iter(rows)))
    return refilled(context, taken.found, iter(made))


def _second(
    context: Context, function: Function, value: Node, variables: tuple[Node, Node], call: Call
) -> Node:
    """The second derivatives of a value, in one variable after another."""
    first, second = variables
    if first is second and math.prod(value.shape) == 1:
        return derivative_in(context, function, value, first, call)
    if math.prod(value.shape) == 1:
        slope = derivative_in(context, function._replace(kind="grad"), value, first, call)
    else:
        slope = derivative_in(context, function._replace(kind="jacobian"), value, first, call)
    return derivative_in(context, function._replace(kind="jacobian"), slope, second, call)


MOST_ROWS = 10_000
"""How many rows `vmap` takes: each has nodes of its own."""


def _mapped(
    context: Context,
    function: Function,
    given: Items[Lowered],
    call: Call,
    named: Mapping[str, Lowered],
) -> Rule:
    """A rule: what a function gives for each row of its arguments, as arrays of these."""
    assert function.inner is not None
    from gradcli.engine.primitives.arranging import movedim  # which few programs need

    arguments = [*given, *named.values()]
    axes = function.axes if isinstance(function.axes, tuple) else (function.axes,) * len(given)
    if len(axes) != len(given):
        told = f"in_axes is for {len(axes)} arguments, and there are {len(given)}"
        raise context.wrong(told, function.span)
    parts = [
        (each, axis)
        for argument, of in zip(arguments, (*axes, *[0] * len(named)), strict=True)
        for each, axis in _along(context, argument, of, function.span)
    ]
    size = _rows(context, parts, call)
    columns: list[list[Lowered]] = [
        [(node, kind)] * size
        if axis is None
        else items_of_array(context, (movedim(as_number(node), (axis,), (0,)), kind), call.span)
        for (node, kind), axis in parts
    ]
    found: list[Lowered] = []
    for row in zip(*columns, strict=True):
        left = iter(row)
        whole = [refilled(context, each, left) for each in arguments]
        named_here = dict(zip(named, whole[len(given) :], strict=True))
        found.append((yield applied(context, function.inner, whole[: len(given)], call, named_here)))
    rows = zip(*([*leaves(context, each)] for each in found), strict=True)
    out = [axis for _, axis in _along(context, found[0], function.out, function.span)]
    made: list[Lowered] = []
    for row_of, axis in zip(rows, out, strict=True):
        if axis is None:
            made.append(row_of[0])
            continue
        node, kind = stacked(context, row_of, call.span)
        kind = TENSOR if node.tracked else changed_kind(kind, kind.whole)
        made.append((movedim(node, (0,), (axis,)) if axis else node, kind))
    return refilled(context, found[0], iter(made))


def _along(context: Context, found: Lowered, axes: Axes, span: Span) -> Iterator[tuple[Typed, int | None]]:
    """Each value in a tree with the axis that is meant for it; raises `InputError` where they do not fit."""
    inside = branches(context, found)
    if inside is None or not isinstance(axes, tuple):
        if isinstance(axes, tuple):
            raise context.wrong("these axes are for a tuple, and this is one value", span)
        for each in leaves(context, found):
            yield each, axes
        return
    if len(inside) != len(axes):
        raise context.wrong(f"there are axes for {len(axes)} values, and these are {len(inside)}", span)
    for part, axis in zip(inside, axes, strict=True):
        yield from _along(context, part, axis, span)


def _rows(context: Context, parts: Items[tuple[Typed, int | None]], call: Call) -> int:
    """How many rows the arguments of a function have; raises `GradcliError` where that is not one number."""
    sizes = {
        node.shape[axis] if -len(node.shape) <= axis < len(node.shape) else None
        for (node, _), axis in parts
        if axis is not None
    }
    if len(sizes) != 1 or None in sizes:
        shapes = ", ".join(shape_text(node.shape) for (node, _), _ in parts)
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


def tensors(nodes: Iterable[Node]) -> Iterator[Lowered]:
    """Nodes as values that require grad, or could."""
    return ((node, TENSOR) for node in nodes)


class Taken(NamedTuple):
    """What a function gives at variables of its own, which stand for what it was called with."""

    found: Lowered
    aux: Lowered | None
    variables: list[Node]
    at: dict[Node, Node]

    def value(self, context: Context, span: Span) -> Node:
        """The one value that is needed; raises `InputError` where there are others."""
        return as_number(context.one(self.found, span)[0])

    def nodes_back(self, context: Context, nodes: Items[Node], span: Span) -> list[Node]:
        """Nodes with what the function was called with in the places of its variables."""
        changed = substituted(nodes, self.at)
        context.origins.follow(changed)
        return [context.build(partial(own, changed.get(each, each)), span, ()) for each in nodes]

    def back_of(self, context: Context, nodes: Items[Node], span: Span) -> Iterator[Lowered]:
        """The same, as values."""
        return tensors(self.nodes_back(context, nodes, span))

    def back(self, context: Context, found: Lowered, span: Span) -> Lowered:
        """A tree with what the function was called with in the places of its variables."""
        inside = [*leaves(context, found)]
        nodes = self.nodes_back(context, [node for node, _ in inside], span)
        return refilled(context, found, zip(nodes, (kind for _, kind in inside), strict=True))


def taken_at(
    context: Context,
    function: Function,
    arguments: Items[Lowered],
    places: Items[int],
    call: Call,
    named: Mapping[str, Lowered] = _NO_NAMES,
    has_aux: bool = False,
) -> Rule:
    """A rule: what a function gives, as `Taken`, with variables in some places of its arguments.

    A tuple has a variable for each of its parts.
    """
    given = [as_number(node) for place in places for node, _ in leaves(context, arguments[place])]
    variables = [Input("", each.shape, role="stand-in") for each in given]
    at: dict[Node, Node] = dict(zip(variables, given, strict=True))
    context.stand_ins.update(at)
    inside = list(arguments)
    left = tensors(variables)
    for place in places:
        inside[place] = refilled(context, arguments[place], left)
    found = yield applied(context, function, inside, call, named)
    aux = None
    if has_aux:
        parts = branches(context, found) or []
        if len(parts) != 2:
            raise context.wrong(
                "with has_aux=True the function gives a value and what is handed on", function.given().span
            )
        found, aux = parts
    for each in at:
        del context.stand_ins[each]
    return Taken(found, aux, list(variables), at)


def _called(
    context: Context, name: Name, given: Items[Lowered], call: Call, named: Mapping[str, Lowered]
) -> Rule:
    """A rule: what a function with a name gives for arguments."""
    user = context.scope.function(name.name)
    if user is not None:
        return (yield user_call(context, user, _with(call, given, named)))
    arguments = [as_number(context.one(each, call.span)[0]) for each in given]
    placeholders = [Argument(call.span, None, name) for _ in arguments]
    asked = Call(call.span, name, (*placeholders, *_with(call, (), named).arguments))
    entry = TABLE[name.name]
    parameters = meant_by(context, entry, asked).parameters
    bound = yield bind(context, entry, asked, None, parameters, given=dict(enumerate(arguments)))
    operands = tuple((call.span, each) for each in arguments)
    return context.build(lambda: entry.build(*bound.values), call.span, operands), TENSOR


def derivative_in(context: Context, function: Function, value: Node, variable: Node, call: Call) -> Node:
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


def is_of_autograd(function: Expression) -> bool:
    """Whether a path is PyTorch's `autograd.functional`."""
    return isinstance(function, Attribute) and getattr(function.value, "name", "") == "functional"
