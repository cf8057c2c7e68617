"""Trees of values, as JAX has them: tuples, lists and dictionaries, in each other, with numbers as leaves."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from gradcli.engine.primitives.arithmetic import as_truth
from gradcli.language.tree import Call
from gradcli.lowering.context import Context, Whole
from gradcli.lowering.dictionaries import Dictionary
from gradcli.lowering.hosts import (
    NONE,
    Arguments,
    List,
    arguments,
    called_with,
    counted,
    folded,
    items_of,
)
from gradcli.lowering.kinds import Host, Lowered, Several, Typed, array_kind
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


def as_arrays(context: Context, found: Lowered) -> Lowered:
    """A tree with the numbers of Python's in it as arrays, as what is computed by JAX has them."""
    typed = [
        (node, array_kind(kind.whole) if kind.form == "number" else kind)
        for node, kind in leaves(context, found)
    ]
    return refilled(context, found, iter(typed))


def _mapped(context: Context, call: Call) -> Rule:
    """A rule: `jax.tree.map(f, tree, …)`: a function of each leaf, and of those in its place elsewhere."""
    given: Arguments = yield arguments(context, call)
    function, *trees = given.positional or (None,)
    if not isinstance(function, Host) or not trees:
        raise context.wrong("tree.map takes a function and trees", call.span, "jax.tree.map(f, params)")
    is_leaf = given.named.get("is_leaf", NONE)
    return (yield _of_each(context, function, trees, is_leaf, call, given.spans[1]))


def _of_each(
    context: Context, function: Host, trees: Sequence[Lowered], is_leaf: Lowered, call: Call, span: Span
) -> Rule:
    inside = yield _inside(context, trees[0], is_leaf, call)
    if inside is None:
        return (yield called_with(function, context, trees, call))
    if trees[0] is NONE:
        return NONE
    others = [branches(context, each) for each in trees[1:]]
    if any(each is None or len(each) != len(inside) for each in others):
        raise EvaluationError("these trees have different forms", (context.mark(span),))
    made = []
    for place, each in enumerate(inside):
        row = [each, *[other[place] for other in others if other is not None]]
        made.append((yield _of_each(context, function, row, is_leaf, call, span)))
    return filled(context, trees[0], made)


def _inside(context: Context, tree: Lowered, is_leaf: Lowered, call: Call) -> Rule:
    """A rule: what stands in a tree, and nothing in None; `None` for a leaf, as `is_leaf` may say it is."""
    if isinstance(is_leaf, Host) and is_leaf is not NONE:
        found: Lowered = yield called_with(is_leaf, context, [tree], call)
        truth, _ = context.one(found, call.span)
        if context.truth(as_truth(truth), leaves=True, decides=True):
            return None
    return [] if tree is NONE else branches(context, tree)


class Structure(Host):
    """The form of a tree, without what is in it."""

    title = "the form of a tree"
    settled = True
    python_type = "PyTreeDef"

    def __init__(self, context: Context, tree: Lowered) -> None:
        self._text = _drawn(context, tree)
        self.tree = filled_with(context, tree, lambda _: NONE)

    def equals(self, other: Any) -> bool:
        """Whether another tree has the same form."""
        return isinstance(other, Structure) and self._text == other._text

    def names(self) -> Sequence[str]:
        """What is known of it."""
        return ("num_leaves",)

    def attribute(self, context: Context, name: str) -> Lowered | None:
        """How many values its trees have."""
        return counted(self._text.count("*")) if name == "num_leaves" else None

    def text(self) -> str:
        """As JAX prints it."""
        return f"PyTreeDef({self._text})"


def filled_with(context: Context, tree: Lowered, make: Callable[[Lowered], Lowered]) -> Lowered:
    """A tree with what is made of each value in it."""
    inside = branches(context, tree)
    if inside is None:
        return make(tree)
    return filled(context, tree, [filled_with(context, each, make) for each in inside])


def _drawn(context: Context, tree: Lowered) -> str:
    """How JAX writes the form of a tree."""
    if tree is NONE:
        return "None"
    inside = branches(context, tree)
    if inside is None:
        return "*"
    parts = [_drawn(context, each) for each in inside]
    if isinstance(tree, Dictionary):
        return f"{{{', '.join(f'{key!r}: {part}' for key, part in zip(_order(tree), parts, strict=True))}}}"
    listed = ", ".join(parts)
    return f"[{listed}]" if isinstance(tree, List) else f"({listed}{',' * (len(parts) == 1)})"


