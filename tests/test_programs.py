"""Programs for PyTorch print what Python and PyTorch print when they run them."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcli.cli.commands import run

PROGRAMS = sorted((Path(__file__).parent / "programs").glob("*.py"))


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_a_program_prints_what_pytorch_prints(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = run(["run", "--style", "torch", str(path)])
    shown = capsys.readouterr()
    assert (status, shown.err) == (0, "")
    assert shown.out == path.with_suffix(".txt").read_text(encoding="utf-8")
