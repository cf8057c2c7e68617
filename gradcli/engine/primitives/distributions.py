"""Densities and distribution functions with a location and a scale, as SciPy's `scipy.stats` spells them.

`norm.pdf(x, loc, scale)` is written so, and its entry is `norm_pdf`. Each is a definition by other entries.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from functools import cache

import numpy as np

from gradcli.arrays import Array
from gradcli.engine.graph import Node, as_node, number_in
from gradcli.engine.primitives.arithmetic import where
from gradcli.engine.primitives.elementwise import (
    absolute,
    atan2,
    exp,
    expm1,
    hypot,
    log,
    log1p,
    sech,
    sign,
    sqrt,
    tanh,
)
from gradcli.engine.primitives.entry import Accuracy, Composite, Elementwise
from gradcli.engine.primitives.error_functions import log_ndtr, ndtr, ndtri
from gradcli.engine.primitives.gamma import beta, betaln, lgamma, polygamma_step
from gradcli.engine.primitives.incomplete import (
    beta_density,
    betainc,
    betainc_in_a,
    betainc_in_b,
    betaincc,
    betaincinv,
    gamma_density,
    gammainc,
    gammaincc,
    gammaincinv,
)
from gradcli.engine.primitives.odds import logit, xlog1py, xlogy
from gradcli.engine.primitives.scipy_door import function
from gradcli.engine.primitives.special import logsigmoid, sigmoid
from gradcli.engine.primitives.trigonometry_of_turns import tanpi
from gradcli.engine.primitives.two_doubles import on_elements

INF = float("inf")

family = "distributions"


@cache
def _positive(name: str) -> Elementwise:
    """A parameter of this name, and nan with a gradient of nan where it is not positive."""
    return Elementwise(
        f"positive_{name}",
        on_elements(lambda x: np.where(x > 0, x, math.nan)),
        (lambda x: where(x > 0, 1, math.nan),),
        name,
        reads=(lambda x: as_node(1.0),),
        written=name,
        demands="positive",
        public=False,
    )


def _if_positive(name: str, parameter: Node) -> Node:
    known = number_in(parameter)
    return parameter if known is not None and known > 0 else _positive(name)(parameter)


def _define(
    distribution: str,
    function: str,
    standard: Callable[..., Node],
    doc: str,
    at: tuple[str, str],
    reference: str,
    tested: tuple[float, float] = (-6, 6),
    shape: str = "",
    rest_tested: Sequence[tuple[float, float] | range] = ((0.5, 30.0), (-0.5, 0.5), (1, 4)),
    accuracy: Sequence[Accuracy] = (),
    of_distance: bool = False,
) -> None:
    """The entry of one function of a distribution, from that of location 0 and scale 1.

    Or, `of_distance`, from what it is of the distance from the location and of the scale.

    `reference` is in z, the standardized x, and names its `shape` parameters, if it has some. `rest_tested`
    are the intervals of these, of the location and of the scale.
    """
    shapes = shape.split(", ") if shape else []
    inverts = function in ("ppf", "isf")

    def definition(x: Node, *rest: Node) -> Node:
        given = [_if_positive(name, each) for name, each in zip(shapes, rest, strict=False)]
        loc, scale = rest[-2], _if_positive("scale", rest[-1])
        if inverts:
            return loc + scale * standard(x, *given)
        if of_distance:
            return standard(x - loc, scale, *given)
        found = standard((x - loc) / scale, *given)
        if function == "pdf":
            found = found / scale
        elif function == "logpdf":
            found = found - log(scale)
        return found

    first = "q" if inverts else "x"
    z = f"(({first} - loc)/scale)"
    exact = re.sub(r"\bz\b", first if inverts else z, reference)
    if function == "pdf":
        exact = f"({exact})/scale"
    elif function == "logpdf":
        exact = f"({exact}) - log(scale)"
    elif inverts:
        exact = f"loc + scale*({exact})"
    Composite(
        f"{distribution}_{function}",
        ", ".join([first, *shapes, "loc=0", "scale=1"]),
        definition,
        doc,
        (f"{distribution}.{function}({at[0]})", at[1]),
        domain=((-INF, INF), *[(0.0, INF)] * len(shapes), (-INF, INF), (0, INF)),
        tested=(tested, *rest_tested[-2 - len(shapes) :]),
        reference=exact,
        accuracy=accuracy,
        family=family,
    )


# Where one is tested: the shapes, the location and the scale.
_SHAPES = ((0.4, 8.0), (0.4, 8.0), (-0.5, 0.0), (1.0, 2.0))
_OF_DF = ((0.5, 30.0), (-0.5, 0.5), (1.0, 4.0))
_REAL = ((0.3, 3.0), (-0.5, 0.5), (1.0, 4.0))

# Student's t

_OF_FREEDOM = (
    Accuracy("value", 20, "", "SciPy's own digits"),
    Accuracy("first", 100, "", "in df, two terms of opposite signs"),
    Accuracy("second", 400, "", "in df, terms of opposite signs"),
)

_OF_PLACE = (
    Accuracy("value", 20, "", "those of what is inverted"),
    Accuracy("first", 60, "", "those of the place, in a quotient by the density there"),
    Accuracy("second", 400, "", "those of the place, in terms of opposite signs"),
)


def _stdtr(df: Array, t: Array) -> Array:
    """By the incomplete beta function of whichever share is not near 1; SciPy's own loses digits near 0."""
    ratio = np.square(t / np.sqrt(df))
    near = 0.5 * function("betainc")(0.5, df / 2.0, ratio / (1.0 + ratio))
    far = 0.5 * function("betainc")(df / 2.0, 0.5, 1.0 / (1.0 + ratio))
    tail = np.where(near < 0.25, 0.5 - near, far)
    found: Array = np.where(t < 0, tail, np.where(near < 0.25, 0.5 + near, 1.0 - far))
    return np.where(df == INF, function("ndtr")(t), np.where(df > 0, found, np.nan))


