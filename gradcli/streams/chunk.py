"""Chunks: some consecutive rows, as every reader gives them and every writer takes them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from gradcli.arrays import Array
from gradcli.records import NamedTuple, Protocol
from gradcli.text.errors import EvaluationError, GradcliError


class Cell(str):
    """The text of a cell in a format that has no types, as it stands in the file but for its quotes."""

    __slots__ = ()


class Literal(str):
    """The text of a number in a format that has types, as it stands in the file."""

    __slots__ = ()


LEFT_OUT = "--on-error skip leaves such rows out"
"""What can be done about any bad row."""


class Policy(NamedTuple):
    """What to do about a row that cannot be computed, and which words mean that a number is missing.

    `on_error` is `fail`, `nan` (the row passes with nan for results) or `skip` (it is left out). `options` is
    whether hints may name the options that say so.
    """

    on_error: str = "fail"
    na: frozenset[str] = frozenset()
    options: bool = True

    def hint(self, text: str) -> str | None:
        """A hint that names an option, where there are options."""
        return text if self.options else None


class Reading(NamedTuple):
    """How to read a table: see the options of `gradcli map`.

    `header` is whether the first row of a text has the names; `None` is where it has no number. With a
    `decimal_comma`, numbers of CSV and TSV are written as 0,5.
    """

    header: bool | None = True
    names: tuple[str, ...] | None = None
    lone: str | None = None
    policy: Policy = Policy()
    decimal_comma: bool = False


class Piece(NamedTuple):
    """Some rows of a table, in numbers that its reader counts: bytes of text, rows of an array, row groups.

    They are those that begin at `start` or behind it, and before `stop` (`None`: up to the end). `line` is
    where they begin, if that is known; else lines are counted from 1. `exact`: a row does begin at `start`.
    """

    start: int = 0
    stop: int | None = None
    line: int = 1
    exact: bool = True


WHOLE = Piece()
"""All rows."""


class Tally:
    """What was counted while reading: bad rows with the first one's error, missing values, and comments."""

    def __init__(self) -> None:
        self.bad = 0
        self.first: GradcliError | None = None
        self.missing = 0
        self.comments = 0
        """Lines between the rows that are comments."""

    def count(self, error: GradcliError, rows: int = 1) -> None:
        """One more bad row, or so many, of which this is the first one's error."""
        self.bad += rows
        self.first = self.first or error


class Chunk:
    """Some consecutive rows of a reader's table.

    `data` holds the wanted columns, doubles of shape `(rows, *shape)`, in the order they were asked
    for. `void` marks rows whose results are nan because a cell is bad. `failure` is raised once these
    rows are written. `missing` is how many of its cells are read as nan.
    """

    def __init__(
        self,
        reader: Reader,
        rows: int,
        data: Sequence[Array],
        *,
        void: Array | None = None,
        failure: GradcliError | None = None,
    ) -> None:
        self.reader = reader
        self.rows = rows
        self.data = list(data)
        self.void = void
        self.failure = failure
        self.missing = 0

    def records(self) -> list[bytes]:
        """The rows as they stand in a text file, without line ends."""
        raise NotImplementedError

    def cells(self, column: int) -> list[bytes] | None:
        """One column as CSV would have it, but without quotes, where that is cheaper than its values."""
        return None

    def texts(self, column: int) -> tuple[bytes, Array] | None:
        """The same as one text, with the places where each cell begins and the last one ends."""
        return None

    def values(self, column: int) -> list[Any]:
        """One column, wanted or not: `Cell`, `Literal`, and Python's own values."""
        raise NotImplementedError

    def numbers(self, column: int) -> Array | None:
        """One column as an array of doubles or whole numbers, one in each row, if the format has it so."""
        return None

    def place(self, row: int) -> str:
        """Where a row stands, as in `points.csv:17`."""
        raise NotImplementedError

    def unnamed(self) -> int:
        """How many rows have something that is in no column."""
        return 0

    def holder(self, names: Sequence[str]) -> tuple[int, str] | None:
        """The first row with something of one of these names, where rows have names of their own."""
        return None

    def part(self, rows: slice) -> Chunk:
        """Some of its rows, one behind the other."""
        raise NotImplementedError

    def _part_of(self, rows: slice) -> dict[str, Any]:
        """What such a part has of `data` and `void`."""
        void = None if self.void is None or not self.void[rows].any() else self.void[rows]
        return {"data": [each[rows] for each in self.data], "void": void}


class RowError(EvaluationError):
    """The output cannot hold a row of a chunk; `row` is its number there. Those before it may be written."""

    def __init__(self, chunk: Chunk, row: int, what: str, hint: str | None = None) -> None:
        super().__init__(f"{chunk.place(row)}: {what}", hint=hint)
        self.row = row


class Reader(Protocol):
    """A table that is read once, from its start."""

    name: str
    """What errors call it."""
    columns: list[str]
    """The names of the columns."""
    shapes: list[tuple[int, ...]]
    """The shape that each column has in the first row; `()` for a number."""
    headed: bool
    """Whether the names stand in the data (and so belong into the output)."""
    format: str
    """`csv`, `tsv`, `jsonl`, `npy`, `npz`, `parquet` or `arrow`."""
    tally: Tally
    empty: bool
    """There was nothing at all, not even names."""
    header: bytes
    """The names as they stand in a text file, without a line end; nothing where they do not."""
    separator: bytes
    """What the cells of a text file are apart by."""
    decimal_comma: bool
    """Whether numbers in the text are written as 0,5."""
    plain: bool
    """The table is a matrix of doubles."""
    whole: tuple[int, ...] | None
    """The shape of the table, where it is one array."""

    @property
    def length(self) -> int | None:
        """How many rows there are, where that is known before they are read."""

    def share(self, rows: int) -> float | None:
        """Which part of the table is read when `rows` rows are, where that is known."""

    @property
    def types(self) -> list[str] | None:
        """The type of each column, where the format has types."""

    @property
    def dtypes(self) -> list[np.dtype[Any]] | None:
        """The type of each column for NumPy, where the format has NumPy's types."""

    def check(self, wanted: Sequence[int]) -> None:
        """Raises `EvaluationError` for one of these columns in which there can be no numbers."""

    def chunks(self, wanted: Sequence[int]) -> Iterator[Chunk]:
        """The rows, with these columns read as numbers. Raises `GradcliError` for what cannot be read."""

    def pieces(self, size: int) -> list[Piece]:
        """The table in pieces of about `size` bytes; in one, `WHOLE`, where it cannot be divided."""

    def narrow(self, piece: Piece) -> None:
        """Lets `chunks` have the rows of one of these pieces only."""

    def extent(self) -> tuple[int, int, int]:
        """Where the rows that were read begin and end, as pieces count, and how many lines they are."""

    def close(self) -> None:
        """Lets go of the file."""


def normal_name(name: str) -> str:
    """A column's name as an expression would write it: without blanks around it, NFKC as all names."""
    return unicodedata.normalize("NFKC", name.strip())
