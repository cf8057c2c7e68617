"""Matrices as nodes, and what the functions of linear algebra share: shapes, kernels and errors.

Every function takes stacks of matrices, too: its matrices are the last two axes. Derivatives are written as
the matrix calculus that textbooks print, in nodes, so that they have derivatives themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradcli.arrays import Array, Shape
from gradcli.engine.graph import Kernel, Node, constant, expand, intern
from gradcli.engine.primitives.arithmetic import masked
from gradcli.engine.primitives.linalg import matmul, transposed
from gradcli.engine.primitives.shaping import cat_primitive, reshape, subscript
from gradcli.engine.shapes import ShapeError
from gradcli.text.errors import EvaluationError

Params = tuple[Any, ...]


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


def there(node: Node | None) -> Node:
    """A tangent or gradient that is there, of a function of one matrix."""
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


def square_shape(name: str) -> Callable[..., Shape]:
    """The rule of a function from square matrices to as many of their shape."""
    return lambda params, shape: matrices(shape, name, square=True)


def number_shape(name: str) -> Callable[..., Shape]:
    """The rule of a function from square matrices to a number for each."""
    return lambda params, shape: matrices(shape, name, square=True)[:-2]


# Kernels


def refusing(compute: Callable[..., Any], *error: str) -> Callable[[Node], Kernel]:
    """A kernel of LAPACK's, and the message (and hint) of the error where it finds nothing."""

    def kernel(*arrays: Array) -> Any:
        try:
            return compute(*arrays)
        except np.linalg.LinAlgError:
            raise EvaluationError(error[0], hint=error[1] if error[1:] else None) from None

    return lambda node: kernel


def of_regular(name: str, compute: Callable[..., Any]) -> Callable[[Node], Kernel]:
    """A kernel of LAPACK's that finds nothing for a singular matrix."""
    return refusing(compute, f"{name}: the matrix is singular", "pinv(A) is there for every matrix")


def converging(name: str, compute: Callable[[Array], Any]) -> Callable[[Node], Kernel]:
    """A kernel of LAPACK's that iterates, and of a matrix with nan or inf finds nothing."""
    attempt = refusing(compute, f"{name} does not converge")

    def make(node: Node) -> Kernel:
        of_finite = attempt(node)

        def kernel(a: Array) -> Any:
            if not np.isfinite(a).all():
                return np.full(a.shape[: a.ndim - len(node.inputs[0].shape)] + node.shape, np.nan)
            return of_finite(a)

        return kernel

    return make
