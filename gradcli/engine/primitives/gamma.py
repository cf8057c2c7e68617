"""The gamma function and what is made of it: its logarithm and derivatives, beta, factorials, binomials."""

from __future__ import annotations

import math
from functools import cache, reduce
from typing import Any

import numpy as np

from gradcli.arrays import Array
from gradcli.engine.graph import Node, constant
from gradcli.engine.primitives import two_doubles as two
from gradcli.engine.primitives.arithmetic import where
from gradcli.engine.primitives.elementwise import floor
from gradcli.engine.primitives.entry import Accuracy, Composite, Edge, Elementwise, Meaning, Unknown
from gradcli.engine.primitives.kernels import _sin_cos_pi as sin_cos_pi
from gradcli.engine.primitives.scipy_door import function, of_scipy
from gradcli.engine.primitives.trigonometry_of_turns import cospi, sinpi
from gradcli.engine.primitives.two_doubles import on_elements, piecewise

INF = float("inf")
PI = math.pi

family = "gamma functions"

# Kernels

_EULER = 0.5772156649015329
# ζ(k) - 1 for k = 2, 3, …, of log Γ(1+z) = -γ z + Σ (-1)^k ζ(k) z^k/k (DLMF 5.7.3). What the 1 stands for is
# (1 - γ) z - (log(1+z) - z).
_ZETA_LESS_1 = (
    6.449340668482264e-01, 2.020569031595943e-01, 8.232323371113819e-02, 3.692775514336993e-02,
    1.734306198444914e-02, 8.349277381922827e-03, 4.077356197944340e-03, 2.008392826082214e-03,
    9.945751278180853e-04, 4.941886041194646e-04, 2.460865533080483e-04, 1.227133475784891e-04,
    6.124813505870482e-05, 3.058823630702049e-05, 1.528225940865187e-05, 7.637197637899762e-06,
    3.817293264999840e-06, 1.908212716553939e-06, 9.539620338727961e-07, 4.769329867878064e-07,
    2.384505027277329e-07, 1.192199259653111e-07, 5.960818905125948e-08, 2.980350351465228e-08,
    1.490155482836504e-08, 7.450711789835430e-09, 3.725334024788457e-09, 1.862659723513049e-09,
    9.313274324196682e-10,
)  # fmt: skip


def _log_gamma_of_2_plus(z: Array) -> Array:
    """log Γ(2+z) for |z| ≤ 1/2: (1-γ) z + Σ (-1)^k (ζ(k)-1) z^k/k."""
    y = np.zeros_like(z)
    for k in range(len(_ZETA_LESS_1) + 1, 1, -1):
        y = (y + (-1) ** k * _ZETA_LESS_1[k - 2] / k) * z
    return (y + (1.0 - _EULER)) * z


_TINY = 1e-17
"""Below this, Γ(x) is 1/x to the last digit."""


def _rgamma(x: Array) -> Array:
    return piecewise([(np.abs(x) < _TINY, lambda x: x), (True, function("rgamma"))], x)


def _lgamma(x: Array) -> Array:
    return piecewise(
        [
            ((x > 1.5) & (x < 2.5), lambda x: _log_gamma_of_2_plus(x - 2.0)),
            ((x > 0.5) & (x <= 1.5), lambda x: _log_gamma_of_2_plus(x - 1.0) - np.log1p(x - 1.0)),
            ((np.abs(x) < _TINY) & (x != 0), lambda x: -np.log(np.abs(x))),
            (True, function("gammaln")),
        ],
        x,
    )


@cache
def _cotangent_polynomial(n: int) -> tuple[float, ...]:
    """The polynomial P with dⁿ/dxⁿ cot x = P(cot x), highest power first: P' times -(1 + c²) each time."""
    p = [1.0, 0.0]
    for _ in range(n):
        degree = len(p) - 1
        slope = [-c * (degree - k) for k, c in enumerate(p[:-1])]
        p = [a + b for a, b in zip([*slope, 0.0, 0.0], [0.0, 0.0, *slope], strict=True)]
    return tuple(p)


