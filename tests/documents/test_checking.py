"""`gradcli run --check`: what is said of each cell and of all, exit statuses, marks, and what `-o` writes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pages import code, notebook, printed, ran, value

LESSON = notebook(
    code("import torch\nx = torch.tensor(2.0, requires_grad=True)"),
    code(
        "y = x**2\nprint('y is', y.item())\ny",
        printed("y is 4.0\n"),
        value("tensor(4.00001, grad_fn=<PowBackward0>)"),
    ),
    code("y.backward()\nx.grad", value("tensor(4.)")),
    code("plt.plot(x)\nx.grad", value("tensor(4.)"), value("<Figure>", image_png="iVBORw0=")),
    code("# NBVAL_SKIP\n1/0", printed("7")),
    code("# NBVAL_IGNORE_OUTPUT\nx", printed("7")),
    code("x*1", value("tensor(8.)"), metadata={"tags": ["nbval-ignore-output"]}),
    code("x", value("tensor(3., requires_grad=True)")),
    code("x + q", value("tensor(3.)")),
    code("x*3", value("6")),
)


def test_every_cell_is_judged(tmp_path: Path) -> None:
    text = LESSON.replace("plt.plot(x)\\n", "")
    told = (
        "cell 2 is excused: numbers\n"
        "cell 4 is excused: pictures\n"
        "cell 6 is excused: marked\n"
        "cell 7 is excused: marked\n"
        "cell 8 differs: numbers by 0.3\n"
        "  -tensor(3., requires_grad=True)\n"
        "  +tensor(2., requires_grad=True)\n"
        "cell 9 differs: error\n"
        "  -tensor(3.)\n"
        "  +lesson.ipynb:cell 9:1:5: error: unknown name q\n"
        "  +  x + q\n"
        "  +      ^\n"
        "  +hint: give it a value first: q = …\n"
        "cell 10 differs: text\n"
        "  -6\n"
        "  +tensor(6., grad_fn=<MulBackward0>)\n"
        "lesson.ipynb: 10 cells, of which 8 show something: 1 equal, "
        "4 excused (marked 2, numbers 1, pictures 1), 3 differ (numbers 1, error 1, text 1), 1 skipped\n"
    )
    assert ran(text, tmp_path, "--check") == (told, 1)


def test_the_report_as_json(tmp_path: Path) -> None:
    shown, status = ran(
        notebook(code("x = 2"), code("x", value("2")), code("x", value("3"))), tmp_path, "--check", "--json"
    )
    assert status == 1
    assert json.loads(shown) == {
        "file": "lesson.ipynb",
        "agrees": False,
        "counts": {"equal": 1, "excused": 0, "differs": 1, "skipped": 0, "silent": 1},
        "reasons": {"numbers": 1},
        "cells": [
            {"cell": 1, "verdict": "silent"},
            {"cell": 2, "verdict": "equal"},
            {"cell": 3, "verdict": "differs", "reasons": ["numbers by 0.3"], "stored": "3", "shown": "2"},
        ],
    }


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ((), 0),
        (("--tolerance", "0"), 1),
        (("--tolerance", "1e-9"), 1),
        (("--tolerance=0.1",), 0),
    ],
)
def test_how_far_numbers_may_be_apart(options: tuple[str, ...], status: int, tmp_path: Path) -> None:
    text = notebook(code("x = 2.000002\nx*1", value("2.00000012")))
    assert ran(text, tmp_path, "--check", *options)[1] == status


def test_a_cell_that_fails_stops_at_the_error_and_others_are_run(tmp_path: Path) -> None:
    text = notebook(code("x = 2"), code("q\nx = 3", printed("7")), code("x", value("2")))
    assert "1 equal, 1 differs (error 1)" in ran(text, tmp_path / "a", "--check")[0]
    assert "cell 3 differs: numbers" in ran(text, tmp_path / "b", "--check", "--keep-going")[0]


def test_what_is_written_agrees(tmp_path: Path) -> None:
    text = LESSON.replace("plt.plot(x)\\n", "").replace("\\n1/0", "\\nx").replace("x + q", "x + 1")
    assert ran(text, tmp_path, "-o", "new.ipynb") == ("", 0)
    here = tmp_path / "here"
    written = (here / "new.ipynb").read_text(encoding="utf-8")
    shown, status = ran(written, tmp_path / "b", "--check")
    assert status == 0
    assert shown.endswith(
        "lesson.ipynb: 10 cells, of which 8 show something: 6 equal, 2 excused (marked 2), 1 skipped\n"
    )
    assert json.loads(written)["cells"][1]["outputs"] == [
        {"name": "stdout", "output_type": "stream", "text": ["y is 4.0\n"]},
        {
            "data": {"text/plain": ["tensor(4., grad_fn=<PowBackward0>)"]},
            "execution_count": 2,
            "metadata": {},
            "output_type": "execute_result",
        },
    ]
    assert not [path for path in here.iterdir() if path.name.startswith(".new")]


def test_a_style_that_was_asked_for_is_kept(tmp_path: Path) -> None:
    text = notebook(code("import torch\nx = torch.tensor([1., 2.])\nx"))
    assert ran(text, tmp_path, "--style", "plain", "-o", "new.ipynb") == ("", 0)
    written = (tmp_path / "here" / "new.ipynb").read_text(encoding="utf-8")
    assert '"[1, 2]"' in written
    assert ran(written, tmp_path / "b", "--check")[1] == 0


def test_nothing_is_written_where_a_cell_fails(tmp_path: Path) -> None:
    text = notebook(code("x = 2\nx"), code("q"))
    shown, status = ran(text, tmp_path, "-o", "new.ipynb")
    assert (status, shown.splitlines()[0]) == (2, "lesson.ipynb:cell 2:1:1: error: unknown name q")
    assert not (tmp_path / "here" / "new.ipynb").exists()
    assert ran(text, tmp_path / "b", "--keep-going", "-o", "new.ipynb")[1] == 2
    written = json.loads((tmp_path / "b" / "here" / "new.ipynb").read_text(encoding="utf-8"))
    [error] = written["cells"][1]["outputs"]
    assert (error["ename"], error["evalue"], error["traceback"][1:3]) == (
        "UnboundNameError",
        "unknown name q",
        ["  q", "  ^"],
    )


def test_notices_are_kept_beside_what_a_cell_shows(tmp_path: Path) -> None:
    assert ran(notebook(code("x = 0\nx/0")), tmp_path, "-o", "new.ipynb") == ("", 0)
    outputs = json.loads((tmp_path / "here" / "new.ipynb").read_text(encoding="utf-8"))["cells"][0]["outputs"]
    assert [each.get("name") for each in outputs] == ["stderr", None]


def test_what_is_printed_to_stderr_stands_there_and_is_not_compared(tmp_path: Path) -> None:
    page = notebook(code("import sys\nprint('a', end='')\nprint('told', file=sys.stderr)\nprint('b')"))
    assert ran(page, tmp_path, "-o", "new.ipynb") == ("", 0)
    text = (tmp_path / "here" / "new.ipynb").read_text(encoding="utf-8")
    outputs = json.loads(text)["cells"][0]["outputs"]
    assert [(each["name"], "".join(each["text"])) for each in outputs] == [
        ("stderr", "told\n"),
        ("stdout", "ab\n"),
    ]
    others = text.replace("told\\n", "else\\n")
    assert others != text
    (tmp_path / "other").mkdir()
    assert ran(others, tmp_path / "other", "--check")[1] == 0


REFUSED = [
    (
        ("--check",),
        notebook(code("x = 2\nx")),
        "error: lesson.ipynb holds nothing that its cells have shown\n",
    ),
    (
        ("-o", "new.txt"),
        LESSON,
        "error: new.txt does not end in .ipynb, as what is written there does\nhint: -o new.ipynb\n",
    ),
    (
        ("--tolerance", "1"),
        LESSON,
        "error: --tolerance is for --check\nhint: gradcli run --check lesson.ipynb\n",
    ),
    (
        ("--tolerance", "-1", "--check"),
        LESSON,
        "error: --tolerance takes a number of 0 or more, and not -1\n",
    ),
    (
        ("-o", "no/new.ipynb"),
        notebook(code("2")),
        "error: cannot write no/new.ipynb: no such file or directory\n",
    ),
    (("--check", "--z", "3"), LESSON, "error: z is neither an option nor a variable of the program\n"),
]


@pytest.mark.parametrize(
    ("options", "text", "told"), REFUSED, ids=[" ".join(options) for options, *_ in REFUSED]
)
def test_what_is_refused(options: tuple[str, ...], text: str, told: str, tmp_path: Path) -> None:
    shown, status = ran(text, tmp_path, *options)
    assert shown.startswith(told)
    assert status in (1, 2)


PICTURES = [
    # What stands beside a text counts as text, and what is only seen does not.
    (value("3", text_html="<b>3</b>"), "1 equal"),
    (value("4", text_html="<b>4</b>"), "1 differs (numbers 1)"),
    ({"output_type": "display_data", "metadata": {}, "data": {"text/html": "<b>3</b>"}}, "(pictures 1)"),
    (value("<Figure>", image_png="iVBORw0="), "(pictures 1)"),
]


@pytest.mark.parametrize(("output", "told"), PICTURES)
def test_forms_of_an_output(output: dict[str, Any], told: str, tmp_path: Path) -> None:
    shown, _ = ran(notebook(code("x = 3\nx", output)), tmp_path, "--check")
    assert told in shown


STYLES = [
    ("import jax.numpy as jnp", "jnp.arange(3.)", "Array([0., 1., 2.], dtype=float32)"),
    ("import autograd.numpy as np\nfrom autograd import grad", "grad(np.square)(1.5)", "np.float64(3.0)"),
    ("import numpy as np", "np.arange(3.)", "array([0., 1., 2.])"),
    ("import torch\nimport numpy as np", "torch.ones(2)", "tensor([1., 1.])"),
    ("from math import sin", "sin(0.0)", "0"),
]


@pytest.mark.parametrize(("imports", "entry", "shown"), STYLES)
def test_a_page_shows_what_its_library_prints(imports: str, entry: str, shown: str, tmp_path: Path) -> None:
    text = notebook(code(imports), code(entry, value(shown)))
    assert ran(text, tmp_path, "--check") == (
        "lesson.ipynb: 2 cells, of which 1 shows something: 1 equal\n",
        0,
    )
