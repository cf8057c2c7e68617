"""Parquet and Arrow files, by record batches. The only door to pyarrow, which is an extra.

Columns that are not computed with pass as they are, with their types. A fixed-size list of numbers is a
vector in each row.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, cast

import numpy as np

from gradcli.errors import EvaluationError, InputError
from gradcli.graph import Array, Shape
from gradcli.streams.chunk import Cell, Chunk, Literal, Reader, Tally
from gradcli.streams.files import BLOCK, ByteSource, FileSource, Output
from gradcli.streams.npy import seekable
from gradcli.streams.text import Column, Outputs

ROWS = 16_384
"""Rows of one record batch."""


def _arrow() -> Any:
    try:
        import pyarrow
        import pyarrow.ipc
        import pyarrow.parquet
    except ImportError:
        hint = 'pip install "gradcli[parquet]"'
        raise InputError("parquet and arrow files need pyarrow", hint=hint) from None
    # Its threads read ahead by whole row groups, and its allocator keeps what they took.
    pyarrow.set_cpu_count(1)
    pyarrow.set_io_thread_count(1)
    return pyarrow


class ArrowChunk(Chunk):
    """A record batch."""

    def __init__(self, reader: ArrowReader, start: int, batch: Any, wanted: Sequence[int]) -> None:
        self._reader = reader
        self._start = start
        self.batch = batch
        super().__init__(batch.num_rows, [self._numbers(k) for k in wanted])

    def _numbers(self, column: int) -> Array:
        array = self.batch.column(column)
        shape = self._reader.shapes[column]
        if shape:
            size = shape[0]
            array = array.values.slice(array.offset * size, len(array) * size)
        if array.null_count:
            if not self._reader.reads_null:
                row = next(k for k, valid in enumerate(array.is_valid().to_pylist()) if not valid)
                place = self.place(row // (shape[0] if shape else 1))
                name = self._reader.columns[column]
                raise EvaluationError(f"{place}: column {name}: null", hint='--na "null" reads it as nan')
            self._reader.tally.missing += array.null_count
        found = np.asarray(array.cast("float64", safe=False).to_numpy(zero_copy_only=False), np.float64)
        return found.reshape(self.batch.num_rows, *shape)

    def values(self, column: int) -> list[Any]:
        """A column as Python's own values."""
        return [
            each if each is None or isinstance(each, bool | int | float | str | list | dict) else str(each)
            for each in self.batch.column(column).to_pylist()
        ]

    def place(self, row: int) -> str:
        """The row by its number."""
        return f"{self._reader.name}: row {self._start + row + 1}"


class ArrowReader:
    """A Parquet file, an Arrow file, or a stream of Arrow record batches."""

    headed = True

    def __init__(self, source: ByteSource, form: str, *, reads_null: bool) -> None:
        self._pa = _arrow()
        self.name = source.name
        self.format = form
        self.tally = Tally()
        self.empty = False
        self.reads_null = reads_null
        try:
            self._open(source, form)
        except (self._pa.ArrowInvalid, self._pa.ArrowException) as error:
            raise EvaluationError(f"cannot read {self.name}: {_first_line(error)}") from None
        self.columns: list[str] = list(self.schema.names)
        self.shapes: list[Shape] = [_shape(each.type, self._pa) for each in self.schema]

    def _open(self, source: ByteSource, form: str) -> None:
        pa = self._pa
        if form == "parquet":
            self._file = pa.parquet.ParquetFile(seekable(source), buffer_size=BLOCK, pre_buffer=False)
            self.schema = self._file.schema_arrow
            return
        self._file = None
        if isinstance(source, FileSource) and source.seekable:
            stream = seekable(source)
            magic = stream.read(6)
            stream.seek(0)
            if magic == b"ARROW1":
                opened = pa.ipc.open_file(stream)
                self.schema = opened.schema
                self._batches: Iterator[Any] = (opened.get_batch(k) for k in range(opened.num_record_batches))
                return
        else:
            stream = cast(Any, _Stream(source))
            if stream.peek(6) == b"ARROW1":
                stream = stream.spooled()
                opened = pa.ipc.open_file(stream)
                self.schema = opened.schema
                self._batches = (opened.get_batch(k) for k in range(opened.num_record_batches))
                return
        flow = pa.ipc.open_stream(stream)
        self.schema, self._batches = flow.schema, iter(flow)

    def chunks(self, wanted: Sequence[int]) -> Iterator[ArrowChunk]:
        """The rows, at most `ROWS` at once."""
        pa = self._pa
        for column in wanted:
            kind = self.schema.field(column).type
            inner = kind.value_type if self.shapes[column] else kind
            if not (pa.types.is_floating(inner) or pa.types.is_integer(inner) or pa.types.is_decimal(inner)):
                raise EvaluationError(
                    f"{self.name}: column {self.columns[column]} holds {kind}, and no numbers"
                )
        done = 0
        batches = self._batches if self._file is None else self._file.iter_batches(ROWS, use_threads=False)
        try:
            for batch in batches:
                for first in range(0, batch.num_rows, ROWS):
                    part = batch.slice(first, ROWS)
                    yield ArrowChunk(self, done, part, wanted)
                    done += part.num_rows
        except (pa.ArrowInvalid, pa.ArrowException, OSError) as error:
            raise EvaluationError(f"cannot read {self.name}: {_first_line(error)}") from None


