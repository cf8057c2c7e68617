"""Where functions are 0: one equation or a system, by SciPy's solvers and Newton with exact derivatives.

What was measured: MINPACK's hybr finds most systems and lm some of the rest, and neither's word can be
trusted, so a place is judged by what a Newton step would still move; brentq brackets, and Newton brings the
last digits.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from gradcli.arrays import Array
from gradcli.records import NamedTuple
from gradcli.search.scipy_door import optimize

EPS = float(np.finfo(np.float64).eps)

Derivatives = Callable[[float, int], float]
"""The derivative of some order (0: the value) of a function of one number, at a place."""


class System(NamedTuple):
    """Equations to hold at once: the residuals (m,) and the Jacobian (m, n) at a place (n,)."""

    residuals: Callable[[Array], Array]
    jacobian: Callable[[Array], Array]


class Root(NamedTuple):
    """Where a search ended: the place, the residuals and the Jacobian there, and whether it is a root.

    `multiplicity` is that of a root of one equation (1: simple). `reason` says why the place is none.
    """

    place: Array
    residuals: Array
    jacobian: Array
    multiplicity: int
    converged: bool
    reason: str


def solve(system: System, start: Array, derivatives: Derivatives | None = None) -> Root:
    """Searches from `start` for a root; `derivatives` are those of one equation in one number."""
    with np.errstate(all="ignore"):
        place = np.asarray(start, np.float64)
        if not np.isfinite(system.residuals(place)).all():
            return _judged(system, place, 1, "the equations have no value where the search begins")
        for method in ("hybr", "lm"):
            found = _searched(system, place, method)
            if _is_root(system, found):
                break
        return _finished(system, _newton(system, found), derivatives)


def solve_between(system: System, low: float, high: float, derivatives: Derivatives) -> Root:
    """The root of one equation in one number between two numbers at which its signs differ."""
    with np.errstate(all="ignore"):

        def value(x: float) -> float:
            return derivatives(x, 0)

        ends = value(low), value(high)
        for end, there in zip((low, high), ends, strict=True):
            if there == 0:
                return _finished(system, np.array([end]), derivatives)
        if not np.isfinite(ends).all() or math.copysign(1, ends[0]) == math.copysign(1, ends[1]):
            reason = "the signs at the ends of the range are the same, so no root is sure to be between them"
            return _judged(system, np.array([low if abs(ends[0]) < abs(ends[1]) else high]), 1, reason)
        found = optimize().brentq(value, low, high, xtol=5e-324, rtol=4 * EPS, maxiter=2000)
        polished = _newton(system, np.array([found]))
        inside = low <= polished[0] <= high
        return _finished(system, polished if inside else np.array([found]), derivatives)


def _searched(system: System, place: Array, method: str) -> Array:
    """What one of MINPACK's methods finds; a square system only for hybr."""
    rows, columns = system.jacobian(place).shape
    if method == "hybr" and rows != columns:
        return place
    if rows < columns:  # lm wants as many equations as unknowns: those that are always so

        def padded(x: Array) -> Array:
            return np.concatenate([system.residuals(x), np.zeros(columns - rows)])

        def widened(x: Array) -> Array:
            return np.vstack([system.jacobian(x), np.zeros((columns - rows, columns))])

        found = optimize().root(padded, place, jac=widened, method="lm", options={"xtol": 1e-14})
    else:
        options = {"xtol": 1e-14} if method == "hybr" else {"xtol": 1e-14, "ftol": 1e-15}
        found = optimize().root(system.residuals, place, jac=system.jacobian, method=method, options=options)
    best: Array = found.x
    return best if np.isfinite(system.residuals(best)).all() else place


def _step(system: System, place: Array) -> Array:
    """What a Newton step (the shortest that fits best) would move."""
    moved: Array = np.linalg.lstsq(system.jacobian(place), system.residuals(place), rcond=None)[0]
    return moved


