"""Rows out in NumPy's own formats: one `.npy`, or an `.npz` of columns."""

from __future__ import annotations

import io
import math
import re
import tempfile
import zipfile
from collections.abc import Sequence
from typing import IO, Any, cast

import numpy as np

from gradcli.arrays import Array, Shape
from gradcli.streams.chunk import LEFT_OUT, Chunk, Reader, RowError
from gradcli.streams.files import BLOCK, Output, OutputFile, StreamSource
from gradcli.streams.npy import ArrayChunk, read_header
from gradcli.streams.numbers import is_number, read_cells
from gradcli.streams.text_out import ONLY, Column, Outputs, check_names, check_shapes
from gradcli.text.errors import EvaluationError, GradcliError
from gradcli.text.values import number


class _Rows:
    """Turns chunks into arrays, one for each column of the output."""

    def __init__(
        self, form: str, reader: Reader, columns: Sequence[Column], numeric: Sequence[int], only: bool
    ) -> None:
        self.format = form
        self.reader = reader
        self.columns = list(columns)
        self.numeric = list(numeric)
        self.kept = [] if only else list(range(len(reader.columns)))
        self.fields: list[tuple[str, np.dtype[Any], Shape]] = []
        for k in self.kept:
            dtype = np.dtype(np.float64) if reader.dtypes is None else reader.dtypes[k]
            self.fields.append((reader.columns[k], dtype, reader.shapes[k]))
        for column in columns:
            self.fields.append(
                (column.name, np.dtype(bool if column.boolean else np.float64), tuple(column.shape))
            )

    def check_names(self) -> None:
        """Raises `EvaluationError` for names that NumPy cannot tell apart."""
        names = [name for name, _, _ in self.fields]
        if "" in names:
            raise EvaluationError("a column has no name, and arrays need one", hint=ONLY)
        check_names(names, self.format)

    def arrays(self, chunk: Chunk, outputs: Outputs, columns: Sequence[Column]) -> list[Array]:
        """The columns of a chunk. Raises `RowError` for text in one, or another shape than before."""
        found: list[Array] = []
        for k in self.kept:
            if isinstance(chunk, ArrayChunk):
                found.append(chunk.arrays[k])
                continue
            if k in self.numeric:
                found.append(chunk.data[self.numeric.index(k)])
                continue
            found.append(_numbers(chunk, k, self.reader.columns[k]))
        shapes = [shape for _, _, shape in self.fields[: len(found)]]
        check_shapes(chunk, columns, self.columns, found, shapes)
        for column, output in zip(columns, outputs, strict=True):
            array = np.full((chunk.rows, *column.shape), np.nan) if output is None else output
            if chunk.void is not None and array.dtype == bool:
                raise RowError(
                    chunk,
                    int(np.flatnonzero(chunk.void)[0]),
                    f"{column.name} holds truth values, and there is none for a bad row",
                    LEFT_OUT,
                )
            if chunk.void is not None:
                array[chunk.void] = np.nan
            found.append(array)
        return found


def _numbers(chunk: Chunk, column: int, name: str) -> Array:
    """A column that nothing is computed with as doubles; raises `RowError` for what is no number."""
    found = chunk.numbers(column)
    if found is not None:
        return np.asarray(found, np.float64)
    values = chunk.values(column)
    cells = chunk.cells(column)
    odd = cells is None or _LONG_OR_PADDED.search(b"\n".join(cells)) is not None
    for row, each in enumerate(values if odd else ()):
        if _changes(each):
            what = f"column {name} holds {each}, and an array would hold {number(float(each))}"
            raise RowError(chunk, row, what, ONLY)
    if all(isinstance(each, str) for each in values):
        doubles = read_cells([each.encode("utf-8", "replace") for each in values])
        if doubles is not None:
            return doubles
    for row, each in enumerate(values):
        if not _is_number(each):
            raise RowError(chunk, row, f"column {name} holds text, and arrays hold numbers", ONLY)
    return np.array(list(map(float, values)))


_LONG_OR_PADDED = re.compile(rb"[0-9]{16}|(?:^|[^0-9.eE])[+-]?0[0-9]", re.MULTILINE)
_WHOLE = re.compile(r"[+-]?(\d+)")


def _changes(value: Any) -> bool:
    """Whether a value that is not computed with would be another as a double: an identifier, most likely."""
    if isinstance(value, bool):
        return False
    if isinstance(value, int):
        return abs(value) > _EXACT and int(float(value)) != value
    whole = _WHOLE.fullmatch(value.strip()) if isinstance(value, str) else None
    if whole is None:
        return False
    digits = whole[1]
    return (digits[0] == "0" and len(digits) > 1) or (len(digits) > 15 and int(float(digits)) != int(digits))


_EXACT = 2**53
"""Every whole number up to this one is a double."""


def _is_number(value: Any) -> bool:
    if isinstance(value, str):
        return is_number(value.encode("utf-8", "replace"))
    return isinstance(value, int | float)