def _digamma_of_negative(x: Array) -> Array:
    sine, cosine = sin_cos_pi(-x)
    turned: Array = function("psi")(1.0 - x) + math.pi * cosine / sine
    return turned


def _digamma_of_next(x: Array) -> Array:
    s, e = two.add(x, 1.0)
    return np.where(x > -1.0, _digamma(s) + e * function("polygamma")(1, np.abs(s)), _digamma(s))


def _digamma(x: Array) -> Array:
    y: Array = piecewise([(x >= 0.0, function("psi")), (x > -INF, _digamma_of_negative)], x)
    return np.where((x < 0) & (x == np.floor(x)), np.nan, y)


def _polygamma(n: Array, x: Array) -> Array:
    return piecewise(
        [
            (n == 0, lambda n, x: _digamma(x)),
            # Beyond 170 the factorial in it is no double.
            ((n < 0) | (n > 170) | (n != np.floor(n)) | np.isnan(x), lambda n, x: np.full_like(x, np.nan)),
            (x > 0, function("polygamma")),
            (x == np.floor(x), lambda n, x: np.where(n % 2, INF, np.nan)),
            (True, _polygamma_of_negative),
        ],
        n,
        x,
    )


def _polygamma_of_negative(n: Array, x: Array) -> Array:
    """By reflection: ψₙ(x) = (-1)ⁿ ψₙ(1-x) - π dⁿ/dxⁿ cot πx (DLMF 5.15.6)."""
    y = np.empty_like(x)
    for order in np.unique(n):
        here = n == order
        sine, cosine = sin_cos_pi(-x[here])
        p = np.polyval(_cotangent_polynomial(int(order)), -cosine / sine)
        sign = -1.0 if order % 2 else 1.0
        y[here] = sign * function("polygamma")(order, 1.0 - x[here]) - math.pi ** (order + 1.0) * p
    return y


# B₂ₖ/(2k)!
_BERNOULLI = (
    8.333333333333333e-02, -1.388888888888889e-03, 3.306878306878307e-05, -8.267195767195768e-07,
    2.087675698786810e-08, -5.284190138687493e-10, 1.338253653068468e-11, -3.389680296322583e-13,
    8.586062056277845e-15, -2.174868698558062e-16,
)  # fmt: skip
_SHIFTED = 16.0


def _polygamma_step(n: Array, a: Array, b: Array) -> Array:
    """ψₙ(a+b) - ψₙ(a), by differences of each term, none of which cancels where both are positive."""
    y = np.empty_like(a)
    for order in np.unique(n):
        here = n == order
        y[here] = _step_anywhere(int(order), a[here], b[here])
    return y


def _step_anywhere(n: int, a: Array, b: Array) -> Array:
    least, most = np.minimum(a, a + b), np.maximum(a, a + b)
    return piecewise(
        [
            ((least < 0) & (most < 1), lambda a, b: _reflected_step(n, a, b)),
            (
                least < 0,
                lambda a, b: _polygamma(np.full_like(a, n), a + b) - _polygamma(np.full_like(a, n), a),
            ),
            (True, lambda a, b: _step_of_order(n, a, b)),
        ],
        a,
        b,
    )


def _reflected_step(n: int, a: Array, b: Array) -> Array:
    """By the reflection of `_polygamma_of_negative`; its cotangents differ by sin πb/(sin πa sin π(a+b))."""
    (sine, cosine), (sine_of_end, cosine_of_end) = sin_cos_pi(a), sin_cos_pi(a + b)
    if n:
        p = _cotangent_polynomial(n)
        waves = np.polyval(p, cosine_of_end / sine_of_end) - np.polyval(p, cosine / sine)
    else:
        waves = -sin_cos_pi(b)[0] / (sine * sine_of_end)
    found: Array = (-1.0) ** n * _step_of_order(n, 1.0 - a, -b) - math.pi ** (n + 1) * waves
    return found


