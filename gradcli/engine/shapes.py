"""Shapes of arrays: which fit together, how large they may be, and how messages print them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from gradcli.arrays import Shape
from gradcli.text.errors import EvaluationError


class ShapeError(EvaluationError):
    """Shapes that do not fit. Whoever knows where the operands were typed adds the marks."""


class SizeError(ShapeError):
    """An array that would be too large. Its operands are to blame only if they are arrays."""


class BroadcastError(ShapeError):
    """Shapes that cannot be repeated to fit. A single number can, and so is never to blame."""


MOST_ELEMENTS = 2**28
"""The largest array that gradcli makes: 2 GiB."""

_most_elements = ContextVar("most_elements", default=MOST_ELEMENTS)

MOST_DIMENSIONS = 63
"""NumPy's arrays have 64 at most, and one of them may be the batch axis."""


@contextmanager
def no_larger_than(elements: int) -> Iterator[None]:
    """Makes larger arrays an error for a while: for work that must be quick or not be done."""
    before = _most_elements.set(elements)
    try:
        yield
    finally:
        _most_elements.reset(before)


def check_size(shape: Shape) -> None:
    """Refuses arrays that would not fit in memory, or in NumPy; raises `SizeError`."""
    if len(shape) > MOST_DIMENSIONS:
        raise SizeError(f"an array may have {MOST_DIMENSIONS} dimensions at most, and this would have more")
    most = _most_elements.get()
    if math.prod([size or 1 for size in shape]) > most:
        raise SizeError(f"an array may have {most} elements at most, and this would have more")


def shape_text(shape: Shape) -> str:
    """A shape as messages print it."""
    return str(list(shape)) if shape else "a single number"


def broadcast_shape(shapes: Iterable[Shape]) -> Shape:
    """The shape that all fit into, by NumPy's rule; raises `BroadcastError`."""
    result: Shape = ()
    for shape in shapes:
        if shape == result or not shape:
            continue
        if not result:
            result = shape
            continue
        rank = max(len(shape), len(result))
        left = (1,) * (rank - len(result)) + result
        right = (1,) * (rank - len(shape)) + shape
        merged = []
        for a, b in zip(left, right, strict=True):
            if a != b and a != 1 and b != 1:
                raise BroadcastError(
                    f"shapes {list(result)} and {list(shape)} do not fit together",
                    hint="sizes must be equal, or 1, counted from the last dimension",
                )
            merged.append(b if a == 1 else a)
        result = tuple(merged)
    return result
