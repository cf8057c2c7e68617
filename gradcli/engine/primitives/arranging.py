"""Arrays laid out anew: in another order, several times, with a margin, in another shape.

Where the elements of a result come from is settled when the graph is built; so most of what is here is one
`gather` from the flattened array, in whose places NumPy's own function of that name has been at work.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from gradcli.arrays import Array, Shape
from gradcli.engine.graph import Node, as_node, constant, expand, intern, unexpand
from gradcli.engine.primitives.arithmetic import where
from gradcli.engine.primitives.entry import Composite, Meaning, as_number, called
from gradcli.engine.primitives.reductions import axes_of
from gradcli.engine.primitives.selecting import flattened, one_axis
from gradcli.engine.primitives.shaping import (
    axis_of,
    embed_primitive,
    gathered,
    permute,
    reshape,
    reshaped,
    stack,
    subscript,
    unsqueeze,
)
from gradcli.engine.shapes import ShapeError, broadcast_shape, check_size
from gradcli.text.errors import EvaluationError

family = "arranging elements"

Dims = tuple[int, ...] | None

MOVED = "1 where an element has come from"


def laid_out(x: Node, shape: Shape, arrange: Callable[[Array], Array]) -> Node:
    """The elements of `x` in `shape`, each from where `arrange` moves its place; raises `SizeError`."""
    check_size(shape)
    places = np.arange(math.prod(x.shape), dtype=np.int64).reshape(x.shape)
    moved = arrange(places)
    assert moved.shape == shape
    return gathered(x, moved, len(x.shape))


def moved(
    name: str,
    signature: str,
    definition: Callable[..., Node],
    doc: str,
    example: tuple[str, str],
    samples: tuple[tuple[Any, ...], ...],
    **about: Any,
) -> None:
    """An entry that only moves elements."""
    about.setdefault("derivative", MOVED)
    about.setdefault("whole", "kept")
    Composite(name, signature, definition, doc, example, samples=samples, family=family, **about)


def at_places(x: Node, axis: int, places: Array) -> Node:
    """The elements in these settled places along a negative axis."""
    rank = len(x.shape)
    order = tuple(each for each in range(-rank, 0) if each != axis)
    found = gathered(permute(x, (*order, axis)), places, 1)
    back = [0] * rank
    for place, each in enumerate((*order, axis)):
        back[each] = place - rank
    return permute(found, tuple(back))


# In another order


def flipped(x: Node, dims: tuple[int, ...] | None) -> Node:
    """`x` from its end to its beginning along some dimensions, or all."""
    axes = () if dims == () else axes_of(x, dims)
    items = [
        (size - 1, -1, -1) if place - len(x.shape) in axes and size else (0, size, 1)
        for place, size in enumerate(x.shape)
    ]
    return subscript(x, tuple(items))


def at_least(x: Node, rank: int, name: str) -> None:
    """Raises `ShapeError` where a function needs more dimensions."""
    if len(x.shape) < rank:
        raise ShapeError(f"needs {rank} dimensions, and this has shape {list(x.shape)}", subject=name)


def _fliplr(x: Node) -> Node:
    at_least(x, 2, "fliplr")
    return flipped(x, (1,))


def _flipud(x: Node) -> Node:
    at_least(x, 1, "flipud")
    return flipped(x, (0,))


def _roll(x: Node, shifts: tuple[int, ...], dim: Dims) -> Node:
    if not shifts:
        raise ShapeError("needs a shift", subject="roll")
    if not dim:
        return reshape(
            laid_out(flattened(x), (math.prod(x.shape),), lambda p: np.roll(p, shifts[0])), x.shape
        )
    if len(shifts) != len(dim) and len(shifts) != 1:
        raise ShapeError("needs a shift for each dimension", subject="roll")
    if not x.shape:
        return x
    axes = tuple(axis_of(x, each) for each in dim)
    steps = shifts if len(shifts) == len(dim) else shifts * len(dim)
    return laid_out(x, x.shape, lambda places: np.roll(places, steps, axes))


def _rot90(x: Node, k: int, dim: Dims) -> Node:
    at_least(x, 2, "rot90")
    axes = tuple(axis_of(x, each) for each in dim or (0, 1))
    if len(axes) != 2 or axes[0] == axes[1]:
        raise ShapeError("needs two different dimensions", subject="rot90")
    turned = x if k % 4 in (0, 2) else permute(x, _swapped(len(x.shape), *axes))
    flips = {0: (), 1: axes[:1], 2: axes, 3: axes[1:]}[k % 4]
    return flipped(turned, flips) if flips else turned


def _swapped(rank: int, first: int, second: int) -> Shape:
    order = list(range(-rank, 0))
    order[first], order[second] = order[second], order[first]
    return tuple(order)


def movedim(x: Node, source: tuple[int, ...], destination: tuple[int, ...]) -> Node:
    """Dimensions moved to other places."""
    rank = len(x.shape)
    from_, to = ([axis_of(x, each) for each in dims] for dims in (source, destination))
    if len(from_) != len(to) or len(set(from_)) != len(from_) or len(set(to)) != len(to):
        raise ShapeError("needs as many different places as dimensions", subject="movedim")
    order: list[int | None] = [None] * rank
    for origin, target in zip(from_, to, strict=True):
        order[target] = origin
    rest = iter([axis for axis in range(-rank, 0) if axis not in from_])
    return permute(x, tuple(next(rest) if axis is None else axis for axis in order))


moved(
    "flip",
    "x, *dim",
    flipped,
    "The elements in reverse along dimensions; without any, along all.",
    ("flip([1, 2, 3], 0)", "[3, 2, 1]"),
    (([3], (0,)), ([2, 3], (0, 1)), ([2, 3], (-1,)), ([2, 3], ()), ([2, 3], None)),
    overload=called("Flip"),
    holds={"dim": "some or all"},
    numpy="flip(x, axis)",
)
moved(
    "fliplr",
    "x",
    _fliplr,
    "The elements in reverse along the second dimension.",
    ("fliplr([[1, 2], [3, 4]])", "[[2, 1],\n [4, 3]]"),
    (([2, 3],), ([2, 2, 3],)),
    overload=called("Flip"),
)
moved(
    "flipud",
    "x",
    _flipud,
    "The elements in reverse along the first dimension.",
    ("flipud([[1, 2], [3, 4]])", "[[3, 4],\n [1, 2]]"),
    (([2, 3],), ([3],)),
    overload=called("Flip"),
)
moved(
    "roll",
    "x, shifts, dim=None",
    _roll,
    "The elements moved on by shifts along dimensions, and from the end to the start; or all row by row.",
    ("roll([1, 2, 3], 1)", "[3, 1, 2]"),
    (([3], (1,), None), ([2, 3], (2,), None), ([2, 3], (1, -1), (0, 1)), ([2, 3], (2,), (-1,))),
    holds={"shifts": "integers"},
    overload=called("Roll"),
)
moved(
    "rot90",
    "x, k=1, dim=None",
    _rot90,
    "The plane of two dimensions (the first two) turned k times by 90 degrees, from the first to the second.",
    ("rot90([[1, 2], [3, 4]])", "[[2, 4],\n [1, 3]]"),
    (([2, 3], 1, None), ([2, 3], 3, (0, 1)), ([2, 2, 3], 2, (1, 2)), ([2, 3], 0, None)),
    holds={"k": "integer"},
    overload=called("Rot90"),
    numpy="rot90(x, k, axis or (0, 1))",
)
moved(
    "movedim",
    "x, source, destination",
    movedim,
    "Dimensions moved to other places; the others keep their order.",
    ("movedim([[1, 2]], 0, 1)", "[[1],\n [2]]"),
    (([2, 3], (0,), (1,)), ([2, 2, 3], (0, 1), (-1, 0))),
    aliases=("moveaxis",),
    holds={"source": "integers", "destination": "integers"},
    overload=called("Permute"),
    numpy="moveaxis(x, source, destination)",
)
moved(
    "swapaxes",
    "x, dim0, dim1",
    lambda x, dim0, dim1: permute(x, _swapped(len(x.shape), axis_of(x, dim0), axis_of(x, dim1))),
    "Two dimensions exchanged.",
    ("swapaxes([[1, 2]], 0, 1)", "[[1],\n [2]]"),
    (([2, 3], 0, 1), ([2, 2, 3], 0, -1)),
    aliases=("swapdims",),
    overload=called("Transpose"),
    meanings=(
        Meaning(
            "numpy",
            "calls the dimensions axis1 and axis2",
            "x, axis1, axis2",
            names="swapaxes",
            holds={"axis1": "integer", "axis2": "integer"},
        ),
    ),
)

# Several times


def _repeated(x: Node, repeats: Any, *dim: Dims) -> Node:
    """NumPy's repeat has a dim, and repeats each element; PyTorch's has none, and repeats the whole."""
    return _repeat_interleave(x, repeats, dim[0]) if dim else _tiled(x, repeats, "repeat")


def _tiled(x: Node, counts: tuple[int, ...], name: str = "") -> Node:
    rank = max(len(x.shape), len(counts))
    if name and len(counts) < len(x.shape):
        raise ShapeError(f"needs a count for each of {len(x.shape)} dimensions", subject=name)
    if min(counts, default=0) < 0:
        raise ShapeError("a count cannot be negative")
    if not rank:
        return reshaped(x, ())
    counts = (1,) * (rank - len(counts)) + tuple(counts)
    sizes = (1,) * (rank - len(x.shape)) + x.shape
    shape = tuple(size * count for size, count in zip(sizes, counts, strict=True))
    return laid_out(x, shape, lambda places: np.tile(places, counts))


def _repeat_interleave(x: Node, repeats: Array, dim: Dims) -> Node:
    rows = flattened(x) if dim is None else x
    axis = one_axis(rows, dim or (0,))
    counts = np.broadcast_to(np.asarray(repeats), np.shape(repeats) or (1,)).astype(np.int64)
    size = rows.shape[axis] if rows.shape else 1
    if counts.shape not in ((1,), (size,)) or np.min(counts, initial=0) < 0:
        raise ShapeError(f"there must be a count that is not negative, or one for each of {size}")
    rows = rows if rows.shape else reshape(rows, (1,))
    place = axis + len(rows.shape)
    whole = int(counts.sum()) * (size if counts.size == 1 and size != 1 else 1)
    shape = (*rows.shape[:place], whole, *rows.shape[place + 1 :])
    return laid_out(rows, shape, lambda places: np.repeat(places, counts, axis))


moved(
    "repeat",
    "x, repeats, dim=None",
    _repeated,
    "Each element several times in a row, as NumPy's; x.repeat(2, 3) is PyTorch's, of the whole array.",
    ("repeat([1, 2], 2)", "[1, 1, 2, 2]"),
    (([3], np.array(2.0), None), ([2, 3], np.array(2.0), (1,)), ([2, 3], np.array([1.0, 2.0]), (0,))),
    method_signature="x, *sizes",
    meanings=(
        Meaning(
            "numpy",
            "is each element in a row as a method of arrays, too",
            "x, repeats, dim=None",
            holds={"repeats": "places"},
        ),
    ),
    holds={"repeats": "places", "sizes": "integers"},
    derivative=f"{MOVED}, added up over its copies",
    overload=called("Repeat"),
    numpy="repeat(x, repeats.astype(int), axis)",
)
moved(
    "repeat_interleave",
    "x, repeats, dim=None, output_size=None",
    lambda x, repeats, dim, output_size: _repeat_interleave(x, repeats, dim),
    "Each element several times in a row, along a dimension or of all of them.",
    ("repeat_interleave([1, 2], 2)", "[1, 1, 2, 2]"),
    (
        ([3], np.array(2.0), None, None),
        ([2, 3], np.array(2.0), (1,), None),
        ([2, 3], np.array([1.0, 2.0]), (0,), None),
    ),
    holds={"repeats": "places", "output_size": "integer"},
    derivative=f"{MOVED}, added up over its copies",
    overload=called("View"),
    numpy="repeat(x, repeats.astype(int), axis)",
)
moved(
    "tile",
    "x, *reps",
    _tiled,
    "The whole array several times along its last dimensions.",
    ("tile([1, 2], 2)", "[1, 2, 1, 2]"),
    (([3], (2,)), ([2, 3], (2,)), ([3], (2, 2)), ([2, 3], (1, 2))),
    holds={"reps": "integers"},
    derivative=f"{MOVED}, added up over its copies",
    overload=called("Repeat"),
    numpy="tile(x, reps)",
)

# With a margin

_PADDED = {
    "reflect": "reflect",
    "replicate": "edge",
    "circular": "wrap",
    **{each: each for each in ("edge", "wrap", "symmetric")},
}
"""NumPy's modes by PyTorch's and by its own names."""


def _margins(rank: int, pad: tuple[int, ...]) -> list[tuple[int, int]]:
    """PyTorch's margins, which begin at the last dimension, as pairs for every dimension."""
    if len(pad) % 2 or len(pad) // 2 > rank:
        raise ShapeError(
            f"has margins in pairs, of at most {rank} dimension{'' if rank == 1 else 's'}", subject="pad"
        )
    pairs = [(pad[k], pad[k + 1]) for k in range(0, len(pad), 2)][::-1]
    return [(0, 0)] * (rank - len(pairs)) + pairs


