"""Calls that draw random numbers: PyTorch's, NumPy's and JAX's, each from the generator of its library.

What is drawn is an input of the graph, which a session makes while a statement is lowered; where there is
none, as in a formula or in rows, nothing is drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeAlias

import numpy as np

from gradcli.arrays import Array, Shape
from gradcli.engine.graph import Node
from gradcli.engine.primitives import TABLE
from gradcli.engine.primitives.entry import NO_OTHERS, Parameter, as_number, parse_signature
from gradcli.engine.primitives.shaping import permute, permute_primitive, sized
from gradcli.engine.shapes import check_size, shape_text
from gradcli.language.tree import Argument, Attribute, Call, Expression
from gradcli.language.vocabulary import IGNORED_KEYWORDS
from gradcli.lowering.binding import bind
from gradcli.lowering.context import Context, Whole
from gradcli.lowering.conversions import factory
from gradcli.lowering.hosts import NONE
from gradcli.lowering.keyed import OF_KEYS, of_key
from gradcli.lowering.kinds import COUNT, REAL, TENSOR, Host, Kind, Typed, array_kind, tensor_kind
from gradcli.lowering.names import (
    Names,
    called_name,
    dtype_of,
    member_of,
)
from gradcli.records import NamedTuple
from gradcli.text.errors import EvaluationError, GradcliError, InputError
from gradcli.trampoline import Rule

Make: TypeAlias = Callable[[Any, bool], Array]
"""Draws with a generator of its library's; true where PyTorch's numbers are float32."""


class Drawn(NamedTuple):
    """What a statement draws, each time that it is done, with a generator of a library.

    `single` says whether PyTorch's numbers are float32; `None` leaves that to the default dtype.
    """

    make: Make
    library: str
    single: bool | None = None
    generator: Generator | None = None
    """One that the program has made; else that of the library."""


class Generator(Host):
    """A generator that a program has made; `own` is what draws."""

    title = "a generator"

    def __init__(self, own: Any) -> None:
        self.own = own

    def held(self) -> Any:
        """What its numbers follow from."""
        return self.own.held()

    def hold(self, held: Any) -> None:
        """Lets it hold again what it held."""
        self.own = self.own.copy()
        self.own.hold(held)


class Draw(NamedTuple):
    """A function that draws: of its arguments, `plan` makes what draws.

    What stands in the signature without being known before arithmetic is given as an array; but of `x` only
    the shape counts where it is drawn `like` it, and that is given. `whole` says when integers are drawn:
    "always", "kept" where the first argument holds some, or never. `plan` raises `EvaluationError` for
    arguments for which nothing can be drawn.
    """

    name: str
    signature: str
    plan: Callable[..., Make]
    whole: str = ""
    like: bool = False
    library: str = "torch"
    holds: Mapping[str, str | None] = NO_OTHERS
    settled: bool = False
    without_low: str = ""
    """The signature where fewer arguments are given, and integers are drawn from 0 on."""

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Its parameters."""
        return parse_signature(self.signature, self.holds)


# PyTorch's


def _rand(shape: Shape) -> Make:
    return lambda generator, single: generator.rand(sized(shape), single)


def _randn(shape: Shape) -> Make:
    return lambda generator, single: generator.normal(sized(shape), single)


def _randint(*arguments: Any) -> Make:
    """Of (low, high, shape), or of (high, shape)."""
    *bounds, shape = arguments
    low, high = (int(each) for each in (0, *bounds)[-2:])
    if low >= high:
        raise EvaluationError(f"randint draws from low up to high, and {low} is not below {high}")
    return lambda generator, single: generator.randint(low, high, sized(shape))


def _randint_like(shape: Shape, *bounds: Any) -> Make:
    return _randint(*bounds, shape)


def _randperm(n: int) -> Make:
    (count,) = sized((n,))
    return lambda generator, single: generator.randperm(count)


def _normal(mean: Array, std: Array, shape: Shape | None) -> Make:
    if np.any(np.asarray(std) < 0):
        raise EvaluationError("normal expects std >= 0.0")
    if shape is not None or not (np.shape(mean) or np.shape(std)):
        size = shape or ()
        return lambda generator, single: generator.normal(sized(size), single, float(mean), float(std))
    try:
        whole = np.broadcast_shapes(np.shape(mean), np.shape(std))
    except ValueError:
        shapes = " and ".join(shape_text(np.shape(each)) for each in (mean, std))
        raise EvaluationError(f"means and deviations have shapes that do not fit: {shapes}") from None
    return lambda generator, single: generator.normal_of(mean, std, whole, single)


