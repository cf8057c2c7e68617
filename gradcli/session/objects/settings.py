"""The arguments of a call by the names of a signature, as modules and functions of libraries take them."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from gradcli.engine.graph import constant
from gradcli.language.tree import Call
from gradcli.lowering.context import Context
from gradcli.lowering.hosts import NONE, Arguments, List, Text, arguments, as_rule
from gradcli.lowering.kinds import COUNT, REAL, Host, Lowered, Several
from gradcli.records import Protocol
from gradcli.text.errors import EvaluationError
from gradcli.text.source import Span
from gradcli.trampoline import Rule


class _HasSettings(Protocol):
    """What tells what it was made with."""

    made_with: dict[str, Any]


_Made = TypeVar("_Made", bound=_HasSettings)

_IGNORED = ("device", "dtype")
"""Settings of every layer that change nothing here."""


class Settings:
    """What a module was made with: the arguments of a call by the names of a signature.

    Raises `InputError` for what the signature has not. Those that are left out have their default.
    """

    def __init__(
        self,
        context: Context,
        name: str,
        signature: str,
        given: Arguments,
        call: Call,
        prefix: str = "nn.",
    ) -> None:
        self.context = context
        self.call = call
        self.name = name
        self.defaults = dict(item.partition("=")[::2] for item in signature.split(", ")) if signature else {}
        names = list(self.defaults)
        if len(given.positional) > len(names):
            told = f"{name} takes {_counted(len(names))}"
            raise context.wrong(told, call.span, f"{prefix}{name}({signature})")
        self.given: dict[str, Lowered] = dict(zip(names, given.positional, strict=False))
        self.spans: dict[str, Span] = dict(zip(names, given.spans, strict=False))
        for key, found in given.named.items():
            if key in _IGNORED:
                continue
            if key not in names or key in self.given:
                problem = f"{name} has no setting {key}" if key not in names else f"{key} is given twice"
                raise context.wrong(problem, given.named_spans[key], f"{prefix}{name}({signature})")
            self.given[key] = found
            self.spans[key] = given.named_spans[key]
        for key, default in self.defaults.items():
            if not default and key not in self.given:
                raise context.wrong(f"{name} needs {key}", call.span, f"{prefix}{name}({signature})")

    def span(self, key: str) -> Span:
        """Where a setting is written, or all of the call."""
        return self.spans.get(key, self.call.span)

    def is_left_out(self, key: str) -> bool:
        """Whether a setting has its default, or is None."""
        return key not in self.given or self.given[key] is NONE

    def number(self, key: str) -> float:
        """A setting that is a number which is known."""
        if key not in self.given:
            return float(self.defaults[key])
        node, _ = self.context.one(self.given[key], self.span(key))
        return self.context.settled_number(node, self.span(key))

    def text(self, key: str) -> str:
        """A setting that is text."""
        if key not in self.given:
            return self.defaults[key].strip("'")
        found = self.given[key]
        if not isinstance(found, Text) or found.plain is None:
            raise self.context.wrong("this must be text in quotes", self.span(key))
        return found.plain

    def integer(self, key: str) -> int:
        """A setting that is a whole number."""
        if key not in self.given:
            return int(self.defaults[key])
        node, _ = self.context.one(self.given[key], self.span(key))
        return self.context.settled_integer(node, self.span(key))

    def count(self, key: str) -> int:
        """A setting that is a whole number, not below 0."""
        found = self.integer(key)
        if found < 0:
            raise self.context.wrong(f"{key} cannot be negative", self.span(key))
        return found

    def flag(self, key: str) -> bool:
        """A setting that is true or false."""
        if key not in self.given:
            return self.defaults[key] == "True"
        node, _ = self.context.one(self.given[key], self.span(key))
        return bool(self.context.known(node, leaves=True))

    def sizes(self, key: str, count: int) -> tuple[int, ...]:
        """A setting that is one whole number for every dimension, or one for each."""
        if key not in self.given:
            return (int(self.defaults[key]),) * count
        found = self.given[key]
        items = found.items(self.context) if isinstance(found, Host) else getattr(found, "parts", None)
        if items is None and not isinstance(found, Several | Host) and found[0].shape:
            return self.shape(key)  # a size of PyTorch's
        parts = [found] if items is None else items
        numbers = [
            self.context.settled_integer(self.context.one(each, self.span(key))[0], self.span(key))
            for each in parts
        ]
        return (numbers[0],) * count if items is None else tuple(numbers)

    def shape(self, key: str) -> tuple[int, ...]:
        """A setting that is the sizes of a shape, of which there may be none."""
        found = self.given.get(key)
        if found is None:
            return ()
        span = self.span(key)
        if isinstance(found, Several | Host):
            items = found.parts if isinstance(found, Several) else found.items(self.context) or ()
            return tuple(
                [self.context.settled_integer(self.context.one(each, span)[0], span) for each in items]
            )
        known = np.asarray(self.context.known(found[0]))
        if known.ndim != 1:
            raise self.context.wrong(f"{key} is a shape", span, f"{key}=(3,)")
        return tuple([int(each) for each in known])

    def shown(self, key: str) -> str:
        """A setting as Python prints it."""
        if key not in self.given:
            return self.defaults[key]
        return self._written(self.given[key], key)

    def _written(self, found: Lowered, key: str) -> str:
        if isinstance(found, Text):
            return repr(found.plain)
        if isinstance(found, Host):
            return found.text()
        if isinstance(found, Several):
            parts = [self._written(each, key) for each in found.parts]
            return f"({', '.join(parts)}{',' * (len(parts) == 1)})"
        node, kind = self.context.one(found, self.span(key))
        known = np.asarray(self.context.known(node, leaves=True))
        if known.shape:
            return str(tuple(int(each) for each in known))
        if known.dtype == bool:
            return str(bool(known))
        return str(int(known)) if kind.whole else str(float(known))

    def kept(self, key: str) -> Any:
        """A setting as a module keeps it: text as it is, and else what `Context.keep` keeps."""
        found = self.given[key]
        return found.plain if isinstance(found, Text) else self.context.keep(found, self.span(key))

    def of(self, module: _Made) -> _Made:
        """A module that has been made with them, and tells them under their names."""
        module.made_with = {key: self.kept(key) for key in self.given}
        for key, default in self.defaults.items():
            if key not in self.given:
                known = ast.literal_eval(default)
                found = NONE if known is None else Text((known,)) if isinstance(known, str) else None
                whole = isinstance(known, int)
                made = found or (constant(known), COUNT if whole else REAL)
                module.made_with[key] = self.context.keep(made, self.call.span)
        return module


def asked(
    signature: str, make: Callable[[Context, Call, Settings], Any], *, prefix: str
) -> Callable[[Context, Call], Rule]:
    """What answers a function of a library, or a rule that does, with the settings of a signature."""

    def answer(context: Context, call: Call) -> Rule:
        given: Arguments = yield arguments(context, call)
        name = str(getattr(call.function, "name", ""))
        settings = Settings(context, name, signature, given, call, prefix=prefix)
        return (yield as_rule(make(context, call, settings)))

    return answer


def plain(context: Context, found: Lowered, span: Span, *, counts: bool = False) -> Any:
    """What Python and NumPy have for a value whose numbers are known: a number, an array, a text, a list.

    Raises `EvaluationError` where they are not, or where a derivative would get lost: unless it `counts`,
    which has none.
    """
    if isinstance(found, Text):
        return found.plain
    if isinstance(found, Several | List):
        parts = found.parts if isinstance(found, Several) else found.items(context)
        items = [plain(context, each, span, counts=counts) for each in parts]
        return tuple(items) if isinstance(found, Several) else items
    if found is NONE:
        return None
    node, kind = context.one(found, span)
    if node.tracked and not counts:
        told = f"{context.text(span)} requires grad, and nothing is differentiated here"
        raise EvaluationError(told, (context.mark(span),), "write x.detach() for its numbers alone")
    known = context.numbers(context.where_taken(node) if counts else node, span)
    known = known.astype(np.int64) if kind.whole and known.dtype != bool else known
    if kind.form == "size":
        return tuple(known.tolist())
    return known.tolist() if kind.form in ("number", "list") else known


def _counted(count: int) -> str:
    return f"{count} setting{'' if count == 1 else 's'}" if count else "no settings"
