import torch
import torch.nn as nn


class Neuron(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.w = nn.Parameter(torch.ones(n))
        self.b = nn.Parameter(torch.zeros(1))

    def forward(self, x):
        return torch.tanh(x @ self.w + self.b)


n = Neuron(3)
opt = torch.optim.SGD(n.parameters(), lr=0.5)
x = torch.tensor([[1.0, 0.0, -1.0], [0.5, 2.0, 1.0], [-1.0, 0.3, 0.0]])
y = torch.tensor([0.5, -0.5, 0.1])
for i in range(6):
    opt.zero_grad()
    out = n(x)
    loss = torch.nn.functional.mse_loss(out, y)
    loss.backward()
    opt.step()
    print(i, f"{loss.item():.6f}")
print(n.w, n.b)
print(n.w.grad, n.b.is_leaf)
n.w.data = torch.zeros(3)
print(n(x))
n.zero_grad()
print(n.w.grad)
