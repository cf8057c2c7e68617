"""How primitives are spelled by others, for targets that have no word for them.

Each definition keeps the digits that its primitive keeps, as far as doubles without tables can.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gradcli.engine.graph import RULES, Node, as_node
from gradcli.engine.primitives import TABLE
from gradcli.engine.primitives.arithmetic import where
from gradcli.engine.primitives.elementwise import round_half_even

Definition = Callable[..., Node]


def of(name: str) -> Callable[..., Node]:
    """A primitive as a function of nodes and numbers."""
    primitive: Any = TABLE[name]
    return primitive  # type: ignore[no-any-return]


absolute, exp, log, log1p, expm1, sqrt = map(of, ("abs", "exp", "log", "log1p", "expm1", "sqrt"))
sin, cos, tan, atan, atan2, copysign = map(of, ("sin", "cos", "tan", "atan", "atan2", "copysign"))
floor, trunc, isnan, maximum, minimum = map(of, ("floor", "trunc", "isnan", "maximum", "minimum"))
sinh, cosh, tanh, hypot = map(of, ("sinh", "cosh", "tanh", "hypot"))


def _where_true(x: Node, condition: Node) -> Node:
    """What x is wherever a condition holds, if it asks for the same one."""
    return x.inputs[1] if x.primitive.name == "where" and x.inputs[0] is condition else x


def _square(x: Node) -> Node:
    return x * x


def _log1p(x: Node) -> Node:
    """Kahan's: what rounding took from 1 + x is divided out again."""
    u = 1 + x
    return where(u.equals(1), x, where(u.equals(math.inf), u, log(u) * (x / (u - 1))))


def _expm1(x: Node) -> Node:
    """Kahan's, too."""
    u = exp(x)
    small = (u - 1) * (x / log(u))
    return where(u.equals(1), x, where((absolute(x) < 1) & (u > 0), small, u - 1))


def _half_exponentials(x: Node) -> tuple[Node, Node]:
    """e = exp(-|x|), which does not overflow, and 1 + e**2."""
    e = exp(-absolute(x))
    return e, 1 + e * e


def _sech(x: Node) -> Node:
    e, whole = _half_exponentials(x)
    return 2 * e / whole


def _csch(x: Node) -> Node:
    return copysign(-2 * exp(-absolute(x)) / expm1(-2 * absolute(x)), x)


def _sinh(x: Node) -> Node:
    t = expm1(absolute(x))
    return copysign(0.5 * where(t < 1, 2 * t - t * t / (t + 1), t + t / (t + 1)), x)


def _cosh(x: Node) -> Node:
    half = exp(0.5 * absolute(x))
    near = exp(absolute(x))
    return where(absolute(x) < 700, 0.5 * near + 0.5 / near, 0.5 * half * half)


def _tanh(x: Node) -> Node:
    t = expm1(-2 * absolute(x))
    return copysign(-t / (t + 2), x)


def _asinh(x: Node) -> Node:
    a = absolute(x)
    near = log1p(a + a * a / (1 + sqrt(a * a + 1)))
    return copysign(where(a < 1e8, near, log(a) + math.log(2)), x)


def _acosh(x: Node) -> Node:
    t = x - 1
    return where(x < 1e8, log1p(t + sqrt(2 * t + t * t)), log(x) + math.log(2))


def _atanh(x: Node) -> Node:
    a = absolute(x)
    return copysign(0.5 * log1p(2 * a / (1 - a)), x)


def _root_of_square_less_one(x: Node) -> Node:
    return sqrt(x - 1) * sqrt(x + 1)


def _asec(x: Node) -> Node:
    return atan2(_root_of_square_less_one(absolute(x)), copysign(1, x))


def _acsc(x: Node) -> Node:
    return atan2(copysign(1, x), _root_of_square_less_one(absolute(x)))


def _asech(x: Node) -> Node:
    return log1p(sqrt((1 - x) * (1 + x))) - log(x)


def _acoth(x: Node) -> Node:
    return copysign(0.5 * log1p(2 / (absolute(x) - 1)), x)


def _acsch(x: Node) -> Node:
    return of("asinh")(1 / x)


def _asin(x: Node) -> Node:
    return atan2(x, sqrt((1 - x) * (1 + x)))


def _acos(x: Node) -> Node:
    return atan2(sqrt((1 - x) * (1 + x)), x)


def _sigmoid(x: Node) -> Node:
    e = exp(-absolute(x))
    return where(x < 0, e, 1) / (1 + e)


