"""What compares values, and stops the page where they differ: `numpy.testing`, and JAX's `check_grads`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from gradcli.engine import derive
from gradcli.engine.graph import Input, Node, constant, substitute
from gradcli.engine.primitives.entry import as_number
from gradcli.language.tree import Call
from gradcli.lowering.context import Context
from gradcli.lowering.hosts import NONE, Arguments, Method, arguments, called_with
from gradcli.lowering.kinds import TENSOR, Host, Lowered, Several
from gradcli.lowering.trees import branches, leaves, refilled
from gradcli.session.objects.settings import Settings
from gradcli.text.errors import EvaluationError
from gradcli.trampoline import Rule

_SIGNATURES = {
    "assert_allclose": "actual, desired, rtol=1e-07, atol=0.0",
    "assert_array_equal": "actual, desired",
    "assert_equal": "actual, desired",
    "assert_almost_equal": "actual, desired, decimal=7",
    "assert_array_almost_equal": "actual, desired, decimal=6",
}


def _compared(name: str, context: Context, call: Call) -> Rule:
    """A rule: `np.testing.assert_allclose(x, y)`, which gives None, or stops the page."""
    given: Arguments = yield arguments(context, call)
    asked = Settings(context, name, _SIGNATURES[name], given, call, prefix="numpy.testing.")
    both = []
    for each in ("actual", "desired"):
        node, _ = context.one(asked.given[each], asked.span(each))
        both.append(context.numbers(as_number(node), asked.span(each)))
    actual, desired = both
    if name == "assert_allclose":
        atol, rtol = asked.number("atol"), asked.number("rtol")
    else:
        rtol = 0.0
        atol = 1.5 * 10.0 ** -asked.number("decimal") if "almost" in name else 0.0
    try:
        agree = np.isclose(actual, desired, rtol, atol, equal_nan=True)
    except ValueError:
        raise EvaluationError(
            f"these have different shapes: {np.shape(actual)} and {np.shape(desired)}",
            (context.mark(call.span),),
        ) from None
    if not np.all(agree):
        with np.errstate(all="ignore"):
            largest = np.nanmax(np.abs(np.subtract(actual, desired)))
        raise EvaluationError(
            f"these are not equal: {int(np.sum(~agree))} of {np.size(agree)} elements differ, "
            f"by {largest:.3g} at most",
            (context.mark(call.span),),
        )
    return NONE


_STEP = 1e-4
_TOLERANCE = 1e-4
"""The slope between two values so far apart is the derivative to that many digits, in doubles."""


def _check_grads(context: Context, call: Call) -> Rule:
    """A rule: JAX's `check_grads(f, args, order)`, which stops the page where a derivative is no slope."""
    given: Arguments = yield arguments(context, call)
    signature = "f, args, order, modes=None, atol=None, rtol=None, eps=None"
    asked = Settings(context, "check_grads", signature, given, call, prefix="jax.test_util.")
    values = branches(context, asked.given["args"])
    function = asked.given["f"]
    if not isinstance(function, Host) or values is None:
        raise context.wrong(
            "check_grads takes a function and the tuple of its arguments",
            call.span,
            "check_grads(f, (x,), order=2)",
        )
    order = asked.integer("order")
    yield _checked(context, function, values, order, call)
    return NONE


def _check_of_function(context: Context, call: Call) -> Rule:
    """A rule: HIPS autograd's `check_grads(f, modes=["rev"], order=2)`, a function of the arguments."""
    given: Arguments = yield arguments(context, call)
    asked = Settings(
        context, "check_grads", "f, modes=None, order=2", given, call, prefix="autograd.test_util."
    )
    function, order = asked.given["f"], asked.integer("order")
    if not isinstance(function, Host):
        raise context.wrong("check_grads takes a function", call.span, "check_grads(f)(x)")

    def check(context: Context, call: Call) -> Rule:
        values: Arguments = yield arguments(context, call)
        yield _checked(context, function, values.positional, order, call)
        return NONE

    return Method("check_grads", check)


