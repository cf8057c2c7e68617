"""What programs ask of tensors and objects by name, and tensors in the likeness of others."""

import torch

x = torch.arange(6.0).reshape(2, 3)
print(x.new_ones(2), x.new_zeros(2, 2), x.new_full((2,), 3.5), x.new_tensor([1, 2]))
whole = torch.tensor([1, 2])
print(whole.new_ones(3), whole.new_zeros(2, dtype=torch.float32))
print(x.nelement(), x.stride(), x.t().stride(), x.stride(0), x[:, 1].stride())
print(x.is_contiguous(), x.t().is_contiguous(), x.t().contiguous().stride())
print(torch.is_tensor(x), torch.is_tensor(3), torch.is_floating_point(x), whole.is_floating_point())

print(torch.bincount(torch.tensor([0, 1, 1, 3])), torch.bincount(whole, minlength=5))
print(torch.bincount(whole, weights=torch.tensor([0.5, 2.0])))
print(torch.unique(torch.tensor([3, 1, 1]), return_counts=True))
values, places, counts = torch.tensor([3.5, 1, 1]).unique(return_inverse=True, return_counts=True)
print(values, places, counts, whole.unique())
print(torch.nonzero(torch.tensor([[0, 2], [3, 0]]), as_tuple=True), torch.nonzero(whole))
print(torch.logspace(0, 2, 3), torch.logspace(0, 3, steps=4, base=2))

print(torch.Tensor(2, 3).shape, torch.Tensor([1, 2]), torch.LongTensor([1, 2]), torch.Tensor(4).size())
print(torch.FloatTensor(torch.zeros(2)).shape)


class Point:
    def __init__(self):
        self.x = 1.5


point = Point()
print(hasattr(point, "x"), hasattr(point, "y"), getattr(point, "x"), getattr(point, "y", "none"))
print(hasattr(x, "grad"), getattr(torch.ones(2), "sum")())
print([name for name in dir(point) if not name.startswith("__")])
rows = torch.tensor([[1, 2], [1, 2], [0, 3]])
print(torch.unique(rows, dim=0), rows.T.unique(dim=-1))
print(torch.unique(rows, dim=0, return_inverse=True, return_counts=True))
print(torch.logspace(0, 2, 3, dtype=torch.float64).tolist(), torch.logspace(0, 2, 3, requires_grad=True))
print(torch.zeros(2, 3).stride(-2), torch.nonzero(torch.tensor(3.0), as_tuple=True))
torch.manual_seed(0)
print(torch.bincount(torch.tensor([1, 2]), minlength=5), torch.nn.Linear(2, 3, dtype=torch.float64))
print(hasattr(torch, "cuda"), hasattr(torch.backends, "mps"), hasattr(torch, "pi"), hasattr(torch, "nothing"))
print([hasattr(torch, name) for name in ("tensor", "sin", "rand", "float64", "no_grad", "set_grad_enabled")])
print([hasattr(torch.optim, name) for name in ("Adam", "Adom", "no_grad")], getattr(torch, "absent", 3))
print(getattr(torch.nn, "ReLU")(), getattr(torch, "sin")(torch.tensor(0.0)), "shape" in dir(x), "sum" in dir(x))
