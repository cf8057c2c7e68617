"""Bytes in and out: files, pipes and compressed files, read as soon as anything is there.

A read takes what is ready, up to a block, and waits only while nothing is: so rows leave at once
behind `tail -f`, and a fast producer is read in whole blocks.
"""

from __future__ import annotations

import os
import select
import signal
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import IO, Any

from gradcli.interruptions import interrupt, on_interruption
from gradcli.records import Protocol
from gradcli.streams.formats import LONGEST_START, PACKED, is_packed, packing
from gradcli.text.errors import (
    EvaluationError,
    GradcliError,
    InputError,
    cannot_read,
    cannot_write,
    reason,
)

BLOCK = 1 << 18
"""Bytes of one block: larger ones fall out of the cache, and the allocator returns their pages each time."""

FIRST_BLOCK = 1 << 16
"""Bytes of the first block, which is read before it is known how long the rows are."""

_LOOK = 1 << 12
"""Bytes at the end of a block in which a line end is looked for before the block is read."""

LONGEST = 1 << 26
"""Bytes of the longest row; a quote that is never closed ends here."""

STDIN = "-"


def is_address(file: str) -> bool:
    """Whether the name of a file is an address, as `s3://bucket/points.csv`."""
    return "://" in file


class ByteSource:
    """Where bytes come from, once, from the start. `name` is what errors call it.

    Raises `EvaluationError` where bytes cannot be read.
    """

    waits = False
    """Whether a read may have to wait, as behind a pipe."""
    seekable = False
    """Whether any part can be read, as of a file: it is a `PlacedSource` then."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._ahead = b""
        """What was read already, and stands before the rest."""

    def read(self, size: int = BLOCK) -> bytes:
        """What is ready, up to about `size` bytes; nothing only at the end."""
        if self._ahead:
            ahead, self._ahead = self._ahead, b""
            return ahead
        try:
            return self._more(size)
        except (GradcliError, MemoryError):
            raise
        except Exception as error:  # zlib.error, BadZipFile and ZstdError have no common base
            raise EvaluationError(f"cannot read {self.name}: {reason(error)}") from None

    def read_lines(self, size: int = BLOCK) -> bytes:
        """The same, but it ends with a line where that can be had for nothing."""
        return self.read(size)

    def look(self, seen: int = 0) -> bytes:
        """What is ready of the next bytes, more than `seen` of them unless there are no more, which stay."""
        ahead = self._ahead
        if len(ahead) <= seen:
            self._ahead = b""
            self._ahead = ahead + self.read(max(FIRST_BLOCK, len(ahead)))
        return self._ahead

    def peek(self, size: int) -> bytes:
        """The next `size` bytes, or all that are left, which stay."""
        pieces, have = [self._ahead], len(self._ahead)
        self._ahead = b""
        while have < size and (piece := self.read()):
            pieces.append(piece)
            have += len(piece)
        self._ahead = b"".join(pieces) if len(pieces) > 1 else pieces[0]
        return self._ahead[:size]

    def take(self, size: int) -> bytes:
        """The next `size` bytes, or all that are left."""
        found = self.peek(size)
        self._ahead = self._ahead[size:]
        return found

    def some(self, unit: int, block: int) -> bytes:
        """Whole units of `unit` bytes: what is ready, at least one, of a block; nothing only at the end.

        What was left over is filled up to a whole block first, so that the blocks after it need no copy.
        """
        most = max(block // unit, 1) * unit
        data = before = self._ahead
        self._ahead = b""
        while len(data) < unit or data is before:
            more = self.read(max(most - len(data), 1))
            data = data + more if data else more
            if not more:
                break
        whole = len(data) // unit * unit
        self._ahead = data[whole:]
        return data[:whole]

    def ready(self) -> bool:
        """Whether a read would not wait."""
        return True

    @property
    def has_enough(self) -> bool:
        """Whether the part that is wanted has been read: of what follows, only the end of its last row is."""
        return False

    def close(self) -> None:
        """Lets go of the file."""

    def _more(self, size: int) -> bytes:
        """What is read next, as `read` says."""
        raise NotImplementedError


class PlacedSource(ByteSource):
    """Bytes of which, where it is `seekable`, any part can be read."""

    _limit: int | None = None

    def size(self) -> int:
        """How many bytes there are."""
        raise NotImplementedError

    def rewound(self) -> IO[bytes]:
        """A file as Python has it, at what is read next."""
        raise NotImplementedError

    def read_at(self, size: int, place: int) -> bytes:
        """Bytes from any place; fewer only at the end."""
        raise NotImplementedError

    def tell(self) -> int:
        """The place of what is read next."""
        return self._position() - len(self._ahead)

    def left(self) -> int:
        """How many bytes are still to be read."""
        return self.size() - self.tell()

    def narrow(self, start: int, limit: int | None) -> None:
        """Reads on at `start`; beyond `limit`, where there is one, line by line, and has enough."""
        self._ahead = b""
        self._limit = limit
        self._seek(start)

    @property
    def has_enough(self) -> bool:
        """Whether the limit has been reached."""
        return self._limit is not None and self.tell() >= self._limit

    def read_lines(self, size: int = BLOCK) -> bytes:
        """As `read`; of a file, up to the end of its last line in a block, so that nobody need copy it."""
        if self.seekable and not self._ahead and self._limit is None:
            look = min(size, _LOOK)
            place = self._position() + size - look
            cut = self.read_at(look, place).rfind(b"\n") + 1
            size += cut - look if cut else 0
        return self.read(size)

    def _more(self, size: int) -> bytes:
        if self._limit is None:
            return self._next(size)
        place = self._position()
        if place < self._limit:
            return self._next(min(size, self._limit - place))
        line = b""
        while not line.endswith(b"\n") and (piece := self.read_at(_LOOK, place + len(line))):
            line += piece[: piece.find(b"\n") + 1 or len(piece)]
        self._seek(place + len(line))
        return line

    def _position(self) -> int:
        """The place of what is read from the file next."""
        raise NotImplementedError

    def _seek(self, place: int) -> None:
        """Reads from this place on."""
        raise NotImplementedError

    def _next(self, size: int) -> bytes:
        """What is read next, as `read` says."""
        raise NotImplementedError


class FileSource(PlacedSource):
    """A file or pipe, by its descriptor."""

    def __init__(self, descriptor: int, name: str) -> None:
        super().__init__(name)
        self.descriptor = descriptor
        self.waits = not stat.S_ISREG(os.fstat(descriptor).st_mode)
        self.seekable = not self.waits
        if self.waits:
            widen(descriptor)
        self._ended = False

    def _next(self, size: int) -> bytes:
        if self._ended:
            return b""
        piece = os.read(self.descriptor, size)
        if not self.waits or not piece or len(piece) == size:
            return piece
        pieces, have = [piece], len(piece)
        while have < size and _ready(self.descriptor):
            piece = os.read(self.descriptor, size - have)
            if not piece:
                self._ended = True
                break
            pieces.append(piece)
            have += len(piece)
        return b"".join(pieces)

    def ready(self) -> bool:
        """Whether a read would not wait."""
        return not self.waits or bool(self._ahead) or _ready(self.descriptor)

    def size(self) -> int:
        """How many bytes a file has."""
        return os.fstat(self.descriptor).st_size

    def _position(self) -> int:
        return os.lseek(self.descriptor, 0, os.SEEK_CUR)

    def _seek(self, place: int) -> None:
        os.lseek(self.descriptor, place, os.SEEK_SET)

    def rewound(self) -> IO[bytes]:
        """A file as Python has it, at what is read next."""
        file = os.fdopen(os.dup(self.descriptor), "rb")
        file.seek(self.tell())
        return file

    def read_at(self, size: int, place: int) -> bytes:
        """Bytes from any place of a file; fewer only at its end."""
        pieces = []
        try:
            while size and (piece := os.pread(self.descriptor, size, place)):
                pieces.append(piece)
                size -= len(piece)
                place += len(piece)
        except OSError as error:
            raise EvaluationError(f"cannot read {self.name}: {reason(error)}") from None
        return b"".join(pieces)

    def close(self) -> None:
        """Closes the file (standard input stays open)."""
        if self.descriptor:
            os.close(self.descriptor)


def _ready(descriptor: int) -> bool:
    return bool(select.select([descriptor], [], [], 0)[0])


def widen(descriptor: int) -> None:
    """Asks for a pipe that holds whole blocks, where the system can."""
    if sys.platform == "linux":
        import fcntl

        try:
            fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, 4 * BLOCK)
        except OSError:
            pass  # a terminal, a socket, or not allowed to us


class Readable(Protocol):
    """A stream of bytes."""

    def read(self, size: int, /) -> bytes:
        """About so many bytes, nothing only at the end."""

    def close(self) -> None:
        """Lets go of it."""


class StreamSource(ByteSource):
    """A compressed file, a member of an archive, or another stream with `read`."""

    def __init__(self, stream: Readable, name: str) -> None:
        super().__init__(name)
        self._stream = stream

    def _more(self, size: int) -> bytes:
        return self._stream.read(size)

    def close(self) -> None:
        """Closes the file."""
        self._stream.close()


def seekable(source: ByteSource) -> IO[bytes]:
    """The bytes of a source as a file; a pipe's are kept in one."""
    if isinstance(source, PlacedSource) and source.seekable:
        return source.rewound()
    import tempfile

    file = tempfile.TemporaryFile()  # noqa: SIM115 (it lives as long as its reader)
    while data := source.read():
        file.write(data)
    file.seek(0)
    return file


