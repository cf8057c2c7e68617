"""`torch.distributions`: what draws by a law, and says how likely what was drawn is.

Each law is a class with its formulas, of parameters that are nodes; what is drawn is PyTorch's, in its order.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial, reduce
from operator import add
from typing import Any, ClassVar, cast

import numpy as np

from gradcli.arrays import Array, Shape
from gradcli.engine.graph import RULES, Node, as_node, constant, expand, intern
from gradcli.engine.primitives import TABLE, function
from gradcli.engine.primitives.entry import Structural, as_number
from gradcli.engine.primitives.reductions import along, total
from gradcli.engine.shapes import broadcast_shape
from gradcli.language.tree import Call
from gradcli.lowering.context import Context
from gradcli.lowering.draws import OF_TORCH, Make
from gradcli.lowering.hosts import Arguments, Method, arguments
from gradcli.lowering.kinds import SIZE, TENSOR, Host, Lowered, Typed, tensor_kind
from gradcli.records import NamedTuple
from gradcli.session.objects.layers import drawn
from gradcli.session.objects.settings import Settings
from gradcli.session.results import Words
from gradcli.text.errors import EvaluationError, GradcliError
from gradcli.text.source import Span
from gradcli.trampoline import Rule

Nodes = Mapping[str, Node]
"""The parameters of a law by their names."""


_log1p, _sqrt, _erf, _sigmoid, _log_sigmoid, _where = (
    function(name) for name in ("log1p", "sqrt", "erf", "sigmoid", "logsigmoid", "where")
)
_xlogy, _lgamma, _digamma = (function(name) for name in ("xlogy", "lgamma", "digamma"))


def _log(x: Node) -> Node:
    return RULES["log"](x)


_SOFTMAX, _LOGSUMEXP = cast("Structural", TABLE["softmax"]), cast("Structural", TABLE["logsumexp"])


def _clamped(probs: Node) -> Node:
    """Probabilities that are not quite 0 and 1, so that their logarithms are numbers."""
    eps = float(np.finfo(np.float32).eps)
    return TABLE["clamp"].build(probs, as_node(eps), as_node(1 - eps))


class Limit(NamedTuple):
    """What numbers must be, in PyTorch's words, and where they are, beside the parameters of their law."""

    told: str
    holds: Callable[[Array, Mapping[str, Array]], Any]


_REAL = Limit("Real()", lambda x, given: ~np.isnan(x))
_POSITIVES = Limit("IndependentConstraint(GreaterThan(lower_bound=0.0), 1)", lambda x, given: x > 0)
_COUNT = Limit("IntegerGreaterThan(lower_bound=0)", lambda x, given: (x >= 0) & (x == np.floor(x)))
_REALS = Limit("IndependentConstraint(Real(), 1)", lambda x, given: ~np.isnan(x))
_POSITIVE = Limit("GreaterThan(lower_bound=0.0)", lambda x, given: x > 0)
_NOT_NEGATIVE = Limit("GreaterThanEq(lower_bound=0.0)", lambda x, given: x >= 0)
_UNIT = Limit("Interval(lower_bound=0.0, upper_bound=1.0)", lambda x, given: (x >= 0) & (x <= 1))
_BOOLEAN = Limit("Boolean()", lambda x, given: (x == 0) | (x == 1))
_SIMPLEX = Limit(
    "Simplex()",
    lambda x, given: (x >= 0).all(-1, keepdims=True) & (np.abs(x.sum(-1, keepdims=True) - 1) < 1e-6),
)
_ABOVE_LOW = Limit("GreaterThan(lower_bound=low)", lambda x, given: x > given["low"])
_BETWEEN = Limit(
    "Interval(lower_bound=low, upper_bound=high)", lambda x, given: (x >= given["low"]) & (x <= given["high"])
)


def _is_place(x: Array, given: Mapping[str, Array]) -> Any:
    count = next(iter(given.values())).shape[-1]
    return (x >= 0) & (x < count) & (x == np.floor(x))


