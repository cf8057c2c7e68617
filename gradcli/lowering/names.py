"""What names mean that nobody bound: modules that are looked through, dtypes, calls."""

from __future__ import annotations

from typing import Protocol

from gradcli.language.tree import Attribute, Expression, Imported, Name
from gradcli.language.vocabulary import DTYPES, MODULES, SUBMODULES


class Names(Protocol):
    """What a name may stand for besides a built-in one: a value, or what an import line says."""

    def bound(self, name: str) -> bool:
        """Whether the user has bound a name to a value."""

    def imported(self, name: str) -> Imported | None:
        """What an import line said that a name is."""

    def calls_user(self, function: Expression) -> bool:
        """Whether what is called is the user's own function."""


def module_of(expression: Expression, names: Names) -> str | None:
    """The module that an expression is (`torch` in `torch.nn.functional`), or `None` for a value."""
    while isinstance(expression, Attribute) and expression.name in SUBMODULES:
        expression = expression.value
    if not isinstance(expression, Name) or names.bound(expression.name):
        return None
    imported = names.imported(expression.name)
    if imported is None:
        return MODULES.get(expression.name)
    is_module = imported.member is None or imported.member in SUBMODULES or imported.member in MODULES
    return imported.library if is_module else None


def is_module_path(expression: Expression, names: Names) -> bool:
    """Whether an expression is `torch`, `torch.nn.functional` and so on."""
    return module_of(expression, names) is not None


def called_name(function: Expression, names: Names) -> str | None:
    """The plain name of what is called, modules looked through; `None` for a method or a value."""
    if isinstance(function, Name):
        imported = names.imported(function.name)
        return function.name if imported is None or imported.member is None else imported.member
    if isinstance(function, Attribute) and is_module_path(function.value, names):
        return function.name
    return None


def dtype_of(expression: Expression, names: Names) -> str | None:
    """What the dtype holds that an expression is, as `torch.long`: a value of `DTYPES`, or `None`."""
    if isinstance(expression, Name) and names.bound(expression.name):
        return None
    return DTYPES.get(called_name(expression, names) or "")


def library_of(function: Expression, names: Names) -> str | None:
    """The library whose conventions a call asks for, by a prefix or an import line."""
    if isinstance(function, Attribute):
        return module_of(function.value, names)
    imported = names.imported(function.name) if isinstance(function, Name) else None
    return None if imported is None else imported.library
