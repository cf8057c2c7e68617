"""Runs the transcripts of golden files, README and documentation, and puts what really happens in place.

`gradcli.documents.transcript` says what a transcript is. Here commands run too: below `$ command` stands what
a terminal shows (stdout and stderr as they come, and `[exit 2]` where the exit status is not 0). A session
lasts to the next line of prose. In Markdown the fenced blocks `console` (commands), `gradcli` (statements)
and `python` (Python's own `>>>`, one session for all) are run; one behind `<!-- needs pandas -->` only where
that package is installed.

`gradcli …` on its own runs in this process, and anything else in a shell, where `gradcli` is this
package too. All commands of a file share one temporary folder, with a copy of `tests/files` in it.
"""

from __future__ import annotations

import ast
import contextlib
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
import traceback
import warnings
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path
from typing import Any

from gradcli.cli.commands import main
from gradcli.documents.transcript import Piece, fences_in, replayed
from gradcli.interactive.commands import COMMANDS
from gradcli.interactive.console import Console

ROOT = Path(__file__).resolve().parent.parent
FILES = ROOT / "tests" / "files"

_UNSTEADY = (
    (re.compile(r"after \d+ evaluations"), "after some evaluations"),
    # A parameter that the data do not determine has one of many values, which are as good.
    (re.compile(r"^(\S+) +\S+  not determined$", re.MULTILINE), r"\1  not determined"),
    (re.compile(r"^ +value  standard error", re.MULTILINE), "value  standard error"),
)
"""What may be otherwise with another version of SciPy: where a search passes on its way."""
_QUOTED = re.compile(r"'[^']*'|\"[^\"$`\\]*\"")


