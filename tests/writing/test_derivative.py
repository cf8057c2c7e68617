"""Derivatives for reading: as a person writes them, equal to what is computed, and never slow."""

from __future__ import annotations

import math
import random
import re
from typing import Any

import mpmath
import numpy as np
import pytest
from hostile import HOSTILE
from hypothesis import given
from hypothesis import strategies as st

import gradcli
from gradcli.arrays import Shape
from gradcli.engine.graph import Node
from gradcli.engine.primitives import ENTRIES, Elementwise
from gradcli.engine.primitives.entry import Unknown
from gradcli.engine.primitives.late import homes
from gradcli.language.parser import parse
from gradcli.lowering.rows import RowScope, lower_program
from gradcli.text.errors import EvaluationError, GradcliError
from gradcli.text.excerpt import printable
from gradcli.text.source import Source
from gradcli.writing import algebra
from gradcli.writing.derivative import Formulas, conventions, derived, left_out, written

SHAPES: dict[str, Shape] = {
    **dict.fromkeys(("x", "v", "w"), (3,)),
    **dict.fromkeys(("u", "y", "b"), (4,)),
    **dict.fromkeys(("A", "X"), (4, 3)),
    **dict.fromkeys(("M", "N"), (3, 3)),
    "B": (3, 5),
    "c": (),
}


def lowered(text: str, shapes: dict[str, Shape]) -> tuple[Node, RowScope]:
    scope = RowScope(shapes, {})
    return lower_program(parse(Source(text)), scope), scope


def formulas(text: str, *variables: str, shapes: dict[str, Shape] | None = None, **options: Any) -> Formulas:
    """The derivative in each of the variables in turn."""
    node, scope = lowered(text, {**dict.fromkeys(variables, ()), **(shapes or {})})
    return written([derived(node, [scope.inputs[name] for name in variables])], **options)


def diff(text: str, *variables: str, **options: Any) -> str:
    return formulas(text, *variables, **options).texts[0]


