"""Shapes: reshaping, joining, indexing, and arrays made from nothing.

Axes in `Node.params` are negative (counted from the end), so that a leading batch axis needs no care.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradcli.arrays import Array, Shape
from gradcli.engine.evaluate import static_number
from gradcli.engine.graph import (
    RULES,
    Kernel,
    Node,
    as_node,
    constant,
    expand,
    intern,
    nothing_like,
    topological,
    zeros_like,
)
from gradcli.engine.primitives import complex_kernels
from gradcli.engine.primitives.entry import TABLE, Composite, Meaning, Structural, as_number, begin_family
from gradcli.engine.shapes import ShapeError, check_size
from gradcli.text.errors import EvaluationError

begin_family("shapes")
Params = tuple[Any, ...]


def axis_of(node: Node, dim: int) -> int:
    """The negative axis that a dimension of a node means; raises `ShapeError`."""
    rank = len(node.shape)
    if not -rank <= dim < rank:
        reach = f"between {-rank} and {rank - 1}" if rank else "left out, for a single number"
        raise ShapeError(
            f"there is no dimension {dim} in shape {list(node.shape)}", hint=f"dim must be {reach}"
        )
    return dim if dim < 0 else dim - rank


def _length(node: Node) -> Node:
    """How many rows or elements a node has; raises `ShapeError` for a single number."""
    if not node.shape:
        raise ShapeError("a single number has no length", hint="an array has: len([1, 2, 3])")
    return as_node(node.shape[0])


def batch_of(x: Array, shape: Shape) -> Shape:
    """The batch axes in front of an array whose own shape is `shape`."""
    return x.shape[: x.ndim - len(shape)]


# Reshape and permute: each is its own kind of transpose


def _reshape_shape(params: Params, shape: Shape) -> Shape:
    new: Shape = params[0]
    if math.prod(new) != math.prod(shape):
        raise ShapeError(f"shape {list(new)} does not hold the {math.prod(shape)} elements of {list(shape)}")
    return new


def _reshape_kernel(node: Node) -> Kernel:
    old, new = node.inputs[0].shape, node.shape
    return lambda x: np.reshape(x, batch_of(np.asarray(x), old) + new)


reshape_primitive: Structural = Structural(
    "reshape",
    "x, *shape",
    _reshape_shape,
    _reshape_kernel,
    transpose=lambda node, ct, index: reshape(ct, node.inputs[0].shape),
    views=True,
    linear=True,
    keeps_kind=True,
    keeps_zeros=True,
    builder=lambda x, shape: reshaped(x, _with_free_size(x, shape)),
    doc="The elements of x in another shape; one size may be -1, and follows from the others.",
    example=("reshape([1, 2, 3, 4], 2, 2)", "[[1, 2],\n [3, 4]]"),
    aliases=("view", "view_copy"),
    grad_fn="ViewBackward0",
    overload=lambda x, shape: _view_name(x),
    samples=(([2, 3], (3, 2)), ([6], (2, -1)), ([], (1, 1))),
    derivative="1 where an element has come from, 0 elsewhere",
)


def reshape(x: Node, shape: Shape) -> Node:
    """The elements of `x`, row by row, in `shape`: for rules, as it looks through a reshape of `x`."""
    if x.shape == shape:
        return x
    if x.primitive is reshape_primitive and x.inputs[0].shape == shape:
        return x.inputs[0]
    return intern(reshape_primitive, (x,), (shape,))


def reshaped(x: Node, shape: Shape) -> Node:
    """The reshape that a user asked for, as it stands."""
    return intern(reshape_primitive, (x,), (shape,))


def _same(x: Node) -> Node:
    """`x` itself, as the result of an operation that changed nothing."""
    return reshaped(x, x.shape)


def _view_name(x: Node) -> str:
    """PyTorch copies what does not lie in memory row by row."""
    return "UnsafeViewBackward0" if x.primitive is permute_primitive else "ViewBackward0"


def _with_free_size(x: Node, shape: Shape) -> Shape:
    if shape.count(-1) > 1:
        raise ShapeError("one size may be -1, and follows from the others", hint="as in x.reshape(-1, 1)")
    if -1 not in shape:
        return shape
    known = -math.prod(shape)
    count = math.prod(x.shape)
    if known == 0 or count % known:
        raise ShapeError(f"shape {list(shape)} does not hold the {count} elements of {list(x.shape)}")
    return tuple(count // known if size == -1 else size for size in shape)


permute_primitive: Structural = Structural(
    "permute",
    "x, *dims",
    lambda params, shape: tuple(shape[axis] for axis in params[0]),
    lambda node: _permute_kernel(node.params[0]),
    transpose=lambda node, ct, index: permute(ct, _inverse_order(node.params[0])),
    views=True,
    linear=True,
    keeps_kind=True,
    keeps_zeros=True,
    builder=lambda x, dims: _permute_by_dims(x, dims),
    doc="The dimensions of x in another order.",
    example=("permute([[1, 2, 3]], 1, 0)", "[[1],\n [2],\n [3]]"),
    aliases=("permute_copy",),
    numpy="transpose(x, dims)",
    samples=(([2, 3], (1, 0)), ([2, 2, 3], (2, 0, -2))),
    derivative="1 where an element has come from, 0 elsewhere",
)


def _permute_kernel(order: Any) -> Kernel:
    def kernel(x: Array) -> Array:
        lead = x.ndim - len(order)
        return np.transpose(x, (*range(lead), *(axis + x.ndim for axis in order)))

    return kernel


def _inverse_order(order: Sequence[int]) -> Shape:
    rank = len(order)
    inverse = [0] * rank
    for place, axis in enumerate(order):
        inverse[axis + rank] = place - rank
    return tuple(inverse)


def permute(x: Node, order: Shape) -> Node:
    """The axes of `x` in the order given (negative axes, one for each dimension)."""
    rank = len(x.shape)
    if order == tuple(range(-rank, 0)):
        return x
    return intern(permute_primitive, (x,), (order,))


def _permute_by_dims(x: Node, dims: Shape) -> Node:
    order = tuple(axis_of(x, dim) for dim in dims)
    if sorted(order) != list(range(-len(x.shape), 0)):
        raise ShapeError(
            f"needs each dimension of shape {list(x.shape)} once, not {list(dims)}", subject="permute"
        )
    return _permuted(x, order)


def _permuted(x: Node, order: Shape) -> Node:
    """The axes in the order that a user asked for, as it stands."""
    return _same(x) if order == tuple(range(-len(x.shape), 0)) else permute(x, order)


def _transpose(x: Node, dim0: int | None = None, dim1: int | None = None) -> Node:
    """Two dimensions exchanged; without dims, all of them in reverse."""
    order = list(range(-len(x.shape), 0))
    if dim0 is None or dim1 is None:
        order.reverse()
        return _permuted(x, tuple(order))
    if not x.shape and {dim0, dim1} <= {0, -1}:
        return _same(x)
    a, b = axis_of(x, dim0), axis_of(x, dim1)
    order[a], order[b] = order[b], order[a]
    return _permuted(x, tuple(order))


def _t(x: Node) -> Node:
    rank = len(x.shape)
    if rank > 2:
        message = f"exchanges rows and columns, and this has shape {list(x.shape)}"
        raise ShapeError(message, hint="transpose(x, 0, 1) exchanges two dimensions", subject="t")
    return _permuted(x, tuple(range(-1, -rank - 1, -1)))


Composite(
    "transpose",
    "x, dim0=None, dim1=None",
    _transpose,
    "x with two dimensions exchanged, or with all of them in reverse; x.T is the same.",
    ("transpose([[1, 2], [3, 4]])", "[[1, 3],\n [2, 4]]"),
    overload=lambda x, dim0, dim1: "PermuteBackward0" if None in (dim0, dim1) else "TransposeBackward0",
    aliases=("transpose_copy",),
    meanings=(
        Meaning(
            "numpy",
            "takes the order of all dimensions",
            "x, dims=None",
            lambda x, dims: _transpose(x, None, None) if dims is None else TABLE["permute"].build(x, dims),
        ),
    ),
    whole="kept",
    numpy="transpose(x) if dim0 is None else swapaxes(x, dim0, dim1)",
    samples=(([2, 3], None, None), ([2, 2, 3], 0, -1), ([3], None, None)),
    derivative="1 where an element has come from, 0 elsewhere",
)
Composite(
    "t",
    "x",
    _t,
    "A matrix with rows and columns exchanged; a vector as it is.",
    ("t([[1, 2], [3, 4]])", "[[1, 3],\n [2, 4]]"),
    overload=lambda x: "TBackward0",
    aliases=("t_copy",),
    whole="kept",
    numpy="transpose(x)",
    samples=(([2, 3],), ([3],), ([],)),
    derivative="1 where an element has come from, 0 elsewhere",
)


def _with_kept_sizes(x: Node, shape: Shape) -> Shape:
    new = len(shape) - len(x.shape)
    for place, size in enumerate(shape):
        if size < 0 and (size != -1 or place < new):
            raise ShapeError(
                f"shape {list(x.shape)} does not expand to {list(shape)}",
                hint="-1 keeps a size that is there, counted from the last dimension",
            )
    return tuple(x.shape[place - new] if size == -1 else size for place, size in enumerate(shape))


def _flatten(x: Node, start_dim: int, end_dim: int) -> Node:
    rank = len(x.shape)
    if not rank:
        return _ravel(x)
    first, last = axis_of(x, start_dim) + rank, axis_of(x, end_dim) + rank
    if first > last:
        raise ShapeError("begins behind its end", subject="flatten")
    if first == last:
        return x
    return reshaped(x, (*x.shape[:first], math.prod(x.shape[first : last + 1]), *x.shape[last + 1 :]))


def _ravel(x: Node) -> Node:
    return reshaped(x, (math.prod(x.shape),))


def unsqueeze(x: Node, dim: int) -> Node:
    """`x` with a new dimension of size 1; raises `ShapeError`."""
    rank = len(x.shape) + 1
    if not -rank <= dim < rank:
        raise ShapeError(f"a new dimension of shape {list(x.shape)} cannot be at {dim}")
    place = dim % rank
    return reshaped(x, (*x.shape[:place], 1, *x.shape[place:]))


def _squeeze(x: Node, dim: Shape | None) -> Node:
    if dim is None:
        return reshaped(x, tuple(size for size in x.shape if size != 1))
    if not x.shape and set(dim) <= {0, -1}:
        return reshaped(x, ())
    axes = {axis_of(x, each) + len(x.shape) for each in dim}
    shape = tuple(size for axis, size in enumerate(x.shape) if axis not in axes or size != 1)
    return reshaped(x, shape)


Composite(
    "flatten",
    "x, start_dim=0, end_dim=-1",
    _flatten,
    "All elements of x in one vector, row by row; or some dimensions as one.",
    ("flatten([[1, 2], [3, 4]])", "[1, 2, 3, 4]"),
    holds={"start_dim": "integer", "end_dim": "integer"},
    overload=lambda x, start_dim, end_dim: _view_name(x),
    whole="kept",
    itself=True,
    numpy="x.reshape(x.shape[:start_dim] + (-1,)) if end_dim == -1 else x.reshape(-1, x.shape[-1])",
    samples=(([2, 3], 0, -1), ([], 0, -1), ([2, 2, 3], 1, -1), ([2, 2, 3], 0, 1)),
    derivative="1 where an element has come from, 0 elsewhere",
)
Composite(
    "ravel",
    "x",
    _ravel,
    "All elements of x in one vector, as flatten gives them.",
    ("ravel([[1, 2], [3, 4]])", "[1, 2, 3, 4]"),
    overload=lambda x: "ViewBackward0",
    whole="kept",
    samples=(([2, 3],), ([],)),
    derivative="1 where an element has come from, 0 elsewhere",
)
Composite(
    "unsqueeze",
    "x, dim",
    unsqueeze,
    "x with a new dimension of size 1.",
    ("unsqueeze([1, 2], 1)", "[[1],\n [2]]"),
    overload=lambda x, dim: "UnsqueezeBackward0",
    aliases=("unsqueeze_copy",),
    whole="kept",
    holds={"dim": "integer"},
    numpy="expand_dims(x, axis)",
    samples=(([3], 0), ([2, 3], -1), ([2, 3], 1)),
    derivative="1 where an element has come from, 0 elsewhere",
)
Composite(
    "squeeze",
    "x, dim=None",
    _squeeze,
    "x without its dimensions of size 1, or without those named.",
    ("squeeze([[1, 2]])", "[1, 2]"),
    overload=lambda x, dim: f"SqueezeBackward{int(dim is not None)}",
    aliases=("squeeze_copy",),
    whole="kept",
    samples=(([1, 3, 1], None), ([1, 3, 1], (0,)), ([2, 3], None)),
    derivative="1 where an element has come from, 0 elsewhere",
)
Composite(
    "expand",
    "x, *shape",
    lambda x, shape: (
        _same(x) if _with_kept_sizes(x, shape) == x.shape else expand(x, _with_kept_sizes(x, shape))
    ),
    "x repeated to a larger shape, in which -1 keeps the size that x has there.",
    ("expand(3, 2)", "[3, 3]"),
    overload=lambda x, shape: "ExpandBackward0",
    aliases=("broadcast_to", "expand_copy"),
    whole="kept",
    samples=(([], (2, 3)), ([3], (2, 3)), ([2, 1], (2, 3))),
    derivative="1 where an element has come from, added up over its copies",
)


# Joining


def _joined_axis(params: Params) -> int:
    axis: int = params[0]
    return axis


def _cat_shape(params: Params, *shapes: Shape) -> Shape:
    axis = params[0]
    first = shapes[0]
    for shape in shapes[1:]:
        if len(shape) != len(first) or any(
            a != b for k, (a, b) in enumerate(zip(shape, first, strict=True)) if k - len(first) != axis
        ):
            raise ShapeError(f"cannot join shapes {list(first)} and {list(shape)}", subject="cat")
    size = sum(shape[axis] for shape in shapes)
    place = axis + len(first)
    return (*first[:place], size, *first[place + 1 :])


def _cat_transpose(node: Node, ct: Node, index: int) -> Node:
    axis = _joined_axis(node.params)
    start = sum(each.shape[axis] for each in node.inputs[:index])
    stop = start + node.inputs[index].shape[axis]
    items: list[Any] = [(0, size, 1) for size in node.shape]
    items[axis] = (start, stop, 1)
    return subscript(ct, tuple(items))


cat_primitive: Structural = Structural(
    "cat",
    "*arrays, dim=0",
    _cat_shape,
    lambda node: _joining_kernel(np.concatenate, node.params[0]),
    transpose=_cat_transpose,
    linear=True,
    keeps_kind=True,
    keeps_zeros=True,
    joins=True,
    builder=lambda xs, dim: _cat(xs, dim),
    doc="Arrays joined along a dimension that they have.",
    example=("cat([1, 2], [3])", "[1, 2, 3]"),
    aliases=("concat", "concatenate"),
    samples=(([2], [3], (0,)), ([2, 3], [1, 3], [2, 3], (0,)), ([2, 3], [2, 1], (-1,))),
    meanings=(
        Meaning(
            "numpy",
            "joins all elements where the axis is None",
            "*arrays, dim=0",
            lambda xs, dim: _cat(xs, dim) if dim else _cat([_in_one_row(each) for each in xs], (0,)),
            names="concat concatenate",
            holds={"dim": "integers or None"},
        ),
    ),
    derivative="1 where an element has come from, 0 elsewhere",
)


def _joining_kernel(join: Callable[..., Any], axis: Any) -> Kernel:
    return lambda *xs: join(xs, axis=axis)


def same_kind(xs: Sequence[Node]) -> tuple[Node, ...]:
    """Arrays that are joined: numbers, unless all hold truth values."""
    return tuple(xs) if all(each.boolean for each in xs) else tuple(as_number(each) for each in xs)


def _in_one_row(x: Node) -> Node:
    return reshaped(x, (math.prod(x.shape),))


def _cat(xs: Sequence[Node], dim: Shape) -> Node:
    for each in xs:
        if not each.shape:
            raise ShapeError(
                "joins arrays, and this is a single number", hint="stack joins single numbers", subject="cat"
            )
    if any(len(each.shape) > 1 for each in xs):  # vectors of nothing are left out, as PyTorch does
        xs = [each for each in xs if each.shape != (0,)]
    return intern(cat_primitive, same_kind(xs), (axis_of(xs[0], dim[0]),))


def _stack_shape(params: Params, *shapes: Shape) -> Shape:
    for shape in shapes[1:]:
        if shape != shapes[0]:
            raise ShapeError(
                f"needs equal shapes, not {list(shapes[0])} and {list(shape)}",
                hint="the rows of a matrix must have equal lengths",
                subject="stack",
            )
    rank = len(shapes[0]) + 1
    place = params[0] + rank
    return (*shapes[0][:place], len(shapes), *shapes[0][place:])


def _stack_transpose(node: Node, ct: Node, index: int) -> Node:
    items: list[Any] = [(0, size, 1) for size in node.shape]
    items[_joined_axis(node.params)] = index
    return subscript(ct, tuple(items))


stack_primitive: Structural = Structural(
    "stack",
    "*arrays, dim=0",
    _stack_shape,
    lambda node: _joining_kernel(np.stack, node.params[0]),
    transpose=_stack_transpose,
    linear=True,
    keeps_kind=True,
    keeps_zeros=True,
    joins=True,
    builder=lambda xs, dim: stack(xs, dim[0]),
    doc="Arrays (or numbers) of one shape, joined along a new dimension; [x, y] is the same.",
    example=("stack(1, 2, 3)", "[1, 2, 3]"),
    samples=(([], [], (0,)), ([2, 3], [2, 3], (1,)), ([3], [3], [3], (-1,))),
    derivative="1 where an element has come from, 0 elsewhere",
)


def stack(xs: Sequence[Node], dim: int = 0) -> Node:
    """The nodes joined along a new dimension."""
    rank = len(xs[0].shape) + 1
    if not -rank <= dim < rank:
        raise ShapeError(f"there is no dimension {dim} in a stack of shape {list(xs[0].shape)} arrays")
    return intern(stack_primitive, same_kind(xs), (dim % rank - rank,))


# Indexing with numbers and slices. `subscript` takes one item for each dimension: an index, or a
# (start, stop, step) as `slice.indices` gives; `embed` is its transpose.


def _as_slices(items: Any) -> tuple[Any, ...]:
    return (
        ...,
        *(
            item if isinstance(item, int) else slice(item[0], item[1] if item[1] >= 0 else None, item[2])
            for item in items
        ),
    )


def _subscript_shape(params: Params, shape: Shape) -> Shape:
    return tuple(len(range(*item)) for item in params[0] if not isinstance(item, int))


def _subscript_grad_fn(node: Node) -> str:
    items: Any = node.params[0]
    sizes = node.inputs[0].shape
    told = [item for item, size in zip(items, sizes, strict=True) if item != (0, size, 1)]
    is_one = bool(told) and (isinstance(told[-1], int) or len(told[-1]) == 2)
    return "SelectBackward0" if is_one else "SliceBackward0"


subscript_primitive: Structural = Structural(
    "subscript",
    "x",
    _subscript_shape,
    lambda node: _subscript_kernel(_as_slices(node.params[0])),
    transpose=lambda node, ct, index: intern(embed_primitive, (ct,), (node.params[0], node.inputs[0].shape)),
    views=True,
    linear=True,
    keeps_kind=True,
    keeps_zeros=True,
    grad_fn=_subscript_grad_fn,
    public=False,
)


LOOKING = (reshape_primitive, permute_primitive, subscript_primitive)
"""What gives other looks at the same elements, where these are in memory."""


def _subscript_kernel(items: tuple[Any, ...]) -> Kernel:
    return lambda x: x[items]


def subscript(x: Node, items: tuple[Any, ...]) -> Node:
    """`x[items]`: for each dimension an index from 0, or (start, stop, step)."""
    if all(item == (0, size, 1) for item, size in zip(items, x.shape, strict=True)):
        return x
    return intern(subscript_primitive, (x,), (items,))


def taken(x: Node, items: tuple[Any, ...], given: int) -> Node:
    """`subscript` as a user wrote it, with `given` of the items."""
    found = subscript(x, items)
    return _same(x) if found is x and given else found


def taken_overload(node: Node, given: int) -> str | None:
    """PyTorch's name of what `taken` made: taking all of an array shows which way that was written."""
    if node.primitive is not reshape_primitive or not given:
        return None
    return "SliceBackward0" if given == 1 else "AliasBackward0"


