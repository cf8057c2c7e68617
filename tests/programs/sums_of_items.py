"""Python's sum adds the items of an array along its first dimension; a library's sum adds all."""

import numpy as np
import torch

x = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
print(sum(x), sum(x.detach()), sum(x[0]), sum(x > 1), sum(x[0] > 1))
print(sum(np.ones((2, 3))), sum(np.arange(3)), sum(torch.ones(2, 2, 2, dtype=torch.int64)))
loss = sum((x - 1) ** 2)
print(loss)
loss.sum().backward()
print(x.grad)
print(sum([1, 2]), sum(range(4)), sum(a for a in x), sum([a for a in x]), sum((1.5, 2)))


def norms(rows):
    return sum(rows * rows)


print(norms(x), torch.func.vmap(norms)(x.detach()))
for i in range(3):
    print(sum(x * i))
print(torch.sum(x), x.sum(), np.sum(np.ones((2, 2))), sum(x[:, 0]))
