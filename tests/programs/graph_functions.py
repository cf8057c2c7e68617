import torch

torch.manual_seed(0)
x = torch.randn(3, requires_grad=True)
w = torch.randn(2, 3, requires_grad=True)
b = torch.randn(2, requires_grad=True)
c = torch.ones(3)


def names(t):
    f = t.grad_fn
    return (f.name(), [None if g is None else g.name() for g, _ in f.next_functions])


for t in [
    x * 2,
    2 * x,
    x + 1,
    1 + x,
    1 - x,
    x - 1,
    x / 2,
    2 / x,
    x**2,
    2**x,
    x**x,
    -x,
    x * c,
    c * x,
    x + c,
    x * x,
    x.sum(),
    x.mean(),
    x.exp(),
    x.sin(),
    torch.relu(x),
    x.view(3, 1),
    x[0],
    x[1:],
    w @ x,
    w @ x + b,
    w.t(),
    w.sum(0),
    torch.softmax(x, 0),
    torch.dot(x, c),
    w.reshape(3, 2),
    x.unsqueeze(0),
    w.mm(w.t()),
    x.mul(3),
    torch.where(x > 0, x, c),
    abs(x),
    x.prod(),
    x.std(),
    x.var(),
]:
    print(names(t))
a = torch.tensor(2.0, requires_grad=True)
d = a * 3
e = d + torch.tensor(4.0)
print(a.grad_fn, a.is_leaf, e.is_leaf)
print(e.grad_fn.next_functions[0][0].next_functions[0][0].variable)


def walk(f, depth=0):
    if f is None:
        return
    print("  " * depth + type(f).__name__)
    for g, _ in f.next_functions:
        walk(g, depth + 1)


walk((e * torch.sin(d)).grad_fn)
