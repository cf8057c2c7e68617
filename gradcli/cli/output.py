"""Where a command writes, and how it ends: results to stdout, all else to stderr, a status for the shell."""

from __future__ import annotations

import codecs
import os
import sys
from collections.abc import Callable
from io import TextIOWrapper
from typing import TYPE_CHECKING, Any, TextIO

from gradcli.interruptions import Terminated, interrupt, on_interruption
from gradcli.text import errors
from gradcli.text.errors import GradcliError, Notice, cannot_write, exhausted

if TYPE_CHECKING:
    from gradcli.render.styles import Style
    from gradcli.session.results import Result


def accept_any_character() -> None:
    """Lets what the locale cannot write be written as `...` or `\\u03b1`, which is no failure."""
    codecs.register_error("gradcli", _legible)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="gradcli")


def _legible(error: UnicodeError) -> tuple[str | bytes, int]:
    if isinstance(error, UnicodeEncodeError) and error.object[error.start] == "…":
        return "...", error.start + 1
    if isinstance(error, UnicodeEncodeError):
        error.end = error.start + 1  # one at a time
    return codecs.backslashreplace_errors(error)


def write(text: str | None) -> None:
    """Writes a result to stdout, on lines of its own; `None` is nothing to write."""
    if text is not None:
        sys.stdout.write(text + "\n")


def write_result(result: Result, style: Style) -> None:
    """Writes a result, as a style has it, to stdout; what `print` writes aside, to stderr."""
    from gradcli.session.results import is_aside  # which what shows no result has no need of

    text = style.text(result)
    if text is not None and is_aside(result):
        to_stderr(text)
    else:
        write(text)


def tell(notice: Notice) -> None:
    """Writes a warning or note to stderr, after what is on stdout so far."""
    from gradcli.text.report import colour_wanted, notice_text

    to_stderr(notice_text(notice, colour=colour_wanted(sys.stderr)))


def complain(error: GradcliError) -> None:
    """Writes an error to stderr, after what is on stdout so far."""
    from gradcli.text.report import colour_wanted, error_text

    to_stderr(error_text(error, colour=colour_wanted(sys.stderr)))


def to_stderr(text: str) -> None:
    """Writes what is no result, after what is on stdout so far; where that cannot be, nobody can be told."""
    sys.stdout.flush()
    try:
        sys.stderr.write(text + "\n")
        sys.stderr.flush()
    except OSError:
        _forget(sys.stderr, 2)


def finish(command: Callable[[], Any]) -> int:
    """Runs a command to its end, output written; returns its exit status, whatever goes wrong.

    Does not return from Ctrl-C, SIGTERM or SIGHUP, which end the process by the signal.
    """
    try:
        status = _status(command)
        sys.stdout.flush()
    except OSError as error:
        _forget(sys.stdout, 1)
        complain(cannot_write("the output", error))
        return 1
    return status


def _status(command: Callable[[], Any]) -> int:
    try:
        outcome = command()
    except GradcliError as error:
        complain(error)
        return error.exit_status
    except Terminated as ended:
        die_by_signal(ended.signal)
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else 1
    except KeyboardInterrupt:
        die_by_signal()
    except (RecursionError, MemoryError) as raised:
        complain(exhausted(raised))
        return 1
    except OSError:
        raise  # of the output
    except Exception as raised:
        complain(errors.unexpected(raised))
        return 1
    return outcome if isinstance(outcome, int) else 0


def hear_interrupts() -> None:
    """Lets Ctrl-C raise `KeyboardInterrupt` from now on, for who catches it, SIGTERM and SIGHUP `Terminated`.

    Before, and for commands that have nothing to finish, they end the process: an exception in the middle of
    an import is of no use, and not every extension module survives one.
    """
    import signal

    on_interruption(interrupt)
    if signal.getsignal(signal.SIGINT) is interrupt:  # else a shell has us ignore it, in the background
        signal.signal(signal.SIGINT, signal.default_int_handler)  # as libraries expect


def die_by_signal(number: int = 2) -> None:
    """Ends this process as a signal (SIGINT: Ctrl-C) ends any filter, so that a shell's loop stops too.

    What has been written leaves first; a second signal does not wait for that.
    """
    import signal

    signal.signal(number, signal.SIG_DFL)
    try:
        sys.stdout.flush()
    except OSError:
        pass
    os.kill(os.getpid(), number)


def _forget(stream: TextIO, number: int) -> None:
    """Lets Python's own flush at exit write to nowhere, since the real stream is closed or full."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), number)
        stream.flush()
    except (OSError, ValueError):
        pass
