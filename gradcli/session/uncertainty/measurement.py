"""Everything that is said of an uncertain value: its uncertainty, its budget, its curvature, its trials."""

from __future__ import annotations

import math
from collections.abc import Mapping, MutableMapping
from types import MappingProxyType
from typing import Any

import numpy as np

from gradcli.engine.graph import Input, Node
from gradcli.records import NamedTuple
from gradcli.search.curvature import Curvature, curvature
from gradcli.search.jacobians import Datum, Evaluate
from gradcli.search.scipy_door import t_quantile
from gradcli.search.spreads import DISTRIBUTIONS, Spread, Spreads, check_together, correlated, with_freedom
from gradcli.search.trials import FEWEST_TRIALS, MOST_TRIALS, Trials, run_trials
from gradcli.search.uncertainty import Contribution, contributions, effective_freedom
from gradcli.session.computation import value_and_gradients
from gradcli.session.evaluation import Coverage, Measurement, paired, plain_data
from gradcli.text.errors import EvaluationError, InputError, Notice
from gradcli.text.suggest import did_you_mean, which_of
from gradcli.text.values import UNCERTAIN_DIGITS, plain


class Asked(NamedTuple):
    """What is said and asked about uncertain variables beside their values.

    `correlations` are pairs of names and what `correlated` takes, `covariances` pairs of names and their
    matrix, `distributions` the distribution of a variable and its degrees of freedom, by name, and `dof` the
    degrees of freedom of its uncertainty. With
    `second_order` curvature counts; `samples` trials, which follow from `seed`, are judged at `digits` of the
    uncertainty.
    """

    correlations: tuple[tuple[tuple[str, ...], Any], ...] = ()
    covariances: tuple[tuple[tuple[str, ...], Any], ...] = ()
    distributions: Mapping[str, tuple[str, float]] = MappingProxyType({})
    second_order: bool = False
    samples: float | None = None
    seed: int = 0
    digits: int | None = None
    dof: Mapping[str, float] = MappingProxyType({})


def tell_spreads(named: Mapping[str, Input], spreads: MutableMapping[Input, Spread], asked: Asked) -> None:
    """Adds what is said of variables, by name, to their spreads; raises `InputError`."""
    titles = {each: name for name, each in named.items()}

    def inputs(names: tuple[str, ...]) -> list[Input]:
        for name in names:
            if name not in named:
                raise InputError(f"{name} is not a variable here", hint=which_of(name, named))
        return [named[name] for name in names]

    for names, matrix in asked.covariances:
        given = inputs(names)
        deviations, correlations = _deviations(names, matrix)
        for each, deviation in zip(given, deviations, strict=True):
            if each in spreads or each.shape:
                what = "has an uncertainty already" if each in spreads else "is no single number"
                raise InputError(f"{titles[each]} {what}, and the covariances give it one")
            spreads[each] = Spread(np.float64(deviation))
        spreads.update(correlated(spreads, given, correlations, titles.__getitem__))
    for names, data in asked.correlations:
        spreads.update(correlated(spreads, inputs(names), data, titles.__getitem__))
    linked = [each for each, spread in spreads.items() if spread.others or spread.within is not None]
    if linked:
        check_together(spreads, linked, titles.__getitem__)
    for name, number in asked.dof.items():
        spreads.update(with_freedom(spreads, inputs((name,)), number, titles.__getitem__))
    for name, (distribution, freedom) in asked.distributions.items():
        (each,) = inputs((name,))
        if each not in spreads:
            raise InputError(f"{name} has no uncertainty, so it has no distribution", hint=f"{name} = … ± …")
        spreads[each] = spreads[each]._replace(distribution=distribution, freedom=freedom)


def distribution_of(name: str, text: str) -> tuple[str, float]:
    """The distribution that is said of a variable, and its degrees of freedom; raises `InputError`.

    `t:3` and `t(3)` have three; the other distributions have none to say.
    """
    if not isinstance(text, str):
        raise InputError(f"the distribution of {name} is given as text", hint='as in {"x": "uniform"}')
    kind, _, number = text.strip().rstrip(")").replace("(", ":").partition(":")
    if kind not in DISTRIBUTIONS:
        near = did_you_mean(kind, DISTRIBUTIONS)
        hint = f"did you mean {near}?" if near else f"there are {', '.join(DISTRIBUTIONS)}"
        raise InputError(f"{kind or 'nothing'} is no distribution here", hint=hint)
    if kind != "t":
        if number:
            raise InputError(f"{kind} takes no number", hint=f"{name}={kind}")
        return kind, math.inf
    try:
        freedom = float(number)
    except ValueError:
        freedom = 0.0
    if not 2 < freedom < math.inf:
        raise InputError("t is told its degrees of freedom, more than 2", hint=f"{name}=t:3")
    return kind, freedom


def _deviations(names: tuple[str, ...], matrix: Any) -> tuple[Any, Any]:
    """The standard deviations and the correlations of a covariance matrix; raises `InputError`."""
    data = np.atleast_2d(np.asarray(matrix, np.float64))
    count = len(names)
    if data.shape != (count, count):
        rows = " by ".join(map(str, data.shape))
        raise InputError(f"the covariances of {count} variables are {count} by {count} numbers, not {rows}")
    variances = np.diag(data)
    if not np.all(np.isfinite(data)) or np.any(variances < 0):
        raise InputError("covariances are finite, and variances not negative")
    deviations = np.sqrt(variances)
    scale = np.where(deviations == 0, 1.0, deviations)
    found = data / scale / scale[:, None]
    np.fill_diagonal(found, 1.0)
    if np.any(np.abs(found) > 1 + 1e-6):
        raise InputError("a covariance is at most the product of the two standard deviations")
    # Of what is written in decimals the two halves may differ in the last digit.
    if np.any(np.abs(found - found.T) > 1e-6):
        raise InputError("a matrix of covariances is symmetric")
    return deviations, np.clip((found + found.T) / 2, -1.0, 1.0)


