"""Reductions along dimensions, and the softmax family.

`Node.params` of a reduction: its negative axes, and whether it keeps them with size 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradcli.arrays import Shape
from gradcli.engine.graph import RULES, Kernel, Node, Radial, as_node, constant, expand, intern, number_in
from gradcli.engine.primitives import complex_kernels, kernels
from gradcli.engine.primitives.arithmetic import isnan, masked, maximum, minimum, square, where
from gradcli.engine.primitives.elementwise import absolute, sign
from gradcli.engine.primitives.entry import (
    TABLE,
    Composite,
    Edge,
    Elementwise,
    Kink,
    Meaning,
    Result,
    Results,
    Structural,
    as_number,
    begin_family,
)
from gradcli.engine.primitives.shaping import axis_of, detach, permute, reshape, subscript
from gradcli.engine.shapes import ShapeError

INF = float("inf")
NAN = float("nan")
begin_family("reductions")
Axes = tuple[int, ...]
Dims = tuple[int, ...] | None


def axes_of(x: Node, dim: Dims) -> Axes:
    """The negative axes that `dim` means: all of them where it is left out; raises `ShapeError`."""
    if dim is None:
        return tuple(range(-len(x.shape), 0))
    if not x.shape and dim in ((0,), (-1,)):
        return ()
    axes = tuple(sorted({axis_of(x, each) for each in dim}))
    if len(axes) != len(dim):
        raise ShapeError("a dimension is named twice")
    return axes


def reduced_shape(params: tuple[Any, ...], shape: Shape) -> Shape:
    """The shape that is left of `shape`, given a reduction's params."""
    axes, keepdim = params[0], params[1]
    rank = len(shape)
    if keepdim:
        return tuple(1 if place - rank in axes else size for place, size in enumerate(shape))
    return tuple(size for place, size in enumerate(shape) if place - rank not in axes)


def count_of(node: Node) -> int:
    """How many elements a reduction puts together into each of its results."""
    axes: Any = node.params[0]
    return math.prod(node.inputs[0].shape[axis] for axis in axes)


def stretched(x: Node, node: Node) -> Node:
    """`x`, in the shape of a reduction's result, repeated over what it reduced."""
    shape = node.inputs[0].shape
    return expand(reshape(x, reduced_shape((node.params[0], True), shape)), shape)


def along(primitive: Structural, x: Node, dim: Dims = None, keepdim: bool = False, *more: Any) -> Node:
    """The reduction of `x` along the dimensions given (all: `None`); `more` are its further params."""
    x = x if primitive.keeps_kind else as_number(x)
    return intern(primitive, (x,), (axes_of(x, dim), keepdim, *more))


def _by_slices(node: Node, tangents: Sequence[Node | None]) -> Node | None:
    """The tangent of a reduction: each result depends on its own slice only.

    So the pullback of ones holds every partial.
    """
    assert tangents[0] is not None
    partials = node.primitive.pullback(node, expand(as_node(1.0), node.shape), 0)
    return None if partials is None else total(partials * tangents[0], *node.params[:2])


def reduction(
    name: str,
    reduce: Callable[..., Any],
    pullback: Callable[[Node, Node], Node | None] | None,
    *,
    signature: str = "x, dim=None, keepdim=False",
    build: Callable[..., Node] = along,
    empty: bool = True,
    meanings: Sequence[Meaning] = (),
    numpys: str = "out=None",
    **about: Any,
) -> Structural:
    """An entry whose kernel is `reduce(x, *params)` and whose pullback is `pullback(node, ct)`.

    `build(primitive, *arguments)` makes a node of the arguments in the signature. In NumPy's functions
    `numpys` stand before keepdims; none for what NumPy has not.
    """

    def shape_rule(params: tuple[Any, ...], shape: Shape) -> Shape:
        if not empty and math.prod(shape[axis] for axis in params[0]) == 0:
            extreme = {"amax": "max", "amin": "min"}.get(name, name)
            raise ShapeError(f"of no elements (shape {list(shape)}) has no value", subject=extreme)
        return reduced_shape(params, shape)

    def make_kernel(node: Node) -> Kernel:
        params = node.params
        return lambda x: reduce(x, *params)

    primitive = Structural(
        name,
        signature,
        shape_rule,
        make_kernel,
        transpose=None if pullback is None else lambda node, ct, index: pullback(node, ct),
        jvp=None if about.get("linear") else _by_slices,
        builder=lambda *arguments: build(primitive, *arguments),
        meanings=(*_as_in_numpy(numpys, lambda *arguments: build(primitive, *arguments)), *meanings),
        **about,
    )
    return primitive


