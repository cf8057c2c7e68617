"""Which functions do something: print, call `backward`, change what is not theirs."""

from __future__ import annotations

from collections.abc import Collection, Container, Sequence
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


def changes_elements(function: Define) -> bool:
    """Whether a function changes elements: `self.w.data = x`, `self.w[0] = 1`, `w.add_(1)`."""
    return _known(function).changes_elements


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
        self.updated, others = _updated(pieces, {*given, ""})
        self.acts = others or _acts(function.body) or _changes_what_it_is_given(function)
        self.generates = _yields(function)
        self.changes_elements = written(function.body) != set()
        self.returns = any(isinstance(piece, Return) for piece in pieces)
        self.calls_super = any(
            isinstance(piece, Call) and isinstance(piece.function, Name) and piece.function.name == "super"
            for piece in pieces
        )


def _updated(pieces: Sequence[Any], given: Container[str]) -> tuple[Container[str], bool]:
    """The names of tensors that `x += …` changes, and whether one is neither a function's own nor given.

    A name that is bound to `t.detach()` or `t[1:]` looks at the elements of `t`.
    """
    looks: dict[str, list[tuple[str, bool]]] = {}
    reached: list[str] = []
    for piece in pieces:
        if isinstance(piece, Assign) and isinstance(piece.target, Name):
            looks.setdefault(piece.target.name, []).append(_looked_at(piece.value))
        elif isinstance(piece, Update) and isinstance(piece.target, Name):
            reached.append(piece.target.name)
    found: set[str] = set()
    others = False
    while reached:
        name = reached.pop()
        if name not in found:
            found.add(name)
            for source, by_method in looks.get(name, ()):
                reached.append(source)
                others = others or (by_method and source not in looks and source not in given)
    return found, others


_LOOKING = frozenset(
    (
        *("T", "data", "detach", "flatten", "mT", "narrow", "numpy", "permute", "ravel", "reshape", "select"),
        *("squeeze", "swapaxes", "t", "transpose", "unsqueeze", "view", "view_as"),
    )
)
"""Attributes and methods that give the same elements in another way."""


def _looked_at(expression: Expression) -> tuple[str, bool]:
    """The name of the tensor that an expression only looks at, and whether a method does so; else no name."""
    by_method = False
    while not isinstance(expression, Name):
        if isinstance(expression, Call):
            expression = expression.function
            if not isinstance(expression, Attribute):
                return "", False
        if isinstance(expression, Attribute):
            if expression.name not in _LOOKING:
                return "", False
            by_method = True
        elif not isinstance(expression, Subscript):
            return "", False
        expression = expression.value
    return expression.name, by_method


_KNOWN: WeakValueDictionary[int, _Known] = WeakValueDictionary()
_LATELY: list[Any] = [None] * 256
"""Keeps what was asked lately."""


def written(statements: Sequence[Statement]) -> Collection[str]:
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
    return _Everything(found) if found & given else found


class _Everything(set[str]):
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
