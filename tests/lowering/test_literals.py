"""A derivative at a literal, at a variable and at a constant is one number, bit for bit, of every order."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from entries import OF_ARRAYS, OF_NUMBERS, Sample, arguments_of, is_differentiated, samples_of

import gradcli
from gradcli.engine.primitives import Entry
from gradcli.text.errors import GradcliError

COMPOSITE = """
    t**t | t**2 | 2**t | t**t**t | (t + 1)**(t - 1) | t**3/t | t/t | t - t | 0*t | 0/t | 3t | 7 | t*t*t
    1/t**2 | sqrt(t**2) | abs(t - 2) | abs(t)*t | maximum(t, 2) | minimum(t, 2) | clamp(t, 1, 2)
    relu(t - 1) | where(t > 1, t**2, -t) | t**2 if t > 1 else -t | t if t < 1 else t**3
    where([t, 1] > 1, [t, t], t**2)[1] | exp(t)*sin(t) | exp(-t**2) | log(t)**2 | log(t + sqrt(t**2 + 1))
    tanh(t)*t | sigmoid(3t) | 1/(1 + exp(-t)) | atan2(t, 2) | atan2(2, t) | hypot(t, 1) | hypot(t, t)
    logaddexp(t, 1) | t % 2 | 7 % t | t // 2 | fmod(7, t) | sum([t, t**2, 3]) | prod([t, t, 2])
    mean([t, 1, t**3]) | norm([t, 1]) | norm([t, t**2], 3) | std([t, 1, 2]) | var([t, 1, t**2])
    softmax([t, 1])[0] | logsumexp([t, 2, t]) | max([t, 1, 5]) | [t, 1] @ [t, t**2]
    [[t, 1], [2, t]][0, 0]*t | trace([[t, 1], [2, t**2]]) | [1, t, t**2][1]**3 | stack(t, t**3)[1]
    cat([t, 1], [t**2])[2] | reshape([t, t, 1, 2], 2, 2)[0, 1]*t | grad(t**3*y, y) | grad(y**t, y)
    grad(grad(y**t, y), y) | g'(t) | g''(t) | g'(2)*t | g(t)**2 | g(g(t)) | detach(t)*t | t.detach()**2*t
    t.item()*t | floor(t)*t | round(t) + t**2 | sign(t)*t**2 | cbrt(t) | y*t**y
