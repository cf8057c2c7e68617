"""gradcli: values and exact gradients of formulas.

`evaluate` answers one expression, `compile` makes a function for many rows; both raise
`GradcliError`. What they need is imported when they are first used.
"""

from __future__ import annotations

TYPE_CHECKING = False  # that of `typing` would have it imported before a start can make imports quick
if TYPE_CHECKING:
    from typing import Any

    from gradcli.api import compile, evaluate  # noqa: A004 (as re.compile)
    from gradcli.asking import budget, check, diff, explain, export, fit, graph, minimize, plot, solve, table
    from gradcli.calculator import Session
    from gradcli.compiled import Compiled
    from gradcli.session.evaluation import Evaluation
    from gradcli.session.uncertainty.uncertain import Uncertain
    from gradcli.text.errors import GradcliError

__version__ = "0.1.0"

__all__ = [
    "Compiled",
    "Evaluation",
    "GradcliError",
    "Session",
    "Uncertain",
    "__version__",
    "budget",
    "check",
    "compile",
    "diff",
    "evaluate",
    "explain",
    "export",
    "fit",
    "graph",
    "minimize",
    "plot",
    "solve",
    "table",
]

_HOMES = {
    "Compiled": "gradcli.compiled",
    "Evaluation": "gradcli.session.evaluation",
    "GradcliError": "gradcli.text.errors",
    "Session": "gradcli.calculator",
    "Uncertain": "gradcli.session.uncertainty.uncertain",
    "budget": "gradcli.asking",
    "check": "gradcli.asking",
    "compile": "gradcli.api",
    "diff": "gradcli.asking",
    "evaluate": "gradcli.api",
    "explain": "gradcli.asking",
    "export": "gradcli.asking",
    "fit": "gradcli.asking",
    "graph": "gradcli.asking",
    "minimize": "gradcli.asking",
    "plot": "gradcli.asking",
    "solve": "gradcli.asking",
    "table": "gradcli.asking",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        import sys

        told = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(told, name=name, obj=sys.modules[__name__])  # by which Python says what is near
    import importlib

    found = globals()[name] = getattr(importlib.import_module(_HOMES[name]), name)  # not to be asked again
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
