"""The errors that a program raises itself, and those of its assertions."""

from __future__ import annotations

from gradcli.language.tree import (
    Assert,
    Raise,
    Text,
)
from gradcli.lowering.context import Context, Whole
from gradcli.lowering.hosts import Text as TextValue
from gradcli.text.errors import EvaluationError, RaisedError
from gradcli.trampoline import Rule


def raised(context: Context, statement: Raise) -> Rule:
    """A rule: the error that a program raises, with its name and its text, or one that it has caught."""
    from gradcli.lowering.caught import Caught, is_kind_of  # which few programs need

    mark, of = context.mark(statement.span), context.host(statement.name)
    if isinstance(of, Caught) and statement.message is None:
        return RaisedError(of.called, "".join(map(str, of.parts)), (mark,), kinds=of.kinds)
    kinds = () if of is None else of.kinds_of_class()
    said = ""
    if statement.message is not None:
        found = yield Whole(statement.message)
        if not isinstance(found, TextValue):
            raise context.wrong("what an error says is text", statement.message.span, 'ValueError("text")')
        said = "".join(str(part) for part in found.parts)
        if any(is_kind_of(each, "KeyError") for each in (statement.name, *kinds)):
            said = repr(said)  # as Python shows a key
    return RaisedError(kinds[0] if kinds else statement.name, said, (mark,), kinds=kinds)


def failed(context: Context, statement: Assert) -> EvaluationError:
    """The error of an assertion that does not hold."""
    said = statement.message.value if isinstance(statement.message, Text) else ""
    told = f"this does not hold{f': {said}' if said else ''}"
    return RaisedError("AssertionError", said, (context.mark(statement.condition.span),), told)
