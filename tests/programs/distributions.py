"""Laws of torch.distributions: draws, densities, moments, divergences, and gradients through them."""

import torch
from torch.distributions import Normal, Categorical, Bernoulli, Uniform, Exponential, kl_divergence
import torch.distributions as dist

torch.manual_seed(0)
mu = torch.tensor([0.5, -1.0], requires_grad=True)
log_std = torch.zeros(2, requires_grad=True)
m = Normal(mu, log_std.exp())
print(m)
x = m.rsample((3,))
print(x.shape, x.requires_grad)
loss = -m.log_prob(torch.tensor([1.0, 2.0])).sum() + (x**2).mean() + m.entropy().sum()
loss.backward()
print(mu.grad, log_std.grad)
print(m.sample(), m.sample().requires_grad, m.sample(torch.Size([2])).shape, m.batch_shape, m.event_shape)
print(
    Normal(0.0, 1.0),
    Normal(0, 1).log_prob(torch.tensor(1.0)),
    Normal(torch.zeros(1), 1.0).cdf(torch.tensor(0.3)),
)
print(Normal(torch.zeros(2), 1.0).stddev, Normal(0.0, 2.0).variance)
c = Categorical(logits=torch.tensor([[1.0, 2.0, 0.5], [0.0, 0.0, 0.0]]))
a = c.sample()
print(a, c.log_prob(a), c.entropy(), c.probs)
print(c.sample((2,)).shape, c.batch_shape)
probs = torch.tensor([0.2, 0.3, 0.5], requires_grad=True)
c = Categorical(probs)
(-c.log_prob(torch.tensor([0, 2, 2])) * 1.5).sum().backward()
print(probs.grad)
b = Bernoulli(logits=torch.tensor([0.3, -2.0]))
print(b)
print(b.sample(), b.log_prob(torch.tensor([1.0, 0.0])), b.probs, b.entropy(), b.variance)
print(Bernoulli(0.3).sample((4,)), Bernoulli(torch.tensor(0.3)).logits)
u = Uniform(torch.tensor([0.0, 1.0]), torch.tensor([2.0, 5.0]))
print(u, u.sample(), u.rsample((2,)), u.log_prob(torch.tensor([1.0, 2.0])), u.mean, u.entropy())
e = Exponential(torch.tensor([2.0]))
print(e, e.sample((2,)), e.rsample(), e.log_prob(torch.tensor(0.5)), e.mean, e.entropy())
print(kl_divergence(Normal(0.0, 1.0), Normal(torch.tensor([1.0, 2.0]), 2.0)))
print(kl_divergence(Categorical(torch.tensor([0.5, 0.5])), Categorical(torch.tensor([0.1, 0.9]))))
print(
    kl_divergence(Bernoulli(torch.tensor(0.5)), Bernoulli(torch.tensor(0.1))),
    kl_divergence(e, Exponential(1.0)),
)
print(isinstance(e, Exponential), dist.Normal(0.0, 1.0).mean)
places = Categorical(torch.tensor([0.5, 0.5, 0.0]))
print(kl_divergence(places, Categorical(torch.tensor([1.0, 0.0, 0.0]))), kl_divergence(places, places))
some = torch.tensor([0.5, 0.0, 1.0, 1.0, 0.3])
print(kl_divergence(Bernoulli(some), Bernoulli(torch.tensor([0.0, 0.0, 0.0, 1.0, 0.5]))))
print(Bernoulli(logits=torch.tensor(-1000.0)).sample(), Categorical(torch.ones(0, 3)).sample((2,)).shape)
print(Exponential(1.0, validate_args=False).log_prob(torch.tensor(-1.0)))

# A law that is made once, of a parameter that a loop trains
center = torch.tensor(1.0, requires_grad=True)
law = Normal(center, torch.tensor([1.0, 2.0]))
descent = torch.optim.SGD([center], lr=0.1)
for step in range(3):
    descent.zero_grad()
    (-law.log_prob(torch.tensor([3.0, 4.0])).sum()).backward()
    descent.step()
print(center, law.loc.detach())

# REINFORCE on a bandit
torch.manual_seed(3)
logits = torch.zeros(3, requires_grad=True)
opt = torch.optim.Adam([logits], lr=0.1)
for step in range(30):
    policy = dist.Categorical(logits=logits)
    action = policy.sample()
    reward = 1.0 if action.item() == 2 else 0.0
    loss = -policy.log_prob(action) * reward
    opt.zero_grad()
    loss.backward()
    opt.step()
print(torch.softmax(logits, 0))
