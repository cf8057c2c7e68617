"""`solve`: where formulas are 0, and how the roots move with what was held."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gradcli.arrays import Array
from gradcli.capabilities.formula import Formula
from gradcli.capabilities.found import Found, Request
from gradcli.capabilities.pictures import as_file, as_text, sketch
from gradcli.capabilities.ranges import Points
from gradcli.engine import derive
from gradcli.engine.graph import Input, Node, as_node
from gradcli.engine.primitives.shaping import reshape
from gradcli.records import NamedTuple
from gradcli.search.all_roots import Enclosure, Stretch, search
from gradcli.search.function import Function, Variables, jacobian_matrix
from gradcli.search.intervals import Box, box, enclosed, without_rule
from gradcli.search.solve import Root, System, sensitivities, solve, solve_between
from gradcli.text.errors import EvaluationError, InputError, Notice
from gradcli.text.json import json_value
from gradcli.text.values import labelled, number, plain
from gradcli.writing.curves import Picture

_PLENTY = 12
"""Of so many digits, and more, nothing is said."""

_HIGHEST = 7
"""Derivatives up to this order tell how often a root counts."""


class Solved(Found):
    """Where a search ended.

    `place` holds the unknowns by name, `residual` is the greatest of what the equations miss there,
    `converged` says whether it is a root, and `reason` why not; `digits` are those of a simple root of one
    equation that rounding errors leave; `multiplicity` is that of a root of one equation. `sensitivities`
    holds, by unknown, its derivatives in what was held; `evaluations` counts passes.
    """

    def __init__(
        self,
        formula: Formula,
        root: Root,
        variables: Variables,
        evaluations: int,
        inner: Mapping[str, Mapping[str, Any]],
        notices: Sequence[Notice],
        digits: int | None,
        picture: Picture | None = None,
    ) -> None:
        super().__init__(formula.text, formula.given(), notices)
        self._picture = picture
        self.digits = digits
        self.place = variables.parted(root.place)
        self.residual = float(np.abs(root.residuals).max())
        self.multiplicity = root.multiplicity
        self.converged = root.converged
        self.reason = root.reason
        self.evaluations = evaluations
        self.sensitivities = {name: dict(each) for name, each in inner.items()}
        self.status = 0 if self.converged else 1
        self.settled = self.place if self.converged else {}

    def members(self) -> dict[str, Any]:
        return {
            "residual": json_value(self.residual),
            "converged": self.converged,
            "reason": self.reason,
            "multiplicity": self.multiplicity,
            "digits": self.digits,
            "evaluations": self.evaluations,
            "sensitivities": {
                name: {held: json_value(each) for held, each in inner.items()}
                for name, inner in self.sensitivities.items()
            },
        }

    def to_dict(self) -> dict[str, Any]:
        """The same as `--json` prints; `variables` are those at the place that was found."""
        found = super().to_dict()
        found["variables"].update((name, json_value(each)) for name, each in self.place.items())
        return found

    def text(self, digits: int | None = None) -> str:
        lines = [labelled(name, each, digits) for name, each in self.place.items()]
        for name, inner in self.sensitivities.items():
            lines += [labelled(f"d{name}/d{held}", each, digits) for held, each in inner.items()]
        if self.multiplicity > 1:
            lines.append(f"a root of multiplicity {self.multiplicity}")
        lines.append(f"residual = {plain(self.residual, 2)}")
        if self.digits is not None and self.digits < _PLENTY:
            many = "1 digit" if self.digits == 1 else f"{self.digits} digits"
            lines.append(f"good to about {many}, as rounding errors hide where the formula is 0")
        return "\n".join([*lines, *as_text(self._picture)])

    def written(self, form: str, digits: int | None = None) -> bytes:
        """The curve with its root, as `png`, `svg` or `pdf`."""
        self._check(form)
        return as_file(self._picture, form)


class Place(NamedTuple):
    """One of several roots: its value, what the equation misses there, how often it counts.

    `proved`: there is one root, and no other, in a small range around it. `sensitivities` are its derivatives
    in what was held, by name.
    """

    value: float
    residual: float
    multiplicity: int
    proved: bool
    sensitivities: dict[str, Any]


class Undecided(NamedTuple):
    """A small range in which intervals could not decide; `kind` is one of the reasons below."""

    low: float
    high: float
    kind: str


_REASONS = {
    "multiple": "a root of several, or nearly one",
    "break": "a pole, a jump, or the end of where it is real",
    "edge": "the end of the range, and a root on one side of it",
    "maybe": "too close to 0 to tell",
    "unknown": "a function of which nothing is known over intervals",
}


class Roots(Found):
    """The roots in a range.

    `roots` are in order, `complete` says that they are proved to be all, and `undecided` are the small ranges
    in which there may be others. `evaluations` counts passes.
    """

    def __init__(
        self,
        formula: Formula,
        unknown: str,
        roots: Sequence[Place],
        undecided: Sequence[Undecided],
        complete: bool,
        evaluations: int,
        notices: Sequence[Notice],
        picture: Picture | None = None,
    ) -> None:
        super().__init__(formula.text, formula.given(), notices)
        self._picture = picture
        self.unknown = unknown
        self.range = formula.given()[unknown]
        self.roots = tuple(roots)
        self.undecided = tuple(undecided)
        self.complete = complete
        self.evaluations = evaluations
        self.status = 0 if complete or roots else 1

    def members(self) -> dict[str, Any]:
        return {
            "roots": [
                {
                    "variables": {self.unknown: json_value(each.value)},
                    "residual": json_value(each.residual),
                    "multiplicity": each.multiplicity,
                    "proved": each.proved,
                    "sensitivities": {
                        self.unknown: {name: json_value(one) for name, one in each.sensitivities.items()}
                    },
                }
                for each in self.roots
            ],
            "complete": self.complete,
            "undecided": [each._asdict() for each in self.undecided],
            "evaluations": self.evaluations,
        }

    def text(self, digits: int | None = None) -> str:
        lines = []
        for each in self.roots:
            times = "" if each.multiplicity == 1 else f" (a root of multiplicity {each.multiplicity})"
            lines.append(f"{self.unknown} = {plain(each.value, digits)}{times}")
            lines += [
                labelled(f"  d{self.unknown}/d{name}", one, digits)
                for name, one in each.sensitivities.items()
            ]
        count = len(self.roots)
        if self.complete:
            told = {0: "no root", 1: "the only root", 2: "both roots"}.get(count, f"all {count} roots")
            return "\n".join([*lines, f"{told} in {self.range}, proved", *as_text(self._picture)])
        told = {0: "no root", 1: "1 root"}.get(count, f"{count} roots")
        lines.append(f"{told} found in {self.range}, and not proved to be all")
        for place in self.undecided[:_MOST_NAMED]:
            lines.append(f"undecided near {_within(place)}: {_REASONS[place.kind]}")
        if len(self.undecided) > _MOST_NAMED:
            lines.append(f"and at {len(self.undecided) - _MOST_NAMED} other places")
        return "\n".join([*lines, *as_text(self._picture)])

    def written(self, form: str, digits: int | None = None) -> bytes:
        """The curve with its roots, as `png`, `svg` or `pdf`."""
        self._check(form)
        return as_file(self._picture, form)


def _within(place: Undecided) -> str:
    """The shortest text of a number in a small range; both ends of a wide one."""
    if place.high - place.low > 1e-3 * max(1.0, abs(place.low)):
        return f"{number(place.low, 4)} to {number(place.high, 4)}"
    if place.low <= 0 <= place.high:
        return "0"
    middle = 0.5 * (place.low + place.high)
    texts = (number(middle, digits) for digits in range(3, 18))
    return next((text for text in texts if place.low <= float(text) <= place.high), number(middle))


_MOST_NAMED = 8
_USUAL = ("x", "y", "z", "t")
"""What unknowns are called most often."""

_MOST_TRIED = 100
"""So many undecided stretches are searched for a root."""

_SAMPLES = 401
"""At so many points of an undecided stretch that is wide the signs are looked at."""


def answer(request: Request) -> Solved | Roots:
    """Searches for the root that is asked for; raises `GradcliError`."""
    formula, held = request.formula, tuple(request.settings["fix"])
    formula.chosen(held)
    for output in formula.outputs:
        if output.node.boolean or output.relation == ">=":
            raise InputError("an equation belongs here", (output.mark,), "x**2 + y**2 = 4")
    unknowns = {name: each for name, each in formula.variables.items() if name not in held}
    flat = [reshape(each.node, (math.prod(each.node.shape),)) for each in formula.outputs]
    started = _started(formula, unknowns, flat)
    _require_starts(formula, unknowns, flat)
    variables = Variables(unknowns)
    if not variables.count or not any(math.prod(each.node.shape) for each in formula.outputs):
        raise InputError("no unknown is left to solve for", (formula.output.mark,))
    inputs = list(unknowns.values())
    fixed = {each: data for each, data in formula.values.items() if each not in set(inputs)}
    first = Function(flat, variables, fixed)
    second = Function([jacobian_matrix(flat, inputs)], variables, fixed)
    system = System(lambda x: np.concatenate(first.at(x)), lambda x: second.at(x)[0])
    ranges = {name: each for name, each in formula.given().items() if isinstance(each, Points)}
    alone = variables.count == 1 and len(flat) == 1 and flat[0].shape == (1,) and not inputs[0].shape
    derivatives = _Derivatives(formula.output.node, inputs[0], variables, fixed) if alone else None
    if ranges:
        if derivatives is None:
            name = next(iter(ranges))
            hint = formula.how(name, "1")
            raise InputError("a range brackets the one unknown of one equation", formula.places(name), hint)
        (points,) = ranges.values()
        if request.settings["all_roots"]:
            return _all_roots(request, system, derivatives, points, variables, fixed, flat, first)
        root = solve_between(system, points.start, points.stop, derivatives)
    elif request.settings["all_roots"]:
        name = next(iter(unknowns))
        raise InputError("all roots are those in a range", formula.places(name), formula.how(name, "0:10"))
    else:
        start = variables.joined({name: formula.values[each] for name, each in unknowns.items()})
        root = solve(system, start, derivatives)
    parameters = {name: formula.variables[name] for name in held}
    inner, notices = _sensitivities(root, flat, variables, fixed, parameters)
    notices[:0] = started
    if not root.converged:
        more = "--all searches the whole range" if ranges and formula.surface.options else None
        notices.append(Notice("warning", f"this is no root: {root.reason}", hint=more))
    elif variables.count > (count := sum(each.shape[0] for each in flat)):
        told = f"{variables.count} unknowns and {count} equation{'s'[: count > 1]}"
        holding = None
        if formula.surface.options and len(unknowns) == variables.count:
            sought = sorted(unknowns, key=lambda name: name not in _USUAL)[:count]
            fixes = (f"--fix {name}" for name in unknowns if name not in sought)
            holding = f"{' '.join(fixes)} leaves as many unknowns as equations"
        notices.append(Notice("note", f"{told}: this is one root of many", hint=holding))
    elif variables.count > 1 and not root.is_settled:
        notices.append(
            Notice("note", "the equations do not settle all unknowns here: there may be many roots")
        )
    picture = None
    if request.settings["plot"]:
        if derivatives is None:
            raise InputError("the curve of one equation in one unknown is drawn", (formula.output.mark,))
        place = float(root.place[0])
        if ranges:
            ends = (points.start, points.stop)
        else:
            around = (float(start[0]), place)
            room = 0.3 * abs(around[0] - place) or max(1.0, abs(place))
            ends = (min(around) - room, max(around) + room)
        picture = _picture(formula, derivatives, ends, [place] if root.converged else [])
    trusted = None if derivatives is None or not root.converged else _trusted(root, derivatives)
    return Solved(formula, root, variables, first.passes, inner, notices, trusted, picture)


def _require_starts(formula: Formula, unknowns: Mapping[str, Input], flat: Sequence[Node]) -> None:
    """Raises `InputError` where an unknown has no start; others that have values may be meant to stay."""
    missing = formula.without_value(unknowns)
    given = [name for name in unknowns if name not in missing]
    count = sum(each.shape[0] for each in flat)
    if given and formula.surface.options and len(unknowns) > count >= len(missing) > 0:
        name = next(iter(missing))
        starts = " ".join(formula.how(each, "4") for each in missing)
        fixes = " ".join(f"--fix {each}" for each in given)
        hint = f"{starts} {fixes} holds what has a value; without --fix all are unknowns"
        raise InputError(f"{name} needs a start", formula.places(name), hint)
    formula.require_values("a start")


def _started(formula: Formula, unknowns: Mapping[str, Input], flat: Sequence[Node]) -> list[Notice]:
    """Gives all unknowns a start if none has one, and there are as many linear equations for them."""
    missing = formula.without_value(unknowns)
    count = sum(math.prod(each.shape) for each in unknowns.values())
    if not missing or len(missing) < len(unknowns) or count > sum(each.shape[0] for each in flat):
        return []
    told = "the equations are linear" if len(flat) > 1 else "the equation is linear"
    slopes = [jacobian_matrix(flat, list(unknowns.values()))]
    return formula.start_anywhere(missing, flat, slopes, told)[1]


def _trusted(root: Root, derivatives: _Derivatives) -> int | None:
    """How many digits of a simple root rounding errors leave: how wide the formula is there, over its slope.

    Nothing is said of a root that is 0 as far as these go.
    """
    if root.multiplicity > 1:
        return None
    place, slope = float(root.place[0]), abs(float(root.jacobian[0, 0]))
    value = derivatives.enclosure(0)(root.place, root.place)
    width = float(value.high[0] - value.low[0]) / slope if slope else math.inf
    if not width < 0.1 * abs(place):
        return None
    return min(16, math.floor(-math.log10(max(width / abs(place), 1e-16))))


def _picture(
    formula: Formula, derivatives: _Derivatives, ends: tuple[float, float], roots: Sequence[float]
) -> Picture:
    """The curve of an equation, whose sides are apart by what it shows, with its roots."""

    def data(xs: Array) -> tuple[Array, Array]:
        ys, slopes = ([derivatives(float(each), order) for each in xs] for order in range(2))
        return np.array(ys), np.array(slopes)

    unknown = derivatives.unknown.name
    marks = [(each, 0.0) for each in roots]
    picture = sketch([(formula.output.text, data)], unknown, ends, (), marks, "root")
    if picture is None:
        raise EvaluationError("there is nothing to draw: no value is finite", (formula.output.mark,))
    return picture


def _all_roots(
    request: Request,
    system: System,
    derivatives: _Derivatives,
    points: Points,
    variables: Variables,
    fixed: Mapping[Input, Any],
    flat: Sequence[Node],
    first: Function,
) -> Roots:
    """The roots in a range; raises `InputError` for one without a length."""
    formula, held = request.formula, tuple(request.settings["fix"])
    (name,) = variables.inputs
    low, high = points.start, points.stop
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise InputError(
            f"all roots are those in a finite range, and {points} is none",
            formula.places(name),
            formula.how(name, "0:10"),
        )

    value, slope = derivatives.enclosure(0), derivatives.enclosure(1)
    found = search(lambda x: derivatives(x, 0), value, slope, low, high)
    parameters = {each: formula.variables[each] for each in held}
    roots: list[Place] = []
    undecided: list[Undecided] = []
    notices: list[Notice] = []
    unknown_names = without_rule(derivatives.node(0) or flat[0])
    if unknown_names:
        told = f"nothing is known of {', '.join(unknown_names)} over intervals, so that nothing is proved"
        notices.append(Notice("warning", told))
    for stretch in found.stretches:
        if stretch.kind == "one":
            there = [solve_between(system, stretch.low, stretch.high, derivatives)]
        elif stretch.kind == "end":
            there = [solve_between(system, stretch.low, stretch.low, derivatives)]
        else:
            tried = len(undecided) < _MOST_TRIED and stretch.kind != "edge"
            there = _looked_for(system, derivatives, stretch, (low, high)) if tried else []
            several = any(each.multiplicity > 1 for each in there)
            kind = "unknown" if unknown_names else "multiple" if several else stretch.kind
            undecided.append(Undecided(stretch.low, stretch.high, kind))
        for root in there:
            place = float(root.place[0])
            if any(abs(place - each.value) <= 1e-9 * max(1.0, abs(place)) for each in roots):
                continue
            inner, notes = _sensitivities(root, flat, variables, fixed, parameters)
            notices += [each for each in notes if each not in notices]
            proved = stretch.kind in ("one", "end")
            residual = float(np.abs(root.residuals).max())
            roots.append(Place(place, residual, root.multiplicity, proved, dict(inner.get(name, {}))))
    roots.sort(key=lambda each: each.value)
    complete = found.complete and not undecided
    picture = None
    if request.settings["plot"]:
        picture = _picture(formula, derivatives, (low, high), [each.value for each in roots])
    return Roots(formula, name, roots, undecided, complete, first.passes, notices, picture)


def _looked_for(
    system: System, derivatives: _Derivatives, stretch: Stretch, ends: tuple[float, float]
) -> list[Root]:
    """Roots in a stretch that is undecided, where a search finds some."""
    width = stretch.high - stretch.low
    found = []
    if width > 1e-6 * (ends[1] - ends[0]):
        points = np.linspace(stretch.low, stretch.high, _SAMPLES)
        values = np.array([derivatives(float(each), 0) for each in points])
        for at in points[:-1][np.isfinite(values)[:-1] & (values[:-1] == 0)]:
            found.append(solve(system, np.array([at]), derivatives))
        for k in map(int, np.flatnonzero(np.sign(values[:-1]) * np.sign(values[1:]) < 0)):
            found.append(solve_between(system, float(points[k]), float(points[k + 1]), derivatives))
        if not any(each.converged for each in found) and np.isfinite(values).any():
            least = points[[np.nanargmin(np.abs(values))]]  # where it may be 0 without a change of sign
            found.append(solve(system, least, derivatives))
    elif stretch.kind == "maybe":
        found.append(solve(system, np.array([0.5 * (stretch.low + stretch.high)]), derivatives))
    near = 1e-6 * max(1.0, abs(stretch.low)) + 10 * width
    low, high = max(ends[0], stretch.low - near), min(ends[1], stretch.high + near)
    return [each for each in found if each.converged and low <= each.place[0] <= high]


class _Derivatives:
    """The derivatives of one equation in its one unknown, made when they are asked for."""

    def __init__(self, node: Node, unknown: Input, variables: Variables, fixed: Mapping[Input, Any]) -> None:
        self._nodes: list[Node | None] = [reshape(node, ())]
        self.unknown = unknown
        self._variables = variables
        self._fixed = fixed
        self._functions: dict[int, Function] = {}

    def node(self, order: int) -> Node | None:
        """The derivative of some order; `None` where it is 0 everywhere."""
        while len(self._nodes) <= order:
            last = self._nodes[-1]
            if last is None:
                self._nodes.append(None)
            else:
                self._nodes += derive.pushforward((last,), (self.unknown,), (as_node(1.0),))
        return self._nodes[order]

    def enclosure(self, order: int) -> Enclosure:
        """What the derivative of some order can be over intervals."""
        node = self.node(order)
        numbers = [(each, float(data)) for each, data in self._fixed.items() if not each.shape]

        def enclose(low: Array, high: Array) -> Box:
            if node is None:
                return box(np.zeros(len(low)), np.zeros(len(low)))
            inputs: dict[Node, Box] = {
                each: box(np.full(len(low), data), np.full(len(low), data)) for each, data in numbers
            }
            inputs[self.unknown] = box(low, high)
            return enclosed(node, inputs, len(low))

        return enclose

    def __call__(self, place: float, order: int) -> float:
        node = self.node(order)
        if node is None:
            return 0.0
        if order not in self._functions:
            self._functions[order] = Function([node], self._variables, self._fixed)
        return float(self._functions[order].at(np.array([place]))[0])


def _sensitivities(
    root: Root,
    equations: Sequence[Node],
    variables: Variables,
    fixed: Mapping[Input, Any],
    held: Mapping[str, Input],
) -> tuple[dict[str, dict[str, Any]], list[Notice]]:
    """How the unknowns move with what was held, by the implicit function theorem."""
    if not held or not root.converged:
        return {}, []
    parameters = Variables(held)
    (mixed,) = Function([jacobian_matrix(equations, list(held.values()))], variables, fixed).at(root.place)
    moved = None if root.multiplicity > 1 else sensitivities(root, mixed)
    if moved is None:
        told = "the root is not simple, so it has no derivatives in what was held"
        return {}, [Notice("warning", told)]
    return variables.blocks(moved, parameters), []
