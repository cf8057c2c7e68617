"""Modules of Python's that lessons import, and that have nothing to do with gradients: clocks, paths.

What such a module would do is left out, and said once; a clock tells the time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

from gradcli.engine.graph import constant
from gradcli.language.tree import Argument, Call, Text
from gradcli.lowering.hosts import NONE
from gradcli.lowering.kinds import REAL, Host, Lowered
from gradcli.text.errors import Notice

MODULES = (
    *("gc", "logging", "os", "pathlib", "pdb", "shutil", "sys", "time", "timeit", "warnings"),
    *("IPython", "google", "graphviz", "tqdm", "torchviz"),
)
"""Modules of which nothing is done."""


class _Nowhere(Host):
    """What such a call gives: whatever is asked of it, it gives itself."""

    title = "what is left out"
    settled = True
    shows = False

    def attribute(self, context: Any, name: str) -> Lowered:
        """Itself."""
        return self

    def call(self, context: Any, call: Any) -> Lowered:
        """Itself."""
        return self

    def truth(self) -> bool:
        """It counts as None."""
        return False

    def text(self) -> str:
        """As None."""
        return "None"


NOWHERE = _Nowhere()

CLOCKS: dict[str, Callable[[], float]] = {
    "time.time": time.time,
    "time.perf_counter": time.perf_counter,
    "time.process_time": time.process_time,
    "time.monotonic": time.monotonic,
}
"""What tells the time."""


def passed_over(path: str) -> Callable[[Any, Any], Any] | None:
    """What a call of such a module does, by its full path; `None` for other modules."""
    clock = CLOCKS.get(path)
    if clock is not None:
        return lambda context, call: _now(context, clock)
    if path in ("sys.stdout.write", "sys.stderr.write"):
        return partial(_written, aside="stderr" in path)
    if path == "IPython.display.display":
        return _displayed
    if path in ("sys.stdout.flush", "sys.stderr.flush"):
        return lambda context, call: NONE
    library = path.partition(".")[0]
    if library not in MODULES:
        return None

    def nothing(context: Any, call: Any) -> Lowered:
        actor = context.acting(call.span)
        message = f"{library} is left out here: its calls do nothing"
        actor.run.note(Notice("note", message, (context.mark(call.function.span),)))
        context.scope.acts()
        return NOWHERE

    return nothing


def _written(context: Any, call: Call, *, aside: bool) -> Any:
    """`sys.stdout.write(text)` and `sys.stderr.write(text)`, which print it, and end no line."""
    if len(call.arguments) != 1 or call.arguments[0].name is not None:
        raise context.wrong("write takes one text", call.span, 'sys.stdout.write("…")')
    from gradcli.lowering.printing import printed  # which few programs print by

    end = Argument(call.span, "end", Text(call.span, ""))
    return printed(context, call._replace(arguments=(*call.arguments, end)), aside=aside)


def _displayed(context: Any, call: Call) -> Any:
    """`display(x, y)` of a notebook, which shows each on a line."""
    from gradcli.lowering.printing import printed  # which few programs print by

    lines = Argument(call.span, "sep", Text(call.span, "\n"))
    return printed(context, call._replace(arguments=(*call.arguments, lines)))


def _now(context: Any, clock: Callable[[], float]) -> Lowered:
    context.scope.acts()
    return constant(clock()), REAL
