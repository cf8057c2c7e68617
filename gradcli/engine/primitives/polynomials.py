"""Orthogonal polynomials of whole degree, whose slopes are polynomials of the same families.

Their derivatives in parameters are those of the recurrence of three terms.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np

from gradcli.arrays import Array
from gradcli.engine.graph import Kernel, Node
from gradcli.engine.primitives.arithmetic import where
from gradcli.engine.primitives.derivatives import Derivatives, Order
from gradcli.engine.primitives.elementwise import absolute, one_minus_square
from gradcli.engine.primitives.entry import (
    Accuracy,
    Composite,
    Elementwise,
    Meaning,
    Unknown,
    differentiated,
)
from gradcli.engine.primitives.gamma import factorial2, poch
from gradcli.engine.primitives.scipy_door import function
from gradcli.engine.primitives.trigonometry_of_turns import cospi
from gradcli.engine.primitives.two_doubles import on_elements

INF = float("inf")

family = "orthogonal polynomials"


Recurrence = Callable[..., Any]


def _next_jacobi(k: int, now: Any, before: Any, alpha: Any, beta: Any, x: Any) -> Any:
    both = 2 * k + alpha + beta
    middle = (both + 1) * ((both + 2) * both * x + (alpha + beta) * (alpha - beta)) * now
    last = 2 * (k + alpha) * (k + beta) * (both + 2) * before
    return (middle - last) / (2 * (k + 1) * (k + 1 + alpha + beta) * both)


_RECURRENCES: dict[str, tuple[Recurrence, Recurrence]] = {
    "eval_gegenbauer": (
        lambda alpha, x: 2 * alpha * x,
        lambda k, now, before, alpha, x: (2 * x * (k + alpha) * now - (k + 2 * alpha - 1) * before) / (k + 1),
    ),
    "eval_legendre": (
        lambda x: x,
        lambda k, now, before, x: ((2 * k + 1) * x * now - k * before) / (k + 1),
    ),
    "eval_chebyt": (lambda x: x, lambda k, now, before, x: 2 * x * now - before),
    "eval_chebyu": (lambda x: 2 * x, lambda k, now, before, x: 2 * x * now - before),
    "eval_chebyv": (lambda x: 2 * x - 1, lambda k, now, before, x: 2 * x * now - before),
    "eval_chebyw": (lambda x: 2 * x + 1, lambda k, now, before, x: 2 * x * now - before),
    "eval_hermite": (lambda x: 2 * x, lambda k, now, before, x: 2 * (x * now - k * before)),
    "eval_hermitenorm": (lambda x: x, lambda k, now, before, x: x * now - k * before),
    "eval_jacobi": (lambda alpha, beta, x: (alpha + beta + 2) * (x - 1) / 2 + alpha + 1, _next_jacobi),
    "eval_genlaguerre": (
        lambda alpha, x: 1 + alpha - x,
        lambda k, now, before, alpha, x: ((2 * k + 1 + alpha - x) * now - (k + alpha) * before) / (k + 1),
    ),
}
"""The polynomial of degree 1, and that of degree k + 1 from the two before it (DLMF 18.9.2).

SciPy's own start at x = 1, and lose digits near 0, where every other one has a zero. It has no V and W.
"""

_VALUES_OF_SCIPY = frozenset({"eval_jacobi", "eval_laguerre"})
"""Jacobi's recurrence divides by what may be 0; SciPy's keeps more digits of Laguerre's."""

HIGHEST = 100_000
"""The highest degree: a recurrence takes as many steps as it has, and gathers as many roundings."""


def _value(name: str, degree: int, *rest: Any) -> Any:
    """The polynomial of numbers, or of numbers with their derivatives."""
    first, next_of = _RECURRENCES[name]
    before, now = 1.0, first(*rest)
    if degree == 0:
        return before
    for k in range(1, degree):
        before, now = now, next_of(k, now, before, *rest)
    return now


def _jacobi_at_ends(degree: int, alpha: Any, beta: Any, x: Any) -> Any:
    """Jacobi's polynomial as a sum in powers of what x is apart from both ends (DLMF 18.5.8).

    Each power has its own product of parameters, so that what is 0 at an end keeps its digits beside it.
    """
    down, up = (x + -1.0) * 0.5, (x + 1.0) * 0.5
    total: Any = 0.0
    for k in range(degree + 1):
        term: Any = math.comb(degree, k) / math.factorial(degree)
        for j in range(k + 1, degree + 1):
            term = term * (alpha + float(j)) * up
        for j in range(degree - k + 1, degree + 1):
            term = term * (beta + float(j)) * down
        total = total + term
    return total


_ENDS, _SHORT = 0.999, 30
"""From where on that sum is taken, and up to which degree: its terms are as many as the degree's square."""


