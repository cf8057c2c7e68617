"""The speed of exported C beside C by hand, and beside what SymPy and CasADi generate.

    python benchmarks/generated.py [--rounds N]

Each formula is a function that gives its value and its gradient: as `gradcli export --to c` writes it, as a
person would, as SymPy prints it (with its `cse`, and each derivative alone), and as CasADi does. All are
compiled with `gcc -O2 -ffp-contract=off` and called at the same 1,000 points, in turns; a figure is the least
time of a call in all rounds, as a ratio to the code by hand. Their numbers must agree to ten digits.

SymPy and CasADi are installed from `benchmarks/generated.txt`, into an environment that has gradcli.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import casadi
import sympy

import gradcli

POINTS = 1000


class Formula(NamedTuple):
    """A formula, the range of each of its arguments in their order, and the lines of its code by hand."""

    title: str
    expression: str
    ranges: dict[str, tuple[float, float]]
    by_hand: str


FORMULAS = [
    Formula(
        "Black-Scholes, 5 derivatives",
        "N(z) = erfc(-z/sqrt(2))/2; a = (log(S/K) + (r + s**2/2)*T)/(s*sqrt(T)); "
        "S*N(a) - K*exp(-r*T)*N(a - s*sqrt(T))",
        {"S": (80, 120), "K": (80, 120), "r": (0.0, 0.1), "s": (0.1, 0.5), "T": (0.2, 2)},
        """
        double root = sqrt(T), v = s * root, a = (log(S / K) + (r + 0.5 * s * s) * T) / v, b = a - v;
        double na = 0.5 * erfc(-a * M_SQRT1_2), nb = 0.5 * erfc(-b * M_SQRT1_2);
        double discounted = K * exp(-r * T), density = exp(-0.5 * a * a) * (0.5 * M_SQRT1_2 * M_2_SQRTPI);
        double vega = S * density * root;
        gradient[0] = na;
        gradient[1] = -discounted / K * nb;
        gradient[2] = discounted * T * nb;
        gradient[3] = vega;
        gradient[4] = 0.5 * vega * s / T + r * discounted * nb;
        return S * na - discounted * nb;
        """,
    ),
    Formula(
        "gravitation, 9 derivatives",
        "G*m1*m2/((x2 - x1)**2 + (y2 - y1)**2 + (z2 - z1)**2)",
        {
            "G": (0.5, 2),
            "m1": (1, 5),
            "m2": (1, 5),
            "x2": (1, 2),
            "x1": (3, 4),
            "y2": (1, 2),
            "y1": (3, 4),
            "z2": (1, 2),
            "z1": (3, 4),
        },
        """
        double dx = x2 - x1, dy = y2 - y1, dz = z2 - z1, inverse = 1.0 / (dx * dx + dy * dy + dz * dz);
        double force = G * m1 * m2 * inverse, c = 2.0 * force * inverse;
        gradient[0] = m1 * m2 * inverse;
        gradient[1] = G * m2 * inverse;
        gradient[2] = G * m1 * inverse;
        gradient[3] = -c * dx;
        gradient[4] = c * dx;
        gradient[5] = -c * dy;
        gradient[6] = c * dy;
        gradient[7] = -c * dz;
        gradient[8] = c * dz;
        return force;
        """,
    ),
    Formula(
        "normal density, 3 derivatives",
        "exp(-((x - m)/s)**2/2)/(sqrt(2*pi)*s)",
        {"x": (-2, 2), "m": (-1, 1), "s": (0.5, 2)},
        """
        double z = (x - m) / s, p = exp(-0.5 * z * z) / (2.5066282746310002 * s), by_m = p * z / s;
        gradient[0] = -by_m;
        gradient[1] = by_m;
        gradient[2] = p * (z * z - 1.0) / s;
        return p;
        """,
    ),
    Formula(
        "logistic loss, 4 derivatives",
        "log1p(exp(-y*(a*u + b*v + c)))",
        {"y": (-1, 1), "a": (-1, 1), "u": (-2, 2), "b": (-1, 1), "v": (-2, 2), "c": (-1, 1)},
        """
        double z = a * u + b * v + c, t = exp(-y * z), d = -t / (1.0 + t), dy = d * y;
        gradient[0] = d * z;
        gradient[1] = dy * u;
        gradient[2] = dy * a;
        gradient[3] = dy * v;
        gradient[4] = dy * b;
        gradient[5] = dy;
        return log1p(t);
        """,
    ),
    Formula(
        "damped oscillation, 4 derivatives",
        "A*exp(-g*t)*cos(w*t + p)",
        {"A": (1, 2), "g": (0.1, 1), "t": (0, 3), "w": (1, 5), "p": (0, 3)},
        """
        double e = exp(-g * t), angle = w * t + p, ec = e * cos(angle), f = A * ec, q = A * e * sin(angle);
        gradient[0] = ec;
        gradient[1] = -t * f;
        gradient[2] = -g * f - w * q;
        gradient[3] = -t * q;
        gradient[4] = -q;
        return f;
        """,
    ),
]
"""Of finance, physics, statistics, machine learning and mechanics."""

FLAGS = ("gcc", "-O2", "-ffp-contract=off", "-w")


def _signature(name: str, formula: Formula) -> str:
    return f"double {name}({', '.join(f'double {each}' for each in formula.ranges)}, double *gradient)"


def by_gradcli(formula: Formula) -> str:
    """What `gradcli export --to c` writes."""
    return gradcli.export(formula.expression, "c", name="f_gradcli", arguments=",".join(formula.ranges)).code


def by_hand(formula: Formula) -> str:
    """What a person would write."""
    return f"#include <math.h>\n{_signature('f_hand', formula)} {{{formula.by_hand}}}"


def _of_sympy(formula: Formula) -> tuple[sympy.Expr, list[sympy.Expr]]:
    names = {name: sympy.Symbol(name, real=True) for name in formula.ranges}
    scope = {**names, "N": lambda z: sympy.erfc(-z / sympy.sqrt(2)) / 2, "log1p": lambda t: sympy.log(1 + t)}
    for name in ("exp", "log", "sqrt", "cos", "pi"):
        scope[name] = getattr(sympy, name)
    *parts, last = formula.expression.split("; ")
    for part in parts:
        name, _, text = part.partition(" = ")
        if "(" not in name:
            scope[name] = eval(text, scope)
    value = eval(last, scope)
    return value, [sympy.diff(value, each) for each in names.values()]


def by_sympy(formula: Formula) -> str:
    """What SymPy prints, with shared parts found by its `cse`."""
    value, gradient = _of_sympy(formula)
    shared, (first, *rest) = sympy.cse([value, *gradient])
    lines = [f"const double {name} = {sympy.ccode(part)};" for name, part in shared]
    lines += [f"gradient[{k}] = {sympy.ccode(part)};" for k, part in enumerate(rest)]
    body = "\n".join([*lines, f"return {sympy.ccode(first)};"])
    return f"#include <math.h>\n{_signature('f_sympy', formula)} {{\n{body}\n}}"


def by_sympy_alone(formula: Formula) -> str:
    """What SymPy prints for each derivative alone."""
    value, gradient = _of_sympy(formula)
    lines = [f"gradient[{k}] = {sympy.ccode(part)};" for k, part in enumerate(gradient)]
    body = "\n".join([*lines, f"return {sympy.ccode(value)};"])
    return f"#include <math.h>\n{_signature('f_alone', formula)} {{\n{body}\n}}"


def by_casadi(formula: Formula) -> str:
    """What CasADi generates, called as it is meant to be, with pointers to its arguments and results."""
    names = {name: casadi.SX.sym(name) for name in formula.ranges}
    scope = {**names, "N": lambda z: (1 - casadi.erf(-z / 2**0.5)) / 2, "pi": casadi.pi}
    for name in ("exp", "log", "sqrt", "cos", "log1p"):
        scope[name] = getattr(casadi, name)
    *parts, last = formula.expression.split("; ")
    for part in parts:
        name, _, text = part.partition(" = ")
        if "(" not in name:
            scope[name] = eval(text, scope)
    value = eval(last, scope)
    inputs = list(names.values())
    function = casadi.Function("generated", inputs, [value, casadi.gradient(value, casadi.vertcat(*inputs))])
    generator = casadi.CodeGenerator("generated.c")
    generator.add(function)
    given = ", ".join(f"&{each}" for each in formula.ranges)
    return f"""{generator.dump()}
{_signature("f_casadi", formula)} {{
    const double *arguments[] = {{{given}}};
    double value, *results[] = {{&value, gradient}};
    generated(arguments, results, 0, 0, 0);
    return value;
}}"""


WRITERS: dict[str, Callable[[Formula], str]] = {
    "hand": by_hand,
    "gradcli": by_gradcli,
    "sympy": by_sympy,
    "alone": by_sympy_alone,
    "casadi": by_casadi,
}


def _program(formula: Formula, rounds: int) -> str:
    """A program that times each function in turns, and compares their numbers."""
    count = len(formula.ranges)
    declared = "\n".join(f"{_signature(f'f_{name}', formula)};" for name in WRITERS)
    calls = ", ".join(f"points[k][{each}]" for each in range(count))
    timed = "\n".join(
        f"""
        clock_gettime(CLOCK_MONOTONIC, &before);
        for (int again = 0; again < 20; ++again)
            for (int k = 0; k < {POINTS}; ++k) {{ total += f_{name}({calls}, g); total += g[0]; }}
        clock_gettime(CLOCK_MONOTONIC, &after);
        took = (after.tv_sec - before.tv_sec) * 1e9 + (after.tv_nsec - before.tv_nsec);
        if (took < least[{place}]) least[{place}] = took;"""
        for place, name in enumerate(WRITERS)
    )
    compared = "\n".join(
        f"""
        value = f_{name}({calls}, h);
        if (fabs(value - first) > 1e-10 * (fabs(first) + 1e-3)) return {place + 1};
        for (int j = 0; j < {count}; ++j)
            if (fabs(g[j] - h[j]) > 1e-10 * (fabs(g[j]) + 1e-3)) return {place + 1};"""
        for place, name in enumerate(WRITERS)
    )
    ranges = ", ".join(f"{{{low}, {high}}}" for low, high in formula.ranges.values())
    return f"""
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
{declared}
static double points[{POINTS}][{count}], ranges[{count}][2] = {{{ranges}}};
int main(void) {{
    double g[{count}], h[{count}], least[{len(WRITERS)}], took, first, value;
    volatile double total = 0;
    struct timespec before, after;
    srand(1);
    for (int k = 0; k < {POINTS}; ++k)
        for (int j = 0; j < {count}; ++j)
            points[k][j] = ranges[j][0] + (ranges[j][1] - ranges[j][0]) * (rand() / (double) RAND_MAX);
    for (int k = 0; k < {POINTS}; ++k) {{
        first = f_hand({calls}, g);
        {compared}
    }}
    for (int place = 0; place < {len(WRITERS)}; ++place) least[place] = 1e300;
    for (int round = 0; round < {rounds}; ++round) {{ {timed} }}
    for (int place = 0; place < {len(WRITERS)}; ++place)
        printf("%.17g ", least[place] / (20.0 * {POINTS}));
    return 0;
}}
"""


def times(formula: Formula, folder: Path, rounds: int) -> dict[str, float]:
    """Nanoseconds of a call, by writer."""
    files = []
    for name, write in WRITERS.items():
        files.append(f"{name}.c")
        (folder / files[-1]).write_text(write(formula))
    (folder / "main.c").write_text(_program(formula, rounds))
    subprocess.run([*FLAGS, "-o", "all", "main.c", *files, "-lm"], cwd=folder, check=True)
    ran = subprocess.run(["./all"], cwd=folder, capture_output=True, text=True, check=False)
    if ran.returncode:
        sys.exit(f"{formula.title}: the numbers of {[*WRITERS][ran.returncode - 1]} differ")
    return dict(zip(WRITERS, map(float, ran.stdout.split()), strict=True))


def main(rounds: int) -> None:
    """Prints a line for each formula."""
    print(f"{'':34}{'by hand, ns':>12}{'gradcli':>9}{'SymPy, cse':>12}{'SymPy':>8}{'CasADi':>8}")
    for formula in FORMULAS:
        with tempfile.TemporaryDirectory() as folder:
            of_each = times(formula, Path(folder), rounds)
        hand = of_each["hand"]
        ratios = [of_each[name] / hand for name in ("gradcli", "sympy", "alone", "casadi")]
        columns = "".join(f"{ratio:{width}.2f}" for ratio, width in zip(ratios, (9, 12, 8, 8), strict=True))
        print(f"{formula.title:34}{hand:12.1f}{columns}")


if __name__ == "__main__":
    main(int(sys.argv[2]) if sys.argv[1:2] == ["--rounds"] else 200)
