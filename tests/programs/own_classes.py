# Classes of the program's own: an optimizer, a dataset, and what stands side by side in them.
import torch
from torch.utils.data import DataLoader, Dataset


class Adam:
    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
        self.params = list(params)
        self.lr, self.eps = lr, eps
        self.beta1, self.beta2 = betas
        self.t = 0
        self.m = [torch.zeros_like(p) for p in self.params]
        self.v = [torch.zeros_like(p) for p in self.params]

    def zero_grad(self):
        for p in self.params:
            p.grad = None

    @torch.no_grad()
    def step(self):
        self.t += 1
        for i, p in enumerate(self.params):
            self.m[i].mul_(self.beta1).add_(p.grad, alpha=1 - self.beta1)
            self.v[i].mul_(self.beta2).addcmul_(p.grad, p.grad, value=1 - self.beta2)
            m = self.m[i] / (1 - self.beta1**self.t)
            v = self.v[i] / (1 - self.beta2**self.t)
            p -= self.lr * m / (v.sqrt() + self.eps)


torch.manual_seed(0)
w = torch.tensor([-1.0, 1.0], requires_grad=True)
optimizer = Adam([w], lr=0.05)
for i in range(40):
    optimizer.zero_grad()
    loss = ((w - 2) ** 2).sum()
    loss.backward()
    optimizer.step()
print(f"{loss.item():.4f}", optimizer.t, w)


class Squares(Dataset):
    def __init__(self, n):
        self.x = torch.arange(float(n)).unsqueeze(1)
        self.y = self.x**2

    def __len__(self):
        return len(self.x)

    def __getitem__(self, index):
        return self.x[index], self.y[index]


data = Squares(10)
print(len(data), data[3], isinstance(data, Squares))
for i, (x, y) in enumerate(DataLoader(data, batch_size=4)):
    print(i, x.shape, y.squeeze())


class Normalize(torch.nn.Module):
    def __init__(self, n, momentum=0.1):
        super().__init__()
        self.momentum, self.scale = momentum, torch.nn.Parameter(torch.ones(n))
        self.register_buffer("mean", torch.zeros(n))

    def forward(self, x):
        if self.training:
            with torch.no_grad():
                self.mean.mul_(1 - self.momentum).add_(self.momentum * x.mean(dim=0))
        return self.scale * (x - self.mean)


layer = Normalize(2)
for i in range(3):
    out = layer(torch.ones(4, 2) * i)
print(layer.mean, list(layer.state_dict().keys()), layer.__class__.__name__)


def init(module):
    if isinstance(module, torch.nn.Linear):
        torch.nn.init.constant_(module.weight, 0.5)


net = torch.nn.Sequential(torch.nn.Linear(2, 1), torch.nn.ReLU())
net.apply(init)
print(net[0].weight.data, type(net[1]).__name__)
