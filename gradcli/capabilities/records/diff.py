"""The record of `diff`."""

from gradcli.capabilities.record import Capability, declare
from gradcli.text.options import Option

CAPABILITY = Capability(
    declare(
        "diff",
        "The derivative as a formula.",
        """Prints the derivative of EXPR as a person would write it: the bare formula where one is asked for
(by one VAR, or as there is one variable), else a line for each. x,y is the derivative in x, then in y.
With values given the value of the derivative is shown, too.

\b
gradcli diff "sin(x**2)"
gradcli diff "x**3*y**2" x y x,y
gradcli diff "exp(-x**2/2)" --order 2 --format latex
gradcli diff "sum((A @ x - b)**2)" x --shape A=4x3,x=3,b=4
gradcli diff "[x*y, x + y]" --jacobian""",
        (
            Option("--order", "Derivatives of this order.", "N", kind=int, least=1, most=12, default=1),
            Option("--jacobian", "The matrix of all first derivatives.", sets=True, default=False),
            Option("--hessian", "The matrix of all second derivatives.", sets=True, default=False),
            Option("--cse", "Give parts that are repeated a name.", sets=True, default=False),
        ),
        ("latex", "unicode"),
        "VAR",
    ),
    "diff sin(x**2), x",
    suffixes={".tex": "latex"},
    mixed=True,
    in_full=True,
)
