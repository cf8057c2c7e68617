"""Arrays put together."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from gradcli.engine.graph import Node, intern
from gradcli.engine.primitives.arranging import moved
from gradcli.engine.primitives.entry import Result, Results, as_number, called
from gradcli.engine.primitives.shaping import (
    cat_primitive,
    embed_primitive,
    reshape,
    same_kind,
)
from gradcli.engine.shapes import ShapeError

family = "arranging elements"


def _cat(xs: Sequence[Node], axis: int) -> Node:
    return intern(cat_primitive, same_kind(xs), (axis,))


def _as_rank(x: Node, rank: int) -> Node:
    """With dimensions of size 1 in front, as the atleast functions have it."""
    if len(x.shape) >= rank:
        return x
    if rank == 3 and len(x.shape) == 2:
        return reshape(x, (*x.shape, 1))
    if rank == 3 and len(x.shape) == 1:
        return reshape(x, (1, *x.shape, 1))
    return reshape(x, (1,) * (rank - len(x.shape)) + x.shape)


def _stacked(rank: int, axis: int) -> Callable[[Sequence[Node]], Node]:
    def build(xs: Sequence[Node]) -> Node:
        whole = [_as_rank(each, rank) for each in xs]
        return _cat(whole, axis - len(whole[0].shape))

    return build


def _hstack(xs: Sequence[Node]) -> Node:
    whole = [_as_rank(each, 1) for each in xs]
    return _cat(whole, -1 if len(whole[0].shape) == 1 else 1 - len(whole[0].shape))


def _column_stack(xs: Sequence[Node]) -> Node:
    whole = [each if len(each.shape) > 1 else reshape(each, (math.prod(each.shape), 1)) for each in xs]
    return _cat(whole, 1 - len(whole[0].shape))


def _block_diag(xs: Sequence[Node]) -> Node:
    blocks = [_as_rank(as_number(each), 2) for each in xs]
    if any(len(each.shape) > 2 for each in blocks):
        raise ShapeError("needs matrices, vectors and numbers", subject="block_diag")
    rows, columns = (sum(each.shape[k] for each in blocks) for k in (0, 1))
    found: Node | None = None
    top = left = 0
    for each in blocks:
        height, width = each.shape
        items = ((top, top + height, 1), (left, left + width, 1))
        part = intern(embed_primitive, (each,), (items, (rows, columns)))
        found = part if found is None else found + part
        top, left = top + height, left + width
    assert found is not None
    return found


def _joining(name: str, definition: Callable[..., Node], doc: str, *example: str, also: str = "") -> None:
    moved(
        name,
        "*arrays",
        definition,
        doc,
        (example[0], example[1]),
        (([3], [3]), ([2, 2], [2, 2])),
        aliases=(also,) if also else (),
        overload=called("Cat"),
        numpy=f"{name}(arrays)",
    )


_joining(
    "vstack",
    _stacked(2, 0),
    "Arrays one below the other; a vector is a row.",
    "vstack([1, 2], [3, 4])",
    "[[1, 2],\n [3, 4]]",
    also="row_stack",
)
_joining(
    "hstack",
    _hstack,
    "Arrays side by side: along the second dimension, or the only one.",
    "hstack([1, 2], [3])",
    "[1, 2, 3]",
)
_joining(
    "dstack",
    _stacked(3, 2),
    "Arrays one behind the other, along the third dimension.",
    "dstack([1], [2])",
    "[[[1, 2]]]",
)
_joining(
    "column_stack",
    _column_stack,
    "Vectors as the columns of a matrix, beside matrices.",
    "column_stack([1, 2], [3, 4])",
    "[[1, 3],\n [2, 4]]",
)
moved(
    "block_diag",
    "*matrices",
    _block_diag,
    "Matrices along the diagonal of a larger one, which is 0 elsewhere.",
    ("block_diag([[1, 2]], [3])", "[[1, 2, 0],\n [0, 0, 3]]"),
    (([1, 2], [2, 1]), ([], [2])),
    overload=called("BlockDiag"),
    whole="kept",
    numpy="block(matrices[0].ndim and [[matrices[0], zeros((1, 1))], [zeros((2, 2)), matrices[1]]] or "
    "[[matrices[0].reshape(1, 1), zeros((1, 2))], [zeros((1, 1)), matrices[1].reshape(1, 2)]])",
)


def _at_least_of(rank: int) -> None:
    def part(place: int) -> Callable[..., Node]:
        return lambda xs: _as_rank(xs[place], rank)

    def beyond(xs: Sequence[Node]) -> list[Result]:
        return [Result(str(place), part(place), whole="kept") for place in range(1, len(xs))]

    moved(
        f"atleast_{rank}d",
        "*xs",
        part(0),
        f"An array with at least {rank} dimension{'s' if rank > 1 else ''}, further ones of size 1.",
        (f"atleast_{rank}d(5)", "[" * rank + "5" + "]" * rank),
        (([],), ([3],), ([2, 3],), ([2, 2, 3],)),
        overload=called("View"),
        results=Results("0", beyond, alone="", listed=True, asked=lambda xs: len(xs) > 1),
        numpy=f"atleast_{rank}d(*xs)",
    )


for _rank in (1, 2, 3):
    _at_least_of(_rank)
