"""Every entry of the table: its words, its digits against mpmath, its edges, its Jacobians.

The points and the tolerances are here, the rest is the table's: a new entry is tested when it has a
reference in `EXACT` (functions of elements) or in `WHOLE` (functions of arrays), and fails until then.
"""

from __future__ import annotations

import ast
import inspect
import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import mpmath as mp
import numpy as np
import pytest

from gradcli.engine.derive import gradient, hessian, jacobian, pullback, pushforward, unit
from gradcli.engine.graph import Input, Node, as_node, constant, zeros_like
from gradcli.engine.plan import Plan
from gradcli.engine.primitives import ENTRIES, TABLE, Composite, Edge, Elementwise, Entry, Structural
from gradcli.engine.primitives.entry import STATIC, parse_signature
from gradcli.engine.primitives.reductions import total
from gradcli.engine.primitives.shaping import reshape, stack, subscript

INF, NAN = math.inf, math.nan
MOST_VALUE_ULPS = 4
MOST_PARTIAL_ULPS = 8
SECOND_ORDER = 1e-12

ELEMENTWISE = [entry for entry in ENTRIES if isinstance(entry, Elementwise)]


def called(entry: Entry, *nodes: Any) -> Node:
    """What the entry builds from these arguments and the defaults of the others."""
    given: list[Any] = list(nodes)
    for parameter in entry.parameters[len(nodes) :]:
        assert parameter.default is not None
        value = ast.literal_eval(parameter.default)
        several = STATIC.get(parameter.name) == "integers" and isinstance(value, int)
        given.append((value,) if several else value)
    return entry.build(*given)


def value_of(outputs: Sequence[Node], inputs: Sequence[Node], at: Sequence[Any]) -> list[Any]:
    """The outputs by a plan, with doubles and arrays of them for inputs."""
    numbers = [np.array(each, dtype=float)[()] for each in at]
    return Plan(outputs).run(dict(zip(inputs, numbers, strict=True)))


def numbers_named(count: int) -> list[Input]:
    return [Input("xyzw"[k], ()) for k in range(count)]


# -- words -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("entry", ENTRIES, ids=repr)
def test_an_entry_says_what_people_read(entry: Entry) -> None:
    assert entry.name.isidentifier()
    assert entry.doc.endswith(".")
    assert "\n" not in entry.doc
    assert entry.doc.count(". ") <= 1, "one sentence, and perhaps one on the convention"
    assert len(entry.example) == 2
    assert all(entry.example)
    assert any(word in entry.example[0] for word in (entry.name, *entry.aliases, entry.symbol) if word)
    assert entry.family
    assert isinstance(entry, Elementwise | Structural | Composite)


@pytest.mark.parametrize("entry", ENTRIES, ids=repr)
def test_a_name_means_one_entry(entry: Entry) -> None:
    for name in (entry.name, *entry.aliases):
        assert TABLE[name] is entry
    assert [each for each in ENTRIES if entry.name in (each.name, *each.aliases)] == [entry]
    assert len(set(entry.aliases)) == len(entry.aliases)


@pytest.mark.parametrize("entry", ENTRIES, ids=repr)
def test_a_signature_is_python_s(entry: Entry) -> None:
    python = inspect.signature(eval(f"lambda {entry.signature}: 0"))
    assert [each.name for each in entry.parameters] == list(python.parameters)
    assert parse_signature(entry.signature) == entry.parameters
    for parameter in entry.parameters:
        if parameter.default is not None:
            ast.literal_eval(parameter.default)
    if isinstance(entry, Elementwise):
        assert not any(each.name in STATIC for each in entry.parameters), "its arguments are nodes"
        further = entry.parameters[entry.arity :]
        assert all(each.default for each in further), "what is no input of the function can be left out"
        assert len(entry.domain) in (0, entry.arity)


# -- functions of elements against mpmath ------------------------------------------------------------


def _truncated(x: Any) -> Any:
    return mp.floor(x) if x >= 0 else mp.ceil(x)


def _sinc(x: Any) -> Any:
    return mp.sinpi(x) / (mp.pi * x) if x else mp.mpf(1)


# The function that each entry is, for mpmath's numbers.
EXACT: dict[str, Callable[..., Any]] = {
    "add": lambda x, y: x + y,
    "subtract": lambda x, y: x - y,
    "multiply": lambda x, y: x * y,
    "divide": lambda x, y: x / y,
    "negative": lambda x: -x,
    "square": lambda x: x * x,
    "reciprocal": lambda x: 1 / x,
    "power": lambda x, n: mp.power(x, n),
    "remainder": lambda x, y: x - y * mp.floor(x / y),
    "floor_divide": lambda x, y: mp.floor(x / y),
    "fmod": lambda x, y: x - y * _truncated(x / y),
    "less": lambda x, y: x < y,
    "less_equal": lambda x, y: x <= y,
    "greater": lambda x, y: x > y,
    "greater_equal": lambda x, y: x >= y,
    "equal": lambda x, y: x == y,
    "not_equal": lambda x, y: x != y,
    "logical_and": lambda p, q: bool(p) and bool(q),
    "logical_or": lambda p, q: bool(p) or bool(q),
    "logical_not": lambda p: not p,
    "isnan": lambda x: False,
    "isfinite": lambda x: True,
    "where": lambda condition, yes, no: yes if condition else no,
    "maximum": lambda x, y: max(x, y),
    "minimum": lambda x, y: min(x, y),
    "clamp_min": lambda x, low: max(x, low),
    "clamp_max": lambda x, high: min(x, high),
    "sqrt": mp.sqrt,
    "cbrt": lambda x: mp.sign(x) * mp.cbrt(abs(x)),
    "rsqrt": lambda x: 1 / mp.sqrt(x),
    "sign": mp.sign,
    "abs": abs,
    "copysign": lambda x, y: abs(x) if y >= 0 else -abs(x),
    "hypot": mp.hypot,
    "exp": mp.exp,
    "exp2": lambda x: mp.power(2, x),
    "expm1": mp.expm1,
    "log": mp.log,
    "log2": lambda x: mp.log(x, 2),
    "log10": mp.log10,
    "log1p": mp.log1p,
    "logaddexp": lambda x, y: max(x, y) + mp.log1p(mp.exp(-abs(x - y))),
    "sin": mp.sin,
    "cos": mp.cos,
    "tan": mp.tan,
    "sec": mp.sec,
    "csc": mp.csc,
    "cot": mp.cot,
    "asin": mp.asin,
    "acos": mp.acos,
    "atan": mp.atan,
    "atan2": mp.atan2,
    "asec": mp.asec,
    "acsc": mp.acsc,
    "acot": mp.acot,
    "radians": lambda x: x * mp.pi / 180,
    "degrees": lambda x: x * 180 / mp.pi,
    "sinh": mp.sinh,
    "cosh": mp.cosh,
    "tanh": mp.tanh,
    "sech": mp.sech,
    "csch": mp.csch,
    "coth": mp.coth,
    "asinh": mp.asinh,
    "acosh": mp.acosh,
    "atanh": mp.atanh,
    "asech": mp.asech,
    "acsch": mp.acsch,
    "acoth": mp.acoth,
    "floor": mp.floor,
    "ceil": mp.ceil,
    "trunc": _truncated,
    "frac": lambda x: x - _truncated(x),
    "sigmoid": lambda x: 1 / (1 + mp.exp(-x)),
    "logsigmoid": lambda x: -mp.log1p(mp.exp(-x)),
    "softplus": lambda x: mp.log1p(mp.exp(x)),
    "relu": lambda x: max(x, mp.mpf(0)),
    "gauss": lambda x: mp.exp(-x * x),
    "erf": mp.erf,
    "erfc": mp.erfc,
    "sinc": _sinc,
}

# Sizes that an argument takes where its domain reaches to infinity.
SIZES = [1e-300, 1e-100, 1e-20, 1e-9, 1e-5, 0.003, 0.1, 0.4, 0.77, 1, 1.3, 2.7, 8.3, 19.6, 41, 333, 1e5, 1e9]
SIZES += [1e17, 1e100, 1e300]
# Distances from the end of a domain, as shares of its length (or of 1 where it has none).
NEAR_END = [1e-15, 1e-12, 1e-8, 1e-4, 0.03]


