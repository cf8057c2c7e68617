"""The record of `plot`."""

from gradcli.capabilities.record import Capability, declare
from gradcli.text.options import SECOND_ORDER, TOGETHER, Option

CAPABILITY = Capability(
    declare(
        "plot",
        "A formula and its derivative as curves.",
        """Draws EXPR over a range, and its derivative with a broken line; further formulas beside it. Kinks
are marked, and a curve is open at a pole. Uncertain variables, or a fit that --given brings, give the curve a
band of one standard uncertainty.

A range is a:b or a:b:step, the end included; without a step it has 101 points. With -o the picture is a file,
PNG, SVG or PDF; two ranges draw a contour map into one.

\b
gradcli plot "sin(x**2)" --x -3:3
gradcli plot "exp(-x)*sin(5x)" --x 0:3 --order 2 -o curve.svg
gradcli plot "x**2 - y**2" --x -2:2 --y -2:2 -o saddle.png
gradcli plot "a*exp(-b*t)" --a 2 --b 0.5 --t 0:10 --data measured.csv""",
        (
            Option(
                "--order",
                "The highest derivative, if not the first one of a formula alone.",
                "N",
                kind=int,
                least=0,
                most=9,
            ),
            Option("--data", "Points to draw, from a file.", "FILE"),
            *TOGETHER,
            SECOND_ORDER,
        ),
        ("png", "svg", "pdf"),
        "FORMULA",
    ),
    "plot sin(x**2), x=-3:3",
    suffixes={".png": "png", ".svg": "svg", ".pdf": "pdf"},
    ranges=True,
    uncertain=True,
)
