"""Statements that bind names and change values: `x = …`, `x -= …`, `x.grad = …`, `def`, `del`, `import`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, TypeGuard

import numpy as np

from gradcli.engine.graph import Input, Node, topological
from gradcli.engine.primitives import TABLE
from gradcli.language.tree import (
    Argument,
    Assign,
    Attribute,
    Call,
    Conditional,
    Define,
    Delete,
    Expression,
    ExpressionStatement,
    Import,
    Imported,
    Name,
    Rest,
    Sequence,
    Slice,
    Subscript,
    Text,
    Update,
    Vector,
)
from gradcli.language.vocabulary import CONSTANTS, DRAWS, DTYPES, IN_PLACE, TENSORS, UNBINDABLE
from gradcli.language.walk import is_starred, walk
from gradcli.lowering.callables import Builtin, Function
from gradcli.lowering.context import done
from gradcli.lowering.deeds import acts, root_of
from gradcli.lowering.hosts import List
from gradcli.lowering.kinds import (
    PARAMETER,
    Host,
    tracked_kind,
)
from gradcli.lowering.loops import given_to
from gradcli.lowering.names import KINDS, called_name, is_module_path, module_of
from gradcli.session.context import Behaviours, Run
from gradcli.session.values import Group, Held, Value
from gradcli.text.errors import EvaluationError, InputError, Notice
from gradcli.text.source import Span

if TYPE_CHECKING:
    from gradcli.search.spreads import Spread


def assign(run: Run, statement: Assign) -> None:
    """`x = …`, `const t = …`, `x.grad = …`, `x.data = …`."""
    target = statement.target
    if isinstance(target, Subscript | Attribute):
        _assign_part(run, target, statement.value)
        return
    if isinstance(statement.value, Call):
        lowering = run.lowering()
        if called_name(statement.value.function, lowering) in KINDS:
            from gradcli.lowering.transforms import definition

            function = definition(lowering, statement)
            if function is not None:
                _define(run, function)
                return
    setting = None if statement.constant else _setting(run, statement.value)
    if setting is not None and isinstance(target, Name):
        if target.name in run.session.values:
            run.session.delete(target.name)
        run.session.bind_import(Imported(target.name, "torch", setting))
        return
    # All of the right side is computed before any name is bound: `a, b = b, a`.
    found = [
        (part, given, _apart(run, part.name, given, held) if isinstance(part, Name) else _alone(run, held))
        for part, given, held in _given(run, target, statement.value)
    ]
    for part, given, held in found:
        if isinstance(part, Name):
            _bind(run, part, given, held, constant=statement.constant, alone=part is target)
        elif isinstance(part, Subscript | Attribute):
            _assign_part(run, part, done(part.span, run.scope.now(held)))


def _apart(run: Run, name: str, expression: Expression, held: Held) -> Held:
    """What was found for a name, as a tensor of its own where others hold one that was computed alike."""
    if isinstance(held, Group | Host) or held.first is None or not held.node.tracked or not run.writes:
        return held
    if run.session.is_held_by(name, held.node):
        return held
    lowering = run.lowering()
    made = lowering.acting(expression.span).apart(lowering, expression, (held.node, held.kind))
    node, kind = lowering.one(made, expression.span)
    return held if node is held.node else run.session.value_of(node, kind, held.origins)


def _alone(run: Run, held: Held) -> Held:
    """What was found, which no assignment beside it changes: but a tensor that looks at another."""

    def alone(value: Value) -> Value:
        if value.node.tracked or not value.node.inputs:
            return value
        return run.session.new_constant("", value.data, value.kind, value.node)

    if isinstance(held, Host):
        return held
    return held.over_each(alone) if isinstance(held, Group) else alone(held)


def _assign_part(run: Run, target: Subscript | Attribute, value: Expression) -> None:
    """`x[0] = …`, `x.grad = …`."""
    from gradcli.session.places import assign_attribute, assign_item

    if isinstance(target, Subscript):
        assign_item(run, target, value)
    elif not assign_attribute(run, target, value):
        _assign_attribute(run, target, value)


def _given(run: Run, target: Expression, value: Expression) -> Iterator[tuple[Expression, Expression, Held]]:
    """Each name or part that is assigned to, with what is written for it, and what that holds."""
    stack: list[tuple[Expression, Expression]] = [(target, value)]
    while stack:
        target, value = stack.pop()
        names, values = _side_by_side(target), _side_by_side(value)
        if isinstance(target, Name | Attribute | Subscript):
            held = run.whole(_before_requiring(value))
            if isinstance(held, Builtin) and isinstance(value, Name) and run.session.numbers_are_leaves:
                run.lower(value)  # raises what is said of a function without its call
            yield target, value, held
        elif len(names) == len(values) and not any(is_starred(each) for each in (*names, *values)):
            stack += reversed(list(zip(names, values, strict=True)))
        else:
            lowering = run.lowering()
            found = lowering.whole(value)
            for part, each in given_to(lowering, target, found, value.span):
                yield part, value, run.held(lowering, value.span, each)


def _side_by_side(expression: Expression) -> tuple[Expression, ...]:
    """What stands in brackets with commas between."""
    return expression.items if isinstance(expression, Sequence | Vector) else ()


def _bind(run: Run, target: Name, expression: Expression, held: Held, *, constant: bool, alone: bool) -> None:
    """Binds a name to what was found for the expression that gives it; `alone`: it is the only one."""
    if target.name in UNBINDABLE:
        raise InputError(f"{target.name} cannot be bound", (run.mark(target.span),))
    wanted = _requested_leaf(run, expression)
    hides = target.name in CONSTANTS and target.name not in run.session.values
    if hides and not run.depth and run.session.numbers_are_leaves:  # Python has no such names by itself
        run.note(
            Notice(
                "note",
                f"{target.name} now means this value, not the constant {target.name}",
                (run.mark(target.span),),
            )
        )
    before = _leaf_of(run, target)
    # Whether it can be done again: not where a leaf is asked for, or one loses its name.
    again = alone and before is None and wanted is None and not run.session.spreads
    again = again and not _may_be_changed(run, target.name, expression, held)
    if isinstance(held, Host):
        run.bind(target.name, held)
        if before is not None:
            run.replaced.append((before, target.name, run.mark(target.span)))
        return
    given = None if isinstance(held, Group) else _uncertain(run, held)
    if given is not None and not (constant and isinstance(held, Value) and _is_of_nature(held)):
        if constant:
            raise InputError(
                "a constant has no uncertainty",
                (run.mark(expression.span),),
                f"leave out const: {target.name} = … is a leaf with one",
            )
        run.session.bind_leaf(target.name, *given)
    elif constant or wanted is False or isinstance(held, Group):
        run.bind(target.name, held, constant=constant or wanted is False, again=again)
    elif isinstance(expression, Name) and held.node.tracked:
        # Another name for the same value, also where nothing is recorded.
        run.bind(target.name, held, recording=True, again=again)
    elif wanted or (_is_bare(run, expression, held) and run.session.numbers_are_leaves):
        run.session.bind_leaf(target.name, held.data, kind=tracked_kind(held.kind))
        if held.kind.form == "array" and not run.depth:
            _tell_of_methods(run, target)
    else:
        if run.session.tells_of_constants and _is_bare(run, expression, held):
            run.session.tells_of_constants = False
            _tell_of_constant(run, target, expression)
        run.bind(target.name, held, again=again)
    if before is not None:
        run.replaced.append((before, target.name, run.mark(target.span)))


def _may_be_changed(run: Run, name: str, expression: Expression, held: Held) -> bool:
    """Whether a name is about to look at elements of a tensor, and one of both is changed in place later."""
    if run.repeats is None or not isinstance(held, Value) or not run.session.shares_memory:
        return False
    if held.node.tracked:
        owner = root_of(expression)
        return owner in run.session.values and run.is_written(name, owner)
    from gradcli.session.memory.sharing import looks_at

    found = looks_at(held.node, lambda each: run.session.evaluate((each,))[0])
    if found is None:
        return False
    root = found.root
    owner = root.name if isinstance(root, Input) else root_of(expression)
    return run.is_written(name, owner)


def _is_of_nature(value: Value) -> bool:
    """Whether a value is a constant of nature, of which a constant has the number."""
    return isinstance(value.node, Input) and value.node.role == "constant"


def _uncertain(run: Run, value: Value) -> tuple[Any, Spread] | None:
    """The data and the spread of a leaf that numbers alone make, where some have an uncertainty."""
    if not run.session.spreads:
        return None
    from gradcli.session.uncertainty.measured import made_of_numbers

    given = made_of_numbers(run.session, value.node)
    return None if given is None else (given.value, given.spread())


def _setting(run: Run, expression: Expression) -> str | None:
    """The dtype or device of PyTorch that an expression is, by its name there; `None` for values."""
    if isinstance(expression, Conditional):
        expression = expression.no  # "cuda" if torch.cuda.is_available() else "cpu"
    if isinstance(expression, Text):
        return "device" if expression.value.partition(":")[0] in ("cpu", "cuda") else None
    if isinstance(expression, Call):
        is_device = called_name(expression.function, run) == "device"
        return "device" if is_device and not run.calls_user(expression.function) else None
    if isinstance(expression, Name):
        imported = run.imported(expression.name)
        name = None if imported is None or run.bound(expression.name) else imported.member
    elif isinstance(expression, Attribute) and is_module_path(expression.value, run):
        name = expression.name
    else:
        return None
    return name if name in DTYPES or name == "device" else None


def _leaf_of(run: Run, name: Name) -> Input | None:
    """The leaf that a name means, if it means one."""
    bound = run.session.values.get(name.name)
    return bound.node if bound and _is_leaf(bound.node) else None


def _is_leaf(node: Node) -> TypeGuard[Input]:
    return isinstance(node, Input) and node.role == "leaf"


def _requested_leaf(run: Run, expression: Expression) -> bool | None:
    """What PyTorch's spelling asks for: a leaf, a constant, or neither.

    `torch.tensor(3.0)` and `torch.zeros(3)` are constants there, unless `requires_grad=True`.
    """
    if not isinstance(expression, Call):
        return None
    if isinstance(expression.function, Attribute) and expression.function.name == "requires_grad_":
        return not expression.arguments or bool(run.value(expression.arguments[0].value).data)
    if not _is_factory(run, expression) and called_name(expression.function, run) not in DRAWS:
        return None
    for argument in expression.arguments:
        if argument.name == "requires_grad":
            return bool(run.value(argument.value).data)
    return False if _is_factory(run, expression) else None


def _is_factory(run: Run, call: Call) -> bool:
    name = called_name(call.function, run)
    if name in TENSORS:
        return True
    if not isinstance(call.function, Attribute):
        return False
    if name not in TABLE:
        return name in DRAWS
    is_drawn = name in DRAWS and "random" in str(module_of(call.function.value, run))  # `np.random.gamma`
    return is_drawn or TABLE[str(name)].family == "making arrays"


def _tell_of_methods(run: Run, target: Name) -> None:
    """Says that what was made by NumPy's word, and is a leaf, has no methods of NumPy's."""
    name = target.name
    run.note(
        Notice(
            "note",
            f"{name} is a leaf, and its methods are those of PyTorch's tensors",
            (run.mark(target.span),),
            f"np.std({name}) is NumPy's, and const {name} = … an array with NumPy's methods",
        )
    )


def _tell_of_constant(run: Run, target: Name, expression: Expression) -> None:
    """Says that a number alone made no leaf."""
    typed = run.program.source.text[expression.span.start : expression.span.end]
    whose = "PyTorch" if run.session.as_pytorch else "the library that is imported here"
    run.note(
        Notice(
            "note",
            f"{target.name} is a constant, as in {whose}",
            (run.mark(target.span),),
            f"to make it a leaf, write {target.name} = torch.tensor({typed}, requires_grad=True)",
        )
    )


def _is_bare(run: Run, expression: Expression, value: Value) -> bool:
    """Whether a value is made of numbers alone, without a word of PyTorch's that makes a constant of them."""
    numbers = value.node.static or (not value.kind.whole and run.session.is_drawn(value.node))
    return numbers and not value.node.boolean and not _says_constant(run, expression, value)


