"""Checks of derivatives: against the engine, against wrong rules, and against claims, right and wrong."""

from __future__ import annotations

import csv
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from entries import SAMPLES, Sample, is_differentiated, numbers_for, sum_of
from hostile import HOSTILE
from kept import Kept

import gradcli
from gradcli.engine import jacobians
from gradcli.engine.evaluate import compute
from gradcli.engine.graph import Input, Node
from gradcli.engine.primitives import ENTRIES, Elementwise, Entry
from gradcli.engine.primitives.entry import NoDerivativeError
from gradcli.engine.slopes import NotAnalyticError, Sampler, differences, is_rough
from gradcli.extend import Elementwise as Extension
from gradcli.text.errors import GradcliError

CLAIMS = Path(__file__).parent.parent / "data" / "claims.tsv"
POINTS = 4


def _inside(entry: Entry, place: int, rng: np.random.Generator) -> float:
    low, high = entry.domain[place] if place < len(entry.domain) else (-3.0, 3.0)
    if max(low, -3) >= min(high, 3):
        return rng.uniform(low, low + 3)
    return rng.uniform(max(low, -3) + 0.1, min(high, 3) - 0.1)


DIFFERENTIABLE = [
    entry for entry in ENTRIES if isinstance(entry, Elementwise) and entry.partials and any(entry.partials)
]


@pytest.mark.parametrize("entry", DIFFERENTIABLE, ids=str)
def test_numbers_alone_find_the_derivative_of_every_entry(entry: Elementwise) -> None:
    rng = np.random.default_rng(5)
    inputs = [Input(f"x{place}", ()) for place in range(entry.arity)]
    node = entry.apply(*inputs)
    found, steep = 0, False
    for _ in range(POINTS):
        values: dict[Node, Any] = {
            each: np.float64(_inside(entry, place, rng)) for place, each in enumerate(inputs)
        }
        sampler = Sampler(node, values)
        is_rough(sampler)
        for each in inputs:
            try:
                slope = jacobians.gradients(node, [each])[0]
            except NoDerivativeError:
                continue
            engine = 0.0 if slope is None else float(compute((slope,), values.get)[slope])
            steep = steep or bool(np.isfinite(sampler.value).all() and math.isfinite(engine) and engine)
            try:
                (step,) = sampler.complex_step(each, 0)
                assert step == pytest.approx(engine, rel=1e-13, abs=0)
                found += 1
            except NotAnalyticError:
                pass
            values_, errors = differences(sampler, each, 0)
            if math.isfinite(errors[0]):
                assert abs(values_[0] - engine) <= 3 * errors[0]
                found += 1
    assert found or not steep


@pytest.mark.parametrize("sample", [each for each in SAMPLES if is_differentiated(each)], ids=repr)
def test_complex_steps_find_the_gradients_of_functions_of_arrays(sample: Sample) -> None:
    inputs = sample.inputs()
    given: dict[Node, Any] = dict(zip(inputs, numbers_for(inputs, 1), strict=True))
    output = sum_of(sample.build(inputs))
    firsts = [each for each in jacobians.gradients(output, inputs) if each is not None]
    for node in (output, *map(sum_of, firsts)):
        sampler = Sampler(node, given)
        is_rough(sampler)
        for wrt, slope in zip(inputs, jacobians.gradients(node, inputs), strict=True):
            engine = 0.0 if slope is None else np.ravel(compute((slope,), given.get)[slope])[0]
            try:
                (step,) = sampler.complex_step(wrt, 0)
            except NotAnalyticError:
                continue
            assert step == pytest.approx(engine, rel=1e-9, abs=1e-9)


WRONG_RULE = Extension(
    "wrong_rule_of_test_check",
    lambda x, out=None: np.sin(x, out) if out is not None else np.sin(x),
    (lambda x: x * 1.001,),
    public=False,
)


