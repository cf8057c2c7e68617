"""What Jupyter shows of an answer."""

from __future__ import annotations

from base64 import b64decode
from typing import Any
from xml.etree import ElementTree

import pytest

import gradcli
from gradcli import GradcliError
from gradcli.capabilities.found import Found


def shown(found: Found, kind: str) -> str:
    """What is shown of a MIME type; all else that is shown is the text of the terminal."""
    bundle = found._repr_mimebundle_()
    assert bundle.pop("text/plain") == repr(found)
    assert list(bundle) == [kind]
    return bundle[kind]


def test_derivatives_are_displayed_formulas() -> None:
    assert shown(gradcli.diff("x**2*y", "x"), "text/latex") == r"$$2\,x\,y$$"
    lines = shown(gradcli.diff("x**2*y"), "text/latex").split("\n")
    assert len(lines) == 2
    assert all(line.startswith(r"$$\frac{\partial}{\partial") and line.endswith("$$") for line in lines)


def test_tables_are_tables() -> None:
    assert shown(gradcli.table("x**2", x="0:1:1"), "text/markdown").startswith("| x | value |")
    assert "| `value =` |" in shown(gradcli.explain("x*y", x=1, y=2), "text/markdown")


def test_graphs_and_plots_are_pictures() -> None:
    assert ElementTree.fromstring(shown(gradcli.graph("x*y"), "image/svg+xml")).tag.endswith("svg")
    pytest.importorskip("matplotlib")
    for ranges in ({"x": "0:1"}, {"x": "0:1:0.5", "y": "0:1:0.5"}):
        plotted = gradcli.plot("x**2" if len(ranges) == 1 else "x*y", ranges)
        assert b64decode(shown(plotted, "image/png")).startswith(b"\x89PNG")


def test_what_cannot_be_drawn_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    plotted = gradcli.plot("x*y", x="0:1:0.5", y="0:1:0.5")

    def fails(*_: Any) -> bytes:
        raise GradcliError("there is nothing to draw with")

    monkeypatch.setattr(plotted, "written", fails)
    told = "<Plot of x*y: a contour map is drawn into a file>"
    assert plotted._repr_mimebundle_() == {"text/plain": told}


def test_all_else_is_text() -> None:
    fitted = gradcli.fit("y = a*x", {"x": [1, 2, 3], "y": [2, 4, 6.1]}, plot=True)
    for found in (fitted, gradcli.solve("x**2 = 2", x=1), gradcli.check("x**2", x=1)):
        assert found._repr_mimebundle_() == {"text/plain": repr(found)}
