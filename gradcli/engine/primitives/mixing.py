"""Functions of numbers that mix, choose and compare, in PyTorch's and NumPy's spellings."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcli.engine.graph import RULES, Node, as_node, number_in
from gradcli.engine.primitives.arithmetic import floor_divide, isfinite, isnan, masked, remainder, where
from gradcli.engine.primitives.elementwise import LN2, absolute, exp2
from gradcli.engine.primitives.entry import (
    Composite,
    Edge,
    Elementwise,
    Kink,
    Result,
    Results,
    as_number,
    called,
)
from gradcli.engine.primitives.reductions import all_true, along
from gradcli.engine.primitives.special import sigmoid

INF = float("inf")
NAN = float("nan")

arithmetic = "arithmetic"
comparisons = "comparisons"
choices = "choices"

# Mixtures


def _lerp(x: Node, end: Node, weight: Node) -> Node:
    """From whichever end is nearer, as digits are lost towards the other."""
    step = end - x
    return where(absolute(weight) < 0.5, x + weight * step, end - step * (1 - weight))


Composite(
    "lerp",
    "x, end, weight",
    _lerp,
    "The point between x and end by the share weight of the way.",
    ("lerp(0, 10, 0.25)", "2.5"),
    derivative="1 - weight in x, weight in end, end - x in weight",
    overload=called("Lerp"),
    numpy="x + weight*(end - x)",
    samples=(([3], [3], []), ([2, 3], [3], 0.25), ([2], [2], [2])),
    family=arithmetic,
)
Composite(
    "addcmul",
    "x, tensor1, tensor2, value=1.0",
    lambda x, first, second, value: as_number(x) + value * (first * second),
    "x + value*tensor1*tensor2.",
    ("addcmul(1, 2, 3)", "7"),
    derivative="1 in x, and value times the other factor in each of the two",
    overload=called("Addcmul"),
    whole="kept",
    numpy="x + value*tensor1*tensor2",
    samples=(([3], [3], [3], []), ([2, 3], [3], [], 2.0)),
    family=arithmetic,
)
Composite(
    "addcdiv",
    "x, tensor1, tensor2, value=1.0",
    lambda x, first, second, value: as_number(x) + value * (first / second),
    "x + value*tensor1/tensor2.",
    ("addcdiv(1, 6, 3)", "3"),
    derivative="1 in x, value/tensor2 in tensor1, and -value*tensor1/tensor2**2 in tensor2",
    overload=called("Addcdiv"),
    numpy="x + value*tensor1/tensor2",
    samples=(([3], [3], (1.5, 2.0, -0.5), []), ([2], [2], [2, 2], 2.0)),
    family=arithmetic,
)
Composite(
    "rsub",
    "x, y, alpha=1.0",
    lambda x, y, alpha: y - alpha * x,
    "y - alpha*x.",
    ("rsub(2, 5)", "3"),
    derivative="-alpha in x, and 1 in y",
    overload=lambda x, y, alpha: f"RsubBackward{int(number_in(y) is not None)}",
    whole="kept",
    numpy="y - alpha*x",
    samples=(([3], [3], []), ([2, 3], 1.0, 2.0)),
    family=arithmetic,
)
Composite(
    "float_power",
    "x, n",
    lambda x, n: RULES["**"](as_number(x), as_number(n)),
    "x to the power n, which is never a whole number.",
    ("float_power(2, 3)", "8"),
    derivative="n*x**(n - 1) in x, and x**n*log(x) in n",
    overload=lambda x, n: f"PowBackward{0 if number_in(n) is not None else 1}",
    numpy="float_power(x, n)",
    samples=(([3], 2.0), (2.0, [3]), ((1.5, 2.0, 0.5), [3])),
    family=arithmetic,
)
Composite(
    "ldexp",
    "x, n",
    lambda x, n: as_number(x) * exp2(n),
    "x times 2 to the power n.",
    ("ldexp(3, 2)", "12"),
    derivative="2**n in x, and x*2**n*log(2) in n",
    overload=called("Mul"),
    numpy="x*2.0**n",
    samples=(([3], [3]), ([2, 3], 2.0)),
    family=arithmetic,
)
logaddexp2: Elementwise = Elementwise(
    "logaddexp2",
    np.logaddexp2,
    (
        lambda x, y: where(x.equals(y) & ~isfinite(x), 0.5, sigmoid((x - y) * LN2)),
        lambda x, y: where(x.equals(y) & ~isfinite(x), 0.5, sigmoid((y - x) * LN2)),
    ),
    "x, y",
    "log2(2**x + 2**y), without overflow on the way.",
    ("logaddexp2(1000, 1000)", "1001"),
    edges=(Edge((INF, INF), INF, (0.5, 0.5), "inf - inf is taken as 0"),),
    reads=(lambda x, y: sigmoid((x - y) * LN2), lambda x, y: sigmoid((y - x) * LN2)),
    reference="max(x, y) + log1p(mpf(2)**(-abs(x - y)))/log(2)",
    family="exponentials and logarithms",
)

# Choices


def _extreme_but_nan(name: str, ufunc: Any, sign: int, doc: str, example: tuple[str, str]) -> Elementwise:
    """fmax and fmin: of a number and nan the number; equal ones share the gradient."""

    def share(x: Node, y: Node) -> Node:
        chosen = RULES["or"](x > y if sign > 0 else x < y, isnan(y) & ~isnan(x))
        tie = RULES["or"](x.equals(y), isnan(x) & isnan(y))
        return masked(where(tie, 0.5, 1), RULES["or"](chosen, tie))

    return Elementwise(
        name,
        ufunc,
        (share, lambda x, y: share(y, x)),
        "x, y",
        doc,
        example,
        edges=(
            Edge((1, 1), 1, (0.5, 0.5), "a tie is split"),
            Edge((NAN, 1), 1, (0, 1), "nan is left out"),
        ),
        kink=Kink(lambda x, y: x.equals(y), f"at a tie, {name} gives each side half of the gradient"),
        reads=(
            (lambda x, y: x >= y, lambda x, y: x < y)
            if sign > 0
            else (lambda x, y: x <= y, lambda x, y: x > y)
        ),
        whole="kept",
        reference=f"{name[1:]}(x, y)",
        family=choices,
    )


fmax = _extreme_but_nan(
    "fmax", np.fmax, 1, "The greater of x and y; of a number and nan, the number.", ("fmax(2, nan)", "2")
)
fmin = _extreme_but_nan(
    "fmin", np.fmin, -1, "The lesser of x and y; of a number and nan, the number.", ("fmin(2, nan)", "2")
)


def _heaviside(x: Any, y: Any, out: Any = None) -> Any:
    return np.heaviside(x, y, out=out)


heaviside: Elementwise = Elementwise(
    "heaviside",
    _heaviside,
    (None, lambda x, y: x.equals(0)),
    "x, y",
    "0 for x < 0 and 1 for x > 0; y at 0. Its derivative in x is taken as 0 everywhere.",
    ("heaviside(0, 0.5)", "0.5"),
    edges=(Edge((0, 0.5), 0.5, (0, 1), "flat on both sides"),),
    whole="kept",
    reference="mpf(0) if x < 0 else mpf(1) if x > 0 else y",
    family=choices,
)


def _nan_to_num(x: Node, nan: Node | None, posinf: Node | None, neginf: Node | None) -> Node:
    largest = as_node(float(np.finfo(np.float64).max))
    x = as_number(x)
    above = where(x.equals(INF), largest if posinf is None else posinf, x)
    below = where(x.equals(-INF), -largest if neginf is None else neginf, above)
    return where(isnan(x), as_node(0.0) if nan is None else nan, below)


Composite(
    "nan_to_num",
    "x, nan=None, posinf=None, neginf=None",
    _nan_to_num,
    "x with 0 for nan, and the largest numbers for infinities, or with what is given for each.",
    ("nan_to_num([nan, 1])", "[0, 1]"),
    derivative="1, and 0 where something else has been put",
    overload=called("NanToNum"),
    samples=(([3], None, None, None), ([2, 3], 1.0, None, None)),
    numpy="nan_to_num(x)",
    family=choices,
)

# Comparisons, and the parts of numbers


def _isclose(x: Node, y: Node, rtol: Node, atol: Node, equal_nan: bool) -> Node:
    x, y = as_number(x), as_number(y)
    near = RULES["or"](x.equals(y), absolute(x - y) <= atol + absolute(rtol * y))
    near = near & RULES["or"](x.equals(y), isfinite(y))
    return RULES["or"](near, isnan(x) & isnan(y)) if equal_nan else near


Composite(
    "isclose",
    "x, y, rtol=1e-05, atol=1e-08, equal_nan=False",
    _isclose,
    "Whether x is within atol + rtol*|y| of y.",
    ("isclose(1, 1.000001)", "True"),
    holds={"equal_nan": "truth"},
    derivative="0",
    numpy="isclose(x, y, rtol, atol)",
    samples=(([3], [3], 1e-5, 1e-8, False), ([2, 3], [3], 0.5, 0.5, False)),
    family=comparisons,
)
Composite(
    "allclose",
    "x, y, rtol=1e-05, atol=1e-08, equal_nan=False",
    lambda x, y, rtol, atol, equal_nan: along(all_true, _isclose(x, y, rtol, atol, equal_nan)),
    "Whether each x is within atol + rtol*|y| of its y.",
    ("allclose([1, 2], [1, 2.000001])", "True"),
    holds={"equal_nan": "truth"},
    derivative="0",
    whole="counted",
    numpy="allclose(x, y, rtol, atol)",
    samples=(([3], [3], 1e-5, 1e-8, False), ([2, 3], [3], 5.0, 5.0, False)),
    family=comparisons,
)


def _asked(name: str, ufunc: Any, doc: str, example: tuple[str, str], reference: str, *also: str) -> None:
    Elementwise(
        name,
        ufunc,
        None,
        "x",
        doc,
        example,
        boolean=True,
        aliases=also,
        reference=reference,
        family=comparisons,
    )


_asked("isinf", np.isinf, "Whether x is infinite.", ("isinf(1/0)", "True"), "isinf(x)")
_asked("isposinf", np.isposinf, "Whether x is inf.", ("isposinf(1/0)", "True"), "isinf(x) and x > 0")
_asked("isneginf", np.isneginf, "Whether x is -inf.", ("isneginf(-1/0)", "True"), "isinf(x) and x < 0")
_asked("signbit", np.signbit, "Whether x has a minus sign, as -0 has.", ("signbit(-0.0)", "True"), "x < 0")
Elementwise(
    "logical_xor",
    np.logical_xor,
    None,
    "x, y",
    "Whether exactly one of x and y is true.",
    ("logical_xor(1 > 2, 2 < 3)", "True"),
    boolean=True,
    takes_truth=True,
    reference="bool(x) != bool(y)",
    family=comparisons,
)


def _whole_numbers(name: str, ufunc: Any, doc: str, example: tuple[str, str]) -> None:
    """Of whole numbers only; anything else is nan."""

    def kernel(x: Any, y: Any, out: Any = None) -> Any:
        x, y = np.broadcast_arrays(np.asarray(x), np.asarray(y))
        fits = (x == np.trunc(x)) & (y == np.trunc(y)) & (np.abs(x) < 2**53) & (np.abs(y) < 2**53)
        found = ufunc(np.where(fits, x, 1).astype(np.int64), np.where(fits, y, 1).astype(np.int64))
        result = np.where(fits, found, np.nan)
        if out is None:
            return result if result.ndim else result[()]
        np.copyto(out, result)
        return out

    primitive = Elementwise(name, kernel, None, "x, y", public=False)
    Composite(
        name,
        "x, y",
        primitive.apply,
        doc,
        example,
        whole="kept",
        derivative="0",
        numpy=f"{name}(x.astype(int), y.astype(int))",
        samples=(((12.0, -8.0), (18.0, 12.0)), ((4.0, 0.0), 6.0)),
        family=arithmetic,
    )


_whole_numbers(
    "gcd",
    np.gcd,
    "The greatest whole number that divides x and y; nan for others.",
    ("gcd(12, 18)", "6"),
)
_whole_numbers(
    "lcm",
    np.lcm,
    "The least whole number that x and y divide; nan for others.",
    ("lcm(4, 6)", "12"),
)


def _nextafter(x: Any, y: Any, out: Any = None) -> Any:
    return np.nextafter(x, y, out=out)


nextafter: Elementwise = Elementwise(
    "nextafter",
    _nextafter,
    (lambda x, y: as_node(1), None),
    "x, y",
    "The double next to x in the direction of y.",
    ("nextafter(0, 1)", "5e-324"),
    reference="x",
    tested=((1, 2), (1, 2)),
    family="rounding",
)
Elementwise(
    "spacing",
    np.spacing,
    (None,),
    "x",
    "The distance of x to the next double away from 0.",
    ("spacing(1)", "2.220446049250313e-16"),
    tested=((1, 1.999),),
    reference="mpf(2)**-52",
    family="rounding",
)

# Parts of numbers, and pairs of them


def _rounded_to_whole(x: Any, out: Any = None) -> Any:
    return np.rint(x, out=out)


Elementwise(
    "rint",
    _rounded_to_whole,
    (None,),
    "x",
    "The whole number next to x, halves to even. Its derivative is taken as 0 everywhere.",
    ("rint(2.5)", "2"),
    edges=(Edge((1,), 1, (0,), "flat on both sides"),),
    whole="rounded",
    reference="mpf(round(x))",
    tested=((-1e10, 1e10),),
    family="rounding",
)
binary_exponent: Elementwise = Elementwise(
    "binary_exponent",
    lambda x, out=None: np.multiply(np.frexp(x)[1], 1.0, out=out),
    (None,),
    "x",
    public=False,
)
Composite(
    "frexp",
    "x",
    lambda x: as_number(x) * exp2(-binary_exponent(x)),
    "x as a mantissa, between 1/2 and 1, and the power of 2 that it is multiplied by.",
    ("frexp(10).mantissa", "0.625"),
    derivative="2**-exponent of the mantissa, 0 of the exponent",
    results=Results(
        "mantissa",
        (Result("exponent", lambda x: binary_exponent.apply(x), whole="always"),),
        "frexp",
        alone="",
        listed=True,
    ),
    overload=called("Frexp"),
    numpy="frexp(x)[0]",
    samples=(([2],), ([2, 1],)),
    family=arithmetic,
)
Composite(
    "modf",
    "x",
    lambda x: RULES["-"](as_number(x), RULES["trunc"](x)),
    "The fraction of x and its whole part, both with the sign of x.",
    ("modf(-2.75)[0]", "-0.75"),
    derivative="1 of the fraction, 0 of the whole part",
    results=Results("0", (Result("1", lambda x: RULES["trunc"](x)),), alone="", listed=True),
    numpy="modf(x)[0]",
    family=arithmetic,
)
Composite(
    "divmod",
    "x, y",
    lambda x, y: floor_divide.apply(x, y),
    "The whole quotient of x and y, rounded down, and what is left.",
    ("divmod(7, 2)[1]", "1"),
    derivative="0 of the quotient; 1 and minus the quotient of the rest",
    results=Results(
        "0", (Result("1", lambda x, y: remainder.apply(x, y), whole="kept"),), alone="", listed=True
    ),
    whole="kept",
    numpy="floor_divide(x, y)",
    samples=(([3], 0.7), ([2, 3], (1.5, 2.0, -0.7))),
    family=arithmetic,
)
Composite(
    "angle",
    "x",
    lambda x: where(isnan(as_number(x)), NAN, where(as_number(x) < 0, np.pi, 0)),
    "The angle of a real number in the plane: 0, or pi where it is negative. Its derivative is 0.",
    ("angle(-2)", "3.141592653589793"),
    derivative="0",
    overload=called("Angle"),
    family=arithmetic,
)