def _as_in_numpy(numpys: str, build: Callable[..., Node]) -> tuple[Meaning, ...]:
    """NumPy's meaning of a reduction, whose parameters are `build`'s and what stands before keepdims."""
    if not numpys:
        return ()
    told = f"takes {numpys.replace('=None', '').replace(',', ' and')} before keepdims"

    def reduced(x: Node, dim: Dims, *rest: Any) -> Node:
        return build(x, dim, rest[-1])

    return (Meaning("numpy", told, f"x, dim=None, {numpys}, keepdim=False", reduced),)


def _overloads(name: str, full: int, along: int) -> Callable[..., str]:
    """PyTorch's names of a reduction of all elements, and of one along dimensions."""
    return lambda x, dim, *rest: f"{name}Backward{full if dim is None else along}"


# Sums and means


def total(x: Node, axes: Axes, keepdim: bool = False) -> Node:
    """The sum over negative axes, of which a single number has none; raises `ShapeError`."""
    axes = axes_of(x, axes)
    return intern(sum_primitive, (x,), (axes, keepdim)) if axes else x


sum_primitive: Structural = reduction(
    "sum",
    lambda x, axes, keepdim: np.add.reduce(x, axis=axes, keepdims=keepdim),
    lambda node, ct: stretched(ct, node),
    linear=True,
    keeps_zeros=True,
    numpys="dtype=None, out=None",
    doc="Sum of the elements, or along dimensions.",
    example=("sum([1, 2, 3])", "6"),
    whole="kept",
    derivative="1 in each element",
    grad_fn="SumBackward1",
    overload=_overloads("Sum", 0, 1),
)
mean: Structural = reduction(
    "mean",
    lambda x, axes, keepdim: (
        np.add.reduce(x, axis=axes, keepdims=keepdim)
        / np.float64(math.prod(np.shape(x)[axis] for axis in axes))
    ),
    lambda node, ct: stretched(ct * (1 / count_of(node) if count_of(node) else NAN), node),
    linear=True,
    keeps_zeros=True,
    numpys="dtype=None, out=None",
    doc="Mean of the elements, or along dimensions.",
    example=("mean([1, 2, 6])", "3"),
    reads=lambda node, ct, index: stretched(ct / count_of(node), node),
    derivative="1/n in each of the n elements",
    grad_fn="MeanBackward1",
    overload=_overloads("Mean", 0, 1),
)


def _product_as_tree(node: Node) -> Node:
    """The product as pairwise products, which stay right at zeros, at every order of derivative."""
    (x,) = node.inputs
    axes: Any = node.params[0]
    rank = len(x.shape)
    kept = [axis for axis in range(-rank, 0) if axis not in axes]
    size = math.prod(x.shape[axis] for axis in axes)
    lead = tuple(x.shape[axis] for axis in kept)
    rows = reshape(permute(x, (*kept, *axes)), (*lead, size))
    whole = tuple((0, each, 1) for each in lead)
    left_over: list[Node] = []
    while size > 1:
        half = size // 2
        if size % 2:
            left_over.append(subscript(rows, (*whole, (size - 1, size, 1))))
        rows = subscript(rows, (*whole, (0, half, 1))) * subscript(rows, (*whole, (half, 2 * half, 1)))
        size = half
    for each in left_over:
        rows = rows * each
    return reshape(rows, node.shape) if size else 1 + total(x, axes, bool(node.params[1]))


