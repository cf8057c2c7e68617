"""`correlation x, y = 0.3` and `dof x = 4`: what is said of uncertain leaves beside their values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradcli.engine.graph import Input
from gradcli.language.tree import Correlate, DegreesOfFreedom, Name
from gradcli.session.context import Behaviours, Run
from gradcli.text.errors import InputError

if TYPE_CHECKING:
    from gradcli.search.spreads import Spread


def correlate(run: Run, statement: Correlate) -> None:
    """Lets uncertain leaves vary together from here on."""
    from gradcli.search.spreads import check_together, correlated  # of most programs nothing is uncertain

    session = run.session
    leaves = [_leaf(run, name) for name in statement.names]
    data = run.value(statement.value).data

    def changed() -> dict[Input, Spread]:
        found = correlated(session.spreads, leaves, data, session.title)
        check_together({**session.spreads, **found}, leaves, session.title)
        return found

    session.spread(run.placed(statement.span, changed))


def degrees_of_freedom(run: Run, statement: DegreesOfFreedom) -> None:
    """Says how many degrees of freedom the uncertainties of leaves have from here on."""
    from gradcli.search.spreads import with_freedom

    session = run.session
    leaves = [_leaf(run, name) for name in statement.names]
    data = run.value(statement.value).data
    session.spread(
        run.placed(statement.span, lambda: with_freedom(session.spreads, leaves, data, session.title))
    )


def _leaf(run: Run, name: Name) -> Input:
    """The leaf that a name is bound to; raises `InputError`."""
    bound = run.session.values.get(name.name)
    if bound is not None and not isinstance(bound.node, Input):
        raise InputError(
            f"{name.name} is computed from leaves, and varies as they do",
            (run.mark(name.span),),
            "say how the leaves vary together, which are bound as x = … ± …",
        )
    return run.leaf(name)


STATEMENTS: Behaviours = {Correlate: correlate, DegreesOfFreedom: degrees_of_freedom}
