"""Inverses, determinants and factorizations of matrices, and what follows from them.

Every function takes stacks of matrices, too: its matrices are the last two axes. Derivatives are written as
the matrix calculus that textbooks print, in nodes, so that they have derivatives themselves.

Sources: M. B. Giles, *Collected matrix derivative results for forward and reverse mode algorithmic
differentiation* (2008), for the factorizations; G. H. Golub and V. Pereyra, *SIAM J. Numer. Anal.* 10 (1973),
for the pseudo-inverse; N. J. Higham, *SIAM J. Matrix Anal. Appl.* 26 (2005), for the exponential.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradcli.arrays import Array, Shape
from gradcli.engine.graph import Kernel, Node, as_node, constant, expand, intern, nothing_like
from gradcli.engine.primitives.arithmetic import divide, masked, where
from gradcli.engine.primitives.elementwise import absolute, log
from gradcli.engine.primitives.entry import (
    Composite,
    Meaning,
    Result,
    Results,
    Structural,
    as_number,
    begin_family,
)
from gradcli.engine.primitives.linalg import matmul, transposed
from gradcli.engine.primitives.reductions import along, amax, amin, norm, sum_primitive, total
from gradcli.engine.primitives.shaping import axis_of, cat_primitive, permute, reshape, stack, subscript
from gradcli.engine.shapes import ShapeError
from gradcli.text.errors import EvaluationError

begin_family("linear algebra")

Params = tuple[Any, ...]

EPSILON = float(np.finfo(float).eps)


# Matrices as nodes


def product(*factors: Node) -> Node:
    """The product of matrices, from the left."""
    found = factors[0]
    for each in factors[1:]:
        found = intern(matmul, (found, each))
    return found


def identity(like: Node, size: int) -> Node:
    """The identity of a size, for each matrix of a stack."""
    return expand(constant(np.eye(size)), (*like.shape[:-2], size, size))


def diagonal_scaled(matrix: Node, factors: Node) -> Node:
    """A matrix whose columns are multiplied by factors: its product with a diagonal matrix."""
    return matrix * reshape(factors, (*factors.shape[:-1], 1, factors.shape[-1]))


def part(matrix: Node, keeps: Callable[[int, int], Array]) -> Node:
    """The elements of a matrix that a mask of its sizes keeps, and 0 elsewhere."""
    rows, columns = matrix.shape[-2:]
    return masked(matrix, expand(constant(keeps(rows, columns)), matrix.shape))


def lower(matrix: Node, diagonal: int = 0) -> Node:
    """The lower triangle, up to a diagonal."""
    return part(matrix, lambda rows, columns: np.tri(rows, columns, diagonal, dtype=bool))


def upper(matrix: Node, diagonal: int = 0) -> Node:
    """The upper triangle, from a diagonal."""
    return part(matrix, lambda rows, columns: ~np.tri(rows, columns, diagonal - 1, dtype=bool))


def symmetric(matrix: Node) -> Node:
    """The symmetric part, which is all that a symmetric matrix is."""
    return 0.5 * (matrix + transposed(matrix))


def halved(matrix: Node) -> Node:
    """The lower triangle with half of the diagonal: of a symmetric S the L with L + L.T = S."""
    return 0.5 * (lower(matrix) + lower(matrix, -1))


def columns_of(matrix: Node, first: int, last: int) -> Node:
    """Some columns of a matrix, from one up to another."""
    lead = tuple((0, size, 1) for size in matrix.shape[:-1])
    return subscript(matrix, (*lead, (first, last, 1)))


def beside(*matrices: Node) -> Node:
    """Matrices side by side."""
    return intern(cat_primitive, matrices, (-1,))


def _there(node: Node | None) -> Node:
    assert node is not None
    return node


# Shapes


def matrices(shape: Shape, name: str, *, square: bool = False) -> Shape:
    """The shape of matrices (square ones); raises `ShapeError` for any other."""
    if len(shape) < 2:
        raise ShapeError(f"takes matrices, and not shape {list(shape)}", subject=name)
    if square and shape[-1] != shape[-2]:
        raise ShapeError(f"needs square matrices, and not {shape[-2]} by {shape[-1]}", subject=name)
    return shape


def _square(name: str) -> Callable[..., Shape]:
    return lambda params, shape: matrices(shape, name, square=True)


def _number_of(name: str) -> Callable[..., Shape]:
    return lambda params, shape: matrices(shape, name, square=True)[:-2]


# Kernels


def _refusing(compute: Callable[..., Any], *error: str) -> Callable[[Node], Kernel]:
    """A kernel of LAPACK's, and the message (and hint) of the error where it finds nothing."""

    def kernel(*arrays: Array) -> Any:
        try:
            return compute(*arrays)
        except np.linalg.LinAlgError:
            raise EvaluationError(error[0], hint=error[1] if error[1:] else None) from None

    return lambda node: kernel


def _of_regular(name: str, compute: Callable[..., Any]) -> Callable[[Node], Kernel]:
    return _refusing(compute, f"{name}: the matrix is singular", "pinv(A) is there for every matrix")


def _converging(name: str, compute: Callable[[Array], Any]) -> Callable[[Node], Kernel]:
    """A kernel of LAPACK's that iterates, and of a matrix with nan or inf finds nothing."""
    refusing = _refusing(compute, f"{name} does not converge")

    def make(node: Node) -> Kernel:
        of_finite = refusing(node)

        def kernel(a: Array) -> Any:
            if not np.isfinite(a).all():
                return np.full(a.shape[: a.ndim - len(node.inputs[0].shape)] + node.shape, np.nan)
            return of_finite(a)

        return kernel

    return make


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
    _of_regular("solve", lambda a, b: np.linalg.solve(a, b)),
    transpose=_solve_transpose,
    jvp=_solve_jvp,
    public=False,
    written="inv(A) @ B",
    grad_fn="LinalgSolveExBackward0",
)


def _broadcast(a: Node, b: Node) -> tuple[Node, Node]:
    """Two stacks of matrices, of as many each."""
    lead = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
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
    _square("inv"),
    _of_regular("inv", lambda a: np.linalg.inv(a)),
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
    assert tangent is not None
    return -product(node, tangent, node)


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
Composite(
    "cholesky_solve",
    "B, L, upper=False",
    lambda b, factor, upper: solution(
        product(transposed(factor), factor) if upper else product(factor, transposed(factor)), b
    ),
    "X with A @ X = B, where L is the Cholesky factor of A.",
    ("cholesky_solve([4, 8], [[2, 0], [0, 2]])", "[1, 2]"),
    holds={"upper": "truth"},
    derivative="those of solve(L @ L.T, B)",
    numpy="linalg.solve(L.T @ L if upper else L @ L.T, B)",
    samples=(([2, 2], [2, 2], False), ([2, 2], [2, 2], True)),
)