def _values(context: Context, tree: Lowered) -> list[Lowered]:
    """Every value in a tree, in order, what is no number too."""
    found: list[Lowered] = []
    filled_with(context, tree, lambda each: found.append(each) or each)  # type: ignore[func-returns-value]
    return [each for each in found if each is not NONE]


def _alone(context: Context, call: Call) -> Rule:
    """A rule: the one tree that a function is given."""
    name = str(getattr(call.function, "name", ""))
    given = [
        each for each in call.arguments if each.name != "is_leaf" or name not in ("leaves", "tree_leaves")
    ]
    by_rule = next((each for each in given if each.name == "is_leaf"), None)
    if by_rule is not None:
        raise context.wrong(
            f"{name} knows no is_leaf here", by_rule.span, "jax.tree.leaves and jax.tree.map do"
        )
    if len(given) != 1:
        raise context.wrong(
            f"{name} takes one tree", call.span, f"{context.text(call.function.span)}(params)"
        )
    return (yield Whole(given[0].value))


def _listed(context: Context, call: Call) -> Rule:
    """A rule: `jax.tree.leaves(tree)`."""
    tree = yield from _alone(context, call)
    is_leaf = next((each.value for each in call.arguments if each.name == "is_leaf"), None)
    if is_leaf is None:
        return List([context.keep(each, call.span) for each in _values(context, tree)])
    found = yield _leaves_by(context, tree, (yield Whole(is_leaf)), call)
    return List([context.keep(each, call.span) for each in found])


def _leaves_by(context: Context, tree: Lowered, is_leaf: Lowered, call: Call) -> Rule:
    inside = yield _inside(context, tree, is_leaf, call)
    if inside is None:
        return [tree]
    found: list[Lowered] = []
    for each in inside:
        found += yield _leaves_by(context, each, is_leaf, call)
    return found


def _structure(context: Context, call: Call) -> Rule:
    """A rule: `jax.tree.structure(tree)`."""
    return Structure(context, (yield from _alone(context, call)))


def _flattened(context: Context, call: Call) -> Rule:
    """A rule: `jax.tree.flatten(tree)`: its values, and its form."""
    tree = yield from _alone(context, call)
    listed = List([context.keep(each, call.span) for each in _values(context, tree)])
    return Several((listed, Structure(context, tree)))


def _unflattened(context: Context, call: Call) -> Rule:
    """A rule: `jax.tree.unflatten(form, values)`."""
    given: Arguments = yield arguments(context, call)
    form, listed = given.positional if len(given.positional) == 2 else (None, None)
    if not isinstance(form, Structure) or listed is None:
        raise context.wrong(
            "unflatten takes the form of a tree and its values", call.span, "jax.tree.unflatten(form, values)"
        )
    values = items_of(context, listed, given.spans[1])
    if len(values) != form._text.count("*"):
        told = f"this tree has {form._text.count('*')} values, and these are {len(values)}"
        raise EvaluationError(told, (context.mark(given.spans[1]),))
    left, drawn = iter(values), iter(_marks(form._text))
    return filled_with(context, form.tree, lambda each: next(left) if next(drawn) else each)


def _marks(text: str) -> Iterator[bool]:
    """Whether each place of a form holds a value, or None, in order."""
    for piece in re.findall(r"\*|\bNone\b", text):
        yield piece == "*"


def _reduced(context: Context, call: Call) -> Rule:
    """A rule: `jax.tree.reduce(f, tree, start)`."""
    given: Arguments = yield arguments(context, call)
    function, *rest = given.positional or (None,)
    if not isinstance(function, Host) or not 1 <= len(rest) <= 2:
        raise context.wrong(
            "tree.reduce takes a function and a tree", call.span, "jax.tree.reduce(f, params)"
        )
    values = [*rest[1:], *_values(context, rest[0])]
    if not values:
        raise EvaluationError("there is nothing to reduce", (context.mark(given.spans[1]),))
    return (yield folded(function, context, values, call))


_FUNCTIONS: Mapping[str, Callable[[Context, Call], Rule]] = {
    "map": _mapped,
    "leaves": _listed,
    "structure": _structure,
    "flatten": _flattened,
    "unflatten": _unflattened,
    "reduce": _reduced,
}

OF_TREES: Mapping[str, Callable[[Context, Call], Rule]] = {
    **{f"jax.tree.{name}": does for name, does in _FUNCTIONS.items()},
    **{f"jax.tree_util.tree_{name}": does for name, does in _FUNCTIONS.items()},
    **{f"jax.tree_{name}": does for name, does in _FUNCTIONS.items()},
    "torch.utils._pytree.tree_map": _mapped,
}
"""Functions of trees, by their full paths."""
