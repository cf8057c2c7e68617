"""Bessel functions of real order, spherical and scaled ones, and Airy functions.

A derivative in x is a sum of neighbours (DLMF 10.6, 10.29, 10.51); scaled functions have their own kernels
where neighbours cancel. One in the order is an integral, as the function itself is (`bessel_orders`).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache, reduce
from operator import add
from typing import Any

import numpy as np

from gradcli.arrays import Array
from gradcli.engine.graph import Kernel, Node, number_in
from gradcli.engine.primitives import bessel_orders
from gradcli.engine.primitives import two_doubles as two
from gradcli.engine.primitives.arithmetic import where
from gradcli.engine.primitives.elementwise import absolute, exp, log, sign, sqrt
from gradcli.engine.primitives.entry import (
    Accuracy,
    Composite,
    Edge,
    Elementwise,
    Meaning,
    Unknown,
    differentiated,
)
from gradcli.engine.primitives.gamma import digamma, lgamma, rgamma
from gradcli.engine.primitives.power_series import Factor, in_pairs
from gradcli.engine.primitives.scipy_door import function, of_scipy
from gradcli.engine.primitives.shaping import stack
from gradcli.engine.primitives.two_doubles import on_elements, piecewise
from gradcli.text.errors import EvaluationError

INF = float("inf")

family = "Bessel functions"

# Kernels


def _over(numerator: Kernel, limit: float) -> Kernel:
    """f(x)/x, and its limit at 0."""

    def kernel(x: Array) -> Array:
        found: Array = numerator(x)
        return np.where(x == 0, limit, found / np.where(x == 0, 1.0, x))

    return on_elements(kernel)


def _scaled_derivative(n: int, order: int, x: Array) -> Array:
    """A derivative of exp(-x) Iₙ(x) for x > 0 and n = 0 or 1, in which I₁ - I₀ would cancel.

    exp(-x) Iₙ(x) = (1/π) ∫₀^π exp(-x (1 - cos t)) cos nt dt; by the midpoint rule, which is exact for a
    periodic function but for what its 128th harmonic has; and by DLMF 10.40.1 for large x.
    """

    def near(x: Array) -> Array:
        total = np.zeros_like(x)
        for k in range(64):
            t = math.pi * (k + 0.5) / 64
            lost = 2 * math.sin(t / 2) ** 2
            total += (-lost) ** order * math.cos(n * t) * np.exp(-x * lost)
        return total / 64

    def far(x: Array) -> Array:
        r = 1.0 / x
        c, total = 1.0, np.zeros_like(x)
        terms = [c]
        for k in range(1, 24):
            c *= -(4 * n * n - (2 * k - 1) ** 2) / (8 * k)
            terms.append(c)
        for k in range(23, -1, -1):
            total = total * r + math.prod(-(k + 0.5 + j) for j in range(order)) * terms[k]
        return total * r**order / np.sqrt(2 * math.pi * x)

    return piecewise([(x < 60, near), (True, far)], x)


_EULER = 0.5772156649015329


def _k0_near_zero(x: Array) -> Array:
    """-(log(x/2) + γ) I₀(x) + Σ Hₖ (x²/4)ᵏ/(k!)² (DLMF 10.31.2), for 0 < x ≤ 1: all terms are positive."""
    z = x * x / 4
    total, rest, term, harmonic = np.zeros_like(x), np.zeros_like(x), np.ones_like(x), 0.0
    for k in range(1, 14):
        term = term * z / (k * k)
        harmonic += 1 / k
        total += term * harmonic
        rest += term
    lead = -(np.log(x / 2) + _EULER)
    found: Array = lead + (lead * rest + total)
    return found


def _k0(x: Array) -> Array:
    return piecewise([((x > 0) & (x < 1), _k0_near_zero), (True, function("k0"))], x)


def _k0e(x: Array) -> Array:
    near = (x > 0) & (x < 1)
    return piecewise([(near, lambda x: _k0_near_zero(x) * np.exp(x)), (True, function("k0e"))], x)


def _scaled_modified(n: int, x: Array) -> Array:
    """exp(-|x|) Iₙ(x) for n = 0 and 1: by the power series, in terms of one sign, where SciPy has less."""

    def near(x: Array) -> Array:
        z = x * x / 4
        total, term = np.zeros_like(x), np.ones_like(x)
        for k in range(1, 40):
            term = term * z / (k * (k + n))
            total += term
        found: Array = (1.0 + total) * (x / 2 if n else 1.0) * np.exp(-np.abs(x))
        return found

    return piecewise([(np.abs(x) < 8, near), (True, function(f"i{n}e"))], x)


def _of_order_one(name: str) -> Kernel:
    """J₁ or I₁, which is x/2 near 0."""
    return on_elements(lambda x: piecewise([(np.abs(x) < 1e-9, lambda x: x / 2), (True, function(name))], x))


# Entries of whole orders 0 and 1

_FIRST = "Bessel function of the first kind of order {}."
_SECOND = "Bessel function of the second kind of order {}; nan for x < 0."

j1_over: Elementwise = Elementwise(
    "j1_over",
    _over(lambda x: function("j1")(x), 0.5),
    (lambda x: -jv(2.0, x) / x,),
    "x",
    public=False,
)
j0: Elementwise = Elementwise(
    "j0",
    of_scipy("j0"),
    (lambda x: -j1(x),),
    "x",
    _FIRST.format(0),
    ("j0(0)", "1"),
    aliases=("bessel_j0",),
    tested=((-1e4, 1e4),),
    reference="besselj(0, x)",
    family=family,
)
j1: Elementwise = Elementwise(
    "j1",
    _of_order_one("j1"),
    (lambda x: (j0(x) - jv(2.0, x)) / 2,),
    "x",
    _FIRST.format(1),
    ("j1(0)", "0"),
    aliases=("bessel_j1",),
    tested=((-1e4, 1e4),),
    reference="besselj(1, x)",
    family=family,
)
y0: Elementwise = Elementwise(
    "y0",
    of_scipy("y0"),
    (lambda x: -y1(x),),
    "x",
    _SECOND.format(0),
    ("y0(0)", "-inf"),
    aliases=("bessel_y0",),
    domain=((0, INF),),
    tested=((0, 1e4),),
    reference="bessely(0, x)",
    edges=(Edge((0,), -INF, (INF,), "the limit from the right"),),
    family=family,
)
y1: Elementwise = Elementwise(
    "y1",
    of_scipy("y1"),
    (lambda x: where(x.equals(0), -y1(x), where(x < 1, y0(x) - y1(x) / x, (y0(x) - yv(2.0, x)) / 2)),),
    "x",
    _SECOND.format(1),
    ("y1(0)", "-inf"),
    reads=(lambda x: y0(x) - y1(x) / x,),
    aliases=("bessel_y1",),
    domain=((0, INF),),
    tested=((1e-100, 1e4),),
    reference="bessely(1, x)",
    family=family,
)
i0: Elementwise = Elementwise(
    "i0",
    of_scipy("i0"),
    (lambda x: i1(x),),
    "x",
    "Modified Bessel function of the first kind of order 0.",
    ("i0(0)", "1"),
    aliases=("modified_bessel_i0",),
    domain=((-700, 700),),
    reference="besseli(0, x)",
    family=family,
    encloses="valley",
)
i1: Elementwise = Elementwise(
    "i1",
    _of_order_one("i1"),
    (lambda x: (i0(x) + iv(2.0, x)) / 2,),
    "x",
    "Modified Bessel function of the first kind of order 1.",
    ("i1(0)", "0"),
    aliases=("modified_bessel_i1",),
    domain=((-700, 700),),
    reference="besseli(1, x)",
    family=family,
)


def _scaled(
    name: str, n: int, alias: tuple[str, ...], reference: str, reads: Callable[[Node], Node]
) -> Elementwise:
    def slope(x: Node) -> Node:
        size = _scaled_slope(n, 1)(absolute(x))
        return sign(x) * size if n == 0 else size

    return Elementwise(
        name,
        on_elements(lambda x: _scaled_modified(n, x)),
        (slope,),
        "x",
        f"exp(-abs(x)) times the modified Bessel function of the first kind of order {n}.",
        (f"{name}(0)", str(1 - n)),
        aliases=alias,
        tested=((-1e4, 1e4),),
        reference=reference,
        reads=(reads,),
        edges=(Edge((0,), 1 - n, (0.0,) if n == 0 else (0.5,), "the subgradient of least norm"),)
        if n == 0
        else (),
        family=family,
    )


@cache
def _scaled_slope(n: int, order: int) -> Elementwise:
    return Elementwise(
        f"i{n}e_derivative_{order}",
        on_elements(lambda x: _scaled_derivative(n, order, x)),
        (lambda x: _scaled_slope(n, order + 1)(x),),
        written=f"{differentiated(f'i{n}e', *[0] * order)}(x)",
        public=False,
    )


i0e: Elementwise = _scaled(
    "i0e", 0, ("bessel_i0e",), "exp(-abs(x))*besseli(0, x)", lambda x: i1e(x) - sign(x) * i0e(x)
)
i1e: Elementwise = _scaled(
    "i1e", 1, ("bessel_i1e",), "exp(-abs(x))*besseli(1, x)", lambda x: i0e(x) - i1e(x) / x - sign(x) * i1e(x)
)

k0: Elementwise = Elementwise(
    "k0",
    on_elements(_k0),
    (lambda x: -k1(x),),
    "x",
    "Modified Bessel function of the second kind of order 0; nan for x < 0.",
    ("k0(inf)", "0"),
    aliases=("modified_bessel_k0",),
    domain=((0, 700),),
    reference="besselk(0, x)",
    edges=(Edge((0,), INF, (-INF,), "the limit from the right"),),
    family=family,
)
k1: Elementwise = Elementwise(
    "k1",
    of_scipy("k1"),
    (lambda x: -k0(x) - k1(x) / x,),
    "x",
    "Modified Bessel function of the second kind of order 1; nan for x < 0.",
    ("k1(inf)", "0"),
    aliases=("modified_bessel_k1",),
    domain=((0, 700),),
    tested=((1e-100, 700),),
    reference="besselk(1, x)",
    edges=(Edge((0,), INF, (-INF,), "the limit from the right"),),
    family=family,
)
k0e: Elementwise = Elementwise(
    "k0e",
    on_elements(_k0e),
    (lambda x: -_k_less(1, x),),
    "x",
    "exp(x) times the modified Bessel function of the second kind of order 0.",
    ("k0e(inf)", "0"),
    aliases=("scaled_modified_bessel_k0",),
    domain=((0, INF),),
    tested=((1e-100, 1e4),),
    reads=(lambda x: k0e(x) - k1e(x),),
    reference="exp(x)*besselk(0, x)",
    accuracy=(Accuracy("first", 6, "", "an integral in place of a difference"),),
    family=family,
)
k1e: Elementwise = Elementwise(
    "k1e",
    of_scipy("k1e"),
    (lambda x: _k_less(1, x) - k1e(x) / x,),
    "x",
    "exp(x) times the modified Bessel function of the second kind of order 1.",
    ("k1e(inf)", "0"),
    aliases=("scaled_modified_bessel_k1",),
    domain=((0, INF),),
    tested=((1e-100, 1e4),),
    reads=(lambda x: k1e(x) - k0e(x) - k1e(x) / x,),
    reference="exp(x)*besselk(1, x)",
    accuracy=(Accuracy("first", 6, "", "an integral in place of a difference"),),
    family=family,
)


@cache
def _k_less_entry(n: int) -> Elementwise:
    """∫ (cosh t - 1)ⁿ exp(-x (cosh t - 1)) dt: (-1)ⁿ times the nth derivative of exp(x) K₀(x)."""

    def by_quadrature(x: Array) -> Array:
        step = 2 * np.arcsinh(np.sqrt(24 / x)) / 64  # the integrand ends at 64 of them: exp(-48)
        total = np.full_like(x, 0.5 if n == 0 else 0.0)
        for k in range(1, 65):
            lost = 2 * np.sinh(k * step / 2) ** 2
            total += lost**n * np.exp(-x * lost)
        found: Array = total * step
        return found

    def near(x: Array) -> Array:
        k0, k1 = _k0e(x), function("k1e")(x)
        found: Array = k1 - k0 if n == 1 else 2 * (k0 - k1) + k1 / x
        return found

    def kernel(x: Array) -> Array:
        return piecewise(
            [
                ((x > 0) & (x < 0.5) & (n < 3), near),
                (x > 0, by_quadrature),
                (x == 0, lambda x: np.full_like(x, INF)),
            ],
            x,
        )

    return Elementwise(
        f"k0e_derivative_{n}",
        on_elements(kernel),
        (lambda x: -_k_less_entry(n + 1)(x),),
        "x",
        public=False,
    )


def _k_less(n: int, x: Node) -> Node:
    return _k_less_entry(n)(x)


# Entries of real order


_AMOS = "SciPy's own digits, which are those of the amplitude, or fewer where order and x are close"


class _RealOrder(Elementwise):
    """One whose orders 0, 1 and -1 are entries of their own, which are quicker and have more digits."""

    orders: dict[float, tuple[float, Elementwise]]

    def build(self, *arguments: Node) -> Node:
        return self(*arguments)

    def simplified(self, inputs: tuple[Node, ...]) -> Node | None:
        order = number_in(inputs[0])
        sign_of, entry = self.orders.get(order, (0.0, None)) if order is not None else (0.0, None)
        if entry is None:
            return super().simplified(inputs)
        return entry(inputs[1]) if sign_of > 0 else -entry(inputs[1])


def _real_order(
    name: str,
    letter: str,
    kind: str,
    slope: Callable[[Node, Node], Node],
    example: tuple[str, str],
    tested: Any,
    **about: Any,
) -> _RealOrder:
    if not about.get("reads"):
        about["reads"] = (about["order"], slope)
    kernel = about.pop("kernel")
    order = about.pop("order")
    near: Callable[[Node, Node], Node] | None = about.pop("near", None)

    def rule(v: Node, x: Node) -> Node:
        """The slope, which for small v is that of another pair of neighbours: v - 1 is rounded there."""
        known = number_in(v)
        if near is None or (known is not None and abs(known) >= 0.5):
            return slope(v, x)
        is_small = ~x.equals(0) if known is not None else (absolute(v) < 0.5) & ~x.equals(0)
        return where(is_small, near(v, x), slope(v, x))

    whole = about.pop("whole")
    entry = _RealOrder(
        name,
        kernel,
        (order, rule),
        "v, x",
        f"Bessel function {letter} of real order v: {kind}.",
        example,
        tested=tested,
        family=family,
        **about,
    )
    entry.orders = {order: (sign_of, each) for order, sign_of, each in whole}
    return entry


def _in_order(name: str, make: Callable[[int], Kernel], *, has_power: bool) -> Callable[[int], Elementwise]:
    """The derivatives of J or Y in its order; those in x are sums of neighbours (DLMF 10.6.1, 10.6.2).

    Where it is as a power of x near 0 (`has_power`), the slope is that of another pair for small v.
    """

    def slope(n: int, v: Node, x: Node) -> Node:
        beside = (in_order(n)(v - 1, x) - in_order(n)(v + 1, x)) / 2
        if not has_power:
            return beside
        power = (v * in_order(n)(v, x) + n * in_order(n - 1)(v, x)) / x
        is_small = (absolute(v) < 0.5) & ~x.equals(0)
        return where(is_small, power - in_order(n)(v + 1, x), beside)

    @cache
    def in_order(n: int) -> Elementwise:
        if n == 0:
            return jv if name == "jv" else yv
        return Elementwise(
            f"{name}_in_order_{n}",
            make(n),
            (lambda v, x: in_order(n + 1)(v, x), lambda v, x: slope(n, v, x)),
            "v, x",
            written=f"{differentiated(name, *[0] * n)}(v, x)",
            public=False,
        )

    return in_order


_j_in_order = _in_order("jv", bessel_orders.of_first_kind, has_power=True)
_y_in_order = _in_order("yv", bessel_orders.of_second_kind, has_power=False)


@cache
def _modified(name: str, n: int, j: int) -> Elementwise:
    """I_v(x), or exp(-abs(x)) I_v(x), differentiated n times in v and j times in x."""
    words = "" if j else f"{differentiated(name, *[0] * n)}(v, x)"
    return Elementwise(
        f"{name}_derivative_{n}_{j}",
        bessel_orders.modified(n, j, scaled=name == "ive"),
        (lambda v, x: _modified(name, n + 1, j)(v, x), lambda v, x: _modified(name, n, j + 1)(v, x)),
        "v, x",
        written=words,
        public=False,
    )


_j_over: Elementwise = Elementwise(
    "jv_over_x",
    on_elements(lambda v, x: np.asarray(bessel_orders.of_first_kind(0)(v, x)) / x),
    (
        lambda v, x: _j_in_order(1)(v, x) / x,
        lambda v, x: ((v - 1) * _j_over(v, x) - jv(v + 1, x)) / x,  # in one term where x is small
    ),
    "v, x",
    spelled=lambda v, x: jv(v, x) / x,
    written="(jv(v, x)/x)",
    public=False,
)
jv: _RealOrder = _real_order(
    "jv",
    "J",
    "the first kind",
    lambda v, x: (jv(v - 1, x) - jv(v + 1, x)) / 2,
    ("jv(0, 0)", "1"),
    ((0, 50), (0, 500)),
    kernel=bessel_orders.of_first_kind(0),
    order=lambda v, x: _j_in_order(1)(v, x),
    near=lambda v, x: v * _j_over(v, x) - jv(v + 1, x),
    aliases=("jn", "jve", "besselj"),
    whole=((0.0, 1.0, j0), (1.0, 1.0, j1), (-1.0, -1.0, j1)),
    reference="besselj(v, x)",
    accuracy=(
        Accuracy(
            "second", INF, "x < 1e-150 and v == 0", "0 times 1/x**2, which is beyond the largest double"
        ),
    ),
)
yv: _RealOrder = _real_order(
    "yv",
    "Y",
    "the second kind",
    lambda v, x: where(
        x.equals(0) & ~yv(v, x).equals(0), -yv(v, x), (yv(v - 1, x) - yv(v + 1, x)) / 2
    ),  # at 0 the neighbours would be infinite both
    ("yv(0, 0)", "-inf"),
    ((0, 50), (0.01, 500)),
    kernel=bessel_orders.of_second_kind(0),
    order=lambda v, x: _y_in_order(1)(v, x),
    reads=(lambda v, x: _y_in_order(1)(v, x), lambda v, x: (yv(v - 1, x) - yv(v + 1, x)) / 2),
    aliases=("yn", "yve", "bessely"),
    meanings=(
        Meaning(
            "scipy.special", "cuts its order to a whole number, which is real here", names="yn", kept=True
        ),
    ),
    domain=((-INF, INF), (0, INF)),
    whole=((0.0, 1.0, y0), (1.0, 1.0, y1), (-1.0, -1.0, y1)),
    reference="bessely(v, x)",
    accuracy=(
        Accuracy(
            "first", 20, "", "the slope is a difference of neighbours, which are close where v is near x"
        ),
        Accuracy("second", 1e5, "v < 0.1 and x < 0.1", "the slope in both is what is left of terms in 1/x"),
    ),
)
iv: _RealOrder = _real_order(
    "iv",
    "I",
    "the modified one of the first kind",
    lambda v, x: (iv(v - 1, x) + iv(v + 1, x)) / 2,
    ("iv(0, 0)", "1"),
    ((1, 50), (0, 500)),
    kernel=bessel_orders.modified(0),
    order=lambda v, x: _modified("iv", 1, 0)(v, x),
    near=lambda v, x: v * (iv(v, x) / x) + iv(v + 1, x),
    aliases=("besseli",),
    whole=((0.0, 1.0, i0), (1.0, 1.0, i1), (-1.0, 1.0, i1)),
    reference="besseli(v, x)",
)
ive: _RealOrder = _real_order(
    "ive",
    "I",
    "the modified one of the first kind, times exp(-abs(x))",
    lambda v, x: _modified("ive", 0, 1)(v, x),
    ("ive(0, 0)", "1"),
    ((1, 50), (0, 500)),
    kernel=bessel_orders.modified(0, scaled=True),
    order=lambda v, x: _modified("ive", 1, 0)(v, x),
    whole=((0.0, 1.0, i0e), (1.0, 1.0, i1e), (-1.0, 1.0, i1e)),
    reads=(
        lambda v, x: _modified("ive", 1, 0)(v, x),
        lambda v, x: (ive(v - 1, x) + ive(v + 1, x)) / 2 - sign(x) * ive(v, x),
    ),
    reference="exp(-x)*besseli(v, x)",
)


@cache
def _k_scaled(n: int, j: int) -> Elementwise:
    """exp(x) K_v(x), differentiated n times in v and j times in x, but for the sign."""
    words = "" if j else f"{differentiated('kve', *[0] * n)}(v, x)"
    return Elementwise(
        f"kve_derivative_{n}_{j}",
        bessel_orders.k_integral(n, j),
        (lambda v, x: _k_scaled(n + 1, j)(v, x), lambda v, x: -_k_scaled(n, j + 1)(v, x)),
        "v, x",
        written=words,
        public=False,
    )


kv: _RealOrder = _real_order(
    "kv",
    "K",
    "the modified one of the second kind",
    lambda v, x: -(kv(v - 1, x) + kv(v + 1, x)) / 2,
    ("kv(0.5, inf)", "0"),
    ((-10, 50), (1e-3, 600)),
    kernel=bessel_orders.second_modified("kv", lambda x: np.exp(-x)),
    order=lambda v, x: exp(-x) * _k_scaled(1, 0)(v, x),
    aliases=("kn", "besselk"),
    meanings=(
        Meaning(
            "scipy.special", "cuts its order to a whole number, which is real here", names="kn", kept=True
        ),
    ),
    domain=((-INF, INF), (0, INF)),
    whole=((0.0, 1.0, k0), (1.0, 1.0, k1), (-1.0, 1.0, k1)),
    reference="besselk(v, x)",
)
kve: _RealOrder = _real_order(
    "kve",
    "K",
    "the modified one of the second kind, times exp(x)",
    lambda v, x: -_k_scaled(0, 1)(v, x),
    ("kve(0.5, inf)", "0"),
    ((-10, 50), (1e-3, 600)),
    kernel=bessel_orders.second_modified("kve", np.ones_like),
    order=lambda v, x: _k_scaled(1, 0)(v, x),
    reads=(
        lambda v, x: _k_scaled(1, 0)(v, x),
        lambda v, x: kve(v, x) - (kve(v - 1, x) + kve(v + 1, x)) / 2,
    ),
    domain=((-INF, INF), (0, INF)),
    whole=((0.0, 1.0, k0e), (1.0, 1.0, k1e), (-1.0, 1.0, k1e)),
    reference="exp(x)*besselk(v, x)",
)

# Struve functions


def _struve_beyond(n: int, sign_of: float, v: Array, x: Array) -> Array:
    """(1/π) Σ (-s)ᵏ Γ(k+1/2) (x/2)^(v-2k-1)/Γ(v+1/2-k), n times differentiated in v, for large x.

    1/Γ(v+1/2-k) is 1/Γ(v+5/2) times a polynomial in v, which is carried with its derivatives.
    """
    none = np.zeros_like(v)

    def times(terms: list[Array], root: float) -> list[Array]:
        """A polynomial and its derivatives, times v - root."""
        return [(v - root) * each + k * (terms[k - 1] if k else none) for k, each in enumerate(terms)]

    terms = [none + 1.0, none, none][: n + 1]
    for root in (-1.5, -0.5):
        terms = times(terms, root)
    total = [each.copy() for each in terms]
    scale, least = none + 1.0, none + INF
    for k in range(1, 80):
        terms = times(terms, k - 0.5)
        scale = scale * -sign_of * (k - 0.5) * 4.0 / (x * x)
        size = np.max([np.abs(scale * each) for each in terms], axis=0)
        here = (size < least) | (v > k - 0.5)  # the terms grow again in the end
        least = np.where(here, size, -INF)
        total = [sum_ + np.where(here, scale * each, 0.0) for sum_, each in zip(total, terms, strict=True)]
    rate = np.log(x / 2.0) - function("psi")(v + 2.5)
    front = np.exp((v - 1.0) * np.log(x / 2.0)) * function("rgamma")(v + 2.5) / math.sqrt(math.pi)
    found: Array = total[0]
    if n == 1:
        found = rate * total[0] + total[1]
    if n == 2:
        bend = rate * rate - function("polygamma")(1, v + 2.5)
        found = bend * total[0] + 2.0 * rate * total[1] + total[2]
    return front * found


def _struve_in_order(name: str, sign_of: float, n: int) -> Kernel:
    """A Struve function, n times differentiated in its order (DLMF 11.2.1, 11.2.2).

    It is (x/2)^(v+1)/(Γ(3/2) Γ(v+3/2)) times Σ (±x²/4)ᵏ/((3/2)ₖ (v+3/2)ₖ), in two doubles, as terms cancel.
    """
    most = _STRUVE_END if n or sign_of < 0 else 700.0

    def series(v: Array, x: Array) -> Array:
        none = np.zeros_like(x)
        shifted = two.add(v, none + 1.5)
        square = two.multiply(x, x)
        z = (sign_of * square[0] / 4, sign_of * square[1] / 4)
        below = [Factor(none + 1.5, (0,)), Factor(shifted, (1,))]
        sums = in_pairs([Factor(none + 1.0, (0,))], below, z, (n,))
        half = two.sum_(two.log((x, none)), (none - two.LN2[0], none - two.LN2[1]))
        size = two.times(two.add(v, none + 1.0), half)
        for each in ((none + 1.5, none), shifted):
            size = two.sum_(size, two.negative(two.log_gamma(each)))
        total = sums[(n,)]
        if n:  # of what stands before the series, in two doubles as well, since the terms of I cancel here
            weight = two.sum_(half, two.negative(two.digamma(shifted)))
            total = two.sum_(total, two.times((n * weight[0], n * weight[1]), sums[(n - 1,)]))
        if n == 2:
            spread = two.sum_(two.times(weight, weight), (-function("polygamma")(1, v + 1.5), none))
            total = two.sum_(total, two.times(spread, sums[(0,)]))
        return two.exp(size) * two.joined(*total)

    of_bessel = bessel_orders.of_second_kind(n) if sign_of < 0 else bessel_orders.modified(n, 0, scaled=False)

    def far(v: Array, x: Array) -> Array:
        """By Y_v(x), or I_(-v)(x), and a sum in powers of 1/x (DLMF 11.6.1, 11.6.2)."""
        beside = np.asarray(of_bessel(v if sign_of < 0 else -v, x))
        if sign_of > 0:
            beside = (-1.0) ** n * beside
        found: Array = beside - sign_of * _struve_beyond(n, sign_of, v, x)
        return found

    def kernel(v: Array, x: Array) -> Array:
        is_far = (v > -1.5) & (v < _STRUVE_END) & (x >= _STRUVE_END) & (x < 1e8)
        is_near = (v > -1.5) & (v < 500) & (x > 0) & (x < most)
        if n or sign_of < 0:  # of great order few terms cancel below it, and beyond it Y is no longer great
            great = (v >= _STRUVE_END) & (v < _STRUVE_GREAT)
            is_near |= great & (x > 0) & (x < (v if sign_of < 0 else 700.0))
            is_far |= great & (sign_of < 0) & (x >= v) & (x >= _STRUVE_END) & (x < 1e8)
        pieces = [(is_near, series)]
        if n or sign_of < 0:
            pieces.insert(0, (is_far, far))
        if not n:
            pieces.append(((np.abs(v) < _LONG) | (np.abs(x) < 1e8), function(name)))
        return piecewise(pieces, v, x)

    return on_elements(kernel)


_GREAT_NEIGHBOURS = "next to order 0 the slope in the order is as 1/x, and its neighbours are as exp(x)"
_FACTORS_END = 100.0
_STRUVE_GREAT = 150.0
_STRUVE_END = 35.0
"""Beyond this, what is left of the terms has no digits, in two doubles either."""


def _struve_first(v: Array, x: Array) -> Array:
    def inside(v: Array, x: Array) -> Array:
        none = np.zeros_like(x)
        half = two.sum_(two.log((x, none)), (none - two.LN2[0], none - two.LN2[1]))
        size = two.negative(two.log_gamma(two.add(v, none + 1.5)))
        return two.exp(two.sum_(two.times((v, none), half), size)) / math.sqrt(math.pi)

    fine = (v > 0) & (v < INF) & (x < INF)
    return piecewise([(fine & (x > 0), inside), (fine & (x == 0), lambda v, x: np.zeros_like(x))], v, x)


struve_first: Elementwise = Elementwise(
    "struve_first",
    on_elements(_struve_first),
    (
        lambda v, x: struve_first(v, x) * (log(x / 2) - digamma(v + 1.5)),
        lambda v, x: where(x.equals(0), 0, struve_first(v, x) * (v / x)),
    ),
    "v, x",
    spelled=lambda v, x: exp(v * log(x / 2) - lgamma(v + 1.5)) / math.sqrt(math.pi),
    written="(exp(v*log(x/2) - lgamma(v + 1.5))/sqrt(pi))",
    public=False,
)
"""(x/2)^v/(√π Γ(v+3/2)) for great v, which may be a double where neither factor is."""


def _struve_rest(v: Node, x: Node) -> Node:
    """What the neighbours leave out of the slope (DLMF 11.4.25), as it reads."""
    order = number_in(v)
    if order is not None and order > _FACTORS_END:
        return struve_first(v, x)
    return (x / 2) ** v * rgamma(v + 1.5) / math.sqrt(math.pi)


def _struve(name: str, letter: str, sign_of: int, alias: str, example: tuple[str, str]) -> Elementwise:
    def rest(v: Node, x: Node) -> Node:
        plain = _struve_rest(v, x)
        return plain if number_in(v) is not None else where(v > _FACTORS_END, struve_first(v, x), plain)

    def slope(v: Node, x: Node, rest: Callable[[Node, Node], Node] = rest) -> Node:
        return (entry(v - 1, x) + sign_of * entry(v + 1, x) + rest(v, x)) / 2

    def mixed(v: Node, x: Node) -> Node:
        first = in_order(1)
        more = rest(v, x) * (log(x / 2) - digamma(v + 1.5))
        return (first(v - 1, x) + sign_of * first(v + 1, x) + more) / 2

    @cache
    def in_order(n: int) -> Elementwise:
        return Elementwise(
            f"{name}_in_order_{n}",
            _struve_in_order(name, sign_of, n),
            (Unknown(name, "v", "of third order"), Unknown(name, "x", "of third order"))
            if n == 2
            else (lambda v, x: in_order(n + 1)(v, x), mixed),
            "v, x",
            written=f"{differentiated(name, *[0] * n)}(v, x)",
            public=False,
        )

    beyond = f"x > {_STRUVE_END - 1:g}"
    entry: Elementwise = Elementwise(
        name,
        _struve_in_order(name, sign_of, 0),
        (lambda v, x: in_order(1)(v, x), lambda v, x: slope(v, x)),
        "v, x",
        f"{letter} of real order v; its derivative in v is nan where v is beyond {_STRUVE_GREAT:g} "
        f"and x beyond {_STRUVE_END:g}.",
        example,
        aliases=(alias,),
        tested=((0, 10), (0.01, 50)),
        reads=(lambda v, x: in_order(1)(v, x), lambda v, x: slope(v, x, _struve_rest)),
        reference=f"{alias}(v, x)",
        accuracy=(
            Accuracy("value", 80, beyond, "the sum of a Bessel function and an asymptotic series"),
            Accuracy("first", 400, "", "a sum of neighbours; in the order terms cancel beyond x = 10"),
            Accuracy("second", 4e4, "", "neighbours cancel, for small x and in the order"),
            Accuracy("second", 1e6, "x > 8", "neighbours cancel in the order"),
            *((Accuracy("second", INF, "x > 8 and v < 1", _GREAT_NEIGHBOURS),) if sign_of > 0 else ()),
        ),
        family=family,
    )
    return entry


_struve("struve", "Struve function H", -1, "struveh", ("struve(0, 0)", "0"))
_struve("modstruve", "Modified Struve function L", 1, "struvel", ("modstruve(0, 0)", "0"))

# Spherical Bessel functions


def _spherical_near_zero(sign_of: float, n: Array, x: Array) -> Array:
    """xⁿ/(2n+1)!! Σ (±x²/2)ᵏ/(k! (2n+3)…(2n+2k+1)) (DLMF 10.53), where little cancels in it."""
    z = sign_of * x * x / 2
    total, term = np.ones_like(x), np.ones_like(x)
    for k in range(1, 32):
        term = term * z / (k * (2 * n + 2 * k + 1))
        total += term
    for k in range(1, int(min(n.max(), _ALL_FACTORS)) + 1):
        total = np.where(k <= n, total * (x / (2 * k + 1)), total)
    return total


_ALL_FACTORS = 1000
"""More than bring a spherical function near 0 below all doubles, where x² < 2n + 25."""

_LONG = 1e6
"""Orders from which on recurrences of SciPy's take too long."""


