"""The arithmetic that NumPy lacks, or does with fewer digits: pure functions on doubles.

Every function takes float64 arrays of any shape, or one float, and an optional `out=` array, which
receives the result and is returned; it may be one of the inputs. One float in means one
`np.float64` out, by the same formula and with the same digits as an element of an array, but
without the cost of an array. Errors in ulps are held by `tests/test_kernels.py`.

Nothing here raises: the caller runs everything under `np.errstate(all="ignore")`, and a pole, an
overflow or a point outside the domain answers inf or nan.

Reductions take `axes`, a tuple of *negative* axes, so that leading batch axes stay out of sight.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from typing import TypeAlias, TypeVar

    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[np.float64]
    Values: TypeAlias = Array | float  # an np.float64 is a float
    Axes: TypeAlias = tuple[int, ...]
    _T = TypeVar("_T", Array, float)

_PI = math.pi
_LOG2 = math.log(2.0)


def _buffer(x: Values, out: Array | None) -> Array:
    """Where the result goes: `out`, or a new array like `x` (an array even where `x` has no axes)."""
    return np.empty_like(x, dtype=np.float64) if out is None else out


def _polynomial(coefficients: Sequence[float], x: _T) -> _T:
    """Horner's rule, highest power first; in place where `x` is an array."""
    p = x * coefficients[0]
    p += coefficients[1]
    for c in coefficients[2:]:
        p *= x
        p += c
    return p


def _piecewise(
    x: Array,
    condition: NDArray[np.bool_],
    inside: Callable[[Array], Array],
    outside: Callable[[Array], Array],
    out: Array | None,
) -> Array:
    """`inside(x)` where the condition holds and `outside(x)` elsewhere, each computed only there."""
    count = np.count_nonzero(condition)
    if count in (0, condition.size):
        y = inside(x) if count else outside(x)
        if out is None:
            return y
        np.copyto(out, y)
        return out
    rest = ~condition
    near, far = inside(x[condition]), outside(x[rest])
    out = _buffer(x, out)
    out[condition] = near
    out[rest] = far
    return out


# -- exp(-x²) and the error functions ------------------------------------------------------------

_GAUSS_END = 28.0  # exp(-x²) is 0 from 27.3 on, erfc from 27.23 on
_TO_26_BITS = 1.5 * 2.0**31  # adding and subtracting it rounds |x| ≤ 32 to a multiple of 2⁻²¹


def square(a: Array, to_26_bits: float = _TO_26_BITS) -> tuple[Array, Array]:
    """h and low with a² = h + low, for 0 ≤ a ≤ 28: the top 26 bits of a have an exact square."""
    h = np.multiply(a, a, out=np.empty_like(a))
    top = a + to_26_bits
    top -= to_26_bits
    low = top * top
    low -= h
    rest = a - top
    top += a
    rest *= top
    low += rest
    return h, low


def _square_of_float(a: float) -> tuple[float, float]:
    h = a * a
    top = (a + _TO_26_BITS) - _TO_26_BITS
    return h, (top * top - h) + (a - top) * (top + a)


def gauss(x: Values, out: Array | None = None) -> Values:
    """exp(−x²).

    The rounding error of x², up to 2⁻⁴⁴, would be a relative error of the result. So x² is taken as
    h + low, and exp(−h−low) = exp(−h)(1−low), as low is tiny.
    """
    if out is None and isinstance(x, float):
        h, low = _square_of_float(min(abs(float(x)), _GAUSS_END))
        e: float = np.exp(-h)
        return np.float64(e - low * e)
    a = np.abs(x, out=_buffer(x, None))
    np.minimum(a, _GAUSS_END, out=a)
    y, correction = square(a)
    np.negative(y, out=y)
    np.exp(y, out=y)
    correction *= y
    return np.subtract(y, correction, out=y if out is None else out)


# erf(x) = x + x P(x²)/Q(x²) for |x| ≤ 0.4775, to 2e-20; and for 0.476 ≤ x ≤ 28, to 3e-18,
# erfc(x) = exp(-x²) (G + R(x)/S(x))/(x + C). What that adds to the constant G is at most 5 % of it, and so
# are its rounding errors. Both quotients are our own: rational interpolation at Chebyshev points (for
# the second, in (x - 2.5)/(x + 2.5)), solved and checked with mpmath at 60 digits.
_ERF_P = (
    -0.0002846163730273759, -0.007173600843641156, -0.04565243160198461, -0.31827752481598626,
    0.1283791670955126,
)  # fmt: skip
_ERF_Q = (0.00034998996946875965, 0.008273841567015189, 0.08565059553170173, 0.45060943706553563, 1.0)
_ERFC_C = 0.4375
_ERFC_G = 0.59375
_ERFC_R = (
    -6.062926287571223e-06, -5.103611821039485e-05, -7.471066777359729e-05, 0.0014666105663238367,
    0.012717645344919272, 0.05456269445824789, 0.14452346174001915, 0.2350098144819885,
    0.18918975449536476, -0.030172245792006454, -0.15624999996417727,
)  # fmt: skip
_ERFC_S = (
    0.0002051028711772793, 0.0034391350219236507, 0.029287274600523383, 0.16126222303142904,
    0.625422092538422, 1.765859307393701, 3.6477937713780832, 5.4121762790199615, 5.4944032444228865,
    3.4336407012960977, 1.0,
)  # fmt: skip
_ERF_HALF = 0.4769362762044699  # where erf = erfc = 1/2: neither 1 - erf nor 1 - erfc cancels


