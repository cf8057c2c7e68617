"""What slides over an array: convolution, pooling, windows, resizing.

The windows are one `gather`, whose places are settled when the graph is built; then a convolution is a
product of matrices, and pooling a reduction. What lies beyond the edge is a structural 0. Arrays have
batches first and channels next, as in PyTorch; the batch may be left out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradcli.arrays import Array, Shape
from gradcli.engine.graph import Node, as_node, constant, expand, intern
from gradcli.engine.primitives.arithmetic import clamp_min, masked, where
from gradcli.engine.primitives.arranging import at_places, flipped, padded, windows_along
from gradcli.engine.primitives.elementwise import sqrt
from gradcli.engine.primitives.entry import Composite, Result, Results, as_number, called
from gradcli.engine.primitives.layers import Sizes, family, layer, transposed
from gradcli.engine.primitives.linalg import matmul
from gradcli.engine.primitives.reductions import (
    along,
    argmax,
    mean,
    total,
)
from gradcli.engine.primitives.selecting import put_along, take_along
from gradcli.engine.primitives.shaping import (
    embed_primitive,
    gathered,
    permute,
    reshape,
    scattered,
)
from gradcli.engine.shapes import ShapeError, check_size
from gradcli.text.errors import EvaluationError

# Windows

Slide = tuple[Array, Array]
"""Along one dimension: where each window starts, and how far from there each of its elements is."""


def _slide(
    size: int, kernel: int, stride: int, before: int, behind: int, dilation: int, ceil: bool = False
) -> Slide:
    """The windows of a kernel that moves on by a stride, and may reach beyond the edges by margins."""
    if kernel < 1 or stride < 1 or dilation < 1:
        raise ShapeError("a window, its stride and its dilation must be at least 1")
    reach = size + before + behind - dilation * (kernel - 1) - 1
    count = (-(-reach // stride) if ceil else reach // stride) + 1
    if ceil and (count - 1) * stride >= size + before:  # none begins in the margin behind
        count -= 1
    if count < 1:
        width = dilation * (kernel - 1) + 1
        raise ShapeError(f"a window of {width} does not fit into a size of {size + before + behind}")
    return np.arange(count) * stride - before, np.arange(kernel) * dilation


def _places(slides: Sequence[Slide], sizes: Shape) -> tuple[Array, Array]:
    """The places of all windows' elements in the flattened last dimensions, and which of these there are."""
    rank = len(slides)
    shape = (*(len(starts) for starts, _ in slides), *(len(offsets) for _, offsets in slides))
    check_size(shape)
    whole = np.zeros(shape, dtype=np.int64)
    inside = np.ones(shape, dtype=bool)
    for k, ((starts, offsets), size) in enumerate(zip(slides, sizes, strict=True)):
        at = starts[:, None] + offsets
        spread = [1] * (2 * rank)
        spread[k], spread[rank + k] = at.shape
        inside &= ((at >= 0) & (at < size)).reshape(spread)
        whole = whole * size + np.clip(at, 0, size - 1).reshape(spread)
    return whole, inside


def _windows(x: Node, slides: Sequence[Slide], outside: float = 0.0) -> tuple[Node, Array]:
    """The windows over the last dimensions of x: first where they are, then what is in them.

    With them comes which of the elements there are; the others hold what is `outside`, a structural 0 if 0.
    """
    rank = len(slides)
    sizes = x.shape[len(x.shape) - rank :]
    if 0 in sizes:
        raise ShapeError(f"there is nothing to slide over in shape {list(x.shape)}")
    places, inside = _places(slides, sizes)
    check_size(x.shape[: len(x.shape) - rank] + places.shape)
    found = gathered(as_number(x), places, rank)
    if inside.all():
        return found, inside
    there = constant(np.broadcast_to(inside, found.shape))
    return masked(found, there) if outside == 0 else where(there, found, outside), inside


def _each(sizes: Sizes | None, rank: int, name: str) -> Sizes:
    """A number for each dimension, of which one may stand for all."""
    if sizes is None or len(sizes) not in (1, rank):
        raise ShapeError(f"needs a number, or one for each of {rank} dimensions", subject=name)
    return tuple(sizes) * rank if len(sizes) == 1 else tuple(sizes)


def _batched(x: Node, rank: int, name: str) -> Node:
    """An array with a batch before its channels and its dimensions."""
    if len(x.shape) == rank + 1:
        return reshape(x, (1, *x.shape))
    if len(x.shape) != rank + 2:
        raise ShapeError(f"needs channels and {rank} dimensions, not shape {list(x.shape)}", subject=name)
    return x


def _unbatched(found: Node, x: Node, rank: int) -> Node:
    return reshape(found, found.shape[1:]) if len(x.shape) == rank + 1 else found


# Convolution


