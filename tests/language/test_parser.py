"""The language: what each text means, where its parts are, and what is said about mistakes."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import lark
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from parse_table import GRAMMAR

from gradcli.language.highlight import tokens
from gradcli.language.layout import cutter, cutter_without, lines, scan
from gradcli.language.parser import is_incomplete, parse, parse_each, parse_expression
from gradcli.language.table import SOFT_KEYWORDS
from gradcli.language.tree import (
    Assign,
    Attribute,
    Binary,
    Call,
    Comparison,
    Conditional,
    Define,
    Disputed,
    ExpressionStatement,
    For,
    If,
    Leave,
    Logical,
    Name,
    NoGrad,
    Number,
    Prime,
    Program,
    Read,
    Return,
    Sequence,
    Slice,
    Subscript,
    Text,
    Unary,
    Update,
    Vector,
    While,
    Zero,
)
from gradcli.text.errors import ParseError
from gradcli.text.source import Source, Span


def shown(node: Any) -> str:
    """An expression with every operation in parentheses."""
    match node:
        case None:
            return ""
        case Number(_, value):
            return f"{value:g}"
        case Name(_, name):
            return name
        case Text(_, value):
            return repr(value)
        case Unary(_, operator, operand):
            return f"({operator}{' ' if operator == 'not' else ''}{shown(operand)})"
        case Binary(_, operator, _, left, right) | Logical(_, operator, left, right) if isinstance(
            node, Binary
        ):
            return f"({shown(left)} {operator} {shown(right)})"
        case Logical(_, operator, left, right):
            return f"({shown(left)} {operator} {shown(right)})"
        case Comparison(_, operators, operands):
            rest = "".join(f" {o} {shown(x)}" for o, x in zip(operators, operands[1:], strict=True))
            return f"({shown(operands[0])}{rest})"
        case Conditional(_, condition, yes, no):
            return f"({shown(yes)} if {shown(condition)} else {shown(no)})"
        case Call(_, function, arguments):
            inside = ", ".join((f"{a.name}=" if a.name else "") + shown(a.value) for a in arguments)
            return f"{shown(function)}({inside})"
        case Prime(_, name, order):
            return name.name + "'" * order
        case Attribute(_, value, name, _):
            return f"{shown(value)}.{name}"
        case Slice(_, start, stop, step):
            return f"{shown(start)}:{shown(stop)}:{shown(step)}"
        case Subscript(_, value, items):
            return f"{shown(value)}[{', '.join(map(shown, items))}]"
        case Vector(_, items):
            return f"[{', '.join(map(shown, items))}]"
        case Sequence(_, items):
            return f"<{', '.join(map(shown, items))}>"
    raise AssertionError(node)


def expression(text: str) -> Any:
    return parse_expression(Source(text))


def program(text: str) -> Program:
    return parse(Source(text))


def statement(text: str) -> Any:
    (only,) = program(text).statements
    return only


MEANINGS = r"""
    1 + 2 - 3                   ((1 + 2) - 3)
    a - b*c/d                   (a - ((b * c) / d))
    a // b % c @ d              (((a // b) % c) @ d)
    -x**2                       (-(x ** 2))
    -x^2                        (-(x ** 2))
    2**-1                       (2 ** (-1))
    2**-x**2                    (2 ** (-(x ** 2)))
    2**3**2                     (2 ** (3 ** 2))
    --x                         (-(-x))
    2*-x                        (2 * (-x))
    +x                          (+x)
    (a + b)*c                   ((a + b) * c)
    2x                          (2 * x)
    2 x                         (2 * x)
    -2x                         (-(2 * x))
    3 sin(x)                    (3 * sin(x))
    2(x+1)                      (2 * (x + 1))
    2√x                         (2 * sqrt(x))
    2x**2                       (2 * (x ** 2))
    1/2x                        (1 / (2 * x))
    2x/3y                       ((2 * x) / (3 * y))
    e^2x                        (e ** (2 * x))
    e^-2x                       (e ** (-(2 * x)))
    x**2y**2                    (x ** (2 * (y ** 2)))
    2**3x                       (2 ** (3 * x))
    2x(3)                       (2 * x(3))
    2x.sum()                    (2 * x.sum())
    2x[0]                       (2 * x[0])
    2e                          (2 * e)
    2e5                         200000
    2e+x                        ((2 * e) + x)
    x²                          (x ** 2)
    -x²                         (-(x ** 2))
    2x²                         (2 * (x ** 2))
    x⁻¹                         (x ** (-1))
    x¹⁰                         (x ** 10)
    (x+1)³                      ((x + 1) ** 3)
    x²**3                       ((x ** 2) ** 3)
    √(x+1)                      sqrt((x + 1))
    √x*y                        (sqrt(x) * y)
    √x²                         sqrt((x ** 2))
    √√x                         sqrt(sqrt(x))
    (√x)²                       (sqrt(x) ** 2)
    2·x×y÷z−1                   ((((2 * x) * y) / z) - 1)
    a ≤ b                       (a <= b)
    a < b <= c != d             (a < b <= c != d)
    a ≥ b ≠ c                   (a >= b != c)
    not a == b                  (not (a == b))
    not a and b or c            (((not a) and b) or c)
    a or b and c                (a or (b and c))
    a if b else c if d else f   (a if b else (c if d else f))
    a or b if c else d          ((a or b) if c else d)
    [1, 2, 3,]                  [1, 2, 3]
    [[1,2],[3,4]]               [[1, 2], [3, 4]]
    []                          []
    1,2,3                       [1, 2, 3]
    1,2,                        [1, 2]
    [1,2] @ [3,4]               ([1, 2] @ [3, 4])
    f()                         f()
    sum(x, dim=0,)              sum(x, dim=0)
    zeros((2, 3))               zeros(<2, 3>)
    zeros((2,), ())             zeros(<2>, <>)
    x.T                         x.T
    x.grad.zero_()              x.grad.zero_()
    torch.nn.functional.relu(x)  torch.nn.functional.relu(x)
    (x**2).mean()               (x ** 2).mean()
    [1,2].sum()                 [1, 2].sum()
    x[0]                        x[0]
    x[1:3]                      x[1:3:]
    x[::2]                      x[::2]
    A[:, 0]                     A[::, 0]
    x[[0,1]]                    x[[0, 1]]
    x[x > 0]                    x[(x > 0)]
    x[:-1][0]                   x[:(-1):][0]
    f'(x)                       f'(x)
    f''(x)                      f''(x)
    f′(x) + f″(x)               (f'(x) + f''(x))
    2sin'(x)²                   (2 * (sin'(x) ** 2))
    'a\'b'                     "a'b"
    "a\n"                      'a\n'
    lambda + is*in              (lambda + (is * in))
    2 + lambda *x               (2 + (lambda * x))
    zero + backward*const       (zero + (backward * const))
    `x coord` + 1               (x coord + 1)
    x₁ + ℯ                      (x1 + e)
    θ*μ_1                       (θ * μ_1)
    x.in                        x.in
