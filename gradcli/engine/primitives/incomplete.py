"""Incomplete gamma and beta functions and their inverses, with derivatives in every argument."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcli.arrays import Array
from gradcli.engine.graph import Kernel, Node
from gradcli.engine.primitives import two_doubles as two
from gradcli.engine.primitives.elementwise import log, log1p
from gradcli.engine.primitives.entry import Edge, Elementwise, Unknown
from gradcli.engine.primitives.gamma import _log_beta_pair as log_beta_pair
from gradcli.engine.primitives.gamma import digamma, polygamma, polygamma_step
from gradcli.engine.primitives.quadrature import half_line
from gradcli.engine.primitives.scipy_door import function, of_scipy
from gradcli.engine.primitives.two_doubles import on_elements, piecewise

INF = float("inf")

family = "incomplete gamma and beta functions"

# Kernels: densities, whose exponents need more digits than a double has


def _gamma_weight(a: Array, x: Array) -> Array:
    """x^a exp(-x)/Γ(a), for a > 0 and x > 0."""
    none = np.zeros_like(a)
    power = two.times((a, none), two.log((x, none)))
    return two.exp(two.sum_(power, (-x, none), two.negative(two.log_gamma((a, none)))))


def _gamma_density(a: Array, x: Array) -> Array:
    """x^(a-1) exp(-x)/Γ(a)."""
    none = np.zeros_like(a)

    def inside(a: Array, x: Array) -> Array:
        none = np.zeros_like(a)
        power = two.times(two.add(a, -1.0 + none), two.log((x, none)))
        return two.exp(two.sum_(power, (-x, none), two.negative(two.log_gamma((a, none)))))

    at_zero = np.where(a > 1, 0.0, np.where(a == 1, 1.0, INF)) + none
    y = piecewise(
        [((a > 0) & (x > 0) & (x < INF) & (a < 1e15), inside), ((a > 0) & (x == INF), _zeros)], a, x
    )
    return np.where((x == 0) & (a > 0), at_zero, y)


def _zeros(*inputs: Array) -> Array:
    return np.zeros_like(inputs[0])


def _log_of_rest(x: Array) -> two.Pair:
    """log(1-x), for 0 ≤ x < 1."""
    h, l = two.add(np.ones_like(x), -x)  # noqa: E741
    return two.log((h, l))


def _beta_weight(a: Array, b: Array, x: Array) -> Array:
    """x^a (1-x)^b/B(a, b), for 0 < x < 1."""
    none = np.zeros_like(a)
    return two.exp(
        two.sum_(
            two.times((a, none), two.log((x, none))),
            two.times((b, none), _log_of_rest(x)),
            two.negative(log_beta_pair(a, b)),
        )
    )


def _beta_density(a: Array, b: Array, x: Array) -> Array:
    """x^(a-1) (1-x)^(b-1)/B(a, b)."""

    def inside(a: Array, b: Array, x: Array) -> Array:
        none = np.zeros_like(a)
        return two.exp(
            two.sum_(
                two.times(two.add(a, -1.0 + none), two.log((x, none))),
                two.times(two.add(b, -1.0 + none), _log_of_rest(x)),
                two.negative(log_beta_pair(a, b)),
            )
        )

    fine = (a > 0) & (b > 0) & (a < 1e13) & (b < 1e13)
    y = piecewise([(fine & (x > 0) & (x < 1), inside)], a, b, x)
    at_zero = np.where(a > 1, 0.0, np.where(a == 1, b, INF))
    at_one = np.where(b > 1, 0.0, np.where(b == 1, a, INF))
    return np.where(fine & (x == 0), at_zero, np.where(fine & (x == 1), at_one, y))


# Kernels: the functions themselves

_MOST_TERMS = 3000


def _lower_by_series(a: Array, x: Array) -> Array:
    """P(a, x) = x^a exp(-x)/Γ(a+1) Σ xⁿ/((a+1)…(a+n)) (DLMF 8.7.1)."""
    term = np.ones_like(a)
    total = term.copy()
    at = a.copy()
    for _ in range(_MOST_TERMS):
        at += 1.0
        term *= x / at
        total += term
        if not (term > 1e-17 * total).any():
            break
    return _gamma_weight(a, x) / a * total


def _upper_by_fraction(a: Array, x: Array) -> Array:
    """Q(a, x) by Legendre's continued fraction (DLMF 8.9.2), summed by Steed's algorithm."""
    b = x + 1.0 - a
    d = 1.0 / b
    change = d.copy()
    h = d.copy()
    for k in range(1, _MOST_TERMS):
        an = -k * (k - a)
        b = b + 2.0
        d = 1.0 / (an * d + b)
        change = (b * d - 1.0) * change
        h = h + change
        if not (np.abs(change) > 1e-17 * np.abs(h)).any():
            break
    return _gamma_weight(a, x) * h


def _is_series(a: Array, x: Array) -> Any:
    """Where the series for P is the quickest, and both it and the fraction are out of Temme's region."""
    return (a > 0) & (x > 0) & (x < np.maximum(a, 1.0)) & ~_is_near(a, x)