prod: Structural = reduction(
    "prod",
    lambda x, axes, keepdim: np.multiply.reduce(x, axis=axes, keepdims=keepdim),
    None,
    definition=_product_as_tree,
    reads=lambda node, ct, index: stretched(ct * node, node) / node.inputs[0],
    numpys="dtype=None, out=None",
    doc="Product of the elements, or along dimensions.",
    example=("prod([2, 3, 4])", "24"),
    derivative="in each element, the product of the others",
    edges=(),
    whole="kept",
    overload=_overloads("Prod", 0, 1),
    analytic=lambda node: node.primitive.kernel(node),
)


# Extremes: every element that ties for the extreme gets an even share


_OF_EXTREME = "1 in the element that is chosen, 0 in the others"


def _at_extreme(x: Node, node: Node) -> Node:
    """Where `x` holds the extreme `node`; of several nan, each is the extreme."""
    return RULES["or"](x.equals(stretched(node, node)), isnan(x))


_FIRST = "first"
"""A parameter of an extreme that is looked for with its place, which is that of the first of equal ones."""


def _is_first(node: Node) -> Node:
    """Where `x` holds the extreme for the first time along the one dimension."""
    x, (axis,) = node.inputs[0], node.params[0] or (None,)
    if axis is None:
        return _at_extreme(x, node)
    place = intern(argmax if node.primitive is amax else argmin, (x,), ((axis,), True))
    places = np.arange(x.shape[axis], dtype=np.float64).reshape(-1, *(1,) * (-1 - axis))
    return expand(constant(places), x.shape).equals(stretched(place, node))


def _share_of_extreme(node: Node, ct: Node) -> Node:
    x = node.inputs[0]
    if _FIRST in node.params:
        return masked(stretched(ct, node), _is_first(node))
    chosen = _at_extreme(x, node)
    ties = total(as_number(chosen), node.params[0], bool(node.params[1]))
    return masked(stretched(ct / ties, node), chosen)


def _extreme(name: str, ufunc: Any, doc: str, example: tuple[str, str]) -> Structural:
    return reduction(
        name,
        lambda x, axes, keepdim, *first: ufunc.reduce(x, axis=axes, keepdims=keepdim),
        _share_of_extreme,
        empty=False,
        doc=doc,
        example=example,
        derivative=_OF_EXTREME,
        reads=lambda node, ct, index: masked(
            stretched(ct, node), node.inputs[0].equals(stretched(node, node))
        ),
        analytic=lambda node: lambda x: complex_kernels.extreme(x, *node.params[:2], greatest=name == "amax"),
        kink=Kink(
            _tied(name),
            f"at a tie, {name[1:]} shares the gradient evenly; {name[1:]}(x, dim) gives it to the first",
        ),
        whole="kept",
    )


def _tied(name: str) -> Callable[[Node], Node]:
    def tied(x: Node) -> Node:
        node = along(amax if name == "amax" else amin, x)
        return total(as_number(_at_extreme(x, node)), axes_of(x, None)) > 1

    return tied


amax = _extreme(
    "amax",
    np.maximum,
    "Greatest element, or along dimensions; ties share the gradient.",
    ("amax([1, 3, 2])", "3"),
)
amin = _extreme(
    "amin",
    np.minimum,
    "Least element, or along dimensions; ties share the gradient.",
    ("amin([1, 3, 2])", "1"),
)


def _greatest_or_least(primitive: Structural, pairwise: Any) -> Callable[..., Node]:
    def build(xs: Node | Sequence[Node], dim: Dims, keepdim: bool) -> Node:
        xs = (xs,) if isinstance(xs, Node) else xs
        if len(xs) == 1:
            with_places = dim is not None and len(dim) == 1
            return along(primitive, xs[0], dim, keepdim, *[_FIRST] * with_places)
        if dim is not None:
            raise ShapeError("with dim, give one array", hint=f"{primitive.name[1:]}(x, dim=0)")
        result = xs[0]
        for each in xs[1:]:
            result = pairwise.apply(result, each)
        return result

    return build


def _overload_of_one(name: str) -> Callable[..., str | None]:
    """PyTorch's names where one array is given; several are compared as maximum and minimum do."""
    of_one = _overloads(name, 1, 0)
    return lambda xs, *rest: of_one(xs, *rest) if isinstance(xs, Node) or len(xs) == 1 else None


