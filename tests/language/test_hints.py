"""The hints about other languages name what is really there."""

from __future__ import annotations

import re

import pytest

from gradcli.engine.primitives import TABLE
from gradcli.language.mistakes import functions
from gradcli.language.mistakes import hints as foreign
from gradcli.language.mistakes.latex import translated
from gradcli.language.vocabulary import DISTRIBUTIONS, DRAWS

HINTS = [
    *(
        hint
        for table in (
            foreign.OPERATORS,
            foreign.PREFIXES,
            foreign.CHARACTERS,
            foreign.WORDS,
            functions.ADVICE,
        )
        for hint in table.values()
    ),
    *functions.REWRITTEN.values(),
]


@pytest.mark.parametrize("hint", sorted(set(HINTS)))
def test_every_function_in_a_hint_exists(hint: str) -> None:
    special = {"grad", "jacobian", "hessian", "taylor", "range", "f", "no_grad", "print", *DRAWS}
    called = re.findall(rf"((?:(?:{'|'.join(DISTRIBUTIONS)})\.)?\w+)\(", hint)
    assert {each.replace(".", "_") for each in called} <= {*TABLE} | special


@pytest.mark.parametrize(
    ("call", "hint"),
    [
        (("lg", "x + 1"), "write log10(x + 1)"),
        (("LG", "x"), "write log10(x)"),
        (("root", "x + 1", "3"), "write (x + 1)**(1/3)"),
        (("root", "(x + 1)", "n"), "write (x + 1)**(1/n)"),
        (("root", "x"), "write x**(1/n)"),
        (("c", "1", "2", "3"), "write [1, 2, 3]"),
        (("mmult", "A", "B + C"), "write A @ (B + C)"),
        (("besselh", "0", "x"), "MATLAB has it, and gradcli does not; define it first: besselh(y, x) = …"),
        (("quux", "x"), None),
    ],
)
def test_functions_of_others(call: tuple[str, ...], hint: str | None) -> None:
    name, *arguments = call
    assert functions.function_of_others(name, arguments) == hint


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        (r"\frac{1}{x}", "(1/x)"),
        (r"$x^2$", "x^2"),
        (r"x \cdot y", "x * y"),
        (r"e^{-x^{2}/2}", "e^(-x^2/2)"),
        (r"\sqrt[3]{x+1}", "(x+1)^(1/3)"),
        (r"\sin^2 x + \cos^2(x)", "sin(x)^2 + cos(x)^2"),
        (r"\frac{\sin x}{2\sigma}", "((sin(x))/(2sigma))"),
        (r"\left(x_{1} - \mu\right)^{2}", "(x_1 - mu)^2"),
        (r"\int x dx", None),
        (r"\frac{d}{dx} x^2", "grad(x^2, x)"),
        ("{x}", None),
        ("$" * 1000, None),
    ],
)
def test_latex(text: str, typed: str | None) -> None:
    assert translated(text) == typed


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
