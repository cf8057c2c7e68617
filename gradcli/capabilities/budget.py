"""`budget`: how uncertain a value is, and what each variable contributes to that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from gradcli.capabilities.formula import Formula
from gradcli.capabilities.found import Found, Request
from gradcli.engine.graph import Node
from gradcli.search.trials import TOO_FEW, VALID
from gradcli.session.evaluation import Measurement, nested, paired
from gradcli.session.uncertainty.measurement import Asked, measurement, tell_spreads
from gradcli.text.errors import InputError
from gradcli.text.values import UNCERTAIN_DIGITS, labelled, number, plain

BAR = 24
"""Characters of the bar of a share of 100 %."""

_SENSITIVITY_DIGITS = 4
_PARTS = " ▏▎▍▌▋▊▉"
"""Bars of no eighth to seven eighths of a character."""


class Budget(Found):
    """The standard uncertainty of a value, and where it comes from.

    `value` and `uncertainty` have the shape of the formula; `budget` has by name, the greatest share first,
    the `value` and `uncertainty` of each uncertain variable, its `sensitivity` (the derivative), its
    `contribution` (what it alone would give) and its `share` of the variance. `shift` is what curvature adds
    to the value, and `trials` what Monte Carlo found, where they are asked for. `coverage` has the effective
    `degrees_of_freedom`, the `coverage_factor` and the `expanded_uncertainty` of 95 %, where the uncertainty
    of a variable has degrees of freedom.
    """

    def __init__(self, formula: Formula, name: str, found: Measurement) -> None:
        super().__init__(formula.text, formula.given(), found.notices)
        self.name = name
        self.measurement = found
        self.value = found.value
        self.uncertainty = found.uncertainty
        self.budget = found.budget
        self.shift = found.shift
        self.trials = found.trials
        self.coverage = found.coverage

    def members(self) -> dict[str, Any]:
        found: dict[str, Any] = nested(self.measurement.members())
        return found

    def text(self, digits: int | None = None) -> str:
        lines = [labelled(self.name or "value", paired(self.value, self.uncertainty), digits)]
        return "\n".join([*lines, *budget_lines(self.measurement, digits)])


def answer(request: Request) -> Budget:
    """The budget that is asked for; raises `GradcliError`."""
    formula, output = request.formula, request.formula.output
    formula.require_values()
    if output.node.boolean:
        raise InputError("a truth value has no uncertainty", (output.mark,))
    asked: Asked = request.settings.get("asked") or Asked()
    spreads = dict(formula.spreads)
    tell_spreads(formula.variables, spreads, asked)
    if not spreads:
        name = next(iter(formula.variables), "x")
        raise InputError("nothing here has an uncertainty", (output.mark,), formula.how(name, "9.81+/-0.02"))
    titles = {each: name for name, each in formula.variables.items() if each in spreads}
    titles |= {each: each.name for each in spreads if each not in titles}  # constants of nature

    def evaluate(nodes: Sequence[Node]) -> list[Any]:
        return formula.run(nodes)

    (value,) = formula.run((output.node,))
    found = measurement(output.node, value, titles, spreads, evaluate, formula.values.__getitem__, asked)
    placed = tuple(notice._replace(marks=(output.mark,)) for notice in found.notices)
    found = found._replace(notices=placed)
    return Budget(formula, output.name, found)


def budget_lines(found: Measurement, digits: int | None = None) -> list[str]:
    """The contributions as a table with bars, and what trials found."""
    rows = [("", "value", "sensitivity", "contribution", "share", "")]
    for name, each in found.budget.items():
        value = plain(paired(each.value, each.uncertainty), digits, multiline=False, limit=6, shaped=False)
        sensitivity = _short(each.sensitivity + 0.0, max(digits or 0, _SENSITIVITY_DIGITS))
        if np.shape(each.share):  # one for each element of the result
            contribution, share, bar = _short(each.contribution, digits or 2), _short(each.share, 2), ""
        else:
            contribution = plain(paired(0.0, each.contribution), digits).partition(" ± ")[2]
            share, bar = f"{100 * float(each.share):.1f}%", _bar(float(each.share))
        rows.append((name, value, sensitivity, contribution, share, bar))
    return [*_aligned(rows), *_coverage_lines(found), *trials_lines(found, digits)]


def _coverage_lines(found: Measurement) -> list[str]:
    """The interval of 95 %, where degrees of freedom are known."""
    if found.coverage is None or not np.all(found.coverage.degrees_of_freedom > 0):
        return []
    freedom, factor, expanded, _ = found.coverage
    known = f"{_short(freedom, 3)} effective degrees of freedom"
    return [f"± {_short(expanded, 2)} for 95 %: coverage factor {_short(factor, 3)}, {known}"]


def _short(data: Any, digits: int) -> str:
    return plain(np.asarray(data)[()], digits, multiline=False, limit=6, shaped=False)


def _bar(share: float) -> str:
    """A bar as long as a share; one that correlations make negative is hatched."""
    if not np.isfinite(share):
        return ""
    eighths = round(min(abs(share), 1.0) * BAR * 8)
    if share < 0:
        return "░" * round(eighths / 8)
    return ("█" * (eighths // 8) + _PARTS[eighths % 8]).rstrip()


def _aligned(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        name, *cells, bar = (
            cell.ljust(width) if place in (0, 5) else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join((name, *cells, bar)).rstrip()


def trials_lines(found: Measurement, digits: int | None = None) -> list[str]:
    """What trials found, and their verdict; nothing where there are none."""
    trials = found.trials
    if trials is None:
        return []
    shown = digits or UNCERTAIN_DIGITS
    ends = [plain(paired(end, trials.deviation), shown).partition(" ± ")[0] for end in trials.interval]
    mean = plain(paired(trials.mean, trials.deviation), shown)
    lines = [f"{trials.number} trials: {mean}, 95 % of them from {ends[0]} to {ends[1]}"]
    several = trials.digits > 1
    asked = f"{trials.digits} digit{'s' if several else ''}"
    worst, tolerance = number(max(trials.differences), 2), number(trials.tolerance, 2)
    if trials.nonfinite:
        lines.append(f"not valid: {trials.nonfinite} of the trials gave no number")
    elif trials.verdict == TOO_FEW:
        noise, needed = number(trials.noise, 2), number(trials.tolerance / 5, 2)
        told = f"their own noise is {noise}, and at most {needed} is needed"
        lines.append(f"too few trials to tell at {asked}: {told}")
    else:
        is_valid = trials.verdict == VALID
        allowed = f"{asked} allow{'' if several else 's'} {tolerance}"
        told = f"the ends of value ± 1.96 u are off by {worst}, and {allowed}"
        lines.append(f"{'valid' if is_valid else 'not valid'}: {told}")
    return lines
