import torch
from torch.distributions import Beta, Dirichlet, Exponential, Gamma, Poisson

laws = (
    (Gamma(torch.tensor([2.0, 3.0]), torch.tensor([1.0, 0.5])), torch.tensor([1.0, 2.0])),
    (Beta(torch.tensor([2.0]), torch.tensor([3.0])), torch.tensor([0.3])),
    (Exponential(torch.tensor([2.0])), torch.tensor([0.5])),
    (Dirichlet(torch.tensor([1.0, 2.0, 3.0])), torch.tensor([0.2, 0.3, 0.5])),
)
for law, value in laws:
    print(law, law.log_prob(value), law.entropy(), law.mean, law.variance)
counts = Poisson(torch.tensor([4.0]))
print(counts, counts.log_prob(torch.tensor([3.0])), counts.mean, counts.variance, counts.batch_shape)
shape = torch.tensor(2.5, requires_grad=True)
Gamma(shape, 1.5).log_prob(torch.tensor(0.7)).backward()
print(shape.grad)
share = torch.tensor([1.5, 2.5], requires_grad=True)
Dirichlet(share).entropy().backward()
print(share.grad, Dirichlet(share).event_shape)
a = torch.tensor(1.5, requires_grad=True)
Beta(a, 2.0).log_prob(torch.tensor(0.25)).backward()
print(a.grad)
