"""Optimizers: what steps parameters by their grads, as PyTorch's `torch.optim` does."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from gradcli.engine.graph import Input, as_node, constant
from gradcli.language.tree import Call, Vector
from gradcli.lowering.context import Context, Whole, done
from gradcli.lowering.dictionaries import Dictionary, of_names, of_pairs
from gradcli.lowering.hosts import NONE, Arguments, List, Method, Text, arguments, called
from gradcli.lowering.kinds import COUNT, Host, Key, Lowered, Several, changed_kind, number_kind
from gradcli.session.objects.line_search import Point, strong_wolfe
from gradcli.session.objects.modules import clear_grads
from gradcli.session.repeating.actions import Optimizes, Stepper
from gradcli.session.values import Value
from gradcli.text.errors import EvaluationError
from gradcli.text.source import Span
from gradcli.trampoline import Rule

State = dict[str, Any]
"""What an optimizer remembers of one parameter."""


class ParameterGroup(Host):
    """A group of parameters with settings of their own: what `optimizer.param_groups` lists."""

    title = "a group of parameters"
    keyed = True

    def __init__(self, parameters: Sequence[Value], settings: Mapping[str, Any]) -> None:
        self.parameters = tuple(parameters)
        self.settings = dict(settings)

    def held(self) -> Any:
        """Its settings."""
        return self.parameters, dict(self.settings)

    def hold(self, held: Any) -> None:
        """Lets it hold again what it held."""
        self.parameters, settings = held
        self.settings = dict(settings)

    def items(self, context: Context) -> Sequence[Lowered]:
        """The names of what it holds."""
        return [Text((name,)) for name in ("params", *self.settings)]

    def entry(self, context: Context, key: Key, span: Span) -> Lowered | None:
        """A setting, or the parameters."""
        if key.plain == "params":
            return List([*self.parameters])
        return _value(self.settings[key.plain]) if key.plain in self.settings else None

    def assign_entry(self, context: Context, key: Key, found: Lowered, span: Span) -> bool:
        """Changes a setting, or the parameters."""
        if key.plain == "params":
            parameters = tuple(_leaves(context, found, span))
            context.changing(self, span)
            context.acting(span).session.rearrange()
            self.parameters = parameters
            return True
        if key.plain not in self.settings:
            return False
        setting = _setting(context, found, span)
        context.changing(self, span)
        self.settings[key.plain] = setting
        return True

    def text(self) -> str:
        """Its settings, as an optimizer prints them."""
        return "".join(f"    {name}: {self.settings[name]}\n" for name in sorted(self.settings))


def _setting(context: Context, found: Lowered, span: Span) -> Any:
    """A setting as Python's own value; raises `InputError` for what is not known."""
    if found is NONE:
        return None
    if isinstance(found, Text):
        return found.plain
    if isinstance(found, Several):
        return tuple(_setting(context, each, span) for each in found.parts)
    node, kind = context.one(found, span)
    known = context.known(node, leaves=True)
    if known is None or np.shape(known):
        raise context.wrong("a setting is one number that is known", span)
    if node.boolean:
        return bool(known)
    return int(known) if kind.whole else float(known)


def _value(setting: Any) -> Lowered:
    if setting is None:
        return NONE
    if isinstance(setting, str):
        return Text((setting,))
    if isinstance(setting, tuple):
        return Several(tuple(_value(each) for each in setting))
    if isinstance(setting, bool):
        return constant(setting), COUNT
    return constant(setting), number_kind(isinstance(setting, int))


