"""Worked solutions: every number against the engine's, and that each line can be redone."""

from __future__ import annotations

import json
import math
import re
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from entries import OF_ARRAYS
from hostile import HOSTILE
from kept import Kept, shown

import gradcli
from gradcli.engine.primitives import ENTRIES, TABLE, Elementwise, Entry
from gradcli.lowering.draws import DROPOUTS
from gradcli.text.excerpt import measure

CASES: list[tuple[str, dict[str, Any]]] = [
    ("sin(x**2)*exp(-y) + log1p(x*y)", {"x": 4, "y": 0.5}),
    ("x*x", {"x": 3}),
    ("x - x", {"x": 3}),
    ("x", {"x": 3}),
    ("u = x*y; v = sin(u); v*u + x", {"x": 1.5, "y": -2}),
    ("f(t) = t*tanh(t); f(f(x))", {"x": 0.7}),
    ("where(x > 0, x**2, -x)*max(x, y)", {"x": -0.5, "y": 2}),
    ("abs(x) + floor(x) + detach(x)*x", {"x": -1.5}),
    ("hypot(x, y)**3/atan2(y, x)", {"x": 3, "y": 4}),
    ("x**y + 2**x - 3/x", {"x": 2, "y": 3}),
    ("sum((A @ x - b)**2)", {"A": [[1, 2], [3, 4], [5, 6]], "x": [1, -1], "b": [0, 1, 2]}),
    ("sum(v*x)/norm(v)", {"v": [1, 2, 2], "x": 3}),
    ("softmax(v)[1]*std(v) + prod(v)", {"v": [1, 2, 4]}),
    ("max(v) + mean(v**2) + logsumexp(v)", {"v": [1, 5, 2]}),
    ("[x*y, x + y] @ [1, 2]", {"x": 2, "y": 3}),
    ("sum(A + v)", {"A": [[1, 2], [3, 4]], "v": [5, 6]}),
    (
        "u = expand(v, 2, 3); sum(u*A) + sum(norm(u, dim=1)/[1, 2])",
        {"A": [[1, 2, 3], [3, 4, 5]], "v": [5, 6, 7]},
    ),
    ("trace(A)**2 + logsumexp(A)", {"A": [[1, 2], [3, 4]]}),
    ("grad(sin(x)**2, x)", {"x": 1}),
]


@pytest.mark.parametrize(("text", "at"), CASES, ids=[text for text, _ in CASES])
def test_every_number_is_the_engines(text: str, at: dict[str, Any]) -> None:
    found = gradcli.explain(text, at)
    value, gradients = gradcli.evaluate(text, at)
    assert found.value == value
    assert found.gradients.keys() == gradients.keys()
    steps = {step["name"]: step for step in found.steps}
    for name, gradient in gradients.items():
        assert np.array_equal(found.gradients[name], gradient)
        assert np.array_equal(steps[name]["cotangent"], gradient)
    last = found.steps[-1]
    assert (last["value"], last["cotangent"]) == (value, 1)


@pytest.mark.parametrize(("text", "at"), CASES, ids=[text for text, _ in CASES])
def test_a_step_can_be_redone_from_those_before_it(text: str, at: dict[str, Any]) -> None:
    steps = gradcli.explain(text, at).steps
    known: dict[str, Any] = {}
    for step in steps:
        if step["partials"] or step["expression"] != step["name"]:
            used = {
                name: value for name, value in known.items() if re.search(rf"\b{name}\b", step["expression"])
            }
            numbers = {
                name: float(value) if isinstance(value, bool) else value for name, value in used.items()
            }
            again = gradcli.evaluate(step["expression"], numbers, wrt=()).value
            assert np.allclose(again, step["value"], rtol=1e-14, atol=0)
        known[step["name"]] = step["value"]


