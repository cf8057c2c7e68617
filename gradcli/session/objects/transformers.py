"""Transformers: layers of attention and of what stands behind it, encoders, decoders, and both together.

Source: A. Vaswani et al., Attention is all you need, 2017, section 3; layers that normalise first are those
of R. Xiong et al., On layer normalization in the transformer architecture, 2020, figure 1b.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np

from gradcli.engine.graph import constant
from gradcli.engine.primitives.arithmetic import where
from gradcli.language.tree import Argument, Call
from gradcli.lowering.context import Context, done
from gradcli.lowering.hosts import NONE, Arguments, Method, Text, arguments, called, called_with
from gradcli.lowering.kinds import COUNT, TENSOR, Host, Lowered
from gradcli.session.makers import maker
from gradcli.session.objects.attention import Attention
from gradcli.session.objects.collected import copy_of
from gradcli.session.objects.containers import ModuleList
from gradcli.session.objects.initial import glorot
from gradcli.session.objects.layers import uniform
from gradcli.session.objects.modules import Module, applied, is_parameter
from gradcli.session.objects.settings import Settings
from gradcli.text.errors import EvaluationError
from gradcli.trampoline import Rule

_OF_LAYERS = (
    "d_model, nhead, dim_feedforward=2048, dropout=0.1, activation='relu', layer_norm_eps=1e-05, "
    "batch_first=False, norm_first=False, bias=True"
)

_ATTENTION = (
    "MultiheadAttention",
    "embed_dim=d_model, num_heads=nhead, dropout=dropout, bias=bias, batch_first=batch_first",
)
_NORM = ("LayerNorm", "normalized_shape=d_model, eps=layer_norm_eps, bias=bias")
_DROPOUT = ("Dropout", "p=dropout")


def _parts(blocks: int) -> Mapping[str, tuple[str, str]]:
    """The modules in a layer by their names, as PyTorch makes them one by one: their kinds and settings."""
    places = range(1, blocks + 2)
    return {
        **dict.fromkeys(("self_attn", "multihead_attn")[:blocks], _ATTENTION),
        "linear1": ("Linear", "in_features=d_model, out_features=dim_feedforward, bias=bias"),
        "dropout": _DROPOUT,
        "linear2": ("Linear", "in_features=dim_feedforward, out_features=d_model, bias=bias"),
        **{f"norm{place}": _NORM for place in places},
        **{f"dropout{place}": _DROPOUT for place in places},
    }


_MASKS = {
    "TransformerEncoderLayer": "src, src_mask=None, src_key_padding_mask=None, is_causal=False",
    "TransformerDecoderLayer": (
        "tgt, memory, tgt_mask=None, memory_mask=None, tgt_key_padding_mask=None, "
        "memory_key_padding_mask=None, tgt_is_causal=False, memory_is_causal=False"
    ),
    "TransformerEncoder": "src, mask=None, src_key_padding_mask=None, is_causal=None",
    "TransformerDecoder": (
        "tgt, memory, tgt_mask=None, memory_mask=None, tgt_key_padding_mask=None, "
        "memory_key_padding_mask=None, tgt_is_causal=None, memory_is_causal=False"
    ),
    "Transformer": (
        "src, tgt, src_mask=None, tgt_mask=None, memory_mask=None, src_key_padding_mask=None, "
        "tgt_key_padding_mask=None, memory_key_padding_mask=None, src_is_causal=None, tgt_is_causal=None, "
        "memory_is_causal=False"
    ),
}
"""What each module is called with."""


def _passed(found: Settings, names: Mapping[str, str]) -> Iterator[Argument]:
    """The arguments of a call that are given and not `None`, under other names, where they are written."""
    for name, own in names.items():
        if not found.is_left_out(own):
            yield Argument(found.span(own), name, done(found.span(own), found.given[own]))


class Layer(Module):
    """A layer: attention to itself, in a decoder also to what an encoder gave, and two linear layers."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.norm_first = False
        self.activation: str | Host = "relu"
        """What stands between the linear layers: a function of the table, or a program's own."""

    def forward(self, context: Context, given: Arguments, call: Call) -> Rule:
        """What it makes of a sequence, in the shape that it has; raises `GradcliError`."""
        found = Settings(context, self.name, _MASKS[self.name], given, call, prefix="")
        first = next(iter(found.defaults))
        x = found.given[first]
        of_itself = "is_causal" if first == "src" else "tgt_is_causal"
        x = yield self._block(
            context, x, 1, partial(self._attends, found, "self_attn", first, of_itself), call
        )
        if first == "tgt":
            attends = partial(self._attends, found, "multihead_attn", "memory", "memory_is_causal")
            x = yield self._block(context, x, 2, attends, call)
        last = 2 if first == "src" else 3
        return (yield self._block(context, x, last, partial(self._through, found), call))

    def _block(
        self, context: Context, x: Lowered, place: int, makes: Callable[[Lowered], Rule], call: Call
    ) -> Rule:
        """A rule: a value and what is made of it, added, normalised before or behind."""
        norm = self.members[f"norm{place}"]
        inner = (yield called_with(norm, context, (x,), call)) if self.norm_first else x
        inner = yield makes(inner)
        inner = yield called_with(self.members[f"dropout{place}"], context, (inner,), call)
        nodes = [context.one(each, call.span)[0] for each in (x, inner)]
        both = (nodes[0] + nodes[1], TENSOR)
        return both if self.norm_first else (yield called_with(norm, context, (both,), call))

    def _attends(self, found: Settings, name: str, prefix: str, causal: str, x: Lowered) -> Rule:
        """A rule: what attention gives for queries, to themselves or to the memory."""
        span = found.span(prefix if prefix == "memory" else next(iter(found.defaults)))
        to = found.given["memory"] if prefix == "memory" else x
        given = [Argument(span, None, done(span, each)) for each in (x, to, to)]
        given.append(Argument(span, "need_weights", done(span, (constant(False), COUNT))))
        masks = {"attn_mask": f"{prefix}_mask", "key_padding_mask": f"{prefix}_key_padding_mask"}
        given += _passed(found, masks | {"is_causal": causal})
        made = yield called(self.members[name], found.context, found.call._replace(arguments=tuple(given)))
        return made.parts[0]

    def _through(self, found: Settings, x: Lowered) -> Rule:
        """A rule: what the linear layers give."""
        context, call = found.context, found.call
        x = yield called_with(self.members["linear1"], context, (x,), call)
        own = self.members.get("activation", self.activation)
        if isinstance(own, str):
            alone = call._replace(arguments=(Argument(call.span, None, done(call.span, x)),))
            x = yield applied(context, own, (x,), {}, alone)
        else:
            x = yield called_with(own, context, (x,), call)
        for name in ("dropout", "linear2"):
            x = yield called_with(self.members[name], context, (x,), call)
        return x