def _is_fraction(a: Array, x: Array) -> Any:
    return (a > 0) & (x > a + 0.5) & (x > 1.1) & (x < INF) & ~_is_near(a, x)


def _is_near(a: Array, x: Array) -> Any:
    """Where SciPy has the uniform expansion of Temme, which needs no prefactor."""
    away = np.abs(x - a) / np.maximum(a, 1e-300)
    return ((a > 20) & (a < 200) & (away < 0.3)) | ((a >= 200) & (away < 4.5 / np.sqrt(np.maximum(a, 1.0))))


def _gammainc(a: Array, x: Array) -> Array:
    return piecewise(
        [
            (_is_series(a, x) & (a < 1e8), _lower_by_series),
            (_is_fraction(a, x) & (a < 1e8), lambda a, x: 1.0 - _upper_by_fraction(a, x)),
            (True, function("gammainc")),
        ],
        a,
        x,
    )


def _gammaincc(a: Array, x: Array) -> Array:
    return piecewise(
        [
            (_is_series(a, x) & (a < 1e8) & (a > 1), lambda a, x: 1.0 - _lower_by_series(a, x)),
            (_is_fraction(a, x) & (a < 1e8), _upper_by_fraction),
            (True, function("gammaincc")),
        ],
        a,
        x,
    )


# Kernels: derivatives in the parameters.
#
# dP/da is the integral of (log t - ψ(a)) times the density, from 0 to x, or minus that from x to ∞. One of
# the two has one sign all along, and so keeps its digits. In the logarithm of t (for beta, in that of
# t/(1-t)) it falls off exponentially, and the double exponential rule w = c exp(τ - exp(-τ)) of Takahasi and
# Mori needs no more than these nodes. Near 0 the power series is differentiated instead.


def _gamma_in_a(order: int) -> Kernel:
    def kernel(a: Array, x: Array) -> Array:
        fine = (a > 0) & (x > 0) & (x < INF) & (a < 1e12)
        at_end = (a > 0) & ((x == 0) | (x == INF))
        return piecewise(
            [
                (fine & (x < 0.2), lambda a, x: _gamma_in_a_near_zero(order, a, x)),
                (fine, lambda a, x: _gamma_in_a_by_quadrature(order, a, x)),
                (at_end, _zeros),
            ],
            a,
            x,
        )

    return on_elements(kernel)


def _gamma_in_a_near_zero(order: int, a: Array, x: Array) -> Array:
    """P(a, x) = x^a/Γ(a+1) Σ (-x)ⁿ a/((a+n) n!), differentiated in a."""
    none = np.zeros_like(a)
    exponent = two.sum_(
        two.times((a, none), two.log((x, none))), two.negative(two.log_gamma(two.add(a, 1.0 + none)))
    )
    s, s1, s2 = np.ones_like(a), none.copy(), none.copy()
    power = np.ones_like(a)
    for n in range(1, 16):
        power = power * -x / n
        s += power * a / (a + n)
        s1 += power * n / (a + n) ** 2
        s2 -= power * 2 * n / (a + n) ** 3
    slope: Array = np.log(x) - function("psi")(1.0 + a)
    factor: Array = slope * s + s1
    if order == 2:
        factor = (slope**2 - function("polygamma")(1, 1.0 + a)) * s + 2 * slope * s1 + s2
    found: Array = two.exp(exponent) * factor
    return found


