"""`print`: values and text on a line, and text with values in its fields."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from gradcli.language.tree import (
    Argument,
    Call,
    Expression,
    ExpressionStatement,
    Field,
    FormattedText,
    Name,
    Text,
)
from gradcli.session.results import Described, Formatted, Shown
from gradcli.text.errors import InputError
from gradcli.text.source import Span

if TYPE_CHECKING:
    from gradcli.session.runner import Runner

_TOO_WIDE = r"[0-9]{4}"
"""A width or a precision that a line should not have."""


def print_call(runner: Runner, statement: ExpressionStatement) -> None:
    """`print(a, b, sep=", ", end="")`."""
    call = statement.value
    assert isinstance(call, Call)
    options = {"sep": " ", "end": "\n"}
    for argument in call.arguments:
        if argument.name in options:
            options[argument.name] = _text(runner, argument, options[argument.name])
        elif argument.name not in (None, "flush"):
            name = Span(argument.span.start, argument.span.start + len(argument.name))
            raise InputError(
                f"print has no parameter {argument.name}",
                (runner.mark(name),),
                "it takes values and text, sep= and end=",
            )
    parts: list[Any] = []
    for argument in call.arguments:
        if argument.name is None:
            if parts:
                parts.append(options["sep"])
            parts += _parts(runner, argument.value)
    runner.print(parts, options["end"])


def _text(runner: Runner, argument: Argument, default: str) -> str:
    value = argument.value
    if isinstance(value, Text):
        return value.value
    if isinstance(value, Name) and value.name == "None":
        return default
    raise InputError(
        f"{argument.name} takes text in quotes", (runner.mark(value.span),), f'print(x, {argument.name}=", ")'
    )


def _parts(runner: Runner, expression: Expression) -> list[Described | Formatted | str]:
    """What an argument of `print` puts on the line."""
    if isinstance(expression, Text):
        return [expression.value]
    if not isinstance(expression, FormattedText):
        return [runner.described(expression)]
    parts: list[Described | Formatted | str] = []
    for part in expression.parts:
        if isinstance(part, Text):
            parts.append(part.value)
        else:
            parts += (part.echo, _field(runner, part))
    return parts


def _field(runner: Runner, field: Field) -> Formatted:
    """A field with its value; raises `InputError` for a format that does not fit it."""
    value = field.value
    spec = "" if field.spec is None else _spec(runner, field.spec)
    if isinstance(value, FormattedText):
        raise InputError(
            "formatted text does not stand inside formatted text",
            (runner.mark(value.span),),
            "put its fields into the outer text",
        )
    shown = value.value if isinstance(value, Text) else runner.described(value)
    if spec:
        assert field.spec is not None
        _check_format(runner, shown, field, spec)
    return Formatted(shown, field.conversion, spec)


def _check_format(runner: Runner, shown: Described | str, field: Field, spec: str) -> None:
    assert field.spec is not None
    place = (runner.mark(Span(field.spec.span.start + 1, field.spec.span.end)),)
    is_number = isinstance(shown, Shown) and shown.is_number() and not field.conversion
    if not is_number and not isinstance(shown, str) and not field.conversion:
        raise InputError("a format is for one number", place, "print the value without it")
    try:
        if re.search(_TOO_WIDE, spec):
            raise ValueError
        if is_number:
            assert isinstance(shown, Shown)
            shown.formatted(spec)
        else:
            format("", spec)
    except (ValueError, OverflowError):
        raise InputError(
            f"this is no format for {'a number' if is_number else 'text'}",
            place,
            "as in {x:.4f}, {x:10.3e}, {x:g}, and {n:d} for a whole number",
        ) from None


def _spec(runner: Runner, spec: FormattedText) -> str:
    text = ""
    for part in spec.parts:
        if isinstance(part, Text):
            text += part.value
            continue
        shown = runner.described(part.value)
        if not isinstance(shown, Shown) or not shown.is_number() or part.conversion or part.spec:
            raise InputError("a width is one number", (runner.mark(part.span),), "as in {x:{width}.2f}")
        number = shown.number()
        text += str(int(number) if float(number).is_integer() else number)
    return text
