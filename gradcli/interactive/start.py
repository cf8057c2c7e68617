"""Begins an interactive session: the user's settings, history and init file, and the prompt that fits.

A terminal that can move its cursor gets the prompt of `repl.py`; others get lines read as they come.
"""

from __future__ import annotations

import os
import shutil
import sys

from gradcli.interactive.commands import COMMANDS
from gradcli.interactive.console import Console
from gradcli.interactive.entry import CONTINUATION, PROMPT
from gradcli.interactive.history import History
from gradcli.interactive.settings import history_file, init_file, load_settings
from gradcli.text.report import colour_wanted


def start(seed: int | None = None) -> int:
    """Reads and runs lines until the user leaves; the exit status. Random numbers follow from `seed`."""
    settings, notices = load_settings()
    history = History(history_file())
    console = Console(_write, _complain, commands=COMMANDS, settings=settings, history=history)
    console.colour = bool(settings["colours"]) and colour_wanted(sys.stderr)
    console.width = shutil.get_terminal_size().columns
    for notice in notices:
        console.tell(notice)
    if seed is not None:
        console.session.seed(seed)
    _run_init(console)
    if _is_dumb() or not sys.stdout.isatty():
        read_lines(console)
    else:
        from gradcli.interactive.terminal import Terminal

        Terminal(console).run()
    return 0


def _is_dumb() -> bool:
    return os.environ.get("TERM", "dumb") in ("dumb", "unknown", "") and os.name != "nt"


def _write(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _complain(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def _run_init(console: Console) -> None:
    """Runs the user's statements. They are no part of what `undo` takes back."""

    def run() -> None:
        path = init_file()
        if path.exists():
            from gradcli.session.files import read_script

            console.load([read_script(str(path))])

    console.guarded(run)


def _ask(prompt: str) -> str:
    """A line from the terminal. Where results go elsewhere, prompts do not go with them."""
    sys.stderr.write(prompt)
    sys.stderr.flush()
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line.rstrip("\n")


def read_lines(console: Console) -> None:
    """A prompt for terminals that cannot move their cursor: no colours, completion or preview."""
    while not console.done:
        console.width = shutil.get_terminal_size().columns
        try:
            text = _ask(PROMPT)
            while console.is_incomplete(text):
                text += "\n" + _ask(CONTINUATION)
        except EOFError:
            _complain("")
            return
        except KeyboardInterrupt:
            _complain("")
            continue
        except UnicodeDecodeError:
            _complain("error: this is not text in the terminal's encoding")
            continue
        console.history.append(text)
        console.enter(text)
        console.tell_history()
