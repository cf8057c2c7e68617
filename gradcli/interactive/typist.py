"""A prompt at which a program types: what is shown comes as data."""

from __future__ import annotations

from collections.abc import Callable

from gradcli.interactive.command import Argument
from gradcli.interactive.commands import COMMANDS
from gradcli.interactive.console import Console, InterruptionError
from gradcli.session.results import Tell
from gradcli.session.state import Session
from gradcli.text.errors import GradcliError, InputError, Notice


def _touches_no_files(console: Console, argument: Argument) -> None:
    raise InputError("a page writes and loads no files", hint="at a prompt it does")


_COMMANDS = {
    name: command._replace(action=_touches_no_files) if command.takes_file else command
    for name, command in COMMANDS.items()
}


class Typist(Console):
    """A console for the entries of a page: results go to `show`, notices to `tell`, errors to `fail`."""

    def __init__(
        self,
        show: Callable[[str], None],
        tell: Tell,
        fail: Callable[[GradcliError], None],
        session: Session,
    ) -> None:
        super().__init__(show, show, commands=_COMMANDS, session=session)
        self._tell = tell
        self._fail = fail

    def tell(self, notice: Notice) -> None:
        """Hands a warning or a note on."""
        self._tell(notice)

    def report(self, error: GradcliError) -> None:
        """Hands on what went wrong; Ctrl-C ends all, as nobody is there to type another line."""
        if isinstance(error, InterruptionError):
            raise KeyboardInterrupt
        self._fail(error)

    def type(self, text: str) -> bool:
        """Enters what stands behind a prompt; whether all of it succeeded."""
        self.history.append(text)
        return self.enter(text)
