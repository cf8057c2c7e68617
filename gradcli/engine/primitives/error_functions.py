"""What belongs to the error function: its scaled and imaginary kin, the normal distribution, and inverses."""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from gradcli.arrays import Array
from gradcli.engine.graph import Node
from gradcli.engine.primitives import kernels
from gradcli.engine.primitives import two_doubles as two
from gradcli.engine.primitives.arithmetic import where
from gradcli.engine.primitives.elementwise import cos, exp, sin
from gradcli.engine.primitives.entry import Accuracy, Composite, Edge, Elementwise
from gradcli.engine.primitives.kernels import _ERF_HALF, erf_near, erfcx_far, select, square
from gradcli.engine.primitives.kernels import _sin_cos_pi as sin_cos_pi
from gradcli.engine.primitives.quadrature import half_line
from gradcli.engine.primitives.scipy_door import function, of_scipy
from gradcli.engine.primitives.shaping import stack
from gradcli.engine.primitives.special import erf
from gradcli.engine.primitives.two_doubles import on_array, on_elements, piecewise

INF = float("inf")
PI = math.pi
TWO_OVER_ROOT_PI = 2 / math.sqrt(math.pi)
ROOT_PI_HALVED = math.sqrt(math.pi) / 2

family = "error functions and the normal distribution"

# Kernels


def _exp_of_square(x: Array) -> Array:
    """exp(x²): the rounding of the square, which would be a relative error, comes in as a factor."""
    h, l = two.multiply(x, x)  # noqa: E741
    e: Array = np.exp(h)
    return np.where(np.isinf(e), e, e + e * l)


def _erfcx(x: Array) -> Array:
    return piecewise(
        [
            (x < -26.7, lambda x: np.full_like(x, INF)),
            (x < -1, _erfcx_below),
            (x < 1, lambda x: _exp_of_square(x) * kernels.erfc(x)),
            (True, function("erfcx")),
        ],
        x,
    )


def _erfcx_below(x: Array) -> Array:
    found: Array = 2.0 * _exp_of_square(x) - function("erfcx")(-x)
    return found


def _erfcinv(x: Array) -> Array:
    """SciPy's, and a step of Newton's method from there; beyond 1 that of 2 - x, with the other sign."""
    near = np.where(x > 1, 2.0 - x, x)
    y: Array = function("erfcinv")(near)
    inside = (near > 0) & (near < 1)
    found = kernels.erfc(np.where(inside, y, 0.0))
    step = (found - near) / found * (ROOT_PI_HALVED * _erfcx(np.where(inside, y, 0.0)))
    y = np.where(inside & (found > 1e-300), y + step, y)
    return np.where(x > 1, -y, y) + 0.0  # 0 at 1 has no sign


def _erfcx_derivative(n: int, x: Array) -> Array:
    """The nth derivative: for x ≥ 0 (2/√π)(-2)ⁿ ∫ tⁿ exp(-t²-2xt), below by f⁽ⁿ⁺¹⁾ = 2x f⁽ⁿ⁾ + 2n f⁽ⁿ⁻¹⁾."""

    def above(x: Array) -> Array:
        found: Array = half_line(lambda t: t**n * np.exp(-t * (t + 2.0 * x)), 1.0 / (1.0 + 2.0 * x))
        return TWO_OVER_ROOT_PI * (-2.0) ** n * found

    def below(x: Array) -> Array:
        before = _erfcx(x)
        now = 2.0 * x * before - TWO_OVER_ROOT_PI
        for k in range(1, n):
            before, now = now, 2.0 * x * now + 2.0 * k * before
        return now

    return piecewise(
        [(x < -26.7, lambda x: np.full_like(x, (-1.0) ** n * INF)), (x < 0, below), (True, above)], x
    )


_NORMAL_END = 40.0  # the density is 0 from 38.6 on, and the distribution function below -38.5
_TO_26_BITS_BELOW_64 = 1.5 * 2.0**32


def _root_of_gauss(a: Array) -> Array:
    """exp(-a²/4) for 0 ≤ a ≤ 40, without the error of the rounded square."""
    e, low = square(a, _TO_26_BITS_BELOW_64)
    e *= -0.25
    np.exp(e, out=e)
    low *= 0.25
    low *= e
    e -= low
    return e


_ROOT_HALF = (0.7071067811865476, -4.833646656726457e-17)
_NEAR_NORMAL = _ERF_HALF / _ROOT_HALF[0]  # there are the quartiles


