from functools import partial, reduce
import functools
import jax
import jax.numpy as jnp
def f(n, x, scale=1.0):
    return scale * x**n
g = partial(f, 3)
print(g(2.0), g(2.0, scale=10.0))
print(jax.grad(g)(2.0), jax.grad(partial(f, 2, scale=5.))(3.0))
print(jax.vmap(partial(f, 2))(jnp.arange(3.)))
print(reduce(lambda a, b: a + b, [1, 2, 3]), functools.reduce(lambda a, b: a * b, [1, 2, 3], 10))
y, pull = jax.vjp(partial(f, 2), 3.0)
print(y, pull(1.0))
def loss(params, x, y):
    pred = jnp.dot(x, params["w"]) + params["b"]
    return jnp.mean((pred - y)**2), pred
params = {"w": jnp.array([1., 2.]), "b": 0.5}
x = jnp.array([[1., 2.], [3., 4.]])
grads, aux = jax.grad(loss, has_aux=True)(params, x, jnp.array([1., 2.]))
print(grads, aux)
print(jax.jvp(lambda p: p["a"]*p["b"][0], ({"a": 2., "b": [3.]},), ({"a": 1., "b": [0.]},)))
print(jax.jacfwd(lambda d: {"u": d["x"]**2, "v": (d["x"].sum(),)})({"x": jnp.array([1., 2.])}))
print(jax.hessian(lambda d: d["x"]**2*d["y"])({"x": 2., "y": 3.}))
print(jax.vmap(lambda d, s: {"o": d["a"]*s}, in_axes=({"a": 0}, None))({"a": jnp.arange(3.)}, 2.0))
y, lin = jax.linearize(jnp.sin, 0.3)
print(y, lin(1.0))
out, vjp_fn, aux = jax.vjp(lambda x: (x**2, 7), 3.0, has_aux=True)
print(out, vjp_fn(2.0), aux)
print(jax.value_and_grad(loss, has_aux=True)(params, x, y=jnp.array([1., 2.])))
print(jax.vmap(lambda x: (x, -x), out_axes=(0, 0))(jnp.arange(2.)))
print(jax.vmap(lambda x: x, out_axes=1)(jnp.arange(6.).reshape(3,2)))
@partial(jax.jit, static_argnums=(1,))
def p(x, n):
    return x**n
print(p(2., 3))
def step(f):
    f = jax.jit(f)
    return f
f = jax.jit(f)
print(f(2, 3.))
