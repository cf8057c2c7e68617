"""What a session holds, as text: `vars`, `grad`, and the toolbar under a prompt."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcli.engine.graph import Input
from gradcli.lowering.dictionaries import Dictionary
from gradcli.lowering.hosts import List, Text
from gradcli.lowering.kinds import Host
from gradcli.session.evaluation import paired
from gradcli.session.state import Session
from gradcli.session.values import Group, Held, Value
from gradcli.text.values import labelled, plain, tuple_text

_HEADINGS = ("name", "kind", "shape", "value", "grad", "passes")
_SUMMARISED = 6
"""Arrays of more elements than this are summarised."""


def kind_of(session: Session, value: Held) -> str:
    """What a bound name is: a leaf, a constant, or a value computed from leaves (perhaps out of date)."""
    if isinstance(value, Group):
        return "tuple"
    if isinstance(value, Host):
        return value.title.removeprefix("an ").removeprefix("a ")
    if isinstance(value.node, Input) and value.node.role in ("leaf", "constant"):
        return str(value.node.role)
    if session.is_stale(value):
        return "stale value"
    return "value" if value.node.tracked else "constant"


def variables_text(session: Session, digits: int | None, width: int | None = None) -> str:
    """A table of every name; functions follow with what they were defined as."""
    rows = [_row(session, name, digits) for name in (*session.values, *session.groups)]
    lines = _table([_HEADINGS, *rows], width) if rows else []
    if width is not None and any(len(line) > width for line in lines):
        lines = [_entry(*row) for row in rows]  # no room for columns
    for function in session.functions.values():
        text = function.source.text[function.span.start : function.span.end]
        first, _, more = text.partition("\n")
        lines.append(f"{first} …" if more else first)
    return "\n".join(lines)


def summary(session: Session, name: str) -> str:
    """A bound name in a few words: its kind and its value."""
    _, kind, _, value, _, _ = _row(session, name, 6)
    return f"{kind}, {value}"


def _row(session: Session, name: str, digits: int | None = None) -> tuple[str, str, str, str, str, str]:
    """The cells of one name. `ans` is a value, also where the last thing shown was a leaf."""
    if name in session.groups:
        other = session.groups[name]
        return name, kind_of(session, other), "", _held_text(session, other, digits), "", ""
    value = session.values[name]
    data = session.data(name)
    shape = str(list(np.shape(data))) if np.shape(data) else ""
    measured = short(_measured(session, value, data), digits)
    kind, grad, passes = kind_of(session, value), "", ""
    if kind == "leaf" and name == "ans":
        kind = "value"
    elif isinstance(value.node, Input) and kind == "leaf":
        grad = short(session.grad_data(value.node), digits)
        held = session.grad(value.node)
        passes = str(held.passes) if held else "0"
    return name, kind, shape, measured, grad, passes


def _measured(session: Session, value: Value, data: Any) -> Any:
    """Data with its uncertainty, where it has one now."""
    if not session.spreads or session.is_stale(value):
        return data
    from gradcli.session.uncertainty.measured import uncertainty_of

    uncertainty = uncertainty_of(session, value.node)
    return data if uncertainty is None else paired(data, uncertainty)


def _held_text(session: Session, held: Held, digits: int | None, inside: tuple[Host, ...] = ()) -> str:
    """What a name is bound to, on one line; a list in itself (one of those that are `inside`) is `[...]`."""
    if isinstance(held, Group):
        return tuple_text([_held_text(session, each, digits, inside) for each in held.parts], held.names)
    if isinstance(held, List):
        if any(held is each for each in inside):
            return "[...]"
        return f"[{', '.join(_held_text(session, each, digits, (*inside, held)) for each in held.kept)}]"
    if isinstance(held, Dictionary):
        if any(held is each for each in inside):
            return "{...}"
        pairs = [
            ": ".join([_held_text(session, each, digits, (*inside, held)) for each in entry])
            for entry in held.entries.values()
        ]
        return f"{{{', '.join(pairs)}}}"
    if isinstance(held, Host):
        return repr(held.text()) if isinstance(held, Text) else held.text()
    return short(_measured(session, held, session.data_of(held)), digits)


def about(session: Session, name: str) -> str:
    """A bound name on one line, as `vars` has it where there is no room for a table."""
    return _entry(*_row(session, name))


def _table(rows: list[tuple[str, ...]], width: int | None) -> list[str]:
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    if width is not None:  # what is long is cut, values and grads before names
        for column in (3, 4, 0):
            over = sum(widths) + 2 * (len(widths) - 1) - width
            widths[column] = max(min(widths[column], 8), widths[column] - max(over, 0))
    lines = []
    for row in rows:
        cells = [_cut(cell, size) for cell, size in zip(row, widths, strict=True)]
        padded = [
            cell.rjust(size) if place == 5 else cell.ljust(size)
            for place, (cell, size) in enumerate(zip(cells, widths, strict=True))
        ]
        lines.append("  ".join(padded).rstrip())
    return lines


def _entry(name: str, kind: str, shape: str, value: str, grad: str, passes: str) -> str:
    """One row for a terminal that is too narrow for a table."""
    about = [kind, *([f"shape {shape}"] if shape else []), *([f"grad {grad}"] if grad else [])]
    times = [] if passes in ("", "0") else [f"{passes} {'pass' if passes == '1' else 'passes'}"]
    return f"{name} = {value}  # {', '.join(about + times)}"


def _cut(text: str, size: int) -> str:
    return text if len(text) <= size else text[: size - 1] + "…"


def short(data: Any, digits: int | None = None) -> str:
    """A value on one line, arrays of more than a few elements summarised."""
    return plain(data, digits, multiline=False, limit=_SUMMARISED, shaped=False)


def grads_text(session: Session, name: str, digits: int | None = None) -> str:
    """The grad of a leaf and how many passes are in it."""
    leaf = session.leaf(name)
    held = session.grad(leaf)
    if held is None:
        return f"{name}.grad = none"
    passes = f"{held.passes} pass" if held.passes == 1 else f"{held.passes} passes"
    return f"{labelled(f'{name}.grad', session.grad_data(leaf), digits, 1000)}  # {passes}"


def grads_held(session: Session) -> list[str]:
    """Every leaf whose grad is not zero, as the toolbar shows it."""
    found = []
    for name, leaf in session.leaves().items():
        grad = session.grad_data(leaf)
        if grad is None or not np.any(grad):
            continue
        held = session.grad(leaf)
        passes = held.passes if held is not None else 0
        times = f" ({passes} passes)" if passes > 1 else ""
        found.append(f"{name}.grad = {short(grad, 6)}{times}")
    return found
