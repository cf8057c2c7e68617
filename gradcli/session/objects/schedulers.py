"""Schedulers of learning rates: what changes an optimizer's rates from epoch to epoch.

As in PyTorch's `torch.optim.lr_scheduler`, a rate follows from the one before, so that a program may change
it in between.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from gradcli.engine.graph import constant
from gradcli.language.tree import Call
from gradcli.lowering.context import Context
from gradcli.lowering.hosts import NONE, Arguments, List, Method, arguments, called_with, items_of
from gradcli.lowering.kinds import COUNT, REAL, Host, Lowered
from gradcli.session.objects.optimizers import Optimizer, ParameterGroup
from gradcli.session.objects.settings import Settings
from gradcli.text.errors import EvaluationError, RaisedError
from gradcli.text.source import Span
from gradcli.trampoline import Rule

Rate = Callable[[Mapping[str, Any], int, float, float], Any]
"""What a rate becomes: of the settings, the epoch, the rate before, and that of the beginning."""


class Scheduler(Host):
    """Changes the rates of an optimizer at each step; `functions` are those that a program has given."""

    title = "a scheduler"

    def __init__(
        self,
        name: str,
        optimizer: Optimizer,
        rate: Rate,
        settings: Mapping[str, Any],
        functions: Sequence[Host] = (),
    ) -> None:
        self.name = name
        self.optimizer = optimizer
        self.rate = rate
        self.settings = settings
        self.functions = functions
        self.epoch = -1
        self.last: tuple[float, ...] = ()

    def held(self) -> Any:
        """The epoch, and the rates in it."""
        return self.epoch, self.last

    def hold(self, held: Any) -> None:
        """Lets it hold again what it held."""
        self.epoch, self.last = held

    def names(self) -> Iterable[str]:
        """What can stand behind its dot."""
        return ("step", "get_last_lr", "last_epoch", "base_lrs", "optimizer")

    def attribute(self, context: Context, name: str) -> Lowered | None:
        """One of its methods, and where it is."""
        if name == "last_epoch":
            return constant(self.epoch), COUNT
        if name == "optimizer":
            return context.now(self.optimizer)
        if name == "base_lrs":
            return _listed([group.settings["initial_lr"] for group in self.optimizer.groups])
        if name == "step":
            return Method(name, self._step)
        return Method(name, self._last) if name == "get_last_lr" else None

    def _step(self, context: Context, call: Call) -> Rule:
        if call.arguments:
            raise context.wrong(
                f"step of {self.name} takes nothing", call.arguments[0].span, "scheduler.step()"
            )
        yield self.step(context, call)
        return NONE

    def step(self, context: Context, call: Call) -> Rule:
        """A rule: goes on to the next epoch."""
        context.changing(self, call.span)
        self.epoch += 1
        rates = []
        for place, group in enumerate(self.optimizer.groups):
            begin = group.settings.setdefault("initial_lr", group.settings["lr"])
            settings = self.settings
            if self.functions:
                function = self.functions[min(place, len(self.functions) - 1)]
                settings = {"factor": (yield _factor(context, function, self.epoch, call))}
            rates.append(float(self.rate(settings, self.epoch, group.settings["lr"], begin)))
        self.give(context, rates, call.span)

    def give(self, context: Context, rates: Sequence[float], span: Span) -> None:
        """Gives the groups other rates."""
        for group, rate in zip(self.optimizer.groups, rates, strict=True):
            if rate != group.settings["lr"]:
                _set_rate(context, group, rate, span)
        self.last = tuple(rates)

    def _last(self, context: Context, call: Call) -> Lowered:
        return _listed(self.last)

    def text(self) -> str:
        """As Python has it, but for its address."""
        return f"<torch.optim.lr_scheduler.{self.name} object>"


def _listed(rates: Iterable[float]) -> List:
    return List([(constant(rate), REAL) for rate in rates])


def _set_rate(context: Context, group: ParameterGroup, rate: float, span: Span) -> None:
    context.changing(group, span)
    group.settings["lr"] = rate


def _factor(context: Context, function: Host, epoch: int, call: Call) -> Rule:
    """A rule: what a function gives for an epoch; raises `EvaluationError` for what is no number."""
    found = yield called_with(function, context, ((constant(epoch), COUNT),), call)
    node, _ = context.one(found, call.span)
    known = context.known(node, leaves=True)
    if known is None or node.shape:
        raise EvaluationError("the function of a scheduler gives one number", (context.mark(call.span),))
    return float(known)


# How rates change


def _stepped(given: Mapping[str, Any], epoch: int, rate: float, begin: float) -> Any:
    return rate if epoch == 0 or epoch % given["step_size"] else rate * given["gamma"]


def _at_milestones(given: Mapping[str, Any], epoch: int, rate: float, begin: float) -> Any:
    times = Counter(given["milestones"])[epoch]
    return rate * given["gamma"] ** times if times else rate


def _exponential(given: Mapping[str, Any], epoch: int, rate: float, begin: float) -> Any:
    return rate * given["gamma"] if epoch else rate


def _cosine(given: Mapping[str, Any], epoch: int, rate: float, begin: float) -> Any:
    period, least = given["T_max"], given["eta_min"]
    if epoch == 0:
        return rate
    if (epoch - 1 - period) % (2 * period) == 0:
        return rate + (begin - least) * (1 - math.cos(math.pi / period)) / 2
    share = (1 + math.cos(math.pi * epoch / period)) / (1 + math.cos(math.pi * (epoch - 1) / period))
    return share * (rate - least) + least


def _restarted(given: Mapping[str, Any], epoch: int, rate: float, begin: float) -> Any:
    """Source: I. Loshchilov, F. Hutter, SGDR: Stochastic gradient descent with warm restarts, 2017, eq. 5."""
    period, least = given["T_0"], given["eta_min"]
    while epoch >= period:
        epoch -= period
        period *= given["T_mult"]
    return least + (begin - least) * (1 + math.cos(math.pi * epoch / period)) / 2


def _linear(given: Mapping[str, Any], epoch: int, rate: float, begin: float) -> Any:
    first, last, total = given["start_factor"], given["end_factor"], given["total_iters"]
    if epoch == 0:
        return rate * first
    if epoch > total:
        return rate
    return rate * (1 + (last - first) / (total * first + (epoch - 1) * (last - first)))


def _held_back(given: Mapping[str, Any], epoch: int, rate: float, begin: float) -> Any:
    if epoch == 0:
        return rate * given["factor"]
    return rate * (1.0 / given["factor"]) if epoch == given["total_iters"] else rate


def _polynomial(given: Mapping[str, Any], epoch: int, rate: float, begin: float) -> Any:
    total = given["total_iters"]
    if epoch == 0 or epoch > total:
        return rate
    return rate * ((1 - epoch / total) / (1 - (epoch - 1) / total)) ** given["power"]


def _of_function(given: Mapping[str, Any], epoch: int, rate: float, begin: float) -> Any:
    return begin * given["factor"]


def _times_function(given: Mapping[str, Any], epoch: int, rate: float, begin: float) -> Any:
    return rate * given["factor"] if epoch else rate


_KINDS: Mapping[str, tuple[Rate, str]] = {
    "StepLR": (_stepped, "step_size, gamma=0.1"),
    "MultiStepLR": (_at_milestones, "milestones, gamma=0.1"),
    "ExponentialLR": (_exponential, "gamma"),
    "CosineAnnealingLR": (_cosine, "T_max, eta_min=0.0"),
    "CosineAnnealingWarmRestarts": (_restarted, "T_0, T_mult=1, eta_min=0.0"),
    "LinearLR": (_linear, "start_factor=0.3333333333333333, end_factor=1.0, total_iters=5"),
    "ConstantLR": (_held_back, "factor=0.3333333333333333, total_iters=5"),
    "PolynomialLR": (_polynomial, "total_iters=5, power=1.0"),
    "LambdaLR": (_of_function, "lr_lambda"),
    "MultiplicativeLR": (_times_function, "lr_lambda"),
}
"""How each scheduler changes rates, and its settings behind the optimizer, with PyTorch's defaults."""