def _with_places(title: str) -> Results:
    """PyTorch's tuple of what is found along a dimension, and where."""

    def places(xs: Node | Sequence[Node], dim: Dims, keepdim: bool) -> Node:
        (x,) = (xs,) if isinstance(xs, Node) else xs
        return {"max": argmax, "min": argmin}[title].build(x, dim, keepdim)

    return Results(
        "values",
        (Result("indices", places, whole="always"),),
        title,
        asked=lambda xs, dim, keepdim: dim is not None and len(dim) == 1,
    )


Composite(
    "max",
    "*xs, dim=None, keepdim=False",
    _greatest_or_least(amax, maximum),
    "Greatest element of x, or along a dimension; of several arguments, the greatest. Ties share, "
    "but along one dimension the first has all.",
    ("max(2, 3)", "3"),
    overload=_overload_of_one("Max"),
    derivative=_OF_EXTREME,
    method_signature="x, dim=None, keepdim=False",
    whole="kept",
    results=_with_places("max"),
    meanings=(
        Meaning(
            "numpy",
            "is along an axis where a second argument stands",
            "x, dim=None, out=None, keepdim=False",
            lambda x, dim, out, keepdim: along(amax, x, dim, keepdim),
        ),
    ),
    numpy="max(*xs, axis=axis, keepdims=keepdim)",
)
Composite(
    "min",
    "*xs, dim=None, keepdim=False",
    _greatest_or_least(amin, minimum),
    "Least element of x, or along a dimension; of several arguments, the least. Ties share, "
    "but along one dimension the first has all.",
    ("min([3, 1, 2])", "1"),
    overload=_overload_of_one("Min"),
    derivative=_OF_EXTREME,
    method_signature="x, dim=None, keepdim=False",
    whole="kept",
    results=_with_places("min"),
    meanings=(
        Meaning(
            "numpy",
            "is along an axis where a second argument stands",
            "x, dim=None, out=None, keepdim=False",
            lambda x, dim, out, keepdim: along(amin, x, dim, keepdim),
        ),
    ),
    numpy="min(*xs, axis=axis, keepdims=keepdim)",
)


def _place_of(find: Any) -> Callable[[Any, Axes, bool], Any]:
    def reduce(x: Any, axes: Axes, keepdim: bool) -> Any:
        x = np.asarray(x)
        if len(axes) == 1:
            return find(x, axis=axes[0], keepdims=keepdim).astype(np.float64)
        lead = x.shape[: x.ndim - len(axes)]
        found = find(x.reshape((*lead, -1)), axis=-1).astype(np.float64)
        return found.reshape(lead + (1,) * len(axes)) if keepdim else found

    return reduce


_DIMS = (
    *(([3], None), ([3], (0,)), ([2, 3], None), ([2, 3], (0,)), ([2, 3], (-1,)), ([2, 3], (0, 1))),
    *(([2, 2, 3], (1,)), ([2, 2, 3], (0, 2))),
)
_PLACES = tuple(
    (shape, dim, keepdim) for shape, dim in _DIMS if dim is None or len(dim) == 1 for keepdim in (False, True)
)


def _along_one(primitive: Structural, x: Node, dim: Dims, keepdim: bool) -> Node:
    if dim is not None and len(dim) != 1:
        raise ShapeError("argmax and argmin take one dimension")
    return along(primitive, x, dim, keepdim)


argmax: Structural = reduction(
    "argmax",
    _place_of(np.argmax),
    None,
    build=_along_one,
    empty=False,
    whole="always",
    differentiable=False,
    doc="Place of the first greatest element, counted from 0.",
    samples=_PLACES,
    example=("argmax([1, 3, 2])", "1"),
    derivative="0",
)
argmin: Structural = reduction(
    "argmin",
    _place_of(np.argmin),
    None,
    build=_along_one,
    empty=False,
    whole="always",
    differentiable=False,
    doc="Place of the first least element, counted from 0.",
    samples=_PLACES,
    example=("argmin([3, 1, 2])", "1"),
    derivative="0",
)


