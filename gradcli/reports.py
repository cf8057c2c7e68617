"""How the answer of `gradcli eval` looks: text, JSON, CSV or TSV."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from gradcli.render import json_text, number, plain

if TYPE_CHECKING:
    from gradcli.evaluation import Evaluation


def text_report(answer: Evaluation, digits: int | None) -> str:
    """The value and each gradient on a line of their own, `none` where nothing connects them."""
    name = answer.name or "value"
    top = answer.name or ""
    lines = [_labelled(name, answer.value, digits)]
    for variable, gradient in answer.gradients.items():
        lines.append(_labelled(f"d{top}/d{variable}", gradient, digits))
    return "\n".join(lines)


def _labelled(label: str, value: Any, digits: int | None) -> str:
    text = plain(value, digits)
    return f"{label} = " + text.replace("\n", "\n" + " " * (len(label) + 3))


def json_report(answer: Evaluation, digits: int | None) -> str:
    """One line of JSON; see `Evaluation.to_dict` for its keys."""
    return json_text(answer.to_dict(), digits)


def table_report(answer: Evaluation, digits: int | None, separator: str) -> str:
    """A header and one row: the value, then the gradients; elements of arrays have columns of their own."""
    name = answer.name or "value"
    cells = list(_cells(name, answer.value, digits))
    for variable, gradient in answer.gradients.items():
        cells += _cells(f"d{name}_d{variable}", gradient, digits)
    return "\n".join(
        separator.join(_quoted(cell, separator) for cell in row) for row in zip(*cells, strict=True)
    )


def _cells(label: str, value: Any, digits: int | None) -> Iterator[tuple[str, str]]:
    if value is None:
        yield label, ""
    elif getattr(value, "shape", ()):
        import numpy as np

        for place in np.ndindex(value.shape):
            yield label + "".join(f"[{index}]" for index in place), number(float(value[place]), digits)
    else:
        yield label, plain(value, digits)


def _quoted(cell: str, separator: str) -> str:
    if separator in cell or '"' in cell or "\n" in cell:
        return '"' + cell.replace('"', '""') + '"'
    return cell


REPORTS: dict[str, Callable[[Evaluation, int | None], str]] = {
    "text": text_report,
    "json": json_report,
    "csv": lambda answer, digits: table_report(answer, digits, ","),
    "tsv": lambda answer, digits: table_report(answer, digits, "\t"),
}
"""The formats of `--format`."""
