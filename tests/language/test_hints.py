"""The hints about other languages name what is really there."""

from __future__ import annotations

import re

import pytest

from gradcli.engine.primitives import TABLE
from gradcli.language.mistakes import hints as foreign

HINTS = [
    *(
        hint
        for table in (
            foreign.OPERATORS,
            foreign.PREFIXES,
            foreign.CHARACTERS,
            foreign.WORDS,
            foreign.FUNCTIONS,
        )
        for hint in table.values()
    )
]


@pytest.mark.parametrize("hint", sorted(set(HINTS)))
def test_every_function_in_a_hint_exists(hint: str) -> None:
    special = {"grad", "range", "f", "no_grad"}
    assert {*re.findall(r"(\w+)\(", hint)} <= {*TABLE} | special


def test_no_function_of_ours_counts_as_foreign() -> None:
    assert not {*foreign.FUNCTIONS} & {*TABLE}


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("＋", "write `+`"),
        ("）", "write `)`"),
        ("‑", "write `-`"),
        ("⅔", "write `(2/3)*{right}`"),
        ("Ⅷ", "write it with the digits 0 to 9: `8`"),
        ("☃", "this sign is not known here: write it with a function's name"),
        ("\x01", "remove it"),
    ],
)
def test_characters(text: str, hint: str) -> None:
    assert foreign.character_hint(text) == hint
