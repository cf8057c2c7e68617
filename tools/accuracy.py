"""Writes the table of docs/accuracy.md from what benchmarks/accuracy.py has measured."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / "tests" / "data" / "accuracy.json"
PAGE = ROOT / "docs" / "accuracy.md"


def table() -> str:
    """What stands between the markers of docs/accuracy.md, from what is kept."""
    held = json.loads(KEPT.read_text(encoding="utf-8"))
    lines = [
        *(f"- {_compared(held, library, title)}" for library, title in _TITLES.items()),
        "",
        f"| function | gradcli | {' | '.join(_TITLES.values())} |",
        f"| --- | --- |{' --- |' * len(_TITLES)}",
    ]
    for name in sorted(held["gradcli"]):
        cells = [_shown(held.get(library, {}).get(name)) for library in ("gradcli", *_TITLES)]
        lines.append(f"| `{name}` | {' | '.join(cells)} |")
    return "\n".join(lines)


_TITLES = {"torch": "PyTorch", "jax": "JAX"}
"""The libraries that were asked, as people call them."""


def _compared(held: Any, library: str, title: str) -> str:
    """How much of it the library has, and how often either is right to 8 ulps."""
    ours, theirs = held["gradcli"], held[library]
    pairs = [
        (mine, other)
        for name in theirs
        for mine, other in zip(ours[name], theirs[name], strict=True)
        if mine is not None and other is not None
    ]
    here, there = (sum(pair[k] <= 8 for pair in pairs) for k in (0, 1))
    return (
        f"{title} has {len(theirs)} of these {len(ours)} functions by name. "
        f"Of the {len(pairs)} columns that both have, {here} are within 8 ulps at all points in gradcli, "
        f"and {there} in {title}."
    )


def _shown(errors: list[float | None] | None) -> str:
    return "–" if errors is None else " · ".join("–" if each is None else f"{each:.2g}" for each in errors)


def page(text: str) -> str:
    """The page with its table up to date."""
    before, rest = text.split(_BEGIN, 1)
    return f"{before}{_BEGIN}{table()}\n{_END}{rest.split(_END, 1)[1]}"


_BEGIN, _END = "<!-- begin accuracy -->\n", "<!-- end accuracy -->"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
