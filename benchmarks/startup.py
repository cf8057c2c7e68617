"""How long one answer takes, against what it cannot do without: python benchmarks/startup.py [PAIRS]

Each pair runs both commands right after one another, in the order that changes every time, so that what
else the machine does weighs on both. Prints the median of the pairs' ratios.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NUMPY = ["-c", "import numpy"]
COMMANDS = {
    "gradcli eval": ["-m", "gradcli", "eval", "sin(x**2)", "--x", "4"],
    "gradcli eval --json": ["-m", "gradcli", "eval", "sin(x**2)", "--x", "4", "--json"],
    "gradcli eval 'sin('": ["-m", "gradcli", "eval", "sin("],
    "gradcli --version": ["-m", "gradcli", "--version"],
    "gradcli run": ["-m", "gradcli", "run", "tests/tutorial.grad"],
}


def seconds(arguments: list[str]) -> float:
    """The time from start to end of an interpreter."""
    started = time.perf_counter()
    subprocess.run([sys.executable, *arguments], env=ENVIRONMENT, cwd=ROOT, capture_output=True, check=False)
    return time.perf_counter() - started


# What a user's environment is: compiled modules are kept, and nobody chose OpenBLAS's threads.
HIDDEN = ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "PYTHONPATH", "OPENBLAS_NUM_THREADS")
ENVIRONMENT = {name: text for name, text in os.environ.items() if name not in HIDDEN}


def main() -> None:
    """Times every command against importing NumPy."""
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 41
    for command in (NUMPY, *COMMANDS.values()):
        seconds(command)
    for name, command in COMMANDS.items():
        ratios, alone = [], []
        for place in range(pairs):
            if place % 2:
                base, time_taken = seconds(NUMPY), seconds(command)
            else:
                time_taken, base = seconds(command), seconds(NUMPY)
            ratios.append(time_taken / base)
            alone.append(base)
        print(
            f"{name:20} {statistics.median(ratios):5.2f} x python -c 'import numpy'"
            f" (which takes {1000 * statistics.median(alone):.0f} ms)"
        )


if __name__ == "__main__":
    main()
