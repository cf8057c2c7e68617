"""Modules that PyTorch has: activations, losses and other functions, and layers with parameters.

A function with settings is a line of a table: what it is called, which function of gradcli's it calls, and
the signature of its settings, of which those behind the bar are printed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from gradcli.engine.graph import Node, constant, expand
from gradcli.engine.primitives.reductions import along, mean
from gradcli.engine.primitives.shaping import reshape
from gradcli.language.tree import Call
from gradcli.lowering.binding import with_reduction
from gradcli.lowering.context import Context
from gradcli.lowering.draws import Drawn
from gradcli.lowering.hosts import NONE, Arguments, Text, arguments
from gradcli.lowering.kinds import COUNT, PARAMETER, REAL, SIZE, tensor_kind
from gradcli.session.objects.modules import Module, applied, one_input
from gradcli.session.objects.settings import Settings
from gradcli.session.values import Value
from gradcli.text.errors import EvaluationError
from gradcli.text.source import Span
from gradcli.trampoline import Rule

# Functions with settings


class Applied(Module):
    """A module that applies a function of the table, with the settings that it was made with."""

    def __init__(self, name: str, function: str, inputs: int, kept: Mapping[str, Any], text: str) -> None:
        super().__init__(name)
        self.function = function
        self.inputs = inputs
        self.kept = kept
        self._text = text

    def settings(self) -> str:
        """What was set."""
        return self._text

    def forward(self, context: Context, given: Arguments, call: Call) -> Rule:
        """The function of what it is called with."""
        inputs = one_input(context, given, call, self.name, self.inputs)
        return (yield applied(context, self.function, inputs, self.kept, call))


_FUNCTIONS: Mapping[str, str] = {
    # Activations
    "ReLU": "relu |inplace=False",
    "ReLU6": "relu6 |inplace=False",
    "Sigmoid": "sigmoid",
    "Tanh": "tanh",
    "Softplus": "softplus |beta=1.0, threshold=20.0",
    "LeakyReLU": "leaky_relu |negative_slope=0.01, inplace=False",
    "ELU": "elu |alpha=1.0, inplace=False",
    "CELU": "celu |alpha=1.0, inplace=False",
    "SELU": "selu |inplace=False",
    "GELU": "gelu |approximate='none'",
    "SiLU": "silu |inplace=False",
    "Mish": "mish |inplace=False",
    "Softsign": "softsign",
    "LogSigmoid": "logsigmoid",
    "Hardsigmoid": "hardsigmoid inplace=False",
    "Hardswish": "hardswish inplace=False",
    "Hardtanh": "hardtanh |min_val=-1.0, max_val=1.0, inplace=False",
    "Tanhshrink": "tanhshrink",
    "Softshrink": "softshrink |lambd=0.5",
    "Hardshrink": "hardshrink |lambd=0.5",
    "Threshold": "threshold |threshold, value, inplace=False",
    "Softmax": "softmax |dim=None",
    "LogSoftmax": "log_softmax |dim=None",
    "Softmin": "softmin |dim=None",
    "GLU": "glu |dim=-1",
    "Flatten": "flatten |start_dim=1, end_dim=-1",
    "Unflatten": "unflatten |dim, unflattened_size",
    "PixelShuffle": "pixel_shuffle |upscale_factor",
    "PixelUnshuffle": "pixel_unshuffle |downscale_factor",
    "ChannelShuffle": "channel_shuffle |groups",
    "Unfold": "unfold |kernel_size, dilation=1, padding=0, stride=1",
    "Fold": "fold |output_size, kernel_size, dilation=1, padding=0, stride=1",
    **{
        f"Adaptive{sort}Pool{rank}d": f"adaptive_{sort.lower()}_pool{rank}d |output_size"
        for sort in ("Avg", "Max")
        for rank in (1, 2)
    },
    # Losses, of two values
    "MSELoss": "mse_loss reduction='mean'",
    "L1Loss": "l1_loss reduction='mean'",
    "SmoothL1Loss": "smooth_l1_loss reduction='mean', beta=1.0",
    "HuberLoss": "huber_loss reduction='mean', delta=1.0",
    "CrossEntropyLoss": "cross_entropy weight=None, ignore_index=-100, reduction='mean', label_smoothing=0.0",
    "NLLLoss": "nll_loss weight=None, ignore_index=-100, reduction='mean'",
    "BCELoss": "binary_cross_entropy weight=None, reduction='mean'",
    "BCEWithLogitsLoss": "binary_cross_entropy_with_logits weight=None, reduction='mean', pos_weight=None",
    "KLDivLoss": "kl_div reduction='mean', log_target=False",
    "PoissonNLLLoss": "poisson_nll_loss log_input=True, full=False, eps=1e-08, reduction='mean'",
    "HingeEmbeddingLoss": "hinge_embedding_loss margin=1.0, reduction='mean'",
    "SoftMarginLoss": "soft_margin_loss reduction='mean'",
    "MultiMarginLoss": "multi_margin_loss p=1, margin=1.0, weight=None, reduction='mean'",
    "MultiLabelMarginLoss": "multilabel_margin_loss reduction='mean'",
    "MultiLabelSoftMarginLoss": "multilabel_soft_margin_loss weight=None, reduction='mean'",
    # Of three values, or of two that are alike
    "GaussianNLLLoss": "gaussian_nll_loss full=False, eps=1e-06, reduction='mean'",
    "MarginRankingLoss": "margin_ranking_loss margin=0.0, reduction='mean'",
    "CosineEmbeddingLoss": "cosine_embedding_loss margin=0.0, reduction='mean'",
    "TripletMarginLoss": "triplet_margin_loss margin=1.0, p=2.0, eps=1e-06, swap=False, reduction='mean'",
    "CosineSimilarity": "cosine_similarity dim=1, eps=1e-08",
    "PairwiseDistance": "pairwise_distance p=2.0, eps=1e-06, keepdim=False",
}

_OF_THREE = ("GaussianNLLLoss", "MarginRankingLoss", "CosineEmbeddingLoss", "TripletMarginLoss")
_OF_TWO = ("CosineSimilarity", "PairwiseDistance")


def _applied(name: str, context: Context, call: Call) -> Rule:
    function, _, rest = _FUNCTIONS[name].partition(" ")
    signature = rest.removeprefix("|")
    if "reduction=" in signature:
        call = with_reduction(context, call, [each.partition("=")[2] for each in signature.split(", ")])
    given: Arguments = yield arguments(context, call)
    found = Settings(context, name, signature, given, call)
    kept = {key: found.kept(key) for key in found.given if key != "inplace" and not found.is_left_out(key)}
    shown = []
    for key in found.defaults if rest.startswith("|") else ():
        if key == "inplace" and not found.flag(key):
            continue
        shown.append(f"{key}={found.shown(key)}")
    if name == "Flatten" and "start_dim" not in kept:
        kept["start_dim"] = context.keep((constant(1), COUNT), call.span)
    inputs = 3 if name in _OF_THREE else 2 if name in _OF_TWO or name.endswith("Loss") else 1
    return Applied(name, function, inputs, kept, ", ".join(shown))


# Layers with parameters


def parameter(context: Context, node: Node, span: Span) -> Any:
    """A new parameter with the numbers of a node, as a module keeps it."""
    return Value(context.scope.new_leaf(node), None, {}, PARAMETER)


def drawn(context: Context, call: Call, make: Callable[[Any, bool], Any]) -> Node:
    """What is drawn with PyTorch's generator."""
    node = context.scope.draw(Drawn(make, "torch"))
    assert node is not None
    return node


