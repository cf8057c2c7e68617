"""Derivatives as expressions: `f'(x)`, `grad(y, x)`, `jacobian(y, x)`, `hessian(y, x)`."""

from __future__ import annotations

import math
from collections.abc import Generator
from functools import partial
from typing import TYPE_CHECKING, Any

from gradcli import derive
from gradcli.calls import bind, called_name
from gradcli.functions import invoke
from gradcli.graph import Node, ShapeError, alias, as_node, expand, substitute, topological, zeros_like
from gradcli.primitives import TABLE
from gradcli.primitives.entry import as_number
from gradcli.suggest import did_you_mean
from gradcli.syntax import Call, Name, Prime

if TYPE_CHECKING:
    from gradcli.lower import Lowering

Rule = Generator[Any, Any, Any]


def prime(lowering: Lowering, call: Call, prime: Prime) -> Rule:
    """A rule: `f'(x)`, the derivative of a function of one number (or of each element), of any order."""
    name = prime.name.name
    user = lowering.scope.function(name)
    if user is None and name not in TABLE:
        near = did_you_mean(name, lowering.callables())
        raise lowering.wrong(
            f"unknown function {name}", prime.name.span, f"did you mean {near}?" if near else None
        )
    if user is not None and not user.parameters:
        raise lowering.wrong(f"{name} has no parameter to differentiate in", prime.span)
    parameters = user.parameters if user is not None else TABLE[name].parameters
    needed = [each.name for each in parameters if each.default is None]
    text = lowering.here.text
    shown = [text[each.span.start : each.span.end] for each in call.arguments]
    if not shown or not isinstance(call.arguments[0].value, Name):
        shown = ["x"]
    if len(shown) == 1:
        shown += needed[1:] or ["y"]
    several = lowering.wrong(
        f"{name}' is a derivative in one argument",
        call.span,
        f"of several, take grad({name}({', '.join(shown)}), {shown[0]})",
    )
    most = 1 if user is not None else len(parameters)
    if not 1 <= len(call.arguments) <= most or call.arguments[0].name is not None or len(needed) > 1:
        raise several
    at = as_number((yield call.arguments[0].value))
    stand_in = alias(at)
    if user is not None:
        value = yield invoke(lowering, user, {user.parameters[0].name: stand_in}, call.span)
    else:
        entry = TABLE[name]
        bound = yield bind(lowering, entry, call, None, given={0: stand_in})
        if bound.operands:
            raise several
        value = lowering.build(lambda: entry.build(*bound.values), call.span, ((call.arguments[0].span, at),))
    result = value
    for _ in range(prime.order):
        slope = partial(_slope, result, stand_in)
        result = lowering.build(slope, call.span, ((call.arguments[0].span, at),))
    (result,) = substitute((result,), {stand_in: at})
    return lowering.build(lambda: result, call.span, ())


def derivative(lowering: Lowering, call: Call) -> Rule:
    """A rule: `grad`, `jacobian` or `hessian` of a value in a variable; zeros where nothing connects them."""
    kind = called_name(call.function, lowering.bound)
    assert kind is not None
    if len(call.arguments) != 2 or any(argument.name for argument in call.arguments):
        raise lowering.wrong(f"{kind} takes a value and a variable", call.span, f"{kind}(x**2, x)")
    value = as_number((yield call.arguments[0].value))
    target = call.arguments[1].value
    variable = yield target
    if variable.static:
        raise lowering.wrong(
            "a derivative needs a variable, and this is a number", target.span, "name a leaf, as in x = 3"
        )
    operands = ((call.arguments[0].span, value),)
    derived = lowering.build(lambda: _derived(kind, value, variable), call.span, operands)
    return derived


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
        (found,) = derive.gradient(value, (variable,))
        return zeros_like(variable) if found is None else found
    if kind == "hessian":
        found = derive.hessian(value, variable)
        shape = variable.shape + variable.shape
    else:
        found = derive.jacobian(value, variable)
        shape = value.shape + variable.shape
    return expand(as_node(0.0), shape) if found is None else found