class Optimizer(Stepper):
    """Steps parameters by a rule, which is given each parameter, its grad, its state and the settings."""

    title = "an optimizer"

    @property
    def python_type(self) -> str:  # type: ignore[override]
        """What Python calls its type."""
        return f"torch.optim.{self.name.lower()}.{self.name}"

    def __init__(self, name: str, groups: Sequence[ParameterGroup], rule: Update) -> None:
        self.name = name
        self.groups = tuple(groups)
        self.rule = rule
        self.state: dict[Input, State] = {}

    def held(self) -> Any:
        """What it remembers of each parameter, and its groups."""
        return self.groups, {leaf: dict(state) for leaf, state in self.state.items()}

    def hold(self, held: Any) -> None:
        """Lets it hold again what it held."""
        self.groups, state = held
        self.state = {leaf: dict(each) for leaf, each in state.items()}

    def names(self) -> Iterable[str]:
        """What can stand behind its dot."""
        return ("step", "zero_grad", "param_groups", *self._of_states())

    def _of_states(self) -> Mapping[str, Callable[[Context, Call], Any]]:
        """What hands on what it remembers; that of `LBFGS` is of another sort, and stays with it."""
        if self.name == "LBFGS":
            return {}
        return {"state_dict": self._state_dict, "load_state_dict": self._load_state_dict}

    def attribute(self, context: Context, name: str) -> Lowered | None:
        """Its methods, and its groups."""
        if name == "param_groups":
            return List([*self.groups])
        if name == "step":
            return Method(name, self._step)
        if name == "zero_grad":
            return Method(name, self._zero_grad)
        does = self._of_states().get(name)
        return None if does is None else Method(name, does)

    def parameters(self) -> list[Value]:
        """All that it steps."""
        return [each for group in self.groups for each in group.parameters]

    def begin(self, group: ParameterGroup) -> None:
        """What it remembers of the parameters of a group before their first step, as Adagrad has it."""
        first = float(group.settings["initial_accumulator_value"])
        for each in group.parameters:
            assert isinstance(each.node, Input)
            self.state[each.node] = {"step": 0, "sum": np.full(each.node.shape, first)}

    def _step(self, context: Context, call: Call) -> Rule:
        given: Arguments = yield arguments(context, call)
        closure = (*given.positional, *given.named.values())
        found: Any = NONE
        if closure:
            if not isinstance(closure[0], Host):
                raise context.wrong("step takes a function, or nothing", call.span, "optimizer.step()")
            found = context.keep((yield called(closure[0], context, call._replace(arguments=()))), call.span)
        acting = context.acting(call.span)
        context.changing(self, call.span, unseen=True)
        optimizes = Optimizes(acting.session, self, context.mark(call.span))
        optimizes.done()
        acting.run.call_again(call, lambda: optimizes)
        return context.now(found)

    def moves(self) -> Iterator[tuple[Input, Callable[[Any, Any], Any]]]:
        """Each parameter, with its rule."""
        for group in self.groups:
            for each in group.parameters:
                assert isinstance(each.node, Input)
                yield each.node, partial(self._moved, each.node, group)

    def _moved(self, leaf: Input, group: ParameterGroup, data: Any, grad: Any) -> Any:
        with np.errstate(all="ignore"):
            return self.rule(data, grad, self.state.setdefault(leaf, {}), group.settings)

    def _zero_grad(self, context: Context, call: Call) -> Rule:
        given: Arguments = yield arguments(context, call)
        asked = [*given.positional, *given.named.values()]
        to_none = not asked or bool(_setting(context, asked[0], call.span))
        leaves = [each.node for each in self.parameters() if isinstance(each.node, Input)]
        clear_grads(context, call, leaves, to_none=to_none)
        return NONE

    def _state_dict(self, context: Context, call: Call) -> Lowered:
        """What it remembers of each parameter, by the place of that, and the settings of its groups."""
        span, session = call.span, context.acting(call.span).session
        states: list[tuple[Lowered, Lowered]] = []
        groups: list[Any] = []
        count = itertools.count()
        for group in self.groups:
            places: list[Any] = []
            for each in group.parameters:
                assert isinstance(each.node, Input)
                place = as_node(next(count)), COUNT
                places.append(context.keep(place, span))
                kind = changed_kind(each.kind, whole=False)
                remembered = {
                    name: context.now(session.new_constant("", np.array(data), kind))
                    for name, data in self.state.get(each.node, {}).items()
                }
                if remembered:
                    states.append((place, of_names(context, remembered, span)))
            settings = {name: _value(setting) for name, setting in group.settings.items()}
            groups.append(of_names(context, {**settings, "params": List(places)}, span))
        of_states = of_pairs(context, states, span)
        return of_names(context, {"state": of_states, "param_groups": List(groups)}, span)

    def _load_state_dict(self, context: Context, call: Call) -> Rule:
        """Takes what another of its sort has remembered; raises `GradcliError` where that does not fit."""
        given: Arguments = yield arguments(context, call)
        found = given.positional[0] if given.positional else given.named.get("state_dict")
        named = found.by_names(context) if isinstance(found, Dictionary) else {}
        states, groups = named.get("state"), named.get("param_groups")
        if not isinstance(states, Dictionary) or not isinstance(groups, List):
            raise context.wrong("load_state_dict takes what state_dict gives", call.span)
        settings = [each.by_names(context) for each in groups.items(context) if isinstance(each, Dictionary)]
        if len(settings) != len(self.groups):
            message = "loaded state dict has a different number of parameter groups"
            raise EvaluationError(message, (context.mark(call.span),))
        for group, own in zip(self.groups, settings, strict=True):
            listed = own.pop("params", None)
            if not isinstance(listed, List) or len(listed.kept) != len(group.parameters):
                message = "loaded state dict contains a parameter group that doesn't match the size of "
                raise EvaluationError(f"{message}optimizer's group", (context.mark(call.span),))
        session = context.acting(call.span).session
        context.changing(self, call.span)
        for group, own in zip(self.groups, settings, strict=True):
            context.changing(group, call.span)
            group.settings |= {name: _setting(context, value, call.span) for name, value in own.items()}
        for place, each in enumerate(self.parameters()):
            assert isinstance(each.node, Input)
            _, state = states.entries.get(place, (None, None))
            remembered = state.by_names(context) if isinstance(state, Dictionary) else {}
            self.state[each.node] = {
                name: session.evaluate((context.one(value, call.span)[0],))[0]
                for name, value in remembered.items()
            }
        return NONE

    def text(self) -> str:
        """As PyTorch prints it."""
        groups = [f"Parameter Group {place}\n{group.text()}" for place, group in enumerate(self.groups)]
        return f"{self.name} (\n" + "\n".join(groups) + ")"


