import torch
import torch.nn as nn
import torch.nn.functional as F

class Net(nn.Module):
    def __init__(self, hidden=4):
        super().__init__()
        self.fc1 = nn.Linear(2, hidden)
        self.fc2 = nn.Linear(hidden, 1)
        self.scale = nn.Parameter(torch.ones(1))

    def forward(self, x):
        x = F.relu(self.fc1(x))
        return self.scale * self.fc2(x)

torch.manual_seed(3)
net = Net(hidden=5)
loss = net(torch.randn(6, 2)).pow(2).mean()
loss.backward()
print(net)
print(loss, net.scale.grad)
