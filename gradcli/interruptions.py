"""The signals that ask a process to end: what they raise, and how they are put off."""

from __future__ import annotations

import signal
from collections.abc import Callable
from types import FrameType
from typing import Any, NoReturn

Handler = Callable[[int, "FrameType | None"], Any]

INTERRUPTIONS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)
"""Ctrl-C, what `timeout` and `kill` send, and what a terminal that is closed does."""


class Terminated(SystemExit):
    """SIGTERM or SIGHUP has come: what is half done is finished, and then the process ends by `signal`.

    No `KeyboardInterrupt`, which stops a computation and not the session.
    """

    def __init__(self, number: int) -> None:
        super().__init__(128 + number)
        self.signal = number


def interrupt(number: int, frame: FrameType | None = None) -> NoReturn:
    """Raises what a signal stands for: `KeyboardInterrupt` for Ctrl-C, else `Terminated`."""
    raise KeyboardInterrupt if number == signal.SIGINT else Terminated(number)


def on_interruption(handler: Handler) -> dict[int, Any]:
    """Has a handler called for every interruption; what was called before, by the signal.

    Whoever started this process may have it ignore some of them (a shell in the background, nohup): these
    stay ignored.
    """
    before: dict[int, Any] = {}
    for number in INTERRUPTIONS:
        try:
            if signal.getsignal(number) is not signal.SIG_IGN:
                before[number] = signal.signal(number, handler)
        except ValueError:
            pass  # not in the main thread, where no signal arrives either
    return before