def _says_constant(run: Run, expression: Expression, value: Value) -> bool:
    """Whether an expression that depends on nothing is still not made of numbers alone.

    It uses PyTorch's `torch.tensor(…)` or `torch.zeros(…)`, or counts something, as `len(x)` does, or is
    what came of doing something.
    """
    counts = value.kind.form != "tensor"
    return any(
        (isinstance(part, Call) and _is_factory(run, part))
        or (counts and isinstance(part, Name) and run.bound(part.name))
        or (isinstance(part, Call) and _acts(run, part.function))
        for part in walk(expression)
    )


def _acts(run: Run, function: Expression) -> bool:
    """Whether what is called is the user's function that does something, or no function of the table."""
    if not isinstance(function, Name):
        return False
    host, user = run.scope.host(function.name), run.scope.function(function.name)
    if isinstance(host, Function):
        user = host.define
    return user is not None and acts(user)


def _assign_attribute(run: Run, target: Attribute, expression: Expression) -> None:
    if target.name == "grad":
        leaf = grad_owner(run, target)
        if isinstance(expression, Name) and expression.name == "None":
            run.session.forget_grad(leaf)
            run.clear_again((leaf,), to_none=True)
            return
        data = run.value(expression).data
        run.placed(expression.span, lambda: run.session.set_grad(leaf, data, 0))
    elif target.name == "requires_grad":
        data = run.value(expression).data
        if np.size(data) != 1:
            owner = run.lowering().text(target.value.span)
            message, hint = "requires_grad is True or False", f"{owner}.requires_grad = True"
            raise InputError(message, (run.mark(expression.span),), hint)
        require_grad(run, target.value, bool(np.asarray(data).item()))
    elif target.name == "data":
        whole = without_data(run, target)
        if isinstance(whole, Name):
            _change(run, whole, run.value(expression), expression.span, again=False)
        else:
            run.step(run.leaf(target.value), run.value(expression).data, expression.span)
    else:
        raise InputError(
            f"{target.name} cannot be assigned",
            (run.mark(target.name_span),),
            "x = …, x.grad = … and x.data = … can",
        )