# Determinants: the cofactors are the derivative, right at every rank


def _minor(x: Node, row: int, column: int) -> Node:
    """One element of each matrix."""
    lead = tuple((0, size, 1) for size in x.shape[:-2])
    return subscript(x, (*lead, row, column))


def _small_cofactors(x: Node) -> Node:
    """The cofactors of matrices of up to three rows, written out."""
    size = x.shape[-1]
    if size == 0:
        return x
    at = [[_minor(x, i, j) for j in range(size)] for i in range(size)]
    if size == 1:
        return expand(as_node(1.0), x.shape)
    if size == 2:
        rows = [[at[1][1], -at[1][0]], [-at[0][1], at[0][0]]]
    else:
        rows = []
        for i in range(3):
            (a, b), others = [k for k in range(3) if k != i], []
            for j in range(3):
                c, d = (k for k in range(3) if k != j)
                minor = at[a][c] * at[b][d] - at[a][d] * at[b][c]
                others.append(minor if (i + j) % 2 == 0 else -minor)
            rows.append(others)
    return stack([stack(row, dim=-1) for row in rows], dim=-2)


def _decomposed(a: Array) -> tuple[Array, Array, Array, Array]:
    """The singular value decomposition, and the sign of det(U) det(V)."""
    u, s, vh = np.linalg.svd(a)
    return u, s, vh, np.linalg.det(u) * np.linalg.det(vh)


def _products_of_others(s: Array) -> Array:
    """For each singular value the product of the others."""
    size = s.shape[-1]
    rest = np.ones((*s.shape, size)) * s[..., None, :]
    rest[..., np.arange(size), np.arange(size)] = 1.0
    return np.asarray(rest.prod(-1))


def _cofactors_kernel(node: Node) -> Kernel:
    def kernel(a: Array) -> Any:
        if not np.isfinite(a).all():
            return np.full(a.shape, np.nan)
        u, s, vh, sign = _decomposed(a)
        return sign[..., None, None] * (u * _products_of_others(s)[..., None, :]) @ vh

    return kernel


def _cofactors_slope_kernel(node: Node) -> Kernel:
    """How the cofactors move with the matrix along E: of C = U.T E V and P[i, j], the product of all but two.

    The result is U D V.T with D[i, j] = -C[j, i] P[i, j] off the diagonal, and the sum over j of
    C[j, j] P[i, j] on it; no quotient of singular values stands in it.
    """

    def kernel(a: Array, e: Array) -> Any:
        if not (np.isfinite(a).all() and np.isfinite(e).all()):
            return np.full(np.broadcast_shapes(a.shape, e.shape), np.nan)
        u, s, vh, sign = _decomposed(a)
        size = s.shape[-1]
        inner = np.swapaxes(u, -1, -2) @ e @ np.swapaxes(vh, -1, -2)
        pairs = np.ones((*s.shape, size, size)) * s[..., None, None, :]
        places = np.arange(size)
        pairs[..., places, :, places] = 1.0
        pairs[..., :, places, places] = 1.0
        rest = pairs.prod(-1)
        rest[..., places, places] = 0.0
        moved = -np.swapaxes(inner, -1, -2) * rest
        on_diagonal = np.diagonal(inner, axis1=-2, axis2=-1)
        moved[..., places, places] = (rest @ on_diagonal[..., None])[..., 0]
        return sign[..., None, None] * (u @ moved @ vh)

    return kernel


def cofactors(x: Node) -> Node:
    """The matrix of cofactors: the derivative of the determinant."""
    return _small_cofactors(x) if x.shape[-1] <= 3 else intern(cofactors_primitive, (x,))


def _cofactors_bend_kernel(node: Node) -> Kernel:
    """How that moves with the matrix along F: the third derivative of the determinant, in E and F.

    With C = U.T E V, D = U.T F V and P[i, j, k], the product of all singular values but three, the diagonal
    of the inner matrix is the sum over i, j of (C[i, i] D[j, j] - C[i, j] D[j, i]) P[i, j, k]. Its element
    k, c is the sum over m of C[c, m] D[m, k] - C[c, k] D[m, m], and the same with C and D exchanged, times
    P[k, c, m]: the permutations of three rows, with their signs.
    """

    def kernel(a: Array, e: Array, f: Array) -> Any:
        if not all(np.isfinite(each).all() for each in (a, e, f)):
            return np.full(np.broadcast_shapes(a.shape, e.shape, f.shape), np.nan)
        u, s, vh, sign = _decomposed(a)
        size = s.shape[-1]
        back, v = np.swapaxes(u, -1, -2), np.swapaxes(vh, -1, -2)
        c, d = back @ e @ v, back @ f @ v
        places = np.arange(size)
        rest = np.ones((*s.shape, size, size, size)) * s[..., None, None, None, :]
        rest[..., places, :, :, places] = 1.0
        rest[..., :, places, :, places] = 1.0
        rest[..., :, :, places, places] = 1.0
        triples = rest.prod(-1)
        distinct = (
            (places[:, None, None] != places[:, None])
            & (places[:, None, None] != places)
            & (places[:, None] != places)
        )
        triples = np.where(distinct, triples, 0.0)
        moved = np.zeros(np.broadcast_shapes(c.shape, d.shape))
        for one, other in ((c, d), (d, c)):
            moved += np.einsum("...cm,...mk,...kcm->...kc", one, other, triples)
            moved -= np.einsum("...ck,...mm,...kcm->...kc", one, other, triples)
        on_diagonal = np.einsum("...ii,...jj,...ijk->...k", c, d, triples)
        on_diagonal -= np.einsum("...ij,...ji,...ijk->...k", c, d, triples)
        moved[..., places, places] = on_diagonal
        return sign[..., None, None] * (u @ moved @ vh)

    return kernel


def _slope_transpose(node: Node, ct: Node, index: int) -> Node:
    a, e = node.inputs
    return intern(cofactors_bend, (a, e, ct)) if index == 0 else intern(cofactors_slope, (a, ct))


def _bend_transpose(node: Node, ct: Node, index: int) -> Node:
    a, e, f = node.inputs
    if index == 0:
        raise EvaluationError("the fourth derivative of the determinant of more than 3 rows is not known")
    return intern(cofactors_bend, (a, ct, f) if index == 1 else (a, e, ct))


