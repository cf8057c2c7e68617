"""What depends on the order of elements: sorting, medians and quantiles, places among sorted values."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from gradcli.arrays import Array, Shape
from gradcli.engine.graph import RULES, Kernel, Node, as_node, constant, expand, intern
from gradcli.engine.primitives.arithmetic import clamp_max, clamp_min, isnan, masked, where
from gradcli.engine.primitives.elementwise import ceil, floor, round_half_even
from gradcli.engine.primitives.entry import Composite, Meaning, Result, Results, Structural, as_number, called
from gradcli.engine.primitives.reductions import along, amax, amin, axes_of, reduction, stretched, total
from gradcli.engine.primitives.selecting import (
    at_place,
    flattened,
    lifted,
    one_axis,
    sliced,
    take_along,
    truth,
)
from gradcli.engine.primitives.shaping import (
    permute,
    reshape,
)
from gradcli.engine.shapes import ShapeError, check_size
from gradcli.text.errors import EvaluationError

family = "order and quantiles"

Params = tuple[Any, ...]

# Order


def _sorting_kernel(node: Node) -> Kernel:
    axis, descending = node.params

    def kernel(x: Array) -> Array:
        x = np.asarray(x)
        if not descending:
            return np.argsort(x, axis=axis, kind="stable").astype(np.float64)
        found = np.flip(np.argsort(np.flip(x, axis), axis=axis, kind="stable"), axis)
        return np.float64(x.shape[axis] - 1) - found

    return kernel


sorting_places: Structural = Structural(
    "sorting_places",
    "x",
    lambda params, shape: shape,
    _sorting_kernel,
    differentiable=False,
    public=False,
)


def sorted_places(x: Node, axis: int, descending: bool = False) -> Node:
    """The places of the elements along a negative axis in order; equal ones as they stand, nan last."""
    return intern(sorting_places, (as_number(x),), (axis, descending))


def _in_order(x: Node, dim: tuple[int, ...], descending: bool) -> Node:
    axis = one_axis(x, dim)
    rows = lifted(as_number(x))
    return reshape(take_along(rows, sorted_places(rows, axis, descending), axis), x.shape)


def _argsort(x: Node, dim: tuple[int, ...], descending: bool, stable: bool | None) -> Node:
    axis = one_axis(x, dim)
    return reshape(sorted_places(lifted(x), axis, descending), x.shape)


def _first_places(x: Node, k: int, dim: tuple[int, ...], largest: bool, in_order: bool) -> Node:
    axis = one_axis(x, dim)
    rows = lifted(x)
    if not 0 <= k <= rows.shape[axis]:
        raise ShapeError(f"takes {k} of {rows.shape[axis]} elements", subject="topk")
    return sliced(sorted_places(rows, axis, largest), axis, 0, k)


def _topk(x: Node, k: int, dim: tuple[int, ...], largest: bool, in_order: bool) -> Node:
    axis = one_axis(x, dim)
    found = take_along(lifted(x), _first_places(x, k, dim, largest, in_order), axis)
    return found if x.shape else reshape(found, () if k else (0,))


def _kth_place(x: Node, k: int, dim: tuple[int, ...], keepdim: bool) -> Node:
    axis = one_axis(x, dim)
    rows = lifted(x)
    if not 1 <= k <= rows.shape[axis]:
        raise ShapeError(f"counts from 1 to {rows.shape[axis]} here, and k is {k}", subject="kthvalue")
    return sliced(sorted_places(rows, axis), axis, k - 1, k)


def _without(x: Node, like: Node, axis: int, keepdim: bool) -> Node:
    """What has one place along an axis, without that axis, unless it is kept."""
    if keepdim and like.shape:
        return x
    return reshape(x, tuple(size for place, size in enumerate(x.shape) if place - len(x.shape) != axis))


def _kthvalue(x: Node, k: int, dim: tuple[int, ...], keepdim: bool) -> Node:
    axis = one_axis(x, dim)
    return _without(take_along(lifted(x), _kth_place(x, k, dim, keepdim), axis), x, axis, keepdim)


def _mode_kernel(node: Node) -> Kernel:
    axis: Any = node.params[0]

    def last_of_most_frequent(row: Array) -> Any:
        values, counts = np.unique(row, return_counts=True)
        most = values[np.argmax(counts)]
        return np.nonzero(np.isnan(row) if np.isnan(most) else row == most)[0][-1:]

    def kernel(x: Array) -> Any:
        rows = np.asarray(x)
        if not rows.size:  # rows without end, and none of them
            return np.empty((*rows.shape[:axis], 1, *rows.shape[axis:][1:]))
        return np.apply_along_axis(last_of_most_frequent, axis, rows).astype(np.float64)

    return kernel


def _mode_shape(params: Params, shape: Shape) -> Shape:
    if not shape[params[0]]:
        raise ShapeError(f"of no elements (shape {list(shape)}) has no value", subject="mode")
    place = params[0] + len(shape)
    return (*shape[:place], 1, *shape[place + 1 :])


mode_places: Structural = Structural(
    "mode_places", "x", _mode_shape, _mode_kernel, differentiable=False, public=False
)


def _mode(x: Node, dim: tuple[int, ...], keepdim: bool) -> Node:
    axis = one_axis(x, dim)
    rows = lifted(as_number(x))
    return _without(take_along(rows, intern(mode_places, (rows,), (axis,)), axis), x, axis, keepdim)


def _kth_of(x: Node, k: int, dim: tuple[int, ...], keepdim: bool) -> Node:
    return _without(_kth_place(x, k, dim, keepdim), x, one_axis(x, dim), keepdim)


def _topk_places(x: Node, k: int, dim: tuple[int, ...], largest: bool, in_order: bool) -> Node:
    found = _first_places(x, k, dim, largest, in_order)
    return found if x.shape else reshape(found, () if k else (0,))


def _mode_place(x: Node, dim: tuple[int, ...], keepdim: bool) -> Node:
    axis = one_axis(x, dim)
    return _without(intern(mode_places, (lifted(as_number(x)),), (axis,)), x, axis, keepdim)


def _with_indices(
    title: str,
    places: Callable[..., Node],
    asked: Callable[..., bool] = lambda *arguments: True,
) -> Results:
    """PyTorch's tuple of elements along a dimension, and where they have been."""
    return Results("values", (Result("indices", places, whole="always"),), title, asked=asked)


