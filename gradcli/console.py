"""What a prompt does with what is typed, without the terminal: commands, statements, `ans`, undo.

The prompt of `repl.py`, the plain one and the transcripts of the tests all drive a `Console`. It
imports what computes only when the first line is run, so that a prompt can be drawn at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from gradcli.commands import COMMANDS, Command
from gradcli.config import default_settings
from gradcli.errors import GradcliError, InputError, Notice, ParseError
from gradcli.history import History
from gradcli.named import NamedTuple
from gradcli.render import error_text, notice_text
from gradcli.source import Source
from gradcli.suggest import did_you_mean

if TYPE_CHECKING:
    from gradcli.results import Result
    from gradcli.session import Session
    from gradcli.styles import Style
    from gradcli.syntax import Program, Statement

MOST_UNDONE = 1000
"""How many statements `undo` can take back; each holds what was there before it."""

MOST_SHOWN = 1000
"""Arrays of more elements than this are summarised."""

_CONTINUES_ANS = re.compile(r"\s*(?:\*\*?|//?|[\^×·⋅÷%@])(?!=)")
_PROMPTED = re.compile(r"(?:>>>|\.\.\.)(?: |$)(.*)")


class Step(NamedTuple):
    """A statement that succeeded: its text, and what takes it back (`None`: too long ago).

    A `reset` has no text, as what came before it is not there to be made again.
    """

    text: str
    changes: list[Any] | None
    restores: list[Step] | None = None
    """The steps before it, where it was a `reset`."""


class _InterruptionError(GradcliError):
    """Ctrl-C, once it has been undone."""


class Console:
    """A session with commands. Results go to `write`; errors, warnings and notes to `complain`."""

    def __init__(
        self,
        write: Callable[[str], None],
        complain: Callable[[str], None],
        *,
        settings: dict[str, Any] | None = None,
        history: History | None = None,
    ) -> None:
        self.write = write
        self.complain = complain
        self.settings = default_settings() if settings is None else settings
        self.history = history or History()
        self.steps: list[Step] = []
        """The statements that made the session what it is, oldest first."""
        self.done = False
        """Set by `quit`."""
        self.colour = False
        self.width: int | None = None
        """Columns of the terminal, if there is one."""
        self._session: Session | None = None

    @property
    def session(self) -> Session:
        """The session, which begins when it is first asked for."""
        if self._session is None:
            from gradcli.session import Session

            self._session = Session()
        return self._session

    @property
    def style(self) -> Style:
        """How results look now."""
        from gradcli.styles import Plain, Torch

        return Torch() if self.settings["style"] == "torch" else Plain(self.settings["digits"], MOST_SHOWN)

    @property
    def has_session(self) -> bool:
        """Whether the session has begun."""
        return self._session is not None

    def tell(self, notice: Notice) -> None:
        """Shows a warning or a note."""
        self.complain(notice_text(notice, width=self.width, colour=self.colour))

    def tell_history(self) -> None:
        """Shows what went wrong with the history file, once."""
        for notice in self.history.warnings:
            self.tell(notice)
        self.history.warnings.clear()

    # What was typed

    def enter(self, text: str) -> bool:
        """Runs what was typed or pasted; whether all of it succeeded. Raises nothing."""
        entries = _entries(without_prompts(text))
        for place, entry in enumerate(entries):
            if not self._guarded(entry):
                left = sum(1 for each in entries[place + 1 :] if each.strip())
                if left:
                    what = "statement" if left == 1 else "statements"
                    self.tell(Notice("note", f"the {left} {what} after it did not run"))
                return False
            if self.done:
                break
        return True

    def is_incomplete(self, text: str) -> bool:
        """Whether a prompt should ask for another line after `text`."""
        text = without_prompts(text)
        if self.command_in(text) is not None:
            return False
        from gradcli.parser import is_incomplete

        return is_incomplete(self._with_ans(text))

    def _guarded(self, entry: str) -> bool:
        error: GradcliError
        try:
            self.run(entry)
            return True
        except GradcliError as raised:
            error = raised
        except KeyboardInterrupt:
            error = _InterruptionError("interrupted: this statement changed nothing")
        except RecursionError:
            error = GradcliError("this is nested too deeply")
        except MemoryError:
            error = GradcliError("there is not enough memory for this")
        except Exception as raised:  # the session matters more than the traceback of a mistake in gradcli
            error = GradcliError(f"a mistake in gradcli itself: {type(raised).__name__}: {raised}")
        if self._session is not None:
            self._session.roll_back()
        if isinstance(error, _InterruptionError) and self.width is not None:
            self.write("")  # the terminal has shown ^C on this line
        self.complain(error_text(error, width=self.width, colour=self.colour))
        return False

    def run(self, entry: str) -> None:
        """Runs one command, or statements; raises `GradcliError`."""
        found = self.command_in(entry)
        if found is not None:
            command, argument = found
            assert command.action is not None
            command.action(self, argument)
            return
        if _CONTINUES_ANS.match(entry) and not self.bound("ans"):
            raise InputError("there is no ans yet to go on with", hint="a value comes first: 3 + 4")
        if entry.strip() == "backward" and self.bound("ans"):
            entry = "backward ans"
        self.run_statements(Source(self._with_ans(entry)))

    def preview(self, text: str) -> str | None:
        """What a line would show, on one line, where that is cheap to know; changes nothing."""
        text = without_prompts(text)
        if not text.strip() or self.command_in(text) is not None:
            return None
        from gradcli.preview import preview

        return preview(self.session, self._with_ans(text), self.style)

    def _with_ans(self, text: str) -> str:
        """A line that begins with an operator goes on with `ans`."""
        return f"ans {text.lstrip()}" if _CONTINUES_ANS.match(text) else text

    def bound(self, name: str) -> bool:
        """Whether the user has given a name a meaning."""
        session = self._session
        return session is not None and (name in session.values or name in session.functions)

    def command_in(self, text: str) -> tuple[Command, str] | None:
        """The command that a line is, with its argument; `None` where it is a statement.

        The language comes first: a bare word that the user has bound is a value, and what reads
        as a statement is one, but for a path behind a command that takes one (`save /tmp/x`).
        """
        stripped = text.strip()
        word = re.match(r"\??[^\W\d]\w*|\?", stripped)
        if word is None or "\n" in stripped:
            return None
        if word[0].startswith("?"):  # as in IPython
            return COMMANDS["help"], stripped[1:].strip()
        command = COMMANDS.get(word[0])
        if stripped.endswith("?") and "#" not in stripped:
            return COMMANDS["help"], stripped.rstrip("?").strip()
        if command is None or command.action is None or self.bound(word[0]):
            return None
        rest = stripped[len(word[0]) :]
        if rest in ("", "()"):
            return command, ""
        if rest.startswith(("=", "(", "[", ".")) or not rest[0].isspace():
            return None
        argument = rest.strip()
        if command.takes_file and not re.match(r"(\S+=|\S\s|=)", argument):
            return command, argument
        return (command, argument) if not _parses(stripped) else None

    # Statements

    def run_statements(self, source: Source) -> None:
        """Runs statements, each whole or not at all; raises `GradcliError` at the first error."""
        from gradcli.parser import parse
        from gradcli.statements import Runner

        try:
            program = parse(source)
            runner = Runner(self.session, program, self._show, self.tell)
            runner.at_prompt = True
            runner.tell_disputed()
            for statement, text in _pieces(program):
                runner.step(statement)
                self.keep(text)
        except InputError as error:
            self._suggest_command(error, source.text)
            raise

    def keep(self, text: str) -> None:
        """Makes what has happened since the last step a step of its own."""
        self.steps.append(Step(text, self.session.commit()))
        if len(self.steps) > MOST_UNDONE and self.steps[-MOST_UNDONE - 1].changes is not None:
            self.steps[-MOST_UNDONE - 1] = Step(self.steps[-MOST_UNDONE - 1].text, None)

    def undo(self) -> None:
        """Takes back the last statement; raises `InputError` where there is none."""
        if not self.steps:
            raise InputError("there is nothing to undo")
        step = self.steps[-1]
        if step.changes is None:
            raise InputError("what is left is too long ago to undo")
        self.session.take_back(step.changes)
        self.steps.pop()
        if step.restores is not None:
            self.steps[:] = step.restores
        self.write(f"took back {_first_line(step.text)}")

    def reset(self) -> None:
        """Forgets every name and grad; one step, which `undo` takes back."""
        session = self.session
        for name in list(session.values) + list(session.functions):
            while name in session.values or name in session.functions:
                session.delete(name)
        before = list(self.steps)
        self.steps[:] = [Step("", session.commit(), before)]

    def _show(self, result: Result) -> None:
        text = self.style.text(result)
        if text is not None:
            self.write(text)

    def _suggest_command(self, error: InputError, text: str) -> None:
        """Adds the command that was probably meant."""
        word = re.match(r"\s*([^\W\d]\w*)(\s+[\w./]+)*\s*$", text)
        if word is None or word[1] in COMMANDS or self.bound(word[1]) or not error.marks:
            return
        unknown = (error.hint or "").startswith("give it a value") and error.marks[0].span.start < word.end(1)
        near = did_you_mean(word[1], COMMANDS)
        if near and (unknown or isinstance(error, ParseError)):
            error.hint = f"did you mean the command {near}?"


def _parses(text: str) -> bool:
    from gradcli.parser import parse

    try:
        parse(Source(text))
    except ParseError:
        return False
    return True


def _pieces(program: Program) -> Iterator[tuple[Statement, str]]:
    """The statements of a program, each with its own text (and the comments beside it)."""
    text = program.source.text
    starts = [0, *(statement.span.start for statement in program.statements[1:]), len(text)]
    for place, statement in enumerate(program.statements):
        piece = text[starts[place] : starts[place + 1]].strip("; \t\r\n")
        quiet = getattr(statement, "quiet", False)
        yield statement, piece + ";" if quiet and "#" not in piece else piece


def without_prompts(text: str) -> str:
    """What was typed in a transcript: the lines behind `>>>` and `...`, if it begins with one."""
    if not text.lstrip().startswith(">>>"):
        return text
    found = (_PROMPTED.match(line.strip(" \t\r")) for line in text.lstrip().split("\n"))
    return "\n".join(match[1] for match in found if match)


def _entries(text: str) -> list[str]:
    """What a prompt would have taken one after another: whole statements and commands."""
    if "\n" not in text.strip():
        return [text]
    entries: list[str] = []
    lines: list[str] = []
    for line in text.split("\n"):
        if lines and line[:1].strip() and not _is_open("\n".join(lines)):
            entries.append("\n".join(lines))
            lines = []
        lines.append(line)
    entries.append("\n".join(lines))
    return [entry for entry in entries if entry.strip()]


def _is_open(text: str) -> bool:
    """Whether the lines that follow a text must belong to it."""
    from gradcli.parser import parse

    try:
        parse(Source(text))
    except ParseError as error:
        return error.incomplete
    return False


def _first_line(text: str) -> str:
    first, _, more = text.partition("\n")
    return f"{first} …" if more else first or "reset"


def run_lines(lines: Iterable[str]) -> list[str]:
    """What a new console shows for entries typed one after another: one text for each."""
    shown: list[str] = []
    console = Console(shown.append, shown.append)
    texts = []
    for line in lines:
        console.history.append(line)
        console.enter(line)
        texts.append("\n".join(shown))
        shown.clear()
    return texts
