"""How many lessons on gradients run as they stand, and how many of their lines are PyTorch's.

    python benchmarks/lessons.py TABLE FOLDER --torch PYTHON [--reasons] [NAME ...]

TABLE lists the files (tab-separated: repository, path, and in further columns what each needs), which lie in
FOLDER/repository/path; those that are not there are left out. PYTHON is an interpreter with torch. Both begin
with the seed 0. What torch prints is kept in FOLDER/.torch, once with float32, as the pages have it, and once
with float64 as the default type and the draws of random numbers made in float32; gradcli runs once as it is,
and once with `--doubles`. `--reasons` lists what stops the others, the most frequent first, and names say
which files.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from pathlib import Path
from typing import NamedTuple

from gradcli.documents.differences import compare_texts
from gradcli.documents.document import is_notebook
from gradcli.documents.magics import code_of
from gradcli.documents.notebook import Notebook
from gradcli.text.errors import GradcliError
from gradcli.text.source import Source

LONGEST = 25
"""Seconds that a file may take."""

DRIVER = r'''
import ast, builtins, json, sys, types

class Anything(types.ModuleType):
    """What draws, and is not there: it takes every call and gives itself."""
    def __init__(self, name="anything"):
        super().__init__(name)
        self.__path__ = []
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self
    def __call__(self, *args, **named):
        return self
    def __iter__(self):
        return iter((self, self))
    def __getitem__(self, key):
        return self
    def __setitem__(self, key, value):
        pass
    def __enter__(self):
        return self
    def __exit__(self, *error):
        pass

drawing = Anything()
for name in """matplotlib matplotlib.pyplot matplotlib.animation mpl_toolkits mpl_toolkits.mplot3d seaborn
        graphviz torchviz IPython IPython.display""".split():
    sys.modules[name] = drawing

asked = json.load(sys.stdin)
import torch
import numpy

torch.manual_seed(0)
numpy.random.seed(0)
if asked["double"]:
    torch.set_default_dtype(torch.float64)
    single = torch.float32
    # What a page calls torch.float is float64 here, as is what it means by that.
    asks = any(word in code for code in asked["cells"] for word in ("float64", "double"))
    kinds = (None, single) if asks else (None, single, torch.float64)

    def drawn(function):
        def draw(*args, requires_grad=False, dtype=None, **named):
            found = function(*args, dtype=single if dtype in kinds else dtype, **named)
            found = found.double() if found.dtype == single else found
            return found.requires_grad_() if requires_grad else found
        return draw

    def like(function):
        def draw(tensor, requires_grad=False, **named):
            found = function(tensor.float(), **named).double()
            return found.requires_grad_() if requires_grad else found
        return draw

    def in_place(function):
        def draw(self, *args, **named):
            made = torch.empty(self.shape, dtype=single)
            function(made, *args, **named)
            self.data.copy_(made)
            return self
        return draw

    for name in ("rand", "randn"):
        setattr(torch, name, drawn(getattr(torch, name)))
    for name in ("rand_like", "randn_like", "bernoulli"):
        setattr(torch, name, like(getattr(torch, name)))
    for name in ("uniform_", "normal_", "exponential_"):
        setattr(torch.Tensor, name, in_place(getattr(torch.Tensor, name)))
    torch.FloatTensor = torch.DoubleTensor
    torch.float = torch.float32 = torch.float64
    torch.Tensor.float = torch.Tensor.double

space = {"__name__": "__main__", "__file__": asked["name"], "display": lambda *args: print(*map(repr, args))}
for code in asked["cells"]:
    tree = ast.parse(code)
    last = tree.body.pop() if asked["shows"] and tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "<cell>", "exec"), space)
    if last is not None:
        value = eval(compile(ast.Expression(last.value), "<cell>", "eval"), space)
        if value is not None and not code.rstrip().endswith(";") and value is not drawing:
            print(repr(value))
'''


class Lesson(NamedTuple):
    """A file: its name, the row of the table, and where it lies."""

    name: str
    row: dict[str, str]
    path: Path


class Ran(NamedTuple):
    """What a file printed, whether it ran to its end, and what it said beside that."""

    lines: list[str]
    whole: bool
    told: str


def lessons(table: Path, folder: Path, names: Sequence[str]) -> Iterator[Lesson]:
    """The files of a table that are there."""
    head, *rows = [line.split("\t") for line in table.read_text(encoding="utf-8").splitlines()]
    for row in rows:
        path = folder / row[0] / row[1]
        name = f"{row[0]}/{row[1]}"
        if path.exists() and (not names or any(each in name for each in names)):
            yield Lesson(name, dict(zip(head, row, strict=False)), path)


def run(command: Sequence[str], path: Path, given: str = "") -> Ran:
    """Runs a command in the folder of a file."""
    try:
        done = subprocess.run(
            command,
            input=given,
            cwd=path.parent,
            capture_output=True,
            text=True,
            timeout=LONGEST,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Ran([], False, f"longer than {LONGEST} s")
    return Ran(done.stdout.splitlines(), done.returncode == 0, done.stderr)


def by_torch(lesson: Lesson, folder: Path, python: str, *, double: bool) -> Ran:
    """What torch prints, from what is kept or anew."""
    kept = folder / ".torch" / f"{lesson.name}.{'double' if double else 'single'}.json"
    if kept.exists():
        return Ran(*json.loads(kept.read_text(encoding="utf-8")))
    source = Source(lesson.path.read_text(encoding="utf-8-sig"), lesson.path.name)
    shows = is_notebook(source)
    try:
        cells = (
            [code_of(cell.source.text).text for cell in Notebook(source).cells] if shows else [source.text]
        )
    except GradcliError as error:
        return Ran([], False, error.message)
    asked = {"name": lesson.path.name, "cells": cells, "shows": shows, "double": double}
    found = run([python, "-c", DRIVER], lesson.path, json.dumps(asked))
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps(found), encoding="utf-8")
    return found


def here(lesson: Lesson, *options: str) -> Ran:
    """What gradcli prints."""
    command = [sys.executable, "-m", "gradcli", "run", "--style", "torch", "--seed", "0", *options]
    command.append(lesson.path.name)
    return run(command, lesson.path)


def equal(lines: Sequence[str], wanted: Sequence[str], tolerance: float) -> int:
    """How many of the wanted lines are there, in order; numbers may differ by a tolerance."""
    count = 0
    for kind, start, end, first, last in SequenceMatcher(None, wanted, lines, autojunk=False).get_opcodes():
        if kind == "equal":
            count += end - start
        elif kind == "replace":
            pairs = zip(wanted[start:end], lines[first:last], strict=False)
            count += sum(compare_texts(old, new, tolerance=tolerance).excused for old, new in pairs)
    return count


def reasons(told: str) -> set[str]:
    """What gradcli said was wrong, without what is of this file only."""
    found = re.findall(r"(?m)^(?:\S.*?: )?error: (.*)", told)
    return {re.sub(r"'[^']*'|\"[^\"]*\"", "…", re.sub(r"\d+", "N", each)) for each in found}


class Tally:
    """The counts over some of the files."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def add(self, **counts: int) -> None:
        """Counts a file."""
        self.counts.update(counts)

    def text(self) -> str:
        """The counts on a line."""
        have = self.counts
        return (
            f"{have['files']} files: {have['whole']} run whole, {have['same']} print torch's lines; "
            f"of {have['lines']} lines {have['double']} are torch's in float64, {have['single']} in float32, "
            f"{have['near']} within 1e-4"
        )


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs all files and prints the counts."""
    reader = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    reader.add_argument("table", type=Path)
    reader.add_argument("folder", type=Path)
    reader.add_argument("--torch", required=True, help="an interpreter with torch")
    reader.add_argument("--reasons", action="store_true", help="list what stops files")
    reader.add_argument("names", nargs="*")
    asked = reader.parse_args(arguments)
    folder = asked.folder.resolve()
    plain, others = Tally(), Tally()
    stopped: dict[str, set[str]] = defaultdict(set)
    parts: list[str] = []
    for lesson in lessons(asked.table, folder, asked.names):
        double = by_torch(lesson, folder, asked.torch, double=True)
        single = by_torch(lesson, folder, asked.torch, double=False)
        if not single.whole:
            continue
        found, rounded = here(lesson, "--doubles"), here(lesson)
        wanted = double if double.whole else single
        exact = equal(found.lines, wanted.lines, 1e-9)
        counts = {
            "files": 1,
            "whole": int(found.whole),
            "same": int(found.whole and exact == len(wanted.lines) == len(found.lines)),
            "lines": len(wanted.lines),
            "double": exact,
            "single": equal(rounded.lines, single.lines, 0),
            "near": equal(rounded.lines, single.lines, 1e-4),
        }
        has_layers = any(lesson.row.get(name) for name in ("class", "nn", "optim"))
        (others if has_layers else plain).add(**counts)
        for reason in () if found.whole else reasons(here(lesson, "--keep-going").told) or {found.told[-80:]}:
            stopped[reason].add(lesson.name)
        sign = "=" if counts["same"] else "+" if found.whole else "-"
        first = re.search(r"(?m)^.*error: .*", found.told)
        parts.append(
            f"{sign} {lesson.name}: {exact} of {len(wanted.lines)} lines{': ' + first[0] if first else ''}"
        )
    print(*parts, sep="\n")
    both = Tally()
    both.counts = plain.counts + others.counts
    print(f"\nall: {both.text()}\nwithout classes, layers and optimizers: {plain.text()}")
    if asked.reasons:
        print()
        for reason, names in sorted(stopped.items(), key=lambda item: (-len(item[1]), item[0])):
            print(f"{len(names):3} {reason}  ({', '.join(Path(name).name for name in sorted(names)[:3])})")


if __name__ == "__main__":
    main()