def _stdtrit(df: Array, p: Array) -> Array:
    """SciPy's inverse, after another step of Newton's."""
    t: Array = function("stdtrit")(df, p)
    density = (1.0 + t * t / df) ** (-(df + 1.0) / 2.0) / (np.sqrt(df) * function("beta")(df / 2.0, 0.5))
    step = (_stdtr(df, t) - p) / density
    t = np.where(np.abs(step) < 1e-8 * np.abs(t), t - step, t)
    return np.where(p == 0, -INF, np.where(p == 1, INF, t))


stdtr: Elementwise = Elementwise(
    "stdtr",
    on_elements(_stdtr),
    (
        lambda df, t: _in_freedom(df, t),
        lambda df, t: _t_density(t, df),
    ),
    "df, t",
    "Distribution function of Student's t distribution with df degrees of freedom.",
    ("stdtr(1, 0)", "0.5"),
    domain=((0, INF), (-INF, INF)),
    tested=((0.5, 30), (-20, 20)),
    reference="0.5 + sign(t)*beta_share(mpf(0.5), df/2, t*t/(df + t*t))/2",
    reads=(lambda df, t: _reads_in_freedom(df, t), lambda df, t: _t_density(t, df)),
    accuracy=_OF_FREEDOM,
    family=family,
)
stdtrit: Elementwise = Elementwise(
    "stdtrit",
    on_elements(_stdtrit),
    (
        lambda df, p: -_in_freedom(df, stdtrit(df, p)) / _t_density(stdtrit(df, p), df),
        lambda df, p: 1 / _t_density(stdtrit(df, p), df),
    ),
    "df, p",
    "Quantile of Student's t distribution with df degrees of freedom: the t at which stdtr(df, t) is p.",
    ("stdtrit(1, 0.5)", "0"),
    domain=((0, INF), (0, 1)),
    tested=((0.5, 30), (0.01, 0.99)),
    reference="stdtrit(df, p)",
    holds={"p": None},
    accuracy=_OF_PLACE,
    family=family,
)


