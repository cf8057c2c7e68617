"""NumPy's own generators of random numbers: that of `numpy.random.seed`, and those of `default_rng`."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import numpy as np


class OfNumPy:
    """A generator of NumPy's: a `RandomState`, or a `Generator` where it is `new`.

    Without a seed it begins anywhere. Raises `ValueError` for a seed that NumPy does not take.
    """

    def __init__(self, seed: Any = None, *, new: bool = False) -> None:
        self.new = new
        self.seed(seed)

    def seed(self, seed: Any = None) -> None:
        """Begins anew."""
        self.own: Any = np.random.default_rng(seed) if self.new else np.random.RandomState(seed)

    def held(self) -> Any:
        """All that it holds."""
        return deepcopy(self.own)

    def hold(self, held: Any) -> None:
        """Lets it hold again what it held, which may be wanted once more."""
        self.own = deepcopy(held)

    def copy(self) -> OfNumPy:
        """Another that draws the same from here on."""
        other = OfNumPy(0, new=self.new)
        other.hold(self.own)
        return other
