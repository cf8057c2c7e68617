"""Errors that a program catches, as values: `except ValueError as error: print(error)`."""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Sequence
from typing import Any

from gradcli.lowering.context import Context
from gradcli.lowering.hosts import Text
from gradcli.lowering.kinds import Lowered, Several


class Caught(Text):
    """An error that was caught: what it says is its text, and `called` is the name of its class."""

    title = "an error"
    hint = "print shows what it says"

    def __init__(self, parts: Sequence[Any], called: str) -> None:
        super().__init__(parts)
        self.called = called

    @property
    def python_type(self) -> str:  # type: ignore[override]
        """The name of its class."""
        return self.called

    def names(self) -> Iterable[str]:
        """What it is made of."""
        return ("args",)

    def attribute(self, context: Context, name: str) -> Lowered | None:
        """What it was made of."""
        return Several((Text(self.parts),)) if name == "args" else None


def is_kind_of(name: str, of: str) -> bool:
    """Whether an error of one name is one of another, as Python's are; all are `Exception`."""
    if name == of or of in ("Exception", "BaseException"):
        return True
    classes = [getattr(builtins, each, None) for each in (name, of)]
    return all(isinstance(each, type) for each in classes) and issubclass(*classes)  # type: ignore[arg-type]
