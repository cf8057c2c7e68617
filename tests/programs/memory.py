"""Deques, shapes of arrays, places in memory, and functions that are computed again."""

import collections
from collections import deque

import numpy as np
import torch
from torch.utils.checkpoint import checkpoint

memory = deque(maxlen=3)
for i in range(5):
    memory.append(i)
print(memory, len(memory), memory[0], memory[-1], sum(memory), 3 in memory, list(memory), memory.maxlen)
d = collections.deque([1, 2, 3])
d.appendleft(0)
print(d.popleft(), d.pop(), d)
d.extend([7, 8])
d.rotate(1)
print(d, max(d), [x * 2 for x in d], deque([1, 2, 3, 4], 2), deque())
d.clear()
print(bool(d), d, len(d))
losses = deque([], maxlen=2)
w = torch.tensor(1.0, requires_grad=True)
for _ in range(3):
    loss = (w - 0.5) ** 2
    losses.append(loss.item())
    loss.backward()
    with torch.no_grad():
        w -= w.grad
        w.grad = None
print(losses, sum(losses) / len(losses))
a = np.array([[1.0, 2.0], [3.0, 4.0]])
print(
    a.shape,
    a.shape[0],
    a[0].shape,
    np.zeros(a.shape).shape,
    len(a.shape),
    a.shape == (2, 2),
    torch.ones(2, 3).shape,
)
n, m = a.shape
print(n * m, np.ones((a.shape[0], 1)), a.reshape(a.shape[::-1]).shape, f"{a.shape}", str(a.shape))
x = torch.arange(12.0).reshape(3, 4)
print(
    x.storage_offset(),
    x[1].storage_offset(),
    x[1:, 2].storage_offset(),
    x.T.storage_offset(),
    x[2, 3].storage_offset(),
)


def f(a, b):
    return (a * b).sin()


u = torch.tensor([0.5, 1.0], requires_grad=True)
v = checkpoint(f, u, torch.tensor(2.0), use_reentrant=False)
v.sum().backward()
print(v.detach(), u.grad)
torch.manual_seed(0)
layer = torch.nn.Linear(2, 2)
print(checkpoint(layer, u, use_reentrant=False).shape)