@pytest.mark.parametrize("analytic", [None, np.sin])
def test_a_wrong_rule_differs(analytic: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from gradcli.engine.primitives import TABLE

    monkeypatch.setattr(WRONG_RULE, "analytic", analytic)
    monkeypatch.setitem(TABLE.made, "wrong_rule_of_test_check", WRONG_RULE)
    found = gradcli.check("wrong_rule_of_test_check(x)", {"x": 1.0})
    assert found.gradients["x"].verdict == "differs"
    assert found.gradients["x"].checked == pytest.approx(math.cos(1), rel=1e-10)
    assert (found.agrees, found.status) == (False, 1)


@pytest.mark.parametrize(
    ("expression", "variables"),
    [
        ("sum(softmax(A @ v)*[1, 2])", {"A": [[1, 2, 3], [4, 5, 6]], "v": [0.1, 0.2, 0.4]}),
        ("norm(A @ v - [1, 2])", {"A": [[1, 2], [3, 4]], "v": [0.5, 1]}),
        ("logsumexp(v) + var(v) + std(v)", {"v": [1.0, 3.0, 4.5]}),
        ("prod(v)*max(v)", {"v": [2.0, -3.0, 0.5]}),
        ("log_softmax(v)[1] + mean(v**2)", {"v": [2.0, -3.0, 0.5]}),
        ("A @ A", {"A": [[1, 2], [3, 4]]}),
        ("gamma(x)*jv(1, x)", {"x": 2.3}),
        ("sigmoid(x)**y*atan2(y, x)", {"x": -2.3, "y": 0.4}),
        ("lgamma(sum(v))", {"v": [1.5, 2.5]}),
    ],
)
def test_first_and_second_derivatives_agree(expression: str, variables: dict[str, Any]) -> None:
    found = gradcli.check(expression, variables, second=True)
    assert found.second is not None
    for each in (*found.gradients.values(), *found.second.values()):
        assert each.verdict == "agrees", each
        assert each.relative_difference is not None
        assert each.relative_difference < 1e-8


@pytest.mark.parametrize(
    ("expression", "x", "verdict", "reason"),
    [
        ("abs(x)", 0, "undecided", "a kink or a tie: the slopes are -1 from the left and 1 from the right"),
        (
            "max(x, x**2)",
            1,
            "undecided",
            "a kink or a tie: the slopes are 1 from the left and 2 from the right",
        ),
        ("x*abs(x)", 0, "agrees", ""),
        ("floor(x)", 3, "undecided", "the slopes are inf from the left and 0 from the right: a jump"),
        ("floor(x)", 2.5, "agrees", ""),
        ("sqrt(x)", 0, "agrees", "the edge of the domain, where the slope is inf from the right"),
        ("cbrt(x)", 0, "agrees", "the tangent is vertical here"),
        ("log(x)", -1, "undecided", "the value is nan here, a pole or beyond the domain"),
        ("x**x", 0, "undecided", "slopes from the sides do not settle here"),
        ("sin(1e16*x)*1e-16 - x", 1, "no digits here", None),
        ("x**2", 0, "agrees", ""),
        ("1e-300*x", 1e-300, "undecided", None),
    ],
)
def test_places_where_there_is_nothing_to_blame(
    expression: str, x: float, verdict: str, reason: str | None
) -> None:
    found = gradcli.check(expression, {"x": x}).gradients["x"]
    if verdict != "no digits here":
        assert found.verdict == verdict
    assert found.verdict != "differs"
    if reason is not None:
        assert found.reason == reason


def _claims() -> dict[str, list[tuple[str, str, str]]]:
    found: dict[str, list[tuple[str, str, str]]] = {"right": [], "wrong": []}
    with CLAIMS.open(encoding="utf-8", newline="") as lines:
        for expression, name, claim, verdict in csv.reader(lines, delimiter="\t"):
            found[verdict].append((expression, name, claim))
    return found


@pytest.mark.parametrize("verdict", ["right", "wrong"])
def test_claims_as_sympy_writes_them(verdict: str) -> None:
    claims = _claims()[verdict]
    assert len(claims) == 200
    judged = [gradcli.check(each, claim={name: claim}).claims[name] for each, name, claim in claims]
    missed = [claim for claim, found in zip(claims, judged, strict=True) if found.verdict != verdict]
    assert not missed
    assert all((found.counterexample is None) == (verdict == "right") for found in judged)


SLIPS = [
    ("sin(x**2)", "cos(x**2)", "the inner derivative is missing, at sin(x**2)"),
    ("sin(x**2)", "2*x*cos(x)", "the outer derivative is taken at the variable, at sin(x**2)"),
    ("sin(x**2)", "cos(2*x)", "the outer derivative is taken at the inner one, at sin(x**2)"),
    ("sin(3*x)", "-3*cos(3*x)", "the sign of the derivative is wrong, at sin(3*x)"),
    ("cos(x)*x", "sin(x)*x + cos(x)", "the sign of the derivative is wrong, at cos(x)"),
    ("4*exp(x)", "exp(x)", "a constant factor is dropped, at 4*exp(x)"),
    ("x*sin(x)", "x*cos(x)", "half of the product rule is missing, at x*sin(x)"),
    ("x**2*sin(x)", "2*x*cos(x)", "a product of derivatives, and not the product rule, at x**2*sin(x)"),
    ("sin(x)/x", "cos(x)/1", "a quotient of derivatives, and not the quotient rule, at sin(x)/x"),
    ("sin(x)/x", "(x*cos(x) + sin(x))/x**2", "a plus in the quotient rule, at sin(x)/x"),
    ("sin(x)/x", "(x*cos(x) - sin(x))/x", "the denominator is not squared, at sin(x)/x"),
    ("x**5", "x**4", "the exponent is not brought down, at x**5"),
    ("x**5", "5*x**5", "the exponent is not lowered, at x**5"),
    ("x**-2", "-2*x**-1", "the exponent is raised, and not lowered, at x**-2"),
    ("2**x", "x*2**(x-1)", "the power rule on an exponential, at 2**x"),
    ("3**x", "3**x", "the logarithm of the base is missing, at 3**x"),
    ("exp(x)", "x*exp(x-1)", "the power rule on an exponential, at exp(x)"),
    ("x**x", "x*x**(x-1)", "the power rule, where the exponent varies, at x**x"),
    ("sqrt(x)", "1/sqrt(x)", "the 1/2 of a root is missing, at sqrt(x)"),
    ("log(x)*x", "log(x)*x + log(x)", "the function stands where its derivative belongs, at log(x)"),
    ("tan(x)", "sec(x)", "a square is missing, at tan(x)"),
    ("tanh(x)", "1 - tanh(x)", "a square is missing, at tanh(x)"),
    ("x - cos(x)", "1 - sin(x)", "the sign of the derivative is wrong, at cos(x)"),
    ("x**3 + 5", "3*x**2 + 5", "a constant term is kept, at x**3 + 5"),
    ("1/x", "1/x**2", "a minus is missing, at 1/x"),
    ("1/(1 + x**2)", "-1/(1 + x**2)**2", "the inner derivative is missing, at 1/(1 + x**2)"),
    ("sin(x)*cos(x)", "7*cos(2*x)", "a factor of 7 too much"),
    ("sin(x)*cos(x)", "cos(2*x)/7", "a factor of 7 is missing"),
    ("x**4 + x", "x**4 + x", "this is the expression itself"),
    ("x**2*y", "x**2", "this is the derivative in y"),
    ("exp(2*x)", "2*x*exp(2*x - 1)", "the power rule on an exponential, at exp(2*x)"),
    (
        "sin(x)**2",
        "cos(x)**2",
        "the power of the derivative, and not the derivative of the power, at sin(x)**2",
    ),
    ("asin(x)", "1/sqrt(1 - x)", "a square is missing, at asin(x)"),
    ("sigmoid(x)", "sigmoid(x)*(1 + sigmoid(x))", "a plus, and not 1 - sigmoid, at sigmoid(x)"),
    ("log10(x)", "1/x", "a factor of log(10) too much"),
    ("sind(x)", "cosd(x)", "a factor of 180/pi too much"),
]


def test_a_slip_is_named_in_long_formulas_too() -> None:
    terms = range(1, 80)
    expression = "+".join(f"sin({k}*x**2)*exp(-{k}*x)" for k in terms)
    slopes = [f"(2*{k}*x*cos({k}*x**2) - {k}*sin({k}*x**2))*exp(-{k}*x)" for k in terms]
    slopes[40] = "(cos(41*x**2) - 41*sin(41*x**2))*exp(-41*x)"
    (found,) = gradcli.check(expression, claim={"x": "+".join(slopes)}).claims.values()
    assert (found.verdict, found.slip) == ("wrong", "the inner derivative is missing, at sin(41*x**2)")


@pytest.mark.parametrize(("expression", "claim", "slip"), SLIPS, ids=[" ".join(each[:2]) for each in SLIPS])
def test_the_likely_slip_is_named(expression: str, claim: str, slip: str) -> None:
    found = gradcli.check(expression, claim={"x": claim}).claims["x"]
    assert (found.verdict, found.slip) == ("wrong", slip)


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        ("-7.66127584", "right"),
        ("-7.7", "right"),
        ("-7.66127585", "wrong"),
        ("-7.661275842587077", "right"),
        ("-8", "wrong"),
        ("8*cos(16)", "right"),
        ("-7.66", "right"),
        ("7.66", "wrong"),
    ],
)
def test_numbers_are_judged_by_their_digits(claim: str, verdict: str) -> None:
    assert gradcli.check("sin(x**2)", {"x": 4}, claim={"x": claim}).claims["x"].verdict == verdict


