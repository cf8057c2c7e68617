"""What is asked by a statement: `table y, x=0:2:0.25` in a script or at a prompt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gradcli.capabilities.record import NAMES, Capability, answered, capability
from gradcli.language.tree import Ask, Expression, Name, Part, Range
from gradcli.session.context import Behaviour, Run
from gradcli.session.results import Report
from gradcli.text.errors import InputError


def ask(run: Run, statement: Ask) -> None:
    """Answers what a statement asks, shows it, and tells its notices."""
    if statement.word not in NAMES:
        raise InputError(f"{statement.word} answers nothing here", (run.mark(statement.word_span),))
    asked = capability(statement.word)
    found = run.placed(statement.span, lambda: answered(asked.name, _request(run, asked, statement)))
    for notice in found.notices:
        run.note(notice)
    if not statement.quiet:
        run.show(Report(found))


STATEMENTS: Mapping[type, Behaviour] = {Ask: ask}
"""What runs statements that ask, for a `Run`."""


def _request(run: Run, asked: Capability, statement: Ask) -> Any:
    """What the parts of a statement say; raises `InputError` for a part that does not belong there."""
    # Imported here, as most programs ask nothing.
    from gradcli.capabilities.formula import from_session
    from gradcli.capabilities.found import Request

    formulas: list[Expression] = []
    words: list[str] = []
    values: dict[str, Any] = {}
    claims: dict[str, str] = {}
    behind = asked.declared.behind
    for part in statement.parts:
        if part.sign == "" and (not formulas or behind == "FORMULA"):
            formulas.append(part.left)
        elif part.sign == "" and behind == "VAR":
            words.append(_name(run, part, asked))
        elif part.sign == "=" and formulas:
            values[_name(run, part, asked)] = _given(run, part, asked)
        elif part.sign == ":" and formulas and asked.claims and part.right is not None:
            span = part.right.span
            claims[_name(run, part, asked)] = run.program.source.text[span.start : span.end]
        else:
            raise _misplaced(run, part, asked)
    if asked.mixed and words:
        words = [",".join(words)]
    named = [(each.name if isinstance(each, Name) else "", each) for each in formulas]
    formula = from_session(run.program.source, named, values, run.session)
    return Request(formula, tuple(words), asked.defaults(), claims)


def _given(run: Run, part: Part, asked: Capability) -> Any:
    """The value or the range that a part gives to a name."""
    if not isinstance(part.right, Range):
        assert part.right is not None
        return run.value(part.right).data
    if not asked.ranges:
        place = (run.mark(part.right.span),)
        raise InputError(f"{asked.name} takes values, and no ranges", place, f"as in {asked.statement}")
    from gradcli.capabilities.ranges import points_of

    return points_of(part.right, lambda each: run.value(each).data, run.mark)


def _name(run: Run, part: Part, asked: Capability) -> str:
    if not isinstance(part.left, Name):
        place = (run.mark(part.left.span),)
        raise InputError("the name of a variable belongs here", place, f"as in {asked.statement}")
    return part.left.name


def _misplaced(run: Run, part: Part, asked: Capability) -> InputError:
    place = (run.mark(part.span),)
    return InputError(f"{asked.name} has no place for this part", place, f"as in {asked.statement}")
