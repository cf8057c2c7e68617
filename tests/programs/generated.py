import torch

xs = [1, 2, 3]
print(sum((x * 2 for x in xs), 10), [*xs, 4, *range(2)], sum((1, 2, 3)), max((4, 5)))
some = (x for x in xs)
print(next(some), list(some))


def joined(n):
    text = "a"
    for i in range(n):
        text += str(i)
    return text


print(joined(3))
losses, counts = zip(*[(1.0, 2), (3.0, 4)])
print(sum(counts), sum([loss * n for loss, n in zip(losses, counts)]) / sum(counts))
print([*torch.arange(3)])
