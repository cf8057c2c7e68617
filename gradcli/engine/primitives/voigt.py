"""Voigt's profile: a normal density spread by a Cauchy density, by the Faddeeva function w(z).

With z = (x + iγ)/(σ√2) the profile is Re w(z)/(σ√(2π)) (DLMF 7.19). It is harmonic in x and γ, and its slope
in σ is σ times its second one in x; so all its derivatives are parts of those of w in z, each of which has
its own kernel, since in 2i/√π - 2z w(z), which is the first of them, digits cancel.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

import numpy as np

from gradcli.arrays import Array
from gradcli.engine.graph import Kernel, Node
from gradcli.engine.primitives import two_doubles as two
from gradcli.engine.primitives.entry import Elementwise, differentiated
from gradcli.engine.primitives.error_functions import dawson_pair
from gradcli.engine.primitives.quadrature import half_line
from gradcli.engine.primitives.two_doubles import on_elements, piecewise

INF = float("inf")
ROOT_PI = math.sqrt(math.pi)

Complex = tuple[Array, Array]
"""The real and the imaginary part, as complex products of NumPy's differ by a bit within arrays."""


def _times(a: Complex, b: Complex) -> Complex:
    return a[0] * b[0] - a[1] * b[1], a[0] * b[1] + a[1] * b[0]


def _inverse(a: Complex) -> Complex:
    size = a[0] * a[0] + a[1] * a[1]
    return a[0] / size, -a[1] / size


def _exp_of_minus_square(a: Array, b: Array) -> Complex:
    """exp(-z²), with the squares' roundings as factors."""
    down, up, turn = (two.multiply(p, q) for p, q in ((a, a), (b, b), (a, b)))
    size = np.exp(up[0] - down[0]) * (1.0 + (up[1] - down[1]))
    sine, cosine = np.sin(-2.0 * turn[0]), np.cos(-2.0 * turn[0])
    lost = -2.0 * turn[1]
    return size * (cosine - lost * sine), size * (sine + lost * cosine)


def _hermite(n: int, a: Array, b: Array) -> list[Complex]:
    """(-1)ᵏ Hₖ(z) for k ≤ n, which times exp(-z²) are its derivatives."""
    found: list[Complex] = [(np.ones_like(a), np.zeros_like(a)), (-2.0 * a, -2.0 * b)]
    for k in range(1, n):
        now, before = _times((-2.0 * a, -2.0 * b), found[k]), found[k - 1]
        found.append((now[0] - 2.0 * k * before[0], now[1] - 2.0 * k * before[1]))
    return found


_TURNED = 1.0
"""Up to this a, the integral of exp(-t²/4 - bt) cos(at) has no digits to lose."""

_NEAR_LINE = 0.5
"""Up to this b, the pole is too near to the nodes of a sum."""

_FAR = 9.0
"""From this |z| on the asymptotic series has all digits."""


def _by_integral(n: int, part: int, a: Array, b: Array) -> Array:
    """w⁽ⁿ⁾ = (1/√π) ∫₀^∞ (it)ⁿ exp(-t²/4 + izt) dt."""
    turn = (n - part) % 4  # Re iⁿexp(iat), and of -i times it for the imaginary part

    def integrand(t: Array) -> Array:
        angle = a * t
        wave = np.sin(angle) if turn % 2 else np.cos(angle)
        found: Array = t**n * np.exp(-t * (t / 4.0 + b)) * (-wave if turn in (1, 2) else wave)
        return found

    return half_line(integrand, 1.0 / (0.5 + b)) / ROOT_PI


_STEP, _MOST = 0.5, 13


