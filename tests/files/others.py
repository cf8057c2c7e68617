import numpy as np
import jax
np.random.seed(0)
print(np.random.normal(size=3), np.random.randint(10, size=4))
key = jax.random.PRNGKey(0)
key, sub = jax.random.split(key)
print(jax.random.uniform(sub, (2,)))