WRITTEN = """
sin(x**2)                    x    2*x*cos(x**2)
x**2*sin(x**2)               x    2*x**3*cos(x**2) + 2*x*sin(x**2)
exp(x)*sin(x)                x    exp(x)*(cos(x) + sin(x))
sin(x)**2                    x    2*cos(x)*sin(x)
sqrt(1 - x**2/9)             x    -x/(9*sqrt(1 - x**2/9))
sqrt(4*x)                    x    2/sqrt(4*x)
sqrt(gamma*p/rho)            rho  -sqrt(gamma*p/rho)/(2*rho)
x**x                         x    x**x*(log(x) + 1)
x**y                         x    y*x**(y - 1)
x**y                         y    x**y*log(x)
2**x                         x    2**x*log(2)
x**3                         x    3*x**2
x**(1/3)                     x    1/(3*x**(2/3))
x**0.426                     x    0.426/x**0.574
sigmoid(x)                   x    sigmoid(x)*(1 - sigmoid(x))
tanh(x)                      x    1 - tanh(x)**2
tan(x)                       x    sec(x)**2
sqrt(x)                      x    1/(2*sqrt(x))
cbrt(x)                      x    1/(3*cbrt(x)**2)
asin(x)                      x    1/sqrt(1 - x**2)
atan(x)                      x    1/(x**2 + 1)
atan2(y, x)                  x    -y/(x**2 + y**2)
atan2(y, x)                  y    x/(x**2 + y**2)
acosh(x)                     x    1/(sqrt(x + 1)*sqrt(x - 1))
log2(x)                      x    1/(x*log(2))
log10(x)                     x    1/(x*log(10))
log1p(x)                     x    1/(x + 1)
erf(x)                       x    2*exp(-x**2)/sqrt(pi)
radians(x)                   x    pi/180
hypot(x, y)                  x    x/hypot(x, y)
softplus(x)                  x    sigmoid(x)
abs(x)                       x    sign(x)
relu(x**2 - 1)               x    where(x**2 - 1 > 0, 2*x, 0)
max(x, x**2)                 x    where(x >= x**2, 1, 2*x)
where(x > 1, x**2, x)        x    where(x > 1, 2*x, 1)
x % 3                        x    1
log(x)/x                     x    (1 - log(x))/x**2
x/(1 + x**2)                 x    (1 - x**2)/(x**2 + 1)**2
1/(1 + exp(-x))              x    exp(-x)/(exp(-x) + 1)**2
exp(-x**2/2)/sqrt(2*pi)      x    -x*exp(-x**2/2)/sqrt(2*pi)
0.21*x**2                    x    0.42*x
0.1*x*3                      x    0.3
x**2/3                       x    2*x/3
0.5*m*v**2                   v    m*v
6.626e-34*x**2               x    1.3252e-33*x
x/8.314                      x    1/8.314
(x/3)**2                     x    2*x/9
x*(x + 1)/2                  x    x + 1/2
(x - 1)*(x + 1)              x    2*x
cos(-x)                      x    -sin(x)
cos(x - y)                   y    sin(x - y)
-(x + y)**3                  x    -3*(x + y)**2
1/(x - y)                    y    1/(x - y)**2
x*y                          z    0
3*x                          x    3
0**x                         x    0
exp(x)/exp(x)                x    0
sinc(x)                      x    sinc'(x)
D*(1 - exp(-a*x))**2         x    2*D*a*exp(-a*x)*(1 - exp(-a*x))
4*e0*((s/r)**12 - (s/r)**6)  r    24*e0*s**6*(1 - 2*s**6/r**6)/r**7
S/(k*(1 + i/j) + S)          S    k*(i/j + 1)/(S + k*(i/j + 1))**2
x*sqrt(1 - x**2) + asin(x)   x    2*sqrt(1 - x**2)
(x + 1)**3*(x - 2)**2        x    (5*x - 4)*(x + 1)**2*(x - 2)
log(x + sqrt(x**2 + 1))      x    1/sqrt(x**2 + 1)
exp(x)/(1 + exp(x))          x    exp(x)/(exp(x) + 1)**2
log(1 + exp(-y*x))           x    -y/(exp(x*y) + 1)
tanh(x)*exp(x)*exp(-x)       x    1 - tanh(x)**2
(exp(x) - exp(-x))/(exp(x) + exp(-x))  x  4/(exp(-x) + exp(x))**2
erf(x)*exp(x**2)             x    2*x*erf(x)*exp(x**2) + 2/sqrt(pi)
x*erf(x/sqrt(2))             x    2*x*exp(-x**2/2)/sqrt(2*pi) + erf(x/sqrt(2))
sin(x)/cos(x)                x    1/cos(x)**2
where(x <= 0, 0, where(x >= 6, 6, x))  x  where(x > 0 and x < 6, 1, 0)
clamp(x, 0, 1)*(1 - clamp(x, 0, 1))  x  where(x >= 0 and x <= 1, 1 - 2*clamp(x, 0, 1), 0)
where(x < 1, y*x, 0)*3 + where(x >= 1, 0, x**2)  x  where(x < 1, 3*y, 0) + where(x >= 1, 0, 2*x)
sin(x)/(1 + cos(x))          x    1/(cos(x) + 1)
y*cos(x)*tan(x)              x    y*cos(x)
y*cos(x)*tan(x)              y    sin(x)
cosh(x)*tanh(x)*y            y    sinh(x)
sin(x)*tan(x)                x    sin(x)*(sec(x)**2 + 1)
cos(x)**2*sec(x)             x    -sin(x)
sec(x)**2 - tan(x)**2 + x    x    1
exp(tan(x))*cos(x)           x    exp(tan(x))*(sec(x) - sin(x))
fmax(x, 2)                   x    where(x >= 2, 1, 0)
x**512                       x    512*x**511
cosh(x)/sinh(x)              x    -1/sinh(x)**2
y*log(cos(2*x))              x    -2*y*tan(2*x)
log(sinh(x))                 x    coth(x)
log(sin(x))*cos(x)           x    cos(x)**2/sin(x) - log(sin(x))*sin(x)
x**sin(x)                    x    x**sin(x)*(cos(x)*log(x) + sin(x)/x)
p*(1 + r/n)**(n*t)           n    p*t*(r/n + 1)**(n*t)*(log(r/n + 1) - r/(n*(r/n + 1)))
x**n*exp(-x)                 x    x**(n - 1)*exp(-x)*(n - x)
atan(y/x)                    x    -y/(x**2 + y**2)
1/(1/a + 1/b)                a    b**2/(a + b)**2
max(0, 1 - y*x)              x    where(1 - x*y > 0, -y, 0)
where(x > 1, where(x < 2, x**2, 0), 0)  x  where(x > 1 and x < 2, 2*x, 0)
(x/3.7)**2                   x    2*x/13.69
3.7*x**2/3                   x    7.4*x/3
e0/(3.7*x)                   x    -e0/(3.7*x**2)
0.5*x/3                      x    1/6
"""


@pytest.mark.parametrize("line", WRITTEN.strip().splitlines())
def test_a_derivative_reads_as_a_person_writes_it(line: str) -> None:
    text, variable, expected = re.split(r"\s{2,}", line)
    assert diff(text, variable) == expected


@pytest.mark.parametrize(
    ("text", "variables", "expected"),
    [
        ("sin(x**2)", "x x", "2*cos(x**2) - 4*x**2*sin(x**2)"),
        ("exp(-(x - y)**2/2)", "x y", "exp(-(x - y)**2/2)*(1 - (x - y)**2)"),
        ("log(x)/x", "x x x", "(11 - 6*log(x))/x**4"),
        ("x**5", "x x x x x x", "0"),
        ("sin(x)", "x x x x", "sin(x)"),
        ("x**3*y**2", "x y x", "12*x*y"),
    ],
)
def test_higher_orders(text: str, variables: str, expected: str) -> None:
    assert diff(text, *variables.split()) == expected