_COUNTS = ("step_size", "T_max", "T_0", "T_mult", "total_iters", "patience", "cooldown")
"""Settings that are whole numbers."""


def _settings(context: Context, name: str, signature: str, given: Arguments, call: Call) -> Settings:
    """The settings of a scheduler, the optimizer first; raises `InputError`."""
    whole = f"optimizer, {signature}, last_epoch=-1, verbose=False"
    found = Settings(context, name, whole, given, call, prefix="torch.optim.lr_scheduler.")
    if not isinstance(found.given["optimizer"], Optimizer):
        raise context.wrong(
            "a scheduler is given an optimizer first",
            found.span("optimizer"),
            f"{name}(optimizer, {signature.partition('=')[0]}=…)",
        )
    if not found.is_left_out("last_epoch") and found.number("last_epoch") != -1:
        raise context.wrong("a scheduler begins at its first epoch here", found.span("last_epoch"))
    return found


def _made(name: str, context: Context, call: Call) -> Rule:
    rate, signature = _KINDS[name]
    found = _settings(context, name, signature, (yield arguments(context, call)), call)
    optimizer = found.given["optimizer"]
    assert isinstance(optimizer, Optimizer)
    settings: dict[str, Any] = {}
    functions: list[Host] = []
    for key in _keys(signature):
        span = found.span(key)
        if key == "lr_lambda":
            functions = _functions(context, found.given[key], span)
        elif key == "milestones":
            items = items_of(context, found.given[key], span)
            settings[key] = [context.settled_integer(context.one(each, span)[0], span) for each in items]
        elif key in _COUNTS:
            settings[key] = found.count(key)
            if not settings[key]:
                raise EvaluationError(f"{key} must be at least 1", (context.mark(span),))
        else:
            settings[key] = found.number(key)
    made = Scheduler(name, optimizer, rate, settings, functions)
    yield made.step(context, call)
    return made