def uniform(context: Context, call: Call, shape: tuple[int, ...], bound: float) -> Any:
    """A new parameter, uniform between two bounds."""
    node = drawn(context, call, lambda generator, single: generator.uniform(shape, single, -bound, bound))
    return parameter(context, node, call.span)


def _kaiming(fan_in: int) -> float:
    """The bound of He's uniform initialisation as layers have it, with a slope of sqrt(5)."""
    gain = math.sqrt(2.0 / (1 + math.sqrt(5) ** 2))
    return math.sqrt(3.0) * (gain / math.sqrt(fan_in))


class Layer(Module):
    """A layer with a weight and perhaps a bias, which are given to a function of the table."""

    def __init__(self, name: str, function: str, kept: Mapping[str, Any], text: str) -> None:
        super().__init__(name)
        self.function = function
        self.kept = kept
        self._text = text

    def settings(self) -> str:
        """What was set."""
        return self._text

    def forward(self, context: Context, given: Arguments, call: Call) -> Rule:
        """The function of what it is called with, its parameters and its settings."""
        inputs = one_input(context, given, call, self.name)
        own = {name: kept for name, kept in self.members.items() if kept is not NONE}
        return (yield applied(context, self.function, inputs, own | dict(self.kept), call))


def _linear(context: Context, call: Call) -> Rule:
    signature = "in_features, out_features, bias=True"
    found = Settings(context, "Linear", signature, (yield arguments(context, call)), call)
    inner, outer, biased = found.count("in_features"), found.count("out_features"), found.flag("bias")
    layer = Layer("Linear", "linear", {}, f"in_features={inner}, out_features={outer}, bias={biased}")
    initialised(context, call, layer, (outer, inner), inner, outer if biased else None)
    return found.of(layer)


