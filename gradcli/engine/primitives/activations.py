"""The activations of neural networks that few other programs call."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradcli.arrays import Array
from gradcli.engine.graph import Node
from gradcli.engine.primitives import kernels
from gradcli.engine.primitives.arithmetic import isnan, where
from gradcli.engine.primitives.elementwise import absolute, exp, expm1, hypot, sqrt, tanh
from gradcli.engine.primitives.entry import Accuracy, Composite, Edge, Elementwise, Meaning, as_number, called
from gradcli.engine.primitives.error_functions import ndtr
from gradcli.engine.primitives.odds import exprel_derivative
from gradcli.engine.primitives.reductions import softmax, softmax_meanings
from gradcli.engine.primitives.shaping import axis_of, reshape, subscript
from gradcli.engine.primitives.special import sigmoid, softplus
from gradcli.engine.primitives.two_doubles import on_elements, piecewise
from gradcli.engine.shapes import ShapeError
from gradcli.text.errors import EvaluationError

INF = float("inf")

family = "activations"


# Smooth ones

_WIDTH = 2 * math.sqrt(2 / math.pi)


def _gelu(x: Node, approximate: str) -> Node:
    if approximate == "tanh":  # (1 + tanh(u))/2 is sigmoid(2u), which has its digits where u is far below 0
        return x * sigmoid(_WIDTH * (x + 0.044715 * (x * x * x)))
    if approximate != "none":
        raise EvaluationError(
            f"gelu has no approximation {approximate!r}", hint="write approximate='none' or 'tanh'"
        )
    return x * ndtr(x)


def _silu(x: Array, out: Array | None = None) -> Any:
    return np.multiply(x, kernels.sigmoid(x), out=out)


silu: Elementwise = Elementwise(
    "silu",
    _silu,
    (lambda x: sigmoid(x) * (1 + x * sigmoid(-x)),),
    "x",
    "x*sigmoid(x), a smooth relu that dips below 0.",
    ("silu(0)", "0"),
    aliases=("swish",),
    tested=((-700, 700),),
    reference="x/(1 + exp(-x))",
    family=family,
)
Composite(
    "gelu",
    "x, approximate='none'",
    _gelu,
    "x times the normal distribution function at x; or, with approximate='tanh', a formula that is close.",
    ("gelu(1)", "0.8413447460685429"),
    holds={"approximate": "text"},
    derivative="ndtr(x) + x*norm.pdf(x)",
    overload=called("Gelu"),
    tested=((-37, 40),),
    reference="x*erfc(-x/sqrt(2))/2",
    meanings=(
        Meaning(
            "jax.nn",
            "is the approximation by tanh unless approximate=False is given",
            "x, approximate=True",
            lambda x, approximate: _gelu(x, "tanh" if approximate else "none"),
            holds={"approximate": "truth"},
        ),
    ),
    family=family,
)
Composite(
    "mish",
    "x",
    lambda x: x * tanh(softplus(x)),
    "x*tanh(softplus(x)).",
    ("mish(0)", "0"),
    derivative="tanh(s) + x*sech(s)**2*sigmoid(x), where s = softplus(x)",
    overload=called("Mish"),
    tested=((-300, 300),),
    reference="x*tanh(log1p(exp(x)))",
    family=family,
)


def _squareplus(x: Array, b: Array) -> Array:
    size = np.hypot(x, np.sqrt(b))
    return np.where(x > 0, (x + size) / 2, b / 2 / (size + np.abs(x)))


squareplus_slope: Elementwise = Elementwise(
    "squareplus_slope",
    on_elements(lambda x, b: _squareplus(x, b) / np.hypot(x, np.sqrt(b))),
    (lambda x, b: b / (2 * hypot(x, sqrt(b)) ** 3), lambda x, b: -x / (4 * hypot(x, sqrt(b)) ** 3)),
    "x, b",
    written="((1 + x/sqrt(x**2 + b))/2)",
    public=False,
)
Elementwise(
    "squareplus",
    on_elements(_squareplus),
    (lambda x, b: squareplus_slope(x, b), lambda x, b: 1 / (4 * hypot(x, sqrt(b)))),
    "x, b=4",
    "(x + sqrt(x**2 + b))/2, a smooth step towards relu.",
    ("squareplus(0)", "1"),
    tested=((-1e8, 1e8), (0.1, 10)),
    reference="(x + sqrt(x*x + b))/2",
    reads=(lambda x, b: (1 + x / sqrt(x**2 + b)) / 2, lambda x, b: 1 / (4 * sqrt(x**2 + b))),
    family=family,
)
softsign: Elementwise = Elementwise(
    "softsign",
    lambda x, out=None: np.divide(x, 1.0 + np.abs(x), out=out),
    (lambda x: (1 + absolute(x)) ** -2,),
    "x",
    "x/(1 + |x|).",
    ("softsign(3)", "0.75"),
    aliases=("soft_sign",),
    tested=((-1e100, 1e100),),
    reference="x/(1 + abs(x))",
    grad_fn="DivBackward0",
    family=family,
    encloses="rising",
)


def _tanhshrink(x: Array) -> Array:
    def near(x: Array) -> Array:
        """(x cosh x - sinh x)/cosh x, whose numerator is Σ 2k x²ᵏ⁺¹/(2k + 1)!, of terms of one sign."""
        square = x * x
        total, term = np.zeros_like(x), x * square / 6.0
        for k in range(1, 16):
            total += 2.0 * k * term
            term = term * square / ((2 * k + 2) * (2 * k + 3))
        found: Array = total / np.cosh(x)
        return found

    return piecewise([(np.abs(x) < 1.5, near), (True, lambda x: x - np.tanh(x))], x)


tanhshrink: Elementwise = Elementwise(
    "tanhshrink",
    on_elements(_tanhshrink),
    (lambda x: tanh(x) * tanh(x),),
    "x",
    "x - tanh(x), exact for small x too.",
    ("tanhshrink(0)", "0"),
    tested=((-300, 300),),
    reference="x - tanh(x)",
    grad_fn="SubBackward0",
    family=family,
)

# Smooth on both sides of a corner, where what holds to the left of it holds at it, too


def _elu(x: Node, alpha: Node) -> Node:
    return where(x > 0, x, alpha * expm1(x))


_SELU_ALPHA = 1.6732632423543772
_SELU_SCALE = 1.0507009873554805

Composite(
    "elu",
    "x, alpha=1.0",
    _elu,
    "x where it is positive, else alpha*(exp(x) - 1).",
    ("elu(-1)", "-0.6321205588285577"),
    derivative="1 where x > 0, else alpha*exp(x)",
    edges=(Edge((0, 1), 0, (1, 0), "the side of x <= 0, at every order"),),
    overload=called("Elu"),
    tested=((-700, 700), (1e-3, 1e3)),
    reference="x if x > 0 else alpha*expm1(x)",
    family=family,
)
celu_in_alpha: Elementwise = Elementwise(
    "celu_in_alpha",
    on_elements(lambda x, alpha: -((x / alpha) ** 2) * exprel_derivative(1, x / alpha)),
    (
        lambda x, alpha: -(x / alpha * exp(x / alpha)) / alpha,
        lambda x, alpha: (x / alpha) ** 2 * exp(x / alpha) / alpha,
    ),
    "x, alpha",
    written="(expm1(x/alpha) - x/alpha*exp(x/alpha))",
    public=False,
)
celu_below: Elementwise = Elementwise(
    "celu_below",
    lambda x, alpha, out=None: np.multiply(alpha, np.expm1(np.divide(x, alpha)), out=out),
    (lambda x, alpha: exp(x / alpha), lambda x, alpha: celu_in_alpha(x, alpha)),
    "x, alpha",
    written="alpha*expm1(x/alpha)",
    public=False,
)
Composite(
    "celu",
    "x, alpha=1.0",
    lambda x, alpha: where(x > 0, x, celu_below(x, alpha)),
    "x where it is positive, else alpha*(exp(x/alpha) - 1), whose slope is 1 at 0 for every alpha.",
    ("celu(-1)", "-0.6321205588285577"),
    derivative="1 where x > 0, else exp(x/alpha)",
    edges=(Edge((0, 1), 0, (1, 0), "the side of x <= 0, at every order"),),
    overload=called("Celu"),
    accuracy=(
        Accuracy("value", 200, "abs(x) < 1e-305", "x/alpha is rounded below the normal numbers"),
        Accuracy("first", 16, "x < 0", "x/alpha is rounded before the derivative in alpha is made of it"),
        Accuracy("second", 16, "x < 0", "x/alpha is rounded before the derivative in alpha is made of it"),
    ),
    tested=((-100, 100), (0.5, 100)),
    reference="x if x > 0 else alpha*expm1(x/alpha)",
    family=family,
)
Composite(
    "selu",
    "x",
    lambda x: where(x > 0, _SELU_SCALE * x, (_SELU_SCALE * _SELU_ALPHA) * expm1(x)),
    "elu with the alpha and the scale that keep mean 0 and variance 1 from layer to layer.",
    ("selu(1)", "1.0507009873554805"),
    derivative="1.0507… where x > 0, else 1.7580…*exp(x)",
    edges=(Edge((0,), 0, (_SELU_SCALE * _SELU_ALPHA,), "the side of x <= 0"),),
    overload=called("Elu"),
    tested=((-700, 700),),
    reference="mpf('1.05070098735548049342')*(x if x > 0 else mpf('1.67326324235437728482')*expm1(x))",
    family=family,
)
Composite(
    "leaky_relu",
    "x, negative_slope=0.01",
    lambda x, slope: where(x > 0, x, slope * x),
    "x where it is positive, else negative_slope*x.",
    ("leaky_relu(-2)", "-0.02"),
    derivative="1 where x > 0, else negative_slope",
    edges=(Edge((0, 0.01), 0, (0.01, 0), "the side of x <= 0"),),
    overload=called("LeakyRelu"),
    tested=((-1e100, 1e100), (1e-3, 1)),
    reference="x if x > 0 else negative_slope*x",
    family=family,
)


def _prelu(x: Node, weight: Node) -> Node:
    if weight.shape not in ((), (1,)) and len(x.shape) > 1:  # one for each channel, which are dimension 1
        if weight.shape != (x.shape[1],):
            raise ShapeError(
                f"needs one weight, or one for each of the {x.shape[1]} channels", subject="prelu"
            )
        weight = reshape(weight, (x.shape[1], *((1,) * (len(x.shape) - 2))))
    return where(x > 0, x, weight * x)


def _hardtanh(x: Node, low: Node, high: Node) -> Node:
    return where(x <= low, low, where(x >= high, high, x))


_FLAT = "flat on one side"

Composite(
    "hardtanh",
    "x, min=-1.0, max=1.0",
    _hardtanh,
    "x held between min and max; unlike clamp, flat at the bounds.",
    ("hardtanh(5)", "1"),
    aliases=("hard_tanh",),
    derivative="1 where min < x < max, 0 elsewhere",
    edges=(Edge((1, -1, 1), 1, (0, 0, 1), _FLAT), Edge((-1, -1, 1), -1, (0, 1, 0), _FLAT)),
    overload=called("Hardtanh"),
    tested=((-5, 5), (-2, -0.1), (0.1, 2)),
    reference="min if x <= min else max if x >= max else x",
    family=family,
)
Composite(
    "relu6",
    "x",
    lambda x: where(x <= 0, 0, where(x >= 6, 6, x)),
    "x held between 0 and 6.",
    ("relu6(7)", "6"),
    derivative="1 where 0 < x < 6, 0 elsewhere",
    edges=(Edge((0,), 0, (0,), _FLAT), Edge((6,), 6, (0,), _FLAT)),
    overload=called("Hardtanh"),
    reference="max(0, min(6, x))",
    family=family,
)
Composite(
    "hardsigmoid",
    "x",
    lambda x: where(x <= -3, 0, where(x >= 3, 1, (x + 3) / 6)),
    "(x + 3)/6, held between 0 and 1.",
    ("hardsigmoid(0)", "0.5"),
    aliases=("hard_sigmoid",),
    derivative="1/6 where -3 < x < 3, 0 elsewhere",
    edges=(Edge((-3,), 0, (0,), _FLAT), Edge((3,), 1, (0,), _FLAT)),
    overload=called("Hardsigmoid"),
    reference="max(0, min(1, (x + 3)/6))",
    family=family,
)
Composite(
    "hardswish",
    "x",
    lambda x: where(x <= -3, 0, where(x >= 3, x, x * (x + 3) / 6)),
    "x*hardsigmoid(x).",
    ("hardswish(1)", "0.6666666666666666"),
    aliases=("hard_swish", "hard_silu"),
    derivative="(2*x + 3)/6 where -3 < x < 3, 0 below and 1 above",
    edges=(Edge((-3,), 0, (0,), "the side of x < -3"), Edge((3,), 3, (1,), "the side of x > 3")),
    overload=called("Hardswish"),
    reference="x*max(0, min(1, (x + 3)/6))",
    family=family,
)
Composite(
    "hardshrink",
    "x, lambd=0.5",
    lambda x, lambd: where((x >= -lambd) & (x <= lambd), 0, x),
    "x where it is further from 0 than lambd, else 0.",
    ("hardshrink(2)", "2"),
    derivative="1 where |x| > lambd, 0 elsewhere",
    overload=called("Hardshrink"),
    tested=((-5, 5), (0.1, 2)),
    reference="x if abs(x) > lambd else mpf(0)",
    family=family,
)
Composite(
    "softshrink",
    "x, lambd=0.5",
    lambda x, lambd: where(x > lambd, x - lambd, where(x < -lambd, x + lambd, where(isnan(x), x, 0))),
    "x moved towards 0 by lambd, and no further than 0.",
    ("softshrink(2)", "1.5"),
    derivative="1 where |x| > lambd, 0 elsewhere",
    edges=(Edge((0.5, 0.5), 0, (0, 0), _FLAT),),
    overload=called("Softshrink"),
    tested=((-5, 5), (0.1, 2)),
    reference="sign(x)*max(abs(x) - lambd, 0)",
    family=family,
)
Composite(
    "threshold",
    "x, threshold, value",
    lambda x, threshold, value: where(x <= threshold, value, x),
    "x where it is greater than threshold, else value.",
    ("threshold(1, 2, 5)", "5"),
    derivative="1 where x > threshold, 0 elsewhere",
    overload=called("Threshold"),
    tested=((-5, 5), (-1, 1), (-2, 2)),
    reference="x if x > threshold else value",
    family=family,
)


def _rrelu(x: Node, lower: Node, upper: Node, training: bool) -> Node:
    if training:
        raise EvaluationError("the slopes of rrelu are random while training", hint="leave training out")
    return where(x > 0, x, (lower + upper) / 2 * x)


Composite(
    "rrelu",
    "x, lower=0.125, upper=0.3333333333333333, training=False",
    _rrelu,
    "x where it is positive, else x times the mean of lower and upper, as after training.",
    ("rrelu(-4, 0.25, 0.75)", "-2"),
    holds={"training": "truth"},
    derivative="1 where x > 0, else (lower + upper)/2",
    overload=called("RreluWithNoise"),
    tested=((-10, 10), (0.1, 0.2), (0.3, 0.4)),
    reference="x if x > 0 else (lower + upper)/2*x",
    family=family,
)

# Of arrays


def _glu(x: Node, dim: tuple[int, ...]) -> Node:
    axis = axis_of(x, dim[0])
    size = x.shape[axis]
    if size % 2:
        raise ShapeError(f"halves a dimension, and this one has size {size}", subject="glu")
    halves = []
    for start in (0, size // 2):
        items = [(0, each, 1) for each in x.shape]
        items[axis] = (start, start + size // 2, 1)
        halves.append(subscript(as_number(x), tuple(items)))
    return halves[0] * sigmoid(halves[1])


Composite(
    "prelu",
    "x, weight",
    _prelu,
    "x where it is positive, else weight*x; of several weights, one for each channel (dimension 1).",
    ("prelu(-2, 0.25)", "-0.5"),
    derivative="1 where x > 0, else weight; in the weight, x where x <= 0",
    overload=called("PreluKernel"),
    numpy="where(x > 0, x, weight.reshape(weight.shape + (1,)*(x.ndim - 2) if x.ndim > 1 else -1)*x)",
    samples=(([2, 3], [3]), ([2, 3, 2], [3]), ([3], [1]), ([2, 3], [1])),
    family=family,
)
Composite(
    "glu",
    "x, dim=-1",
    _glu,
    "The first half of a dimension, each element times sigmoid of its partner in the second half.",
    ("glu([3, 0])", "[1.5]"),
    overload=called("Glu"),
    derivative="sigmoid(b) in the first half a, and a*sigmoid'(b) in the second half b",
    numpy="split(x, 2, axis)[0]/(1 + exp(-split(x, 2, axis)[1]))",
    samples=(([4], (-1,)), ([2, 3], (0,)), ([2, 4], (1,))),
    family=family,
)
Composite(
    "softmin",
    "x, dim=-1",
    lambda x, dim: softmax.build(-x, dim),
    "exp(-x)/sum(exp(-x)) along a dimension.",
    ("softmin([0, 0])", "[0.5, 0.5]"),
    derivative="-s[i]*((i == j) - s[j]) of s[i] in x[j], where s = softmin(x)",
    numpy="exp(-x)/sum(exp(-x), axis=axis, keepdims=True)",
    meanings=softmax_meanings(lambda x, dim: softmax.build(-x, dim)),
    family=family,
)
