from collections import OrderedDict, defaultdict

import torch

d = {"a": 1, "b": 2.5, "c": [1, 2], "t": torch.tensor([1.0, 2.0])}
print(d)
d["a"] += 4
d["z"] = {"k": (1, "x")}
print(d["a"], d["z"], len(d), "a" in d, "q" not in d)
for k, v in d.items():
    print(k, v)
for k in d:
    print(k, end=" ")
print()
print(list(d), sorted(d), d.keys(), d.values() is None)
print(d.get("nope"), d.get("nope", 3), d.get("a"))
d.update({"a": 9, "new": None})
d.update(x=1, y="s")
print(d)
sq = {n: n**2 for n in range(5) if n % 2 == 0}
print(sq, sq[2], {}, dict(), dict(a=1), dict(zip(["p", "q"], [1, 2])))
print(f"{d['a']} {sq} {len(sq):d} { {'u': 1}['u'] }")
m = {**sq, "more": True, 4: "four"}
print(m.pop(0), m)


def f(*args, **kwargs):
    print(args, kwargs)
    return len(args)


print(f(1, 2.0, "x", lr=0.1, momentum=0.9))
_ = f(*[1, 2], **{"a": 3})


def g(x, *rest, scale=2, **kw):
    return x * scale + len(rest) + len(kw)


print(g(1), g(1, 2, 3), g(1, scale=3), g(1, 2, q=4))
cfg = {"lr": 0.1, "momentum": 0.9}
w = torch.tensor([1.0, 2.0], requires_grad=True)
opt = torch.optim.SGD([w], **cfg)
loss = (w**2).sum()
loss.backward()
opt.step()
print(w)
for g_ in opt.param_groups:
    print(g_["lr"], g_["momentum"])
    g_["lr"] *= 0.5
print(opt.param_groups[0]["lr"])
params = {"w": torch.ones(2, requires_grad=True), "b": torch.zeros(1, requires_grad=True)}
for step in range(3):
    y = (params["w"] * torch.tensor([1.0, 2.0])).sum() + params["b"]
    l = ((y - 3) ** 2).sum()
    l.backward()
    with torch.no_grad():
        for name, p in params.items():
            p -= 0.05 * p.grad
            p.grad.zero_()
print(params)
for step in range(2):
    l = ((params["w"] * 2).sum() - 1) ** 2
    l.backward()
    with torch.no_grad():
        for k in ["w"]:
            params[k] -= 0.01 * params[k].grad
            params[k].grad = None
print(params["w"])
h = defaultdict(list)
for i in range(3):
    h["loss"].append(i * 1.5)
    h["acc"].append(i)
print(h["loss"], dict(h), h)
o = OrderedDict([("a", 1), ("b", 2)])
print(o)
print({1: "a", 2.5: "b", True: "c", (1, 2): "d", None: 0})
print({"a": 1} == {"a": 1.0}, {"a": 1} != {"b": 1}, bool({}))
state = {p: torch.zeros_like(p) for p in params.values()}
print(len(state))
print(max(d.get("a"), 3), sum(sq.values()), max(sq, key=sq.get))
print(*[1, 2, 3], *("a", "b"), sep="-")
try_ = {"x": 1}
del_ = try_.copy()
del_["y"] = 2
print(try_, del_)
print(type(d), isinstance(d, dict))
