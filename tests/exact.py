"""What functions of numbers give exactly: points over their domain, and references for all orders to two.

The references of a table's entry take mpmath seconds to minutes, so they are made once and kept
(`tests/data/exact/NAME.npz`), with a key that changes with all that they follow from. An entry without them
is checked all the same, by references made for fewer points on the spot. To keep those of new entries:

    python tests/exact.py [NAME]…
"""

from __future__ import annotations

import hashlib
import itertools
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import mpmath as mp
import numpy as np
from entries import (
    INF,
    OF_NUMBERS,
    arguments_of,
    called,
    exact_function,
    numbers_named,
    reference_of,
    value_of,
    whole_arguments_of,
)

from gradcli.engine.derive import gradient
from gradcli.engine.graph import Node, as_node
from gradcli.engine.plan import Plan
from gradcli.engine.primitives import Entry
from gradcli.engine.primitives.entry import Unknown
from gradcli.text.errors import EvaluationError

FOLDER = Path(__file__).parent / "data" / "exact"
MADE_BY = 1
"""Changes with the way in which points and references are made."""

ENOUGH = 200
"""Points that an entry is held to, where its domain has as many."""

LEVELS = ((16, 20), (20, 80), (26, 200), (34, 460), (40, 900))
"""Ever smaller steps for differences (as digits of what is near), and digits beyond what they need."""


class References(NamedTuple):
    """Exact results at points: the value, then the partials, then the second partials (`orders`).

    `at` has a row for each point; the others have a column for each result, too. The exact result is
    `nearest`, the double next to it, and `rest` of its ulps. `moved` is how much half an ulp of each
    argument moves it, in its ulps. `worst` are the largest errors of gradcli's own results when these were
    made, in ulps, with a column for each result.
    """

    at: Any
    nearest: Any
    rest: Any
    moved: Any
    worst: Any

    def some(self, step: int) -> References:
        """Every so many of the points."""
        return self._replace(
            at=self.at[::step], nearest=self.nearest[::step], rest=self.rest[::step], moved=self.moved[::step]
        )


class Fixed(NamedTuple):
    """The places of arguments in which nothing is differentiated: whole numbers do not move, others do."""

    whole: Sequence[int]
    unknown: Sequence[int]


NOWHERE = Fixed((), ())


def orders(count: int, most: int = 2) -> list[tuple[int, ...]]:
    """What is differentiated for each result of these orders at most, by the places of the arguments."""
    return [
        places
        for order in range(most + 1)
        for places in itertools.combinations_with_replacement(range(count), order)
    ]


# Points


def _intervals(entry: Entry) -> list[tuple[float, float] | range]:
    found = list(entry.tested) or [(-INF, INF)] * len(arguments_of(entry))
    return found[: len(arguments_of(entry))]


def _column(interval: tuple[float, float] | range, rng: np.random.Generator) -> list[float]:
    """Doubles in an interval: of every size, of both signs, near its ends, and whole and half numbers."""
    if isinstance(interval, range):
        return [float(each) for each in interval]
    low, high = interval
    top = math.log10(min(max(abs(low), abs(high)), 1.7e308))
    sizes = [5e-324, 1e-310, 2.3e-308]
    for start, stop, count in ((-3, min(top, 3), 50), (-20, top, 40), (-300, top, 25)):
        sizes += list(10 ** rng.uniform(start, max(start, stop), count))
    found = [0.0, *sizes, *(-each for each in sizes)]
    found += [k / 2 for k in range(-12, 13)]
    found += list(rng.uniform(max(low, -20), min(high, 20), 120) if low < 20 and high > -20 else ())
    length = min(high - low, 1.0)
    for end, sign in ((low, 1), (high, -1)):
        if math.isfinite(end):
            found += [end + sign * share * length for share in (1e-15, 1e-12, 1e-8, 1e-5, 1e-3, 0.03)]
            found.append(math.nextafter(end, sign * INF))
    if math.isfinite(high - low):
        found += list(rng.uniform(low, high, 60))
    return sorted({float(x) for x in found if low < x < high})


def points(entry: Entry) -> list[tuple[float, ...]]:
    """The points at which an entry is checked, in an order in which any first part is a fair one."""
    rng = np.random.default_rng(sum(entry.name.encode()))
    columns = [_column(each, rng) for each in _intervals(entry)]
    made: list[tuple[float, ...]] = [(x,) for x in columns[0]]
    if len(columns) > 1:
        # Each value of each argument meets ordinary ones of the others, and extremes meet extremes.
        ordinary = [[x for x in each if 1e-3 < abs(x) < 50] or each for each in columns]
        made = [
            tuple(x if k == place else float(rng.choice(ordinary[k])) for k in range(len(columns)))
            for place, column in enumerate(columns)
            for x in rng.choice(column, min(len(column), 180), replace=False).tolist()
        ]
        made += [tuple(float(rng.choice(column)) for column in columns) for _ in range(60)]
    made = [at for at in dict.fromkeys(made) if not any(edge.at == at for edge in entry.edges)]
    if entry.kink is not None:
        inputs = numbers_named(len(columns))
        kink = entry.kink.where(*inputs)
        made = [at for at in made if not value_of((kink,), inputs, at)[0]]
    return [made[k] for k in rng.permutation(len(made))]