def _by_sum(n: int, part: int, a: Array, b: Array) -> Array:
    """The trapezoidal rule for (i/π) ∫ exp(-t²)/(z - t) dt, differentiated, and what the pole beside it adds.

    Its nodes are multiples of 1/2, or those and 1/4, whichever are farther from a (Chiarella and Reichel,
    Math. Comp. 22, 1968); the pole adds 2 exp(-z²)/(1 - exp(-2πiz/h)), with + where the nodes are shifted.
    """
    shifted = np.abs(a / _STEP - np.rint(a / _STEP)) < 0.25
    shift = np.where(shifted, 0.5, 0.0)
    real, imaginary = np.zeros_like(a), np.zeros_like(a)
    for k in range(-_MOST, _MOST + 1):
        t = (k + shift) * _STEP
        weight = np.exp(-t * t)
        inverse = _inverse((a - t, b))
        power = inverse
        for _ in range(n):
            power = _times(power, inverse)
        real += weight * power[0]
        imaginary += weight * power[1]
    front = (-1.0) ** n * math.factorial(n) * _STEP / math.pi
    total = front * real if part else -front * imaginary

    # The jet of 1/(1 ∓ q), q = exp(-2πiz/h): with r = 1/(1 ∓ q) its slope is -2πi/h (r² - r)
    rate = 2.0 * math.pi / _STEP
    sign = np.where(shifted, 1.0, -1.0)
    turn = rate * (a - np.rint(a / _STEP) * _STEP)
    size = np.exp(-rate * b)  # of 1/q, so that nothing overflows: r = ∓(1/q)/(1 ∓ 1/q)
    over: Complex = (size * np.cos(turn), size * np.sin(turn))
    r = _times((sign * over[0], sign * over[1]), _inverse((1.0 + sign * over[0], sign * over[1])))
    jets = [r]
    for k in range(n):
        square: Complex = (np.zeros_like(a), np.zeros_like(a))
        for j in range(k + 1):
            product = _times(jets[j], jets[k - j])
            square = (square[0] + product[0], square[1] + product[1])
        difference = (square[0] - jets[k][0], square[1] - jets[k][1])
        jets.append((rate / (k + 1) * difference[1], -rate / (k + 1) * difference[0]))
    pole: Complex = (np.zeros_like(a), np.zeros_like(a))
    for k, each in enumerate(_hermite(n, a, b)[: n + 1]):
        scale = math.factorial(n) / math.factorial(k)  # over k! in the one, (n-k)! in the other
        product = _times(each, jets[n - k])
        pole = (pole[0] + scale * product[0], pole[1] + scale * product[1])
    found: Array = total + 2.0 * _times(pole, _exp_of_minus_square(a, b))[part]
    return found


