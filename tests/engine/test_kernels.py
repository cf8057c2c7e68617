"""Kernels against mpmath, in ulps, over the whole range of doubles; their edges as tables."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import mpmath as mp
import numpy as np
import pytest

from gradcli.engine.primitives import kernels

INF, NAN = math.inf, math.nan
TINY, HUGE = 5e-324, 1.7976931348623157e308

Reference = Callable[[Any], Any]


@pytest.fixture(autouse=True)
def quiet_numpy_and_exact_mpmath() -> Iterator[None]:
    with np.errstate(all="ignore"), mp.workdps(60):
        yield


def ulps(got: float, exact: Any) -> float:
    """The error of a result, in units of the last place of the exact value."""
    nearest = float(exact)
    if not (math.isfinite(got) and math.isfinite(nearest)):
        return 0.0 if got == nearest else INF
    return float(abs(mp.mpf(got) - exact) / mp.mpf(float(np.spacing(abs(nearest)))))


def same(a: Any, b: Any) -> bool:
    """Equal as numbers, where nan is nan; the sign of zero counts."""
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    signs = np.array_equal(np.signbit(a[a == 0]), np.signbit(b[b == 0]))
    return signs and np.array_equal(a, b, equal_nan=True)


# -- points ------------------------------------------------------------------------------------------

_rng = np.random.default_rng(20)


def _signed(x: np.ndarray) -> Any:
    return x * _rng.choice([-1.0, 1.0], x.size)


WIDE = _signed(10.0 ** _rng.uniform(-323, 308, 200))  # every magnitude, subnormals too
SMALL = _signed(10.0 ** _rng.uniform(-17, 1, 200))
ORDINARY = _rng.uniform(-7, 7, 400)
EXPONENTS = _rng.uniform(-760, 760, 200)  # where exp overflows, underflows and goes subnormal
REAL = np.concatenate([WIDE, SMALL, ORDINARY, EXPONENTS, [TINY, -TINY, HUGE, -HUGE]])
ABOVE_ONE = 1 + 10.0 ** _rng.uniform(-16, 3, 300)
BELOW_ONE = 1 - 10.0 ** _rng.uniform(-16, -0.001, 300)
ANGLES = np.concatenate([WIDE, ORDINARY])
OUTSIDE = np.concatenate([_signed(ABOVE_ONE), WIDE[np.abs(WIDE) > 1]])
BESIDE_INTEGERS = _rng.integers(-60, 60, 200) + _signed(10.0 ** _rng.uniform(-15, -1, 200))


class Case(NamedTuple):
    exact: Reference
    points: np.ndarray
    limit: float  # in ulps; about half an ulp more than was ever measured


def beyond(bound: float, f: Reference, left: Any, right: Any) -> Reference:
    """f, but its limits beyond ±bound, where mpmath would try for ever to write down exp(x)."""
    return lambda x: mp.mpf(left) if x < -bound else mp.mpf(right) if x > bound else f(x)


def softplus(x: Any) -> Any:
    """Beyond 200 in size, the larger term alone: the smaller one is below the 60 digits kept."""
    if abs(x) < 200:
        return mp.log1p(mp.exp(x))
    return x if x > 0 else mp.exp(max(x, mp.mpf(-10000)))


CASES = {
    "erf": Case(beyond(1e3, mp.erf, -1, 1), REAL, 2.5),
    "erfc": Case(beyond(1e3, mp.erfc, 2, 0), np.concatenate([REAL, _rng.uniform(0.4, 27.3, 400)]), 3),
    "gauss": Case(beyond(1e3, lambda x: mp.exp(-x * x), 0, 0), REAL, 1.6),
    "sigmoid": Case(beyond(1e4, lambda x: 1 / (1 + mp.exp(-x)), 0, 1), REAL, 2.5),
    "softplus": Case(softplus, REAL, 2),
    "logsigmoid": Case(lambda x: -softplus(-x), REAL, 2),
    "sinc": Case(mp.sincpi, np.concatenate([REAL, BESIDE_INTEGERS]), 3),
    "sec": Case(mp.sec, ANGLES, 2),
    "csc": Case(mp.csc, ANGLES, 2),
    "cot": Case(mp.cot, ANGLES, 2),
    "sech": Case(beyond(1e4, mp.sech, 0, 0), REAL, 2.5),
    "csch": Case(beyond(1e4, mp.csch, 0, 0), REAL, 2.5),
    "coth": Case(beyond(1e4, mp.coth, -1, 1), REAL, 2.5),
    "asec": Case(mp.asec, OUTSIDE, 3),
    "acsc": Case(mp.acsc, OUTSIDE, 3),
    "acot": Case(lambda x: mp.atan(1 / x), ANGLES, 2),
    "asech": Case(lambda x: mp.acosh(1 / x), np.concatenate([BELOW_ONE, np.abs(WIDE[np.abs(WIDE) < 1])]), 2),
    "acsch": Case(mp.acsch, ANGLES, 2),
    "acoth": Case(mp.acoth, OUTSIDE, 2),
}

QUARTER = math.pi / 2

# Points and values in turn. The sign of zero counts.
EDGES: dict[str, list[float]] = {
    "erf": [0.0, 0.0, -0.0, -0.0, INF, 1, -INF, -1, TINY, TINY, HUGE, 1],
    "erfc": [0.0, 1, -0.0, 1, INF, 0.0, -INF, 2, 28.0, 0.0, -HUGE, 2],
    "gauss": [0.0, 1, -0.0, 1, INF, 0.0, -INF, 0.0, HUGE, 0.0],
    "sigmoid": [0.0, 0.5, -0.0, 0.5, INF, 1, -INF, 0.0, -800.0, 0.0, 40.0, 1],
    "softplus": [0.0, math.log(2), INF, INF, -INF, 0.0, HUGE, HUGE, -HUGE, 0.0],
    "logsigmoid": [0.0, -math.log(2), INF, 0.0, -INF, -INF, -HUGE, -HUGE],
    "sinc": [0.0, 1, -0.0, 1, 1.0, 0.0, -1.0, 0.0, 3.0, 0.0, HUGE, 0.0, INF, 0.0, -INF, 0.0],
    "sec": [0.0, 1, INF, NAN],
    "csc": [0.0, INF, -0.0, -INF, INF, NAN],
    "cot": [0.0, INF, -0.0, -INF, INF, NAN],
    "sech": [0.0, 1, 800.0, 0.0, INF, 0.0, -INF, 0.0],
    "csch": [0.0, INF, -0.0, -INF, 800.0, 0.0, -800.0, -0.0, INF, 0.0, -INF, -0.0],
    "coth": [0.0, INF, -0.0, -INF, INF, 1, -INF, -1, TINY, INF],
    "asec": [1.0, 0.0, -1.0, math.pi, INF, QUARTER, -INF, QUARTER, 0.5, NAN, 0.0, NAN],
    "acsc": [1.0, QUARTER, -1.0, -QUARTER, INF, 0.0, -INF, -0.0, 0.5, NAN, 0.0, NAN],
    "acot": [0.0, QUARTER, -0.0, QUARTER, TINY, QUARTER, -TINY, -QUARTER, INF, 0.0, -INF, -0.0],
    "asech": [1.0, 0.0, 0.0, INF, 1.5, NAN, -0.5, NAN, INF, NAN],
    "acsch": [0.0, INF, -0.0, -INF, INF, 0.0, -INF, -0.0],
    "acoth": [1.0, INF, -1.0, -INF, INF, 0.0, -INF, -0.0, 0.5, NAN, 0.0, NAN],
}


@pytest.mark.parametrize("name", CASES)
def test_accuracy(name: str) -> None:
    case = CASES[name]
    got = getattr(kernels, name)(case.points)
    errors = [ulps(float(y), case.exact(mp.mpf(float(x)))) for x, y in zip(case.points, got, strict=True)]
    worst = int(np.argmax(errors))
    assert errors[worst] <= case.limit, f"{errors[worst]:.2f} ulps at {case.points[worst]!r}"


@pytest.mark.parametrize("name", CASES)
def test_edges(name: str) -> None:
    kernel = getattr(kernels, name)
    edges = EDGES[name]
    for x, y in zip([*edges[::2], NAN], [*edges[1::2], NAN], strict=True):
        assert same(kernel(np.array([x])), [y]), x
        assert same(kernel(x), y), x


@pytest.mark.parametrize("name", CASES)
def test_one_float_is_one_element(name: str) -> None:
    kernel, points = getattr(kernels, name), CASES[name].points
    got = kernel(points)
    assert same([kernel(float(x)) for x in points], got)
    assert same([kernel(x) for x in points[:5]], got[:5])
    assert type(kernel(1.5)) is type(kernel(np.float64(1.5))) is np.float64
    assert same(kernel(np.array(points[0])), got[0])


@pytest.mark.parametrize("name", CASES)
def test_out_may_be_the_input(name: str) -> None:
    kernel, points = getattr(kernels, name), CASES[name].points
    expected = kernel(points)
    before = points.copy()
    buffer = np.full_like(points, NAN)
    assert kernel(points, out=buffer) is buffer
    assert same(buffer, expected)
    assert same(points, before)
    assert kernel(before, out=before) is before
    assert same(before, expected)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("shape", [(), (0,), (1,), (3, 0), (2, 1, 3)])
def test_shapes(name: str, shape: tuple[int, ...]) -> None:
    assert np.shape(getattr(kernels, name)(np.full(shape, 2.0))) == shape


@pytest.mark.parametrize("n", range(9))
def test_derivatives_of_sinc(n: int) -> None:
    def exact(x: Any) -> Any:
        u = mp.pi * x
        if abs(u) > 40:
            f = mp.sin(u) / u
            for k in range(1, n + 1):
                f = (mp.sin(u + k * mp.pi / 2) - k * f) / u
        else:
            even = range(n + n % 2, 240, 2)
            f = mp.fsum((-1) ** (k // 2) * u ** (k - n) / (mp.factorial(k - n) * (k + 1)) for k in even)
        return f * mp.pi**n

    points = np.concatenate([_signed(10.0 ** _rng.uniform(-12, 2, 150)), _rng.uniform(-4, 4, 150), [0.0]])
    got = kernels.sinc_derivative(points, n)
    scale = mp.pi**n / (n + 1)  # its largest value
    for x, y in zip(points, np.asarray(got), strict=True):
        answer = exact(mp.mpf(float(x)))
        assert abs(mp.mpf(float(y)) - answer) <= 4 * mp.mpf(2) ** -52 * scale, x
        if abs(x) < 0.2:
            assert ulps(float(y), answer) <= 6, x
        assert same(kernels.sinc_derivative(float(x), n), y)
    aliased = points.copy()
    assert kernels.sinc_derivative(aliased, n, out=aliased) is aliased
    assert same(aliased, got)


def test_derivatives_of_sinc_at_their_edges() -> None:
    assert same(kernels.sinc_derivative(np.array([0.0, INF, -INF, NAN]), 1), [0.0, 0.0, 0.0, NAN])
    assert kernels.sinc_derivative(0.0, 2) == pytest.approx(-(math.pi**2) / 3, rel=1e-15)
    assert kernels.sinc_derivative(0.0, 4) == pytest.approx(math.pi**4 / 5, rel=1e-15)
    assert same(kernels.sinc_derivative(np.array(0.0), 3), 0.0)
    assert type(kernels.sinc_derivative(1.0, 1)) is np.float64


@pytest.mark.parametrize("name", ["arccosh", "arcsinh", "arctanh", "cbrt", "exp", "expm1", "log1p", "tanh"])
def test_numpy_needs_no_replacement(name: str) -> None:
    points = {
        "arccosh": ABOVE_ONE,
        "arctanh": BELOW_ONE,
        "cbrt": np.abs(WIDE),
        "exp": EXPONENTS,
        "expm1": np.concatenate([SMALL, ORDINARY]),
        "log1p": np.concatenate([-BELOW_ONE, SMALL[SMALL > -1], np.abs(WIDE)]),
    }.get(name, np.concatenate([SMALL, ORDINARY]))
    exact = getattr(mp, {"arccosh": "acosh", "arcsinh": "asinh", "arctanh": "atanh"}.get(name, name))
    got = getattr(np, name)(points)
    assert max(ulps(float(y), exact(mp.mpf(float(x)))) for x, y in zip(points, got, strict=True)) <= 4


# -- two arguments -----------------------------------------------------------------------------------


def test_logaddexp() -> None:
    a, b = _rng.uniform(0, 700, 300), _rng.uniform(-700, 700, 300)
    got = np.asarray(kernels.logaddexp(a, b))
    for x, y, z in zip(a, b, got, strict=True):
        exact = mp.log(mp.exp(mp.mpf(float(x))) + mp.exp(mp.mpf(float(y))))
        assert abs(mp.mpf(float(z)) - exact) <= mp.mpf(2) ** -51 * abs(exact)
        assert same(kernels.logaddexp(float(x), float(y)), z)
    for out in (a, b):
        x, y = a.copy(), b.copy()
        target = x if out is a else y
        assert kernels.logaddexp(x, y, out=target) is target
        assert same(target, got)
    assert np.shape(kernels.logaddexp(np.zeros((3, 1)), np.zeros(2))) == (3, 2)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (INF, INF, INF),
        (-INF, -INF, -INF),
        (INF, -INF, INF),
        (-INF, 3.0, 3.0),
        (1e308, -1e308, 1e308),
        (0.0, -50.0, math.exp(-50.0)),
        (NAN, 1.0, NAN),
        (INF, NAN, NAN),
    ],
)
def test_logaddexp_at_its_edges(a: float, b: float, expected: float) -> None:
    for x, y in ((a, b), (b, a)):
        assert same(kernels.logaddexp(x, y), expected)
        assert same(kernels.logaddexp(np.array([x]), np.array([y])), [expected])


def test_strong_product() -> None:
    a = np.array([0.0, -0.0, 0.0, 2.0, INF, 2.0, INF])
    b = np.array([INF, NAN, 3.0, NAN, 0.0, 4.0, 1.0])
    support = np.array([False, False, True, True, True, True, True])
    expected = [0.0, 0.0, 0.0, NAN, NAN, 8.0, INF]
    assert same(kernels.strong_product(a, b, support), expected)
    pairs = zip(a.tolist(), b.tolist(), support.tolist(), strict=True)
    assert same([kernels.strong_product(x, y, reached) for x, y, reached in pairs], expected)
    assert math.isnan(kernels.strong_product(0.0, INF, True))
    for choose in (lambda x, y: x, lambda x, y: y, lambda x, y: np.empty(7)):
        x, y = a.copy(), b.copy()
        out = choose(x, y)
        assert kernels.strong_product(x, y, support, out=out) is out
        assert same(out, expected)
    column, row = np.array([[0.0], [1.0]]), np.array([INF, 2.0])
    reached = np.array([[False], [True]])
    assert same(kernels.strong_product(column, row, reached), [[0.0, 0.0], [INF, 2.0]])
    assert same(kernels.strong_product(0.0, np.array([INF, 2.0]), False), [0.0, 0.0])
    assert same(kernels.strong_product(np.array(0.0), np.array(INF), np.array(False)), 0.0)


# -- reductions --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        ([-INF, -INF], -INF),
        ([INF, 1.0], INF),
        ([INF, -INF], INF),
        ([INF, NAN], NAN),
        ([NAN, 1.0], NAN),
        ([-INF, 0.0], 0.0),
        ([1000.0, 1000.0], 1000 + math.log(2)),
        ([-1000.0], -1000.0),
        ([0.0, -50.0], math.exp(-50.0)),
        ([], -INF),
    ],
)
def test_logsumexp(x: list[float], expected: float) -> None:
    assert same(kernels.logsumexp(np.array(x), (-1,)), expected)


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        ([-INF, -INF], [0.0, 0.0]),
        ([INF, 1.0, INF], [0.5, 0.0, 0.5]),
        ([-INF, 3.0], [0.0, 1.0]),
        ([1000.0, 1000.0], [0.5, 0.5]),
        ([NAN, 1.0], [NAN, NAN]),
        ([], []),
    ],
)
def test_softmax(x: list[float], expected: list[float]) -> None:
    assert same(kernels.softmax(np.array(x), (-1,)), expected)


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        ([-INF, -INF], [-INF, -INF]),
        ([INF, 1.0], [0.0, -INF]),
        ([0.0, -50.0], [-math.exp(-50.0), -50.0]),
        ([1000.0, -1000.0], [0.0, -2000.0]),
        ([NAN, 1.0], [NAN, NAN]),
    ],
)
def test_log_softmax(x: list[float], expected: list[float]) -> None:
    assert same(kernels.log_softmax(np.array(x), (-1,)) + np.array(0.0), np.array(expected) + 0.0)


@pytest.mark.parametrize("axes", [(-1,), (-2,), (-1, -2), (-3, -1), ()])
def test_reductions_over_axes(axes: tuple[int, ...]) -> None:
    x = _rng.normal(size=(4, 3, 5))
    total = np.exp(x).sum(axis=axes, keepdims=True)
    deviation = x - x.mean(axis=axes, keepdims=True)
    count = math.prod(x.shape[a] for a in axes)
    reductions: dict[str, tuple[Callable[..., Any], tuple[float, ...], Any]] = {
        "logsumexp": (kernels.logsumexp, (), np.log(total)),
        "variance": (kernels.variance, (0.0,), (deviation**2).sum(axis=axes, keepdims=True) / count),
        "norm": (kernels.norm, (3.0,), (np.abs(x) ** 3).sum(axis=axes, keepdims=True) ** (1 / 3)),
    }
    for name, (kernel, arguments, expected) in reductions.items():
        flat = np.squeeze(expected, axis=axes)
        kept = kernel(x, axes, *arguments, keepdim=True)
        np.testing.assert_allclose(kept, expected, rtol=1e-13, atol=1e-15, err_msg=name)
        np.testing.assert_allclose(kernel(x, axes, *arguments), flat, rtol=1e-13, atol=1e-15, err_msg=name)
        out = np.empty_like(flat)
        assert kernel(x, axes, *arguments, out=out) is out
        assert same(out, np.squeeze(kept, axis=axes))
    for kernel, expected in ((kernels.softmax, np.exp(x) / total), (kernels.log_softmax, x - np.log(total))):
        y = kernel(x, axes)
        np.testing.assert_allclose(y, expected, rtol=1e-13, atol=1e-14)
        aliased = x.copy()
        assert kernel(aliased, axes, out=aliased) is aliased
        assert same(aliased, y)


def test_a_reduction_to_one_number_is_a_float() -> None:
    x = np.array([1.0, 2.0])
    for y in (kernels.logsumexp(x, (-1,)), kernels.variance(x, (-1,)), kernels.norm(x, (-1,))):
        assert type(y) is np.float64


@pytest.mark.parametrize(
    ("x", "correction", "expected"),
    [
        ([0.1, 0.1, 0.1], 1, 0.0),
        ([1e16, 1e16 + 2, 1e16 + 4], 1, 4.0),
        ([1.0, 2.0, 4.0], 0, 14 / 9),
        ([5.0], 1, NAN),
        ([5.0], 0, 0.0),
        ([1.0, 2.0], 2, INF),
        ([1.0, 2.0], 3, INF),
        ([INF, 1.0], 1, NAN),
        ([], 0, NAN),
    ],
)
def test_variance(x: list[float], correction: float, expected: float) -> None:
    got = kernels.variance(np.array(x), (-1,), correction)
    assert same(got, expected) or got == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize(
    ("x", "p", "expected"),
    [
        ([3.0, -4.0], 2, 5.0),
        ([3e200, 4e200], 2, 5e200),
        ([3e-200, 4e-200], 2, 5e-200),
        ([TINY, 0.0], 2, TINY),
        ([HUGE, 0.0], 2, HUGE),
        ([HUGE, HUGE], 2, INF),
        ([0.0, -0.0], 2, 0.0),
        ([INF, 1.0], 2, INF),
        ([NAN, 1.0], 2, NAN),
        ([], 2, 0.0),
        ([3.0, -4.0], 1, 7.0),
        ([3.0, -4.0], INF, 4.0),
        ([3.0, -4.0], -INF, 3.0),
        ([3.0, 0.0, -4.0], 0, 2.0),
        ([3e200, 4e200, 5e200], 3, 6e200),
        ([3e-200, 4e-200, 5e-200], 3, 6e-200),
        ([4.0, 9.0], 0.5, 25.0),
        ([1e300, 4e300], 0.5, 9e300),
        ([2e-300, 2e-300], -1, 1e-300),
        ([2.0, 0.0], -1, 0.0),
        ([0.0, 0.0], 3, 0.0),
        ([INF, 1.0], 3, INF),
    ],
)
def test_norm(x: list[float], p: float, expected: float) -> None:
    got = kernels.norm(np.array(x), (-1,), p)
    assert same(got, expected) or got == pytest.approx(expected, rel=4e-16)


def test_norm_scales_each_row_for_itself() -> None:
    x = np.array([[3e200, 4e200], [3e-200, 4e-200], [3.0, 4.0], [0.0, 0.0]])
    np.testing.assert_allclose(kernels.norm(x, (-1,)), [5e200, 5e-200, 5.0, 0.0], rtol=4e-16)


# -- sums of the others, lowered powers, deviations ---------------------------------------------------


@pytest.mark.parametrize(
    ("x", "wanted"),
    [
        ([1.0, 1e-20], [1e-20, 1]),
        ([1e-20, 1.0, 2e-20], [1, 3e-20, 1]),
        ([1.0, 1.0, 1e-20], [1, 1, 2]),
        ([1.0, 1.0, -1.0, 1e-20], [1e-20, 1e-20, 2, 1]),
        ([-1.0, 1e-20], [1e-20, -1]),
        ([INF, 1.0], [1, INF]),
        ([NAN, 1.0], [NAN, NAN]),
        ([0.0, 0.0], [0, 0]),
        ([3.0], [0]),
        ([], []),
        ([[1.0, 1e-20], [2.0, 3.0]], [[1e-20, 1], [3, 2]]),
    ],
)
def test_the_sum_of_the_others(x: Any, wanted: Any) -> None:
    np.testing.assert_allclose(kernels.others(np.array(x), (-1,)), wanted, rtol=1e-15)


@pytest.mark.parametrize("values", [[3, -2, 1], [1, -1, 0.9], [2, 2, -2], [1.018, -1, 0]])
def test_the_sum_of_the_others_where_sizes_tie(values: list[float]) -> None:
    for x in itertools.product(values, repeat=3):
        wanted = [math.fsum(x[:place] + x[place + 1 :]) for place in range(3)]
        got = kernels.others(np.array(x, float), (-1,))
        np.testing.assert_allclose(got, wanted, rtol=1e-15, atol=4e-16)


def test_the_sum_of_the_others_is_exact_for_shares() -> None:
    shares = 10.0 ** _rng.uniform(-30, 0, (50, 7))
    got = np.asarray(kernels.others(shares, (-1,)))
    for row, found in zip(shares, got, strict=True):
        for place in range(7):
            exact = sum(mp.mpf(x) for k, x in enumerate(row) if k != place)
            assert ulps(found[place], exact) <= 8


def test_a_power_is_in_a_batch_what_it_is_alone() -> None:
    bases = [-INF, -2.5, -1.0, -0.0, 0.0, 3e-300, 0.3, 1.0, 7.0, 1e300, INF, NAN]
    exponents = [-INF, -3.0, -1.0, -0.5, 0.0, 0.5, 1.0, 1.7, 2.0, 3.0, INF, NAN]
    x, n = (each.ravel() for each in np.meshgrid(bases, exponents))
    with np.errstate(all="ignore"):
        together = np.asarray(kernels.power(x, n))
        for base, exponent, found in zip(x.tolist(), n.tolist(), together.tolist(), strict=True):
            for alone in (kernels.power(base, exponent), kernels.power(np.full(1, base), exponent)):
                assert float(np.ravel(alone)[0]).hex() == found.hex()
        in_place = x.copy()
        kernels.power(in_place, n, out=in_place)
    np.testing.assert_array_equal(in_place, together)


def test_a_lowered_power() -> None:
    x = np.concatenate([10.0 ** _rng.uniform(-90, 90, 300), [0.0, INF, NAN, 0.0, -2.0]])
    n = np.concatenate([_rng.uniform(-3, 3, 300), [2.7, -1.3, 0.1, 0.1, 4.0]])
    got = np.asarray(kernels.lowered_power(x, n, 1.0))
    for base, exponent, found in zip(x[:300], n[:300], got, strict=False):
        exact = mp.power(mp.mpf(base), mp.mpf(exponent) - 1)
        assert ulps(found, exact) <= 3
        assert kernels.lowered_power(np.float64(base), np.float64(exponent), 1.0) == pytest.approx(
            found, rel=5e-16
        )
    assert same(got[300:], [0, 0, NAN, INF, -8])
    for out in (x.copy(), n.copy()):
        first, second = (out, n) if out[0] == x[0] else (x, out)
        assert same(kernels.lowered_power(first, second, 1.0, out=out), got)


@pytest.mark.parametrize("scale", [1.0, 1e-200, 1e200, 1e-320])
def test_a_deviation_of_any_size(scale: float) -> None:
    x = np.array([[1.0, 2.0, 4.0], [3.0, 3.0, 3.0]])
    got = np.asarray(kernels.deviation(x * scale, (-1,)))
    np.testing.assert_allclose(got, np.std(x, axis=-1, ddof=1) * scale, rtol=1e-13, atol=5e-324)
    assert np.shape(kernels.deviation(x * scale, (-1,), keepdim=True)) == (2, 1)
    assert kernels.deviation(x[0] * scale, (-1,)) == got[0]


def test_a_direction_has_no_sign_at_the_tip() -> None:
    x = np.array([3.0, 0.0, NAN, INF])
    h = np.array([5.0, 0.0, NAN, INF])
    got = kernels.direction(x, h)
    assert same(got, [0.6, 0, NAN, NAN])
    for out in (x.copy(), h.copy()):
        first, second = (out, h) if out[0] == 3 else (x, out)
        assert same(kernels.direction(first, second, out=out), got)
    assert [kernels.direction(a, b) for a, b in zip(map(float, x[:2]), map(float, h[:2]), strict=True)] == [
        0.6,
        0,
    ]
