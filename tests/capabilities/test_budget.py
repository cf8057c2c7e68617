"""Budgets: against the examples of the GUM and of the NIST Uncertainty Machine, and against themselves."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
import scipy.stats
from kept import shown

import gradcli
from gradcli import Uncertain

# The examples of JCGM 100:2008, annex H


def test_a_gauge_block() -> None:
    """H.1, with the uncertainties as they were before they were rounded."""
    root = math.sqrt
    given = {
        "ls": Uncertain(50000623, 25),
        "d": Uncertain(215, root(5.8**2 + 3.9**2 + 6.7**2)),
        "alpha": Uncertain(11.5e-6, 2e-6 / root(3)),
        "theta": Uncertain(-0.1, root(0.2**2 + 0.5**2 / 2)),
        "dalpha": Uncertain(0, 1e-6 / root(3)),
        "dtheta": Uncertain(0, 0.05 / root(3)),
    }
    formula = "ls + d - ls*(dalpha*theta + alpha*dtheta)"
    found = gradcli.budget(formula, given)
    assert (found.value, round(found.uncertainty, 2)) == (50000838, 31.66)
    assert [round(each.contribution, 1) for each in found.budget.values()] == [25, 16.6, 9.7, 2.9, 0, 0]
    second = gradcli.budget(formula, given, second_order=True)
    assert (second.shift, round(second.uncertainty, 2)) == (0, 33.81)


def covered(found: Any) -> Any:
    assert found.coverage is not None
    return found.coverage


def test_the_degrees_of_freedom_of_a_gauge_block() -> None:
    """H.1.6: the effective ones, and the expanded uncertainty of 99 % is 93 nm; here that of 95 %."""
    given = {
        "ls": Uncertain(0, 25, dof=18),
        "d": Uncertain(0, 9.7, dof=25.6),
        "dalpha": Uncertain(0, 2.9, dof=50),
        "dtheta": Uncertain(0, 16.6, dof=2),
    }
    found = gradcli.budget("ls + d + dalpha + dtheta", given)
    assert round(covered(found).degrees_of_freedom, 1) == 16.8  # 16.7 of the rounded 32 nm
    factor = scipy.stats.t.ppf(0.975, covered(found).degrees_of_freedom)
    assert covered(found).coverage_factor == pytest.approx(factor, rel=1e-12)
    assert covered(found).expanded_uncertainty == pytest.approx(factor * found.uncertainty, rel=1e-12)
    assert found.to_dict()["budget"]["dtheta"]["degrees_of_freedom"] == 2


def test_what_varies_together_has_its_degrees_of_freedom_in_common() -> None:
    correlation = np.array([[1.0, 0.9], [0.9, 1.0]])
    linked = gradcli.budget(
        "3a - 2b",
        {"a": Uncertain(1, 0.1, dof=7), "b": Uncertain(2, 0.2, dof=7)},
        correlation={("a", "b"): 0.9},
    )
    as_one = gradcli.budget(
        "3v[0] - 2v[1]", {"v": Uncertain([1, 2], [0.1, 0.2], correlation=correlation, dof=7)}
    )
    for found in (linked, as_one):
        assert covered(found).degrees_of_freedom == pytest.approx(7, rel=1e-12)
        assert found.uncertainty == pytest.approx(math.sqrt(0.3**2 + 0.4**2 - 2 * 0.9 * 0.3 * 0.4), rel=1e-12)
    apart = gradcli.budget("v", {"v": Uncertain([1, 2], 0.1, dof=3)})
    np.testing.assert_allclose(covered(apart).degrees_of_freedom, [3, 3])
    alone = gradcli.budget("a + b", {"a": Uncertain(1, 0.1, dof=4), "b": Uncertain(2, 0.1)})
    assert covered(alone).degrees_of_freedom == pytest.approx(16, rel=1e-12)
    assert gradcli.budget("a", {"a": Uncertain(1, 0.1)}).coverage is None


def test_resistance_and_reactance() -> None:
    """H.2, from its five observations: R, X and Z, and the correlations of what was measured."""
    volts = np.array([5.007, 4.994, 5.005, 4.990, 4.999])
    amperes = np.array([19.663, 19.639, 19.640, 19.685, 19.678]) / 1000
    phase = np.array([1.0456, 1.0438, 1.0468, 1.0428, 1.0433])
    covariance = np.cov(np.array([volts, amperes, phase])) / 5
    given = {"V": volts.mean(), "I": amperes.mean(), "phi": phase.mean()}
    names = ("V", "I", "phi")

    def answer(formula: str) -> tuple[float, float, list[float]]:
        found = gradcli.budget(formula, given, covariance={names: covariance})
        shares = [round(found.budget[name].share, 2) for name in names]
        return round(found.value, 3), round(found.uncertainty, 4), shares

    assert answer("V/I*cos(phi)") == (127.732, 0.0711, [-0.62, -0.19, 1.81])
    assert answer("V/I*sin(phi)")[:2] == (219.847, 0.2956)
    assert answer("V/I + 0*phi")[:2] == (254.26, 0.2363)


def test_the_calibration_of_a_thermometer() -> None:
    """H.3: the correction at 30 °C from a line whose coefficients are correlated."""
    given = {"y1": Uncertain(-0.1712, 0.0029), "y2": Uncertain(0.00218, 0.00067), "t": 30}
    found = gradcli.budget("y1 + y2*(t - 20)", given, correlation={("y1", "y2"): -0.930})
    assert (round(found.value, 4), round(found.uncertainty, 4)) == (-0.1494, 0.0041)


# Examples of the NIST Uncertainty Machine


def test_thermal_expansion() -> None:
    given = {
        "L0": Uncertain(1.4999, 0.0001),
        "L1": Uncertain(1.5021, 0.0002),
        "T0": Uncertain(288.15, 0.02),
        "T1": Uncertain(373.10, 0.05),
    }
    found = gradcli.budget(
        "(L1 - L0)/(L0*(T1 - T0))",
        given,
        samples=1_000_000,
        distribution=dict.fromkeys(given, "t:3"),
        digits=1,
    )
    assert found.value == pytest.approx(1.7266e-5, rel=3e-5)
    assert found.uncertainty == pytest.approx(1.755e-6, rel=1e-3)
    assert found.trials is not None
    assert found.trials.deviation == pytest.approx(1.746e-6, rel=1e-2)
    assert found.trials.verdict == "valid"


def test_the_constant_of_stefan_and_boltzmann() -> None:
    given = {
        "h": Uncertain(6.62606957e-34, 2.9e-41),
        "R": Uncertain(8.3144621, 7.5e-6),
        "Rinf": Uncertain(10973731.568539, 5.5e-5),
        "Ar": Uncertain(5.4857990946e-4, 2.2e-13),
        "alpha": Uncertain(7.2973525698e-3, 2.4e-12),
        "Mu": 1e-3,
        "c": 299792458,
    }
    found = gradcli.budget("32*pi**5*h*R**4*Rinf**4/(15*Ar**4*Mu**4*c**6*alpha**8)", given)
    assert found.value == pytest.approx(5.67037e-8, rel=1e-6)
    assert found.uncertainty == pytest.approx(2.05e-13, rel=5e-3)


VISCOMETER = "m*(B - M)/(B - C)*tM/tC"
BALL = {
    "m": Uncertain(4.63, 0.0463),
    "B": Uncertain(2217, 0.5),
    "M": Uncertain(1180, 0.5),
    "C": Uncertain(810, 0.5),
    "tM": Uncertain(61, 6),
    "tC": Uncertain(36.6, 5.5),
}


def test_a_falling_ball_viscometer_is_curved() -> None:
    found = gradcli.budget(VISCOMETER, BALL, samples=1_000_000)
    assert found.value == pytest.approx(5.69, abs=0.005)
    assert found.uncertainty == pytest.approx(1.03, abs=0.01)
    trials = found.trials
    assert trials is not None
    assert trials.mean == pytest.approx(5.83, abs=0.01)
    assert trials.deviation == pytest.approx(1.12, abs=0.01)
    assert trials.interval == pytest.approx((4.05, 8.40), abs=0.02)
    assert trials.verdict == "not valid"
    assert "curved" in found.notices[0].message
    second = gradcli.budget(VISCOMETER, BALL, second_order=True)
    assert second.shift == pytest.approx(0.13, abs=0.005)
    assert second.uncertainty**2 / found.uncertainty**2 - 1 == pytest.approx(0.145, abs=0.003)
    assert not second.notices


@pytest.mark.parametrize(
    ("part", "value", "uncertainty"), [("cos", 0.00745, 0.00499), ("sin", 0.00308, 0.00449)]
)
def test_a_voltage_reflection_coefficient(part: str, value: float, uncertainty: float) -> None:
    """Real and imaginary part of S22 - S12 S23/S13, from moduli and phases."""
    given = {
        "m22": Uncertain(0.24776, 0.00337),
        "p22": Uncertain(4.88683, 0.01392),
        "m12": Uncertain(0.49935, 0.00340),
        "p12": Uncertain(4.78595, 0.00835),
        "m23": Uncertain(0.24971, 0.00170),
        "p23": Uncertain(4.85989, 0.00842),
        "m13": Uncertain(0.49952, 0.00340),
        "p13": Uncertain(4.79054, 0.00835),
    }
    found = gradcli.budget(f"m22*{part}(p22) - m12*m23/m13*{part}(p12 + p23 - p13)", given)
    assert found.value == pytest.approx(value, abs=5e-6)
    assert found.uncertainty == pytest.approx(uncertainty, abs=5e-6)


# The examples 9.2 of JCGM 101:2008, sums of four variables


@pytest.mark.parametrize(
    ("kind", "greatest", "end", "verdict"),
    [
        ("normal", 1, 3.92, "valid"),
        ("uniform", 1, 3.88, "valid"),
        ("uniform", 10, 17.0, "not valid"),
    ],
)
def test_an_additive_model(kind: str, greatest: float, end: float, verdict: str) -> None:
    given = {f"x{place}": Uncertain(0, 1) for place in range(3)} | {"x3": Uncertain(0, greatest)}
    found = gradcli.budget(
        "x0 + x1 + x2 + x3", given, samples=3_000_000, distribution=dict.fromkeys(given, kind)
    )
    assert found.uncertainty == pytest.approx(math.sqrt(3 + greatest**2))
    assert found.trials is not None
    assert found.trials.verdict == verdict
    assert found.trials.interval == pytest.approx((-end, end), rel=0.005)


# Curvature


@pytest.mark.parametrize(
    ("formula", "given", "mean", "deviation"),
    [
        ("x**2", {"x": Uncertain(0, 1)}, 1, math.sqrt(2)),
        ("x**2", {"x": Uncertain(3, 0.5)}, 9.25, math.sqrt(4 * 9 * 0.25 + 2 * 0.5**4)),
        ("x*y", {"x": Uncertain(0, 1), "y": Uncertain(0, 2)}, 0, 2),
        ("x*y", {"x": Uncertain(2, 1), "y": Uncertain(3, 2)}, 6, math.sqrt(4 * 4 + 9 + 4)),
        ("sum(v**2)", {"v": Uncertain([0, 0, 0], 1)}, 3, math.sqrt(6)),
        ("x + 2*y", {"x": Uncertain(2, 1), "y": Uncertain(3, 2)}, 8, math.sqrt(17)),
    ],
)
def test_second_order_of_polynomials(
    formula: str, given: dict[str, Any], mean: float, deviation: float
) -> None:
    """Of normal variables the mean and the deviation of a square and of a product are known."""
    found = gradcli.budget(formula, given, second_order=True)
    assert (found.value, found.uncertainty) == (pytest.approx(mean), pytest.approx(deviation, rel=1e-14))


def test_second_order_knows_correlations() -> None:
    given = {"x": Uncertain(0, 1), "y": Uncertain(0, 1)}
    found = gradcli.budget("x*y", given, correlation={("x", "y"): 1}, second_order=True)
    assert (found.value, found.uncertainty) == (pytest.approx(1), pytest.approx(math.sqrt(2)))
    half = gradcli.budget("x*y", given, correlation={("x", "y"): 0.5}, second_order=True)
    assert (half.value, half.uncertainty) == (pytest.approx(0.5), pytest.approx(math.sqrt(1.25)))


# Trials


def test_trials_can_be_repeated_and_hear_their_distribution() -> None:
    given = {"x": Uncertain(1, 0.1)}
    first, again = (gradcli.budget("x", given, samples=20_000, seed=7).trials for _ in range(2))
    assert first == again
    widths = {"normal": 3.92, "uniform": 0.95 * 2 * math.sqrt(3), "triangular": 3.803, "t:4": 3.926}
    for name, width in widths.items():
        found = gradcli.budget("x", given, samples=200_000, distribution={"x": name}).trials
        assert found is not None
        low, high = found.interval
        assert (high - low) / 0.1 == pytest.approx(width, rel=0.015), name
        assert found.deviation == pytest.approx(0.1, rel=0.02), name


def test_the_verdict_depends_on_digits_and_trials() -> None:
    def verdict(samples: int, digits: int, formula: str = "exp(x/10)") -> str:
        found = gradcli.budget(formula, {"x": Uncertain(1, 1)}, samples=samples, digits=digits)
        assert found.trials is not None
        return found.trials.verdict

    assert verdict(100_000, 1) == "valid"
    assert verdict(10_000, 2, "2*x") == "too few trials"
    assert verdict(1_000_000, 2) == "not valid"


def test_trials_of_what_varies_together() -> None:
    given = {"x": Uncertain(1, 0.1), "y": Uncertain(2, 0.1), "z": Uncertain(0, 0.1)}
    found = gradcli.budget(
        "x - y + z",
        given,
        correlation={("x", "y"): 1},
        samples=50_000,
        distribution={"z": "uniform"},
    ).trials
    assert found is not None
    assert found.deviation == pytest.approx(0.1, rel=0.02)
    assert max(map(abs, (found.interval[0] + 1, found.interval[1] + 1))) < 0.1 * math.sqrt(3)


# In a session


def test_correlations_of_leaves() -> None:
    assert shown("x = 3 ± 0.1; y = 4 ± 0.1\ncorrelation x, y = 1\nx - y") == "-1 ± 0"
    assert shown("x = 3 ± 0.1; y = 4 ± 0.1\ncorrelation x y = 1\nx = 2 ± 0\nx - y") == "-2.00 ± 0.10"
    assert shown("v = [1, 2] ± 0.1\ncorrelation v = [[1, -1], [-1, 1]]\nsum(v)") == "3 ± 0"
    text = "x = 1 ± 0.1; y = 1 ± 0.1; z = 1 ± 0.1\ncorrelation x, y, z = 0.5\nx + y + z"
    assert shown(text) == "3.00 ± 0.24"


def test_what_is_said_of_a_matrix_of_correlations() -> None:
    given = {"x": Uncertain(1, 0.1), "v": Uncertain([1, 2], [0.1, 0.2])}
    matrix = [[1, 0.5, 0], [0.5, 1, 0.2], [0, 0.2, 1]]
    found = gradcli.budget("x + sum(v)", given, correlation={("x", "v"): matrix})
    steps = np.array([0.1, 0.1, 0.2])
    assert found.uncertainty == pytest.approx(math.sqrt(steps @ np.array(matrix) @ steps), rel=1e-14)
    assert sum(each.share for each in found.budget.values()) == pytest.approx(1)


@pytest.mark.parametrize(
    ("correlation", "message"),
    [
        ({("x", "y"): 1.5}, "from -1 to 1"),
        ({("x", "y"): [[1, 0.2], [0.3, 1]]}, "symmetric"),
        ({("x", "y"): [0.2]}, "2 by 2"),
        ({("x", "x"): 0.5}, "different variables"),
        ({("x", "q"): 0.5}, "is not a variable"),
        ({("x", "z"): 0.5}, "has no uncertainty"),
        ({("x", "y"): 0.9, ("y", "w"): 0.9}, "no quantities have these"),
    ],
)
def test_what_is_no_correlation(correlation: Any, message: str) -> None:
    given = {"x": Uncertain(1, 0.1), "y": Uncertain(1, 0.1), "w": Uncertain(1, 0.1), "z": 1}
    with pytest.raises(gradcli.GradcliError, match=message):
        gradcli.budget("x*y*w*z", given, correlation=correlation)


def test_json_is_json() -> None:
    found = gradcli.budget("v*x", {"v": Uncertain([1, 2], 0.1), "x": Uncertain(1, 0.1)})
    read = json.loads(json.dumps(found.to_dict()))
    assert read["budget"]["v"]["sensitivity"] == [[1, 0], [0, 1]]
    found = gradcli.budget("x", {"x": Uncertain(1, 0.1)}, samples=1000)
    assert json.loads(json.dumps(found.to_dict()))["trials"]["number"] == 1000
