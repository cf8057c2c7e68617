"""Rows on several processes and machines: parts are handed out, and what comes of them is taken in order.

Whoever does the work is hidden behind `Workers`. Parts are taken one after the other, as the rows stand in
the files, so that what is written, added up and told is what one process would write, add up and tell.

A text is cut where it seems to have the end of a row. Each part tells where its own last row ended, and the
next one counts only if it began just there; if not, for instance because that line end stood in quotes, it is
done again from the right place. So no cut has to be proven in advance.
"""

from __future__ import annotations

import signal
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

from gradcli.capabilities.rows import Parts, TellsOfRows
from gradcli.interruptions import interrupt, on_interruption
from gradcli.pipelines.accumulate import Report, begin_sums
from gradcli.pipelines.inquiry import Inquiry, Question, Read, Telling
from gradcli.pipelines.kept import names_of, shapes_of, tell_left_out
from gradcli.pipelines.manifest import Manifest, asked
from gradcli.pipelines.map import output_into, writing
from gradcli.pipelines.order import Order
from gradcli.pipelines.part import Asked, Outcome, Target, Task
from gradcli.pipelines.progress import Progress
from gradcli.pipelines.request import Part, Request
from gradcli.pipelines.table import Summary, Table, Tell, open_table
from gradcli.records import NamedTuple, Protocol
from gradcli.streams.chunk import WHOLE, Piece
from gradcli.streams.opening import carried
from gradcli.streams.storage import Folder
from gradcli.text.errors import EvaluationError, GradcliError, InputError

MIB = 1 << 20
PART_SIZE = 64 * MIB
"""Bytes of a part whose rows stay with the workers: what it costs to hand out is nothing beside them."""

_CARRIED = 8 * MIB
"""Bytes of a part whose rows come back here, where several of them wait at a time."""


class Workers(Protocol):
    """Who does tasks, several at a time."""

    @property
    def threads(self) -> int:
        """How many tasks are done at a time."""

    def machines(self) -> Mapping[str, Mapping[str, str]]:
        """What the last bits of results depend on, by the name of each worker."""

    def submit(self, order: Asked, task: Task) -> None:
        """Hands out a task; one with the number of a task that was done goes to who did that, if possible."""

    def finished(self, count: int) -> list[tuple[int, Outcome | None]]:
        """Tasks that are done, by their numbers, and what came of each: nothing if it was lost with workers.

        Waits for so many of them, or for all that were handed out.
        """

    def drop(self) -> None:
        """Lets go of all tasks that are not done."""


Hiring = Callable[[], AbstractContextManager[Workers]]
"""What starts workers, or finds them; they are let go at the end."""


class Wanted(NamedTuple):
    """How rows are divided: bytes of a part, if it is said, and whether to go on with what is there.

    All of them in order go `into` a file, or to standard output.
    """

    size: int | None = None
    resume: bool = False
    into: str | None = None


def map_spread(order: Order, hire: Hiring, tell: Tell, target: Target, wanted: Wanted) -> None:
    """Writes every row with its results to files in a folder, or in order to one file or standard output.

    Raises `GradcliError` behind the last good row.
    """
    table = open_table(_request(order), tell)
    target = target._replace(form=target.form or table.reader.format)
    size = wanted.size or (PART_SIZE if target.place else _CARRIED)
    order = order._replace(files=table.files)
    if table.reader.empty:  # nothing is written, but where it would be
        table.reader.close()
        if target.place is None:
            with output_into(wanted.into):
                table.summarize()
            return
        request = asked(order, target, size, {})
        Manifest.begin(Folder(target.place, order.base), request, (), resume=wanted.resume).finish()
        table.summarize()
        return
    if target.place is None:
        tasks = _in_order(table, target, size)
        with _interruptible(), hire() as workers:
            _write_in_order(workers, order, tasks, table, target, _equal(workers.machines()), wanted.into)
        return
    tasks = _tasks(table, target, size)
    with _interruptible(), hire() as workers:
        machine = _equal(workers.machines())
        request = asked(order, target, size, machine)
        manifest = Manifest.begin(Folder(target.place, order.base), request, tasks, resume=wanted.resume)
        run = _Run(workers, order, tasks, table, machine, 8 * workers.threads + 8, manifest.done)
        try:
            run.go(manifest.keep)
        finally:
            manifest.sweep(tasks[0].run)
        manifest.finish()


