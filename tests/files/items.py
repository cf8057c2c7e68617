import torch

w = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
y = 2 * w
y[0] = w[1] * w[2]
y[y > 5] += 1
print(y)
y.sum().backward()
print(w.grad)
with torch.no_grad():
    w[0] = 7
print(w)
w[0] = 8