class Distribution(Host):
    """A law with parameters, which keep their graph. Subclasses have its formulas."""

    title = "a distribution"
    signature = ""
    limits: ClassVar[Mapping[str, Limit]]
    """What its parameters must be."""
    support: ClassVar[Limit]
    """What its values are."""
    drawn_by: tuple[str, ...] = ()
    """Those of its values that it draws by; none for its parameters."""
    event: Callable[[Shape], Shape] = staticmethod(lambda shape: ())
    """What of the shape of the parameters is one draw."""

    def __init__(self, kept: Mapping[str, Any], shape: Shape) -> None:
        self.kept = kept
        """The parameters as they were given (as `Context.keep` keeps them)."""
        self.shape = shape
        """That of the parameters together."""
        self.checks = True
        """Whether parameters and values beyond their limits are mistakes."""

    def held(self) -> Any:
        """The parameters."""
        return dict(self.kept)

    def hold(self, held: Any) -> None:
        """Lets it have these parameters."""
        self.kept = dict(held)

    # Formulas

    def values(self, given: Nodes) -> Nodes:
        """What stands behind its dot beside the parameters: moments, and other parameters."""
        raise NotImplementedError

    def log_prob(self, given: Nodes, x: Node) -> Node:
        """The logarithm of the density, or of the probability, at a value."""
        raise NotImplementedError

    def entropy(self, given: Nodes) -> Node:
        """The expected surprise."""
        raise NotImplementedError

    def draw(self, given: Mapping[str, Array], shape: Shape) -> Make:
        """What draws in a shape, for what it is drawn by as numbers; raises `EvaluationError`."""
        raise NotImplementedError

    def noise(self, shape: Shape) -> Make | None:
        """What draws noise of which `moved` makes draws with a graph; `None` where there is no such way."""
        return None

    def moved(self, given: Nodes, noise: Node) -> Node:
        """Draws, made of noise."""
        raise NotImplementedError

    # As a value

    @property
    def name(self) -> str:
        """What its class is called."""
        return type(self).__name__

    @property
    def batch(self) -> Shape:
        """The shape of independent draws."""
        return self.shape[: len(self.shape) - len(self.event(self.shape))]

    @property
    def python_type(self) -> str:  # type: ignore[override]
        """What Python calls its type."""
        return f"torch.distributions.{self.name.lower()}.{self.name}"

    def is_instance(self, of: Any) -> bool:
        """Whether it is of that class of PyTorch's."""
        return isinstance(of, str) and of.rpartition(".")[2] in (self.name, "Distribution")

    def nodes(self, context: Context) -> Nodes:
        """The parameters as they are now."""
        return {
            name: expand(cast("Typed", context.now(kept, name))[0], self.shape)
            for name, kept in self.kept.items()
        }

    def check(self, context: Context, limit: Limit, node: Node, told: str, span: Span) -> None:
        """Raises `EvaluationError` for numbers beyond a limit, where that can be known."""
        given = self.nodes(context)

        def holds(x: Any, *parameters: Any) -> bool:
            numbers = {name: np.asarray(each) for name, each in zip(given, parameters, strict=True)}
            return bool(np.all(limit.holds(np.asarray(x), numbers)))

        if self.checks and context.answer((node, *given.values()), holds, leaves=True) is False:
            raise EvaluationError(told, (context.mark(span),))

    def names(self) -> Iterable[str]:
        """What can stand behind its dot."""
        given = {name: constant(np.ones(self.shape)) for name in self.kept}
        return dict.fromkeys((*self.kept, *self.values(given), *_METHODS, "batch_shape", "event_shape"))

    def attribute(self, context: Context, name: str) -> Lowered | None:
        """A parameter, a moment, a shape or a method."""
        if name in _METHODS:
            return Method(name, partial(_METHODS[name], self))
        if name in ("batch_shape", "event_shape"):
            sizes = self.batch if name == "batch_shape" else self.event(self.shape)
            return constant(np.asarray(sizes, np.float64)), SIZE
        given = self.nodes(context)
        node = given.get(name) or self.values(given).get(name)
        return None if node is None else (node, TENSOR)

    def shown(self, run: Any) -> Words:
        """As PyTorch prints it: parameters of one number with it, others by their shapes."""
        from gradcli.session.showing import shown

        parts: list[Any] = [f"{self.name}("]
        for place, (name, kept) in enumerate(self.kept.items()):
            parts.append(f"{', ' if place else ''}{name}: ")
            if math.prod(self.shape) != 1:
                parts.append(f"torch.Size({list(self.shape)})")
            elif self.shape:
                parts.append(shown(run, run.session.value_of(expand(kept.node, self.shape))))
            else:
                parts.append(repr(float(run.session.data_of(kept))))
        return Words((*parts, ")"), bare=True)

    def text(self) -> str:
        """Its name."""
        return f"{self.name}()"


