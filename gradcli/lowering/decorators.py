"""What the decorators above a `def` mean in it, and what they make of it."""

from __future__ import annotations

from gradcli.language.tree import (
    Argument,
    Attribute,
    Call,
    Define,
    Expression,
    Name,
    NoGrad,
)
from gradcli.language.vocabulary import RECORDING
from gradcli.lowering.context import Context, Whole, done
from gradcli.lowering.kinds import (
    Lowered,
)
from gradcli.text.errors import InputError
from gradcli.trampoline import Rule

_OF_GRAPHS = (
    *("jit", "script", "compile", "trace", "checkpoint", "wraps", "njit"),
    *("override", "final", "abstractmethod"),
)
"""Decorators that change how a function is run or read, and not what it gives."""


def plain(context: Context, function: Define) -> Define:
    """A function without its decorators: with what they mean in it. Raises `InputError` for others."""
    function, others = _undecorated(function)
    for decorator in others:
        raise unknown_decorator(context, decorator)
    return function


def unknown_decorator(context: Context, decorator: Expression) -> InputError:
    return context.wrong(
        "this decorator is not known here",
        decorator.span,
        "@torch.no_grad() and @jit are; call the function that makes another: g = h(f)",
    )


def _undecorated(function: Define) -> tuple[Define, list[Expression]]:
    """A function with what its decorators mean in it, and those that make something else of it, in turn."""
    others: list[Expression] = []
    for decorator in reversed(function.decorators):
        called = decorator.function if isinstance(decorator, Call) else decorator
        name = called.name if isinstance(called, Name | Attribute) else ""
        if name == "partial" and isinstance(decorator, Call) and decorator.arguments:
            inner = decorator.arguments[0].value
            name = inner.name if isinstance(inner, Name | Attribute) else ""
        if name in RECORDING and not others:
            function = function._replace(body=(NoGrad(decorator.span, function.body, RECORDING[name]),))
        elif name not in _OF_GRAPHS:
            others.append(decorator)
    return function._replace(decorators=()), others


def decorated(context: Context, statement: Define) -> Rule:
    """A rule: the function of a `def` without decorators, or what those make of it."""
    function, others = _undecorated(statement)
    if not others:
        return function
    found: Lowered = context.function_value(function)
    for decorator in others:
        if isinstance(decorator, Name) and not (
            context.calls_user(decorator) or context.imported(decorator.name)
        ):
            raise unknown_decorator(context, decorator)
        given = Argument(function.name_span, None, done(function.name_span, found))
        found = yield Whole(Call(decorator.span, decorator, (given,)))
    return found
