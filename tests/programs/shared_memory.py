# Names, views, detach() and numpy() look at the same elements.
import numpy as np
import torch

a = torch.ones(5)
b = a.numpy()
a.add_(1)
print(a, b)
c = np.ones(5, dtype=np.float32)
d = torch.from_numpy(c)
np.add(c, 1, out=c)
c[0] = 7
print(c, d)
x = torch.arange(4.0)
v = x.view(2, 2)
v[0, 0] = 5
x[3] = 9
print(x, v)
e = x
e += 1
print(x, v)


def double(t):
    t *= 2


def mark(t, place):
    t[place] = 100


double(x)
mark(v, 1)
print(x, e)
for row in v:
    row.div_(10)
print(x)

w = torch.tensor([1.0, 2.0, 3.0, 4.0], requires_grad=True)
w.detach()[0] = 10
flat = w.data
flat.mul_(2)
print(w)
y = w * 2
z = y
v = y.view(2, 2)
z += 1
v[0] *= 3
y[3] = 0
print(z.tolist(), v.tolist())
y.sum().backward()
print(w.grad)
grad = w.grad
w.grad.zero_()
print(grad)
out = torch.zeros(4)
out.view(2, 2)[1] = 5
halves = out.view(2, 2)
halves[0] = w[:2] * 5
print(out.tolist())
out.sum().backward()
print(grad)

k = torch.arange(6).reshape(2, 3)
copied = k.t().reshape(-1)
copied[0] = 100
column = k[:, 1]
column += 10
k[k > 11] = 0
print(k, column)
n = np.array([3.0, 1.0, 2.0], dtype=np.float32)
own, same = torch.tensor(n), torch.as_tensor(n)
n += 1
first = n[0]
first += 5
n.fill(4)
print(n, own, same)
kept = torch.zeros(2)
steps = [kept, kept.clone(), torch.ones(2)]
steps[0] += 1
for step in steps:
    step.mul_(2).add_(1)
print(kept, steps)
print(kept.clone().exp_().sub_(1, alpha=2), kept.clamp_(0, 2).neg_())

x = torch.ones(2, requires_grad=True)
optimizer = torch.optim.SGD([x], lr=0.1)
seen = x.detach().numpy()
best = {"x": x.detach().clone()}
for i in range(30):
    optimizer.zero_grad()
    loss = (x**2).sum()
    loss.backward()
    optimizer.step()
print(x, seen, best)

# What is reached through .data of a tensor that requires no grad is the tensor itself.
b = torch.arange(3.0)
b.data.add_(1)
b.data[0] = 7
b.data -= 0.5
print(b)
d = b.data
d.mul_(3)
b.data.clamp_(max=10)
print(b, d)
b.data = torch.ones(2)
print(b)
b.data.zero_()
print(b)
table = np.zeros((2, 2), dtype=np.float32)
flat, apart = table.ravel(), table.flatten()
flat[0] = 1
apart[1] = 9
print(table)
print(torch.zeros(2, 2).flatten().shape)
