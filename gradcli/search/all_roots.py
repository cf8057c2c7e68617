"""All roots of a function of one number in a range, by intervals: what is left out is proved to hold none.

Boxes, breadth first: one is dropped where the function, or its mean-value form, cannot be 0 in it; where the
derivative cannot be 0, the signs at its ends decide; any other is split. What stays undecided when boxes are
as narrow as doubles allow (roots of several, poles, jumps) is named (Hansen and Walster, Global Optimization
Using Interval Analysis).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gradcli.arrays import Array
from gradcli.records import NamedTuple
from gradcli.search.intervals import Box, box
from gradcli.search.minimize import EPS

MOST_BOXES = 20_000
"""So many boxes are looked at, at most."""

_OFF_CENTRE = 0.487
"""Where a box is split: roots and poles like middles, and a root at an end decides nothing."""

Enclosure = Callable[[Array, Array], Box]
"""What a function can be between lower and upper ends."""


class Stretch(NamedTuple):
    """A part of a range, and what is known of it.

    It holds `one` root and no more; or it is an `end` of the range that is a root; or it `maybe` holds roots;
    or it is the `edge` of the range and so near to a root that rounding hides on which side that is; or there
    is a `break`, where the function is not known to be continuous: a pole, a jump, the end of where it is
    real.
    """

    low: float
    high: float
    kind: str


class Search(NamedTuple):
    """The stretches of a range that may hold roots, from the left; `complete`: no other place holds one."""

    stretches: list[Stretch]
    complete: bool


def search(
    point: Callable[[float], float], value: Enclosure, slope: Enclosure, low: float, high: float
) -> Search:
    """The stretches between two numbers in which a function can be 0; `point` is what is computed at one."""
    ends, found = _at_ends(point, value, slope, low, high)
    boxes = box(np.array([ends[0]]), np.array([ends[1]]))
    looked_at, undecided = 0, []
    narrow = 2**-42 * (high - low)
    complete = True
    while len(boxes.low):
        looked_at += len(boxes.low)
        if looked_at > MOST_BOXES:
            undecided += list(zip(boxes.low.tolist(), boxes.high.tolist(), strict=True))
            complete = False
            break
        single, open_ = _sorted(value, slope, boxes)
        found += _stretches(boxes.low[single], boxes.high[single], "one")
        low_ends, high_ends = boxes.low[open_], boxes.high[open_]
        small = high_ends - low_ends <= np.maximum(narrow, 4 * np.spacing(np.abs(low_ends)))
        undecided += list(zip(low_ends[small].tolist(), high_ends[small].tolist(), strict=True))
        low_ends, high_ends = low_ends[~small], high_ends[~small]
        middle = low_ends + _OFF_CENTRE * (high_ends - low_ends)
        boxes = box(np.concatenate([low_ends, middle]), np.concatenate([middle, high_ends]))
    found += _joined(value, slope, undecided, (low, high))
    return Search(sorted(found), complete)


def _at_ends(
    point: Callable[[float], float], value: Enclosure, slope: Enclosure, low: float, high: float
) -> tuple[list[float], list[Stretch]]:
    """The range without the neighbourhoods of ends that are simple roots, or nearly so, and these."""
    ends: list[float] = [low, high]
    found: list[Stretch] = []
    for k, (end, inward) in enumerate(((low, 1.0), (high, -1.0))):
        here = np.array([end])
        if not value(here, here).holds(0.0)[0]:
            continue
        reach = 0.25 * (high - low)
        while reach > max(16 * float(np.spacing(abs(end))), 2**-40 * (high - low)):
            there = np.array([end + inward * reach])
            near, far = min(here, there), max(here, there)
            if (
                value(near, far).certain[0]
                and not slope(near, far).holds(0.0)[0]
                and not value(there, there).holds(0.0)[0]
            ):
                found.append(Stretch(end, end, "end" if point(end) == 0 else "edge"))
                ends[k] = float(there[0])
                break
            reach /= 2
    return ends, found


def _sorted(value: Enclosure, slope: Enclosure, boxes: Box) -> tuple[Array, Array]:
    """Which boxes hold one root, and which are open; all others hold none."""
    low, high = boxes.low, boxes.high
    whole, steep = value(low, high), slope(low, high)
    maybe = whole.holds(0.0)
    middle = low + 0.5 * (high - low)
    at = value(middle, middle)
    with np.errstate(all="ignore"):
        reach = np.stack([steep.low * (low - middle), steep.low * (high - middle)])
        reach = np.concatenate([reach, [steep.high * (low - middle), steep.high * (high - middle)]])
        pad = 4 * EPS * (np.abs(at.low) + np.abs(at.high) + np.max(np.abs(reach), axis=0))
        least, most = at.low + np.min(reach, axis=0) - pad, at.high + np.max(reach, axis=0) + pad
    known = whole.certain & np.isfinite(least) & np.isfinite(most)
    maybe &= ~known | ((least <= 0) & (most >= 0))
    steady = maybe & whole.certain & ~steep.holds(0.0)
    left, right = value(low, low), value(high, high)
    rises = (left.high < 0) & (right.low > 0)
    falls = (left.low > 0) & (right.high < 0)
    single = steady & (rises | falls)
    none = steady & (((left.low > 0) & (right.low > 0)) | ((left.high < 0) & (right.high < 0)))
    return single, maybe & ~single & ~none


def _stretches(low: Array, high: Array, kind: str) -> list[Stretch]:
    return [Stretch(a, b, kind) for a, b in zip(low.tolist(), high.tolist(), strict=True)]


def _joined(
    value: Enclosure, slope: Enclosure, undecided: list[tuple[float, float]], ends: tuple[float, float]
) -> list[Stretch]:
    """Neighbours among what is undecided as one stretch each, which is decided where it can be."""
    stretches: list[list[float]] = []
    for one, other in sorted(undecided):
        near = max(stretches[-1][1] - stretches[-1][0], 2**-20 * (ends[1] - ends[0])) if stretches else 0.0
        if stretches and one <= stretches[-1][1] + near:
            stretches[-1][1] = max(stretches[-1][1], other)
        else:
            stretches.append([one, other])
    low, high = np.array(stretches).reshape(-1, 2).T
    wide = np.maximum(high - low, 64 * np.spacing(np.maximum(np.abs(low), np.abs(high))))
    found: list[Stretch] = []
    for times in (1.0, 16.0, 256.0, 4096.0):
        wider = box(np.maximum(ends[0], low - times * wide), np.minimum(ends[1], high + times * wide))
        single, open_ = _sorted(value, slope, wider)
        found += _stretches(wider.low[single], wider.high[single], "one")
        low, high, wide = low[open_], high[open_], wide[open_]
    certain = value(low, high).certain
    found += _stretches(low[certain], high[certain], "maybe")
    return found + _stretches(low[~certain], high[~certain], "break")
