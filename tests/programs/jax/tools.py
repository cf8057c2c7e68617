import jax, jax.numpy as jnp
import numpy as np
from jax import tree_util
from jax.test_util import check_grads
from collections import namedtuple
check_grads(lambda x, y: jnp.sin(x)*y["a"], (jnp.arange(3.), {"a": 2.0}), order=2)
np.testing.assert_allclose(jnp.ones(2), np.ones(2))
Point = namedtuple("Point", ["x", "y"])
p = Point(1., y=2.)
print(p, p.x + p.y)
x, y = p
print(jax.grad(lambda q: q.x**2*q.y)(p))
leaves, form = jax.tree.flatten({"b": [1., 2.], "a": (3., None)})
print(leaves, form)
print(jax.tree.unflatten(form, [10., 20., 30.]))
print(jax.tree_util.tree_structure([1, (2, 3)]), jax.tree.reduce(lambda a, b: a + b, {"x": 1, "y": [2, 3]}))
print(jax.tree.leaves([1, {"a": 2}]), tree_util.tree_map(lambda v: v*2, {"z": 1}))
f = jax.checkpoint(lambda x: x**2)
print(jax.grad(f)(3.))
x = jax.device_put(jnp.arange(2.))
print(jnp.float32(3), np.float64(2.5), jnp.int32(7))
y = jnp.dot(x, x).block_until_ready()
print(y)
