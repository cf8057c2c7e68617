"""Types of parameters and of what is returned mean nothing."""

from __future__ import annotations


def f(x: int | None = None, y: "int" = 2, *rest: float | str) -> dict[str, int] | None:
    return y if x is None else x


class A:
    def g(self, k: float | str) -> int | float:
        return k


print(f(), f(3), A().g(2))