ARRAYS = """
sum(v**2)                             v   2*v
sum(v)                                v   ones(3)
sum(cumsum(v)**2)                     v   2*flip(cumsum(flip(cumsum(v), 0)), 0)
cumsum(v)[1]                          v   [1, 1, 0]
sum(log(cos(v)))                      v   -tan(v)
sum(diag(v) @ w)                      v   w
trace(diag(v) @ M)                    v   diag(M)
sum(diag(M)**2)                       M   2*diag(M)*eye(3)
sum(diag(A)**2)                       A   2*reshape(diag(A) @ eye(12)[[0, 4, 8]], 4, 3)
sum(diag(v, 1)*(A @ A.T))             v   diag(A @ A.T, 1)
sum(diag(v**2, -1)*(A @ A.T))         v   2*v*diag(A @ A.T, -1)
trace(diag(v, 1) @ A @ A.T)           v   diag(A @ A.T, 1)
sum(diag(M, -1)**2)                   M   2*diag(diag(M, -1), -1)
w @ diag(v) @ w                       w   2*v*w
sum(diag(u) @ A @ diag(v))            v   A.T @ u
sum(diag(u) @ A @ diag(v))            A   outer(u, v)
sum((diag(v) @ M @ diag(v))**2)       M   2*M*outer(v, v)**2
sum(A[[0, 2]]**2)                     A   2*(eye(4)[[0, 2]].T @ A[[0, 2]])
sum(A[:, [2, 0]])                     A   outer(ones(4), sum(eye(3)[[2, 0]], dim=0))
det(M + diag(v))                      v   det(M + v*eye(3))*diag(inv(M + v*eye(3)))
sum(sort(y)*u)                        y   scatter_add(zeros(4), 0, argsort(y), u)
median(v)                             v   where(v == median(v), 1/sum(where(v == median(v), 1, 0)), 0)
sum(eigvalsh(M))                      M   eye(3)
eigvalsh(M)[0]                        M   outer(eigh(M)[1][:, 0], eigh(M)[1][:, 0])
sum(svdvals(A))                       A   svd(A)[0] @ svd(A)[2]
trace(M @ M @ M)                      M   3*(M.T @ M.T)
cross_entropy(v, 1)                   v   softmax(v) - [0, 1, 0]
-mean(y*log(sigmoid(X @ w)) + (1 - y)*log(1 - sigmoid(X @ w)))  w  (X.T @ (sigmoid(X @ w) - y))/4
-sum(y*log(softmax(X @ w)))           w   X.T @ (softmax(X @ w)*sum(y) - y)
mean(v)                               v   ones(3)/3
sum((c*x - v)**2)                     x   2*c*(c*x - v)
sum((c*x - v)**2)                     c   2*sum(x*(c*x - v))
sum((A @ x - u)**2)                   x   2*(A.T @ (A @ x - u))
sum((A @ x - u)**2)                   A   2*outer(A @ x - u, x)
mean((A @ x - u)**2)                  x   (A.T @ (A @ x - u))/2
norm(v)                               v   v/norm(v)
norm(A @ x - u)                       x   (A.T @ (A @ x - u))/norm(A @ x - u)
v[1]**2                               v   [0, 2*v[1], 0]
v[0]*v[1]                             v   [v[1], v[0], 0]
softmax(v)[0]                         v   softmax(v)*([1, 0, 0] - softmax(v)[0])
sum(softmax(v)*w)                     v   softmax(v)*(w - sum(w*softmax(v)))
log_softmax(v)[1]                     v   [0, 1, 0] - softmax(v)
logsumexp(v)                          v   softmax(v)
logsumexp(A)                          A   softmax(A, dim=(0, 1))
trace(M @ N)**2                       M   2*trace(M @ N)*N.T
sum((X @ w - y)**2) + c*sum(w**2)     w   2*(X.T @ (X @ w - y)) + 2*c*w
trace(M @ N)                          M   N.T
trace(M)                              M   eye(3)
sum(A @ B)                            A   outer(ones(4), sum(B, dim=1))
sum(A @ B)                            B   outer(sum(A, dim=0), ones(5))
x @ M @ x                             x   M @ x + x @ M
x @ M @ x                             M   outer(x, x)
sum(A.T @ u)                          u   sum(A, dim=1)
sum(relu(A @ x))                      x   A.T @ where(A @ x > 0, 1, 0)
sum(tanh(A @ x + b))                  A   outer(1 - tanh(A @ x + b)**2, x)
sigmoid(w @ x + c)                    w   x*sigmoid(w @ x + c)*(1 - sigmoid(w @ x + c))
std(v)                                v   (v - mean(v))/(2*std(v))
var(v)                                v   v - mean(v)
prod(v)                               v   prod(v)/v
max(v)                                v   where(v == max(v), 1, 0)
log(sum(exp(v)))                      v   exp(v)/sum(exp(v))
sum(v*log(v))                         v   log(v) + 1
dot(v, w)**2                          v   2*w*(v @ w)
sum((M @ N)**2)                       N   2*(M.T @ (M @ N))
sum(outer(u, v)**2)                   u   2*(outer(u, v) @ v)
sum(v[1:]**2)                         v   cat(zeros(1), 2*v[1:])
sum(cat(v, u)**2)                     u   2*u
sum(stack([v, w])**2)                 w   2*w
det(M[:2, 1:])                        M   det(M[:2, 1:])*(eye(3)[:2].T @ inv(M[:2, 1:]).T @ eye(3)[1:])
sum(M[0, 1:]**3)                      M   3*outer(eye(3)[0], M[0, 1:]**2 @ eye(3)[1:])
sum((v - mean(v))**2)                 v   2*(v - mean(v))
sum((v - mean(v))*(w - mean(w)))      w   v - mean(v)
mean((A @ v + c - u)**2)              c   2*mean(A @ v + c - u)
v @ M.T @ M @ v                       M   2*outer(M @ v, v)
sum(max(0, 1 - u*(A @ v)))            v   A.T @ where(1 - u*(A @ v) > 0, -u, 0)
sum(where(v > 0, v, c*v))             v   where(v > 0, 1, c)
sum(exp(A) @ v)                       A   v*exp(A)
sum(softmax(A)*X)                     A   softmax(A)*(X - sum(X*softmax(A), dim=1, keepdim=True))
sum(reshape(A, 12)**2)                A   2*A
sum(v[[0, 2, 2]]**2)                  v   2*(v[[0, 2, 2]] @ eye(3)[[0, 2, 2]])
[c, c**2, 3] @ v                      c   [1, 2*c, 0] @ v
exp(-norm(v)**2)                      v   -2*v*exp(-norm(v)**2)
A[1, 2]**2                            A   2*outer(eye(4)[1], eye(3)[2])*A[1, 2]
"""


