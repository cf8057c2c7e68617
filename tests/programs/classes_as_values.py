import torch
from torch import nn
from torch.nn import Linear, ReLU

torch.manual_seed(0)


def init(m):
    if type(m) == nn.Linear:
        nn.init.constant_(m.weight, 0.5)
    if isinstance(m, (Linear, nn.Conv2d)):
        m.bias.data.fill_(0.0)
        print("init", m, m.in_features)


net = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), Linear(3, 1))
net.apply(init)
print(
    net(torch.ones(1, 2)), type(net[0]), type(net[1]), type(net), type(net[1]) is ReLU, type(net) == nn.Linear
)


class Mlp(nn.Module):
    def __init__(self, sizes, act=nn.ReLU, out=nn.Identity):
        super(Mlp, self).__init__()
        layers = []
        for i in range(len(sizes) - 1):
            a = act if i < len(sizes) - 2 else out
            layers += [nn.Linear(sizes[i], sizes[i + 1]), a()]
        self.net = nn.Sequential(*layers)

    def forward(self, x):
        return self.net(x)


print(Mlp([2, 3, 1], nn.Tanh))
w = torch.ones(2, requires_grad=True)
for cls, kw in [(torch.optim.SGD, dict(lr=1e-2)), (torch.optim.Adam, {"lr": 1e-2})]:
    o = cls([w], **kw)
    (w**2).sum().backward()
    o.step()
    o.zero_grad()
    print(cls.__name__, w, type(o).__name__)
m = Mlp([1, 1])
print(type(m) == Mlp, type(m), m.__class__.__name__, type(m).__name__, isinstance(m, Mlp))
lf = {"mse": nn.MSELoss, "l1": nn.L1Loss}
loss_fn = lf["mse"]()
print(loss_fn(torch.ones(2), torch.zeros(2)), loss_fn)
print(type(w), type(net[0].weight), type(3.0) == float, type([]) == list)
