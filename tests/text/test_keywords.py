"""What is said of options, as Python says it: by sentences, and by what its functions answer to mistakes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import gradcli
from gradcli.text.keywords import in_python
from gradcli.text.options import Option

OPTIONS = (
    Option("--parts", choices=("value", "gradients")),
    Option("--order", metavar="N", kind=int),
    Option("--fix", metavar="NAME", multiple=True),
    Option("--all", sets=True, into="all_roots"),
    Option("--shape", metavar="SHAPES", into="shapes"),
    Option("--second-order", sets=True),
)


@pytest.mark.parametrize(
    ("said", "in_pythons_words"),
    [
        ("--parts value writes the value", 'parts="value" writes the value'),
        ("--parts takes value or gradients", "parts takes value or gradients"),
        ("add it to --parts, or leave it", "add it to parts, or leave it"),
        ("x says the order, and --order another one", "x says the order, and order another one"),
        ("--order 2", "order=2"),
        ("--all searches the range", "all_roots=True searches the range"),
        ("leave out --second-order", "leave out second_order=True"),
        ("--fix x holds it, which --fix cannot hold", 'fix="x" holds it, which fix cannot hold'),
        ("--fix NAME holds it", 'fix="NAME" holds it'),
        ("--shape v=3, or --shape A=2x3", 'shapes={"v": (3,)}, or shapes={"A": (2, 3)}'),
        ("--unknown x and x--order", "--unknown x and x--order"),
    ],
)
def test_what_is_said_of_options(said: str, in_pythons_words: str) -> None:
    assert in_python(said, OPTIONS, ["x"]) == in_pythons_words


POINTS = {"x": [1.0, 2.0], "y": [1.0, 2.0]}


@pytest.mark.parametrize(
    ("ask", "message", "hint"),
    [
        (
            lambda: gradcli.export("lgamma(x)", "c"),
            "C has no digamma, and it has no short definition",
            'parts="value" writes the value, which needs nothing of that',
        ),
        (
            lambda: gradcli.export("x*y", "c", arguments="x"),
            "y is a variable, and no argument",
            'add it to arguments, or give it a value: gradcli.export(…, {"y": 1})',
        ),
        (
            lambda: gradcli.export("x", "C"),
            "to takes c, fortran, javascript, python, numpy, awk or sql, and not C",
            'to="c"',
        ),
        (
            lambda: gradcli.export("x", "sql", dialect="postgress"),
            "dialect takes duckdb, postgres, spark, sqlite, bigquery or snowflake, and not postgress",
            'dialect="postgres"',
        ),
        (
            lambda: gradcli.export("x", parts="gradient"),
            "parts takes value or gradients, and not gradient",
            'parts="gradients"',
        ),
        (
            lambda: gradcli.fit("y = a*x", POINTS, {"a": 1}, loss="hubber"),
            "loss takes linear, soft_l1, huber, cauchy or arctan, and not hubber",
            'loss="huber"',
        ),
        (
            lambda: gradcli.fit("y = a*x", POINTS, {"a": 1}, absolute=True),
            "absolute=True is about errors that are given",
            'errors="COLUMN" gives them',
        ),
        (
            lambda: gradcli.minimize("x**2", {"x": 1}, method="bfgs", bounds={"x": (0, 1)}),
            "bfgs takes no bounds",
            'method="l-bfgs-b", or without method',
        ),
        (lambda: gradcli.diff("x", order=0), "order takes a whole number from 1 to 12, and not 0", None),
        (lambda: gradcli.check("x"), "x needs a value", 'gradcli.check(…, {"x": 4})'),
        (lambda: gradcli.plot("x"), "no variable has a range", 'gradcli.plot(…, {"x": "0:2:0.25"})'),
    ],
)
def test_mistakes_in_python_are_told_in_python(
    ask: Callable[[], Any], message: str, hint: str | None
) -> None:
    with pytest.raises(gradcli.GradcliError) as raised:
        ask()
    assert (str(raised.value), raised.value.hint) == (message, hint)


def test_notices_are_told_in_python() -> None:
    (notice,) = gradcli.solve("x**2 + 1", {"x": "0:3"}).notices
    assert notice.hint == "all_roots=True searches the whole range"
    assert 'or shapes={"v": (3,)}, makes it a vector' in gradcli.export("norm(v)").notices[0].message
