"""The record of `check`."""

from gradcli.capabilities.record import Capability, declare
from gradcli.text.options import Option

CAPABILITY = Capability(
    declare(
        "check",
        "Whether a derivative is right: gradcli's, or one of yours.",
        """Holds every gradient of EXPR against one that is found by numbers alone: a complex step, or
differences that are extrapolated. Says by how much the two differ, and whether that decides anything.

--claim says what a derivative is, worked out by hand or by a program: a formula is tried at random points
of its domain, and a number at the point given, by its digits. A wrong one is answered with a counterexample,
and with the likely slip.

\b
gradcli check "sin(x**2)" --x 4
gradcli check "sin(x**2)" --claim x="2*x*cos(x**2)"
gradcli check "sin(x**2)" --x 4 --claim x=-7.66127584
gradcli check "x**2*y" --x 1 --y 2 --second

The exit status is 1 where a derivative is wrong, and not where that is left undecided.""",
        (
            Option("--claim", "A derivative to judge.", "NAME=DERIVATIVE", multiple=True, default=()),
            Option("--second", "Check the second derivatives, too.", sets=True, default=False),
            Option("--seed", "What the random points follow from.", "N", kind=int, least=0, default=0),
        ),
    ),
    "check sin(x**2), x: 2*x*cos(x**2)",
    claims=True,
    in_full=True,
)
