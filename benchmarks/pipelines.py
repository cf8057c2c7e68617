"""Pipelines against the peers that are installed, as ratios of wall time and of processor time in one run.

    python benchmarks/pipelines.py [--rounds 5] [--rows 1000000] [--polars PYTHON]

Every contender reads the same file and writes to a file: `sin(x**2)*y` of two columns and both gradients,
which the peers have typed in by hand. The rounds are interleaved, and a ratio is one of medians. Miller, mawk
and jq are looked for in PATH; polars in the Python that `--polars` names. What is not there is skipped, and
said so. The peak is that of the largest process.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

EXPRESSION = "sin(x**2)*y"
LOSS = "(w*x + b - y)**2"

MAKE = """
import sys
import numpy as np
rows = int(sys.argv[1])
rng = np.random.default_rng(1)
np.save("points.npy", rng.normal(size=(rows, 2)))
np.save("many.npy", rng.normal(size=(10 * rows, 2)))
with open("points.csv", "w") as csv, open("points.jsonl", "w") as jsonl:
    csv.write("x,y\\n")
    for start in range(0, rows, 100_000):
        table = rng.normal(size=(min(100_000, rows - start), 2)).tolist()
        csv.write("".join(f"{x!r},{y!r}\\n" for x, y in table))
        jsonl.write("".join(f'{{"x":{x!r},"y":{y!r}}}\\n' for x, y in table))
with open("points.csv") as csv, open("many.csv", "w") as many:
    head, text = csv.readline(), csv.read()
    many.write(head)
    for _ in range(10):
        many.write(text)
with open("points.csv") as csv, open("quoted.csv", "w") as quoted:
    csv.readline()
    quoted.write("name,x,y,note\\n")
    for number, line in enumerate(csv):
        quoted.write(f'"row, {number}",{line.rstrip()},"a ""quoted"" word"\\n')
