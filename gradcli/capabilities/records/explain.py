"""The record of `explain`."""

from gradcli.capabilities.record import Capability, declare
from gradcli.text.options import Option

CAPABILITY = Capability(
    declare(
        "explain",
        "The worked solution, step by step.",
        """Shows how EXPR and its derivatives are computed: forward, each step with its value; backward, what
each step hands to those before it, as formula and in numbers. VAR names what it is differentiated in.

\b
gradcli explain "sin(x**2)" --x 4
gradcli explain "x*y + sin(x)" x --x 2 --y 3 --format markdown
gradcli explain "sum((A @ x)**2)" --A "[[1, 2], [3, 4]]" --x 1,1 --forward-mode
gradcli explain "u = x*y; u*exp(u)" --x 1 --y 2 -o lesson.html""",
        (
            Option("--grad-fn", "Say what PyTorch would call each step.", sets=True, default=False),
            Option("--forward-mode", "Explain tangents, from the leaves on.", sets=True, default=False),
            Option("--accumulate", "Explain what a second backward adds.", sets=True, default=False),
        ),
        ("markdown", "latex", "html"),
        "VAR",
    ),
    "explain x*sin(x), x=2",
    backward="accumulate",
    suffixes={".md": "markdown", ".tex": "latex", ".html": "html"},
    in_full=True,
)
