"""Plans against the plain way, on random graphs: rows, chunks, threads, buffers, and what is left alone."""

from __future__ import annotations

import itertools
import math
import tracemalloc
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcli import processors
from gradcli.engine import plan as plans
from gradcli.engine.derive import gradient, pullback, pushforward, unit
from gradcli.engine.evaluate import compute
from gradcli.engine.graph import Input, Node, as_node, constant, expand, zeros_like
from gradcli.engine.jacobians import jacobian
from gradcli.engine.plan import CHUNK, STRAIGHT_AFTER, Plan
from gradcli.engine.plan_cache import PlanCache, Prepared, fitted, form_of, plan_for
from gradcli.engine.primitives import ENTRIES, TABLE, Elementwise
from gradcli.engine.primitives.arithmetic import where
from gradcli.engine.primitives.elementwise import exp, sin, sqrt
from gradcli.engine.primitives.entry import Unknown
from gradcli.engine.primitives.reductions import total
from gradcli.engine.primitives.shaping import gather, permute, reshape, stack, subscript, take
from gradcli.engine.shapes import ShapeError

INF, NAN = math.inf, math.nan
Values = dict[Node, Any]

# -- random graphs -------------------------------------------------------------------------------------

ELEMENTWISE = [
    entry
    for entry in ENTRIES
    if isinstance(entry, Elementwise) and not any(isinstance(rule, Unknown) for rule in entry.partials or ())
]
REDUCTIONS = [entry for entry in ENTRIES if entry.signature == "x, dim=None, keepdim=False"]
SHAPES = [(), (), (3,), (2, 3), (2, 1), (1,)]
SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, 2.0, 3.0, -7.25, 1e-300, 1e300, INF, -INF, NAN]


def _elementwise(pool: list[Node], choice: int, a: Node, b: Node, c: Node) -> Node:
    entry = ELEMENTWISE[choice % len(ELEMENTWISE)]
    return entry.apply(*[(a, b, c)[place % 3] for place in range(entry.arity)])


def _reduction(pool: list[Node], choice: int, a: Node, b: Node, c: Node) -> Node:
    entry = REDUCTIONS[choice % len(REDUCTIONS)]
    dims: list[Any] = [None, (-1,), (0,)]
    return entry.build(a, dims[choice % 3], choice % 2 == 0)


def _other(pool: list[Node], choice: int, a: Node, b: Node, c: Node) -> Node:
    rank = len(a.shape)
    match choice % 12:
        case 0:
            return permute(a, tuple(range(-1, -rank - 1, -1)))
        case 1:
            return reshape(a, (math.prod(a.shape),))
        case 2:
            return subscript(a, tuple((0, size, 2) for size in a.shape))
        case 3:
            return subscript(a, tuple(size - 1 for size in a.shape))
        case 4:
            return subscript(a, tuple((size - 1, -1, -1) for size in a.shape))
        case 5:
            return expand(a, (2, 3))
        case 6:
            return stack([a, a, b] if a.shape == b.shape else [a, a])
        case 7:
            return TABLE["cat"].build([a, b], (0,))
        case 8:
            return TABLE["matmul"].build(a, b)
        case 9:
            return gather(a, ([0, -1, 0],))
        case 10:
            return TABLE["softmax"].build(a, (-1,))
        case _:
            return where.build(a, b, c)


_STEPS = st.tuples(
    st.sampled_from([_elementwise, _elementwise, _elementwise, _reduction, _other, _other]),
    st.integers(0, 1000),
    *[st.integers(0, 7)] * 3,
)


