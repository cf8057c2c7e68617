"""Draws are side effects: whole or not at all, anew at each step of a loop, and taken back by undo."""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np
import pytest
from transcripts import run_lines

import gradcli
from gradcli.capabilities.behaviours import behaviours
from gradcli.generators.mersenne import Mersenne
from gradcli.language.parser import parse
from gradcli.session.runner import run
from gradcli.session.state import Session
from gradcli.text.source import Source


def program(session: Session, text: str) -> None:
    run(session, parse(Source(text)), lambda result: None, lambda notice: None, behaviours)


def test_a_statement_that_fails_draws_nothing() -> None:
    lines = ["manual_seed(3)", "rand(2) + rand(3)", "rand(2) @", "rand(2)"]
    assert run_lines(lines)[-1] == run_lines(["manual_seed(3)", "rand(2)"])[-1]


def test_a_loop_that_fails_draws_nothing() -> None:
    loop = "for i in range(5):\n    x = rand(2)\n    [1, 2, 3][i]"
    lines = ["manual_seed(3)", loop, "rand(2)"]
    assert run_lines(lines)[-1] == run_lines(["manual_seed(3)", "rand(2)"])[-1]


def test_undo_takes_a_draw_back() -> None:
    shown = run_lines(["manual_seed(3)", "const x = randn(3)", "x", "undo", "const x = randn(3)", "x"])
    assert shown[2] == shown[-1]
    shown = run_lines(["np.random.seed(3)", "np.random.rand()", "undo", "np.random.rand()"])
    assert shown[1] == shown[3]


def test_a_preview_draws_nothing() -> None:
    session = Session()
    program(session, "manual_seed(3)")
    copied = session.copy()
    program(copied, "x = rand(3)")
    program(session, "x = rand(3)")
    assert session.data("x").tolist() == copied.data("x").tolist()


def test_a_loop_draws_anew_and_plans_no_more(plans_made: Callable[[], int]) -> None:
    session = Session()
    text = "const total = 0\nfor i in range({}):\n    const x = randn(4)\n    const total = total + x*rand(4)"
    program(session, "manual_seed(5)\n" + text.format(3))
    before = plans_made()
    program(session, "const total = 0\nmanual_seed(5)\n" + text.format(50))
    assert plans_made() == before
    generator, total = Mersenne(5), np.zeros(4)
    for _ in range(50):
        x = generator.normal((4,), single=True)
        total = total + x * generator.rand((4,), single=True)
    assert session.data("total").tolist() == total.tolist()


def test_what_was_drawn_before_stays() -> None:
    session = Session()
    program(
        session,
        "manual_seed(1)\nw = 2\nkept = 0\n"
        "for i in range(9):\n    y = w*rand(2)\n    kept = kept + sum(y)\nbackward kept",
    )
    drawn = sum(Mersenne(1).rand((18,), single=True))
    assert session.grad_data(session.leaf("w")) == pytest.approx(drawn, rel=1e-12)


def test_a_draw_of_plain_numbers_is_a_leaf() -> None:
    session = Session()
    program(session, "a = 3*randn(2)\nconst b = randn(2)\nc = torch.randn(2)\nd = randint(0, 5, (2,))")
    program(session, "e = torch.rand(2, requires_grad=True)\nf = rand(2, requires_grad=True)")
    assert list(session.leaves()) == ["a", "e", "f"]


def test_a_seed_repeats() -> None:
    first, second = (gradcli.evaluate("x*rand(3)", {"x": 2}, seed=7).value for _ in range(2))
    assert list(first) == list(second) == list(2 * Mersenne(7).rand((3,), single=True))
    with pytest.raises(gradcli.GradcliError, match="a seed is a whole number from 0 on"):
        gradcli.evaluate("rand(3)", seed=-1)


def test_without_a_seed_numbers_are_others_each_time() -> None:
    assert list(gradcli.evaluate("rand(3)").value) != list(gradcli.evaluate("rand(3)").value)


LEGACY = [
    ("np.random.rand(2, 3)", lambda own: own.rand(2, 3)),
    ("np.random.randn(4)", lambda own: own.randn(4)),
    ("np.random.random((2, 2))", lambda own: own.random((2, 2))),
    ("np.random.random()", lambda own: own.random()),
    ("np.random.normal(1, 0.1, 5)", lambda own: own.normal(1, 0.1, 5)),
    ("np.random.normal([1, 2], 0.5)", lambda own: own.normal([1, 2], 0.5)),
    ("np.random.uniform(-1, 1, size=(3,))", lambda own: own.uniform(-1, 1, size=(3,))),
    ("np.random.randint(10, size=6)", lambda own: own.randint(10, size=6)),
    ("np.random.randint(3, 10)", lambda own: own.randint(3, 10)),
    ("np.random.permutation(7)", lambda own: own.permutation(7)),
    ("np.random.permutation([1, 2, 3])", lambda own: own.permutation([1, 2, 3])),
    ("np.random.choice(5, 3, replace=False)", lambda own: own.choice(5, 3, replace=False)),
    (
        "np.random.choice([1, 2, 4], 3, p=[0, 0.5, 0.5])",
        lambda own: own.choice([1, 2, 4], 3, p=[0, 0.5, 0.5]),
    ),
    ("np.random.exponential(2, 3)", lambda own: own.exponential(2, 3)),
    ("np.random.binomial(10, 0.5, 3)", lambda own: own.binomial(10, 0.5, 3)),
    ("np.random.poisson(3, 4)", lambda own: own.poisson(3, 4)),
    ("np.random.standard_normal(3)", lambda own: own.standard_normal(3)),
]


@pytest.mark.parametrize(("text", "draw"), LEGACY, ids=[text for text, _ in LEGACY])
def test_numpys_are_numpys(text: str, draw: object) -> None:
    session = Session()
    program(session, f"import numpy as np\nnp.random.seed(4)\nx = {text}\ny = {text}")
    own = np.random.RandomState(4)
    assert callable(draw)
    for name in ("x", "y"):
        np.testing.assert_array_equal(session.data(name), draw(own))


def test_items_are_chosen_by_pythons_own_generator() -> None:
    """By `random.seed`; a loop chooses anew in each pass, and undo takes back what was chosen."""
    session = Session()
    program(
        session,
        "import torch, random\nrandom.seed(3)\nxs = [1, 2, 3, 4, 5]\nchosen = []\n"
        "for i in range(8):\n    chosen.append(random.choice(xs))\n"
        "a = torch.tensor(random.sample(range(10), 3))\nb = torch.tensor(random.choices(xs, k=4))\n"
        "c = random.randrange(2, 40, 3)\nrandom.shuffle(xs)\nd = torch.tensor(xs)\ne = torch.tensor(chosen)",
    )
    own = random.Random(3)
    items = [1, 2, 3, 4, 5]
    assert session.data("e").tolist() == [own.choice(items) for _ in range(8)]
    assert session.data("a").tolist() == own.sample(range(10), 3)
    assert session.data("b").tolist() == own.choices(items, k=4)
    assert session.data("c") == own.randrange(2, 40, 3)
    own.shuffle(items)
    assert session.data("d").tolist() == items
    choice = "random.choice([1, 2, 3, 4, 5, 6, 7])"
    shown = run_lines(["import random", "random.seed(1)", choice, "undo", choice, "random.sample([1, 2], 3)"])
    assert shown[2] == shown[4]
    assert shown[5].startswith("error: there are 2 items to take")
