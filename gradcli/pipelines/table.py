"""The rows of tables with a formula that reads them: columns, names, chunks, and what to tell behind them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from typing import cast

import numpy as np

from gradcli.arrays import Array
from gradcli.cli.output import tell
from gradcli.cli.values import read_values
from gradcli.cli.words import Words, check_bindings, missing_expression
from gradcli.lowering.conversions import reads_as_number
from gradcli.pipelines.formula import Choice, RowFormula, RowPlan, listed
from gradcli.records import NamedTuple
from gradcli.streams import TEXT_FORMATS, TYPED, Reading, open_reader
from gradcli.streams.blocks import TextReader
from gradcli.streams.chunk import Chunk, Policy, Reader, normal_name
from gradcli.text.errors import EvaluationError, GradcliError, InputError, Notice
from gradcli.text.options import Declaration
from gradcli.text.source import Source
from gradcli.text.suggest import did_you_mean

MOST_CELLS = 1 << 16
"""Numbers in the results of one block of text, so that wide results take no more memory than others."""


class Settings(NamedTuple):
    """The options of `map` and `accumulate` that say how to read; see their help."""

    source_format: str | None = None
    header: bool = True
    names: str | None = None
    binds: tuple[str, ...] = ()
    definitions: tuple[str, ...] = ()
    wrt: tuple[str, ...] = ()
    on_error: str = "fail"
    na: tuple[str, ...] = ()
    progress: bool = False
    digits: int | None = None


class Batch(NamedTuple):
    """A chunk with the plan for its shapes, and what the plan computed."""

    chunk: Chunk
    plan: RowPlan
    data: list[Array]
    outputs: list[Array | None]

    def floats(self) -> list[Array]:
        """The results that are numbers."""
        return [each for each in self.outputs if each is not None and each.dtype != bool]

    def is_finite(self) -> bool:
        """Whether no result is nan or infinite."""
        with np.errstate(all="ignore"):  # one number tells of all, unless finite ones overflow together
            return all(isfinite(each.sum()) or np.isfinite(each).all() for each in self.floats())


class Table:
    """The rows of some files with equal headers, and a formula that reads them.

    Raises `GradcliError` for what does not fit together, before any row is read.
    """

    def __init__(self, words: Words, declared: Declaration, settings: Settings, choice: Choice) -> None:
        if words.expression is None:
            raise missing_expression(words, declared)
        self.settings = settings
        self.choice = choice
        self.files = words.files or ["-"]
        if self.files == ["-"] and sys.stdin.isatty():
            raise InputError(
                "there are no rows: standard input is a terminal",
                hint="name a file behind the expression, or let a pipe bring the rows",
            )
        if self.files.count("-") > 1:
            raise InputError("standard input can be read once only")
        definitions = [_definition(file) for file in settings.definitions]
        self.formula = RowFormula(Source(words.expression), definitions)
        check_bindings(words, self.formula.names, declared)
        notices: list[Notice] = []
        parameters = read_values(words.bindings, notices)
        self.formula.give(parameters)
        for notice in (*notices, *self.formula.notices()):
            tell(notice)
        self.parameters = parameters
        self.bound = dict(_binding(each) for each in settings.binds)
        self.reader = self._first_reader()
        self.columns = self._places()
        names = self.formula.variables(self._shapes(self.columns))
        self.wanted = [each for each in names if each not in parameters]
        """The names of the columns that the formula reads, in order of appearance."""
        self.places = [self.columns[name] for name in self.wanted if name in self.columns]
        self.counts = _Counts()
        self._warn_of_hidden()
        if self.reader.format in TEXT_FORMATS and not self.reader.empty:
            text = cast(TextReader, self.reader)
            text.most_rows = max(1, MOST_CELLS // self.first_plan().width)

    def _first_reader(self) -> Reader:
        """The reader of the first file that is not empty, if there is one; the empty ones are left out."""
        for file in self.files:
            if file != "-" and not os.path.exists(file):  # noqa: PTH110 (pathlib takes 3 ms)
                shown = file or '""'
                raise InputError(f"cannot read {shown}: no such file or directory")
        while True:
            reader = self._open(self.files[0])
            if not reader.empty or len(self.files) == 1:
                return reader
            reader.close()
            tell(Notice("note", f"{_named(self.files.pop(0))} is empty"))

    def _open(self, file: str) -> Reader:
        names = self.settings.names
        return open_reader(
            file,
            self.settings.source_format,
            Reading(
                self.settings.header,
                None if names is None else tuple(each.strip() for each in names.split(",")),
                self._lone(),
                Policy(self.settings.on_error, frozenset(self.settings.na)),
            ),
        )

    def _lone(self) -> str | None:
        """The only free variable of the formula, if it has one."""
        try:
            free = [each for each in self.formula.variables({}) if each not in self.parameters]
        except GradcliError:
            return None  # it needs rows of some shape
        return free[0] if len(free) == 1 and not self.bound else None

    # Columns and names

    def _places(self) -> dict[str, int]:
        """Which column each name means; raises `InputError` for one that means several or none."""
        names = [normal_name(each) for each in self.reader.columns]
        places: dict[str, int] = {}
        for place, name in enumerate(names):
            if name not in self.bound and name not in self.parameters:
                places.setdefault(name, place)
        for name, column in self.bound.items():
            if name in self.parameters:
                raise InputError(f"{name} is bound to a column and to a value")
            places[name] = self._column(column, names)
        shapes = self._shapes(places)
        if self.reader.empty:
            return places
        for name in self.formula.variables(shapes):
            if name in self.parameters:
                continue
            if name not in places and self.reader.format == "jsonl" and self.settings.on_error != "fail":
                places[name] = len(self.reader.columns)  # a field that later objects may have
                self.reader.columns.append(name)
                self.reader.shapes.append(())
            if name not in places:
                error = self.formula.missing(name, names)
                error.hint = self._separator_hint() or error.hint
                raise error
            if name not in self.bound and names.count(name) > 1:
                raise InputError(
                    f"there are {names.count(name)} columns {name}", hint=f"--bind {name}=#{places[name] + 1}"
                )
        return places

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
        near = did_you_mean(name, names)
        raise InputError(
            f"there is no column {column}", hint=f"did you mean {near}?" if near else listed(names)
        )

    def _separator_hint(self) -> str | None:
        """What to try where a header of one column looks like several."""
        header = ",".join(self.reader.columns)
        if self.reader.format == "csv" and len(self.reader.columns) == 1:
            if "\t" in header:
                return "the header has tabs: --tsv"
            if ";" in header:
                return "cells apart by semicolons are not read: tr ',;' '.,' makes points and commas of them"
        columns = self.reader.columns
        if self.reader.headed and columns and all(reads_as_number(each) for each in columns):
            names = ",".join(each for each in self.formula.names if each not in self.parameters)
            return f"the first line holds numbers; without a header: --no-header --names {names}"
        return None

    def _warn_of_hidden(self) -> None:
        from gradcli.lowering.names import CONSTANTS

        columns = {normal_name(each) for each in self.reader.columns}
        for name in self.formula.names:
            if name in self.parameters and name in columns:
                tell(Notice("note", f"{name} is the value that was given, and not the column"))
            elif name in CONSTANTS and name in columns:
                tell(Notice("note", f"{name} is the column here, and not the constant"))

    # Rows

    def first_plan(self) -> RowPlan:
        """The plan for the shapes of the first row."""
        return self._plan({name: self._shapes(self.columns).get(name, ()) for name in self.wanted})

    def _plan(self, shapes: Mapping[str, tuple[int, ...]]) -> RowPlan:
        return self.formula.plan(shapes, self.choice, list(self.columns))

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
        if not error.message.startswith(chunk.place(0)):
            error.message = f"{chunk.place(0)}: {error.message}"
        if self.settings.on_error == "fail":
            raise error
        chunk.reader.tally.count(error)
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
        return Batch(chunk, plan, data, plan.run(data, chunk.rows))

    def readers(self) -> Iterator[Reader]:
        """A reader for every file that is not empty."""
        for place, file in enumerate(self.files):
            reader = self._open(file) if place else self.reader
            try:
                if not reader.empty:
                    self._check_alike(file, reader)
                    self.counts.readers.append(reader)
                    yield reader
            finally:
                reader.close()

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
                f"{file} has other columns than {self.files[0]}: {listed(reader.columns)}",
                hint=f"{self.files[0]}: {listed(first.columns)}",
            )
        if reader.format == first.format and reader.types != first.types:
            raise EvaluationError(
                f"{file} has other types than {self.files[0]}: {listed(reader.types or ())}",
                hint=f"{self.files[0]}: {listed(first.types or ())}",
            )
        if reader.format != first.format and {reader.format, first.format} & set(TYPED):
            raise EvaluationError(
                f"{file} is {reader.format}, and {self.files[0]} is {first.format}",
                hint="files of text and files with types are mapped one by one",
            )

    def summarize(self) -> None:
        """Tells on stderr what was left out, missing, nan or infinite."""
        self.counts.tell(self.settings.on_error)
        if self.reader.empty:
            tell(Notice("note", f"{_named(self.files[0])} is empty"))


class _Counts:
    """What is told behind the last row."""

    def __init__(self) -> None:
        self.readers: list[Reader] = []
        self.rows = 0
        self.unnamed = 0
        """Objects with fields that have no column in the output."""
        self.odd = 0
        self.place = ""
        self.cause: Notice | None = None

    def add(self, batch: Batch) -> None:
        """Counts the rows whose results are nan or infinite although their cells could be read."""
        self.rows += batch.chunk.rows
        if batch.is_finite():
            return
        odd = np.zeros(batch.chunk.rows, bool)
        for each in batch.floats():
            odd |= ~np.isfinite(each).reshape(batch.chunk.rows, -1).all(axis=1)
        if batch.chunk.void is not None:
            odd &= ~batch.chunk.void
        if not odd.any():
            return
        if not self.odd:
            row = int(np.flatnonzero(odd)[0])
            self.place = batch.chunk.place(row)
            self.cause = batch.plan.explain(batch.data, row, batch.outputs)
        self.odd += int(odd.sum())

    def tell(self, on_error: str) -> None:
        """The summary."""
        bad = sum(each.tally.bad for each in self.readers)
        if bad:
            first = next(each.tally.first for each in self.readers if each.tally.first)
            verb = "left out" if on_error == "skip" else "answered with nan"
            tell(Notice("warning", f"{_rows(bad)} {verb}, the first: {first.message}"))
        missing = sum(each.tally.missing for each in self.readers)
        if missing:
            tell(Notice("note", f"{missing} missing {'value' if missing == 1 else 'values'} read as nan"))
        if self.unnamed:
            message = f"{_rows(self.unnamed)} with fields that the first has not, and that have no column"
            tell(Notice("warning", message, hint="--to jsonl keeps them"))
        if self.odd:
            told = f"{_rows(self.odd)} with nan or infinite results, the first at {self.place}"
            if self.cause is None:
                tell(Notice("warning", f"{told} (its input is not finite)"))
            else:
                cause = self.cause
                tell(Notice("warning", f"{told}: {cause.message.partition(': ')[2]}", cause.marks))


def _binding(text: str) -> tuple[str, str]:
    name, equals, column = text.partition("=")
    if not equals or not name.strip() or not column:
        raise InputError(f"--bind {text} binds nothing", hint='--bind x="x coord", or by number --bind x=#2')
    return normal_name(name.strip().strip("`")), column


def _definition(file: str) -> Source:
    from pathlib import Path

    try:
        return Source(Path(file).read_text(encoding="utf-8-sig"), file)
    except OSError as error:
        raise InputError(f"cannot read {file}: {(error.strerror or str(error)).lower()}") from None
    except UnicodeDecodeError:
        raise InputError(f"{file} is not text in UTF-8") from None


def _named(file: str) -> str:
    return "standard input" if file == "-" else file


def _rows(count: int) -> str:
    return f"{count} row" if count == 1 else f"{count} rows"