def _softplus(x: Node) -> Node:
    return maximum(x, 0) + log1p(exp(-absolute(x)))


def _logsigmoid(x: Node) -> Node:
    return minimum(x, 0) - log1p(exp(-absolute(x)))


def _logaddexp(x: Node, y: Node) -> Node:
    far = where(x.equals(y), 0, absolute(x - y))  # two equal infinities are not apart
    return maximum(x, y) + log1p(exp(-far))


def _remainder(x: Node, y: Node) -> Node:
    left = of("fmod")(x, y)
    return where(_or((left < 0) & (y > 0), (left > 0) & (y < 0)), left + y, left)


def _or(x: Node, y: Node) -> Node:
    return RULES["or"](x, y)


def _maximum(x: Node, y: Node) -> Node:
    return where(_or(x >= y, isnan(x)), x, y)


def _minimum(x: Node, y: Node) -> Node:
    return where(_or(x <= y, isnan(x)), x, y)


def _sign(x: Node) -> Node:
    return where(x > 0, 1, where(x < 0, -1, x))


def _hypot(x: Node, y: Node) -> Node:
    a, b = _maximum(absolute(x), absolute(y)), _minimum(absolute(x), absolute(y))
    ratio = where(a.equals(0), 0, b / a)
    return where(a.equals(math.inf), a, a * sqrt(1 + ratio * ratio))


def _copysign(x: Node, y: Node) -> Node:
    """The sign of a zero counts as plus."""
    return where(y < 0, -absolute(x), absolute(x))


def _cbrt(x: Node) -> Node:
    """A third is no double, so that a step of Newton's method makes up for what that does to a power."""
    a = absolute(x)
    near = a ** (1 / 3)
    root = near - (near - a / (near * near)) / 3
    return copysign(where((a > 0) & (a < math.inf), root, a), x)


def _leg(x: Node, y: Node, h: Node) -> Node:
    return where(h.equals(0), 0, x / h)


def _acot(x: Node) -> Node:
    return where(x.equals(0), math.pi / 2, atan(1 / x))


def _sinc(x: Node) -> Node:
    turned = math.pi * x
    return where(x.equals(0), 1, sin(turned) / turned)


def _series(x: Node, coefficients: Sequence[float]) -> Node:
    """A polynomial, its constant first."""
    found = as_node(coefficients[-1])
    for each in reversed(coefficients[:-1]):
        found = found * x + each
    return found


def _sinc_slope(x: Node) -> Node:
    """Of sin(u)/u, with u = pi*x; where its two terms would cancel, by its series."""
    u = math.pi * x
    terms = [(-1) ** k * 2 * k / math.factorial(2 * k + 1) for k in range(1, 12)]
    near = math.pi * u * _series(u * u, terms)
    return where(absolute(x) < 0.5, near, (cos(u) - sin(u) / u) / x)


def _exprel_slope(x: Node) -> Node:
    """Of (exp(x) - 1)/x, by its series, too."""
    terms = [(k + 1) / math.factorial(k + 2) for k in range(18)]
    return where(absolute(x) < 1, _series(x, terms), (exp(x) - expm1(x) / x) / x)


def _sinc_bend(x: Node) -> Node:
    u = math.pi * x
    terms = [(-1) ** k * 2 * k * (2 * k - 1) / math.factorial(2 * k + 1) for k in range(1, 13)]
    near = math.pi**2 * _series(u * u, terms)
    slope = (cos(u) - sin(u) / u) / x
    return where(absolute(x) < 0.5, near, -math.pi * sin(u) / x - 2 * slope / x)


def _exprel_bend(x: Node) -> Node:
    terms = [(k + 1) * (k + 2) / math.factorial(k + 3) for k in range(19)]
    slope = (exp(x) - expm1(x) / x) / x
    return where(absolute(x) < 1, _series(x, terms), (exp(x) - 2 * slope) / x)


def _absolute(x: Node) -> Node:
    return where(x < 0, -x, x)


def _rounded(x: Node) -> Node:
    """Halves to even: adding and taking away 2**52 leaves no room for a fraction."""
    big = 2.0**52
    whole = (absolute(x) + big) - big
    return where(absolute(x) < big, copysign(whole, x), x)


