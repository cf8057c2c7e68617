"""The subcommands that compute, as data: their words, options and help, and what runs them.

Scripts call them again and again, so their start-up counts: a command line without a mistake is read
here, without click, whose import is a tenth of the whole. `cli.py` makes its click commands of the same
table, for help, for completion, and for telling what is wrong with an option.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from gradcli import __version__
from gradcli.cli.output import hear_interrupts, write
from gradcli.cli.words import Words, sort_plain_words, sort_words
from gradcli.records import NamedTuple


class Option(NamedTuple):
    """One option of a command.

    `choices` are the words that it takes, `limits` the whole numbers (`None`: without end); `sets` is the
    value that a flag gives to its parameter; with none of them any text will do. `multiple` collects the
    values of an option that may be repeated.
    """

    name: str
    parameter: str
    help: str
    metavar: str | None = None
    choices: tuple[str, ...] = ()
    limits: tuple[int, int | None] | None = None
    sets: str | bool | None = None
    default: Any = None
    multiple: bool = False

    def read(self, text: str) -> Any:
        """The value that a text stands for; `None` where it stands for none."""
        if self.choices:
            return text if text in self.choices else None
        if self.limits is None:
            return text
        least, most = self.limits
        if not (text.isascii() and text.isdecimal()) or int(text) < least:
            return None
        return None if most is not None and int(text) > most else int(text)


class Subcommand:
    """A command behind `gradcli`: what its words are, and the function that answers them.

    `formula` commands take an expression and values of its variables, and, with `files`, names of files;
    the others take one file at most. `run` is given the sorted words, the command and the options by
    their parameters; it returns an exit status or nothing, and raises `GradcliError`.
    """

    def __init__(
        self,
        name: str,
        short_help: str,
        full_help: str,
        options: Sequence[Option],
        run: Callable[..., int | None],
        *,
        formula: bool = True,
        files: bool = False,
    ) -> None:
        self.name = name
        self.short_help = short_help
        self.help = full_help
        self.options = tuple(options)
        self.run = run
        self.formula = formula
        self.files = files

    @cached_property
    def takes_value(self) -> dict[str, bool]:
        """Of every option, whether a value follows it."""
        return {"--help": False, **{option.name: option.sets is None for option in self.options}}

    def sort(self, arguments: Sequence[str]) -> Words:
        """The words of the command line by what they are; raises `InputError`."""
        if not self.formula:
            return sort_plain_words(arguments, self.takes_value)
        return sort_words(arguments, self.takes_value, self.files)

    def settings(self, words: Sequence[str]) -> dict[str, Any] | None:
        """The parameters that option words give; `None` where one of them is not right."""
        found: dict[str, Any] = {option.parameter: option.default for option in reversed(self.options)}
        known = {option.name: option for option in self.options}
        rest = iter(words)
        for word in rest:
            name, equals, text = word.partition("=")
            option = known.get(name)
            if option is None or (option.sets is not None and equals):
                return None
            value: Any = option.sets
            if value is None:
                given = text if equals else next(rest, None)
                value = None if given is None else option.read(given)
            if value is None:
                return None
            found[option.parameter] = (*found[option.parameter], value) if option.multiple else value
        return found


def run_plainly(arguments: Sequence[str]) -> tuple[bool, int | None]:
    """Runs the words behind `gradcli`, unless they need click: for help, or to refuse an option.

    Returns whether it did, and the exit status. Raises `GradcliError`.
    """
    if list(arguments) in ([], ["repl"]):
        return True, converse()
    if list(arguments) == ["--version"]:
        write(f"gradcli {__version__}")
        return True, None
    command = SUBCOMMANDS.get(arguments[0])
    if command is None or list(arguments[1:]) == ["-h"]:
        return False, None
    words = command.sort(arguments[1:])
    settings = command.settings(words.options)
    if settings is None or (not command.formula and len(words.files) > 1):
        return False, None
    return True, command.run(words, command, **settings)


def converse() -> int:
    """What `gradcli` does alone: a prompt on a terminal, else the statements of standard input."""
    if sys.stdin is not None and sys.stdin.isatty():
        from gradcli.interactive.start import start

        hear_interrupts()
        return start()
    from gradcli.cli.run import run_script

    hear_interrupts()
    return run_script("-")


def names_in_lists(lists: Sequence[str]) -> tuple[str, ...] | None:
    """The names in lists as `x,w`, as formulas have them; `None` where there is no list."""
    from gradcli.language.builder import normal_name

    if not lists:
        return None
    names = (each.strip() for each in ",".join(lists).split(","))
    return tuple(dict.fromkeys(normal_name(each) for each in names if each))


_DIGITS = Option("--digits", "digits", "Significant digits to print.", metavar="N", limits=(1, 17))
_WRT = Option("--wrt", "wrt", "Only these gradients, as in x,w.", metavar="NAMES", multiple=True, default=())


def _flag(name: str, parameter: str, doc: str) -> Option:
    return Option(name, parameter, doc, sets=True, default=False)


# eval


def _eval(words: Words, command: Subcommand, *, wrt: tuple[str, ...], form: str, digits: int | None) -> None:
    from gradcli.cli.eval import answer

    answer(words, command.takes_value, names_in_lists(wrt), form, digits)


EVAL = Subcommand(
    "eval",
    "Value and all gradients of an expression.",
    """Prints the value of EXPR, and its gradient in every variable.

    \b
    gradcli eval "sin(x**2)" --x 4
    gradcli eval "-x**2" x=-4
    gradcli eval "sum(w*x)" --w 1,2,3 --x @inputs.npy --wrt w

    Values are expressions: numbers, pi/2, 1,2,3, [[1,2],[3,4]]; @FILE reads .npy, .csv and .txt.
    """,
    (
        _WRT,
        Option(
            "--format",
            "form",
            "How to print the answer.",
            choices=("text", "json", "csv", "tsv"),
            default="text",
        ),
        Option("--json", "form", "The same as --format json.", sets="json"),
        _DIGITS,
    ),
    _eval,
)


# run


def _run(words: Words, command: Subcommand, *, style: str, digits: int | None, keep_going: bool) -> int:
    from gradcli.cli.run import run_script

    hear_interrupts()
    (file,) = words.files or ["-"]
    return run_script(file, style=style, digits=digits, keep_going=keep_going)


RUN = Subcommand(
    "run",
    "Run the statements of a file.",
    """Runs the statements of FILE (- is standard input) and prints the values of its expressions.

    Stops at the first error, with exit status 1 if a computation failed, 2 if the text is wrong.
    """,
    (
        Option(
            "--style",
            "style",
            "Print plain numbers, or what PyTorch prints.",
            choices=("plain", "torch"),
            default="plain",
        ),
        _DIGITS,
        _flag("--keep-going", "keep_going", "Go on after an error; the exit status still tells."),
    ),
    _run,
    formula=False,
    files=True,
)


# map and accumulate

_FORMATS = ("csv", "tsv", "jsonl", "npy", "npz", "parquet", "arrow")

_READING = (
    Option("--from", "source_format", "The format of the input.", choices=_FORMATS),
    Option("--csv", "both", "CSV in (and out).", sets="csv"),
    Option("--tsv", "both", "TSV in (and out).", sets="tsv"),
    Option("--jsonl", "both", "JSON lines in (and out).", sets="jsonl"),
    _flag("--no-header", "no_header", "The first line is a row; the columns are c1, c2, …"),
    Option("--names", "names", "The columns of a table without names, as in x,y.", metavar="NAMES"),
    Option("--bind", "binds", "A name of a column.", metavar="NAME=COLUMN", multiple=True, default=()),
    Option("--def", "definitions", "A file of functions.", metavar="FILE", multiple=True, default=()),
    _WRT,
    Option(
        "--on-error",
        "on_error",
        "What to do about a row that cannot be read.",
        choices=("fail", "nan", "skip"),
        default="fail",
    ),
    Option("--na", "na", 'Cells that are read as nan, as in "NA,null,".', metavar="WORDS"),
    _flag("--progress", "progress", "Count the rows on stderr."),
    Option("--digits", "digits", "Significant digits of the results.", metavar="N", limits=(1, 17)),
)
"""The options of every command that reads rows."""


def _table_settings(both: str | None, no_header: bool, na: str | None, **options: Any) -> Any:
    """The settings of a pipeline, from its options."""
    from gradcli.pipelines.table import Settings

    given = options.pop("source_format") or both
    words = () if na is None else tuple(each.strip() for each in na.split(","))
    return Settings(source_format=given, header=not no_header, na=words, **options)


def _map(
    words: Words,
    command: Subcommand,
    *,
    target_format: str | None,
    value: bool,
    gradient: bool,
    only: bool,
    prefix: str,
    **options: Any,
) -> None:
    from gradcli.pipelines.formula import Choice
    from gradcli.pipelines.map import map_rows

    choice = Choice(value or not gradient, gradient or not value, names_in_lists(options["wrt"]), prefix)
    target = target_format or options["both"]
    map_rows(words, command.takes_value, _table_settings(**options), choice, target_format=target, only=only)


MAP = Subcommand(
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
        Option("--to", "target_format", "The format of the output.", choices=_FORMATS),
        _flag("--value", "value", "Append values (and gradients only with --gradient)."),
        _flag("--gradient", "gradient", "Append gradients (and values only with --value)."),
        _flag("--only", "only", "Leave out the columns of the input."),
        Option("--prefix", "prefix", "Put this before the names of new columns.", metavar="TEXT", default=""),
    ),
    _map,
    files=True,
)


def _accumulate(
    words: Words, command: Subcommand, *, mean: bool, every: int | None, form: str, **options: Any
) -> None:
    from gradcli.pipelines.accumulate import Report, accumulate_rows

    wrt = names_in_lists(options["wrt"])
    report = Report(form, mean, every)
    accumulate_rows(words, command.takes_value, _table_settings(**options), wrt, report)


ACCUMULATE = Subcommand(
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
        _flag("--mean", "mean", "Divide by the number of rows."),
        Option("--every", "every", "Print and zero every N rows.", metavar="N", limits=(1, None)),
        Option("--json", "form", "Print JSON, one object a line.", sets="json", default="text"),
    ),
    _accumulate,
    files=True,
)


SUBCOMMANDS = {command.name: command for command in (EVAL, RUN, MAP, ACCUMULATE)}
"""Every subcommand that computes, by its name."""
