"""Assignments to items and attributes: `x[i] = v`, `xs[0] += 1`, `layer.weight = w`, by PyTorch's rules."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcli.engine.graph import Input, Node, constant, expand, intern
from gradcli.engine.primitives import grad_fn_name
from gradcli.engine.primitives.entry import as_number
from gradcli.engine.primitives.shaping import tied
from gradcli.language.tree import Attribute, Binary, Expression, Name, Rest, Slice, Subscript, Update
from gradcli.lowering.context import Done, done
from gradcli.lowering.dictionaries import no_entry
from gradcli.lowering.hosts import List, items_of
from gradcli.lowering.indexing import as_assigned, check_fits, key_in, placed, subscript
from gradcli.lowering.kinds import (
    TENSOR,
    Host,
    Lowered,
    Several,
    Typed,
    is_memory,
    named,
    tracked_kind,
)
from gradcli.lowering.lower import Lowering
from gradcli.lowering.names import is_module_path
from gradcli.session.context import Run
from gradcli.session.memory.apart import own_node
from gradcli.session.memory.sharing import (
    Looking,
    become,
    change,
    change_computed,
    held_behind,
    view_of,
)
from gradcli.session.memory.storage import looked_at
from gradcli.session.state import Session
from gradcli.text.errors import EvaluationError, InputError, RaisedError
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
        if changed_in_place(run, lowering, item, target, operator, value):
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
    part, kind = lowering.one(given, value.span)
    places = _places(run, lowering, target, whole[0])
    part = as_assigned(part, np.ndim(places))
    check_fits(lowering, part, value.span, np.shape(places), target.span)
    put(run, lowering, target.value, whole, (part, kind), target.span, places)


def put(
    run: Run,
    lowering: Lowering,
    target: Expression,
    whole: Typed,
    given: Typed,
    span: Span,
    places: Any = None,
) -> None:
    """Gives a tensor (`whole`, which `target` is), or some places in it, other values, as `span` says.

    A computed value gets another graph. All else changes in place, where others look at its elements, too;
    a leaf does so where nothing is recorded. Raises `GradcliError`.
    """
    node, kind = whole
    session = run.session
    found = _held(session, node)
    of_data = isinstance(target, Attribute) and target.name in ("data", "grad")
    recorded = session.recording and not of_data and not (found is not None and found.detached)
    is_leaf = found is not None and isinstance(found.root, Input) and found.root.role == "leaf"
    if is_leaf and (session.numbers_are_leaves or not node.tracked):
        recorded = False  # as `x -= 1`, which changes a leaf in place, and through `x.detach()`
    if is_leaf and recorded:
        what = "a leaf" if places is None and not (found and found.steps) else "a view of a leaf"
        text = lowering.text(target.span)
        raise EvaluationError(
            f"{what} Variable that requires grad is being used in an in-place operation",
            (run.mark(span),),
            f"with torch.no_grad(): around it changes the leaf; {text} = {text}.clone() is a value",
        )
    if recorded and (node.tracked or given[0].tracked):
        _record(run, lowering, target, whole, given, span, places, found)
        return
    now = session.evaluate((given[0],))[0]
    is_its_own = found is None or (not found.steps and _rebinds(session, found.root, target))
    if found is None or is_its_own:
        data = _with_places(np.broadcast_to(session.evaluate((node,))[0], node.shape), places, now)
        made_now = session.new_constant("", _as_sort(data, node.boolean, kind.whole), kind)
        _bind(run, target, session.value_of(made_now.node, kind))
        return
    root = found.root
    before = session.datum(root) if isinstance(root, Input) else session.data_at_hand(root)
    inside = looked_at(np.arange(np.size(before)).reshape(root.shape), found.steps)
    inside = inside if places is None else np.ravel(inside)[places]
    data = _as_sort(_with_places(before, inside, now), root.boolean, kind.whole)
    if not isinstance(root, Input):
        change_computed(session, root, data, run.mark(span))
    elif is_leaf:
        run.step(root, data, span)
    else:
        change(session, root, data, run.mark(span))


def _held(session: Session, node: Node) -> Looking | None:
    """The tensor whose elements a node has, as whoever changes it in place knows it."""
    found = held_behind(session, node)
    if found is None or isinstance(found.root, Input) or session.shares_memory:
        return found
    return None  # each has its own value


def _record(
    run: Run,
    lowering: Lowering,
    target: Expression,
    whole: Typed,
    given: Typed,
    span: Span,
    places: Any,
    found: Looking | None,
) -> None:
    """Gives a tensor, or some places in it, other elements with their graph; the arguments are `put`'s.

    All that hold the tensor, or a view of it, hold what it is then.
    """
    node, kind = whole
    session = run.session
    unshared = isinstance(target, Name) and not session.is_shared(node)
    if found is None or unshared or not session.shares_memory:
        made, by = _made(run, lowering, node, given, places, span)
        _bind(run, target, run.valued(lowering, span, (made, named(tracked_kind(kind), by))))
        return
    root: Node = found.root
    whole_view = view_of(session, root) if isinstance(root, Input) else None
    base = session.as_held(root)
    if whole_view is not None:  # which is a view itself, perhaps, of what others hold
        base = session.new_input("", whole_view.history.data(), role="constant", tracked=False)
    inside = np.arange(int(np.prod(base.shape, dtype=int))).reshape(base.shape)
    seen = looked_at(inside if whole_view is None else whole_view.within(inside), found.steps)
    is_view = bool(found.steps) or (whole_view is not None and not whole_view.is_whole)
    at = np.ravel(seen)[places] if places is not None else seen if is_view else None
    made, by = _made(run, lowering, base, given, at, span)
    become(session, root, made, by, run.mark(span))


def _made(
    run: Run, lowering: Lowering, base: Node, given: Typed, places: Any, span: Span
) -> tuple[Node, str]:
    """What a tensor is with other elements, all or those in some places, and PyTorch's name of that."""
    made = lowering.build(lambda: _changed(base, as_number(given[0]), places), span, ())
    # A tensor that is changed as a whole was made by what changed it.
    by = "CopySlices" if places is not None else given[1].overload or grad_fn_name(made)
    if base.tracked and not made.tracked:
        made = intern(tied, (made, base))
    return own_node(run.session, made), by


