"""Elements by their places along a dimension, where the places may change from run to run.

Everything that chooses elements is defined by two linear primitives, each the transpose of the other, of the
array and of places in its shape: `take_along` reads them, and `put_along` adds up what is put into each.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradcli.arrays import Array, Shape
from gradcli.engine.evaluate import static_value
from gradcli.engine.graph import (
    RULES,
    Kernel,
    Node,
    as_node,
    constant,
    expand,
    intern,
    nothing_like,
    zeros_like,
)
from gradcli.engine.primitives.arithmetic import clamp_min, where
from gradcli.engine.primitives.entry import Composite, Meaning, Structural, as_number, called
from gradcli.engine.primitives.shaping import (
    axis_of,
    checked_index,
    detach,
    embed_primitive,
    gather,
    indexed_jvp,
    reshape,
    subscript,
)
from gradcli.engine.shapes import ShapeError, broadcast_shape
from gradcli.text.errors import EvaluationError

family = "selecting elements"

Params = tuple[Any, ...]


def _take_kernel(node: Node) -> Kernel:
    axis, size = node.params[0], node.inputs[0].shape[node.params[0]]

    def kernel(x: Array, index: Any) -> Array:
        return np.take_along_axis(x, checked_index(index, size), axis)

    return kernel


def _put_kernel(node: Node) -> Kernel:
    axis, size = node.params

    def kernel(x: Array, index: Any) -> Array:
        places = np.moveaxis(checked_index(index, size), axis, -1)
        values = np.moveaxis(np.asarray(x), axis, -1)
        lead = values.shape[:-1]
        rows = math.prod(lead)
        at = places.reshape(rows, places.shape[-1]) + size * np.arange(rows)[:, None]
        whole = np.bincount(at.ravel(), values.ravel(), rows * size).reshape(*lead, size)
        return np.moveaxis(whole, -1, axis)

    return kernel


def _take_shape(params: Params, shape: Shape, index: Shape) -> Shape:
    return index


def _put_shape(params: Params, shape: Shape, index: Shape) -> Shape:
    axis, size = params
    place = axis + len(shape)
    return (*shape[:place], size, *shape[place + 1 :])


def _take_transpose(node: Node, ct: Node, index: int) -> Node:
    if index == 1:
        return nothing_like(node.inputs[1])
    axis: Any = node.params[0]
    return put_along(ct, node.inputs[1], axis, node.inputs[0].shape[axis])


def _put_transpose(node: Node, ct: Node, index: int) -> Node:
    if index == 1:
        return nothing_like(node.inputs[1])
    axis: Any = node.params[0]
    return take_along(ct, node.inputs[1], axis)


take_along_primitive: Structural = Structural(
    "take_along",
    "x, index",
    _take_shape,
    _take_kernel,
    transpose=_take_transpose,
    jvp=indexed_jvp,
    indexed=True,
    keeps_zeros=True,
    grad_fn="GatherBackward0",
    public=False,
)
put_along_primitive: Structural = Structural(
    "put_along",
    "x, index",
    _put_shape,
    _put_kernel,
    transpose=_put_transpose,
    jvp=indexed_jvp,
    guards=True,
    indexed=True,
    grad_fn="ScatterAddBackward0",
    public=False,
)


def take_along(x: Node, index: Node, axis: int) -> Node:
    """The elements of `x` whose places along a negative axis are in `index`, of x's shape elsewhere."""
    return intern(take_along_primitive, (as_number(x), as_number(index)), (axis,))


def put_along(x: Node, index: Node, axis: int, size: int) -> Node:
    """An array with `size` places along a negative axis, into which the elements of `x` are added."""
    return intern(put_along_primitive, (as_number(x), as_number(index)), (axis, size))


# Helpers of all that works along one dimension


def one_axis(x: Node, dim: tuple[int, ...] | int) -> int:
    """The negative axis of the one dimension given; -1 for a single number. Raises `ShapeError`."""
    dim = one_dim(dim)
    if not x.shape and dim in (0, -1):
        return -1
    return axis_of(x, dim)


def one_dim(dim: tuple[int, ...] | int) -> int:
    """The one dimension that is given; raises `ShapeError`."""
    dims = dim if isinstance(dim, tuple) else (dim,)
    if len(dims) != 1:
        raise ShapeError(f"one dimension is needed here, not {list(dims)}")
    return dims[0]