def _embed_kernel(node: Node) -> Kernel:
    items, shape = _as_slices(node.params[0]), node.shape
    inner = node.inputs[0].shape

    def kernel(x: Any) -> Array:
        x = np.asarray(x)
        whole = np.zeros(batch_of(x, inner) + shape, np.result_type(x, float))
        whole[items] = x
        return whole

    return kernel


embed_primitive: Structural = Structural(
    "embed",
    "x",
    lambda params, shape: params[1],
    _embed_kernel,
    transpose=lambda node, ct, index: subscript(ct, node.params[0]),
    linear=True,
    guards=True,
    public=False,
)


# The same with places that are inputs, so that another place needs no other plan: among the items, (None, k)
# is the index that input k holds, and (None, k, size, step) is a slice of that size which starts there.


def _moving_shape(params: Params, shape: Shape, *starts: Shape) -> Shape:
    return tuple(
        item[2] if item[0] is None else len(range(*item))
        for item in params[0]
        if not isinstance(item, int) and len(item) > 2
    )


def _settled(items: Any, sizes: Shape, starts: Sequence[Any]) -> tuple[Any, ...]:
    """The items as `subscript` takes them; raises `EvaluationError` for a place that is out of range."""
    found = []
    for item, size in zip(items, sizes, strict=True):
        if isinstance(item, int) or item[0] is not None:
            found.append(item)
        elif len(item) == 2:
            found.append(int(checked_index(starts[item[1]], size)))
        else:
            _, at, count, step = item
            start = float(starts[at])
            if not start.is_integer():
                raise EvaluationError(f"a slice starts at a whole number, not at {start!r}")
            first = slice(int(start), None, step).indices(size)[0]
            if count and first + (count - 1) * step >= size:
                raise EvaluationError(f"there are not {count} places from {first} on in {size}")
            found.append((first, min(first + count * step, size), step))
    return tuple(found)


