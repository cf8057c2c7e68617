"""Values exactly as PyTorch prints them, for transcripts that can be laid beside a tutorial's.

The layout is that of `torch/_tensor_str.py` (2.13) after `torch.set_default_dtype(torch.float64)`
(and of numbers in float32 the same):
four decimals, 80 columns, more than 1000 elements summarised by three at either end of each axis.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from gradcli.text.values import Value

_PRECISION = 4
_THRESHOLD = 1000
_EDGE = 3
_LINE = 80
_INDENT = len("tensor(")


def torch_text(
    value: Value,
    *,
    requires_grad: bool = False,
    grad_fn: str | None = None,
    integer: bool = False,
    dtype: str = "",
) -> str:
    """What `print(tensor)` shows: `tensor([1.0000, 2.5000], grad_fn=<MulBackward0>)`.

    `integer=True` prints whole numbers as an integer tensor does, `tensor([1, 20])`. A `dtype` is shown where
    it is given, which is for those that are not PyTorch's default.
    """
    array: Any = np.asarray(value)
    if array.size == 0:
        body = "[]"
    else:
        summarise = array.size > _THRESHOLD
        spell, width = _speller(_edges(array) if summarise else array, integer)
        body = _layout(array, _INDENT, spell, width, summarise)
    suffixes = []
    if array.size == 0 and array.ndim != 1:
        suffixes.append(f"size={array.shape}")
    if dtype:
        suffixes.append(f"dtype={dtype}")
    if grad_fn is not None:
        suffixes.append(f"grad_fn=<{grad_fn}>")
    elif requires_grad:
        suffixes.append("requires_grad=True")
    return _with_suffixes("tensor(" + body, suffixes) + ")"


def _edges(array: Any) -> Any:
    """The elements that a summary shows."""
    for axis, size in enumerate(array.shape):
        if size > 2 * _EDGE:
            kept = [*range(_EDGE), *range(size - _EDGE, size)]
            array = array.take(kept, axis=axis)
    return array


def _speller(array: Any, integer: bool) -> tuple[Callable[[Any], str], int]:
    """How to write an element so that all line up, and the width that PyTorch reckons with.

    That width looks at the finite, nonzero elements only, so a `nan` among small whole numbers is
    wider than its column; PyTorch prints it so.
    """
    spell: Callable[[Any], str]
    if array.dtype.kind == "b":
        spell, counted = str, array.ravel()
    elif integer and (np.isfinite(array) & (array == np.rint(array))).all():
        spell, counted = _whole, array.ravel()
    else:
        counted = array[np.isfinite(array) & (array != 0)]
        spell = _float_speller(counted)
    width = max((len(spell(x)) for x in counted.tolist()), default=1)
    return lambda x: spell(x).rjust(width), width


def _float_speller(counted: Any) -> Callable[[float], str]:
    if counted.size == 0:
        return _pointed
    sizes = np.abs(counted)
    least, most = float(sizes.min()), float(sizes.max())
    # The quotient may overflow, which compares as it should.
    if most > 1e8 or least < 1e-4 or most / least > 1000.0:
        return f"{{:.{_PRECISION}e}}".format
    if (counted == np.ceil(counted)).all():
        return _pointed
    return f"{{:.{_PRECISION}f}}".format


def _pointed(x: float) -> str:
    return f"{x:.0f}." if np.isfinite(x) else str(x)


def _whole(x: float) -> str:
    return str(int(x))


def _layout(array: Any, indent: int, spell: Callable[[Any], str], width: int, summarise: bool) -> str:
    if array.ndim == 0:
        return spell(array.item())
    skip = summarise and len(array) > 2 * _EDGE
    parts = [array[:_EDGE], array[-_EDGE:]] if skip else [array]
    if array.ndim == 1:
        texts = [[spell(x) for x in part.tolist()] for part in parts]
        items = [*texts[0], " ...", *texts[1]] if skip else texts[0]
        per_line = max(1, (_LINE - indent) // (width + 2))
        lines = [", ".join(items[i : i + per_line]) for i in range(0, len(items), per_line)]
        between = "\n"
    else:
        blocks = [[_layout(row, indent + 1, spell, width, summarise) for row in part] for part in parts]
        lines = [*blocks[0], "...", *blocks[1]] if skip else blocks[0]
        between = "\n" * (array.ndim - 1)
    return "[" + f",{between}{' ' * (indent + 1)}".join(lines) + "]"


def _with_suffixes(text: str, suffixes: list[str]) -> str:
    """Append what stands after the value, on a new line where it would pass the edge."""
    # PyTorch reckons the last line two columns longer than it is, so it breaks a little early.
    column = len(text) - text.rfind("\n") + 1
    for suffix in suffixes:
        if column + len(suffix) + 2 > _LINE:
            text += ",\n" + " " * _INDENT + suffix
            column = _INDENT + len(suffix)
        else:
            text += ", " + suffix
            column += len(suffix) + 2
    return text
