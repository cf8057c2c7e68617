"""Programs for PyTorch and JAX print what Python and these libraries print when they run them.

What JAX 0.10 prints is kept but for `weak_type=True`, which is not known here.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcli.cli.commands import run

JAX = sorted((Path(__file__).parent / "programs" / "jax").glob("*.py"))
PROGRAMS = sorted((Path(__file__).parent / "programs").glob("*.py"))


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_a_program_prints_what_pytorch_prints(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = run(["run", "--style", "torch", str(path)])
    shown = capsys.readouterr()
    assert (status, shown.err) == (0, "")
    assert shown.out == path.with_suffix(".txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", JAX, ids=lambda path: path.stem)
def test_a_program_prints_what_jax_prints(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = run(["run", "--style", "jax", str(path)])
    shown = capsys.readouterr()
    assert (status, shown.err) == (0, "")
    assert shown.out == path.with_suffix(".txt").read_text(encoding="utf-8")