def points_in(low: float, high: float, count: int, rng: np.random.Generator) -> list[float]:
    """Doubles inside an interval: near its ends, tiny, huge and in between."""
    found: list[float] = [] if 0 in (low, high) else [0.0]
    found += [sign * size * (1 + 0.3 * rng.random()) for size in SIZES for sign in (1, -1)]
    length = min(high - low, 1.0)
    found += [end + sign * share * length for end in (low, high) for share in NEAR_END for sign in (1, -1)]
    if math.isfinite(high - low):
        found += list(rng.uniform(low, high, 25))
    inside = sorted({float(x) for x in found if low < x < high})
    return inside if len(inside) <= count else list(rng.choice(inside, count, replace=False))


def points_of(entry: Elementwise) -> list[tuple[float, ...]]:
    rng = np.random.default_rng(sum(entry.name.encode()))
    count = entry.arity
    domain = entry.domain or ((-INF, INF),) * count
    columns = [points_in(low, high, 48, rng) for low, high in domain]
    if count == 1:
        return [(x,) for x in columns[0]]
    # Each value of each argument meets ordinary ones of the others, and extremes meet extremes.
    ordinary = [[x for x in column if 1e-3 < abs(x) < 50] for column in columns]
    points = [
        tuple(x if k == place else float(rng.choice(ordinary[k])) for k in range(count))
        for place, column in enumerate(columns)
        for x in column
    ]
    points += [tuple(float(rng.choice(column)) for column in columns) for _ in range(12)]
    return points


class Derivatives(NamedTuple):
    value: Any
    first: list[Any]
    second: list[list[Any]]


def exact_derivatives(f: Callable[..., Any], at: Sequence[float], domain: Any) -> Derivatives | None:
    """The value, gradient and Hessian by differences in very many digits; `None` at a jump or a corner."""
    steps, digits = [], 0.0
    for x, (low, high) in zip(at, domain, strict=True):
        reach = [abs(x)] if x else []
        reach += [abs(mp.mpf(x) - end) for end in (low, high) if math.isfinite(end)]
        step = mp.mpf(10) ** -40 * min([mp.mpf(1), *reach])
        steps.append(step)
        digits = max(digits, float(mp.log10((1 + abs(x)) / step)))
    digits = int(700 + 2.1 * digits)
    with mp.workdps(digits):
        point = [mp.mpf(x) for x in at]

        def moved(*moves: tuple[int, float]) -> Any:
            there = list(point)
            for place, share in moves:
                there[place] += share * steps[place]
            return mp.mpf(f(*there))

        value = moved()
        places = range(len(at))
        first, second = [], [[mp.mpf(0) for _ in places] for _ in places]
        noise = (abs(value) + mp.mpf(10) ** -330) * mp.mpf(10) ** (50 - digits)
        for i in places:
            ahead, behind = moved((i, 1)), moved((i, -1))
            change, bend = ahead - behind, ahead - 2 * value + behind
            ahead, behind = moved((i, 0.5)), moved((i, -0.5))
            half_change, half_bend = ahead - behind, ahead - 2 * value + behind
            for whole, parts in ((change, 2 * half_change), (bend, 4 * half_bend)):
                if abs(whole) > noise and abs(whole - parts) > 1e-9 * abs(whole):
                    return None
            first.append(change / (2 * steps[i]))
            second[i][i] = bend / steps[i] ** 2
            for j in range(i):
                across = moved((i, 1), (j, 1)) - moved((i, 1), (j, -1))
                across -= moved((i, -1), (j, 1)) - moved((i, -1), (j, -1))
                second[i][j] = second[j][i] = across / (4 * steps[i] * steps[j])
        return Derivatives(value, first, second)


def ulps(got: float, exact: Any) -> float:
    """The error of a result, in units of the last place of the exact value."""
    nearest = float(exact)
    if not (math.isfinite(got) and math.isfinite(nearest)):
        return 0.0 if got == nearest else INF
    return float(abs(mp.mpf(got) - exact) / mp.mpf(float(np.spacing(abs(nearest)))))


def is_at_a_convention(entry: Entry, at: tuple[float, ...]) -> bool:
    """Whether the derivative at a point is chosen, not computed: an edge or a kink."""
    if any(edge.at == at for edge in entry.edges):
        return True
    if entry.kink is None:
        return False
    inputs = numbers_named(len(at))
    return bool(value_of((entry.kink.where(*inputs),), inputs, at)[0])


# Where the difference or product of two inputs is rounded before a steep function is applied to it,
# its rounding counts as many times as the function is steep.
STEEP = {"power", "logaddexp"}


@pytest.mark.parametrize("entry", ELEMENTWISE, ids=repr)
def test_values_and_derivatives_are_exact(entry: Elementwise) -> None:
    assert entry.name in EXACT, f"say in EXACT what {entry.name} is for mpmath"
    count = entry.arity
    inputs = numbers_named(count)
    node = entry.apply(*inputs)
    flat = constant(0.0)
    firsts: list[Node | None] = [None] * count if entry.partials is None else gradient(node, inputs)
    seconds = [[None] * count if each is None else gradient(each, inputs) for each in firsts]
    plan = Plan([node, *(each or flat for row in (firsts, *seconds) for each in row)])
    steps_only = all(rule is None for rule in entry.partials or (None,))
    tested = 0
    for at in points_of(entry):
        if is_at_a_convention(entry, at):
            continue
        exact = exact_derivatives(EXACT[entry.name], at, entry.domain or ((-INF, INF),) * count)
        if exact is None:
            continue
        tested += 1
        numbers = dict(zip(inputs, map(np.float64, at), strict=True))
        value, *derivatives = (float(each) for each in plan.run(numbers))
        with mp.workdps(60):
            assert ulps(value, exact.value) <= MOST_VALUE_ULPS, (at, value, float(exact.value))
            if steps_only:
                assert not any(derivatives), at
                continue
            for i in range(count):
                got, first = derivatives[i], exact.first[i]
                allowed = MOST_PARTIAL_ULPS
                if entry.name in STEEP and first:
                    bends = sum(abs(at[j] * exact.second[i][j]) for j in range(count))
                    allowed += 2 * float(bends / abs(first))
                assert ulps(got, first) <= allowed, (at, i, got, float(first))
                for j in range(count):
                    got, second = derivatives[count + i * count + j], exact.second[i][j]
                    if not (math.isfinite(got) and math.isfinite(float(second))):
                        assert got == float(second), (at, i, j, got, float(second))
                        continue
                    # Relative to itself; to the rounding of the first derivative; and a square may underflow.
                    length = abs(at[j]) if count > 1 and at[j] else max(1, abs(at[j]))
                    allowed = SECOND_ORDER * abs(second) + 1e-15 * abs(first) / length + 1e-290
                    assert abs(got - second) <= allowed, (at, i, j, got, float(second))
    assert tested >= 15


# -- edges and kinks, which the entries state ---------------------------------------------------------

EDGES = [(entry, edge) for entry in ENTRIES for edge in entry.edges]


@pytest.mark.parametrize(("entry", "edge"), EDGES, ids=lambda each: str(getattr(each, "at", each)))
def test_an_edge_gives_what_it_states(entry: Entry, edge: Edge) -> None:
    inputs = numbers_named(len(edge.at))
    node = called(entry, *inputs)
    backwards = gradient(node, inputs)
    forwards = [pushforward((node,), (each,), (as_node(1.0),))[0] for each in inputs]
    assert None not in backwards
    assert None not in forwards
    assert edge.why
    for partials in (backwards, forwards):
        got = value_of((node, *(each for each in partials if each is not None)), inputs, edge.at)
        np.testing.assert_array_equal(got, [edge.value, *edge.partials])


KINKED = [entry for entry in ENTRIES if isinstance(entry, Elementwise) and entry.kink]


@pytest.mark.parametrize("entry", KINKED, ids=repr)
def test_a_kink_is_exactly_where_it_says(entry: Elementwise) -> None:
    assert entry.kink is not None
    assert entry.kink.told
    inputs = numbers_named(entry.arity)
    where_it_is = entry.kink.where(*inputs)
    assert where_it_is.boolean
    plan = Plan((where_it_is,))
    for at in itertools.product([-1.0, 0.0, 5e-324, 1.0, 2.0, INF, NAN], repeat=len(inputs)):
        kinked = bool(plan.run(dict(zip(inputs, map(np.float64, at), strict=True)))[0])
        if not all(map(math.isfinite, at)):
            continue
        tied = all(x in (0.0, at[0]) for x in at) and (len(at) > 1 or at == (0.0,))
        if entry.name == "hypot":
            tied = at == (0.0, 0.0)
        elif len(at) == 2:
            tied = at[0] == at[1]
        assert kinked == tied, at


