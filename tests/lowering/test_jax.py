"""What JAX's and HIPS autograd's pages call: what these libraries give for the same lines, and refusals."""

from __future__ import annotations

from textwrap import dedent

import pytest
from kept import Kept, shown

from gradcli.text.errors import GradcliError

GIVEN = """
import jax
import jax.numpy as jnp
from functools import partial, reduce
from jax import custom_jvp, custom_vjp, grad, lax
def loss(p, x):
    y = p["w"]*x + p["b"]
    return (y**2).sum(), y
p = {"w": jnp.array([1., 2.]), "b": 1.}
def f(n, x, scale=1.):
    return scale*x**n
"""

VALUES = [
    # Trees of arguments and of values.
    ("jax.grad(loss, has_aux=True)(p, 2)", "({'b': 16, 'w': [12, 20]}, [3, 5])"),
    ("jax.value_and_grad(loss, has_aux=True)(p, x=2)", "((34, [3, 5]), {'b': 16, 'w': [12, 20]})"),
    ('jax.jvp(lambda d: d["a"]*d["b"][0], ({"a": 2., "b": [3.]},), ({"a": 1., "b": [0.]},))', "(6, 3)"),
    (
        'jax.jacfwd(lambda d: {"u": d["x"]**2, "v": (d["x"].sum(),)})({"x": jnp.array([1., 2.])})',
        "{'u': {'x': [[2, 0], [0, 4]]}, 'v': ({'x': [1, 1]},)}",
    ),
    (
        'jax.hessian(lambda d: d["x"]**2*d["y"])({"x": 2., "y": 3.})',
        "{'x': {'x': 6, 'y': 4}, 'y': {'x': 4, 'y': 0}}",
    ),
    ("jax.hessian(lambda x: jnp.stack([x**2, x**3]))(2.)", "[2, 12]"),
    ("y, pull = jax.vjp(lambda t: {'a': t[0]*t[1]}, (2., 3.))\npull({'a': 1.})", "((3, 2),)"),
    ("found = jax.vjp(lambda t: (t**2, 7), 3., has_aux=True)\nfound[1](2.), found[2]", "((12,), 7)"),
    ("y, line = jax.linearize(lambda t, u: (t*u, t), 2., 3.)\nline(1., 0.)", "(3, 1)"),
    ("jax.linear_transpose(lambda t: 3*t, 1.)(2.)", "(6,)"),
    ("jax.tree.leaves([None, None, 1], is_leaf=lambda x: x is None)", "[none, none, 1]"),
    ('jax.tree.map(lambda x: x + 1, [1, None, {"a": 2}])', "[2, none, {'a': 3}]"),
    (
        'jax.tree.map(lambda t: len(t), {"a": (1, 2), "b": (3,)}, is_leaf=lambda x: isinstance(x, tuple))',
        "{'a': 2, 'b': 1}",
    ),
    # Rows.
    (
        'jax.vmap(lambda d, s: {"o": d["a"]*s}, in_axes=({"a": 0}, None))({"a": jnp.arange(3.)}, 2.)',
        "{'o': [0, 2, 4]}",
    ),
    ("jax.vmap(lambda t: t, out_axes=1)(jnp.arange(4.).reshape(2, 2))", "[[0, 2],\n [1, 3]]"),
    ("jax.vmap(lambda t: (t, 1.), out_axes=(0, None))(jnp.arange(2.))", "([0, 1], 1)"),
    ("jax.vmap(partial(f, 2))(jnp.arange(3.))", "[0, 1, 4]"),
    # Functions with some arguments, and decorators.
    ("grad(partial(f, 2, scale=5.))(3.)", "30"),
    ("partial(f, 2, scale=5.)(3., scale=1.)", "9"),
    ("jax.vjp(partial(f, 2), 3.)[1](1.)", "(6,)"),
    ("reduce(lambda a, b: a + b, [1, 2, 3], 10)", "16"),
    ("@partial(jax.jit, static_argnums=0)\ndef h(n, x):\n    return x**n\nh(3, 2.)", "8"),
    ("def twice(m):\n    return lambda x: m(m(x))\n@twice\ndef h(x):\n    return x*x\nh(3)", "81"),
    ("f = jax.jit(f)\nf(3, 2.)", "8"),
    ("steps = [grad, jax.jit]\nsteps[0](lambda x: x**2)(3.)", "6"),
    # Functions that act, where a derivative is taken.
    ("def h(x):\n    print('h of', x)\n    return x**2\ngrad(h)(3.)", "h of 3\n6"),
    (
        (
            "def tell(x):\n    print(x)\ndef h(x):\n    ys = []\n    for i in range(3):\n"
            "        ys.append(x**i)\n    tell(x)\n    return sum(ys)\ngrad(h)(3.)"
        ),
        "3\n7",
    ),
    # Control flow.
    ("lax.cond(True, lambda x: x + 1, lambda x: x - 1, 1.)", "2"),
    ("grad(lambda x: lax.cond(x < 3, lambda x: 3*x**2, lambda x: -4*x, x))(4.)", "-4"),
    ("lax.switch(5, [lambda x: x, lambda x: 10*x], 4.)", "40"),
    ("grad(lambda x: lax.fori_loop(0, 3, lambda i, v: v*x, 1.))(2.)", "12"),
    ("lax.while_loop(lambda s: s[1] < 5, lambda s: (s[0]*1.5, s[1] + 1), (2., 3))", "(4.5, 5)"),
    ("lax.scan(lambda c, x: (c + x, c*x), 0., jnp.arange(4.))", "(6, [0, 0, 2, 9])"),
    ("lax.scan(lambda c, x: (c*2 + x, c), 0., jnp.arange(3.), reverse=True)", "(10, [5, 2, 0])"),
    ("lax.scan(lambda c, _: (c + 1, None), 0, None, length=3)", "(3, none)"),
    ("lax.map(lambda x: x**2, jnp.arange(3.))", "[0, 1, 4]"),
    ("grad(lambda x: lax.stop_gradient(x)*x)(3.)", "3"),
    ("lax.max(1., 3.) + lax.add(1., 2.) + lax.clamp(0., 2., 1.)", "7"),
    ("jax.debug.print('{} and {y}', 3, y=4)", "3 and 4"),
    # Arrays with other elements.
    ("jnp.zeros(3).at[1].set(2.)", "[0, 2, 0]"),
    ("jnp.zeros(3).at[jnp.array([0, 0, 2])].add(1.)", "[2, 0, 1]"),
    ("jnp.arange(4.).at[1:3].multiply(10)", "[0, 10, 20, 3]"),
    ("x = jnp.arange(4.)\n(x.at[-1].min(2.5), x.at[0].max(1.), x.at[x > 2].set(0.))[0]", "[0, 1, 2, 2.5]"),
    ("jnp.arange(2.).at[1].apply(jnp.exp)[1] - jnp.e", "0"),
    (
        "grad(lambda v: (v.at[0].set(v[1]*3).at[2].add(v[0]**2)**2).sum())(jnp.array([1., 2., 3.]))",
        "[16, 40, 8]",
    ),
    # Derivatives of one's own.
    (
        """
        @jax.custom_jvp
        def h(x):
            return jnp.exp(x)
        @h.defjvp
        def rule(primals, tangents):
            y = h(primals[0])
            return y, 2*y*tangents[0]
        (h(0.), grad(h)(0.), grad(grad(h))(0.), grad(grad(grad(h)))(0.), jax.jvp(h, (0.,), (1.,)))
        """,
        "(1, 2, 4, 8, (1, 2))",
    ),
    (
        """
        @custom_jvp
        def h(x, y):
            return x**2*y
        h.defjvps(lambda t, ans, x, y: 7*t, None)
        grad(h, (0, 1))(2., 3.)
        """,
        "(7, 0)",
    ),
    (
        """
        @partial(custom_jvp, nondiff_argnums=(0,))
        def h(m, x):
            return m(x)
        @h.defjvp
        def rule(m, primals, tangents):
            return m(primals[0]), 2*tangents[0]
        (h(lambda x: x**3, 3.), grad(h, 1)(lambda x: x**3, 3.))
        """,
        "(27, 2)",
    ),
    (
        """
        @custom_vjp
        def h(x, y):
            return x*y
        def forward(x, y):
            return h(x, y), (x, y)
        def backward(kept, ct):
            return kept[1]*ct, None
        h.defvjp(forward, backward)
        (grad(h, (0, 1))(2., 3.), grad(grad(h), 1)(2., 3.), jax.vmap(grad(h))(jnp.arange(2.), jnp.ones(2)))
        """,
        "((3, 0), 1, [1, 1])",
    ),
    # What never ends where rules are made before they are asked: the inner one has a rule of its own.
    (
        """
        @partial(custom_vjp, nondiff_argnums=(0,))
        def fixed(m, a, x):
            going = lambda c: jnp.abs(c[0] - c[1]) > 1e-12
            return lax.while_loop(going, lambda c: (c[1], m(a, c[1])), (x, m(a, x)))[1]
        def forward(m, a, x):
            x = fixed(m, a, x)
            return x, (a, x)
        def backward(m, kept, ct):
            a, x = kept
            _, pull = jax.vjp(lambda a: m(a, x), a)
            u = fixed(partial(turned, m), (a, x, ct), ct)
            return pull(u)[0], jnp.zeros_like(x)
        def turned(m, packed, u):
            a, x, ct = packed
            _, pull = jax.vjp(lambda x: m(a, x), x)
            return ct + pull(u)[0]
        fixed.defvjp(forward, backward)
        root = lambda a: fixed(lambda a, x: (x + a/x)/2, a, a)
        [round(v, 9) for v in (root(4.), grad(root)(4.), grad(grad(root))(4.))]
        """,
        "[2, 0.25, -0.03125]",
    ),
    (
        """
        from autograd.extend import primitive, defvjp
        @primitive
        def h(x, y):
            return x*y
        defvjp(h, lambda ans, x, y: lambda g: g*y, None)
        grad(h, (0, 1))(2., 3.)
        """,
        "(3, 0)",
    ),
]


