"""Python with NumPy: arguments may be arrays, of which each element is a row."""

from __future__ import annotations

import math
from collections.abc import Mapping

from gradcli.arrays import Shape
from gradcli.writing.code.program import (
    ARITHMETIC,
    ATOM,
    SIGN,
    Function,
    Language,
    Word,
    call,
    comparison,
    decimal,
)
from gradcli.writing.code.python import RESERVED as WORDS_OF_PYTHON
from gradcli.writing.code.python import definition, plain_quotient

_SAME = (
    *("sqrt", "cbrt", "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sin", "cos", "tan", "sinh"),
    *("cosh", "tanh", "floor", "ceil", "trunc", "abs", "sign", "square", "isnan", "isfinite", "radians"),
    *("degrees", "rint", "isinf", "isposinf", "isneginf", "signbit", "spacing"),
)
_OF_SCIPY = (
    *("erf", "erfc", "erfcx", "erfi", "erfinv", "erfcinv", "dawsn", "ndtr", "log_ndtr", "ndtri", "gamma"),
    *("digamma", "rgamma", "entr", "exprel", "expi", "exp1", "spence", "j0", "j1", "y0", "y1", "i0", "i1"),
    *("i0e", "i1e", "k0", "k1", "k0e", "k1e", "logit", "cosm1", "gammasgn", "ellipk", "ellipkm1", "ellipe"),
    *("sindg", "cosdg", "tandg", "cotdg", "exp10", "kolmogorov", "kolmogi", "ndtri_exp", "wrightomega"),
)
_OF_SCIPY_OF_MORE = {
    2: """
    beta betaln binom polygamma xlogy xlog1py rel_entr boxcox poch gammainc gammaincc gammaincinv
    gammainccinv expn zeta stdtr stdtrit eval_legendre eval_chebyt eval_chebyu boxcox1p inv_boxcox
    inv_boxcox1p powm1 pseudo_huber agm owens_t eval_laguerre jv yv iv ive kv kve struve modstruve
    ellipkinc ellipeinc elliprc hyp0f1
    """,
    3: """
    betainc betaincc betaincinv betainccinv eval_gegenbauer eval_genlaguerre elliprf elliprd elliprg hyp1f1
    hyperu
    """,
    4: "eval_jacobi elliprj hyp2f1",
}
"""By how many operands they have."""
_OF_TWO = (
    *("hypot", "fmod", "copysign", "maximum", "minimum", "remainder", "floor_divide", "logaddexp"),
    *("logaddexp2", "fmax", "fmin", "heaviside", "nextafter", "logical_xor"),
)
WORDS: Mapping[str, Word] = {
    **ARITHMETIC,
    **{name: call(f"np.{name}") for name in _SAME},
    **{name: call(f"np.{name}", 2) for name in _OF_TWO},
    **{name: call(f"np.arc{name[1:]}") for name in ("asin", "acos", "atan", "asinh", "acosh", "atanh")},
    **{name: call(f"special.{name}") for name in _OF_SCIPY},
    **{
        name: call(f"special.{name}", count)
        for count, names in _OF_SCIPY_OF_MORE.items()
        for name in names.split()
    },
    "kl_divergence": call("special.kl_div", 2),
    "lgamma": call("special.gammaln"),
    "factorial": call("special.factorial"),
    "atan2": call("np.arctan2", 2),
    "divide": call("np.divide", 2),
    "power": call("np.power", 2),
    "round_half_even": call("np.rint"),
    "equal": comparison("=="),
    "not_equal": comparison("!="),
    "logical_not": call("np.logical_not"),
    "logical_and": call("np.logical_and", 2),
    "logical_or": call("np.logical_or", 2),
    "where": call("np.where", 3),
}
RESERVED = WORDS_OF_PYTHON | {"np", "special"}


def _number(value: float) -> tuple[str, int]:
    if math.isnan(value):
        return "np.nan", ATOM
    text = "np.inf" if math.isinf(value) else decimal(abs(value))
    return (f"-{text}", SIGN) if math.copysign(1, value) < 0 else (text, ATOM)


def _element(name: str, place: int, shape: Shape) -> str:
    places = []
    for k, size in enumerate(shape):
        places.append(str(place // math.prod(shape[k + 1 :]) % size))
    return f"{name}[{', '.join(places)}]"


LANGUAGE = Language("NumPy", WORDS, _number, str, _element, RESERVED, special=plain_quotient)


def write(function: Function) -> str:
    """The function as a module; outside the domain it gives nan or inf, with NumPy's warnings."""
    lines = definition(function)
    needed = ["from scipy import special"] if any("special." in line for line in lines) else []
    return "\n".join(["import numpy as np", *needed, "", "", *lines])
