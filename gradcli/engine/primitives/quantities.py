"""Constants of nature and of mathematics, which stand behind `constants.`.

Values, units and standard uncertainties are CODATA's recommended ones, as the SciPy that is installed has
them; symbols are those of `scipy.constants`, and of physics' textbooks where it has none. SciPy is imported
when the first is asked for.
"""

from __future__ import annotations

import re
from functools import cache

from gradcli.engine.primitives.scipy_door import constants, physical_constants
from gradcli.records import NamedTuple


class Quantity(NamedTuple):
    """A constant: its name here, what it is, its value, its standard uncertainty (0: exact), its unit."""

    name: str
    words: str
    value: float
    uncertainty: float
    unit: str


SYMBOLS = {
    "c": "speed of light in vacuum",
    "h": "Planck constant",
    "hbar": "reduced Planck constant",
    "e": "elementary charge",
    "k": "Boltzmann constant",
    "k_B": "Boltzmann constant",
    "N_A": "Avogadro constant",
    "R": "molar gas constant",
    "F": "Faraday constant",
    "gravitational_constant": "Newtonian constant of gravitation",
    "fine_structure": "fine-structure constant",
    "G": "Newtonian constant of gravitation",
    "g": "standard acceleration of gravity",
    "alpha": "fine-structure constant",
    "epsilon_0": "vacuum electric permittivity",
    "mu_0": "vacuum mag. permeability",
    "Z_0": "characteristic impedance of vacuum",
    "sigma": "Stefan-Boltzmann constant",
    "Wien": "Wien wavelength displacement law constant",
    "m_e": "electron mass",
    "m_p": "proton mass",
    "m_n": "neutron mass",
    "m_mu": "muon mass",
    "m_u": "atomic mass constant",
    "u": "atomic mass constant",
    "atomic_mass": "atomic mass constant",
    "a_0": "Bohr radius",
    "Rydberg": "Rydberg constant",
    "R_inf": "Rydberg constant",
    "E_h": "Hartree energy",
    "r_e": "classical electron radius",
    "mu_B": "Bohr magneton",
    "mu_N": "nuclear magneton",
    "Phi_0": "mag. flux quantum",
    "G_0": "conductance quantum",
    "K_J": "Josephson constant",
    "R_K": "von Klitzing constant",
    "sigma_e": "Thomson cross section",
    "eV": "electron volt",
    "atm": "standard atmosphere",
}
"""What symbols stand for, by CODATA's words."""

_NUMBERS = {
    "pi": ("the circumference of a circle over its diameter", 3.141592653589793),
    "golden_ratio": ("the golden ratio, (1 + sqrt(5))/2", 1.618033988749895),
    "golden": ("the golden ratio, (1 + sqrt(5))/2", 1.618033988749895),
    "euler_gamma": ("Euler's constant, the limit of 1 + 1/2 + … + 1/n - log(n)", 0.5772156649015329),
    "catalan": ("Catalan's constant, 1 - 1/9 + 1/25 - 1/49 + …", 0.915965594177219),
    "apery": ("Apéry's constant, zeta(3)", 1.2020569031595942),
    "glaisher": ("the Glaisher-Kinkelin constant, exp(1/12 - zeta'(-1))", 1.2824271291006226),
    "khinchin": (
        "Khinchin's constant, the geometric mean of partial quotients",
        2.6854520010653062,
    ),
}
"""Constants of mathematics: what each is, and the double nearest to it."""


def words_of_symbol(symbol: str) -> str | None:
    """What a symbol stands for, without SciPy; `None` where it stands for nothing."""
    number = _NUMBERS.get(symbol)
    return SYMBOLS.get(symbol) if number is None else number[0]


def name_of(words: str) -> str:
    """How CODATA's words are written as a name: `electron mass in u` is `electron_mass_in_u`."""
    return re.sub(r"\W+", "_", words).strip("_").lstrip("0123456789_")


@cache
def quantity(name: str) -> Quantity | None:
    """The constant of a symbol, of CODATA's words, or of a name in `scipy.constants`; `None` of no other."""
    if name in _NUMBERS:
        words, value = _NUMBERS[name]
        return Quantity(name, words, value, 0.0, "")
    words = SYMBOLS.get(name) or _by_name().get(name, "")
    if words:
        value, unit, uncertainty = physical_constants()[words]
        return Quantity(name, words, float(value), float(uncertainty), unit)
    unit_size = constants().get(name)
    return None if unit_size is None else Quantity(name, "", unit_size, 0.0, "")


@cache
def quantities() -> tuple[str, ...]:
    """Every name: the symbols first, then the numbers of mathematics, CODATA's words, and units."""
    return tuple(dict.fromkeys((*SYMBOLS, *_NUMBERS, *_by_name(), *constants())))


def symbols() -> list[Quantity]:
    """What the symbols and the constants of mathematics stand for."""
    return [each for name in (*SYMBOLS, *_NUMBERS) if (each := quantity(name))]


@cache
def _by_name() -> dict[str, str]:
    return {name_of(words): words for words in sorted(physical_constants())}


def found(words: str) -> list[Quantity]:
    """The constants that have every one of some words in what they are called, the plainest first."""
    wanted = words.lower().replace("_", " ").split()
    every = (quantity(name) for name in quantities())
    matching = [each for each in every if each and all(word in _told(each) for word in wanted)]
    once = {each.words or each.name: each for each in reversed(matching)}  # by its symbol, where it has one
    return sorted(once.values(), key=lambda each: (len(each.words or each.name), each.name))


def _told(each: Quantity) -> str:
    return f"{each.name} {each.words}".lower()
