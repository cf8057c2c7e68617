"""Calls of compiled expressions: the quick way is the plain one, bit by bit, for formulas of all sorts."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradcli import Evaluation, GradcliError, compile  # noqa: A004 (as re.compile)
from gradcli.compiled import Compiled
from gradcli.engine import plan as plans
from gradcli.engine.primitives import ENTRIES

DATA = Path(__file__).parent / "data"
FORMULAS = [
    *(each["formula"] for each in json.loads((DATA / "uncertain_formulas.json").read_text(encoding="utf-8"))),
    *(entry.example[0] for entry in ENTRIES),
    *(f"{entry.name}({', '.join('xyzuv'[: len(entry.domain)])})" for entry in ENTRIES if entry.domain),
    "x; x > y; 3",
    "[x*y, x/y] @ [[1, 2], [x, 0]]",
]


def bits(found: Evaluation) -> list[Any]:
    parts = [found.value, *found.gradients.values()]
    return [(type(part), np.shape(part), np.asarray(part).tobytes()) for part in parts]


def straight(f: Compiled) -> None:
    """Lets the plans of an expression be functions, which they become after many calls."""
    for plan in f.plans():
        plan.straighten()


def test_every_formula_is_the_same_the_quick_way() -> None:
    rng = np.random.default_rng(5)
    compared = 0
    for text in FORMULAS:
        try:
            f = compile(text)
        except GradcliError:  # what needs values while it is lowered
            continue
        columns = {name: rng.uniform(0.1, 0.9, 5) for name in f.variables}
        if not columns:
            continue
        first = {name: float(column[0]) for name, column in columns.items()}
        mixed = {**columns, f.variables[0]: first[f.variables[0]]}
        calls: list[dict[str, Any]] = [columns, first, *([mixed] if len(columns) > 1 else [])]
        plain = [bits(f(each)) for each in calls]
        straight(f)
        for each, wanted in zip(calls, plain, strict=True):
            assert bits(f(each)) == wanted, text
            assert bits(f(each)) == wanted, text
        compared += 1
    assert compared > 200


QUICK = {"x": np.linspace(0.1, 1, 4), "y": 2.0}
ODD: dict[str, dict[str, Any]] = {
    "a list": {"x": [0.1, 0.4, 0.7, 1.0], "y": 2.0},
    "integers": {"x": np.arange(4), "y": 2},
    "single precision": {"x": np.linspace(0.1, 1, 4, dtype=np.float32), "y": np.float32(2)},
    "every second": {"x": np.linspace(0.1, 1, 8)[::2], "y": 2.0},
    "backwards": {"x": np.linspace(0.1, 1, 4)[::-1], "y": 2.0},
    "swapped bytes": {"x": np.linspace(0.1, 1, 4).astype(">f8"), "y": 2.0},
    "one number as an array": {"x": np.linspace(0.1, 1, 4), "y": np.array(2.0)},
    "one row": {"x": np.array([0.1]), "y": 2.0},
    "no row": {"x": np.array([]), "y": 2.0},
    "masked": {"x": np.ma.masked_invalid([0.1, np.nan]), "y": 2.0},
    "truth values": {"x": np.array([True, False]), "y": True},
}


@pytest.mark.parametrize("what", ODD)
def test_what_is_given_in_another_way_means_the_same(what: str) -> None:
    given = ODD[what]
    f = compile("sin(x)*y + x/y")
    before = bits(f(given))
    for _ in range(2):
        f(QUICK)
    straight(f)
    plain = {
        name: np.ma.filled(np.ma.asarray(each).astype(np.float64), np.nan)[()] for name, each in given.items()
    }
    assert bits(f(given)) == bits(f(plain)) == before
    assert f(given).variables is not given


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"x": np.ones(3)}, "y needs a value"),
        ({"x": np.ones(3), "y": 1.0, "z": 1.0}, "z does not occur"),
        ({"x": np.ones(3), "z": 1.0}, "z does not occur"),
        ({"x": np.ones(3), "y": np.ones(2)}, "y has 2 rows"),
        ({"x": np.ones((3, 2)), "y": 1.0}, "not rows of shape"),
        ({"x": np.ones(3), "y": "1"}, "neither a number nor"),
        ({"x": np.ones(3), "y": None}, "neither a number nor"),
    ],
)
def test_mistakes_are_found_in_later_calls_too(given: dict[str, Any], told: str) -> None:
    f = compile("sin(x)*y")
    for _ in range(2):
        f(x=np.ones(3), y=1.0)
    straight(f)
    with pytest.raises(GradcliError, match=told):
        f(given)


def test_what_one_call_gives_no_other_changes() -> None:
    f = compile("[sin(x)*y, x, y]")
    x = np.linspace(0, 1, 5)
    f(x=x, y=2.0)
    straight(f)
    first = f(x=x, y=2.0)
    kept = bits(first)
    assert not np.may_share_memory(first.value, x)
    second = f(x=x + 1, y=3.0)
    for each in (second.value, *second.gradients.values()):
        each.fill(7)
    assert bits(first) == kept
    assert bits(f(x=x, y=2.0)) == kept


def test_threads_change_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plans, "LEAST_WORK", 1e-12)
    rng = np.random.default_rng(2)
    text = "sin(x**2)*exp(-y) + log1p(x*y) + erf(x)"
    given = {name: rng.uniform(0.1, 2, 150_001) for name in "xy"}
    alone = bits(compile(text, threads=1)(given))
    for threads in (2, 3, None):
        f = compile(text, threads=threads)
        assert bits(f(given)) == alone
        assert pickle.loads(pickle.dumps(f)).threads == threads


@pytest.mark.parametrize("threads", [0, -1, 1.5, "2", True])
def test_a_number_of_threads_is_a_whole_number(threads: Any) -> None:
    with pytest.raises(GradcliError, match="threads is a whole number from 1 on"):
        compile("x", threads=threads)
