"""Notebooks: what is read of them, what of a cell is code, what is shown, and what is refused."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from pages import code, notebook, ran
from transcripts import Place

from gradcli.documents.document import Output
from gradcli.documents.magics import code_of
from gradcli.documents.notebook import Notebook, notebook_text
from gradcli.text.errors import InputError
from gradcli.text.source import Source

OLD = {
    "metadata": {"name": "old"},
    "nbformat": 3,
    "nbformat_minor": 0,
    "worksheets": [
        {
            "cells": [
                {"cell_type": "heading", "level": 2, "source": ["Squares"], "metadata": {}},
                {"cell_type": "markdown", "source": "of *x*", "metadata": {}},
                {"cell_type": "raw", "source": "left as it is"},
                {
                    "cell_type": "code",
                    "input": ["x = 3\n", "print('x is', x)\n", "x**2"],
                    "language": "python",
                    "prompt_number": 7,
                    "outputs": [
                        {"output_type": "stream", "stream": "stderr", "text": ["mind the gap\n"]},
                        {"output_type": "stream", "stream": "stdout", "text": "x is 3\n"},
                        {"output_type": "pyout", "prompt_number": 7, "text": ["9"], "metadata": {}},
                        {"output_type": "display_data", "png": "iVBORw0=", "text": "<Figure>"},
                        {"output_type": "pyerr", "ename": "Error", "evalue": "no", "traceback": ["no"]},
                    ],
                },
            ]
        }
    ],
}


def test_format_3_is_read_as_format_4() -> None:
    found = Notebook(Source(json.dumps(OLD), "old.ipynb"))
    [cell] = found.cells
    assert (cell.number, cell.source.text) == (1, "x = 3\nprint('x is', x)\nx**2")
    assert [tuple(each)[:4] for each in cell.outputs] == [
        ("stderr", "mind the gap\n", "", False),
        ("stdout", "x is 3\n", "", False),
        ("result", "9", "", False),
        ("display", "<Figure>", "", True),
        ("error", "no", "Error", False),
    ]
    again = json.loads(found.written({1: [Output("result", "9")]}, "plain"))
    assert (again["nbformat"], [each["cell_type"] for each in again["cells"]]) == (
        4,
        ["markdown"] * 2 + ["raw", "code"],
    )
    assert again["cells"][0]["source"] == "## Squares"
    assert again["cells"][3]["outputs"] == [
        {"data": {"text/plain": ["9"]}, "execution_count": 1, "metadata": {}, "output_type": "execute_result"}
    ]


def test_a_cell_shows_what_it_prints_and_its_last_value(tmp_path: Path) -> None:
    text = notebook(
        {"cell_type": "markdown", "source": ["1 +\n"], "metadata": {}},
        {"cell_type": "raw", "source": ["("], "metadata": {}},
        code(["import torch\n", "x = torch.tensor(2.0, requires_grad=True)\n", "x"]),
        code("x.grad"),
        code("x\nprint('x:', x)\nx**2\ny = x**2"),
        code("for i in range(2):\n    y"),
        code("y.backward()"),
        code("x.grad;"),
        code("y; x.grad"),
        code(""),
    )
    assert ran(text, tmp_path, "--style", "torch") == (
        "tensor(2., requires_grad=True)\nx: tensor(2., requires_grad=True)\ntensor(4.)\n",
        0,
    )


def test_a_call_that_does_something_shows_what_it_gives(tmp_path: Path) -> None:
    """As in Jupyter: a module that was set, a tensor that was changed, a generator; in a script nothing."""
    cells = [
        "import torch\nimport numpy as np\ntorch.manual_seed(0)",
        "net = torch.nn.Sequential(torch.nn.ReLU())\nnet.apply(print)",
        "net.eval()",
        "net.train();",
        "x = torch.ones(2)\nx.mul_(3)",
        "x.fill_(2)",
        "x.data.sub_(1)",
        "x.uniform_(0, 0)",
        "x.zero_()",
        "w = torch.ones(1, requires_grad=True)\nw.sum().backward()\nw.grad.add_(1)",
        "rows = np.array([2, 1])\nrows.sort()",
        "for i in range(2):\n    x.add_(1)",
        "net.eval()\nx.add_(1)\ntorch.manual_seed(0)\nx",
    ]
    sequential = "Sequential(\n  (0): ReLU()\n)\n"
    shown = (
        f"<torch._C.Generator object>\nReLU()\n{sequential}{sequential}{sequential}"
        "tensor([3., 3.])\ntensor([2., 2.])\ntensor([1., 1.])\ntensor([0., 0.])\ntensor([0., 0.])\n"
        "tensor([2.])\ntensor([3., 3.])\n"
    )
    assert ran(notebook(*map(code, cells)), tmp_path, "--style", "torch") == (shown, 0)
    script = "\n".join(cells)
    assert ran(script, tmp_path / "script", "--style", "torch", name="script.py") == (
        f"ReLU()\n{sequential}",
        0,
    )
    # A script of gradcli's shows the values of its lines, and what `zero_` says at the prompt.
    assert ran(script, tmp_path / "text", "--style", "torch", name="script.txt") == (
        f"ReLU()\n{sequential}tensor([0., 0.])\ntensor([3., 3.])\n",
        0,
    )


def test_display_is_there_and_captured_cells_show_nothing(tmp_path: Path) -> None:
    cells = (
        "%%capture\nimport torch\nx = torch.ones(2)\nx",
        "display(x)\ndisplay('a', x)\n1",
        "def display(t):\n    return t*3\ndisplay(x)",
    )
    shown = "tensor([1., 1.])\na\ntensor([1., 1.])\n1\ntensor([3., 3.])\n"
    assert ran(notebook(*map(code, cells)), tmp_path, "--style", "torch") == (shown, 0)


def test_what_is_left_out_shows_nothing(tmp_path: Path) -> None:
    text = notebook(code("from IPython.display import SVG\nSVG(filename='net.svg')"), code("3"))
    shown, status = ran(text, tmp_path, "--style", "torch")
    assert ("IPython is left out here" in shown, "None" in shown, shown[-3:], status) == (
        True,
        False,
        "\n3\n",
        0,
    )


def test_wide_tuples_and_lists_are_broken_as_ipython_does(tmp_path: Path) -> None:
    text = notebook(
        code("import torch\nx = torch.tensor([[1., 2.], [3., 4.]])\n(x, x[0])"),
        code("(torch.arange(9.), torch.arange(9.) + 100)"),
        code("(x[0], (x[1], x[0]))"),
    )
    assert ran(text, tmp_path, "--style", "torch")[0] == (
        "(tensor([[1., 2.],\n         [3., 4.]]),\n tensor([1., 2.]))\n"
        "(tensor([0., 1., 2., 3., 4., 5., 6., 7., 8.]),\n"
        " tensor([100., 101., 102., 103., 104., 105., 106., 107., 108.]))\n"
        "(tensor([1., 2.]), (tensor([3., 4.]), tensor([1., 2.])))\n"
    )


MAGICS = {
    "x = 3": "x = 3",
    "%matplotlib inline\nx = 3": "\nx = 3",
    "!pip install torch\nx = 3": "\nx = 3",
    "  !ls\n\tx = 3": "\n\tx = 3",
    "%time x = 3": "x = 3",
    "if y:\n    %time x = 3": "if y:\n    x = 3",
    "%timeit f(x)\nx": "\nx",
    "%%time\nx = 3": "\nx = 3",
    "\n\n%%timeit -n 10\nx = 3": "\n\n\nx = 3",
    "%%capture out\nx = 3": "\nx = 3",
    "%%bash\nls\nx = 3": "\n\n",
    "%%html\n<b>": "\n",
    "files = !ls\nx": "\nx",
    "a = %timeit -o f()\nx": "\nx",
    "x?\n?x\nx??\nx.grad?\nx": "\n\n\n\nx",
    "x = (7\n%3)": "x = (7\n%3)",
    "x = 7 \\\n%3": "x = 7 \\\n%3",
    'x = """a\n!b\n""" + c\n!d': 'x = """a\n!b\n""" + c\n',
    "x = [1,\n!2": "x = [1,\n!2",
    "# 100 %\nx = 7 % 3\nx %= 2\nx != 3\nx == 4": "# 100 %\nx = 7 % 3\nx %= 2\nx != 3\nx == 4",
    'print("really?")\nprint(f"{x}!")': 'print("really?")\nprint(f"{x}!")',
    "%%": "",
    "": "",
}


@pytest.mark.parametrize("text", MAGICS)
def test_what_is_code_in_a_cell(text: str) -> None:
    assert code_of(text).text == MAGICS[text]


def test_a_long_literal_is_read_in_one_pass() -> None:
    text = "x = [\n" + "1, # 100 %\n" * 20_000 + "]\n%matplotlib inline\n"
    assert code_of(text).text == text.replace("%matplotlib inline", "")


def test_an_error_names_cell_and_line(tmp_path: Path) -> None:
    text = notebook(code("%matplotlib inline\nx = 3"), code("y = x**2\n\nz = y + q"), code("x"))
    place = "lesson.ipynb:cell 2:3:9:"
    shown = f"{place} error: unknown name q\n  z = y + q\n          ^\nhint: give it a value first: q = …\n"
    assert ran(text, tmp_path / "a") == (shown, 2)
    assert ran(text, tmp_path / "b", "--keep-going") == (
        f"{shown}3\nnote: 1 statement did not run\n  lesson.ipynb:cell 2:3  z = y + q\n",
        2,
    )


def test_cells_before_one_that_is_no_code_have_run(tmp_path: Path) -> None:
    shown, status = ran(notebook(code("print(1)"), code("print(2)\nx = (")), tmp_path)
    assert status == 2
    assert shown.startswith("1\nlesson.ipynb:cell 2:2:5: error: `(` is never closed\n")


def test_a_cell_that_may_fail_stops_nothing(tmp_path: Path) -> None:
    text = notebook(code("1 + q", metadata={"tags": ["raises-exception"]}), code("x = 3\nx"))
    shown, status = ran(text, tmp_path)
    assert status == 0
    assert shown.endswith("\n3\n")


def test_what_is_left_out_is_told_once(tmp_path: Path) -> None:
    text = notebook(code("!pip install torch\nx = 3"), code("%%bash\nls"), code("x"))
    told = (
        "lesson.ipynb:cell 1:1:1: note: shell lines and cells for other programs are left out\n"
        "  !pip install torch\n  ^^^^^^^^^^^^^^^^^^\nlesson.ipynb:cell 2:1:1:\n  %%bash\n  ^^^^^^\n"
        "hint: what later cells need of them is missing\n"
    )
    assert ran(text, tmp_path) == (f"{told}3\n", 0)


def test_values_are_given_to_cells(tmp_path: Path) -> None:
    text = notebook(code("y = x**2"), code("x = 4\nprint(y, x)"))
    assert ran(text, tmp_path, "--x", "3") == ("9 4\n", 0)
    shown, status = ran(text, tmp_path / "b", "--y", "3")
    assert status == 2
    assert shown.startswith(
        "lesson.ipynb:cell 1:1:1: error: y is given a value, and assigned another before it is used"
    )


def test_a_notebook_comes_from_standard_input_too(tmp_path: Path) -> None:
    place = Place(tmp_path)
    (place.folder / "lesson").write_text(notebook(code("x = 2"), code("x**3")), encoding="utf-8")
    assert place.in_shell("gradcli run - < lesson") == ("8\n", 0)


REFUSED = {
    "": "it is empty",
    "  \n": "it is empty",
    "x = 3": "there is no JSON at line 1, column 1",
    '{"cells": [': "it ends in the middle",
    '{"cells": [] "metadata"}': "there is no JSON at line 1, column 14",
    "[" * 100_000: "it is nested too deeply",
    '{"nbformat": 4, "cells": ' + "9" * 5000 + "}": "it holds a number that is too long",
    "[]": "it holds no object with cells",
    "{}": "lesson.ipynb says no format, and notebooks are read in formats 3 and 4",
    '{"nbformat": 2}': "lesson.ipynb is in format 2, and notebooks are read in formats 3 and 4",
    '{"nbformat": true, "cells": []}': "lesson.ipynb is in format true, and",
    '{"nbformat": 4}': "cells must be a list, and is not there",
    '{"cells": 3}': "cells must be a list, and it is 3",
    '{"cells": [3]}': "a cell must be an object, and it is 3",
    '{"cells": [{}]}': "cell_type must be a text, and is not there",
    '{"cells": [{"cell_type": "code", "source": 3}]}': "source must be a text, or a list of its lines, and",
    '{"cells": [{"cell_type": "code", "source": ["a", 3]}]}': "source must be a text",
    '{"cells": [{"cell_type": "code", "outputs": {}}]}': "outputs must be a list, and it is {}",
    '{"cells": [{"cell_type": "code", "outputs": [{"output_type": "stream", "text": 1}]}]}': "of an output",
    '{"cells": [{"cell_type": "code", "outputs": [{"data": {"text/plain": {}}}]}]}': "must be a text",
    '{"cells": [], "metadata": []}': "metadata must be an object, and it is []",
    '{"cells": [], "metadata": {"language_info": {"name": "R"}}}': "a notebook in R, and cells are",
    '{"cells": [], "metadata": {"kernelspec": {"language": "julia"}}}': "is a notebook in julia",
    '{"nbformat": 3, "worksheets": [[]]}': "a worksheet must be an object",
    '{"nbformat": 3, "worksheets": [{"cells": [{"cell_type": "code", "input": {}}]}]}': "input must be",
}


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: text[:60])
def test_what_is_no_notebook_is_refused(text: str) -> None:
    with pytest.raises(InputError) as raised:
        Notebook(Source(text, "lesson.ipynb"))
    assert REFUSED[text] in raised.value.message
    assert raised.value.message.startswith("lesson.ipynb ")


def test_damaged_notebooks_are_read_or_refused() -> None:
    chance = random.Random(1)
    sound = [
        json.dumps(OLD),
        notebook(
            code("x = 3", {"output_type": "stream", "name": "stdout", "text": ["é\n"]}),
            code(
                ["x\n", "\ud800"],
                {"output_type": "execute_result", "data": {"text/plain": "3"}, "metadata": {}},
            ),
        ),
    ]
    pieces = [
        '"',
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "null",
        "true",
        "3",
        "-1e999",
        "NaN",
        '""',
        "[" * 3000,
        "\\ud800",
        "\\",
    ]
    met = {"read": 0, "refused": 0}
    for turn in range(600):
        text = sound[turn % 2]
        for _ in range(chance.choice([1, 1, 2])):
            place = chance.randrange(len(text))
            text = text[:place] + chance.choice(pieces) + text[place + chance.randrange(6) :]
        try:
            found = Notebook(Source(text, "x.ipynb"))
            for cell in found.cells:
                code_of(cell.source.text)
            found.written({1: []}, "plain").encode()
            met["read"] += 1
        except InputError:
            met["refused"] += 1
    assert min(met.values()) > 20


def test_a_written_notebook_keeps_what_it_was() -> None:
    cell = code(["é = 1\n", "é"], id="a-b", metadata={"collapsed": False})
    text = notebook(
        cell,
        {"cell_type": "markdown", "source": "# Ünicode \ud83d\ude00 \ud800", "metadata": {}},
        nbformat_minor=5,
    )
    written = Notebook(Source(text, "x.ipynb")).written(
        {1: [Output("stdout", "1\n"), Output("result", "1\n2")]}, "torch"
    )
    assert '\n "cells": [\n  {\n   "cell_type": "code",\n' in written
    assert "é = 1" in written
    assert "😀 \\ud800" in written
    assert written.endswith("}\n")
    again = json.loads(written)
    assert (again["nbformat_minor"], again["metadata"]) == (5, {"gradcli": {"style": "torch"}})
    assert again["cells"][0] == cell | {
        "outputs": [
            {"name": "stdout", "output_type": "stream", "text": ["1\n"]},
            {
                "data": {"text/plain": ["1\n", "2"]},
                "execution_count": 1,
                "metadata": {},
                "output_type": "execute_result",
            },
        ]
    }


def test_a_new_notebook_reads_back() -> None:
    cells = [
        ("x = 3\nx", [Output("result", "3")]),
        ("y", [Output("error", "unknown name y", "InputError", report="a\nb")]),
    ]
    found = Notebook(Source(notebook_text(cells, "plain"), "x.ipynb"))
    assert [(cell.source.text, list(cell.outputs)) for cell in found.cells] == [
        ("x = 3\nx", [Output("result", "3")]),
        ("y", [Output("error", "unknown name y", "InputError")]),
    ]
    assert found.style == "plain"
