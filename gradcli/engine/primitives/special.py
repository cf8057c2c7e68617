"""Activations, the error function, and other named functions of one number."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np

from gradcli.engine.graph import RULES, Node, number_in
from gradcli.engine.primitives import complex_kernels, kernels
from gradcli.engine.primitives.elementwise import exp, sech
from gradcli.engine.primitives.entry import Edge, Elementwise, Kink, Meaning, as_number, begin_family
from gradcli.engine.primitives.scipy_door import of_scipy

INF = float("inf")
TWO_OVER_ROOT_PI = 2 / math.sqrt(math.pi)

begin_family("activations")

sigmoid: Elementwise = Elementwise(
    "sigmoid",
    kernels.sigmoid,
    (lambda x: sech(x / 2) ** 2 / 4,),
    "x",
    "Logistic function 1/(1 + exp(-x)).",
    ("sigmoid(0)", "0.5"),
    aliases=("expit",),
    domain=((-700, 700),),
    reads=(lambda x: sigmoid(x) * (1 - sigmoid(x)),),
    reference="1/(1 + exp(-x))",
    analytic=complex_kernels.sigmoid,
    encloses="rising",
)
logsigmoid: Elementwise = Elementwise(
    "logsigmoid",
    kernels.logsigmoid,
    (lambda x: sigmoid(-x),),
    "x",
    "Logarithm of the logistic function, exact far from 0 too.",
    ("logsigmoid(-1000)", "-1000"),
    aliases=("log_sigmoid", "log_expit"),
    grad_fn="LogSigmoidBackward0",
    domain=((-700, 700),),
    reference="-log1p(exp(-x))",
    analytic=lambda x: -complex_kernels.softplus(-x),
    encloses="rising",
)


class _Softplus(Elementwise):
    """softplus, and softplus(beta*x)/beta, which is x itself where beta*x exceeds the threshold given."""

    def build(self, *arguments: Any) -> Node:
        x, beta, threshold = arguments
        scaled = as_number(x) if number_in(beta) == 1 else x * beta
        found = self.apply(scaled)
        if scaled is not x:
            found = found / beta
        return found if threshold is None else RULES["where"](scaled > threshold, x, found)


softplus: _Softplus = _Softplus(
    "softplus",
    kernels.softplus,
    (lambda x: sigmoid(x),),
    "x, beta=1, threshold=None",
    "log(1 + exp(beta*x))/beta, a smooth relu; x itself where beta*x exceeds a threshold.",
    ("softplus(1000)", "1000"),
    domain=((-700, 700),),
    reference="log1p(exp(x))",
    analytic=complex_kernels.softplus,
    encloses="rising",
)
relu: Elementwise = Elementwise(
    "relu",
    lambda x, out=None: np.maximum(x, 0.0, out=out) if out is not None else np.maximum(x, 0.0),
    (lambda x: ~(x <= 0),),  # nan is handed on
    "x",
    "x where it is positive, else 0.",
    ("relu(-2)", "0"),
    edges=(Edge((0,), 0, (0,), "the subgradient of least norm"),),
    kink=Kink(lambda x: x.equals(0), "relu has a corner at 0, where its derivative is taken as 0"),
    reads=(lambda x: x > 0,),
    whole="kept",
    reference="max(x, 0)",
    analytic=lambda x: complex_kernels.maximum(x, 0.0),
    encloses="rising",
)

begin_family("special functions")


@cache
def gauss_derivative(order: int) -> Elementwise:
    """The derivative of `gauss` of any order: of its own, as products of others are inf times 0 far out."""

    def kernel(x: Any, out: Any = None) -> Any:
        return kernels.gauss_derivative(x, order, out)

    return Elementwise(
        f"gauss_derivative_{order}",
        kernel,
        (lambda x: gauss_derivative(order + 1)(x),),
        written="gauss" + "'" * order + "(x)",
        public=False,
        encloses="slope of gauss" if order == 1 else "",
    )


gauss: Elementwise = Elementwise(
    "gauss",
    kernels.gauss,
    (lambda x: gauss_derivative(1)(x),),
    "x",
    "exp(-x**2), with all its digits far from 0 too.",
    ("gauss(0)", "1"),
    domain=((-26, 26),),
    reads=(lambda x: -2 * x * gauss(x),),
    reference="exp(-x*x)",
    analytic=lambda x: np.exp(-x * x),
    encloses="hill",
)
erf: Elementwise = Elementwise(
    "erf",
    kernels.erf,
    (lambda x: TWO_OVER_ROOT_PI * gauss(x),),
    "x",
    "Error function.",
    ("erf(inf)", "1"),
    domain=((-26, 26),),
    reads=(lambda x: TWO_OVER_ROOT_PI * exp(-(x**2)),),
    analytic=of_scipy("erf"),
    encloses="rising",
)
erfc: Elementwise = Elementwise(
    "erfc",
    kernels.erfc,
    (lambda x: -TWO_OVER_ROOT_PI * gauss(x),),
    "x",
    "Complementary error function 1 - erf(x), with its digits for large x.",
    ("erfc(0)", "1"),
    domain=((-26, 26),),
    reads=(lambda x: -TWO_OVER_ROOT_PI * exp(-(x**2)),),
    analytic=of_scipy("erfc"),
    encloses="falling",
)


@cache
def _sinc_derivative(order: int) -> Elementwise:
    """The derivative of `sinc` of any order, which is a function of its own (removable pole at 0)."""

    def kernel(x: Any, out: Any = None) -> Any:
        return kernels.sinc_derivative(x, order, out)

    return Elementwise(
        f"sinc_derivative_{order}",
        kernel,
        (lambda x: _sinc_derivative(order + 1)(x),),
        written="sinc" + "'" * order + "(x)",
        public=False,
    )


sinc: Elementwise = Elementwise(
    "sinc",
    kernels.sinc,
    (lambda x: _sinc_derivative(1)(x),),
    "x",
    "sin(pi x)/(pi x), and 1 at 0.",
    ("sinc(0)", "1"),
    derivative="(cos(pi*x) - sinc(x))/x, and 0 at 0",
    edges=(Edge((0,), 1, (0,), "the limit; the second derivative is -pi**2/3"),),
    reference="sinpi(x)/(pi*x) if x else 1",
    meanings=(Meaning("sympy mpmath", "is sin(x)/x, without pi", "x", lambda x: sinc(x / math.pi)),),
)