def _numpy_margins(rank: int, width: Any) -> list[tuple[int, int]]:
    """NumPy's margins: a number, a pair, or a pair for every dimension."""
    if isinstance(width, int):
        return [(width, width)] * rank
    if all(len(each) == 1 for each in width):
        flat = tuple(each[0] for each in width)
        pair = flat if len(flat) == 2 else flat * 2
        return [(pair[0], pair[1])] * rank
    pairs = [(each[0], each[-1]) for each in width]
    if len(pairs) not in (1, rank):
        raise ShapeError(f"needs margins for {rank} dimensions", subject="pad")
    return pairs * rank if len(pairs) == 1 else pairs


def padded(x: Node, margins: Sequence[tuple[int, int]], value: Node) -> Node:
    """`x` with a margin of one value before and behind along each dimension; negative ones cut off."""
    kept = [
        (max(0, -before), size - max(0, -after), 1)
        for size, (before, after) in zip(x.shape, margins, strict=True)
    ]
    shape = tuple(size + before + after for size, (before, after) in zip(x.shape, margins, strict=True))
    if min(shape, default=0) < 0:
        raise ShapeError(f"shape {list(x.shape)} cannot lose so many elements", subject="pad")
    x = subscript(x, tuple((start, max(start, stop), step) for start, stop, step in kept))
    items = tuple(
        (max(0, before), max(0, before) + size, 1) for size, (before, _) in zip(x.shape, margins, strict=True)
    )
    if shape == x.shape:
        return x
    whole = intern(embed_primitive, (as_number(x),), (items, shape))
    inside = np.zeros(shape, dtype=bool)
    inside[tuple(slice(*item) for item in items)] = True
    return where(constant(inside), whole, value)


