"""The record of `graph`."""

from gradcli.capabilities.record import Capability, declare
from gradcli.text.options import Option

CAPABILITY = Capability(
    declare(
        "graph",
        "The picture of a formula: what is computed from what.",
        """Draws the computational graph of EXPR as a tree, in DOT, in Mermaid or in SVG. With values given,
they stand there, and so do cotangents, and what passes back along each arrow.

\b
gradcli graph "sin(x**2)*exp(-y)"
gradcli graph "sin(x**2)*exp(-y)" --x 4 --y 0.5
gradcli graph "x*exp(x)" --backward --format dot
gradcli graph "sum((A @ x - b)**2)" --shape A=4x3,x=3,b=4 -o graph.svg""",
        (Option("--backward", "Draw the graph of the gradient.", sets=True, default=False),),
        ("dot", "mermaid", "svg"),
        "VAR",
    ),
    "graph x*sin(x)",
    suffixes={".dot": "dot", ".gv": "dot", ".mmd": "mermaid", ".svg": "svg"},
    backward="backward",
    in_full=True,
)
