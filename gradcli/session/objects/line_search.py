"""The line search of `torch.optim.LBFGS`: a step that fulfils Wolfe's strong conditions.

A bracket is widened until it holds such a step, and is then made smaller; both by the minimum of the cubic
through two points (Nocedal and Wright, Numerical Optimization, 3.5 and 3.6), with PyTorch's limits.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gradcli.records import NamedTuple
from gradcli.trampoline import Rule

_DECREASE, _CURVATURE, _NARROWEST = 1e-4, 0.9, 1e-9


class Point(NamedTuple):
    """A place on the line: how far it is, the loss there, its gradient, and its slope along the line."""

    rate: float
    value: float
    gradient: Any
    slope: float


def strong_wolfe(at: Callable[[float], Rule], begin: Point, direction: Any, rate: float, most: int) -> Rule:
    """A rule: the best point found from `begin` on, and how often `at` was asked for loss and gradient.

    The first step is `rate`, and at most so many follow.
    """
    asked = 0

    def point(rate: float) -> Rule:
        nonlocal asked
        asked += 1
        value, gradient = yield at(rate)
        return Point(rate, value, gradient, float(gradient @ direction))

    def rises(now: Point) -> bool:
        return now.value > begin.value + _DECREASE * now.rate * begin.slope

    def is_flat(now: Point) -> bool:
        return abs(now.slope) <= -_CURVATURE * begin.slope

    before, now = begin, (yield point(rate))
    rounds = 0
    bracket: list[Point] = []
    while rounds < most:
        if rises(now) or (rounds > 1 and now.value >= before.value):
            bracket = [before, now]
            break
        if is_flat(now):
            return now, asked
        if now.slope >= 0:
            bracket = [before, now]
            break
        limits = now.rate + 0.01 * (now.rate - before.rate), now.rate * 10
        further = _cubic(before, now, limits)
        before, now = now, (yield point(further))
        rounds += 1
    bracket = bracket or [begin, now]
    low, high = (0, 1) if bracket[0].value <= bracket[1].value else (1, 0)
    slow = False
    widest = float(np.max(np.abs(direction)))
    while rounds < most:
        rates = [each.rate for each in bracket]
        nearest, furthest = min(rates), max(rates)
        if (furthest - nearest) * widest < _NARROWEST:
            break
        rate = _cubic(bracket[0], bracket[1], (nearest, furthest))
        margin = 0.1 * (furthest - nearest)
        if min(furthest - rate, rate - nearest) >= margin:
            slow = False
        elif slow or rate >= furthest or rate <= nearest:
            rate = furthest - margin if abs(rate - furthest) < abs(rate - nearest) else nearest + margin
            slow = False
        else:
            slow = True
        now = yield point(rate)
        rounds += 1
        if rises(now) or now.value >= bracket[low].value:
            bracket[high] = now
            low, high = (0, 1) if bracket[0].value <= bracket[1].value else (1, 0)
            continue
        done = is_flat(now)
        if not done and now.slope * (bracket[high].rate - bracket[low].rate) >= 0:
            bracket[high] = bracket[low]
        bracket[low] = now
        if done:
            break
    return bracket[low], asked


def _cubic(one: Point, other: Point, limits: tuple[float, float]) -> float:
    """Where the cubic through two points with these slopes is least, within limits; else their middle."""
    least, most = limits
    left, right = (one, other) if one.rate <= other.rate else (other, one)
    width = right.rate - left.rate
    mean = one.slope + other.slope - 3 * (one.value - other.value) / (one.rate - other.rate)
    square = mean * mean - one.slope * other.slope
    if square < 0:
        return (least + most) / 2
    root = math.sqrt(square)
    with np.errstate(all="ignore"):  # along a line without a bend, the minimum is infinitely far away
        part = np.float64(right.slope + root - mean) / (right.slope - left.slope + 2 * root)
    place = right.rate - width * float(part)
    return min(max(place, least), most)
