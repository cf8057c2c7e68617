"""What keeps grads from being too large: `torch.nn.utils.clip_grad_norm_` and `clip_grad_value_`."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from gradcli.engine.graph import Input, constant
from gradcli.language.tree import Call
from gradcli.lowering.context import Context
from gradcli.lowering.hosts import NONE, Arguments, arguments, items_of
from gradcli.lowering.kinds import Host, Several, tensor_kind
from gradcli.session.objects.settings import Settings
from gradcli.text.errors import EvaluationError
from gradcli.trampoline import Rule


def _leaves(context: Context, found: Settings) -> list[Input]:
    """The leaves that have a grad, of one tensor or of several."""
    given, span = found.given["parameters"], found.span("parameters")
    several = items_of(context, given, span) if isinstance(given, Several | Host) else [given]
    session = context.acting(span).session
    nodes = [session.thawed(context.one(each, span)[0]) for each in several]
    leaves = [node for node in nodes if isinstance(node, Input) and node.role == "leaf"]
    if len(leaves) < len(nodes):
        raise context.wrong("only leaves have grads", span, "model.parameters() are all of a module")
    return [leaf for leaf in leaves if session.grad_data(leaf) is not None]


def _by_norm(context: Context, call: Call) -> Rule:
    signature = "parameters, max_norm, norm_type=2.0, error_if_nonfinite=False, foreach=None"
    given: Arguments = yield arguments(context, call)
    found = Settings(context, "clip_grad_norm_", signature, given, call, prefix="torch.nn.utils.")
    leaves = _leaves(context, found)
    session = context.acting(call.span).session
    context.scope.acts()
    order = found.number("norm_type")
    with np.errstate(all="ignore"):
        norms = [np.linalg.norm(np.ravel(session.grad_data(leaf)), order) for leaf in leaves]
        total = float(np.linalg.norm(norms, order)) if norms else 0.0
        if found.flag("error_if_nonfinite") and not math.isfinite(total):
            message = "The total norm of order {} for gradients from `parameters` is non-finite"
            raise EvaluationError(message.format(order), (context.mark(call.span),))
        factor = np.minimum(1.0, found.number("max_norm") / (total + 1e-6))
        for leaf in leaves:
            grad = session.grad(leaf)
            session.set_grad(leaf, grad.cell.data * factor, grad.passes)
    return constant(total), tensor_kind(False)


def _by_value(context: Context, call: Call) -> Rule:
    given: Arguments = yield arguments(context, call)
    signature = "parameters, clip_value, foreach=None"
    found = Settings(context, "clip_grad_value_", signature, given, call, prefix="torch.nn.utils.")
    session = context.acting(call.span).session
    context.scope.acts()
    most = found.number("clip_value")
    for leaf in _leaves(context, found):
        grad = session.grad(leaf)
        session.set_grad(leaf, np.clip(grad.cell.data, -most, most), grad.passes)
    return NONE


MAKERS: Mapping[str, Callable[[Context, Call], Any]] = {
    "torch.nn.utils.clip_grad_norm_": _by_norm,
    "torch.nn.utils.clip_grad_value_": _by_value,
}
"""What clips grads, by its full path."""
