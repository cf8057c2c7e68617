"""Trees of values, as JAX has them: tuples, lists and dictionaries, in each other, with numbers as leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from gradcli.language.tree import Argument, Call
from gradcli.lowering.context import Context, Whole, done
from gradcli.lowering.dictionaries import Dictionary
from gradcli.lowering.hosts import Arguments, List, arguments, called
from gradcli.lowering.kinds import Host, Lowered, Several, Typed
from gradcli.text.errors import EvaluationError
from gradcli.text.source import Span
from gradcli.trampoline import Rule


def branches(context: Context, found: Lowered) -> list[Lowered] | None:
    """What stands in a tuple, a list or a dictionary (there in the order of its keys); `None` for a leaf."""
    if isinstance(found, Several):
        return list(found.parts)
    if isinstance(found, List):
        return list(found.items(context))
    if isinstance(found, Dictionary):
        return [context.now(found.entries[plain][1]) for plain in _order(found)]
    return None


def _order(found: Dictionary) -> list[Any]:
    """The keys of a dictionary, sorted where they can be, as JAX has them."""
    try:
        return sorted(found.entries)
    except TypeError:
        return list(found.entries)


def filled(context: Context, found: Lowered, parts: Sequence[Lowered]) -> Lowered:
    """A tuple, a list or a dictionary like another, with other values in it."""
    if isinstance(found, Several):
        return found._replace(parts=tuple(parts))
    if isinstance(found, Dictionary):
        given = zip(_order(found), parts, strict=True)
        entries = {plain: (found.entries[plain][0], part) for plain, part in given}
        return Dictionary(entries, found.name, found.missing)
    return List(parts)


def leaves(context: Context, found: Lowered) -> Iterator[Typed]:
    """Every single value in a tree, in order; what is no numbers is left out."""
    inside = branches(context, found)
    if inside is not None:
        for each in inside:
            yield from leaves(context, each)
    elif not isinstance(found, Several | Host):
        yield found


def refilled(context: Context, found: Lowered, parts: Iterator[Lowered]) -> Lowered:
    """A tree with other values in the places of its own."""
    inside = branches(context, found)
    if inside is not None:
        return filled(context, found, [refilled(context, each, parts) for each in inside])
    return found if isinstance(found, Host) else next(parts)


def _mapped(context: Context, call: Call) -> Rule:
    """A rule: `jax.tree.map(f, tree, …)`: a function of each leaf, and of those in its place elsewhere."""
    given: Arguments = yield arguments(context, call)
    function, *trees = given.positional or (None,)
    if not isinstance(function, Host) or not trees:
        raise context.wrong("tree.map takes a function and trees", call.span, "jax.tree.map(f, params)")
    return (yield _of_each(context, function, trees, call, given.spans[1]))


def _of_each(context: Context, function: Host, trees: Sequence[Lowered], call: Call, span: Span) -> Rule:
    inside = branches(context, trees[0])
    if inside is None:
        passed = tuple([Argument(call.span, None, done(call.span, each)) for each in trees])
        return (yield called(function, context, call._replace(arguments=passed)))
    others = [branches(context, each) for each in trees[1:]]
    if any(each is None or len(each) != len(inside) for each in others):
        raise EvaluationError("these trees have different forms", (context.mark(span),))
    made = []
    for place, each in enumerate(inside):
        row = [each, *[other[place] for other in others if other is not None]]
        made.append((yield _of_each(context, function, row, call, span)))
    return filled(context, trees[0], made)


def _listed(context: Context, call: Call) -> Rule:
    """A rule: `jax.tree.leaves(tree)`."""
    if len(call.arguments) != 1:
        raise context.wrong("leaves takes one tree", call.span, "jax.tree.leaves(params)")
    found = yield Whole(call.arguments[0].value)
    return List([context.keep(each, call.span) for each in leaves(context, found)])


_FUNCTIONS: Mapping[str, Callable[[Context, Call], Rule]] = {"map": _mapped, "leaves": _listed}

OF_TREES: Mapping[str, Callable[[Context, Call], Rule]] = {
    **{f"jax.tree.{name}": does for name, does in _FUNCTIONS.items()},
    **{f"jax.tree_util.tree_{name}": does for name, does in _FUNCTIONS.items()},
    **{f"jax.tree_{name}": does for name, does in _FUNCTIONS.items()},
    "torch.utils._pytree.tree_map": _mapped,
}
"""Functions of trees, by their full paths."""