def erf_near(x: Array) -> Array:
    """erf for |x| ≤ 0.4775."""
    z = x * x
    y = _polynomial(_ERF_P, z)
    y /= _polynomial(_ERF_Q, z)
    y *= x
    y += x
    return y


def erfcx_far(a: Array) -> Array:
    """exp(a²) erfc(a) for a ≥ 0.476."""
    y = _polynomial(_ERFC_R, a)
    y /= _polynomial(_ERFC_S, a)
    y += _ERFC_G
    y /= a + _ERFC_C
    return y


def _erfc_far(a: Array) -> Array:
    """erfc for a ≥ 0.476."""
    a = np.minimum(a, _GAUSS_END)
    y = _polynomial(_ERFC_R, a)
    y /= _polynomial(_ERFC_S, a)
    h, low = square(a)
    shifted = a + _ERFC_C
    a -= shifted
    a += _ERFC_C  # what the sum lost to rounding
    a /= shifted
    low += a
    low *= y + _ERFC_G  # the factor exp(-low) is 1 - low
    y -= low
    y += _ERFC_G
    y /= shifted
    np.negative(h, out=h)
    y *= np.exp(h, out=h)
    return y


def _erf_of_float_near(x: float) -> float:
    z = x * x
    return _polynomial(_ERF_P, z) / _polynomial(_ERF_Q, z) * x + x


def _erfc_of_float_far(a: float) -> float:
    a = min(a, _GAUSS_END)
    h, low = _square_of_float(a)
    y = _polynomial(_ERFC_R, a) / _polynomial(_ERFC_S, a)
    shifted = a + _ERFC_C
    low += ((a - shifted) + _ERFC_C) / shifted
    e: float = np.exp(-h)
    return (y - low * (y + _ERFC_G) + _ERFC_G) / shifted * e


# erf alone is at least 0.84 from 1 on, so its complement need not keep digits of its own: for 0.95 ≤ x,
# 1 - erf(x) = exp(-x²) T(x)/U(x) to 4e-18; and erf(x) = x + x V(x²)/W(x²) for |x| ≤ 1, to 1e-17. Both are
# rational interpolations at Chebyshev points (for the first, in (x - 1)/(x + 1)), checked with mpmath.
_ERF_T = (
    9.401213234387856e-09, 0.007816632797531317, 0.07632000380840723, 0.3469409302200348,
    0.9027682478715778, 1.350530109038804, 0.9999999356650727,
)  # fmt: skip
_ERF_U = (
    0.013855232582469642, 0.13526297438791737, 0.6219833732441288, 1.6668077672356336,
    2.6999205806629387, 2.478908586324363, 1.0,
)  # fmt: skip
_ERF_V = (
    -2.0846959455430137e-05, -0.0004980862471205753, -0.008831719778675275,
    -0.04843037810799194, -0.31696519131852224, 0.1283791670955126,
)  # fmt: skip
_ERF_W = (
    2.0945273238761532e-05, 0.0006954763558215814, 0.010722398706590463, 0.09396144142260705,
    0.46083176150613586, 1.0,
)  # fmt: skip
_ERF_IS_ONE = 6.0  # from 5.93 on


def _erf_inside(x: Array) -> Array:
    """erf for |x| ≤ 1."""
    z = x * x
    y = _polynomial(_ERF_V, z)
    y /= _polynomial(_ERF_W, z)
    y *= x
    y += x
    return y


def _erf_outside(x: Array) -> Array:
    """erf for |x| ≥ 0.95."""
    a = np.abs(x)
    np.minimum(a, _ERF_IS_ONE, out=a)
    y = _polynomial(_ERF_T, a)
    y /= _polynomial(_ERF_U, a)
    a *= a
    np.negative(a, out=a)
    y *= np.exp(a, out=a)
    np.subtract(1.0, y, out=y)
    return np.copysign(y, x, out=y)


def _erf_of_float(x: float) -> float:
    a = abs(x)
    if a < 1.0:
        z = x * x
        return _polynomial(_ERF_V, z) / _polynomial(_ERF_W, z) * x + x
    a = min(a, _ERF_IS_ONE)
    e: float = np.exp(-(a * a))
    return math.copysign(1.0 - _polynomial(_ERF_T, a) / _polynomial(_ERF_U, a) * e, x)


