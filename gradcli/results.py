"""What statements have to show, as data; styles make text of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gradcli.errors import Notice
from gradcli.named import NamedTuple
from gradcli.session import GradChange


class Shown(NamedTuple):
    """A value to show. `plain_number` marks what is a Python number in PyTorch (`item()`)."""

    data: Any
    requires_grad: bool = False
    grad_fn: str | None = None
    plain_number: bool = False


class Nothing(NamedTuple):
    """A grad that is none."""


class Printed(NamedTuple):
    """One line of `print`: values, and text as it stands."""

    parts: tuple[Shown | Nothing | str, ...]


class GradsChanged(NamedTuple):
    """What a backward pass changed."""

    changes: tuple[GradChange, ...]


Result = Shown | Nothing | Printed | GradsChanged
Show = Callable[[Result], None]
Tell = Callable[[Notice], None]