def _t_density(z: Node, df: Node) -> Node:
    return exp(-(df + 1) / 2 * log1p(z * z / df)) / (sqrt(df) * beta(df / 2, 0.5))


def _log_t_density(z: Node, df: Node) -> Node:
    return -betaln(df / 2, 0.5) - log(df) / 2 - (df + 1) / 2 * log1p(z * z / df)


def _in_freedom(df: Node, t: Node) -> Node:
    """Of 1/2 + sign(t) I_y(1/2, df/2)/2 with y = t²/(df + t²) the derivative in df, or of the other share."""
    tiny = absolute(t) < 1e-8  # where the distribution function is 1/2 and t times the density at 0
    by_slope = t * _t_density(as_node(0.0), df) * (polygamma_step(0.0, df / 2, 0.5) - 1 / df) / 2
    ends = absolute(t).equals(INF)
    square = where(tiny, 1, where(ends, 1, t * t))
    y, x = square / (df + square), df / (df + square)
    by_share = betainc_in_b(0.5, df / 2, y) / 2
    by_place = beta_density(0.5, df / 2, y) * (y / (df + square))
    of_rest = betainc_in_a(df / 2, 0.5, x) / 2 + beta_density(df / 2, 0.5, x) * (y / (df + square))
    inside = sign(t) * where(square < df, by_share - by_place, -of_rest) / 2
    return where(ends, 0, where(tiny, by_slope, inside))


def _reads_in_freedom(df: Node, t: Node) -> Node:
    y = t * t / (df + t * t)
    by_place = beta_density(0.5, df / 2, y) * (y / (df + t * t))
    return sign(t) * (betainc_in_b(0.5, df / 2, y) / 2 - by_place) / 2


def _below_start(inside: Callable[..., Node], outside: float) -> Callable[..., Node]:
    """A function of a distribution that begins at 0."""
    return lambda z, *shapes: where(z < 0, outside, inside(z, *shapes))


def _log_share(left: Node, right: Node) -> Node:
    """The logarithm of a share, from it or from the rest, whichever is the smaller."""
    return where(left < right, log(where(left < right, left, 1)), log1p(-where(left < right, 0, right)))


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

_define("norm", "isf", lambda q: -ndtri(q), f"Place of the {_NORMAL} beyond which its share is q.",
        ("0.025", "1.9599639845400545"), "sqrt(2)*erfcinv(2*z)", (0.01, 0.99))  # fmt: skip

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
_define("expon", "logcdf", _below_start(lambda z: _log_share(-expm1(-z), exp(-z)), -INF),
        f"Logarithm of the distribution function of the {_EXPONENTIAL}.",
        ("0", "-inf"), "log(-expm1(-z))", (1, 8),
        accuracy=(Accuracy("second", 12, "", "a product of rounded factors"),))  # fmt: skip

_define("expon", "isf", lambda q: -log(q),
        f"Place of the {_EXPONENTIAL} beyond which its share is q.",
        ("0.5", "0.6931471805599453"), "-log(z)", (0.01, 0.99))  # fmt: skip

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

_define("logistic", "isf", lambda q: -logit(q),
        f"Place of the {_LOGISTIC} beyond which its share is q.",
        ("0.25", "1.0986122886681098"), "log((1 - z)/z)", (0.01, 0.99))  # fmt: skip

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
        shape="df", rest_tested=_OF_DF, accuracy=_OF_FREEDOM)  # fmt: skip
_define("t", "sf", lambda z, df: stdtr(df, -z), f"Survival function of {_STUDENT}, 1 - cdf.", ("0, 2", "0.5"),
        "0.5 - sign(z)*beta_share(mpf(0.5), df/2, (z)**2/(df + (z)**2))/2",
        shape="df", rest_tested=_OF_DF, accuracy=_OF_FREEDOM)  # fmt: skip
_define("t", "logcdf", lambda z, df: _log_share(stdtr(df, z), stdtr(df, -z)),
        f"Logarithm of the distribution function of {_STUDENT}.", ("0, 2", "-0.6931471805599453"),
        "log(0.5 + sign(z)*beta_share(mpf(0.5), df/2, (z)**2/(df + (z)**2))/2)",
        shape="df", rest_tested=_OF_DF, accuracy=_OF_FREEDOM)  # fmt: skip