def _in_order(table: Table, target: Target, size: int) -> list[Task]:
    """Tasks whose rows come back, for `_write_in_order`."""
    assert target.form is not None
    return _tasks(table, target._replace(form=carried(target.form)), size)


def _write_in_order(
    workers: Workers,
    order: Asked,
    tasks: Sequence[Task],
    table: Table,
    target: Target,
    machine: Mapping[str, str],
    into: str | None = None,
) -> None:
    """Writes what comes of tasks to one file, or to standard output; few of them wait for the first one."""
    assert target.form is not None
    window = 2 * workers.threads + 2
    run = _Run(workers, order, tasks, table, machine, window, prints=into is None)
    with writing(table, target.form, only=target.only, into=into) as (writer, output):
        run.go(lambda task, outcome: output.write(writer.add(outcome.data)))


def accumulate_spread(order: Order, hire: Hiring, tell: Tell, report: Report, wanted: Wanted) -> None:
    """Prints the sums over all rows to standard output; raises `GradcliError`."""
    table = open_table(_request(order), tell)
    total = begin_sums(table, report)
    if table.reader.empty:
        table.reader.close()
        total.finish()
        table.summarize()
        return
    order = order._replace(files=table.files)
    # No part knows how many rows stand before it, so that where to print is found here.
    by_row = report.every is not None
    tasks = _tasks(table, Target(by_row=by_row), wanted.size or (_CARRIED if by_row else PART_SIZE))

    def add(task: Task, outcome: Outcome) -> None:
        if outcome.total is None:
            total.add_rows(outcome.data)
        else:
            total.sums.merge(outcome.total)

    with _interruptible(), hire() as workers:
        machine = _equal(workers.machines())
        window = (2 if by_row else 8) * (workers.threads + 1)
        run = _Run(workers, order, tasks, table, machine, window, prints=by_row)
        run.go(add, total.finish)


class SpreadRows(Parts):
    """The rows of an inquiry, which workers read and keep, each the parts that it was given.

    Nobody is hired before there is a pass. Raises `GradcliError`.
    """

    def __init__(self, inquiry: Inquiry, hire: Hiring, tell: Tell, wanted: Wanted) -> None:
        _check_divisible(inquiry.selection.files)
        self.table = inquiry.selection.opened(tell)
        self.shapes, self.columns = shapes_of(self.table), names_of(self.table)
        self._inquiry = inquiry._replace(selection=inquiry.selection._replace(files=self.table.files))
        self._hire = hire
        self._tell = tell
        self._size = wanted.size or PART_SIZE
        self._open = ExitStack()
        self._workers: Workers | None = None
        self._machine: Mapping[str, str] = {}
        self._tasks: list[Task] = []

    def close(self) -> None:
        """Lets workers go."""
        if self._workers is None:
            self.table.reader.close()
        self._open.close()

    def answers(self, question: str, *numbers: Any) -> Iterator[Any]:
        """What a pass comes to over each part."""
        if self._workers is None:
            self._read()
        asked = [
            each._replace(question=each.question._replace(name=question, numbers=numbers))
            for each in self._tasks
        ]
        return iter(self._passed(asked))

    def write(self, found: TellsOfRows, form: str | None, digits: int | None) -> None:
        """Writes all rows to standard output, each with what is told of it."""
        assert self._workers is not None
        order = Telling(self._inquiry, found.numbers(), digits)
        table = open_table(order.request(), self._tell)
        target = Target(form or table.reader.format)
        tasks = _in_order(table, target, min(self._size, _CARRIED))
        _write_in_order(self._workers, order, tasks, table, target, self._machine)

    def _read(self) -> None:
        """Has all rows read, and tells of them."""
        tasks = _tasks(self.table, Target(), self._size)
        self._open.enter_context(_interruptible())
        self._workers = self._open.enter_context(self._hire())
        self._machine = _equal(self._workers.machines())
        self._tasks = tasks
        found: list[Read] = self._passed(tasks)
        rows = 0
        for place, each in enumerate(found):
            task = self._tasks[place]
            self._tasks[place] = task._replace(question=Question(before=rows))
            rows += each.rows
        tell_left_out(sum(each.left_out for each in found), self._tell)

    def _passed(self, tasks: Sequence[Task]) -> list[Any]:
        """What all parts come to. Their pieces are right from then on."""
        assert self._workers is not None
        found: list[Any] = []
        window = 8 * self._workers.threads + 8
        counted = not any(task.question.name for task in tasks)
        run = _Run(self._workers, self._inquiry, tasks, self.table, self._machine, window, counted=counted)
        run.go(lambda task, outcome: found.append(outcome.answer))
        self._tasks = [
            mine._replace(part=each.part) for mine, each in zip(self._tasks, run.tasks, strict=True)
        ]
        return found


