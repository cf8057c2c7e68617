import torch

torch.manual_seed(0)
net = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Tanh(), torch.nn.Linear(3, 1))
norms = []
for p in net.parameters():
    p.register_hook(lambda g: norms.append(round(g.norm().item(), 3)))
x = torch.ones(4, 2)
for i in range(2):
    net.zero_grad()
    net(x).sum().backward()
print(len(norms), norms)
a = torch.tensor(1.0, requires_grad=True)
b = a * 2
c = b * 3
d = b * c
seen = []
for n, t in (("b", b), ("c", c), ("d", d)):
    t.register_hook(lambda g, n=n: seen.append((n, g.item())))
b.retain_grad()
d.backward()
print(seen, a.grad, b.grad)
w = torch.tensor([1.0, -2.0], requires_grad=True)
h = w.register_hook(lambda g: g.clamp(-1, 1))
for i in range(3):
    w.grad = None
    (w**3).sum().backward()
    with torch.no_grad():
        w -= 0.1 * w.grad
    print(w)
h.remove()
w.grad = None
(w**3).sum().backward()
print(w.grad)
for i in range(3):
    z = w * 2
    z.register_hook(lambda g: print("z", g))
    z.sum().backward()
acts = {}


def get(name):
    def hook(module, inp, out):
        acts[name] = out.detach()

    return hook


net[0].register_forward_hook(get("fc"))
_ = net(x[:1])
print(acts["fc"].shape, list(acts))
x = torch.tensor([1.0, 2.0], requires_grad=True)
y = x * 3
grads = {}


def save(name):
    def hook(grad):
        grads[name] = grad

    return hook


h = y.register_hook(save("y"))
x.register_hook(lambda g: g * 2)
z = (y**2).sum()
z.backward()
print(grads)
print(x.grad)
h.remove()
grads.clear()
x.grad = None
y = x * 3
_ = y.register_hook(lambda g: print("grad of y:", g))
(y**2).sum().backward()
print(grads, x.grad)
a = torch.tensor(2.0, requires_grad=True)
b = a * a
b.register_hook(lambda g: torch.clamp(g, max=1.0))
c = b * 10
c.backward()
print(a.grad)
