"""What arrays and their shapes are called in annotations, and what is asked of one again and again."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

Shape = tuple[int, ...]

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]
else:
    Array = np.ndarray  # what importing numpy.typing would cost, every start would pay


def is_finite(data: Any) -> bool:
    """Whether a number is finite, or all in an array; NumPy takes ten times as long for one number."""
    return bool(np.isfinite(data).all()) if np.ndim(data) else math.isfinite(data)
