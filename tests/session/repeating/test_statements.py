"""Statements of a loop that are done again give what they give when each pass is lowered anew."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from kept import Kept
from transcripts import ROOT

from gradcli.capabilities.behaviours import behaviours
from gradcli.engine.graph import Input
from gradcli.engine.plan import Plan
from gradcli.engine.plan_cache import PLANS
from gradcli.language.parser import parse
from gradcli.language.tree import Expression, For
from gradcli.lowering.context import Scope
from gradcli.lowering.lower import Lowering
from gradcli.session.repeating import passes as whole_passes
from gradcli.session.repeating.asked import Asked
from gradcli.session.repeating.statements import Repeats
from gradcli.session.runner import begin, run, step
from gradcli.session.state import Session
from gradcli.text.errors import GradcliError
from gradcli.text.source import Source

SECTIONS = re.split(r"^# (.*)\n", (Path(__file__).parent / "loops.txt").read_text("utf-8"), flags=re.M)[1:]
LOOPS = dict(zip(SECTIONS[::2], SECTIONS[1::2], strict=True))
PLANNED = [
    *("training", "as in PyTorch", "functions", "in place", "derivatives", "two names of a leaf"),
    *("no grads", "grads that add up", "not a number", "passes that count", "until it is small"),
    *("moving slices", "grads that are forgotten", "until what is out of date is small", "rows and columns"),
    *("an optimizer", "an optimizer of a network", "losses that are kept"),
]
"""Those whose passes are alike: without what they print they are one plan."""


ANEW, STATEMENTS_AGAIN, PASSES = "anew", "statements", "passes"
"""How a loop may be done: each pass lowered anew, statements done again, or whole passes as one plan."""


class Done(NamedTuple):
    """All that a program shows, tells, changes and raises, and how much of it was done again.

    `by_chance`: some of that is drawn from no seed, and another each time.
    """

    outcome: list[str]
    statements: int
    plans: int
    by_chance: bool


def done(text: str, how: str, monkeypatch: pytest.MonkeyPatch) -> Done:
    """What a program does, in one of these ways."""
    statements = plans = 0
    again, run_passes = Repeats.again, whole_passes.Round.run
    found: list[Any] = []

    def counted(self: Repeats, statement: Any) -> Any:
        nonlocal statements
        action = again(self, statement)
        statements += action is not None
        return action

    def refused(self: Repeats, statement: Any) -> Any:
        ways, kept = [], self._kept.get(id(statement))
        if kept is not None:
            ways, kept.ways = kept.ways, []
        action = again(self, statement)
        self._kept[id(statement)].ways = ways
        return action

    def passes(self: whole_passes.Round, items: Any, check: Any) -> Any:
        nonlocal plans
        left = run_passes(self, items, check)
        plans += self.vain == 0
        return left

    session = Session()
    with monkeypatch.context() as patch:
        patch.setattr(Repeats, "again", refused if how == ANEW else counted)
        patch.setattr(whole_passes, "AFTER", 2 if how == PASSES else 10**9)
        patch.setattr(whole_passes.Round, "run", passes)
        try:
            program = parse(Source(text))
            run(session, program, lambda result: found.append(exact(result)), found.append, behaviours)
        except GradcliError as error:
            found += [type(error), error.message, error.marks, error.hint]
            session.roll_back()
    outcome = [told(each) for each in (*found, *held(session))]
    return Done(outcome, statements, plans, session.drew_unseeded)


def told(each: Any) -> Any:
    """What can be compared: places in a text without the text's identity."""
    return re.sub(r" at 0x[0-9a-f]+", "", repr(each))


def exact(data: Any) -> Any:
    """Something with its arrays as bits."""
    if isinstance(data, np.ndarray | np.generic):
        array = np.asarray(data)
        return array.dtype.str, array.shape, array.tobytes()
    if isinstance(data, tuple | list):
        return [exact(each) for each in data]
    if hasattr(data, "__dict__"):
        return type(data).__name__, {name: exact(each) for name, each in vars(data).items()}
    return data


