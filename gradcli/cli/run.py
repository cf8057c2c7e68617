"""`gradcli run`: the statements of a file, each run and shown, and the cells of a notebook."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from gradcli.cli.output import complain, tell, write
from gradcli.cli.words import Words, check_bindings, check_options
from gradcli.session.files import read_functions, read_script
from gradcli.text.errors import GradcliError, Notice, UnboundNameError
from gradcli.text.options import Declaration

if TYPE_CHECKING:
    from gradcli.documents.document import Output
    from gradcli.language.tree import Define, Program
    from gradcli.session.state import Session


def run_script(
    file: str,
    words: Words,
    declared: Declaration,
    *,
    style: str = "plain",
    form: str = "text",
    digits: int | None = None,
    keep_going: bool = False,
    allow_files: bool = False,
    definitions: Sequence[str] = (),
) -> int:
    """Runs the statements of a file (`-`: standard input); the exit status is that of the worst error.

    The words give names their values before the first statement. Stops at the first error unless it should
    keep going, past what is not in the language too; then a name that is missing is told once. Raises
    `GradcliError` for a file that cannot be read, for a value that nothing uses and, unless it should keep
    going, for a text that is not in the language.
    """
    from gradcli.documents.document import is_notebook
    from gradcli.documents.running import Runner, parts_of, parts_of_cells
    from gradcli.language.tree import Program
    from gradcli.render.styles import make_style

    source = read_script(file)
    cells = None
    if is_notebook(source):
        from gradcli.documents.notebook import Notebook

        cells = Notebook(source).cells
        programs = parts_of_cells(cells, tell, keep_going=keep_going)
    else:
        programs = [parts_of(source, keep_going=keep_going)]
    functions = read_functions(definitions)
    found = [part for parts in programs for part in parts if isinstance(part, Program)]
    _check_given(words, declared, found, functions.values())
    session = _session(file, words, functions.values(), allow_files=allow_files, as_pytorch=style == "torch")
    chosen = make_style(style if form == "text" else form, digits)
    missing: set[str] = set()
    status = 0

    def failed(error: GradcliError) -> None:
        nonlocal status
        status = max(status, error.exit_status)
        if isinstance(error, UnboundNameError) and error.message in missing:
            return
        missing.add(error.message)
        complain(error)

    runner = Runner(session, tell, failed, keep_going=keep_going)
    if cells is None:
        runner.run(programs[0], lambda result, _: write(chosen.text(result)))
        return status
    for cell, parts in zip(cells, programs, strict=True):
        before = status
        if runner.run_cell(parts, chosen, _show):
            continue
        if cell.may_fail:
            status = before
        elif not keep_going:
            break
    return status


def _show(output: Output) -> None:
    """Writes what a cell shows."""
    write(output.text.removesuffix("\n") if output.kind == "stdout" else output.text)


def _session(
    file: str, words: Words, functions: Iterable[Define], *, allow_files: bool, as_pytorch: bool
) -> Session:
    """A session with functions, and with the values that the words give; raises `GradcliError`."""
    from gradcli.cli.values import read_values
    from gradcli.session.reading import of_script
    from gradcli.session.state import Session

    session = Session()
    session.as_pytorch = as_pytorch
    session.reads = of_script(file, all_files=allow_files)
    for function in functions:
        session.bind_function(function)
    notices: list[Notice] = []
    for name, data in read_values(words.bindings, notices).items():
        session.give(name, data)
    for notice in notices:
        tell(notice)
    return session


def _check_given(
    words: Words, declared: Declaration, programs: Sequence[Program], functions: Iterable[Define]
) -> None:
    """Refuses values for names that nothing uses, or that are bound before they are; raises `InputError`."""
    from gradcli.language.walk import free_in
    from gradcli.session.answer import check_used

    left = dict(words.bindings)
    for program in programs if left else ():
        check_used(program, left)
        taken = free_in(program)
        left = {name: text for name, text in left.items() if name not in taken}
    statements = [*functions, *(statement for program in programs for statement in program.statements)]
    free = free_in(programs[0]._replace(statements=tuple(statements))) if programs else []
    check_options(words, free, declared)
    check_bindings(words, free, declared)
