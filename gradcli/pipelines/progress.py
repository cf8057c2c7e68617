"""How far a long run over rows has come, on stderr."""

from __future__ import annotations

import sys
import time


class Progress:
    """The number of rows so far, on stderr: on request, or for long work that a terminal waits for."""

    def __init__(self, wanted: bool | None) -> None:
        """`None`: never, as nobody sees this process."""
        self.on = wanted or (wanted is not None and sys.stderr.isatty() and not sys.stdout.isatty())
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
        sys.stderr.write(f"{lead}{self._rows:,} rows, {rate:,.0f} a second{end}")
        sys.stderr.flush()

    def end(self) -> None:
        """No more rows come."""
        if self._wanted:
            self._show()
        if self._shown and sys.stderr.isatty():
            sys.stderr.write("\n" if self._wanted else "\r\x1b[K")
            sys.stderr.flush()
