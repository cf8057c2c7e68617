# Schedulers whose rates go up and down, and the momentum with them.
import torch
p = torch.zeros(2, requires_grad=True)
for given in ((3,), (2, 2), (2, 3, 0.01)):
    o = torch.optim.SGD([p], lr=0.1)
    s = torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(o, *given)
    rates = []
    for i in range(12):
        rates.append(s.get_last_lr()[0])
        o.step()
        s.step()
    print([f"{rate:.12f}" for rate in rates])
w = torch.tensor([1.0, -2.0], requires_grad=True)
for make in (torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW):
    for further in ({}, {"anneal_strategy": "linear", "pct_start": 0.5}, {"three_phase": True, "pct_start": 0.4}):
        with torch.no_grad():
            w.copy_(torch.tensor([1.0, -2.0]))
        o = make([w], lr=0.1)
        s = torch.optim.lr_scheduler.OneCycleLR(o, max_lr=0.1, total_steps=10, **further)
        for i in range(9):
            o.zero_grad()
            (w**2).sum().backward()
            o.step()
            s.step()
        print(w, [f"{rate:.10f}" for rate in s.get_last_lr()], f"{o.param_groups[0]['initial_lr']:.6f}")
s = torch.optim.lr_scheduler.OneCycleLR(o, 0.2, epochs=2, steps_per_epoch=2, cycle_momentum=False)
for i in range(3):
    o.step()
    s.step()
print(f"{s.get_last_lr()[0]:.3e}")
try:
    for i in range(3):
        s.step()
except ValueError as error:
    print(error)
