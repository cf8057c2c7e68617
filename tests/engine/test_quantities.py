"""Constants of nature: every name can be typed, and none loses its uncertainty on the way."""

from __future__ import annotations

import pytest
from mpmath import mp

from gradcli.engine.primitives.quantities import SYMBOLS, found, name_of, quantities, quantity, symbols
from gradcli.engine.primitives.scipy_door import constants, physical_constants
from gradcli.language.layout import scan


def test_every_name_can_be_typed() -> None:
    assert len(quantities()) > 400
    for name in quantities():
        assert [token.kind for token in scan(f"constants.{name}")] == ["NAME", "DOT", "NAME", "$END"], name
    assert len({name_of(words) for words in physical_constants()}) == len(physical_constants())


def test_symbols_are_the_words_of_codata() -> None:
    for name, words in SYMBOLS.items():
        each = quantity(name)
        assert each is not None
        assert (each.value, each.unit, each.uncertainty) == physical_constants()[words]


def test_no_number_of_scipy_hides_an_uncertainty() -> None:
    measured = {value for value, _, uncertainty in physical_constants().values() if uncertainty}
    for name, value in constants().items():
        each = quantity(name)
        assert each is not None
        assert bool(each.uncertainty) == (value in measured), name
        assert each.value == value, name


@pytest.mark.parametrize(
    ("name", "exact"),
    [
        ("golden_ratio", "phi"),
        ("euler_gamma", "euler"),
        ("catalan", "catalan"),
        ("apery", "apery"),
        ("glaisher", "glaisher"),
        ("khinchin", "khinchin"),
        ("pi", "pi"),
    ],
)
def test_constants_of_mathematics_are_the_nearest_doubles(name: str, exact: str) -> None:
    each = quantity(name)
    assert each is not None
    with mp.workdps(40):
        assert each.value == float(getattr(mp, exact))


def test_words_find_constants() -> None:
    assert found("electron mass")[0].name == "m_e"
    assert all("planck" in f"{each.name} {each.words}".lower() for each in found("Planck"))
    assert not found("nothing of that name")
    assert len(symbols()) > 40
