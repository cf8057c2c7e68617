"""awk: a function for programs that read rows."""

from __future__ import annotations

import math
from collections.abc import Mapping

from gradcli.arrays import Shape
from gradcli.text.errors import EvaluationError
from gradcli.writing.code.program import (
    AND,
    ARITHMETIC,
    ATOM,
    CHOICE,
    NOT,
    OR,
    SIGN,
    TERM,
    Function,
    Language,
    Word,
    call,
    comparison,
    decimal,
    infix,
    told_of,
)
from gradcli.writing.code.python import plain_quotient

HELPERS = {
    "exponential": """# exp(x), without a warning where it is too large or too small for a double
function exponential(x) {
    return x > 709.782712893384 ? -log(0) : x < -745.13321910194 ? 0 : exp(x)
}
""",
    "logarithm": """# log(x), without a warning below 0
function logarithm(x) {
    return x >= 0 ? log(x) : log(0) - log(0)
}
""",
    "root": """# sqrt(x), without a warning below 0
function root(x) {
    return x >= 0 ? sqrt(x) : log(0) - log(0)
}
""",
    "erf": """# the error function: its series near 0, and 1 - erfc(x) elsewhere
function erf(x,    term, total, n) {
    if (x > 1.2 || x < -1.2) return x > 0 ? 1 - erfc(x) : erfc(-x) - 1
    term = total = x
    for (n = 1; n < 40; ++n) {
        term *= 2 * x * x / (2 * n + 1)
        total += term
    }
    return 1.1283791670955126 * exponential(-x * x) * total
}
""",
    "erfc": """# 1 - erf(x), by its continued fraction where that would lose digits
function erfc(x,    t, n) {
    if (!(x > 1.2)) return 1 - erf(x)
    t = x
    for (n = 160; n > 0; --n) t = x + n / 2 / t
    return exponential(-x * x) / (1.772453850905516 * t)
}
""",
    "quotient": """# x/y, where a division by 0 would end the program
function quotient(x, y) {
    return y != 0 ? x / y : x > 0 ? -log(0) : x < 0 ? log(0) : log(0) - log(0)
}
""",
}
WORDS: Mapping[str, Word] = {
    **ARITHMETIC,
    "sin": call("sin"),
    "cos": call("cos"),
    "exp": call("exponential"),
    "log": call("logarithm"),
    "sqrt": call("root"),
    "divide": call("quotient", 2),
    "atan2": call("atan2", 2),
    "erf": call("erf"),
    "erfc": call("erfc"),
    "trunc": call("int"),
    "fmod": infix("%", TERM),
    "power": Word("{}^{}", TERM + 5, (ATOM, ATOM)),
    "equal": comparison("=="),
    "not_equal": comparison("!="),
    "logical_not": Word("!{}", SIGN, (ATOM,)),
    "logical_and": infix("&&", AND),
    "logical_or": Word("{} || {}", OR, (NOT, NOT)),
    "where": Word("({} ? {} : {})", ATOM, (OR, CHOICE, CHOICE)),
}
RESERVED = frozenset(
    """
    BEGIN END BEGINFILE ENDFILE func function return delete next nextfile exit getline print printf
    if else while for do break continue in switch case default sin cos atan2 exp log sqrt int rand
    srand length substr index split sub gsub gensub match sprintf system close fflush tolower
    toupper strftime systime mktime and or xor compl lshift rshift strtonum asort asorti patsplit
    isarray typeof NR NF FS OFS ORS RS FNR FILENAME ENVIRON ARGC ARGV CONVFMT OFMT RSTART RLENGTH
    SUBSEP value gradient hessian
    """.split()  # noqa: SIM905 (a list of so many words reads best as text)
) | {*HELPERS}


def _number(value: float) -> tuple[str, int]:
    if math.isnan(value) or math.isinf(value):
        # No literal stands for them, and a division by 0 ends some: a large exponent overflows in all.
        text = "(-log(0))" if value > 0 else "log(0)"
        return ("(log(0) - log(0))", ATOM) if math.isnan(value) else (text, ATOM)
    text = decimal(abs(value))
    return (f"-{text}", SIGN) if math.copysign(1, value) < 0 else (text, ATOM)


def _element(name: str, place: int, shape: Shape) -> str:
    return f"{name}[{place + 1}]"


LANGUAGE = Language(
    "awk",
    WORDS,
    _number,
    lambda value: "1" if value else "0",
    _element,
    RESERVED,
    HELPERS,
    special=plain_quotient,
)


def write(function: Function) -> str:
    """A function that fills `gradient`, from place 1, and returns the value; several go into `value`."""
    if function.hessian and not function.gradient:
        raise EvaluationError("awk gives the Hessian beside the gradient only")
    parameters = [each.name for each in function.arguments]
    parameters += ["value"] if function.several else []
    parameters += ["gradient"] if function.gradient else []
    parameters += ["hessian"] if function.hessian else []
    locals_ = [step.name for step in function.steps]
    head = ", ".join(parameters) + (",    " + ", ".join(locals_) if locals_ else "")
    about = [
        *told_of(function),
        "Behind the wide gap stand variables of its own. Print with %.17g.",
    ]
    lines = [line for name in HELPERS if name in function.helpers for line in HELPERS[name].splitlines()]
    lines += [*(f"# {line}" for line in about), f"function {function.name}({head}) {{"]
    lines += [f"    {step.name} = {step.text}" for step in function.steps]
    if function.several:
        lines += [f"    value[{place}] = {text}" for place, text in enumerate(function.values, 1)]
    for place, text in enumerate((text for row in function.jacobian for text in row), 1):
        lines.append(f"    gradient[{place}] = {text}")
    for place, text in enumerate((text for row in function.hessian for text in row), 1):
        lines.append(f"    hessian[{place}] = {text}")
    lines += [f"    return {function.value}"] if function.value else []
    return "\n".join([*lines, "}"])
