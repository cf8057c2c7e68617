"""What dropout leaves out of tensors that lie in memory in another order than their own."""

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
x = torch.ones(2, 3, 4, requires_grad=True)
y = torch.ones(2, 3, 8, requires_grad=True)
recurrent = nn.LSTM(8, 4, batch_first=True)
values = [
    x.transpose(1, 2),
    x.permute(1, 2, 0),
    x.permute(1, 2, 0).contiguous(),
    x.permute(2, 0, 1).transpose(0, 1),
    x.mT,
    torch.einsum("bij,bjk->bki", y, y.mT),
    torch.einsum("bij,bjk->bik", y, y.mT),
]
for value in values:
    print(F.dropout(value), nn.Dropout(0.3)(value))
print(F.dropout(recurrent(y)[0]) == 0)
