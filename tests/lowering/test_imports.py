"""Import lines, the prefixes of libraries, and what those libraries do otherwise."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gradcli


def value(text: str, **variables: Any) -> Any:
    return np.asarray(gradcli.evaluate(text, variables).value).tolist()


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("import torch.nn as nn\nnn.functional.relu(2)", "2"),
        ("import torch as t\nt.sin(1) + t.pi", "sin(1) + pi"),
        ("from torch.nn import functional as G\nG.relu(-2)", "0"),
        ("from torch import nn\nnn.functional.relu(2)", "2"),
        ("from math import pi as p\np", "pi"),
        ("from torch import (sin as s, cos)\ns(1) + cos(1)", "sin(1) + cos(1)"),
        ("import numpy as np, scipy.special as sc\nsc.erf(1)", "erf(1)"),
        ("from math import *\nsin(1)", "sin(1)"),
        ("from torch import *  # all\nsin(1)", "sin(1)"),
        ("import torch as t\nf(x) = t.sin(x)\nf(1)", "sin(1)"),
        # What the user binds wins, as over every other name.
        ("from torch import sin as s\ns(x) = 2x\ns(1)", "2"),
        ("from math import pi as p\np = 3\np", "3"),
    ],
)
def test_an_import_line_names_what_is_looked_through(text: str, same: str) -> None:
    assert value(text) == value(same)


def test_an_import_line_in_rows() -> None:
    assert gradcli.compile("import numpy as q\nq.sin(x)").variables == ("x",)


X = [[1.0, 5, 2], [7, 1, 0]]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("x.max(1)[0]", [5, 7]),
        ("x.max(1)[1]", [1, 0]),
        ("torch.max(x, 1)[1]", [1, 0]),
        ("min(x, dim=0)[1]", [0, 1, 1]),
        ("torch.max(x, 1)", [5, 7]),
        ("torch.max(x, -1)", [5, 7]),
        ("torch.max(x, 2*x)", [[2, 10, 4], [14, 2, 0]]),
        ("max(2, 3)", 3),
        ("np.max(x, 0)", [7, 5, 2]),
        ("np.max(x, 0)[0]", 7),
        ("np.max(x, axis=1)[1]", 7),
        ("np.sum(x, 0)", [8, 6, 2]),
        ("np.var(x[0])", 26 / 9),
        ("import numpy as N; N.var(x[0])", 26 / 9),
        ("np.var(x[0], ddof=1)", 13 / 3),
        ("torch.var(x[0])", 13 / 3),
        ("x[0].var()", 13 / 3),
        ("np.clip(x, a_min=1, a_max=2)", [[1, 2, 2], [2, 1, 1]]),
        ("round(x[0, 0]/3, ndigits=2)", 0.33),
        ("len(np.linspace(0, 1))", 50),
        ("torch.cat([x, x], 1)[0]", [1, 5, 2, 1, 5, 2]),
        ("torch.stack((x[0], x[1]), 1)", [[1, 7], [5, 1], [2, 0]]),
    ],
)
def test_a_prefix_asks_for_the_conventions_of_its_library(text: str, wanted: Any) -> None:
    assert np.allclose(value(text, x=X), wanted, rtol=1e-15)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("pow(2, 3, 5)", "pow takes 2 arguments, not 3"),
        ("np.clip(2, low=3)", "clip has no parameter low"),
        ("concat([1, 2], [[3]])", "concat cannot join shapes [2] and [1, 1]"),
        ("argmax([])", "argmax of no elements (shape [0]) has no value"),
        ("max([])", "max of no elements (shape [0]) has no value"),
    ],
)
def test_errors_say_the_name_that_was_typed(text: str, told: str) -> None:
    with pytest.raises(gradcli.GradcliError) as caught:
        gradcli.evaluate(text)
    assert caught.value.message == told


def test_blocks_without_end_are_an_error_with_a_place() -> None:
    depth = 1500
    text = "\n".join(" " * each + "for i in range(1):" for each in range(depth)) + "\n" + " " * depth + "x\n"
    with pytest.raises(gradcli.GradcliError, match="nested too deeply") as caught:
        gradcli.evaluate(f"x = 1\n{text}x")
    assert caught.value.span == (6, 7)
    assert caught.value.hint
