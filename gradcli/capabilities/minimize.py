"""`minimize`: where a formula is least, a verdict on the place, and how it moves with what was held."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from gradcli.arrays import Array
from gradcli.capabilities.formula import Formula, Output
from gradcli.capabilities.found import Found, Request
from gradcli.capabilities.pictures import Contour, as_file, as_text, sketch
from gradcli.capabilities.rows import AnyRows, Parts, pieces
from gradcli.engine.graph import Input, Node, topological
from gradcli.records import NamedTuple
from gradcli.search.function import (
    Function,
    Merged,
    Sum,
    Variables,
    gradient_vector,
    hessian_matrix,
    jacobian_matrix,
)
from gradcli.search.minimize import METHODS, Bounds, Constraint, Minimum, Objective, minimize
from gradcli.search.sums import Total
from gradcli.text.errors import EvaluationError, InputError, Notice
from gradcli.text.json import json_value
from gradcli.text.suggest import did_you_mean
from gradcli.text.values import labelled, plain
from gradcli.writing.curves import Picture

_KINDS = {
    "minimum": "a minimum",
    "maximum": "a maximum",
    "saddle": "a saddle point",
    "flat": "flat: the Hessian has a direction without curvature",
    "unfinished": "not finished",
}


class Place(NamedTuple):
    """A step of a search: the variables, by name, and the value there."""

    variables: dict[str, Any]
    value: float


class Lowest(NamedTuple):
    """A minimum, the value there, and the starts from which it was found, each as the variables by name."""

    variables: dict[str, Any]
    value: float
    starts: tuple[dict[str, Any], ...]


class Minimized(Found):
    """Where a search ended.

    `value` is that of the formula, `place` the variables by name, `gradient_norm` the length of its gradient
    (of what is free to move); `kind` is `minimum`, `maximum`, `saddle`, `flat` or `unfinished`; `converged`
    says whether the place is one that was looked for. `sensitivities` holds, by variable, its derivatives in
    what was held, and `value_sensitivities` those of the value. `evaluations` counts passes; `path` is what
    `trace` asked for, and `minima` are the distinct ones that several starts
    found, with these.
    """

    def __init__(
        self,
        formula: Formula,
        found: Minimum,
        variables: Variables,
        sign: float,
        evaluations: int,
        sensitivities: Mapping[str, Mapping[str, Any]],
        value_sensitivities: Mapping[str, Any],
        path: Sequence[Place],
        minima: Sequence[Lowest],
        notices: Sequence[Notice],
        picture: Picture | Contour | None = None,
    ) -> None:
        super().__init__(formula.text, formula.given(), notices)
        self._picture = picture
        self.value = sign * found.value
        self.place = variables.parted(found.place)
        self.gradient_norm = found.slope
        turned = {"minimum": "maximum", "maximum": "minimum"}
        self.kind = found.kind if sign > 0 else turned.get(found.kind, found.kind)
        self.least_curvature = found.least
        self.converged = found.converged
        self.reason = found.reason
        self.evaluations = evaluations
        self.sensitivities = {name: dict(each) for name, each in sensitivities.items()}
        self.value_sensitivities = dict(value_sensitivities)
        self.path = tuple(path)
        self.minima = tuple(minima)
        self.aside = "\n".join(f"step {k}: {_line(each, 10)}" for k, each in enumerate(self.path))
        held = zip(variables.names(), found.active, strict=True)
        self.on_bound = tuple(name for name, active in held if active)
        self.status = 0 if self.converged else 1
        self.settled = self.place if self.converged else {}

    def members(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "value": json_value(self.value),
            "place": {name: json_value(each) for name, each in self.place.items()},
            "gradient_norm": json_value(self.gradient_norm),
            "kind": self.kind,
            "converged": self.converged,
            "reason": self.reason,
            "evaluations": self.evaluations,
            "on_bound": list(self.on_bound),
            "sensitivities": {
                name: {held: json_value(each) for held, each in inner.items()}
                for name, inner in self.sensitivities.items()
            },
            "value_sensitivities": {
                name: json_value(each) for name, each in self.value_sensitivities.items()
            },
        }
        if self.path:
            found["path"] = [_json_place(each) for each in self.path]
        if self.minima:
            found["minima"] = [
                {
                    **_json_place(each),
                    "starts": [_json_variables(start) for start in each.starts],
                }
                for each in self.minima
            ]
        return found

    def to_dict(self) -> dict[str, Any]:
        """The same as `--json` prints; `variables` are those at the place that was found."""
        found = super().to_dict()
        found["variables"] = {**found["variables"], **found.pop("place")}
        return found

    def text(self, digits: int | None = None) -> str:
        lines = [f"value = {plain(self.value, digits)}"]
        lines += [labelled(name, each, digits) for name, each in self.place.items()]
        for name, inner in self.sensitivities.items():
            lines += [labelled(f"d{name}/d{held}", each, digits) for held, each in inner.items()]
        lines += [
            labelled(f"dvalue/d{held}", each, digits) for held, each in self.value_sensitivities.items()
        ]
        lines.append(f"{_KINDS[self.kind]}, gradient norm {_norm(self.gradient_norm)}")
        if self.on_bound:
            lines.append(f"on a bound: {', '.join(self.on_bound)}")
        for each in self.minima:
            count = len(each.starts)
            lines.append(f"found from {count} start{'s'[: count > 1]}: {_line(each, digits)}")
        return "\n".join([*lines, *as_text(self._picture)])

    def written(self, form: str, digits: int | None = None) -> bytes:
        """The curve, or the path over a contour map, as `png`, `svg` or `pdf`."""
        self._check(form)
        return as_file(self._picture, form)


def _norm(size: float) -> str:
    """A length of a gradient in words: which rounding errors are left differs between machines."""
    return "below 1e-12" if size < 1e-12 else plain(size, 2)


def _json_place(place: Place | Lowest) -> dict[str, Any]:
    return {"variables": _json_variables(place.variables), "value": json_value(place.value)}


def _json_variables(variables: Mapping[str, Any]) -> dict[str, Any]:
    return {name: json_value(each) for name, each in variables.items()}


def _line(place: Place | Lowest, digits: int | None) -> str:
    named = [f"{name} = {plain(each, digits, multiline=False)}" for name, each in place.variables.items()]
    return ", ".join([*named, f"value = {plain(place.value, digits)}"])


class _Problem:
    """A formula, its constraints and its variables as functions of one vector."""

    def __init__(
        self, formula: Formula, held: Sequence[str], sign: float, rows: AnyRows | None, *, mean: bool
    ) -> None:
        output, *others = formula.outputs
        self.formula = formula
        self.output = _number(output)
        self.others = [(_number(each), each) for each in others]
        if output.relation:
            raise InputError("a formula to minimize belongs here", (output.mark,), "--subject-to takes this")
        for each in others:
            if not each.relation:
                hint = f"{each.name} == {each.text}" if each.name else "x + y <= 1"
                raise InputError("an equation or an inequality belongs here", (each.mark,), hint)
        self.sign = sign
        self.rows = rows
        self.mean = mean
        self.notices: list[Notice] = []
        self.columns = self._columns()
        free = {
            name: each
            for name, each in formula.variables.items()
            if name not in held and name not in self.columns
        }
        self.variables = Variables(free)
        if not self.variables.count:
            raise InputError("no variable is left to search in", (output.mark,))
        self.inputs = list(free.values())
        self.fixed = {each: data for each, data in formula.values.items() if each not in set(self.inputs)}
        self.held = {name: formula.variables[name] for name in held}
        self.whole = self.output if sign > 0 else -self.output
        self._sums: dict[str, Sum] = {}
        self.first = self.summed("value")
        self.second = self.summed("hessian")

    def _columns(self) -> dict[str, Input]:
        """The inputs that have a value in each row; raises `InputError` where a name has none at all."""
        formula, rows = self.formula, self.rows
        known = rows.shapes if rows is not None else {}
        columns = {
            name: each
            for name, each in formula.variables.items()
            if name in known and each not in formula.values
        }
        for name, each in formula.variables.items():
            if rows is not None and name not in columns and each not in formula.values:
                near = did_you_mean(name, rows.columns)
                hint = formula.how(name, "1") + (f"; the column is called {near}" if near else "")
                message = f"{name} is no column, and as a variable it needs a start"
                raise InputError(message, formula.places(name), hint)
        for node, constraint in self.others:
            below = topological((node,))
            for name, column in columns.items():
                if column in below:
                    told = f"a constraint holds for all rows together, and {name} is a column"
                    raise InputError(told, (constraint.mark,))
        return columns

    def summed(self, what: str) -> Function | Sum | Merged:
        """Some of `_NODES` as functions of the variables, summed over the rows where there are some."""
        if self.rows is None:
            return self._function(_NODES[what](self, self.whole))
        if isinstance(self.rows, Parts):
            shapes = [each.shape for each in _NODES[what](self, self.whole)]
            answers = self.rows.answers
            return Merged(shapes, lambda place: answers(what, place), mean=self.mean)
        return self._sum(what)

    def answer(self, question: str, *numbers: Any) -> Total:
        """The exact sums over the rows that are here of some of `_NODES` at a place."""
        return self._sum(question).exact(*numbers)

    def _sum(self, what: str) -> Sum:
        """The sum over the rows that are here; made once, as its plan is."""
        if what not in self._sums:
            nodes, names = _NODES[what](self, self.whole), list(self.columns)
            width = max(math.prod(each.shape) for each in nodes)

            def chunks() -> Iterator[Sequence[Array]]:
                assert self.rows is not None
                assert not isinstance(self.rows, Parts)
                return (list(piece.values()) for piece in pieces(self.rows, names, width))

            columns = list(self.columns.values())
            self._sums[what] = Sum(nodes, self.variables, self.fixed, columns, chunks, self.mean)
        return self._sums[what]

    def _function(self, nodes: Sequence[Node]) -> Function:
        return Function(nodes, self.variables, self.fixed)

    def objective(self) -> Objective:
        return Objective(lambda x: tuple(self.first.at(x)), lambda x: self.second.at(x)[0])

    def constraints(self) -> list[Constraint]:
        return [self._constraint(node, each.relation == "==") for node, each in self.others]

    def _constraint(self, node: Node, equal: bool) -> Constraint:
        first = self._function([node, gradient_vector(node, self.inputs)])
        second = self._function([hessian_matrix(node, self.inputs)])
        return Constraint(lambda x: tuple(first.at(x)), lambda x: second.at(x)[0], equal)

    def moved(self, multipliers: Array, place: Array) -> list[Any]:
        """Derivatives of the Lagrangian: its gradient's in what was held (n, p), and its own in that (p,).

        The Lagrangian is the formula less each constraint times its multiplier; only the formula is summed.
        """
        found = self.summed("moved").at(place)
        for (node, _), multiplier in zip(self.others, multipliers, strict=True):
            if multiplier:
                more = self._function(_moved(self, node * -float(multiplier))).at(place)
                found = [each + part for each, part in zip(found, more, strict=True)]
        return found


def _moved(problem: _Problem, whole: Node) -> list[Node]:
    held = list(problem.held.values())
    return [jacobian_matrix([gradient_vector(whole, problem.inputs)], held), gradient_vector(whole, held)]


_NODES: Mapping[str, Callable[[_Problem, Node], list[Node]]] = {
    "value": lambda problem, whole: [whole, gradient_vector(whole, problem.inputs)],
    "hessian": lambda problem, whole: [hessian_matrix(whole, problem.inputs)],
    "moved": _moved,
}
"""What a search asks of a formula, by the name of the pass."""


def _number(output: Output) -> Node:
    shape = output.node.shape
    if shape or output.node.boolean:
        what = f"an array of shape {list(shape)}" if shape else "a truth value"
        hint = "sum(…) makes one" if shape else None
        raise EvaluationError(f"a single number is wanted, and this is {what}", (output.mark,), hint)
    return output.node


def posed(request: Request) -> _Problem:
    """What is asked; raises `GradcliError`."""
    formula, settings = request.formula, request.settings
    held = tuple(settings["fix"])
    formula.chosen(held)
    started = []
    if request.rows is None:
        started = _started(formula, held)
        formula.require_values("a start")
        if settings["mean"]:
            raise InputError("--mean is over the rows of a file", hint="name the file behind the formula")
    sign = -1.0 if settings["maximize"] else 1.0
    problem = _Problem(formula, held, sign, request.rows, mean=settings["mean"])
    problem.notices = started
    return problem


def _started(formula: Formula, held: Sequence[str]) -> list[Notice]:
    """Gives all variables a start if none has one, and the formula is quadratic in them together."""
    searched = {name: each for name, each in formula.variables.items() if name not in held}
    missing, node = formula.without_value(searched), formula.output.node
    if len(missing) < len(searched) or not missing or node.shape or node.boolean:
        return []
    slopes = [hessian_matrix(node, list(missing.values()))]
    return formula.start_anywhere(missing, [node], slopes, "the formula is quadratic")[1]


def answer(request: Request) -> Minimized:
    """Searches for the minimum that is asked for; raises `GradcliError`."""
    formula, settings = request.formula, request.settings
    problem = posed(request)
    method = _checked(settings, constrained=bool(problem.others))
    bounds = bounds_of(settings["bounds"], problem.variables)
    starts = {name: formula.values[each] for name, each in problem.variables.inputs.items()}
    start = problem.variables.joined(starts)
    path: list[Place] = []

    def told(place: Array, value: float) -> None:
        path.append(Place(problem.variables.parted(place), problem.sign * value))

    objective, constraints = problem.objective(), problem.constraints()
    trace = told if settings["trace"] or settings["plot"] else None
    found = minimize(objective, start, bounds, constraints, trace, method)
    minima: list[Lowest] = []
    if settings["start_from"]:
        found, minima = _from_many(problem, found, start, bounds, settings)
    inner, outer, notices = _sensitivities(problem, found, problem.held, constraints)
    notices[:0] = problem.notices
    if not found.converged:
        what = "maximum" if settings["maximize"] else "minimum"
        name = next(iter(problem.variables.inputs))
        begins = problem.formula.how(name, "1") if not math.isfinite(found.value) else None
        notices.append(Notice("warning", f"this is no {what}: {found.reason}", hint=begins))
    passes = problem.first.passes
    picture = _picture(problem, start, found, path) if settings["plot"] else None
    shown = path if settings["trace"] else []
    return Minimized(
        formula, found, problem.variables, problem.sign, passes, inner, outer, shown, minima, notices, picture
    )


_GRID = 81
"""At so many points of each of two variables a contour map is computed."""

_AROUND = 0.3
"""How much more than the path a picture shows, as a part of its size."""


def _picture(problem: _Problem, start: Array, found: Minimum, path: Sequence[Place]) -> Picture | Contour:
    """The curve of one variable, or the path over a contour map of two; raises `InputError` for others."""
    names, formula = problem.variables.names(), problem.formula
    if problem.rows is not None or len(names) > 2:
        what = "a function over files" if problem.rows is not None else f"one of {len(names)} variables"
        raise InputError(f"{what} is not drawn, but one of a variable or two", (formula.output.mark,))
    places = [start, *(problem.variables.joined(each.variables) for each in path), found.place]
    whole = np.array([each for each in places if np.isfinite(each).all()])
    low, high = whole.min(axis=0), whole.max(axis=0)
    room = np.where(high > low, _AROUND * (high - low), np.maximum(1.0, np.abs(high)))
    low, high = low - room, high + room
    title = formula.output.name or formula.output.text
    if len(names) == 1:

        def data(xs: Array) -> tuple[Array, Array]:
            rows = [problem.first.at(np.array([each])) for each in xs]
            sign = problem.sign
            return sign * np.array([each[0] for each in rows]), sign * np.array([each[1][0] for each in rows])

        marks = [(float(found.place[0]), problem.sign * found.value)] if found.converged else []
        picture = sketch([(title, data)], names[0], (float(low[0]), float(high[0])), (), marks, found.kind)
        if picture is None:
            raise EvaluationError("there is nothing to draw: no value is finite", (formula.output.mark,))
        return picture
    xs, ys = (np.linspace(low[k], high[k], _GRID) for k in range(2))
    values = np.array([[problem.first.at(np.array([x, y]))[0] for x in xs] for y in ys]) * problem.sign
    tour = tuple((float(each[0]), float(each[1])) for each in whole)
    return Contour(xs, ys, values, (names[0], names[1], title), tour)


def _checked(settings: Mapping[str, Any], *, constrained: bool) -> str | None:
    """The method that was asked for; raises `InputError` where it cannot do what was asked."""
    method: str | None = settings["method"]
    if method is not None:
        for what, asked in (("bounds", settings["bounds"]), ("constraints", constrained)):
            able = [name for name, each in METHODS.items() if getattr(each, what)]
            if asked and method not in able:
                raise InputError(f"{method} takes no {what}", hint=f"--method {able[0]}, or without --method")
    return method


def bounds_of(texts: Sequence[str], variables: Variables) -> Bounds | None:
    """The limits that texts such as `x=0:1`, `x=0:` and `x=:1` say; raises `InputError`."""
    if not texts:
        return None
    lower = {name: np.full(each.shape, -np.inf) for name, each in variables.inputs.items()}
    upper = {name: np.full(each.shape, np.inf) for name, each in variables.inputs.items()}
    for text in texts:
        name, equals, limits = text.partition("=")
        name = name.strip()
        least, colon, most = limits.partition(":")
        if not equals or not colon or name not in variables.inputs:
            hint = f"as in x=0:1 or x=0:; the variables are {', '.join(variables.inputs)}"
            raise InputError(f"{text} says no bounds of a variable", hint=hint)
        try:
            low, high = float(least or "-inf"), float(most or "inf")
        except ValueError:
            hint = f"{name}=0:1, {name}=0: or {name}=:1"
            raise InputError(f"the bounds {limits} are no numbers", hint=hint) from None
        if low > high:
            raise InputError(f"no number is between the bounds {limits}", hint=f"{name}={most}:{least}")
        lower[name][...], upper[name][...] = low, high
    return Bounds(variables.joined(lower), variables.joined(upper))


_FARTHEST = 1e300
"""Random starts are no larger, so that no difference of two is infinite."""


def _from_many(
    problem: _Problem, first: Minimum, start: Array, bounds: Bounds | None, settings: Mapping[str, Any]
) -> tuple[Minimum, list[Lowest]]:
    """The best of searches from random starts too, and the distinct minima that they found, best first."""
    random = np.random.default_rng(settings["seed"])
    centre = np.clip(np.where(np.isfinite(start), start, 0.0), -_FARTHEST, _FARTHEST)
    spread = 10 * np.maximum(1.0, np.abs(centre))
    searches = [(start, first)]
    for _ in range(settings["start_from"]):
        at = centre + random.uniform(-1.0, 1.0, start.size) * spread
        if bounds is not None:
            low = np.where(np.isfinite(bounds.lower), bounds.lower, centre - spread)
            high = np.where(np.isfinite(bounds.upper), bounds.upper, centre + spread)
            at = random.uniform(np.maximum(low, -_FARTHEST), np.minimum(high, _FARTHEST))
        found = minimize(problem.objective(), at, bounds, problem.constraints(), None, settings["method"])
        searches.append((at, found))
    good = sorted((each for each in searches if each[1].converged), key=lambda each: each[1].value)
    distinct: list[tuple[Minimum, list[Array]]] = []
    for at, found in good:
        for other, starts in distinct:
            if np.allclose(found.place, other.place, rtol=1e-5, atol=1e-7):
                starts.append(at)
                break
        else:
            distinct.append((found, [at]))
    parted = problem.variables.parted
    minima = [
        Lowest(parted(found.place), problem.sign * found.value, tuple(map(parted, starts)))
        for found, starts in distinct
    ]
    return (good[0][1] if good else first), minima


def _sensitivities(
    problem: _Problem, found: Minimum, held: Mapping[str, Input], constraints: Sequence[Constraint]
) -> tuple[dict[str, dict[str, Any]], dict[str, Any], list[Notice]]:
    """How place and value move with what was held, by the implicit function and the envelope theorem."""
    if not held or not found.converged:
        return {}, {}, []
    parameters = Variables(held)
    active = [k for k, each in enumerate(found.multipliers) if each]
    mixed, outer = problem.moved(found.multipliers, found.place)
    free = ~found.active
    count = len(active)
    inside = found.hessian[np.ix_(free, free)]
    matrix, right = inside, -mixed[free]
    if active:
        rows = [problem.others[k][0] for k in active]
        nodes = [jacobian_matrix(rows, list(held.values())), jacobian_matrix(rows, problem.inputs)]
        crossed, slopes = Function(nodes, problem.variables, problem.fixed).at(found.place)
        slopes = slopes[:, free]
        matrix = np.block([[inside, -slopes.T], [slopes, np.zeros((count, count))]])
        right = -np.concatenate([mixed[free], crossed])
    moved = np.zeros((found.place.size, parameters.count))
    try:
        moved[free] = np.linalg.solve(matrix, right)[: int(free.sum())]
    except np.linalg.LinAlgError:
        told = "the place is not the only one, so it has no derivatives in what was held"
        return {}, parameters.parted(problem.sign * outer), [Notice("warning", told)]
    inner = problem.variables.blocks(moved, parameters)
    return inner, parameters.parted(problem.sign * outer), []