def initialised(
    context: Context,
    call: Call,
    layer: Layer,
    shape: tuple[int, ...],
    fan_in: int,
    outer: int | None,
) -> None:
    """Draws weight and bias as PyTorch does; `outer` is the size of the bias, `None` where there is none."""
    layer.members["weight"] = uniform(context, call, shape, _kaiming(fan_in) if fan_in else 0.0)
    layer.members["bias"] = NONE
    if outer is not None:
        bound = 1 / math.sqrt(fan_in) if fan_in else 0.0
        layer.members["bias"] = uniform(context, call, (outer,), bound)


def _conv(dimensions: int, transposed: bool, context: Context, call: Call) -> Rule:
    name = f"Conv{'Transpose' if transposed else ''}{dimensions}d"
    signature = "in_channels, out_channels, kernel_size, stride=1, padding=0, "
    signature += "output_padding=0, groups=1, bias=True, dilation=1" if transposed else ""
    signature += "" if transposed else "dilation=1, groups=1, bias=True"
    found = Settings(context, name, signature, (yield arguments(context, call)), call)
    inner, outer, groups = found.count("in_channels"), found.count("out_channels"), found.count("groups")
    if not groups or inner % groups or outer % groups:
        raise context.wrong("groups must divide both numbers of channels", found.span("groups"))
    kernel = found.sizes("kernel_size", dimensions)
    kept, shown = {}, [f"{inner}", f"{outer}", f"kernel_size={kernel}"]
    for key in ("stride", "padding", "dilation", *(("output_padding",) if transposed else ())):
        given = found.given.get(key)
        if isinstance(given, Text) and not transposed:
            kept[key] = given.plain
            shown.append(f"{key}={given.plain}")
            continue
        sizes = found.sizes(key, dimensions)
        kept[key] = context.keep((constant([float(each) for each in sizes]), SIZE), call.span)
        if key == "stride" or sizes != (int(found.defaults[key]),) * dimensions:
            shown.append(f"{key}={sizes}")
    if groups != 1:
        shown.append(f"groups={groups}")
        kept["groups"] = context.keep((constant(groups), COUNT), call.span)
    biased = found.flag("bias")
    shown += [] if biased else ["bias=False"]
    function = f"conv{'_transpose' if transposed else ''}{dimensions}d"
    layer = Layer(name, function, kept, ", ".join(shown))
    first, second = (inner, outer) if transposed else (outer, inner)
    fan_in = second // groups * math.prod(kernel)
    initialised(context, call, layer, (first, second // groups, *kernel), fan_in, outer if biased else None)
    return found.of(layer)


def _embedding(context: Context, call: Call) -> Rule:
    signature = "num_embeddings, embedding_dim"
    found = Settings(context, "Embedding", signature, (yield arguments(context, call)), call)
    shape = found.count("num_embeddings"), found.count("embedding_dim")
    layer = Layer("Embedding", "embedding", {}, f"{shape[0]}, {shape[1]}")
    node = drawn(context, call, lambda generator, single: generator.normal(shape, single))
    layer.members["weight"] = parameter(context, node, call.span)
    return found.of(layer)


def _scaled(
    context: Context, call: Call, layer: Layer, shape: tuple[int, ...], weighted: bool, biased: bool
) -> None:
    """Gives a layer that normalises its weights, which are 1, and its biases, which are 0."""
    if weighted:
        layer.members["weight"] = parameter(context, constant(np.ones(shape)), call.span)
    if biased:
        layer.members["bias"] = parameter(context, constant(np.zeros(shape)), call.span)


def _layer_norm(context: Context, call: Call) -> Rule:
    signature = "normalized_shape, eps=1e-05, elementwise_affine=True, bias=True"
    found = Settings(context, "LayerNorm", signature, (yield arguments(context, call)), call)
    shape, eps = found.sizes("normalized_shape", 1), found.number("eps")
    affine = found.flag("elementwise_affine")
    kept = {
        "normalized_shape": context.keep((constant([float(each) for each in shape]), SIZE), call.span),
        "eps": context.keep((constant(eps), REAL), call.span),
    }
    biased = affine and found.flag("bias")
    text = f"{shape}, eps={eps}, elementwise_affine={affine}, bias={biased}"
    layer = Layer("LayerNorm", "layer_norm", kept, text)
    _scaled(context, call, layer, shape, affine, biased)
    return found.of(layer)


def _group_norm(context: Context, call: Call) -> Rule:
    signature = "num_groups, num_channels, eps=1e-05, affine=True, bias=True"
    found = Settings(context, "GroupNorm", signature, (yield arguments(context, call)), call)
    groups, channels = found.count("num_groups"), found.count("num_channels")
    if not groups or channels % groups:
        raise context.wrong("num_channels must be divisible by num_groups", found.span("num_channels"))
    affine, eps = found.flag("affine"), found.number("eps")
    kept = {
        "num_groups": context.keep((constant(groups), COUNT), call.span),
        "eps": context.keep((constant(eps), REAL), call.span),
    }
    biased = affine and found.flag("bias")
    text = f"{groups}, {channels}, eps={eps}, affine={affine}, bias={biased}"
    layer = Layer("GroupNorm", "group_norm", kept, text)
    _scaled(context, call, layer, (channels,), affine, biased)
    return found.of(layer)


def _prelu(context: Context, call: Call) -> Rule:
    signature = "num_parameters=1, init=0.25"
    found = Settings(context, "PReLU", signature, (yield arguments(context, call)), call)
    count, start = found.count("num_parameters"), found.number("init")
    layer = Layer("PReLU", "prelu", {}, f"num_parameters={count}")
    layer.members["weight"] = parameter(context, constant(np.full(count, start)), call.span)
    return found.of(layer)


def _upsample(context: Context, call: Call) -> Rule:
    signature = "size=None, scale_factor=None, mode='nearest', align_corners=None"
    found = Settings(context, "Upsample", signature, (yield arguments(context, call)), call)
    kept = {key: found.kept(key) for key in found.given if not found.is_left_out(key)}
    by_factor = not found.is_left_out("scale_factor")
    size = f"scale_factor={found.number('scale_factor')}" if by_factor else f"size={found.shown('size')}"
    return found.of(Applied("Upsample", "interpolate", 1, kept, f"{size}, mode={found.shown('mode')}"))


class BatchNorm(Layer):
    """Normalises each channel of a batch, and keeps the running means and variances of what it has seen."""

    def __init__(
        self, name: str, eps: float, momentum: float | None, kept: Mapping[str, Any], text: str
    ) -> None:
        super().__init__(name, "batch_norm", kept, text)
        self.eps = eps
        self.momentum = momentum

    def forward(self, context: Context, given: Arguments, call: Call) -> Rule:
        """What it makes of a batch; while it is trained, with the mean and the variance of the batch."""
        (found,) = one_input(context, given, call, self.name)
        batch, _ = context.one(found, call.span)
        trains = self.training or "running_mean" not in self.members
        if trains and math.prod(batch.shape) == math.prod(batch.shape[1:2]):
            raise EvaluationError(
                f"Expected more than 1 value per channel when training, got input size {list(batch.shape)}",
                (context.mark(call.span),),
                "model.eval() takes the running means instead",
            )
        names = ("weight", "bias", *(() if trains else self.buffers[:2]))
        own = {name: self.members[name] for name in names if name in self.members}
        training = context.keep((constant(trains), COUNT), call.span)
        made = yield applied(
            context, self.function, [found], own | dict(self.kept) | {"training": training}, call
        )
        if self.training and self.buffers:
            self._note(context, batch, call.span)
        return made

    def _note(self, context: Context, batch: Node, span: Span) -> None:
        """Lets the running means and variances follow those of a batch."""
        axes = tuple(each for each in range(-len(batch.shape), 0) if each != 1 - len(batch.shape))
        count = math.prod(batch.shape[axis] for axis in axes)
        centre = along(mean, batch, axes)
        apart = batch - _for_each_channel(centre, batch)
        spread = along(mean, apart * apart, axes) * (count / max(count - 1, 1))
        session = context.acting(span).session
        now = session.evaluate([context.where_taken(each) for each in (centre, spread)])
        context.changing(self, span)
        passes = session.data_of(self.members["num_batches_tracked"])
        share = 1 / (passes + 1) if self.momentum is None else self.momentum
        for name, data in zip(self.buffers, now, strict=False):
            changed = (1 - share) * session.data_of(self.members[name]) + share * data
            self.members[name] = session.new_constant("", changed, tensor_kind(False))
        self.members["num_batches_tracked"] = session.new_constant("", passes + 1, tensor_kind(True))


def _for_each_channel(numbers: Node, batch: Node) -> Node:
    """A number for each channel, in the shape of a batch."""
    return expand(reshape(numbers, (batch.shape[1], *(1,) * (len(batch.shape) - 2))), batch.shape)


def _batch_norm(name: str, context: Context, call: Call) -> Rule:
    signature = "num_features, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True"
    found = Settings(context, name, signature, (yield arguments(context, call)), call)
    shape, eps = (found.count("num_features"),), found.number("eps")
    forgets = "momentum" in found.given and found.given["momentum"] is NONE
    momentum = None if forgets else found.number("momentum")
    affine, tracks = found.flag("affine"), found.flag("track_running_stats")
    text = (
        f"{shape[0]}, eps={eps}, momentum={momentum}, affine={affine}, bias={affine and found.flag('bias')}"
    )
    kept = {"eps": context.keep((constant(eps), REAL), call.span)}
    layer = BatchNorm(name, eps, momentum, kept, f"{text}, track_running_stats={tracks}")
    if affine:
        layer.members["weight"] = parameter(context, constant(np.ones(shape)), call.span)
        if found.flag("bias"):
            layer.members["bias"] = parameter(context, constant(np.zeros(shape)), call.span)
    if tracks:
        layer.buffers = ("running_mean", "running_var", "num_batches_tracked")
        begin = (constant(np.zeros(shape)), constant(np.ones(shape)), constant(0.0))
        for key, node in zip(layer.buffers, begin, strict=True):
            layer.members[key] = context.keep((node, tensor_kind(key[0] == "n")), call.span)
    return found.of(layer)


def _pool(name: str, function: str, context: Context, call: Call) -> Rule:
    signature = "kernel_size, stride=None, padding=0"
    signature += ", dilation=1, ceil_mode=False" if function.startswith("max") else ""
    found = Settings(context, name, signature, (yield arguments(context, call)), call)
    kept = {key: found.kept(key) for key in found.given if not found.is_left_out(key)}
    # One size of AvgPool1d is shown as a tuple.
    written = (lambda key: str(found.sizes(key, 1))) if name == "AvgPool1d" else found.shown
    stride = written("kernel_size" if found.is_left_out("stride") else "stride")
    shown = [f"kernel_size={written('kernel_size')}", f"stride={stride}"]
    shown += [f"{key}={written(key)}" for key in list(found.defaults)[2:]]
    return Applied(name, function, 1, kept, ", ".join(shown))


class Dropout(Module):
    """Leaves numbers or whole channels out in training, each with a probability, and scales the others."""

    def __init__(self, name: str, p: float) -> None:
        super().__init__(name)
        self.p = p

    def settings(self) -> str:
        """The probability."""
        return f"p={self.p}, inplace=False"

    def forward(self, context: Context, given: Arguments, call: Call) -> Rule:
        """What is kept of what it is called with."""
        from gradcli.lowering.draws import dropped

        (found,) = one_input(context, given, call, self.name)
        node, kind = context.one(found, call.span)
        if not self.training or not self.p:
            return node, kind
        yield from ()  # a rule that needs no other
        return dropped(context, self.name.lower(), (node, kind), self.p, call)


def _dropout(name: str, context: Context, call: Call) -> Rule:
    found = Settings(context, name, "p=0.5, inplace=False", (yield arguments(context, call)), call)
    return found.of(Dropout(name, probability(found, "p")))


def probability(found: Settings, key: str) -> float:
    """The setting that says how probably a number is left out; raises `EvaluationError` for none."""
    p = found.number(key)
    if not 0 <= p <= 1:
        told = f"dropout probability has to be between 0 and 1, but got {p}"
        raise EvaluationError(told, (found.context.mark(found.span(key)),))
    return p


MAKERS: Mapping[str, Callable[[Context, Call], Rule]] = {
    **{f"torch.nn.{name}": partial(_applied, name) for name in _FUNCTIONS},
    "torch.nn.Linear": _linear,
    **{f"torch.nn.Conv{rank}d": partial(_conv, rank, False) for rank in (1, 2, 3)},
    **{f"torch.nn.ConvTranspose{rank}d": partial(_conv, rank, True) for rank in (1, 2)},
    "torch.nn.GroupNorm": _group_norm,
    "torch.nn.PReLU": _prelu,
    "torch.nn.Upsample": _upsample,
    "torch.nn.Embedding": _embedding,
    "torch.nn.LayerNorm": _layer_norm,
    **{
        f"torch.nn.{sort}Pool{rank}d": partial(_pool, f"{sort}Pool{rank}d", f"{sort.lower()}_pool{rank}d")
        for sort in ("Max", "Avg")
        for rank in (1, 2, 3)
    },
    "torch.nn.BatchNorm1d": partial(_batch_norm, "BatchNorm1d"),
    "torch.nn.BatchNorm2d": partial(_batch_norm, "BatchNorm2d"),
    **{
        f"torch.nn.{name}": partial(_dropout, name)
        for name in ("Dropout", "Dropout1d", "Dropout2d", "Dropout3d")
    },
}
"""What makes each layer, by its full path."""
