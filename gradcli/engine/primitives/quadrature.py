"""Integrals over the half line, by the double exponential rule."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gradcli.arrays import Array

_TAU = np.arange(-3.75, 4.05, 1 / 16)
NODES = np.exp(_TAU - np.exp(-_TAU))
WEIGHTS = NODES * (1.0 + np.exp(-_TAU)) / 16


def half_line(integrand: Callable[[Array], Array], scale: Array) -> Array:
    """∫₀^∞ of a function that is smooth and falls off like exp(-w/scale) or faster, for each element.

    By w = c exp(τ - exp(-τ)) (Takahasi and Mori, Publ. RIMS 9, 1974): the 125 nodes give 15 digits and more.
    """
    total = np.zeros_like(scale)
    for node, weight in zip(NODES, WEIGHTS, strict=True):
        term = weight * integrand(node * scale)
        total += np.where(np.isfinite(term), term, 0.0)
    return total * scale