def grad_owner(run: Run, target: Expression) -> Input:
    """The leaf `x` of `x.grad` as a target; raises `InputError`."""
    if not isinstance(target, Attribute) or target.name != "grad":
        raise InputError("this cannot be changed in place", (run.mark(target.span),), "zero_() clears x.grad")
    return run.leaf(target.value)


def require_grad(run: Run, target: Expression, wanted: bool) -> None:
    """Makes a constant a leaf, or a leaf a constant; raises `EvaluationError` for what is computed.

    A leaf that is held elsewhere, as a module's parameter, is frozen, wherever it is held, and thawed again.
    """
    value = run.value(target)
    leaf = value.node
    if isinstance(leaf, Input) and leaf.role == "leaf":
        is_name = isinstance(target, Name) and run.session.name_of(leaf) == target.name
        if wanted or not is_name or value.kind == PARAMETER:
            run.session.freeze(leaf, not wanted)
            return
    is_constant = isinstance(leaf, Input) and leaf.role == "constant"
    if wanted and is_constant and not run.session.numbers_are_leaves:
        from gradcli.session.memory.holders import replace

        assert isinstance(leaf, Input)
        run.session.rearrange()
        made = run.session.new_leaf(leaf.name, value.data)
        replace(run.session, leaf, Value(made, None, {}, tracked_kind(value.kind)))
        return
    if wanted and value.node.tracked and not run.session.numbers_are_leaves:
        return  # what is computed from leaves requires grad already
    if not isinstance(target, Name):
        raise InputError("only a name can become a leaf", (run.mark(target.span),))
    if value.node.tracked and not isinstance(value.node, Input):
        raise EvaluationError(
            f"{target.name} is computed from leaves, so it cannot become one",
            (run.mark(target.span),),
            f"take its value alone: {target.name} = {target.name}.detach()",
        )
    if wanted and not value.node.tracked:
        run.session.bind_leaf(target.name, value.data, kind=tracked_kind(value.kind))
    elif not wanted:
        if isinstance(value.node, Input) and value.node in run.session.spreads:
            run.tell_dropped(value.node, target.span, "a constant is exact")
        run.session.bind_constant(target.name, value.data)