def _turned(x: Node, quarter: float, unit: float) -> tuple[Node, Node]:
    """Sine and cosine of x, of which so many are a quarter turn: only the last step is rounded."""
    rest = of("fmod")(x, 4 * quarter)
    count = round_half_even(rest / quarter)
    angle = (rest - quarter * count) * unit
    side = count - 4 * floor(count / 4)
    s, c = sin(angle), cos(angle)
    sine = where(side.equals(0), s, where(side.equals(1), c, where(side.equals(2), -s, -c)))
    cosine = where(side.equals(0), c, where(side.equals(1), -s, where(side.equals(2), -c, s)))
    return sine, cosine


def _of_half_turns(x: Node) -> tuple[Node, Node]:
    return _turned(x, 0.5, math.pi)


def _of_degrees(x: Node) -> tuple[Node, Node]:
    return _turned(x, 90.0, math.pi / 180)


def _quotient(parts: tuple[Node, Node]) -> Node:
    return parts[0] / parts[1]


def _logaddexp2(x: Node, y: Node) -> Node:
    far = where(x.equals(y), 0, absolute(x - y))
    return maximum(x, y) + log1p(of("exp2")(-far)) / math.log(2)


def _squareplus(x: Node, b: Node) -> Node:
    size = hypot(x, sqrt(b))
    return where(x > 0, (x + size) / 2, b / 2 / (size + absolute(x)))


def _log_quotient(x: Node, y: Node) -> Node:
    return where(absolute(x - y) <= 0.5 * absolute(y), log1p((x - y) / y), log(x / y))


def _relative_entropy(x: Node, y: Node) -> Node:
    inside = where((x > 0) & (y > 0), x * _log_quotient(x, y), math.inf)
    return where(x.equals(0) & (y >= 0), 0, inside)


def _cross_entropy(x: Node, target: Node) -> Node:
    certain, against = maximum(log(x), -100), maximum(log1p(-x), -100)
    return -(target * certain + (1 - target) * against)


def _boxcox(x: Node, y: Node) -> Node:
    return where(y.equals(0), log(x), expm1(y * log(x)) / y)


def _boxcox1p(x: Node, y: Node) -> Node:
    return where(y.equals(0), log1p(x), expm1(y * log1p(x)) / y)


def _log_of_inverse(x: Node, y: Node) -> Node:
    """Of the transforms of Box and Cox."""
    return where(y.equals(0), x, log1p(x * y) / y)


def _excess(delta: Node, r: Node) -> Node:
    """How much longer the hypotenuse is than a leg."""
    return r * (r / (delta + hypot(delta, r)))


def _pseudo_huber(delta: Node, r: Node) -> Node:
    inside = where(delta.equals(0), 0, delta * _excess(delta, r))
    return where(delta < 0, math.inf, inside)