def erf(x: Values, out: Array | None = None) -> Values:
    """The error function, 2/√π ∫₀ˣ exp(−t²) dt.

    Where arguments are mixed both ways go over all of them: that takes less time than to part and join them.
    """
    if out is None and (isinstance(x, float) or not np.ndim(x)):
        return np.float64(_erf_of_float(float(x)))
    x = np.asarray(x)
    inside = np.abs(x) < 1.0
    count = np.count_nonzero(inside)
    if count == x.size:
        y = _erf_inside(x)
    else:
        y = _erf_outside(x)
        if count:
            select(y, inside, _erf_inside(x))
    if out is None:
        return y
    np.copyto(out, y)
    return out


def select(into: Array, condition: NDArray[np.bool_], chosen: Array) -> None:
    """Puts `chosen` where a condition holds, by bits and so without a branch; spoils `chosen`."""
    mask = np.negative(condition.astype(np.int64))
    bits, other = into.view(np.int64), chosen.view(np.int64)
    other ^= bits
    other &= mask
    bits ^= other


def erfc(x: Values, out: Array | None = None) -> Values:
    """1 − erf(x), with all its digits in the far tail too."""
    if out is None and isinstance(x, float):
        x = float(x)
        if abs(x) < _ERF_HALF:
            return np.float64(1.0 - _erf_of_float_near(x))
        y = _erfc_of_float_far(abs(x))
        return np.float64(2.0 - y if x < 0.0 else y)

    def near(x: Array) -> Array:
        return 1.0 - erf_near(x)

    def far(x: Array) -> Array:
        y = _erfc_far(np.abs(x))
        return np.where(x < 0.0, 2.0 - y, y)

    x = np.asarray(x)
    return _piecewise(x, np.abs(x) < _ERF_HALF, near, far, out)


# -- the logistic family --------------------------------------------------------------------------

_SIGMOID_IS_EXP = -708.0  # below, exp(-x) overflows, or nearly; and 1 + exp(x) is 1


def sigmoid(x: Values, out: Array | None = None) -> Values:
    """1/(1 + exp(−x)); exp(x) where x is so negative that exp(−x) overflows."""
    if out is None and isinstance(x, float):
        return np.float64(np.exp(x) if x < _SIGMOID_IS_EXP else 1.0 / (1.0 + np.exp(-x)))
    x = np.asarray(x)
    low = x < _SIGMOID_IS_EXP
    tail = np.exp(x[low]) if low.any() else None
    out = np.negative(x, out=_buffer(x, out))
    np.exp(out, out=out)
    out += 1.0
    np.divide(1.0, out, out=out)
    if tail is not None:
        out[low] = tail
    return out


def _log1p_exp_of_minus(a: Array, out: Array | None) -> Array:
    """log(1 + exp(−|a|))."""
    y = np.abs(a, out=_buffer(a, out))
    np.negative(y, out=y)
    np.exp(y, out=y)
    return np.log1p(y, out=y)


def softplus(x: Values, out: Array | None = None) -> Values:
    """log(1 + exp(x)) = max(x, 0) + log1p(exp(−|x|))."""
    if out is None and isinstance(x, float):
        return np.float64(max(x, 0.0) + np.log1p(np.exp(-abs(x))))
    x = np.asarray(x)
    t = _log1p_exp_of_minus(x, None)
    out = np.maximum(x, 0.0, out=_buffer(x, out))
    out += t
    return out


def logsigmoid(x: Values, out: Array | None = None) -> Values:
    """log(sigmoid(x)) = min(x, 0) − log1p(exp(−|x|))."""
    if out is None and isinstance(x, float):
        return np.float64(min(x, 0.0) - np.log1p(np.exp(-abs(x))))
    x = np.asarray(x)
    t = _log1p_exp_of_minus(x, None)
    out = np.minimum(x, 0.0, out=_buffer(x, out))
    out -= t
    return out


def logaddexp(a: Values, b: Values, out: Array | None = None) -> Values:
    """log(exp(a) + exp(b)) = max(a, b) + log1p(exp(−|a−b|)); two equal infinities are themselves."""
    if out is None and isinstance(a, float) and isinstance(b, float):
        gap = abs(a - b)
        top = a if a > b or a != a else b
        return np.float64(top + np.log1p(np.exp(-gap if gap == gap else -0.0)))
    t = np.asarray(np.subtract(a, b))
    np.abs(t, out=t)
    np.fmax(t, 0.0, out=t)  # inf - inf is no gap; a nan in an input survives in max(a, b)
    t = _log1p_exp_of_minus(t, t)
    out = np.maximum(a, b, out=np.empty_like(t) if out is None else out)
    out += t
    return out


# -- sin(πx)/(πx) -----------------------------------------------------------------------------------

_ALL_INTEGERS = 2.0**53  # from here on every double is an integer, and sinc is 0
_SINC_IS_ONE = 2.0**-500


def _sin_cos_pi(a: Array) -> tuple[Array, Array]:
    """sin(πa) and cos(πa) for a ≥ 0: the reduction modulo 2 and the fold to a quarter turn are exact."""
    a = np.minimum(a, _ALL_INTEGERS)
    r = a - 2.0 * np.rint(0.5 * a)
    t = np.abs(r)
    sine = np.copysign(np.sin(_PI * np.minimum(t, 1.0 - t)), r)
    quarter = 0.5 - t
    cosine = np.copysign(np.where(t < 0.25, np.cos(_PI * t), np.sin(_PI * np.abs(quarter))), quarter)
    return sine, np.where(t > 0.75, -np.cos(_PI * (1.0 - t)), cosine)


