"""Layers are called by the names of their parameters; sizes of tensors are sizes of kernels."""

import torch
import torch.nn as nn

torch.manual_seed(0)
x = torch.randn(2, 3)
layer = nn.Linear(3, 2)
print(layer(input=x), nn.MSELoss()(input=x, target=x * 2))
print(nn.RNNCell(3, 4)(input=x, hx=torch.zeros(2, 4)))
print(nn.LSTM(3, 4)(input=x)[0], nn.GRU(3, 2)(input=x, hx=torch.zeros(1, 2))[0])
print(nn.Conv2d(1, 2, kernel_size=torch.ones(2, 3).shape).weight.shape)
print(nn.MaxPool2d(kernel_size=torch.ones(2, 2).size())(torch.ones(1, 1, 4, 4)).shape)
