"""`else` behind loops: done where no `break` has ended them."""

import torch

for i in range(3):
    if i == 5:
        break
else:
    print("done", i)
for i in range(3):
    if i == 1:
        break
else:
    print("never")
n = 5
while n > 0:
    n -= 1
else:
    print("while done", n)
for p in [2, 3, 4, 9, 11]:
    for d in range(2, p):
        if p % d == 0:
            break
    else:
        print(p, "is prime")
        continue
    print(p, "is not")


def first(xs, limit):
    for x in xs:
        if x > limit:
            break
    else:
        return -1
    return x


print(first([1, 2, 3], 2), first([1, 2, 3], 5))


def count(n):
    k = 0
    while k < n:
        k += 1
        if k == 10:
            break
    else:
        k = -k
    return k


print(count(3), count(20))


def show(xs):
    for x in xs:
        print(x)
        if x > 1:
            break
    else:
        print("all")


show([1, 1])
show([2, 3])
for x in []:
    pass
else:
    print("empty")
w = torch.tensor(1.0, requires_grad=True)
for epoch in range(100):
    loss = (w - 3) ** 2
    loss.backward()
    with torch.no_grad():
        w -= 0.1 * w.grad
        w.grad.zero_()
    if loss.item() < 1e-3:
        print(epoch)
        break
else:
    print("no convergence")
for epoch in range(10):
    loss = (w - 5) ** 2
    loss.backward()
    with torch.no_grad():
        w -= 0.1 * w.grad
        w.grad.zero_()
    if loss.item() < 1e-3:
        print(epoch)
        break
else:
    print("no convergence", round(w.item(), 4))
