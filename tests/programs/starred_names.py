# A name with a star takes what is left, wherever it stands, and a function of any number of values has no name.
import torch

xs = [1, 2, 3, 4]
*a, b = xs
print(a, b)
a, *b, c = xs
print(a, b, c)
(*a, b) = (1, 2)
print(a, b)
[first, *a] = "abc"
print(first, a)
*a, = range(3)
print(a)
a, *b = range(1)
print(a, b)
for *x, y in [(1, 2, 3), (4, 5, 6)]:
    print(x, y)
for x, (y, *z) in zip([1, 2], [(3, 4, 5), (6,)]):
    print(x, y, z)
for x, *y, z in [[1, 2, 3, 4]]:
    print(x, y, z)
print([sum(y) for x, *y in [(1, 2, 3), (4, 5, 6)]], {k: v for *_, k, v in [(1, 2, 3)]})


def last(values):
    *most, end = values
    first, *rest = most
    for *inner, outer in [most, rest]:
        print(inner, outer)
    return first, *rest, end


print(last(xs))
w = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
*before, at = w
(at * before[0]).backward()
print(w.grad)
shape = (2, 3)
print(torch.zeros((1, *shape)).shape, (*shape, 4), (*shape,), [*shape, *shape])
n, *rest = torch.ones(4, 2, 3).shape
print(n, rest)
add = lambda *xs: sum(xs)
print(add(1, 2, 3), add())
options = lambda **kw: kw["lr"] * 2
print(options(lr=0.5))
mixed = lambda x, *r, k=1, **kw: (x, r, k, kw)
print(mixed(1), mixed(1, 2, 3, k=4, z=5))
named = lambda *, x: x**2
print(named(x=3))
calls = {"add": lambda *v: len(v), "all": lambda *v, **n: (v, n)}
print(calls["add"](1, 2), calls["all"](1, a=2))
print(list(map(lambda *p: p[0] * p[1], [1, 2], [3, 4])))


def wrapped(f):
    return lambda *args, **kwargs: f(*args, **kwargs) + 1


print(wrapped(add)(1, 2))
print(torch.cat([*[torch.ones(1), torch.zeros(1)], torch.ones(2)]), torch.ones([2, *shape]).shape)
print(torch.arange(6).reshape((*shape,)), torch.stack((*[w.detach(), w.detach()],)))
