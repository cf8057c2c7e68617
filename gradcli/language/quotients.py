"""Derivatives that are written as a quotient: `dy/dx`, `2*dy/dx`, `d2y/dx2`, `d/dx(x**2)`.

Whether that is meant is a question of which names are bound; here is only what it would be.
"""

from __future__ import annotations

import re

from gradcli.language.tree import Argument, Binary, Call, Expression, Name, Unary
from gradcli.records import NamedTuple

_OVER = re.compile(r"d(?P<order>\d?)(?P<of>\w*)")


class Quotient(NamedTuple):
    """A quotient that can be meant as a derivative of `value` in `variable`, of an order.

    `differentials` are the names that stand in it and are none if it is one: `dy` and `dx`.
    """

    quotient: Binary
    value: Expression
    variable: Name
    order: int
    differentials: tuple[str, ...]

    def written_out(self) -> Expression:
        """The same by calls of `grad`, with what the last factor of the dividend is multiplied by."""
        value = self.value
        for _ in range(self.order):
            arguments = (Argument(value.span, None, value), Argument(self.variable.span, None, self.variable))
            value = Call(self.quotient.span, Name(self.quotient.span, "grad"), arguments)
        for factor in reversed(_factors(self.quotient.left)):
            if isinstance(factor, Unary):
                value = factor._replace(operand=value)
            elif isinstance(factor, Binary):
                value = factor._replace(right=value)
        return value


def _factors(dividend: Expression) -> list[Expression]:
    """The dividend, the last factor of it, and so on: signs and products on the way to the last one."""
    found = [dividend]
    while True:
        last = found[-1]
        if isinstance(last, Unary) and last.operator != "not":
            found.append(last.operand)
        elif isinstance(last, Binary) and last.operator == "*":
            found.append(last.right)
        else:
            return found


def quotient(expression: Binary) -> Quotient | None:
    """What a quotient would be as a derivative; `None` where it can be none."""
    below = expression.right
    called = below.function if isinstance(below, Call) else below
    if expression.operator != "/" or not isinstance(called, Name) or called.name[0] != "d":
        return None
    above = _factors(expression.left)[-1]
    parts = _OVER.fullmatch(above.name) if isinstance(above, Name) else None
    if parts is None or not isinstance(above, Name):
        return None
    order, variable = int(parts["order"] or 1), called.name[1:]
    if parts["order"]:
        if variable[-1:] != parts["order"] or order == 0:
            return None
        variable = variable[:-1]
    named = Name(called.span, variable)
    if not variable.isidentifier():
        return None
    if isinstance(below, Call):
        if parts["of"] or len(below.arguments) != 1 or below.arguments[0].name is not None:
            return None
        return Quotient(expression, below.arguments[0].value, named, order, (above.name,))
    if not parts["of"]:
        return None
    return Quotient(expression, Name(above.span, parts["of"]), named, order, (above.name, called.name))
