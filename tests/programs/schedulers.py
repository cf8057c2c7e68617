import torch
import torch.optim as optim
from torch.optim.lr_scheduler import (
    CosineAnnealingLR,
    ExponentialLR,
    LambdaLR,
    MultiStepLR,
    ReduceLROnPlateau,
    StepLR,
)


def lrs(make, n=6):
    w = torch.tensor(1.0, requires_grad=True)
    opt = optim.SGD([w], lr=1.0)
    sched = make(opt)
    out = []
    for _ in range(n):
        opt.step()
        sched.step()
        out.append(round(opt.param_groups[0]["lr"], 4))
    return out


print("step", lrs(lambda o: StepLR(o, step_size=2, gamma=0.1)))
print("exp", lrs(lambda o: ExponentialLR(o, gamma=0.9)))
print("multi", lrs(lambda o: MultiStepLR(o, milestones=[2, 4], gamma=0.5)))
print("cos", lrs(lambda o: CosineAnnealingLR(o, T_max=5, eta_min=0.01)))
print("lambda", lrs(lambda o: LambdaLR(o, lr_lambda=lambda e: 0.95**e)))
w = torch.tensor(5.0, requires_grad=True)
opt = optim.SGD([w], lr=0.5)
sched = ReduceLROnPlateau(opt, mode="min", factor=0.1, patience=2)
for epoch, val in enumerate([1.0, 0.9, 0.95, 0.93, 0.92, 0.91, 0.5]):
    sched.step(val)
    print(epoch, opt.param_groups[0]["lr"])
w = torch.tensor(5.0, requires_grad=True)
opt = optim.SGD([w], lr=0.4)
sched = ExponentialLR(opt, 0.5)
for i in range(4):
    opt.zero_grad()
    (w**2).backward()
    opt.step()
    sched.step()
    print(f"{w.item():.4f} {sched.get_last_lr()[0]:.4f}")
for g in opt.param_groups:
    g["lr"] = 0.01
print(opt)