def sliced(x: Node, axis: int, start: int, stop: int, step: int = 1) -> Node:
    """The elements from `start` up to, but without, `stop` along a negative axis."""
    items: list[Any] = [(0, size, 1) for size in x.shape]
    items[axis] = (start, stop, step)
    return subscript(x, tuple(items))


def at_place(x: Node, axis: int, place: int) -> Node:
    """The elements in one place along a negative axis, which is gone."""
    items: list[Any] = [(0, size, 1) for size in x.shape]
    items[axis] = place
    return subscript(x, tuple(items))


def lifted(x: Node) -> Node:
    """A single number as a vector of one, for what works along a dimension."""
    return x if x.shape else reshape(x, (1,))


# Elements by places


def _check_places(x: Node, index: Node, axis: int) -> None:
    """Raises `ShapeError` where places in an array are not of its rank, or reach beyond it off the axis."""
    _check_rank(x, index)
    for place, (size, count) in enumerate(zip(x.shape, index.shape, strict=True)):
        if place - len(x.shape) != axis and count > size:
            raise ShapeError(f"places of shape {list(index.shape)} reach beyond shape {list(x.shape)}")


def _check_rank(x: Node, index: Node) -> None:
    if len(index.shape) != len(x.shape):
        raise ShapeError(f"places of shape {list(index.shape)} do not fit shape {list(x.shape)}")


def _cut(x: Node, index: Node, axis: int) -> Node:
    """An array, cut to the sizes of places in it but along the axis."""
    _check_places(x, index, axis)
    for place, count in enumerate(index.shape):
        if place - len(x.shape) != axis and count < x.shape[place]:
            x = sliced(x, place - len(x.shape), 0, count)
    return x


def _gather(x: Node, dim: tuple[int, ...], index: Node) -> Node:
    axis = one_axis(x, dim)
    if not math.prod(index.shape):
        return expand(as_node(0.0), index.shape)
    places = lifted(index)
    return reshape(take_along(_cut(lifted(x), places, axis), places, axis), index.shape)


def _take_along_dim(x: Node, index: Node, dim: tuple[int, ...] | None) -> Node:
    if dim is None:
        return take_along(flattened(x), flattened(index), -1)
    axis = axis_of(x, one_dim(dim))
    _check_rank(x, index)
    shape = list(broadcast_shape((_but(x.shape, axis), _but(index.shape, axis))))
    own, other = shape[:], shape[:]
    own[axis], other[axis] = x.shape[axis], index.shape[axis]
    return take_along(expand(x, tuple(own)), expand(index, tuple(other)), axis)


def _but(shape: Shape, axis: int) -> Shape:
    """A shape with 1 along an axis."""
    place = axis + len(shape)
    return (*shape[:place], 1, *shape[place + 1 :])


def flattened(x: Node) -> Node:
    return reshape(x, (math.prod(x.shape),))


def _spread(index: Node, shape: Shape, axis: int) -> Node:
    """Places along one axis, repeated to a shape whose size there is theirs."""
    count = math.prod(index.shape)
    sizes = [1] * len(shape)
    sizes[axis] = count
    place = axis + len(shape)
    return expand(reshape(as_number(index), tuple(sizes)), (*shape[:place], count, *shape[place + 1 :]))


def _index_select(x: Node, dim: tuple[int, ...], index: Node) -> Node:
    axis = one_axis(x, dim)
    if len(index.shape) > 1:
        raise ShapeError("takes a vector of places, or one place", subject="index_select")
    rows = lifted(x)
    found = take_along(rows, _spread(index, rows.shape, axis), axis)
    return found if x.shape else reshape(found, ())


def _taken(x: Node, index: Node, dim: tuple[int, ...] | None) -> Node:
    rows = flattened(x) if dim is None else lifted(x)
    axis = one_axis(rows, dim or (-1,))
    place = axis + len(rows.shape)
    found = take_along(rows, _spread(index, rows.shape, axis), axis)
    return reshape(found, (*rows.shape[:place], *index.shape, *rows.shape[place + 1 :]))


