"""Minimizes the test functions of the literature from their standard starts, beside SciPy's methods.

`python benchmarks/minimize.py [--peers] [NAME…]`: how often the least value that any method found is found,
and in how many passes (value, gradient and Hessian are one). With --peers SciPy's methods run too: with exact
derivatives, and with its own differences, of which every call of the function counts.

The functions: Moré, Garbow and Hillstrom (ACM TOMS 7, 1981), Andrei (Advanced Modeling and Optimization 10,
2008), and classics.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

import gradcli
from gradcli.capabilities.formula import Surface, from_text
from gradcli.language.parser import parse
from gradcli.search.function import Function, Variables, gradient_vector, hessian_matrix
from gradcli.text.source import Source

NEAR = 1e-7
"""A value counts as the least if it is so near to it, by its size or 1e-3 of that at the start."""


def vector(*values: float) -> dict[str, Any]:
    """The start of a function of one vector."""
    return {"x": np.array(values, float)}


BARD = "[0.14,0.18,0.22,0.25,0.29,0.32,0.35,0.39,0.37,0.58,0.73,0.96,1.34,2.1,4.39]"
KOWALIK = (
    "[0.1957,0.1947,0.1735,0.16,0.0844,0.0627,0.0456,0.0342,0.0323,0.0235,0.0246]",
    "[4,2,1,0.5,0.25,0.167,0.125,0.1,0.0833,0.0714,0.0625]",
)
MEYER = "[34780,28610,23650,19630,16370,13720,11540,9744,8261,7030,6005,5147,4427,3820,3307,2872]"
OSBORNE_1 = (
    "[0.844,0.908,0.932,0.936,0.925,0.908,0.881,0.85,0.818,0.784,0.751,0.718,0.685,0.658,0.628,0.603,0.58,0.558,"
    "0.538,0.522,0.506,0.49,0.478,0.467,0.457,0.448,0.438,0.431,0.424,0.42,0.414,0.411,0.406]"
)
OSBORNE_2 = (
    "[1.366,1.191,1.112,1.013,0.991,0.885,0.831,0.847,0.786,0.725,0.746,0.679,0.608,0.655,0.616,0.606,0.602,0.626,"
    "0.651,0.724,0.649,0.649,0.694,0.644,0.624,0.661,0.612,0.558,0.533,0.495,0.5,0.423,0.395,0.375,0.372,0.391,"
    "0.396,0.405,0.428,0.429,0.523,0.562,0.607,0.653,0.672,0.708,0.633,0.668,0.645,0.632,0.591,0.559,0.597,0.625,"
    "0.739,0.71,0.729,0.72,0.636,0.581,0.428,0.292,0.162,0.098,0.054]"
)
GAUSS = (
    "[0.0009,0.0044,0.0175,0.054,0.1295,0.2420,0.3521,0.3989,0.3521,0.2420,0.1295,0.054,0.0175,0.0044,0.0009]"
)
WATSON = " + ".join(
    f"(sum(arange(1,6)*x[1:]*{k / 29!r}**arange(0,5)) - sum(x*{k / 29!r}**arange(0,6))**2 - 1)**2"
    for k in range(1, 30)
)
TRIGONOMETRIC = "sum((6 - sum(cos(x)) + arange(1,7)*(1 - cos(x)) - sin(x))**2)"
CHEBYQUAD = " + ".join(
    f"(mean(cos({k}*acos(2x - 1))) - ({-1 / (k * k - 1) if k % 2 == 0 else 0!r}))**2" for k in range(1, 6)
)
INTEGRAL = " + ".join(
    f"(x[{i}] + {(1 - (i + 1) / 9) / 18!r}*sum({[(j + 1) / 9 for j in range(i + 1)]!r}"
    f"*(x[:{i + 1}] + {[(j + 1) / 9 + 1 for j in range(i + 1)]!r})**3)"
    + (
        f" + {(i + 1) / 9 / 18!r}*sum({[1 - (j + 1) / 9 for j in range(i + 1, 8)]!r}"
        f"*(x[{i + 1}:] + {[(j + 1) / 9 + 1 for j in range(i + 1, 8)]!r})**3)"
        if i < 7
        else ""
    )
    + ")**2"
    for i in range(8)
)
BANDED = " + ".join(
    f"(x[{i}]*(2 + 5x[{i}]**2) + 1"
    + "".join(f" - x[{j}]*(1 + x[{j}])" for j in range(max(0, i - 5), min(10, i + 2)) if j != i)
    + ")**2"
    for i in range(10)
)
LEVY = (
    "w = 1 + (x - 1)/4; sin(pi*w[0])**2 + sum((w[:-1] - 1)**2*(1 + 10*sin(pi*w[:-1] + 1)**2))"
    " + (w[-1] - 1)**2*(1 + sin(2pi*w[-1])**2)"
)

FUNCTIONS: list[tuple[str, str, dict[str, Any]]] = [
    ("rosenbrock", "(1-x)**2 + 100*(y-x**2)**2", {"x": -1.2, "y": 1}),
    ("freudenstein-roth", "(-13+x+((5-y)*y-2)*y)**2 + (-29+x+((y+1)*y-14)*y)**2", {"x": 0.5, "y": -2}),
    ("powell-badly-scaled", "(1e4*x*y-1)**2 + (exp(-x)+exp(-y)-1.0001)**2", {"x": 0, "y": 1}),
    ("brown-badly-scaled", "(x-1e6)**2 + (y-2e-6)**2 + (x*y-2)**2", {"x": 1, "y": 1}),
    ("beale", "(1.5-x*(1-y))**2 + (2.25-x*(1-y**2))**2 + (2.625-x*(1-y**3))**2", {"x": 1, "y": 1}),
    ("jennrich-sampson", "i = arange(1,11); sum((2+2i-(exp(i*x)+exp(i*y)))**2)", {"x": 0.3, "y": 0.4}),
    (
        "helical-valley",
        "100*((z-10*atan2(y,x)/(2pi))**2 + (sqrt(x**2+y**2)-1)**2) + z**2",
        {"x": -1, "y": 0, "z": 0},
    ),
    (
        "bard",
        f"u = arange(1,16); v = 16-u; sum(({BARD} - (a+u/(v*b+minimum(u,v)*c)))**2)",
        {"a": 1, "b": 1, "c": 1},
    ),
    (
        "gaussian",
        f"t = (8-arange(1,16))/2; sum((a*exp(-b*(t-c)**2/2) - {GAUSS})**2)",
        {"a": 0.4, "b": 1, "c": 0},
    ),
    ("meyer", f"t = 45+5*arange(1,17); sum((a*exp(b/(t+c)) - {MEYER})**2)", {"a": 0.02, "b": 4000, "c": 250}),
    (
        "gulf",
        "t = arange(1,11)/100; y = 25 + (-50*log(t))**(2/3); sum((exp(-abs(y - b)**c/a) - t)**2)",
        {"a": 5, "b": 2.5, "c": 0.15},
    ),
    (
        "box",
        "t = arange(1,11)/10; sum((exp(-t*a) - exp(-t*b) - c*(exp(-t) - exp(-10t)))**2)",
        {"a": 0, "b": 10, "c": 20},
    ),
    (
        "powell-singular",
        "(a+10b)**2 + 5*(c-d)**2 + (b-2c)**4 + 10*(a-d)**4",
        {"a": 3, "b": -1, "c": 0, "d": 1},
    ),
    (
        "wood",
        "100*(b-a**2)**2 + (1-a)**2 + 90*(d-c**2)**2 + (1-c)**2 + 10*(b+d-2)**2 + 0.1*(b-d)**2",
        {"a": -3, "b": -1, "c": -3, "d": -1},
    ),
    (
        "kowalik-osborne",
        f"u = {KOWALIK[1]}; sum(({KOWALIK[0]} - a*(u**2+u*b)/(u**2+u*c+d))**2)",
        {"a": 0.25, "b": 0.39, "c": 0.415, "d": 0.39},
    ),
    (
        "brown-dennis",
        "t = arange(1,21)/5; sum(((a+t*b-exp(t))**2 + (c+d*sin(t)-cos(t))**2)**2)",
        {"a": 25, "b": 5, "c": -5, "d": -1},
    ),
    (
        "osborne-1",
        f"t = 10*arange(0,33); sum(({OSBORNE_1} - (a+b*exp(-t*d)+c*exp(-t*f)))**2)",
        {"a": 0.5, "b": 1.5, "c": -1, "d": 0.01, "f": 0.02},
    ),
    (
        "biggs-exp6",
        (
            "t = arange(1,14)/10; y = exp(-t)-5exp(-10t)+3exp(-4t);"
            " sum((c*exp(-t*a)-d*exp(-t*b)+h*exp(-t*g)-y)**2)"
        ),
        {"a": 1, "b": 2, "c": 1, "d": 1, "g": 1, "h": 1},
    ),
    (
        "osborne-2",
        (
            f"t = arange(0,65)/10; sum(({OSBORNE_2} - (x[0]*exp(-t*x[4]) + x[1]*exp(-(t-x[8])**2*x[5])"
            " + x[2]*exp(-(t-x[9])**2*x[6]) + x[3]*exp(-(t-x[10])**2*x[7])))**2)"
        ),
        vector(1.3, 0.65, 0.65, 0.7, 0.6, 3, 5, 7, 2, 4.5, 5.5),
    ),
    ("watson", f"{WATSON} + x[0]**2 + (x[1]-x[0]**2-1)**2", vector(*[0] * 6)),
    ("extended-rosenbrock", "sum(100*(x[1::2]-x[::2]**2)**2 + (1-x[::2])**2)", vector(*[-1.2, 1] * 5)),
    (
        "extended-powell",
        (
            "a = x[::4]; b = x[1::4]; c = x[2::4]; d = x[3::4]; "
            "sum((a+10b)**2 + 5*(c-d)**2 + (b-2c)**4 + 10*(a-d)**4)"
        ),
        vector(*[3, -1, 0, 1] * 3),
    ),
    ("penalty-1", "1e-5*sum((x-1)**2) + (sum(x**2)-0.25)**2", vector(1, 2, 3, 4)),
    (
        "penalty-2",
        (
            "i = arange(2,5); y = exp(i/10)+exp((i-1)/10); (x[0]-0.2)**2"
            " + 1e-5*sum((exp(x[1:]/10)+exp(x[:-1]/10)-y)**2) + 1e-5*sum((exp(x[1:]/10)-exp(-0.1))**2)"
            " + (sum(arange(4,0,-1)*x**2)-1)**2"
        ),
        vector(*[0.5] * 4),
    ),
    (
        "variably-dimensioned",
        "s = sum(arange(1,9)*(x-1)); sum((x-1)**2) + s**2 + s**4",
        vector(*[1 - k / 8 for k in range(1, 9)]),
    ),
    ("trigonometric", TRIGONOMETRIC, vector(*[1 / 6] * 6)),
    ("brown-almost-linear", "sum((x[:-1]+sum(x)-6)**2) + (prod(x)-1)**2", vector(*[0.5] * 5)),
    (
        "discrete-boundary",
        (
            "t = arange(1,9)/9; l = cat([[0], x[:-1]]); r = cat([x[1:], [0]]);"
            " sum((2x - l - r + (x+t+1)**3/162)**2)"
        ),
        vector(*[k / 9 * (k / 9 - 1) for k in range(1, 9)]),
    ),
    ("discrete-integral", INTEGRAL, vector(*[k / 9 * (k / 9 - 1) for k in range(1, 9)])),
    (
        "broyden-tridiagonal",
        "l = cat([[0], x[:-1]]); r = cat([x[1:], [0]]); sum(((3-2x)*x - l - 2r + 1)**2)",
        vector(*[-1] * 10),
    ),
    ("broyden-banded", BANDED, vector(*[-1] * 10)),
    ("linear-full-rank", "sum((x - 0.2*sum(x) - 1)**2) + 5*(0.2*sum(x)+1)**2", vector(*[1] * 5)),
    ("linear-rank-1", "s = sum(arange(1,6)*x); sum((arange(1,11)*s-1)**2)", vector(*[1] * 5)),
    ("linear-rank-1-zeros", "s = sum(arange(2,5)*x[1:4]); sum((arange(1,9)*s-1)**2) + 2", vector(*[1] * 5)),
    ("chebyquad", CHEBYQUAD, vector(*[k / 6 for k in range(1, 6)])),
    ("himmelblau", "(x**2+y-11)**2 + (x+y**2-7)**2", {"x": 1, "y": 1}),
    ("booth", "(x+2y-7)**2 + (2x+y-5)**2", {"x": 0, "y": 0}),
    ("matyas", "0.26*(x**2+y**2) - 0.48*x*y", {"x": 5, "y": -3}),
    ("mccormick", "sin(x+y) + (x-y)**2 - 1.5x + 2.5y + 1", {"x": 0, "y": 0}),
    ("six-hump-camel", "(4-2.1x**2+x**4/3)*x**2 + x*y + (4y**2-4)*y**2", {"x": 0.5, "y": 0.5}),
    ("three-hump-camel", "2x**2 - 1.05x**4 + x**6/6 + x*y + y**2", {"x": 0.5, "y": 1}),
    (
        "goldstein-price",
        "(1+(x+y+1)**2*(19-14x+3x**2-14y+6x*y+3y**2))*(30+(2x-3y)**2*(18-32x+12x**2+48y-36x*y+27y**2))",
        {"x": 0.3, "y": -0.7},
    ),
    (
        "branin",
        "(y-5.1/(4pi**2)*x**2+5/pi*x-6)**2 + 10*(1-1/(8pi))*cos(x) + 10",
        {"x": 2, "y": 4},
    ),
    ("bohachevsky", "x**2 + 2y**2 - 0.3cos(3pi*x) - 0.4cos(4pi*y) + 0.7", {"x": 0.1, "y": 0.1}),
    ("cube", "(1-x)**2 + 100*(y-x**3)**2", {"x": -1.2, "y": 1}),
    ("styblinski-tang", "sum(x**4-16x**2+5x)/2", vector(*[-1] * 4)),
    ("zakharov", "s = sum(arange(1,6)*x)/2; sum(x**2) + s**2 + s**4", vector(*[1] * 5)),
    ("dixon-price", "(x[0]-1)**2 + sum(arange(2,7)*(2x[1:]**2-x[:-1])**2)", vector(*[1] * 6)),
    ("trid", "sum((x-1)**2) - sum(x[1:]*x[:-1])", vector(*[0] * 6)),
    ("levy", LEVY, vector(*[2] * 4)),
    ("griewank", "sum(x**2)/4000 - prod(cos(x/sqrt(arange(1,5)))) + 1", vector(*[0.5] * 4)),
    ("rotated-ellipsoid", "sum(cumsum(x)**2)", vector(*[1] * 8)),
    ("hilbert", "i = arange(1,7); x @ (1/(reshape(i,6,1)+i-1)) @ x", vector(*[1] * 6)),
    ("quartic", "sum(arange(1,9)*x**4)", vector(*[1] * 8)),
    ("engval", "sum((x[:-1]**2+x[1:]**2)**2) + sum(3-4x[:-1])", vector(*[2] * 8)),
    ("raydan-1", "sum(arange(1,9)/10*(exp(x)-x))", vector(*[1] * 8)),
    ("raydan-2", "sum(exp(x)-x)", vector(*[1] * 8)),
    ("diagonal-1", "sum(exp(x)-arange(1,9)*x)", vector(*[1 / 8] * 8)),
    ("perturbed-quadratic", "sum(arange(1,9)*x**2) + sum(x)**2/100", vector(*[0.5] * 8)),
    ("fletchcr", "100*sum((x[1:]-x[:-1]+1-x[:-1]**2)**2)", vector(*[0] * 8)),
    ("cosine", "sum(cos(x[:-1]**2-x[1:]/2))", vector(*[1] * 8)),
    ("nondia", "(x[0]-1)**2 + 100*sum((x[0]-x[1:]**2)**2)", vector(*[-1] * 8)),
    ("dqdrtic", "sum(x[:-2]**2+100x[1:-1]**2+100x[2:]**2)", vector(*[3] * 8)),
    ("tridia", "(x[0]-1)**2 + sum(arange(2,9)*(2x[1:]-x[:-1])**2)", vector(*[1] * 8)),
    ("liarwhd", "sum(4*(x**2-x[0])**2) + sum((x-1)**2)", vector(*[4] * 8)),
    ("bdexp", "sum((x[:-2]+x[1:-1])*exp(-x[2:]*(x[:-2]+x[1:-1])))", vector(*[1] * 8)),
    ("arwhead", "sum((x[:-1]**2+x[-1]**2)**2-4x[:-1]+3)", vector(*[1] * 8)),
    ("edensch", "16 + sum((x[:-1]-2)**4 + (x[:-1]*x[1:]-2x[1:])**2 + (x[1:]+1)**2)", vector(*[0] * 8)),
]
"""Name, formula and start."""


class Counted:
    """A formula as SciPy takes it, with exact derivatives, which counts the calls of each."""

    def __init__(self, text: str, start: Mapping[str, Any]) -> None:
        formula = from_text(
            [parse(Source(text))], start, {}, {}, Surface(lambda name, value: f"{name}={value}")
        )
        self.variables = Variables(formula.variables)
        inputs = list(formula.variables.values())
        node = formula.output.node
        self._value = Function([node], self.variables, {})
        self._slope = Function([gradient_vector(node, inputs)], self.variables, {})
        self._curved = Function([hessian_matrix(node, inputs)], self.variables, {})
        self.start = self.variables.joined(dict(start))
        self.calls = 0
        self.best = np.inf

    def value(self, x: Any) -> float:
        """The value, counted."""
        self.calls += 1
        found = float(self._value.at(x)[0])
        self.best = min(self.best, found) if np.isfinite(found) else self.best
        return found if np.isfinite(found) else 1e300

    def slope(self, x: Any) -> Any:
        """The gradient."""
        return np.nan_to_num(self._slope.at(x)[0])

    def curved(self, x: Any) -> Any:
        """The Hessian."""
        return np.nan_to_num(self._curved.at(x)[0])


def by_gradcli(text: str, start: Mapping[str, Any]) -> tuple[float, int]:
    """The value and the passes of gradcli."""
    found = gradcli.minimize(text, start)
    return found.value, found.evaluations


def by_scipy(method: str, exact: bool) -> Callable[[str, Mapping[str, Any]], tuple[float, int]]:
    """The value and the calls of one of SciPy's methods, with exact derivatives or its own differences."""
    from scipy.optimize import minimize

    def run(text: str, start: Mapping[str, Any]) -> tuple[float, int]:
        problem = Counted(text, start)
        more: dict[str, Any] = {"jac": problem.slope} if exact else {}
        if method.startswith("trust"):
            more["hess"] = problem.curved
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            try:
                minimize(problem.value, problem.start, method=method, options={"maxiter": 5000}, **more)
            except (ValueError, UnboundLocalError, np.linalg.LinAlgError):
                pass
        return problem.best, problem.calls

    return run


