"""`print`: values and text on a line, and text with values in its fields."""

from __future__ import annotations

import re
from typing import Any

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
from gradcli.session.context import Run
from gradcli.session.results import Described, Formatted, Shown
from gradcli.session.showing import described
from gradcli.text.errors import InputError
from gradcli.text.source import Span

_TOO_WIDE = r"[0-9]{4}"
"""A width or a precision that a line should not have."""


def print_call(run: Run, statement: ExpressionStatement) -> None:
    """`print(a, b, sep=", ", end="")`."""
    call = statement.value
    assert isinstance(call, Call)
    options = {"sep": " ", "end": "\n"}
    for argument in call.arguments:
        if argument.name in options:
            options[argument.name] = _text(run, argument, options[argument.name])
        elif argument.name not in (None, "flush"):
            name = Span(argument.span.start, argument.span.start + len(argument.name))
            raise InputError(
                f"print has no parameter {argument.name}",
                (run.mark(name),),
                "it takes values and text, sep= and end=",
            )
    parts: list[Any] = []
    for argument in call.arguments:
        if argument.name is None:
            if parts:
                parts.append(options["sep"])
            parts += _parts(run, argument.value)
    run.print(parts, options["end"])


def _text(run: Run, argument: Argument, default: str) -> str:
    value = argument.value
    if isinstance(value, Text):
        return value.value
    if isinstance(value, Name) and value.name == "None":
        return default
    raise InputError(
        f"{argument.name} takes text in quotes", (run.mark(value.span),), f'print(x, {argument.name}=", ")'
    )


def _parts(run: Run, expression: Expression) -> list[Described | Formatted | str]:
    """What an argument of `print` puts on the line."""
    if isinstance(expression, Text):
        return [expression.value]
    if not isinstance(expression, FormattedText):
        return [described(run, expression)]
    parts: list[Described | Formatted | str] = []
    for part in expression.parts:
        if isinstance(part, Text):
            parts.append(part.value)
        else:
            parts += (part.echo, _field(run, part))
    return parts


def _field(run: Run, field: Field) -> Formatted:
    """A field with its value; raises `InputError` for a format that does not fit it."""
    value = field.value
    spec = "" if field.spec is None else _spec(run, field.spec)
    if isinstance(value, FormattedText):
        raise InputError(
            "formatted text does not stand inside formatted text",
            (run.mark(value.span),),
            "put its fields into the outer text",
        )
    shown = value.value if isinstance(value, Text) else described(run, value)
    if spec:
        assert field.spec is not None
        _check_format(run, shown, field, spec)
    return Formatted(shown, field.conversion, spec)


def _check_format(run: Run, shown: Described | str, field: Field, spec: str) -> None:
    assert field.spec is not None
    place = (run.mark(Span(field.spec.span.start + 1, field.spec.span.end)),)
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


def _spec(run: Run, spec: FormattedText) -> str:
    text = ""
    for part in spec.parts:
        if isinstance(part, Text):
            text += part.value
            continue
        shown = described(run, part.value)
        if not isinstance(shown, Shown) or not shown.is_number() or part.conversion or part.spec:
            raise InputError("a width is one number", (run.mark(part.span),), "as in {x:{width}.2f}")
        number = shown.number()
        text += str(int(number) if float(number).is_integer() else number)
    return text


FUNCTIONS = {"print": print_call}
"""What functions do that are statements."""
