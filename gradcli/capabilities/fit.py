"""`fit`: the parameters of models that fit data best, with their standard errors."""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from gradcli.arrays import Array
from gradcli.capabilities.formula import Formula, Output
from gradcli.capabilities.found import Found, Request
from gradcli.capabilities.minimize import bounds_of
from gradcli.capabilities.pictures import Line, as_file, as_text, sketch
from gradcli.capabilities.rows import AnyRows, ArrayRows, OfRows, Parts, columns_of, pieces
from gradcli.engine.graph import Input, Node, as_node, constant, expand, topological
from gradcli.engine.plan import Plan
from gradcli.engine.primitives.arithmetic import clamp_min
from gradcli.engine.primitives.elementwise import sqrt
from gradcli.engine.primitives.linalg import matmul
from gradcli.engine.primitives.reductions import total
from gradcli.engine.primitives.shaping import reshape
from gradcli.records import NamedTuple
from gradcli.search.fit import (
    NAMED,
    Fit,
    Loss,
    NoSlopeError,
    exact_products,
    factor_of,
    factor_of_products,
    fit,
)
from gradcli.search.function import Variables, gradient_vector, hessian_matrix, jacobian_matrix, joined
from gradcli.search.minimize import EPS
from gradcli.search.scipy_door import normal_quantile, t_quantile
from gradcli.search.sums import joint, total_of
from gradcli.text.errors import EvaluationError, InputError, Notice
from gradcli.text.json import json_value
from gradcli.text.suggest import did_you_mean
from gradcli.text.values import number
from gradcli.writing.curves import Picture

_HIGH = 0.9
"""Correlations from here on are told."""

_ROUNDING = 1e-12
"""Where a model explains no more than so much, rounding errors do."""

_LEAST = 1e-145
"""Squares of smaller numbers, and of what is larger than 1 divided by it, are near the ends of doubles."""

_MOST_DRAWN = 400
"""Of more rows than these some are drawn."""


class Model(NamedTuple):
    """One formula to fit: what was measured, what should give it, and the standard error of a measurement."""

    response: Output
    model: Output
    error: Output | None


class Parameter(NamedTuple):
    """A fitted parameter: its value and its standard error (arrays where it is one), and an interval.

    The interval holds 95 % (of Student's t, or of a normal distribution where errors are absolute).
    """

    value: Any
    standard_error: Any
    interval: tuple[Any, Any]


