"""Code of other languages: what it computes where it runs, and what it is made of."""

from __future__ import annotations

import importlib
import math
import pkgutil
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hostile import HOSTILE
from running import RUNS, Case, engine, of_c

import gradcli
from gradcli.engine import primitives
from gradcli.engine.primitives import ENTRIES, Elementwise
from gradcli.writing.code import TARGETS, language
from gradcli.writing.code.definitions import DEFINITIONS, LONG
from gradcli.writing.code.names import Names
from gradcli.writing.code.program import has
from gradcli.writing.code.sql import DIALECTS

ONE = ({"x": 0.7}, {"x": 1.3}, {"x": 2.6})
TWO = ({"x": 0.7, "y": 1.2}, {"x": 1.9, "y": 0.4}, {"x": 2.5, "y": 3.0})
SIGNS = ({"x": -0.7, "y": 1.2}, {"x": 1.9, "y": -3.4}, {"x": -2.5, "y": -0.3})
CASES = [
    Case("sin(x**2)*exp(-y) + log1p(x*y)", TWO),
    Case("x**y + x**3 - x**-2 + x**0.5 - 1/(x + y)", TWO),
    Case("tan(x) + sec(x) - csc(x)*cot(x)", ONE),
    Case("asin(x/3)*acos(x/3) - atan(x)", ONE),
    Case("asec(x + 1) + acsc(x + 1) + acot(x)", ONE),
    Case("sinh(x)*cosh(y) - tanh(x) + sech(y) - csch(x)*coth(y)", TWO),
    Case("asinh(x) + acosh(x + 1) + atanh(x/4) + acsch(x) + asech(x/4) + acoth(x + 2)", ONE),
    Case("expm1(x/1000)*log1p(x/1e6) + cbrt(x) + exp2(x) - log2(x)*log10(x)", ONE),
    Case("hypot(x, y) + atan2(y, x) + copysign(x, y)", SIGNS),
    Case("abs(x)*sign(y) + floor(y) + ceil(x) + trunc(y) + round(x) + frac(y)", SIGNS),
    Case("x % 1.3 + y // 2 + fmod(x, 0.7)", SIGNS),
    Case("where(x > 0, log(x*x + 1), -x*y)", SIGNS),
    Case("clamp(x, 0, 1)*maximum(x, y) + minimum(y, 2) + relu(x*y)", SIGNS),
    Case("sigmoid(x) + softplus(y) - logsigmoid(x)*logaddexp(x, y)", SIGNS),
    Case("silu(x) + softsign(y) + tanhshrink(x) + gauss(y) + rsqrt(x*x + 1)", SIGNS),
    Case("softmax([x, y, x*y])[1]*logsumexp([x, y]) + log_softmax([x, y])[0]", SIGNS),
    Case("norm([x, y, 1]) + norm([x, y], 1) + norm([x, y], 3) + std([x, y, 2]) + var([x, y, 0])", SIGNS),
    Case("prod([x, y, 3]) + max([x, y]) + min([x, y, 1]) + mean([x, 2*y])", SIGNS),
    Case("sum([[x, y], [1, x]] @ [y, x]) + trace([[x, 1], [y, y]] @ [[x, y], [2, 1]])", SIGNS),
    Case("sum(outer([x, y], [1, x])) + [x, y, 3][[0, 0, 2]] @ [1, 2, 3] + sum([x, y].T)", SIGNS),
    Case("sinpi(x)*cospi(y) + tanpi(x/5) + sindg(50*x) - cosdg(70*y)*tandg(20*x) + cotdg(30 + y)", SIGNS),
    Case("cosm1(x/1000) + logaddexp2(x, y) + squareplus(x*y) + squareplus(x, 2)", SIGNS),
    Case("elu(x) + celu(y, 2) + selu(x*y) + mish(x) + hardswish(y) + leaky_relu(x)", SIGNS),
    Case("fmax(x, y)*fmin(y, 2) + heaviside(x, 0.5)*y + rint(3*x) + boxcox(abs(x) + 1, 2)", SIGNS),
    Case("where(logical_xor(x > 0, y > 0), x*y, x - y) + where(signbit(x) and not isinf(y), y, x)", SIGNS),
    Case("rel_entr(x, y) + binary_cross_entropy(x/3, 0.3) + logistic.logpdf(y) + xlogy(x, y)", TWO),
    Case("boxcox1p(x, 3) + inv_boxcox(y, 0.3) - inv_boxcox1p(y, 2) + powm1(x, y) + pseudo_huber(y, x)", TWO),
    Case("cbrt(x)*1e-90 + cbrt(-y) + exp2(x/1e300)", [{"x": 1e300, "y": 1e-300}, {"x": 7.0, "y": 0.3}]),
    Case("sinc(x) + sinc(y/50) + exprel(x) - exprel(y/300)", SIGNS),
    Case("f(t) = t**2 + 1; f(x)*f'(y) + grad(x**3*y, x)", TWO),
    Case("1e300*x*1e-300 + 0.1*0.1 + 1/3 + 2**-40", ONE),
    Case("-x - -y - (x - y) - (-(-x)) + -x**2 + (-x)**2", SIGNS),
    Case("[x*y + sin(x), x**2/y, 3]*hypot(x, y)", TWO, 3),
    Case("[[x, y], [1, x]] @ [y, x]", SIGNS, 2),
    Case("lambda*T + t*e1 - static", [{"lambda": 2.0, "T": 3.0, "t": 0.5, "e1": 0.25, "static": 7.0}]),
]
OF_PROBABILITY = [Case("erf(x)*erfc(y) + gelu(x)", SIGNS), Case("erfc(x)", [{"x": 6.0}, {"x": -6.0}])]
NO_ERF = ("duckdb", "sqlite", "postgres", "spark")
"""SQL has no error function."""
WORDS_ALONE = {"erf", "erfc", "gamma", "lgamma"}
"""What some targets have, and the others cannot say."""
BY_WORDS = {"ndtr", "factorial", "lowergamma", "uppergamma"}
"""What is defined by functions for which not every target has a word."""
FOLDS = ("duckdb", "sqlite", "spark")
"""Where the columns t and T cannot stand side by side."""