Update = Callable[[Any, Any, State, Mapping[str, Any]], Any]
"""What a parameter becomes: of its value, its grad, its state (which it changes) and the settings."""


def _sgd(p: Any, grad: Any, state: State, given: Mapping[str, Any]) -> Any:
    g = _grad(p, grad, given)
    if given["momentum"]:
        before = state.get("momentum_buffer")
        g_now = g if before is None else given["momentum"] * before + (1 - given["dampening"]) * g
        state["momentum_buffer"] = g_now
        g = g + given["momentum"] * g_now if given["nesterov"] else g_now
    return p - given["lr"] * g


def _grad(p: Any, grad: Any, given: Mapping[str, Any]) -> Any:
    """The grad, turned round to maximise, with the decay of the parameter in it."""
    g = -grad if given.get("maximize") else grad
    return g + given["weight_decay"] * p if given["weight_decay"] else g


def _adam(p: Any, grad: Any, state: State, given: Mapping[str, Any], *, decoupled: bool = False) -> Any:
    if decoupled:
        p = p * (1 - given["lr"] * given["weight_decay"])
        g = -grad if given["maximize"] else grad
    else:
        g = _grad(p, grad, given)
    first, second = given["betas"]
    step = state["step"] = state.get("step", 0) + 1
    zero = np.zeros(np.shape(p))
    mean, square = state.get("exp_avg", zero), state.get("exp_avg_sq", zero)
    mean = state["exp_avg"] = mean + (1 - first) * (g - mean)
    square = state["exp_avg_sq"] = second * square + (1 - second) * (g * g)
    if given["amsgrad"]:
        square = state["max_exp_avg_sq"] = np.maximum(state.get("max_exp_avg_sq", zero), square)
    scale = np.sqrt(square) / (1 - second**step) ** 0.5 + given["eps"]
    return p - given["lr"] / (1 - first**step) * (mean / scale)


def _rmsprop(p: Any, grad: Any, state: State, given: Mapping[str, Any]) -> Any:
    g, alpha, zero = _grad(p, grad, given), given["alpha"], np.zeros(np.shape(p))
    state["step"] = state.get("step", 0) + 1
    before = state.get("momentum_buffer", zero)
    square = state["square_avg"] = alpha * state.get("square_avg", zero) + (1 - alpha) * (g * g)
    if given["momentum"] > 0:
        state["momentum_buffer"] = before  # which PyTorch lists here
    if given["centered"]:
        mean = state.get("grad_avg", zero)
        mean = state["grad_avg"] = mean + (1 - alpha) * (g - mean)
        square = square - mean * mean
    step = g / (np.sqrt(square) + given["eps"])
    if given["momentum"] > 0:
        step = state["momentum_buffer"] = given["momentum"] * before + step
    return p - given["lr"] * step