def _truth_reduction(name: str, ufunc: Any, doc: str, example: tuple[str, str]) -> Structural:
    return reduction(
        name,
        lambda x, axes, keepdim: ufunc.reduce(x, axis=axes, keepdims=keepdim),
        None,
        boolean=True,
        keeps_kind=True,
        differentiable=False,
        derivative="0",
        doc=doc,
        example=example,
    )


all_true = _truth_reduction(
    "all", np.logical_and, "Whether all elements are true.", ("all([1, 2] > 0)", "True")
)
_truth_reduction("any", np.logical_or, "Whether any element is true.", ("any([1, 2] > 5)", "False"))


# Spread: `params[2]` is the correction to the count, 1 as in PyTorch


def _centred(node: Node) -> Node:
    x, axes = node.inputs[0], node.params[0]
    return x - stretched(intern(mean, (x,), (axes, False)), node)


def _centred_twice(node: Node) -> Node:
    """The same with the mean of what rounding has left taken off, too, as the value has it."""
    centred = _centred(node)
    return centred - stretched(intern(mean, (centred,), (node.params[0], False)), node)


def _degrees_of_freedom(node: Node) -> float:
    correction: Any = node.params[2]
    return max(0.0, count_of(node) - float(correction))


def _variance_pullback(node: Node, ct: Node) -> Node:
    freedom = _degrees_of_freedom(node)
    return stretched(ct * (2 / freedom if freedom else NAN), node) * _centred_twice(node)


reciprocal_or_zero: Elementwise = Elementwise(
    "reciprocal_or_zero",
    kernels.reciprocal_or_zero,
    (lambda x: -square(1 / x),),
    "x",
    written="1/x",
    public=False,
    analytic=lambda x: complex_kernels.quotient(1.0, x),
)
"""1/x, and 0 at 0, where it has no derivative."""


def _deviation_pullback(node: Node, ct: Node) -> Node:
    freedom = _degrees_of_freedom(node)
    slope = reciprocal_or_zero(node) if freedom else 1 / node
    return stretched(ct * slope * (1 / freedom if freedom else NAN), node) * _centred_twice(node)


_SPREADS = tuple(
    (shape, dim, unbiased, keepdim, correction)
    for shape, dim in _DIMS
    for correction, keepdim, unbiased in ((1.0, False, None), (0.0, True, None), (1.0, False, False))
)


def _spread(
    name: str,
    measure: Callable[..., Any],
    pullback: Callable[..., Node],
    derivative: str,
    doc: str,
    example: tuple[str, str],
    edges: tuple[Edge, ...] = (),
    reads: Callable[[Node, Node, int], Node] | None = None,
    kink: Kink | None = None,
) -> Structural:
    entry: Structural = reduction(
        name,
        lambda x, axes, keepdim, correction: measure(x, axes, correction, keepdim),
        pullback,
        signature="x, dim=None, unbiased=None, keepdim=False, correction=1",
        numpys="",
        meanings=(
            Meaning(
                "numpy",
                "divides by n, and not by n - 1; dtype, out and ddof stand before keepdims",
                "x, dim=None, dtype=None, out=None, correction=0, keepdim=False",
                lambda x, dim, dtype, out, ddof, keepdim: entry.build(x, dim, None, keepdim, ddof),
            ),
        ),
        numpy=f"{name}(x, axis=axis, ddof=correction if unbiased is None else unbiased, keepdims=keepdim)",
        samples=_SPREADS,
        build=_corrected,
        reads=reads,
        doc=doc,
        example=example,
        derivative=derivative,
        edges=edges,
        kink=kink,
        analytic=_complex_spread
        if name == "var"
        else lambda node: lambda x: np.sqrt(_complex_spread(node)(x)),
    )
    return entry


def _complex_spread(node: Node) -> Kernel:
    return lambda x: complex_kernels.variance(x, *node.params)


def _corrected(
    primitive: Structural, x: Node, dim: Dims, unbiased: bool | None, keepdim: bool, correction: float
) -> Node:
    if unbiased is not None:
        correction = 1.0 if unbiased else 0.0
    return along(primitive, x, dim, keepdim, correction)


