"""Leaves in turn, in a function: each has its own grad zeroed, in every pass."""

import torch

torch.set_default_dtype(torch.float64)


def main():
    a = torch.tensor(2.0, requires_grad=True)
    b = torch.tensor([1.0, 3.0], requires_grad=True)
    for i in range(5):
        loss = a * a + (b * b).sum()
        loss.backward()
        with torch.no_grad():
            for p in [a, b]:
                p -= 0.1 * p.grad
        for p in [a, b]:
            p.grad.zero_()
        print(i, a.item(), a.grad, b.grad)


main()
