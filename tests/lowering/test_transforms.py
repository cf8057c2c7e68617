"""Functions made of functions: what PyTorch 2.13 and JAX give for the same calls."""

from __future__ import annotations

import pytest
from kept import Kept, shown

import gradcli
from gradcli.text.errors import GradcliError

GIVEN = """
f(t) = t**3
g(a) = a**2
h(a, b) = (a**2*b).sum()
s(a) = (a**2).sum()
p(a, b) = a*b
k = 2
x = [1, 2]
y = [3, 5]
"""


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("jax.grad(f)(k)", "12"),
        ("grad(f)(k)", "12"),
        ("jax.grad(jax.grad(f))(k)", "12"),
        ("jax.grad(jax.grad(jax.grad(jax.grad(f))))(k)", "0"),
        ("jax.jit(jax.grad(f))(k)", "12"),
        ("jax.grad(sin)(0)", "1"),
        ("jax.value_and_grad(f)(k)", "(8, 12)"),
        ("jax.value_and_grad(h, argnums=(0, 1))(x, y)", "(23, ([6, 20], [1, 4]))"),
        ("torch.func.grad(h, argnums=(0, 1))(x, y)", "([6, 20], [1, 4])"),
        ("torch.func.grad(h, argnums=-1)(x, y)", "[1, 4]"),
        ("torch.func.grad_and_value(h)(x, y)", "([6, 20], 23)"),
        ("torch.func.hessian(h, argnums=1)(x, y)", "[[0, 0],\n [0, 0]]"),
        ("torch.func.jacrev(g)(x)", "[[2, 0],\n [0, 4]]"),
        ("jax.jacfwd(jax.jacrev(f))(k)", "12"),
        ("torch.func.jvp(g, (x,), (y,))", "([1, 4], [6, 20])"),
        ("jax.jvp(g, (x,), (y,))[1]", "[6, 20]"),
        ("torch.autograd.functional.jacobian(g, x)", "[[2, 0],\n [0, 4]]"),
        ("torch.autograd.functional.jacobian(h, (x, y))", "([6, 20], [1, 4])"),
        ("torch.autograd.functional.jacobian(g, [1, 2])", "[[2, 0],\n [0, 4]]"),
        ("torch.autograd.functional.jacobian(p, (1, 2))", "(2, 1)"),
        ("torch.autograd.functional.hessian(p, (1, 2))", "((0, 1), (1, 0))"),
        ("jacobian(g, [1, 2])", "[[2, 0],\n [0, 4]]"),
        ("hessian(f, 2)", "12"),
        ("grad(s, [1, 2])", "[2, 4]"),
        (
            "torch.autograd.functional.hessian(h, (x, y))",
            "(([[6, 0], [0, 10]], [[2, 0], [0, 4]]), ([[2, 0], [0, 4]], [[0, 0], [0, 0]]))",
        ),
        ("torch.autograd.functional.hvp(h, (x, y), ([1, 1], [0, 2]))", "(23, ([6, 18], [2, 4]))"),
        ("torch.autograd.functional.vhp(f, k, 1)", "(8, 12)"),
        ("torch.autograd.functional.vjp(g, x, [1, 2])", "([1, 4], [2, 8])"),
        ("torch.autograd.functional.vjp(f, k)", "(8, 12)"),
        ("torch.autograd.functional.jvp(g, x, [1, 2])", "([1, 4], [2, 8])"),
        ("jax.vmap(f)(x)", "[1, 8]"),
        ("torch.func.vmap(jax.grad(f))(x)", "[3, 12]"),
        ("jax.vmap(jax.value_and_grad(f))(x)", "([1, 8], [3, 12])"),
        ("jax.vmap(jax.vmap(f))([x, y])", "[[ 1,   8],\n [27, 125]]"),
        ("jax.vmap(h)([x, y], [y, x])", "[23, 59]"),
        ("jax.vmap(h, in_axes=(0, None))([x, y], y)", "[23, 152]"),
        ("jax.vmap(h, (None, 0))(x, [x, y])", "[9, 23]"),
        ("torch.vmap(g, in_dims=0)(x)", "[1, 4]"),
        ("jax.jacrev(jax.vmap(f))(x)", "[[3,  0],\n [0, 12]]"),
        ("grad(sum(jax.vmap(f)(x)), x)", "[3, 12]"),
        ("elementwise_grad(f)(x)", "[3, 12]"),
        ("elementwise_grad(elementwise_grad(f))(x)", "[6, 12]"),
        # Of what was computed before, and differentiated again.
        ("grad(jax.grad(f)(k), k)", "12"),
        ("grad(jax.grad(h, 1)(x, y)[1], x)", "[0, 4]"),
        ("jax.hessian(f)(k**2)", "24"),
    ],
)
def test_values(expression: str, wanted: str) -> None:
    assert shown(f"{GIVEN}\n{expression}") == wanted


