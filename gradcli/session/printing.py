"""`print`: values and text on a line."""

from __future__ import annotations

from gradcli.language.tree import Call, ExpressionStatement
from gradcli.session.context import Run


def print_call(run: Run, statement: ExpressionStatement) -> None:
    """`print(a, b, sep=", ", end="")`."""
    from gradcli.lowering.printing import printed  # which many programs have nothing of

    call = statement.value
    assert isinstance(call, Call)
    lowering = run.lowering()
    lowering.run(printed(lowering, call))


FUNCTIONS = {"print": print_call}
"""What functions do that are statements."""