class Stack(Module):
    """Layers one behind another, and perhaps what normalises their outputs: an encoder or a decoder."""

    nests = False
    """Whether PyTorch leaves out what is padded, where nothing is trained."""

    def forward(self, context: Context, given: Arguments, call: Call) -> Rule:
        """What the last layer gives, normalised where that is asked; raises `GradcliError`."""
        found = Settings(context, self.name, _MASKS[self.name], given, call, prefix="")
        first, *masks = found.defaults
        x = found.given[first]
        names = {each: each for each in masks if each != "memory"}
        if first == "src":
            names = {("src_mask" if each == "mask" else each): each for each in names}
        span = found.span(first)
        inner = [found.given["memory"]] if "memory" in masks else []
        for _, layer in self.members["layers"].children():
            context.now(layer)  # noted, as what a loop keeps depends on it
            passed = [Argument(span, None, done(span, each)) for each in (x, *inner)]
            passed += _passed(found, names)
            x = yield called(layer, context, call._replace(arguments=tuple(passed)))
        if self.nests:
            x = self._without_padding(found, x)
        norm = self.members["norm"]
        return x if norm is NONE else (yield called_with(norm, context, (x,), call))

    def _without_padding(self, found: Settings, x: Lowered) -> Lowered:
        """The outputs, which PyTorch lets be 0 at the padded ends of sequences where nothing is trained."""
        context, (_, layer) = found.context, next(self.members["layers"].children())
        node, kind = context.one(x, found.call.span)
        key = "src_key_padding_mask"
        trains = layer.training or (node.tracked and context.recording and context.scope.recording)
        if trains or len(node.shape) != 3 or found.is_left_out(key):
            return x
        mask, _ = context.one(found.given[key], found.span(key))
        padded = context.known(mask, leaves=True)
        if padded is None:
            padded = context.acting(found.span(key)).session.evaluate((context.where_taken(mask),))[0]
        padded = np.asarray(padded)
        padded = padded if padded.dtype == bool else padded == -math.inf
        if not found.is_left_out("mask") or np.any(padded[:, :-1] & ~padded[:, 1:]):
            return x
        ends = constant(np.broadcast_to(padded[..., None], node.shape))
        return where(ends, 0.0, node), kind


