"""Equations as they are typed on the command line and in Python: `x**2 + y**2 = 4; x = y`."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from gradcli.engine.primitives import is_function
from gradcli.language.builder import Builder
from gradcli.language.parser import parse_asked
from gradcli.language.tree import (
    Call,
    Comparison,
    Define,
    Disputed,
    Expression,
    ExpressionStatement,
    Name,
    Program,
    Range,
    Statement,
)
from gradcli.text.errors import InputError
from gradcli.text.source import Mark, Source


def equations(source: Source, unknowns: Collection[str]) -> list[Program]:
    """A program for each equation of a text, with all definitions of the text; raises `InputError`.

    `=` is an equation if its left side is not a bare name, or is an unknown; else it is a definition.
    """
    disputed: list[Disputed] = []
    builder = Builder(source)
    before: list[Statement] = []
    asked: list[Expression] = []
    for part in parse_asked(source, disputed, is_function=is_function):
        assert not isinstance(part.right, Range)
        if part.right is None:
            asked.append(part.left)
        elif _defines(part.left, unknowns, before):
            before.append(builder.assign(part.span, part.left, part.right))
        else:
            asked.append(Comparison(part.span, ("==",), (part.left, part.right)))
    if not asked:
        place = (Mark(source, source.line_span(0)),)
        raise InputError("there is no equation", place, "x**2 = 2, or x**2 - 2, which is to be 0")
    stated = [ExpressionStatement(each.span, each, False) for each in asked]
    return [Program(source, (*before, each), tuple(disputed) if each is stated[0] else ()) for each in stated]


def _defines(left: Expression, unknowns: Collection[str], before: Sequence[Statement]) -> bool:
    """Whether a left side is that of a definition: a name that is not asked for, or `f(t)` for a new `f`."""
    if isinstance(left, Name):
        return left.name not in unknowns
    if not isinstance(left, Call) or not isinstance(left.function, Name):
        return False
    known = {each.name for each in before if isinstance(each, Define)}
    return left.function.name not in known and not is_function(left.function.name)