def sinc(x: Values, out: Array | None = None) -> Values:
    """sin(πx)/(πx), with sinc(0) = 1 and exact zeros at the other integers and at ±inf.

    x is reduced modulo 2 before it meets π, and folded to a quarter turn; both are exact.
    """
    if out is None and isinstance(x, float):
        size = max(min(abs(float(x)), _ALL_INTEGERS), _SINC_IS_ONE)
        r = size - 2.0 * float(np.rint(0.5 * size))
        s = np.sin(_PI * min(abs(r), 1.0 - abs(r)))
        return np.float64((s if r > 0.0 else -s) / (_PI * size) + 0.0)
    a = np.abs(x, out=_buffer(x, None))
    np.minimum(a, _ALL_INTEGERS, out=a)
    np.maximum(a, _SINC_IS_ONE, out=a)
    out = np.multiply(a, 0.5, out=_buffer(x, out))
    np.rint(out, out=out)
    out *= 2.0
    np.subtract(a, out, out=out)
    t = np.abs(out, out=np.empty_like(out))
    np.minimum(t, 1.0 - t, out=t)
    t *= _PI
    np.sin(t, out=t)
    np.copysign(t, out, out=out)
    a *= _PI
    out /= a
    out += 0.0  # no negative zero
    return out


def sinc_derivative(x: Values, n: int, out: Array | None = None) -> Values:
    """The nth derivative of `sinc`, everywhere: sinc''(0) = −π²/3.

    With u = πx and f(u) = sin(u)/u, differentiating u f = sin n times gives
    u fₙ + n fₙ₋₁ = sin(u + nπ/2). Read upwards it is stable for u > n, read downwards for u < n
    (from any start far enough above n; Miller's algorithm, DLMF §3.6). The error is a few ulps of
    πⁿ/(n+1) at most, and of the value itself near the zero of an odd derivative at x = 0.
    """
    if n == 0:
        return sinc(x, out)
    array = np.atleast_1d(np.asarray(x, dtype=np.float64))
    a = np.abs(array)
    u = _PI * a
    sine, cosine = _sin_cos_pi(a)
    f = np.empty_like(u)
    below = u <= n + 1
    if below.any():
        f[below] = _sinc_downwards(u[below], sine[below], cosine[below], n)
    if not below.all():
        above = ~below
        f[above] = _sinc_upwards(u[above], sine[above], cosine[above], n)
    f *= _PI**n
    if n % 2:
        np.copysign(f, np.where(array < 0.0, -f, f), out=f)
    f += 0.0  # no negative zero
    y = f.reshape(np.shape(x))
    if out is None:
        return y if isinstance(x, np.ndarray) else np.float64(y[()])
    np.copyto(out, y)
    return out


def _turned(sine: Array, cosine: Array, k: int) -> Array:
    """sin(u + kπ/2)."""
    y = cosine if k % 2 else sine
    return -y if k % 4 > 1 else y


def _sinc_downwards(u: Array, sine: Array, cosine: Array, n: int) -> Array:
    top, left = n, 1.0  # what is left at n of an error at the top
    while left > 2.0**-56:
        top += 1
        left *= (n + 1) / top
    f = np.zeros_like(u)
    for k in range(top, n, -1):
        f *= -u
        f += _turned(sine, cosine, k)
        f /= k
    return f


def _sinc_upwards(u: Array, sine: Array, cosine: Array, n: int) -> Array:
    f = sine / u
    for k in range(1, n + 1):
        f *= -k
        f += _turned(sine, cosine, k)
        f /= u
    return f


# -- reciprocal trigonometric and hyperbolic functions ---------------------------------------------


def sec(x: Values, out: Array | None = None) -> Values:
    """1/cos(x)."""
    if out is None and isinstance(x, float):
        return np.float64(1.0 / np.cos(x))
    y = np.cos(x, out=_buffer(x, out))
    return np.divide(1.0, y, out=y)


def csc(x: Values, out: Array | None = None) -> Values:
    """1/sin(x)."""
    if out is None and isinstance(x, float):
        return np.float64(1.0 / np.sin(x))
    y = np.sin(x, out=_buffer(x, out))
    return np.divide(1.0, y, out=y)


def cot(x: Values, out: Array | None = None) -> Values:
    """1/tan(x)."""
    if out is None and isinstance(x, float):
        return np.float64(1.0 / np.tan(x))
    y = np.tan(x, out=_buffer(x, out))
    return np.divide(1.0, y, out=y)


def sech(x: Values, out: Array | None = None) -> Values:
    """1/cosh(x) = 2e/(1 + e²) with e = exp(−|x|), which cannot overflow."""
    if out is None and isinstance(x, float):
        e = np.exp(-abs(x))
        return np.float64(2.0 * e / (1.0 + e * e))
    y = np.abs(x, out=_buffer(x, out))
    np.negative(y, out=y)
    np.exp(y, out=y)
    d = y * y
    d += 1.0
    y *= 2.0
    y /= d
    return y


