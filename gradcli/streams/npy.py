"""NumPy's own formats, read from their start to their end: `.npy`, also behind a pipe, and `.npz`.

A structured array has named columns. A matrix of numbers has `c1`, `c2`, … or the names that are given;
one axis is one column. In an `.npz` every array is a column, its first axis the rows.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from gradcli.arrays import Array, Shape
from gradcli.records import NamedTuple
from gradcli.streams.chunk import WHOLE, Chunk, Piece, Reader, Tally
from gradcli.streams.files import BLOCK, LONGEST, ByteSource, PlacedSource, StreamSource, seekable
from gradcli.text.errors import EvaluationError, reason

ROWS_BLOCK = 1 << 20
"""Bytes of one block: rows of numbers need no memory but their own, and larger blocks need fewer steps."""

_REAL = "fiub"


class Header(NamedTuple):
    """What an `.npy` says about its array."""

    shape: Shape
    fortran: bool
    dtype: np.dtype[Any]


def read_header(source: ByteSource, name: str) -> Header:
    """The header of an `.npy`; raises `EvaluationError` for anything else."""
    magic = source.take(8)
    if magic[:6] != b"\x93NUMPY" or magic[6:7] not in (b"\x01", b"\x02", b"\x03"):
        raise EvaluationError(f"{name} is not an array in NumPy's format")
    width = 2 if magic[6] == 1 else 4
    size = int.from_bytes(source.take(width), "little")
    try:
        found = ast.literal_eval(
            source.take(min(size, 1 << 20)).decode("utf-8" if magic[6] == 3 else "latin1")
        )
        descr = found["descr"]
        dtype = np.dtype([tuple(each) for each in descr] if isinstance(descr, list) else descr)
        header = Header(tuple(found["shape"]), bool(found["fortran_order"]), dtype)
    except Exception:  # of Python's parser and NumPy's, over text that can be anything
        raise EvaluationError(f"{name} is not an array in NumPy's format") from None
    if dtype.hasobject:
        raise EvaluationError(f"{name} holds Python objects, and no numbers")
    return header


class ArrayChunk(Chunk):
    """Rows of arrays: one for each column."""

    def __init__(self, reader: Reader, start: int, arrays: Sequence[Array], wanted: Sequence[int]) -> None:
        rows = len(arrays[0]) if arrays else 0
        super().__init__(reader, rows, [np.asarray(arrays[k], np.float64) for k in wanted])
        self._start = start
        self._wanted = wanted
        self.arrays = arrays

    def values(self, column: int) -> list[Any]:
        """A column as Python's own numbers, texts and lists."""
        found: list[Any] = self.arrays[column].tolist()
        if self.arrays[column].dtype.kind == "S":
            return [each.decode("utf-8", "surrogateescape") for each in found]
        return found

    def numbers(self, column: int) -> Array | None:
        """A column of doubles or whole numbers as it is."""
        array = self.arrays[column]
        return array if array.ndim == 1 and (array.dtype == np.float64 or array.dtype.kind in "iu") else None

    def part(self, rows: slice) -> ArrayChunk:
        """Some of its rows."""
        start = self._start + rows.indices(self.rows)[0]
        return ArrayChunk(self.reader, start, [each[rows] for each in self.arrays], self._wanted)

    def place(self, row: int) -> str:
        """The row by its number, as in `points.npy: row 17`."""
        return f"{self.reader.name}: row {self._start + row + 1}"


class _ArrayReader:
    """What readers of arrays have in common."""

    headed = True

    def __init__(self, name: str, form: str) -> None:
        self.name = name
        self.format = form
        self.tally = Tally()
        self.empty = False
        self.columns: list[str] = []
        self.shapes: list[Shape] = []
        self.dtypes: list[np.dtype[Any]] = []
        self.length = 0
        self.header = self.separator = b""
        self.decimal_comma = False
        self.plain = False
        self.whole: Shape | None = None
        self.piece = WHOLE

    def share(self, rows: int) -> float | None:
        """Which part of the rows that are wanted these are."""
        start, stop, _ = self.extent()
        return rows / (stop - start) if stop > start else None

    @property
    def types(self) -> list[str]:
        """The type of each column, with the shape of what it has in a row."""
        return [
            dtype.str + (str(list(shape)) if shape else "")
            for dtype, shape in zip(self.dtypes, self.shapes, strict=True)
        ]

    def chunks(self, wanted: Sequence[int]) -> Iterator[ArrayChunk]:
        """The rows in blocks."""
        raise NotImplementedError

    def close(self) -> None:
        """Lets go of the file."""
        raise NotImplementedError

    def pieces(self, size: int) -> list[Piece]:
        """The rows in one piece, unless a format knows better."""
        return [WHOLE]

    def narrow(self, piece: Piece) -> None:
        """Reads the rows of a piece."""
        self.piece = piece

    def extent(self) -> tuple[int, int, int]:
        """The numbers of the rows, of which each is told by its number."""
        stop = self.length if self.piece.stop is None else self.piece.stop
        return self.piece.start, stop, 0

    def check(self, wanted: Sequence[int]) -> None:
        """Raises `EvaluationError` for a wanted column without numbers."""
        for column in wanted:
            if self.dtypes[column].kind not in _REAL:
                raise EvaluationError(f"{self.name}: column {self.columns[column]} holds no real numbers")


