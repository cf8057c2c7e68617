"""What a cell that is no number probably is, and what to do about it."""

from __future__ import annotations

import re
from collections.abc import Callable

from gradcli.streams.chunk import LEFT_OUT, Policy
from gradcli.text.errors import EvaluationError


def not_a_number(place: str, column: str, text: str, policy: Policy) -> EvaluationError:
    """The error for a cell that is no number."""
    if not text.strip():
        words = ",".join(["", *sorted(policy.na)])
        hint = policy.hint(f'--na "{words}" reads it as nan; {LEFT_OUT}')
        return EvaluationError(f"{place}: column {column}: an empty cell", hint=hint)
    shown = text if len(text) <= 60 else text[:57] + "…"
    return EvaluationError(
        f'{place}: column {column}: not a number: "{shown}"', hint=_hint(text.strip(), column, policy)
    )


def _hint(text: str, column: str, policy: Policy) -> str | None:
    if text.casefold() in _MISSING:
        words = ",".join(sorted({*policy.na, text}))
        return policy.hint(f"--na {_in_shell(words)} reads it as nan; {LEFT_OUT}")
    if text == column:
        return policy.hint(f"the header stands there again; {LEFT_OUT}")
    for pattern, told in _KINDS:
        found = re.fullmatch(pattern, text)
        if found is not None:
            return told(found, policy)
    return policy.hint(LEFT_OUT)


_MISSING = frozenset(
    (
        *("na", "n/a", "null", "none", "nil", "missing", "-", "--", ".", "..", "?", "*", "\\n"),
        *("#n/a", "#na", "#div/0!", "#ref!", "#value!", "#name?", "#num!", "#null!"),  # of spreadsheets
        *("1.#ind", "-1.#ind", "1.#qnan", "-1.#qnan"),  # nan, as Windows printed it
    )
)
"""What stands in tables where nothing was measured or computed, in lower case."""


_BETWEEN = " '\u2019\u00a0\u2009\u202f"
"""What stands between groups of digits in some countries: blanks of all kinds, and apostrophes."""


def _in_shell(text: str) -> str:
    """A text as one word of a shell."""
    from shlex import quote

    return quote(text)


def _says(text: str) -> Callable[[re.Match[str], Policy], str]:
    """Says it whatever was found, whose parts `text` may name."""
    return lambda found, policy: found.expand(text)


def _comma_of_either_kind(found: re.Match[str], policy: Policy) -> str:
    hint = f"digits have no commas between them: {found[1]}{found[2]}"
    pointed = f"{found[1]}.{found[2]}"
    return hint + (policy.hint(f"; --decimal-comma reads {pointed}") or f", or {pointed}")


def _decimal_comma(found: re.Match[str], policy: Policy) -> str:
    pointed = f"{found[1]}.{found[2]}"
    told = f"--decimal-comma reads it as {pointed}"
    return policy.hint(told) or f"the decimal sign is a point: {pointed}"


def _together(found: re.Match[str], policy: Policy) -> str:
    return (
        "digits stand with nothing between them: " + re.sub(f"[{_BETWEEN}]", "", found[1]) + (found[2] or "")
    )


def _without_commas(found: re.Match[str], policy: Policy) -> str:
    return "digits stand without commas between them: " + found[0].replace(",", "")


def _bare(found: re.Match[str], policy: Policy) -> str:
    return "a number has no sign or unit beside it: " + found[1].replace(",", "")


def _fraction(found: re.Match[str], policy: Policy) -> str | None:
    above, below = int(found[1]), int(found[2])
    return f"a quotient is written out: {above / below:.12g}" if below else policy.hint(LEFT_OUT)


_KINDS: list[tuple[str, Callable[[re.Match[str], Policy], str | None]]] = [
    (r"([+-]?\d{1,3}),(\d{3})", _comma_of_either_kind),
    (
        r"[+-]?\d{1,3}(\.\d{3})+(,\d+)?",
        lambda found, policy: f"digits stand without points between them: {found[0].replace('.', '')}",
    ),
    (rf"([+-]?\d{{1,3}}(?:[{_BETWEEN}]\d{{3}})+)([.,]\d+)?", _together),
    (r"[\u2212\u2013](\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)", _says(r"a minus is the sign on keyboards: -\1")),
    (r"[+-]?0[xX][0-9a-fA-F]+", lambda found, policy: f"numbers are decimal: {int(found[0], 16)}"),
    (r"([+-]?(?:\d+\.?\d*|\.\d+))[dD]([+-]?\d+)", _says(r"an exponent stands behind e: \1e\2")),
    (
        r"([+-]?\d+\.?\d*)\s*[×x*·]\s*10\s*(?:\^|\*\*)\s*([+-]?\d+)",
        _says(r"a power of ten stands behind e: \1e\2"),
    ),
    (r"\((\d[\d.]*)\)", _says(r"a number that is not positive has a minus: -\1")),
    (
        r"\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?",
        _says("a time is no number; the seconds since some moment are, in a column of their own"),
    ),
    (r"([+-]?\d+),(\d+(?:[eE][+-]?\d+)?)", _decimal_comma),
    (
        r"(?a:[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)",
        _says(r"a blank of another kind than that of keyboards stands beside it: \g<0>"),
    ),
    (r"[+-]?[\d_]+\.?\d*", _says("digits are 0 to 9, with nothing between them")),
    (
        r"(?s:.*\t.*)",
        lambda found, policy: (
            "cells apart by tabs: " + (policy.hint("--tsv") or "the name of such a file ends in .tsv")
        ),
    ),
    (r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", _without_commas),
    (
        r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([T ].*)?",
        _says("a date is no number; the days since some day are, in a column of their own"),
    ),
    (r"([+-]?\d+)/(\d+)", _fraction),
    (
        r"[^\d\s+\-.,#]{0,3}\s*([+-]?(?:\d{1,3}(?:,\d{3})+|\d+)\.?\d*)(?:(?![eE][+-]?\d*$)\s*[^\d\s.,+\-^*×/:=]\S{0,7})?",
        _bare,
    ),
    (r"(?i:true|false|yes|no)", _says("truth values are written 1 and 0")),
    (r"(?s:\[.*)", _says("rows with arrays are read from JSON lines")),
    (r"(?s:#.*)", _says("a comment begins with # and a blank")),
]
"""What cells look like, and what is said of those; the first that fits counts."""