def _pad(x: Node, pad: Any, mode: str, value: Node | None) -> Node:
    rank = len(x.shape)
    in_numpys_way = isinstance(pad, int) or any(isinstance(each, tuple) for each in pad)
    margins = _numpy_margins(rank, pad) if in_numpys_way else _margins(rank, pad)
    if mode == "constant":
        return padded(x, margins, as_node(0.0) if value is None else value)
    if mode not in _PADDED:
        raise EvaluationError(
            f"there is no mode {mode!r}", hint="write mode='constant', 'reflect', 'replicate' or 'circular'"
        )
    cut = [(max(0, -before), max(0, -after)) for before, after in margins]
    wide = [(max(0, before), max(0, after)) for before, after in margins]
    for size, before, after in zip(x.shape, cut, wide, strict=True):
        left = size - sum(before)
        most = math.inf if _PADDED[mode] == "edge" and left > 0 else left - (mode == "reflect")
        if max(after) > max(most, 0):
            raise ShapeError(f"a margin of {max(after)} is too wide for a size of {left}")
    shape = tuple(size + before + after for size, (before, after) in zip(x.shape, margins, strict=True))

    def arrange(places: Array) -> Array:
        inside = tuple(slice(a, size - b) for size, (a, b) in zip(places.shape, cut, strict=True))
        return np.pad(places[inside], wide, mode=_PADDED[mode])  # type: ignore[call-overload, no-any-return]

    return laid_out(x, shape, arrange)


