"""Assignments to items and attributes: `x[i] = v`, `xs[0] += 1`, `layer.weight = w`, by PyTorch's rules."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcli.engine.graph import Input, Node, constant
from gradcli.engine.primitives.entry import as_number
from gradcli.language.tree import Attribute, Binary, Expression, Name, Rest, Slice, Subscript
from gradcli.lowering.context import Done, done
from gradcli.lowering.dictionaries import no_entry
from gradcli.lowering.hosts import List, items_of
from gradcli.lowering.indexing import check_fits, key_in, placed, subscript
from gradcli.lowering.kinds import TENSOR, Host, Lowered, Several
from gradcli.lowering.lower import Lowering
from gradcli.lowering.names import is_module_path
from gradcli.session.context import Run
from gradcli.text.errors import EvaluationError, InputError
from gradcli.text.source import Span


def assign_item(run: Run, target: Subscript, value: Expression, operator: str | None = None) -> None:
    """`x[i] = v`, and with an operator `x[i] += v`.

    A list holds another item then; what has numbers is another array, which keeps its graph, and a leaf is
    changed in place where nothing is recorded. Raises `GradcliError`.
    """
    lowering = run.lowering()
    whole = lowering.whole(target.value)
    if operator is not None and isinstance(whole, Host):
        target = _once(lowering, target, whole)
        item = lowering.whole(target)
        if changed_in_place(run, lowering, item, target.span, operator, value):
            return
        left = done(target.span, item)
        value = Binary(value.span, operator, Span(value.span.start, value.span.start), left, value)
    elif operator is not None:
        value = Binary(value.span, operator, Span(value.span.start, value.span.start), target, value)
    given = lowering.whole(value)
    if isinstance(whole, List):
        _assign_to_list(lowering, target, whole, given, value.span)
        return
    if isinstance(whole, Host) and whole.keyed:
        key = lowering.run(key_in(lowering, target))
        if not whole.assign_entry(lowering, key, given, value.span):
            raise no_entry(lowering, whole, key, target.items[0].span)
        return
    if isinstance(whole, Several | Host):
        title = "a tuple" if isinstance(whole, Several) else whole.title
        raise InputError(f"{title} has no items to assign to", (run.mark(target.value.span),))
    base, _ = whole
    part = lowering.one(given, value.span)
    places = _places(run, lowering, target, base)
    check_fits(lowering, part[0], value.span, np.shape(places), target.span)
    of_data = isinstance(target.value, Attribute) and target.value.name == "data"
    of_grad = isinstance(target.value, Attribute) and target.value.name == "grad"
    recorded = run.session.recording and not of_data and not of_grad
    is_leaf = isinstance(base, Input) and base.role == "leaf"
    if is_leaf and run.session.numbers_are_leaves:
        recorded = False  # as `x -= 1`, which changes a leaf in place
    if is_leaf and recorded:
        raise EvaluationError(
            "a view of a leaf Variable that requires grad is being used in an in-place operation",
            (run.mark(target.span),),
            f"with torch.no_grad(): around it changes the leaf; "
            f"{lowering.text(target.value.span)} = {lowering.text(target.value.span)}.clone() is a value",
        )
    if recorded and (base.tracked or part[0].tracked):
        node = lowering.build(lambda: placed(base, as_number(part[0]), places), target.span, ())
        held = run.valued(lowering, target.span, (node, TENSOR._replace(overload="CopySlices")))
        _bind(run, target.value, held)
        return
    owner = run.leaf(target.value.value) if of_data and isinstance(target.value, Attribute) else None
    before = run.session.evaluate((base,))[0]
    data = np.array(np.broadcast_to(before, base.shape), dtype=np.float64)
    now = run.session.evaluate((part[0],))[0]
    data.ravel()[np.ravel(places)] = np.ravel(np.broadcast_to(now, np.shape(places)))
    if of_grad:
        assert isinstance(target.value, Attribute)
        leaf = run.leaf(target.value.value)
        grad = run.session.grad(leaf)
        run.session.set_grad(leaf, data[()], 0 if grad is None else grad.passes)
    elif owner is not None or is_leaf:
        leaf = owner if owner is not None else base  # type: ignore[assignment]
        run.step(leaf, data[()], target.span)
    else:
        if base.boolean:
            data = data.astype(bool)
        kind = whole[1] if part[1].whole or not whole[1].whole else whole[1]._replace(whole=False)
        if whole[1].whole:
            data, kind = np.trunc(data), whole[1]
        made = run.session.new_constant("", data[()], kind)
        _bind(run, target.value, run.session.value_of(made.node, kind))


def changed_in_place(
    run: Run, lowering: Lowering, found: Lowered, span: Span, operator: str, value: Expression
) -> bool:
    """Does `found += value` where that changes what is there: a list, or a leaf; false for all else."""
    if isinstance(found, List) and operator == "+":
        given = lowering.whole(value)
        kept = [lowering.keep(each, value.span) for each in items_of(lowering, given, value.span)]
        lowering.changing(found, span)
        found.kept.extend(kept)
        return True
    if isinstance(found, Several | Host):
        return False
    leaf = found[0]
    if not isinstance(leaf, Input) or leaf.role != "leaf":
        return False
    left = done(span, found)
    stepped = lowering.lower(
        Binary(value.span, operator, Span(value.span.start, value.span.start), left, value)
    )
    run.step(leaf, run.session.evaluate((stepped,))[0], value.span)
    return True


def _once(lowering: Lowering, target: Subscript, whole: Host) -> Subscript:
    """A part of a host value, of which the place is found here: both where it is read and where it is set."""
    items = [
        item if isinstance(item, Slice | Rest) else done(item.span, lowering.whole(item))
        for item in target.items
    ]
    return target._replace(value=done(target.value.span, whole), items=tuple(items))


def _bind(run: Run, target: Expression, held: Any) -> None:
    """Gives a name, or a part of something, the array with another item."""
    if isinstance(target, Name):
        run.bind(target.name, held, recording=True)
        return
    if isinstance(target, Subscript | Attribute):
        value = done(target.span, run.scope.now(held))
        if isinstance(target, Subscript):
            assign_item(run, target, value)
        else:
            assign_attribute(run, target, value)
        return
    raise InputError("only a name's items can be assigned to", (run.mark(target.span),))


def _places(run: Run, lowering: Lowering, target: Subscript, base: Node) -> Any:
    """The places of the items that are assigned to, in the flat array."""
    size = int(np.prod(base.shape, dtype=int))
    numbered = constant(np.arange(size, dtype=np.float64).reshape(base.shape))
    settled: list[Any] = []
    for item in target.items:
        if isinstance(item, Slice):
            settled.append(item)
            continue
        if isinstance(item, Rest) or (isinstance(item, Name) and item.name == "None"):
            settled.append(item)
            continue
        found = lowering.whole(item)
        if isinstance(found, Several | Host):
            settled.append(item)
            continue
        data = run.valued(lowering, item.span, found).data
        settled.append(Done(item.span, (constant(data), found[1])))
    asked = target._replace(items=tuple(settled))
    node, _ = lowering.run(subscript(lowering, asked, (numbered, TENSOR)))
    return run.session.evaluate((node,))[0].astype(int)


def _assign_to_list(lowering: Lowering, target: Subscript, found: List, given: Lowered, span: Span) -> None:
    item = target.items[0]
    if len(target.items) != 1 or isinstance(item, Slice | Rest):
        raise lowering.wrong("a list is assigned to one item at a time", target.span)
    node, _ = lowering.typed(item)
    at = lowering.settled_integer(node, item.span)
    if not -len(found.kept) <= at < len(found.kept):
        raise EvaluationError(
            f"there is no [{at}] in a list of {len(found.kept)} value{'' if len(found.kept) == 1 else 's'}",
            (lowering.mark(item.span),),
            "append adds one",
        )
    kept = lowering.keep(given, span)
    lowering.changing(found, target.span)
    found.kept[at] = kept


def assign_attribute(run: Run, target: Attribute, value: Expression) -> bool:
    """`layer.weight = w`, of what is no numbers; false where it is an attribute of numbers."""
    if is_module_path(target.value, run):
        return False
    lowering = run.lowering()
    owner = lowering.host(target.value.name) if isinstance(target.value, Name) else None
    if not isinstance(target.value, Name):
        found = lowering.whole(target.value)
        owner = found if isinstance(found, Host) else None
    if owner is None:
        return False
    given = lowering.whole(value)
    if not owner.assign(lowering, target.name, given, value.span):
        raise InputError(f"{owner.title} has no {target.name} to assign to", (run.mark(target.name_span),))
    return True
