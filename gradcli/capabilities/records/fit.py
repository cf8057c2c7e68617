"""The record of `fit`."""

from gradcli.capabilities.reading import READING, SPREAD
from gradcli.capabilities.record import Capability, declare
from gradcli.text.options import Option

CAPABILITY = Capability(
    declare(
        "fit",
        "The parameters of a model that fit data best.",
        """Fits the model on the right side of EXPR to the column on its left, over the rows of FILE… (or of
standard input), by least squares with exact derivatives. Prints each parameter with its standard error.

\b
gradcli fit "y = b1*(1 - exp(-b2*x))" data.csv --b1 500 --b2 1e-4
gradcli fit "log(y) ~ a + b*x" data.csv
gradcli fit "u = a*exp(-k*t); v = a*(1 - exp(-k*t))" data.csv a=1 k=0.1 --errors s

Names are columns, or parameters with a start; where the model is linear in a parameter it needs none. Beside
= there is ~, for a left side that is no name. Files of any length take no more memory than others.""",
        (
            Option(
                "--errors",
                "Standard errors of what is fitted (one for all formulas, or one for each).",
                "COLUMN|EXPR",
                multiple=True,
                default=(),
            ),
            Option("--absolute", "Do not scale errors by the residuals.", sets=True, default=False),
            Option("--fix", "Hold a parameter, at a value.", "NAME[=VALUE]", multiple=True, default=()),
            Option(
                "--bounds", "Limits of a parameter, as a=0:1, a=0:.", "NAME=A:B", multiple=True, default=()
            ),
            Option(
                "--loss",
                "How large residuals count.",
                choices=("linear", "soft_l1", "huber", "cauchy", "arctan"),
                default="linear",
            ),
            Option(
                "--loss-scale",
                "The residual from which on such a loss counts less.",
                "SIZE",
                kind=float,
                least=1e-300,
                default=1.0,
            ),
            Option(
                "--residuals",
                "Write the rows with fitted value, residual and their errors.",
                sets=True,
                default=False,
            ),
            Option("--plot", "Draw data and curve, too.", sets=True, default=False),
            *READING,
            *SPREAD,
        ),
        ("png", "svg", "pdf"),
        behind="FILE",
    ),
    "fit y = b1*(1 - exp(-b2*x)), b1=500, b2=1e-4",
    suffixes={".png": "png", ".svg": "svg", ".pdf": "pdf"},
    models=True,
    rows=True,
)