def _rebinds(session: Session, root: Node, target: Expression) -> bool:
    """Whether nobody else looks at a constant, so that its name may mean another: what is computed stays."""
    if session.shares_memory:
        return False
    is_constant = isinstance(root, Input) and root.role == "constant"
    return is_constant and isinstance(target, Name | Subscript) and not session.is_shared(root)


def _changed(node: Node, given: Node, places: Any) -> Node:
    return expand(given, node.shape) if places is None else placed(node, given, places)


def _with_places(before: Any, places: Any, now: Any) -> Any:
    """An array with other numbers in some places of the flat array; in all of them, without `places`."""
    data = np.array(before, dtype=np.float64, order="C")
    if places is None:
        data[...] = now
    else:
        data.ravel()[np.ravel(places)] = np.ravel(np.broadcast_to(now, np.shape(places)))
    return data


def _as_sort(data: Any, boolean: bool, whole: bool) -> Any:
    """Numbers as those of a tensor that holds truth values or whole numbers."""
    return (data != 0 if boolean else np.trunc(data) if whole else data)[()]


def changed_in_place(
    run: Run,
    lowering: Lowering,
    found: Lowered,
    target: Expression,
    operator: str,
    value: Expression,
) -> bool:
    """Does `target += value` where that changes what is `found` there, a list or a tensor; else false."""
    span = target.span
    if isinstance(found, List) and operator == "+":
        given = lowering.whole(value)
        kept = [lowering.keep(each, value.span) for each in items_of(lowering, given, value.span)]
        lowering.changing(found, span)
        found.kept.extend(kept)
        return True
    if isinstance(found, Several | Host):
        return False
    node, kind = found
    leaf = node if isinstance(node, Input) and node.role == "leaf" else None
    if leaf is None and not (run.session.shares_memory and is_memory(kind, node)):
        return False
    left = done(span, found)
    stepped = lowering.typed(
        Binary(value.span, operator, Span(value.span.start, value.span.start), left, value)
    )
    if leaf is not None:
        run.step(leaf, run.session.evaluate((stepped[0],))[0], value.span)
    elif stepped[0].shape != node.shape:
        return False
    else:
        put(run, lowering, target, found, stepped, value.span)
    return True