def _gamma_in_a_by_quadrature(order: int, a: Array, x: Array) -> Array:
    mean = function("psi")(a)
    spread = function("polygamma")(1, a) if order > 1 else None
    middle = np.exp(mean) if order == 1 else a
    lower = x < middle
    sign = np.where(lower, -1.0, 1.0)
    scale: Array = 1.0 / (np.abs(a - x) + np.sqrt(x))
    from_mean = np.log(x) - mean

    def weighted(w: Array) -> Array:
        w = sign * w
        away = from_mean + w
        height = np.exp(a * w - x * np.expm1(w))
        weight: Array = height * (away if spread is None else away * away - spread)
        return weight

    found: Array = -sign * _gamma_weight(a, x) * half_line(weighted, scale)
    return found


def _beta_in(i: int, j: int) -> Kernel:
    """The derivative of I_x(a, b), i times in a and j times in b."""

    def kernel(a: Array, b: Array, x: Array) -> Array:
        fine = (a > 0) & (b > 0) & (x > 0) & (x < 1) & (a < 1e12) & (b < 1e12)
        at_end = (a > 0) & (b > 0) & ((x == 0) | (x == 1))
        return piecewise([(fine, inside), (at_end, _zeros)], a, b, x)

    def inside(a: Array, b: Array, x: Array) -> Array:
        y = 1.0 - x
        if (i, j) == (1, 0):
            lower = x < np.exp(-_step(0, a, b))
        elif (i, j) == (0, 1):
            lower = y > np.exp(-_step(0, b, a))
        else:
            lower = x < a / (a + b)
        return piecewise(
            [
                (lower, lambda a, b, x, y: _beta_below(i, j, a, b, x, y)),
                (True, lambda a, b, x, y: -_beta_below(j, i, b, a, y, x)),
            ],
            a,
            b,
            x,
            y,
        )

    return on_elements(kernel)


def _step(n: int, a: Array, b: Array) -> Array:
    found: Array = polygamma_step.ufunc(np.full_like(a, float(n)), a, b)
    return found


def _beta_below(i: int, j: int, a: Array, b: Array, x: Array, y: Array) -> Array:
    """The integral from 0 to x = 1 - y of the density and the factor that differentiating brings."""
    ratio = a * y - b * x
    scale: Array = 1.0 / (np.abs(ratio) + np.sqrt((a + b) * x * y))
    in_a = np.log(x) + _step(0, a, b)
    in_b = np.log(y) + _step(0, b, a)
    both = i + j > 1
    psi = function("polygamma")(1, a + b) if both else None

    def weighted(w: Array) -> Array:
        lost = np.log1p(y * np.expm1(w))
        height = np.exp(b * w - (a + b) * lost)
        A, B = in_a - lost, in_b + (w - lost)
        if psi is None:
            factor = A if i else B
        elif i == j:
            factor = A * B + psi
        else:
            factor = A * A + _step(1, a, b) if i else B * B + _step(1, b, a)
        weight: Array = height * factor
        return weight

    found: Array = _beta_weight(a, b, np.where(x < 0.5, x, 1.0 - y)) * half_line(weighted, scale)
    return found


# Entries

