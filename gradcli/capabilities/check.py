"""`check`: whether derivatives are right, against numbers alone, and whether claimed ones are."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from gradcli.arrays import Array
from gradcli.capabilities.claims import Judged, judged
from gradcli.capabilities.formula import Formula
from gradcli.capabilities.found import Found, Request
from gradcli.engine.evaluate import compute
from gradcli.engine.graph import Input, Node, as_node, expand
from gradcli.engine.jacobians import gradients_in_full
from gradcli.engine.slopes import (
    EPS,
    NotAnalyticError,
    Sampler,
    Slope,
    differences,
    from_side,
    is_rough,
    shaken,
)
from gradcli.records import NamedTuple
from gradcli.session.explain import Explainer
from gradcli.text.errors import InputError, Notice
from gradcli.text.json import json_value
from gradcli.text.values import derivative_label, number, plain

AGREES, DIFFERS, UNDECIDED, NO_DIGITS = "agrees", "differs", "undecided", "no digits here"

MOST_ELEMENTS = 400
"""Of an array with more elements, so many that are drawn at random are checked."""

_NOISES = 3
_SAME_SIDES = 1e-6
_NOTHING = 1e-13


class Checked(NamedTuple):
    """One derivative: what gradcli computes, what numbers alone say, and the verdict.

    `error` bounds the error of `checked` (`None`: no bound is known); `relative_difference` is the greatest
    difference, relative to the greatest element; `method` says how it was found, and `reason` what is special
    about the place.
    """

    computed: Any
    checked: Any
    error: Any
    relative_difference: float | None
    verdict: str
    method: str
    reason: str

    @property
    def agrees(self) -> bool | None:
        """The verdict as a truth value; `None` where there is none."""
        return {AGREES: True, DIFFERS: False}.get(self.verdict)

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "computed": json_value(self.computed),
            "checked": json_value(self.checked),
            "error": json_value(self.error),
            "relative_difference": json_value(self.relative_difference),
            "agrees": self.agrees,
            "verdict": self.verdict,
            "method": self.method,
            "reason": self.reason,
        }


class Verdict(Found):
    """Whether derivatives are right.

    `gradients` are those of the variables by name, where these have values; `second` the second derivatives,
    by names such as `x,y`; `claims` what is to be said of those that were claimed. `agrees` is true where all
    are right, false where one is wrong, and `None` where that is left undecided.
    """

    def __init__(
        self,
        formula: Formula,
        gradients: Mapping[str, Checked],
        second: Mapping[str, Checked] | None,
        claims: Mapping[str, Judged],
        notices: Sequence[Notice],
    ) -> None:
        super().__init__(formula.text, formula.given(), notices)
        self.gradients = dict(gradients)
        self.second = None if second is None else dict(second)
        self.claims = dict(claims)
        if self.agrees is False:
            self.status, self.failure = 1, "a derivative is wrong"

    @property
    def agrees(self) -> bool | None:
        """Whether everything is right."""
        truths = [each.agrees for each in (*self.gradients.values(), *(self.second or {}).values())]
        truths += [{"right": True, "wrong": False}.get(each.verdict) for each in self.claims.values()]
        return False if False in truths else None if None in truths else True

    def members(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "agrees": self.agrees,
            "gradients": {name: each.to_dict() for name, each in self.gradients.items()},
        }
        if self.second is not None:
            found["second"] = {name: each.to_dict() for name, each in self.second.items()}
        found["claims"] = {
            name: {
                "verdict": each.verdict,
                "points": each.points,
                "counterexample": None if each.counterexample is None else each.counterexample.to_dict(),
                "slip": each.slip or None,
                "reason": each.reason or None,
            }
            for name, each in self.claims.items()
        }
        return found

    def text(self, digits: int | None = None) -> str:
        return "\n".join(self._lines(digits))

    def _lines(self, digits: int | None) -> Iterator[str]:
        for name, each in self.gradients.items():
            yield from _told(f"d/d{name}", each, digits)
        for name, each in (self.second or {}).items():
            yield from _told(derivative_label(name.split(",")), each, digits)
        for name, claim in self.claims.items():
            yield from _told_of_claim(name, claim, digits)


def _told(heading: str, each: Checked, digits: int | None) -> Iterator[str]:
    yield f"{heading} = {plain(each.computed, digits, multiline=False)}"
    if each.checked is not None:
        known = np.isfinite(each.checked)
        shown = plain(each.checked, digits, multiline=False) if known.all() else f"{known.sum()} elements"
        line = f"  {each.method}: {shown}"
        if each.error is not None:
            line += f", error below {number(float(np.max(each.error, where=known, initial=0.0)), 2)}"
        yield line
    apart = _apart(each)
    yield f"  {each.verdict}{apart}{': ' if each.reason else ''}{each.reason}"


def _apart(each: Checked) -> str:
    """How far the two are apart: in ulps where they are near, else in digits."""
    if each.relative_difference is None or each.verdict in (UNDECIDED, NO_DIGITS):
        return ""
    ulps = math.ceil(each.relative_difference / EPS)
    if ulps <= 64:
        return f" to {ulps} ulp{'' if ulps == 1 else 's'}" if ulps else " to the last bit"
    shared = max(0, math.floor(-math.log10(each.relative_difference)))
    told = f"{shared} digit{'' if shared == 1 else 's'}"
    return f" to {told}" if each.verdict == AGREES else f", with {told} in common"


def _told_of_claim(name: str, claim: Judged, digits: int | None) -> Iterator[str]:
    places = "at the point given" if claim.points == 1 else f"at {claim.points} points"
    if claim.verdict == "right":
        yield f"d/d{name} as claimed: right, {places}{', ' if claim.reason else ''}{claim.reason}"
    elif claim.counterexample is None:
        yield f"d/d{name} as claimed: undecided, as {claim.reason}"
    else:
        found = claim.counterexample
        at = ", ".join(
            f"{key} = {plain(each, digits, multiline=False)}" for key, each in found.variables.items()
        )
        yield f"d/d{name} as claimed: wrong"
        yield f"  at {at} it is {plain(found.derivative, digits, multiline=False)},"
        yield f"  and the claim is {plain(found.claimed, digits, multiline=False)}"
        if claim.slip:
            yield f"  likely slip: {claim.slip}"


def answer(request: Request) -> Verdict:
    """The verdict that is asked for; raises `GradcliError`."""
    formula, settings = request.formula, request.settings
    node = formula.output.node
    formula.require_number()
    if not formula.variables:
        raise InputError(
            "there is no variable to differentiate in", (formula.output.mark,), "such as x in sin(x**2)"
        )
    names = dict.fromkeys(claim.name for claim in formula.claims)
    known = all(name in formula.given() for name in formula.variables)
    if not names or settings["second"]:
        formula.require_values()
    gradients: dict[str, Checked] = {}
    second: dict[str, Checked] | None = None
    notices: list[Notice] = []
    if known:
        rng = np.random.default_rng(settings["seed"])
        inputs = {name: each for name, each in formula.variables.items() if not names or name in names}
        gradients = _checked(formula, node, inputs, rng, notices)
        if not node.shape:
            titles = {each: name for name, each in formula.variables.items()}
            explainer = Explainer(
                node, formula.output.origins, formula.values.__getitem__, titles.__getitem__
            )
            found = [gradients[name].computed for name in inputs]
            notices += explainer.underflows(list(inputs.values()), found)
        if settings["second"]:
            second = _second(formula, node, inputs, rng, notices)
    claims = {claim.name: judged(formula, claim, settings["seed"]) for claim in formula.claims}
    return Verdict(formula, gradients, second, claims, notices)


def _second(
    formula: Formula, node: Node, inputs: Mapping[str, Input], rng: np.random.Generator, notices: list[Notice]
) -> dict[str, Checked]:
    """The second derivatives, as the first ones of the gradients that gradcli makes."""
    found: dict[str, Checked] = {}
    rest = dict(inputs)
    for name, each in inputs.items():
        first = gradients_in_full(node, (each,))[0]
        gradient = expand(as_node(0.0), node.shape + each.shape) if first is None else first
        checked = _checked(formula, gradient, rest, rng, notices)
        found |= {f"{name},{other}": one for other, one in checked.items()}
        del rest[name]
    return found


def _checked(
    formula: Formula, node: Node, inputs: Mapping[str, Input], rng: np.random.Generator, notices: list[Notice]
) -> dict[str, Checked]:
    """The derivatives of a node in inputs, each with its verdict."""
    wrt = list(inputs.values())
    shapes = [node.shape + each.shape for each in wrt]
    nodes = [
        expand(as_node(0.0), shape) if each is None else each
        for each, shape in zip(gradients_in_full(node, wrt), shapes, strict=True)
    ]
    values: dict[Node, Any] = dict(formula.values.items())
    computed = compute(nodes, lambda each: values[each])
    moved = []
    for _ in range(_NOISES):
        others = shaken(nodes, rng)
        data = compute(others, lambda each: values[each])
        moved.append([data[each] for each in others])
    sampler = Sampler(node, values)
    rough = is_rough(sampler)
    found: dict[str, Checked] = {}
    for place, (name, each) in enumerate(inputs.items()):
        count = math.prod(each.shape)
        whole = np.broadcast_to(np.asarray(computed[nodes[place]], dtype=float), shapes[place])
        with np.errstate(all="ignore"):
            noise = np.max([np.abs(one[place] - whole) for one in moved], axis=0)
        places = np.arange(count)
        if count > MOST_ELEMENTS:
            places = np.sort(rng.choice(count, MOST_ELEMENTS, replace=False))
            notices.append(Notice("note", f"{MOST_ELEMENTS} elements of {name}, of {count}, are checked"))
        outputs = math.prod(node.shape)
        columns = [
            _element(
                sampler,
                each,
                int(one),
                whole.reshape(outputs, count)[:, one],
                noise.reshape(outputs, count)[:, one],
                float(np.max(np.abs(whole), initial=0.0)) if count * outputs > 1 else 0.0,
                rough,
            )
            for one in places
        ]
        found[name] = _joined(whole, columns, places, node.shape, each.shape)
    return found


class _Column(NamedTuple):
    """What is found of the derivatives of all outputs in one element: flat, with the reason for each."""

    checked: Array
    error: Array
    verdicts: list[str]
    reasons: list[str]
    method: str


def _element(
    sampler: Sampler, wrt: Input, place: int, computed: Array, noise: Array, scale: float, rough: bool
) -> _Column:
    """What numbers alone say of one element; `scale` is the greatest of the others of an array."""
    slope, method = _by_numbers(sampler, wrt, place)
    sides = None
    if rough or not np.isfinite(computed).all():
        sides = [from_side(sampler, wrt, place, side) for side in (-1, 1)]
    verdicts, reasons = [], []
    for row, right in enumerate(computed.tolist()):
        verdict, reason = "", ""
        if not math.isfinite(sampler.value[row]):
            verdict, reason = (
                UNDECIDED,
                f"the value is {number(sampler.value[row])} here, a pole or beyond the domain",
            )
        elif sides is not None:
            verdict, reason = _at_edge(right, *(_one(each, row) for each in sides))
            found = _compared(right, slope.values[row], slope.errors[row], noise[row], scale, method)
            if verdict == AGREES and not reason and found != AGREES:
                slope.values[row], slope.errors[row] = _one(sides[1], row)
                method = "slopes from both sides"
        if not verdict:
            verdict = _compared(right, slope.values[row], slope.errors[row], noise[row], scale, method)
            if verdict == UNDECIDED:
                reason = "differences do not settle here"
            elif verdict == NO_DIGITS:
                reason = "rounding alone moves it by as much as it is"
            if verdict == DIFFERS and sides is not None:
                verdict, reason = UNDECIDED, "the expression is not smooth here"
        verdicts.append(verdict)
        reasons.append(reason)
    return _Column(slope.values, slope.errors, verdicts, reasons, method)


def _one(slope: Slope, row: int) -> tuple[float, float]:
    return float(slope.values[row]), float(slope.errors[row])


def _by_numbers(sampler: Sampler, wrt: Input, place: int) -> tuple[Slope, str]:
    try:
        step = sampler.complex_step(wrt, place)
    except NotAnalyticError:
        return differences(sampler, wrt, place), "differences"
    return Slope(step, 8 * EPS * np.abs(step)), "complex step"


def _compared(computed: float, checked: float, error: float, noise: float, scale: float, method: str) -> str:
    """The verdict on one number, by the thresholds of its method."""
    if computed == checked:
        return AGREES
    if not (math.isfinite(computed) and math.isfinite(checked) and math.isfinite(error)):
        return UNDECIDED
    if not noise <= max(1e-4 * abs(computed), _NOTHING * scale):
        return NO_DIGITS
    if method == "complex step":
        allowed = 1e-9 * abs(computed) + 30 * noise
    else:
        allowed = 30 * error + 10 * noise + 1e-12 * abs(computed)
    return AGREES if abs(computed - checked) <= allowed else DIFFERS


def _at_edge(computed: float, left: tuple[float, float], right: tuple[float, float]) -> tuple[str, str]:
    """The verdict where a slope from one side may not be that from the other; "" where they are the same."""
    sides = {"left": left, "right": right}
    there = {side: slope for side, (slope, _) in sides.items() if not math.isnan(slope)}
    if any(not math.isfinite(sides[side][1]) for side in there):
        return UNDECIDED, "slopes from the sides do not settle here"
    if not there:
        return UNDECIDED, "there is no value beside it"
    told = {side: f"{number(slope, 6)} from the {side}" for side, slope in there.items()}
    if len(there) == 1:
        ((side, slope),) = there.items()
        same = slope == computed or abs(slope - computed) <= _SAME_SIDES * max(abs(slope), 1e-9)
        reason = f"the edge of the domain, where the slope is {told[side]}"
        return (AGREES if same else UNDECIDED), reason
    (a, b), both = there.values(), " and ".join(told.values())
    if math.isinf(a) and math.isinf(b):
        if a == b == computed:
            return AGREES, "the tangent is vertical here"
        return UNDECIDED, f"the slopes are {both}: a pole, a cusp or a jump"
    if math.isinf(a) or math.isinf(b):
        return UNDECIDED, f"the slopes are {both}: a jump"
    if abs(a - b) > _SAME_SIDES * max(abs(a), abs(b), 1e-9):
        return UNDECIDED, f"a kink or a tie: the slopes are {both}"
    same = abs(a - computed) <= _SAME_SIDES * max(abs(a), abs(computed), 1e-9)
    return (AGREES if same else ""), ""


def _joined(
    computed: Array, columns: Sequence[_Column], places: Array, outer: tuple[int, ...], inner: tuple[int, ...]
) -> Checked:
    """What was found of each element, as arrays in the shape of the derivative, with one verdict."""
    flat = computed.reshape(math.prod(outer), math.prod(inner))
    checked, error = np.full(flat.shape, math.nan), np.full(flat.shape, math.nan)
    for place, column in zip(places, columns, strict=True):
        checked[:, place], error[:, place] = column.checked, column.error
    verdict, reason = AGREES, ""
    for worst in (DIFFERS, UNDECIDED, NO_DIGITS, AGREES):
        for place, column in zip(places, columns, strict=True):
            for row, each in enumerate(column.verdicts):
                if each == worst and (verdict == AGREES and (column.reasons[row] or worst != AGREES)):
                    verdict, reason = worst, column.reasons[row]
                    index = (*_index(row, outer), *_index(int(place), inner))
                    if reason and index:
                        reason = f"at {list(index)}, {reason}"
        if verdict != AGREES:
            break
    methods = list(dict.fromkeys(column.method for column in columns))
    with np.errstate(all="ignore"):
        size = np.max(np.abs(flat), initial=0.0) or np.abs(checked)
        relative = np.where(flat == checked, 0.0, np.abs(flat - checked) / size)[:, places]
    known = np.isfinite(relative)
    shape = computed.shape
    bounded = bool(np.isfinite(error[:, places]).all()) and error.size > 0
    shown = bool(np.isfinite(checked[:, places]).any()) and verdict != UNDECIDED and (bounded or not reason)
    return Checked(
        computed if shape else float(computed),
        (checked.reshape(shape) if shape else float(checked[0, 0])) if shown else None,
        (error.reshape(shape) if shape else float(error[0, 0])) if shown and bounded else None,
        float(relative[known].max()) if known.any() else None,
        verdict,
        " and ".join(methods),
        reason,
    )


def _index(place: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(int(each) for each in np.unravel_index(place, shape)) if shape else ()
