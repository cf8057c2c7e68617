"""What a run needs before its first statement: a session with functions and values; and who hears errors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from gradcli.cli.output import complain, tell, to_stderr
from gradcli.cli.words import Words, check_bindings, check_options
from gradcli.documents.running import Part
from gradcli.records import NamedTuple
from gradcli.session.files import read_functions
from gradcli.session.state import Session
from gradcli.text.errors import GradcliError, Notice, ParseError, UnboundNameError
from gradcli.text.options import Declaration
from gradcli.text.source import Mark

if TYPE_CHECKING:
    from gradcli.language.tree import Define, Program
    from gradcli.render.styles import Style
    from gradcli.writing.drawn import Drawing


class Errors:
    """The errors of a run: written as they come, and the greatest of their statuses."""

    def __init__(self) -> None:
        self.status = 0
        self._missing: set[str] = set()

    def add(self, error: GradcliError) -> None:
        """Writes an error, and that a name is missing once."""
        self.status = max(self.status, error.exit_status)
        if isinstance(error, UnboundNameError) and error.message in self._missing:
            return
        self._missing.add(error.message)
        complain(off_the_prompt(error))


def off_the_prompt(error: GradcliError) -> GradcliError:
    """An error of a script, with a better hint where its line begins as a command of the prompt does."""
    if isinstance(error, ParseError | UnboundNameError):
        from gradcli.interactive.commands import told_off_the_prompt  # which only mistakes need

        told_off_the_prompt(error)
    return error


def tell_left(marks: Sequence[Mark]) -> None:
    """Lists the statements that did not run, where some did not."""
    if marks:
        from gradcli.text.report import places_text

        what = "1 statement did not run" if len(marks) == 1 else f"{len(marks)} statements did not run"
        to_stderr(places_text(Notice("note", what, tuple(marks))))


class Asked(NamedTuple):
    """What a run is asked for: the file by its name, the words that give values, and the options."""

    file: str
    words: Words
    declared: Declaration
    style: str | None = None
    form: str = "text"
    digits: int | None = None
    keep_going: bool = False
    allow_files: bool = False
    seed: int | None = None
    doubles: bool = False
    definitions: Sequence[str] = ()
    drawing: Drawing | None = None

    def prepared(self, programs: Iterable[Sequence[Part]], style: str) -> Session:
        """A session for the programs of the file, with the functions of other files and the values of words.

        Random numbers follow from `seed`, if there is one. Raises `GradcliError`, also for a value that
        nothing uses.
        """
        from gradcli.language.tree import Program
        from gradcli.session.reading import of_script

        functions = read_functions(self.definitions)
        found = [part for parts in programs for part in parts if isinstance(part, Program)]
        _check_given(self.words, self.declared, found, functions.values())
        session = Session()
        session.as_pytorch = style == "torch"
        session.doubles = self.doubles
        if self.seed is not None:
            session.seed(self.seed)
        session.drawing = self.drawing
        session.reads = of_script(self.file, all_files=self.allow_files)
        for function in functions.values():
            session.bind_function(function)
        if self.words.bindings:
            from gradcli.cli.values import read_values

            notices: list[Notice] = []
            for name, data in read_values(self.words.bindings, notices).items():
                session.give(name, data)
            for notice in notices:
                tell(notice)
        return session

    def shown_as(self, style: str) -> Style:
        """How results are shown: in a style, or as the format that is asked for has it."""
        from gradcli.render.chosen import make_style

        return make_style(style if self.form == "text" else self.form, self.digits)


def _check_given(
    words: Words, declared: Declaration, programs: Sequence[Program], functions: Iterable[Define]
) -> None:
    """Refuses values for names that nothing uses, or that are bound before they are; raises `InputError`."""
    if not words.bindings and not words.options:
        return
    from gradcli.language.walk import free_in
    from gradcli.session.answer import check_used

    left = dict(words.bindings)
    for program in programs if left else ():
        check_used(program, left)
        taken = free_in(program)
        left = {name: text for name, text in left.items() if name not in taken}
    statements = [*functions, *(statement for program in programs for statement in program.statements)]
    free = free_in(programs[0]._replace(statements=tuple(statements))) if programs else []
    check_options(words, free, declared)
    check_bindings(words, free, declared)
