"""`gradcli map` and `gradcli accumulate`: from words to a request for the rows of files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gradcli.cli.output import tell
from gradcli.cli.uncertainty import read_correlation
from gradcli.cli.values import read_values
from gradcli.cli.words import Words, check_bindings, check_options, missing_expression, names_in_lists
from gradcli.language.builder import normal_name
from gradcli.language.walk import free_in
from gradcli.pipelines.accumulate import Report, accumulate_rows
from gradcli.pipelines.formula import Choice, RowFormula
from gradcli.pipelines.map import map_rows
from gradcli.pipelines.request import Request, Settings
from gradcli.session.files import read_functions
from gradcli.session.given import read_given
from gradcli.streams.formats import format_of
from gradcli.text.errors import InputError, Notice
from gradcli.text.options import Declaration
from gradcli.text.source import Source


def map_words(
    words: Words,
    declared: Declaration,
    *,
    target_format: str | None,
    value: bool,
    gradient: bool,
    only: bool,
    prefix: str,
    wrt: Sequence[str],
    **options: Any,
) -> None:
    """Writes the rows with their results; raises `GradcliError`."""
    choice = Choice(value or not gradient, gradient or not value, names_in_lists(wrt), prefix)
    request = _request(words, declared, lambda _: choice, **options)
    target = "jsonl" if target_format == "json" else target_format or options["both"]
    map_rows(request, tell, target_format=target, only=only)


def accumulate_words(
    words: Words,
    declared: Declaration,
    *,
    mean: bool,
    every: int | None,
    form: str,
    wrt: Sequence[str],
    **options: Any,
) -> None:
    """Prints the sums over the rows; raises `GradcliError`."""
    wanted = names_in_lists(wrt)

    def choose(parameters: Sequence[str]) -> Choice:
        for name in wanted or ():
            if name not in parameters:
                raise InputError(
                    f"{name} is not a parameter, so it has no gradient that adds up",
                    hint=f"give it a value: {name}=0.5; gradcli map gives the gradient of each row",
                )
        return Choice(wrt=tuple(parameters) if wanted is None else wanted, last=True)

    accumulate_rows(_request(words, declared, choose, **options), tell, Report(form, mean, every))


def _request(
    words: Words,
    declared: Declaration,
    choose: Callable[[Sequence[str]], Choice],
    *,
    definitions: Sequence[str],
    uncertainty: Sequence[str] = (),
    correlation: Sequence[str] = (),
    given: str | None = None,
    **settings: Any,
) -> Request:
    """What the words ask for; `choose` says what to compute, from the names of the parameters.

    Tells how disputed texts were read; raises `GradcliError`.
    """
    if words.expression is None:
        raise missing_expression(words, declared)
    if not words.files and "." in words.expression and format_of(words.expression):
        import shlex

        command = f'gradcli {declared.name} "x**2" {shlex.quote(words.expression)}'
        raise InputError(f"{words.expression} is a file, and there is no expression", hint=command)
    notices: list[Notice] = []
    formula = RowFormula(
        Source(words.expression),
        read_functions(definitions),
        dict(map(_uncertainty, uncertainty)),
    )
    how = reading(**settings)
    check_options(words, free_in(formula.program), declared, how.bound)
    check_bindings(words, formula.names, declared)
    choice = choose([name for name, _ in words.bindings])
    exact = "" if declared.name == "map" else declared.name
    values = read_values(words.bindings, notices, exact=exact)
    more, known = read_given(given, formula.names, values) if given else ({}, ())
    correlations = [*known, *(read_correlation(text, notices) for text in correlation)]
    formula.give({**values, **more}, correlations)
    for notice in (*notices, *formula.notices()):
        tell(notice)
    return Request(formula, tuple(words.files or ["-"]), how, choice)


def reading(
    *,
    both: str | None,
    source_format: str | None,
    no_header: bool,
    names: str | None,
    binds: Sequence[str],
    na: str | None,
    **settings: Any,
) -> Settings:
    """How to read rows, from the options that say it; raises `InputError`."""
    return Settings(
        source_format=source_format or both,
        header=not no_header,
        names=None if names is None else tuple(each.strip() for each in names.split(",")),
        bound=dict(map(_binding, binds)),
        na=() if na is None else tuple(each.strip() for each in na.split(",")),
        **settings,
    )


def _uncertainty(text: str) -> tuple[str, Source]:
    """The name and the formula of `--uncertainty NAME=COLUMN`; raises `InputError`."""
    name, equals, formula = text.partition("=")
    if not equals or not name.strip() or not formula.strip():
        raise InputError(
            f"--uncertainty {text} says none", hint="--uncertainty x=x_err, or --uncertainty x=0.1"
        )
    return normal_name(name.strip()), Source(formula)


def _binding(text: str) -> tuple[str, str]:
    """The name and the column of `NAME=COLUMN`; raises `InputError`."""
    name, equals, column = text.partition("=")
    if not equals or not name.strip() or not column:
        raise InputError(f"--bind {text} binds nothing", hint='--bind x="x coord", or by number --bind x=#2')
    return normal_name(name.strip().strip("`")), column
