"""Roots: against what is known of them, to the last digit where they are simple; what is no root."""

from __future__ import annotations

import math
from typing import Any

import pytest
from kept import Kept

import gradcli

SIMPLE: list[tuple[str, dict[str, Any], float]] = [
    ("x**3 - 2x - 5", {"x": 2}, 2.0945514815423265),
    ("cos(x) - x", {"x": "0:1"}, 0.7390851332151607),
    ("exp(x) = 3", {"x": 0}, math.log(3)),
    ("x**2 = 2", {"x": "0:2"}, math.sqrt(2)),
    ("sin(x) = 0.5", {"x": 1}, math.pi / 6),
    ("x**9 - 1e-9", {"x": "0:1"}, 0.1),
    ("1/x = 1e-6", {"x": 1e5}, 1e6),
    ("tan(x) - x", {"x": 4.5}, 4.493409457909064),
    ("exp(sin(10000*x)) - 1", {"x": 1}, 3183 * math.pi / 10000),
    ("sqrt(x)", {"x": 1}, 0),
    ("cbrt(x - 1.5)", {"x": 3}, 1.5),
    ("x*(x - 1e-12)", {"x": 1}, 1e-12),
    ("x**3 = 1e-300", {"x": 1}, 1e-100),
    ("x**2 = 1e300", {"x": 1}, 1e150),
    ("x**5 - x - 1", {"x": 0}, 1.1673039782614187),
]


@pytest.mark.parametrize(("text", "start", "root"), SIMPLE, ids=[text for text, _, _ in SIMPLE])
def test_simple_roots_have_all_their_digits(text: str, start: dict[str, Any], root: float) -> None:
    found = gradcli.solve(text, start)
    assert found.converged, found.reason
    assert found.multiplicity == 1
    assert abs(found.place["x"] - root) <= 2 * math.ulp(root)


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("(x-1)**2", 2),
        ("(x-1)**3", 3),
        ("(x-1)**4*(x+2)", 4),
        ("1e12*(x-1)**2", 2),
        ("(x-1)**3*(x-0.999)", 3),
        ("x**3 - 3x**2 + 3x - 1", 3),
        ("x**6 - 6x**5 + 15x**4 - 20x**3 + 15x**2 - 6x + 1", 6),
        ("1 - cos(x - 1)", 2),
    ],
)
def test_roots_that_count_several_times_are_found_exactly(text: str, times: int) -> None:
    found = gradcli.solve(text, {"x": 1.7})
    assert found.converged
    assert (found.multiplicity, found.place["x"]) == (times, 1)


def test_what_is_not_settled_is_said() -> None:
    found = gradcli.solve("x + y = 3; 2x + 2y = 6", {"x": 0, "y": 0})
    assert found.converged
    assert "may be many roots" in found.notices[0].message
    with pytest.raises(gradcli.GradcliError, match="x alone is one more equation"):
        gradcli.solve("x**2 = 4, x", {"x": 1})


def test_systems_of_numbers_and_arrays() -> None:
    found = gradcli.solve(
        "3x - cos(y*z) - 1/2; x**2 - 81*(y + 0.1)**2 + sin(z) + 1.06; exp(-x*y) + 20z + (10pi - 3)/3",
        {"x": 0.1, "y": 0.1, "z": -0.1},
    )
    assert found.converged
    assert found.place["x"] == pytest.approx(0.5, abs=1e-15)
    assert found.place["z"] == pytest.approx(-math.pi / 6, rel=1e-14)
    linear = gradcli.solve("A@v = b", {"A": [[2, 1], [1, 3]], "b": [1, 2], "v": [0, 0]}, fix=["A", "b"])
    assert linear.place["v"].tolist() == pytest.approx([0.2, 0.6], rel=1e-14)
    assert linear.sensitivities["v"]["b"].ravel().tolist() == pytest.approx([0.6, -0.2, -0.2, 0.4])


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("x**2 + 1", {"x": 1}),
        ("x**2 + y**2 + 1; x - y", {"x": 1, "y": 2}),
        ("x - 1", {"x": "2:3"}),
        ("log(x)", {"x": -1}),
        ("x**2 + 1e-10", {"x": 1}),
        ("tan(x)", {"x": "1:2"}),
        ("1/x", {"x": "-1:2"}),
        ("gamma(x + 0.1)", {"x": "-4.3:-3.5"}),
        ("floor(x) - 0.5", {"x": "-3:3"}),
        ("sqrt(x) = -1", {"x": 1}),
        ("exp(x) = 0", {"x": 0}),
        ("1/x", {"x": "-1:1"}),
    ],
)
def test_what_is_no_root_is_not_called_one(text: str, start: dict[str, Any]) -> None:
    found = gradcli.solve(text, start)
    assert not found.converged
    assert found.reason
    assert found.status == 1


