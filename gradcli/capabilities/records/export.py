"""The record of `export`."""

from gradcli.capabilities.record import Capability, declare
from gradcli.text.options import Option

CAPABILITY = Capability(
    declare(
        "export",
        "A formula with its gradient, as code of another language.",
        """Prints a function that gives the value of EXPR and every derivative in one pass: in C (C++ too),
Fortran, JavaScript, Python, NumPy, awk, or as a query of SQL. Variables are its arguments, in order of
appearance; one that is given a value is a number in the code.

\b
gradcli export "sin(x**2)*y" --to c
gradcli export "sum((A @ x - b)**2)" --to fortran --shape A=3x2,x=2,b=3
gradcli export "(w*x + b - y)**2" --to sql --table points --wrt w,b w=1 b=0 --sum
gradcli export "exp(-x*y)" -o model.py""",
        (
            Option(
                "--to",
                "The language.",
                choices=("c", "fortran", "javascript", "python", "numpy", "awk", "sql"),
            ),
            Option("--name", "The name of the function.", "NAME", default="f"),
            Option("--arguments", "The arguments in this order, as x,y.", "NAMES"),
            Option("--wrt", "Only these derivatives, as x,y.", "NAMES"),
            Option("--parts", "Only the value, or only the gradient.", choices=("value", "gradients")),
            Option("--hessian", "The second derivatives, too.", sets=True, default=False),
            Option(
                "--dialect",
                "Whose SQL.",
                choices=("duckdb", "postgres", "spark", "sqlite", "bigquery", "snowflake"),
                default="duckdb",
            ),
            Option("--table", "The table that SQL reads.", "NAME", default="t"),
            Option("--sum", "SQL: sums over all rows.", sets=True, default=False),
        ),
    ),
    "export sin(x**2)",
    suffixes={
        ".c": "text",
        ".h": "text",
        ".cc": "text",
        ".cpp": "text",
        ".f90": "text",
        ".js": "text",
        ".mjs": "text",
        ".py": "text",
        ".awk": "text",
        ".sql": "text",
    },
    in_full=True,
)
