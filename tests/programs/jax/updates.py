import jax.numpy as jnp, jax

x = jnp.zeros((3, 3))
y = x.at[1, :].set(1.0)
print(y)
print(x.at[::2, 1:].add(7.0), jnp.arange(4.0).at[jnp.array([0, 0, 2])].add(1.0))
print(
    jnp.arange(4.0).at[1:3].multiply(10),
    jnp.arange(4.0).at[-1].min(2.5),
    jnp.arange(4.0).at[1].apply(jnp.square),
    jnp.arange(4.0).at[2].get(),
)
print(jax.grad(lambda v: (v.at[0].set(v[1] * 3).at[2].add(v[0] ** 2) ** 2).sum())(jnp.array([1.0, 2.0, 3.0])))
z = jnp.arange(5.0)
z = z.at[z > 2].set(0)
print(z)
