"""What expressions mean: by example, and against an independent evaluator on random ones."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import mpmath
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf
from transcripts import statements
from work import grows_with

from gradcli import GradcliError, api, compile, evaluate  # noqa: A004 (as re.compile)
from gradcli.engine.plan_cache import MOST_STEPS
from gradcli.session.repeating.formulas import Recurring

X, Y = 0.7, -1.3
V, A = np.array([3.0, 1.0, 2.0]), np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


def value(text: str) -> Any:
    return evaluate(text, {"x": X, "y": Y, "v": V, "A": A}).value


# By example


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("-x**2", -(X**2)),
        ("2**-1", 0.5),
        ("2^3^2", 512),
        ("-2^2", -4),
        ("2x**2", 2 * X**2),
        ("1/2x", 1 / (2 * X)),
        ("e^2x", math.e ** (2 * X)),
        ("2(x + 1)", 2 * (X + 1)),
        ("3 sin(x)", 3 * math.sin(X)),
        ("2x·y", 2 * X * Y),
        ("x² + y³", X**2 + Y**3),
        ("x⁻¹", 1 / X),
        ("√x", math.sqrt(X)),
        ("2√x", 2 * math.sqrt(X)),
        ("√(x² + y²)", math.hypot(X, Y)),
        ("6 ÷ 4 × 2", 3),
        ("5 − 2", 3),
        ("7 // 2 + -7 // 2", -1),
        ("-7 % 3", 2),
        ("7 % -3", -2),
        ("1_000.5e-3", 1.0005),
        (".5 + 5.", 5.5),
        ("π + pi + tau + τ", 6 * math.pi),
        ("1 < 2 < 3", True),
        ("1 < 2 > 3", False),
        ("not 1 > 2 and 2 > 1", True),
        ("1 ≤ 1 ≠ 2 ≥ 2", True),
        ("1 if x > 0 else 2", 1),
        ("1 if x < 0 else 2 if y < 0 else 3", 2),
        ("where(x > 0, 1, 2)", 1),
        ("(1 > 0) + (2 > 1)", 2),
        ("max(1, 3, 2)", 3),
        ("max(v)", 3),
        ("v.max(dim=0).values", 3),
        ("v.max(dim=0).indices", 0),
        ("sum(A)", 21),
        ("v.shape[0] + A.ndim + len(A) + A.numel()", 13),
        ("v @ v", 14),
        ("v[0] + v[-1]", 5),
        ("A[1, 2] + A[-1][0]", 10),
        ("torch.sin(x) + np.sin(x) + math.sin(x)", 3 * math.sin(X)),
        ("torch.nn.functional.softplus(x) - F.softplus(x)", 0),
        ("x.sin().square()", math.sin(X) ** 2),
        ("(x + y).abs()", abs(X + Y)),
        ("torch.pi", math.pi),
        ("v.mean() - torch.mean(v)", 0),
        ("f(a, b=2) = a*b; f(3) + f(3, b=4) + f(a=1)", 20),
        ("x; _ + ans", 2 * X),
        ("`x` + 1", X + 1),
        ("x # a comment", X),
        ("(x +\n y)", X + Y),
        ("x + \\\n y", X + Y),
    ],
)
def test_meaning(text: str, wanted: Any) -> None:
    assert value(text) == pytest.approx(wanted, rel=1e-15, abs=1e-15)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("sum(A, dim=0)", A.sum(0)),
        ("A.sum(1)", A.sum(1)),
        ("A.sum(axis=-1, keepdims=True)", A.sum(1, keepdims=True)),
        ("A.sum((0, 1))", 21),
        ("A.T", A.T),
        ("A.t() @ [1, 2]", A.T @ [1, 2]),
        ("A[:, 0]", A[:, 0]),
        ("A[0]", A[0]),
        ("A[::-1, 1:]", A[::-1, 1:]),
        ("v[[0, 0, 2]]", V[[0, 0, 2]]),
        ("v[v > 1]", V[V > 1]),
        ("A[A > 2.5]", A[A > 2.5]),
        ("[v, v]", np.stack([V, V])),
        ("[[x, y], [1, 2]]", np.array([[X, Y], [1, 2]])),
        ("A + v", A + V),
        ("A * [[2], [3]]", A * [[2], [3]]),
        ("v > 1", V > 1),
        ("1 < v < 3", (V > 1) & (V < 3)),
        ("v if v > 1 else -v", np.where(V > 1, V, -V)),
        ("softmax(v)", np.exp(V) / np.exp(V).sum()),
        ("A.reshape(3, -1)", A.reshape(3, -1)),
        ("A.view((6,))", A.ravel()),
        ("outer(v, v)", np.outer(V, V)),
        ("zeros(2, 3) + ones((2, 3))", np.ones((2, 3))),
        ("arange(3) + linspace(0, 1, 3)", [0, 1.5, 3]),
        ("eye(2)", np.eye(2)),
        ("cat([v, v[:1]])", [3, 1, 2, 3]),
        ("sin'(v)", np.cos(V)),
        ("max'(x) + min'(x)", 2),
        ("max'(v)", [1, 0, 0]),
        ("stack'(x)", [1]),
        ("norm'(v, inf)", [1, 0, 0]),
        ("sum'(v, dim=0)", [1, 1, 1]),
        ("norm(A, 'fro')", np.sqrt(91)),
        ("log(v, 2) + math.log(8, v + 1)", np.log2(V) + np.log(8) / np.log(V + 1)),
        ("expand([v], 2, -1)", [V, V]),
        ("u = full(3, x); grad(sum(u*A), u)", A.sum(0)),
        ("u = -x; hessian(sigmoid(u), u) - sigmoid''(u)", 0),
        ("f(t) = sigmoid(-t); f''(x) - sigmoid''(-x)", 0),
        ("hessian(prod(A.reshape(6)[:3]), A)[0, 0]", [[0, 3, 2], [0, 0, 0]]),
    ],
)
def test_arrays(text: str, wanted: Any) -> None:
    found = value(text)
    assert np.shape(found) == np.shape(wanted)
    np.testing.assert_allclose(found, wanted, rtol=1e-15)


@pytest.mark.parametrize(
    "text",
    [
        "x y",
        "(x)(y)",
        "x(y)",
        "sin x",
        "2 3",
        "x 2",
        "x''",
        "xy",
        "sinx",
        "2x3",
        "x.y",
        "A v",
        "v2",
    ],
)
def test_nothing_is_split_or_joined_in_silence(text: str) -> None:
    with pytest.raises(GradcliError) as caught:
        value(text)
    assert caught.value.exit_status == 2


def test_a_condition_decides_for_each_element_but_takes_one_side_of_a_constant() -> None:
    f = compile("x if x > 0 else 0.1*x")
    assert f(x=[-1, 2]).value.tolist() == [-0.1, 2]
    assert value("v if 2 > 1 else [1, 2]").tolist() == [3, 1, 2]


def test_masks_need_values_that_are_known() -> None:
    with pytest.raises(GradcliError, match="known"):
        compile("x[x > 0]", shapes={"x": (3,)})
    assert compile("x[[True, False, True]]", shapes={"x": (3,)})(x=[1, 2, 3]).value.tolist() == [1, 3]


def test_constants_mean_numbers_until_they_are_bound() -> None:
    show = statements()
    assert show("e") == "2.718281828459045\n"
    assert show("e = 2").startswith("note: e now means this value")
    assert show("e") == "2\n"


# Without limits


def test_formulas_may_be_long_and_deep() -> None:
    assert evaluate("+".join(["1"] * 100_000)).value == 100_000
    assert evaluate("(" * 20_000 + "x" + ")" * 20_000, {"x": 3}).gradients == {"x": 1}
    assert evaluate("+".join(["x"] * 20_000), {"x": 2}).gradients == {"x": 20_000}
    assert evaluate("-" * 10_001 + "x", {"x": 2}).gradients == {"x": -1}
    assert evaluate("sin(" * 3_000 + "x" + ")" * 3_000, {"x": 0}).gradients == {"x": 1}
    assert evaluate("**".join(["x"] * 3_000), {"x": 1}).gradients == {"x": 1}


@pytest.mark.parametrize(
    ("text", "size"),
    [
        (lambda n: "+".join(["1"] * n), 300),
        (lambda n: "(" * n + "x" + ")" * n, 300),
        (lambda n: "+".join(["x"] * n), 100),
        (lambda n: "-" * (2 * n + 1) + "x", 100),
        (lambda n: "sin(" * n + "x" + ")" * n, 30),
        (lambda n: "**".join(["x"] * n), 30),
    ],
)
def test_a_longer_formula_is_only_as_much_more_work(
    text: Callable[[int], str], size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def work(n: int) -> None:  # of a text that is asked for the first time
        monkeypatch.setattr(api, "RECURRING", Recurring(MOST_STEPS))
        evaluate(text(n), {"x": 1} if "x" in text(1) else {})

    assert grows_with(size, work)


def test_diamonds_are_linear() -> None:
    text = "; ".join(f"x{k + 1} = x{k}*x{k}" for k in range(60)) + "; x60"
    answer = evaluate(text, {"x0": 1.0})
    assert answer.gradients["x0"] == 2.0**60


# Against an independent evaluator: dual numbers in mpmath


class Dual:
    """A number with its partial derivatives in x and y, in mpmath."""

    def __init__(self, value: Any, slopes: tuple[Any, Any] = (0, 0)) -> None:
        self.value = mpf(value)
        self.slopes = tuple(map(mpf, slopes))

    def chain(self, value: Any, slope: Any) -> Dual:
        return Dual(value, tuple(slope * each for each in self.slopes))

    @staticmethod
    def joined(a: Dual, b: Dual, value: Any, by_a: Any, by_b: Any) -> Dual:
        slopes = tuple(by_a * s + by_b * t for s, t in zip(a.slopes, b.slopes, strict=True))
        return Dual(value, slopes)


BINARY: dict[str, Callable[[Dual, Dual], Dual]] = {
    "+": lambda a, b: Dual.joined(a, b, a.value + b.value, 1, 1),
    "-": lambda a, b: Dual.joined(a, b, a.value - b.value, 1, -1),
    "*": lambda a, b: Dual.joined(a, b, a.value * b.value, b.value, a.value),
    "/": lambda a, b: Dual.joined(a, b, a.value / b.value, 1 / b.value, -a.value / b.value**2),
    "atan2": lambda a, b: Dual.joined(
        a,
        b,
        mpmath.atan2(a.value, b.value),
        b.value / (a.value**2 + b.value**2),
        -a.value / (a.value**2 + b.value**2),
    ),
    "hypot": lambda a, b: Dual.joined(
        a,
        b,
        mpmath.hypot(a.value, b.value),
        a.value / mpmath.hypot(a.value, b.value),
        b.value / mpmath.hypot(a.value, b.value),
    ),
}
UNARY: dict[str, Callable[[Any], tuple[Any, Any]]] = {
    "sin": lambda t: (mpmath.sin(t), mpmath.cos(t)),
    "cos": lambda t: (mpmath.cos(t), -mpmath.sin(t)),
    "exp": lambda t: (mpmath.exp(t), mpmath.exp(t)),
    "tanh": lambda t: (mpmath.tanh(t), mpmath.sech(t) ** 2),
    "atan": lambda t: (mpmath.atan(t), 1 / (1 + t * t)),
    "asinh": lambda t: (mpmath.asinh(t), 1 / mpmath.sqrt(1 + t * t)),
    "sigmoid": lambda t: (1 / (1 + mpmath.exp(-t)), 1 / (2 + mpmath.exp(t) + mpmath.exp(-t))),
    "softplus": lambda t: (mpmath.log1p(mpmath.exp(t)), 1 / (1 + mpmath.exp(-t))),
    "erf": lambda t: (mpmath.erf(t), 2 / mpmath.sqrt(mpmath.pi) * mpmath.exp(-t * t)),
    "abs": lambda t: (abs(t), mpmath.sign(t)),
}

# How tightly a piece of text holds together, loosest first.
SUM, TERM, SIGN, PRODUCT, POWER, ATOM = range(6)


class Piece(NamedTuple):
    """An expression as text with few brackets, and what it means."""

    text: str
    level: int
    meaning: Callable[[Mapping[str, Dual]], Dual]

    def at(self, level: int) -> str:
        return self.text if self.level >= level else f"({self.text})"


def number(text: str) -> Piece:
    return Piece(text, ATOM, lambda names: Dual(text))


def variable(name: str) -> Piece:
    return Piece(name, ATOM, operator.itemgetter(name))


def operation(symbol: str, a: Piece, b: Piece, spaced: bool) -> Piece:
    level = SUM if symbol in "+-" else TERM
    gap = " " if spaced else ""
    text = f"{a.at(level)}{gap}{symbol}{gap}{b.at(level + 1)}"
    return Piece(text, level, lambda names: BINARY[symbol](a.meaning(names), b.meaning(names)))


def negation(a: Piece) -> Piece:
    return Piece(f"-{a.at(SIGN)}", SIGN, lambda names: BINARY["-"](Dual(0), a.meaning(names)))


def juxtaposition(factor: str, a: Piece, spaced: bool) -> Piece:
    text = a.at(POWER)
    if not (text[0].isalpha() or text[0] == "("):
        text = f"({text})"
    elif text[0] == "e" and not spaced:
        text = f"({text})"  # 2e5 is a number, and 2exp(x) could be mistaken by a reader
    whole = f"{factor}{' ' if spaced else ''}{text}"
    return Piece(whole, PRODUCT, lambda names: BINARY["*"](Dual(factor), a.meaning(names)))


def power(a: Piece, exponent: int, spelling: str) -> Piece:
    def meaning(names: Mapping[str, Dual]) -> Dual:
        base = a.meaning(names)
        return base.chain(base.value**exponent, exponent * base.value ** (exponent - 1))

    if spelling == "²":
        text = a.at(ATOM) + "".join("⁰¹²³⁴⁵⁶⁷⁸⁹"[int(digit)] for digit in str(exponent))
    else:
        text = f"{a.at(ATOM)}{spelling}{exponent}"
    return Piece(text, POWER, meaning)


def call(name: str, a: Piece, method: bool) -> Piece:
    def meaning(names: Mapping[str, Dual]) -> Dual:
        inner = a.meaning(names)
        return inner.chain(*UNARY[name](inner.value))

    text = (
        f"{a.at(ATOM) if a.text[0].isalpha() else f'({a.text})'}.{name}()" if method else f"{name}({a.text})"
    )
    return Piece(text, ATOM, meaning)


def call_of_two(name: str, a: Piece, b: Piece) -> Piece:
    return Piece(
        f"{name}({a.text}, {b.text})", ATOM, lambda names: BINARY[name](a.meaning(names), b.meaning(names))
    )


def choice(a: Piece, b: Piece, c: Piece) -> Piece:
    def meaning(names: Mapping[str, Dual]) -> Dual:
        return (b if a.meaning(names).value > 0 else c).meaning(names)

    return Piece(f"({b.at(SUM)} if {a.at(SUM)} > 0 else {c.text})", ATOM, meaning)


NUMBERS = st.sampled_from(["1", "2", "3", "0.5", "1.25", "10", "7e-1", "1_0"])
ATOMS = st.one_of(NUMBERS.map(number), st.sampled_from("xy").map(variable), st.just(variable("x")))


def larger(inner: st.SearchStrategy[Piece]) -> st.SearchStrategy[Piece]:
    spaced = st.booleans()
    return st.one_of(
        st.builds(operation, st.sampled_from("+-*/"), inner, inner, spaced),
        st.builds(operation, st.sampled_from("+-*"), inner, inner, spaced),
        st.builds(negation, inner),
        st.builds(juxtaposition, st.sampled_from(["2", "3", "0.5"]), inner, spaced),
        st.builds(power, inner, st.sampled_from([2, 3]), st.sampled_from(["**", "^", "²", " ** "])),
        st.builds(power, inner, st.sampled_from([-1, -2, 0, 1]), st.sampled_from(["**", "^"])),
        st.builds(call, st.sampled_from(sorted(UNARY)), inner, st.booleans()),
        st.builds(call_of_two, st.sampled_from(["atan2", "hypot"]), inner, inner),
        st.builds(choice, inner, inner, inner),
    )


EXPRESSIONS = st.recursive(ATOMS, larger, max_leaves=12)
POINTS = st.floats(0.1, 3).flatmap(lambda x: st.sampled_from([x, -x]))


def reference(piece: Piece, x: float, y: float, bits: int) -> list[Any]:
    with mp.workprec(bits):
        dual = piece.meaning({"x": Dual(x, (1, 0)), "y": Dual(y, (0, 1))})
        return [dual.value, *dual.slopes]


@settings(max_examples=400)
@given(EXPRESSIONS, POINTS, POINTS)
def test_random_expressions_have_the_value_and_the_gradient_of_their_meaning(
    piece: Piece, x: float, y: float
) -> None:
    try:
        exact = reference(piece, x, y, 300)
        rough = reference(piece, x, y, 53)
    except (ZeroDivisionError, OverflowError, ValueError):
        assume(False)
    assume(all(mpmath.isfinite(each) and abs(each) < 1e100 for each in exact))
    answer = evaluate(f"{piece.at(TERM)} + 0*x + 0*y", {"x": x, "y": y})
    found = [answer.value, answer.gradients["x"], answer.gradients["y"]]
    for got, want, lossy in zip(found, exact, rough, strict=True):
        # Rounding costs any evaluation in doubles about what it costs mpmath at 53 bits.
        room = 1e-13 * abs(want) + 1000 * abs(lossy - want) + 1e-14 * max(map(abs, exact))
        assert abs(mpf(got) - want) <= room, (piece.text, got, want)


@settings(max_examples=60)
@given(EXPRESSIONS)
def test_random_expressions_are_the_same_alone_in_rows_and_in_a_session(piece: Piece) -> None:
    xs, ys = np.array([0.3, -1.2, 2.5]), np.array([1.1, 0.4, -0.7])
    with np.errstate(all="ignore"):
        rows = compile(f"{piece.at(TERM)} + 0*x + 0*y")(x=xs, y=ys)
    for k in range(3):
        alone = evaluate(f"{piece.at(TERM)} + 0*x + 0*y", {"x": xs[k], "y": ys[k]})
        np.testing.assert_allclose(rows.value[k], alone.value, rtol=1e-12, atol=1e-300)
        show = statements()
        show(f"x = {float(xs[k])!r}; y = {float(ys[k])!r}")
        show(f"backward {piece.at(TERM)} + 0*x + 0*y;")
        for name in "xy":
            np.testing.assert_allclose(rows.gradients[name][k], alone.gradients[name], rtol=1e-9, atol=1e-300)
            grad = float(show(f"{name}.grad"))
            np.testing.assert_allclose(grad, alone.gradients[name], rtol=1e-12)


@pytest.mark.parametrize(
    "program",
    [
        "r = y/2; f(t) = t*r; f(x)",
        "f(t) = t*r; r = y/2; f(x)",
        "r = y/2; f(r) = r**2; f(x)*r",
        "r = y; f(t) = t*r; g(t) = f(t) + r; r = 2*y; g(x)",
    ],
)
def test_a_function_sees_the_names_of_its_program(program: str) -> None:
    given = {"x": 3.0, "y": 4.0}
    expected = evaluate(program, given)
    found = compile(program)(given)
    assert found.value == expected.value
    assert {name: float(each) for name, each in found.gradients.items()} == expected.gradients
