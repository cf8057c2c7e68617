"""Modules of a dictionary, and those that are set by name."""

from collections import OrderedDict

import torch
import torch.nn as nn

torch.manual_seed(0)
net = nn.Sequential(OrderedDict([("linear", nn.Linear(3, 2)), ("act", nn.ReLU())]))
print(net, net.linear, len(net))
print([name for name, _ in net.named_parameters()], net(torch.ones(1, 3)).shape)


class Net(nn.Module):
    from collections import OrderedDict

    def __init__(self):
        super().__init__()
        for i in range(2):
            setattr(self, "fc%d" % i, nn.Linear(2, 2))

    def forward(self, x):
        for i in range(2):
            x = getattr(self, f"fc{i}")(x)
        return x


net = Net()
print(net, len(list(net.parameters())), net(torch.ones(2)).shape)
