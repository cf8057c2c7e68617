import torch
from torch.autograd import Function


class Exp(Function):
    @staticmethod
    def forward(ctx, i):
        result = i.exp()
        ctx.save_for_backward(result)
        return result

    @staticmethod
    def backward(ctx, grad_output):
        (result,) = ctx.saved_tensors
        return grad_output * result


class Cube(Function):
    @staticmethod
    def forward(x):
        dx = 3 * x**2
        return x**3, dx

    @staticmethod
    def setup_context(ctx, inputs, output):
        (x,) = inputs
        result, dx = output
        ctx.save_for_backward(x, dx)

    @staticmethod
    def backward(ctx, g, gdx):
        x, dx = ctx.saved_tensors
        return g * dx + gdx * 6 * x


class Linear(Function):
    @staticmethod
    def forward(ctx, input, weight, bias=None):
        ctx.save_for_backward(input, weight, bias)
        output = input.mm(weight.t())
        if bias is not None:
            output += bias.unsqueeze(0).expand_as(output)
        return output

    @staticmethod
    def backward(ctx, grad_output):
        input, weight, bias = ctx.saved_tensors
        grad_input = grad_weight = grad_bias = None
        if ctx.needs_input_grad[0]:
            grad_input = grad_output.mm(weight)
        if ctx.needs_input_grad[1]:
            grad_weight = grad_output.t().mm(input)
        if bias is not None and ctx.needs_input_grad[2]:
            grad_bias = grad_output.sum(0)
        return grad_input, grad_weight, grad_bias


x = torch.tensor([0.5, 1.0], requires_grad=True)
y = Exp.apply(x)
(g,) = torch.autograd.grad(y.sum(), x, create_graph=True)
print(g)
(gg,) = torch.autograd.grad(g.sum(), x)
print(gg)
a, b = Cube.apply(x)
print(a, b)
(a.sum() + 2 * b.sum()).backward()
print(x.grad)
inp = torch.ones(2, 3)
w = torch.arange(6.0).reshape(2, 3).requires_grad_()
bb = torch.zeros(2, requires_grad=True)
o = Linear.apply(inp, w, bb)
print(o)
o.pow(2).sum().backward()
print(w.grad, bb.grad)
with torch.no_grad():
    print(Exp.apply(x))


class MLP(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = torch.nn.Linear(2, 2)

    def forward(self, x):
        return Exp.apply(self.fc(x))


torch.manual_seed(0)
m = MLP()
m(x).sum().backward()
print(m.fc.bias.grad)


class Sign(Function):
    @staticmethod
    def forward(ctx, x):
        return torch.sign(x)

    @staticmethod
    def backward(ctx, g):
        return g


x.grad = None
opt = torch.optim.SGD([x], lr=0.15)
for i in range(4):
    opt.zero_grad()
    (Sign.apply(x - 1) * x).sum().backward()
    opt.step()
    print(x)
print(torch.autograd.gradcheck(Exp.apply, (x.double(),)))


class MyReLU(torch.autograd.Function):
    """A ReLU with its own backward pass."""

    @staticmethod
    def forward(ctx, input):
        ctx.save_for_backward(input)
        return input.clamp(min=0)

    @staticmethod
    def backward(ctx, grad_output):
        (input,) = ctx.saved_tensors
        grad_input = grad_output.clone()
        grad_input[input < 0] = 0
        return grad_input


x.grad = None
relu = MyReLU.apply
z = relu(x - 0.8) * 3
print(z)
z.sum().backward()
print(x.grad)
