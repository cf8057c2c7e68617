# What numbers of a dtype can be, and a module that counts itself by a name around it.
import numpy as np
import torch
import torch.nn as nn

print(np.finfo(np.float32).eps, np.finfo(float).eps, np.finfo(np.float64).max)
print(torch.finfo(torch.float32).eps, torch.finfo(torch.float64).max, torch.finfo(torch.float32).tiny)
eps = torch.finfo(torch.float32).eps
x = torch.ones(2)
print((torch.zeros(1) + eps).log(), x.masked_fill(x > 0, torch.finfo(x.dtype).min))
torch.manual_seed(0)
made = 0


def make():
    count = 0

    class Net(nn.Module):
        def __init__(self, size):
            super().__init__()
            nonlocal count
            global made
            count += 1
            made += 1
            self.size = size
            self.layers = nn.ModuleList([nn.Linear(size, size) for _ in range(count)])

        def forward(self, x):
            for layer in self.layers:
                x = layer(x)
            return x

    first, second = Net(2), Net(3)
    return first, second, count


first, second, count = make()
print(count, made, second, second(torch.ones(1, 3)).shape, len(list(second.parameters())))
