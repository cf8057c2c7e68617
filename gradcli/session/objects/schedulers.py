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
from gradcli.text.errors import EvaluationError
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
    "LinearLR": (_linear, "start_factor=0.3333333333333333, end_factor=1.0, total_iters=5"),
    "ConstantLR": (_held_back, "factor=0.3333333333333333, total_iters=5"),
    "PolynomialLR": (_polynomial, "total_iters=5, power=1.0"),
    "LambdaLR": (_of_function, "lr_lambda"),
    "MultiplicativeLR": (_times_function, "lr_lambda"),
}
"""How each scheduler changes rates, and its settings behind the optimizer, with PyTorch's defaults."""

_COUNTS = ("step_size", "T_max", "total_iters", "patience", "cooldown")
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


MAKERS: Mapping[str, Callable[[Context, Call], Any]] = {
    **{f"torch.optim.lr_scheduler.{name}": partial(_made, name) for name in _KINDS},
    "torch.optim.lr_scheduler.ReduceLROnPlateau": _plateau,
}
"""What makes each scheduler, by its full path."""