def _keys(signature: str) -> list[str]:
    """The names of settings."""
    return [item.partition("=")[0] for item in signature.split(", ")]


def _functions(context: Context, found: Lowered, span: Span) -> list[Host]:
    """The function of a scheduler, or those of each group; raises `InputError`."""
    items = items_of(context, found, span) if isinstance(found, List) else [found]
    functions = [each for each in items if isinstance(each, Host) and type(each).call is not Host.call]
    if not functions or len(functions) < len(items):
        raise context.wrong("this is a function of the epoch", span, "lr_lambda=lambda epoch: 0.95**epoch")
    return functions


class OneCycle(Scheduler):
    """Lets rates grow to a greatest one and fall far below the first, while the momentum does the opposite.

    Source: L. N. Smith, N. Topin, Super-convergence, 2018; the phases are those of PyTorch's `OneCycleLR`.
    """

    def __init__(self, optimizer: Optimizer, settings: Mapping[str, Any]) -> None:
        super().__init__("OneCycleLR", optimizer, lambda given, *_: self._at(given["rates"]), settings)

    def step(self, context: Context, call: Call) -> Rule:
        """A rule: goes on to the next step; raises `EvaluationError` behind the last one."""
        total = self.settings["total_steps"]
        if self.epoch + 1 > total:
            said = f"Tried to step {self.epoch + 1} times. The specified number of total steps is {total}"
            raise RaisedError(
                "ValueError", said, (context.mark(call.span),), said, "give it more total_steps"
            )
        yield from super().step(context, call)
        if self.settings["cycle_momentum"]:
            for group in self.optimizer.groups:
                _set_momentum(context, group, self._at(self.settings["momenta"]), call.span)

    def _at(self, values: Sequence[float]) -> float:
        """What goes from value to value in the phases, in the present step."""
        ends, start = self.settings["ends"], 0.0
        for place, end in enumerate(ends):
            if self.epoch <= end or place == len(ends) - 1:
                break
            start = end
        share = (self.epoch - start) / (end - start)
        first, last = values[place], values[place + 1]
        if self.settings["anneal_strategy"] == "linear":
            between: float = (last - first) * share + first
        else:
            between = last + (first - last) / 2.0 * (1 + math.cos(math.pi * share))
        return between


def _set_momentum(context: Context, group: ParameterGroup, momentum: float, span: Span) -> None:
    context.changing(group, span)
    if "betas" in group.settings:
        group.settings["betas"] = (momentum, *group.settings["betas"][1:])
    else:
        group.settings["momentum"] = momentum


_ONE_CYCLE = (
    "max_lr, total_steps=None, epochs=None, steps_per_epoch=None, pct_start=0.3, anneal_strategy='cos', "
    "cycle_momentum=True, base_momentum=0.85, max_momentum=0.95, div_factor=25.0, final_div_factor=10000.0, "
    "three_phase=False"
)


class Plateau(Scheduler):
    """Makes rates smaller where what is measured has not become better for some epochs."""

    def __init__(self, optimizer: Optimizer, settings: Mapping[str, Any]) -> None:
        super().__init__("ReduceLROnPlateau", optimizer, _exponential, settings)
        self.epoch = 0
        self.best = math.inf if settings["mode"] == "min" else -math.inf
        self.bad = self.cooling = 0
        self.last = tuple(group.settings["lr"] for group in optimizer.groups)

    def held(self) -> Any:
        """The epoch, the rates in it, the best so far, and how long it has waited."""
        return super().held(), self.best, self.bad, self.cooling

    def hold(self, held: Any) -> None:
        """Lets it hold again what it held."""
        above, self.best, self.bad, self.cooling = held
        super().hold(above)

    def _better(self, measured: float) -> bool:
        margin: float = self.settings["threshold"]
        sign = -1 if self.settings["mode"] == "min" else 1
        if self.settings["threshold_mode"] == "rel":
            limit = self.best * (1 + sign * margin)
        else:
            limit = self.best + sign * margin
        return measured < limit if sign < 0 else measured > limit

    def _step(self, context: Context, call: Call) -> Rule:
        given: Arguments = yield arguments(context, call)
        values = [*given.positional, *given.named.values()]
        if len(values) != 1:
            hint = "scheduler.step(loss)"
            raise context.wrong("step of ReduceLROnPlateau takes what is measured", call.span, hint)
        node, _ = context.one(values[0], call.span)
        measured = context.known(node, leaves=True)
        if measured is None:
            measured = context.acting(call.span).session.evaluate((node,))[0]
        context.changing(self, call.span)
        self.epoch += 1
        if self._better(float(measured)):
            self.best, self.bad = float(measured), 0
        else:
            self.bad += 1
        if self.cooling:
            self.cooling -= 1
            self.bad = 0
        rates = [group.settings["lr"] for group in self.optimizer.groups]
        if self.bad > self.settings["patience"]:
            self.cooling, self.bad = self.settings["cooldown"], 0
            smaller = [max(rate * self.settings["factor"], self.settings["min_lr"]) for rate in rates]
            rates = [
                new if old - new > self.settings["eps"] else old
                for old, new in zip(rates, smaller, strict=True)
            ]
        self.give(context, rates, call.span)
        return NONE


