"""What every statement of the language does, and how those that hold others run them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import count

import numpy as np

from gradcli.engine.graph import as_node
from gradcli.engine.shapes import shape_text
from gradcli.language.tree import (
    Assert,
    ClassDefinition,
    Expression,
    For,
    Global,
    Handler,
    If,
    Leave,
    Name,
    NoGrad,
    Raise,
    Return,
    Sequence,
    Statement,
    Try,
    While,
    Yield,
)
from gradcli.lowering.kinds import COUNT, Host, over_each
from gradcli.lowering.loops import iteration, names_given_to
from gradcli.session import assignments, expressions, reading, sweeps
from gradcli.session.context import Behaviour, Run
from gradcli.session.frames import return_, yield_
from gradcli.session.names import CallNames
from gradcli.session.uncertainty import correlations
from gradcli.text.errors import EvaluationError, InputError, RaisedError


def _for(run: Run, statement: For) -> None:
    from gradcli.session.repeating.statements import Repeats  # for loops alone

    lowering = run.lowering()
    items = lowering.run(iteration(lowering, statement.iterable))
    session, target, outer = run.session, statement.target, run.repeats
    repeats = run.repeats = outer or Repeats(run.scope)
    counter = target if isinstance(target, Name) and isinstance(items, range) else None
    moving = repeats.inputs(statement) if isinstance(target, Name) else None
    rounds = repeats.rounds(statement)
    run.depth += 1
    try:
        with np.errstate(all="ignore"), session.awaiting() as now:
            for item in items if counter is None else rounds.left(items, run.check):
                if counter is not None:
                    inputs = repeats.inputs(statement)
                    counted = session.bind_moving(counter.name, np.float64(item), COUNT, inputs)
                else:
                    found = (as_node(item), COUNT) if isinstance(item, int) else item
                    found = over_each(lambda node, kind: (now(node), kind), found)
                    for name, each in names_given_to(lowering, target, found, statement.iterable.span):
                        held = run.held(lowering, statement.iterable.span, each)
                        run.bind(name.name, held, moving=moving)
                repeats.begin()
                if not _round(run, statement.body):
                    return
                steps = repeats.steps()
                if counter is not None:
                    rounds.done(steps, (counter.name, counted))
    finally:
        run.depth -= 1
        run.repeats = outer
    _finish(run, statement)


def _finish(run: Run, statement: For | While) -> None:
    """Does what stands under the `else` of a loop that no `break` has ended."""
    if statement.otherwise:
        run.execute(statement.otherwise)


class _Leaving(Exception):  # noqa: N818 (no error: `break` and `continue` on their way to their loop)
    def __init__(self, again: bool) -> None:
        self.again = again


def _leave(run: Run, statement: Leave) -> None:
    raise _Leaving(statement.again)


def _round(run: Run, body: Iterable[Statement]) -> bool:
    """Runs the body of a loop once; whether there may be a next time."""
    try:
        run.execute(body)
    except _Leaving as leaving:
        return leaving.again
    return True


def _while(run: Run, statement: While) -> None:
    from gradcli.session.repeating.statements import Repeats

    outer = run.repeats
    repeats = run.repeats = outer or Repeats(run.scope)
    rounds = repeats.rounds(statement)
    run.depth += 1
    try:
        with np.errstate(all="ignore"):
            for _ in rounds.left(count(), run.check):
                repeats.begin()
                if not _holds(run, statement.condition):
                    break
                if not _round(run, statement.body):
                    return
                rounds.done(repeats.steps())
    finally:
        run.depth -= 1
        run.repeats = outer
    _finish(run, statement)


def _if(run: Run, statement: If) -> None:
    for case in statement.cases:
        if case.condition is None or _holds(run, case.condition):
            run.execute(case.body)
            return


def _holds(run: Run, condition: Expression) -> bool:
    """Whether a condition holds now; raises `EvaluationError` where it is not one truth value or number."""
    if run.repeats is None:
        return _decide(run, condition)
    return run.repeats.decided(condition, lambda: _decide(run, condition))


def _decide(run: Run, condition: Expression) -> bool:
    lowering = run.lowering()
    found = lowering.whole(condition)
    if isinstance(found, Host):
        truth = found.truth()
        if truth is None:
            raise lowering.wrong(f"{found.title} is neither true nor false", condition.span)
        return truth
    node, kind = lowering.one(found, condition.span)
    data = np.asarray(run.valued(lowering, condition.span, (node, kind)).data)
    if data.size != 1:
        raise EvaluationError(
            "a condition is one truth value, and this is an array",
            (run.mark(condition.span, shape_text(data.shape)),),
            "all(…) and any(…) make one of many",
        )
    run.decide_again(node)
    return bool(data.item())


def _no_grad(run: Run, statement: NoGrad) -> None:
    wanted = statement.recording
    wanted = wanted if isinstance(wanted, bool) else _holds(run, wanted)
    with run.session.recorded(wanted):
        run.execute(statement.body)


def _assert(run: Run, statement: Assert) -> None:
    if not _holds(run, statement.condition):
        from gradcli.lowering.raising import failed  # which few programs need

        raise failed(run.lowering(), statement)


def _raise(run: Run, statement: Raise) -> None:
    lowering = run.lowering()
    if not statement.name:
        if run.caught is None:
            hint = 'raise ValueError("text")'
            raise InputError("there is no error here to raise again", (run.mark(statement.span),), hint)
        raise run.caught
    from gradcli.lowering.raising import raised  # which few programs need

    raise lowering.run(raised(lowering, statement))


def _try(run: Run, statement: Try) -> None:
    """`try: …`: what its body did before a statement failed stays, as in Python.

    A statement in it that fails changes nothing, as everywhere. Caught is what goes wrong in a computation;
    what is no program here (`InputError`) is not.
    """
    repeats, run.repeats = run.repeats, None
    try:
        try:
            with run.session.trying():
                run.execute(statement.body)
        except EvaluationError as error:
            handler = next((each for each in statement.handlers if _takes(run, each, error)), None)
            if handler is None:
                raise
            _handle(run, handler, error)
        else:
            run.execute(statement.otherwise)
    finally:
        run.execute(statement.closing)
        run.repeats = repeats


def _handle(run: Run, handler: Handler, error: EvaluationError) -> None:
    if handler.name:
        from gradcli.lowering.caught import Caught  # which few programs need

        said = error.said if isinstance(error, RaisedError) else error.message
        called = error.called if isinstance(error, RaisedError) else "RuntimeError"
        kinds = error.kinds if isinstance(error, RaisedError) else ()
        run.bind(handler.name, Caught((said,), called, kinds))
    before, run.caught = run.caught, error
    try:
        run.execute(handler.body)
    finally:
        run.caught = before


def _takes(run: Run, handler: Handler, error: EvaluationError) -> bool:
    """Whether a handler takes an error: one that has no name here is the one that the program foresees."""
    errors = handler.errors
    if errors is None or not isinstance(error, RaisedError):
        return True
    from gradcli.lowering.caught import is_kind_of

    names = [
        getattr(each, "name", "") for each in (errors.items if isinstance(errors, Sequence) else (errors,))
    ]
    return any(is_kind_of(each, name) for each in (error.called, *error.kinds) for name in names)


def _global(run: Run, statement: Global) -> None:
    bound = run.session.bound
    for name in statement.names:
        if not statement.nearest:
            if isinstance(bound, CallNames):
                bound.through[name.name] = bound.outermost
            continue
        around = bound.around(name.name) if isinstance(bound, CallNames) else None
        if around is None:
            told = f"no function around this has a name {name.name}"
            raise InputError(told, (run.mark(name.span),), f"global {name.name} is that of the program")
        assert isinstance(bound, CallNames)
        bound.through[name.name] = around


def _class(run: Run, statement: ClassDefinition) -> None:
    from gradcli.session.objects.classes import define_class  # which few programs need

    define_class(run, statement)


STATEMENTS: Mapping[type, Behaviour] = {
    **expressions.STATEMENTS,
    **assignments.STATEMENTS,
    **reading.STATEMENTS,
    **sweeps.STATEMENTS,
    **correlations.STATEMENTS,
    ClassDefinition: _class,
    For: _for,
    While: _while,
    If: _if,
    Leave: _leave,
    NoGrad: _no_grad,
    Assert: _assert,
    Raise: _raise,
    Try: _try,
    Global: _global,
    Return: return_,
    Yield: yield_,
}
"""What every statement of the language does."""
