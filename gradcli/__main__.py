"""`python -m gradcli` and the `gradcli` command: what must happen before anything else is imported."""

from __future__ import annotations

import gc
import io
import os
import sys


def main() -> None:
    """Runs the command line and leaves with its exit status."""
    # A calculator's matrices are small, and starting OpenBLAS's threads takes half of NumPy's import.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # Formulas are many small objects that live together: collecting among them early finds nothing.
    gc.set_threshold(100_000, 50, 50)
    import signal

    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # a closed pipe ends us quietly, as every filter
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a name that the locale cannot write is no failure
    from gradcli.terminal import finish

    status = finish(lambda: run(sys.argv[1:]))
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # nothing is left to do, and taking the modules apart would cost 10 ms


def run(arguments: list[str]) -> int:
    """Runs the words of a command line; returns the exit status. Raises `GradcliError`."""
    if arguments[:1] == ["eval"]:
        from gradcli.oneshot import run_plainly

        if run_plainly(arguments[1:]):
            return 0
    # A shell that asks for completions does so without arguments, and from a terminal.
    asked = "_GRADCLI_COMPLETE" in os.environ
    if arguments in ([], ["repl"]) and not asked and sys.stdin is not None and sys.stdin.isatty():
        from gradcli.prompt import start

        return start()
    from gradcli.cli import main as run_command_line

    return run_command_line(arguments)


if __name__ == "__main__":
    main()
