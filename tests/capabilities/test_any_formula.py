"""Every capability answers or refuses any formula at any place, in each format: seeded random ones."""

from __future__ import annotations

import random
import re
from contextlib import suppress
from typing import Any

import numpy as np
import pytest

import gradcli
from gradcli.capabilities.record import capability
from gradcli.text.errors import GradcliError

FUNCTIONS = (
    *(
        "sin",
        "cos",
        "exp",
        "log",
        "sqrt",
        "tanh",
        "atan",
        "abs",
        "cbrt",
        "sinh",
        "floor",
        "erf",
        "sign",
        "log1p",
    ),
    *("tan", "sigmoid", "gamma", "relu", "max", "min", "hypot"),
)
NUMBERS = ("0.5", "1", "2", "3", "0.1", "-1", "7", "0", "1e-8", "1e6")
PLACES = (0, 0.5, 1, -1, 3.7, 1e-3, -2.5, 100, 1e8, 1e-300, float("nan"), float("inf"))
RANGES = ("-2:2", "0:1:0.25", "1:1", "0:1e-300", "-1e8:1e8", "3:-3:-1", "0:0:1")
PICTURES = ("png", "svg", "pdf")
ASKED = {
    **dict.fromkeys(("diff", "explain", "graph", "check", "export", "budget"), 60),
    **dict.fromkeys(("table", "plot"), 30),
    **dict.fromkeys(("minimize", "solve", "fit"), 15),
}
"""How many formulas each is asked about."""


class Writer:
    """Writes random formulas in some names."""

    def __init__(self, seed: str) -> None:
        self.random = random.Random(seed)
        self.pick = self.random.choice

    def formula(self, depth: int, names: tuple[str, ...]) -> str:
        """An expression."""

        def below() -> str:
            return self.formula(depth - 1, names)

        sort = self.random.random()
        if not depth:
            return self.pick((*names, *names, self.pick(NUMBERS)))
        if sort < 0.45:
            return f"({below()} {self.pick('+-*/')} {below()})"
        if sort < 0.6:
            return f"({below()})**{self.pick(('2', '3', '-1', '0.5', names[0]))}"
        if sort < 0.7:
            return f"({below()} if {self.pick(names)} > {self.pick(NUMBERS)} else {below()})"
        name = self.pick(FUNCTIONS)
        return f"{name}({below()}, {below()})" if name in ("max", "min", "hypot") else f"{name}({below()})"

    def settings(self, name: str, names: tuple[str, ...]) -> dict[str, Any]:
        """What else is asked of a capability."""
        first, *others = names
        often = self.random.random() < 0.5
        fixed = [each for each in others if self.random.random() < 0.5]
        found: dict[str, dict[str, Any]] = {
            "diff": {"order": self.pick((1, 2)), "cse": often},
            "explain": {"forward_mode": often, "accumulate": self.random.random() < 0.5, "grad_fn": often},
            "graph": {"backward": often},
            "check": {"second": often, "claim": self.pick((None, {first: self.formula(2, names)}))},
            "table": {"order": self.pick((1, 2))},
            "plot": {"order": self.pick((1, 2))},
            "budget": {"second_order": often, "samples": self.pick((None, 1000))},
            "export": {"to": self.pick(("c", "fortran", "javascript", "python", "numpy", "sql", "awk"))},
            "minimize": {"fix": fixed, "maximize": often, "start_from": self.pick((None, 2))},
            "solve": {"fix": fixed},
        }
        return found[name]

    def ask(self, name: str) -> Any:
        """Asks a capability about a formula; raises `GradcliError`."""
        if name == "fit":
            return self.fit()
        wanted = self.pick((("x",), ("x", "y"), ("x", "a", "b")))
        formula = self.formula(self.pick((1, 2, 3)), wanted)
        names = tuple(each for each in wanted if re.search(rf"\b{each}\b", formula)) or ("x",)
        values: dict[str, Any] = {each: self.pick(PLACES) for each in names}
        settings = self.settings(name, names)
        if name == "export":
            return gradcli.export(formula, **settings)
        if name in ("table", "plot"):
            values["x"] = self.pick(RANGES)
        elif name == "budget":
            errors = (0.1, 0, 1e-9, 5, 1e300)
            values = {each: gradcli.Uncertain(at, self.pick(errors)) for each, at in values.items()}
        elif name == "solve":
            formula += self.pick(("", " = 1", "; x = 2"))
            if self.random.random() < 0.5:
                return gradcli.solve(formula, {**values, "x": self.pick(("0:3", "-5:5"))}, all_roots=True)
        if name in ("diff", "graph"):
            settings["variables"] = self.pick((None, values))
            return getattr(gradcli, name)(formula, **settings)
        return getattr(gradcli, name)(formula, values, **settings)

    def fit(self) -> Any:
        """Fits a formula with two parameters to numbers without a law; raises `GradcliError`."""
        count = self.pick((1, 2, 5, 20))
        draws = np.random.default_rng(self.random.randrange(99))
        data = {"x": draws.normal(size=count), "y": draws.normal(size=count)}
        data["y"][0] = self.pick((1.0, 1.0, 1e300, np.nan))
        model = f"{self.formula(2, ('x', 'a', 'b'))} + a*x + b"
        starts = {each: self.pick(PLACES) for each in ("a", "b")}
        return gradcli.fit(f"y ~ {model}", data, starts, loss=self.pick(("linear", "huber")))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", ASKED)
def test_every_formula_is_answered_or_refused(name: str) -> None:
    writer = Writer(name)
    forms = next(each.choices for each in capability(name).declared.options if each.name == "--format")
    answered = 0
    for _ in range(ASKED[name]):
        with suppress(GradcliError):
            found = writer.ask(name)
            answered += 1
            assert repr(found)
            for form in forms:
                if form not in PICTURES:
                    assert found.rendered(form) != ""
                    found.rendered(form, 3)
    assert answered


@pytest.mark.parametrize(
    ("model", "starts", "told"),
    [
        ("a*sqrt(b)*x", {"a": 1, "b": 0}, "a derivative of the model is not finite at the start"),
        ("a*x**b", {"a": 1, "b": float("inf")}, "a start is a finite number"),
        ("a + x if b > 0 else 1", {"a": 1, "b": float("nan")}, "a start is a finite number"),
    ],
)
@pytest.mark.parametrize("loss", ["linear", "huber"])
def test_a_fit_begins_where_slopes_are_finite(
    model: str, starts: dict[str, float], told: str, loss: str
) -> None:
    with pytest.raises(GradcliError, match=told):
        gradcli.fit(f"y ~ {model}", {"x": [1, 2, 3], "y": [1, 2, 4]}, starts, loss=loss)


def test_starts_that_are_not_finite_are_no_centre_of_random_ones() -> None:
    found = gradcli.minimize("(x - 1)**2", {"x": float("inf")}, start_from=3)
    assert [each.variables["x"] for each in found.minima] == [pytest.approx(1)]


def test_a_search_without_end_is_called_so() -> None:
    found = gradcli.minimize("hypot(7, x)", {"x": -1}, maximize=True)
    assert not found.converged
    assert found.reason == "the search goes farther and farther, without end"


def test_what_no_gradient_reaches_accumulates_nothing() -> None:
    assert "Again" not in str(gradcli.explain("atan(0.5 if x > 0.25 else 2)", {"x": 0}, accumulate=True))
