"""Roots, exponentials, logarithms, the circular and hyperbolic families, and steps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from gradcli.engine.graph import RULES, Node, Radial, as_node, number_in
from gradcli.engine.primitives import complex_kernels, kernels
from gradcli.engine.primitives.arithmetic import divide, multiply, where
from gradcli.engine.primitives.entry import (
    TABLE,
    Accuracy,
    Composite,
    Edge,
    Elementwise,
    Kink,
    Meaning,
    begin_family,
)

INF = float("inf")
LN2 = math.log(2)
LN10 = math.log(10)

# Roots, sign and absolute value

begin_family("roots and signs")

sqrt: Elementwise = Elementwise(
    "sqrt",
    np.sqrt,
    (lambda x: 0.5 / sqrt(x),),
    "x",
    "Square root of x; nan for x < 0.",
    ("sqrt(16)", "4"),
    domain=((0, INF),),
    edges=(Edge((0,), 0, (INF,), "the limit from the right"),),
    reads=(lambda x: 1 / (2 * sqrt(x)),),
    encloses="rising where real",
)
cbrt: Elementwise = Elementwise(
    "cbrt",
    np.cbrt,
    (lambda x: cbrt_slope(x),),
    "x",
    "Cube root of x, negative for x < 0.",
    ("cbrt(-27)", "-3"),
    reads=(lambda x: 1 / (3 * cbrt(x) ** 2),),
    edges=(Edge((0,), 0, (INF,), "the limit from both sides"),),
    reference="sign(x)*cbrt(abs(x))",
    analytic=complex_kernels.cbrt,
    encloses="rising",
)
cbrt_slope: Elementwise = Elementwise(
    "cbrt_slope",
    lambda x, out=None: np.divide(1.0, 3.0 * np.square(np.cbrt(x)), out=out),
    (lambda x: -2 * cbrt_slope(x) / (3 * x),),  # 0 at infinity, where a power of it would be inf/inf
    "x",
    "1/(3*cbrt(x)**2), the derivative of cbrt.",
    written="(1/(3*cbrt(x)**2))",
    public=False,
    analytic=lambda x: 1.0 / (3.0 * complex_kernels.cbrt(x) ** 2),
    encloses="hill",
)
rsqrt: Elementwise = Elementwise(
    "rsqrt",
    lambda x, out=None: np.divide(1.0, np.sqrt(x), out=out),
    (lambda x: -0.5 * rsqrt(x) / x,),
    "x",
    "1 divided by the square root of x.",
    ("rsqrt(4)", "0.5"),
    domain=((0, INF),),
    edges=(Edge((0,), INF, (-INF,), "the limit from the right"),),
    reads=(lambda x: -1 / (2 * x * sqrt(x)),),
    reference="1/sqrt(x)",
    analytic=complex_kernels.inverse_of(np.sqrt),
    encloses="falling where real",
)
sign: Elementwise = Elementwise(
    "sign",
    np.sign,
    (None,),
    "x",
    "-1, 0 or 1, as x is negative, zero or positive. Its derivative is taken as 0 everywhere.",
    ("sign(-3)", "-1"),
    aliases=("sgn",),
    edges=(Edge((0,), 0, (0,), "flat on both sides"),),
    whole="kept",
    encloses="steps",
)
absolute: Elementwise = Elementwise(
    "abs",
    np.absolute,
    (lambda x: sign(x),),
    "x",
    "Absolute value of x.",
    ("abs(-3)", "3"),
    aliases=("absolute", "fabs"),
    edges=(Edge((0,), 0, (0,), "the subgradient of least norm"),),
    kink=Kink(lambda x: x.equals(0), "abs has a corner at 0, where its derivative is taken as 0"),
    whole="kept",
    analytic=complex_kernels.absolute,
    encloses="valley",
)


def _radial_push(node: Node, tangents: Sequence[Node | None]) -> Node:
    """The sum of x*dx, which is a length times its tangent."""
    terms = [x * dx for x, dx in zip(node.inputs, tangents, strict=True) if dx is not None]
    return terms[0] if len(terms) == 1 else terms[0] + terms[1]


absolute.radial = Radial(lambda node, weight, index: weight * node.inputs[index], _radial_push)

copysign: Elementwise = Elementwise(
    "copysign",
    np.copysign,
    (lambda x, y: sign(x) * copysign(1, y), None),
    "x, y",
    "The size of x with the sign of y.",
    ("copysign(3, -0.0)", "-3"),
    edges=(Edge((0, 1), 0, (0, 0), "the subgradient of least norm"),),
    reference="abs(x) if y >= 0 else -abs(x)",
    analytic=lambda x, y: np.copysign(1.0, np.real(y)) * complex_kernels.absolute(x),
)
_distance_partial = "the subgradient of least norm, as for norm"


class _Leg(Elementwise):
    """x/h where h is hypot(x, y): the cosine of an angle, whose derivatives cancel nothing.

    h is given so that it is computed once; a derivative is taken in x and y alone.
    """

    def tracks(self, index: int) -> bool:
        return index < 2

    def pullback(self, node: Node, cotangent: Node, index: int) -> Node | None:
        return super().pullback(node, cotangent, index) if self.tracks(index) else None


leg: _Leg = _Leg(
    "leg",
    kernels.leg,
    (
        lambda x, y, h: leg(y, x, h) * (leg(y, x, h) / h),
        lambda x, y, h: -(leg(x, y, h) * (leg(y, x, h) / h)),
        None,
    ),
    "x, y, h",
    written="x/h",
    public=False,
    analytic=lambda x, y, h: complex_kernels.quotient(x, h),
)
hypot: Elementwise = Elementwise(
    "hypot",
    np.hypot,
    (
        lambda x, y: leg(x, y, hypot(x, y)),
        lambda x, y: leg(y, x, hypot(x, y)),
    ),
    "x, y",
    "sqrt(x**2 + y**2), without overflow on the way.",
    ("hypot(3, 4)", "5"),
    edges=(Edge((0, 0), 0, (0, 0), _distance_partial),),
    kink=Kink(
        lambda x, y: hypot(x, y).equals(0),
        "hypot has a cone's tip at (0, 0), where its gradient is taken as 0",
    ),
    analytic=complex_kernels.hypot,
    encloses="hypotenuse",
)
hypot.radial = absolute.radial

# Exponentials and logarithms

begin_family("exponentials and logarithms")

exp: Elementwise = Elementwise(
    "exp",
    np.exp,
    (lambda x: exp(x),),
    "x",
    "e to the power x.",
    ("exp(1)", "2.718281828459045"),
    domain=((-700, 700),),
    encloses="rising",
)
exp2: Elementwise = Elementwise(
    "exp2",
    np.exp2,
    (lambda x: exp2_slope(x, exp2(x)),),
    "x",
    "2 to the power x.",
    ("exp2(10)", "1024"),
    reads=(lambda x: exp2(x) * LN2,),
    domain=((-1000, 1000),),
    reference="2**x",
    encloses="rising",
)


class _OfFirst(Elementwise):
    """A function of its first argument; the others are results of it, given so as to be computed once."""

    def tracks(self, index: int) -> bool:
        return index == 0

    def pullback(self, node: Node, cotangent: Node, index: int) -> Node | None:
        return super().pullback(node, cotangent, index) if self.tracks(index) else None


exp2_slope: _OfFirst = _OfFirst(
    "exp2_slope",
    kernels.exp2_slope,
    (lambda x, y: exp2_slope(x, y) * LN2, None),
    "x, y",
    written="(2**x*log(2))",
    public=False,
    analytic=lambda x, y: y * LN2,
    encloses="slope of exp2",
)
expm1: Elementwise = Elementwise(
    "expm1",
    np.expm1,
    (lambda x: exp(x),),
    "x",
    "exp(x) - 1, exact for small x too.",
    ("expm1(1e-20)", "1e-20"),
    domain=((-700, 700),),
    grad_fn="Expm1Backward0",
    encloses="rising",
)


class _Logarithm(Elementwise):
    """The natural logarithm, of which one to another base is a quotient (with all digits for 2 and 10)."""

    def build(self, *arguments: Any) -> Node:
        x, base = arguments
        if base is None:
            return self.apply(x)
        number = number_in(base)
        if number in (2, 10):
            return (log2 if number == 2 else log10).apply(x)
        return RULES["/"](self.apply(x), self.apply(base))


log: _Logarithm = _Logarithm(
    "log",
    np.log,
    (lambda x: 1 / x,),
    "x, base=None",
    "Logarithm of x, natural or to the base given; nan for x < 0.",
    ("log(e)", "1"),
    aliases=("ln",),
    domain=((0, INF),),
    edges=(Edge((0,), -INF, (INF,), "the limit from the right"),),
    encloses="rising where real",
)
log2: Elementwise = Elementwise(
    "log2",
    np.log2,
    (lambda x: as_node(1 / LN2) / x,),  # x times log(2) may overflow
    "x",
    "Logarithm of x to base 2.",
    ("log2(8)", "3"),
    reads=(lambda x: 1 / (x * LN2),),
    domain=((0, INF),),
    edges=(Edge((0,), -INF, (INF,), "the limit from the right"),),
    reference="log(x, 2)",
    encloses="rising where real",
)
log10: Elementwise = Elementwise(
    "log10",
    np.log10,
    (lambda x: as_node(1 / LN10) / x,),
    "x",
    "Logarithm of x to base 10.",
    ("log10(1000)", "3"),
    reads=(lambda x: 1 / (x * LN10),),
    domain=((0, INF),),
    edges=(Edge((0,), -INF, (INF,), "the limit from the right"),),
    encloses="rising where real",
)
log1p: Elementwise = Elementwise(
    "log1p",
    np.log1p,
    (lambda x: 1 / (1 + x),),
    "x",
    "log(1 + x), exact for small x too.",
    ("log1p(1e-20)", "1e-20"),
    domain=((-1, INF),),
    edges=(Edge((-1,), -INF, (INF,), "the limit from the right"),),
    grad_fn="Log1PBackward0",
    encloses="rising where real",
)
share: Elementwise = Elementwise(
    "share",
    kernels.share,
    (lambda x, y: share(x, y) * share(y, x), lambda x, y: -(share(x, y) * share(y, x))),
    "x, y",
    written="sigmoid(x - y)",
    public=False,
    analytic=lambda x, y: 1.0 / (1.0 + np.exp(y - x)),
    encloses="rising, then falling",
)
logaddexp: Elementwise = Elementwise(
    "logaddexp",
    kernels.logaddexp,
    (lambda x, y: share(x, y), lambda x, y: share(y, x)),
    "x, y",
    "log(exp(x) + exp(y)), without overflow on the way.",
    ("logaddexp(1000, 1000)", "1000.6931471805599"),
    edges=(
        Edge((INF, INF), INF, (0.5, 0.5), "inf - inf is taken as 0"),
        Edge((-INF, -INF), -INF, (0, 0), "as for logsumexp of terms that are all 0"),
    ),
    reads=(lambda x, y: TABLE["sigmoid"].build(x - y), lambda x, y: TABLE["sigmoid"].build(y - x)),
    reference="max(x, y) + log1p(exp(-abs(x - y)))",
    analytic=complex_kernels.logaddexp,
)

# Circular functions, in radians

begin_family("trigonometry")

sin: Elementwise = Elementwise(
    "sin", np.sin, (lambda x: cos(x),), "x", "Sine of x, in radians.", ("sin(pi/2)", "1"), encloses="sine"
)
cos: Elementwise = Elementwise(
    "cos", np.cos, (lambda x: -sin(x),), "x", "Cosine of x, in radians.", ("cos(0)", "1"), encloses="cosine"
)
tan: Elementwise = Elementwise(
    "tan",
    np.tan,
    (lambda x: 1 + tan(x) ** 2,),
    "x",
    "Tangent of x, in radians.",
    ("tan(0)", "0"),
    poles="pi/2 + k*pi",
    reads=(lambda x: sec(x) ** 2,),
    encloses="tangent",
)
sec: Elementwise = Elementwise(
    "sec",
    kernels.sec,
    (lambda x: sec(x) * tan(x),),
    "x",
    "Secant of x: 1/cos(x).",
    ("sec(0)", "1"),
    poles="pi/2 + k*pi",
    analytic=complex_kernels.inverse_of(np.cos),
)
csc: Elementwise = Elementwise(
    "csc",
    kernels.csc,
    (lambda x: -csc(x) * cot(x),),
    "x",
    "Cosecant of x: 1/sin(x).",
    ("csc(pi/2)", "1"),
    domain=((0, math.pi),),
    poles="k*pi",
    analytic=complex_kernels.inverse_of(np.sin),
)
cot: Elementwise = Elementwise(
    "cot",
    kernels.cot,
    (lambda x: -(csc(x) ** 2),),
    "x",
    "Cotangent of x: 1/tan(x).",
    ("cot(1)", "0.6420926159343306"),
    domain=((0, math.pi),),
    poles="k*pi",
    analytic=complex_kernels.inverse_of(np.tan),
)
one_minus_square: Elementwise = Elementwise(
    "one_minus_square",
    lambda x, out=None: np.multiply(1 - x, 1 + x, out=out) if out is not None else (1 - x) * (1 + x),
    (lambda x: -2 * x,),
    "x",
    "1 - x**2, exact near |x| = 1 and with an exact derivative near 0.",
    written="(1 - x)*(1 + x)",
    public=False,
    analytic=lambda x: (1.0 - x) * (1.0 + x),
    encloses="hill",
)
root_of_square_less_one: Elementwise = Elementwise(
    "root_of_square_less_one",
    lambda x, out=None: (
        np.multiply(np.sqrt(x - 1), np.sqrt(x + 1), out=out)
        if out is not None
        else np.sqrt(x - 1) * np.sqrt(x + 1)
    ),
    (lambda x: root_ratio(x),),
    "x",
    "sqrt(x**2 - 1) for x >= 1, exact near 1 and without overflow.",
    reads=(lambda x: x / root_of_square_less_one(x),),
    written="(sqrt(x - 1)*sqrt(x + 1))",
    public=False,
    analytic=lambda x: np.sqrt(x - 1.0) * np.sqrt(x + 1.0),
)
root_ratio: Elementwise = Elementwise(
    "root_ratio",
    kernels.root_ratio,
    (lambda x: -1 / root_of_square_less_one(x) / root_of_square_less_one(x) / root_of_square_less_one(x),),
    "x",
    "x/sqrt(x**2 - 1) for x >= 1, which is 1 at infinity.",
    written="(x/(sqrt(x - 1)*sqrt(x + 1)))",
    public=False,
    analytic=lambda x: x / (np.sqrt(x - 1.0) * np.sqrt(x + 1.0)),
    domain=((1, INF),),
    encloses="falling where real",
)
_SQUARE_OVERFLOWS = "x*x overflows, and 1/(1 + x*x) is 0 where it is subnormal"
bell: Elementwise = Elementwise(
    "bell",
    lambda x, out=None: (
        np.divide(1.0, 1.0 + np.square(x), out=out) if out is not None else 1.0 / (1.0 + np.square(x))
    ),
    (lambda x: -2 * odd_bell(x) * bell(x),),
    "x",
    "1/(1 + x**2), with the digits of its derivatives far from 0 too.",
    reads=(lambda x: -2 * x * bell(x) * bell(x),),
    written="(1/(1 + x**2))",
    public=False,
    analytic=lambda x: 1.0 / (1.0 + x * x),
    encloses="hill",
)
odd_bell: Elementwise = Elementwise(
    "odd_bell",
    kernels.odd_bell,
    (lambda x: bell(x) * (2 * bell(x) - 1),),
    "x",
    "x/(1 + x**2), which is 0 at infinity.",
    written="(x/(1 + x**2))",
    public=False,
    analytic=lambda x: x / (1.0 + x * x),
)
asin: Elementwise = Elementwise(
    "asin",
    np.arcsin,
    (lambda x: 1 / sqrt(one_minus_square(x)),),
    "x",
    "Angle whose sine is x, between -pi/2 and pi/2.",
    ("asin(1)", "1.5707963267948966"),
    aliases=("arcsin",),
    domain=((-1, 1),),
    edges=(
        Edge((1,), math.pi / 2, (INF,), "the limit from inside"),
        Edge((-1,), -math.pi / 2, (INF,), "the limit from inside"),
    ),
    encloses="rising where real",
)
acos: Elementwise = Elementwise(
    "acos",
    np.arccos,
    (lambda x: -1 / sqrt(one_minus_square(x)),),
    "x",
    "Angle whose cosine is x, between 0 and pi.",
    ("acos(1)", "0"),
    aliases=("arccos",),
    domain=((-1, 1),),
    edges=(
        Edge((1,), 0, (-INF,), "the limit from inside"),
        Edge((-1,), math.pi, (-INF,), "the limit from inside"),
    ),
    encloses="falling where real",
)
atan: Elementwise = Elementwise(
    "atan",
    np.arctan,
    (lambda x: bell(x),),
    "x",
    "Angle whose tangent is x, between -pi/2 and pi/2.",
    ("atan(1)", "0.7853981633974483"),
    aliases=("arctan",),
    accuracy=(Accuracy("first", 1e15, "abs(x) > 1.3e154", _SQUARE_OVERFLOWS),),
    encloses="rising",
)
atan2: Elementwise = Elementwise(
    "atan2",
    np.arctan2,
    (
        lambda y, x: where(hypot(x, y).equals(0), 0, leg(x, y, hypot(x, y)) / hypot(x, y)),
        lambda y, x: where(hypot(x, y).equals(0), 0, -leg(y, x, hypot(x, y)) / hypot(x, y)),
    ),
    "y, x",
    "Angle of the point (x, y), between -pi and pi.",
    ("atan2(1, -1)", "2.356194490192345"),
    aliases=("arctan2",),
    edges=(Edge((0, 0), 0, (0, 0), "as PyTorch; the angle has no limit there"),),
    kink=Kink(
        lambda y, x: hypot(x, y).equals(0),
        "atan2 has no limit at (0, 0), where its gradient is taken as 0",
        is_corner=False,
    ),
    analytic=complex_kernels.atan2,
)
asec: Elementwise = Elementwise(
    "asec",
    kernels.asec,
    (lambda x: 1 / absolute(x) / root_of_square_less_one(absolute(x)),),
    "x",
    "Angle whose secant is x.",
    ("asec(1)", "0"),
    aliases=("arcsec",),
    domain=((1, INF),),
    edges=(Edge((1,), 0, (INF,), "the limit from outside"),),
    reads=(lambda x: 1 / (absolute(x) * sqrt(x**2 - 1)),),
    analytic=complex_kernels.of_inverse(np.arccos),
)
acsc: Elementwise = Elementwise(
    "acsc",
    kernels.acsc,
    (lambda x: -1 / absolute(x) / root_of_square_less_one(absolute(x)),),
    "x",
    "Angle whose cosecant is x.",
    ("acsc(1)", "1.5707963267948966"),
    aliases=("arccsc",),
    domain=((1, INF),),
    edges=(Edge((1,), math.pi / 2, (-INF,), "the limit from outside"),),
    reads=(lambda x: -1 / (absolute(x) * sqrt(x**2 - 1)),),
    analytic=complex_kernels.of_inverse(np.arcsin),
)
acot: Elementwise = Elementwise(
    "acot",
    kernels.acot,
    (lambda x: -bell(x),),
    "x",
    "Angle whose cotangent is x: atan(1/x), and pi/2 at 0.",
    ("acot(1)", "0.7853981633974483"),
    aliases=("arccot",),
    domain=((0, INF),),
    accuracy=(Accuracy("first", 1e15, "abs(x) > 1.3e154", _SQUARE_OVERFLOWS),),
    analytic=complex_kernels.acot,
)
radians: Elementwise = Elementwise(
    "radians",
    np.radians,
    (lambda x: as_node(math.pi / 180),),
    "x",
    "Degrees as radians.",
    ("radians(180)", "3.141592653589793"),
    aliases=("deg2rad",),
    grad_fn="Deg2RadBackward0",
    analytic=complex_kernels.times(math.pi / 180),
    encloses="rising",
)
degrees: Elementwise = Elementwise(
    "degrees",
    np.degrees,
    (lambda x: as_node(180 / math.pi),),
    "x",
    "Radians as degrees.",
    ("degrees(pi)", "180"),
    aliases=("rad2deg",),
    grad_fn="Rad2DegBackward0",
    analytic=complex_kernels.times(180 / math.pi),
    encloses="rising",
)

# Hyperbolic functions

begin_family("hyperbolic functions")

sinh: Elementwise = Elementwise(
    "sinh",
    np.sinh,
    (lambda x: cosh(x),),
    "x",
    "Hyperbolic sine of x.",
    ("sinh(0)", "0"),
    domain=((-700, 700),),
    encloses="rising",
)
cosh: Elementwise = Elementwise(
    "cosh",
    np.cosh,
    (lambda x: sinh(x),),
    "x",
    "Hyperbolic cosine of x.",
    ("cosh(0)", "1"),
    domain=((-700, 700),),
    encloses="valley",
)
tanh: Elementwise = Elementwise(
    "tanh",
    np.tanh,
    (lambda x: sech(x) ** 2,),
    "x",
    "Hyperbolic tangent of x.",
    ("tanh(0)", "0"),
    domain=((-300, 300),),
    reads=(lambda x: 1 - tanh(x) ** 2,),
    encloses="rising",
)
sech: Elementwise = Elementwise(
    "sech",
    kernels.sech,
    (lambda x: -sech(x) * tanh(x),),
    "x",
    "Hyperbolic secant of x: 1/cosh(x).",
    ("sech(0)", "1"),
    domain=((-700, 700),),
    analytic=complex_kernels.inverse_of(np.cosh),
    encloses="hill",
)
csch: Elementwise = Elementwise(
    "csch",
    kernels.csch,
    (lambda x: -csch(x) * coth(x),),
    "x",
    "Hyperbolic cosecant of x: 1/sinh(x).",
    ("csch(inf)", "0"),
    domain=((0, 700),),
    analytic=complex_kernels.inverse_of(np.sinh),
)
coth: Elementwise = Elementwise(
    "coth",
    kernels.coth,
    (lambda x: -(csch(x) ** 2),),
    "x",
    "Hyperbolic cotangent of x: 1/tanh(x).",
    ("coth(inf)", "1"),
    domain=((0, 300),),
    analytic=complex_kernels.inverse_of(np.tanh),
)
asinh: Elementwise = Elementwise(
    "asinh",
    np.arcsinh,
    (lambda x: 1 / hypot(1, x),),
    "x",
    "Number whose hyperbolic sine is x.",
    ("asinh(0)", "0"),
    aliases=("arcsinh",),
    reads=(lambda x: 1 / sqrt(1 + x**2),),
    encloses="rising",
)
acosh: Elementwise = Elementwise(
    "acosh",
    np.arccosh,
    (lambda x: 1 / root_of_square_less_one(x),),
    "x",
    "Positive number whose hyperbolic cosine is x.",
    ("acosh(1)", "0"),
    aliases=("arccosh",),
    domain=((1, INF),),
    edges=(Edge((1,), 0, (INF,), "the limit from the right"),),
    encloses="rising where real",
)
atanh: Elementwise = Elementwise(
    "atanh",
    np.arctanh,
    (lambda x: 1 / one_minus_square(x),),
    "x",
    "Number whose hyperbolic tangent is x.",
    ("atanh(0)", "0"),
    aliases=("arctanh",),
    domain=((-1, 1),),
    edges=(
        Edge((1,), INF, (INF,), "the limit from inside"),
        Edge((-1,), -INF, (INF,), "the limit from inside"),
    ),
    encloses="rising where real",
)
asech: Elementwise = Elementwise(
    "asech",
    kernels.asech,
    (
        lambda x: where(x < 1e-9, -1 / x, -1 / x / sqrt(one_minus_square(x))),
    ),  # with one term below, of one sign
    "x",
    "Positive number whose hyperbolic secant is x.",
    ("asech(1)", "0"),
    aliases=("arcsech",),
    domain=((0, 1),),
    edges=(Edge((1,), 0, (-INF,), "the limit from inside"),),
    reads=(lambda x: -1 / x / sqrt(one_minus_square(x)),),
    analytic=complex_kernels.of_inverse(np.arccosh),
)
acsch: Elementwise = Elementwise(
    "acsch",
    kernels.acsch,
    (lambda x: -1 / absolute(x) / hypot(1, x),),
    "x",
    "Number whose hyperbolic cosecant is x.",
    ("acsch(inf)", "0"),
    aliases=("arccsch",),
    domain=((0, INF),),
    reads=(lambda x: -1 / (absolute(x) * sqrt(x**2 + 1)),),
    analytic=complex_kernels.of_inverse(np.arcsinh),
)
acoth: Elementwise = Elementwise(
    "acoth",
    kernels.acoth,
    (lambda x: -1 / (absolute(x) - 1) / (absolute(x) + 1),),
    "x",
    "Number whose hyperbolic cotangent is x, for |x| > 1.",
    ("acoth(inf)", "0"),
    aliases=("arccoth",),
    domain=((1, INF),),
    edges=(Edge((1,), INF, (-INF,), "the limit from outside"),),
    reads=(lambda x: 1 / (1 - x**2),),
    analytic=complex_kernels.of_inverse(np.arctanh),
)

# Steps: flat wherever they are smooth

begin_family("rounding")


def _step(name: str, ufunc: Any, doc: str, example: tuple[str, str], reference: str = "") -> Elementwise:
    return Elementwise(
        name,
        ufunc,
        (None,),
        "x",
        doc + " Its derivative is taken as 0 everywhere.",
        example,
        edges=(Edge((1,), 1, (0,), "flat on both sides"),),
        whole="rounded",
        reference=reference,
        encloses="steps",
    )


floor = _step("floor", np.floor, "The greatest whole number that is at most x.", ("floor(2.7)", "2"))
ceil = _step("ceil", np.ceil, "The least whole number that is at least x.", ("ceil(2.1)", "3"))
trunc = _step("trunc", np.trunc, "x without its fraction.", ("trunc(-2.7)", "-2"), "int(x)")
round_half_even: Elementwise = Elementwise(
    "round_half_even",
    lambda x, out=None: np.rint(x, out=out) if out is not None else np.rint(x),
    (None,),
    grad_fn="RoundBackward0",
    written="round(x)",
    public=False,
    encloses="steps",
)
frac: Elementwise = Elementwise(
    "frac",
    lambda x, out=None: np.subtract(x, np.trunc(x), out=out) if out is not None else x - np.trunc(x),
    (lambda x: as_node(1),),
    "x",
    "The fraction of x, with the sign of x.",
    ("frac(-2.75)", "-0.75"),
    reference="x - int(x)",
    analytic=complex_kernels.fraction,
    meanings=(Meaning("sympy mpmath", "is x - floor(x)", "x", lambda x: x - floor(x)),),
)


def _round(x: Node, decimals: int) -> Node:
    if decimals == 0:
        return round_half_even.apply(x)
    scale = as_node(10.0 ** min(abs(decimals), 308))  # a double has no more decimal places
    if decimals > 0:
        return divide.apply(round_half_even(x * scale), scale)
    return multiply.apply(round_half_even(x / scale), scale)


Composite(
    "round",
    "x, decimals=0",
    _round,
    "x rounded to a whole number (halves to even), or to `decimals` places. Its derivative is taken as 0.",
    ("round(2.5)", "2"),
    edges=(Edge((1,), 1, (0,), "flat on both sides"),),
    whole="rounded",
    derivative="0",
    overload=lambda x, decimals: f"RoundBackward{int(decimals != 0)}",
    samples=(([2, 3], 0), ([3], 1), ([3], -1)),
)


RULES.update({"log": log, "trunc": trunc, "round_half_even": round_half_even})