def _step_of_order(n: int, a: Array, b: Array) -> Array:
    total = np.zeros_like(a)
    factorial = math.factorial(n)
    sign = -1.0 if n % 2 == 0 else 1.0
    a = a.copy()
    for _ in range(int(_SHIFTED)):
        low = np.minimum(a, a + b) < _SHIFTED
        if not low.any():
            break
        term = -sign * factorial * _power_step(a, b, n + 1)  # of ψₙ(a) = ψₙ(a+1) + (-1)^(n+1) n!/a^(n+1)
        total += np.where(low, -term, 0.0)
        a = np.where(low, a + 1.0, a)
    lead = np.log1p(b / a) if n == 0 else sign * math.factorial(n - 1) * _power_step(a, b, n)
    rest = sign * factorial / 2 * _power_step(a, b, n + 1)
    for k in range(len(_BERNOULLI), 0, -1):
        c = _BERNOULLI[k - 1] * math.factorial(2 * k + n - 1)
        rest += sign * c * _power_step(a, b, 2 * k + n)
    return total + (rest + lead)


def _power_step(a: Array, b: Array, m: int) -> Array:
    """(a+b)⁻ᵐ - a⁻ᵐ."""
    step: Array = -(b / (a + b)) / a if m == 1 else a ** float(-m) * np.expm1(-m * np.log1p(b / a))
    return step


def _log_beta_pair(a: Array, b: Array) -> two.Pair:
    none = np.zeros_like(a)
    return two.sum_(
        two.log_gamma((a, none)), two.log_gamma((b, none)), two.negative(two.log_gamma(two.add(a, b)))
    )


def _log_beta_near(a: Array, b: Array) -> Array:
    found = _log_beta_pair(a, b)[0]
    return np.where(np.abs(found) < 2e-17, 0.0, found)  # so small at (1, 1) only, where it is 0


_FAR = 1e13  # from here on log Γ is too large for differences of its values, even in 31 digits


def _log_beta_far(a: Array, b: Array) -> Array:
    """betaln where the larger argument is huge: by the differences that Stirling's series leaves."""
    less, more = np.minimum(a, b), np.maximum(a, b)
    ratio = less / more
    small = less < 1e6
    near: Array = function("gammaln")(less) - less * np.log(more) - less * (less - 1.0) / (2.0 * more)
    far = 0.5 * math.log(2 * math.pi) - 0.5 * np.log(more)
    far += (less - 0.5) * np.log(ratio / (1.0 + ratio)) - more * np.log1p(ratio)
    return np.where(small, near, far)


def _positive(*inputs: Array) -> Any:
    """Where all inputs are finite and above the subnormal numbers."""
    return reduce(np.logical_and, [(each > 1e-290) & (each < INF) for each in inputs])


def _log_beta_of_tiny(a: Array, b: Array) -> Array:
    """For a tiny argument B(a, b) is (a + b)/(a b), to the last digit; 1/a may be no double."""
    least, most = np.minimum(a, b), np.maximum(a, b)
    y: Array = np.log1p(least / most) - np.log(least)
    return y


def _betaln(a: Array, b: Array) -> Array:
    fine = _positive(a, b)
    return piecewise(
        [
            ((a > 0) & (b > 0) & (np.minimum(a, b) <= 1e-290), _log_beta_of_tiny),
            (fine & (np.maximum(a, b) < _FAR), _log_beta_near),
            (fine, _log_beta_far),
            (True, function("betaln")),
        ],
        a,
        b,
    )


def _beta(a: Array, b: Array) -> Array:
    fine = _positive(a, b)
    return piecewise(
        [
            (fine & (np.maximum(a, b) < _FAR), lambda a, b: two.exp(_log_beta_pair(a, b))),
            (fine, lambda a, b: np.exp(_log_beta_far(a, b))),
            (True, function("beta")),
        ],
        a,
        b,
    )


_WHOLE_FACTORIALS = np.array([float(math.factorial(k)) for k in range(171)])