class Fitted(Found):
    """What a fit found.

    `parameters` holds each by name, `covariance` is a matrix in the order of `names` (`b1`, `w[0]`, …; 0 for
    what was held, nan for what the data do not determine), `fixed` are those that were held and `on_bound`
    those at a bound. `residual_sum_of_squares`, `residual_standard_deviation` (the root of
    `reduced_chi_squared`), `degrees_of_freedom`, `rows` and `r_squared` say how good the fit is, `scaled`
    whether the standard errors were multiplied by the residual deviation. `converged` and `reason` say
    whether it is one, `evaluations` counts passes.
    """

    def __init__(
        self,
        problem: _Problem,
        found: Fit,
        totals: _Totals,
        settings: Mapping[str, Any],
        notices: Sequence[Notice],
    ) -> None:
        starts = {name: each for name, each in problem.formula.given().items() if name not in problem.columns}
        super().__init__(problem.formula.text, starts, notices)
        self._problem = problem
        self.rows = totals.rows
        self.converged = found.converged
        self.reason = found.reason
        self.evaluations = found.evaluations
        self.loss = settings["loss"]
        self.weighted = problem.weighted
        self.degrees_of_freedom = found.residuals - found.free
        self.residual_sum_of_squares = found.squares
        freedom = self.degrees_of_freedom
        self.reduced_chi_squared = found.squares / freedom if freedom > 0 else math.nan
        self.residual_standard_deviation = math.sqrt(self.reduced_chi_squared)
        unexplained = found.squares / totals.squares if totals.squares else math.nan
        self.r_squared = 0.0 if abs(unexplained - 1) < _ROUNDING else 1 - unexplained
        robust = self.loss != "linear"
        self.scaled = not settings["absolute"]
        scale = 1.0 if robust or not self.scaled else self.reduced_chi_squared
        self.names = tuple(problem.parameters.names())
        self.covariance = found.inverse * scale
        self._root = found.root * math.sqrt(scale)
        held = zip(self.names, found.active, strict=True)
        self.on_bound = tuple(name for name, active in held if active)
        self.fixed = dict(problem.held)
        self.undetermined = tuple(
            tuple(name for name, part in zip(self.names, each, strict=True) if abs(part) > NAMED)
            for each in found.undetermined
        )
        errors = np.sqrt(np.diag(self.covariance))
        reach = errors * (t_quantile(0.975, freedom) if self.scaled else normal_quantile(0.975))
        values, below, above, spread = map(
            problem.parameters.parted, (found.place, found.place - reach, found.place + reach, errors)
        )
        self.parameters = {
            name: Parameter(value, spread[name], (below[name], above[name])) for name, value in values.items()
        }
        self._picture = _picture(problem, found.place, totals.rows) if settings["plot"] else None
        self.status = 0 if self.converged else 1
        self.settled = values if self.converged else {}

    def members(self) -> dict[str, Any]:
        return {
            "parameters": {
                name: {
                    "value": json_value(each.value),
                    "standard_error": json_value(each.standard_error),
                    "interval": [json_value(end) for end in each.interval],
                }
                for name, each in self.parameters.items()
            },
            "fixed": {name: json_value(each) for name, each in self.fixed.items()},
            "names": list(self.names),
            "covariance": json_value(self.covariance),
            "residual_sum_of_squares": json_value(self.residual_sum_of_squares),
            "residual_standard_deviation": json_value(self.residual_standard_deviation),
            "reduced_chi_squared": json_value(self.reduced_chi_squared),
            "r_squared": json_value(self.r_squared),
            "degrees_of_freedom": self.degrees_of_freedom,
            "rows": self.rows,
            "loss": self.loss,
            "scaled": self.scaled,
            "on_bound": list(self.on_bound),
            "converged": self.converged,
            "reason": self.reason,
            "evaluations": self.evaluations,
        }

    def correlations(self) -> dict[tuple[str, str], float]:
        """The correlation of each pair of parameters that are free."""
        errors = np.sqrt(np.diag(self.covariance))
        found = {}
        for j, first in enumerate(self.names):
            for k in range(j + 1, len(self.names)):
                if errors[j] > 0 and errors[k] > 0:
                    found[first, self.names[k]] = float(self.covariance[j, k] / errors[j] / errors[k])
        return found

    def predict(self, data: Mapping[str, Any]) -> dict[str, Array]:
        """The model over columns of arrays, by the names that `--residuals` gives its columns.

        `fitted` and its standard error `fitted_error`, and, where the responses are among the columns,
        `residual` and `residual_error`. Raises `GradcliError` for a column that is missing.
        """
        told = self.of_rows().nodes
        nodes = {name: each for name, each in told.items() if self._has(each, data)}
        for name in told:  # the error of a residual goes with the residual
            if name.startswith("residual_error") and name.replace("_error", "") not in nodes:
                nodes.pop(name, None)
        if not nodes:
            missing = next(name for name in self._problem.columns if name not in data)
            raise InputError(f"there is no column {missing}")
        rows = ArrayRows(columns_of(data)).only(self._problem.columns)
        parts = [
            self._problem.data(list(nodes.values()), dict(zip(rows.shapes, chunk, strict=True)), self.place())
            for chunk in rows.chunks(list(rows.shapes))
        ]
        return {name: np.concatenate([part[k] for part in parts]) for k, name in enumerate(nodes)}

    def _has(self, node: Node, data: Mapping[str, Any]) -> bool:
        wanted = {each for each in topological((node,)) if isinstance(each, Input)}
        return all(name in data for name, each in self._problem.columns.items() if each in wanted)

    def place(self) -> Array:
        """The parameters as one vector, in the order of `names`."""
        return self._problem.parameters.joined({name: each.value for name, each in self.parameters.items()})

    def numbers(self) -> tuple[Array, Array, float]:
        """What `of_rows` takes: the place of the fit, the root of its covariance, a residual's variance."""
        return self.place(), self._root, self.reduced_chi_squared if self.scaled else 1.0

    def of_rows(self) -> OfRows:
        """What can be told of each row."""
        return of_rows(self._problem, *self.numbers())

    def text(self, digits: int | None = None) -> str:
        """What a terminal shows; without `digits`, ten of each parameter, and fewer where that is plenty."""
        lines = [["", "value", "standard error", "relative", "95 % interval"]]
        fine, coarse = digits or 10, min(digits or 5, 5)
        for name, value, error, low, high in self._flat():
            if name in self.on_bound:
                lines.append([name, number(value, fine), "on its bound", "", ""])
                continue
            if math.isnan(error):
                lines.append([name, number(value, fine), "not determined", "", ""])
                continue
            relative = f"{number(100 * error / abs(value), 3)} %" if value else ""
            ends = f"{number(low, min(fine, 7))} to {number(high, min(fine, 7))}"
            lines.append([name, number(value, fine), number(error, coarse), relative, ends])
        for name, held in self.fixed.items():
            values = np.ravel(held).tolist()
            lines.append([name, ", ".join(number(each, fine) for each in values), "held", "", ""])
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        text = []
        for name, *cells in lines:
            aligned = [cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True)]
            text.append("  ".join([name.ljust(widths[0]), *aligned]).rstrip())
        return "\n".join([*text, "", *self._summary(fine), *as_text(self._picture)])

    def written(self, form: str, digits: int | None = None) -> bytes:
        """Data and curves as a picture, `png`, `svg` or `pdf`."""
        self._check(form)
        return as_file(self._picture, form)

    def _flat(self) -> Iterator[tuple[str, float, float, float, float]]:
        """Each element of each parameter: its name, value, error and interval."""
        parts = [
            [np.ravel(part) for part in (each.value, each.standard_error, *each.interval)]
            for each in self.parameters.values()
        ]
        columns = [np.concatenate(column).tolist() for column in zip(*parts, strict=True)] or [[], [], [], []]
        yield from zip(self.names, *columns, strict=True)

    def _summary(self, digits: int) -> Iterator[str]:
        freedom = self.degrees_of_freedom
        many = "1 degree" if freedom == 1 else f"{freedom} degrees"
        rows = "1 row" if self.rows == 1 else f"{self.rows} rows"
        spread = number(self.residual_standard_deviation, digits)
        unit = ", in given errors" if self.weighted else ""
        yield f"residual standard deviation{unit} = {spread} ({many} of freedom, {rows})"
        yield f"residual sum of squares = {number(self.residual_sum_of_squares, digits)}"
        if self.weighted:
            yield f"reduced χ² = {number(self.reduced_chi_squared, digits)}"
        if self.loss != "linear":
            yield "standard errors by Huber's formula"
        elif self.weighted or not self.scaled:
            yield (
                "standard errors scaled by the residual standard deviation"
                if self.scaled
                else "standard errors as the given errors imply them, not scaled"
            )
        if math.isfinite(self.r_squared):
            yield f"R² = {number(self.r_squared, min(digits, 7))}"
        for (first, second), size in self.correlations().items():
            if abs(size) > _HIGH:
                yield f"correlation {first}, {second} = {number(size, 4)}"
        passes = "1 evaluation" if self.evaluations == 1 else f"{self.evaluations} evaluations"
        yield f"converged after {passes}" if self.converged else f"not converged after {passes}"


