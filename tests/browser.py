"""A real browser to look at pages with: headless Chromium, spoken to through two pipes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
"""Where it is, if it is there."""


class Browser:
    """One tab. `seen` collects what should not be: errors, messages on the console, and requests."""

    def __init__(self, to: int, back: int) -> None:
        self._to = to
        self._back = back
        self._rest = b""
        self._number = 0
        self._session: str | None = None
        self.seen: list[str] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> Any:
        """What a command of the DevTools protocol answers."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session is not None:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            found = self._read()
            if found.get("id") == self._number:
                assert "error" not in found, found
                return found["result"]

    def _read(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            piece = os.read(self._back, 1 << 16)
            assert piece, "the browser has gone"
            self._rest += piece
        text, _, self._rest = self._rest.partition(b"\0")
        found: dict[str, Any] = json.loads(text)
        method, told = found.get("method"), found.get("params", {})
        if method in ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded"):
            self.seen.append(json.dumps(told))
        if method == "Network.requestWillBeSent" and not told["request"]["url"].startswith("file://"):
            self.seen.append(told["request"]["url"])
        if method == "Page.loadEventFired":
            self._loaded = True
        return found

    def open(self, file: Path) -> None:
        """Opens a file, and waits until it is there."""
        self._loaded = False
        self.call("Page.navigate", url=file.resolve().as_uri())
        while not self._loaded:
            self._read()

    def value(self, expression: str) -> Any:
        """What an expression of JavaScript gives on the page, as data."""
        found = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def press(self, key: str) -> None:
        """Presses a key."""
        for kind in ("rawKeyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key)


_BEGIN = """
import os, sys
hears, tells = (os.dup(os.dup(int(each))) for each in sys.argv[1:3])  # away from 3 and 4
os.dup2(hears, 3)
os.dup2(tells, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
"""Begins the browser with the pipes where it looks for them: 3 to hear from, 4 to tell to."""


@contextmanager
def browser() -> Iterator[Browser]:
    """A browser that ends with the block."""
    assert PROGRAM is not None
    hears, to = os.pipe()
    back, tells = os.pipe()
    # Its helpers (renderers, a crash handler) may outlive it by a moment, and write into the folder until
    # they are gone: they end with their group, and what one of them leaves behind is no fault of a test's.
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-extensions", "--no-first-run"]
        options += ["--remote-debugging-pipe", f"--user-data-dir={folder}", "--disable-background-networking"]
        process = subprocess.Popen(
            [sys.executable, "-c", _BEGIN, str(hears), str(tells), PROGRAM, *options],
            pass_fds=(hears, tells),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(hears)
        os.close(tells)
        try:
            yield Browser(to, back)
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            os.close(to)
            os.close(back)