def same(got: list[list[float]], expected: list[list[float]], digits: float) -> None:
    assert len(got) == len(expected)
    for row, wanted in zip(got, expected, strict=True):
        np.testing.assert_allclose(row, wanted, rtol=digits, atol=1e-13)


def is_short(case: Case) -> bool:
    """Whether SQLite's text, in which nothing is shared, is not too long."""
    try:
        case.code("sql", 0, dialect="sqlite")
    except gradcli.GradcliError as error:
        return "names no shared parts" not in error.message
    return True


@pytest.mark.parametrize("target", RUNS)
def test_code_computes_what_the_engine_does(target: str, tmp_path: Path) -> None:
    there, run = RUNS[target]
    if not there:
        pytest.skip(f"nothing here runs {target}")
    cases = [*CASES] if target not in FOLDS else CASES[:-1]
    if target == "sqlite":
        cases = [case for case in cases if is_short(case)]
        assert len(cases) >= 15
    if target not in NO_ERF:
        cases += OF_PROBABILITY
    same(run(cases, tmp_path), [row for case in cases for row in engine(case)], 1e-11)


@pytest.mark.parametrize("target", [each for each in RUNS if each not in FOLDS])
def test_hostile_names_are_names(target: str, tmp_path: Path) -> None:
    there, run = RUNS[target]
    if not there:
        pytest.skip(f"nothing here runs {target}")
    cases = [Case(f"`{name}`**2*3", [{name: 2.0}]) for name in HOSTILE]
    assert run(cases, tmp_path) == [[12.0, 12.0]] * len(cases)


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_hostile_names_are_columns(name: str, dialect: str) -> None:
    code = gradcli.export(f"`{name}`**2", "sql", dialect=dialect, table=name).code
    quote = DIALECTS[dialect].quote
    inside = name.replace(quote, quote * 2)
    if dialect == "bigquery":
        inside = name.replace("\\", r"\\").replace("\n", r"\n").replace("\r", r"\r").replace("`", r"\`")
    assert quote + inside + quote in code
    assert all(line.isascii() and line.isprintable() for line in code.splitlines() if line.startswith("--"))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_queries_are_sql(dialect: str) -> None:
    sqlglot = pytest.importorskip("sqlglot")
    for expression in (
        "exp(-x**2)*log(y/x) + atanh(x)",
        "x**y/sqrt(x) + cosh(x*y)",
        "where(x > y, ceil(x), 1)",
    ):
        for total in (False, True):
            code = gradcli.export(expression, "sql", dialect=dialect, sum=total).code
            (query,) = sqlglot.parse(code, read=dialect)
            assert [each.alias for each in query.selects[-2:]] == ["dvalue_dx", "dvalue_dy"]