var = _spread(
    "var",
    kernels.variance,
    _variance_pullback,
    "2*(x - mean(x))/(n - correction)",
    "Variance: the squares about the mean, summed and divided by n - correction.",
    ("var([1, 2, 3, 4])", "1.6666666666666667"),
    reads=lambda node, ct, index: stretched(2 * ct / _degrees_of_freedom(node), node) * _centred(node),
)
std: Structural = _spread(
    "std",
    kernels.deviation,
    _deviation_pullback,
    "(x - mean(x))/(n - correction)/std(x)",
    "Standard deviation, the square root of var; its gradient is 0 where all elements are equal.",
    ("std([1, 2, 3, 4, 5])", "1.5811388300841898"),
    reads=lambda node, ct, index: stretched(ct / (_degrees_of_freedom(node) * node), node) * _centred(node),
    kink=Kink(
        lambda x: std.build(x, None, None, False, 1.0).equals(0),
        "std has a cone's tip where all elements are equal, where its gradient is taken as 0",
    ),
)


def _centred_share(node: Node) -> Node:
    """x less its mean, over the degrees of freedom: a deviation times its derivative."""
    freedom = _degrees_of_freedom(node)
    return _centred_twice(node) * (1 / freedom if freedom else NAN)


std.radial = Radial(
    lambda node, weight, index: stretched(weight, node) * _centred_share(node),
    lambda node, tangents: total(_centred_share(node) * (tangents[0] or 0), *node.params[:2]),
)


# The sum of the others: what 1 - p is for the shares p of a whole, with all its digits


def others(x: Node, axes: Axes) -> Node:
    """For each element of `x`, the sum of the others along negative axes."""
    return intern(others_primitive, (x,), (axes,))


others_primitive: Structural = Structural(
    "others",
    "x",
    lambda params, shape: shape,
    lambda node: lambda x: kernels.others(x, node.params[0]),
    transpose=lambda node, ct, index: others(ct, node.params[0]),
    linear=True,
    keeps_zeros=True,
    public=False,
)


# Norms: `params[2]` is p


class _Direction(Elementwise):
    """x/h where h is the norm of x along the axes in `params`, repeated to its shape.

    h is given so that it is computed once; a derivative is taken in x alone.
    """

    def tracks(self, index: int) -> bool:
        return index == 0

    def pullback(self, node: Node, cotangent: Node, index: int) -> Node | None:
        if index:
            return None
        size = node.inputs[1]
        axes: Any = node.params[0]
        # (1 - u u^T) ct, where 1 is the sum of the squares of u
        across = cotangent * others(node * node, axes) - node * others(node * cotangent, axes)
        return across / size


direction: _Direction = _Direction(
    "direction",
    kernels.direction,
    (None, None),  # `pullback` says it, and the Jacobian is symmetric
    "x, h",
    written="x/h",
    public=False,
    analytic=complex_kernels.quotient,
)
signed_power: Elementwise = Elementwise(
    "signed_power",
    kernels.signed_power,
    (lambda x, n: None if number_in(n) == 0 else n * absolute_power(x, n - 1), None),
    "x, n",
    written="sign(x)*abs(x)**n",
    public=False,
    analytic=lambda x, n: np.sign(np.real(x)) * complex_kernels.power(complex_kernels.absolute(x), n),
)
absolute_power: Elementwise = Elementwise(
    "absolute_power",
    lambda x, n, out=None: np.power(np.abs(x), n, out=out),
    (lambda x, n: None if number_in(n) == 0 else n * signed_power(x, n - 1), None),
    "x, n",
    written="abs(x)**n",
    public=False,
    analytic=lambda x, n: complex_kernels.power(complex_kernels.absolute(x), n),
)