def _is_root(system: System, place: Array) -> bool:
    """Whether the residuals are 0, or as near to that as a Newton step can tell."""
    residuals = system.residuals(place)
    if not np.any(residuals):
        return True
    slopes = system.jacobian(place)
    if not (np.isfinite(residuals).all() and np.isfinite(slopes).all()):
        return False
    left = residuals - slopes @ _step(system, place)
    size = max(1.0, float(np.abs(place).max()))
    small = float(np.abs(_step(system, place)).max()) <= 1e-9 * size
    return small and float(np.abs(left).max()) <= 1e-9 * max(float(np.abs(slopes).max()) * size, 1e-300)


def _newton(system: System, place: Array) -> Array:
    """Newton steps as long as the residuals shrink."""
    size = float(np.abs(system.residuals(place)).max())
    for _ in range(60):
        if not size:
            break
        slopes = system.jacobian(place)
        if not np.isfinite(slopes).all():
            break
        tried = place - _step(system, place)
        smaller = float(np.abs(system.residuals(tried)).max())
        if not smaller < size:
            break
        place, size = tried, smaller
    return place


def _finished(system: System, place: Array, derivatives: Derivatives | None) -> Root:
    """A root with its multiplicity; one that is not simple is found anew as a simple root of a derivative."""
    if derivatives is None:
        return _judged(system, place, 1)
    times = multiplicity(derivatives, float(place[0])) if _is_small(system, place) else 1
    if times == 1:
        return _judged(system, place, 1)
    x = float(place[0])
    for _ in range(60):
        value, slope = derivatives(x, times - 1), derivatives(x, times)
        moved = x - value / slope if slope else x
        if not abs(derivatives(moved, times - 1)) < abs(value):
            break
        x = moved
    # What is a root of the derivative counts only if the function is 0 there, too.
    best = x if abs(derivatives(x, 0)) <= abs(derivatives(float(place[0]), 0)) + 1e-12 else float(place[0])
    return _judged(system, np.array([best]), times)


def _is_small(system: System, place: Array) -> bool:
    """Whether the residual could be that of a root of several, near which rounding hides the function."""
    return float(np.abs(system.residuals(place)).max()) <= 1e-9


def _power(base: float, exponent: int) -> float:
    """A power that may be infinite, where Python raises an error."""
    return base**exponent if base < 1e50 else math.inf


def multiplicity(derivatives: Derivatives, place: float) -> int:
    """How often a root counts: the order of the term that is greatest a thousandth of its size away."""
    away = 1e-3 * max(1.0, abs(place))
    terms = []
    for order in range(1, 7):
        term = abs(derivatives(place, order)) / math.factorial(order) * _power(away, order)
        terms.append(term if math.isfinite(term) else -1.0)
        if order == 1 and abs(derivatives(place, 0)) < term * 1e-6:
            second = abs(derivatives(place, 2)) / 2 * _power(away, 2)
            if term > second:  # plainly simple: the higher derivatives need not be asked for
                return 1
    return int(np.argmax(terms)) + 1 if max(terms) > 0 else 1


def _judged(system: System, place: Array, times: int, reason: str = "") -> Root:
    residuals, slopes = system.residuals(place), system.jacobian(place)
    if not reason and not (times > 1 or _is_root(system, place)):
        flat = np.abs(slopes.T @ residuals).max() <= 1e-6 * max(float(np.abs(slopes).max()), 1e-300)
        reason = "the search stopped before the residual was 0"
        if flat:
            reason = "no root is near: the residual is least here, and not 0"
            reason += "; complex roots are not sought" if residuals.size == place.size == 1 else ""
    return Root(place, residuals, slopes, times, not reason, reason)


def sensitivities(root: Root, mixed: Array) -> Array | None:
    """How a root moves with parameters, (n, p), from the derivatives (m, p) of the equations in them.

    `None` where the Jacobian at the root is singular, so that it does not say.
    """
    rows, columns = root.jacobian.shape
    if rows < columns or np.linalg.matrix_rank(root.jacobian) < columns:
        return None
    found: Array = -np.linalg.lstsq(root.jacobian, mixed, rcond=None)[0]
    return found
