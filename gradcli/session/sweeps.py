"""Statements about grads: backward, zero, and who requires them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from gradcli.engine.graph import Node
from gradcli.engine.primitives.entry import as_number
from gradcli.engine.shapes import shape_text
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
from gradcli.session.assignments import grad_owner, require_grad, without_data
from gradcli.session.context import Behaviours, Run
from gradcli.session.results import GradsChanged
from gradcli.session.showing import is_absent_grad, shown
from gradcli.text.errors import EvaluationError, InputError


def backward_method(run: Run, statement: ExpressionStatement) -> None:
    """`y.backward()`, with PyTorch's arguments."""
    call = statement.value
    assert isinstance(call, Call)
    assert isinstance(call.function, Attribute)
    _sweep(run, call.function.value, *_asked_in(run, call.arguments), statement)


def backward_function(run: Run, statement: ExpressionStatement) -> None:
    """`torch.autograd.backward(y)`, with PyTorch's arguments."""
    call = statement.value
    assert isinstance(call, Call)
    if not call.arguments or call.arguments[0].name not in (None, "tensors"):
        raise InputError("backward takes a value, and perhaps a seed", (run.mark(call.span),), "backward y")
    _sweep(run, call.arguments[0].value, *_asked_in(run, call.arguments[1:]), statement)


def _asked_in(run: Run, arguments: Iterable[Argument]) -> tuple[Expression | None, bool]:
    """The seed that is given, if one is, and whether the grads keep their graph."""
    seed: Expression | None = None
    keeps_graph = False
    for argument in arguments:
        if argument.name in (None, "gradient", "grad_tensors"):
            seed = argument.value
        elif argument.name == "create_graph":
            keeps_graph = bool(run.value(argument.value).data)
        elif argument.name != "retain_graph":
            raise InputError(f"backward has no parameter {argument.name}", (run.mark(argument.span),))
    return seed, keeps_graph


def backward(run: Run, statement: Backward) -> None:
    """`backward y` and `backward y, seed`."""
    if isinstance(statement.value, Sequence):
        raise InputError(
            "backward takes a value, and perhaps a seed", (run.mark(statement.value.span),), "backward y"
        )
    _sweep(run, statement.value, statement.seed, False, statement)


def _sweep(
    run: Run,
    target: Expression,
    seed: Expression | None,
    keeps_graph: bool,
    statement: ExpressionStatement | Backward,
) -> None:
    if isinstance(target, Attribute) and target.name == "grad" and is_absent_grad(run, target):
        raise EvaluationError("there is no grad here to run backward from", (run.mark(target.span),))
    lowering = run.lowering()
    node = run.session.through(as_number(lowering.lower(target)))
    start = None if seed is None else _seed(run, seed, target, node)
    if start is None and any(size != 1 for size in node.shape):
        ones = "[" + ", ".join("1" for _ in range(node.shape[0])) + "]" if len(node.shape) == 1 else "ones(…)"
        raise EvaluationError(
            f"backward needs a single number to start from, and this has shape {list(node.shape)}",
            (run.mark(target.span, str(list(node.shape))),),
            f"reduce it, as with sum(…) or mean(…), or give a seed: backward y, {ones}",
        )
    run.placed(target.span, lambda: run.session.check_sweep(node))
    stops = bool(run.session.hooks or run.session.retained)
    if stops:
        from gradcli.session.objects import hooks  # which few programs have

        sweep, retained = hooks.sweep(run, node, start)
    else:
        sweep, retained = run.placed(target.span, lambda: run.session.sweep(node, start)), {}
    run.explain_sweep(node, lowering.origins, sweep, start)
    for leaf in sweep.leaves:
        if leaf.name in run.session.values:
            run.tell_users(leaf.name, leaf, target.span)
    # A leaf that was made inside of an expression has never had a name.
    graphs = run.session.graphs(node, start, sweep.leaves) if keeps_graph else {}
    found = run.session.accumulate(sweep, graphs)
    run.session.keep_retained(retained)
    changes = [change for change in found if change.name or change.earlier]
    if len(changes) > 1:
        order = {name: place for place, name in enumerate(run.session.leaves())}
        changes.sort(key=lambda change: order.get(change.name or "", len(order)))
    if seed is None and not keeps_graph and not stops:
        run.sweep_again(node)
    if not run.depth and not statement.quiet:
        run.show(GradsChanged(tuple(changes)))


def _seed(run: Run, seed: Expression, target: Expression, node: Node) -> Any:
    data = run.value(seed).data
    if np.shape(data) != node.shape:
        raise EvaluationError(
            "the seed must have the shape of the value",
            (
                run.mark(seed.span, shape_text(np.shape(data))),
                run.mark(target.span, shape_text(node.shape)),
            ),
        )
    return np.asarray(data, dtype=np.float64)[()]


def zero(run: Run, statement: Zero) -> None:
    """`zero` and `zero x w`; a variable `zero` is that variable, when the word stands alone."""
    if not statement.names and "zero" in run.session.values:
        alone = ExpressionStatement(statement.span, Name(statement.span, "zero"), statement.quiet)
        run.behaviours[ExpressionStatement](run, alone)
        return
    if statement.names:
        leaves = [run.leaf(name) for name in statement.names]
    else:
        leaves = list(run.session.leaves().values())
    run.session.zero(leaves)
    run.clear_again(leaves)


def zero_method(run: Run, statement: ExpressionStatement) -> None:
    """`x.grad.zero_()`, and `x.zero_()` for the leaf itself."""
    call = statement.value
    assert isinstance(call, Call)
    assert isinstance(call.function, Attribute)
    target = without_data(run, call.function.value)
    is_grad = isinstance(target, Attribute) and target.name == "grad"
    if not is_grad and not call.arguments:
        zeroed = run.value(call._replace(function=call.function._replace(value=target)))
    else:
        owner = grad_owner(run, target)
        grad = run.session.grad(owner)
        if grad is None:
            raise EvaluationError(
                f"{owner.name}.grad is none, so there is nothing to clear",
                (run.mark(target.span),),
                "run backward first; zero leaves a grad that is none as it is",
            )
        run.session.zero([owner])
        run.clear_again((owner,))
        zeroed = run.session.value_of(grad.node)
    if not statement.quiet and not run.depth and not run.program.source.is_python:
        run.show(shown(run, zeroed))


def requires_grad(run: Run, statement: ExpressionStatement) -> None:
    """`x.requires_grad_()`: makes a constant a leaf, or a leaf a constant."""
    call = statement.value
    assert isinstance(call, Call)
    assert isinstance(call.function, Attribute)
    target = call.function.value
    wanted = not call.arguments or run.value(call.arguments[0].value).data
    require_grad(run, target, bool(wanted))
    if not statement.quiet and not run.depth and not run.program.source.is_python:
        run.show(shown(run, run.value(target)))


STATEMENTS: Behaviours = {Backward: backward, Zero: zero}

METHODS = {"backward": backward_method, "zero_": zero_method, "requires_grad_": requires_grad}
"""What methods about grads do, on a line of their own."""

FUNCTIONS = {"backward": backward_function}
"""What functions of PyTorch's about grads do, behind the path of a module."""
