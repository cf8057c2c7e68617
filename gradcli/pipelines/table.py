"""The rows of tables with a formula that reads them: columns, names, chunks, and what to tell behind them."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from errno import ENOENT
from math import isfinite
from typing import cast

import numpy as np

from gradcli.arrays import Array
from gradcli.lowering.conversions import reads_as_number
from gradcli.pipelines.formula import RowPlan, listed
from gradcli.pipelines.names import columns_told
from gradcli.pipelines.request import Part, Request
from gradcli.records import NamedTuple
from gradcli.streams.blocks import TextReader
from gradcli.streams.chunk import Chunk, Piece, Policy, Reader, Reading, normal_name
from gradcli.streams.files import is_address
from gradcli.streams.formats import TEXT_FORMATS, TYPED, format_of
from gradcli.streams.opening import open_reader
from gradcli.text.errors import EvaluationError, GradcliError, InputError, Notice, cannot_read
from gradcli.text.source import Mark
from gradcli.text.suggest import column_meant

_AHEAD = 1 << 23
"""Bytes by which the first of two halves is larger than the middle, where they are many."""

MOST_CELLS = 1 << 16
"""Numbers in the results of one block of text, so that wide results take no more memory than others."""


class Batch(NamedTuple):
    """A chunk with the plan for its shapes, and what the plan computed."""

    chunk: Chunk
    plan: RowPlan
    data: list[Array]
    outputs: list[Array | None]
    used: frozenset[int] = frozenset()
    """Places of what the plan has to tell of its rows."""

    def floats(self) -> list[Array]:
        """The results that are numbers."""
        return [each for each in self.outputs if each is not None and each.dtype != bool]

    def is_finite(self) -> bool:
        """Whether no result is nan or infinite."""
        with np.errstate(all="ignore"):  # one number tells of all, unless finite ones overflow together
            return all(isfinite(np.vdot(each, each)) or np.isfinite(each).all() for each in self.floats())


Tell = Callable[[Notice], None]
"""What is told of warnings and notes."""


def open_table(request: Request, tell: Tell) -> Table:
    """The table of a request, its first file opened, and `tell` told of what is odd about the files.

    Raises `GradcliError` for what does not fit together, before any row is read.
    """
    files = list(request.files)
    if files == ["-"] and sys.stdin.isatty():
        raise InputError(
            "there are no rows: standard input is a terminal",
            hint="name a file behind the expression, or let a pipe bring the rows",
        )
    if files.count("-") > 1:
        raise InputError("standard input can be read once only")
    for file in files:
        if not _is_there(file, request.base):
            error = cannot_read(file, FileNotFoundError(ENOENT, os.strerror(ENOENT)))
            if is_address(file):
                error.hint = "addresses are for several machines: --scheduler local"
            raise error
    while True:
        reader = _open(files[0], request)
        if not reader.empty or len(files) == 1:
            break
        reader.close()
        tell(Notice("note", f"{_named(files.pop(0))} is empty"))
    with columns_told(lambda: reader.columns):
        table = Table(request._replace(files=tuple(files)), reader, tell)
        plan = None if reader.empty else table.first_plan()
    for notice in table.hidden():
        tell(notice)
    if plan is not None:
        for notice in plan.alone():
            tell(notice)
        if reader.format in TEXT_FORMATS:
            text = cast(TextReader, reader)
            text.most_rows = max(1, MOST_CELLS // plan.width)
    return table


def _is_there(file: str, base: str | None) -> bool:
    """Whether there is a file of that name; of an address, opening it will tell."""
    if file == "-" or (base is not None and is_address(file)):
        return True
    return os.path.exists(os.path.join(base or "", file))  # noqa: PTH110, PTH118 (pathlib takes 3 ms)


def _open(file: str, request: Request) -> Reader:
    settings = request.settings
    policy = Policy(settings.on_error, frozenset(settings.na))
    reading = Reading(settings.header, settings.names, _lone(request), policy, settings.decimal_comma)
    return open_reader(file, settings.source_format, reading, request.base)


def _lone(request: Request) -> str | None:
    """The only free variable of the formula, if it has one."""
    formula = request.formula
    try:
        free = [each for each in formula.variables({}) if each not in formula.parameters]
    except GradcliError:
        return None  # it needs rows of some shape
    return free[0] if len(free) == 1 and not request.settings.bound else None


class Table:
    """The rows of some files with equal headers, and a formula that reads them.

    `reader` is that of the first file. Raises `GradcliError` for what does not fit together.
    """

    def __init__(self, request: Request, reader: Reader, tell: Tell) -> None:
        self.request = request
        self.settings = request.settings
        self.files = request.files
        self.formula = request.formula
        self.reader = reader
        self.columns = self._places()
        names = self._variables(self.columns)
        self.wanted = [each for each in names if each not in self.formula.parameters]
        """The names of the columns that the formula reads, in order of appearance."""
        self.places = [self.columns[name] for name in self.wanted if name in self.columns]
        if not reader.empty:
            reader.check(self.places)
        self.counts = _Counts()
        self._reading = (0, reader, 0)
        """The file that is read, by its place, its reader, and how many rows stood before it."""
        self._sizes: list[int] | None = None
        self._opens_anew = False
        """Whether the reader of the first file is used up."""
        self.extent = (0, 0, 0)
        """Where the rows of the part that was read began and ended, and how many lines they were."""
        self._tell = tell

    def share(self, rows: int) -> float | None:
        """Which part of the work is done, where that is known: by the bytes of files, if they are several."""
        place, reader, before = self._reading
        share = reader.share(self.counts.rows - before)
        if len(self.files) == 1 or share is None:
            return share
        sizes = self._sizes
        if sizes is None:
            sizes = self._sizes = [_size(each, self.request.base) for each in self.files]
        whole = sum(sizes)
        return (sum(sizes[:place]) + share * sizes[place]) / whole if all(sizes) else None

    # Columns and names

    def _places(self) -> dict[str, int]:
        """Which column each name means; raises `InputError` for one that means several or none."""
        names = [normal_name(each) for each in self.reader.columns]
        bound, parameters = self.settings.bound, self.formula.parameters
        places: dict[str, int] = {}
        for place, name in enumerate(names):
            if name not in bound and name not in parameters:
                places.setdefault(name, place)
        for name, column in bound.items():
            if name in parameters:
                raise InputError(f"{name} is bound to a column and to a value")
            places[name] = self._column(column, names)
        if self.reader.empty:
            return places
        for name in self._variables(places):
            if name in parameters:
                continue
            if name not in places and self.reader.format == "jsonl" and self.settings.on_error != "fail":
                places[name] = len(self.reader.columns)  # a field that later objects may have
                self.reader.columns.append(name)
                self.reader.shapes.append(())
            if name not in places:
                raise self.formula.missing(name, names, self.header_hint(self._unknown()))
            if name not in bound and names.count(name) > 1:
                raise InputError(
                    f"there are {names.count(name)} columns {name}", hint=f"--bind {name}=#{places[name] + 1}"
                )
        return places

    def _variables(self, places: Mapping[str, int]) -> list[str]:
        """The names that the formula takes from its surroundings, for these columns."""
        try:
            return self.formula.variables(self._shapes(places))
        except GradcliError as error:
            error.hint = error.hint or self._part_hint(error)
            raise

    def _part_hint(self, error: GradcliError) -> str | None:
        """What to try where a formula asks for a field of a field, as in `pos.x`."""
        if self.reader.format != "jsonl" or not error.marks:
            return None
        source, span, _ = error.marks[0]
        owner = re.search(r"(\w+)\.$", source.text[: span.start])
        if owner is None or owner[1] not in self.reader.columns:
            return None
        from gradcli.streams.jsonlines import fields_beside

        return fields_beside(owner[1])

    def _shapes(self, places: Mapping[str, int]) -> dict[str, tuple[int, ...]]:
        shapes = self.reader.shapes
        return {name: shapes[place] for name, place in places.items()}

    def _column(self, column: str, names: Sequence[str]) -> int:
        if column.startswith("#") and column[1:].isdecimal() and column not in names:
            place = int(column[1:])
            if not 1 <= place <= len(names):
                raise InputError(f"there is no column {column}; the columns are #1 to #{len(names)}")
            return place - 1
        name = normal_name(column)
        if names.count(name) == 1:
            return names.index(name)
        if name in names:
            raise InputError(
                f"there are {names.count(name)} columns {column}", hint=f"by number: #{names.index(name) + 1}"
            )
        near = column_meant(name, names)
        hint = f"did you mean {near.strip('`')}?" if near else f"the columns are {listed(names)}"
        raise InputError(f"there is no column {column}", hint=hint)

    def _unknown(self) -> list[str]:
        """The names of the formula that have no value."""
        return [each for each in self.formula.names if each not in self.formula.parameters]

    def header_hint(self, wanted: Sequence[str]) -> str | None:
        """What to try where a header does not look like one that has the `wanted` names."""
        reader, columns = self.reader, self.reader.columns
        if not columns:
            return None
        if reader.format == "csv" and len(columns) == 1 and "\t" in columns[0]:
            return "the header has tabs: --tsv"
        if any("\r" in each for each in columns):
            return "its lines end in CR alone: " + self._through("tr '\\r' '\\n' <")
        if re.fullmatch(r"\ufeff?\"?sep=.?\"?", columns[0]):
            return "its first line is for Excel alone: " + self._through("tail -n +2")
        if columns[0].startswith("#") and set(wanted) <= {each.lstrip("# ") for each in columns}:
            return "the names stand behind a #: " + self._through("sed '1s/#//'")
        line = cast(TextReader, reader).line_of(wanted) if reader.format in TEXT_FORMATS else None
        if line is not None:
            return f"these names stand in line {line}: " + self._through(f"tail -n +{line}")
        if reader.headed and len(columns) == 1 and "|" in columns[0].strip("| "):
            return "cells apart by |: " + self._through("tr '|' , <")
        if reader.headed and all(re.fullmatch("'.*'", each.strip()) for each in columns):
            return "quotes are double: " + self._through("""tr "'" '"' <""")
        if reader.headed and len(columns) == 1 and re.search(r"\S\s+\S", columns[0]):
            return "if its cells are apart by blanks: --from txt"
        if reader.headed and all(reads_as_number(each) for each in columns):
            numbered = [f"c{place}" for place in range(1, len(columns) + 1)]
            names = ",".join([*wanted, *numbered[len(wanted) :]])
            told = "the first line holds numbers; without a header: --no-header"
            return told if set(wanted) <= set(numbered) else f"{told} --names {names}"
        return None

    def _through(self, tool: str) -> str:
        """A pipe that mends the first file, and says what its name no longer does."""
        form = self.settings.source_format or format_of(self.files[0])
        told = "" if form in (None, "csv") or self.settings.source_format else f" --from {form}"
        return f"{tool} FILE | gradcli …{told}"

    def hidden(self) -> Iterator[Notice]:
        """A note for each column that a value hides, and each constant that a column hides."""
        from gradcli.language.vocabulary import CONSTANTS

        columns = {normal_name(each) for each in self.reader.columns}
        for name in self.formula.names:
            if name in self.formula.parameters and name in columns:
                yield Notice("note", f"{name} is the value that was given, and not the column")
            elif name in CONSTANTS and name in columns:
                yield Notice("note", f"{name} is the column here, and not the constant")

    # Rows

    def first_plan(self) -> RowPlan:
        """The plan for the shapes of the first row."""
        return self._plan({name: self._shapes(self.columns).get(name, ()) for name in self.wanted})

    def _plan(self, shapes: Mapping[str, tuple[int, ...]]) -> RowPlan:
        return self.formula.plan(shapes, self.request.choice, list(self.columns))

    def batches(self) -> Iterator[Batch]:
        """Every chunk with its results. Raises `GradcliError` behind the last good row."""
        for reader in self.readers():
            for chunk in reader.chunks(self.places):
                yield from self.finished(chunk)

    def finished(self, chunk: Chunk) -> Iterator[Batch]:
        """The batch of a chunk, counted; raises the chunk's failure behind it."""
        if chunk.rows:
            try:
                batch = self.computed(chunk)
            except EvaluationError as error:
                yield from self._one_by_one(chunk, error)
            else:
                self.counts.add(batch)
                yield batch
        if chunk.failure is not None:
            raise chunk.failure

    def _one_by_one(self, chunk: Chunk, error: EvaluationError) -> Iterator[Batch]:
        """The batches of a chunk of which some row cannot be computed: halves of halves, down to that row."""
        if chunk.rows > 1:
            middle = chunk.rows // 2
            yield from self.finished(chunk.part(slice(0, middle)))
            yield from self.finished(chunk.part(slice(middle, chunk.rows)))
            return
        placed = EvaluationError(f"{chunk.place(0)}: {error.message}", error.marks, error.hint)
        if self.settings.on_error == "fail":
            raise placed
        chunk.reader.tally.count(placed)
        if self.settings.on_error == "nan":
            chunk.void = np.ones(1, bool)
            plan = self.first_plan()
            outputs: list[Array | None] = [
                None if each.node is None else np.full((1, *each.shape), np.nan).astype(each.dtype)
                for each in plan.results
            ]
            yield Batch(chunk, plan, chunk.data, outputs)

    def computed(self, chunk: Chunk) -> Batch:
        """A chunk with its results; raises `EvaluationError` for rows that cannot be computed."""
        shapes = {name: each.shape[1:] for name, each in zip(self.wanted, chunk.data, strict=True)}
        plan = self._plan(shapes)
        data = [chunk.data[self.wanted.index(each)] for each in plan.variables]
        # Of text every processor has blocks of its own.
        threads = 1 if chunk.reader.format in TEXT_FORMATS else self.settings.threads
        return Batch(chunk, plan, data, *plan.computed(data, chunk.rows, threads))

    def readers(self) -> Iterator[Reader]:
        """A reader for every file that is not empty, or for the part of one that is asked for."""
        part = self.request.part
        for place, file in enumerate(self.files):
            if part is not None and place != part.file:
                continue
            reader = self.open(file) if place or self._opens_anew else self.reader
            self._opens_anew = True
            try:
                if not reader.empty:
                    self._check_alike(file, reader)
                    self.counts.readers.append(reader)
                    self._reading = (place, reader, self.counts.rows)
                    if part is not None:
                        reader.narrow(part.piece)
                    yield reader
                    if part is not None:
                        self.extent = reader.extent()
            finally:
                reader.close()

    def size(self) -> int:
        """How many bytes the first file has; 0 where that is not known."""
        return _size(self.files[0], self.request.base)

    def halves(self) -> tuple[Piece, Piece] | None:
        """The rows in two parts, where they are in one file of which any part can be read.

        The second one is a little smaller, for who has to begin with opening the file.
        """
        if len(self.files) > 1 or self.files[0] == "-" or self.reader.empty:
            return None
        size = self.size()
        first, *rest = self.reader.pieces(size // 2 + min(_AHEAD, size >> 4) + 1)
        return (first, rest[0]._replace(stop=None)) if rest else None

    def narrow(self, piece: Piece, *, anew: bool = False) -> None:
        """Lets the next rows be a part of those of the first file, which may be opened `anew`."""
        self._opens_anew |= anew
        self.request = self.request._replace(part=Part(0, piece))

    def open(self, file: str) -> Reader:
        """A reader of its own for a file."""
        return _open(file, self.request)

    def _check_alike(self, file: str, reader: Reader) -> None:
        """Raises `EvaluationError` for a file with other columns, or other types, than the first one."""
        first, names = self.reader, [each.strip() for each in reader.columns]
        wanted = [each.strip() for each in first.columns]
        if reader.format == first.format == "jsonl":  # whose fields have no order
            if self.settings.on_error != "fail":  # a field that is read may come with later objects
                names += [wanted[place] for place in self.places if wanted[place] not in names]
            if sorted(names) == sorted(wanted):
                reader.columns, reader.shapes, names = list(first.columns), list(first.shapes), wanted
        if names != wanted:
            raise EvaluationError(
                f"{_named(file)} has other columns than {_named(self.files[0])}: {listed(reader.columns)}",
                hint=f"{self.files[0]}: {listed(first.columns)}",
            )
        if reader.format == first.format and reader.types != first.types:
            raise EvaluationError(
                f"{_named(file)} has other types than {_named(self.files[0])}: {listed(reader.types or ())}",
                hint=f"{self.files[0]}: {listed(first.types or ())}",
            )
        if reader.format != first.format and {reader.format, first.format} & set(TYPED):
            raise EvaluationError(
                f"{_named(file)} is {reader.format}, and {_named(self.files[0])} is {first.format}",
                hint="files of text and files with types are mapped one by one",
            )

    def summarize(self, summary: Summary | None = None) -> None:
        """Tells what was left out, missing, nan or infinite: of what was read, or as it is given."""
        for notice in (summary or self.counts.summary()).notices(self.settings.on_error):
            self._tell(notice)
        if self.reader.empty:
            self._tell(Notice("note", f"{_named(self.files[0])} is empty"))


class Summary(NamedTuple):
    """What is told behind the last row: how many rows, and what was odd about them.

    `bad` rows could not be computed, and `first` is what was wrong with the first one. `odd` ones have nan or
    infinite results, the first at `place`, by `cause`. `unnamed` objects have fields that the output has no
    column for. `conventions` are what is said of kinks at which rows stood, and where that was written.
    """

    rows: int = 0
    bad: int = 0
    first: str = ""
    comments: int = 0
    missing: int = 0
    unnamed: int = 0
    odd: int = 0
    place: str = ""
    cause: Notice | None = None
    conventions: Mapping[str, Mark] = {}

    def followed_by(self, more: Summary) -> Summary:
        """The summary of these rows and of those behind them."""
        return Summary(
            self.rows + more.rows,
            self.bad + more.bad,
            self.first or more.first,
            self.comments + more.comments,
            self.missing + more.missing,
            self.unnamed + more.unnamed,
            self.odd + more.odd,
            self.place or more.place,
            self.cause if self.odd else more.cause,
            {**self.conventions, **more.conventions, **self.conventions},
        )

    def places(self) -> set[str]:
        """What of it names the place of a row."""
        return {name for name, count in (("bad", self.bad), ("odd", self.odd)) if count}

    def notices(self, on_error: str) -> Iterator[Notice]:
        """What is told of it."""
        if self.bad:
            verb = "left out" if on_error == "skip" else "answered with nan"
            yield Notice("warning", f"{_rows(self.bad)} {verb}, the first: {self.first}")
        if self.comments:
            count = self.comments
            what = "1 line that begins" if count == 1 else f"{count} lines that begin"
            yield Notice("note", f"{what} with # left out")
        if self.missing:
            what = "value" if self.missing == 1 else "values"
            yield Notice("note", f"{self.missing} missing {what} read as nan")
        if self.unnamed:
            message = f"{_rows(self.unnamed)} with fields that the first has not, and that have no column"
            yield Notice("warning", message, hint="--to jsonl keeps them")
        for each, mark in self.conventions.items():
            yield Notice("note", f"in some rows: {each}", (mark,))
        if self.odd:
            told = f"{_rows(self.odd)} with nan or infinite results, the first at {self.place}"
            if self.cause is None:
                yield Notice("warning", f"{told} (its input is not finite)")
            else:
                cause = self.cause
                yield Notice("warning", f"{told}: {cause.cause or cause.message}", cause.marks)


class _Counts:
    """What is counted of the rows, for the summary."""

    def __init__(self) -> None:
        self.readers: list[Reader] = []
        self.rows = 0
        self.unnamed = 0
        self._odd = 0
        self._place = ""
        self._cause: Notice | None = None
        self._conventions: dict[str, Mark] = {}

    def add(self, batch: Batch) -> None:
        """Counts the rows whose results are nan or infinite although their cells could be read."""
        self.use(batch.plan, batch.used, batch.chunk.rows)
        if batch.is_finite():
            return
        odd = np.zeros(batch.chunk.rows, bool)
        for each in batch.floats():
            odd |= ~np.isfinite(each).reshape(batch.chunk.rows, -1).all(axis=1)
        if batch.chunk.void is not None:
            odd &= ~batch.chunk.void
        if not odd.any():
            return
        if not self._odd:
            row = int(np.flatnonzero(odd)[0])
            self._place = batch.chunk.place(row)
            self._cause = batch.plan.explain(batch.data, row, batch.outputs)
        self._odd += int(odd.sum())

    def use(self, plan: RowPlan, used: Iterable[int], rows: int) -> None:
        """Counts rows, and keeps which conventions of a plan they used."""
        self.rows += rows
        for place in used:
            told, mark = plan.told[place]
            self._conventions.setdefault(told, mark)

    def summary(self) -> Summary:
        """What there is to tell."""
        tallies = [each.tally for each in self.readers]
        return Summary(
            self.rows,
            sum(each.bad for each in tallies),
            next((each.first.message for each in tallies if each.first), ""),
            sum(each.comments for each in tallies),
            sum(each.missing for each in tallies),
            self.unnamed,
            self._odd,
            self._place,
            self._cause,
            self._conventions,
        )


def _size(file: str, base: str | None) -> int:
    """How many bytes a file has; 0 where that is not known."""
    try:
        return 0 if file == "-" else os.stat(os.path.join(base or "", file)).st_size  # noqa: PTH116, PTH118
    except OSError:
        return 0


def _named(file: str) -> str:
    return "standard input" if file == "-" else file


def _rows(count: int) -> str:
    return f"{count} row" if count == 1 else f"{count} rows"
