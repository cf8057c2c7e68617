import torch

torch.manual_seed(7)
X = torch.randn(32, 3)
true_w = torch.tensor([1.0, -2.0, 0.5])
y = X @ true_w + 0.01 * torch.randn(32)
w = torch.randn(3, requires_grad=True)
batch = 8
lr = 0.1
for epoch in range(10):
    perm = torch.randperm(32)
    total = 0.0
    for i in range(0, 32, batch):
        idx = perm[i : i + batch]
        xb, yb = X[idx], y[idx]
        loss = ((xb @ w - yb) ** 2).mean()
        loss.backward()
        with torch.no_grad():
            w -= lr * w.grad
            w.grad.zero_()
        total += loss.item()
    print(f"{epoch} {total:.4f}")
print(w)