def _of_all(entry: Callable[..., Node]) -> tuple[Meaning, ...]:
    """What sorts all elements in NumPy where the axis is None."""
    return (
        Meaning(
            "numpy",
            "takes all elements together where the axis is None",
            "x, dim=-1, descending=False, stable=True",
            lambda x, dim, *how: entry(x, dim, *how) if dim else entry(flattened(x), (0,), *how),
            holds={"dim": "integers or None", "descending": "truth", "stable": "truth"},
        ),
    )


_ONE_DIM = (([3], (0,)), ([2, 3], (0,)), ([2, 3], (-1,)), ([2, 2, 3], (1,)))

Composite(
    "sort",
    "x, dim=-1, descending=False, stable=True",
    lambda x, dim, descending, stable: _in_order(x, dim, descending),
    "The elements along a dimension in order, the least first; equal ones stay as they stand, nan is last.",
    ("sort([3, 1, 2])", "[1, 2, 3]"),
    holds={"descending": "truth", "stable": "truth"},
    derivative="1 where an element has come from, 0 elsewhere",
    overload=called("Sort"),
    whole="kept",
    numpy="flip(sort(x, axis), axis) if descending else sort(x, axis)",
    samples=tuple((*each, descending, True) for each in _ONE_DIM for descending in (False, True)),
    results=_with_indices("sort", lambda x, dim, descending, stable: _argsort(x, dim, descending, stable)),
    meanings=_of_all(lambda x, dim, descending, stable: _in_order(x, dim, descending)),
    family=family,
)
Composite(
    "msort",
    "x",
    lambda x: _in_order(x, (0,), False),
    "The elements along the first dimension in order.",
    ("msort([3, 1, 2])", "[1, 2, 3]"),
    derivative="1 where an element has come from, 0 elsewhere",
    overload=called("Sort"),
    whole="kept",
    numpy="sort(x, 0)",
    samples=(([3],), ([3, 2],)),
    family=family,
)
Composite(
    "argsort",
    "x, dim=-1, descending=False, stable=True",
    _argsort,
    "The places of the elements in order, counted from 0.",
    ("argsort([3, 1, 2])", "[1, 2, 0]"),
    holds={"descending": "truth", "stable": "truth"},
    whole="always",
    derivative="0",
    numpy="argsort(-x if descending else x, axis)",
    samples=tuple((*each, descending, True) for each in _ONE_DIM for descending in (False, True)),
    meanings=_of_all(_argsort),
    family=family,
)
Composite(
    "topk",
    "x, k, dim=-1, largest=True, sorted=True",
    _topk,
    "The k greatest elements along a dimension, the greatest first; or the least, with largest=False.",
    ("topk([3, 1, 2], 2)", "[3, 2]"),
    holds={"k": "integer", "largest": "truth", "sorted": "truth"},
    derivative="1 where an element has come from, 0 elsewhere",
    overload=called("Topk"),
    whole="kept",
    numpy="flip(sort(x, axis), axis)[..., :k] if largest else sort(x, axis)[..., :k]",
    samples=(([4], 2, (0,), True, True), ([2, 3], 2, (-1,), False, True), ([2, 3], 3, (1,), True, True)),
    results=_with_indices("topk", _topk_places),
    family=family,
)
Composite(
    "kthvalue",
    "x, k, dim=-1, keepdim=False",
    _kthvalue,
    "The kth least element along a dimension, counted from 1.",
    ("kthvalue([3, 1, 2], 2)", "2"),
    holds={"k": "integer"},
    derivative="1 in the element that is chosen, 0 in the others",
    overload=called("Kthvalue"),
    whole="kept",
    numpy="take(sort(x, axis), [k - 1] if keepdim else k - 1, axis)",
    samples=(([4], 2, (0,), False), ([2, 3], 1, (0,), True), ([2, 3], 3, (-1,), False)),
    results=_with_indices("kthvalue", _kth_of),
    family=family,
)
Composite(
    "mode",
    "x, dim=-1, keepdim=False",
    _mode,
    "The most frequent element along a dimension, the least of several; the last of them has the gradient.",
    ("mode([1, 2, 2])", "2"),
    derivative="1 in the element that is chosen, 0 in the others",
    overload=called("Mode"),
    whole="kept",
    numpy="min(x, axis=axis, keepdims=keepdim)",
    samples=(([4], (0,), False), ([2, 3], (0,), True), ([2, 3], (-1,), False)),
    results=_with_indices("mode", _mode_place),
    family=family,
)


