"""Writes claims.tsv: derivatives as SymPy writes them, and ones with a mistake in them, with SymPy 1.14.

    python tests/data/make_claims.py > tests/data/claims.tsv

Each line has an expression, a variable, what is claimed of the derivative, and the verdict. Right ones are
what `diff`, `simplify`, `expand` and `factor` make of it; wrong ones have one place of its tree changed, and
are known to be wrong by their values in 50 digits.
"""

import random
import sys
from typing import Any

import mpmath
import sympy  # type: ignore[import-not-found]

EXPRESSIONS = """
sin(x**2); cos(3*x + 1); x*sin(x); exp(-x**2/2); x**3*exp(2*x); log(1 + x**2); sqrt(1 + x**2)
tan(2*x); x**5 - 3*x**2 + 7; sin(x)*cos(x); sin(x)**3; exp(sin(x)); x/(1 + x**2); (x - 1)/(x + 1)
sin(x)/x; log(x)/x; x*log(x); x**x; 2**x; x**2*2**x; atan(x/2); asin(x/3); acos(x/4)
sinh(x)*cosh(x); tanh(3*x); sqrt(x)*exp(-x); 1/sqrt(1 + x); (1 + x)**7; (2*x - 1)**3
exp(-x)*sin(5*x); log(x + sqrt(1 + x**2)); x*atan(x) - log(1 + x**2)/2; sin(sin(x)); cos(exp(x))
exp(x)/(1 + exp(x)); x**2*y; x*y**3; sin(x*y); exp(-x**2 - y**2); x/y; sqrt(x**2 + y**2); log(x*y)
x**y; atan(y/x); (x - y)/(x + y); x*exp(x*y); a*x**2 + b*x + c; a*exp(-b*x); a*sin(b*x + c)
(x - a)**2/(2*b**2); a/(1 + exp(-b*(x - c))); a*x/(b + x); sqrt(a**2 - x**2); cos(x)**2 - sin(x)**2
x**2*sin(x)*exp(x); (x**2 + 1)**3*(x - 1)**2; 1/(x**2 + 4*x + 5); log(sin(x)**2 + 2)
x**3/(x**2 + 1); exp(x**2)*log(1 + x**2); tan(x)**2; sqrt(x + sqrt(x + 1)); sin(1/x); x**2*cos(1/x)
(1 - exp(-x))/x; 5*x**4*(1 - x)**3; cosh(x)**2; r*cos(t); r**2*sin(2*t)/2; m*v**2/2; g*t**2/2 + v*t
k*q/r**2; exp(-w/(k*t)); 1/(exp(h*x) - 1); x**1.5 + 0.3*x; 3.7*x**(1/3)
"""
RIGHT = WRONG = 200
FEWEST = 8


def variants(derivative: Any, rng: random.Random) -> list[str]:
    forms = (derivative, sympy.simplify(derivative), sympy.expand(derivative), sympy.factor(derivative))
    found = list(dict.fromkeys(map(str, forms)))
    rng.shuffle(found)
    return found


def mutated(tree: Any, rng: random.Random) -> Any:
    """The tree with one place changed."""
    places = [each for each in sympy.preorder_traversal(tree) if not each.is_Symbol]
    place = rng.choice(places or [tree])
    changes = [-place, 2 * place, place + 1]
    if isinstance(place, sympy.sin | sympy.cos | sympy.tan | sympy.sinh | sympy.cosh | sympy.tanh):
        other = {sympy.sin: sympy.cos, sympy.cos: sympy.sin, sympy.sinh: sympy.cosh, sympy.cosh: sympy.sinh}
        changes += [other.get(place.func, sympy.sin)(*place.args), place.func(2 * place.args[0])]
    if place.is_Pow:
        changes += [place.base ** (place.exp + 1), place.base ** (place.exp - 1)]
    if place.is_Mul or place.is_Add:
        changes += [place.func(*place.args[1:]), place.func(*place.args[:-1])]
    return tree.xreplace({place: rng.choice(changes)})


def differ(left: Any, right: Any, names: list[Any]) -> bool:
    """Whether two formulas differ at several points of their domain."""
    rng = random.Random(7)
    one, two = (sympy.lambdify(names, each, "mpmath") for each in (left, right))
    compared = differing = 0
    with mpmath.workdps(50):
        for _ in range(60):
            at = [mpmath.mpf(rng.uniform(0.2, 2.5)) for _ in names]
            try:
                a, b = one(*at), two(*at)
            except (ZeroDivisionError, ValueError, OverflowError):
                continue
            if not (isinstance(a, mpmath.mpf) and isinstance(b, mpmath.mpf | int)):
                continue
            compared += 1
            differing += abs(a - b) > mpmath.mpf("1e-4") * (abs(a) + abs(b))
    return compared >= FEWEST and differing >= FEWEST


def main() -> None:
    rng = random.Random(3)
    texts = [each.strip() for line in EXPRESSIONS.split("\n") for each in line.split(";") if each.strip()]
    right, wrong = [], []
    for text in texts:
        names = {str(each): each for each in sympy.sympify(text).free_symbols}
        expression = sympy.sympify(text, names)
        for name in sorted(names):
            derivative = sympy.diff(expression, names[name])
            right += [(text, name, form) for form in variants(derivative, rng)]
            for _ in range(6):
                claim = mutated(derivative, rng)
                if claim.is_real is not False and differ(derivative, claim, list(names.values())):
                    wrong.append((text, name, str(claim)))
    for lines, most, verdict in ((right, RIGHT, "right"), (wrong, WRONG, "wrong")):
        kept = list(dict.fromkeys(lines))
        rng.shuffle(kept)
        assert len(kept) >= most, len(kept)
        for line in sorted(kept[:most]):
            sys.stdout.write("\t".join((*line, verdict)) + "\n")


main()