def test_sensitivities_agree_with_differences() -> None:
    def at(a: float) -> Any:
        return gradcli.solve("x**2 + a*y = 3; y - sin(a*x) = 0.2", {"x": 1, "y": 1, "a": a}, fix="a")

    found, width = at(0.7), 1e-6
    for name in ("x", "y"):
        slope = (at(0.7 + width).place[name] - at(0.7 - width).place[name]) / (2 * width)
        assert found.sensitivities[name]["a"] == pytest.approx(slope, rel=1e-7)


def test_a_statement_sets_the_leaves_that_it_solved_for() -> None:
    kept = Kept("x = 2; solve x**2 - 9")
    assert kept.value("x") == 3
    kept.run("y = 1; solve y**2 + 1")
    assert kept.value("y") == 1


def test_json_has_the_unknowns_among_the_variables() -> None:
    found = gradcli.solve("x**2 = a", {"x": 1, "a": 4}, fix="a").to_dict()
    assert found["variables"] == {"x": 2, "a": 4}
    assert found["sensitivities"] == {"x": {"a": 0.25}}
    assert found.keys() >= {"residual", "converged", "reason", "multiplicity", "evaluations", "warnings"}


WILKINSON = (
    "x**10 - 55x**9 + 1320x**8 - 18150x**7 + 157773x**6 - 902055x**5 + 3416930x**4 - 8409500x**3 "
    "+ 12753576x**2 - 10628640x + 3628800"
)
"""(x-1)*…*(x-10), expanded: intervals are far too wide for it."""

# The formula, the range, how many roots it has there, and whether that can be proved.
COUNTED: list[tuple[str, str, int, bool]] = [
    ("x**3 - 2x - 5", "-10:10", 1, True),
    ("sin(x) - x/10", "-10:10", 7, True),
    ("sin(x)", "0:10", 4, True),
    ("cos(x) - x", "0:1", 1, True),
    ("exp(-x)*cos(3x)", "0:20", 19, True),
    ("x*sin(1/x)", "0.01:1", 31, True),
    ("x**2 + 1", "-5:5", 0, True),
    ("(x-1)*(x-2)*(x-3)*(x-4)*(x-5)*(x-6)*(x-7)*(x-8)*(x-9)*(x-10)", "0:11", 10, True),
    ("x**2 = 2", "-3:3", 2, True),
    ("sqrt(x) - 0.1", "-1:3", 1, True),
    ("abs(x-1) - 0.5", "-1:3", 2, True),
    ("log(x)**2 - 1", "0.1:10", 2, True),
    ("2**x - x**2", "-2:5", 3, True),
    ("x**x - 3", "0.5:4", 1, True),
    ("tanh(x) - x/3", "-5:5", 3, True),
    ("max(x, 0.5) - 1", "0:3", 1, True),
    ("x**1.5 - 2", "0:4", 1, True),
    ("tan(x) - 1", "-1:1", 1, True),
    ("where(x > 0.5, x, -1) - 2", "1:3", 1, True),
    ("0.1*x", "-1:2", 1, True),
    ("7", "-1:2", 0, True),
    ("(x-1)**2*(x-2)", "0:3", 2, False),
    ("tan(x) - x", "0:10", 3, False),
    ("1/x", "-1:1", 0, False),
    ("gamma(x) - 2", "0.5:5", 1, False),
    ("tanh(gamma(x))", "-1:7", 0, False),
    ("cos(x**4)**4", "1:3", 26, False),
    ("sqrt(x)", "0:8", 1, False),
    ("floor(x) - 0.5", "-1:3", 0, False),
    ("x**3 - 3x**2 + 3x - 1", "0:3", 1, False),
    (
        WILKINSON,
        "0.5:10.5",
        10,
        False,
    ),
]


