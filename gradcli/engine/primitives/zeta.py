"""The zeta functions, the polylogarithm, and Lambert's W."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np

from gradcli.arrays import Array
from gradcli.engine.graph import Kernel, Node, as_node
from gradcli.engine.primitives import two_doubles as two
from gradcli.engine.primitives.arithmetic import where
from gradcli.engine.primitives.elementwise import exp
from gradcli.engine.primitives.entry import (
    Accuracy,
    Composite,
    Edge,
    Elementwise,
    Unknown,
    differentiated,
)
from gradcli.engine.primitives.kernels import _sin_cos_pi as sin_cos_pi
from gradcli.engine.primitives.quadrature import half_line
from gradcli.engine.primitives.scipy_door import function, of_scipy
from gradcli.engine.primitives.two_doubles import on_elements, piecewise
from gradcli.text.errors import EvaluationError

INF = float("inf")

family = "zeta functions and Lambert's W"

# Kernels


def _zeta(s: Array, q: Array) -> Array:
    zeta = function("zeta")
    return piecewise([(q == 1, lambda s, q: zeta(s)), (True, zeta)], s, q)


# B₂ⱼ/(2j)!
_EULER_MACLAURIN = (
    8.333333333333333e-02, -1.388888888888889e-03, 3.306878306878307e-05, -8.267195767195768e-07,
    2.087675698786810e-08, -5.284190138687493e-10, 1.338253653068468e-11, -3.389680296322583e-13,
    8.586062056277845e-15, -2.174868698558062e-16,
)  # fmt: skip
_SUMMED = 12


def _zeta_in_s(order: int) -> Kernel:
    """The derivatives of ζ(s, q) in s for q > 0."""

    def kernel(s: Array, q: Array) -> Array:
        y = piecewise(
            [
                ((q == 1) & (s < -0.5), lambda s, q: _zeta_reflected(order, s)),
                ((q > 0) & (s != 1), lambda s, q: _zeta_summed(order, s, q)),
            ],
            s,
            q,
        )
        return np.where((s == 1) & (q > 0), (-1.0) ** (order + 1) * INF, y)

    return on_elements(kernel)


def _zeta_summed(order: int, s: Array, q: Array) -> Array:
    """By the formula of Euler and Maclaurin, differentiated."""
    total = np.zeros_like(s)
    for k in range(_SUMMED):
        total += (-np.log(q + k)) ** order * (q + k) ** -s
    a = q + _SUMMED
    lg = -np.log(a)
    # Each term is a^(1-s-m) times a polynomial or 1/(s-1); jets hold its derivatives over k!.
    power = [lg**k / math.factorial(k) for k in range(order + 1)]
    inverse = [(-1.0) ** k / (s - 1.0) ** (k + 1) for k in range(order + 1)]
    total += math.factorial(order) * a ** (1.0 - s) * _product(power, inverse)[order]
    total += math.factorial(order) * a**-s / 2 * power[order]
    rising = [s, np.ones_like(s), *[np.zeros_like(s)] * (order - 1)][: order + 1]
    for j, c in enumerate(_EULER_MACLAURIN, 1):
        total += math.factorial(order) * c * a ** (1.0 - s - 2 * j) * _product(power, rising)[order]
        for m in (2 * j - 1, 2 * j):
            factor = [s + m, np.ones_like(s), *[np.zeros_like(s)] * (order - 1)][: order + 1]
            rising = _product(rising, factor)
    return total


_LOG_2_PI = math.log(2 * math.pi)


def _zeta_reflected(order: int, s: Array) -> Array:
    """Of Riemann's zeta function below 0, 2 (2π)^(s-1) sin(πs/2) Γ(1-s) ζ(1-s) (DLMF 25.4.1), differentiated.

    Euler and Maclaurin's series diverges there before its terms are small.
    """
    t = 1.0 - s
    sine, cosine = sin_cos_pi(s / 2.0)
    turns = (sine, cosine, -sine, -cosine)
    wave = [turns[k % 4] * (math.pi / 2) ** k / math.factorial(k) for k in range(order + 1)]
    rest = [(-1.0) ** k * _zeta_summed(k, t, np.ones_like(t)) / math.factorial(k) for k in range(order + 1)]
    # The logarithm of (2π)^s Γ(1-s), whose jet is made an exponential's: k gₖ is the sum of j lⱼ gₖ₋ⱼ.
    logs = [np.zeros_like(s), _LOG_2_PI - function("psi")(t)]
    logs += [(-1.0) ** k * function("polygamma")(k - 1, t) / math.factorial(k) for k in range(2, order + 1)]
    growth: list[Any] = [np.ones_like(s)]
    for k in range(1, order + 1):
        growth.append(sum(j * logs[j] * growth[k - j] for j in range(1, k + 1)) / k)
    # (2π)^-t Γ(t) in two halves, as Γ(t) alone ends at t = 171.6.
    half = (2 * math.pi) ** (-t / 2)
    size = 2.0 * np.where(
        t < 171,
        half * function("gamma")(np.minimum(t, 171.0)) * half,
        np.exp(function("gammaln")(t) - t * _LOG_2_PI),
    )
    found: Array = size * math.factorial(order) * _product(_product(wave, rest), growth)[order]
    return found


def _product(a: list[Any], b: list[Any]) -> list[Any]:
    """The product of two power series, each to the same order."""
    return [sum(a[i] * b[k - i] for i in range(k + 1)) for k in range(len(a))]


_E = (math.e, 1.4456468917292502e-16)
_NEAR_BRANCH = 0.3


def _from_branch_point(x: Array) -> Array:
    """1 + e x, with e in two parts."""
    h, l = two.multiply(x, np.full_like(x, _E[0]))  # noqa: E741
    s, lost = two.add(np.ones_like(x), h)
    return s + (lost + l + x * _E[1])


def _above_least(q: Array, upper: bool) -> Array:
    """d = 1 + W from q = 1 + e x near 0: Newton's method on 1 + (d-1) exp(d) = q, as Σ (k-1) dᵏ/k!."""
    root = np.sqrt(2.0 * np.maximum(q, 0.0))
    p = root if upper else -root
    d = p * (1.0 - p * (1.0 / 3 - p * (11.0 / 72 - p * 43.0 / 540)))
    for _ in range(5):
        total = np.zeros_like(d)
        for k in range(30, 1, -1):
            total = (total + (k - 1) / math.factorial(k)) * (d if k > 2 else d * d)
        slope = d * np.exp(d)
        d = d - np.where(slope == 0, 0.0, (total - q) / np.where(slope == 0, 1.0, slope))
    return np.where(q < 0, np.nan, d)


