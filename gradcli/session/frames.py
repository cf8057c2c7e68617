"""Calls of functions that do something: their statements are run, with names of their own."""

from __future__ import annotations

from collections.abc import Mapping

from gradcli.language.tree import Define, Program, Return, Yield
from gradcli.lowering.context import Around
from gradcli.lowering.deeds import generates
from gradcli.session.context import Run
from gradcli.session.names import CallNames
from gradcli.session.values import Held
from gradcli.text.errors import EvaluationError, GradcliError, InputError
from gradcli.text.source import Mark

DEEPEST_CALL = 40
"""How deep calls of functions that do something may nest: each runs statements inside an expression."""


class Returning(Exception):  # noqa: N818 (no error: `return` on its way to its call)
    """What a function returns."""

    def __init__(self, held: Held) -> None:
        self.held = held


def call(
    run: Run, function: Define, around: Around | None, given: Mapping[str, Held], called_from: Mark
) -> Held | None:
    """Runs the statements of a function: what it returns, or `None`. Parameters are `given` or have defaults.

    Raises what its statements raise, with the place of the call.
    """
    session = run.session
    if run.calls >= DEEPEST_CALL:
        raise EvaluationError(
            f"{function.name} calls itself more than {DEEPEST_CALL} times deep",
            (called_from,),
            "give it a condition that ends it: if n > 0: …",
        )
    yielded: list[Held] | None = [] if generates(function) else None
    outer = session.bound.outermost if around is None or around.names is None else around.names
    program = Program(function.source, function.body, ())
    try:
        with session.entered(CallNames(outer)):
            inside = run.inside(program)
            inside.yielded = yielded
            for name, held in given.items():
                inside.bind(name, held, recording=True)
            for parameter in function.parameters:
                if parameter.name not in given and parameter.default is not None:
                    inside.bind(parameter.name, inside.whole(parameter.default), recording=True)
            inside.execute(function.body)
    except Returning as returning:
        if yielded is None:
            session.pin(returning.held)
            return returning.held
    except GradcliError as error:
        if error.marks and len(error.marks) <= _MOST_PLACES:
            error.marks = (*error.marks, called_from)
        raise
    if yielded is None:
        return None
    from gradcli.lowering.pythonic import Iterator

    return Iterator(yielded)


_MOST_PLACES = 4
"""How many places an error shows: those of calls are the last ones."""


MOST_YIELDED = 20_000
"""How many items a function may give one after another: all are made when it is called."""


def yield_(run: Run, statement: Yield) -> None:
    """`yield x`, another item of what the call gives."""
    yielded = run.yielded
    if yielded is None:
        raise InputError("yield stands in the body of a function only", (run.mark(statement.span),))
    if len(yielded) == MOST_YIELDED:
        raise EvaluationError(
            f"this gives more than {MOST_YIELDED:,} items, which are all made when it is called",
            (run.mark(statement.span),),
            "give its loop an end: for i in range(100): …",
        )
    held = run.settled(statement.value)
    run.session.pin(held)
    yielded.append(held)


def return_(run: Run, statement: Return) -> None:
    """`return …`, which ends a call."""
    if not run.calls:
        raise InputError("return stands in the body of a function only", (run.mark(statement.span),))
    raise Returning(run.settled(statement.value))
