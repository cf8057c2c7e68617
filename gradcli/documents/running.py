"""Runs programs in a session: the statements of a script, and cells that show what Jupyter would show."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Literal, TypeAlias

from gradcli.capabilities.behaviours import behaviours
from gradcli.documents.document import Cell, Output
from gradcli.engine.primitives import is_function
from gradcli.language.parser import parse, parse_each
from gradcli.language.tree import For, If, Imported, NoGrad, Program, Statement, While
from gradcli.render.styles import Style
from gradcli.session.results import Printed, Report, Result, Tell, is_aside
from gradcli.session.runner import begin, step
from gradcli.session.state import Session
from gradcli.text.errors import GradcliError, Notice
from gradcli.text.source import Mark, Source, Span

Part: TypeAlias = "Program | GradcliError"
"""Statements, or what is in their place not in the language."""

Shows = Callable[[Result, Statement], None]
"""Shows a result of a statement."""


def parts_of(source: Source, *, keep_going: bool) -> list[Part]:
    """The statements of a source as one program, or (to keep going) as one each, with their mistakes between.

    Raises `ParseError` where it should not keep going.
    """
    if keep_going:
        return [*parse_each(source, is_function=is_function)]
    return [parse(source, is_function=is_function)]


def parts_of_cells(cells: Iterable[Cell], tell: Tell, *, keep_going: bool) -> list[list[Part]]:
    """The statements of each cell; a mistake stands in their place, and raises nothing.

    Tells once of all lines that are left out, though they would do something.
    """
    from gradcli.documents.magics import code_of  # which scripts have no need of

    found: list[list[Part]] = []
    left_out: list[Mark] = []
    for cell in cells:
        if cell.typed:  # a prompt will read it
            found.append([])
            continue
        code = code_of(cell.source.text)
        left_out += [Mark(cell.source, Span(*place)) for place in code.left_out]
        try:
            found.append(parts_of(Source(code.text, cell.source.name, is_cell=True), keep_going=keep_going))
        except GradcliError as error:
            found.append([error])
    if left_out:
        message = "shell lines and cells for other programs are left out"
        tell(Notice("note", message, tuple(left_out), "what later cells need of them is missing"))
    return found


class Runner:
    """Runs programs one after another in a session.

    Errors go to `fail`; unless it should keep going, the program that had one goes no further.
    """

    def __init__(
        self, session: Session, tell: Tell, fail: Callable[[GradcliError], None], *, keep_going: bool
    ) -> None:
        self.session = session
        self._tell = tell
        self._fail = fail
        self._keep_going = keep_going
        self.left: list[Mark] = []
        """Where each statement stands that did not run."""
        self._told_users: set[str] = set()

    def run(self, parts: Sequence[Part], shows: Shows) -> bool:
        """Runs the parts of a program; whether all went well."""
        well = True
        for part in parts:
            if isinstance(part, GradcliError):
                self._fail(part)
                self.left += part.marks[:1]
                well = False
                if not self._keep_going:
                    return False
                continue
            now: list[Statement] = []
            run = begin(
                self.session,
                part,
                lambda result, now=now: shows(result, now[0]),  # type: ignore[misc]
                self._tell,
                behaviours,
                told_users=self._told_users,
            )
            for statement in part.statements:
                now[:] = [statement]
                try:
                    step(run, statement)
                except GradcliError as error:
                    self._fail(error)
                    self.left.append(Mark(part.source, statement.span))
                    well = False
                    if not self._keep_going:
                        return False
        return well

    def run_cell(self, parts: Sequence[Part], style: Style, show: Callable[[Output], None]) -> bool:
        """Runs the parts of a cell; whether all went well.

        Shows what it prints and what its statements report, and of all values that of the last statement.
        IPython's `display` is there without an import line.
        """
        if "display" not in self.session.imports:
            self.session.bind_import(Imported("display", "IPython.display", "display"))
        last = parts[-1] if parts else None
        ends = last.statements[-1] if isinstance(last, Program) and last.statements else None

        def shows(result: Result, statement: Statement) -> None:
            output = output_of(result, statement, style, ends=statement is ends)
            if output is not None:
                show(output)

        return self.run(parts, shows)


def output_of(result: Result, statement: Statement, style: Style, *, ends: bool) -> Output | None:
    """What a cell shows of a result of a statement, which `ends` it or does not."""
    if isinstance(result, Printed | Report):
        kind: Literal["stdout", "stderr"] = "stderr" if is_aside(result) else "stdout"
        return Output(kind, f"{style.text(result)}\n")
    if not ends or isinstance(statement, For | If | NoGrad | While):
        return None
    text = style.displayed(result)
    return None if text is None else Output("result", text)


def as_output(error: GradcliError) -> Output:
    """What a cell shows that an error has ended."""
    from gradcli.text.report import error_text

    return Output("error", error.message, type(error).__name__.strip("_"), report=error_text(error))