def _scaled_tail(a: Array) -> Array:
    """erfcx(a/√2) for a ≥ 0; what rounding takes from a/√2 comes in by the derivative."""
    h, l = two.multiply(a, np.full_like(a, _ROOT_HALF[0]))  # noqa: E741
    lost = l + a * _ROOT_HALF[1]
    f: Array = _erfcx(h)
    # Where h is large the derivative is -f/h, and what a difference loses is not missed.
    slope: Array = np.where(h > 50, -f / np.maximum(h, 1.0), 2.0 * h * f - TWO_OVER_ROOT_PI)
    return np.where(np.isinf(a), 0.0, f + lost * slope)


def _ndtr(x: Array) -> Array:
    """1/2 + erf(x/√2)/2 near 0, and erfc(|x|/√2)/2 or its complement beyond.

    What rounding takes from x/√2 would be felt in exp(-x²/2), but not in the factor before it: so only that
    one is of x/√2. The root of the exponential comes in twice, as digits are lost below 1e-308.
    """
    a = np.abs(x)
    np.minimum(a, _NORMAL_END, out=a)
    near = a < _NEAR_NORMAL
    count = np.count_nonzero(near)
    if count == x.size:
        return _ndtr_near(x)
    e = _root_of_gauss(a)
    a *= _ROOT_HALF[0]
    y = erfcx_far(a)
    y *= 0.5
    y *= e
    y *= e
    np.subtract(1.0, y, out=y, where=x > 0.0)
    if count:
        select(y, near, _ndtr_near(x))
    return y


def _ndtr_near(x: Array) -> Array:
    y = erf_near(x * _ROOT_HALF[0])
    y *= 0.5
    y += 0.5
    return y


def _log_ndtr(x: Array) -> Array:
    def far(x: Array) -> Array:
        h, l = two.multiply(x, x)  # noqa: E741
        found: Array = -h / 2 + (np.log(_scaled_tail(-x) / 2) - l / 2)
        return found

    return piecewise(
        [(x < -1, far), (x <= 0, lambda x: np.log(_ndtr(x))), (True, lambda x: np.log1p(-_ndtr(-x)))], x
    )


def _normal_density(x: Array) -> Array:
    a = np.abs(x)
    np.minimum(a, _NORMAL_END, out=a)
    e = _root_of_gauss(a)
    e *= e / math.sqrt(2 * PI)
    return e


def _inverse_slope(y: Array, tail: Array) -> Array:
    """√π/2 exp(y²), where the tail erfc(|y|) is known: far out by erfcx, which needs no power of e."""
    y = np.abs(y)
    far = np.where(tail == 0, INF, ROOT_PI_HALVED * _erfcx(y) / tail)
    return np.where(y < 0.8, ROOT_PI_HALVED * _exp_of_square(y), far)


def _ndtri_slope(x: Array) -> Array:
    y = np.abs(function("ndtri")(x))
    near = math.sqrt(2 * PI) * np.exp(y * y / 2)
    tail = np.minimum(x, 1.0 - x)
    far = np.where(tail == 0, INF, math.sqrt(PI / 2) * _scaled_tail(y) / tail)
    return np.where(y < 1, near, far)


def _inverse_mills(x: Array) -> Array:
    """The normal density over its distribution function."""
    return piecewise(
        [
            (x < 0, lambda x: math.sqrt(2 / PI) / _scaled_tail(-x)),
            (True, lambda x: _normal_density(x) / _ndtr(x)),
        ],
        x,
    )


def _mills_excess(x: Array) -> Array:
    """x + _inverse_mills(x); below by 1/(t + 2/(t + 3/(t + …))), t = -x (Abramowitz and Stegun 26.2.14)."""

    def fraction(x: Array) -> Array:
        t = -x
        tail = t.copy()
        for k in range(400, 1, -1):
            tail = t + k / tail
        return 1.0 / tail

    return piecewise([(x < -1.0, fraction), (True, lambda x: x + _inverse_mills(x))], x)


def _ndtri_exp(x: Array) -> Array:
    """SciPy's, and below the quartiles a step of Newton's method from there."""
    y: Array = function("ndtri_exp")(x)
    low = (y < -0.7) & (y > -1e150)
    at = np.where(low, y, -1.0)
    return np.where(low, y - (_log_ndtr(at) - x) / _inverse_mills(at), y)


