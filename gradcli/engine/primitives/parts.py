"""Parts of arrays: taken, replaced, and lists of them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from gradcli.arrays import Array, Shape
from gradcli.engine.graph import Node, constant, expand
from gradcli.engine.primitives.arithmetic import where
from gradcli.engine.primitives.arranging import at_least, laid_out, moved, spread_along
from gradcli.engine.primitives.entry import Meaning, Result, Results, called
from gradcli.engine.primitives.selecting import at_place, flattened, one_axis, sliced
from gradcli.engine.shapes import ShapeError, broadcast_shape
from gradcli.text.errors import EvaluationError

family = "arranging elements"


def no_source(source: Node, shape: Shape) -> ShapeError:
    """What is told of a source that does not fit."""
    return ShapeError(f"the source must have shape {list(shape)}, not {list(source.shape)}")


def replaced(x: Node, source: Node, put: Callable[[Array], Array]) -> Node:
    """`x`, with the elements of `source` in whose places `put` lays them; -1 is none."""
    places = np.arange(math.prod(source.shape), dtype=np.int64).reshape(source.shape)
    spots = put(places)
    if not places.size:
        return x
    filled = laid_out(source, x.shape, lambda _: np.maximum(spots, 0))
    return where(constant(spots >= 0), filled, x)


def _narrow(x: Node, dim: tuple[int, ...], start: int, length: int) -> Node:
    at_least(x, 1, "narrow")
    axis = one_axis(x, dim)
    size = x.shape[axis]
    start = start + size if start < 0 else start
    if not 0 <= start <= start + length <= size:
        raise ShapeError(f"takes {length} from {start} on, of {size}", subject="narrow")
    return sliced(x, axis, start, start + length)


def _select(x: Node, dim: tuple[int, ...], index: int) -> Node:
    at_least(x, 1, "select")
    axis = one_axis(x, dim)
    size = x.shape[axis]
    if not -size <= index < size:
        raise ShapeError(f"index {index} is out of range for a dimension of size {size}")
    return at_place(x, axis, index % size)


def _select_scatter(x: Node, src: Node, dim: tuple[int, ...], index: int) -> Node:
    part = _select(x, dim, index)
    axis = one_axis(x, dim)
    if src.shape != part.shape:
        raise no_source(src, part.shape)

    def put(places: Array) -> Array:
        spots = np.full(x.shape, -1, dtype=np.int64)
        np.moveaxis(spots, axis, 0)[index] = places
        return spots

    return replaced(x, src, put)


def _slice_scatter(
    x: Node, src: Node, dim: tuple[int, ...], start: int | None, end: int | None, step: int
) -> Node:
    at_least(x, 1, "slice_scatter")
    axis = one_axis(x, dim)
    part = sliced(x, axis, *slice(start, end, step).indices(x.shape[axis]))
    if src.shape != part.shape:
        raise no_source(src, part.shape)

    def put(places: Array) -> Array:
        spots = np.full(x.shape, -1, dtype=np.int64)
        np.moveaxis(spots, axis, 0)[start:end:step] = np.moveaxis(places, axis, 0)
        return spots

    return replaced(x, src, put)


moved(
    "narrow",
    "x, dim, start, length",
    _narrow,
    "`length` elements from `start` on along a dimension.",
    ("narrow([1, 2, 3], 0, 1, 2)", "[2, 3]"),
    (([3], (0,), 1, 2), ([2, 3], (1,), 0, 2), ([2, 3], (-1,), -1, 1)),
    aliases=("narrow_copy",),
    holds={"start": "integer", "length": "integer"},
    overload=called("Slice"),
    numpy="take(x, arange(start % x.shape[axis], start % x.shape[axis] + length), axis)",
)
moved(
    "select",
    "x, dim, index",
    _select,
    "The elements in one place along a dimension, which is gone: x[index] in the first.",
    ("select([[1, 2], [3, 4]], 1, 0)", "[1, 3]"),
    (([3], (0,), 1), ([2, 3], (1,), -1)),
    holds={"index": "integer"},
    aliases=("select_copy",),
    overload=called("Select"),
    numpy="take(x, index, axis)",
)
moved(
    "select_scatter",
    "x, src, dim, index",
    _select_scatter,
    "x with other elements in one place along a dimension.",
    ("select_scatter([1, 2, 3], 9, 0, 1)", "[1, 9, 3]"),
    (([2, 3], [2], (1,), 0),),
    holds={"index": "integer"},
    overload=called("SelectScatter"),
    numpy="hstack([src[:, None], x[:, 1:]])",
)
moved(
    "slice_scatter",
    "x, src, dim=0, start=None, end=None, step=1",
    _slice_scatter,
    "x with other elements in a slice along a dimension.",
    ("slice_scatter([1, 2, 3], [8, 9], start=1)", "[1, 8, 9]"),
    (([3], [2], (0,), 1, None, 1), ([2, 3], [2, 2], (1,), 0, 3, 2)),
    holds={"start": "integer", "end": "integer", "step": "integer"},
    overload=called("SliceScatter"),
    numpy="concatenate([x[:1], src]) if x.ndim == 1 else stack([src[:, 0], x[:, 1], src[:, 1]], 1)",
)

# Taken apart: what gives a list. The entry's own value is the first part.

Pieces = Callable[..., Sequence[Callable[[], Node]]]
"""What makes each of the parts of a list, given the arguments of a call."""


def _listed(
    name: str,
    signature: str,
    pieces: Pieces,
    doc: str,
    example: tuple[str, str],
    first: str,
    samples: tuple[tuple[Any, ...], ...],
    grad_fn: str,
    **about: Any,
) -> None:
    """An entry that gives a list; `first` is its first part in NumPy's terms."""

    def part(place: int) -> Callable[..., Node]:
        return lambda *arguments: pieces(*arguments)[place]()

    def beyond(*arguments: Any) -> list[Result]:
        count = len(pieces(*arguments))
        return [Result(str(place), part(place), whole="kept", overload=grad_fn) for place in range(1, count)]

    moved(
        name,
        signature,
        part(0),
        doc,
        example,
        samples,
        results=Results("0", beyond, alone="", listed=True),
        overload=lambda *arguments: grad_fn,
        numpy=first,
        **about,
    )


