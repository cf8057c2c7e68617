"""Units of measurement, of which the language has none: what `5 km` and `60 mph to m/s` are in numbers.

Values are those of the SI (BIPM, The International System of Units, 9th edition, 2019; its table 8 for units
beside it), of the international yard and pound (1959), and of the IAU for astronomical lengths.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

from gradcli.language.mistakes.place import Place
from gradcli.text.errors import ParseError


def _table(text: str) -> dict[str, str]:
    """Values by name, from lines of a value and the names of units that have it."""
    return {name: value for value, *names in map(str.split, text.strip().split("\n")) for name in names}


_SYMBOLS = _table("""
    1                      m s A K N J W C V F S T H Ω mol cd Hz Pa Wb lm lx Bq Gy Sv kat ohm
    1e-3                   g L l
    1.602176634e-19        eV
    1e5                    bar
    4.184                  cal
    3600                   Wh
    3.0856775814913673e16  pc
""")
"""What takes a prefix, as `km` and `meV`."""

_PREFIXES = {
    "T": 12,
    "G": 9,
    "M": 6,
    "k": 3,
    "c": -2,
    "m": -3,
    "µ": -6,
    "μ": -6,
    "u": -6,
    "n": -9,
    "p": -12,
    "f": -15,
}

_WORDS = _table("""
    1      meter metre second ampere kelvin mole newton joule watt volt farad pascal hertz coulomb tesla
    1e-3   gram liter litre
    4.184  calorie
""")
"""What takes a prefix that is a word, as `kilometer`, and an s where there are several."""

_WORD_PREFIXES = {"giga": 9, "mega": 6, "kilo": 3, "centi": -2, "milli": -3, "micro": -6, "nano": -9}

_ALONE = _table("""
    60                   min minute
    3600                 h hr hour
    86400                day
    604800               week
    31557600             yr year
    1e-10                Å angstrom
    0.1                  dm
    1e-4                 dL dl
    100                  hPa
    0.0254               inch inches
    0.3048               ft foot feet
    0.9144               yd yard
    1609.344             mi mile
    1852                 nmi
    149597870700         au AU
    9460730472580800     ly lightyear
    4046.8564224         acre
    10000                hectare
    0.003785411784       gallon
    0.45359237           lb pound
    0.028349523125       oz ounce
    1000                 ton tonne
    1.66053906892e-27    Da
    0.44704              mph
    0.2777777777777778   kmh kph
    0.5144444444444445   knot
    101325               atm
    6894.757293168361    psi
    133.322387415        mmHg
    133.32236842105263   torr
    745.6998715822702    hp horsepower
    1055.05585262        BTU Btu btu
""")
"""What takes no prefix."""


def value_of(unit: str) -> float | None:
    """What a unit is in units of the SI; `None` for a name that is no unit. A gram is 0.001."""
    for name in (unit, unit.removesuffix("s")):
        text, power = _ALONE.get(name) or _SYMBOLS.get(name) or _WORDS.get(name), 0
        if text is None:
            for prefixes, known in ((_PREFIXES, _SYMBOLS), (_WORD_PREFIXES, _WORDS)):
                for prefix, exponent in prefixes.items():
                    rest = name.removeprefix(prefix)
                    if rest != name and rest in known:
                        text, power = known[rest], exponent
        if text is not None and (name == unit or len(name) > 2):
            return float(Decimal(text).scaleb(power))
    return None


def plain(unit: str) -> str:
    """The value of a unit as it is typed."""
    return repr(value_of(unit)).removesuffix(".0")


_NAMED = re.compile(r"(?<![\w.])[^\W\d]\w*(?![\w(])")
_GIVEN = re.compile(r"(?<![\w.])([^\W\d]\w*)\s*=(?!=)")
"""A name that is given a value."""


def units_meant(text: str, start: int, name: str, is_known: Callable[[str], bool]) -> list[str]:
    """The units of a formula that stand for no value, where a name at `start` is one; else none.

    A single letter is a unit behind a number and a blank, or where there are others.
    """
    if value_of(name) is None:
        return []
    known = {each[1] for each in _GIVEN.finditer(text)}
    found = [each for each in dict.fromkeys(_NAMED.findall(text)) if each not in known and not is_known(each)]
    units = [each for each in found if value_of(each) is not None]
    behind = re.search(r"[\d.)](\s*)\*?\s*$", text[:start])
    if len(units) < len(found) or (behind is None and not any(len(each) > 1 for each in units)):
        return []
    if len(units) == 1 and len(name) == 1 and not (behind and behind[1]):
        return []
    return units


def advice(units: list[str]) -> str:
    """What to do about units: `give it its value in SI units, km=1000`."""
    values = ", ".join(f"{each}={plain(each)}" for each in units)
    which = "it its value" if len(units) == 1 else "each its value"
    return f"there are no units here: give {which} in SI units, {values}"


_CONVERSION = re.compile(
    r"\s*(?P<number>[\d.]+(?:[eE][-+]?\d+)?)\s*\*?\s*(?P<old>[^\W\d][\w/*^]*)"
    r"\s+(?:to|in|into|as)\s+(?P<new>[^\W\d][\w/*^]*)\s*"
)


def converted(text: str) -> str | None:
    """What `5 km to miles` and `60 mph in km/h` are, in numbers; `None` for all else."""
    found = _CONVERSION.fullmatch(text)
    if found is None or any(
        value_of(each) is None for each in _NAMED.findall(found["old"] + " " + found["new"])
    ):
        return None
    old, new = ((_in_numbers(found[each])) for each in ("old", "new"))
    times = "" if old == "1" else f"*{old}"
    return f"{found['number']}{times}" + ("" if new == "1" else f"/{new}")


def _in_numbers(units: str) -> str:
    """A product of units with their values in their place."""
    values = _NAMED.sub(lambda each: plain(each[0]), units)
    return values if values == plain(units) else f"({values})"


def conversion(place: Place) -> ParseError | None:
    """`5 km to miles`, which is a number by other numbers."""
    if (number := converted(place.statement_text())) is None:
        return None
    return place.fail("there are no units here", place.guilty.span, f"write `{number}`")
