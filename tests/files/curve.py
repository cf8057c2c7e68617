import torch
import matplotlib.pyplot as plt

x = torch.linspace(-2, 2, 50, requires_grad=True)
y = x**3 - x
(slope,) = torch.autograd.grad(y.sum(), x)
plt.plot(x.detach(), y.detach(), label="y")
plt.plot(x.detach(), slope, "--", label="dy/dx")
plt.legend()
plt.savefig("curve.png")