def _checked(context: Context, function: Host, values: Any, order: int, call: Call) -> Rule:
    """A rule: compares derivatives with slopes, along one direction, up to an order."""
    trees = Several(tuple(values))
    given = [as_number(node) for node, _ in leaves(context, trees)]
    starts = [np.asarray(context.numbers(each, call.span), np.float64) for each in given]
    variables = [Input("", each.shape, role="stand-in") for each in given]
    at: dict[Node, Node] = dict(zip(variables, map(_fixed, starts), strict=True))
    inside = refilled(context, trees, iter([(each, TENSOR) for each in variables]))
    context.stand_ins.update(at)
    try:
        found = yield called_with(function, context, _parts(inside), call)
    finally:
        for variable in variables:
            context.stand_ins.pop(variable, None)
    outputs = [as_number(node) for node, _ in leaves(context, found)]
    draws = np.random.RandomState(0)
    session = context.acting(call.span).session
    for number in range(1, order + 1):
        along = [draws.standard_normal(each.shape) for each in starts]
        moved = derive.pushforward(outputs, variables, [_fixed(each) for each in along])
        ends = [
            _at(
                session,
                outputs,
                variables,
                [s + sign * _STEP * d for s, d in zip(starts, along, strict=True)],
            )
            for sign in (1, -1)
        ]
        exact = _at(
            session, [_or_zero(*each) for each in zip(moved, outputs, strict=True)], variables, starts
        )
        for slope, high, low in zip(exact, *ends, strict=True):
            wanted = (high - low) / (2 * _STEP)
            if not np.allclose(slope, wanted, _TOLERANCE, _TOLERANCE):
                raise EvaluationError(
                    f"a derivative of order {number} is not the slope of the values: "
                    f"{np.ravel(slope)[:3].tolist()} and {np.ravel(wanted)[:3].tolist()}",
                    (context.mark(call.span),),
                )
        seeds = [_fixed(draws.standard_normal(each.shape)) for each in outputs]
        pulled: list[Node | None] = [None] * len(variables)
        for output, seed in zip(outputs, seeds, strict=True):
            for place, share in enumerate(derive.pullback(output, seed, variables)):
                before = pulled[place]
                pulled[place] = share if before is None else before if share is None else before + share
        outputs = [_or_zero(*each) for each in zip(pulled, variables, strict=True)]


def _parts(found: Lowered) -> tuple[Lowered, ...]:
    return found.parts if isinstance(found, Several) else (found,)


def _fixed(data: Any) -> Node:
    return constant(np.asarray(data)[()])


def _or_zero(node: Node | None, like: Node) -> Node:
    return constant(np.zeros(like.shape)[()]) if node is None else node


def _at(session: Any, nodes: Any, variables: Any, data: Any) -> Any:
    """The values of nodes where variables have some data."""
    at = dict(zip(variables, map(_fixed, data), strict=True))
    return [np.asarray(each) for each in session.evaluate(tuple(substitute(nodes, at)))]


def _refused(told: str, hint: str, context: Context, call: Call) -> Any:
    raise context.wrong(told, call.function.span, hint)


_KINDS = partial(
    _refused,
    "trees of one's own kinds are not known here",
    "hold the values in a dictionary, a list or a tuple",
)
_COMPILED = "this shows JAX's own program for a function, and there is none here"

MAKERS: Mapping[str, Callable[[Context, Call], Any]] = {
    **{f"numpy.testing.{name}": partial(_compared, name) for name in _SIGNATURES},
    "jax.test_util.check_grads": _check_grads,
    "autograd.test_util.check_grads": _check_of_function,
    **{
        f"jax.tree_util.register_{kind}": _KINDS
        for kind in ("pytree_node", "pytree_node_class", "pytree_with_keys", "dataclass", "static")
    },
    "jax.new_ref": partial(_refused, "arrays of JAX do not change here", "x = x.at[0].set(3) makes another"),
    "jax.make_jaxpr": partial(_refused, _COMPILED, "gradcli graph draws what is computed and differentiated"),
    "jax.ad_checkpoint.print_saved_residuals": partial(
        _refused,
        "this shows what JAX keeps for its way back, and here all is one graph",
        "gradcli graph draws what is computed and differentiated",
    ),
}
"""What compares values, and derivatives with slopes, by its full path; and what is refused."""