@pytest.mark.parametrize("line", ARRAYS.strip().splitlines())
def test_matrix_calculus(line: str) -> None:
    """The text is the textbook's, and typed back it gives the gradient, in its shape."""
    text, variable, expected = re.split(r"\s{2,}", line)
    used = [name for name in SHAPES if re.search(rf"(?<!\w){name}(?!\w)", text)]
    found = diff(text, variable, shapes={name: SHAPES[name] for name in used})
    assert found == expected
    rng = np.random.default_rng(0)
    values = {name: rng.uniform(0.2, 1.5, SHAPES[name]) for name in used}
    again = {name: values[name] for name in used if re.search(rf"(?<!\w){name}(?!\w)", found)}
    wanted = gradcli.evaluate(text, values).gradients[variable]
    value = gradcli.evaluate(found, again).value
    assert np.shape(value) == np.shape(wanted)
    np.testing.assert_allclose(value, wanted, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A @ x", "A"),
        ("tanh(A @ x)", "A*unsqueeze(1 - tanh(A @ x)**2, 1)"),
        ("x**3", "3*x**2*eye(3)"),
        ("x @ M @ x*x[0]", "(M @ x)*x[0] + (x @ M)*x[0] + [x @ M @ x, 0, 0]"),
        ("[x[0]*x[1], x[2]]", "[[x[1], x[0], 0], [0, 0, 1]]"),
        ("A @ x + x[0]*u", "stack(A.T[0] + u, A.T[1], A.T[2], dim=1)"),
        ("softmax(x)[:2]", ""),
    ],
)
def test_jacobians(text: str, expected: str) -> None:
    """The Jacobian of a vector in a vector, as a matrix."""
    shapes = {name: SHAPES[name] for name in "AMxu" if name in text}
    found = diff(text, "x", shapes=shapes)
    rng = np.random.default_rng(1)
    values = {name: rng.uniform(0.2, 1.5, shape) for name, shape in shapes.items()}
    again = {name: values[name] for name in shapes if re.search(rf"(?<!\w){name}(?!\w)", found)}
    wanted = gradcli.evaluate(text, values).gradients["x"]
    value = gradcli.evaluate(found, again).value
    assert np.shape(value) == np.shape(wanted)
    np.testing.assert_allclose(value, wanted, rtol=1e-12)
    assert found == expected or not expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x @ M @ x", "M + M.T"),
        ("sum(x**2)", "2*eye(3)"),
        ("sum(exp(x))", "exp(x)*eye(3)"),
        ("(x @ w)**2", "2*outer(w, w)"),
    ],
)
def test_hessians(text: str, expected: str) -> None:
    node, scope = lowered(text, {name: SHAPES[name] for name in "xMw" if name in text})
    variable = scope.inputs["x"]
    assert written([derived(node, [variable, variable])]).texts[0] == expected


