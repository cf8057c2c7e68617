"""Rows out as text: CSV, TSV and JSON lines, with the results after what was there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import orjson

from gradcli.errors import EvaluationError
from gradcli.graph import Array, Shape
from gradcli.named import NamedTuple
from gradcli.render import number
from gradcli.streams.chunk import Cell, Chunk, Literal, Reader
from gradcli.streams.delimited import SEPARATORS
from gradcli.streams.numbers import cell_texts, json_texts, row_lines, row_texts

_JSON_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
_JSON_NUMBERS = re.compile(rf"(?>{_JSON_NUMBER.pattern}\n)*", re.ASCII)


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

    def start(self, reader: Reader, columns: Sequence[Column], numeric: Sequence[int]) -> bytes:
        """The header, where the input has one."""
        self._columns = list(columns)
        self._kept = 0 if self.only else len(reader.columns)
        if not reader.headed and reader.format in SEPARATORS:
            return b""
        record: bytes = getattr(reader, "header_record", b"") if reader.format == self.format else b""
        names = [] if self.only or record else [cell_text(each, self.separator) for each in reader.columns]
        names += [cell_text(name, self.separator) for each in columns for name in each.flat_names()]
        head = [record] if record and not self.only else []
        return self.separator.join([*head, *names]) + b"\n"

    def rows(self, chunk: Chunk, outputs: Outputs, columns: Sequence[Column]) -> bytes:
        """The lines of a chunk; raises `EvaluationError` if the results have not the header's shapes."""
        if [each.shape for each in columns] != [each.shape for each in self._columns]:
            raise EvaluationError(
                f"{chunk.place(0)}: the results have other shapes than in the rows before",
                hint="--to jsonl holds rows of any shape",
            )
        lines = self._lines(chunk) if self._kept else None
        if lines is not None and not any(each.shape == () or 0 not in each.shape for each in self._columns):
            return b"\n".join([*lines, b""])
        table = self._table(chunk, outputs)
        if table is not None:
            return row_lines(lines, table, self.separator, self.digits)
        cells = self._cells(chunk, outputs)
        rows = cells if lines is None else map(self.separator.join, zip(lines, cells, strict=True))
        return b"\n".join([*rows, b""])

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
        for each in outputs:
            if each is None:
                texts.append([b""] * chunk.rows)
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
                texts.append(row_texts(table, self.separator, self.digits))
        return [self.separator.join(row) for row in zip(*texts, strict=True)]

    def _lines(self, chunk: Chunk) -> list[bytes]:
        """The rows as lines of this format."""
        if chunk.reader.format == self.format:
            return chunk.records()
        text = chunk.text()
        if text is not None and b'"' not in text and self.separator not in text:
            return text.replace(SEPARATORS[chunk.reader.format], self.separator).split(b"\n")[:-1]
        columns = [self._cells_of(chunk, column) for column in range(self._kept)]
        return [self.separator.join(row) for row in zip(*columns, strict=True)]

    def _cells_of(self, chunk: Chunk, column: int) -> list[bytes]:
        found = chunk.numbers(column)
        if found is not None:
            return number_texts(found)
        return [cell_text(value, self.separator) for value in chunk.values(column)]


def cell_text(value: Any, separator: bytes) -> bytes:
    """A value as one cell, in quotes where it must be."""
    if isinstance(value, str):
        text = str(value)
    elif value is None:
        text = ""
    elif isinstance(value, bool):
        text = "true" if value else "false"
    elif isinstance(value, float):
        text = number(value)
    elif isinstance(value, int):
        text = str(value)
    elif isinstance(value, list | dict):
        text = json_text(value).decode()
    else:
        text = str(value)
    cell = text.encode("utf-8", "surrogateescape")
    if separator in cell or b'"' in cell or b"\n" in cell or b"\r" in cell:
        return b'"' + cell.replace(b'"', b'""') + b'"'
    return cell


