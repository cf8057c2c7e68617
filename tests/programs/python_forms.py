# Python as lessons write it: what is left over, iterators, sets, texts, keys made of text, and ranges as values.
import torch

first, *rest = [1, 2, 3]
a, *b, c = torch.arange(5)
print(first, rest, a, b, c)
p = torch.tensor([1.0, 2.0])
p[0], p[1] = p[1].item(), p[0].item()
xs = [3, 1, 2]
xs[0], xs[2] = xs[2], xs[0]
print(p, xs)
mask = p > 1.5
print(~mask, p[~mask])
it = iter([1, 2, 3, 4, 5])
print(next(it), [next(it) for _ in range(2)])
for x in it:
    print(x)
    break
print(list(it), list(it), next(it, "nothing"))
m = [1, 2, 3]
print(m, m.pop(0))
words = "the cat sat on the mat".split()
vocab = sorted(set(words))
ids = {word: i for i, word in enumerate(vocab)}
print(ids, len(set(words)), "cat" in set(words))
seen = set()
seen.add(3)
seen.add(3)
print(len(seen), 3 in seen)
params = {}
for gate in ["i", "f"]:
    for layer in range(2):
        params[f"W_{gate}{layer}"] = torch.full((2,), float(layer), requires_grad=True)
print(sorted(params), params["W_f1"])
for name, value in sorted(params.items(), reverse=True):
    print(name, value.sum().item())
losses = [3.0, 1.5, 2.5]
best = min(range(len(losses)), key=lambda i: losses[i])
print(best, max(params, key=lambda name: params[name].sum().item() + len(name)))
logp = torch.arange(6.0).reshape(3, 2)
labels = torch.tensor([1, 0, 1])
print(logp[range(3), labels], logp[range(len(labels)), labels].mean())
print("a,b".replace(",", ";"), "x=3".startswith("x"), "  s ".strip(), "aa".count("a"), "7".zfill(3))
print(f"{'left':<6}|{'right':>6}|{3:03d}", type(vocab), min([], default=0))
print(set([1, 2, 1]), set(), len(set("hello")))
print(range(3), range(1, 7, 2), len(range(3)), 2 in range(3))
print(~torch.tensor([1, 2]), ~3, ~(torch.tensor([1, 2]) > 1))
