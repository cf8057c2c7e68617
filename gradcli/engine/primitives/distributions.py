"""Densities and distribution functions with a location and a scale, as SciPy's `scipy.stats` spells them.

`norm.pdf(x, loc, scale)` is written so, and its entry is `norm_pdf`. Each is a definition by other entries.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence

import numpy as np

from gradcli.arrays import Array
from gradcli.engine.graph import Node, number_in
from gradcli.engine.primitives.arithmetic import where
from gradcli.engine.primitives.elementwise import exp, expm1, log, log1p, sech, sign, sqrt, tanh
from gradcli.engine.primitives.entry import Accuracy, Composite, Elementwise
from gradcli.engine.primitives.error_functions import log_ndtr, ndtr, ndtri
from gradcli.engine.primitives.gamma import beta, betaln
from gradcli.engine.primitives.incomplete import beta_density, betainc_in_b
from gradcli.engine.primitives.odds import logit
from gradcli.engine.primitives.scipy_door import of_scipy
from gradcli.engine.primitives.special import logsigmoid, sigmoid
from gradcli.engine.primitives.two_doubles import on_elements

INF = float("inf")

family = "distributions"


def _if_positive(scale: Node, value: Node) -> Node:
    known = number_in(scale)
    return value if known is not None and known > 0 else where(scale > 0, value, math.nan)


def _define(
    distribution: str,
    function: str,
    standard: Callable[..., Node],
    doc: str,
    at: tuple[str, str],
    reference: str,
    tested: tuple[float, float] = (-6, 6),
    shape: str = "",
    accuracy: Sequence[Accuracy] = (),
) -> None:
    """The entry of one function of a distribution, from that of location 0 and scale 1.

    `reference` is in z, the standardized x, and names its `shape` parameter, if it has one.
    """
    shapes = [shape] if shape else []

    def definition(x: Node, *rest: Node) -> Node:
        given, (loc, scale) = rest[:-2], rest[-2:]
        if function == "ppf":
            return _if_positive(scale, loc + scale * standard(x, *given))
        found = standard((x - loc) / scale, *given)
        if function == "pdf":
            found = found / scale
        elif function == "logpdf":
            found = found - log(scale)
        return _if_positive(scale, found)

    first = "q" if function == "ppf" else "x"
    z = f"(({first} - loc)/scale)"
    exact = re.sub(r"\bz\b", first if function == "ppf" else z, reference)
    if function == "pdf":
        exact = f"({exact})/scale"
    elif function == "logpdf":
        exact = f"{exact} - log(scale)"
    elif function == "ppf":
        exact = f"loc + scale*({exact})"
    Composite(
        f"{distribution}_{function}",
        ", ".join([first, *shapes, "loc=0", "scale=1"]),
        definition,
        doc,
        (f"{distribution}.{function}({at[0]})", at[1]),
        domain=((-INF, INF), *[(0.0, INF)] * len(shapes), (-INF, INF), (0, INF)),
        tested=(tested, *[(0.5, 30.0)] * len(shapes), (-0.5, 0.5), (1, 4)),
        reference=exact,
        accuracy=accuracy,
        family=family,
    )


# Student's t

_OF_FREEDOM = (
    Accuracy("value", 20, "", "SciPy's own digits"),
    Accuracy("first", 1000, "", "in df, two terms of opposite signs"),
    Accuracy("second", 1e5, "", "in df, terms of opposite signs"),
)

stdtr: Elementwise = Elementwise(
    "stdtr",
    of_scipy("stdtr"),
    (
        lambda df, t: where(t.equals(0), 0, _in_freedom(df, t)),
        lambda df, t: _t_density(t, df),
    ),
    "df, t",
    "Distribution function of Student's t distribution with df degrees of freedom.",
    ("stdtr(1, 0)", "0.5"),
    domain=((0, INF), (-INF, INF)),
    tested=((0.5, 30), (-20, 20)),
    reference="0.5 + sign(t)*beta_share(mpf(0.5), df/2, t*t/(df + t*t))/2",
    accuracy=_OF_FREEDOM,
    family=family,
)


def _t_density(z: Node, df: Node) -> Node:
    return exp(-(df + 1) / 2 * log1p(z * z / df)) / (sqrt(df) * beta(df / 2, 0.5))


def _log_t_density(z: Node, df: Node) -> Node:
    return -betaln(df / 2, 0.5) - log(df) / 2 - (df + 1) / 2 * log1p(z * z / df)


def _in_freedom(df: Node, t: Node) -> Node:
    """Of 1/2 + sign(t) I_y(1/2, df/2)/2 with y = t²/(df + t²) the derivative in df."""
    square = where(t.equals(0), 1, t * t)
    y = square / (df + square)
    by_share = betainc_in_b(0.5, df / 2, y) / 2
    by_place = beta_density(0.5, df / 2, y) * (y / (df + square))
    return sign(t) * (by_share - by_place) / 2


def _below_start(inside: Callable[[Node], Node], outside: float) -> Callable[[Node], Node]:
    """A function of what is exponentially distributed, which begins at 0."""
    return lambda z: where(z < 0, outside, inside(where(z < 0, 0, z)))


def _normal_density(z: Node) -> Node:
    return exp(-(z**2) / 2) / math.sqrt(2 * math.pi)


_NORMAL = "normal distribution"
_HALF_LOG_2PI = math.log(2 * math.pi) / 2

_define("norm", "pdf", _normal_density, f"Density of the {_NORMAL}.",
        ("0", "0.3989422804014327"), "exp(-z*z/2)/sqrt(2*pi)")  # fmt: skip
_define("norm", "logpdf", lambda z: -(z * z) / 2 - _HALF_LOG_2PI,
        f"Logarithm of the density of the {_NORMAL}.",
        ("0", "-0.9189385332046727"), "-z*z/2 - log(2*pi)/2")  # fmt: skip
_define("norm", "cdf", lambda z: ndtr(z), f"Distribution function of the {_NORMAL}.",
        ("0", "0.5"), "erfc(-z/sqrt(2))/2")  # fmt: skip
_define("norm", "logcdf", lambda z: log_ndtr(z), f"Logarithm of the distribution function of the {_NORMAL}.",
        ("0", "-0.6931471805599453"), "log_ndtr(z)")  # fmt: skip
_define("norm", "sf", lambda z: ndtr(-z), f"Survival function of the {_NORMAL}, 1 - cdf.",
        ("0", "0.5"), "erfc(z/sqrt(2))/2")  # fmt: skip
_define("norm", "logsf", lambda z: log_ndtr(-z), f"Logarithm of the survival function of the {_NORMAL}.",
        ("0", "-0.6931471805599453"), "log_ndtr(-z)")  # fmt: skip
_define("norm", "ppf", lambda q: ndtri(q), f"Quantile of the {_NORMAL}, which inverts cdf.",
        ("0.5", "0"), "-sqrt(2)*erfcinv(2*z)", (0.01, 0.99))  # fmt: skip

_EXPONENTIAL = "exponential distribution with mean loc + scale"

_define("expon", "pdf", _below_start(lambda z: exp(-z), 0.0), f"Density of the {_EXPONENTIAL}.",
        ("0", "1"), "exp(-z)", (1, 8))  # fmt: skip
_define("expon", "logpdf", _below_start(lambda z: -z, -INF),
        f"Logarithm of the density of the {_EXPONENTIAL}.",
        ("2", "-2"), "-z", (1, 8))  # fmt: skip
_define("expon", "cdf", _below_start(lambda z: -expm1(-z), 0.0),
        f"Distribution function of the {_EXPONENTIAL}.", ("0", "0"), "-expm1(-z)", (1, 8))  # fmt: skip
_define("expon", "sf", _below_start(lambda z: exp(-z), 1.0),
        f"Survival function of the {_EXPONENTIAL}, 1 - cdf.",
        ("0", "1"), "exp(-z)", (1, 8))  # fmt: skip
_define("expon", "logsf", _below_start(lambda z: -z, 0.0),
        f"Logarithm of the survival function of the {_EXPONENTIAL}.",
        ("2", "-2"), "-z", (1, 8))  # fmt: skip
_define("expon", "ppf", lambda q: -log1p(-q), f"Quantile of the {_EXPONENTIAL}, which inverts cdf.",
        ("0", "0"), "-log1p(-z)", (0.01, 0.99))  # fmt: skip

_LOGISTIC = "logistic distribution"


def _log_of_twice_cosh(x: Array) -> Array:
    size = np.abs(x)
    found: Array = size + np.log1p(np.exp(-2.0 * size))
    return found


# The slopes of the two logarithms of sigmoids that this is the sum of would cancel about 0.
_log_2cosh = Elementwise(
    "log_2cosh",
    on_elements(_log_of_twice_cosh),
    (lambda x: tanh(x),),
    written="log(2*cosh(x))",
    public=False,
)

_define("logistic", "pdf", lambda z: sech(z / 2) ** 2 / 4, f"Density of the {_LOGISTIC}.",
        ("0", "0.25"), "exp(-z)/(1 + exp(-z))**2")  # fmt: skip
_define("logistic", "logpdf", lambda z: -2 * _log_2cosh(z / 2),
        f"Logarithm of the density of the {_LOGISTIC}.", ("0", "-1.3862943611198906"),
        "-z - 2*log1p(exp(-z))")  # fmt: skip
_define("logistic", "cdf", lambda z: sigmoid(z), f"Distribution function of the {_LOGISTIC}.",
        ("0", "0.5"), "1/(1 + exp(-z))")  # fmt: skip
_define("logistic", "sf", lambda z: sigmoid(-z), f"Survival function of the {_LOGISTIC}, 1 - cdf.",
        ("0", "0.5"), "1/(1 + exp(z))")  # fmt: skip
_define("logistic", "logcdf", lambda z: logsigmoid(z),
        f"Logarithm of the distribution function of the {_LOGISTIC}.",
        ("0", "-0.6931471805599453"), "-log1p(exp(-z))")  # fmt: skip
_define("logistic", "logsf", lambda z: logsigmoid(-z),
        f"Logarithm of the survival function of the {_LOGISTIC}.",
        ("0", "-0.6931471805599453"), "-log1p(exp(z))")  # fmt: skip
_define("logistic", "ppf", lambda q: logit(q), f"Quantile of the {_LOGISTIC}, which inverts cdf.",
        ("0.5", "0"), "log(z/(1 - z))", (0.01, 0.99))  # fmt: skip

_STUDENT = "Student's t distribution with df degrees of freedom"
_IN_DF = (
    Accuracy("first", 100, "", "in df, two terms of opposite signs"),
    Accuracy("second", 200, "", "in df, terms of opposite signs"),
)
_EXACT_T = "(1 + (z)**2/df)**(-(df + 1)/2)/(sqrt(df)*beta(df/2, 0.5))"

_define("t", "pdf", _t_density, f"Density of {_STUDENT}.", ("0, 2", "0.35355339059327373"), _EXACT_T,
        shape="df", accuracy=_IN_DF)  # fmt: skip
_define("t", "logpdf", _log_t_density, f"Logarithm of the density of {_STUDENT}.",
        ("0, 2", "-1.0397207708399179"), f"log({_EXACT_T})", shape="df", accuracy=_IN_DF)  # fmt: skip
_define("t", "cdf", lambda z, df: stdtr(df, z), f"Distribution function of {_STUDENT}.", ("0, 2", "0.5"),
        "0.5 + sign(z)*beta_share(mpf(0.5), df/2, (z)**2/(df + (z)**2))/2",
        shape="df", accuracy=_OF_FREEDOM)  # fmt: skip
_define("t", "sf", lambda z, df: stdtr(df, -z), f"Survival function of {_STUDENT}, 1 - cdf.", ("0, 2", "0.5"),
        "0.5 - sign(z)*beta_share(mpf(0.5), df/2, (z)**2/(df + (z)**2))/2",
        shape="df", accuracy=_OF_FREEDOM)  # fmt: skip