def _added(x: Node, index: Node, source: Node, axis: int) -> Node:
    """An array in the shape of x into whose places those of `source` are added."""
    index, source = lifted(index), lifted(as_number(source))
    rows = lifted(x)
    _check_places(rows, index, axis)
    if len(source.shape) != len(index.shape) or any(
        want > have for have, want in zip(source.shape, index.shape, strict=True)
    ):
        raise ShapeError(
            f"shape {list(source.shape)} has too few elements for places of shape {list(index.shape)}"
        )
    for place, count in enumerate(index.shape):
        source = sliced(source, place - len(index.shape), 0, count)
    put = put_along(source, index, axis, rows.shape[axis])
    if put.shape != rows.shape:
        items = tuple((0, size, 1) for size in put.shape)
        put = intern(embed_primitive, (put,), (items, rows.shape))
    return reshape(put, x.shape)


def _hit(x: Node, index: Node, axis: int) -> Node:
    """Which elements of x the places mean."""
    return _added(x, index, expand(as_node(1.0), lifted(index).shape), axis) > 0


def _scattered(x: Node, dim: tuple[int, ...], index: Node, source: Node, reduce: str | None) -> Node:
    axis = one_axis(x, dim)
    source = expand(source, index.shape) if not source.shape else source
    if reduce in (None, "None"):
        return where(_hit(x, index, axis), _added(x, index, source, axis), x)
    if reduce == "add":
        return as_number(x) + _added(x, index, source, axis)
    raise EvaluationError(f"there is no reduce={reduce!r} here", hint="write reduce='add'")


def _scatter_add(x: Node, dim: tuple[int, ...], index: Node, source: Node) -> Node:
    return as_number(x) + _added(x, index, source, one_axis(x, dim))


def _scatter_reduce(
    x: Node, dim: tuple[int, ...], index: Node, source: Node, reduce: str, include_self: bool
) -> Node:
    axis = one_axis(x, dim)
    if reduce not in ("sum", "mean"):
        raise EvaluationError(f"there is no reduce={reduce!r} here", hint="write reduce='sum' or 'mean'")
    start = as_number(x) if include_self else where(_hit(x, index, axis), 0, x)
    whole = start + _added(x, index, source, axis)
    if reduce == "sum":
        return whole
    ones = expand(as_node(1.0), lifted(index).shape)
    count = _added(x, index, ones, axis) + (1 if include_self else 0)
    return whole / clamp_min(count, 1)


def _along_index(x: Node, dim: tuple[int, ...], index: Node, source: Node) -> tuple[int, Node, Node]:
    """The axis, and places and source in one shape, of the functions whose places are a vector."""
    axis = one_axis(x, dim)
    rows = lifted(x)
    places = _spread(index, rows.shape, axis)
    return axis, places, expand(lifted(source), places.shape)


def _index_add(x: Node, dim: tuple[int, ...], index: Node, source: Node, alpha: Node) -> Node:
    axis, places, source = _along_index(x, dim, index, source)
    return as_number(x) + alpha * _added(x, places, source, axis)


def _index_copy(x: Node, dim: tuple[int, ...], index: Node, source: Node) -> Node:
    axis, places, source = _along_index(x, dim, index, source)
    return where(_hit(x, places, axis), _added(x, places, source, axis), x)


def _index_fill(x: Node, dim: tuple[int, ...], index: Node, value: Node) -> Node:
    axis = one_axis(x, dim)
    return where(_hit(x, _spread(index, lifted(x).shape, axis), axis), value, x)


def _put(x: Node, index: Node, source: Node, accumulate: bool) -> Node:
    flat, places = flattened(x), flattened(index)
    added = _added(flat, places, flattened(source), -1)
    found = as_number(flat) + added if accumulate else where(_hit(flat, places, -1), added, flat)
    return reshape(found, x.shape)


