"""Methods of lists, letters of the alphabet, and errors of a program that are not reached."""

import string

import torch

xs = [3, 1, 2, 1]
print(xs.index(2), xs.count(1))
xs.remove(1)
print(xs)
xs.sort()
print(xs)
xs.sort(reverse=True)
print(xs)
ws = ["bob", "al", "eve"]
ws.sort(key=len)
print(ws, ws.index("eve"), ws.index("bob"))
print(string.ascii_lowercase, string.digits, len(string.ascii_letters + " .,;'"))
print("abc".find("c"))


def f():
    ys = [2, 1]
    ys.sort()
    return ys


print(f())


class Layer:
    def forward(self, x):
        raise NotImplementedError

    def name(self):
        raise NotImplementedError("name it")


class Linear(Layer):
    def forward(self, x):
        if x < 0:
            raise ValueError(f"x is {x}, and not positive")
        return 2 * x


print(Linear().forward(3))


def f(x, mode="a"):
    if mode == "a":
        return x
    elif mode == "b":
        return x**2
    else:
        raise ValueError("unknown mode: " + mode)


print(f(2), f(3, "b"))
x = torch.tensor(2.0, requires_grad=True)
f(x, "b").backward()
print(x.grad)
