"""`gradcli accumulate`: the value and the gradients in the parameters, summed over all rows."""

from __future__ import annotations

import marshal
import math
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradcli.arrays import Array, Shape
from gradcli.pipelines.formula import RowPlan
from gradcli.pipelines.progress import Progress
from gradcli.pipelines.request import Request
from gradcli.pipelines.second_process import Errand, can_fork
from gradcli.pipelines.table import Batch, Summary, Table, Tell, open_table
from gradcli.records import NamedTuple
from gradcli.render.answer import SEPARATORS, table_header, table_row
from gradcli.search.sums import Sums, Total
from gradcli.streams.chunk import Piece
from gradcli.streams.formats import TEXT_FORMATS
from gradcli.text.errors import EvaluationError, GradcliError
from gradcli.text.json import json_text, json_value
from gradcli.text.values import plain


class Report(NamedTuple):
    """How to print: `form` is `text`, `json`, `csv` or `tsv`.

    `mean` divides by the number of rows; `every` rows print.
    """

    form: str = "text"
    mean: bool = False
    every: int | None = None


class Accumulator:
    """The sums of a plan's results, printed and cleared as the report says."""

    def __init__(self, plan: RowPlan, report: Report, digits: int | None) -> None:
        self.report = report
        self.digits = digits
        self.results = plan.results
        self._shapes: list[Shape] = [each.shape for each in plan.results]
        self.sums = Sums(sum(map(math.prod, self._shapes)))
        self.printed = 0

    def add(self, batch: Batch) -> None:
        """Adds the rows of a batch; prints where a mini-batch is full."""
        self._add(self._columns(batch), batch.chunk.rows)

    def add_rows(self, addends: bytes) -> None:
        """The same for rows of a part, as `addends_of_part` gives them."""
        found = np.frombuffer(addends).reshape(-1, sum(map(math.prod, self._shapes)))
        self._add(list(found.T), len(found))

    def addends(self, batch: Batch) -> bytes:
        """What the rows of a batch have to add."""
        return np.stack(self._columns(batch), axis=1).tobytes()

    def _add(self, columns: Sequence[Array], rows: int) -> None:
        every = self.report.every
        while every is not None and self.sums.rows + rows >= every:
            count = every - self.sums.rows
            self.sums.add([each[:count] for each in columns], count)
            columns, rows = [each[count:] for each in columns], rows - count
            self.write()
        if rows:
            self.sums.add(columns, rows)
        sys.stdout.flush()

    def _columns(self, batch: Batch) -> list[Array]:
        """The numbers of each result, one behind the other for each place in its shape."""
        rows, void = batch.chunk.rows, batch.chunk.void
        columns: list[Array] = []
        for output, shape in zip(batch.outputs, self._shapes, strict=True):
            width = math.prod(shape)
            if output is None:
                columns += [np.zeros(rows)] * width
            else:
                columns += list(np.ascontiguousarray(output.reshape(rows, width).T))
        return columns if void is None else [np.where(void, np.nan, each) for each in columns]

    def finish(self) -> None:
        """Prints what is left (or the zeros of no rows at all)."""
        if self.sums.rows or not self.printed:
            self.write()

    def write(self) -> None:
        """Prints the sums, and sets them to zero."""
        rows, totals = self.sums.rows, self.sums.totals(mean=self.report.mean)
        values: list[Any] = []
        at = 0
        for result, shape in zip(self.results, self._shapes, strict=True):
            width = math.prod(shape)
            found = np.array(totals[at : at + width]).reshape(shape)[()]
            values.append(None if result.node is None else found)
            at += width
        written = {"text": self._text, "json": self._json}.get(self.report.form, self._table)
        text = written(rows, values)
        sys.stdout.write(text + "\n")
        self.printed += 1
        self.sums.clear()

    def _text(self, rows: int, values: list[Any]) -> str:
        lines = [f"{self.results[0].name} = {plain(values[0], self.digits)}", f"rows = {rows}"]
        for result, value in zip(self.results[1:], values[1:], strict=True):
            assert result.variable is not None
            label = f"{result.variable.name}.grad = "
            lines.append(label + plain(value, self.digits).replace("\n", "\n" + " " * len(label)))
        lead = "\n" if self.printed else ""
        return lead + "\n".join(lines)

    def _table(self, rows: int, values: list[Any]) -> str:
        columns = [(self.results[0].name, values[0]), ("rows", float(rows))]
        for result, value in zip(self.results[1:], values[1:], strict=True):
            columns.append((result.name, value))
        separator = SEPARATORS[self.report.form]
        row = table_row(columns, self.digits, separator)
        return row if self.printed else f"{table_header(columns, separator)}\n{row}"

    def _json(self, rows: int, values: list[Any]) -> str:
        gradients = {
            result.variable.name: json_value(value)
            for result, value in zip(self.results[1:], values[1:], strict=True)
            if result.variable is not None
        }
        return json_text({"value": json_value(values[0]), "rows": rows, "gradients": gradients}, self.digits)


