import jax, jax.numpy as jnp
from jax import lax, grad
print(lax.cond(True, lambda x: x+1, lambda x: x-1, 1.0), lax.cond(False, lambda: 1., lambda: 2.))
print(lax.fori_loop(0, 5, lambda i, x: x + i, 0), lax.while_loop(lambda x: x < 10, lambda x: x + 3, 0))
def body(c, x):
    return c + x, c * x
print(lax.scan(body, 0., jnp.arange(4.)))
print(grad(lambda x: lax.fori_loop(0, 3, lambda i, v: v*x, 1.0))(2.0))
print(grad(lambda x: lax.scan(lambda c, t: (c*x + t, c), 0., jnp.arange(3.))[0])(2.0))
print(lax.switch(1, [lambda x: x, lambda x: x*10], 4.), lax.map(lambda x: x**2, jnp.arange(3.)))
print(grad(lambda x: lax.stop_gradient(x)*x)(3.), lax.add(1., 2.), lax.max(1., 3.), lax.select(True, 1., 2.))
print(lax.cond(jnp.sum(jnp.arange(3)) > 2, lambda v: v["a"], lambda v: -v["a"], {"a": 3.}))
def f(x):
    return lax.cond(x < 3, lambda x: 3. * x ** 2, lambda x: -4 * x, x)
print(grad(f)(2.), grad(f)(4.), jax.vmap(f)(jnp.array([2., 4.])))
jax.debug.print("x = {} and {y}", 3, y=jnp.arange(2.))
def g(x):
    return lax.while_loop(lambda s: s[1] < 5, lambda s: (s[0]*1.5, s[1]+1), (x, 0))
print(g(2.), jax.jit(g)(1.), jax.jvp(lambda x: g(x)[0], (1.,), (1.,)))
print(lax.clamp(0., 2., 1.), lax.scan(lambda c, _: (c+1, None), 0, None, length=3))
