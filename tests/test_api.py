"""What `import gradcli` offers: evaluate, compile, and errors that say where."""

from __future__ import annotations

import json
import math
import pickle
import threading
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from transcripts import Place

import gradcli
from gradcli import GradcliError, compile, evaluate  # noqa: A004 (as re.compile)
from gradcli.engine.plan_cache import PLANS

# evaluate


def test_scalars_are_floats_and_tensors_arrays() -> None:
    answer = evaluate("sin(x**2)", {"x": 4})
    assert type(answer.value) is float
    assert type(answer.gradients["x"]) is float
    assert (answer.value, answer.gradients) == (math.sin(16), {"x": 8 * math.cos(16)})
    answer = evaluate("x**2", {"x": [1, 2]})
    assert type(answer.value) is np.ndarray
    assert answer.gradients["x"].tolist() == [[2, 0], [0, 4]]
    assert type(evaluate("x > 3", {"x": 4}).value) is bool


ASKED: dict[str, Any] = {
    "evaluate": (lambda given, named: evaluate("sin(x)*y", given, **named)),
    "compile": (lambda given, named: compile("sin(x)*y")(given, **named)),
    "budget": (
        lambda given, named: gradcli.budget("sin(x)*y*z", given, **named | {"z": gradcli.Uncertain(1, 0.1)})
    ),
    "check": (lambda given, named: gradcli.check("sin(x)*y", given, **named)),
    "diff": (lambda given, named: gradcli.diff("sin(x)*y", variables=given, **named)),
    "explain": (lambda given, named: gradcli.explain("sin(x)*y", given, **named)),
    "export": (lambda given, named: gradcli.export("sin(x)*y*z", "c", given, **named)),
    "fit": (lambda given, named: gradcli.fit("u = sin(x)*y", {"u": [1, 2.5]}, given, fix="x", **named)),
    "graph": (lambda given, named: gradcli.graph("sin(x)*y", given, **named)),
    "minimize": (lambda given, named: gradcli.minimize("cosh(x - 1)*y", given, fix="y", **named)),
    "plot": (lambda given, named: gradcli.plot("sin(x)*y*z", given, **named | {"z": "0:1:0.5"})),
    "solve": (lambda given, named: gradcli.solve("x**2 = y", given, fix="y", **named)),
    "table": (lambda given, named: gradcli.table("sin(x)*y*z", given, **named | {"z": "0:1:0.5"})),
}


@pytest.mark.parametrize("name", ASKED)
def test_variables_are_given_by_keyword_or_in_a_mapping(name: str) -> None:
    ask = ASKED[name]
    told = [
        str(ask(given, named))
        for given, named in (({"x": 3, "y": 2}, {}), ({"x": 3}, {"y": 2}), (None, {"x": 3, "y": 2}))
    ]
    assert told[0] == told[1] == told[2]
    with pytest.raises(GradcliError, match="x is given twice"):
        ask({"x": 3, "y": 2}, {"x": 3})
    with pytest.raises(GradcliError, match="seeed does not occur") as caught:
        ask({"x": 3, "y": 2}, {"seeed": 0})
    has_seed = name in ("evaluate", "budget", "check", "explain", "minimize")
    assert (caught.value.hint == "did you mean seed=?") == has_seed


def test_names_by_keyword_are_those_of_formulas() -> None:
    assert evaluate("µ*x", μ=3, x=2).gradients == {"μ": 2, "x": 3}
    assert evaluate("y = 2*x; y**2", x=3).value == 36
    assert evaluate("e*x", x=2, e=3).gradients == {"x": 3, "e": 2}
    assert evaluate("2*order", {"order": 3}).value == 6


@pytest.mark.parametrize(
    "kind", [int, float, np.float32, np.int64, np.array, lambda x: np.array([x])[0], Fraction]
)
def test_any_number_will_do(kind: Any) -> None:
    assert evaluate("x**2", {"x": kind(3)}).gradients == {"x": 6}


