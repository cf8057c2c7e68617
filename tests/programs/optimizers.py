import torch

torch.manual_seed(5)
p = torch.nn.Parameter(torch.randn(4))
opt = torch.optim.Adam([p], lr=0.1, betas=(0.8, 0.99), weight_decay=0.01)
print(opt)
for i in range(20):
    opt.zero_grad()
    loss = (p**4).sum() - p.sum()
    loss.backward()
    opt.step()
print(p)
opt = torch.optim.RMSprop([p], lr=0.01, momentum=0.5, centered=True)
for i in range(10):
    opt.zero_grad()
    (p**2).sum().backward()
    opt.step()
print(p.data)
opt = torch.optim.Adagrad([p], lr=0.5)
for i in range(3):
    opt.zero_grad()
    (p**2).sum().backward()
    opt.step()
print(p.detach())
opt = torch.optim.AdamW([p], lr=0.05)
for i in range(3):
    opt.zero_grad()
    (p**2).sum().backward()
    opt.step()
print(p)