# Laws


class Normal(Distribution):
    """Gauss's law."""

    signature = "loc, scale"
    limits: ClassVar[Mapping[str, Limit]] = {"loc": _REAL, "scale": _POSITIVE}
    support = _REAL

    def values(self, given: Nodes) -> Nodes:
        """Mean, mode, deviation and variance."""
        loc, scale = given["loc"], given["scale"]
        return {"mean": loc, "mode": loc, "stddev": scale, "variance": scale**2}

    def log_prob(self, given: Nodes, x: Node) -> Node:
        """The logarithm of the density."""
        loc, scale = given["loc"], given["scale"]
        return -((x - loc) ** 2) / (2 * scale**2) - _log(scale) - math.log(math.sqrt(2 * math.pi))

    def entropy(self, given: Nodes) -> Node:
        """½ + ½ log 2π + log σ."""
        return 0.5 + 0.5 * math.log(2 * math.pi) + _log(given["scale"])

    def cdf(self, given: Nodes, x: Node) -> Node:
        """How likely no more than a value is."""
        return 0.5 * (1 + _erf((x - given["loc"]) * (1 / given["scale"]) / math.sqrt(2)))

    def draw(self, given: Mapping[str, Array], shape: Shape) -> Make:
        """Normal numbers about the mean."""
        loc, scale = given["loc"], given["scale"]
        return lambda generator, single: generator.normal_of(loc, scale, shape, single)

    def noise(self, shape: Shape) -> Make:
        """Normal numbers about 0."""
        zeros, ones = np.zeros(shape), np.ones(shape)
        return lambda generator, single: generator.normal_of(zeros, ones, shape, single)

    def moved(self, given: Nodes, noise: Node) -> Node:
        """About the mean, with the deviation."""
        return given["loc"] + noise * given["scale"]


class Uniform(Distribution):
    """Each number between two as likely as the others."""

    signature = "low, high"
    limits: ClassVar[Mapping[str, Limit]] = {"low": _REAL, "high": _ABOVE_LOW}
    support = _BETWEEN

    def values(self, given: Nodes) -> Nodes:
        """Mean, deviation and variance."""
        low, high = given["low"], given["high"]
        width = high - low
        return {"mean": (high + low) / 2, "stddev": width / math.sqrt(12), "variance": width**2 / 12}

    def log_prob(self, given: Nodes, x: Node) -> Node:
        """The logarithm of the density, which is -inf beyond."""
        low, high = given["low"], given["high"]
        inside = as_number(RULES["<="](low, x)) * as_number(RULES[">"](high, x))
        return _log(inside) - _log(high - low)

    def entropy(self, given: Nodes) -> Node:
        """The logarithm of the width."""
        return _log(given["high"] - given["low"])

    def draw(self, given: Mapping[str, Array], shape: Shape) -> Make:
        """Numbers between the two."""
        low, high = given["low"], given["high"]
        return lambda generator, single: low + generator.rand(shape, single) * (high - low)

    def noise(self, shape: Shape) -> Make:
        """Numbers from 0 to 1."""
        return lambda generator, single: generator.rand(shape, single)

    def moved(self, given: Nodes, noise: Node) -> Node:
        """Between the two."""
        return given["low"] + noise * (given["high"] - given["low"])


