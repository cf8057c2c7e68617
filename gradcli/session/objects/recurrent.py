"""Recurrent layers: RNN, LSTM and GRU over sequences, and the cells that take one step.

The equations are those of PyTorch's documentation: gates stand in the rows of the weights in its order, each
layer reads what the one below gave, and a layer in two directions gives both, side by side.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from gradcli.engine.graph import Node, constant, intern
from gradcli.engine.primitives import TABLE, function
from gradcli.engine.primitives.shaping import cat_primitive, stack, subscript
from gradcli.language.tree import Call
from gradcli.lowering.context import Context
from gradcli.lowering.hosts import NONE, Arguments, Method, arguments
from gradcli.lowering.kinds import TENSOR, Host, Lowered, Several, Typed, named
from gradcli.session.objects.layers import uniform
from gradcli.session.objects.modules import Module
from gradcli.session.objects.settings import Settings
from gradcli.text.errors import EvaluationError
from gradcli.text.source import Span
from gradcli.trampoline import Rule

State = tuple[Node, ...]
"""What a cell hands on from step to step: h, and c beside it in an LSTM."""


_sigmoid, _tanh, _relu = (function(name) for name in ("sigmoid", "tanh", "relu"))


def _gates(both: Node, count: int) -> list[Node]:
    """The rows of gates, which stand side by side in the last dimension."""
    size = both.shape[-1] // count
    before = tuple((0, each, 1) for each in both.shape[:-1])
    return [subscript(both, (*before, (at * size, (at + 1) * size, 1))) for at in range(count)]


def _elman(activation: Callable[[Node], Node], x: Node, h: Node, state: State) -> State:
    return (activation(x + h),)


def _lstm(x: Node, h: Node, state: State) -> State:
    taken, forgotten, new, given = _gates(x + h, 4)
    cell = _sigmoid(forgotten) * state[1] + _sigmoid(taken) * _tanh(new)
    return _sigmoid(given) * _tanh(cell), cell


def _gru(x: Node, h: Node, state: State) -> State:
    of_input, of_state = _gates(x, 3), _gates(h, 3)
    reset, update = (_sigmoid(of_input[at] + of_state[at]) for at in (0, 1))
    new = _tanh(of_input[2] + reset * of_state[2])
    return ((state[0] - new) * update + new,)


class _Cell(NamedTuple):
    """What one step makes of the gates from the input, those from h, and the state; and how many gates."""

    step: Callable[[Node, Node, State], State]
    gates: int = 1
    states: int = 1


_CELLS: Mapping[str, _Cell] = {"LSTM": _Cell(_lstm, 4, 2), "GRU": _Cell(_gru, 3)}

_OF_NONLINEARITIES: Mapping[str, _Cell] = {
    "tanh": _Cell(partial(_elman, _tanh)),
    "relu": _Cell(partial(_elman, _relu)),
}


class Recurrent(Module):
    """What takes steps: its cell, and the sizes of inputs and states."""

    def __init__(self, name: str, cell: _Cell, sizes: tuple[int, int], text: str) -> None:
        super().__init__(name)
        self.cell = cell
        self.input_size, self.hidden_size = sizes
        self._text = text

    def settings(self) -> str:
        """What was set."""
        return self._text

    def initialise(self, context: Context, call: Call, inner: int, end: str, *, biased: bool) -> None:
        """Draws the weights of a cell that reads `inner` numbers, whose names have this `end`."""
        rows, bound = self.cell.gates * self.hidden_size, 1 / math.sqrt(max(self.hidden_size, 1))
        shapes: dict[str, tuple[int, ...]] = {
            "weight_ih": (rows, inner),
            "weight_hh": (rows, self.hidden_size),
        }
        for name, shape in (shapes | ({"bias_ih": (rows,), "bias_hh": (rows,)} if biased else {})).items():
            self.members[name + end] = uniform(context, call, shape, bound)

    def linear(self, context: Context, x: Node, which: str, end: str, call: Call) -> Node:
        """`x @ weight.T + bias` for the weights of inputs (`ih`) or of states (`hh`)."""
        kept = [self.members.get(f"{name}_{which}{end}") for name in ("weight", "bias")]
        given = [None if each is None else context.one(context.now(each), call.span)[0] for each in kept]
        return TABLE["linear"].build(x, *given)

    def placed(self, given: Arguments) -> Arguments:
        """What a call gives, with the input in its place where it has its name: `rnn(input=x, hx=h)`."""
        if given.positional or "input" not in given.named:
            return given
        rest = {name: each for name, each in given.named.items() if name != "input"}
        spans = [given.named_spans["input"]]
        return given._replace(positional=[given.named["input"]], named=rest, spans=spans)

    def begun(self, context: Context, given: Arguments, call: Call, shape: tuple[int, ...]) -> State:
        """The state that a call gives, or zeros."""
        found = [*given.positional[1:], *given.named.values()]
        if len(found) > 1:
            raise context.wrong(f"{self.name} is called with an input and a state", call.span)
        if not found or found[0] is NONE:
            return (constant(np.zeros(shape)),) * self.cell.states
        span = given.spans[1] if len(given.positional) > 1 else call.span
        items = found[0].items(context) if isinstance(found[0], Host) else getattr(found[0], "parts", None)
        parts = [found[0]] if self.cell.states == 1 else items
        if parts is None or len(parts) != self.cell.states:
            raise context.wrong("the state of an LSTM is a tuple of h and c", span, "lstm(x, (h0, c0))")
        state = tuple([context.one(each, span)[0] for each in parts])
        for at, node in enumerate(state):
            which = f"hidden[{at}]" if self.cell.states > 1 else "hidden"
            self.check(
                context, node.shape == shape, f"Expected {which} size {shape}, got {[*node.shape]}", span
            )
        return state

    def read(self, context: Context, given: Arguments, call: Call, ranks: tuple[int, int]) -> Node:
        """The input of a call, of one of two ranks."""
        if not given.positional:
            raise context.wrong(f"{self.name} is called with an input, and perhaps a state", call.span)
        span = given.spans[0]
        x, _ = context.one(given.positional[0], span)
        told = f"{self.name}: Expected input to be {ranks[0]}D or {ranks[1]}D, got {len(x.shape)}D instead"
        self.check(context, len(x.shape) in ranks, told, span)
        told = f"input.size(-1) must be equal to input_size. Expected {self.input_size}, got {x.shape[-1]}"
        self.check(context, x.shape[-1] == self.input_size, told, span)
        return x

    def check(self, context: Context, holds: bool, told: str, span: Span) -> None:
        """Raises `EvaluationError` in PyTorch's words for shapes that do not fit."""
        if not holds:
            raise EvaluationError(told, (context.mark(span),))