gamma_density: Elementwise = Elementwise(
    "gamma_density",
    on_elements(_gamma_density),
    (
        lambda a, x: gamma_density(a, x) * (log(x) - digamma(a)),
        lambda a, x: gamma_density(a, x) * ((a - 1) / x - 1),
    ),
    "a, x",
    written="gammainc'(a, x)",
    public=False,
)
gammainc_in_aa: Elementwise = Elementwise(
    "gammainc_in_aa",
    _gamma_in_a(2),
    (
        Unknown("the second derivative of gammainc", "a"),
        lambda a, x: gamma_density(a, x) * ((log(x) - digamma(a)) ** 2 - polygamma(1.0, a)),
    ),
    "a, x",
    public=False,
)
gammainc_in_a: Elementwise = Elementwise(
    "gammainc_in_a",
    _gamma_in_a(1),
    (
        lambda a, x: gammainc_in_aa(a, x),
        lambda a, x: gamma_density(a, x) * (log(x) - digamma(a)),
    ),
    "a, x",
    public=False,
)
gammainc: Elementwise = Elementwise(
    "gammainc",
    on_elements(_gammainc),
    (lambda a, x: gammainc_in_a(a, x), lambda a, x: gamma_density(a, x)),
    "a, x",
    "Regularised lower incomplete gamma function, the share of gamma(a) that is below x.",
    ("gammainc(1, 1)", "0.6321205588285577"),
    domain=((0, INF), (0, INF)),
    tested=((1e-6, 2e3), (0, 3e3)),
    reference="gamma_share(a, x)",
    edges=(Edge((2, 0), 0, (0, 0), "the limit from the right"),),
    family=family,
)
gammaincc: Elementwise = Elementwise(
    "gammaincc",
    on_elements(_gammaincc),
    (lambda a, x: -gammainc_in_a(a, x), lambda a, x: -gamma_density(a, x)),
    "a, x",
    "Regularised upper incomplete gamma function 1 - gammainc(a, x), with its digits for large x.",
    ("gammaincc(1, 1)", "0.36787944117144233"),
    domain=((0, INF), (0, INF)),
    tested=((1e-6, 2e3), (0, 3e3)),
    reference="gamma_rest(a, x)",
    edges=(Edge((2, 0), 1, (0, 0), "the limit from the right"),),
    family=family,
)
gammaincinv: Elementwise = Elementwise(
    "gammaincinv",
    of_scipy("gammaincinv"),
    (
        lambda a, y: -gammainc_in_a(a, gammaincinv(a, y)) / gamma_density(a, gammaincinv(a, y)),
        lambda a, y: 1 / gamma_density(a, gammaincinv(a, y)),
    ),
    "a, y",
    "The x at which gammainc(a, x) is y.",
    ("gammaincinv(1, 0)", "0"),
    domain=((0, INF), (0, 1)),
    tested=((0.01, 1e3), (0, 1)),
    reference="gammaincinv(a, y)",
    family=family,
)
gammainccinv: Elementwise = Elementwise(
    "gammainccinv",
    of_scipy("gammainccinv"),
    (
        lambda a, y: -gammainc_in_a(a, gammainccinv(a, y)) / gamma_density(a, gammainccinv(a, y)),
        lambda a, y: -1 / gamma_density(a, gammainccinv(a, y)),
    ),
    "a, y",
    "The x at which gammaincc(a, x) is y.",
    ("gammainccinv(1, 1)", "0"),
    domain=((0, INF), (0, 1)),
    tested=((0.01, 1e3), (0, 1)),
    reference="gammainccinv(a, y)",
    family=family,
)
beta_density: Elementwise = Elementwise(
    "beta_density",
    on_elements(_beta_density),
    (
        lambda a, b, x: beta_density(a, b, x) * _log_x(a, b, x),
        lambda a, b, x: beta_density(a, b, x) * _log_rest(a, b, x),
        lambda a, b, x: beta_density(a, b, x) * ((a - 1) / x - (b - 1) / (1 - x)),
    ),
    "a, b, x",
    public=False,
)


def _log_x(a: Node, b: Node, x: Node) -> Node:
    """log x less its mean, which is the factor that differentiating the density in a brings."""
    return log(x) + polygamma_step(0.0, a, b)


def _log_rest(a: Node, b: Node, x: Node) -> Node:
    """The same for log(1-x) and b."""
    return log1p(-x) + polygamma_step(0.0, b, a)


def _second(name: str, i: int, j: int, factor: Any) -> Elementwise:
    return Elementwise(
        name,
        _beta_in(i, j),
        (
            Unknown("the second derivative of betainc", "a"),
            Unknown("the second derivative of betainc", "b"),
            lambda a, b, x: beta_density(a, b, x) * factor(a, b, x),
        ),
        "a, b, x",
        public=False,
    )


