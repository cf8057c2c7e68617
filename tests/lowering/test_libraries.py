"""Names of libraries: each means what the library means by it, or is refused; nothing is guessed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gradcli
from gradcli.engine.primitives import ENTRIES, TABLE, Elementwise
from gradcli.language.libraries import FUNCTIONS
from gradcli.language.vocabulary import DISTRIBUTIONS, OF_DISTRIBUTIONS
from gradcli.lowering.arguments import LIBRARIES

KEPT = json.loads((Path(__file__).parent.parent / "data" / "libraries.json").read_text())
"""What libraries gave, by module and function, for the arguments in `cases`; made by tests/libraries.py."""

OUTSIDE = {
    ("jax.nn", "celu"): "alpha is 0",
    ("jax.scipy.special", "multigammaln"): "d is 0",
    ("jax.numpy", "percentile"): "q is negative",
    **{(module, "corrcoef"): "one number" for module in ("numpy", "jax.numpy", "torch")},
    **{("sympy", name): "fractions" for name in ("gcd", "lcm")},
}
"""Where the arguments that were asked about have no meaning."""

UNLIKE: dict[str, list[Any]] = {"roll": [[5.0, 6.0]]}
"""Second arguments that libraries take for dims or counts, and nobody writes: no dims, and fractions."""


def given(arguments: list[Any]) -> str:
    return ", ".join("()" if each == [] else repr(each) for each in arguments)


def value(text: str) -> Any:
    """What an expression gives, or `None` where it is refused."""
    try:
        return np.asarray(gradcli.evaluate(text).value, dtype=np.float64)
    except gradcli.GradcliError:
        return None


def agrees(text: str, wanted: Any) -> bool:
    found = value(text)
    if found is None:
        return True
    try:
        expected = np.asarray(wanted, dtype=np.float64)
    except ValueError:  # parts of different shapes
        return False
    return found.shape == expected.shape and np.allclose(found, expected, 1e-9, 1e-12, equal_nan=True)


@pytest.mark.parametrize("module", sorted(KEPT["answers"]))
def test_what_a_library_gives_or_nothing(module: str) -> None:
    wrong, right = [], 0
    for name, answers in KEPT["answers"][module].items():
        meaning = TABLE[name].meaning(module, name)
        if (module, name) in OUTSIDE or (meaning is not None and meaning.kept):
            continue
        for arguments, answer in zip(KEPT["cases"][name], answers, strict=True):
            if answer is None or (isinstance(answer, dict) and None in answer["tuple"]):
                continue
            if not isinstance(TABLE[name], Elementwise) and not isinstance(arguments[0], list):
                continue  # a number where arrays are meant
            if arguments[1:] and arguments[1] in UNLIKE.get(name, ()):
                continue
            text = f"import {module}\n{module}.{name}({given(arguments)})"
            if isinstance(answer, dict):
                parts = answer["tuple"]
                held = all(agrees(f"{text}[{place}]", part) for place, part in enumerate(parts))
                if TABLE[name].results is None:  # the value that such a tuple is alone, or all in one array
                    held = agrees(text, parts[0]) or agrees(text, parts)
            else:
                held = agrees(text, answer)
            right += held
            if not held:
                wrong.append((text, answer))
    assert not wrong
    assert right or not KEPT["answers"][module]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("import jax.numpy as jnp\njnp.std([1, 2, 3, 6])", 3.5**0.5),
        ("import autograd.numpy as np\nnp.std([1, 2, 3, 6])", 3.5**0.5),
        ("from numpy import *\nstd([1, 2, 3, 6])", 3.5**0.5),
        ("from numpy import std\nstd([1, 2, 3, 6])", 3.5**0.5),
        ("from numpy import std\nstd(x) = 7\nstd([1, 2, 3, 6])", 7),
        ("np.array([1, 2, 3, 6]).std()", 3.5**0.5),
        ("jnp.array([1, 2, 3, 6]).var()", 3.5),
        ("(2*np.array([1, 2, 3, 6])).std(ddof=1)", 2 * (14 / 3) ** 0.5),
        ("torch.tensor([1, 2, 3, 6]).var()", 14 / 3),
        ("torch.std([1, 2, 3, 6], False)", 3.5**0.5),
        ("([1, 2, 3, 6]).var(False)", 3.5),
        ("([1, 2, 3, 6]).var(0, True)", 14 / 3),
        ("np.array([[1, 5], [7, 4]]).max(0)[0]", 7),
        ("math.remainder(5, 3)", -1),
        ("math.remainder(-2.5, 1)", -0.5),
        ("math.remainder(5, 2)", 1),
        ("from math import remainder as r\nr(7, 2)", -1),
        ("torch.linalg.norm([[1, 2], [3, 4]], 1)", 6),
        ("np.linalg.norm([[1, 2], [3, 4]], np.inf)", 7),
        ("np.linalg.norm([[1, 2], [3, 4]], 'fro', (0, 1), True)[0, 0]", 30**0.5),
        ("torch.norm([[1, 2], [3, 4]], 1)", 10),
        ("([1, -2, 3]).where([1, -2, 3] > 0, 0)[2]", 3),
        ("torch.mean([1, 2, 3], [])", 2),
        ("np.mean([1, 2, 3], axis=())[2]", 3),
        ("np.transpose([[[1, 2]], [[3, 4]]], (2, 0, 1))[1, 1, 0]", 4),
        ("np.dot([[1, 2], [3, 4]], [1, 1])[1]", 7),
        ("torch.softplus(0)", np.log(2)),
        ("scipy.erf(0)", 0),
        ("np.trace([[1, 2], [3, 4]], offset=1)", 2),
        ("np.diagonal([[[1, 2], [3, 4]]], axis1=1, axis2=2)[0, 1]", 4),
        ("np.tensordot([[1, 2]], [[3], [4]], axes=1)[0, 0]", 11),
        ("np.sort([[3, 2], [1, 4]], axis=None)[1]", 2),
        ("np.argsort([[3, 2], [1, 4]], axis=None)[0]", 2),
        ("np.concatenate([[[1]], [[2]]], axis=None)[1]", 2),
        ("np.pad([1, 2], 1, mode='symmetric')[0]", 1),
        ("np.linalg.lstsq([[1, 0], [0, 2], [0, 0]], [3, 4, 5])[1][0]", 25),
        ("torch.linalg.lstsq([[1, 0], [0, 2], [0, 0]], [[3], [4], [5]]).rank", 2),
        ("torch.linalg.pinv([[2, 9], [0, 4]], hermitian=True)[0, 1]", 0),
        ("torch.norm([[3, 0], [0, 4]], 'nuc')", 7),
        ("torch.cholesky_inverse([[2, 9], [0, 1]])[0, 0]", 0.25),
        ("torch.mvlgamma(3, p=1)", np.log(2)),
        ("([1, 2]).polygamma(1)[0]", np.pi**2 / 6),
        ("torch.masked_select([1, 2, 3], [1, 2, 3] > 2)[0]", 3),
        ("np.histogram([1, 2, 2], 2)[1][1]", 1.5),
        ("scipy.special.jvp(0, 1)", -0.44005058574493355),
        ("scipy.special.lambertw(-0.2, -1)", -2.5426413577735265),
        ("lambertw(-0.2, k=-1)", -2.5426413577735265),
        ("scipy.special.spherical_jn(2, 1, derivative=True)", 0.1150635229056352),
        ("spherical_kn(0, 1, True)", -1.1557273497909217),
        ("scipy.stats.norm.isf(0.2, 1, scale=2)", 2.6832424671458286),
    ],
)
def test_each_means_its_own(text: str, wanted: float) -> None:
    assert gradcli.evaluate(text).value == pytest.approx(wanted, rel=1e-15)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("np.relu(2)", "NumPy has no numpy.relu"),
        ("math.std([1, 2])", "Python's math has no math.std"),
        ("import things\nthings.sin(2)", "nothing is known here of a things.sin"),
        ("import cmath\ncmath.sqrt(-1)", "nothing is known here of a cmath.sqrt"),
        ("torch.binomial(5, 2)", "torch.binomial draws random numbers"),
        ("scipy.special.lambertw(-0.2, 2)", "lambertw of branch 2 is complex: real are 0 and -1"),
        ("scipy.special.legendre(2, 3)", "scipy.special.legendre makes a polynomial there"),
        ("np.sum([1, 2], 0, None, None, True) + np.sum([1, 2], 0, True)", "what sum takes here is left out"),
        ("scipy.special.logsumexp([1, 2], 0, [1, 1])", "what logsumexp takes here is left out"),
        ("mean([1, 2, 3], [])", "mean over no dims means all of them in PyTorch"),
        ("sum([1, 2, 3], True)", "this must be a whole number, and not a truth value"),
        ("([1, 2, 3])[True]", "an index is a whole number, and not a truth value"),
    ],
)
def test_what_is_not_known_is_refused(text: str, told: str) -> None:
    with pytest.raises(gradcli.GradcliError) as caught:
        gradcli.evaluate(text)
    assert caught.value.message.startswith(told)


@pytest.mark.parametrize(("x", "y"), [(5.0, 3.0), (-7.5, 2.5), (1e17, 3.0), (1e308, 7e307), (5e-324, 3e-324)])
def test_the_remainder_of_ieee_is_exact(x: float, y: float) -> None:
    import math

    for a, b in ((x, y), (-x, y), (x, -y)):
        found = gradcli.evaluate("math.remainder(x, y)", {"x": a, "y": b})
        assert found.value == math.remainder(a, b)
        assert found.gradients["x"] == 1


def test_norms_of_matrices_have_gradients() -> None:
    found = gradcli.evaluate("np.linalg.norm(A, 1)", {"A": [[1.0, -2.0], [3.0, 4.0]]})
    assert found.gradients["A"].tolist() == [[0, -1], [0, 1]]
    assert gradcli.evaluate("torch.linalg.norm(A, inf)", {"A": [[1.0, -2.0], [3.0, 4.0]]}).gradients[
        "A"
    ].tolist() == [[0, 0], [1, 1]]


def test_truth_values_that_are_given_are_masks() -> None:
    found = gradcli.evaluate("x[m]", {"x": [1.0, 2.0, 3.0], "m": np.array([True, False, True])})
    assert found.value.tolist() == [1, 3]
    assert found.gradients["m"] is None
    assert gradcli.evaluate("x if c else 2x", {"x": 3, "c": False}).gradients == {"x": 2, "c": None}


def test_what_is_before_a_dot_is_lowered_once() -> None:
    assert gradcli.evaluate(
        "x" + ".sum().std(0).abs()" * 40, {"x": 3}
    ).expression  # 2**80 steps would not end


def test_meanings_name_modules_that_are_known() -> None:
    for entry in ENTRIES:
        for meaning in entry.meanings:
            for module in meaning.where.split():
                assert module in FUNCTIONS
                assert module.partition(".")[0] in LIBRARIES
            assert set(meaning.names.split()) <= {entry.name, *entry.aliases}
            assert meaning.build is None or meaning.signature


@pytest.mark.parametrize("path", ["norm.pdf", "scipy.stats.norm.pdf", "stats.norm.pdf", "norm_pdf"])
def test_functions_of_distributions_are_called_as_in_scipy(path: str) -> None:
    found = gradcli.evaluate(f"{path}(x, 1, scale=2)", {"x": 2.0})
    density = float(np.exp(-0.125) / np.sqrt(8 * np.pi))
    assert found.value == pytest.approx(density, rel=1e-15)
    assert found.gradients["x"] == pytest.approx(-density / 4, rel=1e-15)


def test_a_distribution_is_no_variable_and_t_still_is_one() -> None:
    assert set(gradcli.evaluate("t.pdf(x, 3) + t", {"x": 1.0, "t": 2.0}).gradients) == {"x", "t"}


def test_a_misspelled_function_of_a_distribution_is_told_apart_from_a_name_without_a_value() -> None:
    with pytest.raises(gradcli.GradcliError) as error:
        gradcli.evaluate("norm.pdff(1)")
    assert error.value.hint == "did you mean pdf?"
    with pytest.raises(gradcli.GradcliError, match="unknown name t"):
        gradcli.evaluate("t.mean()")


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_every_distribution_has_its_functions(distribution: str) -> None:
    made = {each.name for each in ENTRIES if each.family == "distributions"}
    assert {f"{distribution}_pdf", f"{distribution}_logpdf"} <= made
    assert {name.rpartition("_")[2] for name in made if "_" in name} <= set(OF_DISTRIBUTIONS)
