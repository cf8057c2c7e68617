"""Cholesky, QR and LU.

Source: M. B. Giles, *Collected matrix derivative results for forward and reverse mode algorithmic
differentiation* (2008).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradcli.arrays import Array, Shape
from gradcli.engine.graph import Kernel, Node, intern, nothing_like
from gradcli.engine.primitives.entry import (
    Composite,
    Result,
    Results,
    Structural,
    as_number,
    begin_family,
)
from gradcli.engine.primitives.linalg import transposed
from gradcli.engine.primitives.matrices import (
    Params,
    beside,
    columns_of,
    halved,
    lower,
    matrices,
    product,
    refusing,
    square_shape,
    symmetric,
    there,
    upper,
)
from gradcli.engine.primitives.shaping import cat_primitive, subscript
from gradcli.engine.primitives.systems import no_failure, solve_primitive
from gradcli.engine.shapes import ShapeError

begin_family("linear algebra")

# Cholesky


def _cholesky_transpose(node: Node, ct: Node, index: int) -> Node:
    inner = halved(product(transposed(node), lower(ct)))
    left = intern(solve_primitive, (transposed(node), inner))
    return symmetric(transposed(intern(solve_primitive, (transposed(node), transposed(left)))))


def _cholesky_jvp(node: Node, tangents: Sequence[Node | None]) -> Node:
    tangent = there(tangents[0])
    left = intern(solve_primitive, (node, symmetric(tangent)))
    both = transposed(intern(solve_primitive, (node, transposed(left))))
    return product(node, halved(both))


cholesky_primitive = Structural(
    "cholesky_factor",
    "A",
    square_shape("cholesky"),
    refusing(lambda a: np.linalg.cholesky(a), "cholesky: the matrix is not positive-definite"),
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
    inner = product(r, transposed(upper(by_r))) if by_r is not None else -product(transposed(there(by_q)), q)
    mirrored = lower(inner) + transposed(lower(inner, -1))
    whole = product(q, mirrored)
    return _divided(whole if by_q is None else whole + by_q, r)


def _qr_moved(a: Node, tangent: Node | None) -> tuple[Node, Node, Node]:
    """W = Q.T @ dA @ inv(R), its skew part of the lower triangle, and dA @ inv(R)."""
    q, r = _qr_parts(a)
    moved = transposed(intern(solve_primitive, (transposed(r), transposed(there(tangent)))))
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
    results=Results("Q", (Result("R", _r),), title="linalg_qr", alone="", listed=True),
    samples=(([3, 3],), ([3, 2],), ([2, 3],)),
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
    left = intern(solve_primitive, (low, product(transposed(p), there(tangent))))
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
    results=Results(
        "P",
        (Result("L", _of_lu(1)), Result("U", _of_lu(2))),
        title="linalg_lu",
        alone="",
        listed=True,
    ),
    samples=(([3, 3], True), ([3, 2], True), ([2, 3], True)),
)