@pytest.mark.parametrize(("text", "at"), CASES, ids=[text for text, _ in CASES])
def test_what_a_step_hands_on_can_be_redone_and_adds_up(text: str, at: dict[str, Any]) -> None:
    steps = gradcli.explain(text, at).steps
    values = {step["name"]: step["value"] for step in steps}
    cotangents = {f"d{step['name']}": step["cotangent"] for step in steps if step["cotangent"] is not None}
    sums: dict[str, Any] = {}
    for step in reversed(steps):
        for name, formula in step["shares"].items():
            known = {**values, **cotangents}
            used = {
                each: float(known[each]) if isinstance(known[each], bool) else known[each]
                for each in re.findall(r"[^\W\d]\w*", formula)
                if each in known
            }
            share = gradcli.evaluate(formula, used, wrt=()).value
            sums[name] = sums.get(name, 0) + share
            assert step["partials"][name] is not None
    for name, total in sums.items():
        shape = np.shape(cotangents[f"d{name}"])
        assert np.allclose(np.broadcast_to(total, shape), cotangents[f"d{name}"], rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize(("text", "at"), CASES, ids=[text for text, _ in CASES])
def test_tangents_end_where_cotangents_do(text: str, at: dict[str, Any]) -> None:
    if sum(np.size(each) for each in at.values()) > 8:
        at = {name: np.asarray(each) for name, each in at.items()}
        with pytest.raises(gradcli.GradcliError, match="one pass for each number"):
            gradcli.explain(text, at, forward_mode=True)
        return
    found = gradcli.explain(text, at, forward_mode=True)
    last = found.steps[-1]["tangents"]
    for name, gradient in found.gradients.items():
        for place in np.ndindex(np.shape(gradient)):
            direction = f"{name}[{', '.join(map(str, place))}]" if place else name
            assert math.isclose(last[direction], np.asarray(gradient)[place], rel_tol=1e-12, abs_tol=1e-15)


NUMBERS = [entry for entry in ENTRIES if isinstance(entry, Elementwise) and not entry.boolean]
ARRAYS = ("{}(A)", "{}(A, B)", "{}(v)", "{}(v, w)", "{}(A, dim=1)", "{}([v, w])")
AT = {
    "v": np.array([0.3, 0.55, 0.8]),
    "w": np.array([0.7, 0.2, 0.45]),
    "A": np.array([[0.9, 0.31, 0.17], [0.23, 0.8, 0.41], [0.37, 0.29, 0.7]]),
    "B": np.array([[0.52, 0.13, 0.33], [0.61, 0.44, 0.21], [0.12, 0.64, 0.57]]),
}


def again(formula: str, known: dict[str, Any]) -> Any:
    """What a formula of a solution gives when it is typed again, in the names of the steps."""
    used = {name for name in re.findall(r"[^\W\d]\w*", formula) if name in known}
    called = {*re.findall(r"(\w+)\(", formula)}
    found = None  # where it is an operation without a name, or a constant that is shortened
    with suppress(gradcli.GradcliError):
        found = gradcli.evaluate(formula, {name: known[name] for name in used}, wrt=()).value
    # These name what is not computed with.
    known_functions = TABLE.keys() - {"gather", "expand_as", "fill", "full_like"}
    assert found is not None or "…" in formula or called - known_functions, formula
    return found


def check_each_line(text: str, at: dict[str, Any]) -> None:
    found = gradcli.explain(text, at)
    steps = found.steps
    known = {step["name"]: np.asarray(step["value"], float) for step in steps}
    flows = {step["name"]: step["cotangent"] for step in steps if step["cotangent"] is not None}
    known |= {f"d{name}": np.asarray(flow, float) for name, flow in flows.items()}
    sums: dict[str, Any] = {}
    for step in steps:
        if step["expression"] != step["name"]:
            value = again(step["expression"], known)
            assert value is None or np.allclose(value, known[step["name"]], rtol=1e-12, equal_nan=True), step
        for name, formula in step["shares"].items():
            share = again(formula, known)
            sums[name] = np.nan if share is None else sums.get(name, 0) + share
    for name, total in sums.items():
        if np.isnan(total).all():
            continue
        assert np.allclose(np.broadcast_to(total, np.shape(flows[name])), flows[name], rtol=1e-8, atol=1e-12)
    for form in ("text", "latex"):
        assert found.rendered(form)


@pytest.mark.parametrize("entry", NUMBERS, ids=str)
def test_every_function_of_numbers_can_be_explained(entry: Elementwise) -> None:
    names = "xyzwv"[: entry.arity]
    at = {}
    for place, name in enumerate(names):
        low, high = entry.domain[place] if place < len(entry.domain) else (-2.0, 2.0)
        low, high = max(low, min(high - 1, -2)), min(high, max(low + 1, 2))
        at[name] = low + (high - low) * (0.43 + 0.1 * place)
    text = f"{entry.name}({', '.join(names)})"
    known = False
    with suppress(gradcli.GradcliError):  # some have no derivative in one of their arguments
        gradcli.evaluate(text, at)
        known = True
    if known:
        check_each_line(text, at)


@pytest.mark.parametrize("entry", [each for each in OF_ARRAYS if each.name not in DROPOUTS], ids=str)
def test_every_function_of_arrays_can_be_explained(entry: Entry) -> None:
    for form in ARRAYS:
        text = form.format(entry.name)
        at = {name: data for name, data in AT.items() if re.search(rf"\b{name}\b", form)}
        try:
            value = gradcli.evaluate(text, at).value
        except gradcli.GradcliError:
            continue
        if np.asarray(value).dtype != bool:
            check_each_line(f"sum({text}**2)" if np.shape(value) else text, at)
            return


def test_a_partial_of_an_input_that_stands_twice_is_the_sum() -> None:
    assert gradcli.explain("x*x", {"x": 3}).steps[-1]["partials"] == {"x": 6}
    assert gradcli.explain("sum(v)", {"v": [1, 2]}).steps[-1]["partials"] == {"v": [1, 1]}


def test_names_that_were_given_are_kept_and_no_name_stands_twice() -> None:
    found = gradcli.explain("u = x*v1; dx = sin(u); dx*u", {"x": 1, "v1": 2})
    assert [step["name"] for step in found.steps] == ["x", "v1", "u", "dx", "s1"]
    assert found.steps[3]["shares"] == {"u": "grad_dx*cos(u)"}


def test_constants_and_broadcasting_are_no_steps() -> None:
    found = gradcli.explain("sum(2*pi*v + c)", {"v": [1, 2], "c": 3})
    assert [step["expression"] for step in found.steps] == ["v", "c", "2*pi*v", "s1 + c", "sum(s2)"]


def test_values_and_cotangents_of_what_is_not_connected() -> None:
    found = gradcli.explain("detach(x)*y", {"x": 2, "y": 3})
    assert found.gradients == {"x": None, "y": 2}
    assert [step["cotangent"] for step in found.steps] == [None, 2, None, 1]
    assert found.steps[-1]["partials"] == {"y": 2}


def test_only_what_is_asked_for_is_differentiated_in() -> None:
    found = gradcli.explain("x*y", {"x": 2, "y": 3}, wrt="x")
    assert found.gradients == {"x": 3}
    assert found.steps[-1]["partials"] == {"x": 3}


def test_pytorch_calls_steps_by_its_own_names() -> None:
    found = gradcli.explain("exp(x)*detach(x)", {"x": 2}, grad_fn=True)
    assert [step["grad_fn"] for step in found.steps] == [
        "AccumulateGrad",
        "ExpBackward0",
        None,
        "MulBackward0",
    ]


def test_what_a_second_backward_adds() -> None:
    kept = Kept("x = 3; y = x**2; explain backward y")
    assert all(cell.grad is None for cell in kept.session.cells.values())
    found = gradcli.explain("x**2", {"x": 3}, accumulate=True).to_dict()["accumulated"]["x"]
    assert found == {"before": None, "backward": 6, "second_backward": 12, "backward_after_zero": 6}
    text = shown("x = 3; y = x**2; backward y; explain backward y")
    assert "x.grad = 6 + 6 = 12  after backward" in text
    assert "x.grad = 12 + 6 = 18  after a second backward" in text


def test_a_seed_stands_behind_a_backward() -> None:
    text = shown("v = [1, 2]; explain backward v**2, [1, 0.1]")
    assert "ds1 = [1, 0.1]" in text
    assert "d/dv  = [2, 0.4]" in text


def test_a_seed_has_the_shape_of_the_value() -> None:
    assert gradcli.explain("v**2", {"v": [1, 2]}, seed=[1, 0.1]).gradients["v"].tolist() == [2, 0.4]
    with pytest.raises(gradcli.GradcliError, match=r"the seed has shape \[3\], and the value \[2\]"):
        gradcli.explain("v**2", {"v": [1, 2]}, seed=[1, 0.1, 2])


def test_backward_is_a_name_where_it_is_one() -> None:
    assert "backward*2 = 6" in shown("backward = 3; explain backward*2")
    assert "1*backward = 3" in shown("backward = 3; explain 1*backward")


@pytest.mark.parametrize(
    ("text", "at"),
    [
        *CASES,
        ("sum(v**2)", {"v": list(range(1000))}),
        ("+".join(f"sin({k}*x)" for k in range(1, 100)), {"x": 1 / 3}),
        (
            "averyverylongname*another_rather_long_name + averyverylongname",
            dict.fromkeys(("averyverylongname", "another_rather_long_name"), 1 / 3),
        ),
        ("*".join(f"`{'名' * 50}{k}`" for k in range(3)), {f"{'名' * 50}{k}": k + 0.1 for k in range(3)}),
    ],
)
def test_text_fits_80_columns(text: str, at: dict[str, Any]) -> None:
    found = gradcli.explain(text, at, grad_fn=True, accumulate=True)
    for line in found.text().splitlines():
        assert measure(line).width <= 80, line


def test_the_middle_of_a_long_solution_is_left_out() -> None:
    text = gradcli.explain("+".join(f"sin({k}*x)" for k in range(1, 100)), {"x": 1}).text()
    assert text.count("more steps, which --json has") == 2
    assert len(text.splitlines()) < 200


CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e]")
COMMANDS = frozenset(
    ("begin", "end", "overline", "cdot", "left", "right", "text", "mathrm", "mathrel", "frac")
)
COMMANDS |= {"partial", "textbackslash", "textasciicircum", "textasciitilde"}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_text_in_every_format(name: str) -> None:
    found = gradcli.explain(f"`{name}`*x + `{name}`**2", {name: 3, "x": 2}, accumulate=True)
    members = json.loads(found.rendered("json"))
    assert {"x", *members["gradients"]} == {"x", name}
    assert members["steps"][0]["name"] == name
    text, markdown, latex = found.text(), str(found.written("markdown")), str(found.written("latex"))
    assert not CONTROL.search(text)
    assert all(measure(line).width <= 80 for line in text.splitlines())
    assert not CONTROL.search(markdown)
    rows = [line for line in markdown.splitlines() if line.startswith("|")]
    assert all(len(re.split(r"(?<!\\)\|", row)) in (4, 5, 6, 7) for row in rows)
    bare = re.sub(r"(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)", "", re.sub(r"\\[^\w\s`]", "", markdown))
    assert not set(bare) & set("<>&[]*_")
    assert not CONTROL.search(latex)
    assert set(re.findall(r"(?<!\\)(?:\\\\)*\\([a-zA-Z]+)", latex)) <= COMMANDS
    assert latex.count("{") == latex.count("}")
    assert not re.search(r"(?<!\\)[$#%~]", latex)