class Exponential(Distribution):
    """The time up to an event that comes at a rate."""

    signature = "rate"
    limits: ClassVar[Mapping[str, Limit]] = {"rate": _POSITIVE}
    support = _NOT_NEGATIVE

    def values(self, given: Nodes) -> Nodes:
        """Mean, deviation and variance."""
        rate = given["rate"]
        return {"mean": 1 / rate, "stddev": 1 / rate, "variance": 1 / rate**2}

    def log_prob(self, given: Nodes, x: Node) -> Node:
        """The logarithm of the density."""
        return _log(given["rate"]) - given["rate"] * x

    def entropy(self, given: Nodes) -> Node:
        """1 - log of the rate."""
        return 1.0 - _log(given["rate"])

    def draw(self, given: Mapping[str, Array], shape: Shape) -> Make:
        """Times."""
        rate = given["rate"]
        return lambda generator, single: generator.exponential(shape, single, 1.0) / rate

    def noise(self, shape: Shape) -> Make:
        """Times at the rate 1."""
        return lambda generator, single: generator.exponential(shape, single, 1.0)

    def moved(self, given: Nodes, noise: Node) -> Node:
        """Times at the rate."""
        return noise / given["rate"]


class Counted(Distribution):
    """A law whose formulas are here, and whose draws are not: PyTorch makes them by rejecting others."""

    def draw(self, given: Mapping[str, Array], shape: Shape) -> Make:
        """No draws; raises `EvaluationError`."""
        raise EvaluationError(
            f"the draws of {self.name} are not known here",
            hint="log_prob, entropy, mean and variance are; Normal, Uniform and Exponential are drawn",
        )


class Gamma(Counted):
    """The time up to several events that come at a rate."""

    signature = "concentration, rate"
    limits: ClassVar[Mapping[str, Limit]] = {"concentration": _POSITIVE, "rate": _POSITIVE}
    support = _NOT_NEGATIVE

    def values(self, given: Nodes) -> Nodes:
        """Mean, deviation and variance."""
        shape, rate = given["concentration"], given["rate"]
        variance = shape / rate**2
        return {"mean": shape / rate, "variance": variance, "stddev": _sqrt(variance)}

    def log_prob(self, given: Nodes, x: Node) -> Node:
        """The logarithm of the density."""
        shape, rate = given["concentration"], given["rate"]
        return _xlogy(shape, rate) + _xlogy(shape - 1, x) - rate * x - _lgamma(shape)

    def entropy(self, given: Nodes) -> Node:
        """α - log β + log Γ(α) + (1 - α) ψ(α)."""
        shape = given["concentration"]
        return shape - _log(given["rate"]) + _lgamma(shape) + (1.0 - shape) * _digamma(shape)


class Beta(Counted):
    """A share between 0 and 1."""

    signature = "concentration1, concentration0"
    limits: ClassVar[Mapping[str, Limit]] = {"concentration1": _POSITIVE, "concentration0": _POSITIVE}
    support = _UNIT

    def values(self, given: Nodes) -> Nodes:
        """Mean, deviation and variance."""
        a, b = given["concentration1"], given["concentration0"]
        whole = a + b
        variance = a * b / (whole**2 * (whole + 1))
        return {"mean": a / whole, "variance": variance, "stddev": _sqrt(variance)}

    def log_prob(self, given: Nodes, x: Node) -> Node:
        """The logarithm of the density."""
        a, b = given["concentration1"], given["concentration0"]
        return _xlogy(a - 1, x) + _xlogy(b - 1, 1 - x) + _lgamma(a + b) - _lgamma(a) - _lgamma(b)

    def entropy(self, given: Nodes) -> Node:
        """log B(α, β) - (α - 1) ψ(α) - (β - 1) ψ(β) + (α + β - 2) ψ(α + β)."""
        a, b = given["concentration1"], given["concentration0"]
        area = _lgamma(a) + _lgamma(b) - _lgamma(a + b)
        return area - (a - 1) * _digamma(a) - (b - 1) * _digamma(b) + (a + b - 2) * _digamma(a + b)

    def shown(self, run: Any) -> Words:
        """As PyTorch prints it, which shows no parameters."""
        return Words(("Beta()",), bare=True)


