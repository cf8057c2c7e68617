"""The commands of a prompt, each said once: dispatch, help, completion, README and man page read this table.

A command whose `action` is `None` is a statement of the language, listed here so that it is found.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from gradcli.config import SETTINGS, find, read_word, word_for
from gradcli.errors import InputError
from gradcli.named import NamedTuple

if TYPE_CHECKING:
    from gradcli.console import Console

Action = Callable[["Console", str], None]


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


def _help(console: Console, argument: str) -> None:
    from gradcli.help import help_text

    console.write(help_text(argument, COMMANDS, console.width))


def _vars(console: Console, argument: str) -> None:
    _takes_nothing("vars", argument)
    from gradcli.listing import variables_text

    text = variables_text(console.session, console.settings["digits"], console.width)
    if text:
        console.write(text)


def _grad(console: Console, argument: str) -> None:
    from gradcli.listing import grads_text

    names = argument.replace(",", " ").split() or list(console.session.leaves())
    for name in names:
        console.session.leaf(name)
    for name in names:
        console.write(grads_text(console.session, name, console.settings["digits"]))


def _reset(console: Console, argument: str) -> None:
    _takes_nothing("reset", argument)
    console.reset()


def _history(console: Console, argument: str) -> None:
    if argument and not argument.isdecimal():
        raise InputError("history takes a number of lines", hint="history 10")
    entries = console.history.entries
    count = int(argument) if argument else 20
    first = max(0, len(entries) - count)
    width = len(str(len(entries)))
    for number, entry in enumerate(entries[first:], first + 1):
        console.write(f"{number:>{width}}  " + entry.replace("\n", "\n" + " " * (width + 2)))


def _save(console: Console, argument: str) -> None:
    from gradcli.scripts import write_script

    if not argument:
        raise InputError("save needs the name of a file", hint="save work.grad")
    statements = [step.text for step in console.steps if step.text]
    write_script(_unquoted(argument), statements)
    count = len(statements)
    console.write(f"saved {count} {'statement' if count == 1 else 'statements'} to {argument}")


def _load(console: Console, argument: str) -> None:
    from gradcli.scripts import read_script

    if not argument:
        raise InputError("load needs the name of a file", hint="load work.grad")
    console.run_statements(read_script(_unquoted(argument)))


def _set(console: Console, argument: str) -> None:
    name, _, word = argument.partition(" ")
    word = word.strip().removeprefix("=").strip()
    if not word:
        for each in [find(name).name] if name else SETTINGS:
            console.write(f"{each} {word_for(each, console.settings[each])}")
        return
    console.settings[name] = read_word(name, word)


def _undo(console: Console, argument: str) -> None:
    _takes_nothing("undo", argument)
    console.undo()


def _quit(console: Console, argument: str) -> None:
    _takes_nothing("quit", argument)
    console.done = True


def _takes_nothing(name: str, argument: str) -> None:
    if argument:
        raise InputError(f"{name} stands alone", hint=name)


def _unquoted(argument: str) -> str:
    if len(argument) > 1 and argument[0] == argument[-1] and argument[0] in "'\"":
        return argument[1:-1]
    return argument


COMMANDS: dict[str, Command] = {
    command.name: command
    for command in (
        Command(
            "help",
            "help [TOPIC]",
            "What there is: help commands, help functions, help sin.",
            ">>> help sin",
            _help,
            "topic",
        ),
        Command(
            "vars",
            "vars",
            "Every name with its kind, shape, value, grad, and the backward passes in that grad.",
            ">>> x = 3\n>>> y = x**2\n>>> vars",
            _vars,
        ),
        Command(
            "grad",
            "grad [x]",
            "The accumulated grad of a leaf, or of every leaf.",
            ">>> x = 3\n>>> backward x**2\n>>> grad x",
            _grad,
            "leaf",
        ),
        Command(
            "zero",
            "zero [x …]",
            "Clears the grads of some leaves, or of every leaf. Nothing else ever clears a grad.",
            ">>> x = 3\n>>> backward x**2\n>>> zero x\n>>> grad x",
            None,
            "leaf",
        ),
        Command(
            "backward",
            "backward [y[, SEED]]",
            "Adds the gradient of y (ans, if it is left out) into the grads of the leaves that it reaches.",
            ">>> x = 3\n>>> backward x**2\n>>> backward x**2",
            None,
            "name",
        ),
        Command(
            "del",
            "del x …",
            "Forgets names.",
            ">>> x = 3\n>>> del x\n>>> vars",
            None,
            "name",
        ),
        Command(
            "reset",
            "reset",
            "Forgets every name and every grad.",
            ">>> x = 3\n>>> reset\n>>> vars",
            _reset,
        ),
        Command(
            "history",
            "history [N]",
            "The last N lines that were typed (20 unless told).",
            ">>> x = 3\n>>> history 2",
            _history,
        ),
        Command(
            "save",
            "save FILE",
            "Writes the statements that succeeded to a file that gradcli run replays.",
            ">>> x = 3\n>>> save work.grad",
            _save,
            "file",
        ),
        Command(
            "load",
            "load FILE",
            "Runs the statements of a file in this session.",
            ">>> x = 3\n>>> save work.grad\n>>> load work.grad",
            _load,
            "file",
        ),
        Command(
            "set",
            "set [NAME [VALUE]]",
            "Shows or changes a setting: set digits 6, set style torch, set preview off.",
            ">>> set digits 6\n>>> pi\n>>> set digits all\n>>> pi",
            _set,
            "setting",
        ),
        Command(
            "undo",
            "undo",
            "Takes back the last statement.",
            ">>> x = 3\n>>> x = 4\n>>> undo\n>>> x",
            _undo,
        ),
        Command("quit", "quit", "Leaves; so does Ctrl-D.", ">>> quit", _quit),
        Command("exit", "exit", "Leaves, as quit does.", ">>> exit", _quit),
    )
}
"""Every command by its name."""
