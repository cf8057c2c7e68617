"""What is evaluated again and again is what it is when it is evaluated once, and as much is said of it."""

from __future__ import annotations

import csv
import json
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest
from transcripts import ROOT
from work import steps

import gradcli
from gradcli.capabilities.behaviours import behaviours
from gradcli.engine.plan_cache import MOST_STEPS, PlanCache
from gradcli.engine.primitives import TABLE, is_function
from gradcli.language.parser import parse
from gradcli.session.answer import evaluate_program
from gradcli.session.evaluation import Evaluation
from gradcli.session.repeating import formulas
from gradcli.session.repeating.formulas import Recurring, request
from gradcli.text.source import Source

DATA = ROOT / "tests" / "data"
SPECIAL = [0.5, 0.0, -0.0, 1.0, -1.0, 2.0, -3.5, 1e300, -1e-300, np.nan, np.inf, -np.inf]

OF_NUMBERS = [
    "x**2",
    "7",
    "x > 1",
    "floor(x)",
    "log(x)",
    "1/x",
    "1/(1/x)",
    "y = 1/x; 1/y",
    "y = log(x); 0*y",
    "const y = log(x); exp(y)",
    "const c = abs(x); c*x",
    "abs(x)",
    "y = abs(x); y**2",
    "max(x, 1)*min(x, 2)",
    "grad(abs(x), x)",
    "y = grad(relu(x - 1), x); y*x",
    "where(x > 0, sqrt(x), -x)",
    "x if x > 1 else -x",
    "f(t) = t**3; f(x) + f(2*x)",
    "def f(t):\n    u = t*t\n    return u + abs(t)\nf(x)",
    "exp(-x**2)**3",
    "x*1e-200*1e-200",
    "e = x; e**2",
    "2^x^2",
    "x(x + 1)",
    "-x**2",
    "k = 3; k*x**k",
    "const n = x; x**n",
    "z = x.detach(); z*x",
    "gamma(x)",
    "erf(x) + normcdf(x)",
    "[x, x**2, sin(x)]",
    "hessian(x**4, x)",
    "y = sin(x)",
    "betainc(1, 2, x)",
    "x = x + 1; x**2",
]
"""Formulas in x."""

OF_ARRAYS = {
    "const A = A; jacobian(tanh(A @ v), v)": ("A", "v"),
    "hessian(sum(v**2)**2, v)": ("v",),
    "sum(softmax(A @ v))": ("A", "v"),
    "solve(A, v)": ("A", "v"),
    "y = A @ v; norm(y) + y[0]": ("A", "v"),
    "sort(v)": ("v",),
    "v > 1": ("v",),
    "A[0]": ("A", "v"),
    "max(v)": ("v",),
    "v/sum(v)": ("v",),
    "det(A)*inv(A)": ("A",),
}
ARRAYS: dict[str, list[Any]] = {
    "A": [[[2.0, 1.0], [0.5, 3.0]], np.zeros((2, 2)), [[np.nan, 1], [1, 1]], np.eye(2), [[1, 2], [2, 4]]],
    "v": [[1.0, 2.0], np.zeros(2), [1, np.inf], np.ones(2), np.array([-1, 3])],
}


def once(text: str, values: Mapping[str, Any]) -> Evaluation:
    """The evaluation of which nothing is kept."""
    return evaluate_program(parse(Source(text), is_function=is_function), dict(values), further=behaviours)


def told(found: Evaluation) -> list[Any]:
    """All that an evaluation says, bit by bit."""
    data = [found.value, *found.gradients.values(), *found.variables.values()]
    bits = [
        None if each is None else (type(each), np.shape(each), np.asarray(each).tobytes()) for each in data
    ]
    notices = [
        (*each[:2], [(mark.span, mark.label) for mark in each.marks], each.hint) for each in found.notices
    ]
    names = [found.expression, found.name, list(found.gradients), list(found.variables)]
    return [bits, notices, names]


def outcome(find: Any) -> Any:
    try:
        return told(find())
    except gradcli.GradcliError as error:
        return error.message, [(mark.span, mark.label) for mark in error.marks], error.hint


def points() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Formulas, each with points at which it is evaluated in turn."""
    for text in OF_NUMBERS:
        yield text, [{"x": x} for x in SPECIAL]
    for text, names in OF_ARRAYS.items():
        rows = zip(*[ARRAYS[name] for name in names], strict=True)
        yield text, [dict(zip(names, row, strict=True)) for row in rows]
    with (DATA / "points.tsv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            at = json.loads(row["at"])
            other = {name: (np.asarray(each) * 0.75 + 0.25).tolist() for name, each in at.items()}
            yield row["expression"], [other, at]


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that other tests asked, or kept for others."""
    monkeypatch.setattr(formulas.RECURRING, "kept", PlanCache(MOST_STEPS))
    monkeypatch.setattr(formulas.RECURRING, "_seen", OrderedDict())


def kept() -> int:
    return len(formulas.RECURRING.kept)