def csch(x: Values, out: Array | None = None) -> Values:
    """1/sinh(x) = 2 exp(−|x|)/(1 − exp(−2|x|)) with the sign of x, which cannot overflow early."""
    if out is None and isinstance(x, float):
        return np.float64(math.copysign(-2.0 * np.exp(-abs(x)) / np.expm1(-2.0 * abs(x)), x))
    a = np.abs(x, out=_buffer(x, None))
    d = np.multiply(a, -2.0, out=np.empty_like(a))
    np.expm1(d, out=d)
    np.negative(a, out=a)
    np.exp(a, out=a)
    a *= -2.0
    a /= d
    return np.copysign(a, x, out=_buffer(x, out))


def coth(x: Values, out: Array | None = None) -> Values:
    """1/tanh(x)."""
    if out is None and isinstance(x, float):
        return np.float64(1.0 / np.tanh(x))
    y = np.tanh(x, out=_buffer(x, out))
    return np.divide(1.0, y, out=y)


def _root_of_square_less_one(x: Values) -> Array:
    """√(x²−1) = √(|x|−1) √(|x|+1): keeps its digits near 1 and does not overflow."""
    a = np.abs(x, out=_buffer(x, None))
    b = np.add(a, 1.0, out=np.empty_like(a))
    a -= 1.0
    np.sqrt(a, out=a)
    np.sqrt(b, out=b)
    a *= b
    return a


def asec(x: Values, out: Array | None = None) -> Values:
    """acos(1/x), in [0, π], as the angle of the point (±1, √(x²−1)): no digits are lost near |x| = 1."""
    if out is None and isinstance(x, float):
        a = abs(x)
        return np.float64(np.arctan2(np.sqrt(a - 1.0) * np.sqrt(a + 1.0), math.copysign(1.0, x)))
    y = _root_of_square_less_one(x)
    return np.arctan2(y, np.copysign(1.0, x), out=_buffer(x, out))


def acsc(x: Values, out: Array | None = None) -> Values:
    """asin(1/x), in [−π/2, π/2], as the angle of the point (√(x²−1), ±1)."""
    if out is None and isinstance(x, float):
        a = abs(x)
        return np.float64(np.arctan2(math.copysign(1.0, x), np.sqrt(a - 1.0) * np.sqrt(a + 1.0)))
    y = _root_of_square_less_one(x)
    return np.arctan2(np.copysign(1.0, x), y, out=_buffer(x, out))


def acot(x: Values, out: Array | None = None) -> Values:
    """atan(1/x), in (−π/2, π/2]: odd, with a jump at 0, where it is π/2.

    The convention of Mathematica, MATLAB and Abramowitz & Stegun §4.4. The other one, in (0, π), is
    π/2 − atan(x).
    """
    if out is None and isinstance(x, float):
        return np.float64(np.arctan(1.0 / np.float64(x + 0.0)))
    y = np.add(x, 0.0, out=_buffer(x, out))  # -0 is 0 here
    np.divide(1.0, y, out=y)
    return np.arctan(y, out=y)


def asech(x: Values, out: Array | None = None) -> Values:
    """acosh(1/x) = log1p(√((1−x)(1+x))) − log(x): both terms are positive, so nothing cancels."""
    if out is None and isinstance(x, float):
        return np.float64(np.log1p(np.sqrt((1.0 - np.float64(x)) * (1.0 + x))) - np.log(x))
    y = np.subtract(1.0, x, out=_buffer(x, None))
    y *= np.add(1.0, x)
    np.sqrt(y, out=y)
    np.log1p(y, out=y)
    out = np.log(x, out=_buffer(x, out))
    return np.subtract(y, out, out=out)


_RECIPROCAL_OVERFLOWS = 2.0**-1000


def acsch(x: Values, out: Array | None = None) -> Values:
    """asinh(1/x); log(2/|x|) with the sign of x where 1/x overflows."""
    if out is None and isinstance(x, float):
        if abs(x) < _RECIPROCAL_OVERFLOWS:
            return np.float64(math.copysign(_LOG2 - np.log(abs(x)), x))
        return np.float64(np.arcsinh(1.0 / np.float64(x)))
    a = np.abs(x, out=_buffer(x, None))
    tiny = a < _RECIPROCAL_OVERFLOWS
    y = np.divide(1.0, x, out=_buffer(x, out))
    np.arcsinh(y, out=y)
    if tiny.any():
        y[tiny] = np.copysign(_LOG2 - np.log(a[tiny]), y[tiny])
    return y


def acoth(x: Values, out: Array | None = None) -> Values:
    """atanh(1/x) = log1p(2/(|x|−1))/2 with the sign of x: keeps its digits near |x| = 1."""
    if out is None and isinstance(x, float):
        return np.float64(math.copysign(0.5 * np.log1p(2.0 / np.float64(abs(x) - 1.0)), x))
    y = np.abs(x, out=_buffer(x, None))
    y -= 1.0
    np.divide(2.0, y, out=y)
    np.log1p(y, out=y)
    y *= 0.5
    return np.copysign(y, x, out=_buffer(x, out))