# Equal in exact arithmetic

EXACT = [
    "x/8.314 + 0.1*x*3 + x**0.426",
    "6.626e-34*x/(2*pi)*1e30",
    "(0.24*x + sqrt(y)/(x*sqrt(1 + y)))**(1/4)",
    "1/(1 - x/(3*y)) - 2/x + 1/(x - y)",
    "(1 - cos(x*y))**(3/2)*exp(-x/y)",
    "sqrt(x*y)*x/y**2",
    "x*sqrt(x**3/(y + x*exp(y)))",
    "log(x*y)/(x + log(y))",
    "(x**2 + x*y)**3/(x + y)**2",
    "x**y/y**x",
    "((x + y)**2 - (x - y)**2)/x",
    "1.4*x - 0.3*x**2*y + 2.7e-3*x**5",
    "atan(y/x) + asin(x/9)",
    "tanh(x)**3/sqrt(1 + tanh(x)**2)",
]
NAMES: dict[str, Any] = {
    **{name: getattr(mpmath, name) for name in ("sin", "cos", "sec", "tan", "exp", "log", "sqrt", "pi")},
    **{name: getattr(mpmath, name) for name in ("atan", "asin", "tanh")},
    "M": mpmath.mpf,
}


def exactly(text: str, **at: Any) -> Any:
    literal = r"(?<![\w.])(\d+\.?\d*(?:e[+-]?\d+)?)"
    return eval(re.sub(literal, r'M("\1")', text), {**NAMES, **at})


@pytest.mark.parametrize("text", EXACT)
@pytest.mark.parametrize("variable", ["x", "y"])
def test_a_formula_is_exact(text: str, variable: str) -> None:
    found = diff(text, variable)
    with mpmath.workdps(120):
        for x, y in (("0.7", "1.3"), ("2.1", "0.4"), ("1.9", "5.3")):
            at = {"x": mpmath.mpf(x), "y": mpmath.mpf(y)}
            wanted = mpmath.diff(lambda z, at=at: exactly(text, **{**at, variable: z}), at[variable])
            got = exactly(found, **at)
            assert abs(got - wanted) <= mpmath.mpf(10) ** -50 * (1 + abs(wanted)), found


def inside(entry: Elementwise) -> list[float]:
    """A point in the domain of an entry."""
    low_high = entry.domain or ((-math.inf, math.inf),) * entry.arity
    point = []
    for place, (low, high) in enumerate(low_high):
        low, high = max(low, -2.0), min(high, 3.0)
        point.append(low + (high - low) * (0.37 + 0.11 * place))
    return point


def unwritten(rule: object) -> bool:
    """Whether a partial is not known."""
    return isinstance(rule, Unknown)


HAS_NO_WORDS = {
    "where",
    *(
        each.name
        for each in ENTRIES
        if isinstance(each, Elementwise) and any(map(unwritten, each.partials or ()))
    ),
}
"""Functions of which some partial is not known, or is a function that has no name."""


@pytest.mark.parametrize(
    "entry",
    [
        each
        for each in ENTRIES
        if isinstance(each, Elementwise) and each.partials is not None and each.name not in HAS_NO_WORDS
    ],
    ids=repr,
)
def test_every_function_has_a_derivative_that_reads_back(entry: Elementwise) -> None:
    names = [each.name for each in entry.parameters[: entry.arity]]
    values = dict(zip(names, inside(entry), strict=True))
    text = f"{entry.name}({', '.join(names)})"
    answer = gradcli.evaluate(text, values)
    for name in names:
        try:
            found = diff(text, name, shapes=dict.fromkeys(names, ()))
        except EvaluationError:
            assert entry.name in homes()  # whose derivatives may be functions without a name
            continue
        used = {each: values[each] for each in names if re.search(rf"\b{each}\b", found)}
        value = gradcli.evaluate(found, used).value
        assert value == pytest.approx(answer.gradients[name] or 0.0, rel=1e-12), found


OPERANDS = st.sampled_from(["x", "y", "2", "3", "0.5", "1.3"])


def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    unary = st.sampled_from(["sin", "cos", "exp", "tanh", "sqrt", "log", "abs", "-", "relu", "square"])
    binary = st.sampled_from(["+", "-", "*", "/", "+", "*"])
    return st.one_of(
        st.builds(lambda f, a: f"{f}({a})", unary, inner),
        st.builds(lambda op, a, b: f"({a} {op} {b})", binary, inner, inner),
        st.builds(lambda a, n: f"({a})**{n}", inner, st.sampled_from(["2", "3", "-1", "0.5", "(1/3)", "x"])),
    )