@pytest.mark.parametrize(
    ("name", "at", "kinked"),
    [
        ("amax", [1, 3, 3], True),
        ("amax", [1, 3, 2], False),
        ("amin", [1, 1, 2], True),
        ("amin", [1, 2, 2], False),
        ("norm", [0, 0], True),
        ("norm", [0, 1e-300], False),
    ],
)
def test_a_kink_of_an_array(name: str, at: list[float], kinked: bool) -> None:
    kink = TABLE[name].kink
    assert kink is not None
    x = Input("x", (len(at),))
    (told,) = value_of((kink.where(x),), (x,), (at,))
    assert bool(told) is kinked


# -- points where other engines differ, or answer nan -------------------------------------------------


def f(name: str) -> Callable[..., Node]:
    """An entry as a function of nodes and numbers."""

    def call(*arguments: Any) -> Node:
        return called(
            TABLE[name], *(as_node(each) if isinstance(each, int | float) else each for each in arguments)
        )

    return call


def at(x: Node, place: int) -> Node:
    """An element of a vector."""
    return subscript(x, (place,))


class Point(NamedTuple):
    """What a function of numbers, or of one vector, gives at a point."""

    told: str
    function: Callable[..., Node]
    at: tuple[Any, ...]
    value: Any
    first: Any
    second: Any = ()
    """The second derivatives in each input on its own; for a vector, the Hessian."""


