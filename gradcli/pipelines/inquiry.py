"""A search whose passes over the rows others make, each over parts: what is asked, as texts and numbers."""

from __future__ import annotations

import threading
from importlib import import_module
from typing import Any

from gradcli.capabilities.rows import OfRows, Problem
from gradcli.capabilities.wording import Wording
from gradcli.pipelines.kept import Columns, KeptRows, Selection, Store
from gradcli.pipelines.progress import Progress
from gradcli.pipelines.request import Part, Request, Settings
from gradcli.pipelines.table import Table
from gradcli.records import NamedTuple
from gradcli.text.errors import GradcliError, Notice


class Inquiry(NamedTuple):
    """A capability with what was typed, and the columns that it is about."""

    wording: Wording
    selection: Selection

    @property
    def settings(self) -> Settings:
        """How rows are read."""
        return self.selection.settings

    def problem(self, rows: KeptRows) -> Problem:
        """What is asked, over some rows; raises `GradcliError`."""
        programs = self.wording.programs(rows.columns)
        request = self.wording.request(programs, self.wording.functions(), rows)
        found: Problem = self.capability().posed(request)
        return found

    def capability(self) -> Any:
        """The module of the capability."""
        return import_module(f"gradcli.capabilities.{self.wording.name}")


class Telling(NamedTuple):
    """Rows with what the answer to an inquiry tells of each, which follows from its `numbers`."""

    inquiry: Inquiry
    numbers: tuple[Any, ...]
    digits: int | None = None

    @property
    def settings(self) -> Settings:
        """How rows are read, and results shown."""
        return self.inquiry.settings._replace(digits=self.digits)

    def request(self) -> Request:
        """The request for all rows; raises `GradcliError`."""
        inquiry, selection = self.inquiry, self.inquiry.selection
        rows = KeptRows(selection, _ignore)
        try:
            problem = inquiry.problem(rows)
        finally:
            rows.close()
        found: OfRows = inquiry.capability().of_rows(problem, *self.numbers)
        columns = Columns(found.inputs, {}, found)
        return Request(columns, selection.files, self.settings, base=selection.base)


class Question(NamedTuple):
    """A pass over a part of the rows, by its name (none: they are read only), and what it is made with.

    `before` is how many rows stand before the part.
    """

    name: str = ""
    numbers: tuple[Any, ...] = ()
    before: int = 0


class Read(NamedTuple):
    """What was read of a part: how many rows, and how many were left out as they are not finite."""

    rows: int
    left_out: int


class _Parts:
    """The rows of the parts of one run that this process has read."""

    def __init__(self) -> None:
        self._run = ""
        self._rows: dict[Part, KeptRows] = {}
        self._store = Store()
        self._lock = threading.Lock()

    def rows(self, inquiry: Inquiry, run: str, part: Part) -> KeptRows:
        """Those of a part, which are read unless they are kept."""
        with self._lock:
            if self._run != run:  # what was asked before is done
                self._store.close()
                self._run, self._rows, self._store = run, {}, Store()
            found, store = self._rows.get(part), self._store
        return found or KeptRows(inquiry.selection._replace(part=part), _ignore, store)

    def keep(self, run: str, part: Part, rows: KeptRows) -> None:
        """Rows that were read."""
        with self._lock:
            if self._run == run:
                self._rows[part] = rows


_PARTS = _Parts()

_KEPT = threading.local()
"""The last problem of each thread with its plans, which no two threads may run at a time."""


def _ignore(notice: Notice) -> None:
    """What is odd about rows is told where all of it is known."""


def answer_part(
    inquiry: Inquiry, run: str, part: Part, question: Question
) -> tuple[Table, Any, GradcliError | None]:
    """What a question comes to over a part of the rows; the table is read where it is the first one.

    What went wrong, if something did, stands behind that.
    """
    rows = _PARTS.rows(inquiry, run, part)
    try:
        if not rows.is_read:
            rows.read(Progress(None))
            _PARTS.keep(run, part, rows)
        if not question.name:
            return rows.table, Read(rows.length, rows.left_out), None
        rows.before = question.before
        return rows.table, _problem(inquiry, run, rows).answer(question.name, *question.numbers), None
    except GradcliError as error:
        return rows.table, None, error


def _problem(inquiry: Inquiry, run: str, rows: KeptRows) -> Problem:
    """The problem of an inquiry over these rows, which is posed once for all of them."""
    kept: tuple[str, Problem] | None = getattr(_KEPT, "problem", None)
    if kept is None or kept[0] != run:
        kept = _KEPT.problem = (run, inquiry.problem(rows))
    kept[1].rows = rows
    return kept[1]
