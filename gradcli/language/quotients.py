"""Derivatives that are written as a quotient: `dy/dx`, `2*dy/dx`, `d2y/dx2`, `d/dx(x**2)`.

Whether that is meant is a question of which names are bound; here is only what it would be.
"""

from __future__ import annotations

import re

from gradcli.language.tree import Argument, Binary, Call, Expression, Name, Unary
from gradcli.records import NamedTuple
from gradcli.text.source import Span

_OVER = r"d(?P<order>\d?)(?P<of>\w*)"


class Quotient(NamedTuple):
    """A quotient that can be meant as a derivative of `value` in `variable`, of an order.

    `differentials` are the names that stand in it and are none if it is one: `dy` and `dx`.
    """

    quotient: Binary
    value: Expression
    variable: Name
    order: int
    differentials: tuple[str, ...]

    @property
    def applied(self) -> Expression:
        """The last factor of the dividend: `dy`, or `d(y)`."""
        return _factors(self.quotient.left)[-1]

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
    if expression.operator != "/":
        return None
    above, below = _factors(expression.left)[-1], expression.right
    if (of := _argument(above)) is not None:  # d(y)/dx and d(y)/d(x)
        by = _argument(below) or (_named(below) if isinstance(below, Name) else None)
        given = (below.name,) if isinstance(below, Name) else ()
        return Quotient(expression, of, by, 1, given) if isinstance(by, Name) else None
    called = below.function if isinstance(below, Call) else below
    parts = re.fullmatch(_OVER, above.name) if isinstance(above, Name) else None
    if parts is None or not isinstance(above, Name) or not isinstance(called, Name):
        return None
    order = int(parts["order"] or 1)
    variable = _named(called, parts["order"])
    if variable is None or order == 0:
        return None
    if isinstance(below, Call):
        if parts["of"] or len(below.arguments) != 1 or below.arguments[0].name is not None:
            return None
        return Quotient(expression, below.arguments[0].value, variable, order, (above.name,))
    value = _named(above, parts["order"], behind=False)
    return None if value is None else Quotient(expression, value, variable, order, (above.name, called.name))


def _named(differential: Name, order: str = "", *, behind: bool = True) -> Name | None:
    """The x of `dx`, and of `dx2` and `d2x` with the order 2 behind it or before it."""
    name, (start, end) = differential.name, differential.span
    first, last = (1, len(name) - len(order)) if behind else (1 + len(order), len(name))
    around = name[last:] if behind else name[1:first]
    if name[0] != "d" or around != order or not name[first:last].isidentifier():
        return None
    return Name(Span(start + first, end - (len(name) - last)), name[first:last])


def _argument(expression: Expression) -> Expression | None:
    """The y of `d(y)`."""
    if not isinstance(expression, Call) or len(expression.arguments) != 1:
        return None
    is_d = isinstance(expression.function, Name) and expression.function.name == "d"
    return expression.arguments[0].value if is_d and expression.arguments[0].name is None else None