def test_the_order_of_gradients_is_the_order_of_variables() -> None:
    values = {"b": 1, "a": 2}
    assert list(evaluate("a*b", values).gradients) == ["b", "a"]
    assert list(evaluate("a*b", values, wrt=["a", "b"]).gradients) == ["a", "b"]
    assert list(evaluate("a*b", values, wrt=[]).gradients) == []


@pytest.mark.parametrize(
    ("expression", "shapes"),
    [
        ("sum(x)", {"x": (2, 3)}),
        ("x @ y", {"x": (2, 3), "y": (3, 4)}),
        ("x @ y", {"x": (3,), "y": (3,)}),
        ("x + y", {"x": (2, 1), "y": (3,)}),
        ("outer(x, y)", {"x": (2,), "y": (3,)}),
        ("x[0]", {"x": (2, 2, 2)}),
        ("[x, x**2]", {"x": ()}),
        ("x.reshape(-1)", {"x": (0,)}),
    ],
)
def test_a_gradient_has_the_shape_of_the_value_and_then_of_the_variable(
    expression: str, shapes: dict[str, tuple[int, ...]]
) -> None:
    values = {name: np.arange(1.0, 1 + math.prod(shape)).reshape(shape) for name, shape in shapes.items()}
    answer = evaluate(expression, values)
    for name, shape in shapes.items():
        assert np.shape(answer.gradients[name]) == np.shape(answer.value) + shape


def test_a_jacobian_is_the_same_by_rows_and_by_columns() -> None:
    tall, wide = evaluate("[x, x**2, sin(x)]", {"x": 2.0}), np.array([1, 4, math.cos(2)])
    assert tall.gradients["x"].tolist() == wide.tolist()
    few = evaluate("[sum(x**2), prod(x)]", {"x": [1, 2, 3]})
    assert few.gradients["x"].tolist() == [[2, 4, 6], [6, 3, 2]]


def test_a_variable_that_does_not_matter_has_no_gradient() -> None:
    answer = evaluate("x if y > 0 else -x", {"x": 1, "y": 2, "z": 3})
    assert answer.gradients == {"x": 1, "y": None, "z": None}
    assert evaluate("floor(x)", {"x": 1.5}).gradients == {"x": 0}


def test_inputs_are_left_as_they_are() -> None:
    x = np.array([1.0, 2.0])
    answer = evaluate("exp(x) * x", {"x": x}, wrt=["x"])
    assert x.tolist() == [1, 2]
    answer.value[:] = 0
    assert x.tolist() == [1, 2]
    assert not np.shares_memory(evaluate("x", {"x": x}).value, x)


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("sin(x**2)*y", ["x=4", "y=0.1"]),
        ("A @ v", ["A=[[1,2],[3,4]]", "v=1,-1"]),
        ("log(x) + 0*y", ["x=-1", "y=inf"]),
        ("x > y", ["x=1", "y=2"]),
        ("z = x**y; 2z", ["x=2", "y=3"]),
        ("[x/y, y]", ["x=1", "y=0"]),
    ],
)
def test_to_dict_is_what_json_prints(expression: str, words: list[str], tmp_path: Any) -> None:
    import subprocess
    import sys

    place = Place(tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "gradcli", "eval", expression, *words, "--json"],
        capture_output=True,
        check=True,
        env=place.environment,
        timeout=60,
    )
    printed = json.loads(done.stdout)
    variables = {name: np.array(data, dtype=float) for name, data in printed["variables"].items()}
    again = evaluate(expression, variables).to_dict()
    assert again == printed
    assert list(again) == ["expression", "variables", "value", "gradients", "warnings"]
    assert json.loads(json.dumps(again)) == again


def test_an_evaluation_unpacks_and_shows_itself() -> None:
    value, gradients = evaluate("x**2", {"x": 3})
    assert (value, gradients) == (9, {"x": 6})
    assert repr(evaluate("x**2", {"x": 3})) == "Evaluation(value=9.0, gradients={'x': 6.0})"