def _lambertw(branch: int, distance: bool) -> Kernel:
    def near(x: Array) -> Array:
        d = _above_least(_from_branch_point(x), branch == 0)
        return d if distance else d - 1.0

    def far(x: Array) -> Array:
        w: Array = np.real(function("lambertw")(x, branch))
        return 1.0 + w if distance else w

    def at_end(x: Array) -> Array:
        """Of -1e-290 and less, by Newton's method on w + log(-w) = log(-x)."""
        whole = np.log(-x)
        w = whole - np.log(-whole)
        for _ in range(4):
            w = w - (w + np.log(-w) - whole) * w / (1.0 + w)
        return 1.0 + w if distance else w

    def kernel(x: Array) -> Array:
        q = _from_branch_point(x)
        if branch == 0:
            pieces: list[Any] = [(q < _NEAR_BRANCH, near), (x < INF, far), (True, lambda x: x)]
        else:
            pieces = [
                (q < _NEAR_BRANCH, near),
                (x < -1e-290, far),
                (x < 0, at_end),
                (x == 0, lambda x: np.full_like(x, -INF)),
            ]
        return piecewise(pieces, x)

    return on_elements(kernel)


def _second_kind(n: int, k: int) -> int:
    """Stirling's numbers of the second kind."""
    signed: int = sum((-1) ** i * math.comb(k, i) * (k - i) ** n for i in range(k + 1))
    return signed // math.factorial(k)


