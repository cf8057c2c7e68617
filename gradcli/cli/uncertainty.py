"""What options say of uncertain variables: `--correlation`, `--covariance`, `--distribution` and the like."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from gradcli.cli.values import read_values
from gradcli.engine.shapes import check_size
from gradcli.session.uncertainty.given import Given, read_given
from gradcli.session.uncertainty.measurement import Asked, distribution_of
from gradcli.text.errors import InputError, Notice


def read_asked(
    settings: dict[str, Any],
    digits: int | None,
    notices: list[Notice],
    used: Collection[str],
    bound: Collection[str],
) -> tuple[dict[str, Any], Asked]:
    """The values that `--given` adds, and what the options say, which are taken out of the settings.

    `used` are the names in the formula, `bound` those that have a value. Raises `InputError`.
    """
    correlations, distributions = settings.pop("correlation", ()), settings.pop("distribution", ())
    freedoms = settings.pop("dof", ())
    covariance, samples = settings.pop("covariance", None), settings.pop("samples", None)
    second_order, seed = settings.pop("second_order", False), settings.pop("seed", None) or 0
    values, known = given(settings.pop("given", None), used, bound)
    asked = Asked(
        (*known, *(read_correlation(text, notices) for text in correlations)),
        () if covariance is None else (_covariance(covariance),),
        dict(each for text in distributions for each in _distributions(text)),
        second_order,
        samples,
        seed,
        digits,
        dict(each for text in freedoms for each in _freedoms(text, notices)),
    )
    return values, asked


def given(file: str | None, used: Collection[str], bound: Collection[str]) -> Given:
    """What `--given` gives; nothing where it is not there. Raises `InputError`."""
    if file is None:
        return Given({}, ())
    return read_given(file.removeprefix("@"), used, bound)


def read_correlation(text: str, notices: list[Notice]) -> tuple[tuple[str, ...], Any]:
    """The names and the number (or matrix) of `X,Y=R`; raises `InputError`."""
    names, equals, value = text.partition("=")
    if not equals or not names.strip() or not value.strip():
        raise InputError(f"--correlation {text} says no correlation", hint="--correlation x,y=0.3")
    data = read_values([("the correlation", value)], notices, exact="a correlation")["the correlation"]
    return tuple(name.strip() for name in names.split(",")), data


def _covariance(file: str) -> tuple[tuple[str, ...], Any]:
    """The names and the numbers of a table of covariances."""
    from gradcli.streams.whole import read_table

    return read_table(file.removeprefix("@"), check_size)


def _freedoms(text: str, notices: list[Notice]) -> Iterator[tuple[str, Any]]:
    for part in text.split(","):
        name, equals, number = (each.strip() for each in part.partition("="))
        if not equals or not name or not number:
            raise InputError(f"--dof {part.strip() or text} says no degrees of freedom", hint="--dof x=4")
        what = "the degrees of freedom"
        yield name, read_values([(what, number)], notices, exact="degrees of freedom")[what]


def _distributions(text: str) -> Iterator[tuple[str, tuple[str, float]]]:
    for part in text.split(","):
        name, equals, what = (each.strip() for each in part.partition("="))
        if not equals or not name:
            raise InputError(
                f"--distribution {part.strip() or text} says none", hint="--distribution x=uniform"
            )
        yield name, distribution_of(name, what)
