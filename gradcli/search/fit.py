"""Which parameters fit data best: least squares over rows of any number, and losses that outliers bend less.

A pass over the data keeps only the triangular factor of [J r], the Jacobian of the residuals beside the
residuals: the factors of blocks are stacked and factored again. It has the same norms and the same normal
equations as all rows together, so SciPy's `least_squares` works on parameters + 1 rows, and a few Newton
steps with the exact Hessian (Dennis and Schnabel, section 10.3) bring the last digits, which Gauss-Newton
reaches slowly where residuals are large. Measured on the 27 problems of NIST StRD from both starts: every
parameter to ten digits and more.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from gradcli.arrays import Array
from gradcli.records import NamedTuple, Protocol
from gradcli.search.minimize import EPS, Bounds, Objective, minimize
from gradcli.search.scipy_door import optimize
from gradcli.search.sums import SMALLEST, Sums, Total, joint

MOST_EVALUATIONS = 10_000
"""So many passes over the data are made at most before the last steps."""

_MOST_POLISHED = 20
_UNMOVED = 4 * EPS
"""Rounding errors move residuals by so much of what they are made of."""

_DEFICIENT = 1e-13
"""Directions are undetermined whose singular value is that part of the greatest, columns of length 1."""

NAMED = 0.1
"""A parameter is named where a direction that the data do not determine has so great a part of it."""


class Residuals(Protocol):
    """The residuals of a model, and their derivatives in the parameters; a call is a pass over the data.

    Whoever has the data makes it, all of them or parts: what comes of a pass has the size of the parameters.
    """

    def factor(self, place: Array) -> tuple[Array, int]:
        """The triangular factor of [J r], (parameters + 1, parameters + 1), and how many residuals are."""

    def weighed(self, place: Array, loss: Loss, scale: Array) -> Array:
        """The sums of what `Loss.weighed` has of each residual, parameters being measured in `1/scale`."""

    def spread(self, place: Array, loss: Loss) -> Array:
        """The sums of what `Loss.spread` has of each residual."""

    def curvature(self, place: Array, loss: Loss) -> Array:
        """The sum of the slope of the loss times the second derivatives of r, (parameters, parameters)."""


def _linear(z: Array) -> tuple[Array, Array, Array]:
    return z, np.ones_like(z), np.zeros_like(z)


def _soft_l1(z: Array) -> tuple[Array, Array, Array]:
    root = np.sqrt(1 + z)
    return 2 * z / (root + 1), 1 / root, -0.5 / root**3


def _huber(z: Array) -> tuple[Array, Array, Array]:
    far = z > 1
    root = np.sqrt(np.where(far, z, 1.0))
    return np.where(far, 2 * root - 1, z), 1 / root, np.where(far, -0.5 / root**3, 0.0)


def _cauchy(z: Array) -> tuple[Array, Array, Array]:
    return np.log1p(z), 1 / (1 + z), -1 / (1 + z) ** 2


def _arctan(z: Array) -> tuple[Array, Array, Array]:
    return np.arctan(z), 1 / (1 + z**2), -2 * z / (1 + z**2) ** 2


LOSSES: dict[str, Callable[[Array], tuple[Array, Array, Array]]] = {
    "linear": _linear,
    "soft_l1": _soft_l1,
    "huber": _huber,
    "cauchy": _cauchy,
    "arctan": _arctan,
}
"""The losses of SciPy's `least_squares`, by name: rho(z) of a residual's square z, with two derivatives."""


class Loss(NamedTuple):
    """How much a residual counts: a loss of `LOSSES`, and the size from which on a robust one counts less."""

    name: str = "linear"
    width: float = 1.0

    def terms(self, r: Array) -> tuple[Array, Array, Array]:
        """The loss of residuals, and its first two derivatives in these."""
        z = (r / self.width) ** 2
        value, first, second = LOSSES[self.name](z)
        return 0.5 * self.width**2 * value, r * first, first + 2 * z * second

    def weighed(self, block: Array, scale: Array, *, summed: bool = False) -> Array:
        """For each row of [J r] the loss, its gradient, its Hessian but for curvature: (rows, 1 + n + n²).

        `summed` over the rows it is one such row.
        """
        jacobian = block[:, :-1] / scale
        value, first, second = self.terms(block[:, -1])
        if summed:
            curve = jacobian.T @ (jacobian * second[:, None])
            return np.concatenate([[value.sum()], first @ jacobian, curve.ravel()])[None]
        curves = jacobian[:, :, None] * (jacobian * second[:, None])[:, None, :]
        return np.column_stack([value, jacobian * first[:, None], curves.reshape(len(block), -1)])

    def spread(self, block: Array) -> Array:
        """For each row of [J r] psi squared, its slope, and the square of that: (rows, 3)."""
        _, first, second = self.terms(block[:, -1])
        return np.column_stack([first**2, second, second**2])


PLAIN = Loss()
"""Every residual counts by its square."""


class Fit(NamedTuple):
    """Where a search ended.

    `squares` is the sum of the squares of the residuals, `residuals` how many these are, `free` how many
    parameters no bound holds, and `active` which ones one holds. `root` (n, k) times its transpose is the
    inverse of JᵀJ, with 0 for parameters that a bound holds: times the variance of a residual the covariance
    of the parameters; a robust loss has brought in its own. `undetermined` are directions that the data do
    not determine, as vectors (k, n), and `weak` is the one that they determine least, with its singular value
    as a part of the greatest.
    """

    place: Array
    squares: float
    residuals: int
    active: Array
    root: Array
    undetermined: Array
    weak: tuple[float, Array]
    evaluations: int
    converged: bool
    reason: str

    @property
    def free(self) -> int:
        """How many parameters the data have to determine."""
        return int((~self.active).sum())

    @property
    def inverse(self) -> Array:
        """The inverse of JᵀJ, with nan for parameters that the data do not determine."""
        whole: Array = self.root @ self.root.T
        for each in np.flatnonzero(np.any(np.abs(self.undetermined) > NAMED, axis=0)):
            whole[each, :] = whole[:, each] = np.nan
        return whole


class NoSlopeError(ArithmeticError):
    """A derivative of the residuals is not finite where the search begins."""


def fit(
    residuals: Residuals,
    start: Array,
    bounds: Bounds | None = None,
    loss: Loss = PLAIN,
) -> Fit:
    """Searches from `start` for the parameters at which the loss of the residuals is least.

    Ctrl-C ends the search with the best place so far, for which there is no further pass. Raises
    `NoSlopeError`.
    """
    with np.errstate(all="ignore"):
        factors = _Factors(residuals, start)
        place = start if bounds is None else bounds.clipped(start)
        if loss.name == PLAIN.name:
            return _least_squares(factors, residuals, place, bounds)
        return _robust(factors, residuals, place, bounds, loss)


class _Factors:
    """The triangular factor of [J r] at places, one pass for each; the last and the best are kept."""

    def __init__(self, residuals: Residuals, start: Array) -> None:
        self._residuals = residuals
        self._size = start.size + 1
        self.passes = 0
        self.count = 0
        self._at: Array | None = None
        self._last = np.zeros((self._size, self._size))
        self.best = np.array(start)
        self._best = self._last
        self._least = math.inf
        self._begun = 0.0

    def at(self, place: Array) -> Array:
        """The factor, (n + 1, n + 1); nan where a residual is not finite."""
        if self._at is None or not np.array_equal(self._at, place):
            if self._least < math.inf and np.array_equal(self.best, place):
                return self._best
            self.passes += 1
            self._last, self.count = self._residuals.factor(place)
            self._at = np.array(place)
            cost = float(np.sum(self._last[:, -1] ** 2))
            if cost < self._least:
                self._least, self.best, self._best = cost, self._at, self._last
        return self._last

    def first(self, place: Array) -> Array:
        """The factor where a search begins; raises `NoSlopeError` where it is not finite."""
        found = self.at(place)
        if not np.isfinite(found).all():
            raise NoSlopeError
        self._begun = float(np.linalg.norm(found[:, -1]))
        return found

    def size(self, factor: Array, place: Array) -> float:
        """What the residuals are made of: their first length, and what each parameter adds to it.

        `factor` has columns of J, and `place` their parameters.
        """
        return math.hypot(self._begun, float(np.linalg.norm(_lengths(factor) * place)))

    def cost(self, place: Array) -> float:
        """The sum of squares; nan where a residual is not finite."""
        return float(np.sum(self.at(place)[:, -1] ** 2))


def factor_of(blocks: Iterator[Array], size: int) -> tuple[Array, int]:
    """The triangular factor (size, size) of blocks (rows, size) as one matrix, and how many rows they have.

    It is nan where an element is not finite.
    """
    factor: Any = np.zeros((0, size))
    count = 0
    for block in blocks:
        count += len(block)
        if not np.isfinite(block.sum()) and not np.isfinite(block).all():
            return np.full((size, size), np.nan), count
        factor = np.linalg.qr(np.vstack([factor, block]), mode="r")
    whole = np.zeros((size, size))
    whole[: len(factor)] = factor
    return whole, count


def exact_products(blocks: Iterable[Array], size: int) -> Total:
    """The exact sums of all products of two columns of blocks (rows, size), row by row: `factor_of_products`.

    A product of doubles is the sum of two doubles (Dekker, Numer. Math. 18, 1971), unless it is near the ends
    of their range.
    """
    from gradcli.engine.primitives.two_doubles import multiply

    pairs = _pairs(size)
    sums, rows = Sums(len(pairs)), 0
    for block in blocks:
        rows += len(block)
        columns = [np.ascontiguousarray(each) for each in block.T]
        sums.add([np.concatenate(multiply(columns[j], columns[k])) for j, k in pairs], 2 * len(block))
    return sums.total()._replace(rows=rows)


def _pairs(size: int) -> list[tuple[int, int]]:
    return [(j, k) for j in range(size) for k in range(j, size)]


_PRECISION = 120
"""Digits in which products are factored: the square of a condition takes twice its digits."""

_NOTHING = "1e-60"
"""Of a column so little of its square is left where it is made of those before it."""


def factor_of_products(parts: Iterable[Total], size: int) -> tuple[Array, int]:
    """The triangular factor (size, size) of all rows, from `exact_products` of parts of them, and how many.

    It is the same however the rows were divided, as nothing is rounded before the end; nan where an element
    is not finite. Cholesky's, in many digits.
    """
    from decimal import Context, Decimal, localcontext  # which only searches over parts need

    total = joint(parts).total()
    if any(total.beyond):
        return np.full((size, size), np.nan), total.rows
    factor = np.zeros((size, size))
    if not total.rows:
        return factor, 0
    with localcontext(Context(prec=_PRECISION, Emin=-(10**6), Emax=10**6)):
        left = dict(zip(_pairs(size), map(Decimal, total.units), strict=True))
        squares = [left[j, j] for j in range(size)]
        unit, nothing = Decimal(2) ** (SMALLEST // 2), Decimal(_NOTHING)
        for j in range(size):
            if left[j, j] <= squares[j] * nothing:
                continue
            root = left[j, j].sqrt()
            row = {k: left[j, k] / root for k in range(j, size)}
            for k, each in row.items():
                factor[j, k] = float(each / unit)
                for m in range(k, size):
                    left[k, m] -= each * row[m]
    return factor, total.rows


def _least_squares(factors: _Factors, residuals: Residuals, place: Array, bounds: Bounds | None) -> Fit:
    reason = ""
    active = np.zeros(place.size, bool)
    try:
        factor = factors.first(place)
        done = _is_there(factor)
        if not done:
            # SciPy compares slopes and steps with numbers of no unit: it gets a problem that has none.
            scale = _powers_of_two(_lengths(factor[:, :-1]))
            unit = float(_powers_of_two(np.linalg.norm(factor[:, -1])))
            step = unit / scale
            limits = (-np.inf, np.inf) if bounds is None else (bounds.lower / step, bounds.upper / step)
            found = optimize().least_squares(
                lambda x: factors.at(x * step)[:, -1] / unit,
                place / step,
                jac=lambda x: factors.at(x * step)[:, :-1] / scale,
                bounds=limits,
                method="trf",
                x_scale="jac",
                ftol=1e-10,
                xtol=1e-10,
                gtol=4e-16,
                max_nfev=MOST_EVALUATIONS,
            )
            place, done = found.x * step, bool(found.status)
            if bounds is not None:
                active = found.active_mask != 0
                place = np.where(found.active_mask < 0, bounds.lower, place)
                place = np.where(found.active_mask > 0, bounds.upper, place)
        place, active, settled, reason = _polished(factors, residuals, place, active, bounds)
        if not settled and not done:
            reason = f"the search was not done after {MOST_EVALUATIONS} passes over the data"
    except KeyboardInterrupt:
        place, settled, reason = factors.best, False, "the search was stopped"
        active = np.zeros(place.size, bool) if bounds is None else bounds.active(place)
    factor, _, rest = reduced(factors.at(place), ~active)
    root, undetermined, weak = _root(factor, ~active)
    # What is left below R is the sum without what rounding errors make of the slopes, where R says all.
    squares = rest**2 if settled and not len(undetermined) else factors.cost(place)
    return Fit(
        place, squares, factors.count, active, root, undetermined, weak, factors.passes, settled, reason
    )


def _is_there(factor: Array) -> bool:
    """Whether a start needs no search, as where a linear problem has been solved for it."""
    return bool(np.linalg.norm(factor[:-1, -1]) <= 1e-10 * abs(factor[-1, -1]))


def _powers_of_two(sizes: Array | np.floating[Any]) -> Array:
    """Powers of two near sizes, by which nothing is rounded; 1 for a size of 0."""
    found: Array = np.exp2(np.floor(np.log2(np.where(sizes > 0, sizes, 1.0))))
    return found


def reduced(factor: Array, free: Array) -> tuple[Array, Array, float]:
    """A factor of [J r] with some columns of J alone: R, z and the size of what no step can take away."""
    smaller: Any = np.linalg.qr(factor[:, [*np.flatnonzero(free), -1]], mode="r")
    return smaller[:-1, :-1], smaller[:-1, -1], abs(float(smaller[-1, -1]))


def _polished(
    factors: _Factors, residuals: Residuals, place: Array, active: Array, bounds: Bounds | None
) -> tuple[Array, Array, bool, str]:
    """Newton steps with the exact Hessian on what no bound holds, as long as they shrink.

    Returns the place, what bounds hold there, whether it is a minimum, and why not.
    """
    before = math.inf
    for _ in range(_MOST_POLISHED):
        free = ~active
        factor, z, rest = reduced(factors.at(place), free)
        if not free.any():
            return place, active, True, ""
        noise = _UNMOVED * factors.size(factor, place[free])
        if _rank(factor) < free.sum():  # the shortest step of Gauss and Newton is as good as any
            there, reason = _stationary(factor, z, rest, noise)
            lengths = _lengths(factor)
            scale = np.where(lengths > 0, lengths, 1.0)
            step = np.zeros(place.size)
            step[free] = -np.linalg.lstsq(factor / scale, z, rcond=_DEFICIENT)[0] / scale
            tried = place + step if bounds is None else bounds.clipped(place + step)
            if there and _bends_down(factor, residuals.curvature(place, PLAIN)[np.ix_(free, free)]):
                there, reason = False, _SADDLE
            if there or reason == _SADDLE or not factors.cost(tried) < factors.cost(place):
                return place, active, there, reason
            place = tried
            continue
        curved = residuals.curvature(place, PLAIN)[np.ix_(free, free)]
        bent = np.linalg.solve(factor.T, np.linalg.solve(factor.T, curved).T)
        whole = np.eye(len(z)) + (bent + bent.T) / 2
        if not np.isfinite(whole).all():
            return place, active, False, "the second derivatives are not finite"
        if np.linalg.eigvalsh(whole)[0] <= 0:
            flat, reason = _stationary(factor, z, rest, noise)
            if flat:
                reason = _SADDLE
            return place, active, False, reason
        moved = np.linalg.solve(whole, -z)
        step = np.zeros(place.size)
        step[free] = np.linalg.solve(factor, moved)
        tried = place + step
        if bounds is not None:
            tried = bounds.clipped(tried)
        size = float(np.max(np.abs(tried - place)[free] / np.maximum(np.abs(place[free]), 1e-300)))
        spread = rest / math.sqrt(max(1, factors.count - int(free.sum())))
        gained = float(np.linalg.norm(moved))
        near = size <= 1e-9 or gained <= max(1e-6 * spread, noise)
        if size >= before or not factors.cost(tried) <= factors.cost(place) * (1 + 1e-7):
            return (
                place,
                active,
                near,
                "" if near else "the search stopped before the sum of squares was least",
            )
        place, before = tried, size
        if bounds is not None:
            met = bounds.active(place)
            slope = factors.at(place)[:, :-1].T @ factors.at(place)[:, -1]
            inward = np.where(place <= bounds.lower, slope < 0, slope > 0)
            if np.any(met & active & inward) or np.any(met & ~active):
                active, before = met & ~(active & inward), math.inf
                continue
        if size <= 2 * EPS:
            return place, active, True, ""
    return place, active, before <= 1e-9, "" if before <= 1e-9 else "the last steps do not shrink"


def _lengths(factor: Array) -> Array:
    """The lengths of columns, whose squares may be beyond the doubles."""
    size = np.max(np.abs(factor), axis=0, initial=0.0)
    size = np.where((size > 0) & np.isfinite(size), size, 1.0)
    found: Array = size * np.linalg.norm(factor / size, axis=0)
    return found


def _rank(factor: Array) -> int:
    lengths = _lengths(factor)
    if not np.all(lengths > 0):
        return int(np.sum(lengths > 0))
    sizes = np.linalg.svd(factor / lengths, compute_uv=False)
    return int(np.sum(sizes > _DEFICIENT * sizes[0]))


_SADDLE = "the sum of squares has no minimum here, but a saddle point"


def _bends_down(factor: Array, curved: Array) -> bool:
    """Whether the sum of squares falls along some direction, by its exact Hessian."""
    whole = factor.T @ factor + curved
    scale = np.sqrt(np.abs(np.diag(whole)))
    scale[scale == 0] = 1.0
    if not np.isfinite(whole).all():
        return False
    sizes = np.linalg.eigvalsh(whole / np.outer(scale, scale))
    return bool(sizes[0] < -1e-8 * max(1.0, float(sizes[-1])))


def _stationary(factor: Array, z: Array, rest: float, noise: float) -> tuple[bool, str]:
    """Whether the residuals, good to `noise`, stand at right angles to every column of J."""
    lengths = np.maximum(_lengths(factor), 1e-300)
    slope = float(np.max(np.abs(factor.T @ z) / lengths, initial=0.0))
    there = slope <= max(1e-7 * math.hypot(rest, float(np.linalg.norm(z))), noise)
    return there, "" if there else "the search stopped before the sum of squares was least"


def _root(factor: Array, free: Array) -> tuple[Array, Array, tuple[float, Array]]:
    """What times its transpose is the inverse of RᵀR, with zeros for what is held, and what R leaves open.

    The last is the direction that is determined least, with its singular value.
    """
    count = len(free)
    if not free.any():
        return np.zeros((count, 0)), np.zeros((0, count)), (1.0, np.zeros(count))
    lengths = _lengths(factor)
    scale = np.where(lengths > 0, lengths, 1.0)
    _, sizes, rows = np.linalg.svd(factor / scale)
    known = sizes > _DEFICIENT * max(sizes[0], 1e-300)
    root = np.zeros((count, int(known.sum())))
    root[free] = (rows[known] / sizes[known, None] / scale).T
    directions = np.zeros((len(sizes), count))
    directions[:, free] = rows
    return root, directions[~known], (float(sizes[-1] / sizes[0]) if sizes[0] else 0.0, directions[-1])


class _Robust:
    """Half the sum of a loss over all residuals, in parameters that are scaled to alike columns of J.

    Residuals are divided by `unit`, so that what `minimize` compares with numbers has no unit.
    """

    def __init__(self, residuals: Residuals, loss: Loss, scale: Array, unit: float) -> None:
        self._residuals = residuals
        self._loss = loss
        self._scale = scale
        self._unit = unit
        self.step = unit / scale
        self._at: Array | None = None
        self._square = np.zeros((0, 0))
        self._last: tuple[float, Array] = (0.0, np.zeros(0))
        self.passes = 0

    def value(self, scaled: Array) -> tuple[float, Array]:
        if self._at is None or not np.array_equal(self._at, scaled):
            self.passes += 1
            sums = self._residuals.weighed(scaled * self.step, self._loss, self._scale)
            count, unit = scaled.size, self._unit
            self._at, self._last = np.array(scaled), (float(sums[0]) / unit**2, sums[1 : 1 + count] / unit)
            self._square = sums[1 + count :].reshape(count, count)
        return self._last

    def hessian(self, scaled: Array) -> Array:
        self.value(scaled)
        curved = self._residuals.curvature(scaled * self.step, self._loss)
        whole: Array = self._square + curved / np.outer(self._scale, self._scale)
        return whole

    def widening(self, place: Array, count: int, free: int) -> float:
        """What turns the inverse of JᵀJ into the covariance of the parameters: Huber's formula.

        K² [Σψ²/(n - p)] / [mean ψ′]², K = 1 + (p/n) var ψ′ / mean² ψ′ (Huber, Robust Statistics, 7.6).
        """
        squares, slopes, curves = self._residuals.spread(place, self._loss)
        mean = slopes / count
        spread = curves / count - mean**2
        factor = 1 + free / count * spread / mean**2
        return float(factor**2 * squares / (count - free) / mean**2) if count > free else math.nan


def _robust(
    factors: _Factors,
    residuals: Residuals,
    place: Array,
    bounds: Bounds | None,
    loss: Loss,
) -> Fit:
    factor = factors.first(place)
    lengths = _lengths(factor[:, :-1])
    scale = np.where(lengths > 0, lengths, 1.0)
    unit = float(_powers_of_two(np.float64(factors.size(factor[:, :-1], place))))
    robust = _Robust(residuals, loss, scale, unit)
    scaled = None if bounds is None else Bounds(bounds.lower / robust.step, bounds.upper / robust.step)
    reason: Any = ""
    try:
        found = minimize(Objective(robust.value, robust.hessian), place / robust.step, scaled)
        place, active = found.place * robust.step, found.active
        settled, reason = found.converged, found.reason
    except KeyboardInterrupt:
        settled, reason = False, "the search was stopped"
        active = np.zeros(place.size, bool) if bounds is None else bounds.active(place)
    if bounds is not None:
        place = bounds.clipped(place)
    if not np.isfinite(factors.at(place)).all():
        place, settled, reason = factors.best, False, "where the search ended a derivative is not finite"
    factor, _, _ = reduced(factors.at(place), ~active)
    root, undetermined, weak = _root(factor, ~active)
    free = int((~active).sum())
    root = root * math.sqrt(robust.widening(place, factors.count, free))
    passes = factors.passes + robust.passes
    squares = factors.cost(place)
    return Fit(place, squares, factors.count, active, root, undetermined, weak, passes, settled, reason)