"""


def table(text: str) -> list[tuple[str, str]]:
    """Two columns, with two blanks or more between them."""
    rows = [line.strip().partition("  ") for line in text.strip().splitlines()]
    return [(left, right.strip()) for left, _, right in rows]


@pytest.mark.parametrize(("text", "meaning"), table(MEANINGS))
def test_meaning(text: str, meaning: str) -> None:
    assert shown(expression(text)) == meaning
    if not text.startswith("1,"):
        assert shown(statement(text).value) == meaning


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3.0),
        (".5", 0.5),
        ("3.", 3.0),
        ("1e-3", 1e-3),
        ("1_000", 1000.0),
        ("1E5", 1e5),
        ("1_0.0_1e1_0", 10.01e10),
    ],
)
def test_numbers(text: str, value: float) -> None:
    assert expression(text) == Number(Span(0, len(text)), value, set(text) <= set("0123456789_"))


DISPUTES = [
    ("1/2x", "1/2x", "1/(2x)"),
    ("a*b/2x", "b/2x", "b/(2x)"),
    ("a+b % 2x", "b % 2x", "b%(2x)"),
    ("y//3(x+1)", "y//3(x+1)", "y//(3(x+1))"),
    ("e^2x", "e^2x", "e^(2x)"),
    ("1 + e^-2x", "e^-2x", "e^(-2x)"),
    ("2**3x", "2**3x", "2**(3x)"),
    ("√x²", "√x²", "√(x²)"),
    ("1/-2x", "1/-2x", "1/(-2x)"),
]


@pytest.mark.parametrize(("text", "where", "reading"), DISPUTES)
def test_disputed_readings(text: str, where: str, reading: str) -> None:
    (note,) = program(text).disputed
    assert text[slice(*note.span)] == where
    assert note.reading == reading
    notes: list[Disputed] = []
    parse_expression(Source(text), notes)
    assert notes == [note]


@pytest.mark.parametrize("text", ["1/(2x)", "e^(2x)", "2x**2", "2x/3", "2*3x", "(√x)²", "√(x²)", "1/2*x"])
def test_readings_that_nobody_disputes(text: str) -> None:
    assert program(text).disputed == ()


def nodes(node: Any) -> Iterator[Any]:
    """Every node of an expression."""
    todo = [node]
    while todo:
        node = todo.pop()
        if hasattr(node, "span"):
            yield node
            todo += node[1:]
        elif isinstance(node, tuple) and not isinstance(node, Span):
            todo += node


SPANS = [
    ("(a + b)*c", "* ", "(a + b)*c|a + b|a|b|c"),
    ("-(x)", "", "-(x)|x"),
    ("2(x + 1)", "", "2(x + 1)|2|x + 1|x|1"),
    ("((a))", "", "a"),
    ("f((a), dim=(0))", "", "f((a), dim=(0))|f|(a)|a|dim=(0)|0"),
    ("(x).T[(1):]", "", "(x).T[(1):]|(x).T|x|(1):|1"),
    ("x⁻¹", "", "x⁻¹|x|⁻¹|¹"),
    ("a < (b)", "", "a < (b)|a|b"),
    ("(a) if (b) else (c)", "", "(a) if (b) else (c)|a|b|c"),
    ("f''(x)", "", "f''(x)|f''|f|x|x"),
    ("√(x)", "", "√(x)|√|x|x"),
    ("-(n)!", "", "-(n)!|(n)!|!|n|n"),
]


@pytest.mark.parametrize(("text", "_", "parts"), SPANS)
def test_spans(text: str, _: str, parts: str) -> None:
    found = sorted(text[slice(*node.span)] for node in nodes(expression(text)))
    assert found == sorted(parts.split("|"))


def test_operator_spans() -> None:
    assert expression("(a) * b").operator_span == Span(4, 5)
    assert expression("2x").operator_span == Span(1, 1)
    assert expression("x²").operator_span == Span(1, 1)


PROGRAM = '''\ufeffimport torch   # a comment
import numpy as np
import torch.nn.functional as F, math
from math import pi, sin as s
x = 4; y = x**2;
x; y
x;
const t = 0
const = 3
w.grad = None
w -= 0.1*w.grad
w ^= 2
f(x, y=2) = x*y
def g(x: float, n=2) -> float:
    """What it does."""
    z = [1,
  2]

    return z*x \\
        + n
def h(x): return x
for i in range(3): x = x + 1; print(x)
for i in range(3):
\tfor j in range(2):
\t\tx;
\ty
with torch.no_grad():
    w -= 1
no_grad: w -= 1
backward y
backward y, [1, .1]
zero
zero x w
zero x, w
zero = 3
zero + 1
del x, y
total = x +
    y
'''


@pytest.mark.parametrize("text", [PROGRAM, PROGRAM.replace("\n", "\r\n"), PROGRAM.rstrip()])
def test_statements(text: str) -> None:
    statements = program(text).statements
    kinds = " ".join(type(each).__name__ for each in statements)
    assert kinds == (
        "Import Import Import Import Assign Assign ExpressionStatement ExpressionStatement "
        "ExpressionStatement Assign Assign Assign Update Update Define Define Define For For NoGrad NoGrad "
        "Backward Backward Zero Zero Zero Assign ExpressionStatement Delete Assign"
    )
    quiet = [each.quiet for each in statements if isinstance(each, ExpressionStatement)]
    assert quiet == [False, False, True, False]
    assert [each.constant for each in statements if isinstance(each, Assign)] == [
        False, False, True, False, False, False, False,
    ]  # fmt: skip
    assert [each.operator for each in statements if isinstance(each, Update)] == ["-", "**"]
    for each in statements:
        assert text[each.span.start - 1] in "\n\ufeff ;"
        assert not text[each.span.end - 1].isspace()


def test_definitions() -> None:
    formula = statement("f(x, y=2) = x*y")
    assert [(p.name, shown(p.default)) for p in formula.parameters] == [("x", ""), ("y", "2")]
    assert isinstance(formula.body[0], Return)
    function = statement(
        "def g(x: float, n=2) -> float:\n  'text'\n  def inner(t): return t\n  return inner(x)\n"
    )
    assert [(p.name, shown(p.default)) for p in function.parameters] == [("x", ""), ("n", "2")]
    assert [type(each).__name__ for each in function.body] == ["ExpressionStatement", "Define", "Return"]
    assert isinstance(function, Define)
    assert function.source.text.startswith("def g")


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("x = 1\nx +* 2\ny = 2\n", ["x = 1", None, "y = 2"]),
        ("(1,\nx\n  y\nz", [None, None, "z"]),
        ("f(1,\n2)\nz", ["f(1,\n2)", "z"]),
        ("x +\ny\nz )\nw", ["x +\ny", None, "w"]),
        ("for i in r:\n  x +\n\n  y\nz", [None, "z"]),
        ("  x = 1\n  y = 2", ["x = 1", "y = 2"]),
        ("def f(x):\n    return x\nf(", ["def f(x):\n    return x", None]),
        ('"""a\nb', [None]),
        ("\n# nothing\n", []),
        ("if a: b\nelif c:\n  d\nelse: e\nz", ["if a: b\nelif c:\n  d\nelse: e", "z"]),
        (
            "@torch.no_grad()\n@jit\ndef f(x):\n    return x\nx )\n@a\n2",
            ["@torch.no_grad()\n@jit\ndef f(x):\n    return x", None, None],
        ),
    ],
)
def test_statements_are_read_past_those_that_cannot_be(text: str, read: list[str | None]) -> None:
    found: list[str | None] = []
    for part in parse_each(Source(text)):
        if isinstance(part, ParseError):
            found.append(None)
        else:
            start, end = part.statements[0].span.start, part.statements[-1].span.end
            found.append(text[start:end].rstrip())
    assert found == read


