"""Systems of equations, inverses, pseudo-inverses and least squares.

Source: G. H. Golub and V. Pereyra, *SIAM J. Numer. Anal.* 10 (1973), for the pseudo-inverse.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from gradcli.arrays import Shape
from gradcli.engine.graph import Node, as_node, constant, expand, intern
from gradcli.engine.primitives.entry import (
    TABLE,
    Composite,
    Meaning,
    Result,
    Results,
    Structural,
    as_number,
    begin_family,
)
from gradcli.engine.primitives.linalg import matmul, transposed
from gradcli.engine.primitives.matrices import (
    Params,
    converging,
    identity,
    lower,
    matrices,
    of_regular,
    product,
    square_shape,
    there,
    upper,
)
from gradcli.engine.primitives.reductions import total
from gradcli.engine.primitives.shaping import axis_of, permute, reshape
from gradcli.engine.shapes import ShapeError, broadcast_shape

begin_family("linear algebra")

# Systems of equations and inverses


def right_side(a: Shape, b: Shape, name: str, hint: str) -> Shape:
    """The shape of the right side of systems of equations; raises `ShapeError` where it does not fit."""
    if len(b) < 2 or b[-2] != a[-1] or b[:-2] != a[:-2]:
        raise ShapeError(f"has sides of shapes {list(a)} and {list(b)}", hint=hint, subject=name)
    return b


def _solve_shape(params: Params, a: Shape, b: Shape) -> Shape:
    matrices(a, "solve", square=True)
    return right_side(a, b, "solve", f"the right side needs {a[-1]} rows, one for each row of the matrix")


def _solve_transpose(node: Node, ct: Node, index: int) -> Node:
    back = intern(solve_primitive, (transposed(node.inputs[0]), ct))
    return back if index == 1 else -product(back, transposed(node))


def _solve_jvp(node: Node, tangents: Sequence[Node | None]) -> Node:
    a, _ = node.inputs
    da, db = tangents
    moved = None if da is None else -product(da, node)
    right = db if moved is None else moved if db is None else db + moved
    assert right is not None
    return intern(solve_primitive, (a, right))


solve_primitive = Structural(
    "solve",
    "A, B",
    _solve_shape,
    of_regular("solve", lambda a, b: np.linalg.solve(a, b)),
    transpose=_solve_transpose,
    jvp=_solve_jvp,
    public=False,
    written="inv(A) @ B",
    grad_fn="LinalgSolveExBackward0",
)


def _broadcast(a: Node, b: Node) -> tuple[Node, Node]:
    """Two stacks of matrices, of as many each."""
    lead = broadcast_shape((a.shape[:-2], b.shape[:-2]))
    return expand(a, (*lead, *a.shape[-2:])), expand(b, (*lead, *b.shape[-2:]))


def _solve(a: Node, b: Node, left: bool) -> Node:
    """As PyTorch: a right side with an axis less, and the sizes of the rows, is a vector for each matrix."""
    a, b = as_number(a), as_number(b)
    if left and len(b.shape) > 1 and b.shape == a.shape[:-1]:
        found = solution(a, reshape(b, (*b.shape, 1)))
        return reshape(found, b.shape)
    return solution(a, b, left)


def solution(a: Node, b: Node, left: bool = True) -> Node:
    """X with A @ X = B, or X @ A = B; raises `ShapeError`."""
    a, b = as_number(a), as_number(b)
    if not a.shape:
        hint = "equations are solved by a statement: `solve x**2 - 2, x=1`"
        raise ShapeError("takes a matrix, and this is a single number", hint=hint, subject="solve")
    matrices(a.shape, "solve", square=True)
    vector = len(b.shape) == 1
    if not b.shape:
        raise ShapeError("takes a vector or a matrix on the right", subject="solve")
    if not left:
        return transposed(solution(transposed(a), transposed(b)))
    column = reshape(b, (b.shape[0], 1)) if vector else b
    if vector and column.shape[-2] != a.shape[-1]:
        return intern(solve_primitive, (a, column))  # which says what does not fit
    found = intern(solve_primitive, _broadcast(a, column))
    return reshape(found, found.shape[:-1]) if vector else found


Composite(
    "solve",
    "A, B, left=True",
    _solve,
    "X with A @ X = B, for a square matrix A and a vector or matrix B; with left=False, X @ A = B.",
    ("solve([[2, 0], [0, 4]], [1, 2])", "[0.5, 0.5]"),
    holds={"left": "truth"},
    derivative="-inv(A).T @ G @ X.T in A and inv(A).T @ G in B, where G is the gradient in X",
    numpy="linalg.solve(A, B)",
    samples=(([3, 3], [3], True), ([2, 2], [2, 3], True), ([2, 2, 2], [2, 2, 1], True)),
    meanings=(
        Meaning("numpy", "takes a right side of two axes as a matrix", "A, B", lambda a, b: solution(a, b)),
    ),
)

inv_primitive: Structural = Structural(
    "inv",
    "A",
    square_shape("inv"),
    of_regular("inv", lambda a: np.linalg.inv(a)),
    transpose=lambda node, ct, index: -product(transposed(node), ct, transposed(node)),
    jvp=lambda node, tangents: _minus(node, tangents[0]),
    builder=lambda a: intern(inv_primitive, (as_number(a),)),
    aliases=("inverse",),
    doc="The inverse of a square matrix.",
    example=("inv([[2, 0], [0, 4]])", "[[0.5,    0],\n [  0, 0.25]]"),
    derivative="-inv(A).T @ G @ inv(A).T, where G is the gradient in inv(A)",
    numpy="linalg.inv(A)",
    grad_fn="LinalgInvExBackward0",
    samples=(([3, 3],), ([1, 1],), ([2, 2, 2],)),
)


def _minus(node: Node, tangent: Node | None) -> Node:
    return -product(node, there(tangent), node)


def _triangular(a: Node, b: Node, upper_part: bool, left: bool, unitriangular: bool) -> Node:
    a = as_number(a)
    matrices(a.shape, "solve_triangular", square=True)
    kept = upper(a) if upper_part else lower(a)
    if unitriangular:
        kept = (upper(a, 1) if upper_part else lower(a, -1)) + identity(a, a.shape[-1])
    return solution(kept, b, left)


Composite(
    "solve_triangular",
    "A, B, upper=False, left=True, unitriangular=False",
    _triangular,
    "X with A @ X = B, where only the lower (or upper) triangle of A is read.",
    ("solve_triangular([[2, 9], [1, 4]], [2, 9], False)", "[1, 2]"),
    holds={"upper": "truth", "left": "truth", "unitriangular": "truth"},
    derivative="those of solve, in the triangle that is read",
    numpy="linalg.solve(triu(A) if upper else tril(A), B)",
    samples=(([3, 3], [3], False, True, False), ([2, 2], [2, 2], True, True, False)),
)


def _factored(factor: Node, upper_part: bool, name: str) -> Node:
    """The matrix that has a Cholesky factor, of which only the lower (or upper) triangle is read."""
    factor = as_number(factor)
    matrices(factor.shape, name, square=True)
    factor = upper(factor) if upper_part else lower(factor)
    left, right = (transposed(factor), factor) if upper_part else (factor, transposed(factor))
    return product(left, right)


Composite(
    "cholesky_solve",
    "B, L, upper=False",
    lambda b, factor, upper_part: solution(_factored(factor, upper_part, "cholesky_solve"), b),
    "X with A @ X = B, where L is the Cholesky factor of A: only its lower (or upper) triangle is read.",
    ("cholesky_solve([4, 8], [[2, 0], [0, 2]])", "[1, 2]"),
    holds={"upper": "truth"},
    derivative="those of solve(L @ L.T, B)",
    numpy="linalg.solve(triu(L).T @ triu(L) if upper else tril(L) @ tril(L).T, B)",
    samples=(([2, 2], [2, 2], False), ([2, 2], [2, 2], True)),
)


Composite(
    "cholesky_inverse",
    "L, upper=False",
    lambda factor, upper_part: intern(inv_primitive, (_factored(factor, upper_part, "cholesky_inverse"),)),
    "The inverse of the matrix of which L, whose lower (or upper) triangle is read, is the Cholesky factor.",
    ("cholesky_inverse([[2, 0], [0, 4]])", "[[0.25,      0],\n [   0, 0.0625]]"),
    holds={"upper": "truth"},
    derivative="those of inv(L @ L.T)",
    numpy="linalg.inv(swapaxes(triu(L), -1, -2) @ triu(L) if upper else tril(L) @ swapaxes(tril(L), -1, -2))",
    samples=(([2, 2], False), ([2, 2], True), ([2, 2, 2], False)),
)


def _triangular_solve(b: Node, a: Node, upper_part: bool, transpose: bool, unitriangular: bool) -> Node:
    if transpose:
        return _triangular(transposed(as_number(a)), b, not upper_part, True, unitriangular)
    return _triangular(a, b, upper_part, True, unitriangular)


Composite(
    "triangular_solve",
    "B, A, upper=True, transpose=False, unitriangular=False",
    _triangular_solve,
    "X with A @ X = B (or A.T @ X = B), where only the upper (or lower) triangle of A is read, and A itself.",
    ("triangular_solve([[4], [2]], [[1, 1], [0, 2]])[0]", "[[3],\n [1]]"),
    holds={"upper": "truth", "transpose": "truth", "unitriangular": "truth"},
    derivative="those of solve, in the triangle that is read",
    numpy="linalg.solve((triu(A) if upper else tril(A)).swapaxes(0, 0 if not transpose else 1), B)",
    results=Results(
        "solution",
        (Result("cloned_coefficient", lambda b, a, *how: as_number(a)),),
        title="triangular_solve",
        alone="",
        listed=True,
    ),
    samples=(([2, 2], [2, 2], True, False, False), ([3, 2], [3, 3], False, True, False)),
)


# Pseudo-inverses and least squares


def _pinv_transpose(node: Node, ct: Node, index: int) -> Node:
    a, p = node.inputs[0], node
    pt, back = transposed(p), transposed(ct)
    off_rows = back - product(a, p, back)
    off_columns = back - product(back, p, a)
    return -product(pt, ct, pt) + product(off_rows, p, pt) + product(pt, p, off_columns)


def _pinv_jvp(node: Node, tangents: Sequence[Node | None]) -> Node:
    a, p = node.inputs[0], node
    tangent = there(tangents[0])
    pt, back = transposed(p), transposed(tangent)
    off_rows = back - product(back, a, p)
    off_columns = back - product(p, a, back)
    return -product(p, tangent, p) + product(p, pt, off_rows) + product(off_columns, pt, p)


pinv: Structural = Structural(
    "pinv",
    "A",
    lambda params, shape: (*matrices(shape, "pinv")[:-2], shape[-1], shape[-2]),
    converging("pinv", lambda a: np.linalg.pinv(a)),
    transpose=_pinv_transpose,
    jvp=_pinv_jvp,
    builder=lambda a: intern(pinv, (as_number(a),)),
    aliases=("pinverse",),
    doc="The pseudo-inverse of Moore and Penrose; derivatives are those among matrices of equal rank.",
    example=("pinv([[2], [0]])", "[[0.5, 0]]"),
    derivative="-P.T @ G @ P.T, with two terms more where A is not square: P = pinv(A)",
    numpy="linalg.pinv(A)",
    grad_fn="LinalgPinvBackward0",
    samples=(([3, 3],), ([3, 2],), ([2, 3],)),
    meanings=(
        Meaning(
            "numpy.linalg torch.linalg",
            "reads only the lower triangle of a matrix that is said to be symmetric",
            "A, hermitian=False",
            lambda a, symmetric: pinv.build(_symmetric(a) if symmetric else a),
            names="pinv",
            holds={"hermitian": "truth"},
        ),
    ),
)


def _symmetric(a: Node) -> Node:
    """The symmetric matrices with these lower triangles."""
    a = as_number(a)
    matrices(a.shape, "pinv", square=True)
    return lower(a) + transposed(lower(a, -1))


def _lstsq(a: Node, b: Node) -> Node:
    a, b = as_number(a), as_number(b)
    return intern(matmul, (intern(pinv, (a,)), b))


def _residuals(a: Node, b: Node, *rest: Any) -> Node:
    """The sum of squares that is left of each right side; none where there are no more rows than columns."""
    a, b = as_number(a), as_number(b)
    if a.shape[-2] <= a.shape[-1]:
        return constant(np.zeros(0))
    left = intern(matmul, (a, _lstsq(a, b))) - b
    return total(left * left, (0,), len(b.shape) == 1) if len(b.shape) < 3 else total(left * left, (-2,))


Composite(
    "lstsq",
    "A, B",
    _lstsq,
    "The X of least size for which the squares of A @ X - B add up to the least.",
    ("lstsq([[1, 0], [0, 2], [0, 0]], [3, 4, 5])", "[3, 2]"),
    derivative="that of pinv(A) @ B",
    numpy="linalg.lstsq(A, B, rcond=None)[0]",
    samples=(([3, 2], [3]), ([3, 2], [3, 2])),
    results=Results(
        "solution",
        (
            Result("residuals", _residuals),
            Result("rank", lambda a, b, *rest: TABLE["matrix_rank"].build(a), whole="always"),
            Result("singular_values", lambda a, b, *rest: TABLE["svdvals"].build(a)),
        ),
        title="linalg_lstsq",
        listed=True,
    ),
    meanings=(
        Meaning(
            "numpy.linalg scipy.linalg",
            "takes a bound for singular values, which only None and 0 leave as it is here",
            "A, B, rcond=None",
            lambda a, b, rcond: _lstsq(a, b),
            holds={"rcond": "nothing"},
        ),
    ),
)


# Arrays of more axes as matrices


def _folded(a: Node, rows: int, name: str) -> tuple[Node, Shape, Shape]:
    """An array as a square matrix, of which the first axes are the rows, and its sizes of both."""
    first, last = a.shape[:rows], a.shape[rows:]
    if math.prod(first) != math.prod(last):
        raise ShapeError(
            f"needs as many rows as columns, and {list(first)} are not as many as {list(last)}", subject=name
        )
    return reshape(a, (math.prod(first), math.prod(last))), first, last


def _tensorinv(a: Node, ind: int) -> Node:
    a = as_number(a)
    matrix, first, last = _folded(a, ind, "tensorinv")
    return reshape(intern(inv_primitive, (matrix,)), (*last, *first))


def _tensorsolve(a: Node, b: Node, dims: tuple[int, ...] | None) -> Node:
    a, b = as_number(a), as_number(b)
    if dims is not None:  # they are moved to the end
        moved = [axis_of(a, each) for each in dims]
        a = permute(a, (*(axis for axis in range(-len(a.shape), 0) if axis not in moved), *moved))
    matrix, first, last = _folded(a, len(b.shape), "tensorsolve")
    if math.prod(first) != math.prod(b.shape):
        raise ShapeError(
            f"has sides of shapes {list(a.shape)} and {list(b.shape)}",
            hint="the right side has as many elements as the first sizes of the left",
            subject="tensorsolve",
        )
    return reshape(solution(matrix, reshape(b, (math.prod(first),))), last)


Composite(
    "tensorinv",
    "A, ind=2",
    _tensorinv,
    "The inverse of an array as a matrix, whose rows are its first `ind` axes.",
    ("tensorinv([[2, 0], [0, 4]], 1)", "[[0.5,    0],\n [  0, 0.25]]"),
    holds={"ind": "integer"},
    derivative="that of inv",
    numpy="linalg.tensorinv(A, ind)",
    samples=(([2, 2, 4], 2), ([3, 3], 1)),
)
Composite(
    "tensorsolve",
    "A, B, dims=None",
    _tensorsolve,
    "The X with tensordot(A, X) = B, for an array A as a matrix, whose rows are the axes of B.",
    ("tensorsolve([[2, 0], [0, 4]], [1, 2])", "[0.5, 0.5]"),
    derivative="that of solve",
    numpy="linalg.tensorsolve(A, B)",
    samples=(([2, 2, 4], [2, 2], None), ([3, 3], [3], None)),
)


# PyTorch's twins that tell of a failure beside the result: here a failure is an error, and so none is told


def no_failure(a: Node, *rest: Any) -> Node:
    """0 for each matrix: what PyTorch tells of one that has what is asked for."""
    return expand(as_node(0.0), as_number(a).shape[:-2])


Composite(
    "inv_ex",
    "A",
    lambda a: inv_primitive.build(a),
    "The inverse, and 0 where it was found; a singular matrix is an error.",
    ("inv_ex([[2, 0], [0, 4]])[1]", "0"),
    derivative="that of inv",
    numpy="linalg.inv(A)",
    results=Results("inverse", (Result("info", no_failure, whole="always"),), title="linalg_inv_ex"),
    samples=(([3, 3],),),
)
Composite(
    "solve_ex",
    "A, B, left=True",
    _solve,
    "What solve gives, and 0 where it was found; a singular matrix is an error.",
    ("solve_ex([[2, 0], [0, 4]], [1, 2])[1]", "0"),
    holds={"left": "truth"},
    derivative="that of solve",
    numpy="linalg.solve(A, B)",
    results=Results("result", (Result("info", no_failure, whole="always"),), title="linalg_solve_ex"),
    samples=(([3, 3], [3, 2], True),),
)
