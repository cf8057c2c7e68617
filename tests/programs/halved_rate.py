# A learning rate that is halved by hand, in the groups of an optimizer.
import torch

w = torch.tensor([1.0, 2.0], requires_grad=True)
opt = torch.optim.SGD([w], lr=0.1)
for epoch in range(4):
    opt.zero_grad()
    loss = (w**2).sum()
    loss.backward()
    opt.step()
    for group in opt.param_groups:
        group["lr"] *= 0.5
    print(epoch, f"{loss.item():.4f}", opt.param_groups[0]["lr"])
opt.param_groups[0]["momentum"] = 0.9
print(opt)
