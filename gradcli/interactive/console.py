"""What a prompt does with what is typed, without the terminal: commands, statements, `ans`, undo.

The prompt of `repl.py`, the plain one and the transcripts of the tests all drive a `Console`. It
imports what computes only when the first line is run, so that a prompt can be drawn at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from gradcli.interactive.command import ELSEWHERE, Argument, Command
from gradcli.interactive.entry import Entry, cut, parses, pieces, without_prompts
from gradcli.interactive.history import History
from gradcli.interactive.settings import default_settings
from gradcli.session.undo import Steps
from gradcli.text import errors
from gradcli.text.errors import GradcliError, InputError, Notice, ParseError, UnboundNameError, exhausted
from gradcli.text.report import error_text, notice_text
from gradcli.text.source import Mark, Source
from gradcli.text.suggest import did_you_mean

if TYPE_CHECKING:
    from gradcli.engine.graph import Input
    from gradcli.interactive.completion import Candidate
    from gradcli.language.tree import Statement
    from gradcli.render.styles import Style
    from gradcli.session.results import Result
    from gradcli.session.state import Session

MOST_KEPT = 10_000
"""How many results of one statement are kept for a notebook."""

MOST_SHOWN = 1000
"""Arrays of more elements than this are summarised, unless `print` shows them."""


class InterruptionError(GradcliError):
    """Ctrl-C, once it has been undone."""


class Console:
    """A session with `commands`. Results go to `write`; errors, warnings and notes to `complain`."""

    def __init__(
        self,
        write: Callable[[str], None],
        complain: Callable[[str], None],
        *,
        commands: Mapping[str, Command],
        settings: dict[str, Any] | None = None,
        history: History | None = None,
        session: Session | None = None,
    ) -> None:
        self.write = write
        self.complain = complain
        self.commands = commands
        self.settings = default_settings() if settings is None else settings
        self.history = history or History()
        self.steps = Steps()
        self.done = False
        """Set by `quit`."""
        self.colour = False
        self.width: int | None = None
        """Columns of the terminal, if there is one."""
        self._session = session
        self._replaced: list[tuple[Input, str, Mark]] = []
        """The leaves that have lost their names in this entry, and where."""
        self._told_users: set[str] = set()
        """The names of which a note has said that other values still use what they meant before."""
        self._afterwards: Notice | None = None
        """What is to be told after an error."""

    @property
    def session(self) -> Session:
        """The session, which begins when it is first asked for."""
        if self._session is None:
            from gradcli.session.reading import anywhere
            from gradcli.session.state import Session

            self._session = Session()
            self._session.reads = anywhere
            self._session.tells_of_constants = True
            self._session.as_pytorch = self.settings["style"] == "torch"
        return self._session

    def set(self, name: str, value: Any) -> None:
        """Gives a setting another value; in PyTorch's style bare numbers are constants from then on."""
        self.settings[name] = value
        if name == "style" and self._session is not None:
            self._session.as_pytorch = value == "torch"
            self._session.tells_of_constants = True

    def style(self, limit: int | None = MOST_SHOWN) -> Style:
        """How results look now; arrays of more than `limit` elements are summarised."""
        from gradcli.render.chosen import make_style
        from gradcli.render.styles import Plain

        name = self.settings["style"]
        return Plain(self.settings["digits"], limit) if name == "plain" else make_style(name)

    @property
    def has_session(self) -> bool:
        """Whether the session has begun."""
        return self._session is not None

    def tell(self, notice: Notice) -> None:
        """Shows a warning or a note."""
        self.complain(notice_text(notice, width=self.width, colour=self.colour))

    def report(self, error: GradcliError) -> None:
        """Shows what went wrong."""
        self.complain(error_text(error, width=self.width, colour=self.colour))

    def tell_history(self) -> None:
        """Shows what went wrong with the history file, once."""
        for notice in self.history.warnings:
            self.tell(notice)
        self.history.warnings.clear()

    # What was typed

    def enter(self, text: str) -> bool:
        """Runs what was typed or pasted; whether all of it succeeded. Raises nothing."""
        entries: list[str] = []
        if not self.guarded(lambda: entries.extend(cut(without_prompts(text)))):
            return False
        for place, entry in enumerate(entries):
            if not self.guarded(partial(self.run, entry)):
                left = sum(1 for each in entries[place + 1 :] if each.strip())
                if left:
                    what = "statement" if left == 1 else "statements"
                    self.tell(Notice("note", f"the {left} {what} after it did not run"))
                return False
            if self.done:
                break
        return self.guarded(self._tell_users)

    def is_incomplete(self, text: str) -> bool:
        """Whether a prompt should ask for another line after `text`."""
        text = without_prompts(text)
        if self.command_in(text) is not None:
            return False
        from gradcli.language.parser import is_incomplete

        return is_incomplete(self._entry(text).source.text)

    def guarded(self, action: Callable[[], None]) -> bool:
        """Does something, and says what went wrong; whether all went well. Raises nothing."""
        error: GradcliError
        try:
            action()
            return True
        except GradcliError as raised:
            error = raised
        except KeyboardInterrupt:
            error = InterruptionError("interrupted: this statement changed nothing")
        except (RecursionError, MemoryError) as raised:
            error = exhausted(raised)
        except Exception as raised:  # the session survives it
            error = errors.unexpected(raised)
        if self._session is not None:
            self._session.roll_back()
        self._replaced.clear()
        if isinstance(error, InterruptionError) and self.width is not None:
            self.write("")  # the terminal has shown ^C on this line
        self.report(error)
        if self._afterwards is not None:
            self.tell(self._afterwards)
            self._afterwards = None
        return False

    def run(self, text: str) -> None:
        """Runs one command, or statements; raises `GradcliError`."""
        found = self.command_in(text)
        if found is not None:
            command, argument = found
            assert command.action is not None
            try:
                argument.check_alone(command)
                command.action(self, argument)
            except GradcliError as error:
                error.marks = error.marks or (argument.mark(),) * bool(argument.text)
                raise
            return
        slope = self._slope_in(text)
        if slope is not None:
            self.write(slope)
            return
        entry = self._entry(text)
        if entry.continues and not self.bound("ans"):
            mark = Mark(entry.typed, entry.continues.span)
            missing = InputError("there is no ans yet to go on with", (mark,), "a value comes first: 3 + 4")
            self._suggest_command(missing, text)
            raise missing
        self.run_statements(entry)

    def _slope_in(self, text: str) -> str | None:
        """The formula of a derivative that is a line by itself, as `f'` is; `None` for anything else."""
        match = _SLOPE.fullmatch(text.strip())
        if match is None:
            return None
        from gradcli.interactive.help import slope_text

        return slope_text(self.session, match[1], len(match[2]))

    def preview(self, text: str) -> str | None:
        """What a line would show, on one line, where that is cheap to know; changes nothing."""
        text = without_prompts(text)
        if not text.strip() or self.command_in(text) is not None:
            return None
        from gradcli.interactive.preview import preview

        return preview(self.session, self._entry(text).source.text, self.style())

    def candidates(self, before: str) -> Iterator[Candidate]:
        """Everything that may stand at the end of a text."""
        from gradcli.interactive.completion import candidates

        return candidates(before, self.session, self.commands)

    def _entry(self, text: str) -> Entry:
        """A text that goes on with `ans` if it begins with an operator, or is `backward` alone."""
        return Entry(text, backward=self.bound("ans") and not self.bound("backward"))

    def bound(self, name: str) -> bool:
        """Whether the user has given a name a meaning."""
        session = self._session
        return session is not None and name in session.names()

    def command_in(self, text: str) -> tuple[Command, Argument] | None:
        """The command that a line is, with its argument; `None` where it is a statement.

        The language comes first: a bare word that the user has bound is a value, and what reads
        as a statement is one, but for a path behind a command that takes one (`save /tmp/x`).
        """
        stripped = text.strip()
        word = re.match(r"\??[^\W\d]\w*|\?", stripped)
        if word is None or "\n" in stripped:
            return None
        source, margin = Source(text), len(text) - len(text.lstrip())

        def argument(found: str, start: int) -> Argument:
            start += len(found) - len(found.lstrip())
            return Argument(found.strip(), source, margin + start)

        if word[0].startswith("?"):  # as in IPython
            return self.commands["help"], argument(stripped[1:], 1)
        command = self.commands.get(word[0])
        if stripped.endswith("?") and "#" not in stripped:
            return self.commands["help"], argument(stripped.rstrip("?"), 0)
        if command is None or command.action is None or self.bound(word[0]):
            return None
        start = len(word[0])
        rest = _without_comment(stripped[start:])
        called = re.fullmatch(r"\s*\(([^(),=]*)\)", rest)
        if called is not None:
            return command, argument(called[1], start + called.start(1))
        given = argument(rest, start)
        if not given.text or given.text.startswith(";"):
            return command, given
        if rest.startswith(("=", "(", "[", ".")) or not rest[0].isspace():
            return None
        if re.match(r"[-+]\d", given.text):  # what is meant is a number, not a difference
            return command, given
        if command.takes_file and not re.match(r"[^\w\s]+=|\S\s|=", given.text):
            return command, given
        return (command, given) if not parses(stripped) else None

    # Statements

    def run_statements(self, entry: Entry) -> None:
        """Runs statements, each whole or not at all; raises `GradcliError` at the first error."""
        try:
            self._run_source(
                entry.source,
                lambda notice: self.tell(notice._replace(marks=entry.typed_marks(notice.marks))),
            )
        except GradcliError as error:
            error.marks = entry.typed_marks(error.marks)
            if isinstance(error, InputError):
                self._suggest_command(error, entry.typed.text)
            raise
        finally:
            self.steps.trim()
            self._replaced = [
                (leaf, name, entry.typed_marks((mark,))[0]) for leaf, name, mark in self._replaced
            ]

    def load(self, sources: Sequence[Source], told: str | None = None) -> None:
        """Runs the statements of a file, or of its cells, as one step, `told` by `undo` (or never undone).

        Raises `GradcliError` at the first error. What ran before it stays, and is told after it.
        """
        from gradcli.session.files import SAVED_HEADER
        from gradcli.session.reading import anywhere, of_script

        first = len(self.steps)
        failed = True
        try:
            for source in sources:
                self.session.reads = of_script(source.name, all_files=False)
                self._run_source(source, self.tell)
            failed = False
        finally:
            self.session.reads = anywhere
            ran = self.steps.join(first, told or "", SAVED_HEADER)
            if told is None:
                self.steps.settle()
            if failed and ran:
                which = "statement before it ran" if ran == 1 else f"{ran} statements before it ran"
                undo = f"; undo takes {'it' if ran == 1 else 'them'} back" if told else ""
                self._afterwards = Notice("note", f"the {which}{undo}")

    def _run_source(self, source: Source, tell: Callable[[Notice], None]) -> None:
        from gradcli.capabilities.behaviours import behaviours
        from gradcli.documents.document import Output
        from gradcli.documents.running import output_of
        from gradcli.engine.primitives import is_function
        from gradcli.language.parser import parse
        from gradcli.session.runner import begin, step

        program = parse(source, is_function=is_function)
        shown: list[Output] = []

        def show(result: Result) -> None:
            self._show(result)
            output = output_of(result, statement, self.style(), ends=True)
            if output is not None and len(shown) < MOST_KEPT:
                shown.append(output)

        def told(notice: Notice) -> None:
            tell(notice)
            shown.append(Output("stderr", f"{notice_text(notice)}\n"))

        run = begin(self.session, program, show, told, behaviours, told_users=self._told_users)
        for statement, text in pieces(program):
            step(run, statement)
            changes = self.session.commit()
            self.steps.keep(text, changes, uses_ans=_uses_ans(statement), shown=tuple(shown))
            shown.clear()
            self._replaced += run.replaced
            run.replaced.clear()

    def undo(self) -> None:
        """Takes back the last statement; raises `InputError` where there is none."""
        self.write(f"took back {self.steps.undo(self.session.take_back)}")

    def reset(self) -> None:
        """Forgets every name and grad; one step, which `undo` takes back."""
        session = self.session
        for name in session.names():  # one that is both a value and a function stands there twice
            session.delete(name)
        self.steps.reset(session.commit())

    def _show(self, result: Result) -> None:
        from gradcli.session.results import Printed, is_aside

        # Who prints wants to see all of it.
        text = self.style(None if isinstance(result, Printed) else MOST_SHOWN).text(result)
        if text is not None:
            (self.complain if is_aside(result) else self.write)(text)

    def _tell_users(self) -> None:
        """Says that other values still use a leaf that has lost its name.

        What is computed again in the same entry does not, so this comes at its end.
        """
        if not self._replaced:
            return
        from gradcli.session.context import users_notice

        for leaf, name, mark in self._replaced:
            notice = users_notice(self.session, self._told_users, leaf, name, mark)
            if notice is not None:
                self.tell(notice)
        self._replaced.clear()

    def _suggest_command(self, error: InputError, text: str) -> None:
        """Adds the command that was probably meant."""
        magic = re.match(r"\s*%(\w+)", text)  # as in IPython
        if magic is not None and magic[1] in self.commands:
            error.hint = f"did you mean the command {magic[1]}?"
            return
        if not error.marks:
            return
        span = error.marks[0].span
        guilty = error.marks[0].source.text[span.start : span.end]
        unbound = isinstance(error, UnboundNameError)
        if unbound and guilty in self.commands:
            error.hint = f"the command {guilty} stands on a line of its own"
            return
        word = re.match(r"\s*([^\W\d]\w*)(\s+[\w./]+)*\s*[;#]?", text)
        if word is None:
            return
        name = word[1]
        if name in self.commands and self.bound(name) and isinstance(error, ParseError):
            kind = "function" if self.session.bound_to(name) is None else "variable"
            error.hint = f"{name} is a {kind} here; del {name} gives the command back"
            return
        near = None if name in self.commands else did_you_mean(name, self.commands)
        at_start = unbound and span.start < word.end(1)
        whole = word.end() == len(text.rstrip()) or text[word.end() - 1] in ";#"
        if self.bound(name) or not whole or not (at_start or isinstance(error, ParseError)):
            return
        if name in ELSEWHERE:
            error.hint = ELSEWHERE[name]
        elif near:
            error.hint = f"did you mean the command {near}?"


_SLOPE = re.compile(r"([^\W\d]\w*)('{1,4})")


def _without_comment(text: str) -> str:
    """What follows a command, without a comment and a `;` at its end."""
    quote = ""
    for place, letter in enumerate(text):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        elif letter == "#" and not text[:place][-1:].strip():
            text = text[:place]
            break
    return text.rstrip().rstrip(";").rstrip()


def _uses_ans(statement: Statement) -> bool:
    from gradcli.language.walk import names_used

    return not {"ans", "_"}.isdisjoint(names_used(statement))
