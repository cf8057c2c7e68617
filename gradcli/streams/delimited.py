"""CSV and TSV, read by blocks; only the wanted columns become numbers, and the rows stay as they are.

Most blocks are proven regular by looking at all of their bytes at once, and take the fast way. The
others are read record by record. Both ways give the same rows, numbers and errors.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from typing import Any, cast

import numpy as np

from gradcli.arrays import Array
from gradcli.records import NamedTuple
from gradcli.streams.blocks import Block, TextReader
from gradcli.streams.chunk import LEFT_OUT, Cell, Chunk, Reader, Reading
from gradcli.streams.files import LONGEST, ByteSource
from gradcli.streams.formats import BYTE_ORDER_MARK
from gradcli.streams.numbers import count_lines, is_number, no_numbers, read_cells, read_plain
from gradcli.streams.odd_cells import not_a_number
from gradcli.streams.plain_text import COMMENT, divided_by, has_comments
from gradcli.streams.proven import (
    cell_ends,
    cells_in,
    cells_of,
    divided,
    outside_quotes,
    parts,
    slices,
    texts_of,
    without_returns,
)
from gradcli.streams.records import NEVER_CLOSED, Record, scan, split_fields, unquoted
from gradcli.text.errors import EvaluationError, GradcliError

SEPARATORS = {"csv": b",", "tsv": b"\t"}
_ODD = 1 << 11
"""Bytes of a block that is not divided further before its records are read one by one."""


class DelimitedChunk(Chunk):
    """Rows of a CSV or TSV file: a regular block, with the places where its cells end, or a list of records.

    A block has both where there are line ends inside of quotes; else its lines are the rows.
    """

    def __init__(
        self,
        reader: Reader,
        rows: int,
        data: Sequence[Array],
        line: int | list[int],
        *,
        text: bytes = b"",
        ends: Array | None = None,
        records: list[bytes] | None = None,
        void: Array | None = None,
        failure: GradcliError | None = None,
    ) -> None:
        super().__init__(reader, rows, data, void=void, failure=failure)
        self._separator = reader.separator
        self._text = text
        self._ends = ends
        self._records = records
        self._line = line
        self._fields: list[list[bytes]] | None = None
        self._cells: list[bytes] | None = None

    def records(self) -> list[bytes]:
        """The rows as they stand in the file."""
        if self._records is None:
            self._records = self._text.split(b"\n")
            self._records.pop()  # what follows the last newline
        return self._records

    def cells(self, column: int) -> list[bytes] | None:
        """The cells of a regular block, if there are no line ends in them."""
        if self._ends is None:
            return None
        if b'"' in self._text:
            text, edges = texts_of(self._text, self._ends, column)
            return None if b"\n" in text else slices(text, edges)
        if self._cells is None:
            self._cells = self._text.replace(b"\n", self._separator).split(self._separator)[:-1]
        return self._cells[column :: len(self.reader.columns)]

    def texts(self, column: int) -> tuple[bytes, Array] | None:
        """The cells of a regular block."""
        return None if self._ends is None else texts_of(self._text, self._ends, column)

    def values(self, column: int) -> list[Any]:
        """The text of a column's cells, without quotes; a row without such a cell has an empty one."""
        cells = self.cells(column)
        if cells is not None:
            return list(map(Cell, b"\n".join(cells).decode("utf-8", "surrogateescape").split("\n")))
        if self._fields is None:
            self._fields = [split_fields(each, self._separator) for each in self.records()]
        return [
            Cell(unquoted(fields[column]).decode("utf-8", "surrogateescape") if column < len(fields) else "")
            for fields in self._fields
        ]

    def cell(self, row: int, column: int) -> bytes:
        """What a cell of a regular block says."""
        text, edges = texts_of(self._text, cast(Array, self._ends), column)
        return text[edges[row] : edges[row + 1]]

    def place(self, row: int) -> str:
        """File and physical line of a row."""
        return f"{self.reader.name}:{self._lines()[row]}"

    def part(self, rows: slice) -> DelimitedChunk:
        """Some of its rows."""
        records = self.records()[rows]
        return DelimitedChunk(
            self.reader, len(records), line=self._lines()[rows], records=records, **self._part_of(rows)
        )

    def only(self, rows: list[int]) -> DelimitedChunk:
        """Some of its rows, by their numbers."""
        records, lines = self.records(), self._lines()
        return DelimitedChunk(
            self.reader,
            len(rows),
            [each[rows] for each in self.data],
            [lines[row] for row in rows],
            records=[records[row] for row in rows],
        )

    def _lines(self) -> list[int]:
        """The physical line in which each row begins."""
        if not isinstance(self._line, list):
            before = accumulate((1 + each.count(b"\n") for each in self.records()), initial=self._line)
            self._line = list(before)[:-1]
        return self._line


