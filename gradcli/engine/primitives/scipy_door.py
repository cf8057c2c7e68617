"""The only door to SciPy: its functions as kernels, and SciPy itself only when one of them first runs.

To import `scipy.special` takes longer than everything else that a short answer does, so nothing may
import it before it is needed. `scipy.stats`, which takes several times as long again, is never imported.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np

from gradcli.arrays import Array
from gradcli.engine.graph import Kernel


@cache
def function(name: str) -> Callable[..., Array]:
    """A function of `scipy.special`, by its name there."""
    found: Callable[..., Array] = getattr(import_module("scipy.special"), name)
    return found


def of_scipy(name: str, place: int | None = None) -> Kernel:
    """SciPy's function of that name as a kernel; it is looked up when it first runs.

    Of a function with several results, the one in that place.
    """
    ufunc: Any = None

    def kernel(*inputs: Any, out: Any = None) -> Any:
        nonlocal ufunc
        if ufunc is None:
            ufunc = function(name)
        if place is not None:
            result = ufunc(*inputs)[place]
            if out is None:
                return result
            np.copyto(out, result)
            return out
        return ufunc(*inputs) if out is None else ufunc(*inputs, out=out)

    return kernel


@cache
def physical_constants() -> dict[str, tuple[float, str, float]]:
    """CODATA's recommended values: of each quantity the value, its unit and its standard uncertainty."""
    module = import_module("scipy.constants")
    return {words: module.physical_constants[words] for words in module.find()}  # the older ones left out


@cache
def constants() -> dict[str, float]:
    """The numbers that `scipy.constants` has names for: units, prefixes, and constants of nature."""
    module = import_module("scipy.constants")
    return {
        name: float(value)
        for name, value in vars(module).items()
        if isinstance(value, int | float) and not name.startswith("_")
    }


def lu(a: Array) -> tuple[Array, Array, Array]:
    """P, L and U of matrices (the last two axes), of which A is the product."""
    if not a.size:
        (rows, columns), lead = a.shape[-2:], a.shape[:-2]
        least = min(rows, columns)
        p = np.broadcast_to(np.eye(rows), (*lead, rows, rows))
        return p, np.zeros((*lead, rows, least)), np.zeros((*lead, least, columns))
    found: tuple[Array, Array, Array] = import_module("scipy.linalg").lu(a)
    return found


def determinant(a: Array) -> Any:
    """The determinants of matrices (the last two axes)."""
    return import_module("scipy.linalg").det(a)


def ldl(a: Array) -> tuple[Array, Array]:
    """L and D of symmetric matrices (the last two axes) in one, and pivots, as LAPACK's sytrf has them."""
    factor = import_module("scipy.linalg.lapack").dsytrf
    factors, pivots = np.empty(a.shape), np.empty(a.shape[:-1])
    for at in np.ndindex(a.shape[:-2]):
        found, exchanged, _ = factor(a[at], lower=1)
        factors[at], pivots[at] = np.tril(found), exchanged
    return factors, pivots


def ldl_solve(factors: Array, pivots: Array, b: Array) -> Array:
    """X with A @ X = B for the matrices of which `ldl` gave factors and pivots; nan where A is singular."""
    solve = import_module("scipy.linalg.lapack").dsytrs
    found = np.empty(b.shape)
    for at in np.ndindex(factors.shape[:-2]):
        found[at], _ = solve(factors[at], pivots[at].astype(np.int32), b[at], lower=1)
    return found
