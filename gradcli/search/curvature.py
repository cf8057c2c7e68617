"""What the law of propagation leaves out: how an uncertain value is curved in its inputs.

With f's derivatives taken along directions in which inputs vary independently, each by one standard
uncertainty, a value that is not linear has its mean at f + ½Σ f_ii, and its variance has the further terms
Σ (½f_ij² + f_i f_ijj) (JCGM 100:2008, the note to 5.1.2, for inputs that are normally distributed).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from gradcli.arrays import Array
from gradcli.engine import derive
from gradcli.engine.graph import Input, Node
from gradcli.engine.plan import Plan
from gradcli.records import NamedTuple
from gradcli.search.jacobians import Datum
from gradcli.search.spreads import Spreads, directions

MOST_DIRECTIONS = 1000
"""Of more elements than these the curvature is not looked at."""

MATTERS, SHIFTS = 0.05, 0.1
"""From which part of the variance, and of the uncertainty, curvature is worth a word."""


class Curvature(NamedTuple):
    """`shift` is what the mean differs from the value by, `variance` what the variance has beside f_i²."""

    shift: float
    variance: float

    def matters(self, uncertainty: float) -> bool:
        """Whether a first order that gives this uncertainty misses what two digits would show."""
        missed = math.sqrt(abs(self.variance)) > math.sqrt(MATTERS) * uncertainty
        return missed or abs(self.shift) > SHIFTS * uncertainty

    def deviation(self, uncertainty: float) -> float:
        """The standard uncertainty to second order; 0 where the further terms take away more."""
        more = math.sqrt(abs(self.variance))
        if self.variance >= 0:
            return math.hypot(uncertainty, more)
        return 0.0 if more >= uncertainty else math.sqrt(uncertainty - more) * math.sqrt(uncertainty + more)


@np.errstate(all="ignore")
def curvature(node: Node, inputs: Sequence[Input], spreads: Spreads, datum: Datum) -> Curvature | None:
    """The curvature of a single number in uncertain inputs; `None` where it is not looked at."""
    sizes = [math.prod(each.shape) for each in inputs]
    if math.prod(node.shape) != 1 or not 0 < sum(sizes) <= MOST_DIRECTIONS:
        return None
    steps = directions(inputs, spreads)
    if not len(steps):
        return None
    tangents = [Input("tangent", each.shape, role="unit", tracked=False) for each in inputs]
    (along,) = derive.pushforward((node,), inputs, tangents)
    if along is None:
        return Curvature(0.0, 0.0)
    (twice,) = derive.pushforward((along,), inputs, tangents)
    if twice is None:
        return Curvature(0.0, 0.0)
    first, second, third = (derive.gradient(each, inputs) for each in (node, along, twice))
    wanted = [twice, *(each for each in (*first, *second, *third) if each is not None)]
    plan = Plan(wanted, batched=tangents)
    rows = np.split(steps, np.cumsum(sizes)[:-1], axis=1)
    units = {
        tangent: row.reshape(len(steps), *tangent.shape) for tangent, row in zip(tangents, rows, strict=True)
    }
    feed: dict[Node, Any] = {
        each: units[each] if each in units else datum(each) for each in plan.inputs if isinstance(each, Input)
    }
    data = iter(plan.run_rows(feed, len(steps)))
    bent = np.reshape(next(data), -1)

    def joined(parts: Sequence[Node | None]) -> Array:
        found = [
            np.zeros((len(steps), size)) if part is None else np.reshape(next(data), (len(steps), size))
            for part, size in zip(parts, sizes, strict=True)
        ]
        return np.concatenate(found, axis=1)

    slope, hessian, turned = joined(first)[0], joined(second) @ steps.T, joined(third).sum(axis=0)
    towards = (steps @ slope) @ steps  # the covariance matrix times the gradient
    return Curvature(float(bent.sum() / 2), float((hessian**2).sum() / 2 + towards @ turned))
