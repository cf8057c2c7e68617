# A tensor that is changed in place changes for all who hold it: in lists, dictionaries, objects and closures.
import torch


class Holder:
    def __init__(self, t):
        self.t = t
        self.n = 0

    def bump(self, k):
        self.t.add_(k)
        self.n += 1
        return self.t

    def swap(self, other):
        self.t, other.t = other.t, self.t


class Average:
    def __init__(self, model, decay):
        self.decay = decay
        self.shadow = {n: p.detach().clone() for n, p in model.named_parameters()}

    @torch.no_grad()
    def update(self, model):
        for n, p in model.named_parameters():
            self.shadow[n].mul_(self.decay).add_(p, alpha=1 - self.decay)


def change(t):
    t -= 1
    t *= 2


a = torch.tensor([1.0, 2.0, 3.0])
ones = [torch.ones(3), torch.zeros(3)]
d = {"x": torch.tensor([2.0, 2.0]), "y": a}
h, g = Holder(ones[0]), Holder(a.view(3))
e = d["x"]
h.bump(1).mul_(2)
g.t += 1
print(ones, h.t, h.n, a, d, g.t)
for k in d:
    d[k] += 1
    d[k].mul_(0.5).add_(1)
print(d, e, a)
for z in ones:
    z -= 1
    z.add_(2).mul_(3)
print(ones, h.t)
h.swap(g)
h.bump(10)
change(d["x"])
change(ones[1])
b = a
b *= 2
c = a
a = a + 1
print(a, b, c, d, e, ones, h.t, g.t)
torch.manual_seed(0)
net = torch.nn.Linear(2, 1)
torch.nn.init.ones_(net.weight)
torch.nn.init.zeros_(net.bias)
average = Average(net, 0.5)
for i in range(3):
    with torch.no_grad():
        net.weight.add_(1)
    average.update(net)
    print(average.shadow)


def grown(v):
    v += 1
    v = v * 2
    return v


print(grown(b), b, grown(3))