def _factorial(x: Array) -> Array:
    whole = (x == np.floor(x)) & (x >= 0) & (x < 171)
    gamma = function("gamma")
    return piecewise(
        [
            (whole, lambda x: _WHOLE_FACTORIALS[x.astype(np.intp)]),
            (np.abs(x) < 0.5, lambda x: gamma(1.0 + x)),
            (x > 170.7, lambda x: np.full_like(x, INF)),
            ((x < 0) & (x == np.floor(x)), lambda x: np.full_like(x, np.nan)),
            (True, lambda x: x * gamma(x)),
        ],
        x,
    )


def _binom(n: Array, k: Array) -> Array:
    fine = (n > -1) & (k > -1) & (np.abs(n) < _FAR)
    whole = (n == np.floor(n)) & (k == np.floor(k))
    return piecewise(
        [
            (whole & (k >= 0) & (n < 0), _binom_of_negative),
            (whole & (k >= 0), _whole_binom),
            (fine & (n - k > -1), _binom_pair),
            (fine & (k < _FAR), _binom_beyond),
            (True, function("binom")),
        ],
        n,
        k,
    )


def _binom_beyond(n: Array, k: Array) -> Array:
    """For k > n + 1, where Γ(n-k+1) is reflected."""
    sine, _ = sin_cos_pi(k - n)
    none = np.zeros_like(n)
    above = two.sum_(two.log_gamma(two.add(n, 1.0 + none)), two.log_gamma(two.add(k, -n)))
    return two.exp(two.sum_(above, two.negative(two.log_gamma(two.add(k, 1.0 + none))))) * sine / PI


def _whole_binom(n: Array, k: Array) -> Array:
    y: Array = function("binom")(n, k)
    return np.where(np.abs(y) < 2.0**52, np.rint(y), y)


def _binom_of_negative(n: Array, k: Array) -> Array:
    """Of whole numbers, by reflection: the polynomial in n goes on where gamma functions have poles."""
    return np.where(k % 2, -1.0, 1.0) * _whole_binom(k - n - 1.0, k)


def _binom_pair(n: Array, k: Array) -> Array:
    one = np.ones_like(n)
    above = two.log_gamma(two.add(n, one))
    below = two.log_gamma(two.add(k, one))
    rest = two.log_gamma(two.sum_(two.add(n, -k), (one, 0 * one)))
    return two.exp(two.sum_(above, two.negative(below), two.negative(rest)))


def _poch(x: Array, m: Array) -> Array:
    fine = _positive(x) & (x + m > 1e-290) & (np.maximum(x, x + m) < _FAR)
    return piecewise(
        [(m == 0, lambda x, m: np.ones_like(x)), (fine, _poch_pair), (True, function("poch"))], x, m
    )


def _poch_pair(x: Array, m: Array) -> Array:
    top = two.log_gamma(two.add(x, m))
    return two.exp(two.sum_(top, two.negative(two.log_gamma((x, np.zeros_like(x))))))


# Entries


def _rgamma_slope_below(x: Node) -> Node:
    """The derivative of 1/gamma(x) by reflection, where it is gamma(1 - x)*sinpi(x)/pi."""
    return gamma(1 - x) * (cospi(x) - digamma(1 - x) * sinpi(x) / PI)


