"""Derivatives as expressions: `f'(x)`, `grad(y, x)`, `jacobian(y, x)`, `hessian(y, x)`."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

from gradcli.engine import derive, jacobians
from gradcli.engine.graph import (
    Input,
    Node,
    as_node,
    constant,
    expand,
    intern,
    substituted,
    topological,
    zeros_like,
)
from gradcli.engine.primitives import TABLE
from gradcli.engine.primitives.arithmetic import as_truth
from gradcli.engine.primitives.entry import as_number
from gradcli.engine.primitives.shaping import stack, tied
from gradcli.engine.shapes import ShapeError, shape_text
from gradcli.language.tree import (
    Argument,
    Call,
    Expression,
    Name,
    Number,
    Prime,
    Sequence,
    Subscript,
    Unary,
    Vector,
)
from gradcli.lowering.arguments import meant_by
from gradcli.lowering.binding import bind
from gradcli.lowering.context import Context, Whole, own
from gradcli.lowering.functions import invoke
from gradcli.lowering.hosts import items_of
from gradcli.lowering.kinds import TENSOR, Host, Lowered, Several, each_of
from gradcli.lowering.names import called_name, library_of
from gradcli.records import NamedTuple
from gradcli.text.errors import EvaluationError, GradcliError, InputError
from gradcli.text.source import Span
from gradcli.text.suggest import did_you_mean
from gradcli.trampoline import Rule


def prime(context: Context, call: Call, prime: Prime) -> Rule:
    """A rule: `f'(x)`, the derivative of a function of one number (or of each element), of any order."""
    name = prime.name.name
    user = context.scope.function(name)
    if user is None:
        name = called_name(prime.name, context) or name
    if user is None and name not in TABLE:
        raise _no_function(context, call, prime)
    if user is not None and not user.parameters:
        raise context.wrong(f"{name} has no parameter to differentiate in", prime.span)
    parameters = user.parameters if user is not None else TABLE[name].parameters
    needed = [each.name for each in parameters if each.default is None]
    text = context.here.text
    shown = [text[each.span.start : each.span.end] for each in call.arguments]
    if not shown or not isinstance(call.arguments[0].value, Name):
        shown = ["x"]
    if len(shown) == 1:
        shown += needed[1:] or ["y"]
    several = context.wrong(
        f"{name}' is a derivative in one argument",
        call.span,
        f"of several, take grad({name}({', '.join(shown)}), {shown[0]})",
    )
    most = 1 if user is not None else len(parameters)
    if not 1 <= len(call.arguments) <= most or call.arguments[0].name is not None or len(needed) > 1:
        raise several
    at, _ = yield call.arguments[0].value
    at = as_number(at)
    # A variable of its own until the derivative is built: a rule may ask whether something is a number.
    stand_in = Input("", at.shape, role="stand-in")
    context.stand_ins[stand_in] = at
    if user is not None:
        found = yield invoke(context, user, {user.parameters[0].name: (stand_in, TENSOR)}, call.span)
        if isinstance(found, Several) and not found.alone:
            there = context.text(call.arguments[0].span)
            hint = f"take one of them: part(x) = {name}(x)[0], and then part'({there})"
            raise context.wrong(
                f"{name} gives a tuple, and a derivative is that of one value", call.span, hint
            )
        value, _ = context.one(found, call.span)
    else:
        entry = TABLE[name]
        meant = meant_by(context, entry, call._replace(function=prime.name))
        bound = yield bind(context, entry, call, None, meant.parameters, given={0: stand_in})
        if bound.operands:
            raise several
        value = context.build(lambda: meant.build(*bound.values), call.span, ((call.arguments[0].span, at),))
    result = value
    for _ in range(prime.order):
        slope = partial(_slope, result, stand_in)
        result = context.build(slope, call.span, ((call.arguments[0].span, at),))
    result = tied_to(stand_in, result) if stand_in in topological((value,)) else zeros(result, stand_in)
    context.differentiates((value,), (stand_in,), call.span)
    context.origins.settle({stand_in: at})
    del context.stand_ins[stand_in]
    changed = substituted((result,), {stand_in: at})
    context.origins.look_below()
    context.origins.follow(changed)
    return context.build(lambda: changed.get(result, result), call.span, ()), TENSOR


def _no_function(context: Context, call: Call, prime: Prime) -> InputError:
    """The error for `y'(x)` where y is no function."""
    name, span = prime.name.name, prime.name.span
    near = did_you_mean(name, context.callables())
    if context.has(name):
        at = context.text(call.arguments[0].value.span) if call.arguments else "x"
        hint = _usage("grad", name, *(at for _ in range(prime.order)))
        return context.wrong(f"{name} is a value, not a function", span, f"write {hint}")
    return context.wrong(f"unknown function {name}", span, f"did you mean {near}?" if near else None)


def means_grad(context: Context, call: Call) -> bool:
    """Whether a word for a derivative is one: libraries of arrays have functions of the same names.

    `diff` of an array are the differences of its elements, unless a variable is named to differentiate in.
    """
    if library_of(call.function, context) not in (None, "sympy"):
        return False
    return called_name(call.function, context) != "diff" or (
        len(call.arguments) > 1 and isinstance(_second(call), Name | Vector | Sequence)
    )


def derivative(context: Context, call: Call) -> Rule:
    """A rule: `grad`, `jacobian` or `hessian` of a value in a variable; zeros where nothing connects them.

    `grad` of a list of variables gives their gradients as one array, or (of different shapes) as a tuple;
    PyTorch's `autograd.grad` always gives a tuple, of constants unless `create_graph` is set. In the place of
    the value may stand a function: `grad(f, x)` is `f'(x)`, and else it is its value at the variables.
    """
    function = _function(context, call)
    if function is not None:
        target = _second(call)
        items = target.items if isinstance(target, Vector) else (target,)
        if isinstance(target, Number | Vector) and not any(isinstance(each, Name) for each in items):
            # No variables, but where to derive
            made = Call(call.span, call.function, (Argument(function.span, None, function),))
            return (yield Call(call.span, made, (Argument(target.span, None, target),)))
        listed = target.items if isinstance(target, Vector | Sequence) else None
        if _kind(context, call) == "grad" and listed is None:
            at = Call(call.span, Prime(function.span, function, 1), (Argument(target.span, None, target),))
            return (yield at)
        arguments = tuple(Argument(each.span, None, each) for each in listed or (target,))
        value = Argument(function.span, None, Call(function.span, function, arguments))
        call = call._replace(arguments=(value, *call.arguments[1:]))
    asked: _Asked = yield _asked(context, call)
    operands = ((call.arguments[0].span, asked.values[0]),)
    if asked.kind != "grad" and asked.listed:
        return _in_several(context, call, asked, operands)
    if asked.kind != "grad":
        make = partial(_derived, asked.kind, asked.values[0], asked.variables[0])
        return context.build(make, call.span, operands), TENSOR
    in_torch = _is_of_torch(context, call.function)
    keeps = not in_torch or (yield _keeps_graph(context, call))
    hooked = None
    if in_torch and not keeps and context.actor is not None and not context.stand_ins:
        hooked = context.actor.gradients(list(zip(asked.values, asked.seeds, strict=True)), asked.variables)
    if hooked is not None:
        context.scope.acts()
        given = [
            zeros_like(each) if data is None else constant(data)
            for each, data in zip(asked.variables, hooked, strict=True)
        ]
        return Several(tuple([(each, TENSOR) for each in given]), alone="" if asked.listed else "first")
    try:
        found = _gradients(asked)
    except GradcliError as error:
        context.blame(error, call.span, operands)
        raise
    parts = []
    for each in found:
        node = each if keeps else TABLE["detach"].build(each)
        parts.append((context.build(partial(own, node), call.span, operands), TENSOR))
    if not asked.listed:
        return Several(tuple(parts), alone="first") if in_torch else parts[0]
    several = Several(tuple(parts), alone="stacked")
    alike = len({variable.shape for variable in asked.variables}) == 1
    return context.one(several, call.span) if alike and not in_torch else several


def _in_several(
    context: Context, call: Call, asked: _Asked, operands: tuple[tuple[Span, Node], ...]
) -> Lowered:
    """The Jacobian or Hessian in several variables.

    Of single numbers it is one array, whose last axis (of a Hessian: the last two) runs over them; else a
    tuple has a part for each variable, and that of a Hessian a row of parts.
    """
    value, variables = asked.values[0], asked.variables

    def built(make: Callable[[], Node]) -> Node:
        return context.build(make, call.span, operands)

    if asked.kind == "jacobian":
        parts = [built(partial(_derived, "jacobian", value, each)) for each in variables]
        if all(each.shape == () for each in variables):
            return built(lambda: stack(parts, dim=-1)), TENSOR
        return Several(tuple((each, TENSOR) for each in parts))
    rows = []
    for first in variables:
        slope = built(partial(_derived, "grad", value, first))
        rows.append([built(partial(_derived, "jacobian", slope, second)) for second in variables])
    if all(each.shape == () for each in variables):
        return built(lambda: stack([stack(row, dim=-1) for row in rows], dim=-2)), TENSOR
    return Several(tuple(Several(tuple((each, TENSOR) for each in row)) for row in rows), depth=2)


def _second(call: Call) -> Expression:
    return call.arguments[1].value


def _literal_number(item: object) -> int | None:
    """The whole number that a literal is."""
    sign = 1
    if isinstance(item, Unary) and item.operator == "-":
        sign, item = -1, item.operand
    if not isinstance(item, Number) or not item.value.is_integer():
        return None
    return sign * int(item.value)


_SWEEP_KEYWORDS = ("create_graph", "retain_graph", "allow_unused", "materialize_grads", "only_inputs")
"""Keywords of PyTorch. Only `create_graph` changes anything: what is not connected has gradient 0 here."""


def _is_of_torch(context: Context, function: Expression) -> bool:
    """Whether what is called is PyTorch's `autograd.grad`, by its path or by what an import line says."""
    return library_of(function, context) == "torch"