def _convolved(x: Node, weight: Node, bias: Node | None, slides: Sequence[Slide], groups: int) -> Node:
    """The sums of the windows' elements times weights, for each output channel."""
    rank = len(slides)
    batch, channels = x.shape[:2]
    outputs = weight.shape[0]
    if channels != weight.shape[1] * groups or outputs % groups or groups < 1:
        raise ShapeError(
            f"{channels} channels do not fit weights of shape {list(weight.shape)} in {groups} group"
            + "s" * (groups != 1)
        )
    windows, _ = _windows(x, slides)
    places = tuple(len(starts) for starts, _ in slides)
    kernel = math.prod(len(offsets) for _, offsets in slides)
    count, inner = math.prod(places), channels // groups
    split = reshape(windows, (batch, groups, inner, count, kernel))
    rows = reshape(permute(split, (-5, -4, -2, -3, -1)), (batch, groups, count, inner * kernel))
    by_group = reshape(as_number(weight), (groups, outputs // groups, inner * kernel))
    product = intern(matmul, (rows, transposed(by_group)))
    found = reshape(permute(product, (-4, -3, -1, -2)), (batch, outputs, *places))
    return found if bias is None else found + reshape(bias, (outputs, *(1,) * rank))


def _margins(padding: Sizes | str, kernel: Sizes, stride: Sizes, dilation: Sizes, rank: int) -> list[Sizes]:
    """How far windows reach beyond both edges of each dimension."""
    if isinstance(padding, str):
        if padding == "valid":
            return [(0, 0)] * rank
        if padding != "same" or set(stride) != {1}:
            raise EvaluationError(
                f"there is no padding {padding!r} with a stride of {list(stride)}"
                if padding == "same"
                else f"there is no padding {padding!r}",
                hint="write padding='same' (with stride=1), 'valid', or numbers",
            )
        beyond = [step * (size - 1) for size, step in zip(kernel, dilation, strict=True)]
        return [(each // 2, each - each // 2) for each in beyond]
    return [(each, each) for each in _each(padding, rank, "padding")]


def _no_weights(weight: Node, rank: int) -> ShapeError:
    return ShapeError(f"weights have {rank + 2} dimensions here, and these have shape {list(weight.shape)}")


def _conv(rank: int) -> Callable[..., Node]:
    name = f"conv{rank}d"

    def build(
        x: Node,
        weight: Node,
        bias: Node | None,
        stride: Sizes,
        padding: Sizes | str,
        dilation: Sizes,
        groups: int,
    ) -> Node:
        if len(weight.shape) != rank + 2:
            raise _no_weights(weight, rank)
        whole, kernel = _batched(x, rank, name), weight.shape[2:]
        steps, apart = _each(stride, rank, name), _each(dilation, rank, name)
        margins = _margins(padding, kernel, steps, apart, rank)
        slides = [
            _slide(size, width, step, before, behind, far)
            for size, width, step, (before, behind), far in zip(
                whole.shape[2:], kernel, steps, margins, apart, strict=True
            )
        ]
        return _unbatched(_convolved(whole, weight, bias, slides, groups), x, rank)

    return build


def _conv_transpose(rank: int) -> Callable[..., Node]:
    name = f"conv_transpose{rank}d"

    def build(
        x: Node,
        weight: Node,
        bias: Node | None,
        stride: Sizes,
        padding: Sizes,
        output_padding: Sizes,
        groups: int,
        dilation: Sizes,
    ) -> Node:
        if len(weight.shape) != rank + 2 or weight.shape[0] % groups:
            raise _no_weights(weight, rank)
        whole, kernel = _batched(x, rank, name), weight.shape[2:]
        steps, apart = _each(stride, rank, name), _each(dilation, rank, name)
        margin, more = _each(padding, rank, name), _each(output_padding, rank, name)
        sizes = tuple((size - 1) * step + 1 for size, step in zip(whole.shape[2:], steps, strict=True))
        spaced = zip((*whole.shape[:2], *sizes), (1, 1, *steps), strict=True)
        items = tuple((0, size, step) for size, step in spaced)
        spread = intern(embed_primitive, (as_number(whole),), (items, (*whole.shape[:2], *sizes)))
        inputs, outputs = weight.shape[:2]
        parts = reshape(as_number(weight), (groups, inputs // groups, outputs, *kernel))
        order = (-rank - 3, -rank - 1, -rank - 2, *range(-rank, 0))
        turned = reshape(permute(parts, order), (groups * outputs, inputs // groups, *kernel))
        slides = []
        for size, width, edge, added, far in zip(sizes, kernel, margin, more, apart, strict=True):
            before = far * (width - 1) - edge
            starts, offsets = _slide(size, width, 1, before, before + added, far)
            slides.append((starts, offsets[::-1]))  # the kernel from its end
        return _unbatched(_convolved(spread, turned, bias, slides, groups), x, rank)

    return build


# Pooling


def _pool_slides(
    x: Node,
    kernel: Sizes,
    stride: Sizes | None,
    padding: Sizes,
    dilation: Sizes,
    ceil: bool,
    rank: int,
    name: str,
) -> list[Slide]:
    widths = _each(kernel, rank, name)
    steps = _each(stride or kernel, rank, name)
    edges, apart = _each(padding, rank, name), _each(dilation, rank, name)
    if any(edge > width // 2 for edge, width in zip(edges, widths, strict=True)):
        raise ShapeError("has a padding of at most half its window", subject=name)
    sizes = x.shape[len(x.shape) - rank :]
    return [
        _slide(size, width, step, edge, edge, far, ceil)
        for size, width, step, edge, far in zip(sizes, widths, steps, edges, apart, strict=True)
    ]


def _needs_channels(x: Node, rank: int, name: str) -> None:
    if len(x.shape) not in (rank + 1, rank + 2):
        raise ShapeError(f"needs channels and {rank} dimensions, not shape {list(x.shape)}", subject=name)


def _pooled(windows: Node, rank: int) -> tuple[Node, Sizes]:
    """Windows with all that is in each of them in the last dimension, and the shape without it."""
    shape = windows.shape[: len(windows.shape) - rank]
    return reshape(windows, (*shape, math.prod(windows.shape[len(shape) :]))), shape


def _greatest(windows: Node, rank: int) -> Node:
    """The greatest element of each window; at ties, the first of them."""
    rows, shape = _pooled(windows, rank)
    return reshape(take_along(rows, along(argmax, rows, (-1,), True), -1), shape)


def _max_pool(rank: int) -> Callable[..., Node]:
    name = f"max_pool{rank}d"

    def build(x: Node, kernel: Sizes, stride: Sizes | None, *more: Any) -> Node:
        padding, dilation, ceil_mode, _ = more
        _needs_channels(x, rank, name)
        slides = _pool_slides(x, kernel, stride, padding, dilation, ceil_mode, rank, name)
        return _greatest(_windows(x, slides, -math.inf)[0], rank)

    return build


def _chosen_places(rows: Node, shape: Shape, slides: Sequence[Slide], sizes: Shape) -> Node:
    """The places of the greatest elements of windows in the flattened dimensions."""
    places, _ = _places(slides, sizes)
    at = expand(constant(places.reshape(rows.shape[-len(slides) - 1 :]).astype(np.float64)), rows.shape)
    return reshape(take_along(at, along(argmax, rows, (-1,), True), -1), shape)


def _max_places(rank: int) -> Callable[..., Node]:
    """Where in the flattened dimensions the greatest element of each window is."""

    def build(x: Node, kernel: Sizes, stride: Sizes | None, *more: Any) -> Node:
        padding, dilation, ceil_mode, _ = more
        slides = _pool_slides(x, kernel, stride, padding, dilation, ceil_mode, rank, f"max_pool{rank}d")
        rows, shape = _pooled(_windows(x, slides, -math.inf)[0], rank)
        return _chosen_places(rows, shape, slides, x.shape[len(x.shape) - rank :])

    return build


def _max_unpool(rank: int) -> Callable[..., Node]:
    name = f"max_unpool{rank}d"

    def build(
        x: Node, indices: Node, kernel: Sizes, stride: Sizes | None, padding: Sizes, output_size: Sizes | None
    ) -> Node:
        _needs_channels(x, rank, name)
        if indices.shape != x.shape:
            raise ShapeError(f"needs a place for each of shape {list(x.shape)}, not {list(indices.shape)}")
        widths, steps = _each(kernel, rank, name), _each(stride or kernel, rank, name)
        edges = _each(padding, rank, name)
        sizes = tuple(
            (size - 1) * step - 2 * edge + width
            for size, step, edge, width in zip(x.shape[-rank:], steps, edges, widths, strict=True)
        )
        if output_size:
            sizes = tuple(output_size[-rank:])
        lead = x.shape[: len(x.shape) - rank]
        flat = (*lead, math.prod(x.shape[-rank:]))
        places = reshape(indices, flat)
        put = put_along(reshape(x, flat), places, -1, math.prod(sizes))
        count = put_along(expand(as_node(1.0), flat), places, -1, math.prod(sizes))
        return reshape(put / clamp_min(count, 1), (*lead, *sizes))

    return build


def _avg_pool(rank: int) -> Callable[..., Node]:
    name = f"avg_pool{rank}d"

    def build(
        x: Node,
        kernel: Sizes,
        stride: Sizes | None,
        padding: Sizes,
        ceil_mode: bool,
        count_include_pad: bool,
        divisor_override: int | None = None,
    ) -> Node:
        _needs_channels(x, rank, name)
        slides = _pool_slides(x, kernel, stride, padding, (1,), ceil_mode, rank, name)
        windows, inside = _windows(x, slides)
        rows, _ = _pooled(windows, rank)
        edges = _each(padding, rank, name)
        counts = inside
        if count_include_pad:  # what is in the margins counts, and what lies beyond them does not
            wide = [(starts + edge, offsets) for (starts, offsets), edge in zip(slides, edges, strict=True)]
            sizes = tuple(
                size + 2 * edge for size, edge in zip(x.shape[len(x.shape) - rank :], edges, strict=True)
            )
            counts = _places(wide, sizes)[1]
        number = counts.reshape(*counts.shape[:rank], -1).sum(-1).astype(np.float64)
        if divisor_override is not None:
            number = np.full(number.shape, float(divisor_override))
        return total(rows, (-1,)) / constant(number)

    return build


def _lp_pool(rank: int) -> Callable[..., Node]:
    name = f"lp_pool{rank}d"

    def build(x: Node, norm_type: float, kernel: Sizes, stride: Sizes | None, ceil_mode: bool) -> Node:
        _needs_channels(x, rank, name)
        slides = _pool_slides(x, kernel, stride, (0,), (1,), ceil_mode, rank, name)
        rows, _ = _pooled(_windows(as_number(x) ** norm_type, slides)[0], rank)
        sums = total(rows, (-1,))
        held = where(sums > 0, sums, 0)
        return sqrt(held) if norm_type == 2 else held ** (1 / norm_type)

    return build


def _adaptive(x: Node, output_size: Sizes, rank: int, name: str) -> tuple[Sizes, list[Slide], list[Array]]:
    """Windows that divide each dimension into so many parts, and which of their elements count."""
    _needs_channels(x, rank, name)
    sizes = x.shape[len(x.shape) - rank :]
    given = _each(output_size, rank, name)
    wanted = tuple(size if count == -1 else count for size, count in zip(sizes, given, strict=True))
    if min(wanted) < 1:
        raise ShapeError("has a size of at least 1 in each dimension", subject=name)
    slides, counted = [], []
    for size, count in zip(sizes, wanted, strict=True):
        starts = np.arange(count) * size // count
        ends = -(-(np.arange(count) + 1) * size // count)
        offsets = np.arange(int(np.max(ends - starts, initial=1)))
        slides.append((starts, offsets))
        counted.append(starts[:, None] + offsets < ends[:, None])
    return wanted, slides, counted


def _adaptive_windows(
    x: Node, output_size: Sizes, rank: int, name: str, outside: float
) -> tuple[Node, Array]:
    _, slides, counted = _adaptive(x, output_size, rank, name)
    windows, inside = _windows(x, slides, outside)
    for k, each in enumerate(counted):
        spread = [1] * (2 * rank)
        spread[k], spread[rank + k] = each.shape
        inside = inside & each.reshape(spread)
    there = constant(np.broadcast_to(inside, windows.shape))
    return masked(windows, there) if outside == 0 else where(there, windows, outside), inside


def _adaptive_avg(rank: int) -> Callable[[Node, Sizes], Node]:
    def build(x: Node, output_size: Sizes) -> Node:
        windows, inside = _adaptive_windows(x, output_size, rank, f"adaptive_avg_pool{rank}d", 0.0)
        rows, _ = _pooled(windows, rank)
        number = inside.reshape(*inside.shape[:rank], -1).sum(-1).astype(np.float64)
        return total(rows, (-1,)) / constant(number)

    return build


def _adaptive_max(rank: int) -> Callable[[Node, Sizes, bool], Node]:
    def build(x: Node, output_size: Sizes, return_indices: bool) -> Node:
        windows, _ = _adaptive_windows(x, output_size, rank, f"adaptive_max_pool{rank}d", -math.inf)
        return _greatest(windows, rank)

    return build


def _adaptive_places(rank: int) -> Callable[[Node, Sizes, bool], Node]:
    """Where in the flattened dimensions the greatest element of each part is."""

    def build(x: Node, output_size: Sizes, return_indices: bool) -> Node:
        name = f"adaptive_max_pool{rank}d"
        _, slides, _ = _adaptive(x, output_size, rank, name)
        rows, shape = _pooled(_adaptive_windows(x, output_size, rank, name, -math.inf)[0], rank)
        return _chosen_places(rows, shape, slides, x.shape[len(x.shape) - rank :])

    return build


def _unfold(x: Node, *more: Any) -> Node:
    """F.unfold has five arguments; PyTorch's method, whose windows are along a dimension, has four."""
    if len(more) == 3:
        return windows_along(x, *more)
    kernel, dilation, padding, stride = more
    whole = _batched(x, 2, "unfold")
    widths, apart, edges, steps = (_each(each, 2, "unfold") for each in (kernel, dilation, padding, stride))
    slides = [
        _slide(size, width, step, edge, edge, far)
        for size, width, step, edge, far in zip(whole.shape[2:], widths, steps, edges, apart, strict=True)
    ]
    windows, _ = _windows(whole, slides)
    turned = permute(windows, (-6, -5, -2, -1, -4, -3))
    count = math.prod(len(starts) for starts, _ in slides)
    return _unbatched(reshape(turned, (whole.shape[0], whole.shape[1] * math.prod(widths), count)), x, 2)


def _fold(x: Node, output_size: Sizes, kernel: Sizes, dilation: Sizes, padding: Sizes, stride: Sizes) -> Node:
    whole = x if len(x.shape) == 3 else reshape(x, (1, *x.shape))
    sizes = _each(output_size, 2, "fold")
    widths, apart, edges, steps = (_each(each, 2, "fold") for each in (kernel, dilation, padding, stride))
    slides = [
        _slide(size, width, step, edge, edge, far)
        for size, width, step, edge, far in zip(sizes, widths, steps, edges, apart, strict=True)
    ]
    places, inside = _places(slides, sizes)
    counts = places.shape[:2]
    if len(whole.shape) != 3 or whole.shape[1] % math.prod(widths) or whole.shape[2] != math.prod(counts):
        raise ShapeError(f"shape {list(x.shape)} does not hold {math.prod(counts)} windows of {list(widths)}")
    channels = whole.shape[1] // math.prod(widths)
    split = reshape(as_number(whole), (whole.shape[0], channels, *widths, *counts))
    turned = permute(split, (-6, -5, -2, -1, -4, -3))
    there = masked(turned, constant(np.broadcast_to(inside, turned.shape)))
    found = scattered(there, places, sizes)
    return found if len(x.shape) == 3 else reshape(found, found.shape[1:])


# Resizing: along each dimension a product with a matrix of shares


def _nearest(size: int, count: int, scale: float) -> Array:
    at: Array = np.minimum(np.floor(np.arange(count) * scale).astype(np.int64), size - 1)
    return at


def _linear_shares(size: int, count: int, scale: float, align_corners: bool) -> Array:
    if align_corners:
        at = np.arange(count) * ((size - 1) / (count - 1) if count > 1 else 0.0)
    else:
        at = np.maximum((np.arange(count) + 0.5) * scale - 0.5, 0.0)
    low = np.minimum(np.floor(at).astype(np.int64), size - 1)
    share = np.minimum(np.maximum(at - low, 0.0), 1.0)
    matrix = np.zeros((count, size))
    np.add.at(matrix, (np.arange(count), low), 1 - share)
    np.add.at(matrix, (np.arange(count), np.minimum(low + 1, size - 1)), share)
    return matrix


def _cubic_shares(size: int, count: int, scale: float, align_corners: bool) -> Array:
    if align_corners:
        at = np.arange(count) * ((size - 1) / (count - 1) if count > 1 else 0.0)
    else:
        at = (np.arange(count) + 0.5) * scale - 0.5
    low = np.floor(at).astype(np.int64)
    share, a = at - low, -0.75

    def near(t: Array) -> Array:
        return ((a + 2) * t - (a + 3)) * t * t + 1

    def far(t: Array) -> Array:
        return ((a * t - 5 * a) * t + 8 * a) * t - 4 * a

    matrix = np.zeros((count, size))
    weights = (far(share + 1), near(share), near(1 - share), far(2 - share))
    for offset, weight in zip((-1, 0, 1, 2), weights, strict=True):
        np.add.at(matrix, (np.arange(count), np.clip(low + offset, 0, size - 1)), weight)
    return matrix


def _along_axis(x: Node, axis: int, matrix: Array) -> Node:
    """The product of a matrix with each vector along a negative axis."""
    rank = len(x.shape)
    order = tuple(each for each in range(-rank, 0) if each != axis)
    turned = permute(x, (*order, axis))
    found = intern(matmul, (turned, constant(np.ascontiguousarray(matrix.T)))) if rank > 1 else x
    back = [0] * rank
    for place, each in enumerate((*order, axis)):
        back[each] = place - rank
    return permute(found, tuple(back))


_MODES = ("nearest", "nearest-exact", "linear", "bilinear", "trilinear", "bicubic", "area")


def _interpolate(
    x: Node,
    size: Sizes | None,
    scale_factor: Any,
    mode: str,
    align_corners: bool | None,
    recompute: bool | None,
) -> Node:
    if mode not in _MODES:
        raise EvaluationError(f"there is no mode {mode!r}", hint=f"write {', '.join(map(repr, _MODES))}")
    rank = len(x.shape) - 2
    if rank < 1:
        raise ShapeError(f"a batch with channels and more is needed, not shape {list(x.shape)}")
    given = x.shape[2:]
    if (size is None) == (scale_factor is None):
        raise EvaluationError("interpolate needs one of size and scale_factor", hint="write size=8")
    if size is not None:
        counts = _each(size, rank, "interpolate")
        scales = [old / new if new else math.inf for old, new in zip(given, counts, strict=True)]
    else:
        factors = np.broadcast_to(np.asarray(scale_factor, dtype=np.float64), (rank,))
        counts = tuple(math.floor(old * factor) for old, factor in zip(given, factors, strict=True))
        scales = [
            old / new if recompute else 1 / float(factor)
            for old, new, factor in zip(given, counts, factors, strict=True)
        ]
    if min(counts) < 1:
        raise ShapeError("has a size of at least 1 in each dimension", subject="interpolate")
    if mode == "area":
        return _adaptive_avg(rank)(x, counts)
    found = as_number(x)
    for k, (old, new, scale) in enumerate(zip(given, counts, scales, strict=True)):
        axis = k - rank
        if mode == "nearest":
            found = at_places(found, axis, _nearest(old, new, scale))
        elif mode == "nearest-exact":
            at = np.floor((np.arange(new) + 0.5) * scale).astype(np.int64)
            found = at_places(found, axis, np.minimum(at, old - 1))
        elif old != new or not align_corners:
            shares = _cubic_shares if mode == "bicubic" else _linear_shares
            found = _along_axis(found, axis, shares(old, new, scale, bool(align_corners)))
    return found


# Over channels


def _local_response_norm(x: Node, size: int, alpha: Node, beta: Node, k: Node) -> Node:
    if len(x.shape) < 3:
        raise ShapeError(f"a batch with channels and more is needed, not shape {list(x.shape)}")
    x = as_number(x)
    starts = np.arange(x.shape[1]) - size // 2
    rank = len(x.shape)
    turned = permute(x, (-rank, *range(2 - rank, 0), 1 - rank))
    squares, _ = _windows(turned * turned, [(starts, np.arange(size))])
    near = along(mean, squares, (-1,))
    return x / (permute(near, (-rank, -1, *range(1 - rank, -1))) * alpha + k) ** beta


# Entries

layer(
    "local_response_norm",
    "x, size, alpha=0.0001, beta=0.75, k=1.0",
    _local_response_norm,
    "x divided by (k + alpha times the mean of the squares of `size` neighbouring channels)**beta.",
    ("local_response_norm([[[2]]], 1, alpha=1, beta=0.5, k=0)", "[[[1]]]"),
    "x/(alpha*stack([x[:, 0]**2, x[:, 0]**2 + x[:, 1]**2], 1)/2 + k)**beta",
    *(([1, 2, 3], 2, 0.5, 0.75, 1.0),),
    holds={"size": "integer"},
    overload=called("Div"),
    derivative="that of the quotient",
)

_WINDOWED = {
    "stride": "integers",
    "padding": "integers",
    "dilation": "integers",
    "kernel_size": "integers",
    "output_padding": "integers",
    "output_size": "sizes",
    "groups": "integer",
    "ceil_mode": "truth",
    "count_include_pad": "truth",
    "return_indices": "truth",
    "divisor_override": "integer",
    "norm_type": "number",
}


def _pool_name(name: str, rank: int) -> str:
    """PyTorch's name of a pooling: over one dimension it is that over two, of which one is taken away."""
    return "SqueezeBackward1" if rank == 1 else f"{name}Backward0"


def nested(text: str, depth: int) -> str:
    """A literal in so many square brackets."""
    return "[" * depth + text + "]" * depth


def nested_places(rank: int) -> Any:
    """The places 1 and 3, in as many tuples as a batch with so many dimensions has."""
    found: Any = (1.0, 3.0)
    for _ in range(rank + 1):
        found = (found,)
    return found


def _of_dimensions(rank: int) -> None:
    """The layers that slide over so many dimensions; what is tried is long in the last of them."""
    signs = {1: "L", 2: "H, W", 3: "D, H, W"}[rank]
    flat, zeros, ones = [1] * (rank - 1), (0,) * (rank - 1), (1,) * (rank - 1)
    pair, image, window = nested("1, 2", rank), nested("1, 3, 2", rank), (*ones, 2)
    width = str(list(window)) if rank > 1 else "2"
    layer(
        f"conv{rank}d",
        "x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1",
        _conv(rank),
        f"Sums of weight times the windows of x (N, C, {signs}); weight is (outputs, C/groups, {signs}).",
        (f"conv{rank}d([{pair}], [[{pair}]])", nested("5", rank + 1)),
        "convolution(x, weight, bias, stride, padding, dilation, groups)",
        *(
            ([1, 2, *flat, 4], [2, 2, *flat, 2], [2], (1,), (0,), (1,), 1),
            (
                [2, 2, *flat, 5],
                [2, 1, *flat, 2],
                None,
                (2,),
                (*zeros, 1),
                (*ones, 2),
                2,
            ),
            ([1, *flat, 3], [1, 1, *flat, 2], None, (1,), "same", (1,), 1),
        ),
        holds={**_WINDOWED, "padding": "words"},
        overload=called("Convolution"),
        derivative="in each, the convolution of the gradient with the other",
        whole="kept",
    )
    layer(
        f"conv_transpose{rank}d",
        "x, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1",
        _conv_transpose(rank),
        f"The transpose of conv{rank}d: each element of x spreads weight around its place.",
        (
            f"conv_transpose{rank}d([{nested('2', rank)}], [[{pair}]])",
            nested("2, 4", rank + 1),
        ),
        "transposed_convolution(x, weight, bias, stride, padding, output_padding, groups, dilation)",
        *(
            ([1, 2, *flat, 3], [2, 2, *flat, 2], [2], (1,), (0,), (0,), 1, (1,)),
            (
                *([1, 2, *flat, 3], [2, 1, *flat, 3], None, (*ones, 2)),
                *((*zeros, 1), (*zeros, 1), 2, (1,)),
            ),
        ),
        holds=_WINDOWED,
        overload=called("Convolution"),
        derivative="in each, the convolution of the gradient with the other",
        whole="kept",
    )
    layer(
        f"max_pool{rank}d",
        "x, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False",
        _max_pool(rank),
        f"The greatest element of each window of x (N, C, {signs}); at ties the first has the gradient.",
        (
            f"max_pool{rank}d([{image}], {width}, stride=1)",
            nested("3, 3", rank + 1),
        ),
        "pooled(amax, x, kernel_size, stride, padding, dilation, ceil_mode, -inf)",
        *(
            ([1, 2, *flat, 5], window, None, (0,), (1,), False, False),
            ([2, *flat, 5], window, (*ones, 2), (*zeros, 1), (1,), True, False),
            ([1, 1, *flat, 5], window, (1,), (0,), (*ones, 2), False, False),
        ),
        holds=_WINDOWED,
        overload=lambda *arguments: _pool_name(f"MaxPool{rank}DWithIndices", rank),
        derivative="1 in the element that is chosen, 0 in the others",
        results=Results(
            "values",
            (Result("indices", _max_places(rank), whole="always"),),
            alone="",
            asked=lambda *arguments: bool(arguments[-1]),
        ),
        whole="kept",
    )
    layer(
        f"max_unpool{rank}d",
        "x, indices, kernel_size, stride=None, padding=0, output_size=None",
        _max_unpool(rank),
        f"The elements of x (N, C, {signs}) where max_pool{rank}d found them; of several, their mean.",
        (
            f"max_unpool{rank}d([{nested('3', rank)}], [{nested('1', rank)}], {width})",
            nested("0, 3", rank + 1),
        ),
        "stack([zeros(x.shape), x], -1).reshape(*x.shape[:-1], -1)",
        *(([1, 1, *flat, 2], nested_places(rank), window, None, (0,), None),),
        holds=_WINDOWED,
        overload=called(f"MaxUnpool{rank}D"),
        derivative="1 where an element goes",
        whole="kept",
    )
    layer(
        f"avg_pool{rank}d",
        "x, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True"
        + (", divisor_override=None" if rank > 1 else ""),
        _avg_pool(rank),
        f"The mean of each window of x (N, C, {signs}), of which margins are a part unless that is denied.",
        (
            f"avg_pool{rank}d([{image}], {width}, stride=1)",
            nested("2, 2.5", rank + 1),
        ),
        "pooled(mean, x, kernel_size, stride, padding, (1,), ceil_mode, 0.0 if count_include_pad else nan)",
        *(
            ([1, 2, *flat, 5], window, None, (0,), False, True, *[None] * (rank > 1)),
            (
                [2, *flat, 5],
                window,
                (*ones, 2),
                (*zeros, 1),
                False,
                False,
                *[None] * (rank > 1),
            ),
        ),
        holds=_WINDOWED,
        overload=lambda *arguments: _pool_name(f"AvgPool{rank}D", rank),
        derivative="1/n in each of a window's n elements",
    )
    layer(
        f"lp_pool{rank}d",
        "x, norm_type, kernel_size, stride=None, ceil_mode=False",
        _lp_pool(rank),
        f"(sum x**norm_type)**(1/norm_type) in each window of x (N, C, {signs}).",
        (
            f"lp_pool{rank}d([{nested('3, 4', rank)}], 2, {width})",
            nested("5", rank + 1),
        ),
        "pooled(lambda w, axis: sqrt(sum(w*w, axis)), x, kernel_size, stride, (0,), (1,), ceil_mode, 0.0)",
        *(([1, 2, *flat, 5], 2.0, window, None, False),),
        holds=_WINDOWED,
        overload=called("Pow"),
        derivative="(x/result)**(norm_type - 1)",
    )
    layer(
        f"adaptive_avg_pool{rank}d",
        "x, output_size",
        _adaptive_avg(rank),
        f"The means of so many parts of x (N, C, {signs}).",
        (
            f"adaptive_avg_pool{rank}d([{nested('1, 3', rank)}], 1)",
            nested("2", rank + 1),
        ),
        "adapted(mean, x, output_size)",
        *(([1, 2, *flat, 5], (*ones, 2)), ([1, *flat, 4], (1,))),
        holds=_WINDOWED,
        overload=lambda *arguments: _pool_name(f"AdaptiveAvgPool{rank}D", rank),
        derivative="1/n in each of a part's n elements",
    )
    layer(
        f"adaptive_max_pool{rank}d",
        "x, output_size, return_indices=False",
        _adaptive_max(rank),
        f"The greatest elements of so many parts of x (N, C, {signs}).",
        (
            f"adaptive_max_pool{rank}d([{nested('1, 3', rank)}], 1)",
            nested("3", rank + 1),
        ),
        "adapted(amax, x, output_size)",
        *(([1, 2, *flat, 5], (*ones, 2), False),),
        holds=_WINDOWED,
        overload=called(f"AdaptiveMaxPool{rank}D"),
        results=Results(
            "values",
            (Result("indices", _adaptive_places(rank), whole="always"),),
            alone="",
            asked=lambda *arguments: bool(arguments[-1]),
        ),
        derivative="1 in the element that is chosen, 0 in the others",
        whole="kept",
    )


for _rank in (1, 2, 3):
    _of_dimensions(_rank)

layer(
    "unfold",
    "x, kernel_size, dilation=1, padding=0, stride=1",
    _unfold,
    "The windows of images as columns; x.unfold(dim, size, step) has windows along a dimension instead.",
    ("unfold([[[1, 2, 3]]], [1, 2])", "[[1, 2],\n [2, 3]]"),
    "unfolded(x, kernel_size, dilation, padding, stride)",
    *(([1, 2, 3, 3], (2, 2), (1,), (0,), (1,)), ([2, 3, 4], (1, 2), (1,), (0, 1), (1, 2))),
    method_signature="x, dim, size, step",
    holds={**_WINDOWED, "size": "integer", "step": "integer"},
    overload=called("Im2Col"),
    derivative="1 where an element has come from, added up over its windows",
    whole="kept",
)
layer(
    "fold",
    "x, output_size, kernel_size, dilation=1, padding=0, stride=1",
    _fold,
    "Images of which the columns are windows, the transpose of unfold: where windows overlap, they add up.",
    ("fold([[1, 2], [2, 3]], [1, 3], [1, 2])", "[[[1, 4, 3]]]"),
    "array([[[x[0, 0], x[0, 1] + x[1, 0], x[1, 1]]]])",
    *(([2, 2], (1, 3), (1, 2), (1,), (0,), (1,)),),
    holds=_WINDOWED,
    overload=called("Col2Im"),
    derivative="1 where an element goes",
    whole="kept",
)
layer(
    "interpolate",
    "x, size=None, scale_factor=None, mode='nearest', align_corners=None, recompute_scale_factor=None",
    _interpolate,
    "x (N, C, …) in another size: 'nearest', 'linear', 'bilinear', 'trilinear', 'bicubic' or 'area'.",
    ("interpolate([[[1, 2]]], size=4)", "[[[1, 1, 2, 2]]]"),
    "repeat(x, 2, -1) if mode == 'nearest' else x @ array([[1, 0.5, 0], [0, 0.5, 1]])",
    *(([1, 2, 2], (4,), None, "nearest", None, None), ([1, 1, 2], (3,), None, "linear", True, None)),
    holds={
        "size": "integers",
        "scale_factor": "places",
        "mode": "text",
        "align_corners": "truth",
        "recompute_scale_factor": "truth",
    },
    aliases=("upsample",),
    overload=called("UpsampleNearest1D"),
    derivative="the shares of the elements that each is made of",
)
layer(
    "upsample_nearest",
    "x, size=None, scale_factor=None",
    lambda x, size, scale_factor: _interpolate(x, size, scale_factor, "nearest", None, None),
    "x (N, C, …) in another size, each element repeated.",
    ("upsample_nearest([[[1, 2]]], scale_factor=2)", "[[[1, 1, 2, 2]]]"),
    "repeat(x, 2, -1)",
    *(([1, 2, 2], (4,), None),),
    holds={"size": "integers", "scale_factor": "places"},
    overload=called("UpsampleNearest2D"),
    derivative="1 where an element has come from, added up over its copies",
)
layer(
    "upsample_bilinear",
    "x, size=None, scale_factor=None",
    lambda x, size, scale_factor: _interpolate(x, size, scale_factor, "bilinear", True, None),
    "Images (N, C, H, W) in another size, linear in between, with their corners kept.",
    ("upsample_bilinear([[[[1, 2]]]], [1, 3])", "[[[[1, 1.5, 2]]]]"),
    "x @ array([[1, 0.5, 0], [0, 0.5, 1]])",
    *(([1, 1, 1, 2], (1, 3), None),),
    holds={"size": "integers", "scale_factor": "places"},
    overload=called("UpsampleBilinear2D"),
    derivative="the shares of the elements that each is made of",
)


# Sums of products of two vectors, as one slides over the other

_BESIDE: dict[str, Callable[[int], tuple[int, int]]] = {
    "full": lambda size: (size - 1, size - 1),
    "same": lambda size: (size // 2, size - size // 2 - 1),
    "valid": lambda size: (0, 0),
}
"""How many zeros stand before and behind the longer vector, by how long the shorter one is."""


def _slid(name: str, a: Node, v: Node, mode: str, *, turned: bool) -> Node:
    """NumPy's convolve (whose second vector is turned) and correlate: the shorter slides over the longer."""
    for each in (a, v):
        if len(each.shape) != 1 or not each.shape[0]:
            raise ShapeError(
                f"needs two vectors with elements, not shapes {list(a.shape)} and {list(v.shape)}",
                subject=name,
            )
    if mode not in _BESIDE:
        raise EvaluationError(f"there is no mode {mode!r}", hint="write mode='full', 'same' or 'valid'")
    exchanged = v.shape[0] > a.shape[0]
    long, short = (v, a) if exchanged else (a, v)
    short = flipped(short, (0,)) if turned else short
    (size,) = short.shape
    rows = padded(as_number(long), [_BESIDE[mode](size)], as_node(0.0))
    found = _conv(1)(
        reshape(rows, (1, *rows.shape)), reshape(as_number(short), (1, 1, size)), None, (1,), (0,), (1,), 1
    )
    found = reshape(found, found.shape[1:])
    return flipped(found, (0,)) if exchanged and not turned else found


Composite(
    "convolve",
    "a, v, mode='full'",
    lambda a, v, mode: _slid("convolve", a, v, mode, turned=True),
    "The convolution of two vectors: the coefficients of the product of two polynomials.",
    ("convolve([1, 1], [1, 2])", "[1, 3, 2]"),
    holds={"mode": "text"},
    derivative="1 times the element of the other vector that each is multiplied by",
    numpy="convolve(a, v, mode)",
    samples=(([4], [2], "full"), ([2], [3], "same"), ([4], [2], "valid")),
    family=family,
)
Composite(
    "correlate",
    "a, v, mode='valid'",
    lambda a, v, mode: _slid("correlate", a, v, mode, turned=False),
    "The sums of a[n + k]*v[n], for each k at which the vectors overlap wholly, or for more.",
    ("correlate([1, 2, 3], [0, 1, 0.5])", "[3.5]"),
    holds={"mode": "text"},
    derivative="1 times the element of the other vector that each is multiplied by",
    numpy="correlate(a, v, mode)",
    samples=(([4], [2], "valid"), ([2], [3], "same"), ([3], [2], "full"), ([2], [4], "valid")),
    family=family,
)
