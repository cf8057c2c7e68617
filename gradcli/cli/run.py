"""`gradcli run`: the statements of a file, each run and shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from gradcli.cli.output import complain, tell, write
from gradcli.cli.words import Words, check_bindings, check_options
from gradcli.session.files import read_functions, read_script
from gradcli.text.errors import GradcliError, Notice, UnboundNameError
from gradcli.text.options import Declaration

if TYPE_CHECKING:
    from gradcli.language.tree import Define, Program
    from gradcli.session.results import Result


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
    from gradcli.capabilities.statement import STATEMENTS
    from gradcli.cli.values import read_values
    from gradcli.engine.primitives import is_function
    from gradcli.language.parser import parse, parse_each
    from gradcli.language.tree import Program
    from gradcli.render.styles import make_style
    from gradcli.session.reading import of_script
    from gradcli.session.runner import begin, step
    from gradcli.session.state import Session

    source = read_script(file)
    parts: list[Program | GradcliError]
    if keep_going:
        parts = [*parse_each(source, is_function=is_function)]
    else:
        parts = [parse(source, is_function=is_function)]
    functions = read_functions(definitions)
    statements = [each for part in parts if isinstance(part, Program) for each in part.statements]
    _check_given(words, declared, Program(source, tuple(statements), ()), functions.values())

    session = Session()
    session.as_pytorch = style == "torch"
    session.reads = of_script(file, all_files=allow_files)
    for function in functions.values():
        session.bind_function(function)
    notices: list[Notice] = []
    for name, data in read_values(words.bindings, notices).items():
        session.give(name, data)
    for notice in notices:
        tell(notice)
    chosen = make_style(style if form == "text" else form, digits)
    told_users: set[str] = set()
    missing: set[str] = set()
    status = 0

    def show(result: Result) -> None:
        write(chosen.text(result))

    def failed(error: GradcliError) -> None:
        nonlocal status
        status = max(status, error.exit_status)
        if isinstance(error, UnboundNameError) and error.message in missing:
            return
        missing.add(error.message)
        complain(error)

    for part in parts:
        if isinstance(part, GradcliError):
            failed(part)
            continue
        run = begin(session, part, show, tell, STATEMENTS, told_users=told_users)
        for statement in part.statements:
            try:
                step(run, statement)
            except GradcliError as error:
                failed(error)
                if not keep_going:
                    return status
    return status


def _check_given(words: Words, declared: Declaration, program: Program, functions: Iterable[Define]) -> None:
    """Refuses values for names that nothing uses, or that are bound before they are; raises `InputError`."""
    from gradcli.language.walk import free_in
    from gradcli.session.answer import check_used

    check_used(program, dict(words.bindings))
    free = free_in(program._replace(statements=(*functions, *program.statements)))
    check_options(words, free, declared)
    check_bindings(words, free, declared)