def _ndtri_exp_slope(x: Array) -> Array:
    """exp(x) over the density at the place, which is the smaller tail times the ratio of Mills."""
    place = _ndtri_exp(x)
    return piecewise(
        [
            (place < 0, lambda x, y: 1.0 / _inverse_mills(y)),
            (place < INF, lambda x, y: -np.exp(x) / np.expm1(x) / _inverse_mills(-y)),
            (place == INF, lambda x, y: y),
        ],
        x,
        place,
    )


def _owens_t(h: Array, a: Array) -> Array:
    """SciPy's, and for small a the integral of the power series of its integrand."""

    def near(h: Array, a: Array) -> Array:
        w, z = h * h / 2.0, -a * a
        share, part, power, total = np.ones_like(h), np.ones_like(h), a, np.zeros_like(h)
        for k in range(14):
            total = total + share * power / (2 * k + 1)
            part = part * w / (k + 1)
            share, power = share + part, power * z
        return total * np.exp(-w) / (2 * PI)

    return piecewise([(np.abs(a) * (1.0 + np.abs(h)) < 0.3, near), (True, function("owens_t"))], h, a)


_DAWSON_FAR = 7.5


def _exp_pair(x: two.Pair) -> two.Pair:
    """The exponential of a pair, as a pair: Taylor's series at x/2¹⁰ less a multiple of log 2, squared up."""
    k = np.rint(x[0] / 0.6931471805599453)
    whole = two.multiply(k, np.full_like(k, 0.6931471805599453))
    r = two.sum_(x, (-whole[0], -whole[1] - k * 2.3190468138462996e-17))
    r = (r[0] / 1024, r[1] / 1024)
    none = np.zeros_like(k)
    total: two.Pair = (none, none)
    for n in range(9, 0, -1):  # exp(r) - 1, which squares without losing what is small
        one_more = two.sum_((np.ones_like(k), none), total)
        total = two.divided(two.times(r, one_more), (np.full_like(k, float(n)), none))
    for _ in range(10):
        total = two.sum_((2 * total[0], 2 * total[1]), two.times(total, total))
    found = two.sum_((np.ones_like(k), none), total)
    return np.ldexp(found[0], k.astype(int)), np.ldexp(found[1], k.astype(int))


def dawson_pair(x: Array) -> two.Pair:
    """Dawson's integral exp(-x²) Σ x^(2k+1)/(k! (2k+1)), all of whose terms have one sign."""
    none = np.zeros_like(x)
    square = two.multiply(x, x)
    power: two.Pair = (x, none)
    total: two.Pair = (x, none)
    for k in range(1, 220):
        power = two.divided(two.times(power, square), (np.full_like(x, float(k)), none))
        term = two.divided(power, (np.full_like(x, 2.0 * k + 1.0), none))
        total = two.sum_(total, term)
        if not (np.abs(term[0]) > 1e-32 * np.abs(total[0])).any():
            break
    return two.times(total, _exp_pair(two.negative(square)))


def _dawson_derivative(n: int, x: Array) -> Array:
    """The nth derivative of Dawson's integral: F⁽ⁿ⁺¹⁾ = -2x F⁽ⁿ⁾ - 2n F⁽ⁿ⁻¹⁾ in pairs, as terms cancel."""
    sign = np.sign(x) if n % 2 == 0 else np.ones_like(x)
    return np.where(np.isnan(x), x, sign * _dawson_above(n, np.abs(x)))


def _dawson_above(n: int, x: Array) -> Array:
    def near(x: Array) -> Array:
        none = np.zeros_like(x)
        twice: two.Pair = (-2.0 * x, none)
        before = dawson_pair(x)
        if n == 0:
            return before[0] + before[1]
        now = two.sum_((np.ones_like(x), none), two.times(twice, before))
        for k in range(1, n):
            factor: two.Pair = (np.full_like(x, -2.0 * k), none)
            before, now = now, two.sum_(two.times(twice, now), two.times(factor, before))
        return now[0] + now[1]

    def far(x: Array) -> Array:
        r = 1.0 / x
        z = r * r
        total = np.zeros_like(x)
        for k in range(26, -1, -1):
            c = math.prod(range(1, 2 * k, 2)) / 2.0 ** (k + 1)
            for j in range(n):
                c *= -(2 * k + 1 + j)
            total = total * z + c
        for _ in range(n + 1):
            total = total * r
        return total

    return piecewise([(x < _DAWSON_FAR, near), (True, far)], x)