def update(run: Run, statement: Update) -> None:
    """`x -= …`: a step of a leaf, which changes in place, outside the graph; any other name is bound anew.

    A leaf becomes a sum, with its graph, where what is added depends on other leaves and not on itself.
    """
    target = statement.target
    if isinstance(target, Subscript):
        from gradcli.session.places import assign_item

        assign_item(run, target, statement.value, statement.operator)
        return
    if isinstance(target, Name) and run.scope.host(target.name) is not None:
        _update_host(run, target, statement)
        return
    if isinstance(target, Attribute):
        from gradcli.session.places import update_attribute

        if update_attribute(run, target, statement.operator, statement.value):
            return
    if isinstance(target, Attribute) and target.name == "grad":
        data = run.session.evaluate((run.lower(statement.operation()),))[0]
        leaf = grad_owner(run, target)
        grad = run.session.grad(leaf)
        passes = 0 if grad is None else grad.passes
        run.placed(statement.span, lambda: run.session.set_grad(leaf, data, passes))
        return
    if isinstance(target, Attribute) and target.name == "data":
        owner = without_data(run, target)
        if owner is not target:
            update(run, statement._replace(target=owner))
        elif run.session.shares_memory and not _is_leaf(run.lower(target.value)):
            from gradcli.session.places import update_data

            update_data(run, target, statement)
        else:
            _step(run, run.leaf(target.value), _updated(run, statement), statement.span)
        return
    if not isinstance(target, Name):
        raise InputError("only a name can be updated", (run.mark(target.span),), "x -= 0.1")
    value = _updated(run, statement)
    own = _leaf_of(run, target)
    again = own is None
    taken_in = _leaves_in(run, statement.value) if own is not None and run.session.recording else set()
    if own is not None and taken_in and own not in taken_in:
        if run.scope.reads_leaves:  # else the leaf that the sum starts from may be what is asked about
            start = run.session.values[target.name]
            run.session.bind_constant(target.name, run.session.data(target.name), start.kind)
            if own in run.session.spreads:
                run.tell_dropped(own, statement.span, "it is the number that a sum starts from")
            value = _updated(run, statement)
            run.replaced.append((own, target.name, run.mark(target.span)))
        own = None
    if own is None:
        _change(run, target, value, statement.span, again=again)
        return
    if not taken_in - {own}:
        _step(run, own, value, statement.span)
    else:
        run.step(own, value.data, statement.span)
        name, operator = target.name, statement.operator
        others = ", ".join(sorted(each.name or "a leaf" for each in taken_in - {own}))
        run.note(
            Notice(
                "warning",
                f"{name} is a leaf, so {operator}= changed its value outside the graph: "
                f"what depends on {others} ends there",
                (run.mark(statement.span),),
                f"{name} = {name} {operator} … keeps the graph",
            )
        )


