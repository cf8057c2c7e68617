"""Items that Python's module `random` chooses by chance: `random.choice(xs)`, `random.sample(xs, 2)`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from random import Random
from typing import Any

from gradcli.language.tree import Call
from gradcli.lowering.context import Context
from gradcli.lowering.hosts import Arguments, List, arguments, counted, items_of
from gradcli.lowering.kinds import Host, Lowered
from gradcli.text.errors import EvaluationError
from gradcli.trampoline import Rule


def _generator(context: Context, call: Call) -> Random:
    """Python's generator, which is about to draw: this is done anew in each pass of a loop."""
    session = context.acting(call.span).session
    context.scope.acts()
    context.changing(Host(), call.span)
    session.change(session.chance)
    generator: Random = session.chance.python
    return generator


def _chosen(name: str, context: Context, call: Call) -> Rule:
    given: Arguments = yield arguments(context, call)
    if not given.positional:
        raise context.wrong(f"{name} chooses among items", call.span, f"random.{name}([1, 2, 3])")
    items = items_of(context, given.positional[0], given.spans[0])
    count = [*given.positional[1:], *given.named.values()]
    if not items:
        raise EvaluationError(f"{name} of nothing", (context.mark(given.spans[0]),))
    generator = _generator(context, call)
    if name == "choice":
        return items[generator.choice(range(len(items)))]
    k = context.settled_integer(context.one(count[0], call.span)[0], call.span) if count else 1
    if k < 0 or (name == "sample" and k > len(items)):
        raise EvaluationError(f"there are {len(items)} items to take", (context.mark(call.span),))
    places: Sequence[int] = (
        generator.sample(range(len(items)), k)
        if name == "sample"
        else generator.choices(range(len(items)), k=k)
    )
    return List(context.keep(items[place], call.span) for place in places)


def _range(context: Context, call: Call) -> Rule:
    given: Arguments = yield arguments(context, call)
    limits = [
        context.settled_integer(context.one(each, span)[0], span)
        for each, span in zip(given.positional, given.spans, strict=True)
    ]
    if not 1 <= len(limits) <= 3 or (len(limits) == 3 and not limits[2]) or not range(*limits):
        raise context.wrong("randrange takes the limits of a range", call.span, "random.randrange(10)")
    found: Lowered = counted(_generator(context, call).randrange(*limits))
    return found


MAKERS: Mapping[str, Callable[[Context, Call], Any]] = {
    **{f"random.{name}": partial(_chosen, name) for name in ("choice", "choices", "sample")},
    "random.randrange": _range,
}
"""What chooses, by its full path."""
