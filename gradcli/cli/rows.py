"""`gradcli map` and `gradcli accumulate`: from words to a request for the rows of files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from gradcli.cli.output import tell
from gradcli.cli.values import read_values
from gradcli.cli.words import (
    Words,
    check_bindings,
    check_no_file,
    check_options,
    missing_expression,
    names_in_lists,
)
from gradcli.language.layout import normal_name
from gradcli.language.walk import free_in
from gradcli.pipelines.formula import Choice
from gradcli.pipelines.map import map_rows
from gradcli.pipelines.names import columns_of, columns_told
from gradcli.pipelines.order import Order
from gradcli.pipelines.request import Request, Settings
from gradcli.session.files import read_script
from gradcli.streams.formats import BLANKS, PACKED, format_of, packing
from gradcli.text.errors import InputError, Notice
from gradcli.text.options import Declaration

if TYPE_CHECKING:
    from gradcli.pipelines.spread import Hiring, Wanted


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
    scheduler: str | None,
    part_size: float | None,
    output: str | None,
    resume: bool,
    **options: Any,
) -> None:
    """Writes the rows with their results; raises `GradcliError`."""
    choice = Choice(value or not gradient, gradient or not value, names_in_lists(wrt), prefix)
    target = "jsonl" if target_format == "json" else target_format or options["both"]
    folder, into = _places(output, scheduler, resume, formed=target is not None)
    target = target or (_written(into) if into is not None else None)
    hire = hired(scheduler, part_size)
    order, request = _order(words, declared, lambda _: choice, **options)
    if hire is None:
        map_rows(request, tell, target_format=target, only=only, into=into)
        return
    from gradcli.pipelines.part import Target
    from gradcli.pipelines.spread import map_spread

    order = order._replace(base=spread_base())
    map_spread(order, hire, tell, Target(target, only, folder), sized(part_size, resume, into))


def accumulate_words(
    words: Words,
    declared: Declaration,
    *,
    mean: bool,
    every: int | None,
    form: str,
    wrt: Sequence[str],
    scheduler: str | None,
    part_size: float | None,
    **options: Any,
) -> None:
    """Prints the sums over the rows; raises `GradcliError`."""
    from gradcli.pipelines.accumulate import Report, accumulate_rows

    wanted = names_in_lists(wrt)

    def choose(parameters: Sequence[str]) -> Choice:
        for name in wanted or ():
            if name not in parameters:
                raise InputError(
                    f"{name} is not a parameter, so it has no gradient that adds up",
                    hint=f"give it a value: {name}=0.5; gradcli map gives the gradient of each row",
                )
        return Choice(wrt=tuple(parameters) if wanted is None else wanted, last=True)

    hire = hired(scheduler, part_size)
    order, request = _order(words, declared, choose, **options)
    report = Report(form, mean, every)
    if hire is None:
        accumulate_rows(request, tell, report)
        return
    from gradcli.pipelines.spread import accumulate_spread

    accumulate_spread(order._replace(base=spread_base()), hire, tell, report, sized(part_size))


# On several machines


def _places(
    output: str | None, scheduler: str | None, resume: bool, *, formed: bool
) -> tuple[str | None, str | None]:
    """The folder of parts that `-o` names, and the file; there is one or none. Raises `InputError`.

    `formed`: a format is said otherwise.
    """
    is_file = output is not None and bool(format_of(output) or (formed and scheduler is None))
    if resume and (output is None or is_file):
        raise InputError("--resume goes on with a folder of parts", hint="-o OUT/ --resume")
    if output is None or is_file:
        return None, output
    if scheduler is None:
        raise InputError(
            f"the name {output} does not say a format"
            if not output.endswith("/")
            else f"{output} is a folder",
            hint="-o out.csv; --scheduler local -o OUT/ makes a folder of parts",
        )
    return output, None


def _written(file: str) -> str | None:
    """The format in which a file of that name is written (none: as it is read); raises `InputError`."""
    if packing(file):
        import shlex

        hint = f"without -o, and behind it: | {PACKED[packing(file)]} > {shlex.quote(file)}"
        raise InputError(f"{file} would be compressed, which map does not do", hint=hint)
    form = format_of(file)
    return None if form == BLANKS else form


def spread_base() -> str:
    """The folder in which names of files begin, on every machine."""
    import os

    return os.getcwd()  # noqa: PTH109 (pathlib takes 3 ms)


def sized(part_size: float | None, resume: bool = False, into: str | None = None) -> Wanted:
    """How rows are divided, from the options that say it."""
    from gradcli.pipelines.spread import MIB, Wanted

    return Wanted(None if part_size is None else max(1, int(part_size * MIB)), resume, into)


def hired(scheduler: str | None, part_size: float | None) -> Hiring | None:
    """What starts workers, or finds them, where they are wanted; raises `InputError` where none can be."""
    if scheduler is None:
        if part_size is not None:
            hint = "--scheduler local"
            raise InputError("--part-size is for the parts that --scheduler makes", hint=hint)
        return None
    if part_size == 0:
        raise InputError("--part-size 0 leaves nothing to a part", hint="--part-size 64")
    from gradcli.pipelines.dask_door import DaskWorkers, check_scheduler

    check_scheduler(scheduler)
    return lambda: DaskWorkers(scheduler)


# Words


def _order(
    words: Words,
    declared: Declaration,
    choose: Callable[[Sequence[str]], Choice],
    *,
    definitions: Sequence[str],
    uncertainty: Sequence[str] = (),
    correlation: Sequence[str] = (),
    given: str | None = None,
    second_order: bool = False,
    **settings: Any,
) -> tuple[Order, Request]:
    """What the words ask for; `choose` says what to compute, from the names of the parameters.

    Tells how disputed texts were read; raises `GradcliError`.
    """
    if words.expression is None:
        raise missing_expression(words, declared)
    check_no_file(words, declared, '"x**2"')
    notices: list[Notice] = []
    scripts = tuple((each.text, each.name) for each in map(read_script, definitions))
    order = Order(words.expression, scripts, dict(map(_uncertainty, uncertainty)), second_order=second_order)
    how = reading(**settings)
    with columns_told(lambda: columns_of(words.files, how.source_format, decimal_comma=how.decimal_comma)):
        formula = order.formula()
    check_options(words, free_in(formula.program), declared, how.bound)
    check_bindings(words, formula.names, declared)
    choice = choose([name for name, _ in words.bindings])
    exact = "" if declared.name == "map" else declared.name
    values = read_values(words.bindings, notices, exact=exact)
    correlations: list[Any] = []
    if given:
        from gradcli.session.uncertainty.given import read_given

        more, known = read_given(given, formula.names, values)
        values |= more
        correlations += known
    if correlation:
        from gradcli.cli.uncertainty import read_correlation

        correlations += [read_correlation(text, notices) for text in correlation]
    order = order._replace(
        values=values,
        correlations=tuple(correlations),
        files=tuple(words.files or ["-"]),
        settings=how,
        choice=choice,
    )
    request = order.given(formula)
    for notice in (*notices, *formula.notices()):
        tell(notice)
    return order, request


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


def _uncertainty(text: str) -> tuple[str, str]:
    """The name and the formula of `--uncertainty NAME=COLUMN`; raises `InputError`."""
    name, equals, formula = text.partition("=")
    if not equals or not name.strip() or not formula.strip():
        raise InputError(
            f"--uncertainty {text} says none", hint="--uncertainty x=x_err, or --uncertainty x=0.1"
        )
    return normal_name(name.strip()), formula


def _binding(text: str) -> tuple[str, str]:
    """The name and the column of `NAME=COLUMN`; raises `InputError`."""
    name, equals, column = text.partition("=")
    if not equals or not name.strip() or not column:
        raise InputError(f"--bind {text} binds nothing", hint='--bind x="x coord", or by number --bind x=#2')
    return normal_name(name.strip().strip("`")), column
