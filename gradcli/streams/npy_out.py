"""Rows out in NumPy's own formats: one `.npy`, or an `.npz` of columns."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Sequence
from typing import IO, Any, cast

import numpy as np

from gradcli.errors import EvaluationError, GradcliError
from gradcli.graph import Array, Shape
from gradcli.streams.chunk import Chunk, Reader
from gradcli.streams.files import BLOCK, Output
from gradcli.streams.npy import ArrayChunk
from gradcli.streams.text import Column, Outputs


class _Rows:
    """Turns chunks into arrays, one for each column of the output."""

    def __init__(self, reader: Reader, columns: Sequence[Column], numeric: Sequence[int], only: bool) -> None:
        self.reader = reader
        self.columns = list(columns)
        self.numeric = list(numeric)
        self.kept = [] if only else list(range(len(reader.columns)))
        dtypes = getattr(reader, "dtypes", None)
        self.fields: list[tuple[str, np.dtype[Any], Shape]] = []
        for k in self.kept:
            dtype = dtypes[k] if dtypes else np.dtype(np.float64)
            self.fields.append((reader.columns[k], dtype, reader.shapes[k]))
        for column in columns:
            self.fields.append(
                (column.name, np.dtype(bool if column.boolean else np.float64), tuple(column.shape))
            )

    def arrays(self, chunk: Chunk, outputs: Outputs, columns: Sequence[Column]) -> list[Array]:
        """The columns of a chunk. Raises `EvaluationError` for a column of text or of another shape."""
        if [each.shape for each in columns] != [each.shape for each in self.columns]:
            raise EvaluationError(
                f"{chunk.place(0)}: the results have other shapes than in the rows before",
                hint="--to jsonl holds rows of any shape",
            )
        found: list[Array] = []
        for k in self.kept:
            if isinstance(chunk, ArrayChunk):
                found.append(chunk.arrays[k])
                continue
            if k in self.numeric:
                found.append(chunk.data[self.numeric.index(k)])
                continue
            try:
                found.append(np.array([float(each) for each in chunk.values(k)]))
            except (TypeError, ValueError):
                raise EvaluationError(
                    f"{chunk.place(0)}: column {self.reader.columns[k]} holds text, and arrays hold numbers",
                    hint="--only leaves out the columns of the input",
                ) from None
        for column, output in zip(columns, outputs, strict=True):
            array = np.full((chunk.rows, *column.shape), np.nan) if output is None else output
            if chunk.void is not None and array.dtype != bool:
                array[chunk.void] = np.nan
            found.append(array)
        return found


class NpyWriter:
    """One array: a matrix where the input is one (and the results are numbers), else with named columns."""

    format = "npy"
    patches = False

    def __init__(self, output: Output, *, only: bool) -> None:
        self._output = output
        self._only = only
        self._count = 0
        self._told = -1
        self._spool: IO[bytes] | None = None

    def start(self, reader: Reader, columns: Sequence[Column], numeric: Sequence[int]) -> bytes:
        """The header, if the number of rows is known or can be written later."""
        self._rows = _Rows(reader, columns, numeric, self._only)
        numbers = all(column.shape == () and not column.boolean for column in columns)
        self._plain = bool(getattr(reader, "plain", False)) and numbers
        self._dtype = np.dtype(
            np.float64
            if self._plain
            else [
                (name, dtype, shape) if shape else (name, dtype) for name, dtype, shape in self._rows.fields
            ]
        )
        self._place = self._output.place()
        self.patches = self._place is not None
        if self._place is None:
            self._told = getattr(reader, "length", -1)
            if self._told < 0:
                self._spool = tempfile.TemporaryFile()  # noqa: SIM115 (closed behind the last row)
                return b""
        return self._header(max(self._told, 0))

    def _header(self, rows: int) -> bytes:
        buffer = io.BytesIO()
        shape: Shape = (rows, len(self._rows.fields)) if self._plain else (rows,)
        described = {
            "descr": np.lib.format.dtype_to_descr(self._dtype),
            "fortran_order": False,
            "shape": shape,
        }
        np.lib.format.write_array_header_1_0(buffer, described)
        return buffer.getvalue()

    def rows(self, chunk: Chunk, outputs: Outputs, columns: Sequence[Column]) -> bytes:
        """A chunk's rows."""
        arrays = self._rows.arrays(chunk, outputs, columns)
        self._count += chunk.rows
        if self._plain:
            table: Array = np.empty((chunk.rows, len(arrays)))
            for k, array in enumerate(arrays):
                table[:, k] = array
        else:
            table = np.empty(chunk.rows, self._dtype)
            for (name, _, _), array in zip(self._rows.fields, arrays, strict=True):
                table[name] = array
        octets: Any = table.reshape(-1).view(np.uint8)  # a buffer, which not every NumPy's types say
        data = cast(bytes, memoryview(octets))
        if self._spool is None:
            return data
        self._spool.write(data)
        return b""

    def finish(self) -> bytes:
        """Says how many rows there are."""
        if self._spool is not None:
            self._output.write(self._header(self._count))
            self._spool.seek(0)
            while data := self._spool.read(BLOCK):
                self._output.write(data)
        elif self._place is not None:
            self._output.write_at(self._place, self._header(self._count))
        elif self._count != self._told:
            raise GradcliError(
                f"the array was announced with {self._told} rows, and has {self._count}",
                hint="write it to a file, and not into a pipe",
            )
        return b""


class NpzWriter:
    """An archive of columns, each an array whose first axis is the rows."""

    format = "npz"
    patches = False

    def __init__(self, output: Output, *, only: bool) -> None:
        self._output = output
        self._only = only
        self._count = 0

    def start(self, reader: Reader, columns: Sequence[Column], numeric: Sequence[int]) -> bytes:
        """Nothing yet: the columns stand one after the other."""
        self._rows = _Rows(reader, columns, numeric, self._only)
        self._spools = [tempfile.TemporaryFile() for _ in self._rows.fields]  # noqa: SIM115
        return b""

    def rows(self, chunk: Chunk, outputs: Outputs, columns: Sequence[Column]) -> bytes:
        """Keeps a chunk's rows."""
        self._count += chunk.rows
        arrays = self._rows.arrays(chunk, outputs, columns)
        for spool, array, (_, dtype, _) in zip(self._spools, arrays, self._rows.fields, strict=True):
            spool.write(np.ascontiguousarray(array, dtype).tobytes())
        return b""

    def finish(self) -> bytes:
        """The archive."""
        target = cast(IO[bytes], _Target(self._output))
        with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
            for spool, (name, dtype, shape) in zip(self._spools, self._rows.fields, strict=True):
                with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as member:
                    described = {
                        "descr": np.lib.format.dtype_to_descr(dtype),
                        "fortran_order": False,
                        "shape": (self._count, *shape),
                    }
                    np.lib.format.write_array_header_1_0(cast(Any, member), described)
                    spool.seek(0)
                    while data := spool.read(BLOCK):
                        member.write(data)
        return b""


class _Target:
    """The output as a file that is only written to."""

    def __init__(self, output: Output) -> None:
        self._output = output

    def write(self, data: bytes) -> int:
        self._output.write(data)
        return len(data)

    def flush(self) -> None:
        """Everything is written at once."""
