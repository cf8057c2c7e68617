"""Derivatives as quotients of differentials: `∂f/∂x`, `d/dx x**2`, `d²y/dx²`, and how they are written."""

from __future__ import annotations

import re

_ORDER = r"(?:(?:\^|\*\*)\s*[2-9]|[²³⁴])"
_NAME = r"[^\W\d²³⁴][^\W²³⁴]*"
_ABOVE = rf"[d∂]\s*(?P<order>{_ORDER})?\s*(?P<of>{_NAME}|\([^∂]+?\))?\s*/\s*"
_BELOW = rf"[d∂]\s*({_NAME})({_ORDER})?"
_QUOTIENT = re.compile(rf"{_ABOVE}(?P<below>{_BELOW}(?:\s*{_BELOW})*)")
_SUPERSCRIPTS = {"²": 2, "³": 3, "⁴": 4}


def derivative(text: str) -> str | None:
    """How the quotient is written that begins a text, of what is in it or behind it; `None` if none does."""
    found = _QUOTIENT.match(text)
    if found is None:
        return None
    variables: list[str] = []
    for name, order in re.findall(_BELOW, found["below"]):
        variables += [name] * _order(order)
    of = found["of"] or first_term(text[found.end() :].strip())[0]
    if len(variables) != _order(found["order"]) or not of:
        return None
    whole = of.strip()
    if whole[0] == "(" and _closing(whole) == len(whole) - 1:
        whole = whole[1:-1].strip()
    for variable in variables:
        whole = f"grad({whole}, {variable})"
    return whole


def quotient_end(text: str) -> int:
    """Where the quotient ends that begins a text; 0 if none does."""
    found = _QUOTIENT.match(text)
    return 0 if found is None else found.end()


def first_term(text: str) -> tuple[str, str]:
    """What stands before the next + or - outside of brackets, and the rest."""
    depth = 0
    for place, letter in enumerate(text):
        depth += (letter in "([{") - (letter in ")]}")
        if letter in "+-" and not depth and text[:place].strip() and text[place - 1] not in "^*/(":
            return text[:place].strip(), f" {text[place:]}"
    return text, ""


def _closing(text: str) -> int:
    """Where the bracket is closed that begins a text."""
    depth = 0
    for place, letter in enumerate(text):
        depth += (letter in "([{") - (letter in ")]}")
        if not depth:
            return place
    return -1


def _order(written: str | None) -> int:
    return 1 if not written else _SUPERSCRIPTS.get(written) or int(written.lstrip("^* "))
