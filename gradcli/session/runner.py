"""Runs programs: statements one after another, each whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from gradcli.language.tree import Program, Statement
from gradcli.lowering.context import Actor
from gradcli.session.context import Behaviours, Run
from gradcli.session.scope import SessionScope
from gradcli.session.state import Session
from gradcli.text.errors import EvaluationError
from gradcli.text.source import Span

if TYPE_CHECKING:
    from gradcli.session.results import Show, Tell


def run(
    session: Session, program: Program, show: Show, tell: Tell, further: Callable[[], Behaviours] = dict
) -> None:
    """Runs a program in a session; what it has to show goes to `show`, notices to `tell`.

    `further` gives the behaviours of statements that no module here knows. Raises `GradcliError` at the
    first statement that fails, which then changed nothing.
    """
    begun = begin(session, program, show, tell, further)
    for statement in program.statements:
        step(begun, statement)


def begin(
    session: Session,
    program: Program,
    show: Show,
    tell: Tell,
    further: Callable[[], Behaviours] = dict,
    *,
    scope: SessionScope | None = None,
    told_users: set[str] | None = None,
    explains: bool = True,
    check: Callable[[], None] | None = None,
) -> Run:
    """A run of a program, for who steps through it; says at once how disputed readings were taken."""

    def behaviours() -> Behaviours:
        from gradcli.session.statements import STATEMENTS

        return {**STATEMENTS, **further()}

    begun = Run(
        session,
        program,
        show,
        tell,
        behaviours,
        scope=scope,
        told_users=told_users,
        explains=explains,
        check=check,
    )
    begun.acts_by(_acting)
    for disputed in program.disputed:
        begun.note(disputed.note(program.source))
    return begun


def _acting(run: Run) -> Actor:
    from gradcli.session.acting import Acting  # few programs do anything while an expression is lowered

    return Acting(run)


def step(run: Run, statement: Statement) -> None:
    """Runs one statement, whole or not at all."""
    run.session.commit()
    try:
        run.execute((statement,))
    except BaseException as error:
        run.session.roll_back()
        run.end_line()
        if not isinstance(error, RecursionError):
            raise
        raise EvaluationError(
            "these blocks are nested too deeply",
            (run.mark(Span(statement.span.start, statement.span.start + 1)),),
            "give the inner ones to a function: def f(x): …",
        ) from None
    if statement is run.program.statements[-1]:
        run.end_line()
