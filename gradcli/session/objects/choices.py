"""Items that Python's module `random` chooses by chance: `random.choice(xs)`, `random.sample(xs, 2)`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import accumulate, pairwise
from math import isfinite
from random import Random
from typing import Any

from gradcli.engine.primitives.shaping import sized
from gradcli.language.tree import Call
from gradcli.lowering.context import Context
from gradcli.lowering.hosts import Arguments, List, arguments, counted, items_of
from gradcli.lowering.kinds import Host, Lowered
from gradcli.session.objects.settings import Settings
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


_SIGNATURES: Mapping[str, str] = {
    "choice": "seq",
    "choices": "population, weights=None, cum_weights=None, k=1",
    "sample": "population, k, counts=None",
}
"""What Python's functions that choose take."""


def _chosen(name: str, context: Context, call: Call) -> Rule:
    signature = _SIGNATURES[name]
    found = Settings(context, name, signature, (yield arguments(context, call)), call, prefix="random.")
    first = next(iter(found.defaults))
    items = items_of(context, found.given[first], found.span(first))
    if name == "sample":
        items = _repeated(context, found, items)
    k = found.count("k") if name != "choice" else 1
    if not items and (k or name != "sample"):
        raise EvaluationError(f"{name} of nothing", (context.mark(found.span(first)),))
    if name == "sample" and k > len(items):
        raise EvaluationError(f"there are {len(items)} items to take", (context.mark(found.span("k")),))
    sized((k,))
    limits = _limits(context, found, len(items)) if name == "choices" else None
    generator = _generator(context, call)
    places = range(len(items))
    if name == "choice":
        return items[generator.choice(places)]
    taken = (
        generator.sample(places, k)
        if name == "sample"
        else generator.choices(places, cum_weights=limits, k=k)
    )
    return List(context.keep(items[place], call.span) for place in taken)


def _repeated(context: Context, found: Settings, items: Sequence[Lowered]) -> Sequence[Lowered]:
    """Items of which each stands there as often as `counts` says."""
    if found.is_left_out("counts"):
        return items
    counts = found.shape("counts")
    if len(counts) != len(items) or any(each < 0 for each in counts):
        told = f"counts has a whole number, not below 0, for each of the {len(items)} items"
        raise EvaluationError(told, (context.mark(found.span("counts")),))
    sized((sum(counts),))
    return [item for item, count in zip(items, counts, strict=True) for _ in range(count)]


def _limits(context: Context, found: Settings, count: int) -> Sequence[float] | None:
    """The running sums of the weights of items; `None` where one is as likely as another."""
    asked = [key for key in ("weights", "cum_weights") if not found.is_left_out(key)]
    if not asked:
        return None
    if len(asked) > 1:
        raise context.wrong("choices takes weights or their running sums, and not both", found.span(asked[1]))
    (key,) = asked
    weights = [
        float(context.numbers(context.one(each, found.span(key))[0], found.span(key)))
        for each in items_of(context, found.given[key], found.span(key))
    ]
    limits = weights if key == "cum_weights" else list(accumulate(weights))
    steps = [after - before for before, after in pairwise((0.0, *limits))]
    if len(limits) != count or not all(isfinite(each) and each >= 0 for each in steps) or not limits[-1] > 0:
        told = f"{key} has a finite number, not below 0, for each of the {count} items, and one above 0"
        if key == "cum_weights":
            told = f"cum_weights has a rising finite number for each of the {count} items, and ends above 0"
        raise EvaluationError(told, (context.mark(found.span(key)),))
    return limits


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
