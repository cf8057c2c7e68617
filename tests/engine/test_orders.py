"""Derivatives of higher order, and digits that the usual form of a function or of its derivative loses."""

from __future__ import annotations

from typing import Any

import mpmath as mp
import numpy as np
import pytest
from entries import INF, OF_NUMBERS, called, numbers_named, ulps, value_of

from gradcli.engine.derive import gradient
from gradcli.engine.graph import Input, Node, as_node, zeros_like
from gradcli.engine.primitives import TABLE, Elementwise
from gradcli.engine.primitives.entry import NoDerivativeError

MOST_ULPS = 8


def _sinc(x: Any) -> Any:
    return mp.sinpi(x) / (mp.pi * x) if x else mp.mpf(1)


@pytest.mark.parametrize(
    ("name", "x", "order", "exact"),
    [
        ("sigmoid", 40.0, 1, lambda x: mp.exp(-x) / (1 + mp.exp(-x)) ** 2),
        ("sigmoid", 37.43, 1, lambda x: mp.exp(-x) / (1 + mp.exp(-x)) ** 2),
        ("sigmoid", 1e-12, 2, lambda x: -mp.tanh(x / 2) * mp.sech(x / 2) ** 2 / 4),
        ("sigmoid", 1e-17, 2, lambda x: -mp.tanh(x / 2) * mp.sech(x / 2) ** 2 / 4),
        ("sigmoid", 30.0, 2, lambda x: -mp.tanh(x / 2) * mp.sech(x / 2) ** 2 / 4),
        ("atan", 1e100, 2, lambda x: -2 * x / (1 + x * x) ** 2),
        ("atan", 3e90, 3, lambda x: (6 * x * x - 2) / (1 + x * x) ** 3),
        ("acosh", 1 + 1e-9, 2, lambda x: -x / (x * x - 1) ** mp.mpf(1.5)),
        ("tanh", 20.0, 1, lambda x: mp.sech(x) ** 2),
        ("tanh", 20.0, 2, lambda x: -2 * mp.sech(x) ** 2 * mp.tanh(x)),
        ("asin", 1 - 1e-12, 1, lambda x: 1 / mp.sqrt(1 - x * x)),
        ("softplus", -50.0, 0, lambda x: mp.log1p(mp.exp(x))),
        ("softplus", 20.5, 0, lambda x: mp.log1p(mp.exp(x))),
        ("logsigmoid", 50.0, 0, lambda x: -mp.log1p(mp.exp(-x))),
        ("erfc", 20.0, 0, mp.erfc),
        ("gauss", 27.2, 1, lambda x: -2 * x * mp.exp(-x * x)),
        ("gauss", 26.7, 2, lambda x: (4 * x * x - 2) * mp.exp(-x * x)),
        ("gauss", 5e-324, 3, lambda x: 12 * x),
        ("erf", 27.0, 2, lambda x: -4 * x * mp.exp(-x * x) / mp.sqrt(mp.pi)),
        ("log2", 1.7e308, 1, lambda x: 1 / (x * mp.log(2))),
        ("log10", 1e308, 1, lambda x: 1 / (x * mp.log(10))),
        ("exp2", 1024.0, 1, lambda x: mp.log(2) * 2**x),
        ("exp2", 1024.5, 2, lambda x: mp.log(2) ** 2 * 2**x),
        ("cbrt", 1e-200, 2, lambda x: -2 / (9 * x ** (mp.mpf(5) / 3))),
        ("atan", 1e154, 2, lambda x: -2 * x / (1 + x * x) ** 2),
        ("sinc", 0.0, 4, lambda x: mp.pi**4 / 5),
        ("sinc", 1e-5, 2, lambda x: mp.diff(_sinc, x, 2)),
        ("sinc", 0.3, 5, lambda x: mp.diff(_sinc, x, 5)),
    ],
)
def test_digits_that_the_usual_form_loses(name: str, x: float, order: int, exact: Any) -> None:
    here = Input("x", ())
    node: Node | None = called(TABLE[name], here)
    for _ in range(order):
        assert node is not None
        (node,) = gradient(node, (here,))
    assert node is not None
    with mp.workdps(60):
        assert ulps(value_of((node,), (here,), (x,))[0], exact(mp.mpf(x))) <= MOST_ULPS