def _of_degree(name: str, order: Order = ()) -> Kernel:
    """The polynomial for whole degrees, and 0 for negative ones; nan for others.

    Or its derivative of an `order` in each of its parameters and in x.
    """

    def of(degree: int, *rest: Array) -> Array:
        if any(order):
            if degree == 0:
                return np.zeros_like(rest[0])
            ends = (np.abs(rest[-1]) > _ENDS) & (name == "eval_jacobi") & (degree <= _SHORT)
            found = np.zeros_like(rest[0])
            for here, by in (
                (ends, partial(_jacobi_at_ends, degree)),
                (~ends, partial(_value, name, degree)),
            ):
                if here.any():
                    numbers = [
                        Derivatives.variable(each[here], place, order) for place, each in enumerate(rest)
                    ]
                    found[here] = by(*numbers).of.get(order, 0.0)
            return found
        return function(name)(degree, *rest) if name in _VALUES_OF_SCIPY else _value(name, degree, *rest)

    def kernel(n: Array, *rest: Array) -> Array:
        known = (n == np.floor(n)) & (n <= HIGHEST)
        y = np.zeros_like(n)
        for degree in np.unique(n[known & (n >= 0)]):
            here = n == degree
            y[here] = of(int(degree), *(each[here] for each in rest))
        return np.where(known, y, np.nan)

    return on_elements(kernel)


@cache
def _derivative(name: str, parameters: str, order: Order) -> Elementwise:
    """The derivative of a polynomial of an order in each of its parameters and in x."""
    places = [place + 1 for place, often in enumerate(order) for _ in range(often)]

    def in_place(place: int) -> Callable[..., Node]:
        further = (*order[:place], order[place] + 1, *order[place + 1 :])
        return lambda *inputs: _derivative(name, parameters, further)(*inputs)

    return Elementwise(
        f"{name}_{'_'.join(map(str, order))}",
        _of_degree(name, order),
        (Unknown(name, "n", "its degree is a whole number"), *(in_place(k) for k in range(len(order)))),
        parameters,
        written=f"{differentiated(name, *places)}({parameters})",
        public=False,
    )


def _an_object(name: str) -> Meaning:
    """SciPy's functions of these names make polynomials."""
    told = f"makes a polynomial there, and no number: write scipy.special.eval_{name}"
    return Meaning("scipy.special", told, names=name)


def _polynomial(
    name: str,
    letter: str,
    slope: Callable[..., Node],
    example: tuple[str, str],
    reference: str,
    **about: Any,
) -> Elementwise:
    parameters = about.pop("parameters", "n, x")
    names = parameters.split(", ")
    tested = about.pop("tested", (range(9), (-1, 1)))
    count = len(names) - 1

    def in_parameter(place: int) -> Callable[..., Node]:
        order = tuple(int(k == place) for k in range(count))
        return lambda *inputs: _derivative(name, parameters, order)(*inputs)

    in_parameters = tuple(in_parameter(place) for place in range(count - 1))
    return Elementwise(
        name,
        _of_degree(name),
        (Unknown(name, names[0], "its degree is a whole number"), *in_parameters, slope),
        parameters,
        f"{letter} polynomial of whole degree n.",
        example,
        tested=tested,
        reference=reference,
        family=family,
        **about,
    )


_RECURRENCE = tuple(
    Accuracy(what, reached, "", "a recurrence of three terms gathers rounding")
    for what, reached in (("value", 40), ("first", 80), ("second", 160))
)
_LAGUERRE = tuple(
    Accuracy(what, 16, "", "a recurrence of three terms gathers rounding")
    for what in ("value", "first", "second")
)
_JACOBI = (
    Accuracy("value", 120, "", "SciPy's recurrence in the differences of three terms gathers rounding"),
    *_RECURRENCE[1:],
    Accuracy("second", 3000, "abs(x) > 0.98", "in a parameter, near the end where it is 0"),
)
_SHIFTED = tuple(
    Accuracy(what, reached, "", "2*x - 1 is rounded")
    for what, reached in (("value", 60), ("first", 20), ("second", 20))
)

