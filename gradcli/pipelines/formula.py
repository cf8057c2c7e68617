"""A formula over rows: which columns it reads, what it appends, and the plan that computes it."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from gradcli.arrays import Array, Shape
from gradcli.engine.graph import Input, Node, constant, expand, topological
from gradcli.engine.jacobians import gradients
from gradcli.engine.plan import Plan
from gradcli.engine.primitives import is_function
from gradcli.engine.primitives.entry import as_number
from gradcli.engine.shapes import shape_text
from gradcli.engine.trace import kink_tests_in, underflows
from gradcli.language.parser import parse
from gradcli.language.tree import Define, Name
from gradcli.language.walk import names_in, names_used, walk, zero_as_name
from gradcli.lowering.origins import Convention, Origins
from gradcli.lowering.rows import RowScope, lower_results, lower_whole
from gradcli.records import NamedTuple, Protocol
from gradcli.search.spreads import Spread, check_together, correlated, matrices
from gradcli.session.explain import Explainer, rounded_away
from gradcli.session.uncertainty.uncertain import Uncertain
from gradcli.session.values import Sweep
from gradcli.text.errors import InputError, Notice
from gradcli.text.source import Mark, Source, Span
from gradcli.text.suggest import column_meant, which_of

MOST_SHAPES = 256
"""How many shapes of rows keep their plans at the same time."""


class Result(NamedTuple):
    """One appended column: its name, its node (`None`: nothing connects them), and where it comes from.

    `value` is the node of the value that was differentiated, `variable` what it was differentiated in.
    """

    name: str
    node: Node | None
    value: Node
    variable: Input | None

    @property
    def shape(self) -> Shape:
        """The shape in one row."""
        return () if self.node is None else self.node.shape

    @property
    def boolean(self) -> bool:
        """Whether it holds truth values."""
        return self.node is not None and self.node.boolean

    @property
    def dtype(self) -> type:
        """The type of its numbers."""
        return bool if self.boolean else float


class Choice(NamedTuple):
    """What to compute: values, gradients, in which variables (`None`: in all), with what before the names.

    `last` takes the last result only.
    """

    values: bool = True
    gradients: bool = True
    wrt: tuple[str, ...] | None = None
    prefix: str = ""
    last: bool = False


class Computed(Protocol):
    """What is computed of each row: which names it reads, and a plan for columns of some shapes."""

    names: list[str]
    """Every name that stands for a value in what was typed."""
    parameters: dict[str, Any]
    """The values that hold for every row, by name."""

    def variables(self, columns: Mapping[str, Shape]) -> list[str]:
        """The names that it takes from its surroundings, given the columns that there are."""

    def plan(self, columns: Mapping[str, Shape], choice: Choice, known: Iterable[str]) -> RowPlan:
        """The plan for columns of these shapes (for each row); `known` are all names that exist."""

    def missing(self, name: str, known: Sequence[str], hint: str | None = None) -> InputError:
        """The error for a name that is neither a column nor a parameter."""


class RowFormula:
    """An expression whose variables are columns and parameters.

    `functions` are those of files of definitions; `uncertain` says the standard uncertainty of a variable, a
    column or a formula; with `second_order` curvature counts in that of a value, and shifts the value. Raises
    `GradcliError` for text that is not in the language.
    """

    def __init__(
        self,
        source: Source,
        functions: Mapping[str, Define] = MappingProxyType({}),
        uncertain: Mapping[str, Source] = MappingProxyType({}),
        *,
        second_order: bool = False,
    ) -> None:
        self.source = source
        self._second_order = second_order
        self.program = zero_as_name(parse(source, is_function=is_function)).not_empty()
        self.functions = dict(functions)
        self.names = names_in(self.program)
        for function in self.functions.values():
            self.names += [name for name in names_used(function) if name not in self.names]
        self._uncertain = {
            name: parse(each, is_function=is_function).not_empty() for name, each in uncertain.items()
        }
        self._correlations: list[tuple[tuple[str, ...], Any]] = []
        for program in self._uncertain.values():
            self.names += [name for name in names_in(program) if name not in self.names]
        self.parameters: dict[str, Any] = {}
        self._spreads: dict[str, Uncertain] = {}
        self._plans: dict[tuple[Any, ...], RowPlan] = {}

    def give(
        self, parameters: Mapping[str, Any], correlations: Sequence[tuple[tuple[str, ...], Any]] = ()
    ) -> None:
        """Sets the parameters: numbers and arrays that hold for every row, perhaps `Uncertain`.

        `correlations` say how uncertain ones, and columns, vary together in each row, as `correlated` takes
        it.
        """
        self._correlations = list(correlations)
        spreads = {name: each for name, each in parameters.items() if isinstance(each, Uncertain)}
        data = {**parameters, **{name: each.value for name, each in spreads.items()}}
        self.parameters = {name: np.asarray(value, np.float64)[()] for name, value in data.items()}
        self._spreads = spreads
        for name in self._uncertain:
            if name in spreads:
                hint = f"leave out --uncertainty {name}=…"
                raise InputError(f"{name} is given an uncertainty twice", hint=hint)

    def notices(self) -> list[Notice]:
        """A note for each reading that people dispute."""
        return [each.note(self.source) for each in self.program.disputed]

    def variables(self, columns: Mapping[str, Shape]) -> list[str]:
        """The names that the formula takes from its surroundings, given the columns that there are."""
        return list(self._lowered(columns).scope.asked)

    def _lowered(self, columns: Mapping[str, Shape]) -> _Lowered:
        shapes = {name: shape for name, shape in columns.items() if name in self.names}
        shapes |= {name: np.shape(value) for name, value in self.parameters.items()}
        scope = RowScope(shapes, self.functions, steps=True)
        values, origins = lower_results(self.program, scope)
        variables = list(scope.asked)
        uncertain = {}
        for name, program in self._uncertain.items():
            check_variable(name, variables)
            node, leaf = as_number(lower_whole(program, scope).node), scope.inputs[name]
            if node.shape not in ((), leaf.shape):
                own, other = shape_text(leaf.shape), shape_text(node.shape)
                place = Mark(program.source, program.statements[-1].span)
                raise InputError(f"{name} is {own}, and its uncertainty {other}", (place,))
            from gradcli.search.uncertainty import standard_uncertainty

            uncertain[leaf] = expand(standard_uncertainty(node), leaf.shape)
        for name, each in self._spreads.items():
            uncertain[scope.inputs[name]] = constant(each.uncertainty)
        return _Lowered(scope, values, origins, variables, uncertain)

    def plan(self, columns: Mapping[str, Shape], choice: Choice, known: Iterable[str]) -> RowPlan:
        """The plan for columns of these shapes (for each row); `known` are all names that exist.

        Raises `InputError` for a name that is neither a column nor a parameter.
        """
        key = (tuple(sorted(columns.items())), choice)
        found = self._plans.get(key)
        if found is None:
            if len(self._plans) >= MOST_SHAPES:
                del self._plans[next(iter(self._plans))]
            found = self._plans[key] = self._plan(columns, choice, list(known))
        return found

    def _plan(self, columns: Mapping[str, Shape], choice: Choice, known: list[str]) -> RowPlan:
        scope, values, origins, variables, uncertain = self._lowered(columns)
        for asked in scope.asked:
            if asked not in columns and asked not in self.parameters:
                raise self.missing(asked, known)
        for wanted in choice.wrt or ():
            check_variable(wanted, variables)
        correlations = self._matrices(scope, variables, uncertain)
        asked_in = [scope.inputs[name] for name in (variables if choice.wrt is None else choice.wrt)]
        targets = [scope.target(each.name) for each in asked_in]
        results: list[Result] = []
        for name, node in values[-1:] if choice.last else values:
            label = choice.prefix + (name or "value")
            if choice.values:
                shown, spread = node, None
                if uncertain and not node.boolean:
                    from gradcli.search.uncertainty import second_order, uncertainty_node

                    bent = second_order(node, uncertain, correlations) if self._second_order else None
                    shown, spread = bent or (node, uncertainty_node(node, uncertain, correlations))
                results.append(Result(label, shown, node, None))
                if spread is not None:
                    results.append(Result(f"{label}_uncertainty", spread, node, None))
            if choice.gradients:
                for target, found in zip(asked_in, gradients(node, targets), strict=True):
                    # What nothing connects would be an empty column; it is one where it was asked for.
                    if found is not None or choice.wrt is not None:
                        title = f"{choice.prefix}d{name or 'value'}_d{target.name}"
                        results.append(Result(title, found, node, target))
        titles = [each.name for each in results]
        for title in titles:
            if titles.count(title) > 1:
                raise InputError(f"two results are called {title}", hint="give one of them another name")
        inputs = [scope.inputs[name] for name in scope.asked]
        conventions = list(origins.conventions)
        whole = Mark(self.source, Span(0, len(self.source.text)))
        for value in dict.fromkeys(each.value for each in results if each.variable is not None):
            for node, kink, test in kink_tests_in(value, targets):
                conventions.append(Convention(test, kink.told, origins.marks.get(node) or whole))
        return RowPlan(results, inputs, self.parameters, origins, conventions, added=choice.last)

    def _matrices(
        self, scope: RowScope, variables: Sequence[str], uncertain: Mapping[Input, Node]
    ) -> dict[tuple[Input, Input], Array]:
        """The correlations of uncertain inputs with each other and of their elements; raises `InputError`."""
        spreads = {each: Spread(np.zeros(each.shape)) for each in uncertain}
        for name, given in self._spreads.items():
            spreads[scope.inputs[name]] = given.spread()
        for names, data in self._correlations:
            for name in names:
                check_variable(name, variables)
                if scope.inputs[name] not in uncertain:
                    hint = f"--uncertainty {name}=…"
                    raise InputError(f"{name} has no uncertainty, so nothing varies with it", hint=hint)
            inputs = [scope.inputs[name] for name in names]
            spreads.update(correlated(spreads, inputs, data, _title))
        check_together(spreads, list(spreads), _title)
        return matrices(spreads)

    def missing(self, name: str, known: Sequence[str], hint: str | None = None) -> InputError:
        """The error for a name that is neither a column nor a parameter."""
        span = _span_of(name, self.program.statements)
        near = column_meant(name, known)
        if hint is None and near:
            hint = f"did you mean {near}?"
        if hint is None and known:
            hint = f"the columns are {listed(known)}; a parameter is given as --{name} 0.5"
        marks = (Mark(self.source, span),) if span else ()
        return InputError(f"there is no column {name}", marks, hint)


def _title(variable: Input) -> str:
    return variable.name


class _Lowered(NamedTuple):
    """The values of a formula by name, its variables, and the uncertainties of its uncertain inputs."""

    scope: RowScope
    values: list[tuple[str | None, Node]]
    origins: Origins
    variables: list[str]
    uncertain: dict[Input, Node]


def check_variable(name: str, variables: Collection[str]) -> None:
    """Raises `InputError` for a name that is no variable of the expression."""
    if name not in variables:
        hint = which_of(name, variables, "its variables are")
        raise InputError(f"{name} is not a variable of the expression", hint=hint)


_OVER_ROWS = {
    "mean": "gradcli accumulate --mean has the mean over the rows",
    "sum": "gradcli accumulate has the sum over the rows",
}
"""Where what a reduction is over the rows is found."""


_MOST_LOOKS, _LOOKS_AT_ONCE = 64, 4
"""In so many rows with a gradient of 0 it is looked why: in all, and in one chunk, all over it."""


class RowPlan:
    """How to compute the results from columns and parameters, for any number of rows.

    Where they are `added` up over the rows, what is lost in single ones is nothing beside the others.
    """

    def __init__(
        self,
        results: Sequence[Result],
        inputs: Sequence[Input],
        parameters: Mapping[str, Any],
        origins: Origins,
        conventions: Iterable[Convention] = (),
        *,
        added: bool = False,
    ) -> None:
        self.results = tuple(results)
        self.conventions = tuple({(each.told, each.mark.span): each for each in conventions}.values())
        """What is to be said where a row stands at a kink."""
        self.columns = tuple(each for each in inputs if each.name not in parameters)
        marks = origins.all_marks()
        rounded = [
            (place, rounded_away(f"the gradient in {each.variable.name}"), marks[each.value])
            for place, each in enumerate(results)
            if each.variable is not None and each.node is not None and each.shape == ()
            if each.value in marks
        ]
        self.told = tuple((each.told, each.mark) for each in self.conventions)
        """What is to be said where `computed` finds that rows call for it: of conventions, and of zeros."""
        self._zeros = {place: len(self.told) + k for k, (place, _, _) in enumerate(rounded)}
        """The results that may be 0 by rounding alone, and the places of what is said then."""
        self.told += tuple((told, mark) for _, told, mark in rounded)
        self._looks = 0 if added else _MOST_LOOKS
        self._constant: dict[Node, Any] = {
            each: parameters[each.name] for each in inputs if each.name in parameters
        }
        self._origins = origins
        nodes = [each.node for each in results if each.node is not None]
        self._plan = Plan([*nodes, *(each.test for each in self.conventions)], batched=self.columns)

    def give(self, constants: Mapping[Input, Any]) -> None:
        """Sets the values of further inputs, which hold for every row."""
        self._constant.update(constants.items())

    @property
    def width(self) -> int:
        """How many numbers the results of a row have, at least 1."""
        return max(1, sum(math.prod(each.shape) for each in self.results))

    @property
    def variables(self) -> list[str]:
        """The columns that it reads, in order of appearance."""
        return [each.name for each in self.columns]

    def run(self, data: Sequence[Array], rows: int, threads: int | None = 1) -> list[Array | None]:
        """The results for `rows` rows, arrays `(rows, *shape)`, from the columns in order of `variables`."""
        return self.computed(data, rows, threads)[0]

    def computed(
        self, data: Sequence[Array], rows: int, threads: int | None = 1
    ) -> tuple[list[Array | None], frozenset[int]]:
        """The same, and the places of what is `told` of some of the rows."""
        values: dict[Node, Any] = dict(self._constant)
        values.update(zip(self.columns, data, strict=True))
        found = iter(self._plan.run_rows(values, rows, threads))
        outputs = [None if each.node is None else next(found) for each in self.results]
        used = frozenset(place for place, holds in enumerate(found) if np.any(holds))
        return outputs, used.union(self._rounded_away(data, outputs)) if self._looks else used

    def _rounded_away(self, data: Sequence[Array], outputs: Sequence[Array | None]) -> Iterator[int]:
        """The places of what is told of gradients that are 0 by rounding alone, in a row that is looked at.

        Few rows are: most zeros are exact, and whoever has many of them is not to wait for each.
        """
        for place, said in self._zeros.items():
            output, node = outputs[place], self.results[place].node
            if output is None or node is None or np.count_nonzero(output) == len(output):
                continue
            zeros = np.flatnonzero(output == 0)
            some = np.linspace(0, len(zeros) - 1, min(_LOOKS_AT_ONCE, self._looks, len(zeros))).astype(int)
            for row in zeros[some].tolist():
                self._looks -= 1
                values: dict[Node, Any] = dict(self._constant)
                values.update((each, column[row]) for each, column in zip(self.columns, data, strict=True))
                if underflows([node], values.__getitem__)[0] is not None:
                    yield said
                    break

    def alone(self) -> Iterator[Notice]:
        """A note for each sum and mean of one number of a row: that over the rows was probably meant."""
        marks = self._origins.all_marks()
        for node in topological([each.value for each in self.results]):
            hint = _OVER_ROWS.get(node.primitive.name)
            if hint is not None and node in marks and not (node.inputs[0].shape or node.static):
                message = (
                    f"{node.primitive.name} of one number is that number: a formula sees one row at a time"
                )
                yield Notice("note", message, (marks[node],), hint)

    def explain(self, data: Sequence[Array], row: int, outputs: Sequence[Array | None]) -> Notice | None:
        """Why a result in this row is nan or infinite, marked in the expression; `None` if an input was."""
        for each in data:
            if not np.isfinite(each[row]).all():
                return None
        values: dict[Node, Any] = dict(self._constant)
        values.update((each, column[row]) for each, column in zip(self.columns, data, strict=True))
        for result, output in zip(self.results, outputs, strict=True):
            if output is None or np.isfinite(output[row]).all():
                continue
            explainer = Explainer(result.value, self._origins, values.__getitem__, lambda leaf: leaf.name)
            notice = explainer.value()
            if notice is None and result.variable is not None and result.value.shape == ():
                sweep = Sweep([result.variable], [output[row]])
                notice = next(explainer.gradient(sweep), None)
            if notice is None and result.variable is None and result.node is not None:
                spread = Explainer(result.node, self._origins, values.__getitem__, lambda leaf: leaf.name)
                notice = spread.value()
            if notice is not None:
                return notice
        return None


def _span_of(name: str, tree: object) -> Span | None:
    return next((each.span for each in walk(tree) if isinstance(each, Name) and each.name == name), None)


def listed(names: Sequence[str]) -> str:
    """Some names for a message: the first ones, and no longer than a line can show."""
    short = [name if len(name) <= 40 else name[:39] + "…" for name in names[:12]]
    return ", ".join(short) + (", …" if len(names) > 12 else "")