def accumulate_rows(request: Request, tell: Tell, report: Report) -> None:
    """Prints the sums over all rows to standard output; raises `GradcliError` behind the last good row."""
    table = open_table(request, tell)
    total = begin_sums(table, report)
    progress = Progress(request.settings.progress, table.share, prints=report.every is not None)
    errand = _second_half(table, total)
    try:
        _add_all(table, total, progress)
        if errand is not None:
            _add_second_half(errand, table, total, progress)
    except GradcliError:
        progress.end()
        table.summarize()
        raise
    finally:
        if errand is not None:
            errand.close()
    progress.end()
    total.finish()
    table.summarize()


def _add_all(table: Table, total: Accumulator, progress: Progress) -> None:
    for batch in table.batches():
        total.add(batch)
        progress.add(batch.chunk.rows)


_LEAST_SHARED = 1 << 25
"""Bytes of a table of which a second process adds up a half: what it costs is a tenth of that, or less."""


def _second_half(table: Table, total: Accumulator) -> Errand | None:
    """A second process for the second half of the rows, where there can be one, and it pays.

    The first half is left to the table. Exact sums do not depend on who adds what.
    """
    if total.report.every is not None or table.settings.threads == 1 or table.reader.format not in _DIVISIBLE:
        return None
    halves = table.halves() if can_fork() and table.size() >= _LEAST_SHARED else None
    if halves is None:
        return None
    first, second = halves
    waiting = os.getpid()

    def work() -> bytes:
        table.narrow(second, anew=True)  # for the place in a file that is open is shared
        for batch in table.batches():
            if os.getppid() != waiting:
                return b""  # nobody waits any more
            total.add(batch)
        found = table.counts.summary()
        if found != Summary(found.rows):  # there is something to tell of these rows
            return b""
        return marshal.dumps((table.extent[0], *total.sums.total()))

    try:
        errand = Errand(work)
    except OSError:  # too many processes, or files
        return None
    table.narrow(first)
    return errand


_DIVISIBLE = (*TEXT_FORMATS, "npy")


def _add_second_half(errand: Errand, table: Table, total: Accumulator, progress: Progress) -> None:
    """Adds what the second process found; what it did not, or not behind the first half, is read here."""
    found = errand.result()
    _, stop, lines = table.extent
    if found:
        start, *sums = marshal.loads(found)
        if start == stop:
            total.sums.merge(Total(*sums))
            progress.add(sums[0])
            return
    assert table.request.part is not None
    table.narrow(Piece(stop, None, table.request.part.piece.line + lines))
    _add_all(table, total, progress)


def begin_sums(table: Table, report: Report) -> Accumulator:
    """Sums of no rows yet; raises `EvaluationError` where the value of a row is no number."""
    plan = table.first_plan()
    value = plan.results[0]
    if value.shape != () or value.boolean:
        kind = "a truth value" if value.boolean else f"of shape {list(value.shape)}"
        raise EvaluationError(
            f"the value of a row must be a number, and it is {kind}", hint="sum(…) or mean(…) makes it one"
        )
    return Accumulator(plan, report, table.settings.digits)


def accumulate_part(request: Request) -> tuple[Table, Total, GradcliError | None]:
    """The exact sums over a part of a table.

    What went wrong, if something did, stands behind the last good row.
    """
    table = open_table(request, lambda notice: None)
    total = begin_sums(table, Report())
    error = _each(table, total.add)
    return table, total.sums.total(), error


def addends_of_part(request: Request) -> tuple[Table, bytes, GradcliError | None]:
    """What each row of a part of a table has to add, doubles row by row, with what went wrong behind them."""
    table = open_table(request, lambda notice: None)
    total = begin_sums(table, Report())
    found: list[bytes] = []
    error = _each(table, lambda batch: found.append(total.addends(batch)))
    return table, b"".join(found), error


def _each(table: Table, take: Callable[[Batch], object]) -> GradcliError | None:
    """Gives away all batches of a table; returns what went wrong behind the last good row."""
    try:
        for batch in table.batches():
            take(batch)
    except GradcliError as error:
        return error
    return None