def _adagrad(p: Any, grad: Any, state: State, given: Mapping[str, Any]) -> Any:
    g = _grad(p, grad, given)
    step = state["step"] = state["step"] + 1
    total = state["sum"] = state["sum"] + g * g
    return p - given["lr"] / (1 + (step - 1) * given["lr_decay"]) * (g / (np.sqrt(total) + given["eps"]))


_UNUSED = {"maximize": False, "foreach": None, "differentiable": False, "fused": None}
"""Settings that say how PyTorch computes, but for `maximize`."""

_LBFGS = {
    "lr": 1,
    "max_iter": 20,
    "max_eval": None,
    "tolerance_grad": 1e-07,
    "tolerance_change": 1e-09,
    "history_size": 100,
    "line_search_fn": None,
}

_KINDS: Mapping[str, tuple[Update, Mapping[str, Any]]] = {
    "LBFGS": (_sgd, _LBFGS),
    "SGD": (
        _sgd,
        {"lr": 0.001, "momentum": 0, "dampening": 0, "weight_decay": 0, "nesterov": False, **_UNUSED},
    ),
    "Adam": (
        _adam,
        {
            "lr": 0.001,
            "betas": (0.9, 0.999),
            "eps": 1e-08,
            "weight_decay": 0,
            "amsgrad": False,
            "maximize": False,
            "foreach": None,
            "capturable": False,
            "differentiable": False,
            "fused": None,
            "decoupled_weight_decay": False,
        },
    ),
    "AdamW": (
        partial(_adam, decoupled=True),
        {
            "lr": 0.001,
            "betas": (0.9, 0.999),
            "eps": 1e-08,
            "weight_decay": 0.01,
            "amsgrad": False,
            "maximize": False,
            "foreach": None,
            "capturable": False,
            "differentiable": False,
            "fused": None,
            "decoupled_weight_decay": True,
        },
    ),
    "RMSprop": (
        _rmsprop,
        {
            "lr": 0.01,
            "momentum": 0,
            "alpha": 0.99,
            "eps": 1e-08,
            "centered": False,
            "weight_decay": 0,
            "capturable": False,
            "foreach": None,
            "maximize": False,
            "differentiable": False,
        },
    ),
    "Adagrad": (
        _adagrad,
        {
            "lr": 0.01,
            "lr_decay": 0,
            "eps": 1e-10,
            "weight_decay": 0,
            "initial_accumulator_value": 0,
            "foreach": None,
            "maximize": False,
            "differentiable": False,
            "fused": None,
        },
    ),
}
"""What each optimizer does, and its settings as PyTorch lists them, with their defaults."""

_IN_TURN: Mapping[str, Sequence[str]] = {
    "RMSprop": ("lr", "alpha", "eps", "weight_decay", "momentum", "centered"),
    "Adagrad": ("lr", "lr_decay", "weight_decay", "initial_accumulator_value", "eps"),
}
"""The settings that can be given without their names, where that is another order."""


