import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim

class Net(nn.Module):
    def __init__(self, hidden=4):
        super().__init__()
        self.fc1 = nn.Linear(2, hidden)
        self.fc2 = nn.Linear(hidden, 1)

    def forward(self, x):
        x = F.relu(self.fc1(x))
        return self.fc2(x)

torch.manual_seed(3)
net = Net(hidden=5)
print(net)
x = torch.randn(6, 2)
y = x.sum(dim=1, keepdim=True)
opt = optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
for step in range(30):
    opt.zero_grad()
    loss = F.mse_loss(net(x), y)
    loss.backward()
    opt.step()
    if step % 10 == 9:
        print(step, round(loss.item(), 3))
print(len(list(net.parameters())))
print(net.fc2.bias)