# Medians and quantiles


def _lower_middle(name: str, find: Callable[..., Any]) -> Structural:
    """The lower of two middle elements; equal elements share the derivative."""

    def reduce(x: Any, axes: tuple[int, ...], keepdim: bool) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # where all are nan, so is this
            return find(x, 0.5, axis=axes, keepdims=keepdim, method="lower")

    def pullback(node: Node, ct: Node) -> Node:
        x, middle = node.inputs[0], stretched(node, node)
        chosen = RULES["or"](x.equals(middle), isnan(x) & isnan(middle))
        ties = total(as_number(chosen), node.params[0], bool(node.params[1]))
        return masked(stretched(ct / ties, node), chosen)

    return reduction(name, reduce, pullback, empty=False, public=False)


lower_median = _lower_middle("median_of", np.quantile)
lower_nanmedian = _lower_middle("nanmedian_of", np.nanquantile)


def _quantile(ignores: bool) -> Callable[..., Node]:
    def build(x: Node, q: Node, dim: tuple[int, ...] | None, keepdim: bool, interpolation: str) -> Node:
        if interpolation not in _INTERPOLATIONS:
            raise EvaluationError(
                f"there is no interpolation {interpolation!r}",
                hint=f"write {', '.join(map(repr, _INTERPOLATIONS))}",
            )
        if len(q.shape) > 1:
            raise ShapeError("takes one q or a vector of them", subject="quantile")
        rank = len(x.shape)
        axes = axes_of(x, dim)
        kept = [axis for axis in range(-rank, 0) if axis not in axes]
        lead = tuple(x.shape[axis] for axis in kept)
        rows = reshape(
            permute(as_number(x), (*kept, *axes)), (*lead, math.prod(x.shape[axis] for axis in axes))
        )
        if not rows.shape[-1]:
            raise ShapeError(f"of no elements (shape {list(x.shape)}) has no value", subject="quantile")
        found = _quantiles_of_rows(rows, q, ignores, interpolation)
        found = permute(found, (-1, *range(-len(found.shape), -1)))  # those of each q come first
        shape = tuple(
            1 if place - rank in axes else size
            for place, size in enumerate(x.shape)
            if keepdim or place - rank not in axes
        )
        return reshape(found, (*q.shape, *shape))

    return build


