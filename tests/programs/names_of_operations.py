"""What PyTorch calls operations with Python's numbers that have names, and the items of a tensor."""

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
w = torch.ones(1, requires_grad=True)
t = 4.2
print(t / w, t - w, t + w, t * w, w**t, t**w, w - t, w / t)
s = w.sum().item()
print(s - w, torch.rsub(w, 2))


def turned(t):
    return t - w


print(turned(2), turned(t))
for i in range(3):
    print(i - w, w - i)
q = torch.ones(3, 2, requires_grad=True) * 2
for i, row in enumerate(q):
    print(i, row, q[i])
for one, other in zip(q, q):
    print(one + other, one)
a, b, c = q
print(a, [row for row in q], list(q)[0], tuple(q)[0])
for bias in (True, False):
    layer = nn.Linear(3, 2, bias=bias)
    for shape in ((3,), (4, 3), (5, 4, 3)):
        x = torch.ones(shape)
        print(layer(x).grad_fn.name(), F.linear(x, layer.weight, layer.bias).grad_fn.name())
