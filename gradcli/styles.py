"""How results look: plainly, as numbers that can be typed back in, or as PyTorch prints tensors."""

from __future__ import annotations

from typing import Any

from gradcli.render import number, plain
from gradcli.results import GradsChanged, Nothing, Printed, Result, Shown


class Plain:
    """Shortest numbers that read back; `digits` shortens them further.

    Arrays of more than `limit` elements are summarised.
    """

    name = "plain"

    def __init__(self, digits: int | None = None, limit: int | None = None) -> None:
        self.digits = digits
        self.limit = limit

    def text(self, result: Result) -> str | None:
        """A result as text for stdout, or `None` where there is nothing to print."""
        if isinstance(result, Printed):
            return " ".join(part if isinstance(part, str) else self.text(part) or "" for part in result.parts)
        if isinstance(result, GradsChanged):
            return "\n".join(self._change(change) for change in result.changes) or None
        return "none" if isinstance(result, Nothing) else plain(result.data, self.digits, limit=self.limit)

    def _change(self, change: Any) -> str:
        grad = plain(change.grad, self.digits, multiline=False, limit=self.limit)
        label = f"grad of the earlier {change.earlier}" if change.name is None else f"{change.name}.grad"
        if change.passes == 1:  # what it added is the grad itself
            return f"{label} = {grad}  # 1 pass"
        added = plain(change.added, self.digits, multiline=False, limit=self.limit)
        return f"{label} = {grad}  # {added} added, {change.passes} passes"


class Torch:
    """What PyTorch prints in a notebook, with float64 as the default dtype."""

    name = "torch"

    def text(self, result: Result) -> str | None:
        """A result as text for stdout, or `None` where PyTorch prints nothing."""
        if isinstance(result, Printed):
            return " ".join(part if isinstance(part, str) else self.text(part) or "" for part in result.parts)
        if isinstance(result, GradsChanged):
            return None
        if isinstance(result, Nothing):
            return "None"
        return self._value(result)

    def _value(self, shown: Shown) -> str:
        if shown.plain_number:
            return _python_number(shown.data)
        from gradcli.torch_style import torch_text

        return torch_text(shown.data, requires_grad=shown.requires_grad, grad_fn=shown.grad_fn)


def _python_number(data: Any) -> str:
    """A number as Python's `print` shows a float, a truth value or a tensor's size."""
    if getattr(data, "shape", ()):
        return "torch.Size([" + ", ".join(number(float(size)) for size in data) + "])"
    return repr(data.item() if hasattr(data, "item") else data)


Style = Plain | Torch


def make_style(name: str, digits: int | None = None) -> Style:
    """The style of that name; `digits` matters to the plain one only."""
    return Torch() if name == "torch" else Plain(digits)
