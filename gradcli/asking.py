"""Python's door to the capabilities: a function for each, which returns what it found as data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gradcli.api import names_of, sizes_of, text_of
from gradcli.arrays import Shape
from gradcli.capabilities.formula import from_text
from gradcli.capabilities.found import Request
from gradcli.capabilities.ranges import points_of
from gradcli.capabilities.record import answered, capability
from gradcli.engine.primitives import is_function
from gradcli.language.parser import parse, parse_given
from gradcli.language.tree import Range
from gradcli.lowering.lower import Lowering
from gradcli.session.evaluation import by_name, checked
from gradcli.session.scope import SessionScope
from gradcli.session.state import Session
from gradcli.text.errors import GradcliError, InputError
from gradcli.text.report import error_text
from gradcli.text.source import Source

if TYPE_CHECKING:
    from gradcli.capabilities.diff import Derivatives
    from gradcli.capabilities.table import Table


def diff(
    expression: str,
    *wrt: str,
    variables: Mapping[str, Any] | None = None,
    shapes: Mapping[str, Shape] | None = None,
    order: int = 1,
    jacobian: bool = False,
    hessian: bool = False,
    cse: bool = False,
) -> Derivatives:
    """The derivatives of a formula as formulas: `diff("sin(x**2)")` prints `2*x*cos(x**2)`.

    `wrt` names variables (default: each), `"x,y"` a mixed derivative; `order` is that of each; `jacobian` and
    `hessian` ask for a whole matrix, `cse` for names of repeated parts. `shapes` are those of variables that
    are vectors or matrices; `variables` gives values, and then the derivatives have `values`, too. The result
    has `derivatives` (texts by name) and `written("latex")`. Raises `GradcliError`.
    """
    settings = {"order": order, "jacobian": jacobian, "hessian": hessian, "cse": cse}
    found: Derivatives = _ask("diff", expression, variables, settings, shapes=shapes, words=wrt)
    return found


def table(
    expression: str | Sequence[str], variables: Mapping[str, Any] | None = None, *, order: int = 1
) -> Table:
    """A formula (or several) and its derivatives at the points of ranges.

    A variable is given a number, or a range as text: `table("sin(a*x)", {"x": "0:2:0.25", "a": 3})`; the end
    of a range is included, and one without a step has 11 points. `order` is that of the highest derivative.
    The result has `columns` (key, heading, NumPy array) and `rows` (dicts), and prints as a table. Raises
    `GradcliError`.
    """
    found: Table = _ask("table", expression, variables, {"order": order})
    return found


def _ask(
    name: str,
    expressions: str | Sequence[str],
    variables: Mapping[str, Any] | None,
    settings: Mapping[str, Any],
    *,
    shapes: Mapping[str, Shape] | None = None,
    words: Iterable[str] = (),
    claims: Mapping[str, str] | None = None,
) -> Any:
    """What the capability of that name finds; raises `GradcliError`, with `rendered`."""
    asked = capability(name)
    try:
        texts = [expressions] if isinstance(expressions, str) else list(expressions)
        programs = [parse(Source(text_of(each)), is_function=is_function) for each in texts]
        given = by_name("variables", variables, '{"x": 3}')
        values = {name: _value(asked.ranges, name, data) for name, data in given.items()}
        sizes = {name: sizes_of(name, shape) for name, shape in (shapes or {}).items()}
        giving = f'gradcli.{name}(…, {{{{"{{name}}": "{{value}}"}}}})'
        formula = from_text(programs, values, sizes, {}, giving)
        settings = {**asked.defaults(), **settings}
        return answered(name, Request(formula, names_of(words) or (), settings, dict(claims or {})))
    except GradcliError as error:
        error.rendered = error_text(error)
        raise


def _value(ranges: bool, name: str, data: Any) -> Any:
    """What a caller gave for a variable: numbers, or a range as text; raises `InputError`."""
    if not isinstance(data, str) or not ranges:
        return checked(name, data)
    source, session = Source(data), Session()
    lowering = Lowering(source, SessionScope(session))
    given = parse_given(source)
    if not isinstance(given, Range):
        raise InputError(f"{name} is given a text that is no range", hint='as in {"x": "0:2:0.25"}')
    return points_of(given, lambda each: session.evaluate((lowering.lower(each),))[0], lowering.mark)
