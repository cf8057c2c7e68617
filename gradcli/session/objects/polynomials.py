"""NumPy's polynomials: `np.polyval`, which can be differentiated, and `np.poly1d`, which can be called."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

import numpy as np

from gradcli.engine.graph import Node, constant
from gradcli.engine.primitives import TABLE
from gradcli.engine.primitives.shaping import subscript
from gradcli.language.tree import Call
from gradcli.lowering.context import Context, Whole
from gradcli.lowering.hosts import Arguments, Method, arguments, counted
from gradcli.lowering.kinds import Host, Lowered, Typed, array_kind, tracked_kind
from gradcli.session.objects.moving import by_numpy
from gradcli.session.objects.settings import Settings, asked, plain
from gradcli.trampoline import Rule


def _value(context: Context, coefficients: Typed, x: Typed, call: Call) -> Typed:
    """The value of a polynomial, its coefficients from that of the highest power on (by Horner's rule)."""
    node, kind = coefficients
    at, of = x
    if len(node.shape) != 1:
        raise context.wrong(
            "the coefficients of a polynomial are a vector", call.span, "np.polyval([2, 1], 3)"
        )

    def make() -> Node:
        total = TABLE["zeros_like"].build(at)
        for place in range(node.shape[0]):
            total = TABLE["add"].build(TABLE["multiply"].build(total, at), subscript(node, (place,)))
        return total

    found = context.build(make, call.span, ())
    return found, tracked_kind(of) if found.tracked else array_kind(kind.whole and of.whole)


def _polyval(context: Context, call: Call, given: Settings) -> Lowered:
    of, x = given.given["p"], context.one(given.given["x"], given.span("x"))
    numbers = of.numbers() if isinstance(of, Polynomial) else context.one(of, given.span("p"))
    return _value(context, numbers, x, call)


class Polynomial(Host):
    """`np.poly1d([1, 2, 3])`, which is x**2 + 2*x + 3."""

    title = "a polynomial"
    settled = True
    python_type = "poly1d"

    def __init__(self, plain: Any) -> None:
        self.plain = plain

    def numbers(self) -> Typed:
        """Its coefficients, from that of the highest power on."""
        coefficients = self.plain.coeffs
        return constant(coefficients.astype(np.float64)), array_kind(coefficients.dtype.kind == "i")

    def call(self, context: Context, call: Call) -> Rule:
        """Its value at a number, or at each of an array."""
        if len(call.arguments) != 1 or call.arguments[0].name is not None:
            raise context.wrong("a polynomial takes one value", call.span, "p(2)")
        found = yield Whole(call.arguments[0].value)
        return _value(context, self.numbers(), context.one(found, call.arguments[0].span), call)

    def names(self) -> Iterable[str]:
        """What is known of it."""
        return ("c", "coef", "coefficients", "coeffs", "deriv", "integ", "o", "order")

    def attribute(self, context: Context, name: str) -> Lowered | None:
        """Its coefficients, its degree, and the polynomials that are its derivative and its integral."""
        if name in ("deriv", "integ"):
            return Method(name, partial(self._changed, name))
        if name in ("o", "order"):
            return counted(int(self.plain.order))
        return self.numbers() if name in self.names() else None

    def _changed(self, name: str, context: Context, call: Call) -> Rule:
        given: Arguments = yield arguments(context, call)
        numbers = [
            plain(context, each, span) for each, span in zip(given.positional, given.spans, strict=True)
        ]
        named = {key: plain(context, each, given.named_spans[key]) for key, each in given.named.items()}
        found = by_numpy(context, call.span, name, getattr(self.plain, name), *numbers, **named)
        return Polynomial(found)

    def text(self) -> str:
        """As NumPy has it."""
        return str(self.plain)


def _poly1d(context: Context, call: Call, given: Settings) -> Lowered:
    numbers = plain(context, given.given["c_or_r"], given.span("c_or_r"))
    return Polynomial(by_numpy(context, call.span, "poly1d", np.poly1d, numbers, given.flag("r")))


_FUNCTIONS = {"polyval": ("p, x", _polyval), "poly1d": ("c_or_r, r=False", _poly1d)}

MAKERS: Mapping[str, Callable[[Context, Call], Any]] = {
    f"{module}.{name}": asked(signature, make, prefix="np.")
    for module in ("numpy", "jax.numpy")
    for name, (signature, make) in _FUNCTIONS.items()
}
"""What makes and evaluates polynomials, by its full path."""