def update_data(run: Run, target: Attribute, statement: Update) -> None:
    """`y.data += v`: other elements of a tensor that is no leaf, of which its graph learns nothing."""
    lowering = run.lowering()
    once = target._replace(value=done(target.value.span, lowering.whole(target.value)))
    whole = lowering.typed(once)
    given = lowering.typed(statement._replace(target=once).operation())
    check_fits(lowering, given[0], statement.value.span, whole[0].shape, target.span)
    put(run, lowering, once, whole, given, statement.span)


def _once(lowering: Lowering, target: Subscript, whole: Host) -> Subscript:
    """A part of a host value, of which the place is found here: both where it is read and where it is set."""
    items = [
        item if isinstance(item, Slice | Rest) else done(item.span, lowering.whole(item))
        for item in target.items
    ]
    return target._replace(value=done(target.value.span, whole), items=tuple(items))


def _bind(run: Run, target: Expression, held: Any) -> None:
    """Gives a name, or a part of something, the array with another item."""
    if isinstance(target, Attribute) and target.name == "grad":
        leaf = run.leaf(target.value)
        grad = run.session.grad(leaf)
        run.session.set_grad(leaf, held.data, 0 if grad is None else grad.passes)
        return
    if isinstance(target, Name):
        run.session.bound.reach(target.name)
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
        count = len(found.kept)
        told = f"there is no [{at}] in a list of {count} value{'' if count == 1 else 's'}"
        said = "list assignment index out of range"
        raise RaisedError("IndexError", said, (lowering.mark(item.span),), told, "append adds one")
    kept = lowering.keep(given, span)
    lowering.changing(found, target.span)
    found.kept[at] = kept


def _owner(run: Run, lowering: Lowering, target: Attribute) -> Host | None:
    """What is no numbers and has an attribute; `None` for what has numbers, and for modules."""
    if is_module_path(target.value, run):
        return None
    if isinstance(target.value, Name):
        return lowering.host(target.value.name)
    found = lowering.whole(target.value)
    return found if isinstance(found, Host) else None


def update_attribute(run: Run, target: Attribute, operator: str, value: Expression) -> bool:
    """`self.total += x`, of what is no numbers; false where it is an attribute of numbers."""
    lowering = run.lowering()
    owner = _owner(run, lowering, target)
    if owner is None:
        return False
    target = target._replace(value=done(target.value.span, owner))
    found = lowering.whole(target)
    if changed_in_place(run, lowering, found, target, operator, value):
        return True
    left = done(target.span, found)
    place = Span(value.span.start, value.span.start)
    return assign_attribute(run, target, Binary(value.span, operator, place, left, value))


def assign_attribute(run: Run, target: Attribute, value: Expression) -> bool:
    """`layer.weight = w`, of what is no numbers; false where it is an attribute of numbers."""
    lowering = run.lowering()
    owner = _owner(run, lowering, target)
    if owner is None:
        return False
    given = lowering.whole(value)
    if not owner.assign(lowering, target.name, given, value.span):
        raise InputError(f"{owner.title} has no {target.name} to assign to", (run.mark(target.name_span),))
    return True
