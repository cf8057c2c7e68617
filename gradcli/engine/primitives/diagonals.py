"""Triangles and diagonals of matrices."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gradcli.arrays import Array, Shape
from gradcli.engine.graph import Node, as_node, constant, expand
from gradcli.engine.primitives.arithmetic import masked
from gradcli.engine.primitives.arranging import at_least, laid_out, moved, movedim
from gradcli.engine.primitives.entry import Meaning, as_number, called
from gradcli.engine.primitives.parts import replaced
from gradcli.engine.primitives.selecting import flattened
from gradcli.engine.primitives.shaping import (
    axis_of,
)
from gradcli.engine.shapes import ShapeError, check_size

family = "arranging elements"


def _triangle(name: str, keep: Callable[..., Array]) -> Callable[[Node, int], Node]:
    def build(x: Node, diagonal: int) -> Node:
        if len(x.shape) == 1:  # as NumPy has it
            x = expand(x, (x.shape[0], x.shape[0]))
        at_least(x, 2, name)
        inside = np.broadcast_to(keep(np.ones(x.shape[-2:]), diagonal).astype(bool), x.shape)
        # What is true or false stays that.
        return x & constant(inside) if x.boolean else masked(as_number(x), constant(inside))

    return build


def _diagonal_shape(shape: Shape, offset: int, first: int, second: int) -> Shape:
    rows, columns = shape[first], shape[second]
    length = max(0, min(rows + min(0, offset), columns - max(0, offset)))
    rest = tuple(size for place, size in enumerate(shape) if place - len(shape) not in (first, second))
    return (*rest, length)


def _two_axes(x: Node, first: int, second: int, name: str) -> tuple[int, int]:
    axes = axis_of(x, first), axis_of(x, second)
    if axes[0] == axes[1]:
        raise ShapeError("needs two different dimensions", subject=name)
    return axes


def _diagonal(x: Node, offset: int, dim1: int, dim2: int) -> Node:
    at_least(x, 2, "diagonal")
    axes = _two_axes(x, dim1, dim2, "diagonal")
    shape = _diagonal_shape(x.shape, offset, *axes)
    return laid_out(x, shape, lambda places: np.diagonal(places, offset, *axes))


def _spots(length: int, offset: int) -> tuple[Array, Array]:
    """The rows and the columns of a diagonal."""
    along = np.arange(length)
    return along + max(0, -offset), along + max(0, offset)


def _diag_embed(x: Node, offset: int, dim1: int, dim2: int) -> Node:
    at_least(x, 1, "diag_embed")
    length = x.shape[-1]
    size = length + abs(offset)
    whole = (*x.shape[:-1], size, size)
    check_size(whole)
    rows, columns = _spots(length, offset)
    spread = np.zeros((size, size), dtype=np.int64)
    spread[rows, columns] = np.arange(length)
    inside = np.zeros((size, size), dtype=bool)
    inside[rows, columns] = True
    if not length:
        return expand(as_node(0.0), whole)
    taken = laid_out(as_number(x), whole, lambda places: places[..., spread])
    found = masked(taken, constant(np.broadcast_to(inside, whole)))
    rank = len(whole)
    return movedim(found, (-2, -1), (dim1 % rank - rank, dim2 % rank - rank))


def _diag(x: Node, diagonal: int) -> Node:
    if len(x.shape) == 1:
        return _diag_embed(x, diagonal, -2, -1)
    if len(x.shape) != 2:
        raise ShapeError(f"needs a vector or a matrix, not shape {list(x.shape)}", subject="diag")
    return _diagonal(x, diagonal, 0, 1)


def _diagonal_scatter(x: Node, src: Node, offset: int, dim1: int, dim2: int) -> Node:
    axes = _two_axes(x, dim1, dim2, "diagonal_scatter")
    shape = _diagonal_shape(x.shape, offset, *axes)
    if src.shape != shape:
        raise ShapeError(
            f"needs a source of shape {list(shape)}, not {list(src.shape)}", subject="diagonal_scatter"
        )

    def put(places: Array) -> Array:
        spots = np.full(x.shape, -1, dtype=np.int64)
        np.moveaxis(spots, axes, (-2, -1))[..., *_spots(shape[-1], offset)] = places
        return spots

    return replaced(x, src, put)


moved(
    "tril",
    "x, diagonal=0",
    _triangle("tril", np.tril),
    "The lower triangle of a matrix, 0 above the diagonal (above the kth one).",
    ("tril([[1, 2], [3, 4]])", "[[1, 0],\n [3, 4]]"),
    (([2, 3], 0), ([3, 3], -1), ([2, 3, 3], 1)),
    holds={"diagonal": "integer"},
    overload=called("Tril"),
    derivative="1 in the triangle, 0 elsewhere",
    numpy="tril(x, diagonal)",
)
moved(
    "triu",
    "x, diagonal=0",
    _triangle("triu", np.triu),
    "The upper triangle of a matrix, 0 below the diagonal (below the kth one).",
    ("triu([[1, 2], [3, 4]])", "[[1, 2],\n [0, 4]]"),
    (([2, 3], 0), ([3, 3], -1), ([2, 3, 3], 1)),
    holds={"diagonal": "integer"},
    overload=called("Triu"),
    derivative="1 in the triangle, 0 elsewhere",
    numpy="triu(x, diagonal)",
)
moved(
    "diag",
    "x, diagonal=0",
    _diag,
    "The diagonal of a matrix; of a vector, the matrix with it as its diagonal.",
    ("diag([1, 2])", "[[1, 0],\n [0, 2]]"),
    (([3], 0), ([2], -1), ([2, 3], 0), ([3, 3], 1)),
    holds={"diagonal": "integer"},
    overload=lambda x, diagonal: "DiagEmbedBackward0" if len(x.shape) == 1 else "DiagonalBackward0_copy",
    numpy="diag(x, diagonal)",
)
moved(
    "diagonal",
    "x, offset=0, dim1=0, dim2=1",
    _diagonal,
    "The diagonals of the matrices that two dimensions hold, in the last dimension.",
    ("diagonal([[1, 2], [3, 4]])", "[1, 4]"),
    (([2, 3], 0, 0, 1), ([3, 3], -1, 0, 1), ([2, 2, 3], 1, 0, -1)),
    aliases=("diagonal_copy",),
    holds={"offset": "integer"},
    overload=called("Diagonal"),
    numpy="diagonal(x, offset, dim1, dim2)",
    meanings=(
        Meaning(
            "numpy",
            "calls the dimensions axis1 and axis2",
            "x, offset=0, axis1=0, axis2=1",
            holds=dict.fromkeys(("offset", "axis1", "axis2"), "integer"),
            names="diagonal",
        ),
        Meaning(
            "numpy.linalg torch.linalg",
            "is that of the last two dimensions",
            "x, offset=0, dim1=-2, dim2=-1",
            _diagonal,
            names="diagonal",
            holds={"offset": "integer"},
        ),
    ),
)
moved(
    "diag_embed",
    "x, offset=0, dim1=-2, dim2=-1",
    _diag_embed,
    "Matrices with the vectors of the last dimension as their diagonals.",
    ("diag_embed([1, 2])", "[[1, 0],\n [0, 2]]"),
    (([3], 0, -2, -1), ([2, 3], 1, -2, -1)),
    holds={"offset": "integer"},
    overload=called("DiagEmbed"),
    numpy="diag(x) if x.ndim == 1 else stack([diag(x[0], 1), diag(x[1], 1)])",
)
moved(
    "diagflat",
    "x, offset=0",
    lambda x, offset: _diag_embed(flattened(x), offset, -2, -1),
    "The matrix with all elements of x as its diagonal.",
    ("diagflat([1, 2])", "[[1, 0],\n [0, 2]]"),
    (([3], 0), ([2, 2], -1)),
    holds={"offset": "integer"},
    overload=called("DiagEmbed"),
    numpy="diagflat(x, offset)",
)
moved(
    "diagonal_scatter",
    "x, src, offset=0, dim1=0, dim2=1",
    _diagonal_scatter,
    "x with other elements in a diagonal.",
    ("diagonal_scatter([[1, 2], [3, 4]], [8, 9])", "[[8, 2],\n [3, 9]]"),
    (([2, 2], [2], 0, 0, 1), ([2, 2], [1], 1, 0, 1)),
    holds={"offset": "integer"},
    overload=called("DiagonalScatter"),
    numpy="array([[x[0, 0], src[0]], x[1]]) if offset else array([[src[0], x[0, 1]], [x[1, 0], src[1]]])",
)