def test_files_are_named_where_they_are_the_whole_right_side() -> None:
    first, second, third = program("A = @a b.csv ; const B=@'c;d.npy'  # of numbers\nC = A @ B").statements
    assert isinstance(first, Read)
    assert (first.target.name, first.file, first.constant) == ("A", "a b.csv", False)
    assert isinstance(second, Read)
    assert (second.file, second.constant) == ("c;d.npy", True)
    assert isinstance(third, Assign)
    assert isinstance(third.value, Binary)


def test_branches() -> None:
    (first, second) = program(
        "if a: b\nelif c:\n  d\n  e\nelse: f\nwhile g:\n  if h: break\n  continue\n"
    ).statements
    assert isinstance(first, If)
    assert [len(case.body) for case in first.cases] == [1, 2, 1]
    assert [case.condition is None for case in first.cases] == [False, False, True]
    assert isinstance(second, While)
    inner, last = second.body
    assert isinstance(inner, If)
    assert isinstance(last, Leave)
    assert last.again
    assert isinstance(statement("while = 3"), Assign)


def test_blocks() -> None:
    outer = statement("for i in r:\n for j in s:\n  x\n\n # note\n  y\n z\n")
    assert isinstance(outer, For)
    inner, last = outer.body
    assert isinstance(inner, For)
    assert (outer.target, len(inner.body)) == (Name(Span(4, 5), "i"), 2)
    assert isinstance(last, ExpressionStatement)
    assert isinstance(statement("no_grad:\n  x = 1"), NoGrad)
    assert program("  x = 1\n  y = 2\n").statements[1].span == Span(10, 15)