class _Stream:
    """A source as the file that pyarrow reads a stream from."""

    closed = False

    def __init__(self, source: ByteSource) -> None:
        self._source = source
        self._pending = b""

    def peek(self, size: int) -> bytes:
        """The next bytes, which stay."""
        while len(self._pending) < size and (more := self._source.read()):
            self._pending += more
        return self._pending[:size]

    def read(self, size: int = -1) -> bytes:
        """Exactly so many bytes, unless there are no more."""
        pieces, have = [self._pending], len(self._pending)
        while (size < 0 or have < size) and (more := self._source.read()):
            pieces.append(more)
            have += len(more)
        whole = b"".join(pieces)
        if size < 0:
            size = len(whole)
        self._pending = whole[size:]
        return whole[:size]

    def spooled(self) -> Any:
        """The whole as a file."""
        import tempfile

        file = tempfile.TemporaryFile()  # noqa: SIM115 (it lives as long as its reader)
        file.write(self._pending)
        while more := self._source.read():
            file.write(more)
        file.seek(0)
        return file

    def readable(self) -> bool:
        """It is for reading."""
        return True

    def close(self) -> None:
        """Nothing: whoever opened the source closes it."""


def _shape(kind: Any, pa: Any) -> Shape:
    return (kind.list_size,) if pa.types.is_fixed_size_list(kind) else ()


def _first_line(error: BaseException) -> str:
    return str(error).partition("\n")[0].rstrip(".")


class ArrowWriter:
    """Record batches: a Parquet file with a row group for about a million rows, or a stream of Arrow."""

    GROUP = 1 << 20
    patches = False

    def __init__(self, form: str, output: Output, *, only: bool) -> None:
        self._pa = _arrow()
        self.format = form
        self._output = output
        self._only = only
        self._held: list[Any] = []
        self._rows = 0

    def start(self, reader: Reader, columns: Sequence[Column], numeric: Sequence[int]) -> bytes:
        """The schema."""
        pa = self._pa
        self._numeric = list(numeric)
        self._kept = [] if self._only else list(range(len(reader.columns)))
        kept = [
            reader.schema.field(k)
            if isinstance(reader, ArrowReader)
            else pa.field(reader.columns[k], self._kind(reader, k))
            for k in self._kept
        ]
        self._columns = list(columns)
        fresh = [pa.field(each.name, self._result_kind(each)) for each in columns]
        self.schema = pa.schema([*kept, *fresh])
        sink = pa.PythonFile(cast(Any, _Sink(self._output)), mode="w")
        if self.format == "parquet":
            self._writer = pa.parquet.ParquetWriter(sink, self.schema)
        else:
            self._writer = pa.ipc.new_stream(sink, self.schema)
        return b""

    def _kind(self, reader: Reader, column: int) -> Any:
        if column in self._numeric:
            shape = reader.shapes[column]
            return self._pa.list_(self._pa.float64(), int(np.prod(shape))) if shape else self._pa.float64()
        dtypes = getattr(reader, "dtypes", None)
        if dtypes is None or dtypes[column].kind in "SU":
            return self._pa.string()
        kind = self._pa.from_numpy_dtype(dtypes[column])
        return self._pa.list_(kind, reader.shapes[column][0]) if reader.shapes[column] else kind

    def _result_kind(self, column: Column) -> Any:
        kind = self._pa.bool_() if column.boolean else self._pa.float64()
        return self._pa.list_(kind, int(np.prod(column.shape))) if column.shape else kind

    def rows(self, chunk: Chunk, outputs: Outputs, columns: Sequence[Column]) -> bytes:
        """A chunk as a record batch; an array in a row is flat in its list."""
        pa = self._pa
        if [each.shape for each in columns] != [each.shape for each in self._columns]:
            raise EvaluationError(
                f"{chunk.place(0)}: the results have other shapes than in the rows before",
                hint="--to jsonl holds rows of any shape",
            )
        arrays = []
        for k in self._kept:
            if isinstance(chunk, ArrowChunk):
                arrays.append(chunk.batch.column(k))
            elif k in self._numeric:
                data = chunk.data[self._numeric.index(k)]
                flat = pa.array(np.ascontiguousarray(data).reshape(-1))
                size = int(np.prod(data.shape[1:]))
                arrays.append(pa.FixedSizeListArray.from_arrays(flat, size) if data.ndim > 1 else flat)
            else:
                values = [_text(each) for each in chunk.values(k)]
                arrays.append(pa.array(values, self.schema.field(k).type))
        for column, output in zip(columns, outputs, strict=True):
            if output is None:
                arrays.append(pa.nulls(chunk.rows, self._result_kind(column)))
                continue
            mask = chunk.void
            flat = pa.array(output.reshape(-1), mask=None if mask is None or column.shape else mask)
            size = int(np.prod(column.shape))
            arrays.append(pa.FixedSizeListArray.from_arrays(flat, size) if column.shape else flat)
        batch = pa.record_batch(arrays, schema=self.schema)
        self._held.append(batch)
        self._rows += chunk.rows
        if self.format == "arrow" or self._rows >= self.GROUP:
            self._flush()
        return b""

    def _flush(self) -> None:
        if self._held:
            self._writer.write_table(self._pa.Table.from_batches(self._held))
            self._held, self._rows = [], 0

    def finish(self) -> bytes:
        """The end of the file."""
        self._flush()
        self._writer.close()
        return b""


def _text(value: Any) -> Any:
    """A value as a typed column takes it: the text of cells, JSON for what is nested."""
    if isinstance(value, Cell | Literal | str):
        return str(value)
    return json.dumps(value) if isinstance(value, dict) else value


class _Sink:
    """The output as the file that pyarrow writes to."""

    closed = False

    def __init__(self, output: Output) -> None:
        self._output = output

    def write(self, data: Any) -> int:
        """Writes all of it."""
        self._output.write(memoryview(data))
        return len(data)

    def writable(self) -> bool:
        """It is for writing."""
        return True

    def flush(self) -> None:
        """Everything is written at once."""

    def close(self) -> None:
        """The output stays open."""
        self.closed = True