def _symmetric_jvp(node: Node, tangents: Sequence[Node | None]) -> Node:
    """The tangent of what is symmetric in all of its directions: the pullback of the tangent itself."""
    found = [
        node.primitive.pullback(node, tangent, index)
        for index, tangent in enumerate(tangents)
        if tangent is not None
    ]
    whole = found[0]
    for each in found[1:]:
        whole = _there(whole) + _there(each)
    return _there(whole)


cofactors_bend = Structural(
    "cofactors_bend",
    "A, E, F",
    lambda params, a, e, f: e,
    _cofactors_bend_kernel,
    transpose=_bend_transpose,
    jvp=_symmetric_jvp,
    public=False,
)
cofactors_slope = Structural(
    "cofactors_slope",
    "A, E",
    lambda params, a, e: e,
    _cofactors_slope_kernel,
    transpose=_slope_transpose,
    jvp=_symmetric_jvp,
    public=False,
)


cofactors_primitive = Structural(
    "cofactors",
    "A",
    lambda params, a: a,
    _cofactors_kernel,
    transpose=lambda node, ct, index: intern(cofactors_slope, (node.inputs[0], ct)),
    jvp=lambda node, tangents: intern(cofactors_slope, (node.inputs[0], tangents[0] or nothing_like(node))),
    public=False,
)


def _of_matrix(number: Node, matrix: Node) -> Node:
    """A number for each matrix of a stack, for each element of it."""
    return expand(reshape(number, (*number.shape, 1, 1)), matrix.shape)


def _determinant(a: Array) -> Any:
    """The determinant; NumPy's goes through its logarithm, and loses digits there."""
    size = a.shape[-1]
    if size > 3:
        from gradcli.engine.primitives.scipy_door import determinant

        return determinant(a)
    if size < 2:
        return a[..., 0, 0] if size else np.ones(a.shape[:-2])[()]
    if size == 2:
        return a[..., 0, 0] * a[..., 1, 1] - a[..., 0, 1] * a[..., 1, 0]
    first, second, third = (a[..., row, :] for row in range(3))
    crossed = np.roll(second, -1, -1) * np.roll(third, -2, -1) - np.roll(second, -2, -1) * np.roll(
        third, -1, -1
    )
    return (first * crossed).sum(-1)


det: Structural = Structural(
    "det",
    "A",
    _number_of("det"),
    lambda node: _determinant,
    transpose=lambda node, ct, index: _of_matrix(ct, node.inputs[0]) * cofactors(node.inputs[0]),
    jvp=lambda node, tangents: _traced(cofactors(node.inputs[0]), tangents[0]),
    builder=lambda a: intern(det, (as_number(a),)),
    doc="The determinant of a square matrix; its derivative is right where that is singular, too.",
    example=("det([[2, 0], [0, 4]])", "8"),
    derivative="det(A)*inv(A).T, the matrix of cofactors",
    numpy="linalg.det(A)",
    grad_fn="LinalgDetBackward0",
    samples=(([3, 3],), ([2, 2],), ([1, 1],), ([2, 2, 2],)),
)


def _traced(weights: Node, tangent: Node | None) -> Node:
    assert tangent is not None
    return total(weights * tangent, (-2, -1))


log_abs_det = Structural(
    "log_abs_det",
    "A",
    _number_of("slogdet"),
    lambda node: lambda a: np.linalg.slogdet(a)[1],
    transpose=lambda node, ct, index: (
        _of_matrix(ct, node.inputs[0]) * transposed(intern(inv_primitive, (node.inputs[0],)))
    ),
    jvp=lambda node, tangents: _traced(transposed(intern(inv_primitive, (node.inputs[0],))), tangents[0]),
    public=False,
    written="log(abs(det(A)))",
    grad_fn="LinalgSlogdetBackward0",
)
sign_of_det = Structural(
    "sign_of_det",
    "A",
    _number_of("slogdet"),
    lambda node: lambda a: np.linalg.slogdet(a)[0],
    transpose=lambda node, ct, index: nothing_like(node.inputs[0]),
    jvp=lambda node, tangents: nothing_like(node),
    public=False,
    written="sign(det(A))",
)
Composite(
    "slogdet",
    "A",
    lambda a: intern(sign_of_det, (as_number(a),)),
    "The sign of the determinant, and the logarithm of its size.",
    ("slogdet([[1, 0], [0, -1]])[1]", "0"),
    derivative="inv(A).T of the logarithm, and 0 of the sign",
    numpy="linalg.slogdet(A)[0]",
    results=Results(
        "sign",
        (Result("logabsdet", lambda a: intern(log_abs_det, (as_number(a),))),),
        title="linalg_slogdet",
        alone="",
    ),
    samples=(([3, 3],),),
)


def _logdet(a: Node) -> Node:
    a = as_number(a)
    sign, size = intern(sign_of_det, (a,)), intern(log_abs_det, (a,))
    return log(sign) + size  # of a negative determinant the logarithm has no value, and says so


Composite(
    "logdet",
    "A",
    _logdet,
    "The logarithm of the determinant; nan where that is negative.",
    ("logdet([[1, 0], [0, 1]])", "0"),
    derivative="inv(A).T",
    numpy="log(linalg.det(A))",
    samples=(([4, 4],),),
)


# Cholesky


def _cholesky_transpose(node: Node, ct: Node, index: int) -> Node:
    inner = halved(product(transposed(node), lower(ct)))
    left = intern(solve_primitive, (transposed(node), inner))
    return symmetric(transposed(intern(solve_primitive, (transposed(node), transposed(left)))))


def _cholesky_jvp(node: Node, tangents: Sequence[Node | None]) -> Node:
    tangent = tangents[0]
    assert tangent is not None
    left = intern(solve_primitive, (node, symmetric(tangent)))
    both = transposed(intern(solve_primitive, (node, transposed(left))))
    return product(node, halved(both))


cholesky_primitive = Structural(
    "cholesky_factor",
    "A",
    _square("cholesky"),
    _refusing(lambda a: np.linalg.cholesky(a), "cholesky: the matrix is not positive-definite"),
    transpose=_cholesky_transpose,
    jvp=_cholesky_jvp,
    public=False,
    written="cholesky(A)",
    grad_fn="LinalgCholeskyExBackward0",
)


def _cholesky(a: Node, upper: bool) -> Node:
    found = intern(cholesky_primitive, (as_number(a),))
    return transposed(found) if upper else found


