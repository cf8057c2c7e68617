"""Attention with several heads, as PyTorch's `nn.MultiheadAttention`.

Source: A. Vaswani et al., Attention is all you need, 2017, section 3.2; the names, the order and the initial
numbers of the parameters are PyTorch's.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from gradcli.engine.graph import Node, constant
from gradcli.engine.primitives import TABLE
from gradcli.engine.primitives.arithmetic import where
from gradcli.engine.primitives.shaping import permute, reshape, subscript
from gradcli.language.tree import Call
from gradcli.lowering.context import Context
from gradcli.lowering.hosts import NONE, Arguments, arguments
from gradcli.lowering.kinds import COUNT, TENSOR, Lowered, Several, named
from gradcli.session.objects.initial import glorot
from gradcli.session.objects.layers import Layer, initialised, parameter, probability, uniform
from gradcli.session.objects.modules import Module
from gradcli.session.objects.settings import Settings
from gradcli.text.errors import EvaluationError
from gradcli.trampoline import Rule

_SETTINGS = (
    "embed_dim, num_heads, dropout=0.0, bias=True, add_bias_kv=False, add_zero_attn=False, kdim=None, "
    "vdim=None, batch_first=False"
)

_CALLED = (
    "query, key, value, key_padding_mask=None, need_weights=True, attn_mask=None, average_attn_weights=True, "
    "is_causal=False"
)


class Projection(Layer):
    """The linear layer behind attention, for which PyTorch has a class of its own."""

    def is_instance(self, of: Any) -> bool:
        """Whether it is of that class of PyTorch's; it is a `Linear`, too."""
        return of == "torch.nn.Linear" or super().is_instance(of)


