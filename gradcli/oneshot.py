"""`gradcli eval`: one expression from the command line, answered at once.

People and scripts call it again and again, so its start-up counts: it does without click, whose
import is a tenth of the whole. `cli.py` builds its click command from `OPTIONS`, for help and for
telling what is wrong with an option.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from gradcli.arguments import Words, check_bindings, missing_expression, sort_words
from gradcli.errors import InputError, Notice
from gradcli.source import Source
from gradcli.terminal import tell, write

HELP = """Prints the value of EXPR, and its gradient in every variable.

\b
gradcli eval "sin(x**2)" --x 4
gradcli eval "-x**2" x=-4
gradcli eval "sum(w*x)" --w 1,2,3 --x @inputs.npy --wrt w

Values are expressions: numbers, pi/2, 1,2,3, [[1,2],[3,4]]; @FILE reads .npy, .csv and .txt.
"""


class Option(NamedTuple):
    """One option of the command.

    `choices` are the words that it takes, `limits` the whole numbers; `sets` is the value that a
    flag gives to its parameter; with none of them any text will do.
    """

    name: str
    parameter: str
    help: str
    metavar: str | None = None
    choices: tuple[str, ...] = ()
    limits: tuple[int, int] | None = None
    sets: str | None = None
    default: str | None = None


OPTIONS = (
    Option("--wrt", "wrt", "Only these gradients, as in x,w.", metavar="NAMES"),
    Option(
        "--format", "form", "How to print the answer.", choices=("text", "json", "csv", "tsv"), default="text"
    ),
    Option("--json", "form", "The same as --format json.", sets="json"),
    Option("--digits", "digits", "Significant digits to print.", metavar="N", limits=(1, 17)),
)
"""Every option of the command, but for --help."""

TAKES_VALUE = {"--help": False, **{option.name: option.sets is None for option in OPTIONS}}


def answer(words: Words, wrt: str | None, form: str, digits: int | None) -> None:
    """Evaluates what the words say, and writes the answer; raises `GradcliError`."""
    from gradcli.parser import parse
    from gradcli.syntax import called_in, names_in

    if words.expression is None:
        raise missing_expression(words, TAKES_VALUE)
    source = Source(words.expression)
    program = parse(source)
    used = names_in(program)
    check_bindings(words, used, TAKES_VALUE, called_in(program))

    from gradcli.api import evaluate_source  # and NumPy with it, which no mistake above has to wait for
    from gradcli.reports import REPORTS
    from gradcli.styles import Plain
    from gradcli.values import read_values

    notices: list[Notice] = []
    values = read_values(words.bindings, notices)
    wanted = None if wrt is None else [name.strip() for name in wrt.split(",") if name.strip()]
    for name in wanted or ():
        if not name.isidentifier() and name[:1] != "`":
            raise InputError(
                f"--wrt takes names of variables, and {name} is none",
                hint="a variable that is called wrt gets its value as wrt=3",
            )
    style = Plain(digits)
    found = evaluate_source(
        source,
        {name: data for name, data in values.items() if name in used},
        wanted,
        show=lambda result: write(style.text(result)),
        unbound_hint="give it a value: {name}=4",
    )
    for notice in (*notices, *found.notices):
        tell(notice)
    write(REPORTS[form](found, digits))


def run_plainly(arguments: Sequence[str]) -> bool:
    """Answers the words after `gradcli eval`, unless they need click: for help, or to refuse an option.

    Returns whether it did. Raises `GradcliError`.
    """
    words = sort_words(arguments, TAKES_VALUE)
    settings = _settings(words.options)
    if settings is None or list(arguments) == ["-h"]:
        return False
    answer(words, **settings)
    return True


def _settings(words: Sequence[str]) -> dict[str, Any] | None:
    """The parameters of `answer` that the options give; `None` where one of them is not right."""
    settings: dict[str, Any] = {option.parameter: option.default for option in reversed(OPTIONS)}
    known = {option.name: option for option in OPTIONS}
    rest = iter(words)
    for word in rest:
        name, equals, value = word.partition("=")
        option = known.get(name)
        if option is None or (option.sets is not None and equals):
            return None
        if option.sets is not None:
            settings[option.parameter] = option.sets
            continue
        text = value if equals else next(rest, None)
        if text is None or (option.choices and text not in option.choices):
            return None
        if option.limits is None:
            settings[option.parameter] = text
        elif text.isdecimal() and option.limits[0] <= int(text) <= option.limits[1]:
            settings[option.parameter] = int(text)
        else:
            return None
    return settings
