"""Tuples: what gives several results, and all that can be done with one."""

from __future__ import annotations

import pytest
from kept import Kept, shown

import gradcli
from gradcli.engine.primitives import TABLE
from gradcli.engine.primitives.entry import Composite, Result, Results
from gradcli.interactive.completion import about_name
from gradcli.render.variables import variables_text
from gradcli.text.errors import EvaluationError, InputError


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("m = torch.max(x, 1); m[0].sum().backward(); x.grad", [[0, 1], [1, 0]]),
        ("m = x.max(1); m.values.sum().backward(); x.grad", [[0, 1], [1, 0]]),
        ("v, _ = x.max(dim=0); (2*v).sum().backward(); x.grad", [[0, 2], [2, 0]]),
        ("def f(a): return a.max(1), a*2\nm, b = f(x); m.indices", [1, 0]),
        ("def f(a): return a.max(1)\nf(x)[0]", [5, 7]),
        ("f(m) = m[1]; f(x.max(1))", [1, 0]),
        ("m = x.max(1) if True else 0; m[1]", [1, 0]),
        ("t = (x.max(1), 3); t[0].indices[0] + t[1]", 4),
        (
            "def f(n):\n    a, b = 0, 1\n    for i in range(n): a, b = b, a + b\n    return a\nf(10)",
            55,
        ),
        ("g, = torch.autograd.grad((x**2).sum(), x); g[1]", [14, 8]),
        ("k = torch.autograd.grad(x*x, x, grad_outputs=[[1, 0], [0, 2]]); k[0]", [[2, 0], [0, 16]]),
        ("k = grad(x*x, x, grad_outputs=ones(2, 2)); k", [[2, 10], [14, 8]]),
    ],
)
def test_tuples_go_where_values_go(text: str, wanted: object) -> None:
    *before, last = text.split("; ")
    lines = "\n".join(["x = [[1, 5], [7, 4]]", *before, "print(0)", last])
    assert "".join(shown(lines).split("0\n", 1)[1].split()) == "".join(str(wanted).split())


def test_the_parts_of_a_name_keep_their_graphs_and_are_found_out_of_date() -> None:
    kept = Kept("x = 3\nt = (x**2, 2*x)\ns = t[0] + t[1]")
    kept.run("backward s")
    assert kept.grad("x") == 8
    kept.run("x -= 1")
    assert shown("x = 3\nt = (x**2, x)\nx -= 1\nt") == "(9, 2)"
    with pytest.raises(EvaluationError, match="t was computed before"):
        kept.run("backward t[0]")


def test_the_gradients_of_pytorch_are_constants_without_create_graph() -> None:
    assert shown("x = 3\ng = torch.autograd.grad(x**3, x)[0]\ng.requires_grad") == "False"
    assert shown("x = 3\ng = torch.autograd.grad(x**3, x, create_graph=True)[0]\ng.requires_grad") == "True"
    assert shown("x = 3\nimport torch\nfrom torch.autograd import grad\ng, = grad(x**3, x)\nprint(g)") == "27"


def test_names_hold_one_thing_and_are_undone_whole() -> None:
    kept = Kept("t = (1, 2)\nt = 3")
    assert (kept.value("t"), kept.session.names()) == (3, ["t"])
    kept.run("t = (1, 2)")
    assert kept.session.names() == ["t"]
    copied = kept.session.copy()
    with pytest.raises(InputError):
        kept.run("a, b = t\nc, d = (a, b, 1)")
    assert sorted(copied.names()) == ["t"]
    kept.run("del t")
    assert "t" not in kept.session.names()


def test_tuples_are_listed_and_offered() -> None:
    kept = Kept("A = [[1, 5], [7, 4]]\nm = max(A, dim=1)\nt = (m, 2)")
    assert about_name(kept.session, "m") == "tuple, (values=[5, 7], indices=[1, 0])"
    assert "t     tuple          ((values=[5, 7], indices=[1, 0]), 2)" in variables_text(kept.session, None)


def test_an_entry_says_that_it_gives_a_tuple(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = Composite(
        "moments",
        "x",
        TABLE["mean"].build,
        "Mean and variance.",
        ("moments([1, 2, 3])", "(2, 1)"),
        results=Results(
            "mean", (Result("spread", lambda x: TABLE["var"].build(x, None, 1.0, False, None)),), alone=""
        ),
        public=False,
    )
    monkeypatch.setitem(TABLE.made, "moments", moments)
    assert shown("a, b = moments([1, 2, 3])\nprint(a, b)\nmoments([1, 2, 3])") == "2 1\n(2, 1)"
    with pytest.raises(InputError, match="this is a tuple of 2 values"):
        gradcli.evaluate("2*moments(x)", {"x": [1, 2, 3]})


def test_programs_over_rows_name_the_parts() -> None:
    product = gradcli.compile("f(a, b) = (a*b, a + b); p, s = f(x, y); p*s")
    assert product(x=2, y=3).gradients == {"x": 21, "y": 16}


def test_tuples_nest_only_so_deep() -> None:
    with pytest.raises(InputError, match="nested more than 50 deep"):
        Kept("t = (1,)\nfor i in range(100): t = (t,)")