names = ["x", "y", *(f"c{place}" for place in range(18))]
with open("wide.jsonl", "w") as wide:
    for row in rng.normal(size=(rows // 5, 20)).tolist():
        wide.write("{" + ",".join(f'"{name}":{value!r}' for name, value in zip(names, row)) + "}\\n")
"""

POLARS = """
import polars as pl
x, y = pl.col("x"), pl.col("y")
q = x * x
out = pl.SOURCE.with_columns(z=q.sin() * y, dx=q.cos() * 2 * x * y, dy=q.sin())
out.SINK
"""

NUMPY_MAP = """
import numpy as np
points = np.load("points.npy", mmap_mode="r")
out = np.lib.format.open_memmap("out.npy", "w+", np.float64, (len(points), 5))
for k in range(0, len(points), 16384):
    x, y = points[k : k + 16384].T
    q = x * x
    s = np.sin(q)
    part = out[k : k + 16384]
    part[:, 0], part[:, 1] = x, y
    part[:, 2], part[:, 3], part[:, 4] = s * y, np.cos(q) * 2 * x * y, s
"""

NUMPY_SUM = """
import numpy as np
points = np.load("many.npy", mmap_mode="r")
w, b = 1.0, 0.0
value = dw = db = 0.0
for k in range(0, len(points), 16384):
    x, y = points[k : k + 16384].T
    r = w * x + b - y
    value += (r * r).sum()
    r2 = 2 * r
    dw += (r2 * x).sum()
    db += r2.sum()
print(value, dw, db)
"""

MILLER = "$z = sin($x**2)*$y; $dx = cos($x**2)*2*$x*$y; $dy = sin($x**2)"
MAWK = (
    'NR == 1 {print $0, "z,dx,dy"; next} '
    '{q = $1*$1; s = sin(q); printf "%s,%.17g,%.17g,%.17g\\n", $0, s*$2, cos(q)*2*$1*$2, s}'
)
JQ = ". + {z: ((.x*.x|sin)*.y), dx: ((.x*.x|cos)*2*.x*.y), dy: (.x*.x|sin)}"


class Contest(NamedTuple):
    """One task: ours, a peer, the ratio that we aim at, and the peak (MiB) that ours must not pass."""

    title: str
    ours: list[str]
    peer: str
    theirs: list[str] | None
    most: float
    peak: float = 64
    processor: bool = False
    """Whether what is aimed at is of processor time."""


class Result(NamedTuple):
    """What one process took."""

    wall: float
    processor: float
    peak: float


def contests(polars: str) -> list[Contest]:
    """Every contest; a peer that is not installed has no words."""
    gradcli = [sys.executable, "-m", "gradcli"]
    table = [*gradcli, "map", EXPRESSION, "points.csv"]
    python = sys.executable
    found = subprocess.run([polars, "-c", "import polars"], capture_output=True, check=False).returncode == 0

    def in_polars(source: str, sink: str) -> list[str] | None:
        return [polars, "-c", POLARS.replace("SOURCE", source).replace("SINK", sink)] if found else None

    def installed(name: str, *words: str) -> list[str] | None:
        path = shutil.which(name)
        return [path, *words] if path else None

    return [
        Contest("CSV", table, "Miller", installed("mlr", "--csv", "put", MILLER, "points.csv"), 0.30, 64),
        Contest("CSV", table, "mawk", installed("mawk", "-F,", "-v", "OFS=,", MAWK, "points.csv"), 0.40, 64),
        Contest("CSV", table, "polars", in_polars('scan_csv("points.csv")', 'sink_csv("out.csv")'), 0.80),
        Contest(
            "CSV with quoted text",
            [*gradcli, "map", EXPRESSION, "quoted.csv"],
            "Miller",
            installed("mlr", "--csv", "put", MILLER, "quoted.csv"),
            0.8,
        ),
        Contest(
            "CSV to Parquet",
            [*table, "--to", "parquet"],
            "polars",
            in_polars('scan_csv("points.csv")', 'sink_parquet("out.parquet")'),
            0.8,
            150,
        ),
        Contest(
            "CSV with quoted text to Parquet",
            [*gradcli, "map", EXPRESSION, "quoted.csv", "--to", "parquet"],
            "polars",
            in_polars('scan_csv("quoted.csv")', 'sink_parquet("out.parquet")'),
            1.6,
            200,
        ),
        Contest(
            "JSON lines of 20 fields",
            [*gradcli, "map", EXPRESSION, "wide.jsonl"],
            "polars",
            in_polars('scan_ndjson("wide.jsonl")', 'sink_ndjson("out.jsonl")'),
            1.15,
            processor=True,
        ),
        Contest(
            "JSON lines",
            [*gradcli, "map", EXPRESSION, "points.jsonl"],
            "jq",
            installed("jq", "-c", JQ, "points.jsonl"),
            0.20,
            64,
        ),
        Contest(
            "npy",
            [*gradcli, "map", EXPRESSION, "--names", "x,y", "points.npy"],
            "NumPy by hand",
            [python, "-c", NUMPY_MAP],
            1.5,
            64,
        ),
        Contest(
            "npy, accumulate, ten times the rows",
            [*gradcli, "accumulate", LOSS, "--w", "1", "--b", "0", "--names", "x,y", "many.npy"],
            "NumPy by hand",
            [python, "-c", NUMPY_SUM],
            1.1,
            150,
        ),
        Contest("CSV, ten times the rows", [*gradcli, "map", EXPRESSION, "many.csv"], "itself", None, 0, 64),
    ]


def measure(words: list[str], folder: Path, environment: dict[str, str]) -> Result:
    """The wall time and peak memory (MiB) of a process."""
    for old in folder.glob("out*"):  # which some would empty within the time that is measured
        old.unlink()
    with (folder / "out").open("wb") as out:
        start = time.perf_counter()
        process = subprocess.Popen(words, cwd=folder, stdout=out, env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
    process.returncode = status
    if status:
        raise SystemExit(f"failed: {' '.join(words)[:200]}")
    return Result(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def main() -> None:
    """Makes the data, runs the rounds, prints the table."""
    parser = argparse.ArgumentParser(description="Pipelines against their peers.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--polars", default=sys.executable, help="a Python that has polars")
    options = parser.parse_args()
    if importlib.util.find_spec("gradcli") is None:
        sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    hidden = ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED")
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    environment["PYTHONPATH"] = str(Path(__file__).resolve().parent.parent)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run([sys.executable, "-c", MAKE, str(options.rows)], cwd=folder, check=True)
        rows = [f"{'task':<36}{'peer':<15}{'wall':>7}{'CPU':>7}{'aim':>10}{'peak MiB':>10}{'aim':>5}"]
        missing = []
        for contest in contests(options.polars):
            ours: list[Result] = []
            theirs: list[Result] = []
            for _ in range(options.rounds):
                ours.append(measure(contest.ours, folder, environment))
                if contest.theirs:
                    theirs.append(measure(contest.theirs, folder, environment))
            peak = max(each.peak for each in ours)
            wall = processor = aim = "-"
            if theirs:
                wall, processor = (
                    f"{statistics.median(mine) / statistics.median(others):.2f}"
                    for mine, others in (
                        ([each.wall for each in ours], [each.wall for each in theirs]),
                        ([each.processor for each in ours], [each.processor for each in theirs]),
                    )
                )
                aim = f"{contest.most:.2f}{' CPU' if contest.processor else ''}"
            elif contest.peer != "itself":
                missing.append(contest.peer)
            figures = f"{wall:>7}{processor:>7}{aim:>10}{peak:>10.0f}{contest.peak:>5.0f}"
            rows.append(f"{contest.title:<36}{contest.peer:<15}{figures}")
        print("\n".join(rows))
        for peer in missing:
            print(f"{peer} is not installed: skipped")


if __name__ == "__main__":
    main()
