"""What elements of arrays by their places say in formulas, and the arrays that have them there."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradcli.arrays import Shape
from gradcli.engine.graph import Constant, Node, expand_primitive
from gradcli.writing.algebra import Algebra
from gradcli.writing.arrays import (
    MOST_WRITTEN,
    Reading,
    Rule,
    argument,
    as_operand,
    flat,
    in_one_place,
    is_call,
    outer,
    product,
    repeated,
    split,
    transposed,
    unit_vector,
)
from gradcli.writing.terms import ONE, Call, Expr


def _subscript(reader: Reading, node: Node, x: Expr) -> Expr:
    if not x[1].shape:
        return x
    items: Any = node.params[0]
    sizes = node.inputs[0].shape
    factor, array = split(reader.algebra, x)
    array = as_operand(reader, node, array)
    part = _part(array, items, sizes)
    if part is not None:
        return reader.algebra.multiply(factor, part)
    words = [
        str(item) if isinstance(item, int) else _slice(item, size)
        for item, size in zip(items, sizes, strict=True)
    ]
    while words[-1] == ":":
        words.pop()
    found = reader.algebra.call("[]", (array,), tuple(words), node.shape)
    return reader.algebra.multiply(factor, found)


def _part(array: Expr, items: Any, sizes: Shape) -> Expr | None:
    """A row of a list, or one of the arrays that stand below each other, where an index takes just that."""
    first, *others = items
    if any(item != (0, size, 1) for item, size in zip(others, sizes[1:], strict=True)):
        return None
    if isinstance(first, int):
        return argument(array, first) if is_call(array, "[,]") else None
    if is_call(array, "cat") and isinstance(array[1], Call) and not array[1].words:
        start = 0
        for part in array[1].arguments:
            size = part[1].shape[0]
            if first == (start, start + size, 1):
                return part
            start += size
    return None


def _slice(item: Any, size: int) -> str:
    start, stop, step = item
    if step > 0:
        text = f"{start or ''}:{'' if stop >= size else stop}"
    else:
        text = f"{'' if start == size - 1 else start}:{'' if stop < 0 else stop}"
    return text if step == 1 else f"{text}:{step}"


def _embed(reader: Reading, node: Node, x: Expr) -> Expr:
    """The transpose of an index: 0 everywhere else."""
    algebra: Algebra = reader.algebra
    items: Any = node.params[0]
    shape = node.shape
    if len(shape) == 1 and isinstance(items[0], int):
        return in_one_place(algebra, x, items[0], shape[0])
    if len(shape) == 1 and items[0][2] == 1:
        start, stop, _ = items[0]
        inner = node.inputs[0].shape
        if x[1].shape != inner:
            x = algebra.multiply(x, algebra.call("ones", (), tuple(map(str, inner)), inner))
        ends = [algebra.call("zeros", (), (str(n),), (n,)) for n in (start, shape[0] - stop)]
        parts = [*ends[:1], x, *ends[1:]]
        kept = [part for part, size in zip(parts, (start, 1, shape[0] - stop), strict=True) if size]
        return algebra.call("cat", kept, (), shape)
    if len(shape) == 2:
        first, second = items
        if isinstance(first, int) and isinstance(second, int):
            pair = outer(
                algebra, unit_vector(algebra, shape[0], first), unit_vector(algebra, shape[1], second)
            )
            return algebra.multiply(x, pair)
        if isinstance(first, int) or isinstance(second, int):
            down = isinstance(second, int)
            vector = _placed(
                algebra, repeated(algebra, x, node.inputs[0].shape), items[not down], shape[not down]
            )
            unit = unit_vector(algebra, shape[down], items[down])
            return outer(algebra, vector, unit) if down else outer(algebra, unit, vector)
        factor, array = split(algebra, repeated(algebra, x, node.inputs[0].shape))
        return algebra.multiply(factor, _block_back(algebra, array, items, shape))
    if len(shape) == 1:
        return _picked_back(reader, node, x, _slice(items[0], shape[0]))
    return reader.unreadable(node)


def _placed(algebra: Algebra, vector: Expr, item: Any, size: int) -> Expr:
    """A vector as a slice of a longer one, which is 0 elsewhere."""
    if item == (0, size, 1):
        return vector
    count = len(range(*item))
    return product(
        algebra, vector, _rows_of_identity(algebra, size, _slice(item, size), count), (count,), (count, size)
    )


def _block_back(algebra: Algebra, array: Expr, items: Any, shape: Shape) -> Expr:
    """A part of a matrix in its place, with 0 around it: products with rows of identities on both sides."""
    counts = [len(range(*item)) for item in items]
    rows, columns = (
        _rows_of_identity(algebra, size, _slice(item, size), count)
        for item, size, count in zip(items, shape, counts, strict=True)
    )
    height = counts[0]
    if items[0] != (0, shape[0], 1):
        array = product(algebra, transposed(algebra, rows), array, (shape[0], height), tuple(counts))
        height = shape[0]
    if items[1] != (0, shape[1], 1):
        array = product(algebra, array, columns, (height, counts[1]), columns[1].shape)
    return array


def _picked_back(reader: Reading, node: Node, x: Expr, word: str) -> Expr:
    """The transpose of picking elements of a vector: a product with those rows of the identity."""
    size, count = node.shape[0], node.inputs[0].shape[0]
    rows = _rows_of_identity(reader.algebra, size, word, count)
    return product(reader.algebra, x, rows, (count,), (count, size))


def _rows_of_identity(algebra: Algebra, size: int, word: str, count: int) -> Expr:
    identity = algebra.call("eye", (), (str(size),), (size, size))
    return algebra.call("[]", (identity,), (word,), (count, size))


def _gather(reader: Reading, node: Node, x: Expr) -> Expr:
    algebra: Algebra = reader.algebra
    shape, places = node.inputs[0].shape, _moved(node, node.shape)
    if places is None:
        return reader.unreadable(node)
    factor, array = split(algebra, repeated(algebra, x, shape))
    if _is_diagonal(places, shape):
        return algebra.multiply(factor, algebra.call("diag", (array,), (), node.shape))
    offset = _diagonal_at(places, shape)
    if offset is not None:
        return algebra.multiply(factor, algebra.call("diag", (array,), (str(offset),), node.shape))
    lines = _lines(places, shape)
    if lines is not None:
        by_column, which = lines
        words = (":", str(which)) if by_column else (str(which),)
        return algebra.multiply(factor, algebra.call("[]", (array,), words, node.shape))
    if places.size > MOST_WRITTEN and spread_at(node) is None:
        return reader.unreadable(node)
    found = algebra.call("[]", (_as_vector(algebra, array),), (str(places.tolist()),), node.shape)
    return algebra.multiply(factor, found)


def _scatter(reader: Reading, node: Node, x: Expr) -> Expr:
    algebra: Algebra = reader.algebra
    shape = node.shape
    places = _moved(node, node.inputs[0].shape)
    if places is None:
        return reader.unreadable(node)
    if _is_diagonal(places, shape) and shape[0] == shape[1]:
        return algebra.multiply(x, algebra.call("eye", (), (str(shape[0]),), shape))
    if _spread_at(places, shape) == 0:
        factors = {each: power for each, power in x[1].factors.items() if not is_call((1, each), "eye")}
        if len(factors) < len(x[1].factors):
            return _diagonal_of(algebra, (x[0], algebra.product(factors)), shape)
    offset = _spread_at(places, shape)
    if offset and is_mask_of(node.inputs[0], offset):
        factor, array = split(algebra, x)
        if is_call(array, "where"):
            kept = repeated(algebra, argument(array, 1), places.shape)
            return algebra.multiply(factor, algebra.call("diag", (kept,), (str(offset),), shape))
    offset = _diagonal_at(places, shape)
    if offset is not None and shape[0] == shape[1]:
        factor, array = split(algebra, repeated(algebra, x, places.shape))
        return algebra.multiply(factor, algebra.call("diag", (array,), (str(offset),), shape))
    lines = _lines(places, shape)
    if lines is not None:
        by_column, which = lines
        picks = _rows_of_identity(algebra, shape[by_column], str(which), len(which))
        if by_column:
            return product(algebra, x, picks, places.shape, picks[1].shape)
        return product(algebra, transposed(algebra, picks), x, picks[1].shape[::-1], places.shape)
    if places.size > MOST_WRITTEN:
        return reader.unreadable(node)
    factor, array = split(algebra, repeated(algebra, x, places.shape))
    size = math.prod(shape)
    rows = _rows_of_identity(algebra, size, str(places.ravel().tolist()), places.size)
    vector = _as_vector(algebra, array)
    found = product(algebra, vector, rows, (places.size,), (places.size, size))
    if len(shape) != 1:
        found = algebra.call("reshape", (found,), tuple(map(str, shape)), shape)
    return algebra.multiply(factor, found)


def _lines(places: Any, shape: Shape) -> tuple[bool, list[int]] | None:
    """Which rows of a matrix places are, or (first `True`) which columns; `None` where they are neither."""
    if len(shape) != 2 or places.ndim != 2 or not places.size:
        return None
    rows, columns = np.divmod(places, shape[1])
    for by_column, one, other in ((False, rows, columns), (True, columns.T, rows.T)):
        whole = np.broadcast_to(np.arange(shape[not by_column]), (*other.shape[:1], shape[not by_column]))
        if np.array_equal(other, whole) and not np.any(one - one[:, :1]):
            return by_column, one[:, 0].tolist()
    return None


def _moved(node: Node, shape: Shape) -> Any:
    """The places that a `gather` takes or a `scatter` fills, in a shape; `None` where some axes stay."""
    if node.params[2] != len(node.inputs[0].shape):
        return None
    return np.frombuffer(node.params[0], dtype=np.int64).reshape(shape)


def _is_diagonal(places: Any, shape: Shape) -> bool:
    """Whether places are those of the diagonal of a matrix."""
    return len(shape) == 2 and np.array_equal(places, np.arange(min(shape)) * (shape[1] + 1))


def _diagonal_at(places: Any, shape: Shape) -> int | None:
    """Which diagonal of a matrix, beside the main one, places are."""
    if len(shape) != 2 or places.ndim != 1 or not places.size:
        return None
    row, column = divmod(int(places[0]), shape[1])
    offset = column - row
    whole = np.arange(math.prod(shape)).reshape(shape).diagonal(offset)
    return offset if offset and np.array_equal(places, whole) else None


def _spread_at(places: Any, shape: Shape) -> int | None:
    """On which diagonal of a matrix, in which all else is one of them, places in a vector stand."""
    if len(shape) != 1 or places.ndim != 2 or places.shape[0] != places.shape[1]:
        return None
    size = places.shape[0] - shape[0]
    for offset in (size, -size) if size else (0,):
        if np.array_equal(places, np.diag(np.arange(shape[0]), offset)):
            return offset
    return None


def spread_at(node: Node) -> int | None:
    """On which diagonal a node has the elements of a vector, of which a mask keeps nothing else."""
    if node.primitive.name != "gather" or len(node.shape) != 2:
        return None
    places = _moved(node, node.shape)
    return None if places is None else _spread_at(places, node.inputs[0].shape)


def is_mask_of(node: Node, offset: int) -> bool:
    """Whether a node keeps one diagonal of a matrix."""
    if node.primitive.name != "masked":
        return False
    mask = node.inputs[1]
    while mask.primitive is expand_primitive:
        mask = mask.inputs[0]
    if not isinstance(mask, Constant) or len(mask.shape) != 2:
        return False
    return np.array_equal(np.asarray(mask.value), np.eye(*mask.shape, k=offset, dtype=bool))


def spread_vector(algebra: Algebra, x: Expr) -> Expr:
    """The vector of which `spread_at` tells."""
    factor, array = split(algebra, x)
    return algebra.multiply(factor, argument(array)) if is_call(array, "[]") else x


def on_diagonal(reader: Reading, node: Node, x: Expr, offset: int) -> Expr:
    """A vector beside the main diagonal of a matrix, from the node that spreads it."""
    algebra = reader.algebra
    factor, array = split(algebra, repeated(algebra, spread_vector(algebra, x), node.inputs[0].shape))
    return algebra.multiply(factor, algebra.call("diag", (array,), (str(offset),), node.shape))


def _diagonal_of(algebra: Algebra, x: Expr, shape: Shape) -> Expr:
    """The diagonal of a matrix that is not written as one where it is a vector along its rows."""
    if len(x[1].shape) < 2:
        return x
    vector = flat(algebra, x)
    if vector is not None:
        return vector
    factor, array = split(algebra, repeated(algebra, x, 2 * shape))
    if is_call(array, "outer"):
        return algebra.multiply(factor, argument(array), argument(array, 1))
    if is_call(array, ".T"):
        array = argument(array)
    return algebra.multiply(factor, algebra.call("diag", (array,), (), shape))


def _as_vector(algebra: Algebra, array: Expr) -> Expr:
    """The elements of an array, row by row."""
    shape = array[1].shape
    if len(shape) == 1:
        return array
    size = math.prod(shape)
    return flat(algebra, array) or algebra.call("reshape", (array,), (str(size),), (size,))


def _take_along(reader: Reading, node: Node, x: Expr, index: Expr) -> Expr:
    algebra: Algebra = reader.algebra
    axis: Any = node.params[0]
    whole = repeated(algebra, x, node.inputs[0].shape)
    places = repeated(algebra, index, node.inputs[1].shape)
    if is_call(places, "argsort") and isinstance(places[1], Call) and places[1].arguments[0] == whole:
        return algebra.call("sort", (whole,), places[1].words, node.shape)
    return algebra.call("gather", (whole, _number(axis + len(node.shape)), places), (), node.shape)


def _put_along(reader: Reading, node: Node, x: Expr, index: Expr) -> Expr:
    algebra: Algebra = reader.algebra
    axis: Any = node.params[0]
    if (
        len(node.shape) == 1
        and node.inputs[0].shape == (1,)
        and (place := _one_place(node.inputs[1])) is not None
    ):
        element = x if not x[1].shape else algebra.call("[]", (x,), ("0",))
        return in_one_place(algebra, element, place, node.shape[0])
    number, array = split(algebra, x)
    whole = repeated(algebra, array, node.inputs[0].shape)
    places = repeated(algebra, index, node.inputs[1].shape)
    zeros = algebra.call("zeros", (), tuple(map(str, node.shape)), node.shape)
    dim = _number(axis + len(node.shape))
    return algebra.multiply(number, algebra.call("scatter_add", (zeros, dim, places, whole), (), node.shape))


def _one_place(index: Node) -> int | None:
    """The only place in an array of them, where that is a constant."""
    while index.primitive is expand_primitive or index.primitive.name in ("reshape", "alias"):
        index = index.inputs[0]
    return int(index.value.reshape(())) if isinstance(index, Constant) and index.value.size == 1 else None


def _number(value: int) -> Expr:
    return value, ONE


RULES: dict[str, Rule] = {
    "subscript": _subscript,
    "embed": _embed,
    "gather": _gather,
    "scatter": _scatter,
    "take_along": _take_along,
    "put_along": _put_along,
}
"""What these operations say."""
