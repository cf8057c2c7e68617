"""Parquet and Arrow files, by record batches. The only door to pyarrow, which is an extra.

Columns that are not computed with pass as they are, with their types. A fixed-size list of numbers is a
vector in each row.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO, Any, cast

import numpy as np

from gradcli.arrays import Array, Shape
from gradcli.processors import Aside
from gradcli.streams.chunk import LEFT_OUT, WHOLE, Chunk, Piece, Policy, Reader, Tally
from gradcli.streams.columns import are_texts, check_text, json_text, well_formed
from gradcli.streams.files import BLOCK, ByteSource, Output, OutputFile, PlacedSource, seekable
from gradcli.streams.text_out import Column, Outputs, check_names, check_shapes
from gradcli.text.errors import EvaluationError, GradcliError, InputError, reason

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
    """A record batch, or the rows of one that are left; `rows` are their numbers, counted from 0."""

    def __init__(
        self,
        reader: Reader,
        batch: Any,
        data: Sequence[Array],
        rows: Sequence[int],
        *,
        void: Array | None = None,
        failure: GradcliError | None = None,
    ) -> None:
        super().__init__(reader, batch.num_rows, data, void=void, failure=failure)
        self.batch = batch
        self._rows = rows

    def values(self, column: int) -> list[Any]:
        """A column as Python's own values."""
        return [
            each if each is None or isinstance(each, bool | int | float | str | list | dict) else str(each)
            for each in self.batch.column(column).to_pylist()
        ]

    def numbers(self, column: int) -> Array | None:
        """A column of doubles or whole numbers, if none is missing."""
        array = self.batch.column(column)
        if array.null_count or str(array.type) not in _NUMBERS:
            return None
        return _memory(array, np.dtype(str(array.type)))

    def part(self, rows: slice) -> ArrowChunk:
        """Some of its rows."""
        start, stop, _ = rows.indices(self.rows)
        batch = self.batch.slice(start, stop - start)
        return ArrowChunk(self.reader, batch, rows=self._rows[rows], **self._part_of(rows))

    def place(self, row: int) -> str:
        """The row by its number."""
        return _place(self.reader.name, self._rows[row])


_NUMBERS = ("double", *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)))


def _place(name: str, row: int) -> str:
    return f"{name}: row {row + 1}"


