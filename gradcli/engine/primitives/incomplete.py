"""The incomplete gamma and beta functions, their inverses, and their derivatives in the parameters."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from gradcli.arrays import Array
from gradcli.engine.graph import Kernel, Node, number_in
from gradcli.engine.primitives import two_doubles as two
from gradcli.engine.primitives.arithmetic import where
from gradcli.engine.primitives.elementwise import exp, log
from gradcli.engine.primitives.entry import (
    Accuracy,
    Composite,
    Elementwise,
    Meaning,
    Unknown,
    differentiated,
)
from gradcli.engine.primitives.gamma import beta, digamma, gamma, polygamma, polygamma_step
from gradcli.engine.primitives.power_series import Factor, in_doubles
from gradcli.engine.primitives.quadrature import half_line
from gradcli.engine.primitives.scipy_door import function, of_scipy
from gradcli.engine.primitives.two_doubles import on_elements, piecewise

INF = float("inf")

family = "incomplete gamma and beta functions"

# Kernels


def _pair(x: Array) -> two.Pair:
    return x, np.zeros_like(x)


def _power_of_gamma(a: Array, x: Array, less: float) -> Array:
    """x^(a - less) exp(-x)/Γ(a) for positive a and x: its logarithm in two doubles."""
    scaled = two.times(two.add(a, -less), two.log(_pair(x)))
    return two.exp(two.sum_(scaled, _pair(-x), two.negative(two.log_gamma(_pair(a)))))


def _at_end(power: Array, slope: Array) -> Array:
    """What slope·x^power is where x is 0."""
    return np.where(power > 0, 0.0, np.where(power == 0, slope, INF))


def _gamma_density(a: Array, x: Array) -> Array:
    return piecewise(
        [
            ((a > 0) & (x > 0) & (x < INF), lambda a, x: _power_of_gamma(a, x, 1.0)),
            ((a > 0) & (x == 0), lambda a, x: _at_end(a - 1.0, np.ones_like(a))),
            ((a > 0) & (x == INF), lambda a, x: np.zeros_like(x)),
        ],
        a,
        x,
    )


def _log_less_digamma(a: Array, x: Array) -> Array:
    """log x - ψ(a), also where the two are close."""

    def near(a: Array, x: Array) -> Array:
        r = 1.0 / (a * a)
        rest = 1 / 12 - r * (1 / 120 - r * (1 / 252 - r * (1 / 240 - r * (1 / 132 - r * 691 / 32760))))
        found: Array = np.log1p((x - a) / a) + (0.5 / a + r * rest)
        return found

    close = (a > 12.0) & (x > 0.5 * a) & (x < 2.0 * a)
    psi = function("psi")
    return piecewise([(close, near), ((a > 0) & (x >= 0), lambda a, x: np.log(x) - psi(a))], a, x)


def _reach_above(a: Array, x: Array) -> Array:
    """How far (1+w)^(a-1) exp(-xw) reaches in w: by its slope and bend at 0, and exp(-xw) far out."""
    rate, bend = np.maximum(x - a + 1.0, 0.0), np.maximum(a - 1.0, 0.0)
    found: Array = np.maximum(2.0 / (rate + np.sqrt(rate * rate + 2.0 * bend)), 1.0 / x)
    return found


def _gamma_in_order(order: int) -> Callable[[Array, Array], Array]:
    """The derivative of `gammainc` in a, the first or the second.

    Up to x = 1 by the power series; beyond, by the integral from 0 to x or that from x to infinity, the one
    in which the integrand of the first derivative has one sign.
    """

    def series(a: Array, x: Array) -> Array:
        psi = function("psi")(a + 1.0)
        first, second, third = np.ones_like(a), np.zeros_like(a), np.zeros_like(a)
        power = np.ones_like(a)
        for k in range(1, 24):
            power = power * (-x / k)
            first += power * (a / (a + k))
            second += power * (k / (a + k) ** 2)
            third -= power * (2.0 * k / (a + k) ** 3)
        lead = np.log(x) - psi
        found = lead * first + second
        if order == 2:
            found = lead * found - function("polygamma")(1, a + 1.0) * first + lead * second + third
        lowest = two.sum_(
            two.times(_pair(a), two.log(_pair(x))), two.negative(two.log_gamma(two.add(a, 1.0)))
        )
        result: Array = two.exp(lowest) * found
        return result

    def weight(a: Array, distance: Array) -> Array:
        if order == 1:
            return distance
        found: Array = distance * distance - function("polygamma")(1, a)
        return found

    def below(a: Array, x: Array) -> Array:
        lead = _log_less_digamma(a, x)
        rate = np.maximum(a - x, 0.0)
        scale = 2.0 / (rate + np.sqrt(rate * rate + 2.0 * x))
        integral = half_line(
            lambda u: weight(a, lead - u) * np.exp((x - a) * u - x * (u + np.expm1(-u))), scale
        )
        return _power_of_gamma(a, x, 0.0) * integral

    def above(a: Array, x: Array) -> Array:
        lead = _log_less_digamma(a, x)
        scale = _reach_above(a, x)
        integral = half_line(
            lambda w: weight(a, lead + np.log1p(w)) * np.exp((a - 1.0) * np.log1p(w) - x * w), scale
        )
        return -_power_of_gamma(a, x, 0.0) * integral

    def kernel(a: Array, x: Array) -> Array:
        fine = (a > 0) & (x > 0) & (x < INF)
        return piecewise(
            [
                (fine & (x <= 1.0), series),
                (fine & (_log_less_digamma(a, x) < 0), below),
                (fine, above),
                ((a > 0) & ((x == 0) | (x == INF)), lambda a, x: np.zeros_like(x)),
            ],
            a,
            x,
        )

    return kernel


def _powers(a: Array, x: Array) -> Array:
    """x^(a-1) exp(-x) for positive x, also where one factor is beyond the doubles."""
    return two.exp(two.sum_(two.times(two.add(a, -1.0), two.log(_pair(x))), _pair(-x)))


def _gamma_integrand(a: Array, x: Array) -> Array:
    return piecewise(
        [
            ((x > 0) & (x < INF), _powers),
            (x == 0, lambda a, x: _at_end(a - 1.0, np.ones_like(a))),
            (x == INF, lambda a, x: np.zeros_like(x)),
        ],
        a,
        x,
    )


def _product_with_gamma(order: int, share: str, sign_of: float) -> Callable[[Array, Array], Array]:
    """A share of Γ(a), times Γ(a), differentiated in a: where the share is no small one."""

    def product(a: Array, x: Array) -> Array:
        found: Array = function(share)(a, x)
        if order:
            psi, first = function("psi")(a), sign_of * _gamma_in_order(1)(a, x)
            spread = found * function("polygamma")(1, a) + sign_of * _gamma_in_order(order)(a, x)
            found = psi * found + first if order == 1 else psi * (psi * found + 2.0 * first) + spread
        result: Array = function("gamma")(a) * found
        return result

    return product


def _lower_gamma(order: int) -> Callable[[Array, Array], Array]:
    """∫₀ˣ t^(a-1) exp(-t) logⁿt dt: the derivatives of `lowergamma` in a, to the second.

    Up to x = a + 1 by x^a exp(-x)/a Σ xᵏ/(a+1)ₖ (DLMF 8.5.1), of one sign, where the share of Γ(a) may be too
    small for a double and Γ(a) too large for one.
    """

    def series(a: Array, x: Array) -> Array:
        sums = in_doubles([Factor(np.ones_like(a), (0,))], [Factor(a + 1.0, (1,))], x, (order,))
        found = sums[(order,)]
        if order:
            lead = np.log(x) - 1.0 / a
            found = found + order * lead * sums[(order - 1,)]
        if order == 2:
            found = found + (lead * lead + 1.0 / (a * a)) * sums[(0,)]
        return _powers(a, x) * (x / a * found)

    def kernel(a: Array, x: Array) -> Array:
        return piecewise(
            [
                ((a > 0) & (x == 0), lambda a, x: np.zeros_like(x)),
                ((a > 0) & (x > 0) & (x < a + 1.0), series),
                ((a > 0) & (x > 0), _product_with_gamma(order, "gammainc", 1.0)),
            ],
            a,
            x,
        )

    return kernel


def _moment(n: int, z: Array) -> Array:
    """∫₀¹ sⁿ exp(zs) ds for negative z and n up to 2."""
    series, term = np.zeros_like(z), np.ones_like(z)
    for k in range(20):
        series += term / (n + 1 + k)
        term = term * z / (k + 1)
    away = np.where(z > -1, -1.0, z)
    found = np.expm1(away) / away
    for k in range(1, n + 1):
        found = (np.exp(away) - k * found) / away
    return np.where(z > -1, series, found)


def _upper_gamma(order: int) -> Callable[[Array, Array], Array]:
    """∫ₓ^∞ t^(a-1) exp(-t) logⁿt dt: the derivatives of `uppergamma` in a, to the second.

    From x = max(a, 1) on by that integral, as the share of Γ(a) may be too small for a double there. For a
    and x below 1 the part up to 1 is by the powers of t in exp(-t), as a product with Γ(a) would cancel near
    its pole at 0.
    """

    def beyond(a: Array, x: Array, fine: bool = False) -> Array:
        lead = np.log(x)
        scale = _reach_above(a, x)

        def integrand(w: Array) -> Array:
            grown = np.log1p(w)
            found: Array = np.exp((a - 1.0) * grown - x * w) * (lead + grown) ** order
            return found

        result: Array = _powers(a, x) * (x * half_line(integrand, scale, fine=fine))
        return result

    def not_far(a: Array, x: Array) -> Array:  # from the pole of the integrand at -1, measured in its width
        return beyond(a, x, fine=True)

    def near(a: Array, x: Array) -> Array:
        lead = np.log(x)
        found = not_far(a, np.ones_like(x))
        for k in range(24):
            found -= (-1.0) ** k / math.factorial(k) * lead ** (order + 1) * _moment(order, (a + k) * lead)
        return found

    def kernel(a: Array, x: Array) -> Array:
        return piecewise(
            [
                ((a > 0) & (x == INF), lambda a, x: np.zeros_like(x)),
                ((a > 0) & (x >= 1) & (x > a) & (x < 8), not_far),
                ((a > 0) & (x >= 1) & (x > a), beyond),
                ((a > 0) & (a < 1) & (x > 0) & (x < 1), near),
                ((a > 0) & (x >= 0), _product_with_gamma(order, "gammaincc", -1.0)),
            ],
            a,
            x,
        )

    return kernel


def _power_of_beta(a: Array, b: Array, x: Array, less: float, rest: float) -> Array:
    """x^(a - less) (1-x)^(b - rest)/B(a, b), its logarithm in two doubles."""
    y = two.add(1.0, -x)
    total = two.sum_(two.log_gamma(two.add(a, b)), two.negative(two.log_gamma(_pair(a))))
    total = two.sum_(total, two.negative(two.log_gamma(_pair(b))))
    scaled = two.times(two.add(a, -less), two.log(_pair(x)))
    return two.exp(two.sum_(total, scaled, two.times(two.add(b, -rest), two.log(y))))


def _beta_density(a: Array, b: Array, x: Array) -> Array:
    fine = (a > 0) & (b > 0)
    return piecewise(
        [
            (fine & (x > 0) & (x < 1), lambda a, b, x: _power_of_beta(a, b, x, 1.0, 1.0)),
            (fine & (x == 0), lambda a, b, x: _at_end(a - 1.0, b)),
            (fine & (x == 1), lambda a, b, x: _at_end(b - 1.0, a)),
        ],
        a,
        b,
        x,
    )


def _psi_step(order: int, a: Array, b: Array) -> Array:
    """ψₙ(a) - ψₙ(a+b)."""
    found: Array = -np.asarray(polygamma_step.ufunc(float(order), a, b))
    return found


def _beta_in_parameters(in_a: int, in_b: int) -> Callable[[Array, Array, Array], Array]:
    """The derivatives of `betainc` in a and b to second order, by the integral from 0 to x or from x to 1.

    Where there is one, that in which the integrand has one sign; with t = x exp(-u), or 1-t = (1-x) exp(-u).
    """

    def weight(a: Array, b: Array, left: Array, right: Array) -> Array:
        if in_a + in_b == 1:
            return left if in_a else right
        if in_a and in_b:
            return left * right + function("polygamma")(1, a + b)
        square = left * left if in_a else right * right
        return square - (_psi_step(1, a, b) if in_a else _psi_step(1, b, a))

    def tail(a: Array, b: Array, x: Array, y: Array, weigh: Callable[[Array, Array], Array]) -> Array:
        """The integral on the side of 0, in u; `weigh` has u and the logarithm of (1-t)/(1-x)."""
        rate = np.maximum(a - (b - 1.0) * x / y, 0.0)
        bend = np.maximum(b - 1.0, 0.0) * x / (y * y)
        scale = np.maximum(2.0 / (rate + np.sqrt(rate * rate + 2.0 * bend)), 1.0 / a)

        def integrand(u: Array) -> Array:
            grown = np.log1p(-x * np.expm1(-u) / y)
            found: Array = weigh(u, grown) * np.exp((b - 1.0) * grown - a * u)
            return found

        return half_line(integrand, scale)

    def leads(a: Array, b: Array, x: Array) -> tuple[Array, Array]:
        return np.log(x) - _psi_step(0, a, b), np.log1p(-x) - _psi_step(0, b, a)

    def below(a: Array, b: Array, x: Array, y: Array) -> Array:
        left, right = leads(a, b, x)
        integral = tail(a, b, x, y, lambda u, grown: weight(a, b, left - u, right + grown))
        return _power_of_beta(a, b, x, 0.0, 1.0) * integral

    def above(a: Array, b: Array, x: Array, y: Array) -> Array:
        left, right = leads(a, b, x)
        integral = tail(b, a, y, x, lambda u, grown: weight(a, b, left + grown, right - u))
        return -_power_of_beta(a, b, x, 1.0, 0.0) * integral

    def is_below(a: Array, b: Array, x: Array) -> Array:
        if in_a == 1 and not in_b:
            found: Array = np.log(x) < _psi_step(0, a, b)
        elif in_b == 1 and not in_a:
            found = np.log1p(-x) > _psi_step(0, b, a)
        else:
            found = x * (a + b) < a
        return found

    def inside(a: Array, b: Array, x: Array) -> Array:
        return piecewise([(is_below(a, b, x), below), (True, above)], a, b, x, 1.0 - x)

    def kernel(a: Array, b: Array, x: Array) -> Array:
        fine = (a > 0) & (b > 0)
        ends = fine & ((x == 0) | (x == 1))
        pieces = [(fine & (x > 0) & (x < 1), inside), (ends, lambda a, b, x: np.zeros_like(x))]
        return piecewise(pieces, a, b, x)

    return kernel


def _tiny_share(a: Array, b: Array, x: Array) -> Array:
    """I_x(a, b) where it is tiny, by its series (DLMF 8.17.8): SciPy loses digits near subnormal numbers."""
    term, total = np.ones_like(x), np.ones_like(x)
    for k in range(1, 2000):
        term = term * (a + b + (k - 1)) / (a + k) * x
        total += term
        if not (term > 1e-17 * total).any():
            break
    found: Array = _power_of_beta(a, b, x, 0.0, 0.0) / a * total
    return found


def _share_below(a: Array, b: Array, x: Array) -> Array:
    found: Array = function("betainc")(a, b, x)
    tiny = (found < 1e-280) & (x > 0) & (x < 0.5) & (a > 0) & (b > 0) & (a < INF) & (b < INF)
    if tiny.any():
        found[tiny] = _tiny_share(a[tiny], b[tiny], x[tiny])
    return found


def _share_above(a: Array, b: Array, x: Array) -> Array:
    found: Array = function("betaincc")(a, b, x)
    tiny = (found < 1e-280) & (x > 0.5) & (x < 1) & (a > 0) & (b > 0) & (a < INF) & (b < INF)
    if tiny.any():
        found[tiny] = _tiny_share(b[tiny], a[tiny], 1.0 - x[tiny])
    return found


# Entries

log_less_digamma: Elementwise = Elementwise(
    "log_less_digamma",
    on_elements(_log_less_digamma),
    (lambda a, x: -polygamma(1.0, a), lambda a, x: 1 / x),
    "a, x",
    spelled=lambda a, x: log(x) - digamma(a),
    written="(log(x) - digamma(a))",
    public=False,
)


def _slope_at_end(power: Node, one: Node | float, two: Node | float) -> Node:
    """The limit of the slope of a density at 0, where it is as x**(power - 1): what powers 1 and 2 give."""
    inside = where(power < 2, INF, 0.0)
    return where(power < 1, -INF, where(power.equals(1), one, where(power.equals(2), two, inside)))


def _gamma_in_order_of_density(a: Node, x: Node) -> Node:
    size = gamma_density(a, x)
    return where(size.equals(0), 0, size * log_less_digamma(a, x))


gamma_density: Elementwise = Elementwise(
    "gamma_density",
    on_elements(_gamma_density),
    (
        _gamma_in_order_of_density,
        lambda a, x: where(x.equals(0), _slope_at_end(a, -1.0, 1.0), gamma_density(a, x) * ((a - 1 - x) / x)),
    ),
    "a, x",
    reads=(
        lambda a, x: gamma_density(a, x) * log_less_digamma(a, x),
        lambda a, x: gamma_density(a, x) * ((a - 1) / x - 1),
    ),
    spelled=lambda a, x: x ** (a - 1) * exp(-x) / gamma(a),
    written="(x**(a - 1)*exp(-x)/gamma(a))",
    public=False,
)


@cache
def _in_order(order: int) -> Elementwise:
    def further(a: Node, x: Node) -> Node:
        if order == 2:
            return Unknown("gammainc", "a", "of third order")(a, x)
        return _in_order(order + 1)(a, x)

    def slope(a: Node, x: Node) -> Node:
        distance = log_less_digamma(a, x)
        weight = distance if order == 1 else distance**2 - polygamma(1.0, a)
        return gamma_density(a, x) * weight

    return Elementwise(
        f"gammainc_derivative_{order}",
        on_elements(_gamma_in_order(order)),
        (further, slope),
        "a, x",
        written=f"{differentiated('gammainc', *[0] * order)}(a, x)",
        public=False,
    )


def gammainc_in_a(a: Node, x: Node) -> Node:
    """The derivative of `gammainc(a, x)` in a."""
    return _in_order(1)(a, x)


_OUTSIDE = "not (0.05 <= a <= 100 and 1e-6 <= x <= 100)"
_FAR_OUT = Accuracy(
    "second", 1e9, _OUTSIDE, "in a twice, where x is far from a: the two terms of the weight nearly cancel"
)


def _between(z: Node, a: Node, b: Node | None, regularized: bool) -> Node:
    """The integral of t**(z - 1)*exp(-t) from a to b, as mpmath has it."""
    below, above = (gammainc, gammaincc) if regularized else (lowergamma, uppergamma)
    if b is None:
        return above(z, a)
    if number_in(a) == 0:
        return below(z, b)
    return below(z, b) - below(z, a)


gammainc: Elementwise = Elementwise(
    "gammainc",
    of_scipy("gammainc"),
    (lambda a, x: _in_order(1)(a, x), lambda a, x: gamma_density(a, x)),
    "a, x",
    "Regularized incomplete gamma function: the integral of t**(a - 1)*exp(-t) from 0 to x, over gamma(a).",
    ("gammainc(1, inf)", "1"),
    aliases=("igamma",),
    domain=((0, INF), (0, INF)),
    tested=((0.05, 100), (1e-6, 100)),
    reference="gamma_share(a, x)",
    reads=(lambda a, x: _in_order(1)(a, x), lambda a, x: x ** (a - 1) * exp(-x) / gamma(a)),
    accuracy=(
        Accuracy("value", 2e4, "abs(result) < 1e-290", "SciPy's own digits near the subnormal numbers"),
        Accuracy("value", 30, "", "SciPy's own digits"),
        Accuracy("first", 20, "", "the slope in a, near the subnormal numbers"),
        Accuracy("second", 400, "", "two terms of opposite signs near a zero"),
        _FAR_OUT,
    ),
    meanings=(
        Meaning(
            "mpmath",
            "is the integral from a to b (inf if left out), and not divided by gamma(z)",
            "z, a=0, b=None, regularized=False",
            _between,
            holds={"regularized": "truth"},
        ),
    ),
    family=family,
)
gammaincc: Elementwise = Elementwise(
    "gammaincc",
    of_scipy("gammaincc"),
    (lambda a, x: -_in_order(1)(a, x), lambda a, x: -gamma_density(a, x)),
    "a, x",
    "Regularized upper incomplete gamma function 1 - gammainc(a, x), with its digits where it is small.",
    ("gammaincc(1, 0)", "1"),
    aliases=("gammaq", "igammac"),
    domain=((0, INF), (0, INF)),
    tested=((0.05, 100), (1e-6, 100)),
    reference="gamma_rest(a, x)",
    reads=(lambda a, x: -_in_order(1)(a, x), lambda a, x: -(x ** (a - 1) * exp(-x) / gamma(a))),
    accuracy=(
        Accuracy("value", 40, "", "SciPy's own digits"),
        Accuracy("first", 12, "", "the slope in a, where x is near a"),
        Accuracy("second", 20, "", "two terms of opposite signs near a zero"),
        _FAR_OUT,
    ),
    family=family,
)
_OF_INVERSES = (
    Accuracy("value", 20, "", "SciPy's own digits"),
    Accuracy("first", 100, "", "those of the place, in a quotient by the density there"),
    Accuracy("second", 2000, "", "those of the place, in terms of opposite signs"),
)
gammaincinv: Elementwise = Elementwise(
    "gammaincinv",
    of_scipy("gammaincinv"),
    (
        lambda a, y: -(_in_order(1)(a, gammaincinv(a, y)) / gamma_density(a, gammaincinv(a, y))),
        lambda a, y: 1 / gamma_density(a, gammaincinv(a, y)),
    ),
    "a, y",
    "The x at which gammainc(a, x) is y.",
    ("gammaincinv(1, 0)", "0"),
    domain=((0, INF), (0, 1)),
    tested=((0.2, 50), (0.01, 0.99)),
    reference="gammaincinv(a, y)",
    accuracy=_OF_INVERSES,
    family=family,
)
gammainccinv: Elementwise = Elementwise(
    "gammainccinv",
    of_scipy("gammainccinv"),
    (
        lambda a, y: -(_in_order(1)(a, gammainccinv(a, y)) / gamma_density(a, gammainccinv(a, y))),
        lambda a, y: -1 / gamma_density(a, gammainccinv(a, y)),
    ),
    "a, y",
    "The x at which gammaincc(a, x) is y.",
    ("gammainccinv(1, 1)", "0"),
    domain=((0, INF), (0, 1)),
    tested=((0.2, 50), (0.01, 0.99)),
    reference="gammainccinv(a, y)",
    accuracy=_OF_INVERSES,
    family=family,
)


def _beta_in_power(a: Node, b: Node, x: Node, logarithm: Node, *, turned: bool = False) -> Node:
    size = beta_density(b, a, x) if turned else beta_density(a, b, x)
    return where(size.equals(0), 0, size * (logarithm + polygamma_step(0.0, a, b)))


def _beta_slope(a: Node, b: Node, x: Node) -> Node:
    inside = beta_density(a, b, x) * ((a - 1) / x - (b - 1) / (1 - x))
    at_zero = _slope_at_end(a, b * (1 - b), b * (b + 1))
    at_one = -_slope_at_end(b, a * (1 - a), a * (a + 1))
    return where(x.equals(0), at_zero, where(x.equals(1), at_one, inside))


beta_density: Elementwise = Elementwise(
    "beta_density",
    on_elements(_beta_density),
    (
        lambda a, b, x: _beta_in_power(a, b, x, log(x)),
        lambda a, b, x: _beta_in_power(b, a, x, log(1 - x), turned=True),
        _beta_slope,
    ),
    "a, b, x",
    reads=(
        lambda a, b, x: beta_density(a, b, x) * (log(x) + polygamma_step(0.0, a, b)),
        lambda a, b, x: beta_density(a, b, x) * (log(1 - x) + polygamma_step(0.0, b, a)),
        lambda a, b, x: beta_density(a, b, x) * ((a - 1) / x - (b - 1) / (1 - x)),
    ),
    spelled=lambda a, b, x: x ** (a - 1) * (1 - x) ** (b - 1) / beta(a, b),
    written="(x**(a - 1)*(1 - x)**(b - 1)/beta(a, b))",
    public=False,
)


_WIDE = "not (0.2 <= a <= 50 and 0.2 <= b <= 50)"
_BETA_OUTSIDE = (
    Accuracy("second", 1e5, _WIDE, "in a and b, where what is left is far smaller than its terms"),
)


@cache
def _in_parameters(in_a: int, in_b: int) -> Elementwise:
    def further(more_a: int, more_b: int) -> Callable[..., Node]:
        if in_a + in_b == 2:
            return Unknown("betainc", "a" if more_a else "b", "of third order")
        return lambda a, b, x: _in_parameters(in_a + more_a, in_b + more_b)(a, b, x)

    def slope(a: Node, b: Node, x: Node) -> Node:
        found = beta_density(a, b, x)
        left = log(x) + polygamma_step(0.0, a, b)
        right = log(1 - x) + polygamma_step(0.0, b, a)
        if in_a + in_b == 1:
            return found * (left if in_a else right)
        if in_a and in_b:
            return found * (left * right + polygamma(1.0, a + b))
        if in_a:
            return found * (left**2 + polygamma_step(1.0, a, b))
        return found * (right**2 + polygamma_step(1.0, b, a))

    words = differentiated("betainc", *[0] * in_a, *[1] * in_b)
    return Elementwise(
        f"betainc_derivative_{in_a}_{in_b}",
        on_elements(_beta_in_parameters(in_a, in_b)),
        (further(1, 0), further(0, 1), slope),
        "a, b, x",
        written=f"{words}(a, b, x)",
        public=False,
    )


def betainc_in_a(a: Node, b: Node | float, x: Node) -> Node:
    """The derivative of `betainc(a, b, x)` in a."""
    return _in_parameters(1, 0)(a, b, x)


def betainc_in_b(a: Node | float, b: Node, x: Node) -> Node:
    """The derivative of `betainc(a, b, x)` in b."""
    return _in_parameters(0, 1)(a, b, x)


def _beta_between(a: Node, b: Node, x1: Node, x2: Node, regularized: bool) -> Node:
    """The integral of t**(a - 1)*(1 - t)**(b - 1) from x1 to x2, as mpmath and SymPy have it."""
    if number_in(x1) == 0:
        found = betainc(a, b, x2)
    elif number_in(x2) == 1:
        found = betaincc(a, b, x1)
    else:
        found = betainc(a, b, x2) - betainc(a, b, x1)
    return found if regularized else found * beta(a, b)


betainc: Elementwise = Elementwise(
    "betainc",
    on_elements(_share_below),
    (
        lambda a, b, x: _in_parameters(1, 0)(a, b, x),
        lambda a, b, x: _in_parameters(0, 1)(a, b, x),
        lambda a, b, x: beta_density(a, b, x),
    ),
    "a, b, x",
    "Regularized incomplete beta function, of t**(a - 1)*(1 - t)**(b - 1) from 0 to x over beta(a, b).",
    ("betainc(2, 3, 1)", "1"),
    domain=((0, INF), (0, INF), (0, 1)),
    tested=((0.2, 50), (0.2, 50), (1e-4, 0.99)),
    reference="beta_share(a, b, x)",
    accuracy=(
        Accuracy("value", 15, "", "SciPy's own digits"),
        Accuracy("first", 10, "", "the integral of a slope in a or b"),
        Accuracy("second", 30, "", "two terms of opposite signs near a zero"),
        *_BETA_OUTSIDE,
    ),
    reads=(
        lambda a, b, x: _in_parameters(1, 0)(a, b, x),
        lambda a, b, x: _in_parameters(0, 1)(a, b, x),
        lambda a, b, x: x ** (a - 1) * (1 - x) ** (b - 1) / beta(a, b),
    ),
    meanings=(
        Meaning(
            "mpmath",
            "is the integral from x1 to x2, and not divided by beta(a, b)",
            "a, b, x1=0, x2=1, regularized=False",
            _beta_between,
            holds={"regularized": "truth"},
        ),
        Meaning(
            "sympy",
            "is the integral from x1 to x2, and not divided by beta(a, b)",
            "a, b, x1, x2",
            lambda a, b, x1, x2: _beta_between(a, b, x1, x2, False),
        ),
    ),
    family=family,
)
betaincc: Elementwise = Elementwise(
    "betaincc",
    on_elements(_share_above),
    (
        lambda a, b, x: -_in_parameters(1, 0)(a, b, x),
        lambda a, b, x: -_in_parameters(0, 1)(a, b, x),
        lambda a, b, x: -beta_density(a, b, x),
    ),
    "a, b, x",
    "Complement of the regularized incomplete beta function, 1 - betainc(a, b, x), with its digits near 0.",
    ("betaincc(2, 3, 0)", "1"),
    domain=((0, INF), (0, INF), (0, 1)),
    tested=((0.2, 50), (0.2, 50), (1e-4, 0.99)),
    reference="beta_rest(a, b, x)",
    accuracy=(
        Accuracy("value", 15, "", "SciPy's own digits"),
        Accuracy("first", 10, "", "the integral of a slope in a or b"),
        Accuracy("second", 30, "", "two terms of opposite signs near a zero"),
        *_BETA_OUTSIDE,
    ),
    reads=(
        lambda a, b, x: -_in_parameters(1, 0)(a, b, x),
        lambda a, b, x: -_in_parameters(0, 1)(a, b, x),
        lambda a, b, x: -(x ** (a - 1) * (1 - x) ** (b - 1) / beta(a, b)),
    ),
    family=family,
)


def _place_of(name: str, of: str, sign_of: float) -> Kernel:
    """SciPy's inverse, after another step of Newton's."""

    def kernel(a: Array, b: Array, y: Array) -> Array:
        place: Array = function(name)(a, b, y)
        step = sign_of * (function(of)(a, b, place) - y) / _beta_density(a, b, place)
        near = np.abs(step) < 1e-8 * np.minimum(place, 1.0 - place)
        return np.where(near, place - step, place)

    return on_elements(kernel)


_PLACE = (
    Accuracy("value", 6, "", "those of what is inverted"),
    Accuracy("first", 20, "", "those of the place, in a quotient by the density there"),
    Accuracy("second", 200, "", "those of the place, in terms of opposite signs"),
)


def _inverse(name: str, of: str, sign_of: float) -> Elementwise:
    """The inverse. What is asked about its place x is asked from the nearer end, for the digits of 1 - x."""

    def beyond(a: Node, b: Node, y: Node) -> Node:
        other = betainccinv if sign_of > 0 else betaincinv
        return other(b, a, y)

    def density(a: Node, b: Node, y: Node) -> Node:
        place = entry(a, b, y)
        return where(place < 0.5, beta_density(a, b, place), beta_density(b, a, beyond(a, b, y)))

    def in_parameter(in_a: int, in_b: int) -> Callable[..., Node]:
        def slope(a: Node, b: Node, y: Node) -> Node:
            place = entry(a, b, y)
            near = _in_parameters(in_a, in_b)(a, b, place)
            far = -_in_parameters(in_b, in_a)(b, a, beyond(a, b, y))
            return -where(place < 0.5, near, far) / density(a, b, y)

        return slope

    def reads(in_a: int, in_b: int) -> Callable[..., Node]:
        return lambda a, b, y: (
            -(_in_parameters(in_a, in_b)(a, b, entry(a, b, y)) / beta_density(a, b, entry(a, b, y)))
        )

    entry: Elementwise = Elementwise(
        name,
        _place_of(name, of, sign_of),
        (
            in_parameter(1, 0),
            in_parameter(0, 1),
            lambda a, b, y: sign_of / density(a, b, y),
        ),
        "a, b, y",
        f"The x at which {of}(a, b, x) is y.",
        (f"{name}(2, 3, 0)", "0" if sign_of > 0 else "1"),
        domain=((0, INF), (0, INF), (0, 1)),
        tested=((0.4, 8.0), (0.4, 8.0), (0.01, 0.99)),
        reference=f"{name}(a, b, y)",
        reads=(
            reads(1, 0),
            reads(0, 1),
            lambda a, b, y: sign_of / beta_density(a, b, entry(a, b, y)),
        ),
        accuracy=_PLACE,
        family=family,
    )
    return entry


betaincinv = _inverse("betaincinv", "betainc", 1.0)
betainccinv = _inverse("betainccinv", "betaincc", -1.0)

gamma_integrand: Elementwise = Elementwise(
    "gamma_integrand",
    on_elements(_gamma_integrand),
    (
        lambda a, x: where(gamma_integrand(a, x).equals(0), 0, gamma_integrand(a, x) * log(x)),
        lambda a, x: where(
            x.equals(0), _slope_at_end(a, -1.0, 1.0), gamma_integrand(a, x) * ((a - 1 - x) / x)
        ),
    ),
    "a, x",
    reads=(
        lambda a, x: gamma_integrand(a, x) * log(x),
        lambda a, x: gamma_integrand(a, x) * ((a - 1) / x - 1),
    ),
    spelled=lambda a, x: x ** (a - 1) * exp(-x),
    written="(x**(a - 1)*exp(-x))",
    public=False,
)


def _part_of_gamma(
    name: str,
    make: Callable[[int], Callable[[Array, Array], Array]],
    sign_of: int,
    **about: Any,
) -> Elementwise:
    """An integral of t**(a - 1)*exp(-t) with its derivatives; `make` has the kernel of those in a."""

    def slope(order: int, a: Node, x: Node) -> Node:
        found = gamma_integrand(a, x)
        if order:
            found = where(found.equals(0), 0, found * log(x) ** order)
        return found if sign_of > 0 else -found

    @cache
    def in_order(order: int) -> Elementwise:
        return Elementwise(
            f"{name}_derivative_{order}",
            on_elements(make(order)),
            (
                Unknown(name, "a", "of third order")
                if order == 2
                else lambda a, x: in_order(order + 1)(a, x),
                lambda a, x: slope(order, a, x),
            ),
            "a, x",
            written=f"{differentiated(name, *[0] * order)}(a, x)",
            public=False,
        )

    return Elementwise(
        name,
        on_elements(make(0)),
        (lambda a, x: in_order(1)(a, x), lambda a, x: slope(0, a, x)),
        "a, x",
        domain=((0, INF), (0, INF)),
        family=family,
        **about,
    )


lowergamma = _part_of_gamma(
    "lowergamma",
    _lower_gamma,
    1,
    doc="Lower incomplete gamma function, not regularized: of t**(a - 1)*exp(-t) from 0 to x.",
    example=("lowergamma(1, inf)", "1"),
    aliases=("tgamma_lower",),
    tested=((0.1, 20), (1e-3, 100)),
    reference="gamma_share(a, x)*gamma(a)",
)
uppergamma = _part_of_gamma(
    "uppergamma",
    _upper_gamma,
    -1,
    doc="Upper incomplete gamma function, not regularized: of t**(a - 1)*exp(-t) from x to inf, for a > 0.",
    example=("uppergamma(1, 0)", "1"),
    aliases=("tgamma_upper",),
    tested=((0.1, 20), (1e-3, 50)),
    reference="gamma_rest(a, x)*gamma(a)",
)
_PRODUCT = (
    Accuracy("value", 30, "", "SciPy's own digits, in a product"),
    Accuracy("first", 100, "", "in a parameter, the two terms of a product"),
    Accuracy("second", 1000, "", "in a parameter, the three terms of a product"),
)

_NEARLY_CANCELS = "in a parameter, the terms of a product nearly cancel"

Composite(
    "incomplete_beta",
    "a, b, x",
    lambda a, b, x: betainc(a, b, x) * beta(a, b),
    "Incomplete beta function, not regularized: of t**(a - 1)*(1 - t)**(b - 1) from 0 to x.",
    ("incomplete_beta(1, 1, 0.5)", "0.5"),
    domain=((0, INF), (0, INF), (0, 1)),
    tested=((0.4, 8.0), (0.4, 8.0), (1e-3, 0.99)),
    reference="beta_share(a, b, x)*beta(a, b)",
    accuracy=(
        *_PRODUCT,
        Accuracy("first", 3000, "x < 0.05 or x > 0.95", _NEARLY_CANCELS),
        Accuracy("second", 5e6, "x < 0.2 or x > 0.8", _NEARLY_CANCELS),
    ),
    family=family,
)
