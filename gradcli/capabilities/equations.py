"""Equations and models as they are typed on the command line and in Python: `x**2 + y**2 = 4; x = y`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from gradcli.engine.primitives import is_function
from gradcli.language.builder import Builder
from gradcli.language.parser import parse, parse_asked
from gradcli.language.tree import (
    Assign,
    Call,
    Comparison,
    Define,
    Disputed,
    Expression,
    ExpressionStatement,
    Name,
    Part,
    Program,
    Range,
    Statement,
)
from gradcli.language.walk import walk
from gradcli.lowering.conversions import reads_as_number
from gradcli.text.errors import InputError
from gradcli.text.source import Mark, Source
from gradcli.text.suggest import column_meant


def equations(source: Source, unknowns: Collection[str]) -> list[Program]:
    """A program for each equation of a text, with all definitions of the text; raises `InputError`.

    `=` is an equation if its left side is not a bare name, or is an unknown; else it is a definition.
    """
    before, asked, disputed = _sorted(source, unknowns)
    if not asked:
        raise _no_equation(source, before)
    for each in asked:
        if each.sign == "~":
            place = (Mark(source, each.span),)
            raise InputError("a model belongs to fit, and an equation here", place, "it is written with =")
        if each.right is None and isinstance(each.left, Name) and len(asked) > 1:
            place = (Mark(source, each.span),)
            told = f"{each.left.name} alone is one more equation, {each.left.name} = 0"
            raise InputError(told, place, "leave it out, as what has a start is sought anyhow")
    expressions = [
        each.left if each.right is None else Comparison(each.span, ("==",), (each.left, _side(source, each)))
        for each in asked
    ]
    return _programs(source, before, expressions, disputed)


def _no_equation(source: Source, before: Sequence[Statement]) -> InputError:
    """The error for definitions alone; a start would make an equation of one, as of `x = cos(x)`."""
    meant: Name | None = None
    for each in before:
        if isinstance(each, Assign) and isinstance(each.target, Name):
            meant = each.target
            if any(isinstance(piece, Name) and piece.name == meant.name for piece in walk(each.value)):
                break
    if meant is None:
        place = (Mark(source, source.line_span(0)),)
        return InputError("there is no equation", place, "x**2 = 2, or x**2 - 2, which is to be 0")
    told = f"{meant.name} has no start, so it is defined here and not sought"
    return InputError(told, (Mark(source, meant.span),), f"give it one: {meant.name}=1")


HeaderHint = Callable[[Sequence[str]], "str | None"]
"""What to try where a header lacks some names."""


def models(source: Source, columns: Collection[str], meant: HeaderHint | None = None) -> list[Program]:
    """Two programs for each model of a text, what was measured and what should give it; raises `InputError`.

    `~` is a model, and so are `==`, and `=` with a left side that is a column or no bare name; else `=` is a
    definition, which all programs hold.
    """
    before, asked, disputed = _sorted(source, columns)
    sides: list[Expression] = []
    for each in asked:
        if each.right is not None:
            sides += [each.left, _side(source, each)]
        elif isinstance(each.left, Comparison) and each.left.operators == ("==",):
            sides += each.left.operands
        else:
            typed = source.text[each.span.start : each.span.end]
            place = (Mark(source, each.span),)
            raise InputError("this formula is fitted to nothing", place, f"y = {typed}, where y is a column")
    if not sides:
        place = (Mark(source, source.line_span(0)),)
        names = [
            each.target.name for each in before if isinstance(each, Assign) and isinstance(each.target, Name)
        ]
        near = [found for name in names if (found := column_meant(name, columns))]
        hint = "y = a*x + b"
        if columns and all(map(reads_as_number, columns)):
            hint = "the first line holds numbers; without a header: --no-header --names x,y"
        elif names and columns:
            told = meant(names[:1]) if meant is not None else None
            hint = told or f"the columns are {', '.join(columns)}, without {names[0]}"
        raise InputError("there is no model", place, f"did you mean {near[0]}?" if near else hint)
    return _programs(source, before, sides, disputed)


def constraint(source: Source) -> Program:
    """A program for what is to hold, in which `=` is `==`; raises `InputError`."""
    disputed: list[Disputed] = []
    parts = parse_asked(source, disputed, is_function=is_function)
    if len(parts) != 1 or parts[0].sign != "=":
        return parse(source, is_function=is_function)
    (part,) = parts
    (program,) = _programs(
        source, (), [Comparison(part.span, ("==",), (part.left, _side(source, part)))], disputed
    )
    return program


def names_asked(source: Source) -> list[str]:
    """Every name that stands for a value in a text of equations or models, in order, each once."""
    pieces = walk(parse_asked(source, is_function=is_function))
    return list(dict.fromkeys(each.name for each in pieces if isinstance(each, Name)))


def _sorted(source: Source, asked_for: Collection[str]) -> tuple[list[Statement], list[Part], list[Disputed]]:
    """The definitions of a text, what it asks, and what is disputed in it."""
    disputed: list[Disputed] = []
    builder = Builder(source)
    before: list[Statement] = []
    asked: list[Part] = []
    for part in parse_asked(source, disputed, is_function=is_function):
        if part.sign == "=" and _defines(part.left, asked_for, before):
            before.append(builder.assign(part.span, part.left, _side(source, part)))
        else:
            asked.append(part)
    return before, asked, disputed


def _side(source: Source, part: Part) -> Expression:
    """The right side of a part; raises `InputError` for a range."""
    assert part.right is not None
    if isinstance(part.right, Range):
        place = (Mark(source, part.right.span),)
        raise InputError("a range has no place in a formula", place, "it is given beside it: --x 0:3")
    return part.right


def _programs(
    source: Source, before: Sequence[Statement], asked: Sequence[Expression], disputed: Sequence[Disputed]
) -> list[Program]:
    """A program for each expression, with all definitions; what is disputed is told by the first."""
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