_define("t", "logsf", lambda z, df: _log_share(stdtr(df, -z), stdtr(df, z)),
        f"Logarithm of the survival function of {_STUDENT}.", ("0, 2", "-0.6931471805599453"),
        "log(0.5 - sign(z)*beta_share(mpf(0.5), df/2, (z)**2/(df + (z)**2))/2)",
        shape="df", rest_tested=_OF_DF, accuracy=_OF_FREEDOM)  # fmt: skip
_define("t", "ppf", lambda q, df: stdtrit(df, q), f"Quantile of {_STUDENT}, which inverts cdf.",
        ("0.5, 2", "0"), "stdtrit(df, z)", (0.01, 0.99),
        shape="df", rest_tested=_OF_DF, accuracy=_OF_PLACE)  # fmt: skip


# The Cauchy distribution, in the distance and the scale, whose quotient would lose digits of derivatives

_CAUCHY = "Cauchy distribution"


def _cauchy(function: str, rule: Callable[..., Node], title: str, at: str, reference: str) -> None:
    _define("cauchy", function, rule, f"{title} of the {_CAUCHY}.", ("0", at), reference, (-20, 20),
            rest_tested=_REAL, of_distance=True)  # fmt: skip


_cauchy("pdf", lambda d, scale: scale / (math.pi * (scale * scale + d * d)), "Density",
        "0.3183098861837907", "1/(pi*(1 + (z)**2))")  # fmt: skip
_cauchy("logpdf", lambda d, scale: log(scale / math.pi) - 2 * log(hypot(scale, d)),
        "Logarithm of the density", "-1.1447298858494002", "-log(pi) - log1p((z)**2)")  # fmt: skip
_cauchy("cdf", lambda d, scale: atan2(scale, -d) / math.pi, "Distribution function", "0.5",
        "acot(-z)/pi if z < 0 else 1 - acot(z)/pi")  # fmt: skip
_cauchy("sf", lambda d, scale: atan2(scale, d) / math.pi, "Survival function, 1 - cdf,", "0.5",
        "acot(z)/pi if z > 0 else 1 + acot(z)/pi")  # fmt: skip
_define("cauchy", "ppf", lambda q: where(q < 0.25, -1 / tanpi(q), tanpi(q - 0.5)),
        f"Quantile of the {_CAUCHY}, which inverts cdf.", ("0.5", "0"), "-cot(pi*z)", (0.01, 0.99),
        rest_tested=_REAL)  # fmt: skip

# Others, from what stands


def _all_of(
    distribution: str,
    called: str,
    shape: str,
    functions: dict[str, tuple[Callable[..., Node], tuple[str, str], str]],
    tested: tuple[float, float],
    rest_tested: Sequence[tuple[float, float] | range] = (),
    accuracy: Sequence[Accuracy] = (),
) -> None:
    """Entries for functions of a distribution: of each the rule, an example, and the reference."""
    docs = {
        "pdf": "Density",
        "logpdf": "Logarithm of the density",
        "cdf": "Distribution function",
        "sf": "Survival function, 1 - cdf,",
        "ppf": "Quantile, which inverts cdf,",
    }
    for which, (rule, example, reference) in functions.items():
        _define(
            distribution,
            which,
            rule,
            f"{docs[which]} of the {called}.",
            example,
            reference,
            (0.01, 0.99) if which == "ppf" else tested,
            shape,
            rest_tested or _SHAPES,
            accuracy,
        )


_BY_INVERSE = (
    Accuracy("value", 30, "", "SciPy's own digits"),
    Accuracy("first", 40, "", "SciPy's own digits, and those of a place"),
    Accuracy("second", 600, "", "in a shape: what is left of logarithms and digammas near a zero"),
)