def _erfi(x: Array) -> Array:
    h, l = two.multiply(np.clip(x, -30, 30), np.clip(x, -30, 30))  # noqa: E741
    e = np.exp(h / 2) * (1.0 + l / 2)
    small = np.abs(x) < 1e-8
    return np.where(small, TWO_OVER_ROOT_PI * x, TWO_OVER_ROOT_PI * _dawson_derivative(0, x) * e * e)


def _half_turns(x: Array) -> tuple[Array, Array]:
    """sin(πx²/2) and cos(πx²/2), with x² reduced before it meets π, in two parts."""
    a = np.minimum(np.abs(x), 1e9)
    h, l = two.multiply(a, a)  # noqa: E741
    sine, cosine = sin_cos_pi(np.fmod(h, 4.0) / 2)
    turn = PI / 2 * l
    return sine * np.cos(turn) + cosine * np.sin(turn), cosine * np.cos(turn) - sine * np.sin(turn)


# Entries

exp_of_square: Elementwise = Elementwise(
    "exp_of_square",
    on_elements(_exp_of_square),
    (lambda x: 2 * x * exp_of_square(x),),
    "x",
    public=False,
)


@cache
def _erfcx_slope(order: int) -> Elementwise:
    return Elementwise(
        f"erfcx_derivative_{order}",
        on_elements(lambda x: _erfcx_derivative(order, x)),
        (lambda x: _erfcx_slope(order + 1)(x),),
        written="erfcx" + "'" * order + "(x)",
        public=False,
    )


@cache
def _dawsn_slope(order: int) -> Elementwise:
    return Elementwise(
        f"dawsn_derivative_{order}",
        on_elements(lambda x: _dawson_derivative(order, x)),
        (lambda x: _dawsn_slope(order + 1)(x),),
        written="dawsn" + "'" * order + "(x)",
        public=False,
    )