Composite(
    "cholesky",
    "A, upper=False",
    _cholesky,
    "The lower triangular L with L @ L.T = A, for a symmetric positive-definite matrix.",
    ("cholesky([[4, 2], [2, 5]])", "[[2, 0],\n [1, 2]]"),
    holds={"upper": "truth"},
    derivative="inv(L).T @ half(L.T @ G) @ inv(L), made symmetric; half(M) is the lower triangle of M with "
    "half of its diagonal",
    numpy="linalg.cholesky(A)",
    samples=((((4.0, 2.0), (2.0, 5.0)), False),),
)


# Eigenvalues of symmetric matrices


def _eigenvalues_shape(params: Params, shape: Shape) -> Shape:
    return matrices(shape, "eigh", square=True)[:-1]


def _vectors_of(values: Node) -> Node:
    return intern(eigenvectors, values.inputs)


def _eigenvalues_jvp(node: Node, tangents: Sequence[Node | None]) -> Node:
    tangent = tangents[0]
    assert tangent is not None
    vectors = _vectors_of(node)
    return total(vectors * product(tangent, vectors), (-2,))


def gaps(values: Node) -> Node:
    """1/(l[j] - l[i]), and 0 on the diagonal: infinite where two values are equal."""
    size = values.shape[-1]
    row = reshape(values, (*values.shape[:-1], 1, size))
    column = reshape(values, (*values.shape, 1))
    off = part(row - column, lambda rows, columns: ~np.eye(rows, columns, dtype=bool))
    ones = constant(np.eye(size))
    return part(1 / (off + ones), lambda rows, columns: ~np.eye(rows, columns, dtype=bool))


def _eigenvectors_transpose(node: Node, ct: Node, index: int) -> Node:
    values = intern(eigenvalues, node.inputs)
    inner = gaps(values) * product(transposed(node), ct)
    return symmetric(product(node, inner, transposed(node)))


def _eigenvectors_jvp(node: Node, tangents: Sequence[Node | None]) -> Node:
    tangent = tangents[0]
    assert tangent is not None
    inner = gaps(intern(eigenvalues, node.inputs)) * product(transposed(node), symmetric(tangent), node)
    return product(node, inner)


eigenvalues = Structural(
    "eigenvalues",
    "A",
    _eigenvalues_shape,
    _converging("eigvalsh", lambda a: np.linalg.eigvalsh(a)),
    transpose=lambda node, ct, index: product(
        diagonal_scaled(_vectors_of(node), ct), transposed(_vectors_of(node))
    ),
    jvp=_eigenvalues_jvp,
    public=False,
    written="eigvalsh(A)",
    grad_fn="LinalgEighBackward0",
)
eigenvectors = Structural(
    "eigenvectors",
    "A",
    _square("eigh"),
    _converging("eigh", lambda a: np.linalg.eigh(a)[1]),
    transpose=_eigenvectors_transpose,
    jvp=_eigenvectors_jvp,
    public=False,
    written="eigh(A)[1]",
    grad_fn="LinalgEighBackward0",
)


def _symmetric_of(primitive: Structural, name: str = "eigh") -> Callable[[Node, str | None], Node]:
    """Of the symmetric part, or of the matrix whose lower or upper triangle is read."""

    def build(a: Node, triangle: str | None) -> Node:
        a = checked(as_number(a), name)
        if triangle is None:
            return intern(primitive, (symmetric(a),))
        if triangle not in ("L", "U"):
            raise ShapeError("reads the triangle 'L' or 'U'", hint=f"{name}(A)", subject=name)
        read = lower(a) if triangle == "L" else transposed(upper(a))
        return intern(primitive, (read + transposed(lower(read, -1)),))

    return build


def checked(a: Node, name: str) -> Node:
    """A square matrix; raises `ShapeError` for any other."""
    matrices(a.shape, name, square=True)
    return a


Composite(
    "eigvalsh",
    "A, UPLO=None",
    _symmetric_of(eigenvalues, "eigvalsh"),
    "The eigenvalues of a symmetric matrix, in rising order: of the symmetric part of any other, or of what "
    "the triangle UPLO says, 'L' or 'U'.",
    ("eigvalsh([[2, 0], [0, 1]])", "[1, 2]"),
    derivative="v @ v.T of each value, where v is its eigenvector",
    holds={"UPLO": "text"},
    numpy="linalg.eigvalsh((A + swapaxes(A, -1, -2))/2)",
    samples=(([3, 3], None), ([2, 2, 2], None)),
)
Composite(
    "eigh",
    "A, UPLO=None",
    _symmetric_of(eigenvalues),
    "The eigenvalues of a symmetric matrix, in rising order, and its eigenvectors as columns.",
    ("eigh([[2, 0], [0, 1]])[0]", "[1, 2]"),
    derivative="V @ (F*(V.T @ G)) @ V.T of the vectors, with F[i, j] = 1/(l[j] - l[i]): there is none where "
    "two values are equal",
    holds={"UPLO": "text"},
    numpy="linalg.eigh((A + A.T)/2)[0]",
    results=Results(
        "eigenvalues",
        (Result("eigenvectors", _symmetric_of(eigenvectors)),),
        title="linalg_eigh",
        alone="",
    ),
    samples=(([3, 3], None),),
)


# Singular values


def _parts_of(a: Node) -> tuple[Node, Node, Node]:
    """U, s and V.T of a matrix, as nodes."""
    return tuple(intern(each, (a,)) for each in (svd_u, svd_s, svd_vh))  # type: ignore[return-value]


def _svd_shape(which: str) -> Callable[..., Shape]:
    def rule(params: Params, shape: Shape) -> Shape:
        rows, columns = matrices(shape, "svd")[-2:]
        least = min(rows, columns)
        sizes = {"u": (rows, least), "s": (least,), "vh": (least, columns)}
        return (*shape[:-2], *sizes[which])

    return rule


def _values_transpose(node: Node, ct: Node, index: int) -> Node:
    u, _, vh = _parts_of(node.inputs[0])
    return product(diagonal_scaled(u, ct), vh)


def _values_jvp(node: Node, tangents: Sequence[Node | None]) -> Node:
    tangent = tangents[0]
    assert tangent is not None
    u, _, vh = _parts_of(node.inputs[0])
    return total(u * product(tangent, transposed(vh)), (-2,))


