"""An introduction to PyTorch's autograd, pasted cell by cell, answers what it answered there.

`tutorial.grad` holds the code of every cell as it was published, and `tutorial.torch.txt` every output.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from transcripts import ROOT, Place

TESTS = ROOT / "tests"
SCRIPT = TESTS / "tutorial.grad"


@pytest.mark.parametrize("style", ["torch", "plain"])
def test_the_tutorial(style: str, tmp_path: Path, update_golden: bool) -> None:
    path = TESTS / f"tutorial.{style}.txt"
    shown, status = Place(tmp_path).in_process(["run", "--style", style, str(SCRIPT)])
    assert status == 0
    if update_golden and style == "plain":  # what PyTorch printed does not change
        path.write_text(shown, encoding="utf-8")
    assert shown == path.read_text(encoding="utf-8")


def test_plain_is_the_default_style_on_a_pipe_too() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gradcli"],
        input=SCRIPT.read_bytes(),
        capture_output=True,
        cwd=ROOT,
        timeout=60,
        check=True,
    )
    assert done.stdout.decode() == (TESTS / "tutorial.plain.txt").read_text(encoding="utf-8")
    assert not done.stderr


def test_the_tutorial_as_a_notebook_agrees_with_every_output(tmp_path: Path) -> None:
    notebook = json.loads((TESTS / "tutorial.ipynb").read_text(encoding="utf-8"))
    texts = [each["source"] for each in notebook["cells"] if each["cell_type"] == "code"]
    lines = [line.strip() for text in texts for line in "".join(text).splitlines()]
    written = [line.strip() for line in SCRIPT.read_text(encoding="utf-8").splitlines()]
    assert [line for line in lines if line] == [line for line in written if line]
    place = Place(tmp_path)
    for style in ((), ("--style", "torch")):
        shown, status = place.in_process(["run", "--check", "--json", *style, str(TESTS / "tutorial.ipynb")])
        counts = {"equal": 15, "excused": 0, "differs": 0, "skipped": 0, "silent": 10}
        assert (status, json.loads(shown)["counts"]) == (0, counts)


def test_no_statement_of_the_tutorial_draws_a_notice_or_is_left_out(tmp_path: Path) -> None:
    code = SCRIPT.read_text(encoding="utf-8")
    for piece in (
        "import torch",
        "requires_grad=True",
        "def binary_cross_entropy",
        "torch.clamp",
        "x.grad.zero_()",
    ):
        assert piece in code
    shown, status = Place(tmp_path).in_process(["run", "--style", "torch", str(SCRIPT)])
    assert status == 0
    assert all(line.startswith("tensor(") for line in shown.splitlines())