def test_names_are_normalised_and_spans_are_not() -> None:
    assert expression("x₁") == Name(Span(0, 2), "x1")
    assert statement("zero x₁ `a b`") == Zero(Span(0, 13), (Name(Span(5, 7), "x1"), Name(Span(8, 13), "a b")))


EXPRESSION_MISTAKES = [
    ("", "", "nothing to evaluate", "sin(x)"),
    ("3 +", "", "nothing on its right", "`+`"),
    ("3 + * 4", "*", "between `+` and `*`", "remove"),
    ("* 3", "*", "nothing on its left", "before"),
    ("(1 + )", ")", "nothing on its right", "after `+`"),
    ("(1+2", "(", "never closed", "`)`"),
    ("[1, 2", "[", "never closed", "`]`"),
    ("sin(x]", "]", "closed by", "`)`"),
    ("x)", ")", "closes nothing", "remove"),
    ("f(,)", ",", "missing before `,`", "remove"),
    ("[1,,2]", ",", "missing before `,`", "remove"),
    ("sin x", "x", "nothing stands between", "`sin(x)`"),
    ("x y", "y", "nothing stands between", "`x*y`"),
    ("(a)(b)", "(", "nothing stands between", "`(a)*(b)`"),
    ("2(x+1)(x+2)", "(", "nothing stands between", "`(x+1)*(x+2)`"),
    ("x 2", "2", "nothing stands between", "`x*2`"),
    ("x²y", "y", "nothing stands between", "`x²*y`"),
    ("sin²(x)", "(", "nothing stands between", "`sin(x)²`"),
    ("√2x", "x", "nothing stands between", "`√(2*x)`"),
    ("2 3.T()", "2 3.", "two numbers", "`"),
    ("2 3", "2 3", "two numbers", "`[2, 3]`"),
    ("1.2.3", "1.2.3", "not a number", "`.`"),
    ("1__0", "1__0", "not a number", "`_`"),
    ("1_", "1_", "not a number", "`_`"),
    ("1e5.2", "1e5.2", "not a number", "exponent"),
    ("0x10", "0x10", "not a number", "decimal"),
    ("x ? y", "?", "no meaning", "names"),
    ("½x", "½", "no meaning", "(1/2)"),
    ("Aᵀ", "ᵀ", "no meaning", "A.T"),
    ("xⁿ", "ⁿ", "no meaning", "`**n`"),
    ("“a”", "“", "quotation mark", "straight"),
    ("'abc", "'abc", "never closed", "'"),
    ("f' + 1", "'", "prime", "`grad(f, x)`"),
    ("a && b", "&&", "no operator", "`and`"),
    ("a || b", "||", "no operator", "`or`"),
    ("& b", "&", "no operator", "`and`"),
    ("a ~ b", "~", "no operator", "`not`"),
    ("!a", "!", "no operator", "`not`"),
    ("n!!", "!!", "no operator", "`(n!)!`"),
    ("3!!", "!!", "no operator", "`factorial2(3)`"),
    ("!a", "!", "no operator", "`not a`"),
    ("n!==6", "=", "no operator", "`n! == 6`"),
    ("a << 2", "<<", "no operator", "2**n"),
    ("a => b", "=>", "no operator", "`>=`"),
    ("a := 3", ":=", "no operator", "`a = 3`"),
    ("a === b", "===", "no operator", "`==`"),
    ("x ... y", "...", "no operator", "`sum`"),
    ("x = 3", "=", "not a statement", "`==`"),
    ("x += 3", "+=", "not a statement", "`==`"),
    ("[x = 1]", "=", "inside brackets", "`==`"),
    ("x; y", ";", "expression", "one"),
    ("def", "def", "not a statement", "value"),
    ("x\ny", "y", "nothing stands between", "`x*y`"),
    ("x.", "", "name is missing", "x.grad"),
    ("x[]", "]", "missing", "type it"),
    ("a if b", "", "needs an `else`", "a if condition else b"),
    ("x++", "", "nothing on its right", "x += 1"),
    ("f(x=1, 2)", "2", "without a name", "last"),
    ("f(x=1, x=2)", "x=2", "twice", "once"),
    ("f(2=3)", "2", "only a name", "`==`"),
    ("{1}", "{", "no meaning", "square"),
    ("2|x|", "|", "`|x|`", "`2*|x|`"),
    ("sin|x|", "|", "`|x|`", "`sin(|x|)`"),
    ("|a||b|", "|", "`|b|`", "`|a|*|b|`"),
    ("|a|b", "b", "`|a|`", "`|a|*b`"),
    ("||x||", "||", "no operator", "`norm(x)`"),
    ("1 + |x", "|", "never closed", "add `|`"),
    ("||x|", "|", "never closed", "add `|`"),
    ("a |b", "|", "no operator", "`or`"),
    ("∛x", "∛", "no meaning", "`cbrt(x)`"),
    ("30°", "°", "no meaning", "`radians(30)`"),
    ("f(x)°", "°", "no meaning", "`radians(f(x))`"),
    ("‖x - y‖", "‖", "no meaning", "`norm(x)`"),
    ("a • b", "•", "no meaning", "`*`"),
    ("a ∕ b", "∕", "no meaning", "`/`"),
    ("a ⁄ b", "⁄", "no meaning", "`/`"),
    ("a ‐ b", "‐", "no meaning", "`-`"),
    ("a — b", "—", "no meaning", "`-`"),
    ("a ＋ b", "＋", "no meaning", "`+`"),
    ("sin（x）", "（", "no meaning", "`(`"),
    ("a ↑ b", "↑", "no meaning", "`**`"),
    ("¬a", "¬", "no meaning", "`not a`"),
    ("a ∧ b", "∧", "no meaning", "`and`"),
    ("a ≈ b", "≈", "no meaning", "`abs(a - b) < 1e-9`"),
    ("⅓x", "⅓", "no meaning", "`(1/3)*x`"),
    ("٣ + x", "٣", "no meaning", "`3`"),
    ("a\u0001b", "\u0001", "no meaning", "remove"),
    ("x.^2", ".^", "no operator", "`x^2`"),
    ("x.*y", ".*", "no operator", "`x*y`"),
    ("f(x)./y", "./", "no operator", "`f(x)/y`"),
    ("A'", "'", "prime", "`A.T`"),
    ("A'*B", "'", "prime", "`A.T`"),
    ("[1;2;3]", ";", "brackets", "`[1, 2, 3]`"),
    ("[1, 2; 3, 4]", ";", "brackets", "`[[1, 2], [3, 4]]`"),
    ("a ? b : c", "?", "no meaning", "`b if a else c`"),
    ("pi 2", "2", "nothing stands between", "`pi*2` to multiply"),
    ("sin 2x", "2", "nothing stands between", "`sin(2x)`"),
    ("sin x**2 + 1", "x", "nothing stands between", "`sin(x**2)`"),
    ("7 mod 3", "mod", "no operator", "`7 % 3`"),
    ("a div b", "div", "no operator", "`a // b`"),
    ("a xor b", "xor", "no operator", "`(a) != (b)`"),
    ("5 choose 2", "choose", "no operator", "`comb(5, 2)`"),
    ("1 000 000", "1 000", "two numbers", "`1_000_000`"),
    ("@a.csv", "@", "nothing on its left", "`x=@a.csv`"),
]
STATEMENT_MISTAKES = [
    ("x = ", "", "nothing on its right", "`=`"),
    ("= 3", "=", "nothing on its left", "leave it out: `3`"),
    ("3 = x", "3", "cannot assign to a number", "`==`"),
    ("x + 1 = 3", "x + 1", "cannot assign to an expression", "`==`"),
    ("True = 1", "True", "cannot assign to `True`", "another"),
    ("x.sum() = 3", "x.sum()", "cannot assign to a call", "f(x)"),
    ("f(2) = 3", "2", "parameter must be a name", "f(x)"),
    ("f(x, x) = 3", "x", "twice", "own"),
    ("f(x) += 3", "f(x)", "cannot update a call", "name"),
    ("a = 1, b = 2", ",", "one name", "each"),
    ("a = b + 1 = 1", "=", "two assignments", "each line"),
    ("1,5", ",", "two values", "1.5"),
    ("1, 500", ",", "two values", "[1, 500]"),
    ("1,000.5", ",", "two values", "1_000.5"),
    ("1,000,000", ",", "two values", "1_000_000"),
    ("x =< 3", "=<", "no operator", "`<=`"),
    ("for i in range(3) print(i)", "print", "`:` is missing", "`range(3): print"),
    ("const f(x) = 3", "(", "no constant", "`f(x) = …`"),
    (">>> x = 3", ">>>", "prompt", "remove"),
    ('open("f") as f', "as", "no operator", "import"),
    ("x[0]: float = 3", ":", "cannot stand here", "open a block"),
    ("const 3 = 4", "3", "name is missing", "letter"),
    ("del 3", "3", "name is missing", "letter"),
    ("def f(x)", "", "`:` is missing", "`:`"),
    ("for i in range(3)", "", "`:` is missing", "`:`"),
    ("def f(x):", "", "body is missing", "indent"),
    ("def f(x):\nreturn x", "return", "body is missing", "indent"),
    ("def f(x, x): return x", "x", "twice", "own"),
    ("def f(x=1, y): return x", "y", "without a default", "last"),
    ("def f(x): def g(y): return y", "def", "must begin a line", "own"),
    ("return 3", "return 3", "outside a function", "own"),
    ("for i in r: return 3", "return 3", "outside a function", "own"),
    ("else:\n  y", "else", "`else` cannot stand so", "under the body"),
    ("if x > 0:\n  break", "break", "outside a loop", "`for`"),
    ("for i in r:\n  def f(x):\n    continue", "continue", "outside a loop", "`for`"),
    ("class A: x", "x", "defines functions and gives names to values, and nothing else", "__init__"),
    ("try:\n x", "try", "has no `except`", "except RuntimeError"),
    ("print x", "print", "no statement `print`", "print(x)"),
    ("@torch.no_grad()\nx", "x", "decorator", "remove"),
    ("with open(f): x", "open(f)", "opens no files", "@numbers.csv"),
    ("x\n  y", "  ", "indented", "`:`"),
    ("for i in r:\n  x\n y", " ", "matches no line", "alike"),
    ("for i in r:\n\tx\n        y", " " * 8, "tabs", "spaces"),
    ("x = 3 +\n\ny", "", "nothing on its right", "`+`"),
    ("x = 3 +\ny = 2", "+", "nothing on its right", "next one"),
    ("x = (1 + 2\ny = 3\n", "(", "never closed", "`)`"),
    ("x; ; y", ";", "missing after `;`", "type"),
    ("max(1,\n2\n3)", "2\n3", "two numbers", "`[2, 3]`"),
    ("(1\n\n2)", "1\n\n2", "two numbers", "`1*2`"),
    ("(1 000\n000)", "1 000", "two numbers", "`1_000_000`"),
    ("f(sin\n\nx)", "x", "nothing stands between", "`sin(x)`"),
    ("[1, 2;\n3, 4]", ";", "brackets", "`[[1, 2], [3, 4]]`"),
    ("½ + ¼", "½", "no meaning", "`(1/2)`"),
    ("∑ + x", "∑", "no meaning", "`sum(x)`"),
    ("zero x = 3", "=", "cannot stand here", "`==`"),
    ("'''abc\n", "'''", "never closed", "'''"),
]


