"""Statistics of arrays: of what is no nan, several at once, of pairs of variables, and distances of rows."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import numpy as np

from gradcli.engine.graph import Node, as_node, expand, intern
from gradcli.engine.primitives.arithmetic import clamp_both, isnan, where
from gradcli.engine.primitives.elementwise import sqrt
from gradcli.engine.primitives.entry import Composite, Meaning, Result, Results, as_number, called
from gradcli.engine.primitives.linalg import matmul
from gradcli.engine.primitives.reductions import (
    along,
    amax,
    amin,
    axes_of,
    logsumexp,
    mean,
    norm,
    prod,
    std,
    total,
    var,
)
from gradcli.engine.primitives.selecting import one_axis
from gradcli.engine.primitives.shaping import cat_primitive, gathered, permute, reshape
from gradcli.engine.shapes import ShapeError

family = "statistics"

Dims = tuple[int, ...] | None

INF = float("inf")


def _kept(x: Node) -> tuple[Node, Node]:
    """x with 0 for nan, and how much each element counts."""
    x = as_number(x)
    absent = isnan(x)
    return where(absent, 0, x), as_number(~absent)


def _nansum(x: Node, dim: Dims, keepdim: bool) -> Node:
    return total(_kept(x)[0], axes_of(x, dim), keepdim)


def _nanmean(x: Node, dim: Dims, keepdim: bool) -> Node:
    values, counts = _kept(x)
    axes = axes_of(x, dim)
    return total(values, axes, keepdim) / total(counts, axes, keepdim)


def _nanprod(x: Node, dim: Dims, keepdim: bool) -> Node:
    x = as_number(x)
    return along(prod, where(isnan(x), 1, x), dim, keepdim)


def _nanvar(x: Node, dim: Dims, correction: float, keepdim: bool) -> Node:
    values, counts = _kept(x)
    axes = axes_of(x, dim)
    count = total(counts, axes, True)
    centre = expand(total(values, axes, True) / count, x.shape)
    apart = where(isnan(as_number(x)), 0, values - centre)
    spread = total(apart * apart, axes, True) / (count - correction)
    return spread if keepdim else _dropped(spread, axes)


def _dropped(x: Node, axes: tuple[int, ...]) -> Node:
    rank = len(x.shape)
    return reshape(x, tuple(size for place, size in enumerate(x.shape) if place - rank not in axes))


def _nan_extreme(greatest: bool) -> Callable[[Node, Dims, bool], Node]:
    def build(x: Node, dim: Dims, keepdim: bool) -> Node:
        x = as_number(x)
        absent = isnan(x)
        found = along(amax if greatest else amin, where(absent, -INF if greatest else INF, x), dim, keepdim)
        axes = axes_of(x, dim)
        none = total(as_number(~absent), axes, keepdim).equals(0)
        return where(none, float("nan"), found)

    return build


_REDUCED = tuple(
    (shape, dim, keepdim)
    for shape, dim in (([3], None), ([2, 3], (0,)), ([2, 3], (0, 1)))
    for keepdim in (False, True)
)


def _but_nan(
    name: str, definition: Callable[..., Node], what: str, example: tuple[str, str], derivative: str
) -> None:
    Composite(
        name,
        "x, dim=None, keepdim=False",
        definition,
        f"{what} of the elements that are no nan, or along dimensions.",
        example,
        derivative=f"{derivative}, and 0 where x is nan",
        overload=called("Div" if name == "nanmean" else name.capitalize()),
        samples=_REDUCED,
        family=family,
    )


_but_nan("nansum", _nansum, "Sum", ("nansum([1, nan, 2])", "3"), "1")
_but_nan("nanmean", _nanmean, "Mean", ("nanmean([1, nan, 2])", "1.5"), "1/n")
_but_nan("nanprod", _nanprod, "Product", ("nanprod([2, nan, 3])", "6"), "the product of the others")
_but_nan("nanmax", _nan_extreme(True), "Greatest", ("nanmax([1, nan, 2])", "2"), "1 in the greatest")
_but_nan("nanmin", _nan_extreme(False), "Least", ("nanmin([1, nan, 2])", "1"), "1 in the least")
_SPREAD = tuple((shape, dim, 0.0, keepdim) for shape, dim, keepdim in _REDUCED)
Composite(
    "nanvar",
    "x, dim=None, correction=0, keepdim=False",
    _nanvar,
    "Variance of the elements that are no nan, divided by their number as in NumPy, less a correction.",
    ("nanvar([1, nan, 3])", "1"),
    derivative="2*(x - mean)/(n - correction), and 0 where x is nan",
    numpy="nanvar(x, axis=axis, ddof=correction, keepdims=keepdim)",
    samples=_SPREAD,
    family=family,
)
Composite(
    "nanstd",
    "x, dim=None, correction=0, keepdim=False",
    lambda x, dim, correction, keepdim: sqrt(_nanvar(x, dim, correction, keepdim)),
    "Standard deviation of the elements that are no nan, the square root of nanvar.",
    ("nanstd([1, nan, 3])", "1"),
    derivative="(x - mean)/(n - correction)/nanstd(x), and 0 where x is nan",
    numpy="nanstd(x, axis=axis, ddof=correction, keepdims=keepdim)",
    samples=_SPREAD,
    family=family,
)


# Several at once


def _mean_of(x: Node, dim: Dims, unbiased: bool | None, keepdim: bool, correction: float) -> Node:
    return along(mean, x, dim, keepdim)


for _name, _spread in (("var", var), ("std", std)):
    Composite(
        f"{_name}_mean",
        "x, dim=None, unbiased=None, keepdim=False, correction=1",
        _spread.build,
        f"The {_name} of the elements, and their mean.",
        (f"{_name}_mean([1, 2, 3])[1]", "2"),
        derivative=_spread.derivative,
        overload=called(f"{_name.capitalize()}Mean"),
        results=Results(
            _name, (Result("mean", _mean_of, overload=f"{_name.capitalize()}MeanBackward0"),), alone=""
        ),
        numpy=f"{_name}(x, axis=axis, ddof=correction, keepdims=keepdim)",
        samples=tuple((shape, dim, None, keepdim, 1.0) for shape, dim, keepdim in _REDUCED),
        family=family,
    )
Composite(
    "aminmax",
    "x, dim=None, keepdim=False",
    lambda x, dim, keepdim: along(amin, x, dim, keepdim),
    "The least and the greatest element, or along a dimension; ties share the gradient.",
    ("aminmax([1, 3, 2]).max", "3"),
    derivative="1 in the element that is chosen, 0 in the others",
    overload=called("Aminmax"),
    results=Results(
        "min",
        (
            Result(
                "max",
                lambda x, dim, keepdim: along(amax, x, dim, keepdim),
                overload="AminmaxBackward0",
                whole="kept",
            ),
        ),
        "aminmax",
        alone="",
    ),
    whole="kept",
    numpy="min(x, axis=axis, keepdims=keepdim)",
    samples=_REDUCED,
    family=family,
)
Composite(
    "ptp",
    "x, dim=None, keepdim=False",
    lambda x, dim, keepdim: along(amax, x, dim, keepdim) - along(amin, x, dim, keepdim),
    "The greatest element less the least, or along dimensions.",
    ("ptp([1, 4, 2])", "3"),
    derivative="1 in the greatest and -1 in the least element",
    whole="kept",
    samples=_REDUCED,
    family=family,
)

# Pairs of variables, which are the rows


def _deviations(x: Node, weights: Node | None) -> Node:
    """How far each element is from the mean of its row."""
    if weights is None:
        centre = along(mean, x, (-1,), True)
    else:
        centre = total(x * weights, (-1,), True) / total(weights, (-1,), True)
    return x - expand(centre, x.shape)


def _cov(x: Node, correction: float, fweights: Node | None, aweights: Node | None) -> Node:
    if len(x.shape) > 2:
        raise ShapeError(f"needs variables as rows, not shape {list(x.shape)}", subject="cov")
    rows = as_number(x if len(x.shape) == 2 else reshape(x, (1, math.prod(x.shape))))
    given = [as_number(each) for each in (fweights, aweights) if each is not None]
    weights = None if not given else given[0] if len(given) == 1 else given[0] * given[1]
    if weights is None:
        freedom: Node = as_node(max(0.0, float(rows.shape[1]) - correction))
    else:
        whole = total(weights, (-1,))
        taken = total(weights * aweights, (-1,)) / whole if aweights is not None else as_node(1.0)
        freedom = whole - correction * taken
        weights = expand(weights, rows.shape)
    apart = _deviations(rows, weights)
    weighted = apart if weights is None else apart * weights
    found = matmul(weighted, permute(apart, (-1, -2))) / freedom
    return found if found.shape != (1, 1) else reshape(found, ())


def _corrcoef(x: Node) -> Node:
    if len(x.shape) != 2:
        if len(x.shape) > 2:
            raise ShapeError(f"needs variables as rows, not shape {list(x.shape)}", subject="corrcoef")
        return as_node(1.0)
    apart = _deviations(as_number(x), None)
    lengths = along(norm, apart, (-1,), True, 2.0)
    units = apart / expand(lengths, apart.shape)
    found = clamp_both(matmul(units, permute(units, (-1, -2))), -1, 1)  # beyond which is rounding
    return found if found.shape != (1, 1) else reshape(found, ())


def _rows(x: Node) -> Node:
    """Variables as rows: one, or several."""
    return as_number(reshape(x, (1, *x.shape)) if len(x.shape) == 1 else x)


Composite(
    "cov",
    "x, correction=1, fweights=None, aweights=None",
    _cov,
    "Covariances of variables that are the rows of x: the mean products of their deviations.",
    ("cov([[1, 2, 3], [2, 4, 6]])", "[[1, 2],\n [2, 4]]"),
    derivative="(G + G.T) times the deviations, divided by n - correction",
    overload=called("Squeeze"),
    numpy="cov(x, ddof=correction, fweights=fweights if fweights is None else fweights.astype(int), "
    "aweights=aweights)",
    samples=(
        *(([2, 3], 1.0, None, None), ([4], 0.0, None, None)),
        ([2, 3], 1.0, (1.0, 2.0, 1.0), (0.5, 1.0, 2.0)),
    ),
    family=family,
)
Composite(
    "corrcoef",
    "x",
    _corrcoef,
    "Correlations of variables that are the rows of x.",
    ("round(corrcoef([[1, 2, 3], [2, 4, 6]]), 9)", "[[1, 1],\n [1, 1]]"),
    meanings=(
        Meaning(
            "numpy",
            "takes a second variable, or rows of such, too",
            "x, y=None",
            lambda x, y: _corrcoef(x if y is None else intern(cat_primitive, (_rows(x), _rows(y)), (-2,))),
        ),
    ),
    derivative="that of the covariances, divided by the deviations",
    overload=lambda x: "ClampBackward1",
    samples=(([2, 3],), ([3, 4],)),
    family=family,
)

# Distances


def _dist(x: Node, y: Node, p: float) -> Node:
    return along(norm, x - y, None, False, float(p))


def _cdist(x1: Node, x2: Node, p: float) -> Node:
    if len(x1.shape) < 2 or len(x2.shape) < 2 or x1.shape[-1] != x2.shape[-1]:
        raise ShapeError(f"needs rows of one length, not shapes {list(x1.shape)} and {list(x2.shape)}")
    left = reshape(x1, (*x1.shape[:-1], 1, x1.shape[-1]))
    right = reshape(x2, (*x2.shape[:-2], 1, *x2.shape[-2:]))
    return along(norm, left - right, (-1,), False, float(p))


def _pdist(x: Node, p: float) -> Node:
    if len(x.shape) != 2:
        raise ShapeError(f"needs a matrix of rows, not shape {list(x.shape)}", subject="pdist")
    pairs = np.array(list(itertools.combinations(range(x.shape[0]), 2)), dtype=np.int64).reshape(-1, 2)
    turned = permute(x, (-1, -2))
    first, second = (gathered(turned, pairs[:, k], 1) for k in (0, 1))
    return along(norm, first - second, (-2,), False, float(p))


def _renorm(x: Node, p: float, dim: tuple[int, ...], maxnorm: Node) -> Node:
    axis = one_axis(x, dim)
    axes = tuple(each for each in range(-len(x.shape), 0) if each != axis)
    lengths = along(norm, x, axes, True, p)
    held = where(lengths > maxnorm, maxnorm / (lengths + 1e-7), 1)
    return as_number(x) * expand(held, x.shape)


Composite(
    "dist",
    "x, y, p=2",
    _dist,
    "Length of x - y, by the norm of order p.",
    ("dist([0, 0], [3, 4])", "5"),
    derivative="(x - y)/dist(x, y) in x, and less of it in y; 0 where x is y",
    overload=called("Dist"),
    numpy="linalg.vector_norm(x - y, ord=p)",
    samples=(([3], [3], 2.0), ([2, 3], [3], 1.0), ([3], [2, 3], 3.0)),
    family=family,
)
Composite(
    "cdist",
    "x1, x2, p=2, compute_mode=None",
    lambda x1, x2, p, compute_mode: _cdist(x1, x2, p),
    "The distance of each row of x1 to each row of x2, by the norm of order p.",
    ("cdist([[0, 0]], [[3, 4], [0, 1]])", "[[5, 1]]"),
    derivative="the unit vector from row to row; 0 where they are equal",
    overload=called("Cdist"),
    numpy="linalg.vector_norm(x1[..., :, None, :] - x2[..., None, :, :], axis=-1, ord=p)",
    holds={"compute_mode": "text"},
    samples=(([2, 3], [1, 3], 2.0, None), ([1, 2, 2], [3, 2], 1.0, None), ([3, 2], [2, 2], 3.0, None)),
    family=family,
)
Composite(
    "pdist",
    "x, p=2",
    _pdist,
    "The distance of each row of x to each later row, by the norm of order p.",
    ("pdist([[0, 0], [3, 4], [0, 1]])[0]", "5"),
    derivative="the unit vector from row to row; 0 where they are equal",
    overload=called("Pdist"),
    numpy="linalg.vector_norm(x[[0, 0, 1]] - x[[1, 2, 2]], axis=-1, ord=p)",
    samples=(([3, 2], 2.0), ([3, 4], 1.0)),
    family=family,
)
Composite(
    "renorm",
    "x, p, dim, maxnorm",
    _renorm,
    "x with each slice along a dimension made shorter where its length is more than maxnorm.",
    ("renorm([[3, 4], [0, 1]], 2, 0, 10)", "[[3, 4],\n [0, 1]]"),
    derivative="that of x*min(1, maxnorm/length)",
    overload=called("Renorm"),
    numpy="x*minimum(1, maxnorm/(linalg.vector_norm(x, axis=1, ord=p, keepdims=True) + 1e-7))",
    samples=(([2, 3], 2.0, (0,), 0.5), ([2, 3], 1.0, (0,), 0.2)),
    family=family,
)


def _average(x: Node, dim: Dims, weights: Node | None, keepdim: bool) -> Node:
    if weights is None:
        return along(mean, x, dim, keepdim)
    axes = axes_of(x, dim)
    if weights.shape != x.shape and len(weights.shape) == 1 and len(axes) == 1:
        sizes = [1] * len(x.shape)
        sizes[axes[0]] = weights.shape[0]
        weights = reshape(weights, tuple(sizes))
    weights = expand(as_number(weights), x.shape)
    return total(x * weights, axes, keepdim) / total(weights, axes, keepdim)


Composite(
    "average",
    "x, dim=None, weights=None, keepdim=False",
    _average,
    "Mean of the elements, each as often as its weight says, or along dimensions.",
    ("average([1, 4], weights=[2, 1])", "2"),
    derivative="weight/sum(weights) in each element",
    numpy="average(x, axis=axis, weights=weights, keepdims=keepdim)",
    samples=(([3], None, None, False), ([2, 3], (1,), (1.0, 2.0, 1.0), False), ([3], None, [3], False)),
    family=family,
)


def _logmeanexp(x: Node, dim: Dims, keepdim: bool) -> Node:
    count = math.prod(x.shape[axis] for axis in axes_of(x, dim))
    return logsumexp.build(x, dim, keepdim) - math.log(max(count, 1))


Composite(
    "logmeanexp",
    "x, dim=None, keepdim=False",
    _logmeanexp,
    "Logarithm of the mean of exp(x), which does not overflow.",
    ("logmeanexp([1000, 1000])", "1000"),
    derivative="softmax(x)",
    numpy="log(mean(exp(x), axis=axis, keepdims=keepdim))",
    family=family,
)