class NpyReader(_ArrayReader):
    """A table in one `.npy`."""

    def __init__(self, source: ByteSource, names: Sequence[str] | None, lone: str | None) -> None:
        name = source.name
        super().__init__(name, "npy")
        self._source = source
        header = read_header(source, name)
        self._check_width(header)
        if not header.dtype.names:
            self.whole = header.shape
        header = header._replace(shape=header.shape or (1,))  # a single number is a row
        self._header = header
        self._unit = header.dtype.itemsize * math.prod(header.shape[1:])
        self.length = header.shape[0]
        fields = header.dtype.names
        if fields:
            if len(header.shape) > 1:
                raise EvaluationError(f"{name}: a structured array of rows has one axis")
            self.columns = list(fields)
            self.dtypes = [header.dtype[each].base for each in fields]
            self.shapes = [header.dtype[each].shape for each in fields]
        else:
            self.plain = header.dtype == np.float64 and len(header.shape) <= 2
            count = header.shape[1] if len(header.shape) == 2 else 1
            self.columns = [f"c{k + 1}" for k in range(count)] if count != 1 or not lone else [lone]
            self.dtypes = [header.dtype] * count
            self.shapes = [header.shape[2:] if len(header.shape) == 2 else header.shape[1:]] * count
        if names is not None:
            if len(names) != len(self.columns):
                raise EvaluationError(f"{name}: {len(self.columns)} columns, and {len(names)} of --names")
            self.columns = list(names)

    def _check_width(self, header: Header) -> None:
        """Raises `EvaluationError` for a row that cannot be there, whatever the file says of it."""
        if any(not isinstance(size, int) or size < 0 for size in header.shape):
            raise EvaluationError(f"{self.name} is not an array in NumPy's format")
        row = header.dtype.itemsize * math.prod(header.shape[1:])
        source = self._source
        most = source.left() if isinstance(source, PlacedSource) and source.seekable else LONGEST
        if header.shape[:1] != (0,) and row > most:
            raise EvaluationError(f"{self.name} ends before the end of its first row")

    def chunks(self, wanted: Sequence[int]) -> Iterator[ArrayChunk]:
        """The rows in blocks. Raises `EvaluationError` where the file ends too early."""
        self.check(wanted)
        done, stop, _ = self.extent()
        for rows in self._row_blocks(done, stop):
            yield ArrayChunk(self, done, self._split(rows), wanted)
            done += len(rows)
        if done < stop:
            raise EvaluationError(f"{self.name} ends after {done} of its {self.length} rows")

    def close(self) -> None:
        """Lets go of the file."""
        self._source.close()

    def pieces(self, size: int) -> list[Piece]:
        """The rows, as many at a time as have so many bytes, where any part of the file can be read."""
        source = self._source
        if not isinstance(source, PlacedSource) or not source.seekable or not self.length:
            return [WHOLE]
        step = max(1, size // max(1, self._unit))
        return [Piece(start, min(start + step, self.length)) for start in range(0, self.length, step)]

    def _row_blocks(self, first: int, stop: int) -> Iterator[Array]:
        header, source, unit = self._header, self._source, self._unit
        inner = header.shape[1:]
        width: int = math.prod(inner)
        if header.fortran and inner and 0 not in header.shape:
            yield from self._columnwise(unit, first, stop)
            return
        if first and isinstance(source, PlacedSource):
            source.narrow(source.tell() + first * unit, None)
        left = stop - first
        while left and unit:
            data = self._source.some(unit, ROWS_BLOCK)
            count = min(len(data) // unit, left)
            if not count:
                return
            left -= count
            yield np.frombuffer(data, header.dtype, count * width).reshape(count, *inner)

    def _columnwise(self, unit: int, begin: int, stop: int) -> Iterator[Array]:
        """A matrix that is stored column by column, which needs a file and not a pipe."""
        source = self._source
        if not isinstance(source, PlacedSource) or not source.seekable:
            raise EvaluationError(
                f"{self.name} is stored column by column (Fortran order), and its rows come last",
                hint="read it from a file, or save np.ascontiguousarray(…)",
            )
        header, start = self._header, source.tell()
        step = max(1, BLOCK // unit)
        size = header.dtype.itemsize
        for first in range(begin, stop, step):
            count = min(step, stop - first)
            rows = np.empty((count, math.prod(header.shape[1:])), header.dtype)
            for column in range(rows.shape[1]):
                data = source.read_at(count * size, start + (column * self.length + first) * size)
                if len(data) < count * size:
                    return
                rows[:, column] = np.frombuffer(data, header.dtype)
            yield rows.reshape(count, *header.shape[:0:-1]).transpose(0, *range(len(header.shape) - 1, 0, -1))

    def _split(self, rows: Array) -> list[Array]:
        if rows.dtype.names:
            return [rows[each] for each in rows.dtype.names]
        if rows.ndim == 2:
            return [rows[:, k] for k in range(rows.shape[1])]
        return [rows]


class NpzReader(_ArrayReader):
    """A table of columns in an `.npz`."""

    def __init__(self, source: ByteSource, names: Sequence[str] | None) -> None:
        name = source.name
        super().__init__(name, "npz")
        import zipfile  # slow to import, and only archives need it

        if source.peek(2) != b"PK":  # before all of it is kept, if it has an end at all
            raise EvaluationError(f"{name} is not a file of arrays in NumPy's format")
        self._file = seekable(source)
        try:
            self._zip = zipfile.ZipFile(self._file)
        except Exception:  # BadZipFile, and what is raised over fields that make no sense
            self._file.close()
            raise EvaluationError(f"{name} is not a file of arrays in NumPy's format") from None
        self._source = source
        self._members: list[ByteSource] = []
        lengths = set()
        for member in self._zip.namelist():
            column = member.removesuffix(".npy")
            try:
                stream = StreamSource(self._zip.open(member), f"{name}: {column}")
            except Exception as error:  # what a damaged archive claims has no common base
                raise EvaluationError(f"cannot read {name}: {column}: {reason(error)}") from None
            header = read_header(stream, f"{name}: {column}")
            if any(not isinstance(size, int) or size < 0 for size in header.shape):
                raise EvaluationError(f"{name}: {column} is not an array in NumPy's format")
            if not header.shape or (header.fortran and len(header.shape) > 1) or header.dtype.names:
                raise EvaluationError(f"{name}: {column} is not an array whose first axis is the rows")
            self._members.append(stream)
            self.columns.append(column)
            self.dtypes.append(header.dtype)
            self.shapes.append(header.shape[1:])
            lengths.add(header.shape[0])
        if len(lengths) > 1:
            raise EvaluationError(f"{name}: the columns have {' and '.join(map(str, sorted(lengths)))} rows")
        self.length = lengths.pop() if lengths else 0
        self.empty = not self.columns
        if names is not None and len(names) == len(self.columns):
            self.columns = list(names)

    def chunks(self, wanted: Sequence[int]) -> Iterator[ArrayChunk]:
        """The rows in blocks."""
        self.check(wanted)
        units = [
            dtype.itemsize * math.prod(shape) for dtype, shape in zip(self.dtypes, self.shapes, strict=True)
        ]
        step = max(1, BLOCK // max(1, sum(units)))
        for first in range(0, self.length, step):
            count = min(step, self.length - first)
            arrays = []
            for k, stream in enumerate(self._members):
                data = stream.take(count * units[k])
                if len(data) < count * units[k]:
                    raise EvaluationError(f"{self.name}: {self.columns[k]} ends too early")
                arrays.append(np.frombuffer(data, self.dtypes[k]).reshape(count, *self.shapes[k]))
            yield ArrayChunk(self, first, arrays, wanted)

    def close(self) -> None:
        """Lets go of the file."""
        for member in self._members:
            member.close()
        self._zip.close()
        self._file.close()
        self._source.close()


def open_arrays(
    source: ByteSource, form: str, names: Sequence[str] | None, lone: str | None
) -> NpyReader | NpzReader:
    """The reader of an `.npy` or `.npz`; raises `EvaluationError` for what is neither."""
    return NpzReader(source, names) if form == "npz" else NpyReader(source, names, lone)