def held(session: Session) -> Iterator[Any]:
    """What a session holds: names with their data and kinds, leaves with their grads."""
    for name, value in session.values.items():
        node = value.node
        role = node.role if isinstance(node, Input) else "computed"
        grad = session.grad(node) if isinstance(node, Input) and role == "leaf" else None
        passes = None if grad is None else (exact(grad.cell.data), grad.passes)
        stale = not isinstance(node, Input) and session.is_stale(value)
        yield name, exact(session.data(name)), value.kind, role, node.tracked, passes, stale
        if not isinstance(node, Input) and node.tracked and not node.shape and not stale:
            swept = session.sweep(node)
            yield [each.name for each in swept.leaves], exact(swept.added)


@pytest.mark.parametrize("name", LOOPS)
def test_done_again_is_done_anew(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = re.sub(r"range\([5-9]\)", "range(14)", LOOPS[name])
    for program in (LOOPS[name], text):
        anew = done(program, ANEW, monkeypatch)
        assert done(program, STATEMENTS_AGAIN, monkeypatch).outcome == anew.outcome
        assert done(program, PASSES, monkeypatch).outcome == anew.outcome


def loops_of_the_tests() -> Iterator[str]:
    """Every program with a loop that is written in a test, a page or a transcript."""
    for path in sorted((ROOT / "tests").rglob("*.py")):
        if path != Path(__file__):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value
    for path in sorted([*(ROOT / "docs").glob("*.md"), *(ROOT / "tests").rglob("*.txt"), ROOT / "README.md"]):
        text = path.read_text(encoding="utf-8")
        for block in re.findall(r"((?:^(?:>>>|\.\.\.).*\n(?:^[^>.#`\n].*\n)*)+)", text, re.MULTILINE):
            lines = re.findall(r"^(?:>>>|\.\.\.) ?(.*)$", block, re.MULTILINE)
            yield "\n".join(lines)
        yield from re.findall(r"^```\w*\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    for path in sorted([*(ROOT / "tests").rglob("*.grad"), *(ROOT / "tests" / "programs").glob("*.py")]):
        yield path.read_text(encoding="utf-8")


def has_a_loop(text: str) -> bool:
    try:
        program = parse(Source(text))
    except GradcliError:
        return False
    return any(isinstance(statement, For) for statement in program.statements)


ENDLESS = re.compile(r"range\([^)]*(\d{4}|\*)")
"""Loops that are written to be interrupted."""


def test_every_loop_of_the_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = {text for text in loops_of_the_tests() if "for " in text and len(text) < 5000}
    texts = {text for text in texts if has_a_loop(text) and not ENDLESS.search(text)}
    assert len(texts) > 30
    statements = plans = 0
    for text in sorted(texts):
        again, whole = done(text, STATEMENTS_AGAIN, monkeypatch), done(text, PASSES, monkeypatch)
        if not whole.by_chance:
            assert again.outcome == whole.outcome == done(text, ANEW, monkeypatch).outcome, text
        statements += again.statements > 0
        plans += whole.plans > 0
    assert statements > 2  # others lack what stands before them
    assert plans > 0


@pytest.mark.parametrize("name", PLANNED)
def test_whole_passes_are_one_plan(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a loop that runs for long, only the first passes are done statement by statement."""
    text = "\n".join(line for line in LOOPS[name].split("\n") if "print" not in line)
    few, many = (
        done(re.sub(r"range\([5-9]\)", f"range({count})", text), PASSES, monkeypatch) for count in (20, 60)
    )
    assert many.plans == few.plans > 0
    assert many.statements == few.statements


@pytest.mark.parametrize("name", ["moving slices", "rows and columns"])
def test_a_slice_that_moves_plans_nothing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Plan] = []
    init = Plan.__init__

    def noted(self: Plan, *of: Any, **named: Any) -> None:
        made.append(self)
        init(self, *of, **named)

    monkeypatch.setattr(Plan, "__init__", noted)
    counts = []
    for passes in (20, 60):
        PLANS.__init__(PLANS.most_steps)  # type: ignore[misc]
        made.clear()
        done(re.sub(r"range\([5-9]\)", f"range({passes})", LOOPS[name]), STATEMENTS_AGAIN, monkeypatch)
        counts.append(len(made))
    assert counts[0] == counts[1]


SLICES = [
    *(
        "v[i]",
        "v[-i]",
        "v[i - 1]",
        "v[i:i+2]",
        "v[i:]",
        "v[:i]",
        "v[i:i+4:2]",
        "v[-i:i]",
        "v[i::2]",
        "v[5-i::-1]",
    ),
    *(
        "X[i]",
        "X[i, 1]",
        "X[i][0]",
        "X[:, i % 2]",
        "X[i:i+2]",
        "X[i:i+2, 0]",
        "X[i:i+2, i % 2]",
        "X.T[0, i:i+3]",
    ),
    *(
        "X[i, :]",
        "X[..., i % 2]",
        "X[i:i+1, None]",
        "X[[0, 2], i % 2]",
        "X[i:i+2][:, 0]",
        "X[i:i+3].T @ X[i:i+3]",
    ),
    *(
        "exp(X[:, i % 2])",
        "X[:, i % 2] @ v",
        "sum(X[1:i+2], 0)",
        "c[i:i+2]",
        "c[i]",
        "m[i:i+2]",
        "v[i/2]",
        "v[i*2.0]",
    ),
    *("torch.tensor([[1, 2], [3, 4], [5, 6], [7, 8]])[i]", "v[i == 1]", "grad(sum(v[i:i+2]**3), v)"),
    *("hessian(sum(v[i:i+2]**3), v)", "jacobian(X[i]*v[i], v)", "v[i:i+2.5]", "v[foo]", "v[i:i+2:0]"),
]
"""With places that may be others in the next pass, some of them beyond the end."""


@pytest.mark.parametrize("slices", SLICES)
def test_a_slice_that_moves_is_what_a_settled_one_is(slices: str, monkeypatch: pytest.MonkeyPatch) -> None:
    head = "import torch\nv = torch.tensor([1., 2, 3, 4, 5, 7], requires_grad=True)\n"
    head += "X = torch.tensor([[1., 2], [3, 4], [5, 6], [7, 8], [9, 10], [0, 1]], requires_grad=True)\n"
    head += "c = [1, 2, 3, 4, 5]\nm = v > 2\n"
    head += f"for i in range(6):\n    y = {slices}\n    print(y)\n"
    program = head + ("    backward (y**2).sum()" if slices[0] in "vXe" else "    v.grad")
    with monkeypatch.context() as patch:
        patch.setattr(Asked, "moves", False)
        settled = done(program, ANEW, monkeypatch).outcome
    for how in (ANEW, STATEMENTS_AGAIN, PASSES):
        assert done(program, how, monkeypatch).outcome == settled


def test_what_is_broken_off_between_passes_has_changed_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whole_passes, "AFTER", 2)
    session, left = Session(), 60

    def check() -> None:
        nonlocal left
        left -= 1
        if not left:
            raise KeyboardInterrupt

    def of(text: str, check: Any = None) -> None:
        program = parse(Source(text))
        begun = begin(session, program, lambda result: None, lambda notice: None, behaviours, check=check)
        for statement in program.statements:
            step(begun, statement)

    of("x = 1; y = x**2; n = 0\nbackward y")
    before = [told(each) for each in held(session)]
    with pytest.raises(KeyboardInterrupt):
        of("for i in range(100):\n    y = x**2 + n\n    backward y\n    x -= 0.1*x.grad\n    n += 1", check)
    assert [told(each) for each in held(session)] == before


@pytest.mark.parametrize(
    "name", ["training", "as in PyTorch", "grads that are forgotten", "derivatives", "functions", "in place"]
)
def test_the_third_pass_lowers_nothing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what is no `print`: the values that it shows are asked for anew."""
    text = "\n".join(line for line in LOOPS[name].split("\n") if "print" not in line and ".data" not in line)
    lowered: list[Expression] = []
    run = Lowering.rule_for

    def noting(self: Lowering, each: Expression) -> Any:
        lowered.append(each)
        return run(self, each)

    monkeypatch.setattr(Lowering, "rule_for", noting)
    counts = []
    for passes in (3, 30):
        lowered.clear()
        Kept(re.sub(r"range\([5-9]\)", f"range({passes})", text))
        counts.append(len(lowered))
    assert counts[0] == counts[1]


def test_every_question_of_lowering_is_noted() -> None:
    """A scope may be asked nothing that `Asked` does not take note of."""
    questions = {name for name in {*vars(Scope), *Scope.__annotations__} if not name.startswith("_")}
    noted = {name for name in vars(Asked) if not name.startswith("_")} - {"answers"}
    assert questions | {"certain"} == {*noted, "open", "reads_leaves"}