@pytest.mark.parametrize(
    ("name", "at", "places", "exact"),
    [
        ("i0e", (1.3,), (0, 0, 0), -0.2819155825416167),
        ("i1e", (80.0,), (0, 0, 0, 0), 6.8402625354790762e-9),
        ("struve", (60.0, 40.0), (0,), -3.6702054738496396e-5),
        ("struve", (60.0, 90.0), (0, 0), 1220673005313217.2),
        ("modstruve", (60.0, 90.0), (0,), -1.1699935252983915e29),
        ("modstruve", (60.0, 40.0), (0, 1), -0.15364487529278184),
        ("struve", (180.0, 5.5), (1,), 4.4188973237840934e-250),
        ("modstruve", (300.0, 40.0), (1,), 1.7027558900136219e-223),
        ("voigt_profile", (1.5, 0.7, 0.4), (0, 0, 0), -0.064796558841998388),
        ("voigt_profile", (1.5, 0.7, 0.4), (1, 2, 2), 0.48468989367000113),
        ("voigt_profile", (9.0, 0.5, 0.01), (0, 1, 2), -6.7816460789306313e-5),
        # below 0, which the domains leave out but their functions do not
        ("zeta", (-20.5,), (0,), 300.57792297065501),
        ("zeta", (-12.5,), (0, 0), -0.017170524589562838),
        ("zeta", (-6.0,), (0, 0, 0), 0.011746688737447663),
        ("zeta", (-150.25,), (0,), -2.012631651068305e143),
        ("zetac", (-20.5,), (0,), 300.57792297065501),
        ("beta", (-20.5, 2.0), (0,), 0.0002503127932130815),
        ("beta", (-5.25, 4.0), (0,), 0.04331598181807949),
        ("beta", (-0.5, -0.7), (0, 0), 13.390097288362882),
        ("beta", (-0.5, -0.7), (0, 1), 17.332970565907512),
        ("betaln", (-1.5, 2.0), (0, 0), 4.4444444444444444),
        ("binom", (-1.5, 2.0), (0, 0), 1),
        # beside a pole of a gamma function that is left out of the product, or makes it 0
        ("beta", (-0.7, 0.7), (0,), -5.54746011064419),
        ("beta", (-0.7, 0.7), (0, 0), 16.606179035468198),
        ("beta", (-2.5, 0.5), (1,), -3.3510321638291128),
        ("binom", (-3.0, 2.0), (), 6),
        ("binom", (-3.0, 2.0), (0,), -3.5),
        ("binom", (-3.0, 2.0), (0, 0), 1),
        ("perm", (-3.0, 2.0), (0,), -7),
        ("perm", (-3.0, 2.0), (0, 0), 2),
        ("poch", (-1.0, 3.0), (0,), -1),
        ("poch", (-3.0, 0.5), (0,), 5.6718523228976513),
        ("poch", (-3.0, 0.5), (0, 0), -1.7351447215279942),
        ("poch", (-3.0, -2.0), (0,), 0.0225),
        ("poch", (-30.5, 2.0), (0,), -60),
        # a share of gamma(a) below the doubles, or gamma(a) beyond them, or close to its pole
        ("lowergamma", (165.0, 0.7), (), 8.3468326971224106e-29),
        ("lowergamma", (165.0, 0.7), (0,), -3.0279058638917269e-29),
        ("lowergamma", (200.0, 30.0), (0, 0), 1.6837788317282279e281),
        ("lowergamma", (200.0, 30.0), (1,), 8.2850518771671479e280),
        ("uppergamma", (165.0, 700.0), (), 5.0772416711659223e162),
        ("uppergamma", (165.0, 700.0), (0,), 3.3270862252463727e163),
        ("uppergamma", (165.0, 700.0), (1,), -3.8899250188433092e162),
        ("uppergamma", (200.0, 1000.0), (0, 0), 3.0240007361317372e164),
        ("uppergamma", (1e-08, 0.3), (), 0.90567664806824218),
        ("uppergamma", (1e-08, 0.3), (0,), -0.360760453216526),
        ("uppergamma", (1e-300, 0.5), (0, 0), 0.13233364323632297),
        ("uppergamma", (0.001, 1e-200), (0,), -78475.073132787935),
        # terms that cancel in more digits than two doubles have, and more terms than are summed
        ("hyp2f1", (154.0, 2.0, 3.0, -28.0), (0,), -1.4386121861945824e-9),
        ("hyp2f1", (154.0, 2.0, 3.5, -28.0), (1,), -1.7099729469731774e-6),
        ("hyp2f1", (80.5, 22.25, 1.25, -3.375), (), -2.7821761732249806e-37),
        ("hyp2f1", (80.5, 22.25, 1.25, -3.375), (0,), 3.110487054191883e-37),
        ("hyp2f1", (80.5, 22.25, 1.25, -3.375), (2,), -2.3891332776343785e-32),
        ("hyp2f1", (80.5, 22.25, 1.25, -3.375), (0, 0), -3.4588843109136822e-37),
        ("hyp2f1", (103.0, 62.5, 61.75, -13.25), (3,), -2.1620038831841626e-102),
        ("hyp2f1", (0.25, 20.5, 152.5, -10.75), (), 0.80152111295907281),
        ("hyp2f1", (70.5, 40.75, -66.5, -0.1875), (1,), 12664.095423657057),
        ("hyp1f1", (-298.5, 34.75, 34.5), (), 1.4844126461976982e-24),
        ("hyp1f1", (-298.5, 34.75, 34.5), (0,), -9.8702834318787018e-26),
        ("hyp1f1", (-298.5, 34.75, 34.5), (1,), -2.3748195135693853e-24),
        ("hyp0f1", (213.5, -728.0), (), 0.032144050635019445),
        ("hyp0f1", (-10.75, -278.0), (0,), -26370590.44284255),
        # an integrand beyond the doubles
        ("hyperu", (20.0, 100.0, 0.5), (), 7.3485731342436132e166),
        ("hyperu", (20.0, 100.0, 0.5), (0,), -2.1866664706191294e167),
        ("hyperu", (20.0, 100.0, 0.5), (2,), -1.4490995698330949e169),
        ("hyperu", (2.5, 45.0, 3.0), (1,), 2.2262865073243064e33),
    ],
)
def test_derivatives_beyond_those_that_have_kept_references(
    name: str, at: tuple[float, ...], places: tuple[int, ...], exact: float
) -> None:
    inputs = numbers_named(len(at))
    node: Node | None = called(TABLE[name], *inputs)
    for place in places:
        assert node is not None
        (node,) = gradient(node, (inputs[place],))
    assert node is not None
    assert value_of((node,), inputs, at)[0] == pytest.approx(exact, rel=1e-13)


