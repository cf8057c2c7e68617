"""Where functions are 0: one equation or a system, by SciPy's solvers and Newton with exact derivatives.

What was measured: MINPACK's hybr finds most systems and lm some of the rest, and neither's word can be
trusted, so a place is judged by what a Newton step would still move; brentq brackets, and Newton brings the
last digits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from gradcli.arrays import Array
from gradcli.records import NamedTuple
from gradcli.search.scipy_door import optimize

EPS = float(np.finfo(np.float64).eps)

Derivatives = Callable[[float, int], float]
"""The derivative of some order (0: the value) of a function of one number, at a place."""


_MANY_NEWTON, _MOST_NEWTON = 60, 2000
"""Newton steps, and those on the way to 0: beside a root of several each takes a part of the way only."""


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

    @property
    def is_settled(self) -> bool:
        """Whether the equations settle every unknown here: the columns of the Jacobian are independent."""
        rows, columns = self.jacobian.shape
        return (
            rows >= columns
            and bool(np.isfinite(self.jacobian).all())
            and bool(np.linalg.matrix_rank(self.jacobian) == columns)
        )


def solve(system: System, start: Array, derivatives: Derivatives | None = None) -> Root:
    """Searches from `start` for a root; `derivatives` are those of one equation in one number."""
    with np.errstate(all="ignore"):
        place = np.asarray(start, np.float64)
        if not np.isfinite(system.residuals(place)).all():
            return _judged(system, place, 1, "the equations have no value where the search begins")
        found = _stepped(system, place)
        for method in () if _is_root(system, found) else ("hybr", "lm"):
            found = _searched(system, place, method)
            if _is_root(system, found):
                break
        best = _finished(system, _newton(system, found), derivatives)
        if best.converged or derivatives is None:
            return best
        ends = _brackets(derivatives, float(place[0]))
        between = (solve_between(system, *each, derivatives) for each in ends)
        return next((each for each in between if each.converged), best)


def _stepped(system: System, place: Array) -> Array:
    """Where a Newton step leads if the Jacobian is the same there, as that of linear equations is."""
    jacobian = system.jacobian(place)
    if not np.isfinite(jacobian).all():
        return place
    there: Array = place - _step(system, place)
    if not np.array_equal(system.jacobian(there), jacobian):
        return place
    try:  # Elimination leaves whole numbers whole, which the shortest step, by singular values, does not.
        exact: Array = place - np.linalg.solve(jacobian, system.residuals(place))
    except np.linalg.LinAlgError:
        return there
    return exact if _is_root(system, exact) else there


def _brackets(derivatives: Derivatives, start: float) -> Iterator[tuple[float, float]]:
    """Neighbouring places, ever further from a start, at which the signs of a function differ."""
    unit = max(1.0, abs(start)) / 8
    last = {sign: (start, derivatives(start, 0)) for sign in (1, -1)}
    for power in (*(step / 2 for step in range(40)), *range(20, 1000, 4)):
        for sign, (before, there) in last.items():
            place = start + sign * unit * 2**power
            now = derivatives(place, 0)
            last[sign] = place, now
            if math.isfinite(now) and math.isfinite(there) and (now > 0 > there or now < 0 < there):
                yield (before, place) if sign > 0 else (place, before)


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
        try:
            found, _ = optimize().brentq(
                value, low, high, xtol=5e-324, rtol=4 * EPS, maxiter=2000, full_output=True, disp=False
            )
        except ValueError:  # what SciPy says of nan
            reason = "somewhere between the ends of the range the equation has no value"
            return _judged(system, np.array([low if abs(ends[0]) < abs(ends[1]) else high]), 1, reason)
        if not abs(value(found)) <= max(map(abs, ends)):
            return _judged(system, np.array([found]), 1, _NO_ROOT_BETWEEN)
        polished = _newton(system, np.array([found]))
        inside = low <= polished[0] <= high
        root = _finished(system, polished if inside else np.array([found]), derivatives)
        return root if root.converged else root._replace(reason=_NO_ROOT_BETWEEN)


_NO_ROOT_BETWEEN = "the sign changes at a pole or a jump, and not at a root"


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
    if place.size == 1 and _peaks(system, place):
        return False
    step = _step(system, place)
    left = residuals - slopes @ step
    size = max(1.0, float(np.abs(place).max()))
    small = float(np.abs(step).max()) <= 1e-9 * size
    if small and float(np.abs(step).max()) > 1e-9 * float(np.abs(place).max()):
        # Near 0 a step may be small and yet lead nowhere, as where the slope is infinite
        small = float(np.abs(system.residuals(place - step)).max()) <= float(np.abs(residuals).max())
    return small and float(np.abs(left).max()) <= 1e-9 * max(float(np.abs(slopes).max()) * size, 1e-300)


def _peaks(system: System, place: Array) -> bool:
    """Whether an equation is farther from 0 than on both sides.

    That is so at a pole, where a Newton step is as short as at a root.
    """
    here = np.abs(system.residuals(place)).max()
    away = math.sqrt(EPS) * max(1.0, abs(float(place[0])))
    return all(np.abs(system.residuals(place + d)).max() < here for d in (-away, away))


def _newton(system: System, place: Array) -> Array:
    """Newton steps as long as the residuals shrink; then the short number nearby, if it is a root."""
    size = float(np.abs(system.residuals(place)).max())
    for step in range(_MOST_NEWTON):
        if not size:
            break
        slopes = system.jacobian(place)
        if not np.isfinite(slopes).all():
            break
        tried = place - _step(system, place)
        smaller = float(np.abs(system.residuals(tried)).max())
        if not smaller < size or (step >= _MANY_NEWTON and np.abs(tried).max() > np.abs(place).max()):
            break
        place, size = tried, smaller
    return _short(system, place) if 0 < size < math.inf else place


def _short(system: System, place: Array) -> Array:
    """The place in 9 digits, and 0 where a Newton step goes beyond it, if the equations hold there exactly.

    So the roots are found at which a slope is infinite, as that of sqrt(x).
    """
    if not np.isfinite(system.jacobian(place)).all():
        return place
    beyond = np.abs(_step(system, place)) >= 0.5 * np.abs(place)
    short = np.array([0.0 if zero else float(f"{x:.9g}") for x, zero in zip(place, beyond, strict=True)])
    return place if np.any(system.residuals(short)) else short


def _finished(system: System, place: Array, derivatives: Derivatives | None) -> Root:
    """A root with its multiplicity; one that is not simple is found anew as a simple root of a derivative."""
    if derivatives is None or not _is_small(system, place):
        return _judged(system, place, 1)
    first = float(place[0])
    times, scale = multiplicity(derivatives, first)
    if times == 1:
        return _judged(system, place, 1)
    x = first
    for _ in range(60):
        value, slope = derivatives(x, times - 1), derivatives(x, times)
        moved = x - value / slope if slope else x
        if not abs(derivatives(moved, times - 1)) < abs(value):
            break
        x = moved
    # What is a root of the derivative counts only if the function is 0 there, too, as far as it can tell.
    best = x if abs(derivatives(x, 0)) <= abs(derivatives(first, 0)) + 1e-12 else first
    here = derivatives(best, 0)
    unsure = max(abs(each - here) for each in _nearby(derivatives, best, scale))
    return _judged(system, np.array([best]), times if abs(here) <= 8 * unsure + _TINY else 1)


def _is_small(system: System, place: Array) -> bool:
    """Whether the residual could be that of a root of several, near which rounding hides the function."""
    return float(np.abs(system.residuals(place)).max()) <= 1e-9


def _nearby(derivatives: Derivatives, place: float, scale: float) -> list[float]:
    """Values so near to a place that they differ by rounding, where the function varies over `scale`."""
    step = EPS * max(abs(place), scale)
    values = [derivatives(place + k * step, 0) for k in (-3, -2, -1, 1, 2, 3)]
    return [each for each in values if math.isfinite(each)] or [0.0]


_TINY = float(np.finfo(np.float64).tiny)
_HIGHEST = 6
"""The highest multiplicity that is told from others."""
_NARROWEST = 1e-2
"""What is a root of several must look like one over two decades of distance."""


def multiplicity(derivatives: Derivatives, place: float) -> tuple[int, float]:
    """How often a root counts, and over which distance the function varies there.

    With the terms a_k*d**k of its Taylor series, a function is about a_m*d**m near a root of multiplicity m,
    at distances d greater than the error of the place, (a_k/(binomial(m, k)*a_m))**(1/(m - k)), and less than
    where terms of higher order come in, (a_m/a_k)**(1/(k - m)). The m for which these are farthest apart is
    taken, if the function is so in the middle between them.
    """
    size = max(1.0, abs(place))
    here = derivatives(place, 0)
    terms = [max(_TINY, abs(here), *map(abs, _nearby(derivatives, place, 0.0)))]
    for order in range(1, _HIGHEST + 1):
        terms.append(abs(derivatives(place, order)) / math.factorial(order))
        if order == 2 and (window := _window(terms, 1, size)) is not None:
            ratio, _, upper = window
            if ratio <= 1e-6 and _is_power(derivatives, place, terms[1], window):
                return 1, upper  # plainly simple: the higher derivatives need not be asked for
    windows = sorted(each for m in range(1, _HIGHEST + 1) if (each := _window(terms, m, size)) is not None)
    for window in windows:
        ratio, m, upper = window
        if ratio <= _NARROWEST and _is_power(derivatives, place, terms[m], window):
            return m, upper
    return 1, size


def _window(terms: list[float], m: int, size: float) -> tuple[float, int, float] | None:
    """Between which distances the term of order m decides: their ratio, m, and the greater one."""
    if not 0 < terms[m] < math.inf:
        return None
    below = (k for k in range(m) if terms[k] < math.inf)
    lower = max(_root(terms[k], math.comb(m, k) * terms[m], m - k) for k in below)
    others = enumerate(terms[m + 1 :], 1)
    upper = min([size, *(_root(terms[m], each, k) for k, each in others if 0 < each < math.inf)])
    return (lower / upper if upper else math.inf), m, upper


def _is_power(derivatives: Derivatives, place: float, term: float, window: tuple[float, int, float]) -> bool:
    """Whether the function is about its term of order m in the middle of the distances where that decides."""
    ratio, m, upper = window
    away = upper * math.sqrt(ratio)
    wanted = term * away**m
    return all(0.3 * wanted <= abs(derivatives(place + d, 0)) <= 3 * wanted for d in (-away, away))


def _root(a: float, b: float, order: int) -> float:
    """The root of some order of a quotient of numbers that are not negative, the second not 0."""
    return math.exp((math.log(a) - math.log(b)) / order) if a else 0.0


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

    `None` where the equations do not settle all unknowns there.
    """
    if not root.is_settled:
        return None
    found: Array = -np.linalg.lstsq(root.jacobian, mixed, rcond=None)[0]
    return found
