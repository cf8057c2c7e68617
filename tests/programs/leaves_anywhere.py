"""Tensors that are told to require grad where a list or an object holds them, and values that keep a grad."""

import torch

parameters = [torch.zeros(2), torch.ones(3)]
for p in parameters:
    p.requires_grad = True
loss = (parameters[0] * 2).sum() + (parameters[1] ** 2).sum()
loss.backward()
print(parameters[0].grad, parameters[1].grad)


class Model:
    def __init__(self):
        self.w = torch.randn(2, 3, generator=torch.Generator().manual_seed(1))
        self.b = torch.zeros(3)
        self.parameters = [self.w, self.b]
        for p in self.parameters:
            p.requires_grad_(True)

    def __call__(self, x):
        return x @ self.w + self.b


model = Model()
model(torch.ones(1, 2)).sum().backward()
print(model.w.requires_grad, model.b.grad, model.parameters[1].grad is model.b.grad)

layers = []
x = torch.ones(2, requires_grad=True)
z = x
for i in range(3):
    z = z * 2
    z.retain_grad()
    layers.append(z)
z.sum().backward()
for i, layer in enumerate(layers):
    print(i, layer.grad)
print([layer.grad[0].item() for layer in layers])

training = False
with torch.set_grad_enabled(training):
    y = x * 2
print(y.requires_grad)
torch.set_grad_enabled(False)
print((x * 2).requires_grad, torch.is_grad_enabled())
with torch.enable_grad():
    print((x * 2).requires_grad)
torch.set_grad_enabled(True)
print((x * 2).requires_grad)
torch.autograd.set_detect_anomaly(True)


def scaled(x, training):
    with torch.set_grad_enabled(training):
        return x * 3


print(scaled(x, True).requires_grad, scaled(x, False).requires_grad)
