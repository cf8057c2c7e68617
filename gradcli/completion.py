"""What may stand at the cursor: names, attributes, commands and what they take, signs by their names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from gradcli.console import Console


class Candidate(NamedTuple):
    """A text that may replace the last `replaces` characters, how a menu shows it, and a line about it."""

    text: str
    replaces: int
    shown: str
    about: str


def candidates(before: str, console: Console) -> Iterator[Candidate]:
    """Everything that may stand at the end of a text."""
    yield from ()
