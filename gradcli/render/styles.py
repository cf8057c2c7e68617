"""How results look: plainly, as numbers that can be typed back in, as JSON, or as PyTorch prints tensors."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np

from gradcli.arrays import Array
from gradcli.lowering.kinds import OWN, PARAMETER
from gradcli.session.results import (
    Entries,
    Formatted,
    GradsChanged,
    Label,
    Listed,
    Nothing,
    Parts,
    Printed,
    Report,
    Result,
    Shown,
    Words,
    is_aside,
)
from gradcli.text.values import labelled, plain, tuple_text


class Style:
    """What all styles share: lines of `print`, and formatted text in them."""

    name = ""
    digits: int | None = None
    """Significant digits of numbers; all where it is not set."""

    def text(self, result: Result) -> str | None:
        """A result as text for stdout, or `None` where there is nothing to print."""
        if isinstance(result, Printed):
            return self._printed(Words(result.parts))
        if isinstance(result, Shown):
            return self._value(result)
        if isinstance(result, Parts):
            return self._tuple(result)
        if isinstance(result, Words):
            printed = self._printed(result)
            return printed if result.bare else repr(printed)
        if isinstance(result, Listed):
            listed = ", ".join([self._element(each) for each in result.parts])
            if result.title == "set":
                return f"{{{listed}}}" if result.parts else "set()"
            listed = f"[{listed}]"
            return f"{result.title}({listed}{result.further})" if result.title else listed
        if isinstance(result, Entries):
            return self._entries(result)
        if isinstance(result, GradsChanged):
            return "\n".join(self._changes(result)) or None
        if isinstance(result, Report):
            text: str = result.found.shown(self.digits)
            return text
        return self._nothing() if isinstance(result, Nothing) else self._label(result)

    def displayed(self, result: Result) -> str | None:
        """A result as a notebook shows the value of a cell: nothing where there is none."""
        return None if isinstance(result, Nothing) else self.text(result)

    def _part(self, part: Any) -> str:
        return self._field(part) if isinstance(part, Formatted) else self._printed(part)

    def _printed(self, result: Any) -> str:
        """A result as it stands in a line of `print`."""
        if isinstance(result, Words):
            return "".join([part if isinstance(part, str) else self._part(part) for part in result.parts])
        return self.text(result) or ""

    def _field(self, field: Formatted) -> str:
        value = field.value
        if isinstance(value, Shown) and value.is_number() and not field.conversion:
            if not field.spec:
                return self._bare(value)
            return value.formatted(field.spec, plain=self.name == "plain")
        if isinstance(value, Words) and not field.conversion:
            return format(self._printed(value), field.spec)
        shown = self.text(value) or "" if field.conversion in ("r", "a") else self._printed(value)
        return format(shown, field.spec)

    def _value(self, shown: Shown) -> str:
        raise NotImplementedError

    def _bare(self, shown: Shown) -> str:
        """One number, as it stands in formatted text."""
        return self._value(shown)

    def _tuple(self, shown: Parts) -> str:
        """A tuple as Python writes one, with the names of its parts where they have any."""
        text = tuple_text([self._element(each) for each in shown.parts], shown.names)
        if not shown.title.startswith(OWN):
            return text
        return shown.title.removeprefix(OWN) + (f"{text[:-2]})" if len(shown.parts) == 1 else text)

    def _element(self, shown: Any) -> str:
        """What stands in a tuple or a list."""
        if isinstance(shown, Parts):
            return self._tuple(shown)
        return self._part_of(shown) if isinstance(shown, Shown) else self.text(shown) or ""

    def _part_of(self, shown: Shown) -> str:
        """A value as it stands in a tuple."""
        return self._value(shown)

    def _entries(self, shown: Entries) -> str:
        """A dictionary as Python writes one."""
        pairs = [f"{self._element(key)}: {self._element(value)}" for key, value in shown.pairs]
        text = f"{{{', '.join(pairs)}}}"
        if shown.missing is not None:
            return f"{shown.title}({shown.missing}, {text})"
        if shown.title == "dict":
            return text
        tuples = [tuple_text([self._element(each) for each in pair], ()) for pair in shown.pairs]
        return f"{shown.title}([{', '.join(tuples)}])" if pairs else f"{shown.title}()"

    def _nothing(self) -> str:
        raise NotImplementedError

    def _label(self, label: Label) -> str:
        raise NotImplementedError

    def _changes(self, changed: GradsChanged) -> list[str]:
        return []


class Plain(Style):
    """Shortest numbers that read back; `digits` shortens them further.

    Arrays of more than `limit` elements are summarised.
    """

    name = "plain"

    def __init__(self, digits: int | None = None, limit: int | None = None) -> None:
        self.digits = digits
        self.limit = limit

    def _value(self, shown: Shown) -> str:
        return plain(shown.measured(), self.digits, limit=self.limit)

    def _part_of(self, shown: Shown) -> str:
        return plain(shown.measured(), self.digits, multiline=False, limit=self.limit)

    def _nothing(self) -> str:
        return "none"

    def _label(self, label: Label) -> str:
        return label.plain

    def _changes(self, changed: GradsChanged) -> list[str]:
        return [self._change(change) for change in changed.changes]

    def _change(self, change: Any) -> str:
        label = f"grad of the earlier {change.earlier}" if change.name is None else f"{change.name}.grad"
        grad = labelled(label, change.grad, self.digits, self.limit)
        if change.passes == 1:  # what it added is the grad itself
            return f"{grad}  # 1 pass"
        if np.ndim(change.added) > 1:
            return f"{grad}  # {change.passes} passes"
        added = plain(change.added, self.digits, limit=self.limit)
        return f"{grad}  # {added} added, {change.passes} passes"


class Torch(Style):
    """What PyTorch prints in a notebook."""

    name = "torch"
    _LIMIT = 1000
    """Arrays of more elements are summarised."""

    def displayed(self, result: Result) -> str | None:
        """A result as IPython shows it: an item a line where a list or a tuple is too wide for one."""
        text = super().displayed(result)
        if text is None or (len(text) <= _IPYTHON_COLUMNS and "\n" not in text):
            return text
        if isinstance(result, Shown) and result.items:
            return _on_lines("[", map(self._value, result.items), "]")
        if isinstance(result, Parts) and not result.title and not result.names:
            parts = [self.displayed(each) or "" for each in result.parts]
            return _on_lines("(", parts, ",)" if len(parts) == 1 else ")")
        return text

    def _value(self, shown: Shown) -> str:
        if shown.uncertainty is not None:
            return self._measured(shown)
        form = shown.kind.form
        shape = getattr(shown.data, "shape", ())
        if form in ("number", "array") and not shape:
            return _number(shown)
        if form == "array":
            with numpys_printing(shown):
                return repr(_array(shown))
        if form == "size" and len(shape) == 1:
            return f"torch.Size({[int(size) for size in shown.data]})"
        if shown.items:
            return "[" + ", ".join([self._value(item) for item in shown.items]) + "]"
        if form == "list":
            whole = shown.kind.whole and shown.data.dtype != bool
            return repr((shown.data.astype(int) if whole else shown.data).tolist())
        from gradcli.render.torch import torch_text

        text = torch_text(
            shown.data,
            requires_grad=shown.requires_grad,
            grad_fn=shown.grad_fn,
            integer=shown.kind.whole,
            dtype="torch.float64" if shown.kind.width == "double" else "",
        )
        return f"Parameter containing:\n{text}" if shown.kind.overload == PARAMETER.overload else text

    def _measured(self, shown: Shown) -> str:
        """A value with its uncertainty, which PyTorch has not, as its tensors look."""
        text = plain(shown.measured(), multiline=False, limit=self._LIMIT, shaped=False)
        grad_fn = f", grad_fn=<{shown.grad_fn}>" if shown.grad_fn else ""
        return f"tensor({text}{', requires_grad=True' if shown.requires_grad else grad_fn})"

    def _printed(self, result: Any) -> str:
        is_array = isinstance(result, Shown) and result.kind.form == "array" and np.ndim(result.data)
        if not is_array:
            return super()._printed(result)
        with numpys_printing(result):
            return str(_array(result))

    def _bare(self, shown: Shown) -> str:
        return self._value(shown) if getattr(shown.data, "shape", ()) else _number(shown)

    def _tuple(self, shown: Parts) -> str:
        if not shown.title or shown.title.startswith(OWN):
            return super()._tuple(shown)
        parts = [self._part_of(each) for each in shown.parts if isinstance(each, Shown)]
        named = [f"{name}={part}" for name, part in zip(shown.names, parts, strict=True)]
        return f"torch.return_types.{shown.title}(\n" + ",\n".join(named) + ")"

    def _nothing(self) -> str:
        return "None"

    def _label(self, label: Label) -> str:
        return label.torch


class Json(Plain):
    """An object of JSON on a line of its own: a `value`, the `grads` that changed, or a `printed` line."""

    name = "json"

    def text(self, result: Result) -> str | None:
        """A result as one line of JSON."""
        from gradcli.text.json import json_text

        if is_aside(result):  # among notes, which people read
            return Plain(self.digits).text(result)
        if isinstance(result, Report):
            return json_text(result.found.to_dict(), self.digits)
        members: dict[str, Any]
        if isinstance(result, GradsChanged):
            grads = {change.name or change.earlier: self._grad(change) for change in result.changes}
            if not grads:
                return None
            members = {"grads": grads}
        elif isinstance(result, Shown | Nothing):
            members = {"value": result.data if isinstance(result, Shown) else None}
            if isinstance(result, Shown) and result.uncertainty is not None:
                members["uncertainty"] = result.uncertainty
        else:
            members = {"printed": Plain(self.digits).text(result)}
        return json_text(members, self.digits)

    def _grad(self, change: Any) -> dict[str, Any]:
        return {"grad": change.grad, "added": change.added, "passes": change.passes}


_IPYTHON_COLUMNS = 79
"""Columns of a line of IPython's pretty printer."""


def _on_lines(opens: str, items: Iterable[str], closes: str) -> str:
    """Items of a list below one another, as IPython's pretty printer breaks it."""
    return opens + ",\n".join(items).replace("\n", "\n ") + closes


def numpys_printing(shown: Shown) -> AbstractContextManager[Any]:
    """Within it NumPy prints as a program has said."""
    return nullcontext() if shown.printing is None else np.printoptions(**shown.printing)


def _number(shown: Shown) -> str:
    """One number as Python writes it, and one of an array that is float32 as NumPy does, in its digits."""
    is_single = shown.kind.form == "array" and shown.data.dtype == np.float32
    return str(shown.data) if is_single else repr(shown.number())


def _array(shown: Shown) -> Array:
    """The array that NumPy has."""
    data: Array = shown.data
    whole = shown.kind.whole and data.dtype != bool and bool(np.isfinite(data).all())
    return data.astype(np.int64) if whole else data
