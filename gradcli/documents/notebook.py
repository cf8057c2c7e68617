"""Jupyter's notebooks: JSON in format 4, and in format 3 as it was before 2015.

Source: the format's description, https://nbformat.readthedocs.io/en/latest/format_description.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gradcli.documents.document import STYLES, SUFFIX, Cell, Output
from gradcli.session.files import replace_saved
from gradcli.text.errors import InputError
from gradcli.text.source import Source

if TYPE_CHECKING:
    from pathlib import Path

_LANGUAGES = re.compile(r"(ipython|python|gradcli)\d*(\.\d+)*", re.IGNORECASE)
"""The languages whose cells may be run; a notebook that says none is in one of them."""

_PICTURES = ("image/", "application/pdf", "video/", "application/vnd.")
"""How the names of forms begin in which an output is seen, beside its text."""

_FORMS = {
    "text": "text/plain",
    "html": "text/html",
    "latex": "text/latex",
    "javascript": "application/javascript",
}
_FORMS |= {"png": "image/png", "jpeg": "image/jpeg", "svg": "image/svg+xml", "pdf": "application/pdf"}
"""What format 3 calls the forms of an output, and format 4."""

_LONGEST_LANGUAGE = 40


class Notebook:
    """A notebook: its cells with code, and all else that it is written with again."""

    def __init__(self, source: Source) -> None:
        """Reads a notebook; raises `InputError` where the text is none, or is in a language unknown here."""
        self.name, self.suffix = source.name, SUFFIX
        self._data = _as_format_4(_object(source), self.name)
        self.cells: Sequence[Cell] = [
            self._cell(number, each)
            for number, each in enumerate(
                (each for each in self._data["cells"] if each["cell_type"] == "code"), start=1
            )
        ]
        told = self._data["metadata"].get("gradcli")
        style = told.get("style") if isinstance(told, dict) else None
        self.style: str | None = style if style in STYLES else None
        self.is_saved = isinstance(told, dict) and told.get("saved") is True
        """Whether it is a session that was saved, and nothing that anybody wrote."""

    def _cell(self, number: int, data: dict[str, Any]) -> Cell:
        source = Source(_text(data.get("source", "")), f"{self.name}:cell {number}")
        tags = data["metadata"].get("tags")
        tags = [tag.lower() for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []
        return Cell(number, source, [_output(each) for each in data["outputs"]], frozenset(tags))

    def written(self, outputs: Mapping[int, Sequence[Output]], style: str) -> str:
        """It as a file; cells of other numbers keep what they have shown."""
        metadata = {**self._data["metadata"], "gradcli": {"style": style}}
        cells, number = [], 0
        for each in self._data["cells"]:
            if each["cell_type"] != "code":
                cells.append(each)
                continue
            number += 1
            if number in outputs:
                shown = [_written(output, number) for output in outputs[number]]
                each = {**each, "execution_count": number, "outputs": shown}
            cells.append(each)
        return _json({**self._data, "metadata": metadata, "cells": cells})


def write_notebook(name: str, cells: Sequence[tuple[str, Sequence[Output]]], style: str) -> None:
    """Writes the cells of a session to a notebook, whole or not at all.

    Raises `EvaluationError` where that is impossible, and `InputError` where it would destroy a file that is
    not such a notebook.
    """

    def is_ours(path: Path) -> bool:
        text = path.read_text(encoding="utf-8", errors="replace")
        try:
            return not text or Notebook(Source(text, name)).is_saved
        except InputError:
            return False

    replace_saved(name, notebook_text(cells, style).encode(), is_ours)


def notebook_text(cells: Sequence[tuple[str, Sequence[Output]]], style: str) -> str:
    """A new notebook of cells that have run, each with what it showed, as a file."""
    language = {"name": "gradcli", "file_extension": ".grad", "pygments_lexer": "python3"}
    data = {
        "cells": [
            {
                "cell_type": "code",
                "execution_count": number,
                "metadata": {},
                "outputs": [_written(output, number) for output in outputs],
                "source": text.splitlines(keepends=True),
            }
            for number, (text, outputs) in enumerate(cells, start=1)
        ],
        "metadata": {"gradcli": {"saved": True, "style": style}, "language_info": language},
        "nbformat": 4,
        "nbformat_minor": 4,
    }
    return _json(data)


# Reading


def _object(source: Source) -> dict[str, Any]:
    """The object that a notebook is; raises `InputError`."""
    if not source.text.strip():
        raise InputError(f"{source.name} is no notebook: it is empty")
    try:
        data = json.loads(source.text)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        ends = error.pos >= len(source.text.rstrip())
        why = "it ends in the middle" if ends else f"there is no JSON at {where}"
        raise InputError(f"{source.name} is no notebook: {why}", hint=_whole_hint(ends)) from None
    except RecursionError:
        raise InputError(f"{source.name} is no notebook: it is nested too deeply") from None
    except ValueError:  # an integer of thousands of digits
        raise InputError(f"{source.name} is no notebook: it holds a number that is too long") from None
    if not isinstance(data, dict):
        raise InputError(f"{source.name} is no notebook: it holds no object with cells")
    return data


def _whole_hint(ends: bool) -> str | None:
    return "was it copied or downloaded whole?" if ends else None


def _as_format_4(data: dict[str, Any], name: str) -> dict[str, Any]:
    """The object of a notebook in format 4, its parts of the right kinds; raises `InputError`."""
    wrong = _Wrong(name)
    version = data.get("nbformat", 4 if "cells" in data else 3 if "worksheets" in data else None)
    if version not in (3, 4) or isinstance(version, bool):
        said = "says no format" if version is None else f"is in format {wrong.brief(version)}"
        raise InputError(f"{name} {said}, and notebooks are read in formats 3 and 4")
    metadata = wrong.unless_object(data.get("metadata", {}), "metadata")
    if version == 4:
        cells = [_cell_of_4(each, wrong) for each in wrong.unless_list(data.get("cells"), "cells")]
        data = {"nbformat_minor": 0, **data, "metadata": metadata, "cells": cells}
    else:
        sheets = wrong.unless_list(data.get("worksheets"), "worksheets")
        sheets = [wrong.unless_object(sheet, "a worksheet") for sheet in sheets]
        found = [each for sheet in sheets for each in wrong.unless_list(sheet.get("cells"), "cells")]
        cells = [_cell_of_3(each, wrong) for each in found]
        data = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 4}
    language = _language(metadata, cells)
    if not _LANGUAGES.fullmatch(language):
        raise InputError(
            f"{name} is a notebook in {wrong.brief(language)}, and cells are run in Python's spelling"
        )
    return data


def _language(metadata: dict[str, Any], cells: Sequence[dict[str, Any]]) -> str:
    for key, member in (("language_info", "name"), ("kernelspec", "language")):
        told = metadata.get(key)
        if isinstance(told, dict) and isinstance(told.get(member), str):
            return str(told[member])
    return "python"


class _Wrong:
    """Refuses what a notebook holds in places where it must be something else."""

    def __init__(self, name: str) -> None:
        self.name = name

    def unless_object(self, data: Any, what: str) -> dict[str, Any]:
        if not isinstance(data, dict):
            raise self.error(what, "an object", data)
        return data

    def unless_list(self, data: Any, what: str) -> list[Any]:
        if not isinstance(data, list):
            raise self.error(what, "a list", data)
        return data

    def unless_text(self, data: Any, what: str) -> Any:
        """A text, or a list of texts: its lines."""
        if not isinstance(data, str) and not (
            isinstance(data, list) and all(isinstance(line, str) for line in data)
        ):
            raise self.error(what, "a text, or a list of its lines", data)
        return data

    def error(self, what: str, wanted: str, data: Any) -> InputError:
        held = "is not there" if data is None else f"it is {self.brief(data)}"
        return InputError(f"{self.name} is no notebook: {what} must be {wanted}, and {held}")

    def brief(self, data: Any) -> str:
        """A value as it is named in a message."""
        text = data if isinstance(data, str) else json.dumps(data)
        return text if len(text) <= _LONGEST_LANGUAGE else text[: _LONGEST_LANGUAGE - 1] + "…"


def _cell_of_4(data: Any, wrong: _Wrong) -> dict[str, Any]:
    cell = wrong.unless_object(data, "a cell")
    if not isinstance(cell.get("cell_type"), str):
        raise wrong.error("cell_type", "a text", cell.get("cell_type"))
    wrong.unless_text(cell.get("source", ""), "source")
    cell = {**cell, "metadata": wrong.unless_object(cell.get("metadata", {}), "the metadata of a cell")}
    if cell["cell_type"] == "code":
        outputs = wrong.unless_list(cell.get("outputs", []), "outputs")
        cell["outputs"] = [_output_of_4(each, wrong) for each in outputs]
    return cell


def _output_of_4(data: Any, wrong: _Wrong) -> dict[str, Any]:
    output = wrong.unless_object(data, "an output")
    if output.get("output_type") == "stream":
        wrong.unless_text(output.get("text", ""), "the text of an output")
    elif output.get("output_type") != "error":
        forms = wrong.unless_object(output.get("data", {}), "the data of an output")
        wrong.unless_text(forms.get("text/plain", ""), "text/plain")
    return output


def _cell_of_3(data: Any, wrong: _Wrong) -> dict[str, Any]:
    """A cell of format 3 as one of format 4."""
    cell = wrong.unless_object(data, "a cell")
    kind = cell.get("cell_type")
    metadata = wrong.unless_object(cell.get("metadata", {}), "the metadata of a cell")
    if kind == "code":
        outputs = wrong.unless_list(cell.get("outputs", []), "outputs")
        return {
            "cell_type": "code",
            "execution_count": cell.get("prompt_number"),
            "metadata": metadata,
            "outputs": [_output_of_3(each, wrong) for each in outputs],
            "source": wrong.unless_text(cell.get("input", ""), "input"),
        }
    source = wrong.unless_text(cell.get("source", ""), "source")
    if kind == "heading":
        level = cell.get("level")
        level = level if isinstance(level, int) and 1 <= level <= 6 else 1
        source, kind = f"{'#' * level} {_text(source)}", "markdown"
    return {"cell_type": kind if kind == "raw" else "markdown", "metadata": metadata, "source": source}


def _output_of_3(data: Any, wrong: _Wrong) -> dict[str, Any]:
    output = wrong.unless_object(data, "an output")
    kind = output.get("output_type")
    if kind == "stream":
        text = wrong.unless_text(output.get("text", ""), "the text of an output")
        return {"output_type": "stream", "name": output.get("stream", "stdout"), "text": text}
    if kind == "pyerr":
        return {"output_type": "error", **{key: output.get(key) for key in ("ename", "evalue", "traceback")}}
    forms = {form: output[key] for key, form in _FORMS.items() if key in output}
    wrong.unless_text(forms.get("text/plain", ""), "the text of an output")
    result: dict[str, Any] = {"output_type": "display_data", "data": forms, "metadata": {}}
    if kind == "pyout":
        result |= {"output_type": "execute_result", "execution_count": output.get("prompt_number")}
    return result


def _text(data: str | list[str]) -> str:
    return data if isinstance(data, str) else "".join(data)


def _output(data: dict[str, Any]) -> Output:
    """What a cell once showed."""
    kind = data.get("output_type")
    if kind == "stream":
        return Output("stderr" if data.get("name") == "stderr" else "stdout", _text(data.get("text", "")))
    if kind == "error":
        return Output("error", str(data.get("evalue") or ""), str(data.get("ename") or ""))
    forms = data.get("data", {})
    seen = any(form.startswith(_PICTURES) for form in forms) or "text/plain" not in forms
    return Output(
        "result" if kind == "execute_result" else "display", _text(forms.get("text/plain", "")), "", seen
    )


# Writing


def _written(output: Output, number: int) -> dict[str, Any]:
    """An output as format 4 has it."""
    lines = output.text.splitlines(keepends=True)
    if output.kind in ("stdout", "stderr"):
        return {"name": output.kind, "output_type": "stream", "text": lines}
    if output.kind == "error":
        told = (output.report or output.text).split("\n")
        return {"ename": output.title, "evalue": output.text, "output_type": "error", "traceback": told}
    shown: dict[str, Any] = {"data": {"text/plain": lines}, "metadata": {}, "output_type": "display_data"}
    if output.kind == "result":
        shown |= {"execution_count": number, "output_type": "execute_result"}
    return dict(sorted(shown.items()))


def _json(data: dict[str, Any]) -> str:
    """A notebook as Jupyter writes it: a blank for each level, every character as it is, a final line end.

    Half a surrogate pair, which no file in UTF-8 holds, is escaped.
    """
    text = json.dumps(data, indent=1, ensure_ascii=False)
    return _SURROGATE.sub(lambda match: f"\\u{ord(match[0]):04x}", text) + "\n"


_SURROGATE = re.compile("[\ud800-\udfff]")
