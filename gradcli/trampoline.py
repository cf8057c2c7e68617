"""Rules: generators that yield what they need to know, and are answered without recursion.

So an expression may be nested as deeply as memory allows.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from types import GeneratorType
from typing import Any

Rule = Generator[Any, Any, Any]
"""Yields expressions, or other rules; is sent what they give; returns its own result."""


def run(rule: Rule, rule_for: Callable[[Any], Any], check: Callable[[], None] | None = None) -> Any:
    """The result of a rule; `rule_for` gives the rule of an expression, or at once its result.

    `check` is called before each step, and raises what should end the run.
    """
    stack = [rule]
    answer: Any = None
    while stack:
        if check is not None:
            check()
        try:
            wanted = stack[-1].send(answer)
        except StopIteration as done:
            stack.pop()
            answer = done.value
            continue
        answer = wanted if wanted.__class__ is GeneratorType else rule_for(wanted)
        if answer.__class__ is GeneratorType:
            stack.append(answer)
            answer = None
    return answer