erfcx: Elementwise = Elementwise(
    "erfcx",
    on_elements(_erfcx),
    (lambda x: _erfcx_slope(1)(x),),
    "x",
    "Scaled complementary error function exp(x**2)*erfc(x), which does not underflow.",
    ("erfcx(0)", "1"),
    derivative="2*x*erfcx(x) - 2/sqrt(pi)",
    domain=((-INF, INF),),
    tested=((-26, 1e100),),
    reference="erfcx(x)",
    reads=(lambda x: 2 * x * erfcx(x) - TWO_OVER_ROOT_PI,),
    family=family,
)
erfi: Elementwise = Elementwise(
    "erfi",
    on_elements(_erfi),
    (lambda x: TWO_OVER_ROOT_PI * exp_of_square(x),),
    "x",
    "Imaginary error function, 2/sqrt(pi) times the integral of exp(t**2) from 0 to x.",
    ("erfi(0)", "0"),
    tested=((-26, 26),),
    reference="erfi(x)",
    reads=(lambda x: TWO_OVER_ROOT_PI * exp(x**2),),
    family=family,
    encloses="rising",
)
dawsn: Elementwise = Elementwise(
    "dawsn",
    on_elements(lambda x: _dawson_derivative(0, x)),
    (lambda x: _dawsn_slope(1)(x),),
    "x",
    "Dawson's integral, exp(-x**2) times the integral of exp(t**2) from 0 to x.",
    ("dawsn(0)", "0"),
    aliases=("dawson",),
    derivative="1 - 2*x*dawsn(x)",
    tested=((-1e4, 1e4),),
    reference="sqrt(pi)/2*exp(-x*x)*erfi(x)",
    reads=(lambda x: 1 - 2 * x * dawsn(x),),
    family=family,
)
erfinv_slope: Elementwise = Elementwise(
    "erfinv_slope",
    on_elements(lambda x: _inverse_slope(function("erfinv")(x), 1.0 - np.abs(x))),
    (lambda x: 2 * erfinv(x) * erfinv_slope(x) ** 2,),
    "x",
    written="erfinv'(x)",
    public=False,
)
erfinv: Elementwise = Elementwise(
    "erfinv",
    of_scipy("erfinv"),
    (lambda x: erfinv_slope(x),),
    "x",
    "The y at which erf(y) is x.",
    ("erfinv(0)", "0"),
    derivative="sqrt(pi)/2*exp(erfinv(x)**2)",
    domain=((-1, 1),),
    reference="erfinv(x)",
    edges=(
        Edge((1,), INF, (INF,), "the limit from inside"),
        Edge((-1,), -INF, (INF,), "the limit from inside"),
    ),
    reads=(lambda x: ROOT_PI_HALVED * exp(erfinv(x) ** 2),),
    family=family,
    encloses="rising where real",
)
erfcinv_slope: Elementwise = Elementwise(
    "erfcinv_slope",
    on_elements(lambda x: -_inverse_slope(_erfcinv(x), np.minimum(x, 2.0 - x))),
    (lambda x: 2 * erfcinv(x) * erfcinv_slope(x) ** 2,),
    "x",
    written="erfcinv'(x)",
    public=False,
)
erfcinv: Elementwise = Elementwise(
    "erfcinv",
    on_elements(_erfcinv),
    (lambda x: erfcinv_slope(x),),
    "x",
    "The y at which erfc(y) is x.",
    ("erfcinv(0)", "inf"),
    derivative="-sqrt(pi)/2*exp(erfcinv(x)**2)",
    domain=((0, 2),),
    reference="erfcinv(x)",
    edges=(
        Edge((0,), INF, (-INF,), "the limit from inside"),
        Edge((2,), -INF, (-INF,), "the limit from inside"),
    ),
    reads=(lambda x: -ROOT_PI_HALVED * exp(erfcinv(x) ** 2),),
    family=family,
    encloses="falling where real",
)
normal_density: Elementwise = Elementwise(
    "normal_density",
    on_array(_normal_density),
    (lambda x: -x * normal_density(x),),
    "x",
    written="(exp(-x**2/2)/sqrt(2*pi))",
    public=False,
)
ndtr: Elementwise = Elementwise(
    "ndtr",
    on_array(_ndtr),
    (lambda x: normal_density(x),),
    "x",
    "Distribution function of the standard normal distribution, with its digits far below 0 too.",
    ("ndtr(0)", "0.5"),
    aliases=("normcdf",),
    domain=((-INF, INF),),
    tested=((-37, 40),),
    reference="erfc(-x/sqrt(2))/2",
    accuracy=(Accuracy("second", 50, "abs(result) < 1e-300", "a factor is below the normal numbers"),),
    reads=(lambda x: exp(-(x**2) / 2) / math.sqrt(2 * PI),),
    family=family,
    encloses="rising",
)
mills_excess: Elementwise = Elementwise(
    "mills_excess",
    on_elements(_mills_excess),
    (lambda x: 1 - inverse_mills(x) * mills_excess(x),),
    "x",
    public=False,
)
inverse_mills: Elementwise = Elementwise(
    "inverse_mills",
    on_elements(_inverse_mills),
    (lambda x: -(inverse_mills(x) * mills_excess(x)),),
    "x",
    written="(exp(-x**2/2)/(sqrt(2*pi)*ndtr(x)))",
    public=False,
)
log_ndtr: Elementwise = Elementwise(
    "log_ndtr",
    on_elements(_log_ndtr),
    (lambda x: inverse_mills(x),),
    "x",
    "Logarithm of ndtr, which does not underflow.",
    ("log_ndtr(0)", "-0.6931471805599453"),
    derivative="norm.pdf(x)/ndtr(x)",
    domain=((-INF, INF),),
    tested=((-1e10, 37),),
    reference="log_ndtr(x)",
    reads=(lambda x: exp(-(x**2) / 2) / (math.sqrt(2 * PI) * ndtr(x)),),
    family=family,
    encloses="rising",
)
ndtri_slope: Elementwise = Elementwise(
    "ndtri_slope",
    on_elements(_ndtri_slope),
    (lambda x: ndtri(x) * ndtri_slope(x) ** 2,),
    "x",
    written="ndtri'(x)",
    public=False,
)
ndtri: Elementwise = Elementwise(
    "ndtri",
    of_scipy("ndtri"),
    (lambda x: ndtri_slope(x),),
    "x",
    "Quantile of the standard normal distribution: the y at which ndtr(y) is x.",
    ("ndtri(0.5)", "0"),
    aliases=("probit",),
    derivative="1/norm.pdf(ndtri(x))",
    domain=((0, 1),),
    reference="-sqrt(2)*erfcinv(2*x)",
    edges=(
        Edge((0,), -INF, (INF,), "the limit from inside"),
        Edge((1,), INF, (INF,), "the limit from inside"),
    ),
    reads=(lambda x: math.sqrt(2 * PI) * exp(ndtri(x) ** 2 / 2),),
    family=family,
    encloses="rising where real",
)


