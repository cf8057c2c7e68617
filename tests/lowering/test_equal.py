"""Equal computations are one node, however they are spelled."""

from __future__ import annotations

import pytest

from gradcli.engine.graph import Node
from gradcli.engine.plan import Plan
from gradcli.language.parser import parse_expression
from gradcli.lowering.lower import Lowering
from gradcli.lowering.rows import RowScope
from gradcli.text.source import Source

SHAPES = {"x": (), "v": (3,), "A": (2, 3)}


def lowered(text: str, scope: RowScope) -> Node:
    source = Source(text)
    return Lowering(source, scope).lower(parse_expression(source))


@pytest.mark.parametrize(
    "spellings",
    [
        ("sum(v)", "sum(v, 0)", "v.sum()", "v.sum(dim=-1)", "sum(v, dim=(0,))"),
        ("sum(A)", "sum(A, dim=(0, 1))", "A.sum((1, -2))"),
        ("mean(A)", "mean(A, dim=(0, 1))"),
        ("prod(v)", "prod(v, 0)"),
        ("max(v)", "amax(v)", "v.amax(0)"),
        ("max(v, dim=0)", "v.max(0).values", "v.max(-1)[0]"),
        ("min(A, dim=1)", "A.min(1)[0]"),
        ("logsumexp(v, 0)", "logsumexp(v)"),
        ("clamp(v, 0)", "clamp_min(v, 0)", "v.clip(min=0)"),
        ("clamp(v, max=x)", "clamp_max(v, x)"),
        ("unsqueeze(v, 0)", "reshape(v, 1, 3)", "v.view(1, -1)", "v[None]"),
        ("flatten(A)", "ravel(A)", "reshape(A, 6)", "A.view(-1)"),
        ("A[None].squeeze()", "A[None].squeeze(0)", "A[None].reshape(2, 3)"),
        ("A.T", "t(A)", "transpose(A, 0, 1)", "permute(A, 1, 0)", "A.mT"),
        ("v[:]", "v.expand(3)", "v.T", "v.squeeze()", "v.reshape(3)"),
        ("A[:]", "A[:, :]", "A.permute(0, 1)"),
        ("var(v)", "var(v, 0)", "var(v, unbiased=True)"),
        ("norm(v)", "norm(v, 2)", "norm(v, dim=0)", "norm(v, p='fro')"),
    ],
    ids=lambda spellings: spellings[0],
)
def test_equal_computations_are_one_node(spellings: tuple[str, ...]) -> None:
    scope = RowScope(SHAPES, {})
    first = lowered(spellings[0], scope)
    assert [text for text in spellings if lowered(text, scope) is not first] == []


@pytest.mark.parametrize(
    "text", ["sum(v) + sum(v)", "sum(v) + sum(v, 0)", "amax(v) + max(v)", "v.max(0)[0] + max(v, dim=0)"]
)
def test_what_is_equal_is_planned_once(text: str) -> None:
    assert len(Plan((lowered(text, RowScope(SHAPES, {})),))) == 2
