"""What arrays and their shapes are called in annotations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

Shape = tuple[int, ...]

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]
else:
    Array = np.ndarray  # what importing numpy.typing would cost, every start would pay
