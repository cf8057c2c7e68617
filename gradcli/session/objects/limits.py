"""What numbers of a dtype can be: `torch.finfo(torch.float32).eps`, `np.iinfo(int).max`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

import numpy as np

from gradcli.engine.graph import constant
from gradcli.language.tree import Call, Name
from gradcli.lowering.context import Context, Whole
from gradcli.lowering.hosts import Text, counted
from gradcli.lowering.kinds import REAL, Host, Lowered, array_kind, widened
from gradcli.lowering.names import called_name, dtype_named
from gradcli.session.acting import Said
from gradcli.trampoline import Rule

_NAMES = ("eps", "max", "min", "tiny", "smallest_normal", "resolution", "bits")
_OF_WHOLE = ("max", "min", "bits")


class Limits(Host):
    """The limits of numbers of a dtype; those of NumPy's real ones are numbers of that width themselves."""

    title = "the limits of a dtype"
    settled = True

    def __init__(self, name: str, library: str) -> None:
        self.library = library
        self.limits: Any = np.iinfo(name) if "int" in name else np.finfo(name)

    def names(self) -> Iterable[str]:
        """What can stand behind its dot."""
        return _OF_WHOLE if isinstance(self.limits, np.iinfo) else _NAMES

    def attribute(self, context: Context, name: str) -> Lowered | None:
        """One of the limits."""
        if name not in self.names():
            return None
        found = getattr(self.limits, name)
        if isinstance(self.limits, np.iinfo) or name == "bits":
            return counted(int(found))
        width = "single" if self.limits.bits == 32 else "double"
        kind = widened(array_kind(False), width) if self.library == "numpy" else REAL
        return constant(float(found)), kind

    def text(self) -> str:
        """As PyTorch begins to print it."""
        kind = "iinfo" if isinstance(self.limits, np.iinfo) else "finfo"
        return f"{kind}(dtype={self.limits.dtype})"


def _limits(library: str, name: str, context: Context, call: Call) -> Rule:
    whole = name == "iinfo"
    shown = {"torch": "torch", "numpy": "np"}.get(library, "jnp")
    hint = f"{shown}.{name}({shown}.{'int64' if whole else 'float32'}).max"
    if len(call.arguments) != 1:
        raise context.wrong(f"{name} takes a dtype", call.span, hint)
    expression = call.arguments[0].value
    if isinstance(expression, Name) and expression.name in ("int", "float"):
        dtype = f"{expression.name}64"
    else:
        dtype = called_name(expression, context) or ""
        if dtype_named(dtype) is None:
            found: Lowered = yield Whole(expression)
            dtype = found.text() if isinstance(found, Text | Said) else ""
    dtype = dtype.rpartition(".")[2]
    dtype = _OTHER_NAMES.get(dtype, dtype)
    if dtype not in (_WHOLE if whole else _REAL):
        sort = "whole" if whole else "floating"
        raise context.wrong(f"{name} takes a dtype of {sort} numbers", expression.span, hint)
    return Limits(dtype, "torch" if library == "torch" else "numpy")


_WHOLE = ("int8", "int16", "int32", "int64", "uint8")
_REAL = ("float16", "float32", "float64")
_OTHER_NAMES = {"float": "float32", "double": "float64", "half": "float16", "int": "int32", "long": "int64"}
"""What PyTorch calls dtypes, too."""

MAKERS: Mapping[str, Callable[[Context, Call], Any]] = {
    f"{library}.{name}": partial(_limits, library, name)
    for library in ("torch", "numpy", "jax.numpy")
    for name in ("finfo", "iinfo")
}
"""What tells them, by its full path."""
