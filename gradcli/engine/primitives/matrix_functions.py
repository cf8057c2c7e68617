"""Powers, products and exponentials of matrices, and their norms.

Source: N. J. Higham, *SIAM J. Matrix Anal. Appl.* 26 (2005), for the exponential.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from gradcli.arrays import Array
from gradcli.engine.graph import Kernel, Node, as_node, expand, intern
from gradcli.engine.primitives.arithmetic import divide, where
from gradcli.engine.primitives.elementwise import absolute
from gradcli.engine.primitives.entry import (
    Composite,
    Structural,
    as_number,
    begin_family,
)
from gradcli.engine.primitives.linalg import matmul, transposed
from gradcli.engine.primitives.matrices import beside, identity, matrices, product, square_shape, there
from gradcli.engine.primitives.reductions import along, amax, amin, norm, sum_primitive
from gradcli.engine.primitives.shaping import axis_of, cat_primitive, permute, reshape, subscript
from gradcli.engine.primitives.spectra import svd_s
from gradcli.engine.primitives.systems import inv_primitive
from gradcli.engine.shapes import ShapeError

begin_family("linear algebra")

EPSILON = float(np.finfo(float).eps)


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
    for place, each in enumerate(nodes):
        if len(each.shape) != 1 or 0 < place < len(nodes) - 1:
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
    square_shape("matrix_exp"),
    lambda node: _exponential,
    transpose=lambda node, ct, index: _blocks(transposed(node.inputs[0]), ct),
    jvp=lambda node, tangents: _blocks(node.inputs[0], there(tangents[0])),
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
    derivative="0",
)
