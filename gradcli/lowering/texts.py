"""Text as a value: formatted text, whose fields hold what `print` would show."""

from __future__ import annotations

from gradcli.language.tree import Field, FormattedText, Text
from gradcli.lowering.context import Context, Whole
from gradcli.trampoline import Rule


def formatted(context: Context, expression: FormattedText) -> Rule:
    """A rule: the parts of formatted text: strings, and what its fields show."""
    if context.actor is None:
        raise context.wrong("text is not a value", expression.span, "text in quotes can only be printed")
    parts: list[object] = []
    for part in expression.parts:
        if isinstance(part, Text):
            parts.append(part.value)
            continue
        if part.echo:
            parts.append(part.echo)
        parts.append((yield _field(context, part)))
    return tuple(parts)


def _field(context: Context, field: Field) -> Rule:
    """A rule: a field with its value."""
    actor = context.acting(field.span)
    spec = "" if field.spec is None else (yield _spec(context, field.spec))
    if isinstance(field.value, FormattedText):
        raise context.wrong(
            "formatted text does not stand inside formatted text",
            field.value.span,
            "put its fields into the outer text",
        )
    shown = actor.without_value(context, field.value)
    if shown is None:
        shown = actor.shown(context, field.value, (yield Whole(field.value)))
    return actor.field(context, field, shown, spec)


def _spec(context: Context, spec: FormattedText) -> Rule:
    """A rule: a format as text, with the numbers of the fields in it."""
    actor = context.acting(spec.span)
    text = ""
    for part in spec.parts:
        if isinstance(part, Text):
            text += part.value
            continue
        found = None if part.conversion or part.spec else (yield Whole(part.value))
        width = None if found is None else actor.width(context, part.value, found)
        if width is None:
            raise context.wrong("a width is one number", part.span, "as in {x:{width}.2f}")
        text += width
    return text
