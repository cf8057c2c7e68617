"""Files of statements: what `save` writes, and what `load` and `gradcli run` read."""

from __future__ import annotations

import os
import sys
from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from errno import EISDIR
from typing import IO, TYPE_CHECKING, cast

from gradcli.engine.primitives import is_function
from gradcli.language.parser import parse
from gradcli.language.tree import Define, Import
from gradcli.text.errors import InputError, cannot_read, cannot_write
from gradcli.text.source import Mark, Source

if TYPE_CHECKING:
    from pathlib import Path

SAVED_HEADER = "# saved by gradcli\n"
"""How a file begins that `save` may write over."""

STDIN, STDIN_TITLE = "-", "<stdin>"
"""What names standard input, and what messages call it."""


def read_script(name: str) -> Source:
    """The source of a file of statements (`-`: standard input); raises `InputError`."""
    try:
        if name == STDIN:
            return Source(_text_of(sys.stdin.buffer, STDIN_TITLE), STDIN_TITLE)
        # pathlib takes 3 ms, which a start need not pay.
        with open(os.path.expanduser(name), "rb") as file:  # noqa: PTH111, PTH123
            return Source(_text_of(file, name), name)
    except (OSError, RuntimeError) as error:
        raise cannot_read(name, error) from None
    except UnicodeDecodeError:
        raise InputError(f"{STDIN_TITLE if name == STDIN else name} is not text in UTF-8") from None


def read_functions(files: Iterable[str]) -> dict[str, Define]:
    """The functions of files of definitions; raises `InputError`, also for anything else in them."""
    return functions_of(map(read_script, files))


def functions_of(sources: Iterable[Source]) -> dict[str, Define]:
    """The functions of texts of definitions; raises `InputError` for anything else in them."""
    found: dict[str, Define] = {}
    for source in sources:
        for statement in parse(source, is_function=is_function).statements:
            if isinstance(statement, Define):
                found[statement.name] = statement
            elif not isinstance(statement, Import):
                raise InputError(
                    "a file of definitions holds functions only",
                    (Mark(source, statement.span),),
                    "as in f(x) = x**2",
                )
    return found


_PIECE = 1 << 20

LONGEST = 1 << 26
"""Bytes of the longest file of statements."""


def _text_of(file: IO[bytes], name: str) -> str:
    """All of a file as text; raises `InputError` where it has no end, or holds what no text does."""
    pieces, have = [], 0
    while piece := file.read(_PIECE):
        have += len(piece)
        if b"\0" in piece:
            raise InputError(f"{name} is not text in UTF-8")
        if have > LONGEST:
            raise InputError(f"{name} is longer than a program may be: {LONGEST} bytes")
        pieces.append(piece)
    return b"".join(pieces).removeprefix(BOM_UTF8).decode()


def write_script(name: str, statements: Iterable[str]) -> None:
    """Writes statements to a file, whole or not at all.

    Raises `EvaluationError` where that is impossible, and `InputError` where it would destroy a file that
    `save` did not make.
    """
    text = SAVED_HEADER + "".join(f"{statement}\n" for statement in statements)
    replace_saved(name, text.encode("utf-8", "surrogateescape"), _is_ours)


def replace_saved(name: str, data: bytes, is_ours: Callable[[Path], bool]) -> None:
    """Writes what `save` saves; raises as `write_script` does, also over a file that is not `is_ours`."""
    from pathlib import Path

    try:
        path = Path(name).expanduser()
        if path.exists() and not path.is_dir() and not is_ours(path):
            raise InputError(f"{name} exists, and was not made by save", hint="save it under another name")
    except (OSError, RuntimeError) as error:
        raise cannot_write(name, error) from None
    replace_file(name, data)


def replace_file(name: str, data: bytes) -> None:
    """Writes a file, whole or not at all; raises `EvaluationError` where that is impossible."""
    with replacing(name) as file:
        file.write(data)


@contextmanager
def replacing(name: str) -> Iterator[IO[bytes]]:
    """A file to write, which takes the place of the one of that name, if any, at once when the body is done.

    What is no file (a pipe, a device) is written as it stands. Raises `EvaluationError` where that is
    impossible; what the body raises leaves all as it was.
    """
    from pathlib import Path

    try:
        path = Path(name).expanduser()
        is_device = path.is_absolute() and path.parts[1:2] == ("dev",)  # /dev/stdout may be a file, too
        path = path if is_device else path.resolve()  # a link goes on to point at the file
        if is_device or (path.exists() and not path.is_file() and not path.is_dir()):
            beside, file = None, cast(IO[bytes], path.open("ab"))
        else:
            file = _beside(path)
            beside = Path(file.name)
    except (OSError, RuntimeError) as error:
        raise cannot_write(name, error) from None
    try:
        with file:
            yield file
        if beside is not None:
            umask = os.umask(0)
            os.umask(umask)
            beside.chmod(path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~umask)
            beside.replace(path)
    except BaseException as error:
        if beside is not None:
            beside.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise cannot_write(name, error) from None
        raise


def _beside(path: Path) -> IO[bytes]:
    """A new file in the folder of another one."""
    import tempfile

    if path.is_dir():
        raise IsADirectoryError(EISDIR, os.strerror(EISDIR))
    return tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False)


def _is_ours(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(SAVED_HEADER)) in (b"", SAVED_HEADER.encode())