class _Spherical(Elementwise):
    """A spherical function, or its derivative where SciPy's last argument asks for that."""

    def build(self, *arguments: Any) -> Node:
        n, x, derivative = (*arguments, False)[:3]
        node = self.apply(n, x)
        found = self.partial(node, 1) if derivative else node
        assert found is not None
        return found


def _spherical(name: str, kind: str, slope: Any, example: tuple[str, str], **about: Any) -> Elementwise:
    real = f"{name[-2]}v"

    def kernel(n: Array, x: Array) -> Array:
        regular = {"spherical_jn": -1.0, "spherical_in": 1.0}.get(name)
        reach = x * x < (25.0 if name == "spherical_in" else n + 1.0)
        near = reach & (regular is not None) & (n >= 0)
        found = piecewise(
            [
                (near, lambda n, x: _spherical_near_zero(regular or 1.0, n, x)),
                ((n >= 0) & (n < _LONG), lambda n, x: function(name)(n.astype(int), x)),
                (n >= _LONG, lambda n, x: np.sqrt(math.pi / 2 / x) * function(real)(n + 0.5, x)),
            ],
            n,
            x,
        )
        return np.where(n == np.floor(n), found, np.nan)

    return _Spherical(
        name,
        on_elements(kernel),
        (Unknown(name, "n", "its order is a whole number"), slope),
        "n, x, derivative=False",
        f"Spherical Bessel function of whole order n: {kind}.",
        example,
        holds={"derivative": "truth"},
        family=family,
        **about,
    )


