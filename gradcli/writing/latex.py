r"""Expressions in LaTeX: `\frac{x}{2}`, `\sin^{2}\left(x\right)`, `\mathbf{A}^{\top}\,\mathbf{x}`.

Every name is text: what TeX would read as a command is written as the character that it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from gradcli.text.excerpt import printable
from gradcli.writing.notation import ATOM, COMPARISON, NOT, POWER, UNARY, Notation, Written
from gradcli.writing.numbers import Number, halves
from gradcli.writing.terms import Call, Expr, Term

_GREEK = frozenset(
    re.findall(
        r"\w+",
        "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon "
        "phi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega",
    )
)
_FUNCTIONS = {
    **{
        name: f"\\{name}"
        for name in ("sin", "cos", "tan", "sec", "csc", "cot", "sinh", "cosh", "tanh", "coth")
    },
    **{name: f"\\{name}" for name in ("log", "max", "min", "det")},
    **{name: f"\\arc{name[1:]}" for name in ("asin", "acos", "atan")},
    "log2": r"\log_{2}",
    "log10": r"\log_{10}",
    "trace": r"\operatorname{tr}",
}
_AROUND = {
    "abs": (r"\left|", r"\right|"),
    "norm": (r"\left\lVert ", r"\right\rVert"),
    "floor": (r"\left\lfloor ", r"\right\rfloor"),
    "ceil": (r"\left\lceil ", r"\right\rceil"),
}
_SIGNS = {"<": "<", ">": ">", "<=": r"\le", ">=": r"\ge", "==": "=", "!=": r"\ne"}
_SIGNS |= {"and": r"\land", "or": r"\lor", "%": r"\bmod"}
_ESCAPED = {
    **{each: f"\\{each}" for each in "{}$&#%_"},
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}


def escaped(text: str) -> str:
    """A text in which nothing is a command of TeX."""
    return "".join(_ESCAPED.get(each, each) for each in printable(text))


def name_in_latex(name: str, *, bold: bool = False) -> str:
    """A variable's name: Greek by its name, what stands behind `_` (or digits at the end) below."""
    matched = re.fullmatch(r"([^\W\d_]+?)_?(\d+)|([^_]+)_(.+)", name)
    if matched is None:
        stem, index = name, ""
    else:
        stem, index = (matched[1], matched[2]) if matched[1] else (matched[3], matched[4])
    if stem in _GREEK:
        text = f"\\{stem}"
    elif len(stem) == 1:
        text = escaped(stem)
    else:
        text = _upright(stem)
    if bold:
        text = f"\\boldsymbol{{{text}}}" if stem in _GREEK else _upright(stem, "bf")
    if not index:
        return text
    return f"{text}_{{{escaped(index) if len(index) == 1 or index.isdigit() else _index(index)}}}"


def _index(index: str) -> str:
    return f"\\{index}" if index in _GREEK else _upright(index)


def _upright(name: str, series: str = "rm") -> str:
    """A word in upright letters; with signs in it, which mean something in formulas, as text."""
    if name.isalnum():
        return f"\\math{series}{{{name}}}"
    return f"\\text{'' if series == 'rm' else series}{{{escaped(name)}}}"