class Step(Recurrent):
    """A cell: one step for each row of a batch."""

    def forward(self, context: Context, given: Arguments, call: Call) -> Rule:
        """The next state: h, or h and c."""
        given = self.placed(given)
        x = self.read(context, given, call, (1, 2))
        state = self.begun(context, given, call, (*x.shape[:-1], self.hidden_size))
        yield from ()  # a rule that needs no other
        alone = len(x.shape) == 1
        x, state = _as_batch(x, 0, of=alone), tuple([_as_batch(each, 0, of=alone) for each in state])
        of_input, of_state = (
            self.linear(context, x, "ih", "", call),
            self.linear(context, state[0], "hh", "", call),
        )
        found = [_from_batch(each, 0, of=alone) for each in self.cell.step(of_input, of_state, state)]
        return found[0] if len(found) == 1 else Several(tuple(found))


class Layers(Recurrent):
    """Layers over sequences, each in one direction or in two."""

    num_layers = 1
    directions = 1
    batch_first = False
    dropout = 0.0

    def names(self) -> Any:
        """What can stand behind its dot."""
        return (*super().names(), "flatten_parameters")

    def attribute(self, context: Context, name: str) -> Lowered | None:
        """What a module has; its weights lie in memory as they lie."""
        if name == "flatten_parameters":
            return Method(name, lambda context, call: NONE)
        return super().attribute(context, name)

    def forward(self, context: Context, given: Arguments, call: Call) -> Rule:
        """The outputs of the last layer at each step, and the last states of all layers."""
        from gradcli.lowering.draws import dropped

        given = self.placed(given)
        x = self.read(context, given, call, (2, 3))
        turned, alone = self.batch_first and len(x.shape) == 3, len(x.shape) == 2
        told = "Expected sequence length to be larger than 0 in RNN"
        self.check(context, x.shape[int(turned)] > 0, told, given.spans[0])
        x = _as_batch(TABLE["transpose"].build(x, 0, 1) if turned else x, 1, of=alone)
        count = self.num_layers * self.directions
        shape = (count, *(() if alone else x.shape[1:-1]), self.hidden_size)
        begun = tuple([_as_batch(each, 1, of=alone) for each in self.begun(context, given, call, shape)])
        yield from ()  # a rule that needs no other
        last: list[State] = []
        for layer in range(self.num_layers):
            if layer and self.training and self.dropout:
                x, _ = dropped(context, "dropout", (x, TENSOR), self.dropout, call)
            ways: list[Node] = []
            for backwards in range(self.directions):
                state = tuple([_at(each, len(last)) for each in begun])
                steps, state = self._run(context, x, state, layer, call, backwards=bool(backwards))
                ways.append(steps)
                last.append(state)
            x = ways[0] if len(ways) == 1 else intern(cat_primitive, tuple(ways), (-1,))
        ends = [_from_batch(stack(each), 1, of=alone) for each in zip(*last, strict=True)]
        outputs: Lowered = _from_batch(x, 1, of=alone)
        if turned:
            told = "TransposeBackward0" if self.cell.states > 1 else "TransposeBackward1"
            outputs = TABLE["transpose"].build(x, 0, 1), named(TENSOR, told)
        return Several((outputs, ends[0] if len(ends) == 1 else Several(tuple(ends))))

    def _run(
        self, context: Context, x: Node, state: State, layer: int, call: Call, *, backwards: bool
    ) -> tuple[Node, State]:
        """What a layer gives at each step in one direction, and its last state."""
        end = f"_l{layer}{'_reverse' if backwards else ''}"
        gates = self.linear(context, x, "ih", end, call)  # of all steps at once
        steps = range(x.shape[0])
        outputs: list[Node] = []
        for at in reversed(steps) if backwards else steps:
            of_state = self.linear(context, state[0], "hh", end, call)
            state = self.cell.step(_at(gates, at), of_state, state)
            outputs.append(state[0])
        return stack(outputs[::-1] if backwards else outputs), state