class Graph:
    """Some inputs, and nodes over them."""

    def __init__(self, steps: Sequence[Any], constants: Sequence[float]) -> None:
        self.inputs = [Input("abcdef"[k], shape) for k, shape in enumerate(SHAPES)]
        pool: list[Node] = [*self.inputs, *(constant(value) for value in constants)]
        self.made: list[Node] = []
        for make, choice, *places in steps:
            a, b, c = (pool[-1 - place % len(pool)] for place in places)
            try:
                node = make(pool, choice, a, b, c)
            except ShapeError:
                continue
            if math.prod(node.shape) > 60:
                continue
            pool.append(node)
            self.made.append(node)

    def outputs(self, *, differentiated: bool = True) -> list[Node]:
        """The last nodes, one in the middle, an input, and the gradients of the sum of the last."""
        chosen = [*self.made[-2:], self.made[len(self.made) // 2], self.inputs[2]]
        if differentiated:
            score = self.score()
            chosen += [each for each in gradient(score, self.inputs) if each is not None]
        return chosen

    def score(self) -> Node:
        """A single number that depends on the last node."""
        last = self.made[-1]
        return total(1.0 * last, tuple(range(-len(last.shape), 0)))


graphs = st.builds(
    Graph, st.lists(_STEPS, min_size=6, max_size=14), st.lists(st.sampled_from(SPECIAL), max_size=2)
)
graphs = graphs.filter(lambda graph: len(graph.made) > 2)
seeds = st.integers(0, 10**6)


def drawn(graph: Graph, seed: int, rows: int | None = None, special: float = 0.3) -> Values:
    """Values for the inputs, of which some are special; for `rows` rows, if there are any."""
    rng = np.random.default_rng(seed)
    values: Values = {}
    for node in graph.inputs:
        shape = node.shape if rows is None else (rows, *node.shape)
        array = rng.normal(0, 2, shape)
        odd = rng.random(shape) < special
        values[node] = np.where(odd, rng.choice(SPECIAL, shape), array)[()]
    return values


def assert_same(got: Any, expected: Any) -> None:
    """Equal, where nan is nan. NumPy's loops over other layouts may round the last digit in another way."""
    assert np.shape(got) == np.shape(expected)
    assert np.asarray(got).dtype == np.asarray(expected).dtype
    if np.asarray(got).dtype == bool:
        np.testing.assert_array_equal(got, expected)
    else:
        np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-12)


def plainly(outputs: Sequence[Node], values: Values) -> list[Any]:
    found = compute(outputs, values.__getitem__)
    return [found[node] for node in outputs]


def loop_over_rows(plan: Plan, values: Values, batched: set[Node], rows: int) -> list[Any]:
    """What `run_rows` stands for: the plan of one row, for each row."""
    results = [
        plan.run({node: value[row] if node in batched else value for node, value in values.items()})
        for row in range(rows)
    ]
    return [np.array(column) for column in zip(*results, strict=True)]


@given(graphs, seeds)
def test_a_plan_computes_what_the_graph_says(graph: Graph, seed: int) -> None:
    outputs, values = graph.outputs(), drawn(graph, seed)
    for got, expected in zip(Plan(outputs).run(values), plainly(outputs, values), strict=True):
        assert_same(got, expected)


@given(graphs, seeds, st.integers(0, 2 ** len(SHAPES) - 1))
@settings(max_examples=150)
def test_rows_are_computed_as_each_alone(graph: Graph, seed: int, mask: int) -> None:
    outputs = graph.outputs()
    batched: set[Node] = {node for k, node in enumerate(graph.inputs) if mask >> k & 1}
    rows = 4
    alone, whole = drawn(graph, seed), drawn(graph, seed, rows)
    values: dict[Node, Any] = {node: whole[node] if node in batched else alone[node] for node in graph.inputs}
    plan = Plan(outputs, batched=batched)
    expected = loop_over_rows(Plan(outputs), values, batched, rows)
    for got, each in zip(plan.run_rows(values, rows), expected, strict=True):
        assert_same(got, each)


def assert_same_bits(got: Sequence[Any], expected: Sequence[Any]) -> None:
    for one, other in zip(got, expected, strict=True):
        assert (type(one), np.shape(one)) == (type(other), np.shape(other))
        assert np.asarray(one).tobytes() == np.asarray(other).tobytes()


@given(graphs, seeds, st.integers(0, 2 ** len(SHAPES) - 1))
@settings(max_examples=60)
def test_one_function_does_what_the_calls_do(graph: Graph, seed: int, mask: int) -> None:
    outputs = graph.outputs()
    plan, straight = Plan(outputs), Plan(outputs)
    straight.straighten()
    for k in range(3):
        values = drawn(graph, seed + k)
        assert_same_bits(straight.run(values), plan.run(values))
    batched = [node for k, node in enumerate(graph.inputs) if mask >> k & 1]
    plan, straight = Plan(outputs, batched=batched), Plan(outputs, batched=batched)
    straight.straighten()
    for rows in (4, 1, 4, 3):
        alone, whole = drawn(graph, seed), drawn(graph, seed, rows)
        values = {node: whole[node] if node in batched else alone[node] for node in graph.inputs}
        assert_same_bits(straight.run_rows(values, rows), plan.run_rows(values, rows))


def test_a_plan_that_runs_often_becomes_one_function() -> None:
    nodes = (sin(x) * y + v, x > y)
    alone, rows = Plan(nodes), Plan(nodes, batched=(x,))
    values: Values = {x: np.float64(0.5), y: np.float64(2), v: np.ones(3)}
    columns = {**values, x: np.linspace(0, 1, 5)}
    first, whole = alone.run(values), rows.run_rows(columns, 5)
    for _ in range(2 * STRAIGHT_AFTER):
        assert_same_bits(alone.run(values), first)
        assert_same_bits(rows.run_rows(columns, 5), whole)
    assert alone.is_straight
    assert rows.is_straight


@given(graphs, seeds, st.booleans())
@settings(max_examples=90)
def test_nothing_given_or_returned_is_touched_again(graph: Graph, seed: int, straight: bool) -> None:
    outputs = graph.outputs()
    values = drawn(graph, seed)
    kept = {node: np.array(value) for node, value in values.items()}
    plan = Plan(outputs)
    if straight:
        plan.straighten()
    first = plan.run(values)
    copies = [np.array(each) for each in first]
    arrays = [each for each in (*first, *values.values()) if isinstance(each, np.ndarray) and each.size]
    for k, one in enumerate(arrays):
        for other in arrays[:k]:
            assert one is other or not np.may_share_memory(one, other)
    assert len({id(each) for each in first if np.shape(each)}) == sum(bool(np.shape(each)) for each in first)
    again = plan.run(drawn(graph, seed + 1))
    third = plan.run(values)
    for got, copy, same in zip(first, copies, third, strict=True):
        assert_same(got, copy)
        assert_same(same, copy)
    for node, value in values.items():
        np.testing.assert_array_equal(value, kept[node])
    for each in again:
        if isinstance(each, np.ndarray):
            each.fill(7)
    for got, copy in zip(plan.run(values), copies, strict=True):
        assert_same(got, copy)


@given(graphs, seeds)
def test_forward_and_reverse_agree(graph: Graph, seed: int) -> None:
    score = graph.score()
    backwards = gradient(score, graph.inputs)
    values = drawn(graph, seed, special=0)
    for wrt, row in zip(graph.inputs, backwards, strict=True):
        columns = [
            pushforward((score,), (wrt,), (unit(wrt.shape, k),))[0] for k in range(math.prod(wrt.shape))
        ]
        if row is None:
            assert all(column is None for column in columns)
            continue
        outputs = [row, *(zeros_like(score) if each is None else each for each in columns)]
        by_row, *by_column = Plan(outputs).run(values)
        by_row = np.ravel(by_row)
        if np.all(np.isfinite(by_row)) and np.all(np.isfinite(by_column)):
            scale = max(1.0, np.max(np.abs(by_row), initial=0))
            np.testing.assert_allclose(by_column, by_row, rtol=1e-6, atol=1e-7 * scale)


# -- chunks and threads ------------------------------------------------------------------------------

x, y = Input("x", ()), Input("y", ())
v, w = Input("v", (3,)), Input("w", (3,))


def sample_outputs() -> list[Node]:
    inner = sin(x * x) * exp(-y) + expand(y, (3,)) * w
    score = total(sqrt(inner * inner + 1), (-1,))
    return [score, *(each for each in gradient(score, (x, y, w)) if each is not None), inner, x, w > 0]


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("rows", [0, 1, 2, CHUNK // 3, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 7])
def test_chunks_and_threads_change_nothing(rows: int, threads: int) -> None:
    outputs = sample_outputs()
    rng = np.random.default_rng(3)
    values: Values = {x: rng.normal(size=rows), y: np.float64(0.3), w: rng.normal(size=(rows, 3))}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plans, "LEAST_SHARE", 1)
        patch.setattr(plans, "LEAST_WORK", 1e-12)
        got = Plan(outputs, batched=(x, w)).run_rows(values, rows, threads)
    plan = Plan(outputs)
    for row in {0, 1, rows // 2, CHUNK - 1, CHUNK, rows - 2, rows - 1} & set(range(rows)):
        alone = plan.run({x: values[x][row], y: values[y], w: values[w][row]})
        for column, expected in zip(got, alone, strict=True):
            assert_same(column[row], expected)
    for column, node in zip(got, outputs, strict=True):
        assert column.shape == (rows, *node.shape)


@given(graphs, seeds)
@settings(max_examples=25)
def test_two_threads_are_one_thread(graph: Graph, seed: int) -> None:
    outputs = graph.outputs()
    rows = 700
    values = drawn(graph, seed, rows)
    plan = Plan(outputs, batched=graph.inputs)
    whole = plan.run_rows(values, rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plans, "CHUNK", 256)
        patch.setattr(plans, "LEAST_SHARE", 1)
        patch.setattr(plans, "LEAST_WORK", 1e-12)
        for threads in (1, 2):
            for got, expected in zip(plan.run_rows(values, rows, threads), whole, strict=True):
                assert_same(got, expected)


@pytest.mark.parametrize(("seconds", "threads"), [(1e-6, []), (1.0, [3, 3])])
def test_what_is_done_sooner_than_a_thread_begins_has_none(
    monkeypatch: pytest.MonkeyPatch, seconds: float, threads: list[int]
) -> None:
    asked: list[int] = []

    def alone(work: Callable[[], None], count: int) -> None:
        asked.append(count)
        work()

    clock = itertools.count()
    monkeypatch.setattr(plans, "thread_time", lambda: seconds * next(clock))
    monkeypatch.setattr(processors, "side_by_side", alone)
    plan = Plan((sin(x),), batched=(x,))
    values: Values = {x: np.linspace(0.0, 9.0, 8 * CHUNK)}
    for _ in range(2):
        assert_same(plan.run_rows(values, 8 * CHUNK, 3)[0], np.sin(values[x]))
    assert asked == threads


# -- single cases --------------------------------------------------------------------------------------


def test_the_same_output_twice() -> None:
    a, b, c = Plan((sin(v), sin(v), v)).run({v: np.ones(3)})
    assert_same(a, b)
    assert not np.may_share_memory(a, b)
    rows = np.arange(6.0).reshape(2, 3)
    a, b, c = Plan((sin(v), sin(v), v), batched=(v,)).run_rows({v: rows}, 2)
    assert_same(a, np.sin(rows))
    assert_same(b, a)
    assert_same(c, rows)


def test_an_output_that_does_not_change_from_row_to_row() -> None:
    fixed, moving = Plan((sin(y), sin(x)), batched=(x,)).run_rows({x: np.arange(3.0), y: np.float64(1)}, 3)
    assert_same(fixed, np.full(3, np.sin(1.0)))
    assert_same(moving, np.sin(np.arange(3.0)))
    (alone,) = Plan((constant([1.0, 2.0]),), batched=()).run_rows({}, 2)
    assert_same(alone, np.array([[1.0, 2.0], [1.0, 2.0]]))


def test_known_nodes_are_not_computed() -> None:
    inner = sin(x)
    outer = exp(inner)
    plan = Plan((outer,), known=(inner,))
    assert plan.inputs == [inner]
    assert plan.run({inner: np.float64(2)}) == [np.exp(2.0)]
    assert Plan((inner,), known=(inner,)).run({inner: np.float64(2)}) == [2]


def test_a_plan_that_ran_once_keeps_no_memory() -> None:
    x = Input("x", (50_000,))
    node = sin(x) * 2.0 + x
    values: dict[Node, Any] = {x: np.ones(50_000)}
    plan, again = Plan((node,)), Plan((node,))
    tracemalloc.start()
    try:
        plan.run(values)
        once, _ = tracemalloc.get_traced_memory()
        for _ in range(3):
            again.run(values)
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert once < values[x].nbytes / 2
    assert kept < 2 * values[x].nbytes  # and one that ran again keeps what it works in


def test_shared_nodes_are_computed_once() -> None:
    shared = sin(x)
    assert len(Plan((shared * shared, shared + 1, exp(shared)))) == 4


def test_buffers_are_used_again() -> None:
    node: Node = v
    for _ in range(100):
        node = sin(node) + v
    assert len(Plan((node,)).slots) <= 3


def test_a_batched_index() -> None:
    k = Input("k", (), tracked=False)
    picked = take(v, k, 0)
    (slope,) = gradient(picked, (v,))
    assert slope is not None
    rows = np.array([0.0, 2.0, -1.0])
    vectors = np.arange(9.0).reshape(3, 3)
    for batched in ((k,), (v,), (k, v)):
        values: Values = {k: rows if k in batched else rows[1], v: vectors if v in batched else vectors[1]}
        got = Plan((picked, slope), batched=batched).run_rows(values, 3)
        expected = loop_over_rows(Plan((picked, slope)), values, set(batched), 3)
        for one, other in zip(got, expected, strict=True):
            assert_same(one, other)


@pytest.mark.parametrize("shape", [(0,), (2, 0), (0, 3)])
def test_arrays_without_elements(shape: tuple[int, ...]) -> None:
    empty = Input("e", shape)
    score = total(sin(empty), tuple(range(-len(shape), 0)))
    outputs = [score, *gradient(score, (empty,)), sin(empty)]
    assert None not in outputs
    nodes = [each for each in outputs if each is not None]
    got = Plan(nodes).run({empty: np.zeros(shape)})
    assert [np.shape(each) for each in got] == [(), shape, shape]
    got = Plan(nodes, batched=(empty,)).run_rows({empty: np.zeros((5, *shape))}, 5)
    assert [np.shape(each) for each in got] == [(5,), (5, *shape), (5, *shape)]


def test_a_jacobian_is_one_batched_run() -> None:
    """Rows of an identity, as seeds: what the explicit Jacobian says row by row."""
    node = sin(v) * w + total(v * v, (-1,), True)
    seed = Input("seed", (3,), role="unit", tracked=False)
    (row,) = pullback(node, seed, (v,))
    whole = jacobian(node, v)
    assert row is not None
    assert whole is not None
    values: Values = {v: np.array([0.1, 0.2, 0.3]), w: np.array([1.0, 2.0, 3.0])}
    (rows,) = Plan((row,), batched=(seed,)).run_rows({**values, seed: np.eye(3)}, 3)
    np.testing.assert_allclose(rows, Plan((whole,)).run(values)[0], rtol=1e-15)


def test_results_are_numpy_numbers_and_arrays() -> None:
    number, truth, array = Plan((sin(x), x > 0, v * 2)).run({x: np.float64(1), v: np.ones(3)})
    assert type(number) is np.float64
    assert type(truth) is np.bool_
    assert array.dtype == np.float64
    assert type(Plan((as_node(2.0),)).run({})[0]) is np.float64


# -- plans are made once -------------------------------------------------------------------------------


def test_a_plan_is_made_once_for_each_form(plans_made: Callable[[], int]) -> None:
    def slope_at(name: str, shape: tuple[int, ...], value: Any) -> Any:
        here = Input(name, shape)
        (slope,) = gradient(total(sin(here * here) * 7.25, tuple(range(-len(shape), 0))), (here,))
        assert slope is not None
        form = form_of((slope,))
        assert form.inputs == [here]
        return plan_for((slope,), form).run([value])[0]

    first = slope_at("p", (2,), np.array([0.5, 1.0]))
    made = plans_made()
    for step in range(20):
        value = np.array([0.5, 1.0]) + step
        np.testing.assert_allclose(
            slope_at("q", (2,), value), 7.25 * np.cos(value**2) * 2 * value, rtol=1e-13
        )
    assert plans_made() == made
    slope_at("q", (3,), np.ones(3))
    assert plans_made() == made + 1
    np.testing.assert_array_equal(slope_at("p", (2,), np.array([0.5, 1.0])), first)


def test_forms_that_differ() -> None:
    a, b = Input("a", ()), Input("b", ())
    forms = [
        form_of((a + b,)),
        form_of((a - b,)),
        form_of((a + a,)),
        form_of((a + 2,)),
        form_of((a + 3,)),
        form_of((a + b, a)),
        form_of((a + v,)),
        form_of((total(v, (-1,)),)),
        form_of((total(v, (-1,), True),)),
        form_of((sin(a + b),), lambda each: each is a + b),
        form_of((a + Input("c", (), tracked=False),)),
    ]
    keys = {form.key for form in forms}
    assert len(keys) == len(forms)
    assert form_of((a * b,)).key == form_of((x * y,)).key
    assert form_of((sin(a + b),), lambda each: each is a + b).key == form_of((sin(a),)).key


def test_plans_that_are_kept_are_bounded() -> None:
    cache: PlanCache[Prepared] = PlanCache(most_steps=40)
    made = []

    def make(step: int) -> Prepared:
        made.append(step)
        node = sin(x) * (step + 0.125)
        return fitted(Plan((node,)), form_of((node,)))

    for step in range(100):
        cache.find((step,), partial(make, step))
        cache.find((0,), partial(make, 0))
    assert made == list(range(100))
    assert cache.steps == 39
    assert len(cache) == 13
    cache.find((50,), partial(make, 50))
    assert made[-1] == 50


def test_a_plan_that_has_more_steps_than_may_be_kept_is_not() -> None:
    cache: PlanCache[Prepared] = PlanCache(most_steps=5)
    for size in (2, 6, 7):
        node = sin(x)
        for step in range(1, size):
            node = node * (step + 0.125)
        cache.find((size,), lambda: fitted(Plan((node,)), form_of((node,))))  # noqa: B023
    assert (cache.steps, len(cache)) == (3, 1)
