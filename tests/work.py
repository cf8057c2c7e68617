"""How much work something is, counted and not timed: the same on an idle machine and on a busy one."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any


def steps(work: Callable[[], object]) -> int:
    """How many lines of Python it takes (loops inside NumPy and the interpreter count as one).

    (Instructions would be finer, but Python 3.13.0 does not tell of all of them.)
    The collector waits, so that what others left behind is not counted where it happens to be cleared away.
    """
    count = 0

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before, collected = sys.gettrace(), gc.isenabled()
    gc.collect()
    gc.disable()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
        if collected:
            gc.enable()
    return count


def grows_with(size: int, work: Callable[[int], object]) -> bool:
    """Whether a larger size is only as much more work: four times as much as one times.

    Where each part looked at each other, it would be eight times as much, from 1, 2 and 5 times the size.
    """
    work(size)  # what is done once is done
    once, twice, five = (steps(lambda times=times: work(times * size)) for times in (1, 2, 5))  # type: ignore[misc]
    return five - once <= 4.1 * (twice - once)