class Transformer(Module):
    """An encoder, and a decoder that attends to what it gives."""

    def forward(self, context: Context, given: Arguments, call: Call) -> Rule:
        """What the decoder gives for the target; raises `GradcliError`."""
        found = Settings(context, self.name, _MASKS[self.name], given, call, prefix="")
        names = {"src": "src", "mask": "src_mask", "is_causal": "src_is_causal"}
        names["src_key_padding_mask"] = "src_key_padding_mask"
        asked = call._replace(arguments=tuple(_passed(found, names)))
        memory = yield called(self.members["encoder"], context, asked)
        names = {each: each for each in found.defaults if each.startswith(("tgt", "memory"))}
        passed = [*_passed(found, names), Argument(call.span, "memory", done(call.span, memory))]
        return (yield called(self.members["decoder"], context, call._replace(arguments=tuple(passed))))

    def attribute(self, context: Context, name: str) -> Lowered | None:
        """As of every module; and what makes a mask."""
        if name == "generate_square_subsequent_mask":
            return Method(name, _subsequent)
        return super().attribute(context, name)


# What makes them


def _given(found: Settings, kept: Mapping[str, Any], asked: str) -> Call:
    """A call with settings that have been given, under other names: `p=dropout`."""
    made = []
    for name, _, own in [each.partition("=") for each in asked.split(", ")]:
        value = Text((kept[own],)) if isinstance(kept[own], str) else found.context.now(kept[own])
        made.append(Argument(found.span(own), name, done(found.span(own), value)))
    return found.call._replace(arguments=tuple(made))


def _made(name: str, context: Context, call: Call) -> Any:
    """What makes a module of PyTorch's."""
    make = maker(f"torch.nn.{name}")
    assert make is not None
    return make(context, call)


def _layer(name: str, context: Context, call: Call) -> Rule:
    found = Settings(context, name, _OF_LAYERS, (yield arguments(context, call)), call)
    layer = found.of(Layer(name))
    kept = layer.made_with
    layer.made_with = {"norm_first": kept["norm_first"]}
    layer.norm_first = found.flag("norm_first")
    for part, (sort, asked) in _parts(1 if name == "TransformerEncoderLayer" else 2).items():
        layer.members[part] = yield _made(sort, context, _given(found, kept, asked))
    activation = found.given.get("activation", Text(("relu",)))
    if isinstance(activation, Module):
        layer.members["activation"] = activation
    elif isinstance(activation, Text):
        layer.activation = found.text("activation")
        if layer.activation not in ("relu", "gelu"):
            told = f"activation should be relu/gelu, not {layer.activation}"
            raise EvaluationError(told, (context.mark(found.span("activation")),))
    elif isinstance(activation, Host) and type(activation).call is not Host.call:
        layer.activation = activation
    else:
        raise context.wrong("this is no function", found.span("activation"), 'activation="gelu"')
    return layer