@given(st.recursive(OPERANDS, grown, max_leaves=12))
def test_any_formula_equals_what_is_computed(text: str) -> None:
    """Wherever the engine has a derivative of moderate size, the text typed back gives it."""
    values = {"x": 0.83, "y": 1.71}
    text = f"{text} + 0*x + 0*y"
    answer = gradcli.evaluate(text, values)
    for name, wanted in answer.gradients.items():
        if (
            wanted is None
            or not math.isfinite(wanted)
            or abs(wanted) > 1e6
            or not math.isfinite(answer.value)
        ):
            continue
        for notation in ("text", "unicode"):
            found = diff(text, name, shapes=dict.fromkeys(values, ()), notation=notation)
            used = {name: x for name, x in values.items() if re.search(f"(?<![a-z]){name}(?![a-z])", found)}
            value = gradcli.evaluate(found, used).value
            assert math.isclose(value, wanted, rel_tol=1e-6, abs_tol=1e-6), f"{text} in {name}: {found}"


MATRICES = ["A", "B", "A.T", "T", "A@B", "B@A", "outer(v,w)", "A+w", "B*v", "T@B", "T+w", "sum(T,0)", "T[0]"]
MATRICES += [
    "reshape(v,1,3)",
    "reshape(w,4,1)",
    "A[:2]",
    "cumsum(A,1)",
    "tril(A)",
    "diag(v)",
    "cholesky(A@A.T)",
    "qr(B)[1]",
]
VECTORS = ["v", "w", "B@v", "A@w", "v@A", "w@B", "sum(A,0)", "mean(A,1)", "T@w", "A[0]", "B[:,1]"]
VECTORS += [
    "cumsum(v)",
    "sort(w)",
    "flip(v)",
    "svdvals(A)",
    "eigvalsh(A@B)",
    "gather(w, 0, [3,1,1])",
    "diag(A@B)",
    "w[[2,0,2]]",
]
OF_ARRAYS = {"A": (3, 4), "B": (4, 3), "T": (2, 3, 4), "v": (3,), "w": (4,), "x": ()}
"""Shapes no two of which could be taken for each other."""


def of_arrays(rng: random.Random) -> str:
    """A random formula of arrays that gives a number; not all of them have shapes that fit."""

    def matrix(depth: int) -> str:
        if not depth or rng.random() < 0.3:
            return rng.choice(MATRICES)
        inner = matrix(depth - 1)
        forms = (f"({inner} {rng.choice('+-*@@')} {matrix(depth - 1)})", f"tanh({inner})", f"({inner}).T")
        return rng.choice((*forms, f"x*({inner})", f"softmax({inner}, 1)", f"({inner} * w)"))

    def vector(depth: int) -> str:
        if not depth or rng.random() < 0.3:
            return rng.choice(VECTORS)
        inner = vector(depth - 1)
        return rng.choice((f"sin({inner})", f"({inner} {rng.choice('+*-')} {vector(0)})"))

    a, b = matrix(2), matrix(1)
    forms = (f"sum({a})", f"sum({a}*{b})", f"sum({a} @ {vector(1)})", f"sum(sum({a}, 0)**2)", f"norm({a})")
    more = (f"sum(mean({a}, 1)**2)", f"dot({vector(1)}, {vector(1)})", f"sum({vector(1)} @ {b})", f"max({b})")
    centred = f"sum(({b} - mean({b}, 1, keepdim=True))**2)"
    return rng.choice((*forms, *more, centred, f"trace({a})", f"v @ ({b}) @ w"))


@pytest.mark.parametrize("seed", range(20))
def test_any_formula_of_arrays_equals_what_is_computed(seed: int) -> None:
    """Typed back, the derivative has the shape and the elements that are computed."""
    rng, numbers = random.Random(seed), np.random.default_rng(seed)
    values = {name: numbers.uniform(0.2, 1.5, shape) for name, shape in OF_ARRAYS.items()}

    def named(text: str) -> dict[str, Any]:
        return {name: value for name, value in values.items() if re.search(rf"(?<!\w){name}(?!\w)", text)}

    for _ in range(25):
        text = of_arrays(rng)
        try:
            gradients = gradcli.evaluate(text, named(text)).gradients
            written_out = {
                name: diff(text, name, shapes={each: OF_ARRAYS[each] for each in named(text)})
                for name, wanted in gradients.items()
                if wanted is not None
            }
        except GradcliError:  # shapes that do not fit, or a part without words
            continue
        for name, found in written_out.items():
            value = gradcli.evaluate(found, named(found), wrt=[]).value
            told = f"{text} in {name}: {found}"
            shape = np.shape(gradients[name])
            assert np.broadcast_shapes(np.shape(value), shape) == shape, told
            np.testing.assert_allclose(value, gradients[name], rtol=1e-9, atol=1e-11, err_msg=told)


