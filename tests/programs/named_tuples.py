# Tuples whose parts have names: other parts, and a dictionary of them.
import torch
from collections import namedtuple
P = namedtuple("P", ["x", "y"])
p = P(torch.tensor([1.0], requires_grad=True), 2)
q = p._replace(y=5)
print(q.x, q.y, p._asdict(), p.y)
(q.x * q.y).sum().backward()
print(p.x.grad)
for k, v in q._asdict().items():
    print(k, v)
print(P(1, 2)._replace(x=7), P(1, 2)._asdict()["x"])
