"""Statements of a loop that are done again give what they give when each pass is lowered anew."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from kept import Kept
from transcripts import ROOT

from gradcli.capabilities.behaviours import STATEMENTS
from gradcli.engine.graph import Input
from gradcli.language.parser import parse
from gradcli.language.tree import Expression, For
from gradcli.lowering.context import Scope
from gradcli.lowering.lower import Lowering
from gradcli.session.asked import Asked
from gradcli.session.repeats import Repeats
from gradcli.session.runner import run
from gradcli.session.state import Session
from gradcli.text.errors import GradcliError
from gradcli.text.source import Source

SECTIONS = re.split(r"^# (.*)\n", (Path(__file__).parent / "loops.txt").read_text("utf-8"), flags=re.M)[1:]
LOOPS = dict(zip(SECTIONS[::2], SECTIONS[1::2], strict=True))


def outcome(text: str, repeats: bool, monkeypatch: pytest.MonkeyPatch) -> tuple[list[Any], int]:
    """All that a program shows, tells, changes and raises, and how many statements were done again."""
    done = 0
    again = Repeats.again

    def counted(self: Repeats, statement: Any) -> bool:
        nonlocal done
        found = again(self, statement) and repeats
        done += found
        return found

    def refused(self: Repeats, statement: Any) -> bool:
        ways, kept = [], self._kept.get(id(statement))
        if kept is not None:
            ways, kept.ways = kept.ways, []
        found = again(self, statement)
        self._kept[id(statement)].ways = ways
        return found

    found: list[Any] = []
    session = Session()
    with monkeypatch.context() as patch:
        patch.setattr(Repeats, "again", counted if repeats else refused)
        try:
            program = parse(Source(text))
            run(session, program, lambda result: found.append(exact(result)), found.append, STATEMENTS)
        except GradcliError as error:
            found += [type(error), error.message, error.marks, error.hint]
            session.roll_back()
    return [told(each) for each in (*found, *held(session))], done


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
    again, _ = outcome(LOOPS[name], True, monkeypatch)
    anew, _ = outcome(LOOPS[name], False, monkeypatch)
    assert again == anew


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
    for path in sorted((ROOT / "tests").rglob("*.grad")):
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
    repeated = 0
    for text in sorted(texts):
        again, times = outcome(text, True, monkeypatch)
        anew, _ = outcome(text, False, monkeypatch)
        assert again == anew, text
        repeated += times > 0
    assert repeated > 2  # others lack what stands before them


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