class ArrowReader:
    """A Parquet file, an Arrow file, or a stream of Arrow record batches."""

    headed = True
    length = None
    dtypes = None
    header = separator = b""
    decimal_comma = False
    plain = False
    whole: Shape | None = None

    def __init__(self, source: ByteSource, form: str, policy: Policy) -> None:
        self._pa = _arrow()
        self._source = source
        self._stream: IO[bytes] | None = None
        self.name = source.name
        self.format = form
        self.tally = Tally()
        self.empty = False
        self._policy = policy
        self._piece = WHOLE
        self._count: int | None = None
        """How many record batches there are, where that is known."""
        self._begun = 0
        """How many of them were done when the last one began."""
        self._reads_null = not policy.na.isdisjoint(("null", ""))
        with self._damage_told():
            self._open(source, form)
            self.columns: list[str] = list(self.schema.names)
            self.shapes: list[Shape] = [_shape(each.type, self._pa) for each in self.schema]
            self.types = [str(each.type) for each in self.schema]

    def share(self, rows: int) -> float | None:
        """By rows of Parquet, record batches of an Arrow file, and bytes of a stream that is a file."""
        if self._file is not None:
            whole: int = self._file.metadata.num_rows
            return rows / max(whole, 1)
        if self._count is not None:
            return self._begun / max(self._count, 1)
        source = self._source
        if not isinstance(source, PlacedSource) or not source.seekable:
            return None
        return source.tell() / max(source.size(), 1)

    @contextmanager
    def _damage_told(self) -> Iterator[None]:
        """Turns what pyarrow raises over a damaged file, which can be anything, into `EvaluationError`."""
        try:
            yield
        except (GradcliError, MemoryError):
            raise
        except Exception as error:
            raise EvaluationError(f"cannot read {self.name}: {reason(error)}") from None

    def _open(self, source: ByteSource, form: str) -> None:
        pa = self._pa
        self._file: Any = None
        self._batches: Iterator[Any] = iter(())
        if form == "parquet":
            if source.peek(4) != b"PAR1":  # before all of it is kept, if it has an end at all
                raise EvaluationError(f"{self.name} is not a Parquet file")
            self._stream = seekable(source)
            self._file = pa.parquet.ParquetFile(self._stream, buffer_size=BLOCK, pre_buffer=False)
            self.schema = self._file.schema_arrow
            return
        if source.peek(6) == b"ARROW1":
            self._stream = seekable(source)
            opened = pa.ipc.open_file(self._stream)
            self.schema = opened.schema
            self._count = opened.num_record_batches
            self._batches = map(opened.get_batch, self._counted(self._count))
            return
        flow = pa.ipc.open_stream(cast(Any, _Exact(source)))
        self.schema, self._batches = flow.schema, iter(flow)

    def _counted(self, count: int) -> Iterator[int]:
        """Numbers of record batches, of which is kept how many are done."""
        for k in range(count):
            self._begun = k
            yield k

    def check(self, wanted: Sequence[int]) -> None:
        """Raises `EvaluationError` for a wanted column without numbers."""
        types = self._pa.types
        real = (types.is_floating, types.is_integer, types.is_decimal, types.is_boolean)
        for column in wanted:
            kind = self.schema.field(column).type
            inner = kind.value_type if self.shapes[column] or types.is_dictionary(kind) else kind
            if not any(each(inner) for each in real):
                raise EvaluationError(
                    f"{self.name}: column {self.columns[column]} holds {kind}, and no numbers"
                )

    def chunks(self, wanted: Sequence[int]) -> Iterator[ArrowChunk]:
        """The rows, at most `ROWS` at once."""
        self.check(wanted)
        done, batches = 0, self._batches
        if self._file is not None:
            first, stop, _ = self.extent()
            done = sum(self._file.metadata.row_group(group).num_rows for group in range(first))
            batches = self._file.iter_batches(ROWS, row_groups=[*range(first, stop)], use_threads=False)
        while (batch := self._next(batches)) is not None:
            for first in range(0, batch.num_rows, ROWS):
                part = batch.slice(first, ROWS)
                chunk = self._chunk(part, wanted, done)
                yield chunk
                if chunk.failure is not None:
                    return
                done += part.num_rows

    def pieces(self, size: int) -> list[Piece]:
        """The row groups of a Parquet file, as many at a time as have so many bytes; else all rows."""
        if self._file is None:
            return [WHOLE]
        starts, have = [0], 0
        with self._damage_told():
            for group in range(self._file.num_row_groups):
                more = self._file.metadata.row_group(group).total_byte_size
                if have and have + more > size:
                    starts.append(group)
                    have = 0
                have += more
        stops = [*starts[1:], self._file.num_row_groups]
        return [Piece(start, stop) for start, stop in zip(starts, stops, strict=True)]

    def narrow(self, piece: Piece) -> None:
        """Reads some row groups."""
        self._piece = piece

    def extent(self) -> tuple[int, int, int]:
        """The numbers of the row groups; a row is told by its own number."""
        groups = 0 if self._file is None else self._file.num_row_groups
        return self._piece.start, groups if self._piece.stop is None else self._piece.stop, 0

    def _next(self, batches: Iterator[Any]) -> Any:
        """The next batch, if there is one. What a file says of its buffers is not trusted.

        An offset beyond them would be read from whatever lies there in memory.
        """
        with self._damage_told():
            batch = next(batches, None)
            if batch is not None:
                batch.validate(full=True)
            return batch

    def _chunk(self, batch: Any, wanted: Sequence[int], start: int) -> ArrowChunk:
        """The chunk of a batch whose first row has the number `start`; a null is a missing number."""
        rows: Sequence[int] = range(start, start + batch.num_rows)
        missing = [self._nulls(batch, column) for column in wanted]
        bad = np.any(missing, axis=0) if missing else np.zeros(batch.num_rows, bool)
        void = failure = None
        if bad.any():
            places = np.flatnonzero(bad).tolist()
            if self._reads_null:
                self.tally.missing += int(sum(each.sum() for each in missing))
            elif self._policy.on_error == "fail":
                failure = self._is_null(wanted, missing, places[0], start)
                batch = batch.slice(0, places[0])
            else:
                for place in places:
                    self.tally.count(self._is_null(wanted, missing, place, start))
                if self._policy.on_error == "skip":
                    rows = [row for row, each in zip(rows, bad.tolist(), strict=True) if not each]
                    batch = batch.filter(self._pa.array(~bad))
                else:
                    void = bad
        data = [self._numbers(batch, column) for column in wanted]
        return ArrowChunk(self, batch, data, rows, void=void, failure=failure)

    def _is_null(self, wanted: Sequence[int], missing: Sequence[Array], row: int, start: int) -> GradcliError:
        column = next(column for column, each in zip(wanted, missing, strict=True) if each[row])
        return EvaluationError(
            f"{_place(self.name, start + row)}: column {self.columns[column]}: null",
            hint=self._policy.hint(f"--na null reads it as nan; {LEFT_OUT}"),
        )

    def _nulls(self, batch: Any, column: int) -> Array:
        """Which rows have no number there, or not all of them."""
        array = self._column(batch, column)
        found = ~_valid(array)
        if self.shapes[column]:
            inner = self._inner(array, column)
            found |= ~_valid(inner).reshape(len(array), -1).all(axis=1)
        return found

    def _numbers(self, batch: Any, column: int) -> Array:
        """A column as doubles, nan where there is none."""
        array = self._column(batch, column)
        if self.shapes[column]:
            array = self._inner(array, column)
        array = array.cast("float64", safe=False)
        found = _memory(array, np.dtype(np.float64))
        if array.null_count:
            found = np.where(_valid(array), found, np.nan)
        return found.reshape(batch.num_rows, *self.shapes[column])

    def _column(self, batch: Any, column: int) -> Any:
        """A column, each value in its place."""
        array = batch.column(column)
        return array.dictionary_decode() if self._pa.types.is_dictionary(array.type) else array

    def _inner(self, array: Any, column: int) -> Any:
        """The elements of a column of lists, one list behind the other."""
        (size,) = self.shapes[column]
        return array.values.slice(array.offset * size, len(array) * size)

    def close(self) -> None:
        """Lets go of the file."""
        if self._stream is not None:
            self._stream.close()
        self._source.close()


