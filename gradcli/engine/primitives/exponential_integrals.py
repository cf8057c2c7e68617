"""Exponential, logarithmic, sine and cosine integrals, and the dilogarithm as Spence's function."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from gradcli.arrays import Array
from gradcli.engine.primitives import two_doubles as two
from gradcli.engine.primitives.elementwise import cos, cosh, exp, log, sin, sinh
from gradcli.engine.primitives.entry import Accuracy, Composite, Edge, Elementwise, Unknown
from gradcli.engine.primitives.scipy_door import function, of_scipy
from gradcli.engine.primitives.shaping import stack
from gradcli.engine.primitives.two_doubles import on_elements, piecewise

INF = float("inf")

family = "exponential integrals"

# Kernels


def _continued(n: Array, x: Array) -> Array:
    """E_n for x ≥ 1: exp(-x)/(x+n - 1·n/(x+n+2 - 2(n+1)/(x+n+4 - …))) (DLMF 8.9.2), from its end."""
    tail = np.zeros_like(x)
    for k in range(160, 0, -1):
        tail = np.where((k <= 50) | (x < 3), k * (n + k - 1.0) / (x + n + 2.0 * k - tail), tail)
    found: Array = np.exp(-x) / (x + n - tail)
    return found


_FAR = 40.0
"""From here on Σ k!/xᵏ falls to exp(-x) of its first term, and is summed up to there."""


def _factorials(x: Array) -> Array:
    """x exp(-x) Ei(x) for large x, the sum of k!/xᵏ (DLMF 6.12.2)."""
    total = np.ones_like(x)
    for k in range(int(_FAR), 0, -1):
        total = 1.0 + k / x * total
    return total


def _expi(x: Array) -> Array:
    def far(x: Array) -> Array:
        half = np.exp(x / 2)  # the exponential itself may be no double
        found: Array = half / x * _factorials(x) * half
        return found

    return piecewise([((x > _FAR) & (x < INF), far), (True, function("expi"))], x)


def _expn(n: Array, x: Array) -> Array:
    def downwards(n: Array, x: Array) -> Array:
        """From E_0 by x E_k = exp(-x) - k E_(k+1), for k < 0 in one sign, until that is 0 or infinite."""
        size = np.exp(-x)
        value, k = size / x, 1
        while ((k <= -n) & (value > 0) & (value < INF)).any():
            value = np.where(k <= -n, (size + k * value) / x, value)
            k += 1
        return value

    def far(n: Array, x: Array) -> Array:  # DLMF 8.20.6, of which the next term is 1/n² and less
        found: Array = np.exp(-x) / (x + n) * (1.0 + 1.0 / (x + n) / (1.0 + x / n))
        return found

    return piecewise(
        [
            ((n != np.floor(n)) | ~(x >= 0), lambda n, x: np.full_like(x, np.nan)),
            (n == 1, lambda n, x: function("exp1")(x)),
            (n >= 2.0**31, far),
            ((n >= 2) & (x >= 1), _continued),
            (n >= 0, lambda n, x: function("expn")(n.astype(int), x)),
            (True, downwards),
        ],
        n,
        x,
    )


def _slope_of_quotient(series_sign: int, wave: Callable[[Array], Array]) -> Callable[[Array], Array]:
    """The derivative of sin(x)/x (or sinh(x)/x): near 0 by its series, in which nothing cancels."""

    def near(x: Array) -> Array:
        z = x * x
        total = np.zeros_like(x)
        for k in range(12, 0, -1):
            total = (total + 2 * k * float(series_sign) ** k / math.factorial(2 * k + 1)) * (
                z if k > 1 else x
            )
        return total

    def kernel(x: Array) -> Array:
        return piecewise([(np.abs(x) < 1.5, near), (True, wave)], x)

    return kernel


def _sine_slope(x: Array) -> Array:
    found: Array = (np.cos(x) - np.sin(x) / x) / x
    return found


def _sinh_slope(x: Array) -> Array:
    found: Array = (np.cosh(x) - np.sinh(x) / x) / x
    return found


def _quotient(wave: Callable[[Array], Array]) -> Callable[[Array], Array]:
    def kernel(x: Array) -> Array:
        return np.where(x == 0, 1.0, wave(x) / np.where(x == 0, 1.0, x))

    return kernel


def _li(x: Array) -> Array:
    """Ei of log x, whose rounding comes in by Ei' = exp(t)/t."""

    def inside(x: Array) -> Array:
        h, l = two.log((x, np.zeros_like(x)))  # noqa: E741
        return function("expi")(h) + np.where(h == 0, 0.0, l * x / np.where(h == 0, 1.0, h))

    def far(x: Array) -> Array:
        found: Array = x / np.log(x) * _factorials(np.log(x))
        return found

    inner = (x > 0) & (x < math.exp(_FAR))
    return piecewise(
        [(inner, inside), ((x > 0) & (x < INF), far), (x == 0, lambda x: x), (x == INF, lambda x: x)], x
    )


