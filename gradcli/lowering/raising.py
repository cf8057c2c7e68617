"""The errors that a program raises itself, and those of its assertions."""

from __future__ import annotations

from gradcli.language.tree import (
    Assert,
    Expression,
    Name,
    Raise,
    Text,
)
from gradcli.lowering.context import Context, Whole
from gradcli.lowering.hosts import NONE
from gradcli.lowering.hosts import Text as TextValue
from gradcli.text.errors import EvaluationError, RaisedError
from gradcli.trampoline import Rule


def raised(context: Context, statement: Raise) -> Rule:
    """A rule: the error that a program raises, with its name and its text, or one that it has caught."""
    from gradcli.lowering.caught import Caught, is_kind_of  # which few programs need

    mark, of = context.mark(statement.span), context.host(statement.name)
    if statement.cause is not None:
        yield _cause(context, statement.cause)
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


def _cause(context: Context, cause: Expression) -> Rule:
    """A rule: looks at what stands behind `from`; raises `InputError` for what is no error and not None."""
    from gradcli.lowering.caught import Caught, is_error

    if isinstance(cause, Name) and is_error(cause.name) and not context.bound(cause.name):
        return
    found = yield Whole(cause)
    if found is not NONE and not isinstance(found, Caught):
        told = "an error comes from one that was caught, or from None"
        raise context.wrong(told, cause.span, "except ValueError as error: raise TypeError() from error")


def failed(context: Context, statement: Assert) -> EvaluationError:
    """The error of an assertion that does not hold."""
    said = statement.message.value if isinstance(statement.message, Text) else ""
    told = f"this does not hold{f': {said}' if said else ''}"
    return RaisedError("AssertionError", said, (context.mark(statement.condition.span),), told)
