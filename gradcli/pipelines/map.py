"""`gradcli map`: rows in, rows with the results of a formula out, chunk by chunk."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import chain
from typing import cast

from gradcli.interruptions import Terminated
from gradcli.pipelines.formula import RowPlan
from gradcli.pipelines.progress import Progress
from gradcli.pipelines.request import Request
from gradcli.pipelines.second_process import Made, Twin, can_fork
from gradcli.pipelines.table import Batch, Table, Tell, open_table
from gradcli.records import NamedTuple
from gradcli.session.files import replacing
from gradcli.streams.blocks import Block, TextReader
from gradcli.streams.chunk import Reader, RowError
from gradcli.streams.files import Output, is_address
from gradcli.streams.formats import SHARED, TEXT_FORMATS
from gradcli.streams.opening import SharedWriter, Writer, make_writer
from gradcli.streams.text_out import Column
from gradcli.text.errors import EvaluationError, GradcliError, InputError, Notice


def map_rows(
    request: Request,
    tell: Tell,
    *,
    target_format: str | None = None,
    only: bool = False,
    into: str | None = None,
) -> None:
    """Writes every row with its results to standard output, or `into` a file, whole or not at all.

    Raises `GradcliError`.
    """
    table = open_table(request, tell)
    if table.reader.empty and len(table.files) == 1:
        with output_into(into):
            table.summarize()
        return
    progress = Progress(request.settings.progress, table.share, prints=into is None)
    try:
        with writing(table, target_format or table.reader.format, only=only, into=into) as (writer, output):
            _write_rows(table, writer, output, progress)
    except GradcliError:
        progress.end()
        table.summarize()
        raise
    except (KeyboardInterrupt, Terminated):
        progress.end()
        raise
    progress.end()
    table.summarize()


@contextmanager
def writing(table: Table, form: str, *, only: bool, into: str | None) -> Iterator[tuple[Writer, Output]]:
    """What writes the rows of a table in a format, to standard output or `into` a file.

    Behind the body the output gets its end, and, if that fails, as much of an end as is good for something.
    """
    with output_into(into) as output:
        length = table.reader.length if len(table.files) == 1 else None
        settings = table.settings
        writer = make_writer(
            form, output, only=only, digits=settings.digits, length=length, threads=settings.threads
        )
        output.hold(_start(table, writer))
        try:
            yield writer, output
        except (GradcliError, KeyboardInterrupt, Terminated) as error:
            if isinstance(error, GradcliError) or writer.ends:
                _finish_what_is_there(writer, output)
            raise
        with output.undisturbed():  # half an end would make the whole of no use
            output.write(writer.finish())


@contextmanager
def output_into(file: str | None) -> Iterator[Output]:
    """Standard output, or a file of that name or address, which is there when the body is done."""
    if file is None:
        with Output() as output:
            yield output
        return
    if is_address(file):
        from gradcli.streams.storage import Folder

        folder, _, name = file.rpartition("/")
        opened = Folder(folder).replacing(name)
    else:
        opened = replacing(file)
    with opened as written, Output(written.fileno()) as output:
        yield output


def map_part(
    request: Request, descriptor: int, *, form: str, only: bool, headed: bool
) -> tuple[Table, GradcliError | None]:
    """Writes the rows of a part of a table to a file, with a header if it is wanted, in this process alone.

    What went wrong, if something did, stands behind the last good row.
    """
    table = open_table(request, _ignore)
    output = Output(descriptor)
    writer = make_writer(form, output, only=only, digits=request.settings.digits, length=None)
    header = _start(table, writer)
    output.hold(header if headed else b"")
    try:
        _write_rows(table, writer, output, Progress(None), alone=True)
    except GradcliError as error:
        _finish_what_is_there(writer, output)
        return table, error
    output.write(writer.finish())
    return table, None


def _ignore(notice: Notice) -> None:
    """What is odd about a table is told where all of it is known."""


def _start(table: Table, writer: Writer) -> bytes:
    """What stands before the first row; raises `GradcliError` for columns that cannot stand there."""
    plan = table.first_plan()
    if not writer.only:
        _check_collisions(plan, table.reader.columns)
    return writer.start(table.reader, _columns(plan), table.places)


def _finish_what_is_there(writer: Writer, output: Output) -> None:
    """Ends the output as far as that goes: the error on its way is the one to tell."""
    try:
        with output.undisturbed():
            output.write(writer.finish())
    except (GradcliError, KeyboardInterrupt, Terminated):
        pass


def _write_rows(
    table: Table, writer: Writer, output: Output, progress: Progress, *, alone: bool = False
) -> None:
    for reader in table.readers():
        if reader.format in TEXT_FORMATS and writer.format in SHARED:
            text, shared = cast(TextReader, reader), cast(SharedWriter, writer)
            Lines(table, text, shared, output, progress, alone=alone).write()
            continue
        for chunk in reader.chunks(table.places):
            for batch in table.finished(chunk):
                _write_batch(batch, table, writer, output)
            progress.add(chunk.rows)


def _write_batch(batch: Batch, table: Table, writer: Writer, output: Output) -> None:
    """Writes a batch, and counts the fields that the output has no place for.

    Raises `RowError` for the first row that the output cannot hold, behind those before it.
    """
    chunk, outputs, failure = batch.chunk, batch.outputs, None
    lines = b""
    while chunk.rows:
        try:
            lines = writer.rows(chunk, outputs, _columns(batch.plan))
            break
        except RowError as error:
            failure = error
            before = slice(0, error.row)
            chunk, outputs = chunk.part(before), [None if each is None else each[before] for each in outputs]
    if _loses_fields(chunk.reader, writer):
        table.counts.unnamed += chunk.unnamed()
    output.write(lines)
    if failure is not None:
        raise failure


def _loses_fields(reader: Reader, writer: Writer) -> bool:
    """Whether rows may have fields of their own, and the output has columns."""
    return reader.format == "jsonl" and writer.format != "jsonl" and not writer.only


class _Task(NamedTuple):
    """A block whose rows wait for those before them, and its lines: made, undone (`None`), or the twin's."""

    block: Block
    made: Made | None
    theirs: bool


