"""Elliptic integrals and Jacobi's elliptic functions, of the parameter m = k².

All derivatives of the integrals, of any order and in every argument, are integrals of one family, whose
integrands have one sign where n, m ≤ 1:

    G(φ, n, m) = ∫₀^φ sin²ᵃθ (1 - n sin²θ)⁻ʲ (1 - m sin²θ)⁻ᵇ dθ        F: a=0, j=0, b=1/2

With sin²θ = s²/(1 + t) it is Carlson's (DLMF 19.25), for which `quadrature.of_powers` is:

    G = s²ᵃ⁺¹/2 ∫₀^∞ (t+1)^(j+b-a-1) (t+1-ns²)⁻ʲ (t+1-ms²)⁻ᵇ (t+c²)^(-1/2) dt,  s = sin φ, c = cos φ.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np

from gradcli.arrays import Array
from gradcli.engine.graph import Kernel, Node, as_node
from gradcli.engine.primitives.elementwise import absolute, sin, sqrt
from gradcli.engine.primitives.entry import Accuracy, Composite, Edge, Elementwise, Meaning, differentiated
from gradcli.engine.primitives.quadrature import of_powers
from gradcli.engine.primitives.scipy_door import function, of_scipy
from gradcli.engine.primitives.shaping import stack
from gradcli.engine.primitives.two_doubles import on_elements, piecewise

INF = float("inf")

family = "elliptic integrals and functions"

_PI = (3.141592653589793, 1.2246467991473532e-16)


# Kernels


def _less(n: Array, s: Array, c: Array) -> Array:
    """1 - n s², with c = sqrt(1 - s²): a sum of one sign for n ≤ 1."""
    found: Array = c * c + (1.0 - n) * (s * s)
    return found


def _part(a: int, j: int, b: float, s: Array, c: Array, n: Array, m: Array) -> Array:
    """G from 0 to an angle of sine s and cosine c ≥ 0."""
    one = np.ones_like(s)
    factors = [(one, 1.0 + a - j - b), (c * c, 0.5)]
    at_n, at_m = _less(n, s, c), _less(m, s, c)
    factors += [(at_n, float(j))] * (j > 0) + [(at_m, b)]

    def inside(*places: Array) -> Array:
        return of_powers([(each, power) for each, (_, power) in zip(places, factors, strict=True)])

    places = [place for place, _ in factors]
    fine = ((at_m > 0) | ((b < 0) & (at_m == 0))) & ((at_n > 0) | (j == 0))
    # At the end of the quarter itself, what diverges is infinite; where n or m is, the integrand is 0 or is.
    poles = (at_m >= 0) & ((at_n >= 0) | (j == 0))
    beyond = INF if b < 0 else 0.0
    found = piecewise(
        [
            (fine & ((at_m == INF) | (at_n == INF)), lambda *each: np.full_like(each[0], beyond)),
            (fine, inside),
            (poles, lambda *each: np.full_like(each[0], INF)),
        ],
        *places,
    )
    result: Array = np.where(s == 0, 0.0, s ** (2 * a + 1) / 2.0 * found)
    return result


def _whole(a: int, j: int, b: float) -> Kernel:
    """G(π/2, n, m)."""

    def kernel(n: Array, m: Array) -> Array:
        return _part(a, j, b, np.ones_like(m), np.zeros_like(m), n, m)

    return on_elements(kernel)


def _turns(phi: Array) -> tuple[Array, Array]:
    """φ as a number of half turns and what is left, between -π/2 and π/2."""
    turns = np.where(np.abs(phi) <= math.pi / 2, 0.0, np.rint(phi / math.pi))
    turns = np.where(np.isfinite(turns), turns, 0.0)
    return turns, (phi - turns * _PI[0]) - turns * _PI[1]


def _up_to(a: int, j: int, b: float) -> Kernel:
    """G(φ, n, m)."""

    def kernel(phi: Array, n: Array, m: Array) -> Array:
        turns, rest = _turns(phi)
        found = _part(a, j, b, np.sin(rest), np.abs(np.cos(rest)), n, m)
        beyond = turns != 0
        if beyond.any():
            one = np.ones_like(phi[beyond])
            found[beyond] += 2.0 * turns[beyond] * _part(a, j, b, one, 0.0 * one, n[beyond], m[beyond])
        return found

    return on_elements(kernel)


def _delta_square(n: Array, phi: Array) -> Array:
    return _less(n, np.sin(phi), np.cos(phi))


# The integrand, and its integrals

delta_square: Elementwise = Elementwise(
    "delta_square",
    on_elements(_delta_square),
    (lambda n, phi: -(sin(phi) ** 2), lambda n, phi: -n * sin(2 * phi)),
    "n, phi",
    spelled=lambda n, phi: 1 - n * sin(phi) ** 2,
    written="(1 - n*sin(phi)**2)",
    public=False,
)


def _integrand(a: int, j: int, b: float, phi: Node, n: Node, m: Node) -> Node:
    found = delta_square(m, phi) ** -b
    if j:
        found = found / delta_square(n, phi) ** j
    return sin(phi) ** (2 * a) * found if a else found


@cache
def incomplete(a: int, j: int, b: float) -> Elementwise:
    """G(φ, n, m), and its derivatives, which are its kin."""
    words, reads = _READS.get((a, j, b), ("", None))
    return Elementwise(
        f"elliptic_integral_{a}_{j}_{b}",
        _up_to(a, j, b),
        (
            lambda phi, n, m: _integrand(a, j, b, phi, n, m),
            (lambda phi, n, m: j * incomplete(a + 1, j + 1, b)(phi, n, m)) if j else None,
            lambda phi, n, m: b * incomplete(a + 1, j, b + 1)(phi, n, m),
        ),
        "phi, n, m",
        reads=reads,
        written=words,
        public=False,
    )


@cache
def complete(a: int, j: int, b: float) -> Elementwise:
    """G(π/2, n, m), and its derivatives, which are its kin."""
    words, reads = _READS_OF_COMPLETE.get((a, j, b), ("", None))
    return Elementwise(
        f"complete_elliptic_integral_{a}_{j}_{b}",
        _whole(a, j, b),
        (
            (lambda n, m: j * complete(a + 1, j + 1, b)(n, m)) if j else None,
            lambda n, m: b * complete(a + 1, j, b + 1)(n, m),
        ),
        "n, m",
        reads=reads,
        written=words,
        public=False,
    )


@cache
def _near_one(a: int, b: float) -> Elementwise:
    """∫₀^π/2 sin²ᵃθ (cos²θ + p sin²θ)⁻ᵇ dθ."""

    def kernel(p: Array) -> Array:
        one = np.ones_like(p)
        factors = ((one, 1.0 + a - b), (0.0 * one, 0.5))
        return piecewise(
            [
                (
                    (p > 0) & (p < INF),
                    lambda p: of_powers([(each[: len(p)], power) for each, power in factors] + [(p, b)]) / 2,
                ),
                (p == 0, lambda p: np.full_like(p, INF)),
                (p == INF, lambda p: 0.0 * p),
            ],
            p,
        )

    return Elementwise(
        f"elliptic_integral_near_one_{a}_{b}",
        on_elements(kernel),
        (lambda p: -b * _near_one(a + 1, b + 1)(p),),
        "p",
        public=False,
    )


# Derivatives for reading (DLMF 19.4), in which terms cancel


def _delta(phi: Node, m: Node) -> Node:
    return sqrt(1 - m * sin(phi) ** 2)


def _reads_of_d(phi: Node, m: Node) -> Node:
    whole = ellipeinc(phi, m) - sin(2 * phi) / (2 * _delta(phi, m))
    return (whole / (2 * (1 - m)) - incomplete(1, 0, 0.5)(phi, as_node(0.0), m)) / m


def _reads_of_pi_in_n(phi: Node, n: Node, m: Node) -> Node:
    first = ellipeinc(phi, m) + (m - n) / n * ellipkinc(phi, m)
    third = (n**2 - m) / n * incomplete(0, 1, 0.5)(phi, n, m)
    rest = n * _delta(phi, m) * sin(2 * phi) / (2 * (1 - n * sin(phi) ** 2))
    return (first + third - rest) / (2 * (m - n) * (n - 1))


def _reads_of_pi_in_m(phi: Node, n: Node, m: Node) -> Node:
    rest = m * sin(2 * phi) / (2 * (m - 1) * _delta(phi, m))
    return (ellipeinc(phi, m) / (m - 1) + incomplete(0, 1, 0.5)(phi, n, m) - rest) / (2 * (n - m))


def _reads_of_whole_pi_in_n(n: Node, m: Node) -> Node:
    first = ellipe(m) + (m - n) / n * ellipk(m)
    return (first + (n**2 - m) / n * complete(0, 1, 0.5)(n, m)) / (2 * (m - n) * (n - 1))


_READS: dict[tuple[int, int, float], tuple[str, Any]] = {
    (1, 0, 0.5): (
        "ellipdinc(phi, m)",
        (lambda phi, n, m: sin(phi) ** 2 / _delta(phi, m), None, lambda phi, n, m: _reads_of_d(phi, m)),
    ),
    (0, 1, 0.5): (
        "ellippi(n, phi, m)",
        (
            lambda phi, n, m: 1 / ((1 - n * sin(phi) ** 2) * _delta(phi, m)),
            _reads_of_pi_in_n,
            _reads_of_pi_in_m,
        ),
    ),
}
_READS_OF_COMPLETE: dict[tuple[int, int, float], tuple[str, Any]] = {
    (1, 0, 0.5): (
        "ellipd(m)",
        (None, lambda n, m: (ellipe(m) / (2 * (1 - m)) - complete(1, 0, 0.5)(n, m)) / m),
    ),
    (0, 1, 0.5): (
        "ellippi(n, m)",
        (
            _reads_of_whole_pi_in_n,
            lambda n, m: (ellipe(m) / (m - 1) + complete(0, 1, 0.5)(n, m)) / (2 * (n - m)),
        ),
    ),
}
"""How those of the family that have a name are written, and their partials: of the others none is reached."""


# Entries

_PARAMETER = "of the parameter m = k**2"

ellipk: Elementwise = Elementwise(
    "ellipk",
    of_scipy("ellipk"),
    (lambda m: 0.5 * complete(1, 0, 1.5)(as_node(0.0), m),),
    "m",
    f"Complete elliptic integral of the first kind, K, {_PARAMETER}: ellipkinc at pi/2.",
    ("ellipk(0)", "1.5707963267948966"),
    aliases=("elliptic_k",),
    domain=((-INF, 1),),
    tested=((-1e6, 1),),
    reference="ellipk(m)",
    reads=(lambda m: (ellipe(m) / (1 - m) - ellipk(m)) / (2 * m),),
    edges=(Edge((1,), INF, (INF,), "the limit from below"),),
    family=family,
)
ellipkm1: Elementwise = Elementwise(
    "ellipkm1",
    of_scipy("ellipkm1"),
    (lambda p: -0.5 * _near_one(1, 1.5)(p),),
    "p",
    "Complete elliptic integral of the first kind of 1 - p, with its digits where p is small.",
    ("ellipkm1(1)", "1.5707963267948966"),
    holds={"p": None},
    domain=((0, INF),),
    tested=((1e-300, 1e6),),
    reference="ellipk(1 - p)",
    reads=(lambda p: (ellipkm1(p) - ellipe(1 - p) / p) / (2 * (1 - p)),),
    edges=(Edge((0,), INF, (-INF,), "the limit from above"),),
    family=family,
)


ellipe: Elementwise = Elementwise(
    "ellipe",
    of_scipy("ellipe"),
    (lambda m: -0.5 * complete(1, 0, 0.5)(as_node(0.0), m),),
    "m",
    f"Complete elliptic integral of the second kind, E, {_PARAMETER}: ellipeinc at pi/2.",
    ("ellipe(1)", "1"),
    domain=((-INF, 1),),
    tested=((-1e6, 1),),
    reference="ellipe(m)",
    reads=(lambda m: (ellipe(m) - ellipk(m)) / (2 * m),),
    edges=(Edge((1,), 1, (-INF,), "the limit from below"),),
    meanings=(
        Meaning(
            "mpmath",
            "takes an angle first, too: ellipe(phi, m)",
            "phi, m=None",
            lambda phi, m: _elliptic_e(phi, m),
        ),
    ),
    family=family,
)
ellipkinc: Elementwise = Elementwise(
    "ellipkinc",
    of_scipy("ellipkinc"),
    (
        lambda phi, m: delta_square(m, phi) ** -0.5,
        lambda phi, m: 0.5 * incomplete(1, 0, 1.5)(phi, as_node(0.0), m),
    ),
    "phi, m",
    f"Elliptic integral of the first kind, F, {_PARAMETER}: of 1/sqrt(1 - m*sin(t)**2) from 0 to phi.",
    ("ellipkinc(1, 0)", "1"),
    aliases=("ellipf", "elliptic_f"),
    domain=((-INF, INF), (-INF, 1)),
    tested=((-20, 20), (-100, 0.999)),
    reference="ellipf(phi, m)",
    reads=(
        lambda phi, m: 1 / _delta(phi, m),
        lambda phi, m: (
            ((ellipeinc(phi, m) - m * sin(2 * phi) / (2 * _delta(phi, m))) / (1 - m) - ellipkinc(phi, m))
            / (2 * m)
        ),
    ),
    family=family,
)
ellipeinc: Elementwise = Elementwise(
    "ellipeinc",
    of_scipy("ellipeinc"),
    (
        lambda phi, m: delta_square(m, phi) ** 0.5,
        lambda phi, m: -0.5 * incomplete(1, 0, 0.5)(phi, as_node(0.0), m),
    ),
    "phi, m",
    f"Elliptic integral of the second kind, E, {_PARAMETER}: of sqrt(1 - m*sin(t)**2) from 0 to phi.",
    ("ellipeinc(1, 0)", "1"),
    domain=((-INF, INF), (-INF, 1)),
    tested=((-20, 20), (-100, 0.999)),
    reference="ellipe(phi, m)",
    reads=(
        lambda phi, m: _delta(phi, m),
        lambda phi, m: (ellipeinc(phi, m) - ellipkinc(phi, m)) / (2 * m),
    ),
    family=family,
)


def _elliptic_e(phi: Node, m: Node | None) -> Node:
    return ellipe(phi) if m is None else ellipeinc(phi, m)


def _elliptic_pi(n: Node, phi: Node, m: Node | None) -> Node:
    return complete(0, 1, 0.5)(n, phi) if m is None else incomplete(0, 1, 0.5)(phi, n, m)


Composite(
    "elliptic_e",
    "phi, m=None",
    _elliptic_e,
    "Elliptic integral of the second kind in SymPy's spelling: ellipeinc(phi, m), ellipe(m) of one number.",
    ("elliptic_e(1)", "1"),
    domain=((-INF, INF), (-INF, 1)),
    tested=((-20, 20), (-100, 0.999)),
    reference="ellipe(phi, m)",
    family=family,
)
Composite(
    "ellippi",
    "n, phi, m=None",
    _elliptic_pi,
    f"Elliptic integral of the third kind, Pi, {_PARAMETER}: of 1/((1 - n*sin(t)**2)*sqrt(1 - m*sin(t)**2)) "
    "from 0 to phi; ellippi(n, m) is the complete one, up to pi/2. nan beyond a pole.",
    ("ellippi(0.5, 0, 0.5)", "0"),
    aliases=("elliptic_pi",),
    domain=((-INF, 1), (-INF, INF), (-INF, 1)),
    tested=((-20, 0.99), (-1.5, 1.5), (-20, 0.99)),
    reference="elliptic_pi(n, phi, m)",
    family=family,
)
Composite(
    "ellipd",
    "m",
    lambda m: complete(1, 0, 0.5)(as_node(0.0), m),
    f"Complete elliptic integral D = (K - E)/m, {_PARAMETER}, with its digits near 0.",
    ("ellipd(0)", "0.7853981633974483"),
    aliases=("elliptic_d",),
    domain=((-INF, 1),),
    tested=((-1e6, 1),),
    reference="(ellipk(m) - ellipe(m))/m",
    family=family,
)
Composite(
    "ellipdinc",
    "phi, m",
    lambda phi, m: incomplete(1, 0, 0.5)(phi, as_node(0.0), m),
    f"Elliptic integral D, {_PARAMETER}: the integral of sin(t)**2/sqrt(1 - m*sin(t)**2) to phi.",
    ("ellipdinc(0, 0.5)", "0"),
    domain=((-INF, INF), (-INF, 1)),
    tested=((-20, 20), (-100, 0.999)),
    reference="elliptic_d(phi, m)",
    family=family,
)


# Carlson's symmetric integrals


def _of_places(powers: tuple[float, ...], lead: float, factor: float = 1.0) -> Kernel:
    """∫₀^∞ t^lead Π (t + x)^(-b) dt, with the power b of each argument."""

    def kernel(*places: Array) -> Array:
        fine = np.all([(x >= 0) & (x < INF) for x in places], axis=0)
        least = sum(np.where(x == 0, b, 0.0) for x, b in zip(places, powers, strict=True))
        diverges = fine & (least >= 1.0 + lead)
        finite = fine & ~diverges

        def inside(*places: Array) -> Array:
            return factor * of_powers(list(zip(places, powers, strict=True)), lead)

        return piecewise([(diverges, lambda x, *_: np.full_like(x, INF)), (finite, inside)], *places)

    return on_elements(kernel)


@cache
def _carlson(powers: tuple[float, ...], lead: float = 0.0) -> Elementwise:
    """The same as an entry, and its derivatives, which are its kin."""

    def slope(place: int) -> Callable[..., Node]:
        more = tuple(b + (k == place) for k, b in enumerate(powers))
        return lambda *places: -powers[place] * _carlson(more, lead)(*places)

    return Elementwise(
        f"carlson_{'_'.join(map(str, powers))}_{lead}",
        _of_places(powers, lead),
        tuple(slope(place) for place in range(len(powers))),
        ", ".join("xyzp"[: len(powers)]),
        holds={"p": None},
        public=False,
    )


def _symmetric(
    name: str,
    letter: str,
    powers: tuple[float, ...],
    factor: float,
    integrand: str,
    example: str,
    reads: Sequence[Callable[..., Node]],
) -> Elementwise:
    names = "xyzp"[: len(powers)]

    def slope(place: int) -> Callable[..., Node]:
        more = tuple(b + (k == place) for k, b in enumerate(powers))
        return lambda *places: (-factor * powers[place]) * _carlson(more)(*places)

    return Elementwise(
        name,
        of_scipy(name) if len(powers) < 4 else _of_places(powers, 0.0, factor),  # SciPy's R_J has less
        tuple(slope(place) for place in range(len(powers))),
        ", ".join(names),
        f"Carlson's elliptic integral {letter}: {integrand} from 0 to inf.",
        (example, "1"),
        domain=((0, INF),) * len(powers),
        tested=((1e-6, 1e6),) * len(powers),
        reference=f"{name}({', '.join(names)})",
        reads=tuple(reads),
        holds={"p": None},
        family=family,
    )


elliprf: Elementwise = _symmetric(
    "elliprf",
    "R_F",
    (0.5, 0.5, 0.5),
    0.5,
    "of 1/(2*sqrt((t + x)*(t + y)*(t + z)))",
    "elliprf(1, 1, 1)",
    (
        lambda x, y, z: -elliprd(y, z, x) / 6,
        lambda x, y, z: -elliprd(x, z, y) / 6,
        lambda x, y, z: -elliprd(x, y, z) / 6,
    ),
)
elliprc: Elementwise = _symmetric(
    "elliprc",
    "R_C",
    (0.5, 1.0),
    0.5,
    "of 1/(2*(t + y)*sqrt(t + x))",
    "elliprc(1, 1)",
    (lambda x, y: -elliprd(y, y, x) / 6, lambda x, y: -elliprd(x, y, y) / 3),
)


def _reads_of_d_in(x: Node, y: Node, z: Node) -> Node:
    """The derivative of R_D in x, a divided difference."""
    return (elliprd(x, y, z) - elliprd(y, z, x)) / (2 * (z - x))


elliprd: Elementwise = _symmetric(
    "elliprd",
    "R_D",
    (0.5, 0.5, 1.5),
    1.5,
    "of 3/(2*(t + z)*sqrt((t + x)*(t + y)*(t + z)))",
    "elliprd(1, 1, 1)",
    (
        _reads_of_d_in,
        lambda x, y, z: _reads_of_d_in(y, x, z),
        lambda x, y, z: (
            -(3 * elliprd(x, y, z) / 2 + x * _reads_of_d_in(x, y, z) + y * _reads_of_d_in(y, x, z)) / z
        ),
    ),
)


def _reads_of_j_in(x: Node, y: Node, z: Node, p: Node) -> Node:
    return (elliprj(x, y, z, p) - elliprd(y, z, x)) / (2 * (p - x))


elliprj: Elementwise = _symmetric(
    "elliprj",
    "R_J",
    (0.5, 0.5, 0.5, 1.0),
    1.5,
    "of 3/(2*(t + p)*sqrt((t + x)*(t + y)*(t + z)))",
    "elliprj(1, 1, 1, 1)",
    (
        _reads_of_j_in,
        lambda x, y, z, p: _reads_of_j_in(y, x, z, p),
        lambda x, y, z, p: _reads_of_j_in(z, x, y, p),
        lambda x, y, z, p: (
            -(
                3 * elliprj(x, y, z, p) / 2
                + x * _reads_of_j_in(x, y, z, p)
                + y * _reads_of_j_in(y, x, z, p)
                + z * _reads_of_j_in(z, x, y, p)
            )
            / p
        ),
    ),
)


def _in_argument_of_g(place: int) -> Callable[..., Node]:
    more = tuple(0.5 + (k == place) for k in range(3))
    return lambda *places: 0.125 * _carlson(more, 1.0)(*places)


Elementwise(
    "elliprg",
    of_scipy("elliprg"),
    tuple(_in_argument_of_g(place) for place in range(3)),
    "x, y, z",
    "Carlson's elliptic integral R_G, the mean of sqrt(x*u**2 + y*v**2 + z*w**2) over the unit sphere.",
    ("elliprg(1, 1, 1)", "1"),
    domain=((0, INF),) * 3,
    tested=((1e-6, 1e6),) * 3,
    reference="elliprg(x, y, z)",
    reads=(
        lambda x, y, z: (elliprf(x, y, z) - x * elliprd(y, z, x) / 3) / 4,
        lambda x, y, z: (elliprf(x, y, z) - y * elliprd(x, z, y) / 3) / 4,
        lambda x, y, z: (elliprf(x, y, z) - z * elliprd(x, y, z) / 3) / 4,
    ),
    family=family,
)

# Jacobi's functions

_HALVINGS = 40


def _jacobi(u: Array, m: Array) -> tuple[Array, Array, Array]:
    """sn, cn and dn for 0 ≤ m ≤ 1, by the arithmetic-geometric mean (Bulirsch, Numer. Math. 7, 1965)."""
    means: list[
        tuple[Array, Array, Array]
    ] = []  # and whether an element needs the step, whatever others need
    high, low, needed = np.ones_like(m), np.sqrt(1.0 - m), np.ones(m.shape, dtype=bool)
    while needed.any() and len(means) < _HALVINGS:
        means.append((high, low, needed))
        apart = needed & (np.abs(high - low) > 1e-8 * high)
        both = np.where(needed, (high + low) / 2.0, high), np.where(needed, np.sqrt(high * low), low)
        (high, low), needed = both, apart
    sine, cosine = np.sin(high * u), np.cos(high * u)
    small = np.abs(u) < 1e-9
    ratio = cosine / np.where(small | (sine == 0), 1e-300, sine)
    rest, delta = high * ratio, np.ones_like(m)
    for a, b, needed in reversed(means):
        turned, less = rest * ratio, delta * rest
        delta = np.where(needed, (b + turned) / (a + turned), delta)
        ratio, rest = np.where(needed, less / a, ratio), np.where(needed, less, rest)
    sn = np.copysign(1.0 / np.sqrt(rest * rest + 1.0), sine)
    cn = rest * sn
    return np.where(small, u, sn), np.where(small, 1.0, cn), np.where(small, 1.0, delta)


def _sn_cn_dn(u: Array, m: Array) -> tuple[Array, Array, Array]:
    found = np.full((3, *u.shape), np.nan)
    fine = (m >= 0) & (m < 1) & np.isfinite(u)
    found[:, fine] = _jacobi(u[fine], m[fine])
    end = m == 1
    sech = 1.0 / np.cosh(np.minimum(np.abs(u[end]), 710.0))
    found[:, end] = np.tanh(u[end]), sech, sech
    return found[0], found[1], found[2]


def _place(of: int) -> Kernel:
    return on_elements(lambda u, m: _sn_cn_dn(u, m)[of])


def _amplitude(u: Array, m: Array) -> Array:
    sn, cn, _ = _sn_cn_dn(u, m)
    angle = np.arctan2(sn, cn)
    turns = np.rint(u / (4.0 * function("ellipk")(m)) - angle / (2.0 * math.pi))
    return angle + np.where(np.isfinite(turns), turns, 0.0) * (2.0 * math.pi)


def _up_to_amplitude(a: int, b: float) -> Kernel:
    """G at the angle am(u, m), whose cosine keeps its digits."""

    def kernel(u: Array, m: Array) -> Array:
        sn, cn, _ = _sn_cn_dn(u, m)
        quarter = function("ellipk")(m)
        turns = np.where(m < 1, np.rint(u / (2.0 * quarter)), 0.0)
        sine = np.where(turns % 2 == 0, sn, -sn)
        fine = np.isfinite(sn)

        def inside(sine: Array, cosine: Array, turns: Array, m: Array) -> Array:
            zero = np.zeros_like(m)
            found = _part(a, 0, b, sine, cosine, zero, m)
            beyond = turns != 0
            if beyond.any():
                at, one = m[beyond], zero[beyond] + 1.0
                found[beyond] += 2.0 * turns[beyond] * _part(a, 0, b, one, zero[beyond], zero[beyond], at)
            return found

        return piecewise([(fine, inside)], sine, np.abs(cn), turns, m)

    return on_elements(kernel)


@cache
def _to_amplitude(a: int, b: float) -> Elementwise:
    return Elementwise(
        f"elliptic_integral_to_amplitude_{a}_{b}",
        _up_to_amplitude(a, b),
        (
            lambda u, m: jacobi_sn(u, m) ** (2 * a) * jacobi_dn(u, m) ** (1 - 2 * b),
            lambda u, m: (
                b * _to_amplitude(a + 1, b + 1)(u, m)
                + jacobi_sn(u, m) ** (2 * a) * jacobi_dn(u, m) ** (-2 * b) * _amplitude_in_m(u, m)
            ),
        ),
        "u, m",
        public=False,
    )


def _amplitude_in_m(u: Node, m: Node) -> Node:
    """The derivative of am(u, m) in m, as F(am(u, m), m) is u."""
    return -0.5 * (jacobi_dn(u, m) * _to_amplitude(1, 1.5)(u, m))


def _reads_of_amplitude(u: Node, m: Node) -> Node:
    """The same, of what has a name."""
    upper = ((m - 1) * u + ellipeinc(jacobi_am(u, m), m)) * jacobi_dn(u, m)
    return (upper - m * jacobi_sn(u, m) * jacobi_cn(u, m)) / (2 * m * (m - 1))


def _delta_in_m(u: Node, m: Node) -> Node:
    inside = jacobi_sn(u, m) + 2 * m * jacobi_cn(u, m) * _amplitude_in_m(u, m)
    return -(jacobi_sn(u, m) * inside) / (2 * jacobi_dn(u, m))


_ROUNDED = (Accuracy("value", 6, "", "roundings of the mean that u is multiplied by"),)
_CANCELS = (
    Accuracy("first", 8, "", "in m, two factors with errors of their own"),
    Accuracy("second", 400, "", "in m twice, terms of opposite signs"),
)


def _of_jacobi(
    letters: str, kernel: Kernel, slopes: Any, reads: Any, doc: str, example: str, reference: str
) -> Elementwise:
    return Elementwise(
        f"jacobi_{letters}",
        kernel,
        slopes,
        "u, m",
        f"Jacobi's elliptic function {letters}(u, m), {_PARAMETER} from 0 to 1: {doc}.",
        (f"jacobi_{letters}(0, 0.5)", example),
        aliases=(letters,),
        domain=((-INF, INF), (0, 1)),
        tested=((-20, 20), (0, 1)),
        reference=reference,
        accuracy=(*_ROUNDED, *_CANCELS),
        reads=reads,
        family=family,
    )


jacobi_am: Elementwise = _of_jacobi(
    "am",
    on_elements(_amplitude),
    (lambda u, m: jacobi_dn(u, m), _amplitude_in_m),
    (lambda u, m: jacobi_dn(u, m), _reads_of_amplitude),
    "the amplitude, an angle, which inverts ellipkinc",
    "0",
    "jacobi_am(u, m)",
)
jacobi_sn: Elementwise = _of_jacobi(
    "sn",
    _place(0),
    (
        lambda u, m: jacobi_cn(u, m) * jacobi_dn(u, m),
        lambda u, m: jacobi_cn(u, m) * _amplitude_in_m(u, m),
    ),
    (
        lambda u, m: jacobi_cn(u, m) * jacobi_dn(u, m),
        lambda u, m: jacobi_cn(u, m) * _reads_of_amplitude(u, m),
    ),
    "the sine of the amplitude",
    "0",
    "ellipfun('sn', u, m=m)",
)
jacobi_cn: Elementwise = _of_jacobi(
    "cn",
    _place(1),
    (
        lambda u, m: -jacobi_sn(u, m) * jacobi_dn(u, m),
        lambda u, m: -jacobi_sn(u, m) * _amplitude_in_m(u, m),
    ),
    (
        lambda u, m: -jacobi_sn(u, m) * jacobi_dn(u, m),
        lambda u, m: -jacobi_sn(u, m) * _reads_of_amplitude(u, m),
    ),
    "the cosine of the amplitude",
    "1",
    "ellipfun('cn', u, m=m)",
)
jacobi_dn: Elementwise = _of_jacobi(
    "dn",
    _place(2),
    (lambda u, m: -m * jacobi_sn(u, m) * jacobi_cn(u, m), _delta_in_m),
    (
        lambda u, m: -m * jacobi_sn(u, m) * jacobi_cn(u, m),
        lambda u, m: (
            -(jacobi_sn(u, m) ** 2 + 2 * m * jacobi_sn(u, m) * jacobi_cn(u, m) * _reads_of_amplitude(u, m))
            / (2 * jacobi_dn(u, m))
        ),
    ),
    "the slope of the amplitude, sqrt(1 - m*sn**2)",
    "1",
    "ellipfun('dn', u, m=m)",
)


def _agm(a: Array, b: Array) -> Array:
    """The common limit of the arithmetic and the geometric means (DLMF 19.8.1)."""

    def positive(a: Array, b: Array) -> Array:
        one, two = a, b
        for _ in range(40):
            apart = np.abs(one - two) > 1e-8 * one
            if not apart.any():
                break
            middle = one / 2.0 + two / 2.0
            two = np.where(apart, np.sqrt(one) * np.sqrt(two), two)
            one = np.where(apart, middle, one)
        found: Array = one / 2.0 + two / 2.0
        return found

    return piecewise(
        [
            ((a == 0) | (b == 0), lambda a, b: np.where(np.isinf(a * b), math.nan, a * b)),
            ((a > 0) & (b > 0) & ((a == INF) | (b == INF)), lambda a, b: np.full_like(a, INF)),
            ((a > 0) & (b > 0), positive),
            ((a < 0) & (b < 0), lambda a, b: -_agm(-a, -b)),
        ],
        a,
        b,
    )


def _agm_slope(a: Array, b: Array) -> Array:
    """2/(3π) M² |a| R_D(0, b², a²), as M is π/2 over R_F(0, a², b²)."""
    size = _agm(a, b)
    found: Array = (
        size * size * np.abs(a) * elliprd.ufunc(np.zeros_like(a), b * b, a * a) * (2 / (3 * math.pi))
    )
    # Where one number is 0, so is the mean whatever the other is; and the slope in it has no bound.
    return np.where(b == 0, 0.0, np.where((a == 0) & np.isfinite(b), INF, found))


def _agm_mixed(a: Node, b: Node, *, is_read: bool = False) -> Node:
    """The second derivative in a and b, which gives the others: M is homogeneous of degree 1."""
    rules = elliprd.reads if is_read else elliprd.partials
    rule = None if rules is None else rules[1]
    bend = None if rule is None else rule(as_node(0.0), b * b, a * a)
    assert bend is not None
    size = agm(a, b)
    product = agm_slope(a, b) * agm_slope(b, a)
    return 2 * product / size + size * size * absolute(a) * b * bend * (4 / (3 * math.pi))


agm_slope: Elementwise = Elementwise(
    "agm_slope",
    on_elements(_agm_slope),
    (lambda a, b: -(b / a) * _agm_mixed(a, b), lambda a, b: _agm_mixed(a, b)),
    "a, b",
    reads=(
        lambda a, b: -(b / a) * _agm_mixed(a, b, is_read=True),
        lambda a, b: _agm_mixed(a, b, is_read=True),
    ),
    written=f"{differentiated('agm', 0)}(a, b)",
    public=False,
)
agm: Elementwise = Elementwise(
    "agm",
    on_elements(_agm),
    (lambda a, b: agm_slope(a, b), lambda a, b: agm_slope(b, a)),
    "a, b",
    "Arithmetic-geometric mean of two numbers of the same sign.",
    ("agm(4, 4)", "4"),
    domain=((0, INF), (0, INF)),
    tested=((1e-50, 1e50), (1e-50, 1e50)),
    reference="agm(a, b)",
    accuracy=(
        Accuracy("first", 10, "", "a square and an integral, each with its roundings"),
        Accuracy("second", 40, "", "two terms of opposite signs"),
    ),
    family=family,
)
Composite(
    "ellipj",
    "u, m",
    lambda u, m: stack([each(u, m) for each in (jacobi_sn, jacobi_cn, jacobi_dn, jacobi_am)]),
    "Jacobi's elliptic functions sn, cn and dn, and the amplitude, along a new first axis.",
    ("ellipj(0, 0.5)", "[0, 1, 1, 0]"),
    samples=(([3], 0.3), ([2, 3], 0.9)),
    numpy="stack(__import__('scipy.special', fromlist=['ellipj']).ellipj(u, m))",
    derivative="those of jacobi_sn, jacobi_cn, jacobi_dn and jacobi_am",
    family=family,
)