POINTS = [
    # corners
    Point("abs", f("abs"), (0,), 0, (0,), (0,)),
    Point("abs at -0", f("abs"), (-0.0,), 0, (0,), (0,)),
    Point("relu", f("relu"), (0,), 0, (0,), (0,)),
    Point("clamp at its lower bound", lambda x: f("clamp")(x, 0, 1), (0,), 0, (1,), (0,)),
    Point("clamp at its upper bound", lambda x: f("clamp")(x, 0, 1), (1,), 1, (1,), (0,)),
    Point("clamp outside", lambda x: f("clamp")(x, 0, 1), (2,), 1, (0,), (0,)),
    Point("clamp of nan", lambda x: f("clamp")(x, 0, 1), (NAN,), NAN, (0,), (0,)),
    Point("clamp with bounds that vary, at one", f("clamp"), (0, 0, 1), 0, (1, 0, 0)),
    Point("clamp with bounds that vary, below", f("clamp"), (-1, 0, 1), 0, (0, 1, 0)),
    Point("clamp with its bounds exchanged", f("clamp"), (5, 3, 1), 1, (0, 0, 1)),
    Point("maximum at a tie", f("maximum"), (1, 1), 1, (0.5, 0.5), (0, 0)),
    Point("minimum at a tie", f("minimum"), (1, 1), 1, (0.5, 0.5), (0, 0)),
    Point("amax at a tie", f("amax"), ([1, 3, 3],), 3, ([0, 0.5, 0.5],), np.zeros((3, 3))),
    Point("amin at a tie", f("amin"), ([1, 1, 2],), 1, ([0.5, 0.5, 0],), np.zeros((3, 3))),
    Point("sign", f("sign"), (0,), 0, (0,), (0,)),
    Point("copysign of 0", f("copysign"), (0, 1), 0, (0, 0)),
    Point("floor between", f("floor"), (1.5,), 1, (0,), (0,)),
    Point("round, half to even", f("round"), (2.5,), 2, (0,), (0,)),
    # roots and powers
    Point("sqrt at 0", f("sqrt"), (0,), 0, (INF,), (-INF,)),
    Point("sqrt of a negative number", f("sqrt"), (-1,), NAN, (NAN,)),
    Point("rsqrt at 0", f("rsqrt"), (0,), INF, (-INF,), (INF,)),
    Point("cbrt at 0", f("cbrt"), (0,), 0, (INF,)),
    Point("x**0", lambda x: f("pow")(x, 0), (0,), 1, (0,), (0,)),
    Point("x**1", lambda x: f("pow")(x, 1), (0,), 0, (1,), (0,)),
    Point("x**2", lambda x: f("pow")(x, 2), (0,), 0, (0,), (2,)),
    Point("x**3", lambda x: f("pow")(x, 3), (0,), 0, (0,), (0,)),
    Point("x**0.5", lambda x: f("pow")(x, 0.5), (0,), 0, (INF,), (-INF,)),
    Point("x**1.5", lambda x: f("pow")(x, 1.5), (0,), 0, (0,), (INF,)),
    Point("x**-1", lambda x: f("pow")(x, -1), (0,), INF, (-INF,), (INF,)),
    Point("x**3 of a negative number", lambda x: f("pow")(x, 3), (-2,), -8, (12,), (-12,)),
    Point("x**1000", lambda x: f("pow")(x, 1000), (10,), INF, (INF,), (INF,)),
    Point("0**y at 0", lambda y: f("pow")(0, y), (0,), 1, (0,)),
    Point("0**y at 2", lambda y: f("pow")(0, y), (2,), 0, (0,), (0,)),
    Point("(-2)**y", lambda y: f("pow")(-2, y), (2,), 4, (NAN,)),
    Point("x**y at 0, 0", f("pow"), (0, 0), 1, (0, 0), (0, 0)),
    Point("x**y at 0, 1", f("pow"), (0, 1), 0, (1, 0), (0, 0)),
    Point("x**y at 0, 2", f("pow"), (0, 2), 0, (0, 0), (2, 0)),
    Point("x**y at 0, 0.5", f("pow"), (0, 0.5), 0, (INF, 0), (-INF, 0)),
    Point("x**y at 0, -1", f("pow"), (0, -1), INF, (-INF, -INF), (INF, INF)),
    Point("x**y at -2, 2", f("pow"), (-2, 2), 4, (-4, NAN), (2, NAN)),
    Point("x**y at 2, 0", f("pow"), (2, 0), 1, (0, math.log(2)), (0, math.log(2) ** 2)),
    Point("x**y at 1, inf", f("pow"), (1, INF), 1, (INF, 0)),
    Point("x**y at inf, 0", f("pow"), (INF, 0), 1, (0, INF)),
    # poles
    Point("log at 0", f("log"), (0,), -INF, (INF,), (-INF,)),
    Point("log of a negative number, as PyTorch", f("log"), (-1,), NAN, (-1,)),
    Point("log1p at -1", f("log1p"), (-1,), -INF, (INF,), (-INF,)),
    Point("log1p near 0", f("log1p"), (1e-20,), 1e-20, (1,), (-1,)),
    Point("expm1 near 0", f("expm1"), (1e-20,), 1e-20, (1,), (1,)),
    Point("1/x", lambda x: 1 / x, (0,), INF, (-INF,), (INF,)),
    Point("x/y at 0, 0", f("divide"), (0, 0), NAN, (INF, NAN)),
    Point("x/x at 0", lambda x: x / x, (0,), NAN, (NAN,), (NAN,)),
    Point("sin(x)/x at 0", lambda x: f("sin")(x) / x, (0,), NAN, (NAN,), (NAN,)),
    Point("0*log(x) at 0", lambda x: f("multiply")(f("log")(x), 0), (0,), NAN, (NAN,)),
    Point("sqrt(x**2) at 0", lambda x: f("sqrt")(x**2), (0,), 0, (NAN,)),
    Point("asin at 1", f("asin"), (1,), math.pi / 2, (INF,)),
    Point("acos at 1", f("acos"), (1,), 0, (-INF,)),
    Point("acos at -1", f("acos"), (-1,), math.pi, (-INF,)),
    Point("asin outside", f("asin"), (2,), NAN, (NAN,), (NAN,)),
    Point("acosh at 1", f("acosh"), (1,), 0, (INF,)),
    Point("atanh at 1", f("atanh"), (1,), INF, (INF,)),
    Point("acosh at 1, twice", f("acosh"), (1,), 0, (INF,), (-INF,)),
    Point("asec at 1, twice", f("asec"), (1,), 0, (INF,), (-INF,)),
    Point("atan far out", f("atan"), (1e100,), math.pi / 2, (1e-200,), (-2e-300,)),
    Point("acot far out", f("acot"), (1e100,), 1e-100, (-1e-200,), (2e-300,)),
    Point("sigmoid next to 0", f("sigmoid"), (1e-17,), 0.5, (0.25,), (-1.25e-18,)),
    Point("sigmoid of 0", f("sigmoid"), (0,), 0.5, (0.25,), (0,)),
    Point("log to base 2", lambda x: f("log")(x, 2), (8,), 3, (1 / (8 * math.log(2)),)),
    Point("log to base 10", lambda x: f("log")(x, 10), (1000,), 3, (1 / (1000 * math.log(10)),)),
    Point(
        "log to a base that varies",
        f("log"),
        (8, 2),
        3,
        (1 / (8 * math.log(2)), -3 / (2 * math.log(2))),
        (-1 / (64 * math.log(2)), 3 * (1 + 2 / math.log(2)) / (4 * math.log(2))),
    ),
    Point("atan2 at 0, 0", f("atan2"), (0, 0), 0, (0, 0)),
    Point("atan2 on its cut", f("atan2"), (0, -1), math.pi, (-1, 0)),
    Point("atan2 on the axis", f("atan2"), (1, 0), math.pi / 2, (0, -1)),
    # quotients
    Point("5 % 3", f("remainder"), (5, 3), 2, (1, -1), (0, 0)),
    Point("-5 % 3", f("remainder"), (-5, 3), 1, (1, 2), (0, 0)),
    Point("6 % 3", f("remainder"), (6, 3), 0, (1, -2), (0, 0)),
    Point("5 % -3", f("remainder"), (5, -3), -1, (1, 2), (0, 0)),
    Point("5 % 0", f("remainder"), (5, 0), NAN, (1, NAN)),
    Point("fmod(-5, 3)", f("fmod"), (-5, 3), -2, (1, 1), (0, 0)),
    Point("5 // 3", f("floor_divide"), (5, 3), 1, (0, 0), (0, 0)),
    # far out
    Point("exp overflows", f("exp"), (1000,), INF, (INF,), (INF,)),
    Point("exp underflows", f("exp"), (-1000,), 0, (0,), (0,)),
    Point("sigmoid at 1000", f("sigmoid"), (1000,), 1, (0,), (0,)),
    Point("sigmoid at -1000", f("sigmoid"), (-1000,), 0, (0,), (0,)),
    Point("softplus at 1000", f("softplus"), (1000,), 1000, (1,), (0,)),
    Point("softplus at -1000", f("softplus"), (-1000,), 0, (0,), (0,)),
    Point("logsigmoid at 1000", f("logsigmoid"), (1000,), 0, (0,), (0,)),
    Point("logsigmoid at -1000", f("logsigmoid"), (-1000,), -1000, (1,), (0,)),
    Point("tanh at 1000", f("tanh"), (1000,), 1, (0,), (0,)),
    Point("erf at 30", f("erf"), (30,), 1, (0,), (0,)),
    Point("erfc at 30", f("erfc"), (30,), 0, (0,), (0,)),
    Point("logaddexp at 1000, 1000", f("logaddexp"), (1000, 1000), 1000 + math.log(2), (0.5, 0.5)),
    Point("logaddexp at inf, inf", f("logaddexp"), (INF, INF), INF, (0.5, 0.5)),
    Point("logaddexp at -inf, -inf", f("logaddexp"), (-INF, -INF), -INF, (0.5, 0.5)),
    Point("logaddexp at a tie", f("logaddexp"), (1, 1), 1 + math.log(2), (0.5, 0.5), (0.25, 0.25)),
    Point(
        "logaddexp of a vector, at a tie",
        lambda v: f("logaddexp")(at(v, 0), at(v, 1)),
        ([1, 1],),
        1 + math.log(2),
        ([0.5, 0.5],),
        [[0.25, -0.25], [-0.25, 0.25]],
    ),
    Point("logaddexp at -inf, 0", f("logaddexp"), (-INF, 0), 0, (0, 1)),
    Point("sinc at 0", f("sinc"), (0,), 1, (0,), (-(math.pi**2) / 3,)),
    # arrays
    Point("norm at 0", f("norm"), ([0, 0],), 0, ([0, 0],), np.zeros((2, 2))),
    Point("hypot at 0", f("hypot"), (0, 0), 0, (0, 0)),
    Point("norm, p=1", lambda x: TABLE["norm"].build(x, 1, None, False), ([0, 2],), 2, ([0, 1],)),
    Point("norm, p=3 at 0", lambda x: TABLE["norm"].build(x, 3, None, False), ([0, 0],), 0, ([0, 0],)),
    Point("norm, p=0", lambda x: TABLE["norm"].build(x, 0, None, False), ([0, 2],), 1, ([0, 0],)),
    Point(
        "norm, p=inf at a tie",
        lambda x: TABLE["norm"].build(x, INF, None, False),
        ([1, -1, 0],),
        1,
        ([0.5, -0.5, 0],),
    ),
    Point(
        "norm, p=1.5, beside an element of 0",
        lambda x: TABLE["norm"].build(x, 1.5, None, False),
        ([0, 2],),
        2,
        ([0, 1],),
        [[INF, 0], [0, 0]],
    ),
    Point(
        "norm, p=3, of large elements",
        lambda x: TABLE["norm"].build(x, 3, None, False),
        ([1e200, 0],),
        1e200,
        ([1, 0],),
        np.zeros((2, 2)),
    ),
    Point("norm along an axis", f("norm"), ([1e8, 1],), 1e8, ([1, 1e-8],), [[1e-24, -1e-16], [-1e-16, 1e-8]]),
    Point(
        "hypot along an axis",
        lambda v: f("hypot")(at(v, 0), at(v, 1)),
        ([1e8, 1],),
        1e8,
        ([1, 1e-8],),
        [[1e-24, -1e-16], [-1e-16, 1e-8]],
    ),
    Point(
        "std of large elements",
        f("std"),
        ([1e200, 2e200],),
        math.sqrt(0.5) * 1e200,
        ([-(0.5**0.5), 0.5**0.5],),
    ),
    Point(
        "std of small ones",
        f("std"),
        ([1e-200, 2e-200],),
        math.sqrt(0.5) * 1e-200,
        ([-(0.5**0.5), 0.5**0.5],),
    ),
    Point("std of equal elements", f("std"), ([3, 3, 3],), 0, ([0, 0, 0],)),
    Point("std of one element", f("std"), ([3],), NAN, ([NAN],)),
    Point("var of one element", f("var"), ([3],), NAN, ([NAN],)),
    Point("var of equal elements", f("var"), ([3, 3],), 0, ([0, 0],), [[1, -1], [-1, 1]]),
    Point("logsumexp", f("logsumexp"), ([1000, 1000],), 1000 + math.log(2), ([0.5, 0.5],)),
    Point("logsumexp of -inf and 0", f("logsumexp"), ([-INF, 0],), 0, ([0, 1],), np.zeros((2, 2))),
    Point("logsumexp of -inf", f("logsumexp"), ([-INF, -INF],), -INF, ([0, 0],), np.zeros((2, 2))),
    Point("logsumexp of inf", f("logsumexp"), ([INF, 0],), INF, ([1, 0],)),
    Point("a softmax of -inf", lambda x: at(f("softmax")(x), 0), ([-INF, -INF],), 0, ([0, 0],)),
    Point("a softmax of one -inf", lambda x: at(f("softmax")(x), 0), ([-INF, 0],), 0, ([0, 0],)),
    Point(
        "a softmax far out", lambda x: at(f("softmax")(x), 0), ([1000, 0],), 1, ([0, 0],), np.zeros((2, 2))
    ),
    Point(
        "a softmax of nearly 1",
        lambda x: at(f("softmax")(x), 0),
        ([40, 0],),
        1,
        ([math.exp(-40), -math.exp(-40)],),
        [[-math.exp(-40), math.exp(-40)], [math.exp(-40), -math.exp(-40)]],
    ),
    Point(
        "a log_softmax of nearly 0",
        lambda x: at(f("log_softmax")(x), 0),
        ([40, 0],),
        -math.exp(-40),
        ([math.exp(-40), -math.exp(-40)],),
        [[-math.exp(-40), math.exp(-40)], [math.exp(-40), -math.exp(-40)]],
    ),
    Point(
        "logsumexp of one that outweighs the others",
        f("logsumexp"),
        ([40, 0],),
        40,
        ([1, math.exp(-40)],),
        [[math.exp(-40), -math.exp(-40)], [-math.exp(-40), math.exp(-40)]],
    ),
    # nan: what it reaches has no gradient of 0
    Point("maximum of nan", f("maximum"), (NAN, 1), NAN, (1, 1)),
    Point("minimum of nan", f("minimum"), (1, NAN), NAN, (1, 1)),
    Point("relu of nan", f("relu"), (NAN,), NAN, (1,)),
    Point("hypot of nan", f("hypot"), (NAN, 1), NAN, (NAN, NAN)),
    Point("atan2 of nan", f("atan2"), (NAN, 1), NAN, (NAN, NAN)),
    Point("amax of nan", f("amax"), ([NAN, 1],), NAN, ([1, 0],)),
    Point("amin of nan", f("amin"), ([1, NAN, NAN],), NAN, ([0, 0.5, 0.5],)),
    Point("norm of nan", f("norm"), ([NAN, 1],), NAN, ([NAN, NAN],)),
    Point(
        "norm, p=3, of nan", lambda x: TABLE["norm"].build(x, 3, None, False), ([NAN, 1],), NAN, ([NAN, NAN],)
    ),
    Point(
        "norm, p=inf, of nan",
        lambda x: TABLE["norm"].build(x, INF, None, False),
        ([NAN, 1],),
        NAN,
        ([NAN, 0],),
    ),
    Point("std of nan", f("std"), ([NAN, 1, 2],), NAN, ([NAN, NAN, NAN],)),
    Point("a log_softmax far out", lambda x: at(f("log_softmax")(x), 1), ([1000, 0],), -1000, ([-1, 1],)),
    Point("prod with a zero", f("prod"), ([0, 2, 3],), 0, ([6, 0, 0],), [[0, 3, 2], [3, 0, 0], [2, 0, 0]]),
    Point("prod with two", f("prod"), ([0, 0, 3],), 0, ([0, 0, 0],), [[0, 3, 0], [3, 0, 0], [0, 0, 0]]),
    Point("prod with three", f("prod"), ([0, 0, 0],), 0, ([0, 0, 0],), np.zeros((3, 3))),
    Point("prod of one", f("prod"), ([0],), 0, ([1],), [[0]]),
    Point("prod of none", f("prod"), ([],), 1, ([],)),
    Point("sum of none", f("sum"), ([],), 0, ([],)),
    Point("mean of none", f("mean"), ([],), NAN, ([],)),
]