def _moving_kernel(node: Node) -> Kernel:
    items, sizes = node.params[0], node.inputs[0].shape
    return lambda x, *starts: x[_as_slices(_settled(items, sizes, starts))]


def _moving_embed_kernel(node: Node) -> Kernel:
    (items, shape), inner = node.params, node.inputs[0].shape

    def kernel(x: Any, *starts: Any) -> Array:
        x = np.asarray(x)
        whole = np.zeros(batch_of(x, inner) + shape, np.result_type(x, float))
        whole[_as_slices(_settled(items, shape, starts))] = x
        return whole

    return kernel


def _moving_transpose(node: Node, ct: Node, index: int) -> Node:
    if index:
        return nothing_like(node.inputs[index])
    return intern(moving_embed, (ct, *node.inputs[1:]), (node.params[0], node.inputs[0].shape))


def _moving_embed_transpose(node: Node, ct: Node, index: int) -> Node:
    return nothing_like(node.inputs[index]) if index else moving_part(ct, node.params[0], node.inputs[1:])


def _moving_jvp(node: Node, tangents: Sequence[Node | None]) -> Node | None:
    if tangents[0] is None:
        return nothing_like(node)
    return intern(node.primitive, (tangents[0], *node.inputs[1:]), node.params)


moving_subscript: Structural = Structural(
    "moving_subscript",
    "x, starts",
    _moving_shape,
    _moving_kernel,
    transpose=_moving_transpose,
    jvp=_moving_jvp,
    views=True,
    indexed=True,
    mixes_batches=True,
    keeps_zeros=True,
    grad_fn=_subscript_grad_fn,
    public=False,
)
moving_embed: Structural = Structural(
    "moving_embed",
    "x, starts",
    lambda params, *shapes: params[1],
    _moving_embed_kernel,
    transpose=_moving_embed_transpose,
    jvp=_moving_jvp,
    indexed=True,
    mixes_batches=True,
    guards=True,
    grad_fn="EmbedBackward0",
    public=False,
)