_all_of(
    "gamma",
    "gamma distribution of shape a",
    "a",
    {
        "pdf": (
            _below_start(lambda z, a: gamma_density(a, z), 0.0),
            ("0, 1", "1"),
            "z**(a - 1)*exp(-z)/gamma(a)",
        ),
        "logpdf": (
            _below_start(lambda z, a: xlogy(a - 1, z) - z - lgamma(a), -INF),
            ("2, 1", "-2"),
            "(a - 1)*log(z) - z - loggamma(a)",
        ),
        "cdf": (_below_start(lambda z, a: gammainc(a, z), 0.0), ("0, 1", "0"), "gamma_share(a, z)"),
        "sf": (_below_start(lambda z, a: gammaincc(a, z), 1.0), ("0, 1", "1"), "gamma_rest(a, z)"),
        "ppf": (lambda q, a: gammaincinv(a, q), ("0, 1", "0"), "gammaincinv(a, z)"),
    },
    (0.01, 30),
    accuracy=_BY_INVERSE,
)
_all_of(
    "chi2",
    "chi-squared distribution with df degrees of freedom",
    "df",
    {
        "pdf": (
            _below_start(lambda z, df: gamma_density(df / 2, z / 2) / 2, 0.0),
            ("0, 2", "0.5"),
            "(z/2)**(df/2 - 1)*exp(-(z)/2)/gamma(df/2)/2",
        ),
        "logpdf": (
            _below_start(lambda z, df: xlogy(df / 2 - 1, z / 2) - z / 2 - lgamma(df / 2) - math.log(2), -INF),
            ("0, 2", "-0.6931471805599453"),
            "(df/2 - 1)*log(z/2) - (z)/2 - loggamma(df/2) - log(2)",
        ),
        "cdf": (
            _below_start(lambda z, df: gammainc(df / 2, z / 2), 0.0),
            ("0, 2", "0"),
            "gamma_share(df/2, z/2)",
        ),
        "sf": (
            _below_start(lambda z, df: gammaincc(df / 2, z / 2), 1.0),
            ("0, 2", "1"),
            "gamma_rest(df/2, z/2)",
        ),
        "ppf": (lambda q, df: 2 * gammaincinv(df / 2, q), ("0, 2", "0"), "2*gammaincinv(df/2, z)"),
    },
    (0.01, 30),
    accuracy=_BY_INVERSE,
)


def _within(inside: Callable[..., Node], below: float, above: float) -> Callable[..., Node]:
    """A function of a distribution between 0 and 1."""

    def function(z: Node, *shapes: Node) -> Node:
        return where(z < 0, below, where(z > 1, above, inside(z, *shapes)))

    return function


