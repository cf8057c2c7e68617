"""What optimizers remember, and hand on to others, which go on from there."""

import copy

import torch

KINDS = [
    lambda p: torch.optim.SGD(p, lr=0.1),
    lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9),
    torch.optim.Adam,
    lambda p: torch.optim.AdamW([{"params": p, "lr": 0.01}]),
    lambda p: torch.optim.RMSprop(p, 0.01, 0.9, centered=True, momentum=0.5),
    torch.optim.Adagrad,
]

for make in KINDS:
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    b = torch.tensor(0.5, requires_grad=True)
    opt = make([w, b])
    print(opt.state_dict())
    for _ in range(2):
        opt.zero_grad()
        ((w**2).sum() + 3 * b).backward()
        opt.step()
    d = opt.state_dict()
    print(d)
    print(d.keys(), d["param_groups"][0]["lr"])
    other = make([w, b])
    other.load_state_dict(d)
    print(other.state_dict()["state"])

torch.manual_seed(0)
model = torch.nn.Linear(2, 1)
opt = torch.optim.Adam(model.parameters(), lr=0.1)
x, y = torch.randn(8, 2), torch.randn(8, 1)


def train(model, opt, n):
    for _ in range(n):
        opt.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        opt.step()
    print(f"{loss:.4f}")


train(model, opt, 3)
other = torch.nn.Linear(2, 1)
again = torch.optim.Adam(other.parameters())
other.load_state_dict(model.state_dict())
again.load_state_dict(copy.deepcopy(opt.state_dict()))
train(model, opt, 3)
print(again.param_groups[0]["lr"], again.state_dict()["state"][1]["step"], len(again.state_dict()["state"]))
train(other, again, 3)
for name, group in opt.state_dict().items():
    print(name, len(group))
