import jax
import jax.numpy as jnp
from functools import partial
from jax import custom_jvp, custom_vjp, grad, jvp
@jax.custom_jvp
def log1pexp(x):
    return jnp.log(1. + jnp.exp(x))
@log1pexp.defjvp
def log1pexp_jvp(primals, tangents):
    x, = primals
    x_dot, = tangents
    ans = log1pexp(x)
    ans_dot = (1 - 1/(1 + jnp.exp(x))) * x_dot
    return ans, ans_dot
print(jax.grad(log1pexp)(100.), jax.vmap(jax.grad(log1pexp))(jnp.zeros(3)))
print(f"{log1pexp(3.):.4f} {jax.grad(jax.grad(log1pexp))(0.5):.4f}")
@custom_jvp
def f(x, y):
    return x ** 2 * y
f.defjvps(lambda x_dot, primal_out, x, y: 2 * x * y * x_dot, lambda y_dot, primal_out, x, y: x ** 2 * y_dot)
print(grad(f)(2., 3.), grad(f, 1)(2., 3.), grad(grad(f))(2., 3.))
@partial(custom_jvp, nondiff_argnums=(0,))
def app(f, x):
    return f(x)
@app.defjvp
def app_jvp(f, primals, tangents):
    x, = primals
    x_dot, = tangents
    return f(x), 2. * x_dot
print(app(lambda x: x ** 3, 3.), grad(app, 1)(lambda x: x ** 3, 3.))
@jax.custom_vjp
def clip_gradient(lo, hi, x):
    return x
def clip_fwd(lo, hi, x):
    return x, (lo, hi)
def clip_bwd(res, g):
    lo, hi = res
    return (None, None, jnp.clip(g, lo, hi))
clip_gradient.defvjp(clip_fwd, clip_bwd)
print(jax.grad(lambda x: clip_gradient(-0.75, 0.75, jnp.sin(10*x)).sum()*3)(jnp.array(0.)))
@custom_vjp
def h(x, y):
    return jnp.sin(x) * y
def h_fwd(x, y):
    return h(x, y), (jnp.cos(x), jnp.sin(x), y)
def h_bwd(res, g):
    cx, sx, y = res
    return (cx * g * y, sx * g)
h.defvjp(h_fwd, h_bwd)
print([f"{v:.4f}" for v in [*grad(h, (0, 1))(2., 3.), grad(grad(h))(2., 3.)]])
@custom_jvp
def ex(x):
    return jnp.exp(x)
@ex.defjvp
def ex_jvp(p, t):
    x, = p
    y = ex(x)
    return y, y * t[0] * 2
print(grad(ex)(0.), grad(grad(ex))(0.), grad(grad(grad(ex)))(0.), jax.jvp(ex, (0.,), (1.,)))