class Attention(Module):
    """Attention: a query gives the mean of the values, weighted by how well their keys fit, in each head."""

    def __init__(self, sizes: tuple[int, int, int], heads: int) -> None:
        super().__init__("MultiheadAttention")
        self.sizes = sizes
        """Of a query, a key and a value."""
        self.heads = heads
        self.dropout = 0.0
        self.batch_first = False

    def forward(self, context: Context, given: Arguments, call: Call) -> Rule:
        """The outputs (N, L, E), and the weights (N, L, S), or `None`; raises `GradcliError`.

        L is the number of queries, S that of keys, N that of the batch, and E the size of an output; N stands
        second unless `batch_first` is set, and is left out for single sequences. Weights that are not
        averaged have the heads behind N.
        """
        found = Settings(context, self.name, _CALLED, given, call, prefix="")
        alone, batches = self._read(found)
        yield from ()  # a rule that needs no other
        query, key, value = [
            self._heads(self._projected(context, place, x, call)) for place, x in enumerate(batches)
        ]
        scale = constant(math.sqrt(1.0 / query.shape[-1]))
        scores = TABLE["matmul"].build(query * scale, permute(key, (-4, -3, -1, -2)))
        weights = TABLE["softmax"].build(self._masked(found, scores, alone=alone), (-1,))
        if self.training and self.dropout:
            from gradcli.lowering.draws import dropped

            weights, _ = dropped(context, "dropout", (weights, TENSOR), self.dropout, call)
        mixed = permute(TABLE["matmul"].build(weights, value), (-2, -4, -3, -1))
        last = self.members["out_proj"]
        outputs = _after(context, reshape(mixed, mixed.shape[:2] + self.sizes[:1]), last, call)
        return Several((self._placed(outputs, alone=alone), _told(found, weights, alone=alone)))

    def _read(self, found: Settings) -> tuple[bool, list[Node]]:
        """Whether single sequences are given; and queries, keys and values, each (N, length, size)."""
        context, names = found.context, ("query", "key", "value")
        nodes = [context.one(found.given[name], found.span(name))[0] for name in names]
        rank = len(nodes[0].shape)
        told = f"query should be unbatched 2D or batched 3D tensor but received {rank}-D query tensor"
        _check(found, "query", rank in (2, 3), told)
        sort = "unbatched (2-D)" if rank == 2 else "batched (3-D)"
        for name, node, size in zip(names, nodes, self.sizes, strict=True):
            told = f"For {sort} `query`, expected `key` and `value` to be {rank}-D, not {len(node.shape)}-D"
            _check(found, name, len(node.shape) == rank, told)
            told = f"was expecting embedding dimension of {size}, but got {node.shape[-1]}"
            _check(found, name, node.shape[-1] == size, told)
        if rank == 2:
            nodes = [reshape(node, (1, *node.shape)) for node in nodes]
        elif not self.batch_first:
            nodes = [permute(node, (-2, -3, -1)) for node in nodes]
        for name, node, like in zip(names[1:], nodes[1:], nodes, strict=False):
            fits = node.shape[0] == like.shape[0] and (name == "key" or node.shape[1] == like.shape[1])
            said = [list(context.one(found.given[each], found.span(each))[0].shape) for each in names]
            _check(found, name, fits, f"sequences of shapes {said[0]}, {said[1]} and {said[2]} do not fit")
        return rank == 2, nodes

    def _projected(self, context: Context, place: int, x: Node, call: Call) -> Node:
        """What the linear layer before attention makes of queries, keys or values."""
        whole = self.members["in_proj_weight"]
        if whole is NONE:
            name = f"{'qkv'[place]}_proj_weight"
            weight = context.one(context.now(self.members[name], name), call.span)[0]
        else:
            weight = self._rows(context.one(context.now(whole, "in_proj_weight"), call.span)[0], place)
        kept = self.members["in_proj_bias"]
        if kept is NONE:
            return TABLE["linear"].build(x, weight, None)
        bias = context.one(context.now(kept, "in_proj_bias"), call.span)[0]
        return TABLE["linear"].build(x, weight, self._rows(bias, place))

    def _rows(self, x: Node, place: int) -> Node:
        """A third of what stands below one another for queries, keys and values."""
        size = self.sizes[0]
        rest = tuple([(0, each, 1) for each in x.shape[1:]])
        return subscript(x, ((place * size, (place + 1) * size, 1), *rest))

    def _heads(self, x: Node) -> Node:
        """Numbers (N, length, E) as (N, heads, length, E/heads)."""
        apart = reshape(x, (*x.shape[:2], self.heads, self.sizes[0] // self.heads))
        return permute(apart, (-4, -2, -3, -1))

    def _masked(self, found: Settings, scores: Node, *, alone: bool) -> Node:
        """The scores without those that masks take away; those of numbers are added."""
        batch, heads, queries, keys = scores.shape
        causal = found.flag("is_causal")
        padded = not found.is_left_out("key_padding_mask")
        if causal and found.is_left_out("attn_mask"):
            told = "Need attn_mask if specifying the is_causal hint."
            hint = "attn_mask=torch.triu(torch.ones(size, size, dtype=torch.bool), 1)"
            raise EvaluationError(told, (found.context.mark(found.span("is_causal")),), hint)
        if causal and not padded and not found.flag("need_weights"):
            later = np.triu(np.ones((queries, keys), dtype=bool), 1)
            scores = where(constant(np.broadcast_to(later, scores.shape)), -math.inf, scores)
        elif not found.is_left_out("attn_mask"):
            several = (batch * heads, queries, keys)
            shapes = {(queries, keys): (1, 1, queries, keys), several: scores.shape}
            scores = _with_mask(found, "attn_mask", shapes, scores)
        if padded:
            shape = (keys,) if alone else (batch, keys)
            scores = _with_mask(found, "key_padding_mask", {shape: (batch, 1, 1, keys)}, scores)
        return scores

    def _placed(self, outputs: Node, *, alone: bool) -> Lowered:
        """The outputs (L, N, E), which lie so in memory, in the order of what was given."""
        if alone:
            return reshape(outputs, outputs.shape[::2]), named(TENSOR, "SqueezeBackward1")
        if self.batch_first:
            return permute(outputs, (-2, -3, -1)), named(TENSOR, "TransposeBackward0")
        return outputs, named(TENSOR, "ViewBackward0")


def _after(context: Context, x: Node, layer: Module, call: Call) -> Node:
    """What the linear layer behind attention gives; its hooks are not called, as in PyTorch."""
    kept = [layer.members[name] for name in ("weight", "bias")]
    given = [None if each is NONE else context.one(context.now(each), call.span)[0] for each in kept]
    return TABLE["linear"].build(x, *given)


def _check(found: Settings, name: str, holds: bool, told: str) -> None:
    """Raises `EvaluationError` for what does not fit."""
    if not holds:
        raise EvaluationError(told, (found.context.mark(found.span(name)),))


def _with_mask(
    found: Settings, name: str, shapes: Mapping[tuple[int, ...], tuple[int, ...]], scores: Node
) -> Node:
    """The scores with a mask of one of some shapes, which each stand for one that fits the scores."""
    mask, kind = found.context.one(found.given[name], found.span(name))
    _check(
        found, name, mask.boolean or not kind.whole, f"only bool and floating types of {name} are supported"
    )
    wanted = " or ".join([str(list(shape)) for shape in shapes])
    told = f"The shape of {name} is {list(mask.shape)}, but should be {wanted}"
    _check(found, name, mask.shape in shapes, told)
    mask = reshape(mask, shapes[mask.shape])
    return where(mask, -math.inf, scores) if mask.boolean else scores + mask


def _told(found: Settings, weights: Node, *, alone: bool) -> Lowered:
    """The weights, or their means over the heads, where they are asked for."""
    if not found.flag("need_weights"):
        return NONE
    name = "ViewBackward0"
    if found.flag("average_attn_weights"):
        weights, name = TABLE["mean"].build(weights, (-3,), False), "MeanBackward1"
    if alone:
        weights, name = reshape(weights, weights.shape[1:]), "SqueezeBackward1"
    return weights, named(TENSOR, name)


def attention(context: Context, call: Call, found: Settings) -> Attention:
    """A new module with PyTorch's initial numbers; raises `GradcliError`."""
    size, heads = found.count("embed_dim"), found.count("num_heads")
    if not size or not heads:
        told = "embed_dim and num_heads must be greater than 0"
        raise EvaluationError(told, (context.mark(found.span("num_heads" if size else "embed_dim")),))
    if size % heads:
        told = "embed_dim must be divisible by num_heads"
        raise EvaluationError(told, (context.mark(found.span("num_heads")),))
    for key in ("add_bias_kv", "add_zero_attn"):
        if found.flag(key):
            raise context.wrong(f"there is no {key} here", found.span(key))
    inner, outer = (size if found.is_left_out(key) else found.count(key) for key in ("kdim", "vdim"))
    made = Attention((size, inner, outer), heads)
    made.batch_first, made.dropout = found.flag("batch_first"), probability(found, "dropout")
    biased = found.flag("bias")
    projection = Projection(
        "NonDynamicallyQuantizableLinear",
        "linear",
        {},
        f"in_features={size}, out_features={size}, bias={biased}",
    )
    initialised(context, call, projection, (size, size), size, size if biased else None)
    together = inner == outer == size
    shapes = {"in_proj_weight": (3 * size, size)}
    for name, columns in zip("qkv", made.sizes, strict=True):
        shapes[f"{name}_proj_weight"] = (size, columns)
    for name, shape in shapes.items():
        is_there = together == (name == "in_proj_weight")
        made.members[name] = uniform(context, call, shape, glorot(shape)) if is_there else NONE
    made.members["in_proj_bias"] = NONE
    if biased:
        made.members["in_proj_bias"] = parameter(context, constant(np.zeros(3 * size)), call.span)
        projection.members["bias"] = parameter(context, constant(np.zeros(size)), call.span)
    made.members["out_proj"] = projection
    return made


def _attention(context: Context, call: Call) -> Rule:
    found = Settings(context, "MultiheadAttention", _SETTINGS, (yield arguments(context, call)), call)
    made = found.of(attention(context, call, found))
    sizes = dict(zip(("kdim", "vdim"), made.sizes[1:], strict=True), head_dim=made.sizes[0] // made.heads)
    for name, size in sizes.items():
        made.made_with[name] = context.keep((constant(size), COUNT), call.span)
    return made


MAKERS: Mapping[str, Callable[[Context, Call], Any]] = {"torch.nn.MultiheadAttention": _attention}
"""What makes each module, by its full path."""