@pytest.mark.parametrize(
    ("read", "text", "guilty", "message", "hint"),
    [(parse_expression, *mistake) for mistake in EXPRESSION_MISTAKES]
    + [(parse, *mistake) for mistake in STATEMENT_MISTAKES],
)
def test_mistakes(read: Any, text: str, guilty: str, message: str, hint: str) -> None:
    with pytest.raises(ParseError) as caught:
        read(Source(text), is_function={"sin"}.__contains__)
    error = caught.value
    assert error.span is not None
    assert text[slice(*error.span)] == guilty
    assert message in error.message
    assert error.hint
    assert hint in error.hint
    assert "\n" not in error.message + error.hint


@pytest.mark.parametrize(
    ("text", "end"), [("3 +", 3), ("x = ", 3), ("f(x) = 2*", 9), ("for i in", 8), ("a if b", 6), ("x.", 2)]
)
def test_the_end_of_the_text_is_marked_after_its_last_token(text: str, end: int) -> None:
    with pytest.raises(ParseError) as caught:
        program(text)
    assert caught.value.span == Span(end, end)


@pytest.mark.parametrize(
    "text",
    [
        "sin(x",
        "[1,\n2,\n\n",
        "3 +",
        "x =",
        "a and",
        "def f(x):",
        "def f(x):\n    return x",
        "for i in r:\n  for j in s:\n    x",
        "with no_grad():",
        "'''abc",
        "'''abc\n",
        "x = 1\nno_grad:\n  y",
    ],
)
def test_incomplete(text: str) -> None:
    assert is_incomplete(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "x = 3",
        "x y",
        "3 +\n",
        "def f(x):\n",
        "def f(x):\n    return x\n",
        "def f(x):\n    return x\n    ",
        "for i in r: x",
        "default(x) = [1,\n  x]",
        "sin(x]",
        "'abc",
    ],
)
def test_complete(text: str) -> None:
    assert not is_incomplete(text)


