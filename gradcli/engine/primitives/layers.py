"""Layers of neural networks: products with weights, normalisation, attention.

Arrays have batches first and channels next, as in PyTorch.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gradcli.engine.graph import Node, as_node, constant, expand, intern
from gradcli.engine.primitives.arithmetic import clamp_min, where
from gradcli.engine.primitives.arranging import at_places
from gradcli.engine.primitives.contractions import contracted
from gradcli.engine.primitives.elementwise import rsqrt, sqrt
from gradcli.engine.primitives.entry import Composite, Result, Results, as_number, called
from gradcli.engine.primitives.linalg import matmul
from gradcli.engine.primitives.reductions import (
    along,
    axes_of,
    mean,
    norm,
    softmax,
)
from gradcli.engine.primitives.shaping import (
    permute,
    reshape,
)
from gradcli.engine.shapes import ShapeError
from gradcli.text.errors import EvaluationError

family = "layers"

Sizes = tuple[int, ...]


def transposed(x: Node) -> Node:
    """The last two dimensions exchanged."""
    rank = len(x.shape)
    return permute(x, (*range(-rank, -2), -1, -2))


# Products with weights


def _linear(x: Node, weight: Node, bias: Node | None) -> Node:
    if len(weight.shape) not in (1, 2) or not x.shape:
        raise ShapeError("needs a vector and a matrix of weights", subject="linear")
    found = intern(
        matmul, (as_number(x), as_number(transposed(weight) if len(weight.shape) == 2 else weight))
    )
    return found if bias is None else found + bias


def _linear_name(x: Node, bias: Node | None) -> str:
    """PyTorch's name of the operation, which is another for each number of dimensions."""
    rank = len(x.shape)
    if bias is None:
        return {1: "SqueezeBackward4", 2: "MmBackward0"}.get(rank, "UnsafeViewBackward0")
    if rank == 2:
        return "AddmmBackward0"
    return "ViewBackward0" if bias.shape else "AddBackward0"


def _bilinear(x1: Node, x2: Node, weight: Node, bias: Node | None) -> Node:
    if len(weight.shape) != 3 or not x1.shape or not x2.shape or x1.shape[:-1] != x2.shape[:-1]:
        raise ShapeError("needs arrays of one batch, and weights of three dimensions", subject="bilinear")
    lead = tuple(f"b{k}" for k in range(len(x1.shape) - 1))
    found = contracted(((x1, (*lead, "i")), (weight, ("o", "i", "j")), (x2, (*lead, "j"))), (*lead, "o"))
    return found if bias is None else found + bias


# Normalisation


def _normalize(x: Node, p: float, dim: Sizes, eps: Node) -> Node:
    length = clamp_min(along(norm, x, axes_of(x, dim), True, p), eps)
    return as_number(x) / expand(length, x.shape)


def _standardized(x: Node, axes: Sizes, eps: Node) -> Node:
    """x less its mean, divided by the root of its variance and eps, along negative axes."""
    apart = x - expand(along(mean, x, axes, True), x.shape)
    apart = apart - expand(along(mean, apart, axes, True), x.shape)  # the rounding of the mean, too
    spread = along(mean, apart * apart, axes, True)
    return apart / expand(sqrt(spread + eps), x.shape)


def _scaled(x: Node, weight: Node | None, bias: Node | None) -> Node:
    if weight is not None:
        x = x * weight
    return x if bias is None else x + bias


def _last_axes(x: Node, shape: Sizes, name: str) -> Sizes:
    if not shape or x.shape[len(x.shape) - len(shape) :] != shape or len(shape) > len(x.shape):
        raise ShapeError(f"needs a shape that ends in {list(shape)}, not {list(x.shape)}", subject=name)
    return tuple(range(-len(shape), 0))


def _layer_norm(x: Node, shape: Sizes, weight: Node | None, bias: Node | None, eps: Node) -> Node:
    return _scaled(_standardized(as_number(x), _last_axes(x, shape, "layer_norm"), eps), weight, bias)