_all_of(
    "beta",
    "beta distribution of shapes a and b",
    "a, b",
    {
        "pdf": (
            _within(lambda z, a, b: beta_density(a, b, z), 0.0, 0.0),
            ("0.5, 1, 1", "1"),
            "z**(a - 1)*(1 - z)**(b - 1)/beta(a, b)",
        ),
        "logpdf": (
            _within(lambda z, a, b: xlogy(a - 1, z) + xlog1py(b - 1, -z) - betaln(a, b), -INF, -INF),
            ("0.5, 1, 1", "0"),
            "(a - 1)*log(z) + (b - 1)*log1p(-z) - log(beta(a, b))",
        ),
        "cdf": (
            _within(lambda z, a, b: betainc(a, b, z), 0.0, 1.0),
            ("0.5, 1, 1", "0.5"),
            "beta_share(a, b, z)",
        ),
        "sf": (
            _within(lambda z, a, b: betaincc(a, b, z), 1.0, 0.0),
            ("0.5, 1, 1", "0.5"),
            "beta_rest(a, b, z)",
        ),
        "ppf": (lambda q, a, b: betaincinv(a, b, q), ("0, 1, 1", "0"), "betaincinv(a, b, z)"),
    },
    (0.01, 0.99),
    ((0.4, 8.0), (0.4, 8.0), (-0.2, 0.0), (1.2, 2.0)),
    accuracy=_BY_INVERSE,
)
_all_of(
    "uniform",
    "uniform distribution from loc to loc + scale",
    "",
    {
        "pdf": (_within(lambda z: z * 0 + 1, 0.0, 0.0), ("0.5", "1"), "1 if 0 < z < 1 else 0*z"),
        "logpdf": (_within(lambda z: z * 0, -INF, -INF), ("0.5", "0"), "0*z if 0 < z < 1 else nan"),
        "cdf": (_within(lambda z: z, 0.0, 1.0), ("2", "1"), "min(max(z, 0), 1)"),
        "sf": (_within(lambda z: 1 - z, 1.0, 0.0), ("2", "0"), "1 - min(max(z, 0), 1)"),
        "ppf": (lambda q: q, ("0.5", "0.5"), "z"),
    },
    (0.01, 4),
    _REAL,
)
_all_of(
    "laplace",
    "Laplace distribution",
    "",
    {
        "pdf": (lambda z: exp(-absolute(z)) / 2, ("0", "0.5"), "exp(-abs(z))/2"),
        "logpdf": (
            lambda z: -absolute(z) - math.log(2),
            ("0", "-0.6931471805599453"),
            "-abs(z) - log(2)",
        ),
        "cdf": (
            lambda z: where(z < 0, exp(z) / 2, 1 - exp(-z) / 2),
            ("0", "0.5"),
            "exp(z)/2 if z < 0 else 1 - exp(-z)/2",
        ),
        "sf": (
            lambda z: where(z > 0, exp(-z) / 2, 1 - exp(z) / 2),
            ("0", "0.5"),
            "exp(-z)/2 if z > 0 else 1 - exp(z)/2",
        ),
        "ppf": (
            lambda q: where(q <= 0.5, log(2 * q), -log(2 * (1 - q))),
            ("0.5", "0"),
            "log(2*z) if z < 0.5 else -log(2*(1 - z))",
        ),
    },
    (-20, 20),
    _REAL,
)
_SOME_CANCEL = (Accuracy("second", 12, "", "terms of opposite signs"),)
_EXPONENT = "the exponential of s times the normal quantile, whose roundings it multiplies"
_LOGNORMAL = "lognormal distribution of shape s, that of exp(s*y) with a standard normal y"


def _lognorm(
    function: str, rule: Callable[..., Node], outside: float, title: str, at: str, reference: str
) -> None:
    def above_start(d: Node, scale: Node, s: Node) -> Node:
        return where(d > 0, rule(d, log(d / scale) / s, s), outside)

    _define("lognorm", function, above_start, f"{title} of the {_LOGNORMAL}.", ("1, 1", at), reference,
            (0.6, 30), "s", _REAL, _SOME_CANCEL, of_distance=True)  # fmt: skip


_lognorm("pdf", lambda d, y, s: _normal_density(y) / (s * d), 0.0, "Density", "0.3989422804014327",
         "exp(-(log(z)/s)**2/2)/(s*z*sqrt(2*pi))")  # fmt: skip
_lognorm("logpdf", lambda d, y, s: -(y**2) / 2 - log(s) - log(d) - _HALF_LOG_2PI, -INF,
         "Logarithm of the density", "-0.9189385332046727",
         "-(log(z)/s)**2/2 - log(s) - log(z) - log(2*pi)/2")  # fmt: skip
_lognorm("cdf", lambda d, y, s: ndtr(y), 0.0, "Distribution function", "0.5", "erfc(-log(z)/s/sqrt(2))/2")
_lognorm(
    "sf", lambda d, y, s: ndtr(-y), 1.0, "Survival function, 1 - cdf,", "0.5", "erfc(log(z)/s/sqrt(2))/2"
)
_define("lognorm", "ppf", lambda q, s: exp(s * ndtri(q)), f"Quantile of the {_LOGNORMAL}, which inverts cdf.",
        ("0.5, 1", "1"), "exp(-s*sqrt(2)*erfcinv(2*z))", (0.01, 0.99), "s", _REAL,
        accuracy=(Accuracy("first", 8, "", _EXPONENT), Accuracy("second", 16, "", _EXPONENT)))  # fmt: skip