Composite(
    "gather",
    "x, dim, index",
    _gather,
    "The elements in the places along a dimension, in the shape of index.",
    ("gather([[1, 2], [3, 4]], 1, [[1], [0]])", "[[2],\n [3]]"),
    derivative="1 where an element has come from, added up where it is taken twice",
    overload=called("Gather"),
    whole="kept",
    numpy="take_along_axis(x, index.astype(int), axis)",
    samples=(([2, 3], (1,), ((0, 2), (1, 1))), ([2, 3], (0,), ((0, 1, 1),)), ([3], (0,), (2, 2))),
    family=family,
)
Composite(
    "take_along_dim",
    "x, indices, dim=None",
    _take_along_dim,
    "The elements in the places along a dimension, as argsort gives them; without one, of all row by row.",
    ("take_along_dim([3, 1, 2], argsort([3, 1, 2]))", "[1, 2, 3]"),
    aliases=("take_along_axis",),
    derivative="1 where an element has come from, added up where it is taken twice",
    overload=called("Gather"),
    whole="kept",
    numpy="take_along_axis(x, indices.astype(int), axis)",
    samples=(([2, 3], ((0, 2), (1, 1)), (1,)), ([2, 3], ((0, 1, 1),), (0,)), ([3], (2.0, 2.0), None)),
    family=family,
)
Composite(
    "index_select",
    "x, dim, index",
    _index_select,
    "The rows (or what else a dimension has) in the places of a vector.",
    ("index_select([[1, 2], [3, 4]], 0, [1])", "[[3, 4]]"),
    derivative="1 where an element has come from, added up where it is taken twice",
    overload=called("IndexSelect"),
    whole="kept",
    numpy="take(x, index.astype(int), axis)",
    samples=(([2, 3], (1,), (0, 2, 2)), ([3, 2], (0,), (1,))),
    family=family,
)
Composite(
    "take",
    "x, index, dim=None",
    _taken,
    "The elements in places that count them all row by row, or along a dimension.",
    ("take([[1, 2], [3, 4]], [3, 0])", "[4, 1]"),
    derivative="1 where an element has come from, added up where it is taken twice",
    overload=called("Take"),
    whole="kept",
    numpy="take(x, index.astype(int), axis)",
    samples=(([2, 3], ((0, 5), (1, 1)), None), ([2, 3], (0, 2), (1,)), ([2, 3], 1.0, (0,))),
    family=family,
)
_PLACED = "1 in x where nothing is put, and in the source where it goes"
Composite(
    "index_add",
    "x, dim, index, source, alpha=1.0",
    _index_add,
    "x with alpha times the source added into the places of a vector along a dimension.",
    ("index_add([1, 2, 3], 0, [0, 0], [1, 1])", "[3, 2, 3]"),
    derivative="1 in x, and alpha in the source",
    overload=called("IndexAdd"),
    whole="kept",
    numpy="x + alpha*(arange(x.shape[axis]) == index[:, None]).T @ source if axis == 0 else "
    "x + alpha*source @ (arange(x.shape[axis]) == index[:, None])",
    samples=(([3, 2], (0,), (0, 2, 2), [3, 2], []), ([2, 3], (1,), (1,), [2, 1], 2.0)),
    family=family,
)
Composite(
    "index_copy",
    "x, dim, index, source",
    _index_copy,
    "x with the source put into the places of a vector along a dimension.",
    ("index_copy([1, 2, 3], 0, [2], [9])", "[1, 2, 9]"),
    derivative=_PLACED,
    overload=called("IndexCopy"),
    whole="kept",
    numpy="where((arange(x.shape[0]) == index[:, None]).any(0)[:, None], "
    "(arange(x.shape[0]) == index[:, None]).T @ source, x)",
    samples=(([3, 2], (0,), (2, 0), [2, 2]),),
    family=family,
)
Composite(
    "index_fill",
    "x, dim, index, value",
    _index_fill,
    "x with one value in the places of a vector along a dimension.",
    ("index_fill([1, 2, 3], 0, [2], 9)", "[1, 2, 9]"),
    derivative="1 in x where nothing is put, and in the value each time it is",
    overload=called("IndexFill"),
    whole="kept",
    numpy="where((arange(x.shape[0]) == index[:, None]).any(0)[:, None], value, x)",
    samples=(([3, 2], (0,), (2, 0), []),),
    family=family,
)
Composite(
    "scatter",
    "x, dim, index, src, reduce=None",
    _scattered,
    "x with the elements of src put into places along a dimension; reduce='add' adds them.",
    ("scatter([1, 2, 3], 0, [2], [9])", "[1, 2, 9]"),
    holds={"reduce": "text"},
    derivative=_PLACED,
    overload=called("Scatter"),
    whole="kept",
    numpy="array([[x[0, 0], src[0, 0], src[0, 1]], [src[1, 0], src[1, 1], x[1, 2]]])",
    samples=(([2, 3], (1,), ((1, 2), (0, 1)), [2, 2], None),),
    family=family,
)
Composite(
    "scatter_add",
    "x, dim, index, src",
    _scatter_add,
    "x with the elements of src added into places along a dimension.",
    ("scatter_add([1, 2, 3], 0, [0, 0], [1, 1])", "[3, 2, 3]"),
    derivative="1 in x, and in src",
    overload=called("ScatterAdd"),
    whole="kept",
    numpy="x + array([[0, src[0, 0] + src[0, 1], 0], [src[1, 0], 0, src[1, 1]]])",
    samples=(([2, 3], (1,), ((1, 1), (0, 2)), [2, 2]),),
    family=family,
)
Composite(
    "scatter_reduce",
    "x, dim, index, src, reduce, include_self=True",
    _scatter_reduce,
    "x with the sum or the mean of what src has for each place along a dimension, and of x itself.",
    ("scatter_reduce([1, 2, 3], 0, [0, 0], [1, 1], 'sum')", "[3, 2, 3]"),
    holds={"reduce": "text", "include_self": "truth"},
    derivative="1 in x, and in src; 1/n of a mean of n",
    overload=called("ScatterReduce"),
    numpy="array([x[0], x[1] + src[0] + src[1], x[2]])/(array([1, 3, 1]) if reduce == 'mean' else 1)",
    samples=(([3], (0,), (1, 1), [2], "sum", True), ([3], (0,), (1, 1), [2], "mean", True)),
    family=family,
)
Composite(
    "put",
    "x, index, source, accumulate=False",
    _put,
    "x with the source put into places that count all elements row by row, or added to them.",
    ("put([1, 2, 3], [2], [9])", "[1, 2, 9]"),
    holds={"accumulate": "truth"},
    derivative=_PLACED,
    overload=called("Put"),
    whole="kept",
    numpy="array([[x[0, 0], source[1]], [source[0], x[1, 1]]]) + (x*[[0, 1], [1, 0]] if accumulate else 0)",
    samples=(([2, 2], (2, 1), [2], False), ([2, 2], (2, 1), [2], True)),
    family=family,
)

