import torch
import torch.nn as nn

torch.manual_seed(20)
layer = nn.Linear(2, 1)
x = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
print((layer(x) == layer(x)).all())
learning_rate = 0.01
for t in range(5):
    loss = layer(x).pow(2).sum()
    layer.zero_grad()
    loss.backward()
    with torch.no_grad():
        for param in layer.parameters():
            param -= learning_rate * param.grad
    print(t, f"{loss.item():.4f}")
print(layer.weight.data, layer.bias.grad)
layer.weight.data = torch.tensor([[0.5, -0.5]])
print(layer.weight)
layer.weight.data.fill_(0.25)
layer.bias.data.zero_()
print(layer(x))
