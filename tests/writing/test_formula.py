"""Formulas read back give the values that they were written from."""

from __future__ import annotations

import numpy as np
import pytest

from gradcli.engine.derive import gradient
from gradcli.engine.graph import Input, Node
from gradcli.engine.primitives import ENTRIES, Elementwise
from gradcli.engine.primitives.entry import Unknown
from gradcli.engine.primitives.late import homes
from gradcli.language.parser import parse_expression
from gradcli.lowering.lower import Lowering
from gradcli.session.scope import SessionScope
from gradcli.session.state import Session
from gradcli.text.source import Source
from gradcli.writing.formula import formula


def session() -> Session:
    made = Session()
    made.bind_leaf("x", 0.7)
    made.bind_leaf("y", 1.3)
    made.bind_leaf("v", [0.5, 2.0])
    made.bind_leaf("A", [[1.0, 2.0], [3.0, 4.0]])
    return made


def lowered(text: str, session: Session) -> Node:
    return Lowering(Source(text), SessionScope(session)).lower(parse_expression(Source(text)))


@pytest.mark.parametrize(
    "text",
    [
        "x + y - (x - y)",
        "x*y/(x/y)",
        "x - (y + x)",
        "-x**2",
        "(-x)**2",
        "x**-y",
        "(x**y)**x",
        "x**y**x",
        "2**x",
        "x < y",
        "where(x < y, x, y)",
        "sin(cos(x))",
        "-(x + y)",
        "-(x*y)",
        "x % y // 2",
        "not x < y or x > 2 and y > 1",
        "v + x",
        "sum(v*x, dim=0)",
        "A @ v",
        "A*x + [1, 2]",
        "exp(-(-x))",
    ],
)
def test_a_formula_reads_back(text: str) -> None:
    scope = session()
    node = lowered(text, scope)
    written = formula(node)
    assert written is not None
    again = lowered(written, scope)
    np.testing.assert_array_equal(scope.evaluate((again,))[0], scope.evaluate((node,))[0])
    assert written == text or len(written) <= len(text) + 8  # no more parentheses than were typed


@pytest.mark.parametrize(
    "text", ["x + y*x", "x*(y + x)", "x - (y - x)", "-x**2", "(-x)**2", "x**y**x", "2**-x"]
)
def test_only_needed_parentheses_are_written(text: str) -> None:
    assert formula(lowered(text, session())) == text


def test_gradients_read_back() -> None:
    scope = session()
    for text in (
        "sin(x**2)*exp(-y)",
        "tanh(x*y)/x",
        "log(x) + atan2(y, x)",
        "sum(softmax(v)*v)",
        "sum(A @ v)",
    ):
        node = lowered(text, scope)
        leaves = [leaf for leaf in scope.leaves().values() if leaf is not None]
        for found in gradient(node, leaves):
            written = None if found is None else formula(found)
            if found is None or written is None:
                continue
            again = lowered(written, scope)
            np.testing.assert_allclose(
                np.broadcast_to(scope.evaluate((again,))[0], found.shape),
                scope.evaluate((found,))[0],
                rtol=1e-15,
            )


@pytest.mark.parametrize("entry", [each for each in ENTRIES if isinstance(each, Elementwise)], ids=repr)
def test_every_partial_of_the_table_reads_back(entry: Elementwise) -> None:
    if entry.partials is None:
        return
    scope = Session()
    inside = []
    for parameter, (low, high) in zip(entry.parameters, entry.domain or [(-1, 1)] * 5, strict=False):
        inside.append(Input(parameter.name, ()))
        middle = min(max(0.6, low + (0.6 if low > 0.5 else 0)), high)
        scope.bind_leaf(parameter.name, middle)
    leaves = [scope.leaf(parameter.name) for parameter in entry.parameters[: entry.arity]]
    for rule in entry.partials:
        partial = None if rule is None or isinstance(rule, Unknown) else rule(*leaves)
        written = None if partial is None else formula(partial)
        if partial is None or written is None:
            continue
        expected = scope.evaluate((partial,))[0]
        # What is written may have fewer digits than what is computed, where a textbook's form has.
        got = scope.evaluate((lowered(written, scope),))[0]
        np.testing.assert_allclose(got, expected, rtol=1e-13 if entry.name in homes() else 0)


def test_a_long_sum_needs_no_recursion() -> None:
    scope = session()
    assert formula(lowered(" + ".join(["x"] * 20_000), scope), longest=10**6) is not None


def test_what_would_explode_is_not_written() -> None:
    scope = session()
    node = lowered("x", scope)
    for _ in range(60):
        node = node * node + node
    assert formula(node) is None
