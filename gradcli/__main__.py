"""`python -m gradcli` and the `gradcli` command: what must happen before anything else is imported."""

from __future__ import annotations

import gc
import os
import sys
from importlib import import_module
from types import ModuleType


def main() -> None:
    """Runs the command line and leaves with its exit status."""
    import signal

    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # until there is someone to catch it
    # A calculator's matrices are small, and starting OpenBLAS's threads takes half of NumPy's import.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    put_off_the_unused()
    # Formulas are many small objects that live together: collecting among them early finds nothing.
    gc.set_threshold(100_000, 50, 50)
    _reopen_what_is_closed()
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # a closed pipe ends us quietly, as every filter
    from gradcli.cli.output import accept_any_character, finish

    accept_any_character()
    status = finish(_run)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # nothing is left to do, and taking the modules apart would cost 10 ms


def _run() -> int | None:
    from gradcli.cli.commands import run  # refused where somebody has broken the grammar, as any mistake is

    return run(sys.argv[1:])


def _reopen_what_is_closed() -> None:
    """Gives each closed standard stream a file that is not there to be read or written.

    Otherwise the next file that is opened would get its number, and be taken for it.
    """
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is None:
            # Reading from what is open for writing fails, and the other way round, as with a closed file.
            flags = os.O_WRONLY if number < 2 and mode == "r" else os.O_RDONLY if number == 1 else os.O_RDWR
            descriptor = os.open(os.devnull, flags)
            if descriptor != number:
                os.dup2(descriptor, number)
                os.close(descriptor)
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115


class Later(ModuleType):
    """A module that is imported when something of it is used, and not when it is only named."""

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):  # the import system asks for some
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        module = import_module(self.__name__)
        self.__dict__.update(module.__dict__)
        return getattr(module, name)


def put_off_the_unused() -> None:
    """Lets NumPy be imported without what it imports and no calculation uses: a quarter of its time.

    Its docstrings and its types for type checkers stand in modules of their own; where a version of NumPy
    has no such modules, this does nothing.
    """
    for name in (
        *("ctypes", "linecache", "pickle", "platform", "textwrap"),
        *("numpy._typing", "numpy._core._add_newdocs", "numpy._core._add_newdocs_scalars"),
    ):
        sys.modules.setdefault(name, Later(name))
    # What is used while modules are imported: annotations that are evaluated and never read, and, by uuid
    # for orjson, the name of the system.
    sys.modules["numpy._typing"].__dict__.setdefault("NDArray", list)
    sys.modules["platform"].__dict__.setdefault("system", lambda: os.uname().sysname)


if __name__ == "__main__":
    main()