def _polylog_beyond_one(s: Array, z: Array, r: int, j: int) -> Array:
    """Li_s(z) for s ≥ 1, differentiated r times in s and j times in z.

    It is j!/Γ(s) ∫₀^∞ t^(s-1) exp(-t) w g(t) dt (DLMF 25.12.11) with g = exp((1-j)t)/(1 - z exp(-t))^(j+1), a
    further z if j is 0, and the weight w = 1, L = log t - ψ(s), or L² - ψ₁(s). The mean of the weights is 0,
    so that g less any constant serves: less g where L is 0, which gives the integrand of the first one sign.
    """
    psi = function("psi")(s) if r else np.zeros_like(s)
    spread = function("polygamma")(1, s) if r == 2 else np.zeros_like(s)
    middle = np.exp(psi)

    def gap(t: Array) -> Array:
        found: Array = np.where(z < 0, 1.0 - z * np.exp(-t), (1.0 - z) - z * np.expm1(-t))
        return found

    def shape(t: Array) -> Array:
        found: Array = np.exp((1 - j) * t) / gap(t) ** (j + 1) if j else z / gap(t)
        return found

    at_middle, gap_there = shape(middle), gap(middle)

    def less(t: Array) -> Array:
        """g less what it is in the middle."""
        if j > 1:
            apart: Array = shape(t) - at_middle
            return apart
        # 1/q - 1/p, or 1/q² - 1/p², in the difference of exp(-t) and that of the middle.
        q, p = gap(t), gap_there
        apart = z * (np.exp(-middle) * np.expm1(middle - t))
        found: Array = z * apart / (q * p) if j == 0 else apart * (1.0 / q + 1.0 / p) / (q * p)
        return found

    def integrand(t: Array) -> Array:
        if not r:
            weighed = shape(t)
        else:
            distance = np.log(t) - psi
            weighed = (distance if r == 1 else distance * distance - spread) * less(t)
        found: Array = np.power(t, s - 1.0) * np.exp(-t) * weighed
        return found

    integral = half_line(integrand, np.maximum(np.maximum(1.0, s / 6.0), np.log(1.0 - z)), fine=True)
    found: Array = integral * (math.factorial(j) * function("rgamma")(s))
    return found


def _polylog(r: int, j: int) -> Kernel:
    """Li_s(z) and its derivatives: by its series near 0, and for s < 1 by z d/dz, which lowers s by 1."""

    def series(s: Array, z: Array) -> Array:
        total, power = np.zeros_like(s), np.ones_like(s)
        for k in range(j, 120):
            if k:
                total += power * (math.perm(k, j) * (-math.log(k)) ** r) * np.power(float(k), -s)
            power = power * z
        return total

    def below_one(s: Array, z: Array) -> Array:
        lowered = np.ceil(1.0 - s)
        found = np.zeros_like(s)
        for n in np.unique(lowered).astype(int).tolist():
            here = lowered == n
            at, to = z[here], s[here] + n
            total = np.zeros_like(at)
            for k in range(1, n + 1):
                for i in range(min(j, k) + 1):
                    factor = _second_kind(n, k) * math.comb(j, i) * math.perm(k, i)
                    total += factor * at ** (k - i) * _polylog_beyond_one(to, at, r, k + j - i)
            found[here] = total
        return found

    def at_one(s: Array, z: Array) -> Array:
        if r:
            found: Array = np.where(s > 1, zeta_in_s(1).ufunc(np.where(s > 1, s, 2.0), z), -INF)
            return found
        return np.where(s > 1 + j, function("zeta")(np.maximum(s - j, 1.0)), INF)

    def kernel(s: Array, z: Array) -> Array:
        inside = (z < 1) & (z > -1e10)  # beyond that the integrand turns between two nodes
        keeps_digits = (z > 0) | ((s > -4) & (z > -100))  # elsewhere the terms of the sum cancel
        return piecewise(
            [
                ((np.abs(z) < 0.5) & (s > -6) & (s < 150), series),
                ((np.abs(z) <= 1) & (s >= 15) & (s < 150), series),
                (inside & (s >= 1) & (s < 150), lambda s, z: _polylog_beyond_one(s, z, r, j)),
                (inside & (s < 1) & (s > -20) & keeps_digits, below_one),
                ((z == 1) & (r + j < 2), at_one),
            ],
            s,
            z,
        )

    return on_elements(kernel)


