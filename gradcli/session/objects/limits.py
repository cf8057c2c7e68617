"""What numbers of a dtype can be: `torch.finfo(torch.float32).eps`, `np.finfo(float).max`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

import numpy as np

from gradcli.engine.graph import constant
from gradcli.language.tree import Call
from gradcli.lowering.context import Context, Whole
from gradcli.lowering.hosts import Text
from gradcli.lowering.kinds import REAL, Host, Lowered, array_kind, widened
from gradcli.lowering.names import dtype_named, dtype_of
from gradcli.session.acting import Said
from gradcli.trampoline import Rule

_NAMES = ("eps", "max", "min", "tiny", "smallest_normal", "resolution", "bits")


class Limits(Host):
    """The limits of floating numbers of a width; those of NumPy are numbers of that width themselves."""

    title = "the limits of a dtype"
    settled = True

    def __init__(self, width: str, library: str) -> None:
        self.width = width
        self.library = library
        self.limits = np.finfo(np.float32 if width == "single" else np.float64)

    def names(self) -> Iterable[str]:
        """What can stand behind its dot."""
        return _NAMES

    def attribute(self, context: Context, name: str) -> Lowered | None:
        """One of the limits."""
        if name not in _NAMES:
            return None
        node = constant(float(getattr(self.limits, name)))
        return node, widened(array_kind(False), self.width) if self.library == "numpy" else REAL

    def text(self) -> str:
        """As PyTorch begins to print it."""
        return f"finfo(dtype=float{self.limits.bits})"


def _limits(library: str, context: Context, call: Call) -> Rule:
    if len(call.arguments) != 1:
        raise context.wrong("finfo takes a dtype", call.span, f"{library}.finfo({library}.float32).eps")
    expression = call.arguments[0].value
    dtype = dtype_of(expression, context)
    if dtype is None:
        found: Lowered = yield Whole(expression)
        name = found.text() if isinstance(found, Text | Said) else ""
        dtype = dtype_named(name.rpartition(".")[2])
    if dtype is None or dtype.width not in ("single", "double"):
        raise context.wrong("finfo takes a dtype of floating numbers", expression.span, "as torch.float32")
    return Limits(dtype.width, library)


MAKERS: Mapping[str, Callable[[Context, Call], Any]] = {
    "torch.finfo": partial(_limits, "torch"),
    "numpy.finfo": partial(_limits, "numpy"),
}
"""What tells them, by its full path."""