def _is_name(model: Model) -> bool:
    return model.response.text.isidentifier()


def _picture(problem: _Problem, place: Array, rows: int) -> Picture:
    """Data and curves over the one column that the models read; raises `InputError` for several."""
    below = set(topological([each.model.node for each in problem.models]))
    read = [name for name, each in problem.columns.items() if each in below]
    if problem.rows is None or len(read) != 1 or problem.columns[read[0]].shape:
        marks = tuple(each.model.mark for each in problem.models)
        names = f": {', '.join(read)}" if read else ""
        raise InputError(f"a curve is drawn over one column, and the model reads {len(read)}{names}", marks)
    (name,) = read
    points, *ends = problem.points(place, name, max(1, rows // _MOST_DRAWN))

    def line(model: Model) -> Line:
        node, column = model.model.node, problem.columns[name]
        slope = gradient_vector(node, [column])

        def data(xs: Array) -> tuple[Array, Array]:
            ys, slopes = problem.data([node, slope], {name: xs}, place)
            return ys, slopes[:, 0]

        return model.response.text, data

    picture = sketch([line(each) for each in problem.models], name, (ends[0], ends[1]), points)
    assert picture is not None  # the responses are finite
    return picture


class _Totals(NamedTuple):
    """What a pass over the data finds at the start: rows, and squares of the responses about their means."""

    rows: int
    squares: float
    size: float
    """The length of the vector of all responses, each by its error."""


class _Problem:
    """Models with their parameters and columns; their residuals as functions of one vector (`Residuals`).

    With `rows`, a column has a value in each of them; without, columns are arrays as they stand.
    """

    def __init__(self, formula: Formula, errors: int, rows: AnyRows | None, held: Sequence[str]) -> None:
        self.formula = formula
        self.rows = rows
        self.models = _models(formula, errors, () if rows is None else rows.shapes)
        self.weighted = bool(errors)
        self.columns = self._columns()
        free = {
            name: each
            for name, each in formula.variables.items()
            if name not in self.columns and name not in held
        }
        self.held = {
            name: formula.values[each]
            for name, each in formula.variables.items()
            if name in held and each in formula.values
        }
        self.parameters = Variables(free)
        self.inputs = list(free.values())
        self.fixed = {each: data for each, data in formula.values.items() if each not in set(self.inputs)}
        self.linear: tuple[str, ...] = ()
        """The parameters that had no start, as the model is linear in them."""
        self.notices: Sequence[Notice] = ()
        flat = [_residual(each) for each in self.models]
        self.residual = joined(flat, -1)
        self.weight = Input("weight", self.residual.shape)
        self._slopes: Node | None = None
        self._curved: Node | None = None
        self._plans: dict[tuple[Any, ...], Plan] = {}

    def _columns(self) -> dict[str, Input]:
        """The inputs that hold data: columns of the rows, or arrays as long as the responses."""
        formula = self.formula
        if self.rows is not None:
            shapes = self.rows.shapes
            return {
                name: each
                for name, each in formula.variables.items()
                if name in shapes and each not in formula.values
            }
        measured = {each for model in self.models for each in topological((model.response.node,))}
        lengths = {model.response.node.shape[:1] for model in self.models}
        return {
            name: each
            for name, each in formula.variables.items()
            if each in formula.values and (each in measured or (each.shape and each.shape[:1] in lengths))
        }

    def constants(self, place: Array) -> dict[Input, Any]:
        """The values of all inputs that are no columns."""
        values = {each: data for each, data in self.fixed.items() if each not in self._batched()}
        values |= {
            self.parameters.inputs[name]: value for name, value in self.parameters.parted(place).items()
        }
        return values

    def _batched(self) -> set[Input]:
        return set(self.columns.values()) if self.rows is not None else set()

    def data(
        self, nodes: Sequence[Node], piece: Mapping[str, Array], place: Array, weight: Array | None = None
    ) -> list[Array]:
        """The data of nodes for some rows of the columns, arrays (rows, *shape); one row without `rows`."""
        values: dict[Node, Any] = dict(self.constants(place).items())
        batched = [] if self.rows is None else [self.columns[name] for name in piece]
        if weight is not None:
            values[self.weight] = weight if self.rows is not None else weight[0]
            batched += [self.weight] if self.rows is not None else []
        key = (tuple(nodes), tuple(batched))
        if key not in self._plans:
            self._plans[key] = Plan(nodes, batched=batched)
        plan = self._plans[key]
        values |= {self.columns[name]: each for name, each in piece.items()}
        wanted = {each: values[each] for each in plan.inputs}
        if self.rows is None:
            return [np.asarray(each)[None] for each in plan.run(wanted)]
        return plan.run_rows(wanted, len(next(iter(piece.values()))))

    def pieces(self, width: int) -> Iterator[dict[str, Array]]:
        """The columns, so many rows at a time as `width` numbers in each allow; all at once without rows."""
        if self.rows is None:
            yield {}
            return
        assert not isinstance(self.rows, Parts)
        yield from pieces(self.rows, list(self.columns), width)

    def blocks(self, place: Array, more: int = 1) -> Iterator[Array]:
        """[J r] of some rows at a time; fewer where `more` arrays of its size are made of it."""
        size, count = self.residual.shape[0], self.parameters.count
        if self._slopes is None:
            self._slopes = jacobian_matrix([self.residual], self.inputs)
        for piece in self.pieces(size * count * more):
            slopes, misses = self.data([self._slopes, self.residual], piece, place)
            block = np.empty((len(misses) * size, count + 1))
            block[:, :-1] = slopes.reshape(-1, count)
            block[:, -1] = misses.reshape(-1)
            yield block

    # What a search asks: passes over all rows, wherever they are

    def factor(self, place: Array) -> tuple[Array, int]:
        """The triangular factor of [J r], and how many residuals are."""
        size = self.parameters.count + 1
        if isinstance(self.rows, Parts):
            return factor_of_products(self.rows.answers("factor", place), size)
        return factor_of(self.blocks(place), size)

    def weighed(self, place: Array, loss: Loss, scale: Array) -> Array:
        """The sums of what `Loss.weighed` has of each residual."""
        if isinstance(self.rows, Parts):
            return self._sums("weighed", place, loss, scale)
        found: Array = np.sum(list(self._weighed(place, loss, scale, summed=True)), axis=(0, 1))
        return found

    def spread(self, place: Array, loss: Loss) -> Array:
        """The sums of what `Loss.spread` has of each residual."""
        return self._sums("spread", place, loss)

    def curvature(self, place: Array, loss: Loss) -> Array:
        """The sum of the second derivatives of the residuals, each by the slope of its loss."""
        count = self.parameters.count
        return self._sums("curvature", place, loss).reshape(count, count)

    def _sums(self, question: str, *numbers: Any) -> Array:
        """The sums of the columns that a pass has of each row."""
        if isinstance(self.rows, Parts):
            return np.array(joint(self.rows.answers(question, *numbers)).totals())
        found: Array = sum(each.sum(axis=0) for each in _PASSES[question](self, *numbers))
        return found

    def totals(self, start: Array) -> _Totals:
        """A first pass, which checks that everything is there; raises `EvaluationError` for what is not."""
        count = len(self.models)
        if isinstance(self.rows, Parts):
            found = list(self.rows.answers("totals", start))
            rows = sum(rows for rows, _ in found)
            factors = [factor_of_products((part[k] for _, part in found), 2)[0] for k in range(count)]
        else:
            rows, factors = 0, [np.zeros((0, 2))] * count
            for length, blocks in self._checked(start):
                rows += length
                pairs = zip(factors, blocks, strict=True)
                factors = [factor_of(iter(pair), 2)[0] for pair in pairs]
        if not rows:
            raise EvaluationError("there are no rows to fit")
        if self.rows is None:
            rows = self.models[0].response.node.shape[0]
        for each, factor in zip(self.models, factors, strict=True):
            _check_size(float(np.max(np.abs(factor[:, 1]))), each.response)
        squares = sum(float(each[1, 1] ** 2) for each in factors)
        return _Totals(rows, squares, math.sqrt(sum(float(np.sum(each[:, 1] ** 2)) for each in factors)))

    def points(self, place: Array, name: str, step: int) -> tuple[list[tuple[float, float]], float, float]:
        """Every `step`th row over a column, and the ends of that column."""
        asked = (place, name, step)
        parts = (
            self.rows.answers("points", *asked) if isinstance(self.rows, Parts) else [self._points(*asked)]
        )
        found = list(parts)
        low, high = min(low for _, low, _ in found), max(high for _, _, high in found)
        return [each for part, _, _ in found for each in part], low, high

    # What the rows that are here come to

    def answer(self, question: str, *numbers: Any) -> Any:
        """What a pass comes to over the rows that are here, exactly."""
        if question == "points":
            return self._points(*numbers)
        if question == "factor":
            return exact_products(self.blocks(*numbers), self.parameters.count + 1)
        if question == "totals":
            rows, parts = 0, [[exact_products((), 2) for _ in self.models]]
            for length, blocks in self._checked(*numbers):
                rows += length
                parts.append([exact_products([each], 2) for each in blocks])
            return rows, [joint(each).total() for each in zip(*parts, strict=True)]
        return total_of(_PASSES[question](self, *numbers))

    def _weighed(self, place: Array, loss: Loss, scale: Array, *, summed: bool = False) -> Iterator[Array]:
        more = 1 if summed else self.parameters.count
        return (loss.weighed(block, scale, summed=summed) for block in self.blocks(place, more))

    def _spread(self, place: Array, loss: Loss) -> Iterator[Array]:
        return map(loss.spread, self.blocks(place))

    def _curvature(self, place: Array, loss: Loss) -> Iterator[Array]:
        count = self.parameters.count
        if self._curved is None:
            self._curved = hessian_matrix(total(self.weight * self.residual, (-1,)), self.inputs)
        for piece in self.pieces(max(count * count, self.residual.shape[0])):
            (misses,) = self.data([self.residual], piece, place)
            (curved,) = self.data([self._curved], piece, place, loss.terms(misses)[1])
            yield curved.reshape(len(misses), -1)

    def _checked(self, start: Array) -> Iterator[tuple[int, list[Array]]]:
        """How many rows, and for each model 1 and its responses by their errors, (responses, 2)."""
        nodes = [self.residual]
        for each in self.models:
            error = as_node(1.0) if each.error is None else each.error.node
            shape = each.response.node.shape
            nodes += [
                reshape(expand(node, shape), (math.prod(shape),)) for node in (error, each.response.node)
            ]
        for piece in self.pieces(self.residual.shape[0]):
            misses, *sides = self.data(nodes, piece, start)
            self._check_errors(sides, piece)
            self._check_start(misses, piece)
            flat = [each.reshape(-1) for each in sides]
            pairs = zip(flat[::2], flat[1::2], strict=True)
            yield len(misses), [np.stack([1 / spread, each / spread], axis=1) for spread, each in pairs]

    def _points(self, place: Array, name: str, step: int) -> tuple[list[tuple[float, float]], float, float]:
        """Every `step`th row over a column, and the ends of that column."""
        responses = [each.response.node for each in self.models]
        seen = getattr(self.rows, "before", 0)
        points: list[tuple[float, float]] = []
        low, high = math.inf, -math.inf
        for piece in self.pieces(len(responses)):
            xs = piece[name]
            low, high = min(low, float(xs.min())), max(high, float(xs.max()))
            chosen = np.arange(-seen % step, len(xs), step)
            for ys in self.data(responses, piece, place):
                points += zip(xs[chosen].tolist(), ys[chosen].tolist(), strict=True)
            seen += len(xs)
        return points, low, high

    def _check_errors(self, sides: Sequence[Array], piece: Mapping[str, Array]) -> None:
        for each, error in zip(self.models, sides[::2], strict=True):
            bad = ~(np.isfinite(error) & (error > 0))
            if bad.any() and each.error is not None:
                first = int(np.argwhere(bad)[0, 0])
                value = number(float(error[bad][0]))
                where = self._where(piece, first)
                raise EvaluationError(
                    f"an error is more than 0, and one is {value}{where}", (each.error.mark,)
                )

    def _check_start(self, misses: Array, piece: Mapping[str, Array]) -> None:
        bad = ~np.isfinite(misses)
        if not bad.any():
            return
        row, place = (int(each) for each in np.argwhere(bad)[0])
        sizes = np.cumsum([math.prod(each.response.node.shape) for each in self.models])
        guilty = self.models[int(np.searchsorted(sizes, place, side="right"))]
        where = self._where(piece, row)
        raise EvaluationError(
            f"the model has no finite value at the start{where}",
            (guilty.model.mark,),
            "a start is a place where all functions in it are defined",
        )

    def _where(self, piece: Mapping[str, Array], row: int) -> str:
        """The numbers of a row, for a message."""
        told = [f"{name} = {number(float(each[row]))}" for name, each in piece.items() if each.ndim == 1]
        return f", where {', '.join(told)}" if told else ""


_PASSES: Mapping[str, Callable[..., Iterator[Array]]] = {
    "weighed": _Problem._weighed,
    "spread": _Problem._spread,
    "curvature": _Problem._curvature,
}
"""The passes that have numbers of each row, (rows, numbers), which are added up."""


def _models(formula: Formula, errors: int, columns: Container[str]) -> list[Model]:
    """The outputs of a formula put together: the two sides of each model in turn, and then the errors.

    The side that is a column, or an array with a value, is what was measured; else it is the left one.
    """
    outputs = list(formula.outputs)
    spreads = [outputs.pop() for _ in range(errors)][::-1]
    sides = list(zip(outputs[::2], outputs[1::2], strict=True))
    if errors not in (0, 1, len(sides)):
        many = f"{len(sides)} formulas" if len(sides) > 1 else "1 formula"
        raise InputError(f"there are errors for {errors} formulas, and {many} to fit", (spreads[-1].mark,))

    def measured(side: Output) -> bool:
        name = next((name for name, each in formula.variables.items() if each is side.node), None)
        return name is not None and (name in columns or bool(side.node in formula.values and side.node.shape))

    found = []
    for place, (left, right) in enumerate(sides):
        response, model = (right, left) if measured(right) and not measured(left) else (left, right)
        error = spreads[place if errors > 1 else 0] if spreads else None
        for each in (response, model, *([error] if error else [])):
            if each.node.boolean:
                raise InputError("numbers are fitted, and this is a truth value", (each.mark,))
        for each in (model, *([error] if error else [])):
            _check_shape(each, response)
        found.append(Model(response, model, error))
    return found


def _check_size(size: float, response: Output) -> None:
    """Refuses what is so large or so small that doubles do not hold its squares; raises `EvaluationError`."""
    if size and not _LEAST < size < 1 / _LEAST:
        unit = f"1e{math.floor(math.log10(size)) if math.isfinite(size) else 200}"
        hint = f"fit {response.text} in another unit: divided by {unit}"
        told = "what is fitted is so large" if size > 1 else "what is fitted is so small"
        raise EvaluationError(f"{told} that doubles do not hold its squares", (response.mark,), hint)


def _check_shape(output: Output, response: Output) -> None:
    try:
        fits = np.broadcast_shapes(output.node.shape, response.node.shape) == response.node.shape
    except ValueError:
        fits = False
    if not fits:
        raise EvaluationError(
            f"what is fitted has shape {list(response.node.shape)}, and this {list(output.node.shape)}",
            (output.mark, response.mark),
        )


def _residual(model: Model) -> Node:
    """Model less response, by its error, as a vector."""
    shape = model.response.node.shape
    missed = expand(model.model.node, shape) - model.response.node
    if model.error is not None:
        missed = missed / expand(model.error.node, shape)
    return reshape(missed, (math.prod(shape),))


def of_rows(problem: _Problem, place: Array, root: Array, variance: float) -> OfRows:
    """What can be told of each row, by name: fitted value and residual, each with its standard error.

    The error of a fitted value is that of the model there, of parameters at `place` with a covariance that is
    `root` by its transpose; that of a residual, whose `variance` is in units of given errors, leaves out what
    the fit took up.
    """
    found: dict[str, Node] = {}
    for count, each in enumerate(problem.models, 1):
        end = "" if len(problem.models) == 1 else f"_{each.response.text if _is_name(each) else count}"
        slopes = jacobian_matrix([each.model.node], problem.inputs)
        moved = matmul.apply(slopes, constant(root))
        spread = reshape(total(moved * moved, (-1,)), each.model.node.shape)
        single = as_node(1.0) if each.error is None else each.error.node
        rest = single * single * variance - spread
        found |= {
            f"fitted{end}": each.model.node,
            f"residual{end}": each.response.node - each.model.node,
            f"fitted_error{end}": sqrt(spread),
            f"residual_error{end}": sqrt(clamp_min(rest, 0.0)),
        }
    return OfRows(found, problem.columns, problem.constants(place))


def posed(request: Request) -> _Problem:
    """What is asked, with a start for every parameter; raises `GradcliError`."""
    formula, settings = request.formula, request.settings
    held = tuple(settings["fix"])
    formula.chosen(held)
    problem = _Problem(formula, len(settings["errors"]), request.rows, held)
    _check(problem, held, settings)
    problem.notices = _started(problem)
    return problem


def answer(request: Request) -> Fitted:
    """The fit that is asked for; raises `GradcliError`."""
    formula, settings = request.formula, request.settings
    problem = posed(request)
    notices = list(problem.notices)
    parameters = problem.parameters
    bounds = bounds_of(settings["bounds"], parameters)
    if bounds is not None and np.any(bounds.lower >= bounds.upper):
        name = parameters.names()[int(np.argmax(bounds.lower >= bounds.upper))]
        raise InputError(f"the bounds leave {name} no room", hint=f"--fix {name} holds it")
    for name, each in parameters.inputs.items():
        if not np.isfinite(formula.values[each]).all():
            raise EvaluationError("a start is a finite number", formula.places(name), formula.how(name, "1"))
    start = parameters.joined({name: formula.values[each] for name, each in parameters.inputs.items()})
    if bounds is not None:
        start = bounds.clipped(start)
    totals = problem.totals(start)
    start = _settled_linear(problem, start, bounds)
    try:
        found = fit(problem, start, bounds, Loss(settings["loss"], settings["loss_scale"]))
    except NoSlopeError:
        raise EvaluationError(
            "a derivative of the model is not finite at the start",
            tuple(each.model.mark for each in problem.models),
            "a start is a place where all functions in it have slopes, as sqrt has not at 0",
        ) from None
    notices += _told(problem, found, totals)
    return Fitted(problem, found, totals, settings, notices)


def _check(problem: _Problem, held: Sequence[str], settings: Mapping[str, Any]) -> None:
    formula = problem.formula
    for name in held:
        if name in problem.columns:
            raise InputError(f"{name} is a column, which --fix cannot hold", formula.places(name))
        if name not in problem.held:
            raise InputError(
                f"{name} is held, and needs a value", formula.places(name), formula.how(name, "1")
            )
    if settings["absolute"] and not problem.weighted:
        raise InputError("--absolute is about errors that are given", hint="--errors COLUMN gives them")
    if settings["absolute"] and settings["loss"] != "linear":
        raise InputError(
            "a robust loss takes the standard errors from the residuals",
            hint="leave out --absolute, or --loss",
        )
    for each in problem.models:
        below = topological((each.response.node,))
        if not any(column in below for column in problem.columns.values()):
            known = problem.rows.columns if problem.rows is not None else ()
            hint = f"the columns are {', '.join(known)}" if known else "y = … with an array y"
            raise InputError("what is fitted is no column, and reads none", (each.response.mark,), hint)
        if each.response.node.shape == () and problem.rows is None:
            raise InputError("what is fitted is a single number", (each.response.mark,), "y = [1, 2, 4]")
        if each.error is not None:
            below = topological((each.error.node,))
            for name, free in problem.parameters.inputs.items():
                if free in below:
                    told = f"errors are made of columns and numbers, and {name} is a parameter"
                    raise InputError(told, (each.error.mark,))
    if not problem.inputs:
        raise InputError("there is no parameter to fit", (problem.models[0].model.mark,), "as a in y = a*x")
    below = topological((problem.residual,))
    for name, parameter in problem.parameters.inputs.items():
        if parameter not in below:
            raise InputError(f"no model depends on {name}", formula.places(name))


def _started(problem: _Problem) -> list[Notice]:
    """Gives parameters without a start one, where any would do; raises `InputError` where none would.

    That is where the residuals are linear in all of them together.
    """
    formula = problem.formula
    missing = formula.without_value(problem.parameters.inputs)
    slopes = [
        gradient_vector(total(problem.residual * problem.weight, (-1,)), [each]) for each in missing.values()
    ]
    bent, notices = formula.start_anywhere(missing, [problem.residual], slopes, "the model is linear")
    if bent is not None:
        known = list(problem.rows.columns) if problem.rows is not None else []
        meant = {name: found for name in missing if (found := did_you_mean(name, known))}
        bent = next(iter(meant), bent)
        near = meant.get(bent)
        told = f"; the column is called {near}" if near else f"; the columns are {', '.join(known)}"
        starts = list(missing) if formula.surface.options and not near else [bent]
        hint = " ".join(formula.how(each, "1") for each in starts) + (told if known else "")
        raise InputError(
            f"{bent} is no column, and as a parameter it needs a start", formula.places(bent), hint
        )
    for each in missing.values():
        problem.fixed.pop(each, None)
    problem.linear = tuple(missing)
    return notices


def _settled_linear(problem: _Problem, start: Array, bounds: Any) -> Array:
    """A start at which the parameters that had none, and are linear, fit best beside the others."""
    if not problem.linear:
        return start
    place = {name: np.zeros(each.shape, bool) for name, each in problem.parameters.inputs.items()}
    for name in problem.linear:
        place[name][...] = True
    free = problem.parameters.joined(place).astype(bool)
    factor, _ = problem.factor(start)
    step = np.zeros_like(start)
    if np.isfinite(factor).all():
        step[free] = np.linalg.lstsq(factor[:, :-1][:, free], -factor[:, -1], rcond=None)[0]
    moved = start + step
    return moved if bounds is None else bounds.clipped(moved)


def _told(problem: _Problem, found: Fit, totals: _Totals) -> list[Notice]:
    """Warnings and notes about a fit."""
    names = problem.parameters.names()
    notices = []
    if not found.converged:
        notices.append(Notice("warning", f"this is no fit: {found.reason}"))
    for each in found.undetermined:
        parts = [name for name, part in zip(names, each, strict=True) if abs(part) > NAMED]
        alone = len(parts) == 1
        listed = parts[0] if alone else f"{', '.join(parts[:-1])} and {parts[-1]}"
        told = f"the data do not determine {listed}" + ("" if alone else ", but a combination of them")
        notices.append(Notice("warning", told, hint=None if alone else f"leave out {parts[-1]}, or hold it"))
    freedom = found.residuals - found.free
    if freedom <= 0:
        of = [(found.residuals, "residual"), (found.free, "parameter")]
        counts = " and ".join(f"{number} {word}{'s' * (number != 1)}" for number, word in of)
        told = f"{counts}: nothing says how exact these are"
        notices.append(Notice("warning", told))
    elif found.converged:
        rounding, size = 2 * EPS * totals.size, math.sqrt(found.squares)
        digits = int(min(17, math.log10(size / rounding) if rounding else 17)) if size > rounding else 0
        if digits < 6:
            good = f"good to about {digits} digits" if digits > 0 else "made of rounding errors"
            told = f"the residuals are so small that their sum of squares, and with it the errors, are {good}"
            notices.append(Notice("note", told))
    part, direction = found.weak
    if not len(found.undetermined) and part < 1e-6 and freedom > 0:
        errors = np.sqrt(np.diag(found.inverse) * found.squares / freedom)
        for k, name in enumerate(names):
            if abs(direction[k]) > NAMED and errors[k] > abs(found.place[k]):
                notices.append(
                    Notice("warning", f"the data hardly determine {name}: its error is greater than it")
                )
    return notices
