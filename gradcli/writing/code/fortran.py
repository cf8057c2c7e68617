"""Fortran, free form, of 2008."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

from gradcli.arrays import Shape
from gradcli.writing.code.program import (
    AND,
    ARITHMETIC,
    ATOM,
    COMPARE,
    NOT,
    OR,
    SUM,
    TERM,
    Function,
    Language,
    Word,
    call,
    infix,
    told_of,
)

_SAME = (
    *("sqrt", "exp", "log", "log10", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh"),
    *("asinh", "acosh", "atanh", "erf", "erfc", "gamma", "abs"),
)
WORDS: Mapping[str, Word] = {
    **ARITHMETIC,
    # Two signs must not meet, and a sign binds as loosely as a sum.
    "negative": Word("-{}", SUM, (SUM + 1,)),
    **{name: call(name) for name in _SAME},
    "lgamma": call("log_gamma"),
    "erfcx": call("erfc_scaled"),
    **{name: call(f"bessel_{name}") for name in ("j0", "j1", "y0", "y1")},
    "trunc": call("aint"),
    "hypot": call("hypot", 2),
    "atan2": call("atan2", 2),
    "fmod": call("mod", 2),
    "power": Word("{}**{}", TERM + 5, (ATOM, ATOM)),
    "copysign": call("sign", 2),
    "isnan": call("ieee_is_nan"),
    "isfinite": call("ieee_is_finite"),
    # As == and /= say, which compilers warn of for real numbers.
    "equal": Word("({0} >= {1} .and. {0} <= {1})", ATOM, (COMPARE + 1, COMPARE + 1)),
    "not_equal": Word(".not. ({0} >= {1} .and. {0} <= {1})", NOT, (COMPARE + 1, COMPARE + 1)),
    "logical_not": Word(".not. {}", NOT, (ATOM,)),
    "logical_and": infix(".and.", AND),
    "logical_or": infix(".or.", OR),
    "where": Word("merge({1}, {2}, {0})"),
}
RESERVED = frozenset(
    """
    abs acos acosh aint asin asinh atan atan2 atanh bessel_j0 bessel_j1 bessel_y0 bessel_y1 cos cosh
    dp erf erfc erfc_scaled exp gamma gradient hessian
    hypot ieee_arithmetic ieee_is_finite ieee_is_nan ieee_value ieee_quiet_nan ieee_positive_inf
    ieee_negative_inf log log10 log_gamma merge mod real sign sin sinh sqrt tan tanh value pure
    subroutine function end result if then else do integer logical implicit none use only intent in
    out kind
    """.split()  # noqa: SIM905 (a list of so many words reads best as text)
)


def _number(value: float) -> tuple[str, int]:
    if math.isnan(value):
        return "ieee_value(1.0_dp, ieee_quiet_nan)", ATOM
    if math.isinf(value):
        sign = "positive" if value > 0 else "negative"
        return f"ieee_value(1.0_dp, ieee_{sign}_inf)", ATOM
    text = repr(abs(value))
    mantissa, _, exponent = text.partition("e")
    text = (
        (mantissa if "." in mantissa else f"{mantissa}.0") + (f"e{int(exponent)}" if exponent else "") + "_dp"
    )
    return (f"(-{text})", ATOM) if math.copysign(1, value) < 0 else (text, ATOM)


def _element(name: str, place: int, shape: Shape) -> str:
    places = []
    for k, size in enumerate(shape):
        places.append(str(place // math.prod(shape[k + 1 :]) % size + 1))
    return f"{name}({', '.join(places)})"


LANGUAGE = Language(
    "Fortran",
    WORDS,
    _number,
    lambda value: ".true." if value else ".false.",
    _element,
    RESERVED,
    folds=True,
)


def write(function: Function) -> str:
    """A module with a pure subroutine: the value and the derivatives are its last arguments."""
    count, width = math.prod(function.shape), function.width

    def at(element: int, *places: int) -> tuple[int, ...]:
        """Where something of an element of the value is: a single number is not counted."""
        return (element, *places) if function.shape else places

    results = ["value"] if function.values else []
    results += ["gradient"] if function.gradient else []
    results += ["hessian"] if function.hessian else []
    names = ", ".join([*(each.name for each in function.arguments), *results])
    about = [*told_of(function), "Outside the domain the intrinsic functions answer as they do."]
    lines = [*(f"! {line}" for line in about), f"module {function.name}_module"]
    lines += ["  use, intrinsic :: ieee_arithmetic", "  implicit none", "  private"]
    lines += [f"  public :: {function.name}", "  integer, parameter :: dp = kind(1.0d0)", "contains", ""]
    lines += [*_wrapped(f"  pure subroutine {function.name}({names})")]
    for each in function.arguments:
        sizes = f"({', '.join(map(str, each.shape))})" if each.shape else ""
        lines.append(f"    real(dp), intent(in) :: {each.name}{sizes}")
    if function.values:
        lines.append(f"    real(dp), intent(out) :: {_array('value', at(count))}")
    if function.gradient:
        lines.append(f"    real(dp), intent(out) :: {_array('gradient', at(count, width))}")
    if function.hessian:
        lines.append(f"    real(dp), intent(out) :: {_array('hessian', at(count, width, width))}")
    for kind, truth in (("real(dp)", False), ("logical", True)):
        named = [step.name for step in function.steps if step.truth is truth]
        if named:
            lines += _wrapped(f"    {kind} :: {', '.join(named)}")
    lines.append("")
    for step in function.steps:
        lines += _wrapped(f"    {step.name} = {step.text}")
    for element, row in enumerate(function.jacobian, 1):
        for place, text in enumerate(row, 1):
            lines += _wrapped(f"    {_array('gradient', at(element, place))} = {text}")
    for number, texts in enumerate(function.hessian):
        element, place = divmod(number, function.width)
        for column, text in enumerate(texts, 1):
            name = _array("hessian", at(element + 1, place + 1, column))
            lines += _wrapped(f"    {name} = {text}")
    for element, text in enumerate(function.values, 1):
        lines += _wrapped(f"    {_array('value', at(element))} = {text}")
    return "\n".join([*lines, f"  end subroutine {function.name}", "", f"end module {function.name}_module"])


def _array(name: str, places: Sequence[object]) -> str:
    """An array with its sizes, or an element of it; a single number by its name alone."""
    return f"{name}({', '.join(map(str, places))})" if places else name


def _wrapped(line: str) -> list[str]:
    """A line, continued where it is longer than Fortran allows."""
    lines = []
    while len(line) > 120:
        at = max(match.start() for match in re.finditer(r"(?<=[\s,])\S", line[:118]))
        lines.append(line[:at] + "&")
        line = "      " + line[at:]
    return [*lines, line]
