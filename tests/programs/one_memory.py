# What is detached from a computed tensor, and what looks at it, has its elements; who holds it, holds it.
import torch

w = torch.tensor([1.0, 2.0, 3.0, 4.0], requires_grad=True)
y = w * 2
d = y.detach()
held = [y, y[0:2]]
array = y.detach().numpy()
d[0] = 7
print(y, d, held)
array[1] = 5
print(y.tolist(), d, [each.tolist() for each in held])
y.add_(1)
print(y, d, held, array)
with torch.no_grad():
    y.mul_(2)
print(y, held[1], d, y.requires_grad)
y.sum().backward()
print(w.grad)

w.grad = None
y = w * 2
v, u, b = y[1:3], y.view(2, 2), y
t = u.T
v.mul_(2)
print(y, v, u, b, t, y.view(2, 2))
b.mul_(w)
print(y, v, t)
u[0] = 5
print(y, v, u, b, t)
y.sum().backward()
print(w.grad)

# A constant that gets a graph, with what is detached from it
a = torch.zeros(4)
b, c, v, m = a, a.detach(), a[:2], a.numpy()
a.add_(w)
print(a, b, c, v, m)
c += 1
print(a, b, c, v.tolist(), m)

# What a call changes in place is what stood before it
plain, computed = torch.tensor([1.0, 2.0]), w[:2] * 1


def triple(x):
    x.mul_(3)
    return 2


def more(x):
    seen = x.detach()
    seen += 1
    return 2


def plus(x):
    x += 1
    return x * 2


print(plain * triple(plain), computed * triple(computed), [plain, triple(plain)])
print(plain * more(plain), computed * more(computed), plus(computed), computed)


class Box:
    def __init__(self, x):
        self.x = x

    def bump(self):
        self.x.mul_(3)
        return self.x


def local():
    own = w * 3
    box = Box(own)
    box.bump()
    triple(box.x)
    return own


box = Box(computed)
d = {"x": computed}
box.bump().add_(1)
print(computed, d, local())
for each in [computed, computed[0:1], plain]:
    each.add_(1)
print(computed, plain)

# Tensors that are computed alike are two
first, second = w * 5, w * 5
third = w * 5
first.add_(1)
copies = [w.clone() for _ in range(3)]
copies[1].zero_()
print(first, second, third, copies)
e = w.clone()
e.copy_(w)
e.add_(1)
print(e, w)
y = w * 2
y.zero_()
print(y, y.requires_grad)
y = w * 2
y.requires_grad_()
(y * 3).sum().backward()
print(w.grad)

# What is computed alike later, after a step, is another tensor
x = torch.tensor([1.0, 2.0])
v = torch.tensor([1.0, 1.0], requires_grad=True)
early = (v * x).detach()
for i in range(3):
    out = v * x
    target = out.detach()
    target[0] = i
    early.add_(1)
    with torch.no_grad():
        v.add_(1)
    print(out, target, early)
    print(plus(out), out)

# Other elements of what is computed, of which its graph learns nothing
w.grad = None
y = w * 3
d = {"y": y, "held": [y.detach(), torch.zeros(2)]}
y.data.add_(1)
y.data[0] = 7
d["y"].data *= 2
d["held"][1].data += 1
d["held"][1].data.mul_(3)
print(y, d)
y.data.clamp_(0, 20)
d["y"].data.copy_(y / 2)
print(y, d)
(y**2).sum().backward()
print(w.grad)

# What does not lie in a row is copied when it is made one
v = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
d, c = v.t(), v[:, 1:]
e, f, g, h, k = d.flatten(), c.reshape(4), v.view(-1), v[1].reshape(3, 1), v[:, :1].reshape(2)
d += 1
c.mul_(2)
print(v, e, f, g, h, k)
d.reshape(-1).mul_(5)
print(v, d.reshape(-1).add_(1))
