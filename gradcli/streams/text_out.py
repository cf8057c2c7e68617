"""Rows out as text: CSV, TSV and JSON lines, with the results after what was there."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np
import orjson

from gradcli.arrays import Array, Shape
from gradcli.records import NamedTuple
from gradcli.streams.chunk import Chunk, Reader, RowError
from gradcli.streams.columns import cell_text, delimited_cells, json_values
from gradcli.streams.delimited import SEPARATORS
from gradcli.streams.files import BLOCK
from gradcli.streams.numbers import json_texts, row_lines, row_texts
from gradcli.text.errors import EvaluationError


class Column(NamedTuple):
    """One appended column: its name, its shape in a row, and whether it holds truth values."""

    name: str
    shape: Shape
    boolean: bool = False

    def flat_names(self) -> list[str]:
        """The names of its cells in a flat row: `y`, or `y[0]`, `y[1]`."""
        return [
            self.name + "".join(f"[{index}]" for index in place) for place in np.ndindex(self.shape)
        ] or []


Outputs = Sequence["Array | None"]
"""The appended columns of a chunk, arrays `(rows, *shape)`; `None` where nothing connects them."""


def check_names(names: Sequence[str], form: str) -> None:
    """Raises `EvaluationError` for a name that two columns of the output would have."""
    met: set[str] = set()
    for name in names:
        if name in met:
            what = f"two columns are called {name}" if name else "two columns have no name"
            raise EvaluationError(f"{what}, and {form} needs names that differ", hint=ONLY)
        met.add(name)


def check_shapes(
    chunk: Chunk,
    columns: Sequence[Column],
    begun: Sequence[Column],
    arrays: Sequence[Array] = (),
    shapes: Sequence[Shape] = (),
) -> None:
    """Raises `RowError` for a chunk of other shapes than the output began with.

    `columns` and `begun` are the results of this chunk and those of the first row; `arrays` and `shapes`
    are the columns of numbers that are kept, and what they were.
    """
    if [each.shape for each in columns] != [each.shape for each in begun]:
        what, hint = "results", "--to jsonl holds rows of any shape"
    elif [each.shape[1:] for each in arrays] != list(shapes):
        what, hint = "columns", f"--to jsonl holds rows of any shape, and {ONLY}"
    else:
        return
    raise RowError(chunk, 0, f"the {what} have other shapes than in the rows before", hint)


ONLY = "--only leaves out the columns of the input"
"""The hint where it is a column of the input that an output cannot hold."""


class DelimitedWriter:
    """CSV or TSV: the rows as they are, and a cell for every number of the results."""

    ends = False

    def __init__(self, form: str, *, only: bool, digits: int | None) -> None:
        self.format = form
        self.separator = SEPARATORS[form]
        self.only = only
        self.digits = digits
        self._columns: list[Column] = []
        self._kept = 0
        self._decimal_comma = False

    def start(self, reader: Reader, columns: Sequence[Column], numeric: Sequence[int]) -> bytes:
        """The header, where the input has one."""
        self._columns = list(columns)
        self._kept = 0 if self.only else len(reader.columns)
        self._decimal_comma = reader.decimal_comma
        if reader.format == self.format:
            self.separator = reader.separator
        if not reader.headed and reader.format in SEPARATORS:
            return b""
        record = reader.header if reader.format == self.format else b""
        names = [] if self.only or record else [cell_text(each, self.separator) for each in reader.columns]
        names += [cell_text(name, self.separator) for each in columns for name in each.flat_names()]
        head = [record] if record and not self.only else []
        return self.separator.join([*head, *names]) + b"\n"

    def rows(self, chunk: Chunk, outputs: Outputs, columns: Sequence[Column]) -> bytes:
        """The lines of a chunk; raises `RowError` if the results have not the header's shapes."""
        check_shapes(chunk, columns, self._columns)
        lines = self._lines(chunk) if self._kept else None
        if lines is not None and all(0 in each.shape for each in self._columns):
            return b"\n".join([*lines, b""])
        table = None if self._decimal_comma else self._table(chunk, outputs)
        if table is not None:
            return row_lines(lines, table, self.separator, self.digits)
        cells = self._cells(chunk, outputs)
        rows = cells if lines is None else map(self.separator.join, zip(lines, cells, strict=True))
        return b"\n".join([*rows, b""])

    def packed(self, chunk: Chunk, outputs: Outputs, columns: Sequence[Column]) -> bytes:
        """The same lines."""
        return self.rows(chunk, outputs, columns)

    def unpacked(self, packed: bytes | memoryview) -> bytes | memoryview:
        """The same lines."""
        return packed

    def settle(self) -> None:
        """Nothing goes on."""

    def add(self, part: bytes) -> bytes:
        """The lines of a part."""
        return part

    def finish(self) -> bytes:
        """Nothing follows the last line."""
        return b""

    def _table(self, chunk: Chunk, outputs: Outputs) -> Array | None:
        """The results as one matrix, if all of them are numbers."""
        flat = [each.reshape(chunk.rows, -1) for each in outputs if each is not None]
        if len(flat) < len(outputs) or any(each.dtype == bool for each in flat):
            return None
        table = np.concatenate(flat, axis=1) if flat else np.empty((chunk.rows, 0))
        if chunk.void is not None:
            table[chunk.void] = np.nan
        return table

    def _cells(self, chunk: Chunk, outputs: Outputs) -> list[bytes]:
        """The results of each row as text."""
        texts: list[list[bytes]] = []
        for column, each in zip(self._columns, outputs, strict=True):
            if 0 in column.shape:  # no element, and so no cell
                continue
            if each is None:
                texts.append([self.separator * (prod(column.shape) - 1)] * chunk.rows)
            elif each.dtype == bool:
                table = each.reshape(chunk.rows, -1)
                void = chunk.void if chunk.void is not None else np.zeros(chunk.rows, bool)
                texts.append(
                    [
                        self.separator.join([b"nan" if bad else b"True" if x else b"False" for x in row])
                        for row, bad in zip(table.tolist(), void.tolist(), strict=True)
                    ]
                )
            else:
                table = each.reshape(chunk.rows, -1)
                if chunk.void is not None:
                    table = np.where(chunk.void[:, None], np.nan, table)
                texts.append(self._texts(table))
        return list(map(self.separator.join, zip(*texts, strict=True))) if texts else [b""] * chunk.rows

    def _texts(self, table: Array) -> list[bytes]:
        """Numbers of each row as text, with the decimal sign of the input."""
        if not self._decimal_comma:
            return row_texts(table, self.separator, self.digits)
        rows = [each.replace(b".", b",").split(b";") for each in row_texts(table, b";", self.digits)]
        if self.separator == b",":
            rows = [[b'"%s"' % cell if b"," in cell else cell for cell in row] for row in rows]
        return list(map(self.separator.join, rows))

    def _lines(self, chunk: Chunk) -> list[bytes]:
        """The rows as lines of this format."""
        if chunk.reader.format == self.format and chunk.reader.separator == self.separator:
            return chunk.records()
        columns = [delimited_cells(chunk, column, self.separator) for column in range(self._kept)]
        return list(map(self.separator.join, zip(*columns, strict=True)))


