"""Exact numbers in formulas: whole numbers, fractions, and decimals that stay as they were typed.

A decimal is a `Decimal` and a fraction a `Fraction`; whatever is whole is an `int`. Nothing is ever
rounded: `0.21*2` is `0.42`, and `0.2/3` is `1/15`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from decimal import Context, Decimal
from fractions import Fraction
from math import gcd, lcm
from typing import Any, TypeAlias

Number: TypeAlias = "int | Fraction | Decimal"

HALF = Fraction(1, 2)
SHORT = 10**9
"""Numerators and denominators below this are multiplied out; longer ones stay factors."""

_DIGITS = 6
"""A decimal of at most so many digits is a number like any other; a longer one stays one factor."""

_exactly = Context(prec=1200)


def times(a: Number, b: Number) -> Number:
    """The product of two numbers."""
    if type(a) is int:
        if type(b) is int:
            return a * b
        if a == 1:
            return b
    elif type(b) is int and b == 1:
        return a
    return _together(operator.mul, a, b)


def plus(a: Number, b: Number) -> Number:
    """The sum of two numbers."""
    return a + b if type(a) is int and type(b) is int else _together(operator.add, a, b)


def over(a: Number, b: Number) -> Number:
    """The quotient of two numbers, the second of which is not 0."""
    if type(b) is int:
        if type(a) is int:
            return a // b if a % b == 0 else Fraction(a, b)
        if b == 1:
            return a
    return _together(operator.truediv, a, b)


def to_power(a: Number, n: int) -> Number:
    """A number to a whole power; the number is not 0 where the power is negative."""
    if n < 0:
        return over(1, to_power(a, -n))
    return a**n if type(a) is int else _settled(Fraction(a) ** n, type(a) is Decimal)


def _together(combine: Callable[[Any, Any], Any], a: Number, b: Number) -> Number:
    decimal = type(a) is Decimal or type(b) is Decimal
    return _settled(combine(Fraction(a), Fraction(b)) if decimal else combine(a, b), decimal)


def _settled(value: Fraction, decimal: bool) -> Number:
    """A fraction as the kind of number that it is; a decimal only where it ends."""
    if value.denominator == 1:
        return value.numerator
    if not decimal:
        return value
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    if rest != 1:
        return value
    return _exactly.divide(Decimal(value.numerator), Decimal(value.denominator))


def is_short(a: Number) -> bool:
    """Whether a number may stand for a product of others, as it is as quickly read as they are."""
    if type(a) is int:
        return -SHORT < a < SHORT
    if isinstance(a, Decimal):
        return len(a.as_tuple().digits) <= _DIGITS and -_DIGITS <= a.adjusted() <= _DIGITS
    return abs(a.numerator) < SHORT and a.denominator < SHORT


def size(a: Number) -> Number:
    """A number without its sign."""
    return -a if a < 0 else a


def content(numbers: Iterable[Number], *, below: bool) -> Number:
    """The greatest number that all are whole multiples of; without `below`, no new denominator.

    Decimals have none but 1, or what is the size of all.
    """
    sizes = [size(each) for each in numbers]
    first = sizes[0]
    if sizes.count(first) == len(sizes):
        return first
    rationals = [each for each in sizes if not isinstance(each, Decimal)]
    if len(rationals) < len(sizes):
        return 1
    bottoms = {each.denominator for each in rationals}
    bottom = lcm(*bottoms) if below or len(bottoms) == 1 else 1
    return over(gcd(*(each.numerator for each in rationals)), bottom)


def typed(value: float) -> Number | None:
    """The exact number that a double was typed as; `None` where it is too long to calculate with.

    A long double that is a fraction, rounded, is that fraction.
    """
    if value.is_integer() and abs(value) < 10**_DIGITS:
        return int(value)
    decimal = Decimal(repr(value))
    if is_short(decimal):
        return decimal.normalize()
    if len(decimal.as_tuple().digits) >= 15:
        fraction = Fraction(value).limit_denominator(1000)
        if float(fraction) == value and fraction.denominator > 1:
            return fraction
    return None


def as_written(value: float) -> Number:
    """The number that a double's shortest text says, exactly."""
    decimal = Decimal(repr(value))
    return int(decimal) if value.is_integer() and abs(value) < 1e16 else decimal


def text(a: Number) -> str:
    """A number that is not negative and no fraction as it is typed."""
    if type(a) is int:
        written = str(a)
        zeros = len(written) - len(written.rstrip("0"))
        return f"{written[:-zeros]}e{zeros}" if zeros > 5 else written
    assert isinstance(a, Decimal)
    a = a.normalize()
    return format(a, "f") if -5 < a.adjusted() < 16 else f"{a:e}".replace("e+", "e")


def halves(a: Number) -> tuple[str, str]:
    """What stands above and below the line for the size of a number; a 1 is nothing."""
    a = size(a)
    if type(a) is Fraction:
        return ("" if a.numerator == 1 else text(a.numerator)), text(a.denominator)
    return ("" if a == 1 else text(a)), ""
