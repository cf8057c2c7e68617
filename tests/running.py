"""Runs exported code in the languages that this machine has, to compare it with the engine."""

from __future__ import annotations

import json
import math
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import gradcli
from gradcli.writing.code import awk, javascript

Numbers = list[float]


class Case(NamedTuple):
    """A formula, and the points (values of its variables, in order of appearance) to compute it at.

    `elements` is how many a value has that is a vector; 0 says that it is a number.
    """

    expression: str
    points: Sequence[Mapping[str, float]]
    elements: int = 0

    def by_rows(self, numbers: Numbers) -> Numbers:
        """The value, then the derivatives of each of its elements, from those in each variable."""
        if not self.elements:
            return numbers
        return [
            *numbers[: self.elements],
            *(each for k in range(self.elements) for each in numbers[self.elements + k :: self.elements]),
        ]

    def code(self, target: str, number: int, **options: Any) -> Any:
        """Its code in a target, as a function called `f0`, `f1`, …"""
        return gradcli.export(self.expression, target, name=f"f{number}", **options)


def _number(text: str) -> float:
    text = text.strip().lower().lstrip("+")
    return math.nan if "nan" in text or not text else float(text)


def _ran(words: Sequence[str], folder: Path, given: str = "") -> str:
    done = subprocess.run(
        words, cwd=folder, input=given, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, (words, done.stderr[-3000:])
    assert not done.stderr.strip(), done.stderr[-3000:]
    return done.stdout


def _once(text: str, helpers: Iterable[str]) -> str:
    """The code of several functions, with each helper before all and nowhere else."""
    used = [each for each in helpers if each in text]
    for each in used:
        text = text.replace(each, "")
    return "".join(used) + text


def _rows(out: str) -> list[Numbers]:
    return [[_number(cell) for cell in line.split()] for line in out.splitlines()]


def _in_order(code: Any, point: Mapping[str, float]) -> Numbers:
    """The values of the arguments."""
    return [point[name] for name in code.titles]


def of_c(cases: Sequence[Case], folder: Path, compiler: Sequence[str] = ("gcc", "-std=c11")) -> list[Numbers]:
    """What C gives: for each point of each case the value, then the derivatives."""
    lines, calls = ["#include <stdio.h>"], []
    for k, case in enumerate(cases):
        code = case.code("c", k)
        lines.append(code.code)
        many = case.elements
        count = len(code.arguments) * (many or 1)
        for point in case.points:
            given = ", ".join(float(each).hex() for each in _in_order(code, point))
            if many:
                calls.append(f"    {{ double v[{many}], g[{count}]; f{k}({given}, v, g);")
                calls.append(f'      for (int i = 0; i < {many}; ++i) {{ printf("%.17g ", v[i]); }}')
            else:
                calls.append(f'    {{ double g[{count}]; printf("%.17g", f{k}({given}, g));')
            calls.append(
                f'      for (int i = 0; i < {count}; ++i) {{ printf(" %.17g", g[i]); }} puts(""); }}'
            )
    lines += ["int main(void) {", *calls, "    return 0;", "}"]
    suffix = ".cpp" if compiler[0] == "g++" else ".c"
    (folder / f"all{suffix}").write_text("\n".join(lines))
    flags = ("-O1", "-ffp-contract=off", "-Wall", "-Wextra", "-Werror")
    _ran((*compiler, *flags, f"all{suffix}", "-o", "all", "-lm"), folder)
    return _rows(_ran(("./all",), folder))


def of_fortran(cases: Sequence[Case], folder: Path) -> list[Numbers]:
    """What Fortran gives."""
    lines, uses, calls = [], [], []
    for k, case in enumerate(cases):
        code = case.code("fortran", k)
        lines.append(code.code)
        uses.append(f"  use f{k}_module")
        for point in case.points:
            given = ", ".join(
                f"{each!r}".replace("e", "d") + ("" if "e" in repr(each) else "d0")
                for each in map(float, _in_order(code, point))
            )
            of_one = f"1:{len(code.arguments)}"
            value = f"w(1:{case.elements})" if case.elements else "v"
            gradient = f"h(1:{case.elements}, {of_one})" if case.elements else f"g({of_one})"
            calls += [f"  call f{k}({given}, {value}, {gradient})"]
            printed = f"transpose({gradient})" if case.elements else gradient
            calls.append(f"  print '(*(es26.17e3))', {value}, {printed}")
    lines += [
        "program main",
        *uses,
        "  implicit none",
        *(["  double precision :: v, g(64)"] if any(not case.elements for case in cases) else []),
        *(["  double precision :: w(64), h(64, 64)"] if any(case.elements for case in cases) else []),
        *calls,
        "end program",
    ]
    (folder / "all.f90").write_text("\n".join(lines))
    flags = ("-O1", "-ffp-contract=off", "-ffree-line-length-none", "-Wall")
    _ran(("gfortran", *flags, "all.f90", "-o", "all"), folder)
    return _rows(_ran(("./all",), folder))


def of_javascript(cases: Sequence[Case], folder: Path) -> list[Numbers]:
    """What node gives."""
    lines = []
    for k, case in enumerate(cases):
        code = case.code("javascript", k)
        lines.append(code.code)
        for point in case.points:
            given = ", ".join(map(repr, _in_order(code, point)))
            lines.append(f"console.log([f{k}({given})].flat(Infinity).map(String).join(' '));")
    (folder / "all.js").write_text('"use strict";\n' + _once("\n".join(lines), javascript.HELPERS.values()))
    rows = iter(_rows(_ran(("node", "all.js"), folder)))
    return [case.by_rows(next(rows)) for case in cases for _ in case.points]


def _of_module(target: str) -> Callable[[Sequence[Case], Path], list[Numbers]]:
    def run(cases: Sequence[Case], folder: Path) -> list[Numbers]:
        found = []
        for k, case in enumerate(cases):
            code = case.code(target, k)
            module: dict[str, Any] = {}
            exec(compile(code.code, f"f{k}.py", "exec"), module)
            for point in case.points:
                with np.errstate(all="ignore"):
                    value, gradient = module[f"f{k}"](*map(float, _in_order(code, point)))
                numbers = np.concatenate([np.ravel(value), *map(np.ravel, gradient)])
                found.append(case.by_rows(numbers.tolist()))
        return found

    return run


def _of_awk(command: str) -> Callable[[Sequence[Case], Path], list[Numbers]]:
    def run(cases: Sequence[Case], folder: Path) -> list[Numbers]:
        lines, calls = [], []
        for k, case in enumerate(cases):
            code = case.code("awk", k)
            lines.append(code.code)
            for point in case.points:
                given = ", ".join(map(repr, _in_order(code, point)))
                count = len(code.arguments) * (case.elements or 1)
                if case.elements:
                    calls.append(f"    f{k}({given}, v, g)")
                    calls.append(f'    for (i = 1; i <= {case.elements}; ++i) printf "%.17g ", v[i]')
                else:
                    calls.append(f'    printf "%.17g", f{k}({given}, g)')
                calls.append(f'    for (i = 1; i <= {count}; ++i) printf " %.17g", g[i]; print ""')
        whole = "\n".join([*lines, "BEGIN {", *calls, "}"])
        (folder / "all.awk").write_text(_once(whole, awk.HELPERS.values()))
        return _rows(_ran((command, "-f", "all.awk"), folder))

    return run


def _values(code: Any, points: Sequence[Mapping[str, float]]) -> list[tuple[float, ...]]:
    return [tuple(map(float, _in_order(code, point))) for point in points]


def _of_sql(cases: Sequence[Case], connect: Callable[[], Any], double: str, **settings: str) -> list[Numbers]:
    """What a database gives, which has a `double` of its own name."""
    found = []
    for k, case in enumerate(cases):
        code = case.code("sql", k, **settings)
        names = [name.replace('"', '""') for name in code.titles]
        columns = ", ".join(f'"{name}" {double}' for name in names)
        places = ", ".join("?" * len(names))
        with closing(connect()) as base:
            base.execute(f"CREATE TABLE t ({columns})")
            base.executemany(f"INSERT INTO t VALUES ({places})", _values(code, case.points))
            for row in base.execute(code.code).fetchall():
                cells = [math.nan if each is None else float(each) for each in row[len(names) :]]
                found.append(case.by_rows(cells))
    return found


def of_duckdb(cases: Sequence[Case], folder: Path) -> list[Numbers]:
    """What DuckDB gives."""
    import duckdb

    return _of_sql(cases, duckdb.connect, "DOUBLE")


def of_sqlite(cases: Sequence[Case], folder: Path) -> list[Numbers]:
    """What SQLite gives."""
    return _of_sql(cases, lambda: sqlite3.connect(":memory:"), "REAL", dialect="sqlite")


def of_spark(cases: Sequence[Case], folder: Path) -> list[Numbers]:
    """What Spark gives, in this process and without a cluster."""
    from pyspark.sql import SparkSession

    spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
    found = []
    for k, case in enumerate(cases):
        code = case.code("sql", k, dialect="spark")
        names = [f"`{name.replace('`', '``')}`" for name in code.titles]
        schema = ", ".join(f"{name} DOUBLE" for name in names)
        spark.createDataFrame(_values(code, case.points), schema).coalesce(1).createOrReplaceTempView("t")
        for row in spark.sql(code.code).collect():
            cells = [math.nan if each is None else float(each) for each in row[len(names) :]]
            found.append(case.by_rows(cells))
    return found


def of_postgres(cases: Sequence[Case], folder: Path) -> list[Numbers]:
    """What the PostgreSQL gives that the environment names (by PGHOST and its like), asked by psql."""
    lines, asked = [], []
    for k, case in enumerate(cases):
        code = case.code("sql", k, dialect="postgres")
        names = ['"' + name.replace('"', '""') + '"' for name in code.titles]
        lines.append(f"CREATE TEMP TABLE t ({', '.join(f'{name} float8' for name in names)});")
        for values in _values(code, case.points):
            lines.append(f"INSERT INTO t VALUES ({', '.join(map(repr, map(repr, values)))});")
            asked.append((case, len(names)))
        lines += [f"{code.code};", "DROP TABLE t;"]
    words = ("psql", "-XqAt", "-F", " ", "-P", "null=nan", "-v", "ON_ERROR_STOP=1")
    rows = _rows(_ran(words, folder, "\n".join(lines)))
    return [case.by_rows(row[width:]) for row, (case, width) in zip(rows, asked, strict=True)]


def _has_sqlite() -> bool:
    try:
        with closing(sqlite3.connect(":memory:")) as base:
            base.execute("SELECT ln(2.0), trunc(1.5)")
    except sqlite3.Error:
        return False
    return True


RUNS: Mapping[str, tuple[bool, Callable[[Sequence[Case], Path], list[Numbers]]]] = {
    "c": (shutil.which("gcc") is not None, of_c),
    "cpp": (
        shutil.which("g++") is not None,
        lambda cases, folder: of_c(cases, folder, ("g++", "-std=c++17")),
    ),
    "fortran": (shutil.which("gfortran") is not None, of_fortran),
    "javascript": (shutil.which("node") is not None, of_javascript),
    "python": (True, _of_module("python")),
    "numpy": (True, _of_module("numpy")),
    "mawk": (shutil.which("mawk") is not None, _of_awk("mawk")),
    "gawk": (shutil.which("gawk") is not None, _of_awk("gawk")),
    "duckdb": (find_spec("duckdb") is not None, of_duckdb),
    "sqlite": (_has_sqlite(), of_sqlite),
    "postgres": (shutil.which("psql") is not None and "PGHOST" in os.environ, of_postgres),
    "spark": (find_spec("pyspark") is not None and shutil.which("java") is not None, of_spark),
}
"""What runs each target, and whether it can here."""


def engine(case: Case) -> list[Numbers]:
    """What gradcli gives at the points of a case."""
    found = []
    for point in case.points:
        answer = gradcli.evaluate(case.expression, point)
        each = [answer.gradients[name] for name in case.code("python", 0).titles]
        shape = np.shape(answer.value)
        parts = [np.broadcast_to(0.0 if one is None else one, shape) for one in each]
        found.append(case.by_rows(np.concatenate([np.ravel(answer.value), *map(np.ravel, parts)]).tolist()))
    return found


def listed(path: Path) -> list[Any]:
    """The records of a file of JSON lines."""
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]
