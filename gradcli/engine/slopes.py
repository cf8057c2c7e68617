"""Derivatives by numbers alone, to hold the engine's against: complex steps, and differences extrapolated.

Nothing here looks at a rule of differentiation. A complex step (Squire and Trapp, SIAM Review 40, 1998) has
no cancellation and so all digits, and needs functions of complex arguments; differences with Richardson's
extrapolation (Ridders, Advances in Engineering Software 4, 1982) need nothing, and say how far they are to
be trusted. Slopes from one side tell a kink from an edge of the domain and from a vertical tangent.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import Any

import numpy as np

from gradcli.arrays import Array
from gradcli.engine.evaluate import compute
from gradcli.engine.graph import Input, Kernel, Node, as_node, intern, topological
from gradcli.engine.plan import Plan
from gradcli.engine.primitives.arithmetic import multiply
from gradcli.engine.primitives.entry import Elementwise, Entry, Structural
from gradcli.engine.primitives.shaping import detach
from gradcli.engine.trace import at_kinks
from gradcli.records import NamedTuple

EPS = float(np.finfo(float).eps)

STEP = 1e-20
"""A complex step, relative to the place: its square is nothing beside the value, and it hardly underflows."""

_STARTS = (0.1, 0.01)
"""Widths that differences start from, relative to the place: two, as one can be led astray."""

_HALVINGS = 12
_COLUMNS = 6
_SAME = 1e-9
_SMALLEST = 1e-290
_GROWTH = 1.15
_SHAKES = 4
_JUMP = 1e-6
_FLAT = 1e-8
_ONE_SIDED = 0.01
_ONE_SIDED_HALVINGS = 10

DECIDES = 1e-4
"""Differences whose bound on the error is a greater part of the slope decide nothing."""


class NotAnalyticError(Exception):
    """An operation has no function of complex arguments."""


class Slope(NamedTuple):
    """Derivatives of all outputs in one number, flat, with a bound on the error of each.

    The bound is infinite where nothing can be said.
    """

    values: Array
    errors: Array


class Sampler:
    """A graph as a function of single elements of its inputs, at a place.

    `values` holds those of the inputs. What is detached keeps the value that it has at the place: no
    derivative goes through it.
    """

    def __init__(self, output: Node, values: Mapping[Node, Any]) -> None:
        self.output = output
        self.found = {**values, **compute((output,), values.get)}
        self.value = np.ravel(np.broadcast_to(self.found[output], output.shape))
        self._held = [each for each in topological((output,)) if each.primitive is detach]
        self._plans: dict[Input, Plan] = {}

    def rows(self, wrt: Input, place: int, at: Array) -> Array:
        """The outputs (flat, a row each) with the numbers `at` in the place of one element of `wrt`."""
        if wrt not in self._plans:
            self._plans[wrt] = Plan((self.output,), known=self._held, batched=(wrt,))
        plan = self._plans[wrt]
        feed = {each: self.found[each] for each in plan.inputs}
        column = np.repeat(np.asarray(self.found[wrt], dtype=float)[None], len(at), axis=0)
        column.reshape(len(at), -1)[:, place] = at
        feed[wrt] = column
        found: Array = plan.run_rows(feed, len(at))[0]
        return found.reshape(len(at), -1)

    def complex_step(self, wrt: Input, place: int) -> Array:
        """The derivatives of the outputs (flat) in one element of `wrt`, by a complex step.

        Raises `NotAnalyticError` where an operation has no function of complex arguments, or the real part of
        what it gives is not the value.
        """
        at = np.array(self.found[wrt], dtype=complex)
        if not np.isfinite(at.flat[place]):
            raise NotAnalyticError("a complex step is one beside a number")
        width = STEP * (abs(at.flat[place].real) or 1.0)
        at.flat[place] += 1j * width
        moves: set[Node] = {wrt}
        for node in topological((self.output,)):
            if any(each in moves for each in node.inputs):
                moves.add(node)
        known = {node: value for node, value in self.found.items() if node not in moves}
        known[wrt] = at if wrt.shape else at[()]
        with warnings.catch_warnings():
            warnings.simplefilter("error", np.exceptions.ComplexWarning)
            try:
                moved = compute((self.output,), found=known, kernel=_complex_kernel)[self.output]
            except np.exceptions.ComplexWarning:
                raise NotAnalyticError("a kernel drops the imaginary part") from None
        moved = np.ravel(np.broadcast_to(moved, self.output.shape))
        if not np.allclose(np.real(moved), self.value, rtol=_SAME, atol=width):
            raise NotAnalyticError("the value is another")
        imaginary = np.asarray(np.imag(moved), dtype=float)
        if np.any((np.abs(imaginary) < _SMALLEST) & (imaginary != 0)) or width < _SMALLEST:
            raise NotAnalyticError("the imaginary part underflows")
        return imaginary / width


# Complex steps


def _complex_kernel(node: Node) -> Kernel:
    """What computes a node from complex values; raises `NotAnalyticError`."""
    primitive = node.primitive
    own = primitive.kernel(node)
    if node.boolean or is_flat(node):
        return lambda *inputs: own(*map(np.real, inputs))
    given = getattr(primitive, "analytic", None)
    if isinstance(primitive, Elementwise):
        if given is not None:
            function: Kernel = given
            return function
        corner = primitive.kink is not None and primitive.kink.is_corner
        if isinstance(own, np.ufunc) and not corner and any("D" in each for each in own.types):
            return own
        if own is not primitive.ufunc and isinstance(primitive.ufunc, np.ufunc):
            return own
    elif isinstance(primitive, Structural):
        if given is not None:
            made: Kernel = given(node)
            return made
        if primitive.linear or primitive.jvp is None or primitive.mixes_batches:
            return own
    elif not isinstance(primitive, Entry):
        return own
    raise NotAnalyticError(primitive.name)


def is_flat(node: Node) -> bool:
    """Whether a node has the derivative 0 by definition: steps, and what is detached."""
    primitive = node.primitive
    if isinstance(primitive, Elementwise):
        partials = primitive.partials
        return partials is not None and type(primitive).pullback is Elementwise.pullback and not any(partials)
    return isinstance(primitive, Structural) and not primitive.differentiable


# Differences


def _extrapolated(quotients: Array, ratio: float) -> tuple[Array, Array]:
    """Richardson's extrapolation of difference quotients, of which each has half the width of the one before.

    All entries of the triangle, and how far each is from its neighbours, as (entry, output).
    """
    column, entries, gaps = quotients, [], []
    factor = 1.0
    for _ in range(_COLUMNS):
        factor *= ratio
        if len(column) < 2:
            break
        finer = (factor * column[1:] - column[:-1]) / (factor - 1.0)
        gaps.append(np.maximum(np.abs(finer - column[1:]), np.abs(finer - column[:-1])))
        entries.append(finer)
        column = finer
    return np.concatenate(entries), np.concatenate(gaps)


def _best(quotients: Array, ratio: float, rounding: Array) -> Slope:
    """The entry of least error; `rounding` is what rounding may add to each quotient."""
    entries, gaps = _extrapolated(quotients, ratio)
    count = len(quotients)
    rows = np.concatenate([np.arange(k, count) for k in range(1, min(_COLUMNS, count - 1) + 1)])
    errors = gaps + rounding[rows]
    errors = np.where(np.isfinite(entries) & np.isfinite(errors), errors, math.inf)
    best = errors.argmin(axis=0)
    outputs = np.arange(entries.shape[1])
    return Slope(entries[best, outputs], errors[best, outputs])


def differences(sampler: Sampler, wrt: Input, place: int) -> Slope:
    """Derivatives in one element of `wrt` by central differences, extrapolated from two widths.

    The error is infinite where the two do not agree, where it is not a small part of the slope, or where the
    function does not move at all.
    """
    x = float(np.ravel(sampler.found[wrt])[place])
    found = []
    for start in _STARTS:
        with np.errstate(all="ignore"):
            widths = start * (abs(x) or 1.0) * 0.5 ** np.arange(_HALVINGS + 1)
            above, below = x + widths, x - widths
            samples = sampler.rows(wrt, place, np.concatenate([above, below]))
            span = (above - below)[:, None]
            quotients = (samples[: len(widths)] - samples[len(widths) :]) / span
            rounding = 4 * EPS * np.maximum(np.abs(samples).max(axis=0), np.abs(sampler.value)) / span
            slope = _best(quotients, 4.0, rounding)
        moves = ~(samples == sampler.value).all(axis=0)
        found.append(Slope(slope.values, np.where(moves, slope.errors, math.inf)))
    first, second = found
    with np.errstate(all="ignore"):
        better = second.errors < first.errors
        values = np.where(better, second.values, first.values)
        errors = np.where(better, second.errors, first.errors)
        apart = np.abs(first.values - second.values)
        agree = apart <= 10 * (first.errors + second.errors)
        decided = agree & np.isfinite(first.errors + second.errors) & (errors <= DECIDES * np.abs(values))
    return Slope(values, np.where(decided, np.maximum(errors, apart), math.inf))


def from_side(sampler: Sampler, wrt: Input, place: int, side: int) -> Slope:
    """Slopes in one element of `wrt` from the right (`side` 1) or from the left (-1).

    nan where there is no value on that side; infinite, with its sign, at a vertical tangent or a jump; the
    error is infinite where the quotients settle on nothing.
    """
    x = float(np.ravel(sampler.found[wrt])[place])
    widths = _ONE_SIDED * max(abs(x), 1.0) * 0.5 ** np.arange(_ONE_SIDED_HALVINGS + 1)
    with np.errstate(all="ignore"):
        at = x + side * widths
        samples = sampler.rows(wrt, place, at)
        step = (at - x)[:, None]
        quotients = (samples - sampler.value) / step
        rounding = 4 * EPS * np.maximum(np.abs(samples).max(axis=0), np.abs(sampler.value)) / np.abs(step)
        slope = _best(quotients, 2.0, rounding)
        tail = np.abs(quotients[-5:])
        grows = (tail[1:] > _GROWTH * tail[:-1]).all(axis=0)
        scale = np.maximum(np.abs(samples).max(axis=0), np.abs(sampler.value)) / max(abs(x), 1.0)
        settled = slope.errors <= np.maximum(DECIDES * np.abs(slope.values), _FLAT * scale)
        values = np.where(grows, math.inf * np.sign(quotients[-1]), slope.values)
        values = np.where(np.isnan(samples[-1]), math.nan, values)
    return Slope(values, np.where(settled | grows | np.isnan(values), slope.errors, math.inf))


def is_rough(sampler: Sampler) -> bool:
    """Whether an operation stands at a kink, or as near to a jump or an edge as rounding could lead."""
    found = sampler.found
    if any(True for _ in at_kinks(sampler.output, found.get)):
        return True
    for node in topological((sampler.output,)):
        primitive = node.primitive
        if node.static or not isinstance(primitive, Elementwise):
            continue
        own, inputs = primitive.kernel(node), [found[each] for each in node.inputs]
        for sign in (-1.0, 1.0):
            moved = [
                value if each.boolean or each.static else _moved(value, sign * other)
                for each, value, other in zip(node.inputs, inputs, cycle((1.0, -1.0)), strict=False)
            ]
            with np.errstate(all="ignore"):
                at, near = own(*inputs), own(*moved)
                if node.boolean:
                    if np.any(at != near):
                        return True
                    continue
                size = np.maximum(np.abs(at), np.max([np.max(np.abs(each), initial=0.0) for each in inputs]))
                jumps = (np.abs(near - at) > _JUMP * size) | (np.isfinite(at) & ~np.isfinite(near))
                if np.any(jumps):
                    return True
    return False


def _moved(value: Any, sign: float) -> Any:
    """A value moved by a few ulps."""
    with np.errstate(all="ignore"):
        return value + sign * (_SHAKES * EPS * np.abs(value) + np.finfo(float).tiny)


def shaken(nodes: Sequence[Node], rng: np.random.Generator) -> list[Node]:
    """The nodes with a relative error of a few ulps in every input and every result: what rounding can do.

    What is static, a truth value or not differentiated through stays as it is.
    """
    changed: dict[Node, Node] = {}
    signs = iter(rng.choice((-1.0, 1.0), 1 + sum(1 for _ in topological(nodes))).tolist())
    for node in topological(nodes):
        if node.static or node.boolean:
            continue
        new = node
        if any(each in changed for each in node.inputs):
            new = intern(node.primitive, tuple(changed.get(each, each) for each in node.inputs), node.params)
        if not is_flat(node):
            new = multiply.apply(new, as_node(1.0 + next(signs) * _SHAKES * EPS))
        changed[node] = new
    return [changed.get(each, each) for each in nodes]
