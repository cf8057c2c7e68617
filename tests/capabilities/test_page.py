"""The page of a worked solution: its numbers, its policy, its names; and how it behaves in a real browser."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browser import PROGRAM, Browser, browser
from hostile import HOSTILE

import gradcli
from gradcli.text.excerpt import printable

CASES: list[tuple[str, dict[str, Any]]] = [
    ("sin(x**2)*exp(-y) + log1p(x*y)", {"x": 4, "y": 0.5}),
    ("u = x*y; u*exp(u)", {"x": 1.5, "y": -2}),
    ("sum((A @ x)**2)", {"A": [[1, 2], [3, 4]], "x": [1, -1]}),
    ("log(x - 3)", {"x": 2}),
    ("x", {"x": 2}),
]


class Read(HTMLParser):
    """A page as a parser reads it: its tags, its rows, its text, what is in styles and scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.rows: list[dict[str, str]] = []
        self.raw: dict[str, str] = {}
        self.policy = ""
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.tags.append(tag + "".join(sorted(f" {name}" for name in found)))
        if tag == "tr" and "data-box" in found:
            self.rows.append(found)
        if found.get("http-equiv") == "Content-Security-Policy":
            self.policy = found["content"]

    def handle_data(self, data: str) -> None:
        if self.cdata_elem is not None:
            self.raw[self.cdata_elem] = data
        self.text += data


def written(text: str, at: dict[str, Any], **settings: Any) -> str:
    return str(gradcli.explain(text, at, **settings).written("html"))


@pytest.mark.parametrize(("text", "at"), CASES, ids=[text for text, _ in CASES])
def test_every_number_on_the_page_is_the_engines(text: str, at: dict[str, Any]) -> None:
    found = gradcli.explain(text, at)
    members = json.loads(found.rendered("json"))
    rows = Read(str(found.written("html"))).rows
    names = [step["name"] for step in members["steps"]]
    last: dict[tuple[str, str], Any] = {}
    for row in rows:
        last[names[int(row["data-box"])], row["data-kind"]] = json.loads(row["data-exact"])
    for step in members["steps"]:
        assert last[step["name"], "second"] == step["value"]
        if step["cotangent"] is not None and len(rows) > len(names):
            if isinstance(step["cotangent"], str):
                assert last[step["name"], "third"] == step["cotangent"]
            else:
                assert np.allclose(last[step["name"], "third"], step["cotangent"], rtol=1e-15, atol=0)


def test_the_policy_allows_what_is_written_there_and_nothing_else() -> None:
    page = Read(written(*CASES[0]))
    for element in ("script", "style"):
        digest = b64encode(sha256(page.raw[element].encode()).digest()).decode()
        assert f"{element}-src 'sha256-{digest}'" in page.policy
    assert page.policy.startswith("default-src 'none';")
    assert not re.search(r"https?:(?!//www\.w3\.org/2000/svg)", written(*CASES[0]))
    loads = re.compile(r"(link|img|iframe|object|a|form)\b|.* (on\w+|style|src|href)\b")
    assert not [tag for tag in page.tags if loads.match(tag)]


@pytest.mark.parametrize("name", HOSTILE)
def test_names_are_text_and_never_markup(name: str) -> None:
    plain = Read(written("`abc`*x + sin(`abc`)", {"abc": 3, "x": 2}, accumulate=True, grad_fn=True))
    page = Read(written(f"`{name}`*x + sin(`{name}`)", {name: 3, "x": 2}, accumulate=True, grad_fn=True))
    assert page.tags == plain.tags
    assert page.raw == plain.raw
    assert printable(name) in page.text
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", page.text)


def test_a_graph_too_large_to_be_drawn_has_its_tables() -> None:
    page = Read(written("+".join(f"sin({k}*x)" for k in range(1, 100)), {"x": 1}))
    assert "too many to be drawn here" in page.text
    assert "svg" not in " ".join(page.tags)