def _left_transpose(node: Node, ct: Node, index: int) -> Node:
    """In A, from the gradient G in U: K = F*(U.T @ G) with F[i, j] = 1/(s[j]**2 - s[i]**2)."""
    u, s, vh = _parts_of(node.inputs[0])
    inner = gaps(s * s) * product(transposed(u), ct)
    back = product(u, diagonal_scaled(inner + transposed(inner), s), vh)
    if u.shape[-2] > u.shape[-1]:
        rest = ct - product(u, transposed(u), ct)
        back = back + product(diagonal_scaled(rest, 1 / s), vh)
    return back


def _right_transpose(node: Node, ct: Node, index: int) -> Node:
    """That of U of the matrix A.T, which is V."""
    u, s, vh = _parts_of(node.inputs[0])
    v, g = transposed(vh), transposed(ct)
    inner = gaps(s * s) * product(vh, g)
    back = product(diagonal_scaled(u, s), inner + transposed(inner), vh)
    if v.shape[-2] > v.shape[-1]:
        rest = g - product(v, vh, g)
        back = back + product(diagonal_scaled(u, 1 / s), transposed(rest))
    return back


def _left_jvp(node: Node, tangents: Sequence[Node | None]) -> Node:
    tangent = tangents[0]
    assert tangent is not None
    u, s, vh = _parts_of(node.inputs[0])
    moved = diagonal_scaled(product(transposed(u), tangent, transposed(vh)), s)
    found = product(u, gaps(s * s) * (moved + transposed(moved)))
    if u.shape[-2] > u.shape[-1]:
        along_v = product(tangent, transposed(vh))
        found = found + diagonal_scaled(along_v - product(u, transposed(u), along_v), 1 / s)
    return found


def _right_jvp(node: Node, tangents: Sequence[Node | None]) -> Node:
    tangent = tangents[0]
    assert tangent is not None
    u, s, vh = _parts_of(node.inputs[0])
    v = transposed(vh)
    moved = diagonal_scaled(product(transposed(v), transposed(tangent), u), s)
    found = product(v, gaps(s * s) * (moved + transposed(moved)))
    if v.shape[-2] > v.shape[-1]:
        along_u = product(transposed(tangent), u)
        found = found + diagonal_scaled(along_u - product(v, vh, along_u), 1 / s)
    return transposed(found)


def _of_svd(
    which: str,
    place: int,
    transpose: Callable[[Node, Node, int], Node],
    jvp: Callable[[Node, Sequence[Node | None]], Node],
) -> Structural:
    return Structural(
        f"svd_{which}",
        "A",
        _svd_shape(which),
        _converging("svd", lambda a: np.linalg.svd(a, full_matrices=False)[place]),
        transpose=transpose,
        jvp=jvp,
        public=False,
        written="svdvals(A)" if which == "s" else f"svd(A)[{place}]",
        grad_fn="LinalgSvdBackward0",
    )


svd_u = _of_svd("u", 0, _left_transpose, _left_jvp)
svd_s = _of_svd("s", 1, _values_transpose, _values_jvp)
svd_vh = _of_svd("vh", 2, _right_transpose, _right_jvp)

Composite(
    "svdvals",
    "A",
    lambda a: intern(svd_s, (as_number(a),)),
    "The singular values of a matrix, in falling order.",
    ("svdvals([[3, 0], [0, 4]])", "[4, 3]"),
    derivative="u @ v.T of each value, where u and v are its singular vectors",
    numpy="linalg.svd(A, compute_uv=False)",
    samples=(([3, 3],), ([3, 2],), ([2, 3],), ([2, 2, 3],)),
)
Composite(
    "svd",
    "A, full_matrices=False",
    lambda a, full: _svd_part(svd_u)(a, full),
    "U, S and Vh with A = U @ diag(S) @ Vh: the singular value decomposition.",
    ("svd([[3, 0], [0, 4]])[1]", "[4, 3]"),
    holds={"full_matrices": "truth"},
    derivative="by the Jacobian of S, and of U and V where no two singular values are equal",
    numpy="linalg.svd(A, full_matrices=False)[0]",
    results=Results(
        "U",
        (
            Result("S", lambda a, full: _svd_part(svd_s)(a, full)),
            Result("Vh", lambda a, full: _svd_part(svd_vh)(a, full)),
        ),
        title="linalg_svd",
        alone="",
    ),
    samples=(([3, 3], False), ([3, 2], False)),
)


def _svd_part(primitive: Structural) -> Callable[[Node, bool], Node]:
    def build(a: Node, full_matrices: bool) -> Node:
        a = as_number(a)
        matrices(a.shape, "svd")
        if full_matrices and a.shape[-1] != a.shape[-2]:
            raise ShapeError(
                "gives no full matrices, whose further columns no derivative could fix",
                hint="svd(A, full_matrices=False)",
                subject="svd",
            )
        return intern(primitive, (a,))

    return build


# QR


def _qr_shape(which: str) -> Callable[..., Shape]:
    def rule(params: Params, shape: Shape) -> Shape:
        rows, columns = shape[-2:]
        return (*shape[:-2], *((rows, columns) if which == "q" else (columns, columns)))

    return rule


def _qr_parts(a: Node) -> tuple[Node, Node]:
    return intern(qr_q, (a,)), intern(qr_r, (a,))


def _divided(x: Node, r: Node) -> Node:
    """x @ inv(r).T, for a triangular r."""
    return transposed(intern(solve_primitive, (r, transposed(x))))


def _qr_back(a: Node, by_q: Node | None, by_r: Node | None) -> Node:
    """(G_Q + Q @ copyltu(M)) @ inv(R).T with M = R @ G_R.T - G_Q.T @ Q."""
    q, r = _qr_parts(a)
    inner = product(r, transposed(upper(by_r))) if by_r is not None else -product(transposed(_there(by_q)), q)
    mirrored = lower(inner) + transposed(lower(inner, -1))
    whole = product(q, mirrored)
    return _divided(whole if by_q is None else whole + by_q, r)


def _qr_moved(a: Node, tangent: Node | None) -> tuple[Node, Node, Node]:
    """W = Q.T @ dA @ inv(R), its skew part of the lower triangle, and dA @ inv(R)."""
    q, r = _qr_parts(a)
    moved = transposed(intern(solve_primitive, (transposed(r), transposed(_there(tangent)))))
    inner = product(transposed(q), moved)
    below = lower(inner, -1)
    return inner, below - transposed(below), moved


def _q_jvp(node: Node, tangents: Sequence[Node | None]) -> Node:
    inner, turned, moved = _qr_moved(node.inputs[0], tangents[0])
    return product(node, turned) + moved - product(node, inner)


