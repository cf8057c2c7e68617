import numpy as np
import torch
x = torch.tensor([0.1, 0.2])
print(x[0].item(), x.numpy(), x.numpy().dtype)
print(torch.from_numpy(np.ones(2)) * x, x.double().mean())