def _bernoulli(p: Array) -> Make:
    _check_probability(p)
    return lambda generator, single: generator.bernoulli(np.asarray(p), single)


def _check_probability(p: Array) -> None:
    if not np.all((np.asarray(p) >= 0) & (np.asarray(p) <= 1)):
        raise EvaluationError("bernoulli expects probabilities from 0 to 1")


def _multinomial(weights: Array, count: int, replacement: bool) -> Make:
    weights = np.asarray(weights)
    if weights.ndim not in (1, 2) or not weights.shape[-1]:
        raise EvaluationError("multinomial takes a row of weights, or several")
    if not np.all(np.isfinite(weights) & (weights >= 0)):
        raise EvaluationError("probability tensor contains either `inf`, `nan` or element < 0")
    if not np.all(weights.sum(axis=-1) > 0):
        raise EvaluationError("invalid multinomial distribution (sum of probabilities <= 0)")
    if count < 1:
        raise EvaluationError("cannot sample n_sample <= 0 samples")
    if not replacement and count > weights.shape[-1]:
        raise EvaluationError("cannot sample n_sample > prob_dist.size(-1) samples without replacement")
    check_size((*weights.shape[:-1], count))
    return lambda generator, single: generator.multinomial(weights, count, replacement, single)


# In place, of a shape


def _normal_in_place(shape: Shape, mean: Array, std: Array) -> Make:
    return _normal(mean, std, shape)


def _uniform_in_place(shape: Shape, low: Array, high: Array) -> Make:
    if not low <= high:
        raise EvaluationError(f"uniform_ draws from low up to high, and {low:g} is above {high:g}")
    return lambda generator, single: generator.uniform(sized(shape), single, float(low), float(high))


def _bernoulli_in_place(shape: Shape, p: Array) -> Make:
    _check_probability(p)
    if np.shape(p):
        return _bernoulli(np.broadcast_to(p, shape))
    return lambda generator, single: generator.trials(shape, float(p))


def _exponential_in_place(shape: Shape, rate: Array) -> Make:
    if not rate > 0:
        raise EvaluationError(f"exponential_ expects lambd > 0.0, but found lambd={float(rate)}")
    return lambda generator, single: generator.exponential(shape, single, float(rate))


_INTEGERS_OF_SINGLE = 2**24


def _random_in_place(shape: Shape, low: Array | None, high: Array | None) -> Make:
    """Integers: from 0, or `low`, up to `high`, or to where float32 has no other."""
    if high is None and low is not None:
        low, high = None, low
    if high is not None:
        return _randint(0 if low is None else low, high, shape)
    last = _INTEGERS_OF_SINGLE + 1
    return lambda generator, single: generator.randint(0, last if single else 2**53 + 1, shape)


# NumPy's own


def _by_numpy(name: str, *arguments: Any) -> Make:
    """A method of NumPy's generators; a tuple among the arguments is a shape."""
    shape = next((each for each in arguments if isinstance(each, tuple)), ())
    given = [_as_python(each) for each in arguments]
    sized(shape)

    def make(generator: Any, single: bool) -> Array:
        try:
            return np.asarray(getattr(generator.own, name)(*given))
        except (ValueError, TypeError, OverflowError) as error:
            raise EvaluationError(f"{name}: {error}") from None

    return make


def _as_python(value: Any) -> Any:
    """A number as Python's own, an integer where it is one: NumPy takes no other for a bound."""
    if isinstance(value, np.ndarray | np.generic) and value.shape == ():
        number = value.item()
        return int(number) if isinstance(number, float) and number.is_integer() else number
    return value


def _of_sizes(name: str, shape: Shape) -> Make:
    return _by_numpy(name, *shape) if name in ("rand", "randn") else _by_numpy(name, shape)


def _by_python(name: str, *arguments: Any) -> Make:
    """A function of Python's module `random`."""
    given = [_as_python(each) for each in arguments]

    def make(generator: Any, single: bool) -> Array:
        try:
            return np.asarray(getattr(generator, name)(*given))
        except (ValueError, TypeError, ZeroDivisionError) as error:
            raise EvaluationError(f"{name}: {error}") from None

    return make


def _numpys(name: str, signature: str, *, whole: str = "", **about: Any) -> Draw:
    return Draw(name, signature, partial(_by_numpy, name), whole, library="numpy", **about)


def _pythons(name: str, signature: str, *, whole: str = "") -> Draw:
    return Draw(name, signature, partial(_by_python, name), whole, library="python")


