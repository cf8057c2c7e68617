"""`gradcli run`: the statements of a file, each run and shown."""

from __future__ import annotations

from gradcli.cli.output import complain, tell, write
from gradcli.session.files import read_script
from gradcli.text.errors import GradcliError


def run_script(
    file: str, *, style: str = "plain", digits: int | None = None, keep_going: bool = False
) -> int:
    """Runs the statements of a file (`-`: standard input); the exit status is that of the worst error.

    Stops at the first error unless it should keep going. Raises `GradcliError` for a file that cannot be
    read, or whose text is not in the language.
    """
    from gradcli.capabilities.statement import STATEMENTS
    from gradcli.engine.primitives import is_function
    from gradcli.language.parser import parse
    from gradcli.render.styles import make_style
    from gradcli.session.runner import begin, step
    from gradcli.session.state import Session

    chosen = make_style(style, digits)
    program = parse(read_script(file), is_function=is_function)
    session = Session()
    session.as_pytorch = style == "torch"
    run = begin(session, program, lambda result: write(chosen.text(result)), tell, STATEMENTS)
    status = 0
    for statement in program.statements:
        try:
            step(run, statement)
        except GradcliError as error:
            complain(error)
            status = max(status, error.exit_status)
            if not keep_going:
                break
    return status