# -- products ---------------------------------------------------------------------------------------


def strong_product(a: Values, b: Values, support: Values, out: Array | None = None) -> Values:
    """a·b, but 0 outside `support`, where a is 0 and b may be inf or nan: a path that contributes nothing.

    The plain product is right unless a nan came out of it. One sum tells.
    """
    if out is None and isinstance(a, float) and isinstance(b, float):
        return np.float64(a * b if support else 0.0)
    y = np.asarray(np.multiply(a, b)) if out is None else np.multiply(a, b, out=out)
    total = y.sum()
    if total != total:
        np.copyto(y, 0.0, where=~np.asarray(support))
    y += 0.0  # what contributes nothing has no sign
    return y


def direction(x: Values, length: Values, out: Array | None = None) -> Values:
    """x/length, and 0 where the length is 0."""
    if out is None and isinstance(x, float) and isinstance(length, float):
        return np.float64(np.divide(x, length) if length != 0.0 else 0.0)
    tip = np.equal(length, 0.0)
    y = np.asarray(np.divide(x, length)) if out is None else np.divide(x, length, out=out)
    if tip.any():
        np.copyto(y, 0.0, where=tip)
    return y


LN2 = math.log(2)


def leg(x: Values, y: Values, length: Values, out: Array | None = None) -> Values:
    """x/length where length is hypot(x, y): 0 at the origin, and the limit ±1 where x alone is infinite."""
    found = np.asarray(direction(x, length, out))
    far = np.isinf(x) & np.isfinite(y)
    if np.any(far):
        np.copyto(found, np.sign(x), where=far)
    return found if out is not None else found[()]


def odd_bell(x: Values, out: Array | None = None) -> Values:
    """x/(1 + x²), where x² may overflow or underflow."""
    near = np.abs(x) <= 1.0
    found: Values = np.where(
        near, x / (1.0 + np.square(np.where(near, x, 0.0))), 1.0 / (x + 1.0 / np.where(near, 1.0, x))
    )
    return _into(found, out)


def root_ratio(x: Values, out: Array | None = None) -> Values:
    """x/√(x² − 1), which is 1 at infinity."""
    found: Values = np.where(np.isinf(x), np.sign(x), x / (np.sqrt(x - 1.0) * np.sqrt(x + 1.0)))
    return _into(found, out)


def gauss_derivative(x: Values, n: int, out: Array | None = None) -> Values:
    """The nth derivative of exp(−x²), (−1)ⁿ Hₙ(x) exp(−x²): 0 at infinity.

    The Hermite polynomial by its recurrence, and 4x² − 2 with what x² loses. Where the exponential alone is
    subnormal, its root comes in twice.
    """
    a = np.clip(np.asarray(x, np.float64), -_GAUSS_END, _GAUSS_END)
    h, low = square(np.abs(a))
    before, here = np.ones_like(a), 2.0 * a
    if n == 2:
        here = (4.0 * h - 2.0) + 4.0 * low
    else:
        for k in range(1, n):
            before, here = here, 2.0 * a * here - 2.0 * k * before
    half = np.exp(-0.5 * h)
    scaled = np.where(h > 676.0, here * half * half * (1.0 - low), here * gauss(a))
    return _into(-scaled if n % 2 else scaled, out)


def exp2_slope(x: Values, y: Values, out: Array | None = None) -> Values:
    """y log 2 where y is 2ˣ: finite where that just overflows."""
    found: Values = np.multiply(y, LN2)
    over = np.isinf(y) & (x < 1025.0)
    if np.any(over):
        found = np.where(over, np.exp2(x - 1.0) * (2.0 * LN2), found)
    return _into(found, out)


def share(x: Values, y: Values, out: Array | None = None) -> Values:
    """exp(x)/(exp(x) + exp(y)): the sigmoid of x − y with what rounding leaves out of the difference.

    Two equal infinities have equal shares at +∞, and none at −∞.
    """
    gap, low = difference(np.asarray(x, np.float64), np.asarray(y, np.float64))
    found: Values = sigmoid(gap)
    low = np.where(np.isfinite(low), low, 0.0)
    found = found + found * sigmoid(-gap) * low
    same = np.isinf(x) & np.equal(x, y)
    if np.any(same):
        found = np.where(same, np.where(np.greater(x, 0.0), 0.5, 0.0), found)
    return _into(found, out)


def _into(found: Values, out: Array | None) -> Values:
    if out is None:
        return np.asarray(found)[()]
    np.copyto(out, found)
    return out