def _change(run: Run, target: Name, value: Value, span: Span, *, again: bool) -> None:
    """Gives what a name means another value: for all that look at its elements, if it can hold this one."""
    session, held = run.session, run.session.values.get(target.name)
    if held is not None and session.shares_memory:
        keeps_graph = held.node.tracked and not session.recording
        is_shared = keeps_graph or session.is_shared(held.node) or session.is_stale(held)
        if is_shared and value.node.shape == held.node.shape and value.kind.whole == held.kind.whole:
            from gradcli.session.places import put

            lowering = run.lowering()
            put(run, lowering, target, lowering.typed(target), (value.node, value.kind), span)
            return
    run.bind(target.name, value, again=again, changes=True)


def _step(run: Run, leaf: Input, value: Value, span: Span) -> None:
    """A step of a leaf, which in a loop can be done again."""
    if leaf not in run.session.spreads and run.repeats is not None:
        from gradcli.session.repeating.actions import Steps

        run.compute_again(value, partial(Steps, run.session, leaf, run.mark(span)))
    run.step(leaf, value.data, span)


def _update_host(run: Run, target: Name, statement: Update) -> None:
    """`xs += [3]`, which changes the list itself, and `text += "…"`, which is other text."""
    lowering = run.lowering()
    found = lowering.host(target.name)
    assert found is not None
    from gradcli.session.places import changed_in_place

    if changed_in_place(run, lowering, found, target, statement.operator, statement.value):
        return
    run.bind(target.name, run.held(lowering, statement.span, lowering.whole(statement.operation())))


def _updated(run: Run, statement: Update) -> Value:
    """What an update makes of what its name means now."""
    lowering = run.lowering()
    node, kind = lowering.typed(statement.operation())
    value: Value = run.placed(statement.span, lambda: run.session.value_of(node, kind, lowering.origins))
    return value


def _leaves_in(run: Run, expression: Expression) -> set[Input]:
    """The leaves that the value of an expression depends on; none where it requires no grad."""
    node = run.lower(expression)
    if not node.tracked:
        return set()
    found: set[Input] = set()
    stack = [node]
    while stack:
        for each in topological((stack.pop(),)):
            if isinstance(each, Input) and each.role == "leaf":
                found.add(each)
            elif isinstance(each, Input) and each.role == "stale":
                behind = run.session.behind(each)
                if behind is not each:
                    stack.append(behind)
    return found