_INTERPOLATIONS = ("linear", "lower", "higher", "nearest", "midpoint")


def _quantiles_of_rows(rows: Node, q: Node, ignores: bool, interpolation: str) -> Node:
    """The quantiles of the last dimension, one for each q, in its place."""
    size = rows.shape[-1]
    ordered = take_along(rows, sorted_places(rows, -1), -1)
    shape = (*rows.shape[:-1], math.prod(q.shape))
    q = expand(reshape(as_number(q), (math.prod(q.shape),)), shape)
    inside = (q >= 0) & (q <= 1)  # beyond, and where q is nan, there is no quantile: 0/0 below
    q = where(inside, q, 0)
    absent = as_number(isnan(rows))
    last = (
        size - 1 - expand(total(absent, (-1,), True), shape) if ignores else expand(as_node(size - 1), shape)
    )
    place = q * clamp_min(last, 0)
    low = floor(place)
    if interpolation == "nearest":
        found = take_along(ordered, round_half_even(place), -1)
    elif interpolation == "higher":
        found = take_along(ordered, ceil(place), -1)
    else:
        found = take_along(ordered, low, -1)
        if interpolation != "lower":
            share = place - low if interpolation == "linear" else where(place.equals(low), 0, 0.5)
            above = take_along(ordered, ceil(place), -1)
            # From whichever end is nearer, as digits are lost towards the other
            found = where(share < 0.5, found + (above - found) * share, above - (above - found) * (1 - share))
    found = where(inside, found, 0) / as_number(inside)
    if ignores:
        return found
    some = expand(any_nan(rows), shape)
    return where(some, float("nan"), found)


def any_nan(rows: Node) -> Node:
    """Whether there is a nan along the last dimension, which is kept."""
    return total(as_number(isnan(rows)), (-1,), True) > 0


_QUANTILED = (([4], None), ([2, 3], (0,)), ([2, 3], (-1,)), ([2, 3], None))


def _percentile(x: Node, q: Node, dim: tuple[int, ...] | None, keepdim: bool, interpolation: str) -> Node:
    return _quantile(False)(x, q / 100, dim, keepdim, interpolation)


def _quantiles(name: str, definition: Callable[..., Node], doc: str, example: tuple[str, str]) -> None:
    level = 30.0 if name == "percentile" else 0.3
    most = 100.0 if name == "percentile" else 1.0
    signature = "x, q, dim=None, keepdim=False, interpolation='linear'"
    samples = [
        (shape, level, dim, *more)
        for shape, dim in _QUANTILED
        for more in ((False, "linear"), (True, "lower"), (False, "midpoint"))
    ]
    Composite(
        name,
        signature,
        definition,
        doc,
        example,
        holds={"interpolation": "text"},
        meanings=(
            Meaning(
                "jax.numpy",
                f"takes a q below 0 as 0, and one above {most:g} as {most:g}",
                signature,
                lambda x, q, *rest: definition(x, clamp_max(clamp_min(as_number(q), 0), most), *rest),
                holds={"interpolation": "text"},
            ),
        ),
        derivative="the shares of the two nearest elements; in q, their distance times (n - 1)",
        overload=lambda *arguments: "SqueezeBackward4",
        numpy=f"{name}(x, q, axis=axis, keepdims=keepdim, method=interpolation)",
        samples=(*samples, ([4], (level, level / 2), None, False, "linear")),
        family=family,
    )