class _Asked(NamedTuple):
    """What a derivative is taken of, each value with its seed (or `None`), and the variables."""

    kind: str
    values: list[Node]
    seeds: list[Node | None]
    variables: list[Node]
    listed: bool


_SEEDS = "grad_outputs"


def _keeps_graph(context: Context, call: Call) -> Rule:
    """A rule: whether PyTorch's `create_graph` is set."""
    for argument in call.arguments:
        if argument.name == "create_graph":
            node, _ = yield argument.value
            return bool(context.known(as_truth(node)))
    return False


def _asked(context: Context, call: Call) -> Rule:
    """A rule: the kind of derivative, the node of the value, and the variables, which are checked."""
    kind = _kind(context, call)
    in_torch = kind == "grad" and _is_of_torch(context, call.function)
    expected = {0: "outputs", 1: "inputs", 2: _SEEDS}
    for place, argument in enumerate(call.arguments):
        if argument.name not in (None, expected.get(place), _SEEDS, *_SWEEP_KEYWORDS):
            raise context.wrong(f"{kind} has no parameter {argument.name}", argument.span, _usage(kind))
    given = [argument for argument in call.arguments if argument.name not in _SWEEP_KEYWORDS]
    seeded = len(given) == 3 and kind == "grad" and (in_torch or given[2].name == _SEEDS)
    if len(given) != 2 + seeded or given != list(call.arguments[: len(given)]):
        raise (yield _miscounted(context, call, given))
    outputs, inputs = given[0].value, given[1].value
    values = yield _several(context, outputs, in_torch)
    seeds = [None] * len(values)
    if seeded:
        seeds = yield _several(context, given[2].value, len(values) > 1)
        if len(seeds) != len(values):
            count = f"{len(values)} value{'' if len(values) == 1 else 's'}"
            raise context.wrong(f"{len(seeds)} seeds for {count}", given[2].span)
    variables = yield _several(context, inputs, True)
    is_list = isinstance(inputs, Name) and context.host(inputs.name) is not None
    listed = isinstance(inputs, Vector | Sequence) or is_list or len(variables) != 1
    if not variables:
        raise context.wrong(f"{kind} takes a variable", inputs.span, _usage(kind))
    context.origins.look_below()
    below = set(topological([node for _, node in values]))
    for target, variable in variables:
        check_variable(context, call, kind, target, variable, below)
    for place, value in values:
        try:
            derive.check_current(value, [node for _, node in variables], f"take its {kind}")
        except EvaluationError as error:
            error.blame(context.mark(place.span))
            raise
    fitting: list[Node | None] = [
        None if seed is None else _seed(context, value, seed)
        for value, seed in zip(values, seeds, strict=True)
    ]
    nodes = [node for _, node in values]
    context.differentiates(nodes, [node for _, node in variables], call.span)
    return _Asked(kind, nodes, fitting, [node for _, node in variables], listed)


