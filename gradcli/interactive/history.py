"""The lines that were typed, in memory and in the user's file.

The file has the format of prompt_toolkit's and of IPython's kin: an entry is its lines, each behind a
`+`, after a line with a `#` and the time. An entry is appended by one write, so sessions at the same
time do not mix theirs. Nothing that happens to the file is more than a warning.
"""

from __future__ import annotations

import os
import stat
import time
from io import FileIO
from pathlib import Path

from gradcli.text.errors import Notice, reason

MOST_READ = 1_000_000
"""How many bytes at the end of the file are read; what is older stays in the file."""


class History:
    """Entries, oldest first. With a `path`, those of earlier sessions too, and new ones are kept."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self.warnings: list[Notice] = []
        """What went wrong with the file and has not been told yet."""
        self._entries: list[str] | None = None if path else []

    @property
    def entries(self) -> list[str]:
        """Every entry; the file is read when they are first asked for."""
        if self._entries is None:
            self._entries = self._read()
        return self._entries

    def append(self, entry: str) -> None:
        """Adds an entry, unless it is empty or the same as the last."""
        entry = entry.rstrip()  # the empty line that ends a block
        if not entry or self.entries[-1:] == [entry]:
            return
        self.entries.append(entry)
        if self.path is None:
            return
        text = _written(entry)
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with _regular(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT) as file:
                if hasattr(os, "fchmod") and os.fstat(file.fileno()).st_mode & 0o077:
                    os.fchmod(file.fileno(), 0o600)  # what is typed may be private
                file.write(text.encode("utf-8", "replace"))
        except OSError as error:
            self._warn("history is not kept", error)

    def _read(self) -> list[str]:
        assert self.path is not None
        try:
            with _regular(self.path, os.O_RDONLY) as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(max(0, size - MOST_READ))
                data = file.read(MOST_READ)
        except FileNotFoundError:
            return []
        except OSError as error:
            self._warn("history cannot be read", error)
            return []
        text = data.decode("utf-8", "replace")
        entries: list[str] = []
        lines: list[str] = []
        foreign = "\ufffd" in text or "\0" in text
        # A read that began in the middle of the file begins with the first whole entry.
        rows = text.split("\n") if size <= MOST_READ else text[text.find("\n#") + 1 :].split("\n")
        for row in rows:
            if row.startswith("+"):
                lines.append(row[1:])
                continue
            foreign = foreign or (bool(row.strip()) and not row.startswith("#"))
            if lines:
                entries.append("\n".join(lines))
                lines = []
        if lines:
            entries.append("\n".join(lines))
        if foreign:
            entries = [entry for entry in entries if "\ufffd" not in entry and "\0" not in entry]
            self._set_aside(entries)
        return entries

    def _set_aside(self, entries: list[str]) -> None:
        """Puts a damaged file under another name and begins a new one, so that one warning is enough."""
        assert self.path is not None
        kept = self.path.with_name(f"{self.path.name}.damaged")
        message = f"{self.path} holds more than history; what could be read is used"
        try:
            self.path.replace(kept)
            with _regular(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT) as file:
                file.write("".join(map(_written, entries)).encode("utf-8", "replace"))
        except OSError:
            self.warnings.append(Notice("warning", message))
        else:
            self.warnings.append(Notice("warning", f"{message}, and the file is now {kept}"))

    def _warn(self, what: str, error: OSError) -> None:
        if not isinstance(error, _NoFileError) or not error.meant:
            self.warnings.append(Notice("warning", f"{what}: {reason(error)}: {self.path}"))
        self.path = None  # told once, and not tried again


class _NoFileError(OSError):
    """A path that leads to a device, a pipe or a folder; `meant` for `/dev/null`, which keeps nothing."""

    def __init__(self, path: Path) -> None:
        super().__init__(0, "is a directory" if path.is_dir() else "not a regular file")
        self.meant = path.resolve() == Path(os.devnull)


def _regular(path: Path, flags: int) -> FileIO:
    """An open file, without buffers, which is a file: a pipe would never end, and a device is not ours."""
    try:
        # Without O_NONBLOCK, opening a pipe waits for whoever is at its other end.
        number = os.open(path, flags | getattr(os, "O_NONBLOCK", 0), 0o600)
    except OSError:
        if path.exists() and not path.is_file():
            raise _NoFileError(path) from None
        raise
    if not stat.S_ISREG(os.fstat(number).st_mode):
        os.close(number)
        raise _NoFileError(path)
    return FileIO(number, "rb" if flags == os.O_RDONLY else "wb")


def _written(entry: str) -> str:
    """An entry as the file has it."""
    lines = "".join(f"+{line}\n" for line in entry.split("\n"))
    return f"\n# {time.strftime('%Y-%m-%d %H:%M:%S')}\n{lines}"