def _rms_norm(x: Node, shape: Sizes, weight: Node | None, eps: Node | None) -> Node:
    axes = _last_axes(x, shape, "rms_norm")
    x = as_number(x)
    square = along(mean, x * x, axes, True) + (float(np.finfo(np.float64).eps) if eps is None else eps)
    return _scaled(x * expand(rsqrt(square), x.shape), weight, None)


def _by_channel(weight: Node | None, x: Node) -> Node | None:
    """Numbers for each channel, which are dimension 1, in a shape that fits x."""
    if weight is None:
        return None
    if weight.shape != (x.shape[1],):
        raise ShapeError(f"{x.shape[1]} channels do not fit {list(weight.shape)} numbers for them")
    return reshape(weight, (x.shape[1], *(1,) * (len(x.shape) - 2)))


def _batch_norm(
    x: Node,
    running_mean: Node | None,
    running_var: Node | None,
    weight: Node | None,
    bias: Node | None,
    training: bool,
    momentum: Node,
    eps: Node,
) -> Node:
    if len(x.shape) < 2:
        raise ShapeError(f"needs a batch with channels, not shape {list(x.shape)}", subject="batch_norm")
    x = as_number(x)
    if training:
        axes = tuple(each for each in range(-len(x.shape), 0) if each != 1 - len(x.shape))
        found = _standardized(x, axes, eps)
    else:
        centre, spread = _by_channel(running_mean, x), _by_channel(running_var, x)
        if centre is None or spread is None:
            raise EvaluationError(
                "batch_norm needs running_mean and running_var where it is not training",
                hint="give both, or write training=True",
            )
        found = (x - centre) / sqrt(spread + eps)
    return _scaled(found, _by_channel(weight, x), _by_channel(bias, x))


def _instance_norm(
    x: Node,
    running_mean: Node | None,
    running_var: Node | None,
    weight: Node | None,
    bias: Node | None,
    use_input_stats: bool,
    momentum: Node,
    eps: Node,
) -> Node:
    if not use_input_stats:
        return _batch_norm(x, running_mean, running_var, weight, bias, False, momentum, eps)
    if len(x.shape) < 3:
        raise ShapeError(f"needs more than channels, not shape {list(x.shape)}", subject="instance_norm")
    axes = tuple(range(2 - len(x.shape), 0))
    return _scaled(_standardized(as_number(x), axes, eps), _by_channel(weight, x), _by_channel(bias, x))


