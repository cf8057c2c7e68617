"""Layouts: nothing overlaps, every edge runs down, few edges cross, and trees have no crossing at all."""

from __future__ import annotations

import random
from itertools import combinations

import pytest
from work import grows_with

from gradcli.writing.layered import BETWEEN, Layout, layout


def some_graph(seed: int, size: int) -> tuple[list[tuple[float, float]], list[tuple[int, int]]]:
    """A graph such as formulas make: a few leaves, each operation on one or two of what is there."""
    rng = random.Random(seed)
    sizes = [(rng.choice((30.0, 80.0, 140.0)), rng.choice((30.0, 50.0))) for _ in range(size)]
    edges = {(rng.randrange(target), target) for target in range(3, size) for _ in range(rng.choice((1, 2)))}
    return sizes, sorted(edges)


@pytest.mark.parametrize("seed", range(12))
def test_boxes_stand_apart_and_edges_run_down(seed: int) -> None:
    sizes, edges = some_graph(seed, 5 + 5 * seed)
    found = layout(sizes, edges)
    for (one, (x, y)), (other, (u, v)) in combinations(enumerate(found.places), 2):
        side = abs(x - u) - (sizes[one][0] + sizes[other][0]) / 2
        down = abs(y - v) - (sizes[one][1] + sizes[other][1]) / 2
        assert side >= BETWEEN - 1e-6 or down > 0
    for (x, y), (width, height) in zip(found.places, sizes, strict=True):
        assert -1e-6 <= x - width / 2 <= x + width / 2 <= found.width + 1e-6
        assert -1e-6 <= y - height / 2 <= y + height / 2 <= found.height + 1e-6
    for (source, target), route in zip(edges, found.routes, strict=True):
        assert [y for _, y in route] == sorted(y for _, y in route)
        assert route[0] == (found.places[source][0], found.places[source][1] + sizes[source][1] / 2)
        x, y = found.places[target]
        assert abs(route[-1][0] - x) < sizes[target][0] / 2
        assert route[-1][1] == y - sizes[target][1] / 2


def crossings(found: Layout) -> int:
    """How many pairs of edges cross, as straight pieces between the layers."""
    pieces = [(route[at], route[at + 1], route[0]) for route in found.routes for at in range(len(route) - 1)]
    count = 0
    for (a, b, first), (c, d, second) in combinations(pieces, 2):
        if first != second and abs(a[1] - c[1]) < 40 and abs(b[1] - d[1]) < 40:
            count += (a[0] - c[0]) * (b[0] - d[0]) < 0
    return count


def test_trees_have_no_crossings() -> None:
    rng = random.Random(0)
    edges = sorted((rng.randrange(max(target - 6, 0), target), target) for target in range(1, 60))
    mirrored = sorted((59 - target, 59 - source) for source, target in edges)
    for tree in (edges, mirrored):
        assert crossings(layout([(40.0, 30.0)] * 60, tree)) == 0


def test_a_crossing_that_need_not_be_is_not_there() -> None:
    edges = [(0, 5), (1, 4), (2, 3)]
    assert crossings(layout([(40.0, 30.0)] * 6, edges)) == 0


def test_a_chain_is_a_straight_line() -> None:
    found = layout([(40.0 + 10 * (k % 3), 30.0) for k in range(9)], [(k, k + 1) for k in range(8)])
    assert len({round(x, 6) for x, _ in found.places}) == 1


def test_what_is_used_far_below_shares_its_way() -> None:
    edges = [(k, k + 1) for k in range(1, 9)] + [(0, k) for k in range(1, 10)]
    found = layout([(40.0, 30.0)] * 10, edges)
    assert len({point for route in found.routes for point in route[1:-1]}) == 8


def test_nothing_and_one_box() -> None:
    assert layout([], []) == Layout([], [], 0, 0)
    assert layout([(40.0, 30.0)], []) == Layout([(20.0, 15.0)], [], 40, 30)


def test_a_chain_of_many_boxes_is_only_as_much_more_work() -> None:
    assert grows_with(40, lambda size: layout([(40.0, 30.0)] * size, [(k, k + 1) for k in range(size - 1)]))
