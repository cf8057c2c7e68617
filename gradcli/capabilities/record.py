"""What a capability is: one record, which needs nothing but texts, so that help and completion are quick.

The record of each stands in `records/`, in a module of its name; what answers it is the function `answer` of
the module of that name here, which is imported when it is asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from types import MappingProxyType
from typing import Any

from gradcli.records import NamedTuple
from gradcli.text.options import Declaration, Option

NAMES = ("diff", "explain", "graph", "check", "table", "plot", "fit", "minimize", "solve", "budget", "export")
"""Every capability, in the order of help."""


class Capability(NamedTuple):
    """One thing that can be asked of a formula.

    `declared` is its subcommand: its name, its help and its options; `statement` an example of how it is
    written at the prompt and in scripts. `suffixes` says the format that a file of such a name is written in.
    `ranges`: a variable may be given a range; `mixed`: the variables that a statement names are one word,
    `x,y`; `relations`: equations and inequalities may stand beside (or in place of) the formula; `equations`:
    it is equations that are asked about; `uncertain`: a variable may be given a value with an uncertainty;
    `backward` is the option that the word `backward` in front of the formula of a statement sets; `claims`:
    derivatives may be claimed of it; `in_full`: each row of a Jacobian in it is looked at; `models`: it is
    models, `y = a*x` or `log(y) ~ a*x`; `rows`: files may be named whose columns the formula reads.
    """

    declared: Declaration
    statement: str
    suffixes: Mapping[str, str] = MappingProxyType({})
    ranges: bool = False
    mixed: bool = False
    relations: bool = False
    equations: bool = False
    uncertain: bool = False
    backward: str = ""
    claims: bool = False
    in_full: bool = False
    models: bool = False
    rows: bool = False

    @property
    def name(self) -> str:
        """What it is called: the subcommand, the word at the prompt and the function of Python."""
        return self.declared.name

    def defaults(self) -> dict[str, Any]:
        """The options by their parameters, where none is given."""
        return {option.parameter: option.default for option in reversed(self.declared.options)}


def capability(name: str) -> Capability:
    """The record of that name."""
    found: Capability = import_module(f"gradcli.capabilities.records.{name}").CAPABILITY
    return found


def answered(name: str, request: Any) -> Any:
    """What the capability of that name answers to a `Request`: a `Found`. Raises `GradcliError`."""
    if capability(name).in_full:
        request = request._replace(formula=request.formula.in_full())
    found = import_module(f"gradcli.capabilities.{name}").answer(request)
    found.notices = (*request.formula.likely_vectors(), *found.notices)
    form = capability(name).declared.option("--format")
    found.formats = tuple(each for each in form.choices if each not in ("text", "json")) if form else ()
    return found


def declare(
    name: str,
    summary: str,
    text: str,
    options: Sequence[Option] = (),
    formats: Sequence[str] = (),
    behind: str = "",
) -> Declaration:
    """The declaration of a capability's subcommand, with the options that all of them have.

    `formats` are what it can be written in beside text and JSON. Behind the formula the command line and the
    statement take what `behind` says: `VAR` names of variables, `FORMULA` further formulas, `FILE` files.
    """
    forms = ("text", "json", *formats)
    common = (
        Option("--format", "How the answer is written.", choices=forms, default="text"),
        Option("--json", "Short for --format json.", sets="json", into="format"),
        Option(
            "-o", "Write to a file, whole or not at all; its ending says the format.", "FILE", into="output"
        ),
        Option("--digits", "Significant digits of numbers in text.", "N", kind=int, least=1, most=17),
        Option("--def", "Functions from a file.", "FILE", multiple=True, default=(), into="definitions"),
        Option("--shape", "Shapes of variables without a value, as v=3,A=2x3.", "SHAPES", into="shapes"),
    )
    return Declaration(name, summary, text, (*options, *common), formula=True, behind=behind)