_quantiles(
    "quantile",
    _quantile(False),
    "The value below which a share q of the elements lies, between the two nearest elements by the share.",
    ("quantile([1, 2, 4], 0.25)", "1.5"),
)
_quantiles(
    "nanquantile",
    _quantile(True),
    "The quantile of the elements that are no nan.",
    ("nanquantile([1, nan, 2], 0.5)", "1.5"),
)
_quantiles(
    "percentile",
    _percentile,
    "The quantile at q/100.",
    ("percentile([1, 2, 4], 25)", "1.5"),
)


def _middle_place(ignores: bool) -> Callable[..., Node]:
    """Where the lower of two middle elements is; the first nan, where there is one that counts."""

    def build(x: Node, dim: tuple[int, ...], keepdim: bool, interpolation: str) -> Node:
        axis = one_axis(x, dim)
        rows = lifted(as_number(x))
        absent = total(as_number(isnan(rows)), (axis,), True)
        size = rows.shape[axis]
        middle = clamp_min(floor((size - 1 - absent) / 2), 0)
        if not ignores:
            middle = where(absent > 0, size - absent, middle)
        return _without(take_along(sorted_places(rows, axis), middle, axis), x, axis, keepdim)

    return build


def _medians(name: str, ignores: bool, doc: str, example: tuple[str, str]) -> None:
    Composite(
        name,
        "x, dim=None, keepdim=False, interpolation='lower'",
        _median(ignores),
        doc,
        example,
        meanings=(
            Meaning(
                "numpy",
                "is the mean of the two elements in the middle of an even number",
                "x, dim=None, out=None, overwrite_input=False, keepdim=False",
                lambda x, dim, out, overwrite, keepdim: _median(ignores)(x, dim, keepdim, "midpoint"),
                holds={"overwrite_input": "nothing"},
            ),
            Meaning(
                "statistics",
                "is the mean of the two elements in the middle of an even number",
                "x",
                lambda x: _median(ignores)(x, None, False, "midpoint"),
            ),
        ),
        holds={"interpolation": "text"},
        derivative="1 in the element that is chosen, 0 in the others; equal ones share it",
        overload=lambda x, dim, *rest: f"{name.capitalize()}Backward{int(dim is not None)}",
        results=_with_indices(
            name,
            _middle_place(ignores),
            lambda x, dim, keepdim, interpolation: dim is not None and interpolation == "lower",
        ),
        numpy="quantile(x, 0.5, axis=axis, keepdims=keepdim, method=interpolation)",
        samples=(
            *((*each, False, how) for each in _QUANTILED for how in ("lower", "midpoint")),
            ([2, 3], (1,), True, "lower"),
        ),
        family=family,
    )


def _median(ignores: bool) -> Callable[..., Node]:
    def build(x: Node, dim: tuple[int, ...] | None, keepdim: bool, interpolation: str) -> Node:
        if interpolation == "lower":
            return along(lower_nanmedian if ignores else lower_median, x, dim, keepdim)
        return _quantile(ignores)(x, as_node(0.5), dim, keepdim, interpolation)

    return build


_medians(
    "median",
    False,
    "The middle element, the lower of two; NumPy's median is their mean.",
    ("median([1, 5, 2, 3])", "2"),
)
_medians(
    "nanmedian",
    True,
    "The median of the elements that are no nan.",
    ("nanmedian([1, nan, 2, 5])", "2"),
)


# Places by values