_SHARED = (
    _numpys("random", "shape=None"),
    _numpys("standard_normal", "shape=None"),
    _numpys("normal", "loc=0.0, scale=1.0, shape=None"),
    _numpys("uniform", "low=0.0, high=1.0, shape=None"),
    _numpys("exponential", "scale=1.0, shape=None"),
    _numpys("permutation", "x", whole="kept"),
    _numpys(
        "choice",
        "a, shape=None, replace=True, p=None",
        whole="kept",
        holds={"p": None, "replace": "truth"},
    ),
    _numpys("binomial", "n, p, shape=None", whole="always", holds={"p": None}),
    _numpys("poisson", "lam=1.0, shape=None", whole="always"),
    _numpys("beta", "a, b, shape=None"),
    _numpys("chisquare", "df, shape=None"),
    _numpys("dirichlet", "alpha, shape=None"),
    _numpys("gamma", "k, scale=1.0, shape=None"),
    _numpys("geometric", "p, shape=None", whole="always"),
    _numpys("gumbel", "loc=0.0, scale=1.0, shape=None"),
    _numpys("laplace", "loc=0.0, scale=1.0, shape=None"),
    _numpys("logistic", "loc=0.0, scale=1.0, shape=None"),
    _numpys("lognormal", "mean=0.0, sigma=1.0, shape=None"),
    _numpys("multinomial", "n, pvals, shape=None", whole="always"),
    _numpys("multivariate_normal", "mean, cov, shape=None"),
    _numpys("negative_binomial", "n, p, shape=None", whole="always"),
    _numpys("pareto", "a, shape=None"),
    _numpys("rayleigh", "scale=1.0, shape=None"),
    _numpys("standard_cauchy", "shape=None"),
    _numpys("standard_exponential", "shape=None"),
    _numpys("standard_gamma", "k, shape=None"),
    _numpys("standard_t", "df, shape=None"),
    _numpys("triangular", "left, mode, right, shape=None"),
    _numpys("vonmises", "mu, kappa, shape=None"),
    _numpys("weibull", "a, shape=None"),
)

OF_GENERATORS: Mapping[str, Draw] = {
    each.name: each
    for each in (
        *_SHARED,
        _numpys("integers", "low, high=None, shape=None", whole="always"),
    )
}
"""The methods of what `numpy.random.default_rng` gives."""

OF_STATES: Mapping[str, Draw] = {
    each.name: each
    for each in (
        *_SHARED,
        _numpys("rand", "*shape")._replace(plan=partial(_of_sizes, "rand")),
        _numpys("randn", "*shape")._replace(plan=partial(_of_sizes, "randn")),
        _numpys("random_sample", "shape=None"),
        _numpys("randint", "low, high=None, shape=None", whole="always"),
    )
}
"""The methods of a `RandomState`, and the functions of `numpy.random`."""

OF_PYTHON: Mapping[str, Draw] = {
    each.name: each
    for each in (
        _pythons("random", ""),
        _pythons("uniform", "a, b"),
        _pythons("gauss", "mu=0.0, sigma=1.0"),
        _pythons("normalvariate", "mu=0.0, sigma=1.0"),
        _pythons("expovariate", "lambd=1.0"),
        _pythons("randint", "a, b", whole="always"),
    )
}
"""The functions of Python's own module `random`."""

OF_TORCH: Mapping[str, Draw] = {
    each.name: each
    for each in (
        Draw("rand", "*shape", _rand),
        Draw("randn", "*shape", _randn),
        Draw("randint", "low, high, shape", _randint, whole="always", without_low="high, shape"),
        Draw("randperm", "n", _randperm, whole="always", holds={"n": "integer"}),
        Draw("normal", "mean=0.0, std=1.0, shape=None", _normal),
        Draw("bernoulli", "x", _bernoulli),
        Draw(
            "multinomial",
            "x, num_samples, replacement=False",
            _multinomial,
            whole="always",
            holds={"num_samples": "integer", "replacement": "truth"},
        ),
        Draw("rand_like", "x", _rand, like=True),
        Draw("randn_like", "x", _randn, like=True),
        Draw("randint_like", "x, low, high", _randint_like, whole="kept", like=True, without_low="x, high"),
    )
}
"""The functions of `torch`."""

UNPREFIXED = tuple(name for name in OF_TORCH if name != "normal")
"""Those of them that need no `torch.` before them."""

