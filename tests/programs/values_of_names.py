"""Arguments that are None or text may be names, attributes, entries and what calls give."""

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
w = torch.ones(2, 3)
v = torch.ones(3)
b = None
print(F.linear(v, w, b), F.linear(v, w, None))


class Affine(nn.Module):
    def __init__(self, bias=True):
        super().__init__()
        self.weight = nn.Parameter(w)
        if bias:
            self.bias = nn.Parameter(torch.ones(2))
        else:
            self.register_parameter("bias", None)

    def forward(self, x):
        return F.linear(x, self.weight, self.bias)


print(Affine()(v), Affine(False)(v))
print(F.linear(v, w, nn.Linear(3, 2, bias=False).bias))


class Loss(nn.Module):
    def __init__(self, reduction="mean", weight=None):
        super().__init__()
        self.reduction = reduction
        self.weight = weight

    def forward(self, x, y):
        classes = F.cross_entropy(x, torch.tensor([0, 1]), weight=self.weight, reduction=self.reduction)
        return F.mse_loss(x, y, reduction=self.reduction), classes


x = torch.tensor([[1.0, 2.0], [3.0, 5.0]])
for reduction in ("mean", "sum"):
    print(Loss(reduction)(x, x * 2), F.mse_loss(x, x * 2, reduction=reduction))
print(Loss(weight=torch.tensor([1.0, 3.0]))(x, x * 2)[1])
how, axis, low = "fro", None, None
print(torch.norm(x, p=how), torch.linalg.norm(x, how), x.sum(axis), x.mean(dim=axis), torch.argmax(x, dim=axis))
print(torch.clamp(x, low, 2), x.clamp(min=low, max=1.5))
options = {"reduction": "sum", "dim": None}
print(F.l1_loss(x, x * 2, reduction=options["reduction"]), x.sum(options["dim"]))
print(F.l1_loss(x, x * 2, **{"reduction": "sum"}))
print(F.interpolate(x[None, None], scale_factor=2, mode=options.get("mode", "nearest")))
for dim in (0, 1, None):
    print(x.sum(dim=dim), x.std(dim if dim is not None else 1))
