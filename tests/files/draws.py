import torch
torch.manual_seed(0)
x = torch.randn(2, 3)
print(x)
print(torch.randint(0, 10, (5,)), torch.randperm(4))
w = torch.empty(3).uniform_(-1, 1).requires_grad_()
print(w)
print(torch.nn.functional.dropout(w, 0.5))
