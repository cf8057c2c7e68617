"""How the answer of `gradcli eval` looks: text, JSON, CSV or TSV."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from gradcli.text.values import derivative_label, elements, labelled, plain

if TYPE_CHECKING:
    from gradcli.session.evaluation import Evaluation


def text_report(answer: Evaluation, digits: int | None) -> str:
    """The value and each gradient on a line of their own, `none` where nothing connects them."""
    name = answer.name or "value"
    top = answer.name or ""
    lines = [labelled(name, answer.measured(), digits)]
    if answer.jacobian is None:
        lines += [labelled(f"d{top}/d{each}", data, digits) for each, data in answer.gradients.items()]
    else:
        lines.append(labelled("jacobian", answer.jacobian, digits))
    if answer.hessian is not None:
        lines.append(labelled("hessian", answer.hessian, digits))
    lines += [
        labelled(derivative_label(names, top), data, digits) for names, data in answer.derivatives.items()
    ]
    return "\n".join(lines)


def json_report(answer: Evaluation, digits: int | None) -> str:
    """One line of JSON; see `Evaluation.to_dict` for its keys."""
    from gradcli.text.json import json_text

    return json_text(answer.members(), digits)


def table_report(answer: Evaluation, digits: int | None, separator: str) -> str:
    """A header and one row: the value, then the gradients; elements of arrays have columns of their own."""
    name = answer.name or "value"
    columns = [(name, answer.value)]
    if answer.uncertainty is not None:
        columns.append((f"{name}_uncertainty", answer.uncertainty))
    columns += [(f"d{name}_d{variable}", gradient) for variable, gradient in answer.gradients.items()]
    matrices = (("jacobian", answer.jacobian), ("hessian", answer.hessian))
    columns += [(label, each) for label, each in matrices if each is not None]
    columns += [
        (derivative_label(names, name).replace("/", "_"), each) for names, each in answer.derivatives.items()
    ]
    return f"{table_header(columns, separator)}\n{table_row(columns, digits, separator)}"


def table_header(columns: Sequence[tuple[str, Any]], separator: str) -> str:
    """The names of columns, those of arrays with a place for each element."""
    labels = (_quoted(label, separator) for name, data in columns for label in _labels(name, data))
    return _joined(labels, separator)


def table_row(columns: Sequence[tuple[str, Any]], digits: int | None, separator: str) -> str:
    """The values of columns, an element of an array in each cell; nothing where there is none."""
    return _joined((cell for _, data in columns for cell in _cells(data, digits)), separator)


def _labels(name: str, value: Any) -> Iterator[str]:
    shape = getattr(value, "shape", ())
    if not shape:
        return iter((name,))
    import numpy as np

    places = np.ndindex(shape)
    return (name + "".join(f"[{index}]" for index in place) for place in places)


def _cells(value: Any, digits: int | None) -> Iterator[str]:
    if value is None:
        return iter(("",))
    return elements(value, digits) if getattr(value, "shape", ()) else iter((plain(value, digits),))


def _joined(texts: Iterator[str], separator: str) -> str:
    """The texts with a separator between them; joined by blocks, as each takes ten times its characters."""
    blocks = iter(lambda: list(islice(texts, 2**14)), [])
    return separator.join([separator.join(block) for block in blocks])


def _quoted(cell: str, separator: str) -> str:
    if separator in cell or '"' in cell or "\n" in cell:
        return '"' + cell.replace('"', '""') + '"'
    return cell


SEPARATORS = {"csv": ",", "tsv": "\t"}

REPORTS: dict[str, Callable[[Evaluation, int | None], str]] = {
    "text": text_report,
    "json": json_report,
    "csv": lambda answer, digits: table_report(answer, digits, SEPARATORS["csv"]),
    "tsv": lambda answer, digits: table_report(answer, digits, SEPARATORS["tsv"]),
}
"""The formats of `--format`."""