@pytest.mark.parametrize(("entry", "wanted"), VALUES)
def test_values(entry: str, wanted: str) -> None:
    assert shown(f"{GIVEN}\n{dedent(entry)}") == wanted


MISTAKES = [
    ("jax.grad(loss)(p, 2)", "this is a tuple of 2 values"),
    ("jax.grad(f, has_aux=True)(2., 3.)", "with has_aux=True the function gives a value and what is handed"),
    ("jax.grad(lambda x: x, has_aux=1)(2.)", "has_aux is True or False"),
    ("jax.grad(f, holomorphic=True)(2., 3.)", "complex numbers are not differentiated here"),
    ("jax.jvp(f, 2., 1.)", "jvp takes a function, the tuple of its arguments, and that of their tangents"),
    ("jax.jvp(lambda x: x, (2.,), (jnp.ones(2),))", "the vector of jvp has the shape of what it multiplies"),
    ("jax.vmap(lambda x: x, in_axes=((0, 0),))(jnp.ones(2))", "these axes are for a tuple"),
    (
        "jax.vmap(lambda x: x, in_axes=((0, 0),))((jnp.ones(2),))",
        "there are axes for 2 values, and these are 1",
    ),
    ("lax.cond(jnp.ones(2) > 0, sin, cos, 1.)", "a condition is one truth value"),
    ("lax.scan(lambda c, x: c, 0., jnp.ones(2))", "what scan runs gives two values"),
    ("lax.scan(lambda c, x: (c, x), 0.)", "scan needs to know how often it runs"),
    ("lax.fori_loop(0, 3, 4, 5)", "this is no function, which body_fun is"),
    ("lax.fori_loop(0, 3)", "fori_loop takes other arguments"),
    ("lax.scan(sin, 0., ys=jnp.ones(2))", "scan has no parameter ys"),
    ("lax.fori_loop(0, 20000, lambda i, x: x, 0)", "this runs more than 10,000 times"),
    ("jnp.ones(2).at[0].set()", "set takes one value"),
    ("jnp.ones(2).at[5].set(1.)", "index 5 is out of range"),
    ("jnp.ones(2).at[0].replace(1.)", "places of an array has no replace"),
    ("@jax.custom_jvp\ndef h(x):\n    return x\ngrad(h)(1.)", "this has no rule for its derivative yet"),
    (
        "@jax.custom_vjp\ndef h(x):\n    return x\nh.defvjp(lambda x: x, lambda r, g: g)\ngrad(h)(1.)",
        "the first rule of defvjp gives the value and what the second one needs",
    ),
    (
        "@jax.custom_vjp\ndef h(x):\n    return x\nh.defvjp(lambda x: (x, ()), lambda r, g: g)\ngrad(h)(1.)",
        "the second rule of defvjp gives a tuple: one cotangent for each of 1 argument",
    ),
    (
        "@jax.custom_jvp\ndef h(x):\n    return x\nh.defjvp(lambda p, t: (p[0], jnp.ones(2)))\ngrad(h)(1.)",
        "the tangent of a value has its shape",
    ),
    ("jax.make_jaxpr(f)(2., 3.)", "there is none here"),
    ("jax.tree_util.register_pytree_node(f, f, f)", "trees of one's own kinds"),
    ("jax.new_ref(jnp.arange(3.))", "arrays of JAX do not change"),
    ("1 + 2j", "unknown name j"),
    (
        "import numpy as np\nnp.testing.assert_allclose(jnp.ones(2), jnp.array([1., 2.]))",
        "1 of 2 elements differ",
    ),
    (
        (
            "from jax.test_util import check_grads\n@jax.custom_jvp\ndef h(x):\n    return x\n"
            "h.defjvp(lambda p, t: (p[0], 2*t[0]))\ncheck_grads(h, (1.,), order=1)"
        ),
        "a derivative of order 1 is not the slope of the values",
    ),
    ("from collections import namedtuple\nP = namedtuple('P', 'x, y')\nP(1)", "P takes 2 values"),
    ("jax.tree.unflatten(jax.tree.structure([1, 2]), [1])", "this tree has 2 values, and these are 1"),
    ("partial(3, 4)", "partial takes a function first"),
    ("reduce(lambda a, b: a, [])", "there is nothing to reduce"),
]


@pytest.mark.parametrize(("entry", "message"), MISTAKES)
def test_mistakes(entry: str, message: str) -> None:
    kept = Kept(GIVEN)
    with pytest.raises(GradcliError, match=message):
        kept.run(entry)