SETTLED = "atan acot asinh acsch cbrt erf erfc gauss tanh sech csch coth sigmoid softplus logsigmoid"
"""Functions that are flat or straight at both infinities, to every order."""


@pytest.mark.parametrize("name", [*SETTLED.split(), "asec", "acsc"])
@pytest.mark.parametrize("x", [INF, -INF])
@pytest.mark.parametrize("order", [2, 3])
def test_derivatives_settle_at_infinity(name: str, x: float, order: int) -> None:
    here = Input("x", ())
    node: Node | None = called(TABLE[name], here)
    for _ in range(order):
        assert node is not None
        (node,) = gradient(node, (here,))
    assert node is not None
    assert value_of((node,), (here,), (x,))[0] == 0


def test_logaddexp_loses_no_digits_to_a_difference() -> None:
    x, y = numbers_named(2)
    slopes = gradient(TABLE["logaddexp"].build(x, y), (x, y))
    rng = np.random.default_rng(1)
    for a, b in rng.uniform(-350, 350, (200, 2)).tolist():
        got = value_of([each for each in slopes if each], (x, y), (a, b))
        with mp.workdps(60):
            wanted = [1 / (1 + mp.exp(mp.mpf(b) - a)), 1 / (1 + mp.exp(mp.mpf(a) - b))]
            assert all(ulps(one, other) <= 4 for one, other in zip(got, wanted, strict=True)), (a, b)