# Entries


class _Zeta(Elementwise):
    """ζ(s, q), of which Riemann's is the one with q = 1."""

    def build(self, *arguments: Any) -> Node:
        s, q = arguments
        return self.apply(s, as_node(1.0) if q is None else q)


@cache
def zeta_in_s(order: int) -> Elementwise:
    def in_q(s: Node, q: Node) -> Node:
        before = zeta(s + 1, q) if order == 1 else zeta_in_s(order - 1)(s + 1, q)
        return -order * before - s * zeta_in_s(order)(s + 1, q)

    return Elementwise(
        f"zeta_in_s_{order}",
        _zeta_in_s(order),
        (lambda s, q: zeta_in_s(order + 1)(s, q), in_q),
        "s, q",
        written=f"{differentiated('zeta', *(0,) * order)}(s, q)",
        public=False,
    )


zeta: _Zeta = _Zeta(
    "zeta",
    on_elements(_zeta),
    (lambda s, q: zeta_in_s(1)(s, q), lambda s, q: -s * zeta(s + 1, q)),
    "s, q=None",
    "Zeta function, the sum of 1/(q + k)**s over k = 0, 1, …: Riemann's where q is 1, as it is if left out.",
    ("zeta(2)", "1.6449340668482264"),
    aliases=("hurwitz_zeta",),
    domain=((1, INF), (0, INF)),
    tested=((1.0001, 50), (0.01, 100)),
    reference="zeta(s, q)",
    family=family,
)


Composite(
    "zetac",
    "x",
    lambda x: where(x > 1, zeta(where(x > 1, x, 2.0), 2.0), zeta(x, 1.0) - 1),
    "Riemann's zeta function less 1, with its digits for large x too.",
    ("zetac(0)", "-1.5"),
    domain=((1, INF),),
    tested=((1.0001, 700),),
    reference="zeta(x, 2)",
    derivative="that of zeta",
    family=family,
)


@cache
def _polylog_derivative(r: int, j: int) -> Elementwise:
    def in_s(s: Node, z: Node) -> Node:
        if r == 2:
            return Unknown("polylog", "s", "of third order")(s, z)
        return _polylog_derivative(r + 1, j)(s, z)

    return Elementwise(
        f"polylog_derivative_{r}_{j}",
        _polylog(r, j),
        (in_s, lambda s, z: _polylog_derivative(r, j + 1)(s, z)),
        "s, z",
        written=f"{differentiated('polylog', *[0] * r, *[1] * j)}(s, z)",
        public=False,
    )


_OPPOSITE = "terms of opposite signs"

polylog: Elementwise = Elementwise(
    "polylog",
    _polylog(0, 0),
    (lambda s, z: _polylog_derivative(1, 0)(s, z), lambda s, z: _polylog_derivative(0, 1)(s, z)),
    "s, z",
    "Polylogarithm Li_s(z) for -1e10 < z <= 1, the sum of z**k/k**s over k = 1, 2, …; -20 < s < 150, and nan "
    "where digits are lost: for s < 1 below z = -100, and for s <= -4 below z = 0 but near it.",
    ("polylog(2, 0)", "0"),
    domain=((-20, 150), (-1e10, 1)),
    tested=((-4, 20), (-0.8, 0.8)),
    reference="polylog(s, z)",
    accuracy=(
        Accuracy("value", 15, "s < 1 and z < 0", _OPPOSITE),
        Accuracy("first", 80, "s < 1 and z < 0", _OPPOSITE),
        Accuracy("second", 100, "s < 1 and z < 0", _OPPOSITE),
    ),
    reads=(lambda s, z: _polylog_derivative(1, 0)(s, z), lambda s, z: polylog(s - 1, z) / z),
    family=family,
)


