import torch
from torch import nn, optim

torch.manual_seed(11)
X = torch.randn(30, 4)
labels = torch.randint(0, 3, (30,))
model = nn.Sequential(
    nn.Linear(4, 6),
    nn.ReLU(),
    nn.Linear(6, 3),
)
criterion = nn.CrossEntropyLoss()
optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4, nesterov=True)
for epoch in range(20):
    optimizer.zero_grad()
    logits = model(X)
    loss = criterion(logits, labels)
    loss.backward()
    optimizer.step()
print(loss)
pred = logits.argmax(dim=1)
acc = (pred == labels).float().mean()
print(f"accuracy {acc.item():.3f}")
softmax = nn.Softmax(dim=1)
print(softmax(logits)[0])