def _several(context: Context, expression: Expression, listed: bool) -> Rule:
    """A rule: the node of a value and its place, or (if `listed`) those of each in brackets or a tuple."""
    if listed and isinstance(expression, Vector | Sequence):
        found = []
        for item in expression.items:
            node, _ = yield item
            found.append((item, as_number(node)))
        return found
    given = yield Whole(expression)
    if listed and isinstance(given, Host):
        items = items_of(context, given, expression.span)
        return [(expression, as_number(context.one(each, expression.span)[0])) for each in items]
    parts = each_of(given) if listed else (context.one(given, expression.span),)
    return [(expression, as_number(node)) for node, _ in parts]


def _seed(context: Context, value: tuple[Expression, Node], seed: tuple[Expression, Node]) -> Node:
    """What a value's gradient is weighed by, in its shape; raises `EvaluationError`."""
    (of, node), (given, weight) = value, seed
    if weight.shape != node.shape:
        raise EvaluationError(
            "the seed must have the shape of the value",
            (
                context.mark(given.span, shape_text(weight.shape)),
                context.mark(of.span, shape_text(node.shape)),
            ),
        )
    return weight


def _miscounted(context: Context, call: Call, given: list[Argument]) -> Rule:
    """A rule: the error for a derivative that is not asked of a value in a variable; its hint says how."""
    kind, spelled = _kind(context, call), called_name(call.function, context) or ""
    if spelled != "grad" and context.has(spelled):
        from gradcli.lowering.unknown import unknown_function

        return unknown_function(context, spelled, call.function.span)
    usage = _usage(kind)
    if len(given) == 1:
        text, function = context.text(given[0].value.span), named_function(context, given[0].value)
        if function is not None:
            usage = f"the derivative of a function is {text}'(x)"
        elif text != "…":
            value, _ = yield given[0].value
            inputs = (each for each in topological((value,)) if isinstance(each, Input) and each.name)
            usage = _usage(kind, text, next((each.name for each in inputs), "x"))
    elif len(given) == 3 and kind == "grad" and all(argument.name is None for argument in given):
        value, variable, third = (context.text(argument.value.span) for argument in given)
        times = _literal_number(given[2].value)
        usage = _usage(kind, value, variable, *((third,) if times is None else (variable,) * (times - 1)))
    return context.wrong(f"{spelled} takes a value and a variable", call.span, usage)