def check_point(
    function: Callable[..., Node], at: Sequence[Any], value: Any, first: Any, second: Any
) -> None:
    """The value, and the derivatives by every order of the two modes."""
    inputs = [Input("xyzw"[k], np.shape(each)) for k, each in enumerate(at)]
    node = function(*inputs)
    close = {"rtol": 1e-13, "atol": 0}
    np.testing.assert_allclose(value_of((node,), inputs, at)[0], value, **close)
    backwards = [
        zeros_like(each) if ct is None else ct
        for each, ct in zip(inputs, gradient(node, inputs), strict=True)
    ]
    forwards = [in_forward_mode(node, each) for each in inputs]
    for partials in (backwards, forwards):
        for got, expected in zip(value_of(partials, inputs, at), first, strict=True):
            np.testing.assert_allclose(got, expected, **close)
    if len(second) == 0:
        return
    if inputs[0].shape:
        second = (second,)
    for k, each in enumerate(inputs):
        ways = [
            hessian(node, each),
            in_forward_mode(backwards[k], each),
            jacobian(forwards[k], each),
            in_forward_mode(forwards[k], each),
        ]
        for got in value_of([way for way in ways if way is not None], inputs, at):
            np.testing.assert_allclose(got, second[k], **close)


def in_forward_mode(node: Node, wrt: Input) -> Node:
    """The Jacobian with columns by forward mode."""
    columns = []
    for k in range(math.prod(wrt.shape)):
        seed = unit(wrt.shape, k) if wrt.shape else as_node(1.0)
        (tangent,) = pushforward((node,), (wrt,), (seed,))
        columns.append(zeros_like(node) if tangent is None else tangent)
    if not columns:
        return constant(np.zeros(node.shape + wrt.shape))
    return reshape(stack(columns, dim=-1), node.shape + wrt.shape)


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.told)
def test_a_special_point(point: Point) -> None:
    check_point(point.function, point.at, point.value, point.first, point.second)


# -- what `where` leaves out contributes nothing -------------------------------------------------------


def chosen(condition: Node, yes: Node | float, no: Node | float) -> Node:
    return TABLE["where"].build(condition, as_node(yes), as_node(no))


def _sum(x: Node) -> Node:
    return f("sum")(x)


MATRIX = constant(np.array([[1.0, 2.0], [3.0, 4.0]]))

TRAPS: list[tuple[str, Callable[[Node], Node], Any, Any]] = [
    ("sqrt", lambda x: chosen(x > 0, f("sqrt")(x), 0), 0, 0),
    ("log", lambda x: chosen(x > 0, f("log")(x), 0), 0, 0),
    ("log of a negative", lambda x: chosen(x > 0, f("log")(x), 0), -1, 0),
    ("x log x", lambda x: chosen(x > 0, x * f("log")(x), 0), 0, 0),
    ("a power", lambda x: chosen(x > 0, x**0.5, 0), 0, 0),
    ("a power of itself", lambda x: chosen(x > 0, x**x, 0), 0, 0),
    ("sin(x)/x", lambda x: chosen(f("ne")(x, 0), f("sin")(x) / x, 1), 0, 1),
    ("the other side", lambda x: chosen(x <= 0, 0, 1 / x), 0, 0),
    ("a function of a root", lambda x: chosen(x > 0, f("exp")(f("sqrt")(x)), 1), 0, 1),
    ("a function of it", lambda x: f("exp")(chosen(x > 0, f("sqrt")(x), 0)), 0, 1),
    ("a root of it", lambda x: f("sqrt")(chosen(x > 0, x, 0)), 0, 0),
    ("inside another", lambda x: chosen(x > 0, chosen(x > 1, f("log")(x), 1 / x), 0), 0, 0),
    ("beside another", lambda x: chosen(x > 0, f("sqrt")(x), 0) * chosen(x > 0, 1 / x, 2), 0, 0),
    ("inverse sine", lambda x: chosen(f("abs")(x) < 1, f("asin")(x), 0), 1, 0),
    ("atanh outside", lambda x: chosen(f("abs")(x) < 1, f("atanh")(x), 0), 2, 0),
    ("overflow", lambda x: chosen(x < 100, f("exp")(x) * f("exp")(x), 0), 1000, 0),
    ("a quotient", lambda x: chosen(x > 0, x / (x * x), 0), 0, 0),
    ("hypot", lambda x: chosen(x > 0, 1 / f("hypot")(x, x), 0), 0, 0),
    ("a sum", lambda v: _sum(chosen(v > 0, f("sqrt")(v), 0)), [0, -1], 0),
    ("a mean", lambda v: f("mean")(chosen(v > 0, f("log")(v), 0)), [0, -1], 0),
    ("a product", lambda v: f("prod")(chosen(v > 0, f("log")(v), 3)), [0, -1], 9),
    ("a root of a sum", lambda v: chosen(_sum(v) > 0, f("sqrt")(_sum(v * v)), 0), [0, 0], 0),
    ("a root of a mean", lambda v: chosen(_sum(v) > 0, f("sqrt")(f("mean")(v * v)), 0), [0, 0], 0),
    ("a root of a variance", lambda v: chosen(_sum(v) > 0, f("sqrt")(f("var")(v)), 0), [0, 0], 0),
    ("a root of a product", lambda v: chosen(_sum(v) > 0, f("sqrt")(f("prod")(v)), 0), [0, 0], 0),
    ("a root of a dot", lambda v: chosen(_sum(v) > 0, f("sqrt")(f("dot")(v, v)), 0), [0, 0], 0),
    ("a root of a maximum", lambda v: chosen(_sum(v) > 0, f("sqrt")(f("amax")(v)), 0), [0, 0], 0),
    ("a quotient by a norm", lambda v: chosen(_sum(v) > 0, at(v, 0) / f("norm")(v), 0), [0, 0], 0),
    ("a quotient by a std", lambda v: chosen(_sum(v) > 0, at(v, 0) / f("std")(v), 0), [0, 0], 0),
    ("a logarithm of exps", lambda v: chosen(_sum(v) > 0, f("log")(_sum(f("exp")(v))), 0), [-INF, -INF], 0),
    ("a log of a softmax", lambda v: chosen(_sum(v) < 0, f("log")(at(f("softmax")(v), 1)), 0), [1e4, 0], 0),
    ("an element", lambda v: at(chosen(v > 0, f("sqrt")(v), 0), 0), [0, 4], 0),
    ("of an element", lambda v: chosen(at(v, 0) > 0, f("sqrt")(at(v, 0)), 0), [0, 4], 0),
    ("a slice", lambda v: _sum(subscript(chosen(v > 0, f("sqrt")(v), 0), ((0, 1, 1),))), [0, 4], 0),
    ("a reshape", lambda v: _sum(reshape(chosen(v > 0, f("sqrt")(v), 0), (2, 1))), [0, -4], 0),
    ("broadcast", lambda v: _sum(chosen(v > 0, f("sqrt")(at(v, 0)) / v, 0)), [0, 0], 0),
    ("stacked", lambda v: _sum(stack([chosen(at(v, 0) > 0, 1 / at(v, 0), 0), at(v, 0) * 0])), [0, 0], 0),
    (
        "inside a product of matrices",
        lambda v: chosen(at(v, 0) > 0, _sum(f("matmul")(MATRIX, f("sqrt")(v))), 0),
        [0, 0],
        0,
    ),
    (
        "inside a product with a matrix",
        lambda v: chosen(at(v, 0) > 0, _sum(f("matmul")(f("sqrt")(v), MATRIX)), 0),
        [0, 0],
        0,
    ),
    (
        "inside a product of a vector by itself",
        lambda v: chosen(at(v, 0) > 0, f("matmul")(f("log")(v), f("sqrt")(v)), 0),
        [0, 0],
        0,
    ),
    (
        "multiplied by a matrix",
        lambda v: _sum(chosen(v > 0, 1 / v, 0) * f("matmul")(constant(np.eye(2)), v)),
        [0, 0],
        0,
    ),
]