def _check_divisible(files: Sequence[str]) -> None:
    if "-" in files:
        raise InputError("standard input cannot be divided among workers", hint="name a file")


def _request(order: Order) -> Request:
    """The request for all rows; raises `GradcliError`."""
    _check_divisible(order.files)
    return order.request()


@contextmanager
def _interruptible() -> Iterator[None]:
    """Lets Ctrl-C raise an exception, so that workers can be let go."""
    before = on_interruption(interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _equal(machines: Mapping[str, Mapping[str, str]]) -> Mapping[str, str]:
    """What all workers are alike in; raises `InputError` where they, and so their results, are not."""
    (first, machine), *rest = machines.items()
    for name, other in rest:
        _check_equal(first, machine, name, other)
    return machine


def _check_equal(first: str, machine: Mapping[str, str], name: str, other: Mapping[str, str]) -> None:
    for what, value in machine.items():
        if other.get(what) != value:
            mine, theirs = set(value.split()), set(other.get(what, "").split())
            told = f"{value} at {first}, {other.get(what)} at {name}"
            if len(mine) > 2:
                odd = sorted(mine ^ theirs)
                told = f"{' '.join(odd)} at {first if odd[0] in mine else name} only"
            raise InputError(
                f"the workers differ in {what}, and so might the last digits of their results: {told}",
                hint="let equal ones work together",
            )


def _tasks(table: Table, target: Target, size: int) -> list[Task]:
    """All rows in parts, in order."""
    run = uuid.uuid4().hex[:8]
    parts: list[Part] = []
    for place, file in enumerate(table.files):
        try:
            reader = table.open(file) if place else table.reader
        except GradcliError:  # when its turn comes, a worker meets it, too
            parts.append(Part(place, WHOLE))
            continue
        if not reader.empty:
            parts += [Part(place, piece) for piece in reader.pieces(size)]
        reader.close()
    return [Task(run, number, part, target) for number, part in enumerate(parts)]


Accept = Callable[[Task, Outcome], object]


class _Run:
    """All tasks of an order on some workers, of which `window` may be ahead of the first that is not done.

    `done` are those whose outcomes are known already. Rows are `counted` for who waits, as they are read;
    what comes of them `prints` meanwhile, or is told in the end.
    """

    def __init__(
        self,
        workers: Workers,
        order: Asked,
        tasks: Sequence[Task],
        table: Table,
        machine: Mapping[str, str],
        window: int,
        done: Mapping[int, Outcome] = {},
        *,
        counted: bool = True,
        prints: bool = False,
    ) -> None:
        self._workers = workers
        self._order = order
        self.tasks = list(tasks)
        """The tasks, whose pieces are right once they are done."""
        self._table = table
        self._machine = machine
        self._window = window
        self._group = max(1, window // 8)
        """How many outcomes are fetched, and so tasks handed out, at a time: each asking has its price."""
        self._done = frozenset(done)
        self._known = dict(done)
        """Outcomes that were not taken yet."""
        self._fresh = 0
        """The first task that was not handed out yet."""
        self._running: set[int] = set()
        self._suspects: list[int] = []
        """Tasks that were lost with their workers, and wait to be tried alone."""
        self._alone: int | None = None
        self._next = Piece()
        """Where the next part begins, if it goes on in the same file."""
        self._summary = Summary()
        self._taken = 0
        wanted = order.settings.progress if counted else None
        self._progress = Progress(wanted, lambda rows: self._taken / len(self.tasks), prints=prints)

    def go(self, accept: Accept, finish: Callable[[], object] = lambda: None) -> None:
        """Has everything done, and lets `accept` take the outcomes in order; raises `GradcliError`."""
        try:
            for place in range(len(self.tasks)):
                self._take(place, accept)
        except BaseException as error:
            self._workers.drop()
            self._progress.end()
            if isinstance(error, GradcliError):
                self._table.summarize(self._summary)
            raise
        self._progress.end()
        finish()
        self._table.summarize(self._summary)

    def _take(self, place: int, accept: Accept) -> None:
        """Waits for a task and takes its outcome, once it is right."""
        if place and self.tasks[place].part.file != self.tasks[place - 1].part.file:
            self._next = Piece()
        is_done = place in self._done
        while True:
            outcome = self._known.pop(place, None)
            if outcome is None:
                self._hand_out(place)
                self._wait()
                continue
            piece = None if is_done else self._corrected(place, outcome)
            if piece is None:
                break
            task = self.tasks[place]
            self.tasks[place] = task._replace(part=task.part._replace(piece=piece))
            self._submit(place)
        self._taken += 1
        self._summary = self._summary.followed_by(outcome.summary)
        self._progress.add(outcome.summary.rows)
        if not is_done and (outcome.error is None or outcome.data):
            accept(self.tasks[place], outcome)
        if outcome.error is not None:
            raise outcome.error
        piece = self.tasks[place].part.piece
        line = piece.line if piece.exact else self._next.line
        self._next = Piece(outcome.stop, None, line + outcome.lines)

    def _corrected(self, place: int, outcome: Outcome) -> Piece | None:
        """The piece of a task that has to be done again, as it did not begin where the one before it ended.

        Or it tells lines, and did not know its own.
        """
        piece = self.tasks[place].part.piece
        if piece.exact:
            return None
        right = Piece(self._next.start, piece.stop, self._next.line)
        if outcome.start != right.start and outcome.error is None:
            return right
        tells = outcome.summary.places() - self._summary.places()
        return right if outcome.error is not None or tells else None

    def _hand_out(self, first: int) -> None:
        """Hands out tasks, as far as they may be ahead."""
        if self._alone is not None:
            return
        if self._suspects:
            if not self._running:
                self._alone = self._suspects.pop(0)
                self._submit(self._alone)
            return
        self._fresh = max(self._fresh, first)
        while self._fresh < min(len(self.tasks), first + self._window):
            if self._fresh not in self._known and self._fresh not in self._running:
                self._submit(self._fresh)
            self._fresh += 1

    def _submit(self, place: int) -> None:
        self._running.add(place)
        self._workers.submit(self._order, self.tasks[place])

    def _wait(self) -> None:
        """Waits for some tasks, whichever they are."""
        for number, outcome in self._workers.finished(self._group):
            self._keep(number, outcome)

    def _keep(self, number: int, outcome: Outcome | None) -> None:
        """Keeps what came of a task until its turn comes."""
        self._running.discard(number)
        if outcome is None:
            if number == self._alone:
                raise EvaluationError(
                    f"{self._named(number)} ends every worker that it is given to",
                    hint="they may need more memory, or --part-size 16 smaller parts",
                )
            self._suspects.append(number)
            return
        if number == self._alone:
            self._alone = None
        _check_equal("the first one", self._machine, "another", outcome.machine)
        self._known[number] = outcome

    def _named(self, number: int) -> str:
        """A part as people would call it."""
        part = self.tasks[number].part
        piece = part.piece
        stop = "its end" if piece.stop is None else piece.stop
        return f"part {number} ({self._table.files[part.file]} from {piece.start} to {stop})"