def test_whole_numbers_are_judged_exactly() -> None:
    assert gradcli.check("x**2", {"x": 4}, claim={"x": 8}).claims["x"].verdict == "right"
    assert gradcli.check("x**2", {"x": 4.1}, claim={"x": 8}).claims["x"].verdict == "wrong"
    assert gradcli.check("3x", claim={"x": "3"}).claims["x"].verdict == "right"


def test_points_follow_from_the_seed() -> None:
    def at(seed: int) -> Any:
        found = gradcli.check("x*y", claim={"x": "x"}, seed=seed).claims["x"].counterexample
        assert found is not None
        return found.variables

    assert at(1) == at(1)
    assert at(1) != at(2)


@pytest.mark.parametrize(
    ("expression", "claim", "verdict"),
    [
        ("log(abs(x))", "1/abs(x)", "wrong"),  # right for positive x
        ("sqrt(1 - v**2/c**2)", "-v/c**2/sqrt(1 - v**2/c**2)", "right"),
        ("1/sqrt(1 - v**2/299792458**2)", "v/299792458**2", "wrong"),  # right where v is small
        ("asin(v/3)", "1/sqrt(9 - v**2)", "right"),
        ("tanh(v)", "1 - tanh(v)**2", "right"),
        ("v**1.5", "1.5*sqrt(v)", "right"),
        ("sum(v**2)", "2*v", "right"),
        ("exp(-v/1.38e-23)", "-exp(-v/1.38e-23)/1.38e-23", "right"),
    ],
)
def test_points_are_where_a_difference_shows(expression: str, claim: str, verdict: str) -> None:
    name = "v" if "v" in expression else "x"
    assert gradcli.check(expression, claim={name: claim}).claims[name].verdict == verdict


