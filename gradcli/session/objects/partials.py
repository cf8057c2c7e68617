"""What `functools` has for functions: `partial(f, 2)`, `reduce(f, xs)`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gradcli.language.tree import Argument, Call
from gradcli.lowering.context import Context, done
from gradcli.lowering.hosts import Arguments, arguments, called, folded, items_of
from gradcli.lowering.kinds import Host, Lowered
from gradcli.text.errors import EvaluationError
from gradcli.trampoline import Rule


class Partial(Host):
    """A function some of whose arguments are given already."""

    title = "a function"
    hint = "call it with its arguments in round brackets"
    settled = True
    python_type = "partial"

    def __init__(self, function: Host, positional: list[Any], named: dict[str, Any]) -> None:
        self.function = function
        self.positional = positional
        self.named = named

    def call(self, context: Context, call: Call) -> Rule:
        """What the function gives for these arguments and those of a call, whose names come first."""
        span = call.span
        first = [Argument(span, None, done(span, context.now(each))) for each in self.positional]
        names = {argument.name for argument in call.arguments}
        rest = [
            Argument(span, name, done(span, context.now(each)))
            for name, each in self.named.items()
            if name not in names
        ]
        return called(self.function, context, call._replace(arguments=(*first, *call.arguments, *rest)))

    def text(self) -> str:
        """As Python has it, but for its address."""
        return f"functools.partial({self.function.text()})"


def _partial(context: Context, call: Call) -> Rule:
    given: Arguments = yield arguments(context, call)
    function = given.positional[0] if given.positional else None
    if not isinstance(function, Host):
        raise context.wrong("partial takes a function first", call.span, "partial(f, 2)")
    kept = [context.keep(each, span) for each, span in zip(given.positional, given.spans, strict=True)]
    named = {name: context.keep(each, given.named_spans[name]) for name, each in given.named.items()}
    return Partial(function, kept[1:], named)


def _reduce(context: Context, call: Call) -> Rule:
    given: Arguments = yield arguments(context, call)
    function = given.positional[0] if given.positional else None
    if not isinstance(function, Host) or len(given.positional) not in (2, 3) or given.named:
        raise context.wrong("reduce takes a function and what it goes through", call.span, "reduce(f, xs)")
    items: list[Lowered] = [*given.positional[2:], *items_of(context, given.positional[1], given.spans[1])]
    if not items:
        raise EvaluationError(
            "there is nothing to reduce", (context.mark(given.spans[1]),), "reduce(f, xs, 0)"
        )
    return (yield folded(function, context, items, call))


MAKERS: Mapping[str, Callable[[Context, Call], Any]] = {
    "functools.partial": _partial,
    "functools.reduce": _reduce,
}
"""What is made of functions, by its full path."""