def test_tokens() -> None:
    text = "def f(x): return 2x² + sin'(x) # note\nzero x; zero = 'a' ? 1__0 [and]"
    assert [(text[slice(*span)], kind) for span, kind in tokens(text)] == [
        ("def", "keyword"),
        ("f", "function"),
        ("(", "bracket"),
        ("x", "name"),
        (")", "bracket"),
        (":", "operator"),
        ("return", "keyword"),
        ("2", "number"),
        ("x", "name"),
        ("²", "number"),
        ("+", "operator"),
        ("sin", "function"),
        ("'", "operator"),
        ("(", "bracket"),
        ("x", "name"),
        (")", "bracket"),
        ("# note", "comment"),
        ("zero", "keyword"),
        ("x", "name"),
        (";", "operator"),
        ("zero", "name"),
        ("=", "operator"),
        ("'a'", "text"),
        ("?", "error"),
        ("1__0", "error"),
        ("[", "bracket"),
        ("and", "keyword"),
        ("]", "bracket"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "+".join(["1"] * 100_000),
        "(" * 20_000 + "x" + ")" * 20_000,
        "sin(" * 20_000 + "x" + ")" * 20_000,
        "-" * 5_000 + "x",
        "**".join(["x"] * 5_000),
        "[" + ",".join(["1"] * 20_000) + "]",
        "1" + "/2x" * 20_000,
        "<".join("x" * 20_000),
        "x = 1\n" * 5_000,
    ],
    ids=["sum", "parentheses", "calls", "minus", "power", "vector", "disputed", "chain", "lines"],
)
def test_nothing_is_too_long_or_too_deep(text: str) -> None:
    assert program(text).statements