def _w_entry(branch: int) -> tuple[Elementwise, Elementwise]:
    name = "lambertw" if branch == 0 else "lambertwm1"

    def slope(x: Node) -> Node:
        if branch:
            return lower_slope(x)
        return where(x < 1, exp(-w(x)) / d(x), w(x) / (x * d(x)))

    def lower_kernel(x: Array) -> Array:
        found: Array = _lambertw(branch, False)(x) / _lambertw(branch, True)(x) / x
        return found

    lower_slope: Elementwise = Elementwise(
        f"{name}_slope",
        on_elements(lower_kernel),
        (lambda x: -(lower_slope(x) ** 2) * ((d(x) + 1) / d(x)),),
        "x",
        written=f"({name}(x)/(x*({name}(x) + 1)))",
        public=False,
    )
    d: Elementwise = Elementwise(
        f"{name}_distance",
        _lambertw(branch, True),
        (slope,),
        "x",
        written=f"({name}(x) + 1)",
        public=False,
    )
    w: Elementwise = _W(
        name,
        _lambertw(branch, False),
        (slope,),
        "x, k=0" if branch == 0 else "x",
        "Lambert's W: the w >= -1 with w*exp(w) = x, and with k = -1 the one below."
        if branch == 0
        else "The lower real branch of Lambert's W: the w <= -1 with w*exp(w) = x.",
        ("lambertw(0)", "0") if branch == 0 else ("lambertwm1(-0.1)", "-3.577152063957297"),
        aliases=("productlog",) if branch == 0 else (),
        domain=((-1 / math.e, INF if branch == 0 else 0),),
        tested=((-1 / math.e, 1e100 if branch == 0 else 0),),
        reference="lambertw(x)" if branch == 0 else "lambertw(x, -1)",
        reads=(lambda x: 1 / (exp(w(x)) * (1 + w(x))),),
        edges=(Edge((0,), 0, (1,), "the limit"),) if branch == 0 else (),
        holds={"k": "integer"},
        family=family,
    )
    return w, d


class _W(Elementwise):
    """W with its branch as SciPy's second argument: 0 or -1."""

    def build(self, *arguments: Any) -> Node:
        x, branch = arguments[0], arguments[1] if len(arguments) > 1 else 0
        if branch not in (0, -1):
            raise EvaluationError(
                f"lambertw of branch {branch} is complex: real are 0 and -1",
                hint="leave k out, or write k=-1",
            )
        return (lambertwm1 if branch else self).apply(x)


lambertw, _ = _w_entry(0)
lambertwm1, _ = _w_entry(-1)


def _wright_slope(x: Array) -> Array:
    found = function("wrightomega")(x)
    return np.where(found == INF, 1.0, found / (1.0 + found))


wright_slope: Elementwise = Elementwise(
    "wright_slope",
    on_elements(_wright_slope),
    (lambda x: wright_slope(x) / (1 + wrightomega(x)) ** 2,),
    "x",
    written="(wrightomega(x)/(1 + wrightomega(x)))",
    public=False,
)
wrightomega: Elementwise = Elementwise(
    "wrightomega",
    of_scipy("wrightomega"),
    (lambda x: wright_slope(x),),
    "x",
    "Wright's omega function, the w at which w + log(w) is x: lambertw(exp(x)).",
    ("wrightomega(1)", "1"),
    tested=((-700, 1e4),),
    reference="lambertw(exp(x))",
    reads=(lambda x: wrightomega(x) / (1 + wrightomega(x)),),
    family=family,
    encloses="rising",
)
