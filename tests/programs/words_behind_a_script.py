import string
import sys

import torch

count = int(sys.argv[1]) if len(sys.argv) > 1 else 3
print(count, len(sys.argv), string.digits)
w = torch.ones(count, requires_grad=True)
(w**2).sum().backward()
print(w.grad)