def others(x: Values, axes: Axes) -> Values:
    """For each element the sum of the others, without the digits that (sum − element) would lose.

    Only beside an element that outweighs the rest does that cancel; for it, the rest is summed, and what
    is as large as it (with either sign) is added behind.
    """
    x = np.asarray(x)
    y = np.asarray(np.subtract(np.add.reduce(x, axis=axes, keepdims=True), x))
    size = np.abs(x)
    cancelled = ~(2.0 * np.abs(y) >= size)
    if cancelled.any():
        greatest = size == np.maximum.reduce(size, axis=axes, keepdims=True, initial=0.0)
        rest = np.add.reduce(np.where(greatest, 0.0, x), axis=axes, keepdims=True)
        alike = np.add.reduce(np.where(greatest, x, 0.0), axis=axes, keepdims=True) - x
        tied = np.add.reduce(greatest, axis=axes, keepdims=True) > 1
        np.copyto(y, rest + np.where(tied, alike, 0.0), where=cancelled & greatest)
    return y


def signed_power(x: Values, n: Values, out: Array | None = None) -> Values:
    """sign(x) |x|ⁿ."""
    y: Values = np.multiply(np.sign(x), np.power(np.abs(x), n), out=out)
    return y


def difference(a: _T, b: _T) -> tuple[_T, _T]:
    """a − b, and what rounding took from it, exactly (Knuth's two-sum)."""
    less = a - b
    back = less - a
    return less, (a - (less - back)) - (b + back)


EASY_POWERS: dict[float, np.ufunc] = {2.0: np.square, 0.5: np.sqrt, -1.0: np.reciprocal}
"""Powers that have a function of their own, which is exact to the last digit."""


def power(x: Values, n: Values, out: Array | None = None) -> Values:
    """x to the power n: what it is in a batch, it is alone.

    NumPy takes the easy powers by their own functions where an exponent stands alone, and only there: a root
    and a reciprocal differ in their last digit then, and the root of -inf is nan in place of inf.
    """
    exponents = np.asarray(n)
    if not exponents.ndim:
        easy = EASY_POWERS.get(float(exponents))
        alone: Values = np.power(x, n, out=out) if easy is None else easy(x, out=out)
        return alone
    shape = np.broadcast_shapes(np.shape(x), exponents.shape)
    replaced = []
    for exponent, easy in EASY_POWERS.items():
        at = np.broadcast_to(exponents == exponent, shape)
        if at.any():
            replaced.append((at, easy(np.broadcast_to(x, shape)[at])))
    found = np.asarray(np.power(x, n, out=out))
    for at, values in replaced:
        found[at] = values
    return found


def lowered_power(x: Values, n: Values, k: Values, out: Array | None = None) -> Values:
    """x to the power n − k, with the digits that rounding n − k would cost where x is large.

    What the rounding takes, ε, counts as a power of its own, 1 + ε log |x|. Where that is not small,
    the power is 0, 1 or inf, and the bound on it does no harm.
    """
    less, lost = difference(np.asarray(n), np.asarray(k))
    if not lost.any():
        return power(x, less, out)
    part = np.asarray(np.log(np.abs(x)) * lost)
    np.fmin(part, 2.0**-20, out=part)
    np.fmax(part, -(2.0**-20), out=part)
    y = power(x, less, out)
    part += 1.0
    return np.multiply(y, part, out=out)


def _finish(y: Values, axes: Axes, keepdim: bool, out: Array | None) -> Values:
    """A result whose reduced axes are still there with length 1, as the caller wants it."""
    y = np.asarray(y)
    if not keepdim:
        y = np.squeeze(y, axis=axes)
    if out is None:
        result: Values = y[()]
        return result
    np.copyto(out, y)
    return out


def _below_maximum(x: Array, axes: Axes, out: Array | None) -> tuple[Array, Values]:
    """x − max x, and max x: 0 for a largest element even if it is +inf, −inf for −inf."""
    m = np.maximum.reduce(x, axis=axes, keepdims=True, initial=-np.inf)
    stuck = None if np.isfinite(m).all() else np.isinf(m) & (x == m)
    t = np.subtract(x, m, out=_buffer(x, out))
    if stuck is not None:
        np.copyto(t, np.where(m > 0.0, 0.0, m), where=stuck)
    return t, m


def _log_total(t: Array, axes: Axes) -> Values:
    """log Σ exp(t) for t ≤ 0 with its maximum at 0. Overwrites t with exp(t), the maxima with 0.

    The maxima count as whole ones beside the sum of the others, so that log1p sees a small sum.
    """
    largest = t == 0.0
    ones = np.add.reduce(largest, axis=axes, keepdims=True, dtype=np.float64)
    np.exp(t, out=t)
    np.copyto(t, 0.0, where=largest)
    rest = np.add.reduce(t, axis=axes, keepdims=True)
    total: Values = np.log1p(rest + np.maximum(ones - 1.0, 0.0))
    return total


def logsumexp(x: Values, axes: Axes, keepdim: bool = False, out: Array | None = None) -> Values:
    """log Σ exp(x) = m + log1p(Σ′ exp(x−m)), where m = max x and Σ′ leaves out one largest element.

    −inf where every element is −inf; inf where one is inf.
    """
    t, m = _below_maximum(np.asarray(x), axes, None)
    return _finish(m + _log_total(t, axes), axes, keepdim, out)