gamma: Elementwise = Elementwise(
    "gamma",
    of_scipy("gamma"),
    (lambda x: gamma(x) * digamma(x),),
    "x",
    "Gamma function, which is (n - 1)! at whole numbers; nan at its poles 0, -1, -2, ….",
    ("gamma(5)", "24"),
    aliases=("tgamma",),
    domain=((-170, 171.6),),
    reference="gamma(x)",
    edges=(Edge((-1,), math.nan, (math.nan,), "a pole, where the two sides differ"),),
    family=family,
)
lgamma: Elementwise = Elementwise(
    "lgamma",
    on_elements(_lgamma),
    (lambda x: where(x.equals(0), math.nan, digamma(x)),),
    "x",
    "Logarithm of the absolute value of the gamma function, with its digits near its zeros 1 and 2 too.",
    ("lgamma(1)", "0"),
    reads=(lambda x: digamma(x),),
    aliases=("gammaln", "loggamma"),
    domain=((0, INF),),
    tested=((0, 1e100),),
    reference="lgamma(x)",
    edges=(Edge((0,), INF, (math.nan,), "a pole, where the slopes of the two sides differ"),),
    grad_fn="LgammaBackward0",
    family=family,
)
digamma: Elementwise = Elementwise(
    "digamma",
    on_elements(_digamma),
    (lambda x: polygamma(1.0, x),),
    "x",
    "Logarithmic derivative of the gamma function; -inf at 0, and nan at the other poles.",
    ("digamma(1)", "-0.5772156649015329"),
    aliases=("psi",),
    domain=((-INF, INF),),
    tested=((-1e6, 1e100),),
    reference="digamma(x)",
    edges=(
        Edge((0,), -INF, (INF,), "the limit from the right, as in PyTorch"),
        Edge((-1,), math.nan, (INF,), "a pole: the slope has a limit, the value none"),
    ),
    family=family,
)
polygamma: Elementwise = Elementwise(
    "polygamma",
    on_elements(_polygamma),
    (Unknown("polygamma", "n", "its order is a whole number"), lambda n, x: polygamma(n + 1, x)),
    "n, x",
    "The nth derivative of digamma, for whole n.",
    ("polygamma(1, inf)", "0"),
    domain=((0, 20), (-INF, INF)),
    tested=(range(7), (-100, 1e30)),
    reference="psi(int(n), x)",
    method_signature="x, n",
    family=family,
)
rgamma: Elementwise = Elementwise(
    "rgamma",
    on_elements(_rgamma),
    (
        lambda x: where(
            x > 0.5,
            -(rgamma(x) * digamma(x)),
            where(x > -0.5, rgamma(x + 1) * (1 - x * digamma_of_next(x)), _rgamma_slope_below(x)),
        ),
    ),
    "x",
    "1 divided by the gamma function, which is 0 at its poles.",
    ("rgamma(-3)", "0"),
    domain=((-170, INF),),
    tested=((-170, 170),),
    reference="rgamma(x)",
    edges=(Edge((0,), 0, (1,), "the limit"), Edge((-3,), 0, (-6,), "the limit")),
    reads=(lambda x: -(rgamma(x) * digamma(x)),),
    accuracy=(
        Accuracy("first", 6, "x < -0.5", "by reflection, in two terms"),
        Accuracy("second", 16, "x < -0.5", "by reflection, in two terms"),
    ),
    family=family,
)
gammasgn: Elementwise = Elementwise(
    "gammasgn",
    of_scipy("gammasgn"),
    (None,),
    "x",
    "The sign of the gamma function. Its derivative is taken as 0 everywhere.",
    ("gammasgn(-0.5)", "-1"),
    tested=((-20, 20),),
    reference="sign(gamma(x))",
    family=family,
)
polygamma_step: Elementwise = Elementwise(
    "polygamma_step",
    on_elements(_polygamma_step),
    (
        None,
        lambda n, a, b: polygamma_step(n + 1, a, b),
        lambda n, a, b: polygamma(n + 1, a + b),
    ),
    "n, a, b",
    "polygamma(n, a + b) - polygamma(n, a), of positive a and a + b also where the two are close.",
    spelled=lambda n, a, b: polygamma(n, a + b) - polygamma(n, a),
    written="(polygamma(n, a + b) - polygamma(n, a))",
    public=False,
)


def _rgamma_slope(x: Node) -> Node:
    found = rgamma.partial(rgamma(x), 0)
    assert found is not None
    return found


def _is_pole(x: Node) -> Node:
    return (x <= 0) & x.equals(floor(x))


def _beta_slope(a: Node, b: Node) -> Node:
    """The partial derivative of the beta function in a, finite where gamma(a + b) has a pole and it is 0."""
    at_zero = gamma(a) * gamma(b) * (digamma(a) * rgamma(a + b) + _rgamma_slope(a + b))
    return where(_is_pole(a + b), at_zero, -(beta(a, b) * polygamma_step(0.0, a, b)))