def _group_norm(x: Node, groups: int, weight: Node | None, bias: Node | None, eps: Node) -> Node:
    if len(x.shape) < 2 or groups < 1 or x.shape[1] % groups:
        raise ShapeError(f"{groups} groups do not divide the channels of shape {list(x.shape)}")
    parts = reshape(as_number(x), (x.shape[0], groups, math.prod(x.shape[1:]) // groups))
    found = reshape(_standardized(parts, (-1,), eps), x.shape)
    return _scaled(found, _by_channel(weight, x), _by_channel(bias, x))


# The same with the means and the inverse deviations that they have come from


def _inverse_deviation(x: Node, axes: Sizes, eps: Node) -> Node:
    apart = x - expand(along(mean, x, axes, True), x.shape)
    return rsqrt(along(mean, apart * apart, axes, True) + eps)


def _grouped(x: Node, n: int, groups: int) -> Node:
    return reshape(as_number(x), (n, groups, math.prod(x.shape[1:]) // groups))


def _channel_axes(x: Node) -> Sizes:
    return tuple(each for each in range(-len(x.shape), 0) if each != 1 - len(x.shape))


# Attention, and what is random while training


def _attention(
    query: Node,
    key: Node,
    value: Node,
    attn_mask: Node | None,
    dropout_p: float,
    is_causal: bool,
    scale: Node | None,
    enable_gqa: bool,
) -> Node:
    _not_random(dropout_p, True, "scaled_dot_product_attention")
    if min(len(query.shape), len(key.shape), len(value.shape)) < 2:
        raise ShapeError("needs queries, keys and values as rows", subject="scaled_dot_product_attention")
    if enable_gqa and len(query.shape) > 2 and key.shape[-3] != query.shape[-3]:
        times = query.shape[-3] // key.shape[-3]
        key, value = (_heads_repeated(each, times) for each in (key, value))
    factor = as_node(1 / math.sqrt(max(1, query.shape[-1]))) if scale is None else scale
    scores = intern(matmul, (as_number(query), transposed(as_number(key)))) * factor
    if is_causal:
        rows, columns = scores.shape[-2:]
        allowed = np.broadcast_to(np.tril(np.ones((rows, columns), dtype=bool)), scores.shape)
        scores = where(constant(allowed), scores, -math.inf)
    if attn_mask is not None:
        scores = where(attn_mask, scores, -math.inf) if attn_mask.boolean else scores + attn_mask
    return intern(matmul, (softmax.build(scores, (-1,)), as_number(value)))


def _heads_repeated(x: Node, times: int) -> Node:
    return at_places(x, -3, np.repeat(np.arange(x.shape[-3]), times))


def _not_random(p: float, training: bool, name: str) -> None:
    if training and p != 0:
        raise EvaluationError(
            f"{name} is random while training, and there are no random numbers here",
            hint="write training=False" if name != "scaled_dot_product_attention" else "leave dropout_p out",
        )


def _dropout(name: str) -> Callable[[Node, float, bool], Node]:
    def build(x: Node, p: float, training: bool) -> Node:
        _not_random(p, training, name)
        return as_number(x) * 1.0

    return build


# Entries


def layer(
    name: str,
    signature: str,
    definition: Callable[..., Node],
    doc: str,
    example: tuple[str, str],
    numpy: str,
    *samples: tuple[Any, ...],
    **about: Any,
) -> None:
    """Adds an entry of this family; `numpy` and `samples` are what it is checked against."""
    Composite(name, signature, definition, doc, example, numpy=numpy, samples=samples, family=family, **about)


layer(
    "linear",
    "x, weight, bias=None",
    _linear,
    "x @ weight.T + bias: weight has a row for each output.",
    ("linear([1, 2], [[3, 4]], [5])", "[16]"),
    "x @ weight.T + (0 if bias is None else bias)",
    *(([3], [2, 3], [2]), ([2, 3], [2, 3], None), ([2, 3], [3], None)),
    overload=lambda x, weight, bias: _linear_name(x, bias),
    derivative="weight in x, and x in weight",
    whole="kept",
)
layer(
    "bilinear",
    "x1, x2, weight, bias=None",
    _bilinear,
    "The sums over i and j of x1[i]*weight[k, i, j]*x2[j], plus bias[k].",
    ("bilinear([1, 2], [3], [[[1], [1]]])", "[9]"),
    "einsum('...i,kij,...j->...k', x1, weight, x2) + (0 if bias is None else bias)",
    *(([2], [3], [2, 2, 3], [2]), ([2, 2], [2, 1], [1, 2, 1], None)),
    derivative="the products of the other two in each",
    whole="kept",
)
layer(
    "normalize",
    "x, p=2.0, dim=1, eps=1e-12",
    _normalize,
    "x divided by its length along a dimension, which counts as eps at least.",
    ("normalize([3, 4], dim=0)", "[0.6, 0.8]"),
    "x/linalg.vector_norm(x, axis=axis, ord=p, keepdims=True)",
    *(([3], 2.0, (0,), 1e-12), ([2, 3], 2.0, (1,), 1e-12), ([2, 3], 1.0, (0,), 1e-12)),
    overload=called("Div"),
    derivative="((i == j) - u[i]*u[j])/length of u[i] in x[j], where u = normalize(x)",
)
_STANDARD = "((x - mean(x, {0}, keepdims=True))/sqrt(var(x, {0}, keepdims=True) + eps))"
layer(
    "layer_norm",
    "x, normalized_shape, weight=None, bias=None, eps=1e-05",
    _layer_norm,
    "x less its mean, divided by its deviation, over the last dimensions, times weight, plus bias.",
    ("layer_norm([1, 3], [2], eps=0)", "[-1, 1]"),
    "((x - mean(x, -1, keepdims=True))/sqrt(var(x, -1, keepdims=True) + eps))"
    "*(1 if weight is None else weight) + (0 if bias is None else bias)",
    *(([3], (3,), [3], [3], 1e-5), ([2, 4], (4,), None, None, [])),
    holds={"normalized_shape": "integers"},
    overload=called("NativeLayerNorm"),
    derivative="that of the quotient of deviation and spread",
)
layer(
    "rms_norm",
    "x, normalized_shape, weight=None, eps=None",
    _rms_norm,
    "x divided by the root of the mean of its squares, over the last dimensions, times weight.",
    ("rms_norm([3, 3], [2], eps=0)", "[1, 1]"),
    "x/sqrt(mean(x*x, -1, keepdims=True) + (2.220446049250313e-16 if eps is None else eps))"
    "*(1 if weight is None else weight)",
    *(([3], (3,), [3], None), ([2, 3], (3,), None, 1e-5)),
    holds={"normalized_shape": "integers"},
    overload=called("FusedRmsNorm"),
    derivative="that of the quotient of x and its size",
)
layer(
    "batch_norm",
    "x, running_mean=None, running_var=None, weight=None, bias=None, training=False, momentum=0.1, eps=1e-05",
    _batch_norm,
    "x less a mean for each channel, divided by a deviation: those given, or with training its own.",
    ("batch_norm([[1], [3]], training=True, eps=0)", "[[-1],\n [ 1]]"),
    "((x - mean(x, 0))/sqrt(var(x, 0) + eps) if training else (x - running_mean)/sqrt(running_var + eps))"
    "*(1 if weight is None else weight) + (0 if bias is None else bias)",
    *(([3, 2], None, None, [2], [2], True, 0.1, 1e-5),),
    *(([3, 2], [2], (1.0, 2.0), None, None, False, 0.1, 1e-5),),
    holds={"training": "truth"},
    overload=called("NativeBatchNorm"),
    derivative="that of the quotient of deviation and spread",
)
layer(
    "instance_norm",
    "x, running_mean=None, running_var=None, weight=None, bias=None, use_input_stats=True, momentum=0.1, "
    "eps=1e-05",
    _instance_norm,
    "x less its mean in each channel of each element of the batch, divided by its deviation there.",
    ("instance_norm([[[1, 3]]], eps=0)", "[[[-1, 1]]]"),
    "(x - mean(x, -1, keepdims=True))/sqrt(var(x, -1, keepdims=True) + eps)"
    "*(1 if weight is None else weight[:, None]) + (0 if bias is None else bias[:, None])",
    *(([2, 2, 3], None, None, [2], [2], True, 0.1, 1e-5),),
    holds={"use_input_stats": "truth"},
    overload=called("View"),
    derivative="that of the quotient of deviation and spread",
)
layer(
    "group_norm",
    "x, num_groups, weight=None, bias=None, eps=1e-05",
    _group_norm,
    "x less its mean in each group of channels, divided by its deviation there.",
    ("group_norm([[1, 3]], 1, eps=0)", "[[-1, 1]]"),
    "((x.reshape(2, 2, -1) - mean(x.reshape(2, 2, -1), -1, keepdims=True))"
    "/sqrt(var(x.reshape(2, 2, -1), -1, keepdims=True) + eps)).reshape(x.shape)"
    "*(1 if weight is None else weight) + (0 if bias is None else bias)",
    *(([2, 4], 2, [4], [4], 1e-5), ([2, 4], 2, None, None, 1e-5)),
    holds={"num_groups": "integer"},
    overload=called("NativeGroupNorm"),
    derivative="that of the quotient of deviation and spread",
)
layer(
    "scaled_dot_product_attention",
    "query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None, enable_gqa=False",
    _attention,
    "softmax(query @ key.T*scale + attn_mask) @ value, with scale 1/sqrt of the length of a query.",
    ("scaled_dot_product_attention([[0, 0]], [[1, 2], [3, 4]], [[2], [4]])", "[[3]]"),
    "(lambda s: exp(s)/sum(exp(s), -1, keepdims=True))"
    "(query @ key.swapaxes(-1, -2)/sqrt(query.shape[-1]) + where(tri(2) > 0, 0, -inf)*(1 if is_causal else 0)"
    ") @ value if not is_causal else stack([value[0], ((lambda s: exp(s)/sum(exp(s)))"
    "(query[1] @ key.T/sqrt(query.shape[-1]))) @ value])",
    *(([2, 3], [2, 3], [2, 2], None, 0.0, True, None, False),),
    holds={"dropout_p": "number", "is_causal": "truth", "enable_gqa": "truth"},
    overload=called("ScaledDotProductFlashAttentionForCpu"),
    derivative="those of softmax and of the two products",
)
for _name in ("dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_alpha_dropout"):
    layer(
        _name,
        "x, p=0.5, training=True",
        _dropout(_name),
        "x itself where it is not training; else it would be random, which is an error.",
        (f"{_name}([1, 2], training=False)", "[1, 2]"),
        "x",
        *(([3], 0.5, False), ([2, 3], 0.0, True)),
        holds={"p": "number", "training": "truth"},
        derivative="1",
        whole="kept",
    )


def _native(
    name: str, of: str, signature: str, build: Any, means: Any, spreads: Any, example: Any, *more: Any
) -> None:
    numpy, sample, holds = more
    layer(
        name,
        signature,
        build,
        f"{of}, with the means and the inverse deviations that it has come from, as a tuple.",
        example,
        numpy,
        sample,
        holds=holds,
        overload=called("".join(part.capitalize() for part in name.split("_"))),
        results=Results("0", (Result("1", means), Result("2", spreads)), alone=""),
        derivative="that of the quotient of deviation and spread",
    )


_native(
    "native_layer_norm",
    "layer_norm",
    "x, normalized_shape, weight=None, bias=None, eps=1e-05",
    _layer_norm,
    lambda x, shape, weight, bias, eps: along(mean, x, _last_axes(x, shape, "native_layer_norm"), True),
    lambda x, shape, weight, bias, eps: _inverse_deviation(
        as_number(x), _last_axes(x, shape, "native_layer_norm"), eps
    ),
    ("native_layer_norm([1, 3], [2], eps=0)[0]", "[-1, 1]"),
    "(x - mean(x, -1, keepdims=True))/sqrt(var(x, -1, keepdims=True) + eps)",
    ([2, 4], (4,), None, None, 1e-5),
    {"normalized_shape": "integers"},
)
_native(
    "native_group_norm",
    "group_norm",
    "x, weight, bias, N, C, HxW, group, eps",
    lambda x, weight, bias, n, c, rest, group, eps: _group_norm(x, group, weight, bias, eps),
    lambda x, weight, bias, n, c, rest, group, eps: reshape(
        along(mean, _grouped(x, n, group), (-1,)), (n, group)
    ),
    lambda x, weight, bias, n, c, rest, group, eps: reshape(
        _inverse_deviation(_grouped(x, n, group), (-1,), eps), (n, group)
    ),
    ("native_group_norm([[1, 3]], [1, 1], [0, 0], 1, 2, 1, 1, 0)[0]", "[[-1, 1]]"),
    "(x - mean(x, -1, keepdims=True))/sqrt(var(x, -1, keepdims=True) + eps)",
    ([2, 4], (1.0, 1.0, 1.0, 1.0), (0.0, 0.0, 0.0, 0.0), 2, 4, 1, 1, 1e-5),
    {"N": "integer", "C": "integer", "HxW": "integer", "group": "integer"},
)
