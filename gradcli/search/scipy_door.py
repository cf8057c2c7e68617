"""The door to SciPy's optimizers and root finders, imported when the first search begins."""

from __future__ import annotations

from typing import Any

import numpy as np


def optimize() -> Any:
    """The module `scipy.optimize`."""
    import scipy.optimize

    return scipy.optimize


def linalg() -> Any:
    """The module `scipy.linalg`."""
    import scipy.linalg

    return scipy.linalg


def t_quantile(part: float, freedom: Any) -> Any:
    """The value that so great a part of Student's t stays below; nan without a degree of freedom.

    The degrees of freedom may be an array, and infinite.
    """
    import scipy.special

    found = np.where(np.isinf(freedom), normal_quantile(part), scipy.special.stdtrit(freedom, part))
    return np.where(np.asarray(freedom) > 0, found, np.nan)[()]


def normal_quantile(part: float) -> float:
    """The value that so great a part of a normal distribution stays below."""
    import scipy.special

    return float(scipy.special.ndtri(part))
