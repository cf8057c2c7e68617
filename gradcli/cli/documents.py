"""`gradcli run` for pages with cells: run, written with what they show now, or compared with that."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from gradcli.cli.output import complain, tell, to_stderr, write
from gradcli.cli.prepared import Asked, Errors, tell_left
from gradcli.documents.checking import Checked, is_skipped, judge
from gradcli.documents.differences import TOLERANCE
from gradcli.documents.document import Cell, Document, Output, style_of
from gradcli.documents.magics import captures
from gradcli.documents.running import Part, Runner, as_output, parts_of_cells
from gradcli.interactive.typist import Typist
from gradcli.render.chosen import make_style
from gradcli.render.styles import Style
from gradcli.session.files import replace_file
from gradcli.session.results import Tell
from gradcli.session.state import Session
from gradcli.text.errors import GradcliError, InputError
from gradcli.text.json import json_text
from gradcli.text.report import notice_text
from gradcli.text.source import Mark


class _Cells:
    """Runs the cells of a page one after another; `show`, `tell` and `fail` hear of what comes."""

    def __init__(
        self,
        session: Session,
        style: Style,
        show: Callable[[Output], None],
        tell: Tell,
        fail: Callable[[GradcliError], None],
        *,
        keep_going: bool,
    ) -> None:
        self._session = session
        self._style = style
        self._show = show
        self._tell = tell
        self._fail = fail
        self._runner = Runner(session, tell, fail, keep_going=keep_going)
        self._typist: Typist | None = None

    def run(self, cell: Cell, parts: Sequence[Part]) -> bool:
        """Runs a cell; whether all went well."""
        if cell.typed:
            return self._prompt().type(cell.source.text)
        shows = (lambda output: None) if captures(cell.source.text) else self._show
        return self._runner.run_cell(parts, self._style, shows)

    @property
    def left(self) -> list[Mark]:
        """Where each statement stands that did not run, but for those that were typed."""
        return self._runner.left

    def _prompt(self) -> Typist:
        """The prompt of all cells that were typed at one."""
        if self._typist is None:
            self._typist = Typist(
                lambda text: self._show(Output("stdout", f"{text}\n")), self._tell, self._fail, self._session
            )
            self._typist.settings |= {"style": self._style.name, "digits": self._style.digits}
        return self._typist


def run_document(document: Document, asked: Asked) -> int:
    """Runs the cells of a page and shows what each shows; returns the status of the worst error.

    Stops behind a cell that fails, unless it is there to fail. Raises `GradcliError` as a script does.
    """
    style = asked.style or "plain"
    programs = parts_of_cells(document.cells, tell, keep_going=asked.keep_going)
    session = asked.prepared(programs, style)
    errors = Errors()
    cells = _Cells(session, asked.shown_as(style), _show, tell, errors.add, keep_going=asked.keep_going)
    for cell, parts in zip(document.cells, programs, strict=True):
        before = errors.status
        if cell.is_skipped or cells.run(cell, parts):
            continue
        if cell.may_fail:
            errors.status = before
        elif not asked.keep_going and not cell.typed:
            break
    if asked.keep_going:
        tell_left(cells.left)
    return errors.status or int(session.unfound)


def _show(output: Output) -> None:
    """Writes what a cell shows."""
    if output.kind == "stderr":
        to_stderr(output.text.removesuffix("\n"))
        return
    write(output.text.removesuffix("\n") if output.kind == "stdout" else output.text)


class _Fresh:
    """Runs cells and keeps what they show; `errors` are those of the last cell."""

    def __init__(self, session: Session, style: Style, *, keep_going: bool) -> None:
        self.errors: list[GradcliError] = []
        self._shown: list[Output] = []
        self._cells = _Cells(
            session,
            style,
            self._add,
            lambda notice: self._shown.append(Output("stderr", f"{notice_text(notice)}\n")),
            self._fail,
            keep_going=keep_going,
        )

    def _fail(self, error: GradcliError) -> None:
        self.errors.append(error)
        self._shown.append(as_output(error))

    def run(self, cell: Cell, parts: Sequence[Part]) -> list[Output]:
        """What a cell shows."""
        self.errors, self._shown = [], []
        self._cells.run(cell, parts)
        return self._shown

    def _add(self, output: Output) -> None:
        last = self._shown[-1] if self._shown else None
        if last is not None and last.kind == output.kind == "stdout":
            self._shown[-1] = last._replace(text=last.text + output.text)
        else:
            self._shown.append(output)


def _ran(
    document: Document, asked: Asked, style: str, skips: Callable[[Cell], bool]
) -> Iterator[tuple[Cell, list[Output], list[GradcliError]]]:
    """Each cell of a page that is not skipped, as it is run, with what it shows and how it failed."""
    programs = parts_of_cells(document.cells, tell, keep_going=asked.keep_going)
    session = asked.prepared(programs, style)
    running = _Fresh(session, make_style(style, asked.digits), keep_going=asked.keep_going)
    for cell, parts in zip(document.cells, programs, strict=True):
        if not skips(cell):
            yield cell, running.run(cell, parts), running.errors


def write_document(document: Document, asked: Asked, output: str) -> int:
    """Writes a page to a file with what its cells show now; returns the status of the worst error.

    Writes nothing where a cell fails that is not there to fail, unless it should keep going. Raises
    `GradcliError`.
    """
    _check_name(output, document)
    style = asked.style or style_of(document)
    shown: dict[int, list[Output]] = {}
    status = 0
    for cell, outputs, errors in _ran(document, asked, style, lambda cell: cell.is_skipped):
        shown[cell.number] = outputs
        for error in () if cell.may_fail or cell.typed else errors:
            complain(error)
            status = max(status, error.exit_status)
        if status and not asked.keep_going:
            return status
    _write(document, shown, style, output)
    return status


def check_document(document: Document, asked: Asked, output: str | None, tolerance: float | None) -> int:
    """Compares what the cells of a page show with what it holds; returns 1 where one differs without excuse.

    Writes a report to stdout, and the page with what its cells show now to `output`, if that is given. Raises
    `GradcliError`, also where there is nothing to compare with.
    """
    if not any(cell.outputs for cell in document.cells):
        hint = "gradcli run -o FILE writes a page with what its cells show"
        raise InputError(f"{document.name} holds nothing that its cells have shown", hint=hint)
    if output is not None:
        _check_name(output, document)
    style = asked.style or style_of(document)
    shown = {cell.number: outputs for cell, outputs, _ in _ran(document, asked, style, is_skipped)}
    within = TOLERANCE if tolerance is None else tolerance
    checked = Checked(
        document.name,
        tuple([judge(cell, shown.get(cell.number), within) for cell in document.cells]),
    )
    write(json_text(checked.to_dict()) if asked.form == "json" else checked.text())
    if output is not None:
        _write(document, shown, style, output)
    return checked.status


def _check_name(output: str, document: Document) -> None:
    """Refuses the name of a file that does not say what is written to it; raises `InputError`."""
    if not output.lower().endswith(document.suffix):
        raise InputError(
            f"{output} does not end in {document.suffix}, as what is written there does",
            hint=f"-o {output.rpartition('.')[0] or output}{document.suffix}",
        )


def _write(document: Document, shown: dict[int, list[Output]], style: str, output: str) -> None:
    replace_file(output, document.written(shown, style).encode())