DEFINITIONS: Mapping[str, Definition] = {
    "square": _square,
    "reciprocal": lambda x: 1 / x,
    "strong_product": lambda x, y, support: where(support, _where_true(x, support) * y, 0),
    "masked": lambda x, condition: where(condition, x, 0),
    "lowered_power": lambda x, n, k: x ** (n - k),
    "signed_power": lambda x, n: of("sign")(x) * absolute(x) ** n,
    "absolute_power": lambda x, n: absolute(x) ** n,
    "truth_as_number": lambda x: where(x, 1, 0),
    "not_less": lambda x, y: ~(x < y),
    "clamp_both": lambda x, low, high: minimum(maximum(x, low), high),
    "clamp_min": maximum,
    "clamp_max": minimum,
    "relu": lambda x: maximum(x, 0),
    "one_minus_square": lambda x: (1 - x) * (1 + x),
    "root_of_square_less_one": _root_of_square_less_one,
    "bell": lambda x: 1 / (1 + x * x),
    "odd_bell": lambda x: x / (1 + x * x),
    "root_ratio": lambda x: x / _root_of_square_less_one(x),
    "cbrt_slope": lambda x: 1 / (3 * of("cbrt")(x) ** 2),
    "exp2_slope": lambda x, y: y * math.log(2),
    "share": lambda x, y: _sigmoid(x - y),
    "gauss_derivative_1": lambda x: -2 * x * exp(-(x * x)),
    "gauss_derivative_2": lambda x: (4 * x * x - 2) * exp(-(x * x)),
    "gauss_derivative_3": lambda x: (12 * x - 8 * x * x * x) * exp(-(x * x)),
    "leg": _leg,
    "reciprocal_or_zero": lambda x: where(x.equals(0), 0, 1 / x),
    "nearest_remainder": lambda x, y: x - y * round_half_even(x / y),
    "gauss": lambda x: exp(-(x * x)),
    "rsqrt": lambda x: 1 / sqrt(x),
    "cbrt": _cbrt,
    "sign": _sign,
    "abs": _absolute,
    "copysign": _copysign,
    "hypot": _hypot,
    "maximum": _maximum,
    "minimum": _minimum,
    "exp2": lambda x: as_node(2.0) ** x,
    "exp10": lambda x: as_node(10.0) ** x,
    "log2": lambda x: log(x) / math.log(2),
    "log10": lambda x: log(x) / math.log(10),
    "log1p": _log1p,
    "expm1": _expm1,
    "logaddexp": _logaddexp,
    "sigmoid": _sigmoid,
    "softplus": _softplus,
    "logsigmoid": _logsigmoid,
    "silu": lambda x: x * _sigmoid(x),
    "softsign": lambda x: x / (1 + absolute(x)),
    "tanhshrink": lambda x: x - tanh(x),
    "tan": lambda x: sin(x) / cos(x),
    "sec": lambda x: 1 / cos(x),
    "csc": lambda x: 1 / sin(x),
    "cot": lambda x: 1 / tan(x),
    "asin": _asin,
    "acos": _acos,
    "atan": lambda x: atan2(x, 1),
    "asec": _asec,
    "acsc": _acsc,
    "acot": _acot,
    "sinh": _sinh,
    "cosh": _cosh,
    "tanh": _tanh,
    "sech": _sech,
    "csch": _csch,
    "coth": lambda x: 1 / tanh(x),
    "asinh": _asinh,
    "acosh": _acosh,
    "atanh": _atanh,
    "asech": _asech,
    "acsch": _acsch,
    "acoth": _acoth,
    "radians": lambda x: x * (math.pi / 180),
    "degrees": lambda x: x * (180 / math.pi),
    "sinc": _sinc,
    "remainder": _remainder,
    "floor_divide": lambda x, y: floor(x / y),
    "fmod": lambda x, y: x - y * trunc(x / y),
    "floor": lambda x: where(trunc(x) > x, trunc(x) - 1, trunc(x)),
    "ceil": lambda x: -floor(-x),
    "trunc": lambda x: where(x < 0, -floor(-x), floor(x)),
    "frac": lambda x: x - trunc(x),
    "round_half_even": _rounded,
    "fma": lambda x, y, z: x * y + z,
    "fdim": lambda x, y: where(x <= y, 0, x - y),
    "erfc": lambda x: 1 - of("erf")(x),
    "exp_of_square": lambda x: exp(x * x),
    "normal_density": lambda x: exp(-0.5 * (x * x)) * (1 / math.sqrt(2 * math.pi)),
    "ndtr": lambda x: 0.5 * of("erfc")(-x * math.sqrt(0.5)),
    "xlogy": lambda x, y: where(x.equals(0) & ~isnan(y), 0, x * log(y)),
    "xlog1py": lambda x, y: where(x.equals(0) & ~isnan(y), 0, x * log1p(y)),
    "entr": lambda x: where(x.equals(0), 0, where(x < 0, -math.inf, -x * log(x))),
    "logit": lambda x: log(x / (1 - x)),
    "rint": round_half_even,
    "sinpi": lambda x: _of_half_turns(x)[0],
    "cospi": lambda x: _of_half_turns(x)[1],
    "tanpi": lambda x: _quotient(_of_half_turns(x)),
    "sindg": lambda x: _of_degrees(x)[0],
    "cosdg": lambda x: _of_degrees(x)[1],
    "tandg": lambda x: _quotient(_of_degrees(x)),
    "cotdg": lambda x: 1 / _quotient(_of_degrees(x)),
    "cosm1": lambda x: -2 * _square(sin(x / 2)),
    "exprel": lambda x: where(x.equals(0), 1, expm1(x) / x),
    "exprel_derivative_1": _exprel_slope,
    "exprel_derivative_2": _exprel_bend,
    "sinc_derivative_1": _sinc_slope,
    "sinc_derivative_2": _sinc_bend,
    "logaddexp2": _logaddexp2,
    "log_2cosh": lambda x: absolute(x) + log1p(exp(-2 * absolute(x))),
    "squareplus": _squareplus,
    "squareplus_slope": lambda x, b: _squareplus(x, b) / hypot(x, sqrt(b)),
    "celu_below": lambda x, alpha: alpha * expm1(x / alpha),
    "cross_entropy_term": _cross_entropy,
    "log_quotient": _log_quotient,
    "rel_entr": _relative_entropy,
    "share_left": lambda x, y: (y - x) / y,
    "boxcox": _boxcox,
    "boxcox1p": _boxcox1p,
    "slope_of_boxcox": lambda x, y: x ** (y - 1),
    "slope_of_boxcox1p": lambda x, y: exp((y - 1) * log1p(x)),
    "inv_boxcox": lambda x, y: exp(_log_of_inverse(x, y)),
    "inv_boxcox1p": lambda x, y: expm1(_log_of_inverse(x, y)),
    "lowergamma": lambda a, x: of("gammainc")(a, x) * of("gamma")(a),
    "uppergamma": lambda a, x: of("gammaincc")(a, x) * of("gamma")(a),
    "gamma_integrand": lambda a, x: x ** (a - 1) * exp(-x),
    "powm1": lambda x, y: expm1(y * log(x)),
    "excess": _excess,
    "pseudo_huber": _pseudo_huber,
    "pseudo_huber_in_r": lambda delta, r: r * (delta / hypot(delta, r)),
    "pseudo_huber_in_delta": lambda delta, r: _excess(delta, r) * (_excess(delta, r) / hypot(delta, r)),
    "factorial": lambda x: where(x < 0, 0, of("gamma")(x + 1)),
    "fmax": lambda x, y: where(isnan(x), y, where(y > x, y, x)),
    "fmin": lambda x, y: where(isnan(x), y, where(y < x, y, x)),
    "heaviside": lambda x, y: where(x.equals(0), y, where(x < 0, 0, where(x > 0, 1, x))),
    "isinf": lambda x: absolute(x).equals(math.inf),
    "isposinf": lambda x: x.equals(math.inf),
    "isneginf": lambda x: x.equals(-math.inf),
    "signbit": lambda x: copysign(1, x) < 0,
    "j1_over": lambda x: where(x.equals(0), 0.5, of("j1")(x) / x),
    "logical_xor": lambda x, y: RULES["and"](_or(x, y), ~RULES["and"](x, y)),
    "logical_not": lambda x: ~x,
    "isfinite": lambda x: absolute(x) < math.inf,
    "isnan": lambda x: RULES["!="](x, x),
}
"""Each primitive that others can spell."""