def _poch_slope(x: Node, m: Node) -> Node:
    """The partial derivative in x, where gamma(x) has no pole."""
    return where(
        m < 0.25,
        where(
            (x < 0.5) & (x > 0),  # where poch(x, m) is x/(x + m)*poch(x + 1, m), and x is small
            poch(x + 1, m) * (m / (x + m) ** 2 + x / (x + m) * polygamma_step(0.0, x + 1, m)),
            poch(x, m) * polygamma_step(0.0, x, m),
        ),
        poch(x + 1, m - 1) * (1 + x * polygamma_step(0.0, x + 1, m - 1)),  # a polynomial for whole m
    )


def _poch_slope_at_pole(x: Node, m: Node) -> Node:
    """The same where gamma(x) has one: of a product of negative numbers, or where poch(x, m) is 0."""
    at_zero = gamma(x + m) * (digamma(x + m) * rgamma(x) + _rgamma_slope(x))
    return where(_is_pole(x + m), -(poch(x, m) * polygamma_step(0.0, 1 - x - m, m)), at_zero)


beta: Elementwise = Elementwise(
    "beta",
    on_elements(_beta),
    (
        _beta_slope,
        lambda a, b: _beta_slope(b, a),
    ),
    "a, b",
    "Beta function gamma(a)*gamma(b)/gamma(a + b).",
    ("beta(2, 3)", "0.08333333333333333"),
    domain=((0, INF), (0, INF)),
    tested=((0.1, 1e8), (0.1, 500)),
    reference="beta(a, b)",
    accuracy=(Accuracy("second", 2000, "a < 2 or b < 2", "1/a + 1/b is what is left of larger terms"),),
    reads=(
        lambda a, b: beta(a, b) * (digamma(a) - digamma(a + b)),
        lambda a, b: beta(a, b) * (digamma(b) - digamma(a + b)),
    ),
    family=family,
)
betaln: Elementwise = Elementwise(
    "betaln",
    on_elements(_betaln),
    (
        lambda a, b: -polygamma_step(0.0, a, b),
        lambda a, b: -polygamma_step(0.0, b, a),
    ),
    "a, b",
    "Logarithm of the beta function.",
    ("betaln(1, 1)", "0"),
    aliases=("lbeta",),
    domain=((0, INF), (0, INF)),
    tested=((0, 1e12), (0, 1e12)),
    reference="loggamma(a) + loggamma(b) - loggamma(a + b)",
    reads=(
        lambda a, b: digamma(a) - digamma(a + b),
        lambda a, b: digamma(b) - digamma(a + b),
    ),
    family=family,
)
digamma_of_next: Elementwise = Elementwise(
    "digamma_of_next",
    on_elements(_digamma_of_next),
    (lambda x: polygamma(1.0, x + 1),),
    "x",
    "digamma(x + 1), without what rounding x + 1 would cost.",
    written="digamma(x + 1)",
    public=False,
)


factorial: Elementwise = Elementwise(
    "factorial",
    on_elements(_factorial),
    (lambda x: factorial(x) * digamma_of_next(x),),
    "x",
    "x!, for any real x by the gamma function, and exact for whole numbers up to 22.",
    ("factorial(5)", "120"),
    domain=((-170, 170.6),),
    reference="factorial(x)",
    edges=(Edge((-1,), math.nan, (math.nan,), "a pole, where the two sides differ"),),
    reads=(lambda x: factorial(x) * digamma(x + 1),),
    meanings=(
        Meaning("scipy.special", "is 0 of negative numbers", "x", lambda x: where(x < 0, 0, factorial(x))),
    ),
    family=family,
)


_LOG_2 = math.log(2)
_LOG_2_OVER_PI = (-0.4515827052894549, 1.2924516975755169e-17)
_DOUBLE_FACTORIALS = np.array([float(math.prod(range(n, 0, -2))) for n in range(301)])