def test_notices_are_kept_and_never_printed(capsys: pytest.CaptureFixture[str]) -> None:
    answer = evaluate("abs(x) + sqrt(x)", {"x": 0})
    assert {notice.kind for notice in answer.notices} == {"warning", "note"}
    assert len(answer.to_dict()["warnings"]) == 1
    assert capsys.readouterr() == ("", "")


# Errors


@pytest.mark.parametrize(
    ("expression", "values", "span"),
    [
        ("1 + sinn(x)", {"x": 1}, "sinn"),
        ("1 + foo", {}, "foo"),
        ("2*(x + 1", {"x": 1}, "("),
        ("a*b + sum(c)", {"a": [1, 2], "b": [1, 2, 3], "c": 1}, "a"),
        ("sum(x, dim=7)", {"x": [1, 2]}, "x"),
        ("x + atan2(x)", {"x": 1}, "atan2(x)"),
    ],
)
def test_errors_have_a_span_and_their_rendering(expression: str, values: Any, span: str) -> None:
    with pytest.raises(GradcliError) as caught:
        evaluate(expression, values)
    error = caught.value
    assert error.span is not None
    assert expression[error.span.start : error.span.end] == span
    assert error.rendered.splitlines()[0] == f"error: {error.message}"
    assert error.rendered.splitlines()[1] == f"  {expression}"
    assert str(error) == error.message
    assert "\x1b" not in error.rendered


@pytest.mark.parametrize(
    ("values", "wrt"),
    [
        ({"x": "text"}, None),
        ({"x": "3"}, None),
        ({"x": [None, 1]}, None),
        ({"x": [[1], [1, 2]]}, None),
        ({"x": 1j}, None),
        ({"x": None}, None),
        ({"x": 1}, ["y"]),
    ],
)
def test_values_that_are_no_numbers_are_refused(values: Any, wrt: Any) -> None:
    with pytest.raises(GradcliError) as caught:
        evaluate("x**2", values, wrt=wrt)
    assert caught.value.rendered.startswith("error: ")


def test_exit_statuses_are_those_of_the_command() -> None:
    with pytest.raises(GradcliError) as shape:
        evaluate("[1, 2] + [1, 2, 3]")
    with pytest.raises(GradcliError) as syntax:
        evaluate("1 +")
    assert (shape.value.exit_status, syntax.value.exit_status) == (1, 2)


def test_no_python_is_run_and_no_file_opened() -> None:
    for text in ("__import__('os')", "().__class__", "open('x')", "x.__class__", "exec('1')", "[].append(1)"):
        with pytest.raises(GradcliError):
            evaluate(text, {"x": 1})


def test_the_module_says_what_it_has() -> None:
    assert set(gradcli.__all__) <= set(dir(gradcli))
    with pytest.raises(AttributeError, match="no attribute 'evalute'"):
        gradcli.evalute  # noqa: B018


# compile

FORMULAS = [
    ("sin(x**2)*y", ("x", "y")),
    ("x**y + log1p(x*y)", ("x", "y")),
    ("x if x > y else y**2", ("x", "y")),
    ("exp(-x)*x + 3", ("x",)),
    ("f(t) = t**2; f'(x) * y", ("x", "y")),
    ("hypot(x, y)", ("x", "y")),
    ("[x*y, x/y]", ("x", "y")),
    ("max(x, y, 1)", ("x", "y")),
    ("grad(x**3*y, x)", ("x", "y")),
]


@pytest.mark.parametrize(("expression", "names"), FORMULAS)
def test_compiled_rows_are_evaluations(expression: str, names: tuple[str, ...]) -> None:
    rng = np.random.default_rng(7)
    columns = {name: rng.uniform(0.1, 3, 50) for name in names}
    f = compile(expression)
    assert f.variables == names
    value, gradients = f(columns)
    for row in range(50):
        given = {name: column[row] for name, column in columns.items()}
        alone = evaluate(expression, given)
        np.testing.assert_allclose(value[row], alone.value, rtol=1e-14)
        one = f(given)
        np.testing.assert_allclose(one.value, alone.value, rtol=1e-14)
        for name in names:
            np.testing.assert_allclose(gradients[name][row], alone.gradients[name], rtol=1e-13, atol=1e-15)
            np.testing.assert_allclose(one.gradients[name], alone.gradients[name], rtol=1e-13, atol=1e-15)


