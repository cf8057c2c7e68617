"""`print`: values and text on a line."""

from __future__ import annotations

from typing import Any

from gradcli.language.tree import Argument, Call, Expression, Name
from gradcli.language.tree import Text as Quoted
from gradcli.lowering.context import Context, Whole
from gradcli.lowering.hosts import NONE, spread_out
from gradcli.lowering.kinds import Host, Lowered
from gradcli.lowering.names import member_of
from gradcli.text.source import Span
from gradcli.trampoline import Rule


def printed(context: Context, call: Call, *, aside: bool = False) -> Rule:
    """A rule: `print(a, b, sep=", ", end="", file=sys.stderr)`, which gives None; `aside`: to stderr."""
    actor = context.acting(call.span)
    context.scope.acts()
    call = yield spread_out(context, call)
    options = {"sep": " ", "end": "\n"}
    for argument in call.arguments:
        if argument.name in options:
            options[argument.name] = _text_of(context, argument, options[argument.name])
        elif argument.name == "file":
            aside = _is_aside(context, argument.value)
        elif argument.name not in (None, "flush"):
            name = Span(argument.span.start, argument.span.start + len(argument.name))
            hint = "it takes values and text, sep=, end= and file="
            raise context.wrong(f"print has no parameter {argument.name}", name, hint)
    shown: list[Any] = []
    objects: list[tuple[int, Expression, Host]] = []
    for argument in call.arguments:
        if argument.name is None:
            described = actor.without_value(context, argument.value)
            given: Lowered = NONE if described is not None else (yield Whole(argument.value))
            if described is None and isinstance(given, Host) and not given.settled:
                objects.append((len(shown), argument.value, given))  # what follows may change it
            elif described is None:
                described = actor.shown(context, argument.value, given)
            shown.append(described)
    for place, value, host in objects:
        shown[place] = actor.shown(context, value, host)
    actor.print(shown, options["sep"], options["end"], aside=aside)
    return NONE


def _is_aside(context: Context, file: Expression) -> bool:
    """Whether `print` writes to stderr, and not to stdout; raises `InputError` for other files."""
    if isinstance(file, Name) and file.name == "None":
        return False
    member = member_of(file, context)
    path = "" if member is None else member.path
    if path not in ("sys.stdout", "sys.stderr"):
        raise context.wrong("print writes to no files here", file.span, "file=sys.stdout or file=sys.stderr")
    return path == "sys.stderr"


def _text_of(context: Context, argument: Argument, default: str) -> str:
    """An option of `print`, which is text in quotes, or None for its default."""
    value = argument.value
    if isinstance(value, Quoted):
        return value.value
    if isinstance(value, Name) and value.name == "None":
        return default
    hint = f'print(x, {argument.name}=", ")'
    raise context.wrong(f"{argument.name} takes text in quotes", value.span, hint)