class NpyWriter:
    """One array: a matrix where the input is one (and the results are numbers), else with named columns."""

    format = "npy"
    ends = False

    def __init__(self, output: Output, *, only: bool, length: int | None) -> None:
        self._output = output
        self.only = only
        self._told = length
        self._spool: IO[bytes] | None = None

    def start(self, reader: Reader, columns: Sequence[Column], numeric: Sequence[int]) -> bytes:
        """The header, if the number of rows is known or can be written later."""
        self._rows = _Rows(self.format, reader, columns, numeric, self.only)
        numbers = all(column.shape == () and not column.boolean for column in columns)
        self._plain = reader.plain and numbers
        if not self._plain:
            self._rows.check_names()
        self._dtype = np.dtype(
            np.float64
            if self._plain
            else [
                (name, dtype, shape) if shape else (name, dtype) for name, dtype, shape in self._rows.fields
            ]
        )
        self._row = self._dtype.itemsize * (len(self._rows.fields) if self._plain else 1)
        self._place = self._output.place()
        self.ends = self._place is not None
        if self._place is None and self._told is None:
            self._spool = tempfile.TemporaryFile()  # noqa: SIM115 (closed behind the last row)
            return b""
        header = self._header(self._told or 0)
        self._begun = self._output.written + len(header)
        return header

    def _header(self, rows: int) -> bytes:
        buffer = io.BytesIO()
        shape: Shape = (rows, len(self._rows.fields)) if self._plain else (rows,)
        described = {
            "descr": np.lib.format.dtype_to_descr(self._dtype),
            "fortran_order": False,
            "shape": shape,
        }
        write_header(buffer, described)
        return buffer.getvalue()

    def rows(self, chunk: Chunk, outputs: Outputs, columns: Sequence[Column]) -> bytes:
        """A chunk's rows."""
        arrays = self._rows.arrays(chunk, outputs, columns)
        if self._plain:
            table: Array = np.empty((chunk.rows, len(arrays)))
            for k, array in enumerate(arrays):
                table[:, k] = array
        else:
            table = np.empty(chunk.rows, self._dtype)
            for (name, _, _), array in zip(self._rows.fields, arrays, strict=True):
                table[name] = array
        octets: Any = table.reshape(-1).view(np.uint8)  # a buffer, which not every NumPy's types say
        return self._written(cast(bytes, memoryview(octets)))

    def add(self, part: bytes) -> bytes:
        """The rows of another array."""
        source = StreamSource(io.BytesIO(part), self.format)
        read_header(source, self.format)
        return self._written(source.take(len(part)))

    def _written(self, data: bytes) -> bytes:
        """Rows, unless they have to wait for their number."""
        if self._spool is None:
            return data
        self._spool.write(data)
        return b""

    def finish(self) -> bytes:
        """Says how many rows there are."""
        if self._spool is not None:
            self._output.write(self._header(self._spool.tell() // self._row))
            self._spool.seek(0)
            while data := self._spool.read(BLOCK):
                self._output.write(data)
            self._spool.close()
            return b""
        rows = max(self._output.written - self._begun, 0) // self._row  # an interruption may have lost some
        if self._place is not None:
            self._output.write(b"")  # the header itself, if no row followed it
            self._output.write_at(self._place, self._header(rows))
        elif rows != self._told:
            raise GradcliError(
                f"the array was announced with {self._told} rows, and has {rows}",
                hint="write it to a file, and not into a pipe",
            )
        return b""


def write_header(file: Any, described: dict[str, Any]) -> None:
    """Writes the header of an array, in the oldest version of the format that has room for it."""
    buffer = io.BytesIO()
    try:
        np.lib.format.write_array_header_1_0(buffer, described)
    except ValueError:  # more than 64 kB, as the names of thousands of columns are
        buffer = io.BytesIO()
        np.lib.format.write_array_header_2_0(buffer, described)
    file.write(buffer.getvalue())


class NpzWriter:
    """An archive of columns, each an array whose first axis is the rows."""

    format = "npz"
    ends = True

    def __init__(self, output: Output, *, only: bool) -> None:
        self._output = output
        self.only = only

    def start(self, reader: Reader, columns: Sequence[Column], numeric: Sequence[int]) -> bytes:
        """Nothing yet: the columns stand one after the other."""
        self._rows = _Rows(self.format, reader, columns, numeric, self.only)
        self._rows.check_names()
        self._spools = [tempfile.TemporaryFile() for _ in self._rows.fields]  # noqa: SIM115
        return b""

    def rows(self, chunk: Chunk, outputs: Outputs, columns: Sequence[Column]) -> bytes:
        """Keeps a chunk's rows."""
        arrays = self._rows.arrays(chunk, outputs, columns)
        for spool, array, (_, dtype, _) in zip(self._spools, arrays, self._rows.fields, strict=True):
            spool.write(np.ascontiguousarray(array, dtype).tobytes())
        return b""

    def add(self, part: bytes) -> bytes:
        """Keeps the columns of another archive."""
        with zipfile.ZipFile(io.BytesIO(part)) as archive:
            for spool, (name, _, _) in zip(self._spools, self._rows.fields, strict=True):
                source = StreamSource(archive.open(f"{name}.npy"), self.format)
                read_header(source, self.format)
                while data := source.read():
                    spool.write(data)
                source.close()
        return b""

    def finish(self) -> bytes:
        """The archive."""
        target = cast(IO[bytes], OutputFile(self._output))
        # An interruption may have come between two columns.
        rows = min(
            spool.tell() // (dtype.itemsize * math.prod(shape) or 1)
            for spool, (_, dtype, shape) in zip(self._spools, self._rows.fields, strict=True)
        )
        with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
            for spool, (name, dtype, shape) in zip(self._spools, self._rows.fields, strict=True):
                with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as member:
                    described = {
                        "descr": np.lib.format.dtype_to_descr(dtype),
                        "fortran_order": False,
                        "shape": (rows, *shape),
                    }
                    write_header(cast(Any, member), described)
                    spool.seek(0)
                    left = rows * dtype.itemsize * math.prod(shape)
                    while data := spool.read(min(BLOCK, left)):
                        member.write(data)
                        left -= len(data)
                spool.close()
        return b""
