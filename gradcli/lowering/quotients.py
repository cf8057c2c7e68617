"""Whether a quotient such as `dy/dx` is meant as a derivative, which its names decide."""

from __future__ import annotations

from gradcli.language.quotients import Quotient
from gradcli.language.tree import Binary, Call, Name, Number
from gradcli.lowering.context import Context
from gradcli.text.errors import InputError


def is_derivative(context: Context, found: Quotient) -> bool:
    """Whether a quotient is a derivative: dy and dx are nothing, and y and x something.

    Where values arrive later dy and dx may be variables, and the quotient is what it always is; `d/dx(y)`,
    which can be none, is refused there with a hint: raises `InputError`.
    """
    called = [each.function for each in (found.quotient.right, found.applied) if isinstance(each, Call)]
    if called:
        if any(map(context.calls_user, called)):
            return False
        if context.scope.open:
            raise _refused(context, found)
    if context.scope.open or any(context.bound(name) for name in found.differentials):
        return False
    value = found.value
    if isinstance(value, Name) and not (context.bound(value.name) or context.calls_user(value)):
        return False
    return context.bound(found.variable.name)


def _refused(context: Context, found: Quotient) -> InputError:
    text = context.text(found.value.span)
    for _ in range(found.order):
        text = f"grad({text}, {found.variable.name})"
    return context.wrong(
        "a derivative is no fraction where d may be a variable", found.quotient.span, f"write {text}"
    )


def check_power(context: Context, expression: Binary) -> None:
    """Refuses `d^2y/dx^2`, which this language reads as `d**(2y)/dx**2`; raises `InputError`."""
    match expression.left, expression.right:
        case (
            Binary(_, "**", _, Name(_, "d"), Binary(_, "*", _, Number(_, order), Name(_, of))),
            Binary(_, "**", _, Name(_, variable), Number(_, below)),
        ) if expression.operator == "/" and order == below == 2 and variable[0] == "d":
            if context.scope.open or context.bound("d"):
                return
            hint = f"write grad(grad({of}, {variable[1:]}), {variable[1:]})"
            raise context.wrong("a second derivative is no fraction here", expression.span, hint)