def test_no_primitive_is_forgotten() -> None:
    """Each has a word in every target, or a definition, or is known to be too long for one."""
    names = [each.name for each in pkgutil.iter_modules(primitives.__path__)]
    rooms = [importlib.import_module(f"{primitives.__name__}.{name}") for name in names]
    found = [*ENTRIES, *(value for room in rooms for value in vars(room).values())]
    made = {each.name for each in found if isinstance(each, Elementwise)}
    assert len(made) > len([each for each in ENTRIES if isinstance(each, Elementwise)]), "hidden ones, too"
    spoken = [language(each) for each in TARGETS if each != "sql"]
    spoken += [language("sql", each) for each in DIALECTS]
    everywhere = set.intersection(*(set(each.words) for each in spoken))
    assert not made - everywhere - DEFINITIONS.keys() - LONG - WORDS_ALONE
    assert made >= LONG, "nothing is refused that is not there"
    assert not LONG & DEFINITIONS.keys()


@pytest.mark.parametrize("target", [*TARGETS[:-1], *DIALECTS])
def test_every_primitive_is_spelled_or_refused_by_name(target: str) -> None:
    spoken = language("sql", target) if target in DIALECTS else language(target)
    to, dialect = ("sql", target) if target in DIALECTS else (target, "duckdb")
    refused = rf"{spoken.title} has no |known before|takes|truth value"
    for entry in ENTRIES:
        if isinstance(entry, Elementwise) and not has(spoken, entry):
            assert entry.name in LONG | WORDS_ALONE | BY_WORDS, entry.name
            expression = f"{entry.name}({', '.join(f'x{k}' for k in range(entry.arity))})"
            with pytest.raises(gradcli.GradcliError, match=refused):
                gradcli.export(expression, to, dialect=dialect, parts="value")


def test_words_of_numpy_mean_the_same() -> None:
    """Those of SciPy, too, of which the engine computes some better."""
    words = language("numpy").words
    asked = 0
    for entry in ENTRIES:
        if not isinstance(entry, Elementwise) or entry.name not in words or entry.boolean:
            continue
        names = [f"x{k}" for k in range(entry.arity)]
        given = dict(zip(names, (0.3, 0.7, 0.4, 0.6), strict=False))
        expression = f"{entry.name}({', '.join(names)})"
        try:
            wanted = gradcli.evaluate(expression, given).value
        except gradcli.GradcliError:  # the first is an order or a degree
            del given["x0"]
            expression = f"{entry.name}({', '.join(['2', *names[1:]])})"
            wanted = gradcli.evaluate(expression, given).value
        module: dict[str, Any] = {}
        exec(gradcli.export(expression, "numpy", parts="value").code, module)
        with np.errstate(all="ignore"):
            found = module["f"](**given)
        np.testing.assert_allclose(found, wanted, rtol=1e-9, err_msg=expression)
        asked += 1
    assert asked > 120