# B₂ₖ/(2k+1)!
_BERNOULLI = (
    2.7777777777777776e-02, -2.777777777777778e-04, 4.72411186696901e-06, -9.185773074661964e-08,
    1.8978869988970999e-09, -4.0647616451442256e-11, 8.921691020456453e-13, -1.9939295860721074e-14,
    4.518980029619918e-16, -1.0356517612182471e-17, 2.395218621026186e-19, -5.581785874325009e-21,
    1.3091507554183213e-22, -3.0874198024267403e-24,
)  # fmt: skip


def _dilogarithm(u: Array) -> Array:
    """Li₂(1 - exp(-u)) = u - u²/4 + Σ B₂ₖ u^(2k+1)/(2k+1)!."""
    z = u * u
    total = np.zeros_like(u)
    for c in reversed(_BERNOULLI):
        total = (total + c) * z
    found: Array = u * (1.0 - u / 4 + total) + 0.0
    return found


def _spence(x: Array) -> Array:
    def below(x: Array) -> Array:
        rest = np.where(x == 0, 0.0, np.log(np.where(x == 0, 1.0, x)) * np.log1p(-x))
        return math.pi**2 / 6 - rest - _dilogarithm(-np.log1p(-x))

    def above(x: Array) -> Array:
        lg = np.log(x)
        found: Array = -0.5 * lg * lg - (
            math.pi**2 / 6 - lg * -np.log1p(-1 / x) - _dilogarithm(-np.log1p(-1 / x))
        )
        return found

    return piecewise(
        [
            ((x >= 0) & (x < 0.5), below),
            ((x >= 0.5) & (x <= 2), lambda x: _dilogarithm(-np.log(x))),
            ((x > 2) & (x < INF), above),
            (x == INF, lambda x: -x),
        ],
        x,
    )


def _log_over(order: int, x: Array) -> Array:
    """log(x)/(x-1), or its derivative, which near 1 are power series."""

    def near(x: Array) -> Array:
        d = x - 1.0
        total = np.zeros_like(x)
        for k in range(60, -1, -1):
            total = total * -d + (1.0 / (k + 1) if order == 0 else -(k + 1) / (k + 2))
        return total

    def far(x: Array) -> Array:
        value = np.log(x) / (x - 1.0)
        found: Array = value if order == 0 else (1.0 / x - value) / (x - 1.0)
        return found

    close = np.abs(x - 1.0) < (0.5 if order else 0.2)
    return piecewise([(close, near), (True, far)], x)


# Entries

