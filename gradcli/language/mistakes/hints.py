"""What other languages and typeset mathematics write, and what it is here. Tables of hints, and no more.

In a hint, `{left}` and `{right}` stand for the operands beside the sign or word.
"""

from __future__ import annotations

NAMES = {"infinity": "inf", "oo": "inf", "euler": "e"}
"""What constants are called elsewhere, in lower case."""

UNITS = dict.fromkeys(("deg", "degree", "degrees"), "radians")
"""Functions that make the numbers of this language from those with a unit, in lower case."""

OPERATORS = {
    "&": "`and` joins two conditions",
    "&&": "`and` joins two conditions",
    "|": "`or` joins two conditions, and ` | ` arrays of truth values; `|x|` is the absolute value",
    "||": "`or` joins two conditions; `norm(x)` is the length of a vector",
    "~": "`not` negates a condition",
    "<<": "multiply by `2**n`",
    ">>": "divide by `2**n` with `//`",
    "<>": "`!=` is unequal",
    "===": "`==` is equal",
    ":=": "write `{left} = {right}`, in a statement of its own",
    "=>": "`>=` is greater or equal; `f(x) = …` defines a function",
    "..": "a slice is written `x[1:3]`",
    "...": "write the missing terms out, or use `sum`; it stands in brackets only, as in `x[..., 0]`",
}
"""Operators of other languages."""

PREFIXES = {
    "!": "`not` negates: write `not {right}`",
    "||": "the length of a vector is `norm({right})`",
}
"""The same, where no value is before them."""

PERCENTS = {"%%": "%", "%*%": "@", "%/%": "//"}
"""R's operators, and what they are here."""

BRACES = "round brackets group, square ones make a vector, and a dictionary has keys: {'a': 1}"
"""Where `{ }` hold no dictionary."""

_NO_LIMITS = "there are no limits here: evaluate close by"
_NO_INTEGRALS = "there are no integrals here; `sum` adds the elements of an array"

CHARACTERS = {
    "$": "names have letters, digits and `_`",
    "?": "`help` explains a function; names have letters, digits and `_`",
    "∂": "write `grad(y, x)`",
    "∇": "write `grad(y, x)`",
    "∆": "write the letter `Δ` in a name",
    "∑": "write `sum({right})`",
    "∏": "write `prod({right})`",
    "∫": _NO_INTEGRALS,
    "lim": _NO_LIMITS,
    "∈": "`for i in range(n):` repeats",
    "ᵀ": "write `{left}.T`",
    "\\": "write the function's name, as in `sin(x)`; at the end of a line, nothing may follow `\\`",
    "∛": "write `cbrt({right})`",
    "∜": "write `{right}**(1/4)`",
    "°": "write `radians({left})`",
    "‖": "the length of a vector is `norm({right})`",
    "∥": "the length of a vector is `norm({right})`",
    "⌊": "write `floor({right})`",
    "⌈": "write `ceil({right})`",
    "⟨": "write `dot(a, b)`",
    "¬": "write `not {right}`",
    "∧": "write `and`",
    "∨": "write `or`",
    "⊻": "of two conditions, just one holds where they are unequal: `!=`",
    "∓": "write it twice: once with `-`, once with `+`",
    "≈": "write `abs({left} - {right}) < 1e-9`",
    "≡": "write `==`",
    "≔": "write `=`",
    "⩽": "write `<=`",
    "≦": "write `<=`",
    "⩾": "write `>=`",
    "≧": "write `>=`",
    "∗": "write `*`",
    "⋆": "write `*`",
    "•": "write `*`",
    "∙": "write `*`",
    "⊙": "write `*`",
    "⨯": "write `*`",
    "✕": "write `*`",
    "⊗": "write `outer({left}, {right})`",
    "∕": "write `/`",
    "⁄": "write `/`",
    "∶": "write `/`",
    "↑": "write `**`",
    "⟂": "write `dot({left}, {right}) == 0`",
    "‰": "write `/1000`",
    "…": "write the missing terms out, or use `sum`",
}
"""Characters that no token begins with."""

