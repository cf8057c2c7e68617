"""Text as a value: formatted text, whose fields hold what `print` would show."""

from __future__ import annotations

import re
from typing import Any

from gradcli.engine.graph import as_node, constant
from gradcli.engine.primitives.entry import as_number
from gradcli.language.tree import Attribute, Binary, Call, Expression, Field, FormattedText, Text
from gradcli.lowering.context import Context, Whole
from gradcli.lowering.hosts import Arguments, List, arguments, items_of
from gradcli.lowering.hosts import Text as TextValue
from gradcli.lowering.kinds import COUNT, Host, Key, Lowered, Several
from gradcli.text.source import Span
from gradcli.trampoline import Rule


def formatted(context: Context, expression: FormattedText) -> Rule:
    """A rule: the parts of formatted text: strings, and what its fields show."""
    if context.actor is None:
        hint = "text is printed, joined and compared, and is no number"
        raise context.wrong("text is not a value", expression.span, hint)
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
    place = field.span if field.spec is None else Span(field.spec.span.start + 1, field.spec.span.end)
    return actor.formatted(context, shown, place, field.conversion, spec)


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


# `"x = %.4f" % x` and `"x = {:.4f}".format(x)`

_OLD = re.compile(
    r"%(?:(?P<percent>%)"
    r"|(?:\((?P<key>\w+)\))?(?P<flags>[-+ 0#]*)(?P<width>\d*)(?P<rest>(?:\.\d+)?)"
    r"[hlL]?(?P<kind>[diouxXeEfFgGrsa]))"  # the lengths of C, which mean nothing
)
_NEW = re.compile(r"\{\{|\}\}|\{(?P<key>\w*)(?P<convert>![rsa])?(?::(?P<spec>[^{}]*))?\}")


def old_format(context: Context, expression: Binary, text: TextValue, right: Lowered) -> Rule:
    """A rule: `"x = %.4f" % x`, with the values of a tuple in turn."""
    yield from ()
    values = list(right.parts) if isinstance(right, Several) else [right]
    whole = _plain(context, text, expression.left.span)
    parts: list[object] = []
    end = 0
    for match in _OLD.finditer(whole):
        parts.append(whole[end : match.start()])
        end = match.end()
        if match["percent"]:
            parts.append("%")
            continue
        keyed = match["key"] is not None
        if not values and not keyed:
            raise context.wrong("there are fewer values than fields in this text", expression.right.span)
        kind = match["kind"]
        sign = "" if "-" not in match["flags"] else "<"
        flags = match["flags"].replace("-", "")
        if kind in "rsa" and match["width"] and not sign:
            sign = ">"
        spec = sign + flags + match["width"] + match["rest"]
        spec += "" if kind in "rsa" else {"i": "d", "u": "d"}.get(kind, kind)
        found = _under(context, expression, right, match["key"]) if keyed else values.pop(0)
        if spec[-1:] == "d":
            found = _whole(context, found, expression.right.span)
        conversion = kind if kind in "rsa" else ""
        parts.append(_shown(context, expression.right, found, conversion, spec))
    keyed = "(" in whole and any(match["key"] for match in _OLD.finditer(whole))
    if values and not (len(values) == 1 and values[0] is right and (keyed or not _OLD.search(whole))):
        raise context.wrong("there are more values than fields in this text", expression.right.span)
    return TextValue((*parts, whole[end:]))


def _under(context: Context, expression: Binary, right: Lowered, key: str) -> Lowered:
    """The value for `%(key)d`; raises `InputError` where there is none."""
    found: Lowered | None = None
    if isinstance(right, Host) and right.keyed:
        found = right.entry(context, Key(key, TextValue((key,))), expression.right.span)
    if found is None:
        raise context.wrong(f"there is no value for {key}", expression.right.span, f"{{'{key}': 3}}")
    return found


def _whole(context: Context, found: Lowered, span: Span) -> Lowered:
    """A number without its fraction, as `%d` writes it."""
    from gradcli.engine.primitives import TABLE

    node, _ = context.one(found, span)
    return TABLE["trunc"].build(as_number(node)), COUNT


def format_method(context: Context, text: TextValue, receiver: Expression, call: Call) -> Rule:
    """A rule: `"x = {:.4f}".format(x)`."""
    given: Arguments = yield arguments(context, call)
    whole = _plain(context, text, receiver.span)
    parts: list[object] = []
    end = place = 0
    for match in _NEW.finditer(whole):
        parts.append(whole[end : match.start()])
        end = match.end()
        if match[0] in ("{{", "}}"):
            parts.append(match[0][0])
            continue
        key = match["key"]
        if not key:
            key, place = str(place), place + 1
        if key.isdigit():
            found = given.positional[int(key)] if int(key) < len(given.positional) else None
        else:
            found = given.named.get(key)
        if found is None:
            raise context.wrong(f"there is no value for the field {match[0]}", call.span)
        parts.append(_shown(context, call, found, (match["convert"] or "")[1:], match["spec"] or ""))
    return TextValue((*parts, whole[end:]))


def of_python(context: Context, text: TextValue, receiver: Expression, call: Call) -> Rule:
    """A rule: what one of Python's methods of texts gives, such as `text.split(",")`."""
    given: Arguments = yield arguments(context, call)
    assert isinstance(call.function, Attribute)
    name = call.function.name
    values: list[str | int] = []
    for each, span in zip(given.positional, given.spans, strict=True):
        if isinstance(each, TextValue):
            values.append(_plain(context, each, span))
        else:
            node, _ = context.one(each, span)
            values.append(context.settled_integer(node, span))
    try:
        found: Any = getattr(_plain(context, text, receiver.span), name)(*values)
    except (TypeError, ValueError) as error:
        told = f"{name} does not take this" if given.named or isinstance(error, TypeError) else str(error)
        raise context.wrong(told, call.span) from None
    if isinstance(found, bool):
        return constant(found), COUNT
    if isinstance(found, int):
        return as_node(found), COUNT
    return TextValue((found,)) if isinstance(found, str) else List([TextValue((each,)) for each in found])


def joined(context: Context, text: TextValue, receiver: Expression, call: Call) -> Rule:
    """A rule: `", ".join(texts)`."""
    given: Arguments = yield arguments(context, call)
    if len(given.positional) != 1 or given.named:
        raise context.wrong("join takes one list of texts", call.span, '", ".join(names)')
    parts: list[object] = []
    for found in items_of(context, given.positional[0], given.spans[0]):
        if not isinstance(found, TextValue):
            raise context.wrong("join takes texts only", given.spans[0], "f'{x}' makes text of a value")
        parts += (*text.parts, *found.parts) if parts else found.parts or ("",)
    return TextValue(tuple(parts))


OF_PYTHON = (
    *("split", "rsplit", "splitlines", "replace", "startswith", "endswith", "count", "find", "index"),
    *("lstrip", "rstrip", "strip", "rjust", "ljust", "center", "zfill", "isdigit", "isalpha"),
)
"""Methods of texts that are Python's own."""

METHODS = {"format": format_method, "join": joined, **dict.fromkeys(OF_PYTHON, of_python)}
"""Methods of text that take values."""


def _shown(context: Context, expression: Expression, found: Lowered, conversion: str, spec: str) -> object:
    """A field with its value."""
    actor = context.acting(expression.span)
    place = Span(expression.span.start, expression.span.end)
    shown = actor.shown(context, expression, found)
    return actor.formatted(context, shown, place, conversion, spec)


def _plain(context: Context, text: TextValue, span: Span) -> str:
    plain = text.plain
    if plain is None:
        raise context.wrong("text that holds numbers already takes no more values", span)
    return plain
