import torch
from torch.optim.lr_scheduler import ExponentialLR

w = torch.tensor([3.0, -4.0], requires_grad=True)
y = w * w
y.register_hook(lambda grad: print("grad of y:", grad))
print(y.grad_fn.next_functions)
optimizer = torch.optim.SGD([w], lr=0.1)
scheduler = ExponentialLR(optimizer, gamma=0.5)
y.sum().backward()
optimizer.step()
scheduler.step()
print(w.grad, scheduler.get_last_lr())