VALUES = [
    ("jax.grad(lambda t: t**3)(2)", "12"),
    ("m = jax.grad(lambda t: t**3)\nm(2)", "12"),
    ("m = jax.jit(jax.grad(jax.grad(lambda t: t**3)))\nm(2)", "12"),
    ("jax.vmap(lambda t: t**2)(x)", "[1, 4]"),
    ("jax.vmap(h, in_axes=1)([x, y], [x, y])", "[28, 133]"),
    ("apply(m, t) = m(t)\napply(jax.grad(f), 2)", "12"),
    ("ms = [jax.grad(f), jax.jit(f)]\nms[0](2) + ms[1](2)", "20"),
    ("make(n) = lambda t: t**n\njax.grad(make(3))(2)", "12"),
    ("make(n) = lambda t: t**n\nm = jax.value_and_grad(make(3))\nm(2)", "(8, 12)"),
    ("ms = [f, g]\njax.grad(ms[0])(2)", "12"),
    ("slope(m) = jax.grad(m)\nslope(slope(f))(2)", "12"),
    (
        "hvp1(m, t, v) = jax.grad(lambda s: sum(jax.grad(m)(s)*v))(t)\nhvp1(lambda t: sum(t**3), x, y)",
        "[18, 60]",
    ),
    ("c = 3\nm = jax.grad(lambda t: c*t)\nc = 5\nm(1)", "5"),
    ("loss(p, t) = (p[0]*t + p[1])**2\njax.grad(loss)((2, 1), 3)", "(42, 14)"),
    ("loss(p, t) = (p[0]*t + p[1])**2\njax.value_and_grad(loss)((2, 1), 3)", "(49, (42, 14))"),
    ("v, pull = jax.vjp(h, x, y)\nprint(v)\npull(2)", "23\n([12, 40], [2, 8])"),
    ("v, pull = torch.func.vjp(g, x)\npull([1, 2])", "([2, 8],)"),
    ("v, pull = jax.vjp(lambda t: t**3, 2)\njax.grad(lambda u: pull(u)[0]**2)(1)", "288"),
    ("jax.grad(f)", "<function grad>"),
]


@pytest.mark.parametrize(("entry", "wanted"), VALUES)
def test_functions_are_values(entry: str, wanted: str) -> None:
    assert shown(f"{GIVEN}\n{entry}") == wanted


def test_what_is_made_can_have_a_name() -> None:
    assert shown("f(t) = t**3\nd = jax.grad(f)\ne = jax.grad(d)\ne(5)") == "30"
    assert gradcli.evaluate("f(t) = t**3; d = jax.grad(f); d(x)", {"x": 2}).gradients == {"x": 12}
    assert gradcli.diff("f(t) = t**3; d = jax.grad(f); d(x)").derivatives == {"x": "6*x"}
    assert gradcli.diff("jax.grad(sin)(x)").derivatives == {"x": "-sin(x)"}


def test_no_perturbation_is_confused_with_another() -> None:
    """The inner derivative is 1, whatever x is: that of the outer one is 1, and not 2."""
    assert shown("x = 3\np(y) = x + y\nr(x) = x*jax.grad(p)(1)\njax.grad(r)(x)") == "1"


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("jax.grad(g)(x)", "a gradient is that of a single number"),
        ("jax.grad(f)(k, k)", "f does not take 2 arguments"),
        ("jax.grad(f, argnums=3)(k)", "there is no argument 3 of 1 argument"),
        ("jax.grad(f, argnums=1/2)(k)", "the places of arguments are whole numbers"),
        ("jax.grad(f, wrt=0)(k)", "a derivative has no parameter wrt"),
        ("jax.grad(f)(t=k)", "there is no argument 0 of 0 arguments to differentiate in"),
        ("p = jax.vjp(g, x)\np[1](1)", "the vector of vjp has the shape of what it multiplies"),
        ("torch.autograd.functional.hvp(g, x, x)", "is that of a single number"),
        ("torch.autograd.functional.vjp(g, x)", "the vector of vjp has the shape"),
        ("sin(k)(k)", "only a function can be called"),
        ("grad(k**2)(k)", "only a function can be called"),
        ("jax.vmap(f)(k)", "vmap goes along an axis of arrays that are equally long"),
        ("jax.vmap(h)(x, [1, 2, 3])", "vmap goes along an axis of arrays that are equally long"),
        ("jax.vmap(h, in_axes=(0, k))([x], [y])", "vmap takes the axes of its arguments, and gives rows"),
        ("jax.vmap(h, in_axes=(0, None))(x)", "in_axes is for 2 arguments, and there are 1"),
        ("jax.vmap(f)(zeros(10001))", "vmap takes 1 to 10000 rows here, and these are 10001"),
    ],
)
def test_mistakes(expression: str, message: str) -> None:
    kept = Kept(GIVEN)
    with pytest.raises(GradcliError, match=message):
        kept.run(expression)