class Latex(Notation):
    """Writes expressions for TeX. `inline` writes no fraction above another: what stands in an exponent."""

    def __init__(self, *, inline: bool = False) -> None:
        super().__init__()
        self.is_inline = inline
        self.inline = self if inline else Latex(inline=True)

    def exponent(self, expression: Expr) -> str:
        """An expression as it stands in an exponent."""
        if self.inline is not self:
            self.inline.shared, self.inline.titles = self.shared, self.titles
        return self.inline.write(expression)

    def variable(self, name: str, term: Term) -> Written:
        return Written(name_in_latex(name, bold=bool(term.shape)), ATOM, bool(term.shape))

    def number(self, number: Number) -> Written:
        above, below = halves(number)
        sign = "-" if number < 0 else ""
        if below:
            if self.is_inline:
                return Written(f"{sign}{above or 1}/{below}", 4.5 if sign else 5)
            return Written(f"{sign}\\frac{{{above or 1}}}{{{below}}}", UNARY if sign else ATOM)
        text = above or "1"
        if "e" in text:
            digits, _, power = text.partition("e")
            text = f"10^{{{power}}}" if digits == "1" else f"{digits} \\times 10^{{{power}}}"
            return Written(sign + text, 4.5 if sign else 5)
        return Written(sign + text, UNARY if sign else ATOM)

    def raised(self, base: Written, exponent: str, term: Term) -> Written:
        """A power; that of a function stands behind its name."""
        if isinstance(term, Call) and term.name in _FUNCTIONS and term.name not in ("max", "min", "trace"):
            head = _FUNCTIONS[term.name]
            if base.text.startswith(head) and "_" not in head:
                return Written(f"{head}^{{{exponent}}}{base.text[len(head) :]}", POWER)
        return Written(f"{_grouped(base)}^{{{exponent}}}", POWER)

    def power(self, base: Written, exponent: Expr, term: Term) -> Written:
        return self.raised(base, self.exponent(exponent), term)

    def root(self, base: Written) -> Written:
        return Written(f"\\sqrt{{{base.text}}}", ATOM)

    def fraction(self, above: Sequence[Written], under: Sequence[Written], negative: bool) -> Written:
        sign = "-" if negative else ""
        up = self.times(above) if above else Written("1", ATOM)
        down = self.times(under)
        if self.is_inline:
            return Written(f"{sign}{_closed(up, 5)}/{_closed(down, 5.5)}", 4.5 if negative else 5)
        return Written(f"{sign}\\frac{{{up.text}}}{{{down.text}}}", 4.5 if negative else 7)

    def times(self, factors: Sequence[Written]) -> Written:
        if len(factors) == 1:
            return factors[0]
        text = _closed(factors[0], 5)
        array = factors[0].array
        for each in factors[1:]:
            piece = _closed(each, 5.5)
            sign = r" \odot " if array and each.array else r" \cdot " if piece[0].isdigit() else r"\,"
            array = array or each.array
            text += sign + piece
        return Written(text, 5, array)

    def call(self, term: Call) -> Written:
        name = term.name
        operands = [self.expression(*each) for each in term.arguments]
        texts = [each.text for each in operands]
        array = bool(term.shape)
        if name == "array":
            return Written(term.words[0], ATOM, array)
        if name == "exp":
            return Written(f"e^{{{self.exponent(term.arguments[0])}}}", POWER, array)
        if name == "where":
            condition, yes, no = texts
            otherwise = f"{yes} & \\text{{if }} {condition} \\\\ {no} & \\text{{otherwise}}"
            return Written(f"\\begin{{cases}} {otherwise} \\end{{cases}}", ATOM, array)
        if name == "not":
            return Written(f"\\lnot {_closed(operands[0], NOT)}", NOT, array)
        if name in _AROUND and len(texts) == 1:
            opened, closed = _AROUND[name]
            index = ", ".join(escaped(word.removeprefix("p=")) for word in term.words)
            return Written(f"{opened}{texts[0]}{closed}" + (f"_{{{index}}}" if index else ""), ATOM, array)
        if name == "factorial":
            return Written(f"{_grouped(operands[0])}!", POWER, array)
        if name in ("inv", "solve"):
            turned = _argument_of(term.arguments[0], ".T")
            base = operands[0] if turned is None else self.expression(*turned)
            inverse = Written(f"{_grouped(base)}^{{{'-1' if turned is None else _TURNED}}}", POWER, array)
            if name == "inv":
                return inverse
            return Written(f"{inverse.text}\\,{_closed(operands[1], 5.5)}", 5, array)
        if name == ".T" and (below := _argument_of(term.arguments[0], "inv")) is not None:
            return Written(f"{_grouped(self.expression(*below))}^{{{_TURNED}}}", POWER, array)
        if name == ".T":
            return Written(f"{_grouped(operands[0])}^{{\\top}}", POWER, array)
        if name == "outer":
            return Written(f"{_closed(operands[0], 5)}\\,{_grouped(operands[1])}^{{\\top}}", 5, array)
        if name == "@":
            left = operands[0]
            if len(term.arguments[0][1].shape) == 1:
                left = Written(f"{_grouped(left)}^{{\\top}}", POWER)
            return Written(f"{_closed(left, 5)}\\,{_closed(operands[1], 5.5)}", 5, array)
        if name == "[]":
            whole = _grouped(operands[0])
            whole = f"{{{whole}}}" if "_" in whole else whole
            return Written(f"{whole}_{{{escaped(', '.join(term.words))}}}", ATOM, array)
        if name == "[,]":
            return Written(f"\\begin{{pmatrix}} {' & '.join(texts)} \\end{{pmatrix}}", ATOM, array)
        if name in ("column", "row"):
            return operands[0]
        if name in _SIGNS:
            binding = {"and": 2, "or": 1, "%": 5}.get(name, COMPARISON)
            first, second = (_closed(each, binding + 0.5) for each in operands)
            return Written(f"{first} {_SIGNS[name]} {second}", binding, array)
        if name == "//":
            return Written(
                f"\\left\\lfloor {texts[0]} / {_closed(operands[1], 5.5)}\\right\\rfloor", ATOM, array
            )
        if name == "/":
            return Written(f"\\frac{{{texts[0]}}}{{{texts[1]}}}", 7, array)
        if name in ("inf", "nan"):
            return Written(r"\infty" if name == "inf" else r"\mathrm{nan}", ATOM)
        head = _FUNCTIONS.get(name, f"\\operatorname{{{escaped(name)}}}")
        inside = ", ".join([*texts, *(f"\\text{{{escaped(word)}}}" for word in term.words)])
        return Written(f"{head}\\left({inside}\\right)", ATOM, array)


def _closed(written: Written, least: float) -> str:
    """The text in large parentheses where it binds less tightly than its place asks for."""
    return written.text if written.binding >= least else f"\\left({written.text}\\right)"


_TURNED = r"-\top"


def _argument_of(x: Expr, name: str) -> Expr | None:
    """What an expression calls a function with, where it is one call of that and not more."""
    number, term = x
    return term.arguments[0] if number == 1 and isinstance(term, Call) and term.name == name else None


def _grouped(written: Written) -> str:
    """The text as what an exponent stands on."""
    return _closed(written, ATOM)


__all__ = ["Latex", "escaped", "name_in_latex"]
