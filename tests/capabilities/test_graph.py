"""Pictures of formulas: their boxes, their numbers against the engine's, and names that are only names."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hostile import HOSTILE
from kept import shown

import gradcli
from gradcli.text.excerpt import printable

CASES: list[tuple[str, dict[str, Any]]] = [
    ("sin(x**2)*exp(-y) + log1p(x*y)", {"x": 4, "y": 0.5}),
    ("x*x - 3 - x/2/x", {"x": 3}),
    ("u = x*y; v = sin(u); v*u + x", {"x": 1.5, "y": -2}),
    ("where(x > 0, x**2, -x)*max(x, y)", {"x": -0.5, "y": 2}),
    ("sum((A @ x - b)**2)", {"A": [[1, 2], [3, 4], [5, 6]], "x": [1, -1], "b": [0, 1, 2]}),
    ("softmax(v)[1]*std(v) + prod(v)*x", {"v": [1, 2, 4], "x": 2}),
]


def labels(text: str, **settings: Any) -> list[str]:
    """What the boxes say, leaves by their names."""
    return [node["label"] or node["name"] for node in gradcli.graph(text, **settings).nodes]


@pytest.mark.parametrize(
    ("text", "boxes"),
    [
        ("x", ["x"]),
        ("a + b + c + d", ["a", "b", "c", "d", "+"]),
        ("a - b", ["a", "b", "□ − □"]),
        ("a - (b - c) + 2", ["a", "b", "c", "□ + … + 2"]),
        ("3 - x", ["x", "3 − □"]),
        ("2*x/3", ["x", "2 × □/3"]),
        ("1/x", ["x", "1/□"]),
        ("a*b/c*5", ["a", "b", "c", "□ × … × 5"]),
        ("sin(x) + sin(x)", ["x", "sin", "+"]),
        ("(a + b)*(c + d)", ["a", "b", "c", "d", "+", "+", "×"]),
        ("u = a + b; u + c", ["a", "b", "c", "+", "+"]),
        ("x**2 + pi", ["x", "□^2", "□ + π"]),
        ("clamp(x, 0, 1)", ["x", "clamp(□, 0, 1)"]),
        ("x**y", ["x", "y", "□^□"]),
        ("3", ["3"]),
    ],
)
def test_sums_and_products_take_any_number_and_constants_stand_in_labels(text: str, boxes: list[str]) -> None:
    assert labels(text) == boxes


def test_a_sum_of_many_is_one_box() -> None:
    assert len(labels("+".join(f"sin({k}*x)" for k in range(1, 31)))) == 62


def test_arrows_say_which_operand_they_are() -> None:
    found = gradcli.graph("a - b/c + atan2(d, f)**g")
    said = {(edge["from"], edge["label"]) for edge in found.edges if edge["label"]}
    assert {("c", "÷"), ("d", "y"), ("f", "x"), ("g", "2")} <= said
    assert "−" in {label for _, label in said}


@pytest.mark.parametrize(("text", "at"), CASES, ids=[text for text, _ in CASES])
def test_every_number_is_the_engines(text: str, at: dict[str, Any]) -> None:
    found = gradcli.graph(text, at)
    value, gradients = gradcli.evaluate(text, at)
    nodes = {node["name"]: node for node in found.nodes}
    for name, gradient in gradients.items():
        assert np.array_equal(nodes[name]["cotangent"], gradient)
    (result,) = [node for node in found.nodes if node["kind"] == "result"]
    assert (result["value"], result["cotangent"]) == (value, 1)
    for name, node in nodes.items():
        back = [edge["cotangent"] for edge in found.edges if edge["from"] == name]
        if node["cotangent"] is not None and back:
            total = sum(np.asarray(each) for each in back if each is not None)
            assert np.allclose(total, node["cotangent"], rtol=1e-13, atol=1e-15)


def test_the_graph_of_the_gradient() -> None:
    found = gradcli.graph("x*exp(x) + 3*y", {"x": 2, "y": 1}, backward=True)
    ends = {node["label"]: node["value"] for node in found.nodes if node["kind"] in ("result", "constant")}
    assert ends == {"+": pytest.approx(3 * np.exp(2), rel=1e-15), "3": 3}
    assert found.text().splitlines()[0].startswith("d/dx: +")
    assert "d/dy: 3" in found.text()
    assert gradcli.graph("x*y", backward=True).text() == "d/dx: y\n\nd/dy: x"
    found = gradcli.graph("x*detach(y)", backward=True)
    assert [notice.message for notice in found.notices] == [
        "nothing connects the value with y, and so it has no gradient"
    ]


def test_a_statement_draws_what_it_names() -> None:
    assert shown("x = 3; y = x**2; graph y*y").splitlines()[0] == "×  = 81  d = 1"
    assert shown("graph backward q**2, q=3").splitlines()[0] == "d/dq: 2 × □  = 6"


def test_a_leaf_is_called_once_and_what_is_out_of_date_is_not_drawn() -> None:
    assert shown("x = 3; graph x") == "x  = 3  d = 1"
    assert "was computed before x was changed" in shown("x = 3; y = x**2; x -= 1; graph y")


def test_trees_of_any_depth_stay_narrow_and_draw_everything_once() -> None:
    text = gradcli.graph("sin(" * 500 + "x" + ")" * 500).text()
    assert text.count("sin") == 500
    assert max(map(len, text.splitlines())) < 80


def formats(found: Any) -> dict[str, str]:
    return {form: str(found.rendered(form)) for form in ("text", "dot", "mermaid", "svg")}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_text_in_every_format(name: str) -> None:
    plain = formats(gradcli.graph("`abc`*x + sin(`abc`)", {"abc": 3, "x": 2}))
    found = formats(gradcli.graph(f"`{name}`*x + sin(`{name}`)", {name: 3, "x": 2}))
    shown_name = printable(name)
    for form, text in found.items():
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", text)
        assert len(text.splitlines()) == len(plain[form].splitlines())
    assert shown_name in found["text"]
    svg, harmless = (ElementTree.fromstring(each["svg"]) for each in (found, plain))
    assert [each.tag for each in svg.iter()] == [each.tag for each in harmless.iter()]
    assert shown_name in [each.text for each in svg.iter()]
    quoted = re.compile(r'"(?:[^"\\]|\\.)*"')
    assert quoted.sub('""', found["dot"]) == quoted.sub('""', plain["dot"])
    assert re.sub(r'"[^"]*"', '""', found["mermaid"]) == re.sub(r'"[^"]*"', '""', plain["mermaid"])
    written = {
        "".join(re.sub(r"#(\d+);", lambda code: chr(int(code[1])), each))
        for each in re.findall(r'\(\["(.*?)<br/>', found["mermaid"])
    }
    assert shown_name in written


@pytest.mark.parametrize(("text", "at"), CASES, ids=[text for text, _ in CASES])
def test_pictures_have_every_box_and_every_arrow(text: str, at: dict[str, Any]) -> None:
    found = gradcli.graph(text, at)
    boxes, arrows = len(found.nodes), len(found.edges)
    forms = formats(found)
    svg = ElementTree.fromstring(forms["svg"])
    ids = {each.get("id", "").rstrip("0123456789") for each in svg.iter() if each.get("id")}
    assert ids <= {"box", "edge"}
    assert sum(each.get("id", "").startswith("box") for each in svg.iter()) == boxes
    assert sum(each.get("id", "").startswith("edge") for each in svg.iter()) == arrows
    assert forms["dot"].count(" -> ") == forms["mermaid"].count(" -->") == arrows
    assert len(re.findall(r"^  n\d+ \[", forms["dot"], re.M)) == boxes


def test_what_is_very_wide_runs_across() -> None:
    sum_of_many = ElementTree.fromstring(
        str(gradcli.graph("+".join(f"sin({k}*x)" for k in range(1, 31))).written("svg"))
    )
    assert float(sum_of_many.get("height", 0)) > float(sum_of_many.get("width", 0))


@pytest.mark.parametrize(
    ("text", "settings", "message"),
    [
        ("3", {"backward": True}, "there is no gradient to draw"),
        ("[x, y]", {"backward": True}, "a gradient is that of a single number"),
        ("x", {"wrt": "z"}, "z is not a variable"),
    ],
)
def test_a_mistake_is_told(text: str, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(gradcli.GradcliError, match=message):
        gradcli.graph(text, **settings)


def test_what_is_too_large_to_be_laid_out_can_still_be_written() -> None:
    found = gradcli.graph("+".join(f"sin(x{k})" for k in range(501)))
    with pytest.raises(gradcli.GradcliError, match="too many to be laid out here"):
        found.written("svg")
    assert found.written("dot").count("->") == 1002
