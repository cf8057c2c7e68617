"""What a command of a prompt is, and what is typed behind one. The commands themselves are in `commands`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from gradcli.records import NamedTuple
from gradcli.text.errors import InputError
from gradcli.text.source import Mark, Source, Span

ODD_IN_PATH = re.compile(r"[\s;=#'\"]")
"""What makes the name of a file stand in quotes."""


class Argument(NamedTuple):
    """What stands behind a command, without a comment or a `;` at its end, and where it was typed."""

    text: str
    source: Source
    start: int

    def mark(self, start: int = 0, end: int | None = None) -> Mark:
        """A part of it as a place to underline."""
        end = len(self.text) if end is None else end
        return Mark(self.source, Span(self.start + start, self.start + end))

    def words(self) -> Iterator[tuple[str, Mark]]:
        """What stands between blanks and commas, each with its place."""
        for word in re.finditer(r"[^\s,]+", self.text):
            yield word[0], self.mark(*word.span())

    def check_alone(self, command: Command) -> None:
        """Raises `InputError` where a `;` is followed by more."""
        outside = re.sub(r"\"[^\"]*\"|'[^']*'", lambda found: " " * len(found[0]), self.text)
        place = outside.find(";")
        if place >= 0:
            raise InputError(
                "a command stands alone on its line",
                (self.mark(place),),
                "put the name of the file in quotes, or give what follows it a line of its own"
                if command.takes_file
                else "give what follows `;` a line of its own",
            )

    def path(self, example: str) -> str:
        """It as the name of a file, which may be in quotes; raises `InputError`."""
        if not self.text:
            raise InputError(f"{example.split()[0]} needs the name of a file", hint=example)
        quoted = re.fullmatch(r"\"([^\"]+)\"|'([^']+)'", self.text)
        if quoted is not None:
            return quoted[1] or quoted[2]
        odd = ODD_IN_PATH.search(self.text)
        if odd is not None:
            sign = "'" if '"' in self.text else '"'
            what = "a blank" if odd[0].isspace() else f"`{odd[0]}`"
            raise InputError(
                f"the name of a file with {what} in it stands in quotes",
                (self.mark(*odd.span()),),
                f"{example.split()[0]} {sign}{self.text.replace(sign, '')}{sign}",
            )
        return self.text


Action = Callable[[Any, Argument], None]
"""What a command does with the console that it was typed at, and what stood behind it."""


class Command(NamedTuple):
    """One command. `example` is a transcript of what may be typed, for help, README and man page."""

    name: str
    usage: str
    doc: str
    example: str
    action: Action | None
    takes: str = ""
    """What completion offers for its argument: `topic`, `leaf`, `name`, `file` or `setting`."""

    @property
    def takes_file(self) -> bool:
        """Whether its argument is a path."""
        return self.takes == "file"


ELSEWHERE = {
    **dict.fromkeys(("ls", "dir", "who", "whos", "variables", "env"), "vars lists every name"),
    **dict.fromkeys(("clear", "cls"), "Ctrl-L clears the screen, and reset forgets every name"),
    **dict.fromkeys(("q", "bye", "logout"), "quit leaves"),
    **dict.fromkeys(("man", "info", "doc"), "help sin explains a function"),
    **dict.fromkeys(("source", "include"), "load FILE runs the statements of a file"),
    "restart": "reset forgets every name",
    "hist": "history shows what was typed",
    "redo": "there is no way forward again: type the line once more",
}
"""What other programs call their commands, and what to type here."""
