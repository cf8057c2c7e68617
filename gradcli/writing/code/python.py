"""Python, with its module math."""

from __future__ import annotations

import keyword
import math
from collections.abc import Mapping

from gradcli.engine.graph import Node, number_in
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
    nested,
    told_of,
)

_SAME = (
    *("cbrt", "log2", "log10", "log1p", "sin", "cos", "tan", "asin", "acos", "atan", "tanh"),
    *("asinh", "acosh", "atanh", "erf", "erfc", "gamma", "isnan", "isfinite"),
)
_GUARDED = {
    "exp": ("math.exp(x)", "math.inf"),
    "exp2": ("math.exp2(x)", "math.inf"),
    "expm1": ("math.expm1(x)", "math.inf"),
    "cosh": ("math.cosh(x)", "math.inf"),
    "sinh": ("math.sinh(x)", "math.copysign(math.inf, x)"),
}
HELPERS = {
    f"_{name}": f'''def _{name}(x):
    """{name.capitalize()} of x, infinite where it is too large for a double."""
    try:
        return {text}
    except OverflowError:
        return {beyond}
'''
    for name, (text, beyond) in _GUARDED.items()
} | {
    "_quotient": '''def _quotient(x, y):
    """x/y as IEEE 754 says: infinite, or not a number, where y is 0."""
    if y:
        return x / y
    return math.nan if x == 0 or x != x else math.copysign(math.inf, x) * math.copysign(1.0, y)
''',
    "_log": '''def _log(x):
    """The natural logarithm; minus infinity at 0, and not a number below."""
    return math.log(x) if x > 0 else -math.inf if x == 0 else math.nan
''',
    "_sqrt": '''def _sqrt(x):
    """The square root; not a number below 0."""
    return math.sqrt(x) if x >= 0 else math.nan
''',
    "_power": '''def _power(x, n):
    """x to the power n as IEEE 754 says: infinite beyond the doubles, not a number where it is not real."""
    try:
        return math.pow(x, n)
    except OverflowError:
        return math.copysign(math.inf, x) if n % 2 == 1 else math.inf
    except ValueError:
        return math.inf if x == 0 else math.nan
''',
    "_floor": '''def _floor(x):
    """The greatest whole number that is at most x, as a float."""
    return float(math.floor(x)) if math.isfinite(x) else x
''',
    "_ceil": '''def _ceil(x):
    """The least whole number that is at least x, as a float."""
    return float(math.ceil(x)) if math.isfinite(x) else x
''',
    "_trunc": '''def _trunc(x):
    """x without its fraction, as a float."""
    return float(math.trunc(x)) if math.isfinite(x) else x
''',
}
WORDS: Mapping[str, Word] = {
    **ARITHMETIC,
    **{name: call(f"math.{name}") for name in _SAME},
    **{name: call(f"_{name}") for name in (*_GUARDED, "log", "sqrt", "floor", "ceil", "trunc")},
    **{name: call(f"math.{name}", 2) for name in ("hypot", "atan2", "fmod", "copysign")},
    "divide": call("_quotient", 2),
    "abs": call("abs"),
    "power": call("_power", 2),
    "equal": comparison("=="),
    "not_equal": comparison("!="),
    "logical_not": Word("not {}", NOT, (NOT,)),
    "logical_and": infix("and", AND),
    "logical_or": infix("or", OR),
    "where": Word("{1} if {0} else {2}", CHOICE, (OR, OR, CHOICE)),
}
RESERVED = frozenset([*keyword.kwlist, *keyword.softkwlist, "math", "abs", "float", "print", *HELPERS])


def number(value: float) -> tuple[str, int]:
    """A constant, with Python's names of what is not finite."""
    if math.isnan(value):
        return "math.nan", ATOM
    text = "math.inf" if math.isinf(value) else decimal(abs(value))
    return (f"-{text}", SIGN) if math.copysign(1, value) < 0 else (text, ATOM)


def element(name: str, place: int, shape: tuple[int, ...]) -> str:
    """An element of nested sequences."""
    text = name
    for k, size in enumerate(shape):
        rest = math.prod(shape[k + 1 :])
        text += f"[{place // rest % size}]"
    return text


def plain_quotient(node: Node) -> Word | None:
    """A quotient by a number that is not 0, of which nothing can go wrong."""
    by = number_in(node.inputs[1]) if node.primitive.name == "divide" else None
    return infix("/", TERM) if by else None


LANGUAGE = Language("Python", WORDS, number, str, element, RESERVED, HELPERS, special=plain_quotient)


def write(function: Function) -> str:
    """The function as a module: it returns the value and the tuple of derivatives."""
    helpers = [HELPERS[name] for name in HELPERS if name in function.helpers]
    lines = ["import math", "", ""]
    for text in helpers:
        lines += [*text.splitlines(), "", ""]
    return "\n".join([*lines, *definition(function)])


def definition(function: Function) -> list[str]:
    """The lines of `def`."""
    parameters = ", ".join(each.name for each in function.arguments)
    title, *about = told_of(function)
    lines = [f"def {function.name}({parameters}):"]
    if about:
        lines += [f'    """{title}.', "", *(f"    {line}" for line in about), '    """']
    else:
        lines.append(f'    """{title}."""')
    lines += [f"    {step.name} = {step.text}" for step in function.steps]
    parts = [nested(function.values, function.shape, "(", ")", ",")] if function.values else []
    if function.gradient:
        of_each = [nested(each.texts, each.shape, "(", ")", ",") for each in function.gradient]
        parts.append(nested(of_each, (len(of_each),), "(", ")", ","))
    if function.hessian:
        rows = [nested(row, (len(row),), "(", ")", ",") for row in function.hessian]
        parts.append(nested(rows, (*function.shape, function.width), "(", ")", ","))
    whole = f"    return {', '.join(parts)}"
    if len(whole) <= 99:
        return [*lines, whole]
    return [*lines, "    return (", *(f"        {part}," for part in parts), "    )"]
