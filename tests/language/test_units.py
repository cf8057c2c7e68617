"""What units are in numbers, beside SciPy's."""

from __future__ import annotations

import pytest

from gradcli.language.mistakes.units import converted, value_of

OF_SCIPY = """
    km:kilo ms:milli µs:micro nm:nano GW:giga THz:tera fs:femto g:gram kg:1 min:minute h:hour day:day
    week:week year:Julian_year inch:inch ft:foot yd:yard mi:mile nmi:nautical_mile au:au ly:light_year
    pc:parsec acre:acre hectare:hectare gallon:gallon lb:lb oz:oz mph:mph kmh:kmh knots:knot atm:atm
    psi:psi mmHg:mmHg torr:torr hp:hp Btu:Btu Da:u angstroms:angstrom eV:eV kcal:kilo*calorie bar:bar L:liter
"""


@pytest.mark.parametrize("pair", OF_SCIPY.split())
def test_a_unit_has_its_value_in_the_si(pair: str) -> None:
    from scipy import constants

    unit, _, name = pair.partition(":")
    expected = 1.0
    for factor in name.split("*"):
        expected *= 1 if factor == "1" else getattr(constants, factor)
    assert value_of(unit) == pytest.approx(expected, rel=3e-7)  # Da has another value in each release


@pytest.mark.parametrize("name", ["x", "dx", "dT", "beta", "s2", "meters2", "xs", "sigma", "masses", "is"])
def test_what_is_no_unit_has_no_value(name: str) -> None:
    assert value_of(name) is None


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("5 km to miles", "5*1000/1609.344"),
        ("100 km/h in mph", "100*(1000/3600)/0.44704"),
        ("1.5e3*mm to m", "1.5e3*0.001"),
        ("3 m to m", "3"),
        ("x km to m", None),
        ("5 km to x", None),
        ("3 in xs", None),
    ],
)
def test_a_conversion_is_a_product(text: str, numbers: str | None) -> None:
    assert converted(text) == numbers
