"""How primitives are spelled by others, for targets that have no word for them.

Each definition keeps the digits that its primitive keeps, as far as doubles without tables can.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
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


def _leg(x: Node, y: Node, h: Node) -> Node:
    return where(h.equals(0), 0, x / h)


def _acot(x: Node) -> Node:
    return where(x.equals(0), math.pi / 2, atan(1 / x))


def _sinc(x: Node) -> Node:
    turned = math.pi * x
    return where(x.equals(0), 1, sin(turned) / turned)


def _absolute(x: Node) -> Node:
    return where(x < 0, -x, x)


def _rounded(x: Node) -> Node:
    """Halves to even: adding and taking away 2**52 leaves no room for a fraction."""
    big = 2.0**52
    whole = (absolute(x) + big) - big
    return where(absolute(x) < big, copysign(whole, x), x)


DEFINITIONS: Mapping[str, Definition] = {
    "square": _square,
    "reciprocal": lambda x: 1 / x,
    "strong_product": lambda x, y, support: where(support, x * y, 0),
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
    "cbrt": lambda x: copysign(absolute(x) ** (1 / 3), x),
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
    "logical_not": lambda x: ~x,
    "isfinite": lambda x: absolute(x) < math.inf,
    "isnan": lambda x: RULES["!="](x, x),
}
"""Each primitive that others can spell."""
