# What stands before a call keeps what it was when the call changes what it was computed from; a tensor
# that a function changes in place is the one that its name means around it.
import torch

w = torch.tensor([1.0, 2.0], requires_grad=True)
plain = torch.tensor([1.0, 2.0])
momentum = torch.zeros(2)


def step():
    with torch.no_grad():
        w.add_(1)
    return 1.0


def change():
    plain.add_(1)
    return 1.0


def velocity(g):
    momentum.mul_(0.5).add_(g)
    plain.sub_(0.5 * momentum)
    plain[1] = 7
    return plain.sum().item()


print(w.sum() + step())
print([w.sum().item(), step(), w.sum().item()])
a, b, c = w.sum(), step(), w.sum()
print(a, b, c)
print(w.sum().item() - step() - w.sum().item())
print(plain.sum() + change(), plain)
print(w.sum().item() < step() * 100 < w.sum().item() * 100)
for i in range(3):
    print(i, velocity(torch.ones(2)), plain, momentum)


def nested():
    local = plain

    def inner():
        local.mul_(2)
        return 0

    inner()
    return local


def measured():
    before = w.sum().item()
    step()
    return before, w.sum().item()


print(nested(), plain)
print(measured())
count = 0


def tick(x):
    global count
    count += 1
    return x * 2


print(count + tick(1) + count, [count, tick(2), count], f"{count} {tick(3)} {count}")
