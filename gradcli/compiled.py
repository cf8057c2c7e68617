"""An expression compiled for many rows: one graph, one plan, any number of calls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from gradcli.arrays import Shape
from gradcli.collecting import uncollected
from gradcli.engine.graph import Node
from gradcli.engine.jacobians import gradients
from gradcli.engine.plan import Plan
from gradcli.engine.primitives import is_function
from gradcli.language.parser import parse
from gradcli.language.walk import zero_as_name
from gradcli.lowering.rows import RowScope, lower_program
from gradcli.session.evaluation import Evaluation, checked, plain_data, spelled, variables_given
from gradcli.text.errors import EvaluationError, GradcliError, InputError
from gradcli.text.source import Source
from gradcli.text.suggest import which_of

_DOUBLE = np.dtype(np.float64)


class Compiled:
    """An expression with its gradients, ready to run over rows. Picklable.

    `variables` are the names that a call must give, in order of appearance.
    """

    def __init__(
        self,
        expression: str,
        wrt: tuple[str, ...] | None,
        shapes: dict[str, Shape],
        threads: int | None = None,
    ) -> None:
        self.expression = expression
        self.shapes = shapes
        self.threads = threads
        """The most threads that a call uses; `None`: as many as there are processors."""
        self._wrt = wrt
        self._build()

    @uncollected
    def _build(self) -> None:
        source = Source(self.expression)
        scope = RowScope({**dict.fromkeys(self._wrt or (), ()), **self.shapes}, {}, steps=True)
        self._node = lower_program(zero_as_name(parse(source, is_function=is_function)), scope)
        for name in (*(self._wrt or ()), *self.shapes):
            if name not in scope.asked:
                raise _not_there(name, scope.asked)
        self._inputs = {name: scope.inputs[name] for name in scope.asked}
        self._constants = scope.constants
        self.wrt = tuple(self._inputs) if self._wrt is None else self._wrt
        self.variables = tuple(self._inputs)
        targets = [scope.target(name) for name in self.wrt]
        self._gradients = gradients(self._node, targets)
        self._plans: dict[frozenset[str], Plan] = {}
        self._ready: dict[tuple[bool, ...], tuple[Plan, tuple[int, ...]]] = {}
        """Plans by which of the variables are rows, with the places of what feeds them."""
        self._shapes = [(name, each.shape) for name, each in self._inputs.items()]
        self._found = [name for name, each in zip(self.wrt, self._gradients, strict=True) if each is not None]

    def __reduce__(self) -> tuple[Any, ...]:
        return Compiled, (self.expression, self._wrt, self.shapes, self.threads)

    def __repr__(self) -> str:
        return f"Compiled({self.expression!r}, wrt={self.wrt!r})"

    def plans(self) -> list[Plan]:
        """The plans that calls have made so far: one for each choice of variables that are rows."""
        return list(self._plans.values())

    def __call__(self, values: Mapping[str, Any] | None = None, /, **named: Any) -> Evaluation:
        """Values and gradients, as an `Evaluation`, for numbers or rows.

        A value that has one axis more than the variable's shape holds rows (all such have equally
        many); then so do the results. Raises `EvaluationError` for shapes that do not fit and
        `InputError` for names that are missing or too many.
        """
        quick = self._quickly(named if values is None else values)
        if quick is not None:
            return quick
        given = variables_given(values, named)
        data = self._data(given)
        rows = self._rows(data)
        batched = frozenset(name for name, each in data.items() if each.ndim > len(self._inputs[name].shape))
        plan = self._plans.get(batched)
        outputs = [self._node, *(each for each in self._gradients if each is not None)]
        if plan is None:
            plan = self._plans[batched] = Plan(outputs, batched=[self._inputs[name] for name in batched])
            places: dict[Node, int] = {each: place for place, each in enumerate(self._inputs.values())}
            key = tuple([name in batched for name in self._inputs])
            self._ready[key] = (plan, tuple([places[each] for each in plan.inputs]))
        feed: dict[Node, Any] = {self._inputs[name]: each[()] for name, each in data.items()}
        results = iter(plan.run(feed) if rows is None else plan.run_rows(feed, rows, self.threads))
        value = next(results)
        gradients = {
            name: None if node is None else plain_data(next(results))
            for name, node in zip(self.wrt, self._gradients, strict=True)
        }
        found = Evaluation(self.expression, given, plain_data(value), gradients)
        found.rename(spelled((*(values or ()), *named)))
        return found

    def _quickly(self, given: Any) -> Evaluation | None:
        """The same for what is plainly right: floats, and arrays of doubles that lie in memory in order.

        Such calls are most, and often so small that looking at them would take longer than they do. All else,
        mistakes included, is `None`.
        """
        if type(given) is not dict or len(given) != len(self._shapes):
            return None
        rows = -1
        data: list[Any] = []
        key: list[bool] = []
        for name, shape in self._shapes:
            each = given.get(name)
            if type(each) is np.ndarray:
                if each.dtype is not _DOUBLE or not each.flags.c_contiguous:
                    return None
                own = each.shape
                is_row = own != shape
                if is_row:
                    if own[1:] != shape or (rows != own[0] and rows != -1):
                        return None
                    rows = own[0]
                data.append(each if own else each[()])
                key.append(is_row)
            elif (type(each) is float or type(each) is np.float64) and shape == ():
                data.append(each)
                key.append(False)
            else:
                return None
        ready = self._ready.get(tuple(key))
        if ready is None:
            return None
        plan, feeds = ready
        fed = [data[place] for place in feeds]
        if rows < 0:
            value, *found = [each if type(each) is np.ndarray else each.item() for each in plan.run_list(fed)]
        else:
            value, *found = plan.run_rows_list(fed, rows, self.threads)
        gradients = dict(zip(self._found, found, strict=True))
        if len(found) < len(self.wrt):
            gradients = {name: gradients.get(name) for name in self.wrt}
        return Evaluation(self.expression, dict(given), value, gradients)

    def _data(self, given: Mapping[str, Any]) -> dict[str, Any]:
        for name in given:
            if name in self._constants:
                hint = f'compile(…, shapes={{"{name}": ()}}) makes it a variable'
                raise InputError(f"{name} is the constant {name} here", hint=hint)
            if name not in self._inputs:
                raise _not_there(name, self._inputs)
        missing = [name for name in self._inputs if name not in given]
        if missing:
            raise InputError(f"{missing[0]} needs a value")
        data = {name: np.asarray(checked(name, each, copy=False)) for name, each in given.items()}
        return {name: np.ascontiguousarray(each).reshape(each.shape) for name, each in data.items()}

    def _rows(self, data: Mapping[str, Any]) -> int | None:
        rows: int | None = None
        for name, each in data.items():
            shape = self._inputs[name].shape
            if each.shape == shape:
                continue
            if each.shape[1:] != shape or not each.ndim:
                raise EvaluationError(
                    f"{name} has shape {list(each.shape)}, which is not rows of shape {list(shape)}",
                    hint=self._other_shape(name, each.shape),
                )
            if rows is not None and rows != len(each):
                raise EvaluationError(f"{name} has {len(each)} rows, and the others have {rows}")
            rows = len(each)
        return rows

    def _other_shape(self, name: str, shape: Shape) -> str | None:
        """How to compile the expression for rows (or the whole) of a shape, if it can be for such."""
        for other in (shape[1:], shape):
            try:
                Compiled(self.expression, self._wrt, {**self.shapes, name: other})
            except GradcliError:
                continue
            return f'say what one row holds: compile(…, shapes={{"{name}": {other}}})'
        return None


def _not_there(name: str, variables: Iterable[str]) -> InputError:
    """The error for a name that is no variable of the expression."""
    return InputError(f"{name} does not occur in the expression", hint=which_of(name, variables))
