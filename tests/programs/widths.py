"""PyTorch's tensors are float32, NumPy's arrays float64, and numbers leave them as such."""

import numpy as np
import torch

x = torch.tensor([0.1, 0.2, 1 / 3])
print(x, x.dtype, x[0].item(), x.tolist(), x.numpy(), [v.item() for v in x])
print(f"{x[1]} {x[1]:.10f} {x[1].item()}", float(x[2]), 3 * x[0].item(), (x[0] + x[1]).item())
print(torch.tensor(16777217.0).item(), torch.tensor(1e-50), torch.tensor(1e39), int(torch.tensor(16777217.0)))
d = x.double()
print(d, d.dtype, d[0].item(), d.numpy(), d * x, (2 * d).float(), -d, d[1:], d.clone(), d > 0, d.long())
print(d.mean() * x, d.mean() * torch.arange(2), torch.arange(2) * x.mean())
for item in d:
    print(item, item.item() == x[0].item())
w = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
y = (w**2).sum()
y.backward()
print(w, y, w.grad, w.grad.dtype, w[0], w * x[0], torch.exp(w), w.detach(), w.data, w[None], -w)
print(torch.stack([w, w]), torch.cat([w, w]).mean(), torch.max(w, dim=0), torch.where(w > 1, w, 0.0))
z = torch.ones(2).double()
z.requires_grad_()
z.mul(3).sum().backward()
print(z, z.grad, torch.zeros(2, dtype=torch.double).requires_grad_())
a = np.array([0.1, 0.2])
print(torch.from_numpy(a), torch.tensor(a), torch.Tensor(a), torch.FloatTensor(a), torch.DoubleTensor([1, 2]))
print(torch.tensor(a, dtype=torch.float32), torch.as_tensor(a, dtype=torch.float), torch.tensor(a.tolist()))
print(torch.from_numpy(a.astype(np.float32)), torch.tensor([1, 2]).numpy(), torch.from_numpy(a).float().numpy())
b = x.numpy() * 2
print(b, b[0], b.dtype, a.dtype, repr(b), b[0].item(), repr(b * a[0]), repr(b + b), b.tolist())
c = torch.zeros(2)
c.numpy()[0] = 0.3
print(c, c.numpy(), c[0].item())
print(x.type(), d.type(), torch.tensor([1]).type(), x.dtype == torch.float32, d.dtype == torch.float64)
print(torch.float32, torch.double, torch.get_default_dtype(), torch.ones(2, dtype=float))
torch.manual_seed(0)
print(torch.rand(2, dtype=torch.float64), torch.rand(2), torch.randn(2).double(), torch.randn(2).tolist())
print(torch.nn.Linear(2, 1).weight.dtype, torch.nn.ParameterList([torch.zeros(2)]))
losses = []
v = torch.tensor(0.7, requires_grad=True)
for _ in range(3):
    loss = (v - 0.1) ** 2
    losses.append(loss.item())
    loss.backward()
    with torch.no_grad():
        v -= 0.25 * v.grad
        v.grad.zero_()
print([round(each, 5) for each in losses], type(losses[0]))
torch.set_default_dtype(torch.float64)
print(torch.tensor(0.1).item(), torch.tensor([0.1, 0.2]).tolist(), torch.get_default_dtype(), torch.ones(2).dtype)
