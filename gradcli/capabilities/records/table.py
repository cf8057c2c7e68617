"""The record of `table`."""

from gradcli.capabilities.record import Capability, declare
from gradcli.text.options import SECOND_ORDER, TOGETHER, Option

CAPABILITY = Capability(
    declare(
        "table",
        "A formula and its derivatives at the points of a range.",
        """Prints a line for each point of a range: the variable, the value of EXPR, its derivative.

A range is a:b or a:b:step, the end included; without a step it has 11 points. Several ranges give every
combination. Further formulas behind the first give columns of their own.

\b
gradcli table "sin(x**2)" --x 0:2:0.25
gradcli table "a*exp(-t)" --a 2 --t 0:3 --format markdown""",
        (
            Option("--order", "The highest derivative.", "N", kind=int, least=0, most=9, default=1),
            *TOGETHER,
            SECOND_ORDER,
        ),
        ("csv", "jsonl", "markdown", "latex"),
        "FORMULA",
    ),
    "table sin(x**2), x=0:2:0.25",
    suffixes={".csv": "csv", ".jsonl": "jsonl", ".md": "markdown", ".tex": "latex"},
    ranges=True,
    uncertain=True,
)