def test_many_rows_are_the_same_as_few() -> None:
    x = np.random.default_rng(1).uniform(-3, 3, 100_003)
    f = compile("sin(x**2)*exp(-y) + log1p(x*x*y)")
    value, gradients = f(x=x, y=0.5)
    for part in (slice(0, 10), slice(50_000, 50_010), slice(-10, None)):
        some = f(x=x[part], y=0.5)
        np.testing.assert_allclose(value[part], some.value, rtol=1e-14)
        np.testing.assert_allclose(gradients["x"][part], some.gradients["x"], rtol=1e-14)


def test_gradients_are_given_row_by_row_for_what_is_given_once_too() -> None:
    value, gradients = compile("x*y")(x=[1, 2, 3], y=2)
    assert value.tolist() == [2, 4, 6]
    assert gradients["x"].tolist() == [2, 2, 2]
    assert gradients["y"].tolist() == [1, 2, 3]


def test_rows_of_vectors() -> None:
    f = compile("sum(w*x) + b", shapes={"w": (3,), "x": (3,)})
    x = np.arange(6.0).reshape(2, 3)
    value, gradients = f(w=[1, 0, -1], x=x, b=[10, 20])
    assert value.tolist() == [8, 18]
    assert gradients["w"].tolist() == x.tolist()
    assert gradients["x"].tolist() == [[1, 0, -1], [1, 0, -1]]
    assert gradients["b"].tolist() == [1, 1]


def test_no_rows_are_rows_too() -> None:
    value, gradients = compile("x**2")(x=[])
    assert value.shape == gradients["x"].shape == (0,)


def test_a_compiled_expression_can_be_pickled() -> None:
    f = compile("f(t) = t**2; f(x)*y", wrt=["x"])
    again = pickle.loads(pickle.dumps(f))
    assert again(x=[1, 2], y=3).gradients["x"].tolist() == [6, 12]
    assert again.wrt == ("x",)


def test_a_compiled_expression_works_in_threads() -> None:
    f = compile("sin(x)*x**2")
    columns = [np.linspace(k, k + 1, 20_000) for k in range(4)]
    wanted = [f(x=column).gradients["x"] for column in columns]
    got: dict[int, Any] = {}

    def work(k: int) -> None:
        for _ in range(5):
            got[k] = f(x=columns[k]).gradients["x"]

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(got[k], wanted[k]) for k in range(4))


def test_results_of_one_call_survive_the_next() -> None:
    f = compile("x**2")
    first = f(x=np.arange(20_000.0))
    kept = first.value.copy()
    f(x=np.ones(20_000))
    assert np.array_equal(first.value, kept)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"x": 1}, "y needs a value"),
        ({"x": 1, "y": 2, "z": 3}, "z does not occur in the expression"),
        ({"x": [1, 2], "y": [1, 2, 3]}, "rows"),
        ({"x": [[1, 2]], "y": 1}, "rows of shape"),
    ],
)
def test_rows_that_do_not_fit_are_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(GradcliError, match=said):
        compile("x*y")(given)


@pytest.mark.parametrize(
    "text", ["x +", "sinn(x)", "x; backward x", "x.grad", "x += 1", "x[x > 0]", "f(n) = f(n - 1); f(x)", ""]
)
def test_what_cannot_be_compiled_is_refused_at_once(text: str) -> None:
    with pytest.raises(GradcliError) as caught:
        compile(text, shapes={"x": (3,)} if "[" in text else None)
    assert caught.value.rendered.startswith("error: ")


def test_compile_refuses_unknown_names_of_gradients() -> None:
    with pytest.raises(GradcliError, match="alpah does not occur"):
        compile("alpha**2", wrt=["alpah"])


