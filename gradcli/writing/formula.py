"""A graph as the mathematics that it computes, in the language that gradcli reads.

Reading the text back and lowering it gives equal values. Operators come from the table, with no more
parentheses than the grammar needs. Nothing here is recursive.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cache
from math import inf, isnan
from typing import Any

from gradcli.engine.graph import Constant, Input, Node, expand_primitive, topological
from gradcli.engine.primitives import TABLE, Entry
from gradcli.language.layout import scan
from gradcli.language.table import INFIX, PREFIX
from gradcli.records import NamedTuple
from gradcli.text.values import number, plain
from gradcli.writing.notation import name_as_typed

LONGEST = 10_000
"""Formulas of more characters than this are not written: what a graph shares, text repeats."""

_ATOM = inf
"""What is written in one piece binds tighter than every operator."""


class _Text(NamedTuple):
    text: str
    binding: float

    def within(self, least: float) -> str:
        """The text, in parentheses where it binds less tightly than its place asks for."""
        return self.text if self.binding >= least else f"({self.text})"


def formula(node: Node, longest: int = LONGEST) -> str | None:
    """A node as text; `None` where that is too long, or where the language has no words for it."""
    texts: dict[Node, _Text] = {}
    for each in topological((node,)):
        found = _text(each, texts)
        if found is None or len(found.text) > longest:
            return None
        texts[each] = found
    return texts[node].text


def _text(node: Node, texts: dict[Node, _Text]) -> _Text | None:
    if isinstance(node, Constant):
        return _constant(node)
    if isinstance(node, Input):
        return _Text(name_as_typed(node.name), _ATOM)
    name = node.primitive.name
    if node.primitive is expand_primitive:
        sizes = ", ".join(map(str, node.shape))
        return _Text(f"expand({texts[node.inputs[0]].text}, {sizes})", _ATOM)
    if name == "alias" or (name == "reshape" and node.shape == node.inputs[0].shape):
        return texts[node.inputs[0]]
    operands = _operands(node, texts)
    if name == "truth_as_number":
        return _Text(f"where({operands[0].text}, 1, 0)", _ATOM)
    entry = node.primitive
    if not isinstance(entry, Entry):
        return None
    if TABLE.get(name) is not entry:
        return _Text(in_words(entry, [each.within(_ATOM) for each in operands]), 0) if entry.written else None
    if not entry.symbol:
        written = parameters_of(node)
        if written is None:
            return None
        return _Text(f"{name}({', '.join([*(each.text for each in operands), *written])})", _ATOM)
    if len(operands) == 1:
        return _unary(entry.symbol, operands[0])
    return _binary(entry.symbol, *operands)


def parameters_of(node: Node) -> tuple[str, ...] | None:
    """What is written behind the inputs of a call; `None` where the language has no words for it."""
    if not node.params or node.primitive.elementwise:
        return ()
    return _PARAMETERS.get(node.primitive.name, _none)(node.params)


def _operands(node: Node, texts: dict[Node, _Text]) -> list[_Text]:
    """The texts of a node's inputs; broadcasting that the operation does by itself is not written."""
    whole = any(each.primitive is not expand_primitive for each in node.inputs)
    if not (node.primitive.elementwise and whole):
        return [texts[each] for each in node.inputs]
    return [texts[each.inputs[0] if each.primitive is expand_primitive else each] for each in node.inputs]


def in_words(entry: Entry, operands: Iterable[str]) -> str:
    """What the table writes for an operation that has no name of its own, on these operands."""
    given = {parameter.name: text for parameter, text in zip(entry.parameters, operands, strict=False)}
    return re.sub(r"[^\W\d]\w*", lambda word: given.get(word[0], word[0]), entry.written)


_CALL = re.compile(r"(\w+'*|grad\(.*\))\(([\w, ]+)\)")


def call_of(entry: Entry) -> tuple[str, list[int]] | None:
    """What is called, and with which of the operands, where the table writes an operation as a plain call."""
    found = _CALL.fullmatch(entry.written)
    names = [each.name for each in entry.parameters]
    given = found[2].split(", ") if found is not None else []
    if found is None or not all(each in names for each in given):
        return None
    return found[1], [names.index(each) for each in given]


def _unary(symbol: str, operand: _Text) -> _Text:
    binding, least = PREFIX[_sign(symbol)]
    inner = operand.within(least)
    if symbol.isalpha():
        return _Text(f"{symbol} {inner}", binding)
    return _Text(f"{symbol}({inner})" if inner.startswith(symbol) else f"{symbol}{inner}", binding)


def _binary(symbol: str, left: _Text, right: _Text) -> _Text:
    binding, least, least_right = INFIX[_sign(symbol)]
    space = "" if symbol in _CLOSE else " "
    return _Text(f"{left.within(least)}{space}{symbol}{space}{right.within(least_right)}", binding)


_CLOSE = ("*", "/", "**")
"""Operators that are written without blanks."""


@cache
def _sign(symbol: str) -> str:
    """The terminal of the grammar that an operator is."""
    return scan(symbol)[0].kind


def _constant(node: Constant) -> _Text:
    if node.shape:
        return _Text(plain(node.value, multiline=False), _ATOM)
    if node.boolean:
        return _Text(str(bool(node.value)), _ATOM)
    value = float(node.value)
    text = number(value)
    if isnan(value):
        return _Text("nan", _ATOM)
    return _Text(text, PREFIX["MINUS"][0] if text.startswith("-") else _ATOM)


def _dims(dims: tuple[int, ...]) -> str:
    return str(dims[0]) if len(dims) == 1 else f"({', '.join(map(str, dims))})"


def _reduction(params: tuple[Any, ...]) -> tuple[str, ...]:
    dims, keep = params[:2]
    return (f"dim={_dims(dims)}", *(["keepdim=True"] if keep else []))


def _none(params: tuple[Any, ...]) -> None:
    return None


_PARAMETERS: dict[str, Callable[[tuple[Any, ...]], tuple[str, ...] | None]] = {
    **dict.fromkeys(("sum", "mean", "prod", "amax", "amin", "logsumexp"), _reduction),
    **dict.fromkeys(("softmax", "log_softmax"), lambda params: (f"dim={_dims(params[0])}",)),
    "reshape": lambda params: tuple(map(str, params[0])) or None,
    "permute": lambda params: tuple(map(str, params[0])),
}
"""How the parameters of an operation on whole arrays are written, behind its inputs."""
