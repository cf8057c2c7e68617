"""Statements about random numbers: seeds, the dtype that is drawn in, and tensors that are filled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradcli.engine.graph import Input, constant
from gradcli.language.tree import Attribute, Call, Expression, ExpressionStatement, Name
from gradcli.language.vocabulary import WIDTHS
from gradcli.lowering.draws import IN_PLACE, made, what_is_drawn
from gradcli.lowering.hosts import List
from gradcli.lowering.lower import Lowering
from gradcli.lowering.names import called_name, member_of
from gradcli.session.context import Run
from gradcli.session.places import put
from gradcli.text.errors import EvaluationError, InputError


def _seed(run: Run, statement: ExpressionStatement) -> None:
    """`torch.manual_seed(0)`, `np.random.seed(0)`, `random.seed(0)`."""
    call = statement.value
    assert isinstance(call, Call)
    member = member_of(call.function, run)
    library = "torch" if member is None else member.library
    chance = run.session.chance
    seeds: dict[str, Callable[[Any], None]] = {
        "torch": chance.seed_torch,
        "numpy": chance.seed_numpy,
        "random": chance.seed_python,
    }
    if library not in seeds or (member is not None and member.module.startswith("torch.cuda")):
        return
    if len(call.arguments) > 1 or (library == "torch" and not call.arguments):
        raise InputError("a seed is one whole number", (run.mark(call.span),), "torch.manual_seed(0)")
    run.session.change(chance)
    seed = None if not call.arguments else _whole_number(run, call.arguments[0].value)
    try:
        seeds[library](seed)
    except ValueError as error:
        raise EvaluationError(str(error), (run.mark(call.arguments[0].span),)) from None


def _whole_number(run: Run, expression: Expression) -> int | None:
    if isinstance(expression, Name) and expression.name == "None":
        return None
    data = np.asarray(run.value(expression).data)
    if data.shape or not float(data).is_integer():
        raise EvaluationError("a seed is one whole number", (run.mark(expression.span),))
    return int(data)


def _default_dtype(run: Run, statement: ExpressionStatement) -> None:
    """`torch.set_default_dtype(torch.float64)`: what is drawn from now on is drawn in it."""
    call = statement.value
    assert isinstance(call, Call)
    name = called_name(call.arguments[0].value, run) if len(call.arguments) == 1 else None
    if name in WIDTHS:
        run.session.set_single(WIDTHS[name] == "single")


def _filled(run: Run, statement: ExpressionStatement) -> None:
    """`x.normal_()` and so on: other numbers in the same tensor."""
    call = statement.value
    assert isinstance(call, Call)
    assert isinstance(call.function, Attribute)
    target = call.function.value
    if isinstance(target, Attribute) and target.name == "data":
        target = target.value
    lowering = run.lowering()
    node, kind = lowering.typed(target)
    found, _ = lowering.run(what_is_drawn(lowering, IN_PLACE[call.function.name], call, target))
    data = _drawn_data(run, lowering, found, call)
    if isinstance(node, Input) and node.role == "leaf":
        run.step(node, data, call.span)
    else:
        put(run, lowering, target, (node, kind), (constant(data), kind), call.span)


def _drawn_data(run: Run, lowering: Lowering, found: Any, call: Call) -> Any:
    node = made(lowering, found, call)
    assert isinstance(node, Input)
    return run.session.datum(node)


def _shuffle(run: Run, statement: ExpressionStatement) -> None:
    """`np.random.shuffle(x)`, `random.shuffle(xs)`: the rows of a constant, or items, in another order."""
    call = statement.value
    assert isinstance(call, Call)
    if len(call.arguments) != 1 or not isinstance(call.arguments[0].value, Name):
        raise InputError("shuffle takes the name of an array", (run.mark(call.span),), "np.random.shuffle(x)")
    name = call.arguments[0].value
    lowering = run.lowering()
    found = lowering.host(name.name)
    if isinstance(found, List):
        member = member_of(call.function, run)
        run.session.change(run.session.chance)
        lowering.changing(found, name.span)
        is_python = member is not None and member.library == "random"
        own = run.session.chance.python if is_python else run.session.chance.numpy.own
        own.shuffle(found.kept)
        return
    value = run.valued(lowering, name.span, lowering.typed(name))
    if value.node.tracked or not np.shape(value.data):
        raise InputError("only an array that is a constant is shuffled", (run.mark(name.span),))
    run.session.change(run.session.chance)
    data = np.array(value.data)
    run.session.chance.numpy.own.shuffle(data)
    put(run, lowering, name, (value.node, value.kind), (constant(data), value.kind), call.span)


def act(run: Run, statement: ExpressionStatement) -> None:
    """What a call says about random numbers."""
    call = statement.value
    assert isinstance(call, Call)
    _ACTIONS[called_name(call.function, run) or str(getattr(call.function, "name", ""))](run, statement)


_ACTIONS: dict[str, Callable[[Run, ExpressionStatement], None]] = {
    "manual_seed": _seed,
    "seed": _seed,
    "set_default_dtype": _default_dtype,
    "set_default_tensor_type": _default_dtype,
    "shuffle": _shuffle,
    **dict.fromkeys(IN_PLACE, _filled),
}
