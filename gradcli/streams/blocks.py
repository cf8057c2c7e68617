"""Text files by blocks of whole rows: what the readers of CSV, TSV and JSON lines have in common."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise

import numpy as np

from gradcli.arrays import Shape
from gradcli.records import NamedTuple
from gradcli.streams.chunk import WHOLE, Chunk, Piece, Policy, Tally, normal_name
from gradcli.streams.files import BLOCK, FIRST_BLOCK, LONGEST, ByteSource, PlacedSource
from gradcli.streams.numbers import count_lines
from gradcli.text.errors import EvaluationError


class Block(NamedTuple):
    """Some bytes of a text file that are whole rows, the line that they begin in, and how many they are."""

    text: bytes
    line: int
    lines: int


MOST_ROWS = 1 << 15
"""Rows of one block, unless their results are wide: what they take does not depend on how short they are."""


_LOOKED_THROUGH = 100
"""Lines in which names of columns are looked for."""


class TextReader:
    """A table of text, whose blocks can be read one by one, in any order, and in another process.

    See `Reader`. The readers of each format say how text is divided into rows, and what is in them.
    """

    headed = True
    length = None
    types = None
    dtypes = None
    plain = False
    whole: Shape | None = None
    separator = b""
    decimal_comma = False
    format: str
    row = "row"
    """What errors call a row."""

    def __init__(self, source: ByteSource, policy: Policy) -> None:
        self.name = source.name
        self.policy = policy
        self.tally = Tally()
        self.empty = False
        self.columns: list[str] = []
        self.shapes: list[Shape] = []
        self.header = b""
        self.most_rows = MOST_ROWS
        """How many rows a block may have."""
        self.block_size = FIRST_BLOCK
        """How many bytes the next block is to have."""
        self._source = source
        self._pending = b""
        self._ended = False
        self._line = 1
        self._began = (0, 1)
        """The place and the line of the first row that is wanted."""
        self._stop: int | None = None
        """The place before which the last one begins, where that is not the end."""

    def check(self, wanted: Sequence[int]) -> None:
        """Nothing: what is in a column of text is known when it is read."""

    def chunks(self, wanted: Sequence[int]) -> Iterator[Chunk]:
        """The rows, the wanted columns as doubles. Raises `GradcliError` for what cannot be read."""
        for block in self.blocks():
            for chunk in self.chunks_of_block(block, wanted):
                yield chunk
                if chunk.failure is not None:
                    return

    def share(self, rows: int) -> float | None:
        """Which part of a file's bytes, or of those of the piece that is wanted, has been read."""
        source = self._source
        if not isinstance(source, PlacedSource) or not source.seekable:
            return None
        start, stop = self._began[0], source.size() if self._stop is None else self._stop
        return (source.tell() - start) / max(stop - start, 1)

    def ready(self) -> bool:
        """Whether something of the next block can be had without waiting."""
        return self._ended or self._source.ready()

    def blocks(self) -> Iterator[Block]:
        """The bytes of the rows in order, each row ended by a newline."""
        whole, rest = self._divided(b"", self._pending)
        self._pending = b""
        while True:
            if whole:
                yield from self._blocks_of(whole)
            if self._ended or (not rest and self._source.has_enough):
                break
            if len(rest) > LONGEST:
                raise EvaluationError(f"{self.name}:{self._line}: a {self.row} of more than {LONGEST} bytes")
            # A long row is looked through again at each read, so the reads grow with it.
            more = self._source.read_lines(max(self.block_size, len(rest)))
            self._ended = not more
            whole, rest = self._divided(rest, more)
        if rest:
            yield from self._blocks_of(rest if rest.endswith(b"\n") else rest + b"\n")

    def line_of(self, names: Collection[str]) -> int | None:
        """The first line, of those that have been read ahead, in whose cells all of some names stand."""
        for number, line in enumerate(self._pending.split(b"\n")[:_LOOKED_THROUGH], self._line):
            text = line.decode("utf-8", "replace")
            cells = [cell.strip(" \t\r\"'") for signs in ("[,;\t|]", r"\s") for cell in re.split(signs, text)]
            if names and set(names) <= set(map(normal_name, cells)):
                return number
        return None

    def close(self) -> None:
        """Lets go of the file."""
        self._source.close()

    def pieces(self, size: int) -> list[Piece]:
        """The rows cut at every `size` bytes, where any part of the text can be read."""
        source = self._source
        if not isinstance(source, PlacedSource) or not source.seekable:
            return [WHOLE]
        begin, end = source.tell() - len(self._pending), source.size()
        starts = [begin, *range(begin + size, end, size)]
        stops = [*starts[1:], None]
        return [
            Piece(start, stop, 1 if place else self._line, not place)
            for place, (start, stop) in enumerate(zip(starts, stops, strict=True))
        ]

    def narrow(self, piece: Piece) -> None:
        """Reads the rows that begin in a piece."""
        source = self._source
        if piece != WHOLE:
            assert isinstance(source, PlacedSource)
            start = piece.start if piece.exact else self._row_from(source, piece.start)
            source.narrow(start, piece.stop)
            self._pending, self._ended, self._line = b"", False, piece.line
            self._began, self._stop = (start, piece.line), piece.stop
        else:
            self._began, self._stop = (0, self._line), None

    def extent(self) -> tuple[int, int, int]:
        """Where the rows that were read begin and end, in bytes, and how many lines they are."""
        (start, line), source = self._began, self._source
        return start, source.tell() if isinstance(source, PlacedSource) else 0, self._line - line

    def _row_from(self, source: PlacedSource, place: int) -> int:
        """Where the first row at a place or behind it begins, most likely."""
        size = FIRST_BLOCK
        while True:
            text = source.read_at(size, place - 1)
            found = self._row_start(text)
            if found:
                return place - 1 + found
            if len(text) < size or size > LONGEST:
                return place - 1 + len(text)
            size *= 4

    def _row_start(self, text: bytes) -> int:
        """Where the first row begins behind a line end in a text that begins anywhere; 0 where none does."""
        return text.find(b"\n") + 1

    def quick(self, block: Block, wanted: Sequence[int]) -> Chunk | None:
        """The chunk of a block in which nothing is odd, or `None`. Changes nothing in the reader."""
        raise NotImplementedError

    def chunks_of_block(self, block: Block, wanted: Sequence[int]) -> Iterator[Chunk]:
        """The chunks of any block."""
        raise NotImplementedError

    def _read_on(self) -> None:
        """Reads more of what stays pending, and marks the end."""
        more = self._source.read(max(FIRST_BLOCK, len(self._pending)))
        self._ended = not more
        self._pending += more

    def _divided(self, rest: bytes, more: bytes) -> tuple[bytes, bytes]:
        """Whole rows, and what follows them, of two pieces of text of which the first has no whole row."""
        return whole_lines(rest, more)

    def _is_lines(self, text: bytes) -> bool:
        """Whether each line of a text is a row."""
        return True

    def _blocks_of(self, text: bytes) -> list[Block]:
        lines = count_lines(text)
        self.block_size = max(1 << 12, min(BLOCK, len(text) * self.most_rows // max(lines, 1)))
        line, self._line = self._line, self._line + lines
        if lines <= self.most_rows or not self._is_lines(text):
            return [Block(text, line, lines)]
        ends = np.flatnonzero(np.frombuffer(text, np.uint8) == ord("\n"))
        edges = [0, *(ends[self.most_rows - 1 : -1 : self.most_rows] + 1).tolist(), len(text)]
        starts = range(line, line + lines, self.most_rows)
        return [
            Block(text[start:end], first, min(self.most_rows, line + lines - first))
            for first, (start, end) in zip(starts, pairwise(edges), strict=True)
        ]


def whole_lines(rest: bytes, more: bytes) -> tuple[bytes, bytes]:
    """Whole lines, and what follows them, of two pieces of text of which the first has no line end."""
    cut = more.rfind(b"\n") + 1
    if not cut:
        return b"", rest + more
    if cut == len(more) and not rest:
        return more, b""
    return b"".join((rest, memoryview(more)[:cut])), more[cut:]