eval_gegenbauer: Elementwise = _polynomial(
    "eval_gegenbauer",
    "Gegenbauer",
    lambda n, alpha, x: 2 * alpha * eval_gegenbauer(n - 1, alpha + 1, x),
    ("eval_gegenbauer(1, 1, 2)", "4"),
    "gegenbauer(n, alpha, x)",
    parameters="n, alpha, x",
    tested=(range(9), (0.3, 5), (-1, 1)),
    aliases=("gegenbauer",),
    meanings=(_an_object("gegenbauer"),),
)
eval_legendre: Elementwise = _polynomial(
    "eval_legendre",
    "Legendre",
    lambda n, x: eval_gegenbauer(n - 1, 1.5, x),
    ("eval_legendre(2, 1)", "1"),
    "legendre(n, x)",
    aliases=("legendre",),
    meanings=(_an_object("legendre"),),
)
eval_chebyt: Elementwise = _polynomial(
    "eval_chebyt",
    "Chebyshev's first",
    lambda n, x: n * eval_chebyu(n - 1, x),
    ("eval_chebyt(2, 1)", "1"),
    "chebyt(n, x)",
    aliases=("chebyt",),
    meanings=(_an_object("chebyt"),),
)
eval_chebyu: Elementwise = _polynomial(
    "eval_chebyu",
    "Chebyshev's second",
    lambda n, x: 2 * eval_gegenbauer(n - 1, 2.0, x),
    ("eval_chebyu(1, 1)", "2"),
    "chebyu(n, x)",
    aliases=("chebyu",),
    meanings=(_an_object("chebyu"),),
)
eval_chebyv: Elementwise = _polynomial(
    "eval_chebyv",
    "Chebyshev's third",
    lambda n, x: 2 * (eval_gegenbauer(n - 1, 2.0, x) - eval_gegenbauer(n - 2, 2.0, x)),
    ("eval_chebyv(1, 1)", "1"),
    "chebyu(n, x) - chebyu(n - 1, x)",
)
eval_chebyw: Elementwise = _polynomial(
    "eval_chebyw",
    "Chebyshev's fourth",
    lambda n, x: 2 * (eval_gegenbauer(n - 1, 2.0, x) + eval_gegenbauer(n - 2, 2.0, x)),
    ("eval_chebyw(1, 1)", "3"),
    "chebyu(n, x) + chebyu(n - 1, x)",
)
eval_hermite: Elementwise = _polynomial(
    "eval_hermite",
    "Hermite (physicists')",
    lambda n, x: 2 * n * eval_hermite(n - 1, x),
    ("eval_hermite(1, 1)", "2"),
    "hermite(n, x)",
    tested=(range(9), (-50, 50)),
    aliases=("hermite",),
    meanings=(_an_object("hermite"),),
)
eval_hermitenorm: Elementwise = _polynomial(
    "eval_hermitenorm",
    "Hermite (probabilists')",
    lambda n, x: n * eval_hermitenorm(n - 1, x),
    ("eval_hermitenorm(2, 2)", "3"),
    "hermite(n, x/sqrt(2))/sqrt(2)**n",
    tested=(range(9), (-50, 50)),
    aliases=("hermitenorm",),
    meanings=(_an_object("hermitenorm"),),
)
eval_genlaguerre: Elementwise = _polynomial(
    "eval_genlaguerre",
    "Generalised Laguerre",
    lambda n, alpha, x: -eval_genlaguerre(n - 1, alpha + 1, x),
    ("eval_genlaguerre(1, 0, 1)", "0"),
    "laguerre(n, alpha, x)",
    parameters="n, alpha, x",
    tested=(range(9), (0, 5), (0, 50)),
    accuracy=_LAGUERRE,
    aliases=("genlaguerre",),
    meanings=(_an_object("genlaguerre"),),
)
eval_laguerre: Elementwise = _polynomial(
    "eval_laguerre",
    "Laguerre",
    lambda n, x: -eval_genlaguerre(n - 1, 1.0, x),
    ("eval_laguerre(1, 1)", "0"),
    "laguerre(n, 0, x)",
    tested=(range(9), (0, 50)),
    accuracy=_LAGUERRE[1:],
    aliases=("laguerre",),
    meanings=(_an_object("laguerre"),),
)
eval_jacobi: Elementwise = _polynomial(
    "eval_jacobi",
    "Jacobi",
    lambda n, alpha, beta, x: (n + alpha + beta + 1) / 2 * eval_jacobi(n - 1, alpha + 1, beta + 1, x),
    ("eval_jacobi(1, 0, 0, 1)", "1"),
    "jacobi(n, alpha, beta, x)",
    parameters="n, alpha, beta, x",
    tested=(range(9), (0, 5), (0, 5), (-1, 1)),
    accuracy=_JACOBI,
    aliases=("jacobi",),
    meanings=(_an_object("jacobi"),),
)


def _as_torch(name: str, entry: Elementwise, letter: str, at: Callable[[Node], Node] | None = None) -> None:
    """The polynomial by PyTorch's name, which takes the degree second."""
    reference = entry.reference if at is None else entry.reference.replace("x", "(2*x - 1)")
    Composite(
        name,
        "x, n",
        lambda x, n: entry(n, x if at is None else at(x)),
        f"{letter} polynomial of whole degree n at x, with PyTorch's order of arguments.",
        (f"{name}(1, 0)", "1"),
        tested=((-1, 1) if at is None else (0, 1), range(9)),
        reference=reference,
        accuracy=entry.accuracy if at is None else _SHIFTED,
        meanings=(Meaning("torch.special", "cuts a degree that is not whole, which is nan here", kept=True),),
        family=family,
    )


