"""How parameters begin: the functions of `torch.nn.init`, which put other numbers into a tensor."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from gradcli.engine.graph import Input, constant
from gradcli.language.tree import Call, Name
from gradcli.lowering.context import Context
from gradcli.lowering.draws import Drawn
from gradcli.lowering.hosts import arguments
from gradcli.session.objects.settings import Settings
from gradcli.text.errors import EvaluationError
from gradcli.trampoline import Rule

Make = Callable[[Settings, tuple[int, ...]], Any]
"""What is put into a tensor of a shape: an array, or a function that draws one."""


def _fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """How many inputs and outputs a weight of that shape has; raises `EvaluationError`."""
    if len(shape) < 2:
        raise EvaluationError(
            "Fan in and fan out can not be computed for tensor with fewer than 2 dimensions"
        )
    inner = math.prod(shape[2:])
    return shape[1] * inner, shape[0] * inner


def _gain(found: Settings) -> float:
    """What an activation makes of the spread of numbers."""
    name = found.text("nonlinearity")
    if name == "leaky_relu":
        return math.sqrt(2.0 / (1 + found.number("a") ** 2))
    gains = {"relu": math.sqrt(2.0), "tanh": 5.0 / 3, "selu": 3.0 / 4}
    if name in gains:
        return gains[name]
    if name in ("linear", "sigmoid", "conv1d", "conv2d", "conv3d"):
        return 1.0
    raise found.context.wrong(f"there is no gain of {name}", found.span("nonlinearity"))


def _uniform(low: float, high: float, shape: tuple[int, ...]) -> Any:
    return lambda generator, single: generator.uniform(shape, single, low, high)


def _normal(mean: float, std: float, shape: tuple[int, ...]) -> Any:
    return lambda generator, single: generator.normal(shape, single, mean, std)


def glorot(shape: tuple[int, ...], gain: float = 1.0) -> float:
    """The bound of a uniform initialisation that keeps the spread, both forward and backward.

    Source: X. Glorot, Y. Bengio, Understanding the difficulty of training deep feedforward neural networks,
    2010, eq. 16. Raises `EvaluationError` for a vector.
    """
    return math.sqrt(3.0) * _xavier(gain, shape)


def _xavier(gain: float, shape: tuple[int, ...]) -> float:
    return gain * math.sqrt(2.0 / float(sum(_fans(shape))))


def _kaiming(found: Settings, shape: tuple[int, ...]) -> float:
    fan = _fans(shape)[found.text("mode") == "fan_out"]
    return _gain(found) / math.sqrt(fan)


def _xavier_uniform(found: Settings, shape: tuple[int, ...]) -> Any:
    bound = glorot(shape, found.number("gain"))
    return _uniform(-bound, bound, shape)


def _kaiming_uniform(found: Settings, shape: tuple[int, ...]) -> Any:
    bound = math.sqrt(3.0) * _kaiming(found, shape)
    return _uniform(-bound, bound, shape)


def _eye(found: Settings, shape: tuple[int, ...]) -> Any:
    if len(shape) != 2:
        raise EvaluationError("Only tensors with 2 dimensions are supported")
    return np.eye(*shape)


_HE = "a=0, mode='fan_in', nonlinearity='leaky_relu'"

_FUNCTIONS: Mapping[str, tuple[str, Make]] = {
    "uniform_": ("a=0.0, b=1.0", lambda found, shape: _uniform(found.number("a"), found.number("b"), shape)),
    "normal_": (
        "mean=0.0, std=1.0",
        lambda found, shape: _normal(found.number("mean"), found.number("std"), shape),
    ),
    "constant_": ("val", lambda found, shape: np.full(shape, found.number("val"))),
    "ones_": ("", lambda found, shape: np.ones(shape)),
    "zeros_": ("", lambda found, shape: np.zeros(shape)),
    "eye_": ("", _eye),
    "xavier_uniform_": ("gain=1.0", _xavier_uniform),
    "xavier_normal_": (
        "gain=1.0",
        lambda found, shape: _normal(0.0, _xavier(found.number("gain"), shape), shape),
    ),
    "kaiming_uniform_": (_HE, _kaiming_uniform),
    "kaiming_normal_": (_HE, lambda found, shape: _normal(0.0, _kaiming(found, shape), shape)),
}
"""The settings of each function behind the tensor, and what it puts there."""


def _filled(name: str, context: Context, call: Call) -> Rule:
    settings, make = _FUNCTIONS[name]
    signature = f"tensor, {settings}" if settings else "tensor"
    found = Settings(context, f"init.{name}", signature, (yield arguments(context, call)), call)
    node, kind = context.one(found.given["tensor"], found.span("tensor"))
    try:
        made = make(found, node.shape)
    except EvaluationError as error:
        error.marks = error.marks or (context.mark(call.span),)
        raise
    session = context.acting(call.span).session
    if callable(made):
        drawn = context.scope.draw(Drawn(made, "torch"))
        assert isinstance(drawn, Input)
        made = session.datum(drawn)
    data = np.asarray(made, np.float64)[()]
    span = found.span("tensor")
    if isinstance(node, Input) and node.role == "leaf":
        session.update(node, data, context.mark(span))
        return node, kind
    tensor = call.arguments[0].value
    if isinstance(tensor, Name) and not node.tracked and not context.in_function:
        session.bind_constant(tensor.name, data, kind)
    elif node.tracked:
        raise context.wrong("only a leaf or a constant is filled in place", span)
    return constant(data), kind


MAKERS: Mapping[str, Callable[[Context, Call], Any]] = {
    f"torch.nn.init.{name}": partial(_filled, name) for name in _FUNCTIONS
}
"""What each function does, by its full path."""