class Lines:
    """Rows of text, block by block, on two cores where there is enough to do."""

    PATIENCE = 8
    """Fruitless blocks before it is let go."""
    MOST_WAITING = 8
    """Blocks that are kept in memory while the first of them is not done."""

    def __init__(
        self,
        table: Table,
        reader: TextReader,
        writer: SharedWriter,
        output: Output,
        progress: Progress,
        *,
        alone: bool = False,
    ) -> None:
        self.table = table
        self.reader = reader
        self.writer = writer
        self.output = output
        self.progress = progress
        self.alone = alone
        """Whether there can be no second process."""

    def write(self) -> None:
        """Writes all rows; raises `GradcliError` behind the last good one."""
        blocks = self.reader.blocks()
        for block in blocks:
            twin = self._twin() if self._is_whole(block) else None
            if twin is None:
                self._finish(block)
                continue
            try:
                self._write_by_two(twin, chain([block], blocks))
            finally:
                twin.close()
            break
        for block in blocks:
            self._finish(block)

    def _twin(self) -> Twin | None:
        """The second process, if there can be one."""
        if not self.alone and self.table.settings.threads != 1 and can_fork():
            try:
                self.writer.settle()
                return Twin(self.quick)
            except OSError:
                pass  # too many processes, or files
        self.alone = True
        return None

    def _write_by_two(self, twin: Twin, blocks: Iterator[Block]) -> None:
        """Writes rows until there are no more, or the twin has been of no use for some time."""
        waiting: deque[_Task] = deque()
        fruitless = 0
        unreadable: GradcliError | None = None

        def readable() -> Iterator[Block]:
            nonlocal unreadable
            try:
                yield from blocks
            except GradcliError as error:  # to be told behind the rows before it
                unreadable = error

        for block in readable():
            ready = self.reader.ready()
            theirs = ready and twin.has_room and self._is_whole(block) and len(block.text) <= twin.LARGEST
            if theirs:
                twin.send(block)
            waiting.append(_Task(block, None if theirs else self.quick(block), theirs))
            # Rows leave in order, and none waits for input that is not there yet.
            patient = ready and len(waiting) < self.MOST_WAITING and fruitless < self.PATIENCE
            while waiting and not (patient and waiting[0].theirs and not twin.has_answer()):
                task = waiting.popleft()
                if not task.theirs:
                    self._finish(task.block, task.made)
                    continue
                made = twin.receive()
                self._finish(task.block, made)
                twin.release()
                fruitless = 0 if made is not None else fruitless + 1
            if fruitless >= self.PATIENCE:
                break  # what waits is still to be written
        places = [place for place, task in enumerate(waiting) if task.theirs]
        if len(places) > 1:  # its last one is done sooner here than behind the others there
            block = waiting[places[-1]].block
            waiting[places[-1]] = _Task(block, self.quick(block), theirs=False)
        for task in waiting:
            self._finish(task.block, twin.receive() if task.theirs else task.made)
            if task.theirs:
                twin.release()
        if unreadable is not None:
            raise unreadable

    def _is_whole(self, block: Block) -> bool:
        """Whether a block is as long as the next one may be, and not what was just ready."""
        return len(block.text) > self.reader.block_size // 2

    def quick(self, block: Block) -> Made | None:
        """The lines of a block in which nothing is odd, or `None`; changes nothing."""
        chunk = self.reader.quick(block, self.table.places)
        if chunk is None or chunk.missing:
            return None
        if _loses_fields(self.reader, self.writer) and chunk.unnamed():
            return None
        try:
            batch = self.table.computed(chunk)
            if not batch.is_finite():
                return None
            lines = self.writer.packed(chunk, batch.outputs, _columns(batch.plan))
            return Made(lines, chunk.rows, batch.used)
        except EvaluationError:
            return None

    def _finish(self, block: Block, made: Made | None = None) -> None:
        """Writes the lines of a block, which are made here unless they are given."""
        if made is not None:
            self.output.write(self.writer.unpacked(made.lines))
            self.table.counts.use(self.table.first_plan(), made.used, made.rows)
            self.progress.add(made.rows)
            return
        for chunk in self.reader.chunks_of_block(block, self.table.places):
            for batch in self.table.finished(chunk):
                _write_batch(batch, self.table, self.writer, self.output)
                self.progress.add(batch.chunk.rows)


@lru_cache(maxsize=8)  # asked for with every block
def _columns(plan: RowPlan) -> list[Column]:
    return [Column(each.name, each.shape, each.boolean) for each in plan.results]


def _check_collisions(plan: RowPlan, columns: Sequence[str]) -> None:
    taken = {each.strip() for each in columns}
    for column in _columns(plan):
        for name in (column.name, *column.flat_names()):
            if name in taken:
                raise InputError(
                    f"there is a column {name} already",
                    hint="--prefix d_ puts that before the new names, and --only leaves out the old columns",
                )
