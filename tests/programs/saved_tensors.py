# What operations keep for a backward pass, a line search, hooks where gradients are taken alone, and memory
# that is shared where an optimizer steps.
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
y = x.pow(2)
z = x.exp()
print(x.equal(y.grad_fn._saved_self), x is y.grad_fn._saved_self, y.grad_fn._saved_exponent)
print(z.equal(z.grad_fn._saved_result), z is z.grad_fn._saved_result)
m = x * y
print(m.grad_fn._saved_self, m.grad_fn._saved_other, (x * 2).grad_fn._saved_self)
print(torch.sigmoid(x).grad_fn._saved_result, torch.log(x).grad_fn._saved_self)
print((x / y).grad_fn._saved_other, (x**0.5).grad_fn._saved_exponent)

point = torch.tensor([-1.5, 2.0], requires_grad=True)
search = torch.optim.LBFGS([point], lr=1, max_iter=20, line_search_fn="strong_wolfe")


def closure():
    search.zero_grad()
    loss = (1 - point[0]) ** 2 + 100 * (point[1] - point[0] ** 2) ** 2
    loss.backward()
    return loss


print(f"{search.step(closure).item():.2f} {search.step(closure).item():.2f}")

a = torch.tensor([1.0, 2.0], requires_grad=True)
b = a * 2
b.register_hook(lambda g: print("b", g))
a.register_hook(lambda g: g * 10)
print(torch.autograd.grad((b**2).sum(), a))
c = a * 3
c.register_hook(lambda g: g / 2)
print(torch.autograd.grad((c**2).sum(), (a, c)))

w = torch.tensor([1.0, 2.0], requires_grad=True)
opt = torch.optim.SGD([w], lr=0.1)
shared, copied = [], []
for i in range(3):
    opt.zero_grad()
    (w**2).sum().backward()
    opt.step()
    shared.append(w.detach())
    copied.append(w.detach().clone())
print(shared, copied)

one, two = torch.tensor([1.0]), torch.tensor([2.0])
print(torch.tensor([one, two]), torch.tensor([one.sum(), 3]))
make = torch.tensor
print(make([1.0, 2.0]))
h = x * 2
r = F.relu(h, inplace=True)
print(r, h, r is h, F.relu(x * 3, True), nn.L1Loss(False))
h = x * 2
h.mul_(2)
print(h)
n = np.array([1, 5, 2, 7])
print(n[np.where(n > 2)], np.expand_dims(n, (0, 2)).shape)
t = torch.arange(6).reshape(2, 3)
print(t[torch.where(t > 2)])
