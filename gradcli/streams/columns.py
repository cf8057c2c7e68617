"""A column of any table as text: the cells of CSV and TSV, and the values of JSON lines.

Columns of one kind are written at once; of any other, value by value. Both give the same text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import orjson

from gradcli.arrays import Array
from gradcli.streams.chunk import Cell, Chunk, Literal, RowError
from gradcli.streams.numbers import column_texts, json_texts
from gradcli.text.values import number

_JSON_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
_STARTS_LIKE_NUMBER = re.compile(rb"^-?\d", re.MULTILINE)


# CSV and TSV


def delimited_cells(chunk: Chunk, column: int, separator: bytes) -> list[bytes]:
    """The values of a column as cells, in quotes where they must be."""
    found = chunk.numbers(column)
    if found is not None:
        return _number_texts(found)
    cells = chunk.cells(column)
    if cells is None:
        values = chunk.values(column)
        cells = _lines_of(values)
        if cells is None:
            return [cell_text(value, separator) for value in values]
    return _quoted_cells(cells, separator)


def _quoted_cells(cells: list[bytes], separator: bytes) -> list[bytes]:
    text = b"\n".join(cells)
    if separator in text or b'"' in text or b"\r" in text:
        return [_quoted(each, separator) for each in cells]
    return cells


def _lines_of(values: Sequence[Any]) -> list[bytes] | None:
    """Texts as bytes, if all values are texts without line ends."""
    kinds = set(map(type, values))
    if not kinds <= {str, Cell, Literal}:
        return None
    text = "\n".join(values)
    try:
        lines = text.encode().split(b"\n")
    except UnicodeEncodeError:
        if kinds != {Cell}:
            return None
        lines = text.encode("utf-8", "surrogateescape").split(b"\n")
    return lines if len(lines) == len(values) else None


def cell_text(value: Any, separator: bytes) -> bytes:
    """A value as one cell, in quotes where it must be."""
    if isinstance(value, Cell):
        return _quoted(value.encode("utf-8", "surrogateescape"), separator)
    if isinstance(value, str):
        text = well_formed(value)
    elif value is None:
        text = ""
    elif isinstance(value, bool):
        text = "true" if value else "false"
    elif isinstance(value, float):
        text = number(value)
    elif isinstance(value, list | dict):
        text = json_text(value).decode()
    else:
        text = str(value)
    return _quoted(text.encode(), separator)


def _quoted(cell: bytes, separator: bytes) -> bytes:
    if separator in cell or b'"' in cell or b"\n" in cell or b"\r" in cell:
        return b'"' + cell.replace(b'"', b'""') + b'"'
    return cell


# JSON


def json_values(chunk: Chunk, column: int, data: Array | None) -> list[bytes]:
    """The values of a column as JSON; `data` is what it was read as, if it was read as numbers.

    What was read as a number is one, however it was spelled, and so is a cell that JSON calls a number.
    """
    found = chunk.numbers(column)
    if found is not None:
        return _number_texts(found, json=True)
    check_text(chunk, column)
    cells = chunk.cells(column)
    if cells is not None:
        text = b"\n".join(cells)
        if _are_json_numbers(text, len(cells)):
            return cells
        if data is None and not _STARTS_LIKE_NUMBER.search(text):
            strings = _json_strings(text)
            if strings is not None:
                return strings
    values = chunk.values(column)
    if data is not None and all(isinstance(each, Cell) for each in values):
        texts = json_texts(data)
        if chunk.void is not None:
            bad = chunk.void.tolist()
            texts = [json_text(v) if b else n for v, n, b in zip(values, texts, bad, strict=True)]
        return [
            value.encode() if _JSON_NUMBER.fullmatch(value) else text
            for value, text in zip(values, texts, strict=True)
        ]
    if values and set(map(type, values)) == {str}:
        lines = _lines_of(values)
        strings = None if lines is None else _json_strings(b"\n".join(lines))
        if strings is not None:
            return strings
    return [json_text(value) for value in values]


def check_text(chunk: Chunk, column: int) -> None:
    """Refuses cells whose bytes are no UTF-8, which a format of texts cannot hold; raises `RowError`."""
    cells = chunk.cells(column)
    if cells is not None and b"\n".join(cells).isascii():
        return
    for row, value in enumerate(chunk.values(column)):
        if isinstance(value, Cell) and not value.isascii():
            try:
                value.encode()
            except UnicodeEncodeError:
                name = chunk.reader.columns[column]
                raise RowError(chunk, row, f"column {name} holds bytes that are no text in UTF-8") from None


def are_texts(text: bytes, edges: Array) -> bool:
    """Whether cells that stand one behind the other are UTF-8, each of them by itself."""
    if text.isascii():
        return True
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    first = np.frombuffer(text, np.uint8)[edges[:-1][edges[:-1] < edges[1:]]]
    return not (first & 0xC0 == 0x80).any()  # a cell begins in a character of the one before


def _are_json_numbers(lines: bytes, count: int) -> bool:
    """Whether each of some lines is just a number, as JSON spells them."""
    if b" " in lines or b"\t" in lines or b"\r" in lines:
        return False
    try:
        found = orjson.loads(b"".join((b"[", lines.replace(b"\n", b","), b"]")))
    except orjson.JSONDecodeError:
        return False
    return len(found) == count and set(map(type, found)) <= {int, float}


def _json_strings(lines: bytes) -> list[bytes] | None:
    """Each line as a string of JSON; `None` if they are not text in UTF-8."""
    try:
        dumped = orjson.dumps(lines.decode("utf-8").split("\n"))
    except UnicodeDecodeError:
        return None
    # Behind the first quote, `","` is always between two strings: inside, a backslash is before each quote.
    return [b'"' + each + b'"' for each in dumped[2:-2].split(b'","')]


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
        except TypeError:
            return orjson.dumps(well_formed(value))
    return orjson.dumps(value, default=str)


def well_formed(text: str) -> str:
    """Text without what is no character: bytes that came along in a cell, and halves of surrogate pairs."""
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    except UnicodeEncodeError:
        return re.sub("[\ud800-\udfff]", "\ufffd", text)


def _number_texts(values: Array, *, json: bool = False) -> list[bytes]:
    """The texts of a column of doubles or whole numbers."""
    if values.dtype.kind in "iu":
        return [b"%d" % each for each in values.tolist()]
    doubles = np.asarray(values, np.float64)
    return json_texts(doubles) if json else column_texts(doubles)
