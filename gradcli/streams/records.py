"""The records of CSV and TSV text, one by one: fields, quotes and line ends, whatever their form."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gradcli.records import NamedTuple

_NEWLINE = 10


class Record(NamedTuple):
    """One record: where it stands in its block (without its line end), its fields, what is wrong."""

    start: int
    end: int
    fields: list[bytes]
    trouble: str | None = None


def unquoted(field: bytes) -> bytes:
    """The content of a field: without the quotes around it, and doubled ones single."""
    if field[:1] == b'"' and len(field) > 1:
        return field[1:-1].replace(b'""', b'"')
    return field


def split_fields(record: bytes, separator: bytes) -> list[bytes]:
    """The fields of a record, with their quotes."""
    if b'"' not in record:
        return record.split(separator)
    return next(scan(record + b"\n", separator, at_end=True)).fields


NEVER_CLOSED = "a quote that is never closed"
"""The trouble of a record that goes on to the end of everything."""


def scan(block: bytes, separator: bytes, *, at_end: bool, start: int = 0) -> Iterator[Record]:
    """The records of a block, one by one, as far as they are whole (or, at the end, all).

    A field is quoted if it starts with a quote; any other quote is a character as any other.
    """
    field = re.compile(rb'"(?:[^"]|"")*+"|(?!")[^%b\n]*+' % separator)
    while start < len(block):
        newline = block.find(b"\n", start)
        if newline < 0:
            if not at_end:
                return
            newline = len(block)
        line = block[start:newline]
        if b'"' not in line:
            end = newline - line.endswith(b"\r")
            yield Record(start, end, block[start:end].split(separator))
            start = newline + 1
            continue
        fields: list[bytes] = []
        at, trouble = start, None
        while True:
            match = field.match(block, at)
            if match is None:  # an opening quote without its partner
                if not at_end:
                    return
                yield Record(start, len(block), fields, NEVER_CLOSED)
                return
            at = match.end()
            if match[0][:1] != b'"' and match[0].endswith(b"\r") and block[at : at + 1] in (b"\n", b""):
                fields.append(match[0][:-1])
            else:
                fields.append(match[0])
            if block[at : at + 1] == separator:
                at += 1
                continue
            if block[at : at + 2] == b"\r\n" or (at_end and block[at:] == b"\r"):
                at += 1
            if at >= len(block):
                if not at_end:
                    return
                break
            if block[at] != _NEWLINE:
                trouble = "text after a closing quote"
                at = block.find(b"\n", at)
                at = len(block) if at < 0 else at
            break
        end = at - (block[at - 1 : at] == b"\r")
        yield Record(start, end, fields, trouble)
        start = at + 1
