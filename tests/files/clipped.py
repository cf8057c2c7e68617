import torch


class Clipped(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.clamp(min=0)

    @staticmethod
    def backward(ctx, grad_output):
        (x,) = ctx.saved_tensors
        grad_input = grad_output.clone()
        grad_input[x < 0] = 0
        return grad_input


x = torch.tensor([-1.0, 2.0], requires_grad=True)
y = Clipped.apply(x) * 3
print(y)
y.sum().backward()
print(x.grad)
print(torch.autograd.gradcheck(Clipped.apply, x))
