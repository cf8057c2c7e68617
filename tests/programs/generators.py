import torch
import numpy as np

g = torch.Generator()
g.manual_seed(42)
print(torch.rand(3, generator=g))
print(torch.randperm(5, generator=g))
torch.manual_seed(1)
print(torch.rand(2))
print(torch.randn(2, generator=g), torch.initial_seed())
rng = np.random.default_rng(3)
print(rng.normal(size=3), rng.random(2), rng.integers(0, 10, 4))
rs = np.random.RandomState(0)
print(rs.rand(2), rs.randn(2))
print(torch.normal(0.0, 1.0, size=(2, 2), generator=g))
