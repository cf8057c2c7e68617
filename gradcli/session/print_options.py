"""`np.set_printoptions`: how NumPy prints the arrays of a program from then on."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcli.language.tree import Call
from gradcli.lowering.hosts import NONE, Text
from gradcli.lowering.kinds import Host
from gradcli.session.context import Run
from gradcli.text.errors import InputError
from gradcli.text.source import Span

_NUMBERS = ("precision", "threshold", "edgeitems", "linewidth")
_FLAGS = ("suppress",)
_TEXTS = ("nanstr", "infstr", "sign", "floatmode")
_OPTIONS = (*_NUMBERS, *_FLAGS, *_TEXTS)


def set_options(run: Run, call: Call) -> None:
    """Sets what a call says; raises `InputError` for what NumPy does not take, or is not known here."""
    options: dict[str, Any] = {}
    for place, argument in enumerate(call.arguments):
        name = argument.name or (_OPTIONS[place] if place < len(_NUMBERS) else "")
        if name not in _OPTIONS:
            there = ", ".join(_OPTIONS)
            told = f"set_printoptions has no option {argument.name or 'in that place'} here"
            raise InputError(told, (run.mark(argument.span),), f"it has {there}")
        options[name] = _value(run, name, argument.value)
    try:
        with np.printoptions(**options):
            np.array2string(np.zeros(1))
    except (ValueError, TypeError) as error:
        raise InputError(f"set_printoptions: {error}", (run.mark(call.span),)) from None
    run.session.print_with(options)


def _value(run: Run, name: str, expression: Any) -> Any:
    lowering = run.lowering()
    found = lowering.whole(expression)
    if found is NONE:
        return None
    if isinstance(found, Text):
        return found.plain
    if isinstance(found, Host):
        raise InputError(f"{name} is a number or a text", (run.mark(expression.span),))
    span: Span = expression.span
    number = float(lowering.numbers(lowering.one(found, span)[0], span))
    return bool(number) if name in _FLAGS else int(number) if number.is_integer() else number
