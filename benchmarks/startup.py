"""How long one answer takes, against what it cannot do without: python benchmarks/startup.py [PAIRS]

Each pair runs both commands right after one another, in the order that changes every time, so that what
else the machine does weighs on both. Prints the medians of the pairs' ratios, of processor time and by the
clock: importing NumPy starts threads, which take both on a machine that has processors for them. A prompt
is timed until it shows itself in a terminal.
"""

from __future__ import annotations

import os
import pty
import statistics
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
NUMPY = ["-c", "import numpy"]
COMMANDS = {
    "gradcli eval": ["-m", "gradcli", "eval", "sin(x**2)", "--x", "4"],
    "gradcli eval --json": ["-m", "gradcli", "eval", "sin(x**2)", "--x", "4", "--json"],
    "gradcli eval 'sin('": ["-m", "gradcli", "eval", "sin("],
    "gradcli --version": ["-m", "gradcli", "--version"],
    "gradcli --help": ["-m", "gradcli", "--help"],
    "gradcli run": ["-m", "gradcli", "run", "tests/tutorial.grad"],
    "gradcli": ["-m", "gradcli"],
}


class Taken(NamedTuple):
    """What a command took, in seconds."""

    processor: float
    clock: float


def run(arguments: list[str]) -> Taken:
    """From the start to the end of an interpreter; of a prompt, until it shows itself."""
    started = time.perf_counter()
    process, terminal = pty.fork()
    if not process:
        os.chdir(ROOT)
        os.execve(sys.executable, [sys.executable, *arguments], ENVIRONMENT)
    shown = 0.0
    told = b""
    with suppress(OSError):  # which is how the end of a terminal is told
        while piece := os.read(terminal, 65536):
            told += piece
            if b"\x1b[6n" in piece:  # it is asked where the cursor stands
                os.write(terminal, b"\x1b[1;1R")
            if not shown and b">>> " in told:
                shown = time.perf_counter() - started
                os.write(terminal, b"\x04")
    _, _, usage = os.wait4(process, 0)
    os.close(terminal)
    return Taken(usage.ru_utime + usage.ru_stime, shown or time.perf_counter() - started)


# What a user's environment is: compiled modules are kept, and nobody chose OpenBLAS's threads.
HIDDEN = ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "PYTHONPATH", "OPENBLAS_NUM_THREADS")
ENVIRONMENT = {name: text for name, text in os.environ.items() if name not in HIDDEN}


def main() -> None:
    """Times every command against importing NumPy."""
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 41
    with tempfile.TemporaryDirectory() as home:
        ENVIRONMENT.update(HOME=home, TERM="xterm")
        for command in (NUMPY, *COMMANDS.values()):
            run(command)
        print(f"{'times import numpy':20}  processor  clock")
        for name, command in COMMANDS.items():
            found = []
            for place in range(pairs):
                order = (NUMPY, command) if place % 2 else (command, NUMPY)
                taken = {id(each): run(each) for each in order}
                found.append((taken[id(command)], taken[id(NUMPY)]))
            processor = statistics.median(own.processor / base.processor for own, base in found)
            clock = statistics.median(own.clock / base.clock for own, base in found)
            print(f"{name:20}  {processor:9.2f}  {clock:5.2f}")


if __name__ == "__main__":
    main()
