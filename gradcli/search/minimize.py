"""Where a single number is least, by exact gradients and Hessians, with a verdict on the place.

Methods, and what was measured of them on 75 test functions: SciPy's trust-exact with exact Hessians finds
most with the fewest passes; L-BFGS-B takes over where it stops unfinished, where variables are many, and
where they have bounds, and a few Newton steps on the free variables finish it; SLSQP takes constraints.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradcli.arrays import Array
from gradcli.records import NamedTuple
from gradcli.search.scipy_door import optimize

EPS = float(np.finfo(np.float64).eps)
MOST_DENSE = 200
"""Up to so many elements the exact Hessian is factored at each step."""

MOST_STEPS = 300

_MOST_SADDLES = 5

_FAR = 1e9
"""A search that is so far away and has found nothing goes on without end."""

_PLACES = 13
"""A place rounded to so many decimals is taken where it is as good."""

_SMALL = 2.0**-10
"""What is smaller at a start is measured in a unit of its own."""

_HUGE = 1e308
"""What stands for a value that is not finite: no step goes there."""


class Objective(NamedTuple):
    """A function to minimize: one pass gives its value, its gradient (n,) and its Hessian (n, n)."""

    value: Callable[[Array], tuple[float, Array]]
    """Value and gradient."""

    hessian: Callable[[Array], Array]


class Bounds(NamedTuple):
    """The least and the greatest value of each element, infinite where there is none; arrays (n,)."""

    lower: Array
    upper: Array

    def active(self, place: Array) -> Array:
        """Which elements lie on a bound: an array of truth values (n,)."""
        return (place <= self.lower) | (place >= self.upper)

    def clipped(self, place: Array) -> Array:
        """A place inside."""
        return np.clip(place, self.lower, self.upper)

    def snapped(self, place: Array) -> Array:
        """A place with each element that is as good as on a bound on it."""
        for bound in (self.lower, self.upper):
            near = np.abs(place - bound) <= 1e-12 * np.maximum(1.0, np.abs(bound))
            place = np.where(near & np.isfinite(bound), bound, place)
        return place


class Constraint(NamedTuple):
    """One number that is to be 0 (`equal`), or at least 0; its value and gradient, and its Hessian."""

    value: Callable[[Array], tuple[float, Array]]
    hessian: Callable[[Array], Array]
    equal: bool


class Minimum(NamedTuple):
    """Where a search ended.

    `gradient` is that of the function, `slope` the length of what is left of it in the directions that bounds
    and constraints leave free, `hessian` its second derivatives there (of the Lagrangian, where
    constraints are active), `active` says which elements stand on a bound, and `multipliers` holds one number
    for each constraint (0 where it is not active). `kind` is `minimum`, `saddle`, `maximum`, `flat` or
    `unfinished`; `least` is the smallest eigenvalue of the Hessian scaled to unit diagonal, on what is free
    to move.
    """

    place: Array
    value: float
    gradient: Array
    hessian: Array
    active: Array
    multipliers: Array
    slope: float
    kind: str
    least: float
    converged: bool
    reason: str


def minimize(
    objective: Objective,
    start: Array,
    bounds: Bounds | None = None,
    constraints: Sequence[Constraint] = (),
    told: Callable[[Array, float], None] | None = None,
    method: str | None = None,
) -> Minimum:
    """Searches from `start` for a place where the objective is least.

    `told` hears of each place that improves. What a non-finite value would be is passed by. `method` is a
    name in `METHODS`; without one the problem chooses. Ctrl-C ends the search with the best place so far.
    """
    with np.errstate(all="ignore"):
        place = np.asarray(start, np.float64)
        if bounds is not None:
            place = bounds.clipped(place)
        safe = _Safe(objective, told)
        multipliers = np.zeros(len(constraints))
        chosen = METHODS[method or _usual(place, bounds, constraints)]
        stopped = False
        try:
            if safe.value(place) < _HUGE:
                place, multipliers = chosen.search(safe, place, bounds, constraints)
        except KeyboardInterrupt:
            place, stopped = safe.best, True
        if not constraints and safe.value(rounded := np.round(place, _PLACES) + 0.0) <= safe.value(place):
            place = rounded  # onto a kink, which no search hits
        found = _judged(safe, place, bounds, constraints, multipliers)
        if stopped and not found.converged:
            found = found._replace(reason="the search was stopped")
        return found


def _usual(place: Array, bounds: Bounds | None, constraints: Sequence[Constraint]) -> str:
    """The method for a problem of this kind, as measured."""
    if constraints:
        return "slsqp"
    return "l-bfgs-b" if bounds is not None or place.size > MOST_DENSE else "trust-exact"


class _Safe:
    """An objective without values that are not finite, which keeps its last passes and its best place."""

    _KEPT = 4

    def __init__(self, objective: Objective, told: Callable[[Array, float], None] | None) -> None:
        self._objective = objective
        self._told = told
        self._passes: dict[bytes, tuple[float, Array]] = {}
        self._hessians: dict[bytes, Array] = {}
        self._least = np.inf
        self.best = np.zeros(0)

    def both(self, place: Array) -> tuple[float, Array]:
        key = place.tobytes()
        if key not in self._passes:
            value, slope = self._objective.value(place)
            fine = np.isfinite(value) and np.isfinite(slope).all()
            _keep(
                self._passes,
                key,
                (float(value), slope) if fine else (_HUGE, np.zeros_like(place)),
                self._KEPT,
            )
            if fine and value < self._least:
                self._least, self.best = float(value), np.array(place)
                if self._told is not None:
                    self._told(self.best, self._least)
        return self._passes[key]

    def unit(self, start: Array) -> float:
        """The power of two that makes what is small at a start of usual size; 1 for what is not.

        What methods compare with numbers is divided by it, as these have no unit. What is of usual size is
        searched as it is, and what is large at the start may be small where it is least.
        """
        value, slope = self.both(start)
        reach = np.abs(slope) * np.where(start == 0, 1.0, np.abs(start))
        size = max(abs(value), float(reach.max(initial=0.0)))
        return float(np.exp2(np.floor(np.log2(size)))) if 0 < size < _SMALL else 1.0

    def divided(self, unit: float) -> Callable[[Array], tuple[float, Array]]:
        """Value and gradient as parts of a unit."""

        def both(place: Array) -> tuple[float, Array]:
            value, slope = self.both(place)
            return value / unit, slope / unit

        return both

    def value(self, place: Array) -> float:
        return self.both(place)[0]

    def gradient(self, place: Array) -> Array:
        return self.both(place)[1]

    def hessian(self, place: Array) -> Array:
        key = place.tobytes()
        if key not in self._hessians:
            found = self._objective.hessian(place)
            _keep(self._hessians, key, found if np.isfinite(found).all() else np.eye(place.size), self._KEPT)
        return self._hessians[key]


def _keep(kept: dict[bytes, Any], key: bytes, found: Any, most: int) -> None:
    """Puts what was found among the last ones."""
    if len(kept) >= most:
        del kept[next(iter(kept))]
    kept[key] = found


class _Done(Exception):  # noqa: N818 (no error: SciPy's loops end by an exception only)
    """A search that has come as near as doubles allow."""


def _free(safe: _Safe, place: Array) -> Array:
    """Trust regions with the exact Hessian, from each saddle point on along its negative curvature."""
    place = _trusted(safe, _off_saddle(safe, place))
    for _ in range(_MOST_SADDLES if np.abs(place).max() < _FAR else 0):
        lower = _below(safe, place)
        if lower is None:
            break
        place = _trusted(safe, lower)
    return place


def _below(safe: _Safe, place: Array) -> Array | None:
    """A place below a saddle point; `None` where this is none."""
    curved = safe.hessian(place)
    scale = np.sqrt(np.abs(np.diag(curved)))
    scale[scale == 0] = 1.0
    values, vectors = np.linalg.eigh(curved / np.outer(scale, scale))
    if values[0] >= -1e-9 * max(1.0, abs(values[-1])):
        return None
    along = vectors[:, 0] / scale
    along *= max(1.0, float(np.abs(place).max())) / float(np.abs(along).max())
    tried = [place + side * size * along for size in (1e-3, 1e-2, 1e-1) for side in (-1, 1)]
    lowest = min(tried, key=safe.value)
    return lowest if safe.value(lowest) < safe.value(place) else None


def _trusted(safe: _Safe, start: Array) -> Array:
    """Trust regions with the exact Hessian, and L-BFGS-B from the start where they stop unfinished."""
    best = start

    def near_enough(found: Array) -> None:
        nonlocal best
        best = np.array(found)
        if _decrement(safe, best) <= EPS * abs(safe.value(best)):
            raise _Done

    options = {"max_trust_radius": 1e12, "maxiter": MOST_STEPS, "gtol": 0.0}
    try:
        found = optimize().minimize(
            safe.value,
            start,
            method="trust-exact",
            jac=safe.gradient,
            hess=safe.hessian,
            callback=near_enough,
            options=options,
        )
        best = found.x
    except _Done:
        return _polished(safe, best, np.ones(best.size, bool))
    except (ArithmeticError, ValueError, UnboundLocalError):
        pass  # a Hessian that SciPy's trust regions cannot use, as one of zeros: go on without
    if not _near(safe, best):
        other = _bounded(safe, start, None)
        best = other if safe.value(other) <= safe.value(best) else best
    return _polished(safe, best, np.ones(best.size, bool))


def _off_saddle(safe: _Safe, place: Array) -> Array:
    """A start where the gradient is 0 and some curvature negative, moved a little along that."""
    if np.any(safe.gradient(place)):
        return place
    values, vectors = np.linalg.eigh(safe.hessian(place))
    if values[0] >= 0:
        return place
    return place + 1e-3 * max(1.0, float(np.abs(place).max())) * vectors[:, 0]


def _bounded(safe: _Safe, place: Array, bounds: Bounds | None) -> Array:
    """L-BFGS-B, finished by Newton on the variables that no bound holds."""
    pairs = None if bounds is None else list(zip(bounds.lower, bounds.upper, strict=True))
    options = {
        "maxiter": 100 * MOST_STEPS,
        "maxfun": 100 * MOST_STEPS,
        "ftol": EPS,
        "gtol": 1e-12,
        "maxcor": 20,
    }
    both = safe.divided(safe.unit(place))
    found = optimize().minimize(both, place, method="L-BFGS-B", jac=True, bounds=pairs, options=options)
    best: Array = found.x
    if best.size > MOST_DENSE:
        return best
    held = np.zeros(best.size, bool) if bounds is None else bounds.active(best)
    return _polished(safe, best, ~held, bounds)


def _decrement(safe: _Safe, place: Array) -> float:
    """Half of what a Newton step would gain; infinite where the Hessian is not positive."""
    slope = safe.gradient(place)
    try:
        factor = np.linalg.cholesky(safe.hessian(place))
    except np.linalg.LinAlgError:
        return np.inf
    return 0.5 * float(np.sum(np.linalg.solve(factor, slope) ** 2))


def _near(safe: _Safe, place: Array) -> bool:
    """Whether a Newton step would gain nothing that doubles can hold, or the gradient is 0."""
    slope = safe.gradient(place)
    return not np.any(slope) or _decrement(safe, place) <= 1e-14 * max(abs(safe.value(place)), 1e-300)


def _polished(safe: _Safe, place: Array, free: Array, bounds: Bounds | None = None) -> Array:
    """A few Newton steps on the free elements, as long as the gradient shrinks."""
    size = float(np.linalg.norm(safe.gradient(place)[free]))
    for _ in range(8):
        if not size:
            break
        step = np.zeros_like(place)
        try:
            step[free] = np.linalg.solve(safe.hessian(place)[np.ix_(free, free)], safe.gradient(place)[free])
        except np.linalg.LinAlgError:
            break
        tried = place - step
        if bounds is not None:
            tried = bounds.clipped(tried)
        smaller = float(np.linalg.norm(safe.gradient(tried)[free]))
        value, before = safe.value(tried), safe.value(place)
        noise = 4 * EPS * abs(before)
        if smaller <= 1e-3 * size and _decrement(safe, place) < np.inf:
            noise = max(noise, EPS)  # the terms of a value that is nearly 0 may be as great as 1
        if smaller >= size or value > before + noise:
            break
        place, size = tried, smaller
    return place


def _constrained(
    safe: _Safe, place: Array, bounds: Bounds | None, constraints: Sequence[Constraint]
) -> tuple[Array, Array]:
    """SLSQP, then Newton on the conditions of Karush, Kuhn and Tucker with what is active."""
    given = [
        {
            "type": "eq" if each.equal else "ineq",
            "fun": lambda x, each=each: each.value(x)[0],
            "jac": lambda x, each=each: each.value(x)[1],
        }
        for each in constraints
    ]
    pairs = None if bounds is None else list(zip(bounds.lower, bounds.upper, strict=True))
    unit = safe.unit(place)
    found = optimize().minimize(
        safe.divided(unit),
        place,
        method="SLSQP",
        jac=True,
        bounds=pairs,
        constraints=given,
        options={"ftol": 1e-15, "maxiter": 20 * MOST_STEPS},
    )
    best: Array = found.x if bounds is None else bounds.snapped(found.x)
    if not _usable(safe, best, constraints):
        return place, np.zeros(len(constraints))
    held = np.zeros(best.size, bool) if bounds is None else bounds.active(best)
    scale = max(1.0, float(np.abs(best).max()))
    active = [k for k, each in enumerate(constraints) if each.equal or each.value(best)[0] <= 1e-7 * scale]
    multipliers = np.zeros(len(constraints))
    free = ~held
    for _ in range(8):
        slopes = np.array([constraints[k].value(best)[1][free] for k in active]).reshape(
            len(active), int(free.sum())
        )
        misses = np.array([constraints[k].value(best)[0] for k in active])
        slope = safe.gradient(best)[free] / unit
        some = np.linalg.lstsq(slopes.T, slope, rcond=None)[0] if active else np.zeros(0)
        curved = safe.hessian(best)[np.ix_(free, free)] / unit
        for k, each in zip(active, some, strict=True):
            curved = curved - each * constraints[k].hessian(best)[np.ix_(free, free)]
        count = len(active)
        matrix = np.block([[curved, -slopes.T], [slopes, np.zeros((count, count))]])
        right = -np.concatenate([slope - slopes.T @ some, misses])
        multipliers[:] = 0
        multipliers[active] = some * unit
        # Constraints may say the same, and then only the shortest step is determined.
        step = np.linalg.lstsq(matrix, right, rcond=None)[0][: free.sum()]
        tried = best.copy()
        tried[free] += step
        if np.linalg.norm(step) > 0.1 * scale or not _usable(safe, tried, constraints):
            break
        best = tried if bounds is None else bounds.clipped(tried)
        if np.linalg.norm(step) <= 2 * EPS * scale:
            break
    return best, multipliers


def _usable(safe: _Safe, place: Array, constraints: Sequence[Constraint]) -> bool:
    """Whether all numbers at a place are finite: what cannot be held drives a search where they are not."""
    numbers = [number for each in constraints for number in (*each.value(place), each.hessian(place))]
    return safe.value(place) < _HUGE and all(np.isfinite(number).all() for number in numbers)


def _unbounded(safe: _Safe, place: Array, method: str, **more: Any) -> Array:
    """A method of SciPy's without bounds, finished by Newton."""
    options = {"maxiter": 100 * MOST_STEPS, "gtol": 1e-12}
    start = _off_saddle(safe, place)
    found = optimize().minimize(safe.both, start, method=method, jac=True, options=options, **more)
    return _polished(safe, found.x, np.ones(place.size, bool))


