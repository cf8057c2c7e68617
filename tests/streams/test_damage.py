"""Damaged files: an error, or numbers, and never a traceback or a crash."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from gradcli.session.files import read_script
from gradcli.streams.chunk import Reading
from gradcli.streams.opening import open_reader
from gradcli.text.errors import EvaluationError, InputError
from gradcli.text.suggest import LONGEST, did_you_mean, parts_of


@pytest.mark.parametrize("form", ["npy", "npz", "parquet", "arrow", "stream", "csv", "tsv", "txt", "jsonl"])
def test_damaged_files_are_read_or_refused(form: str, tmp_path: Path) -> None:
    if form in ("parquet", "arrow", "stream"):
        pytest.importorskip("pyarrow")
    script = Path(__file__).parent / "damage.py"
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path), form, "1"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    met = ast.literal_eval(done.stdout)
    assert set(met) == {"read", "refused"}
    assert sum(met.values()) == 300


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="needs /dev/zero")
def test_a_program_without_an_end_is_refused() -> None:
    with pytest.raises(InputError, match="/dev/zero is not text in UTF-8"):
        read_script("/dev/zero")


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="needs /dev/zero")
@pytest.mark.parametrize("form", ["npz", "parquet"])
def test_an_archive_without_an_end_is_refused(form: str) -> None:
    if form == "parquet":
        pytest.importorskip("pyarrow")
    with pytest.raises(EvaluationError, match="/dev/zero is not a"):
        open_reader("/dev/zero", form, Reading())


def test_what_is_too_long_for_a_slip_is_none() -> None:
    word = "a" * LONGEST
    assert did_you_mean(word + "b", [word]) is None
    assert parts_of(word + "a", ["a"]) is None
    assert did_you_mean(word[1:] + "b", [word]) == word


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="needs /dev/zero")
def test_a_line_without_an_end_is_refused() -> None:
    with pytest.raises(EvaluationError, match="/dev/zero:1: a line of more than"):
        open_reader("/dev/zero", "jsonl", Reading())


@pytest.mark.parametrize(("depth", "refused"), [(199, False), (200, True), (900, True), (100_000, True)])
def test_objects_are_nested_to_a_limit(depth: int, refused: bool, tmp_path: Path) -> None:
    path = tmp_path / "deep.jsonl"
    path.write_text('{"x":1}\n{"x":2,"y":' + "[" * depth + "]" * depth + "}\n", encoding="utf-8")
    failures = [chunk.failure for chunk in open_reader(str(path), None, Reading()).chunks([0])]
    told = [str(failure) for failure in failures if failure is not None]
    assert told == ([f"{path}:2: this is nested too deeply"] if refused else [])