class JsonWriter:
    """JSON lines: objects as they are, with the results before the closing brace."""

    format = "jsonl"
    ends = False

    def __init__(self, *, only: bool, digits: int | None) -> None:
        self.only = only
        self.digits = digits
        self._numeric: list[int] = []

    def start(self, reader: Reader, columns: Sequence[Column], numeric: Sequence[int]) -> bytes:
        """Nothing stands before the first line; raises `EvaluationError` for a name that two fields have."""
        if not self.only and reader.format != self.format:
            check_names([*reader.columns, *(each.name for each in columns)], self.format)
        self._numeric = list(numeric)
        return b""

    def rows(self, chunk: Chunk, outputs: Outputs, columns: Sequence[Column]) -> bytes:
        """The lines of a chunk."""
        texts = [self._texts(chunk, output) for output in outputs]
        slots = [b":".join((_name(column.name), b"%b")) for column in columns]
        if self.only or chunk.reader.format != self.format:
            names = [] if self.only else chunk.reader.columns
            numbers = dict(zip(self._numeric, chunk.data, strict=True))
            kept = [json_values(chunk, place, numbers.get(place)) for place in range(len(names))]
            slots = [*(b":".join((_name(name), b"%b")) for name in names), *slots]
            return _filled(b"{" + b",".join(slots) + b"}\n", chunk.rows, [*kept, *texts])
        self._refuse_doubles(chunk, columns)
        lines = chunk.records()
        if not columns:
            return b"\n".join([*(each.removesuffix(b"\r") for each in lines), b""])
        heads = [each.rstrip()[:-1] for each in lines]
        if all(b'"' in each for each in heads):
            return _filled(b",".join((b"%b", *slots)) + b"}\n", chunk.rows, [heads, *texts])
        # An object without members, and so without quotes, has no comma before its first one.
        heads = [each + b"," if b'"' in each else b"{" for each in heads]
        return _filled(b"%b" + b",".join(slots) + b"}\n", chunk.rows, [heads, *texts])

    def _refuse_doubles(self, chunk: Chunk, columns: Sequence[Column]) -> None:
        """Raises `RowError` for an object that has a result's name already."""
        found = chunk.holder([each.name for each in columns])
        if found is not None:
            row, name = found
            hint = "--prefix d_ puts that before the new names"
            raise RowError(chunk, row, f"there is a field {name} already", hint)

    def packed(self, chunk: Chunk, outputs: Outputs, columns: Sequence[Column]) -> bytes:
        """The same lines."""
        return self.rows(chunk, outputs, columns)

    def unpacked(self, packed: bytes | memoryview) -> bytes | memoryview:
        """The same lines."""
        return packed

    def settle(self) -> None:
        """Nothing goes on."""

    def add(self, part: bytes) -> bytes:
        """The lines of a part."""
        return part

    def finish(self) -> bytes:
        """Nothing follows the last line."""
        return b""

    def _texts(self, chunk: Chunk, output: Array | None) -> list[bytes]:
        if output is None:
            return [b"null"] * chunk.rows
        if output.dtype == bool:
            texts = [orjson.dumps(each) for each in output.tolist()]
        else:
            texts = json_texts(output, self.digits)
        if chunk.void is not None:
            texts = [b'"nan"' if bad else each for each, bad in zip(texts, chunk.void.tolist(), strict=True)]
        return texts


def _name(name: str) -> bytes:
    """A name in JSON, and in a template."""
    return orjson.dumps(name).replace(b"%", b"%%")


def _filled(template: bytes, rows: int, columns: Sequence[Sequence[bytes]]) -> bytes:
    """A template for each row, with the row's texts of all columns in its places."""
    pieces = [b""] * (rows * len(columns))
    for place, column in enumerate(columns):
        pieces[place :: len(columns)] = column
    step = max(1, BLOCK // len(template))
    parts = []
    for start in range(0, rows, step):
        count = min(step, rows - start)
        taken = pieces[start * len(columns) : (start + count) * len(columns)]
        parts.append(template * count % tuple(taken))
    return b"".join(parts)