def _factorial2(x: Array) -> Array:
    """2^(x/2) Γ(x/2 + 1) (2/π)^((1 - cos πx)/4), to which x < 0 is moved up by x!! = (x + 2)!!/(x + 2)."""

    def known(x: Array) -> Array:
        found: Array = _DOUBLE_FACTORIALS[x.astype(int)]
        return found

    def above(x: Array) -> Array:
        none = np.zeros_like(x)
        half = x / 2.0
        turn = sin_cos_pi(half)[0] ** 2 / 2.0  # (1 - cos πx)/4
        return two.exp(
            two.sum_(
                two.times((half, none), (none + two.LN2[0], none + two.LN2[1])),
                two.log_gamma(two.add(half, none + 1.0)),
                two.times((turn, none), (none + _LOG_2_OVER_PI[0], none + _LOG_2_OVER_PI[1])),
            )
        )

    def below(x: Array) -> Array:
        place, product = x, np.ones_like(x)
        for _ in range(160):
            low = place < 0
            if not low.any():
                break
            further = two.add(place, 2.0)
            product = np.where(low, product * further[0], product)
            place = np.where(low, further[0], place)
        found: Array = kernel(place) / product
        return np.where(product == 0, math.nan, found)

    def kernel(x: Array) -> Array:
        whole = x == np.floor(x)
        return piecewise(
            [
                ((x >= 0) & (x <= 300) & whole, known),
                ((x >= 0) & (x < 310), above),
                ((x < 0) & (x >= -310), below),
                (x >= 310, lambda x: np.full_like(x, INF)),
            ],
            x,
        )

    return kernel(x)


def _factorial2_rate(x: Array) -> Array:
    """The slope of the logarithm of x!!, (log 2 + ψ(x/2 + 1))/2 + π/4 log(2/π) sin πx, whose terms cancel."""

    def above(x: Array) -> Array:
        none = np.zeros_like(x)
        psi = two.digamma(two.add(x / 2.0, none + 1.0))
        h, low = two.sum_((none + two.LN2[0], none + two.LN2[1]), psi)
        return two.joined(*two.sum_((h / 2.0, low / 2.0), (wave(x), none)))

    def wave(x: Array) -> Array:
        found: Array = PI / 4 * _LOG_2_OVER_PI[0] * sin_cos_pi(x)[0]
        return found

    def below(x: Array) -> Array:
        found: Array = (_LOG_2 + function("psi")(x / 2.0 + 1.0)) / 2.0 + wave(x)
        return found

    return piecewise([((x > -2) & (x < 1e15), above), (True, below)], x)


factorial2_rate: Elementwise = Elementwise(
    "factorial2_rate",
    on_elements(_factorial2_rate),
    (lambda x: polygamma(1.0, x / 2 + 1) / 4 + PI**2 / 4 * _LOG_2_OVER_PI[0] * cospi(x),),
    "x",
    written="(log(2)/2 + digamma(x/2 + 1)/2 + pi/4*log(2/pi)*sinpi(x))",
    public=False,
)
factorial2: Elementwise = Elementwise(
    "factorial2",
    on_elements(_factorial2),
    (lambda x: factorial2(x) * factorial2_rate(x),),
    "x",
    "Double factorial x!! = x*(x - 2)*…, for any real x by the gamma function, as mpmath continues it.",
    ("factorial2(5)", "15"),
    aliases=("fac2",),
    domain=((-2, 300),),
    reads=(
        lambda x: factorial2(x) * (digamma(x / 2 + 1) + _LOG_2 + PI / 2 * _LOG_2_OVER_PI[0] * sinpi(x)) / 2,
    ),
    reference="fac2(x)",
    meanings=(
        Meaning("scipy.special", "is 0 of numbers below -1", "x", lambda x: where(x < -1, 0, factorial2(x))),
    ),
    family=family,
)


def _counts(x: Node, y: Node) -> Node:
    """Whether there are ways to choose y of x things, as SciPy sees it."""
    return (y <= x) & (x >= 0) & (y >= 0)