def moving_part(x: Node, items: Any, starts: Sequence[Node]) -> Node:
    """`x[items]`, where some of the items are places that inputs hold; these require no grad."""
    return intern(moving_subscript, (x, *starts), (items,))


def with_places(node: Node, known: Callable[[Node], Any]) -> Node:
    """An equal node, with the places that are `known` now where inputs hold them."""
    changed: dict[Node, Node] = {}
    for each in topological((node,)):
        inputs = tuple([changed.get(below, below) for below in each.inputs])
        if each.primitive in (moving_subscript, moving_embed):
            params: Any = each.params
            sizes = inputs[0].shape if each.primitive is moving_subscript else params[1]
            items = _settled(params[0], sizes, [known(below) for below in each.inputs[1:]])
            primitive = subscript_primitive if each.primitive is moving_subscript else embed_primitive
            changed[each] = intern(primitive, inputs[:1], (items, *params[1:]))
        elif inputs != each.inputs:
            changed[each] = intern(each.primitive, inputs, each.params)
    return changed.get(node, node)


# Indexing with lists and masks: any of them is a list of places in the array whose last dimensions, as many
# as `params` says, are flattened; it is known when the graph is built. `scatter` is the transpose, where
# repeated places add up.


def _places(params: Params) -> Array:
    return np.frombuffer(params[0], dtype=np.int64)