@pytest.mark.parametrize(
    ("text", "range_", "count", "proved"),
    COUNTED,
    ids=[f"{text} in {range_}" for text, range_, *_ in COUNTED],
)
def test_all_roots_in_a_range_are_found(text: str, range_: str, count: int, proved: bool) -> None:
    unknown = text if "x" in text else f"{text} + 0*x"
    found = gradcli.solve(unknown, {"x": range_}, all_roots=True)
    assert len(found.roots) == count
    assert found.complete == proved
    assert all(each.proved for each in found.roots) or not proved
    assert all(abs(each.residual) < 1e-3 for each in found.roots)
    assert found.status == (not proved and not count)


@pytest.mark.parametrize(("text", "range_"), [("gamma(tan(1/x))", "-3:1"), ("tanh(gamma(x**3))", "-3:5")])
def test_nothing_is_proved_where_there_is_no_value(text: str, range_: str) -> None:
    found = gradcli.solve(text, {"x": range_}, all_roots=True)
    assert not found.complete
    assert not any(each.proved for each in found.roots)


def test_all_roots_move_with_what_is_held() -> None:
    found = gradcli.solve("x**2 = a", {"x": "-5:5", "a": 4}, fix="a", all_roots=True)
    assert [(each.value, each.sensitivities) for each in found.roots] == [
        (-2, {"a": -0.25}),
        (2, {"a": 0.25}),
    ]
    told = found.to_dict()
    assert told["complete"] is True
    assert [each["variables"] for each in told["roots"]] == [{"x": -2}, {"x": 2}]
    assert str(found).endswith("both roots in -5:5, proved")


def test_what_intervals_cannot_decide_is_named() -> None:
    found = gradcli.solve("(x-1)**2*(x-3)/(x-2)", {"x": "0:5"}, all_roots=True)
    kinds = {each.kind for each in found.undecided}
    assert kinds == {"multiple", "break"}
    assert "undecided near 1: a root of several" in str(found)
    assert "undecided near 2: a pole" in str(found)
    assert [(each.value, each.multiplicity) for each in found.roots] == [(1, 2), (3, 1)]
    told = found.to_dict()["undecided"]
    assert [each["kind"] for each in told] == ["multiple", "break"]
    assert all(each["low"] < near < each["high"] for each, near in zip(told, (1, 2), strict=True))


@pytest.mark.parametrize(
    ("text", "given", "told"),
    [
        ("x**2 = 2", {"x": 1}, "all roots are those in a range"),
        ("x**2 = 2", {"x": "3:3"}, "finite range"),
        ("x**2 = y; x = y", {"x": "0:3", "y": 1}, "a range brackets the one unknown"),
    ],
)
def test_all_roots_want_a_range_of_one_unknown(text: str, given: dict[str, Any], told: str) -> None:
    with pytest.raises(gradcli.GradcliError, match=told):
        gradcli.solve(text, given, all_roots=True)


def test_the_digits_that_rounding_leaves_are_told() -> None:
    found = gradcli.solve(WILKINSON, {"x": "6.5:7.4"})
    assert found.digits is not None
    assert 5 <= found.digits <= 10
    assert abs(found.place["x"] - 7) / 7 < 10.0**-found.digits
    assert f"good to about {found.digits} digits" in str(found)
    plain = gradcli.solve("x**2 - 2", {"x": 1})
    assert plain.digits is not None
    assert plain.digits >= 14
    assert "good to" not in str(plain)
    assert gradcli.solve("exp(x) - 1", {"x": 1}).digits is None


def test_a_line_without_a_root_says_that_complex_ones_are_not_sought() -> None:
    assert "complex roots are not sought" in gradcli.solve("x**2 + 1", {"x": 1}).reason
    assert "complex" not in gradcli.solve("x**2 + y**2 + 1; x - y", {"x": 1, "y": 1}).reason