def test_arrays_are_arguments(tmp_path: Path) -> None:
    code = gradcli.export("sum((A @ v)**2)", "python", shapes={"A": (2, 3), "v": (3,)})
    module: dict[str, Any] = {}
    exec(code.code, module)
    matrix, vector = [[1.0, 2, 3], [4, 5, 6]], [1.0, -1, 2]
    value, (by_matrix, by_vector) = module["f"](matrix, vector)
    answer = gradcli.evaluate("sum((A @ v)**2)", {"A": matrix, "v": vector})
    assert value == answer.value
    np.testing.assert_array_equal(by_matrix, answer.gradients["A"])
    np.testing.assert_array_equal(by_vector, answer.gradients["v"])


def test_second_derivatives(tmp_path: Path) -> None:
    code = gradcli.export("x**2*y**3 + sin(x)", "python", hessian=True, arguments="y,x").code
    module: dict[str, Any] = {}
    exec(code, module)
    value, gradient, hessian = module["f"](2.0, 3.0)
    assert value == 72 + math.sin(3)
    assert gradient == (3 * 9 * 4, 2 * 3 * 8 + math.cos(3))
    expected: Any = [[6 * 9 * 2, 2 * 3 * 12], [2 * 3 * 12, 2 * 8 - math.sin(3)]]
    np.testing.assert_allclose(hessian, expected)


@pytest.mark.parametrize("name", ["sinc", "exprel"])
def test_second_derivatives_beside_a_removable_pole(name: str) -> None:
    module: dict[str, Any] = {}
    exec(gradcli.export(f"{name}(x)", "python", hessian=True).code, module)
    for x in (-3.3, -1.01, -0.49, -1e-3, 1e-9, 0.0, 0.51, 0.99, 2.25):
        *_, ((found,),) = module["f"](x)
        wanted = gradcli.evaluate(f"f(t) = {name}(t); f''(x)", {"x": x}).value
        assert found == pytest.approx(wanted, rel=2e-13), x


