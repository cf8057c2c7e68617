import torch

torch.manual_seed(8)
w = torch.randn(3, requires_grad=True)
target = torch.tensor([1.0, -1.0, 0.5])
for settings in [0.0, 0.9]:
    w = torch.zeros(3, requires_grad=True)
    opt = torch.optim.SGD([w], lr=0.1, momentum=settings)
    for i in range(5):
        opt.zero_grad()
        loss = ((w - target) ** 2).sum()
        loss.backward()
        opt.step()
        print(i, f"{loss.item():.5f}", w.detach())