exp_over: Elementwise = Elementwise(
    "exp_over",
    on_elements(lambda x: np.exp(x) / x),
    (lambda x: exp_over(x) * ((x - 1) / x),),
    "x",
    written="(exp(x)/x)",
    public=False,
)
expi: Elementwise = Elementwise(
    "expi",
    on_elements(_expi),
    (lambda x: exp_over(x),),
    "x",
    "Exponential integral Ei, of exp(t)/t from -inf to x.",
    ("expi(0)", "-inf"),
    aliases=("ei",),
    tested=((-600, 700),),
    reference="ei(x)",
    reads=(lambda x: exp(x) / x,),
    edges=(Edge((0,), -INF, (INF,), "the value's limit, and the slope's from the right"),),
    family=family,
)
exp1: Elementwise = Elementwise(
    "exp1",
    of_scipy("exp1"),
    (lambda x: -exp(-x) / x,),
    "x",
    "Exponential integral E1, of exp(-t)/t from x to inf.",
    ("exp1(inf)", "0"),
    aliases=("e1",),
    domain=((0, INF),),
    tested=((0, 600),),
    reference="e1(x)",
    edges=(Edge((0,), INF, (-INF,), "the limit from the right"),),
    family=family,
)
expn: Elementwise = Elementwise(
    "expn",
    on_elements(_expn),
    (Unknown("expn", "n", "its order is a whole number"), lambda n, x: -expn(n - 1, x)),
    "n, x",
    "Exponential integral of whole order n: the integral of exp(-x*t)/t**n from 1 to inf.",
    ("expn(2, 0)", "1"),
    domain=((0, INF), (0, INF)),
    tested=(range(8), (1e-3, 500)),
    reference="expint(n, x)",
    family=family,
)
li: Elementwise = Elementwise(
    "li",
    on_elements(_li),
    (lambda x: 1 / log(x),),
    "x",
    "Logarithmic integral, of 1/log(t) from 0 to x.",
    ("li(0)", "0"),
    domain=((0, INF),),
    tested=((1e-100, 1e100),),
    reference="li(x)",
    accuracy=(Accuracy("value", 20, "", "SciPy's digits of the exponential integral"),),
    edges=(Edge((1,), -INF, (INF,), "the value's limit, and the slope's from the right"),),
    family=family,
)
sine_slope: Elementwise = Elementwise(
    "sine_slope",
    on_elements(_slope_of_quotient(-1, _sine_slope)),
    (lambda x: -sine_quotient(x) - 2 * sine_slope(x) / x,),
    "x",
    public=False,
)
sine_quotient: Elementwise = Elementwise(
    "sine_quotient",
    on_elements(_quotient(np.sin)),
    (lambda x: sine_slope(x),),
    "x",
    written="si'(x)",
    public=False,
)
sinh_slope: Elementwise = Elementwise(
    "sinh_slope",
    on_elements(_slope_of_quotient(1, _sinh_slope)),
    (lambda x: sinh_quotient(x) - 2 * sinh_slope(x) / x,),
    "x",
    public=False,
)
sinh_quotient: Elementwise = Elementwise(
    "sinh_quotient",
    on_elements(_quotient(np.sinh)),
    (lambda x: sinh_slope(x),),
    "x",
    written="shi'(x)",
    public=False,
)
si: Elementwise = Elementwise(
    "si",
    of_scipy("sici", 0),
    (lambda x: sine_quotient(x),),
    "x",
    "Sine integral, of sin(t)/t from 0 to x.",
    ("si(inf)", "1.5707963267948966"),
    tested=((-1e4, 1e4),),
    reference="si(x)",
    reads=(lambda x: sin(x) / x,),
    family=family,
)
ci: Elementwise = Elementwise(
    "ci",
    of_scipy("sici", 1),
    (lambda x: cos(x) / x,),
    "x",
    "Cosine integral, of cos(t)/t from inf to x.",
    ("ci(inf)", "0"),
    domain=((0, INF),),
    tested=((0, 1e4),),
    reference="ci(x)",
    accuracy=(Accuracy("value", 25, "", "SciPy's own digits near the zeros"),),
    edges=(Edge((0,), -INF, (INF,), "the limit from the right"),),
    family=family,
)
shi: Elementwise = Elementwise(
    "shi",
    of_scipy("shichi", 0),
    (lambda x: sinh_quotient(x),),
    "x",
    "Hyperbolic sine integral, of sinh(t)/t from 0 to x.",
    ("shi(0)", "0"),
    tested=((-700, 700),),
    reference="shi(x)",
    reads=(lambda x: sinh(x) / x,),
    family=family,
    encloses="rising",
)
chi: Elementwise = Elementwise(
    "chi",
    of_scipy("shichi", 1),
    (lambda x: cosh(x) / x,),
    "x",
    "Hyperbolic cosine integral: log(x), Euler's constant, and the integral of (cosh(t) - 1)/t from 0 to x.",
    ("chi(0)", "-inf"),
    domain=((0, INF),),
    tested=((0, 700),),
    reference="chi(x)",
    edges=(Edge((0,), -INF, (INF,), "the limit from the right"),),
    family=family,
)
log_over_slope: Elementwise = Elementwise(
    "log_over_slope",
    on_elements(lambda x: _log_over(1, x)),
    (lambda x: (-1 / x**2 - 2 * log_over_slope(x)) / (x - 1),),
    "x",
    public=False,
)
log_over: Elementwise = Elementwise(
    "log_over",
    on_elements(lambda x: _log_over(0, x)),
    (lambda x: log_over_slope(x),),
    "x",
    written="(log(x)/(x - 1))",
    public=False,
)
spence: Elementwise = Elementwise(
    "spence",
    on_elements(_spence),
    (lambda x: -log_over(x),),
    "x",
    "Spence's function as in SciPy, the integral of log(t)/(1 - t) from 1 to x: the dilogarithm of 1 - x.",
    ("spence(1)", "0"),
    domain=((0, INF),),
    tested=((0, 1e50),),
    reference="polylog(2, 1 - x)",
    reads=(lambda x: log(x) / (1 - x),),
    edges=(Edge((0,), math.pi**2 / 6, (-INF,), "the limit from the right"),),
    family=family,
)
Composite(
    "sici",
    "x",
    lambda x: stack((si(x), ci(x))),
    "Sine and cosine integrals of x, along a new first axis.",
    ("sici(inf)", "[1.5707963267948966, 0]"),
    samples=(([3],), ([2, 3],)),
    numpy="stack(__import__('scipy.special', fromlist=['sici']).sici(x))",
    family=family,
    derivative="those of si and ci",
)
Composite(
    "shichi",
    "x",
    lambda x: stack((shi(x), chi(x))),
    "Hyperbolic sine and cosine integrals of x, along a new first axis.",
    ("shichi(0)", "[0, -inf]"),
    samples=(([3],), ([2, 3],)),
    numpy="stack(__import__('scipy.special', fromlist=['shichi']).shichi(x))",
    family=family,
    derivative="those of shi and chi",
)
