"""Chunks: some consecutive rows, as every reader gives them and every writer takes them."""

from __future__ import annotations

import re
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

    def count(self, error: GradcliError) -> None:
        """One more bad row."""
        self.bad += 1
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


def not_a_number(place: str, column: str, text: str, policy: Policy) -> EvaluationError:
    """The error for a cell that is no number."""
    if not text.strip():
        return EvaluationError(
            f"{place}: column {column}: an empty cell",
            hint=policy.hint('--na "" reads it as nan; --on-error skip leaves such rows out'),
        )
    hint = None
    told = text.strip()
    if told.casefold() in _MISSING:
        hint = policy.hint(f"--na {_in_shell(told)} reads it as nan; --on-error skip leaves such rows out")
    elif re.fullmatch(r"[+-]?\d{1,3},\d{3}", told):
        whole, fraction = told.split(",")
        hint = f"digits have no commas between them: {whole}{fraction}"
        hint += policy.hint(f"; --decimal-comma reads {whole}.{fraction}") or f", or {whole}.{fraction}"
    elif re.fullmatch(r"[+-]?\d{1,3}(\.\d{3})+(,\d+)?", told):
        hint = f"digits stand without points between them: {told.replace('.', '')}"
    elif apart := re.fullmatch(rf"([+-]?\d{{1,3}}(?:[{_BETWEEN}]\d{{3}})+)([.,]\d+)?", told):
        together = re.sub(f"[{_BETWEEN}]", "", apart[1]) + (apart[2] or "")
        hint = f"digits stand with nothing between them: {together}"
    elif re.fullmatch(r"[\u2212\u2013]\d+(\.\d+)?([eE][+-]?\d+)?", told):
        hint = f"a minus is the sign on keyboards: -{told[1:]}"
    elif re.fullmatch(r"[+-]?0[xX][0-9a-fA-F]+", told):
        hint = f"numbers are decimal: {int(told, 16)}"
    elif re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)[dD][+-]?\d+", told):
        hint = f"an exponent stands behind e: {told.lower().replace('d', 'e')}"
    elif re.fullmatch(r"\(\d[\d.]*\)", told):
        hint = f"a number that is not positive has a minus: -{told[1:-1]}"
    elif re.fullmatch(r"\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?", told):
        hint = "a time is no number; the seconds since some moment are, in a column of their own"
    elif re.fullmatch(r"[+-]?\d+,\d+([eE][+-]?\d+)?", told):
        pointed = told.replace(",", ".")
        hint = (
            policy.hint(f"--decimal-comma reads it as {pointed}") or f"the decimal sign is a point: {pointed}"
        )
    elif re.fullmatch(r"\s*[+-]?[\d_]+\.?\d*\s*", text):
        hint = "digits are 0 to 9, with nothing between them"
    elif "\t" in text.strip():
        hint = "cells apart by tabs: " + (policy.hint("--tsv") or "the name of such a file ends in .tsv")
    elif re.fullmatch(r"\s*[+-]?\d{1,3}(,\d{3})+(\.\d+)?\s*", text):
        hint = f"digits stand without commas between them: {text.strip().replace(',', '')}"
    elif unit := re.fullmatch(r"[^\d\s+-.]?\s*([+-]?\d+\.?\d*)\s*[^\d\s.+-]{0,4}", told):
        hint = f"a number has no sign or unit beside it: {unit[1]}"
    elif text.strip().casefold() in ("true", "false"):
        hint = "truth values are written 1 and 0"
    elif re.fullmatch(r"\s*\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([T ].*)?", text):
        hint = "a date is no number; the days since some day are, in a column of their own"
    elif re.match(r"\s*#", text):
        hint = "a comment begins with # and a blank"
    shown = text if len(text) <= 60 else text[:57] + "…"
    return EvaluationError(f'{place}: column {column}: not a number: "{shown}"', hint=hint)


_MISSING = frozenset(
    ("na", "n/a", "#n/a", "#na", "null", "none", "nil", "missing", "-", "--", ".", "..", "?", "*", "\\n")
)
"""What stands in tables where nothing was measured, in lower case."""


_BETWEEN = " '\u2019\u00a0\u2009\u202f"
"""What stands between groups of digits in some countries: blanks of all kinds, and apostrophes."""


def _in_shell(text: str) -> str:
    """A text as one word of a shell."""
    from shlex import quote

    return quote(text)


def normal_name(name: str) -> str:
    """A column's name as an expression would write it: without blanks around it, NFKC as all names."""
    return unicodedata.normalize("NFKC", name.strip())
