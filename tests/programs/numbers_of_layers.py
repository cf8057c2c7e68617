"""A module's __init__ may give its layers other numbers; what a value is has a name."""

import numpy as np
import torch
import torch.nn as nn

torch.manual_seed(0)


class Given(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
        self.layers[0].weight.data = torch.ones(2, 2)
        self.last = nn.Linear(2, 2)
        self.last.weight.data.fill_(0.5)
        self.last.weight.data[0] = 3
        self.last.bias.data = torch.zeros(2)
        self.last.bias.requires_grad = False

    def forward(self, x):
        return self.last(self.layers(x))


net = Given()
print(net, net.layers[0].weight, net.last.weight, net.last.bias)
print([(name, p.shape, p.requires_grad) for name, p in net.named_parameters()])
net(torch.ones(2)).sum().backward()
print(net.last.weight.grad, net.last.bias.grad)


class Stepped(nn.Module):
    def __init__(self, count):
        super().__init__()
        self.w = nn.Parameter(torch.zeros(2))
        self.w.data = torch.ones(2)
        with torch.no_grad():
            for i in range(count):
                self.w.add_(i)
            self.w[0] = 5

    def forward(self, x):
        return self.w * x


print(Stepped(3).w, Stepped(0)(torch.ones(2)))


def build(count):
    return nn.Sequential(Stepped(count), Stepped(count + 1))


print(build(1)(torch.ones(2)))
w = torch.ones(2, requires_grad=True)
print(w.__class__, w.__class__.__name__, net.__class__.__name__, (3).__class__, np.ones(2).__class__)