def _as_batch(x: Node, dim: int, *, of: bool) -> Node:
    """A batch `of` a single sequence or row, in a dimension of its own; what is one stays as it is."""
    return TABLE["unsqueeze"].build(x, dim) if of else x


def _from_batch(x: Node, dim: int, *, of: bool) -> Typed:
    """What is found for a batch, or for the single sequence in it."""
    return (TABLE["squeeze"].build(x, (dim,)), named(TENSOR, "SqueezeBackward1")) if of else (x, TENSOR)


def _at(x: Node, place: int) -> Node:
    """`x[place]`."""
    return subscript(x, (place, *((0, each, 1) for each in x.shape[1:])))


def _shown(found: Settings, shown: Sequence[str]) -> str:
    """The settings as PyTorch prints them: the sizes, and what is no default."""
    keys = [key for key in shown if key in found.given and found.shown(key) != found.defaults[key]]
    sizes = [found.shown("input_size"), found.shown("hidden_size")]
    return ", ".join([*sizes, *[f"{key}={found.shown(key)}" for key in keys]])


def _cell_of(name: str, found: Settings) -> _Cell:
    if name != "RNN":
        return _CELLS[name]
    asked = found.text("nonlinearity")
    if asked not in _OF_NONLINEARITIES:
        told = f"there is no nonlinearity {asked} here"
        raise found.context.wrong(told, found.span("nonlinearity"), 'nonlinearity="tanh" or "relu"')
    return _OF_NONLINEARITIES[asked]


def _layers(name: str, context: Context, call: Call) -> Rule:
    own = "nonlinearity='tanh', " if name == "RNN" else ""
    signature = f"input_size, hidden_size, num_layers=1, {own}bias=True, batch_first=False"
    signature += ", dropout=0.0, bidirectional=False"
    found = Settings(context, name, signature, (yield arguments(context, call)), call)
    sizes = found.count("input_size"), found.count("hidden_size")
    text = _shown(found, ("num_layers", "bias", "batch_first", "dropout", "bidirectional"))
    module = Layers(name, _cell_of(name, found), sizes, text)
    module.num_layers = found.count("num_layers")
    module.directions = 2 if found.flag("bidirectional") else 1
    module.batch_first, module.dropout = found.flag("batch_first"), found.number("dropout")
    if not 0 <= module.dropout <= 1:
        told = "dropout should be a number in range [0, 1]"
        raise EvaluationError(told, (context.mark(found.span("dropout")),))
    if not module.num_layers:
        raise EvaluationError(
            "num_layers must be greater than zero", (context.mark(found.span("num_layers")),)
        )
    for layer in range(module.num_layers):
        inner = sizes[1] * module.directions if layer else sizes[0]
        for end in ("", "_reverse")[: module.directions]:
            module.initialise(context, call, inner, f"_l{layer}{end}", biased=found.flag("bias"))
    return found.of(module)


def _step(name: str, context: Context, call: Call) -> Rule:
    signature = "input_size, hidden_size, bias=True" + (", nonlinearity='tanh'" if name == "RNN" else "")
    found = Settings(context, f"{name}Cell", signature, (yield arguments(context, call)), call)
    sizes = found.count("input_size"), found.count("hidden_size")
    shown = _shown(found, [key for key in ("bias", "nonlinearity") if key in found.defaults])
    cell = Step(f"{name}Cell", _cell_of(name, found), sizes, shown)
    cell.initialise(context, call, sizes[0], "", biased=found.flag("bias"))
    return found.of(cell)


MAKERS: Mapping[str, Callable[[Context, Call], Any]] = {
    **{f"torch.nn.{name}": partial(_layers, name) for name in ("RNN", "LSTM", "GRU")},
    **{f"torch.nn.{name}Cell": partial(_step, name) for name in ("RNN", "LSTM", "GRU")},
}
"""What makes each, by its full path."""
