import torch
from torch.distributions import Categorical

torch.manual_seed(0)
scores = torch.zeros(3, requires_grad=True)
policy = Categorical(logits=scores)
actions = policy.sample((5,))
policy.log_prob(actions).sum().backward()
print(actions, scores.grad)
