import torch
import torch.nn as nn
torch.set_default_dtype(torch.float64)
torch.manual_seed(0)
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(2, 3)
        self.b = nn.Linear(3, 1)
    def forward(self, x):
        h = torch.tanh(self.a(x))
        return self.b(h)
def train(model, xs, ys, epochs=5, lr=0.1):
    opt = torch.optim.SGD(model.parameters(), lr=lr)
    crit = nn.MSELoss()
    history = []
    for epoch in range(epochs):
        opt.zero_grad()
        out = model(xs)
        loss = crit(out, ys)
        loss.backward()
        opt.step()
        history.append(loss.item())
        if epoch % 2 == 0:
            print(f"epoch {epoch}: loss {loss.item():.4f}")
    return history
xs = torch.tensor([[0., 0.], [0., 1.], [1., 0.], [1., 1.]])
ys = torch.tensor([[0.], [1.], [1.], [0.]])
net = Net()
h = train(net, xs, ys)
print(len(h), [round(v, 3) for v in h])
with torch.no_grad():
    preds = [1 if p > 0.5 else 0 for p in net(xs)]
print(preds)
for name, p in net.named_parameters():
    print(name, p.shape, p.grad is not None)
total = sum(p.numel() for p in net.parameters())
print("parameters:", total)
activations = [torch.tanh, torch.relu]
for act in activations:
    print(act(torch.tensor(-1.)))
