"""How a formula in LaTeX is typed here, as far as that is clear without reading the mathematics."""

from __future__ import annotations

import re

from gradcli.language.mistakes.leibniz import derivative, first_term

LONGEST = 200
"""How many characters are translated: a hint has no room for more."""

_SIGNS = {
    **dict.fromkeys(("cdot", "times", "ast"), "*"),
    "div": "/",
    **dict.fromkeys(("le", "leq"), "<="),
    **dict.fromkeys(("ge", "geq"), ">="),
    **dict.fromkeys(("ne", "neq"), "!="),
    "lt": "<",
    "gt": ">",
    "infty": "inf",
    **dict.fromkeys(("lvert", "rvert", "vert"), "|"),
}
SIGNS = {"lim": "lim", "int": "∫", "sum": "∑", "prod": "∏", "partial": "∂", "nabla": "∇"}
"""The characters of signs that are not translated."""

_NOTHING = ("left", "right", "big", "Big", "displaystyle", "quad", "limits")
_NAMES = r"(arcsin|arccos|arctan|sinh|cosh|tanh|coth|sin|cos|tan|cot|sec|csc|exp|log|ln|max|min)(?![A-Za-z])"
_FUNCTIONS = rf"\\{_NAMES}"
_INVERTIBLE = ("sinh", "cosh", "tanh", "coth", "sin", "cos", "tan", "cot", "sec", "csc")
_LETTERS = (
    r"\\(alpha|beta|gamma|delta|(?:var)?epsilon|zeta|eta|(?:var)?theta|iota|kappa|lambda|mu|nu|xi|pi|rho|sigma"
    r"|tau|upsilon|(?:var)?phi|chi|psi|omega|Gamma|Delta|Theta|Lambda|Xi|Pi|Sigma|Phi|Psi|Omega|ell)(?![A-Za-z])"
)

_STEPS = (
    (r"\$+|\\[()\[\],;:! ]|~", " "),
    (rf"\\(?:{'|'.join(_NOTHING)})(?![A-Za-z])", ""),
    (r"\\(?:mathrm|operatorname|mathbf|text|mathit)\s*\{(\w+)\}", r"\1"),
    (
        rf"(?:\\|(?<![\w.])){_NAMES}\s*\^\s*(\w|\{{\s*-?\w+\s*\}})\s*(\([^()]*\)|\\?\w+)",
        lambda m: _powered(m[1], m[2].strip("{} "), m[3]),
    ),
)
_BRACES = (
    (r"_\s*\{(\w+)\}", r"_\1"),
    (r"\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}", lambda m: f"({_operand(m[1])}/{_operand(m[2])})"),
    (r"\\sqrt\s*\[([^\[\]{}]*)\]\s*\{([^{}]*)\}", lambda m: f"{_operand(m[2])}^(1/{_operand(m[1])})"),
    (r"\\(?:vec|hat|bar|mathbf|boldsymbol)\s*\{(\w+)\}", r"\1"),
    (r"\\sqrt\s*\{([^{}]*)\}", lambda m: f"sqrt({m[1].strip()})"),
    (r"\\log\s*_\s*(2|10)\s*(\([^()]*\)|\w+)", lambda m: f"log{m[1]}({m[2].strip('()')})"),
    (r"\^\s*\{([^{}]*)\}", lambda m: f"^{_operand(m[1])}"),
    (rf"{_FUNCTIONS}\s*\{{([^{{}}]*)\}}", lambda m: f"{m[1]}({m[2].strip()})"),
)
_ENDS = (
    (rf"{_FUNCTIONS}\s*(?=\()", r"\1"),
    (rf"{_FUNCTIONS}\s*(\\?\w+)(\^\w+)?", r"\1(\2)\3"),
    (_LETTERS, r"\1"),
    (r"\|([^|]+)\|", r"abs(\1)"),
    (r"\)\s*(?=[A-Za-z0-9(])", ")*"),
    (r"(?<=\w)\s+(?=[A-Za-z(])", "*"),
    (r"\s+", " "),
)


_COUNTED = re.compile(
    r"(?P<sign>\\?sum|\\?prod|[∑Σ∏Π])\s*_\s*\{\s*(?P<name>\w+)\s*=\s*(?P<first>-?\d+)\s*\}\s*"
    r"\^\s*\{?\s*(?P<last>-?\d+)\s*\}?\s*(?P<formula>\S.*)"
)


_DIFFERENTIAL = r"\{\s*((?:d|\\partial)(?![A-Za-z]{2})[^{}]*(?:\{[^{}]*\}[^{}]*)*)\}"
_SLOPE = re.compile(rf"\\[dt]?frac\s*{_DIFFERENTIAL}\s*{_DIFFERENTIAL}(.*)")


def counted(sign: str, formula: str, name: str, first: str, last: str) -> str:
    """How a sum or a product (`sign`: `sum`, `prod`) over whole numbers up to the last is written."""
    return f"{sign}([{formula} for {name} in range({int(first)}, {int(last) + 1})])"


def _plain(text: str) -> str:
    """A formula, translated where it is in LaTeX."""
    before = " " * (len(text) - len(text.lstrip()))
    return before + (translated(text) or text.strip())


def translated(text: str) -> str | None:
    """The formula in this language; `None` where it is none in LaTeX, or has more than is known here."""
    over = _COUNTED.fullmatch(text.strip().strip("$").strip())
    if over is not None:
        summand, rest = first_term(over["formula"])
        sign = "prod" if over["sign"].lstrip("\\")[0] in "p∏Π" else "sum"
        told = counted(sign, _plain(summand), over["name"], over["first"], over["last"]) + _plain(rest)
        return None if re.search(r"[\\{}$|]", told) else told
    slope = _SLOPE.fullmatch(text.strip().strip("$").strip())
    if slope is not None:
        above, below = (re.sub(r"[{}\s]", "", slope[part].replace("\\partial", "∂")) for part in (1, 2))
        told = derivative(f"{above}/{below} {_plain(slope[3])}") or "\\"
        return None if re.search(r"[\\{}$|]", told) else told
    if len(text) > LONGEST or not re.search(r"\\[A-Za-z]|\$.*\$|[\^_]\s*\{", text):
        return None
    for pattern, new in _STEPS:
        text = re.sub(pattern, new, text)
    before = ""
    while before != text:
        before = text
        for brace, build in _BRACES:
            text = re.sub(brace, build, text)
    text = re.sub(r"\\([A-Za-z]+)", lambda match: _SIGNS.get(match[1], match[0]), text)
    for pattern, new in _ENDS:
        text = re.sub(pattern, new, text)
    text = text.strip()
    return text if text and not re.search(r"[\\{}$|]|\(_|\bd/d", text) else None


def _powered(function: str, exponent: str, argument: str) -> str:
    """A power that stands between a function and its argument, behind both; of -1 the inverse."""
    if exponent == "-1" and function in _INVERTIBLE:
        return f"a{function}({argument.strip('()')})"
    return f"\\{function} {argument}^{_operand(exponent)}"


def _operand(text: str) -> str:
    """A text as one operand: in brackets, unless it is a name, a number or a call."""
    text = text.strip()
    return text if re.fullmatch(r"\\?\w+|\w*\([^()]*\)", text) else f"({text})"