def _by_dawson(n: int, part: int, a: Array, b: Array) -> Array:
    """w = exp(-z²) + 2i/√π F(z), with Dawson's F by Taylor's series from the real line, in pairs."""
    none = np.zeros_like(a)
    twice: two.Pair = (-2.0 * a, none)
    orders = [dawson_pair(a)]
    orders.append(two.sum_((np.ones_like(a), none), two.times(twice, orders[0])))
    for k in range(1, n + _TERMS):
        factor: two.Pair = (np.full_like(a, -2.0 * k), none)
        orders.append(two.sum_(two.times(twice, orders[k]), two.times(factor, orders[k - 1])))
    total: two.Pair = (none, none)
    for j in range(_TERMS - part, -1, -2):  # ij in F is odd for the real part of w, and even for the other
        weight = (-1.0) ** ((j + 1 - part) // 2) / math.factorial(j) * b**j
        total = two.sum_(total, two.times((weight, none), orders[n + j]))
    beside = _times(_hermite(n, a, b)[n], _exp_of_minus_square(a, b))[part]
    found: Array = beside + 2.0 / ROOT_PI * two.joined(*total)
    return found


_TERMS = 31
_FAR_TERMS = 32


def _beyond(n: int, part: int, x: Array, sigma: Array, gamma: Array) -> Array:
    """(-1)ⁿ i/π Σ (1/2)ₘ (2m+1)ₙ (2σ²)ᵐ (x + iγ)^(-2m-1-n) (DLMF 7.12.1), with exp(-z²) beside the real line.

    It is the derivative over (σ√2)ⁿ σ√(2π), so that σ may be 0, and x and γ as large as they like.
    """
    scale = np.exp2(np.floor(np.log2(np.maximum(x, gamma))))
    inverse = _inverse((x / scale, gamma / scale))
    ratio = math.sqrt(2.0) * sigma / scale
    small: Complex = (ratio * inverse[0], ratio * inverse[1])
    square = _times(small, small)
    total: Complex = (np.zeros_like(x), np.zeros_like(x))
    for m in range(_FAR_TERMS, -1, -1):
        half = math.prod((k + 0.5 for k in range(m)), start=1.0)
        rising = math.prod(range(2 * m + 1, 2 * m + n + 1))
        product = _times(total, square)
        total = (half * rising + product[0], product[1])
    for _ in range(n + 1):
        total = _times(total, inverse)
        total = (total[0] / scale, total[1] / scale)
    front = (-1.0) ** n / math.pi
    series = front * total[0] if part else -front * total[1]

    def beside(x: Array, sigma: Array, gamma: Array) -> Array:
        a, b = _place(x, sigma, gamma)
        found = _times(_hermite(n, a, b)[n], _exp_of_minus_square(a, b))[part]
        return found / _unit(n, sigma)

    a, b = x / sigma, gamma / sigma
    line = (a < 40.0) & (a * b < 0.2)
    found = series + piecewise([(line, beside), (True, lambda x, s, g: np.zeros_like(x))], x, sigma, gamma)
    return np.where(np.isinf(x) | np.isinf(gamma), 0.0, found)


def _place(x: Array, sigma: Array, gamma: Array) -> Complex:
    return x / (sigma * math.sqrt(2.0)), gamma / (sigma * math.sqrt(2.0))


def _unit(n: int, sigma: Array) -> Array:
    found: Array = (sigma * math.sqrt(2.0)) ** n * (sigma * math.sqrt(2.0 * math.pi))
    return found


def _kernel(n: int, part: int) -> Kernel:
    """The nth derivative of the profile in x, or (`part` 1) one of these in γ, and the others in x."""

    def near(kind: Callable[..., Array]) -> Callable[..., Array]:
        def of(x: Array, sigma: Array, gamma: Array) -> Array:
            return kind(n, part, *_place(x, sigma, gamma)) / _unit(n, sigma)

        return of

    def at_once(x: Array, sigma: Array, gamma: Array) -> Array:
        return np.full_like(x, np.nan if n else INF)

    def kernel(x: Array, sigma: Array, gamma: Array) -> Array:
        size = np.abs(x)
        a, b = _place(size, sigma, gamma)
        valid = (sigma >= 0) & (gamma >= 0)
        pieces = [
            (valid & (size == 0) & (sigma == 0) & (gamma == 0), at_once),
            (valid & (np.hypot(a, b) >= _FAR), lambda x, s, g: _beyond(n, part, x, s, g)),
            (valid & (a < _TURNED), near(_by_integral)),
            (valid & (b < _NEAR_LINE), near(_by_dawson)),
            (valid & (b < _FAR), near(_by_sum)),
        ]
        found = piecewise(pieces, size, sigma, gamma)
        return np.where(x < 0, -1.0, 1.0) ** (n + part) * (-found if part else found)

    return on_elements(kernel)


# Entries


@cache
def _derivative(n: int, part: int) -> Elementwise:
    """The nth derivative in x, or (`part` 1) the first in γ and the n - 1st in x."""
    if n == 0:
        return voigt_profile
    in_x = [0] * (n - part)
    return Elementwise(
        f"voigt_profile_{n}_{part}",
        _kernel(n, part),
        _partials(n, part),
        "x, sigma, gamma",
        written=f"{differentiated('voigt_profile', *([2] * part), *in_x)}(x, sigma, gamma)",
        public=False,
    )


def _partials(n: int, part: int) -> tuple[Callable[..., Node], ...]:
    """It is harmonic in x and γ, and in σ²/2 it spreads as heat does in time."""
    sign_of = -1.0 if part else 1.0
    return (
        lambda x, sigma, gamma: _derivative(n + 1, part)(x, sigma, gamma),
        lambda x, sigma, gamma: sigma * _derivative(n + 2, part)(x, sigma, gamma),
        lambda x, sigma, gamma: sign_of * _derivative(n + 1, 1 - part)(x, sigma, gamma),
    )


voigt_profile: Elementwise = Elementwise(
    "voigt_profile",
    _kernel(0, 0),
    _partials(0, 0),
    "x, sigma, gamma",
    "Voigt's profile: the density of a normal variable of standard deviation sigma plus a Cauchy variable of "
    "scale gamma.",
    ("voigt_profile(0, 1, 0)", "0.3989422804014328"),
    aliases=("voigt",),
    domain=((-INF, INF), (0, INF), (0, INF)),
    tested=((-30, 30), (0.3, 10), (0.01, 10)),
    reference="voigt_profile(x, sigma, gamma)",
    family="error functions and the normal distribution",
)
