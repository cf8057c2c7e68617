import copy

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
X = torch.randn(22, 3)
y = (X.sum(dim=1, keepdim=True) > 0).float()
data = TensorDataset(X[:15], y[:15])
loader = DataLoader(data, batch_size=5, shuffle=True)
held = DataLoader(TensorDataset(X[15:], y[15:]), batch_size=4, drop_last=True)
print(len(data), len(loader), len(held), [tuple(xb.shape) for xb, _ in held])


class Net(nn.Module):
    def __init__(self, hidden):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(3, hidden, bias=False), nn.BatchNorm1d(hidden), nn.ReLU())
        self.head = nn.Linear(hidden, 1)

    def forward(self, x):
        return self.head(self.body(x))


net = Net(6)
print(net)
optimizer = torch.optim.AdamW(
    [{"params": net.body.parameters(), "lr": 0.02}, {"params": net.head.parameters()}], lr=0.05
)
scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, milestones=[3, 5], gamma=0.5)
best, wait, state = float("inf"), 0, None
history = {"train": [], "held": []}
for epoch in range(8):
    net.train()
    total = 0.0
    for xb, yb in loader:
        optimizer.zero_grad()
        loss = nn.functional.binary_cross_entropy_with_logits(net(xb), yb)
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), max_norm=0.5)
        optimizer.step()
        total += loss.item() * len(xb)
    scheduler.step()
    net.eval()
    with torch.no_grad():
        value = nn.functional.binary_cross_entropy_with_logits(net(X[15:]), y[15:]).item()
    history["train"].append(round(total / len(data), 3))
    history["held"].append(round(value, 3))
    if value < best:
        best, wait, state = value, 0, copy.deepcopy(net.state_dict())
    else:
        wait += 1
        if wait == 2:
            print("early", epoch)
            break
print(history)
print(scheduler.get_last_lr(), [group["lr"] for group in optimizer.param_groups])
print(list(state), state["body.1.num_batches_tracked"])
net.load_state_dict(state)
print(net.body[1].running_mean.shape, net.body[1].running_var)
for p in net.body.parameters():
    p.requires_grad = False
print([name for name, p in net.named_parameters() if p.requires_grad])
print(sum(p.numel() for p in net.parameters() if not p.requires_grad))
twin = copy.deepcopy(net)
chosen = list(filter(lambda p: p.requires_grad, net.parameters()))
tuner = torch.optim.SGD(chosen, lr=0.1)
nn.functional.mse_loss(net(X), y).backward()
tuner.step()
print(net.body[0].weight.grad, torch.equal(net.body[0].weight, twin.body[0].weight))
print(torch.equal(net.head.bias, twin.head.bias), torch.allclose(net.head.bias, twin.head.bias, atol=10))
net.requires_grad_(True)
print(all(p.requires_grad for p in net.parameters()), net.body[0].weight.requires_grad)
xb, yb = next(iter(loader))
print(xb.shape, yb.view(-1), data[0][1])
print(net.state_dict().keys() == twin.state_dict().keys(), len(net.state_dict()))