class _Columns(NamedTuple):
    """Some columns of a regular block: their doubles, how many of these are missing, and where there are
    cells that are no numbers, in which rows of each column these stand.
    """

    data: list[Array]
    missing: int
    bad: list[Array]


class DelimitedReader(TextReader):
    """A table of text, in CSV, TSV, or what `divided_by` finds out; see `Reading`."""

    def __init__(self, source: ByteSource, form: str, reading: Reading | None = None) -> None:
        reading = reading or Reading()
        self.decimal_comma = reading.decimal_comma
        source, self.format, self.separator = divided_by(source, form, decimal_comma=self.decimal_comma)
        super().__init__(source, reading.policy)
        self._na = frozenset(each.strip().encode() for each in self.policy.na)
        is_quoted = self.decimal_comma and self.separator == b","  # as each number with a comma must be
        self._trusts_plain = not is_quoted and not any(map(is_number, self._na))
        self._blank = b" \t\r\v\f".replace(self.separator, b"")
        self._slow = False  # tests compare both ways
        self._read_header(reading.header, reading.names, reading.lone)
        self.shapes = [()] * len(self.columns)

    # The header

    def _read_header(self, header: bool | None, names: Sequence[str] | None, lone: str | None) -> None:
        first = self._first_record()
        if first is None:
            self.empty = True
            self.columns = list(names or ())
            return
        record, block = first
        if record.trouble:
            raise EvaluationError(f"{self.name}:{self._line}: {record.trouble}")
        texts = [unquoted(each) for each in record.fields]
        numbers = [is_number(self._pointed(each)) for each in texts]
        if header is None:
            header = not any(numbers)
        single = lone is not None and names is None and numbers == [True]
        if not header or names is not None or single:
            self.headed = False
            if names is not None and len(names) != len(texts):
                raise EvaluationError(
                    f"{self.name}:{self._line}: {_count(len(texts), 'cell')}, "
                    f"for {_count(len(names), 'name')}"
                )
            default = [lone] if single and lone else [f"c{k + 1}" for k in range(len(texts))]
            self.columns = list(names) if names is not None else default
            return
        try:
            self.columns = [each.decode("utf-8") for each in texts]
        except UnicodeDecodeError:
            hint = "iconv -f LATIN1 -t UTF-8 FILE | gradcli … reads what Windows wrote"
            told = f"{self.name}:{self._line}: the header is not text in UTF-8"
            raise EvaluationError(told, hint=hint) from None
        self.header = block[record.start : record.end]
        after = block.find(b"\n", record.end) + 1 or len(block)
        self._line += block.count(b"\n", 0, after)
        self._pending = block[after:]

    def _first_record(self) -> tuple[Record, bytes] | None:
        """The first record that is not blank, and the block it stands in, which stays pending."""
        begun = False
        while True:
            if len(self._pending) > LONGEST:
                raise EvaluationError(f"{self.name}:{self._line}: a header of more than {LONGEST} bytes")
            self._read_on()
            if not begun and (len(self._pending) >= len(BYTE_ORDER_MARK) or self._ended):
                begun = True
                if self._pending[:2] in (b"\xff\xfe", b"\xfe\xff"):
                    hint = "iconv -f UTF-16 -t UTF-8 FILE | gradcli … reads what Windows wrote"
                    raise EvaluationError(f"{self.name} is in UTF-16, and not in UTF-8", hint=hint)
                self._pending = self._pending.removeprefix(BYTE_ORDER_MARK)
            while begun:
                record = next(scan(self._pending, self.separator, at_end=self._ended), None)
                if record is None:
                    break
                text = self._pending[record.start : record.end]
                if text.strip(self._blank) and not COMMENT.match(text):
                    return record, self._pending
                newline = self._pending.find(b"\n")
                self._line += newline >= 0
                self._pending = self._pending[newline + 1 :] if newline >= 0 else b""
            if self._ended:
                return None

    # The rows

    def _divided(self, rest: bytes, more: bytes) -> tuple[bytes, bytes]:
        return divided(rest, more, self.separator)

    def _row_start(self, text: bytes) -> int:
        lines = super()._row_start(text)
        if b'"' not in text or outside_quotes(text[lines:], self.separator) is not None:
            return lines
        outside = outside_quotes(b'"' + text, self.separator)  # it began in quotes
        if outside is None:
            return lines
        (ends,) = np.nonzero(outside[1:] & (np.frombuffer(text, np.uint8) == ord("\n")))
        return int(ends[0]) + 1 if len(ends) else 0

    def _is_lines(self, text: bytes) -> bool:
        return b'"' not in text  # inside of quotes there may be line ends

    def quick(self, block: Block, wanted: Sequence[int]) -> DelimitedChunk | None:
        """The chunk of a block that is proven regular, or `None`. Changes nothing here."""
        found = self._regular(block, wanted, strict=True)
        return None if found is None else found[0]

    def _regular(
        self, block: Block, wanted: Sequence[int], *, strict: bool
    ) -> tuple[DelimitedChunk, list[Array]] | None:
        """The chunk of a block whose records have all their cells, and the rows of those that are no numbers
        (see `_Columns`). If it is `strict`, `None` stands for a block with such cells, too.
        """
        count = len(self.columns)
        if self._slow or (count == 1 and not wanted) or has_comments(block.text):
            return None
        text = without_returns(block.text, self.separator)
        ends = None if text is None else cell_ends(text, self.separator, count)
        if text is None or ends is None:
            return None
        found = self._columns(text, ends, wanted, strict=strict)
        if found is None:
            return None
        records = None
        if len(ends) != block.lines:  # line ends inside of quotes
            edges = [-1, *ends[:, -1].tolist()]
            records = [text[start + 1 : end] for start, end in pairwise(edges)]
        chunk = DelimitedChunk(self, len(ends), found.data, block.line, text=text, ends=ends, records=records)
        chunk.missing = found.missing
        return chunk, found.bad

    def chunks_of_block(self, block: Block, wanted: Sequence[int]) -> Iterator[DelimitedChunk]:
        """The chunks of any block: regular ones as far as possible, and what is odd record by record."""
        left = [block]
        while left:
            block = left.pop()
            found = self._regular(block, wanted, strict=self.policy.on_error == "fail")
            if found is None and len(block.text) > _ODD and not self._slow:
                texts = parts(block.text, self.separator)
                if len(texts) > 1:
                    line = block.line
                    blocks = []
                    for text in texts:
                        blocks.append(Block(text, line, count_lines(text)))
                        line += blocks[-1].lines
                    left += reversed(blocks)
                    continue
            if found is not None:
                chunk = self._answered(*found, wanted)
            else:
                chunk = self._careful(block.text, block.line, list(wanted))
            yield chunk
            if chunk.failure is not None:
                return

    def _answered(self, chunk: DelimitedChunk, bad: list[Array], wanted: Sequence[int]) -> DelimitedChunk:
        """A regular chunk, its `bad` cells counted and answered as the policy says."""
        self.tally.missing += chunk.missing
        if not np.any(bad):
            return chunk
        rows = np.any(bad, axis=0)
        row = int(rows.argmax())
        column = next(column for column, each in zip(wanted, bad, strict=True) if each[row])
        cell = chunk.cell(row, column).decode("utf-8", "replace")
        error = not_a_number(chunk.place(row), self.columns[column].strip(), cell, self.policy)
        self.tally.count(error, int(np.count_nonzero(rows)))
        if self.policy.on_error == "skip":
            return chunk.only(np.flatnonzero(~rows).tolist())
        chunk.void = rows
        return chunk

    def _columns(self, text: bytes, ends: Array, wanted: Sequence[int], *, strict: bool) -> _Columns | None:
        """The wanted columns of a regular block; `None` if a cell is no number and that is `strict`."""
        rows, count = ends.shape
        order = sorted(set(wanted))
        if self._trusts_plain and wanted:
            kept = text if len(order) == count else cells_of(text, ends, order)
            table = read_plain(self._pointed(kept), rows * len(order), self.separator)
            if table is not None:
                found = table.reshape(rows, len(order))
                return _Columns([found[:, order.index(column)] for column in wanted], 0, [])
        columns, missing, bad = [], 0, []
        for column in wanted:
            cells = cells_in(text, ends, column, self.separator)
            if count == 1 and not all(each.strip() for each in cells):
                return None  # blank lines are no rows
            there = np.arange(rows)
            if self._na:
                there = np.flatnonzero([each.strip() not in self._na for each in cells])
                missing += rows - len(there)
                cells = [cells[row] for row in there.tolist()]
            if self.decimal_comma:
                cells = list(map(self._pointed, cells))
            is_bad = np.zeros(rows, bool)
            numbers = read_cells(cells)
            if numbers is None and not strict:
                is_bad[there[no_numbers(cells)]] = True
                cells = [each for each, wrong in zip(cells, is_bad[there].tolist(), strict=True) if not wrong]
                there = there[~is_bad[there]]
                numbers = read_cells(cells)
            if numbers is None:
                return None
            columns.append(np.full(rows, np.nan))
            columns[-1][there] = numbers
            bad.append(is_bad)
        return _Columns(columns, missing, bad)

    def _pointed(self, text: bytes) -> bytes:
        """Numbers with points; what has points already is no number, as they stand between thousands."""
        if not self.decimal_comma:
            return text
        return text.replace(b".", b"'").replace(b",", b".")

    def _careful(self, block: bytes, line: int, wanted: list[int]) -> DelimitedChunk:
        """The chunk of any block, record by record."""
        lines: list[bytes] = []
        places: list[int] = []
        rows: list[list[float]] = []
        void: list[bool] = []
        failure: GradcliError | None = None
        seen = 0
        for record in scan(block, self.separator, at_end=True):
            line += block.count(b"\n", seen, record.start)
            seen = record.start
            text = block[record.start : record.end]
            if not text.strip(self._blank):
                continue
            if COMMENT.match(text):
                self.tally.comments += 1
                continue
            error = self._misshapen(record, line)
            bad = error is not None
            row: list[float] = []
            if error is None:
                row, error = self._row(record, wanted, line)
            if error is not None:
                fatal = record.trouble == NEVER_CLOSED  # for it swallows all that follows
                if fatal or self.policy.on_error == "fail" or (bad and self.policy.on_error == "nan"):
                    failure = error
                    break
                self.tally.count(error)
                if self.policy.on_error == "skip":
                    continue
            lines.append(text)
            places.append(line)
            rows.append(row)
            void.append(error is not None)
        table = np.array(rows, np.float64).reshape(len(rows), len(wanted))
        return DelimitedChunk(
            self,
            len(lines),
            [np.ascontiguousarray(table[:, k]) for k in range(len(wanted))],
            places,
            records=lines,
            void=np.array(void) if any(void) else None,
            failure=failure,
        )

    def _misshapen(self, record: Record, line: int) -> GradcliError | None:
        if record.trouble:
            return EvaluationError(f"{self.name}:{line}: {record.trouble}")
        if len(record.fields) != len(self.columns):
            whose = "the header has" if self.headed else "the first row has"
            message = f"{_count(len(record.fields), 'cell')}, and {whose} {len(self.columns)}"
            hint = self.policy.hint(LEFT_OUT)
            if len(record.fields) == len(self.columns) + 1 and not record.fields[-1].strip():
                sign = self.separator.decode().replace("\t", r"\t")
                hint = rf"sed 's/{sign}\r*$//' FILE | gradcli … takes what ends the row away"
            return EvaluationError(f"{self.name}:{line}: {message}", hint=hint)
        return None

    def _row(self, record: Record, wanted: list[int], line: int) -> tuple[list[float], GradcliError | None]:
        row: list[float] = []
        error: GradcliError | None = None
        for column in wanted:
            cell = unquoted(record.fields[column])
            if cell.strip() in self._na:
                self.tally.missing += 1
                row.append(np.nan)
            elif is_number(pointed := self._pointed(cell)):
                row.append(float(pointed))
            else:
                text = cell.decode("utf-8", "replace")
                place = f"{self.name}:{line}"
                error = error or not_a_number(place, self.columns[column].strip(), text, self.policy)
                row.append(np.nan)
        return row, error


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" + ("" if number == 1 else "s")