class Dirichlet(Counted):
    """Shares of a whole."""

    signature = "concentration"
    limits: ClassVar[Mapping[str, Limit]] = {"concentration": _POSITIVES}
    support = _SIMPLEX
    event = staticmethod(lambda shape: shape[-1:])

    def values(self, given: Nodes) -> Nodes:
        """Mean, deviation and variance."""
        shares = given["concentration"]
        whole = total(shares, (-1,), keepdim=True)
        variance = shares * (whole - shares) / (whole**2 * (whole + 1))
        return {"mean": shares / whole, "variance": variance, "stddev": _sqrt(variance)}

    def log_prob(self, given: Nodes, x: Node) -> Node:
        """The logarithm of the density."""
        shares = given["concentration"]
        area = _lgamma(total(shares, (-1,))) - total(_lgamma(shares), (-1,))
        return total(_xlogy(shares - 1, x), (-1,)) + area

    def entropy(self, given: Nodes) -> Node:
        """log B(α) - (k - Σα) ψ(Σα) - Σ (α - 1) ψ(α)."""
        shares = given["concentration"]
        whole, count = total(shares, (-1,)), self.shape[-1]
        area = total(_lgamma(shares), (-1,)) - _lgamma(whole)
        rest = total((shares - 1) * _digamma(shares), (-1,))
        return area - (count - whole) * _digamma(whole) - rest


class Poisson(Counted):
    """How many events come that do so at a rate."""

    signature = "rate"
    limits: ClassVar[Mapping[str, Limit]] = {"rate": _NOT_NEGATIVE}
    support = _COUNT

    def values(self, given: Nodes) -> Nodes:
        """Mean, deviation and variance."""
        rate = given["rate"]
        return {"mean": rate, "variance": rate, "stddev": _sqrt(rate)}

    def log_prob(self, given: Nodes, x: Node) -> Node:
        """The logarithm of the probability of a count."""
        rate = given["rate"]
        return _xlogy(x, rate) - rate - _lgamma(x + 1)

    def entropy(self, given: Nodes) -> Node:
        """No closed form; raises `EvaluationError`, as PyTorch does."""
        raise EvaluationError("there is no formula for the entropy of Poisson's law")


class Bernoulli(Distribution):
    """1 with a probability, and else 0."""

    signature = "probs=None, logits=None"
    limits: ClassVar[Mapping[str, Limit]] = {"probs": _UNIT, "logits": _REAL}
    support = _BOOLEAN
    drawn_by = ("probs",)

    def values(self, given: Nodes) -> Nodes:
        """Probability and log odds, mean and variance."""
        probs = given["probs"] if "probs" in given else _sigmoid(given["logits"])
        logits = given.get("logits")
        if logits is None:
            inside = _clamped(probs)
            logits = _log(inside) - _log1p(-inside)
        variance = probs * (1 - probs)
        moments = {"mean": probs, "variance": variance, "stddev": _sqrt(variance)}
        return {"probs": probs, "logits": logits, **moments}

    def log_prob(self, given: Nodes, x: Node) -> Node:
        """The logarithm of the probability of 0 or 1."""
        logits = self.values(given)["logits"]
        return x * _log_sigmoid(logits) + (1 - x) * _log_sigmoid(-logits)

    def entropy(self, given: Nodes) -> Node:
        """The expected surprise."""
        values = self.values(given)
        return -self.log_prob(given, values["probs"])

    def draw(self, given: Mapping[str, Array], shape: Shape) -> Make:
        """Zeros and ones."""
        return OF_TORCH["bernoulli"].plan(np.broadcast_to(given["probs"], shape).copy())


class Categorical(Distribution):
    """One of several places, each with a probability."""

    signature = "probs=None, logits=None"
    limits: ClassVar[Mapping[str, Limit]] = {"probs": _SIMPLEX, "logits": _REALS}
    support = Limit("IntegerInterval(lower_bound=0, upper_bound=count-1)", _is_place)
    drawn_by = ("probs",)
    event = staticmethod(lambda shape: shape[-1:])

    def values(self, given: Nodes) -> Nodes:
        """Probabilities that sum to 1, and their logarithms."""
        if "probs" in given:
            probs = given["probs"] / total(given["probs"], (-1,), keepdim=True)
            return {"probs": probs, "logits": _log(_clamped(probs))}
        logits = given["logits"]
        logits = logits - along(_LOGSUMEXP, logits, (-1,), True)
        return {"probs": intern(_SOFTMAX, (logits,), (-1,)), "logits": logits}

    def log_prob(self, given: Nodes, x: Node) -> Node:
        """The logarithm of the probability of a place."""
        logits = self.values(given)["logits"]
        shape = (*broadcast_shape((x.shape, logits.shape[:-1])), logits.shape[-1])
        places = TABLE["unsqueeze"].build(expand(x, shape[:-1]), -1)
        found = TABLE["gather"].build(expand(logits, shape), -1, places)
        return TABLE["squeeze"].build(found, (-1,))

    def entropy(self, given: Nodes) -> Node:
        """The expected surprise."""
        values = self.values(given)
        return -total(values["logits"] * values["probs"], (-1,))

    def draw(self, given: Mapping[str, Array], shape: Shape) -> Make:
        """Places, from 0 on."""
        weights = given["probs"]
        rows = weights.reshape(math.prod(weights.shape[:-1]), weights.shape[-1])
        count = math.prod(shape[: len(shape) - len(weights.shape) + 1])
        make = OF_TORCH["multinomial"].plan(rows, count, True)
        return lambda generator, single: make(generator, single).T.astype(np.float64).reshape(shape)


