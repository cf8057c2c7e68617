import torch
import torch.nn as nn

torch.manual_seed(9)
model = nn.Linear(2, 1)
data = torch.randn(16, 2)
target = data @ torch.tensor([[1.0], [-2.0]]) + 0.5
criterion = nn.MSELoss()


def train(model, optimizer, steps):
    losses = []
    for step in range(steps):
        optimizer.zero_grad()
        loss = criterion(model(data), target)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


losses = train(model, torch.optim.SGD(model.parameters(), lr=0.1), 20)
print(["%.3f" % value for value in losses[::5]])
print('first {:.4f}, last {:.4f}'.format(losses[0], losses[-1]))


def evaluate(model, x):
    model.eval()
    with torch.no_grad():
        out = model(x)
    model.train()
    return out


print(evaluate(model, torch.ones(2, 2)))
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)


def closure():
    optimizer.zero_grad()
    loss = criterion(model(data), target)
    loss.backward()
    return loss


loss = optimizer.step(closure)
print(f"{loss.item():.4f}")
print(model.weight, model.bias)
