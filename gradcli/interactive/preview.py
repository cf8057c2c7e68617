"""The result of a line before Enter: computed on a copy of the session, only if that is cheap."""

from __future__ import annotations

import math
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

from gradcli.engine.graph import Node, topological
from gradcli.engine.shapes import no_larger_than
from gradcli.language.parser import parse
from gradcli.language.tree import Assign, Backward, ExpressionStatement, Name, Update
from gradcli.lowering.kinds import TENSOR, Kind
from gradcli.lowering.origins import Origins
from gradcli.render.styles import Style
from gradcli.session.results import Result, Shown
from gradcli.session.runner import begin, step
from gradcli.session.state import Session, Sweep, Value
from gradcli.text.errors import GradcliError, Notice
from gradcli.text.source import Source

BUDGET = 0.03
"""Seconds of computation that a preview may take; on an idle machine typing waits no longer."""

MOST_NUMBERS = 200_000
"""How many numbers the arithmetic of a preview may touch."""


class _TooDear(Exception):  # noqa: N818 (not an error: the answer is to show nothing)
    pass


class _FrugalSession(Session):
    """A copy of a session that refuses work that is not cheap.

    The time limit cannot stop NumPy in the middle of an array, so sizes are looked at first; they
    are known before any arithmetic.
    """

    def value_of(self, node: Node, kind: Kind = TENSOR, origins: Origins | None = None) -> Value:
        _check_cost((node,))
        return super().value_of(node, kind, origins)

    def evaluate(self, nodes: Sequence[Node]) -> list[Any]:
        _check_cost(nodes)
        return super().evaluate(nodes)

    def sweep(self, node: Node, seed: Any = None) -> Sweep:
        _check_cost((node,))
        return super().sweep(node, seed)


def _check_cost(nodes: Sequence[Node]) -> None:
    numbers = 0
    for node in topological(nodes):
        size = math.prod(node.shape)
        # A product of matrices touches every element of one once for each row of the other.
        inner = max((each.shape[-1] for each in node.inputs if each.shape), default=1)
        numbers += size * (inner if node.primitive.name == "matmul" else 1) + 1
        if numbers > MOST_NUMBERS:
            raise _TooDear


def preview(session: Session, text: str, style: Style, seconds: float = BUDGET) -> str | None:
    """What a line would show (for an assignment: the value), on one line; `None` where there is nothing.

    Changes nothing in the session. Lines with an error, loops, definitions, and what is not done in
    `seconds` give nothing.
    """
    shown: list[str] = []

    def show(result: Result) -> None:
        found = style.text(result)
        if found:
            shown.append(found)

    try:
        with _limit(seconds), no_larger_than(MOST_NUMBERS):
            program = parse(Source(text))
            copied = session.copy(_FrugalSession())
            run = begin(copied, program, show, _ignore, explains=False)
            for statement in program.statements:
                if not isinstance(statement, ExpressionStatement | Assign | Update | Backward):
                    return None
                step(run, statement)
                target = getattr(statement, "target", None)
                if isinstance(target, Name):
                    show(Shown(copied.data(target.name)))
    except (GradcliError, _TooDear, TimeoutError, RecursionError, MemoryError):
        return None
    if not shown or _says_the_same(text, shown[-1]):
        return None
    return " ".join(shown[-1].split())


def _ignore(notice: Notice) -> None:
    pass


def _says_the_same(text: str, result: str) -> bool:
    """Whether a result is what was typed, as with `3` and `x = 3`."""
    return "".join(text.rpartition("=")[2].split()) == "".join(result.split())


@contextmanager
def _limit(seconds: float) -> Iterator[None]:
    """Raises `TimeoutError` inside after some time of this process, where the system has such a timer.

    What is cheap is so on a busy machine too, so what counts is the processor's time and not the clock's.
    """
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def expire(number: int, frame: FrameType | None) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGPROF, expire)
    try:
        signal.setitimer(signal.ITIMER_PROF, seconds)
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
