"""What a worker does with a part of the rows: a task in, an outcome out, both texts and numbers alone."""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import uuid
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from gradcli import __version__
from gradcli.pipelines.accumulate import accumulate_part, addends_of_part
from gradcli.pipelines.inquiry import Inquiry, Question, Telling, answer_part
from gradcli.pipelines.map import map_part
from gradcli.pipelines.order import Order
from gradcli.pipelines.request import Part, Request
from gradcli.pipelines.table import Summary, Table
from gradcli.records import NamedTuple
from gradcli.search.sums import Total
from gradcli.streams.formats import TEXT_FORMATS
from gradcli.streams.storage import Folder
from gradcli.text.errors import EvaluationError, GradcliError, InputError

Asked = Order | Inquiry | Telling
"""What is asked of rows, as texts and numbers alone."""


class Target(NamedTuple):
    """What becomes of the rows: their sums (no `form`), or rows in a format.

    Those of a part are a file of the folder `place`, with a header of its own, or bytes, in which a text has
    no header. For sums `by_row` are what each row has to add.
    """

    form: str | None = None
    only: bool = False
    place: str | None = None
    by_row: bool = False


class Task(NamedTuple):
    """A part of the rows of an order, by its number, counted from 0; `run` names the whole.

    Of an `Inquiry` there is a `question`.
    """

    run: str
    number: int
    part: Part
    target: Target = Target()
    question: Question = Question()

    @property
    def name(self) -> str:
        """The name of its file in the folder of all."""
        return f"part-{self.number:05d}.{self.target.form}"


class Outcome(NamedTuple):
    """What came of a task: where its rows began and ended, and how many lines they were.

    Then what there is to tell of them, what went wrong, if something did, behind the last good row, and their
    exact sums, or the `answer` to a question, or their bytes, or the name of the file that they are in.
    `machine` is what computed them.
    """

    start: int
    stop: int
    lines: int
    summary: Summary
    error: GradcliError | None = None
    total: Total | None = None
    answer: Any = None
    data: bytes = b""
    file: str = ""
    machine: Mapping[str, str] = {}


_KEPT = threading.local()
"""The last request of each thread with its plans, which no two threads may run at a time."""


def work(order: Asked, task: Task) -> Outcome:
    """Does a task."""
    try:
        if isinstance(order, Inquiry):
            table, answer, error = answer_part(order, task.run, task.part, task.question)
            return _outcome(table, error, is_read=not task.question.name)._replace(answer=answer)
        request = _request(order, task.run)._replace(part=task.part)
        if task.target.form is None:
            if task.target.by_row:
                table, data, error = addends_of_part(request)
                return _outcome(table, error)._replace(data=data)
            table, total, error = accumulate_part(request)
            return _outcome(table, error)._replace(total=total)
        return _mapped(request, task)
    except GradcliError as error:  # before the first row
        return Outcome(0, 0, 0, Summary(), plain_error(error), machine=machine())


def _request(order: Order | Telling, run: str) -> Request:
    """The request of an order, which is made once for all parts."""
    kept: tuple[str, Request] | None = getattr(_KEPT, "request", None)
    if kept is None or kept[0] != run:
        kept = _KEPT.request = (run, order.request())
    return kept[1]


def _mapped(request: Request, task: Task) -> Outcome:
    form, only, place, _ = task.target
    assert form is not None
    if place is None:
        with tempfile.TemporaryFile() as file:
            headed = form not in TEXT_FORMATS
            table, error = map_part(request, file.fileno(), form=form, only=only, headed=headed)
            file.seek(0)
            return _outcome(table, error)._replace(data=file.read())
    name = f".{task.name}.{task.run}.{uuid.uuid4().hex[:8]}.tmp"
    with Folder(place, request.base).writing(name) as file:
        table, error = map_part(request, file.fileno(), form=form, only=only, headed=True)
    return _outcome(table, error)._replace(file=name)


def _outcome(table: Table, error: GradcliError | None, *, is_read: bool = True) -> Outcome:
    """The outcome of a task that has just read its rows, or has them from before."""
    start, stop, lines = table.extent
    told = None if error is None else plain_error(error)
    summary = table.counts.summary() if is_read else Summary()
    return Outcome(start, stop, lines, summary, told, machine=machine())


def plain_error(error: GradcliError) -> GradcliError:
    """An error of the two kinds that there are, with nothing but its words."""
    kind = InputError if error.exit_status == InputError.exit_status else EvaluationError
    return kind(error.message, error.marks, error.hint)


@lru_cache
def machine() -> dict[str, str]:
    """What the last bits of results depend on, by name."""
    from importlib.metadata import version

    import numpy._core as core

    features: dict[str, bool] = getattr(core, "_multiarray_umath").__cpu_features__  # noqa: B009
    return {
        "gradcli": __version__,
        "NumPy": np.__version__,
        "SciPy": version("scipy"),
        "the C library": _c_library(),
        "features of the processor": " ".join(sorted(name for name, has in features.items() if has)),
    }


def _c_library() -> str:
    try:
        return os.confstr("CS_GNU_LIBC_VERSION") or sys.platform
    except (AttributeError, ValueError):
        return sys.platform
