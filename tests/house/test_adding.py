"""Adding a function touches its entry only: the tests, the help and the manual follow from it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

OF_NUMBERS = """

from gradcli.engine.primitives.elementwise import sin

Elementwise(
    "versin",
    lambda x, out=None: np.multiply(2, np.sin(x / 2) ** 2, out=out),
    (lambda x: sin(x),),
    "x",
    "Versed sine of x, 1 - cos(x).",
    ("versin(0)", "0"),
    domain=((-1, 1),),
    reference="1 - cos(x)",
)
"""
OF_ARRAYS = """
Composite(
    "quadratic_mean",
    "x, dim=None, keepdim=False",
    lambda x, dim, keepdim: mean.build(x * x, dim, keepdim) ** 0.5,
    "Root of the mean of the squares.",
    ("quadratic_mean([1, 7])", "5"),
    numpy="sqrt(mean(x*x, axis=axis, keepdims=keepdim))",
)
"""


def run(copy: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {name: each for name, each in os.environ.items() if not name.startswith("PYTEST_")}
    return subprocess.run(
        [sys.executable, *words],
        cwd=copy,
        env={**environment, "PYTHONPATH": str(copy)},
        capture_output=True,
        text=True,
        check=False,
    )


def checked(copy: Path) -> subprocess.CompletedProcess[str]:
    """The tests of the table, as far as they are about the new functions."""
    options = ("-n", "0", "-p", "no:cacheprovider", "--no-header", "-k", "versin or quadratic_mean")
    return run(copy, "-m", "pytest", *options, "tests/engine")


def add(copy: Path, file: str, entry: str) -> None:
    """Puts an entry at the end of a family's file."""
    path = Path("gradcli/engine/primitives") / file
    (copy / path).write_text((ROOT / path).read_text() + entry)


def test_a_new_function_needs_its_entry_and_nothing_else(tmp_path: Path) -> None:
    ignored = shutil.ignore_patterns("__pycache__", "exact", "transcripts")
    for each in ("gradcli", "grammar", "man", "tests", "tools", "docs"):
        shutil.copytree(ROOT / each, tmp_path / each, ignore=ignored)
    for each in ("README.md", "pyproject.toml"):
        shutil.copy(ROOT / each, tmp_path / each)
    add(tmp_path, "special.py", OF_NUMBERS)
    add(tmp_path, "reductions.py", OF_ARRAYS)
    done = checked(tmp_path)
    assert done.returncode == 0, done.stdout
    run(tmp_path, "tools/manual.py")
    done = run(tmp_path, "-m", "gradcli", "eval", "versin(x) + quadratic_mean([x, 1])", "x=1")
    assert done.stdout == "value = 1.4596976941318602\nd/dx = 1.3414709848078965\n", done.stderr
    manual = (tmp_path / "man/gradcli.1").read_text()
    assert "versin" in manual
    assert "quadratic_mean" in manual

    add(tmp_path, "special.py", OF_NUMBERS.replace("sin(x),)", "sin(x) * (1 + 1e-14),)"))
    add(tmp_path, "reductions.py", OF_ARRAYS.replace("** 0.5", "** 0.50001"))
    done = checked(tmp_path)
    assert done.returncode == 1
    assert "test_values_and_derivatives_are_exact[versin]" in done.stdout
    assert "test_an_array_function_and_its_derivatives[quadratic_mean" in done.stdout
