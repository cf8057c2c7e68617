"""Where nodes were written is kept for each statement, beside the graph, and keeps nothing alive."""

from __future__ import annotations

import gc

import pytest
from kept import Kept

from gradcli.engine.graph import topological
from gradcli.lowering.origins import Origins
from gradcli.session.scope import SessionScope
from gradcli.text.source import Mark


def origins_of(kept: Kept, name: str) -> Origins:
    """Where the value of a name was written."""
    (found,) = SessionScope(kept.session).origins(name)
    assert found is not None
    return found


def places(kept: Kept, name: str) -> dict[str, str]:
    """What was typed for each operation below a name, by what the operation is."""

    def typed(mark: Mark) -> str:
        return mark.source.text[mark.span.start : mark.span.end]

    return {repr(node): typed(mark) for node, mark in origins_of(kept, name).all_marks().items()}


def length(origins: Origins) -> int:
    """How many expressions are below one another."""
    deepest = 0
    row = [origins]
    while row:
        deepest += 1
        row = [below for each in row for below in each.below.values()]
    return deepest


def test_a_value_knows_its_own_expression_and_those_below() -> None:
    kept = Kept("x = 1\ny = sin(x)\nz = 2*y\nw = exp(sin(x))")
    assert places(kept, "z") == {"<multiply []>": "2*y", "<sin []>": "sin(x)"}
    below = origins_of(kept, "z").below
    assert list(below.values()) == [origins_of(kept, "y")]
    assert kept.session.values["y"].node in origins_of(kept, "w").marks


def test_a_name_that_is_bound_anew_leaves_the_origins_of_what_used_it() -> None:
    kept = Kept("x = 1\ny = sin(x)\nz = 2*y\ny = 3\nz2 = z + 1")
    assert places(kept, "z2")["<sin []>"] == "sin(x)"


def test_a_derivative_keeps_the_marks_of_the_nodes_inside() -> None:
    kept = Kept("x = 4\ny = sin(x)*exp(x)\nd = grad(y, x)\nf(t) = exp(t)*2\np = f'(x)\nq = f'(sin(x))")
    assert places(kept, "d")["<exp []>"] == "exp(x)"
    assert places(kept, "p")["<exp []>"] == "exp(t)"
    assert places(kept, "q")["<exp []>"] == "exp(t)"


def test_a_name_for_a_value_has_the_origins_of_that_value() -> None:
    kept = Kept("x = 1\ny = sin(x)\nw = +sin(x)\nz = y")
    assert origins_of(kept, "z") is origins_of(kept, "y")
    assert places(kept, "w") == {"<sin []>": "+sin(x)"}


@pytest.mark.parametrize("statement", ["y = y", "y = +y", "_", "y"])
def test_origins_do_not_pile_up(statement: str) -> None:
    kept = Kept("x = 1\ny = sin(x)\ny")
    for _ in range(20):
        kept.run(statement)
    assert length(origins_of(kept, "y")) == length(origins_of(kept, "ans")) == 1


@pytest.mark.parametrize(
    "expression",
    [
        "len(sin(y))*x",
        "y if sum(y) > 0 else sin(x)",
        "zeros_like(y) + x",
        "grad(sum(cos(2*y)), y)",
        "y.shape*x",
    ],
)
def test_a_value_keeps_only_nodes_that_it_is_computed_from(expression: str) -> None:
    kept = Kept(f"x = [1, 2]\ny = exp(sin(x))\nz = {expression}")
    origins = origins_of(kept, "z")
    nodes = set(topological((kept.session.values["z"].node,)))
    assert {*origins.all_marks(), *origins.below} <= nodes


def test_values_of_one_node_share_its_data_and_no_more() -> None:
    kept = Kept("x = [1, 2]\ny = exp(x)\nw = exp(x)\nz = y")
    y, w, z = (kept.session.values[name] for name in "ywz")
    assert y.node is w.node is z.node
    assert y.data is w.data is z.data
    assert origins_of(kept, "w") is not origins_of(kept, "y")
    kept.run("y = 0")
    del y, z
    gc.collect()
    assert kept.session.value_of(w.node).data is w.data