# Elements by masks


def _masked_fill(x: Node, mask: Node, value: Node) -> Node:
    return where(truth(mask), value, x)


def truth(mask: Node) -> Node:
    return mask if mask.boolean else RULES["!="](mask, as_node(0))


def _masked_select(x: Node, mask: Array) -> Node:
    shape = broadcast_shape((x.shape, mask.shape))
    return gather(expand(x, shape), (np.broadcast_to(mask.astype(bool), shape),))


def _masked_scatter(x: Node, mask: Array, source: Node) -> Node:
    shape = broadcast_shape((x.shape, mask.shape))
    hit = np.broadcast_to(mask.astype(bool), shape)
    count = int(hit.sum())
    if math.prod(source.shape) < count:
        raise ShapeError(
            f"needs {count} elements, and has {math.prod(source.shape)}", subject="masked_scatter"
        )
    places = np.where(hit, np.cumsum(hit).reshape(shape) - 1, 0)
    flat = flattened(source)
    filled = gather(flat, (places,)) if count else zeros_like(expand(x, shape))
    return where(constant(hit), filled, expand(x, shape))


Composite(
    "masked_fill",
    "x, mask, value",
    _masked_fill,
    "x with one value wherever the mask is true.",
    ("masked_fill([1, 2], [1, 2] > 1, 9)", "[1, 9]"),
    derivative="1 in x where the mask is false; in the value, 1 for each that is true",
    overload=called("MaskedFill"),
    whole="kept",
    numpy="where(mask, value, x)",
    samples=(([2, 3], (0.0, 1.0, 1.0), []),),
    family=family,
)
Composite(
    "masked_select",
    "x, mask",
    _masked_select,
    "The elements where the mask, which must be known, is true, in one vector.",
    ("masked_select([1, 2, 3], [1, 0, 1])", "[1, 3]"),
    holds={"mask": "places"},
    derivative="1 where an element has come from, 0 elsewhere",
    overload=called("MaskedSelect"),
    whole="kept",
    numpy="x[broadcast_to(mask, x.shape).astype(bool)]",
    samples=(([2, 3], np.array([0.0, 1.0, 1.0])),),
    family=family,
)
Composite(
    "unique",
    "x",
    lambda x: constant(np.unique(x)),
    "The values of x, which must be known, each of them once and in rising order.",
    ("unique([2, 1, 2])", "[1, 2]"),
    holds={"x": "places"},
    derivative="0",
    whole="kept",
    numpy="unique(x)",
    samples=((np.array([2.0, 1.0, 2.0]),),),
    family=family,
)
Composite(
    "nonzero",
    "x",
    lambda x: constant(np.argwhere(x).astype(np.float64)),
    "The places of the elements of x, which must be known, that are not 0: a row for each of them.",
    ("nonzero([[0, 5], [6, 0]])", "[[0, 1],\n [1, 0]]"),
    holds={"x": "places"},
    aliases=("argwhere",),
    derivative="0",
    whole="always",
    numpy="argwhere(x)",
    samples=((np.array([0.0, 5.0, 6.0]),),),
    meanings=(
        Meaning("numpy", "gives the places along each axis apart: np.argwhere gives rows", names="nonzero"),
    ),
    family=family,
)
Composite(
    "masked_scatter",
    "x, mask, source",
    _masked_scatter,
    "x with the elements of the source, one after the other, where the mask, which must be known, is true.",
    ("masked_scatter([1, 2, 3], [1, 0, 1], [8, 9])", "[8, 2, 9]"),
    holds={"mask": "places"},
    derivative="1 in x where the mask is false, and in the elements of the source that are used",
    overload=called("MaskedScatter"),
    whole="kept",
    numpy="array([source[0], x[1], source[1]])",
    samples=(([3], np.array([1.0, 0.0, 1.0]), [3]),),
    family=family,
)

