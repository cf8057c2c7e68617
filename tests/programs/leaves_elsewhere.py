import copy

import torch
from torch import nn

torch.set_default_dtype(torch.float64)
torch.manual_seed(0)
x = torch.tensor(2.0, requires_grad=True)
y = x*x
z = y*3
y.retain_grad(); z.retain_grad()
w = z*y
w.backward()
print(y.grad, z.grad, x.grad)
model = nn.Sequential(nn.Linear(1, 1, bias=False))
for i in range(30):
    if i == 20:
        model[0].weight = nn.Parameter(torch.tensor([[2.0]]))
    model.zero_grad()
    model(torch.tensor([1.0])).sum().backward()
print(model[0].weight.grad)
a = torch.tensor(1.0, requires_grad=True); b = torch.tensor(1.0, requires_grad=True)
opt = torch.optim.SGD([a], lr=0.1)
for i in range(30):
    if i == 20:
        opt.param_groups[0]["params"] = [b]
    opt.zero_grad()
    (a + b).backward()
print(a.grad, b.grad)
a = torch.tensor(1.0, requires_grad=True); b = torch.tensor(1.0, requires_grad=True)
opt = torch.optim.SGD([a], lr=0.1)
for i in range(60):
    if i == 40:
        opt.param_groups[0]["params"] = [b]
    a.grad = None
    b.grad = None
    (a**2 + b**2).backward()
    opt.step()
print(f"{a.item():.6f} {b.item():.6f}")
d = {"a": 1, "b": 2}
it = iter(["a", "b"])
d[next(it)] += 10
print(d)
w = torch.tensor(1.0, requires_grad=True)
t = copy.deepcopy((w, 2.0))
w.data = torch.tensor(5.0)
print(t[0])
l = [1, 2, 3]
l[1] += 5
print(l)
