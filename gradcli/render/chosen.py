"""The styles by their names."""

from __future__ import annotations

from gradcli.render.styles import Json, Plain, Style, Torch


def make_style(name: str, digits: int | None = None) -> Style:
    """The style of that name: plain, json, or that of a library, to which `digits` do not matter."""
    if name in ("numpy", "jax"):
        from gradcli.render.of_arrays import Jax, NumPy  # which few programs need

        return Jax() if name == "jax" else NumPy()
    return Torch() if name == "torch" else Json(digits) if name == "json" else Plain(digits)
