"""`torch.autograd.gradcheck`: whether the derivative of a function is the slope of its values."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from gradcli.engine import jacobians
from gradcli.engine.graph import Node, constant, substitute
from gradcli.engine.primitives.entry import as_number
from gradcli.language.tree import Call
from gradcli.lowering.context import Context
from gradcli.lowering.hosts import Arguments, arguments, called_with, items_of
from gradcli.lowering.kinds import COUNT, Host, Several, each_of
from gradcli.session.objects.settings import Settings
from gradcli.text.errors import EvaluationError
from gradcli.trampoline import Rule

_SIGNATURE = (
    "func, inputs, eps=1e-06, atol=1e-05, rtol=0.001, raise_exception=True, nondet_tol=0.0, "
    "check_undefined_grad=True, check_grad_dtypes=False, check_batched_grad=False, fast_mode=False"
)


def _gradcheck(context: Context, call: Call) -> Rule:
    """A rule: whether each derivative is the slope between two values beside it, as PyTorch's gradcheck."""
    given: Arguments = yield arguments(context, call)
    asked = Settings(context, "gradcheck", _SIGNATURE, given, call, prefix="torch.autograd.")
    function, inputs = asked.given["func"], asked.given["inputs"]
    if not isinstance(function, Host):
        raise context.wrong("gradcheck takes a function first", asked.span("func"), "gradcheck(f, (x,))")
    values = (
        items_of(context, inputs, asked.span("inputs")) if isinstance(inputs, Several | Host) else [inputs]
    )
    found = yield called_with(function, context, values, call)
    variables = [node for each in values for node, _ in each_of(each) if node.tracked]
    if not variables:
        raise EvaluationError(
            "gradcheck expects at least one input that requires grad", (context.mark(asked.span("inputs")),)
        )
    session = context.acting(call.span).session
    for place, (output, _) in enumerate(each_of(found)):
        for at, variable in enumerate(variables):
            node = as_number(output)
            derivative = jacobians.jacobian(node, variable)
            zeros = np.zeros((*node.shape, *variable.shape))
            exact = zeros if derivative is None else session.evaluate((derivative,))[0]
            slopes = []
            start = np.asarray(session.evaluate((variable,))[0], np.float64)
            if not start.size:
                continue
            step = asked.number("eps")
            for element in range(start.size):
                ends = [_moved(session, node, variable, start, element, sign * step) for sign in (1, -1)]
                slopes.append((ends[0] - ends[1]) / (2 * step))
            shape = (*node.shape, math.prod(variable.shape))
            wanted = np.stack(slopes, axis=-1).reshape(shape)
            if np.allclose(np.reshape(exact, shape), wanted, asked.number("rtol"), asked.number("atol")):
                continue
            if not asked.flag("raise_exception"):
                return constant(False), COUNT
            raise EvaluationError(
                f"Jacobian mismatch for output {place} with respect to input {at}",
                (context.mark(asked.span("func")),),
                f"by slopes {np.round(wanted, 4).tolist()}, "
                f"by backward {np.round(np.reshape(exact, shape), 4).tolist()}",
            )
    return constant(True), COUNT


def _moved(session: Any, node: Node, variable: Node, start: Any, element: int, step: float) -> Any:
    """The value of a node where one element of a variable is another."""
    moved = start.copy()
    moved.reshape(-1)[element] += step
    (beside,) = substitute((node,), {variable: constant(moved[()])})
    return np.asarray(session.evaluate((beside,))[0])


MAKERS: Mapping[str, Callable[[Context, Call], Any]] = {
    "torch.autograd.gradcheck": _gradcheck,
}
"""What compares values, and derivatives with slopes, by its full path."""
