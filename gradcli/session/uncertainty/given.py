"""What an earlier fit found, as values with their covariances: `--given fit.json`."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from gradcli.records import NamedTuple
from gradcli.session.uncertainty.uncertain import Uncertain
from gradcli.text.errors import InputError, cannot_read

_MOST = 2**26
"""Characters that such a file may have."""


class Given(NamedTuple):
    """Values of variables by name, some `Uncertain`, and the correlations of several as `Asked` has them."""

    values: dict[str, Any]
    correlations: tuple[tuple[tuple[str, ...], Any], ...]


def read_given(file: str, used: Collection[str], bound: Collection[str]) -> Given:
    """What `fit --json` wrote of the names that are used; `bound` are those that have a value beside it.

    Raises `InputError` for a file that holds no fit, or for a name that has two values.
    """
    return given_of(_read(file), file, used, bound, f"--given {file}")


def given_of(
    found: Mapping[str, Any], file: str, used: Collection[str], bound: Collection[str], said: str
) -> Given:
    """What a fit found, from the keys of its JSON; messages call it `file`, and what gave it `said`."""
    parameters = _values(found.get("parameters"), file)
    values: dict[str, Any] = {name: each for name, each in _fixed(found, file).items() if name in used}
    kept = [name for name in parameters if name in used]
    for name in (*kept, *values):
        if name in bound:
            hint = f"leave out {name}=…, or {said}"
            raise InputError(f"{name} is given twice: with its value, and by {file}", hint=hint)
    if not kept and not values:
        raise InputError(f"{file} gives {', '.join(parameters)}, and none of them is in the formula")
    sizes = {name: math.prod(each.shape) for name, each in parameters.items()}
    covariance = _covariance(found, sum(sizes.values()), file)
    freedom = _freedom(found, file)
    ends = dict(zip(parameters, np.cumsum(list(sizes.values())), strict=True))
    places = {name: np.arange(ends[name] - sizes[name], ends[name]) for name in kept}
    for name in kept:
        block = covariance[np.ix_(places[name], places[name])]
        if not np.all(np.isfinite(block)) or np.any(np.diag(block) < 0):
            raise InputError(f"the fit of {file} does not determine {name}, so its uncertainty is not known")
        spread = np.sqrt(np.diag(block)).reshape(parameters[name].shape)
        values[name] = Uncertain(parameters[name][()], spread[()], dof=freedom)
    if not kept:
        return Given(values, ())
    chosen = np.concatenate([places[name] for name in kept])
    matrix = covariance[np.ix_(chosen, chosen)]
    scale = np.sqrt(np.diag(matrix))
    scale = np.where(scale == 0, 1.0, scale)
    correlations = np.clip((matrix + matrix.T) / 2 / np.outer(scale, scale), -1.0, 1.0)
    np.fill_diagonal(correlations, 1.0)
    if len(chosen) < 2:
        return Given(values, ())
    return Given(values, ((tuple(kept), correlations),))


def _read(file: str) -> Mapping[str, Any]:
    try:
        with open(file, encoding="utf-8") as opened:  # noqa: PTH123 (pathlib takes 3 ms)
            text = opened.read(_MOST)
        found = json.loads(text) if len(text) < _MOST else None
    except OSError as error:
        raise cannot_read(file, error) from None
    except (ValueError, RecursionError):
        raise _no_fit(file) from None
    if not isinstance(found, dict):
        raise _no_fit(file)
    return found


def _values(parameters: Any, file: str) -> dict[str, Any]:
    """The values of parameters, as arrays."""
    if not isinstance(parameters, dict) or not parameters:
        raise _no_fit(file)
    values = {
        name: each.get("value") if isinstance(each, dict) else None for name, each in parameters.items()
    }
    return {name: _numbers(each, file) for name, each in values.items()}


def _fixed(found: Mapping[str, Any], file: str) -> dict[str, Any]:
    fixed = found.get("fixed", {})
    if not isinstance(fixed, dict):
        raise _no_fit(file)
    return {name: _numbers(each, file)[()] for name, each in fixed.items()}


def _covariance(found: Mapping[str, Any], count: int, file: str) -> Any:
    data = _numbers(found.get("covariance"), file)
    if data.shape != (count, count):
        raise _no_fit(file)
    return data


def _freedom(found: Mapping[str, Any], file: str) -> float:
    """The degrees of freedom of the uncertainties: infinite where these are no estimates of the fit."""
    freedom = found.get("degrees_of_freedom", math.inf) if found.get("scaled", True) else math.inf
    if isinstance(freedom, bool) or not isinstance(freedom, int | float):
        raise _no_fit(file)
    return float(freedom) if freedom > 0 else math.inf


def _numbers(data: Any, file: str) -> Any:
    """Numbers of JSON, where nan is a text, as an array."""
    try:
        if data is None or isinstance(data, str | bool | dict):
            raise ValueError
        return np.asarray(data, np.float64)
    except (ValueError, TypeError):
        raise _no_fit(file) from None


def _no_fit(file: str) -> InputError:
    return InputError(f"{file} holds no fit", hint='gradcli fit "y = a*x + b" data.csv --json > fit.json')
