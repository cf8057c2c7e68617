"""Odds and entropies, powers of ten, and small sums and products that are rounded once."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradcli.arrays import Array
from gradcli.engine.graph import Node, as_node
from gradcli.engine.primitives import complex_kernels
from gradcli.engine.primitives import two_doubles as two
from gradcli.engine.primitives.arithmetic import clamp_both, where
from gradcli.engine.primitives.elementwise import exp, expm1, log, log1p, sin
from gradcli.engine.primitives.entry import Composite, Edge, Elementwise, Kink
from gradcli.engine.primitives.scipy_door import function, of_scipy
from gradcli.engine.primitives.two_doubles import on_elements, piecewise

INF = float("inf")

family = "odds and entropies"

# Kernels


def _rel_entr(x: Array, y: Array) -> Array:
    """x log(x/y), by log1p where x and y are close."""

    def near(x: Array, y: Array) -> Array:
        found: Array = x * np.log1p((x - y) / y)
        return found

    close = (x > 0) & (y > 0) & (np.abs(x - y) <= 0.5 * y)
    return piecewise([(close, near), (True, function("rel_entr"))], x, y)


def _kl_div(x: Array, y: Array) -> Array:
    """x log(x/y) - x + y; where x and y are close -x (log(1+d) - d) with d = (y-x)/x, by its series."""

    def near(x: Array, y: Array) -> Array:
        # log(1+d) = 2 atanh(s), s = d/(2+d): d - log(1+d) = s d - 2 (s³/3 + s⁵/5 + …), in terms of one size.
        d = (y - x) / x
        s = d / (2.0 + d)
        z = s * s
        series = np.zeros_like(s)
        for k in range(41, 1, -2):
            series = (series + 1.0 / k) * z
        found: Array = x * (s * d - 2.0 * s * series)
        return found

    close = (x > 0) & (y > 0) & (np.abs(x - y) <= 0.5 * x)
    return piecewise([(close, near), (True, function("kl_div"))], x, y)


def _log_quotient(x: Array, y: Array) -> Array:
    close = (x > 0) & (y > 0) & (np.abs(x - y) <= 0.5 * y)
    far = (x > 0) & (y > 0)
    return piecewise(
        [
            (close, lambda x, y: np.log1p((x - y) / y)),
            (far & (x / np.where(far, y, 1.0) < 1e300), lambda x, y: np.log(x / y)),
            (True, lambda x, y: np.log(x) - np.log(y)),
        ],
        x,
        y,
    )


def exprel_derivative(n: int, x: Array) -> Array:
    """The nth derivative of (exp(x) - 1)/x, which is ∫₀¹ tⁿ exp(xt) dt."""

    def series(x: Array) -> Array:
        total, term = np.zeros_like(x), np.ones_like(x)
        for k in range(60):
            total += term / (k + n + 1)
            term = term * x / (k + 1)
        return total

    def positive(x: Array) -> Array:  # x J_n = exp(x) - n J_(n-1)
        value: Array = np.expm1(x) / x
        for k in range(1, n + 1):
            value = (np.exp(x) - k * value) / x
        return value

    def negative(x: Array) -> Array:  # by t → 1-t, in terms of one sign
        total, term = np.zeros_like(x), np.full_like(x, 1.0 / (n + 1))
        for k in range(200):
            total += term
            term = term * -x / (n + k + 2)
        found: Array = total * np.exp(x)
        return found

    return piecewise(
        [((x >= 0) & (x < 3), series), (x >= 3, positive), ((x < 0) & (x > -40), negative), (True, positive)],
        x,
    )


def _cosm1(x: Array) -> Array:
    half = np.sin(x / 2)
    found: Array = -2.0 * half * half + 0.0
    return found


def _fma(x: Array, y: Array, z: Array) -> Array:
    h, l = two.multiply(x, y)  # noqa: E741
    s, e = two.add(h, z)
    return np.where(np.isfinite(s) & np.isfinite(e), s + (e + l), x * y + z)


# Entries


class _Logit(Elementwise):
    """logit, of x held between eps and 1 - eps where an eps is given."""

    def build(self, *arguments: Any) -> Node:
        x, eps = arguments
        return self.apply(x if eps is None else clamp_both.apply(x, eps, 1 - eps))


logit: _Logit = _Logit(
    "logit",
    of_scipy("logit"),
    (lambda x: 1 / x + 1 / (1 - x),),
    "x, eps=None",
    "Logarithm of the odds x/(1 - x), the inverse of sigmoid; with eps, of x held between eps and 1 - eps.",
    ("logit(0.5)", "0"),
    domain=((0, 1),),
    reference="log(x) - log1p(-x)",
    edges=(
        Edge((0,), -INF, (INF,), "the limit from inside"),
        Edge((1,), INF, (INF,), "the limit from inside"),
    ),
    family=family,
    reads=(lambda x: 1 / (x * (1 - x)),),
    analytic=lambda x: np.log(x / (1.0 - x)),
    encloses="rising where real",
)
entr: Elementwise = Elementwise(
    "entr",
    of_scipy("entr"),
    (lambda x: -log(x) - 1,),
    "x",
    "Entropy -x*log(x), which is 0 at 0; -inf for x < 0.",
    ("entr(0)", "0"),
    domain=((0, INF),),
    tested=((0, 1e100),),
    reference="-x*log(x)",
    edges=(Edge((0,), 0, (INF,), "the limit from the right"),),
    family=family,
    analytic=lambda x: -x * np.log(x),
)
xlogy: Elementwise = Elementwise(
    "xlogy",
    of_scipy("xlogy"),
    (
        lambda x, y: where(x.equals(0) & y.equals(0), 0, log(y)),
        lambda x, y: where(x.equals(0) & (y <= 0), 0, x / y),
    ),
    "x, y",
    "x*log(y), which is 0 wherever x is.",
    ("xlogy(0, 0)", "0"),
    domain=((-INF, INF), (0, INF)),
    tested=((-1e100, 1e100), (0, 1e100)),
    reference="x*log(y)",
    edges=(Edge((0, 0), 0, (0, 0), "0 wherever x is 0"), Edge((0, 1), 0, (0, 0), "the limit")),
    family=family,
    analytic=lambda x, y: x * np.log(y),
)
xlog1py: Elementwise = Elementwise(
    "xlog1py",
    of_scipy("xlog1py"),
    (
        lambda x, y: where(x.equals(0) & y.equals(-1), 0, log1p(y)),
        lambda x, y: where(x.equals(0) & (y <= -1), 0, x / (1 + y)),
    ),
    "x, y",
    "x*log(1 + y), which is 0 wherever x is.",
    ("xlog1py(0, -1)", "0"),
    domain=((-INF, INF), (-1, INF)),
    tested=((-1e100, 1e100), (-1, 1e100)),
    reference="x*log1p(y)",
    edges=(Edge((0, -1), 0, (0, 0), "0 wherever x is 0"),),
    family=family,
)
log_quotient: Elementwise = Elementwise(
    "log_quotient",
    on_elements(_log_quotient),
    (lambda x, y: 1 / x, lambda x, y: -1 / y),
    "x, y",
    written="log(x/y)",
    public=False,
)
rel_entr: Elementwise = Elementwise(
    "rel_entr",
    on_elements(_rel_entr),
    (
        lambda x, y: where(x.equals(0) & y.equals(0), 0, log_quotient(x, y) + 1),
        lambda x, y: where(x.equals(0) & (y <= 0), 0, -x / y),
    ),
    "x, y",
    "Relative entropy x*log(x/y), which is 0 where x is.",
    ("rel_entr(1, 1)", "0"),
    domain=((0, INF), (0, INF)),
    tested=((0, 1e50), (0, 1e50)),
    reference="x*log(x/y)",
    reads=(lambda x, y: log(x / y) + 1, lambda x, y: -x / y),
    edges=(Edge((0, 0), 0, (0, 0), "0 wherever x is 0"),),
    family=family,
)
share_left: Elementwise = Elementwise(
    "share_left",
    on_elements(lambda x, y: (y - x) / y),
    (lambda x, y: -1 / y, lambda x, y: x / y / y),
    "x, y",
    written="((y - x)/y)",
    public=False,
)
kl_divergence: Elementwise = Elementwise(
    "kl_divergence",
    on_elements(_kl_div),
    (
        lambda x, y: log_quotient(x, y),
        lambda x, y: share_left(x, y),
    ),
    "x, y",
    "x*log(x/y) - x + y, the share of two numbers in the divergence of Kullback and Leibler.",
    ("kl_divergence(1, 1)", "0"),
    domain=((0, INF), (0, INF)),
    tested=((0, 1e50), (0, 1e50)),
    reference="x*log(x/y) - x + y",
    reads=(lambda x, y: log(x / y), lambda x, y: 1 - x / y),
    family=family,
)


def _exprel_slope(order: int) -> Elementwise:
    found = _EXPREL.get(order)
    if found is None:
        found = _EXPREL[order] = Elementwise(
            f"exprel_derivative_{order}",
            on_elements(lambda x: exprel_derivative(order, x)),
            (lambda x: _exprel_slope(order + 1)(x),),
            written="exprel" + "'" * order + "(x)",
            public=False,
        )
    return found


_EXPREL: dict[int, Elementwise] = {}

exprel: Elementwise = Elementwise(
    "exprel",
    of_scipy("exprel"),
    (lambda x: _exprel_slope(1)(x),),
    "x",
    "(exp(x) - 1)/x, and 1 at 0.",
    ("exprel(0)", "1"),
    domain=((-INF, 700),),
    tested=((-700, 700),),
    reference="expm1(x)/x",
    reads=(lambda x: (exp(x) - exprel(x)) / x,),
    edges=(Edge((0,), 1, (0.5,), "the limit"),),
    family=family,
)
Composite(
    "log1mexp",
    "x",
    lambda x: where(x < math.log(2), log(-expm1(-x)), log1p(-exp(-x))),
    "log(1 - exp(-x)) for positive x, with its digits near both ends.",
    ("log1mexp(1)", "-0.45867514538708193"),
    domain=((0, INF),),
    tested=((0, 700),),
    reference="log(-expm1(-x))",
    family=family,
)
Elementwise(
    "cosm1",
    on_elements(_cosm1),
    (lambda x: -sin(x),),
    "x",
    "cos(x) - 1, exact for small x too.",
    ("cosm1(0)", "0"),
    tested=((-1e6, 1e6),),
    reference="-2*sin(x/2)**2",
    family=family,
)
LN10 = math.log(10)
exp10: Elementwise = Elementwise(
    "exp10",
    lambda x, out=None: np.power(10.0, x, out=out) if out is not None else np.power(10.0, x),
    (lambda x: exp10(x) * LN10,),
    "x",
    "10 to the power x.",
    ("exp10(3)", "1000"),
    domain=((-300, 308),),
    reference="mpf(10)**x",
    family="exponentials and logarithms",
    analytic=lambda x: np.exp(x * LN10),
    encloses="rising",
)
fma: Elementwise = Elementwise(
    "fma",
    on_elements(_fma),
    (lambda x, y, z: y, lambda x, y, z: x, lambda x, y, z: as_node(1)),
    "x, y, z",
    "x*y + z, rounded once.",
    ("fma(2, 3, 4)", "10"),
    tested=((-1e50, 1e50), (-1e50, 1e50), (-1e100, 1e100)),
    reference="x*y + z",
    family="arithmetic",
    analytic=lambda x, y, z: x * y + z,
)
fdim: Elementwise = Elementwise(
    "fdim",
    lambda x, y, out=None: (
        np.maximum(np.subtract(x, y), 0.0, out=out) if out is not None else np.maximum(np.subtract(x, y), 0.0)
    ),
    (lambda x, y: ~(x <= y), lambda x, y: -where(x <= y, 0, 1)),
    "x, y",
    "x - y where that is positive, else 0.",
    ("fdim(3, 1)", "2"),
    reads=(lambda x, y: x > y, lambda x, y: -where(x > y, 1, 0)),
    reference="max(x - y, 0)",
    edges=(Edge((1, 1), 0, (0, 0), "the subgradient of least norm"),),
    kink=Kink(lambda x, y: x.equals(y), "fdim has a corner where x is y, where its derivative is taken as 0"),
    family="arithmetic",
    analytic=lambda x, y: complex_kernels.maximum(x - y, 0.0),
)