class Place:
    """A temporary folder for the commands of one file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "here"
        shutil.copytree(FILES, self.folder)
        bin_folder = folder / "bin"
        bin_folder.mkdir()
        for name, words in {"gradcli": [sys.executable, "-m", "gradcli"], "python": [sys.executable]}.items():
            script = bin_folder / name
            script.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n', encoding="utf-8")
            script.chmod(0o755)
        hidden = ("NO_COLOR", "COLUMNS", "OPENBLAS_NUM_THREADS")
        self.environment = {
            **{name: text for name, text in os.environ.items() if name not in hidden},
            "PATH": f"{bin_folder}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            "PYTHONUTF8": "1",
            "LC_ALL": "C.UTF-8",
        }

    def command(self, text: str) -> str:
        """What a command shows on a terminal."""
        words = plain_words(text)
        shown, status = self.in_process(words) if words is not None else self.in_shell(text)
        if shown and not shown.endswith("\n"):
            shown += "\n"
        return shown + (f"[exit {status}]\n" if status else "")

    def in_process(self, arguments: list[str]) -> tuple[str, int]:
        """Runs `gradcli` with these arguments here: what it writes, and its exit status."""
        output = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
        kept = sys.stdin
        sys.stdin = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
        try:
            with (
                contextlib.chdir(self.folder),
                contextlib.redirect_stdout(output),
                contextlib.redirect_stderr(output),
            ):
                status = main(arguments)
        finally:
            sys.stdin = kept
        buffer: Any = output.buffer
        return buffer.getvalue().decode("utf-8"), status

    def in_shell(self, text: str, **about: Any) -> tuple[str, int]:
        """Runs a command in a shell: what it writes, and its exit status (as the shell has it)."""
        done = subprocess.run(
            ["sh", "-c", text],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=120,
            check=False,
            **about,
        )
        return done.stdout.decode("utf-8"), done.returncode


def plain_words(text: str) -> list[str] | None:
    """The arguments of a lone `gradcli` command, or `None` where a shell has more to do than split words."""
    if not re.match(r"gradcli(\s|$)", text) or re.search(r"[^\w\s=.,:/@%+-]", _QUOTED.sub("", text)):
        return None
    return shlex.split(text)[1:]


def statements() -> Callable[[str], str]:
    """A new prompt: a function that runs a statement or a command there and returns what it shows."""
    lines: list[str] = []
    console = Console(lines.append, lines.append, commands=COMMANDS)

    def execute(text: str) -> str:
        lines.clear()
        console.history.append(text)
        console.enter(text)
        return "".join(f"{line}\n" for line in lines)

    return execute


def run_lines(lines: Iterable[str]) -> list[str]:
    """What a new prompt shows for entries typed one after another: one text for each."""
    execute = statements()
    return [execute(line).removesuffix("\n") for line in lines]


def python() -> Callable[[str], str]:
    """A new Python prompt: a function that runs a statement and returns what it prints."""
    names: dict[str, Any] = {"__name__": "__main__"}

    def execute(text: str) -> str:
        output = io.StringIO()
        tree = ast.parse(text)
        mode = "single" if len(tree.body) == 1 else "exec"
        with contextlib.redirect_stdout(output):
            try:
                exec(compile(text + "\n", "<example>", mode), names)
            except Exception as error:
                output.write("Traceback (most recent call last):\n  ...\n")
                output.write("".join(traceback.format_exception_only(error)))
        return output.getvalue()

    return execute


Execute = Callable[[str], str]


class Prompts:
    """What runs after each prompt, until prose comes between."""

    def __init__(self, place: Place, statement: Callable[[], Execute]) -> None:
        self.place = place
        self.make_statement = statement
        self.statement: Execute | None = None

    def forget(self) -> None:
        """Begins a new session with the next statement."""
        self.statement = None

    def run(self, prompt: str, text: str) -> str:
        """What follows an input."""
        if prompt == "$ ":
            return self.place.command(text)
        if self.statement is None:
            self.statement = self.make_statement()
        return self.statement(text)


def replay(text: str, prompts: Prompts) -> str:
    """A transcript with what its inputs really show."""

    def show(piece: Piece) -> str | None:
        if piece.prompt:
            return prompts.run(piece.prompt, piece.typed)
        if (piece.lines + piece.shown).strip():
            prompts.forget()
        return None

    return replayed(text, show)


def replay_text(text: str, folder: Path) -> str:
    """A golden text file with what its inputs really show."""
    return replay(text, Prompts(Place(folder), statements))


def replay_markdown(text: str, folder: Path) -> str:
    """Markdown with what the inputs in its fenced blocks really show."""
    place = Place(folder)
    prompt = python()
    parts, at = [], 0
    with contextlib.chdir(place.folder):
        for fence in fences_in(text):
            if fence.language not in ("console", "gradcli", "python") or _is_wanting(text[: fence.start]):
                continue
            start, end = fence.body
            prompts = Prompts(place, (lambda: prompt) if fence.language == "python" else statements)
            parts += [text[at:start], replay(text[start:end], prompts)]
            at = end
    return "".join([*parts, text[at:]])


_NEEDS = re.compile(r"<!-- needs ([\w. ]+) -->\s*\Z")


def _is_wanting(before: str) -> bool:
    """Whether a block needs a package that is not installed, by what stands before it in Markdown."""
    found = _NEEDS.search(before)
    return found is not None and not all(map(_is_installed, found[1].split()))


def _is_installed(name: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what it says at its import is not our examples'
            import_module(name)
    except ImportError:
        return False
    return True


def _steady(text: str) -> str:
    """A transcript without what depends on the version of a library."""
    for pattern, instead in _UNSTEADY:
        text = pattern.sub(instead, text)
    return text


def check(path: Path, folder: Path, update: bool) -> None:
    """Compares a file of transcripts with what happens, or (with `update`) writes that into it."""
    text = path.read_text(encoding="utf-8")
    happened = (replay_markdown if path.suffix == ".md" else replay_text)(text, folder)
    if _steady(happened) == _steady(text):
        return
    if update and "a mistake in gradcli itself" not in happened:
        path.write_text(happened, encoding="utf-8")
        return
    import difflib

    difference = difflib.unified_diff(
        text.splitlines(), happened.splitlines(), f"{path.name} as it is", "what happens", lineterm=""
    )
    raise AssertionError(
        "\n".join(difference)
        + "\n\nIf this is right, pytest --update-golden writes it, for git diff to review."
    )
