"""What makes a start quick, and what must happen before anything else is imported.

The gains are those of `gradcli eval "sin(x**2)" x=4` (CPU time, medians of 60 alternating runs). A trick that
gains less than a twentieth does not stand here.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping
from importlib import import_module
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import NoReturn


def prepare() -> None:
    """Makes this process the command `gradcli`: its streams, its signals, and a quick import of NumPy."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # until there is someone to catch it
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # a closed pipe ends us quietly, as every filter
    _reopen_what_is_closed()
    # A calculator's matrices are small, and starting OpenBLAS's threads takes half of NumPy's import.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    put_off_the_unused()


def leave(status: int) -> NoReturn:
    """Ends the process, its output written.

    Nothing is left to do, and taking the modules apart would cost a fifth of the whole.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


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


PUT_OFF: Mapping[str, Mapping[str, object]] = {
    # NumPy's docstrings: 5 %.
    "numpy._core._add_newdocs": {},
    "numpy._core._add_newdocs_scalars": {},
    # Its types for type checkers, of which annotations are evaluated and never read: 5 %.
    "numpy._typing": {"NDArray": list},
    # What it needs for other libraries' arrays, for files of objects and for messages: 7 % together.
    **{name: {} for name in ("ctypes", "pickle", "platform", "linecache", "textwrap", "tokenize")},
    # What it needs for the signatures and docstrings of its functions in C, and for texts of types: 7 %.
    "inspect": {"signature": lambda function: None, "cleandoc": lambda text: text},
    "ast": {},
}
"""What NumPy imports and no calculation uses, and what of it NumPy is answered while it is being imported."""


class Later(ModuleType):
    """A module that is imported when something of it is used, and not when it is only named."""

    def __init__(self, name: str, meanwhile: Mapping[str, object]) -> None:
        super().__init__(name)
        self.__spec__ = ModuleSpec(name, None)  # for those who only ask whether there is such a module
        self._meanwhile = meanwhile

    def __getattr__(self, name: str) -> object:
        if name == "__path__":  # asked for before a part of a package is imported
            return self._path()
        if name.startswith("__"):  # the import system asks for more than that
            raise AttributeError(name)
        if name in self._meanwhile and _is_being_imported("numpy"):
            return self._meanwhile[name]
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        module = import_module(self.__name__)
        self.__dict__.update(module.__dict__)
        return getattr(module, name)

    def _path(self) -> list[str]:
        """Where the parts of a package are; raises `AttributeError` for what is none."""
        whole = sys.modules.get(self.__name__.rpartition(".")[0])
        spec = PathFinder.find_spec(self.__name__, None if whole is None else whole.__path__)
        if spec is None or spec.submodule_search_locations is None:
            raise AttributeError("__path__")
        self.__dict__["__path__"] = found = list(spec.submodule_search_locations)
        return found


def _is_being_imported(name: str) -> bool:
    """Whether a module's import has begun and not ended, as the import system marks it on its specification.

    A Python that does not mark it is slower, and nothing else.
    """
    return getattr(getattr(sys.modules.get(name), "__spec__", None), "_initializing", False)


def put_off_the_unused() -> None:
    """Lets NumPy be imported without what no calculation uses.

    Where a version of NumPy has no such modules, this does nothing. (Python 3.15 has `lazy import`.)
    """
    for name, meanwhile in PUT_OFF.items():
        sys.modules.setdefault(name, Later(name, meanwhile))
    # What uuid asks for orjson: the name of the system.
    sys.modules["platform"].__dict__.setdefault("system", lambda: os.uname().sysname)