def _spherical_slope(of: Elementwise, first: float, second: float, at_zero: float, n: Node, x: Node) -> Node:
    """The sum of neighbours that the derivative is, with these signs (DLMF 10.51.2, 10.51.5)."""
    neighbours = n * of(n - 1, x) + second * (n + 1) * of(n + 1, x)
    return where(n > 0, first * neighbours / (2 * n + 1), at_zero * of(1.0, x))


spherical_jn: Elementwise = _spherical(
    "spherical_jn",
    "the first kind",
    lambda n, x: _spherical_slope(spherical_jn, 1.0, -1.0, -1.0, n, x),
    ("spherical_jn(0, 0)", "1"),
    tested=(range(8), (0, 500)),
    reference="sqrt(pi/(2*x))*besselj(n + mpf(1)/2, x)",
    accuracy=(
        Accuracy("value", 12, "", _AMOS),
        Accuracy("first", 12, "", _AMOS),
        Accuracy("second", 20, "", _AMOS),
    ),
)
spherical_yn: Elementwise = _spherical(
    "spherical_yn",
    "the second kind",
    lambda n, x: _spherical_slope(spherical_yn, 1.0, -1.0, -1.0, n, x),
    ("spherical_yn(0, 1)", "-0.5403023058681398"),
    tested=(range(8), (1e-3, 500)),
    reference="sqrt(pi/(2*x))*bessely(n + mpf(1)/2, x)",
)
spherical_in: Elementwise = _spherical(
    "spherical_in",
    "the modified one of the first kind",
    lambda n, x: _spherical_slope(spherical_in, 1.0, 1.0, 1.0, n, x),
    ("spherical_in(0, 0)", "1"),
    tested=(range(8), (0, 500)),
    reference="sqrt(pi/(2*x))*besseli(n + mpf(1)/2, x)",
)
spherical_kn: Elementwise = _spherical(
    "spherical_kn",
    "the modified one of the second kind",
    lambda n, x: _spherical_slope(spherical_kn, -1.0, 1.0, -1.0, n, x),
    ("spherical_kn(0, 1)", "0.5778636748954609"),
    tested=(range(8), (1e-3, 500)),
    reference="sqrt(pi/(2*x))*besselk(n + mpf(1)/2, x)",
)
Composite(
    "spherical_bessel_j0",
    "x",
    lambda x: spherical_jn(0.0, x),
    "Spherical Bessel function of the first kind of order 0, sin(x)/x.",
    ("spherical_bessel_j0(0)", "1"),
    tested=((1e-3, 50),),
    reference="sin(x)/x",
    family=family,
)

