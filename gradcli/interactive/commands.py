"""The commands of a prompt, each said once: dispatch, help, completion, README and man page read this table.

A command whose `action` is `None` is a statement of the language, listed here so that it is found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from gradcli.interactive.command import Argument, Command
from gradcli.interactive.console import Console
from gradcli.interactive.settings import SETTINGS, find, read_word, word_for
from gradcli.language.vocabulary import words_of
from gradcli.text.errors import GradcliError, InputError
from gradcli.text.source import Mark, Source


def _help(console: Console, argument: Argument) -> None:
    texts = []
    for topic, mark in list(argument.words()) or [("", argument.mark())]:
        with _at(mark):
            texts.append(help_on(topic, console))
    console.write("\n\n".join(texts))


def help_on(topic: str, console: Console | None = None) -> str:
    """What `help` says on a topic, perhaps of a console's session, for its width; raises `InputError`."""
    from gradcli.interactive.help import help_text

    session, width = (None, None) if console is None else (console.session, console.width)
    return help_text(topic, COMMANDS, session, width, _with_answers)


def _with_answers(example: str) -> str:
    """An example with what its lines show; as it is where they have to do with files."""
    entries = [entry.replace("\n... ", "\n").removesuffix("\n...") for entry in example.split("\n>>> ")]
    entries[0] = entries[0].removeprefix(">>> ")
    shown: list[str] = []
    console = Console(shown.append, shown.append, commands=COMMANDS)
    for typed, entry in zip(example.removeprefix(">>> ").split("\n>>> "), entries, strict=True):
        if "@" in entry or entry.split(maxsplit=1)[0] in ("save", "load", "quit"):
            return example
        shown.append(f">>> {typed}")
        console.enter(entry)
    return "\n".join(shown)


def _vars(console: Console, argument: Argument) -> None:
    _takes_nothing("vars", argument)
    from gradcli.render.variables import variables_text

    text = variables_text(console.session, console.settings["digits"], console.width)
    console.write(text or "no name is bound yet: x = 3 makes a leaf")


def _grad(console: Console, argument: Argument) -> None:
    from gradcli.render.variables import grads_text

    session = console.session
    names = list(argument.words()) or [(name, argument.mark()) for name in session.leaves()]
    for name, mark in names:
        with _at(mark):
            session.leaf(name)
    for name, _ in names:
        console.write(grads_text(session, name, console.settings["digits"]))
    if not names:
        console.write("there is no leaf yet: x = 3 makes one")


def _reset(console: Console, argument: Argument) -> None:
    _takes_nothing("reset", argument)
    console.reset()


def _history(console: Console, argument: Argument) -> None:
    text = argument.text
    if text and not (text.isascii() and text.isdecimal()):
        raise InputError("history takes a number of lines", hint="history 10")
    entries = console.history.entries
    count = int(text[:9]) if text else 20
    first = max(0, len(entries) - count)
    width = len(str(len(entries)))
    for number, entry in enumerate(entries[first:], first + 1):
        console.write(f"{number:>{width}}  " + entry.replace("\n", "\n" + " " * (width + 2)))


def _save(console: Console, argument: Argument) -> None:
    from gradcli.documents.document import is_named_notebook
    from gradcli.session.files import write_script

    name = argument.path("save work.grad")
    if is_named_notebook(name):
        from gradcli.documents.notebook import write_notebook

        write_notebook(name, console.steps.cells, console.settings["style"])
    else:
        write_script(name, console.steps.texts)
    count = console.steps.statements
    console.write(f"saved {count} {'statement' if count == 1 else 'statements'} to {name}")


def _load(console: Console, argument: Argument) -> None:
    from gradcli.documents.document import is_notebook
    from gradcli.session.files import read_script

    name = argument.path("load work.grad")
    source = read_script(name)
    sources = [source]
    if is_notebook(source):
        from gradcli.documents.magics import code_of
        from gradcli.documents.notebook import Notebook

        cells = [cell.source for cell in Notebook(source).cells if not cell.is_skipped]
        sources = [Source(code_of(each.text).text, each.name) for each in cells]
    console.load(sources, f"load {name}")


def _set(console: Console, argument: Argument) -> None:
    found = re.match(r"([^\s=]*)\s*=?\s*(.*)", argument.text)
    assert found is not None
    name, word = found[1], found[2]
    with _at(argument.mark(*found.span(1))):
        shown = [find(name).name] if name else list(SETTINGS)
    if word:
        with _at(argument.mark(*found.span(2))):
            console.set(shown[0], read_word(name, word))
        return
    for each in shown:
        console.write(f"{each} {word_for(each, console.settings[each])}")


def _undo(console: Console, argument: Argument) -> None:
    _takes_nothing("undo", argument)
    console.undo()


def _quit(console: Console, argument: Argument) -> None:
    console.done = True


def _takes_nothing(name: str, argument: Argument) -> None:
    if argument.text:
        raise InputError(f"{name} stands alone", hint=name)


@contextmanager
def _at(mark: Mark) -> Iterator[None]:
    """Gives an error that says no place this one."""
    try:
        yield
    except GradcliError as error:
        error.marks = error.marks or (mark,)
        raise


def _statement(name: str, takes: str = "") -> Command:
    """A statement of the language, as its word has it."""
    word = next(word for word in words_of("statement") if word.name == name)
    return Command(word.name, word.usage, word.doc, word.example, None, takes)


COMMANDS: dict[str, Command] = {
    command.name: command
    for command in (
        Command(
            "help",
            "help [TOPIC]",
            "What there is: help commands, help functions, help language, help sin, help x.",
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
        _statement("zero", "leaf"),
        _statement("backward"),
        _statement("del", "name"),
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
            "Writes the statements that succeeded to a file that gradcli run replays, or a notebook.",
            ">>> x = 3\n>>> save work.grad\n>>> save work.ipynb",
            _save,
            "file",
        ),
        Command(
            "load",
            "load FILE",
            "Runs the statements of a file in this session, as one step for undo.",
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
            "Takes back the last statement that changed something.",
            ">>> x = 3\n>>> x = 4\n>>> undo\n>>> x",
            _undo,
        ),
        Command("quit", "quit", "Leaves; so does Ctrl-D.", ">>> quit", _quit),
        Command("exit", "exit", "Leaves, as quit does.", ">>> exit", _quit),
    )
}
"""Every command by its name."""


def told_off_the_prompt(error: InputError) -> None:
    """Gives an error of a script a better hint where it stands at a word that is a command of a prompt."""
    if not error.marks:
        return
    mark = error.marks[0]
    text, start = mark.source.text, mark.span.start
    begin = text.rfind("\n", 0, start) + 1
    word = re.match(r"\s*([^\W\d]\w*+)(\s*+)(?![=(.])", text[begin:])
    if word is None or start - begin not in (word.start(1), word.end(2)):  # at it, or right behind it
        return
    command = COMMANDS.get(word[1])
    calls = {word.name for word in words_of("call")}  # whose errors say how they are called
    if command is not None and command.action is not None and command.name not in calls:
        error.hint = f"{command.name} is a command of the prompt, which gradcli opens on a terminal"