def table(names: list[str], peers: bool) -> None:
    """Prints how often each method found the least value, and in how many passes."""
    methods: dict[str, Any] = {"gradcli": by_gradcli}
    if peers:
        for method in ("trust-exact", "trust-ncg", "BFGS", "L-BFGS-B", "SLSQP"):
            methods[f"SciPy {method}"] = by_scipy(method, True)
        for method in ("BFGS", "L-BFGS-B", "SLSQP"):
            methods[f"SciPy {method}, differences"] = by_scipy(method, False)
    found: dict[str, dict[str, tuple[float, int]]] = {}
    seconds = dict.fromkeys(methods, 0.0)
    functions = [each for each in FUNCTIONS if not names or each[0] in names]
    for name, text, start in functions:
        found[name] = {}
        for method, run in methods.items():
            began = time.perf_counter()
            found[name][method] = run(text, start)
            seconds[method] += time.perf_counter() - began
    ratios = []
    counts, calls = dict.fromkeys(methods, 0), dict.fromkeys(methods, 0)
    for name, text, start in functions:
        least = min(value for value, _ in found[name].values())
        first = Counted(text, start)
        size = max(abs(least), 1e-3 * min(abs(first.value(first.start)), 1.0))
        good = {method for method, (value, _) in found[name].items() if value <= least + NEAR * size}
        for method, (_, count) in found[name].items():
            counts[method] += method in good
            calls[method] += count
        differences = [found[name][each][1] for each in good if each.endswith("differences")]
        if "gradcli" in good and differences:
            ratios.append(found[name]["gradcli"][1] / min(differences))
        if "gradcli" not in good:
            ours = found[name]["gradcli"][0]
            print(f"{name}: gradcli {ours:.9g}, and {least:.9g} by {', '.join(sorted(good))}")
    print(f"{'method':32} best of {len(functions)}  passes or calls  seconds")
    for method in methods:
        print(f"{method:32} {counts[method]:10} {calls[method]:16} {seconds[method]:8.1f}")
    if ratios:
        print(f"passes to the calls of the best with differences: median {np.median(ratios):.2f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--peers", action="store_true")
    arguments = parser.parse_args()
    table(arguments.names, arguments.peers)