_PLATEAU = (
    "mode='min', factor=0.1, patience=10, threshold=0.0001, threshold_mode='rel', cooldown=0, min_lr=0.0, "
    "eps=1e-08"
)


def _plateau(context: Context, call: Call) -> Rule:
    found = _settings(context, "ReduceLROnPlateau", _PLATEAU, (yield arguments(context, call)), call)
    optimizer = found.given["optimizer"]
    assert isinstance(optimizer, Optimizer)
    settings: dict[str, Any] = {}
    for key in _keys(_PLATEAU):
        if key in ("mode", "threshold_mode"):
            settings[key] = found.text(key)
            allowed = ("min", "max") if key == "mode" else ("rel", "abs")
            if settings[key] not in allowed:
                told = f"{key} is {' or '.join(map(repr, allowed))}"
                raise EvaluationError(told, (context.mark(found.span(key)),))
        else:
            settings[key] = found.count(key) if key in _COUNTS else found.number(key)
    if settings["factor"] >= 1:
        raise EvaluationError("factor should be < 1.0", (context.mark(found.span("factor")),))
    return Plateau(optimizer, settings)


def _one_cycle(context: Context, call: Call) -> Rule:
    found = _settings(context, "OneCycleLR", _ONE_CYCLE, (yield arguments(context, call)), call)
    optimizer = found.given["optimizer"]
    assert isinstance(optimizer, Optimizer)
    if not found.is_left_out("total_steps"):
        total = found.count("total_steps")
    elif found.is_left_out("epochs") or found.is_left_out("steps_per_epoch"):
        hint = "OneCycleLR(optimizer, max_lr=0.1, total_steps=100)"
        raise context.wrong("OneCycleLR needs total_steps, or epochs and steps_per_epoch", call.span, hint)
    else:
        total = found.count("epochs") * found.count("steps_per_epoch")
    share, strategy = found.number("pct_start"), found.text("anneal_strategy")
    ends = [share * total - 1, total - 1]
    if found.flag("three_phase"):
        ends.insert(1, 2 * share * total - 2)
    if total < 1 or ends != sorted({*ends}):
        told, hint = "each phase must end behind the one before", "total_steps=100, pct_start=0.3"
        raise EvaluationError(told, (context.mark(call.span),), hint)
    if strategy not in ("cos", "linear"):
        place = (context.mark(found.span("anneal_strategy")),)
        raise EvaluationError("anneal_strategy is 'cos' or 'linear'", place, "anneal_strategy='cos'")
    greatest, low, high = (found.number(key) for key in ("max_lr", "base_momentum", "max_momentum"))
    first = greatest / found.number("div_factor")
    last = first / found.number("final_div_factor")
    cycles = found.flag("cycle_momentum")
    is_long = len(ends) == 3
    for group in optimizer.groups:
        if cycles and not {"betas", "momentum"} & group.settings.keys():
            told = "optimizer must support momentum or beta1 with `cycle_momentum` option enabled"
            raise EvaluationError(told, (context.mark(found.span("optimizer")),), "cycle_momentum=False")
        context.changing(group, call.span)
        group.settings["initial_lr"] = first
    settings = {
        "total_steps": total,
        "ends": ends,
        "rates": (first, greatest, first, last) if is_long else (first, greatest, last),
        "momenta": (high, low, high, high) if is_long else (high, low, high),
        "anneal_strategy": strategy,
        "cycle_momentum": cycles,
    }
    made = OneCycle(optimizer, settings)
    yield made.step(context, call)
    return made


MAKERS: Mapping[str, Callable[[Context, Call], Any]] = {
    "torch.optim.lr_scheduler.OneCycleLR": _one_cycle,
    **{f"torch.optim.lr_scheduler.{name}": partial(_made, name) for name in _KINDS},
    "torch.optim.lr_scheduler.ReduceLROnPlateau": _plateau,
}
"""What makes each scheduler, by its full path."""
