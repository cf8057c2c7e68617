"""How NumPy and JAX print values, for pages of theirs: `[1. 2.]`, and `Array([1., 2.], dtype=float32)`.

The arithmetic is in doubles for JAX, too, and its arrays are rounded to float32 where they are shown.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcli.arrays import Array
from gradcli.lowering.kinds import REAL
from gradcli.render.styles import Torch, numpys_printing
from gradcli.session.results import Formatted, Label, Shown

_ARRAYS = ("array", "tensor")
"""The forms of what is an array there."""


class NumPy(Torch):
    """What NumPy prints, and HIPS autograd with it."""

    name = "numpy"

    def _value(self, shown: Shown) -> str:
        if shown.uncertainty is not None or shown.kind.form not in _ARRAYS:
            return self._of_python(shown)
        with numpys_printing(shown):
            return self._repr(self._array(shown))

    def _of_python(self, shown: Shown) -> str:
        if shown.kind.form == "size":
            sizes = [str(int(size)) for size in np.ravel(shown.data)]
            return f"({', '.join(sizes)}{',' if len(sizes) == 1 else ''})"
        return super()._value(shown)

    def _repr(self, array: Any) -> str:
        return repr(array if array.shape else array[()])

    def _array(self, shown: Shown) -> Array:
        """The array that there is."""
        data: Array = np.asarray(shown.data)
        if data.dtype == bool or not shown.kind.whole or not np.isfinite(data).all():
            return data
        return data.astype(np.int64)

    def _printed(self, result: Any) -> str:
        if isinstance(result, Shown) and result.kind.form in _ARRAYS and result.uncertainty is None:
            array = self._array(result)
            with numpys_printing(result):
                return str(array if array.shape else array[()])
        return super()._printed(result)

    def _field(self, field: Formatted) -> str:
        value = field.value
        if isinstance(value, Shown) and value.kind.form in _ARRAYS and not np.shape(value.data):
            if not field.spec and field.conversion != "r":
                return self._printed(value)
            rounded = self._array(value)[()]
            if not value.kind.whole and rounded.dtype != bool:
                value = value._replace(data=np.float64(rounded), kind=REAL)
                field = field if field.conversion == "r" else field._replace(value=value)
        return super()._field(field)

    def _bare(self, shown: Shown) -> str:
        return self._printed(shown)

    def _label(self, label: Label) -> str:
        kind = label.torch.removeprefix("torch.")
        return f"dtype('{kind}')" if kind != label.torch else label.torch


class Jax(NumPy):
    """What JAX prints."""

    name = "jax"

    def _array(self, shown: Shown) -> Array:
        array = super()._array(shown)
        if array.dtype == bool:
            return array
        with np.errstate(over="ignore", invalid="ignore"):
            return array.astype(np.int32 if array.dtype == np.int64 else np.float32)

    def _repr(self, array: Any) -> str:
        begin, kind = "Array(", f"dtype={array.dtype.name}"
        text = f"[], shape={array.shape}"
        if array.size:
            text = np.array2string(array, prefix=begin, suffix=",", separator=", ", max_line_width=_COLUMNS)
        last = len(text) - text.rfind("\n") + 1
        between = " " * len(begin) if last + len(kind) + 2 > _COLUMNS else " "
        return f"{begin}{text},{between}{kind})"


_COLUMNS = 75
"""Columns of a line of NumPy's."""