@pytest.mark.parametrize(("told", "function", "point", "value"), TRAPS, ids=[trap[0] for trap in TRAPS])
def test_nothing_leaks_out_of_the_side_not_chosen(
    told: str, function: Callable[[Node], Node], point: Any, value: float
) -> None:
    zeros = np.zeros(np.shape(point))
    second = np.zeros(np.shape(point) * 2)
    check_point(function, (point,), value, (zeros,), second if np.shape(point) else (0,))


def test_a_root_of_a_square_is_honest() -> None:
    """The path is there, and 0 times infinity is not a number."""
    x, v = Input("x", ()), Input("v", (2,))
    (slope,) = gradient(chosen(x <= 0, f("sqrt")(x**2), 0), (x,))
    (slopes,) = gradient(f("sqrt")(_sum(v * v)), (v,))
    assert slope is not None
    assert slopes is not None
    assert np.all(np.isnan(value_of((slope,), (x,), (0,))))
    assert np.all(np.isnan(value_of((slopes,), (v,), ([0, 0],))))


@pytest.mark.parametrize(
    ("name", "x", "order", "exact"),
    [
        ("sigmoid", 40.0, 1, lambda x: mp.exp(-x) / (1 + mp.exp(-x)) ** 2),
        ("sigmoid", 37.43, 1, lambda x: mp.exp(-x) / (1 + mp.exp(-x)) ** 2),
        ("sigmoid", 1e-12, 2, lambda x: -mp.tanh(x / 2) * mp.sech(x / 2) ** 2 / 4),
        ("sigmoid", 1e-17, 2, lambda x: -mp.tanh(x / 2) * mp.sech(x / 2) ** 2 / 4),
        ("sigmoid", 30.0, 2, lambda x: -mp.tanh(x / 2) * mp.sech(x / 2) ** 2 / 4),
        ("atan", 1e100, 2, lambda x: -2 * x / (1 + x * x) ** 2),
        ("atan", 3e90, 3, lambda x: (6 * x * x - 2) / (1 + x * x) ** 3),
        ("acosh", 1 + 1e-9, 2, lambda x: -x / (x * x - 1) ** mp.mpf(1.5)),
        ("tanh", 20.0, 1, lambda x: mp.sech(x) ** 2),
        ("tanh", 20.0, 2, lambda x: -2 * mp.sech(x) ** 2 * mp.tanh(x)),
        ("asin", 1 - 1e-12, 1, lambda x: 1 / mp.sqrt(1 - x * x)),
        ("softplus", -50.0, 0, lambda x: mp.log1p(mp.exp(x))),
        ("softplus", 20.5, 0, lambda x: mp.log1p(mp.exp(x))),
        ("logsigmoid", 50.0, 0, lambda x: -mp.log1p(mp.exp(-x))),
        ("erfc", 20.0, 0, mp.erfc),
        ("sinc", 0.0, 4, lambda x: mp.pi**4 / 5),
        ("sinc", 1e-5, 2, lambda x: mp.diff(_sinc, x, 2)),
        ("sinc", 0.3, 5, lambda x: mp.diff(_sinc, x, 5)),
    ],
)
def test_digits_that_the_usual_form_loses(name: str, x: float, order: int, exact: Any) -> None:
    here = Input("x", ())
    node: Node | None = called(TABLE[name], here)
    for _ in range(order):
        assert node is not None
        (node,) = gradient(node, (here,))
    assert node is not None
    with mp.workdps(60):
        assert ulps(value_of((node,), (here,), (x,))[0], exact(mp.mpf(x))) <= MOST_PARTIAL_ULPS


def test_a_power_loses_no_digits_to_the_rounding_of_its_exponent() -> None:
    rng = np.random.default_rng(3)
    x, n = numbers_named(2)
    points = [(9056050954.469986, -3.4824795352703686), (0.3, 0.1), (1e200, 0.7), (1e-80, -1.1), (5.0, 1e17)]
    points += list(zip(10 ** rng.uniform(-60, 60, 60), rng.uniform(-5, 5, 60), strict=True))
    orders = [*gradient(TABLE["power"].build(x, n), (x,))]
    orders += gradient(orders[0] or n, (x,))
    for base, exponent in points:
        fixed = TABLE["power"].build(x, as_node(float(exponent)))
        (first,) = gradient(fixed, (x,))
        assert first is not None
        (second,) = gradient(first, (x,))
        got = value_of([each for each in (*orders, first, second) if each], (x, n), (base, exponent))
        with mp.workdps(60):
            b, e = mp.mpf(float(base)), mp.mpf(float(exponent))
            exact = [e * b ** (e - 1), e * (e - 1) * b ** (e - 2)]
            for found, wanted in zip(got, exact * 2, strict=True):
                assert abs(wanted) < 1e-300 or ulps(found, wanted) <= MOST_PARTIAL_ULPS, (base, exponent)


# -- functions of arrays -------------------------------------------------------------------------------


def _reduced(f: Callable[..., Any]) -> Callable[..., Any]:
    """A NumPy reduction, with our arguments."""

    def along(x: Any, dim: Any, keepdim: bool, **more: Any) -> Any:
        return f(x, axis=None if dim is None else tuple(dim), keepdims=keepdim, **more)

    return along


def _place(f: Callable[..., Any]) -> Callable[..., Any]:
    def along(x: Any, dim: Any, keepdim: bool) -> Any:
        return f(x, axis=None if dim is None else dim[0], keepdims=keepdim)

    return along


def _exponentials(x: Any, dim: Any) -> Any:
    powers = np.exp(x)
    return powers / powers.sum(axis=dim, keepdims=True)


def _norm(x: Any, p: float, dim: Any, keepdim: bool) -> Any:
    axis = None if dim is None else tuple(dim)
    if math.isinf(p):
        return np.max(np.abs(x), axis=axis, keepdims=keepdim)
    return np.sum(np.abs(x) ** p, axis=axis, keepdims=keepdim) ** (1 / p)


