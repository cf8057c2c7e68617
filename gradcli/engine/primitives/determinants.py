"""Determinants. The cofactors are their derivative, which is right at every rank."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gradcli.arrays import Array
from gradcli.engine.graph import Kernel, Node, as_node, expand, intern, nothing_like
from gradcli.engine.primitives.elementwise import log
from gradcli.engine.primitives.entry import (
    Composite,
    Result,
    Results,
    Structural,
    as_number,
    begin_family,
)
from gradcli.engine.primitives.linalg import transposed
from gradcli.engine.primitives.matrices import number_shape, product, square_shape, there
from gradcli.engine.primitives.reductions import total
from gradcli.engine.primitives.shaping import reshape, stack, subscript
from gradcli.engine.primitives.systems import inv_primitive
from gradcli.text.errors import EvaluationError

begin_family("linear algebra")


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


def _cofactors(a: Array) -> Array:
    if not np.isfinite(a).all():
        return np.full(a.shape, np.nan)
    u, s, vh, sign = _decomposed(a)
    found: Array = sign[..., None, None] * (u * _products_of_others(s)[..., None, :]) @ vh
    return found


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
        whole = there(whole) + there(each)
    return there(whole)


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
    lambda node: _cofactors,
    transpose=lambda node, ct, index: intern(cofactors_slope, (node.inputs[0], ct)),
    jvp=lambda node, tangents: intern(cofactors_slope, (node.inputs[0], tangents[0] or nothing_like(node))),
    public=False,
)


def _of_matrix(number: Node, matrix: Node) -> Node:
    """A number for each matrix of a stack, for each element of it."""
    return expand(reshape(number, (*number.shape, 1, 1)), matrix.shape)


def _turned_inverse(a: Node) -> Node:
    return transposed(intern(inv_primitive, (a,)))


def _inverse_or_poles(a: Array) -> Any:
    """The inverses of matrices; of a singular one its cofactors over 0, the limit where det rises to 0."""
    found = np.empty_like(a)
    for place in np.ndindex(a.shape[:-2]):
        try:
            found[place] = np.linalg.inv(a[place])
        except np.linalg.LinAlgError:
            with np.errstate(divide="ignore", invalid="ignore"):
                found[place] = _cofactors(a[place]).T / 0.0
    return found


inverse_or_poles: Structural = Structural(
    "inverse_or_poles",
    "A",
    square_shape("slogdet"),
    lambda node: _inverse_or_poles,
    transpose=lambda node, ct, index: -product(transposed(node), ct, transposed(node)),
    jvp=lambda node, tangents: -product(node, there(tangents[0]), node),
    written="inv(A)",
    public=False,
)


def _turned_slope(a: Node) -> Node:
    """The derivative of log|det A|."""
    return transposed(intern(inverse_or_poles, (a,)))


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
    number_shape("det"),
    lambda node: _determinant,
    transpose=lambda node, ct, index: _of_matrix(ct, node.inputs[0]) * cofactors(node.inputs[0]),
    reads=lambda node, ct, index: _of_matrix(ct * node, node.inputs[0]) * _turned_inverse(node.inputs[0]),
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
    return total(weights * there(tangent), (-2, -1))


log_abs_det = Structural(
    "log_abs_det",
    "A",
    number_shape("slogdet"),
    lambda node: lambda a: np.linalg.slogdet(a)[1],
    transpose=lambda node, ct, index: _of_matrix(ct, node.inputs[0]) * _turned_slope(node.inputs[0]),
    reads=lambda node, ct, index: _of_matrix(ct, node.inputs[0]) * _turned_inverse(node.inputs[0]),
    jvp=lambda node, tangents: _traced(_turned_slope(node.inputs[0]), tangents[0]),
    public=False,
    written="log(abs(det(A)))",
    grad_fn="LinalgSlogdetBackward0",
)
sign_of_det = Structural(
    "sign_of_det",
    "A",
    number_shape("slogdet"),
    lambda node: lambda a: np.linalg.slogdet(a)[0],
    transpose=lambda node, ct, index: nothing_like(node.inputs[0]),
    jvp=lambda node, tangents: nothing_like(node),
    public=False,
    written="sign(det(A))",
    grad_fn="LinalgSlogdetBackward0",
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
        listed=True,
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
