"""Derivatives that somebody claims, and what is to be said of them: right, undecided, or wrong, and why."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import chain, islice
from typing import Any

import numpy as np

from gradcli.arrays import Array
from gradcli.capabilities.formula import Claim, Formula
from gradcli.capabilities.sampling import Points, rows_of, sampled
from gradcli.engine import derive, jacobians
from gradcli.engine.graph import Input, Node, as_node, expand, topological, zeros_like
from gradcli.engine.primitives.entry import as_number
from gradcli.engine.primitives.shaping import permute, reshape
from gradcli.engine.slips import Wrong, wrong_derivatives
from gradcli.engine.slopes import EPS, shaken
from gradcli.language.tree import Expression, Number, Unary, Vector
from gradcli.records import NamedTuple
from gradcli.text.errors import InputError
from gradcli.text.json import json_value
from gradcli.text.values import number
from gradcli.writing.formula import formula as as_text

DIFFERS = 1e-8
"""A claim that is further from the derivative than this, relative to it, is wrong."""

_KNOWN = 1e-4
"""Where rounding moves the two by a greater part of them, there are no digits to compare."""

_SMALLEST = 1e-290
_FEWEST = 3
_NOISES = 3
_SAFETY = 30
_LONGEST_PART = 60
_AT_A_TIME = 4000


class Judged(NamedTuple):
    """A verdict: `right`, `wrong` or `undecided`.

    `points` says at how many points the claim was compared; `counterexample` are values of the variables, and
    what the derivative and the claim are there; `slip` is the mistake that leads to the claim, and `reason`
    says why nothing is decided, or under which condition the claim is right.
    """

    verdict: str
    points: int = 0
    counterexample: Counterexample | None = None
    slip: str = ""
    reason: str = ""


class Counterexample(NamedTuple):
    """A point, and what the derivative and the claim are there."""

    variables: dict[str, Any]
    derivative: Any
    claimed: Any

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "variables": {name: json_value(each) for name, each in self.variables.items()},
            "derivative": json_value(self.derivative),
            "claimed": json_value(self.claimed),
        }


def judged(formula: Formula, claim: Claim, seed: int) -> Judged:
    """The verdict on a claim; raises `GradcliError`, as for a claim of another shape."""
    wrt = formula.variables[claim.name]
    derivative, claimed = _of_one_shape(formula.output.node, wrt, claim)
    variables = formula.variables.values()
    if all(each in formula.values for each in variables) and not any(
        each in variables for each in topological((claimed,))
    ):
        return _of_number(formula, claim, derivative, claimed)
    found = _of_formula(formula, claim, derivative, claimed, formula.variables, seed)
    held = {name: each for name, each in formula.given().items() if name != claim.name}
    if found.verdict == "wrong" and held:
        free = {name: each for name, each in formula.variables.items() if name not in held}
        again = _of_formula(formula, claim, derivative, claimed, free, seed)
        if again.verdict == "right":
            where = ", ".join(f"{name} = {number(each)}" for name, each in held.items() if not np.shape(each))
            return again._replace(reason=f"where {where}" if where else "for the values given")
    return found


def _of_one_shape(output: Node, wrt: Input, claim: Claim) -> tuple[Node, Node]:
    """The derivative and the claim, in one shape; raises `InputError` where they have none in common."""
    claimed = as_number(claim.node)
    shape = output.shape + wrt.shape
    if claimed.shape != shape and claimed.shape == wrt.shape and derive.is_elementwise(output, wrt):
        seed = expand(as_node(1.0), wrt.shape)
        found = derive.pushforward((output,), (wrt,), (seed,))[0]
        return zeros_like(output) if found is None else found, claimed
    whole = jacobians.gradients(output, (wrt,))[0]
    derivative = expand(as_node(0.0), shape) if whole is None else whole
    if claimed.shape == shape:
        return derivative, claimed
    if claimed.shape == ():
        return derivative, expand(claimed, shape)
    if claimed.shape == wrt.shape and math.prod(output.shape) == 1:
        return derivative, reshape(claimed, shape)
    raise InputError(
        f"the derivative in {claim.name} has shape {list(shape)}, and the claim {list(claimed.shape)}",
        (claim.mark,),
    )


# Numbers, at the point


def _of_number(formula: Formula, claim: Claim, derivative: Node, claimed: Node) -> Judged:
    """The verdict on a claim without variables, at the point that was given."""
    rng = np.random.default_rng(0)
    noises = [shaken((derivative,), rng)[0] for _ in range(_NOISES)]
    right, stated, *moved = (np.ravel(each) for each in formula.run([derivative, claimed, *noises]))
    if not np.isfinite(right).all():
        return Judged("undecided", reason="the derivative is not finite there")
    noise = np.max([np.abs(each - right) for each in moved], axis=0)
    half = _half_units(claim.expression, claim.mark.source.text)
    given = np.zeros(right.shape) if half is None else np.broadcast_to(np.ravel(half), right.shape)
    relative = DIFFERS if half is None else 8 * EPS
    allowed = given * (1 + 1e-9) + relative * np.abs(right) + _SAFETY * noise
    with np.errstate(invalid="ignore"):
        wrong = ~(np.abs(right - stated) <= allowed)
    if not wrong.any():
        return Judged("right", 1)
    shape = derivative.shape
    found = Counterexample(formula.given(), right.reshape(shape)[()], stated.reshape(shape)[()])
    return Judged("wrong", 1, found)


def _half_units(expression: Expression, text: str) -> list[float] | None:
    """Half a unit in the last digit of each number of a claim, 0 of a whole one; `None` of a formula."""
    if isinstance(expression, Unary) and expression.operator in "+-":
        return _half_units(expression.operand, text)
    if isinstance(expression, Vector):
        inner = [_half_units(each, text) for each in expression.items]
        return None if None in inner else [each for part in inner if part is not None for each in part]
    if not isinstance(expression, Number):
        return None
    digits = Decimal(text[expression.span.start : expression.span.end].replace("_", ""))
    exponent = digits.as_tuple().exponent
    assert isinstance(exponent, int)
    return [0.5 * 10.0**exponent if exponent < 0 else 0.0]


# Formulas, at random points


class _Compared(NamedTuple):
    """Points as rows, what the derivative and the claim are there, and where the two agree and differ."""

    points: Points
    right: Array
    stated: Array
    agrees: Array
    differs: Array


def _of_formula(
    formula: Formula, claim: Claim, derivative: Node, claimed: Node, free: Mapping[str, Input], seed: int
) -> Judged:
    """The verdict on a formula, tried with values for the variables in `free`."""
    variables = list(free.values())
    if not variables:
        return Judged("undecided", reason="no variable is free")
    points = _points(formula, derivative, variables, seed)
    if not len(next(iter(points.values()))):
        return Judged("undecided", reason="no point of the domain was found")
    compared = _compare(formula, derivative, claimed, points)
    count = int((compared.agrees | compared.differs).sum())
    if compared.differs.any():
        row = int(np.argmax(compared.differs))
        at = {
            name: points[each][row] if each in points else formula.values[each]
            for name, each in formula.variables.items()
        }
        shape = derivative.shape
        found = Counterexample(
            at, compared.right[row].reshape(shape)[()], compared.stated[row].reshape(shape)[()]
        )
        return Judged("wrong", count, found, _slip(formula, claim, derivative, claimed, compared))
    if count < _FEWEST:
        told = f"it could be compared at {count} points only"
        return Judged(
            "undecided", count, reason=told if np.isfinite(compared.stated).any() else "it has no value"
        )
    reason = ""
    nothing = ~np.isfinite(compared.stated).all(axis=1)
    if nothing.any():
        row = int(np.argmax(nothing))
        where = ", ".join(
            f"{name} = {number(points[each][row])}" for name, each in free.items() if not each.shape
        )
        reason = f"where it has a value; it has none at {where}"
    return Judged("right", count, reason=reason)


def _points(formula: Formula, derivative: Node, variables: Sequence[Input], seed: int) -> Points:
    """Random points, behind the one that was given."""
    drawn = sampled([formula.output.node, derivative], variables, formula.values, np.random.default_rng(seed))
    if any(each not in formula.values for each in variables):
        return drawn
    given = {each: np.asarray(formula.values[each], dtype=float)[None] for each in variables}
    value, slope = rows_of([formula.output.node, derivative], given, formula.values)
    if not (np.isfinite(value).all() and np.isfinite(slope).all()):
        return drawn
    return {each: np.concatenate([given[each], column]) for each, column in drawn.items()}


def _compare(formula: Formula, derivative: Node, claimed: Node, points: Points) -> _Compared:
    """Where a claim agrees with the derivative, and where it differs: neither, where rounding hides it."""
    rng = np.random.default_rng(0)
    noises = [each for _ in range(_NOISES) for each in shaken((derivative, claimed), rng)]
    rows = len(next(iter(points.values())))
    data = [
        each.reshape(rows, -1) for each in rows_of([derivative, claimed, *noises], points, formula.values)
    ]
    right, stated, *moved = data
    with np.errstate(all="ignore"):
        noise = np.max([np.abs(each - right) for each in moved[::2]], axis=0)
        noise = noise + np.max([np.abs(each - stated) for each in moved[1::2]], axis=0)
        size = np.maximum(np.abs(right), np.abs(stated))
        apart = np.abs(right - stated)
        known = (_SAFETY * noise <= _KNOWN * size) & np.isfinite(stated) & (size > _SMALLEST)
        near = (apart <= DIFFERS * np.abs(right) + _SAFETY * noise) & known
        far = (apart > DIFFERS * np.abs(right) + _SAFETY * noise) & known
    far |= np.isinf(stated) & np.isfinite(right)
    agrees = (near | (right == stated)).all(axis=1)
    return _Compared(points, right, stated, agrees, far.any(axis=1))


# What went wrong


def _slip(formula: Formula, claim: Claim, derivative: Node, claimed: Node, compared: _Compared) -> str:
    """The mistake that leads to a claim, in words; nothing where it is none of the known ones."""
    wrt = formula.variables[claim.name]
    output = formula.output.node
    rows = len(compared.right)
    usable = np.isfinite(compared.stated).all(axis=1)
    stated = compared.stated[usable]
    whole = (Wrong(node, told, None) for told, node in _whole_slips(formula, wrt, derivative))
    slips = chain(wrong_derivatives(output, wrt), whole)
    while usable.sum() >= _FEWEST and (some := list(islice(slips, _AT_A_TIME))):
        nodes = [reshape(each.derivative, derivative.shape) for each in some]
        for each, data in zip(some, rows_of(nodes, compared.points, formula.values), strict=True):
            made = data.reshape(rows, -1)[usable]
            with np.errstate(all="ignore"):
                same = np.abs(made - stated) <= DIFFERS * np.abs(stated)
            if same.all():
                where = None if each.part is None else as_text(each.part, _LONGEST_PART)
                return each.slip if where is None else f"{each.slip}, at {where}"
    return _factor(compared)


def _whole_slips(formula: Formula, wrt: Input, derivative: Node) -> list[tuple[str, Node]]:
    """Mistakes of the whole: another derivative than the one that was asked for."""
    output = formula.output.node
    found = [("the sign is wrong", -derivative)]
    for name, each in formula.variables.items():
        if each is not wrt and each.shape == wrt.shape:
            other = jacobians.gradients(output, (each,))[0]
            if other is not None and other.shape == derivative.shape:
                found.append((f"this is the derivative in {name}", other))
    if output.shape == derivative.shape:
        found.append(("this is the expression itself", as_number(output)))
    if not derivative.shape:
        second = jacobians.gradients(derivative, (wrt,))[0]
        if second is not None:
            found.append(("this is the second derivative", second))
    elif len(derivative.shape) == 2 and derivative.shape[0] == derivative.shape[1]:
        found.append(("this is the transpose", permute(derivative, (-1, -2))))
    return found


def _factor(compared: _Compared) -> str:
    """A claim that is a constant times the derivative."""
    usable = np.isfinite(compared.stated) & (compared.right != 0)
    with np.errstate(all="ignore"):
        ratios = (compared.stated / compared.right)[usable]
    if len(ratios) < _FEWEST or not np.isfinite(ratios).all():
        return ""
    factor = float(np.median(ratios))
    if not factor or np.abs(ratios - factor).max() > DIFFERS * abs(factor):
        return ""
    if abs(factor) >= 1:
        return f"a factor of {_neat(factor)} too much"
    return f"a factor of {_neat(1 / factor)} is missing"


_NAMED = {
    "log(10)": math.log(10),
    "log(2)": math.log(2),
    "1/log(2)": 1 / math.log(2),
    "180/pi": 180 / math.pi,
}
"""Factors by which the base of a logarithm, or degrees, are forgotten."""


def _neat(factor: float) -> str:
    named = next((name for name, value in _NAMED.items() if abs(factor - value) <= 1e-9 * value), None)
    return named or number(factor, 8)