def test_what_comes_again_is_what_came_once() -> None:
    count = 0
    for text, values in points():
        before = kept()
        wanted = [outcome(lambda text=text, at=at: once(text, at)) for at in values]
        for _ in range(3):
            found = [outcome(lambda text=text, at=at: gradcli.evaluate(text, at)) for at in values]
            for at, one, other in zip(values, found, wanted, strict=True):
                assert one == other, (text, at)
        count += kept() > before
    assert count > 120


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("x**2", {"x": 0.5}),
        ("const A = A; jacobian(tanh(A @ v), v)", {"A": np.eye(3), "v": np.ones(3)}),
        ("f(t) = sin(t)*exp(t); y = f(x); f(y)", {"x": 0.5}),
        ("v/sum(v)", {"v": [1, 2, 3]}),
    ],
)
def test_what_comes_again_is_lowered_twice(text: str, values: dict[str, Any]) -> None:
    work = [steps(lambda: gradcli.evaluate(text, values)) for _ in range(4)]
    assert kept() == 1
    assert 5 * max(work[2:]) < work[0]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("x + " * 4000 + "x", {"x": 1.0}),  # long
        ("sum(rand(3))*x", {"x": 1.0}),  # drawn
        ("print(x); x", {"x": 1.0}),  # does something
        ("backward x**2; x.grad", {"x": 1.0}),
        ("for i in range(3): x = 2*x\nx", {"x": 1.0}),
        ("const n = n; ones(n)*x", {"n": 2, "x": 1.0}),  # another graph for other values
        ("x**2", {"x": gradcli.Uncertain(1.0, 0.1)}),
        ("sum(where(m, 2, 3))", {"m": np.array([True, False])}),
        ("x", {"x": [[1], [2, 3]]}),
        ("x +", {"x": 1.0}),
        ("x + y", {"x": 1.0}),
    ],
)
def test_what_is_done_each_time(text: str, values: dict[str, Any]) -> None:
    for _ in range(6):
        try:
            gradcli.evaluate(text, values, seed=None)
        except gradcli.GradcliError:
            continue
    assert not kept()


def test_what_else_is_asked_is_another_request() -> None:
    for _ in range(3):
        assert gradcli.evaluate("x*y", {"x": 2.0, "y": 3.0}).gradients == {"x": 3, "y": 2}
        assert gradcli.evaluate("x*y", {"y": 3.0, "x": 2.0}).variables == {"y": 3, "x": 2}
        assert gradcli.evaluate("x*y", {"x": 2.0, "y": 3.0}, wrt="y").gradients == {"y": 2}
        assert gradcli.evaluate("x*y", {"x": 2.0, "y": 3.0}, wrt=["y", "x"]).gradients == {"y": 2, "x": 3}
        assert gradcli.evaluate("x*y", {"x": [1, 2], "y": 3.0}).value.tolist() == [3, 6]
        assert gradcli.evaluate("x*y", {"x": 2.0, "y": 3.0}, hessian=True).hessian.tolist() == [
            [0, 1],
            [1, 0],
        ]
        assert gradcli.evaluate("x**3", {"x": 2.0}, order=2).derivatives["x", "x"] == 12
        assert gradcli.evaluate("v₀**2", {"v₀": 3.0}).gradients == {"v₀": 6}
        assert gradcli.evaluate("v0**2", {"v0": 3.0}).gradients == {"v0": 6}
        assert gradcli.evaluate("x + 1", {"x": 2.0, "y": 3.0}).gradients == {"x": 1, "y": None}
        with pytest.raises(gradcli.GradcliError, match="y does not occur"):
            gradcli.evaluate("x + 1", x=2.0, y=3.0)


def test_an_answer_is_its_own() -> None:
    x = np.array([1.0, 2.0])
    found = [gradcli.evaluate("x", {"x": x}) for _ in range(4)]
    for each in found:
        each.value[0] = each.variables["x"][0] = 9
    assert x.tolist() == [1, 2]
    assert gradcli.evaluate("x", {"x": x}).value.tolist() == [1, 2]


def test_a_function_that_is_added_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        with pytest.raises(gradcli.GradcliError, match="unknown"):
            gradcli.evaluate("thrice(x)", {"x": 2.0})
        gradcli.evaluate("thrice = 2*x; thrice + x", {"x": 2.0})
    monkeypatch.setitem(TABLE.made, "thrice", TABLE["square"])
    assert gradcli.evaluate("thrice(x)", {"x": 2.0}).value == 4
    assert request("x", {"x": 1}, None, ()) != formulas.Request("x", ("x",), ((),), None, 0, ())


def test_what_is_kept_is_bounded() -> None:
    recent = Recurring(100)
    for k in range(300):
        text = f"sin(x)**2 + {k}.5*x"
        asked = request(text, {"x": 1.0}, None, ())
        assert asked is not None
        for _ in range(1 + k % 3):
            recent.evaluation(
                asked,
                {"x": 1.0},
                lambda text=text: parse(Source(text)),  # type: ignore[misc]
                lambda text=text: once(text, {"x": 1.0}),  # type: ignore[misc]
            )
    assert 3 < len(recent.kept) <= 20
    assert recent.kept.steps <= 100
    assert len(recent._seen) <= formulas.MOST_SEEN


def test_threads_may_ask_at_once() -> None:
    wrong: list[Any] = []

    def ask(start: int) -> None:
        for k in range(start, start + 60):
            found = gradcli.evaluate("x**2 + sum(v)*x", {"x": float(k), "v": np.full(100, float(k))})
            if found.value != 101 * k**2:
                wrong.append((k, found.value))

    threads = [threading.Thread(target=ask, args=(1 + 100 * each,)) for each in range(3)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert not wrong