def _norm_pullback(node: Node, ct: Node) -> Node | None:
    x, p = node.inputs[0], node.params[2]
    assert isinstance(p, float)
    if p == 0:
        return expand(as_node(0.0), x.shape)
    if p == 1:
        return stretched(ct, node) * sign(x)
    size = stretched(node, node)
    if p == 2:
        return stretched(ct, node) * intern(direction, (x, size), (node.params[0],))
    if math.isinf(p):
        chosen = _at_extreme(absolute(x), node)
        ties = total(as_number(chosen), node.params[0], bool(node.params[1]))
        return masked(stretched(ct / ties, node) * sign(x), chosen)
    if 0 < p < 1:  # powers that come nearer to 1, while a quotient of x and the size may underflow
        slope = signed_power(x, p - 1) * size ** (1 - p)
    else:  # any scale cancels out; this one keeps the powers from overflowing
        scale = intern(detach, (size,))
        slope = signed_power(x / scale, p - 1) * (size / scale) ** (1 - p)
    return stretched(ct, node) * where((size if p > 1 else x).equals(0), 0, slope)


norm: Structural = reduction(
    "norm",
    lambda x, axes, keepdim, p: kernels.norm(x, axes, p, keepdim),
    _norm_pullback,
    signature="x, p=2, dim=None, keepdim=False",
    numpys="",
    meanings=(
        Meaning(
            "numpy.linalg scipy.linalg torch.linalg",
            "of a matrix and an order is the norm of the matrix, which takes the sums of its columns or rows",
            "x, p=None, dim=None, keepdim=False",
            lambda *arguments: _norm_of(*arguments),
            names="norm",
            holds={"p": "order of a matrix"},
        ),
        Meaning(
            "torch",
            "has the nuclear norm of a matrix, too",
            "x, p=2, dim=None, keepdim=False",
            lambda x, p, dim, keepdim: (
                _norm_of(x, p, dim, keepdim)
                if p == "nuc"
                else along(norm, x, dim, keepdim, 2.0 if p == "fro" else float(p))
            ),
            names="norm",
            holds={"p": "order of a matrix"},
        ),
    ),
    build=lambda primitive, x, p, dim, keepdim: along(primitive, x, dim, keepdim, float(p)),
    doc="Length of x: (sum |x|**p)**(1/p), and max |x| for p=inf. Its gradient at the zero vector is 0.",
    example=("norm([3, 4])", "5"),
    derivative="x/norm(x); for any p, sign(x)*(|x|/norm(x, p))**(p - 1)",
    aliases=("vector_norm",),
    grad_fn="LinalgVectorNormBackward0",
    kink=Kink(
        lambda x: along(norm, x, None, False, 2.0).equals(0),
        "norm has a cone's tip at the zero vector, where its gradient is taken as 0",
    ),
    numpy="linalg.vector_norm(x, axis=axis, keepdims=keepdim, ord=p)",
    analytic=lambda node: lambda x: complex_kernels.norm(x, *node.params),
)


def _norm_of(x: Node, p: float | str | None, dim: Dims, keepdim: bool) -> Node:
    """The norm of a vector or a matrix as `linalg.norm` has it."""
    if p is None:
        return along(norm, x, dim, keepdim, 2.0)
    rank = len(x.shape) if dim is None else len(dim)
    if rank == 1 and not isinstance(p, str):
        return along(norm, x, dim, keepdim, float(p))
    if rank != 2:
        raise ShapeError(
            f"of order {p if isinstance(p, str) else f'{p:g}'} needs a vector, or a matrix", subject="norm"
        )
    axes = tuple(axis_of(x, each) for each in dim or (-2, -1))
    kept = tuple(each for each in range(-len(x.shape), 0) if each not in axes)
    found = TABLE["matrix_norm"].build(permute(x, (*kept, *axes)), p, None, False)
    return reshape(found, reduced_shape((axes, keepdim), x.shape))


norm.radial = Radial(
    lambda node, weight, index: stretched(weight, node) * node.inputs[0],
    lambda node, tangents: total(node.inputs[0] * (tangents[0] or 0), *node.params[:2]),
    lambda node: node.params[2] == 2,
)


# Softmax and its kin

begin_family("softmax")

logsumexp: Structural = reduction(
    "logsumexp",
    kernels.logsumexp,
    lambda node, ct: stretched(ct, node) * softmax(node.inputs[0], params=(node.params[0],)),
    numpys="",
    meanings=(
        Meaning(
            "scipy.special jax.nn",
            "takes weights b before keepdims",
            "x, dim=None, b=None, keepdim=False",
            lambda x, dim, b, keepdim: logsumexp.build(x, dim, keepdim),
            holds={"b": "nothing"},
        ),
    ),
    doc="log(sum(exp(x))), without overflow on the way.",
    example=("logsumexp([1000, 1000])", "1000.6931471805599"),
    derivative="softmax(x)",
    numpy="log(sum(exp(x), axis=axis, keepdims=keepdim))",
    analytic=lambda node: lambda x: complex_kernels.logsumexp(x, *node.params),
)


