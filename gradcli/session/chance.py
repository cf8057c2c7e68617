"""The generators of random numbers that a session has: those that a library's functions share."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from random import Random

    from gradcli.generators.mersenne import Mersenne
    from gradcli.generators.numpys import OfNumPy


class Chance:
    """A session's generators, made when something is first drawn, and the dtype that PyTorch draws in.

    With a `seed` all follow from it; else they begin anywhere until a program seeds them.
    """

    def __init__(self, seed: int | None = None) -> None:
        self.seed = seed
        self.single = True
        """Whether PyTorch's numbers are drawn as float32, as they are unless its default dtype is another."""
        self.is_unseeded = False
        """Whether something was drawn that follows from no seed."""
        self._torch: Mersenne | None = None
        self._numpy: OfNumPy | None = None
        self._python: Random | None = None

    @property
    def torch(self) -> Mersenne:
        """PyTorch's default generator."""
        if self._torch is None:
            from gradcli.generators.mersenne import Mersenne

            self.is_unseeded |= self.seed is None
            self._torch = Mersenne(secrets.randbits(64) if self.seed is None else self.seed)
        return self._torch

    @property
    def numpy(self) -> OfNumPy:
        """What `numpy.random.seed` seeds."""
        if self._numpy is None:
            from gradcli.generators.numpys import OfNumPy

            self.is_unseeded |= self.seed is None
            self._numpy = OfNumPy(self.seed if self.seed is None else self.seed % 2**32)
        return self._numpy

    @property
    def python(self) -> Random:
        """What `random.seed` seeds."""
        if self._python is None:
            from random import Random

            self.is_unseeded |= self.seed is None
            self._python = Random(self.seed)
        return self._python

    def numpys_seed(self) -> int | None:
        """What a generator of NumPy's follows from that is made without a seed: `None` for nothing."""
        if self.seed is None:
            self.is_unseeded = True
        return self.seed

    def seed_torch(self, seed: int) -> None:
        """Seeds PyTorch's default generator; raises `ValueError` for a seed that is out of range."""
        from gradcli.generators.mersenne import Mersenne

        self._torch = Mersenne(seed)

    def seed_numpy(self, seed: Any) -> None:
        """Seeds NumPy's generator; raises `ValueError` for a seed that NumPy does not take."""
        from gradcli.generators.numpys import OfNumPy

        self._numpy = OfNumPy(seed)

    def seed_python(self, seed: Any) -> None:
        """Seeds Python's generator."""
        from random import Random

        self._python = Random(seed)

    def held(self) -> Any:
        """All that it holds."""
        return (
            self.single,
            None if self._torch is None else (self._torch, self._torch.held()),
            None if self._numpy is None else (self._numpy, self._numpy.held()),
            None if self._python is None else (self._python, self._python.getstate()),
        )

    def hold(self, held: Any) -> None:
        """Lets it hold again what it held."""
        self.single, torch, numpy, python = held
        self._torch = self._numpy = self._python = None
        if torch is not None:
            self._torch, state = torch
            self._torch.hold(state)
        if numpy is not None:
            self._numpy, state = numpy
            self._numpy.hold(state)
        if python is not None:
            self._python, state = python
            self._python.setstate(state)

    def copy(self) -> Chance:
        """Another that draws the same from here on."""
        other = Chance(self.seed)
        other.single = self.single
        other._torch = None if self._torch is None else self._torch.copy()
        other._numpy = None if self._numpy is None else self._numpy.copy()
        if self._python is not None:
            other.python.setstate(self._python.getstate())
        return other