# Divergences


def _between_normals(p: Nodes, q: Nodes) -> Node:
    ratio = (p["scale"] / q["scale"]) ** 2
    apart = ((p["loc"] - q["loc"]) / q["scale"]) ** 2
    return 0.5 * (ratio + apart - 1 - _log(ratio))


def _between_exponentials(p: Nodes, q: Nodes) -> Node:
    ratio = q["rate"] / p["rate"]
    return ratio - 1 - _log(ratio)


def _apart(p: Node, q: Node, logarithms: Node) -> Node:
    """The part of a divergence that one outcome has: none where p cannot give it."""
    nothing, endless = as_node(0.0), as_node(math.inf)
    return _where(p.equals(nothing), nothing, _where(q.equals(nothing), endless, p * logarithms))


def _between_trials(p: Nodes, q: Nodes) -> Node:
    yes = _log_sigmoid(p["logits"]) - _log_sigmoid(q["logits"])
    no = _log_sigmoid(-p["logits"]) - _log_sigmoid(-q["logits"])
    return _apart(p["probs"], q["probs"], yes) + _apart(1 - p["probs"], 1 - q["probs"], no)


def _between_places(p: Nodes, q: Nodes) -> Node:
    return total(_apart(p["probs"], q["probs"], p["logits"] - q["logits"]), (-1,))


_DIVERGENCES: Mapping[type[Distribution], Callable[[Nodes, Nodes], Node]] = {
    Normal: _between_normals,
    Exponential: _between_exponentials,
    Bernoulli: _between_trials,
    Categorical: _between_places,
}
"""Kullback and Leibler's divergence of two laws of a class."""


def _divergence(context: Context, call: Call) -> Rule:
    given: Arguments = yield arguments(context, call)
    pair = [each for each in given.positional if isinstance(each, Distribution)]
    if len(pair) != 2 or len(given.positional) != 2 or type(pair[0]) is not type(pair[1]):
        raise context.wrong(
            "kl_divergence takes two distributions of a class", call.span, "kl_divergence(Normal(0, 1), q)"
        )
    between = _DIVERGENCES.get(type(pair[0]))
    if between is None:
        raise context.wrong(f"there is no kl_divergence of {pair[0].name} here", call.function.span)
    p, q = (_all_values(each, context) for each in pair)
    return context.build(lambda: between(p, q), call.span, ()), TENSOR


def _all_values(law: Distribution, context: Context) -> Nodes:
    """The parameters of a law as they are now, and what follows from them."""
    nodes = law.nodes(context)
    return {**nodes, **law.values(nodes)}


# Methods


def _at(law: Distribution, formula: Callable[[Nodes, Node], Node], context: Context, found: Settings) -> Node:
    """What a formula gives at a value."""
    x, _ = context.one(found.given["value"], found.span("value"))
    operands = ((found.span("value"), x),)
    node = context.made(lambda: formula(law.nodes(context), x), found.call.span, operands)
    told = f"Expected value argument to be within the support ({law.support.told}) of {law.name}"
    law.check(context, law.support, x, told, found.span("value"))
    return node


def _log_prob(law: Distribution, context: Context, call: Call) -> Rule:
    found = Settings(context, "log_prob", "value", (yield arguments(context, call)), call, prefix="m.")
    return _at(law, law.log_prob, context, found), TENSOR


