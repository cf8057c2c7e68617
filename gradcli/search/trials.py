"""Monte Carlo trials of an uncertain value, and whether they bear out its uncertainty (JCGM 101:2008)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from gradcli.arrays import Array
from gradcli.engine.graph import Input, Node
from gradcli.engine.plan import Plan
from gradcli.records import NamedTuple
from gradcli.search.jacobians import Datum
from gradcli.search.spreads import Spread, Spreads, are_independent, together

COVERAGE = 0.95
FEWEST_TRIALS, MOST_TRIALS = 100, 20_000_000
BLOCK = 10_000
"""Trials whose mean, deviation and interval are looked at together, as JCGM 101, 7.9.4 does."""

VALID, NOT_VALID, TOO_FEW = "valid", "not valid", "too few trials"

_HALF_WIDTH = 1.959963984540054
"""Standard deviations on either side of the mean that hold 95 % of a normal distribution."""


class Trials(NamedTuple):
    """What trials found: the mean, the standard deviation, the interval that 95 % of them are in.

    `verdict` compares that with value ± 1.96 u at `digits` of u (JCGM 101, clause 8): "valid", "not valid" or
    "too few trials"; `tolerance` is half a unit of the last of these digits, `differences` are those of the
    ends of the intervals, `noise` twice the standard deviation of what trials gave. `nonfinite` counts the
    trials without a number.
    """

    number: int
    mean: float
    deviation: float
    interval: tuple[float, float]
    verdict: str
    digits: int
    tolerance: float
    differences: tuple[float, float]
    noise: float
    nonfinite: int


def run_trials(
    node: Node,
    inputs: Sequence[Input],
    spreads: Spreads,
    datum: Datum,
    *,
    count: int,
    seed: int,
    value: float,
    uncertainty: float,
    digits: int,
) -> Trials:
    """Draws the inputs `count` times, and looks at the values of a single number."""
    values = np.concatenate(list(_values(node, inputs, spreads, datum, count, seed)))
    finite = values[np.isfinite(values)]
    nonfinite = count - len(finite)
    if len(finite) < 4:
        nothing = math.nan, math.nan
        return Trials(count, *nothing, nothing, NOT_VALID, digits, 0.0, nothing, math.nan, nonfinite)
    blocks = [_summary(block) for block in np.array_split(finite, max(len(finite) // BLOCK, 2))]
    noise = 2 * float(np.max(np.std(blocks, axis=0, ddof=1)) / math.sqrt(len(blocks)))
    mean, deviation, low, high = _summary(finite)
    tolerance = _tolerance(uncertainty, digits)
    ends = value - _HALF_WIDTH * uncertainty, value + _HALF_WIDTH * uncertainty
    differences = abs(ends[0] - low), abs(ends[1] - high)
    worst = max(differences)
    if nonfinite or not math.isfinite(worst) or worst - noise > tolerance:
        verdict = NOT_VALID
    elif noise > tolerance / 5:
        verdict = TOO_FEW
    else:
        verdict = VALID if worst <= tolerance else NOT_VALID
    interval = low, high
    return Trials(count, mean, deviation, interval, verdict, digits, tolerance, differences, noise, nonfinite)


def _tolerance(uncertainty: float, digits: int) -> float:
    """Half a unit of the last of the digits of an uncertainty (JCGM 101, 7.9.2)."""
    if not uncertainty or not math.isfinite(uncertainty):
        return 0.0
    power = int(f"{uncertainty:.{digits - 1}e}".partition("e")[2])
    return 0.5 * 10.0 ** (power - digits + 1)


def _summary(values: Array) -> tuple[float, float, float, float]:
    """Mean, standard deviation, and the ends of the symmetric interval (JCGM 101, 7.6 and 7.7)."""
    ordered = np.sort(values)
    inside = int(COVERAGE * len(values) + 0.5)
    below = (len(values) - inside + 1) // 2
    low, high = ordered[max(below - 1, 0)], ordered[min(below - 1 + inside, len(values) - 1)]
    return float(values.mean()), float(values.std(ddof=1)), float(low), float(high)


def _values(
    node: Node, inputs: Sequence[Input], spreads: Spreads, datum: Datum, count: int, seed: int
) -> Iterator[Array]:
    """The values of trials, block by block."""
    random = np.random.default_rng(seed)
    plan = Plan([node], batched=inputs)
    factor = None if are_independent(inputs, spreads) else _factor(together(inputs, spreads))
    while count:
        rows = min(count, BLOCK)
        units = _units(inputs, spreads, random, rows, factor)
        drawn = {
            each: datum(each) + spreads[each].uncertainty * unit
            for each, unit in zip(inputs, units, strict=True)
        }
        feed: dict[Node, Any] = {
            each: drawn[each] if each in drawn else datum(each)
            for each in plan.inputs
            if isinstance(each, Input)
        }
        (found,) = plan.run_rows(feed, rows)
        yield np.broadcast_to(np.reshape(found, (-1,)), (rows,)).astype(np.float64)
        count -= rows


def _factor(matrix: Array) -> Array:
    """A matrix whose product with its transpose is a matrix of correlations."""
    values, vectors = np.linalg.eigh(matrix)
    found: Array = vectors * np.sqrt(np.maximum(values, 0.0))
    return found


def _units(
    inputs: Sequence[Input], spreads: Spreads, random: np.random.Generator, rows: int, factor: Array | None
) -> list[Array]:
    """Draws with mean 0 and standard deviation 1, for each input; what varies together is normal."""
    if factor is None:
        return [_drawn(spreads[each], random, (rows, *each.shape)) for each in inputs]
    whole = random.standard_normal((rows, len(factor))) @ factor.T
    sizes = [math.prod(each.shape) for each in inputs]
    parts = np.split(whole, np.cumsum(sizes)[:-1], axis=1)
    return [
        part.reshape(rows, *each.shape)
        if spreads[each].distribution == "normal"
        else _drawn(spreads[each], random, (rows, *each.shape))
        for each, part in zip(inputs, parts, strict=True)
    ]


def _drawn(spread: Spread, random: np.random.Generator, shape: tuple[int, ...]) -> Array:
    found: Array
    if spread.distribution == "uniform":
        found = random.uniform(-math.sqrt(3), math.sqrt(3), shape)
    elif spread.distribution == "triangular":
        found = random.triangular(-math.sqrt(6), 0.0, math.sqrt(6), shape)
    elif spread.distribution == "t":
        found = random.standard_t(spread.freedom, shape) * math.sqrt(1 - 2 / spread.freedom)
    else:
        found = random.standard_normal(shape)
    return found