LONG = frozenset(
    """
    digamma polygamma rgamma gammasgn beta betaln binom poch gammainc gammaincc gammaincinv gammainccinv
    betainc betaincc betaincinv betainccinv erfcx erfi dawsn erfinv erfcinv log_ndtr ndtri fresnels
    fresnelc kl_divergence expi exp1 expn li si ci shi chi spence zeta polylog lambertw lambertwm1 stdtr
    stdtrit eval_gegenbauer eval_legendre eval_chebyt eval_chebyu eval_chebyv eval_chebyw eval_hermite
    eval_hermitenorm eval_genlaguerre eval_laguerre eval_jacobi j0 j1 y0 y1 i0 i1 i0e i1e k0 k1 k0e k1e
    jv yv iv ive kv kve struve modstruve spherical_jn spherical_yn spherical_in spherical_kn airyaip
    airyai airybip airybi ellipk ellipkm1 ellipe ellipkinc ellipeinc elliprf elliprc elliprd elliprj
    elliprg jacobi_am jacobi_sn jacobi_cn jacobi_dn hyp0f1 hyp1f1 hyp2f1 hyperu nextafter spacing
    beta_density binary_exponent celu_in_alpha delta_square digamma_of_next direction
    erfcinv_slope erfinv_slope exp_over gamma_density half_turns_cosine half_turns_sine
    inverse_mills lambertwm1_distance
    log_less_digamma log_over log_over_slope mills_excess ndtri_slope polygamma_step sine_quotient
    sine_slope sinh_quotient sinh_slope agm agm_slope factorial2 factorial2_rate kolmogi kolmogorov ndtri_exp
    ndtri_exp_slope owens_t wright_slope wrightomega bdtrik bdtrin btdtria btdtrib chdtriv fdtridfd gdtrib
    nbdtrik nbdtrin pdtrik stdtridf jv_over_x struve_first whole_m_of_lpmv whole_v_of_lpmv voigt_profile
    """.split()  # noqa: SIM905 (a list of so many words reads best as text)
)
"""Primitives that need more than a formula: a target without a word for one refuses it by its name."""
