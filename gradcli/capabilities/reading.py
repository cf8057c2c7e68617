"""How rows are read: the options of every command that takes files of them."""

from gradcli.streams.formats import BLANKS, FORMATS
from gradcli.text.options import Option

READING = (
    Option("--from", "The format of the input.", choices=(*FORMATS, BLANKS), into="source_format"),
    Option("--csv", "CSV in (and out).", sets="csv", into="both"),
    Option("--tsv", "TSV in (and out).", sets="tsv", into="both"),
    Option("--jsonl", "JSON lines in (and out).", sets="jsonl", into="both"),
    Option("--no-header", "The first line is a row; the columns are c1, c2, …", sets=True, default=False),
    Option("--names", "The columns of a table without names, as in x,y.", "NAMES"),
    Option("--bind", "A name of a column.", "NAME=COLUMN", multiple=True, default=(), into="binds"),
    Option(
        "--on-error",
        "What to do about a row that cannot be read.",
        choices=("fail", "nan", "skip"),
        default="fail",
    ),
    Option("--na", 'Cells that are read as nan, as in "NA,null,".', "WORDS"),
    Option("--decimal-comma", "Numbers of CSV and TSV have a decimal comma: 0,5.", sets=True, default=False),
    Option("--progress", "Count the rows on stderr.", sets=True, default=False),
)
"""The options that say how rows are read."""

SPREAD = (
    Option("--scheduler", "Work on Dask: local, local:N, or tcp://HOST:8786.", "WHERE"),
    Option("--part-size", "MiB of the parts that the rows are divided into.", "N", kind=float, least=0),
)
"""The options that say on which machines rows are."""