def softmax_meanings(build: Callable[[Node, Dims], Node]) -> tuple[Meaning, ...]:
    """What libraries mean by softmax and its kin where no dimension is given."""

    def legacy(x: Node, dim: Dims) -> Node:
        return build(x, dim or ((0,) if len(x.shape) in (0, 1, 3) else (1,)))

    return (
        Meaning("scipy.special", "takes all elements together where no axis is given", "x, dim=None", build),
        Meaning(
            "torch.nn.functional",
            "takes dimension 0 of an array of 1 or 3 dimensions, and else 1, where no dim is given",
            "x, dim=None",
            legacy,
        ),
    )


def _spread_total(x: Node, node: Node) -> Node:
    """The sum of `x` along the axes of a softmax, in the softmax's shape."""
    return expand(total(x, node.params[0], keepdim=True), node.shape)


def _softmax_pullback(node: Node, ct: Node | None, index: int = 0) -> Node:
    assert ct is not None
    axes: Any = node.params[0]
    return node * (ct * others(node, axes) - others(ct * node, axes))


def _log_softmax_pullback(node: Node, ct: Node, index: int = 0) -> Node:
    axes: Any = node.params[0]
    shares = softmax(node.inputs[0], params=(axes,))
    return ct * others(shares, axes) - shares * others(ct, axes)


def _log_softmax_jvp(node: Node, tangents: Sequence[Node | None]) -> Node:
    axes: Any = node.params[0]
    tangent = tangents[0]
    assert tangent is not None
    shares = softmax(node.inputs[0], params=(axes,))
    return tangent * others(shares, axes) - others(shares * tangent, axes)


softmax: Structural = Structural(
    "softmax",
    "x, dim=-1",
    lambda params, shape: shape,
    lambda node: lambda x: kernels.softmax(x, node.params[0]),
    transpose=_softmax_pullback,
    jvp=lambda node, tangents: _softmax_pullback(node, tangents[0]),
    reads=lambda node, ct, index: node * (ct - _spread_total(node * ct, node)),
    builder=lambda x, dim: intern(softmax, (as_number(x),), (axes_of(x, dim),)),
    meanings=softmax_meanings(lambda x, dim: softmax.build(x, dim)),
    doc="exp(x)/sum(exp(x)) along a dimension.",
    example=("softmax([0, 0])", "[0.5, 0.5]"),
    derivative="s[i]*((i == j) - s[j]) of s[i] in x[j], where s = softmax(x)",
    numpy="exp(x)/sum(exp(x), axis=axis, keepdims=True)",
    analytic=lambda node: lambda x: complex_kernels.softmax(x, node.params[0]),
)
log_softmax: Structural = Structural(
    "log_softmax",
    "x, dim=-1",
    lambda params, shape: shape,
    lambda node: lambda x: kernels.log_softmax(x, node.params[0]),
    transpose=_log_softmax_pullback,
    jvp=_log_softmax_jvp,
    reads=lambda node, ct, index: (
        ct - softmax(node.inputs[0], params=(node.params[0],)) * _spread_total(ct, node)
    ),
    builder=lambda x, dim: intern(log_softmax, (as_number(x),), (axes_of(x, dim),)),
    meanings=softmax_meanings(lambda x, dim: log_softmax.build(x, dim)),
    doc="Logarithm of softmax, exact where that underflows.",
    example=("log_softmax([0, 0])", "[-0.6931471805599453, -0.6931471805599453]"),
    derivative="(i == j) - softmax(x)[j] of element i in x[j]",
    numpy="x - log(sum(exp(x), axis=axis, keepdims=True))",
    analytic=lambda node: lambda x: x - complex_kernels.logsumexp(x, node.params[0], True),
)

RULES["sum"] = total
