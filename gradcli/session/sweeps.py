"""Statements about grads: backward, zero, and who requires them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.graph import Node, shape_text
from gradcli.engine.primitives.entry import as_number
from gradcli.engine.trace import explain_gradient, kinks
from gradcli.language.tree import (
    Argument,
    Attribute,
    Backward,
    Call,
    Expression,
    ExpressionStatement,
    Name,
    Sequence,
    Zero,
)
from gradcli.session.assignments import require_grad
from gradcli.session.results import GradsChanged
from gradcli.text.errors import EvaluationError, InputError

if TYPE_CHECKING:
    from gradcli.session.runner import Runner


def backward_method(runner: Runner, statement: ExpressionStatement) -> None:
    """`y.backward()`, with PyTorch's arguments."""
    call = statement.value
    assert isinstance(call, Call)
    assert isinstance(call.function, Attribute)
    _sweep(runner, call.function.value, _seed_in(runner, call.arguments), statement)


def backward_function(runner: Runner, statement: ExpressionStatement) -> None:
    """`torch.autograd.backward(y)`, with PyTorch's arguments."""
    call = statement.value
    assert isinstance(call, Call)
    if not call.arguments or call.arguments[0].name not in (None, "tensors"):
        raise InputError(
            "backward takes a value, and perhaps a seed", (runner.mark(call.span),), "backward y"
        )
    _sweep(runner, call.arguments[0].value, _seed_in(runner, call.arguments[1:]), statement)


def _seed_in(runner: Runner, arguments: Iterable[Argument]) -> Expression | None:
    seed: Expression | None = None
    for argument in arguments:
        if argument.name in (None, "gradient", "grad_tensors"):
            seed = argument.value
        elif argument.name not in ("retain_graph", "create_graph"):
            raise InputError(f"backward has no parameter {argument.name}", (runner.mark(argument.span),))
    return seed


def backward(runner: Runner, statement: Backward) -> None:
    """`backward y` and `backward y, seed`."""
    if isinstance(statement.value, Sequence):
        raise InputError(
            "backward takes a value, and perhaps a seed", (runner.mark(statement.value.span),), "backward y"
        )
    _sweep(runner, statement.value, statement.seed, statement)


def _sweep(
    runner: Runner,
    target: Expression,
    seed: Expression | None,
    statement: ExpressionStatement | Backward,
) -> None:
    if isinstance(target, Attribute) and target.name == "grad" and runner.is_absent_grad(target):
        raise EvaluationError("there is no grad here to run backward from", (runner.mark(target.span),))
    node = as_number(runner.lower(target))
    start = None if seed is None else _seed(runner, seed, target, node)
    if start is None and any(size != 1 for size in node.shape):
        ones = "[" + ", ".join("1" for _ in range(node.shape[0])) + "]" if len(node.shape) == 1 else "ones(…)"
        raise EvaluationError(
            f"backward needs a single number to start from, and this has shape {list(node.shape)}",
            (runner.mark(target.span, str(list(node.shape))),),
            f"reduce it, as with sum(…) or mean(…), or give a seed: backward y, {ones}",
        )
    sweep = runner.placed(target.span, lambda: runner.session.sweep(node, start))
    if not runner.depth:
        for notice in (*kinks(node, runner.session), *explain_gradient(node, sweep, start, runner.session)):
            runner.note(notice)
    for leaf in sweep.leaves:
        if leaf.name in runner.session.values:
            runner.tell_users(leaf.name, leaf, target.span)
    # A leaf that was made inside of an expression has never had a name.
    changes = [change for change in runner.session.accumulate(sweep) if change.name or change.earlier]
    if not runner.depth and not (statement is not None and statement.quiet):
        runner.show(GradsChanged(tuple(changes)))


def _seed(runner: Runner, seed: Expression, target: Expression, node: Node) -> Any:
    data = runner.value(seed).data
    if np.shape(data) != node.shape:
        raise EvaluationError(
            "the seed must have the shape of the value",
            (
                runner.mark(seed.span, shape_text(np.shape(data))),
                runner.mark(target.span, shape_text(node.shape)),
            ),
        )
    return np.asarray(data, dtype=np.float64)[()]


def zero(runner: Runner, statement: Zero) -> None:
    """`zero` and `zero x w`; a variable `zero` is that variable, when the word stands alone."""
    if not statement.names and "zero" in runner.session.values:
        runner.execute(ExpressionStatement(statement.span, Name(statement.span, "zero"), statement.quiet))
        return
    if statement.names:
        leaves = [runner.leaf(name) for name in statement.names]
    else:
        leaves = list(runner.session.leaves().values())
    runner.session.zero(leaves)


def zero_method(runner: Runner, statement: ExpressionStatement) -> None:
    """`x.grad.zero_()`, and `x.zero_()` for the leaf itself."""
    call = statement.value
    assert isinstance(call, Call)
    assert isinstance(call.function, Attribute)
    target = call.function.value
    if isinstance(target, Attribute) and target.name == "data":
        target = target.value  # `x.grad.data` and `x.data` are changed as x.grad and x are
    if isinstance(target, Name) and not call.arguments:
        leaf = runner.leaf(target)
        runner.session.update(leaf, np.zeros(leaf.shape))
        zeroed = runner.session.value_of(leaf)
    else:
        owner = runner.grad_owner(target)
        if owner not in runner.session.grads:
            raise EvaluationError(
                f"{owner.name}.grad is none, so there is nothing to clear",
                (runner.mark(target.span),),
                "run backward first; zero leaves a grad that is none as it is",
            )
        runner.session.zero([owner])
        zeroed = runner.session.value_of(runner.session.grads[owner].node)
    if not statement.quiet and not runner.depth:
        runner.show(runner.shown(zeroed))


def requires_grad(runner: Runner, statement: ExpressionStatement) -> None:
    """`x.requires_grad_()`: makes a constant a leaf, or a leaf a constant."""
    call = statement.value
    assert isinstance(call, Call)
    assert isinstance(call.function, Attribute)
    target = call.function.value
    if not isinstance(target, Name):
        raise InputError("only a name can become a leaf", (runner.mark(target.span),))
    wanted = not call.arguments or runner.value(call.arguments[0].value).data
    require_grad(runner, target, bool(wanted))
    if not statement.quiet and not runner.depth:
        runner.show(runner.shown(runner.value(target)))
