"""Tuples as data of arrays."""

import torch
import numpy as np

t = (1, 2)
print(torch.tensor((1, 2)))
print(torch.tensor(((1, 2), (3, 4))))
print(torch.tensor((-0.5, 2.0), requires_grad=True))
print(torch.tensor(t))
print(torch.tensor([(1, 2), (3, 4)]))
print(np.array((1, 2)), np.array(t))
xy = (-0.5, 2.0)
print(torch.tensor(xy, requires_grad=True))
print(torch.Tensor((1, 2)))
print(torch.as_tensor(((1.0, 2.0), t)))
print(torch.tensor(()))
print(torch.tensor([(i, i**2) for i in range(3)]))
