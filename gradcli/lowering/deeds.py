"""Which functions do something: print, call `backward`, change what is not theirs."""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Any
from weakref import WeakValueDictionary

from gradcli.language.tree import (
    Assert,
    Assign,
    Attribute,
    Call,
    Define,
    Expression,
    ExpressionStatement,
    For,
    Global,
    If,
    Import,
    Leave,
    Name,
    NoGrad,
    Raise,
    Return,
    Statement,
    Subscript,
    Update,
    While,
    Yield,
)
from gradcli.language.walk import is_of_names, walk


def acts(function: Define) -> bool:
    """Whether a function does something, so that its statements are run; else it is what it returns."""
    return _known(function).acts


def updated(function: Define) -> Container[str]:
    """The parameters to which a function does `x += …`: what a tensor that is given there changes by."""
    return _known(function).updated


def generates(function: Define) -> bool:
    """Whether a function gives one item after another: `yield` stands in it, and in no function of it."""
    return _known(function).generates


def returns(function: Define) -> bool:
    """Whether a `return` stands in a function."""
    return _known(function).returns


def calls_super(function: Define) -> bool:
    """Whether a function of a class calls what its class inherits: `super().forward(x)`."""
    return _known(function).calls_super


def _known(function: Define) -> _Known:
    key = id(function)
    known = _KNOWN.get(key)
    if known is None or known.function is not function:
        known = _Known(function)
        _LATELY[key % len(_LATELY)] = known
        _KNOWN[key] = known
    return known


def _yields(function: Define) -> bool:
    stack: list[Any] = [function.body]
    while stack:
        piece = stack.pop()
        if isinstance(piece, Yield):
            return True
        if isinstance(piece, tuple) and not isinstance(piece, Define):
            stack += piece
    return False


def _changes_what_it_is_given(function: Define) -> bool:
    """Whether a function returns nothing, and does `x += …` to a parameter: that is what it is for."""
    pieces = list(walk(function.body))
    if any(isinstance(piece, Return) for piece in pieces):
        return False
    given = {parameter.name for parameter in function.parameters}
    return any(isinstance(piece, Update) and root_of(piece.target) in given for piece in pieces)


class _Known:
    def __init__(self, function: Define) -> None:
        self.function = function
        pieces = list(walk(function.body))
        given = {parameter.name for parameter in function.parameters}
        targets = [piece.target for piece in pieces if isinstance(piece, Update)]
        self.updated = given & {target.name for target in targets if isinstance(target, Name)}
        self.acts = _acts(function.body) or _changes_what_it_is_given(function)
        self.generates = _yields(function)
        self.returns = any(isinstance(piece, Return) for piece in pieces)
        self.calls_super = any(
            isinstance(piece, Call) and isinstance(piece.function, Name) and piece.function.name == "super"
            for piece in pieces
        )


_KNOWN: WeakValueDictionary[int, _Known] = WeakValueDictionary()
_LATELY: list[Any] = [None] * 256
"""Keeps what was asked lately."""


def written(statements: Sequence[Statement]) -> Container[str]:
    """The names of what statements change in place, such as `x` of `x[0] = 1` and of `x.view(-1).add_(1)`.

    That is every name where a function changes what it is given.
    """
    found: set[str] = set()
    given: set[str] = set()
    for piece in walk(statements):
        if isinstance(piece, Update) or (isinstance(piece, Assign) and not is_of_names(piece.target)):
            if not isinstance(piece.target, Attribute) or piece.target.name == "data":
                found.add(root_of(piece.target))
        elif isinstance(piece, Call):
            if isinstance(piece.function, Attribute) and changes(piece.function.name):
                found.add(root_of(piece.function.value))
            for argument in piece.arguments:
                if argument.name == "out" or getattr(piece.function, "name", "") == "shuffle":
                    found.add(root_of(argument.value))
        elif isinstance(piece, Define):
            given |= {parameter.name for parameter in piece.parameters}
    return _Everything() if found & given else found


class _Everything:
    def __contains__(self, name: object) -> bool:
        return True


def changes(method: str) -> bool:
    """Whether a method of tensors, by its name, changes them in place, as PyTorch writes it."""
    return (method[-1:] == "_" and method[-2:] != "__") or method in ("fill", "sort")


def root_of(expression: Expression) -> str:
    """The name of what an expression takes a part of."""
    while not isinstance(expression, Name):
        if isinstance(expression, Call):
            expression = expression.function
        elif isinstance(expression, Attribute | Subscript):
            expression = expression.value
        else:
            return ""
    return expression.name


def _acts(statements: Sequence[Statement]) -> bool:
    """Whether some statements do more than give names to values, and return one."""
    stack = list(statements)
    while stack:
        statement = stack.pop()
        match statement:
            case ExpressionStatement(value=Call()):
                return True
            case Define(body=body) if any(isinstance(each, Global) and each.nearest for each in walk(body)):
                return True  # its own names change later, so they are kept as names
            case ExpressionStatement() | Import() | Leave() | Assert() | Raise() | Define():
                continue
            case Return(value=Name(name="None")):
                return True
            case Return():
                continue
            case Assign(target=target) if is_of_names(target):
                continue
            case Update(target=Name()):
                continue
            case For(body=body, otherwise=further) | While(body=body, otherwise=further):
                stack += (*body, *further)
            case NoGrad(body=body):
                stack += body
            case If(cases=cases):
                stack += [each for case in cases for each in case.body]
            case _:
                return True
    return False
