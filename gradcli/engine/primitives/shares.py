"""Distribution functions, their complements and their inverses, as Cephes and `scipy.special` spell them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache, partial

import numpy as np

from gradcli.arrays import Array
from gradcli.engine.graph import Kernel, Node
from gradcli.engine.primitives.arithmetic import where
from gradcli.engine.primitives.elementwise import floor
from gradcli.engine.primitives.entry import Accuracy, Composite, Elementwise
from gradcli.engine.primitives.incomplete import (
    betainc,
    betaincc,
    betainccinv,
    betaincinv,
    gammainc,
    gammaincc,
    gammainccinv,
)
from gradcli.engine.primitives.scipy_door import function
from gradcli.engine.primitives.two_doubles import on_elements, piecewise

INF = float("inf")

family = "distributions"


def _share(
    name: str,
    signature: str,
    definition: Callable[..., Node],
    doc: str,
    example: tuple[str, str],
    reference: str,
    tested: Sequence[tuple[float, float] | range],
    top: float = INF,
    accuracy: Sequence[Accuracy] = (),
) -> None:
    Composite(
        name,
        signature,
        definition,
        doc,
        example,
        domain=(*((0, INF),) * (len(tested) - 1), (0, top)),
        tested=tested,
        reference=reference,
        accuracy=accuracy or _OF_SHARE,
        holds={"p": None},
        family=family,
    )


_OF_SHARE = (
    Accuracy("value", 50, "", "SciPy's own digits"),
    Accuracy("first", 60, "", "SciPy's own digits"),
    Accuracy("second", 100, "", "terms of opposite signs"),
)
_CHI, _RATIO = "chi-squared distribution with v degrees of freedom", "F distribution"
_OF_CHI = ((0.5, 12.0), (0.01, 60.0))
_OF_RATIO = ((0.5, 9.0), (0.5, 9.0), (0.01, 20.0))

_share("chdtr", "v, x", lambda v, x: gammainc(v / 2, x / 2), f"Distribution function of the {_CHI}.",
       ("chdtr(2, 0)", "0"), "gamma_share(v/2, x/2)", _OF_CHI)  # fmt: skip
_share("chdtrc", "v, x", lambda v, x: gammaincc(v / 2, x / 2), f"Survival function of the {_CHI}.",
       ("chdtrc(2, 0)", "1"), "gamma_rest(v/2, x/2)", _OF_CHI)  # fmt: skip
_POISSON = "Poisson distribution of mean m"
_OF_COUNT = (range(10), (0.1, 40.0))

_share("pdtr", "k, m", lambda k, m: gammaincc(floor(k) + 1, m), f"Distribution function of the {_POISSON}.",
       ("pdtr(2, 0)", "1"), "gamma_rest(mpf(k) + 1, m)", _OF_COUNT)  # fmt: skip
_share("pdtrc", "k, m", lambda k, m: gammainc(floor(k) + 1, m), f"Survival function of the {_POISSON}.",
       ("pdtrc(2, 0)", "0"), "gamma_share(mpf(k) + 1, m)", _OF_COUNT)  # fmt: skip
_RATE = "gamma distribution of rate a and shape b"
_OF_RATE = ((0.3, 3.0), (0.4, 9.0), (0.01, 20.0))
_share("gdtr", "a, b, x", lambda a, b, x: gammainc(b, a * x), f"Distribution function of the {_RATE}.",
       ("gdtr(1, 2, 0)", "0"), "gamma_share(b, a*x)", _OF_RATE)  # fmt: skip
_share("gdtrc", "a, b, x", lambda a, b, x: gammaincc(b, a * x), f"Survival function of the {_RATE}.",
       ("gdtrc(1, 2, 0)", "1"), "gamma_rest(b, a*x)", _OF_RATE)  # fmt: skip


def _of_ratio(dfn: Node, dfd: Node, x: Node, *, rest: bool) -> Node:
    """By the place from whichever end is the nearer, so that the distance from it keeps its digits."""
    place, other = dfn * x / (dfd + dfn * x), dfd / (dfd + dfn * x)
    below, above = (betaincc, betainc) if rest else (betainc, betaincc)
    return where(dfn * x < dfd, below(dfn / 2, dfd / 2, place), above(dfd / 2, dfn / 2, other))


_share("fdtr", "dfn, dfd, x", lambda dfn, dfd, x: _of_ratio(dfn, dfd, x, rest=False),
       f"Distribution function of the {_RATIO} with dfn and dfd degrees of freedom.", ("fdtr(2, 2, 0)", "0"),
       "beta_share(dfn/2, dfd/2, dfn*x/(dfd + dfn*x))", _OF_RATIO)  # fmt: skip
_share("fdtrc", "dfn, dfd, x", lambda dfn, dfd, x: _of_ratio(dfn, dfd, x, rest=True),
       f"Survival function of the {_RATIO} with dfn and dfd degrees of freedom.", ("fdtrc(2, 2, 0)", "1"),
       "beta_share(dfd/2, dfn/2, dfd/(dfd + dfn*x))", _OF_RATIO)  # fmt: skip

_BINOMIAL = "binomial distribution of n trials of probability p"
_NEGATIVE = "negative binomial distribution, of the failures before the nth success of probability p"
_TRIALS = (range(6), (7.0, 20.0), (0.01, 0.99))
_FAILURES = (range(6), (0.5, 20.0), (0.01, 0.99))


def _binomial(k: Node, n: Node, p: Node) -> Node:
    """The share of at most k successes, which is all of them from n on."""
    count = floor(k)
    whole = count >= n
    inside = betaincc(count + 1, where(whole, 1, n - count), p)
    return where(k < 0, math.nan, where(whole, 1, inside))


def _binomial_rest(k: Node, n: Node, p: Node) -> Node:
    count = floor(k)
    whole = count >= n
    inside = betainc(count + 1, where(whole, 1, n - count), p)
    return where(k < 0, math.nan, where(whole, 0, inside))


_share("bdtr", "k, n, p", _binomial, f"Distribution function of the {_BINOMIAL}.",
       ("bdtr(0, 1, 0.25)", "0.75"), "beta_rest(mpf(k) + 1, n - k, p)", _TRIALS, 1)  # fmt: skip
_share("bdtrc", "k, n, p", _binomial_rest, f"Survival function of the {_BINOMIAL}.",
       ("bdtrc(0, 1, 0.25)", "0.25"), "beta_share(mpf(k) + 1, n - k, p)", _TRIALS, 1)  # fmt: skip
_share("nbdtr", "k, n, p", lambda k, n, p: betainc(n, floor(k) + 1, p),
       f"Distribution function of the {_NEGATIVE}.", ("nbdtr(0, 1, 0.25)", "0.25"),
       "beta_share(n, mpf(k) + 1, p)", _FAILURES, 1)  # fmt: skip
_share("nbdtrc", "k, n, p", lambda k, n, p: betaincc(n, floor(k) + 1, p),
       f"Survival function of the {_NEGATIVE}.", ("nbdtrc(0, 1, 0.25)", "0.75"),
       "beta_rest(n, mpf(k) + 1, p)", _FAILURES, 1)  # fmt: skip

# Their inverses

_OF_INVERSE = (
    Accuracy("value", 40, "", "SciPy's own digits"),
    Accuracy("first", 100, "", "those of the place, in a quotient by the density there"),
    Accuracy("second", 600, "", "those of the place, in terms of opposite signs"),
)

_inverse = partial(_share, top=1, accuracy=_OF_INVERSE)

_PART = (0.01, 0.99)
_inverse("bdtri", "k, n, y", lambda k, n, y: betainccinv(floor(k) + 1, n - floor(k), y),
         f"The p at which bdtr(k, n, p) is y, for the {_BINOMIAL}.", ("bdtri(0, 1, 0.25)", "0.75"),
         "betainccinv(mpf(k) + 1, n - k, y)", (range(6), (7.0, 20.0), _PART))  # fmt: skip
_inverse("nbdtri", "k, n, y", lambda k, n, y: betaincinv(n, floor(k) + 1, y),
         f"The p at which nbdtr(k, n, p) is y, for the {_NEGATIVE}.", ("nbdtri(0, 1, 0.25)", "0.25"),
         "betaincinv(n, mpf(k) + 1, y)", (range(6), (0.5, 20.0), _PART))  # fmt: skip
_inverse("pdtri", "k, y", lambda k, y: gammainccinv(floor(k) + 1, y),
         f"The m at which pdtr(k, m) is y, for the {_POISSON}.", ("pdtri(0, 1)", "0"),
         "gammainccinv(mpf(k) + 1, y)", (range(10), _PART))  # fmt: skip
_inverse("chdtri", "v, p", lambda v, p: 2 * gammainccinv(v / 2, p),
         f"The x at which chdtrc(v, x) is p, for the {_CHI}.", ("chdtri(2, 1)", "0"),
         "2*gammainccinv(v/2, p)", ((0.5, 12.0), _PART))  # fmt: skip
_inverse("fdtri", "dfn, dfd, p",
         lambda dfn, dfd, p: dfd * betaincinv(dfn / 2, dfd / 2, p) / (dfn * betainccinv(dfd / 2, dfn / 2, p)),
         f"The x at which fdtr(dfn, dfd, x) is p, for the {_RATIO}.", ("fdtri(2, 2, 0.5)", "1"),
         "dfd*betaincinv(dfn/2, dfd/2, p)/(dfn*betainccinv(dfd/2, dfn/2, p))",
         ((0.5, 9.0), (0.5, 9.0), _PART))  # fmt: skip

# The distribution of Kolmogorov


def _polynomial(n: int, far: bool) -> list[int]:
    """The polynomial before the exponential in an nth derivative, from the lowest power on.

    Of exp(-2u²) in u, where it is far; else of z exp(-z²/2) by 1/z.
    """
    found = [1] if far else [0, 1]
    for _ in range(n):
        slope = [k * each for k, each in enumerate(found)][1:]
        grown = [0, *[-4 * each for each in found]] if far else [0, *[-each for each in found]]
        total = [a + b for a, b in zip([*slope, 0, 0], grown, strict=False)]
        found = total if far else [0, 0, *[-each for each in total]]
    return found


def _valued(polynomial: Sequence[int], x: Array) -> Array:
    total = np.zeros_like(x)
    for each in reversed(polynomial):
        total = total * x + each
    return total


def _kolmogorov(n: int) -> Kernel:
    """The nth derivative of 2 Σ (-1)^(k-1) exp(-2k²x²); for small x by the other series of the same sum.

    That is 1 - √(2π)/x Σ exp(-(2k-1)²π²/(8x²)) (Feller, Ann. Math. Statist. 19, 1948).
    """

    def far(x: Array) -> Array:
        total, polynomial = np.zeros_like(x), _polynomial(n, True)
        for k in range(9, 0, -1):
            u = k * x
            term = _valued(polynomial, u) * np.exp(-2.0 * u * u)
            total += (-1) ** (k - 1) * 2.0 * k**n * term
        return total

    def near(x: Array) -> Array:
        total, polynomial = np.zeros_like(x), _polynomial(n, False)
        for k in (3, 2, 1):
            width = (2 * k - 1) * math.pi / 2.0
            z = width / x
            e = np.exp(-z * z / 2.0)
            total += np.where(e == 0, 0.0, _valued(polynomial, np.where(e == 0, 0.0, z)) * e) / width ** (
                n + 1
            )
        found: Array = -math.sqrt(2.0 * math.pi) * total
        return 1.0 + found if n == 0 else found

    def start(x: Array) -> Array:
        return np.full_like(x, 0.0 if n else 1.0)

    def kernel(x: Array) -> Array:
        return piecewise([(x <= 0, start), (x < 0.8, near), (x < INF, far), (x == INF, np.zeros_like)], x)

    return on_elements(kernel)


@cache
def _kolmogorov_slope(n: int) -> Elementwise:
    return Elementwise(
        f"kolmogorov_derivative_{n}",
        _kolmogorov(n),
        (lambda x: _kolmogorov_slope(n + 1)(x),),
        "x",
        written="kolmogorov" + "'" * n + "(x)",
        public=False,
    )


kolmogorov: Elementwise = Elementwise(
    "kolmogorov",
    _kolmogorov(0),
    (lambda x: _kolmogorov_slope(1)(x),),
    "x",
    "Survival function of Kolmogorov's distribution, 2 times the sum of (-1)**(k - 1)*exp(-2*k**2*x**2) "
    "over k = 1, 2, ….",
    ("kolmogorov(0)", "1"),
    tested=((0.05, 15),),
    reference="kolmogorov(x)",
    family=family,
)


def _kolmogi(p: Array) -> Array:
    """SciPy's, and a step of Newton's method from there, where its function is steep enough."""
    x: Array = function("kolmogi")(p)
    inside = (p > 0) & (p < 1)
    at = np.where(inside, x, 1.0)
    step = (_kolmogorov(0)(at) - p) / _kolmogorov(1)(at)
    return np.where(inside & (np.abs(step) < 1e-3 * at), x - step, x)


kolmogi: Elementwise = Elementwise(
    "kolmogi",
    on_elements(_kolmogi),
    (lambda p: 1 / _kolmogorov_slope(1)(kolmogi(p)),),
    "p",
    "The x at which kolmogorov(x) is p.",
    ("kolmogi(1)", "0"),
    domain=((0, 1),),
    tested=((1e-10, 0.999),),
    reference="kolmogi(p)",
    accuracy=(
        Accuracy("first", 40, "", "the slope at a place that is rounded"),
        Accuracy("second", 80, "", "the slope at a place that is rounded"),
    ),
    holds={"p": None},
    family=family,
)