def _cdf(law: Distribution, context: Context, call: Call) -> Rule:
    if not isinstance(law, Normal):
        raise context.wrong(f"{law.name} has no cdf here", call.function.span)
    found = Settings(context, "cdf", "value", (yield arguments(context, call)), call, prefix="m.")
    return _at(law, law.cdf, context, found), TENSOR


def _entropy(law: Distribution, context: Context, call: Call) -> Rule:
    Settings(context, "entropy", "", (yield arguments(context, call)), call, prefix="m.")
    return law.entropy(law.nodes(context)), TENSOR


def _asked(law: Distribution, name: str, context: Context, call: Call, given: Arguments) -> Shape:
    """The shape of what a call draws."""
    found = Settings(context, name, "sample_shape=()", given, call, prefix="m.")
    return (*found.shape("sample_shape"), *law.batch)


def _sample(law: Distribution, context: Context, call: Call) -> Rule:
    shape = _asked(law, "sample", context, call, (yield arguments(context, call)))
    values = _all_values(law, context)
    now = {name: context.numbers(values[name], call.span) for name in law.drawn_by or law.kept}
    try:
        make = law.draw(now, shape)
    except GradcliError as error:
        context.blame(error, call.span, ())
        raise
    return drawn(context, call, make), tensor_kind(isinstance(law, Categorical))


def _rsample(law: Distribution, context: Context, call: Call) -> Rule:
    shape = _asked(law, "rsample", context, call, (yield arguments(context, call)))
    make = law.noise(shape)
    if make is None:
        told = f"{law.name} has no rsample: what it draws has no gradient"
        raise context.wrong(told, call.function.span, "m.sample()")
    return law.moved(law.nodes(context), drawn(context, call, make)), TENSOR


_METHODS: Mapping[str, Callable[[Distribution, Context, Call], Rule]] = {
    "log_prob": _log_prob,
    "cdf": _cdf,
    "entropy": _entropy,
    "sample": _sample,
    "rsample": _rsample,
}


# Makers


def _law(of: type[Distribution], context: Context, call: Call) -> Rule:
    signature = f"{of.signature}, validate_args=None"
    given: Arguments = yield arguments(context, call)
    found = Settings(context, of.__name__, signature, given, call, prefix="torch.distributions.")
    names = [key for key in found.given if key != "validate_args" and not found.is_left_out(key)]
    if "probs=None" in of.signature and len(names) != 1:
        told = "Either `probs` or `logits` must be specified, but not both."
        raise context.wrong(told, call.span, f"{of.__name__}(probs=p)")
    nodes = {key: as_number(context.one(found.given[key], found.span(key))[0]) for key in names}
    operands = [(found.span(key), node) for key, node in nodes.items()]
    shape = context.made(lambda: reduce(add, nodes.values()), call.span, operands).shape
    if of is Categorical and not shape:
        told = f"`{names[0]}` parameter must be at least one-dimensional."
        raise EvaluationError(told, (context.mark(found.span(names[0])),))
    kept = {key: context.keep((node, TENSOR), found.span(key)) for key, node in nodes.items()}
    law = of(kept, shape)
    law.checks = found.is_left_out("validate_args") or found.flag("validate_args")
    values = _all_values(law, context)
    for key in nodes:
        told = f"Expected parameter {key} of {law.name} to satisfy the constraint {of.limits[key].told}"
        law.check(context, of.limits[key], values[key], told, found.span(key))
    return law


_LAWS: Sequence[type[Distribution]] = (
    *(Normal, Uniform, Exponential, Gamma, Beta, Dirichlet, Poisson, Bernoulli, Categorical),
)

MAKERS: Mapping[str, Callable[[Context, Call], Any]] = {
    **{f"torch.distributions.{law.__name__}": partial(_law, law) for law in _LAWS},
    **{f"torch.distributions.{law.__name__.lower()}.{law.__name__}": partial(_law, law) for law in _LAWS},
    "torch.distributions.kl_divergence": _divergence,
    "torch.distributions.kl.kl_divergence": _divergence,
}
"""What makes each, by its full path."""