def open_source(file: str, base: str | None = None) -> ByteSource:
    """The bytes of a file (`-`: standard input), decompressed by its extension; raises `InputError`.

    With a `base`, names begin in that folder.
    """
    if file == STDIN:
        return FileSource(0, "<stdin>")
    path = file if base is None else os.path.join(base, file)  # noqa: PTH118
    try:
        if packing(file):
            _check_packed(path, file)
            return StreamSource(_unpacked(path, packing(file)), file)
        descriptor = os.open(path, os.O_RDONLY)
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise IsADirectoryError
        return FileSource(descriptor, file)
    except OSError as error:
        raise cannot_read(file, error) from None


def _check_packed(path: str, file: str) -> None:
    """Refuses a file that is not compressed as its name says; raises `InputError`."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        # What a pipe gave would be gone.
        is_file = stat.S_ISREG(os.fstat(descriptor).st_mode)
        start = os.read(descriptor, LONGEST_START) if is_file else b""
    finally:
        os.close(descriptor)
    if start and not is_packed(start, packing(file)):
        from shlex import quote

        told = f"{file} is not compressed by {PACKED[packing(file)]}, as its name says"
        raise InputError(told, hint=f"gradcli … < {quote(file)} reads it as it is")


def _unpacked(path: str, ending: str) -> Readable:
    """A compressed file as it is read."""
    if ending == ".gz":
        import gzip

        return gzip.open(path)
    if ending == ".bz2":
        import bz2

        return bz2.open(path)
    if ending == ".xz":
        import lzma

        return lzma.open(path)
    return _open_zstd(path)


def _open_zstd(path: str) -> Readable:
    import importlib

    try:
        opened: Readable = importlib.import_module("compression.zstd").open(path, "rb")  # from Python 3.14 on
        return opened
    except ImportError:
        pass
    try:
        from gradcli.streams.zstd import ZstdFile
    except ImportError:
        hint = "pip install zstandard, or zstdcat in a pipe"
        raise InputError(f"reading {path} needs zstandard", hint=hint) from None
    return ZstdFile(path)


class Output:
    """Standard output, written in whole blocks. What an interruption finds half written is finished first.

    Of a `descriptor` that is given, the file behind that.
    """

    def __init__(self, descriptor: int | None = None) -> None:
        if descriptor is not None:
            self.descriptor = descriptor
        else:
            sys.stdout.flush()
            try:
                self.descriptor = sys.stdout.fileno()
            except (OSError, ValueError):  # somebody in this process catches what is printed
                self.descriptor = -1
        self.written = 0
        """How many bytes have left."""
        self._busy = 0
        """How many things are going on that an interruption would leave half done."""
        self._interrupted = 0
        """The signal that waits for that."""
        self._held = b""
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Output:
        self._before = on_interruption(self._interrupt)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        if self._busy and not self._interrupted:
            self._interrupted = number  # the rows in hand first; a second Ctrl-C does not wait for them
            return
        interrupt(number)

    def hold(self, data: bytes) -> None:
        """Keeps a header until there is something to write behind it, or the end."""
        self._held += data

    def write(self, data: bytes | memoryview) -> None:
        """Writes all of `data`; raises `GradcliError` if it cannot, an interruption behind it."""
        held, self._held = self._held, b""
        if held:
            data = held + data
        with self.undisturbed():
            self.put(data)

    def put(self, data: bytes | memoryview) -> None:
        """Writes all of `data` now, as part of what is `undisturbed`, in whichever thread."""
        if self.descriptor < 0:
            sys.stdout.write(bytes(data).decode("utf-8", "surrogateescape"))
            return
        try:
            view = memoryview(data)
            while view:
                try:
                    count = os.write(self.descriptor, view)
                    self.written += count
                    view = view[count:]
                except BlockingIOError:
                    select.select([], [self.descriptor], [])
        except OSError as error:
            raise cannot_write("the output", error) from None

    @contextmanager
    def undisturbed(self) -> Iterator[None]:
        """Puts an interruption off to the end of the body: then raises what it stands for."""
        self._busy += 1
        try:
            yield
        finally:
            self._busy -= 1
        if self._interrupted and not self._busy:
            number, self._interrupted = self._interrupted, 0
            interrupt(number)

    def place(self) -> int | None:
        """Where the output stands, if it can be written to there again (in a file, not appended to)."""
        try:
            import fcntl

            if fcntl.fcntl(self.descriptor, fcntl.F_GETFL) & os.O_APPEND:
                return None
            if not stat.S_ISREG(os.fstat(self.descriptor).st_mode):
                return None
            return os.lseek(self.descriptor, 0, os.SEEK_CUR)
        except (ImportError, OSError):
            return None

    def write_at(self, place: int, data: bytes) -> None:
        """Writes over what stands at a place."""
        try:
            os.pwrite(self.descriptor, data, place)
        except OSError as error:
            raise cannot_write("the output", error) from None


class OutputFile:
    """The output as a file that is only written to, for libraries that want one.

    What they do is `undisturbed`: few of them stand an exception in the middle of it.
    """

    closed = False

    def __init__(self, output: Output) -> None:
        self._output = output

    def write(self, data: Any) -> int:
        """Writes all of it."""
        self._output.put(memoryview(data))
        return len(data)

    def writable(self) -> bool:
        """It is for writing."""
        return True

    def flush(self) -> None:
        """Everything is written at once."""

    def close(self) -> None:
        """The output stays open."""
        self.closed = True
