"""The record of `budget`."""

from gradcli.capabilities.record import Capability, declare
from gradcli.text.options import UNCERTAINTY

CAPABILITY = Capability(
    declare(
        "budget",
        "How uncertain a value is, and what each variable contributes to that.",
        """Prints the value of EXPR with its standard uncertainty, and for each uncertain variable its
sensitivity coefficient, its contribution and its share of the variance, the greatest first.

\b
gradcli budget "4*pi**2*L/T**2" L="1.000 ± 0.002" T="2.006 ± 0.004"
gradcli budget "V/I" V="5.0 ± 0.1" I="0.20 ± 0.01" --correlation V,I=0.5
gradcli budget "exp(x)" x="1.0 ± 0.3" --samples 1e6""",
        UNCERTAINTY,
    ),
    "budget x*y, x=3 ± 0.1, y=4 ± 0.5",
    uncertain=True,
)