def _spread(f: Callable[..., Any]) -> Callable[..., Any]:
    def along(x: Any, dim: Any, correction: float, keepdim: bool, unbiased: bool | None) -> Any:
        correction = correction if unbiased is None else float(unbiased)
        return f(x, axis=None if dim is None else tuple(dim), ddof=correction, keepdims=keepdim)

    return along


DIMS: list[Any] = [
    ((3,), None),
    ((3,), (0,)),
    ((2, 3), None),
    ((2, 3), (0,)),
    ((2, 3), (-1,)),
    ((2, 3), (0, 1)),
]
DIMS += [((2, 2, 3), (1,)), ((2, 2, 3), (0, 2))]
REDUCED = [((shape,), (dim, keepdim)) for shape, dim in DIMS for keepdim in (False, True)]
PLACED = [sample for sample in REDUCED if sample[1][0] is None or len(sample[1][0]) == 1]
SOFTENED = [(((3,),), ((-1,),)), (((2, 3),), ((0,),)), (((2, 3),), ((1,),)), (((2, 2, 3),), ((1,),))]
SPREAD = [
    ((shape,), (dim, correction, keepdim, unbiased))
    for shape, dim in DIMS
    for correction, keepdim, unbiased in ((1.0, False, None), (0.0, True, None), (1.0, False, False))
]


class Whole(NamedTuple):
    """The NumPy function that an entry is, and samples: shapes of arrays, and the static arguments."""

    function: Callable[..., Any]
    samples: Sequence[tuple[Sequence[tuple[int, ...]], tuple[Any, ...]]]
    variadic: bool = False


# What each entry of arrays is. Entries that make arrays from nothing have nothing to differentiate.
WHOLE: dict[str, Whole] = {
    "sum": Whole(_reduced(np.sum), REDUCED),
    "mean": Whole(_reduced(np.mean), REDUCED),
    "prod": Whole(_reduced(np.prod), REDUCED),
    "amax": Whole(_reduced(np.max), REDUCED),
    "amin": Whole(_reduced(np.min), REDUCED),
    "argmax": Whole(_place(np.argmax), PLACED),
    "argmin": Whole(_place(np.argmin), PLACED),
    "all": Whole(_reduced(np.all), REDUCED),
    "any": Whole(_reduced(np.any), REDUCED),
    "var": Whole(_spread(np.var), SPREAD),
    "std": Whole(_spread(np.std), SPREAD),
    "norm": Whole(
        _norm,
        [(shapes, (p, *rest)) for shapes, rest in REDUCED for p in (1.0, 2.0, 3.0, 0.5, INF, -1.0)],
    ),
    "logsumexp": Whole(lambda x, dim, keepdim: np.log(_reduced(np.sum)(np.exp(x), dim, keepdim)), REDUCED),
    "softmax": Whole(_exponentials, SOFTENED),
    "log_softmax": Whole(lambda x, dim: np.log(_exponentials(x, dim)), SOFTENED),
    "max": Whole(lambda x, dim, keepdim: _reduced(np.max)(x, dim, keepdim), REDUCED),
    "min": Whole(lambda x, dim, keepdim: _reduced(np.min)(x, dim, keepdim), REDUCED),
    "reshape": Whole(np.reshape, [(((2, 3),), ((3, 2),)), (((6,),), ((2, -1),)), (((),), ((1, 1),))]),
    "permute": Whole(np.transpose, [(((2, 3),), ((1, 0),)), (((2, 2, 3),), ((2, 0, -2),))]),
    "transpose": Whole(
        lambda x, a=None, b=None: np.transpose(x) if a is None else np.swapaxes(x, a, b),
        [(((2, 3),), ()), (((2, 2, 3),), (0, -1)), (((3,),), ())],
    ),
    "flatten": Whole(np.ravel, [(((2, 3),), ()), (((),), ())]),
    "unsqueeze": Whole(np.expand_dims, [(((3,),), (0,)), (((2, 3),), (-1,)), (((2, 3),), (1,))]),
    "squeeze": Whole(
        lambda x, dim: np.squeeze(x, None if dim is None else tuple(dim)),
        [(((1, 3, 1),), (None,)), (((1, 3, 1),), ((0,),)), (((2, 3),), (None,))],
    ),
    "expand": Whole(np.broadcast_to, [(((),), ((2, 3),)), (((3,),), ((2, 3),)), (((2, 1),), ((2, 3),))]),
    "cat": Whole(
        lambda *xs: np.concatenate(xs[:-1], axis=xs[-1][0]),
        [(((2,), (3,)), ((0,),)), (((2, 3), (1, 3), (2, 3)), ((0,),)), (((2, 3), (2, 1)), ((-1,),))],
        variadic=True,
    ),
    "stack": Whole(
        lambda *xs: np.stack(xs[:-1], axis=xs[-1][0]),
        [(((), ()), ((0,),)), (((2, 3), (2, 3)), ((1,),)), (((3,), (3,), (3,)), ((-1,),))],
        variadic=True,
    ),
    "matmul": Whole(
        np.matmul,
        [
            (pair, ())
            for pair in (
                ((3,), (3,)),
                ((2, 3), (3,)),
                ((3,), (3, 2)),
                ((2, 3), (3, 2)),
                ((2, 1), (1, 3)),
                ((2, 2, 3), (3, 2)),
                ((2, 3), (2, 3, 2)),
                ((2, 2, 3), (3,)),
                ((3,), (2, 3, 2)),
                ((1, 2, 3), (2, 3, 1)),
                ((2, 1, 2, 3), (3, 3, 2)),
            )
        ],
    ),
    "dot": Whole(np.dot, [(((3,), (3,)), ())]),
    "outer": Whole(np.outer, [(((3,), (2,)), ())]),
    "trace": Whole(np.trace, [(((3, 3),), ()), (((1, 1),), ())]),
    "clamp": Whole(np.clip, [(((2, 3), (), (3,)), ())]),
    "round": Whole(np.round, [(((2, 3),), (0,)), (((3,),), (1,)), (((3,),), (-1,))]),
    "positive": Whole(np.positive, [(((2, 3),), ())]),
    "detach": Whole(np.positive, [(((2, 3),), ())]),
    "clone": Whole(np.positive, [(((2, 3),), ()), (((),), ())]),
    "t": Whole(np.transpose, [(((2, 3),), ()), (((3,),), ()), (((),), ())]),
    "ravel": Whole(np.ravel, [(((2, 3),), ()), (((),), ())]),
    "linspace": Whole(np.linspace, [(((), ()), (4,))]),
    "full": Whole(lambda value, shape: np.full(shape, value), []),
    "zeros_like": Whole(np.zeros_like, [(((2, 3),), ())]),
    "ones_like": Whole(np.ones_like, [(((2, 3),), ())]),
}
FLAT = {"argmax", "argmin", "all", "any", "detach", "zeros_like", "ones_like", "round"}
MAKERS = {"zeros", "ones", "eye", "arange", "numel", "len", "full"}
SAMPLES = [(name, *sample) for name, whole in WHOLE.items() if name in TABLE for sample in whole.samples]


def test_every_entry_of_arrays_has_samples() -> None:
    for entry in ENTRIES:
        if not isinstance(entry, Elementwise) and entry.name not in MAKERS:
            assert entry.name in WHOLE, f"say in WHOLE what {entry.name} is for NumPy, with samples"


def build_sample(name: str, inputs: Sequence[Node], static: tuple[Any, ...]) -> Node:
    whole = WHOLE[name]
    several = whole.variadic or TABLE[name].parameters[0].variadic
    return TABLE[name].build(list(inputs), *static) if several else TABLE[name].build(*inputs, *static)


def numbers_for(inputs: Sequence[Input], seed: int, rows: tuple[int, ...] = ()) -> list[Any]:
    """Different numbers, away from kinks and ties."""
    rng = np.random.default_rng(seed)
    made = []
    for each in inputs:
        shape = rows + each.shape
        spread = rng.permutation(math.prod(shape)) * 0.37 - 0.61 * math.prod(shape) / 4 + 0.113
        made.append(spread.reshape(shape)[()])
    return made


