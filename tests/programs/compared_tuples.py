"""Sizes and tuples are compared item by item, and are no lists."""

import numpy as np
import torch

x = torch.ones(3, 2)
loss = x.sum()
none = ()
print(x.shape == (3, 2), x.shape != (3, 2), (2, 3) == x.shape, not x.size() == (3,))
print(loss.shape == (), () == loss.shape, loss.shape == none, none == (), x.shape == none)
print(x.shape == loss.shape, x.shape == torch.ones(3, 2, 1).shape, x.shape != x.T.shape, x.size() == x.shape)
print(np.ones((3, 2)).shape == x.shape, x.shape == np.ones((3, 2)).shape, x.shape == [3, 2])
print((3, 2) in [x.shape], x.shape in [(3, 2), (4,)], (1, (2, 3)) == (1, (2, 3)), "a" == ("a",))
print([1, 2] == (1, 2), (1, 2) == [1, 2], [1, 2] != (1, 2), [1, 2] == [], [] == [])
print(tuple(x.shape) == (3, 2) == x.shape, list(x.shape) == [3, 2], x.shape[0] == 3)
assert loss.shape == () or loss.shape == (1,)
for size in (2, 3):
    if torch.ones(size, 2).shape == x.shape:
        print("same at", size)
print("%lf and %5.2lf, %ld of %li, %hd" % (1.5, 2.25, 3, 4, 5))
