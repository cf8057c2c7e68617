"""The door to SciPy's optimizers and root finders, imported when the first search begins."""

from __future__ import annotations

from typing import Any


def optimize() -> Any:
    """The module `scipy.optimize`."""
    import scipy.optimize

    return scipy.optimize


def linalg() -> Any:
    """The module `scipy.linalg`."""
    import scipy.linalg

    return scipy.linalg