class Method(NamedTuple):
    """What may do the iterating, and whether it takes bounds and constraints."""

    search: Callable[[_Safe, Array, Bounds | None, Sequence[Constraint]], tuple[Array, Array]]
    bounds: bool = False
    constraints: bool = False


_NONE = np.zeros(0)

METHODS = {
    "trust-exact": Method(lambda safe, place, bounds, _: (_free(safe, place), _NONE)),
    "trust-krylov": Method(
        lambda safe, place, bounds, _: (_unbounded(safe, place, "trust-krylov", hess=safe.hessian), _NONE)
    ),
    "bfgs": Method(lambda safe, place, bounds, _: (_unbounded(safe, place, "bfgs"), _NONE)),
    "l-bfgs-b": Method(lambda safe, place, bounds, _: (_bounded(safe, place, bounds), _NONE), bounds=True),
    "slsqp": Method(_constrained, bounds=True, constraints=True),
}
"""By the names of SciPy's methods, in small letters."""


def _judged(
    safe: _Safe, place: Array, bounds: Bounds | None, constraints: Sequence[Constraint], multipliers: Array
) -> Minimum:
    """The verdict on a place, from the exact Hessian on what is free to move there."""
    value, slope = safe.both(place)
    finite = value < _HUGE
    held = np.zeros(place.size, bool) if bounds is None else bounds.active(place)
    curved = safe.hessian(place)
    for each, multiplier in zip(constraints, multipliers, strict=True):
        if multiplier:
            curved = curved - multiplier * each.hessian(place)
    rows = [
        each.value(place)[1]
        for each, size in zip(constraints, multipliers, strict=True)
        if size or each.equal
    ]
    free = ~held
    inside, within = curved[np.ix_(free, free)], slope[free]
    if rows:
        normals = np.array(rows)[:, free]
        basis = _null_space(normals)
        inside, within = basis.T @ inside @ basis, basis.T @ within
    satisfied = all(
        abs(each.value(place)[0]) <= 1e-8 if each.equal else each.value(place)[0] >= -1e-8
        for each in constraints
    )
    kind, least, converged, reason = _verdict(inside, within, value, place)
    if kind == "flat" and not rows:
        kind, converged, reason = _beside(safe, place, value, inside, free, bounds)
    if not satisfied:
        kind, converged, reason = "unfinished", False, "no place was found that holds all constraints"
    elif not finite:
        value = float("nan")
        kind, converged, reason = "unfinished", False, "the function is not finite where the search begins"
    elif not converged and np.abs(place).max() >= _FAR:
        reason = "the search goes farther and farther, without end"
    left = float(np.linalg.norm(within)) if finite else float("nan")
    return Minimum(place, value, slope, curved, held, multipliers, left, kind, least, converged, reason)


