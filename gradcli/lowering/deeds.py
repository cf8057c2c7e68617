"""Which functions do something: print, call `backward`, change what is not theirs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from weakref import WeakValueDictionary

from gradcli.language.tree import (
    Assert,
    Assign,
    Call,
    Define,
    ExpressionStatement,
    For,
    If,
    Import,
    Leave,
    Name,
    NoGrad,
    Return,
    Statement,
    Update,
    While,
)
from gradcli.language.walk import is_of_names


def acts(function: Define) -> bool:
    """Whether a function does something, so that its statements are run; else it is what it returns."""
    key = id(function)
    known = _KNOWN.get(key)
    if known is None or known.function is not function:
        known = _Known(function, _acts(function.body))
        _LATELY[key % len(_LATELY)] = known
        _KNOWN[key] = known
    return known.acts


class _Known:
    def __init__(self, function: Define, acts: bool) -> None:
        self.function = function
        self.acts = acts


_KNOWN: WeakValueDictionary[int, _Known] = WeakValueDictionary()
_LATELY: list[Any] = [None] * 256
"""Keeps what was asked lately."""


def _acts(statements: Sequence[Statement]) -> bool:
    """Whether some statements do more than give names to values, and return one."""
    stack = list(statements)
    while stack:
        statement = stack.pop()
        match statement:
            case ExpressionStatement(value=Call()):
                return True
            case ExpressionStatement() | Import() | Leave() | Assert() | Define():
                continue
            case Return(value=Name(name="None")):
                return True
            case Return():
                continue
            case Assign(target=target) if is_of_names(target):
                continue
            case Update(target=Name()):
                continue
            case For(body=body) | While(body=body) | NoGrad(body=body):
                stack += body
            case If(cases=cases):
                stack += [each for case in cases for each in case.body]
            case _:
                return True
    return False