def _usage(kind: str, value: str = "x**2", *variables: str) -> str:
    """How a derivative is written, of one order for each variable."""
    for variable in variables or ("x",):
        value = f"{kind}({value}, {variable})"
    return value


def _kind(context: Context, call: Call) -> str:
    """What a call is in the first of its spellings: `grad`, `jacobian` or `hessian`."""
    name = called_name(call.function, context)
    return name if name in ("jacobian", "hessian") else "grad"


def _function(context: Context, call: Call) -> Name | None:
    """The function that stands in the place of the value, where there are a value and a variable."""
    is_pair = len(call.arguments) > 1 and call.arguments[0].name in (None, "outputs")
    return named_function(context, call.arguments[0].value) if is_pair else None


def named_function(context: Context, expression: Expression) -> Name | None:
    """A function by its name, modules looked through; `None` for a value."""
    name = called_name(expression, context)
    if name is None or (isinstance(expression, Name) and context.has(expression.name)):
        return None
    if context.calls_user(expression) or name in TABLE:
        return Name(expression.span, name)
    return None


def check_variable(
    context: Context, call: Call, kind: str, target: Expression, variable: Node, below: set[Node]
) -> None:
    """Refuses what no derivative can be taken in; raises `InputError` or `EvaluationError`."""
    if variable.static:
        raise context.wrong(
            "a derivative needs a variable, and this is a number", target.span, "name a leaf, as in x = 3"
        )
    if variable in below:
        return
    value = call.arguments[0]
    if not isinstance(target, Name):
        hint = "give it a name first, and compute the value with that name"
        if kind == "grad" and isinstance(target, Subscript) and isinstance(target.value, Name):
            place = context.text(Span(target.value.span.end, target.span.end))
            hint = (
                f"take the element afterwards: grad({context.text(value.span)}, {target.value.name}){place}"
            )
        raise EvaluationError(
            "the value does not use this, which is computed anew here", (context.mark(target.span),), hint
        )
    earlier = isinstance(variable, Input) and any(
        isinstance(each, Input) and each.role == "leaf" and each.name == variable.name for each in below
    )
    if earlier:
        raise EvaluationError(
            f"this was computed from the {target.name} from before, not from this one",
            (context.mark(value.span),),
            f"compute it again, then take its {kind}",
        )


