"""Formulas that are evaluated again and again: what lowering comes to is kept, and run at other values.

Who calls `evaluate` in a loop gives one text and variables of the same shapes each time. When such a request
comes for the second time, its formula is lowered over no values, as `compile` does, and planned as a whole.
From then on an evaluation is one run of that plan, as long as there is nothing to say of it: where a value is
not finite, a gradient may be zero by rounding, an operation stands at a kink, or a kernel refuses its
arguments, it is made in the ordinary way, which says so.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from gradcli.arrays import Shape, is_finite
from gradcli.collecting import LONG
from gradcli.engine.graph import Constant, Input, Node, topological
from gradcli.engine.plan import Plan
from gradcli.engine.plan_cache import MOST_STEPS, PlanCache
from gradcli.engine.primitives import TABLE
from gradcli.engine.primitives.shaping import clone, detach
from gradcli.engine.trace import kink_tests
from gradcli.language.tree import Assign, Define, ExpressionStatement, Name, Program
from gradcli.language.walk import zero_as_name
from gradcli.lowering.rows import RowScope, lower_whole
from gradcli.records import NamedTuple
from gradcli.session.computation import gradients
from gradcli.session.evaluation import Evaluation, plain_data
from gradcli.session.repeating.asked import same
from gradcli.session.uncertainty.uncertain import given
from gradcli.text.errors import GradcliError

MOST_SEEN = 200
"""How many requests are remembered that have not come often enough to be kept."""

MOST_TRIES = 3
"""After how many evaluations of which something was to be said a request is not tried again."""


class Request(NamedTuple):
    """What is asked: a text, at variables of these names and shapes, and the gradients in some of them.

    `functions` is how many functions there are: a name may mean another one from then on. Each of `keywords`
    has to be a variable of the text.
    """

    text: str
    names: tuple[str, ...]
    shapes: tuple[Shape, ...]
    wrt: tuple[str, ...] | None
    functions: int
    keywords: tuple[str, ...]


def request(text: str, variables: Mapping[str, Any], wrt: Any, keywords: Iterable[str]) -> Request | None:
    """The request of a call, if it is one for numbers and arrays of doubles by a text that is not long."""
    if len(text) > LONG:
        return None
    if isinstance(wrt, str):
        wrt = (wrt,)
    elif wrt is not None and not (
        isinstance(wrt, list | tuple) and all(isinstance(name, str) for name in wrt)
    ):
        return None
    shapes = []
    for data in variables.values():
        if isinstance(data, np.ndarray | np.generic):
            if data.dtype.kind not in "fiu":
                return None
            shapes.append(data.shape)
        elif isinstance(data, float | int):
            shapes.append(())
        elif isinstance(data, list | tuple):
            try:
                shapes.append(np.shape(data))
            except ValueError:  # it has no shape
                return None
        else:
            return None
    names = None if wrt is None else tuple(wrt)
    return Request(text, tuple(variables), tuple(shapes), names, len(TABLE.made), tuple(keywords))


class _NoValues(RowScope):
    """A scope in which nothing is known, and which notes what a session would have known: constants."""

    decides = False
    """Whether lowering may come to something else for other values."""

    def known(self, node: Node, *, leaves: bool = False) -> Any:
        """Nothing; what is detached from variables is what `const` and `detach` make of them."""
        below = topological((node,), lambda each: each.primitive is detach)
        inputs = any(isinstance(each, Input) for each in below)
        self.decides = self.decides or (not inputs and any(each.primitive is detach for each in below))
        return None


class Kept:
    """How a request is answered: a plan of all that it asks, and of what could make a notice necessary.

    `first` is the evaluation that the ordinary way gave. Raises `GradcliError` for a program that cannot be
    lowered over no values.
    """

    def __init__(self, program: Program, asked: Request, first: Evaluation) -> None:
        scope = _NoValues(dict(zip(asked.names, asked.shapes, strict=True)), {})
        lowered = lower_whole(program, scope)
        node = lowered.node
        leaves = [scope.inputs[name] for name in first.gradients]
        slopes = dict(zip(first.gradients, gradients(node, leaves), strict=True))
        self.follows = not scope.decides
        """Whether the values of variables alone decide what comes of it."""
        tests = [each.test for each in lowered.origins.conventions]
        if node.tracked:
            tests += [each.test for each in kink_tests(node, lambda each: each.tracked)]
        self._expression, self._name, self._notices = first.expression, first.name, first.notices
        self._names, self._wrt = asked.names, tuple(first.gradients)
        self._found = [name for name, each in slopes.items() if each is not None]
        steps = [each for each in lowered.named.values() if _is_computed(each)]
        self._steps = len(steps)
        self._explains = node.tracked and node.shape == ()
        """Whether something may be to say of the gradients."""
        self.plan = Plan([node, *[each for each in slopes.values() if each is not None], *steps, *tests])
        places: dict[Node, int] = {scope.inputs[name]: place for place, name in enumerate(asked.names)}
        self._feeds = [places[each] for each in self.plan.inputs]

    def at(self, variables: Mapping[str, Any]) -> Evaluation | None:
        """The evaluation at these values, or `None` if there is something to say of it."""
        data = [given(name, each) for name, each in variables.items()]
        try:
            value, *found = self.plan.run_list([data[place] for place in self._feeds])
        except GradcliError:
            return None
        slopes = found[: len(self._found)]
        steps = found[len(slopes) : len(slopes) + self._steps]
        if not all(map(is_finite, (value, *steps))) or any(map(np.any, found[len(slopes) + self._steps :])):
            return None
        if self._explains and not all(is_finite(each) and (np.ndim(each) or each) for each in slopes):
            return None
        by_name = dict(zip(self._found, map(plain_data, slopes), strict=True))
        return Evaluation(
            self._expression,
            dict(zip(self._names, map(plain_data, data), strict=True)),
            plain_data(value),
            {name: by_name.get(name) for name in self._wrt},
            name=self._name,
            notices=self._notices,
        )


def _is_computed(node: Node) -> bool:
    """Whether anything is computed for a name that is given a value, so that it may not be finite."""
    while node.primitive in (clone, detach):
        node = node.inputs[0]
    return bool(node.inputs) or isinstance(node, Constant)


def _is_formula(program: Program) -> bool:
    """Whether a program does nothing but compute: it gives names, each once, and functions."""
    *before, last = program.statements
    names: list[str] = []
    for each in before:
        if isinstance(each, Define):
            continue
        if not isinstance(each, Assign) or not isinstance(each.target, Name):
            return False
        names.append(each.target.name)
    if isinstance(last, Assign) and not isinstance(last.target, Name):
        return False
    return isinstance(last, Assign | ExpressionStatement) and len(set(names)) == len(names)


def _agree(one: Evaluation, other: Evaluation) -> bool:
    """Whether two evaluations have the same value and gradients, bit by bit."""

    pairs = [(one.value, other.value), *zip(one.gradients.values(), other.gradients.values(), strict=True)]
    return all(a is b if a is None or b is None else same(a, b) for a, b in pairs)


class Recurring:
    """The requests of this process that came more than once; those that came longest ago go first.

    Their plans may have `most_steps` steps together. No values are kept.
    """

    def __init__(self, most_steps: int) -> None:
        self.kept: PlanCache[Kept] = PlanCache(most_steps)
        self._seen: OrderedDict[Request, int] = OrderedDict()
        """How often a request came that is not kept; those that came longest ago go first."""

    def evaluation(
        self,
        asked: Request,
        variables: Mapping[str, Any],
        parsed: Callable[[], Program],
        ordinary: Callable[[], Evaluation],
    ) -> Evaluation:
        """What is asked, by what is kept or else in the `ordinary` way; `parsed` gives the program."""
        kept = self.kept.get(asked)
        if kept is not None:
            again = kept.at(variables)
            return ordinary() if again is None else again
        found = ordinary()
        times = self._seen.pop(asked, 0)
        if 0 < times <= MOST_TRIES:
            kept = self._made(parsed(), asked, found, variables)
        if kept is not None:
            self.kept.keep(asked, kept)
        else:
            self._seen[asked] = times + 1
        if len(self._seen) > MOST_SEEN:
            self._seen.popitem(last=False)
        return found

    def _made(
        self, program: Program, asked: Request, found: Evaluation, variables: Mapping[str, Any]
    ) -> Kept | None:
        """How to answer a request from now on, if that gives what the ordinary way has found now."""
        if "zero" in variables:
            program = zero_as_name(program)
        if found.measurement is not None or not _is_formula(program):
            return None
        try:
            kept = Kept(program, asked, found)
        except GradcliError:
            return None
        again = kept.at(variables) if kept.follows else None
        return kept if again is not None and _agree(again, found) else None


RECURRING = Recurring(MOST_STEPS)
"""What `evaluate` keeps."""
