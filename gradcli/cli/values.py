"""The values of variables as they are typed on the command line: expressions, and `@FILE`."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from gradcli.engine.primitives import is_function
from gradcli.engine.shapes import check_size
from gradcli.language.parser import parse_expression, parse_given
from gradcli.language.tree import Disputed, Expression, Range
from gradcli.lowering.lower import Lowering
from gradcli.session.scope import SessionScope
from gradcli.session.state import Session
from gradcli.session.uncertainty.uncertain import Uncertain
from gradcli.text.errors import InputError, Notice
from gradcli.text.source import Mark, Source
from gradcli.text.values import plain


def read_values(
    given: list[tuple[str, str]],
    notices: list[Notice],
    *,
    ranges: bool = False,
    exact: str = "",
    masks: bool = False,
) -> dict[str, Any]:
    """The data of variables, from name and text pairs; a value may use the names before it.

    With `ranges`, `0:2:0.25` is one, as `Points`. A value with an uncertainty is an `Uncertain`, unless
    `exact` names the command, which takes none. Truth values are numbers, but arrays of them are kept if
    `masks` are taken. Raises `InputError` and `EvaluationError` that point into the value's own text.
    """
    session = Session()
    scope = SessionScope(session, unbound_hint="a value is a number, as 2*pi, or uses values given before it")
    values: dict[str, Any] = {}
    for name, text in given:
        text = text.strip() if text.lstrip().startswith("@") else text
        if text.strip() in ("", "@"):
            what = "a file name after @" if text.strip() else "a value"
            raise InputError(f"{name} needs {what}", hint=f"{name}=4, or {name}=@numbers.csv")
        if text.startswith("@"):
            data: Any = _from_files(text, scope, notices)
        else:
            try:
                data = _evaluated(text, scope, notices, ranges)
            except InputError as error:
                from gradcli.streams.formats import format_of

                if format_of(text.strip()) is not None:
                    error.hint = f"a file is named behind an @: {name}=@{text.strip()}"
                raise
        if isinstance(data, tuple):  # a range
            values[name] = data
        elif isinstance(data, Uncertain):
            if exact:
                raise InputError(
                    f"{exact} takes exact values, and {name} is given one with an uncertainty",
                    hint=f"{name}={plain(data.value, multiline=False)}",
                )

            values[name] = data
            session.give(name, data)
        else:
            kept = masks and np.ndim(data) > 0 and np.asarray(data).dtype.kind == "b"
            values[name] = data if kept else np.asarray(data, dtype=np.float64)[()]
            session.bind_constant(name, values[name])
    return values


_THOUSANDS = r"\s*[-+]?\d{1,3}(?:,\d{3})+(?:\.\d*)?\s*"
_DECIMAL_COMMA = r"\s*[-+]?\d{1,3}(?:\.\d{3})+,\d+\s*"

_PLUS_MINUS = r"\s+(?:±|\+/-)\s+"


def _from_files(text: str, scope: SessionScope, notices: list[Notice]) -> Any:
    """The data of `@FILE`, or `@FILE ± …`, where another file or an expression may follow."""
    from gradcli.streams.whole import read_array

    name, *rest = re.split(_PLUS_MINUS, text, maxsplit=1)
    data = read_array(name[1:], check_size)
    if not rest:
        return data
    is_file = rest[0].startswith("@")
    spread = read_array(rest[0][1:], check_size) if is_file else _evaluated(rest[0], scope, notices, False)
    return Uncertain(data, spread)


def _evaluated(text: str, scope: SessionScope, notices: list[Notice], ranges: bool) -> Any:
    """The data of one value that is an expression, or a range."""
    source = Source(text)
    disputed: list[Disputed] = []
    read = parse_given if ranges else parse_expression
    expression = read(source, disputed, is_function=is_function)
    for each in disputed:
        notices.append(each.note(source))
    lowering = Lowering(source, scope)

    def data_of(each: Expression) -> Any:
        node = lowering.lower(each)
        if not scope.session.spreads:
            return scope.session.evaluate((node,))[0]
        from gradcli.session.uncertainty.measured import given_by

        return given_by(scope.session, node, lowering.mark(each.span))

    if isinstance(expression, Range):
        from gradcli.capabilities.ranges import points_of

        return points_of(expression, data_of, lowering.mark)
    data = data_of(expression)
    one = None
    if "," in text and re.fullmatch(_THOUSANDS, text):
        one = text.strip().replace(",", "_")
    elif "," in text and re.fullmatch(_DECIMAL_COMMA, text):
        one = text.strip().replace(".", "").replace(",", ".")
    if one is not None:
        whole = Mark(source, expression.span)
        notices.append(Notice("note", "read as a vector", (whole,), f"for one number write {one}"))
    return data