# References


class _Unsettled(Exception):  # noqa: N818 (no error: the point is left out)
    """A function is not smooth at a point, or is not real, or is not known there."""


def _differences(
    f: Callable[..., Any], at: Sequence[float], ends: Any, level: tuple[int, int], places: Fixed, most: int
) -> list[Any]:
    """The results in order, and for each what half an ulp of the arguments moves it, by differences.

    Where an argument of those `places` is differentiated in, which it is not, 1 stands for the result.
    """
    whole, unknown = places
    share, further = level
    count = len(at)
    steps, digits = [], 0.0
    for x, (low, high) in zip(at, ends, strict=True):
        near = [mp.mpf(1), *([abs(mp.mpf(x))] if x else [])]
        near += [abs(mp.mpf(x) - end) for end in (low, high) if math.isfinite(end) and end != x]
        steps.append(mp.mpf(2) ** -int(share * 3.33) * min(near))
        digits = max(digits, float(mp.log10((1 + abs(x)) / steps[-1])))
    size = abs(f(*(mp.mpf(x) for x in at)))
    if not mp.isfinite(size) or size > mp.mpf(10) ** 400:
        raise _Unsettled  # far beyond what overflows
    further += max(0, int(mp.log10(1 + size)))
    with mp.workdps(int(further + 25 + 3 * digits)):
        known: dict[tuple[int, ...], Any] = {}

        def value(moves: tuple[int, ...]) -> Any:
            if moves not in known:
                there = [mp.mpf(x) + k * step for x, k, step in zip(at, moves, steps, strict=True)]
                found = f(*there)
                if not isinstance(found, mp.mpf):
                    if abs(mp.im(found)) > mp.eps**0.5 * abs(found):
                        raise _Unsettled
                    found = mp.re(found)
                if not mp.isfinite(found):
                    raise _Unsettled
                known[moves] = found
            return known[moves]

        def derivative(order: tuple[int, ...], moves: tuple[int, ...]) -> Any:
            """By central differences, where a second in the same argument takes its whole step."""
            if not order:
                return value(moves)
            i, rest = order[0], order[1:]
            if i in rest:
                rest = tuple(rest[k] for k in range(len(rest)) if k != rest.index(i))
                ahead, here, behind = (derivative(rest, _moved(moves, i, k)) for k in (1, 0, -1))
                return (ahead - 2 * here + behind) / steps[i] ** 2
            ahead, behind = (derivative(rest, _moved(moves, i, k)) for k in (1, -1))
            return (ahead - behind) / (2 * steps[i])

        origin = (0,) * count
        halves = [mp.mpf(math.ulp(x)) / 2 for x in at]
        results = []
        for order in orders(count, most):
            if set(order) & {*whole, *unknown}:
                results.append((mp.mpf(1), mp.mpf(0)))
                continue
            exact = derivative(order, origin)
            moved = sum(
                (abs(derivative((*order, k), origin)) * halves[k] for k in range(count) if k not in whole),
                mp.mpf(0),
            )
            results.append((exact, moved))
        return results


def _moved(moves: tuple[int, ...], place: int, by: int) -> tuple[int, ...]:
    return (*moves[:place], moves[place] + by, *moves[place + 1 :])


def _agree(one: list[Any], other: list[Any], *, last: bool) -> bool:
    """Whether two levels say the same; that a result is 0 is what too few digits say, too."""
    for (a, moves_a), (b, moves_b) in zip(one, other, strict=True):
        nearest = float(b)
        ulp = mp.mpf(math.ulp(nearest) if math.isfinite(nearest) else mp.inf)
        if abs(a - b) > 1e-3 * ulp or abs(moves_a - moves_b) > 1e-2 * (ulp + moves_b):
            return False
        if not last and not (a and b):
            return False
    return True


def reference_at(
    f: Callable[..., Any], at: Sequence[float], ends: Any, places: Fixed = NOWHERE, most: int = 2
) -> list[Any] | None:
    """Results of these orders at most, and their movements, in so many digits that more change nothing."""
    before = None
    try:
        for level in LEVELS:
            found = _differences(f, at, ends, level, places, most)
            if before is not None and _agree(before, found, last=level is LEVELS[-1]):
                return found
            before = found
    except (_Unsettled, ValueError, ArithmeticError, TypeError, mp.mp.NoConvergence, NotImplementedError):
        pass
    return None


def _key(entry: Entry) -> str:
    edges = [edge.at for edge in entry.edges]
    text = repr((MADE_BY, reference_of(entry), arguments_of(entry), _intervals(entry), edges))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def ends_of(entry: Entry) -> list[tuple[float, float]]:
    """The ends of the domain, at which a function may be not smooth, for each argument."""
    return [(each[0], each[-1]) for each in entry.domain or _intervals(entry)]