betainc_in_aa = _second(
    "betainc_in_aa", 2, 0, lambda *at: _log_x(*at) ** 2 + polygamma_step(1.0, at[0], at[1])
)
betainc_in_bb = _second(
    "betainc_in_bb", 0, 2, lambda *at: _log_rest(*at) ** 2 + polygamma_step(1.0, at[1], at[0])
)
betainc_in_ab = _second(
    "betainc_in_ab", 1, 1, lambda *at: _log_x(*at) * _log_rest(*at) + polygamma(1.0, at[0] + at[1])
)
betainc_in_a: Elementwise = Elementwise(
    "betainc_in_a",
    _beta_in(1, 0),
    (
        lambda a, b, x: betainc_in_aa(a, b, x),
        lambda a, b, x: betainc_in_ab(a, b, x),
        lambda a, b, x: beta_density(a, b, x) * _log_x(a, b, x),
    ),
    "a, b, x",
    public=False,
)
betainc_in_b: Elementwise = Elementwise(
    "betainc_in_b",
    _beta_in(0, 1),
    (
        lambda a, b, x: betainc_in_ab(a, b, x),
        lambda a, b, x: betainc_in_bb(a, b, x),
        lambda a, b, x: beta_density(a, b, x) * _log_rest(a, b, x),
    ),
    "a, b, x",
    public=False,
)
betainc: Elementwise = Elementwise(
    "betainc",
    of_scipy("betainc"),
    (
        lambda a, b, x: betainc_in_a(a, b, x),
        lambda a, b, x: betainc_in_b(a, b, x),
        lambda a, b, x: beta_density(a, b, x),
    ),
    "a, b, x",
    "Regularised incomplete beta function, the share of beta(a, b) that is below x.",
    ("betainc(1, 1, 0.25)", "0.25"),
    domain=((0, INF), (0, INF), (0, 1)),
    tested=((0.01, 1e3), (0.01, 1e3), (0, 1)),
    reference="beta_share(a, b, x)",
    family=family,
)
betaincc: Elementwise = Elementwise(
    "betaincc",
    of_scipy("betaincc"),
    (
        lambda a, b, x: -betainc_in_a(a, b, x),
        lambda a, b, x: -betainc_in_b(a, b, x),
        lambda a, b, x: -beta_density(a, b, x),
    ),
    "a, b, x",
    "1 - betainc(a, b, x), with its digits near x = 1.",
    ("betaincc(1, 1, 0.25)", "0.75"),
    domain=((0, INF), (0, INF), (0, 1)),
    tested=((0.01, 1e3), (0.01, 1e3), (0, 1)),
    reference="beta_rest(a, b, x)",
    family=family,
)


def _inverse(name: str, sign: float, doc: str, example: tuple[str, str]) -> Elementwise:
    def x_of(a: Node, b: Node, y: Node) -> Node:
        return inverse(a, b, y)

    inverse = Elementwise(
        name,
        of_scipy(name),
        (
            lambda a, b, y: -betainc_in_a(a, b, x_of(a, b, y)) / beta_density(a, b, x_of(a, b, y)),
            lambda a, b, y: -betainc_in_b(a, b, x_of(a, b, y)) / beta_density(a, b, x_of(a, b, y)),
            lambda a, b, y: sign / beta_density(a, b, x_of(a, b, y)),
        ),
        "a, b, y",
        doc,
        example,
        domain=((0, INF), (0, INF), (0, 1)),
        tested=((0.1, 1e3), (0.1, 1e3), (0, 1)),
        reference=f"{name}(a, b, y)",
        family=family,
    )
    return inverse


betaincinv = _inverse(
    "betaincinv", 1.0, "The x at which betainc(a, b, x) is y.", ("betaincinv(1, 1, 0.25)", "0.25")
)
betainccinv = _inverse(
    "betainccinv", -1.0, "The x at which betaincc(a, b, x) is y.", ("betainccinv(1, 1, 0.25)", "0.75")
)
