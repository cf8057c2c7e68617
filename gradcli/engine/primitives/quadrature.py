"""Integrals over the half line, by rules whose error falls exponentially with the number of their nodes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from gradcli.arrays import Array
from gradcli.engine.primitives import two_doubles as two


def _rule(start: float, step: float) -> tuple[Array, Array]:
    tau = np.arange(start, 4.05, step)
    nodes = np.exp(tau - np.exp(-tau))
    return nodes, nodes * (1.0 + np.exp(-tau)) * step


NODES, WEIGHTS = _rule(-3.75, 1 / 16)
_FINE = _rule(-6.0, 1 / 64)


def half_line(integrand: Callable[[Array], Array], scale: Array, *, fine: bool = False) -> Array:
    """∫₀^∞ of a function that is smooth and falls off like exp(-w/scale) or faster, for each element.

    By w = c exp(τ - exp(-τ)) (Takahasi and Mori, Publ. RIMS 9, 1974): the 125 nodes give 15 digits and more;
    `fine`, of 643, also with a pole close to 0 on the other side of it, and where only a small power of w
    brings the integrand to 0.
    """
    nodes, weights = _FINE if fine else (NODES, WEIGHTS)
    total, rest = np.zeros_like(scale), np.zeros_like(scale)
    for node, weight in zip(nodes, weights, strict=True):
        term = weight * integrand(node * scale)
        total, lost = two.add(total, np.where(np.isfinite(term), term, 0.0))
        rest += lost
    return two.joined(total, rest) * scale


_STEP = 0.375  # all its multiples here are doubles
_NEGLIGIBLE = 40.0  # exp(-40) of the whole


def of_powers(factors: Sequence[tuple[Array, float]], lead: float = 0.0) -> Array:
    """∫₀^∞ t^lead Π (t + z)^(-b) dt over the factors (z, b), z not negative, where it converges.

    Carlson's integrals and all their derivatives are such. By the trapezoidal rule in log t, in which the
    integrand is analytic up to π beside the real line: with steps of 3/8 its error is exp(-16π²/3).
    """
    largest = np.max([z for z, _ in factors], axis=0)
    least = np.min([np.where(z > 0, z, np.inf) for z, _ in factors], axis=0)
    scale = np.exp2(np.floor((np.log2(largest) + np.log2(least)) / 2.0))  # by which nothing is rounded
    scaled = [(z / scale, b) for z, b in factors]
    largest, least = largest / scale, least / scale
    degree = sum(b for _, b in factors) - lead - 1.0
    below = 1.0 + lead - np.sum([np.where(z == 0, b, 0.0) for z, b in scaled], axis=0)
    first = np.floor((np.log(least) - _NEGLIGIBLE / below) / _STEP)
    last = np.ceil((np.log(largest) + _NEGLIGIBLE / degree) / _STEP) + 2.0
    finite = np.isfinite(first) & np.isfinite(last)  # an argument may be infinite, or nan
    first, last = np.where(finite, first, 0.0), np.where(finite, last, 0.0)
    total, rest = np.where(finite, 0.0, np.nan), np.zeros_like(first)
    for k in range(int((last - first).max(initial=0.0)) + 1):
        t = np.exp((first + k) * _STEP)
        term = np.power(t, 1.0 + lead)
        for z, b in scaled:
            term = term * np.power(t + z, -b)
        inside = (t > 0) & (first + k <= last)  # of its own: what others need changes nothing
        total, lost = two.add(total, np.where(inside, term, 0.0))
        rest += lost
    found: Array = two.joined(total, rest) * _STEP * np.power(scale, -degree)
    return found