moved(
    "pad",
    "x, pad, mode='constant', value=None",
    _pad,
    "x with margins, given from the last dimension on: pad=(1, 2) is one before and two behind in the last.",
    ("pad([1, 2], [1, 2])", "[0, 1, 2, 0, 0]"),
    (
        *(
            ([3], (1, 2), "constant", None),
            ([2, 3], (1, 0, 0, 2), "constant", []),
            ([3], (-1, 2), "constant", 1.0),
        ),
        *(
            ([4], (2, 1), "reflect", None),
            ([2, 3], (1, 2), "replicate", None),
            ([3], (2, 3), "circular", None),
        ),
    ),
    meanings=(
        Meaning(
            "numpy",
            "takes the margins of the first dimension first, as pairs",
            "x, pad_width, mode='constant', constant_values=0",
            holds={"pad_width": "lists", "mode": "text"},
        ),
    ),
    holds={"pad": "integers", "pad_width": "lists", "mode": "text"},
    overload=called("ConstantPadNd"),
    derivative="1 where an element has come from; in the value, 1 for each in a margin",
    numpy="np.pad(x[1:] if pad[0] < 0 else x, [(0, 0)]*(x.ndim - len(pad)//2)"
    " + [(maximum(0, pad[i]), pad[i + 1]) for i in range(len(pad) - 2, -1, -2)],"
    " mode={'replicate': 'edge', 'circular': 'wrap'}.get(mode, mode),"
    " **({} if value is None or mode != 'constant' else {'constant_values': value}))",
)
moved(
    "constant_pad_nd",
    "x, pad, value=0",
    lambda x, pad, value: _pad(x, pad, "constant", value),
    "x with margins of one value, given from the last dimension on.",
    ("constant_pad_nd([1, 2], [1, 0])", "[0, 1, 2]"),
    (([3], (1, 2), []),),
    holds={"pad": "integers"},
    overload=called("ConstantPadNd"),
    numpy="np.pad(x, (1, 2), constant_values=value)",
)

