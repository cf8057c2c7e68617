# Functions that give one item after another.
import torch


def batches(size, features, labels):
    order = list(range(len(features)))
    for i in range(0, len(features), size):
        places = torch.tensor(order[i : min(i + size, len(features))])
        yield features[places], labels[places]


def count(n):
    """Counts down."""
    while n > 0:
        yield n
        n -= 1


def squares(xs):
    for x in xs:
        if x < 0:
            return
        yield (x, x**2)


X = torch.arange(10.0).reshape(5, 2)
w = torch.zeros(2, requires_grad=True)
for epoch in range(3):
    total = 0.0
    for x, y in batches(2, X, torch.arange(5.0)):
        loss = ((x @ w - y) ** 2).mean()
        loss.backward()
        with torch.no_grad():
            w -= 0.01 * w.grad
            w.grad.zero_()
        total += loss.item()
    print(epoch, f"{total:.4f}")
print(list(count(3)), sum(count(4)), next(count(9)))
left = count(3)
for v in left:
    print(v)
    break
print(next(left), list(left), [s for s in squares([1, 2, -1, 3])])
