import torch
x = torch.tensor([-1.0, 2.0], requires_grad=True)
opt = torch.optim.LBFGS([x], lr=0.5, max_iter=5)
def closure():
    opt.zero_grad()
    loss = (1 - x[0]) ** 2 + 10 * (x[1] - x[0] ** 2) ** 2
    loss.backward()
    return loss
for i in range(6):
    loss = opt.step(closure)
    print(i, f"{loss.item():.4f}")
print(x)
