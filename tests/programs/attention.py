"""Attention with several heads over batches, single sequences and masks, trained and not."""

import torch
import torch.nn as nn

torch.manual_seed(4)
m = nn.MultiheadAttention(4, 2)
print(m, isinstance(m.out_proj, nn.Linear), m.embed_dim, m.num_heads, m.batch_first, m.kdim, m.head_dim)
for name, p in m.named_parameters():
    print(name, p)
x = torch.randn(3, 2, 4, requires_grad=True)
y, w = m(x, x, x)
print(y, w)
(y**2).sum().backward()
print(x.grad, m.in_proj_weight.grad, m.in_proj_bias.grad[8:], m.out_proj.weight.grad, m.out_proj.bias.grad)
y, w = m(x, x, x, need_weights=False)
print(y, w)
print(m(x, x, x, average_attn_weights=False)[1])
print(m(x[:, 0], x[:2, 0], x[:2, 1]))

torch.manual_seed(5)
m = nn.MultiheadAttention(6, 3, dropout=0.3, bias=False, kdim=5, vdim=2, batch_first=True)
print(m)
for name, p in m.state_dict().items():
    print(name, p)
q, k, v = torch.randn(2, 3, 6), torch.randn(2, 4, 5), torch.randn(2, 4, 2)
y, w = m(q, k, v)
print(y, w)
y.sum().backward()
print(m.q_proj_weight.grad, m.k_proj_weight.grad, m.v_proj_weight.grad)
y, w = m(q, k, v, need_weights=False)
print(y, w)
m.eval()
print(torch.tril(torch.ones(2, 2, dtype=torch.bool)))
padding = torch.tensor([[False, False, False, True], [False, True, False, False]])
causal = torch.triu(torch.ones(3, 4, dtype=torch.bool), diagonal=1)
print(m(q, k, v, key_padding_mask=padding))
print(m(q, k, v, attn_mask=causal)[1])
print(m(q, k, v, key_padding_mask=padding, attn_mask=causal, average_attn_weights=False)[1].shape)
print(m(q, k, v, attn_mask=torch.randn(3, 4))[1])
print(m(q, k, v, attn_mask=torch.randn(6, 3, 4))[1])
print(m(q[0], k[0], v[0], padding[0]))
print(m(query=q, key=k, value=v, attn_mask=causal, is_causal=True, need_weights=False)[0])


class Attends(nn.Module):
    """A block as in the lessons on transformers."""

    def __init__(self, size, heads):
        super().__init__()
        self.norm = nn.LayerNorm(size)
        self.attention = nn.MultiheadAttention(size, heads, batch_first=True, dropout=0.1)

    def forward(self, x):
        y = self.norm(x)
        y, _ = self.attention(y, y, y)
        return x + y


torch.manual_seed(0)
model = Attends(8, 2)
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
x = torch.randn(4, 5, 8)
for step in range(10):
    optimizer.zero_grad()
    loss = ((model(x) - x.flip(1)) ** 2).mean()
    loss.backward()
    optimizer.step()
print(model, f"{loss.item():.4f}")
model.eval()
with torch.no_grad():
    print(model(x)[0, 0])