def in_place(run: Run, statement: ExpressionStatement) -> None:
    """`x.sub_(…)` and so on, which are `x -= …`; `x.copy_(…)` and `x.fill_(…)`."""
    call = statement.value
    assert isinstance(call, Call)
    assert isinstance(call.function, Attribute)
    name, target = call.function.name, call.function.value
    target = without_data(run, target)
    given = call.arguments[0] if len(call.arguments) == 1 else None
    plain = given is not None and given.name in (None, "other", "src", "value")
    if given is not None and plain and name in IN_PLACE and isinstance(target, Name | Attribute | Subscript):
        if isinstance(target, Name):
            run.session.bound.reach(target.name)
        update(run, Update(call.span, target, IN_PLACE[name], given.value))
        return
    owner = target.value if isinstance(target, Attribute) and target.name == "data" else target
    leaf = _leaf_of(run, owner) if isinstance(owner, Name) else None
    if given is not None and plain and leaf is not None and name not in IN_PLACE:
        data = run.value(given.value).data
        run.step(leaf, data if np.shape(data) else np.full(leaf.shape, data), given.value.span)
        return
    run.whole(call._replace(function=call.function._replace(value=target)))


def without_data(run: Run, target: Expression) -> Expression:
    """`x.grad` of `x.grad.data`, and `x` of `x.data` where x requires no grad, which are the same tensors.

    Every other expression is given as it is.
    """
    if not isinstance(target, Attribute) or target.name != "data":
        return target
    of = target.value
    if isinstance(of, Name):
        held = run.session.values.get(of.name)
        return target if held is None or held.node.tracked else of
    return of if isinstance(of, Attribute) and of.name == "grad" else target


def _before_requiring(expression: Expression) -> Expression:
    """`x` of `x.requires_grad_()`, and every other expression as it is."""
    if not isinstance(expression, Call) or not isinstance(expression.function, Attribute):
        return expression
    return expression.function.value if expression.function.name == "requires_grad_" else expression


def _define(run: Run, statement: Define) -> None:
    from gradcli.lowering.decorators import decorated  # for functions alone

    lowering = run.lowering()
    function = lowering.run(decorated(lowering, statement))
    if not isinstance(function, Define):
        run.bind(statement.name, run.held(lowering, statement.span, function))
    elif run.calls:
        run.session.bind(function.name, Function(function, lowering.around()))
    else:
        run.session.bind_function(function)


def _delete(run: Run, statement: Delete) -> None:
    for each in statement.names:
        if isinstance(each, Name):
            run.placed(each.span, partial(run.session.delete, each.name))
        elif isinstance(each, Subscript):
            _delete_item(run, each)
        else:
            hint = "names and items are deleted: del x, del d['a']"
            raise InputError("an attribute cannot be deleted", (run.mark(each.span),), hint)


def _delete_item(run: Run, target: Subscript) -> None:
    """`del d["a"]`, `del xs[0]`, `del xs[1:]`."""
    from gradcli.lowering.indexing import slice_of  # which few programs need here

    lowering = run.lowering()
    found = lowering.whole(target.value)
    item = target.items[0]
    if len(target.items) != 1 or not isinstance(found, Host) or not (found.keyed or isinstance(found, List)):
        raise InputError("only items of lists and dictionaries are deleted", (run.mark(target.span),))
    if isinstance(item, Slice):
        assert isinstance(found, List)
        places = lowering.run(slice_of(lowering, item, len(found.kept)))
        assert isinstance(places, slice)
        lowering.changing(found, target.span)
        del found.kept[places]
    elif not isinstance(item, Rest):
        pop = Attribute(target.span, done(target.value.span, found), "pop", target.value.span)
        run.whole(Call(target.span, pop, (Argument(item.span, None, item),)))


def _import(run: Run, statement: Import) -> None:
    """Nothing is run or read: the names are looked through from now on."""
    for imported in statement.names:
        run.session.bind_import(imported)


STATEMENTS: Behaviours = {
    Assign: assign,
    Update: update,
    Define: _define,
    Delete: _delete,
    Import: _import,
}

METHODS = dict.fromkeys((*IN_PLACE, "copy_", "fill_"), in_place)
"""What methods that change a value do, on a line of their own."""