# Airy functions: whose second derivative is x times themselves.

family = "Airy functions"

_AIRY = (("airyai", "airyaip", "Ai", 0), ("airybi", "airybip", "Bi", 2))


def _bi_beyond(place: int) -> Kernel:
    """SciPy's, but where it ends too early: from 103 on by Bi and its exponent, exp(2/3 x^(3/2))."""

    def kernel(x: Array) -> Array:
        def far(x: Array) -> Array:
            half = np.exp(x * np.sqrt(x) / 3)
            found: Array = function("airye")(x)[place] * half * half
            return found

        return piecewise([(x < 103, lambda x: function("airy")(x)[place]), (True, far)], x)

    return on_elements(kernel)


_airy_accuracy = (
    Accuracy("value", 60, "", _AMOS),
    Accuracy("first", 60, "", _AMOS),
    Accuracy("second", 80, "", _AMOS),
)


def _airy(kind: int) -> tuple[Elementwise, Elementwise]:
    name, slope_name, letters, place = _AIRY[kind]
    slope: Elementwise = Elementwise(
        slope_name,
        _bi_beyond(place + 1) if kind else of_scipy("airy", place + 1),
        (lambda x: x * value(x),),
        "x",
        f"Derivative of the Airy function {letters}.",
        (f"{slope_name}(1)", "-0.15914744129679328" if kind == 0 else "0.9324359333927756"),
        tested=((-200, 100),),
        reference=f"{'airyai' if kind == 0 else 'airybi'}(x, derivative=1)",
        accuracy=_airy_accuracy,
        family=family,
    )
    value: Elementwise = Elementwise(
        name,
        _bi_beyond(place) if kind else of_scipy("airy", place),
        (lambda x: slope(x),),
        "x",
        f"Airy function {letters}.",
        (f"{name}(1)", "0.13529241631288147" if kind == 0 else "1.2074235949528715"),
        aliases=("airy_ai",) if kind == 0 else ("airy_bi",),
        tested=((-200, 100),),
        reference=f"{name}(x)",
        accuracy=_airy_accuracy,
        family=family,
    )
    return value, slope