def _rest(shape: Shape, rank: Any) -> Shape:
    """The dimensions before the last ones."""
    return shape[: len(shape) - rank]


def _gather_kernel(node: Node) -> Kernel:
    places, inner, rank = _places(node.params), node.params[1], node.params[2]
    size = math.prod(node.inputs[0].shape[len(node.inputs[0].shape) - rank :])

    def kernel(x: Any) -> Array:
        x = np.asarray(x)
        lead = _rest(x.shape, rank)
        found: Array = np.take(x.reshape(*lead, size), places, axis=-1)  # laid out in rows, as all else is
        return found.reshape(lead + inner)

    return kernel


def _scatter_kernel(node: Node) -> Kernel:
    places, inner, rank = _places(node.params), node.params[1], node.params[2]
    size = math.prod(inner)

    def kernel(x: Any) -> Array:
        x = np.asarray(x)
        lead = _rest(x.shape, rank)
        rows = math.prod(lead)
        at = places if rows == 1 else places + size * np.arange(rows)[:, None]
        return np.bincount(at.ravel(), x.ravel(), rows * size).reshape(lead + inner)

    return kernel


def _turned(primitive: Callable[[], Structural]) -> Callable[[Node, Node, int], Node]:
    """The transpose of a gather is a scatter from the same places, and the other way round."""

    def transpose(node: Node, ct: Node, index: int) -> Node:
        places, inner, rank = node.params
        assert isinstance(rank, int)
        shape = node.inputs[0].shape
        return intern(primitive(), (ct,), (places, shape[len(shape) - rank :], len(inner)))

    return transpose


