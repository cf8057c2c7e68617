"""Random numbers that a function draws are drawn anew in every pass of a loop, wherever that is called."""

import torch

torch.manual_seed(0)


def f(n):
    return torch.randn(n)


for i in range(4):
    x = f(2)
    y = x * 2
    print(y)


def main():
    for i in range(4):
        n = 2
        x = f(n)
        y = x * 2
        print(y)


main()


def main():
    for i in range(4):
        x = torch.randn(2)
        y = x * 2
        print(y)


main()