def test_a_constant_that_is_named_is_a_variable() -> None:
    assert compile("e*x", wrt=["e"])(e=3, x=2).gradients == {"e": 2}
    assert compile("e*x", shapes={"e": ()})(e=3, x=2).gradients == {"e": 2, "x": 3}
    with pytest.raises(GradcliError, match="e is the constant e here"):
        compile("e*x")(e=3, x=2)


def test_a_hint_about_shapes_can_be_followed() -> None:
    given: dict[str, Any] = {"w": [[3, 4, 5]], "x": 1}
    with pytest.raises(GradcliError) as caught:
        compile("w*x")(given)
    assert caught.value.hint == 'say what one row holds: compile(…, shapes={"w": (3,)})'
    with pytest.raises(GradcliError) as caught:
        compile("w @ x", shapes={"w": (2,), "x": (2,)})(w=[3, 4, 5], x=[1, 0])
    assert caught.value.hint is None


# What is refused, and what is missing


@pytest.mark.parametrize(
    "value",
    [
        *(1j, [1j], "a", b"1", ["1"], None, [None, 1], [[1], [1, 2]], {"a": 1}, {1, 2}, object(), float),
        *(10**400, [1, 10**400], np.array(["1"], dtype=object), np.datetime64("2020-01-01"), np.array([1j])),
    ],
    ids=lambda value: repr(value)[:20],
)
@pytest.mark.parametrize(
    "answer",
    [lambda x: evaluate("x*x", {"x": x}), lambda x: compile("x*x")(x=x)],
    ids=["evaluate", "compile"],
)
def test_what_is_no_number_is_refused_in_words(answer: Any, value: Any) -> None:
    with pytest.raises(GradcliError, match=r"^x is (neither a number|too large)"):
        answer(value)


@pytest.mark.parametrize("masked", [[False, True], True])
def test_what_is_masked_is_missing(masked: Any) -> None:
    data = np.ma.array(np.full(np.shape(masked), 3), mask=masked)
    for answer in (evaluate("x*x", {"x": data}), compile("x*x")(x=data)):
        np.testing.assert_array_equal(answer.value, np.where(masked, np.nan, 9))


@pytest.mark.parametrize("shape", [3, (-1,), (1.5,), "a", None])
def test_a_shape_that_is_none_is_refused(shape: Any) -> None:
    with pytest.raises(GradcliError, match="the shape of x is not a tuple of sizes"):
        compile("x*x", shapes={"x": shape})


def test_one_name_to_differentiate_in_needs_no_list() -> None:
    assert evaluate("xy*z", {"xy": 2, "z": 3}, wrt="xy").gradients == {"xy": 3}
    assert compile("xy*z", wrt="xy").wrt == ("xy",)


@pytest.mark.parametrize("expression", ["2v", "v[v > 1]", "prod(v)*v", "stack(v, v)"])
def test_gradients_in_nothing_are_empty(expression: str) -> None:
    answer = evaluate(expression, {"v": []})
    assert answer.gradients["v"].shape == (*np.shape(answer.value), 0)


@pytest.mark.parametrize("given", [("x", {1: 2}), (3, {}), ("x", [1])])
def test_what_is_no_formula_or_no_name_is_refused(given: Any) -> None:
    with pytest.raises(GradcliError):
        evaluate(*given)
    with pytest.raises(GradcliError):
        compile(given[0], shapes=given[1])(3)  # type: ignore[arg-type]


def test_how_the_variables_of_diff_are_given_is_told() -> None:
    with pytest.raises(GradcliError, match="are names") as failed:
        gradcli.diff("x*y", ["x", "y"])  # type: ignore[arg-type]
    assert failed.value.hint == 'name one by one: "x", "y"'
    assert list(gradcli.diff("x*y", "x", "y").derivatives) == ["x", "y"]


