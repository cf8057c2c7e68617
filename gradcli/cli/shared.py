"""Options that several commands have."""

from __future__ import annotations

from gradcli.text.options import Option

DIGITS = Option("--digits", "Significant digits to print.", "N", kind=int, least=1, most=17)
DEFINITIONS = Option("--def", "Functions from a file.", "FILE", multiple=True, default=(), into="definitions")
FORM = Option(
    "--format",
    "How to print the answer.",
    choices=("text", "json", "csv", "tsv"),
    default="text",
    into="form",
)
JSON = Option("--json", "Short for --format json.", sets="json", into="form")
WRT = Option("--wrt", "Only these gradients, as in x,w.", "NAMES", multiple=True, default=())


def flag(name: str, doc: str) -> Option:
    """An option without a value, which is off where it is not given."""
    return Option(name, doc, sets=True, default=False)
