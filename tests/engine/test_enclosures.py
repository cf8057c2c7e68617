"""What entries say of their values over intervals, at points inside: wide enough, and of some use."""

from __future__ import annotations

import numpy as np
import pytest

from gradcli.engine.graph import Input, Node
from gradcli.engine.plan import Plan
from gradcli.engine.primitives import ENTRIES, arithmetic, elementwise, special
from gradcli.engine.primitives.entry import Elementwise
from gradcli.search.intervals import RULES, Box, box, enclosed

HIDDEN = [
    each
    for module in (arithmetic, elementwise)
    for each in vars(module).values()
    if isinstance(each, Elementwise) and not each.family
]
HIDDEN.append(special.gauss_derivative(1))
ENCLOSED = list({each.name: each for each in [*ENTRIES, *HIDDEN] if getattr(each, "encloses", "")}.values())
TRUTHS = {
    **dict.fromkeys(("logical_and", "logical_or"), (0, 1)),
    **dict.fromkeys(("where", "logical_not"), (0,)),
    "masked": (1,),
    "strong_product": (2,),
}
"""Which operands are truth values."""

INSIDE = np.linspace(0, 1, 23)


def boxes(count: int, seed: int) -> Box:
    random = np.random.default_rng(seed)
    centre = random.choice([0.0, 1.0, -1.0, 0.5, np.pi / 2, 3.0], count) + random.normal(size=count) * 2
    centre = np.where(random.random(count) < 0.2, random.integers(-4, 5, count), centre)
    width = 10.0 ** random.uniform(-8, 1, count) * (random.random(count) < 0.9)
    return box(centre, centre + width)


def test_every_rule_that_an_entry_names_is_there() -> None:
    assert {each.encloses for each in ENCLOSED} == set(RULES)


@pytest.mark.parametrize("entry", ENCLOSED, ids=lambda each: each.name)
def test_values_inside_are_enclosed(entry: Elementwise) -> None:
    count = 300
    truths = TRUTHS.get(entry.name, ())
    inputs = [Input(f"x{k}", ()) for k in range(entry.arity)]
    operands = [boxes(count, 7 * k + 1) for k in range(entry.arity)]
    if entry.name in ("power", "lowered_power"):
        whole = np.random.default_rng(3).integers(-4, 5, count).astype(float)
        some = np.arange(count) % 3 == 0
        operands[1] = box(*(np.where(some, end, whole) for end in operands[1][:2]))
    if entry.name == "lowered_power":
        operands[2] = box(np.ones(count), np.ones(count))
    node: Node = entry.apply(*(each > 0 if k in truths else each for k, each in enumerate(inputs)))
    found = enclosed(node, dict(zip(inputs, operands, strict=True)), count)
    plan = Plan([node], batched=inputs)
    for part in INSIDE:
        at = [
            each.low + (part if k % 2 == 0 else 1 - part) * (each.high - each.low)
            for k, each in enumerate(operands)
        ]
        (values,) = plan.run_rows({each: at[inputs.index(each)] for each in plan.inputs}, count)  # type: ignore[arg-type]
        values = np.asarray(values, float)
        fine = np.isfinite(values)
        assert np.all(found.low[fine] <= values[fine])
        assert np.all(values[fine] <= found.high[fine])
        assert np.all(fine[found.certain])
    assert found.certain.any(), "the rule proves nothing"