@pytest.mark.parametrize(
    ("text", "at", "message"),
    [
        ("x*y", {"x": 2}, "y needs a value"),
        ("v", {"v": [1, 2]}, "a sweep starts from a single number"),
        ("x > 1", {"x": 2}, "a truth value has no derivative"),
        ("x", {"x": 2, "z": 1}, "z does not occur"),
    ],
)
def test_a_mistake_is_told(text: str, at: dict[str, Any], message: str) -> None:
    with pytest.raises(gradcli.GradcliError, match=message):
        gradcli.explain(text, at)


@pytest.mark.parametrize(
    ("text", "values", "step", "formulas"),
    [
        ("max(x, y)*3", {"x": 2, "y": 2}, "v1", {"x": "where(x >= y, where(x == y, 0.5, 1), 0)"}),
        ("max(x, y)*3", {"x": 2, "y": 1}, "v1", {"x": "where(x >= y, 1, 0)"}),
        (
            "sum(min(v, w))",
            {"v": [1, 2], "w": [1, 3]},
            "s1",
            {"v": "where(w >= v, where(v == w, 0.5, 1), 0)"},
        ),
        ("relu(x)*3", {"x": 0}, "v1", {"x": "where(x > 0, 1, 0)"}),
    ],
)
@pytest.mark.parametrize("forward", [False, True])
def test_at_a_tie_the_formula_gives_the_number(
    text: str, values: dict[str, Any], step: str, formulas: dict[str, str], forward: bool
) -> None:
    """Typed back, at the values of the operands, each formula is the partial that stands beside it."""
    found = gradcli.explain(text, values, forward_mode=forward)
    (chosen,) = (each for each in found.steps if each["name"] == step)
    for name, formula in formulas.items():
        assert chosen["formulas"][name] == formula
        value = gradcli.evaluate(
            formula, values if "y" in values or "v" in values else {"x": values["x"]}
        ).value
        assert np.asarray(value).tolist() == chosen["partials"][name]
    assert all(formula in found.text() for formula in formulas.values())
