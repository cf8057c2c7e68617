import torch
import torch.nn as nn
import torch.nn.functional as F


class Block(nn.Module):
    def __init__(self, size, p=0.1):
        super(Block, self).__init__()
        self.norm = nn.LayerNorm(size)
        self.fc = nn.Linear(size, size)
        self.drop = nn.Dropout(p)
        self.scale = 0.5

    def forward(self, x):
        h = F.relu(self.fc(self.norm(x)))
        return x + self.scale * self.drop(h)


class Net(nn.Module):
    def __init__(self, inputs, size, depth):
        super().__init__()
        self.first = nn.Linear(inputs, size)
        self.blocks = nn.ModuleList([Block(size), Block(size)])
        self.last = nn.Sequential(nn.Linear(size, 2), nn.Softmax(dim=1))

    def features(self, x):
        x = self.first(x)
        for block in self.blocks:
            x = block(x)
        return x

    def forward(self, x):
        return self.last(self.features(x))


torch.manual_seed(6)
net = Net(3, 4, depth=2)
print(net)
x = torch.randn(5, 3)
print(net(x))
net.eval()
print(net(x))
print(net.features(x).shape)
for name, p in net.named_parameters():
    print(name, p.shape)
loss = -torch.log(net(x)[:, 0]).mean()
loss.backward()
print(net.first.weight.grad)
print(net.blocks[0].fc.bias.grad)
