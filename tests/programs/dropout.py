import torch
import torch.nn as nn

torch.manual_seed(0)
drop = nn.Dropout(p=0.5)
x = torch.ones(8)
print(drop)
print(drop(x))
drop.eval()
print(drop(x))
drop.train()
print(drop(x))
model = nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.25), nn.Tanh())
print(model(torch.ones(2, 4)))
model.eval()
print(model(torch.ones(2, 4)))
print(model.training, model[1].training)
