"""Factors of matrices as LAPACK keeps them, in one array with its pivots, what they solve, and eigenvalues.

Derivatives are written as in `matrices.py`. Those of the eigenvectors of any matrix are Giles's (2008),
with the projection that keeps columns at length 1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradcli.arrays import Array, Shape
from gradcli.engine.graph import Kernel, Node, constant, expand, intern
from gradcli.engine.primitives import scipy_door
from gradcli.engine.primitives.entry import (
    Composite,
    NoDerivativeError,
    Result,
    Results,
    Structural,
    as_number,
    begin_family,
)
from gradcli.engine.primitives.factorizations import lu_of, pivoting
from gradcli.engine.primitives.linalg import transposed
from gradcli.engine.primitives.matrices import (
    Params,
    columns_of,
    diagonal_scaled,
    identity,
    lower,
    matrices,
    part,
    product,
    upper,
)
from gradcli.engine.primitives.reductions import total
from gradcli.engine.primitives.shaping import reshape, subscript
from gradcli.engine.primitives.spectra import checked, gaps
from gradcli.engine.primitives.systems import no_failure, right_side, solution, solve_primitive
from gradcli.engine.shapes import ShapeError
from gradcli.text.errors import EvaluationError

begin_family("linear algebra")

# LU in one matrix


def _lu_factor(a: Node, pivot: bool) -> Node:
    """L below the diagonal, whose ones are left out, and U from it."""
    pivoting(pivot, "lu_factor")
    _, low, up = lu_of(as_number(a))
    rows, columns = a.shape[-2:]
    if rows > columns:  # U is the smaller
        up = product(part(identity(up, columns), np.eye), up)
        return lower(low, -1) + _grown(up, rows)
    return _grown_right(lower(low, -1), columns) + up


def _grown(matrix: Node, rows: int) -> Node:
    """A matrix with rows of 0 below it."""
    return product(constant(np.eye(rows, matrix.shape[-2])), matrix)


def _grown_right(matrix: Node, columns: int) -> Node:
    """A matrix with columns of 0 behind it."""
    return product(matrix, constant(np.eye(matrix.shape[-1], columns)))


def _exchanges(p: Array) -> Array:
    """For each row the one that it was exchanged with, from 1, as LAPACK has them."""
    order = np.argmax(p, axis=-2)
    least = min(p.shape[-2:])
    found = np.zeros((*order.shape[:-1], least))
    for at in np.ndindex(order.shape[:-1]):
        rows = list(range(order.shape[-1]))
        for k, wanted in enumerate(order[at][:least]):
            place = rows.index(wanted)
            found[(*at, k)] = place + 1
            rows[k], rows[place] = rows[place], rows[k]
    return found


def _pivots_kernel(node: Node) -> Kernel:
    least = node.shape[-1]
    return lambda a: _exchanges(scipy_door.lu(a)[0])[..., :least]


pivots = Structural(
    "lu_pivots",
    "A",
    lambda params, shape: (*shape[:-2], min(shape[-2:])),
    _pivots_kernel,
    differentiable=False,
    public=False,
    written="lu_factor(A)[1]",
)


def _pivots(a: Node, *rest: Any) -> Node:
    return intern(pivots, (as_number(a),))


def _no_info(a: Node, *rest: Any) -> Node:
    return no_failure(a)


Composite(
    "lu_factor",
    "A, pivot=True",
    _lu_factor,
    "L and U of a matrix in one, and for each row the one that it was exchanged with, from 1.",
    ("lu_factor([[0, 2], [1, 0]])[1]", "[2, 2]"),
    holds={"pivot": "truth"},
    derivative="that of lu",
    numpy="scipy.linalg.lu_factor(A)[0]",
    results=Results("LU", (Result("pivots", _pivots, whole="always"),), listed=True),
    samples=(([3, 3], True),),
)
Composite(
    "lu_factor_ex",
    "A, pivot=True",
    _lu_factor,
    "What lu_factor gives, and 0 where it was found.",
    ("lu_factor_ex([[0, 2], [1, 0]])[2]", "0"),
    holds={"pivot": "truth"},
    derivative="that of lu",
    numpy="scipy.linalg.lu_factor(A)[0]",
    results=Results(
        "LU", (Result("pivots", _pivots, whole="always"), Result("info", _no_info, whole="always"))
    ),
    samples=(([3, 3], True),),
)


def _order_kernel(node: Node) -> Kernel:
    """The matrix P of which row k of P.T @ A is the one that the exchanges bring to k."""
    rows = node.shape[-1]

    def kernel(exchanged: Array) -> Any:
        places = np.asarray(exchanged)
        if not (np.equal(places, np.round(places)).all() and (places >= 1).all() and (places <= rows).all()):
            raise EvaluationError(f"pivots are numbers of rows, from 1 to {rows}")
        found = np.zeros((*places.shape[:-1], rows, rows))
        for at in np.ndindex(places.shape[:-1]):
            order = list(range(rows))
            for k, place in enumerate(places[at].astype(int)):
                order[k], order[place - 1] = order[place - 1], order[k]
            found[at][order, range(rows)] = 1.0
        return found

    return kernel


lu_order = Structural(
    "lu_order",
    "pivots",
    lambda params, shape: (*shape[:-1], params[0], params[0]),
    _order_kernel,
    differentiable=False,
    public=False,
    written="lu_unpack(LU, pivots)[0]",
)


def _unpacked(lu: Node, exchanged: Node) -> tuple[Node, Node, Node]:
    """P, L and U of what lu_factor gives."""
    lu, exchanged = as_number(lu), as_number(exchanged)
    rows, columns = matrices(lu.shape, "lu_unpack")[-2:]
    least = min(rows, columns)
    if exchanged.shape != (*lu.shape[:-2], least):
        raise ShapeError(
            f"has pivots of shape {list(exchanged.shape)} for a matrix of shape {list(lu.shape)}",
            hint="both are what lu_factor gives: LU, pivots = lu_factor(A)",
            subject="lu_unpack",
        )
    lead = tuple((0, size, 1) for size in lu.shape[:-2])
    low = lower(subscript(lu, (*lead, (0, rows, 1), (0, least, 1))), -1)
    ones = constant(np.eye(rows, least))
    up = upper(subscript(lu, (*lead, (0, least, 1), (0, columns, 1))))
    return intern(lu_order, (exchanged,), (rows,)), low + expand(ones, low.shape), up


Composite(
    "lu_unpack",
    "LU, pivots",
    lambda lu, exchanged: _unpacked(lu, exchanged)[0],
    "P, L and U of what lu_factor gives.",
    ("lu_unpack([[2, 4], [0.5, 1]], [1, 2])[2]", "[[2, 4],\n [0, 1]]"),
    derivative="1 in the triangle that each is",
    results=Results(
        "P",
        (
            Result("L", lambda lu, exchanged: _unpacked(lu, exchanged)[1]),
            Result("U", lambda lu, exchanged: _unpacked(lu, exchanged)[2]),
        ),
        alone="",
    ),
    numpy="eye(2)[::-1]",
    samples=((((2.0, 4.0), (0.5, 1.0)), (2.0, 2.0)),),
)


def _lu_solve(lu: Node, exchanged: Node, b: Node, left: bool, adjoint: bool) -> Node:
    """X with A @ X = B by the factors of A: with P @ L @ U, first P.T @ B, then by L, then by U."""
    checked(as_number(lu), "lu_solve")
    p, low, up = _unpacked(lu, exchanged)
    b = as_number(b)
    if not left:  # X @ A = B is A.T @ X.T = B.T
        return transposed(_by_factors(p, low, up, transposed(b), not adjoint))
    return _by_factors(p, low, up, b, adjoint)


def _by_factors(p: Node, low: Node, up: Node, b: Node, adjoint: bool) -> Node:
    if adjoint:
        return product(p, solution(transposed(low), solution(transposed(up), b)))
    return solution(up, solution(low, product(transposed(p), b)))


Composite(
    "lu_solve",
    "LU, pivots, B, left=True, adjoint=False",
    _lu_solve,
    "X with A @ X = B for a matrix B, where lu_factor(A) gave LU and pivots; with left=False, X @ A = B, and "
    "with adjoint=True, A.T in the place of A.",
    ("LU, pivots = lu_factor([[0, 2], [4, 0]]); lu_solve(LU, pivots, [[2], [4]])", "[[1],\n [1]]"),
    holds={"left": "truth", "adjoint": "truth"},
    derivative="that of solve, by the factors",
    numpy="linalg.solve(array([[2.0, 4.0], [1.0, 3.0]]), B)",
    samples=((((2.0, 4.0), (0.5, 1.0)), (1.0, 2.0), [2, 3], True, False),),
)


# L @ D @ L.T of symmetric matrices, as LAPACK's sytrf keeps it


def _ldl_kernel(place: int) -> Callable[[Node], Kernel]:
    return lambda node: lambda a: scipy_door.ldl(a)[place]


ldl_factors = Structural(
    "ldl_factors",
    "A",
    lambda params, shape: shape,
    _ldl_kernel(0),
    transpose=lambda node, ct, index: _refused("ldl_factor", "A", "LD = … of solve(A, B) has one"),
    jvp=lambda node, tangents: _refused("ldl_factor", "A", "solve(A, B) has one"),
    public=False,
    written="ldl_factor(A)[0]",
)
ldl_pivots = Structural(
    "ldl_pivots",
    "A",
    lambda params, shape: shape[:-1],
    _ldl_kernel(1),
    differentiable=False,
    public=False,
    written="ldl_factor(A)[1]",
)


def _refused(function: str, argument: str, instead: str) -> Node:
    raise NoDerivativeError(f"no derivative of {function} in {argument} is known here", hint=instead)


def _ldl(primitive: Structural) -> Callable[..., Node]:
    return lambda a: intern(primitive, (checked(as_number(a), "ldl_factor"),))


for _name, _more, _doc in (
    (
        "ldl_factor",
        (),
        "L and D with P.T @ A @ P = L @ D @ L.T in one matrix, and pivots, as LAPACK's sytrf has them",
    ),
    (
        "ldl_factor_ex",
        (Result("info", _no_info, whole="always"),),
        "What ldl_factor gives, and 0 where it was found",
    ),
):
    Composite(
        _name,
        "A",
        _ldl(ldl_factors),
        f"{_doc}; only the lower triangle of A is read.",
        (f"{_name}([[4, 0], [2, 3]])[0]", "[[  4, 0],\n [0.5, 2]]"),
        derivative="none: solve and det have theirs",
        numpy="array([[4.0, 0.0], [0.5, 2.0]])",
        results=Results("LD", (Result("pivots", _ldl(ldl_pivots), whole="always"), *_more)),
        samples=((((4.0, 0.0), (2.0, 3.0)),),),
    )


def _ldl_solve_shape(params: Params, ld: Shape, exchanged: Shape, b: Shape) -> Shape:
    matrices(ld, "ldl_solve", square=True)
    if exchanged != ld[:-1]:
        raise ShapeError(
            f"has pivots of shape {list(exchanged)} for a matrix of shape {list(ld)}",
            hint="both are what ldl_factor gives: LD, pivots = ldl_factor(A)",
            subject="ldl_solve",
        )
    return right_side(ld, b, "ldl_solve", f"the right side is a matrix of {ld[-1]} rows")


def _ldl_solve_transpose(node: Node, ct: Node, index: int) -> Node:
    if index != 2:
        return _refused("ldl_solve", "LD", "solve(A, B) has one in A")
    return intern(ldl_solve, (*node.inputs[:2], ct))  # A is symmetric


def _ldl_solve_jvp(node: Node, tangents: Sequence[Node | None]) -> Node:
    if tangents[0] is not None or tangents[2] is None:
        return _refused("ldl_solve", "LD", "solve(A, B) has one in A")
    return intern(ldl_solve, (*node.inputs[:2], tangents[2]))


ldl_solve: Structural = Structural(
    "ldl_solve",
    "LD, pivots, B",
    _ldl_solve_shape,
    lambda node: lambda ld, exchanged, b: scipy_door.ldl_solve(ld, exchanged, b),
    transpose=_ldl_solve_transpose,
    jvp=_ldl_solve_jvp,
    builder=lambda ld, exchanged, b: intern(ldl_solve, tuple(map(as_number, (ld, exchanged, b)))),
    doc="X with A @ X = B for a symmetric A, where ldl_factor(A) gave LD and pivots.",
    example=("LD, pivots = ldl_factor([[4, 0], [2, 3]]); ldl_solve(LD, pivots, [[6], [5]])", "[[1],\n [1]]"),
    derivative="ldl_solve(LD, pivots, G) in B, where G is the gradient in X",
    numpy="linalg.solve(array([[4.0, 2.0], [2.0, 3.0]]), B)",
    samples=((((4.0, 0.0), (0.5, 2.0)), (1.0, 2.0), [2, 3]),),
)


# Reflections


def _householder_product(a: Node, tau: Node) -> Node:
    """The first columns of the product of I - tau[k]*v[k] @ v[k].T, with v[k] below the diagonal of A."""
    a, tau = as_number(a), as_number(tau)
    rows, columns = matrices(a.shape, "householder_product")[-2:]
    count = tau.shape[-1] if tau.shape else 0
    if rows < columns or not tau.shape or count > columns or tau.shape[:-1] != a.shape[:-2]:
        raise ShapeError(
            f"has a matrix of shape {list(a.shape)} and factors of shape {list(tau.shape)}",
            hint="it takes a matrix with no more columns than rows, and at most one factor for each column",
            subject="householder_product",
        )
    below = lower(a, -1) + expand(constant(np.eye(rows, columns)), a.shape)
    found = expand(constant(np.eye(rows, columns)), a.shape)
    lead = tuple((0, size, 1) for size in tau.shape[:-1])
    for k in reversed(range(count)):
        v = columns_of(below, k, k + 1)
        factor = reshape(subscript(tau, (*lead, (k, k + 1, 1))), (*tau.shape[:-1], 1, 1))
        found = found - expand(factor, found.shape) * product(v, product(transposed(v), found))
    return found


Composite(
    "householder_product",
    "A, tau",
    _householder_product,
    "The first columns of the product of the reflections I - tau[k]*v @ v.T, where v has 1 at k and "
    "the elements of column k of A below that.",
    ("householder_product([[9], [1]], [1])", "[[ 0],\n [-1]]"),
    derivative="that of the product",
    aliases=("orgqr",),
    numpy="(eye(3) - tau[0]*outer(r_[1, A[1:, 0]], r_[1, A[1:, 0]]))[:, :1]",
    samples=(([3, 1], [1]),),
)


# Eigenvalues of any matrix, as far as they are real


def _eigen_kernel(name: str, place: int) -> Callable[[Node], Kernel]:
    def make(node: Node) -> Kernel:
        def kernel(a: Array) -> Any:
            if not np.isfinite(a).all():
                return np.full(a.shape[:-1] if place == 0 else a.shape, np.nan)
            try:
                found = np.linalg.eig(a)
            except np.linalg.LinAlgError:
                raise EvaluationError(f"{name} does not converge") from None
            if np.iscomplexobj(found[0]) and np.any(np.imag(found[0])):
                count = int(np.count_nonzero(np.imag(found[0])))
                raise EvaluationError(
                    f"{name}: {count} eigenvalues are complex, and there are real numbers only here",
                    hint="eigvalsh(A) has those of the symmetric part",
                )
            return np.real(found[place])

        return kernel

    return make


def _eigenvectors(node: Node) -> Node:
    return intern(any_eigenvectors, node.inputs)


def _turned(v: Node, inner: Node) -> Node:
    """inv(V).T @ M @ V.T."""
    return product(intern(solve_primitive, (transposed(v), inner)), transposed(v))


def _eigenvalues_transpose(node: Node, ct: Node, index: int) -> Node:
    v = _eigenvectors(node)
    return _turned(v, diagonal_scaled(identity(v, v.shape[-1]), ct))


def _along(v: Node, tangent: Node | None) -> Node:
    """inv(V) @ dA @ V."""
    assert tangent is not None
    return intern(solve_primitive, (v, product(tangent, v)))


def _diagonal(matrix: Node) -> Node:
    return total(part(matrix, lambda rows, columns: np.eye(rows, columns, dtype=bool)), (-2,))


def _eigenvalues_jvp(node: Node, tangents: Sequence[Node | None]) -> Node:
    return _diagonal(_along(_eigenvectors(node), tangents[0]))


def _vectors_transpose(node: Node, ct: Node, index: int) -> Node:
    v = node
    values = intern(any_eigenvalues, node.inputs)
    back = product(transposed(v), ct)
    inner = back - diagonal_scaled(product(transposed(v), v), _diagonal(back))
    return _turned(v, gaps(values) * inner)


def _vectors_jvp(node: Node, tangents: Sequence[Node | None]) -> Node:
    v = node
    moved = product(v, gaps(intern(any_eigenvalues, node.inputs)) * _along(v, tangents[0]))
    return moved - diagonal_scaled(v, _diagonal(product(transposed(v), moved)))


any_eigenvalues = Structural(
    "any_eigenvalues",
    "A",
    lambda params, shape: matrices(shape, "eigvals", square=True)[:-1],
    _eigen_kernel("eigvals", 0),
    transpose=_eigenvalues_transpose,
    jvp=_eigenvalues_jvp,
    public=False,
    written="eigvals(A)",
    grad_fn="LinalgEigBackward0",
)
any_eigenvectors = Structural(
    "any_eigenvectors",
    "A",
    lambda params, shape: matrices(shape, "eig", square=True),
    _eigen_kernel("eig", 1),
    transpose=_vectors_transpose,
    jvp=_vectors_jvp,
    public=False,
    written="eig(A)[1]",
    grad_fn="LinalgEigBackward0",
)


def _eigen(primitive: Structural) -> Callable[[Node], Node]:
    return lambda a: intern(primitive, (as_number(a),))


Composite(
    "eigvals",
    "A",
    _eigen(any_eigenvalues),
    "The eigenvalues of a square matrix that are real, as LAPACK orders them; complex ones are an error.",
    ("eigvals([[2, 1], [0, 3]])", "[2, 3]"),
    derivative="w @ v.T of each value, where w.T and v are its left and right eigenvectors with w.T @ v = 1",
    numpy="linalg.eigvals(A)",
    samples=((((2.0, 1.0), (0.5, 3.0)),), (((1.0, 0.5, 0.2), (0.1, 4.0, 0.3), (0.2, 0.6, 9.0)),)),
)
Composite(
    "eig",
    "A",
    _eigen(any_eigenvalues),
    "The eigenvalues of a square matrix, where they are real, and its eigenvectors as columns of length 1.",
    ("eig([[2, 1], [0, 3]])[0]", "[2, 3]"),
    derivative="inv(V).T @ (F*M) @ V.T of the vectors, with F[i, j] = 1/(l[j] - l[i]) and M = V.T @ G, from "
    "which what changes their lengths is taken: there is none where two values are equal",
    numpy="linalg.eig(A)[0]",
    results=Results(
        "eigenvalues",
        (Result("eigenvectors", _eigen(any_eigenvectors)),),
        title="linalg_eig",
        alone="",
        listed=True,
    ),
    samples=((((2.0, 1.0), (0.5, 3.0)),),),
)
