"""Eigenvalues of symmetric matrices, and singular values.

Source: M. B. Giles, *Collected matrix derivative results for forward and reverse mode algorithmic
differentiation* (2008).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from gradcli.arrays import Shape
from gradcli.engine.graph import Node, constant, intern
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
from gradcli.engine.primitives.linalg import transposed
from gradcli.engine.primitives.matrices import (
    Params,
    converging,
    diagonal_scaled,
    lower,
    matrices,
    part,
    product,
    square_shape,
    symmetric,
    there,
    upper,
)
from gradcli.engine.primitives.reductions import total
from gradcli.engine.primitives.shaping import detach, reshape
from gradcli.engine.shapes import ShapeError

begin_family("linear algebra")

# Eigenvalues of symmetric matrices


def _eigenvalues_shape(params: Params, shape: Shape) -> Shape:
    return matrices(shape, "eigh", square=True)[:-1]


def _vectors_of(values: Node) -> Node:
    return intern(eigenvectors, values.inputs)


def _eigenvalues_jvp(node: Node, tangents: Sequence[Node | None]) -> Node:
    tangent = there(tangents[0])
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
    tangent = there(tangents[0])
    inner = gaps(intern(eigenvalues, node.inputs)) * product(transposed(node), symmetric(tangent), node)
    return product(node, inner)


eigenvalues = Structural(
    "eigenvalues",
    "A",
    _eigenvalues_shape,
    converging("eigvalsh", lambda a: np.linalg.eigvalsh(a)),
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
    square_shape("eigh"),
    converging("eigh", lambda a: np.linalg.eigh(a)[1]),
    transpose=_eigenvectors_transpose,
    jvp=_eigenvectors_jvp,
    public=False,
    written="eigh(A)[1]",
    grad_fn="LinalgEighBackward0",
)


def _symmetric_of(primitive: Structural, name: str = "eigh") -> Callable[[Node, str | None], Node]:
    """Of the symmetric part, or of the matrix whose lower or upper triangle is read.

    The gradient is that of the symmetric part, as in PyTorch: what it reads, its mirror image follows.
    """

    def build(a: Node, triangle: str | None) -> Node:
        a = checked(as_number(a), name)
        both = symmetric(a)
        if triangle is None:
            return intern(primitive, (both,))
        if triangle not in ("L", "U"):
            raise ShapeError("reads the triangle 'L' or 'U'", hint=f"{name}(A)", subject=name)
        read = lower(a) if triangle == "L" else transposed(upper(a))
        whole = read + transposed(lower(read, -1))
        return intern(primitive, (both + intern(detach, (whole - both,)),))

    return build


_TRIANGLES = (
    Meaning("jax.numpy.linalg jax.scipy.linalg", "is of the symmetric part, as here", kept=True),
    Meaning(
        "torch torch.linalg numpy.linalg scipy.linalg",
        "reads the lower triangle alone",
        "A, UPLO='L'",
        holds={"UPLO": "text"},
    ),
)


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
    meanings=_TRIANGLES,
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
    meanings=_TRIANGLES,
    numpy="linalg.eigh((A + A.T)/2)[0]",
    results=Results(
        "eigenvalues",
        (Result("eigenvectors", _symmetric_of(eigenvectors)),),
        title="linalg_eigh",
        alone="",
        listed=True,
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
    tangent = there(tangents[0])
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
    tangent = there(tangents[0])
    u, s, vh = _parts_of(node.inputs[0])
    moved = diagonal_scaled(product(transposed(u), tangent, transposed(vh)), s)
    found = product(u, gaps(s * s) * (moved + transposed(moved)))
    if u.shape[-2] > u.shape[-1]:
        along_v = product(tangent, transposed(vh))
        found = found + diagonal_scaled(along_v - product(u, transposed(u), along_v), 1 / s)
    return found


def _right_jvp(node: Node, tangents: Sequence[Node | None]) -> Node:
    tangent = there(tangents[0])
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
        converging("svd", lambda a: np.linalg.svd(a, full_matrices=False)[place]),
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
# The further columns of a full U are any basis of what the columns of A leave. How that turns in itself is no
# matter: the tangent without it is dU₂ = -U₁ S⁻¹ Vᵀ dAᵀ U₂, by U₁ᵀU₂ = 0.


def _rest_shape(params: Params, shape: Shape) -> Shape:
    rows, columns = matrices(shape, "svd")[-2:]
    return (*shape[:-1], rows - columns)


def _rest_transpose(node: Node, ct: Node, index: int) -> Node:
    u, s, vh = _parts_of(node.inputs[0])
    return -product(node, transposed(ct), diagonal_scaled(u, 1 / s), vh)


def _rest_jvp(node: Node, tangents: Sequence[Node | None]) -> Node:
    u, s, vh = _parts_of(node.inputs[0])
    return -product(diagonal_scaled(u, 1 / s), vh, transposed(there(tangents[0])), node)


svd_rest = Structural(
    "svd_rest",
    "A",
    _rest_shape,
    converging("svd", lambda a: np.linalg.svd(a)[0][..., a.shape[-1] :]),
    transpose=_rest_transpose,
    jvp=_rest_jvp,
    public=False,
    written="svd(A, full_matrices=True)[0]",
    grad_fn="LinalgSvdBackward0",
)


def _left(a: Node, full: bool) -> Node:
    a = _matrix(a)
    u = intern(svd_u, (a,))
    if not full or a.shape[-2] <= a.shape[-1]:
        return u
    return TABLE["cat"].build([u, intern(svd_rest, (a,))], (-1,))


def _right(a: Node, full: bool) -> Node:
    a = _matrix(a)
    vh = intern(svd_vh, (a,))
    if not full or a.shape[-1] <= a.shape[-2]:
        return vh
    return TABLE["cat"].build([vh, transposed(intern(svd_rest, (transposed(a),)))], (-2,))


def _matrix(a: Node) -> Node:
    a = as_number(a)
    matrices(a.shape, "svd")
    return a


def _beyond_left(a: Node, *how: bool) -> Sequence[Result]:
    """S and Vh; or V, in PyTorch's older function, which says `some` and `compute_uv` of them."""
    values = Result("S", lambda a, *how: intern(svd_s, (_matrix(a),)))
    if len(how) > 1:
        return (values, Result("V", lambda a, some, compute_uv: transposed(_right(a, not some))))
    return (values, Result("Vh", _right))


Composite(
    "svd",
    "A, full_matrices=False",
    _left,
    "U, S and Vh with A = U @ diag(S) @ Vh: the singular value decomposition. With full_matrices U and Vh "
    "are square, their further columns any that are orthogonal.",
    ("svd([[3, 0], [0, 4]])[1]", "[4, 3]"),
    holds={"full_matrices": "truth"},
    derivative="by the Jacobian of S, and of U and V where no two singular values are equal",
    numpy="linalg.svd(A, full_matrices=False)[0]",
    results=Results("U", _beyond_left, title="linalg_svd", alone="", listed=True),
    meanings=(
        Meaning(
            "numpy.linalg torch.linalg scipy.linalg",
            "gives full matrices where nothing is said of them",
            "A, full_matrices=True",
            holds={"full_matrices": "truth"},
        ),
        Meaning(
            "torch",
            "takes some=True, and gives V and not its transpose",
            "A, some=True, compute_uv=True",
            lambda a, some, compute_uv: _left(a, not some),
            holds={"some": "truth", "compute_uv": "truth"},
        ),
    ),
    samples=(([3, 3], False), ([3, 2], False)),
)