gather_primitive: Structural = Structural(
    "gather",
    "x",
    lambda params, shape: _rest(shape, params[2]) + params[1],
    _gather_kernel,
    transpose=_turned(lambda: scatter_primitive),
    linear=True,
    keeps_kind=True,
    keeps_zeros=True,
    grad_fn="IndexBackward0",
    public=False,
)
scatter_primitive: Structural = Structural(
    "scatter",
    "x",
    lambda params, shape: _rest(shape, params[2]) + params[1],
    _scatter_kernel,
    transpose=_turned(lambda: gather_primitive),
    linear=True,
    analytic=lambda node: complex_kernels.in_parts(_scatter_kernel(node)),
    guards=True,
    public=False,
)


def gather(x: Node, index: tuple[Any, ...]) -> Node:
    """`x[index]` by NumPy's rules, for any static index; raises `ShapeError`."""
    places = np.arange(math.prod(x.shape), dtype=np.int64).reshape(x.shape)
    try:
        chosen = places[index]
    except IndexError as error:
        raise ShapeError(f"{error}") from None
    return gathered(x, chosen, len(x.shape))


def gathered(x: Node, places: Array, rank: int) -> Node:
    """The elements in these places of the last `rank` dimensions, which are flattened for it."""
    whole = np.ascontiguousarray(places, dtype=np.int64)
    return intern(gather_primitive, (x,), (whole.tobytes(), whole.shape, rank))


def scattered(x: Node, places: Array, shape: Shape) -> Node:
    """The transpose of `gathered`: elements added into places of new last dimensions of this shape."""
    whole = np.ascontiguousarray(places, dtype=np.int64)
    return intern(scatter_primitive, (x,), (whole.tobytes(), shape, whole.ndim))


# Indexing with a number that is only known when the plan runs (a loop variable, a leaf).


def _take_shape(params: Params, shape: Shape, index: Shape) -> Shape:
    place = params[0] + len(shape)
    return (*shape[:place], *shape[place + 1 :])


def checked_index(index: Any, size: int) -> Array:
    """Places as whole numbers from 0; raises `EvaluationError` where they are none, or beyond the size."""
    places = np.asarray(index)
    whole = places.astype(np.int64)
    if np.any(whole != places):
        raise EvaluationError(
            f"an index must be a whole number, not {float(places[whole != places].flat[0])!r}"
        )
    if np.any((whole < -size) | (whole >= size)):
        raise EvaluationError(f"index {int(whole.flat[0])} is out of range for a dimension of size {size}")
    return np.where(whole < 0, whole + size, whole)


def _take_kernel(node: Node) -> Kernel:
    axis: Any = node.params[0]
    size = node.inputs[0].shape[axis]
    rank = len(node.inputs[0].shape)

    def kernel(x: Array, index: Any) -> Array:
        places = checked_index(index, size)
        if places.ndim == 0:
            taken: Array = np.take(x, int(places), axis=axis)
            return taken
        spread = places.reshape(places.shape + (1,) * rank)
        return np.take_along_axis(x, spread, axis=axis).squeeze(axis)

    return kernel


