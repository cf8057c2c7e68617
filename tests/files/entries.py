import torch

params = {"w": torch.tensor([1.0, -1.0], requires_grad=True), "b": torch.zeros(1, requires_grad=True)}


def model(x, **params):
    return x @ params["w"] + params["b"]


settings = {"lr": 0.1, "momentum": 0.9}
optimizer = torch.optim.SGD(params.values(), **settings)
loss = ((model(torch.tensor([[1.0, 2.0]]), **params) - 3) ** 2).sum()
loss.backward()
optimizer.step()
for name, value in params.items():
    print(name, value.detach(), value.grad)
print({**settings, "steps": 1})