def test_a_file_whose_name_ends_in_html_is_the_page(tmp_path: Path) -> None:
    file = tmp_path / "lesson.html"
    words = [sys.executable, "-m", "gradcli", "explain", "x**2", "x=3", "-o", str(file)]
    assert subprocess.run(words, check=True, capture_output=True).stdout == b""
    assert file.read_text(encoding="utf-8") == written("x**2", {"x": 3}) + "\n"


# In a browser


@pytest.fixture(scope="module")
def tab() -> Iterator[Browser]:
    if PROGRAM is None:
        pytest.skip("there is no Chromium here (Debian's package is called chromium)")
    with browser() as found:
        yield found


STATE = """({
    told: document.getElementById("told").textContent,
    lit: [...document.querySelectorAll(".lit")].map((each) => each.id),
    now: [...document.querySelectorAll("tr.now")].length,
    current: document.querySelector("[aria-current=step]").textContent,
    shown: Object.fromEntries([...document.querySelectorAll(".box")].map((box) => [box.id, [
        ...box.querySelectorAll(".second:not(.later), .third:not(.later)"),
    ].map((each) => each.textContent.trim())])),
})"""


@pytest.mark.parametrize(("text", "at"), CASES, ids=[text for text, _ in CASES])
def test_each_step_lights_its_box_and_shows_its_number(
    tab: Browser, tmp_path: Path, text: str, at: dict[str, Any]
) -> None:
    found = gradcli.explain(text, at)
    file = tmp_path / "page.html"
    file.write_text(str(found.written("html")), encoding="utf-8")
    rows = Read(file.read_text(encoding="utf-8")).rows
    tab.seen.clear()
    tab.open(file)
    for place, row in enumerate(rows):
        state = tab.value(STATE)
        box = f"box{row['data-box']}"
        assert state["told"].endswith(f"step {place + 1} of {len(rows)}: {row['data-told']}")
        assert {*state["lit"]} == {box, *(f"edge{edge}" for edge in row["data-edges"].split())}
        assert row["data-shown"] in state["shown"][box]
        assert state["now"] == 1
        tab.press("ArrowRight")
    assert tab.value(STATE)["told"] == state["told"]
    tab.press("ArrowLeft")
    tab.value('document.getElementById("step").focus()')
    tab.press("Home")
    assert f"step 1 of {len(rows)}" in tab.value(STATE)["told"]
    tab.press("End")
    assert f"step {len(rows)} of {len(rows)}" in tab.value(STATE)["told"]
    tab.value('document.getElementById("back").click()')
    assert f"step {max(len(rows) - 1, 1)} of {len(rows)}" in tab.value(STATE)["told"]
    assert tab.seen == []


def test_a_screen_reader_finds_names_roles_and_all_numbers(tab: Browser, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_text(written(*CASES[0]), encoding="utf-8")
    tab.open(file)
    nodes = tab.call("Accessibility.getFullAXTree")["nodes"]
    known = {(node.get("role", {}).get("value"), node.get("name", {}).get("value")) for node in nodes}
    assert {("slider", "Step"), ("button", "Next"), ("button", "Back"), ("region", "Graph")} <= known
    assert {("table", "Forward"), ("table", "Backward"), ("table", "Results")} <= known
    assert ("image", f"The graph of {CASES[0][0]}") in known or (
        "img",
        f"The graph of {CASES[0][0]}",
    ) in known


def test_a_hostile_page_says_what_it_is_and_does_nothing(tab: Browser, tmp_path: Path) -> None:
    names = [name for name in HOSTILE if "\x1b" not in name]
    file = tmp_path / "page.html"
    text = " + ".join(f"sin(`{name}`)" for name in names)
    file.write_text(written(text, dict.fromkeys(names, 0.5)), encoding="utf-8")
    tab.seen.clear()
    tab.open(file)
    tab.value('document.getElementById("step").focus()')
    tab.press("End")
    assert "step 1 of" not in tab.value(STATE)["told"]
    assert tab.value("document.querySelectorAll('script').length") == 1
    assert tab.seen == []