def _cut(x: Node, axis: int, ends: Sequence[int]) -> list[Callable[[], Node]]:
    """The parts of a dimension up to each of these ends, and the rest."""
    size = x.shape[axis]
    starts = [0, *ends]
    return [
        partial(sliced, x, axis, min(start, size), max(start, min(end, size)))
        for start, end in zip(starts, [*ends, size], strict=True)
    ]


def _split(x: Node, sizes: tuple[int, ...] | Array, dim: tuple[int, ...]) -> Sequence[Callable[[], Node]]:
    axis = one_axis(x, dim)
    at_least(x, 1, "split")
    size = x.shape[axis]
    if isinstance(sizes, np.ndarray):  # NumPy's
        return _equal_parts("split", 1, lambda rank: axis)(x, sizes)
    if len(sizes) > 1 or (sizes and sizes[0] == size):
        if sum(sizes) != size:
            raise ShapeError(f"parts of {list(sizes)} do not add up to a size of {size}")
        return _cut(x, axis, list(itertools.accumulate(sizes))[:-1])
    if not sizes or sizes[0] < 1:
        raise ShapeError("needs parts of at least one element", subject="split")
    return _cut(x, axis, range(sizes[0], size, sizes[0]))


def _chunk(x: Node, chunks: int, dim: tuple[int, ...]) -> Sequence[Callable[[], Node]]:
    axis = one_axis(x, dim)
    at_least(x, 1, "chunk")
    if chunks < 1:
        raise ShapeError("makes one part at least", subject="chunk")
    return _split(x, (max(1, -(-x.shape[axis] // chunks)),), dim)


def _tensor_split(x: Node, where_: Any, dim: tuple[int, ...]) -> list[Callable[[], Node]]:
    """So many parts, of which the first have one element more, or parts that end in given places."""
    at_least(x, 1, "tensor_split")
    axis = one_axis(x, dim)
    size = x.shape[axis]
    if np.ndim(where_):
        return _cut(x, axis, [each + size if each < 0 else each for each in map(int, where_)])
    count = int(where_)
    if count < 1:
        raise ShapeError("makes one part at least", subject="tensor_split")
    sizes = [size // count + (place < size % count) for place in range(count)]
    return _cut(x, axis, list(itertools.accumulate(sizes))[:-1])


def _equal_parts(name: str, rank: int, axis_of_rank: Callable[[int], int]) -> Pieces:
    """hsplit and its kin, which divide one dimension and need equal parts where they are told how many."""

    def pieces(x: Node, where_: Any) -> list[Callable[[], Node]]:
        at_least(x, rank, name)
        axis = axis_of_rank(len(x.shape))
        if not np.ndim(where_) and (int(where_) < 1 or x.shape[axis] % int(where_)):
            raise ShapeError(f"cannot divide {x.shape[axis]} into {int(where_)} equal parts", subject=name)
        return _tensor_split(x, where_, (axis,))

    return pieces


def _unbind(x: Node, dim: tuple[int, ...]) -> list[Callable[[], Node]]:
    at_least(x, 1, "unbind")
    axis = one_axis(x, dim)
    if not x.shape[axis]:
        raise ShapeError("has nothing to take apart", subject="unbind")
    return [partial(at_place, x, axis, place) for place in range(x.shape[axis])]


def _meshgrid(xs: Sequence[Node], indexing: str) -> list[Callable[[], Node]]:
    if indexing not in ("ij", "xy"):
        raise EvaluationError(f"there is no indexing {indexing!r}", hint="write indexing='ij' or 'xy'")
    if any(len(each.shape) > 1 for each in xs):
        raise ShapeError("needs vectors", subject="meshgrid")
    flat = [flattened(each) for each in xs]
    order = [1, 0, *range(2, len(xs))] if indexing == "xy" and len(xs) > 1 else list(range(len(xs)))
    shape = tuple(flat[place].shape[0] for place in order)
    return [partial(spread_along, each, order.index(place), shape) for place, each in enumerate(flat)]


def _broadcast(xs: Sequence[Node]) -> list[Callable[[], Node]]:
    shape = broadcast_shape(each.shape for each in xs)
    return [partial(expand, each, shape) for each in xs]


_listed(
    "split",
    "x, split_size, dim=0",
    _split,
    "Parts of so many elements along a dimension (the last may be shorter), or of each of these sizes.",
    ("split([1, 2, 3], 2)[1]", "[3]"),
    "x[:split_size[0]]",
    (([3], (2,), (0,)), ([4, 2], (1, 3), (0,))),
    "SplitBackward0",
    aliases=("split_with_sizes", "unsafe_split", "split_with_sizes_copy"),
    meanings=(
        Meaning(
            "numpy",
            "takes how many equal parts there are, or the places where they end",
            "x, indices_or_sections, dim=0",
            holds={"indices_or_sections": "places"},
            names="split",
        ),
    ),
    holds={"split_size": "integers"},
)
_listed(
    "chunk",
    "x, chunks, dim=0",
    _chunk,
    "At most so many parts of one size along a dimension; the last may be shorter.",
    ("chunk([1, 2, 3], 2)[0]", "[1, 2]"),
    "x[:2]",
    (([3], 2, (0,)), ([4, 2], 2, (0,))),
    "SplitBackward0",
    aliases=("unsafe_chunk",),
    holds={"chunks": "integer"},
)
_listed(
    "tensor_split",
    "x, indices_or_sections, dim=0",
    _tensor_split,
    "So many parts along a dimension, of which the first may be longer, or parts that end in these places.",
    ("tensor_split([1, 2, 3], 2)[0]", "[1, 2]"),
    "array_split(x, indices_or_sections.astype(int).tolist())[0]",
    (([3], np.array(2.0), (0,)), ([4, 2], np.array([1.0, 3.0]), (0,))),
    "SliceBackward0",
    aliases=("array_split",),
    holds={"indices_or_sections": "places"},
)
_listed(
    "hsplit",
    "x, indices_or_sections",
    _equal_parts("hsplit", 1, lambda rank: -1 if rank == 1 else 1 - rank),
    "Parts side by side: of the second dimension, or of the only one.",
    ("hsplit([1, 2, 3, 4], 2)[1]", "[3, 4]"),
    "hsplit(x, int(indices_or_sections))[0]",
    (([4], np.array(2.0)), ([2, 4], np.array(2.0))),
    "SliceBackward0",
    holds={"indices_or_sections": "places"},
)
_listed(
    "vsplit",
    "x, indices_or_sections",
    _equal_parts("vsplit", 2, lambda rank: -rank),
    "Parts one below the other: of the first dimension.",
    ("vsplit([[1, 2], [3, 4]], 2)[1]", "[[3, 4]]"),
    "vsplit(x, int(indices_or_sections))[0]",
    (([4, 2], np.array(2.0)),),
    "SliceBackward0",
    holds={"indices_or_sections": "places"},
)
_listed(
    "dsplit",
    "x, indices_or_sections",
    _equal_parts("dsplit", 3, lambda rank: 2 - rank),
    "Parts one behind the other: of the third dimension.",
    ("dsplit([[[1, 2]]], 2)[1]", "[[[2]]]"),
    "dsplit(x, int(indices_or_sections))[0]",
    (([1, 2, 4], np.array(2.0)),),
    "SliceBackward0",
    holds={"indices_or_sections": "places"},
)
_listed(
    "unbind",
    "x, dim=0",
    _unbind,
    "The elements of a dimension one by one.",
    ("unbind([[1, 2], [3, 4]])[1]", "[3, 4]"),
    "take(x, 0, axis)",
    (([3], (0,)), ([2, 3], (1,))),
    "UnbindBackward0",
    aliases=("unbind_copy", "unstack"),
)
_listed(
    "meshgrid",
    "*arrays, indexing='ij'",
    _meshgrid,
    "For each vector an array of all combinations, in which it runs along its own dimension.",
    ("meshgrid([1, 2], [3, 4])[0]", "[[1, 1],\n [2, 2]]"),
    "meshgrid(*arrays, indexing=indexing)[0]",
    (([2], [3], "ij"), ([2], [3], "xy"), ([2], [], "ij")),
    "ExpandBackward0",
    meanings=(
        Meaning(
            "numpy jax.numpy",
            "runs along the second dimension with the first vector",
            "*arrays, indexing='xy'",
            holds={"indexing": "text"},
        ),
    ),
    holds={"indexing": "text"},
)
_listed(
    "broadcast_tensors",
    "*arrays",
    _broadcast,
    "Arrays repeated to the shape that they have in common.",
    ("broadcast_tensors([1, 2], 3)[1]", "[3, 3]"),
    "broadcast_arrays(*arrays)[0]",
    (([3], [2, 3]), ([2, 1], [3])),
    "ExpandBackward0",
    aliases=("broadcast_arrays",),
)