def _shifted(name: str, entry: Elementwise, letter: str, example: tuple[str, str]) -> None:
    """The polynomial on the interval from 0 to 1, by SciPy's name."""
    Composite(
        name,
        "n, x",
        lambda n, x: entry(n, 2 * x - 1),
        f"{letter} polynomial of whole degree n at 2*x - 1.",
        example,
        tested=(range(9), (0, 1)),
        reference=entry.reference.replace("x", "(2*x - 1)"),
        accuracy=_SHIFTED,
        family=family,
    )


_shifted("eval_sh_legendre", eval_legendre, "Shifted Legendre", ("eval_sh_legendre(1, 1)", "1"))
_shifted("eval_sh_chebyt", eval_chebyt, "Shifted Chebyshev's first", ("eval_sh_chebyt(1, 1)", "1"))
_shifted("eval_sh_chebyu", eval_chebyu, "Shifted Chebyshev's second", ("eval_sh_chebyu(1, 1)", "2"))

Composite(
    "eval_chebyc",
    "n, x",
    lambda n, x: 2 * eval_chebyt(n, x / 2),
    "Chebyshev's first polynomial of whole degree n on the interval from -2 to 2: 2*eval_chebyt(n, x/2).",
    ("eval_chebyc(2, 2)", "2"),
    tested=(range(9), (-2, 2)),
    reference="2*chebyt(n, x/2)",
    family=family,
)
Composite(
    "eval_chebys",
    "n, x",
    lambda n, x: eval_chebyu(n, x / 2),
    "Chebyshev's second polynomial of whole degree n on the interval from -2 to 2: eval_chebyu(n, x/2).",
    ("eval_chebys(1, 2)", "2"),
    tested=(range(9), (-2, 2)),
    reference="chebyu(n, x/2)",
    family=family,
)

_as_torch("legendre_polynomial_p", eval_legendre, "Legendre")
_as_torch("chebyshev_polynomial_t", eval_chebyt, "Chebyshev's first")
_as_torch("chebyshev_polynomial_u", eval_chebyu, "Chebyshev's second")
_as_torch("hermite_polynomial_h", eval_hermite, "Hermite (physicists')")
_as_torch("hermite_polynomial_he", eval_hermitenorm, "Hermite (probabilists')")
_as_torch("laguerre_polynomial_l", eval_laguerre, "Laguerre")
_as_torch("shifted_chebyshev_polynomial_t", eval_chebyt, "Shifted Chebyshev's first", lambda x: 2 * x - 1)
_as_torch("shifted_chebyshev_polynomial_u", eval_chebyu, "Shifted Chebyshev's second", lambda x: 2 * x - 1)
_as_torch("chebyshev_polynomial_v", eval_chebyv, "Chebyshev's third")
_as_torch("chebyshev_polynomial_w", eval_chebyw, "Chebyshev's fourth")
_as_torch("shifted_chebyshev_polynomial_v", eval_chebyv, "Shifted Chebyshev's third", lambda x: 2 * x - 1)
_as_torch("shifted_chebyshev_polynomial_w", eval_chebyw, "Shifted Chebyshev's fourth", lambda x: 2 * x - 1)

# Associated Legendre functions


def _whole(argument: str) -> Elementwise:
    """A number that must be whole, in which there is no derivative."""
    return Elementwise(
        f"whole_{argument}_of_lpmv",
        on_elements(lambda n: np.where(n == np.floor(n), n, np.nan)),
        (Unknown("lpmv", argument, "it is a whole number here"),),
        argument,
        spelled=lambda n: n,
        written=argument,
        public=False,
    )


_order, _degree = _whole("m"), _whole("v")


def _lpmv(m: Node, v: Node, x: Node) -> Node:
    """(-1)^m (2m-1)!! (1-x²)^(m/2) times Gegenbauer's polynomial of degree v - m (DLMF 14.7.8, 18.7.9)."""
    m, v = _order(m), _degree(v)
    size = absolute(m)
    beyond = size > v
    rest = where(beyond, 0, v - size)
    found = factorial2(2 * size - 1) * eval_gegenbauer(rest, size + 0.5, x)
    found = found * one_minus_square(x) ** (size / 2)
    inside = where(m < 0, found / poch(rest + 1, 2 * size), cospi(size) * found)
    known = where(absolute(x) > 1, np.nan, where(beyond, 0, inside))
    return where(v < 0, np.nan, known)


Composite(
    "lpmv",
    "m, v, x",
    _lpmv,
    "Associated Legendre function of whole order m and degree v, with the factor (-1)**m, for abs(x) <= 1.",
    ("lpmv(1, 1, 0)", "-1"),
    tested=(range(5), range(9), (-1, 1)),
    reference="associated_legendre(m, v, x)",
    accuracy=_RECURRENCE,
    family=family,
)
