"""Questions about a tree: which names are in it, and where. Nothing here is recursive."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeGuard

from gradcli.language.tree import (
    Assign,
    Attribute,
    Binary,
    Call,
    ClassDefinition,
    Define,
    Expression,
    ExpressionStatement,
    For,
    Name,
    Program,
    Read,
    Sequence,
    Spread,
    Statement,
    Vector,
    Zero,
)
from gradcli.text.source import Span


def walk(tree: object) -> Iterator[Any]:
    """Every piece of syntax in a tree (or in several), in order: what holds another piece comes before it.

    The names of what is called are left out; a call's `function` has them.
    """
    stack = [tree]
    while stack:
        piece = stack.pop()
        if not isinstance(piece, tuple) or piece.__class__ is Span:
            continue
        if piece.__class__ is not tuple:
            yield piece
        if piece.__class__ is Call:
            stack.extend(reversed(piece.arguments))
            if isinstance(piece.function, Attribute | Call):
                stack.append(piece.function)
        else:
            stack.extend(reversed(piece))


def names_in(program: Program) -> list[str]:
    """Every name that stands for a value in a program, in order, each once (functions' names are not)."""
    return _names(program.statements)


def called_in(program: Program) -> dict[str, Span]:
    """Every name that is called as a function in a program, in order, and where it is first."""
    found: dict[str, Span] = {}
    for piece in walk(program.statements):
        if isinstance(piece, Call) and isinstance(piece.function, Name):
            found.setdefault(piece.function.name, piece.function.span)
    return found


def names_used(statement: Statement) -> list[str]:
    """Every name that stands for a value in a statement (and those that it binds), in order, each once."""
    return _names(statement)


def uses(program: Program) -> Iterator[tuple[Statement, set[str]]]:
    """Each statement with every name that stands for a value in it or before it (but as its target)."""
    used: set[str] = set()
    for statement in program.statements:
        used.update(_names(statement[2:] if bound_by(statement) else statement))
        yield statement, used


def free_in(program: Program) -> list[str]:
    """Every name whose value a program takes from outside, in order, each once.

    What a statement has bound before is none, and neither is a parameter or the variable of a loop.
    """
    bound: set[str] = set()
    free: dict[str, None] = {}
    for statement in program.statements:
        given = bound_by(statement)
        own: set[str] = set()
        if isinstance(statement, Define):
            own = {parameter.name for parameter in statement.parameters}
        elif isinstance(statement, ClassDefinition):
            own = {each.name for method in statement.methods for each in method.parameters}
        elif isinstance(statement, For):
            own = {name.name for name in names_of(statement.target)}
        names = _names(statement[2:] if given else statement)
        free.update(dict.fromkeys(name for name in names if name not in bound | own))
        bound.update(name.name for name in given)
    return list(free)


def bound_by(statement: Statement) -> list[Name]:
    """The names to which a statement gives values, as its targets; none of `x.grad = …`."""
    return names_of(statement.target) if isinstance(statement, Assign | Read) else []


def names_of(target: Expression) -> list[Name]:
    """The names in what is assigned to: one, or several side by side, from left to right."""
    if isinstance(target, Name):
        return [target]
    if isinstance(target, Spread):
        return names_of(target.value)
    return [name for item in target.items for name in names_of(item)] if is_listed(target) else []


def is_of_names(target: Expression) -> bool:
    """Whether what is assigned to is a name, or several, and no part of a value."""
    if isinstance(target, Spread):
        return is_of_names(target.value)
    return isinstance(target, Name) or (is_listed(target) and all(is_of_names(item) for item in target.items))


def is_starred(expression: Expression) -> bool:
    """Whether an expression stands for all that is left: `*rest`."""
    return isinstance(expression, Spread)


def is_listed(target: Expression) -> TypeGuard[Sequence | Vector]:
    """Whether what is assigned to stands side by side."""
    return isinstance(target, Sequence | Vector)


def _names(tree: object) -> list[str]:
    found: dict[str, None] = {}
    for piece in walk(tree):
        if isinstance(piece, Name):
            found.setdefault(piece.name)
        elif isinstance(piece, Binary) and piece.operator == "/":
            from gradcli.language.quotients import quotient

            derivative = quotient(piece)
            if derivative is not None:
                found.setdefault(derivative.variable.name)
    return list(found)


def zero_as_name(program: Program) -> Program:
    """The program with a variable that is called `zero` where its last statement is `zero` alone."""
    *before, last = program.statements or (None,)
    if not isinstance(last, Zero) or last.names:
        return program
    named = ExpressionStatement(last.span, Name(last.span, "zero"), False)
    return program._replace(statements=(*before, named))
