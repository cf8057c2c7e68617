"""Hooks: functions that a backward pass calls with the gradient of a value, and may change it by."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from weakref import ref

import numpy as np

from gradcli.engine.derive import pullback
from gradcli.engine.graph import Input, Node, constant, topological
from gradcli.language.tree import Argument, Attribute, Call, Name
from gradcli.lowering.context import Context, done
from gradcli.lowering.hosts import Arguments, Nothing, arguments, called
from gradcli.lowering.kinds import Host, tensor_kind
from gradcli.session.context import Run
from gradcli.session.objects.modules import Hook
from gradcli.session.values import Sweep, Value
from gradcli.text.errors import EvaluationError, InputError
from gradcli.text.source import Mark
from gradcli.trampoline import Rule


class OfValue(Hook):
    """A hook on the gradient of a value, which may have a name."""

    def __init__(self, function: Host, place: Mark, name: str, value: Value | None) -> None:
        super().__init__(function, place)
        self.name = name
        self.value = None if value is None else ref(value)

    def is_alive(self, run: Run, node: Node) -> bool:
        """Whether it is still called: not where its name means an equal value that was computed anew."""
        if self.removed:
            return False
        if self.value is None:
            return True
        now = run.session.values.get(self.name)
        return now is None or now.node is not node or now is self.value()


def _register(context: Context, call: Call) -> Rule:
    """A rule: `y.register_hook(f)`, a hook on the gradient of a value."""
    assert isinstance(call.function, Attribute)
    receiver = call.function.value
    given: Arguments = yield arguments(context, call)
    function = given.positional[0] if len(given.positional) == 1 and not given.named else None
    if not isinstance(function, Host):
        raise context.wrong(
            "register_hook takes a function of the gradient", call.span, "y.register_hook(lambda g: 2*g)"
        )
    node, _ = yield receiver
    if not node.tracked:
        raise EvaluationError(
            "cannot register a hook on a tensor that doesn't require gradient",
            (context.mark(receiver.span),),
        )
    session = context.acting(call.span).session
    value = session.values.get(receiver.name) if isinstance(receiver, Name) else None
    is_value = value is not None and value.node is node and bool(node.inputs)
    hook = OfValue(
        function, context.mark(call.span), getattr(receiver, "name", ""), value if is_value else None
    )
    before = session.hooks.get(node, ())
    if node.inputs:  # an equal value that was computed anew takes the place of the one before
        before = [each for each in before if each.place != hook.place]
    context.scope.acts()
    session.hook(node, (*before, hook))
    return hook


def sweep(run: Run, node: Node, seed: Any) -> tuple[Sweep, dict[Node, Any]]:
    """The grads that `backward` would add where hooks are called, and those of the values that keep one."""
    leaves = [each for each in topological((node,)) if isinstance(each, Input) and each.role == "leaf"]
    _, found = _passed(run, {node: np.ones(node.shape)[()] if seed is None else seed}, leaves)
    ends = [leaf for leaf in leaves if leaf in found]
    kept = {each: data for each, data in found.items() if each in run.session.retained}
    return Sweep(ends, [found[leaf] for leaf in ends]), kept


def gradients(run: Run, starts: Mapping[Node, Any], variables: Sequence[Node]) -> list[Any]:
    """What `autograd.grad` gives where hooks are called, by seeds; `None` where nothing arrives.

    As in PyTorch, the hooks of a variable itself do not change what is given for it, where the pass goes on
    through it to another variable.
    """
    before, after = _passed(run, starts, variables)

    def goes_on(variable: Node) -> bool:
        below = topological((variable,))
        return any(each is not variable and each in below for each in variables)

    return [(before if goes_on(each) else after).get(each) for each in variables]


def _passed(
    run: Run, starts: Mapping[Node, Any], ends: Sequence[Node]
) -> tuple[dict[Node, Any], dict[Node, Any]]:
    """What arrives at `ends` and at values that have hooks or keep a grad, and what hooks make of it."""
    session = run.session
    order = topological(tuple(starts))
    stops = [
        each
        for each in order
        if each.tracked
        and each.inputs
        and (each in session.hooks or each in session.retained or each in ends)
    ]
    leaves = [each for each in ends if not each.inputs and each in order]
    places = {each: place for place, each in enumerate(order)}
    sources = sorted({*starts, *stops, *leaves}, key=lambda each: places[each], reverse=True)
    arrived: dict[Node, Any] = dict(starts)
    before: dict[Node, Any] = {}
    for source in sources:
        if source not in arrived:
            continue
        before[source] = arrived[source]
        data = arrived[source] = _called(run, source, arrived[source])
        if not source.inputs:
            continue
        targets = [*(each for each in stops if places[each] < places[source]), *leaves]
        found = pullback(source, constant(data), targets)
        reached = [(each, share) for each, share in zip(targets, found, strict=True) if share is not None]
        for (each, _), share in zip(reached, session.evaluate([share for _, share in reached]), strict=True):
            arrived[each] = arrived[each] + share if each in arrived else share
    return before, arrived


def _called(run: Run, node: Node, data: Any) -> Any:
    """A gradient as the hooks of a value leave it."""
    for hook in run.session.hooks.get(node, ()):
        if not hook.is_alive(run, node):
            continue
        lowering = run.lowering()
        span = hook.place.span
        given = run.session.new_constant("", data, tensor_kind(False))
        argument = Argument(span, None, done(span, (given.node, given.kind)))
        call = Call(span, Name(span, "hook"), (argument,))
        with run.session.recorded(False):
            found = lowering.run(called(hook.function, lowering, call))
        if isinstance(found, Nothing):
            continue
        changed, _ = lowering.one(found, span)
        if changed.shape != np.shape(data):
            raise InputError(
                "a hook gives a gradient of the shape of its value",
                (hook.place,),
                "return None, or nothing, to leave it as it is",
            )
        data = np.asarray(run.session.evaluate((changed,))[0], np.float64)[()]
    return data


MAKERS: Mapping[str, Callable[[Context, Call], Any]] = {"torch.Tensor.register_hook": _register}
"""What methods of tensors do that are no functions of their numbers, by their full path."""