def _stack(name: str, context: Context, call: Call) -> Rule:
    signature = {
        "TransformerEncoder": (
            "encoder_layer, num_layers, norm=None, enable_nested_tensor=True, mask_check=True"
        ),
        "TransformerDecoder": "decoder_layer, num_layers, norm=None",
    }[name]
    found = Settings(context, name, signature, (yield arguments(context, call)), call)
    first = next(iter(found.defaults))
    layer, norm = found.given[first], found.given.get("norm", NONE)
    for key, each in ((first, layer), ("norm", norm)):
        if not isinstance(each, Module) and (key == first or each is not NONE):
            raise context.wrong("this is no module", found.span(key), f"nn.{name}({first}, 2)")
    if not found.count("num_layers"):
        raise EvaluationError("num_layers must be at least 1", (context.mark(found.span("num_layers")),))
    made = found.of(Stack(name))
    made.made_with = {"num_layers": made.made_with["num_layers"]}
    layers = ModuleList("ModuleList")
    for place in range(found.count("num_layers")):
        layers.members[str(place)] = copy_of(context, layer, call.span)
    made.members |= {"layers": layers, "norm": norm}
    if name == "TransformerEncoder" and found.flag("enable_nested_tensor"):
        made.nests = isinstance(layer, Layer) and _nests(layer)
    return made


def _nests(layer: Layer) -> bool:
    """Whether PyTorch computes sequences of such a layer without what is padded, where nothing is trained."""
    attention = layer.members.get("self_attn")
    if not isinstance(attention, Attention) or layer.norm_first or not attention.batch_first:
        return False
    alike = attention.members["in_proj_weight"] is not NONE and attention.members["in_proj_bias"] is not NONE
    activation = layer.members.get("activation", layer.activation)
    name = activation if isinstance(activation, str) else getattr(activation, "name", "")
    return alike and attention.heads % 2 == 0 and name in ("relu", "gelu", "ReLU", "GELU")


_OF_BOTH = (
    "d_model=512, nhead=8, num_encoder_layers=6, num_decoder_layers=6, dim_feedforward=2048, dropout=0.1, "
    "activation='relu', custom_encoder=None, custom_decoder=None, layer_norm_eps=1e-05, batch_first=False, "
    "norm_first=False, bias=True"
)


def _transformer(context: Context, call: Call) -> Rule:
    found = Settings(context, "Transformer", _OF_BOTH, (yield arguments(context, call)), call)
    made = found.of(Transformer("Transformer"))
    kept = made.made_with
    made.made_with = {key: kept[key] for key in ("d_model", "nhead", "batch_first")}
    asked = ", ".join(
        [
            f"{key}={key}"
            for key in kept
            if key not in ("custom_encoder", "custom_decoder") and not key.startswith("num_")
        ]
    )
    for part in ("encoder", "decoder"):
        own = found.given.get(f"custom_{part}", NONE)
        if own is NONE:
            sort = f"Transformer{part.capitalize()}"
            kept[f"{part}_layer"] = yield _made(f"{sort}Layer", context, _given(found, kept, asked))
            kept["norm"] = yield _made(_NORM[0], context, _given(found, kept, _NORM[1]))
            stacked = f"{part}_layer={part}_layer, num_layers=num_{part}_layers, norm=norm"
            own = yield _made(sort, context, _given(found, kept, stacked))
        if not isinstance(own, Module):
            raise context.wrong("this is no module", found.span(f"custom_{part}"), "custom_encoder=encoder")
        made.members[part] = own
    for _, module in made.modules():
        for name, each in list(module.members.items()):
            if is_parameter(each) and len(each.node.shape) > 1:
                module.members[name] = uniform(context, call, each.node.shape, glorot(each.node.shape))
    return made


def _subsequent(context: Context, call: Call) -> Rule:
    """A rule: 0 where a place may attend to another, which is not behind it, and else -inf."""
    found = Settings(
        context,
        "generate_square_subsequent_mask",
        "sz",
        (yield arguments(context, call)),
        call,
        prefix="nn.Transformer.",
    )
    size = found.count("sz")
    return constant(np.triu(np.full((size, size), -math.inf), 1)), TENSOR


MAKERS: Mapping[str, Callable[[Context, Call], Any]] = {
    **{
        f"torch.nn.Transformer{each}Layer": partial(_layer, f"Transformer{each}Layer")
        for each in ("Encoder", "Decoder")
    },
    **{
        f"torch.nn.Transformer{each}": partial(_stack, f"Transformer{each}")
        for each in ("Encoder", "Decoder")
    },
    "torch.nn.Transformer": _transformer,
    "torch.nn.Transformer.generate_square_subsequent_mask": _subsequent,
}
"""What makes each module, by its full path."""
