import torch

x = torch.ones(4)
rows = x.view(2, 2)
rows[1].mul_(5)
array = x.numpy()
x += 1
print(rows, array)
