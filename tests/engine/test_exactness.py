"""Every function of numbers, and its partials to second order, against references in many digits."""

from __future__ import annotations

import numpy as np
import pytest
from entries import OF_NUMBERS, arguments_of, exact_function
from exact import (
    ENOUGH,
    computed,
    ends_of,
    errors,
    fixed_places_of,
    kept,
    made,
    orders,
    points,
    reference_at,
    stale,
)

from gradcli.engine.primitives import Entry

ALLOWED = (4, 4, 8)
"""Errors of value, first and second partials, in ulps of the result and half ulps of the arguments."""

RAW = (4, 8, 16)
"""Errors in ulps alone: where an argument's last digit moves a result far, the others still count.

They may be twice what they were when the references were made, if that is more.
"""

NAMES = ("value", "first", "second")


def allowed(entry: Entry, order: tuple[int, ...], at: tuple[float, ...], result: float) -> float:
    """What an entry is held to at a point: as all, or as its `accuracy` says."""
    most = float(ALLOWED[len(order)])
    for each in entry.accuracy:
        if each.what == NAMES[len(order)]:
            named = dict(zip(arguments_of(entry), at, strict=True))
            if not each.where or eval(each.where, {"abs": abs, "result": result, **named}):
                most = max(most, each.reached)
    return most


@pytest.mark.parametrize("entry", OF_NUMBERS, ids=repr)
def test_values_and_derivatives_are_exact(entry: Entry) -> None:
    exact = kept(entry) or made(entry, 16)
    assert len(exact.at) >= min(ENOUGH, len(points(entry)) / 2) or kept(entry) is None
    assert len(exact.at) >= 15
    for rows in (True, False):
        part = exact if rows else exact.some(12 * max(1, exact.nearest.shape[1] // 5))
        got = computed(entry, part.at, rows=rows)
        raw, mixed = errors(got, part)
        for column, order in enumerate(orders(exact.at.shape[1])):
            if set(order) & set(fixed_places_of(entry).whole):
                continue  # tested for whole numbers alone, between which nothing is differentiated
            if np.isnan(got[:, column]).all():
                continue  # no derivative is known in that argument, and to ask for it is an error
            held = max(RAW[len(order)], 2 * exact.worst[column])
            for k, at in enumerate(map(tuple, part.at.tolist())):
                most = allowed(entry, order, at, part.nearest[k, column])
                told = f"{order} at {at}: {got[k, column]!r}, and not {part.nearest[k, column]!r}"
                assert mixed[k, column] <= most, told
                assert raw[k, column] <= max(held, most), told


@pytest.mark.parametrize("entry", OF_NUMBERS, ids=repr)
def test_kept_references_are_those_of_the_entry(entry: Entry) -> None:
    """A few are made again; that the others belong to what the entry says is in their key.

    Differences in several arguments take seconds, so of such an entry the value alone is made.
    """
    exact = kept(entry)
    if exact is None:
        pytest.skip(f"python tests/exact.py {entry.name} makes them")
    f = exact_function(entry)
    most = 2 if exact.at.shape[1] == 1 else 0
    for k in (0, len(exact.at) // 2):
        found = reference_at(f, exact.at[k].tolist(), ends_of(entry), fixed_places_of(entry), most)
        assert found is not None
        for (value, _), nearest in zip(found, exact.nearest[k], strict=False):
            assert float(value) == nearest


def test_no_file_of_references_is_left_over() -> None:
    assert list(stale()) == []


def test_an_entry_whose_digits_are_wrong_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The check itself: the tenth digit of one function's derivative."""
    (entry,) = (each for each in OF_NUMBERS if each.name == "tanh")
    exact = kept(entry)
    assert exact is not None
    got = computed(entry, exact.at)
    assert errors(got, exact)[1].max() <= 8
    got[:, 1] *= 1 + 1e-14
    assert errors(got, exact)[1][:, 1].max() > 4
