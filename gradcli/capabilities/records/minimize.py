"""The record of `minimize`."""

from gradcli.capabilities.reading import READING, SPREAD
from gradcli.capabilities.record import Capability, declare
from gradcli.text.options import Option

CAPABILITY = Capability(
    declare(
        "minimize",
        "Where a formula is least, with a verdict on the place.",
        """Searches for values of the variables at which EXPR, a single number, is least, from the values that
are given as starts, by exact gradients and Hessians; says whether the place is a minimum, a saddle point or
flat.

\b
gradcli minimize "(1-x)**2 + 100*(y-x**2)**2" x=-1.2 y=1
gradcli minimize "x**2 + y**2" x=3 y=1 --subject-to "x + y >= 1"
gradcli minimize "(x - a)**2 + x" x=0 --fix a=2
gradcli minimize "log(1 + exp(-s*(a + b*x)))" data.csv a=0 b=0

A variable that --fix holds gets no search; the derivatives of the place and of the value in it are shown.
With FILE… EXPR is summed over their rows, in constant memory, and what has no value is a column.""",
        (
            Option("--fix", "Hold a variable, at a value.", "NAME[=VALUE]", multiple=True, default=()),
            Option(
                "--bounds", "Limits of a variable, as x=0:1, x=0:.", "NAME=A:B", multiple=True, default=()
            ),
            Option(
                "--subject-to", "An equation or inequality to hold.", "RELATION", multiple=True, default=()
            ),
            Option("--mean", "Take the mean over the rows, and not the sum.", sets=True, default=False),
            Option(
                "--method",
                "What iterates; by itself a good choice.",
                choices=("trust-exact", "trust-krylov", "bfgs", "l-bfgs-b", "slsqp"),
            ),
            Option("--maximize", "Search where it is greatest.", sets=True, default=False),
            Option("--start-from", "Search from N random starts too.", "N", kind=int, least=1, most=10000),
            Option("--seed", "What the random starts follow from.", "N", kind=int, least=0, default=0),
            Option("--trace", "Show the path, on stderr.", sets=True, default=False),
            Option("--plot", "Draw it: a curve, or the path over a contour map.", sets=True, default=False),
            *READING,
            *SPREAD,
        ),
        ("png", "svg", "pdf"),
        behind="FILE",
    ),
    "minimize (1-x)**2 + 100*(y-x**2)**2, x=-1.2, y=1",
    suffixes={".png": "png", ".svg": "svg", ".pdf": "pdf"},
    relations=True,
    rows=True,
)
