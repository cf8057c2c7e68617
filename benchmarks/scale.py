"""What rows on workers of Dask cost: CPU seconds of one process, of the busiest worker, and of all the rest.

    python benchmarks/scale.py [ROWS]

Walls say little on a machine that has other work, so processor time is counted, of each process by itself.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from gradcli.pipelines.dask_door import DaskWorkers, check_scheduler
from gradcli.pipelines.formula import Choice
from gradcli.pipelines.order import Order
from gradcli.pipelines.part import Target
from gradcli.pipelines.spread import MIB, Wanted, map_spread

EXPRESSION = "sin(x)*y"


def seconds_of(process: int) -> float:
    """The processor time of a process so far, from what Linux keeps of it."""
    text = Path(f"/proc/{process}/stat").read_text(encoding="ascii")
    user, system = text.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


class Measured(DaskWorkers):
    """Workers that tell what they took, and what this process did."""

    told: dict[str, float]

    def __exit__(self, *raised: object) -> None:
        if self._cluster is None:
            return
        workers = [worker.process.pid for worker in self._cluster.workers.values()]
        each = [seconds_of(process) for process in workers]
        self.told = {"busiest worker": max(each), "all workers": sum(each)}
        resident = [Path(f"/proc/{process}/status").read_text(encoding="ascii") for process in workers]
        peaks = [int(text.partition("VmHWM:")[2].split()[0]) / 1024 for text in resident]
        self.told["MiB of a worker"] = max(peaks)
        super().__exit__(*raised)


def one_process(words: list[str], output: Path) -> float:
    """The processor time of one process of gradcli with its twin, its output in a file."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    process = os.posix_spawn(
        sys.executable,
        [sys.executable, "-m", "gradcli", *words],
        os.environ,
        file_actions=[(os.POSIX_SPAWN_OPEN, 1, str(output), os.O_WRONLY | os.O_CREAT, 0o600)],
    )
    os.waitpid(process, 0)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def spread(folder: Path, file: Path, size: float | None, place: str | None) -> None:
    """Maps a file on two workers, and prints what that took."""
    workers = Measured("local:2")
    order = Order(EXPRESSION, files=(str(file),), choice=Choice(), base=str(folder))
    wanted = Wanted(None if size is None else int(size * MIB))
    output = os.open(os.devnull, os.O_WRONLY)
    kept = os.dup(1)
    sys.stdout.flush()
    started, before = time.perf_counter(), time.process_time()
    check_scheduler("local:2")
    if place is None:
        os.dup2(output, 1)
    try:
        map_spread(order, lambda: workers, lambda notice: None, Target(place=place), wanted)
    finally:
        os.dup2(kept, 1)
    told: dict[str, Any] = {
        **workers.told,
        "here and scheduler": time.process_time() - before,
        "wall": time.perf_counter() - started,
    }
    parts = -(-file.stat().st_size // int((size or (64 if place else 8)) * MIB))
    what = f"{parts} parts of {size or (64 if place else 8)} MiB, {'files' if place else 'one output'}"
    print(f"{what:36}", *(f"{name} {value:.2f}" for name, value in told.items()), sep="  ")


def main() -> None:
    """Prints the table."""
    rows = int(float(sys.argv[1])) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = folder / "points.csv"
        numbers = np.random.default_rng(1).normal(size=(rows, 2))
        with file.open("w", encoding="ascii") as opened:
            opened.write("x,y\n")
            for x, y in numbers.tolist():
                opened.write(f"{x!r},{y!r}\n")
        print(f"{rows} rows, {file.stat().st_size / MIB:.0f} MiB")
        print(f"{'one process':36}  {one_process(['map', EXPRESSION, str(file)], folder / 'one.csv'):.2f}")
        spread(folder, file, 16, str(folder / "whole"))
        spread(folder, file, None, None)
        spread(folder, file, file.stat().st_size / MIB / 980, str(folder / "small"))
        np.save(folder / "points.npy", numbers)
        words = ["accumulate", "(w*c1 + b - c2)**2", "--w", "1", "--b", "0", str(folder / "points.npy")]
        print(f"{'npy, one process adds up':36}  {one_process(words, folder / 'sums'):.2f}")


if __name__ == "__main__":
    main()
