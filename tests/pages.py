"""Notebooks as tests write them, and `gradcli run` on them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from transcripts import Place


def code(text: str | list[str], *outputs: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A cell with code, of format 4."""
    cell: dict[str, Any] = {
        "cell_type": "code",
        "execution_count": 1,
        "metadata": {},
        "outputs": list(outputs),
    }
    return {**cell, "source": text, **more}


def printed(text: str) -> dict[str, Any]:
    """What a cell has printed."""
    return {"output_type": "stream", "name": "stdout", "text": text}


def value(text: str, **more: str) -> dict[str, Any]:
    """The value of a cell, in other forms too."""
    data = {"text/plain": text, **{form.replace("_", "/"): data for form, data in more.items()}}
    return {"output_type": "execute_result", "data": data, "metadata": {}, "execution_count": 1}


def notebook(*cells: dict[str, Any], **more: Any) -> str:
    """A notebook of format 4."""
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4, **more})


def ran(text: str, folder: Path, *options: str, name: str = "lesson.ipynb") -> tuple[str, int]:
    """What `gradcli run` shows of a file that holds a text, and its exit status; it is in `folder/here`."""
    folder.mkdir(exist_ok=True)
    place = Place(folder)
    (place.folder / name).write_text(text, encoding="utf-8")
    return place.in_process(["run", *options, name])