def _gradients(asked: _Asked) -> list[Node]:
    """The gradients in each variable, of all values together; zeros where nothing connects them."""
    total: list[Node | None] = [None] * len(asked.variables)
    for value, seed in zip(asked.values, asked.seeds, strict=True):
        if seed is None:
            found = derive.gradient(value, asked.variables)
        else:
            found = derive.pullback(value, seed, asked.variables)
        for place, each in enumerate(found):
            before = total[place]
            if each is not None:
                total[place] = each if before is None else before + each
    return [
        zeros(variable, variable) if each is None else tied_to(variable, each)
        for variable, each in zip(asked.variables, total, strict=True)
    ]


def tied_to(variable: Node, derivative: Node) -> Node:
    """A derivative that depends on the variable, if only in name: that of a linear function is flat."""
    _, connected = derive.dependents((derivative,), (variable,))
    return derivative if derivative in connected else intern(tied, (derivative, variable))


def zeros(like: Node, variable: Node) -> Node:
    """The derivative of what is not connected to a variable: a constant, as numbers alone would be a leaf."""
    return tied_to(TABLE["detach"].build(variable), zeros_like(like))


def _slope(value: Node, variable: Node) -> Node:
    """The derivative of `value` in `variable`, element by element; raises `ShapeError`."""
    if not variable.shape:
        found = derive.pushforward((value,), (variable,), (as_node(1.0),))[0]
        return zeros_like(value) if found is None else found
    if math.prod(value.shape) == 1:
        (found,) = derive.gradient(value, (variable,))
        return zeros_like(variable) if found is None else found
    _, connected = derive.dependents((value,), (variable,))
    for node in topological((value,), lambda each: each is variable):
        if node in connected and not (node.primitive.elementwise or node is variable):
            raise ShapeError(
                "f'(x) of an array needs a function of each element on its own", hint="use jacobian(f(x), x)"
            )
    found = derive.pushforward((value,), (variable,), (expand(as_node(1.0), variable.shape),))[0]
    return zeros_like(value) if found is None else found


def _derived(kind: str, value: Node, variable: Node) -> Node:
    """jacobian or hessian of `value` in `variable`; zeros where nothing connects them."""
    if kind == "hessian":
        found = jacobians.hessian(value, variable)
        shape = variable.shape + variable.shape
    elif kind == "grad":
        (found,) = derive.gradient(value, (variable,))
        shape = variable.shape
    else:
        found = jacobians.jacobian(value, variable)
        shape = value.shape + variable.shape
    return zeros(expand(as_node(0.0), shape), variable) if found is None else tied_to(variable, found)
