"""Every word of the language does something, and everything that is done by name is done by a word of it."""

from __future__ import annotations

import pytest

from gradcli.engine.primitives import OPERATORS, TABLE
from gradcli.language.table import ASKING, KEYWORDS
from gradcli.language.vocabulary import WORDS, words_of
from gradcli.lowering import attributes, draws, keyed, lower, pythonic
from gradcli.session import expressions, showing

SAID_ELSEWHERE = {symbol for symbol, _ in OPERATORS} | {
    word for word, kind in KEYWORDS.items() if kind in ASKING
}
"""Keywords that are operators, which have entries, or ask a capability, which has a record."""

DONE = {
    ("statement", "body", "word"): KEYWORDS.keys() - SAID_ELSEWHERE | {"None"},
    ("call", "factory"): lower.SPECIAL.keys() | expressions.FUNCTIONS.keys(),
    ("builtin",): pythonic.BUILTINS.keys(),
    ("attribute",): attributes.ATTRIBUTES.keys() | showing.ATTRIBUTES.keys(),
    ("method", "dtype"): attributes.METHODS.keys() | expressions.METHODS.keys(),
    ("draw",): {
        *(*draws.OF_TORCH, *draws.OF_STATES, *draws.OF_GENERATORS, *draws.OF_PYTHON, *keyed.OF_KEYS),
    },
    ("setting",): expressions.SETTINGS.keys(),
}
"""What is done by name, for the places where a word can stand (`None` is known to `x.grad = None`)."""

MEANS = {"constant": float, "truth": bool, "module": str, "dtype": str}
"""What a word of these places is in itself, which is all that is asked of it."""

READ = ("value", "context", "submodule", "keyword", "idea")
"""Places whose words are read from the vocabulary where they mean something, or mean nothing to a program."""


@pytest.mark.parametrize("places", DONE, ids=" ".join)
def test_every_word_has_a_behaviour_and_every_behaviour_a_word(places: tuple[str, ...]) -> None:
    words = {spelling for word in words_of(*places) for spelling in word.spellings}
    assert words == DONE[places]


@pytest.mark.parametrize("place", MEANS)
def test_what_words_are(place: str) -> None:
    assert all(type(word.means) is MEANS[place] for word in words_of(place))


def test_there_are_no_other_places() -> None:
    assert {word.stands for word in WORDS} == {*MEANS, *READ, *(place for places in DONE for place in places)}


def test_each_word_is_one_entry() -> None:
    said = [(spelling, word.stands) for word in WORDS for spelling in word.spellings]
    assert len(said) == len({*said})
    for word in words_of("call", "factory", "method"):
        is_scipys = word.name == "jvp"  # Bessel's, which is called by its path alone
        assert word.name not in TABLE or is_scipys, f"{word.name} is a function, and said by its entry"