# Other shapes


def windows_along(x: Node, dim: tuple[int, ...], size: int, step: int) -> Node:
    """PyTorch's Tensor.unfold: windows along a dimension, in a new last one."""
    axis = one_axis(x, dim)
    rows = x if x.shape else reshape(x, (1,))
    if size > rows.shape[axis] or step < 1:
        raise ShapeError(f"has windows of {size} in a dimension of size {rows.shape[axis]}", subject="unfold")
    place = axis + len(rows.shape)
    count = (rows.shape[axis] - size) // step + 1
    shape = (*rows.shape[:place], count, *rows.shape[place + 1 :], size)

    def arrange(places: Array) -> Array:
        moved = np.moveaxis(places, axis, -1)
        at = step * np.arange(count)[:, None] + np.arange(size)
        return np.moveaxis(moved[..., at], -2, axis - 1)

    found = laid_out(rows, shape, arrange)
    return found if x.shape else reshape(found, (size,))


def spread_along(x: Node, place: int, shape: Shape) -> Node:
    """A vector along one dimension of a shape, repeated along the others."""
    sizes = tuple(size if k == place else 1 for k, size in enumerate(shape))
    return expand(reshape(x, sizes), shape)


def _unflatten(x: Node, dim: tuple[int, ...], sizes: tuple[int, ...]) -> Node:
    at_least(x, 1, "unflatten")
    axis = one_axis(x, dim)
    place = axis + len(x.shape)
    size = x.shape[axis]
    known = -math.prod(sizes)
    if sizes.count(-1) == 1 and known > 0 and size % known == 0:
        sizes = tuple(size // known if each == -1 else each for each in sizes)
    if math.prod(sizes) != size:
        raise ShapeError(f"{list(sizes)} does not make a dimension of size {size}", subject="unflatten")
    return reshaped(x, (*x.shape[:place], *sizes, *x.shape[place + 1 :]))


def _pixel_shuffle(x: Node, factor: int) -> Node:
    at_least(x, 3, "pixel_shuffle")
    *lead, channels, height, width = x.shape
    if factor < 1 or channels % factor**2:
        raise ShapeError(f"{factor}**2 does not divide the {channels} channels")
    parts = reshape(x, (*lead, channels // factor**2, factor, factor, height, width))
    rank = len(lead)
    order = (*range(rank), rank, rank + 3, rank + 1, rank + 4, rank + 2)
    moved = permute(parts, tuple(each - rank - 5 for each in order))
    return reshape(moved, (*lead, channels // factor**2, height * factor, width * factor))


def _pixel_unshuffle(x: Node, factor: int) -> Node:
    at_least(x, 3, "pixel_unshuffle")
    *lead, channels, height, width = x.shape
    if factor < 1 or height % factor or width % factor:
        raise ShapeError(
            f"needs sizes that {factor} divides, not {height} and {width}", subject="pixel_unshuffle"
        )
    parts = reshape(x, (*lead, channels, height // factor, factor, width // factor, factor))
    rank = len(lead)
    order = (*range(rank), rank, rank + 2, rank + 4, rank + 1, rank + 3)
    moved = permute(parts, tuple(each - rank - 5 for each in order))
    return reshape(moved, (*lead, channels * factor**2, height // factor, width // factor))


def _channel_shuffle(x: Node, groups: int) -> Node:
    at_least(x, 2, "channel_shuffle")
    channels = x.shape[1]
    if groups < 1 or channels % groups:
        raise ShapeError(f"{groups} groups do not divide the {channels} channels")
    parts = reshape(x, (x.shape[0], groups, channels // groups, *x.shape[2:]))
    return reshape(movedim(parts, (1,), (2,)), x.shape)


def _combinations(x: Node, r: int, with_replacement: bool) -> Node:
    if len(x.shape) != 1:
        raise ShapeError("needs a vector", subject="combinations")
    choose = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    if r < 1:
        raise ShapeError("needs a count of at least 1", subject="combinations")
    chosen = np.array(list(choose(range(x.shape[0]), r)), dtype=np.int64).reshape(-1, r)
    return laid_out(x, chosen.shape, lambda places: chosen)


def _summed_to(x: Node, shape: Shape) -> Node:
    if broadcast_shape((shape, x.shape)) != x.shape:
        raise ShapeError(f"does not get from shape {list(x.shape)} to {list(shape)}", subject="sum_to_size")
    return unexpand(x, shape)


def _cartesian_prod(xs: Sequence[Node]) -> Node:
    if any(len(each.shape) != 1 for each in xs):
        raise ShapeError("needs vectors", subject="cartesian_prod")
    if len(xs) == 1:
        return xs[0]
    shape = tuple(each.shape[0] for each in xs)
    columns = []
    for place, each in enumerate(xs):
        columns.append(flattened(spread_along(each, place, shape)))
    return stack(columns, dim=-1)


def _fft_shift(x: Node, dim: Dims, back: bool = False) -> Node:
    axes = axes_of(x, dim)
    if not axes:
        return x
    by = [-(x.shape[a] // 2) if back else x.shape[a] // 2 for a in axes]
    return laid_out(x, x.shape, lambda places: np.roll(places, by, axes))


moved(
    "unflatten",
    "x, dim, sizes",
    _unflatten,
    "One dimension as several, of which one size may be -1.",
    ("unflatten([1, 2, 3, 4], 0, [2, 2])", "[[1, 2],\n [3, 4]]"),
    (([6], (0,), (2, 3)), ([2, 4], (-1,), (2, -1))),
    holds={"sizes": "integers"},
    overload=called("View"),
    numpy="x.reshape((2, 3) if x.ndim == 1 else (2, 2, 2))",
)
moved(
    "pixel_shuffle",
    "x, upscale_factor",
    _pixel_shuffle,
    "Channels laid out as finer pixels: (…, C*r**2, H, W) as (…, C, H*r, W*r).",
    ("pixel_shuffle([[[1]], [[2]], [[3]], [[4]]], 2)", "[[[1, 2],\n  [3, 4]]]"),
    (([4, 1, 2], 2),),
    holds={"upscale_factor": "integer"},
    overload=called("PixelShuffle"),
    numpy="x.reshape(2, 2, 1, 2).transpose(2, 0, 3, 1).reshape(1, 2, 4)",
)
moved(
    "pixel_unshuffle",
    "x, downscale_factor",
    _pixel_unshuffle,
    "Pixels laid out as channels, the inverse of pixel_shuffle.",
    ("pixel_unshuffle([[[1, 2], [3, 4]]], 2)", "[[[1]],\n [[2]],\n [[3]],\n [[4]]]"),
    (([1, 2, 4], 2),),
    holds={"downscale_factor": "integer"},
    overload=called("PixelUnshuffle"),
    numpy="x.reshape(1, 2, 2, 2).transpose(1, 3, 0, 2).reshape(4, 1, 2)",
)
moved(
    "channel_shuffle",
    "x, groups",
    _channel_shuffle,
    "Channels in another order: the first of each group, then the second, and so on.",
    ("channel_shuffle([[1, 2, 3, 4]], 2)", "[[1, 3, 2, 4]]"),
    (([1, 4, 2], 2),),
    holds={"groups": "integer"},
    overload=called("View"),
    numpy="x.reshape(1, 2, 2, 2).swapaxes(1, 2).reshape(1, 4, 2)",
)
moved(
    "combinations",
    "x, r=2, with_replacement=False",
    _combinations,
    "Every choice of r elements of a vector, in its order, as rows.",
    ("combinations([1, 2, 3])", "[[1, 2],\n [1, 3],\n [2, 3]]"),
    (([3], 2, False), ([2], 2, True)),
    holds={"r": "integer", "with_replacement": "truth"},
    overload=called("Stack"),
    numpy="x[array([[0, 1], [0, 2], [1, 2]]) if x.size == 3 else array([[0, 0], [0, 1], [1, 1]])]",
)
moved(
    "cartesian_prod",
    "*arrays",
    _cartesian_prod,
    "Every choice of one element from each vector, as rows.",
    ("cartesian_prod([1, 2], [3, 4])", "[[1, 3],\n [1, 4],\n [2, 3],\n [2, 4]]"),
    (([2], [3]),),
    overload=called("Stack"),
    numpy="stack(meshgrid(*arrays, indexing='ij'), -1).reshape(-1, 2)",
)
moved(
    "expand_as",
    "x, other",
    lambda x, other: expand(x, other.shape),
    "x repeated to the shape of another array.",
    ("expand_as(3, [1, 2])", "[3, 3]"),
    (([3], [2, 3]), ([], [2])),
    overload=called("Expand"),
    numpy="broadcast_to(x, other.shape)",
)
moved(
    "reshape_as",
    "x, other",
    lambda x, other: reshaped(x, other.shape),
    "The elements of x in the shape of another array.",
    ("reshape_as([1, 2], [[0], [0]])", "[[1],\n [2]]"),
    (([6], [2, 3]),),
    aliases=("view_as",),
    overload=called("View"),
    numpy="reshape(x, other.shape)",
)


def _with_dims(x: Node, dim: Dims) -> Node:
    rank = len(x.shape) + len(dim or ())
    for each in dim or ():
        if not -rank <= each < rank:
            raise ShapeError(f"a new dimension of shape {list(x.shape)} cannot be at {each}")
    places = {each % rank for each in dim or ()}
    if len(places) != len(dim or ()):
        raise ShapeError("a dimension is named twice")
    for each in sorted(places):
        x = unsqueeze(x, each)
    return x


moved(
    "expand_dims",
    "x, dim",
    _with_dims,
    "x with new dimensions of size 1 at these places of the result, as NumPy's name for unsqueeze has it.",
    ("expand_dims([1, 2], 1)", "[[1],\n [2]]"),
    (([3], (0,)), ([2, 3], (-1,)), ([2, 3], (0, 2))),
    overload=called("Unsqueeze"),
)
moved(
    "fftshift",
    "x, dim=None",
    _fft_shift,
    "The second half of each dimension moved before the first, so that place 0 is in the middle.",
    ("fftshift([0, 1, -2, -1])", "[-2, -1, 0, 1]"),
    (([4], None), ([2, 3], (1,))),
    overload=called("Roll"),
    numpy="fft.fftshift(x, axis)",
)
moved(
    "ifftshift",
    "x, dim=None",
    partial(_fft_shift, back=True),
    "What fftshift is undone by, which differs from it where a size is odd.",
    ("ifftshift([-1, 0, 1])", "[0, 1, -1]"),
    (([5], None), ([2, 3], (1,))),
    overload=called("Roll"),
    numpy="fft.ifftshift(x, axis)",
)
moved(
    "sum_to_size",
    "x, *shape",
    lambda x, shape: _summed_to(as_number(x), shape),
    "The sums over everything that an array of this shape would be repeated along to that of x.",
    ("sum_to_size([[1, 2], [3, 4]], 1, 2)", "[[4, 6]]"),
    (([2, 3], (1, 3)), ([2, 3], (3,)), ([2, 3], ())),
    overload=called("Sum"),
    derivative="1 in each element of a sum",
    numpy="sum(x, tuple(range(x.ndim)) if shape == () else 0).reshape(shape)",
)
moved(
    "fill",
    "x, value",
    lambda x, value: expand(value, x.shape),
    "One value in the shape of x.",
    ("fill([1, 2], 7)", "[7, 7]"),
    (([2, 3], []),),
    overload=called("Fill"),
    derivative="0 in x, and in the value 1 for each element",
    numpy="full(x.shape, value)",
)
moved(
    "unfold_copy",
    "x, dim, size, step",
    windows_along,
    "Windows along a dimension, in a new last one, as x.unfold(dim, size, step) has them.",
    ("unfold_copy([1, 2, 3], 0, 2, 1)", "[[1, 2],\n [2, 3]]"),
    (([4], (0,), 2, 1), ([2, 5], (1,), 3, 2)),
    holds={"size": "integer", "step": "integer"},
    overload=called("Unfold"),
    derivative=f"{MOVED}, added up over its windows",
    numpy="lib.stride_tricks.sliding_window_view(x, size, axis)[..., ::step, :]",
)