def softmax(x: Values, axes: Axes, out: Array | None = None) -> Values:
    """exp(x)/Σ exp(x); 0 where every element is −inf, and infinite elements share 1 evenly."""
    y, _ = _below_maximum(np.asarray(x), axes, out)
    np.exp(y, out=y)
    total = np.add.reduce(y, axis=axes, keepdims=True)
    y /= np.where(total == 0.0, 1.0, total)
    return y


def log_softmax(x: Values, axes: Axes, out: Array | None = None) -> Values:
    """x − logsumexp(x), without the digits that this subtraction would lose: (x−m) − log Σ exp(x−m)."""
    y, _ = _below_maximum(np.asarray(x), axes, out)
    y -= _log_total(y.copy(), axes)
    return y


def reciprocal_or_zero(x: Values, out: Array | None = None) -> Values:
    """1/x, and 0 at 0."""
    with np.errstate(divide="ignore"):
        inverse: Values = np.divide(1.0, x)
    found: Values = np.where(np.equal(x, 0), 0.0, inverse)
    if out is None:
        return found
    out[...] = found
    return out


def nearest_remainder(x: Values, y: Values, out: Array | None = None) -> Values:
    """x less the whole multiple of y that is nearest (of two, the even one), exactly, as IEEE 754 has it."""
    step = np.abs(y)
    left = np.abs(np.fmod(x, 2 * step))  # exact, and less than two steps
    less = left - step  # exact where it is used, as the two are near
    found = np.where(2 * left <= step, left, np.where(2 * less < step, less, less - step))
    result: Values = np.multiply(found, np.where(np.signbit(x), -1.0, 1.0), out=out)
    return result


def variance(
    x: Values, axes: Axes, correction: float = 1.0, keepdim: bool = False, out: Array | None = None
) -> Values:
    """Σ (x − mean)²/(n − correction), in two passes; nan where n ≤ correction leaves nothing to divide.

    The mean is corrected by the mean of what is left, so that equal elements have variance 0.
    """
    x = np.asarray(x)
    count = math.prod(x.shape[axis] for axis in axes)
    left = x - np.add.reduce(x, axis=axes, keepdims=True) / np.float64(count)
    left -= np.add.reduce(left, axis=axes, keepdims=True) / np.float64(count)
    left *= left
    total = np.add.reduce(left, axis=axes, keepdims=True)
    return _finish(total / np.float64(max(count - correction, 0.0)), axes, keepdim, out)


def deviation(
    x: Values, axes: Axes, correction: float = 1.0, keepdim: bool = False, out: Array | None = None
) -> Values:
    """The square root of the variance, which does not overflow or underflow where the variance does."""
    x = np.asarray(x)
    squared = np.asarray(variance(x, axes, correction, keepdim))
    if np.all((squared > 2.0**-900) & (squared < np.inf)):
        root: Values = np.sqrt(squared, out=out)[()]
        return root
    scale = _scale_of(np.maximum.reduce(np.abs(x), axis=axes, keepdims=True, initial=0.0))
    scaled = variance(x / scale, axes, correction, keepdim=True)
    return _finish(np.sqrt(scaled) * scale, axes, keepdim, out)


def _scale_of(size: Array) -> Array:
    """A power of two near each size, or 1 where it is 0 or not finite."""
    ordinary = np.isfinite(size) & (size > 0.0)
    return np.where(ordinary, np.ldexp(1.0, np.frexp(size)[1] - 1), 1.0)


def norm(x: Values, axes: Axes, p: float = 2.0, keepdim: bool = False, out: Array | None = None) -> Values:
    """(Σ |x|ᵖ)^(1/p) for any p; max |x| for inf, min |x| for −inf, the count of nonzeros for 0.

    Nothing overflows or underflows on the way: where that threatens, the elements are first divided
    by a power of two near the largest one (for p < 0 the smallest one).
    """
    x = np.asarray(x)
    if p == 2.0:
        squares = np.add.reduce(x * x, axis=axes, keepdims=True)
        if np.all((squares > 2.0**-900) & (squares < np.inf)):
            return _finish(np.sqrt(squares), axes, keepdim, out)
    a = np.abs(x)
    if p == 1.0:
        return _finish(np.add.reduce(a, axis=axes, keepdims=True), axes, keepdim, out)
    if p == 0.0:
        count = np.add.reduce(a != 0.0, axis=axes, keepdims=True, dtype=np.float64)
        return _finish(count, axes, keepdim, out)
    if p > 0.0:
        m = np.maximum.reduce(a, axis=axes, keepdims=True, initial=0.0)
    else:
        m = np.minimum.reduce(a, axis=axes, keepdims=True, initial=np.inf)
    if math.isinf(p):
        return _finish(m, axes, keepdim, out)
    ordinary = np.isfinite(m) & (m > 0.0)
    scale = _scale_of(m)
    ratio = a / scale
    if p == 2.0:
        y = np.sqrt(np.add.reduce(ratio * ratio, axis=axes, keepdims=True))
    else:
        y = np.add.reduce(ratio**p, axis=axes, keepdims=True) ** (1.0 / p)
    return _finish(np.where(ordinary, y * scale, m), axes, keepdim, out)