class _Exact:
    """A source as the file that pyarrow reads a stream from."""

    closed = False

    def __init__(self, source: ByteSource) -> None:
        self._source = source

    def read(self, size: int) -> bytes:
        """Exactly so many bytes, unless there are no more."""
        return self._source.take(size)

    def readable(self) -> bool:
        """It is for reading."""
        return True

    def close(self) -> None:
        """Nothing: whoever opened the source closes it."""


def _shape(kind: Any, pa: Any) -> Shape:
    return (kind.list_size,) if pa.types.is_fixed_size_list(kind) else ()


class ArrowWriter:
    """A Parquet file with a row group for every hundred thousand rows, or a stream of Arrow batches.

    A row group is encoded and written while the rows of the next one are computed, unless that would take
    more than `threads`.
    """

    GROUP = 1 << 17
    """Rows of a row group, unless they are wide."""
    MOST_CELLS = 1 << 22
    """Numbers of a row group, which is kept in memory until it is whole."""
    ends = True

    def __init__(self, form: str, output: Output, *, only: bool, threads: int | None = 1) -> None:
        self._pa = _arrow()
        self.format = form
        self._output = output
        self.only = only
        self._held: list[Any] = []
        self._rows = 0
        self._aside = Aside(threads if form == "parquet" else 1)
        self._is_broken = False
        """Whether something could not be written, after which pyarrow writes nothing more."""

    def start(self, reader: Reader, columns: Sequence[Column], numeric: Sequence[int]) -> bytes:
        """The schema."""
        pa = self._pa
        self._numeric = list(numeric)
        self._kept = [] if self.only else list(range(len(reader.columns)))
        kept = [
            reader.schema.field(k)
            if isinstance(reader, ArrowReader)
            else pa.field(reader.columns[k], self._kind(reader, k))
            for k in self._kept
        ]
        self._columns = list(columns)
        self._shapes = [] if self.only else [reader.shapes[k] for k in numeric]
        fresh = [pa.field(each.name, self._result_kind(each)) for each in columns]
        self.schema = pa.schema([*kept, *fresh])
        check_names(self.schema.names, self.format)
        width = sum(math.prod(_shape(each.type, pa)) for each in self.schema)
        self._group = max(1, min(self.GROUP, self.MOST_CELLS // max(1, width)))
        sink = pa.PythonFile(cast(Any, OutputFile(self._output)), mode="w")
        if self.format == "parquet":
            # Doubles hardly repeat: to look for those that do takes longer than all the rest of writing them.
            repeated = [each.name for each in self.schema if not pa.types.is_floating(each.type)]
            self._writer = pa.parquet.ParquetWriter(sink, self.schema, use_dictionary=repeated)
        else:
            self._writer = pa.ipc.new_stream(sink, self.schema)
        return b""

    def _kind(self, reader: Reader, column: int) -> Any:
        if column in self._numeric:
            shape = reader.shapes[column]
            return self._pa.list_(self._pa.float64(), int(np.prod(shape))) if shape else self._pa.float64()
        if reader.dtypes is None or reader.dtypes[column].kind in "SU":
            return self._pa.string()
        kind = self._pa.from_numpy_dtype(reader.dtypes[column])
        return self._pa.list_(kind, reader.shapes[column][0]) if reader.shapes[column] else kind

    def _result_kind(self, column: Column) -> Any:
        kind = self._pa.bool_() if column.boolean else self._pa.float64()
        return self._pa.list_(kind, int(np.prod(column.shape))) if column.shape else kind

    def rows(self, chunk: Chunk, outputs: Outputs, columns: Sequence[Column]) -> bytes:
        """Takes a chunk."""
        self._hold(self._batch(chunk, outputs, columns))
        return b""

    def packed(self, chunk: Chunk, outputs: Outputs, columns: Sequence[Column]) -> memoryview:
        """A chunk as a message of Arrow's."""
        return memoryview(self._batch(chunk, outputs, columns).serialize())

    def unpacked(self, packed: bytes | memoryview) -> bytes:
        """Takes a packed chunk."""
        data = self._pa.py_buffer(bytes(packed))
        self._hold(self._pa.ipc.read_record_batch(data, self.schema))
        return b""

    def settle(self) -> None:
        """Waits for the row group that is being written."""
        with self._output.undisturbed():
            self._aside.wait()

    def _batch(self, chunk: Chunk, outputs: Outputs, columns: Sequence[Column]) -> Any:
        """A chunk as a record batch; an array in a row is flat in its list."""
        pa = self._pa
        check_shapes(chunk, columns, self._columns, () if self.only else chunk.data, self._shapes)
        arrays = []
        for k in self._kept:
            if isinstance(chunk, ArrowChunk):
                arrays.append(chunk.batch.column(k))
            elif k in self._numeric:
                data = chunk.data[self._numeric.index(k)]
                flat = _numbers(np.ascontiguousarray(data).reshape(-1), pa)
                size = int(np.prod(data.shape[1:]))
                arrays.append(pa.FixedSizeListArray.from_arrays(flat, size) if data.ndim > 1 else flat)
            else:
                kind = self.schema.field(k).type
                is_text = kind == pa.string()
                arrays.append(_texts(chunk, k, pa) if is_text else pa.array(chunk.values(k), kind))
        for column, output in zip(columns, outputs, strict=True):
            if output is None:
                arrays.append(pa.nulls(chunk.rows, self._result_kind(column)))
                continue
            size = int(np.prod(column.shape))
            # The elements of a bad row are null, not their list: not every reader takes that from Parquet.
            mask = None if chunk.void is None else np.repeat(chunk.void, size)
            flat = _numbers(output.reshape(-1), pa, mask)
            arrays.append(pa.FixedSizeListArray.from_arrays(flat, size) if column.shape else flat)
        return pa.record_batch(arrays, schema=self.schema)

    def add(self, part: bytes) -> bytes:
        """The record batches of a stream."""
        with self._pa.ipc.open_stream(part) as batches:
            for batch in batches:
                self._hold(batch)
        return b""

    def _hold(self, batch: Any) -> None:
        """Takes a record batch, and writes what is due."""
        self._held.append(batch)
        self._rows += batch.num_rows
        if self.format == "arrow":
            self._flush(self._rows)
        while self._rows >= self._group:
            self._flush(self._group)

    def _flush(self, rows: int) -> None:
        """Writes the first rows that are held: the same bytes, however they came."""
        if not self._held:
            return
        table = self._pa.Table.from_batches(self._held)
        with self._output.undisturbed():  # an exception in its sink makes pyarrow give up
            rest = table.slice(rows)
            self._held, self._rows = rest.to_batches(), rest.num_rows
            due = table.slice(0, rows)
            try:
                self._aside.do(lambda: self._writer.write_table(due.combine_chunks()))
            except BaseException:
                self._is_broken = True
                raise

    def finish(self) -> bytes:
        """The end of the file."""
        if self._is_broken:
            return b""
        with self._output.undisturbed():
            self._flush(self._rows)
            self._aside.wait()
            self._writer.close()
        return b""


# Arrow's arrays are read and made by their memory. Its own ways between NumPy and itself look whether an
# array is one of pandas', and import that where it is installed, which takes as long as 300,000 rows.


def _memory(array: Any, kind: Any) -> Array:
    """The numbers of an array of Arrow's, whatever stands where one is missing."""
    data = array.buffers()[1]
    if data is None:
        return np.zeros(len(array), kind)
    found: Array = np.frombuffer(data, kind, len(array), array.offset * kind.itemsize)
    return found


def _valid(array: Any) -> Array:
    """Where an array of Arrow's has a value."""
    there = array.buffers()[0]
    if not array.null_count or there is None:
        return np.full(len(array), not array.null_count)
    bits = np.unpackbits(np.frombuffer(there, np.uint8), bitorder="little")
    found: Array = bits[array.offset : array.offset + len(array)].astype(bool)
    return found


def _numbers(values: Array, pa: Any, missing: Array | None = None) -> Any:
    """Numbers or truth values as an array of Arrow's, null where they are `missing`."""
    kind = pa.bool_() if values.dtype == bool else pa.from_numpy_dtype(values.dtype)
    data = _bits(values, pa) if values.dtype == bool else pa.py_buffer(values)
    there = None if missing is None else _bits(~missing, pa)
    return pa.Array.from_buffers(kind, len(values), [there, data])


def _texts(chunk: Chunk, column: int, pa: Any) -> Any:
    """A column as texts of Arrow's; raises `RowError` for bytes that are none."""
    found = chunk.texts(column)
    if found is not None and are_texts(*found):
        text, edges = found
        offsets = pa.py_buffer(edges.astype(np.int32))
        return pa.StringArray.from_buffers(chunk.rows, offsets, pa.py_buffer(text), None)
    check_text(chunk, column)
    values = list(map(_text, chunk.values(column)))
    encoded = [None if each is None else each.encode() for each in values]
    ends = np.cumsum([0, *(0 if each is None else len(each) for each in encoded)])
    if ends[-1] > np.iinfo(np.int32).max:
        return pa.array(values, pa.string())
    there = None if None not in encoded else _bits(np.array([each is not None for each in encoded]), pa)
    data = b"".join([each for each in encoded if each is not None])
    offsets = pa.py_buffer(ends.astype(np.int32))
    return pa.StringArray.from_buffers(len(encoded), offsets, pa.py_buffer(data), there)


def _bits(truths: Array, pa: Any) -> Any:
    return pa.py_buffer(np.packbits(truths, bitorder="little"))


def _text(value: Any) -> str | None:
    """A value in a column of texts: the text of cells, JSON for what is no text."""
    if value is None:
        return None
    text = str(value) if isinstance(value, str) else json_text(value).decode()
    return text if text.isascii() else well_formed(text)