def _put_kernel(node: Node) -> Kernel:
    axis, shape = node.params[0], node.shape
    inner = node.inputs[0].shape

    def kernel(x: Any, index: Any) -> Array:
        x = np.asarray(x)
        places = checked_index(index, shape[axis])
        batch = batch_of(x, inner) or places.shape
        whole = np.zeros(batch + shape)
        spread = np.broadcast_to(places, batch).reshape(batch + (1,) * len(shape))
        np.put_along_axis(whole, spread, np.expand_dims(np.broadcast_to(x, batch + inner), axis), axis=axis)
        return whole

    return kernel


def _take_transpose(node: Node, ct: Node, index: int) -> Node | None:
    if index == 1:
        return nothing_like(node.inputs[1])
    return intern(put_primitive, (ct, node.inputs[1]), (node.params[0], node.inputs[0].shape))


def _put_transpose(node: Node, ct: Node, index: int) -> Node | None:
    if index == 1:
        return nothing_like(node.inputs[1])
    return intern(take_primitive, (ct, node.inputs[1]), (node.params[0],))


def indexed_jvp(node: Node, tangents: Sequence[Node | None]) -> Node | None:
    """The derivative along tangents of what is linear in its first input, and has places for its second."""
    if tangents[0] is None:
        return nothing_like(node)
    return intern(node.primitive, (tangents[0], node.inputs[1]), node.params)


take_primitive: Structural = Structural(
    "take",
    "x, index",
    _take_shape,
    _take_kernel,
    views=True,
    transpose=_take_transpose,
    jvp=indexed_jvp,
    indexed=True,
    keeps_zeros=True,
    grad_fn="SelectBackward0",
    public=False,
)
put_primitive: Structural = Structural(
    "put",
    "x, index",
    lambda params, shape, index: params[1],
    _put_kernel,
    transpose=_put_transpose,
    jvp=indexed_jvp,
    guards=True,
    indexed=True,
    public=False,
)


def take(x: Node, index: Node, dim: int) -> Node:
    """`x[..., index, ...]` along one dimension, for an index that may change from run to run."""
    return intern(take_primitive, (x, index), (axis_of(x, dim),))


# Arrays from nothing

begin_family("making arrays")


def sizes(shape: Shape) -> Shape:
    """A shape that is asked for; raises `ShapeError` for one that no array has."""
    for size in shape:
        if size < 0:
            raise ShapeError(f"a size cannot be negative, as in {list(shape)}")
    return shape


def sized(shape: Shape) -> Shape:
    """A shape in which an array is made; raises `ShapeError`, and `SizeError` for one that is too large."""
    check_size(sizes(shape))
    return shape


def _arange(start: Node, end: Node | None, step: Node | None) -> Node:
    first, last, stride = (None if each is None else static_number(each) for each in (start, end, step))
    if last is None:
        first, last = 0.0, first
    stride = 1.0 if stride is None else stride
    assert first is not None
    assert last is not None
    if stride == 0 or not math.isfinite((last - first) / stride):
        raise EvaluationError("arange needs finite limits, and a step that is not 0")
    count = max(0, math.ceil((last - first) / stride))
    check_size((count,))
    return constant(first + stride * np.arange(count, dtype=np.float64))


def _linspace(start: Node, end: Node, steps: int, endpoint: bool = True) -> Node:
    sized((steps,))
    if steps < 1:
        return constant(np.zeros(0))
    shares = np.arange(steps, dtype=np.float64) / (max(steps - 1, 1) if endpoint else steps)
    weight = constant(shares)
    # At either end the other one has no share at all, whatever its derivative is.
    first = RULES["masked"](expand(start, (steps,)), constant(shares < 1))
    last = RULES["masked"](expand(end, (steps,)), constant(shares > 0))
    return first * (1 - weight) + last * weight


def _eye(rows: int, columns: int | None, diagonal: int = 0) -> Node:
    columns = rows if columns is None else columns
    sized((rows, columns))
    return constant(np.eye(rows, columns, diagonal))


def _filled(value: float) -> Callable[[Shape], Node]:
    def build(shape: Shape) -> Node:
        return expand(constant(value), sizes(shape))

    return build


