"""The table of primitives: one entry is everything that gradcli knows about a function.

Name lookup, arity, help, completion, the tables in README and man page and the tests read it.
To add a function, add its entry to the file of its family; nothing else changes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gradcli.engine.graph import RULES, Node
from gradcli.engine.primitives import arithmetic, elementwise, entry, linalg, shaping
from gradcli.engine.primitives.entry import (
    ENTRIES,
    TABLE,
    Composite,
    Edge,
    Elementwise,
    Entry,
    Structural,
    grad_fn_name,
)

entry.begin_family("")  # what is made elsewhere says it itself

__all__ = [
    "ENTRIES",
    "OPERATORS",
    "TABLE",
    "Composite",
    "Edge",
    "Elementwise",
    "Entry",
    "Structural",
    "arithmetic",
    "elementwise",
    "function",
    "grad_fn_name",
    "is_function",
    "linalg",
    "shaping",
]

OPERATORS: dict[tuple[str, int], Entry] = {
    (entry.symbol, len(entry.needed)): entry for entry in ENTRIES.made if entry.symbol
}
"""The entry of every operator, by its symbol and the number of its operands."""


def function(name: str) -> Callable[..., Node]:
    """What makes nodes by the entry of a name, whose file is read when it is first called."""

    def of(*arguments: Any) -> Node:
        return TABLE[name].build(*arguments)

    return of


def _total(x: Node, axes: tuple[int, ...]) -> Node:
    """The sum along axes, as a rule for the time before the file of sums is there."""
    from gradcli.engine.primitives.reductions import total

    return total(x, axes)


RULES.setdefault("sum", _total)


def is_function(name: str) -> bool:
    """Whether a name is that of an entry, which is what a parser's hints ask."""
    return name in TABLE