def test_the_second_derivatives_of_several_values() -> None:
    module: dict[str, Any] = {}
    exec(gradcli.export("[x**2*y, v @ v*x]", "python", shapes={"v": (2,)}, hessian=True).code, module)
    value, (in_x, in_y, in_v), hessians = module["f"](2.0, 3.0, [1.0, -1.0])
    assert value == (12.0, 4.0)
    assert (in_x, in_y, in_v) == ((12.0, 2.0), (4.0, 0.0), ((0.0, 0.0), (4.0, -4.0)))
    first = [[6, 4, 0, 0], [4, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]
    second = [[0, 0, 2, -2], [0, 0, 0, 0], [2, 0, 4, 0], [-2, 0, 0, 4]]
    np.testing.assert_array_equal(hessians, np.array([first, second], dtype=float))


def test_no_column_has_the_name_of_a_subquery() -> None:
    code = gradcli.export("t*c*s1 + sin(t*c)**2 + sin(t*c)", "sql", dialect="spark").code
    assert "FROM `t` AS t_\n" in code
    assert not re.search(r"AS (t|c|s1)$", code, re.M)
    assert "CAST(t_.`t` AS DOUBLE) AS `t`" in code


def test_the_columns_of_several_values() -> None:
    code = gradcli.export("[[x, y]]", "sql", hessian=True).code
    names = re.findall(r'AS "(d?2?value.*)"', code)
    assert names[:4] == ["value[0][0]", "value[0][1]", "dvalue_dx[0][0]", "dvalue_dx[0][1]"]
    assert names[6:8] == ["d2value_dx_dx[0][0]", "d2value_dx_dy[0][0]"]
    assert len(names) == len({*names}) == 2 + 4 + 8


def test_a_value_is_a_number_in_the_code() -> None:
    code = gradcli.export("a*x + b", "c", {"a": 2, "b": 0.5}).code
    assert "double f(double x, double gradient[1])" in code
    assert "return 2.0 * x + 0.5;" in code
    gradient = gradcli.export("a*x", "python", {"a": 2}, wrt="a", parts="gradients").code
    assert gradient.endswith("return (x,)")


@pytest.mark.parametrize("target", TARGETS)
def test_the_same_formula_gives_the_same_text(target: str) -> None:
    first, second = (gradcli.export("sin(x)*y + x/y", target).code for _ in range(2))
    assert first == second
    assert not any(line.rstrip() != line for line in first.splitlines())


def test_steps_that_would_grow_stay_where_they_are() -> None:
    """The planner of PostgreSQL would put each value where it is used, and so those within it."""
    short = gradcli.export("sin(x*y)**2 + sin(x*y)", "sql", dialect="postgres").code
    assert "OFFSET 0" not in short
    nested = "x"
    for _ in range(12):
        nested = f"f({nested})"
    long = gradcli.export(f"f(t) = t*sqrt(1 + t)/(2 + t); {nested}", "sql", dialect="postgres").code
    assert long.count(" AS v OFFSET 0) AS s") == long.count(" AS v") > 12


def test_sums_over_rows_in_a_database() -> None:
    duckdb = pytest.importorskip("duckdb")
    base = duckdb.connect()
    base.execute("CREATE TABLE points AS SELECT i::INTEGER AS x, 3*i + 1 AS y FROM range(1, 6) r(i)")
    query = gradcli.export("(w*x + b - y)**2", "sql", {"w": 2, "b": 0}, wrt="w,b", table="points", sum=True)
    rows = [(x, 3 * x + 1) for x in range(1, 6)]
    off = [2 * x - y for x, y in rows]
    assert base.execute(query.code).fetchone() == (
        sum(each**2 for each in off),
        sum(2 * each * x for each, (x, _) in zip(off, rows, strict=True)),
        sum(2 * each for each in off),
    )


def test_c_is_cpp_and_has_no_warnings(tmp_path: Path) -> None:
    if not RUNS["cpp"][0]:
        pytest.skip("no g++ here")
    cases = [Case("where(x > 0 and x < 2 or x == 3, x**2, -x) + 0*(y > 2)", TWO)]
    same(of_c(cases, tmp_path, ("g++", "-std=c++17")), engine(cases[0]), 0)


def test_names_are_safe() -> None:
    names = Names({"double", "sin"}, folds=True)
    assert [names.safe(each) for each in ("double", "θ", "x_1", "X_1", "λ0", "1a", "''", "sin", "sin_")] == [
        *("double_", "theta", "x_1", "X_1_", "lambda0", "x1a", "x", "sin_", "sin_1"),
    ]
    assert [names.new("s") for _ in range(2)] == ["s1", "s2"]


@pytest.mark.parametrize(
    ("expression", "options", "message"),
    [
        ("x[:0]", {"shapes": {"x": (3,)}}, "this has no elements, and nothing is left to write"),
        ("x > 1", {}, "code is written for numbers, and this is a truth value"),
        ("polygamma(2, x)", {"to": "c"}, "C has no polygamma, and it has no short definition"),
        ("x*y", {"arguments": "x"}, "y is a variable, and no argument"),
        ("x*y", {"wrt": "z"}, "z is not a variable of the expression"),
        (
            "sum(v)",
            {"to": "sql", "shapes": {"v": (3,)}},
            "a column holds numbers, and v is an array",
        ),
        (
            "sum(A @ A)",
            {"shapes": {"A": (60, 60)}},
            "this takes more than 65536 operations on single numbers",
        ),
        ("x[i]", {"shapes": {"x": (3,)}}, "an index that is known only when the code runs cannot be written"),
        (
            "multilabel_margin_loss(x, y)",
            {"shapes": {"x": (2,), "y": (2,)}},
            "an index that is known only when the code runs cannot be written",
        ),
    ],
)
def test_what_cannot_be_code(expression: str, options: dict[str, object], message: str) -> None:
    with pytest.raises(gradcli.GradcliError, match=message.replace("[", r"\[").replace("]", r"\]")):
        gradcli.export(expression, **options)  # type: ignore[arg-type]
