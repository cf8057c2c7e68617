"""The record of `solve`."""

from gradcli.capabilities.record import Capability, declare
from gradcli.text.options import Option

CAPABILITY = Capability(
    declare(
        "solve",
        "Where a formula is 0, or equations hold.",
        """Searches for values of the unknowns at which EXPR is 0, or at which its equations hold, from the
values that are given as starts. Equations stand apart by ;, with = or ==. A range brackets a single unknown.

\b
gradcli solve "x**3 - 2x - 5" x=2
gradcli solve "x**2 + y**2 = 4; x = y" x=1 y=1
gradcli solve "cos(x) - x" --x 0:1
gradcli solve "sin(x) - x/10" --x=-10:10 --all
gradcli solve "x**2 = a" x=1 --fix a=2

What --fix holds is no unknown; the derivatives of the roots in it are shown.""",
        (
            Option("--fix", "Hold a variable, at a value.", "NAME[=VALUE]", multiple=True, default=()),
            Option("--all", "All roots in a range.", sets=True, default=False, into="all_roots"),
            Option("--plot", "Draw the curve with its roots.", sets=True, default=False),
        ),
        ("png", "svg", "pdf"),
    ),
    "solve x**2 + y**2 = 4, x = y, x=1, y=1",
    ranges=True,
    suffixes={".png": "png", ".svg": "svg", ".pdf": "pdf"},
    relations=True,
    equations=True,
    in_full=True,
)
