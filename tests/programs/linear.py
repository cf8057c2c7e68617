import torch
import torch.nn as nn

torch.manual_seed(42)
model = nn.Linear(3, 2)
print(model)
print(model.weight)
print(model.bias)
x = torch.randn(5, 3)
out = model(x)
print(out)
print(out.shape)
criterion = nn.MSELoss()
loss = criterion(out, torch.zeros(5, 2))
print(criterion, loss)
loss.backward()
print(model.weight.grad)
print(model.bias.grad)
for name, p in model.named_parameters():
    print(name, p.shape, p.requires_grad)
