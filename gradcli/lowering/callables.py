"""Functions as values: what `def` and `lambda` make where they stand in another, and built-in ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gradcli.language.tree import (
    Call,
    Define,
    Expression,
    ExpressionStatement,
    Text,
)
from gradcli.lowering.context import Around, Context, Whole
from gradcli.lowering.kinds import Host, Lowered
from gradcli.trampoline import Rule


class Function(Host):
    """A function of the user's, with the names around the place where it was made (`Around`)."""

    title = "a function"
    hint = "call it with its arguments in round brackets"
    settled = True

    def __init__(self, define: Define, around: Around | None = None) -> None:
        self.define = define
        self.around = around
        self.defaults: dict[str, Any] = {}
        """Values that its parameters have by default, where these were found when it was made."""

    def call(self, context: Context, call: Call) -> Rule:
        """What it gives for the arguments of a call."""
        from gradcli.lowering.functions import user_call

        return user_call(context, self.define, call, around=self.around, defaults=self.defaults)

    def names(self) -> Sequence[str]:
        """What is known of it."""
        return ("__name__", "__doc__")

    def attribute(self, context: Context, name: str) -> Lowered | None:
        """Its name, and the text at its beginning."""
        from gradcli.lowering import hosts

        if name == "__name__":
            return hosts.Text((self.define.name,))
        if name == "__doc__":
            first = self.define.body[0]
            if isinstance(first, ExpressionStatement) and isinstance(first.value, Text):
                return hosts.Text((first.value.value,))
            return hosts.NONE
        return None

    def text(self) -> str:
        """As Python has it, but for its address."""
        return f"<function {self.define.name}>"


class Class(Host):
    """A class of a library, as a value: `act = nn.ReLU`, `type(m) == nn.Linear`; `path` is its full one."""

    title = "a class"
    hint = Function.hint
    settled = True
    python_type = "type"

    def __init__(self, path: str, make: Callable[[Context, Call], Any]) -> None:
        self.path = path
        self.make = make

    def call(self, context: Context, call: Call) -> Any:
        """What it makes."""
        from gradcli.lowering.hosts import as_rule

        return as_rule(self.make(context, call))

    def equals(self, other: Any) -> bool:
        """Whether it is the same class, also where that is the type of a value."""
        path = str(getattr(other, "path", None) or getattr(other, "name", ""))
        return isinstance(other, Host) and other.python_type == "type" and _name(path) == _name(self.path)

    def names(self) -> Sequence[str]:
        """Its name."""
        return ("__name__",)

    def attribute(self, context: Context, name: str) -> Lowered | None:
        """Its name."""
        from gradcli.lowering import hosts

        return hosts.Text((_name(self.path),)) if name == "__name__" else None

    def text(self) -> str:
        """As Python has it."""
        return f"<class '{self.path}'>"


def class_of(context: Context, path: str) -> Class | None:
    """The class of a library that has that path; `None` where nothing makes its objects here."""
    make = None if context.actor is None or not _name(path)[:1].isupper() else context.actor.maker(path)
    return None if make is None else Class(path, make)


def _name(path: str) -> str:
    return path.rpartition(".")[2]


class Builtin(Host):
    """A function of the table, as a value: `act = torch.tanh`; `function` is how it was written."""

    title = "a function"
    hint = Function.hint
    settled = True

    def __init__(self, function: Expression) -> None:
        self.function = function

    def call(self, context: Context, call: Call) -> Any:
        """What it gives for the arguments of a call."""
        return context.rule_for(Whole(call._replace(function=self.function)))

    def equals(self, other: Any) -> bool:
        """Whether it is the same function."""
        return isinstance(other, Builtin) and _last(self.function) == _last(other.function)

    def text(self) -> str:
        """As Python has it."""
        return f"<built-in function {_last(self.function)}>"


def _last(function: Expression) -> str:
    return str(getattr(function, "name", ""))
