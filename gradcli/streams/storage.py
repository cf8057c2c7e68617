"""Files by address, as `s3://bucket/points.csv`, and folders that hold the parts of an output.

This is the door to fsspec. Only who runs on several machines needs addresses; a folder may also be one of
this machine's own.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from errno import ENOENT
from typing import IO, Any, cast

from gradcli.streams.files import ByteSource, PlacedSource, StreamSource, is_address
from gradcli.streams.formats import packing
from gradcli.text.errors import EvaluationError, GradcliError, InputError, cannot_read, cannot_write, reason


def _file_system(address: str) -> tuple[Any, str]:
    """Where an address leads, and the path there; raises `InputError`."""
    try:
        import fsspec
    except ImportError:
        raise InputError(f"{address} needs fsspec", hint='pip install "gradcli[dask]"') from None
    try:
        system, path = fsspec.core.url_to_fs(address)
    except ImportError as error:
        raise InputError(f"cannot read {address}: {error}") from None
    except Exception as error:  # each kind of storage has its own
        raise cannot_read(address, error) from None
    return system, path


class StoredSource(PlacedSource):
    """A file behind an address."""

    seekable = True

    def __init__(self, file: Any, name: str) -> None:
        super().__init__(name)
        self._file = file

    def size(self) -> int:
        """How many bytes it has."""
        return int(self._file.size)

    def rewound(self) -> IO[bytes]:
        """The file itself, at what is read next."""
        self._file.seek(self.tell())
        return cast(IO[bytes], self._file)

    def read_at(self, size: int, place: int) -> bytes:
        """Bytes from any place; fewer only at the end."""
        try:
            before = self._file.tell()
            self._file.seek(place)
            found: bytes = self._file.read(size)
            self._file.seek(before)
        except Exception as error:  # each kind of storage has its own
            raise EvaluationError(f"cannot read {self.name}: {reason(error)}") from None
        return found

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    def _position(self) -> int:
        return int(self._file.tell())

    def _seek(self, place: int) -> None:
        self._file.seek(place)

    def _next(self, size: int) -> bytes:
        return bytes(self._file.read(size))


def open_address(address: str) -> ByteSource:
    """The bytes behind an address, decompressed by its extension; raises `InputError`."""
    system, path = _file_system(address)
    try:
        file = system.open(path, "rb")
    except Exception as error:
        raise _unreadable(address, path, error) from None
    if address.lower().endswith(".gz"):
        import gzip

        return StreamSource(gzip.GzipFile(fileobj=file), address)
    if packing(address):
        file.close()
        raise InputError(f"cannot read {address}: files at an address may be compressed by gzip only")
    return StoredSource(file, address)


def _unreadable(address: str, path: str, error: Exception) -> InputError:
    """The error for what cannot be read, of which some storages tell no more than the path."""
    if isinstance(error, FileNotFoundError) and str(error).strip("/") == path.strip("/"):
        error = FileNotFoundError(ENOENT, os.strerror(ENOENT))
    return cannot_read(address, error)


def state_of(file: str, base: str) -> list[Any]:
    """What tells whether a file is still as it was: its size, and when (or as what) it was written.

    A name that is relative begins in the folder `base`. Raises `InputError` where there is no such file.
    """
    if not is_address(file):
        try:
            found = os.stat(os.path.join(base, file))  # noqa: PTH116, PTH118
        except OSError as error:
            raise cannot_read(file, error) from None
        return [found.st_size, found.st_mtime_ns]
    system, path = _file_system(file)
    try:
        info = system.info(path)
    except Exception as error:
        raise _unreadable(file, path, error) from None
    written = next((info[key] for key in ("ETag", "mtime", "LastModified", "created") if info.get(key)), "")
    return [info["size"], str(written)]


class Folder:
    """A folder, here or at an address, whose files appear whole or not at all.

    A name that is relative begins in the folder `base`. Its methods raise `GradcliError` for what the storage
    refuses.
    """

    def __init__(self, place: str, base: str | None = None) -> None:
        self.place = place
        self._system: Any = None
        self._path = os.path.join(base or "", place)  # noqa: PTH118
        if is_address(place):
            self._system, self._path = _file_system(place)
        self._path = self._path.rstrip("/") or "/"

    def make(self) -> None:
        """Makes it, unless it is there."""
        with self._told():
            if self._system is None:
                os.makedirs(self._path, exist_ok=True)  # noqa: PTH103 (as everywhere here: no pathlib)
            else:
                self._system.makedirs(self._path, exist_ok=True)

    def names(self) -> list[str]:
        """The names of what is in it, in order; none where it is not there."""
        with self._told():
            try:
                if self._system is None:
                    return sorted(os.listdir(self._path))  # noqa: PTH208
                self._system.invalidate_cache()
                found = self._system.ls(self._path, detail=False)
                return sorted(each.rstrip("/").rpartition("/")[2] for each in found)
            except FileNotFoundError:
                return []

    def read(self, name: str) -> bytes:
        """All of a file."""
        with self._told():
            if self._system is None:
                with open(self._in(name), "rb") as file:  # noqa: PTH123
                    return file.read()
            return bytes(self._system.cat_file(self._in(name)))

    def write(self, name: str, data: bytes) -> None:
        """Writes a small file."""
        with self.replacing(name) as file:
            file.write(data)

    @contextmanager
    def writing(self, name: str) -> Iterator[IO[bytes]]:
        """A file of this machine that is in the folder, by its name, at the end of the body."""
        if self._system is None:
            with self._told():
                file = open(self._in(name), "wb")  # noqa: SIM115, PTH123
            with file:
                yield file
            return
        handle, here = tempfile.mkstemp()
        try:
            with os.fdopen(handle, "wb") as file:
                yield file
            with self._told():
                self._system.put_file(here, self._in(name))
        finally:
            os.unlink(here)  # noqa: PTH108

    @contextmanager
    def replacing(self, name: str) -> Iterator[IO[bytes]]:
        """A file to write that appears under a name, in the place of what has it, once the body is done."""
        hidden = f".{name}.{os.urandom(4).hex()}.tmp"
        try:
            with self.writing(hidden) as file:
                yield file
            self.rename(hidden, name)
        except BaseException:
            with suppress(GradcliError):  # what went wrong is what is told
                self.remove(hidden)
            raise

    def rename(self, name: str, into: str) -> None:
        """Gives a file another name, in the place of the file that has it, if any."""
        with self._told():
            if self._system is None:
                os.replace(self._in(name), self._in(into))  # noqa: PTH105
            else:
                self._system.mv(self._in(name), self._in(into))

    def remove(self, name: str) -> None:
        """Removes a file, if it is there."""
        with self._told():
            try:
                if self._system is None:
                    os.unlink(self._in(name))  # noqa: PTH108
                else:
                    self._system.rm_file(self._in(name))
            except FileNotFoundError:
                pass

    def _in(self, name: str) -> str:
        return f"{self._path}/{name}"

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turns what a storage raises into `EvaluationError`."""
        try:
            yield
        except Exception as error:  # each kind of storage has its own
            raise cannot_write(self.place, error) from None
