"""Blocks of CSV and TSV whose form is proven by looking at all of their bytes at once.

But for what `divided` is given, every text here is whole records, each ended by a newline.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from gradcli.arrays import Array
from gradcli.streams.blocks import whole_lines
from gradcli.streams.records import scan

_NEWLINE, _QUOTE, _RETURN = 10, 34, 13


def outside_quotes(text: bytes, separator: bytes) -> Array | None:
    """Which bytes stand outside quotes; `None` if some quote neither opens, closes nor doubles."""
    data = np.frombuffer(text, np.uint8)
    places = np.flatnonzero(data == _QUOTE)
    opening, closing = places[0::2], places[1::2]
    before = data[opening - 1]
    fine = (before == separator[0]) | (before == _NEWLINE) | (opening == 0)
    fine[1:] |= closing[: len(opening) - 1] + 1 == opening[1:]
    if not fine.all():
        return None
    last = closing + 1 >= len(data)
    after = data[np.minimum(closing + 1, len(data) - 1)]
    fine = (after == separator[0]) | (after == _NEWLINE) | (after == _QUOTE) | last
    if not fine.all():
        line_end = (after == _RETURN) & (data[np.minimum(closing + 2, len(data) - 1)] == _NEWLINE)
        if not (fine | line_end).all():
            return None
    return ~_within(len(data), opening, closing)


def without_returns(text: bytes, separator: bytes) -> bytes | None:
    """The text with `\\n` for `\\r\\n` between records; `None` where its quotes do not tell."""
    if b"\r" not in text:
        return text
    if b'"' not in text:
        return text.replace(b"\r\n", b"\n")
    outside = outside_quotes(text, separator)
    if outside is None:
        return None
    data = np.frombuffer(text, np.uint8)
    dropped = outside & (data == _RETURN)
    dropped[:-1] &= data[1:] == _NEWLINE
    kept: bytes = data[~dropped].tobytes()
    return kept


def cell_ends(text: bytes, separator: bytes, count: int) -> Array | None:
    """Where each cell ends, one row for each record; `None` where a record has not `count` cells."""
    data = np.frombuffer(text, np.uint8)
    ends_here = (data == separator[0]) | (data == _NEWLINE)
    if b'"' in text:
        outside = outside_quotes(text, separator)
        if outside is None or not outside[-1]:
            return None
        ends_here &= outside
    (ends,) = ends_here.nonzero()
    if len(ends) % count:
        return None
    rows = ends.reshape(-1, count)
    return rows if data[ends].tobytes() == (separator * (count - 1) + b"\n") * len(rows) else None


def cell_starts(ends: Array, column: int) -> Array:
    """Where each cell of a column begins."""
    if column:
        return ends[:, column - 1] + 1
    return np.concatenate(([0], ends[:-1, -1] + 1))


def cells_of(text: bytes, ends: Array, columns: Sequence[int]) -> bytes:
    """The cells of some columns, in their order, each with what ends it."""
    begin = np.stack([cell_starts(ends, column) for column in columns], axis=1)
    end = ends[:, list(columns)] + 1
    kept: bytes = _pieces(np.frombuffer(text, np.uint8), begin.reshape(-1), end.reshape(-1)).tobytes()
    return kept


def texts_of(text: bytes, ends: Array, column: int) -> tuple[bytes, Array]:
    """What the cells of a column say, one behind the other and without their quotes.

    Beside it where each of them begins, and where the last one ends: one place more than there are cells.
    """
    data = np.frombuffer(text, np.uint8)
    begin, end = cell_starts(ends, column), ends[:, column]
    is_quoted = data[begin] == _QUOTE
    begin, end = begin + is_quoted, end - is_quoted
    found, edges = _pieces(data, begin, end), np.concatenate(([0], np.cumsum(end - begin)))
    if is_quoted.any():
        doubled = np.flatnonzero(found == _QUOTE)[::2]  # within quotes they come in pairs
        found = np.delete(found, doubled)
        edges -= np.searchsorted(doubled, edges)
    return found.tobytes(), edges


def cells_in(text: bytes, ends: Array, column: int, separator: bytes) -> list[bytes]:
    """What each cell of a column says, without its quotes."""
    if b'"' not in text:
        stop = separator if column + 1 < ends.shape[1] else b"\n"
        return cells_of(text, ends, [column]).split(stop)[:-1]
    return slices(*texts_of(text, ends, column))


def slices(text: bytes, edges: Array) -> list[bytes]:
    """The pieces of a text that begin at some places, the last of which is its end."""
    return [text[start:end] for start, end in pairwise(edges.tolist())]


def _pieces(data: Array, begin: Array, end: Array) -> Array:
    """Pieces of some bytes, which rise, one behind the other."""
    sizes = end - begin
    if 4 * sizes.sum() > len(data):
        return data[_within(len(data), begin, end)]
    places = np.repeat(begin - (np.cumsum(sizes) - sizes), sizes)
    return data[places + np.arange(len(places))]


def _within(length: int, begin: Array, end: Array) -> Array:
    """Which of so many places stand at a beginning or behind it, and before its end.

    The beginnings and ends rise, an end before the next beginning or with it; the last one may have no end.
    """
    edges = np.empty(len(begin) + len(end) + 2, np.intp)
    edges[0], edges[-1] = 0, length
    edges[1:-1:2], edges[2:-1:2] = begin, end
    is_within = np.zeros(len(edges) - 1, bool)
    is_within[1::2] = True
    found: Array = np.repeat(is_within, np.diff(edges))
    return found


def parts(text: bytes, separator: bytes) -> list[bytes]:
    """A text in shorter ones, so that what is odd in it is kept apart; itself where it is one record.

    Halves, or, where quotes stand at odd places, the records with quotes and the runs between them.
    """
    newlines = np.frombuffer(text, np.uint8) == _NEWLINE
    if b'"' in text:
        outside = outside_quotes(text, separator)
        if outside is None:
            return list(_around_quotes(text, separator))
        newlines &= outside
    ends = np.flatnonzero(newlines)[:-1]
    if not len(ends):
        return [text]
    middle = int(ends[np.searchsorted(ends, len(text) // 2, side="left").clip(max=len(ends) - 1)]) + 1
    return [text[:middle], text[middle:]]


def _around_quotes(text: bytes, separator: bytes) -> Iterator[bytes]:
    start = 0
    for begin, end in _quoted(text, separator, at_end=True):
        if begin > start:
            yield text[start:begin]
        yield text[begin:end]
        start = end
    if start < len(text):
        yield text[start:]


def _quoted(text: bytes, separator: bytes, *, at_end: bool) -> Iterator[tuple[int, int]]:
    """Where the records with quotes begin and end, line end included; -1 for the end of one that goes on."""
    start = 0
    while (quote := text.find(b'"', start)) >= 0:
        begin = max(text.rfind(b"\n", start, quote) + 1, start)
        record = next(scan(text, separator, at_end=at_end, start=begin), None)
        start = 0 if record is None else text.find(b"\n", record.end) + 1
        if not start:
            yield begin, len(text) if at_end else -1
            return
        yield begin, start


def divided(rest: bytes, more: bytes, separator: bytes) -> tuple[bytes, bytes]:
    """Whole records, and what follows them, of two pieces of text of which the first has no whole record."""
    if b'"' not in more and b'"' not in rest:
        return whole_lines(rest, more)
    text = rest + more
    cut = _whole_records(text, separator)
    return text[:cut], text[cut:]


def _whole_records(text: bytes, separator: bytes) -> int:
    """How many bytes at the start of a text with quotes are whole records."""
    outside = outside_quotes(text, separator)
    if outside is not None:
        ends = np.flatnonzero(outside & (np.frombuffer(text, np.uint8) == _NEWLINE))
        return int(ends[-1]) + 1 if len(ends) else 0
    end = 0
    for begin, end in _quoted(text, separator, at_end=False):
        if end < 0:
            return begin
    return max(text.rfind(b"\n") + 1, end)
