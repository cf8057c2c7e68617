"""`gradcli eval`: one expression from the command line, answered at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gradcli.cli.output import tell, write, write_result
from gradcli.cli.words import Words, check_bindings, check_options, missing_expression
from gradcli.language.parser import parse
from gradcli.language.tree import Define, Program
from gradcli.language.walk import called_in, free_in, names_in, zero_as_name
from gradcli.text.errors import InputError, Notice
from gradcli.text.options import Declaration
from gradcli.text.source import Mark, Source

if TYPE_CHECKING:
    from gradcli.session.context import Behaviours
    from gradcli.session.results import Result


def answer(
    words: Words,
    declared: Declaration,
    wrt: Sequence[str] | None,
    form: str,
    digits: int | None,
    definitions: Sequence[str],
    budget: bool,
    seed: int | None,
    order: int,
    jacobian: bool,
    hessian: bool,
    **settings: Any,
) -> None:
    """Evaluates what the words say, and writes the answer; raises `GradcliError`.

    `declared` are the options of the command, for hints; `wrt` are the only variables whose gradients are
    wanted, `form` is `text`, `json`, `csv` or `tsv`; `definitions` are files of functions. With `budget` the
    text says what contributes to the uncertainty; random numbers follow from `seed`; `settings` are what is
    said and asked of uncertain variables; `order`, `jacobian` and `hessian` ask for further derivatives.
    """
    if words.expression is None:
        raise missing_expression(words, declared)
    source = Source(words.expression)
    program = parse(source, is_function=_is_function)
    if any(name == "zero" for name, _ in words.bindings):
        program = zero_as_name(program)
    functions: dict[str, Define] = {}
    if definitions:
        from gradcli.session.files import read_functions

        functions = read_functions(definitions)
    bodies = [Program(each.source, each.body, ()) for each in functions.values()]
    used = list(dict.fromkeys(name for each in (program, *bodies) for name in names_in(each)))
    called = {name: Mark(source, span) for name, span in called_in(program).items()}
    check_options(words, free_in(program), declared)
    check_bindings(words, used, declared, called)

    from gradcli.cli.values import read_values  # and NumPy with it, which no mistake above has to wait for
    from gradcli.render.answer import REPORTS
    from gradcli.session.answer import evaluate_program

    def show(result: Result) -> None:
        from gradcli.render.styles import Plain

        write_result(result, Plain(digits))

    notices: list[Notice] = []
    values = read_values(words.bindings, notices, masks=True)
    for name in wrt or ():
        if not name.isidentifier() and name not in values:
            names = name.split()
            raise InputError(
                f"--wrt takes names of variables, and {name} is none",
                hint=f"--wrt {','.join(names)}"
                if all(each.isidentifier() for each in names)
                else "a variable that is called wrt gets its value as wrt=3",
            )
    asked = None
    if any(settings.values()):
        from gradcli.cli.uncertainty import read_asked

        more, asked = read_asked({**settings, "seed": seed}, digits, notices, used, values)
        values |= more
    found = evaluate_program(
        program,
        {name: data for name, data in values.items() if name in used},
        None if wrt is None else list(wrt),
        # A program that reads JSON or a table finds the one record there, and nothing before it.
        show=show if form == "text" else None,
        functions=functions,
        reads=_read,
        further=_further,
        asked=asked,
        seed=seed,
        order=order,
        jacobian=jacobian,
        hessian=hessian,
        unbound_hint="give it a value: {name}=4",
    )
    found.rename(words.spelled)
    for notice in (*notices, *found.notices):
        tell(notice)
    if (budget or asked is not None) and found.measurement is None:
        raise InputError(
            "nothing here has an uncertainty", (Mark(source, program.statements[-1].span),), "x=9.81+/-0.02"
        )
    text = REPORTS[form](found, digits)
    if found.measurement is not None and form == "text" and (budget or found.measurement.trials):
        from gradcli.capabilities.budget import budget_lines, trials_lines

        lines = budget_lines(found.measurement, digits) if budget else trials_lines(found.measurement, digits)
        text = "\n".join((text, *lines))
    write(text)


def _further() -> Behaviours:
    from gradcli.capabilities.behaviours import behaviours  # for programs of more than one expression

    return behaviours()


def _read(file: str) -> Any:
    from gradcli.session.reading import anywhere

    return anywhere(file)


def _is_function(name: str) -> bool:
    """As the table says, which is read for this mistake only."""
    from gradcli.engine.primitives import is_function

    return is_function(name)
