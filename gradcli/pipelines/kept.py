"""Columns of files as numbers that can be passed over again and again, in constant memory.

The files are read once, by the one reader of tables; the columns that a formula reads are kept as doubles, in
memory while they are few and in a temporary file when they are many. So a pipe can be passed over, too, and
text is parsed once.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from tempfile import SpooledTemporaryFile
from typing import Any

import numpy as np

from gradcli.arrays import Array, Shape
from gradcli.capabilities.rows import CHUNK, OfRows, TellsOfRows, finite_rows
from gradcli.engine.graph import Input
from gradcli.lowering.origins import Origins
from gradcli.pipelines.formula import Choice, Result, RowPlan
from gradcli.pipelines.progress import Progress
from gradcli.pipelines.request import Part, Request, Settings
from gradcli.pipelines.table import Table, Tell, open_table
from gradcli.records import NamedTuple
from gradcli.streams.chunk import normal_name
from gradcli.text.errors import EvaluationError, GradcliError, InputError, Notice
from gradcli.text.suggest import column_meant

_IN_MEMORY = 2**24
"""Bytes of numbers that are kept in memory."""


class Columns:
    """What reads columns as they are, and appends nodes over them (see `Computed`).

    `names` are those in what was typed; which of them are columns turns out when the table is open.
    """

    def __init__(self, names: Iterable[str], given: Mapping[str, Any], told: OfRows = OfRows()) -> None:  # noqa: B008
        self.names = list(names)
        self.parameters = dict(given)
        self._told = told

    def variables(self, columns: Mapping[str, Shape]) -> list[str]:
        """The names that are columns, and are not given otherwise."""
        return [each for each in self.names if each in columns and each not in self.parameters]

    def plan(self, columns: Mapping[str, Shape], choice: Choice, known: Iterable[str]) -> RowPlan:
        """The plan for columns of these shapes; raises `EvaluationError` where a row has another shape."""
        inputs = {name: self._told.inputs.get(name) or Input(name, shape) for name, shape in columns.items()}
        for name, each in inputs.items():
            if each.shape != columns[name]:
                shapes = f"{list(columns[name])}, and {list(each.shape)} in the first row"
                raise EvaluationError(f"the column {name} has shape {shapes}")
        for name in self._told.nodes:
            if name in known:
                raise InputError(
                    f"there is a column {name} already", hint="rename it: one of that name is added"
                )
        results = [Result(name, node, node, None) for name, node in self._told.nodes.items()]
        plan = RowPlan(results, list(inputs.values()), {}, Origins())
        plan.give(self._told.constants)
        return plan

    def missing(self, name: str, known: Sequence[str], hint: str | None = None) -> InputError:
        """The error for a name that is no column."""
        near = column_meant(name, known)
        return InputError(f"there is no column {name}", hint=f"did you mean {near}?" if near else hint)


class Store:
    """Bytes that are kept: in memory while they are few, then in a temporary file that nobody else sees."""

    def __init__(self) -> None:
        self._file = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 (it is there as long as the rows)
        self._size = 0
        self._lock = threading.Lock()

    def put(self, data: bytes) -> int:
        """Keeps some more; returns their place."""
        with self._lock:
            place, self._size = self._size, self._size + len(data)
            self._file.seek(place)
            self._file.write(data)
        return place

    def get(self, place: int, size: int) -> bytes:
        """What is kept at a place."""
        with self._lock:
            self._file.seek(place)
            return self._file.read(size)

    def close(self) -> None:
        """Lets go of all."""
        self._file.close()


class Selection(NamedTuple):
    """Names whose columns are read, unless they are `given` a value, of which files, and how.

    For `base` and `part` see `pipelines.request.Request`.
    """

    names: tuple[str, ...]
    given: Mapping[str, Any]
    files: tuple[str, ...]
    settings: Settings = Settings()
    base: str | None = None
    part: Part | None = None

    def opened(self, tell: Tell) -> Table:
        """The table of the files, which has columns; raises `GradcliError`."""
        columns = Columns(self.names, self.given)
        request = Request(columns, self.files, self.settings, base=self.base, part=self.part)
        table = open_table(request, tell)
        if table.reader.empty:
            table.reader.close()
            raise EvaluationError("there are no rows: not even names of columns")
        return table


def shapes_of(table: Table) -> dict[str, Shape]:
    """The shape of each column of a table that is read, in a row."""
    return {name: table.reader.shapes[table.columns[name]] for name in table.wanted}


def names_of(table: Table) -> list[str]:
    """The names of all columns of a table, and those that they are bound to."""
    return list(dict.fromkeys([*map(normal_name, table.reader.columns), *table.columns]))


def tell_left_out(count: int, tell: Tell) -> None:
    """Tells how many rows were passed by for what is in them."""
    if count:
        rows = "1 row" if count == 1 else f"{count} rows"
        tell(Notice("note", f"{rows} with nan or infinite values left out"))


class KeptRows:
    """The columns of a selection, read when they are asked for (`Rows` of the capabilities).

    Rows that hold a nan or an infinity there are passed by; `tell` hears of them. They may share a `store`
    with others. Raises `GradcliError`.
    """

    def __init__(self, selection: Selection, tell: Tell, store: Store | None = None) -> None:
        self.table = selection.opened(tell)
        self._selection = selection
        self.columns: Sequence[str] = names_of(self.table)
        self.before = 0
        """How many rows of the whole stand before these."""
        self.left_out = 0
        self.shapes: Mapping[str, Shape] = shapes_of(self.table)
        self._tell = tell
        self._store = store or Store()
        self._chunks: list[tuple[int, int]] = []
        """The place and the number of rows of each chunk."""
        self.is_read = False
        self._passes: Progress | None = None

    @property
    def length(self) -> int:
        """How many rows are kept."""
        return sum(rows for _, rows in self._chunks)

    def close(self) -> None:
        """Lets go of the numbers, and of the file."""
        if not self.is_read:
            self.table.reader.close()
        if self._passes is not None:
            self._passes.end()
        self._store.close()

    def write(self, found: TellsOfRows, form: str | None, digits: int | None) -> None:
        """Writes all rows, as they are read anew, to standard output, each with what is told of it."""
        from gradcli.pipelines.map import map_rows

        told = found.of_rows()
        settings = self._selection.settings._replace(digits=digits)
        request = Request(Columns(told.inputs, {}, told), self._selection.files, settings)
        map_rows(request, self._tell, target_format=form)

    def read(self, progress: Progress) -> None:
        """Reads all rows, and keeps what the formula reads of them; raises `GradcliError`."""
        self.is_read = True
        waiting = _Waiting(self._keep)
        try:
            for batch in self.table.batches():
                progress.add(batch.chunk.rows)
                data = dict(zip(batch.plan.variables, batch.data, strict=True))
                columns = [data[name] for name in self.shapes]
                good = np.ones(batch.chunk.rows, bool) if batch.chunk.void is None else ~batch.chunk.void
                for each in columns:
                    good &= finite_rows(each)
                if not good.all():
                    self.left_out += int(np.sum(~good))
                    columns = [each[good] for each in columns]
                waiting.add(columns, int(good.sum()))
            waiting.finish()
        except OSError as error:
            raise EvaluationError(f"the rows cannot be kept in a temporary file: {error.strerror}") from None

    def _read(self) -> None:
        """Reads all rows, and tells of them."""
        progress = Progress(self.table.settings.progress, self.table.share)
        failure: GradcliError | None = None
        try:
            self.read(progress)
        except GradcliError as error:
            failure = error
        finally:
            progress.end()
        self.table.summarize()
        if failure is not None:
            raise failure
        tell_left_out(self.left_out, self._tell)

    def _keep(self, columns: Sequence[Array]) -> None:
        data = b"".join(np.ascontiguousarray(each, np.float64).tobytes() for each in columns)
        self._chunks.append((self._store.put(data), len(columns[0])))

    def chunks(self, names: Sequence[str]) -> Iterator[list[Array]]:
        """These columns of all rows, a chunk at a time."""
        if not self.is_read:
            self._read()
            self._passes = Progress(False)
        places = {name: place for place, name in enumerate(self.shapes)}
        widths = [math.prod(shape) for shape in self.shapes.values()]
        shapes = list(self.shapes.values())
        for place, rows in self._chunks:
            if self._passes is not None:
                self._passes.add(rows)
            numbers = np.frombuffer(self._store.get(place, 8 * rows * sum(widths)))
            parts = np.split(numbers, np.cumsum([rows * width for width in widths])[:-1])
            data = [part.reshape(rows, *shape) for part, shape in zip(parts, shapes, strict=True)]
            yield [data[places[name]] for name in names]


class _Waiting:
    """Rows that wait until a chunk is full."""

    def __init__(self, keep: Callable[[Sequence[Array]], None]) -> None:
        self._keep = keep
        self._parts: list[Sequence[Array]] = []
        self._rows = 0

    def add(self, columns: Sequence[Array], rows: int) -> None:
        """Some more rows."""
        if columns and rows:
            # A reader may use the memory of a chunk again.
            self._parts.append([np.array(each) for each in columns])
            self._rows += rows
        if self._rows >= CHUNK:
            self._give(whole=False)

    def finish(self) -> None:
        """No more rows come."""
        if self._rows:
            self._give(whole=True)

    def _give(self, *, whole: bool) -> None:
        columns = [np.concatenate(parts) for parts in zip(*self._parts, strict=True)]
        edges = list(range(0, self._rows, CHUNK))
        if not whole:
            edges = edges[: self._rows // CHUNK]
        for start in edges:
            self._keep([each[start : start + CHUNK] for each in columns])
        done = min(self._rows, len(edges) * CHUNK)
        self._parts = [[each[done:] for each in columns]]
        self._rows -= done