def _beside(
    safe: _Safe, place: Array, value: float, curved: Array, free: Array, bounds: Bounds | None
) -> tuple[str, bool, str]:
    """The verdict on a place without curvature in some directions, by the values on both sides there."""
    values, vectors = np.linalg.eigh(curved)
    most = float(np.abs(values).max())
    reach = max(1.0, float(np.abs(place).max()))
    noise = 1e-12 * most * reach * reach + 4 * EPS * abs(value)  # infinite, and no error, where it is large
    found: list[float] = []
    for along in vectors[:, np.abs(values) <= 1e-9 * max(1.0, most)].T:
        for size in (-1e-1, -1e-2, 1e-2, 1e-1):
            moved = place.copy()
            moved[free] += size * reach * along
            found.append(safe.value(moved if bounds is None else bounds.clipped(moved)) - value)
    if found and min(found) > noise:
        return "minimum", True, ""
    if found and min(found) < -noise:
        return "saddle", False, "the gradient is 0, and there are lower values beside it"
    return "flat", True, "the Hessian has a direction without curvature"


def _null_space(rows: Array) -> Array:
    _, sizes, right = np.linalg.svd(rows)
    rank = int(np.sum(sizes > 1e-12 * max(1.0, float(sizes.max(initial=0.0)))))
    return right[rank:].T


