"""C, and C++ by the same text."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping

from gradcli.arrays import Shape
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
    told_of,
)

_SAME = (
    *("sqrt", "cbrt", "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sin", "cos", "tan"),
    *("asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "floor", "ceil", "trunc"),
    *("erf", "erfc", "isnan", "isfinite"),
)
WORDS: Mapping[str, Word] = {
    **ARITHMETIC,
    **{name: call(name) for name in _SAME},
    **{name: call(name, 2) for name in ("hypot", "atan2", "fmod", "copysign", "fdim")},
    "abs": call("fabs"),
    "power": call("pow", 2),
    "round_half_even": call("rint"),
    "gamma": call("tgamma"),
    "lgamma": call("lgamma"),
    "equal": comparison("=="),
    "not_equal": comparison("!="),
    "logical_not": Word("!{}", SIGN, (ATOM,)),
    "logical_and": infix("&&", AND),
    "logical_or": Word("{} || {}", OR, (NOT, NOT)),
    "where": Word("{} ? {} : {}", CHOICE, (OR, OR, OR)),
}

RESERVED = frozenset(
    """
    auto break case char const continue default do double else enum extern float for goto if inline
    int long register restrict return short signed sizeof static struct switch typedef union
    unsigned void volatile while alignas alignof asm bool catch class concept consteval constexpr
    constinit const_cast co_await co_return co_yield decltype delete dynamic_cast explicit export
    false friend mutable namespace new noexcept nullptr operator private protected public
    reinterpret_cast requires static_assert static_cast template this thread_local throw true try
    typeid typename using virtual wchar_t and and_eq bitand bitor compl not not_eq or or_eq xor
    xor_eq typeof sqrt cbrt exp exp2 expm1 log log2 log10 log1p sin cos tan asin acos atan atan2
    sinh cosh tanh asinh acosh atanh floor ceil trunc erf erfc isnan isfinite hypot fmod copysign
    fdim fabs pow rint tgamma lgamma abs main NAN INFINITY value gradient hessian errno signgam y0 y1 yn
    j0 j1 jn gamma linux unix
    """.split()  # noqa: SIM905 (a list of so many words reads best as text)
)


def _number(value: float) -> tuple[str, int]:
    if math.isnan(value):
        return "NAN", ATOM
    text = "INFINITY" if math.isinf(value) else decimal(abs(value))
    return (f"-{text}", SIGN) if math.copysign(1, value) < 0 else (text, ATOM)


LANGUAGE = Language(
    "C",
    WORDS,
    _number,
    lambda value: "1" if value else "0",
    lambda name, place, shape: f"{name}[{place}]",
    RESERVED,
)


def write(function: Function) -> str:
    """The function as a file of C that is C++ too."""
    parameters = [_parameter(each.name, each.shape) for each in function.arguments]
    count, width = math.prod(function.shape), function.width
    if function.several:
        parameters.append(f"double value[{count}]")
    if function.gradient:
        parameters.append(f"double gradient[{count * width}]")
    if function.hessian:
        parameters.append(f"double hessian[{count * width * width}]")
    kind = "double" if function.value else "void"
    about = [*told_of(function), "Outside the domain the functions of math.h answer as they do."]
    lines = ["#include <math.h>", "", "/*", *(f" * {line}" for line in about), " */"]
    lines += _signature(f"{kind} {function.name}(", parameters or ["void"])
    lines.append("{")
    lines += [f"    (void){each};" for each in _unused(function)]
    for step in function.steps:
        lines.append(f"    const {'int' if step.truth else 'double'} {step.name} = {step.text};")
    if function.several:
        lines += [f"    value[{at}] = {text};" for at, text in enumerate(function.values)]
    for at, text in enumerate(text for row in function.jacobian for text in row):
        lines.append(f"    gradient[{at}] = {text};")
    for at, text in enumerate(text for row in function.hessian for text in row):
        lines.append(f"    hessian[{at}] = {text};")
    if function.value:
        lines.append(f"    return {function.value};")
    return "\n".join([*lines, "}"])


def _unused(function: Function) -> Iterator[str]:
    """The arguments that nothing reads, of which compilers warn."""
    texts = [*(each.text for each in function.steps), *function.values]
    texts += [text for row in (*function.jacobian, *function.hessian) for text in row]
    read = set(re.findall(r"\w+", " ".join(texts)))
    return (each.name for each in function.arguments if each.name not in read)


def _signature(head: str, parameters: list[str]) -> list[str]:
    whole = f"{head}{', '.join(parameters)})"
    if len(whole) <= 96:
        return [whole]
    return [head, *(f"    {each}," for each in parameters[:-1]), f"    {parameters[-1]})"]


def _parameter(name: str, shape: Shape) -> str:
    return f"const double {name}[{math.prod(shape)}]" if shape else f"double {name}"