@np.errstate(all="ignore")  # what is infinite or nan is told as such
def measurement(
    node: Node,
    value: Any,
    titles: Mapping[Input, str],
    spreads: Spreads,
    evaluate: Evaluate,
    datum: Datum,
    asked: Asked,
) -> Measurement:
    """What there is to say of the value of a node, from the uncertain inputs in `titles`, by their titles.

    Inputs that the value is not connected to contribute nothing. Raises `GradcliError`.
    """
    inputs, shape = list(titles), np.shape(value)
    jacobians: list[Any] = [None] * len(inputs)
    if node.tracked:
        _, jacobians = value_and_gradients(node, inputs, evaluate)
    reached = [each for each, found in zip(inputs, jacobians, strict=True) if found is not None]
    values = {each: plain_data(datum(each)) for each in inputs}
    uncertainty, parts = contributions(shape, values, dict(zip(inputs, jacobians, strict=True)), spreads)
    budget = _sorted(parts, titles)
    notices: list[Notice] = []
    shift = None
    bent = curvature(node, reached, spreads, datum) if reached else None
    if asked.second_order and bent is not None:
        shift, deviation = bent.shift, bent.deviation(float(np.reshape(uncertainty, ())))
        uncertainty = np.reshape(deviation, shape)[()]
        value = value + shift
    elif asked.second_order and reached:
        told = "the second order is that of a single number, and is left out here"
        notices.append(Notice("warning", told))
    elif bent is not None and (told_curved := curved(bent, value, uncertainty, asked.digits)):
        notices.append(told_curved)
    coverage = None
    if any(np.isfinite(spreads[each].dof) for each in reached):
        coverage = _coverage(shape, dict(zip(inputs, jacobians, strict=True)), spreads, uncertainty, titles)
        if not np.all(coverage.degrees_of_freedom > 0):
            told = "inputs that vary together have different degrees of freedom, so the value's are unknown"
            notices.append(Notice("warning", told))
    trials = None
    if asked.samples is not None:
        trials = _trials(node, reached, value, uncertainty, spreads, datum, titles, asked)
    return Measurement(
        plain_data(value), plain_data(uncertainty), budget, shift, trials, tuple(notices), coverage
    )


def _coverage(
    shape: tuple[int, ...],
    jacobians: Mapping[Input, Any],
    spreads: Spreads,
    uncertainty: Any,
    titles: Mapping[Input, str],
) -> Coverage:
    """What follows from the degrees of freedom of inputs: those of the value, and its interval of 95 %."""
    freedom = effective_freedom(shape, jacobians, spreads)
    factor = t_quantile(0.975, freedom)
    known = {titles[each]: spreads[each].dof for each in titles if np.isfinite(spreads[each].dof)}
    return Coverage(plain_data(freedom), plain_data(factor), plain_data(factor * uncertainty), known)


def curved(bent: Curvature, value: Any, uncertainty: Any, digits: int | None = None) -> Notice | None:
    """The note that a single number is curved over its uncertainty, where that is worth a word.

    The number may stand in an array of one.
    """
    number, error = float(np.reshape(value, ())), float(np.reshape(uncertainty, ()))
    if not np.isfinite((*bent, error)).all() or not bent.matters(error):
        return None
    if max(abs(bent.shift), math.sqrt(abs(bent.variance))) <= np.spacing(abs(number)):
        return None  # the value's own rounding is more
    second = paired(number + bent.shift, bent.deviation(error))
    told = f"over its uncertainty the value is curved: to second order it is {plain(second, digits)}"
    return Notice("note", told)


def _sorted(parts: Mapping[Input, Contribution], titles: Mapping[Input, str]) -> dict[str, Contribution]:
    """Contributions by name, the greatest share first; numbers that are typed alike are different inputs."""
    found: dict[str, Contribution] = {}
    for each in sorted(parts, key=lambda each: -float(np.nansum(np.abs(parts[each].share)))):
        name, count = titles[each], 1
        while name in found:
            count += 1
            name = f"{titles[each]} ({count})"
        found[name] = Contribution(*map(plain_data, parts[each]))
    return found


def _trials(
    node: Node,
    inputs: list[Input],
    value: Any,
    uncertainty: Any,
    spreads: Spreads,
    datum: Datum,
    titles: Mapping[Input, str],
    asked: Asked,
) -> Trials:
    """The trials that are asked for; raises `GradcliError`."""
    if np.size(value) != 1:
        raise EvaluationError(
            f"trials look at a single number, and this has shape {list(np.shape(value))}",
            hint="sum(…) and [0] make one of it",
        )
    for each in inputs:
        spread = spreads[each]
        linked = spread.within is not None or spread.others or any(each in spreads[x].others for x in inputs)
        if linked and spread.distribution != "normal":
            raise InputError(
                f"what varies together is drawn from a normal distribution, and {titles[each]} is "
                f"{spread.distribution}",
                hint="leave out its --correlation or its --distribution",
            )
    count = asked.samples or 0
    if not (math.isfinite(count) and count == int(count) and FEWEST_TRIALS <= count <= MOST_TRIALS):
        between = f"from {FEWEST_TRIALS} to {MOST_TRIALS}"
        raise InputError(f"the number of trials is a whole one, {between}", hint="as 1e6")
    return run_trials(
        node,
        inputs,
        spreads,
        datum,
        count=int(count),
        seed=asked.seed,
        value=float(np.reshape(value, ())),
        uncertainty=float(np.reshape(uncertainty, ())),
        digits=asked.digits or UNCERTAIN_DIGITS,
    )