def _verdict(curved: Array, slope: Array, value: float, place: Array) -> tuple[str, float, bool, str]:
    """What kind of place it is: the kind, the least scaled eigenvalue, whether it is one, and why not."""
    if not curved.size:
        return "minimum", 0.0, True, "bounds and constraints leave nothing free to move"
    scale = np.sqrt(np.abs(np.diag(curved)))
    scale[scale == 0] = 1.0
    values = np.linalg.eigvalsh(curved / np.outer(scale, scale))
    least, most = float(values[0]), float(values[-1])
    small = 10 * curved.shape[0] * EPS * max(1.0, float(np.abs(values).max()))
    # What a step along each direction could still gain says whether the gradient is 0 as far as doubles go.
    size = float(np.linalg.norm(slope / scale))
    reach = float(np.linalg.norm(slope)) * max(1.0, float(np.abs(place).max(initial=0.0)))
    stationary = size <= 1e-9 or reach <= 1e-7 * abs(value)
    if least > small:
        step = np.linalg.solve(curved, slope)
        gain = 0.5 * float(slope @ step)
        if np.abs(step).max() > 1e-3 * max(1.0, float(np.abs(place).max())):
            return "unfinished", least, False, "the value goes on falling"
        if stationary or gain <= 1e-12 * max(abs(value), 1e-12):
            return "minimum", least, True, ""
        return "unfinished", least, False, "the search stopped before the gradient was 0"
    if not stationary:
        return "unfinished", least, False, "the search stopped before the gradient was 0"
    if least < -small:
        if most < -small:
            return "maximum", least, False, "the gradient is 0 where the curvature has the other sign"
        return "saddle", least, False, "the gradient is 0 at a saddle point"
    return "flat", least, True, "the Hessian has a direction without curvature"
