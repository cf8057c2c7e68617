"""What `map` and `accumulate` take; apart, as most starts are of something else."""

from __future__ import annotations

from gradcli.capabilities.reading import READING, SPREAD
from gradcli.cli.shared import DEFINITIONS, DIGITS, FORM, JSON, WRT, flag
from gradcli.streams.formats import FORMATS
from gradcli.text.options import SECOND_ORDER, TOGETHER, Declaration, Option

_READING = (
    *READING,
    DEFINITIONS,
    WRT,
    DIGITS._replace(help="Significant digits of the results."),
    Option("--threads", "How many processors may be used, if not all.", "N", kind=int, least=1),
)
"""The options of `map` and `accumulate`."""


MAP = Declaration(
    "map",
    "Rows in, rows with value and gradients out.",
    """Writes the rows of FILE… (or standard input) with the value of EXPR and its gradients appended.

    \b
    gradcli map "y = sin(x**2)" points.csv
    gradcli map "w*x + b" --w 0.5 --b 0 --wrt x,w < points.csv
    seq 5 | gradcli map "sin(x**2)"

    Columns are variables, and --NAME VALUE gives a parameter that is the same in all rows. The
    format follows the extension of FILE (csv, tsv, jsonl, npy, npz, parquet, arrow), else it is CSV.
    """,
    (
        *_READING,
        Option("--to", "The format of the output.", choices=FORMATS, into="target_format"),
        Option(
            "--format",
            "The same as --to; json is an object a line, jsonl.",
            choices=("json", *FORMATS),
            into="target_format",
        ),
        Option("--json", "Short for --format json.", sets="json", into="target_format"),
        flag("--value", "Append values (and gradients only with --gradient)."),
        flag("--gradient", "Append gradients (and values only with --value)."),
        flag("--only", "Leave out the columns of the input."),
        Option(
            "--uncertainty",
            "Standard uncertainties of a column: a column, or a formula.",
            "X=COLUMN",
            multiple=True,
            default=(),
        ),
        *TOGETHER,
        SECOND_ORDER,
        Option("--prefix", "Put this before the names of new columns.", "TEXT", default=""),
        *SPREAD,
        Option(
            "-o", "A file, whole or not at all, or a folder for parts of --scheduler.", "OUT", into="output"
        ),
        flag("--resume", "Go on with a folder of parts that was not finished."),
    ),
    formula=True,
    behind="FILE",
)


ACCUMULATE = Declaration(
    "accumulate",
    "Rows in, summed value and gradients out.",
    """Sums the value of EXPR and its gradients in the parameters over the rows of FILE…

    \b
    gradcli accumulate "(w*x + b - y)**2" --w 1 --b 0 points.csv
    gradcli accumulate "(w*x + b - y)**2" --w 1 --b 0 --mean --every 100 < points.csv

    Parameters are the names that --NAME VALUE gives, and columns are all others. As PyTorch's .grad
    over batches: the gradient of the sum is the sum of the rows' gradients.
    """,
    (
        *_READING,
        flag("--mean", "Divide by the number of rows."),
        Option("--every", "Print and zero every N rows.", "N", kind=int, least=1),
        FORM,
        JSON,
        *SPREAD,
    ),
    formula=True,
    behind="FILE",
)