def differences(f: Callable[[Any], Any], x: Any) -> Any:
    """The Jacobian by central differences, twice extrapolated: to about ten digits."""
    x = np.asarray(x, dtype=float)
    columns = []
    for place in np.ndindex(x.shape):
        estimates = []
        for step in (2.0**-8, 2.0**-9, 2.0**-10):
            there, back = x.copy(), x.copy()
            there[place] += step
            back[place] -= step
            estimates.append((np.asarray(f(there[()])) - np.asarray(f(back[()]))) / (2 * step))
        once = [(4 * fine - coarse) / 3 for coarse, fine in itertools.pairwise(estimates)]
        columns.append((16 * once[1] - once[0]) / 15)
    stacked = np.stack(columns, axis=-1)
    return stacked.reshape(stacked.shape[:-1] + x.shape)


@pytest.mark.parametrize(("name", "shapes", "static"), SAMPLES, ids=str)
def test_an_array_function_and_its_derivatives(name: str, shapes: Any, static: tuple[Any, ...]) -> None:
    inputs = [Input(f"x{k}", shape) for k, shape in enumerate(shapes)]
    node = build_sample(name, inputs, static)
    given = numbers_for(inputs, 1)
    (value,) = value_of((node,), inputs, given)
    expected = WHOLE[name].function(*given, *static)
    assert np.shape(value) == np.shape(expected) == node.shape
    np.testing.assert_allclose(value, expected, rtol=1e-13)
    weights = constant(np.random.default_rng(2).uniform(1, 2, node.shape))
    for k, wrt in enumerate(inputs):
        if name in FLAT or node.boolean:
            continue

        def moved(nodes: Sequence[Node], k: int = k) -> Callable[[Any], Any]:
            plan = Plan(nodes)

            def run(x: Any) -> Any:
                return plan.run(dict(zip(inputs, [*given[:k], x, *given[k + 1 :]], strict=True)))[0]

            return run

        by_row = jacobian_by_rows(node, wrt)
        slopes = differences(moved((node,)), given[k])
        for got in value_of((by_row, in_forward_mode(node, wrt)), inputs, given):
            np.testing.assert_allclose(got, slopes, rtol=1e-7, atol=1e-8)
        score = total(node * weights, tuple(range(-len(node.shape), 0)))
        (first,) = gradient(score, (wrt,))
        second = hessian(score, wrt)
        assert first is not None
        assert second is not None
        bends = differences(moved((first,)), given[k])
        for got in value_of((second, in_forward_mode(first, wrt)), inputs, given):
            np.testing.assert_allclose(got, bends, rtol=1e-6, atol=1e-7)


def jacobian_by_rows(node: Node, wrt: Input) -> Node:
    rows = [pullback(node, unit(node.shape, k), (wrt,))[0] for k in range(math.prod(node.shape))]
    return reshape(stack([each or zeros_like(wrt) for each in rows]), node.shape + wrt.shape)


@pytest.mark.parametrize(("name", "shapes", "static"), SAMPLES, ids=str)
def test_an_array_function_of_rows(name: str, shapes: Any, static: tuple[Any, ...]) -> None:
    """Every choice of inputs that change from row to row; values, first and second derivatives."""
    inputs = [Input(f"x{k}", shape) for k, shape in enumerate(shapes)]
    node = build_sample(name, inputs, static)
    outputs = [node]
    if not node.boolean:
        firsts = gradient(total(node * node, tuple(range(-len(node.shape), 0))), inputs)
        outputs += [each for each in firsts if each is not None]
        seconds = [
            gradient(total(each * each, tuple(range(-len(each.shape), 0))), inputs) for each in outputs[1:]
        ]
        outputs += [each for row in seconds for each in row if each is not None]
    alone, rows = numbers_for(inputs, 3), numbers_for(inputs, 4, rows=(3,))
    one = Plan(outputs)
    for mask in itertools.product([False, True], repeat=len(inputs)):
        if not any(mask):
            continue
        values = dict(zip(inputs, [rows[k] if m else alone[k] for k, m in enumerate(mask)], strict=True))
        batched = [each for each, m in zip(inputs, mask, strict=True) if m]
        whole = Plan(outputs, batched=batched).run_rows(values, 3)
        for row in range(3):
            each_alone = one.run({key: x[row] if key in batched else x for key, x in values.items()})
            for got, expected in zip(whole, each_alone, strict=True):
                np.testing.assert_allclose(got[row], expected, rtol=1e-10, atol=1e-10)


# -- what is not a leaf -------------------------------------------------------------------------------

# A node of the shape asked for, made from a leaf by something that a rule could look through, with the leaf.
VIEWS: dict[str, Callable[[tuple[int, ...]], tuple[Node, Input]]] = {}


def view(make: Callable[[tuple[int, ...]], tuple[Node, Input]]) -> None:
    VIEWS[make.__name__.lstrip("_")] = make


@view
def _reshape(shape: tuple[int, ...]) -> tuple[Node, Input]:
    leaf = Input("leaf", (1, math.prod(shape), 1))
    return TABLE["reshape"].build(leaf, shape), leaf


@view
def _permute(shape: tuple[int, ...]) -> tuple[Node, Input]:
    leaf = Input("leaf", shape[::-1])
    return TABLE["transpose"].build(leaf), leaf


@view
def _expand(shape: tuple[int, ...]) -> tuple[Node, Input]:
    leaf = Input("leaf", (1,) * len(shape))
    return TABLE["expand"].build(leaf, shape), leaf


@view
def _subscript(shape: tuple[int, ...]) -> tuple[Node, Input]:
    leaf = Input("leaf", (2, *shape))
    return subscript(leaf, (1, *((0, size, 1) for size in shape))), leaf


@view
def _negative(shape: tuple[int, ...]) -> tuple[Node, Input]:
    leaf = Input("leaf", shape)
    return TABLE["negative"].build(leaf), leaf


def _scored(node: Node) -> Node:
    weights = constant(np.random.default_rng(2).uniform(1, 2, node.shape))
    return total(node * weights, tuple(range(-len(node.shape), 0)))


@pytest.mark.parametrize("kind", VIEWS)
@pytest.mark.parametrize(
    ("name", "shapes", "static"), [each for each in SAMPLES if each[0] not in FLAT], ids=str
)
def test_a_function_of_what_is_not_a_leaf(name: str, shapes: Any, static: tuple[Any, ...], kind: str) -> None:
    """Derivatives in a node, and in the leaf below it, are those in an input that holds its value."""
    inputs = [Input(f"x{k}", shape) for k, shape in enumerate(shapes)]
    made, leaves = zip(*(VIEWS[kind](shape) for shape in shapes), strict=True)
    given = numbers_for(leaves, 5)
    values = value_of(made, leaves, given)
    plain, viewed = (_scored(build_sample(name, each, static)) for each in (inputs, made))
    for k, (wrt, node, leaf) in enumerate(zip(inputs, made, leaves, strict=True)):
        (expected,) = gradient(plain, (wrt,))
        (found,) = gradient(viewed, (node,))
        assert expected is not None
        assert found is not None
        outputs = [found, hessian(viewed, node), gradient(viewed, (leaf,))[0]]
        others = [expected, hessian(plain, wrt)]
        assert None not in outputs
        got = value_of([each for each in outputs if each is not None], leaves, given)
        wanted = value_of([each for each in others if each is not None], inputs, values)
        seed = Input("seed", wrt.shape)
        (below,) = pullback(node, seed, (leaf,))
        assert below is not None
        wanted += value_of((below,), (seed, leaf), (wanted[0], given[k]))
        for one, other in zip(got, wanted, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("entry", ELEMENTWISE, ids=repr)
def test_higher_derivatives_in_what_a_rule_could_look_through(entry: Elementwise) -> None:
    """With u = -x for the first input, no rule may simplify -u to x: u would be lost to the next order."""
    if entry.partials is None:
        return
    x, *rest = numbers_named(entry.arity)
    u = TABLE["negative"].build(x)
    plain, node = entry.apply(x, *rest), entry.apply(u, *rest)
    high = entry.domain[0][1] if entry.domain else INF
    there, wanted, got = [min(1.5, high / 2), *([1.25] * len(rest))], [plain], [node]
    for _ in range(3):
        (first,), (other,) = gradient(wanted[-1], (x,)), gradient(got[-1], (u,))
        wanted.append(zeros_like(x) if first is None else first)
        got.append(zeros_like(x) if other is None else other)
    np.testing.assert_array_equal(
        value_of(got, (x, *rest), [-there[0], *there[1:]]), value_of(wanted, (x, *rest), there)
    )