WORDS = {
    "mod": "write `{left} % {right}`",
    "MOD": "write `{left} % {right}`",
    "div": "write `{left} // {right}`",
    "DIV": "write `{left} // {right}`",
    "xor": "of two conditions, just one holds where they are unequal: `({left}) != ({right})`",
    "XOR": "of two conditions, just one holds where they are unequal: `({left}) != ({right})`",
    "choose": "write `comb({left}, {right})`",
    "nCr": "write `comb({left}, {right})`",
    "nPr": "write `falling_factorial({left}, {right})`",
    "AND": "write `{left} and {right}`",
    "OR": "write `{left} or {right}`",
    "times": "write `{left}*{right}`",
    "plus": "write `{left} + {right}`",
    "minus": "write `{left} - {right}`",
    "over": "write `{left}/{right}`",
    "is": "`==` compares",
    "in": "`==` compares with each element",
    "per": "write `{left}/{right}`",
    **dict.fromkeys(("of", "to", "from", "by"), "a formula is names and signs, and no sentence: `2*x + 3`"),
    "as": "only an import line gives another name, as in `import numpy as np`",
}
"""Words between two operands."""

STATEMENTS = {
    "if": "`a if condition else b` chooses a value",
    "elif": "it stands under the body of an `if`, indented as that is",
    "else": "it stands under the body of an `if` or of a loop, indented as that is",
    "function": "`f(x) = …` defines a function",
    "try": "its body is indented below it, and below that stands `except`, with its own",
    "except": "it stands under the body of a `try`, indented as that is",
    "finally": "it stands under the body of a `try`, indented as that is",
    "match": "`if` with `elif` chooses among cases",
    "raise": 'an error has a name, and perhaps a text: raise ValueError("text")',
    "async": "leave it out",
    "pass": "leave it out",
    "break": "it stands alone in its line, in the body of a loop",
    "continue": "it stands alone in its line, in the body of a loop",
}
"""Words that begin a statement elsewhere."""

SENTENCES = {
    **dict.fromkeys(
        ("grad", "gradient", "derivative", "differentiate", "derive", "slope"),
        "write `grad({formula}, {variable})`",
    ),
    **dict.fromkeys(("integrate", "integral"), _NO_INTEGRALS),
    **dict.fromkeys(("limit", "lim"), _NO_LIMITS),
    "convert": "there are no units here: `5*1609.344` are 5 miles in metres",
    "print": "write `print({formula})`",
    **dict.fromkeys(("let", "var"), "write `{formula}`"),
    **dict.fromkeys(
        ("calculate", "calc", "compute", "evaluate", "eval", "show", "display", "disp", "echo"),
        "write `{formula}`",
    ),
}
"""Words that begin a sentence about a formula, as `derivative of x**2` does."""

METHODS = {
    **dict.fromkeys(
        ("append", "extend", "insert", "pop"),
        "an array keeps its length: xs = [] begins a list that grows, and cat([x, y]) is a longer array",
    ),
    "zero_grad": "zero clears every grad, and x.grad.zero_() that of x",
    "step": "a step is an update in place: x -= 0.1*x.grad",
    "grad": "the gradient of y in x is grad(y, x)",
    "print": "write print(…)",
}
"""Methods of other libraries that are none here."""


def unquoted(hint: str) -> str:
    """A hint of the tables, as errors beyond the grammar have them."""
    return hint.replace("`", "")


def character_hint(text: str) -> str:
    """What to type in the place of a character that means nothing here."""
    known = CHARACTERS.get(text)
    if known is not None:
        return known
    from unicodedata import category, normalize, numeric

    normal = normalize("NFKC", text)
    value = numeric(text, None)
    if value is not None:
        top, slash, bottom = normal.partition("⁄")
        if slash and top.isdecimal() and bottom.isdecimal():
            return f"write `({top}/{bottom})*{{right}}`"
        return f"write it with the digits 0 to 9: `{value:g}`"
    if text.isalpha():
        return "write the power as `**n`"
    if category(text) == "Pd":
        return "write `-`"
    if normal.isascii() and normal.isprintable() and normal.strip():
        return f"write `{normal}`"
    if category(text) in ("Sm", "So"):
        return "this sign is not known here: write it with a function's name"
    return "remove it"