IN_PLACE: Mapping[str, Draw] = {
    each.name: each
    for each in (
        Draw("normal_", "x, mean=0.0, std=1.0", _normal_in_place, like=True),
        Draw("uniform_", "x, low=0.0, high=1.0", _uniform_in_place, like=True),
        Draw("bernoulli_", "x, p=0.5", _bernoulli_in_place, like=True, holds={"p": None}),
        Draw("exponential_", "x, lambd=1.0", _exponential_in_place, like=True),
        Draw("random_", "x, low=None, high=None", _random_in_place, like=True),
    )
}
"""The methods of PyTorch's tensors that put drawn numbers into them."""

METHODS: Mapping[str, Draw] = {name: OF_TORCH[name] for name in ("bernoulli", "multinomial")}
"""The methods of tensors that draw others."""


DROPOUTS = ("dropout", "dropout1d", "dropout2d", "dropout3d")
"""What leaves out numbers, or channels of so many dimensions, at random."""


def drawing(context: Context, call: Call) -> Rule | None:
    """A rule for a call that draws, or of `jax.random`, by its library and name; `None` for any other."""
    name = called_name(call.function, context)
    if name in DROPOUTS:
        return _dropout(context, name, call)
    draw = draw_of(call.function, context)
    if draw is not None:
        return drawn(context, draw, call)
    member = member_of(call.function, context)
    if member is not None and member.module == "jax.random" and member.name in OF_KEYS:
        return of_key(context, OF_KEYS[member.name], call)
    return None


def draw_of(function: Expression, names: Names) -> Draw | None:
    """What a function draws; `None` for one that does not."""
    member = member_of(function, names)
    if member is None:
        name = called_name(function, names)
        return OF_TORCH[name] if name in UNPREFIXED else None
    return _FUNCTIONS.get(member.module, {}).get(member.name)


def method_that_draws(context: Context, call: Call, function: Attribute) -> Rule | None:
    """A rule for `p.bernoulli()`, or for `torch.empty(3).normal_()`, which fills what has no name."""
    draw = METHODS.get(function.name) or IN_PLACE.get(function.name)
    return None if draw is None else drawn(context, draw, call, function.value)


_FUNCTIONS: Mapping[str, Mapping[str, Draw]] = {
    "torch": OF_TORCH,
    "numpy.random": OF_STATES,
    "random": OF_PYTHON,
}
"""The functions that draw, by the module that they are of."""


def drawn(context: Context, draw: Draw, call: Call, receiver: Expression | None = None) -> Rule:
    """A rule: the input that holds what a call draws, and its kind; a leaf of its own where that is asked.

    Raises `GradcliError` where nothing is drawn.
    """
    call, generator = yield _with_generator(context, call)
    found, whole = yield what_is_drawn(context, draw, call, receiver)
    found = found._replace(generator=generator)
    node = made(context, found, call)
    kind = _kind(draw, node, whole)
    if draw.library == "torch":
        return (yield factory(context, (node, kind), call, call.span, call.arguments))
    return node, kind


def drawn_by(generator: Generator, draw: Draw, context: Context, call: Call) -> Rule:
    """A rule: what a method of a generator draws."""
    found, whole = yield what_is_drawn(context, draw, call)
    node = made(context, found._replace(generator=generator), call)
    return node, _kind(draw, node, whole)


def _with_generator(context: Context, call: Call) -> Rule:
    """A rule: a call without its `generator=`, and that; raises `InputError` for what is none."""
    generator = None
    for argument in call.arguments:
        if argument.name == "generator":
            generator = yield Whole(argument.value)
            if generator is not NONE and not isinstance(generator, Generator):
                raise context.wrong("this is no generator", argument.value.span, "g = torch.Generator()")
    rest = tuple(each for each in call.arguments if each.name != "generator")
    return call._replace(arguments=rest), None if generator is NONE else generator


def what_is_drawn(context: Context, draw: Draw, call: Call, receiver: Expression | None = None) -> Rule:
    """A rule: what a call draws, with its arguments as they are now, and whether integers."""
    given = [each for each in call.arguments if each.name not in IGNORED_KEYWORDS]
    if draw.without_low and len(given) + (receiver is not None) < len(draw.parameters):
        draw = draw._replace(signature=draw.without_low)
    bound = yield bind(context, draw, call, receiver, draw.parameters)
    values = []
    for parameter, value in zip(draw.parameters, bound.values, strict=True):
        if not isinstance(value, Node):
            values.append(value)
        elif draw.like and parameter.name == "x":
            values.append(value.shape)
        else:
            values.append(_known(context, draw, value, call))
    try:
        make = draw.plan(*values)
    except GradcliError as error:
        context.blame(error, call.span, bound.operands)
        raise
    single = _single(context, (*call.arguments, *_arguments(receiver)))
    whole = draw.whole == "always" or (draw.whole == "kept" and bound.kinds[0].whole)
    return Drawn(make, draw.library, single), whole


