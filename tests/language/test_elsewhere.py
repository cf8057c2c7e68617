"""What functions are called elsewhere, as help says it."""

from __future__ import annotations

from pkgutil import resolve_name

import pytest

from gradcli.engine.primitives import ENTRIES, TABLE, Entry
from gradcli.language.mistakes.functions import names_elsewhere


def elsewhere(name: str) -> list[str]:
    entry = TABLE[name]
    return names_elsewhere([entry.name, *entry.aliases])


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("sin", {"numpy.sin", "torch.sin", "math.sin", "jax.numpy.sin"}),
        ("binom", {"scipy.special.binom", "nchoosek"}),
        ("jv", {"scipy.special.jv", "besselJ(x, n) = jv(n, x)"}),
        ("norm_pdf", {"scipy.stats.norm.pdf", "norm.dist(x, m, s, false) = norm.pdf(x, m, s)"}),
        ("std", {"torch.std", "stdev.p(x) = std(x, correction=0)"}),
    ],
)
def test_names_that_people_know_are_said(name: str, known: set[str]) -> None:
    assert known <= set(elsewhere(name))


def test_what_draws_is_no_function_of_the_same_name() -> None:
    assert "torch.binomial" not in elsewhere("binom")


@pytest.mark.parametrize("entry", ENTRIES, ids=str)
def test_what_has_a_library_before_it_is_there(entry: Entry) -> None:
    for path in names_elsewhere([entry.name, *entry.aliases]):
        if path.startswith(("math.", "numpy.", "scipy.")):
            assert callable(resolve_name(path))
