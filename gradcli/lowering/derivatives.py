"""Derivatives as expressions: `f'(x)`, `grad(y, x)`, `jacobian(y, x)`, `hessian(y, x)`."""

from __future__ import annotations

import math
from functools import partial

from gradcli.engine import derive
from gradcli.engine.graph import (
    Input,
    Node,
    as_node,
    expand,
    intern,
    substituted,
    topological,
    zeros_like,
)
from gradcli.engine.primitives import TABLE
from gradcli.engine.primitives.entry import as_number
from gradcli.engine.primitives.shaping import stack, tied
from gradcli.engine.shapes import ShapeError, shape_text
from gradcli.language.tree import (
    Argument,
    Attribute,
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
from gradcli.lowering.arguments import bind
from gradcli.lowering.context import Context
from gradcli.lowering.functions import invoke
from gradcli.lowering.indexing import subscript
from gradcli.lowering.kinds import TENSOR
from gradcli.lowering.names import called_name, library_of, module_of
from gradcli.lowering.unknown import unknown_function
from gradcli.text.errors import EvaluationError, InputError
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
        value, _ = yield invoke(context, user, {user.parameters[0].name: (stand_in, TENSOR)}, call.span)
    else:
        entry = TABLE[name]
        bound = yield bind(context, entry, call, None, given={0: stand_in})
        if bound.operands:
            raise several
        value = context.build(lambda: entry.build(*bound.values), call.span, ((call.arguments[0].span, at),))
    result = value
    for _ in range(prime.order):
        slope = partial(_slope, result, stand_in)
        result = context.build(slope, call.span, ((call.arguments[0].span, at),))
    result = tied_to(stand_in, result) if stand_in in topological((value,)) else zeros(result, stand_in)
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

    `grad` takes a list of variables, too, and gives their gradients as one array. In the place of the value
    may stand a function: `grad(f, x)` is `f'(x)`, and else it is its value at the variables.
    """
    function = _function(context, call)
    if function is not None:
        target = _second(call)
        listed = target.items if isinstance(target, Vector | Sequence) else None
        if _kind(context, call) == "grad" and listed is None:
            at = Call(call.span, Prime(function.span, function, 1), (Argument(target.span, None, target),))
            return (yield at)
        arguments = tuple(Argument(each.span, None, each) for each in listed or (target,))
        value = Argument(function.span, None, Call(function.span, function, arguments))
        call = call._replace(arguments=(value, *call.arguments[1:]))
    kind, value, targets = yield _asked(context, call)
    found = []
    for target in targets:
        node, _ = yield target
        found.append(node)
    operands = ((call.arguments[0].span, value),)
    if not isinstance(_second(call), Vector | Sequence):
        return context.build(lambda: _derived(kind, value, found[0]), call.span, operands), TENSOR
    if len({node.shape for node in found}) > 1:
        raise EvaluationError(
            "variables of different shapes have gradients that do not make one array",
            tuple(
                context.mark(target.span, shape_text(node.shape))
                for target, node in zip(targets, found, strict=True)
            ),
            f"ask for one: grad({context.text(call.arguments[0].span)}, {context.text(targets[0].span)})",
        )
    return context.build(lambda: stack(_gradients(value, found)), call.span, operands), TENSOR


def element(context: Context, expression: Subscript) -> Rule:
    """A rule: `x[…]`, and one gradient of PyTorch's tuple of them, as in `torch.autograd.grad(y, x)[0]`."""
    call, place = expression.value, _literal(expression)
    if place is None or not isinstance(call, Call) or not _is_tuple(context, call):
        return (yield subscript(context, expression))
    _, value, targets = yield _asked(context, call)
    if not -len(targets) <= place < len(targets):
        raise EvaluationError(
            f"there {'is 1 gradient' if len(targets) == 1 else f'are {len(targets)} gradients'} here",
            (context.mark(expression.items[0].span),),
            "the first one is [0]",
        )
    variable, _ = yield targets[place]
    operands = ((call.arguments[0].span, value),)
    return context.build(lambda: _gradients(value, [variable])[0], expression.span, operands), TENSOR


def _literal(expression: Subscript) -> int | None:
    """The whole number in the brackets, where nothing else is there."""
    return _literal_number(expression.items[0]) if len(expression.items) == 1 else None


def _literal_number(item: object) -> int | None:
    """The whole number that a literal is."""
    sign = 1
    if isinstance(item, Unary) and item.operator == "-":
        sign, item = -1, item.operand
    if not isinstance(item, Number) or not item.value.is_integer():
        return None
    return sign * int(item.value)


def _is_tuple(context: Context, call: Call) -> bool:
    """Whether a call gives a tuple of gradients in PyTorch: of a list, or as `torch.autograd.grad`."""
    function = call.function
    if called_name(function, context) != "grad" or context.calls_user(function):
        return False
    listed = len(call.arguments) > 1 and isinstance(_second(call), Vector | Sequence)
    return listed or _is_of_torch(context, function)


def _is_of_torch(context: Context, function: Expression) -> bool:
    """Whether what is called is PyTorch's `autograd.grad`, by its path or by what an import line says."""
    if isinstance(function, Name):
        imported = context.imported(function.name)
        return imported is not None and imported.member == "grad"
    return isinstance(function, Attribute) and module_of(function.value, context) == "torch"


_SWEEP_KEYWORDS = ("create_graph", "retain_graph", "allow_unused", "materialize_grads")
"""Keywords of PyTorch that change nothing here: graphs stay, and what is not connected has gradient 0."""


def _second(call: Call) -> Expression:
    return call.arguments[1].value


def _asked(context: Context, call: Call) -> Rule:
    """A rule: the kind of derivative, the node of the value, and the variables, which are checked."""
    kind = _kind(context, call)
    expected = {0: "outputs", 1: "inputs"}
    for place, argument in enumerate(call.arguments):
        if argument.name not in (None, expected.get(place), *_SWEEP_KEYWORDS):
            raise context.wrong(f"{kind} has no parameter {argument.name}", argument.span, _usage(kind))
    given = [argument for argument in call.arguments if argument.name not in _SWEEP_KEYWORDS]
    if len(given) != 2 or given != list(call.arguments[:2]):
        raise (yield _miscounted(context, call, given))
    target = _second(call)
    targets = list(target.items) if isinstance(target, Vector | Sequence) else [target]
    if not targets or (kind != "grad" and targets != [target]):
        raise context.wrong(f"{kind} takes one variable", target.span, _usage(kind))
    value, _ = yield call.arguments[0].value
    value = as_number(value)
    context.origins.look_below()
    below = set(topological((value,)))
    variables = []
    for each in targets:
        variable, _ = yield each
        variables.append(variable)
        check_variable(context, call, kind, each, variable, below)
    try:
        derive.check_current(value, variables, f"take its {kind}")
    except EvaluationError as error:
        error.marks = (context.mark(call.arguments[0].span),)
        raise
    return kind, value, targets


def _miscounted(context: Context, call: Call, given: list[Argument]) -> Rule:
    """A rule: the error for a derivative that is not asked of a value in a variable; its hint says how."""
    kind, spelled = _kind(context, call), called_name(call.function, context) or ""
    if spelled != "grad" and context.has(spelled):
        return unknown_function(context, spelled, call.function.span)
    usage = _usage(kind)
    if len(given) == 1:
        text, function = context.text(given[0].value.span), _named_function(context, given[0].value)
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
    return _named_function(context, call.arguments[0].value) if is_pair else None


def _named_function(context: Context, expression: Expression) -> Name | None:
    """A function by its name, modules looked through; `None` for a value."""
    name = called_name(expression, context)
    if name is None or (isinstance(expression, Name) and context.bound(expression.name)):
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


def _gradients(value: Node, variables: list[Node]) -> list[Node]:
    """The gradients in each variable; zeros where nothing connects them."""
    found = derive.gradient(value, variables)
    return [
        zeros(variable, variable) if each is None else tied_to(variable, each)
        for variable, each in zip(variables, found, strict=True)
    ]


def tied_to(variable: Node, derivative: Node) -> Node:
    """A derivative that depends on the variable, if only in name: that of a linear function is flat."""
    _, connected = derive.dependents((derivative,), (variable,))
    return derivative if id(derivative) in connected else intern(tied, (derivative, variable))


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
        if id(node) in connected and not (node.primitive.elementwise or node is variable):
            raise ShapeError(
                "f'(x) of an array needs a function of each element on its own", hint="use jacobian(f(x), x)"
            )
    found = derive.pushforward((value,), (variable,), (expand(as_node(1.0), variable.shape),))[0]
    return zeros_like(value) if found is None else found


def _derived(kind: str, value: Node, variable: Node) -> Node:
    """grad, jacobian or hessian of `value` in `variable`; zeros where nothing connects them."""
    if kind == "grad":
        return _gradients(value, [variable])[0]
    if kind == "hessian":
        found = derive.hessian(value, variable)
        shape = variable.shape + variable.shape
    else:
        found = derive.jacobian(value, variable)
        shape = value.shape + variable.shape
    return zeros(expand(as_node(0.0), shape), variable) if found is None else tied_to(variable, found)