binom: Elementwise = Elementwise(
    "binom",
    on_elements(_binom),
    (
        lambda x, y: where(
            (x < 0) & _is_pole(x) & y.equals(floor(y)),
            -(binom(x, y) * polygamma_step(0.0, -x, y)),  # of a polynomial
            where(
                y < x + 1,
                binom(x, y) * polygamma_step(0.0, x - y + 1, y),
                beta(x + 1, y - x)
                * (polygamma_step(0.0, y - x, 2 * x - y + 1) * sinpi(y - x) / PI - cospi(y - x)),
            ),
        ),
        lambda x, y: where(
            y < x + 1,
            binom(x, y) * polygamma_step(0.0, y + 1, x - 2 * y),
            beta(x + 1, y - x) * (cospi(y - x) - polygamma_step(0.0, y - x, x + 1) * sinpi(y - x) / PI),
        ),
    ),
    "x, y",
    "Binomial coefficient, x over y, for real x and y by the gamma function.",
    ("binom(5, 2)", "10"),
    aliases=("binomial", "comb"),
    meanings=(
        Meaning("torch", "draws random numbers", names="binomial"),
        Meaning(
            "scipy.special",
            "is 0 where there are fewer things than places, and of negative numbers",
            "x, y",
            lambda x, y: where(_counts(x, y), binom(x, y), 0),
            names="comb",
        ),
    ),
    domain=((-1, INF), (-1, INF)),
    tested=((-0.99, 1000), (-0.99, 30)),
    reference="binomial(x, y)",
    accuracy=(
        Accuracy("first", 40, "", "two terms of opposite signs near a zero in x"),
        Accuracy("second", 2000, "", "two terms of opposite signs near a zero"),
    ),
    reads=(
        lambda x, y: binom(x, y) * (digamma(x + 1) - digamma(x - y + 1)),
        lambda x, y: binom(x, y) * (digamma(x - y + 1) - digamma(y + 1)),
    ),
    family=family,
)
poch: Elementwise = Elementwise(
    "poch",
    on_elements(_poch),
    (
        lambda x, m: where((x < 0) & _is_pole(x), _poch_slope_at_pole(x, m), _poch_slope(x, m)),
        lambda x, m: poch(x, m) * digamma(x + m),
    ),
    "x, m",
    "Rising factorial gamma(x + m)/gamma(x), which is x*(x + 1)*…*(x + m - 1).",
    ("poch(3, 2)", "12"),
    aliases=("rising_factorial", "pochhammer", "rf"),
    domain=((0, INF), (0, INF)),
    tested=((1e-100, 1e5), (0, 60)),
    reference="rf(x, m)",
    reads=(
        lambda x, m: poch(x, m) * (digamma(x + m) - digamma(x)),
        lambda x, m: poch(x, m) * digamma(x + m),
    ),
    family=family,
)
Composite(
    "perm",
    "x, y",
    lambda x, y: poch(x - y + 1, y),
    "Number of arrangements of y out of x things, x*(x - 1)*…*(x - y + 1).",
    ("perm(5, 2)", "20"),
    aliases=("falling_factorial", "ff"),
    domain=((0, INF), (0, INF)),
    tested=((5, 100), (0.3, 5)),
    reference="ff(x, y)",
    meanings=(
        Meaning(
            "scipy.special",
            "is 0 where there are fewer things than places, and of negative numbers",
            "x, y",
            lambda x, y: where(_counts(x, y), poch(x - y + 1, y), 0),
            names="perm",
        ),
    ),
    family=family,
)


def _multigammaln(a: Node, d: int) -> Node:
    total = constant(d * (d - 1) / 4 * math.log(math.pi))
    terms: Node = total
    for k in range(int(d)):
        terms = terms + lgamma(a - k / 2)
    return terms


Composite(
    "multigammaln",
    "a, p",
    _multigammaln,
    "Logarithm of the multivariate gamma function of dimension p.",
    ("multigammaln(3, 1)", "0.6931471805599453"),
    aliases=("mvlgamma",),
    holds={"p": "integer"},
    samples=(([3], 1), ([2, 3], 2)),
    numpy="p*(p - 1)/4*log(pi)"
    " + sum([vectorize(__import__('math').lgamma)(a - k/2) for k in range(p)], axis=0)",
    meanings=(Meaning("scipy.special", "calls the dimension d", "a, d"),),
    family=family,
    derivative="the sum of digamma(a - k/2) over k from 0 up to p - 1",
)
