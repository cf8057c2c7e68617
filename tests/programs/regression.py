import torch

torch.manual_seed(0)
x = torch.linspace(0, 1, 20).reshape(-1, 1)
y = 3 * x + 2 + 0.1 * torch.randn(20, 1)
w = torch.zeros(1, requires_grad=True)
b = torch.zeros(1, requires_grad=True)
optimizer = torch.optim.SGD([w, b], lr=0.5)
for epoch in range(50):
    prediction = w * x + b
    loss = ((prediction - y) ** 2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if epoch % 10 == 0:
        print(f"epoch {epoch}: loss {loss.item():.4f}")
print(w, b)
print(w.grad, b.grad)
