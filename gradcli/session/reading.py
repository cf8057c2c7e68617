"""Statements that read a file of numbers (`A = @matrix.npy`), and which files a program may read."""

from __future__ import annotations

import os

from gradcli.arrays import Array
from gradcli.engine.shapes import check_size
from gradcli.language.tree import Read
from gradcli.session.context import Behaviours, Run
from gradcli.session.files import STDIN, STDIN_TITLE
from gradcli.session.state import Reads
from gradcli.text.errors import InputError


def anywhere(file: str) -> Array:
    """The numbers of any file, as who types at a prompt may ask for; raises `GradcliError`."""
    from gradcli.streams.whole import read_array

    return read_array(os.path.expanduser(file), check_size)  # noqa: PTH111 (pathlib takes 3 ms)


def of_script(script: str, *, all_files: bool) -> Reads:
    """What a script may read: files below its own folder, from which their names count.

    With `all_files` it may read every file, and a program from standard input reads none without it.
    """
    if script in (STDIN, STDIN_TITLE):
        return anywhere if all_files else _from_stdin
    folder = os.path.dirname(os.path.expanduser(script))  # noqa: PTH111, PTH120

    def read(file: str) -> Array:
        whole = os.path.join(folder, os.path.expanduser(file))  # noqa: PTH111, PTH118
        above = os.path.realpath(folder or ".")
        if not all_files and os.path.commonpath((above, os.path.realpath(whole))) != above:
            raise InputError(
                f"a script reads files below its own folder only, and {file} is elsewhere",
                hint="gradcli run --allow-files lets it read this one",
            )
        return anywhere(whole)

    return read


def _from_stdin(file: str) -> Array:
    raise InputError(
        "a program from standard input reads no files",
        hint=f"gradcli run FILE runs it from a file, and gradcli run --A @{file} gives it the array",
    )


def _read(run: Run, statement: Read) -> None:
    session, name = run.session, statement.target.name
    reads = session.reads
    if reads is None:
        hint = f"give {name} its value from outside"
        raise InputError("a program reads no files here", (run.mark(statement.file_span),), hint)
    data = run.placed(statement.file_span, lambda: reads(statement.file))
    if statement.constant or not session.numbers_are_leaves:
        session.bind_constant(name, data)
    else:
        session.bind_leaf(name, data)


STATEMENTS: Behaviours = {Read: _read}
