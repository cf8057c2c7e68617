"""What losses, activations and functions of arrays give at corners, ties, edges and nan."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gradcli

INF = float("inf")
NAN = float("nan")

# An expression in x, where, its value, and its gradient: those of PyTorch 2.13, but for what says otherwise.
CONVENTIONS: list[tuple[str, Any, Any, Any]] = [
    # Activations
    ("relu6(x)", 0, 0, 0),
    ("relu6(x)", 6, 6, 0),
    ("leaky_relu(x)", 0, 0, 0.01),
    ("elu(x)", 0, 0, 1),
    ("grad(elu(x, 2), x)", 0, 2, 2),  # the side of x <= 0 at every order; PyTorch has 0
    ("selu(x)", 0, 0, 1.0507009873554805 * 1.6732632423543772),
    ("hardtanh(x)", 1, 1, 0),
    ("hardtanh(x)", -1, -1, 0),
    ("hardsigmoid(x)", 3, 1, 0),
    ("hardsigmoid(x)", -3, 0, 0),
    ("hardswish(x)", 3, 3, 1),
    ("hardswish(x)", 0, 0, 0.5),
    ("hardswish(x)", -3, 0, 0),
    ("softshrink(x)", 0.5, 0, 0),
    ("hardshrink(x)", 0.5, 0, 0),
    ("threshold(x, 1, 7)", 1, 7, 0),
    ("silu(x)", 1000, 1000, 1),
    ("silu(x)", -1000, 0, 0),
    ("gelu(x)", -40, 0, 0),
    ("grad(gelu(x), x)", 0, 0.5, 0.7978845608028654),
    ("mish(x)", -1000, 0, 0),
    ("softplus(x, 1, 20)", 20.5, 20.5, 1),
    ("softplus(x)", -1000, 0, 0),
    ("relu6(x) + hardtanh(x) + elu(x) + silu(x)", NAN, NAN, NAN),
    # Losses
    ("binary_cross_entropy(x, 1)", 0, 100, -1e12),
    ("binary_cross_entropy(x, 0)", 1, 100, 1e12),
    ("binary_cross_entropy(x, 1)", 1, 0, 0),
    ("binary_cross_entropy_with_logits(x, 1)", -1000, 1000, -1),
    ("huber_loss(x, 0)", 1, 0.5, 1),
    ("l1_loss(x, 0)", 0, 0, 0),
    ("smooth_l1_loss(x, 0)", 0, 0, 0),
    ("smooth_l1_loss(x, 0, beta=0)", 2, 2, 1),
    ("kl_div(x, [0, 1])", [-1, -2], 1, [0, -0.5]),
    ("cosine_similarity(x, [1, 0], dim=0)", [0, 0], 0, [1e8, 0]),
    ("sum(normalize(x, dim=0)*[1, 0])", [0, 0], 0, [1e12, 0]),
    ("cross_entropy(x, [1])", [[0, 0]], np.log(2), [[0.5, -0.5]]),
    ("nll_loss(x, [0, -100])", [[-1, -2], [-3, -4]], 1, [[-1, 0], [0, 0]]),
    ("nll_loss(x, [0, 1], weight=[1, 3])", [[-1, -2], [-3, -4]], 3.25, [[-0.25, 0], [0, -0.75]]),
    ("margin_ranking_loss(x, 1, 1)", 1, 0, -1),
    ("multi_margin_loss(x, [0])", [[1, 0]], 0, [[0, 0]]),
    # Functions that are several
    ("airye(x)[0]", 2, 0.23016491865251161, -0.024385933039205423),
    ("airye(x)[3]", 0.5, 0.43022096146376939, 0.033234046298187428),
    ("airye(x)[0]", -1, NAN, NAN),
    # Choices and ties
    ("fmax(x, 1)", 1, 1, 0.5),  # a tie is split; PyTorch gives all to the first
    ("fmax(x, 1)", NAN, 1, 0),
    ("nan_to_num(x)", NAN, 0, 0),
    ("nan_to_num(x)", INF, np.finfo(float).max, 0),
    ("heaviside(x, 0.5)", 0, 0.5, 0),
    ("median(x)", [1, 2, 3, 4], 2, [0, 1, 0, 0]),
    ("median(x)", [1, 2, 2], 2, [0, 0.5, 0.5]),
    ("median(x)", [1, NAN, 2], NAN, [0, 1, 0]),
    ("nanmedian(x)", [1, NAN, 2], 1, [1, 0, 0]),
    ("sum(sort(x).values*[1, 2, 3])", [2, 1, 1], 9, [3, 1, 2]),
    ("sum(topk(x, 2).values)", [1, 1, 1], 2, [1, 1, 0]),
    ("sum(cummax(x, 0).values*[1, 2, 4])", [1, 1, 0], 7, [1, 6, 0]),
    ("mode(x).values", [2, 1, 2, 1], 1, [0, 0, 0, 1]),
    ("quantile(x, 0.5)", [1, 2, 3, 4], 2.5, [0, 0.5, 0.5, 0]),
    ("quantile(x, 0.5)", [1, NAN], NAN, [0, 0]),
    ("sum(cumprod(x))", [2, 0, 3], 2, [1, 8, 0]),
    ("sum(logcumsumexp(x, 0)[1:])", [-INF, 0], 0, [0, 1]),
    ("sum(max_pool1d(reshape(x, 1, 3), 3))", [1, 1, 0], 1, [1, 0, 0]),
    ("sum(pdist(x))", [[1, 2], [1, 2]], 0, [[0, 0], [0, 0]]),
    ("sum(cdist(x, [[1, 2]]))", [[1, 2]], 0, [[0, 0]]),
    ("dist(x, [1, 2])", [1, 2], 0, [0, 0]),
    ("interp(x, [0, 1, 2], [0, 1, 0])", 1, 1, -1),  # the line behind a point
    ("interp(x, [0, 1], [0, 1])", 2, 1, 0),
    ("nansum(x)", [1, NAN], 1, [1, 0]),
    ("sum(gather(x, 0, [1, 1]))", [1, 2, 3], 4, [0, 2, 0]),
    ("sum(masked_fill(x, [1, 0] > 0, 9))", [NAN, 1], 10, [0, 1]),
    ("sum(pad(x**2, [1, 1], value=7))", [3], 23, [6]),
    ("sum(avg_pool1d(reshape(x, 1, 2), 2, padding=1))", [2, 4], 3, [0.5, 0.5]),
    ("addmm(x, [[1]], [[2]], beta=0)[0, 0]", NAN, 2, 0),
]


@pytest.mark.parametrize(("expression", "at", "value", "slope"), CONVENTIONS, ids=lambda each: str(each))
def test_a_convention(expression: str, at: Any, value: Any, slope: Any) -> None:
    found = gradcli.evaluate(expression, {"x": at})
    np.testing.assert_allclose(found.value, value, rtol=1e-14)
    np.testing.assert_allclose(found.gradients["x"], slope, rtol=1e-14)


class Row(dict[str, str]):
    """A line of `points.tsv`: JSON, but for the expression and the note."""

    def __str__(self) -> str:
        return f"{self['expression']} at {self['at']}"

    def read(self, column: str) -> Any:
        return json.loads(self[column])


POINTS = [
    Row(row)
    for row in csv.DictReader(
        (Path(__file__).parents[1] / "data" / "points.tsv").read_text("utf-8").splitlines(), delimiter="\t"
    )
]
"""Kinks, ties, poles and far ends. Where a note says nothing else, PyTorch 2.13 gives the same."""


@pytest.mark.parametrize("row", POINTS, ids=str)
def test_a_point_of_the_table(row: Row) -> None:
    at = row.read("at")
    if row["value"] == "error":
        with pytest.raises(gradcli.GradcliError):
            gradcli.evaluate(row["expression"], at)
        return
    close: dict[str, Any] = {"rtol": 1e-5, "atol": 1e-14}
    found = gradcli.evaluate(row["expression"], at)
    np.testing.assert_allclose(found.value, row.read("value"), **close)
    for name, slope in row.read("slopes").items():
        np.testing.assert_allclose(
            0.0 if found.gradients[name] is None else found.gradients[name], slope, **close
        )
    for name, bend in json.loads(row["second"] or "{}").items():
        again = gradcli.evaluate(f"sum(grad({row['expression']}, {name}))", at).gradients[name]
        np.testing.assert_allclose(0.0 if again is None else again, bend, **close)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("np.linalg.svd(A)[1]", [5.0, 3.0]),
        ("U, s, Vh = np.linalg.svd(A); (U*s) @ Vh", [[4, 1], [1, 4]]),
        ("w, V = np.linalg.eigh(A); (V*w) @ V.T", [[4, 1], [1, 4]]),
        ("w, V = np.linalg.eig(A); (V*w) @ inv(V)", [[4, 1], [1, 4]]),
        ("Q, R = np.linalg.qr(A); Q @ R", [[4, 1], [1, 4]]),
        ("P, L, U = scipy.linalg.lu(A); P @ L @ U", [[4, 1], [1, 4]]),
        ("np.linalg.slogdet(A)[1]", np.log(15)),
        ("np.frexp(10)[1]", 4),
        ("np.max(A, 0)", [4, 4]),
    ],
)
def test_numpy_gives_as_many_results(expression: str, value: Any) -> None:
    np.testing.assert_allclose(gradcli.evaluate(expression, {"A": [[4, 1], [1, 4]]}).value, value, rtol=1e-13)


@pytest.mark.parametrize("library", ["np", "torch", "scipy"])
@pytest.mark.parametrize("place", ["eigvalsh(A)", "eigh(A)[0]"])
def test_libraries_read_the_lower_triangle(library: str, place: str) -> None:
    """The gradient is symmetric, as in PyTorch; gradcli's own, and JAX's, are of the symmetric part."""
    at = {"A": [[2.0, 5.0], [1.0, 3.0]]}
    least = gradcli.evaluate(f"{library}.linalg.{place}[0]", at)
    assert least.value == pytest.approx((5 - 5**0.5) / 2)
    np.testing.assert_allclose(
        least.gradients["A"], [[0.7236068, -0.4472136], [-0.4472136, 0.2763932]], rtol=1e-6
    )
    for other in ("", "jnp.linalg."):
        assert gradcli.evaluate(f"{other}{place}[0]", at).value == pytest.approx((5 - 37**0.5) / 2)


def test_an_index_that_changes_from_row_to_row() -> None:
    """A class that comes with each row, and the rows of a table of weights."""
    model = gradcli.compile("cross_entropy([[a, b, 0]], [k])")
    a, b, k = np.array([1.0, 2.0, 0.5]), np.array([0.0, -1.0, 0.5]), np.array([0.0, 2.0, 1.0])
    found = model(a=a, b=b, k=k)
    logits = np.stack([a, b, 0 * a], axis=1)
    shares = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    np.testing.assert_allclose(found.value, -np.log(shares[np.arange(3), k.astype(int)]), rtol=1e-14)
    np.testing.assert_allclose(found.gradients["a"], shares[:, 0] - (k == 0), rtol=1e-12)
    np.testing.assert_allclose(found.gradients["b"], shares[:, 1] - (k == 1), rtol=1e-12)
    assert not found.gradients["k"].any()
    bent = gradcli.compile("grad(cross_entropy([[a, b, 0]], [k]), a)")(a=a, b=b, k=k)
    np.testing.assert_allclose(bent.gradients["a"], shares[:, 0] * (1 - shares[:, 0]), rtol=1e-12)
    np.testing.assert_allclose(bent.gradients["b"], -shares[:, 0] * shares[:, 1], rtol=1e-12)


@pytest.mark.parametrize("expression", ["(x**2)[i]", "take(x**2, i)", "sum(gather(x**2, 0, [i]))"])
def test_what_is_not_taken_has_gradient_0_even_where_it_is_infinite(expression: str) -> None:
    found = gradcli.evaluate(expression, {"x": [1, INF, 3], "i": 2})
    np.testing.assert_array_equal(found.gradients["x"], [0, 0, 6])


def test_parts_of_a_tuple_have_their_own_derivatives() -> None:
    found = gradcli.evaluate("v, m = var_mean(x); a, b = split(x, [1, 2]); v*m + a[0]*b[1]", {"x": [1, 2, 6]})
    np.testing.assert_allclose(found.value, 7 * 3 + 6)
    np.testing.assert_allclose(found.gradients["x"], [-6 + 7 / 3 + 6, -3 + 7 / 3, 9 + 7 / 3 + 1])
