"""JavaScript, for node and for browsers."""

from __future__ import annotations

import math
from collections.abc import Mapping

from gradcli.writing.code.program import (
    AND,
    ARITHMETIC,
    ATOM,
    CHOICE,
    NOT,
    OR,
    SIGN,
    Function,
    Language,
    Word,
    call,
    comparison,
    decimal,
    infix,
    nested,
    told_of,
)
from gradcli.writing.code.python import element

_SAME = (
    *("sqrt", "cbrt", "exp", "expm1", "log", "log2", "log10", "log1p", "sin", "cos", "tan", "asin", "acos"),
    *("atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "floor", "ceil", "trunc", "abs"),
)
HELPERS = {
    "erf": """/** The error function: its series near 0, and 1 - erfc(x) elsewhere. */
function erf(x) {
  if (Math.abs(x) > 1.2) {
    return x > 0 ? 1 - erfc(x) : erfc(-x) - 1;
  }
  let term = x;
  let total = x;
  for (let n = 1; n < 40; n += 1) {
    term *= (2 * x * x) / (2 * n + 1);
    total += term;
  }
  return 1.1283791670955126 * Math.exp(-x * x) * total;
}
""",
    "erfc": """/** 1 - erf(x), by its continued fraction where that would lose digits. */
function erfc(x) {
  if (!(x > 1.2)) {
    return 1 - erf(x);
  }
  let t = x;
  for (let n = 160; n > 0; n -= 1) {
    t = x + n / 2 / t;
  }
  return Math.exp(-x * x) / (1.772453850905516 * t);
}
""",
}
WORDS: Mapping[str, Word] = {
    **ARITHMETIC,
    "erf": call("erf"),
    "erfc": call("erfc"),
    **{name: call(f"Math.{name}") for name in _SAME},
    "hypot": call("Math.hypot", 2),
    "atan2": call("Math.atan2", 2),
    "power": call("Math.pow", 2),
    "fmod": Word("{} % {}", infix("%", 60).level, infix("%", 60).needs),
    "isnan": call("Number.isNaN"),
    "isfinite": call("Number.isFinite"),
    "equal": comparison("==="),
    "not_equal": comparison("!=="),
    "logical_not": Word("!{}", SIGN, (ATOM,)),
    "logical_and": infix("&&", AND),
    "logical_or": Word("{} || {}", OR, (NOT, NOT)),
    "where": Word("{} ? {} : {}", CHOICE, (OR, OR, OR)),
}
RESERVED = frozenset(
    """
    abstract arguments await boolean break byte case catch char class const continue debugger
    default delete do double else enum eval export extends false final finally float for function
    goto if implements import in instanceof int interface let long native new null package private
    protected public return short static super switch synchronized this throw throws transient true
    try typeof undefined var void volatile while with yield async of Math Number NaN Infinity
    globalThis module exports require process
    """.split()  # noqa: SIM905 (a list of so many words reads best as text)
)


def _number(value: float) -> tuple[str, int]:
    if math.isnan(value):
        return "NaN", ATOM
    text = "Infinity" if math.isinf(value) else decimal(abs(value))
    return (f"-{text}", SIGN) if math.copysign(1, value) < 0 else (text, ATOM)


LANGUAGE = Language(
    "JavaScript",
    WORDS,
    _number,
    lambda value: "true" if value else "false",
    element,
    RESERVED | {*HELPERS},
    HELPERS,
)


def write(function: Function) -> str:
    """The function, which returns an array of the value and the derivatives."""
    about = [*told_of(function), "Outside the domain the functions of Math answer as they do."]
    lines = [line for name in HELPERS if name in function.helpers for line in HELPERS[name].splitlines()]
    lines += [*([""] if lines else []), "/**", *(f" * {line}" for line in about), " */"]
    lines.append(f"function {function.name}({', '.join(each.name for each in function.arguments)}) {{")
    lines += [f"  const {step.name} = {step.text};" for step in function.steps]
    parts = [nested(function.values, function.shape, "[", "]")] if function.values else []
    if function.gradient:
        given = [nested(each.texts, each.shape, "[", "]") for each in function.gradient]
        parts.append(f"[{', '.join(given)}]")
    if function.hessian:
        rows = [f"[{', '.join(row)}]" for row in function.hessian]
        parts.append(nested(rows, (*function.shape, function.width), "[", "]"))
    returned = parts[0] if len(parts) == 1 else f"[{', '.join(parts)}]"
    if len(returned) > 88 and len(parts) > 1:
        lines += ["  return [", *(f"    {part}," for part in parts), "  ];"]
    else:
        lines.append(f"  return {returned};")
    return "\n".join([*lines, "}"])