# Never slow, and never recursive


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("+".join(f"sin({i}*x)" for i in range(1, 1000)), "10*cos(10*x) + 100*cos(100*x)"),
        ("sin(" * 200 + "x" + ")" * 200, "cos(sin("),
        ("1/(1 + " * 60 + "x" + ")" * 60, "1/(1548008755920*x + 2504730781961)**2"),
        ("+".join(["x"] * 5000), "5000"),
        ("*".join(f"(x + {i})" for i in range(60)), "(((("),
    ],
    ids=["sum", "nest", "fractions", "chain", "brackets"],
)
def test_large_formulas_are_written(text: str, start: str) -> None:
    assert diff(text, "x").startswith(start)


def test_there_is_a_bound_on_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond it the formula is written as it stands: longer, and equal."""
    text = "*".join(f"(x + {i})" for i in range(12))
    short = diff(text, "x")
    monkeypatch.setattr(algebra, "MOST_WORK", 40)
    long = diff(text, "x")
    assert len(long) > len(short)
    values = [gradcli.evaluate(each, {"x": 0.3}).value for each in (short, long)]
    assert values[0] == pytest.approx(values[1], rel=1e-13)


def test_work_grows_no_faster_than_the_formula() -> None:
    def work(count: int) -> int:
        from gradcli.writing.reading import Reader, derivative

        node, scope = lowered("+".join(f"x**{i}*exp({i}*x)" for i in range(count)), {"x": ()})
        found = derivative(node, scope.inputs["x"])
        assert found is not None
        reader = Reader()
        reader.read([found])
        return reader.algebra.work

    assert work(400) < 5 * work(100)


def test_what_is_too_long_is_said() -> None:
    text = "sin(" * 1500 + "x" + ")" * 1500
    with pytest.raises(EvaluationError) as caught:
        diff(text, "x")
    assert caught.value.hint == "--cse gives the parts that it repeats a name"


# Names for shared parts


def test_shared_parts_get_names() -> None:
    node, scope = lowered("exp(-y)*sin(x*y)", {"x": (), "y": ()})
    inputs = [scope.inputs[name] for name in "xy"]
    found = written([derived(node, [each]) for each in inputs], cse=True)
    assert found.shared == {"a": "cos(x*y)", "b": "exp(-y)"}
    assert found.texts == ("a*b*y", "b*(a*x - sin(x*y))")
    statements = "; ".join(f"{name} = {text}" for name, text in found.shared.items())
    for text, name in zip(found.texts, "xy", strict=True):
        value = gradcli.evaluate(f"{statements}; {text}", {"x": 0.3, "y": 1.2}).value
        assert value == pytest.approx(
            gradcli.evaluate("exp(-y)*sin(x*y)", {"x": 0.3, "y": 1.2}).gradients[name]
        )


def test_names_of_shared_parts_are_new() -> None:
    found = formulas("sin(a*b)**3*exp(sin(a*b))", "a", shapes={"b": ()}, cse=True)
    assert not {"a", "b", "e"} & set(found.shared)


# What a formula leaves out


@pytest.mark.parametrize(
    ("text", "variable", "notes"),
    [
        ("x**2/x", "x", ["this holds where x != 0"]),
        ("x*x**0", "x", []),
        ("log(cos(x))", "x", []),
        ("sin(x)/x", "x", []),
        ("sqrt(x*y)", "x", []),
        ("x*y/y", "x", ["this holds where y != 0"]),
        ("x/(x**2 + 1)*(x**2 + 1)", "x", []),
        ("x*cos(y)*tan(y)", "x", ["this holds where cos(y) != 0"]),
        ("-1/tan(x)", "x", ["this holds where cos(x) != 0"]),
        ("1/tanh(x)", "x", []),
        ("x*cos(y)*tan(y)", "y", ["this holds where cos(y) != 0"]),
        ("x*cosh(y)*tanh(y)", "x", []),
        ("tan(x) - sec(x)", "x", []),
        ("x*exp(x)/exp(x)", "x", []),
        ("log(x*y)", "x", []),
        ("log(sqrt(x))", "x", []),
        ("sqrt(x)*sqrt(x)", "x", ["this holds where x > 0"]),
        ("(x*y + 1)/y", "x", []),
        ("(x*y + 1)/x", "y", []),
        ("(x*y + x**2)/x", "x", ["this holds where x != 0"]),
        ("(x*y + x**2)/x", "y", ["this holds where x != 0"]),
        ("atan(y/x)", "x", ["this holds where x != 0"]),
        ("y*x*cos(x + y/x)/x", "y", []),
        ("atan2(y, x)", "x", ["where hypot(x, y) == 0, it is taken as 0"]),
    ],
)
def test_what_is_not_shown_is_said(text: str, variable: str, notes: list[str]) -> None:
    node, scope = lowered(text, dict.fromkeys("xy", ()))
    found = written([derived(node, [scope.inputs[variable]])])
    assert list(left_out(found, node, {variable})) == notes


NAN_IN_CONDITIONS = [
    "where(x < y, a*b, a + b)",
    "where(x <= y and a > b, a*b, a/b)",
    "where(x > 1, a, where(y <= 2, b, a*b))",
    "where(not x >= y, a, b**2)",
    "where(x < 1, a, 0) + where(x >= 1, b, 0)",
    "where(x == y, a, b) + where(x != y, b, 0)",
    "relu(a)*where(x > y, 2, b)",
]


@pytest.mark.parametrize("text", NAN_IN_CONDITIONS)
def test_a_condition_on_nan_chooses_the_side_that_the_engine_takes(text: str) -> None:
    values = {name: value for name, value in (("x", math.nan), ("y", 2), ("a", 3), ("b", 5)) if name in text}
    wanted = gradcli.evaluate(text, values).gradients
    for name, found in gradcli.diff(text, "a", "b").derivatives.items():
        given = {each: value for each, value in values.items() if re.search(rf"\b{each}\b", found)}
        assert gradcli.evaluate(found, given, wrt=[]).value == wanted[name], found


def test_ties_are_said() -> None:
    node, scope = lowered("max(x, x**2)", {"x": ()})
    told = conventions(node, [scope.inputs["x"]])
    assert told == ["at a tie, maximum gives each side half of the gradient"]


# Other notations


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sin(x**2)", r"2\,x\,\cos\left(x^{2}\right)"),
        ("sqrt(1 - x**2/9)", r"-\frac{x}{9\,\sqrt{1 - \frac{x^{2}}{9}}}"),
        ("theta_1*x**(3/2)", r"\frac{3\,\theta_{1}\,\sqrt{x}}{2}"),
        ("x*exp(x/(1 + x))", r"e^{x/\left(x + 1\right)}\,\left(1 + \frac{x}{\left(x + 1\right)^{2}}\right)"),
        ("sin(x)**3", r"3\,\cos\left(x\right)\,\sin^{2}\left(x\right)"),
        ("relu(x)", r"\begin{cases} 1 & \text{if } x > 0 \\ 0 & \text{otherwise} \end{cases}"),
        ("rate_max*x", r"\mathrm{rate}_{\mathrm{max}}"),
        ("x**2*6.626e-34", r"1.3252 \times 10^{-33}\,x"),
    ],
)
def test_latex(text: str, expected: str) -> None:
    assert diff(text, "x", notation="latex") == expected


def test_latex_of_arrays() -> None:
    shapes = {name: SHAPES[name] for name in "Axuvw"}
    found = diff("sum((A @ x - u)**2)", "x", shapes=shapes, notation="latex")
    assert found == r"2\,\left(\mathbf{A}^{\top}\,\left(\mathbf{A}\,\mathbf{x} - \mathbf{u}\right)\right)"
    assert r"\mathbf{v} \odot \mathbf{w}" in diff("sum(v*w)**2", "v", shapes=shapes, notation="latex")
    assert diff("norm(v)", "v", shapes=shapes, notation="latex") == (
        r"\frac{\mathbf{v}}{\left\lVert \mathbf{v}\right\rVert}"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sin(x**2)", "2·x·cos(x²)"),
        ("-sqrt(x)", "−1/(2·√x)"),
        ("pi*x**12", "12·π·x¹¹"),
    ],
)
def test_unicode(text: str, expected: str) -> None:
    assert diff(text, "x", notation="unicode") == expected


READABLE = [name for name in HOSTILE if printable(name) == name]
"""Those that are read again as they are written."""


@pytest.mark.parametrize("name", READABLE)
def test_names_are_text_in_every_notation(name: str) -> None:
    for notation in ("text", "unicode"):
        found = diff(f"sin(`{name}`*y)*`{name}`", "y", shapes={name: ()}, notation=notation)
        value = gradcli.evaluate(found, {name: 0.7, "y": 1.2}).value
        assert value == pytest.approx(0.7**2 * math.cos(0.7 * 1.2)), found
    latex = diff(f"`{name}`*y", "y", shapes={name: ()}, notation="latex")
    commands = set(re.findall(r"\\[a-zA-Z]+", latex))
    assert commands <= {r"\mathrm", r"\text", r"\textbackslash", r"\textasciitilde", r"\textasciicircum"}, (
        latex
    )
    assert not re.search(r"(?<!\\)[%$#&]", latex), latex


def test_control_characters_do_not_leave() -> None:
    for notation in ("text", "unicode", "latex"):
        assert "\x1b" not in diff("`a\x1b[31m`*y", "y", notation=notation)