def _r_jvp(node: Node, tangents: Sequence[Node | None]) -> Node:
    inner, turned, _ = _qr_moved(node.inputs[0], tangents[0])
    return product(inner - turned, node)


qr_q = Structural(
    "qr_q",
    "A",
    _qr_shape("q"),
    lambda node: lambda a: np.linalg.qr(a)[0],
    transpose=lambda node, ct, index: _qr_back(node.inputs[0], ct, None),
    jvp=_q_jvp,
    public=False,
    written="qr(A)[0]",
    grad_fn="LinalgQrBackward0",
)
qr_r = Structural(
    "qr_r",
    "A",
    _qr_shape("r"),
    lambda node: lambda a: np.linalg.qr(a)[1],
    transpose=lambda node, ct, index: _qr_back(node.inputs[0], None, ct),
    jvp=_r_jvp,
    public=False,
    written="qr(A)[1]",
    grad_fn="LinalgQrBackward0",
)


def _q(a: Node) -> Node:
    a = as_number(a)
    rows, columns = matrices(a.shape, "qr")[-2:]
    return intern(qr_q, (a if rows >= columns else columns_of(a, 0, rows),))


def _r(a: Node) -> Node:
    a = as_number(a)
    rows, columns = matrices(a.shape, "qr")[-2:]
    if rows >= columns:
        return intern(qr_r, (a,))
    square = columns_of(a, 0, rows)
    rest = product(transposed(intern(qr_q, (square,))), columns_of(a, rows, columns))
    return beside(intern(qr_r, (square,)), rest)


