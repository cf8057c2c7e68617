"""What modules and objects say of themselves, with numbers and truth values in it."""

import torch
import torch.nn as nn


class Lin(nn.Module):
    def __init__(self, a, bias=True):
        super().__init__()
        self.a = a
        self.bias = nn.Parameter(torch.zeros(1)) if bias else None

    def extra_repr(self):
        return "a={}, bias={}".format(self.a, self.bias is not None)


class Lin2(Lin):
    def extra_repr(self):
        return f"a={self.a}, bias={self.bias is not None}"


print(Lin(3))
print(Lin2(3, False))


class P:
    def __repr__(self):
        return "P({}, {})".format(1 > 0, len("ab") > 2)


print(P(), [P()])