def test_a_script_ends_where_a_derivative_is_wrong() -> None:
    kept = Kept("x = 4; y = sin(x**2); check y, x: 2*x*cos(x**2)")
    with pytest.raises(GradcliError, match="a derivative is wrong"):
        kept.run("check y, x: cos(x**2)")


def test_json_has_the_keys_that_are_fixed() -> None:
    found = gradcli.check("sin(x**2)", {"x": 4}, claim={"x": "cos(x**2)"}).to_dict()
    assert found.keys() >= {"expression", "variables", "warnings", "agrees", "gradients", "claims"}
    assert found["gradients"]["x"].keys() >= {"computed", "checked", "relative_difference", "agrees"}
    assert found["claims"]["x"]["verdict"] == "wrong"
    assert found["claims"]["x"]["counterexample"]["variables"] == {"x": 4}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_text(name: str) -> None:
    found = gradcli.check(f"`{name}`**2", {name: 3}, claim={name: "1"})
    assert set(found.to_dict()["gradients"]) == {name}
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", repr(found))


@pytest.mark.parametrize(
    ("expression", "claim"),
    [
        ("asin(x/1000 - 5)", "1/1000/sqrt(1 - (x/1000 - 5)**2)"),
        ("sqrt(x - 12345.6)", "1/(2*sqrt(x - 12345.6))"),
        ("log(x*1e-9 - 3)", "1/(x - 3e9)"),
    ],
)
def test_narrow_and_distant_domains_are_found(expression: str, claim: str) -> None:
    assert gradcli.check(expression, claim={"x": claim}).claims["x"].verdict == "right"


def test_what_is_left_undecided_says_why() -> None:
    found = gradcli.check("log(-x**2 - 1)", claim={"x": "1"})
    assert (found.agrees, found.status) == (None, 0)
    assert found.claims["x"].reason == "no point of the domain was found"
    assert gradcli.check("x**2", claim={"x": "nan"}).claims["x"].reason == "it has no value"


def test_of_many_elements_some_are_checked() -> None:
    found = gradcli.check("sum(sin(v)**2)", {"v": np.linspace(0, 1, 1000)})
    assert found.agrees
    assert "400 elements" in repr(found)
    assert any("of 1000, are checked" in each.message for each in found.notices)
