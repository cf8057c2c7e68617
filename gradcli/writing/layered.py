"""Where the boxes of a graph stand: in layers, with few crossings, along lines that are nearly straight.

The method is that of Sugiyama, Tagawa and Toda (1981): every edge runs down, from layer to layer, and passes
a point in each between its ends, which all edges from one box share; the order in a layer is found by
barycentres and by exchanging neighbours, and the places by weighted least squares that keep the order and the
distances. As the order is fixed by then, each layer is an isotonic regression, which is solved exactly.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterable, Sequence
from itertools import pairwise

from gradcli.records import NamedTuple

BETWEEN = 28.0
"""The least distance of boxes side by side, in the unit of their sizes."""

DOWN = 44.0
"""The distance of layers, unless another is asked for."""

_SWEEPS = 12
_PLACINGS = 24
_LARGE = 3000
"""In graphs of more boxes and points no neighbours are exchanged."""

Point = tuple[float, float]


class Layout(NamedTuple):
    """Where everything is: the middle of each box, the points of each edge from its top end, and the size."""

    places: list[Point]
    routes: list[list[Point]]
    width: float
    height: float

    def turned(self) -> Layout:
        """The same with right for down."""
        places = [(y, x) for x, y in self.places]
        return Layout(places, [[(y, x) for x, y in each] for each in self.routes], self.height, self.width)


def layout(
    sizes: Sequence[Point],
    edges: Sequence[tuple[int, int]],
    rooms: Sequence[float] | None = None,
    down: float = DOWN,
) -> Layout:
    """Places boxes of these sizes. Every edge runs from a box to one that stands behind it in the list.

    `rooms` are what each edge needs to its right where it ends; the box that it leads to should be as wide as
    all that takes together. `down` is the distance of layers.
    """
    if not sizes:
        return Layout([], [], 0.0, 0.0)
    graph = _Graph(sizes, edges)
    graph.order()
    graph.place()
    return graph.laid_out(rooms or [0.0] * len(edges), down)


class _Graph:
    """Boxes, and behind them the points that edges pass, each in a layer."""

    def __init__(self, sizes: Sequence[Point], edges: Sequence[tuple[int, int]]) -> None:
        self.edges = list(edges)
        self.boxes = len(sizes)
        self.sizes = list(sizes)
        self.layer = _layers(self.boxes, self.edges)
        self.above: list[list[int]] = [[] for _ in sizes]
        self.below: list[list[int]] = [[] for _ in sizes]
        self.passed: list[list[int]] = []
        """The points that each edge passes."""
        trunks: dict[tuple[int, int], int] = {}
        for source, target in self.edges:
            before, points = source, []
            for layer in range(self.layer[source] + 1, self.layer[target]):
                point = trunks.get((source, layer))
                if point is None:
                    point = trunks[source, layer] = self._point(layer)
                    self._join(before, point)
                points.append(point)
                before = point
            if target not in self.below[before]:
                self._join(before, target)
            self.passed.append(points)
        self.rows: list[list[int]] = [[] for _ in range(max(self.layer) + 1)]
        for each, layer in enumerate(self.layer):
            self.rows[layer].append(each)
        self.x = [0.0] * len(self.sizes)

    def _point(self, layer: int) -> int:
        self.sizes.append((0.0, 0.0))
        self.layer.append(layer)
        self.above.append([])
        self.below.append([])
        return len(self.sizes) - 1

    def _join(self, upper: int, lower: int) -> None:
        self.below[upper].append(lower)
        self.above[lower].append(upper)

    # The order in the layers

    def order(self) -> None:
        """Puts each layer in an order with few crossings."""
        self._from_below()
        best, fewest = [list(row) for row in self.rows], self._crossings()
        for sweep in range(_SWEEPS):
            if not fewest:
                break
            downwards = sweep % 2 == 0
            place = self._positions()
            for row in self.rows if downwards else self.rows[::-1]:
                beside = self.above if downwards else self.below
                row.sort(key=lambda each: _mean([place[other] for other in beside[each]], place[each]))
                place.update({each: float(at) for at, each in enumerate(row)})
            if len(self.sizes) <= _LARGE:
                self._exchange()
            crossings = self._crossings()
            if crossings < fewest:
                best, fewest = [list(row) for row in self.rows], crossings
        self.rows = best

    def _from_below(self) -> None:
        """The order in which a walk from the last boxes meets all others: what is used first stands left."""
        met: dict[int, int] = {}
        ends = [each for each in range(self.boxes) if not self.below[each]]
        stack = ends[::-1]
        while stack:
            each = stack.pop()
            if each not in met:
                met[each] = len(met)
                stack += self.above[each][::-1]
        for row in self.rows:
            row.sort(key=met.__getitem__)

    def _positions(self) -> dict[int, float]:
        return {each: float(place) for row in self.rows for place, each in enumerate(row)}

    def _crossings(self) -> int:
        place = self._positions()
        return sum(
            _inversions(sorted((place[each], place[other]) for each in row for other in self.below[each]))
            for row in self.rows
        )

    def _exchange(self) -> None:
        """Exchanges neighbours wherever that saves a crossing."""
        place = self._positions()
        for row in self.rows:
            for at in range(len(row) - 1):
                left, right = row[at], row[at + 1]
                saved = 0
                for beside in (self.above, self.below):
                    ends = [place[each] for each in beside[left]], [place[each] for each in beside[right]]
                    saved += sum((a > b) - (a < b) for a in ends[0] for b in ends[1])
                if saved > 0:
                    row[at], row[at + 1] = right, left
                    place[left], place[right] = at + 1.0, float(at)

    # Places

    def place(self) -> None:
        """Gives everything a place in its layer, below what it hangs on and above what hangs on it."""
        for row in self.rows:
            left = 0.0
            for each in row:
                self.x[each] = left + self.sizes[each][0] / 2
                left += self.sizes[each][0] + BETWEEN
        for turn in range(_PLACINGS):
            downwards = turn % 2 == 0
            for row in self.rows if downwards else self.rows[::-1]:
                self._place_row(row, both=turn >= _PLACINGS // 2, downwards=downwards)

    def _place_row(self, row: Sequence[int], *, both: bool, downwards: bool) -> None:
        wanted, weights = [], []
        for each in row:
            beside = (
                [*self.above[each], *self.below[each]]
                if both
                else (self.above if downwards else self.below)[each]
            )
            pulls = [(self._pull(each, other), self.x[other]) for other in beside]
            weight = sum(pull for pull, _ in pulls)
            wanted.append(sum(pull * x for pull, x in pulls) / weight if pulls else self.x[each])
            weights.append(weight if pulls else 1e-3)
        shifts = [0.0]
        for left, right in pairwise(row):
            shifts.append(shifts[-1] + (self.sizes[left][0] + self.sizes[right][0]) / 2 + BETWEEN)
        apart = [want - shift for want, shift in zip(wanted, shifts, strict=True)]
        for each, x, shift in zip(row, _rising(apart, weights), shifts, strict=True):
            self.x[each] = x + shift

    def _pull(self, one: int, other: int) -> float:
        """How strongly an edge wants to be straight: most so between two points that it passes."""
        return (1.0, 2.0, 8.0)[(one >= self.boxes) + (other >= self.boxes)]

    def laid_out(self, rooms: Sequence[float], down: float) -> Layout:
        """Everything from the corner on."""
        left = min(self.x[each] - self.sizes[each][0] / 2 for each in range(len(self.sizes)))
        right = max(self.x[each] + self.sizes[each][0] / 2 for each in range(len(self.sizes)))
        x = [each - left for each in self.x]
        y, height = [], 0.0
        for row in self.rows:
            tall = max(self.sizes[each][1] for each in row)
            y.append(height + tall / 2)
            height += tall + down
        places = [(x[each], y[self.layer[each]]) for each in range(self.boxes)]
        ports = self._ports(x, rooms)
        routes = []
        for (source, target), passed, port in zip(self.edges, self.passed, ports, strict=True):
            first = places[source][0], places[source][1] + self.sizes[source][1] / 2
            last = port, places[target][1] - self.sizes[target][1] / 2
            routes.append([first, *((x[each], y[self.layer[each]]) for each in passed), last])
        return Layout(places, routes, right - left, height - down)

    def _ports(self, x: Sequence[float], rooms: Sequence[float]) -> list[float]:
        """Where on the top of its box each edge ends: side by side, in the order that they come in."""
        coming: dict[int, list[tuple[float, int]]] = {}
        for at, ((source, target), passed) in enumerate(zip(self.edges, self.passed, strict=True)):
            coming.setdefault(target, []).append((x[passed[-1] if passed else source], at))
        ports = [0.0] * len(self.edges)
        for target, ends in coming.items():
            width = self.sizes[target][0]
            taken = sum(rooms[at] for _, at in ends) if len(ends) > 1 else 0.0
            between = (width - taken) / (len(ends) + 1)
            port = x[target] - width / 2
            for _, at in sorted(ends):
                ports[at] = port = port + between
                port += rooms[at]
        return ports


def _layers(count: int, edges: Iterable[tuple[int, int]]) -> list[int]:
    """The layer of each box: below all that it hangs on, and near where most of its edges lead."""
    coming: list[list[int]] = [[] for _ in range(count)]
    going: list[list[int]] = [[] for _ in range(count)]
    for source, target in edges:
        assert source < target
        going[source].append(target)
        coming[target].append(source)
    found: list[int] = []
    for each in range(count):
        found.append(max((found[other] + 1 for other in coming[each]), default=0))
    for each in reversed(range(count)):
        if going[each] and len(going[each]) >= len(coming[each]):
            found[each] = min(found[other] for other in going[each]) - 1
    least = min(found)
    return [layer - least for layer in found]


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _inversions(pairs: Sequence[tuple[float, float]]) -> int:
    """How many pairs of edges cross, from their ends above (in order) and below."""
    seen: list[float] = []
    count = 0
    for _, end in pairs:
        count += len(seen) - bisect_right(seen, end)
        insort(seen, end)
    return count


def _rising(values: Sequence[float], weights: Sequence[float]) -> list[float]:
    """The sequence that never falls and is nearest to the values: those that do are pooled."""
    pools: list[tuple[float, float, int]] = []
    for value, weight in zip(values, weights, strict=True):
        pool = (value, weight, 1)
        while pools and pools[-1][0] > pool[0]:
            before, heavy, count = pools.pop()
            total = heavy + pool[1]
            pool = ((before * heavy + pool[0] * pool[1]) / total, total, count + pool[2])
        pools.append(pool)
    return [value for value, _, count in pools for _ in range(count)]