class LBFGS(Optimizer):
    """The method of Broyden, Fletcher, Goldfarb and Shanno with a limited memory, perhaps with a line search.

    A step calls a function that computes the loss and its grads as often as it needs (Nocedal, 1980).
    """

    def _step(self, context: Context, call: Call) -> Rule:
        given: Arguments = yield arguments(context, call)
        closure = [*given.positional, *given.named.values()]
        if len(closure) != 1 or not isinstance(closure[0], Host):
            hint = "optimizer.step(closure), with a function that calls backward and returns the loss"
            raise context.wrong("a step of LBFGS takes a function", call.span, hint)
        function = closure[0]
        session = context.acting(call.span).session
        asked = call._replace(arguments=())
        context.changing(self, call.span)
        (group,) = self.groups
        leaves = [each.node for each in group.parameters if isinstance(each.node, Input)]
        memory = self.state.setdefault(leaves[0], {"n_iter": 0, "old": ()})

        def gradient() -> Any:
            found = [session.grad_data(leaf) for leaf in leaves]
            flat = [
                np.zeros(math.prod(leaf.shape)) if grad is None else np.ravel(grad)
                for leaf, grad in zip(leaves, found, strict=True)
            ]
            return np.concatenate(flat)

        def move(start: Sequence[Any], by: Any) -> None:
            place = 0
            for leaf, data in zip(leaves, start, strict=True):
                size = math.prod(leaf.shape)
                step = by[place : place + size].reshape(leaf.shape)
                session.update(leaf, (data + step)[()], context.mark(call.span))
                place += size

        def measured() -> Rule:
            found = yield called(function, context, asked)
            return _number_of(context, found, call.span), gradient()

        first = yield called(function, context, asked)
        kept = context.keep(first, call.span)  # its value now, before the parameters change
        loss, grad, calls, rounds = _number_of(context, first, call.span), gradient(), 1, 0
        settings = group.settings
        search = settings["line_search_fn"] == "strong_wolfe"
        most_calls = settings["max_eval"] or settings["max_iter"] * 5 // 4
        while np.max(np.abs(grad)) > settings["tolerance_grad"] and rounds < settings["max_iter"]:
            rounds += 1
            direction, rate = _direction(memory, grad, settings)
            memory["grad"], before = grad, loss
            memory["step"] = step = rate * direction
            if grad @ direction > -settings["tolerance_change"]:
                break
            start = [session.datum(leaf) for leaf in leaves]
            if search:

                def at(rate: float, start: Sequence[Any] = start, direction: Any = direction) -> Rule:
                    move(start, rate * direction)
                    return (yield measured())

                begin = Point(0.0, loss, grad, float(grad @ direction))
                best, asks = yield strong_wolfe(at, begin, direction, rate, most_calls - calls)
                loss, grad, calls = best.value, best.gradient, calls + asks
                memory["step"] = step = best.rate * direction
            move(start, step)
            if rounds == settings["max_iter"]:
                break
            if not search:
                (loss, grad), calls = (yield measured()), calls + 1
            if search and np.max(np.abs(grad)) <= settings["tolerance_grad"] and calls < most_calls:
                break
            small = max(np.max(np.abs(step)), 0.0) <= settings["tolerance_change"]
            if calls >= most_calls or small or abs(loss - before) < settings["tolerance_change"]:
                break
        return context.now(kept)


def _number_of(context: Context, found: Lowered, span: Span) -> float:
    """The loss that a function has given; raises `EvaluationError` for what is no number."""
    node, _ = context.one(found, span)
    data = np.asarray(context.acting(span).session.evaluate((node,))[0])
    if data.size != 1:
        raise EvaluationError("the function of a step must return one number", (context.mark(span),))
    return float(data.item())


def _direction(memory: State, grad: Any, settings: Mapping[str, Any]) -> tuple[Any, float]:
    """Where to go, by the last changes of the gradient, which are remembered, and how far."""
    memory["n_iter"] += 1
    if memory["n_iter"] == 1:
        return -grad, min(1.0, 1.0 / np.sum(np.abs(grad))) * settings["lr"]
    change, step = grad - memory["grad"], memory["step"]
    curvature = change @ step
    if curvature > 1e-10:
        old = (*memory["old"], (change, step, 1.0 / curvature))
        memory["old"] = old[-settings["history_size"] :]
        memory["scale"] = curvature / (change @ change)
    old = memory["old"]
    found, shares = -grad, []
    for change, step, inverse in reversed(old):
        share = (step @ found) * inverse
        shares.append(share)
        found = found - share * change
    found = found * memory.get("scale", 1.0)
    for (change, step, inverse), share in zip(old, reversed(shares), strict=True):
        found = found + step * (share - (change @ found) * inverse)
    return found, settings["lr"]