def _known(context: Context, draw: Draw, node: Node, call: Call) -> Any:
    value = context.known(context.where_taken(node), leaves=True)
    if value is None:
        raise _refused(context, draw.name, call)
    return np.asarray(value)


def made(context: Context, found: Drawn, call: Call) -> Node:
    """The input that holds what is drawn; raises `GradcliError` where nothing is."""
    name = typed_name_of(call)
    if context.undecided:
        raise context.wrong(
            f"{name} would draw in a branch that waits for a value",
            call.span,
            "draw before the condition, or write it as an if statement",
        )
    if found.generator is not None:
        context.changing(found.generator, call.span)
    try:
        node = context.scope.draw(found)
    except GradcliError as error:
        context.blame(error, call.span, ())
        raise
    if node is None:
        raise _refused(context, name, call)
    return node


def typed_name_of(call: Call) -> str:
    """The name by which something is called."""
    return str(getattr(call.function, "name", ""))


def _refused(context: Context, name: str, call: Call) -> InputError:
    return context.wrong(
        f"{name} draws other numbers each time, and a formula means the same each time",
        call.span,
        "draw in a script or at the prompt, and give the numbers to the formula as values",
    )


def _kind(draw: Draw, node: Node, whole: bool) -> Kind:
    if draw.library != "torch":
        alone = COUNT if whole else REAL
        return array_kind(whole) if node.shape else alone
    return tensor_kind(whole)


def _single(context: Context, arguments: Any) -> bool | None:
    """Whether numbers are float32, as a dtype among the arguments says; `None` where there is none."""
    for each in arguments:
        if each.name == "dtype":
            dtype = dtype_of(each.value, context)
            if dtype is not None and dtype.width:
                return dtype.width == "single"
    return None


def _arguments(receiver: Expression | None) -> tuple[Argument, ...]:
    """The arguments of the call that makes a receiver: `torch.empty(3, dtype=torch.float64).normal_()`."""
    return receiver.arguments if isinstance(receiver, Call) else ()


# Dropout


def _dropout(context: Context, name: str, call: Call) -> Rule:
    """A rule: `dropout(x, p)` while training, and what the table says else."""
    entry = TABLE[name]
    bound = yield bind(context, entry, call, None, entry.parameters)
    x, p, training = bound.values
    if not training or p == 0 or not 0 <= p <= 1:
        node = context.build(lambda: entry.build(x, p, training), call.span, bound.operands)
        return node, TENSOR if node.tracked else bound.kinds[0]
    return dropped(context, name, (x, bound.kinds[0]), p, call)


def dropped(context: Context, name: str, typed: Typed, p: float, call: Call) -> Typed:
    """A value with numbers, or whole channels, left out, each with probability p, and the others scaled."""
    x, _ = typed
    order: tuple[int, ...] = tuple(range(-len(x.shape), 0))
    shape = x.shape
    if name == "dropout":
        shape, order = _as_it_lies(typed)
    else:
        alone = name != "dropout2d" and len(shape) == int(name[-2]) + 1  # without a batch around
        channels = 1 if alone else 2
        shape = (*shape[:channels], *[1] * len(shape[channels:]))
    drawn = made(context, Drawn(lambda generator, single: _kept(generator, shape, p), "torch"), call)
    node = permute(drawn, order)
    return context.build(lambda: as_number(x) * node, call.span, ((call.span, x),)), TENSOR


def _as_it_lies(typed: Typed) -> tuple[Shape, Shape]:
    """The shape in which the elements of a tensor lie in memory, and the order of its axes in the tensor.

    PyTorch draws what is dropped as they lie. What `einsum` gives lies as it is there; its name, which tells
    it from a transposition, is only that of what requires grad.
    """
    at, kind = typed
    order: tuple[int, ...] = tuple(range(-len(at.shape), 0))
    while at.tracked and at.primitive is permute_primitive and kind.overload != "ViewBackward0":
        order = tuple([at.params[0][axis] for axis in order])
        at = at.inputs[0]
    return at.shape, order


def _kept(generator: Any, shape: Shape, p: float) -> Array:
    """0 where a number is dropped, with probability p, and else what keeps the mean."""
    if p == 1:
        return np.zeros(shape)
    found: Array = generator.trials(shape, 1 - p) / (1 - p)
    return found
