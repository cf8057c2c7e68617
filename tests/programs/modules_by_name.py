"""Modules and parameters in rows and by names, and datasets in parts."""

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Subset, TensorDataset, random_split

torch.manual_seed(0)


class MySequential(nn.Module):
    def __init__(self, *args):
        super().__init__()
        for idx, module in enumerate(args):
            self._modules[str(idx)] = module

    def forward(self, X):
        for block in self._modules.values():
            X = block(X)
        return X


net = MySequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 1))
print(net)
print(net(torch.ones(2, 4)).shape, len(list(net.parameters())), list(net._modules))
chain = nn.Sequential()
for i in range(2):
    chain.add_module(f"block {i}", nn.Linear(2, 2))
print(chain)
print(chain(torch.zeros(1, 2)).shape, [name for name, _ in chain.named_children()])


class Scaled(nn.Module):
    def __init__(self):
        super().__init__()
        self.scales = nn.ParameterList([nn.Parameter(torch.ones(2)) for _ in range(2)])
        self.scales.append(nn.Parameter(torch.zeros(2, 3)))
        self.parts = nn.ModuleDict({"in": nn.Linear(2, 2), "act": nn.Tanh()})
        self.register_parameter("bias", nn.Parameter(torch.zeros(2)))

    def forward(self, x):
        for scale in self.scales[:2]:
            x = x * scale
        for name, part in self.parts.items():
            x = part(x)
        return self.parts["act"](x) + self.bias


model = Scaled()
print([name for name, _ in model.named_parameters()])
model(torch.ones(1, 2)).sum().backward()
print(model.scales[0].grad is not None, len(model.scales), "act" in model.parts, list(model.parts.keys()))
print(model.parts)

data = TensorDataset(torch.arange(10.0).reshape(10, 1), torch.arange(10))
train, test = random_split(data, [7, 3])
print(len(train), len(test), train.indices, test[0])
print(data[:2], data[-1])
halves = random_split(data, [0.5, 0.5], generator=torch.Generator().manual_seed(1))
print([len(half) for half in halves], halves[0].indices)
print([y.item() for x, y in Subset(data, [1, 3, -1])])
for x, y in DataLoader(test, batch_size=2):
    print(x.tolist(), y.tolist())


def collate(items):
    xs, ys = zip(*items)
    return {"x": torch.stack(xs), "y": torch.tensor([int(y) for y in ys])}


for batch in DataLoader(data, batch_size=4, shuffle=True, collate_fn=collate):
    print(batch["x"].shape, batch["y"])

named = nn.Sequential()
named.add_module(module=nn.ReLU(), name="act")
named.register_parameter(param=nn.Parameter(torch.ones(2)), name="w")
named.register_buffer("kept", torch.zeros(1))
named.register_buffer("passing", torch.zeros(1), persistent=False)
print(named._modules, list(named.state_dict()), list(named._parameters), named.passing)
