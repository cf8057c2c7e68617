"""The name that was probably meant."""

from __future__ import annotations

import pytest

from gradcli.text.suggest import did_you_mean

NAMES = [
    "sin",
    "sinh",
    "asin",
    "cos",
    "log",
    "log1p",
    "logsumexp",
    "softplus",
    "sum",
    "x",
    "Y",
    "alpha",
    "beta",
]

SUGGESTIONS = [
    ("sni", "sin"),
    ("sine", "sin"),
    ("snh", "sinh"),
    ("lgo", "log"),
    ("logsumep", "logsumexp"),
    ("softpuls", "softplus"),
    ("aplha", "alpha"),
    ("SIN", "sin"),
    ("Beta", "beta"),
    ("X", "x"),
    ("y", "Y"),
    ("sxx", None),
    ("z", None),
    ("xx", None),
    ("ab", None),
    ("quux", None),
    ("alhpabet", None),
    ("", None),
    ("q" * 20000, None),
]


@pytest.mark.parametrize(("word", "expected"), SUGGESTIONS, ids=[case[0][:20] for case in SUGGESTIONS])
def test_suggestions(word: str, expected: str | None) -> None:
    assert did_you_mean(word, NAMES) == expected
    assert did_you_mean(word, reversed(NAMES)) == expected


def test_a_word_is_never_suggested_for_itself() -> None:
    assert did_you_mean("sin", ["sin", "cos"]) is None
    assert did_you_mean("foo", ["foo", "fo"]) == "fo"


def test_case_decides_between_equals() -> None:
    assert did_you_mean("Alhpa", ["alpha", "ALPHA", "Alpha"]) == "Alpha"
    assert did_you_mean("alhpa", ["alpha", "ALPHA", "Alpha"]) == "alpha"


def test_letters_that_are_swapped_come_before_one_that_is_wrong() -> None:
    for names in (["sin", "shi"], ["shi", "sin"]):
        assert did_you_mean("sni", names) == "sin"


def test_ties_go_to_the_longest_common_beginning_then_the_alphabet() -> None:
    assert did_you_mean("cat", ["bat", "car", "cab", "hat"]) == "cab"
