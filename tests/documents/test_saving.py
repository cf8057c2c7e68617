"""`save` and `load` of notebooks at the prompt: a session as cells, each with what it showed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pages import code, notebook
from transcripts import Place, run_lines

LINES = [
    "x = 3",
    "y = x**2",
    "y",
    "* 2",
    "backward y",
    "for i in range(2):\n    x*i",
    "print('é', y)",
    "nothing",
    "x = 4",
    "undo",
    "x/0",
]


def test_a_session_becomes_a_notebook_that_agrees_with_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    told = "saved 8 statements to work.ipynb"
    assert run_lines([*LINES, "save work.ipynb", "save work.ipynb"])[-2:] == [told, told]
    found = json.loads(Path("work.ipynb").read_text(encoding="utf-8"))
    texts = ["x = 3", "y = x**2", "y", "ans * 2", "backward y", LINES[5], LINES[6], "x/0"]
    assert ["".join(each["source"]) for each in found["cells"]] == texts
    shown = [[output["output_type"] for output in each["outputs"]] for each in found["cells"]]
    result = ["execute_result"]
    assert shown == [[], [], result, result, result, [], ["stream"], ["stream", *result]]
    (tmp_path / "place").mkdir()
    checked, status = Place(tmp_path / "place").in_process(["run", "--check", str(tmp_path / "work.ipynb")])
    assert (status, checked.split(": ", 1)[1]) == (0, "8 cells, of which 5 show something: 5 equal\n")


@pytest.mark.parametrize("text", [notebook(code("x = 3")), "{}", "x = 3\n"])
def test_what_save_did_not_make_stays(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("lesson.ipynb").write_text(text, encoding="utf-8")
    said = run_lines(["x = 3", "save lesson.ipynb"])[-1]
    assert said.startswith("error: lesson.ipynb exists, and was not made by save\n")
    assert Path("lesson.ipynb").read_text(encoding="utf-8") == text


def test_a_notebook_is_loaded_as_one_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    cells = [
        code("%matplotlib inline\nx = 3"),
        code("y = x**2\ny"),
        code("skipped", metadata={"tags": ["skip-execution"]}),
    ]
    Path("lesson.ipynb").write_text(notebook(*cells), encoding="utf-8")
    assert run_lines(["load lesson.ipynb", "x", "undo", "x"])[:3] == ["9", "3", "took back load lesson.ipynb"]
    Path("lesson.ipynb").write_text(notebook(*cells[:2], code("\ny + q")), encoding="utf-8")
    [_, said] = run_lines(["1", "load lesson.ipynb"])
    assert said.splitlines()[:2] == ["9", "lesson.ipynb:cell 3:2:5: error: unknown name q"]
    assert said.splitlines()[-1] == "note: the 3 statements before it ran; undo takes them back"