airyai, airyaip = _airy(0)
airybi, airybip = _airy(1)
Composite(
    "airy",
    "x",
    lambda x: stack((airyai(x), airyaip(x), airybi(x), airybip(x))),
    "The Airy functions Ai, Ai', Bi and Bi' of x, along a new first axis.",
    ("airy(1)[0]", "0.13529241631288147"),
    samples=(([3],), ([2, 3],)),
    numpy="stack(__import__('scipy.special', fromlist=['airy']).airy(x))",
    family=family,
    derivative="those of each: that of Ai is Ai', and that of Ai' is x*Ai",
)


def _airye(x: Node) -> Node:
    """By Bessel functions that are scaled as well (DLMF 9.6), but near 0; what is complex is nan."""
    near = x < 1
    inside, positive = where(near, x, 0), where(near & (x > 0), x, 0)
    power, of_bi = (exp(each * sqrt(each) * (2 / 3)) for each in (inside, positive))
    far = where(near, 1, x)
    at = far * sqrt(far) * (2 / 3)
    root, slope = sqrt(far / 3), far / math.sqrt(3.0)
    parts = (
        (airyai(x) * power, root * kve(1 / 3, at) / math.pi),
        (airyaip(x) * power, -slope * kve(2 / 3, at) / math.pi),
        (airybi(x) / of_bi, root * (ive(-1 / 3, at) + ive(1 / 3, at))),
        (airybip(x) / of_bi, slope * (ive(-2 / 3, at) + ive(2 / 3, at))),
    )
    return stack([where(near, below, above) for below, above in parts])


