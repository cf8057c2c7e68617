"""Products of vectors and matrices."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from gradcli.arrays import Array, Shape
from gradcli.engine.graph import Kernel, Node, constant, expand, intern, unexpand
from gradcli.engine.primitives import kernels
from gradcli.engine.primitives.arithmetic import masked, multiply, reach
from gradcli.engine.primitives.entry import TABLE, Composite, Meaning, Structural, as_number, begin_family
from gradcli.engine.primitives.shaping import permute, reshape, reshaped
from gradcli.engine.shapes import ShapeError, broadcast_shape

begin_family("linear algebra")


def _matmul_shape(params: tuple[Any, ...], a: Shape, b: Shape) -> Shape:
    if not a or not b:
        raise ShapeError("@ multiplies vectors and matrices, not single numbers", hint="use * for numbers")
    inner = b[0] if len(b) == 1 else b[-2]
    if a[-1] != inner:
        raise ShapeError(
            f"shapes {list(a)} and {list(b)} cannot be multiplied",
            hint=f"the last size of the left ({a[-1]}) must equal the {'' if len(b) == 1 else 'row '}"
            f"size of the right ({inner})",
        )
    lead = broadcast_shape((a[:-2], b[:-2]))
    return lead + a[-2:-1] + (b[-1:] if len(b) > 1 else ())


_AT_ONCE = 2e9
"""How many products of numbers one call of NumPy is given: it cannot be interrupted before its end."""


def _product(a: Array, b: Array, out: Array | None = None) -> Any:
    """a @ b; a very large one by blocks of rows, between which Ctrl-C is heard."""
    if a.ndim != 2 or b.ndim != 2 or a.size * b.shape[1] <= _AT_ONCE:
        return np.matmul(a, b, out=out)
    result = np.empty((a.shape[0], b.shape[1])) if out is None else out
    rows = max(1, int(_AT_ONCE / b.size))
    for start in range(0, a.shape[0], rows):
        np.matmul(a[start : start + rows], b, out=result[start : start + rows])
    return result


def _matmul_kernel(node: Node, multiply: Kernel = _product) -> Kernel:
    """What `multiply` does with matrices, for vectors too, and for stacks of them.

    Behind the operands may stand an array for each of them, in its shape.
    """
    row, column = (len(each.shape) == 1 for each in node.inputs[:2])
    left, right = (max(2, len(each.shape)) for each in node.inputs[:2])
    if left == right and not row and not column:
        return multiply

    most = max(left, right)

    def lined_up(x: Array, rank: int) -> Array:
        """The batch axis before all others, of which the other operand may have more."""
        return x if x.ndim == rank else x.reshape(x.shape[:1] + (1,) * (most - rank) + x.shape[1:])

    def as_left(x: Array) -> Array:
        return lined_up(x[..., None, :] if row else x, left)

    def as_right(x: Array) -> Array:
        return lined_up(x[..., :, None] if column else x, right)

    def kernel(*arrays: Array) -> Any:
        sides = (as_left, as_right)
        product = multiply(*(sides[place % 2](each) for place, each in enumerate(arrays)))
        if column:
            product = product[..., 0]
        return product[..., 0] if row and column else product[..., 0, :] if row else product

    return kernel


def transposed(x: Node) -> Node:
    """The matrix (or each of a stack of them) with rows for columns; raises `ShapeError` for others."""
    rank = len(x.shape)
    if rank < 2:
        raise ShapeError(f"takes matrices, and not shape {list(x.shape)}")
    return permute(x, (*range(-rank, -2), -1, -2))


def _as_matrices(node: Node, ct: Node) -> tuple[Node, Node, Node]:
    """Both operands and the cotangent, with vectors as matrices of one row or one column."""
    a, b = node.inputs[:2]
    rows = a.shape[-2] if len(a.shape) > 1 else 1
    columns = b.shape[-1] if len(b.shape) > 1 else 1
    lead = broadcast_shape((a.shape[:-2], b.shape[:-2]))
    left = a if len(a.shape) > 1 else reshape(a, (1, a.shape[0]))
    right = b if len(b.shape) > 1 else reshape(b, (b.shape[0], 1))
    return left, right, reshape(ct, (*lead, rows, columns))


def _matmul_transpose(node: Node, ct: Node, index: int) -> Node:
    left, right, flow = _as_matrices(node, ct)
    operand = node.inputs[index]
    if index == 0:
        back = _matrix_product(flow, transposed(right))
    else:
        back = _matrix_product(transposed(left), flow)
    if len(operand.shape) == 1:
        back = unexpand(back, back.shape[-2:])
    return reshape(unexpand(back, operand.shape) if len(operand.shape) > 1 else back, operand.shape)


def _matrix_product(a: Node, b: Node) -> Node:
    """a @ b, in which the structural zeros of either stay zeros."""
    if a.guarded or b.guarded:
        return intern(strong_matmul, (a, b, reach(a), reach(b)))
    return intern(matmul, (a, b))


def _matmul_jvp(node: Node, tangents: Sequence[Node | None]) -> Node | None:
    (a, b), (da, db) = node.inputs[:2], tangents[:2]
    terms = [None if da is None else _matrix_product(da, b), None if db is None else _matrix_product(a, db)]
    found = [each for each in terms if each is not None]
    return found[0] + found[1] if len(found) == 2 else found[0]


def _of_matrices(node: Node) -> bool:
    """Whether a product is one of two matrices, and not of vectors or of stacks."""
    return all(len(each.shape) == 2 for each in node.inputs[:2])


def _strong_product(a: Array, b: Array, in_a: Array, in_b: Array, out: Array | None = None) -> Any:
    """a @ b, where what is outside the support of a or b makes 0 even of inf and nan in the other.

    The plain product is right unless a nan came out of it; then the terms are added one by one, in those
    matrices of a stack that have one: what one of them is does not hang on the others.
    """
    whole = _product(a, b, out)
    total = whole.sum()
    if total == total:
        return whole
    stacked = [np.broadcast_to(each, (*whole.shape[:-2], *each.shape[-2:])) for each in (a, b, in_a, in_b)]
    wrong = np.isnan(whole).any(axis=(-2, -1))
    a, b, in_a, in_b = (each[wrong] for each in stacked)
    terms = np.zeros((len(a), *whole.shape[-2:]))
    for k in range(a.shape[-1]):
        reached = np.logical_and(in_a[..., :, k, None], in_b[..., k, None, :])
        terms += kernels.strong_product(a[..., :, k, None], b[..., k, None, :], reached)
    whole[wrong] = terms
    return whole


def _matmul_grad_fn(node: Node) -> str:
    ranks = tuple(len(each.shape) for each in node.inputs)
    names: dict[tuple[int, ...], str] = {
        (1, 1): "DotBackward0",
        (2, 1): "MvBackward0",
        (2, 2): "MmBackward0",
        (1, 2): "SqueezeBackward4",
    }
    return names.get(ranks, "UnsafeViewBackward0")


matmul: Structural = Structural(
    "matmul",
    "a, b",
    _matmul_shape,
    _matmul_kernel,
    transpose=_matmul_transpose,
    jvp=_matmul_jvp,
    mixes_batches=True,
    builder=lambda a, b: intern(matmul, (as_number(a), as_number(b))),
    doc="Product of matrices and vectors; of two vectors, the sum of their products.",
    example=("[[1, 2], [3, 4]] @ [1, 1]", "[3, 7]"),
    derivative="G @ b.T in a and a.T @ G in b, where G is the gradient in a @ b",
    aliases=("mm", "mv"),
    symbol="@",
    grad_fn=_matmul_grad_fn,
    whole="kept",
    samples=(
        *(([3], [3]), ([2, 3], [3]), ([3], [3, 2]), ([2, 3], [3, 2]), ([2, 1], [1, 3])),
        *(([2, 2, 3], [3, 2]), ([2, 3], [2, 3, 2]), ([2, 2, 3], [3]), ([3], [2, 3, 2])),
        *(([1, 2, 3], [2, 3, 1]), ([2, 1, 2, 3], [3, 3, 2])),
    ),
)
matmul.fills = _of_matrices


class _StrongMatmul(Structural):
    def tracks(self, index: int) -> bool:
        """Only through the operands: a support is no number."""
        return index < 2


strong_matmul: _StrongMatmul = _StrongMatmul(
    "strong_matmul",
    "a, b, in_a, in_b",
    lambda params, a, b, *supports: _matmul_shape(params, a, b),
    lambda node: _matmul_kernel(node, _strong_product),
    transpose=_matmul_transpose,
    jvp=_matmul_jvp,
    mixes_batches=True,
    guards=True,
    written="a @ b",
    public=False,
)


strong_matmul.fills = _of_matrices


def _dot(a: Node, b: Node) -> Node:
    a, b = as_number(a), as_number(b)
    if not a.shape or not b.shape:
        return multiply.apply(a, b)
    if len(b.shape) <= 2 and len(a.shape) <= 2:
        return intern(matmul, (a, b))
    # As NumPy has it: the last dimension of a with the last but one of b
    rank = len(b.shape)
    inner = b.shape[max(0, rank - 2)]
    first = b if rank == 1 else permute(b, (-2, *range(-rank, -2), -1))
    rows, columns = math.prod(a.shape[:-1]), math.prod(first.shape[1:])
    product = intern(matmul, (reshape(a, (rows, a.shape[-1])), reshape(first, (inner, columns))))
    return reshape(product, a.shape[:-1] + first.shape[1:])


def _outer(a: Node, b: Node) -> Node:
    return multiply.apply(reshaped(a, (math.prod(a.shape), 1)), reshaped(b, (1, math.prod(b.shape))))


def _trace(x: Node) -> Node:
    return intern(trace, (as_number(x),))


_DIAGONALS = dict.fromkeys(("offset", "axis1", "axis2"), "integer")


def _trace_along(x: Node, offset: int, first: int, second: int) -> Node:
    """The sums of the diagonals that two dimensions hold."""
    return TABLE["sum"].build(TABLE["diagonal"].build(as_number(x), offset, first, second), (-1,), False)


def _trace_shape(params: tuple[Any, ...], shape: Shape) -> Shape:
    if len(shape) != 2:
        raise ShapeError(f"needs a matrix, not shape {list(shape)}", subject="trace")
    return ()


def _trace_transpose(node: Node, ct: Node, index: int) -> Node:
    shape = node.inputs[0].shape
    return masked(expand(ct, shape), constant(np.eye(*shape, dtype=bool)))


trace: Structural = Structural(
    "trace",
    "x",
    _trace_shape,
    lambda node: lambda x: np.trace(x, axis1=-2, axis2=-1),
    transpose=_trace_transpose,
    linear=True,
    keeps_zeros=True,
    builder=_trace,
    doc="Sum of the diagonal of a matrix.",
    example=("trace([[1, 2], [3, 4]])", "5"),
    whole="kept",
    derivative="1 on the diagonal, 0 elsewhere",
    samples=(([3, 3],), ([1, 1],), ([2, 3],)),
    meanings=(
        Meaning(
            "numpy",
            "is of the first two of more dimensions, and of a diagonal beside the main one",
            "x, offset=0, axis1=0, axis2=1, dtype=None, out=None",
            lambda x, offset, axis1, axis2, dtype, out: _trace_along(x, offset, axis1, axis2),
            holds=_DIAGONALS,
        ),
        Meaning(
            "numpy.linalg",
            "is of the last two of more dimensions, and of a diagonal beside the main one",
            "x, offset=0, dtype=None",
            lambda x, offset, dtype: _trace_along(x, offset, -2, -1),
            holds=_DIAGONALS,
        ),
    ),
)

Composite(
    "dot",
    "a, b",
    _dot,
    "Sum of the products of two vectors' elements; of matrices their product, as NumPy has it.",
    ("dot([1, 2], [3, 4])", "11"),
    derivative="b in a, and a in b",
    whole="kept",
    samples=(([3], [3]), ([2, 3], [3]), ([2, 3], [3, 2]), ([2, 3], [2, 3, 2]), ([], [3])),
)
Composite(
    "outer",
    "a, b",
    _outer,
    "Every element of a, row by row, times every element of b, as a matrix.",
    ("outer([1, 2], [3, 4])", "[[3, 4],\n [6, 8]]"),
    aliases=("ger",),
    whole="kept",
    derivative="G @ b in a and a @ G in b, where G is the gradient in outer(a, b)",
    samples=(([3], [2]), ([2, 2], [2])),
)
