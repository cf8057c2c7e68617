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
from gradcli.streams.numbers import json_texts, row_texts

_JSON_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)


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

    patches = False

    def __init__(self, form: str, *, only: bool, digits: int | None) -> None:
        self.format = form
        self.separator = SEPARATORS[form]
        self.only = only
        self.digits = digits
        self._columns: list[Column] = []
        self._same = False
        self._kept = 0

    def start(self, reader: Reader, columns: Sequence[Column], numeric: Sequence[int]) -> bytes:
        """The header, where the input has one."""
        self._columns = list(columns)
        self._same = reader.format == self.format
        self._kept = 0 if self.only else len(reader.columns)
        if not reader.headed and reader.format in SEPARATORS:
            return b""
        record: bytes = getattr(reader, "header_record", b"") if self._same else b""
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
        parts = self._cells(chunk, outputs)
        if not self._kept:
            return b"\n".join([*parts, b""])
        has_cells = any(each.shape == () or 0 not in each.shape for each in self._columns)
        text = chunk.text() if self._same and has_cells else None
        if text is not None:
            # The lines with a place for the new cells before each end: no object is made for a line.
            template = text.replace(b"%", b"%%") if b"%" in text else text
            return template.replace(b"\n", self.separator + b"%b\n") % tuple(parts)
        lines = chunk.records() if self._same else self._records(chunk)
        if not has_cells:
            return b"\n".join([*lines, b""])
        woven = [self.separator] * (4 * chunk.rows)
        woven[0::4] = lines
        woven[2::4] = parts
        woven[3::4] = [b"\n"] * chunk.rows
        return b"".join(woven)

    def finish(self) -> bytes:
        """Nothing follows the last line."""
        return b""

    def _cells(self, chunk: Chunk, outputs: Outputs) -> list[bytes]:
        """The results of each row as text."""
        plain = all(each is not None and each.dtype != bool for each in outputs)
        if plain:
            flat = [np.reshape(each, (chunk.rows, -1)) for each in outputs if each is not None]
            table = np.concatenate(flat, axis=1) if flat else np.empty((chunk.rows, 0))
            if chunk.void is not None:
                table[chunk.void] = np.nan
            return row_texts(table, self.separator, self.digits)
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

    def _records(self, chunk: Chunk) -> list[bytes]:
        """The rows of another format as text."""
        columns = [
            [cell_text(value, self.separator) for value in chunk.values(column)]
            for column in range(self._kept)
        ]
        return [self.separator.join(row) for row in zip(*columns, strict=True)]


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
    patches = False

    def __init__(self, *, only: bool, digits: int | None) -> None:
        self.only = only
        self.digits = digits
        self._names: list[bytes] = []
        self._same = False

    def start(self, reader: Reader, columns: Sequence[Column], numeric: Sequence[int]) -> bytes:
        """Nothing stands before the first line."""
        self._same = reader.format == "jsonl"
        self._names = [orjson.dumps(name) for name in reader.columns]
        return b""

    def rows(self, chunk: Chunk, outputs: Outputs, columns: Sequence[Column]) -> bytes:
        """The lines of a chunk."""
        rows = chunk.rows
        heads: list[bytes] = [b"{"] * rows
        if not self.only:
            if self._same:
                self._refuse_doubles(chunk, columns)
            heads = [each.rstrip()[:-1] for each in chunk.records()] if self._same else self._heads(chunk)
        lead = b"" if self.only or not self._names else b","
        parts: list[list[bytes]] = [heads]
        template = b"%b"
        for column, output in zip(columns, outputs, strict=True):
            template += lead + orjson.dumps(column.name).replace(b"%", b"%%") + b":%b"
            lead = b","
            parts.append(self._texts(chunk, output))
        template += b"}\n"
        lines = b"".join(map(template.__mod__, zip(*parts, strict=True)))
        if lead == b",":  # an object that was empty has no comma before its first member
            return lines.replace(b"\n{,", b"\n{").removeprefix(b"{,") if self._hollow(heads) else lines
        return lines

    def _refuse_doubles(self, chunk: Chunk, columns: Sequence[Column]) -> None:
        """Raises `EvaluationError` for an object that has a result's name already."""
        lines = chunk.records()
        for column in columns:
            key = orjson.dumps(column.name)
            for row, line in enumerate(lines if key in b"\n".join(lines) else ()):
                if key in line and column.name in orjson.loads(line):
                    raise EvaluationError(
                        f"{chunk.place(row)}: there is a field {column.name} already",
                        hint="--prefix d_ puts that before the new names",
                    )

    def _hollow(self, heads: Sequence[bytes]) -> bool:
        return not self.only and any(each.strip() == b"{" for each in heads)

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
        members = [
            [name + b":" + json_text(value) for value in chunk.values(column)]
            for column, name in enumerate(self._names)
        ]
        return [b"{" + b",".join(row) for row in zip(*members, strict=True)]


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
