"""`print`: values and text on a line."""

from __future__ import annotations

from typing import Any

from gradcli.language.tree import Argument, Call, Expression, ExpressionStatement, Name, Text
from gradcli.lowering.hosts import spread_out, spreads
from gradcli.session.context import Run
from gradcli.session.results import Described, Formatted, Words
from gradcli.session.showing import described
from gradcli.text.errors import InputError
from gradcli.text.source import Span


def print_call(run: Run, statement: ExpressionStatement) -> None:
    """`print(a, b, sep=", ", end="")`."""
    call = statement.value
    assert isinstance(call, Call)
    if spreads(call):
        call = run.lowering().run(spread_out(run.lowering(), call))
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


def _parts(run: Run, expression: Expression) -> tuple[Described | Formatted | str, ...]:
    """What an argument of `print` puts on the line."""
    shown = described(run, expression)
    return shown.parts if isinstance(shown, Words) else (shown,)


FUNCTIONS = {"print": print_call}
"""What functions do that are statements."""