Composite(
    "qr",
    "A",
    _q,
    "Q with orthonormal columns and an upper triangular R, with A = Q @ R.",
    ("qr([[0, 2], [1, 0]])[1]", "[[-1,  0],\n [ 0, -2]]"),
    derivative="(G + Q @ M) @ inv(R).T, with M from Q, R and the gradients in them",
    numpy="linalg.qr(A)[0]",
    results=Results("Q", (Result("R", _r),), title="linalg_qr", alone=""),
    samples=(([3, 3],), ([3, 2],), ([2, 3],)),
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
    tangent = _there(tangents[0])
    pt, back = transposed(p), transposed(tangent)
    off_rows = back - product(back, a, p)
    off_columns = back - product(p, a, back)
    return -product(p, tangent, p) + product(p, pt, off_rows) + product(off_columns, pt, p)


pinv: Structural = Structural(
    "pinv",
    "A",
    lambda params, shape: (*matrices(shape, "pinv")[:-2], shape[-1], shape[-2]),
    _converging("pinv", lambda a: np.linalg.pinv(a)),
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
)


def _lstsq(a: Node, b: Node) -> Node:
    a, b = as_number(a), as_number(b)
    return intern(matmul, (intern(pinv, (a,)), b))


Composite(
    "lstsq",
    "A, B",
    _lstsq,
    "The X of least size for which the squares of A @ X - B add up to the least.",
    ("lstsq([[1, 0], [0, 2], [0, 0]], [3, 4, 5])", "[3, 2]"),
    derivative="that of pinv(A) @ B",
    numpy="linalg.lstsq(A, B, rcond=None)[0]",
    samples=(([3, 2], [3]), ([3, 2], [3, 2])),
)


# LU, by rows exchanged


def _lu_kernel(place: int) -> Callable[[Node], Kernel]:
    def make(node: Node) -> Kernel:
        def kernel(a: Array) -> Any:
            from gradcli.engine.primitives.scipy_door import lu

            return lu(a)[place]

        return kernel

    return make


def _lu_shape(place: int) -> Callable[..., Shape]:
    def rule(params: Params, shape: Shape) -> Shape:
        rows, columns = matrices(shape, "lu")[-2:]
        least = min(rows, columns)
        return (*shape[:-2], *((rows, rows), (rows, least), (least, columns))[place])

    return rule


def _lu_parts(a: Node) -> tuple[Node, Node, Node]:
    return intern(lu_p, (a,)), intern(lu_l, (a,)), intern(lu_u, (a,))


def _lu_back(a: Node, inner: Node) -> Node:
    """P @ inv(L).T @ M @ inv(U).T."""
    p, low, up = _lu_parts(a)
    left = intern(solve_primitive, (transposed(low), inner))
    return product(p, _divided(left, up))


def _lu_moved(a: Node, tangent: Node | None) -> Node:
    """inv(L) @ P.T @ dA @ inv(U)."""
    p, low, up = _lu_parts(a)
    left = intern(solve_primitive, (low, product(transposed(p), _there(tangent))))
    return transposed(intern(solve_primitive, (transposed(up), transposed(left))))


lu_p = Structural(
    "lu_p",
    "A",
    _lu_shape(0),
    _lu_kernel(0),
    transpose=lambda node, ct, index: nothing_like(node.inputs[0]),
    jvp=lambda node, tangents: nothing_like(node),
    public=False,
    written="lu(A)[0]",
)
lu_l = Structural(
    "lu_l",
    "A",
    _lu_shape(1),
    _lu_kernel(1),
    transpose=lambda node, ct, index: _lu_back(
        node.inputs[0], lower(product(transposed(_lu_parts(node.inputs[0])[1]), ct), -1)
    ),
    jvp=lambda node, tangents: product(node, lower(_lu_moved(node.inputs[0], tangents[0]), -1)),
    public=False,
    written="lu(A)[1]",
    grad_fn="LinalgLuBackward0",
)
lu_u = Structural(
    "lu_u",
    "A",
    _lu_shape(2),
    _lu_kernel(2),
    transpose=lambda node, ct, index: _lu_back(
        node.inputs[0], upper(product(ct, transposed(_lu_parts(node.inputs[0])[2])))
    ),
    jvp=lambda node, tangents: product(upper(_lu_moved(node.inputs[0], tangents[0])), node),
    public=False,
    written="lu(A)[2]",
    grad_fn="LinalgLuBackward0",
)


def lu_of(a: Node) -> tuple[Node, Node, Node]:
    """The factors: those of a square part, and the rest by them."""
    a = as_number(a)
    rows, columns = matrices(a.shape, "lu")[-2:]
    if rows == columns:
        return _lu_parts(a)
    p = intern(lu_p, (a,))
    ordered = product(transposed(p), a)
    least = min(rows, columns)
    lead = tuple((0, size, 1) for size in a.shape[:-2])
    # The rows are in order already, so that nothing is exchanged in the square part.
    _, low, up = _lu_parts(subscript(ordered, (*lead, (0, least, 1), (0, least, 1))))
    if rows > columns:
        below = subscript(ordered, (*lead, (least, rows, 1), (0, least, 1)))
        rest = transposed(intern(solve_primitive, (transposed(up), transposed(below))))
        return p, intern(cat_primitive, (low, rest), (-2,)), up
    rest = intern(solve_primitive, (low, columns_of(ordered, least, columns)))
    return p, low, beside(up, rest)


def pivoting(pivot: bool, name: str) -> None:
    """Refuses a factorization without exchanges, which nobody should trust."""
    if not pivot:
        hint = f"leave pivot=False out: {name}(A)"
        raise ShapeError("exchanges rows, as it must to keep digits", hint=hint, subject=name)


def _of_lu(place: int) -> Callable[[Node, bool], Node]:
    def build(a: Node, pivot: bool) -> Node:
        pivoting(pivot, "lu")
        return lu_of(a)[place]

    return build


Composite(
    "lu",
    "A, pivot=True",
    _of_lu(0),
    "P, L and U with A = P @ L @ U: rows exchanged, a lower triangle with ones, and an upper triangle.",
    ("lu([[0, 2], [1, 0]])[2]", "[[1, 0],\n [0, 2]]"),
    derivative="P @ inv(L).T @ M @ inv(U).T, with the lower part of L.T @ G and the upper of G @ U.T in M",
    holds={"pivot": "truth"},
    numpy="scipy.linalg.lu(A)[0]",
    results=Results("P", (Result("L", _of_lu(1)), Result("U", _of_lu(2))), title="linalg_lu", alone=""),
    samples=(([3, 3], True), ([3, 2], True), ([2, 3], True)),
)


# Powers, products and the exponential


def _matrix_power(a: Node, n: int) -> Node:
    a = as_number(a)
    matrices(a.shape, "matrix_power", square=True)
    if n < 0:
        a, n = intern(inv_primitive, (a,)), -n
    found: Node | None = None
    square = a
    while n:
        if n & 1:
            found = square if found is None else product(found, square)
        n >>= 1
        square = product(square, square) if n else square
    return identity(a, a.shape[-1]) + 0 * a if found is None else found


Composite(
    "matrix_power",
    "A, n",
    _matrix_power,
    "A square matrix times itself, n times over; the inverse for a negative n.",
    ("matrix_power([[1, 1], [0, 1]], 3)", "[[1, 3],\n [0, 1]]"),
    holds={"n": "integer"},
    derivative="that of the product",
    numpy="linalg.matrix_power(A, n)",
    samples=(([2, 2], 3), ([2, 2], -2), ([2, 2], 1), ([2, 2], 0)),
)


def _chain(factors: Sequence[Node]) -> Node:
    """The product in the order that takes the fewest multiplications of numbers."""
    nodes = [as_number(each) for each in factors]
    if len(nodes) == 1:
        return nodes[0]
    for each in nodes[1:-1]:
        matrices(each.shape, "multi_dot")
    first, last = len(nodes[0].shape) == 1, len(nodes[-1].shape) == 1
    if first:
        nodes[0] = reshape(nodes[0], (1, nodes[0].shape[0]))
    if last:
        nodes[-1] = reshape(nodes[-1], (nodes[-1].shape[0], 1))
    sizes = [each.shape[-2] for each in nodes] + [nodes[-1].shape[-1]]
    cost: dict[tuple[int, int], tuple[float, int]] = {(k, k): (0.0, k) for k in range(len(nodes))}
    for span in range(1, len(nodes)):
        for i in range(len(nodes) - span):
            j = i + span
            cost[i, j] = min(
                (cost[i, k][0] + cost[k + 1, j][0] + sizes[i] * sizes[k + 1] * sizes[j + 1], k)
                for k in range(i, j)
            )
    done: dict[tuple[int, int], Node] = {(k, k): each for k, each in enumerate(nodes)}
    waiting = [(0, len(nodes) - 1)]
    while waiting:
        i, j = waiting[-1]
        k = cost[i, j][1]
        below = [each for each in ((i, k), (k + 1, j)) if each not in done]
        if below:
            waiting += below
            continue
        done[i, j] = intern(matmul, (done[i, k], done[k + 1, j]))
        waiting.pop()
    whole = done[0, len(nodes) - 1]
    shape = whole.shape[1:] if first else whole.shape
    return reshape(whole, shape[:-1] if last else shape)


Composite(
    "multi_dot",
    "*arrays",
    _chain,
    "The product of several matrices, in the order that takes the fewest multiplications.",
    ("multi_dot([[1, 2]], [[3], [4]], [[5]])", "[[55]]"),
    derivative="that of the product",
    aliases=("chain_matmul",),
    numpy="linalg.multi_dot(arrays)",
    samples=(([3, 2], [2, 2], [2]), ([2], [2, 3], [3, 2])),
)

_PADE = (
    *(64764752532480000.0, 32382376266240000.0, 7771770303897600.0, 1187353796428800.0),
    *(129060195264000.0, 10559470521600.0, 670442572800.0, 33522128640.0),
    *(1323241920.0, 40840800.0, 960960.0, 16380.0, 182.0, 1.0),
)
"""Coefficients of the approximant of degree 13 (Higham 2005, table 2.3's text)."""
_PADE_HOLDS = 5.371920351148152
"""The greatest 1-norm for which it is exact to the last digit of a double."""


def _exponential(a: Array) -> Array:
    """exp of matrices: Padé's approximant of degree 13, after halving and before squaring as often."""
    if not a.size:
        return np.array(a)
    size = np.abs(a).sum(-2).max(-1)
    if not np.isfinite(size).all():
        return np.full(a.shape, np.nan)
    # Each matrix of a stack by itself, so that it gives the same doubles alone.
    halvings = np.ceil(np.log2(np.maximum(size / _PADE_HOLDS, 1.0)))[..., None, None]
    x = a / 2.0**halvings
    one = np.eye(a.shape[-1])
    x2 = x @ x
    x4, x6 = x2 @ x2, x2 @ x2 @ x2
    b = [each / _PADE[0] for each in _PADE]
    odd = x6 @ (b[13] * x6 + b[11] * x4 + b[9] * x2) + b[7] * x6 + b[5] * x4 + b[3] * x2 + b[1] * one
    even = x6 @ (b[12] * x6 + b[10] * x4 + b[8] * x2) + b[6] * x6 + b[4] * x4 + b[2] * x2 + b[0] * one
    odd = x @ odd
    found = np.linalg.solve(even - odd, even + odd)
    for done in range(int(halvings.max())):
        found = np.where(halvings > done, found @ found, found)
    return np.asarray(found)


def _blocks(a: Node, along_a: Node) -> Node:
    """exp([[A, E], [0, A]]), whose upper right block is the derivative of exp(A) along E."""
    rows = (beside(a, along_a), beside(expand(as_node(0.0), a.shape), a))
    whole = intern(matrix_exp, (intern(cat_primitive, rows, (-2,)),))
    size = a.shape[-1]
    lead = tuple((0, each, 1) for each in a.shape[:-2])
    return subscript(whole, (*lead, (0, size, 1), (size, 2 * size, 1)))


matrix_exp: Structural = Structural(
    "matrix_exp",
    "A",
    _square("matrix_exp"),
    lambda node: _exponential,
    transpose=lambda node, ct, index: _blocks(transposed(node.inputs[0]), ct),
    jvp=lambda node, tangents: _blocks(node.inputs[0], _there(tangents[0])),
    builder=lambda a: intern(matrix_exp, (as_number(a),)),
    aliases=("expm",),
    doc="The exponential of a square matrix, the sum of all its powers by the factorials.",
    example=("matrix_exp([[0, 1], [0, 0]])", "[[1, 1],\n [0, 1]]"),
    derivative="the upper right block of matrix_exp([[A.T, G], [0, A.T]])",
    numpy="scipy.linalg.expm(A)",
    grad_fn="LinalgMatrixExpBackward0",
    samples=(([2, 2],), ([2, 1, 1],)),
)


# Norms of matrices


def _positive(values: Node) -> Node:
    """Singular values, flat where they are 0: the derivative of least norm."""
    return where(values.equals(0), 0, values)


def _matrix_norm(a: Node, order: float | str, dim: tuple[int, ...] | None, keepdim: bool) -> Node:
    """The norm of the matrices whose rows and columns lie along two dimensions, by default the last."""
    a = as_number(a)
    matrices(a.shape, "matrix_norm")
    axes = [axis_of(a, each) for each in ((-2, -1) if dim is None else dim)]
    if len(axes) != 2 or axes[0] == axes[1]:
        raise ShapeError("needs two dimensions", hint="as in dim=(-2, -1)", subject="matrix_norm")
    others = [axis for axis in range(-len(a.shape), 0) if axis not in axes]
    found = _norm_of_matrices(permute(a, (*others, *axes)), order)
    if not keepdim:
        return found
    return reshape(found, tuple(1 if axis in axes else a.shape[axis] for axis in range(-len(a.shape), 0)))


def _norm_of_matrices(a: Node, order: float | str) -> Node:
    if order == "fro":
        found = along(norm, a, (-2, -1), False, 2.0)
    elif order == "nuc":
        found = along(sum_primitive, _positive(intern(svd_s, (a,))), (-1,))
    elif order in (2, -2):
        values = _positive(intern(svd_s, (a,)))
        found = along(amax if order == 2 else amin, values, (-1,))
    elif order in (1, -1, math.inf, -math.inf):
        sums = along(sum_primitive, absolute(a), (-2,) if abs(float(order)) == 1 else (-1,))
        found = along(amax if float(order) > 0 else amin, sums, (-1,))
    else:
        raise ShapeError("is fro, nuc, 1, 2, inf or one of these with a minus", subject="the order of a norm")
    return found


Composite(
    "matrix_norm",
    "A, ord='fro', dim=None, keepdim=False",
    _matrix_norm,
    "A norm of a matrix: 'fro' (Frobenius), 'nuc' (nuclear), 1, 2, inf, -1, -2 or -inf.",
    ("matrix_norm([[3, 0], [0, 4]])", "5"),
    holds={"ord": "order of a matrix"},
    derivative="A/norm for 'fro'; U @ V.T for 'nuc'; u @ v.T for 2; signs in the chosen row or column else",
    numpy="linalg.norm(A, ord=ord, axis=axis or (-2, -1), keepdims=keepdim)",
    samples=tuple(
        ([3, 2], order, None, keepdim)
        for order, keepdim in ((1.0, False), (2.0, False), (math.inf, True), (-1.0, False), (-2.0, False))
    ),
)


def _condition(a: Node, order: float | str | None) -> Node:
    a = as_number(a)
    if order is None or order in (2, -2):
        values = intern(svd_s, (a,))
        ratio = along(amax, values, (-1,)), along(amin, values, (-1,))
        return divide(*(ratio if order != -2 else ratio[::-1]))
    return _norm_of_matrices(a, order) * _norm_of_matrices(intern(inv_primitive, (a,)), order)


Composite(
    "cond",
    "A, p=None",
    _condition,
    "The condition number of a matrix: its norm times that of its inverse.",
    ("cond([[4, 0], [0, 2]])", "2"),
    holds={"p": "order of a matrix"},
    derivative="by the singular values",
    numpy="linalg.cond(A, p)",
    samples=(([2, 2], None), ([2, 2], "fro")),
)


def _rank_kernel(node: Node) -> Kernel:
    def kernel(a: Array) -> Any:
        values = np.linalg.svd(a, compute_uv=False)
        bound = values.max(-1, keepdims=True, initial=0.0) * max(a.shape[-2:]) * EPSILON
        return (values > bound).sum(-1).astype(float)

    return kernel


matrix_rank: Structural = Structural(
    "matrix_rank",
    "A",
    lambda params, shape: matrices(shape, "matrix_rank")[:-2],
    _rank_kernel,
    differentiable=False,
    builder=lambda a: intern(matrix_rank, (as_number(a),)),
    doc="The rank of a matrix: how many of its singular values are not 0, as far as doubles can tell.",
    example=("matrix_rank([[1, 2], [2, 4]])", "1"),
    whole="always",
    numpy="linalg.matrix_rank(A).astype(float)",
    samples=(([3, 3],), ([3, 2],)),
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
Composite(
    "cholesky_ex",
    "A, upper=False",
    _cholesky,
    "The Cholesky factor, and 0 where there is one; elsewhere it is an error.",
    ("cholesky_ex([[4, 0], [0, 9]])[1]", "0"),
    holds={"upper": "truth"},
    derivative="that of cholesky",
    numpy="linalg.cholesky(A)",
    results=Results("L", (Result("info", no_failure, whole="always"),), title="linalg_cholesky_ex"),
    samples=((((4.0, 2.0), (2.0, 5.0)), False),),
)
