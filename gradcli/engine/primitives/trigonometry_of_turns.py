"""Circular functions of angles in half turns and in degrees, exact at the points that people name."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradcli.arrays import Array
from gradcli.engine.primitives import complex_kernels
from gradcli.engine.primitives.entry import Composite, Elementwise
from gradcli.engine.primitives.kernels import _sin_cos_pi as sin_cos_pi
from gradcli.engine.primitives.two_doubles import on_elements

PI = math.pi
DEGREE = math.pi / 180

family = "trigonometry"


def _sinpi(x: Array) -> Array:
    sine, _ = sin_cos_pi(np.abs(x))
    return np.where(np.isinf(x), np.nan, np.where(x < 0, -sine, sine) + 0.0)


def _cospi(x: Array) -> Array:
    _, cosine = sin_cos_pi(np.abs(x))
    return np.where(np.isinf(x), np.nan, cosine + 0.0)


def _in_degrees(x: Array) -> tuple[Array, Array]:
    """Sine and cosine of |x| degrees: reduced to a turn, and folded to at most 45 degrees, both exactly."""
    a = np.fmod(np.abs(x), 360.0)
    quarter = np.floor((a + 45.0) / 90.0)
    r = (a - 90.0 * quarter) * DEGREE
    # The rounding of π/180 and of the product is put back by the low part.
    sine, cosine = np.sin(r), np.cos(r)
    q = quarter % 4
    return (
        np.choose(q.astype(np.intp) % 4, [sine, cosine, -sine, -cosine]),
        np.choose(q.astype(np.intp) % 4, [cosine, -sine, -cosine, sine]),
    )


def _quarter_exact(a: Array, exact: Any, y: Array) -> Array:
    """Where a multiple of 30 degrees has a sine of exactly 1/2, that."""
    return np.where(exact, np.copysign(0.5, y), y) + 0.0


def _sindg(x: Array) -> Array:
    finite = np.where(np.isinf(x), np.nan, x)
    sine, _ = _in_degrees(np.where(np.isnan(finite), 0.0, finite))
    y = _quarter_exact(x, np.isin(np.fmod(np.abs(x), 180.0), (30.0, 150.0)), sine)
    return np.where(np.isnan(finite), np.nan, np.where(x < 0, -y, y) + 0.0)


def _cosdg(x: Array) -> Array:
    finite = np.where(np.isinf(x), np.nan, x)
    _, cosine = _in_degrees(np.where(np.isnan(finite), 0.0, finite))
    y = _quarter_exact(x, np.isin(np.fmod(np.abs(x), 180.0), (60.0, 120.0)), cosine)
    return np.where(np.isnan(finite), np.nan, y)


def _tandg(x: Array) -> Array:
    y = _sindg(x) / _cosdg(x)
    return np.where(np.fmod(np.abs(x), 90.0) == 45.0, np.rint(y), y)


def _cotdg(x: Array) -> Array:
    y = _cosdg(x) / _sindg(x)
    return np.where(np.fmod(np.abs(x), 90.0) == 45.0, np.rint(y), y)


sinpi: Elementwise = Elementwise(
    "sinpi",
    on_elements(_sinpi),
    (lambda x: PI * cospi(x),),
    "x",
    "Sine of pi*x, exactly 0 at whole numbers.",
    ("sinpi(1/2)", "1"),
    tested=((-1e6, 1e6),),
    reference="sinpi(x)",
    family=family,
    analytic=complex_kernels.scaled(np.sin, PI),
)
cospi: Elementwise = Elementwise(
    "cospi",
    on_elements(_cospi),
    (lambda x: -PI * sinpi(x),),
    "x",
    "Cosine of pi*x, exactly 0 at halves.",
    ("cospi(1/2)", "0"),
    tested=((-1e6, 1e6),),
    reference="cospi(x)",
    family=family,
    analytic=complex_kernels.scaled(np.cos, PI),
)
tanpi: Elementwise = Elementwise(
    "tanpi",
    on_elements(lambda x: _sinpi(x) / _cospi(x)),
    (lambda x: PI / cospi(x) ** 2,),
    "x",
    "Tangent of pi*x.",
    ("tanpi(0)", "0"),
    poles="1/2 + k",
    tested=((-1e6, 1e6),),
    reference="sinpi(x)/cospi(x)",
    family=family,
    analytic=complex_kernels.scaled(np.tan, PI),
)
sindg: Elementwise = Elementwise(
    "sindg",
    on_elements(_sindg),
    (lambda x: DEGREE * cosdg(x),),
    "x",
    "Sine of x degrees.",
    ("sindg(30)", "0.5"),
    aliases=("sind",),
    tested=((-1e6, 1e6),),
    reference="sinpi(x/180)",
    family=family,
    analytic=complex_kernels.scaled(np.sin, DEGREE),
)
cosdg: Elementwise = Elementwise(
    "cosdg",
    on_elements(_cosdg),
    (lambda x: -DEGREE * sindg(x),),
    "x",
    "Cosine of x degrees.",
    ("cosdg(60)", "0.5"),
    aliases=("cosd",),
    tested=((-1e6, 1e6),),
    reference="cospi(x/180)",
    family=family,
    analytic=complex_kernels.scaled(np.cos, DEGREE),
)
tandg: Elementwise = Elementwise(
    "tandg",
    on_elements(_tandg),
    (lambda x: DEGREE / cosdg(x) ** 2,),
    "x",
    "Tangent of x degrees.",
    ("tandg(45)", "1"),
    aliases=("tand",),
    poles="90 + k*180",
    tested=((-1e6, 1e6),),
    reference="sinpi(x/180)/cospi(x/180)",
    family=family,
    analytic=complex_kernels.scaled(np.tan, DEGREE),
)
cotdg: Elementwise = Elementwise(
    "cotdg",
    on_elements(_cotdg),
    (lambda x: -DEGREE / sindg(x) / sindg(x),),
    "x",
    "Cotangent of x degrees.",
    ("cotdg(45)", "1"),
    aliases=("cotd",),
    domain=((0, 180),),
    poles="k*180",
    reference="cospi(x/180)/sinpi(x/180)",
    reads=(lambda x: -DEGREE / sindg(x) ** 2,),
    family=family,
)
Composite(
    "radian",
    "d, m, s",
    lambda d, m, s: (d + (m / 60 + s / 3600)) * DEGREE,
    "Degrees, minutes and seconds of an angle in radians.",
    ("radian(0, 0, 0)", "0"),
    tested=((-360, 360), (0, 60), (0, 60)),
    reference="(d + m/60 + s/3600)*pi/180",
    holds={"d": None},
    family=family,
)