"""
BODIES = [each.strip() for line in COMPOSITE.strip().splitlines() for each in line.split("|")]
BEFORE = "g(s) = s**3 + sin(s)"


def answer(program: str, at: float) -> object:
    """The value, as its bits (of a nan: that it is one), or what was said instead."""
    try:
        value = gradcli.evaluate(program, {"x": at, "y": 1.5}, wrt=()).value
    except GradcliError as error:
        return error.message
    return [math.isnan(each) or each.hex() for each in np.ravel(np.asarray(value, dtype=float)).tolist()]


def at_all_points(body: str, at: float) -> list[list[object]]:
    """The derivatives of orders 0 to 3 of a body in t, however the point is given."""
    functions = f"{BEFORE}; f(t) = {body}"
    return [
        [
            answer(f"{functions}; f{prime}({at!r})", at),
            answer(f"{functions}; const k = {at!r}; f{prime}(k)", at),
            answer(f"{functions}; f{prime}(x)", at),
            answer(f"{functions}; through(u) = f{prime}(u); through({at!r})", at),
        ]
        for prime in ("", "'", "''", "'''")
    ]


def assert_all_agree(body: str, at: float) -> None:
    for order, answers in enumerate(at_all_points(body, at)):
        # A derivative may not be known, and then nowhere.
        assert order or isinstance(answers[0], list), f"{body} at {at}: {answers[0]}"
        assert answers == [answers[0]] * len(answers), f"order {order} of {body} at {at}"


@pytest.mark.parametrize("body", BODIES)
def test_of_composite_bodies(body: str) -> None:
    for at in (2.0, 3.0):
        assert_all_agree(body, at)


def inside(interval: tuple[float, float] | range) -> float:
    """A number within an interval, which is small where it may be."""
    low, high = (interval[0], interval[-1]) if isinstance(interval, range) else interval
    if isinstance(interval, range):
        return float(interval[len(interval) // 2])
    if low < 2 < high:
        return 2.5 if high > 2.5 else 2.0  # of whole orders, some have functions of their own
    return low + 1.5 if math.isinf(high) else low + 0.375 * (high - low)


@pytest.mark.parametrize("entry", OF_NUMBERS, ids=str)
def test_of_functions_of_numbers(entry: Entry) -> None:
    """In each argument, where the others are literals, and where they are variables."""
    called = "scipy.special.jvp" if entry.name == "jvp" else entry.name  # JAX's has no prefix
    names = arguments_of(entry)
    intervals = entry.tested or [(-math.inf, math.inf)] * len(names)
    points = [inside(each) for each in intervals]
    for place, at in enumerate(points):
        given = [repr(each) for each in points]
        given[place] = "t"
        assert_all_agree(f"{called}({', '.join(given)})", at)
    if len(points) == 2:
        assert_all_agree(f"{called}(t, t)", points[0])


def called(sample: Sample) -> str:
    """A call of a sample in the language, whose arrays are made of t."""
    arguments: list[Any] = []
    count = 0
    by_name = False
    for parameter, each in sample.by_parameter(sample.shapes):
        if parameter.variadic and parameter.holds:
            arguments += map(str, each)
        elif parameter.holds:
            if each is not None:
                text = repr(each.tolist() if isinstance(each, np.ndarray) else each)
                is_first = parameter.default is None and not by_name
                arguments.append(text if is_first else f"{parameter.name}={text}")
        elif isinstance(each, np.ndarray):
            is_first = parameter.default is None and not by_name
            arguments.append(str(each.tolist()) if is_first else f"{parameter.name}={each.tolist()}")
        elif each is None:
            by_name = True
        else:
            for shape in each if isinstance(each, list) else [each]:
                size = math.prod(shape)
                items = ", ".join(f"{1 + (3 * k + count) % 7}*t**{1 + k % 2}" for k in range(size))
                array = f"reshape([{items}], {', '.join(map(str, shape))})"
                array = array if len(shape) > 1 else f"[{items}]" if shape else items
                by_name = by_name or any("=" in one for one in arguments)
                arguments.append(f"{parameter.name}={array}" if by_name else array)
                count += 1
    results = sample.entry.results
    first = "[0]" if results is not None and not results.alone else ""
    return f"sum({sample.entry.name}({', '.join(arguments)}){first})"


@pytest.mark.parametrize("entry", OF_ARRAYS, ids=str)
def test_of_functions_of_arrays(entry: Entry) -> None:
    for sample in samples_of(entry)[::7]:
        if is_differentiated(sample):
            assert_all_agree(called(sample), 1.25)


@pytest.mark.parametrize(
    ("program", "wanted"),
    [
        ("f(t) = t**t; f''(2)", 13.46698950015237),
        ("f(t) = grad(x**t, x); f'(2)", 9.591673732008658),
        ("f(n) = 1 if n <= 1 else n*f(n - 1); f'(5)", 154),
        ("f(n) = 1 if sum([n, 1]) <= 2 else n*f(n - 1); f'(5)", 154),
        ("f(t) = sum([1, 2, 3][[1, 2, 3] > t]*t); f'(2)", 3),
        ("f(t) = torch.tensor(t, requires_grad=True)**2*t; f'(3)", 9),
    ],
)
def test_what_is_known_of_a_literal_is_decided_and_not_lost(program: str, wanted: float) -> None:
    assert gradcli.evaluate(program, {"x": 3.0}).value == wanted


@pytest.mark.parametrize("at", ["3", "x", "k"])
@pytest.mark.parametrize("body", ["norm([t, 1], t)", "sum(zeros(t))", "[1, 2, 3, 4][[0, t]]"])
def test_what_must_be_known_is_no_variable_of_a_derivative(body: str, at: str) -> None:
    with pytest.raises(GradcliError, match="before arithmetic"):
        gradcli.evaluate(f"const k = 3; f(t) = {body}; f'({at})", {"x": 3.0})


@pytest.mark.parametrize(
    ("expression", "at", "wanted"),
    [
        ("f(t) = 3t; f'(sqrt(x))", 0, 0),
        ("grad(relu(x), x)", 2, 0),
        ("grad(clamp(x, 0, 1), x)", 2, 0),
        ("grad(maximum(x, 1), x)", 2, 0),
        ("grad(max(x, 1), x)", 2, 0),
        ("grad(where(x > 1, 3x, x), x)", 2, 0),
        ("grad(abs(x), x)", 2, 0),
        ("floor(1/x)", 1e-200, 0),
        ("sign(1/x)", 1e-200, 0),
        ("round(sqrt(x))", 0, 0),
        ("[1, 2][0*sqrt(x)]", 0, 0),
    ],
)
def test_what_is_flat_has_the_derivative_zero_whatever_lies_beyond(
    expression: str, at: float, wanted: float
) -> None:
    assert gradcli.evaluate(expression, {"x": at}).gradients == {"x": wanted}