ndtri_exp_slope: Elementwise = Elementwise(
    "ndtri_exp_slope",
    on_elements(_ndtri_exp_slope),
    (
        lambda x: where(
            ndtri_exp(x) < 0,
            ndtri_exp_slope(x) ** 2 * mills_excess(ndtri_exp(x)),
            ndtri_exp_slope(x) * (1 + ndtri_exp(x) * ndtri_exp_slope(x)),
        ),
    ),
    "x",
    written="ndtri_exp'(x)",
    public=False,
)
ndtri_exp: Elementwise = Elementwise(
    "ndtri_exp",
    on_elements(_ndtri_exp),
    (lambda x: ndtri_exp_slope(x),),
    "x",
    "The y at which log_ndtr(y) is x.",
    ("ndtri_exp(-inf)", "-inf"),
    derivative="exp(x)/norm.pdf(ndtri_exp(x))",
    domain=((-INF, 0),),
    tested=((-1e6, 0),),
    reference="ndtri_exp(x)",
    edges=(Edge((0,), INF, (INF,), "the limit from inside"),),
    reads=(lambda x: math.sqrt(2 * PI) * exp(x + ndtri_exp(x) ** 2 / 2),),
    family=family,
    encloses="rising where real",
)
owens_t: Elementwise = Elementwise(
    "owens_t",
    on_elements(_owens_t),
    (
        lambda h, a: -normal_density(h) * erf(a * h / math.sqrt(2)) / 2,
        lambda h, a: exp(-(h**2) * (1 + a**2) / 2) / (2 * PI * (1 + a**2)),
    ),
    "h, a",
    "Owen's T function, the integral of exp(-h**2*(1 + x**2)/2)/(2*pi*(1 + x**2)) for x from 0 to a.",
    ("owens_t(1, 0)", "0"),
    tested=((-6, 6), (-5, 5)),
    reference="owens_t(h, a)",
    reads=(
        lambda h, a: -exp(-(h**2) / 2) * erf(a * h / math.sqrt(2)) / (2 * math.sqrt(2 * PI)),
        lambda h, a: exp(-(h**2) * (1 + a**2) / 2) / (2 * PI * (1 + a**2)),
    ),
    family=family,
)
half_turns_sine: Elementwise = Elementwise(
    "half_turns_sine",
    on_elements(lambda x: _half_turns(x)[0]),
    (lambda x: PI * x * half_turns_cosine(x),),
    "x",
    written="fresnels'(x)",
    public=False,
)
half_turns_cosine: Elementwise = Elementwise(
    "half_turns_cosine",
    on_elements(lambda x: _half_turns(x)[1]),
    (lambda x: -PI * x * half_turns_sine(x),),
    "x",
    written="fresnelc'(x)",
    public=False,
)
fresnels: Elementwise = Elementwise(
    "fresnels",
    of_scipy("fresnel", 0),
    (lambda x: half_turns_sine(x),),
    "x",
    "Fresnel's integral of sin(pi*t**2/2) from 0 to x.",
    ("fresnels(inf)", "0.5"),
    derivative="sin(pi*x**2/2)",
    tested=((-50, 50),),
    reference="fresnels(x)",
    reads=(lambda x: sin(PI * x**2 / 2),),
    family=family,
)
fresnelc: Elementwise = Elementwise(
    "fresnelc",
    of_scipy("fresnel", 1),
    (lambda x: half_turns_cosine(x),),
    "x",
    "Fresnel's integral of cos(pi*t**2/2) from 0 to x.",
    ("fresnelc(inf)", "0.5"),
    derivative="cos(pi*x**2/2)",
    tested=((-50, 50),),
    reference="fresnelc(x)",
    reads=(lambda x: cos(PI * x**2 / 2),),
    family=family,
)


def pair(first: Node, second: Node) -> Node:
    """Two results as one array, along a new first axis: `s, c = fresnel(x)` takes it apart."""
    return stack((first, second))


Composite(
    "fresnel",
    "x",
    lambda x: pair(fresnels(x), fresnelc(x)),
    "Fresnel's integrals of x, sine and cosine, along a new first axis.",
    ("fresnel(inf)", "[0.5, 0.5]"),
    samples=(([3],), ([2, 3],)),
    numpy="stack(__import__('scipy.special', fromlist=['fresnel']).fresnel(x))",
    family=family,
    derivative="those of fresnels and fresnelc",
)
