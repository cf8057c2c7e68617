import torch
x = torch.tensor([1., 2., 3.])
w = torch.tensor([0.1, -0.2, 0.3], requires_grad=True)
b = torch.tensor(0.5, requires_grad=True)
y = torch.sigmoid(w @ x + b)
print(y)
y.backward()
print(w.grad)
w.grad.zero_()
