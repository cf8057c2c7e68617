"""Edges, kinks and poles: what entries state, what other engines differ in, what `where` leaves out."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import mpmath as mp
import numpy as np
import pytest
from entries import (
    INF,
    OF_NUMBERS,
    arguments_of,
    called,
    exact_function,
    f,
    in_forward_mode,
    numbers_named,
    value_of,
)

import gradcli
from gradcli.engine.derive import gradient, pushforward
from gradcli.engine.graph import Input, Node, as_node, constant, zeros_like
from gradcli.engine.jacobians import hessian, jacobian
from gradcli.engine.plan import Plan
from gradcli.engine.primitives import ENTRIES, TABLE, Edge, Entry
from gradcli.engine.primitives.shaping import reshape, stack, subscript

NAN = math.nan

# What the entries state

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


KINKED = [entry for entry in OF_NUMBERS if entry.kink and entry.kink.is_corner]


@pytest.mark.parametrize("entry", KINKED, ids=repr)
def test_a_kink_is_exactly_where_it_says(entry: Entry) -> None:
    """Where the slopes of the exact function on the two sides of a point differ, and nowhere else."""
    assert entry.kink is not None
    assert entry.kink.told
    exact = exact_function(entry)
    inputs = numbers_named(len(arguments_of(entry)))
    where_it_is = entry.kink.where(*inputs)
    assert where_it_is.boolean
    plan = Plan((where_it_is,))
    found = False
    for at in itertools.product([-1.0, -0.5, 0.0, 5e-324, 0.5, 1.0, 2.0, 6.0], repeat=len(inputs)):
        kinked = bool(plan.run(dict(zip(inputs, map(np.float64, at), strict=True)))[0])
        found = found or kinked
        with mp.workdps(800):
            step = mp.mpf(10) ** -360
            point = [mp.mpf(x) for x in at]
            here, differ = exact(*point), False
            for place in range(len(at)):
                sides = [[*point], [*point]]
                sides[0][place] += step
                sides[1][place] -= step
                ahead, behind = (exact(*each) for each in sides)
                differ = differ or abs(ahead + behind - 2 * here) > 1e-3 * step
        assert kinked == differ, at
    assert found
    for at in itertools.product([0.0, INF, NAN], repeat=len(inputs)):
        plan.run(dict(zip(inputs, map(np.float64, at), strict=True)))  # and is a truth value anywhere


@pytest.mark.parametrize("name", ["power", "atan2"])
def test_a_point_without_slopes_is_the_origin(name: str) -> None:
    kink = TABLE[name].kink
    assert kink is not None
    x, y = inputs = numbers_named(2)
    for at in itertools.product([-1.0, 0.0, 5e-324, 2.0, INF], repeat=2):
        assert bool(value_of((kink.where(x, y),), inputs, at)[0]) == (at == (0, 0))
    assert TABLE["power"].kink is not None
    assert not value_of((TABLE["power"].kink.where(x, as_node(0.0)),), (x,), (0.0,))[0]


@pytest.mark.parametrize(
    ("name", "at", "kinked"),
    [
        ("std", [2, 2], True),
        ("std", [2, 3], False),
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


# Points where other engines differ, or answer nan


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
    Point("logaddexp at -inf, -inf", f("logaddexp"), (-INF, -INF), -INF, (0, 0)),
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
    # where a distribution begins or ends
    Point("gamma.pdf of shape 1 at 0", f("gamma_pdf"), (0, 1), 1, (-1, -INF)),
    Point("gamma.pdf of shape 1.5 at 0", f("gamma_pdf"), (0, 1.5), 0, (INF, 0)),
    Point("gamma.pdf of shape 2 at 0", f("gamma_pdf"), (0, 2), 0, (1, 0)),
    Point("gamma.pdf of shape 3 below 0", f("gamma_pdf"), (-1, 3), 0, (0, 0), (0, 0)),
    Point("beta.pdf of shapes 2, 2 at 0", f("beta_pdf"), (0, 2, 2), 0, (6, 0, 0)),
    Point("beta.pdf of shapes 1, 2 at 0", f("beta_pdf"), (0, 1, 2), 2, (-2, -INF, 1)),
    Point("beta.pdf of shapes 2, 1 at 1", f("beta_pdf"), (1, 2, 1), 2, (2, 1, -INF)),
    Point("t.cdf at -inf", f("t_cdf"), (-INF, 3), 0, (0, 0)),
    Point("t.cdf at 0", f("t_cdf"), (0, 1), 0.5, (1 / math.pi, 0)),
    Point("t.ppf of 0", f("t_ppf"), (0, 3), -INF, (INF, NAN)),
    Point("lognorm.pdf at 0", f("lognorm_pdf"), (0, 1), 0, (0, 0), (0, 0)),
    Point("lognorm.cdf below 0", f("lognorm_cdf"), (-1, 1), 0, (0, 0), (0, 0)),
    Point("norm.cdf of scale 0", f("norm_cdf"), (1, 0, 0), NAN, (NAN, NAN, NAN)),
    Point("norm.pdf of scale -1", f("norm_pdf"), (1, 0, -1), NAN, (NAN, NAN, NAN)),
    # arrays
    # A cone's tip has no second derivative; what is smooth in the square of the length has.
    Point("norm at 0", f("norm"), ([0, 0],), 0, ([0, 0],), np.full((2, 2), NAN)),
    Point("norm**2 at 0", lambda x: f("norm")(x) ** 2, ([0, 0],), 0, ([0, 0],), 2 * np.eye(2)),
    Point("norm*norm at 0", lambda x: f("norm")(x) * f("norm")(x), ([0, 0],), 0, ([0, 0],), 2 * np.eye(2)),
    Point("norm**3 at 0", lambda x: f("norm")(x) ** 3, ([0, 0],), 0, ([0, 0],), np.zeros((2, 2))),
    Point(
        "norm**2*norm at 0",
        lambda x: f("norm")(x) ** 2 * f("norm")(x),
        ([0, 0],),
        0,
        ([0, 0],),
        np.zeros((2, 2)),
    ),
    Point(
        "exp(-norm**2) at 0",
        lambda x: f("exp")(-f("square")(f("norm")(x))),
        ([0, 0],),
        1,
        ([0, 0],),
        -2 * np.eye(2),
    ),
    Point("hypot at 0", f("hypot"), (0, 0), 0, (0, 0)),
    Point("hypot**2 at 0", lambda x, y: f("hypot")(x, y) ** 2, (0, 0), 0, (0, 0), (2, 2)),
    Point(
        "hypot*hypot*hypot at 0",
        lambda x, y: f("hypot")(x, y) * f("hypot")(x, y) * f("hypot")(x, y),
        (0, 0),
        0,
        (0, 0),
        (0, 0),
    ),
    Point("abs**2 at 0", lambda x: f("abs")(x) ** 2, (0,), 0, (0,), (2,)),
    Point("std at equal elements", f("std"), ([1, 1],), 0, ([0, 0],), np.full((2, 2), NAN)),
    Point("std**2 there", lambda x: f("std")(x) ** 2, ([1, 1],), 0, ([0, 0],), [[1, -1], [-1, 1]]),
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
    close: dict[str, Any] = {"rtol": 1e-13, "atol": 0}
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


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.told)
def test_a_special_point(point: Point) -> None:
    check_point(point.function, point.at, point.value, point.first, point.second)


# What `where` leaves out contributes nothing


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
    ("text", "at", "value", "slopes"),
    [
        ("laplace_cdf(x)", {"x": 0}, 0.5, {"x": 0.5}),
        ("laplace_sf(x)", {"x": 0}, 0.5, {"x": -0.5}),
        ("kv(v, x)", {"v": 2, "x": 1e-200}, math.inf, {"v": math.inf, "x": -math.inf}),
    ],
)
def test_slopes_where_a_form_changes_or_is_infinite(
    text: str, at: dict[str, float], value: float, slopes: dict[str, float]
) -> None:
    found = gradcli.evaluate(text, at)
    assert (found.value, dict(found.gradients)) == (value, slopes)


@pytest.mark.parametrize(("s", "z"), [(3, -1e100), (-19.5, -1e10), (-19.5, -0.9), (-9.5, -10)])
def test_a_polylogarithm_that_has_no_digits_is_nan(s: float, z: float) -> None:
    found = gradcli.evaluate("polylog(s, z)", {"s": s, "z": z})
    assert all(map(math.isnan, [found.value, *found.gradients.values()]))
