"""A pause of Python's garbage collector, while a tree or a graph grows."""

from __future__ import annotations

import gc
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import ParamSpec, TypeVar

    P = ParamSpec("P")
    R = TypeVar("R")


def uncollected(build: Callable[P, R]) -> Callable[P, R]:
    """What builds many objects that stay, and refer to each other in no circle, without the collector.

    The collector begins anew whenever 700 objects have been made, and would find nothing among them each
    time: a third of the time that a sum of 100,000 terms takes. What is done with is freed all the same,
    as Python counts references. Whoever has paused the collector, here or elsewhere, goes on without it;
    where two threads build at once, it may be back for the rest of one of them.
    """

    @wraps(build)
    def building(*arguments: P.args, **named: P.kwargs) -> R:
        if not gc.isenabled():
            return build(*arguments, **named)
        try:
            gc.disable()
            return build(*arguments, **named)
        finally:
            gc.enable()

    return building


LONG = 10_000
"""From how many characters on a text makes a large tree and a large graph."""


def uncollected_if_long(length: int, build: Callable[P, R]) -> Callable[P, R]:
    """What reads a text of `length`, uncollected if it is long. A short one may call what runs for hours."""
    return uncollected(build) if length > LONG else build
