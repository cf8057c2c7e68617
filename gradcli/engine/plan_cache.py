"""Plans that were made before, found by the form of what they compute.

The thousandth step of a loop computes what the first did, from other inputs; it needs no plan of its own.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, Protocol, TypeVar

from gradcli.collecting import uncollected
from gradcli.engine.graph import Constant, Node, topological
from gradcli.engine.plan import Plan
from gradcli.records import NamedTuple

MOST_STEPS = 10_000
"""How many steps the plans may have that a process keeps: some 8 MB, as a step takes about 800 bytes."""

LARGEST = 3 * MOST_STEPS
"""Of how many nodes a plan may be found again. Each may have two constants beside it."""


class Form(NamedTuple):
    """What some nodes compute, whatever their inputs are called: equal keys can share a plan.

    `inputs` are the nodes that need values, in an order that follows from the key; `order` has all nodes.
    What is larger than any plan that is kept has a key that nothing else has.
    """

    key: tuple[Any, ...]
    inputs: list[Node]
    order: Sequence[Node]


class Prepared(NamedTuple):
    """A plan, and for each of its inputs the place in `Form.inputs` of what feeds it.

    `answers` has, for a plan of grads, the place of the leaf that each output belongs to.
    """

    plan: Plan
    feeds: tuple[int, ...]
    answers: tuple[int, ...] = ()

    def run(self, values: Sequence[Any]) -> list[Any]:
        """The plan's outputs, for values in the order of `Form.inputs`."""
        return self.plan.run_list([values[place] for place in self.feeds])


@uncollected
def form_of(outputs: Sequence[Node], known: Callable[[Node], bool] | None = None) -> Form:
    """The form of what is between the `known` nodes (and inputs) and `outputs`."""
    order = topological(outputs, known)
    if len(order) > LARGEST:
        given = [
            node
            for node in order
            if not isinstance(node, Constant) and (not node.inputs or (known is not None and known(node)))
        ]
        return Form((object(),), given, order)
    places: dict[Node, int] = {}
    entries: list[Any] = []
    inputs: list[Node] = []
    for node in order:
        places[node] = len(entries)
        if isinstance(node, Constant):
            entries.append(node)
        elif not node.inputs or (known is not None and known(node)):
            inputs.append(node)
            entries.append((node.shape, node.boolean, node.tracked, node.guarded))
        else:
            entries.append((node.primitive, node.params, *map(places.__getitem__, node.inputs)))
    return Form((tuple(entries), tuple(places[node] for node in outputs)), inputs, order)


class HasPlan(Protocol):
    """What is kept for the sake of its plan."""

    @property
    def plan(self) -> Plan:
        """It."""


Kept = TypeVar("Kept", bound=HasPlan)


class PlanCache(Generic[Kept]):
    """The plans that were made, by what they were made for; those not asked for the longest go first.

    They may have `most_steps` steps together; one that has more by itself is not kept.
    """

    def __init__(self, most_steps: int) -> None:
        self.most_steps = most_steps
        self.steps = 0
        """How many steps the plans have, and one more for each of them."""
        self._plans: OrderedDict[tuple[Any, ...], Kept] = OrderedDict()

    def __len__(self) -> int:
        return len(self._plans)

    def get(self, key: tuple[Any, ...]) -> Kept | None:
        """What was kept for this key before."""
        found = self._plans.get(key)
        if found is not None:
            self._plans.move_to_end(key)
        return found

    def keep(self, key: tuple[Any, ...], new: Kept) -> None:
        """Keeps something for this key, for which there is nothing."""
        if len(new.plan) >= self.most_steps:
            return
        self._plans[key] = new
        self.steps += len(new.plan) + 1
        while self.steps > self.most_steps:
            _, oldest = self._plans.popitem(last=False)
            self.steps -= len(oldest.plan) + 1

    def find(self, key: tuple[Any, ...], make: Callable[[], Kept]) -> Kept:
        """What was kept for this key before, or what `make` makes."""
        found = self.get(key)
        if found is None:
            found = make()
            self.keep(key, found)
        return found


PLANS: PlanCache[Prepared] = PlanCache(MOST_STEPS)
"""The plans of this process, by the forms of what they compute."""


def plan_for(outputs: Sequence[Node], form: Form, known: Iterable[Node] = ()) -> Prepared:
    """The plan that computes `outputs` from values for `form.inputs`."""

    def make() -> Prepared:
        return fitted(Plan(outputs, known, order=form.order), form)

    return PLANS.find(form.key, make)


def fitted(plan: Plan, form: Form, more: Sequence[Node] = (), answers: Sequence[Node] = ()) -> Prepared:
    """A plan with the places of its inputs in `form.inputs`, followed by `more`."""
    places = {node: place for place, node in enumerate((*form.inputs, *more))}
    feeds = tuple(places[node] for node in plan.inputs)
    return Prepared(plan, feeds, tuple(places[node] for node in answers))
