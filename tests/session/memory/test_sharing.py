"""Tensors that look at the same elements: a change is taken back for all, and copies are apart."""

from __future__ import annotations

import pytest
from transcripts import run_lines

from gradcli.capabilities.behaviours import behaviours
from gradcli.engine.graph import topological
from gradcli.language.parser import parse
from gradcli.session.runner import run
from gradcli.session.state import Session
from gradcli.text.errors import GradcliError
from gradcli.text.source import Source


def program(session: Session, text: str) -> None:
    run(session, parse(Source(text)), lambda result: None, lambda notice: None, behaviours)


def held(session: Session, *names: str) -> list[object]:
    return [session.data(name).tolist() for name in names]


BEGUN = "import torch\na = torch.ones(2)\nb = a.view(1, 2)\nxs = [a]\nc = b[0, 1]"


def test_undo_takes_a_change_back_for_all() -> None:
    lines = BEGUN.split("\n")
    assert run_lines([*lines, "a.add_(1)", "undo", "b += 4", "undo", "(a + b).sum()"])[-1] == "4"
    assert run_lines([*lines, "a.add_(1)", "undo", "undo", "undo", "undo", "b = 1", "a"])[-1] == "[1, 1]"
    assert run_lines([*lines, "xs[0].mul_(3)", "c"])[-1] == "3"


def test_a_statement_that_fails_changes_nothing() -> None:
    session = Session()
    program(session, BEGUN)
    with pytest.raises(GradcliError):
        program(session, "for i in range(5):\n    b[0, 1] = 7\n    d = a\n    d += 1/(2 - i).missing")
    assert held(session, "a", "b", "c") == [[1, 1], [[1, 1]], 1]
    program(session, "a[1] = 5")
    assert held(session, "a", "b", "c") == [[1, 5], [[1, 5]], 5]


def test_a_copy_of_a_session_is_apart() -> None:
    session = Session()
    program(session, BEGUN)
    other = session.copy()
    program(other, "b.mul_(2)")
    assert held(session, "a", "b", "c") == [[1, 1], [[1, 1]], 1]
    assert held(other, "a", "b", "c") == [[2, 2], [[2, 2]], 2]


COMPUTED = """import torch
w = torch.ones(2, requires_grad=True)
y = w*3
d = y.detach()
xs = [y, y[0]]
y"""


def test_undo_takes_a_change_of_a_computed_tensor_back_for_all() -> None:
    lines = [*COMPUTED.split("\n"), "d.add_(1)", "undo", "y.mul_(2)"]
    assert run_lines([*lines, "(y.detach() + d)"])[-1] == "[12, 12]"
    assert run_lines([*lines, "undo", "(y.detach() + d + xs[0].detach() + xs[1].detach())"])[-1] == "[12, 12]"


def test_a_failing_statement_changes_no_computed_tensor() -> None:
    session = Session()
    program(session, COMPUTED)
    with pytest.raises(GradcliError):
        program(session, "for i in range(5):\n    d[0] = 7\n    xs[0].mul_(2)\n    y += 1/(2 - i).missing")
    assert held(session, "y", "d") == [[3, 3], [3, 3]]


def test_a_copy_of_a_session_has_computed_tensors_apart() -> None:
    session = Session()
    program(session, COMPUTED)
    other = session.copy()
    program(other, "d.mul_(2)\nz = xs[0]*1\nu = xs[1]*1")
    assert held(session, "y", "d") == [[3, 3], [3, 3]]
    assert held(other, "y", "d", "z", "u") == [[6, 6], [6, 6], [6, 6], 6]


def test_what_is_detached_holds_no_graph() -> None:
    session = Session()
    program(session, COMPUTED + "\nkept = y[0].detach()")
    view = next(cell.view for node, cell in session.cells.items() if node.name == "kept")
    assert view is not None
    assert session.values["y"].node not in topological((view.node,))


def test_what_was_computed_from_a_constant_is_out_of_date() -> None:
    session = Session()
    program(session, BEGUN + "\nw = torch.ones(2, requires_grad=True)\ny = (w*a).sum()\nb += 1")
    with pytest.raises(GradcliError, match="y was computed before a was changed"):
        program(session, "y.backward()")


@pytest.mark.parametrize(
    "lines",
    [
        "c = [1, 2]\nd = c\nd += 1",
        "import jax.numpy as jnp\nc = jnp.ones(2)\nd = c\nd += 1",
        "import numpy as np\nc = np.ones(2)\nd = np.array(c)\nd[0] = 5",
        "import torch\nc = torch.ones(2)\nd = c.clone()\nd[0] = 5\nd = torch.tensor(c)\nd.zero_()",
        "import torch\nc = torch.ones(2)\nd = c[[0, 1]]\nd.zero_()\nd = c + 0\nd.zero_()",
    ],
)
def test_copies_and_other_values_are_apart(lines: str) -> None:
    first = "const c = [1, 2]" if lines.startswith("c") else ""
    session = Session()
    program(session, lines.replace("c = [1, 2]", first) if first else lines)
    assert held(session, "c") in ([[1, 2]], [[1, 1]])