def test_spreads_are_centred_as_often_as_their_gradients() -> None:
    v = Input("v", (1000,))
    data = 1e8 + np.random.default_rng(0).normal(size=1000)
    exact = [mp.mpf(each) for each in data.tolist()]
    for name in ("var", "std"):
        (slope,) = gradient(TABLE[name].build(v, None, 1.0, False, None), (v,))
        assert slope is not None
        got = value_of((slope,), (v,), (data,))[0]
        with mp.workdps(60):
            mean = sum(exact) / 1000
            spread = mp.sqrt(sum((each - mean) ** 2 for each in exact) / 999)
            factor = 2 if name == "var" else 1 / spread
            wanted = np.array([float((each - mean) / 999 * factor) for each in exact])
        assert np.abs(got - wanted).max() <= 1e-15 * np.abs(wanted).max()
        assert not value_of((slope,), (v,), (np.full(1000, 0.1),))[0].any()


def test_a_norm_of_order_below_1_has_its_gradient_far_apart() -> None:
    v = Input("v", (3,))
    (slope,) = gradient(TABLE["norm"].build(v, 0.5, None, False), (v,))
    assert slope is not None
    np.testing.assert_allclose(
        value_of((slope,), (v,), ([1e200, 1, 1e-200],))[0], [1, 1e100, 1e200], rtol=1e-13
    )


def test_a_power_loses_no_digits_to_the_rounding_of_its_exponent() -> None:
    rng = np.random.default_rng(3)
    x, n = numbers_named(2)
    points = [(9056050954.469986, -3.4824795352703686), (0.3, 0.1), (1e200, 0.7), (1e-80, -1.1), (5.0, 1e17)]
    points += list(zip(10 ** rng.uniform(-60, 60, 60), rng.uniform(-5, 5, 60), strict=True))
    orders = [*gradient(TABLE["power"].build(x, n), (x,))]
    orders += gradient(orders[0] or n, (x,))
    for base, exponent in points:
        fixed = TABLE["power"].build(x, as_node(float(exponent)))
        (first,) = gradient(fixed, (x,))
        assert first is not None
        (second,) = gradient(first, (x,))
        got = value_of([each for each in (*orders, first, second) if each], (x, n), (base, exponent))
        with mp.workdps(60):
            b, e = mp.mpf(float(base)), mp.mpf(float(exponent))
            exact = [e * b ** (e - 1), e * (e - 1) * b ** (e - 2)]
            for found, wanted in zip(got, exact * 2, strict=True):
                assert abs(wanted) < 1e-300 or ulps(found, wanted) <= MOST_ULPS, (base, exponent)


@pytest.mark.parametrize("entry", [entry for entry in OF_NUMBERS if isinstance(entry, Elementwise)], ids=repr)
def test_higher_derivatives_in_what_a_rule_could_look_through(entry: Elementwise) -> None:
    """With u = -x for the first input, no rule may simplify -u to x: u would be lost to the next order."""
    if entry.partials is None:
        return
    x, *rest = numbers_named(entry.arity)
    u = TABLE["negative"].build(x)
    plain, node = entry.apply(x, *rest), entry.apply(u, *rest)
    high = entry.domain[0][1] if entry.domain else INF
    there, wanted, got = [min(1.5, high / 2), *([1.25] * len(rest))], [plain], [node]
    for _ in range(3):
        try:
            (first,), (other,) = gradient(wanted[-1], (x,)), gradient(got[-1], (u,))
        except NoDerivativeError:
            break
        wanted.append(zeros_like(x) if first is None else first)
        got.append(zeros_like(x) if other is None else other)
    np.testing.assert_array_equal(
        value_of(got, (x, *rest), [-there[0], *there[1:]]), value_of(wanted, (x, *rest), there)
    )