def _made(name: str, context: Context, call: Call) -> Rule:
    rule, defaults = _KINDS[name]
    given: Arguments = yield arguments(context, (yield _with_each(call)))
    names = ["params", *defaults]
    in_turn = ["params", *_IN_TURN.get(name, defaults)]
    if len(given.positional) > len(in_turn):
        raise context.wrong(f"{name} takes parameters and settings", call.span, _HINT.format(name=name))
    found = dict(zip(in_turn, zip(given.positional, given.spans, strict=True), strict=False))
    for key, each in given.named.items():
        if key not in names:
            shown = ", ".join(key for key in defaults if key not in _UNUSED or key == "maximize")
            raise context.wrong(
                f"{name} has no setting {key}", given.named_spans[key], f"its settings are {shown}"
            )
        found[key] = each, given.named_spans[key]
    if "params" not in found:
        raise context.wrong(f"{name} needs parameters", call.span, _HINT.format(name=name))
    params, span = found.pop("params")
    settings = {**defaults, **{key: _setting(context, *each) for key, each in found.items()}}
    _check(context, name, settings, {key: each[1] for key, each in found.items()}, call)
    groups = []
    for entries in _groups(context, params, span):
        own, listed = dict(settings), params
        for key, value in entries:
            if key == "params":
                listed = value
            elif key in own:
                own[key] = _setting(context, value, span)
            else:
                raise context.wrong(f"{name} has no setting {key}", span)
        _check(context, name, own, {}, call)
        groups.append(ParameterGroup(_leaves(context, listed, span), own))
    if name != "LBFGS":
        made = Optimizer(name, groups, rule)
        for each in groups if name == "Adagrad" else ():
            made.begin(each)
        return made
    group = groups[0]
    if settings["line_search_fn"] not in (None, "strong_wolfe"):
        place = found["line_search_fn"][1]
        raise context.wrong("only 'strong_wolfe' is supported", place, 'line_search_fn="strong_wolfe"')
    return LBFGS(name, [group], rule)


def _with_each(call: Call) -> Rule:
    """A rule: a call whose first argument, `[w, b]`, is each of its items, and not an array of them."""
    first = call.arguments[0] if call.arguments else None
    if first is None or not isinstance(first.value, Vector):
        return call
    items = []
    for item in first.value.items:
        items.append((yield Whole(item)))
    given = first._replace(value=done(first.value.span, Several(tuple(items))))
    return call._replace(arguments=(given, *call.arguments[1:]))


def _groups(context: Context, params: Lowered, span: Span) -> list[list[tuple[str, Lowered]]]:
    """What an optimizer is given in dictionaries, one for each group: `[{"params": […], "lr": 0.1}, …]`."""
    items: Sequence[Lowered] = params.items(context) if isinstance(params, List) else ()
    if isinstance(params, Several):
        items = params.parts
    dictionaries = [each for each in items if isinstance(each, Dictionary)]
    if not dictionaries or len(dictionaries) < len(items):
        return [[]]
    found = []
    for each in dictionaries:
        if "params" not in each.entries:
            raise context.wrong("a group of parameters needs params", span, '[{"params": [w], "lr": 0.1}]')
        found.append([(str(key), context.now(value)) for key, (_, value) in each.entries.items()])
    return found


_HINT = "torch.optim.{name}([w, b], lr=0.1)"


def _check(
    context: Context, name: str, settings: Mapping[str, Any], spans: Mapping[str, Span], call: Call
) -> None:
    """Refuses settings with PyTorch's words; raises `EvaluationError`."""
    wrong = {
        "lr": "learning rate",
        "momentum": "momentum value",
        "weight_decay": "weight_decay value",
        "eps": "epsilon value",
    }
    for key, said in wrong.items():
        if key in settings and not settings[key] >= 0:
            place = (context.mark(spans.get(key, call.span)),)
            raise EvaluationError(f"Invalid {said}: {settings[key]}", place)
    if settings.get("nesterov") and (settings["momentum"] <= 0 or settings["dampening"] != 0):
        place = (context.mark(spans.get("nesterov", call.span)),)
        raise EvaluationError("Nesterov momentum requires a momentum and zero dampening", place)


def _leaves(context: Context, params: Lowered, span: Span) -> list[Value]:
    """The leaves that are to be stepped; raises `EvaluationError` with PyTorch's words."""
    place = (context.mark(span),)
    items = params.items(context) if isinstance(params, Host) else getattr(params, "parts", None)
    if items is None or (isinstance(params, tuple) and not isinstance(params, Several)):
        raise EvaluationError(
            "params argument given to the optimizer should be an iterable of Tensors", place, "as in [w, b]"
        )
    if not items:
        raise EvaluationError("optimizer got an empty parameter list", place)
    found = []
    for each in items:
        node, kind = context.one(each, span)
        node = context.acting(span).session.thawed(node)
        if not isinstance(node, Input) or node.role != "leaf":
            raise EvaluationError("can't optimize a non-leaf Tensor", place)
        found.append(Value(node, None, {}, kind))
    return found


MAKERS: Mapping[str, Callable[[Context, Call], Any]] = {
    f"torch.optim.{name}": partial(_made, name) for name in _KINDS
}
"""What makes each optimizer, by its full path."""
