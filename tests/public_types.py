"""What type checkers make of the public API: mypy reads this file, and nothing runs it.

A line that mypy should refuse says so in a comment, which is an error where mypy has nothing to refuse.
"""

from __future__ import annotations

import pickle
from typing import Any, assert_type

import numpy as np

import gradcli
from gradcli import Compiled, Evaluation, GradcliError, Session
from gradcli.extend import TABLE, Edge, Elementwise, Entry


def one_expression() -> None:
    answer = gradcli.evaluate("sin(x**2)", {"x": 4})
    assert_type(answer, Evaluation)
    assert_type(answer.value, Any)
    gradcli.evaluate("x*y", {"x": 1, "y": np.ones(3)}, wrt=["x"])
    gradcli.evaluate("x", {1: 2})  # type: ignore[dict-item]
    gradcli.evaluate(3)  # type: ignore[arg-type]


def many_rows() -> None:
    function = gradcli.compile("x**2", wrt=("x",), shapes={"x": (3,)})
    assert_type(function, Compiled)
    assert_type(function(x=[1, 2, 3]), Evaluation)
    assert_type(function({"x": np.ones(3)}), Evaluation)
    assert_type(pickle.loads(pickle.dumps(function)), Any)


def a_session() -> None:
    session = gradcli.Session({"x": 3, "y": gradcli.Uncertain(3, 0.1)})
    assert_type(session, Session)
    assert_type(session.run("backward x**2").notes, tuple[str, ...])
    assert_type(session.run("x").value, Any)
    assert_type(session["x"].passes, int)
    session.run(3)  # type: ignore[arg-type]
    session.zero(3)  # type: ignore[arg-type]


def an_error() -> None:
    try:
        gradcli.evaluate("1 +")
    except GradcliError as error:
        assert_type(error.message, str)
        assert_type(error.hint, str | None)


def an_entry_of_ones_own() -> Entry:
    assert_type(TABLE["sin"], Entry)
    return Elementwise("cube", np.power, (lambda x: 3 * x**2,), "x", edges=(Edge((0,), 0, (0,), "flat"),))


assert_type(gradcli.__version__, str)
