import torch
import torch.nn as nn

torch.manual_seed(4)
x = torch.randn(3, 4, requires_grad=True)
t = torch.rand(3, 4)
for loss in [
    nn.MSELoss(),
    nn.L1Loss(),
    nn.SmoothL1Loss(),
    nn.HuberLoss(delta=0.5),
    nn.BCEWithLogitsLoss(),
    nn.MSELoss(reduction="sum"),
]:
    print(loss, loss(x, t))
target = torch.tensor([1, 0, 3])
cross_entropy, nll = nn.CrossEntropyLoss(), nn.NLLLoss()
log_softmax = nn.LogSoftmax(dim=1)
print(cross_entropy(x, target), nll(log_softmax(x), target))
bce = nn.BCELoss()
print(bce(torch.sigmoid(x), t))
kl = nn.KLDivLoss(reduction="batchmean")
print(kl(torch.log_softmax(x, 1), torch.softmax(t, 1)))
for act in [
    nn.ReLU(),
    nn.Sigmoid(),
    nn.Tanh(),
    nn.Softplus(),
    nn.LeakyReLU(0.1),
    nn.ELU(),
    nn.GELU(),
    nn.SiLU(),
    nn.Softmax(dim=1),
]:
    print(act, act(x)[0])
flatten = nn.Flatten()
print(flatten(torch.ones(2, 3, 4)).shape)
