"""A function that ends without a return gives None."""

import torch


def skeleton():
    pass


def local(x):
    y = x + 1


def large(x):
    if x > 3:
        return x


skeleton()
local(torch.ones(2))
print(skeleton(), local(3), large(2), large(4))
found = large(1)
print(found is None, [large(i) for i in (1, 5)], list(map(skeleton, [])))
for i in range(2, 6):
    found = large(i)
    if found is not None:
        print(i, found)
