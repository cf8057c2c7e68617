"""How far a long run over rows has come, on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable


class Progress:
    """The number of rows so far, on stderr: on request, or for long work that a terminal waits for.

    A terminal to which standard output `prints` rows meanwhile sees how far they are. `share` says which part
    of the work so many rows are, where that is known; then so is the time left.
    """

    def __init__(
        self,
        wanted: bool | None,
        share: Callable[[int], float | None] | None = None,
        *,
        prints: bool = False,
    ) -> None:
        """`None`: never, as nobody sees this process."""
        self._share = share
        is_seen = prints and sys.stdout.isatty()
        self.on = wanted or (wanted is not None and sys.stderr.isatty() and not is_seen)
        self._started = time.monotonic()
        self._next = self._started + (0 if wanted else 2)
        self._rows = 0
        self._shown = False
        self._wanted = wanted

    def add(self, rows: int) -> None:
        """Some rows are done."""
        self._rows += rows
        if self.on and time.monotonic() >= self._next:
            self._show()

    def _show(self) -> None:
        now = time.monotonic()
        self._next = now + 0.5
        self._shown = True
        rate = self._rows / max(now - self._started, 1e-3)
        lead, end = ("\r", "\x1b[K") if sys.stderr.isatty() else ("", "\n")
        told = f"{self._rows:,} rows, {rate:,.0f} a second{self._left(now - self._started)}"
        sys.stderr.write(f"{lead}{told}{end}")
        sys.stderr.flush()

    def _left(self, elapsed: float) -> str:
        """How much is done, and how long the rest takes at this rate."""
        share = None if self._share is None else self._share(self._rows)
        if not share or not 0 < share < 1:
            return ""
        return f", {100 * share:.0f} %, {_duration(elapsed * (1 - share) / share)} left"

    def end(self) -> None:
        """No more rows come."""
        self._share = None  # what was read is closed
        if self._wanted:
            self._show()
        if self._shown and sys.stderr.isatty():
            sys.stderr.write("\n" if self._wanted else "\r\x1b[K")
            sys.stderr.flush()


def _duration(seconds: float) -> str:
    """A time as people say it: `8 s`, `3:05`, `1:02:03`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
