"""No argument of any shape crashes a function: each gives a value, or an error that says what it takes."""

from __future__ import annotations

import itertools
import math
from contextlib import suppress
from typing import Any

import pytest

import gradcli
from gradcli.engine.primitives import ENTRIES, Entry
from gradcli.text.errors import GradcliError

VALUES: dict[str, Any] = {
    "number": 0.5,
    "empty": [],
    "vector": [1.0, 2.0, 3.0],
    "square": [[2.0, 1.0], [1.0, 3.0]],
    "wide": [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]],
    "stack": [[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.5]]],
    "no_columns": [[]],
}
WRITTEN = (*VALUES, "1", "2", "0", "-1", "(0, 1)", "3.5")
STEPS = {0: 1, 1: 1, 2: 9, 3: 227, 4: 4093}
"""Every so many of the combinations of so many arguments are tried: no factor of their number, so that all
arguments occur."""


def combinations(entry: Entry) -> list[tuple[str, ...]]:
    """What the entry is called with: as many arguments as it needs, one more and one fewer."""
    least = len(entry.needed)
    counts = [count for count in (least - 1, least, least + 1) if 0 <= count <= 4]
    return [
        each
        for count in counts
        for each in itertools.islice(itertools.product(WRITTEN, repeat=count), 0, None, STEPS[count])
    ]


@pytest.mark.parametrize("entry", [entry for entry in ENTRIES if entry.name.isidentifier()], ids=str)
def test_arguments_of_any_shape_give_a_value_or_an_error(entry: Entry) -> None:
    for arguments in combinations(entry):
        text = f"{entry.name}({', '.join(arguments)})"
        with suppress(GradcliError):
            gradcli.evaluate(text, {name: VALUES[name] for name in arguments if name in VALUES})


def test_a_function_of_scipys_that_counts_to_its_argument_is_not_asked() -> None:
    for x, value in ((1e12, math.inf), (1e300, math.inf), (math.inf, math.inf), (-1e300, 0.0)):
        assert gradcli.evaluate("hyp1f1(2.5, -3.5, x)", {"x": x}, wrt=[]).value == value