Composite(
    "airye",
    "x",
    _airye,
    "The Airy functions Ai and Ai' times exp(2/3*x**1.5), and Bi and Bi' divided by it where x is positive, "
    "along a new first axis.",
    ("airye(0)[0]", "0.3550280538878172"),
    samples=((np.array([0.5, 1.5, 3.0]),),),
    numpy="stack(__import__('scipy.special', fromlist=['airye']).airye(x))",
    family=family,
    derivative="those of each, with that of the factor",
)

# Derivatives of Bessel functions as SciPy spells them

family = "Bessel functions"


def _derivatives(name: str, of: _RealOrder, letter: str, before: float, behind: float, at: str) -> None:
    """The nth derivative, from the second on a sum over neighbours (DLMF 10.6.7, 10.29.5).

    `before` and `behind` are the factors of both neighbours in the first one.
    """

    def build(v: Node, z: Node, n: int) -> Node:
        if n < 0:
            raise EvaluationError(f"{name} is a derivative of order n, and {n} is negative")
        if n == 0:
            return of(v, z)
        weights = [math.comb(n, k) * before ** (n - k) * behind**k for k in range(n + 1)]
        return reduce(add, (weight * of(v - n + 2 * k, z) for k, weight in enumerate(weights)))

    neighbours = f"({before}*bessel{letter}(v - 1, z) + {behind}*bessel{letter}(v + 1, z))"
    Composite(
        name,
        "v, z, n=1",
        build,
        f"The nth derivative of {of.name}(v, z) in z, for real order v.",
        (f"scipy.special.{name}(0, 1)" if name == "jvp" else f"{name}(0, 1)", at),
        tested=((0.5, 30), (0.5, 60)),
        reference=neighbours,
        accuracy=(
            Accuracy("first", 8, "", "a sum of neighbours"),
            Accuracy("second", 16, "", "a sum of neighbours"),
        ),
        holds={"n": "integer"},
        family=family,
    )


_derivatives("jvp", jv, "j", 0.5, -0.5, "-0.44005058574493355")
_derivatives("yvp", yv, "y", 0.5, -0.5, "0.7812128213002888")
_derivatives("ivp", iv, "i", 0.5, 0.5, "0.5651591039924851")
_derivatives("kvp", kv, "k", -0.5, -0.5, "-0.6019072301972346")
