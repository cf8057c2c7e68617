"""Errors that a program catches, as values: `except ValueError as error: print(error)`."""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Sequence
from typing import Any

from gradcli.lowering.context import Context
from gradcli.lowering.hosts import Text
from gradcli.lowering.kinds import Lowered, Several


class Caught(Text):
    """An error that was caught: what it says is its text, and `called` is the name of its class.

    `kinds` are the names of the classes of the program, and of Python's, from which that inherits.
    """

    title = "an error"
    hint = "print shows what it says"

    def __init__(self, parts: Sequence[Any], called: str, kinds: tuple[str, ...] = ()) -> None:
        super().__init__(parts)
        self.called = called
        self.kinds = kinds

    @property
    def python_type(self) -> str:  # type: ignore[override]
        """The name of its class."""
        return self.called

    def names(self) -> Iterable[str]:
        """What it is made of."""
        return ("args",)

    def represented(self) -> Text:
        """Its class and what it says, as Python's `repr` has it."""
        said = "".join(map(str, self.parts))
        is_key = any(is_kind_of(each, "KeyError") for each in (self.called, *self.kinds))
        return Text((f"{self.called}({said if is_key or not said else repr(said)})",))

    def is_instance(self, of: Any) -> bool:
        """Whether it is of that class, or of one that inherits from it."""
        name = of if isinstance(of, str) else str(getattr(of, "name", ""))
        return any(is_kind_of(each, name) for each in (self.called, *self.kinds))

    def attribute(self, context: Context, name: str) -> Lowered | None:
        """What it was made of."""
        return Several((Text(self.parts),)) if name == "args" else None


def is_error(name: str) -> bool:
    """Whether Python has a class of errors of that name."""
    found = getattr(builtins, name, None)
    return isinstance(found, type) and issubclass(found, BaseException)


def is_kind_of(name: str, of: str) -> bool:
    """Whether an error of one name is one of another, as Python's are; all are `Exception`."""
    if name == of or of in ("Exception", "BaseException"):
        return True
    return is_error(name) and is_error(of) and issubclass(getattr(builtins, name), getattr(builtins, of))