MISTAKES: list[tuple[Callable[[], Any], str]] = [
    (lambda: gradcli.diff(5), "text, and not int"),  # type: ignore[arg-type]
    (lambda: gradcli.minimize(abs, x=1), "text, and not builtin"),  # type: ignore[arg-type]
    (lambda: gradcli.diff("x*y", wrt="x"), "wrt does not occur"),
    (lambda: gradcli.diff("v", shapes=[3]), "shapes are given by name"),  # type: ignore[arg-type]
    (lambda: gradcli.minimize("x**2", x=1, bounds=[(0, 1)]), "bounds are given by name"),  # type: ignore[arg-type]
    (lambda: gradcli.minimize("x**2", x=1, bounds={"x": 3}), "two numbers"),  # type: ignore[dict-item]
    (lambda: gradcli.minimize("x**2", x=1, bounds={"x": (0,)}), "two numbers"),  # type: ignore[dict-item]
    (lambda: gradcli.fit("y = a*x", {"x": [1], "y": [2]}, errors=5), "text, and not int"),  # type: ignore[arg-type]
    (lambda: gradcli.check("x**2", claim="2*x"), "claims are given by name"),  # type: ignore[arg-type]
    (lambda: gradcli.check("x**2", claim={"x": [1]}), "neither a formula nor"),  # type: ignore[dict-item]
    (lambda: gradcli.explain("x**2", x=1).written("pdf"), "markdown, latex or html"),
    (lambda: gradcli.diff("x**2").written("mathml"), "latex or unicode"),
    (lambda: gradcli.plot("x", x="0:1").written("gif"), "png, svg or pdf"),
    (lambda: gradcli.table("x", x="0:1").written("xlsx"), "csv, jsonl, markdown or latex"),
    (lambda: gradcli.graph("x").written("png"), "dot, mermaid or svg"),
]


@pytest.mark.parametrize(("mistake", "told"), MISTAKES)
def test_mistakes_in_arguments_are_told(mistake: Callable[[], Any], told: str) -> None:
    with pytest.raises(GradcliError, match=told):
        mistake()


@pytest.mark.parametrize("wrt", [[1], 1, [None], ["x", 1]])
def test_what_is_no_list_of_names_is_refused(wrt: Any) -> None:
    with pytest.raises(GradcliError, match="wrt is no list of names"):
        evaluate("x", {"x": 1}, wrt=wrt)
    with pytest.raises(GradcliError, match="wrt is no list of names"):
        compile("x", wrt=wrt)


@pytest.mark.parametrize("given", [{"shapes": {"q": (1,)}}, {"wrt": ["q"]}])
def test_names_that_are_not_in_the_expression_are_refused_at_once(given: Any) -> None:
    with pytest.raises(GradcliError, match="q does not occur in the expression"):
        compile("w*x", **given)


@pytest.mark.parametrize("name", ["v₀", "µ", "ℏ", "ﬁ", "θ", "x"])
def test_names_are_those_that_were_given(name: str) -> None:
    found = gradcli.evaluate(f"2*{name}", {name: 1.5}, wrt=[name])
    assert (found.variables, found.gradients) == ({name: 1.5}, {name: 2})
    compiled = gradcli.compile(f"2*{name}", [name], shapes={name: (2,)})
    assert list(compiled({name: [1, 2]}).gradients) == [name]
    assert gradcli.diff(f"{name}**2", name, variables={name: 2}).derivatives


def test_two_spellings_of_a_name_are_one() -> None:
    with pytest.raises(gradcli.GradcliError, match="one name in formulas: v0, v₀"):
        gradcli.evaluate("v0", {"v0": 1, "v₀": 2})


def test_an_endless_name_is_cut_in_a_message() -> None:
    with pytest.raises(gradcli.GradcliError) as caught:
        gradcli.evaluate("a" * 10_000)
    assert len(caught.value.rendered) < 1000
    assert caught.value.message == f"unknown name {'a' * 80}…"


def test_what_is_kept_of_expressions_is_bounded() -> None:
    for k in range(2000):
        gradcli.evaluate(f"sin(x)**2 + {k}.5*x", {"x": 1})
    assert PLANS.steps <= PLANS.most_steps == 10_000
