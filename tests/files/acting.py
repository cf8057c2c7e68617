import torch

w = torch.tensor([1.0, -1.0], requires_grad=True)


def train(steps, lr=0.1):
    losses = []
    for i in range(steps):
        loss = ((w - 3) ** 2).sum()
        loss.backward()
        with torch.no_grad():
            w.sub_(lr * w.grad)
        w.grad.zero_()
        losses.append(loss.item())
        if loss < 1:
            print(f"small after {i} steps")
            break
    return losses


first = train(3)
print(len(first), len(train(20)), f"{first[-1]:.4f}")
