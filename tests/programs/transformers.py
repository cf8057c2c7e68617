"""Transformers: layers, encoders and decoders, with masks and padding, trained and not."""

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(1)
layer = nn.TransformerEncoderLayer(d_model=4, nhead=2, dim_feedforward=6, batch_first=True)
print(layer)
x = torch.randn(2, 3, 4)
y = layer(x)
print(y)
y[..., 0].sum().backward()
print(layer.linear1.weight.grad, layer.self_attn.out_proj.weight.grad)
print(layer.norm_first, type(layer), isinstance(layer.linear1, nn.Linear))
encoder = nn.TransformerEncoder(layer, num_layers=2, norm=nn.LayerNorm(4))
print(encoder, encoder.num_layers, len(encoder.layers))
print(list(encoder.state_dict()))
print(encoder.layers[0].linear1.weight is layer.linear1.weight, encoder.layers[1].linear1.bias)
print(encoder(x))
encoder.eval()
mask = nn.Transformer.generate_square_subsequent_mask(3)
padding = torch.tensor([[False, False, True], [False, True, True]])
print(mask)
print(encoder(x, mask=mask))
print(encoder(x, mask=mask, is_causal=True))
print(encoder(x, src_key_padding_mask=padding))
with torch.no_grad():
    print(encoder(x, src_key_padding_mask=padding))
    print(layer.eval()(x, src_key_padding_mask=padding))
    print(nn.TransformerEncoder(layer, 2)(x, src_key_padding_mask=padding))
    print(nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)(x, None, padding))

torch.manual_seed(5)
for further in (
    {"norm_first": True},
    {"activation": "gelu", "bias": False},
    {"activation": F.gelu},
    {"activation": nn.GELU()},
):
    layer = nn.TransformerEncoderLayer(4, 2, 6, dropout=0.2, layer_norm_eps=1e-3, **further)
    print(layer)
    x = torch.randn(3, 2, 4, requires_grad=True)
    y = layer(x)
    print(y)
    (y**3).sum().backward()
    print(x.grad)

torch.manual_seed(2)
layer = nn.TransformerDecoderLayer(4, 2, 6, norm_first=True)
print(layer, list(layer.state_dict()))
decoder = nn.TransformerDecoder(layer, 2)
memory, target = torch.randn(4, 2, 4), torch.randn(3, 2, 4)
print(layer(target, memory))
print(decoder(target, memory, tgt_mask=mask, tgt_is_causal=True))
decoder.eval()
print(
    decoder(
        target, memory, tgt_mask=mask, memory_key_padding_mask=torch.tensor([[False, False, True, True]] * 2)
    )
)

torch.manual_seed(3)
model = nn.Transformer(4, 2, 1, 2, 6, dropout=0.0, batch_first=True)
print(model)
print(sum(p.sum() for p in model.parameters()), model.d_model, model.batch_first)
source, target = torch.randn(2, 3, 4), torch.randn(2, 3, 4)
print(model(source, target, tgt_mask=model.generate_square_subsequent_mask(3), src_key_padding_mask=padding))


class Tagger(nn.Module):
    """Words to tags, as in the lessons on transformers."""

    def __init__(self, words, tags, size=8):
        super().__init__()
        self.embedding = nn.Embedding(words, size)
        layer = nn.TransformerEncoderLayer(size, 2, 16, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2)
        self.out = nn.Linear(size, tags)

    def forward(self, x):
        return self.out(self.encoder(self.embedding(x)))


torch.manual_seed(0)
model = Tagger(10, 3)
words, tags = torch.randint(0, 10, (8, 5)), torch.randint(0, 3, (8, 5))
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for step in range(20):
    optimizer.zero_grad()
    loss = F.cross_entropy(model(words).reshape(-1, 3), tags.reshape(-1))
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
print(f"{loss.item():.3f}", sum(p.numel() for p in model.parameters()))
model.eval()
print(model(words).argmax(-1)[:2])