Composite(
    "zeros",
    "*shape",
    _filled(0.0),
    "An array of zeros.",
    ("zeros(3)", "[0, 0, 0]"),
    aliases=("empty",),
    samples=(((2, 3),), ((),)),
    derivative="0",
)
Composite(
    "ones",
    "*shape",
    _filled(1.0),
    "An array of ones.",
    ("ones(2)", "[1, 1]"),
    samples=(((2, 3),), ((),)),
    derivative="0",
)
Composite(
    "full",
    "shape, fill_value",
    lambda shape, fill_value: expand(fill_value, sizes(shape)),
    "An array that holds one value everywhere.",
    ("full(2, 7)", "[7, 7]"),
    whole="kept",
    samples=(((3, 2), []),),
    derivative="0",
)
Composite(
    "zeros_like",
    "x",
    zeros_like,
    "Zeros in the shape of x.",
    ("zeros_like([1, 2])", "[0, 0]"),
    aliases=("empty_like",),
    whole="kept",
    derivative="0",
)
Composite(
    "ones_like",
    "x",
    lambda x: expand(as_node(1.0), x.shape),
    "Ones in the shape of x.",
    ("ones_like([1, 2])", "[1, 1]"),
    whole="kept",
    derivative="0",
)
Composite(
    "full_like",
    "x, fill_value",
    lambda x, fill_value: expand(fill_value, x.shape),
    "An array in the shape of x that holds one value everywhere.",
    ("full_like([1, 2], 7)", "[7, 7]"),
    whole="kept",
    samples=(([3], []),),
    derivative="0",
)
Composite(
    "eye",
    "rows, columns=None",
    _eye,
    "Identity matrix.",
    ("eye(2)", "[[1, 0],\n [0, 1]]"),
    meanings=(
        Meaning(
            "numpy",
            "has its ones on any diagonal",
            "rows, columns=None, diagonal=0",
            _eye,
            holds={"diagonal": "integer"},
        ),
    ),
    samples=((2, None), (2, 3)),
    derivative="0",
)
Composite(
    "arange",
    "start, end=None, step=None",
    _arange,
    "Numbers from start up to, but without, end; from 0 where only one limit is given.",
    ("arange(3)", "[0, 1, 2]"),
    whole="kept",
    settled=True,
    derivative="0",
)
Composite(
    "linspace",
    "start, end, steps",
    _linspace,
    "`steps` numbers at equal distances, both ends included.",
    ("linspace(0, 1, 3)", "[0, 0.5, 1]"),
    meanings=(
        Meaning(
            "numpy",
            "has 50 numbers where no count is given, and leaves out the end where endpoint is False",
            "start, end, steps=50, endpoint=True",
            _linspace,
            holds={"endpoint": "truth"},
        ),
    ),
    samples=(([], [], 4),),
    derivative="0",
)
Composite(
    "numel",
    "x",
    lambda x: as_node(math.prod(x.shape)),
    "How many elements x has.",
    ("numel([[1, 2], [3, 4]])", "4"),
    aliases=("nelement",),
    whole="counted",
    numpy="size(x)",
    derivative="0",
)
Composite(
    "len",
    "x",
    _length,
    "How many rows or elements x has.",
    ("len([1, 2, 3])", "3"),
    whole="counted",
    numpy="shape(x)[0]",
    samples=(([3],), ([2, 3],)),
    derivative="0",
)

RULES["reshape"] = reshape


# A value of its own, and a value without its history

begin_family("gradients")


clone: Structural = Structural(
    "clone",
    "x",
    lambda params, shape: shape,
    lambda node: lambda x: x,
    transpose=lambda node, ct, index: ct,
    linear=True,
    views=True,
    keeps_kind=True,
    keeps_zeros=True,
    builder=lambda x: intern(clone, (x,)),
    doc="A copy of x: what changes x in place leaves it as it is.",
    aliases=("alias_copy", "contiguous"),
    example=("clone(3)", "3"),
    whole="kept",
    numpy="x",
    derivative="1 where an element has come from, 0 elsewhere",
)

tied: Structural = Structural(
    "tied",
    "value, x",
    lambda params, value, x: value,
    lambda node: lambda value, x: value,
    transpose=lambda node, ct, index: ct if index == 0 else nothing_like(node.inputs[1]),
    jvp=lambda node, tangents: nothing_like(node) if tangents[0] is None else tangents[0],
    views=True,
    written="value",
    grad_fn="AliasBackward0",
    public=False,
)
"""A value that depends on x and is flat in it, as the derivative of a linear function is."""

custom: Structural = Structural(
    "custom",
    "value, *xs",
    lambda params, value, *xs: value,
    lambda node: lambda value, *xs: value,
    transpose=lambda node, ct, index: (
        None if index == 0 else node.params[0].pullback(node, node.params[1], ct, index)
    ),
    jvp=lambda node, tangents: node.params[0].pushforward(node, node.params[1], tangents[1:]),
    views=True,
    written="value",
    public=False,
)
"""A value whose derivative is given: `params[0]` has it, of the output in the place that `params[1]` says."""

revalued: Structural = Structural(
    "revalued",
    "value, x",
    lambda params, value, x: x,
    lambda node: lambda value, x: value,
    transpose=lambda node, ct, index: ct if index == 1 else None,
    jvp=lambda node, tangents: tangents[1],
    views=True,
    written="value",
    public=False,
)
"""A tensor whose elements were changed behind the back of its graph: it is differentiated as x, as before."""

stepped: Structural = Structural(
    "stepped",
    "x",
    lambda params, shape: shape,
    lambda node: lambda x: x,
    transpose=lambda node, ct, index: None,
    jvp=lambda node, tangents: None,
    views=True,
    written="x",
    grad_fn="AliasBackward0",
    public=False,
)
"""What a step in place has made of a variable: a variable of its own, which does not look back."""

detach: Structural = Structural(
    "detach",
    "x",
    lambda params, shape: shape,
    lambda node: lambda x: x,
    linear=True,
    views=True,
    keeps_kind=True,
    differentiable=False,
    builder=lambda x: intern(detach, (x,)),
    doc="x as a constant: nothing is differentiated through it.",
    example=("detach(3)", "3"),
    numpy="x",
    derivative="0, as it is taken as a constant",
)
