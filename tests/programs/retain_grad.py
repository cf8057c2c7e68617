import torch
x = torch.tensor([1.0, 2.0], requires_grad=True)
y = x ** 2
y.retain_grad()
z = y.sum() * 3
z.backward()
print(x.grad, y.grad, y.is_leaf)
for i in range(5):
    a = x * (i + 1)
    a.retain_grad()
    (a ** 2).sum().backward()
    print(a.grad, x.grad)