TUTORIAL = """
import torch
x = torch.tensor(3.0,requires_grad=True)
y = x**2
y.backward()
x.grad
z = torch.sin(y)
print(x)
w = torch.tensor(1.0,requires_grad=True)
y_pred = torch.sigmoid(z)
def binary_cross_entropy(prediction, target):
    epsilon = 1e-7
    prediction = torch.clamp(prediction, epsilon, 1 - epsilon)
    return -(target * torch.log(prediction) + (1 - target) * torch.log(1 - prediction))
    
loss = binary_cross_entropy(y_pred, y)
x = torch.tensor([1.,2.,3.],requires_grad=True)
y = (x**2).mean()
x.grad.zero_()
"""  # noqa: W293 (as it was pasted)


def test_a_pytorch_tutorial_parses() -> None:
    assert len(program(TUTORIAL).statements) == 14


# ------------------------------------------------------------------------------------------------- fuzz

OPERATORS = """
    + - * / // % @ ** ^ ( ) [ ] , : ; . = == < <= ≤ -= ' '' ² ⁻¹ √ × # ! & | ~ $ ? “ -> ... ` é ½ 1__0
    "a" 'b' \"\"\" `c` x y f sin 2 3.5 1e-3
"""
WORDS = "and or not if else for in def return const zero backward del import from as with no_grad lambda is"
FIELDS = """ f" f' { } {x:.2f} !r """
PIECES = [*OPERATORS.split(), *WORDS.split(), *FIELDS.split(), "\\", "\n", "\n  ", "\n\t", "\r\n", " ", "\0"]
soup = st.lists(st.sampled_from(PIECES), max_size=25).flatmap(
    lambda pieces: st.sampled_from(["".join(pieces), " ".join(pieces)])
)


