"""What is asked by a statement: `table y, x=0:2:0.25` in a script or at a prompt."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from gradcli.capabilities.formula import from_session
from gradcli.capabilities.found import Request
from gradcli.capabilities.record import Capability, answered, capability
from gradcli.engine.graph import Node
from gradcli.language.tree import Ask, Comparison, Expression, Name, Part, Range
from gradcli.language.vocabulary import CONSTANTS
from gradcli.language.walk import walk
from gradcli.session.context import Run
from gradcli.session.results import Report
from gradcli.session.uncertainty.uncertain import Uncertain
from gradcli.text.errors import EvaluationError, InputError
from gradcli.text.values import plain


def ask(run: Run, statement: Ask) -> None:
    """Answers what a statement asks, shows it, and tells its notices."""
    asked = capability(statement.word)
    found = run.placed(statement.span, lambda: answered(asked.name, _request(run, asked, statement)))
    for notice in found.notices:
        run.note(notice if notice.marks else notice._replace(marks=(run.mark(statement.span),)))
    run.session.unfound |= bool(found.status)
    leaves = run.session.leaves()
    for name, data in found.settled.items():
        if name in leaves:
            run.step(leaves[name], data, statement.span)
    if not statement.quiet:
        run.show(Report(found))
    if found.failure:
        raise EvaluationError(found.failure, (run.mark(statement.span),))


def _request(run: Run, asked: Capability, statement: Ask) -> Any:
    """What the parts of a statement say; raises `InputError` for a part that does not belong there."""
    formulas: list[Expression] = []
    measured: set[str] = set()
    words: list[str] = []
    values: dict[str, Any] = {}
    claims: dict[str, Expression] = {}
    behind = asked.declared.behind
    settings = asked.defaults()
    if statement.backward:
        if not asked.backward:
            place = (run.mark(statement.span),)
            raise InputError(f"{asked.name} is asked of a value, not of a backward", place, asked.statement)
        settings[asked.backward] = True
    starts = {_name(run, part, asked) for part in statement.parts if _is_start(part)}
    for part in statement.parts:
        if asked.models and _is_model(part, measured):
            assert not isinstance(part.right, Range | None)
            formulas += [part.left, part.right]
            measured |= {each.name for each in walk(part.right) if isinstance(each, Name)}
        elif (
            part.sign == "" and not asked.models and (not formulas or behind == "FORMULA" or asked.relations)
        ):
            formulas.append(part.left)
        elif asked.relations and _is_equation(part, starts):
            assert not isinstance(part.right, Range | None)
            formulas.append(Comparison(part.span, ("==",), (part.left, part.right)))
        elif part.sign == "" and statement.backward:
            settings["seed"] = run.value(part.left).data  # as in `backward y, [1, 0.1]`
        elif part.sign == "" and behind == "VAR":
            words.append(_name(run, part, asked))
        elif part.sign == ":" and asked.claims and formulas and not isinstance(part.right, Range | None):
            claims[_name(run, part, asked)] = part.right
        elif part.sign == "=" and formulas:
            values[_name(run, part, asked)] = _given(run, part, asked)
        else:
            raise _misplaced(run, part, asked)
    if asked.mixed and words:
        words = [",".join(words)]
    named = [(each.name if isinstance(each, Name) else "", each) for each in formulas]
    if asked.models and not named:
        place = (run.mark(statement.span),)
        raise InputError("there is no model", place, f"as in {asked.statement}")
    formula = from_session(
        run.program.source,
        named,
        values,
        run.session,
        relations=asked.relations,
        claims=tuple(claims.items()),
        measured=asked.uncertain,
    )
    return Request(formula, tuple(words), settings)


def _is_model(part: Part, used: Collection[str]) -> bool:
    """Whether a part is a model: `~`, or `=` with names on its right and none that is `used` on its left."""
    if part.sign != "=" or isinstance(part.right, Range):
        return part.sign == "~"
    return not _is_start(part) and not (isinstance(part.left, Name) and part.left.name in used)


def _is_start(part: Part) -> bool:
    """Whether a part gives a name a value or a range: what stands on its right uses no name."""
    if part.sign != "=" or not isinstance(part.left, Name):
        return False
    return all(each.name in CONSTANTS for each in walk(part.right) if isinstance(each, Name))


def _is_equation(part: Part, starts: Collection[str]) -> bool:
    """Whether `=` is an equation: its left side is no bare name, or one that has a start elsewhere."""
    if part.sign != "=" or _is_start(part) or isinstance(part.right, Range):
        return False
    return not isinstance(part.left, Name) or part.left.name in starts


def _given(run: Run, part: Part, asked: Capability) -> Any:
    """The value or the range that a part gives to a name."""
    if not isinstance(part.right, Range):
        assert part.right is not None
        value = run.value(part.right)
        given = _uncertain(run, value.node)
        if given is not None and not asked.uncertain:
            place = (run.mark(part.right.span),)
            raise InputError(f"{asked.name} takes exact values", place, f"{plain(given.value)} is one")
        return value.data if given is None else given
    if not asked.ranges:
        place = (run.mark(part.right.span),)
        raise InputError(f"{asked.name} takes values, and no ranges", place, f"as in {asked.statement}")
    from gradcli.capabilities.ranges import points_of

    return points_of(part.right, lambda each: run.value(each).data, run.mark)


def _uncertain(run: Run, node: Node) -> Uncertain | None:
    """What numbers alone give, some of them with an uncertainty."""
    if not run.session.spreads:
        return None
    from gradcli.session.uncertainty.measured import made_of_numbers

    return made_of_numbers(run.session, node)


def _name(run: Run, part: Part, asked: Capability) -> str:
    if not isinstance(part.left, Name):
        place = (run.mark(part.left.span),)
        raise InputError("the name of a variable belongs here", place, f"as in {asked.statement}")
    return part.left.name


def _misplaced(run: Run, part: Part, asked: Capability) -> InputError:
    place = (run.mark(part.span),)
    return InputError(f"{asked.name} has no place for this part", place, f"as in {asked.statement}")
