"""How values and gradients are computed from what a session holds: found out once, done again and again."""

from __future__ import annotations

import math
from collections.abc import MutableMapping, Sequence
from typing import TYPE_CHECKING, Any

from gradcli.engine.derive import gradient, pullback, slopes
from gradcli.engine.graph import Input, Node
from gradcli.engine.plan import Plan
from gradcli.engine.plan_cache import PLANS, Form, Prepared, fitted, form_of, plan_for
from gradcli.lowering.kinds import TENSOR, Kind
from gradcli.lowering.origins import Origins
from gradcli.records import Protocol
from gradcli.session.values import Cell, Sweep, Value

if TYPE_CHECKING:
    from gradcli.search.jacobians import Evaluate


class Holdings(Protocol):
    """What is asked of a session."""

    state: int
    """Another number after each change of an input in place."""
    cells: MutableMapping[Input, Cell]

    def known_value(self, node: Node) -> Value | None:
        """The value of a node whose data is at hand."""


class Computation:
    """How the value of a node follows from cells, and from values with names that it goes on from."""

    def __init__(
        self, session: Holdings, node: Node, kind: Kind = TENSOR, origins: Origins | None = None
    ) -> None:
        self.session = session
        self.node = node
        self.kind = kind
        self.origins = origins
        form = form_of((node,), lambda each: each is not node and session.known_value(each) is not None)
        named = [each for each in form.inputs if not isinstance(each, Input)]
        prepared = plan_for((node,), form, named)
        fed = [form.inputs[place] for place in prepared.feeds]
        self._plan = prepared.plan
        self._cells = [session.cells[each] if isinstance(each, Input) else _NO_CELL for each in fed]
        self._named = [(place, each) for place, each in enumerate(fed) if not isinstance(each, Input)]
        self._changing = [(each, session.cells[each]) for each in form.inputs if isinstance(each, Input)]
        self._changing = [(each, cell) for each, cell in self._changing if changes(each, cell)]
        self.leaves = [each for each, _ in self._changing if each.role == "leaf"]

    def value(self, *, quietly: bool = False) -> Value | None:
        """The value now; `None` if one that it goes on from is out of date.

        `quietly`: NumPy has been told already to give no warnings.
        """
        known = self.session.known_value(self.node)
        if known is not None:
            return Value(self.node, known.data, known.versions, self.kind, self.origins, known)
        feed = [cell.data for cell in self._cells]
        versions = {each: cell.version for each, cell in self._changing}
        for place, each in self._named:
            known = self.session.known_value(each)
            if known is None:
                return None
            feed[place] = known.data
            versions.update(known.versions)
        (data,) = self._plan.run_quietly(feed) if quietly else self._plan.run_list(feed)
        value = Value(self.node, data, versions, self.kind, self.origins)
        value.checked = self.session.state
        return value


_NO_CELL = Cell(None)
"""Stands where the value is that of a name."""


def changes(node: Input, cell: Cell) -> bool:
    """Whether an input may change in place: a leaf, or what a loop binds or makes again and again."""
    return node.role == "leaf" or (node.role in ("constant", "grad") and cell.version > 0)


class Backpropagation:
    """How the gradients of a node in its leaves follow from cells, and perhaps from a seed."""

    def __init__(self, session: Holdings, node: Node, *, seeded: bool = False) -> None:
        form = form_of((node,))
        # Values with names are at hand already. Their places in the graph follow from its form.
        order = [each for each in form.order if each.inputs and each is not node]
        known = [(place, each) for place, each in enumerate(order) if session.known_value(each) is not None]
        named = [each for _, each in known]
        inputs = [each for each in form.inputs if isinstance(each, Input)]
        leaves = [each for each in inputs if each.role == "leaf"]

        def make() -> Prepared:
            return _gradient_plan(node, leaves, form, named, seeded)

        found = PLANS.find((*form.key, "gradient", not seeded, *[place for place, _ in known]), make)
        self._plan = found.plan
        self.session = session
        self._seed = Cell(None)
        cells = [session.cells[each] for each in inputs]
        cells += [self._seed, *[_NO_CELL for _ in named]]
        self._cells = [cells[place] for place in found.feeds]
        after = len(inputs) + 1
        self._named = [(at, named[place - after]) for at, place in enumerate(found.feeds) if place >= after]
        self.leaves = [inputs[place] for place in found.answers]

    def run(self, seed: Any = None, *, quietly: bool = False) -> Sweep | None:
        """The gradients now; `None` if a value that they go on from is out of date. Changes nothing.

        `quietly`: as for a `Computation`.
        """
        self._seed.data = seed
        feed = [cell.data for cell in self._cells]
        for place, each in self._named:
            value = self.session.known_value(each)
            if value is None:
                return None
            feed[place] = value.data
        return Sweep(self.leaves, self._plan.run_quietly(feed) if quietly else self._plan.run_list(feed))


def _gradient_plan(
    node: Node, leaves: Sequence[Input], form: Form, named: Sequence[Node], seeded: bool
) -> Prepared:
    """The plan of the grads of those leaves that `node` is connected to, from the values of `named` nodes."""
    seed = Input("seed", node.shape, role="unit", tracked=False)  # of a row weighed by 0 nothing is asked
    found = pullback(node, seed, leaves) if seeded else gradient(node, leaves)
    reached = [(leaf, each) for leaf, each in zip(leaves, found, strict=True) if each is not None]
    plan = Plan([each for _, each in reached], named)
    return fitted(plan, form, (seed, *named), [leaf for leaf, _ in reached])


def value_and_gradients(node: Node, leaves: Sequence[Input], evaluate: Evaluate) -> tuple[Any, list[Any]]:
    """The value of `node`, and its gradient or Jacobian in each leaf (`None` where nothing connects them)."""
    derivatives = gradients(node, leaves)
    value, *data = evaluate([node, *[each for each in derivatives if each is not None]])
    found = iter(data)
    return value, [None if each is None else next(found) for each in derivatives]


def gradients(node: Node, leaves: Sequence[Input]) -> list[Node | None]:
    """What `engine.jacobians` gives; what there is to say of an array is imported for an array."""
    if math.prod(node.shape) == 1 and not node.boolean:
        return slopes(node, leaves)
    from gradcli.engine import jacobians

    return jacobians.gradients(node, leaves)