def _search_kernel(node: Node) -> Kernel:
    side: Any = "right" if node.params[0] else "left"
    rank = len(node.inputs[0].shape)

    def kernel(edges: Array, values: Array) -> Array:
        edges, values = np.asarray(edges), np.asarray(values)
        if edges.ndim == 1:
            return np.searchsorted(edges, values, side).astype(np.float64)
        lead = edges.shape[:-1]
        per_row = values.reshape(*lead, -1)
        found = np.empty(per_row.shape)
        for row in np.ndindex(lead):
            found[row] = np.searchsorted(edges[row], per_row[row], side)
        return found.reshape(values.shape) if rank else found

    return kernel


search_primitive: Structural = Structural(
    "search",
    "edges, values",
    lambda params, edges, values: values,
    _search_kernel,
    differentiable=False,
    public=False,
)


def _searched(edges: Node, values: Node, right: bool) -> Node:
    if len(edges.shape) > 1 and edges.shape[:-1] != values.shape[:-1]:
        raise ShapeError(
            f"edges of shape {list(edges.shape)} do not fit values of shape {list(values.shape)}"
        )
    if not edges.shape:
        raise ShapeError("there must be a vector of edges, and this is a single number")
    return intern(search_primitive, (as_number(edges), as_number(values)), (right,))


Composite(
    "searchsorted",
    "edges, values, right=False, side='left'",
    lambda edges, values, right, side: _searched(edges, values, right or side == "right"),
    "Where each value belongs among sorted edges: before equal ones, or behind them with right=True.",
    ("searchsorted([1, 3, 5], 3)", "1"),
    holds={"right": "truth", "side": "text"},
    whole="always",
    derivative="0",
    numpy="searchsorted(edges, values, 'right' if right else side)",
    samples=(((1.0, 3.0), [3], False, "left"), ((0.1, 0.2), [2, 2], True, "left")),
    family=family,
)
Composite(
    "bucketize",
    "x, boundaries, right=False",
    lambda x, boundaries, right: _searched(boundaries, x, right),
    "Between which sorted boundaries each element lies: how many are less (or equal, with right=True).",
    ("bucketize([0, 3, 4], [1, 3, 5])", "[0, 1, 2]"),
    holds={"right": "truth"},
    whole="always",
    derivative="0",
    numpy="searchsorted(boundaries, x, 'right' if right else 'left')",
    samples=(([3], (1.0, 3.0), False), ([2, 2], (0.1, 0.2), True)),
    family=family,
)
Composite(
    "digitize",
    "x, bins, right=False",
    lambda x, bins, right: _searched(bins, x, not right),
    "Between which sorted bins each element lies, in NumPy's way: how many are at most it.",
    ("digitize([0, 3, 4], [1, 3, 5])", "[0, 2, 2]"),
    holds={"right": "truth"},
    whole="always",
    derivative="0",
    samples=(([3], (1.0, 3.0), False), ([2, 2], (0.1, 0.2), True)),
    family=family,
)


def _interp(x: Node, xp: Node, fp: Node, left: Node | None, right: Node | None) -> Node:
    if len(xp.shape) != 1 or xp.shape != fp.shape or not xp.shape[0]:
        raise ShapeError("needs its points as two vectors of one length", subject="interp")
    size = xp.shape[0]
    flat = flattened(as_number(x))
    if size > 1:
        place = clamp_max(clamp_min(_searched(xp, flat, True) - 1, 0), size - 2)
        low, high = take_along(xp, place, -1), take_along(xp, place + 1, -1)
        start, end = take_along(fp, place, -1), take_along(fp, place + 1, -1)
        found = start + (end - start) / (high - low) * (flat - low)
    else:
        found = expand(reshape(fp, (1,)), flat.shape)
    first, last = at_place(xp, -1, 0), at_place(xp, -1, size - 1)
    found = where(flat < first, at_place(fp, -1, 0) if left is None else left, found)
    found = where(flat > last, at_place(fp, -1, size - 1) if right is None else right, found)
    return reshape(found, x.shape)


Composite(
    "interp",
    "x, xp, fp, left=None, right=None",
    _interp,
    "The height at x of straight lines through points (xp, fp), xp in order; flat beyond the ends.",
    ("interp(2.5, [1, 2, 3], [0, 10, 20])", "15"),
    derivative="the slope of the line in x; in fp, the shares of its ends; at a point, the line behind it",
    samples=(
        *(([3], (-0.5, 0.1, 0.45), (1.0, 3.0, 2.0), None, None), (0.2, (-1.0, 0.3, 1.0), [3], None, None)),
        ((0.2, 0.5), (-1.0, 0.3, 1.0), [3], None, None),
    ),
    family=family,
)