def fixed_places_of(entry: Entry) -> Fixed:
    """The places of the arguments that are whole numbers, and of those in which no derivative is known."""
    whole = [arguments_of(entry).index(name) for name in whole_arguments_of(entry)]
    partials = getattr(entry, "partials", None) or ()
    return Fixed(whole, [k for k, each in enumerate(partials) if isinstance(each, Unknown)])


def made(entry: Entry, most: int = ENOUGH + 40) -> References:
    """References made on the spot, for so many points at most."""
    f = exact_function(entry)
    ends, places = ends_of(entry), fixed_places_of(entry)
    rows: list[tuple[tuple[float, ...], list[Any]]] = []
    for at in points(entry):
        if len(rows) < most and (found := reference_at(f, at, ends, places)) is not None:
            rows.append((at, found))
    shape = (len(rows), len(orders(len(ends))))
    nearest, rest, moved = np.zeros(shape), np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    with mp.workdps(40), np.errstate(over="ignore"):
        for k, (_, results) in enumerate(rows):
            for column, (exact, change) in enumerate(results):
                near = nearest[k, column] = float(exact)
                if math.isfinite(near):
                    ulp = mp.mpf(math.ulp(near))
                    rest[k, column] = float((exact - near) / ulp)
                    moved[k, column] = float(min(change / ulp, 1e30))
    at_all = np.array([at for at, _ in rows]).reshape(len(rows), -1)
    references = References(at_all, nearest, rest, moved, np.zeros(shape[1]))
    raw, _ = errors(computed(entry, at_all), references)
    return references._replace(worst=np.where(raw < 1e300, raw, 0).max(axis=0))


# Kept references


def _file(entry: Entry) -> Path:
    return FOLDER / f"{entry.name}.npz"


def kept(entry: Entry) -> References | None:
    """The references that are kept of an entry, if they belong to what it says today."""
    try:
        with np.load(_file(entry)) as file:
            if str(file["key"]) != _key(entry):
                return None
            rest = file["rest"].astype(float) / 250
            return References(file["at"], file["nearest"], rest, file["moved"], file["worst"])
    except FileNotFoundError:
        return None


def keep(entry: Entry, references: References) -> None:
    FOLDER.mkdir(exist_ok=True)
    rest = np.clip(np.rint(references.rest * 250), -127, 127).astype(np.int8)
    whole = references._replace(rest=rest)._asdict()
    np.savez_compressed(_file(entry), key=np.array(_key(entry)), **whole)


def stale() -> Iterator[str]:
    """Kept files that belong to no entry of the table, or not to what it says today."""
    names = {entry.name: entry for entry in OF_NUMBERS}
    for path in sorted(FOLDER.glob("*.npz")):
        if path.stem not in names or kept(names[path.stem]) is None:
            yield path.stem


# What gradcli makes of it


def computed(entry: Entry, at: Any, *, rows: bool = True) -> Any:
    """What the entry gives at points, in the columns of references.

    Columns are nan where no rule is known, and where an argument is tested as whole numbers alone.
    """
    inputs = numbers_named(at.shape[1])
    node = called(entry, *inputs)
    whole = fixed_places_of(entry).whole
    outputs: list[Node | None] = []
    for order in orders(len(inputs)):
        if set(order) & set(whole):
            outputs.append(None)
            continue
        found: Node | None = as_node(1.0) * node if node.boolean else node
        try:
            for place in order:
                assert found is not None
                (found,) = gradient(found, (inputs[place],))
                found = as_node(0.0) if found is None else found
        except EvaluationError:  # of no known derivative
            found = None
        outputs.append(found)
    plain = [as_node(math.nan) if each is None else each for each in outputs]
    if rows:
        columns: dict[Node, Any] = dict(zip(inputs, at.T.copy(), strict=True))
        found_rows = Plan(plain, batched=inputs).run_rows(columns, len(at))
        return np.stack([np.broadcast_to(each, len(at)) for each in found_rows], axis=1)
    plan = Plan(plain)
    return np.array([plan.run(dict(zip(inputs, map(np.float64, each), strict=True))) for each in at])


def errors(got: Any, exact: References) -> tuple[Any, Any]:
    """The errors of results in ulps, and in ulps and half ulps of the arguments."""
    with np.errstate(all="ignore"):
        ulp = np.spacing(np.abs(exact.nearest))
        raw = np.abs((got - exact.nearest) / ulp - exact.rest)
        same = got == exact.nearest
        raw = np.where(np.isfinite(exact.nearest) & np.isfinite(got), raw, np.where(same, 0.0, np.inf))
        return raw, raw / (1 + exact.moved)


if __name__ == "__main__":
    for entry in OF_NUMBERS:
        if sys.argv[1:] and entry.name not in sys.argv[1:]:
            continue
        if kept(entry) is None or sys.argv[1:]:
            references = made(entry)
            keep(entry, references)
            print(f"{entry.name:16}{len(references.at):5} points", flush=True)
    for name in stale():
        (FOLDER / f"{name}.npz").unlink()
