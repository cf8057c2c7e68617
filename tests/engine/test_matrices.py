"""Factorizations of matrices: what they are made of, their derivatives, and where these are delicate."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import scipy.linalg

import gradcli

A = [[4.0, 1.0, 0.5], [1.0, 3.0, -0.7], [0.5, -0.7, 2.0]]
"""Symmetric and positive-definite."""
B = [[1.0, 2.0, 0.3], [-0.5, 1.5, 2.2], [0.8, -1.1, 0.4]]
TALL = [[1.0, 2.0], [-0.5, 1.5], [0.8, -1.1]]
REAL = [[1.0, 0.5, 0.2], [0.1, 4.0, 0.3], [0.2, 0.6, 9.0]]
"""Not symmetric, with real eigenvalues."""
WIDE = [[1.0, -0.5, 0.8], [2.0, 1.5, -1.1]]


def value(expression: str, **given: Any) -> Any:
    return np.asarray(gradcli.evaluate(expression, given).value)


def differences(expression: str, matrix: Any, step: float = 1e-4) -> Any:
    """The derivatives of a number in a matrix, by differences of fourth order."""
    matrix = np.array(matrix)
    found = np.zeros(matrix.shape)
    for place in np.ndindex(matrix.shape):
        moved = []
        for count in (1, -1, 2, -2):
            other = matrix.copy()
            other[place] += count * step
            moved.append(float(value(expression, A=other)))
        found[place] = (8 * (moved[0] - moved[1]) - (moved[2] - moved[3])) / (12 * step)
    return found


SCORED = [
    ("sum(cholesky(A + A.T)*W)", A),
    ("sum(cholesky(A + A.T, upper=True)*W)", A),
    ("sum(eigh(A + A.T)[1]**2*W)", A),
    ("sum(eigh(A)[0]*[1, 2, 3])", A),
    ("sum(svd(A)[0]**2*W)", B),
    ("sum(svd(A)[2]**2*W)", B),
    ("sum(svd(A)[0]**2*W[:, :2])", TALL),
    ("sum(svd(A)[2]**2*W[:2, :2])", TALL),
    ("sum(svd(A)[2]**2*W[:2])", WIDE),
    ("sum(svd(A, True)[0][:, 2:] @ svd(A, True)[0][:, 2:].T*W)", TALL),
    ("sum(svd(A, True)[2][2:].T @ svd(A, True)[2][2:]*W)", WIDE),
    ("sum(qr(A)[1]*W)", B),
    ("sum(qr(A)[0]*W[:, :2])", TALL),
    ("sum(qr(A)[1]*W[:2])", WIDE),
    ("sum(lu(A)[1]*W)", B),
    ("sum(lu(A)[2]*W)", B),
    ("sum(matrix_exp(A)*W)", B),
    ("matrix_norm(A, 'nuc') + matrix_norm(A, 2)", B),
    ("matrix_norm(A, 1) + matrix_norm(A, inf)", B),
    ("slogdet(A)[1]*slogdet(A)[0]", B),
    ("sum(lstsq(A, [1, 2, 3])**2)", TALL),
    ("sum(multi_dot(A, A.T, A)*W[:, :2])", TALL),
    ("LU, p = lu_factor(A); sum(lu_solve(LU, p, W)*W.T)", B),
    ("LU, p = lu_factor(A); sum(lu_solve(LU, p, W, False)*W.T)", B),
    ("LU, p = lu_factor(A); sum(lu_solve(LU, p, W, adjoint=True)*W.T)", B),
    ("LU, p = lu_factor(A); sum(LU*W)", B),
    ("LU, p = lu_factor(A); sum(LU*W[:, :2])", TALL),
    ("LU, p = lu_factor(A); sum(LU*W[:2])", WIDE),
    ("sum(householder_product(A, [0.3, 0.7])*W[:, :2])", TALL),
    ("sum(eigvals(A)*[1, 2, 3])", REAL),
    ("S = A + A.T; sum(eigvalsh(S, UPLO='U')*[1, 2, 3]) + sum(eigh(S, UPLO='L')[0]*[3, 1, 0.5])", REAL),
    ("w, V = eig(A); sum(V**2*W)", REAL),
    ("w, V = eig(A); sum((V*w) @ inv(V)*W)", REAL),
    ("matrix_norm(A, 'nuc', (1, 0)) + sum(matrix_norm(A[None], 1, dim=(-1, 1), keepdim=True))", TALL),
]
WEIGHTS = "W = [[1, 0.7, -0.4], [0.2, -1.1, 0.5], [0.9, 0.3, 1.6]]; "


@pytest.mark.parametrize(("expression", "at"), SCORED)
def test_derivatives_are_those_of_differences(expression: str, at: Any) -> None:
    text = WEIGHTS.replace("W =", "const W =") + expression
    found = gradcli.evaluate(text, {"A": at}).gradients["A"]
    np.testing.assert_allclose(found, differences(text, at), rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize(("expression", "at"), SCORED)
def test_second_derivatives_are_those_of_differences(expression: str, at: Any) -> None:
    text = WEIGHTS.replace("W =", "const W =") + expression
    twice = f"{text.rpartition('; ')[0]}; y = {text.rpartition('; ')[2]}; sum(grad(y, A)**2)"
    found = gradcli.evaluate(twice, {"A": at}).gradients["A"]
    np.testing.assert_allclose(found, differences(twice, at), rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("library", ["np", "torch"])
def test_singular_vectors_are_full_where_libraries_give_full_ones(library: str) -> None:
    for at, part in ((TALL, 0), (WIDE, 2)):
        whole = value(f"{library}.linalg.svd(A)[{part}]", A=at)
        np.testing.assert_allclose(whole @ whole.T, np.eye(3), atol=1e-14)


@pytest.mark.parametrize("at", [B, TALL, WIDE], ids=["square", "tall", "wide"])
def test_factors_make_up_the_matrix(at: Any) -> None:
    np.testing.assert_allclose(value("Q, R = qr(A); Q @ R", A=at), at, atol=1e-14)
    np.testing.assert_allclose(value("U, S, Vh = svd(A); (U*S) @ Vh", A=at), at, atol=1e-14)
    np.testing.assert_allclose(value("U, S, V = torch.svd(A); (U*S) @ V.T", A=at), at, atol=1e-14)
    np.testing.assert_allclose(value("P, L, U = lu(A); P @ L @ U", A=at), at, atol=1e-14)
    np.testing.assert_allclose(value("A @ pinv(A) @ A", A=at), at, atol=1e-14)


@pytest.mark.parametrize("at", [B, TALL, WIDE], ids=["square", "tall", "wide"])
def test_compact_factors_are_those_of_lapack(at: Any) -> None:
    found = gradcli.evaluate("lu_factor(A)[0]", {"A": at}).value
    wanted, pivots = scipy.linalg.lu_factor(at)
    np.testing.assert_allclose(found, wanted, atol=1e-14)
    np.testing.assert_array_equal(value("lu_factor(A)[1]", A=at), pivots + 1)
    np.testing.assert_allclose(
        value("LU, p = lu_factor(A); P, L, U = lu_unpack(LU, p); P @ L @ U", A=at), at, atol=1e-14
    )


INDEFINITE = [[1.0, 2.0, 0.5], [2.0, -3.0, 1.0], [0.5, 1.0, 0.1]]


def test_symmetric_systems_are_solved_by_their_factors() -> None:
    text = "const A = [[1, 2, 0.5], [2, -3, 1], [0.5, 1, 0.1]]; LD, p = ldl_factor(A); ldl_solve(LD, p, B)"
    found = gradcli.evaluate(text, {"B": [[1.0], [2.0], [3.0]]})
    np.testing.assert_allclose(found.value, np.linalg.solve(INDEFINITE, [[1.0], [2.0], [3.0]]), atol=1e-12)
    np.testing.assert_allclose(
        np.reshape(found.gradients["B"], (3, 3)), np.linalg.inv(INDEFINITE), atol=1e-12
    )


def test_what_has_no_derivative_or_no_real_value_says_so() -> None:
    with pytest.raises(gradcli.GradcliError, match="no derivative of ldl_solve in LD"):
        gradcli.evaluate(
            "LD, p = ldl_factor(A); sum(ldl_solve(LD, p, [[1], [2]]))", {"A": [[1.0, 2], [2, -3]]}
        )
    with pytest.raises(gradcli.GradcliError, match="2 eigenvalues are complex"):
        gradcli.evaluate("eigvals(A)", {"A": [[0.0, 1.0], [-1.0, 0.0]]})


def test_a_right_side_with_an_axis_less_is_a_vector_for_each_matrix() -> None:
    stack = np.array([A, B])
    sides = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    np.testing.assert_allclose(
        value("solve(A, b)", A=stack, b=sides), np.linalg.solve(stack, sides[..., None])[..., 0]
    )


def test_symmetric_factors_make_up_the_matrix() -> None:
    np.testing.assert_allclose(value("L = cholesky(A); L @ L.T", A=A), A, atol=1e-14)
    np.testing.assert_allclose(value("w, V = eigh(A); (V*w) @ V.T", A=A), A, atol=1e-14)
    np.testing.assert_allclose(
        value("solve(A, inv(A))", A=A), np.linalg.inv(A) @ np.linalg.inv(A), atol=1e-14
    )
    np.testing.assert_allclose(
        value("cholesky_solve([1, 2, 3], cholesky(A))", A=A), np.linalg.solve(A, [1, 2, 3])
    )


@pytest.mark.parametrize(
    ("matrix", "cofactors"),
    [
        ([[1.0, 2.0], [2.0, 4.0]], [[4.0, -2.0], [-2.0, 1.0]]),
        ([[0.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [0.0, 0.0]]),
        ([[0.0, 0.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 0.0]]),
        ([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [0.0, 0.0, 1.0]], [[4, -2, 0], [-2, 1, 0], [0, 0, 0]]),
        (np.diag([2.0, 3.0, 5.0, 0.0]), np.diag([0.0, 0.0, 0.0, 30.0])),
        (np.diag([2.0, 3.0, 0.0, 0.0]), np.zeros((4, 4))),
    ],
)
def test_the_derivative_of_a_determinant_is_right_at_every_rank(matrix: Any, cofactors: Any) -> None:
    np.testing.assert_allclose(
        gradcli.evaluate("det(A)", {"A": matrix}).gradients["A"], cofactors, atol=1e-13
    )


@pytest.mark.parametrize("zeros", [0, 1, 2, 3])
def test_the_second_derivative_of_a_determinant_is_right_at_every_rank(zeros: int) -> None:
    """Of the determinant as a polynomial: the minors of what two rows and columns leave."""
    rng = np.random.default_rng(3)
    q, _ = np.linalg.qr(rng.normal(size=(4, 4)))
    matrix = q @ np.diag([2.0, -1.5, 0.7, 1.1][: 4 - zeros] + [0.0] * zeros) @ q.T
    found = np.asarray(gradcli.evaluate("hessian(det(A), A)", {"A": matrix}).value)
    for i, j, k, m in np.ndindex(4, 4, 4, 4):
        expected = 0.0
        if i != k and j != m:
            rows, columns = [r for r in range(4) if r not in (i, k)], [c for c in range(4) if c not in (j, m)]
            sign = (-1) ** (i + j + k + m) * (1 if (i < k) == (j < m) else -1)
            expected = sign * float(np.linalg.det(matrix[np.ix_(rows, columns)]))
        assert abs(found[i, j, k, m] - expected) < 1e-12


def test_the_third_derivative_of_a_determinant() -> None:
    rng = np.random.default_rng(5)
    matrix = rng.normal(size=(4, 4))
    matrix[3] = matrix[0]  # of rank 3
    found = gradcli.evaluate("sum(hessian(det(A), A)**2)", {"A": matrix}).gradients["A"]
    np.testing.assert_allclose(found, differences("sum(hessian(det(A), A)**2)", matrix), rtol=1e-8, atol=1e-9)


def test_norms_at_ties_and_zeros() -> None:
    ones = {"A": np.eye(3)}
    np.testing.assert_allclose(gradcli.evaluate("matrix_norm(A, 2)", ones).gradients["A"], np.eye(3) / 3)
    np.testing.assert_allclose(gradcli.evaluate("matrix_norm(A, 'nuc')", ones).gradients["A"], np.eye(3))
    rank_one = {"A": [[2.0, 0.0], [0.0, 0.0]]}
    assert np.array_equal(
        gradcli.evaluate("matrix_norm(A, 'nuc')", rank_one).gradients["A"], [[1, 0], [0, 0]]
    )
    for order in ("'nuc'", "2", "'fro'"):
        none = gradcli.evaluate(f"matrix_norm(A, {order})", {"A": np.zeros((2, 2))})
        assert np.array_equal(none.gradients["A"], np.zeros((2, 2)))


def test_vectors_of_equal_eigenvalues_have_no_derivative() -> None:
    answer = gradcli.evaluate("sum(eigh(A)[1]*[[1, 2], [3, 4]])", {"A": np.eye(2)})
    assert np.isnan(answer.gradients["A"]).any()
    assert any(notice.kind == "warning" for notice in answer.notices)
    assert np.array_equal(gradcli.evaluate("sum(eigvalsh(A))", {"A": np.eye(2)}).gradients["A"], np.eye(2))


def test_what_torch_and_numpy_call_them() -> None:
    assert value("import torch; torch.linalg.det(torch.tensor([[1., 2.], [3., 4.]]))") == pytest.approx(-2)
    assert value("import numpy as np; np.linalg.inv(A)[0, 0]", A=[[2.0, 0.0], [0.0, 4.0]]) == 0.5
    assert value("A.inverse()[1, 1] + A.det()", A=[[2.0, 0.0], [0.0, 4.0]]) == pytest.approx(8.25)


@pytest.mark.parametrize(
    ("expression", "given", "message"),
    [
        ("inv(A)", {"A": [[1.0, 2.0], [2.0, 4.0]]}, "inv: the matrix is singular"),
        ("solve(A, [1, 2])", {"A": [[0.0, 0.0], [0.0, 1.0]]}, "solve: the matrix is singular"),
        ("cholesky(A)", {"A": [[1.0, 2.0], [2.0, 1.0]]}, "cholesky: the matrix is not positive-definite"),
        ("det(A)", {"A": [[1.0, 2.0]]}, "det needs square matrices, and not 1 by 2"),
        ("inv(A)", {"A": [1.0, 2.0]}, "inv takes matrices, and not shape [2]"),
        (
            "solve(A, [1, 2, 3])",
            {"A": [[1.0, 2.0], [2.0, 4.0]]},
            "solve has sides of shapes",
        ),
        ("matrix_norm(A, 'max')", {"A": TALL}, "the order of a norm is fro, nuc, 1, 2, inf"),
    ],
)
def test_mistakes(expression: str, given: dict[str, Any], message: str) -> None:
    with pytest.raises(gradcli.GradcliError) as raised:
        gradcli.evaluate(expression, given)
    assert message in str(raised.value)
    assert "^" in raised.value.rendered


def test_an_exponential_of_a_large_matrix() -> None:
    turn = np.array([[0.0, -20.0], [20.0, 0.0]])
    expected = [[math.cos(20), -math.sin(20)], [math.sin(20), math.cos(20)]]
    np.testing.assert_allclose(value("matrix_exp(A)", A=turn), expected, atol=1e-13)