class JsonWriter:
    """JSON lines: objects as they are, with the results before the closing brace."""

    format = "jsonl"
    ends = False

    def __init__(self, *, only: bool, digits: int | None) -> None:
        self.only = only
        self.digits = digits
        self._names: list[bytes] = []
        self._numeric: list[int] = []

    def start(self, reader: Reader, columns: Sequence[Column], numeric: Sequence[int]) -> bytes:
        """Nothing stands before the first line."""
        self._names = [orjson.dumps(name) for name in reader.columns]
        self._numeric = list(numeric)
        return b""

    def rows(self, chunk: Chunk, outputs: Outputs, columns: Sequence[Column]) -> bytes:
        """The lines of a chunk."""
        heads: list[bytes] = [b"{"] * chunk.rows
        if not self.only and chunk.reader.format == self.format:
            self._refuse_doubles(chunk, columns)
            if not columns:
                return b"\n".join([*chunk.records(), b""])
            # An object without members, and so without quotes, has no comma before its first one.
            heads = [each.rstrip()[:-1] for each in chunk.records()]
            heads = [each + b"," if b'"' in each else b"{" for each in heads]
        elif not self.only:
            heads = self._heads(chunk)
            if columns and self._names:
                heads = [each + b"," for each in heads]
        parts: list[list[bytes]] = [heads]
        template, lead = b"%b", b""
        for column, output in zip(columns, outputs, strict=True):
            template += lead + orjson.dumps(column.name).replace(b"%", b"%%") + b":%b"
            lead = b","
            parts.append(self._texts(chunk, output))
        template += b"}\n"
        return b"".join(map(template.__mod__, zip(*parts, strict=True)))

    def _refuse_doubles(self, chunk: Chunk, columns: Sequence[Column]) -> None:
        """Raises `EvaluationError` for an object that has a result's name already."""
        lines = chunk.records()
        text = b"\n".join(lines)
        for column in columns:
            key = orjson.dumps(column.name)
            escapes = b"\\u" in text  # which may spell the key in another way
            for row, line in enumerate(lines if escapes or key in text else ()):
                if (escapes or key in line) and column.name in orjson.loads(line):
                    raise EvaluationError(
                        f"{chunk.place(row)}: there is a field {column.name} already",
                        hint="--prefix d_ puts that before the new names",
                    )

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

    def _heads(self, chunk: Chunk) -> list[bytes]:
        template = b"{" + b",".join(name.replace(b"%", b"%%") + b":%b" for name in self._names)
        columns = [self._members(chunk, column) for column in range(len(self._names))]
        return list(map(template.__mod__, zip(*columns, strict=True))) if columns else [b"{"] * chunk.rows

    def _members(self, chunk: Chunk, column: int) -> list[bytes]:
        """The values of a column as JSON. What was read as a number is one, however it was spelled."""
        found = chunk.numbers(column)
        if found is not None:
            return number_texts(found, json=True)
        values = chunk.values(column)
        texts = [str(each) for each in values if isinstance(each, Cell)]
        if len(texts) == len(values) and _JSON_NUMBERS.fullmatch("\n".join([*texts, ""])):
            return [each.encode() for each in texts]
        if column in self._numeric and len(texts) == len(values):
            numbers = json_texts(chunk.data[self._numeric.index(column)])
            if chunk.void is not None:
                bad = chunk.void.tolist()
                numbers = [json_text(v) if b else n for v, n, b in zip(values, numbers, bad, strict=True)]
            return [
                text.encode() if _JSON_NUMBER.fullmatch(text) else number
                for text, number in zip(texts, numbers, strict=True)
            ]
        return [json_text(value) for value in values]


def number_texts(values: Array, *, json: bool = False) -> list[bytes]:
    """The texts of a column of doubles or whole numbers."""
    if values.dtype.kind in "iu":
        return [b"%d" % each for each in values.tolist()]
    doubles = np.asarray(values, np.float64)
    return json_texts(doubles) if json else cell_texts(doubles.tolist())


def json_text(value: Any) -> bytes:
    """A value as JSON without blanks; the text of a cell is a number where JSON calls it one."""
    if isinstance(value, Literal) or (isinstance(value, Cell) and _JSON_NUMBER.fullmatch(value)):
        return value.encode()
    if isinstance(value, float):
        (text,) = json_texts(np.array([value]))
        return text
    if isinstance(value, list):
        return b"[" + b",".join(map(json_text, value)) + b"]"
    if isinstance(value, dict):
        members = (json_text(str(key)) + b":" + json_text(each) for key, each in value.items())
        return b"{" + b",".join(members) + b"}"
    if isinstance(value, str):
        try:
            return orjson.dumps(str(value))
        except TypeError:  # bytes that are not UTF-8 came along in a cell
            import json

            return json.dumps(value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")).encode()
    return orjson.dumps(value, default=str)
