"""Inverses of distribution functions in their parameters, as Cephes, CDFLIB and `scipy.special` spell them.

Where F(s, x) = p, ds/dp is 1/F_s, and ds/dx is -F_x/F_s.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from gradcli.arrays import Array
from gradcli.engine.graph import Kernel, Node
from gradcli.engine.primitives.distributions import stdtr
from gradcli.engine.primitives.entry import Accuracy, Composite, Elementwise
from gradcli.engine.primitives.error_functions import ndtri
from gradcli.engine.primitives.incomplete import (
    beta_density,
    betainc_in_a,
    betainc_in_b,
    gamma_density,
    gammainc_in_a,
    gammaincinv,
)
from gradcli.engine.primitives.scipy_door import function
from gradcli.engine.primitives.two_doubles import on_elements

INF = float("inf")

family = "distributions"

Share = Callable[..., tuple[Array, Array]]
"""What of a distribution is below, and what is above, for a place and the arguments of its inverse."""


def _refined(name: str, share: Share, wanted: int, least: float) -> Kernel:
    """SciPy's inverse, which has ten digits, after three steps of Newton's method.

    `wanted` is the place of the share among the arguments, and `least` the end of what is sought.
    """

    def kernel(*arguments: Array) -> Array:
        p = arguments[wanted]

        def missed(place: Array) -> Array:
            below, above = share(place, *arguments)
            found: Array = np.where(p < 0.5, below - p, (1.0 - p) - above)
            return found

        place: Array = function(name)(*arguments)
        for _ in range(3):
            apart = 1e-5 * (place - least)
            slope = (missed(place + apart) - missed(place - apart)) / (2.0 * apart)
            step = missed(place) / slope
            place = np.where(np.abs(step) < 1e-3 * (place - least), place - step, place)
        return place

    return on_elements(kernel)


Slopes = Callable[..., tuple[Node, tuple[Node, ...]]]
"""The partials of a distribution function in what is sought, and in the other arguments but the share."""


def _inverse(
    name: str,
    signature: str,
    share: Share,
    slopes: Slopes,
    doc: str,
    example: tuple[str, str],
    tested: Sequence[tuple[float, float] | range],
    least: float = 0.0,
    top: float = INF,
) -> None:
    """An inverse; `least` is the end of what is sought, and `top` that of x."""
    arguments = signature.split(", ")
    wanted = next(place for place, each in enumerate(arguments) if each == _SHARE.get(name, "p"))

    def rule(place: int) -> Callable[..., Node]:
        def partial(*given: Node) -> Node:
            sought, others = slopes(entry(*given), *given)
            if place == wanted:
                return 1 / sought
            return -others[place - (place > wanted)] / sought

        return partial

    entry: Elementwise = Elementwise(
        name,
        _refined(name, share, wanted, least),
        tuple(map(rule, range(len(arguments)))),
        signature,
        doc,
        example,
        domain=_DOMAINS.get(name) or tuple(_share_or_more(each, top) for each in arguments),
        tested=tested,
        reference=f"{name}({signature})",
        accuracy=_OF_PARAMETER,
        holds={"p": None},
        family=family,
    )


def _share_or_more(argument: str, top: float) -> tuple[float, float]:
    """The interval of an argument, by its name."""
    return (0.0, 1.0 if argument in ("p", "y") else top if argument == "x" else INF)


_DOMAINS = {
    "nbdtrik": ((0.5, 1.0), (0.0, INF), (0.0, 1.0)),
    "stdtridf": ((0.5, 1.0), (0.0, INF)),
}
"""Where there is no such parameter for all arguments: those of some."""

_SHARE = dict.fromkeys(("bdtrik", "bdtrin", "nbdtrik", "nbdtrin"), "y")
"""What the share is called where p is the probability of a success."""

_OF_PARAMETER = (
    Accuracy("value", 100, "", "that of the distribution function, in a quotient by its slope"),
    Accuracy("first", 300, "", "those of the place, in a quotient by a slope"),
    Accuracy("second", 3000, "", "those of the place, in terms of opposite signs"),
)

# Of the gamma distribution: P(s, x)


def _gamma(shape: Array, x: Array) -> tuple[Array, Array]:
    return function("gammainc")(shape, x), function("gammaincc")(shape, x)


_inverse(
    "gdtrib",
    "a, p, x",
    lambda s, a, p, x: _gamma(s, a * x),
    lambda s, a, p, x: (
        gammainc_in_a(s, a * x),
        (x * gamma_density(s, a * x), a * gamma_density(s, a * x)),
    ),
    "The shape b at which gdtr(a, b, x) is p, for the gamma distribution of rate a.",
    ("gdtrib(1, 0.5, 1)", "1.31425001034535"),
    ((0.3, 3.0), (0.02, 0.98), (0.1, 20.0)),
)
_inverse(
    "chdtriv",
    "p, x",
    lambda s, p, x: _gamma(s / 2.0, x / 2.0),
    lambda s, p, x: (gammainc_in_a(s / 2, x / 2) / 2, (gamma_density(s / 2, x / 2) / 2,)),
    "The degrees of freedom v at which chdtr(v, x) is p, for the chi-squared distribution.",
    ("chdtriv(0.5, 2)", "2.6285000206907"),
    ((0.02, 0.98), (0.1, 40.0)),
)
_inverse(
    "pdtrik",
    "p, m",
    lambda s, p, m: _gamma(s + 1.0, m)[::-1],
    lambda s, p, m: (-gammainc_in_a(s + 1, m), (-gamma_density(s + 1, m),)),
    "The k, which need not be whole, at which pdtr(k, m) is p, for the Poisson distribution of mean m.",
    ("pdtrik(0.5, 1)", "0.3142500103453506"),
    ((0.3, 0.98), (2.0, 40.0)),
    least=-1.0,
)

# Of the beta distribution: I_x(a, b)


def _beta(a: Array, b: Array, x: Array) -> tuple[Array, Array]:
    return function("betainc")(a, b, x), function("betaincc")(a, b, x)


_inverse(
    "btdtria",
    "p, b, x",
    lambda s, p, b, x: _beta(s, b, x),
    lambda s, p, b, x: (betainc_in_a(s, b, x), (betainc_in_b(s, b, x), beta_density(s, b, x))),
    "The a at which betainc(a, b, x) is p.",
    ("btdtria(0.5, 1, 0.25)", "0.5"),
    ((0.02, 0.98), (0.4, 20.0), (0.1, 0.8)),
    top=1.0,
)
_inverse(
    "btdtrib",
    "a, p, x",
    lambda s, a, p, x: _beta(a, s, x),
    lambda s, a, p, x: (betainc_in_b(a, s, x), (betainc_in_a(a, s, x), beta_density(a, s, x))),
    "The b at which betainc(a, b, x) is p.",
    ("btdtrib(1, 0.5, 0.75)", "0.49999999999999994"),
    ((0.4, 20.0), (0.02, 0.98), (0.1, 0.8)),
    top=1.0,
)
_inverse(
    "nbdtrik",
    "y, n, p",
    lambda s, y, n, p: _beta(n, s + 1.0, p),
    lambda s, y, n, p: (betainc_in_b(n, s + 1, p), (betainc_in_a(n, s + 1, p), beta_density(n, s + 1, p))),
    "The k, which need not be whole, at which nbdtr(k, n, p) is y, for the negative binomial distribution.",
    ("nbdtrik(0.75, 1, 0.5)", "1"),
    ((0.5, 0.98), range(1, 6), (0.1, 0.5)),
    least=-1.0,
)
_inverse(
    "nbdtrin",
    "k, y, p",
    lambda s, k, y, p: _beta(s, k + 1.0, p),
    lambda s, k, y, p: (betainc_in_a(s, k + 1, p), (betainc_in_b(s, k + 1, p), beta_density(s, k + 1, p))),
    "The n, which need not be whole, at which nbdtr(k, n, p) is y, for the negative binomial distribution.",
    ("nbdtrin(0, 0.25, 0.25)", "1"),
    (range(10), (0.02, 0.98), (0.1, 0.8)),
)


def _in_both(s: Node, y: Node, n: Node, p: Node) -> tuple[Node, tuple[Node, ...]]:
    in_first, in_second = betainc_in_a(s + 1, n - s, p), betainc_in_b(s + 1, n - s, p)
    return in_second - in_first, (-in_second, -beta_density(s + 1, n - s, p))


_inverse(
    "bdtrik",
    "y, n, p",
    lambda s, y, n, p: _beta(s + 1.0, n - s, p)[::-1],
    _in_both,
    "The k, which need not be whole, at which bdtr(k, n, p) is y, for the binomial distribution.",
    ("bdtrik(0.6875, 4, 0.5)", "2"),
    ((0.5, 0.9), range(7, 21), (0.2, 0.8)),
    least=-1.0,
)
_inverse(
    "bdtrin",
    "k, y, p",
    lambda s, k, y, p: _beta(k + 1.0, s - k, p)[::-1],
    lambda s, k, y, p: (
        -betainc_in_b(k + 1, s - k, p),
        (betainc_in_b(k + 1, s - k, p) - betainc_in_a(k + 1, s - k, p), -beta_density(k + 1, s - k, p)),
    ),
    "The n, which need not be whole, at which bdtr(k, n, p) is y, for the binomial distribution.",
    ("bdtrin(0, 0.25, 0.5)", "2"),
    (range(10), (0.02, 0.98), (0.1, 0.8)),
)

# Of the F and of Student's t distribution


def _ratio(dfn: Array, dfd: Array, x: Array) -> tuple[Array, Array]:
    place, other = dfn * x / (dfd + dfn * x), dfd / (dfd + dfn * x)
    return function("betainc")(dfn / 2.0, dfd / 2.0, place), function("betainc")(dfd / 2.0, dfn / 2.0, other)


def _ratio_slopes(s: Node, dfn: Node, p: Node, x: Node) -> tuple[Node, tuple[Node, ...]]:
    whole = s + dfn * x
    place = dfn * x / whole
    density = beta_density(dfn / 2, s / 2, place) * s / whole**2
    return (
        betainc_in_b(dfn / 2, s / 2, place) / 2 - density * dfn * x / s,
        (betainc_in_a(dfn / 2, s / 2, place) / 2 + density * x, density * dfn),
    )


_inverse(
    "fdtridfd",
    "dfn, p, x",
    lambda s, dfn, p, x: _ratio(dfn, s, x),
    _ratio_slopes,
    "The dfd at which fdtr(dfn, dfd, x) is p, for the F distribution.",
    ("fdtridfd(2, 0.5, 1)", "2"),
    (range(1, 10), (0.5, 0.6), (1.0, 1.2)),
)
_inverse(
    "stdtridf",
    "p, t",
    lambda s, p, t: (stdtr.ufunc(s, t), stdtr.ufunc(s, -t)),
    lambda s, p, t: (_of_stdtr(s, t, 0), (_of_stdtr(s, t, 1),)),
    "The degrees of freedom at which stdtr(df, t) is p, for Student's t distribution.",
    ("round(stdtridf(0.75, 1), 9)", "1"),
    ((0.8, 0.82), (0.95, 1.1)),
)


def _of_stdtr(df: Node, t: Node, place: int) -> Node:
    assert stdtr.partials is not None
    rule = stdtr.partials[place]
    found = None if rule is None else rule(df, t)
    assert found is not None
    return found


# What others give

_PART = (0.01, 0.99)
_OF_PLACE = (
    Accuracy("value", 20, "", "SciPy's own digits"),
    Accuracy("first", 30, "", "those of the place, in a quotient by the density there"),
    Accuracy("second", 1000, "", "those of the place, in terms of opposite signs"),
)

Composite(
    "gdtria",
    "p, b, x",
    lambda p, b, x: gammaincinv(b, p) / x,
    "The rate a at which gdtr(a, b, x) is p, for the gamma distribution of shape b.",
    ("gdtria(0, 1, 2)", "0"),
    domain=((0, 1), (0, INF), (0, INF)),
    tested=(_PART, (0.4, 9.0), (0.01, 20.0)),
    reference="gammaincinv(b, p)/x",
    accuracy=_OF_PLACE,
    holds={"p": None},
    family=family,
)
Composite(
    "gdtrix",
    "a, b, p",
    lambda a, b, p: gammaincinv(b, p) / a,
    "The x at which gdtr(a, b, x) is p, for the gamma distribution of rate a and shape b.",
    ("gdtrix(1, 2, 0)", "0"),
    domain=((0, INF), (0, INF), (0, 1)),
    tested=((0.3, 3.0), (0.4, 9.0), _PART),
    reference="gammaincinv(b, p)/a",
    accuracy=_OF_PLACE,
    holds={"p": None},
    family=family,
)
Composite(
    "nrdtrimn",
    "p, std, x",
    lambda p, std, x: x - std * ndtri(p),
    "The mean at which a normal distribution of deviation std has p below x.",
    ("nrdtrimn(0.5, 1, 2)", "2"),
    domain=((0, 1), (0, INF), (-INF, INF)),
    tested=(_PART, (0.1, 20.0), (-20.0, 20.0)),
    reference="x + sqrt(2)*std*erfcinv(2*p)",
    holds={"p": None},
    family=family,
)
Composite(
    "nrdtrisd",
    "mn, p, x",
    lambda mn, p, x: (x - mn) / ndtri(p),
    "The deviation at which a normal distribution of mean mn has p below x.",
    ("nrdtrisd(0, 1, 1)", "0"),
    domain=((-INF, INF), (0, 1), (-INF, INF)),
    tested=((-20.0, 20.0), _PART, (-20.0, 20.0)),
    reference="(mn - x)/(sqrt(2)*erfcinv(2*p))",
    accuracy=(
        Accuracy("first", 8, "", "a quotient by a square, with its roundings"),
        Accuracy("second", 40, "", "a quotient by a third power, with its roundings"),
    ),
    holds={"p": None},
    family=family,
)