# Classes as numbers


def _one_hot(x: Node, classes: int) -> Node:
    if classes < 0:
        if not x.static:
            raise EvaluationError(
                "how many classes there are must be known before arithmetic",
                hint="give num_classes: one_hot(x, num_classes=3)",
            )
        values = np.asarray(static_value(x))
        classes = int(values.max()) + 1 if values.size else 0
    index = reshape(as_number(x), (*x.shape, 1))
    return as_number(expand(index, (*x.shape, classes)).equals(_counted((*x.shape, classes))))


def _counted(shape: Shape) -> Node:
    """The place of each element along the last dimension."""
    return expand(constant(np.arange(shape[-1], dtype=np.float64)), shape)


def _embedding(x: Node, weight: Node, padding_idx: int | None) -> Node:
    if len(weight.shape) != 2:
        raise ShapeError("needs a matrix with a row for each class", subject="embedding")
    rows, width = weight.shape
    index = expand(reshape(as_number(x), (math.prod(x.shape), 1)), (math.prod(x.shape), width))
    found = take_along(weight, index, -2)
    if padding_idx is not None:  # its row is used, and never changed
        found = where(index.equals(padding_idx % rows), detach.build(found), found)
    return reshape(found, (*x.shape, width))


Composite(
    "one_hot",
    "x, num_classes=-1",
    _one_hot,
    "For each class a vector that is 1 in its place, and 0 elsewhere.",
    ("one_hot([0, 2], 3)", "[[1, 0, 0],\n [0, 0, 1]]"),
    meanings=(Meaning("jax.nn", "gives real numbers", kept=True, whole="never"),),
    holds={"num_classes": "integer"},
    whole="always",
    derivative="0",
    numpy="(x[..., None] == arange(3)).astype(float)",
    samples=(((0.0, 2.0), 3), ((0.0, 2.0), -1)),
    family=family,
)
Composite(
    "embedding",
    "x, weight, padding_idx=None",
    _embedding,
    "The rows of a matrix of weights in the places x; that of padding_idx gets no gradient.",
    ("embedding([1, 0], [[1, 2], [3, 4]])", "[[3, 4],\n [1, 2]]"),
    holds={"padding_idx": "integer"},
    derivative="1 in each element of a row that is used, added up over its uses",
    overload=called("Embedding"),
    whole="kept",
    numpy="weight[x.astype(int)]",
    samples=(((0.0, 2.0, 2.0), [3, 2], None), (((0.0, 1.0),), [3, 2], None)),
    family=family,
)