def mistake_in(read: Any, text: str) -> ParseError | None:
    try:
        read(Source(text))
    except ParseError as error:
        return error
    return None


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from([*"anx0u18{}é'", "\\\\", "\\n", "\\t", "\\x41", "\\u00e9", "\\101", "\\'"])))
def test_texts_have_the_escapes_of_python(pieces: list[str]) -> None:
    text = "".join(each for each in pieces if each != "'")
    program = parse(Source(f"print('{text}')"))
    statement: Any = program.statements[0]
    assert statement.value.arguments[0].value.value == ast.literal_eval(f"'{text}'")


@settings(max_examples=600, deadline=None)
@given(soup | st.text(max_size=30))
def test_any_text_parses_or_is_a_marked_mistake(text: str) -> None:
    for read in (parse, parse_expression):
        mistake = mistake_in(read, text)
        if mistake is not None:
            assert mistake.hint
            assert mistake.marks
            assert all(0 <= mark.span.start <= mark.span.end <= len(text) for mark in mistake.marks)
    is_incomplete(text)
    end = 0
    for span, _ in tokens(text):
        assert end <= span.start < span.end <= len(text)
        end = span.end


# ------------------------------------------------------------------------------------------------- Lark


@settings(max_examples=200, deadline=None)
@given(
    text=soup | st.text(max_size=30),
    without=st.sampled_from(["[\"'`′″]", "[eE]", "[\"'`′″eE]", "[.=<>≤≥≠&~]", "[-#\\\\±√⁰¹²³⁴-⁹]", "$^"]),
)
def test_a_text_is_cut_without_the_terminals_that_it_cannot_have(text: str, without: str) -> None:
    text = re.sub(without, "", text)
    cut, same = (
        [(each.lastgroup, each.span()) for each in pattern.finditer(text)]
        for pattern in (cutter(text), cutter_without(()))
    )
    assert cut == same


@pytest.fixture(scope="module")
def lark_accepts() -> Any:
    grammar = GRAMMAR.read_text(encoding="utf-8")
    parser = lark.Lark(grammar, parser="lalr", lexer="basic", start=["program", "value"])

    def accepts(text: str) -> bool:
        interactive = parser.parse_interactive(start="program")
        try:
            for token in lines(Source(text), scan(text)):
                kind = token.kind
                allowed = interactive.accepts()  # type: ignore[no-untyped-call]
                if kind in SOFT_KEYWORDS and kind not in allowed:
                    kind = "NAME"
                interactive.feed_token(lark.Token(kind, token.text))
        except (lark.exceptions.UnexpectedInput, ParseError):
            return False
        return True

    return accepts


@settings(max_examples=200, deadline=None)
@given(text=soup)
def test_lark_accepts_the_same_texts(lark_accepts: Any, text: str) -> None:
    if mistake_in(parse, text) is None:  # The builder refuses more than the grammar.
        assert lark_accepts(text)


@pytest.mark.parametrize(
    "text", [row[0] for row in table(MEANINGS) if "\\" not in row[0] and row[0][:2] != "1,"]
)
def test_lark_accepts_what_means_something(lark_accepts: Any, text: str) -> None:
    assert lark_accepts(text)


@pytest.mark.parametrize(
    ("text", "unwanted"),
    [("sin(x)", ["lark", "gradcli.language.mistakes.diagnose"]), ("sin x", ["lark", "gradcli.engine"])],
)
def test_parsing_imports_only_what_it_needs(text: str, unwanted: list[str]) -> None:
    code = (
        "import sys, gradcli.language.parser as p, gradcli.text.source as s\n"
        f"try: p.parse(s.Source({text!r}))\n"
        "except p.ParseError: pass\n"
        f"sys.exit(any(name in sys.modules for name in {unwanted!r}))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("|x| | y", "abs(x) | y"),
        ("| x | - 1", "abs(x) - 1"),
        ("[| x |, | y |]", "[abs(x), abs(y)]"),
        ("|x - | y | | * 2", "abs(x - abs(y))*2"),
        ("(|x| > 1) | (| y | > 1)", "(abs(x) > 1)|(abs(y) > 1)"),
        ("a | b | c & d", "(a | b) | (c & d)"),
        ("f(a | b, |c|)", "f((a | b), abs(c))"),
    ],
)
def test_bars_and_joined_truths(text: str, means: str) -> None:
    def plain(text: str) -> str:
        tree = repr(parse_expression(Source(text)))
        return re.sub(r"(operator_|name_)?span=Span\(start=\d+, end=\d+\)(, )?", "", tree)

    assert plain(text) == plain(means)
