"""JAX's random numbers: functions of a key, and of nothing else, so they draw in formulas too."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from gradcli.arrays import Array, Shape
from gradcli.engine.graph import Node, constant
from gradcli.engine.primitives.entry import NO_OTHERS, Parameter, parse_signature
from gradcli.engine.primitives.shaping import sized
from gradcli.generators import threefry
from gradcli.language.tree import Call
from gradcli.lowering.binding import bind
from gradcli.lowering.context import Context
from gradcli.lowering.kinds import array_kind
from gradcli.records import NamedTuple
from gradcli.text.errors import EvaluationError
from gradcli.trampoline import Rule


def _words(key: Array) -> Array:
    words = np.asarray(key)
    if words.shape != (2,) or not np.all((words >= 0) & (words < 2**32) & (words == np.trunc(words))):
        raise EvaluationError("a key is two words", hint="jax.random.key(0) makes one, and split more of it")
    return words.astype(np.uint32)


def _count(number: Array, name: str) -> int:
    """How many things a number says that there are."""
    if np.ndim(number) or number != np.trunc(number) or number < 0:
        raise EvaluationError(f"{name} is an array, or the count of the numbers 0, 1, …")
    return sized((int(number),))[0]


def _of_shape(draw: Callable[[Array, Shape], Array]) -> Callable[[Array, Shape], Array]:
    """What draws numbers of a shape, from the key as a program holds it."""
    return lambda key, shape: draw(_words(key), sized(shape))


def _uniform(key: Array, shape: Shape, minval: Array, maxval: Array) -> Array:
    return threefry.uniform(_words(key), sized(shape), float(minval), float(maxval))


def _integers(key: Array, shape: Shape, minval: Array, maxval: Array) -> Array:
    return threefry.integers(_words(key), sized(shape), int(minval), int(maxval))


def _bernoulli(key: Array, p: Array, shape: Shape | None) -> Array:
    unit = threefry.uniform(_words(key), np.shape(p) if shape is None else sized(shape))
    found: Array = unit < np.asarray(p, np.float32)
    return found


def _permutation(key: Array, x: Array, axis: int) -> Array:
    """The numbers below x, or the parts of x along an axis, in random order."""
    if np.ndim(x) == 0:
        return threefry.permutation(_words(key), _count(x, "x"))
    return np.take(x, threefry.permutation(_words(key), x.shape[axis]), axis)


def _choice(key: Array, a: Array, shape: Shape, replace: bool, p: Array | None, axis: int) -> Array:
    """Parts of a along an axis, or numbers below it, each as probable as the others or as p says."""
    words, shape = _words(key), sized(shape)
    there = _count(a, "a") if np.ndim(a) == 0 else a.shape[axis]
    wanted = int(np.prod(shape))
    if wanted and (not there or (wanted > there and not replace)):
        raise EvaluationError(
            f"{wanted} of {there} cannot be chosen" + (" without replacement" if there else "")
        )
    if p is None:
        if replace:
            places = threefry.integers(words, shape, 0, there)
        else:
            places = threefry.permutation(words, there)[:wanted].reshape(shape)
    elif np.shape(p) != (there,):
        raise EvaluationError(f"p is one probability for each of {there}")
    elif replace:
        sums = np.cumsum(p, dtype=np.float32)
        places = np.searchsorted(sums, sums[-1] * (1 - threefry.uniform(words, shape).astype(np.float32)))
    else:
        with np.errstate(divide="ignore"):
            order = np.argsort(-(threefry.gumbel(words, (there,)) + np.log(p)), kind="stable")
        places = order[:wanted].reshape(shape)
    return places if np.ndim(a) == 0 else np.take(a, places, axis)


def _categorical(key: Array, logits: Array, axis: int, shape: Shape | None) -> Array:
    """Places along an axis, by the logarithms of their probabilities: where Gumbel's numbers make most."""
    axis %= max(np.ndim(logits), 1)
    batch = np.shape(logits)[:axis] + np.shape(logits)[axis + 1 :]
    shape = batch if shape is None else sized(shape)
    if not np.ndim(logits) or shape[len(shape) - len(batch) :] != batch:
        raise EvaluationError(f"the shape that is drawn ends with the shape beside the axis, {batch}")
    leading = shape[: len(shape) - len(batch)]
    drawn = threefry.gumbel(_words(key), (*leading, *np.shape(logits)))
    found: Array = np.argmax(drawn + logits, axis + len(leading))
    return found


class OfKey(NamedTuple):
    """A function of JAX's that makes numbers of a key."""

    name: str
    signature: str
    make: Callable[..., Array]
    whole: bool | str = False
    """Whether they are whole; or the parameter, of whose numbers they are some."""
    holds: Mapping[str, str | None] = NO_OTHERS
    settled: bool = False

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Its parameters."""
        return parse_signature(self.signature, self.holds)


OF_KEYS: Mapping[str, OfKey] = {
    each.name: each
    for each in (
        OfKey("key", "seed", threefry.key, whole=True, holds={"seed": "integer"}),
        OfKey("PRNGKey", "seed", threefry.key, whole=True, holds={"seed": "integer"}),
        OfKey(
            "split",
            "key, num=2",
            lambda key, num: threefry.split(_words(key), sized((num,))[0]),
            whole=True,
            holds={"num": "integer"},
        ),
        OfKey(
            "fold_in",
            "key, data",
            lambda key, data: threefry.fold_in(_words(key), data),
            whole=True,
            holds={"data": "integer"},
        ),
        OfKey("uniform", "key, shape=(), minval=0.0, maxval=1.0", _uniform),
        OfKey("normal", "key, shape=()", _of_shape(threefry.normal)),
        OfKey("exponential", "key, shape=()", _of_shape(threefry.exponential)),
        OfKey("gumbel", "key, shape=()", _of_shape(threefry.gumbel)),
        OfKey("laplace", "key, shape=()", _of_shape(threefry.laplace)),
        OfKey("logistic", "key, shape=()", _of_shape(threefry.logistic)),
        OfKey("bernoulli", "key, p=0.5, shape=None", _bernoulli, holds={"p": None}),
        OfKey("randint", "key, shape, minval, maxval", _integers, whole=True),
        OfKey("permutation", "key, x, axis=0", _permutation, whole="x", holds={"axis": "integer"}),
        OfKey(
            "choice",
            "key, a, shape=(), replace=True, p=None, axis=0",
            _choice,
            whole="a",
            holds={"replace": "truth", "p": None, "axis": "integer"},
        ),
        OfKey(
            "categorical",
            "key, logits, axis=-1, shape=None",
            _categorical,
            whole=True,
            holds={"axis": "integer"},
        ),
    )
}
"""The functions of `jax.random`."""


def of_key(context: Context, function: OfKey, call: Call) -> Rule:
    """A rule: what a function of `jax.random` gives, whose arguments must be known before arithmetic."""
    parameters = function.parameters
    bound = yield bind(context, function, call, None, parameters)
    values, kinds, whole = [], iter(bound.kinds), function.whole
    for parameter, value in zip(parameters, bound.values, strict=True):
        given = isinstance(value, Node)
        known = np.asarray(context.known(value, leaves=True)) if given else value
        if given and known.dtype == object:
            raise context.wrong(
                f"the arguments of {function.name} must be known before arithmetic", call.span
            )
        values.append(known)
        if parameter.holds is None and given:
            kind = next(kinds, None)
            if whole == parameter.name:
                whole = kind is not None and kind.whole

    def make() -> Node:
        return constant(function.make(*values))

    return context.build(make, call.span, bound.operands), array_kind(bool(whole))
