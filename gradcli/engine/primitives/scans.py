"""Running sums, products and extremes along a dimension, and what is made of differences of neighbours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradcli.arrays import Array, Shape
from gradcli.engine.graph import Kernel, Node, expand, intern
from gradcli.engine.primitives import complex_kernels
from gradcli.engine.primitives.elementwise import logaddexp
from gradcli.engine.primitives.entry import Composite, Result, Results, Structural, as_number, called
from gradcli.engine.primitives.reductions import total
from gradcli.engine.primitives.selecting import one_axis, sliced, take_along
from gradcli.engine.primitives.shaping import cat_primitive, reshape
from gradcli.engine.shapes import ShapeError

family = "running sums and differences"

Dims = tuple[int, ...] | None
Params = tuple[Any, ...]


def _along(x: Node, dim: Dims, scan: Callable[[Node, int], Node]) -> Node:
    """A scan along one dimension; of all elements row by row where none is given, and of a number alone."""
    if dim is None or not x.shape:
        if dim is not None:
            one_axis(x, dim)
        flat = reshape(x, (int(np.prod(x.shape)),))
        return reshape(scan(flat, -1), x.shape) if not x.shape else scan(flat, -1)
    return scan(x, one_axis(x, dim))


def _same_shape(params: Params, shape: Shape) -> Shape:
    return shape


def _doubled(x: Node, axis: int, combine: Callable[[Node, Node], Node]) -> Node:
    """A scan by doubling: after each step every element holds what twice as many before it come to.

    So a running product needs no division, and is right at zeros, at every order.
    """
    step, size = 1, x.shape[axis]
    while step < size:
        rest = combine(sliced(x, axis, step, size), sliced(x, axis, 0, size - step))
        x = intern(cat_primitive, (sliced(x, axis, 0, step), rest), (axis,))
        step *= 2
    return x


def _cumsum_kernel(node: Node) -> Kernel:
    axis, backwards = node.params

    def kernel(x: Array) -> Any:
        if backwards:
            return np.flip(np.add.accumulate(np.flip(x, axis), axis=axis), axis)
        return np.add.accumulate(x, axis=axis)

    return kernel


cumsum_primitive: Structural = Structural(
    "running_sum",
    "x",
    _same_shape,
    _cumsum_kernel,
    transpose=lambda node, ct, index: running_sum(ct, node.params[0], not node.params[1]),
    linear=True,
    grad_fn="CumsumBackward0",
    public=False,
)


def running_sum(x: Node, axis: Any, backwards: Any = False) -> Node:
    """The sums of all elements up to each (from each on: `backwards`) along a negative axis."""
    return intern(cumsum_primitive, (as_number(x),), (axis, backwards))


cumprod_primitive: Structural = Structural(
    "running_product",
    "x",
    _same_shape,
    lambda node: lambda x: np.multiply.accumulate(x, axis=node.params[0]),
    definition=lambda node: _doubled(node.inputs[0], _axis(node), lambda x, y: x * y),
    grad_fn="CumprodBackward0",
    public=False,
)


def running_product(x: Node, axis: int) -> Node:
    """The products of all elements up to each along a negative axis."""
    return intern(cumprod_primitive, (as_number(x),), (axis,))


logcumsumexp_primitive: Structural = Structural(
    "running_logsumexp",
    "x",
    _same_shape,
    lambda node: lambda x: np.logaddexp.accumulate(x, axis=node.params[0]),
    definition=lambda node: _doubled(node.inputs[0], _axis(node), logaddexp),
    analytic=lambda node: lambda x: complex_kernels.running_logaddexp(x, _axis(node)),
    grad_fn="LogcumsumexpBackward0",
    public=False,
)


def _axis(node: Node) -> int:
    axis: Any = node.params[0]
    assert isinstance(axis, int)
    return axis


def _running_places(node: Node) -> Kernel:
    axis, accumulate = node.params[0], np.maximum if node.params[1] else np.minimum

    def kernel(x: Array) -> Array:
        x = np.moveaxis(np.asarray(x), axis, -1)
        extreme = accumulate.accumulate(x, axis=-1)
        newest = np.where((x == extreme) | np.isnan(x), np.arange(x.shape[-1]), 0)
        return np.moveaxis(np.maximum.accumulate(newest, axis=-1), -1, axis).astype(np.float64)

    return kernel


running_places: Structural = Structural(
    "running_places",
    "x",
    _same_shape,
    _running_places,
    differentiable=False,
    public=False,
)


def running_extreme_places(greatest: bool) -> Callable[[Node, Dims], Node]:
    """Where the greatest or the least element up to each is: at ties, the last of them."""
    return lambda x, dim: _along(
        x, dim, lambda x, axis: intern(running_places, (as_number(x),), (axis, greatest))
    )


def _running_extreme(greatest: bool) -> Callable[[Node, Dims], Node]:
    def scan(x: Node, axis: int) -> Node:
        return take_along(x, intern(running_places, (as_number(x),), (axis, greatest)), axis)

    return lambda x, dim: _along(x, dim, scan)


_SCANNED = (([3], (0,)), ([2, 3], (0,)), ([2, 3], (-1,)), ([2, 2, 3], (1,)), ([4], None))

Composite(
    "cumsum",
    "x, dim=None",
    lambda x, dim: _along(x, dim, lambda x, axis: running_sum(x, axis)),
    "Running sum along a dimension; without one, of all elements row by row.",
    ("cumsum([1, 2, 3])", "[1, 3, 6]"),
    derivative="1 in each element up to there",
    overload=called("Cumsum"),
    whole="kept",
    samples=_SCANNED,
    family=family,
)
Composite(
    "cumprod",
    "x, dim=None",
    lambda x, dim: _along(x, dim, running_product),
    "Running product along a dimension; its derivatives are right at zeros, too.",
    ("cumprod([2, 3, 4])", "[2, 6, 24]"),
    derivative="in each element up to there, the product of the others",
    overload=called("Cumprod"),
    whole="kept",
    samples=_SCANNED,
    family=family,
)
Composite(
    "logcumsumexp",
    "x, dim=None",
    lambda x, dim: _along(x, dim, lambda x, axis: intern(logcumsumexp_primitive, (as_number(x),), (axis,))),
    "Logarithm of the running sum of exp(x), without overflow on the way.",
    ("logcumsumexp([0, 0])", "[0, 0.6931471805599453]"),
    derivative="exp(x[j] - y[i]) of y[i] in each x[j] up to there",
    overload=called("Logcumsumexp"),
    numpy="logaddexp.accumulate(x, axis or 0)",
    samples=(([3], (0,)), ([2, 3], (0,)), ([4], None)),
    family=family,
)
Composite(
    "cummax",
    "x, dim=None",
    _running_extreme(True),
    "Greatest element up to each along a dimension; at ties the last of them has the gradient.",
    ("cummax([1, 3, 2])", "[1, 3, 3]"),
    derivative="1 in the element that is chosen, 0 in the others",
    overload=called("Cummax"),
    whole="kept",
    numpy="maximum.accumulate(x, axis or 0)",
    samples=(([3], (0,)), ([2, 3], (0,)), ([4], None)),
    results=Results("values", (Result("indices", running_extreme_places(True), whole="always"),), "cummax"),
    family=family,
)
Composite(
    "cummin",
    "x, dim=None",
    _running_extreme(False),
    "Least element up to each along a dimension; at ties the last of them has the gradient.",
    ("cummin([2, 3, 1])", "[2, 2, 1]"),
    derivative="1 in the element that is chosen, 0 in the others",
    overload=called("Cummin"),
    whole="kept",
    numpy="minimum.accumulate(x, axis or 0)",
    samples=(([3], (0,)), ([2, 3], (0,)), ([4], None)),
    results=Results("values", (Result("indices", running_extreme_places(False), whole="always"),), "cummin"),
    family=family,
)

# Differences of neighbours


def _joined(xs: Sequence[Node | None], axis: int) -> Node:
    given = [each for each in xs if each is not None]
    return given[0] if len(given) == 1 else intern(cat_primitive, tuple(map(as_number, given)), (axis,))


def _neighbours(x: Node, axis: int) -> tuple[Node, Node]:
    size = x.shape[axis]
    return sliced(x, axis, min(1, size), size), sliced(x, axis, 0, max(0, size - 1))


def _filled(x: Node | None, like: Node, axis: int) -> Node | None:
    """What is put before or behind: a single number stands for a slice of it."""
    if x is None or x.shape:
        return x
    place = axis + len(like.shape)
    return expand(x, (*like.shape[:place], 1, *like.shape[place + 1 :]))


def _diff(x: Node, n: int, dim: tuple[int, ...], prepend: Node | None, append: Node | None) -> Node:
    if n < 0:
        raise ShapeError("takes differences n times, and n cannot be negative", subject="diff")
    axis = one_axis(x, dim)
    if not x.shape:
        told = "needs an array, and this is a single number"
        raise ShapeError(told, hint="the derivative of y in x is diff(y, x)", subject="diff")
    if n == 0:
        return as_number(x)
    x = _joined((_filled(prepend, x, axis), as_number(x), _filled(append, x, axis)), axis)
    for _ in range(min(n, x.shape[axis])):
        after, before = _neighbours(x, axis)
        x = after - before
    return x


def _panels(y: Node, x: Node | None, dx: Node, axis: int) -> Node:
    """The areas between neighbours under straight lines. A single number is one point, and has none."""
    if not y.shape:
        y = reshape(y, (1,))
    after, before = _neighbours(y, axis)
    if x is None:
        return (after + before) * (dx / 2)
    if not x.shape:
        raise ShapeError("the places x are an array, and this is one number", hint="dx=0.5 is one distance")
    if len(x.shape) < len(y.shape) and x.shape:
        own = [1] * len(y.shape)
        own[axis] = x.shape[0]
        x = reshape(x, tuple(own)) if len(x.shape) == 1 else x
    right, left = _neighbours(x, axis if len(x.shape) >= -axis else -1)
    return (after + before) * ((right - left) / 2)


def _trapezoid(y: Node, x: Node | None, dx: Node, dim: tuple[int, ...]) -> Node:
    axis = one_axis(y, dim)
    return total(_panels(as_number(y), x, dx, axis), (axis,))


def _cumulative_trapezoid(y: Node, x: Node | None, dx: Node, dim: tuple[int, ...]) -> Node:
    axis = one_axis(y, dim)
    return running_sum(_panels(as_number(y), x, dx, axis), axis)


Composite(
    "diff",
    "x, n=1, dim=-1, prepend=None, append=None",
    _diff,
    "Differences of neighbours along a dimension, n times.",
    ("diff([1, 4, 9])", "[3, 5]"),
    holds={"n": "integer"},
    derivative="1 and -1 in the two neighbours",
    overload=called("Sub"),
    whole="kept",
    numpy="diff(x, n, axis=axis, **({'prepend': prepend, 'append': append} if prepend is not None else {}))",
    samples=(
        *(([4], 1, (0,), None, None), ([2, 4], 2, (-1,), None, None), ([3, 2], 1, (0,), None, None)),
        *(([3], 1, (0,), [1], [2]), ([2, 3], 1, (1,), [2, 1], [2, 1])),
    ),
    family=family,
)
Composite(
    "trapezoid",
    "y, x=None, dx=1.0, dim=-1",
    _trapezoid,
    "Area under straight lines through points y, at the places x or at distances dx.",
    ("trapezoid([1, 2, 3])", "4"),
    aliases=("trapz",),
    derivative="half the distance of the neighbours, in y",
    overload=lambda y, x, *rest: "SumBackward1" if x is not None else "MulBackward1",
    samples=(([4], None, [], (0,)), ([4], [4], [], (-1,)), ([2, 3], [3], [], (1,)), ([3, 2], [3], [], (0,))),
    numpy="trapezoid(y, x, dx, axis=axis)",
    family=family,
)
Composite(
    "cumulative_trapezoid",
    "y, x=None, dx=1.0, dim=-1",
    _cumulative_trapezoid,
    "Running area under straight lines through points y, as trapezoid has it for all of them.",
    ("cumulative_trapezoid([1, 2, 3])", "[1.5, 4]"),
    derivative="half the distance of the neighbours up to there, in y",
    overload=called("Cumsum"),
    samples=(([4], None, [], (0,)), ([4], [4], [], (-1,)), ([2, 3], [2, 3], [], (1,))),
    numpy="cumsum((diff(x, axis=axis) if x is not None else dx)/2*(take(y, arange(1, y.shape[axis]), axis)"
    " + take(y, arange(y.shape[axis] - 1), axis)), axis=axis)",
    family=family,
)
