import torch
import torch.nn as nn
torch.manual_seed(2)
m = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1, bias=False))
sd = m.state_dict()
print(sd['0.weight'])
opt = torch.optim.SGD(m.parameters(), lr=0.25)
print(opt.param_groups[0]['lr'], len(opt.param_groups))
for k in sd:
    print(k, sd[k].shape)
print(sum(p.numel() for p in m.parameters()))
for k, v in m.state_dict().items():
    print(k, tuple(v.shape))
m2 = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1, bias=False))
m2.load_state_dict(sd)
print(m2[1].weight)