# Counts


def _histogram_kernel(node: Node) -> Kernel:
    bins, low, high = node.params

    def kernel(x: Array) -> Array:
        batch = np.shape(x)[: np.ndim(x) - len(node.inputs[0].shape)]
        rows = np.asarray(x).reshape(math.prod(batch), math.prod(node.inputs[0].shape))
        counts = []
        for row in rows:
            finite = row[np.isfinite(row)]
            ends = (low, high) if low < high else (finite.min(), finite.max()) if finite.size else (0.0, 1.0)
            ends = ends if ends[0] < ends[1] else (ends[0] - 1, ends[0] + 1)
            try:
                counts.append(np.histogram(finite, bins, ends)[0])
            except ValueError:
                told = f"histc: doubles hold no {bins} bins between {ends[0]} and {ends[1]}"
                raise EvaluationError(told) from None
        return np.array(counts, dtype=np.float64).reshape(*batch, bins)

    return kernel


def _histogram(x: Node, bins: int, low: float, high: float) -> Node:
    if bins < 1:
        raise ShapeError(f"needs at least one bin, not {bins}", subject="histc")
    check_size((bins,))
    return intern(histogram, (as_number(x),), (bins, low, high))


histogram: Structural = Structural(
    "histc",
    "x, bins=100, min=0.0, max=0.0",
    lambda params, shape: (params[0],),
    _histogram_kernel,
    differentiable=False,
    builder=_histogram,
    doc="How many elements lie in each of equal bins from min to max; of all elements, if these are equal.",
    example=("histc([1, 2, 2], 2, 0, 3)", "[1, 2]"),
    holds={"bins": "integer", "min": "number", "max": "number"},
    whole="kept",
    derivative="0",
    numpy="histogram(x, bins, (min, max))[0]",
    samples=(([4], 3, -2.0, 2.0), ([2, 3], 4, -1.0, 1.0)),
    family=family,
)


def _span(span: Any) -> tuple[float, float]:
    """The ends of a range; both 0 where there is none, which means those of the elements."""
    if span is None:
        return 0.0, 0.0
    if span.shape != (2,) or not span[0] < span[1]:
        raise EvaluationError("histogram has a range of two numbers, the least first")
    return float(span[0]), float(span[1])


def _edges(x: Node, bins: int, span: Any) -> Node:
    low: Node
    high: Node
    low, high = (constant(each) for each in _span(span))
    if span is None:
        low, high = (along(end, as_number(x), None, False) for end in (amin, amax))
        half = where(low.equals(high), 0.5, 0)
        low, high = low - half, high + half
    return low + (high - low) * constant(np.arange(bins + 1) / bins)


Composite(
    "histogram",
    "x, bins=10, range=None",
    lambda x, bins, span: _histogram(x, bins, *_span(span)),
    "How many elements lie in each of equal bins over a range, or over all elements; and the bins' edges.",
    ("histogram([1, 2, 2], 2)[0]", "[1, 2]"),
    holds={"bins": "integer", "range": "places"},
    derivative="0, and in the edges what moves the least and the greatest element",
    numpy="histogram(x, bins, range)[0]",
    samples=(([4], 3, np.array([-2.0, 2.0])), ([2, 3], 4, None)),
    results=Results("hist", (Result("bin_edges", _edges),), title="histogram", alone="", listed=True),
    family=family,
)
Composite(
    "count_nonzero",
    "x, dim=None",
    lambda x, dim: total(as_number(truth(x)), axes_of(x, dim)),
    "How many elements are not 0, or along dimensions.",
    ("count_nonzero([1, 0, 2])", "2"),
    whole="always",
    derivative="0",
    samples=(([3], None), ([2, 3], (0,)), ([2, 3], None)),
    family=family,
)
