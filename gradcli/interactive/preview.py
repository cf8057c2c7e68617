"""The result of a line before Enter: computed on a copy of the session, only if that is cheap."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from time import thread_time
from typing import Any

from gradcli.engine.graph import Node
from gradcli.engine.shapes import no_larger_than
from gradcli.language.parser import parse
from gradcli.language.tree import Assign, Backward, ExpressionStatement, Name, Update
from gradcli.lowering.kinds import TENSOR, Kind
from gradcli.lowering.origins import Origins
from gradcli.render.styles import Style
from gradcli.session.results import Result
from gradcli.session.runner import begin, step
from gradcli.session.showing import shown
from gradcli.session.state import Session
from gradcli.session.values import Sweep, Value
from gradcli.text.errors import GradcliError, Notice
from gradcli.text.source import Source

BUDGET = 0.03
"""Seconds of computation that lowering may take; on an idle machine typing waits little longer."""

MOST_CHARACTERS = 2_000
"""How long a text may be."""

MOST_STEPS = 500
"""How many operations may be planned and run."""

MOST_NUMBERS = 200_000
"""How many numbers their arithmetic may touch."""


class _TooDear(Exception):  # noqa: N818 (not an error: the answer is to show nothing)
    pass


class _FrugalSession(Session):
    """A copy of a session that refuses work that is not cheap, before it is begun.

    Nothing stops NumPy in the middle of an array, or a plan while it is made; but sizes and steps are known
    before. The graph of a value with many steps is not looked into, as if the value were out of date.
    """

    def current(self, value: Value, name: str) -> Node:
        if value.node.inputs and _is_long(value.node):
            return self.stand_in(value, name)
        return super().current(value, name)

    def value_of(self, node: Node, kind: Kind = TENSOR, origins: Origins | None = None) -> Value:
        self._check_cost((node,))
        return super().value_of(node, kind, origins)

    def evaluate(self, nodes: Sequence[Node]) -> list[Any]:
        self._check_cost(nodes)
        return super().evaluate(nodes)

    def sweep(self, node: Node, seed: Any = None) -> Sweep:
        self._check_cost((node,), known=False)
        return super().sweep(node, seed)

    def _check_cost(self, nodes: Sequence[Node], *, known: bool = True) -> None:
        """Raises `_TooDear` for too many steps or numbers; values that are `known` cost nothing."""
        numbers = 0
        for steps, node in enumerate(_below(nodes, self._known if known else _never), 1):
            size = math.prod(node.shape)
            # A product of matrices touches every element of one once for each row of the other.
            inner = max((each.shape[-1] for each in node.inputs if each.shape), default=1)
            numbers += size * (inner if node.primitive.name == "matmul" else 1) + 1
            if steps > MOST_STEPS or numbers > MOST_NUMBERS:
                raise _TooDear


def _below(nodes: Iterable[Node], stop: Callable[[Node], bool]) -> Iterable[Node]:
    """The nodes below some, each once and one after another, so that looking can end early."""
    seen: set[Node] = set()
    stack = list(nodes)
    while stack:
        node = stack.pop()
        if node not in seen and not stop(node):
            seen.add(node)
            stack.extend(node.inputs)
            yield node


def _never(node: Node) -> bool:
    return False


def _is_long(node: Node) -> bool:
    return any(count >= MOST_STEPS for count, _ in enumerate(_below((node,), _never)))


def preview(
    session: Session,
    text: str,
    style: Style,
    *,
    seconds: float = BUDGET,
    clock: Callable[[], float] = thread_time,
) -> str | None:
    """What a line would show (for an assignment: the value), on one line; `None` where there is nothing.

    Changes nothing in the session. Lines with an error, loops, definitions, and what is not done in
    `seconds` of `clock` give nothing.
    """
    if len(text) > MOST_CHARACTERS:
        return None
    end = clock() + seconds
    texts: list[str] = []

    def check() -> None:
        if clock() > end:
            raise _TooDear

    def show(result: Result) -> None:
        found = style.text(result)
        if found:
            texts.append(found)

    try:
        with no_larger_than(MOST_NUMBERS):
            program = parse(Source(text))
            copied = session.copy(_FrugalSession())
            run = begin(copied, program, show, _ignore, explains=False, check=check)
            for statement in program.statements:
                if not isinstance(statement, ExpressionStatement | Assign | Update | Backward):
                    return None
                step(run, statement)
                target = getattr(statement, "target", None)
                if isinstance(target, Name):
                    show(shown(run, run.value(target)))
    except (GradcliError, _TooDear, RecursionError, MemoryError):
        return None
    if not texts or _says_the_same(text, texts[-1]):
        return None
    return " ".join(texts[-1].split())


def _ignore(notice: Notice) -> None:
    pass


def _says_the_same(text: str, result: str) -> bool:
    """Whether a result is what was typed, as with `3` and `x = 3`."""
    return "".join(text.rpartition("=")[2].split()) == "".join(result.split())
