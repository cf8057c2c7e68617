"""The kind that lowering gives with a node: stated by each rule, from the kinds of its operands."""

from __future__ import annotations

import pytest

from gradcli.language.parser import parse, parse_expression
from gradcli.lowering.kinds import COUNT, REAL, SIZE, TENSOR, Kind, Typed, array_kind, list_kind, tensor_kind
from gradcli.lowering.lower import Lowering
from gradcli.session.runner import run
from gradcli.session.scope import SessionScope
from gradcli.session.state import Session
from gradcli.text.source import Source


def typed(text: str) -> Typed:
    """What lowering gives for an expression after some assignments."""
    session = Session()
    setup = "x = 2; v = [1.5, 2]; const n = 3; const r = 2.5; const ns = [1, 2.5]; t = torch.tensor([1, 2])"
    run(session, parse(Source(f"{setup}\ndef f(k): return 2*k\n")), lambda _: None, lambda _: None)
    source = Source(text)
    return Lowering(source, SessionScope(session)).typed(parse_expression(source))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("3", COUNT),
        ("-3.0", REAL),
        ("n*2 + 1", COUNT),
        ("n/1", REAL),
        ("n + r", REAL),
        ("n + t", tensor_kind(whole=True)),
        ("n*x", TENSOR),
        ("f(n)", COUNT),
        ("f(t)", tensor_kind(whole=True)),
        ("f(x)", TENSOR),
        ("v.shape", SIZE),
        ("v.shape[0]", COUNT),
        ("len(v)", COUNT),
        ("v.argmax()", tensor_kind(whole=True)),
        ("x.item()", REAL),
        ("t.numpy()", array_kind(whole=True)),
        ("t.numpy()*2.5 + n", array_kind(whole=False)),
        ("t.numpy() + x", TENSOR),
        ("[n, 2]", list_kind([COUNT, COUNT])),
        ("[n, r]", Kind("list", whole=False, items=(COUNT, REAL))),
        ("[n, x]", Kind("list", whole=False, items=(COUNT, TENSOR))),
        ("ns", Kind("list", whole=False, items=(COUNT, REAL))),
        ("ns[0]", COUNT),
        ("ns[-1]", REAL),
        ("ns[:1]", list_kind([COUNT])),
        ("[[1, 2], [3, 4]][0]", list_kind([COUNT])),
        ("[[1, 2], [3.5, 4]][1][1]", COUNT),
        ("n if x > 0 else r", COUNT),
        ("x if n > 0 else r", TENSOR),
        ("r > n", COUNT),
        ("t > n", tensor_kind(whole=True)),
        ("nothing if False else n", COUNT),
    ],
)
def test_a_rule_gives_the_kind_of_its_result(text: str, kind: Kind) -> None:
    assert typed(text)[1] == kind


@pytest.mark.parametrize(
    "text",
    [
        *("x*n", "n**x", "-x", "+x", "x if x > 0 else n", "where(x > 0, n*x, n)", "v[0]", "v[1:]", "v[None]"),
        *(
            "sum(v)",
            "math.sqrt(x)",
            "floor(x)",
            "max(v, 0)",
            "[x, n][0]",
            "[x, n][1]",
            "v.T",
            "f(x)",
            "f'(x)",
        ),
        *("grad(x**2, x)", "stack([x, n])", "x.float()", "round(x)", "v.reshape(2, 1)", "v @ t"),
    ],
)
def test_what_requires_grad_is_a_tensor_of_floats(text: str) -> None:
    node, kind = typed(text)
    assert node.tracked
    assert kind.form == "tensor"
    assert not kind.whole


def test_equal_nodes_may_be_of_several_kinds() -> None:
    (three, whole), (real, floating), (tensor, of_torch) = typed("3"), typed("3.0"), typed("torch.tensor(3)")
    assert three is real is tensor
    assert (whole, floating, of_torch) == (COUNT, REAL, tensor_kind(whole=True))
